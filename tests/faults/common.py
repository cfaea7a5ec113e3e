# SPDX-License-Identifier: Apache-2.0
"""What the tests of faults share: a store to begin with, commands that make use of it, what a store holds."""
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "support"), os.path.join(HERE, "..", "bad")]
from program import PROGRAM, SAMPLE, Tally, clean_env  # noqa: E402,F401

FIXTURES = os.path.join(HERE, "..", "fixtures")
SHOP = os.path.join(HERE, "..", "..", "data", "shop")
NOW = "2026-11-25T00:00:00Z"
SANITIZED = b"__asan_init" in open(PROGRAM, "rb").read()


def env(home, **more):
    return {**clean_env(home), "CACHESTAT_NOW": NOW, "CACHESTAT_NO_CI": "1", **more}


def run(folder, arguments, program=PROGRAM, before=(), timeout=300, stdin=None, **more):
    """One run in folder; more goes into its environment."""
    given = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    return subprocess.run([*before, program, *arguments], cwd=folder, env=env(folder, **more), **given,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, check=False)


def must(folder, arguments, **more):
    done = run(folder, arguments, **more)
    if done.returncode != 0:
        raise RuntimeError("%r: exit %d: %s" % (arguments, done.returncode, said(done)))
    return done


def said(done):
    return done.stderr.decode(errors="replace").strip()[-600:]


def refused_badly(done, statuses=(2, 3, 4)):
    """What is wrong with an end that is no success: one line, the program's name before it."""
    lines = done.stderr.decode(errors="replace").splitlines()
    if done.returncode not in statuses:
        return ["exit %d: %s" % (done.returncode, said(done))]
    wrong = [] if lines and lines[-1].startswith("cachestat: ") else ["exit %d without a line: %r" % (done.returncode, said(done))]
    # warnings may stand before it
    return wrong + ["stderr: " + line for line in lines[:-1] if not line.startswith("cachestat: warning: ")]


def dump(path):
    """Every row of every table, and whether the pages and references are whole."""
    if not os.path.exists(path):
        return "no file"
    db = sqlite3.connect("file:%s?mode=rw" % path, uri=True, timeout=10)
    try:
        rows = [line for line in db.iterdump()]
        health = db.execute("PRAGMA integrity_check").fetchall() + db.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        db.close()
    if health != [("ok",)]:
        raise RuntimeError("%s: %r" % (path, health[:3]))
    digest = hashlib.sha256("\n".join(rows).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def bytes_of(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def make_inputs(folder):
    """Files that the commands name, in folder; all small."""
    for name in ("1-test.tar", "2-production.tar"):
        shutil.copy(os.path.join(SAMPLE, name), folder)
    for name in ("pulled.dockerbuild", "pulled.plain", "pulled.rawjson", "failed.dockerbuild", "buildah.log", "metadata-max.json"):
        shutil.copy(os.path.join(FIXTURES, "build", name), folder)
    shutil.copytree(os.path.join(FIXTURES, "cache", "max"), os.path.join(folder, "max"))
    shutil.copy(os.path.join(FIXTURES, "cache", "notes.tar"), folder)
    os.mkdir(os.path.join(folder, "inbox"))
    for name in ("canceled.dockerbuild", "failed.plain", "classic-1.log"):
        place = os.path.join(folder, "inbox", name.split(".")[0])  # one folder, one build
        os.mkdir(place)
        path = shutil.copy(os.path.join(FIXTURES, "build", name), place)
        os.utime(path, (1_700_000_000,) * 2)
    with open(os.path.join(folder, "batch.jsonl"), "w", encoding="ascii") as f:
        f.write('{"dockerbuild":"failed.dockerbuild","scope":"test","event":"push","run_id":17,"labels":["side=a"]}\n'
                '{"started_at":"2026-11-20T03:04:05Z","duration_s":2.5,"conclusion":"failure","event":"release","target":"prod"}\n')
    with open(os.path.join(folder, "runs.jsonl"), "w", encoding="ascii") as f:
        f.write('{"run_id":17,"event":"push","conclusion":"success","jobs":[{"name":"build","conclusion":"success","builds":1}]}\n')
    with open(os.path.join(folder, "cachestat.yml"), "w", encoding="ascii") as f:
        f.write("project: app\ncheck:\n  min_hit_rate: 0.1\nclaims:\n  fewer_builds: 5%\n")


def make_seed(folder):
    """The store that each try begins with; the name in folder."""
    must(folder, ["analyze", "--db", "seed.db", "-q", "-o", os.devnull, "--project", "app", "--label", "side=a",
                  "--event", "push", "--run-id", "1", "--commit", "c1", "1-test.tar"])
    must(folder, ["analyze", "--db", "seed.db", "-q", "-o", os.devnull, "--project", "app", "--label", "side=b",
                  "--event", "push", "--run-id", "2", "--commit", "c1", "2-production.tar"])
    must(folder, ["record", "--db", "seed.db", "-q", "--project", "app", "pulled.dockerbuild"])
    return os.path.join(folder, "seed.db")


# What people run; all with --db store.db in a folder of make_inputs(). True: it writes the store.
COMMANDS = {
    "analyze": (["analyze", "--format", "json", "--project", "app", "--scope", "new", "2-production.tar"], True),
    "analyze-table": (["analyze", "--no-record", "-v", "1-test.tar"], False),
    "record": (["record", "--strict", "--format", "json", "buildah.log", "pulled.rawjson", "metadata-max.json"], True),
    "record-batch": (["record", "--strict", "--batch", "batch.jsonl", "--runs", "runs.jsonl"], True),
    "stats": (["stats", "--by", "scope"], False),
    "ls": (["ls", "--format", "csv"], False),
    "show": (["show", "^0"], False),
    "report-html": (["report", "--format", "html", "--config", "cachestat.yml"], False),
    "report-markdown": (["report", "--format", "markdown"], False),
    "report-openmetrics": (["report", "--format", "openmetrics"], False),
    "compare": (["compare", "--before", "label.side=a", "--after", "label.side=b", "--config", "cachestat.yml"], False),
    "strategy": (["strategy"], False),
    "why": (["why", "^0"], False),
    "diff": (["diff", "--format", "json", "1-test.tar", "2-production.tar"], False),
    "nightly": (["nightly", "--inbox", "inbox", "--out", "out", "--since", "36500d"], True),
    "cache": (["cache", "max", "--for", "notes.tar"], False),
    "check": (["check", "--min-hit-rate", "0.1"], False),
    "db-info": (["db", "info"], False),
    "db-check": (["db", "check"], False),
    "db-backup": (["db", "backup", "copy.db"], False),
    "db-prune": (["db", "prune", "--keep", "1d"], True),
}
