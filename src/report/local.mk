# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/report/escape.c \
	src/report/fmt.c \
	src/report/fmt.h \
	src/report/fmt_markdown.c \
	src/report/render.c \
	src/report/render.h \
	src/report/render_csv.c \
	src/report/render_json.c \
	src/report/render_jsonl.c \
	src/report/render_markdown.c \
	src/report/render_table.c \
	src/report/renderers.c \
	src/report/report.c \
	src/report/report.h \
	src/report/report_extras.c \
	src/report/report_impl.h \
	src/report/text.h \
	src/report/width.c

# Prints the tables of width.c.
EXTRA_DIST += scripts/gen-width
