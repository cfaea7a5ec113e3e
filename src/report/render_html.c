/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One file that people open from a mail or a CI artifact: no request leaves it, and its policy says
 * so to the browser, which then runs the one script and takes the one style by their hashes and
 * nothing else, whatever an escape may have missed. All of it reads without the script. A chart
 * library was refused: what it would add (hovering, zooming) does not survive printing, and its
 * code could not be reviewed with ours.
 */
#include "report/html.h"

#include <string.h>

#include "report/assets.h"
#include "report/fmt.h"
#include "report/svg.h"
#include "util/hash.h"
#include "util/sha256.h"
#include "util/time.h"

#define NAV_MIN 4 /* sections from which on a list of them helps */

static int add_hash(struct cs_buf *buf, const char *text)
{
	char base64[CS_SHA256_BASE64];

	if (!cs_sha256_base64(text, strlen(text), base64))
		return -1; /* as cs_buf_printf(): no memory */
	return cs_buf_printf(buf, "'sha256-%s'", base64);
}

static const char *page_title(const struct cs_report *report)
{
	const struct cs_about *about = cs_report_get_about(report);

	return about && about->title ? about->title : cs_report_name(report);
}

static int add_head(struct cs_buf *buf, const struct cs_report *report)
{
	const struct cs_about *about = cs_report_get_about(report);
	CS_AUTO(cs_buf_release) struct cs_buf title = CS_BUF_INIT;
	size_t more;

	if (cs_buf_puts(buf,
			"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
			"'none'; style-src ") < 0 ||
	    add_hash(buf, cs_asset_report_css) < 0 || cs_buf_puts(buf, "; script-src ") < 0 ||
	    add_hash(buf, cs_asset_report_js) < 0 ||
	    cs_buf_puts(buf, "; img-src 'none'; base-uri 'none'; form-action 'none'\">\n"
			     "<meta name=\"viewport\" content=\"width=device-width, "
			     "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
			     "dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n") < 0)
		return -1;
	if (about && about->version &&
	    (cs_buf_puts(buf, "<meta name=\"generator\" content=\"") < 0 ||
	     cs_fmt_html(buf, about->version) < 0 || cs_buf_puts(buf, "\">\n") < 0))
		return -1;
	if (cs_render_cut(&title, page_title(report), 200, &more) < 0 ||
	    cs_buf_puts(buf, "<title>") < 0 || cs_fmt_html(buf, title.data) < 0 ||
	    cs_buf_printf(buf, "%s</title>\n<style>", more ? "\xe2\x80\xa6" : "") < 0 ||
	    cs_buf_puts(buf, cs_asset_report_css) < 0)
		return -1;
	return cs_buf_puts(buf,
			   "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to "
			   "the figures</a>\n");
}

static int add_span(struct cs_buf *buf, const char *before, const char *text)
{
	return cs_buf_printf(buf, "<span>%s", before) < 0 || cs_html_text(buf, text, 200) < 0 ||
			       cs_buf_puts(buf, "</span>\n") < 0
		       ? -1
		       : 0;
}

static int add_header(struct cs_buf *buf, const struct cs_report *report)
{
	const struct cs_about *about = cs_report_get_about(report);
	CS_AUTO(cs_buf_release) struct cs_buf text = CS_BUF_INIT;
	int64_t at = cs_report_generated(report);
	char time[CS_FMT_NUM];

	if (cs_buf_puts(buf, "<header>\n<h1>") < 0 ||
	    cs_html_text(buf, page_title(report), 200) < 0 ||
	    cs_buf_puts(buf, "</h1>\n<p class=\"about\">\n") < 0)
		return -1;
	if (about &&
	    (cs_render_window(&text, about) < 0 || add_span(buf, "Window: ", text.data) < 0))
		return -1;
	for (size_t i = 0; about && i < about->n_filters; i++) {
		if (add_span(buf, "Only ", about->filters[i]) < 0)
			return -1;
	}
	if (at != CS_TIME_NONE && add_span(buf, "Generated ", cs_fmt_time(at, time)) < 0)
		return -1;
	if (cs_buf_puts(buf, "</p>\n") < 0)
		return -1;
	for (size_t i = 0; i < cs_report_n_warnings(report); i++) {
		if (cs_buf_puts(buf, "<p class=\"warning\"><strong>Warning:</strong> ") < 0 ||
		    cs_html_text(buf, cs_report_warning_at(report, i), CS_HTML_TEXT) < 0 ||
		    cs_buf_puts(buf, "</p>\n") < 0)
			return -1;
	}
	return cs_buf_puts(buf, "</header>\n<main id=\"main\">\n");
}

static const char *change_class(const struct cs_headline *h)
{
	if (h->better == 0 || h->change == 0)
		return "";
	return (h->change > 0) == (h->better > 0) ? " good" : " bad";
}

static int add_card(struct cs_buf *buf, const struct cs_headline *h)
{
	CS_AUTO(cs_headline_text_release) struct cs_headline_text text = { 0 };

	if (cs_render_headline(&text, h) < 0 ||
	    cs_buf_puts(buf, "<li><span class=\"label\">") < 0 ||
	    cs_html_text(buf, h->label, 120) < 0 ||
	    cs_buf_puts(buf, "</span>\n<span class=\"figure\">") < 0)
		return -1;
	if (h->value.known ? cs_html_text(buf, text.value.data, 60) < 0
			   : cs_buf_puts(buf, "<abbr title=\"unknown\">\xe2\x80\x93</abbr>") < 0)
		return -1;
	if (cs_buf_puts(buf, "</span>\n") < 0)
		return -1;
	if (text.n.len &&
	    (cs_buf_puts(buf, "<span class=\"n\">") < 0 || cs_html_text(buf, text.n.data, 80) < 0 ||
	     cs_buf_puts(buf, "</span>\n") < 0))
		return -1;
	if (text.change.len &&
	    (cs_buf_printf(buf, "<span class=\"change%s\">%s", change_class(h),
			   h->change > 0   ? "\xe2\x96\xb2 "
			   : h->change < 0 ? "\xe2\x96\xbc "
					   : "") < 0 ||
	     cs_html_text(buf, text.change.data, 120) < 0 || cs_buf_puts(buf, "</span>\n") < 0))
		return -1;
	if (h->verdict && cs_html_word(buf, h->verdict, cs_render_tone_of(h->verdict)) < 0)
		return -1;
	return cs_buf_puts(buf, "</li>\n");
}

static int add_cards(struct cs_buf *buf, const struct cs_report *report)
{
	size_t n = cs_report_n_headlines(report);

	if (n && cs_buf_puts(buf, "<ul class=\"cards\">\n") < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (add_card(buf, cs_report_headline_at(report, i)) < 0)
			return -1;
	}
	return n ? cs_buf_puts(buf, "</ul>\n") : 0;
}

static int add_notes(struct cs_buf *buf, const struct cs_report *report, bool before)
{
	bool any = false;

	for (size_t i = 0; i < cs_report_n_notes(report); i++) {
		const struct cs_note *note = cs_report_note_at(report, i);

		if (note->before != before)
			continue;
		if (cs_buf_puts(buf, any ? "<p>" : "<div class=\"notes\">\n<p>") < 0 ||
		    cs_html_text(buf, note->text, CS_HTML_TEXT) < 0 ||
		    cs_buf_puts(buf, "</p>\n") < 0)
			return -1;
		any = true;
	}
	return any ? cs_buf_puts(buf, "</div>\n") : 0;
}

static int add_nav(struct cs_buf *buf, const struct cs_report *report)
{
	size_t titled = 0;
	unsigned number = 0;

	for (size_t i = 0; i < cs_report_n_tables(report); i++) {
		const struct cs_table *t = cs_report_table(report, i);

		titled += !t->machine_only && t->title;
	}
	if (titled < NAV_MIN)
		return 0;
	if (cs_buf_puts(buf, "<nav aria-label=\"Contents\"><ul>\n") < 0)
		return -1;
	for (size_t i = 0; i < cs_report_n_tables(report); i++) {
		const struct cs_table *t = cs_report_table(report, i);

		if (t->machine_only)
			continue;
		number++;
		if (t->title &&
		    (cs_buf_printf(buf, "<li><a href=\"#s%u\">", number) < 0 ||
		     cs_html_text(buf, t->title, 80) < 0 || cs_buf_puts(buf, "</a></li>\n") < 0))
			return -1;
	}
	return cs_buf_puts(buf, "</ul></nav>\n");
}

static int write_sections(struct cs_html *html, struct cs_err *err)
{
	unsigned number = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < cs_report_n_tables(html->report); i++) {
		const struct cs_table *t = cs_report_table(html->report, i);

		if (!t->machine_only)
			r = cs_html_section(html, t, ++number, err);
	}
	return r;
}

struct term {
	const char *title;
	UT_hash_handle hh;
};

static void terms_release(struct term **first)
{
	struct term *term, *next;

	HASH_ITER(hh, *first, term, next)
	{
		HASH_DEL(*first, term);
		free(term);
	}
}

/* One term of the glossary, unless a column of that title was there. */
static int add_term(struct cs_buf *buf, struct term **terms, const struct cs_column *column)
{
	const char *title = cs_column_title(column);
	struct term *term;

	HASH_FIND(hh, *terms, title, strlen(title), term);
	if (term)
		return 0;
	term = calloc(1, sizeof(*term));
	if (!term)
		return -1;
	term->title = title;
	HASH_ADD_KEYPTR(hh, *terms, term->title, strlen(title), term);
	if (!term->hh.tbl) {
		free(term);
		return -1;
	}
	if (HASH_COUNT(*terms) == 1 &&
	    cs_buf_puts(buf,
			"<section>\n<details>\n<summary><h2>What the figures mean</h2></summary>\n"
			"<dl class=\"terms\">\n") < 0)
		return -1;
	if (cs_buf_puts(buf, "<dt>") < 0 || cs_fmt_html(buf, title) < 0 ||
	    cs_buf_puts(buf, "</dt><dd>") < 0 || cs_fmt_html(buf, column->help) < 0)
		return -1;
	return cs_buf_puts(buf, "</dd>\n");
}

static int add_terms(struct cs_buf *buf, const struct cs_html *html)
{
	CS_AUTO(terms_release) struct term *terms = NULL;

	for (size_t i = 0; i < cs_report_n_tables(html->report); i++) {
		const struct cs_table *t = cs_report_table(html->report, i);
		CS_AUTO(cs_free_p) size_t *at = NULL;
		struct cs_err err;
		size_t n;

		if (t->machine_only)
			continue;
		if (cs_render_columns(t, html->options, &at, &n, &err) < 0)
			return -1;
		for (size_t k = 0; k < n; k++) {
			if (t->columns[at[k]].help && add_term(buf, &terms, &t->columns[at[k]]) < 0)
				return -1;
		}
	}
	return terms ? cs_buf_puts(buf, "</dl>\n</details>\n</section>\n") : 0;
}

static int add_end(struct cs_buf *buf, const struct cs_html *html)
{
	const struct cs_about *about = cs_report_get_about(html->report);

	if (add_notes(buf, html->report, false) < 0 || add_terms(buf, html) < 0 ||
	    cs_buf_puts(buf, "</main>\n<footer>\n<p>") < 0 ||
	    cs_html_text(buf, about && about->version ? about->version : "cachestat", 100) < 0 ||
	    cs_buf_puts(buf,
			". Times are UTC. A dash stands for what is not known.</p>\n</footer>\n"
			"<p id=\"say\" class=\"say\" role=\"status\"></p>\n<script>") < 0 ||
	    cs_buf_puts(buf, cs_asset_report_js) < 0)
		return -1;
	return cs_buf_puts(buf, "</script>\n</body>\n</html>\n");
}

static bool has_charts(const struct cs_report *report)
{
	for (size_t i = 0; i < cs_report_n_tables(report); i++) {
		if (cs_report_table(report, i)->n_charts)
			return true;
	}
	return false;
}

int cs_render_html(const struct cs_report *report, const struct cs_render_options *options,
		   FILE *out, struct cs_err *err)
{
	struct cs_html html = { .report = report, .options = options, .out = out };
	struct cs_buf *buf = &html.buf;
	int r = cs_report_check(report, err);

	if (r < 0)
		return r;
	if (add_head(buf, report) < 0 || (has_charts(report) && cs_svg_defs(buf) < 0) ||
	    add_header(buf, report) < 0 || add_cards(buf, report) < 0 ||
	    add_notes(buf, report, true) < 0 || add_nav(buf, report) < 0)
		r = cs_err_nomem(err);
	if (r == 0)
		r = cs_render_write(out, buf, err);
	if (r == 0)
		r = write_sections(&html, err);
	if (r == 0 && add_end(buf, &html) < 0)
		r = cs_err_nomem(err);
	if (r == 0)
		r = cs_render_write(out, buf, err);
	if (r == 0)
		r = cs_render_end(out, err);
	cs_buf_release(buf);
	return r;
}
