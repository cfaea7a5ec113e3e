/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

#include <string.h>

#include "report/fmt.h"
#include "util/buf.h"
#include "view/columns.h"

static const struct cs_column figure_columns[] = {
	{ "builds", "builds", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0, "Builds recorded." },
	{ "failed_builds", "failed", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0,
	  "Builds that failed or were canceled; kept out of the rates." },
	{ "cold_builds", "cold", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0,
	  "Builds that were the first of their scope or hit nothing." },
	{ "undecided_builds", "undecided", CS_TYPE_COUNT, CS_ROLE_COUNTER, CS_COL_DETAIL,
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
	{ "full_hit_ratio", "full hits", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Share of builds in which every cacheable step hit." },
	{ "byte_hit_ratio", "byte hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Uncompressed bytes of own layers that were hits over all of them." },
	{ "byte_hit_ratio_blob", "by blob", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "The byte hit rate by compressed size." },
	{ "time_hit_ratio", "time hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Expected time of hit steps over theirs and the measured time of steps that ran." },
	{ "saved_seconds", "saved", CS_TYPE_SECONDS, CS_ROLE_COUNTER, CS_COL_DETAIL,
	  "Expected time of hits: what each took when it last ran; unpriced hits count nothing." },
	{ "saved_coverage_ratio", "priced", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Share of hits whose price is known." },
	{ "overhead_seconds", "overhead", CS_TYPE_SECONDS, CS_ROLE_COUNTER, CS_COL_DETAIL,
	  "Time of cache imports and exports and of fetching cached layers." },
	{ "net_saved_seconds", "net saved", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0,
	  "Time saved by hits less overhead." },
	{ "verdict", "verdict", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_STATE, NULL },
	{ "duration_seconds_median", "build time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0,
	  "Median duration of a build." },
	{ "builder_cached_ratio", "builder's own", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "The builder's own cached over total vertexes; no hit rate." },
	{ "run_seconds", "ran", CS_TYPE_SECONDS, CS_ROLE_COUNTER, CS_COL_DETAIL,
	  "Measured time of cacheable steps that ran." },
	{ "timed_builds", "timed", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Builds that the time hit rate and all savings stand on." },
	{ "wall_saved_seconds", "wall clock", CS_TYPE_SECONDS, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Critical path with the expected time of hits less the one that was, summed over "
	  "builds." },
	{ "wall_builds", "wall n", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Builds that the wall-clock time saved stands on." },
	{ "negative_net_ratio", "net loss", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Share of builds with overhead above time saved, of those where that is certain." },
	{ "net_builds", "net n", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Builds of which it is certain whether their net is negative." },
	{ "break_even_hit_ratio", "break-even", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL,
	  "Step hit rate at which net saved is 0 with this overhead, a hit saving the mean price "
	  "of the priced hits; above 1, no hit rate pays." },
};

#define N_FIGURES CS_N(figure_columns)

static void add_savings(struct cs_report *report, struct cs_table *t,
			const struct cs_stats_row *row)
{
	const struct cs_savings *s = &row->savings;

	cs_row_text(report, t, "verdict", cs_pays_name(cs_pays(s)));
	cs_row_int(report, t, "timed_builds", row->n_timed);
	cs_row_int(report, t, "wall_builds", row->n_wall);
	cs_row_int(report, t, "net_builds", row->n_net);
	if (!s->known)
		return;
	cs_row_int(report, t, "run_seconds", s->run_ns);
	cs_row_quotient(report, t, "saved_coverage_ratio", s->priced_hits, s->hits);
	cs_row_int(report, t, "overhead_seconds", s->overhead_ns);
	cs_row_quotient(report, t, "negative_net_ratio", row->n_negative_net, row->n_net);
	cs_row_ratio(report, t, "break_even_hit_ratio", cs_savings_break_even(s));
	if (s->wall_known)
		cs_row_int(report, t, "wall_saved_seconds", s->wall_ns);
	if (!cs_savings_priced(s))
		return;
	cs_row_quotient(report, t, "time_hit_ratio", s->gross_ns,
			cs_ns_add(s->gross_ns, s->run_ns));
	cs_row_int(report, t, "saved_seconds", s->gross_ns);
	cs_row_int(report, t, "net_saved_seconds", cs_savings_net(s));
}

static void add_row(struct cs_report *report, struct cs_table *t, const struct cs_by *by,
		    size_t n_by, const struct cs_stats_row *row)
{
	cs_row_add(report, t);
	for (size_t i = 0; i < n_by; i++)
		cs_row_text(report, t, by[i].name,
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
	add_savings(report, t, row);
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

/* Of a window people first want to know what it brought; the counts below it are for -v. */
static bool is_basis(const struct cs_column *c)
{
	static const char *const keys[] = { "failed_builds", "cold_builds", "step_hits",
					    "step_runs", "builder_cached_ratio" };

	for (size_t i = 0; i < CS_N(keys); i++) {
		if (strcmp(keys[i], c->key) == 0)
			return true;
	}
	return false;
}

/* gauges: sums of a window that moves, which fall too, are no counters. */
static struct cs_table *add_groups(struct cs_report *report, const char *key, const char *title,
				   bool brief, bool gauges, const struct cs_by *by, size_t n_by)
{
	struct cs_column *columns = cs_report_columns(report, n_by + N_FIGURES);

	if (!columns)
		return NULL;
	for (size_t i = 0; i < n_by; i++)
		columns[i] = (struct cs_column){ by[i].name,	by[i].name, CS_TYPE_TEXT,
						 CS_ROLE_LABEL, 0,	    NULL };
	for (size_t i = 0; i < N_FIGURES; i++) {
		columns[n_by + i] = figure_columns[i];
		if (brief && !in_brief(&figure_columns[i]))
			columns[n_by + i].flags |= CS_COL_DETAIL;
		if (gauges && is_basis(&figure_columns[i]))
			columns[n_by + i].flags |= CS_COL_DETAIL;
		if (gauges && figure_columns[i].role == CS_ROLE_COUNTER)
			columns[n_by + i].role = CS_ROLE_GAUGE;
	}
	return cs_report_add_table(report, key, title, columns, n_by + N_FIGURES);
}

int cs_view_groups(struct cs_report *report, const char *key, const char *title, bool brief,
		   const struct cs_by *by, size_t n_by, const struct cs_stats_row *rows,
		   size_t n_rows, struct cs_err *err)
{
	struct cs_table *t = add_groups(report, key, title, brief, false, by, n_by);

	for (size_t i = 0; t && i < n_rows; i++)
		add_row(report, t, by, n_by, &rows[i]);
	return cs_report_check(report, err);
}

int cs_view_window_groups(struct cs_report *report, const char *key, const char *title,
			  const struct cs_by *by, size_t n_by, const struct cs_stats_row *rows,
			  size_t n_rows, struct cs_err *err)
{
	struct cs_table *t = add_groups(report, key, title, false, true, by, n_by);

	for (size_t i = 0; t && i < n_rows; i++)
		add_row(report, t, by, n_by, &rows[i]);
	cs_view_tell_apart(t, "project", false);
	return cs_report_check(report, err);
}

/* --- one line for each group --- */

static int group_name(const struct cs_stats_row *row, size_t n_by, struct cs_buf *ret)
{
	if (!n_by && cs_buf_puts(ret, "all builds") < 0)
		return -1;
	for (size_t i = 0; i < n_by; i++) {
		const char *key = row->keys[i] && *row->keys[i] ? row->keys[i] : "-";

		if ((i && cs_buf_puts(ret, ", ") < 0) || cs_buf_puts(ret, key) < 0)
			return -1;
	}
	return 0;
}

/* Why nothing can be told, for people. */
static const char *doubt(const struct cs_savings *s)
{
	if (!s->known)
		return "no completed build has the times of its steps";
	if (!cs_savings_priced(s))
		return "no hit was ever recorded running";
	if (cs_savings_net(s) < 0)
		return "a loss as far as hits have prices";
	return s->hits ? "it saves as much as it costs" : "no hits, and no overhead";
}

static void note_verdict(struct cs_report *report, const char *name, const struct cs_stats_row *row)
{
	const struct cs_savings *s = &row->savings;
	enum cs_pays pays = cs_pays(s);
	int64_t net = cs_savings_net(s);
	char time[CS_FMT_NUM], ratio[CS_FMT_NUM], coverage[CS_FMT_NUM + 32] = "";

	if (s->known && s->hits)
		snprintf(coverage, sizeof(coverage), " (coverage %s)",
			 cs_fmt_ratio((double)s->priced_hits / (double)s->hits, ratio));
	cs_fmt_duration(net < 0 ? -net : net, time);
	if (pays == CS_PAYS_YES)
		cs_report_note(report, false, "%s: pays, %s net in %lld builds%s", name, time,
			       (long long)row->n_timed, coverage);
	else if (pays == CS_PAYS_NO)
		cs_report_note(report, false, "%s: does not pay, costs %s net in %lld builds%s",
			       name, time, (long long)row->n_timed, coverage);
	else
		cs_report_note(report, false, "%s: cannot tell, %s%s", name, doubt(s), coverage);
}

int cs_view_verdicts(struct cs_report *report, size_t n_by, const struct cs_stats_row *rows,
		     size_t n_rows, struct cs_err *err)
{
	struct cs_buf name CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (size_t i = 0; i < n_rows; i++) {
		cs_buf_reset(&name);
		if (group_name(&rows[i], n_by, &name) < 0)
			return cs_err_nomem(err);
		note_verdict(report, name.data ? name.data : "", &rows[i]);
	}
	return cs_report_check(report, err);
}
