/* SPDX-License-Identifier: Apache-2.0 */
/* One row an object, one object a line, no white space: for jq -c, grep and log shippers. */
#include "report/render.h"

#include "report/fmt.h"

static int add_row(struct cs_buf *buf, const struct cs_table *table, size_t row)
{
	if (cs_buf_putc(buf, '{') < 0)
		return -1;
	for (size_t i = 0; i < table->n_columns; i++) {
		const struct cs_column *column = &table->columns[i];

		if ((i && cs_buf_putc(buf, ',') < 0) || cs_fmt_json(buf, column->key) < 0 ||
		    cs_buf_putc(buf, ':') < 0 ||
		    cs_render_json_cell(buf, column, cs_table_cell(table, row, i)) < 0)
			return -1;
	}
	return cs_buf_puts(buf, "}\n");
}

int cs_render_jsonl(const struct cs_report *report, const struct cs_render_options *options,
		    FILE *out, struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf buf = CS_BUF_INIT;
	const struct cs_table *table = NULL;
	int r = cs_report_check(report, err);

	if (r == 0)
		r = cs_render_pick(report, options, &table, err);
	for (size_t i = 0; r == 0 && table && i < table->n_rows; i++) {
		if (add_row(&buf, table, i) < 0)
			return cs_err_nomem(err);
		r = cs_render_write(out, &buf, err);
	}
	return r < 0 ? r : cs_render_end(out, err);
}
