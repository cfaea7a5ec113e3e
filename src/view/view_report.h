/* SPDX-License-Identifier: Apache-2.0 */
/* What only the report of a window shows; the rest are the tables of stats and strategy. */
#ifndef CS_VIEW_VIEW_REPORT_H
#define CS_VIEW_VIEW_REPORT_H

#include "metrics/duplicates.h"
#include "metrics/hotspots.h"
#include "metrics/stats.h"
#include "metrics/strategy.h"
#include "metrics/why.h"
#include "report/report.h"
#include "store/store.h"

/* Tables "event" and "duplicate": the series of a dashboard, for machines only. */
struct cs_window_event {
	const char *project; /* NULL = "" */
	const struct cs_strategy_event *event;
};
struct cs_window_duplicate {
	const char *project;
	enum cs_duplicate_kind kind;
	int64_t builds, wasted_ns; /* beyond the first of each group */
};
int cs_view_window_events(struct cs_report *report, const struct cs_window_event *rows, size_t n,
			  struct cs_err *err);
int cs_view_window_duplicates(struct cs_report *report, const struct cs_window_duplicate *rows,
			      size_t n, struct cs_err *err);

/* A scope's day; of builds that are there, of sums of pruned ones, or of both. */
struct cs_trend_row {
	const char *day, *project, *scope; /* NULL unknown */
	bool pruned;			   /* sums of pruned builds are in it */
	int64_t builds, step_hits, step_runs;
	bool timed, priced; /* overhead and run time known; saved time known */
	int64_t saved_ns, run_ns, overhead_ns;
	int64_t duration_ns_median; /* of builds that are there; -1 unknown */
};
/* Table "trend"; many: rows of several projects. */
int cs_view_trend(struct cs_report *report, const struct cs_trend_row *rows, size_t n, bool many,
		  struct cs_err *err);

/* Table "time". */
int cs_view_hotspots(struct cs_report *report, const struct cs_hotspot *rows, size_t n,
		     size_t max_rows, bool many, struct cs_err *err);

/* Table "misses": one row for each step and cause. */
struct cs_costly_miss {
	const char *build_id; /* of the dearest */
	const char *project, *stage, *instruction, *evidence, *root_instruction;
	enum cs_cause cause, root_cause;
	enum cs_tri avoidable;
	const char **changed_files;
	size_t n_changed_files;
	int64_t misses, run_ns;
};
int cs_view_costly_misses(struct cs_report *report, const struct cs_costly_miss *rows, size_t n,
			  size_t max_rows, bool many, struct cs_err *err);

/* Table "store"; file_bytes: tell its size on disk. */
/* Table "cut", for machines: lists of which not all is shown. No table without any. */
struct cs_window_cut {
	const char *list; /* key of its table */
	size_t rows, of;
};
int cs_view_window_cut(struct cs_report *report, const struct cs_window_cut *lists, size_t n,
		       struct cs_err *err);
int cs_view_window_store(struct cs_report *report, const struct cs_store_info *info,
			 bool file_bytes, struct cs_err *err);

#endif
