/* SPDX-License-Identifier: Apache-2.0 */
/* What renderers share. Each writes row by row, so that a long table needs no memory of its own. */
#ifndef CS_REPORT_RENDER_H
#define CS_REPORT_RENDER_H

#include "report/report.h"
#include "util/buf.h"

/* Writes buf and empties it; cs_render_end() flushes. CS_IO once something did not get out. */
int cs_render_write(FILE *out, struct cs_buf *buf, struct cs_err *err);
int cs_render_end(FILE *out, struct cs_err *err);

/* The table of options->table, or the first; NULL if the report has none. CS_USAGE names them. */
int cs_render_pick(const struct cs_report *report, const struct cs_render_options *options,
		   const struct cs_table **ret, struct cs_err *err);

static inline const struct cs_cell *cs_table_cell(const struct cs_table *table, size_t row,
						  size_t column)
{
	return &table->cells[row * table->n_columns + column];
}

/* All below append to buf and return 0 or -1 (no memory). */
/* The cell as machines see it: JSON on one line. */
int cs_render_json_cell(struct cs_buf *buf, const struct cs_column *column,
			const struct cs_cell *cell);
/* A list as one text, not escaped. */
int cs_render_join(struct cs_buf *buf, const struct cs_cell *cell, const char *between);
/* The cell as people see it, not escaped; unknown is "-". */
int cs_render_human(struct cs_buf *buf, const struct cs_column *column, const struct cs_cell *cell);

/* The first max characters; *ret_more: how many there are more. */
int cs_render_cut(struct cs_buf *buf, const char *text, size_t max, size_t *ret_more);

/* Columns that people see, in order; *ret is the caller's. */
int cs_render_columns(const struct cs_table *table, const struct cs_render_options *options,
		      size_t **ret, size_t *ret_n, struct cs_err *err);
/* Says how many rows there are where none of their columns is for people. */
int cs_render_no_columns(struct cs_buf *buf, const struct cs_table *table, struct cs_err *err);
/* A headline as people see it, not escaped; n and change may be empty. */
struct cs_headline_text {
	struct cs_buf value, n, change;
};
int cs_render_headline(struct cs_headline_text *text, const struct cs_headline *headline);
void cs_headline_text_release(struct cs_headline_text *text);
/* The same on one line: "net time saved: 3h 20m (n = 57 builds, +12.0 % against May, pays)". */
int cs_render_headline_line(struct cs_buf *buf, const struct cs_headline *headline);

/* How words of CS_COL_STATE columns, and verdicts, are meant. */
enum cs_tone { CS_TONE_NONE, CS_TONE_GOOD, CS_TONE_MIDDLING, CS_TONE_BAD, CS_TONE_DIM };
enum cs_tone cs_render_tone(const struct cs_column *column, const struct cs_cell *cell);
enum cs_tone cs_render_tone_of(const char *word); /* NULL has none */

/* For CS_COL_BAR: the sum of what is known and positive; a cell's share of it, 0..1. */
double cs_render_total(const struct cs_table *table, size_t column);
double cs_render_share(const struct cs_column *column, const struct cs_cell *cell, double total);

int cs_render_window(struct cs_buf *buf, const struct cs_about *about);
bool cs_column_is_number(const struct cs_column *column);
static inline const char *cs_column_title(const struct cs_column *column)
{
	return column->title ? column->title : column->key;
}

int cs_render_table(const struct cs_report *report, const struct cs_render_options *options,
		    FILE *out, struct cs_err *err);
int cs_render_json(const struct cs_report *report, const struct cs_render_options *options,
		   FILE *out, struct cs_err *err);
int cs_render_jsonl(const struct cs_report *report, const struct cs_render_options *options,
		    FILE *out, struct cs_err *err);
int cs_render_csv(const struct cs_report *report, const struct cs_render_options *options,
		  FILE *out, struct cs_err *err);
int cs_render_markdown(const struct cs_report *report, const struct cs_render_options *options,
		       FILE *out, struct cs_err *err);
int cs_render_html(const struct cs_report *report, const struct cs_render_options *options,
		   FILE *out, struct cs_err *err);
int cs_render_openmetrics(const struct cs_report *report, const struct cs_render_options *options,
			  FILE *out, struct cs_err *err);

#endif
