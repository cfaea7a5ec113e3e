/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bars and dots over texts lie, since names of scopes and causes are long and a label that stands
 * on its head is not read. On a narrow screen the names stand above their bars.
 */
#include <math.h>
#include <string.h>

#include "report/fmt.h"
#include "report/render.h"
#include "report/svg.h"

#define BAR  20 /* pixels of a single bar */
#define BARS 14 /* of one among several */
#define LINE 18 /* of a line of text */
#define GAP  12 /* between two names */

struct lying {
	struct cs_canvas *c;
	const struct cs_point **grid;
	bool above; /* names stand above their bars */
	bool stacked, dots;
	double names;  /* pixels of the column of names */
	double values; /* of the values behind the bars */
	double bar;    /* height of a bar */
};

static const struct cs_point *point_at(const struct lying *l, size_t series, size_t name)
{
	return l->grid[series * l->c->plot->n_names + name];
}

static double total_at(const struct lying *l, size_t name)
{
	double sum = 0;
	bool any = false;

	for (size_t i = 0; i < l->c->plot->n_series; i++) {
		const struct cs_point *p = point_at(l, i, name);

		if (!p || !isfinite(p->y))
			continue;
		sum += p->y;
		any = true;
	}
	return any ? sum : NAN;
}

static int value_text(const struct lying *l, double v)
{
	struct cs_buf *text = &l->c->scratch;

	cs_buf_reset(text);
	return isfinite(v) ? cs_plot_value(text, l->c->plot, v) : cs_buf_puts(text, "");
}

/* Height of all of a name; series that have nothing to say of it take no room. */
static double row_height(const struct lying *l, size_t name)
{
	size_t bars = 0;

	for (size_t i = 0; i < l->c->plot->n_series; i++) {
		const struct cs_point *p = point_at(l, i, name);

		bars += p && isfinite(p->y);
	}
	if (l->stacked || !bars)
		bars = 1;
	return l->bar * (double)bars + (l->above ? LINE : 0) + GAP;
}

/* What stands behind the i-th bar of a name: its value, or the stack's. */
static double value_at(const struct lying *l, size_t series, size_t name)
{
	const struct cs_point *p = point_at(l, series, name);

	return l->stacked ? total_at(l, name) : p ? p->y : NAN;
}

/* "name (n = 12)", of which the name is cut where both are too long. */
static int name_text(const struct lying *l, size_t name, double width)
{
	const struct cs_plot_name *n = &l->c->plot->names[name];
	char num[CS_FMT_NUM], most[CS_FMT_NUM], tail[2 * CS_FMT_NUM + 16] = "";

	if (n->n >= 0 && n->n == n->n_most)
		snprintf(tail, sizeof(tail), " (n = %s)", cs_fmt_count(n->n, num));
	else if (n->n >= 0)
		snprintf(tail, sizeof(tail), " (n = %s to %s)", cs_fmt_count(n->n, num),
			 cs_fmt_count(n->n_most, most));
	if (cs_svg_fit(&l->c->scratch, n->text, width - cs_svg_width(tail)) < 0)
		return -1;
	return cs_buf_puts(&l->c->scratch, tail);
}

static int measure(struct lying *l)
{
	const struct cs_plot *plot = l->c->plot;
	size_t bars = l->stacked ? 1 : plot->n_series;
	double most = l->c->width * 0.4;

	for (size_t k = 0; k < plot->n_names; k++) {
		double width;

		if (name_text(l, k, most - 12) < 0)
			return -1;
		width = cs_svg_width(l->c->scratch.data) + 12;
		l->names = width > l->names ? width : l->names;
		for (size_t i = 0; !l->dots && i < bars; i++) {
			if (value_text(l, value_at(l, i, k)) < 0)
				return -1;
			width = cs_svg_width(l->c->scratch.data) + 8;
			l->values = width > l->values ? width : l->values;
		}
	}
	if (l->above)
		l->names = 0;
	l->bar = bars > 1 ? BARS : BAR;
	return 0;
}

static int fit_axis(struct lying *l)
{
	struct cs_canvas *c = l->c;
	unsigned ticks = c->width < 420 ? 4 : 6;

	for (;; ticks--) {
		double label, half;

		cs_axis_fit(&c->axis, c->plot->y, c->plot->min, c->plot->max, ticks);
		label = cs_axis_label_width(&c->axis);
		if (label < 0)
			return -1;
		half = label / 2 + 2;
		c->left = l->names > half ? l->names : half;
		c->right = c->width - (l->values > half ? l->values : half);
		if (ticks == 1 || (c->right - c->left) / c->axis.n >= label + 12)
			break;
	}
	c->axis.from = c->left;
	c->axis.to = c->right;
	return 0;
}

static int draw_axis(const struct lying *l)
{
	struct cs_canvas *c = l->c;

	if (cs_svg_fit(&c->scratch, cs_plot_y_title(c->plot), c->width - 4.0) < 0 ||
	    cs_svg_text(c->out, 0, 12, CS_ANCHOR_START, "unit", c->scratch.data) < 0)
		return -1;
	for (unsigned i = 0; i <= c->axis.n; i++) {
		double v = cs_axis_tick(&c->axis, i), x = cs_axis_at(&c->axis, v);

		cs_buf_reset(&c->scratch);
		if (cs_axis_label(&c->scratch, &c->axis, i) < 0 ||
		    cs_svg_line(c->out, x, c->top, x, c->bottom,
				fabs(v) < c->axis.step / 2 ? "zero" : "grid") < 0 ||
		    cs_svg_text(c->out, x, c->bottom + 16, CS_ANCHOR_MIDDLE, "tick",
				c->scratch.data) < 0)
			return -1;
	}
	return 0;
}

static int draw_reference(const struct lying *l)
{
	struct cs_canvas *c = l->c;
	double low = c->plot->chart->ref_low, high = c->plot->chart->ref_high;
	double x = cs_axis_at(&c->axis, low);

	if (!c->plot->chart->ref_label)
		return 0;
	if (low >= high)
		return cs_svg_line(c->out, x, c->top, x, c->bottom, "ref");
	return cs_svg_rect(c->out, x, c->top, cs_axis_at(&c->axis, high) - x, c->bottom - c->top) <
			       0
		       ? -1
		       : cs_buf_puts(c->out, " class=\"band\"/>\n");
}

static int draw_bar(const struct lying *l, size_t series, const struct cs_point *p, double y,
		    double from, double to)
{
	struct cs_canvas *c = l->c;
	double a = cs_axis_at(&c->axis, from), b = cs_axis_at(&c->axis, to);

	if (cs_svg_rect(c->out, a < b ? a : b, y, fabs(a - b), l->bar - 2) < 0 ||
	    cs_buf_printf(c->out, " class=\"b c%zu\"", series) < 0)
		return -1;
	return cs_svg_tip(c->out, c->plot, &c->plot->series[series], p, "rect");
}

static int draw_value(const struct lying *l, double v, double end, double y)
{
	struct cs_canvas *c = l->c;
	double x = cs_axis_at(&c->axis, end > 0 ? end : 0) + 6;

	if (value_text(l, v) < 0)
		return -1;
	if (!c->scratch.len)
		return 0;
	return cs_svg_text(c->out, x, y + l->bar / 2 + 3, CS_ANCHOR_START, "value",
			   c->scratch.data);
}

static int draw_dot(const struct lying *l, size_t series, const struct cs_point *p, double y)
{
	struct cs_canvas *c = l->c;
	double middle = y + l->bar / 2 - 1;
	char class[32];

	snprintf(class, sizeof(class), "whisker c%zu", series);
	if (isfinite(p->low) && isfinite(p->high)) {
		double a = cs_axis_at(&c->axis, p->low), b = cs_axis_at(&c->axis, p->high);

		if (cs_svg_line(c->out, a, middle, b, middle, class) < 0 ||
		    cs_svg_line(c->out, a, middle - 4, a, middle + 4, class) < 0 ||
		    cs_svg_line(c->out, b, middle - 4, b, middle + 4, class) < 0)
			return -1;
	}
	if (cs_svg_marker(c->out, series, cs_axis_at(&c->axis, p->y), middle) < 0)
		return -1;
	return cs_svg_tip(c->out, c->plot, &c->plot->series[series], p, "path");
}

static int draw_stack(const struct lying *l, size_t name, double y)
{
	double up = 0, down = 0, total = total_at(l, name);

	for (size_t i = 0; i < l->c->plot->n_series; i++) {
		const struct cs_point *p = point_at(l, i, name);
		double *from;

		if (!p || !isfinite(p->y))
			continue;
		from = p->y < 0 ? &down : &up;
		if (p->y != 0 && draw_bar(l, i, p, y, *from, *from + p->y) < 0)
			return -1;
		*from += p->y;
	}
	return draw_value(l, total, up, y);
}

static int draw_name(const struct lying *l, size_t name, double y)
{
	struct cs_canvas *c = l->c;
	double width = (l->above ? c->width : l->names) - 11.5; /* half a pixel for rounding */
	double first = l->above ? y + 12 : y + (row_height(l, name) - GAP) / 2 + 3;

	if (name_text(l, name, width) < 0 ||
	    cs_svg_text(c->out, 0, first, CS_ANCHOR_START, "name", c->scratch.data) < 0)
		return -1;
	y += l->above ? LINE : 0;
	if (l->stacked)
		return draw_stack(l, name, y);
	for (size_t i = 0; i < c->plot->n_series; i++) {
		const struct cs_point *p = point_at(l, i, name);

		if (!p || !isfinite(p->y))
			continue;
		if (l->dots ? draw_dot(l, i, p, y) < 0
			    : draw_bar(l, i, p, y, 0, p->y) < 0 || draw_value(l, p->y, p->y, y) < 0)
			return -1;
		y += l->bar;
	}
	return 0;
}

int cs_svg_lying(struct cs_canvas *c)
{
	struct lying l = {
		.c = c,
		.grid = cs_plot_grid(c->plot),
		.above = c->width < 480,
		.stacked = c->plot->chart->kind == CS_CHART_STACKED,
		.dots = c->plot->chart->kind == CS_CHART_DOTS,
	};
	double height = 0, y;

	if (!l.grid || measure(&l) < 0 || fit_axis(&l) < 0)
		return -1;
	c->top = 24;
	for (size_t k = 0; k < c->plot->n_names; k++)
		height += row_height(&l, k);
	c->bottom = c->top + height + 2;
	c->height = (unsigned)c->bottom + 24;
	if (draw_axis(&l) < 0 || draw_reference(&l) < 0)
		return -1;
	y = c->top + GAP / 2.0;
	for (size_t k = 0; k < c->plot->n_names; k++) {
		if (draw_name(&l, k, y) < 0)
			return -1;
		y += row_height(&l, k);
	}
	return 0;
}
