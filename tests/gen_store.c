/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills a store with a large history (support/history.h) through the way that 'record' takes.
 *   gen_store PATH BUILDS [SEED [PROJECTS]]
 * What it prints is "name value" lines, for scripts/bench.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/intake.h"
#include "support/history.h"

/* As much as 'record' takes into one transaction. */
#define A_BULK 100

static struct cs_err err;

struct filling {
	struct cs_store *store;
	int64_t runs, builds, steps, layers, hits, cacheable, failed, empty_runs;
	double told_s, taken_s, synced_s;
	int64_t now_unix_ns; /* the store's clock: the same store each time */
};

static int64_t clock_now(void *arg)
{
	return ((struct filling *)arg)->now_unix_ns;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void count(struct filling *f, const struct cs_build *b)
{
	f->builds++;
	f->steps += (int64_t)b->n_steps;
	f->layers += (int64_t)b->n_layers;
	f->failed += b->status == CS_STATUS_FAILED;
	for (size_t i = 0; i < b->n_steps; i++) {
		if (!cs_step_cacheable(b->steps[i].class))
			continue;
		f->hits += b->steps[i].state == CS_STATE_HIT;
		f->cacheable +=
			b->steps[i].state == CS_STATE_HIT || b->steps[i].state == CS_STATE_RUN;
	}
}

static int take_in(struct filling *f, const struct cs_run *run, const struct cs_build *builds,
		   size_t n, struct cs_arena *arena)
{
	enum cs_put put;
	int r;

	f->now_unix_ns = run->completed_unix_ns + 30 * CS_NS_PER_S;
	r = cs_store_run_put(f->store, run, &put, &err);

	for (size_t i = 0; i < n && r == 0; i++) {
		struct cs_build kept;

		r = cs_intake_build(f->store, &builds[i], arena, &kept, &put, &err);
		count(f, &builds[i]);
	}
	f->runs++;
	f->empty_runs += n == 0;
	return r;
}

/* One transaction's worth; 1 = the history is told. */
static int fill_bulk(struct filling *f, struct gen *gen)
{
	struct cs_arena *arena = cs_arena_new();
	int64_t until = f->builds + A_BULK;
	int r = cs_store_bulk_begin(f->store, &err), end;

	while (r == 0 && f->builds < until) {
		struct cs_run run;
		struct cs_build *builds;
		double start = now_s(), told;
		size_t n;

		r = gen_next(gen, arena, &run, &builds, &n, &err);
		told = now_s();
		f->told_s += told - start;
		if (r == 0)
			r = take_in(f, &run, builds, n, arena);
		f->taken_s += now_s() - told;
	}
	f->synced_s -= now_s();
	end = cs_store_bulk_end(f->store, r >= 0, &err);
	f->synced_s += now_s();
	cs_arena_free(arena);
	return end < 0 ? end : r;
}

static void say(const struct filling *f)
{
	double n = (double)(f->builds ? f->builds : 1);

	printf("builds %" PRId64 "\nruns %" PRId64 "\nruns_without_builds %" PRId64
	       "\nfailed_builds %" PRId64 "\nsteps_per_build %.2f\nlayers_per_build %.2f\n"
	       "hit_rate %.4f\ntell_us_per_build %.2f\nintake_us_per_build %.2f\n"
	       "commit_us_per_build %.2f\n",
	       f->builds, f->runs, f->empty_runs, f->failed, (double)f->steps / n,
	       (double)f->layers / n, (double)f->hits / (double)(f->cacheable ? f->cacheable : 1),
	       f->told_s * 1e6 / n, f->taken_s * 1e6 / n, f->synced_s * 1e6 / n);
}

static int fill(struct filling *f, const char *path, const struct gen_options *options)
{
	struct gen *gen = gen_new(options);
	struct cs_ctx ctx;
	int r;

	if (!gen)
		return cs_err_nomem(&err);
	cs_ctx_init(&ctx);
	ctx.now = clock_now;
	ctx.arg = f;
	f->now_unix_ns = GEN_SINCE_UNIX_NS;
	r = cs_store_open(&ctx, path, CS_STORE_WRITE, &f->store, &err);
	while (r == 0)
		r = fill_bulk(f, gen);
	gen_free(gen);
	if (f->store)
		cs_store_close(f->store);
	return r < 0 ? r : 0;
}

int main(int argc, char **argv)
{
	struct gen_options options = { .seed = 1 };
	struct filling f = { 0 };

	if (argc > 2)
		options.builds = strtoll(argv[2], NULL, 10);
	if (argc > 3)
		options.seed = strtoull(argv[3], NULL, 10);
	if (argc > 4)
		options.projects = (int)strtol(argv[4], NULL, 10);
	if (options.builds <= 0) {
		fprintf(stderr, "usage: gen_store PATH BUILDS [SEED [PROJECTS]]\n");
		return 2;
	}
	if (fill(&f, argv[1], &options) < 0) {
		fprintf(stderr, "gen_store: %s\n", err.msg);
		return 2;
	}
	say(&f);
	return 0;
}
