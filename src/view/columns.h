/* SPDX-License-Identifier: Apache-2.0 */
/* Tables whose columns depend on their rows. */
#ifndef CS_VIEW_COLUMNS_H
#define CS_VIEW_COLUMNS_H

#include "report/report.h"

/* As cs_report_add_table(), with columns of its own, which may be changed. NULL: sticky. */
struct cs_table *cs_view_add_table(struct cs_report *report, const char *key, const char *title,
				   const struct cs_column *columns, size_t n);
/*
 * After the rows: people see the text column key without -v where it holds several values, and
 * only there; always: also where the rows that were left out hold others. The table must be one of
 * the above, or have columns of cs_report_columns(); may be NULL (no memory).
 */
void cs_view_tell_apart(struct cs_table *table, const char *key, bool always);

#endif
