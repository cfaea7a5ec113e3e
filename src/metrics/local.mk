# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/metrics/figures.c \
	src/metrics/duplicates.c \
	src/metrics/duplicates.h \
	src/metrics/ledger.c \
	src/metrics/ledger.h \
	src/metrics/ledger_impl.h \
	src/metrics/ledger_keys.c \
	src/metrics/ledger_work.c \
	src/metrics/minutes.c \
	src/metrics/minutes.h \
	src/metrics/scopes.c \
	src/metrics/scopes.h \
	src/metrics/strategy.c \
	src/metrics/strategy.h \
	src/metrics/strategy_impl.h \
	src/metrics/strategy_order.c \
	src/metrics/strategy_split.c \
	src/metrics/stats.c \
	src/metrics/figures.h \
	src/metrics/listing.c \
	src/metrics/listing.h \
	src/metrics/path.c \
	src/metrics/path.h \
	src/metrics/price.c \
	src/metrics/price.h \
	src/metrics/savings.c \
	src/metrics/stats.h \
	src/metrics/stats_by.c \
	src/metrics/verdict.c \
	src/metrics/verdict.h
