# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/report/assets.h \
	src/report/escape.c \
	src/report/fmt.c \
	src/report/fmt.h \
	src/report/fmt_markdown.c \
	src/report/html.h \
	src/report/html_table.c \
	src/report/plot.c \
	src/report/plot.h \
	src/report/render.c \
	src/report/render.h \
	src/report/render_csv.c \
	src/report/render_html.c \
	src/report/render_json.c \
	src/report/render_jsonl.c \
	src/report/render_markdown.c \
	src/report/render_openmetrics.c \
	src/report/render_table.c \
	src/report/renderers.c \
	src/report/report.c \
	src/report/report.h \
	src/report/report_extras.c \
	src/report/report_impl.h \
	src/report/svg.c \
	src/report/svg.h \
	src/report/svg_axis.c \
	src/report/svg_lying.c \
	src/report/svg_upright.c \
	src/report/text.h \
	src/report/width.c

# The page's style and script travel in the program, less their indentation (scripts/embed-text is
# listed by src/ci).
html_generated = src/report/report_css.c src/report/report_js.c
EXTRA_DIST += data/html/report.css data/html/report.js
nodist_libcachestat_a_SOURCES += $(html_generated)
CLEANFILES += $(html_generated)

src/report/report_css.c: data/html/report.css scripts/embed-text
	$(AM_V_GEN)$(MKDIR_P) src/report && \
		sed 's/^[[:blank:]]*//' $(srcdir)/data/html/report.css | \
		$(AWK) -f $(srcdir)/scripts/embed-text header=report/assets.h \
		name=cs_asset_report_css - >$@.tmp && mv $@.tmp $@
src/report/report_js.c: data/html/report.js scripts/embed-text
	$(AM_V_GEN)$(MKDIR_P) src/report && \
		sed 's/^[[:blank:]]*//' $(srcdir)/data/html/report.js | \
		$(AWK) -f $(srcdir)/scripts/embed-text header=report/assets.h \
		name=cs_asset_report_js - >$@.tmp && mv $@.tmp $@

# Prints the tables of width.c.
EXTRA_DIST += scripts/gen-width
