/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every call of the driver and every write to the disk fails once, for n = 1, 2, 3 … until nothing
 * is left to fail: what was recorded is there, what failed is not, and the next try works.
 */
#include "support/test.h"

#include "support/fault.h"
#include "support/store.h"

#include "store/store_impl.h"

static int set_up(void **state)
{
	memset(&fault, 0, sizeof(fault));
	memset(&disk, 0, sizeof(disk));
	return file_set_up(state);
}

static int open_faulty(struct fixture *f, enum cs_store_mode mode, struct cs_store **ret)
{
	static const struct cs_store_options options = { .driver = &fault_driver };

	*ret = NULL;
	return cs_store_open_with(&f->ctx, f->path, mode, &options, ret, &err);
}

static int put(struct fixture *f, struct cs_store *store, int n)
{
	enum cs_put result;
	struct cs_build b;

	sample_build(f->arena, n, &b);
	return cs_store_build_put(store, &b, &result, &err);
}

/* The store that each try begins with. */
static void make_good(struct fixture *f, int from, int to)
{
	make_store(f, from, to);
	slurp(f->path, &f->c);
	dump_store(f->path, &f->a);
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

static void arm(enum fault_mode mode, long at)
{
	fault.mode = mode;
	fault.at = at;
	fault.passed = 0;
	fault.commit_done = false;
}

/* --- calls of the driver --- */

static void recording(void **state)
{
	struct fixture *f = *state;

	make_good(f, 0, 2);
	for (enum fault_mode mode = FAULT_BEFORE; mode <= FAULT_AFTER; mode++) {
		long n = 0;
		int r = -1;

		while (r < 0) {
			struct cs_store *store;

			spill(f->path, f->c.data, f->c.len);
			arm(FAULT_NONE, 0);
			assert_done(open_faulty(f, CS_STORE_WRITE, &store));
			arm(mode, ++n);
			r = put(f, store, 5);
			if (r < 0) {
				bool done = fault.commit_done;

				assert_int_equal(-CS_IO, r);
				/* the same connection is good for the next try */
				arm(FAULT_NONE, 0);
				dump_store(f->path, &f->b);
				if (!done)
					assert_string_equal(f->a.data, f->b.data);
				assert_done(put(f, store, 5));
			}
			arm(FAULT_NONE, 0);
			cs_store_close(store);
			assert_int_equal(3, ask(f->path, "SELECT COUNT(*) FROM builds"));
		}
		assert_true(n > 100); /* it did try many */
		assert_sound(f);
	}
}

/* Build 1 told more of, a new one and a run, in one bulk. */
static int take_in(struct fixture *f, struct cs_store *store)
{
	struct cs_kv label = { "a", "b" };
	struct cs_run_job job = { "test", "skipped", 0 };
	struct cs_build b, *kin = NULL;
	enum cs_put result;
	struct cs_run run;
	struct cs_err ignored;
	size_t n = 0;
	int r = cs_store_bulk_begin(store, &err);

	full_build(f->arena, 1, &b);
	cs_run_init(&run);
	run.run_id = "alone";
	run.labels = &label;
	run.jobs = &job;
	run.n_labels = run.n_jobs = 1;
	if (r < 0)
		return r;
	r = put(f, store, 5);
	if (r == 0)
		r = cs_store_build_kin(store, &b, f->arena, &kin, &n, &err);
	if (r == 0)
		r = cs_store_build_replace(store, &b, &kin[0].id, n, &err);
	if (r == 0)
		r = cs_store_run_put(store, &run, &result, &err);
	if (r == 0)
		return cs_store_bulk_end(store, true, &err);
	/* whatever failed, only a broken engine fails the rest */
	if (cs_store_run_put(store, &run, &result, &ignored) == 0)
		assert_int_equal(0, cs_store_bulk_end(store, false, &ignored));
	else
		assert_int_equal(-CS_USAGE, cs_store_bulk_end(store, true, &ignored));
	return r;
}

static void taking_in(void **state)
{
	struct fixture *f = *state;

	make_good(f, 0, 2);
	for (enum fault_mode mode = FAULT_BEFORE; mode <= FAULT_AFTER; mode++) {
		long n = 0;
		int r = -1;

		while (r < 0) {
			struct cs_store *store;
			bool done;

			spill(f->path, f->c.data, f->c.len);
			arm(FAULT_NONE, 0);
			assert_done(open_faulty(f, CS_STORE_WRITE, &store));
			arm(mode, ++n);
			r = take_in(f, store);
			done = fault.commit_done;
			arm(FAULT_NONE, 0);
			if (r < 0) {
				assert_int_equal(-CS_IO, r);
				dump_store(f->path, &f->b);
				if (!done)
					assert_string_equal(f->a.data, f->b.data);
				if (!done)
					assert_done(take_in(f, store));
			}
			cs_store_close(store);
			assert_int_equal(3, ask(f->path, "SELECT COUNT(*) FROM builds"));
			assert_int_equal(1, ask(f->path, "SELECT COUNT(*) FROM run_jobs"));
		}
		assert_true(n > 200);
		assert_sound(f);
	}
}

static void opening(void **state)
{
	struct fixture *f = *state;
	long n = 0;
	int r = -1;

	while (r < 0) {
		struct cs_store *store;

		unlink(f->path);
		arm(FAULT_BEFORE, ++n);
		r = open_faulty(f, CS_STORE_WRITE, &store);
		arm(FAULT_NONE, 0);
		if (r == 0) {
			cs_store_close(store);
			break;
		}
		assert_int_equal(-CS_IO, r);
		assert_null(store);
		assert_done(open_faulty(f, CS_STORE_WRITE, &store));
		assert_done(put(f, store, 1));
		cs_store_close(store);
	}
	assert_true(n > 5);
	assert_int_equal(1, folder_count(f->folder));
}

static int nothing(void *arg CS_UNUSED, const struct cs_build *b CS_UNUSED,
		   struct cs_err *e CS_UNUSED)
{
	return 0;
}

static int no_run(void *arg CS_UNUSED, const struct cs_run *run CS_UNUSED,
		  struct cs_err *e CS_UNUSED)
{
	return 0;
}

static int read_all(struct fixture *f, struct cs_store *store)
{
	static const unsigned all =
		CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS | CS_WITH_RECIPE;
	struct cs_digest *layers = NULL;
	struct cs_store_info info;
	struct cs_base_ref base = { "registry.example/app:test", { 0 } };
	struct cs_seen seen;
	struct cs_layer layer;
	struct cs_build b, out, *kin = NULL;
	size_t n_layers = 0, n_kin = 0;
	bool diff_id, blob;
	int64_t n;
	int r;

	sample_build(f->arena, 1, &b);
	r = cs_store_builds(store, NULL, all, -1, nothing, NULL, &err);
	if (r == 0)
		r = cs_store_info(store, f->arena, &info, &err);
	if (r == 0)
		r = cs_store_build_get(store, NULL, "^1", all, f->arena, &out, &err);
	if (r == 0)
		r = chain_seen(store, "app", "new", &b.layers[1].chain_id, NULL, f->arena, &seen,
			       &err);
	if (r == 0)
		r = cs_store_scope_builds(store, "app", "test", NULL, &n, &err);
	if (r == 0)
		r = cs_store_layer_present(store, "app", "test", &b.layers[1].diff_id,
					   &b.layers[1].blob_digest, NULL, &diff_id, &blob, &err);
	if (r == 0)
		r = cs_store_base_find(store, "app", &base, f->arena, &layers, &n_layers, &err);
	if (r == 0)
		r = cs_store_layer_by_blob(store, "app", &b.layers[1].blob_digest, &layer, &err);
	if (r == 0)
		r = cs_store_build_kin(store, &b, f->arena, &kin, &n_kin, &err);
	if (r == 0)
		r = cs_store_image_layers(store, "app", &b.config_digest, 1, f->arena, &out, &err);
	if (r == 0)
		r = cs_store_runs(store, NULL, no_run, NULL, &err);
	if (r == 0)
		assert_true(diff_id && blob && n == 2 && n_layers == 4 && n_kin == 1);
	return r;
}

static void reading(void **state)
{
	struct fixture *f = *state;
	long n = 0;
	int r = -1;

	make_good(f, 0, 3);
	while (r < 0) {
		struct cs_store *store;

		arm(FAULT_NONE, 0);
		assert_done(open_faulty(f, CS_STORE_READ, &store));
		arm(FAULT_BEFORE, ++n);
		r = read_all(f, store);
		arm(FAULT_NONE, 0);
		if (r < 0) {
			assert_int_equal(-CS_IO, r);
			assert_int_equal(0, read_all(f, store));
		}
		cs_store_close(store);
	}
	assert_int_equal(0, r);
	assert_true(n > 100);
}

static void pruning(void **state)
{
	struct fixture *f = *state;
	long n = 0;
	int r = -1;

	make_good(f, 0, 4);
	while (r < 0) {
		struct cs_store *store;
		struct cs_filter filter;
		int64_t builds = -7, layers = -7;

		spill(f->path, f->c.data, f->c.len);
		cs_filter_init(&filter);
		arm(FAULT_NONE, 0);
		assert_done(open_faulty(f, CS_STORE_WRITE, &store));
		arm(FAULT_AFTER, ++n);
		r = cs_store_prune(store, &filter, INT64_MAX, false, &builds, &layers, &err);
		arm(FAULT_NONE, 0);
		if (r < 0) {
			assert_int_equal(-7, builds);
			assert_done(cs_store_check(store, complain, f->path, &err));
			assert_done(cs_store_prune(store, &filter, INT64_MAX, false, &builds,
						   &layers, &err));
		}
		cs_store_close(store);
		assert_int_equal(0, ask(f->path, "SELECT COUNT(*) FROM builds"));
		assert_int_equal(0, ask(f->path, "SELECT COUNT(*) FROM layers"));
	}
	assert_true(n > 100);
}

static void backing_up(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store;

	make_good(f, 0, 2);
	assert_done(open_faulty(f, CS_STORE_WRITE, &store));
	arm(FAULT_BEFORE, 1);
	assert_code(CS_IO, cs_store_backup(store, f->copy, &err));
	arm(FAULT_NONE, 0);
	assert_true(access(f->copy, F_OK) < 0);
	cs_store_close(store);
}

/* --- the disk --- */

static void try_disk(struct fixture *f, enum disk_fault mode)
{
	int r = -1;
	long n = 0;

	while (r < 0) {
		struct cs_store *store = NULL;

		spill(f->path, f->c.data, f->c.len);
		disk.mode = mode;
		disk.at = ++n;
		disk.passed = 0;
		r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);
		if (r == 0)
			r = put(f, store, 7);
		if (r < 0) {
			if (r != -CS_DB && r != -CS_IO)
				fail_msg("write %ld: code %d: %s", n, -r, err.msg);
			if (!strstr(err.msg, f->path))
				fail_msg("'%s' does not name the store", err.msg);
			if (mode == DISK_FULL && !strstr(err.msg, "cannot grow"))
				fail_msg("'%s' does not say what is the matter", err.msg);
		}
		cs_store_close(store); /* the disk is still full */
		disk.mode = DISK_GOOD;
		assert_sound(f);
		dump_store(f->path, &f->b);
		if (r < 0)
			assert_string_equal(f->a.data, f->b.data);
		assert_done(cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err));
		assert_done(put(f, store, 7));
		cs_store_close(store);
		assert_int_equal(3, ask(f->path, "SELECT COUNT(*) FROM builds"));
	}
	assert_true(n > 5);
}

static void full_disk(void **state)
{
	struct fixture *f = *state;

	disk_install();
	make_good(f, 0, 2);
	try_disk(f, DISK_FULL);
}

static void broken_disk(void **state)
{
	struct fixture *f = *state;

	disk_install();
	make_good(f, 0, 2);
	try_disk(f, DISK_BROKEN);
}

static void no_room_for_a_store(void **state)
{
	struct fixture *f = *state;
	int r = -1;

	disk_install();
	for (long n = 1; r < 0; n++) {
		struct cs_store *store = NULL;

		unlink(f->path);
		disk.mode = DISK_FULL;
		disk.at = n;
		disk.passed = 0;
		r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);
		if (r == 0)
			r = put(f, store, 1);
		cs_store_close(store);
		disk.mode = DISK_GOOD;
		if (r == 0)
			continue;
		if (!strstr(err.msg, f->path))
			fail_msg("'%s' does not name the store", err.msg);
		assert_done(cs_store_open(&f->ctx, f->path, CS_STORE_READ, &store, &err));
		cs_store_close(store);
		assert_done(cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err));
		assert_done(put(f, store, 1));
		cs_store_close(store);
		assert_sound(f);
		assert_int_equal(1, folder_count(f->folder));
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(recording), T(taking_in),   T(opening),
		T(reading),   T(pruning),     T(backing_up),
		T(full_disk), T(broken_disk), T(no_room_for_a_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
