/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power goes at the n-th write, sync or truncation of SQLite, for n = 1, 2, 3 …, and takes with
 * it what was not synced. What was acknowledged before is there, nothing is there in part, and the
 * next process records on.
 */
#include "support/test.h"

#include "support/power.h"
#include "support/store.h"

#include <sys/wait.h>
#include <unistd.h>

#define BUILDS 4 /* recorded each time, after the first three */

static int set_up(void **state)
{
	return file_set_up(state);
}

/* In the child: a byte to fd for each build that is said to be recorded. */
static int record(struct fixture *f, int to, int fd)
{
	struct cs_store *store = NULL;
	int r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);

	for (int i = 3; i < to && r == 0; i++) {
		enum cs_put put;
		struct cs_build b;

		sample_build(f->arena, i, &b);
		r = cs_store_build_put(store, &b, &put, &err);
		if (r == 0 && fd >= 0 && write(fd, "x", 1) != 1)
			r = -1;
		if (r == 0 && i == 4) { /* a checkpoint and a new WAL in the middle */
			cs_store_close(store);
			r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);
		}
	}
	cs_store_close(store);
	return r < 0;
}

/* Whether the power went; the number of builds acknowledged before. */
static bool lose_power(struct fixture *f, enum power_loss loss, long at, int *ret_acknowledged)
{
	int fds[2], status;
	char bytes[64];
	pid_t pid;

	assert_int_equal(0, pipe(fds));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		power_install(loss, at, (uint32_t)at * 2654435761U);
		_exit(record(f, 3 + BUILDS, fds[1]));
	}
	close(fds[1]);
	*ret_acknowledged = 0;
	for (ssize_t n; (n = read(fds[0], bytes, sizeof(bytes))) > 0;)
		*ret_acknowledged += (int)n;
	close(fds[0]);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != POWER_GONE && WEXITSTATUS(status) != 0)
		fail_msg("at %ld: exit %d", at, WEXITSTATUS(status));
	return WEXITSTATUS(status) == POWER_GONE;
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

static void forget_shared_memory(struct fixture *f)
{
	char path[600];

	snprintf(path, sizeof(path), "%s-shm", f->path);
	unlink(path);
}

/* want[n]: the store with n builds more than the first three. */
static void try_loss(struct fixture *f, enum power_loss loss, const struct cs_buf *good,
		     struct cs_buf want[BUILDS + 1])
{
	long n = 0;
	int acknowledged, between = 0;

	for (;;) {
		int64_t builds;

		spill(f->path, good->data, good->len);
		if (!lose_power(f, loss, ++n, &acknowledged))
			break;
		forget_shared_memory(f);
		assert_sound(f);
		builds = ask(f->path, "SELECT COUNT(*) FROM builds") - 3;
		if (builds < acknowledged)
			fail_msg("at %ld: %d builds acknowledged, %d there", n, acknowledged,
				 (int)builds);
		assert_in_range(builds, 0, BUILDS);
		between += builds > 0 && builds < BUILDS;
		dump_store(f->path, &f->b);
		assert_string_equal(want[builds].data, f->b.data);
		if (n % 4) /* dear, and hardly another thing each time */
			continue;
		assert_int_equal(0, record(f, 3 + BUILDS, -1));
		dump_store(f->path, &f->b);
		assert_string_equal(want[BUILDS].data, f->b.data);
	}
	assert_int_equal(BUILDS, acknowledged);
	assert_true(n > 100);	   /* it did try many */
	assert_true(between > 30); /* and in the midst of things */
}

static void power_goes(struct fixture *f, enum power_loss loss)
{
	struct cs_buf good = CS_BUF_INIT, want[BUILDS + 1];

	make_store(f, 0, 3);
	slurp(f->path, &good);
	for (int i = 0; i <= BUILDS; i++) {
		spill(f->path, good.data, good.len);
		assert_int_equal(0, record(f, 3 + i, -1));
		want[i] = (struct cs_buf)CS_BUF_INIT;
		dump_store(f->path, &want[i]);
	}
	try_loss(f, loss, &good, want);
	for (int i = 0; i <= BUILDS; i++)
		cs_buf_release(&want[i]);
	cs_buf_release(&good);
}

static void unsynced_writes_lost(void **state)
{
	power_goes(*state, POWER_LOSES_ALL);
}

static void unsynced_sectors_torn(void **state)
{
	power_goes(*state, POWER_LOSES_SOME);
}

/* The first build of all: no store is there before. */
static void power_goes_at_the_first(void **state)
{
	struct fixture *f = *state;
	long n = 0;
	int acknowledged;

	for (;;) {
		unlink(f->path);
		if (!lose_power(f, POWER_LOSES_ALL, ++n, &acknowledged))
			break;
		forget_shared_memory(f);
		if (acknowledged)
			assert_true(ask(f->path, "SELECT COUNT(*) FROM builds") >= acknowledged);
		assert_int_equal(0, record(f, 3 + BUILDS, -1));
		assert_sound(f);
		assert_int_equal(BUILDS, ask(f->path, "SELECT COUNT(*) FROM builds"));
	}
	assert_true(n > 50);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(unsynced_writes_lost),
		T(unsynced_sectors_torn),
		T(power_goes_at_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
