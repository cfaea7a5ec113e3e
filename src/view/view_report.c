/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables that dashboards read are told by project and not shown to people, who get the same
 * from the strategy's tables. Days, steps and misses are no metrics: a series for each would drown
 * whoever scrapes them.
 */
#include "view/view_report.h"

#include "util/buf.h"
#include "view/columns.h"

#define LABEL(key, title, flags)                                                                   \
	{                                                                                          \
		key, title, CS_TYPE_TEXT, CS_ROLE_LABEL, flags, NULL                               \
	}
#define GAUGE(key, title, type, flags, help)                                                       \
	{                                                                                          \
		key, title, type, CS_ROLE_GAUGE, flags, help                                       \
	}
#define NOTE(key, title, type, flags)                                                              \
	{                                                                                          \
		key, title, type, CS_ROLE_NOTE, flags, NULL                                        \
	}

/* --- event, duplicate --- */

static const struct cs_column event_columns[] = {
	LABEL("project", "project", 0),
	LABEL("event", "event", 0),
	GAUGE("runs", "runs", CS_TYPE_COUNT, 0,
	      "Runs of first attempts, those without builds too."),
	GAUGE("builds", "builds", CS_TYPE_COUNT, 0, "Builds of the window, re-runs apart."),
	GAUGE("builds_per_run", "per run", CS_TYPE_NUMBER, 0, "Builds that name a run over runs."),
	GAUGE("expected", "expected", CS_TYPE_COUNT, 0,
	      "Builds that the policy expects of these runs."),
	GAUGE("unexpected_builds", "unexpected", CS_TYPE_COUNT, 0,
	      "Builds that the policy does not allow."),
	GAUGE("missing_builds", "missing", CS_TYPE_COUNT, 0,
	      "Builds that the policy expects and nobody started."),
};

int cs_view_window_events(struct cs_report *report, const struct cs_window_event *rows, size_t n,
			  struct cs_err *err)
{
	struct cs_table *t =
		cs_report_add_table(report, "event", NULL, event_columns, CS_N(event_columns));

	if (t)
		t->machine_only = true;
	for (size_t i = 0; t && i < n; i++) {
		const struct cs_strategy_event *e = rows[i].event;

		cs_row_add(report, t);
		cs_row_text(report, t, "project", rows[i].project);
		cs_row_text(report, t, "event",
			    e->event == CS_EVENT_NONE ? NULL : cs_event_name(e->event));
		cs_row_int(report, t, "runs", e->spread.runs);
		cs_row_int(report, t, "builds", e->builds);
		if (e->spread.runs)
			cs_row_number(report, t, "builds_per_run",
				      (double)e->spread.builds / (double)e->spread.runs);
		cs_row_int(report, t, "expected", e->expected);
		cs_row_int(report, t, "unexpected_builds", e->unexpected);
		cs_row_int(report, t, "missing_builds", e->missing);
	}
	return cs_report_check(report, err);
}

static const struct cs_column duplicate_columns[] = {
	LABEL("project", "project", 0),
	LABEL("kind", "kind", 0),
	GAUGE("builds", "builds", CS_TYPE_COUNT, 0,
	      "Builds, or executions of a step, beyond the first of each group."),
	GAUGE("wasted_seconds", "wasted", CS_TYPE_SECONDS, 0, "Their time."),
};

int cs_view_window_duplicates(struct cs_report *report, const struct cs_window_duplicate *rows,
			      size_t n, struct cs_err *err)
{
	struct cs_table *t = cs_report_add_table(report, "duplicate", NULL, duplicate_columns,
						 CS_N(duplicate_columns));

	if (t)
		t->machine_only = true;
	for (size_t i = 0; t && i < n; i++) {
		cs_row_add(report, t);
		cs_row_text(report, t, "project", rows[i].project);
		cs_row_text(report, t, "kind", cs_duplicate_kind_name(rows[i].kind));
		cs_row_int(report, t, "builds", rows[i].builds);
		cs_row_int(report, t, "wasted_seconds", rows[i].wasted_ns);
	}
	return cs_report_check(report, err);
}

/* --- trend --- */

static const struct cs_column trend_columns[] = {
	NOTE("day", "day", CS_TYPE_TEXT, 0),
	NOTE("project", "project", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("scope", "scope", CS_TYPE_TEXT, 0),
	NOTE("line", "line", CS_TYPE_TEXT, CS_COL_MACHINE),
	NOTE("builds", "builds", CS_TYPE_COUNT, 0),
	NOTE("step_hit_ratio", "step hit rate", CS_TYPE_RATIO, 0),
	NOTE("time_hit_ratio", "time hit rate", CS_TYPE_RATIO, 0),
	NOTE("duration_seconds_median", "build time", CS_TYPE_SECONDS, 0),
	NOTE("net_saved_seconds", "net saved", CS_TYPE_SECONDS, 0),
	NOTE("pruned", "sums only", CS_TYPE_BOOL, CS_COL_DETAIL),
};

static int row_trend(struct cs_report *report, struct cs_table *t, const struct cs_trend_row *row,
		     bool many, struct cs_err *err)
{
	struct cs_buf line CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	if (cs_buf_printf(&line, "%s%s%s", many && row->project ? row->project : "",
			  many && row->project ? ": " : "", row->scope ? row->scope : "-") < 0)
		return cs_err_nomem(err);
	cs_row_add(report, t);
	cs_row_text(report, t, "day", row->day);
	cs_row_text(report, t, "project", row->project);
	cs_row_text(report, t, "scope", row->scope);
	cs_row_text(report, t, "line", line.data);
	cs_row_int(report, t, "builds", row->builds);
	cs_row_quotient(report, t, "step_hit_ratio", row->step_hits,
			row->step_hits + row->step_runs);
	if (row->timed && row->priced) {
		cs_row_quotient(report, t, "time_hit_ratio", row->saved_ns,
				cs_ns_add(row->saved_ns, row->run_ns));
		cs_row_int(report, t, "net_saved_seconds", row->saved_ns - row->overhead_ns);
	}
	cs_row_int(report, t, "duration_seconds_median", row->duration_ns_median);
	cs_row_bool(report, t, "pruned", row->pruned);
	return 0;
}

int cs_view_trend(struct cs_report *report, const struct cs_trend_row *rows, size_t n, bool many,
		  struct cs_err *err)
{
	static const struct cs_chart charts[] = {
		{ .kind = CS_CHART_LINE,
		  .title = "Step hit rate by day and scope",
		  .x = "day",
		  .y = { "step_hit_ratio" },
		  .series = "line",
		  .n = "builds" },
		{ .kind = CS_CHART_LINE,
		  .title = "Median build time by day and scope",
		  .x = "day",
		  .y = { "duration_seconds_median" },
		  .series = "line",
		  .n = "builds" },
	};
	struct cs_table *t =
		cs_view_add_table(report, "trend", "Trend", trend_columns, CS_N(trend_columns));
	int r = 0;

	if (t)
		t->no_metrics = true;
	for (size_t i = 0; t && r == 0 && i < n; i++)
		r = row_trend(report, t, &rows[i], many, err);
	cs_view_tell_apart(t, "project", many);
	for (size_t i = 0; r == 0 && n && i < CS_N(charts); i++)
		cs_table_chart(report, t, &charts[i]);
	return r < 0 ? r : cs_report_check(report, err);
}

/* --- time --- */

static const struct cs_column time_columns[] = {
	NOTE("class", "class", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("project", "project", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("stage", "stage", CS_TYPE_TEXT, 0),
	NOTE("instruction", "instruction", CS_TYPE_TEXT, CS_COL_WIDE),
	NOTE("runs", "runs", CS_TYPE_COUNT, 0),
	NOTE("hits", "hits", CS_TYPE_COUNT, 0),
	NOTE("run_seconds", "ran", CS_TYPE_SECONDS, CS_COL_BAR),
	NOTE("saved_seconds", "saved", CS_TYPE_SECONDS, 0),
};

static const char *what(const struct cs_hotspot *h, char buf[40])
{
	if (h->rest)
		return "(other steps)";
	if (h->instruction)
		return h->instruction;
	snprintf(buf, 40, "(%s)", cs_step_class_name(h->class));
	return buf;
}

int cs_view_hotspots(struct cs_report *report, const struct cs_hotspot *rows, size_t n,
		     size_t max_rows, bool many, struct cs_err *err)
{
	static const struct cs_chart chart = {
		.kind = CS_CHART_BAR,
		.title = "Time that hits saved and time of steps that ran",
		.x = "instruction",
		.of = { "project", "stage" },
		.y = { "saved_seconds", "run_seconds" },
		.y_title = "time",
	};
	struct cs_table *t = cs_view_add_table(report, "time", "Where the time goes", time_columns,
					       CS_N(time_columns));
	char buf[40];

	if (t)
		t->no_metrics = true;
	for (size_t i = 0; t && i < n && i < max_rows; i++) {
		const struct cs_hotspot *h = &rows[i];

		cs_row_add(report, t);
		cs_row_text(report, t, "class", h->rest ? NULL : cs_step_class_name(h->class));
		cs_row_text(report, t, "project", many ? h->project : NULL);
		cs_row_text(report, t, "stage", h->stage);
		cs_row_text(report, t, "instruction", what(h, buf));
		cs_row_int(report, t, "runs", h->runs);
		cs_row_int(report, t, "hits", h->hits);
		cs_row_int(report, t, "run_seconds", h->run_ns);
		cs_row_int(report, t, "saved_seconds",
			   h->priced_hits || (!h->hits && cs_step_cacheable(h->class)) ? h->saved_ns
										       : -1);
	}
	cs_view_tell_apart(t, "project", many);
	if (n)
		cs_table_chart(report, t, &chart);
	if (n > max_rows)
		cs_table_lead(report, t,
			      "The %zu of %zu steps that took longest; --max-rows 0 shows all.",
			      max_rows, n);
	return cs_report_check(report, err);
}

/* --- misses --- */

static const struct cs_column miss_columns[] = {
	NOTE("project", "project", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("stage", "stage", CS_TYPE_TEXT, 0),
	NOTE("instruction", "instruction", CS_TYPE_TEXT, CS_COL_WIDE),
	NOTE("cause", "cause", CS_TYPE_TEXT, 0),
	NOTE("root_cause", "root cause", CS_TYPE_TEXT, 0),
	NOTE("root_step", "root", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("avoidable", "avoidable", CS_TYPE_BOOL, 0),
	NOTE("misses", "misses", CS_TYPE_COUNT, 0),
	NOTE("run_seconds", "took", CS_TYPE_SECONDS, CS_COL_BAR),
	NOTE("build_id", "dearest in", CS_TYPE_TEXT, 0),
	NOTE("evidence", "evidence", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("changed_files", "changed files", CS_TYPE_LIST, CS_COL_DETAIL),
};

int cs_view_costly_misses(struct cs_report *report, const struct cs_costly_miss *rows, size_t n,
			  size_t max_rows, bool many, struct cs_err *err)
{
	struct cs_table *t = cs_view_add_table(report, "misses", "The costliest misses",
					       miss_columns, CS_N(miss_columns));

	if (t)
		t->no_metrics = true;
	if (t && n)
		cs_table_lead(
			report, t,
			"Of the %d misses that took longest; 'cachestat why BUILD' tells more "
			"of one.",
			CS_DEAREST_MAX);
	for (size_t i = 0; t && i < n && i < max_rows; i++) {
		const struct cs_costly_miss *m = &rows[i];

		cs_row_add(report, t);
		cs_row_text(report, t, "project", m->project);
		cs_row_text(report, t, "stage", m->stage);
		cs_row_text(report, t, "instruction", m->instruction);
		cs_row_text(report, t, "cause", cs_cause_name(m->cause));
		cs_row_text(report, t, "root_cause", cs_cause_name(m->root_cause));
		cs_row_text(report, t, "root_step", m->root_instruction);
		if (m->avoidable != CS_TRI_UNKNOWN)
			cs_row_bool(report, t, "avoidable", m->avoidable == CS_TRI_YES);
		cs_row_int(report, t, "misses", m->misses);
		cs_row_int(report, t, "run_seconds", m->run_ns);
		cs_row_text(report, t, "build_id", m->build_id);
		cs_row_text(report, t, "evidence", m->evidence);
		cs_row_list(report, t, "changed_files", m->changed_files, m->n_changed_files);
	}
	cs_view_tell_apart(t, "project", many);
	return cs_report_check(report, err);
}

/* --- store --- */

static const struct cs_column cut_columns[] = {
	NOTE("list", "list", CS_TYPE_TEXT, 0),
	NOTE("rows", "rows", CS_TYPE_COUNT, 0),
	NOTE("of", "of", CS_TYPE_COUNT, 0),
};

int cs_view_window_cut(struct cs_report *report, const struct cs_window_cut *lists, size_t n,
		       struct cs_err *err)
{
	struct cs_table *t = NULL;

	for (size_t i = 0; i < n; i++) {
		if (lists[i].of <= lists[i].rows)
			continue;
		if (!t)
			t = cs_report_add_table(report, "cut", NULL, cut_columns,
						CS_N(cut_columns));
		if (!t)
			break;
		t->machine_only = true;
		t->no_metrics = true;
		cs_row_add(report, t);
		cs_row_text(report, t, "list", lists[i].list);
		cs_row_int(report, t, "rows", (int64_t)lists[i].rows);
		cs_row_int(report, t, "of", (int64_t)lists[i].of);
	}
	return cs_report_check(report, err);
}

static const struct cs_column store_columns[] = {
	GAUGE("projects", "projects", CS_TYPE_COUNT, 0, "Projects recorded."),
	GAUGE("runs", "runs", CS_TYPE_COUNT, 0, "CI runs recorded."),
	GAUGE("builds", "builds", CS_TYPE_COUNT, 0, "Builds recorded."),
	GAUGE("layers", "layers", CS_TYPE_COUNT, 0, "Layers recorded."),
	GAUGE("file_bytes", "on disk", CS_TYPE_BYTES, CS_COL_MACHINE, "The store's size on disk."),
};

int cs_view_window_store(struct cs_report *report, const struct cs_store_info *info,
			 bool file_bytes, struct cs_err *err)
{
	struct cs_table *t = cs_report_add_table(report, "store", "The store", store_columns,
						 CS_N(store_columns));

	if (!t)
		return cs_report_check(report, err);
	cs_table_details(t);
	cs_row_add(report, t);
	cs_row_int(report, t, "projects", info->projects);
	cs_row_int(report, t, "runs", info->runs);
	cs_row_int(report, t, "builds", info->builds);
	cs_row_int(report, t, "layers", info->layers);
	cs_row_int(report, t, "file_bytes", file_bytes ? info->file_bytes : -1);
	return cs_report_check(report, err);
}
