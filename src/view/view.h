/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Results into a report, one file per thing shown. Column keys are the contract of machine output;
 * they change only with schema_version. A view computes nothing but sums that metrics/ offers.
 */
#ifndef CS_VIEW_VIEW_H
#define CS_VIEW_VIEW_H

#include "image/diff.h"
#include "metrics/cache_figures.h"
#include "metrics/stats.h"
#include "report/report.h"
#include "store/store.h"

/* --- analyze --- */
struct cs_analyzed {
	const struct cs_image *image;
	const struct cs_build *build; /* with id, facts and scope */
	bool recorded;		      /* put tells how; else --no-record */
	enum cs_put put;
	bool trusted; /* layers were not read (--trust-known) */
	int64_t scope_builds; /* of the same scope, recorded earlier */
};
/* many: more than one image will be shown, so rows name theirs. */
int cs_view_analyze_begin(struct cs_report *report, bool many, struct cs_err *err);
int cs_view_analyze_add(struct cs_report *report, const struct cs_analyzed *a, struct cs_err *err);

/* --- groups of builds --- */
/*
 * Table "groups", or another key and title; by: the keys of the rows, which name columns and so
 * must outlive the report; brief: few columns for people.
 */
int cs_view_groups(struct cs_report *report, const char *key, const char *title, bool brief,
		   const struct cs_by *by, size_t n_by, const struct cs_stats_row *rows, size_t n_rows,
		   struct cs_err *err);

/* The same of a window that moves: as metrics its sums are gauges. */
int cs_view_window_groups(struct cs_report *report, const char *key, const char *title,
			  const struct cs_by *by, size_t n_by, const struct cs_stats_row *rows,
			  size_t n_rows, struct cs_err *err);

/* A line for each group: whether its cache pays, with net, n and coverage. */
int cs_view_verdicts(struct cs_report *report, size_t n_by, const struct cs_stats_row *rows,
		     size_t n_rows, struct cs_err *err);

/* --- builds --- */
int cs_view_builds_begin(struct cs_report *report, struct cs_err *err);
int cs_view_builds_add(struct cs_report *report, const struct cs_build *build, struct cs_err *err);
/*
 * One build: its row, its Dockerfile where that is known, its steps. prices: as of that build;
 * figures: of it, by those prices.
 */
int cs_view_build(struct cs_report *report, const struct cs_build *build,
		  const struct cs_prices *prices, const struct cs_figures *figures,
		  struct cs_err *err);

/* --- record --- */
const char *cs_put_name(enum cs_put put);
/* runs: there will be a table of runs, too. */
int cs_view_record_begin(struct cs_report *report, bool builds, bool runs, struct cs_err *err);
/* source: what the build was taken from, in this call. */
int cs_view_record_build(struct cs_report *report, const char *source, const struct cs_build *build,
			 enum cs_put put, struct cs_err *err);
int cs_view_record_run(struct cs_report *report, const char *source, const struct cs_run *run,
		       enum cs_put put, struct cs_err *err);

/* --- diff --- */
struct cs_diff_row {
	size_t index;
	const char *instruction;
	enum cs_diff_class class;
	const struct cs_layer *a, *b; /* NULL where the layer stands on one side only */
	int64_t changed_entries;      /* -1 unknown */
	int64_t avoidable_bytes;
};
int cs_view_diff_begin(struct cs_report *report, struct cs_err *err);
int cs_view_diff_layer(struct cs_report *report, const struct cs_diff_row *row, struct cs_err *err);
int cs_view_diff_entry(struct cs_report *report, size_t layer, const struct cs_entry *a,
		       const struct cs_entry *b, unsigned changes, struct cs_err *err);

/* --- cache --- */
struct cs_cached {
	const struct cs_cache *cache;
	const struct cs_cache_figures *figures;
	const struct cs_cache_join *join;
	const struct cs_image *image; /* --for, or NULL */
	/* --against, or NULL */
	const struct cs_cache *before;
	const struct cs_cache_figures *before_figures;
	const struct cs_cache_changes *changes;
};
int cs_view_cache(struct cs_report *report, const struct cs_cached *c, struct cs_err *err);

/* --- store --- */
int cs_view_store_info(struct cs_report *report, const struct cs_store_info *info,
		       struct cs_err *err);

#endif
