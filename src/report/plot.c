/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows come in any order and number; texts are looked up by hash, so that a hostile table costs no
 * square. What cannot be drawn legibly (a ninth series, a forty-first line) is counted, never
 * merged into an "other": a sum of rates would be a figure that nobody measured.
 */
#include "report/plot.h"

#include <math.h>
#include <string.h>

#include "report/render.h"
#include "report/text.h"
#include "util/hash.h"
#include "util/time.h"

struct word {
	const char *text;
	size_t index, rows;
	UT_hash_handle hh;
};

struct words {
	struct cs_arena *arena;
	struct word *first; /* uthash */
	size_t n;
};

static void words_release(struct words *words)
{
	HASH_CLEAR(hh, words->first);
}

/* The word of text, new or not; NULL: no memory. */
static struct word *intern(struct words *words, const char *text)
{
	size_t len = strlen(text);
	struct word *word;

	HASH_FIND(hh, words->first, text, len, word);
	if (!word) {
		word = cs_arena_alloc(words->arena, sizeof(*word));
		if (!word)
			return NULL;
		word->text = text;
		word->index = words->n;
		word->rows = 0;
		HASH_ADD_KEYPTR(hh, words->first, text, len, word);
		if (!word->hh.tbl)
			return NULL;
		words->n++;
	}
	return word;
}

/* What the rows say, before series are cut and sorted. */
struct reading {
	const struct cs_table *table;
	const struct cs_chart *chart;
	struct words names, parts;
	size_t x, of[CS_CHART_OF], n_of, y[CS_CHART_Y], n_y;
	size_t series, n, low, high; /* SIZE_MAX: none */
	size_t *row_name, *row_part; /* of each row; SIZE_MAX: x unknown */
};

static void reading_release(struct reading *r)
{
	words_release(&r->names);
	words_release(&r->parts);
	free(r->row_name);
	free(r->row_part);
}

static size_t column_of(const struct cs_table *table, const char *key)
{
	for (size_t i = 0; key && i < table->n_columns; i++) {
		if (strcmp(table->columns[i].key, key) == 0)
			return i;
	}
	return SIZE_MAX;
}

static double number_at(const struct cs_table *table, size_t row, size_t column)
{
	const struct cs_cell *cell;

	if (column == SIZE_MAX)
		return NAN;
	cell = cs_table_cell(table, row, column);
	if (!cell->known)
		return NAN;
	switch (table->columns[column].type) {
	case CS_TYPE_COUNT:
	case CS_TYPE_BYTES:
		return (double)cell->i;
	case CS_TYPE_SECONDS:
		return (double)cell->i / (double)CS_NS_PER_S;
	default:
		return cell->d;
	}
}

/* "2026-11-22", or what cs_time_format() writes. */
static bool parse_time(const char *text, double *ret)
{
	struct cs_err err = CS_ERR_INIT;
	char day[2 * CS_TIME_TEXT];
	int64_t ns;

	if (strlen(text) < 10 || text[4] != '-' || text[7] != '-')
		return false;
	snprintf(day, sizeof(day), "%.40s%s", text, strlen(text) == 10 ? "T00:00:00Z" : "");
	if (cs_time_parse(day, &ns, &err) < 0 || ns == CS_TIME_NONE)
		return false;
	*ret = (double)(ns / CS_NS_PER_S);
	return true;
}

static bool is_of_several(const struct cs_table *table, size_t column)
{
	const char *first = NULL;

	for (size_t i = 0; i < table->n_rows; i++) {
		const struct cs_cell *cell = cs_table_cell(table, i, column);

		if (cell->known && first && strcmp(first, cell->text) != 0)
			return true;
		if (cell->known && !first)
			first = cell->text;
	}
	return false;
}

/* "acme/app: test" of the table's row */
static const char *x_text(struct cs_plot *plot, const struct reading *r, size_t row)
{
	const struct cs_cell *cell = cs_table_cell(r->table, row, r->x);
	char time[CS_TIME_TEXT];
	const char *text;

	text = plot->x->type != CS_TYPE_TIME
		       ? cell->text
		       : cs_arena_strdup(plot->arena, cs_time_format(cell->i, time));
	for (size_t i = r->n_of; text && i-- > 0;) {
		const struct cs_cell *of = cs_table_cell(r->table, row, r->of[i]);

		if (of->known && *of->text)
			text = cs_arena_printf(plot->arena, "%s: %s", of->text, text);
	}
	return text;
}

/*
 * The row's place on the axis. Bars of two rows must not lie in one place, of which the last would
 * be seen: where there are no series, a name that comes again gets a number.
 */
static int read_name(struct cs_plot *plot, struct reading *r, size_t row)
{
	bool bars = plot->chart->kind == CS_CHART_BAR && r->series == SIZE_MAX;
	const char *text = NULL;
	struct word *word;
	double at;

	r->row_name[row] = SIZE_MAX;
	if (!cs_table_cell(r->table, row, r->x)->known)
		return 0;
	text = x_text(plot, r, row);
	bars = bars && text && !parse_time(text, &at);
	word = text ? intern(&r->names, text) : NULL;
	while (word && bars && word->rows++) {
		text = cs_arena_printf(plot->arena, "%s (%zu)", word->text, word->rows);
		word = text ? intern(&r->names, text) : NULL;
	}
	if (!word)
		return -1;
	r->row_name[row] = word->index;
	return 0;
}

static int read_rows(struct cs_plot *plot, struct reading *r)
{
	size_t n = r->table->n_rows;

	r->names.arena = r->parts.arena = plot->arena;
	r->row_name = calloc(n + 1, sizeof(*r->row_name));
	r->row_part = calloc(n + 1, sizeof(*r->row_part));
	if (!r->row_name || !r->row_part)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct cs_cell *part = NULL;
		struct word *word;

		if (read_name(plot, r, i) < 0)
			return -1;
		if (r->series != SIZE_MAX)
			part = cs_table_cell(r->table, i, r->series);
		word = intern(&r->parts, part ? part->known ? part->text : "unknown" : "");
		if (!word)
			return -1;
		r->row_part[i] = word->index;
	}
	return 0;
}

static int take_names(struct cs_plot *plot, struct reading *r)
{
	plot->n_names = r->names.n;
	plot->names = cs_arena_array(plot->arena, plot->n_names, sizeof(*plot->names));
	if (!plot->names)
		return -1;
	plot->time = plot->n_names > 0;
	for (struct word *w = r->names.first; w; w = w->hh.next) {
		struct cs_plot_name *name = &plot->names[w->index];

		name->text = w->text;
		name->n = name->n_most = -1;
		if (!parse_time(w->text, &name->at))
			plot->time = false;
	}
	plot->lying = plot->chart->kind == CS_CHART_DOTS ||
		      (plot->chart->kind != CS_CHART_LINE && !plot->time);
	return 0;
}

static const char *series_name(struct cs_plot *plot, const struct reading *r, const char *part,
			       size_t y)
{
	const char *title = cs_column_title(&r->table->columns[r->y[y]]);

	if (r->series == SIZE_MAX)
		return title;
	if (r->n_y == 1)
		return part;
	return cs_arena_printf(plot->arena, "%s, %s", part, title);
}

static int take_series(struct cs_plot *plot, struct reading *r)
{
	size_t n = r->parts.n * r->n_y;

	plot->n_series = n < CS_PLOT_SERIES ? n : CS_PLOT_SERIES;
	plot->series = cs_arena_array(plot->arena, plot->n_series, sizeof(*plot->series));
	if (!plot->series)
		return -1;
	for (struct word *w = r->parts.first; w; w = w->hh.next) {
		for (size_t y = 0; y < r->n_y; y++) {
			size_t i = w->index * r->n_y + y;

			if (i >= plot->n_series)
				continue;
			plot->series[i].name = series_name(plot, r, w->text, y);
			plot->series[i].n = -1;
			if (!plot->series[i].name)
				return -1;
		}
	}
	for (size_t row = 0; row < r->table->n_rows; row++) {
		for (size_t y = 0; y < r->n_y; y++) {
			size_t i = r->row_part[row] * r->n_y + y;

			if (i < plot->n_series)
				plot->series[i].n_points++;
		}
	}
	for (size_t i = 0; i < plot->n_series; i++) {
		plot->series[i].points = cs_arena_array(plot->arena, plot->series[i].n_points,
							sizeof(struct cs_point));
		if (!plot->series[i].points)
			return -1;
		plot->series[i].n_points = 0;
	}
	return 0;
}

static void widen(struct cs_plot *plot, double v)
{
	if (isfinite(v) && v < plot->min)
		plot->min = v;
	if (isfinite(v) && v > plot->max)
		plot->max = v;
}

/* What differs by y or stands for many things has no sum that means anything. */
static void take_n(struct cs_plot *plot, const struct reading *r, struct cs_series *s,
		   const struct cs_point *point)
{
	struct cs_plot_name *name = &plot->names[point->name];

	if (point->n < 0)
		return;
	if (!plot->lying && r->n_y == 1)
		s->n = (s->n < 0 ? 0 : s->n) + point->n;
	if (name->n < 0 || point->n < name->n)
		name->n = point->n;
	if (point->n > name->n_most)
		name->n_most = point->n;
}

static void take_point(struct cs_plot *plot, const struct reading *r, size_t row, size_t y)
{
	size_t i = r->row_part[row] * r->n_y + y, name = r->row_name[row];
	struct cs_point point = {
		.name = name,
		.y = number_at(r->table, row, r->y[y]),
		.low = number_at(r->table, row, r->low),
		.high = number_at(r->table, row, r->high),
		.n = -1,
	};

	if (r->n != SIZE_MAX && cs_table_cell(r->table, row, r->n)->known)
		point.n = cs_table_cell(r->table, row, r->n)->i;
	plot->n_values += isfinite(point.y);
	if (i >= plot->n_series || name == SIZE_MAX)
		plot->n_left += isfinite(point.y);
	else
		plot->series[i].points[plot->series[i].n_points++] = point;
}

/* Names that no drawn series has go, and of the others the first lines and the newest bars stay. */
static int keep_names(struct cs_plot *plot)
{
	size_t *to = cs_arena_array(plot->arena, plot->n_names, sizeof(*to));
	size_t n = 0, from = 0, most = plot->lying ? CS_PLOT_LYING : CS_PLOT_BANDS;

	if (!to)
		return -1;
	for (size_t i = 0; i < plot->n_series; i++) {
		for (size_t k = 0; k < plot->series[i].n_points; k++)
			to[plot->series[i].points[k].name] = 1;
	}
	for (size_t i = 0; i < plot->n_names; i++)
		to[i] = to[i] ? n++ : SIZE_MAX;
	if (!plot->lying && plot->chart->kind != CS_CHART_LINE && n > most)
		from = n - most;
	if (plot->chart->kind == CS_CHART_LINE && !plot->lying)
		most = n;
	for (size_t i = 0; i < plot->n_names; i++) {
		to[i] = to[i] == SIZE_MAX || to[i] < from || to[i] - from >= most ? SIZE_MAX
										  : to[i] - from;
		if (to[i] != SIZE_MAX)
			plot->names[to[i]] = plot->names[i];
	}
	plot->n_names = n < most ? n : most;
	for (size_t i = 0; i < plot->n_series; i++) {
		struct cs_series *s = &plot->series[i];
		size_t kept = 0;

		for (size_t k = 0; k < s->n_points; k++) {
			struct cs_point p = s->points[k];

			p.name = to[p.name];
			if (p.name == SIZE_MAX)
				plot->n_left += isfinite(p.y);
			else
				s->points[kept++] = p;
		}
		s->n_points = kept;
	}
	return 0;
}

static void measure_points(struct cs_plot *plot, const struct reading *r)
{
	for (size_t i = 0; i < plot->n_series; i++) {
		for (size_t k = 0; k < plot->series[i].n_points; k++) {
			const struct cs_point *p = &plot->series[i].points[k];

			take_n(plot, r, &plot->series[i], p);
			if (plot->chart->kind == CS_CHART_STACKED)
				continue;
			widen(plot, p->y);
			widen(plot, p->low);
			widen(plot, p->high);
		}
	}
}

static int by_time(const void *a, const void *b, const struct cs_plot_name *names)
{
	const struct cs_point *p = a, *q = b;
	double x = names[p->name].at, y = names[q->name].at;

	return x < y ? -1 : x > y ? 1 : p->name < q->name ? -1 : p->name > q->name;
}

/* Bottom-up merge: qsort() has no context, and qsort_r() of glibc sorts unstably when memory is
 * low. */
static int sort_points(struct cs_plot *plot, struct cs_series *s)
{
	struct cs_point *from = s->points;
	struct cs_point *to = cs_arena_array(plot->arena, s->n_points, sizeof(*to));

	if (!to)
		return -1;
	for (size_t width = 1; width < s->n_points; width *= 2) {
		struct cs_point *swap;

		for (size_t at = 0; at < s->n_points; at += 2 * width) {
			size_t mid = at + width < s->n_points ? at + width : s->n_points;
			size_t end = mid + width < s->n_points ? mid + width : s->n_points;
			size_t i = at, j = mid;

			for (size_t k = at; k < end; k++) {
				bool left = i < mid && (j >= end || by_time(&from[i], &from[j],
									    plot->names) <= 0);

				to[k] = left ? from[i++] : from[j++];
			}
		}
		swap = from;
		from = to;
		to = swap;
	}
	s->points = from;
	return 0;
}

static int measure_stack(struct cs_plot *plot)
{
	double *up = cs_arena_array(plot->arena, plot->n_names, sizeof(*up));
	double *down = cs_arena_array(plot->arena, plot->n_names, sizeof(*down));

	if (!up || !down)
		return -1;
	for (size_t i = 0; i < plot->n_series; i++) {
		for (size_t k = 0; k < plot->series[i].n_points; k++) {
			const struct cs_point *p = &plot->series[i].points[k];

			if (isfinite(p->y))
				*(p->y < 0 ? &down[p->name] : &up[p->name]) += p->y;
		}
	}
	for (size_t i = 0; i < plot->n_names; i++) {
		widen(plot, up[i]);
		widen(plot, down[i]);
	}
	return 0;
}

static int fill_plot(struct cs_plot *plot, struct reading *r)
{
	if (read_rows(plot, r) < 0 || take_names(plot, r) < 0 || take_series(plot, r) < 0)
		return -1;
	for (size_t row = 0; row < r->table->n_rows; row++) {
		for (size_t y = 0; y < r->n_y; y++)
			take_point(plot, r, row, y);
	}
	if (keep_names(plot) < 0)
		return -1;
	measure_points(plot, r);
	for (size_t i = 0; plot->time && i < plot->n_series; i++) {
		if (sort_points(plot, &plot->series[i]) < 0)
			return -1;
	}
	if (plot->chart->kind == CS_CHART_STACKED && measure_stack(plot) < 0)
		return -1;
	if (plot->chart->ref_label) {
		widen(plot, plot->chart->ref_low);
		widen(plot, plot->chart->ref_high);
	}
	return 0;
}

int cs_plot_new(const struct cs_table *table, const struct cs_chart *chart, struct cs_plot **ret,
		struct cs_err *err)
{
	CS_AUTO(cs_plot_free_p) struct cs_plot *plot = calloc(1, sizeof(*plot));
	CS_AUTO(reading_release) struct reading r = { .table = table, .chart = chart };

	if (!plot)
		return cs_err_nomem(err);
	plot->arena = cs_arena_new();
	plot->chart = chart;
	r.x = column_of(table, chart->x);
	for (size_t i = 0; i < CS_CHART_OF; i++) {
		r.of[r.n_of] = column_of(table, chart->of[i]);
		r.n_of += r.of[r.n_of] != SIZE_MAX && is_of_several(table, r.of[r.n_of]);
	}
	for (; r.n_y < CS_CHART_Y && chart->y[r.n_y]; r.n_y++)
		r.y[r.n_y] = column_of(table, chart->y[r.n_y]);
	r.series = column_of(table, chart->series);
	r.n = column_of(table, chart->n);
	r.low = column_of(table, chart->low);
	r.high = column_of(table, chart->high);
	plot->x = &table->columns[r.x];
	plot->y = &table->columns[r.y[0]];
	if (!plot->arena || fill_plot(plot, &r) < 0)
		return cs_err_nomem(err);
	*ret = cs_steal(plot);
	return 0;
}

const char *cs_plot_y_title(const struct cs_plot *plot)
{
	return plot->chart->y_title ? plot->chart->y_title : cs_column_title(plot->y);
}

void cs_plot_free(struct cs_plot *plot)
{
	if (!plot)
		return;
	cs_arena_free(plot->arena);
	free(plot);
}

const struct cs_point **cs_plot_grid(const struct cs_plot *plot)
{
	const struct cs_point **grid =
		cs_arena_array(plot->arena, plot->n_series * plot->n_names, sizeof(*grid));

	for (size_t i = 0; grid && i < plot->n_series; i++) {
		for (size_t k = 0; k < plot->series[i].n_points; k++) {
			const struct cs_point *p = &plot->series[i].points[k];

			grid[i * plot->n_names + p->name] = p;
		}
	}
	return grid;
}

int cs_plot_value(struct cs_buf *buf, const struct cs_plot *plot, double y)
{
	struct cs_cell cell = { .known = isfinite(y) };

	if (plot->y->type == CS_TYPE_RATIO || plot->y->type == CS_TYPE_NUMBER)
		cell.d = y;
	else if (cell.known && fabs(y) < 9e9 && plot->y->type == CS_TYPE_SECONDS)
		cell.i = llround(y * (double)CS_NS_PER_S);
	else if (cell.known && fabs(y) < 9e18 && plot->y->type != CS_TYPE_SECONDS)
		cell.i = llround(y);
	else
		cell.known = false;
	return cs_render_human(buf, plot->y, &cell);
}

static int alt_of_series(struct cs_buf *buf, const struct cs_plot *plot, const struct cs_series *s)
{
	CS_AUTO(cs_buf_release) struct cs_buf name = CS_BUF_INIT;
	double first = NAN, last = NAN, low = NAN, high = NAN;
	size_t n = 0, more;

	for (size_t i = 0; i < s->n_points; i++) {
		double y = s->points[i].y;

		if (!isfinite(y))
			continue;
		if (n++ == 0)
			first = low = high = y;
		last = y;
		low = y < low ? y : low;
		high = y > high ? y : high;
	}
	if (cs_render_cut(&name, s->name, 60, &more) < 0 ||
	    cs_buf_printf(buf, " %s%s: ", name.data, more ? "\xe2\x80\xa6" : "") < 0)
		return -1;
	if (n == 0)
		return cs_buf_puts(buf, "no value.");
	if (cs_buf_printf(buf, "%zu %s, lowest ", n, n == 1 ? "value" : "values") < 0 ||
	    cs_plot_value(buf, plot, low) < 0 || cs_buf_puts(buf, ", highest ") < 0 ||
	    cs_plot_value(buf, plot, high) < 0)
		return -1;
	if (plot->lying)
		return cs_buf_putc(buf, '.');
	return cs_buf_puts(buf, ", first ") < 0 || cs_plot_value(buf, plot, first) < 0 ||
			       cs_buf_puts(buf, ", last ") < 0 ||
			       cs_plot_value(buf, plot, last) < 0 || cs_buf_putc(buf, '.') < 0
		       ? -1
		       : 0;
}

int cs_plot_alt(struct cs_buf *buf, const struct cs_plot *plot)
{
	static const char *const kinds[] = { "Line chart", "Bar chart", "Stacked bar chart",
					     "Dot chart" };

	if (plot->chart->alt)
		return cs_buf_puts(buf, plot->chart->alt);
	if (cs_buf_printf(buf, "%s of %s by %s.", kinds[plot->chart->kind], cs_plot_y_title(plot),
			  cs_column_title(plot->x)) < 0)
		return -1;
	for (size_t i = 0; i < plot->n_series; i++) {
		if (alt_of_series(buf, plot, &plot->series[i]) < 0)
			return -1;
	}
	return plot->chart->ref_label
		       ? cs_buf_printf(buf, " Reference: %s.", plot->chart->ref_label)
		       : 0;
}
