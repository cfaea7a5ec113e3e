/* SPDX-License-Identifier: Apache-2.0 */
/* Each gate just at its limit, just past it and without anything to judge. */
#include "support/test.h"

#include <math.h>

#include "metrics/gate.h"

static struct cs_err err;

static int64_t limit(enum cs_gate_kind kind, const char *text, int64_t *den)
{
	int64_t num = -1;

	assert_done(cs_gate_parse_limit(kind, text, &num, den, &err));
	return num;
}

static void limits(void **state CS_UNUSED)
{
	static const char *const bad_rates[] = { "80",	"1.5", "-0.1", "",    "0.8x", "101%",
						 "0,8", "nan", ".",    "1e1", "0.8 %" };
	int64_t den;

	assert_int_equal(8, limit(CS_GATE_MIN_HIT_RATE, "0.8", &den));
	assert_int_equal(10, den);
	assert_int_equal(80, limit(CS_GATE_MIN_HIT_RATE, "80%", &den));
	assert_int_equal(100, den);
	assert_int_equal(805, limit(CS_GATE_MIN_HIT_RATE, "80.5%", &den));
	assert_int_equal(1000, den);
	assert_int_equal(1, limit(CS_GATE_MIN_HIT_RATE, "1", &den));
	for (size_t i = 0; i < CS_N(bad_rates); i++)
		assert_code(CS_USAGE, cs_gate_parse_limit(CS_GATE_MIN_HIT_RATE, bad_rates[i], &den,
							  &den, &err));
	cs_gate_parse_limit(CS_GATE_MIN_HIT_RATE, "80", &den, &den, &err);
	assert_string_equal("'80' is more than all: write 0.8 or 80%, not a bare 80", err.msg);

	assert_int_equal(10000000, limit(CS_GATE_MAX_GROWTH, "10MB", &den));
	assert_int_equal(5 << 20, limit(CS_GATE_MAX_GROWTH, "5MiB", &den));
	assert_int_equal(1500, limit(CS_GATE_MAX_GROWTH, "1.5k", &den));
	assert_int_equal(0, limit(CS_GATE_MAX_GROWTH, "0", &den));
	assert_code(CS_USAGE, cs_gate_parse_limit(CS_GATE_MAX_GROWTH, "0.5", &den, &den, &err));
	assert_code(CS_USAGE,
		    cs_gate_parse_limit(CS_GATE_MAX_GROWTH, "99999999999T", &den, &den, &err));
	assert_int_equal(0, limit(CS_GATE_MIN_NET_SAVINGS, "0", &den));
	assert_true(limit(CS_GATE_MIN_NET_SAVINGS, "1.5h", &den) == 5400 * CS_NS_PER_S);
	assert_true(limit(CS_GATE_MIN_NET_SAVINGS, "-2", &den) == -2 * CS_NS_PER_S);
	assert_code(CS_USAGE, cs_gate_parse_limit(CS_GATE_MIN_NET_SAVINGS, "5d", &den, &den, &err));
	assert_code(CS_USAGE, cs_gate_parse_limit(CS_GATE_MAX_BUILDS, "1.0", &den, &den, &err));
}

struct fixture {
	struct cs_gates *gates;
	struct cs_gate_list list;
	struct cs_arena *arena;
	const struct cs_gate_row *rows;
	size_t n;
};

static void begin(struct fixture *f)
{
	f->list.n = 0;
	f->arena = cs_arena_new();
	assert_done(cs_gates_new(&f->gates, &err));
}

static void end(struct fixture *f)
{
	cs_gates_free(f->gates);
	cs_arena_free(f->arena);
}

static void ask(struct fixture *f, enum cs_gate_kind kind, const char *text)
{
	assert_done(cs_gate_parse(kind, text, f->arena, &f->list, &err));
}

static void judge(struct fixture *f, int64_t min_builds, size_t want_n)
{
	assert_done(cs_gates_judge(f->gates, &f->list, min_builds, &f->rows, &f->n, &err));
	assert_int_equal(want_n, f->n);
}

static struct cs_figures figures(int64_t hits, int64_t runs)
{
	return (struct cs_figures){ .completed = true,
				    .rated = true,
				    .step_hits = hits,
				    .step_runs = runs,
				    .own_tar_bytes = -1,
				    .hit_tar_bytes = -1 };
}

static void add(struct fixture *f, const char *scope, const char *run, const struct cs_figures *v,
		int64_t blob_bytes)
{
	struct cs_layer layer = { .blob_bytes = blob_bytes, .tar_bytes = -1 };
	struct cs_build b;

	cs_build_init(&b);
	b.facts.scope = scope;
	b.facts.run_id = run;
	b.facts.event = CS_EVENT_PULL_REQUEST;
	b.layers = &layer;
	b.n_layers = blob_bytes >= 0;
	assert_done(cs_gates_add_build(f->gates, &b, v, &err));
}

static void rates(void **state CS_UNUSED)
{
	struct cs_figures four_of_five = figures(4, 1), third = figures(1, 2);
	struct fixture f;

	begin(&f);
	add(&f, "test", "1", &four_of_five, -1);
	add(&f, "third", "2", &third, -1);
	ask(&f, CS_GATE_MIN_HIT_RATE, "test=0.8");
	ask(&f, CS_GATE_MIN_HIT_RATE, "0.333333333"); /* the others */
	ask(&f, CS_GATE_MIN_TIME_HIT_RATE, "test=0");
	judge(&f, 0, 3);
	assert_int_equal(CS_GATE_PASSED, f.rows[0].result); /* 0.8 is reached, exactly */
	assert_string_equal("third", f.rows[1].scope);
	assert_int_equal(CS_GATE_PASSED, f.rows[1].result);
	assert_int_equal(CS_GATE_NOT_JUDGED, f.rows[2].result); /* no times */
	f.list.n = 0;
	ask(&f, CS_GATE_MIN_HIT_RATE, "test=0.800000001,third=0.333333334,gone=0");
	judge(&f, 0, 3);
	assert_int_equal(CS_GATE_FAILED, f.rows[0].result);
	assert_int_equal(CS_GATE_FAILED, f.rows[1].result);
	assert_int_equal(CS_GATE_NOT_JUDGED, f.rows[2].result);
	assert_string_equal("gone", f.rows[2].scope);
	judge(&f, 2, 3); /* too few builds to judge, either way */
	assert_int_equal(CS_GATE_NOT_JUDGED, f.rows[0].result);
	assert_int_equal(1, f.rows[0].n);
	end(&f);
}

static void times_and_bytes(void **state CS_UNUSED)
{
	struct cs_figures v = figures(1, 1);
	struct fixture f;

	v.savings = (struct cs_savings){ .known = true,
					 .overhead_known = true,
					 .hits = 1,
					 .priced_hits = 1,
					 .runs = 1,
					 .gross_ns = 9 * CS_NS_PER_S,
					 .run_ns = CS_NS_PER_S,
					 .overhead_ns = 9 * CS_NS_PER_S };
	v.own_tar_bytes = 3;
	v.hit_tar_bytes = 1;
	begin(&f);
	add(&f, "s", "1", &v, -1);
	ask(&f, CS_GATE_MIN_TIME_HIT_RATE, "90%");
	ask(&f, CS_GATE_MIN_BYTE_HIT_RATE, "33.4%");
	ask(&f, CS_GATE_MIN_NET_SAVINGS, "0");
	ask(&f, CS_GATE_MIN_NET_SAVINGS, "s=1ms");
	judge(&f, 0, 4);
	assert_int_equal(CS_GATE_PASSED, f.rows[0].result);
	assert_int_equal(CS_GATE_FAILED, f.rows[1].result);
	assert_int_equal(CS_GATE_PASSED, f.rows[2].result);
	assert_null(f.rows[2].scope);
	assert_int_equal(CS_GATE_FAILED, f.rows[3].result);
	/* a hit without a price may have saved what is missing */
	v.savings.hits = 2;
	add(&f, "s", "2", &v, -1);
	judge(&f, 0, 4);
	assert_int_equal(CS_GATE_PASSED, f.rows[2].result);
	assert_int_equal(CS_GATE_NOT_JUDGED, f.rows[3].result);
	end(&f);
}

static void builds_and_growth(void **state CS_UNUSED)
{
	struct cs_figures v = figures(1, 0);
	struct cs_run run;
	struct fixture f;

	begin(&f);
	add(&f, "s", "1", &v, 1000);
	add(&f, "s", "2", &v, 500);
	add(&f, "t", "2", &v, -1);
	add(&f, "s", "3", &v, 1010);
	cs_run_init(&run);
	run.run_id = "night";
	run.event = CS_EVENT_SCHEDULE;
	assert_done(cs_gates_add_run(f.gates, &run, &err));
	ask(&f, CS_GATE_MAX_BUILDS, "pull_request=1,2");
	ask(&f, CS_GATE_MAX_GROWTH, "s=10");
	ask(&f, CS_GATE_MAX_GROWTH, "9"); /* t has no sizes */
	ask(&f, CS_GATE_NO_DUPLICATES, "0");
	judge(&f, 0, 5);
	assert_string_equal("pull_request", f.rows[0].event);
	assert_int_equal(CS_GATE_FAILED, f.rows[0].result);
	assert_true(f.rows[0].value == 2 && f.rows[0].n == 3);
	assert_string_equal("schedule", f.rows[1].event);
	assert_int_equal(CS_GATE_PASSED, f.rows[1].result);
	assert_int_equal(CS_GATE_PASSED, f.rows[2].result);
	assert_string_equal("t", f.rows[3].scope);
	assert_int_equal(CS_GATE_NOT_JUDGED, f.rows[3].result);
	assert_int_equal(CS_GATE_NOT_JUDGED, f.rows[4].result); /* nobody counted */
	cs_gates_count(f.gates, 0, 1);
	f.list.n = 0;
	ask(&f, CS_GATE_MAX_BUILDS, "pull_request=2,release=0");
	ask(&f, CS_GATE_MAX_GROWTH, "s=9");
	ask(&f, CS_GATE_NO_DUPLICATES, "0");
	ask(&f, CS_GATE_NO_UNEXPECTED, "0");
	judge(&f, 0, 5);
	assert_int_equal(CS_GATE_PASSED, f.rows[0].result);
	assert_int_equal(CS_GATE_NOT_JUDGED, f.rows[1].result);
	assert_int_equal(CS_GATE_FAILED, f.rows[2].result);
	assert_int_equal(CS_GATE_PASSED, f.rows[3].result);
	assert_int_equal(CS_GATE_FAILED, f.rows[4].result);
	end(&f);
}

static void lists(void **state CS_UNUSED)
{
	struct fixture f;

	begin(&f);
	assert_code(CS_USAGE, cs_gate_parse(CS_GATE_MIN_HIT_RATE, "=0.8", f.arena, &f.list, &err));
	assert_code(CS_USAGE,
		    cs_gate_parse(CS_GATE_MIN_HIT_RATE, "a=0.8,", f.arena, &f.list, &err));
	f.list.n = 0;
	assert_code(CS_USAGE,
		    cs_gate_parse(CS_GATE_MIN_HIT_RATE, "a=0.8,a=0.9", f.arena, &f.list, &err));
	assert_string_equal("two limits for a", err.msg);
	assert_code(CS_USAGE,
		    cs_gate_parse(CS_GATE_MAX_BUILDS, "pull_reqest=1", f.arena, &f.list, &err));
	assert_string_equal("no class 'pull_reqest' (did you mean 'pull_request'?)", err.msg);
	assert_code(CS_USAGE, cs_gate_parse(CS_GATE_MIN_HIT_RATE, "b=80", f.arena, &f.list, &err));
	assert_non_null(strstr(err.msg, "b: '80' is more than all"));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),	   cmocka_unit_test(rates),
		cmocka_unit_test(times_and_bytes), cmocka_unit_test(builds_and_growth),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
