/* SPDX-License-Identifier: Apache-2.0 */
/* The file: made, found, refused unchanged, read without being written. */
#include "support/test.h"

#include "support/store.h"

#include <grp.h>
#include <sys/stat.h>
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

/* --- a fresh store --- */

static void fresh_store(void **state)
{
	struct fixture *f = *state;
	char *deep = path_in(f->folder, "a/b/c.db");
	struct cs_store *store;
	struct stat st;

	make_store(f, 0, 2);
	assert_int_equal(1, folder_count(f->folder)); /* no log is left behind */
	assert_int_equal(0, stat(f->path, &st));
	assert_int_equal(0600, st.st_mode & 07777);
	assert_int_equal(0x43535431, ask(f->path, "PRAGMA application_id"));
	assert_int_equal(cs_schema_latest(&(struct cs_store_options){ 0 }, "sqlite"),
			 ask(f->path, "PRAGMA user_version"));
	assert_int_equal(2, ask(f->path, "PRAGMA auto_vacuum"));
	assert_int_equal(2, ask(f->path, "SELECT COUNT(*) FROM builds"));
	assert_done(cs_store_open(&f->ctx, deep, CS_STORE_WRITE, &store, &err));
	cs_store_close(store);
	assert_int_equal(0, stat(deep, &st));
	free(deep);
}

static void empty_file_is_fresh(void **state)
{
	struct fixture *f = *state;

	spill(f->path, "", 0);
	assert_int_equal(0, count_builds(f));
	make_store(f, 0, 1);
	assert_int_equal(1, count_builds(f));
}

/* What a kill between the first page and the schema leaves. */
static void half_made_is_fresh(void **state)
{
	struct fixture *f = *state;

	tamper(f->path, "PRAGMA auto_vacuum = 2; PRAGMA application_id = 0x43535431");
	assert_int_equal(0, count_builds(f));
	make_store(f, 0, 1);
	assert_int_equal(1, count_builds(f));
}

static void absent_reads_as_empty(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store = open_store(f, CS_STORE_READ);
	struct cs_store_info info;
	struct cs_build b;
	enum cs_put put;

	assert_done(cs_store_info(store, f->arena, &info, &err));
	assert_int_equal(0, info.builds + info.file_bytes + info.layers);
	assert_string_equal(f->path, info.url);
	assert_true(info.oldest_unix_ns == CS_TIME_NONE);
	assert_code(CS_NOTFOUND, cs_store_build_get(store, NULL, "^0", 0, f->arena, &b, &err));
	sample_build(f->arena, 1, &b);
	assert_code(CS_USAGE, cs_store_build_put(store, &b, &put, &err));
	assert_code(CS_NOTFOUND, cs_store_backup(store, f->path, &err));
	cs_store_close(store);
	assert_int_equal(0, folder_count(f->folder));
}

static void urls(void **state)
{
	static const struct {
		const char *url;
		enum cs_code code;
		const char *part;
	} bad[] = {
		{ "", CS_USAGE, "empty" },
		{ "sqlite:", CS_USAGE, "empty" },
		{ "postgresql://me:secret@host/db", CS_UNSUPPORTED, "no PostgreSQL" },
		{ "postgres://host/db", CS_UNSUPPORTED, "no PostgreSQL" },
		{ "mysql://me:secret@host/db", CS_UNSUPPORTED, "mysql://" },
		{ "/dev/null", CS_USAGE, "/dev/null" },
		{ "/", CS_USAGE, "folder" },
		{ "/dev/null/x.db", CS_IO, "/dev/null/x.db" },
	};
	struct fixture *f = *state;
	struct cs_store *store = NULL;
	char url[4200];

	for (size_t i = 0; i < CS_N(bad); i++) {
		for (int mode = CS_STORE_READ; mode <= CS_STORE_WRITE; mode++) {
			assert_code(bad[i].code,
				    cs_store_open(&f->ctx, bad[i].url, (enum cs_store_mode)mode,
						  &store, &err));
			assert_says(bad[i].part);
			assert_null(strstr(err.msg, "secret"));
		}
	}
	assert_null(store);
	snprintf(url, sizeof(url), "sqlite:%s", f->path);
	assert_done(cs_store_open(&f->ctx, url, CS_STORE_WRITE, &store, &err));
	cs_store_close(store);
	assert_int_equal(0, count_builds(f));
}

static void default_place(void **state)
{
	struct fixture *f = *state;
	char *home = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	char buf[4096];

	setenv("XDG_DATA_HOME", "/data", 1);
	setenv("HOME", "/users/me", 1);
	assert_done(cs_store_default_path(buf, sizeof(buf), &err));
	assert_string_equal("/data/cachestat/cachestat.db", buf);
	setenv("XDG_DATA_HOME", "relative", 1);
	assert_done(cs_store_default_path(buf, sizeof(buf), &err));
	assert_string_equal("/users/me/.local/share/cachestat/cachestat.db", buf);
	unsetenv("XDG_DATA_HOME");
	unsetenv("HOME");
	assert_code(CS_USAGE, cs_store_default_path(buf, sizeof(buf), &err));
	assert_says("--db");
	setenv("XDG_DATA_HOME", f->folder, 1);
	assert_code(CS_USAGE, cs_store_default_path(buf, 20, &err));
	{
		struct cs_store *store;

		assert_done(cs_store_open(&f->ctx, NULL, CS_STORE_WRITE, &store, &err));
		cs_store_close(store);
	}
	assert_int_equal(1, folder_count(f->folder));
	unsetenv("XDG_DATA_HOME");
	if (home)
		setenv("HOME", home, 1);
	free(home);
}

/* --- refused, unchanged --- */

static void assert_refused(struct fixture *f, enum cs_code code, const char *part)
{
	struct cs_buf before = CS_BUF_INIT, after = CS_BUF_INIT;
	struct cs_store *store = NULL;

	slurp(f->path, &before);
	for (int mode = CS_STORE_READ; mode <= CS_STORE_WRITE; mode++) {
		assert_code(code, cs_store_open(&f->ctx, f->path, (enum cs_store_mode)mode, &store,
						&err));
		assert_says(part);
		assert_says(f->path);
		slurp(f->path, &after);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.data ? before.data : "", after.data ? after.data : "",
				    before.len);
	}
	assert_null(store);
	assert_int_equal(1, folder_count(f->folder));
	cs_buf_release(&before);
	cs_buf_release(&after);
}

static void refuses_strangers(void **state)
{
	struct fixture *f = *state;
	char zeros[8192] = { 0 };

	spill(f->path, "x", 1);
	assert_refused(f, CS_DB, "no SQLite file");
	spill(f->path, zeros, sizeof(zeros));
	assert_refused(f, CS_DB, "no SQLite file");
	spill(f->path, "SQLite format 3", 16);
	assert_refused(f, CS_DB, "no SQLite file");
	unlink(f->path);
	tamper(f->path, "CREATE TABLE t (a); PRAGMA journal_mode = WAL; INSERT INTO t VALUES (1)");
	assert_refused(f, CS_DB, "not a store of cachestat");
	unlink(f->path);
	tamper(f->path, "CREATE TABLE t (a); PRAGMA application_id = 252006675");
	assert_refused(f, CS_DB, "not a store of cachestat");
}

static void refuses_newer(void **state)
{
	struct fixture *f = *state;

	make_store(f, 0, 1);
	tamper(f->path, "PRAGMA user_version = 99");
	assert_refused(f, CS_DB, "schema version 99");
}

static void refuses_damaged(void **state)
{
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;
	struct cs_store *store = NULL;
	size_t found = 0;

	make_store(f, 0, 30);
	slurp(f->path, &good);
	spill(f->path, good.data, good.len - 4096 * 3);
	assert_refused(f, CS_DB, "damaged");
	spill(f->path, good.data, good.len / 2 + 100);
	assert_refused(f, CS_DB, "damaged");
	/* a page of noise at each place: an error or the right answer, never a crash, never a
	 * change */
	for (size_t at = 4096; at + 4096 <= good.len; at += 4096) {
		struct cs_buf bad = CS_BUF_INIT, after = CS_BUF_INIT;
		int r;

		assert_int_equal(0, cs_buf_add(&bad, good.data, good.len));
		for (size_t i = 0; i < 4096; i++)
			bad.data[at + i] = (char)((i + at) * 2654435761u >> 23);
		spill(f->path, bad.data, bad.len);
		r = cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err);
		if (r == 0) {
			cs_store_close(store);
		} else {
			assert_int_equal(-CS_DB, r);
			assert_says("damaged");
			found++;
		}
		slurp(f->path, &after);
		assert_int_equal(bad.len, after.len);
		assert_memory_equal(bad.data, after.data, bad.len);
		cs_buf_release(&bad);
		cs_buf_release(&after);
	}
	/* only free pages may be noise */
	assert_true(found + 3 >= good.len / 4096 - 1);
	cs_buf_release(&good);
}

#define ONE_MORE_STEP(hex)                                                                         \
	"UPDATE builds SET n_steps = n_steps + 1; "                                                \
	"UPDATE build_steps SET data = data || x'" hex "'"

/* Numbers and digests that no program of ours wrote: an error that names the store, no crash. */
static void refuses_hostile_rows(void **state)
{
	static const char *const attacks[] = {
		"UPDATE build_steps SET data = substr(data, 1, length(data) - 1)",
		/* one step more: its state, evidence, bits, definition, layer, inputs */
		ONE_MORE_STEP("000601"),
		ONE_MORE_STEP("004001"),
		ONE_MORE_STEP("800101"),
		ONE_MORE_STEP("0001"),
		ONE_MORE_STEP("0001ff"),
		ONE_MORE_STEP("0001ffffffffffffffffff01"),
		ONE_MORE_STEP("00018f4e"),
		ONE_MORE_STEP("10010163"),
		ONE_MORE_STEP("100101ffffffffff7f"),
		ONE_MORE_STEP("400101ff7f"),
		ONE_MORE_STEP("40010101ffffffff7f"),
		ONE_MORE_STEP("400101017f"),
		ONE_MORE_STEP("2001018f4e"),
		"UPDATE step_defs SET class = 1000000",
		"UPDATE builds SET status = NULL WHERE 0; UPDATE builds SET status = 9",
		"UPDATE builds SET n_steps = 1152921504606846976",
		"UPDATE builds SET n_layers = 0",
		"UPDATE builds SET config_digest = x'01'",
		"UPDATE builds SET config_digest = zeroblob(33)",
		"UPDATE builds SET scope_id = 123456",
		"UPDATE layers SET diff_id = x'0300' WHERE layer_no = 1",
		"UPDATE build_layers SET verdict = 256",
		"UPDATE build_layers SET verdict = 12",
		"UPDATE places SET created_by_id = -5",
		"DELETE FROM step_defs",
		"DELETE FROM texts",
		"DELETE FROM build_steps",
	};
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;

	make_store(f, 0, 3);
	slurp(f->path, &good);
	for (size_t i = 0; i <= CS_N(attacks); i++) {
		bool attack = i < CS_N(attacks);
		struct cs_store *store;
		struct cs_build b;
		int r;

		spill(f->path, good.data, good.len);
		/* the last is none: a step that is one */
		tamper(f->path, attack ? attacks[i] : ONE_MORE_STEP("000101"));
		store = open_store(f, CS_STORE_READ);
		r = cs_store_build_get(store, NULL, "^0",
				       CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS, f->arena,
				       &b, &err);
		if (r != (attack ? -CS_DB : 0))
			fail_msg("%s: %d", attack ? attacks[i] : "none", r);
		if (attack)
			assert_says(f->path);
		cs_store_close(store);
	}
	cs_buf_release(&good);
}

static void refuses_foreign_schema(void **state)
{
	static const char *const attacks[] = {
		"DROP TABLE builds",
		"DROP TABLE builds; CREATE VIEW builds AS SELECT 1 AS id",
		"ALTER TABLE builds RENAME COLUMN id TO di",
	};
	struct fixture *f = *state;
	struct cs_buf good = CS_BUF_INIT;
	struct cs_build b;
	enum cs_put put;

	make_store(f, 0, 2);
	slurp(f->path, &good);
	sample_build(f->arena, 7, &b);
	for (size_t i = 0; i < CS_N(attacks); i++) {
		struct cs_store *store;

		spill(f->path, good.data, good.len);
		tamper(f->path, attacks[i]);
		store = open_store(f, CS_STORE_WRITE);
		assert_code(CS_DB, cs_store_build_put(store, &b, &put, &err));
		assert_says(f->path);
		cs_store_close(store);
	}
	/* a trigger that was planted does not fire */
	spill(f->path, good.data, good.len);
	tamper(f->path, "CREATE TRIGGER t AFTER INSERT ON builds BEGIN DELETE FROM layers; END");
	make_store(f, 7, 8);
	assert_int_equal(7, ask(f->path, "SELECT COUNT(*) FROM layers"));
	cs_buf_release(&good);
}

/* --- reading --- */

static int read_builds(struct fixture *f, const char *path)
{
	struct cs_store *store = NULL;
	struct cs_store_info info = { .builds = -1 };

	if (cs_store_open(&f->ctx, path, CS_STORE_READ, &store, &err) < 0)
		return -1;
	if (cs_store_info(store, f->arena, &info, &err) < 0)
		info.builds = -1;
	cs_store_close(store);
	return (int)info.builds;
}

static void reading_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct cs_buf before = CS_BUF_INIT, after = CS_BUF_INIT;

	make_store(f, 0, 3);
	slurp(f->path, &before);
	assert_int_equal(3, read_builds(f, f->path));
	assert_int_equal(1, folder_count(f->folder));
	slurp(f->path, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	cs_buf_release(&before);
	cs_buf_release(&after);
}

/* The log of a writer who was killed is read, but not taken in. */
static void reads_a_log_left_behind(void **state)
{
	struct fixture *f = *state;
	struct cs_buf before = CS_BUF_INIT, after = CS_BUF_INIT;
	pid_t pid;
	int status;

	make_store(f, 0, 1);
	slurp(f->path, &before);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		put_samples(f, open_store(f, CS_STORE_WRITE), 1, 2);
		_exit(0); /* without closing */
	}
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_int_equal(3, folder_count(f->folder));
	assert_int_equal(2, read_builds(f, f->path));
	assert_int_equal(2, read_builds(f, f->path));
	slurp(f->path, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	make_store(f, 2, 3);
	assert_int_equal(1, folder_count(f->folder));
	assert_int_equal(3, read_builds(f, f->path));
	cs_buf_release(&before);
	cs_buf_release(&after);
}

/* A writer that closes while we read is not the last: then we are. */
static void tidies_after_a_writer(void **state)
{
	struct fixture *f = *state;
	struct cs_store *reader;

	make_store(f, 0, 1);
	reader = open_store(f, CS_STORE_READ);
	make_store(f, 1, 3);
	cs_store_close(reader);
	assert_int_equal(1, folder_count(f->folder));
	assert_int_equal(3, read_builds(f, f->path));
}

/* Runs fn as nobody, if we are root; its result. */
static int as_nobody(struct fixture *f, int (*fn)(struct fixture *f, const char *path),
		     const char *path)
{
	pid_t pid;
	int status = 0;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 &&
		    (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		_exit(fn(f, path) & 0xff);
	}
	assert_true(pid > 0);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int write_fails(struct fixture *f, const char *path)
{
	struct cs_store *store = NULL;
	int r = cs_store_open(&f->ctx, path, CS_STORE_WRITE, &store, &err);

	return r == -CS_IO && strstr(err.msg, path) && strstr(err.msg, "denied") ? 0 : 1;
}

static void read_only_media(void **state)
{
	struct fixture *f = *state;
	char *media = path_in(f->folder, "r o%?#");
	char *path;
	struct cs_buf before = CS_BUF_INIT, after = CS_BUF_INIT;

	assert_int_equal(0, mkdir(media, 0755));
	path = path_in(media, "s.db");
	free(f->path);
	f->path = path;
	make_store(f, 0, 4);
	slurp(path, &before);
	chmod(f->folder, 0755);
	chmod(path, 0444);
	chmod(media, 0555);
	assert_int_equal(4, as_nobody(f, read_builds, path));
	assert_int_equal(0, as_nobody(f, write_fails, path));
	assert_int_equal(1, folder_count(media));
	slurp(path, &after);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	/* a log that cannot be read there is not passed over in silence */
	chmod(media, 0755);
	{
		char *wal = path_in(media, "s.db-wal");

		spill(wal, "something", 9);
		chmod(wal, 0400);
		chmod(media, 0555);
		if (geteuid() == 0)
			assert_int_equal(255, as_nobody(f, read_builds, path));
		chmod(media, 0755);
		free(wal);
	}
	chmod(path, 0644);
	cs_buf_release(&before);
	cs_buf_release(&after);
	free(media);
}

#define T(name) cmocka_unit_test_setup_teardown(name, file_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(fresh_store),
		T(empty_file_is_fresh),
		T(half_made_is_fresh),
		T(absent_reads_as_empty),
		T(urls),
		T(default_place),
		T(refuses_strangers),
		T(refuses_newer),
		T(refuses_damaged),
		T(refuses_hostile_rows),
		T(refuses_foreign_schema),
		T(reading_leaves_nothing),
		T(reads_a_log_left_behind),
		T(tidies_after_a_writer),
		T(read_only_media),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
