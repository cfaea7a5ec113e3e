# SPDX-License-Identifier: Apache-2.0
"""What the parts of scripts/bench share: running, medians, tables."""
import os
import statistics
import subprocess
import sys
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
WORK = os.path.join(TOP, "build", "bench")
# Who takes longer than this runs twice only.
SLOW_SECONDS = 30


def measure(command, scratch):
    """(wall seconds, CPU seconds, peak RSS in MiB of the largest process) of a list, or of a text for bash."""
    said = os.path.join(scratch, "time")
    if isinstance(command, str):
        command = ["bash", "-c", "set -e -o pipefail; " + command]
    start = time.perf_counter()
    # A process of Python's own size in between would be the peak of all that is small.
    done = subprocess.run(["/usr/bin/time", "-q", "-o", said, "-f", "%U %S %M", *command],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    wall = time.perf_counter() - start
    if done.returncode:
        sys.exit("scripts/bench: exit %d of %s\n%s" % (done.returncode, command, done.stderr.decode(errors="replace")[-800:]))
    with open(said, encoding="ascii") as f:
        user, system, rss = f.read().split()[-3:]
    return wall, float(user) + float(system), int(rss) / 1024


def summed(taken):
    """What measure() gave in several rounds, as one row."""
    wall = [t[0] for t in taken]
    return {"rounds": len(taken), "wall_seconds": statistics.median(wall), "wall_seconds_min": min(wall), "wall_seconds_max": max(wall),
            "cpu_seconds": statistics.median(t[1] for t in taken), "peak_rss_mib": max(t[2] for t in taken)}


def repeated(command, scratch, rounds, before=None):
    taken = []
    for _ in range(rounds):
        if len(taken) >= 2 and taken[0][0] > SLOW_SECONDS:
            break
        if before:
            before()
        taken.append(measure(command, scratch))
    return summed(taken)


def seconds(value):
    return "%.1f ms" % (value * 1e3) if value < 1 else "%.2f s" % value


def make(target):
    """A program that is not built by default; returns its path."""
    subprocess.run(["make", "-C", os.path.join(TOP, "build"), "--no-print-directory", "-s", target], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(TOP, "build", target)
