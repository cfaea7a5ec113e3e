/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report is data: tables of typed columns, notes for people, nothing about its shape. Views fill
 * one; renderers know nothing else. The report owns an arena; all text given to it is copied.
 */
#ifndef CS_REPORT_REPORT_H
#define CS_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "util/error.h"

enum cs_type {
	CS_TYPE_TEXT,
	CS_TYPE_COUNT,	 /* int64 */
	CS_TYPE_BYTES,	 /* int64; key ends in _bytes */
	CS_TYPE_SECONDS, /* given in ns as int64, machines get seconds; key ends in _seconds */
	CS_TYPE_RATIO,	 /* double 0..1 (or beyond for changes); machines get the number */
	CS_TYPE_TIME,	 /* unix ns; machines get RFC 3339 */
	CS_TYPE_DIGEST,	 /* text "algo:hex"; people see 12 digits, machines all */
	CS_TYPE_BOOL,
	CS_TYPE_LIST, /* JSON array of texts; people see them joined by ", " */
	CS_TYPE_NUMBER, /* double that is no share: builds per run, a reuse distance */
};

enum cs_role { CS_ROLE_LABEL, CS_ROLE_GAUGE, CS_ROLE_COUNTER, CS_ROLE_NOTE };

enum {
	CS_COL_MACHINE = 1,   /* not shown to people */
	CS_COL_BAR = 2,	      /* people see a share bar of this column's total (bytes, seconds, ratio) */
	CS_COL_WIDE = 4,      /* takes the width that is left (instruction) */
	CS_COL_STATE = 8,     /* hit, run, failed … : coloured on a terminal */
	CS_COL_DETAIL = 16,   /* people see it only with -v */
};

struct cs_column {
	const char *key;   /* JSON, CSV; static */
	const char *title; /* for people; static */
	enum cs_type type;
	enum cs_role role;
	unsigned flags;
	const char *help; /* OpenMetrics HELP; static, may be NULL */
};

struct cs_cell {
	bool known; /* false = null, "-", absent */
	union {
		int64_t i;
		double d;
		bool b;
		const char *text;
		struct {
			const char **v;
			size_t n;
		} list;
	};
};

/*
 * How HTML draws a table; the other formats leave it out, for a chart never tells what its table
 * does not. All y are numbers of one type. Columns are named by their keys. Rows stand in the order
 * in which they are drawn, those of a series behind one another or mixed.
 */
enum cs_chart_kind {
	CS_CHART_LINE,
	CS_CHART_BAR,	  /* upright over days, lying for other x */
	CS_CHART_STACKED, /* the same, y and series on top of one another */
	CS_CHART_DOTS,	  /* y with its interval low..high, one line each x */
};

#define CS_CHART_Y  6
#define CS_CHART_OF 2

struct cs_chart {
	enum cs_chart_kind kind;
	const char *title;	    /* NULL: the table's */
	const char *x;		    /* TIME, a text that is a day (2026-11-22), or any text */
	const char *of[CS_CHART_OF]; /* texts that tell rows of one x apart; told if they differ */
	const char *y[CS_CHART_Y];  /* at least one; each is a series of its own */
	const char *y_title;	    /* over the axis; NULL: the first y's own */
	const char *series;	    /* text column that parts the rows into series, or NULL */
	const char *n;		    /* COUNT column: how many builds a row stands on, or NULL */
	const char *low, *high;	    /* CS_CHART_DOTS: ends of the interval, or NULL */
	const char *ref_label;	    /* "policy: 1 build per run"; NULL = no reference */
	double ref_low, ref_high;   /* a band, or a line where both are the same; in seconds for SECONDS */
	const char *alt;	    /* the chart in a sentence; NULL: one is made of the data */
};

struct cs_table {
	const char *key, *title; /* title may be NULL: people see no heading */
	const char *lead;	 /* a sentence under the title, or NULL */
	bool machine_only;
	bool no_metrics; /* openmetrics leaves it out */
	bool details; /* of low rank: folded in HTML and Markdown, on a terminal only with -v */
	const struct cs_column *columns; /* static, borrowed */
	size_t n_columns;
	struct cs_cell *cells; /* rows * n_columns */
	size_t n_rows, cap_rows;
	const struct cs_chart **charts;
	size_t n_charts;
};

/* A figure that stands above all tables, with what makes it honest. */
struct cs_headline {
	const char *key;   /* for machines, with its unit: "net_saved_seconds" */
	const char *label; /* for people: "net time saved" */
	enum cs_type type; /* COUNT, BYTES, SECONDS, RATIO, NUMBER */
	struct cs_cell value;
	int64_t n;	      /* how many it stands on; -1 = that makes no sense here */
	const char *n_of;     /* "builds"; NULL: only "n" is said */
	bool has_change;
	double change;	      /* relative; for RATIO the difference (people see points) */
	const char *since;    /* what the change is against: "the 30 days before"; or NULL */
	struct cs_cell before; /* the value then, where it is known */
	int better;	      /* 1: more is better, -1: less is, 0: neither */
	const char *verdict;  /* a word as in CS_COL_STATE columns ("pays"), or NULL */
};

/* What a report is of; every part may be missing (NULL, CS_TIME_NONE, 0). */
struct cs_about {
	const char *title;   /* "Build cache of web, October" */
	const char *version; /* of the program: "cachestat 0.1.0" */
	int64_t since_unix_ns, until_unix_ns; /* the window, its end excluded */
	const char *const *filters;	      /* "scope=test" */
	size_t n_filters;
};

/* A line for people above or below the tables ("test: 4 of 6 steps hit …"). */
struct cs_note {
	const char *text;
	bool before;
};

struct cs_report;

/* name: the contract's report name ("analyze"). */
int cs_report_new(const char *name, int64_t generated_unix_ns, struct cs_report **ret,
		  struct cs_err *err);
void cs_report_free(struct cs_report *report);
CS_DEFINE_AUTO(struct cs_report *, cs_report_free)
const char *cs_report_name(const struct cs_report *report);
int64_t cs_report_generated(const struct cs_report *report);
size_t cs_report_n_tables(const struct cs_report *report);
struct cs_table *cs_report_table(const struct cs_report *report, size_t i);
size_t cs_report_n_notes(const struct cs_report *report);
const struct cs_note *cs_report_note_at(const struct cs_report *report, size_t i);

/* Tables keep the order in which they were added; pointers stay valid. NULL = no memory (sticky). */
struct cs_table *cs_report_add_table(struct cs_report *report, const char *key, const char *title,
				     const struct cs_column *columns, size_t n_columns);
/* Room for columns that are put together at run time; lives as long as the report. NULL: sticky. */
struct cs_column *cs_report_columns(struct cs_report *report, size_t n);
/* A new row, all cells unknown. Setters name the column by its key; a wrong key or type asserts. */
void cs_row_add(struct cs_report *report, struct cs_table *table);
void cs_row_text(struct cs_report *report, struct cs_table *table, const char *key,
		 const char *text); /* NULL = unknown; also DIGEST */
void cs_row_int(struct cs_report *report, struct cs_table *table, const char *key,
		int64_t value); /* COUNT, BYTES, SECONDS: -1 = unknown; TIME: CS_TIME_NONE = unknown */
void cs_row_ratio(struct cs_report *report, struct cs_table *table, const char *key, double value);
/* num / den, unknown when den is 0 or either is negative */
void cs_row_quotient(struct cs_report *report, struct cs_table *table, const char *key,
		     int64_t num, int64_t den);
void cs_row_bool(struct cs_report *report, struct cs_table *table, const char *key, bool value);
void cs_row_list(struct cs_report *report, struct cs_table *table, const char *key,
		 const char *const *v, size_t n);
void cs_row_number(struct cs_report *report, struct cs_table *table, const char *key, double value);
void cs_report_note(struct cs_report *report, bool before, const char *fmt, ...) CS_PRINTF(3, 4);
/* What a reader must know before the figures: bad files, a window that is cut, too few builds. */
void cs_report_warning(struct cs_report *report, const char *fmt, ...) CS_PRINTF(2, 3);
/* All of these copy what they are given; table may be NULL (no memory). */
void cs_table_lead(struct cs_report *report, struct cs_table *table, const char *fmt, ...)
	CS_PRINTF(3, 4);
void cs_table_details(struct cs_table *table);
/* A table may have several. A key that is no column, or of another type, asserts. */
void cs_table_chart(struct cs_report *report, struct cs_table *table, const struct cs_chart *chart);
void cs_report_headline(struct cs_report *report, const struct cs_headline *headline);
void cs_report_about(struct cs_report *report, const struct cs_about *about); /* once */

/* For renderers; the texts are the report's. */
const struct cs_about *cs_report_get_about(const struct cs_report *report); /* NULL: not told */
size_t cs_report_n_headlines(const struct cs_report *report);
const struct cs_headline *cs_report_headline_at(const struct cs_report *report, size_t i);
size_t cs_report_n_warnings(const struct cs_report *report);
const char *cs_report_warning_at(const struct cs_report *report, size_t i);
/*
 * The same as tables for machines, each NULL where the report has none: "about" (one row),
 * "headlines" (key, label, value, unit, n, change, verdict), "warnings". They are not among the
 * tables above: the first table of a report stays its first.
 */
enum { CS_EXTRA_ABOUT, CS_EXTRA_HEADLINES, CS_EXTRA_WARNINGS, CS_N_EXTRA };
const struct cs_table *cs_report_extra(const struct cs_report *report, int which);

/* Out-of-memory anywhere above is sticky and told here. */
int cs_report_check(const struct cs_report *report, struct cs_err *err);

struct cs_render_options {
	unsigned width; /* columns of the terminal; 0 = unlimited (not a terminal) */
	bool color;
	bool utf8;    /* bars and ellipses beyond ASCII */
	bool verbose; /* CS_COL_DETAIL columns too */
	const char *table; /* for csv, jsonl: key of the table; NULL = the first */
	size_t max_rows;   /* html: of a table; the rest is counted, not shown. 0 = 1000 */
	size_t max_bytes;  /* markdown: likewise. 0 = 1 MiB, what a job summary takes */
	bool compact;	   /* markdown for a comment: 64 KiB, few rows, no details */
};

struct cs_renderer {
	const char *name;
	int (*render)(const struct cs_report *report, const struct cs_render_options *options,
		      FILE *out, struct cs_err *err);
};

extern const struct cs_renderer cs_renderers[];
extern const size_t cs_renderers_n;
const struct cs_renderer *cs_renderer_find(const char *name); /* NULL if there is none */

#endif
