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

struct cs_table {
	const char *key, *title; /* title may be NULL: people see no heading */
	bool machine_only;
	const struct cs_column *columns; /* static, borrowed */
	size_t n_columns;
	struct cs_cell *cells; /* rows * n_columns */
	size_t n_rows, cap_rows;
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
void cs_report_note(struct cs_report *report, bool before, const char *fmt, ...) CS_PRINTF(3, 4);
/* Out-of-memory anywhere above is sticky and told here. */
int cs_report_check(const struct cs_report *report, struct cs_err *err);

struct cs_render_options {
	unsigned width; /* columns of the terminal; 0 = unlimited (not a terminal) */
	bool color;
	bool utf8;    /* bars and ellipses beyond ASCII */
	bool verbose; /* CS_COL_DETAIL columns too */
	const char *table; /* for csv, jsonl: key of the table; NULL = the first */
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
