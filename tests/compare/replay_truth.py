# SPDX-License-Identifier: Apache-2.0
"""The figures of a generated history, computed from its model by the words of the definitions.

Nothing of what the program under test wrote is read here. A place where the words allow more than
one reading says which one is taken, and why.
"""
import collections
import fnmatch

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
