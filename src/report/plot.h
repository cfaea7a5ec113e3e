/* SPDX-License-Identifier: Apache-2.0 */
/* A chart's data, taken from its table and put in the order in which it is drawn. */
#ifndef CS_REPORT_PLOT_H
#define CS_REPORT_PLOT_H

#include "report/report.h"
#include "util/arena.h"
#include "util/buf.h"

#define CS_PLOT_SERIES 8   /* drawn; beyond that nobody tells them apart */
#define CS_PLOT_LYING  40  /* lines of a lying chart */
#define CS_PLOT_BANDS  800 /* upright bars */

struct cs_point {
	size_t name;	     /* index into names */
	double y, low, high; /* in seconds for SECONDS; NaN = unknown */
	int64_t n;	     /* -1 unknown */
};

struct cs_series {
	const char *name; /* not escaped */
	struct cs_point *points;
	size_t n_points;
	int64_t n; /* sum over the points of upright charts; -1 unknown */
};

struct cs_plot_name {
	const char *text; /* as people see it, not escaped */
	double at;	  /* seconds since 1970 where x are times */
	int64_t n, n_most; /* the smallest and largest of its points; -1 unknown */
};

struct cs_plot {
	struct cs_arena *arena;
	const struct cs_chart *chart;
	const struct cs_column *x, *y;
	bool time;  /* x are times */
	bool lying; /* x goes down, y to the right */
	struct cs_plot_name *names;
	size_t n_names;
	struct cs_series *series;
	size_t n_series;
	size_t n_values, n_left; /* known values, and those of them that are not drawn */
	double min, max;	 /* of all that is drawn, 0 and the reference included */
};

/* What stands over the axis of the values. */
const char *cs_plot_y_title(const struct cs_plot *plot);
int cs_plot_new(const struct cs_table *table, const struct cs_chart *chart, struct cs_plot **ret,
		struct cs_err *err);
void cs_plot_free(struct cs_plot *plot);
CS_DEFINE_AUTO(struct cs_plot *, cs_plot_free)

/* points of series s at each name: [s * n_names + name], NULL where there is none; the arena's */
const struct cs_point **cs_plot_grid(const struct cs_plot *plot);
/* A value as people see it. */
int cs_plot_value(struct cs_buf *buf, const struct cs_plot *plot, double y);
/* The chart's text alternative, not escaped. */
int cs_plot_alt(struct cs_buf *buf, const struct cs_plot *plot);

#endif
