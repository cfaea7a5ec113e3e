# SPDX-License-Identifier: Apache-2.0
"""The figures of a generated history, computed from its model by the words of the definitions.

Nothing of what the program under test wrote is read here. A place where the words allow more than
one reading says which one is taken, and why.
"""
import collections
import fnmatch

import replay_maker

S = 10**9
PATTERNS = {
    "test": ["test", "tests", "testing", "test[-_.]*", "tests[-_.]*", "*[-_.]test", "*[-_.]tests", "*[-_.]testing", "ci", "ci[-_.]*", "*[-_.]ci",
             "unit", "unit[-_.]*", "integration", "e2e", "check"],
    "production": ["production", "prod", "release", "runtime", "final", "deploy", "production[-_.]*", "prod[-_.]*", "release[-_.]*", "runtime[-_.]*",
                   "*[-_.]production", "*[-_.]prod", "*[-_.]release", "*[-_.]runtime"],
}


def ratio(a, b):
    return a / b if b else None


def quantile(values, q):
    """Between the two nearest ranks, in proportion."""
    if not values:
        return None
    values = sorted(values)
    at = (len(values) - 1) * q
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def role_of(build):
    for name in (build.target, build.scope):
        if not name:
            continue
        for role, patterns in PATTERNS.items():
            if any(fnmatch.fnmatchcase(name.lower(), p) for p in patterns):
                return role
    return "other"


def platform_of(build):
    return build.platform or "linux/amd64"


class Known:
    """What can be known of one build: its outcomes, and the prices of its time."""

    def __init__(self, build, prices):
        self.build = build
        steps = [s for s in build.steps if s.cacheable] if build.known else []
        self.hits = [s for s in steps if s.state == "hit"]
        self.runs = [s for s in steps if s.state == "run"]
        self.done = build.status == "completed"
        price = {id(s): prices.get(build, s) for s in steps}
        known = [price[id(s)] for s in self.hits if price[id(s)] is not None]
        self.priced, self.gross = len(known), sum(known)
        self.run_ns = sum(s.ns for s in self.runs)
        self.overhead = build.import_ns + build.export_ns + sum(s.pulled_ns for s in self.hits) if build.known else 0
        self.total = len(build.vertexes) if build.known else 0
        self.cached = sum(any(c for _, _, c in v["spans"]) for v in build.vertexes) if build.known else 0
        self.wall = self.path({id(s): p for s in steps for p in [price[id(s)]] if s.state == "hit" and p is not None}) - self.path({}) if build.known else 0
        for s in self.runs:
            prices.learn(build, s)

    def path(self, instead):
        """The longest way through the graph of steps, sources (FROM, the context) among them."""
        end = []
        for s in self.build.steps:
            own = instead.get(id(s), s.pulled_ns if s.state == "hit" else s.ns)
            before = [end[p] for p in s.parents] + [self.build.context_ns if s.from_context else 0]
            end.append(max(before) + own)
        return max(end)


class Prices:
    """The last time that a step really ran, first in its scope, then in its project."""

    def __init__(self):
        self.last = {}

    @staticmethod
    def identity(build, step):
        return (build.project, platform_of(build), step.stage, " ".join(step.text.split()))

    def learn(self, build, step):
        key = self.identity(build, step)
        self.last[key + (build.scope,)] = self.last[key] = step.ns

    def get(self, build, step):
        key = self.identity(build, step)
        return self.last.get(key + (build.scope,), self.last.get(key))


def know(builds):
    prices = Prices()
    return [Known(b, prices) for b in sorted(builds, key=lambda b: b.started)]


def stats(known):
    """M1, M3 to M5 of a group of builds."""
    done = [k for k in known if k.done and k.build.known]
    rated = [k for k in done if k.hits or k.runs]
    hits, runs = sum(len(k.hits) for k in rated), sum(len(k.runs) for k in rated)
    priced, gross = sum(k.priced for k in done), sum(k.gross for k in done)
    overhead, run_ns = sum(k.overhead for k in done), sum(k.run_ns for k in done)
    some = bool(done) and (priced > 0 or not hits)
    net = gross - overhead
    verdict = "cannot_tell"
    if some and net > 0:
        verdict = "pays"
    elif some and net < 0 and priced == hits:
        verdict = "does_not_pay"
    rates = [len(k.hits) / (len(k.hits) + len(k.runs)) for k in rated]
    durations = [k.build.duration for k in known if k.done and k.build.duration is not None]
    median = quantile(durations, 0.5)
    walls = [k.wall for k in done if k.priced or not k.hits]
    return {
        "builds": len(known), "failed_builds": sum(not k.done for k in known), "rated_builds": len(rated),
        "step_hits": hits, "step_runs": runs, "step_hit_ratio": ratio(hits, hits + runs),
        "step_hit_ratio_median": quantile(rates, 0.5), "step_hit_ratio_p25": quantile(rates, 0.25), "step_hit_ratio_p75": quantile(rates, 0.75),
        "full_hit_ratio": ratio(sum(not k.runs for k in rated), len(rated)),
        "time_hit_ratio": ratio(gross, gross + run_ns) if some else None, "saved_seconds": gross / S if some else None,
        "saved_coverage_ratio": ratio(priced, hits), "overhead_seconds": overhead / S if done else None,
        "net_saved_seconds": net / S if some else None, "verdict": verdict,
        "builder_cached_ratio": ratio(sum(k.cached for k in done), sum(k.total for k in done)),
        "duration_seconds_median": median / S if median is not None else None,
        "wall_saved_seconds": sum(walls) / S if walls else None,
    }


def first_attempts(runs):
    return [r for r in runs if r.attempt == 1]


def spread(counts):
    many = collections.Counter(min(n, 3) for n in counts)
    return {"zero": many[0], "one": many[1], "two": many[2], "three_or_more": many[3]}


def events(runs, builds):
    """M8 without the policy. A re-run is not another event: its builds are apart."""
    rows = {}
    for event in {r.event for r in runs} | {b.event for b in builds}:
        of_event = [r for r in first_attempts(runs) if r.event == event]
        again = [r for r in runs if r.event == event and r.attempt > 1]
        lone = [b for b in builds if b.event == event and b.run.id is None]
        n = sum(len(r.builds) for r in of_event)
        rows[event] = dict(spread(len(r.builds) for r in of_event), runs=len(of_event), builds=n + len(lone), builds_per_run=ratio(n, len(of_event)),
                           builds_without_run=len(lone), rerun_runs=len(again), rerun_builds=sum(len(r.builds) for r in again))
    return rows


# M8 against the policy: (tests, production) that one run of an event may have

RULES = {"pull_request": (1, 0), "push": (1, 0), "push_main": (1, None), "release": (0, 1)}


def own_tests(run):
    """What a run itself says of its tests: its builds, else its jobs that are called like tests."""
    said = [False if b.status == "failed" else b.tests_passed if role_of(b) == "test" else None for b in run.builds if role_of(b) == "test"]
    said = [s for s in said if s is not None]
    if not said and run.told:
        for name, builds in run.jobs.items():
            if any(fnmatch.fnmatchcase(name.lower(), p) for p in PATTERNS["test"]):
                told = {"success": True, "failure": False}.get(replay_maker.conclusion(run, builds))
                said += [told] if told is not None else []
    return None if not said else all(said)


def told_at(run):
    return min([b.started for b in run.builds], default=run.started)


def tests_of(run, runs):
    """A run without a word of its own is told by the latest earlier one of its commit."""
    own = own_tests(run)
    if own is not None:
        return own
    words = [(told_at(r), own_tests(r)) for r in runs if r.project == run.project and r.commit == run.commit and told_at(r) < told_at(run)]
    words = [w for w in words if w[1] is not None]
    return max(words)[1] if words else None


def idle_workflows(runs):
    """Workflows that built nothing while another one of their project did: nothing is missing there."""
    busy = {(r.project, r.workflow) for r in runs if r.builds}
    return {(r.project, r.workflow) for r in runs} - busy, {p for p, _ in busy}


def judge(run, runs, idle):
    """One run of a first attempt: its unexpected builds with the reason, what is missing, whether it is told."""
    by_role = collections.defaultdict(list)
    for b in sorted(run.builds, key=lambda b: b.started):
        by_role[role_of(b)].append(b)
    unexpected, missing = [], {}
    if run.event == "schedule" or run.prebuilt and run.told:
        return [(b, "not_in_policy") for b in run.builds], {}
    if run.event not in RULES or (run.project, run.workflow) in idle[0] and run.project in idle[1]:
        return [], {}
    tests = tests_of(run, runs)
    for role, want in zip(("test", "production"), RULES[run.event]):
        low = high = want
        if want is None:
            low, high = (1, 1) if tests else (0, 0) if tests is False else (0, 1)
        for b in by_role[role][high:] if len(by_role[role]) > high else []:
            unexpected.append((b, "not_in_policy" if want == 0 else "tests_failed" if high == 0 else "too_many"))
        if len(by_role[role]) < low:
            missing[role] = low - len(by_role[role])
    # a build that is called like neither may be the one that is missing
    spare = len(by_role["other"])
    for role in list(missing):
        taken = min(spare, missing[role])
        spare -= taken
        missing[role] -= taken
        if not missing[role]:
            del missing[role]
    return unexpected, missing


def reasons(build, reason, runs):
    names = {reason}
    if role_of(build) == "production":
        if build.pushed is False:
            names.add("never_pushed")
        if build.run.id is not None and tests_of(build.run, runs) is False:
            names.add("tests_failed")
    return names


def end_of(build):
    """Of a build whose time nobody knows, nothing can be too early."""
    return build.started + (build.duration or 0) if build.dated else 0


def disorder(runs, builds):
    """(kind, build): production before the tests were done on a push to main, and although they failed where the policy asks."""
    found = []
    done = collections.defaultdict(list)
    for b in builds:
        if role_of(b) == "test" and b.run.id is not None:
            done[b.project, b.commit].append(end_of(b))
    for run in first_attempts(runs):
        tests = [end_of(b) for b in run.builds if role_of(b) == "test"]
        for b in run.builds:
            if role_of(b) != "production":
                continue
            before = max(tests) if tests else min(done[b.project, b.commit], default=None)
            if run.event == "push_main" and b.dated and before is not None and before > b.started:
                found.append(("started_too_early", b))
            if run.event in ("pull_request", "push", "push_main", "schedule") and tests_of(run, runs) is False:
                found.append(("production_although_tests_failed", b))
    return found


def policy(runs, builds):
    idle = idle_workflows(runs)
    unexpected, missing = [], []
    for run in first_attempts(runs):
        told, lacks = judge(run, runs, idle)
        unexpected += [(b, reasons(b, why, runs)) for b, why in told]
        missing += [(run, role, n) for role, n in lacks.items()]
    for b in builds:
        if b.run.id is None and (b.event == "schedule" or b.event in RULES and dict(zip(("test", "production"), RULES[b.event])).get(role_of(b)) == 0):
            unexpected.append((b, reasons(b, "not_in_policy", runs)))
    return unexpected, missing, disorder(runs, builds)


# M7

def told_key(build):
    """The key as far as the sources tell it: a log says nothing of build arguments, and a job may stand for them."""
    args = tuple(sorted(build.args.items())) if build.source == "record" else ("job", build.job)
    return (build.project, build.commit, build.target, build.platform, build.source == "record", args)


def duplicates(builds):
    """Groups of two kinds and sums; what hangs together by result or by input is one group."""
    again = [b for b in builds if b.run.attempt is not None and b.run.attempt > 1]
    scheduled = [b for b in builds if b not in again and b.event == "schedule"]
    canceled = [b for b in builds if b not in again and b not in scheduled and b.status == "canceled"]
    out = {id(b) for b in again + scheduled + canceled}
    of = sorted((b for b in builds if id(b) not in out), key=lambda b: b.started)
    root = {id(b): b for b in of}

    def find(b):
        while root[id(b)] is not b:
            b = root[id(b)]
        return b

    def tie(members):
        for b in members[1:]:
            x, y = sorted((find(members[0]), find(b)), key=lambda b: b.started)
            root[id(y)] = x

    by_result, by_input = collections.defaultdict(list), collections.defaultdict(list)
    for b in of:
        if (b.source == "record" or b.metadata) and b.config:
            by_result[b.project, b.commit, b.config].append(b)
        by_input[told_key(b)].append(b)
    exact = set()
    for members in by_result.values():
        if len(members) > 1:
            tie(members)
            exact |= {id(b) for b in members}
    for members in by_input.values():
        first = members[0]
        if any(b.run is not first.run or None not in (b.job, first.job) and b.job != first.job for b in members):
            tie(members)
    groups = collections.defaultdict(list)
    for b in of:
        groups[find(b).seq].append(b)
    rows = []
    for members in groups.values():
        known = [b.duration for b in members[1:] if b.duration is not None]
        if len(members) > 1:
            rows.append({"kind": "exact" if all(id(b) in exact for b in members) else "same_input", "builds": len(members),
                         "wasted_seconds": sum(known) / S if known else None, "members": {b.seq for b in members}})
    sums = {"builds": len(of), "duplicate_builds": len(of) - len(groups), "duplicate_ratio": ratio(len(of) - len(groups), len(of)),
            "wasted_seconds": sum(r["wasted_seconds"] or 0 for r in rows),
            "rerun_builds": len(again), "rerun_seconds": sum(b.duration or 0 for b in again) / S, "scheduled_builds": len(scheduled),
            "scheduled_seconds": sum(b.duration or 0 for b in scheduled) / S, "canceled_builds": len(canceled)}
    return rows, sums


def work(builds):
    """Steps that ran more than once in one run with the same parents: executions beyond the first, and their time."""
    seen = collections.defaultdict(list)
    for b in sorted(builds, key=lambda b: b.started):
        if not b.known or b.run.id is None or b.run.attempt > 1 or b.event == "schedule":
            continue
        identity = []
        for s in b.steps:
            identity.append((s.stage, " ".join(s.text.split()), s.from_context, tuple(identity[p] for p in s.parents)))
            if s.cacheable and s.state == "run":
                seen[id(b.run), platform_of(b), identity[-1]].append((b, s.ns))
    steps, time = 0, 0
    for members in seen.values():
        steps += len(members) - 1
        time += sum(ns for _, ns in members[1:])
    return {"work_steps": steps, "work_seconds": time / S}


# M10

def up(ns):
    """Whole minutes, rounded up."""
    return -(-ns // (60 * S))


def minutes(known):
    """By event: jobs, minutes, and what they would have been. A job's seconds are those its builds span."""
    jobs = collections.defaultdict(list)
    for k in known:
        b = k.build
        jobs[b.event, (id(b.run), b.job) if b.run.id is not None and b.job else b.seq].append(k)
    rows = collections.defaultdict(lambda: {"jobs": 0, "ci_minutes": None, "untimed_jobs": 0, "saved_jobs": 0, "saved_minutes": None})
    for (event, _), members in jobs.items():
        row = rows[event]
        row["jobs"] += 1
        timed = [k.build for k in members if k.build.duration is not None]
        if not timed:
            row["untimed_jobs"] += 1
            continue
        t = max(end_of(b) for b in timed) - min(b.started for b in timed)
        row["ci_minutes"] = (row["ci_minutes"] or 0) + up(t)
        if all(k.done and k.build.known and (k.priced or not k.hits) for k in members):
            row["saved_jobs"] += 1
            row["saved_minutes"] = (row["saved_minutes"] or 0) + up(t + sum(k.wall - k.overhead for k in members)) - up(t)
    return rows


# M9

class Side:
    """One side of a comparison: its runs with what their builds say. A build without a run is in totals, and in no figure per event."""

    def __init__(self, runs, known, firsts):
        self.known = known
        self.runs = [(r, r.event) for r in runs] + [(k.build.run, k.build.event) for k in known if k.build.run.id is None]
        self.named = {id(r) for r in runs}
        self.of = collections.defaultdict(list)
        for k in known:
            self.of[id(k.build.run)].append(k)
        self.first = {id(k.build.run) for k in known if k.build.seq in firsts}
        for k in known:
            k.cold = k.done and (k.build.seq in firsts or k.build.known and not k.hits and len(k.runs) > 0)
        builds = [k.build for k in known]
        groups, sums = duplicates(builds)
        self.duplicates = sums["duplicate_builds"]
        self.unexpected = collections.Counter(b.event for b, _ in policy(runs, builds)[0])


def first_of_scopes(known):
    """The first build of each cache of a project, of everything that is recorded."""
    seen, firsts = set(), set()
    for k in known:
        key = (k.build.project, k.build.scope)
        if key not in seen:
            firsts.add(k.build.seq)
        seen.add(key)
    return firsts


def rated(k):
    return k.done and k.build.known and (k.hits or k.runs)


# of a build: (numerator, denominator), None where it has no part
RATES = {
    "step_hit_ratio": lambda k: (len(k.hits), len(k.hits) + len(k.runs)) if rated(k) else None,
    "warm_step_hit_ratio": lambda k: (len(k.hits), len(k.hits) + len(k.runs)) if rated(k) and not k.cold else None,
    "time_hit_ratio": lambda k: (k.gross, k.gross + k.run_ns) if k.done and k.build.known and (k.priced or not k.hits) and k.gross + k.run_ns else None,
    "builder_cached_ratio": lambda k: (k.cached, k.total) if k.done and k.total else None,
    "duration_seconds": lambda k: (k.build.duration / S, 1) if k.done and k.build.duration is not None else None,
    "warm_duration_seconds": lambda k: (k.build.duration / S, 1) if k.done and k.build.duration is not None and not k.cold else None,
    "cold_duration_seconds": lambda k: (k.build.duration / S, 1) if k.done and k.build.duration is not None and k.cold else None,
}
TOTALS = {"builds": lambda k: 1, "cold_builds": lambda k: int(k.cold), "failed_builds": lambda k: int(not k.done)}
PER_EVENT = {"builds_per_event": lambda k: 1, "build_seconds_per_event": lambda k: None if k.build.duration is None else k.build.duration / S}


def clusters(side, figure, matches, event, warm=False):
    """(event, numerator, denominator) of each run with a part in the figure; and the observations of its distribution."""
    units, observed = [], []
    for run, of_event in side.runs:
        if event not in (None, of_event) or warm and id(run) in side.first:
            continue
        of_run = [k for k in side.of[id(run)] if matches(k)]
        if figure in RATES:
            parts = [p for p in map(RATES[figure], of_run) if p]
            if parts:
                units.append((of_event, sum(a for a, _ in parts), sum(b for _, b in parts)))
            observed += [a / b for a, b in parts]
            continue
        amounts = [(TOTALS.get(figure) or PER_EVENT[figure])(k) for k in of_run]
        if figure in PER_EVENT and (id(run) not in side.named or None in amounts):
            continue
        units.append((of_event, sum(amounts), 1))
        observed.append(sum(amounts))
    return units, observed


def side_of(figure, units, observed, name):
    total, den = sum(a for _, a, _ in units), sum(b for _, _, b in units)
    value = (total if observed else None) if figure in TOTALS else ratio(total, den)
    return value, {name + "_n": len(observed), name + "_runs": len(units), name + "_value": value, name + "_median": quantile(observed, 0.5),
                   name + "_p25": quantile(observed, 0.25), name + "_p75": quantile(observed, 0.75),
                   name + "_mean": ratio(sum(observed), len(observed)), name + "_total": total if observed else None}


def standardised(figure, before, after):
    """What after would be with before's mix of events: each event weighs what it weighed before."""
    weight, value, base, whole = 0, 0, 0, sum(d for _, _, d in before)
    for event in {e for e, _, _ in before}:
        b = [(n, d) for e, n, d in before if e == event]
        a = [(n, d) for e, n, d in after if e == event]
        den_b, den_a = sum(d for _, d in b), sum(d for _, d in a)
        if den_a > 0 and den_b > 0:
            weight += den_b
            value += den_b * sum(n for n, _ in a) / den_a
            base += sum(n for n, _ in b)
    if not weight:
        return None, None, 0 if whole else None
    scale = 1 if figure in TOTALS else weight
    return base / scale, value / scale, weight / whole


def compared_row(figure, sides, matches, event):
    units = [clusters(s, figure, matches, event) for s in sides]
    before, row = side_of(figure, *units[0], "before")
    after, more = side_of(figure, *units[1], "after")
    row.update(more)
    both = before is not None and after is not None
    row["change"] = after - before if both else None
    row["relative_change"] = after / before - 1 if both and before else None
    row["reduction_ratio"] = 1 - after / before if both and before else None
    row["enough_data"] = min(len(units[0][0]), len(units[1][0])) >= 5
    if event is None:
        base, value, coverage = standardised(figure, units[0][0], units[1][0])
        row["after_standardised"] = value
        row["reduction_ratio_standardised"] = 1 - value / base if base else None
        row["standardised_coverage_ratio"] = coverage
    return row


def draw(units, rng):
    """Sums of as many runs as there are, drawn with replacement."""
    drawn = rng.choices(units, k=len(units)) if units else []
    return sum(a for _, a, _ in drawn), sum(b for _, _, b in drawn)


def draw_standardised(before, after, rng):
    """Reduction at before's mix, drawn event by event."""
    drawn = [[], []]
    for i, units in enumerate((before, after)):
        by_event = collections.defaultdict(list)
        for u in units:
            by_event[u[0]].append(u)
        for of_event in by_event.values():
            drawn[i] += rng.choices(of_event, k=len(of_event))
    base, value, _ = standardised("", *drawn)
    return 1 - value / base if base else None


def percentiles(values):
    values = [v for v in values if v is not None]
    return (quantile(values, 0.025), quantile(values, 0.975)) if values else None


def claims(sides, rng, resamples):
    """(measured, interval, n) of each claim; the interval None where it cannot be told."""
    everything, result = lambda k: True, {}

    def one_side(name, side, figure, matches, event=None):
        units, observed = clusters(side, figure, matches, event)
        num, den = sum(a for _, a, _ in units), sum(b for _, _, b in units)
        interval = percentiles(ratio(*draw(units, rng)) for _ in range(resamples)) if len(units) >= 5 else None
        result[name] = (ratio(num, den), interval, len(units))

    def reduction(name, figure, warm):
        before, after = (clusters(s, figure, everything, None, warm)[0] for s in sides)
        base, value, coverage = standardised(figure, before, after)
        n = min(len(before), len(after))
        interval = percentiles(draw_standardised(before, after, rng) for _ in range(resamples)) if n >= 5 and coverage and coverage >= 0.9 else None
        result[name] = (1 - value / base if base else None, interval, n)

    def after_test(k):
        return role_of(k.build) == "production" and k.build.run.id is not None and any(
            role_of(o.build) == "test" and end_of(o.build) <= k.build.started for o in sides[1].of[id(k.build.run)] if o.done and o.build.duration is not None)

    one_side("builds_per_main_push", sides[1], "builds_per_event", everything, "push_main")
    one_side("builds_per_main_push_before", sides[0], "builds_per_event", everything, "push_main")
    reduction("fewer_builds", "builds_per_event", False)
    one_side("test_hit_rate", sides[1], "step_hit_ratio", lambda k: role_of(k.build) == "test")
    one_side("production_hit_rate_after_test", sides[1], "step_hit_ratio", after_test)
    reduction("faster_rebuilds", "build_seconds_per_event", True)
    result["no_duplicates"] = (sides[1].duplicates, None, len(sides[1].runs))
    return result


CLAIMED = {"builds_per_main_push": (2, True), "builds_per_main_push_before": (3, False), "fewer_builds": (0.5, False), "test_hit_rate": (0.8, False),
           "production_hit_rate_after_test": (0.9, False), "faster_rebuilds": (0.6, False)}


def verdict(name, interval):
    """What the whole interval says; None where it ends so near the claim that the draw decides."""
    claimed, at_most = CLAIMED[name]
    if interval is None:
        return "cannot_tell"
    low, high = interval
    margin = max(high - low, 0.01) * 0.12
    if low != high and min(abs(low - claimed), abs(high - claimed)) < margin:
        return None
    if high <= claimed if at_most else low >= claimed:
        return "holds"
    if low > claimed if at_most else high < claimed:
        return "does_not_hold"
    return "cannot_tell"
