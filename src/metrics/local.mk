# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/metrics/stats.c \
	src/metrics/figures.h \
	src/metrics/price.c \
	src/metrics/price.h \
	src/metrics/stats.h \
	src/metrics/verdict.c \
	src/metrics/verdict.h
