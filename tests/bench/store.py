# SPDX-License-Identifier: Apache-2.0
"""How the store grows: a generated history of each size, and what is asked of it."""
import datetime
import hashlib
import json
import os
import subprocess
import sys
import tempfile

import common

# What the full run is held to, whatever the size of the store.
LIMITS = {"project": 0.2, "store": 2.0, "one_build": 0.005}
MORE = 200
ASKED = ("stats", "strategy", "report", "compare")


def info(program, path):
    said = subprocess.run([program, "db", "info", "--db", path, "--format", "json"], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(said)["store"][0]


def values(text):
    return {name: float(value) for name, value in (line.split() for line in text.split("\n") if line)}


def remove(path):
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(path + suffix):
            os.unlink(path + suffix)


def made(generator, builds):
    """The store of this size, made once by each version of the program: (path, what making it took)."""
    with open(generator, "rb") as f:
        version = hashlib.sha256(f.read()).hexdigest()[:12]
    path = os.path.join(common.WORK, "store-%d-%s.db" % (builds, version))
    if not os.path.exists(path + ".txt"):
        for old in os.listdir(common.WORK):
            if old.startswith("store-%d-" % builds):
                os.unlink(os.path.join(common.WORK, old))
        print("making a store of %d builds" % builds, file=sys.stderr)
        said = subprocess.run([generator, path, str(builds)], check=True, stdout=subprocess.PIPE, text=True).stdout
        with open(path + ".txt", "w", encoding="ascii") as f:
            f.write(said)
    with open(path + ".txt", encoding="ascii") as f:
        return path, values(f.read())


def questions(program, path, about):
    """name -> command, for a project of middle size, the largest one and the whole store"""
    newest = datetime.datetime.fromisoformat(about["newest_at"][:19])
    since, before = (str((newest - datetime.timedelta(days=d)).date()) for d in (90, 180))
    n = about["projects"]
    found = {}
    for name, i in (("middle", n // 2), ("largest", 0)):
        project = "team-%02d/service-%03d" % (i % 23, i)
        chosen = ["--project", project, "--since", since]
        for what in ("stats", "strategy", "report"):
            found[what, name] = [program, what, "--db", path, "-q", "--format", "json", *chosen]
        sides = ["--before", "project=%s,since=%s,until=%s" % (project, before, since), "--after", "project=%s,since=%s" % (project, since)]
        found["compare", name] = [program, "compare", "--db", path, "-q", "--format", "json", *sides]
    for what in ("stats", "strategy", "report"):
        found[what, "store"] = [program, what, "--db", path, "-q", "--format", "json"]
    sides = ["--before", "label.strategy=before", "--after", "label.strategy=after"]
    found["compare", "store"] = [program, "compare", "--db", path, "-q", "--format", "json", *sides]
    found["ls", "newest 20"] = [program, "ls", "-n", "20", "--db", path, "-q"]
    found["show", "newest"] = [program, "show", "^0", "--db", path, "-q"]
    return found


def records(folder, n):
    """Copies of a builder's record, each of a build of its own."""
    if not os.path.exists(os.path.join(folder, "builds.jsonl")):
        fixture = os.path.join(common.TOP, "tests/fixtures/build/pulled.dockerbuild")
        subprocess.run([sys.executable, os.path.join(common.TOP, "tests/support/copy_records.py"), folder, str(n), fixture], check=True)
    return sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".dockerbuild"))


def changes(program, generator, path, builds, rounds, scratch):
    """What changes the store is done to a copy: one more build, a known one, pruning."""
    copy = os.path.join(scratch, "copy.db")
    remove(copy)
    subprocess.run(["cp", "--reflink=auto", path, copy], check=True)
    found = {}
    more = subprocess.run([generator, copy, str(builds), str(MORE)], check=True, stdout=subprocess.PIPE, text=True).stdout
    inside = values(more)
    found["one build, in the process"] = {
        "rounds": int(inside["one_build_n"]), "wall_seconds": inside["one_build_median_us"] / 1e6,
        "wall_seconds_p95": inside["one_build_p95_us"] / 1e6, "wall_seconds_max": inside["one_build_max_us"] / 1e6}
    files = records(os.path.join(scratch, "records"), rounds)
    record = [program, "record", "-q", "--no-ci", "--no-progress", "--project", "team-00/service-000", "--db", copy]
    found["record a new build"] = common.summed([common.measure([*record, f], scratch) for f in files])
    found["record a known one"] = common.summed([common.measure([*record, f], scratch) for f in files])
    for name, keep in (("db prune a tenth", "2024-03-14"), ("db prune half", "2025-01-01")):
        found[name] = common.summed([common.measure([program, "db", "prune", "-q", "--db", copy, "--keep", keep], scratch)])
        found[name]["file_bytes_after"] = os.path.getsize(copy)
    remove(copy)
    backup = os.path.join(scratch, "backup.db")
    found["db backup"] = common.repeated([program, "db", "backup", "-q", "--db", path, backup], scratch, 1)
    remove(backup)
    return found


def one_size(program, generator, builds, rounds):
    path, making = made(generator, builds)
    with open(path, "rb") as f:  # into the page cache
        while f.read(1 << 22):
            pass
    about = info(program, path)
    with tempfile.TemporaryDirectory(dir=common.WORK) as scratch:
        asked = {" ".join(name): common.repeated(command, scratch, rounds) for name, command in questions(program, path, about).items()}
        changed = changes(program, generator, path, builds, rounds, scratch)
    return {"builds": about["builds"], "projects": about["projects"], "file_bytes": about["file_bytes"],
            "bytes_per_build": about["file_bytes"] / about["builds"], "making": making, "asked": asked, "changed": changed}


def bench(program, sizes, rounds):
    generator = common.make("tests/gen_store")
    return {str(n): one_size(program, generator, n, rounds) for n in sizes}


def missed(found):
    problems = []
    for size, at in found.items():
        for what in ASKED:
            for where, limit in (("middle", "project"), ("largest", "project"), ("store", "store")):
                took = at["asked"]["%s %s" % (what, where)]["wall_seconds"]
                if took > LIMITS[limit]:
                    problems.append("store of %s: %s, %s: %s, wanted %s" % (size, what, where, common.seconds(took), common.seconds(LIMITS[limit])))
        took = at["changed"]["one build, in the process"]["wall_seconds"]
        if took > LIMITS["one_build"]:
            problems.append("store of %s: one more build takes %s, wanted %s" % (size, common.seconds(took), common.seconds(LIMITS["one_build"])))
    return problems


def cell(row):
    spread = row.get("wall_seconds_min", row["wall_seconds"]), row["wall_seconds_max"]
    memory = "%7.1f MiB" % row["peak_rss_mib"] if "peak_rss_mib" in row else " " * 11
    return "%10s %19s %s" % (common.seconds(row["wall_seconds"]), "%s–%s" % tuple(common.seconds(v) for v in spread), memory)


def table(found):
    print("\nstore, by builds (median, min–max, peak memory)")
    sizes = list(found)
    print("%-28s" % "" + "".join("%45s" % size for size in sizes))
    facts = (("projects", lambda at: "%d" % at["projects"]), ("bytes per build", lambda at: "%.0f" % at["bytes_per_build"]),
             ("intake, us per build", lambda at: "%.0f" % at["making"]["intake_us_per_build"]),
             ("commits, us per build", lambda at: "%.0f" % at["making"]["commit_us_per_build"]))
    for name, get in facts:
        print("%-28s" % name + "".join("%45s" % get(found[size]) for size in sizes))
    for part in ("asked", "changed"):
        for name in found[sizes[0]][part]:
            print("%-28s" % name + "".join("%45s" % cell(found[size][part][name]) for size in sizes))


