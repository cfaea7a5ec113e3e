/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lack of memory is sticky and told once, at cs_report_check(): a view of forty setter calls would
 * otherwise be mostly error handling, and a half-filled row must never be rendered anyway. Cells
 * are an array that grows on the heap, since an arena would keep every size it ever had.
 */
#include "report/report_impl.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "util/arena.h"
#include "util/time.h"

int cs_report_new(const char *name, int64_t generated_unix_ns, struct cs_report **ret,
		  struct cs_err *err)
{
	CS_AUTO(cs_report_free_p) struct cs_report *report = calloc(1, sizeof(*report));

	if (!report)
		return cs_err_nomem(err);
	report->arena = cs_arena_new();
	report->generated_unix_ns = generated_unix_ns;
	if (report->arena)
		report->name = cs_arena_strdup(report->arena, name);
	if (!report->name)
		return cs_err_nomem(err);
	*ret = cs_steal(report);
	return 0;
}

void cs_report_free(struct cs_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->n_tables; i++) {
		free(report->tables[i]->cells);
		free(report->tables[i]->charts);
	}
	for (size_t i = 0; i < CS_N_EXTRA; i++)
		free(report->extra[i] ? report->extra[i]->cells : NULL);
	free(report->tables);
	free(report->notes);
	free(report->headlines);
	free(report->warnings);
	cs_arena_free(report->arena);
	free(report);
}

const char *cs_report_name(const struct cs_report *report)
{
	return report->name;
}

int64_t cs_report_generated(const struct cs_report *report)
{
	return report->generated_unix_ns;
}

size_t cs_report_n_tables(const struct cs_report *report)
{
	return report->n_tables;
}

struct cs_table *cs_report_table(const struct cs_report *report, size_t i)
{
	assert(i < report->n_tables);
	return report->tables[i];
}

size_t cs_report_n_notes(const struct cs_report *report)
{
	return report->n_notes;
}

const struct cs_note *cs_report_note_at(const struct cs_report *report, size_t i)
{
	assert(i < report->n_notes);
	return &report->notes[i];
}

int cs_report_check(const struct cs_report *report, struct cs_err *err)
{
	return report->nomem ? cs_err_nomem(err) : 0;
}

/* Room for one more item: sizes double at powers of two, so that n says what was allocated. */
void *cs_report_grow(struct cs_report *report, void *items, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return items;
	more = n > SIZE_MAX / 2 / size ? NULL : realloc(items, (n ? n * 2 : 1) * size);
	if (!more)
		report->nomem = true;
	return more;
}

const char *cs_report_strdup(struct cs_report *report, const char *text)
{
	char *copy = report->nomem ? NULL : cs_arena_strdup(report->arena, text);

	if (text && !copy)
		report->nomem = true;
	return copy;
}

struct cs_table *cs_report_new_table(struct cs_report *report, const char *key, const char *title,
				     const struct cs_column *columns, size_t n_columns)
{
	struct cs_table *table =
		report->nomem ? NULL : cs_arena_alloc(report->arena, sizeof(*table));

	if (!table) {
		report->nomem = true;
		return NULL;
	}
	table->key = cs_report_strdup(report, key);
	table->title = cs_report_strdup(report, title);
	table->columns = columns;
	table->n_columns = n_columns;
	return report->nomem ? NULL : table;
}

struct cs_table *cs_report_add_table(struct cs_report *report, const char *key, const char *title,
				     const struct cs_column *columns, size_t n_columns)
{
	struct cs_table **tables, *table;

	for (size_t i = 0; i < report->n_tables; i++)
		assert(strcmp(report->tables[i]->key, key) != 0);
	table = cs_report_new_table(report, key, title, columns, n_columns);
	if (!table)
		return NULL;
	tables =
		cs_report_grow(report, report->tables, report->n_tables, sizeof(struct cs_table *));
	if (!tables)
		return NULL;
	report->tables = tables;
	report->tables[report->n_tables++] = table;
	return table;
}

struct cs_column *cs_report_columns(struct cs_report *report, size_t n)
{
	struct cs_column *columns =
		report->nomem ? NULL : cs_arena_array(report->arena, n, sizeof(struct cs_column));

	if (!columns)
		report->nomem = true;
	return columns;
}

void cs_row_add(struct cs_report *report, struct cs_table *table)
{
	size_t width;

	if (report->nomem || !table)
		return;
	width = table->n_columns * sizeof(struct cs_cell);
	if (table->n_rows == table->cap_rows && width > 0) {
		size_t cap = table->cap_rows ? table->cap_rows * 2 : 8;
		struct cs_cell *cells =
			cap > SIZE_MAX / 2 / width ? NULL : realloc(table->cells, cap * width);

		if (!cells) {
			report->nomem = true;
			return;
		}
		table->cells = cells;
		table->cap_rows = cap;
	}
	if (width > 0)
		memset(table->cells + table->n_rows * table->n_columns, 0, width);
	table->n_rows++;
}

static const struct cs_column *find_column(const struct cs_table *table, const char *key)
{
	for (size_t i = 0; i < table->n_columns; i++) {
		if (table->columns[i].key == key || strcmp(table->columns[i].key, key) == 0)
			return &table->columns[i];
	}
	return NULL;
}

#define TYPE(name) (1u << CS_TYPE_##name)

/* The cell of the last row, or NULL after memory ran out (when there may be no last row). */
static struct cs_cell *cell_of(const struct cs_report *report, const struct cs_table *table,
			       const char *key, unsigned types)
{
	const struct cs_column *column;

	if (report->nomem || !table)
		return NULL;
	column = find_column(table, key);
	assert(column && "no such column");
	assert(types & 1u << column->type && "column of another type");
	assert(table->n_rows > 0 && "no row");
	if (!column || !(types & 1u << column->type) || table->n_rows == 0)
		return NULL;
	return table->cells + (table->n_rows - 1) * table->n_columns + (column - table->columns);
}

void cs_row_text(struct cs_report *report, struct cs_table *table, const char *key,
		 const char *text)
{
	struct cs_cell *cell = cell_of(report, table, key, TYPE(TEXT) | TYPE(DIGEST));

	if (!cell)
		return;
	cell->text = cs_arena_strdup(report->arena, text);
	cell->known = cell->text != NULL;
	if (text && !cell->text)
		report->nomem = true;
}

void cs_row_int(struct cs_report *report, struct cs_table *table, const char *key, int64_t value)
{
	struct cs_cell *cell =
		cell_of(report, table, key, TYPE(COUNT) | TYPE(BYTES) | TYPE(SECONDS) | TYPE(TIME));
	const struct cs_column *column;

	if (!cell)
		return;
	column = &table->columns[(size_t)(cell - table->cells) % table->n_columns];
	cell->i = value;
	cell->known = value != (column->type == CS_TYPE_TIME ? CS_TIME_NONE : -1);
}

static void row_double(struct cs_report *report, struct cs_table *table, const char *key,
		       unsigned type, double value)
{
	struct cs_cell *cell = cell_of(report, table, key, type);

	if (!cell)
		return;
	cell->d = value;
	cell->known = isfinite(value);
}

void cs_row_ratio(struct cs_report *report, struct cs_table *table, const char *key, double value)
{
	row_double(report, table, key, TYPE(RATIO), value);
}

void cs_row_number(struct cs_report *report, struct cs_table *table, const char *key, double value)
{
	row_double(report, table, key, TYPE(NUMBER), value);
}

void cs_row_quotient(struct cs_report *report, struct cs_table *table, const char *key, int64_t num,
		     int64_t den)
{
	cs_row_ratio(report, table, key, num < 0 || den <= 0 ? NAN : (double)num / (double)den);
}

void cs_row_bool(struct cs_report *report, struct cs_table *table, const char *key, bool value)
{
	struct cs_cell *cell = cell_of(report, table, key, TYPE(BOOL));

	if (!cell)
		return;
	cell->b = value;
	cell->known = true;
}

void cs_row_list(struct cs_report *report, struct cs_table *table, const char *key,
		 const char *const *v, size_t n)
{
	struct cs_cell *cell = cell_of(report, table, key, TYPE(LIST));
	const char **copy;

	if (!cell)
		return;
	copy = cs_arena_array(report->arena, n, sizeof(*copy));
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = cs_arena_strdup(report->arena, v[i]);
		if (!copy[i])
			copy = NULL;
	}
	if (!copy) {
		report->nomem = true;
		return;
	}
	cell->list.v = copy;
	cell->list.n = n;
	cell->known = true;
}

const char *cs_report_vprintf(struct cs_report *report, const char *fmt, va_list ap)
{
	va_list again;
	char *text = NULL;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n >= 0 && !report->nomem)
		text = cs_arena_alloc(report->arena, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, ap);
	else
		report->nomem = true;
	return text;
}

void cs_report_note(struct cs_report *report, bool before, const char *fmt, ...)
{
	struct cs_note *notes;
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = cs_report_vprintf(report, fmt, ap);
	va_end(ap);
	if (!text)
		return;
	notes = cs_report_grow(report, report->notes, report->n_notes, sizeof(*notes));
	if (!notes)
		return;
	report->notes = notes;
	report->notes[report->n_notes].text = text;
	report->notes[report->n_notes++].before = before;
}
