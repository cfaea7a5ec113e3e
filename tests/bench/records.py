# SPDX-License-Identifier: Apache-2.0
"""10 000 builders' records in one batch, beside a pipe that only unpacks and hashes them."""
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from common import TOP, WORK, measure

RECORDS = 10000
MIN_PER_SECOND = 500


def copies(n):
    """A folder with n records and the batch that names them; made once."""
    folder = os.path.join(WORK, "records-%d" % n)
    if not os.path.exists(os.path.join(folder, "done")):
        shutil.rmtree(folder, ignore_errors=True)
        fixtures = os.path.join(TOP, "tests/fixtures/build")
        records = [os.path.join(fixtures, name + ".dockerbuild") for name in ("pulled", "failed", "canceled", "import-missing")]
        subprocess.run([sys.executable, os.path.join(TOP, "tests/support/copy_records.py"), folder, str(n), *records], check=True)
        open(os.path.join(folder, "done"), "w", encoding="ascii").close()
    return folder


def bench(program, n, rounds):
    """Builds a second by CPU time, on one processor; the peak of a tenth tells whether memory grows."""
    folder = copies(n)
    batch = os.path.join(folder, "builds.jsonl")
    tenth = os.path.join(folder, "tenth.jsonl")
    with open(batch, encoding="ascii") as f, open(tenth, "w", encoding="ascii") as out:
        out.writelines(line for _, line in zip(range(max(1, n // 10)), f))
    taken = {"tenth": [], "record": [], "again": [], "gzip | sha256sum": []}
    with tempfile.TemporaryDirectory(dir=WORK) as scratch:
        run = "taskset -c 0 '%s' record -q --no-ci --no-progress --db '%s/%%s.db' --batch '%%s'" % (program, scratch)
        commands = {
            "tenth": run % ("tenth", tenth), "record": run % ("all", batch), "again": run % ("all", batch),
            "gzip | sha256sum": "find '%s' -name '*.dockerbuild' -print0 | xargs -0 cat | taskset -c 0 gzip -dc | taskset -c 0 sha256sum" % folder,
        }
        for _ in range(rounds):
            subprocess.run("rm -f '%s'/*.db*" % scratch, shell=True, check=True)
            for name, command in commands.items():
                taken[name].append(measure(command, scratch))
    def median(name, i):
        return statistics.median(t[i] for t in taken[name])
    return {
        "builds": n, "builds_per_cpu_second": n / median("record", 1), "builds_per_wall_second": n / median("record", 0),
        "again_per_cpu_second": n / median("again", 1), "peak_rss_mib": max(t[2] for t in taken["record"]),
        "peak_rss_mib_of_a_tenth": max(t[2] for t in taken["tenth"]), "cpu_ratio_to_gzip_sha256sum": median("record", 1) / median("gzip | sha256sum", 1),
    }


def missed(rates):
    found = []
    if rates["builds_per_cpu_second"] < MIN_PER_SECOND:
        found.append("record: %.0f builds/s, wanted %d" % (rates["builds_per_cpu_second"], MIN_PER_SECOND))
    if rates["peak_rss_mib"] > rates["peak_rss_mib_of_a_tenth"] + 16:
        found.append("record: memory grows, %.1f MiB for a tenth and %.1f MiB for all" % (rates["peak_rss_mib_of_a_tenth"], rates["peak_rss_mib"]))
    return found


def table(rates):
    print("\nrecord, %(builds)d builds: %(builds_per_cpu_second).0f a CPU second (%(builds_per_wall_second).0f by the clock), again %(again_per_cpu_second).0f, "
          "peak %(peak_rss_mib).1f MiB (a tenth of them %(peak_rss_mib_of_a_tenth).1f), CPU %(cpu_ratio_to_gzip_sha256sum).1f times gzip | sha256sum" % rates)
