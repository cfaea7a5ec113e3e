/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For node_exporter's textfile collector and promtool, whose parser is that of Prometheus' text
 * format 0.0.4. OpenMetrics 1.0 differs from it in one point that both cannot have: the TYPE line
 * of a counter names x_total there and x here. The collector decides, since that is what reads
 * these files; a report without counters is valid in both. "# EOF" stands at the end: OpenMetrics
 * asks for it, it is a comment to 0.0.4, and a file without it was cut. Times of samples are left
 * out, for the collector refuses files with them.
 *
 * Roles say what is exported: numbers, durations, truths and times of role gauge or counter are
 * values, columns of role label are labels. Unknown is absent. Rows that would be the same series
 * are refused: adding them up is the view's to decide.
 */
#include "report/render.h"

#include <inttypes.h>
#include <string.h>

#include "report/fmt.h"
#include "util/hash.h"
#include "util/time.h"

struct seen {
	UT_hash_handle hh;
	char text[];
};

static void seen_release(struct seen **first)
{
	struct seen *item, *next;

	HASH_ITER(hh, *first, item, next)
	{
		HASH_DEL(*first, item);
		free(item);
	}
}

/* 0 new, 1 seen before, -1 no memory */
static int see(struct seen **first, const char *text)
{
	size_t len = strlen(text);
	struct seen *item;

	HASH_FIND(hh, *first, text, len, item);
	if (item)
		return 1;
	item = malloc(sizeof(*item) + len + 1);
	if (!item)
		return -1;
	memcpy(item->text, text, len + 1);
	HASH_ADD_KEYPTR(hh, *first, item->text, len, item);
	if (!item->hh.tbl) {
		free(item);
		return -1;
	}
	return 0;
}

/*
 * Words that promtool's lint takes for units that are no base units: CI minutes are a count of what
 * is paid for, a and b are the two sides of a difference.
 */
static const char *word_of(const char *word, size_t len)
{
	static const char *const others[][2] = {
		{ "minutes", "minute" }, { "hours", "hour" }, { "days", "day" },
		{ "weeks", "week" },	 { "a", "first" },    { "b", "second" },
	};

	for (size_t i = 0; i < CS_N(others); i++) {
		if (strlen(others[i][0]) == len && memcmp(others[i][0], word, len) == 0)
			return others[i][1];
	}
	return NULL;
}

/* Lower case, and what no name may hold becomes '_'. */
static int add_name(struct cs_buf *buf, const char *text)
{
	size_t begin = buf->len;
	const char *other;

	for (;; text++) {
		char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
		bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (ok && cs_buf_putc(buf, c) < 0)
			return -1;
		if (ok)
			continue;
		other = word_of(buf->data + begin, buf->len - begin);
		if (other) {
			buf->len = begin;
			if (cs_buf_puts(buf, other) < 0)
				return -1;
		}
		if (!c)
			return 0;
		if (cs_buf_putc(buf, '_') < 0)
			return -1;
		begin = buf->len;
	}
}

static bool ends_in(const struct cs_buf *buf, const char *end)
{
	size_t n = strlen(end);

	return buf->len >= n && memcmp(buf->data + buf->len - n, end, n) == 0;
}

/*
 * cachestat_TABLE_COLUMN with the base unit in it, "_total" where and only where it counts. Endings
 * that belong to histograms get a "_value" behind them.
 */
static int add_metric(struct cs_buf *buf, const char *table, const char *key, enum cs_type type,
		      bool counter)
{
	static const char *const taken[] = { "_count", "_sum", "_bucket", "_total", "_info" };
	const char *unit = type == CS_TYPE_SECONDS ? "seconds"
			   : type == CS_TYPE_BYTES ? "bytes"
			   : type == CS_TYPE_RATIO ? "ratio"
			   : type == CS_TYPE_TIME  ? "timestamp_seconds"
						   : "";

	if (cs_buf_puts(buf, "cachestat_") < 0 || add_name(buf, table) < 0 ||
	    cs_buf_putc(buf, '_') < 0 || add_name(buf, key) < 0)
		return -1;
	if (*unit && !strstr(key, unit) && cs_buf_printf(buf, "_%s", unit) < 0)
		return -1;
	if (counter)
		return ends_in(buf, "_total") ? 0 : cs_buf_puts(buf, "_total");
	for (size_t i = 0; i < CS_N(taken); i++) {
		if (ends_in(buf, taken[i]))
			return cs_buf_puts(buf, "_value");
	}
	return 0;
}

static bool is_exported(const struct cs_column *column)
{
	if (column->role != CS_ROLE_GAUGE && column->role != CS_ROLE_COUNTER)
		return false;
	return cs_column_is_number(column) || column->type == CS_TYPE_BOOL ||
	       column->type == CS_TYPE_TIME;
}

static int add_value(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell)
{
	char num[CS_FMT_NUM];

	if (column->type == CS_TYPE_BOOL)
		return cs_buf_putc(buf, cell->b ? '1' : '0');
	if (column->type == CS_TYPE_TIME)
		return cs_buf_puts(buf, cs_fmt_seconds(cell->i, num));
	return cs_render_json_cell(buf, column, cell);
}

static int add_help(struct cs_buf *buf, const char *help)
{
	for (; *help; help++) {
		if (*help == '\n'   ? cs_buf_puts(buf, "\\n") < 0
		    : *help == '\\' ? cs_buf_puts(buf, "\\\\") < 0
				    : cs_buf_putc(buf, *help) < 0)
			return -1;
	}
	return cs_buf_putc(buf, '\n');
}

/* HELP is ours but for titles that name columns; those pass the terminal's escape. */
static int add_family(struct cs_buf *buf, const char *name, const char *help, const char *type)
{
	CS_AUTO(cs_buf_release) struct cs_buf shown = CS_BUF_INIT;

	if (cs_buf_reserve(&shown, 1) < 0 || cs_fmt_terminal(&shown, help) < 0 ||
	    cs_buf_printf(buf, "# HELP %s ", name) < 0 ||
	    add_help(buf, shown.len ? shown.data : name) < 0)
		return -1;
	return cs_buf_printf(buf, "# TYPE %s %s\n", name, type);
}

static char key_char(char c)
{
	bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

	return ok ? c : '_';
}

static bool needs_mark(const char *key)
{
	return !*key || (*key >= '0' && *key <= '9');
}

/* Whether a column of that key has this name, as long as no other has it. */
static bool is_named(const char *key, const char *name)
{
	if (needs_mark(key) && *name++ != '_')
		return false;
	for (; *key; key++, name++) {
		if (key_char(*key) != *name)
			return false;
	}
	return !*name;
}

static size_t count_named(const struct cs_table *table, size_t n, const char *name)
{
	size_t same = 0;

	for (size_t i = 0; i < n; i++)
		same += table->columns[i].role == CS_ROLE_LABEL &&
			is_named(table->columns[i].key, name);
	return same;
}

/*
 * A label is called as its column. Columns may be called by a stranger's labels ("label.a-b",
 * "label.a_b", "label.a_b_2"): no name comes twice, and none begins with a digit.
 */
static int add_key(struct cs_buf *buf, const struct cs_table *table, size_t at)
{
	const char *key = table->columns[at].key;
	size_t begin = buf->len, end, before;

	if (needs_mark(key) && cs_buf_putc(buf, '_') < 0)
		return -1;
	for (; *key; key++) {
		if (cs_buf_putc(buf, key_char(*key)) < 0)
			return -1;
	}
	end = buf->len;
	before = count_named(table, at, buf->data + begin);
	/* The first keeps the name; each after it takes the next number that is nobody's name. */
	for (size_t k = 2; before; k++) {
		buf->len = end;
		if (cs_buf_printf(buf, "_%zu", k) < 0)
			return -1;
		before -= count_named(table, table->n_columns, buf->data + begin) == 0;
	}
	return 0;
}

static int add_label(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell)
{
	CS_AUTO(cs_buf_release) struct cs_buf text = CS_BUF_INIT;
	char time[CS_TIME_TEXT];
	int r = cs_buf_reserve(&text, 1);

	if (r == 0 && (column->type == CS_TYPE_TEXT || column->type == CS_TYPE_DIGEST))
		r = cs_buf_puts(&text, cell->text);
	else if (r == 0 && column->type == CS_TYPE_LIST)
		r = cs_render_join(&text, cell, ",");
	else if (r == 0 && column->type == CS_TYPE_TIME)
		r = cs_buf_puts(&text, cs_time_format(cell->i, time));
	else if (r == 0)
		r = cs_render_json_cell(&text, column, cell);
	return r < 0 ? -1 : cs_fmt_label(buf, text.data);
}

/*
 * "{scope="test",event="push"}" of a row, or nothing. An unknown label is left out, which to
 * Prometheus is the same as an empty one, so that an empty one is left out too.
 */
static int add_labels(struct cs_buf *buf, const struct cs_table *table, size_t row)
{
	bool any = false;

	for (size_t i = 0; i < table->n_columns; i++) {
		const struct cs_column *column = &table->columns[i];
		const struct cs_cell *cell = cs_table_cell(table, row, i);
		size_t before = buf->len, begin;

		if (column->role != CS_ROLE_LABEL || !cell->known)
			continue;
		if (cs_buf_putc(buf, any ? ',' : '{') < 0 || add_key(buf, table, i) < 0 ||
		    cs_buf_puts(buf, "=\"") < 0)
			return -1;
		begin = buf->len;
		if (add_label(buf, column, cell) < 0)
			return -1;
		if (buf->len == begin) {
			buf->len = before;
			buf->data[before] = '\0';
			continue;
		}
		if (cs_buf_putc(buf, '"') < 0)
			return -1;
		any = true;
	}
	return any ? cs_buf_putc(buf, '}') : 0;
}

/* Two rows of a table with one label set would be one series: the table lacks a label column. */
static int check_labels(const struct cs_table *table, struct cs_err *err)
{
	CS_AUTO(seen_release) struct seen *seen = NULL;
	CS_AUTO(cs_buf_release) struct cs_buf labels = CS_BUF_INIT;

	for (size_t i = 0; i < table->n_rows; i++) {
		int r;

		cs_buf_reset(&labels);
		if (cs_buf_puts(&labels, "") < 0 || add_labels(&labels, table, i) < 0)
			return cs_err_nomem(err);
		r = see(&seen, labels.data);
		if (r < 0)
			return cs_err_nomem(err);
		if (r > 0)
			return cs_err_set(
				err, CS_USAGE,
				"table '%.100s' cannot be metrics: two rows have the labels "
				"%.300s",
				table->key, *labels.data ? labels.data : "{}");
	}
	return 0;
}

static int write_column(const struct cs_table *table, size_t at, const char *name,
			struct cs_buf *buf, FILE *out, struct cs_err *err)
{
	const struct cs_column *column = &table->columns[at];
	const char *type = column->role == CS_ROLE_COUNTER ? "counter" : "gauge";
	bool begun = false;
	int r;

	for (size_t i = 0; i < table->n_rows; i++) {
		const struct cs_cell *cell = cs_table_cell(table, i, at);

		if (!cell->known)
			continue;
		if (!begun &&
		    add_family(buf, name, column->help ? column->help : cs_column_title(column),
			       type) < 0)
			return cs_err_nomem(err);
		begun = true;
		if (cs_buf_puts(buf, name) < 0 || add_labels(buf, table, i) < 0 ||
		    cs_buf_putc(buf, ' ') < 0 || add_value(buf, column, cell) < 0 ||
		    cs_buf_putc(buf, '\n') < 0)
			return cs_err_nomem(err);
		r = cs_render_write(out, buf, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The names of all families, which no two may share. */
static int claim(struct seen **names, const char *name, const char *table, struct cs_err *err)
{
	int r = see(names, name);

	if (r > 0)
		return cs_err_set(err, CS_USAGE, "table '%.100s' gives the metric %.200s twice",
				  table, name);
	return r < 0 ? cs_err_nomem(err) : 0;
}

static int write_table(const struct cs_table *table, struct seen **names, struct cs_buf *buf,
		       FILE *out, struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf name = CS_BUF_INIT;
	bool checked = false;
	int r = 0;

	if (table->no_metrics)
		return 0;
	for (size_t i = 0; r == 0 && table->n_rows > 0 && i < table->n_columns; i++) {
		const struct cs_column *column = &table->columns[i];

		if (!is_exported(column))
			continue;
		if (!checked)
			r = check_labels(table, err);
		checked = true;
		cs_buf_reset(&name);
		if (r == 0 && add_metric(&name, table->key, column->key, column->type,
					 column->role == CS_ROLE_COUNTER) < 0)
			r = cs_err_nomem(err);
		if (r == 0)
			r = claim(names, name.data, table->key, err);
		if (r == 0)
			r = write_column(table, i, name.data, buf, out, err);
	}
	return r;
}

static int write_headline(const struct cs_headline *h, struct seen **names, struct cs_buf *buf,
			  FILE *out, struct cs_err *err)
{
	const struct cs_column column = { .type = h->type };
	CS_AUTO(cs_buf_release) struct cs_buf name = CS_BUF_INIT;
	int r;

	if (!h->value.known)
		return 0;
	if (add_metric(&name, "headline", h->key, h->type, false) < 0)
		return cs_err_nomem(err);
	r = claim(names, name.data, "headlines", err);
	if (r < 0)
		return r;
	if (add_family(buf, name.data, h->label, "gauge") < 0 ||
	    cs_buf_printf(buf, "%s ", name.data) < 0 || add_value(buf, &column, &h->value) < 0 ||
	    cs_buf_putc(buf, '\n') < 0)
		return cs_err_nomem(err);
	return cs_render_write(out, buf, err);
}

/* When the report was made, so that an alarm can tell a report that is no longer made. */
static int add_made(struct cs_buf *buf, const struct cs_report *report)
{
	static const char name[] = "cachestat_report_generated_timestamp_seconds";
	int64_t at = cs_report_generated(report);
	char num[CS_FMT_NUM];

	if (at == CS_TIME_NONE)
		return 0;
	if (add_family(buf, name, "When the report was made.", "gauge") < 0 ||
	    cs_buf_printf(buf, "%s{report=\"", name) < 0 ||
	    cs_fmt_label(buf, cs_report_name(report)) < 0)
		return -1;
	return cs_buf_printf(buf, "\"} %s\n", cs_fmt_seconds(at, num));
}

int cs_render_openmetrics(const struct cs_report *report,
			  const struct cs_render_options *options CS_UNUSED, FILE *out,
			  struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf buf = CS_BUF_INIT;
	CS_AUTO(seen_release) struct seen *names = NULL;
	int r = cs_report_check(report, err);

	if (r < 0)
		return r;
	if (add_made(&buf, report) < 0)
		return cs_err_nomem(err);
	for (size_t i = 0; r == 0 && i < cs_report_n_headlines(report); i++)
		r = write_headline(cs_report_headline_at(report, i), &names, &buf, out, err);
	for (size_t i = 0; r == 0 && i < cs_report_n_tables(report); i++)
		r = write_table(cs_report_table(report, i), &names, &buf, out, err);
	if (r == 0 && cs_buf_puts(&buf, "# EOF\n") < 0)
		r = cs_err_nomem(err);
	if (r == 0)
		r = cs_render_write(out, &buf, err);
	return r < 0 ? r : cs_render_end(out, err);
}
