/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What several sources tell of one build becomes one row: what is kin is found, a row takes the
 * place of its parts, and the order in which sources come in leaves no trace.
 */
#include "support/test.h"

#include "support/store.h"

#include "model/merge.h"
#include "store/store_impl.h"

static const unsigned ALL = CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS | CS_WITH_RECIPE;

static void get(struct fixture *f, const char *spec, struct cs_build *ret)
{
	assert_done(cs_store_build_get(f->store, NULL, spec, ALL, f->arena, ret, &err));
}

static int complain(void *arg CS_UNUSED, const char *problem)
{
	fail_msg("%s", problem);
	return 0;
}

static void assert_sound(struct fixture *f)
{
	assert_done(cs_store_check(f->store, complain, NULL, &err));
}

static int64_t count(struct fixture *f, enum cs_sql sql)
{
	int64_t n = -1;

	assert_int_equal(0, cs_st_int(f->store, sql, NULL, 0, &n, &err));
	return n;
}

static int64_t builds(struct fixture *f)
{
	return count(f, CS_SQL_INFO_BUILDS);
}

/* --- recipes, results, origins --- */

static void everything_round_trips(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;

	for (int i = 0; i < 5; i++) {
		full_build(f->arena, i, &in);
		put_build(f, f->store, &in, CS_PUT_NEW);
		get(f, in.builder_ref, &out);
		assert_same_build(&in, &out);
		assert_true(cs_build_same(&in, &out));
		assert_true(cs_build_same(&out, &in));
		assert_int_equal(3, out.n_results); /* the manifest is one of them */
		assert_memory_equal(in.told_by, out.told_by, sizeof(in.told_by));
		assert_memory_equal(in.facts.from, out.facts.from, sizeof(in.facts.from));
	}
	/* not without being asked for */
	assert_done(cs_store_build_get(f->store, NULL, "^0", ALL & ~(unsigned)CS_WITH_RECIPE,
				       f->arena, &out, &err));
	assert_int_equal(0, out.n_results);
	assert_null(out.recipe.dockerfile_text);
	assert_null(out.recipe.vcs_revision);
	assert_int_equal(-1, out.recipe.n_warnings);
	assert_sound(f);
}

static void unknown_recipe_takes_no_room(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;

	cs_build_init(&in);
	in.builder_ref = "x";
	put_build(f, f->store, &in, CS_PUT_NEW);
	get(f, "x", &out);
	assert_true(cs_build_same(&in, &in));
	assert_int_equal(0, out.n_results);
	assert_int_equal(0, out.recipe.n_build_args);
	assert_int_equal(-1, out.recipe.n_warnings);
	assert_null(out.recipe.dockerfile);
}

static void recipes_are_shared(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store = open_store(f, CS_STORE_WRITE);
	struct cs_build b;

	for (int i = 0; i < 9; i++) {
		full_build(f->arena, i, &b);
		put_build(f, store, &b, CS_PUT_NEW);
	}
	cs_store_close(store);
	assert_int_equal(1, ask(f->path, "SELECT COUNT(DISTINCT recipe_id) FROM builds"));
	assert_int_equal(1, ask(f->path, "SELECT COUNT(DISTINCT dockerfile_id) FROM builds"));
	assert_int_equal(9, ask(f->path, "SELECT COUNT(DISTINCT revision_id) FROM builds"));
}

/* What somebody else wrote into the store is damage, not a crash. */
static void damaged_recipes_and_origins(void **state)
{
	static const char *const bad[] = {
		"UPDATE texts SET text = '{' WHERE text LIKE '{\"args\"%'",
		"UPDATE texts SET text = '[]' WHERE text LIKE '{\"args\"%'",
		"UPDATE texts SET text = '{\"args\":3}' WHERE text LIKE '{\"args\"%'",
		"UPDATE texts SET text = '{\"args\":[[null,\"x\"]]}' WHERE text LIKE '{\"args\"%'",
		"UPDATE texts SET text = '{\"base\":[\"sha256:zz\"]}' WHERE text LIKE '{\"args\"%'",
		"UPDATE texts SET text = '{\"caches\":[[]]}' WHERE text LIKE '{\"args\"%'",
		"UPDATE texts SET text = '{\"args\":[[[[[[[]]]]]]]}' WHERE text LIKE '{\"args\"%'",
		"UPDATE texts SET text = '{\"vcs\":7}' WHERE text LIKE '{\"args\"%'",
		"UPDATE builds SET recipe_id = 99999",
		"UPDATE builds SET origins = zeroblob(99)",
		"UPDATE builds SET origins = x'ff'",
		"UPDATE builds SET origins = x'00000000000000000000000009'",
		"UPDATE builds SET results = substr(results, 1, 20)",
	};
	struct fixture *f = *state;
	struct cs_store *store;
	struct cs_build b;

	for (size_t i = 0; i < CS_N(bad); i++) {
		int r;

		unlink(f->path);
		store = open_store(f, CS_STORE_WRITE);
		full_build(f->arena, 1, &b);
		put_build(f, store, &b, CS_PUT_NEW);
		cs_store_close(store);
		tamper(f->path, bad[i]);
		store = open_store(f, CS_STORE_READ);
		r = cs_store_build_get(store, NULL, "^0", ALL, f->arena, &b, &err);
		if (r != -CS_DB)
			fail_msg("%s: %d", bad[i], r);
		assert_says("damaged");
		cs_store_close(store);
	}
}

static int count_problem(void *arg, const char *problem CS_UNUSED)
{
	++*(int *)arg;
	return 0;
}

static void check_sees_missing_results(void **state)
{
	static const char *const bad[] = {
		"DELETE FROM build_results WHERE head = (SELECT graph FROM builds)",
		"UPDATE build_results SET kind = 0",
		"UPDATE build_results SET time_unix_ns = 5",
		"INSERT INTO build_results SELECT project_id, head, kind, 5, 99 FROM build_results",
		"UPDATE run_labels SET key_id = 99999",
		"UPDATE run_jobs SET name_id = 99999",
		"INSERT INTO run_jobs VALUES (99, 0, 1, NULL, NULL)",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < CS_N(bad); i++) {
		struct cs_kv label = { "a", "b" };
		struct cs_run_job job = { "test", NULL, -1 };
		struct cs_store *store;
		struct cs_build b;
		struct cs_run run;
		enum cs_put put;
		int n = 0;

		unlink(f->path);
		store = open_store(f, CS_STORE_WRITE);
		full_build(f->arena, 1, &b);
		put_build(f, store, &b, CS_PUT_NEW);
		cs_run_init(&run);
		run.run_id = "1";
		run.labels = &label;
		run.jobs = &job;
		run.n_labels = run.n_jobs = 1;
		assert_done(cs_store_run_put(store, &run, &put, &err));
		assert_done(cs_store_check(store, count_problem, &n, &err));
		assert_int_equal(0, n);
		cs_store_close(store);
		tamper(f->path, bad[i]);
		store = open_store(f, CS_STORE_READ);
		assert_done(cs_store_check(store, count_problem, &n, &err));
		if (n == 0)
			fail_msg("nothing is said of: %s", bad[i]);
		cs_store_close(store);
	}
}

/* --- in the place of others --- */

static const char *id_of(struct fixture *f, const struct cs_build *b)
{
	char *id = cs_arena_alloc(f->arena, 17);

	cs_build_make_id(b, id);
	return id;
}

static void replaces_its_parts(void **state)
{
	struct fixture *f = *state;
	struct cs_build parts[3], whole, out;
	struct cs_buf list = CS_BUF_INIT;
	const char *ids[2];
	int64_t no, again;

	for (int i = 0; i < 3; i++) {
		sample_build(f->arena, i, &parts[i]);
		put_build(f, f->store, &parts[i], CS_PUT_NEW);
	}
	ids[0] = id_of(f, &parts[2]); /* the order of the list is nothing */
	ids[1] = id_of(f, &parts[1]);
	assert_done(cs_st_build_no(f->store, ids[1], &no, &err));
	full_build(f->arena, 1, &whole);
	for (size_t i = 0; i < whole.n_layers; i++)
		whole.layers[i].manifest = NULL; /* as it came out of the store */
	whole.recorded_unix_ns = CS_TIME_NONE;
	assert_done(cs_store_build_replace(f->store, &whole, ids, 2, &err));
	assert_int_equal(2, builds(f));
	get(f, whole.builder_ref, &out);
	assert_same_build(&whole, &out);
	assert_int_equal(parts[1].recorded_unix_ns, out.recorded_unix_ns);
	assert_done(cs_st_build_no(f->store, out.id, &again, &err));
	assert_int_equal(no, again);
	for (int i = 0; i < 2; i++) {
		struct cs_build same;

		get(f, ids[i], &same); /* who was given the old id finds it */
		assert_string_equal(out.id, same.id);
	}
	assert_code(CS_NOTFOUND, cs_store_build_replace(f->store, &whole, ids, 1, &err));
	put_build(f, f->store, &parts[2], CS_PUT_SAME);
	/* the entry lists that are nowhere else are still there, those of nobody are gone */
	assert_int_equal(0, cs_store_layer_manifest(f->store, "app", &parts[1].layers[3].diff_id,
						    &list, &err));
	assert_int_equal(1, cs_store_layer_manifest(f->store, "app", &parts[2].layers[3].diff_id,
						    &list, &err));
	cs_buf_release(&list);
	assert_sound(f);
	/* by itself, told more of */
	ids[0] = id_of(f, &whole);
	whole.facts.run_id = "another";
	whole.n_results = 0;
	whole.graph = 0;
	whole.id = "00aa00aa00aa00aa";
	assert_done(cs_store_build_replace(f->store, &whole, ids, 1, &err));
	get(f, id_of(f, &parts[2]), &out); /* still */
	assert_string_equal(whole.id, out.id);
	get(f, "00aa", &out);
	assert_string_equal("another", out.facts.run_id);
	assert_int_equal(2, out.n_results);
	assert_int_equal(2, count(f, CS_SQL_INFO_RUNS)); /* what no build names is gone */
	/* a new build is behind all */
	full_build(f->arena, 7, &whole);
	put_build(f, f->store, &whole, CS_PUT_NEW);
	assert_done(cs_st_build_no(f->store, id_of(f, &whole), &again, &err));
	assert_int_equal(4, again);
	assert_sound(f);
}

static void replaces_nothing_by_mistake(void **state)
{
	struct fixture *f = *state;
	struct cs_build a, b, out;
	const char *ids[2];

	put_samples(f, f->store, 0, 3);
	sample_build(f->arena, 1, &a);
	sample_build(f->arena, 2, &b);
	ids[0] = id_of(f, &a);
	ids[1] = "0123456789abcdef";
	a.facts.completed_unix_ns++;
	assert_code(CS_NOTFOUND, cs_store_build_replace(f->store, &a, ids, 2, &err));
	assert_says("0123456789abcdef");
	assert_code(CS_USAGE, cs_store_build_replace(f->store, &b, ids, 1, &err));
	assert_code(CS_USAGE, cs_store_build_replace(f->store, &b, ids, 0, &err));
	ids[1] = "nonsense";
	assert_code(CS_NOTFOUND, cs_store_build_replace(f->store, &a, ids, 2, &err));
	assert_int_equal(3, builds(f));
	get(f, ids[0], &out);
	assert_int_equal(a.facts.completed_unix_ns - 1, out.facts.completed_unix_ns);
	/* neither ends a bulk */
	assert_done(cs_store_bulk_begin(f->store, &err));
	assert_code(CS_NOTFOUND, cs_store_build_replace(f->store, &a, ids, 2, &err));
	assert_done(cs_store_build_replace(f->store, &a, ids, 1, &err));
	assert_done(cs_store_bulk_end(f->store, true, &err));
	get(f, ids[0], &out);
	assert_int_equal(a.facts.completed_unix_ns, out.facts.completed_unix_ns);
}

/* --- bulks --- */

static void bulk_is_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	struct cs_store *store = open_store(f, CS_STORE_WRITE), *other;
	struct cs_build b, out;
	struct cs_run run;
	enum cs_put put;

	for (int keep = 0; keep < 2; keep++) {
		assert_done(cs_store_bulk_begin(store, &err));
		put_samples(f, store, 0, 5);
		cs_run_init(&run);
		run.run_id = "alone";
		assert_done(cs_store_run_put(store, &run, &put, &err));
		assert_int_equal(CS_PUT_NEW, put);
		sample_build(f->arena, 3, &b);
		put_build(f, store, &b, CS_PUT_SAME);
		/* what was put is seen here, and nowhere else */
		assert_done(
			cs_store_build_get(store, NULL, id_of(f, &b), ALL, f->arena, &out, &err));
		assert_same_build(&b, &out);
		other = open_store(f, CS_STORE_READ);
		assert_code(CS_NOTFOUND,
			    cs_store_build_get(other, NULL, id_of(f, &b), 0, f->arena, &out, &err));
		cs_store_close(other);
		assert_done(cs_store_bulk_end(store, keep, &err));
		assert_int_equal(keep ? 5 : 0, ask(f->path, "SELECT COUNT(*) FROM builds"));
		assert_int_equal(keep ? 4 : 0, ask(f->path, "SELECT COUNT(*) FROM runs"));
	}
	assert_done(cs_store_check(store, complain, NULL, &err));
	cs_store_close(store);
}

static int write_within(void *arg, const struct cs_build *b CS_UNUSED, struct cs_err *e CS_UNUSED)
{
	struct fixture *f = arg;
	struct cs_err inner;

	assert_int_equal(-CS_USAGE, cs_store_bulk_begin(f->store, &inner));
	assert_int_equal(-CS_USAGE, cs_store_bulk_end(f->store, true, &inner));
	return 0;
}

static int stop(void *arg CS_UNUSED, const struct cs_build *b CS_UNUSED, struct cs_err *e)
{
	return cs_err_set(e, CS_FORMAT, "enough");
}

static void bulk_has_rules(void **state)
{
	struct fixture *f = *state;
	int64_t n_builds, n_layers;

	assert_code(CS_USAGE, cs_store_bulk_end(f->store, true, &err));
	assert_done(cs_store_bulk_begin(f->store, &err));
	assert_code(CS_USAGE, cs_store_bulk_begin(f->store, &err));
	put_samples(f, f->store, 0, 2);
	assert_code(CS_USAGE,
		    cs_store_prune(f->store, NULL, INT64_MAX, false, &n_builds, &n_layers, &err));
	assert_done(cs_store_builds(f->store, NULL, 0, -1, write_within, f, &err));
	/* a list that its receiver ends spoils nothing */
	assert_code(CS_FORMAT, cs_store_builds(f->store, NULL, 0, -1, stop, f, &err));
	put_samples(f, f->store, 2, 3);
	assert_done(cs_store_bulk_end(f->store, true, &err));
	assert_int_equal(3, builds(f));
	/* one that is never ended is no more than begun */
	assert_done(cs_store_bulk_begin(f->store, &err));
	put_samples(f, f->store, 3, 4);
}

/* --- kin --- */

static struct cs_build document(enum cs_source_kind kind, const char *ref)
{
	struct cs_build b;

	cs_build_init(&b);
	b.facts.project = "app";
	b.facts.scope = "test";
	b.source_kind = kind;
	b.builder_ref = ref;
	for (size_t i = 0; i < CS_N_FACTS; i++)
		b.facts.from[i] = (uint8_t)(CS_FROM_INPUT + kind);
	b.recorded_unix_ns = fixture_now();
	return b;
}

static size_t kin_of(struct fixture *f, const struct cs_build *b, struct cs_build **ret)
{
	size_t n = 99;

	assert_done(cs_store_build_kin(f->store, b, f->arena, ret, &n, &err));
	return n;
}

static void finds_kin(void **state)
{
	struct fixture *f = *state;
	struct cs_build *kin, b, part;

	part = document(CS_SOURCE_NONE, "r");
	assert_int_equal(0, kin_of(f, &part, &kin)); /* not even the project is there */
	full_build(f->arena, 1, &b);
	b.facts.project = "app";
	put_build(f, f->store, &b, CS_PUT_NEW);
	assert_int_equal(0, kin_of(f, &part, &kin));
	part.builder_ref = b.builder_ref;
	assert_int_equal(1, kin_of(f, &part, &kin));
	assert_true(cs_build_same(&b, &kin[0]));
	assert_non_null(kin[0].id);
	/* another ref with the same result is another build */
	part = document(CS_SOURCE_NONE, "other");
	part.results = b.results;
	part.n_results = 1;
	assert_int_equal(0, kin_of(f, &part, &kin));
	part.builder_ref = NULL;
	assert_int_equal(1, kin_of(f, &part, &kin));
	part.facts.project = "elsewhere";
	assert_int_equal(0, kin_of(f, &part, &kin));
	/* the manifest's digest is a result */
	part = document(CS_SOURCE_IMAGE, NULL);
	part.manifest_digest = b.manifest_digest;
	assert_int_equal(1, kin_of(f, &part, &kin));
	part.facts.commit = "feedfeedfeed";
	assert_int_equal(0, kin_of(f, &part, &kin)); /* which speaks against it */
	/* the same graph at the same time */
	part = document(CS_SOURCE_RECORD, NULL);
	part.graph = b.graph;
	assert_int_equal(0, kin_of(f, &part, &kin));
	part.facts.started_unix_ns = b.facts.started_unix_ns + 9 * CS_NS_PER_S;
	assert_int_equal(1, kin_of(f, &part, &kin));
	part.facts.started_unix_ns = b.facts.started_unix_ns - 11 * CS_NS_PER_S;
	assert_int_equal(0, kin_of(f, &part, &kin));
	part.facts.started_unix_ns = INT64_MAX;
	assert_int_equal(0, kin_of(f, &part, &kin));
	part.facts.started_unix_ns = INT64_MIN + 1;
	assert_int_equal(0, kin_of(f, &part, &kin));
}

/* A rebuild that changes nothing gives one digest to thousands of builds. */
static void kin_among_thousands(void **state)
{
	struct fixture *f = *state;
	struct cs_digest config = sample_digest("config", 1);
	struct cs_build *kin, b, part;

	assert_done(cs_store_bulk_begin(f->store, &err));
	for (int i = 0; i < 3000; i++) {
		b = document(CS_SOURCE_RECORD, cs_arena_printf(f->arena, "ref%d", i));
		b.config_digest = config;
		b.facts.started_unix_ns = (1000 + i) * 60 * CS_NS_PER_S;
		put_build(f, f->store, &b, CS_PUT_NEW);
	}
	assert_done(cs_store_bulk_end(f->store, true, &err));
	part = document(CS_SOURCE_RECORD, "new");
	part.config_digest = config;
	assert_int_equal(0, kin_of(f, &part, &kin));
	/* all lack its layers, more than are given at once */
	part = document(CS_SOURCE_IMAGE, NULL);
	part.config_digest = config;
	assert_int_equal(256, kin_of(f, &part, &kin));
	/* with a start there is only one, however old */
	part.facts.started_unix_ns = 1003 * 60 * CS_NS_PER_S;
	assert_int_equal(1, kin_of(f, &part, &kin));
	assert_string_equal("ref3", kin[0].builder_ref);
}

/* --- an image of several builds --- */

/* As intake does it. */
static void join(struct fixture *f, struct cs_build *into, const struct cs_build *from)
{
	assert_int_equal(0, cs_build_merge(into, from, f->arena, &err));
}

static void put_in_place(struct fixture *f, const struct cs_build *whole,
			 const struct cs_build *parts, size_t n)
{
	const char **ids = cs_arena_array(f->arena, n, sizeof(*ids));
	struct cs_build b = *whole;

	b.id = NULL;
	if (n == 1 && cs_build_same(&parts[0], whole))
		return;
	for (size_t i = 0; i < n; i++)
		ids[i] = parts[i].id;
	if (n)
		assert_done(cs_store_build_replace(f->store, &b, ids, n, &err));
	else
		put_build(f, f->store, &b, CS_PUT_NEW);
}

static void take_in(struct fixture *f, const struct cs_build *part)
{
	struct cs_build *kin, whole = *part, image;
	size_t n = kin_of(f, part, &kin), n_named = 0;

	for (size_t i = 0; i < n; i++)
		n_named += kin[i].builder_ref != NULL;
	if (!part->builder_ref && n_named) {
		for (size_t i = 0; i < n; i++) {
			whole = kin[i];
			join(f, &whole, part);
			put_in_place(f, &whole, &kin[i], 1);
		}
		return;
	}
	for (size_t i = 0; i < n; i++)
		join(f, &whole, &kin[i]);
	if (!whole.n_layers && whole.n_results + cs_digest_known(&whole.config_digest) > 0) {
		struct cs_digest *results;
		size_t n_results;

		assert_int_equal(0, cs_build_results(&whole, f->arena, &results, &n_results, &err));
		if (cs_store_image_layers(f->store, whole.facts.project, results, n_results,
					  f->arena, &image, &err) == 0)
			join(f, &whole, &image);
	}
	put_in_place(f, &whole, kin, n);
}

static void make_parts(struct fixture *f, struct cs_build parts[5])
{
	struct cs_build sample;

	sample_build(f->arena, 1, &sample);
	for (int i = 0; i < 2; i++) {
		struct cs_build *record = &parts[i], *metadata = &parts[2 + i];

		*record = document(CS_SOURCE_RECORD, i ? "second" : "first");
		record->facts.started_unix_ns = (100 + 60 * i) * CS_NS_PER_S;
		record->facts.commit = "0123456789ab";
		record->config_digest = sample.config_digest;
		record->status = CS_STATUS_COMPLETED;
		record->source = i ? "2.dockerbuild" : "1.dockerbuild";
		record->image_ref = "app:test";
		record->builder_cached_steps = i;
		record->steps = cs_arena_array(f->arena, 3, sizeof(*record->steps));
		memcpy(record->steps, sample.steps, 3 * sizeof(*record->steps));
		record->n_steps = 3;
		for (int k = 0; k < 3; k++)
			record->steps[k].layer = -1;
		*metadata = document(CS_SOURCE_NONE, record->builder_ref);
		metadata->facts.started_unix_ns = record->facts.started_unix_ns;
		metadata->config_digest = sample.config_digest;
		metadata->source = "metadata.json";
		metadata->recipe.context = "ctx";
	}
	parts[4] = document(CS_SOURCE_IMAGE, NULL);
	sample.facts = parts[4].facts;
	sample.recorded_unix_ns = parts[4].recorded_unix_ns;
	sample.invocation_id = NULL;
	sample.builder_cached_steps = sample.builder_completed_steps = -1;
	sample.builder_total_steps = -1;
	parts[4] = sample;
	assert_int_equal(0, cs_steps_from_layers(sample.layers, sample.n_layers, f->arena,
						 &parts[4].steps, &parts[4].n_steps, &err));
}

static bool next_order(int *order, int n)
{
	int i = n - 2, k = n - 1, was;

	while (i >= 0 && order[i] >= order[i + 1])
		i--;
	if (i < 0)
		return false;
	while (order[k] <= order[i])
		k--;
	was = order[i];
	order[i] = order[k];
	order[k] = was;
	for (i++, k = n - 1; i < k; i++, k--) {
		was = order[i];
		order[i] = order[k];
		order[k] = was;
	}
	return true;
}

/* Two records, their metadata, one image: in any order two builds that both have its layers. */
static void any_order_of_arrival(void **state)
{
	int order[5] = { 0, 1, 2, 3, 4 }, n_orders = 0;
	struct fixture *f = *state;
	struct cs_build first[2];

	do {
		struct cs_build parts[5];

		cs_store_close(f->store);
		f->store = NULL;
		assert_done(cs_store_open(&f->ctx, ":memory:", CS_STORE_WRITE, &f->store, &err));
		make_parts(f, parts);
		for (int i = 0; i < 5; i++)
			take_in(f, &parts[order[i]]);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(2, builds(f));
			for (int i = 0; i < 2; i++) {
				struct cs_build b;

				get(f, i ? "second" : "first", &b);
				assert_int_equal(4, b.n_layers);
				assert_int_equal(3, b.n_steps);
				if (n_orders == 0 && !again)
					first[i] = b;
				if (!cs_build_same(&first[i], &b))
					fail_msg("order %d: build %d differs", n_orders, i);
			}
			for (int i = 0; i < 5 && !again; i++)
				take_in(f, &parts[i]);
		}
		assert_sound(f);
		n_orders++;
	} while (next_order(order, 5));
	assert_int_equal(120, n_orders);
}

static void layers_of_an_image(void **state)
{
	struct fixture *f = *state;
	struct cs_build b, image;
	struct cs_digest digests[2];

	sample_build(f->arena, 1, &b);
	digests[0] = sample_digest("unknown", 1);
	digests[1] = b.config_digest;
	assert_int_equal(
		1, cs_store_image_layers(f->store, "app", digests, 2, f->arena, &image, &err));
	put_build(f, f->store, &b, CS_PUT_NEW);
	assert_int_equal(
		1, cs_store_image_layers(f->store, "other", digests, 2, f->arena, &image, &err));
	assert_int_equal(
		1, cs_store_image_layers(f->store, "app", digests, 1, f->arena, &image, &err));
	assert_int_equal(
		1, cs_store_image_layers(f->store, "app", digests, 0, f->arena, &image, &err));
	assert_int_equal(
		0, cs_store_image_layers(f->store, "app", digests, 2, f->arena, &image, &err));
	assert_int_equal(4, image.n_layers);
	assert_int_equal(2, image.n_steps);
	assert_int_equal(2, image.base_layers);
	assert_int_equal(CS_LAYER_BASE, image.layers[1].state);
	assert_int_equal(CS_LAYER_UNKNOWN, image.layers[2].state);
	assert_null(image.layers[2].seen_build_id);
	assert_null(image.layers[2].why);
	assert_true(cs_digest_equal(&image.manifest_digest, &b.manifest_digest));
	assert_string_equal(b.platform, image.platform);
	assert_null(image.facts.commit);
	assert_null(image.image_ref);
	digests[1].bytes[31] ^= 1; /* the index holds the first eight bytes */
	assert_int_equal(
		1, cs_store_image_layers(f->store, "app", digests, 2, f->arena, &image, &err));
}

/* --- lists --- */

struct listed {
	char ids[600][17];
	size_t n;
};

static int note(void *arg, const struct cs_build *b, struct cs_err *e CS_UNUSED)
{
	struct listed *l = arg;

	memcpy(l->ids[l->n++], b->id, 17);
	return 0;
}

static void oldest_first(void **state)
{
	struct fixture *f = *state;
	struct cs_filter filters[4];
	struct cs_build b;

	assert_done(cs_store_bulk_begin(f->store, &err));
	for (int i = 0; i < 600; i++) {
		sample_build(f->arena, i, &b);
		b.facts.started_unix_ns = i % 7 ? 100 + i / 280 : CS_TIME_NONE;
		b.recorded_unix_ns = 50;
		b.n_steps = b.n_layers = 0;
		put_build(f, f->store, &b, CS_PUT_NEW);
	}
	assert_done(cs_store_bulk_end(f->store, true, &err));
	for (size_t i = 0; i < CS_N(filters); i++)
		cs_filter_init(&filters[i]);
	cs_filter_add(&filters[1].project, "app");
	filters[1].since_unix_ns = 100;
	cs_filter_add(&filters[2].project, "app");
	cs_filter_add(&filters[2].scope, "test");
	filters[2].until_unix_ns = 102;
	filters[3].until_unix_ns = 102;
	filters[3].since_unix_ns = 101;
	for (size_t i = 0; i < CS_N(filters); i++) {
		struct listed down = { .n = 0 }, up = { .n = 0 };

		assert_done(cs_store_builds(f->store, &filters[i], 0, -1, note, &down, &err));
		assert_done(cs_store_builds(f->store, &filters[i], CS_OLDEST_FIRST, -1, note, &up,
					    &err));
		assert_true(down.n > 100);
		assert_int_equal(down.n, up.n);
		for (size_t k = 0; k < up.n; k++)
			assert_string_equal(down.ids[k], up.ids[up.n - 1 - k]);
	}
}

/* --- forgetting while others write again --- */

struct cs_driver busy_driver;
static struct fixture *busy_fixture;
static int n_writes;

/* Before the words are deleted that nobody used, somebody uses one in a build of an old number. */
static int begin_late(struct cs_db *db, enum cs_tx tx, struct cs_err *e)
{
	struct fixture *f = busy_fixture;

	if (tx == CS_TX_WRITE && ++n_writes == 2) {
		struct cs_store *store = open_store(f, CS_STORE_WRITE);
		struct cs_build b;
		const char *id;

		sample_build(f->arena, 50, &b);
		id = id_of(f, &b);
		b.facts.workflow = "word of a pruned build";
		b.steps[0].name = "step of a pruned build";
		b.steps[0].instruction = "word of a pruned step";
		assert_done(cs_store_build_replace(store, &b, &id, 1, &err));
		cs_store_close(store);
	}
	return cs_driver_sqlite.begin(db, tx, e);
}

static void rewritten_builds_keep_their_words(void **state)
{
	struct cs_store_options options = { .driver = &busy_driver };
	struct fixture *f = *state;
	struct cs_store *store;
	struct cs_build b;
	int64_t n_builds, n_layers;

	make_store(f, 50, 52);
	store = open_store(f, CS_STORE_WRITE);
	sample_build(f->arena, 1, &b);
	b.facts.workflow = "word of a pruned build";
	b.steps[0].name = "step of a pruned build";
	b.steps[0].instruction = "word of a pruned step";
	put_build(f, store, &b, CS_PUT_NEW);
	cs_store_close(store);
	busy_driver = cs_driver_sqlite;
	busy_driver.begin = begin_late;
	busy_fixture = f;
	n_writes = 0;
	sample_build(f->arena, 2, &b);
	assert_done(cs_store_open_with(&f->ctx, f->path, CS_STORE_WRITE, &options, &store, &err));
	store->driver = &busy_driver;
	assert_done(cs_store_prune(store, NULL, b.facts.started_unix_ns, false, &n_builds,
				   &n_layers, &err));
	assert_true(n_writes > 2);
	assert_int_equal(1, n_builds);
	assert_done(cs_store_check(store, complain, NULL, &err));
	assert_done(cs_store_build_get(store, NULL, "^1", ALL, f->arena, &b, &err));
	assert_string_equal("word of a pruned build", b.facts.workflow);
	assert_string_equal("step of a pruned build", b.steps[0].name);
	/* and when it is gone, too, they go */
	assert_done(cs_store_prune(store, NULL, INT64_MAX, false, &n_builds, &n_layers, &err));
	cs_store_close(store);
	assert_int_equal(0, ask(f->path, "SELECT (SELECT COUNT(*) FROM texts " NO_SCOPE ") + "
					 "(SELECT COUNT(*) FROM step_defs) + "
					 "(SELECT COUNT(*) FROM rewrites)"));
}

#define M(name) cmocka_unit_test_setup_teardown(name, memory_set_up, fixture_tear_down)
#define F(name) cmocka_unit_test_setup_teardown(name, file_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		M(everything_round_trips),
		M(unknown_recipe_takes_no_room),
		F(recipes_are_shared),
		F(damaged_recipes_and_origins),
		F(check_sees_missing_results),
		M(replaces_its_parts),
		M(replaces_nothing_by_mistake),
		F(bulk_is_all_or_nothing),
		M(bulk_has_rules),
		M(finds_kin),
		M(kin_among_thousands),
		M(any_order_of_arrival),
		M(layers_of_an_image),
		M(oldest_first),
		F(rewritten_builds_keep_their_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
