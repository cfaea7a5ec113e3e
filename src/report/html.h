/* SPDX-License-Identifier: Apache-2.0 */
/* What the two files of the HTML renderer share. */
#ifndef CS_REPORT_HTML_H
#define CS_REPORT_HTML_H

#include "report/render.h"

#define CS_HTML_CELL 400  /* characters of a cell that are shown */
#define CS_HTML_TEXT 2000 /* of a note, a title */

struct cs_html {
	const struct cs_report *report;
	const struct cs_render_options *options;
	FILE *out;
	struct cs_buf buf;
	unsigned n_plots; /* pictures so far, to name them */
};

/* Text of at most max characters; what is cut is counted. 0 or -1 (no memory). */
int cs_html_text(struct cs_buf *buf, const char *text, size_t max);
/* "<span class="word good">pays</span>" */
int cs_html_word(struct cs_buf *buf, const char *word, enum cs_tone tone);
/* The section of a table: heading, charts, rows. number: its place in the page, from 1. */
int cs_html_section(struct cs_html *html, const struct cs_table *table, unsigned number,
		    struct cs_err *err);

#endif
