/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 4180 but for the line end: "\n", as jq, psql, Go and pandas write it. Every reader takes it
 * (Excel, LibreOffice, csv modules), while CRLF leaves a CR in the last field of awk, cut and join,
 * which is where a CI script looks. No byte order mark either, for the same scripts. Text holds no
 * line ends (fmt.h), so one line is one row for them too.
 *
 * Unknown is an empty cell, a known empty text is "". Numbers are never quoted nor guarded.
 */
#include "report/render.h"

#include <string.h>

#include "report/fmt.h"
#include "report/text.h"
#include "util/time.h"

/* In another locale's spreadsheet ';' parts the cells; quoted, it does not. */
#define QUOTED ",;\""

static bool is_formula(const char *text)
{
	uint32_t cp;

	while (*text == '\'')
		text++;
	if (!*text || !cs_text_decode(text, &cp))
		return false;
	if (cp >= 0xff01 && cp <= 0xff5e) /* full-width forms */
		cp -= 0xfee0;
	return cp == '=' || cp == '+' || cp == '-' || cp == '@' || cp == '\t' || cp == '\r' ||
	       cp == '\n';
}

int cs_fmt_csv(struct cs_buf *buf, const char *text)
{
	CS_AUTO(cs_buf_release) struct cs_buf shown = CS_BUF_INIT;
	bool quote;

	if (is_formula(text) && cs_buf_putc(&shown, '\'') < 0)
		return -1;
	/* Quotes keep a "::" from the start of a line, so that only the "##[" has to be escaped. */
	if (cs_text_show(&shown, text, CS_SHOW_HASH) < 0)
		return -1;
	if (!shown.len)
		return cs_buf_puts(buf, "\"\"");
	quote = strpbrk(shown.data, QUOTED) || shown.data[0] == ' ' ||
		shown.data[shown.len - 1] == ' ' || cs_text_colon_command(shown.data);
	if (!quote)
		return cs_buf_add(buf, shown.data, shown.len);
	if (cs_buf_putc(buf, '"') < 0)
		return -1;
	for (const char *p = shown.data; *p; p++) {
		if ((*p == '"' && cs_buf_putc(buf, '"') < 0) || cs_buf_putc(buf, *p) < 0)
			return -1;
	}
	return cs_buf_putc(buf, '"');
}

static int add_cell(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell)
{
	CS_AUTO(cs_buf_release) struct cs_buf list = CS_BUF_INIT;
	char time[CS_TIME_TEXT];

	if (!cell->known)
		return 0;
	switch (column->type) {
	case CS_TYPE_TEXT:
	case CS_TYPE_DIGEST:
		return cs_fmt_csv(buf, cell->text);
	case CS_TYPE_LIST:
		if (cs_render_join(&list, cell, "; ") < 0)
			return -1;
		return cs_fmt_csv(buf, list.data ? list.data : "");
	case CS_TYPE_TIME:
		return cs_buf_puts(buf, cs_time_format(cell->i, time));
	default:
		return cs_render_json_cell(buf, column, cell);
	}
}

static int add_head(struct cs_buf *buf, const struct cs_table *table)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		if ((i && cs_buf_putc(buf, ',') < 0) || cs_fmt_csv(buf, table->columns[i].key) < 0)
			return -1;
	}
	return cs_buf_putc(buf, '\n');
}

static int add_row(struct cs_buf *buf, const struct cs_table *table, size_t row)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		if ((i && cs_buf_putc(buf, ',') < 0) ||
		    add_cell(buf, &table->columns[i], cs_table_cell(table, row, i)) < 0)
			return -1;
	}
	/* Readers skip an empty line: the only cell of a row, unknown, would lose the row. */
	if (!buf->len && cs_buf_puts(buf, "\"\"") < 0)
		return -1;
	return cs_buf_putc(buf, '\n');
}

int cs_render_csv(const struct cs_report *report, const struct cs_render_options *options,
		  FILE *out, struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf buf = CS_BUF_INIT;
	const struct cs_table *table = NULL;
	int r = cs_report_check(report, err);

	if (r == 0)
		r = cs_render_pick(report, options, &table, err);
	if (r == 0 && table)
		r = add_head(&buf, table) < 0 ? cs_err_nomem(err) : cs_render_write(out, &buf, err);
	for (size_t i = 0; r == 0 && table && i < table->n_rows; i++) {
		if (add_row(&buf, table, i) < 0)
			return cs_err_nomem(err);
		r = cs_render_write(out, &buf, err);
	}
	return r < 0 ? r : cs_render_end(out, err);
}
