# SPDX-License-Identifier: Apache-2.0
"""How long a start takes: what does nearly nothing, in turn with a program that does nothing."""
import os
import statistics
import subprocess
import tempfile
import time

import common

MAX_SECONDS = 0.010


def once(command):
    start = time.perf_counter()
    # No shell and no fork of this large process between: what remains is the kernel and the program.
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
    _, status = os.waitpid(pid, 0)
    took = time.perf_counter() - start
    if status:
        raise SystemExit("scripts/bench: status %d of %s" % (status, command))
    return took


def bench(program, rounds):
    with tempfile.TemporaryDirectory(dir=common.WORK) as scratch:
        db = os.path.join(scratch, "small.db")
        for name in sorted(os.listdir(os.path.join(common.TOP, "data/sample"))):
            if name.endswith(".tar"):
                subprocess.run([program, "-q", "--no-ci", "--db", db, os.path.join(common.TOP, "data/sample", name)], check=True, stdout=subprocess.DEVNULL)
        commands = {"true (does nothing)": ["/bin/true"], "--help": [program, "--help"], "--version": [program, "--version"],
                    "ls": [program, "ls", "--db", db], "show": [program, "show", "^0", "--db", db]}
        taken = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                taken[name].append(once(command))
    return {name: {"rounds": len(t), "wall_seconds": statistics.median(t), "wall_seconds_min": min(t), "wall_seconds_max": max(t)} for name, t in taken.items()}


def table(found):
    print("\nstart-up, %d rounds" % found["ls"]["rounds"])
    print("%-20s %10s %22s" % ("", "median", "min–max"))
    for name, row in found.items():
        print("%-20s %7.2f ms %22s" % (name, row["wall_seconds"] * 1e3, "%.2f–%.2f ms" % (row["wall_seconds_min"] * 1e3, row["wall_seconds_max"] * 1e3)))


def missed(found):
    return ["start: %s takes %.1f ms, wanted %.0f" % (name, row["wall_seconds"] * 1e3, MAX_SECONDS * 1e3)
            for name, row in found.items() if row["wall_seconds"] > MAX_SECONDS]
