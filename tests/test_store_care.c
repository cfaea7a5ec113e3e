/* SPDX-License-Identifier: Apache-2.0 */
/* Care of the store: examination, copies, forgetting. */
#include "support/test.h"

#include "support/store.h"

#include "store/store_impl.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* --- examination --- */

static int collect(void *arg, const char *problem)
{
	struct cs_buf *buf = arg;

	cs_buf_printf(buf, "%s\n", problem);
	return 0;
}

static void examine(struct fixture *f, struct cs_buf *ret)
{
	struct cs_store *store = open_store(f, CS_STORE_READ);

	cs_buf_reset(ret);
	assert_int_equal(0, cs_buf_puts(ret, ""));
	assert_done(cs_store_check(store, collect, ret, &err));
	cs_store_close(store);
}

static void sound(void **state)
{
	struct fixture *f = *state;

	examine(f, &f->a); /* no store at all */
	assert_string_equal("", f->a.data);
	make_store(f, 0, 20);
	examine(f, &f->a);
	assert_string_equal("", f->a.data);
	assert_int_equal(1, folder_count(f->folder));
}

static void finds_what_is_wrong(void **state)
{
	static const struct {
		const char *sql, *problem;
	} harms[] = {
		{ "DELETE FROM build_steps WHERE build_no = 2", "build no. 2 lacks steps" },
		{ "DELETE FROM build_layers WHERE build_no = 3 AND idx = 0",
		  "build no. 3 lacks layers" },
		{ "DELETE FROM build_labels WHERE build_no = 1", "build no. 1 lacks labels" },
		{ "UPDATE build_steps SET data = x'00018f4e' WHERE build_no = 4",
		  "has no definition no. 9999" },
		{ "UPDATE build_layers SET scope_id = 999 WHERE build_no = 4",
		  "build no. 4 has a layer in another scope" },
		{ "UPDATE manifests SET part = 1 WHERE manifest_no = 1",
		  "entry list no. 1 lacks a part" },
		{ "DELETE FROM places WHERE place_no = 1", "refers to a missing row of places" },
		{ "DELETE FROM runs", "of builds refers to a missing row of runs" },
		{ "DELETE FROM texts WHERE text = 'test'", "is missing" },
		{ "UPDATE layers SET content_digest = x'0011'", "a digest of 2 bytes" },
		{ "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 3 WHERE name = "
		  "'builds_by_time'",
		  "" },
	};
	struct fixture *f = *state;

	make_store(f, 0, 5);
	slurp(f->path, &f->b);
	for (size_t i = 0; i < CS_N(harms); i++) {
		spill(f->path, f->b.data, f->b.len);
		tamper(f->path, harms[i].sql);
		examine(f, &f->a);
		if (!f->a.len || !strstr(f->a.data, harms[i].problem))
			fail_msg("%s: '%s'", harms[i].sql, f->a.data);
	}
}

static int stop_at_once(void *arg CS_UNUSED, const char *problem CS_UNUSED)
{
	return 1;
}

static void finds_damaged_pages(void **state)
{
	struct fixture *f = *state;
	size_t found = 0, pages;

	make_store(f, 0, 30);
	slurp(f->path, &f->b);
	pages = f->b.len / 4096;
	for (size_t p = 1; p < pages; p++) {
		struct cs_store *store = NULL;

		memcpy(f->b.data + 4096 * p, f->b.data + 4096 * (pages - p), 1000);
		spill(f->path, f->b.data, f->b.len);
		if (cs_store_open(&f->ctx, f->path, CS_STORE_READ, &store, &err) < 0) {
			assert_int_equal(CS_DB, err.code);
			found++;
			continue;
		}
		cs_buf_reset(&f->a);
		assert_done(cs_store_check(store, collect, &f->a, &err));
		found += f->a.len > 0;
		assert_true(cs_store_check(store, stop_at_once, NULL, &err) >= 0);
		cs_store_close(store);
	}
	assert_int_equal(pages - 1, found); /* damage adds up here */
}

/* --- copies --- */

static void backup(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store, *other;
	char *missing = path_in(f->folder, "no/such/copy.db");
	struct stat st;

	make_store(f, 0, 10);
	store = open_store(f, CS_STORE_WRITE);
	put_samples(f, store, 10, 12); /* these stand in the log only */
	spill(f->copy, "what was there before", 21);
	assert_done(cs_store_backup(store, f->copy, &err));
	assert_int_equal(0, stat(f->copy, &st));
	assert_int_equal(0600, st.st_mode & 07777);
	dump_store(f->path, &f->a);
	dump_store(f->copy, &f->b);
	assert_string_equal(f->a.data, f->b.data);
	assert_done(cs_store_open(&f->ctx, f->copy, CS_STORE_READ, &other, &err));
	assert_done(cs_store_check(other, collect, &f->a, &err));
	cs_store_close(other);
	/* the store itself is no place for its copy, whatever it is called */
	assert_int_equal(0, symlink(f->path, missing) < 0 ? 0 : 1);
	assert_code(CS_USAGE, cs_store_backup(store, f->path, &err));
	assert_code(CS_NOTFOUND, cs_store_backup(store, missing, &err));
	assert_code(CS_IO, cs_store_backup(store, f->folder, &err));
	cs_store_close(store);
	assert_int_equal(2, folder_count(f->folder));
	free(missing);
}

static void backup_from_reading(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store;

	make_store(f, 0, 3);
	store = open_store(f, CS_STORE_READ);
	assert_done(cs_store_backup(store, f->copy, &err));
	cs_store_close(store);
	dump_store(f->path, &f->a);
	dump_store(f->copy, &f->b);
	assert_string_equal(f->a.data, f->b.data);
}

/* --- forgetting --- */

static int64_t start_of(struct fixture *f, int n)
{
	struct cs_build b;

	sample_build(f->arena, n, &b);
	return cs_build_time(&b);
}

static int to_text(void *arg, const struct cs_build *b, struct cs_err *e CS_UNUSED)
{
	struct cs_buf *buf = arg;

	cs_buf_printf(buf, "%s %s %zu %zu\n", b->id, b->source, b->n_steps, b->n_layers);
	for (size_t i = 0; i < b->n_layers; i++)
		cs_buf_printf(buf, "  %s %s\n", b->layers[i].created_by, b->layers[i].comment);
	for (size_t i = 0; i < b->n_steps; i++)
		cs_buf_printf(buf, "  %s %s\n", b->steps[i].name, b->steps[i].instruction);
	return 0;
}

/* What may be seen from outside: builds, and how much of everything there is. */
static void view(struct fixture *f, const char *path, struct cs_buf *ret)
{
	static const char *const tables[] = { "texts",	   "runs",	  "builds", "build_labels",
					      "step_defs", "build_steps", "layers", "places",
					      "manifests", "build_layers" };
	struct cs_store *store;
	char sql[64];

	cs_buf_reset(ret);
	assert_done(cs_store_open(&f->ctx, path, CS_STORE_READ, &store, &err));
	assert_done(cs_store_builds(store, NULL, CS_WITH_STEPS | CS_WITH_LAYERS, -1, to_text, ret,
				    &err));
	cs_store_close(store);
	for (size_t i = 0; i < CS_N(tables); i++) {
		snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s", tables[i]);
		cs_buf_printf(ret, "%s %lld\n", tables[i], (long long)ask(path, sql));
	}
}

static void prune(struct fixture *f, const struct cs_filter *filter, int64_t before, bool dry_run,
		  int64_t want_builds, int64_t want_layers)
{
	struct cs_store *store = open_store(f, dry_run ? CS_STORE_READ : CS_STORE_WRITE);
	int64_t builds = -1, layers = -1;

	assert_done(cs_store_prune(store, filter, before, dry_run, &builds, &layers, &err));
	cs_store_close(store);
	assert_int_equal(want_builds, builds);
	assert_int_equal(want_layers, layers);
	cs_buf_reset(&f->a);
	examine(f, &f->a);
	assert_string_equal("", f->a.data);
}

/* After forgetting the first ones the store is as if they had never been recorded. */
static void as_if_never_recorded(void **state)
{
	struct fixture *f = *state;
	struct cs_buf before = CS_BUF_INIT;
	struct cs_store *store;
	int64_t size;

	make_store(f, 0, 140);
	size = ask(f->path, "PRAGMA page_count");
	assert_done(cs_store_open(&f->ctx, f->copy, CS_STORE_WRITE, &store, &err));
	put_samples(f, store, 117, 140);
	cs_store_close(store);
	dump_store(f->path, &before);
	/* 117 topmost layers and those of 5 builds each: 0-4 … 110-114; 115 is shared with 117 */
	prune(f, NULL, start_of(f, 117), true, 117, 117 + 23);
	dump_store(f->path, &f->b);
	assert_string_equal(before.data, f->b.data);
	cs_buf_release(&before);
	prune(f, NULL, start_of(f, 117), false, 117, 117 + 23);
	view(f, f->path, &f->a);
	view(f, f->copy, &f->b);
	assert_string_equal(f->b.data, f->a.data);
	/* space is given back, but for pages that are less full than in a new store */
	assert_true(ask(f->path, "PRAGMA page_count") < size * 2 / 3);
	assert_true(ask(f->path, "PRAGMA page_count") < ask(f->copy, "PRAGMA page_count") * 3 / 2);
	assert_int_equal(0, ask(f->path, "PRAGMA freelist_count"));
	/* and forgetting again forgets nothing */
	prune(f, NULL, start_of(f, 117), false, 0, 0);
	/* what is recorded after it works on as before */
	store = open_store(f, CS_STORE_WRITE);
	put_samples(f, store, 0, 3);
	cs_store_close(store);
	assert_int_equal(26, ask(f->path, "SELECT COUNT(*) FROM builds"));
}

static void everything(void **state)
{
	static const char *const tables[] = { "texts " NO_SCOPE, "runs",      "builds",
					      "build_labels",	 "step_defs", "build_steps",
					      "layers",		 "places",    "manifests",
					      "build_layers",	 "briefs" };
	struct fixture *f = *state;
	char sql[128];

	make_store(f, 0, 12);
	prune(f, NULL, INT64_MAX, false, 12, 2 + 3 + 12);
	for (size_t i = 0; i < CS_N(tables); i++) {
		snprintf(sql, sizeof(sql), "SELECT COUNT(*) FROM %s", tables[i]);
		assert_int_equal(0, ask(f->path, sql));
	}
	make_store(f, 0, 12);
	examine(f, &f->a);
	assert_string_equal("", f->a.data);
}

static void only_what_matches(void **state)
{
	struct fixture *f = *state;
	struct cs_filter filter;

	make_store(f, 0, 30);
	cs_filter_init(&filter);
	cs_filter_add(&filter.scope, "production");
	prune(f, &filter, start_of(f, 9), true, 3, 3);
	prune(f, &filter, start_of(f, 9), false, 3, 3); /* 0 3 6 */
	filter.until_unix_ns = start_of(f, 10);
	prune(f, &filter, start_of(f, 20), false, 1, 1); /* 9: the filter's end is earlier */
	assert_int_equal(26, ask(f->path, "SELECT COUNT(*) FROM builds"));
	cs_filter_add(&filter.project, "nowhere");
	prune(f, &filter, INT64_MAX, false, 0, 0);
}

/* The order of recording survives: what was first is now the first of those left. */
static void first_sighting_moves_on(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store;
	struct cs_seen seen;
	struct cs_build b;
	char id[17];

	make_store(f, 0, 10);
	prune(f, NULL, start_of(f, 4), false, 4, 4);
	store = open_store(f, CS_STORE_READ);
	sample_build(f->arena, 4, &b);
	cs_build_make_id(&b, id);
	assert_done(chain_seen(store, "app", "test", &b.layers[0].chain_id, NULL, f->arena, &seen,
			       &err));
	assert_string_equal(id, seen.build_id);
	cs_store_close(store);
}

static void refuses_to_forget_while_reading(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store;
	int64_t builds = -1, layers = -1;

	make_store(f, 0, 2);
	store = open_store(f, CS_STORE_READ);
	assert_code(CS_USAGE,
		    cs_store_prune(store, NULL, INT64_MAX, false, &builds, &layers, &err));
	assert_int_equal(-1, builds);
	cs_store_close(store);
}

/* Others record what uses the very texts and layers that are being forgotten. */
static void while_others_record(void **state)
{
	struct fixture *f = *state;
	int status, rounds = 0;
	pid_t pid;

	make_store(f, 0, 200);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 150; i++) {
			struct cs_build b;
			enum cs_put put;
			struct cs_store *store = NULL;

			sample_build(f->arena, i, &b);
			b.facts.started_unix_ns += INT64_C(1000000) * CS_NS_PER_S;
			if (cs_store_open(&f->ctx, f->path, CS_STORE_WRITE, &store, &err) < 0 ||
			    cs_store_build_put(store, &b, &put, &err) < 0) {
				fprintf(stderr, "recording: %s\n", err.msg);
				_exit(1);
			}
			cs_store_close(store);
		}
		_exit(0);
	}
	do {
		struct cs_store *store = open_store(f, CS_STORE_WRITE);
		int64_t builds, layers;

		assert_done(cs_store_prune(store, NULL, start_of(f, 20 * ++rounds), false, &builds,
					   &layers, &err));
		cs_store_close(store);
	} while (waitpid(pid, &status, rounds < 10 ? WNOHANG : 0) == 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	{
		struct cs_store *store = open_store(f, CS_STORE_WRITE);
		int64_t builds, layers;

		assert_done(cs_store_prune(store, NULL, start_of(f, 200), false, &builds, &layers,
					   &err));
		cs_store_close(store);
	}
	examine(f, &f->a);
	assert_string_equal("", f->a.data);
	assert_int_equal(150, ask(f->path, "SELECT COUNT(*) FROM builds"));
}

/* --- others write between finding what is unused and deleting it --- */

struct meanwhile {
	struct cs_driver driver; /* the store's, but for one function */
	const struct cs_driver *real;
	struct fixture *f;
	void (*write)(struct fixture *f);
	int asked, when;
};

/* The vtable takes no argument. */
static struct meanwhile *meanwhile;

/* Asked when a snapshot is open to find what is unused, and before that is deleted. */
static int others(struct cs_db *db, int64_t *ret, struct cs_err *e)
{
	int r = meanwhile->real->others(db, ret, e);

	if (++meanwhile->asked == meanwhile->when)
		meanwhile->write(meanwhile->f);
	return r;
}

/* The oldest, with a step and an error that no other has. */
static void only_one(struct fixture *f, struct cs_build *ret)
{
	sample_build(f->arena, 0, ret);
	ret->steps[1].name = "the one that does this";
	ret->steps[1].error = "and fails";
}

static void record_it(struct fixture *f)
{
	struct cs_store *store = open_store(f, CS_STORE_WRITE);
	struct cs_build b;

	only_one(f, &b);
	put_build(f, store, &b, CS_PUT_NEW);
	cs_store_close(store);
}

/* A build that stays gets the steps and texts of one that went. */
static void write_again(struct fixture *f)
{
	struct cs_store *store = open_store(f, CS_STORE_WRITE);
	struct cs_build b, gone;
	char id[17];
	const char *ids[] = { id };

	only_one(f, &gone);
	sample_build(f->arena, 2, &b);
	cs_build_make_id(&b, id);
	b.steps = gone.steps;
	b.n_steps = gone.n_steps;
	b.facts.labels = gone.facts.labels;
	b.facts.n_labels = gone.facts.n_labels;
	b.facts.ref = gone.facts.ref;
	assert_done(cs_store_build_replace(store, &b, ids, 1, &err));
	cs_store_close(store);
}

static void keeps_what_others_use_by_now(void **state)
{
	static void (*const writes[])(struct fixture *) = { record_it, write_again };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2 * CS_N(writes); i++) {
		/* definitions; texts, when definitions that nobody used are gone */
		struct meanwhile m = { .f = f, .write = writes[i / 2], .when = i % 2 ? 3 : 1 };
		struct cs_store *store;
		int64_t builds, layers;

		unlink(f->path);
		make_store(f, 1, 3);
		record_it(f);
		store = open_store(f, CS_STORE_WRITE);
		m.real = store->driver;
		m.driver = *m.real;
		m.driver.others = others;
		store->driver = &m.driver;
		meanwhile = &m;
		assert_done(
			cs_store_prune(store, NULL, start_of(f, 1), false, &builds, &layers, &err));
		store->driver = m.real;
		cs_store_close(store);
		assert_int_equal(1, builds);
		assert_true(m.asked > m.when);
		examine(f, &f->a);
		assert_string_equal("", f->a.data);
		assert_int_equal(i < 2 ? 3 : 2, ask(f->path, "SELECT COUNT(*) FROM builds"));
	}
}

#define T(name) cmocka_unit_test_setup_teardown(name, file_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(sound),
		T(finds_what_is_wrong),
		T(finds_damaged_pages),
		T(backup),
		T(backup_from_reading),
		T(as_if_never_recorded),
		T(everything),
		T(only_what_matches),
		T(first_sighting_moves_on),
		T(refuses_to_forget_while_reading),
		T(while_others_record),
		T(keeps_what_others_use_by_now),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
