/* SPDX-License-Identifier: Apache-2.0 */
/* What goes into the store comes out of it: builds, lists, layers, what was seen before. */
#include "support/test.h"

#include "support/store.h"
#include "util/limits.h"

static void put(struct fixture *f, const struct cs_build *b, enum cs_put want)
{
	put_build(f, f->store, b, want);
}

static const unsigned ALL = CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS;

static void get(struct fixture *f, const char *spec, struct cs_build *ret)
{
	assert_done(cs_store_build_get(f->store, NULL, spec, ALL, f->arena, ret, &err));
}

/* --- builds --- */

static void build_round_trip(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;
	char id[17];

	for (int i = 0; i < 12; i++) {
		sample_build(f->arena, i, &in);
		put(f, &in, CS_PUT_NEW);
		cs_build_make_id(&in, id);
		get(f, id, &out);
		assert_same_build(&in, &out);
		assert_string_equal(id, out.id);
		assert_true(out.recorded_unix_ns == in.recorded_unix_ns);
	}
}

static void unknowns_round_trip(void **state)
{
	struct fixture *f = *state;
	struct cs_layer layers[2];
	struct cs_step step = { .layer = -1 };
	struct cs_build in, out;

	cs_build_init(&in);
	put(f, &in, CS_PUT_NEW);
	get(f, "^0", &out);
	assert_same_build(&in, &out);
	assert_true(out.recorded_unix_ns == fixture_now());

	in.facts.scope = "test";
	step.started_unix_ns = step.completed_unix_ns = CS_TIME_NONE;
	step.duration_ns = -1;
	memset(layers, 0, sizeof(layers));
	for (size_t i = 0; i < 2; i++) {
		layers[i].index = (uint32_t)i;
		layers[i].blob_bytes = layers[i].tar_bytes = layers[i].counts.entries = -1;
		layers[i].created_unix_ns = CS_TIME_NONE;
	}
	in.steps = &step;
	in.n_steps = 1;
	in.layers = layers;
	in.n_layers = 2;
	put(f, &in, CS_PUT_NEW);
	assert_done(cs_store_build_get(f->store, NULL, "^1", ALL, f->arena, &out, &err));
	if (out.n_steps == 0)
		get(f, "^0", &out);
	assert_same_build(&in, &out);
}

static void empty_is_not_unknown(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;

	sample_build(f->arena, 1, &in);
	in.facts.event_raw = "";
	in.facts.ref = "";
	in.steps[0].stage = "";
	in.layers[0].comment = "";
	put(f, &in, CS_PUT_NEW);
	get(f, "^0", &out);
	assert_same_build(&in, &out);
}

static void same_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct cs_store_info before, after;
	struct cs_build b, out;

	sample_build(f->arena, 3, &b);
	put(f, &b, CS_PUT_NEW);
	assert_done(cs_store_info(f->store, f->arena, &before, &err));
	b.source = "elsewhere.tar";
	b.recorded_unix_ns++;
	b.steps[0].name = "another";
	put(f, &b, CS_PUT_SAME);
	assert_done(cs_store_info(f->store, f->arena, &after, &err));
	assert_int_equal(1, after.builds);
	assert_int_equal(before.file_bytes, after.file_bytes);
	get(f, "^0", &out);
	assert_string_equal("app-3.tar", out.source);
	assert_string_equal("[stage-0 1/3] RUN make", out.steps[0].name);
}

static void odd_times(void **state)
{
	static const int64_t times[] = { CS_TIME_NONE, INT64_MIN + 1, -2, 0, 3, INT64_MAX };
	static const int64_t durations[] = { -1, 0, 1, INT64_MAX };
	struct fixture *f = *state;
	struct cs_build in, out;
	size_t n = 0;

	cs_build_init(&in);
	in.facts.started_unix_ns = 5;
	in.steps = cs_arena_array(f->arena, 6 * 6 * 4, sizeof(*in.steps));
	for (size_t i = 0; i < 6; i++) {
		for (size_t k = 0; k < 6; k++) {
			for (size_t d = 0; d < 4; d++) {
				struct cs_step *s = &in.steps[n++];

				s->layer = -1;
				s->started_unix_ns = times[i];
				s->completed_unix_ns = times[k];
				s->duration_ns = durations[d];
			}
		}
	}
	in.n_steps = n;
	put(f, &in, CS_PUT_NEW);
	get(f, "^0", &out);
	assert_same_build(&in, &out);
}

static void large_inputs(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;

	cs_build_init(&in);
	in.n_steps = 40000;
	in.steps = cs_arena_array(f->arena, in.n_steps, sizeof(*in.steps));
	for (size_t i = 0; i < in.n_steps; i++) {
		in.steps[i].layer = -1;
		in.steps[i].duration_ns = -1;
		in.steps[i].started_unix_ns = in.steps[i].completed_unix_ns = CS_TIME_NONE;
	}
	in.steps[5].n_inputs = 4;
	in.steps[5].inputs = (uint32_t[]){ 0, 127, 128, 39999 };
	put(f, &in, CS_PUT_NEW);
	get(f, "^0", &out);
	assert_same_build(&in, &out);
}

static void bytes_that_are_no_text(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;

	sample_build(f->arena, 1, &in);
	in.source = "caf\xe9.tar";
	in.facts.job = "\xc0\xaf \xed\xa0\x80 ok \xf0\x9f\x90\xb3";
	in.facts.project = "\xff";
	put(f, &in, CS_PUT_NEW);
	put(f, &in, CS_PUT_SAME);
	get(f, "^0", &out);
	assert_string_equal("caf\xef\xbf\xbd.tar", out.source);
	assert_string_equal("\xef\xbf\xbd", out.facts.project);
	assert_string_equal("\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ok "
			    "\xf0\x9f\x90\xb3",
			    out.facts.job);
}

static void long_texts(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;
	size_t len = 3 << 20;
	char *text = cs_arena_alloc(f->arena, len + 1);

	memset(text, 'x', len);
	sample_build(f->arena, 1, &in);
	in.steps[1].instruction = text;
	put(f, &in, CS_PUT_NEW);
	get(f, "^0", &out);
	assert_same_build(&in, &out);
}

static void label_given_twice(void **state)
{
	struct fixture *f = *state;
	struct cs_build in, out;

	sample_build(f->arena, 1, &in);
	in.facts.labels = (struct cs_kv[]){ { "a", "1" }, { "a", "2" }, { "b", "3" } };
	in.facts.n_labels = 3;
	put(f, &in, CS_PUT_NEW);
	get(f, "^0", &out);
	assert_int_equal(2, out.facts.n_labels);
	assert_string_equal("1", out.facts.labels[0].value);
}

static void refuses_bad_ids(void **state)
{
	static const char *const bad[] = { "", "0123", "0123456789ABCDEF", "0123456789abcdeg",
					   "0123456789abcdef0" };
	struct fixture *f = *state;
	enum cs_put got = (enum cs_put)9;
	struct cs_build b;

	sample_build(f->arena, 1, &b);
	for (size_t i = 0; i < CS_N(bad); i++) {
		b.id = bad[i];
		assert_code(CS_USAGE, cs_store_build_put(f->store, &b, &got, &err));
	}
	assert_int_equal(9, got);
	b.id = "0123456789abcdef";
	put(f, &b, CS_PUT_NEW);
	put(f, &b, CS_PUT_SAME);
	get(f, "0123456789abcdef", &b);
}

/* --- identity --- */

static void id_of(struct fixture *f, void (*change)(struct cs_build *b), char ret[17])
{
	struct cs_build b;

	sample_build(f->arena, 1, &b);
	if (change)
		change(&b);
	cs_build_make_id(&b, ret);
	assert_int_equal(16, strspn(ret, "0123456789abcdef"));
	assert_int_equal(16, strlen(ret));
}

#define CHANGE(name, what)                                                                         \
	static void change_##name(struct cs_build *b)                                              \
	{                                                                                          \
		b->what;                                                                           \
	}
CHANGE(project, facts.project = "other")
CHANGE(scope, facts.scope = "other")
CHANGE(event, facts.event_raw = "other")
CHANGE(ref, facts.ref = "other")
CHANGE(commit, facts.commit = "other")
CHANGE(run, facts.run_id = "other")
CHANGE(attempt, facts.attempt = 2)
CHANGE(workflow, facts.workflow = "other")
CHANGE(job, facts.job = "other")
CHANGE(target, facts.target = "other")
CHANGE(start, facts.started_unix_ns++)
CHANGE(config, config_digest.bytes[31] ^= 1)
CHANGE(platform, platform[0] = 'x')
CHANGE(builder_ref, builder_ref = "abc")
CHANGE(status, status = CS_STATUS_FAILED)
CHANGE(source, source = "other.tar")
CHANGE(recorded, recorded_unix_ns = 5)
CHANGE(manifest, manifest_digest.bytes[3] ^= 1)

static void change_shifted(struct cs_build *b)
{
	b->facts.job = "buildte";
	b->facts.target = "st";
}

static void id_depends_on(void **state)
{
	static void (*const changes[])(struct cs_build *) = {
		NULL,		change_project, change_scope,	change_event,	 change_ref,
		change_commit,	change_run,	change_attempt, change_workflow, change_job,
		change_target,	change_start,	change_config,	change_platform, change_builder_ref,
		change_shifted,
	};
	static void (*const same[])(struct cs_build *) = { change_status, change_source,
							   change_recorded, change_manifest };
	char ids[CS_N(changes)][17], id[17];

	for (size_t i = 0; i < CS_N(changes); i++) {
		id_of(*state, changes[i], ids[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(ids[k], ids[i]);
	}
	for (size_t i = 0; i < CS_N(same); i++) {
		id_of(*state, same[i], id);
		assert_string_equal(ids[0], id);
	}
}

/* The id of a build is a promise to scripts and to other stores: it may not drift. */
static void id_is_pinned(void **state CS_UNUSED)
{
	struct cs_build b;
	char id[17];

	cs_build_init(&b);
	cs_build_make_id(&b, id);
	assert_string_equal("28da68e5d142e77d", id);
	b.facts.project = "app";
	b.builder_ref = "k9hpm3kjz4uwu1hrtsbzwdwxu";
	cs_build_make_id(&b, id);
	assert_string_equal("07c7e7b4d6f0a00c", id);
}

static void ref_is_identity(void **state)
{
	struct fixture *f = *state;
	struct cs_build b;
	char id[17], again[17];

	sample_build(f->arena, 1, &b);
	b.builder_ref = "k9hpm3kjz4uwu1hrtsbzwdwxu";
	cs_build_make_id(&b, id);
	b.facts.started_unix_ns++;
	b.facts.scope = "other";
	cs_build_make_id(&b, again);
	assert_string_equal(id, again);
	b.facts.project = "other";
	cs_build_make_id(&b, again);
	assert_string_not_equal(id, again);
}

static void logs_differ_by_steps(void **state)
{
	struct fixture *f = *state;
	struct cs_build b;
	char id[17], again[17];

	sample_build(f->arena, 1, &b);
	memset(&b.config_digest, 0, sizeof(b.config_digest));
	memset(&b.manifest_digest, 0, sizeof(b.manifest_digest));
	cs_build_make_id(&b, id);
	b.steps[1].duration_ns++;
	cs_build_make_id(&b, again);
	assert_string_not_equal(id, again);
}

/* --- lists --- */

struct listed {
	int64_t times[2000];
	char ids[2000][17];
	size_t n, stop_at;
	size_t steps, layers, labels;
};

static int note(void *arg, const struct cs_build *b, struct cs_err *e CS_UNUSED)
{
	struct listed *l = arg;

	l->times[l->n] = cs_build_time(b);
	memcpy(l->ids[l->n++], b->id, 17);
	l->steps += b->n_steps;
	l->layers += b->n_layers;
	l->labels += b->facts.n_labels;
	return l->n == l->stop_at;
}

static void list(struct fixture *f, const struct cs_filter *filter, unsigned with, int64_t limit,
		 struct listed *ret)
{
	size_t stop_at = ret->stop_at;

	memset(ret, 0, sizeof(*ret));
	ret->stop_at = stop_at;
	assert_done(cs_store_builds(f->store, filter, with, limit, note, ret, &err));
	for (size_t i = 1; i < ret->n; i++) {
		assert_true(ret->times[i] <= ret->times[i - 1]);
		if (ret->times[i] == ret->times[i - 1])
			assert_true(strcmp(ret->ids[i - 1], ret->ids[i]) > 0);
	}
}

static void lists_page_by_page(void **state)
{
	struct fixture *f = *state;
	struct listed l = { .stop_at = 0 };
	struct cs_build b;

	/* More than two pages, many at the same time, so that pages end among equals. */
	for (int i = 0; i < 700; i++) {
		sample_build(f->arena, i, &b);
		b.facts.started_unix_ns = i / 300;
		b.n_steps = b.n_layers = 0;
		put(f, &b, CS_PUT_NEW);
	}
	list(f, NULL, 0, -1, &l);
	assert_int_equal(700, l.n);
	assert_int_equal(0, l.steps + l.layers + l.labels);
	list(f, NULL, CS_WITH_LABELS, 300, &l);
	assert_int_equal(300, l.n);
	assert_int_equal(600, l.labels);
	list(f, NULL, 0, 0, &l);
	assert_int_equal(0, l.n);
	l.stop_at = 5;
	list(f, NULL, 0, -1, &l);
	assert_int_equal(5, l.n);
}

/* The same rule whichever index serves it: each filter against cs_filter_match over all builds. */
static void lists_what_matches(void **state)
{
	struct fixture *f = *state;
	struct listed l = { .stop_at = 0 };
	struct cs_build builds[60];
	struct cs_filter filters[9];
	int64_t t;

	for (int i = 0; i < 60; i++) {
		sample_build(f->arena, i, &builds[i]);
		builds[i].facts.project = i % 4 ? "app" : NULL;
		put(f, &builds[i], CS_PUT_NEW);
	}
	t = builds[20].facts.started_unix_ns;
	for (size_t i = 0; i < CS_N(filters); i++)
		cs_filter_init(&filters[i]);
	cs_filter_add(&filters[1].project, "app");
	cs_filter_add(&filters[2].project, "app");
	cs_filter_add(&filters[2].scope, "production");
	cs_filter_add(&filters[3].project, "");
	filters[3].since_unix_ns = t;
	cs_filter_add(&filters[4].project, "app");
	cs_filter_add(&filters[4].scope, "test");
	filters[4].until_unix_ns = t;
	cs_filter_add(&filters[5].event, "push_main");
	filters[6].labels[0] = (struct cs_kv){ "branch", "feature-3" };
	filters[6].n_labels = 1;
	cs_filter_add(&filters[7].project, "nowhere");
	cs_filter_add(&filters[8].project, "app");
	cs_filter_add(&filters[8].scope, "nowhere");
	for (size_t i = 0; i < CS_N(filters); i++) {
		size_t want = 0;

		for (int k = 0; k < 60; k++)
			want += cs_filter_match(&filters[i], &builds[k]);
		assert_true(i >= 7 ? want == 0 : want > 0);
		list(f, &filters[i], 0, -1, &l);
		assert_int_equal(want, l.n);
	}
}

static int ask_within(void *arg, const struct cs_build *b, struct cs_err *e)
{
	struct fixture *f = arg;
	struct cs_build out;
	enum cs_put put_result;
	struct cs_err inner;

	assert_int_equal(0, cs_store_build_get(f->store, NULL, b->id, ALL, f->arena, &out, e));
	assert_string_equal(b->id, out.id);
	assert_int_equal(-CS_NOTFOUND,
			 cs_store_build_get(f->store, NULL, "nothing", 0, f->arena, &out, &inner));
	sample_build(f->arena, 99, &out);
	assert_int_equal(-CS_USAGE, cs_store_build_put(f->store, &out, &put_result, &inner));
	return 0;
}

static int fail_with(void *arg CS_UNUSED, const struct cs_build *b CS_UNUSED, struct cs_err *e)
{
	return cs_err_set(e, CS_NODATA, "enough");
}

static void lists_while_asked(void **state)
{
	struct fixture *f = *state;
	struct cs_build b;

	put_samples(f, f->store, 0, 5);
	assert_done(cs_store_builds(f->store, NULL, ALL, -1, ask_within, f, &err));
	assert_code(CS_NODATA, cs_store_builds(f->store, NULL, ALL, -1, fail_with, NULL, &err));
	assert_string_equal("enough", err.msg);
	/* and the store is as usable as before */
	sample_build(f->arena, 99, &b);
	put(f, &b, CS_PUT_NEW);
}

static volatile sig_atomic_t canceled;

static void stops_when_interrupted(void **state)
{
	struct fixture *f = *state;
	struct listed l = { .stop_at = 0 };

	put_samples(f, f->store, 0, 3);
	canceled = 1;
	f->ctx.cancel = &canceled;
	assert_code(CS_CANCELED, cs_store_builds(f->store, NULL, 0, -1, note, &l, &err));
	canceled = 0;
	list(f, NULL, 0, -1, &l);
	assert_int_equal(3, l.n);
}

/* --- one build --- */

static void finds_by_spec(void **state)
{
	struct fixture *f = *state;
	struct cs_build b, out;
	struct cs_filter filter;
	char id[17], prefix[17];

	put_samples(f, f->store, 0, 9);
	sample_build(f->arena, 20, &b);
	b.builder_ref = "k9hpm3kjz4uwu1hrtsbzwdwxu";
	put(f, &b, CS_PUT_NEW);
	get(f, "k9hpm3kjz4uwu1hrtsbzwdwxu", &out);
	assert_same_build(&b, &out);
	get(f, "default/default0/k9hpm3kjz4uwu1hrtsbzwdwxu", &out);
	assert_same_build(&b, &out);
	get(f, "^0", &out);
	assert_same_build(&b, &out);
	sample_build(f->arena, 8, &b);
	get(f, "^1", &out);
	assert_same_build(&b, &out);
	cs_build_make_id(&b, id);
	for (size_t len = 4; len <= 16; len++) {
		snprintf(prefix, sizeof(prefix), "%.*s", (int)len, id);
		get(f, prefix, &out);
		assert_string_equal(id, out.id);
	}
	cs_filter_init(&filter);
	cs_filter_add(&filter.scope, "production");
	assert_done(cs_store_build_get(f->store, &filter, "^1", 0, f->arena, &out, &err));
	assert_string_equal("production", out.facts.scope);
	assert_string_equal("app-3.tar", out.source);
	assert_int_equal(0, out.n_steps + out.n_layers);
}

static void says_what_it_does_not_find(void **state)
{
	static const struct {
		const char *spec;
		enum cs_code code;
		const char *part;
	} bad[] = {
		{ "abc", CS_NOTFOUND, "'abc'" },
		{ "", CS_NOTFOUND, "''" },
		{ "ffffffffffffffff", CS_NOTFOUND, "ffff" },
		{ "ffffffffffffffff0", CS_NOTFOUND, "ffff" },
		{ "^2", CS_NOTFOUND, "there are only 2" },
		{ "^", CS_USAGE, "^0" },
		{ "^1x", CS_USAGE, "^0" },
		{ "^-1", CS_USAGE, "^0" },
		{ "^99999999999999999999", CS_USAGE, "^0" },
		{ "abcd0", CS_USAGE, "beginning of 2" },
	};
	struct fixture *f = *state;
	struct cs_build b, out = { .id = "untouched" };

	sample_build(f->arena, 1, &b);
	b.id = "abcd000000000001";
	put(f, &b, CS_PUT_NEW);
	b.id = "abcd0fffffffffff";
	put(f, &b, CS_PUT_NEW);
	for (size_t i = 0; i < CS_N(bad); i++) {
		assert_code(bad[i].code, cs_store_build_get(f->store, NULL, bad[i].spec, ALL,
							    f->arena, &out, &err));
		if (!strstr(err.msg, bad[i].part))
			fail_msg("'%s' does not say '%s'", err.msg, bad[i].part);
	}
	assert_string_equal("untouched", out.id);
}

#define T(name) cmocka_unit_test_setup_teardown(name, memory_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(build_round_trip),
		T(unknowns_round_trip),
		T(empty_is_not_unknown),
		T(same_changes_nothing),
		T(odd_times),
		T(large_inputs),
		T(bytes_that_are_no_text),
		T(long_texts),
		T(label_given_twice),
		T(refuses_bad_ids),
		T(id_depends_on),
		T(id_is_pinned),
		T(ref_is_identity),
		T(logs_differ_by_steps),
		T(lists_page_by_page),
		T(lists_what_matches),
		T(lists_while_asked),
		T(stops_when_interrupted),
		T(finds_by_spec),
		T(says_what_it_does_not_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
