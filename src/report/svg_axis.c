/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scales start at zero: a cut axis makes a small change of a hit rate look like a great one. Rates
 * go to 100 % unless all of them are small. Durations step by what clocks step by.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report/fmt.h"
#include "report/svg.h"

static const struct unit {
	double size;
	const char *suffix;
} byte_units[] = {
	{ 1e15, " PB" }, { 1e12, " TB" }, { 1e9, " GB" }, { 1e6, " MB" }, { 1e3, " kB" }, { 1, " B" },
}, second_units[] = {
	{ 172800, " d" }, { 7200, " h" }, { 120, " min" }, { 0, " s" },
};

static void choose_unit(struct cs_axis *axis, double most)
{
	axis->unit = 1;
	axis->suffix = "";
	if (axis->column->type == CS_TYPE_RATIO) {
		axis->unit = 0.01;
		axis->suffix = " %";
	}
	for (size_t i = 0; axis->column->type == CS_TYPE_BYTES && i < CS_N(byte_units); i++) {
		if (most >= byte_units[i].size || i + 1 == CS_N(byte_units)) {
			axis->unit = byte_units[i].size;
			axis->suffix = byte_units[i].suffix;
			return;
		}
	}
	for (size_t i = 0; axis->column->type == CS_TYPE_SECONDS && i < CS_N(second_units); i++) {
		static const double sizes[] = { 86400, 3600, 60, 1 };

		if (most >= second_units[i].size) {
			axis->unit = sizes[i];
			axis->suffix = second_units[i].suffix;
			return;
		}
	}
}

/* The next round number from v on: 1, 2, 5 × 10^k, or what clocks have, in units. */
static double round_up(const struct cs_axis *axis, double v)
{
	static const double clock[] = { 1, 2, 5, 10, 15, 20, 30, 60 };
	static const double hours[] = { 1, 2, 3, 6, 12, 24, 48 };
	const double *steps = clock;
	size_t n = CS_N(clock);
	double ten;

	if (axis->column->type == CS_TYPE_SECONDS && axis->unit == 3600) {
		steps = hours;
		n = CS_N(hours);
	}
	for (size_t i = 0;
	     axis->column->type == CS_TYPE_SECONDS && axis->unit < 86400 && v > 0.5 && i < n; i++) {
		if (steps[i] >= v)
			return steps[i];
	}
	ten = pow(10, floor(log10(v)));
	if (ten >= v)
		return ten;
	return v <= 2 * ten ? 2 * ten : v <= 5 * ten ? 5 * ten : 10 * ten;
}

void cs_axis_fit(struct cs_axis *axis, const struct cs_column *column, double min, double max,
		 unsigned max_ticks)
{
	double range, step;

	axis->column = column;
	min = isfinite(min) && min < 0 ? min : 0;
	max = isfinite(max) && max > 0 ? max : 0;
	if (column->type == CS_TYPE_RATIO && min == 0 && max <= 1 && (max > 0.2 || max == 0))
		max = 1;
	if (max == min)
		max = 1;
	choose_unit(axis, max > -min ? max : -min);
	range = (max - min) / axis->unit;
	if (max_ticks < 1)
		max_ticks = 1;
	step = round_up(axis, range / max_ticks);
	if ((column->type == CS_TYPE_COUNT || (column->type == CS_TYPE_BYTES && axis->unit == 1)) &&
	    step < 1)
		step = 1;
	if (column->type == CS_TYPE_RATIO && range == 100 && max_ticks >= 4 && step >= 20)
		step = 25; /* quarters are what one looks for */
	for (;; step = round_up(axis, step * 1.01)) {
		double low = floor(min / axis->unit / step + 1e-9);
		double high = ceil(max / axis->unit / step - 1e-9);

		axis->low = low * step * axis->unit;
		axis->high = high * step * axis->unit;
		axis->n = (unsigned)(high - low);
		axis->step = step * axis->unit;
		/* A range about zero may need one more on each side. */
		if (axis->n <= max_ticks || (axis->n <= 2 && min < 0))
			break;
	}
}

double cs_axis_at(const struct cs_axis *axis, double v)
{
	return axis->from + (axis->to - axis->from) * (v - axis->low) / (axis->high - axis->low);
}

double cs_axis_tick(const struct cs_axis *axis, unsigned i)
{
	return axis->low + axis->step * i;
}

int cs_axis_label(struct cs_buf *buf, const struct cs_axis *axis, unsigned i)
{
	double v = cs_axis_tick(axis, i) / axis->unit;
	/* The noise of steps such as 0.1 is far below the thousandth of a step. */
	double grain = pow(10, floor(log10(axis->step / axis->unit)) - 3);
	char num[CS_FMT_NUM];

	v = round(v / grain) * grain;
	if (fabs(v) >= 1000 && fabs(v) < 9e15)
		cs_fmt_count((int64_t)llround(v), num);
	else
		cs_fmt_double(round(v * 1e9) / 1e9, num);
	return cs_buf_printf(buf, "%s%s", num, axis->suffix);
}

double cs_axis_label_width(const struct cs_axis *axis)
{
	CS_AUTO(cs_buf_release) struct cs_buf buf = CS_BUF_INIT;
	double widest = 0;

	for (unsigned i = 0; i <= axis->n; i++) {
		double width;

		cs_buf_reset(&buf);
		if (cs_axis_label(&buf, axis, i) < 0)
			return -1;
		width = cs_svg_width(buf.data);
		if (width > widest)
			widest = width;
	}
	return widest;
}
