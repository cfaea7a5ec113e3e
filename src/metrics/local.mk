# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/metrics/figures.c \
	src/metrics/figures.h \
	src/metrics/listing.c \
	src/metrics/listing.h \
	src/metrics/path.c \
	src/metrics/path.h \
	src/metrics/price.c \
	src/metrics/price.h \
	src/metrics/savings.c \
	src/metrics/stats.c \
	src/metrics/stats.h \
	src/metrics/stats_by.c \
	src/metrics/verdict.c \
	src/metrics/verdict.h
