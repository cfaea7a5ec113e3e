#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads what test_hostile_report.c rendered into a folder with other people's parsers.

JSON, JSON lines and CSV must tell the same; Markdown, as cmark-gfm renders it, must hold tables,
paragraphs, headings and code, no link, no image, no HTML, and the very text of each cell. What
GitHub and GitLab look for in the finished HTML (mentions, references, URLs) must not stand outside
code. Exit status 77: cmark-gfm is missing.
"""
import csv
import html.parser
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
LINKED = re.compile(r"@\w|#\w|(?<![A-Za-z0-9])!\d|://|\bwww\.|\bgh-\d|\$", re.I)
ALLOWED = {"table", "thead", "tbody", "tr", "th", "td", "p", "h3", "code"}


def refuse(name, value):
    raise ValueError(f"{name} in JSON: {value}")


def pairs(items):
    keys = [k for k, _ in items]
    assert len(keys) == len(set(keys)), keys
    return dict(items)


def read_json(text):
    return json.loads(text, object_pairs_hook=pairs, parse_constant=lambda v: refuse("constant", v))


def first_table(doc):
    return next(v for v in doc.values() if isinstance(v, list))


def same_cell(cell, value):
    """What of a CSV cell can be told from JSON alone."""
    if value is None:
        return cell == ""
    if isinstance(value, bool):
        return cell == ("true" if value else "false")
    if isinstance(value, (int, float)):
        return float(cell) == value
    text = "; ".join(value) if isinstance(value, list) else value
    if cell[:1] in FORMULA and cell:
        return False
    if re.fullmatch(r"[A-Za-z0-9 ,.:/\"]*", text):
        return cell == text
    return True


def judge_machine(folder, name):
    doc = read_json((folder / f"{name}.json").read_bytes().decode("utf-8"))
    rows = first_table(doc)
    text = (folder / f"{name}.json").read_text(encoding="utf-8")
    lines = (folder / f"{name}.jsonl").read_bytes().decode("utf-8").splitlines()
    assert [read_json(line) for line in lines] == rows, "jsonl differs from json"
    assert list(doc)[:3] == ["schema_version", "report", "generated_at"]
    if name == "ordinary":
        assert text == json.dumps(doc, indent=2, ensure_ascii=False).replace(
            "\u202e", "\\u202e") + "\n", "json is not laid out like json.dumps(indent=2)"
    data = (folder / f"{name}.csv").read_bytes().decode("utf-8")
    table = list(csv.reader(io.StringIO(data, newline=""), strict=True))
    assert table[0] == list(rows[0]), "csv header"
    assert len(table) == 1 + len(rows), "csv rows"
    for cells, row in zip(table[1:], rows):
        assert len(cells) == len(row), cells
        for cell, value in zip(cells, row.values()):
            assert same_cell(cell, value), (cell, value)


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tables, self.inside, self.stray = [], [], []

    def handle_starttag(self, tag, attrs):
        assert tag in ALLOWED, f"<{tag} {attrs}>"
        assert all(key == "align" for key, _ in attrs), attrs
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        self.inside.append(tag)

    def handle_endtag(self, tag):
        assert self.inside.pop() == tag

    def handle_data(self, data):
        if "td" in self.inside or "th" in self.inside:
            self.tables[-1][-1][-1] += data
        if "code" not in self.inside and LINKED.search(data):
            self.stray.append(data)

    def refuse(self, data):
        raise ValueError(f"raw HTML: {data}")

    handle_comment = handle_decl = handle_pi = unknown_decl = refuse


def fold(text):
    return " ".join(text.split(" ")).strip(" ")


def judge_markdown(folder, name):
    text = (folder / f"{name}.markdown").read_bytes()
    command = ["cmark-gfm", "--unsafe"]
    for extension in ("table", "autolink", "strikethrough", "tasklist", "footnotes"):
        command += ["-e", extension]
    page = Page()
    page.feed(subprocess.run(command, input=text, capture_output=True, check=True)
              .stdout.decode("utf-8"))
    page.close()
    assert not page.stray, page.stray
    if name != "hostile":
        return
    seen = json.loads((folder / "seen").read_bytes().decode("utf-8"))
    rows = page.tables[0][1:]
    assert len(page.tables) == 1 and len(rows) == len(seen), "tables or rows lost"
    for got, want in zip(rows, seen):
        assert len(got) == 6, got
        for a, b in zip(got, want):
            assert fold(a) == fold(b), (a, b)


def main():
    folder = Path(sys.argv[1])
    for name in ("hostile", "ordinary"):
        judge_machine(folder, name)
    if not shutil.which("cmark-gfm"):
        sys.exit(77)
    for name in ("hostile", "ordinary"):
        judge_markdown(folder, name)


main()
