/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks that charts are made of. Series differ by colour, by dash or hatch, and by marker, so
 * that a printout in grey and a reader who sees no red tell them apart too. Numbers are printed
 * from integers: printf's own would follow the locale.
 */
#include "report/svg.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/fmt.h"
#include "report/render.h"
#include "report/text.h"

int cs_svg_num(struct cs_buf *buf, double v)
{
	int64_t tenths = isfinite(v) && fabs(v) < 1e9 ? llround(v * 10) : 0;
	const char *sign = tenths < 0 ? "-" : "";
	int64_t m = tenths < 0 ? -tenths : tenths;

	if (m % 10 == 0)
		return cs_buf_printf(buf, "%s%" PRId64, sign, m / 10);
	return cs_buf_printf(buf, "%s%" PRId64 ".%d", sign, m / 10, (int)(m % 10));
}

static int attribute(struct cs_buf *buf, const char *name, double v)
{
	return cs_buf_printf(buf, " %s=\"", name) < 0 || cs_svg_num(buf, v) < 0
		       ? -1
		       : cs_buf_putc(buf, '"');
}

int cs_svg_text(struct cs_buf *buf, double x, double y, enum cs_anchor anchor, const char *class,
		const char *text)
{
	static const char *const anchors[] = { "", " text-anchor=\"middle\"",
					       " text-anchor=\"end\"" };

	if (cs_buf_puts(buf, "<text") < 0 || attribute(buf, "x", x) < 0 ||
	    attribute(buf, "y", y) < 0 ||
	    cs_buf_printf(buf, "%s class=\"%s\">", anchors[anchor], class) < 0 ||
	    cs_fmt_html(buf, text) < 0)
		return -1;
	return cs_buf_puts(buf, "</text>\n");
}

int cs_svg_line(struct cs_buf *buf, double x1, double y1, double x2, double y2, const char *class)
{
	if (cs_buf_puts(buf, "<line") < 0 || attribute(buf, "x1", x1) < 0 ||
	    attribute(buf, "y1", y1) < 0 || attribute(buf, "x2", x2) < 0 ||
	    attribute(buf, "y2", y2) < 0)
		return -1;
	return cs_buf_printf(buf, " class=\"%s\"/>\n", class);
}

int cs_svg_rect(struct cs_buf *buf, double x, double y, double w, double h)
{
	return cs_buf_puts(buf, "<rect") < 0 || attribute(buf, "x", x) < 0 ||
			       attribute(buf, "y", y) < 0 || attribute(buf, "width", w) < 0 ||
			       attribute(buf, "height", h) < 0
		       ? -1
		       : 0;
}

int cs_svg_marker(struct cs_buf *buf, size_t series, double x, double y)
{
	static const char *const shapes[] = {
		"m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z",		       /* circle */
		"m-3.2-3.2h6.4v6.4h-6.4z",				       /* square */
		"m0-4.4l4.2 7.4h-8.4z",					       /* triangle */
		"m0-4.6l4.6 4.6l-4.6 4.6l-4.6-4.6z",			       /* diamond */
		"m0 4.4l4.2-7.4h-8.4z",					       /* triangle, down */
		"m-1.4-4.2h2.8v2.8h2.8v2.8h-2.8v2.8h-2.8v-2.8h-2.8v-2.8h2.8z", /* plus */
		"m-4.4-2.2h8.8v4.4h-8.8z",				       /* bar */
		"m-2.2-4.4h4.4v8.8h-4.4z",				       /* upright bar */
	};

	if (cs_buf_puts(buf, "<path d=\"M") < 0 || cs_svg_num(buf, x) < 0 ||
	    cs_buf_putc(buf, ' ') < 0 || cs_svg_num(buf, y) < 0)
		return -1;
	return cs_buf_printf(buf, "%s\" class=\"m c%zu\"", shapes[series % CS_N(shapes)], series);
}

int cs_svg_dash(struct cs_buf *buf, size_t series)
{
	static const char *const dashes[CS_PLOT_SERIES] = {
		NULL, "8 3", "2 3", "10 3 2 3", "5 2", "14 4", "6 2 2 2 2 2", "1 2",
	};

	if (!dashes[series % CS_PLOT_SERIES])
		return 0;
	return cs_buf_printf(buf, " stroke-dasharray=\"%s\"", dashes[series % CS_PLOT_SERIES]);
}

int cs_svg_tip(struct cs_buf *buf, const struct cs_plot *plot, const struct cs_series *series,
	       const struct cs_point *point, const char *name)
{
	CS_AUTO(cs_buf_release) struct cs_buf tip = CS_BUF_INIT;
	char num[CS_FMT_NUM];
	size_t more;

	if (cs_buf_puts(buf, "><title>") < 0 || cs_render_cut(&tip, series->name, 60, &more) < 0 ||
	    cs_buf_puts(&tip, ", ") < 0 ||
	    cs_render_cut(&tip, plot->names[point->name].text, 60, &more) < 0 ||
	    cs_buf_puts(&tip, ": ") < 0 || cs_plot_value(&tip, plot, point->y) < 0 ||
	    (point->n >= 0 && cs_buf_printf(&tip, " (n = %s)", cs_fmt_count(point->n, num)) < 0) ||
	    cs_fmt_html(buf, tip.data) < 0)
		return -1;
	return cs_buf_printf(buf, "</title></%s>\n", name);
}

/* As wide as DejaVu Sans, the widest of the fonts that the style asks for. */
double cs_svg_width(const char *text)
{
	double width = 0;
	uint32_t cp;

	while (*text) {
		size_t n = cs_text_decode(text, &cp);

		if (n == 0 || cs_text_is_hidden(cp))
			width += 76; /* \u{10ffff} */
		else if (cp < 0x80 && strchr("mwMWOQGD@%", (int)cp))
			width += 12.2;
		else if (cp < 0x80 && strchr("<>=+~^#&", (int)cp))
			width += 10.3;
		else if (cp >= 'A' && cp <= 'Z')
			width += 9.6;
		else if (cp < 0x80 && strchr(" .,:;'|!iljft()[]-/", (int)cp))
			width += 5.2;
		else if (cp < 0x80)
			width += 7.8;
		else if (cs_text_cp_width(cp))
			width += cs_text_cp_width(cp) == 2 ? 15.5 : 12;
		text += n ? n : 1;
	}
	return width;
}

int cs_svg_fit(struct cs_buf *ret, const char *text, double width)
{
	CS_AUTO(cs_buf_release) struct cs_buf kept = CS_BUF_INIT;
	size_t more = 0, lo = 0, hi = 200;

	cs_buf_reset(ret);
	if (cs_render_cut(&kept, text, hi, &more) < 0)
		return -1;
	if (!more && cs_svg_width(kept.data) <= width)
		return cs_buf_puts(ret, kept.data);
	while (lo < hi) { /* the most characters that fit with an ellipsis */
		size_t mid = lo + (hi - lo + 1) / 2;

		cs_buf_reset(&kept);
		if (cs_render_cut(&kept, text, mid, &more) < 0)
			return -1;
		if (cs_svg_width(kept.data) + 12 <= width)
			lo = mid;
		else
			hi = mid - 1;
	}
	if (cs_render_cut(ret, text, lo, &more) < 0)
		return -1;
	while (ret->len && ret->data[ret->len - 1] == ' ')
		ret->data[--ret->len] = '\0';
	return cs_buf_puts(ret, "\xe2\x80\xa6");
}

int cs_svg_defs(struct cs_buf *buf)
{
	static const char *const lines[CS_PLOT_SERIES] = {
		NULL,
		"M-1 7L7 -1M-1 1L1 -1M5 7L7 5",
		"M-1 -1L7 7M5 -1L7 1M-1 5L1 7",
		"M0 3H6",
		"M3 0V6",
		"M0 3H6M3 0V6",
		"M1 1H3V3H1Z",
		"M0 1.5H6M0 4.5H6",
	};

	if (cs_buf_puts(buf, "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\" "
			     "focusable=\"false\"><defs>\n") < 0)
		return -1;
	for (size_t i = 1; i < CS_N(lines); i++) {
		if (cs_buf_printf(buf,
				  "<pattern id=\"h%zu\" width=\"6\" height=\"6\" "
				  "patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" "
				  "class=\"soft c%zu\"/><path d=\"%s\" class=\"hatch "
				  "c%zu\"/></pattern>\n",
				  i, i, lines[i], i) < 0)
			return -1;
	}
	return cs_buf_puts(buf, "</defs></svg>\n");
}

static int swatch_line(struct cs_buf *buf, size_t series)
{
	if (cs_buf_printf(buf, "<line x1=\"1\" y1=\"7\" x2=\"31\" y2=\"7\" class=\"l c%zu\"",
			  series) < 0 ||
	    cs_svg_dash(buf, series) < 0 || cs_buf_puts(buf, "/>") < 0)
		return -1;
	return 0;
}

int cs_svg_swatch(struct cs_buf *buf, const struct cs_plot *plot, size_t series)
{
	enum cs_chart_kind kind = plot->chart->kind;
	bool bars = kind == CS_CHART_BAR || kind == CS_CHART_STACKED;

	if (cs_buf_puts(buf, "<svg class=\"sign\" width=\"32\" height=\"14\" aria-hidden=\"true\" "
			     "focusable=\"false\">") < 0)
		return -1;
	if (bars && cs_buf_printf(buf,
				  "<rect x=\"1\" y=\"1\" width=\"30\" height=\"12\" "
				  "class=\"b c%zu\"%s/>",
				  series, "") < 0)
		return -1;
	if (kind == CS_CHART_LINE && swatch_line(buf, series) < 0)
		return -1;
	if (!bars && (cs_svg_marker(buf, series, 16, 7) < 0 || cs_buf_puts(buf, "/>") < 0))
		return -1;
	return cs_buf_puts(buf, "</svg>");
}

int cs_svg_ref_swatch(struct cs_buf *buf, const struct cs_plot *plot)
{
	bool band = plot->chart->ref_low < plot->chart->ref_high;

	return cs_buf_printf(
		buf,
		"<svg class=\"sign\" width=\"32\" height=\"14\" aria-hidden=\"true\" "
		"focusable=\"false\">%s</svg>",
		band ? "<rect x=\"1\" y=\"1\" width=\"30\" height=\"12\" class=\"band\"/>"
		     : "<line x1=\"1\" y1=\"7\" x2=\"31\" y2=\"7\" class=\"ref\"/>");
}

int cs_svg_chart(struct cs_buf *buf, const struct cs_plot *plot, const char *title, unsigned id,
		 unsigned width, const char *class)
{
	CS_AUTO(cs_buf_release) struct cs_buf body = CS_BUF_INIT, alt = CS_BUF_INIT;
	struct cs_canvas c = { .plot = plot, .width = width, .out = &body };
	int r = plot->lying ? cs_svg_lying(&c) : cs_svg_upright(&c);

	cs_buf_release(&c.scratch);
	if (r < 0 || cs_plot_alt(&alt, plot) < 0)
		return -1;
	if (cs_buf_printf(buf,
			  "<svg class=\"plot %s\" viewBox=\"0 0 %u %u\" role=\"img\" "
			  "aria-labelledby=\"t%u d%u\" preserveAspectRatio=\"xMinYMin meet\">\n"
			  "<title id=\"t%u\">",
			  class, c.width, c.height, id, id, id) < 0 ||
	    cs_fmt_html(buf, title) < 0 ||
	    cs_buf_printf(buf, "</title>\n<desc id=\"d%u\">", id) < 0 ||
	    cs_fmt_html(buf, alt.data) < 0 || cs_buf_puts(buf, "</desc>\n") < 0 ||
	    cs_buf_puts(buf, body.data ? body.data : "") < 0)
		return -1;
	return cs_buf_puts(buf, "</svg>\n");
}
