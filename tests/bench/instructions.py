# SPDX-License-Identifier: Apache-2.0
"""Instructions that the hot paths take, counted by callgrind and held against a kept baseline.

Time says little on a machine that does other things; counts are the same each time. valgrind shows
every program the same processor without the newest extensions, so that what libraries choose by
processor does not differ either (but for AVX2, which is passed on). Counted apart: our own code, SQLite
(what our statements cost), and all, with hashing and decoding. Another compiler and libraries of other
versions take other numbers: then nothing is compared, and it says so. All runs are of one layer, one log, one store: there is nothing to run side by
side.
"""
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile

import common
import images

BASELINE = os.path.join(common.TOP, "tests/bench/instructions.json")
TOLERANCE = 0.05
PARTS = ("own", "sqlite", "all")
# Builds of the histories: taken in, and asked.
TAKEN_IN, ASKED = 1000, 10000
OPTIONS = ("-q", "--no-ci", "--no-progress")


def counts(path):
    """Instructions by the object they were executed in, of a callgrind.out file."""
    names, found, at, skip = {}, {"own": 0, "sqlite": 0, "all": 0}, "all", False
    with open(path, encoding="utf-8", errors="replace") as f:
        for line in f:
            if line.startswith("ob="):
                number, name = re.match(r"ob=\((\d+)\)(?: (.*))?", line).groups()
                name = names.setdefault(number, os.path.basename((name or "").strip()))
                at = "sqlite" if name.startswith("libsqlite3") else "own" if name in ("cachestat", "gen_store") else "all"
            elif line.startswith("calls="):
                skip = True  # the next line is the cost of what was called, told where it is spent
            elif line[:1] in "0123456789+-*":
                if not skip:
                    cost = int(line.split()[1])
                    found["all"] += cost
                    if at != "all":
                        found[at] += cost
                skip = False
            elif line.startswith("cob="):
                number, name = re.match(r"cob=\((\d+)\)(?: (.*))?", line).groups()
                names.setdefault(number, os.path.basename((name or "").strip()))
    return found


def count(command, scratch):
    out = os.path.join(scratch, "callgrind.out")
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": scratch, "CACHESTAT_NOW": "2026-01-01T00:00:00Z"}
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, *command], cwd=scratch, env=environment,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit("scripts/bench: exit %d of %s\n%s" % (done.returncode, command, done.stderr.decode(errors="replace")[-800:]))
    return counts(out)


def write_image(scratch, name, program, suffix):
    """One layer of 4 MB in 400 files, the same bytes each time."""
    tar = os.path.join(scratch, name + ".layer")
    text = b"".join(b"%d %d\n" % (i, i * i % 9973) for i in range(1000))
    with images.tarfile.open(tar, "w", format=images.tarfile.PAX_FORMAT) as out:
        for i in range(400):
            info = images.tarfile.TarInfo("usr/share/app/part-%03d" % i)
            info.size = len(text)
            out.addfile(info, images.io.BytesIO(text))
    folder = os.path.join(scratch, name)
    images.write_layout(folder, [(name, tar)], program, suffix)
    images.pack_folder(folder, folder + ".tar")
    return folder + ".tar"


def write_log(path):
    """What buildx --progress=rawjson prints of 300 steps, each with 20 lines of output."""
    def digest(i):
        return "sha256:%064x" % i

    def moment(i):
        return "2026-01-02T03:%02d:%02d.%06dZ" % (i // 60000, i // 1000 % 60, i % 1000 * 1000)

    with open(path, "w", encoding="ascii") as f:
        for i in range(300):
            vertex = {"digest": digest(i), "name": "[stage-%d %d/30] RUN make part-%d" % (i // 30, i % 30 + 1, i), "inputs": [digest(i - 1)] if i else []}
            json.dump({"vertexes": [vertex]}, f)
            f.write("\n")
            json.dump({"vertexes": [{**vertex, "started": moment(i * 100)}]}, f)
            f.write("\n")
            for k in range(20):
                json.dump({"logs": [{"vertex": digest(i), "stream": 1, "data": "Y29tcGlsZWQgYW5vdGhlciBmaWxlCg==", "timestamp": moment(i * 100 + k)}]}, f)
                f.write("\n")
            json.dump({"vertexes": [{**vertex, "started": moment(i * 100), "completed": moment(i * 100 + 90)}]}, f)
            f.write("\n")


def paths(program, generator, scratch):
    """name -> what callgrind is to run; one after the other"""
    store = os.path.join(scratch, "asked.db")
    subprocess.run([generator, store, str(ASKED)], check=True, stdout=subprocess.DEVNULL)
    middle = ASKED // 200 // 2
    project = "team-%02d/service-%03d" % (middle % 23, middle)
    log = os.path.join(scratch, "build.rawjson")
    write_log(log)
    yield "scan of a gzip layer", [program, *OPTIONS, "--db", "gzip.db", write_image(scratch, "gzip", ["gzip", "-n"], "+gzip")]
    yield "scan of a zstd layer", [program, *OPTIONS, "--db", "zstd.db", write_image(scratch, "zstd", ["zstd", "-qc"], "+zstd")]
    yield "record of a rawjson log", [program, "record", *OPTIONS, "--db", "log.db", log]
    yield "intake of %d builds" % TAKEN_IN, [generator, "taken.db", str(TAKEN_IN)]
    yield "stats over %d builds" % ASKED, [program, "stats", "-q", "--db", store]
    yield "HTML report of a project", [program, "report", "--format", "html", "-q", "--db", store, "--project", project]
    yield "--help", [program, "--help"]


def made_with(program):
    compiler = subprocess.run([os.environ.get("CC", "gcc"), "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n")[0]
    libraries = subprocess.run([program, "--version", "-v"], check=True, stdout=subprocess.PIPE, text=True).stdout.split("\n", 1)[1]
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        avx2 = " avx2 " in f.read()
    return {"machine": platform.machine() + (" with AVX2" if avx2 else ""), "libc": " ".join(platform.libc_ver()), "compiler": compiler, "libraries": " ".join(libraries.split())}


def bench(program):
    if not shutil.which("valgrind"):
        sys.exit("scripts/bench: valgrind is missing")
    generator = common.make("tests/gen_store")
    with tempfile.TemporaryDirectory(dir=common.WORK) as scratch:
        return {"made_with": made_with(program), "instructions": {name: count(command, scratch) for name, command in paths(program, generator, scratch)}}


def update(found):
    with open(BASELINE, "w", encoding="ascii") as f:
        json.dump(found, f, indent=1)
        f.write("\n")


def baseline():
    if not os.path.exists(BASELINE):
        return None
    with open(BASELINE, encoding="ascii") as f:
        return json.load(f)


def table(found):
    kept = baseline() or {"made_with": None, "instructions": {}}
    same = kept["made_with"] == found["made_with"]
    print("\nmillions of instructions%s" % ("" if same else "; the baseline is of another compiler or other libraries: not compared"))
    print("%-28s" % "" + "".join("%10s%9s" % (part, "change") for part in PARTS))
    for name, at in found["instructions"].items():
        print("%-28s" % name, end="")
        for part in PARTS:
            before = kept["instructions"].get(name, {}).get(part)
            print("%10.2f%9s" % (at[part] / 1e6, "%+.1f %%" % ((at[part] / before - 1) * 100) if same and before else "-"), end="")
        print()


def missed(found):
    kept = baseline()
    if not kept or kept["made_with"] != found["made_with"]:
        return []
    problems = []
    for name, at in found["instructions"].items():
        for part in PARTS:
            before = kept["instructions"].get(name, {}).get(part)
            # Next to nothing may double.
            if before and at[part] > before * (1 + TOLERANCE) + 100000:
                problems.append("%s: %s code took %d instructions, %.1f %% more than the baseline" % (name, part, at[part], (at[part] / before - 1) * 100))
    return problems
