# SPDX-License-Identifier: Apache-2.0
"""What a page and a metrics file of a report must hold, judged by other people's parsers."""
import base64
import hashlib
import re
import subprocess

import html5lib

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
# Nothing else may occur: no link, image, form, frame, object, no attribute that runs or loads.
TAGS = {
    XHTML + tag for tag in
    """html head meta title style script body a header main footer nav section h1 h2 p span strong ul
    li div wbr figure figcaption details summary table caption thead tbody tr th td code abbr time dl dt
    dd""".split()
} | {SVG + tag for tag in "svg defs pattern rect path line text title desc".split()}
ATTRIBUTES = set(
    """lang charset http-equiv content name class id href role aria-labelledby aria-label tabindex scope
    datetime title data-v width height aria-hidden focusable viewBox preserveAspectRatio d x y x1 y1
    x2 y2 text-anchor stroke-dasharray patternUnits""".split())
HIDDEN = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def text_of(node):
    return "".join(node.itertext())


def policy_of(tree):
    for meta in tree.iter(XHTML + "meta"):
        if meta.get("http-equiv") == "Content-Security-Policy":
            return dict(part.strip().split(" ", 1) for part in meta.get("content").split(";"))
    return {}


def hashed(node):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text_of(node).encode()).digest()).decode()


def judge_policy(tree):
    problems = []
    policy = policy_of(tree)
    styles, scripts = list(tree.iter(XHTML + "style")), list(tree.iter(XHTML + "script"))
    if len(styles) != 1 or len(scripts) != 1:
        return ["%d styles, %d scripts" % (len(styles), len(scripts))]
    want = {
        "default-src": "'none'", "style-src": hashed(styles[0]), "script-src": hashed(scripts[0]),
        "img-src": "'none'", "base-uri": "'none'", "form-action": "'none'",
    }
    if policy != want:
        problems.append("policy %r, not %r" % (policy, want))
    if re.search(r"@import|url\((?!#h\d\))|https?:", text_of(styles[0])):
        problems.append("the style loads something")
    return problems


def judge_nodes(tree):
    problems, ids, refs = [], set(), []
    for node in tree.iter():
        if not isinstance(node.tag, str):
            problems.append("a comment: %r" % text_of(node)[:60])
            continue
        if node.tag not in TAGS:
            problems.append("<%s>" % node.tag)
        for key, value in node.attrib.items():
            if key not in ATTRIBUTES:
                problems.append("<%s %s=%r>" % (node.tag, key, value[:60]))
            if key == "href" and not re.fullmatch(r"#[a-z0-9]+", value):
                problems.append("href=%r" % value[:60])
            if key == "href":
                refs.append(value[1:])
            if key == "aria-labelledby":
                refs += value.split()
            if key == "id" and value in ids:
                problems.append("id %s twice" % value)
            if HIDDEN.search(value):
                problems.append("hidden characters in %s=%r" % (key, value[:60]))
        ids.add(node.get("id"))
        if HIDDEN.search((node.text or "") + (node.tail or "")):
            problems.append("hidden characters in %r" % (node.text or "")[:60])
    return problems + ["nothing is called %s" % ref for ref in refs if ref not in ids]


def judge_outline(tree):
    problems = []
    root = next(tree.iter(XHTML + "html"))
    if root.get("lang") != "en":
        problems.append("no language")
    for tag, n in (("main", 1), ("h1", 1), ("title", 1), ("header", 1), ("footer", 1)):
        found = len(list(tree.iter(XHTML + tag)))
        if found != n:
            problems.append("%d <%s>" % (found, tag))
    if not any(m.get("name") == "viewport" for m in tree.iter(XHTML + "meta")):
        problems.append("no viewport")
    skip = next(tree.iter(XHTML + "body"))[0]
    if skip.get("href") != "#main":
        problems.append("the first link does not skip to the figures")
    for table in tree.iter(XHTML + "table"):
        heads = list(table.iter(XHTML + "th"))
        if len(table.findall(XHTML + "caption")) != 1 or any(h.get("scope") != "col" for h in heads):
            problems.append("a table without caption or scopes")
        for row in table.find(XHTML + "tbody"):
            if len(row) != len(heads):
                problems.append("a row of %d cells below %d heads" % (len(row), len(heads)))
    for plot in tree.iter(SVG + "svg"):
        if plot.get("role") == "img" and (plot[0].tag, plot[1].tag) != (SVG + "title", SVG + "desc"):
            problems.append("a chart without title and description")
        if plot.get("role") != "img" and plot.get("aria-hidden") != "true":
            problems.append("a drawing that is neither an image nor hidden")
    return problems


def parse_page(data):
    """The tree; an error of syntax raises."""
    parser = html5lib.HTMLParser(strict=True)
    return parser.parse(data.decode("utf-8"))


def judge_page(data):
    try:
        tree = parse_page(data)
    except Exception as e:  # html5lib raises what it finds
        return ["not HTML: %s %s" % (type(e).__name__, e)]
    return judge_policy(tree) + judge_nodes(tree) + judge_outline(tree)


def tables_of(data):
    """caption -> rows of cell texts, in order; equal captions get a number."""
    found = {}
    for table in parse_page(data).iter(XHTML + "table"):
        name = text_of(table.find(XHTML + "caption"))
        while name in found:
            name += "'"
        found[name] = [[text_of(cell) for cell in row] for row in table.find(XHTML + "tbody")]
    return found


SAMPLE = re.compile(
    r'([a-z_][a-z0-9_]*)(\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)*\})? (-?[0-9.e+-]+)')


def judge_metrics(data, lint=True):
    """promtool's word, and what it does not look at: families together, no series twice."""
    done = subprocess.run(["promtool", "check", "metrics"], input=data, capture_output=True, check=False)
    problems = []
    if done.returncode == 1 or (lint and done.returncode):
        problems.append("promtool: exit %d: %s" % (done.returncode, (done.stdout + done.stderr).decode()[:500]))
    lines = data.decode("utf-8").split("\n")
    if lines[-2:] != ["# EOF", ""]:
        problems.append("the end is %r" % lines[-2:])
    family, seen, series = None, set(), set()
    for line in lines[:-2]:
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            if family in seen:
                problems.append("family %s in two places" % family)
            seen.add(family)
        elif line.startswith("# TYPE "):
            name, kind = line.split(" ")[2:]
            if name != family or (kind == "counter") != name.endswith("_total"):
                problems.append(line)
        else:
            match = SAMPLE.fullmatch(line)
            if not match or match[1] != family:
                problems.append("not a sample of %s: %r" % (family, line[:100]))
            elif len(set(labels := re.findall(r'[{,]([a-zA-Z_][a-zA-Z0-9_]*)="(?=(?:[^"\\\n]|\\[\\n"])*"[,}])', line))) != len(labels):
                problems.append("a label twice: %r" % line[:100])
            elif line.rsplit(" ", 1)[0] in series:
                problems.append("twice: %r" % line[:100])
            series.add(line.rsplit(" ", 1)[0])
    return problems
