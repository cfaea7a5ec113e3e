/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines, and bars over days. Time is drawn to scale, so that a week without builds is a gap in the
 * bars and a long stroke in the line; a value that is not known breaks the line. Many points thin
 * out markers and labels, never the line: where there are more points than pixels, it keeps the
 * extremes of each pixel.
 */
#include <math.h>
#include <string.h>

#include "report/render.h"
#include "report/svg.h"
#include "util/time.h"

#define DAY	86400.0
#define LABEL	90   /* pixels that a label of a text axis gets */
#define TIPS	400  /* points with a tool tip */
#define ALL_MAX 2000 /* points of a line that are all drawn */

struct upright {
	struct cs_canvas *c;
	double first, last; /* seconds, where x are times */
	double slot;	    /* pixels from one x to the next */
	bool tips;
};

static double x_of(const struct upright *u, size_t name)
{
	const struct cs_canvas *c = u->c;

	if (!c->plot->time)
		return c->left + u->slot * ((double)name + 0.5);
	if (u->last <= u->first)
		return (c->left + c->right) / 2;
	return c->left + u->slot / 2 +
	       (c->right - c->left - u->slot) * (c->plot->names[name].at - u->first) /
		       (u->last - u->first);
}

/* The smallest distance of two neighbours in a series, at least a minute. */
static double smallest_gap(const struct cs_plot *plot)
{
	double least = INFINITY;

	for (size_t i = 0; i < plot->n_series; i++) {
		const struct cs_series *s = &plot->series[i];

		for (size_t k = 1; k < s->n_points; k++) {
			double gap = plot->names[s->points[k].name].at -
				     plot->names[s->points[k - 1].name].at;

			if (gap >= 60 && gap < least)
				least = gap;
		}
	}
	return isfinite(least) ? least : DAY;
}

static void place(struct upright *u)
{
	const struct cs_plot *plot = u->c->plot;
	double width = u->c->right - u->c->left;
	size_t n = 0;

	for (size_t i = 0; i < plot->n_series; i++) {
		for (size_t k = 0; k < plot->series[i].n_points; k++) {
			double at = plot->names[plot->series[i].points[k].name].at;

			if (n == 0 || at < u->first)
				u->first = at;
			if (n++ == 0 || at > u->last)
				u->last = at;
		}
	}
	u->tips = n <= TIPS;
	if (!plot->time)
		u->slot = width / (plot->n_names ? (double)plot->n_names : 1);
	else
		u->slot = width / ((u->last - u->first) / smallest_gap(plot) + 1);
	if (plot->time && u->slot > width / 2)
		u->slot = width / 2;
}

static int draw_y_axis(struct cs_canvas *c)
{
	if (cs_svg_fit(&c->scratch, cs_plot_y_title(c->plot), c->width - 4.0) < 0 ||
	    cs_svg_text(c->out, 0, 12, CS_ANCHOR_START, "unit", c->scratch.data) < 0)
		return -1;
	for (unsigned i = 0; i <= c->axis.n; i++) {
		double y = cs_axis_at(&c->axis, cs_axis_tick(&c->axis, i));
		bool zero = fabs(cs_axis_tick(&c->axis, i)) < c->axis.step / 2;

		cs_buf_reset(&c->scratch);
		if (cs_axis_label(&c->scratch, &c->axis, i) < 0 ||
		    cs_svg_line(c->out, c->left, y, c->right, y, zero ? "zero" : "grid") < 0 ||
		    cs_svg_text(c->out, c->left - 7, y + 4, CS_ANCHOR_END, "tick",
				c->scratch.data) < 0)
			return -1;
	}
	return 0;
}

/* A label at x unless it would touch the one before (*end) or leave the picture. */
static int draw_x_label(struct cs_canvas *c, double x, const char *text, double *end)
{
	double half = cs_svg_width(text) / 2;

	if (x - half < *end + 10 || x - half < 0 || x + half > c->width)
		return 0;
	*end = x + half;
	if (cs_svg_line(c->out, x, c->bottom, x, c->bottom + 4, "axis") < 0)
		return -1;
	return cs_svg_text(c->out, x, c->bottom + 17, CS_ANCHOR_MIDDLE, "tick", text);
}

static void civil(double at, int *year, int *month, int *day)
{
	char text[CS_TIME_TEXT];

	*year = *month = *day = 0;
	cs_time_format((int64_t)at * CS_NS_PER_S, text);
	sscanf(text, "%d-%d-%d", year, month, day);
}

static double month_start(int year, int month)
{
	struct cs_err err = CS_ERR_INIT;
	char text[64];
	int64_t ns;

	snprintf(text, sizeof(text), "%04d-%02d-01T00:00:00Z", year, month);
	return cs_time_parse(text, &ns, &err) < 0 ? INFINITY : (double)(ns / CS_NS_PER_S);
}

static double time_x(const struct upright *u, double at)
{
	const struct cs_canvas *c = u->c;

	return u->last <= u->first ? (c->left + c->right) / 2
				   : c->left + u->slot / 2 +
					     (c->right - c->left - u->slot) * (at - u->first) /
						     (u->last - u->first);
}

static void time_label(char text[32], double at, double step)
{
	static const char names[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	int year, month, day, minute = (int)(fmod(fmod(at, DAY) + DAY, DAY) / 60);

	civil(at, &year, &month, &day);
	/* Midnight is told by its day. */
	if (step < DAY && minute)
		snprintf(text, 32, "%02d:%02d", minute / 60, minute % 60);
	else if (step >= 28 * DAY)
		snprintf(text, 32, "%s %d", names[(month + 11) % 12], year);
	else
		snprintf(text, 32, "%d %s", day, names[(month + 11) % 12]);
}

/* Months have no fixed length: they are counted, by 1, 2, 3, 4, 6, 12, 24 … */
static int draw_months(struct upright *u, double per_pixel)
{
	static const int steps[] = { 1, 2, 3, 4, 6, 12, 24, 60, 120, 240 };
	double end = u->c->left - 30;
	int year, month, day, step = 1;
	char text[32];

	for (size_t i = 0; i < CS_N(steps); i++) {
		step = steps[i];
		if (step * 30.4 * DAY / per_pixel >= 80)
			break;
	}
	civil(u->first, &year, &month, &day);
	month = (month - 1) / step * step + 1;
	for (int i = 0; i < 1000; i++) {
		double at = month_start(year, month);

		if (at > u->last)
			break;
		time_label(text, at, 30 * DAY);
		if (at >= u->first && draw_x_label(u->c, time_x(u, at), text, &end) < 0)
			return -1;
		month += step;
		year += (month - 1) / 12;
		month = (month - 1) % 12 + 1;
	}
	return 0;
}

static int draw_times(struct upright *u)
{
	static const double steps[] = { 60,    300, 900,     3600,    10800,   21600,
					43200, DAY, 2 * DAY, 7 * DAY, 14 * DAY };
	double width = u->c->right - u->c->left - u->slot, per_pixel, step = 0, end;
	char text[32];

	if (u->last <= u->first) {
		end = -20;
		time_label(text, u->first, DAY);
		return draw_x_label(u->c, time_x(u, u->first), text, &end);
	}
	per_pixel = (u->last - u->first) / (width > 1 ? width : 1);
	for (size_t i = 0; i < CS_N(steps) && !step; i++) {
		if (steps[i] / per_pixel >= 62)
			step = steps[i];
	}
	if (!step)
		return draw_months(u, per_pixel);
	end = u->c->left - 40;
	for (double at = ceil(u->first / step) * step; at <= u->last; at += step) {
		time_label(text, at, step);
		if (draw_x_label(u->c, time_x(u, at), text, &end) < 0)
			return -1;
	}
	return 0;
}

static int draw_texts(struct upright *u)
{
	struct cs_canvas *c = u->c;
	CS_AUTO(cs_buf_release) struct cs_buf text = CS_BUF_INIT;
	double end = -20;

	for (size_t i = 0; i < c->plot->n_names; i++) {
		if (x_of(u, i) < end)
			continue;
		if (cs_svg_fit(&text, c->plot->names[i].text, LABEL) < 0 ||
		    draw_x_label(c, x_of(u, i), text.data, &end) < 0)
			return -1;
	}
	return 0;
}

static int draw_reference(struct cs_canvas *c)
{
	double low = c->plot->chart->ref_low, high = c->plot->chart->ref_high;
	double y = cs_axis_at(&c->axis, high);

	if (!c->plot->chart->ref_label)
		return 0;
	if (low >= high)
		return cs_svg_line(c->out, c->left, y, c->right, y, "ref");
	return cs_svg_rect(c->out, c->left, y, c->right - c->left, cs_axis_at(&c->axis, low) - y) <
			       0
		       ? -1
		       : cs_buf_puts(c->out, " class=\"band\"/>\n");
}

static int path_to(struct cs_buf *out, bool begin, double x, double y)
{
	return cs_buf_putc(out, begin ? 'M' : 'L') < 0 || cs_svg_num(out, x) < 0 ||
			       cs_buf_putc(out, ' ') < 0 || cs_svg_num(out, y) < 0
		       ? -1
		       : 0;
}

/* Points that fall on one pixel become their lowest and highest; *i is left on the last of them. */
static int path_pixel(const struct upright *u, const struct cs_series *s, size_t *i, bool *begin)
{
	double x = floor(x_of(u, s->points[*i].name)), low = s->points[*i].y, high = low;
	struct cs_canvas *c = u->c;

	while (*i + 1 < s->n_points && isfinite(s->points[*i + 1].y) &&
	       floor(x_of(u, s->points[*i + 1].name)) == x) {
		double y = s->points[++*i].y;

		low = y < low ? y : low;
		high = y > high ? y : high;
	}
	if (path_to(c->out, *begin, x, cs_axis_at(&c->axis, low)) < 0 ||
	    (high > low && path_to(c->out, false, x, cs_axis_at(&c->axis, high)) < 0))
		return -1;
	*begin = false;
	return 0;
}

static int draw_path(const struct upright *u, size_t series)
{
	const struct cs_series *s = &u->c->plot->series[series];
	struct cs_canvas *c = u->c;
	bool begin = true;

	if (cs_buf_printf(c->out, "<path class=\"l c%zu\"", series) < 0 ||
	    cs_svg_dash(c->out, series) < 0 || cs_buf_puts(c->out, " d=\"") < 0)
		return -1;
	for (size_t i = 0; i < s->n_points; i++) {
		if (!isfinite(s->points[i].y)) {
			begin = true;
			continue;
		}
		if (s->n_points > ALL_MAX) {
			if (path_pixel(u, s, &i, &begin) < 0)
				return -1;
			continue;
		}
		if (path_to(c->out, begin, x_of(u, s->points[i].name),
			    cs_axis_at(&c->axis, s->points[i].y)) < 0)
			return -1;
		begin = false;
	}
	return cs_buf_puts(c->out, "\"/>\n");
}

static bool is_alone(const struct cs_series *s, size_t i)
{
	return (i == 0 || !isfinite(s->points[i - 1].y)) &&
	       (i + 1 == s->n_points || !isfinite(s->points[i + 1].y));
}

/* On every point if there is room, else about every 60 pixels, and where no line would show. */
static int draw_markers(const struct upright *u, size_t series)
{
	const struct cs_series *s = &u->c->plot->series[series];
	bool all = u->slot >= 9 && s->n_points <= TIPS;
	double next = u->c->left + 20.0 * (double)(series % 3);

	for (size_t i = 0; i < s->n_points; i++) {
		const struct cs_point *p = &s->points[i];
		double x = x_of(u, p->name);

		if (!isfinite(p->y) || (!all && x < next && !is_alone(s, i)))
			continue;
		if (!all && x >= next)
			next = x + 60;
		if (cs_svg_marker(u->c->out, series, x, cs_axis_at(&u->c->axis, p->y)) < 0 ||
		    (u->tips ? cs_svg_tip(u->c->out, u->c->plot, s, p, "path")
			     : cs_buf_puts(u->c->out, "/>\n")) < 0)
			return -1;
	}
	return 0;
}

static int draw_bar(const struct upright *u, size_t series, const struct cs_point *p, double x,
		    double width, double from, double to)
{
	struct cs_canvas *c = u->c;
	double a = cs_axis_at(&c->axis, from), b = cs_axis_at(&c->axis, to);

	if (cs_svg_rect(c->out, x, a < b ? a : b, width, fabs(a - b)) < 0 ||
	    cs_buf_printf(c->out, " class=\"b c%zu\"", series) < 0)
		return -1;
	return u->tips ? cs_svg_tip(c->out, c->plot, &c->plot->series[series], p, "rect")
		       : cs_buf_puts(c->out, "/>\n");
}

static int draw_bars(const struct upright *u)
{
	const struct cs_plot *plot = u->c->plot;
	const struct cs_point **grid = cs_plot_grid(plot);
	bool stacked = plot->chart->kind == CS_CHART_STACKED;
	double room = u->slot * 0.8 > 1 ? u->slot * 0.8 : 1;
	double width = stacked || !plot->n_series ? room : room / (double)plot->n_series;

	room = room > 64 ? 64 : room;
	width = width > room ? room : width;
	if (!grid)
		return -1;
	for (size_t k = 0; k < plot->n_names; k++) {
		double up = 0, down = 0, x = x_of(u, k) - room / 2;

		for (size_t i = 0; i < plot->n_series; i++) {
			const struct cs_point *p = grid[i * plot->n_names + k];
			double *from = p && p->y < 0 ? &down : &up, start = stacked ? *from : 0;

			if (!p || !isfinite(p->y))
				continue;
			if (draw_bar(u, i, p, stacked ? x : x + (double)i * width, width, start,
				     start + p->y) < 0)
				return -1;
			*from += p->y;
		}
	}
	return 0;
}

int cs_svg_upright(struct cs_canvas *c)
{
	struct upright u = { .c = c };
	double labels;

	c->height = c->width < 420 ? 210 : c->width > 900 ? 300 : 250;
	c->top = 28;
	c->bottom = c->height - 26.0;
	cs_axis_fit(&c->axis, c->plot->y, c->plot->min, c->plot->max,
		    (unsigned)((c->bottom - c->top) / 38));
	labels = cs_axis_label_width(&c->axis);
	if (labels < 0)
		return -1;
	c->left = labels + 10;
	c->right = c->width - 12.0;
	c->axis.from = c->bottom;
	c->axis.to = c->top;
	place(&u);
	if (draw_y_axis(c) < 0 || (c->plot->time ? draw_times(&u) : draw_texts(&u)) < 0 ||
	    draw_reference(c) < 0)
		return -1;
	if (c->plot->chart->kind != CS_CHART_LINE)
		return draw_bars(&u);
	for (size_t i = 0; i < c->plot->n_series; i++) {
		if (draw_path(&u, i) < 0 || draw_markers(&u, i) < 0)
			return -1;
	}
	return 0;
}
