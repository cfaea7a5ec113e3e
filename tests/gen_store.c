/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fills a store with a large history (support/history.h) through the way that 'record' takes.
 *   gen_store PATH BUILDS [MORE [SEED [PROJECTS]]]
 * With MORE the store holds BUILDS of the same history already, and the next ones go in, a
 * transaction each. What it prints is "name value" lines, for scripts/bench.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/intake.h"
#include "support/history.h"

/* Many more than record takes into one transaction: a page that many of them change is written
 * once. */
#define A_BULK 2000
/* Of a history a part is left to be taken in later. */
#define LEFT(builds) ((builds) / 100 + 400)
#define MORE_MAX     LEFT(0)

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

static int commit(struct filling *f, int r)
{
	double start = now_s();
	int end = cs_store_bulk_end(f->store, r >= 0, &err);

	f->synced_s += now_s() - start;
	return end < 0 ? end : r;
}

/* The next run with its builds; 1 = the history is told. */
static int fill_run(struct filling *f, struct gen *gen)
{
	struct cs_arena *arena = cs_arena_new();
	double start = now_s(), told;
	struct cs_build *builds;
	struct cs_run run;
	size_t n;
	int r = gen_next(gen, arena, &run, &builds, &n, &err);

	told = now_s();
	f->told_s += told - start;
	if (r == 0)
		r = take_in(f, &run, builds, n, arena);
	f->taken_s += now_s() - told;
	cs_arena_free(arena);
	return r;
}

/* One transaction's worth; 1 = the history is told. */
static int fill_bulk(struct filling *f, struct gen *gen, int64_t until)
{
	int r = cs_store_bulk_begin(f->store, &err);

	if (until > f->builds + A_BULK)
		until = f->builds + A_BULK;
	while (r == 0 && f->builds < until)
		r = fill_run(f, gen);
	return commit(f, r);
}

/* What was taken in before is told again, for what follows depends on it. */
static int skip(struct gen *gen, int64_t builds)
{
	int r = 0;

	for (int64_t told = 0; r == 0 && told < builds;) {
		struct cs_arena *arena = cs_arena_new();
		struct cs_build *ignored;
		struct cs_run run;
		size_t n;

		r = gen_next(gen, arena, &run, &ignored, &n, &err);
		told += r == 0 ? (int64_t)n : 0;
		cs_arena_free(arena);
	}
	return r;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A run with its builds is a transaction; one without is no build. */
static int take_more(struct filling *f, struct gen *gen, int64_t more)
{
	double took[MORE_MAX];
	size_t n_took = 0;
	int r = 0;

	while (r == 0 && f->builds < more && n_took < MORE_MAX) {
		struct cs_arena *arena = cs_arena_new();
		struct cs_build *builds;
		struct cs_run run;
		double start;
		size_t n;

		r = gen_next(gen, arena, &run, &builds, &n, &err);
		start = now_s();
		if (r == 0)
			r = cs_store_bulk_begin(f->store, &err);
		if (r == 0)
			r = commit(f, take_in(f, &run, builds, n, arena));
		if (r == 0 && n)
			took[n_took++] = (now_s() - start) / (double)n;
		cs_arena_free(arena);
	}
	if (n_took) {
		qsort(took, n_took, sizeof(*took), by_value);
		printf("one_build_n %zu\none_build_median_us %.1f\none_build_p95_us %.1f\n"
		       "one_build_max_us %.1f\n",
		       n_took, took[n_took / 2] * 1e6, took[n_took * 95 / 100] * 1e6,
		       took[n_took - 1] * 1e6);
	}
	return r;
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

static int fill(struct filling *f, struct gen *gen, int64_t builds)
{
	int64_t said = 0;
	int r = 0;

	while (r == 0 && f->builds < builds) {
		r = fill_bulk(f, gen, builds);
		if (isatty(STDERR_FILENO) && f->builds - said >= 5000) {
			said = f->builds;
			fprintf(stderr, "%" PRId64 " builds\r", said);
		}
	}
	return r;
}

static int run(struct filling *f, const char *path, const struct gen_options *options,
	       int64_t builds, int64_t more)
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
	if (r == 0)
		r = more ? skip(gen, builds) : fill(f, gen, builds);
	if (r == 0 && more)
		r = take_more(f, gen, more);
	gen_free(gen);
	if (f->store)
		cs_store_close(f->store);
	return r < 0 ? r : 0;
}

int main(int argc, char **argv)
{
	struct gen_options options = { .seed = 1 };
	struct filling f = { 0 };
	int64_t builds = argc > 2 ? strtoll(argv[2], NULL, 10) : 0;
	int64_t more = argc > 3 ? strtoll(argv[3], NULL, 10) : 0;

	if (argc > 4)
		options.seed = strtoull(argv[4], NULL, 10);
	if (argc > 5)
		options.projects = (int)strtol(argv[5], NULL, 10);
	if (builds <= 0 || more < 0 || more > MORE_MAX) {
		fprintf(stderr, "usage: gen_store PATH BUILDS [MORE [SEED [PROJECTS]]]\n");
		return 2;
	}
	options.builds = builds + LEFT(builds);
	if (run(&f, argv[1], &options, builds, more) < 0) {
		fprintf(stderr, "gen_store: %s\n", err.msg);
		return 2;
	}
	say(&f);
	return 0;
}
