/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of metrics.md over groups of builds. Builds are added one at a time, in any order;
 * memory grows with the number of groups and by 16 bytes a build (for medians), not with steps.
 */
#ifndef CS_METRICS_STATS_H
#define CS_METRICS_STATS_H

#include "metrics/brief.h"

/* What a group is made of. */
enum cs_by_key {
	CS_BY_SCOPE,
	CS_BY_EVENT,
	CS_BY_TARGET,
	CS_BY_PLATFORM,
	CS_BY_JOB,
	CS_BY_PROJECT,
	CS_BY_WORKFLOW,
	CS_BY_RUN, /* the CI's run id */
	CS_BY_REF,
	CS_BY_COMMIT,
	CS_BY_STATUS,
	CS_BY_SOURCE_KIND,
	CS_BY_DAY,   /* 2026-11-22, UTC, by the build's start */
	CS_BY_WEEK,  /* 2026-W47, ISO 8601 */
	CS_BY_MONTH, /* 2026-11 */
	CS_BY_LABEL, /* label.NAME */
	CS_N_BY
};
#define CS_BY_NAME 128
struct cs_by {
	enum cs_by_key key;
	char name[CS_BY_NAME]; /* as it was typed, and what its column is called */
};
#define CS_BY_MAX 4
/* "scope,label.strategy" into by[CS_BY_MAX]; CS_USAGE naming what there is. */
int cs_by_parse(const char *text, struct cs_by *by, size_t *ret_n, struct cs_err *err);
/* What of briefs is asked for: CS_BRIEF_LABELS, CS_BRIEF_COMMIT. */
unsigned cs_by_wants(const struct cs_by *by, size_t n);

struct cs_stats_row {
	const char *keys[CS_BY_MAX]; /* NULL = unknown; borrowed from the stats */
	int64_t builds, failed_builds, cold_builds;
	int64_t undecided_builds; /* with own steps of unknown outcome: kept out of the step rate */
	int64_t step_hits, step_runs; /* of decided, completed builds (M1) */
	int64_t n_rated;	      /* builds with at least one decided cacheable step */
	double step_hit_ratio_median, step_hit_ratio_p25, step_hit_ratio_p75; /* NaN unknown */
	int64_t full_hits;		      /* builds in which every cacheable step hit */
	int64_t own_tar_bytes, hit_tar_bytes; /* M2; own 0 = unknown */
	int64_t own_blob_bytes, hit_blob_bytes;
	int64_t n_bytes;				   /* builds that the byte rate stands on */
	int64_t builder_cached_steps, builder_total_steps; /* over builds that have both */
	int64_t n_durations;
	int64_t duration_ns_median; /* -1 unknown */
	struct cs_savings savings;  /* M3-M6, sums */
	int64_t n_timed;	    /* builds that savings stand on */
	int64_t n_wall;		    /* those of them whose wall-clock time is known */
	/*
	 * Builds of which it is certain whether their net is negative, and those where it is: an
	 * unpriced hit could turn a loss, not a gain.
	 */
	int64_t n_net, n_negative_net;
};

struct cs_stats;

int cs_stats_new(const struct cs_by *by, size_t n_by, struct cs_stats **ret, struct cs_err *err);
void cs_stats_free(struct cs_stats *stats);
CS_DEFINE_AUTO(struct cs_stats *, cs_stats_free)
/* What counts is decided in the figures; the brief tells its group. dict: until the last add. */
int cs_stats_add(struct cs_stats *stats, struct cs_brief_dict *dict, const struct cs_brief *brief,
		 struct cs_err *err);
/* Rows sorted by their keys; finishes medians. Borrowed until the stats are freed. */
int cs_stats_rows(struct cs_stats *stats, const struct cs_stats_row **ret, size_t *ret_n,
		  struct cs_err *err);

/* Quantile q (0..1) of sorted values, linear between neighbours (numpy's default); NaN for n = 0.
 */
double cs_quantile(const double *sorted, size_t n, double q);

#endif
