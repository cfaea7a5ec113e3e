/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inline SVG. Colours, weights and fonts are the page's (data/html/report.css), by class, since the
 * page's policy allows no style attribute. Text is measured without a font: generously, so that
 * what does not overlap here does not overlap in any common one.
 */
#ifndef CS_REPORT_SVG_H
#define CS_REPORT_SVG_H

#include "report/plot.h"
#include "util/buf.h"

struct cs_axis {
	const struct cs_column *column;
	double low, high, step;
	unsigned n; /* steps */
	double unit;
	const char *suffix;
	double from, to; /* pixels of low and high */
};

/* At most max_ticks + 1 ticks at round values that take in min and max. */
void cs_axis_fit(struct cs_axis *axis, const struct cs_column *column, double min, double max,
		 unsigned max_ticks);
double cs_axis_at(const struct cs_axis *axis, double v);
double cs_axis_tick(const struct cs_axis *axis, unsigned i);
/* "25 %", "1.5 h", "20 MB" */
int cs_axis_label(struct cs_buf *buf, const struct cs_axis *axis, unsigned i);
double cs_axis_label_width(const struct cs_axis *axis); /* the widest; -1: no memory */

enum cs_anchor { CS_ANCHOR_START, CS_ANCHOR_MIDDLE, CS_ANCHOR_END };

/* All append to buf and return 0 or -1 (no memory). Pixels, to a tenth. */
int cs_svg_num(struct cs_buf *buf, double v);
int cs_svg_text(struct cs_buf *buf, double x, double y, enum cs_anchor anchor, const char *class,
		const char *text);
int cs_svg_line(struct cs_buf *buf, double x1, double y1, double x2, double y2, const char *class);
int cs_svg_rect(struct cs_buf *buf, double x, double y, double w,
		double h); /* left open: "<rect …" */
int cs_svg_marker(struct cs_buf *buf, size_t series, double x, double y); /* left open: "<path …" */
/* " stroke-dasharray=…" of a series; nothing for the first */
int cs_svg_dash(struct cs_buf *buf, size_t series);
/* "><title>test, 2026-11-22: 66.7 % (n = 4)</title></NAME>" */
int cs_svg_tip(struct cs_buf *buf, const struct cs_plot *plot, const struct cs_series *series,
	       const struct cs_point *point, const char *name);
/* Pixels that text takes at most, at 12 px. */
double cs_svg_width(const char *text);
/* text in ret, cut with … to at most width pixels */
int cs_svg_fit(struct cs_buf *ret, const char *text, double width);

/* The hatches that bars refer to, once a page. */
int cs_svg_defs(struct cs_buf *buf);
/* The sign of a series or of the reference in a legend. */
int cs_svg_swatch(struct cs_buf *buf, const struct cs_plot *plot, size_t series);
int cs_svg_ref_swatch(struct cs_buf *buf, const struct cs_plot *plot);
/* The whole picture; id makes its inner names unique. class: which screens show it. */
int cs_svg_chart(struct cs_buf *buf, const struct cs_plot *plot, const char *title, unsigned id,
		 unsigned width, const char *class);

struct cs_canvas {
	const struct cs_plot *plot;
	unsigned width, height;
	double left, right, top, bottom; /* of the plot area */
	struct cs_axis axis;		 /* of y values */
	struct cs_buf *out;
	struct cs_buf scratch;
};

int cs_svg_upright(struct cs_canvas *c);
/* Sets the height, too; draws into c->out. */
int cs_svg_lying(struct cs_canvas *c);

#endif
