/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GFM, for job summaries and comments, which are refused whole when they are too long: so what does
 * not fit is left out here, row by row, and counted where it is missing. Every part is laid out
 * twice, once to measure it. Parts share the room evenly, the small ones whole, and folded tables
 * get what the others leave; giving all to the first that ask was refused, for a long list of
 * steps would push the verdicts out.
 */
#include "report/render.h"

#include <string.h>

#include "report/fmt.h"
#include "util/time.h"

#define CELL_MAX     1000 /* characters of a cell; a cut says how many there are more */
#define TEXT_MAX     4000 /* of a note, a title */
#define MORE_ROOM    240  /* what ends a part: "12 more rows …", "</details>" */
#define BYTES_MAX    ((size_t)1 << 20)
#define COMPACT_MAX  65536
#define COMPACT_ROWS 10

enum kind { ABOUT, WARNINGS, HEADLINES, NOTES_BEFORE, TABLE, DETAILS, NOTES_AFTER };

/* A part of the document: a head, items of which the last may be left out, an end. */
struct part {
	enum kind kind;
	const struct cs_table *table; /* or NULL */
	size_t *columns, n_columns;   /* of the table; for notes, which these are */
	size_t n_items;
	size_t head, items; /* bytes of the head and of all items */
	size_t room;	    /* for items */
	size_t max_items;
	bool left_out, empty;
};

struct page {
	const struct cs_report *report;
	const struct cs_render_options *options;
	struct part *parts;
	size_t n;
	struct cs_buf buf;
};

static void page_release(struct page *page)
{
	for (size_t i = 0; i < page->n; i++)
		free(page->parts[i].columns);
	free(page->parts);
	cs_buf_release(&page->buf);
}

/* Text of at most max characters; what is cut is counted. */
static int add_text(struct cs_buf *buf, const char *text, size_t max)
{
	CS_AUTO(cs_buf_release) struct cs_buf kept = CS_BUF_INIT;
	size_t more = 0;

	if (cs_render_cut(&kept, text, max, &more) < 0 || cs_fmt_markdown(buf, kept.data) < 0)
		return -1;
	return more ? cs_buf_printf(buf, "\xe2\x80\xa6 (%zu more characters)", more) : 0;
}

/* Blanks at the end of a line would be a line break, or nothing. */
static int end_line(struct cs_buf *buf)
{
	while (buf->len && buf->data[buf->len - 1] == ' ')
		buf->data[--buf->len] = '\0';
	return cs_buf_putc(buf, '\n');
}

/*
 * A paragraph of one line. What would make it another block (list, heading underline) or a runner's
 * "::" gets a backslash, which at the start of a cell would be noise.
 */
static int add_paragraph(struct cs_buf *buf, const char *text)
{
	CS_AUTO(cs_buf_release) struct cs_buf line = CS_BUF_INIT;
	const char *p;
	size_t digits;

	if (add_text(&line, text, TEXT_MAX) < 0)
		return -1;
	if (!line.len)
		return cs_buf_putc(buf, '\n');
	p = line.data + strspn(line.data, " ");
	digits = strspn(p, "0123456789");
	if (digits && (p[digits] == '.' || p[digits] == ')')) {
		if (cs_buf_add(buf, p, digits) < 0 || cs_buf_putc(buf, '\\') < 0)
			return -1;
		p += digits;
	} else if (*p && strchr("-+=:", *p) && cs_buf_putc(buf, '\\') < 0) {
		return -1;
	}
	return cs_buf_puts(buf, p) < 0 ? -1 : end_line(buf);
}

static int add_columns(struct cs_buf *buf, const struct cs_table *table, const size_t *at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (cs_buf_puts(buf, i ? " | " : "| ") < 0 ||
		    cs_fmt_markdown(buf, cs_column_title(&table->columns[at[i]])) < 0)
			return -1;
	}
	if (cs_buf_puts(buf, " |\n") < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		bool right = cs_column_is_number(&table->columns[at[i]]);

		if (cs_buf_puts(buf, i ? " | " : "| ") < 0 ||
		    cs_buf_puts(buf, right ? "---:" : "---") < 0)
			return -1;
	}
	return cs_buf_puts(buf, " |\n");
}

static int add_row(struct cs_buf *buf, const struct cs_table *table, size_t row, const size_t *at,
		   size_t n)
{
	CS_AUTO(cs_buf_release) struct cs_buf raw = CS_BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		cs_buf_reset(&raw);
		if (cs_buf_reserve(&raw, 1) < 0 ||
		    cs_render_human(&raw, &table->columns[at[i]],
				    cs_table_cell(table, row, at[i])) < 0 ||
		    cs_buf_puts(buf, i ? " | " : "| ") < 0 || add_text(buf, raw.data, CELL_MAX) < 0)
			return -1;
	}
	return cs_buf_puts(buf, " |\n");
}

static int add_heading(struct cs_buf *buf, const char *level, const char *title)
{
	return cs_buf_puts(buf, level) < 0 || add_text(buf, title, TEXT_MAX) < 0 ||
			       end_line(buf) < 0
		       ? -1
		       : 0;
}

static int add_table_head(struct cs_buf *buf, const struct part *part)
{
	const struct cs_table *t = part->table;
	bool folded = part->kind == DETAILS;
	char num[CS_FMT_NUM];

	if (folded &&
	    (cs_buf_puts(buf, "<details><summary>") < 0 ||
	     cs_fmt_html(buf, t->title ? t->title : t->key) < 0 ||
	     cs_buf_printf(buf, " (%s)</summary>\n\n", cs_fmt_count((int64_t)t->n_rows, num)) < 0))
		return -1;
	if (!folded && t->title &&
	    (add_heading(buf, "### ", t->title) < 0 || cs_buf_putc(buf, '\n') < 0))
		return -1;
	if (t->lead && (add_paragraph(buf, t->lead) < 0 || cs_buf_putc(buf, '\n') < 0))
		return -1;
	if (t->n_rows == 0)
		return cs_buf_puts(buf, "(none)\n");
	if (part->n_columns == 0)
		return cs_buf_printf(buf, "(rows: %zu, no columns to show)\n", t->n_rows);
	return add_columns(buf, t, part->columns, part->n_columns);
}

static int add_about(struct cs_buf *buf, const struct cs_about *about)
{
	CS_AUTO(cs_buf_release) struct cs_buf line = CS_BUF_INIT;

	if (about->title &&
	    (add_heading(buf, "## ", about->title) < 0 || cs_buf_putc(buf, '\n') < 0))
		return -1;
	if (cs_buf_puts(&line, "Window: ") < 0 || cs_render_window(&line, about) < 0)
		return -1;
	for (size_t i = 0; i < about->n_filters; i++) {
		if (cs_buf_puts(&line, i ? ", " : "; only ") < 0 ||
		    cs_buf_puts(&line, about->filters[i]) < 0)
			return -1;
	}
	return add_paragraph(buf, line.data);
}

static int add_part_head(struct cs_buf *buf, const struct page *page, const struct part *part)
{
	switch (part->kind) {
	case ABOUT:
		return add_about(buf, cs_report_get_about(page->report));
	case HEADLINES:
		return cs_buf_puts(buf, "| figure | value | n | change | verdict |\n"
					"| --- | ---: | ---: | ---: | --- |\n");
	case TABLE:
	case DETAILS:
		return add_table_head(buf, part);
	default:
		return 0;
	}
}

static int add_headline(struct cs_buf *buf, const struct cs_headline *h)
{
	CS_AUTO(cs_headline_text_release) struct cs_headline_text text = { 0 };
	const char *cells[5] = { h->label, NULL, NULL, NULL, h->verdict };

	if (cs_render_headline(&text, h) < 0)
		return -1;
	cells[1] = text.value.data;
	cells[2] = text.n.len ? text.n.data : NULL;
	cells[3] = text.change.len ? text.change.data : NULL;
	for (size_t i = 0; i < CS_N(cells); i++) {
		if (cs_buf_puts(buf, i ? " | " : "| ") < 0 ||
		    add_text(buf, cells[i] ? cells[i] : "", CELL_MAX) < 0)
			return -1;
	}
	return cs_buf_puts(buf, " |\n");
}

static int add_item(struct cs_buf *buf, const struct page *page, const struct part *part, size_t i)
{
	switch (part->kind) {
	case WARNINGS:
		return (i && cs_buf_putc(buf, '\n') < 0) ||
				       cs_buf_puts(buf, "> **Warning:** ") < 0 ||
				       add_paragraph(buf, cs_report_warning_at(page->report, i)) < 0
			       ? -1
			       : 0;
	case HEADLINES:
		return add_headline(buf, cs_report_headline_at(page->report, i));
	case NOTES_BEFORE:
	case NOTES_AFTER:
		if (i && cs_buf_putc(buf, '\n') < 0)
			return -1;
		return add_paragraph(buf, cs_report_note_at(page->report, part->columns[i])->text);
	case TABLE:
	case DETAILS:
		return add_row(buf, part->table, i, part->columns, part->n_columns);
	default:
		return 0;
	}
}

static struct part *new_part(struct page *page, enum kind kind, size_t n_items)
{
	struct part *part = &page->parts[page->n++];

	part->kind = kind;
	part->n_items = n_items;
	part->max_items = n_items;
	return part;
}

static int plan_table(struct page *page, const struct cs_table *table, struct cs_err *err)
{
	struct part *part = new_part(page, table->details && table->n_rows ? DETAILS : TABLE, 0);
	int r;

	part->table = table;
	if (table->n_rows == 0)
		return 0;
	r = cs_render_columns(table, page->options, &part->columns, &part->n_columns, err);
	if (r == 0 && part->n_columns)
		part->n_items = part->max_items = table->n_rows;
	if (page->options->compact && part->max_items > COMPACT_ROWS)
		part->max_items = COMPACT_ROWS;
	if (page->options->compact && part->kind == DETAILS)
		part->left_out = true;
	return r;
}

static int plan_notes(struct page *page, bool before, struct cs_err *err)
{
	size_t n = cs_report_n_notes(page->report);
	size_t *which = calloc(n + 1, sizeof(*which)), n_which = 0;
	struct part *part;

	if (!which)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (cs_report_note_at(page->report, i)->before == before)
			which[n_which++] = i;
	}
	part = new_part(page, before ? NOTES_BEFORE : NOTES_AFTER, n_which);
	part->columns = which;
	if (!n_which)
		part->empty = true;
	return 0;
}

static int plan(struct page *page, struct cs_err *err)
{
	const struct cs_report *report = page->report;
	size_t n_tables = cs_report_n_tables(report);

	page->parts = calloc(n_tables + NOTES_AFTER + 1, sizeof(*page->parts));
	if (!page->parts)
		return cs_err_nomem(err);
	if (cs_report_get_about(report))
		new_part(page, ABOUT, 0);
	if (cs_report_n_warnings(report))
		new_part(page, WARNINGS, cs_report_n_warnings(report));
	if (cs_report_n_headlines(report))
		new_part(page, HEADLINES, cs_report_n_headlines(report));
	if (plan_notes(page, true, err) < 0)
		return -(int)CS_NOMEM;
	for (int details = 0; details < 2; details++) {
		for (size_t i = 0; i < n_tables; i++) {
			const struct cs_table *table = cs_report_table(report, i);
			int r = 0;

			if (!table->machine_only && (table->details && table->n_rows) == details)
				r = plan_table(page, table, err);
			if (r < 0)
				return r;
		}
	}
	return plan_notes(page, false, err);
}

static int measure(struct page *page, struct cs_err *err)
{
	for (size_t i = 0; i < page->n; i++) {
		struct part *part = &page->parts[i];

		cs_buf_reset(&page->buf);
		if (add_part_head(&page->buf, page, part) < 0)
			return cs_err_nomem(err);
		part->head = page->buf.len + 1 + MORE_ROOM;
		for (size_t k = 0; !part->left_out && k < part->max_items; k++) {
			cs_buf_reset(&page->buf);
			if (add_item(&page->buf, page, part, k) < 0)
				return cs_err_nomem(err);
			part->items += page->buf.len;
		}
	}
	cs_buf_reset(&page->buf);
	return 0;
}

static int rank_of(const struct part *part)
{
	return part->kind == DETAILS ? 2 : part->kind == TABLE ? 1 : 0;
}

static size_t at_level(const struct page *page, int rank, size_t level)
{
	size_t sum = 0;

	for (size_t i = 0; i < page->n; i++) {
		const struct part *part = &page->parts[i];

		if (rank_of(part) == rank && !part->left_out)
			sum += part->items < level ? part->items : level;
	}
	return sum;
}

/* The largest level to which all parts of a rank can be filled; returns what they take. */
static size_t fill(struct page *page, int rank, size_t room)
{
	size_t lo = 0, hi = room;

	while (lo < hi) {
		size_t mid = lo + (hi - lo + 1) / 2;

		if (at_level(page, rank, mid) <= room)
			lo = mid;
		else
			hi = mid - 1;
	}
	for (size_t i = 0; i < page->n; i++) {
		if (rank_of(&page->parts[i]) == rank)
			page->parts[i].room = lo;
	}
	return at_level(page, rank, lo);
}

/* Heads first, in order; what stays is for items: texts up to half of it, tables, folded tables. */
static void share(struct page *page)
{
	size_t max = page->options->max_bytes ? page->options->max_bytes
		     : page->options->compact ? COMPACT_MAX
					      : BYTES_MAX;
	size_t room = max > MORE_ROOM ? max - MORE_ROOM : 0;

	for (size_t i = 0; i < page->n; i++) {
		struct part *part = &page->parts[i];

		if (part->empty)
			continue;
		if (part->head > room)
			part->left_out = true;
		if (!part->left_out)
			room -= part->head;
	}
	room -= fill(page, 0, at_level(page, 0, SIZE_MAX / 2) <= room / 2 ? room : room / 2);
	room -= fill(page, 1, room);
	fill(page, 2, room);
}

static const char *noun_of(const struct part *part)
{
	return part->kind == WARNINGS					 ? "warning"
	       : part->kind == HEADLINES				 ? "figure"
	       : part->kind == NOTES_BEFORE || part->kind == NOTES_AFTER ? "note"
									 : "row";
}

static int write_part(struct page *page, const struct part *part, FILE *out, struct cs_err *err)
{
	size_t at = 0, shown = 0, before;
	char num[CS_FMT_NUM];
	int r;

	if (add_part_head(&page->buf, page, part) < 0)
		return cs_err_nomem(err);
	for (; shown < part->max_items; shown++) {
		before = page->buf.len;
		if (add_item(&page->buf, page, part, shown) < 0)
			return cs_err_nomem(err);
		if (page->buf.len - before > part->room - at) {
			page->buf.len = before;
			page->buf.data[before] = '\0';
			break;
		}
		at += page->buf.len - before;
		r = cs_render_write(out, &page->buf, err);
		if (r < 0)
			return r;
	}
	if (shown < part->n_items &&
	    cs_buf_printf(&page->buf, "%s(%s more %s%s, not shown here for length)\n",
			  at || page->buf.len ? "\n" : "",
			  cs_fmt_count((int64_t)(part->n_items - shown), num), noun_of(part),
			  part->n_items - shown == 1 ? "" : "s") < 0)
		return cs_err_nomem(err);
	if (part->kind == DETAILS && cs_buf_puts(&page->buf, "\n</details>\n") < 0)
		return cs_err_nomem(err);
	return cs_render_write(out, &page->buf, err);
}

/* Parts that are not there at all are counted, with their rows, in the last line. */
static int write_left_out(struct page *page, bool first, FILE *out, struct cs_err *err)
{
	size_t parts = 0, rows = 0;
	char num[CS_FMT_NUM];

	for (size_t i = 0; i < page->n; i++) {
		parts += page->parts[i].left_out;
		rows += page->parts[i].left_out ? page->parts[i].n_items : 0;
	}
	if (parts && cs_buf_printf(&page->buf, "%s(%zu %s with %s rows left out here for length)\n",
				   first ? "" : "\n", parts, parts == 1 ? "part" : "parts",
				   cs_fmt_count((int64_t)rows, num)) < 0)
		return cs_err_nomem(err);
	return cs_render_write(out, &page->buf, err);
}

int cs_render_markdown(const struct cs_report *report, const struct cs_render_options *options,
		       FILE *out, struct cs_err *err)
{
	CS_AUTO(page_release) struct page page = { .report = report, .options = options };
	bool first = true;
	int r = cs_report_check(report, err);

	if (r == 0)
		r = plan(&page, err);
	if (r == 0)
		r = measure(&page, err);
	if (r < 0)
		return r;
	share(&page);
	for (size_t i = 0; r == 0 && i < page.n; i++) {
		if (page.parts[i].left_out || page.parts[i].empty)
			continue;
		/* Blocks are parted by an empty line. */
		if (!first && cs_buf_putc(&page.buf, '\n') < 0)
			return cs_err_nomem(err);
		first = false;
		r = write_part(&page, &page.parts[i], out, err);
	}
	if (r == 0)
		r = write_left_out(&page, first, out, err);
	return r < 0 ? r : cs_render_end(out, err);
}
