/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that two or more renderers need; what only one needs stays with it. */
#include "report/render.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/fmt.h"
#include "util/time.h"

static int write_error(struct cs_err *err)
{
	return cs_err_set(err, CS_IO, "writing the report: %s", strerror(errno ? errno : EIO));
}

int cs_render_write(FILE *out, struct cs_buf *buf, struct cs_err *err)
{
	errno = 0;
	if (buf->len && fwrite(buf->data, 1, buf->len, out) != buf->len)
		return write_error(err);
	cs_buf_reset(buf);
	return 0;
}

int cs_render_end(FILE *out, struct cs_err *err)
{
	errno = 0;
	if (fflush(out) != 0 || ferror(out))
		return write_error(err);
	return 0;
}

static int no_such_table(const struct cs_report *report, const char *key, struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf names = CS_BUF_INIT;

	for (size_t i = 0; i < cs_report_n_tables(report); i++) {
		if (cs_buf_printf(&names, "%s%s", i ? ", " : "", cs_report_table(report, i)->key) <
		    0)
			return cs_err_nomem(err);
	}
	return cs_err_set(err, CS_USAGE, "report '%s' has no table '%.100s' (there is: %s)",
			  cs_report_name(report), key, names.len ? names.data : "none");
}

int cs_render_pick(const struct cs_report *report, const struct cs_render_options *options,
		   const struct cs_table **ret, struct cs_err *err)
{
	size_t n = cs_report_n_tables(report);

	if (!options->table) {
		*ret = n ? cs_report_table(report, 0) : NULL;
		return 0;
	}
	for (size_t i = 0; i < n; i++) {
		if (strcmp(cs_report_table(report, i)->key, options->table) == 0) {
			*ret = cs_report_table(report, i);
			return 0;
		}
	}
	return no_such_table(report, options->table, err);
}

int cs_render_join(struct cs_buf *buf, const struct cs_cell *cell, const char *between)
{
	for (size_t i = 0; i < cell->list.n; i++) {
		if ((i && cs_buf_puts(buf, between) < 0) || cs_buf_puts(buf, cell->list.v[i]) < 0)
			return -1;
	}
	return 0;
}

/* "algo:hex" with 12 and more digits becomes the first 12; what is not one stays as it is. */
static int human_digest(struct cs_buf *buf, const char *text)
{
	const char *hex = strchr(text, ':');
	size_t n = hex ? strspn(hex + 1, "0123456789abcdef") : 0;

	if (n < 12 || hex[1 + n])
		return cs_buf_puts(buf, text);
	return cs_buf_add(buf, hex + 1, 12);
}

int cs_render_human(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell)
{
	char num[CS_FMT_NUM];

	if (!cell->known)
		return cs_buf_putc(buf, '-');
	switch (column->type) {
	case CS_TYPE_TEXT:
		return cs_buf_puts(buf, cell->text);
	case CS_TYPE_COUNT:
		return cs_buf_puts(buf, cs_fmt_count(cell->i, num));
	case CS_TYPE_BYTES:
		return cs_buf_puts(buf, cs_fmt_bytes(cell->i, num));
	case CS_TYPE_SECONDS:
		return cs_buf_puts(buf, cs_fmt_duration(cell->i, num));
	case CS_TYPE_RATIO:
		return cs_buf_puts(buf, cs_fmt_ratio(cell->d, num));
	case CS_TYPE_TIME:
		return cs_buf_puts(buf, cs_fmt_time(cell->i, num));
	case CS_TYPE_DIGEST:
		return human_digest(buf, cell->text);
	case CS_TYPE_BOOL:
		return cs_buf_puts(buf, cell->b ? "yes" : "no");
	case CS_TYPE_LIST:
		return cs_render_join(buf, cell, ", ");
	}
	return -1;
}

bool cs_column_is_number(const struct cs_column *column)
{
	return column->type == CS_TYPE_COUNT || column->type == CS_TYPE_BYTES ||
	       column->type == CS_TYPE_SECONDS || column->type == CS_TYPE_RATIO;
}

static bool all_unknown(const struct cs_table *table, size_t column)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		if (cs_table_cell(table, i, column)->known)
			return false;
	}
	return true;
}

int cs_render_columns(const struct cs_table *table, const struct cs_render_options *options,
		      size_t **ret, size_t *ret_n, struct cs_err *err)
{
	size_t *columns = calloc(table->n_columns + 1, sizeof(*columns));
	size_t n = 0;

	if (!columns)
		return cs_err_nomem(err);
	for (size_t i = 0; i < table->n_columns; i++) {
		unsigned flags = table->columns[i].flags;

		if (flags & CS_COL_MACHINE)
			continue;
		if (flags & CS_COL_DETAIL && (!options->verbose || all_unknown(table, i)))
			continue;
		columns[n++] = i;
	}
	*ret = columns;
	*ret_n = n;
	return 0;
}

int cs_render_no_columns(struct cs_buf *buf, const struct cs_table *table, struct cs_err *err)
{
	if (cs_buf_printf(buf, "(rows: %zu, no columns to show)\n", table->n_rows) < 0)
		return cs_err_nomem(err);
	return 0;
}

static int json_list(struct cs_buf *buf, const struct cs_cell *cell)
{
	if (cs_buf_putc(buf, '[') < 0)
		return -1;
	for (size_t i = 0; i < cell->list.n; i++) {
		if ((i && cs_buf_putc(buf, ',') < 0) || cs_fmt_json(buf, cell->list.v[i]) < 0)
			return -1;
	}
	return cs_buf_putc(buf, ']');
}

int cs_render_json_cell(struct cs_buf *buf, const struct cs_column *column,
			const struct cs_cell *cell)
{
	char num[CS_FMT_NUM], time[CS_TIME_TEXT];

	if (!cell->known)
		return cs_buf_puts(buf, "null");
	switch (column->type) {
	case CS_TYPE_TEXT:
	case CS_TYPE_DIGEST:
		return cs_fmt_json(buf, cell->text);
	case CS_TYPE_COUNT:
	case CS_TYPE_BYTES:
		return cs_buf_printf(buf, "%" PRId64, cell->i);
	case CS_TYPE_SECONDS:
		return cs_buf_puts(buf, cs_fmt_seconds(cell->i, num));
	case CS_TYPE_RATIO:
		return cs_buf_puts(buf, cs_fmt_double(cell->d, num));
	case CS_TYPE_TIME:
		return cs_fmt_json(buf, cs_time_format(cell->i, time));
	case CS_TYPE_BOOL:
		return cs_buf_puts(buf, cell->b ? "true" : "false");
	case CS_TYPE_LIST:
		return json_list(buf, cell);
	}
	return -1;
}
