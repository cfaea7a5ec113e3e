/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Projects, commits, runs. Runs come at the quantiles of the working weeks' intensity, so no list
 * of them is sorted or kept: memory is that of the projects. Refused: libm beyond what is rounded
 * to small integers, because its last bits differ between machines.
 */
#include "support/history_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOURS (7 * 24)

enum kind { PULL, MAIN, RELEASE, SCHEDULE, MANUAL };

struct gen {
	struct gen_random random;
	int64_t builds, told, n_runs;
	uint32_t sizes[512], hours[HOURS + 1]; /* cumulated */
	int n_projects;
	struct gen_project *projects;
	/* a run that follows at once: the same commit for another event, or once more */
	struct gen_project *next;
	struct gen_tree tree;
	struct cs_run again;
	bool twin, retry;
	char ref[32], run_id[24];
};

/* --- chance --- */

uint64_t gen_mix(uint64_t a, uint64_t b)
{
	uint64_t z = a + (b + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t gen_draw(struct gen_random *r)
{
	return gen_mix(r->state++, 0);
}

uint32_t gen_below(struct gen_random *r, uint32_t n)
{
	return (uint32_t)(((gen_draw(r) >> 32) * n) >> 32);
}

bool gen_chance(struct gen_random *r, unsigned per_mille)
{
	return gen_below(r, 1000) < per_mille;
}

/* The sum of eight bytes is normal enough: mean 1020, deviation 209. */
int64_t gen_spread(struct gen_random *r, int64_t median, int width)
{
	uint64_t bytes = gen_draw(r);
	int sum = -1020, octaves;

	for (int i = 0; i < 64; i += 8)
		sum += (int)(bytes >> i & 0xff);
	sum = sum * width / 209;
	octaves = (sum + 64 * 64) / 64 - 64;
	median = median / 1024 * lround(exp2((sum - 64 * octaves) / 64.0) * 1024);
	return octaves < 0 ? median >> -octaves : median << octaves;
}

struct cs_digest gen_digest(uint64_t a, uint64_t b)
{
	struct cs_digest d = { .algo = CS_DIGEST_SHA256 };

	for (uint64_t i = 0; i < 4; i++) {
		uint64_t word = gen_mix(gen_mix(a, b), i);

		for (int k = 0; k < 8; k++)
			d.bytes[8 * i + (uint64_t)k] = (uint8_t)(word >> (8 * k));
	}
	return d;
}

char *gen_hex(struct cs_arena *arena, uint64_t a, size_t digits)
{
	char *text = cs_arena_alloc(arena, digits + 1);

	for (size_t i = 0; text && i < digits; i++)
		text[i] = "0123456789abcdef"[gen_mix(a, i) & 15];
	return text;
}

/* --- projects --- */

static const char *const lines[GEN_N_STAGES][5] = {
	[GEN_BASE] = { "RUN apt-get update && apt-get install -y ca-certificates tools-%u",
		       "RUN useradd --system --uid %u app" },
	[GEN_DEPS] = { "COPY package.json package-lock.json vendor-%u/ ./",
		       "RUN npm ci --no-audit # %u" },
	[GEN_BUILD] = { "COPY src/ src/ # %u", "RUN npm run build -- --mode v%u",
			"RUN npm run docs -- --edition %u" },
	[GEN_TEST] = { "COPY tests/ tests/ # %u", "RUN npm test -- --shard %u" },
	[GEN_PROD] = { "COPY --from=deps /app/node_modules node_modules # %u",
		       "COPY --from=build /app/out out # %u",
		       "RUN ldconfig && node --check out/%u.js", "COPY entrypoint-%u.sh /" },
};

static int64_t median_of(enum gen_stage stage, bool exec)
{
	static const int64_t ms[GEN_N_STAGES] = { 21000, 48000, 37000, 64000, 2500 };

	return (exec ? ms[stage] : 180) * 1000000;
}

static void add_line(struct gen_random *r, struct gen_project *p, enum gen_stage stage, int i)
{
	static const enum gen_input inputs[GEN_N_STAGES] = { GEN_IN_NONE, GEN_IN_DEPS,
							     GEN_IN_SOURCE, GEN_IN_TESTS };
	struct gen_def *d = &p->defs[p->n_defs++];
	const char *text = lines[stage][i];

	d->stage = stage;
	d->text = text;
	d->exec = strncmp(text, "RUN", 3) == 0;
	d->input = i == 0 ? inputs[stage] : GEN_IN_NONE;
	if (stage == GEN_PROD)
		d->input = i == 0 ? GEN_IN_DEPS : i == 1 ? GEN_IN_SOURCE : GEN_IN_NONE;
	d->median_ns = gen_spread(r, median_of(stage, d->exec), 64);
}

static void init_project(struct gen_random *r, struct gen_project *p, int i)
{
	static const int least[GEN_N_STAGES] = { 1, 2, 2, 2, 2 };
	static const int most[GEN_N_STAGES] = { 2, 2, 3, 2, 4 };

	snprintf(p->name, sizeof(p->name), "team-%02d/service-%03d", i % 23, i);
	p->id = gen_draw(r);
	p->platform = gen_chance(r, 60) ? "linux/arm64" : "linux/amd64";
	p->n_base_layers = 2 + (int)gen_below(r, GEN_BASE_LAYERS - 1);
	p->stamped = gen_chance(r, 500);
	for (int stage = 0; stage < GEN_N_STAGES; stage++) {
		int n = least[stage] +
			(int)gen_below(r, (uint32_t)(most[stage] - least[stage] + 1));

		for (int k = 0; k < n; k++)
			add_line(r, p, (enum gen_stage)stage, k);
	}
	p->main.commit = gen_mix(p->id, p->n_commits++);
	for (int k = 0; k < GEN_PULLS; k++) {
		p->pulls[k] = p->main;
		p->pull_no[k] = ++p->n_pulls;
	}
}

/* A working day begins at seven UTC and thins out towards the evening; robots do not sleep. */
static uint32_t busy(int hour)
{
	static const uint8_t day[24] = { 4,  3,	 3,  3,	 4,  8,	 20, 48, 82, 100, 98, 90,
					 70, 88, 98, 92, 78, 52, 30, 22, 18, 14,  10, 6 };

	return hour < 5 * 24 ? day[hour % 24] : 3 + day[hour % 24] / 12u;
}

struct gen *gen_new(const struct gen_options *o)
{
	struct gen *gen = calloc(1, sizeof(*gen));
	int64_t n = o->projects ? o->projects : (o->builds + 199) / 200;
	uint32_t sum = 0;

	if (!gen)
		return NULL;
	gen->random.state = gen_mix(o->seed, 1);
	gen->builds = o->builds;
	gen->n_projects = n < 1 ? 1 : n > 500 ? 500 : (int)n;
	gen->projects = calloc((size_t)gen->n_projects, sizeof(*gen->projects));
	if (!gen->projects) {
		free(gen);
		return NULL;
	}
	for (int i = 0; i < gen->n_projects; i++) {
		init_project(&gen->random, &gen->projects[i], i);
		gen->sizes[i] = sum += (uint32_t)lround(1e6 / pow(i + 1, 0.8));
	}
	for (int i = 0; i < HOURS; i++)
		gen->hours[i + 1] = gen->hours[i] + busy(i);
	return gen;
}

void gen_free(struct gen *gen)
{
	if (gen)
		free(gen->projects);
	free(gen);
}

/* --- commits --- */

static void change(struct gen_random *r, struct gen_project *p, struct gen_tree *t)
{
	uint32_t chance = gen_below(r, 1000), version = ++p->n_versions;

	t->commit = gen_mix(p->id, p->n_commits++);
	if (chance < 35)
		t->deps = version;
	else if (chance < 50)
		t->edits[gen_below(r, (uint32_t)p->n_defs)] = version;
	else if (chance < 130)
		return; /* documentation, which the context leaves out */
	else if (chance < 250)
		t->tests = version;
	else
		t->source = version;
	if (chance >= 250 && gen_chance(r, 400))
		t->tests = version;
}

/* A pull request is merged: main has what it had, on top of what others merged meanwhile. */
static void merge(struct gen_random *r, struct gen_project *p, uint32_t slot)
{
	struct gen_tree *t = &p->pulls[slot], *m = &p->main;
	bool alone = gen_chance(r, 700);

	if (!alone)
		m->source = ++p->n_versions;
	else if (t->source > m->source)
		m->source = t->source;
	m->deps = t->deps > m->deps ? t->deps : m->deps;
	m->tests = t->tests > m->tests ? t->tests : m->tests;
	for (int i = 0; i < p->n_defs; i++)
		m->edits[i] = t->edits[i] > m->edits[i] ? t->edits[i] : m->edits[i];
	m->commit = gen_mix(p->id, p->n_commits++);
	p->pulls[slot] = *m;
	p->pull_no[slot] = ++p->n_pulls;
}

/* --- runs --- */

/* Where run stands in two years, by the share of builds that are told. */
static int64_t moment(struct gen *gen)
{
	uint64_t total = (uint64_t)GEN_WEEKS * gen->hours[HOURS];
	uint64_t scaled = ((uint64_t)gen->told << 20) / (uint64_t)gen->builds;
	uint64_t at = ((scaled * total) >> 10) +
		      (gen_draw(&gen->random) & 1023) * total / (uint64_t)(gen->builds + 1);
	uint64_t week = (at >> 10) / gen->hours[HOURS],
		 rest = at - ((week * gen->hours[HOURS]) << 10);
	int low = 0;

	while (low < HOURS - 1 && rest >= (uint64_t)gen->hours[low + 1] << 10)
		low++;
	rest -= (uint64_t)gen->hours[low] << 10;
	return GEN_SINCE_UNIX_NS + ((int64_t)week * HOURS + low) * 3600 * CS_NS_PER_S +
	       (int64_t)(rest * 3600 * 1000 / ((uint64_t)busy(low) << 10)) * 1000000 +
	       gen_below(&gen->random, 1000000);
}

static struct gen_project *pick(struct gen *gen)
{
	uint32_t at = gen_below(&gen->random, gen->sizes[gen->n_projects - 1]);
	int low = 0, high = gen->n_projects - 1;

	while (low < high) {
		int middle = (low + high) / 2;

		if (at < gen->sizes[middle])
			high = middle;
		else
			low = middle + 1;
	}
	return &gen->projects[low];
}

static void run_event(struct cs_run *run, enum cs_event event, const char *raw,
		      const char *workflow)
{
	run->event = event;
	run->event_raw = raw;
	run->workflow = workflow;
}

/* What happens to a project next: changes its trees and says what run comes of it. */
static enum kind happen(struct gen *gen, struct gen_project *p, struct cs_run *run)
{
	uint32_t chance = gen_below(&gen->random, 1000);
	uint32_t slot = gen_below(&gen->random, GEN_PULLS);

	/* The base image moves by itself; the next build that asks gets the new one. */
	if (gen_chance(&gen->random, 4)) {
		p->main.base = ++p->n_versions;
		for (int i = 0; i < GEN_PULLS; i++)
			p->pulls[i].base = p->main.base;
	}
	snprintf(gen->ref, sizeof(gen->ref), "refs/heads/main");
	run_event(run, CS_EVENT_PUSH_MAIN, "push", "ci.yml");
	if (chance < 590) {
		change(&gen->random, p, &p->pulls[slot]);
		gen->tree = p->pulls[slot];
		snprintf(gen->ref, sizeof(gen->ref), "refs/pull/%" PRIu32 "/merge",
			 p->pull_no[slot]);
		run_event(run, CS_EVENT_PULL_REQUEST, "pull_request", "ci.yml");
		return PULL;
	}
	if (chance < 850)
		merge(&gen->random, p, slot);
	gen->tree = p->main;
	if (chance < 850)
		return MAIN;
	if (chance < 890) {
		snprintf(gen->ref, sizeof(gen->ref), "refs/tags/v1.%" PRIu32, ++p->n_releases);
		run_event(run, CS_EVENT_RELEASE, "push", "release.yml");
		return RELEASE;
	}
	run_event(run, chance < 970 ? CS_EVENT_SCHEDULE : CS_EVENT_MANUAL,
		  chance < 970 ? "schedule" : "workflow_dispatch", "nightly.yml");
	return chance < 970 ? SCHEDULE : MANUAL;
}

static void set_jobs(struct cs_run *run, struct cs_run_job *jobs, const int *builds,
		     const bool *failed)
{
	static const char *const names[] = { "container-tests", "production-build", "lint" };

	for (size_t i = 0; i < 3; i++)
		jobs[i] = (struct cs_run_job){ names[i],
					       i < 2 && !builds[i]  ? "skipped"
					       : i < 2 && failed[i] ? "failure"
								    : "success",
					       i < 2 ? builds[i] : 0 };
	run->jobs = jobs;
	run->n_jobs = 3;
	run->conclusion = failed[0] || failed[1] ? "failure" : "success";
}

/* Which targets a run builds: bit 0 test, bit 1 production. */
static unsigned targets(struct gen *gen, enum kind kind, bool after)
{
	switch (kind) {
	case PULL:
		return gen_chance(&gen->random, 80) ? 0 : after ? 1 : 3;
	case MAIN:
		return 3;
	case SCHEDULE:
		return gen_chance(&gen->random, 700) ? 0 : 2;
	default:
		return 2;
	}
}

static int tell_builds(struct gen *gen, struct gen_job *job, unsigned which, struct cs_arena *arena,
		       struct cs_build *builds, size_t *ret_n, struct cs_err *err)
{
	struct cs_run *run = (struct cs_run *)job->run;
	struct cs_run_job *jobs = cs_arena_array(arena, 3, sizeof(*jobs));
	int64_t at = run->started_unix_ns + gen_spread(&gen->random, 9 * CS_NS_PER_S, 20);
	int count[2] = { 0 };
	bool failed[2] = { false };
	size_t n = 0;

	if (!jobs)
		return cs_err_nomem(err);
	for (int i = 0; i < 2; i++) {
		if (!(which & 1u << i) || gen->told >= gen->builds ||
		    (i && job->after && failed[0]))
			continue;
		job->production = i == 1;
		job->pushed = job->production && run->event != CS_EVENT_PULL_REQUEST;
		job->started_unix_ns = at;
		job->no = gen->told++;
		if (gen_build(&gen->random, job, arena, &builds[n], err) < 0)
			return -CS_NOMEM;
		at = builds[n].facts.completed_unix_ns +
		     gen_spread(&gen->random, 4 * CS_NS_PER_S, 20);
		failed[i] = builds[n++].status != CS_STATUS_COMPLETED;
		count[i] = 1;
	}
	run->completed_unix_ns = at;
	set_jobs(run, jobs, count, failed);
	*ret_n = n;
	return 0;
}

/* A commit of a branch may run for its push, too; who failed is often tried again. */
static enum kind follow(struct gen *gen, struct cs_run *run)
{
	*run = gen->again;
	run->started_unix_ns += 40 * CS_NS_PER_S;
	if (gen->retry) {
		run->started_unix_ns = gen->again.completed_unix_ns + 90 * CS_NS_PER_S;
		run->attempt++;
	} else {
		run_event(run, CS_EVENT_PUSH, "push", "ci.yml");
		snprintf(gen->ref, sizeof(gen->ref), "refs/heads/topic-%" PRIu32,
			 (uint32_t)(gen->tree.commit % 997));
		snprintf(gen->run_id, sizeof(gen->run_id), "%" PRId64, 8000000000 + gen->n_runs++);
	}
	run->completed_unix_ns = CS_TIME_NONE;
	return run->event == CS_EVENT_PUSH_MAIN					    ? MAIN
	       : run->event == CS_EVENT_PULL_REQUEST || run->event == CS_EVENT_PUSH ? PULL
										    : MANUAL;
}

static void plan_next(struct gen *gen, struct gen_project *p, const struct cs_run *run)
{
	bool failed = strcmp(run->conclusion, "failure") == 0;

	gen->retry = failed && run->attempt == 1 && gen_chance(&gen->random, 500);
	gen->twin =
		!gen->retry && run->event == CS_EVENT_PULL_REQUEST && gen_chance(&gen->random, 120);
	gen->next = gen->retry || gen->twin ? p : NULL;
	gen->again = *run;
}

int gen_next(struct gen *gen, struct cs_arena *arena, struct cs_run *run,
	     struct cs_build **ret_builds, size_t *ret_n, struct cs_err *err)
{
	struct cs_build *builds = cs_arena_array(arena, 2, sizeof(*builds));
	struct cs_kv *labels = cs_arena_array(arena, 1, sizeof(*labels));
	struct gen_job job = { .tree = &gen->tree, .run = run };
	enum kind kind;
	int r;

	if (gen->told >= gen->builds)
		return 1;
	if (!builds || !labels)
		return cs_err_nomem(err);
	cs_run_init(run);
	if (gen->next) {
		job.project = gen->next;
		kind = follow(gen, run);
	} else {
		job.project = pick(gen);
		kind = happen(gen, job.project, run);
		run->started_unix_ns = moment(gen);
		run->attempt = 1;
		snprintf(gen->run_id, sizeof(gen->run_id), "%" PRId64, 8000000000 + gen->n_runs++);
	}
	job.after = run->started_unix_ns - GEN_SINCE_UNIX_NS >
		    (GEN_UNTIL_UNIX_NS - GEN_SINCE_UNIX_NS) / 2;
	job.no_cache = kind == SCHEDULE;
	labels[0] = (struct cs_kv){ "strategy", job.after ? "after" : "before" };
	run->labels = labels;
	run->n_labels = 1;
	run->project = job.project->name;
	run->run_id = gen->run_id;
	run->ref = gen->ref;
	run->commit = gen_hex(arena, gen->tree.commit, 40);
	r = tell_builds(gen, &job, targets(gen, kind, job.after), arena, builds, ret_n, err);
	if (r < 0)
		return r;
	plan_next(gen, job.project, run);
	*ret_builds = builds;
	return 0;
}
