/* SPDX-License-Identifier: Apache-2.0 */
/* The store shared by processes and brought up to date; its statements. */
#include "support/test.h"

#include "support/store.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/store_impl.h"

static int64_t count_builds(struct fixture *f)
{
	struct cs_store *store = open_store(f, CS_STORE_READ);
	struct cs_store_info info;

	assert_done(cs_store_info(store, f->arena, &info, &err));
	cs_store_close(store);
	return info.builds;
}

/* --- several at once --- */

static int ingest(struct fixture *f, int from, int to)
{
	struct cs_store *store = NULL;
	struct cs_arena *arena = cs_arena_new();
	enum cs_put put;
	struct cs_build b;
	int r = 0;

	for (int i = from; i < to && r == 0; i++) {
		r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);
		if (r < 0)
			break;
		sample_build(arena, i, &b);
		r = cs_store_build_put(store, &b, &put, &err);
		cs_store_close(store);
	}
	if (r < 0)
		fprintf(stderr, "builds %d to %d: %s\n", from, to, err.msg);
	cs_arena_free(arena);
	return r < 0 ? 1 : 0;
}

/* Counts as it is written: never less than before, each build whole. */
static int watch(struct fixture *f, int until)
{
	int64_t last = 0;

	while (last < until) {
		struct cs_store *store = NULL;
		struct cs_store_info info;
		int r = cs_store_open(&f->ctx, f->path, CS_STORE_READ, &store, &err);

		if (r == 0)
			r = cs_store_info(store, f->arena, &info, &err);
		cs_store_close(store);
		if (r < 0 || info.builds < last || info.steps != 3 * info.builds) {
			fprintf(stderr, "reader: %s\n", r < 0 ? err.msg : "a half build");
			return 1;
		}
		last = info.builds;
	}
	return 0;
}

static void processes(struct fixture *f, int n, int each, bool same, int want)
{
	pid_t pids[16];
	int status;

	fflush(NULL);
	for (int i = 0; i < n + 1; i++) {
		pids[i] = fork();
		if (pids[i] == 0 && i == n)
			_exit(watch(f, want));
		if (pids[i] == 0)
			_exit(ingest(f, same ? 1000 : i * each,
				     same ? 1000 + each : (i + 1) * each));
	}
	for (int i = 0; i < n + 1; i++) {
		assert_int_equal(pids[i], waitpid(pids[i], &status, 0));
		assert_true(WIFEXITED(status));
		assert_int_equal(0, WEXITSTATUS(status));
	}
	assert_int_equal(want, count_builds(f));
}

static void many_processes(void **state)
{
	struct fixture *f = *state;

	processes(f, 8, 25, false, 200);
	processes(f, 8, 1, true, 201);
	/* a reader that outlives the last writer may leave a log; the next writer takes it in */
	make_store(f, 500, 501);
	assert_int_equal(1, folder_count(f->folder));
	assert_int_equal(1, ask(f->path, "SELECT integrity_check = 'ok' FROM "
					 "pragma_integrity_check"));
	assert_int_equal(0, ask(f->path, "SELECT COUNT(*) FROM pragma_foreign_key_check"));
}

static void locked_longer_than_it_waits(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store;
	struct cs_build b;
	enum cs_put put = (enum cs_put)9;
	sqlite3 *h;

	make_store(f, 0, 1);
	store = open_store(f, CS_STORE_WRITE);
	store->driver->set_busy(store->db, 50);
	assert_int_equal(SQLITE_OK, sqlite3_open(f->path, &h));
	assert_int_equal(SQLITE_OK, sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL));
	sample_build(f->arena, 5, &b);
	assert_code(CS_BUSY, cs_store_build_put(store, &b, &put, &err));
	assert_says("locked by another process (waited 0.");
	assert_says(f->path);
	assert_int_equal(9, put);
	assert_int_equal(SQLITE_OK, sqlite3_exec(h, "ROLLBACK", NULL, NULL, NULL));
	sqlite3_close(h);
	assert_done(cs_store_build_put(store, &b, &put, &err));
	assert_int_equal(CS_PUT_NEW, put);
	cs_store_close(store);
}

/* Two in one process, one closing: the other's locks must hold. */
static void twice_in_one_process(void **state)
{
	struct fixture *f = *state;
	struct cs_store *a, *b;
	struct cs_build build;
	enum cs_put put;

	make_store(f, 0, 1);
	a = open_store(f, CS_STORE_WRITE);
	b = open_store(f, CS_STORE_WRITE);
	put_samples(f, a, 1, 2);
	put_samples(f, b, 2, 3);
	cs_store_close(a);
	a = open_store(f, CS_STORE_READ);
	cs_store_close(a);
	put_samples(f, b, 3, 4);
	sample_build(f->arena, 3, &build);
	assert_done(cs_store_build_put(b, &build, &put, &err));
	assert_int_equal(CS_PUT_SAME, put);
	cs_store_close(b);
	assert_int_equal(4, count_builds(f));
	assert_int_equal(1, folder_count(f->folder));
}

/* --- versions --- */

static const char second[] = "ALTER TABLE runs ADD COLUMN note TEXT;"
			     "UPDATE runs SET note = 'from migration 2';";
static const char broken[] = "ALTER TABLE runs ADD COLUMN note TEXT; CREATE TABLE runs (x);";
static const char dangling[] = "PRAGMA defer_foreign_keys = ON; DELETE FROM builds;";

static int open_second(struct fixture *f, const char *sql, enum cs_store_mode mode,
		       struct cs_store **ret)
{
	struct cs_migration list[16];
	struct cs_store_options options = { .migrations = list };
	int64_t last = 0;

	for (size_t i = 0; i < cs_migrations_n; i++) {
		list[options.n_migrations++] = cs_migrations[i];
		last = cs_migrations[i].version;
	}
	list[options.n_migrations++] = (struct cs_migration){ last + 1, "sqlite", "test", sql };
	return cs_store_open_with(&f->ctx, f->path, mode, &options, ret, &err);
}

static void migrates_and_keeps_a_copy(void **state)
{
	struct fixture *f = *state;
	int64_t latest = cs_schema_latest(&(struct cs_store_options){ 0 }, "sqlite");
	struct cs_buf before = CS_BUF_INIT, after = CS_BUF_INIT;
	struct cs_store *store = NULL;
	char name[64], *copy;

	make_store(f, 0, 3);
	dump_store(f->path, &before);
	/* reading does not migrate, and says who does */
	assert_code(CS_DB, open_second(f, second, CS_STORE_READ, &store));
	assert_says("cachestat db migrate");
	assert_int_equal(1, folder_count(f->folder));
	assert_int_equal(0, open_second(f, second, CS_STORE_WRITE, &store));
	put_samples(f, store, 8, 9);
	cs_store_close(store);
	assert_int_equal(latest + 1, ask(f->path, "PRAGMA user_version"));
	assert_int_equal(2, ask(f->path, "SELECT COUNT(*) FROM runs WHERE note IS NOT NULL"));
	snprintf(name, sizeof(name), "s.db.v%lld.bak", (long long)latest);
	copy = path_in(f->folder, name);
	assert_int_equal(latest, ask(copy, "PRAGMA user_version"));
	dump_store(copy, &after);
	assert_string_equal(before.data, after.data);
	/* and now it is newer than this program */
	assert_code(CS_DB, cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err));
	assert_says("use a newer cachestat");
	cs_buf_release(&before);
	cs_buf_release(&after);
	free(copy);
}

static void failed_migration_changes_nothing(void **state)
{
	static const char *const bad[] = { broken, dangling };
	struct fixture *f = *state;
	struct cs_buf before = CS_BUF_INIT, after = CS_BUF_INIT;
	struct cs_store *store = NULL;

	make_store(f, 0, 3);
	dump_store(f->path, &before);
	for (size_t i = 0; i < CS_N(bad); i++) {
		assert_code(CS_DB, open_second(f, bad[i], CS_STORE_WRITE, &store));
		dump_store(f->path, &after);
		assert_string_equal(before.data, after.data);
	}
	assert_int_equal(cs_schema_latest(&(struct cs_store_options){ 0 }, "sqlite"),
			 ask(f->path, "PRAGMA user_version"));
	make_store(f, 3, 4);
	cs_buf_release(&before);
	cs_buf_release(&after);
}

static void migrate_command(void **state)
{
	struct fixture *f = *state;
	int64_t latest = cs_schema_latest(&(struct cs_store_options){ 0 }, "sqlite");
	int64_t from = 7, to = 7;

	assert_code(CS_NOTFOUND, cs_store_migrate(&f->ctx, f->path, &from, &to, &err));
	assert_says("there is no store");
	assert_int_equal(0, folder_count(f->folder));
	assert_int_equal(7, from);
	make_store(f, 0, 1);
	assert_done(cs_store_migrate(&f->ctx, f->path, &from, &to, &err));
	assert_int_equal(latest, from);
	assert_int_equal(latest, to);
	assert_int_equal(1, folder_count(f->folder));
}

/* --- statements --- */

static void statements_prepare(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store = open_store(f, CS_STORE_WRITE);

	for (int i = 0; i < CS_SQL_N; i++)
		assert_done(cs_st_prepare(store, (enum cs_sql)i, &err));
	cs_store_close(store);
}

static void parameters_are_checked(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store = open_store(f, CS_STORE_WRITE);
	int64_t v;

	assert_code(CS_DB, cs_st_int(store, CS_SQL_PROJECT_FIND, NULL, 0, &v, &err));
	assert_says("project_find");
	assert_code(CS_DB, cs_st_int(store, CS_SQL_PROJECT_FIND, CS_PARAMS(cs_p_text("nome", "x")),
				     &v, &err));
	assert_says("nome");
	cs_store_close(store);
}

/* Lists are served in order by an index: no statement of the daily path sorts or reads a table. */
static void daily_path_uses_indexes(void **state)
{
	static const enum cs_sql whole[] = {
		CS_SQL_PROJECT_LIST,
		CS_SQL_INFO_BUILDS,
		CS_SQL_INFO_N_BUILDS,
		CS_SQL_INFO_PROJECTS,
		CS_SQL_INFO_RUNS,
		CS_SQL_INFO_LAYERS,
		CS_SQL_INFO_MANIFESTS,
		CS_SQL_INFO_MANIFEST_BYTES,
		CS_SQL_CHECK_BUILDS_STEPS,
		CS_SQL_CHECK_BUILDS_LAYERS,
		CS_SQL_CHECK_BUILDS_LABELS,
		CS_SQL_CHECK_LAYERS_SCOPE,
		CS_SQL_CHECK_MANIFESTS,
		CS_SQL_CHECK_BUILDS_RESULTS,
		CS_SQL_CHECK_BRIEFS,
		CS_SQL_CHECK_RESULTS_BUILD,
		CS_SQL_STALE_ALL, /* a row a project */
		CS_SQL_USES_TEXTS_FORGOTTEN,
		CS_SQL_USES_TEXTS_RUN_LABELS,
		CS_SQL_USES_TEXTS_RUN_JOBS,
		CS_SQL_USES_TEXTS_RUNS,
		CS_SQL_USES_TEXTS_DEFS,
		CS_SQL_USES_TEXTS_PLACES,
		CS_SQL_ALL_DEFS,
		CS_SQL_ALL_TEXTS,
	};
	struct fixture *f = *state;
	sqlite3 *h;

	make_store(f, 0, 1);
	assert_int_equal(SQLITE_OK, sqlite3_open(f->path, &h));
	for (int i = 0; i < CS_SQL_N; i++) {
		const char *text = cs_statements[i].text;
		char sql[8192];
		sqlite3_stmt *s;
		bool may_scan = false;

		for (size_t k = 0; k < CS_N(whole); k++)
			may_scan |= (int)whole[k] == i;
		snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", text);
		assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(h, sql, -1, &s, NULL));
		while (sqlite3_step(s) == SQLITE_ROW) {
			const char *plan = (const char *)sqlite3_column_text(s, 3);

			if (strstr(plan, "ORDER BY") ||
			    (!may_scan && strncmp(plan, "SCAN", 4) == 0 &&
			     !strstr(plan, "CONSTANT ROW")))
				fail_msg("%s: %s", cs_statements[i].name, plan);
		}
		sqlite3_finalize(s);
	}
	sqlite3_close(h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, file_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(many_processes),
		T(locked_longer_than_it_waits),
		T(twice_in_one_process),
		T(migrates_and_keeps_a_copy),
		T(failed_migration_changes_nothing),
		T(migrate_command),
		T(statements_prepare),
		T(parameters_are_checked),
		T(daily_path_uses_indexes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
