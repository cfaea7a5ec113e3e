/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that fill a report share. */
#ifndef CS_REPORT_REPORT_IMPL_H
#define CS_REPORT_REPORT_IMPL_H

#include <stdarg.h>

#include "report/report.h"
#include "util/arena.h"

struct cs_report {
	struct cs_arena *arena;
	const char *name;
	int64_t generated_unix_ns;
	struct cs_table **tables;
	size_t n_tables;
	struct cs_note *notes;
	size_t n_notes;
	const struct cs_about *about;
	struct cs_headline *headlines;
	size_t n_headlines;
	const char **warnings;
	size_t n_warnings;
	struct cs_table *extra[CS_N_EXTRA];
	bool nomem;
};

/* Room for one more item of a list of n; NULL: no memory, and the report knows. */
void *cs_report_grow(struct cs_report *report, void *items, size_t n, size_t size);
/* A table that is not in the report's list yet. */
struct cs_table *cs_report_new_table(struct cs_report *report, const char *key, const char *title,
				     const struct cs_column *columns, size_t n_columns);
/* Printed into the arena; NULL: no memory, and the report knows. */
const char *cs_report_vprintf(struct cs_report *report, const char *fmt, va_list ap)
	CS_PRINTF(2, 0);
/* A copy; NULL for NULL, and for no memory, which the report knows. */
const char *cs_report_strdup(struct cs_report *report, const char *text);

#endif
