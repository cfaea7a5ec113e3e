/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GFM, for job summaries and comments. A backslash (or an entity) stops Markdown, but not what
 * GitHub and GitLab do to the finished HTML: a mention that was escaped still calls its person, an
 * issue number still links back. They leave code alone, so such a word stands in a code span, which
 * also reads well for URLs and variables. Zero-width characters, the usual trick, were refused:
 * they are copied along unseen.
 */
#include "report/render.h"

#include <string.h>
#include <strings.h>

#include "report/fmt.h"
#include "report/text.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool is_word(char c)
{
	return c && strchr(WORD, c);
}

/*
 * Where the next word that ends in "://" starts, or NULL. Looked for once per "://" and not at each
 * word, which would take a square of the length on "a.a.a.a…".
 */
static const char *next_scheme(const char *from)
{
	const char *end = from, *start;

	while ((end = strstr(end, "://"))) {
		for (start = end; start > from && (is_word(start[-1]) || strchr("+.-", start[-1]));)
			start--;
		if (start < end)
			return start;
		end += 3;
	}
	return NULL;
}

/* Whether something else that gets linked or typeset starts at p; prev: the byte before, or NUL. */
static bool starts_link(const char *p, char prev)
{
	switch (*p) {
	case '@':
	case '#':
		return is_word(p[1]) || p[1] == '_';
	case '!':
		return p[1] >= '0' && p[1] <= '9';
	case '$':
		return true;
	case 'w':
	case 'W':
		return !is_word(prev) && strncasecmp(p, "www.", 4) == 0;
	case 'g':
	case 'G':
		return !is_word(prev) && strncasecmp(p, "gh-", 3) == 0 && p[3] >= '0' &&
		       p[3] <= '9';
	default:
		return false;
	}
}

int cs_fmt_markdown(struct cs_buf *buf, const char *text)
{
	/* All that can start a link is in it: two code spans never touch. No '`', no '|'. */
	static const char span[] = WORD "@#!$%&'()+,-./:;=?^_{}~";
	CS_AUTO(cs_buf_release) struct cs_buf shown = CS_BUF_INIT;
	const char *p, *scheme;

	if (cs_text_show(&shown, text, CS_SHOW_BLANKS) < 0)
		return -1;
	if (!shown.len)
		return 0;
	scheme = next_scheme(shown.data);
	for (p = shown.data; *p;) {
		if (scheme && scheme < p)
			scheme = next_scheme(p);
		if (p == scheme || starts_link(p, p > shown.data ? p[-1] : '\0')) {
			size_t n = strspn(p, span);

			if (cs_buf_putc(buf, '`') < 0 || cs_buf_add(buf, p, n) < 0 ||
			    cs_buf_putc(buf, '`') < 0)
				return -1;
			p += n;
			continue;
		}
		if ((strchr("\\`*_[]<>#!~&|", *p) && cs_buf_putc(buf, '\\') < 0) ||
		    cs_buf_putc(buf, *p++) < 0)
			return -1;
	}
	return 0;
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

	if (cs_fmt_markdown(&line, text) < 0)
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

static int add_head(struct cs_buf *buf, const struct cs_table *table, const size_t *at, size_t n)
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
		    cs_buf_puts(buf, i ? " | " : "| ") < 0 || cs_fmt_markdown(buf, raw.data) < 0)
			return -1;
	}
	return cs_buf_puts(buf, " |\n");
}

static int write_rows(const struct cs_table *table, const struct cs_render_options *options,
		      struct cs_buf *buf, FILE *out, struct cs_err *err)
{
	CS_AUTO(cs_free_p) size_t *at = NULL;
	size_t n;
	int r = cs_render_columns(table, options, &at, &n, err);

	if (r < 0)
		return r;
	if (n == 0)
		return cs_render_no_columns(buf, table, err);
	if (add_head(buf, table, at, n) < 0)
		return cs_err_nomem(err);
	for (size_t i = 0; i < table->n_rows; i++) {
		if (add_row(buf, table, i, at, n) < 0)
			return cs_err_nomem(err);
		r = cs_render_write(out, buf, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_table(const struct cs_table *table, const struct cs_render_options *options,
		       struct cs_buf *buf, FILE *out, struct cs_err *err)
{
	int r = 0;

	if (table->title &&
	    (cs_buf_puts(buf, "### ") < 0 || cs_fmt_markdown(buf, table->title) < 0 ||
	     end_line(buf) < 0 || cs_buf_putc(buf, '\n') < 0))
		return cs_err_nomem(err);
	if (table->n_rows > 0)
		r = write_rows(table, options, buf, out, err);
	else if (cs_buf_puts(buf, "(none)\n") < 0)
		r = cs_err_nomem(err);
	return r < 0 ? r : cs_render_write(out, buf, err);
}

/* Blocks are parted by an empty line; each note is one. */
static int begin_block(struct cs_buf *buf, bool *first)
{
	if (!*first && cs_buf_putc(buf, '\n') < 0)
		return -1;
	*first = false;
	return 0;
}

static int write_notes(const struct cs_report *report, bool before, bool *first, struct cs_buf *buf,
		       FILE *out, struct cs_err *err)
{
	for (size_t i = 0; i < cs_report_n_notes(report); i++) {
		const struct cs_note *note = cs_report_note_at(report, i);

		if (note->before != before)
			continue;
		if (begin_block(buf, first) < 0 || add_paragraph(buf, note->text) < 0)
			return cs_err_nomem(err);
	}
	return cs_render_write(out, buf, err);
}

int cs_render_markdown(const struct cs_report *report, const struct cs_render_options *options,
		       FILE *out, struct cs_err *err)
{
	CS_AUTO(cs_buf_release) struct cs_buf buf = CS_BUF_INIT;
	bool first = true;
	int r = cs_report_check(report, err);

	if (r == 0)
		r = write_notes(report, true, &first, &buf, out, err);
	for (size_t i = 0; r == 0 && i < cs_report_n_tables(report); i++) {
		const struct cs_table *table = cs_report_table(report, i);

		if (table->machine_only)
			continue;
		if (begin_block(&buf, &first) < 0)
			return cs_err_nomem(err);
		r = write_table(table, options, &buf, out, err);
	}
	if (r == 0)
		r = write_notes(report, false, &first, &buf, out, err);
	return r < 0 ? r : cs_render_end(out, err);
}
