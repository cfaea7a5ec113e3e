# SPDX-License-Identifier: Apache-2.0
"""Running the program and counting, for the tests that are written in Python."""
import json
import os
import subprocess
import sys

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get("CACHESTAT", "cachestat"))
SHARED = os.environ.get("CACHESTAT_SHARED") or os.path.join(TOP, "..", "shared")
CORPUS = os.path.join(SHARED, "corpus")
SAMPLE = os.path.join(TOP, "data", "sample")


def clean_env(folder):
    """Nothing of the caller's CI or home decides a figure."""
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8",
        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "detect_leaks=1:allocator_may_return_null=1"),
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }


def cachestat(folder, *args, stdin=None):
    """The JSON report, or an exception with what the program said."""
    done = subprocess.run(
        [PROGRAM, *args, "--format", "json"], cwd=folder, env=clean_env(folder),
        stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
    )
    if done.returncode != 0:
        raise RuntimeError("exit %d: %s" % (done.returncode, done.stderr.decode(errors="replace").strip()))
    return json.loads(done.stdout)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, problems):
        """One test: a list of what is wrong, empty when nothing is."""
        if problems:
            self.failed += 1
            print("FAILED", name)
            for problem in problems[:20]:
                print("   ", problem)
        else:
            self.passed += 1

    def skip(self, reason):
        self.skipped += 1
        print("skipped:", reason)

    def finish(self):
        line = "%d passed, %d failed" % (self.passed, self.failed)
        if self.skipped:
            line += ", %d skipped" % self.skipped
        print(line)
        sys.exit(1 if self.failed or not self.passed else 0)


def differing(what, got, want):
    return [] if got == want else ["%s: cachestat %r, independent %r" % (what, got, want)]
