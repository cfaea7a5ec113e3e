# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/view/columns.c \
	src/view/columns.h \
	src/view/view.h \
	src/view/view_analyze.c \
	src/view/view_builds.c \
	src/view/view_cache.c \
	src/view/view_check.c \
	src/view/view_compare.c \
	src/view/view_compare.h \
	src/view/view_diff.c \
	src/view/view_duplicates.c \
	src/view/view_groups.c \
	src/view/view_record.c \
	src/view/view_report.c \
	src/view/view_report.h \
	src/view/view_store.c \
	src/view/view_strategy.c \
	src/view/view_strategy.h \
	src/view/view_why.c \
	src/view/view_why.h
