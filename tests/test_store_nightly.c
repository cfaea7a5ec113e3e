/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the nightly job keeps, with every call of the driver failing once: a mark and what the file
 * held go in together, a day's sums and its builds change places together, and the next try mends.
 */
#include "support/test.h"

#include "support/fault.h"
#include "support/store.h"

#include "store/nightly.h"
#include "store/store_impl.h"

static const struct cs_inbox_file file = { "inbox/a.log", 7, 42 };

static int set_up(void **state)
{
	memset(&fault, 0, sizeof(fault));
	return file_set_up(state);
}

static void arm(enum fault_mode mode, long at)
{
	fault.mode = mode;
	fault.at = at;
	fault.passed = 0;
	fault.commit_done = false;
}

/* A store of builds 0 to 2, as it was, by the faulty driver. */
static struct cs_store *fresh(struct fixture *f)
{
	static const struct cs_store_options options = { .driver = &fault_driver };
	struct cs_store *store;

	arm(FAULT_NONE, 0);
	spill(f->path, f->c.data, f->c.len);
	assert_done(cs_store_open_with(&f->ctx, f->path, CS_STORE_WRITE, &options, &store, &err));
	return store;
}

static void make_good(struct fixture *f)
{
	make_store(f, 0, 3);
	slurp(f->path, &f->c);
	dump_store(f->path, &f->a);
}

static void assert_as_before(struct fixture *f)
{
	dump_store(f->path, &f->b);
	assert_string_equal(f->a.data, f->b.data);
}

/* --- the inbox --- */

static void known_by_path_size_and_time(void **state)
{
	struct fixture *f = *state;
	struct cs_inbox_file other = file;
	struct cs_store *store = open_store(f, CS_STORE_WRITE);

	assert_int_equal(1, cs_store_inbox_find(store, &file, &err));
	assert_done(cs_store_inbox_put(store, &file, &err));
	assert_int_equal(0, cs_store_inbox_find(store, &file, &err));
	other.path = "inbox/b.log";
	assert_int_equal(1, cs_store_inbox_find(store, &other, &err));
	other = file;
	other.bytes++;
	assert_int_equal(1, cs_store_inbox_find(store, &other, &err));
	other = file;
	other.mtime_ns--;
	assert_int_equal(1, cs_store_inbox_find(store, &other, &err));
	/* it stands in the place of the one before */
	assert_done(cs_store_inbox_put(store, &other, &err));
	assert_int_equal(0, cs_store_inbox_find(store, &other, &err));
	assert_int_equal(1, cs_store_inbox_find(store, &file, &err));
	assert_int_equal(1, ask(f->path, "SELECT COUNT(*) FROM inbox_files"));
	cs_store_close(store);
}

/* What a file held, and its mark. */
static int take_in(struct fixture *f, struct cs_store *store)
{
	struct cs_err ignored;
	enum cs_put result;
	struct cs_build b;
	int r = cs_store_inbox_find(store, &file, &err);

	if (r <= 0)
		return r;
	sample_build(f->arena, 5, &b);
	r = cs_store_bulk_begin(store, &err);
	if (r < 0)
		return r;
	r = cs_store_build_put(store, &b, &result, &err);
	if (r == 0)
		r = cs_store_inbox_put(store, &file, &err);
	if (r == 0)
		return cs_store_bulk_end(store, true, &err);
	(void)cs_store_bulk_end(store, false, &ignored);
	return r;
}

static void taking_in(void **state)
{
	struct fixture *f = *state;

	make_good(f);
	for (enum fault_mode mode = FAULT_BEFORE; mode <= FAULT_AFTER; mode++) {
		long n = 0;
		int r = -1;

		while (r < 0) {
			struct cs_store *store = fresh(f);
			bool done;

			arm(mode, ++n);
			r = take_in(f, store);
			done = fault.commit_done;
			arm(FAULT_NONE, 0);
			if (r < 0) {
				assert_int_equal(-CS_IO, r);
				if (!done)
					assert_as_before(f);
				assert_done(take_in(f, store));
			}
			cs_store_close(store);
			assert_int_equal(4, ask(f->path, "SELECT COUNT(*) FROM builds"));
			assert_int_equal(1, ask(f->path, "SELECT COUNT(*) FROM inbox_files"));
		}
		assert_true(n > 50);
	}
}

static void marking_alone(void **state)
{
	struct fixture *f = *state;
	long n = 0;
	int r = -1;

	make_good(f);
	while (r < 0) {
		struct cs_store *store = fresh(f);

		arm(FAULT_BEFORE, ++n);
		r = cs_store_inbox_put(store, &file, &err);
		arm(FAULT_NONE, 0);
		if (r < 0) {
			assert_int_equal(-CS_IO, r);
			assert_as_before(f);
			assert_int_equal(1, cs_store_inbox_find(store, &file, &err));
			assert_done(cs_store_inbox_put(store, &file, &err));
		}
		assert_int_equal(0, cs_store_inbox_find(store, &file, &err));
		cs_store_close(store);
	}
	assert_true(n > 3);
}

/* --- sums of days --- */

static int roll_up(struct cs_store *store, int64_t *ret)
{
	struct cs_rollup row = { .project = "app", .scope = "test", .builds = 3, .step_hits = 7 };
	struct cs_filter all;

	cs_filter_init(&all);
	return cs_store_roll_up(store, &all, &row, 1, ret, &err);
}

static int add_up(void *arg, const struct cs_rollup *row, struct cs_err *e CS_UNUSED)
{
	*(int64_t *)arg += row->builds * 1000 + row->step_hits;
	return 0;
}

static int sum(struct cs_store *store, int64_t *ret)
{
	struct cs_filter all;

	*ret = 0;
	cs_filter_init(&all);
	return cs_store_rollups(store, &all, add_up, ret, &err);
}

static int64_t counted(struct fixture *f)
{
	return ask(f->path, "SELECT (SELECT COUNT(*) FROM builds) + "
			    "(SELECT COALESCE(SUM(builds), 0) FROM rollups)");
}

static void rolling_up(void **state)
{
	struct fixture *f = *state;

	make_good(f);
	for (enum fault_mode mode = FAULT_BEFORE; mode <= FAULT_AFTER; mode++) {
		long n = 0;
		int r = -1;

		while (r < 0) {
			struct cs_store *store = fresh(f);
			int64_t went = -7, sums = 0;
			bool done;

			arm(mode, ++n);
			r = roll_up(store, &went);
			done = fault.commit_done;
			arm(FAULT_NONE, 0);
			assert_int_equal(3, counted(f));
			if (r < 0) {
				assert_int_equal(-CS_IO, r);
				assert_int_equal(-7, went);
				if (!done) {
					assert_as_before(f);
					assert_done(roll_up(store, &went));
				} else {
					/* what is gone is not summed up again */
					assert_code(CS_BUSY, roll_up(store, &went));
				}
			}
			assert_done(sum(store, &sums));
			assert_int_equal(3007, sums);
			cs_store_close(store);
			assert_int_equal(3, counted(f));
			assert_int_equal(0, ask(f->path, "SELECT COUNT(*) FROM builds"));
		}
		assert_true(n > 20);
	}
}

static void reading_sums(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store;
	int64_t went, sums;
	long n = 0;
	int r = -1;

	make_good(f);
	store = fresh(f);
	assert_done(roll_up(store, &went));
	assert_int_equal(3, went);
	while (r < 0) {
		arm(FAULT_BEFORE, ++n);
		r = sum(store, &sums);
		arm(FAULT_NONE, 0);
		if (r < 0) {
			assert_int_equal(-CS_IO, r);
			assert_int_equal(0, sums); /* no row of half an answer */
		}
		assert_done(sum(store, &sums));
		assert_int_equal(3007, sums);
	}
	assert_true(n > 3);
	cs_store_close(store);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(known_by_path_size_and_time),
		T(taking_in),
		T(marking_alone),
		T(rolling_up),
		T(reading_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
