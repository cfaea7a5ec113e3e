/* SPDX-License-Identifier: Apache-2.0 */
/* The report as data. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include "support/report.h"
#include "util/time.h"

static struct cs_err err;
static const struct cs_render_options plain = { .utf8 = true };

#define S CS_NS_PER_S

static const struct cs_column group_columns[] = {
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "step_hit_ratio", "step hits", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "net_saved_seconds", "net saved", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
};

static void cells(void **state CS_UNUSED)
{
	struct cs_report *r = test_report();
	struct cs_table *t = cs_report_table(r, 1);
	const struct cs_cell *row = t->cells + t->n_columns;

	assert_string_equal("analyze", cs_report_name(r));
	assert_int_equal(1764000000 * S + 250000000, cs_report_generated(r));
	assert_int_equal(4, cs_report_n_tables(r));
	assert_string_equal("images", cs_report_table(r, 0)->key);
	assert_string_equal("layers", t->key);
	assert_string_equal("duplicates", cs_report_table(r, 3)->key);
	assert_int_equal(5, t->n_rows);
	assert_true(row[0].known && row[0].i == 1);
	assert_string_equal("hit", row[1].text);
	assert_true(row[6].known && row[6].b);
	assert_int_equal(2, row[7].list.n);
	assert_string_equal("src/a,b.py", row[7].list.v[1]);
	assert_false(row[9].known);
	assert_false(t->cells[3].known); /* -1 */
	assert_int_equal(3, cs_report_n_notes(r));
	assert_true(cs_report_note_at(r, 0)->before);
	assert_string_equal("builder's own figure: 2/5", cs_report_note_at(r, 1)->text);
	cs_report_free(r);
	cs_report_free(NULL);
}

static void unknown_is_not_zero(void **state CS_UNUSED)
{
	struct cs_report *r = NULL;
	struct cs_table *t;

	assert_done(cs_report_new("stats", 0, &r, &err));
	t = cs_report_add_table(r, "groups", NULL, group_columns, CS_N(group_columns));
	cs_row_add(r, t);
	for (size_t i = 0; i < t->n_columns; i++)
		assert_false(t->cells[i].known);
	cs_row_quotient(r, t, "step_hit_ratio", 0, 5);
	assert_true(t->cells[1].known && t->cells[1].d == 0);
	cs_row_quotient(r, t, "step_hit_ratio", 0, 0);
	assert_false(t->cells[1].known);
	cs_row_quotient(r, t, "step_hit_ratio", -1, 5);
	assert_false(t->cells[1].known);
	cs_row_quotient(r, t, "step_hit_ratio", 5, -1);
	assert_false(t->cells[1].known);
	cs_row_ratio(r, t, "step_hit_ratio", NAN);
	assert_false(t->cells[1].known);
	cs_row_ratio(r, t, "step_hit_ratio", -0.5);
	assert_true(t->cells[1].known);
	cs_row_int(r, t, "net_saved_seconds", -2);
	assert_true(t->cells[2].known);
	cs_row_int(r, t, "net_saved_seconds", -1);
	assert_false(t->cells[2].known);
	cs_row_text(r, t, "scope", NULL);
	assert_false(t->cells[0].known);
	cs_row_text(r, t, "scope", "");
	assert_true(t->cells[0].known);
	cs_report_free(r);
}

static void texts_are_copied_and_tables_stay(void **state CS_UNUSED)
{
	char text[] = "one", key[16];
	const char *list[] = { text };
	struct cs_report *r = NULL;
	struct cs_table *first;
	struct cs_column *columns;

	assert_done(cs_report_new(text, 0, &r, &err));
	columns = cs_report_columns(r, 2);
	columns[0] = (struct cs_column){ .key = "a", .type = CS_TYPE_TEXT };
	columns[1] = (struct cs_column){ .key = "b", .type = CS_TYPE_LIST };
	first = cs_report_add_table(r, text, text, columns, 2);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "t%d", i);
		cs_report_add_table(r, key, NULL, columns, 2);
		cs_row_add(r, first);
		cs_row_text(r, first, "a", text);
		cs_row_list(r, first, "b", list, 1);
		cs_report_note(r, false, "%s", text);
	}
	memcpy(text, "two", 3);
	assert_done(cs_report_check(r, &err));
	assert_ptr_equal(first, cs_report_table(r, 0));
	assert_string_equal("one", cs_report_name(r));
	assert_string_equal("one", first->key);
	assert_string_equal("one", first->title);
	assert_int_equal(100, first->n_rows);
	for (size_t i = 0; i < 100; i++) {
		assert_string_equal("one", first->cells[i * 2].text);
		assert_string_equal("one", first->cells[i * 2 + 1].list.v[0]);
		assert_string_equal("one", cs_report_note_at(r, i)->text);
	}
	assert_string_equal("t99", cs_report_table(r, 100)->key);
	cs_report_free(r);
}

/* A request past all memory: from then on everything is a no-op, and nothing gets rendered. */
static void no_memory_is_sticky(void **state CS_UNUSED)
{
	struct cs_report *r = test_report();
	struct cs_table *t = cs_report_table(r, 1);
	char *out;

	assert_null(cs_report_columns(r, SIZE_MAX / 8));
	assert_code(CS_NOMEM, cs_report_check(r, &err));
	assert_null(cs_report_add_table(r, "x", NULL, group_columns, 1));
	cs_row_add(r, NULL);
	cs_row_text(r, NULL, "a", "b");
	cs_row_add(r, t);
	cs_row_int(r, t, "index", 1);
	cs_report_note(r, true, "x");
	assert_int_equal(5, t->n_rows);
	for (size_t i = 0; i < cs_renderers_n; i++) {
		assert_code(CS_NOMEM, test_render(cs_renderers[i].name, r, &plain, &out, &err));
		assert_string_equal("", out);
		free(out);
	}
	cs_report_free(r);
}

static struct cs_report *told_report(void)
{
	static const char *const filters[] = { "scope=test" };
	struct cs_report *r = NULL;

	assert_done(cs_report_new("report", 0, &r, &err));
	cs_report_about(r, &(struct cs_about){ .title = "T",
					       .since_unix_ns = 0,
					       .until_unix_ns = CS_TIME_NONE,
					       .filters = filters,
					       .n_filters = 1 });
	cs_report_warning(r, "%d bad files", 2);
	cs_report_headline(r, &(struct cs_headline){ .key = "hit_ratio",
						     .label = "hit rate",
						     .type = CS_TYPE_RATIO,
						     .value = { .known = true, .d = 0.75 },
						     .n = 8,
						     .has_change = true,
						     .change = -0.05,
						     .verdict = "pays" });
	cs_report_headline(r, &(struct cs_headline){ .key = "saved_seconds",
						     .label = "saved",
						     .type = CS_TYPE_SECONDS,
						     .n = -1,
						     .has_change = true,
						     .change = NAN });
	return r;
}

/* Machines get what stands above the tables as tables, and the first table stays the first. */
static void what_stands_above(void **state CS_UNUSED)
{
	static const char csv[] = "key,label,value,unit,n,change,verdict\n"
				  "hit_ratio,hit rate,0.75,ratio,8,-0.05,pays\n"
				  "saved_seconds,saved,,seconds,,,\n";
	static const char json[] = "{\"title\":\"T\",\"version\":null,\"since\":\"1970-01-01T00:00:"
				   "00Z\",\"until\":null,"
				   "\"filters\":[\"scope=test\"]}\n";
	struct cs_render_options options = { .table = "headlines" };
	struct cs_report *r = told_report();
	struct cs_table *t =
		cs_report_add_table(r, "groups", NULL, group_columns, CS_N(group_columns));
	char *out = test_rendered("csv", r, &options);

	assert_string_equal(csv, out);
	free(out);
	options.table = "about";
	out = test_rendered("jsonl", r, &options);
	assert_string_equal(json, out);
	free(out);
	out = test_rendered("csv", r, &plain);
	assert_string_equal("scope,step_hit_ratio,net_saved_seconds\n", out);
	free(out);
	out = test_rendered("table", r, &plain);
	assert_string_equal("T\nwindow: since 1970-01-01\nfilter: scope=test\n\n"
			    "warning: 2 bad files\n\n"
			    "hit rate: 75.0 % (n = 8, -5.0 points, pays)\nsaved: -\n\n(none)\n",
			    out);
	free(out);
	assert_int_equal(1, cs_report_n_tables(r));
	assert_ptr_equal(t, cs_report_table(r, 0));
	cs_report_free(r);
}

static void folded_tables(void **state CS_UNUSED)
{
	const struct cs_render_options verbose = { .verbose = true, .utf8 = true };
	struct cs_report *r = NULL;
	struct cs_table *t;
	char *out;

	assert_done(cs_report_new("stats", 0, &r, &err));
	t = cs_report_add_table(r, "groups", "Groups", group_columns, CS_N(group_columns));
	cs_table_details(t);
	cs_table_lead(r, t, "By %s.", "scope");
	cs_row_add(r, t);
	cs_row_text(r, t, "scope", "x");
	out = test_rendered("table", r, &plain);
	assert_string_equal("Groups: 1 row (-v shows them)\n", out);
	free(out);
	out = test_rendered("table", r, &verbose);
	assert_string_equal("Groups\nBy scope.\n"
			    "scope  step hits  net saved\nx              -          -\n",
			    out);
	free(out);
	cs_table_details(NULL);
	cs_table_lead(r, NULL, "x");
	cs_table_chart(r, NULL, NULL);
	cs_report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells),
		cmocka_unit_test(unknown_is_not_zero),
		cmocka_unit_test(what_stands_above),
		cmocka_unit_test(folded_tables),
		cmocka_unit_test(texts_are_copied_and_tables_stay),
		cmocka_unit_test(no_memory_is_sticky),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
