/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table and its charts. A chart comes in two widths, of which the style shows one: scaling one
 * picture would make its text unreadable on a phone. What a chart shows is always in the table
 * below it, folded where it is long.
 */
#include "report/html.h"

#include <string.h>

#include "report/fmt.h"
#include "report/svg.h"
#include "util/time.h"

#define ROWS	  1000
#define OPEN_ROWS 12 /* a table under its chart with more rows than this is folded */
#define LONG	  28 /* bytes of a cell that may stay on one line */
#define BROAD	  9  /* columns beyond which type is small and cells are close */
#define SHORT	  16 /* bytes of a word that is never broken, not even at its hyphens */
#define SHARE	  72 /* pixels of a share bar */

int cs_html_text(struct cs_buf *buf, const char *text, size_t max)
{
	CS_AUTO(cs_buf_release) struct cs_buf kept = CS_BUF_INIT;
	char num[CS_FMT_NUM];
	size_t more;

	if (cs_render_cut(&kept, text, max, &more) < 0 || cs_fmt_html(buf, kept.data) < 0)
		return -1;
	return more ? cs_buf_printf(buf,
				    "\xe2\x80\xa6 <span class=\"cut\">(%s more characters)</span>",
				    cs_fmt_count((int64_t)more, num))
		    : 0;
}

int cs_html_word(struct cs_buf *buf, const char *word, enum cs_tone tone)
{
	static const char *const classes[] = {
		[CS_TONE_NONE] = "",	[CS_TONE_GOOD] = " good", [CS_TONE_MIDDLING] = " mid",
		[CS_TONE_BAD] = " bad", [CS_TONE_DIM] = "",
	};
	CS_AUTO(cs_buf_release) struct cs_buf plain = CS_BUF_INIT;
	size_t more;

	if (cs_render_cut(&plain, word, 60, &more) < 0)
		return -1;
	for (char *p = plain.data; tone != CS_TONE_NONE && *p; p++)
		*p = *p == '_' ? ' ' : *p; /* does_not_pay */
	if (cs_buf_printf(buf, "<span class=\"word%s\">", classes[tone]) < 0 ||
	    cs_html_text(buf, plain.data, 60) < 0)
		return -1;
	return cs_buf_puts(buf, more ? "\xe2\x80\xa6</span>" : "</span>");
}

static int add_share(struct cs_buf *buf, double share)
{
	if (cs_buf_printf(buf,
			  "<svg class=\"share\" width=\"%d\" height=\"6\" aria-hidden=\"true\" "
			  "focusable=\"false\"><rect class=\"track\" width=\"%d\" height=\"6\"/>",
			  SHARE, SHARE) < 0 ||
	    cs_buf_puts(buf, "<rect class=\"part\" height=\"6\" width=\"") < 0 ||
	    cs_svg_num(buf, share * SHARE) < 0)
		return -1;
	return cs_buf_puts(buf, "\"/></svg>");
}

/* "<0.1 %" of a number has to be escaped as well. */
static int add_human(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell)
{
	CS_AUTO(cs_buf_release) struct cs_buf text = CS_BUF_INIT;

	if (cs_buf_reserve(&text, 1) < 0 || cs_render_human(&text, column, cell) < 0)
		return -1;
	return cs_html_text(buf, text.data, CS_HTML_CELL);
}

/* "acme/web-2" stays whole; "evicted_or_overwritten" may break where it is made of words. */
static int add_one_word(struct cs_buf *buf, const struct cs_buf *text)
{
	bool whole = text->len <= SHORT && strchr(text->data, '-');
	bool boxed = text->len > LONG;
	const char *at = text->data, *end;

	if (whole || boxed)
		return cs_buf_printf(buf, whole ? "<span class=\"fix\">" : "<div class=\"long\">") <
					       0 ||
				       cs_html_text(buf, text->data, CS_HTML_CELL) < 0
			       ? -1
			       : cs_buf_puts(buf, whole ? "</span>" : "</div>");
	for (; (end = strchr(at, '_')); at = end + 1) {
		CS_AUTO(cs_buf_release) struct cs_buf part = CS_BUF_INIT;

		if (cs_buf_add(&part, at, (size_t)(end + 1 - at)) < 0 ||
		    cs_fmt_html(buf, part.data) < 0 || cs_buf_puts(buf, "<wbr>") < 0)
			return -1;
	}
	return cs_fmt_html(buf, at);
}

/* Long text gets a width to break in; short words do not break at all. */
static int add_words(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell,
		     bool may_be_long)
{
	CS_AUTO(cs_buf_release) struct cs_buf text = CS_BUF_INIT;
	bool boxed;

	if (cs_buf_reserve(&text, 1) < 0 || cs_render_human(&text, column, cell) < 0)
		return -1;
	if (may_be_long && !strpbrk(text.data, " \t\n"))
		return add_one_word(buf, &text);
	boxed = may_be_long && text.len > LONG;
	if ((boxed && cs_buf_puts(buf, "<div class=\"long\">") < 0) ||
	    cs_html_text(buf, text.data, CS_HTML_CELL) < 0)
		return -1;
	return boxed ? cs_buf_puts(buf, "</div>") : 0;
}

static int add_number(struct cs_buf *buf, const struct cs_column *column,
		      const struct cs_cell *cell, double total)
{
	if (cs_buf_puts(buf, "<td class=\"num\" data-v=\"") < 0 ||
	    cs_render_json_cell(buf, column, cell) < 0 || cs_buf_puts(buf, "\">") < 0 ||
	    add_human(buf, column, cell) < 0)
		return -1;
	if (column->flags & CS_COL_BAR && add_share(buf, cs_render_share(column, cell, total)) < 0)
		return -1;
	return cs_buf_puts(buf, "</td>");
}

static int add_time(struct cs_buf *buf, const struct cs_cell *cell)
{
	char machine[CS_TIME_TEXT], human[CS_FMT_NUM];

	cs_time_format(cell->i, machine);
	return cs_buf_printf(buf,
			     "<td class=\"fix\" data-v=\"%s\"><time datetime=\"%s\">%s</time></td>",
			     machine, machine, cs_fmt_time(cell->i, human));
}

/* The full digest is for the copier, not for the eye. */
static int add_digest(struct cs_buf *buf, const struct cs_column *column,
		      const struct cs_cell *cell)
{
	CS_AUTO(cs_buf_release) struct cs_buf whole = CS_BUF_INIT;
	size_t more;

	if (cs_render_cut(&whole, cell->text, 140, &more) < 0 ||
	    cs_buf_puts(buf, "<td class=\"fix\"><code title=\"") < 0 ||
	    cs_fmt_html(buf, whole.data) < 0 || cs_buf_puts(buf, "\">") < 0 ||
	    add_human(buf, column, cell) < 0)
		return -1;
	return cs_buf_puts(buf, "</code></td>");
}

static int add_cell(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell,
		    double total)
{
	bool number = cs_column_is_number(column), wide = column->flags & CS_COL_WIDE;
	const char *word = NULL;

	if (!cell->known)
		return cs_buf_printf(buf,
				     "<td class=\"nil%s\"><abbr title=\"unknown\">\xe2\x80\x93"
				     "</abbr></td>",
				     number ? " num" : "");
	if (number)
		return add_number(buf, column, cell, total);
	if (column->type == CS_TYPE_TIME)
		return add_time(buf, cell);
	if (column->type == CS_TYPE_DIGEST)
		return add_digest(buf, column, cell);
	if (column->flags & CS_COL_STATE)
		word = column->type == CS_TYPE_TEXT   ? cell->text
		       : column->type == CS_TYPE_BOOL ? (cell->b ? "yes" : "no")
						      : NULL;
	if (cs_buf_puts(buf, wide ? "<td><div class=\"wide\"><code>" : "<td>") < 0)
		return -1;
	if (word ? cs_html_word(buf, word, cs_render_tone(column, cell)) < 0
		 : add_words(buf, column, cell, !wide) < 0)
		return -1;
	return cs_buf_puts(buf, wide ? "</code></div></td>" : "</td>");
}

static int add_head(struct cs_buf *buf, const struct cs_table *table, const size_t *at, size_t n)
{
	if (cs_buf_puts(buf, "<thead><tr>") < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct cs_column *column = &table->columns[at[i]];

		if (cs_buf_printf(buf, "<th scope=\"col\"%s>",
				  cs_column_is_number(column) ? " class=\"num\"" : "") < 0 ||
		    cs_fmt_html(buf, cs_column_title(column)) < 0 || cs_buf_puts(buf, "</th>") < 0)
			return -1;
	}
	return cs_buf_puts(buf, "</tr></thead>\n<tbody>\n");
}

static const char *title_of(const struct cs_html *html, const struct cs_table *table)
{
	return table->title ? table->title : table->key ? table->key : cs_report_name(html->report);
}

static int count_rows(struct cs_buf *buf, size_t shown, size_t n)
{
	char a[CS_FMT_NUM], b[CS_FMT_NUM];

	if (shown < n)
		return cs_buf_printf(buf, "%s of %s rows", cs_fmt_count((int64_t)shown, a),
				     cs_fmt_count((int64_t)n, b));
	return cs_buf_printf(buf, "%s %s", cs_fmt_count((int64_t)n, b), n == 1 ? "row" : "rows");
}

static size_t rows_shown(const struct cs_html *html, const struct cs_table *table)
{
	size_t max = html->options->max_rows ? html->options->max_rows : ROWS;

	return table->n_rows < max ? table->n_rows : max;
}

static int begin_table(struct cs_html *html, const struct cs_table *table, size_t n_columns,
		       unsigned number)
{
	struct cs_buf *buf = &html->buf;

	if (cs_buf_printf(buf,
			  "<div class=\"scroll\" role=\"group\" aria-labelledby=\"k%u\" "
			  "tabindex=\"0\"><table%s>\n<caption id=\"k%u\">",
			  number, n_columns > BROAD ? " class=\"broad\"" : "", number) < 0 ||
	    cs_html_text(buf, title_of(html, table), 200) < 0 || cs_buf_puts(buf, ": ") < 0 ||
	    count_rows(buf, rows_shown(html, table), table->n_rows) < 0)
		return -1;
	return cs_buf_puts(buf, "</caption>\n");
}

static int write_rows(struct cs_html *html, const struct cs_table *table, const size_t *at,
		      size_t n, struct cs_err *err)
{
	CS_AUTO(cs_free_p) double *totals = calloc(n + 1, sizeof(*totals));

	if (!totals)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const struct cs_column *c = &table->columns[at[i]];

		if (c->flags & CS_COL_BAR && cs_column_is_number(c))
			totals[i] = cs_render_total(table, at[i]);
	}
	for (size_t row = 0; row < rows_shown(html, table); row++) {
		int r = cs_buf_puts(&html->buf, "<tr>");

		for (size_t i = 0; r == 0 && i < n; i++)
			r = add_cell(&html->buf, &table->columns[at[i]],
				     cs_table_cell(table, row, at[i]), totals[i]);
		if (r < 0 || cs_buf_puts(&html->buf, "</tr>\n") < 0)
			return cs_err_nomem(err);
		r = cs_render_write(html->out, &html->buf, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_table(struct cs_html *html, const struct cs_table *table, unsigned number,
		       struct cs_err *err)
{
	CS_AUTO(cs_free_p) size_t *at = NULL;
	size_t n, shown = rows_shown(html, table);
	char num[CS_FMT_NUM];
	int r = cs_render_columns(table, html->options, &at, &n, err);

	if (r < 0)
		return r;
	if (table->n_rows == 0 || n == 0) {
		r = table->n_rows == 0
			    ? cs_buf_puts(&html->buf, "<p class=\"rest\">None.</p>\n")
			    : cs_buf_printf(&html->buf,
					    "<p class=\"rest\">%s rows, no columns to show.</p>\n",
					    cs_fmt_count((int64_t)table->n_rows, num));
		return r < 0 ? cs_err_nomem(err) : 0;
	}
	if (begin_table(html, table, n, number) < 0 || add_head(&html->buf, table, at, n) < 0)
		return cs_err_nomem(err);
	r = write_rows(html, table, at, n, err);
	if (r < 0)
		return r;
	if (cs_buf_puts(&html->buf, "</tbody></table></div>\n") < 0 ||
	    (shown < table->n_rows &&
	     cs_buf_printf(&html->buf,
			   "<p class=\"rest\">%s more rows are not shown here; the report as JSON "
			   "or CSV has all.</p>\n",
			   cs_fmt_count((int64_t)(table->n_rows - shown), num)) < 0))
		return cs_err_nomem(err);
	return 0;
}

static int add_legend(struct cs_buf *buf, const struct cs_plot *plot)
{
	bool lines = plot->chart->kind == CS_CHART_LINE;
	char num[CS_FMT_NUM];

	if (plot->n_series < 2 && !lines && !plot->chart->ref_label)
		return 0;
	if (cs_buf_puts(buf, "<ul class=\"legend\">\n") < 0)
		return -1;
	for (size_t i = 0; i < plot->n_series; i++) {
		const struct cs_series *s = &plot->series[i];

		if (cs_buf_puts(buf, "<li>") < 0 || cs_svg_swatch(buf, plot, i) < 0 ||
		    cs_html_text(buf, s->name, 80) < 0 ||
		    (s->n >= 0 && cs_buf_printf(buf, " (n = %s)", cs_fmt_count(s->n, num)) < 0) ||
		    cs_buf_puts(buf, "</li>\n") < 0)
			return -1;
	}
	if (plot->chart->ref_label &&
	    (cs_buf_puts(buf, "<li>") < 0 || cs_svg_ref_swatch(buf, plot) < 0 ||
	     cs_html_text(buf, plot->chart->ref_label, 120) < 0 || cs_buf_puts(buf, "</li>\n") < 0))
		return -1;
	return cs_buf_puts(buf, "</ul>\n");
}

static int write_chart(struct cs_html *html, const struct cs_table *table,
		       const struct cs_chart *chart, struct cs_err *err)
{
	static const struct {
		unsigned width;
		const char *class;
	} sizes[] = { { 340, "small" }, { 560, "medium" }, { 1080, "large" } };
	/* Several charts stand side by side on a wide screen; a single one gets all of it. */
	size_t n = table->n_charts > 1 ? 2 : 3;
	CS_AUTO(cs_plot_free_p) struct cs_plot *plot = NULL;
	CS_AUTO(cs_buf_release) struct cs_buf title = CS_BUF_INIT;
	struct cs_buf *buf = &html->buf;
	char num[CS_FMT_NUM];
	size_t more;
	int r = cs_plot_new(table, chart, &plot, err);

	if (r < 0)
		return r;
	if (cs_render_cut(&title, chart->title ? chart->title : title_of(html, table), 120, &more) <
		    0 ||
	    (more && cs_buf_puts(&title, "\xe2\x80\xa6") < 0) ||
	    cs_buf_puts(buf, "<figure>\n<figcaption>") < 0 || cs_fmt_html(buf, title.data) < 0 ||
	    cs_buf_puts(buf, "</figcaption>\n") < 0)
		return cs_err_nomem(err);
	if (plot->n_values == plot->n_left)
		n = 0;
	if (!n &&
	    cs_buf_puts(buf, "<p class=\"left\">Nothing to draw: no value is known.</p>\n") < 0)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (cs_svg_chart(buf, plot, title.data, ++html->n_plots, sizes[i].width,
				 sizes[i].class) < 0)
			return cs_err_nomem(err);
	}
	if ((n && add_legend(buf, plot) < 0) ||
	    (plot->n_left &&
	     cs_buf_printf(buf,
			   "<p class=\"left\">%s of the values are not drawn; the table has "
			   "them.</p>\n",
			   cs_fmt_count((int64_t)plot->n_left, num)) < 0) ||
	    cs_buf_puts(buf, "</figure>\n") < 0)
		return cs_err_nomem(err);
	return cs_render_write(html->out, buf, err);
}

static int write_charts(struct cs_html *html, const struct cs_table *table, struct cs_err *err)
{
	int r = 0;

	if (!table->n_charts || !table->n_rows)
		return 0;
	if (cs_buf_printf(&html->buf, "<div class=\"charts %s\">\n",
			  table->n_charts > 1 ? "many" : "one") < 0)
		return cs_err_nomem(err);
	for (size_t i = 0; r == 0 && i < table->n_charts; i++)
		r = write_chart(html, table, table->charts[i], err);
	if (r == 0 && cs_buf_puts(&html->buf, "</div>\n") < 0)
		r = cs_err_nomem(err);
	return r;
}

/* Heading and lead; where all is folded, the heading is what one unfolds. */
static int begin_section(struct cs_html *html, const struct cs_table *table, unsigned number,
			 bool folded)
{
	struct cs_buf *buf = &html->buf;

	if (cs_buf_printf(buf, "<section id=\"s%u\">\n%s", number,
			  folded ? "<details>\n<summary>" : "") < 0)
		return -1;
	if ((table->title || folded) &&
	    (cs_buf_puts(buf, "<h2>") < 0 || cs_html_text(buf, title_of(html, table), 200) < 0 ||
	     cs_buf_puts(buf, "</h2>") < 0))
		return -1;
	if (cs_buf_puts(buf, folded ? "</summary>\n" : "\n") < 0)
		return -1;
	return !table->lead ? 0
	       : cs_buf_puts(buf, "<p class=\"lead\">") < 0 ||
			       cs_html_text(buf, table->lead, CS_HTML_TEXT) < 0 ||
			       cs_buf_puts(buf, "</p>\n") < 0
		       ? -1
		       : 0;
}

int cs_html_section(struct cs_html *html, const struct cs_table *table, unsigned number,
		    struct cs_err *err)
{
	bool folded = table->details && table->n_rows > 0;
	bool below = !folded && table->n_charts > 0 && table->n_rows > OPEN_ROWS;
	int r;

	if (begin_section(html, table, number, folded) < 0)
		return cs_err_nomem(err);
	r = write_charts(html, table, err);
	if (r < 0)
		return r;
	if (below && (cs_buf_puts(&html->buf, "<details>\n<summary>The figures: ") < 0 ||
		      count_rows(&html->buf, table->n_rows, table->n_rows) < 0 ||
		      cs_buf_puts(&html->buf, "</summary>\n") < 0))
		return cs_err_nomem(err);
	r = write_table(html, table, number, err);
	if (r < 0)
		return r;
	if (cs_buf_printf(&html->buf, "%s</section>\n", folded || below ? "</details>\n" : "") < 0)
		return cs_err_nomem(err);
	return cs_render_write(html->out, &html->buf, err);
}
