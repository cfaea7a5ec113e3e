/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which columns people see is only known when the rows are: a column of one project's name is a
 * column of nothing. Machines get all of them always.
 */
#include "view/columns.h"

#include <string.h>

struct cs_table *cs_view_add_table(struct cs_report *report, const char *key, const char *title,
				   const struct cs_column *columns, size_t n)
{
	struct cs_column *own = cs_report_columns(report, n);

	if (!own)
		return NULL;
	memcpy(own, columns, n * sizeof(*own));
	return cs_report_add_table(report, key, title, own, n);
}

static bool has_several(const struct cs_table *t, size_t column)
{
	const char *first = NULL;

	for (size_t i = 0; i < t->n_rows; i++) {
		const struct cs_cell *cell = &t->cells[i * t->n_columns + column];
		const char *text = cell->known ? cell->text : "";

		if (first && strcmp(first, text) != 0)
			return true;
		first = text;
	}
	return false;
}

void cs_view_tell_apart(struct cs_table *t, const char *key, bool always)
{
	for (size_t i = 0; t && i < t->n_columns; i++) {
		/* cs_view_add_table() made them for this table alone */
		struct cs_column *column = (struct cs_column *)(uintptr_t)&t->columns[i];

		if (strcmp(column->key, key) != 0)
			continue;
		column->flags &= ~(unsigned)CS_COL_DETAIL;
		column->flags |= always || has_several(t, i) ? 0 : CS_COL_DETAIL;
	}
}
