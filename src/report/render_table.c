/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two passes over the cells: one measures, one prints. Keeping the shown texts instead was refused:
 * it costs the memory of the whole table for nothing but a second formatting.
 *
 * Only CS_COL_WIDE columns shrink. When that is not enough, lines grow longer than the terminal: a
 * missing column misleads, a wrapped line is only ugly. Boxes were refused, too: blanks survive
 * cut, awk and an issue's code block.
 */
#include "report/render.h"

#include <string.h>

#include "report/fmt.h"
#include "report/text.h"

#define GAP	 2   /* blanks between columns */
#define WIDE_MIN 12  /* columns that a shrinking column keeps */
#define PAD_MAX	 240 /* a cell longer than this pushes the rest of its line, not of all lines */
#define BAR	 8

#define SGR_RESET "\x1b[0m"
#define SGR_BOLD  "\x1b[1m"
#define SGR_TITLE "\x1b[1;4m"

struct column {
	const struct cs_column *def;
	size_t at;    /* in the table */
	size_t title; /* width of the title */
	size_t width; /* of the text, without the bar */
	bool bar;
	double total; /* of the known values, for the bar */
};

struct layout {
	const struct cs_table *table;
	const struct cs_render_options *options;
	struct column *columns;
	size_t n;
	struct cs_buf cell, raw; /* scratch */
};

static void layout_release(struct layout *l)
{
	free(l->columns);
	cs_buf_release(&l->cell);
	cs_buf_release(&l->raw);
}

static int show(struct cs_buf *buf, const char *text, const struct cs_render_options *options)
{
	return options->utf8 ? cs_fmt_terminal(buf, text) : cs_fmt_ascii(buf, text);
}

/* The escaped text of a cell in l->cell. */
static int shape(struct layout *l, const struct column *column, size_t row)
{
	cs_buf_reset(&l->cell);
	cs_buf_reset(&l->raw);
	if (cs_buf_reserve(&l->cell, 1) < 0 || cs_buf_reserve(&l->raw, 1) < 0 ||
	    cs_render_human(&l->raw, column->def, cs_table_cell(l->table, row, column->at)) < 0)
		return -1;
	return show(&l->cell, l->raw.data, l->options);
}

/*
 * Full only for all of it and empty only for nothing, as with 100 % and 0 %. The last block tells
 * the rest by its height, so that a kilobyte does not look like a tenth of all.
 */
static int add_bar(struct cs_buf *buf, double share, bool utf8)
{
	static const char *const blocks[] = { "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83",
					      "\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86",
					      "\xe2\x96\x87" };
	static const char *const ascii[] = { ".", "#" };
	int steps = utf8 ? (int)CS_N(blocks) - 1 : 1;
	int n = (int)(share * BAR * steps + 0.5);

	if (share > 0 && n == 0)
		n = 1;
	if (share < 1 && n == BAR * steps)
		n--;
	for (int i = 0; i < BAR; i++) {
		int level = n < steps ? n : steps;

		if (cs_buf_puts(buf, utf8 ? blocks[level] : ascii[level]) < 0)
			return -1;
		n -= level;
	}
	return 0;
}

static size_t full_width(const struct column *column)
{
	return column->width + (column->bar ? 1 + BAR : 0);
}

static bool is_wide(const struct column *column)
{
	return column->def->flags & CS_COL_WIDE;
}

static size_t wide_at(const struct column *column, size_t level)
{
	size_t floor = column->title > WIDE_MIN ? column->title : WIDE_MIN;

	if (level < floor)
		level = floor;
	return column->width < level ? column->width : level;
}

static size_t line_width(const struct layout *l, size_t level)
{
	size_t sum = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct column *c = &l->columns[i];

		sum += (i ? GAP : 0) + full_width(c);
		if (is_wide(c))
			sum -= c->width - wide_at(c, level);
	}
	return sum;
}

/* The widest wide columns give way first: all are cut to one level, the largest that fits. */
static void shrink(struct layout *l)
{
	size_t lo = 0, hi = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (is_wide(&l->columns[i]) && l->columns[i].width > hi)
			hi = l->columns[i].width;
	}
	if (!l->options->width || line_width(l, hi) <= l->options->width)
		return;
	while (lo < hi) {
		size_t mid = lo + (hi - lo + 1) / 2;

		if (line_width(l, mid) <= l->options->width)
			lo = mid;
		else
			hi = mid - 1;
	}
	for (size_t i = 0; i < l->n; i++) {
		if (is_wide(&l->columns[i]))
			l->columns[i].width = wide_at(&l->columns[i], lo);
	}
}

static int measure(struct layout *l, struct column *column)
{
	cs_buf_reset(&l->cell);
	if (cs_buf_reserve(&l->cell, 1) < 0 ||
	    show(&l->cell, cs_column_title(column->def), l->options) < 0)
		return -1;
	column->title = cs_fmt_width(l->cell.data);
	column->width = column->title;
	for (size_t i = 0; i < l->table->n_rows; i++) {
		size_t width;

		if (shape(l, column, i) < 0)
			return -1;
		width = cs_fmt_width(l->cell.data);
		if (width > column->width)
			column->width = width;
	}
	if (column->width > PAD_MAX && !(is_wide(column) && l->options->width))
		column->width = PAD_MAX;
	return 0;
}

static int layout_init(struct layout *l, struct cs_err *err)
{
	CS_AUTO(cs_free_p) size_t *at = NULL;
	int r = cs_render_columns(l->table, l->options, &at, &l->n, err);

	if (r < 0)
		return r;
	l->columns = calloc(l->n + 1, sizeof(*l->columns));
	if (!l->columns)
		return cs_err_nomem(err);
	for (size_t i = 0; i < l->n; i++) {
		struct column *c = &l->columns[i];

		c->at = at[i];
		c->def = &l->table->columns[at[i]];
		c->bar = c->def->flags & CS_COL_BAR && cs_column_is_number(c->def);
		c->total = c->bar ? cs_render_total(l->table, at[i]) : 0;
		if (measure(l, c) < 0)
			return cs_err_nomem(err);
	}
	shrink(l);
	return 0;
}

static const char *state_color(const struct cs_column *column, const struct cs_cell *cell)
{
	static const char *const sgr[] = {
		[CS_TONE_GOOD] = "\x1b[32m",
		[CS_TONE_MIDDLING] = "\x1b[33m",
		[CS_TONE_BAD] = "\x1b[31m",
		[CS_TONE_DIM] = "\x1b[2m",
	};

	return sgr[cs_render_tone(column, cell)];
}

static int add_blanks(struct cs_buf *buf, size_t n)
{
	return n && cs_buf_printf(buf, "%*s", (int)n, "") < 0 ? -1 : 0;
}

/* The text of l->cell, coloured and padded to the column. */
static int add_padded(struct cs_buf *line, const struct layout *l, const struct column *column,
		      const char *sgr)
{
	size_t used = cs_fmt_width(l->cell.data);
	size_t pad = column->width > used ? column->width - used : 0;
	bool right = cs_column_is_number(column->def);

	if (right && add_blanks(line, pad) < 0)
		return -1;
	if ((sgr && cs_buf_puts(line, sgr) < 0) || cs_buf_puts(line, l->cell.data) < 0 ||
	    (sgr && cs_buf_puts(line, SGR_RESET) < 0))
		return -1;
	return right ? 0 : add_blanks(line, pad);
}

static int end_line(struct cs_buf *line, const char *sgr)
{
	while (line->len && line->data[line->len - 1] == ' ')
		line->data[--line->len] = '\0';
	return cs_buf_puts(line, sgr ? SGR_RESET "\n" : "\n");
}

static int add_header(struct cs_buf *line, struct layout *l)
{
	const char *sgr = l->options->color ? SGR_BOLD : NULL;

	if (sgr && cs_buf_puts(line, sgr) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		const struct column *c = &l->columns[i];

		cs_buf_reset(&l->cell);
		if (show(&l->cell, cs_column_title(c->def), l->options) < 0 ||
		    (i && add_blanks(line, GAP) < 0) || add_padded(line, l, c, NULL) < 0 ||
		    (c->bar && add_blanks(line, 1 + BAR) < 0))
			return -1;
	}
	return end_line(line, sgr);
}

static int add_row(struct cs_buf *line, struct layout *l, size_t row)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct column *c = &l->columns[i];
		const struct cs_cell *cell = cs_table_cell(l->table, row, c->at);
		const char *sgr;

		if (shape(l, c, row) < 0 || (i && add_blanks(line, GAP) < 0))
			return -1;
		if (l->options->width && is_wide(c) &&
		    cs_text_shorten(&l->cell, c->width, l->options->utf8) < 0)
			return -1;
		sgr = l->options->color ? state_color(c->def, cell) : NULL;
		if (add_padded(line, l, c, sgr) < 0)
			return -1;
		if (!c->bar)
			continue;
		if (add_blanks(line, cell->known ? 1 : 1 + BAR) < 0 ||
		    (cell->known &&
		     add_bar(line, cs_render_share(c->def, cell, c->total), l->options->utf8) < 0))
			return -1;
	}
	return end_line(line, NULL);
}

static int add_title(struct cs_buf *line, const char *title,
		     const struct cs_render_options *options)
{
	if (!title)
		return 0;
	if ((options->color && cs_buf_puts(line, SGR_TITLE) < 0) || show(line, title, options) < 0)
		return -1;
	return end_line(line, options->color ? SGR_RESET : NULL);
}

static int write_rows(struct layout *l, struct cs_buf *line, FILE *out, struct cs_err *err)
{
	int r = layout_init(l, err);

	if (r < 0)
		return r;
	if (l->n == 0)
		return cs_render_no_columns(line, l->table, err);
	if (add_header(line, l) < 0)
		return cs_err_nomem(err);
	for (size_t i = 0; i < l->table->n_rows; i++) {
		if (add_row(line, l, i) < 0)
			return cs_err_nomem(err);
		r = cs_render_write(out, line, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Blocks are parted by an empty line. */
static int begin_block(struct cs_buf *line, bool *first)
{
	if (!*first && cs_buf_putc(line, '\n') < 0)
		return -1;
	*first = false;
	return 0;
}

/* Details are for -v; a reader without it is told that they are there. */
static int write_folded(const struct cs_table *table, const struct cs_render_options *options,
			struct cs_buf *line, FILE *out, struct cs_err *err)
{
	char num[CS_FMT_NUM];

	if (show(line, table->title ? table->title : table->key, options) < 0 ||
	    cs_buf_printf(line, ": %s %s (-v shows them)",
			  cs_fmt_count((int64_t)table->n_rows, num),
			  table->n_rows == 1 ? "row" : "rows") < 0 ||
	    end_line(line, NULL) < 0)
		return cs_err_nomem(err);
	return cs_render_write(out, line, err);
}

static int add_line(struct cs_buf *line, const char *before, const char *text,
		    const struct cs_render_options *options)
{
	return cs_buf_puts(line, before) < 0 || show(line, text, options) < 0
		       ? -1
		       : end_line(line, NULL);
}

static int add_about(struct cs_buf *line, const struct cs_about *about,
		     const struct cs_render_options *options)
{
	CS_AUTO(cs_buf_release) struct cs_buf window = CS_BUF_INIT;

	if (add_title(line, about->title, options) < 0 || cs_render_window(&window, about) < 0 ||
	    add_line(line, "window: ", window.data, options) < 0)
		return -1;
	for (size_t i = 0; i < about->n_filters; i++) {
		if (add_line(line, "filter: ", about->filters[i], options) < 0)
			return -1;
	}
	return 0;
}

/* What the report is of, warnings, headlines: a block each. */
static int write_top(const struct cs_report *report, const struct cs_render_options *options,
		     bool *first, struct cs_buf *line, FILE *out, struct cs_err *err)
{
	const struct cs_about *about = cs_report_get_about(report);
	CS_AUTO(cs_buf_release) struct cs_buf text = CS_BUF_INIT;

	if (about && (begin_block(line, first) < 0 || add_about(line, about, options) < 0))
		return cs_err_nomem(err);
	for (size_t i = 0; i < cs_report_n_warnings(report); i++) {
		if ((!i && begin_block(line, first) < 0) ||
		    add_line(line, "warning: ", cs_report_warning_at(report, i), options) < 0)
			return cs_err_nomem(err);
	}
	for (size_t i = 0; i < cs_report_n_headlines(report); i++) {
		cs_buf_reset(&text);
		if ((!i && begin_block(line, first) < 0) ||
		    cs_render_headline_line(&text, cs_report_headline_at(report, i)) < 0 ||
		    add_line(line, "", text.data, options) < 0)
			return cs_err_nomem(err);
	}
	return cs_render_write(out, line, err);
}

static int write_table(const struct cs_table *table, const struct cs_render_options *options,
		       struct cs_buf *line, FILE *out, struct cs_err *err)
{
	CS_AUTO(layout_release) struct layout l = { .table = table, .options = options };
	int r = 0;

	if (table->details && table->n_rows > 0 && !options->verbose)
		return write_folded(table, options, line, out, err);
	if (add_title(line, table->title, options) < 0 ||
	    (table->lead && add_line(line, "", table->lead, options) < 0))
		return cs_err_nomem(err);
	if (table->n_rows > 0)
		r = write_rows(&l, line, out, err);
	else if (cs_buf_puts(line, "(none)\n") < 0)
		r = cs_err_nomem(err);
	return r < 0 ? r : cs_render_write(out, line, err);
}

static int write_notes(const struct cs_report *report, const struct cs_render_options *options,
		       bool before, bool *first, struct cs_buf *line, FILE *out, struct cs_err *err)
{
	bool begun = false;

	for (size_t i = 0; i < cs_report_n_notes(report); i++) {
		const struct cs_note *note = cs_report_note_at(report, i);

		if (note->before != before)
			continue;
		if ((!begun && begin_block(line, first) < 0) ||
		    show(line, note->text, options) < 0 || end_line(line, NULL) < 0)
			return cs_err_nomem(err);
		begun = true;
	}
	return cs_render_write(out, line, err);
}

int cs_render_table(const struct cs_report *report, const struct cs_render_options *options,
		    FILE *out, struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf line = CS_BUF_INIT;
	bool first = true;
	int r = cs_report_check(report, err);

	if (r == 0)
		r = write_top(report, options, &first, &line, out, err);
	if (r == 0)
		r = write_notes(report, options, true, &first, &line, out, err);
	for (size_t i = 0; r == 0 && i < cs_report_n_tables(report); i++) {
		const struct cs_table *table = cs_report_table(report, i);

		if (table->machine_only)
			continue;
		if (begin_block(&line, &first) < 0)
			return cs_err_nomem(err);
		r = write_table(table, options, &line, out, err);
	}
	if (r == 0)
		r = write_notes(report, options, false, &first, &line, out, err);
	return r < 0 ? r : cs_render_end(out, err);
}
