/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that records is killed at every named point, and at random times: a build is there
 * whole or not at all, the earlier ones are untouched, and recording it again gives one row.
 */
#include "support/test.h"

#include "store/nightly.h"
#include "support/store.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int set_up(void **state)
{
	unsetenv("CACHESTAT_TEST_KILL");
	return file_set_up(state);
}

static int record(struct fixture *f, int from, int to)
{
	struct cs_store *store = NULL;
	int r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);

	for (int i = from; i < to && r == 0; i++) {
		enum cs_put put;
		struct cs_build b;

		sample_build(f->arena, i, &b);
		r = cs_store_build_put(store, &b, &put, &err);
	}
	cs_store_close(store);
	if (r < 0)
		fprintf(stderr, "recording: %s\n", err.msg);
	return r < 0;
}

/* Build 1 told more of, and its run, in one bulk; nothing if that was done. */
static int join(struct fixture *f, int from CS_UNUSED, int to CS_UNUSED)
{
	struct cs_kv label = { "a", "b" };
	struct cs_run_job job = { "test", "skipped", 0 };
	struct cs_store *store = NULL;
	struct cs_build b, *kin = NULL;
	enum cs_put put;
	struct cs_run run;
	size_t n = 0;
	int r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);

	full_build(f->arena, 1, &b);
	cs_run_init(&run);
	run.project = "app";
	run.run_id = "alone";
	run.labels = &label;
	run.jobs = &job;
	run.n_labels = run.n_jobs = 1;
	if (r == 0)
		r = cs_store_bulk_begin(store, &err);
	if (r == 0)
		r = cs_store_build_kin(store, &b, f->arena, &kin, &n, &err);
	if (r == 0 && n == 1 && !kin[0].builder_ref)
		r = cs_store_build_replace(store, &b, &kin[0].id, 1, &err);
	if (r == 0)
		r = cs_store_run_put(store, &run, &put, &err);
	if (r == 0)
		r = cs_store_bulk_end(store, true, &err);
	cs_store_close(store);
	if (r < 0 || n != 1)
		fprintf(stderr, "joining: %s\n", err.msg);
	return r < 0 || n != 1;
}

static int forget(struct fixture *f, int from CS_UNUSED, int to CS_UNUSED)
{
	struct cs_store *store = NULL;
	int64_t builds, layers;
	int r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);

	if (r == 0)
		r = cs_store_prune(store, NULL, INT64_MAX, false, &builds, &layers, &err);
	cs_store_close(store);
	return r < 0;
}

static int complain(void *arg, const char *problem)
{
	fail_msg("%s: %s", (const char *)arg, problem);
	return 0;
}

static void assert_sound(struct fixture *f)
{
	struct cs_store *store;

	assert_done(cs_store_open(&f->ctx, f->path, CS_STORE_READ, &store, &err));
	assert_done(cs_store_check(store, complain, f->path, &err));
	cs_store_close(store);
}

/* In a child with CACHESTAT_TEST_KILL=kill; whether it was killed. */
static bool run(struct fixture *f, int (*fn)(struct fixture *f, int from, int to), int from, int to,
		const char *kill)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (kill)
			setenv("CACHESTAT_TEST_KILL", kill, 1);
		_exit(fn(f, from, to));
	}
	assert_true(pid > 0);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	if (WIFSIGNALED(status)) {
		assert_int_equal(SIGKILL, WTERMSIG(status));
		return true;
	}
	assert_int_equal(0, WEXITSTATUS(status));
	return false;
}

struct point {
	const char *name;
	int at_least; /* so often it is passed */
	bool there;   /* what was done, after that */
};

/* The store of f->a, and of f->c once fn is done: one or the other, wherever fn is killed. */
static void kill_at(struct fixture *f, int (*fn)(struct fixture *f, int from, int to), int from,
		    int to, const struct cs_buf *good, const struct point *point)
{
	char kill[64];
	int n = 0;

	for (;;) {
		spill(f->path, good->data, good->len);
		snprintf(kill, sizeof(kill), "%s:%d", point->name, n + 1);
		if (!run(f, fn, from, to, kill))
			break;
		n++;
		assert_sound(f);
		dump_store(f->path, &f->b);
		assert_string_equal(point->there ? f->c.data : f->a.data, f->b.data);
		assert_false(run(f, fn, from, to, NULL));
		dump_store(f->path, &f->b);
		assert_string_equal(f->c.data, f->b.data);
		assert_int_equal(1, folder_count(f->folder));
	}
	if (n < point->at_least)
		fail_msg("point '%s' was passed %d times", point->name, n);
}

static void killed_while_recording(void **state)
{
	static const struct point points[] = {
		{ "begin", 1, false }, { "run", 1, false },	 { "build", 1, false },
		{ "label", 2, false }, { "layer", 1, false },	 { "manifest", 1, false },
		{ "place", 1, false }, { "step_def", 1, false }, { "build_layer", 4, false },
		{ "steps", 1, false }, { "commit", 1, false },	 { "committed", 1, true },
	};
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;

	assert_false(run(f, record, 0, 3, NULL));
	slurp(f->path, &good);
	dump_store(f->path, &f->a);
	assert_false(run(f, record, 20, 21, NULL));
	dump_store(f->path, &f->c);
	for (size_t i = 0; i < CS_N(points); i++)
		kill_at(f, record, 20, 21, &good, &points[i]);
	cs_buf_release(&good);
}

static void killed_while_joining(void **state)
{
	static const struct point points[] = {
		{ "begin", 2, false },	   { "drop", 1, false },	{ "former", 1, false },
		{ "build", 1, false },	   { "label", 2, false },	{ "result", 4, false },
		{ "steps", 1, false },	   { "build_layer", 4, false }, { "run", 1, false },
		{ "run_label", 1, false }, { "run_job", 1, false },	{ "commit", 1, false },
		{ "committed", 1, true },
	};
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;

	assert_false(run(f, record, 0, 3, NULL));
	slurp(f->path, &good);
	dump_store(f->path, &f->a);
	assert_false(run(f, join, 0, 0, NULL));
	dump_store(f->path, &f->c);
	for (size_t i = 0; i < CS_N(points); i++)
		kill_at(f, join, 0, 0, &good, &points[i]);
	cs_buf_release(&good);
}

/* The first three become sums; nothing if that was done. */
static int roll_up(struct fixture *f, int from CS_UNUSED, int to CS_UNUSED)
{
	struct cs_rollup row = { .project = "app", .scope = "test", .builds = 3, .step_hits = 7 };
	struct cs_store *store = NULL;
	struct cs_filter all;
	int64_t n = 0;
	int r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);

	cs_filter_init(&all);
	if (r == 0)
		r = cs_store_roll_up(store, &all, &row, 1, &n, &err);
	if (r == -CS_BUSY) { /* they went: the number tells */
		memset(&err, 0, sizeof(err));
		r = 0;
	}
	cs_store_close(store);
	return r < 0;
}

static void killed_while_rolling_up(void **state)
{
	static const struct point points[] = {
		{ "roll_rows", 1, false },
		{ "roll_build", 3, false },
		{ "commit", 1, false },
		{ "committed", 1, true },
	};
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;

	assert_false(run(f, record, 0, 3, NULL));
	slurp(f->path, &good);
	dump_store(f->path, &f->a);
	assert_false(run(f, roll_up, 0, 0, NULL));
	dump_store(f->path, &f->c);
	assert_int_equal(0, ask(f->path, "SELECT COUNT(*) FROM builds"));
	assert_int_equal(3, ask(f->path, "SELECT SUM(builds) FROM rollups"));
	for (size_t i = 0; i < CS_N(points); i++)
		kill_at(f, roll_up, 0, 0, &good, &points[i]);
	cs_buf_release(&good);
}

static void killed_while_made(void **state)
{
	static const char *const points[] = { "migrate:1", "migrated:1" };
	struct fixture *f = *state;

	for (size_t i = 0; i < CS_N(points); i++) {
		unlink(f->path);
		assert_true(run(f, record, 0, 1, points[i]));
		assert_false(run(f, record, 0, 1, NULL));
		assert_sound(f);
		assert_int_equal(1, ask(f->path, "SELECT COUNT(*) FROM builds"));
		assert_int_equal(1, folder_count(f->folder));
	}
}

static void killed_while_forgetting(void **state)
{
	static const char *const points[] = { "begin:1",	"prune_build:1", "prune_build:5",
					      "prune_build:51", "commit:2",	 "committed:2",
					      "prune_words:1",	"prune_words:2", "committed:4" };
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;
	int killed = 0;

	assert_false(run(f, record, 0, 120, NULL));
	slurp(f->path, &good);
	for (size_t i = 0; i < CS_N(points); i++) {
		spill(f->path, good.data, good.len);
		killed += run(f, forget, 0, 0, points[i]);
		assert_sound(f);
		assert_false(run(f, record, 0, 5, NULL));
		assert_sound(f);
		assert_false(run(f, forget, 0, 0, NULL));
		assert_int_equal(0, ask(f->path, "SELECT (SELECT COUNT(*) FROM builds) + "
						 "(SELECT COUNT(*) FROM texts " NO_SCOPE ") + "
						 "(SELECT COUNT(*) FROM layers)"));
	}
	assert_int_equal(CS_N(points) - 1, killed); /* forgetting begins with no "begin" */
	cs_buf_release(&good);
}

/* Twenty builds; a byte to fd after each. */
static int record_and_tell(struct fixture *f, int fd)
{
	struct cs_store *store = NULL;
	int r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);

	for (int i = 3; i < 23 && r == 0; i++) {
		enum cs_put put;
		struct cs_build b;

		sample_build(f->arena, i, &b);
		r = cs_store_build_put(store, &b, &put, &err);
		if (write(fd, "x", 1) < 0)
			r = -1;
	}
	cs_store_close(store);
	return r < 0;
}

/* The same in a child that is killed some time after it has recorded n builds. */
static void record_until(struct fixture *f, int n, int64_t then_ns)
{
	struct timespec t = { 0, then_ns };
	int fds[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(0, pipe(fds));
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(record_and_tell(f, fds[1]));
	close(fds[1]);
	for (int i = 0; i < n; i++)
		assert_int_equal(1, read(fds[0], &byte, 1));
	nanosleep(&t, NULL);
	kill(pid, SIGKILL);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	close(fds[0]);
}

static void killed_at_random(void **state)
{
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;
	uint32_t seed = 12345;
	int partly = 0;

	assert_false(run(f, record, 0, 3, NULL));
	slurp(f->path, &good);
	assert_false(run(f, record, 3, 23, NULL));
	dump_store(f->path, &f->c);
	for (int i = 0; i < 30; i++) {
		int64_t builds;

		spill(f->path, good.data, good.len);
		seed = seed * 1664525 + 1013904223;
		record_until(f, (int)(seed >> 24) % 15, (seed >> 8) % 1500000);
		assert_sound(f);
		builds = ask(f->path, "SELECT COUNT(*) FROM builds");
		partly += builds > 3 && builds < 23;
		assert_false(run(f, record, 3, 23, NULL));
		dump_store(f->path, &f->b);
		assert_string_equal(f->c.data, f->b.data);
	}
	assert_true(partly >= 6); /* else the times hit nothing, and the test is void */
	cs_buf_release(&good);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(killed_while_recording),  T(killed_while_joining),	T(killed_while_made),
		T(killed_while_forgetting), T(killed_while_rolling_up), T(killed_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
