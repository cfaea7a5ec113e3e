# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/report/escape.c \
	src/report/fmt.c \
	src/report/fmt.h \
	src/report/report.h \
	src/report/text.h \
	src/report/width.c

# Prints the tables of width.c.
EXTRA_DIST += scripts/gen-width
