# SPDX-License-Identifier: Apache-2.0
"""A project's history as nobody recorded it: builds, runs and the builder's own files, from a seed.

A small model of builders (stages, a cache for each scope, what a commit changes) decides what hits
and what runs; the files are written from that model, and truth is computed from the model alone.
Nothing here reads what the program under test wrote.
"""
import datetime
import gzip
import hashlib
import io
import json
import os
import random
import struct
import tarfile

S = 10**9
START = int(datetime.datetime(2026, 3, 2, 6, 0, tzinfo=datetime.timezone.utc).timestamp()) * S
LONG_AFTER = 2 * 10**18
TESTS = ["test", "unit", "ci", "tests", "app-tests", "test_suite", "integration", "Test"]
PRODUCTION = ["prod", "production", "release", "runtime", "final", "shop_prod", "deploy", "app-release"]
OTHERS = ["docs", "lint", "tooling"]
PLATFORMS = ["linux/amd64", "linux/arm64", "linux/arm/v7"]


def rfc3339(ns, zone=0, digits=9):
    whole = datetime.datetime.fromtimestamp(ns // S, datetime.timezone(datetime.timedelta(minutes=zone)))
    text = whole.strftime("%Y-%m-%dT%H:%M:%S")
    if digits:
        text += ".%0*d" % (digits, ns % S // 10 ** (9 - digits))
    return text + (whole.strftime("%z")[:3] + ":" + whole.strftime("%z")[3:] if zone else "Z")


def ns(text):
    """What the program prints, in UTC: zeros at the end of a fraction are left out."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    at = datetime.datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=datetime.timezone.utc)
    return int(at.timestamp()) * S + int((fraction + "0" * 9)[:9])


def sha(*parts):
    return "sha256:" + hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


class Step:
    """One instruction as one build met it."""

    def __init__(self, stage, text, key, index, total, parents):
        self.stage, self.text, self.key, self.index, self.total, self.parents = stage, text, key, index, total, parents
        self.state, self.ns, self.pulled_ns, self.layer = None, 0, 0, None

    @property
    def from_context(self):
        return self.text.split()[0] in ("COPY", "ADD") and "--from" not in self.text

    @property
    def cacheable(self):
        return not self.text.startswith("FROM ")


class Build:
    def __init__(self, **facts):
        self.__dict__.update(facts)
        self.steps, self.line = [], {}


class Run:
    def __init__(self, **facts):
        self.__dict__.update(facts)
        self.builds, self.jobs = [], {}


class Recipe:
    """A Dockerfile of one project: what each instruction says now and what it was made from."""

    def __init__(self, rng, name, test, production, other):
        self.version = {}
        self.tell = "%s-%d" % (name.replace("/", "-"), rng.randrange(1000))
        self.stages = {"base": [None, "FROM registry.example/%s:1@%s" % (self.tell, sha(self.tell)), "RUN apt-get install -y %s" % self.tell, "WORKDIR /srv"]}
        self.stages["deps"] = ["base", "COPY lock.%s ./" % self.tell, "RUN fetch %s" % self.tell]
        self.stages["build"] = ["deps", "COPY src/ src/", "RUN make  -j2 %s" % self.tell]
        self.stages[test.lower()] = ["build", "COPY tests/ tests/", "RUN make check"]
        self.stages[production.lower()] = ["base", "COPY --from=build /srv/out /srv/out", "ADD etc.tar.gz /etc"]
        self.stages[other] = ["deps", "COPY %s/ ./" % other, "RUN make %s" % other]
        self.cost = {}
        for stage, (_, *texts) in self.stages.items():
            for i, text in enumerate(texts):
                self.cost[stage, i] = int(rng.choice([0.004, 0.05, 0.3, 1.5, 9, 40]) * S * rng.uniform(0.5, 2)) + 1

    def change(self, rng):
        what = rng.choice([None, "src", "src", "src", "tests", "lock", "text", "base"])
        stage, i = {"src": ("build", 0), "tests": (list(self.stages)[3], 0), "lock": ("deps", 0), "base": ("base", 0)}.get(what, (None, 0))
        if what == "text":
            stage, i = rng.choice(["base", "build"]), 1
            texts = self.stages[stage]
            texts[i + 1] = texts[i + 1].split(" #")[0] + " # %d" % rng.randrange(10**6)
        if stage:
            self.version[stage, i] = rng.randrange(10**9)

    def steps(self, target):
        """The steps that a build of the target needs, parents first."""
        done, steps = {}, []

        def need(stage):
            if stage in done:
                return done[stage]
            parent, *texts = self.stages[stage]
            last = need(parent) if parent else None
            for i, text in enumerate(texts):
                parents = [last] if last is not None else []
                if text.startswith("COPY --from="):
                    parents.append(need(text.split("=")[1].split()[0]))
                key = sha(stage, " ".join(text.split()), self.version.get((stage, i)), *[steps[p].key for p in parents])
                step = Step(stage, text, key, i + 1 + (parent is not None), len(texts) + (parent is not None), parents)
                step.cost = self.cost[stage, i]
                steps.append(step)
                last = len(steps) - 1
            done[stage] = last
            return last

        need(target.lower() if target and target.lower() in self.stages else list(self.stages)[4])
        return steps


class Maker:
    def __init__(self, seed, size):
        self.rng = random.Random(seed)
        self.seed, self.size, self.clock = seed, size, START
        self.builds, self.runs, self.caches = [], [], {}
        rng = self.rng
        self.default_branch = rng.choice(["main", "main", "trunk", "release/next"])
        self.label = rng.choice(["strategy", "variant", "roll-out", "strategy"])
        self.strategies = rng.choice([["before", "after"], ["old", "new", "trial"], ["a", "b"], ["v1", "v2", "v3", "V4 (last)"]])
        self.number = rng.randrange(10**6, 10**10)
        self.string_ids = rng.random() < 0.3
        for i in range(rng.choice([1, 1, 2, 3])):
            self.project(rng.choice(["acme", "team.x", "Ünit"]) + "/" + "relay watch vault".split()[i])

    def wait(self, most):
        self.clock += int(self.rng.uniform(0.01, most) * S)
        return self.clock

    def project(self, name):
        rng = self.rng
        test, production, other = rng.choice(TESTS), rng.choice(PRODUCTION), rng.choice(OTHERS)
        self.p = {"name": name, "test": test, "production": production, "other": other, "recipe": Recipe(rng, name, test, production, other),
                  "platforms": rng.choice([[None], ["linux/amd64"], PLATFORMS[:2], PLATFORMS]), "pulls": 0.5,
                  "shared": rng.choice(["buildkit", "cache.main", "gha_1"]), "branch": "refs/heads/" + self.default_branch,
                  "jobs": (rng.choice(["container-tests", "unit", "Prüfung"]), rng.choice(["production-build", "ship"])),
                  "workflow": rng.choice(["ci", "Build & test", ".github/workflows/ci.yml"]), "args": rng.random() < 0.5}
        # how each strategy handles an event, and what its builds read
        self.habits = {s: {"pr_production": i == 0 or rng.random() < 0.2, "shared": i == 0, "noise": rng.choice([0, 0.05, 0.2]), "reads_all": rng.random() < 0.6}
                       for i, s in enumerate(self.strategies)}
        pr = 0
        commits = []
        for _ in range(self.size):
            kind = rng.choice(["pull_request"] * 4 + ["push_main"] * 3 + ["push", "push+pull_request", "release", "schedule", "manual", "again", "other"])
            if not commits:
                kind = "push_main"
            if kind in ("pull_request", "push_main", "push", "push+pull_request"):
                self.p["recipe"].change(rng)
                commits.append(hashlib.sha1(b"%d %d" % (self.seed, rng.randrange(10**9))).hexdigest())
            commit = commits[-1] if kind != "again" else rng.choice(commits[-4:])
            pr += kind in ("pull_request", "push+pull_request") and rng.random() < 0.4
            order = self.strategies[:]
            rng.shuffle(order)
            passed = rng.random() < 0.85
            for strategy in order:
                for raw, ref, event in self.events(kind, pr):
                    self.event(strategy, raw, ref, event, commit, pr, passed)

    def events(self, kind, pr):
        rng, main = self.rng, self.p["branch"]
        if kind in ("pull_request", "again"):
            return [(rng.choice(["pull_request"] * 3 + ["pull_request_target"]), "refs/pull/%d/merge" % max(pr, 1), "pull_request")]
        if kind == "push+pull_request":
            return [("push", "refs/heads/feature/%d" % pr, "push"), ("pull_request", "refs/pull/%d/merge" % max(pr, 1), "pull_request")]
        if kind == "push":
            return [("push", "refs/heads/feature/%d" % rng.randrange(9), "push")]
        if kind == "release":
            return [(rng.choice(["push", "release"]), "refs/tags/v%d.%d" % (rng.randrange(9), rng.randrange(99)), "release")]
        if kind == "schedule":
            return [("schedule", main, "schedule")]
        if kind == "manual":
            return [("workflow_dispatch", main, "manual")]
        if kind == "other":
            return [("merge_group", "refs/heads/gh-readonly-queue/x", "other")]
        return [("push", main, "push_main")]

    def event(self, strategy, raw, ref, event, commit, pr, passed):
        rng, habit, p = self.rng, self.habits[strategy], self.p
        self.number += rng.randrange(1, 50)
        attempts = 1 + (rng.random() < 0.06)
        for attempt in range(1, attempts + 1):
            roles = []
            if event in ("pull_request", "push", "push_main"):
                roles = ["test"]
                if event == "push_main" and (passed or habit["pr_production"]) or event != "push_main" and habit["pr_production"]:
                    roles.append("production")
            elif event == "release":
                roles = ["production"]
            if rng.random() < habit["noise"]:
                roles = rng.choice([[], ["test"], ["production"], ["test", "test"], ["test", "production"], ["production", "test"],
                                    ["other"], ["test", "other", "production"], ["test", "production", "production"]])
            prebuilt = event == "schedule" and not roles
            run = Run(project=p["name"], id=str(self.number) if self.string_ids else self.number, attempt=attempt, event=event, raw=raw, ref=ref, commit=commit,
                      strategy=strategy, workflow="nightly-molecule" if prebuilt else p["workflow"], started=self.wait(600), told=rng.random() < 0.93,
                      pr=pr if event == "pull_request" else None, passed=passed, prebuilt=prebuilt, tells_attempt=attempt > 1 or rng.random() < 0.5)
            if prebuilt:
                run.jobs["molecule"] = []
            self.runs.append(run)
            for role in roles:
                platforms = p["platforms"] if role == "production" else p["platforms"][:1]
                for platform in platforms:
                    self.build(run, role, platform, passed)
            run.completed = self.wait(5)
            if not roles and not run.told:
                self.runs.pop()
        if rng.random() < 0.04:
            self.build(Run(project=p["name"], id=None, attempt=None, event=event, raw=raw, ref=ref, commit=commit, strategy=strategy, workflow=None,
                           pr=None, passed=None, prebuilt=False, tells_attempt=False), rng.choice(["test", "production"]), p["platforms"][0], None)

    def build(self, run, role, platform, passed):
        rng, p, habit = self.rng, self.p, self.habits[run.strategy]
        target = p[role]
        scope = p["shared"] if habit["shared"] else rng.choice([target, target, None]) if rng.random() < 0.3 else target
        job = p["jobs"][role != "test"] if rng.random() > 0.03 else None
        build = Build(seq=len(self.builds) + 1, run=run, project=p["name"], role=role, target=target, platform=platform, scope=scope or target, told_scope=scope,
                      job=job, strategy=run.strategy, event=run.event, commit=run.commit, started=self.wait(3), import_ns=0, export_ns=0, args={})
        if p["args"]:
            build.args = {"MODE": rng.choice(["max", "max", "max", "min"])}
        build.steps = p["recipe"].steps(target)
        build.status = rng.choice(["completed"] * 24 + ["failed", "canceled"])
        build.tests_passed = (passed if rng.random() < 0.95 else None) if role == "test" and build.status == "completed" else None
        build.pushed = None if rng.random() < 0.03 else role == "production" and run.event in ("push_main", "release", "schedule", "manual")
        self.execute(build, habit)
        build.source = rng.choice(["record"] * 5 + ["rawjson"] * 3 + ["none"]) if build.status == "completed" else rng.choice(["record", "rawjson"])
        build.metadata = build.status == "completed" and build.source != "none" and rng.random() < 0.5
        build.ref = "".join(rng.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(25))
        run.builds.append(build)
        run.jobs.setdefault(job or "?", []).append(build)
        self.builds.append(build)
        self.clock = build.completed if rng.random() > 0.04 else build.started + 1000

    def execute(self, build, habit):
        """What hits and what runs, by the caches as they are; lays the vertexes out in time."""
        rng = self.rng
        scope_key = (build.project, build.strategy, build.platform)
        own = self.caches.setdefault(scope_key + (build.scope,), {})
        readable = [own] if habit["shared"] or not habit["reads_all"] else [c for k, c in self.caches.items() if k[:3] == scope_key]
        at = build.started + rng.randrange(1, 10**7)
        build.vertexes = []

        def vertex(name, ns, inputs=(), **more):
            nonlocal at
            at += rng.randrange(0, 10**6)
            v = dict(name=name, inputs=list(inputs), digest=sha(build.seq, name), spans=[(at, at + ns, False)], error=None, fetched=False)
            v.update(more)
            at = max([at] + [b for _, b, _ in v["spans"] if b])
            build.vertexes.append(v)
            return v

        head = "" if build.platform is None or build.platform == "linux/amd64" else build.platform + " "
        vertex("[internal] load build definition from Dockerfile", rng.randrange(10**7))
        if own and rng.random() < 0.7:
            build.import_ns = rng.randrange(2 * S)
            vertex("importing cache manifest from local:%d" % rng.randrange(10**18), build.import_ns)
        vertex("[internal] load .dockerignore", rng.randrange(10**6))
        build.context_ns = rng.randrange(S // 10)
        context = vertex("[internal] load build context", build.context_ns)
        stop = rng.randrange(len(build.steps)) if build.status != "completed" else None
        made, over = [], False
        for i, step in enumerate(build.steps):
            name = "[%s%s %d/%d] %s" % (head, step.stage, step.index, step.total, step.text)
            inputs = [made[k]["digest"] for k in step.parents] + ([context["digest"]] if step.from_context else [])
            if over:
                step.state = "not_reached"
                made.append(vertex(name, 0, inputs, spans=[]))
                continue
            hit = next((c[step.key] for c in readable if step.key in c), None)
            if not step.cacheable:
                step.state, step.ns, step.layer = "source", rng.randrange(S), step.key
                made.append(vertex(name, step.ns, inputs))
            elif i == stop:
                step.state = build.status
                step.ns = rng.randrange(S)
                error = "context canceled" if build.status == "canceled" else "process \"/bin/sh -c x\" did not complete successfully: exit code: 1"
                made.append(vertex(name, step.ns, inputs, error=error))
                over = True
            elif hit is not None:
                step.state, step.layer = "hit", hit
                v = vertex(name, 0, inputs)
                v["spans"] = [(at, at, True)]
                if rng.random() < 0.15:
                    step.pulled_ns = rng.randrange(1, 2 * S)
                    v["spans"].append((at + 1000, at + 1000 + step.pulled_ns, False))
                    v["fetched"] = True
                    at += 1000 + step.pulled_ns
                made.append(v)
            else:
                step.state, step.ns = "run", int(step.cost * rng.uniform(0.7, 1.5)) + 1
                step.layer = sha(step.key, build.seq)
                made.append(vertex(name, step.ns, inputs))
            own.setdefault(step.key, step.layer) if step.layer else None
        if stop is not None and not over:
            build.status = "completed"
        build.config = None
        if build.status == "completed":
            vertex("exporting to image", rng.randrange(S), [made[-1]["digest"]])
            if rng.random() < 0.8:
                build.export_ns = rng.randrange(S)
                vertex("exporting cache to client directory", build.export_ns, [made[-1]["digest"]])
            build.config = sha("config", build.project, build.platform, build.target, *[s.layer for s in build.steps])
        if habit["shared"] and build.status == "completed":
            # mode=min: what the last build did not need is gone
            keep = {s.key for s in build.steps}
            self.caches[scope_key + (build.scope,)] = {k: v for k, v in own.items() if k in keep}
        build.completed = at + rng.randrange(1, 10**7)


# The files

def field(number, value):
    def varint(n):
        out = b""
        while n > 127:
            out, n = out + bytes([n & 127 | 128]), n >> 7
        return out + bytes([n])
    if isinstance(value, bool) or isinstance(value, int):
        return varint(number << 3) + varint(int(value)) if value else b""
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def stamp(ns):
    return field(1, ns // S) + field(2, ns % S)


def updates(v):
    """What the builder sends of one vertex: the graph, each start, each end."""
    yield None, None, False
    for start, stop, cached in v["spans"]:
        yield start, None, cached
        yield start, stop, cached


def status_blob(build):
    body = b""
    for v in build.vertexes:
        for start, stop, cached in updates(v):
            body += field(1, field(1, v["digest"]) + b"".join(field(2, i) for i in v["inputs"]) + field(3, v["name"]) + field(4, cached)
                          + (field(5, stamp(start)) if start else b"") + (field(6, stamp(stop)) if stop else b"")
                          + (field(7, v["error"]) if v["error"] and stop else b""))
        if v["fetched"]:
            body += field(2, field(1, "extracting " + sha(v["name"])) + field(2, v["digest"]) + field(6, stamp(v["spans"][-1][0])))
    return struct.pack("<I", len(body)) + body


def rawjson(build):
    for v in build.vertexes:
        for start, stop, cached in updates(v):
            told = {"digest": v["digest"], "name": v["name"]}
            if v["inputs"]:
                told["inputs"] = v["inputs"]
            if start:
                told["started"] = rfc3339(start)
            if stop:
                told["completed"] = rfc3339(stop)
                if v["error"]:
                    told["error"] = v["error"]
            if cached:
                told["cached"] = True
            yield json.dumps({"vertexes": [told]})
        if v["fetched"]:
            at = rfc3339(v["spans"][-1][0])
            yield json.dumps({"statuses": [{"id": "extracting " + sha(v["name"]), "vertex": v["digest"], "current": 0, "timestamp": at, "started": at}]})


def go_time(ns):
    return {"seconds": ns // S, "nanos": ns % S} if ns % S else {"seconds": ns // S}


def record(build):
    attrs = {"filename": "Dockerfile", "target": build.target, "vcs:revision": build.commit}
    attrs.update({"build-arg:" + k: v for k, v in build.args.items()})
    if build.platform:
        attrs["platform"] = build.platform
    blobs = {}

    def blob(data, media_type):
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        blobs[hashlib.sha256(data).hexdigest()] = data
        return {"mediaType": media_type, "digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data)}

    status = blob(status_blob(build), "application/vnd.buildkit.status.v0")
    told = {"Ref": build.ref, "FrontendAttrs": attrs, "Exporters": [{"Type": "image", "Attrs": {"name": "registry.example/x:1"}}],
            "CreatedAt": go_time(build.started), "CompletedAt": go_time(build.completed),
            "logs": {"media_type": status["mediaType"], "digest": status["digest"], "size": status["size"]},
            "numCachedSteps": sum(any(c for _, _, c in v["spans"]) for v in build.vertexes), "numTotalSteps": len(build.vertexes),
            "numCompletedSteps": sum(any(b for _, b, _ in v["spans"]) for v in build.vertexes)}
    if build.status == "completed":
        told["Result"] = {"Results": {"0": {"media_type": "application/vnd.docker.container.image.v1+json", "digest": build.config, "size": 1}}}
    else:
        told["error"] = {"code": 1 if build.status == "canceled" else 2, "message": "failed to solve"}
    layers = [status]
    manifest = blob({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                     "config": blob(told, "application/vnd.buildkit.historyrecord.v0"), "layers": layers}, "application/vnd.oci.image.manifest.v1+json")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [manifest]}
        for name, data in [("blobs/sha256/" + k, v) for k, v in blobs.items()] + [("index.json", json.dumps(index).encode()), ("oci-layout", b'{"imageLayoutVersion":"1.0.0"}')]:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return gzip.compress(out.getvalue(), 1, mtime=0)


def conclusion(run, builds):
    """Of a job: its tests, or one of its builds, may have failed."""
    failed = any(b.status == "failed" or b.role == "test" and not run.passed for b in builds)
    return "failure" if failed else "cancelled" if any(b.status == "canceled" for b in builds) else "success"


def build_line(maker, build):
    """The line of a build; what is left out is left out of truth too."""
    rng, run = maker.rng, build.run
    line = {"seq": build.seq, maker.label: build.strategy, "event": run.raw, "ref": run.ref, "commit": build.commit, "project": build.project,
            "pr": run.pr, "run_id": run.id, "workflow": run.workflow, "job": build.job, "scope": build.told_scope, "target": build.target,
            "build_ref": build.ref, "tests_passed": build.tests_passed, "pushed": build.pushed, "load1": 0.5,
            "conclusion": {"completed": "success", "failed": "failure", "canceled": "cancelled"}[build.status]}
    # a first attempt need not be called so, by a build or by its run
    build.tells_attempt = run.attempt is not None and (run.attempt > 1 or rng.random() < 0.5)
    if build.tells_attempt:
        line["attempt"] = run.attempt
    if build.platform:
        line["platform"] = build.platform
    build.duration = build.completed - build.started
    zone = rng.choice([0, 0, 0, 120, -330])
    build.dated = build.source != "none" or rng.random() < 0.5 or any(not getattr(b, "dated", True) for b in run.builds)
    if build.dated:
        line["started_at"] = rfc3339(build.started, zone)
    else:
        # what nobody knows the time of stands at the end; its job tells which one it is
        line["job"] = build.job = "undated-%d" % build.seq
        build.started = LONG_AFTER + build.seq
        build.duration = None
    if not build.dated:
        pass
    elif build.source != "none" or rng.random() < 0.7:
        line["completed_at"] = rfc3339(build.completed, zone)
        line["duration_s"] = round(build.duration / S, 3)
    else:
        build.duration = None
    if build.source == "none":
        build.known = False
    else:
        build.known = True
    return {k: v for k, v in line.items() if v is not None or rng.random() < 0.5}


def write(maker, folder):
    os.makedirs(os.path.join(folder, "records"), exist_ok=True)
    os.makedirs(os.path.join(folder, "logs"), exist_ok=True)
    os.makedirs(os.path.join(folder, "meta"), exist_ok=True)
    with open(os.path.join(folder, "builds.jsonl"), "w", encoding="utf-8") as out:
        for build in maker.builds:
            line = build_line(maker, build)
            if build.source == "record":
                line["dockerbuild"] = "records/%04d.dockerbuild" % build.seq
                with open(os.path.join(folder, line["dockerbuild"]), "wb") as f:
                    f.write(record(build))
            if build.source == "rawjson" or build.source == "record" and maker.rng.random() < 0.3:
                line["log"] = "logs/%04d.rawjson" % build.seq
                with open(os.path.join(folder, line["log"]), "w", encoding="utf-8") as f:
                    f.write("\n".join(rawjson(build)) + "\n")
            if build.metadata:
                line["metadata"] = "meta/%04d.json" % build.seq
                with open(os.path.join(folder, line["metadata"]), "w", encoding="utf-8") as f:
                    json.dump({"buildx.build.ref": "default/default0/" + build.ref, "containerimage.config.digest": build.config, "containerimage.digest": build.config}, f)
            out.write(json.dumps(line, ensure_ascii=maker.rng.random() < 0.5) + "\n")
    with open(os.path.join(folder, "runs.jsonl"), "w", encoding="utf-8") as out:
        for run in maker.runs:
            if not run.told:
                continue
            line = {"run_id": run.id, maker.label: run.strategy, "event": run.raw, "ref": run.ref, "commit": run.commit, "pr": run.pr,
                    "workflow": run.workflow, "started_at": rfc3339(run.started), "completed_at": rfc3339(run.completed), "project": run.project,
                    "builds": len(run.builds), "conclusion": "success" if run.passed else "failure",
                    "jobs": [{"name": name, "conclusion": conclusion(run, builds), "builds": len(builds)} for name, builds in run.jobs.items()]}
            if run.tells_attempt:
                line["attempt"] = run.attempt
            out.write(json.dumps(line) + "\n")
