/* SPDX-License-Identifier: Apache-2.0 */
/* Names, values and labels of metrics; tests/compare/pages asks promtool. */
#include "support/test.h"

#include <stdlib.h>

#include "support/report.h"
#include "util/time.h"

static struct cs_err err;
static const struct cs_render_options plain = { 0 };

static const struct cs_column columns[] = {
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "builds", "builds", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0, "Builds \\ recorded.\nAll." },
	{ "seen_total", "seen", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "took", "took", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "b_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_MACHINE, NULL },
	{ "hit", "hits", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "passed", "passed", CS_TYPE_BOOL, CS_ROLE_GAUGE, 0, NULL },
	{ "last", "last", CS_TYPE_TIME, CS_ROLE_GAUGE, 0, NULL },
	{ "verdict", "verdict", CS_TYPE_TEXT, CS_ROLE_GAUGE, 0, NULL },
	{ "noted", "noted", CS_TYPE_COUNT, CS_ROLE_NOTE, 0, NULL },
	{ "never", "never", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
};

static void add(struct cs_report *r, struct cs_table *t, const char *scope, int64_t index)
{
	cs_row_add(r, t);
	cs_row_text(r, t, "scope", scope);
	cs_row_int(r, t, "index", index);
	cs_row_int(r, t, "builds", 12345);
	cs_row_int(r, t, "seen_total", 3);
	cs_row_int(r, t, "took", 1500000000);
	cs_row_int(r, t, "b_bytes", 1);
	cs_row_ratio(r, t, "hit", 2.0 / 3);
	cs_row_bool(r, t, "passed", true);
	cs_row_int(r, t, "last", 1764000000 * CS_NS_PER_S + CS_NS_PER_S / 4);
	cs_row_text(r, t, "verdict", "pays");
	cs_row_int(r, t, "noted", 7);
}

static struct cs_report *report_of(const char *first, const char *second)
{
	struct cs_report *r = NULL;
	struct cs_table *t;

	assert_done(cs_report_new("x", CS_TIME_NONE, &r, &err));
	t = cs_report_add_table(r, "groups", NULL, columns, CS_N(columns));
	add(r, t, first, 1);
	add(r, t, second, 1);
	return r;
}

static void families(void **state CS_UNUSED)
{
	static const char want[] =
		"# HELP cachestat_groups_builds_total Builds \\\\ recorded.\\\\x0aAll.\n"
		"# TYPE cachestat_groups_builds_total counter\n"
		"cachestat_groups_builds_total{scope=\"a\",index=\"1\"} 12345\n"
		"cachestat_groups_builds_total{index=\"1\"} 12345\n"
		"# HELP cachestat_groups_seen_total_value seen\n"
		"# TYPE cachestat_groups_seen_total_value gauge\n"
		"cachestat_groups_seen_total_value{scope=\"a\",index=\"1\"} 3\n"
		"cachestat_groups_seen_total_value{index=\"1\"} 3\n"
		"# HELP cachestat_groups_took_seconds took\n"
		"# TYPE cachestat_groups_took_seconds gauge\n"
		"cachestat_groups_took_seconds{scope=\"a\",index=\"1\"} 1.5\n"
		"cachestat_groups_took_seconds{index=\"1\"} 1.5\n"
		"# HELP cachestat_groups_second_bytes size\n"
		"# TYPE cachestat_groups_second_bytes gauge\n"
		"cachestat_groups_second_bytes{scope=\"a\",index=\"1\"} 1\n"
		"cachestat_groups_second_bytes{index=\"1\"} 1\n"
		"# HELP cachestat_groups_hit_ratio hits\n"
		"# TYPE cachestat_groups_hit_ratio gauge\n"
		"cachestat_groups_hit_ratio{scope=\"a\",index=\"1\"} 0.6666666666666666\n"
		"cachestat_groups_hit_ratio{index=\"1\"} 0.6666666666666666\n"
		"# HELP cachestat_groups_passed passed\n"
		"# TYPE cachestat_groups_passed gauge\n"
		"cachestat_groups_passed{scope=\"a\",index=\"1\"} 1\n"
		"cachestat_groups_passed{index=\"1\"} 1\n"
		"# HELP cachestat_groups_last_timestamp_seconds last\n"
		"# TYPE cachestat_groups_last_timestamp_seconds gauge\n"
		"cachestat_groups_last_timestamp_seconds{scope=\"a\",index=\"1\"} 1764000000.25\n"
		"cachestat_groups_last_timestamp_seconds{index=\"1\"} 1764000000.25\n"
		"# EOF\n";
	struct cs_report *r = report_of("a", NULL);
	char *out = test_rendered("openmetrics", r, &plain);

	assert_string_equal(want, out);
	free(out);
	cs_report_free(r);
}

static void headlines_and_time(void **state CS_UNUSED)
{
	struct cs_report *r = NULL;
	char *out;

	assert_done(cs_report_new("night\"ly", 1764000000 * CS_NS_PER_S, &r, &err));
	cs_report_headline(r, &(struct cs_headline){ .key = "net_saved_seconds",
						     .label = "Net time saved",
						     .type = CS_TYPE_SECONDS,
						     .value = { .known = true, .i = -2500000000 },
						     .n = 3 });
	cs_report_headline(
		r, &(struct cs_headline){
			   .key = "hit_ratio", .label = "x", .type = CS_TYPE_RATIO, .n = 0 });
	out = test_rendered("openmetrics", r, &plain);
	assert_string_equal(
		"# HELP cachestat_report_generated_timestamp_seconds When the report was made.\n"
		"# TYPE cachestat_report_generated_timestamp_seconds gauge\n"
		"cachestat_report_generated_timestamp_seconds{report=\"night\\\"ly\"} 1764000000\n"
		"# HELP cachestat_headline_net_saved_seconds Net time saved\n"
		"# TYPE cachestat_headline_net_saved_seconds gauge\n"
		"cachestat_headline_net_saved_seconds -2.5\n"
		"# EOF\n",
		out);
	free(out);
	cs_report_free(r);
}

/* Prometheus keeps one of two samples of a series and says nothing. */
static void one_series_twice_is_refused(void **state CS_UNUSED)
{
	static const char *const pairs[][2] = { { "a", "a" }, { "", NULL }, { NULL, NULL } };

	for (size_t i = 0; i < CS_N(pairs); i++) {
		struct cs_report *r = report_of(pairs[i][0], pairs[i][1]);
		char *out;

		assert_code(CS_USAGE, test_render("openmetrics", r, &plain, &out, &err));
		assert_non_null(strstr(err.msg,
				       "table 'groups' cannot be metrics: two rows have the "
				       "labels {"));
		free(out);
		cs_report_free(r);
	}
}

static void one_family_twice_is_refused(void **state CS_UNUSED)
{
	static const struct cs_column twice[] = {
		{ "took", "took", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
		{ "took_seconds", "took", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	};
	struct cs_report *r = NULL;
	struct cs_table *t;
	char *out;

	assert_done(cs_report_new("x", 0, &r, &err));
	t = cs_report_add_table(r, "steps", NULL, twice, CS_N(twice));
	cs_row_add(r, t);
	assert_code(CS_USAGE, test_render("openmetrics", r, &plain, &out, &err));
	assert_string_equal("table 'steps' gives the metric cachestat_steps_took_seconds twice",
			    err.msg);
	free(out);
	cs_report_free(r);
}

/* Labels are a stranger's: whatever they are called, no name comes twice in a series. */
static void no_label_twice(void **state CS_UNUSED)
{
#define LABEL(key)                                                                                 \
	{                                                                                          \
		key, key, CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL                                     \
	}
	static const struct cs_column labels[] = {
		LABEL("l.a-b"),	  LABEL("l.a_b"),
		LABEL("l.a_b_2"), LABEL("l.a.b"),
		LABEL("l.a-b-3"), LABEL("1"),
		LABEL("_1"),	  LABEL("l.a+b"),
		LABEL("__1"),	  { "n", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, "n" },
	};
	struct cs_report *r = NULL;
	struct cs_table *t;
	char *out;

	assert_done(cs_report_new("x", 0, &r, &err));
	t = cs_report_add_table(r, "groups", NULL, labels, CS_N(labels));
	cs_row_add(r, t);
	for (size_t i = 0; i + 1 < CS_N(labels); i++)
		cs_row_text(r, t, labels[i].key, "v");
	cs_row_int(r, t, "n", 7);
	out = test_rendered("openmetrics", r, &plain);
	assert_non_null(strstr(out,
			       "{l_a_b=\"v\",l_a_b_4=\"v\",l_a_b_2=\"v\",l_a_b_5=\"v\","
			       "l_a_b_3=\"v\",_1=\"v\",_1_2=\"v\",l_a_b_6=\"v\",__1=\"v\"} 7\n"));
	free(out);
	cs_report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families),
		cmocka_unit_test(headlines_and_time),
		cmocka_unit_test(one_series_twice_is_refused),
		cmocka_unit_test(one_family_twice_is_refused),
		cmocka_unit_test(no_label_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
