/* SPDX-License-Identifier: Apache-2.0 */
/* Two sides of history as literals: runs without builds, pairs, 0/0, all cold, claims. */
#include "support/test.h"

#include <math.h>

#include "metrics/brief_memory.h"
#include "metrics/compare.h"

static struct cs_err err;
static struct cs_brief_memory *memory;

struct side {
	struct cs_compare *c;
	enum cs_side side;
	int64_t time;
};

static struct cs_compare *new_compare(enum cs_pair pair)
{
	const struct cs_compare_options o = { 1, 1000, pair, "change", 2.5 };
	struct cs_compare *c;

	assert_done(cs_compare_new(&o, &c, &err));
	return c;
}

static void add_labelled_run(struct side *s, const char *id, struct cs_kv *labels, size_t n)
{
	struct cs_run run;

	cs_run_init(&run);
	run.run_id = id;
	run.labels = labels;
	run.n_labels = n;
	assert_done(cs_compare_add_run(s->c, s->side, &run, &err));
}

static void add_run(struct side *s, const char *id, enum cs_event event, const char *commit)
{
	struct cs_run run;

	cs_run_init(&run);
	run.run_id = id;
	run.event = event;
	run.commit = commit;
	assert_done(cs_compare_add_run(s->c, s->side, &run, &err));
}

struct sample {
	const char *run, *commit, *scope, *target, *job;
	enum cs_event event;
	int64_t seconds, hits, runs;
	bool first, test, production;
};

/* What follows begins a second after the last was done. */
static void add_labelled_build(struct side *s, const struct sample *sample, struct cs_kv *labels,
			       size_t n_labels)
{
	struct cs_figures f = { .completed = true,
				.rated = sample->hits + sample->runs > 0,
				.first_of_scope = sample->first,
				.cold = sample->first || !sample->hits,
				.step_hits = sample->hits,
				.step_runs = sample->runs,
				.own_tar_bytes = -1,
				.hit_tar_bytes = -1,
				.new_blob_bytes = -1,
				.pulled_blob_bytes = -1,
				.duration_ns = sample->seconds * CS_NS_PER_S,
				.builder_cached_steps = -1,
				.builder_total_steps = -1 };
	const struct cs_compare_marks marks = { sample->test, sample->production };
	struct cs_brief brief;
	struct cs_build b;

	cs_build_init(&b);
	b.status = CS_STATUS_COMPLETED;
	b.facts.run_id = sample->run;
	b.facts.commit = sample->commit;
	b.facts.event = sample->event;
	b.facts.scope = sample->scope;
	b.facts.target = sample->target;
	b.facts.job = sample->job;
	b.facts.labels = labels;
	b.facts.n_labels = n_labels;
	b.facts.started_unix_ns = s->time;
	s->time += (sample->seconds + 1) * CS_NS_PER_S;
	assert_done(cs_brief_of(memory, &b, &f, NULL, &brief, &err));
	assert_done(cs_compare_add_build(s->c, s->side, cs_brief_memory_dict(memory), &brief,
					 &marks, &err));
}

static void add_build(struct side *s, const struct sample *sample)
{
	add_labelled_build(s, sample, NULL, 0);
}

static const struct cs_compare_row *find(struct cs_compare *c, enum cs_compare_figure f,
					 const char *event, const char *scope)
{
	const struct cs_compare_row *rows;
	size_t n;

	assert_done(cs_compare_rows(c, &rows, &n, &err));
	for (size_t i = 0; i < n; i++) {
		const char *e = rows[i].event ? rows[i].event : "";
		const char *s = rows[i].scope ? rows[i].scope : "";

		if (rows[i].figure == f && !rows[i].target && strcmp(e, event) == 0 &&
		    strcmp(s, scope) == 0)
			return &rows[i];
	}
	return NULL;
}

static struct cs_claim_row claim(struct cs_compare *c, enum cs_claim_kind kind)
{
	static struct cs_claim claims[CS_N_CLAIMS];
	struct cs_claim_row row;

	cs_claims_init(claims);
	assert_done(cs_compare_claim(c, &claims[kind], &row, &err));
	return row;
}

static struct cs_claim_row own(struct cs_compare *c, enum cs_compare_figure f,
			       enum cs_claim_side side, bool at_most, double claimed,
			       const char *scope)
{
	static struct cs_claim claim;
	struct cs_claim_row row;

	claim = (struct cs_claim){ .kind = CS_CLAIM_OWN,
				   .name = "own",
				   .figure = f,
				   .side = side,
				   .at_most = at_most,
				   .claimed = claimed,
				   .scope = scope };
	assert_done(cs_claim_check(&claim, &err));
	assert_done(cs_compare_claim(c, &claim, &row, &err));
	return row;
}

static const char *const ids[] = { "1", "2", "3", "4", "5", "6", "7", "8" };

/* Before: test and prod in each of n runs; after: test alone; the same commits, one empty run. */
static void fill(struct cs_compare *c, size_t n)
{
	struct side sides[2] = { { c, CS_BEFORE, 0 }, { c, CS_AFTER, 0 } };

	for (size_t i = 0; i < n; i++) {
		struct sample test = { ids[i], ids[i], "test", "t",    "j",  CS_EVENT_PUSH,
				       30,     8,      2,      i == 0, true, false };
		struct sample prod = { ids[i], ids[i], "prod", "p",    "k",   CS_EVENT_PUSH,
				       61,     9,      1,      i == 0, false, true };

		add_build(&sides[0], &test);
		add_build(&sides[0], &prod);
		add_build(&sides[1], &test);
	}
	add_run(&sides[0], "scheduled", CS_EVENT_SCHEDULE, "9");
	add_run(&sides[1], "scheduled", CS_EVENT_SCHEDULE, "9");
	add_run(&sides[1], "1", CS_EVENT_PUSH, "1"); /* told again: the same run */
}

static void counts(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_AUTO);
	const struct cs_compare_row *row;
	struct cs_compare_method method;

	fill(c, 6);
	row = find(c, CS_CF_BUILDS, "", "");
	assert_true(row->before.total == 12 && row->after.total == 6);
	assert_true(row->reduction == 0.5 && row->change == -6);
	assert_int_equal(7, row->before.n); /* the run without builds too */
	assert_true(row->enough_data);
	row = find(c, CS_CF_BUILDS_PER_EVENT, "", "");
	assert_true(fabs(row->before.value - 12.0 / 7) < 1e-12);
	assert_true(row->before.median == 2);
	assert_true(row->ci95.low == 0.5 && row->ci95.high == 0.5); /* in pairs nothing varies */
	row = find(c, CS_CF_BUILDS_PER_EVENT, "schedule", "");
	assert_true(row->before.value == 0 && row->after.value == 0);
	assert_true(isnan(row->reduction)); /* 0/0 */
	assert_false(row->enough_data);
	row = find(c, CS_CF_BUILD_SECONDS_PER_EVENT, "push", "");
	assert_true(row->before.value == 91 && row->after.value == 30);
	row = find(c, CS_CF_STEP_HIT_RATIO, "", "prod");
	assert_true(row->before.value == 0.9 && isnan(row->after.value) && isnan(row->change));
	/* ceil(30 s) + ceil(61 s) = 1 + 2 */
	row = find(c, CS_CF_CI_MINUTES, "push", "");
	assert_true(row->before.value == 3 && row->after.value == 1);
	assert_true(row->before.total == 18);
	assert_true(find(c, CS_CF_CI_COST, "push", "")->after.value == 2.5);
	assert_null(find(c, CS_CF_DUPLICATES, "", "")); /* nobody told */
	cs_compare_method(c, &method);
	assert_true(method.paired);
	assert_int_equal(7, method.runs[0]);
	assert_int_equal(6, method.builds[1]);
	cs_compare_free(c);
}

static void few_runs(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_AUTO);
	const struct cs_compare_row *row;

	fill(c, 4);
	row = find(c, CS_CF_BUILDS_PER_EVENT, "push", "");
	assert_true(row->reduction == 0.5);
	assert_false(row->enough_data);
	assert_false(row->ci95.known);
	assert_false(row->after.ci95.known);
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_TEST_HIT_RATE).verdict);
	assert_true(claim(c, CS_CLAIM_TEST_HIT_RATE).measured == 0.8);
	cs_compare_free(c);
}

static void claims(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_AUTO);
	struct cs_claim_row row;

	fill(c, 8);
	assert_int_equal(CS_HOLDS, claim(c, CS_CLAIM_FEWER_BUILDS).verdict); /* 0.5: inclusive */
	assert_int_equal(CS_HOLDS, claim(c, CS_CLAIM_TEST_HIT_RATE).verdict);
	row = claim(c, CS_CLAIM_FASTER_REBUILDS);
	assert_int_equal(CS_HOLDS, row.verdict);
	assert_true(fabs(row.measured - 61.0 / 91) < 1e-12);
	assert_int_equal(8, row.n); /* 7 pushes and a schedule: the cold run is left out */
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_BUILDS_PER_MAIN_PUSH).verdict);
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_NO_DUPLICATES).verdict);
	assert_done(cs_compare_count(c, CS_AFTER, CS_CF_DUPLICATES, NULL, NULL, -1, 0, &err));
	assert_int_equal(CS_HOLDS, claim(c, CS_CLAIM_NO_DUPLICATES).verdict);
	assert_done(cs_compare_count(c, CS_AFTER, CS_CF_DUPLICATES, "", "3", -1, 1, &err));
	assert_done(cs_compare_count(c, CS_AFTER, CS_CF_DUPLICATES, NULL, NULL, -1, 1, &err));
	row = claim(c, CS_CLAIM_NO_DUPLICATES);
	assert_int_equal(CS_DOES_NOT_HOLD, row.verdict);
	assert_true(row.measured == 2);
	/* production after test is before's only: after has none to judge */
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_PRODUCTION_HIT_RATE).verdict);
	cs_compare_free(c);
}

/* Only what begins when a test build of its own run is done stands "after" it. */
static void after_test(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_NONE);
	struct side s = { c, CS_AFTER, 0 };

	for (size_t i = 0; i < 6; i++) {
		struct sample test = { ids[i], NULL, "test", NULL,  NULL, CS_EVENT_PUSH_MAIN,
				       1,      5,    5,	     false, true, false };
		struct sample prod = { ids[i], NULL, "prod", NULL,  NULL,  CS_EVENT_PUSH_MAIN,
				       1,      19,   1,	     false, false, true };
		struct sample release = { "r", NULL, "prod", NULL,  NULL,  CS_EVENT_RELEASE,
					  1,   0,    20,     false, false, true };

		add_build(&s, &test);
		add_build(&s, &prod);
		add_build(&s, &release);
	}
	assert_true(claim(c, CS_CLAIM_PRODUCTION_HIT_RATE).measured == 0.95);
	assert_int_equal(CS_HOLDS, claim(c, CS_CLAIM_PRODUCTION_HIT_RATE).verdict);
	assert_int_equal(CS_DOES_NOT_HOLD, claim(c, CS_CLAIM_TEST_HIT_RATE).verdict);
	assert_int_equal(CS_HOLDS, claim(c, CS_CLAIM_BUILDS_PER_MAIN_PUSH).verdict);
	assert_true(own(c, CS_CF_STEP_HIT_RATIO, CS_CLAIM_AFTER, false, 0.5, "test").measured ==
		    0.5);
	assert_int_equal(CS_HOLDS, own(c, CS_CF_STEP_HIT_RATIO, CS_CLAIM_AFTER, false, 0.5, "test")
					   .verdict); /* inclusive */
	assert_int_equal(CS_DOES_NOT_HOLD,
			 own(c, CS_CF_STEP_HIT_RATIO, CS_CLAIM_AFTER, true, 0.49, "test").verdict);
	assert_int_equal(CS_HOLDS,
			 own(c, CS_CF_DURATION_SECONDS, CS_CLAIM_AFTER, true, 1, "prod").verdict);
	/* what is not there, on this side or at all */
	assert_int_equal(CS_CANNOT_TELL,
			 own(c, CS_CF_STEP_HIT_RATIO, CS_CLAIM_BEFORE, false, 0.1, "test").verdict);
	assert_true(isnan(own(c, CS_CF_BUILDS, CS_CLAIM_AFTER, true, 99, "nobody").measured));
	assert_int_equal(CS_CANNOT_TELL,
			 own(c, CS_CF_DUPLICATES, CS_CLAIM_AFTER, true, 99, NULL).verdict);
	/* counted: one too many is beyond doubt */
	assert_int_equal(CS_DOES_NOT_HOLD,
			 own(c, CS_CF_BUILDS, CS_CLAIM_AFTER, true, 5, "test").verdict);
	assert_int_equal(CS_HOLDS, own(c, CS_CF_BUILDS, CS_CLAIM_AFTER, true, 6, "test").verdict);
	cs_compare_free(c);
}

static void claims_that_make_no_sense(void **state CS_UNUSED)
{
	struct cs_claim bad[] = {
		{ .figure = CS_CF_DUPLICATES, .scope = "test" },
		{ .figure = CS_CF_STORED_BYTES, .target = "test" },
		{ .figure = CS_CF_STORED_BYTES, .event = "push" },
		{ .figure = CS_CF_STEP_HIT_RATIO, .side = CS_CLAIM_REDUCTION },
	};

	for (size_t i = 0; i < CS_N(bad); i++)
		assert_int_equal(-CS_USAGE, cs_claim_check(&bad[i], &err));
	bad[3].side = CS_CLAIM_CHANGE;
	assert_done(cs_claim_check(&bad[3], &err));
	assert_int_equal(CS_UNIT_RATIO, bad[3].unit);
}

/* Every event got better, after only has more of the worse one. */
static void event_mix(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_AUTO);
	struct side sides[2] = { { c, CS_BEFORE, 0 }, { c, CS_AFTER, 0 } };
	const struct cs_compare_row *row;
	char id[16];

	for (int i = 0; i < 40; i++) {
		for (int side = 0; side < 2; side++) {
			bool dear = side ? i % 4 != 0 : i % 4 == 0;
			struct sample b = { id,
					    NULL,
					    "s",
					    NULL,
					    NULL,
					    dear ? CS_EVENT_PUSH : CS_EVENT_PULL_REQUEST,
					    (dear ? 100 : 10) * (side ? 8 : 10),
					    dear ? 2 + side : 8 + side,
					    dear ? 8 - side : 2 - side,
					    false,
					    true,
					    false };

			snprintf(id, sizeof(id), "%d", i);
			add_build(&sides[side], &b);
		}
	}
	row = find(c, CS_CF_BUILD_SECONDS_PER_EVENT, "", "");
	assert_true(row->reduction < 0);
	assert_true(fabs(row->std_reduction - 0.2) < 1e-9);
	assert_true(fabs(row->std_ci95.low - 0.2) < 1e-9);
	row = find(c, CS_CF_STEP_HIT_RATIO, "", "");
	assert_true(row->change < 0);
	assert_true(fabs(row->std_change - 0.1) < 1e-9);
	assert_true(isnan(find(c, CS_CF_STEP_HIT_RATIO, "push", "")->std_change));
	/* a claim of one's own goes by the same mix: 20 % fewer seconds, 10 points more */
	assert_int_equal(CS_HOLDS, own(c, CS_CF_BUILD_SECONDS_PER_EVENT, CS_CLAIM_REDUCTION, false,
				       0.19, NULL)
					   .verdict);
	assert_true(fabs(own(c, CS_CF_BUILD_SECONDS_PER_EVENT, CS_CLAIM_CHANGE, true, -0.19, NULL)
				 .ci95.high +
			 0.2) < 1e-9);
	assert_true(fabs(own(c, CS_CF_STEP_HIT_RATIO, CS_CLAIM_CHANGE, false, 0, NULL).measured -
			 0.1) < 1e-9);
	/* the claim goes by the same mix */
	assert_true(fabs(claim(c, CS_CLAIM_FASTER_REBUILDS).measured - 0.2) < 1e-9);
	assert_int_equal(CS_DOES_NOT_HOLD, claim(c, CS_CLAIM_FASTER_REBUILDS).verdict);
	cs_compare_free(c);
}

static void all_cold(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_AUTO);
	struct side sides[2] = { { c, CS_BEFORE, 0 }, { c, CS_AFTER, 0 } };

	for (size_t i = 0; i < 6; i++) {
		struct sample b = { ids[i], ids[i], "s", NULL, NULL, CS_EVENT_PUSH,
				    5,	    0,	    4,	 true, true, false };

		add_build(&sides[0], &b);
		add_build(&sides[1], &b);
	}
	assert_true(find(c, CS_CF_COLD_BUILDS, "", "")->after.total == 6);
	assert_int_equal(0, find(c, CS_CF_WARM_DURATION_SECONDS, "", "")->after.n);
	assert_true(isnan(find(c, CS_CF_WARM_DURATION_SECONDS, "", "")->after.value));
	assert_true(isnan(find(c, CS_CF_WARM_SPEEDUP_RATIO, "", "")->after.value));
	assert_true(find(c, CS_CF_STEP_HIT_RATIO, "", "")->after.value == 0);
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_FASTER_REBUILDS).verdict);
	cs_compare_free(c);
}

/* Who names no run says nothing of what an event starts: neither one build each, nor fewer. */
static void builds_of_no_run(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_AUTO);
	struct side sides[2] = { { c, CS_BEFORE, 0 }, { c, CS_AFTER, 0 } };
	const struct cs_compare_row *row;

	for (size_t i = 0; i < 12; i++) {
		struct sample b = { NULL, NULL, "s", "t",   NULL, CS_EVENT_PUSH_MAIN,
				    10,	  8,	2,   false, true, false };

		add_build(&sides[i % 2], &b);
	}
	assert_true(find(c, CS_CF_BUILDS, "", "")->before.total == 6);
	assert_true(find(c, CS_CF_STEP_HIT_RATIO, "", "")->after.value == 0.8);
	row = find(c, CS_CF_BUILDS_PER_EVENT, "", "");
	assert_int_equal(0, row->before.n);
	assert_true(isnan(row->after.value) && isnan(row->reduction));
	assert_true(isnan(find(c, CS_CF_BUILD_SECONDS_PER_EVENT, "", "")->after.value));
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_FEWER_BUILDS).verdict);
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_FASTER_REBUILDS).verdict);
	assert_int_equal(CS_CANNOT_TELL, claim(c, CS_CLAIM_BUILDS_PER_MAIN_PUSH).verdict);
	assert_int_equal(CS_HOLDS, claim(c, CS_CLAIM_TEST_HIT_RATE).verdict);
	cs_compare_free(c);
}

static void nothing_at_all(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_AUTO);

	assert_true(isnan(find(c, CS_CF_BUILDS, "", "")->before.total));
	assert_true(isnan(find(c, CS_CF_STORED_BYTES, "", "")->before.value));
	for (int k = 0; k < CS_N_CLAIMS; k++)
		assert_int_equal(CS_CANNOT_TELL, claim(c, (enum cs_claim_kind)k).verdict);
	cs_compare_free(c);
}

static void pairs(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_EVENT);
	struct side sides[2] = { { c, CS_BEFORE, 0 }, { c, CS_AFTER, 0 } };
	struct cs_compare_method method;
	const struct cs_compare_row *rows;
	size_t n;

	add_run(&sides[0], "1", CS_EVENT_PUSH, "x");
	add_run(&sides[1], "1", CS_EVENT_RELEASE, "x"); /* another event of that commit */
	assert_code(CS_USAGE, cs_compare_rows(c, &rows, &n, &err));
	assert_non_null(strstr(err.msg, "do not pair by event+commit"));
	cs_compare_free(c);

	c = new_compare(CS_PAIR_AUTO);
	sides[0].c = sides[1].c = c;
	add_run(&sides[0], "1", CS_EVENT_PUSH, "x");
	add_run(&sides[0], "2", CS_EVENT_PUSH, "x"); /* twice: which is the partner? */
	add_run(&sides[1], "1", CS_EVENT_PUSH, "x");
	add_run(&sides[1], "2", CS_EVENT_PUSH, "y");
	assert_done(cs_compare_rows(c, &rows, &n, &err));
	cs_compare_method(c, &method);
	assert_false(method.paired);
	cs_compare_free(c);
}

/* By a label: of a run that is told of, and of one that only its builds name. */
static void pairs_by_label(void **state CS_UNUSED)
{
	struct cs_compare *c = new_compare(CS_PAIR_LABEL);
	struct side sides[2] = { { c, CS_BEFORE, 0 }, { c, CS_AFTER, 0 } };
	struct cs_compare_method method;
	const struct cs_compare_row *rows;
	struct cs_err none = CS_ERR_INIT;
	size_t n;

	for (int i = 0; i < 6; i++) {
		for (int side = 0; side < 2; side++) {
			char id[8], value[8];
			struct cs_kv labels[] = { { "other", "same" }, { "change", value } };
			struct sample sample = {
				.run = id, .seconds = side ? 30 : 60, .hits = 1, .runs = 1
			};

			/* numbers that say nothing of who belongs to whom */
			snprintf(id, sizeof(id), "%d", side ? 50 - i : i);
			snprintf(value, sizeof(value), "v%d", i);
			if (i % 2 == 0)
				add_labelled_run(&sides[side], id, labels, 2);
			add_labelled_build(&sides[side], &sample, labels, 2);
		}
	}
	assert_done(cs_compare_rows(c, &rows, &n, &none));
	cs_compare_method(c, &method);
	assert_true(method.paired);
	assert_string_equal("label.change", method.pair_key);
	assert_int_equal(6, method.runs[CS_BEFORE]);
	assert_int_equal(6, method.runs[CS_AFTER]);
	cs_compare_free(c);

	/* without that label nobody has a partner */
	c = new_compare(CS_PAIR_LABEL);
	sides[0].c = sides[1].c = c;
	add_run(&sides[0], "1", CS_EVENT_PUSH, "x");
	add_run(&sides[1], "1", CS_EVENT_PUSH, "x");
	assert_code(CS_USAGE, cs_compare_rows(c, &rows, &n, &err));
	assert_non_null(strstr(err.msg, "label.change"));
	cs_compare_free(c);
}

static int set_up(void **state CS_UNUSED)
{
	return cs_brief_memory_new(&memory, &err);
}

static int tear_down(void **state CS_UNUSED)
{
	cs_brief_memory_free(memory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(few_runs),
		cmocka_unit_test(claims),
		cmocka_unit_test(after_test),
		cmocka_unit_test(claims_that_make_no_sense),
		cmocka_unit_test(event_mix),
		cmocka_unit_test(all_cold),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(pairs),
		cmocka_unit_test(pairs_by_label),
		cmocka_unit_test(builds_of_no_run),
	};

	return cmocka_run_group_tests_name("compare", tests, set_up, tear_down);
}
