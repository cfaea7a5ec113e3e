/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ordinary report against golden files (CACHESTAT_GOLDEN_WRITE=1 rewrites them; then read the
 * diff), and what all renderers owe: no row or column lost, no failure swallowed.
 */
#include "support/test.h"

#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "support/report.h"
#include "support/sample.h"
#include "report/fmt.h"
#include "report/render.h"
#include "util/file.h"
#include "util/time.h"

static struct cs_err err;
static const struct cs_render_options plain = { .utf8 = true };

static void check_golden(const char *name, const char *text)
{
	struct cs_buf want = CS_BUF_INIT;
	char path[512], file[128];
	int64_t size;
	int fd;

	snprintf(file, sizeof(file), "golden/report/%s", name);
	test_source_path(file, path);
	if (getenv("CACHESTAT_GOLDEN_WRITE"))
		test_write_file(path, text);
	assert_done(cs_file_open_read(path, &fd, &size, &err));
	assert_done(cs_file_read_all(fd, 1 << 20, &want, &err));
	close(fd);
	if (strcmp(want.data, text) != 0)
		print_error("%s differs; rendered:\n%s", path, text);
	assert_string_equal(want.data, text);
	cs_buf_release(&want);
}

static const struct cs_column one_column[] = {
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
};

static const struct {
	const char *file, *format;
	struct cs_render_options options;
} golden[] = {
	{ "table.txt", "table", { .utf8 = true } },
	{ "table-100.txt", "table", { .utf8 = true, .width = 100 } },
	{ "table-60-ascii.txt", "table", { .width = 60 } },
	{ "table-verbose-color.txt",
	  "table",
	  { .utf8 = true, .width = 160, .color = true, .verbose = true } },
	{ "report.json", "json", { 0 } },
	{ "report.jsonl", "jsonl", { 0 } },
	{ "layers.jsonl", "jsonl", { .table = "layers" } },
	{ "report.csv", "csv", { 0 } },
	{ "layers.csv", "csv", { .table = "layers" } },
	{ "report.md", "markdown", { 0 } },
	{ "report-verbose.md", "markdown", { .verbose = true } },
	{ "report.html", "html", { 0 } },
	{ "report.prom", "openmetrics", { 0 } },
};

/* A report with headlines, charts and folded tables, and what is hostile to all formats. */
static const struct {
	const char *file, *format;
	struct cs_render_options options;
	struct cs_report *(*make)(void);
} golden_samples[] = {
	{ "sample.txt", "table", { .utf8 = true, .width = 100 }, test_sample },
	{ "sample.json", "json", { 0 }, test_sample },
	{ "sample-headlines.csv", "csv", { .table = "headlines" }, test_sample },
	{ "sample-warnings.jsonl", "jsonl", { .table = "warnings" }, test_sample },
	{ "sample.md", "markdown", { 0 }, test_sample },
	{ "sample-compact.md", "markdown", { .compact = true }, test_sample },
	{ "sample-3000.md", "markdown", { .max_bytes = 3000 }, test_sample },
	{ "sample.html", "html", { 0 }, test_sample },
	{ "sample.prom", "openmetrics", { 0 }, test_sample },
	{ "hostile.html", "html", { .max_rows = 2 }, test_hostile_sample },
	{ "hostile.md", "markdown", { .max_bytes = 30000 }, test_hostile_sample },
};

static void check_all_golden(void)
{
	struct cs_report *r = test_report();

	for (size_t i = 0; i < CS_N(golden); i++) {
		char *out = test_rendered(golden[i].format, r, &golden[i].options);

		check_golden(golden[i].file, out);
		free(out);
	}
	cs_report_free(r);
	for (size_t i = 0; i < CS_N(golden_samples); i++) {
		char *out;

		r = golden_samples[i].make();
		out = test_rendered(golden_samples[i].format, r, &golden_samples[i].options);
		check_golden(golden_samples[i].file, out);
		free(out);
		cs_report_free(r);
	}
}

static void golden_files(void **state CS_UNUSED)
{
	check_all_golden();
}

static void same_bytes_in_any_locale_and_zone(void **state CS_UNUSED)
{
	static const char *const names[] = { "", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8",
					     "fa_IR.UTF-8" };

	setenv("TZ", "Pacific/Kiritimati", 1);
	tzset();
	for (size_t i = 0; i < CS_N(names); i++) {
		if (setlocale(LC_ALL, names[i]))
			check_all_golden();
	}
	setlocale(LC_ALL, "C");
	unsetenv("TZ");
	tzset();
}

static void renderers_by_name(void **state CS_UNUSED)
{
	static const char *const names[] = { "table",	 "json", "jsonl",      "csv",
					     "markdown", "html", "openmetrics" };

	for (size_t i = 0; i < CS_N(names); i++)
		assert_string_equal(names[i], cs_renderer_find(names[i])->name);
	assert_null(cs_renderer_find("xml"));
	assert_null(cs_renderer_find(""));
}

static void a_table_that_is_not_there(void **state CS_UNUSED)
{
	static const char *const formats[] = { "csv", "jsonl" };
	struct cs_render_options options = { .table = "layer" };
	struct cs_report *r = test_report();
	char *out;

	for (size_t i = 0; i < CS_N(formats); i++) {
		assert_code(CS_USAGE, test_render(formats[i], r, &options, &out, &err));
		assert_string_equal("", out);
		assert_string_equal("report 'analyze' has no table 'layer' (there is: images, "
				    "layers, groups, duplicates)",
				    err.msg);
		free(out);
	}
	cs_report_free(r);
}

static void an_empty_report(void **state CS_UNUSED)
{
	static const char json[] = "{\n"
				   "  \"schema_version\": 1,\n"
				   "  \"report\": \"stats\",\n"
				   "  \"generated_at\": null\n"
				   "}\n";
	struct cs_report *r = NULL;

	assert_done(cs_report_new("stats", CS_TIME_NONE, &r, &err));
	for (size_t i = 0; i < cs_renderers_n; i++) {
		const char *name = cs_renderers[i].name;
		char *out = test_rendered(name, r, &plain);

		if (strcmp(name, "html") == 0)
			assert_non_null(strstr(out, "<h1>stats</h1>"));
		else
			assert_string_equal(strcmp(name, "json") == 0	       ? json
					    : strcmp(name, "openmetrics") == 0 ? "# EOF\n"
									       : "",
					    out);
		free(out);
	}
	cs_report_free(r);
}

static void a_row_of_one_unknown_cell_is_a_row(void **state CS_UNUSED)
{
	struct cs_report *r = NULL;
	struct cs_table *t;
	char *out;

	assert_done(cs_report_new("stats", 0, &r, &err));
	t = cs_report_add_table(r, "groups", NULL, one_column, 1);
	cs_row_add(r, t);
	cs_row_add(r, t);
	cs_row_text(r, t, "scope", "x");
	out = test_rendered("csv", r, &plain);
	assert_string_equal("scope\n\"\"\nx\n", out);
	free(out);
	out = test_rendered("table", r, &plain);
	assert_string_equal("scope\n-\nx\n", out);
	free(out);
	cs_report_free(r);
}

/* Text without machine columns: the count of rows is told, not dropped. */
static void rows_without_columns_are_told(void **state CS_UNUSED)
{
	static const struct cs_column columns[] = {
		{ "a", "a", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	};
	struct cs_report *r = NULL;
	struct cs_table *t;
	char *out;

	assert_done(cs_report_new("stats", 0, &r, &err));
	t = cs_report_add_table(r, "groups", NULL, columns, 1);
	cs_row_add(r, t);
	out = test_rendered("table", r, &plain);
	assert_string_equal("(rows: 1, no columns to show)\n", out);
	free(out);
	out = test_rendered("markdown", r, &plain);
	assert_string_equal("(rows: 1, no columns to show)\n", out);
	free(out);
	cs_report_free(r);
}

/* Only what is a digest is cut to 12 digits: a prefix of something else would pass for one. */
static void digests_for_people(void **state CS_UNUSED)
{
	static const char *const cases[][2] = {
		{ "sha256:0123456789abcdef", "0123456789ab" },
		{ "sha256:0123456789ab", "0123456789ab" },
		{ "sha256:0123456789a", "sha256:0123456789a" },
		{ "sha256:0123456789abcdef;x", "sha256:0123456789abcdef;x" },
		{ "0123456789abcdef", "0123456789abcdef" },
		{ "latest", "latest" },
	};
	static const struct cs_column column = {
		"id", "id", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		struct cs_cell cell = { .known = true, .text = cases[i][0] };
		struct cs_buf buf = CS_BUF_INIT;

		assert_int_equal(0, cs_render_human(&buf, &column, &cell));
		assert_string_equal(cases[i][1], buf.data);
		cs_buf_release(&buf);
	}
}

static size_t widest_line(const struct cs_report *r, unsigned width, bool utf8)
{
	struct cs_render_options options = { .width = width, .utf8 = utf8 };
	char *out = test_rendered("table", r, &options), *rest = out, *line;
	size_t widest = 0;

	/* Whatever the width, every column and what cannot be cut is there. */
	assert_non_null(strstr(out, "files  pulled  inputs"));
	assert_non_null(strstr(out, "requirements.txt, src/a,b.py"));
	while ((line = test_next_line(&rest))) {
		if (cs_fmt_width(line) > widest)
			widest = cs_fmt_width(line);
		assert_true(!*line || line[strlen(line) - 1] != ' ');
	}
	free(out);
	return widest;
}

/* The table is as wide as the terminal, between the narrowest and the widest that it can be. */
static void lines_follow_the_terminal(void **state CS_UNUSED)
{
	struct cs_report *r = test_report();

	for (int utf8 = 0; utf8 < 2; utf8++) {
		size_t least = widest_line(r, 1, utf8), most = widest_line(r, 0, utf8);

		assert_in_range(least, 80, 100);
		assert_in_range(most, 150, 240);
		for (unsigned width = 1; width < 250; width++) {
			size_t want = width < least ? least : width > most ? most : width;

			assert_int_equal(want, widest_line(r, width, utf8));
		}
	}
	cs_report_free(r);
}

static void a_full_disk_is_an_error(void **state CS_UNUSED)
{
	struct cs_report *r = test_report();

	if (access("/dev/full", W_OK) < 0)
		skip();
	for (size_t i = 0; i < cs_renderers_n; i++) {
		for (int buffered = 0; buffered < 2; buffered++) {
			FILE *f = fopen("/dev/full", "w");

			assert_non_null(f);
			if (!buffered)
				setvbuf(f, NULL, _IONBF, 0);
			assert_code(CS_IO, cs_renderers[i].render(r, &plain, f, &err));
			assert_non_null(strstr(err.msg, "No space left"));
			fclose(f);
		}
	}
	cs_report_free(r);
}

static void a_closed_pipe_is_an_error(void **state CS_UNUSED)
{
	struct cs_report *r = test_report();
	int fds[2];
	FILE *f;

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < cs_renderers_n; i++) {
		assert_int_equal(0, pipe(fds));
		close(fds[0]);
		f = fdopen(fds[1], "w");
		assert_non_null(f);
		assert_code(CS_IO, cs_renderers[i].render(r, &plain, f, &err));
		fclose(f);
	}
	signal(SIGPIPE, SIG_DFL);
	cs_report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_files),
		cmocka_unit_test(same_bytes_in_any_locale_and_zone),
		cmocka_unit_test(renderers_by_name),
		cmocka_unit_test(a_table_that_is_not_there),
		cmocka_unit_test(an_empty_report),
		cmocka_unit_test(a_row_of_one_unknown_cell_is_a_row),
		cmocka_unit_test(rows_without_columns_are_told),
		cmocka_unit_test(digests_for_people),
		cmocka_unit_test(lines_follow_the_terminal),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_closed_pipe_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
