# SPDX-License-Identifier: Apache-2.0
"""Sums what gcov counted in src/, prints a line a folder and writes tables of it (scripts/coverage).

coverage.py BUILD LINES-MIN BRANCHES-MIN

gcov's JSON is summed here, for gcovr 5.2 fails on it: testpoint.h has one function twice, by #ifdef. Of
what is written here (all.json) gcovr draws the HTML.
"""
import json
import pathlib
import re
import subprocess
import sys
from collections import defaultdict

HASH = re.compile(r"\bHASH_[A-Z_]+\(")  # uthash's macros: their branches are not ours
NAMES = ("lines_run", "lines", "branches_taken", "branches")


def counted(build, top):
    """File -> line -> [count, {branch: count}], file -> (line, name) -> count."""
    lines = defaultdict(lambda: defaultdict(lambda: [0, defaultdict(int)]))
    functions = defaultdict(lambda: defaultdict(int))
    objects = sorted(str(p) for p in (build / "src").rglob("*.gcno"))
    command = ["gcov", "--json-format", "--stdout", "--branch-probabilities", *objects]
    # It complains, and fails, of files of tables alone, and of objects that were never run.
    out = subprocess.run(command, cwd=build, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if out.returncode and not out.stdout:
        sys.exit("scripts/coverage: gcov failed: exit %d" % out.returncode)
    for document in out.stdout.splitlines():
        for file in json.loads(document)["files"] if document else ():
            path = (build / file["file"]).resolve()
            if top / "src" not in path.parents or build in path.parents or not path.is_file():
                continue  # the system's headers, what is generated, what is no more
            name = str(path.relative_to(top))
            text = path.read_text().split("\n")
            for line in file["lines"]:
                n = line["line_number"]
                row = lines[name][n]
                row[0] += line["count"]
                if not HASH.search(text[n - 1]):
                    for i, branch in enumerate(line["branches"]):
                        row[1][line.get("function_name"), i] += branch["count"]
            for function in file["functions"]:
                functions[name][function["start_line"], function["name"]] += function["execution_count"]
    return lines, functions


def put(path, first, rows):
    with open(path, "w") as out:
        print(first, *NAMES, sep="\t", file=out)
        for name, row in rows.items():
            print(name, *row, sep="\t", file=out)


def put_json(path, lines, functions):
    """As gcovr reads it with --add-tracefile."""
    files = [
        {
            "file": name,
            "lines": [
                {
                    "line_number": n,
                    "count": count,
                    "gcovr/noncode": False,
                    "gcovr/excluded": False,
                    "branches": [{"count": c, "fallthrough": False, "throw": False} for c in branches.values()],
                }
                for n, (count, branches) in sorted(lines[name].items())
            ],
            # One of a name: gcovr ends in an assertion where #ifdef has two.
            "functions": [
                {"name": function, "lineno": n, "execution_count": count, "gcovr/excluded": False}
                for function, (n, count) in {f: (n, c) for (n, f), c in sorted(functions[name].items())}.items()
            ],
        }
        for name in sorted(lines)
    ]
    path.write_text(json.dumps({"gcovr/format_version": "0.3", "files": files}))


def main(build, lines_min, branches_min):
    top = pathlib.Path(__file__).resolve().parents[2]
    build = pathlib.Path(build).resolve()
    lines, functions = counted(build, top)
    files, folders, total = {}, defaultdict(lambda: [0] * 4), [0] * 4
    for name in sorted(lines):
        counts = [count for count, _ in lines[name].values()]
        branches = [c for _, row in lines[name].values() for c in row.values()]
        files[name] = [sum(map(bool, counts)), len(counts), sum(map(bool, branches)), len(branches)]
        for sums in (folders[name.rpartition("/")[0]], total):
            sums[:] = map(sum, zip(sums, files[name]))
    folders = {**dict(sorted(folders.items())), "total": total}
    put(build / "coverage-files.tsv", "file", files)
    put(build / "coverage.tsv", "folder", folders)
    put_json(build / "all.json", lines, functions)
    with open(build / "never-run.tsv", "w") as out:
        for name in sorted(functions):
            for (n, function), count in sorted(functions[name].items()):
                if not count:
                    print(name, n, function, sep="\t", file=out)
    print(f"{'folder':<14}{'lines':>8}{'run':>8}{'%':>7}{'branches':>10}{'taken':>8}{'%':>7}")
    for name, (run, n, taken, n_branches) in folders.items():
        print(
            f"{name:<14}{n:8}{run:8}{100 * run / max(n, 1):7.1f}"
            f"{n_branches:10}{taken:8}{100 * taken / max(n_branches, 1):7.1f}"
        )
    marks = (("lines", *total[:2], float(lines_min)), ("branches", *total[2:], float(branches_min)))
    missed = [f"{what} {100 * run / max(n, 1):.2f} % < {least:g} %" for what, run, n, least in marks
              if not n or 100 * run < least * n]
    return "scripts/coverage: " + ", ".join(missed) if missed else 0


sys.exit(main(*sys.argv[1:]))
