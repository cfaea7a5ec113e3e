/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that two or more renderers need; what only one needs stays with it. */
#include "report/render.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "report/fmt.h"
#include "report/text.h"
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
	for (int i = 0; i < CS_N_EXTRA; i++) {
		const struct cs_table *extra = cs_report_extra(report, i);

		if (extra && strcmp(extra->key, options->table) == 0) {
			*ret = extra;
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
	case CS_TYPE_NUMBER:
		return cs_buf_puts(buf, cs_fmt_number(cell->d, num));
	}
	return -1;
}

bool cs_column_is_number(const struct cs_column *column)
{
	return column->type == CS_TYPE_COUNT || column->type == CS_TYPE_BYTES ||
	       column->type == CS_TYPE_SECONDS || column->type == CS_TYPE_RATIO ||
	       column->type == CS_TYPE_NUMBER;
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
	case CS_TYPE_NUMBER:
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

#define MUCH 5.0

/* Of counts, and past what percents are read as: "was 9", which "+2661 %" would not tell. */
static bool tells_before(const struct cs_headline *h)
{
	return h->before.known && h->type != CS_TYPE_RATIO && h->change != 0 &&
	       (h->type == CS_TYPE_COUNT || h->change >= MUCH);
}

static int human_change(struct cs_buf *buf, const struct cs_headline *h)
{
	const struct cs_column column = { .type = h->type };
	bool points = h->type == CS_TYPE_RATIO;
	const char *sign = h->change > 0 ? "+" : "";
	char num[CS_FMT_NUM], *percent;

	if (h->change == 0)
		return cs_buf_puts(buf, "unchanged");
	if (tells_before(h))
		return cs_buf_puts(buf, "was ") < 0 ? -1
						    : cs_render_human(buf, &column, &h->before);
	percent = strstr(cs_fmt_ratio(h->change, num), " %");
	if (points && percent)
		*percent = '\0';
	return cs_buf_printf(buf, "%s%s%s", sign, num, points ? " points" : "");
}

int cs_render_headline(struct cs_headline_text *text, const struct cs_headline *h)
{
	const struct cs_column column = { .type = h->type };
	char num[CS_FMT_NUM];

	cs_buf_reset(&text->value);
	cs_buf_reset(&text->n);
	cs_buf_reset(&text->change);
	if (cs_render_human(&text->value, &column, &h->value) < 0 ||
	    cs_buf_puts(&text->n, "") < 0 || cs_buf_puts(&text->change, "") < 0)
		return -1;
	if (h->n >= 0 && cs_buf_printf(&text->n, "n = %s%s%s", cs_fmt_count(h->n, num),
				       h->n_of ? " " : "", h->n_of ? h->n_of : "") < 0)
		return -1;
	if (!h->has_change)
		return 0;
	if (human_change(&text->change, h) < 0)
		return -1;
	return h->since ? cs_buf_printf(&text->change, " %s %s", tells_before(h) ? "in" : "against",
					h->since)
			: 0;
}

void cs_headline_text_release(struct cs_headline_text *text)
{
	cs_buf_release(&text->value);
	cs_buf_release(&text->n);
	cs_buf_release(&text->change);
}

int cs_render_headline_line(struct cs_buf *buf, const struct cs_headline *h)
{
	CS_AUTO(cs_headline_text_release) struct cs_headline_text text = { 0 };
	const char *rest[3];
	size_t n = 0;

	if (cs_render_headline(&text, h) < 0 ||
	    cs_buf_printf(buf, "%s: %s", h->label, text.value.data) < 0)
		return -1;
	if (text.n.len)
		rest[n++] = text.n.data;
	if (text.change.len)
		rest[n++] = text.change.data;
	if (h->verdict)
		rest[n++] = h->verdict;
	for (size_t i = 0; i < n; i++) {
		if (cs_buf_printf(buf, "%s%s", i ? ", " : " (", rest[i]) < 0)
			return -1;
	}
	return n ? cs_buf_putc(buf, ')') : 0;
}

/* A day where the time is midnight. */
static void short_time(int64_t at, char buf[CS_FMT_NUM])
{
	cs_fmt_time(at, buf);
	if (strcmp(buf + strcspn(buf, " "), " 00:00:00Z") == 0)
		buf[10] = '\0';
}

int cs_render_window(struct cs_buf *buf, const struct cs_about *about)
{
	char since[CS_FMT_NUM], until[CS_FMT_NUM];
	bool from = about->since_unix_ns != CS_TIME_NONE, to = about->until_unix_ns != CS_TIME_NONE;

	short_time(about->since_unix_ns, since);
	short_time(about->until_unix_ns, until);
	if (from && to)
		return cs_buf_printf(buf, "%s to %s", since, until);
	if (from)
		return cs_buf_printf(buf, "since %s", since);
	if (to)
		return cs_buf_printf(buf, "until %s", until);
	return cs_buf_puts(buf, "all that is recorded");
}

int cs_render_cut(struct cs_buf *buf, const char *text, size_t max, size_t *ret_more)
{
	const char *p = text;
	size_t n = 0, more = 0;
	uint32_t cp;

	for (; *p && n < max; n++) {
		size_t len = cs_text_decode(p, &cp);

		p += len ? len : 1;
	}
	for (const char *rest = p; *rest; more++) {
		size_t len = cs_text_decode(rest, &cp);

		rest += len ? len : 1;
	}
	*ret_more = more;
	return cs_buf_reserve(buf, 1) < 0 ? -1 : cs_buf_add(buf, text, (size_t)(p - text));
}

enum cs_tone cs_render_tone(const struct cs_column *column, const struct cs_cell *cell)
{
	const char *word = NULL;

	if (!(column->flags & CS_COL_STATE) || !cell->known)
		return CS_TONE_NONE;
	if (column->type == CS_TYPE_TEXT)
		word = cell->text;
	else if (column->type == CS_TYPE_BOOL)
		word = cell->b ? "yes" : "no";
	return cs_render_tone_of(word);
}

enum cs_tone cs_render_tone_of(const char *word)
{
	static const struct {
		const char *word;
		enum cs_tone tone;
	} tones[] = {
		{ "hit", CS_TONE_GOOD },
		{ "run", CS_TONE_MIDDLING },
		{ "failed", CS_TONE_BAD },
		{ "base", CS_TONE_DIM },
		{ "canceled", CS_TONE_DIM },
		{ "not_reached", CS_TONE_DIM },
		{ "pays", CS_TONE_GOOD },
		{ "does_not_pay", CS_TONE_BAD },
		{ "cannot_tell", CS_TONE_MIDDLING },
		{ "met", CS_TONE_GOOD },
		{ "violated", CS_TONE_BAD },
		{ "PASS", CS_TONE_GOOD },
		{ "FAIL", CS_TONE_BAD },
		{ "not enough data", CS_TONE_MIDDLING },
		{ "holds", CS_TONE_GOOD },
		{ "does_not_hold", CS_TONE_BAD },
		{ "passed", CS_TONE_GOOD },
		{ "yes", CS_TONE_GOOD },
		{ "no", CS_TONE_BAD },
		{ "error", CS_TONE_BAD },
		{ "warning", CS_TONE_MIDDLING },
		{ "identical", CS_TONE_DIM },
	};

	for (size_t i = 0; word && i < CS_N(tones); i++) {
		if (strcmp(tones[i].word, word) == 0)
			return tones[i].tone;
	}
	return CS_TONE_NONE;
}

static double cell_number(const struct cs_column *column, const struct cs_cell *cell)
{
	bool is_double = column->type == CS_TYPE_NUMBER || column->type == CS_TYPE_RATIO;

	return is_double ? cell->d : (double)cell->i;
}

double cs_render_total(const struct cs_table *table, size_t column)
{
	double total = 0;

	for (size_t i = 0; i < table->n_rows; i++) {
		const struct cs_cell *cell = cs_table_cell(table, i, column);
		double v = cell->known ? cell_number(&table->columns[column], cell) : 0;

		total += v > 0 ? v : 0;
	}
	return total;
}

double cs_render_share(const struct cs_column *column, const struct cs_cell *cell, double total)
{
	double v = cell->known ? cell_number(column, cell) : 0;

	if (column->type != CS_TYPE_RATIO)
		v = total > 0 ? v / total : 0;
	return v < 0 ? 0 : v > 1 ? 1 : v;
}
