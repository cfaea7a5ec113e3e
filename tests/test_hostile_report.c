/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile texts in every place that takes text, judged by parsers: ours, Python's, and cmark-gfm
 * (support/judge_report.py), where these are installed.
 */
#include "support/test.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "support/report.h"
#include "report/fmt.h"
#include "report/text.h"
#include "util/json.h"

extern char **environ;

static struct cs_err err;
static const struct cs_render_options plain = { .utf8 = true };

static const char *const hostile[] = {
	"",
	" ",
	"::set-env name=PATH::/tmp",
	"  ::stop-commands::x",
	"\n::error::x",
	"a ##[add-mask]b",
	"##vso[task.setvariable variable=x]y",
	"\x1b]0;title\x07\x1b[2J\x1b[1;1H",
	"\xc2\x9b[2J",
	"\x9b[2J\xff\xfe",
	"\r\nX-Header: 1",
	"tab\there",
	"\xe2\x80\xaetxt.exe\xe2\x80\xac",
	"\xe2\x81\xa6xyz\xe2\x81\xa9",
	"zero\xe2\x80\x8bwidth\xef\xbb\xbf",
	"\xf3\xa0\x81\x81\xf3\xa0\x81\x82tags",
	"\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82",
	"\xe2\x80\xa8line\xe2\x80\xa9",
	"=cmd|' /C calc'!A0",
	"+1+1,@x;-2",
	"-2+3",
	"@SUM(1)",
	"\t=1",
	"'=1",
	"\"quoted\",\"cells\"",
	"<script>alert(1)</script><img src=x onerror=alert(1)>",
	"<!-- --> & &lt; &#64;user",
	"| a | b |\n|---|---|",
	"`code` ``two`` ` *b* _i_ ~~s~~ **B**",
	"[l](javascript:x) ![i](https://x/y.png) [r]: /u",
	"https://evil.example/?q=`a`|b www.evil.example",
	"cc @someone @org/team user@host.example #1 GH-2 !3 o/r#4",
	"$x$ ${y} $$z$$ \\(w\\)",
	"# heading",
	"1. item",
	"- item",
	"===",
	"\\x41 \\u{41} \\\\ \\",
	"\xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81 \xf0\x9f\x98\x80 \xd7\x90\xd7\x91",
	"sha256:::add-path::x",
};

static const struct cs_column hostile_columns[] = {
	{ "label", "label", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "state", "state", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "digest", "digest", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL },
	{ "files", "files", CS_TYPE_LIST, CS_ROLE_NOTE, 0, NULL },
	{ "n", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
};

enum { TEXTS = 4, LIST = 4, NUMBER = 5 };

/* The i-th text in every place of row i, but for the columns after the first shifted by one. */
static const char *hostile_at(size_t row, size_t column)
{
	return hostile[(row + column) % CS_N(hostile)];
}

static struct cs_report *hostile_report(void)
{
	struct cs_report *r = NULL;
	struct cs_table *t;

	assert_done(cs_report_new("hostile", 0, &r, &err));
	t = cs_report_add_table(r, "rows", hostile[2], hostile_columns, CS_N(hostile_columns));
	for (size_t i = 0; i < CS_N(hostile); i++) {
		const char *list[] = { hostile_at(i, 4), hostile_at(i, 5) };

		cs_row_add(r, t);
		for (size_t k = 0; k < TEXTS; k++)
			cs_row_text(r, t, hostile_columns[k].key, hostile_at(i, k));
		cs_row_list(r, t, "files", list, 2);
		cs_row_int(r, t, "n", -2 - (int64_t)i);
		cs_report_note(r, i % 2, "%s", hostile[i]);
		cs_report_add_table(r, hostile[i], hostile[i], hostile_columns, 0);
	}
	return r;
}

static void check_lines(const char *text, bool ascii)
{
	CS_AUTO(cs_free_p) char *copy = strdup(text);
	char *rest = copy, *line;

	assert_non_null(copy);
	while ((line = test_next_line(&rest))) {
		uint32_t cp;

		assert_null(cs_text_colon_command(line));
		assert_true(!*line || line[strlen(line) - 1] != ' ');
		for (size_t n; *line; line += n) {
			n = cs_text_decode(line, &cp);
			assert_true(n > 0);
			assert_false(cs_text_is_hash_command(line));
			assert_false(cs_text_is_hidden(cp));
			assert_false(ascii && cp > 0x7f);
		}
	}
}

static void hostile_lines(void **state CS_UNUSED)
{
	static const struct cs_render_options options[] = {
		{ 0 },
		{ .utf8 = true },
		{ .width = 80 },
		{ .width = 80, .utf8 = true },
		{ .table = "rows", .verbose = true, .utf8 = true },
	};
	struct cs_report *r = hostile_report();

	for (size_t i = 0; i < CS_N(options); i++) {
		for (size_t k = 0; k < cs_renderers_n; k++) {
			const char *format = cs_renderers[k].name;
			char *out = test_rendered(format, r, &options[i]);

			check_lines(out, strcmp(format, "table") == 0 && !options[i].utf8);
			free(out);
		}
	}
	cs_report_free(r);
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void hostile_rows_are_all_there(void **state CS_UNUSED)
{
	/* notes, 2 blank lines about the table, its title and head, 3 lines each empty table */
	size_t n = CS_N(hostile);
	struct cs_report *r = hostile_report();
	char *out = test_rendered("table", r, &plain);

	assert_int_equal(n + 2 + 2 + n + 3 * n, count_lines(out));
	free(out);
	out = test_rendered("csv", r, &plain);
	assert_int_equal(1 + n, count_lines(out));
	free(out);
	out = test_rendered("jsonl", r, &plain);
	assert_int_equal(n, count_lines(out));
	free(out);
	cs_report_free(r);
}

/* The text, or what stands for it where it is not UTF-8. */
static void check_json_text(const char *want, const struct cs_json *v)
{
	const char *got = cs_json_text(v);
	uint32_t cp;

	assert_non_null(got);
	for (const char *p = want; *p; p += cs_text_decode(p, &cp)) {
		if (!cs_text_decode(p, &cp)) {
			assert_non_null(strstr(got, "\xef\xbf\xbd"));
			return;
		}
	}
	assert_string_equal(want, got);
}

static void check_json_row(const struct cs_json *row, size_t i)
{
	const struct cs_json *list = cs_json_get(row, "files");
	int64_t n;

	assert_int_equal(CS_N(hostile_columns), cs_json_len(row));
	for (size_t k = 0; k < TEXTS; k++)
		check_json_text(hostile_at(i, k), cs_json_get(row, hostile_columns[k].key));
	assert_int_equal(2, cs_json_len(list));
	check_json_text(hostile_at(i, 4), cs_json_at(list, 0));
	check_json_text(hostile_at(i, 5), cs_json_at(list, 1));
	assert_true(cs_json_get_int(row, "n", &n));
	assert_int_equal(-2 - (int64_t)i, n);
}

static void hostile_json(void **state CS_UNUSED)
{
	struct cs_report *r = hostile_report();
	char *out = test_rendered("json", r, &plain), *rest, *line;
	struct cs_limits limits;
	struct cs_json *doc = NULL;
	size_t i = 0;
	int64_t version;

	cs_limits_init(&limits);
	assert_done(cs_json_parse(out, strlen(out), &limits, &doc, &err));
	assert_true(cs_json_get_int(doc, "schema_version", &version));
	assert_int_equal(1, version);
	assert_string_equal("hostile", cs_json_get_text(doc, "report"));
	assert_string_equal("1970-01-01T00:00:00Z", cs_json_get_text(doc, "generated_at"));
	assert_int_equal(3 + 1 + CS_N(hostile), cs_json_len(doc));
	assert_int_equal(CS_N(hostile), cs_json_len(cs_json_get(doc, "rows")));
	for (i = 0; i < CS_N(hostile); i++)
		check_json_row(cs_json_at(cs_json_get(doc, "rows"), i), i);
	cs_json_free(doc);
	free(out);
	out = test_rendered("jsonl", r, &plain);
	rest = out;
	for (i = 0; (line = test_next_line(&rest)); i++) {
		assert_done(cs_json_parse(line, strlen(line), &limits, &doc, &err));
		check_json_row(doc, i);
		cs_json_free(doc);
	}
	assert_int_equal(CS_N(hostile), i);
	free(out);
	cs_report_free(r);
}

/* One cell of RFC 4180 text into cell; returns what ended it: ',', '\n' or '\0'. */
static char csv_cell(const char **p, char *cell)
{
	if (**p == '"') {
		for (++*p; **p != '"' || (*p)[1] == '"'; ++*p) {
			assert_true(**p);
			*p += **p == '"';
			*cell++ = **p;
		}
		++*p;
	} else {
		while (**p && **p != ',' && **p != '\n') {
			assert_true(**p != '"' && **p != '\r');
			*cell++ = *(*p)++;
		}
	}
	*cell = '\0';
	assert_true(**p == ',' || **p == '\n');
	return *(*p)++;
}

static void hostile_csv(void **state CS_UNUSED)
{
	struct cs_report *r = hostile_report();
	char *out = test_rendered("csv", r, &plain), cell[2048];
	const char *p = out;
	size_t rows = 0, columns = 0;

	while (*p) {
		char end = csv_cell(&p, cell);

		if (rows > 0 && columns < NUMBER)
			assert_true(!*cell || !strchr("=+-@\t\r\n", *cell));
		else if (rows > 0)
			assert_int_equal(-2 - (int64_t)(rows - 1), strtol(cell, NULL, 10));
		columns++;
		if (end == '\n') {
			assert_int_equal(CS_N(hostile_columns), columns);
			columns = 0;
			rows++;
		}
	}
	assert_int_equal(1 + CS_N(hostile), rows);
	free(out);
	cs_report_free(r);
}

/* What a reader of the Markdown should see in each cell, as JSON for the judge. */
static char *seen_cells(void)
{
	struct cs_buf buf = CS_BUF_INIT;

	assert_int_equal(0, cs_buf_putc(&buf, '['));
	for (size_t i = 0; i < CS_N(hostile); i++) {
		for (size_t k = 0; k < TEXTS; k++) {
			struct cs_buf shown = CS_BUF_INIT;

			assert_int_equal(0, cs_buf_puts(&shown, ""));
			assert_int_equal(0, cs_text_show(&shown, hostile_at(i, k), CS_SHOW_BLANKS));
			assert_int_equal(0, cs_buf_puts(&buf, k ? "," : i ? ",[" : "["));
			assert_int_equal(0, cs_fmt_json(&buf, shown.data));
			cs_buf_release(&shown);
		}
		assert_int_equal(0, cs_buf_putc(&buf, ']'));
	}
	assert_int_equal(0, cs_buf_putc(&buf, ']'));
	return buf.data;
}

/* 0, 77 (something is missing to judge by) or another status; -1 = there is no Python. */
static int run_judge(const char *dir)
{
	char script[512], folder[64];
	char *argv[] = { (char[]){ "python3" }, script, folder, NULL };
	int status;
	pid_t pid;

	test_source_path("support/judge_report.py", script);
	snprintf(folder, sizeof(folder), "%s", dir);
	if (posix_spawnp(&pid, "python3", NULL, NULL, argv, environ) != 0)
		return -1;
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

static void other_parsers_agree(void **state CS_UNUSED)
{
	static const char *const formats[] = { "json", "jsonl", "csv", "markdown" };
	char dir[] = "judge-XXXXXX", path[64], *text;
	struct cs_report *reports[] = { hostile_report(), test_report() };
	static const char *const names[] = { "hostile", "ordinary" };
	int r;

	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < CS_N(reports); i++) {
		for (size_t k = 0; k < CS_N(formats); k++) {
			snprintf(path, sizeof(path), "%s/%s.%s", dir, names[i], formats[k]);
			text = test_rendered(formats[k], reports[i], &plain);
			test_write_file(path, text);
			free(text);
		}
		cs_report_free(reports[i]);
	}
	snprintf(path, sizeof(path), "%s/seen", dir);
	text = seen_cells();
	test_write_file(path, text);
	free(text);
	r = run_judge(dir);
	for (size_t i = 0; i < CS_N(names); i++) {
		for (size_t k = 0; k < CS_N(formats); k++) {
			snprintf(path, sizeof(path), "%s/%s.%s", dir, names[i], formats[k]);
			unlink(path);
		}
	}
	snprintf(path, sizeof(path), "%s/seen", dir);
	unlink(path);
	rmdir(dir);
	if (r == 77 || r == -1) {
		print_message("not judged by all: %s is not installed\n",
			      r == 77 ? "cmark-gfm" : "python3");
		skip();
	}
	assert_int_equal(0, r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_lines),       cmocka_unit_test(hostile_rows_are_all_there),
		cmocka_unit_test(hostile_json),	       cmocka_unit_test(hostile_csv),
		cmocka_unit_test(other_parsers_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
