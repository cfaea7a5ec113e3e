/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

#include <string.h>

#define BY_COLUMN(key)                                                                             \
	{                                                                                          \
		key, key, CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL                                     \
	}

/* Every key that a group can have comes first, so that scripts find it at one place. */
static const struct cs_column by_columns[CS_N_BY] = {
	BY_COLUMN("scope"), BY_COLUMN("event"),	  BY_COLUMN("target"), BY_COLUMN("platform"),
	BY_COLUMN("job"),   BY_COLUMN("project"), BY_COLUMN("day"),    BY_COLUMN("week"),
};

static const struct cs_column figure_columns[] = {
	{ "builds", "builds", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0, "Builds recorded." },
	{ "failed_builds", "failed", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0,
	  "Builds that failed or were canceled; kept out of the rates." },
	{ "cold_builds", "cold", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0,
	  "Builds that were the first of their scope or hit nothing." },
	{ "undecided_builds", "undecided", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0,
	  "Builds with steps whose outcome is not known; kept out of the step hit rate." },
	{ "rated_builds", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Builds that the step hit rate stands on." },
	{ "step_hits", "hits", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0, "Cacheable steps that hit." },
	{ "step_runs", "runs", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0, "Cacheable steps that ran." },
	{ "step_hit_ratio", "step hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Hits of cacheable steps over hits and runs, pooled." },
	{ "step_hit_ratio_median", "median", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Median over builds of the step hit rate." },
	{ "step_hit_ratio_p25", "p25", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Lower quartile over builds of the step hit rate." },
	{ "step_hit_ratio_p75", "p75", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Upper quartile over builds of the step hit rate." },
	{ "full_hit_ratio", "full hits", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Share of builds in which every cacheable step hit." },
	{ "byte_hit_ratio", "byte hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Uncompressed bytes of own layers that were hits over all of them." },
	{ "byte_hit_ratio_blob", "by blob", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "The byte hit rate by compressed size." },
	{ "time_hit_ratio", "time hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_MACHINE,
	  "Expected time of hit steps over theirs and that of steps run." },
	{ "saved_seconds", "saved", CS_TYPE_SECONDS, CS_ROLE_COUNTER, CS_COL_MACHINE,
	  "Gross time saved by hits." },
	{ "saved_coverage_ratio", "priced", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_MACHINE,
	  "Share of hits whose price is known." },
	{ "overhead_seconds", "overhead", CS_TYPE_SECONDS, CS_ROLE_COUNTER, CS_COL_MACHINE,
	  "Time that the cache itself cost." },
	{ "net_saved_seconds", "net saved", CS_TYPE_SECONDS, CS_ROLE_COUNTER, CS_COL_MACHINE,
	  "Gross time saved less overhead." },
	{ "verdict", "verdict", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "duration_seconds_median", "build time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0,
	  "Median duration of a build." },
	{ "builder_cached_ratio", "builder's cached", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "The builder's own cached over total vertexes; no hit rate." },
};

#define N_FIGURES CS_N(figure_columns)

static void add_row(struct cs_report *report, struct cs_table *t, const enum cs_by *by, size_t n_by,
		    const struct cs_stats_row *row)
{
	cs_row_add(report, t);
	for (size_t i = 0; i < n_by; i++)
		cs_row_text(report, t, cs_by_name(by[i]),
			    row->keys[i] && *row->keys[i] ? row->keys[i] : NULL);
	cs_row_int(report, t, "builds", row->builds);
	cs_row_int(report, t, "failed_builds", row->failed_builds);
	cs_row_int(report, t, "cold_builds", row->cold_builds);
	cs_row_int(report, t, "undecided_builds", row->undecided_builds);
	cs_row_int(report, t, "rated_builds", row->n_rated);
	cs_row_int(report, t, "step_hits", row->step_hits);
	cs_row_int(report, t, "step_runs", row->step_runs);
	cs_row_quotient(report, t, "step_hit_ratio", row->step_hits,
			row->step_hits + row->step_runs);
	if (row->n_rated) {
		cs_row_ratio(report, t, "step_hit_ratio_median", row->step_hit_ratio_median);
		cs_row_ratio(report, t, "step_hit_ratio_p25", row->step_hit_ratio_p25);
		cs_row_ratio(report, t, "step_hit_ratio_p75", row->step_hit_ratio_p75);
	}
	cs_row_quotient(report, t, "full_hit_ratio", row->full_hits, row->n_rated);
	cs_row_quotient(report, t, "byte_hit_ratio", row->hit_tar_bytes, row->own_tar_bytes);
	cs_row_quotient(report, t, "byte_hit_ratio_blob", row->hit_blob_bytes, row->own_blob_bytes);
	/* Images have no times of steps: whether the cache pays takes records (cachestat record).
	 */
	cs_row_text(report, t, "verdict", "cannot_tell");
	cs_row_int(report, t, "duration_seconds_median", row->duration_ns_median);
	cs_row_quotient(report, t, "builder_cached_ratio", row->builder_cached_steps,
			row->builder_total_steps);
}

/* A brief table shows people what fits a terminal; machines get the same from both. */
static bool in_brief(const struct cs_column *c)
{
	static const char *const keys[] = { "builds",
					    "step_hits",
					    "step_runs",
					    "step_hit_ratio",
					    "step_hit_ratio_median",
					    "byte_hit_ratio" };

	for (size_t i = 0; i < CS_N(keys); i++) {
		if (strcmp(keys[i], c->key) == 0)
			return true;
	}
	return false;
}

int cs_view_groups(struct cs_report *report, const char *key, const char *title, bool brief,
		   const enum cs_by *by, size_t n_by, const struct cs_stats_row *rows,
		   size_t n_rows, struct cs_err *err)
{
	struct cs_column *columns = cs_report_columns(report, n_by + N_FIGURES);
	struct cs_table *t;

	if (!columns)
		return cs_report_check(report, err);
	for (size_t i = 0; i < n_by; i++)
		columns[i] = by_columns[by[i]];
	for (size_t i = 0; i < N_FIGURES; i++) {
		columns[n_by + i] = figure_columns[i];
		if (brief && !in_brief(&figure_columns[i]))
			columns[n_by + i].flags |= CS_COL_DETAIL;
	}
	t = cs_report_add_table(report, key, title, columns, n_by + N_FIGURES);
	for (size_t i = 0; t && i < n_rows; i++)
		add_row(report, t, by, n_by, &rows[i]);
	return cs_report_check(report, err);
}
