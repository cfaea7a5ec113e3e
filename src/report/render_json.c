/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Laid out exactly as "jq ." and Python's json.dumps(indent=2) do, lists over several lines
 * included: what a script reformats stays the same, and two reports can be compared by diff.
 * jansson's own dumper was refused: it prints ratios with 17 digits and knows no exact decimals.
 */
#include "report/render.h"

#include "report/fmt.h"
#include "util/time.h"

#define SCHEMA_VERSION 1

static int add_list(struct cs_buf *buf, const struct cs_cell *cell)
{
	if (cell->list.n == 0)
		return cs_buf_puts(buf, "[]");
	for (size_t i = 0; i < cell->list.n; i++) {
		if (cs_buf_puts(buf, i ? ",\n        " : "[\n        ") < 0 ||
		    cs_fmt_json(buf, cell->list.v[i]) < 0)
			return -1;
	}
	return cs_buf_puts(buf, "\n      ]");
}

static int add_row(struct cs_buf *buf, const struct cs_table *table, size_t row)
{
	if (cs_buf_puts(buf, row ? ",\n    {" : "\n    {") < 0)
		return -1;
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct cs_column *column = &table->columns[i];
		const struct cs_cell *cell = cs_table_cell(table, row, i);
		int r;

		if (cs_buf_puts(buf, i ? ",\n      " : "\n      ") < 0 ||
		    cs_fmt_json(buf, column->key) < 0 || cs_buf_puts(buf, ": ") < 0)
			return -1;
		if (column->type == CS_TYPE_LIST && cell->known)
			r = add_list(buf, cell);
		else
			r = cs_render_json_cell(buf, column, cell);
		if (r < 0)
			return -1;
	}
	return cs_buf_puts(buf, table->n_columns ? "\n    }" : "}");
}

static int add_head(struct cs_buf *buf, const struct cs_report *report)
{
	char time[CS_TIME_TEXT];

	cs_time_format(cs_report_generated(report), time);
	if (cs_buf_printf(buf, "{\n  \"schema_version\": %d,\n", SCHEMA_VERSION) < 0 ||
	    cs_buf_puts(buf, "  \"report\": ") < 0 ||
	    cs_fmt_json(buf, cs_report_name(report)) < 0 ||
	    cs_buf_puts(buf, ",\n  \"generated_at\": ") < 0)
		return -1;
	return time[0] ? cs_fmt_json(buf, time) : cs_buf_puts(buf, "null");
}

static int write_table(const struct cs_table *table, struct cs_buf *buf, FILE *out,
		       struct cs_err *err)
{
	int r;

	if (cs_buf_puts(buf, ",\n  ") < 0 || cs_fmt_json(buf, table->key) < 0 ||
	    cs_buf_puts(buf, ": [") < 0)
		return cs_err_nomem(err);
	for (size_t i = 0; i < table->n_rows; i++) {
		if (add_row(buf, table, i) < 0)
			return cs_err_nomem(err);
		r = cs_render_write(out, buf, err);
		if (r < 0)
			return r;
	}
	if (cs_buf_puts(buf, table->n_rows ? "\n  ]" : "]") < 0)
		return cs_err_nomem(err);
	return cs_render_write(out, buf, err);
}

int cs_render_json(const struct cs_report *report,
		   const struct cs_render_options *options CS_UNUSED, FILE *out, struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf buf = CS_BUF_INIT;
	int r = cs_report_check(report, err);

	if (r < 0)
		return r;
	if (add_head(&buf, report) < 0)
		return cs_err_nomem(err);
	for (int i = 0; i < CS_N_EXTRA; i++) {
		const struct cs_table *extra = cs_report_extra(report, i);

		r = extra ? write_table(extra, &buf, out, err) : 0;
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < cs_report_n_tables(report); i++) {
		r = write_table(cs_report_table(report, i), &buf, out, err);
		if (r < 0)
			return r;
	}
	if (cs_buf_puts(&buf, "\n}\n") < 0)
		return cs_err_nomem(err);
	r = cs_render_write(out, &buf, err);
	return r < 0 ? r : cs_render_end(out, err);
}
