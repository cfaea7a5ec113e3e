/* SPDX-License-Identifier: Apache-2.0 */
/* Scales, what is taken from a table, and text that fits; how it looks is tests/compare/html's. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include "report/svg.h"
#include "util/time.h"

static struct cs_err err;

static void ticks(void **state CS_UNUSED)
{
	static const struct {
		enum cs_type type;
		double min, max;
		unsigned most;
		const char *want;
	} cases[] = {
		{ CS_TYPE_RATIO, 0, 0.84, 4, "0 %|25 %|50 %|75 %|100 %" },
		{ CS_TYPE_RATIO, 0, 0.84, 5, "0 %|25 %|50 %|75 %|100 %" },
		{ CS_TYPE_RATIO, 0, 0.84, 3, "0 %|50 %|100 %" },
		{ CS_TYPE_RATIO, 0, 0.031, 4, "0 %|1 %|2 %|3 %|4 %" },
		{ CS_TYPE_RATIO, -0.3, 0.9, 4, "-50 %|0 %|50 %|100 %" },
		{ CS_TYPE_RATIO, 0, 0, 4, "0 %|25 %|50 %|75 %|100 %" },
		{ CS_TYPE_COUNT, 0, 3, 6, "0|1|2|3" },
		{ CS_TYPE_COUNT, 0, 0, 6, "0|1" },
		{ CS_TYPE_COUNT, 0, 12345, 4, "0|5,000|10,000|15,000" },
		{ CS_TYPE_NUMBER, 0, 1.24, 4, "0|0.5|1|1.5" },
		{ CS_TYPE_NUMBER, 0, 0.3, 3, "0|0.1|0.2|0.3" },
		{ CS_TYPE_BYTES, 0, 1843e6, 4, "0 GB|0.5 GB|1 GB|1.5 GB|2 GB" },
		{ CS_TYPE_BYTES, 0, 999, 4, "0 B|500 B|1,000 B" },
		{ CS_TYPE_BYTES, 0, 2, 8, "0 B|1 B|2 B" },
		{ CS_TYPE_SECONDS, 0, 59, 4, "0 s|15 s|30 s|45 s|60 s" },
		{ CS_TYPE_SECONDS, 0, 0.4, 4, "0 s|0.1 s|0.2 s|0.3 s|0.4 s" },
		{ CS_TYPE_SECONDS, 0, 4210, 6, "0 min|15 min|30 min|45 min|60 min|75 min" },
		{ CS_TYPE_SECONDS, 0, 41230, 4, "0 h|3 h|6 h|9 h|12 h" },
		{ CS_TYPE_SECONDS, 0, 9 * 86400.0, 5, "0 d|2 d|4 d|6 d|8 d|10 d" },
		{ CS_TYPE_NUMBER, -1e300, 1e300, 4, NULL },
		{ CS_TYPE_NUMBER, NAN, INFINITY, 4, "0|0.5|1" },
		{ CS_TYPE_NUMBER, -2, 3, 1, NULL },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		const struct cs_column column = { .type = cases[i].type };
		struct cs_axis axis = { .from = 0, .to = 100 };
		struct cs_buf got = CS_BUF_INIT;

		cs_axis_fit(&axis, &column, cases[i].min, cases[i].max, cases[i].most);
		assert_in_range(axis.n, 1, cases[i].most > 2 ? cases[i].most : 2);
		assert_true(axis.high > axis.low);
		for (unsigned k = 0; k <= axis.n; k++) {
			assert_int_equal(0, cs_buf_puts(&got, k ? "|" : ""));
			assert_int_equal(0, cs_axis_label(&got, &axis, k));
		}
		if (cases[i].want && strcmp(cases[i].want, got.data) != 0)
			fail_msg("case %zu: %s, not %s", i, got.data, cases[i].want);
		cs_buf_release(&got);
	}
}

static const struct cs_column columns[] = {
	{ "day", "day", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "n", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "took_seconds", "took", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "hits", "hits", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "runs", "runs", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
};

static void add(struct cs_report *r, struct cs_table *t, const char *day, const char *scope,
		int64_t n, double seconds)
{
	cs_row_add(r, t);
	cs_row_text(r, t, "day", day);
	cs_row_text(r, t, "scope", scope);
	cs_row_int(r, t, "n", n);
	cs_row_int(r, t, "took_seconds", seconds < 0 ? -1 : (int64_t)(seconds * 1e9));
	cs_row_int(r, t, "hits", n * 2);
	cs_row_int(r, t, "runs", n * 3);
}

static struct cs_report *small_report(struct cs_table **ret)
{
	struct cs_report *r = NULL;
	struct cs_table *t;

	assert_done(cs_report_new("x", 0, &r, &err));
	t = cs_report_add_table(r, "trend", "Trend", columns, CS_N(columns));
	add(r, t, "2026-11-03", "test", 4, 30);
	add(r, t, "2026-11-01", "test", 2, 10);
	add(r, t, "2026-11-01", "production", 1, 90.5);
	add(r, t, "2026-11-02", "test", 3, -1);
	add(r, t, NULL, "test", 5, 400);
	add(r, t, "2026-11-04", NULL, 6, 20);
	*ret = t;
	return r;
}

static struct cs_plot *plot_of(const struct cs_table *t, struct cs_chart chart)
{
	struct cs_plot *plot = NULL;

	assert_done(cs_plot_new(t, &chart, &plot, &err));
	/* The chart is the caller's: what is looked at later must not read it. */
	plot->chart = NULL;
	return plot;
}

static void series_in_time(void **state CS_UNUSED)
{
	struct cs_table *t;
	struct cs_report *r = small_report(&t);
	struct cs_plot *plot = plot_of(t, (struct cs_chart){ .kind = CS_CHART_LINE,
							     .x = "day",
							     .y = { "took_seconds" },
							     .series = "scope",
							     .n = "n" });

	assert_true(plot->time && !plot->lying);
	assert_int_equal(3, plot->n_series);
	assert_string_equal("test", plot->series[0].name);
	assert_string_equal("unknown", plot->series[2].name);
	assert_int_equal(3, plot->series[0].n_points);
	assert_true(plot->series[0].points[0].y == 10);
	assert_true(isnan(plot->series[0].points[1].y));
	assert_true(plot->series[0].points[2].y == 30);
	assert_int_equal(9, plot->series[0].n);
	/* The row without a day is not drawn, and counted; it does not stretch the scale. */
	assert_int_equal(5, plot->n_values);
	assert_int_equal(1, plot->n_left);
	assert_true(plot->max == 90.5 && plot->min == 0);
	cs_plot_free(plot);
	cs_report_free(r);
}

static void several_columns_are_series(void **state CS_UNUSED)
{
	struct cs_table *t;
	struct cs_report *r = small_report(&t);
	struct cs_plot *plot = plot_of(t, (struct cs_chart){ .kind = CS_CHART_STACKED,
							     .x = "scope",
							     .y = { "hits", "runs" },
							     .n = "n" });

	assert_true(plot->lying);
	assert_int_equal(2, plot->n_series);
	assert_string_equal("runs", plot->series[1].name);
	assert_int_equal(-1, plot->series[0].n);
	assert_int_equal(2, plot->n_names);
	assert_int_equal(2, plot->names[0].n);
	assert_int_equal(5, plot->names[0].n_most);
	assert_true(plot->max == 5 * (2 + 3 + 4 + 5));
	cs_plot_free(plot);
	cs_report_free(r);
}

/* No bar lies under another: what several rows share is told apart by another column, or numbered.
 */
static void bars_of_one_name(void **state CS_UNUSED)
{
	struct cs_table *t;
	struct cs_report *r = NULL;
	struct cs_chart chart = { .kind = CS_CHART_BAR, .x = "scope", .y = { "hits" } };
	struct cs_plot *plot;

	assert_done(cs_report_new("x", 0, &r, &err));
	t = cs_report_add_table(r, "trend", "Trend", columns, CS_N(columns));
	add(r, t, "acme/app", "test", 1, 1);
	add(r, t, "acme/web", "test", 2, 2);
	add(r, t, "acme/web", "test", 3, 3);
	add(r, t, NULL, "test", 4, 4);
	plot = plot_of(t, chart);
	assert_int_equal(4, plot->n_names);
	assert_string_equal("test", plot->names[0].text);
	assert_string_equal("test (4)", plot->names[3].text);
	cs_plot_free(plot);
	chart.of[0] = "day";
	plot = plot_of(t, chart);
	assert_int_equal(4, plot->n_names);
	assert_string_equal("acme/app: test", plot->names[0].text);
	assert_string_equal("acme/web: test", plot->names[1].text);
	assert_string_equal("acme/web: test (2)", plot->names[2].text);
	assert_string_equal("test", plot->names[3].text);
	cs_plot_free(plot);
	cs_report_free(r);
}

/* Eight series and forty lines are drawn; what is not is counted, and names of none are dropped. */
static void too_much_is_counted(void **state CS_UNUSED)
{
	struct cs_report *r = NULL;
	struct cs_table *t;
	struct cs_plot *plot;
	char name[32], scope[32];

	assert_done(cs_report_new("x", 0, &r, &err));
	t = cs_report_add_table(r, "trend", "Trend", columns, CS_N(columns));
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "name %d", i / 2);
		snprintf(scope, sizeof(scope), "scope %d", i % 12);
		add(r, t, name, scope, 1, i);
	}
	plot = plot_of(t, (struct cs_chart){ .kind = CS_CHART_DOTS,
					     .x = "day",
					     .y = { "took_seconds" },
					     .series = "scope" });
	assert_int_equal(CS_PLOT_SERIES, plot->n_series);
	assert_int_equal(CS_PLOT_LYING, plot->n_names);
	assert_string_equal("name 6", plot->names[4].text);
	assert_int_equal(600, plot->n_values);
	assert_int_equal(600 - 2 * CS_PLOT_LYING, plot->n_left);
	cs_plot_free(plot);
	cs_report_free(r);
}

static void text_alternative(void **state CS_UNUSED)
{
	struct cs_table *t;
	struct cs_report *r = small_report(&t);
	struct cs_chart chart = { .kind = CS_CHART_LINE,
				  .x = "day",
				  .y = { "took_seconds" },
				  .series = "scope",
				  .ref_label = "at most a minute",
				  .ref_low = 60,
				  .ref_high = 60 };
	struct cs_buf buf = CS_BUF_INIT;
	struct cs_plot *plot = NULL;

	assert_done(cs_plot_new(t, &chart, &plot, &err));
	assert_int_equal(0, cs_plot_alt(&buf, plot));
	assert_string_equal(
		"Line chart of took by day. test: 2 values, lowest 10.0 s, highest 30.0 s, "
		"first 10.0 s, last 30.0 s. production: 1 value, lowest 1m 31s, highest "
		"1m 31s, first 1m 31s, last 1m 31s. unknown: 1 value, lowest 20.0 s, "
		"highest 20.0 s, first 20.0 s, last 20.0 s. Reference: at most a minute.",
		buf.data);
	cs_buf_reset(&buf);
	chart.alt = "as told";
	assert_int_equal(0, cs_plot_alt(&buf, plot));
	assert_string_equal("as told", buf.data);
	cs_buf_release(&buf);
	cs_plot_free(plot);
	cs_report_free(r);
}

static void text_that_fits(void **state CS_UNUSED)
{
	static const char *const texts[] = {
		"test",
		"RUN make -j4 all && make install",
		"WWWWWWWWWWWWWWWW",
		"\xe2\x80\xae\xff\x1b",
		"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97",
		"",
	};
	struct cs_buf buf = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(texts); i++) {
		for (int width = 12; width < 400; width += 7) {
			bool whole = cs_svg_width(texts[i]) <= width;

			assert_int_equal(0, cs_svg_fit(&buf, texts[i], width));
			assert_true(cs_svg_width(buf.data) <= width);
			if (whole)
				assert_string_equal(texts[i], buf.data);
			else
				assert_non_null(strstr(buf.data, "\xe2\x80\xa6"));
		}
	}
	cs_buf_release(&buf);
}

static void numbers_of_pictures(void **state CS_UNUSED)
{
	static const struct {
		double v;
		const char *want;
	} cases[] = {
		{ 0, "0" },	     { 1.25, "1.3" },	{ -0.04, "0" }, { -2.5, "-2.5" },
		{ 1079.96, "1080" }, { INFINITY, "0" }, { NAN, "0" },	{ 1e300, "0" },
	};
	struct cs_buf buf = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(cases); i++) {
		cs_buf_reset(&buf);
		assert_int_equal(0, cs_svg_num(&buf, cases[i].v));
		assert_string_equal(cases[i].want, buf.data);
	}
	cs_buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks),
		cmocka_unit_test(series_in_time),
		cmocka_unit_test(bars_of_one_name),
		cmocka_unit_test(several_columns_are_series),
		cmocka_unit_test(too_much_is_counted),
		cmocka_unit_test(text_alternative),
		cmocka_unit_test(text_that_fits),
		cmocka_unit_test(numbers_of_pictures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
