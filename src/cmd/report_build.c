/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window and the one of equal length before it are read in one walk, for prices come from the
 * whole history anyway. Everything is then computed from what that walk left, so that no figure
 * comes from another state of the store; but the causes of misses need builds of before, which are
 * asked for one by one.
 */
#include "cmd/report_build.h"

#include <string.h>

#include "cmd/history.h"
#include "cmd/report_parts.h"
#include "view/view.h"
#include "view/view_report.h"
#include "view/view_strategy.h"

#define PROJECTS_LISTED 65536 /* names alone; beyond, a report of all projects is not read */

static int side_new(struct cs_app *app, struct cs_report_side *s, struct cs_err *err)
{
	int r = cs_stats_new(NULL, 0, &s->total, err);

	return r == 0 ? cs_ledger_new(&app->config->policy, &s->ledger, err) : r;
}

static void side_release(struct cs_report_side *s)
{
	cs_strategy_free(s->strategy);
	cs_duplicates_free(s->duplicates);
	cs_ledger_free(s->ledger);
	cs_stats_free(s->total);
}

static void parts_release(struct cs_report_parts *p)
{
	side_release(&p->now);
	side_release(&p->before);
	for (size_t i = 0; i < p->n_projects; i++)
		side_release(&p->projects[i].side);
	cs_stats_free(p->scopes);
	cs_stats_free(p->days);
	cs_hotspots_free(p->hotspots);
	cs_cmd_dict_free(p->dict);
	cs_arena_free(p->arena);
	free(p->projects);
}

/* --- taking in --- */

static bool is_project(const struct cs_report_project *p, const char *name)
{
	return strcmp(p->name, name ? name : "") == 0;
}

static int add_run(void *arg, const struct cs_run *run, struct cs_err *err)
{
	struct cs_report_parts *p = arg;
	int r = cs_ledger_add_run(p->now.ledger, run, err);

	for (size_t i = 0; r == 0 && i < p->n_projects; i++) {
		if (is_project(&p->projects[i], run->project))
			return cs_ledger_add_run(p->projects[i].side.ledger, run, err);
	}
	return r;
}

static int add_run_before(void *arg, const struct cs_run *run, struct cs_err *err)
{
	struct cs_report_parts *p = arg;

	return cs_ledger_add_run(p->before.ledger, run, err);
}

static int add_side(struct cs_report_side *s, struct cs_brief_dict *dict,
		    const struct cs_brief *brief, struct cs_err *err)
{
	int r = s->total ? cs_stats_add(s->total, dict, brief, err) : 0;

	return r == 0 ? cs_ledger_add(s->ledger, dict, brief, err) : r;
}

static int add_to_project(struct cs_report_parts *p, struct cs_brief_dict *dict,
			  const struct cs_brief *brief, struct cs_err *err)
{
	const char *name;
	int r;

	if (brief->project != p->last_project) {
		r = dict->project(dict, brief->project, &name, err);
		if (r < 0)
			return r;
		for (p->last_place = 0; p->last_place < p->n_projects; p->last_place++) {
			if (is_project(&p->projects[p->last_place], name))
				break;
		}
		p->last_project = brief->project;
	}
	return p->last_place < p->n_projects
		       ? add_side(&p->projects[p->last_place].side, dict, brief, err)
		       : 0;
}

static int add_to_trend(struct cs_report_parts *p, struct cs_brief_dict *dict,
			const struct cs_brief *brief, struct cs_err *err)
{
	int64_t t = brief->time_unix_ns;
	struct cs_brief at;

	if (p->period == CS_PERIOD_DAY || t == CS_TIME_NONE)
		return cs_stats_add(p->days, dict, brief, err);
	if (t < p->period_start || t >= p->period_end)
		cs_report_period_of(p->period, t, &p->period_start, &p->period_end);
	at = *brief;
	at.time_unix_ns = p->period_start;
	return cs_stats_add(p->days, dict, &at, err);
}

static int add_build(void *arg, const struct cs_brief *brief, struct cs_brief_dict *dict,
		     struct cs_err *err)
{
	struct cs_report_parts *p = arg;
	int r;

	if (p->since_unix_ns != CS_TIME_NONE && brief->time_unix_ns < p->since_unix_ns)
		return add_side(&p->before, dict, brief, err);
	r = add_side(&p->now, dict, brief, err);
	if (r == 0)
		r = cs_stats_add(p->scopes, dict, brief, err);
	if (r == 0)
		r = add_to_trend(p, dict, brief, err);
	if (r == 0)
		r = cs_hotspots_add(p->hotspots, dict, brief, err);
	return r == 0 ? add_to_project(p, dict, brief, err) : r;
}

/* A ledger for each project where there are several: events are judged by project. */
static int list_projects(struct cs_app *app, struct cs_store *store, struct cs_report_parts *p,
			 struct cs_err *err)
{
	const char **names;
	size_t n;
	int r = cs_store_projects(store, PROJECTS_LISTED, p->arena, &names, &n, err);

	if (r < 0)
		return r;
	p->projects = calloc(CS_REPORT_PROJECTS, sizeof(*p->projects));
	if (!p->projects)
		return cs_err_nomem(err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct cs_filter_list *asked = &p->filter->project;
		bool wanted = asked->n == 0;

		for (size_t k = 0; k < asked->n && !wanted; k++)
			wanted = strcmp(asked->v[k], names[i]) == 0;
		if (!wanted)
			continue;
		if (p->n_projects == CS_REPORT_PROJECTS) {
			p->projects_left_out++;
			continue;
		}
		p->projects[p->n_projects].name = names[i];
		r = cs_ledger_new(&app->config->policy, &p->projects[p->n_projects++].side.ledger,
				  err);
	}
	return r;
}

static int take_in(struct cs_store *store, struct cs_report_parts *p, struct cs_err *err)
{
	struct cs_filter filter = *p->filter;
	int r = cs_store_runs(store, &filter, add_run, p, err);

	if (r == 0 && p->before_unix_ns != CS_TIME_NONE) {
		filter.since_unix_ns = p->before_unix_ns;
		filter.until_unix_ns = p->since_unix_ns;
		r = cs_store_runs(store, &filter, add_run_before, p, err);
		filter.until_unix_ns = p->filter->until_unix_ns;
	}
	if (r == 0)
		r = cs_cmd_dict_new(store, &p->dict, err);
	if (r == 0)
		r = cs_cmd_briefs(store, p->dict, &filter, CS_LEDGER_WANTS, add_build, p, err);
	return r;
}

/* --- judging --- */

static int judge(struct cs_report_side *s, bool partial, int64_t since, int64_t until,
		 struct cs_err *err)
{
	struct cs_strategy_options options = { partial, since, until };
	int r = cs_ledger_finish(s->ledger, err);

	if (r == 0)
		r = cs_strategy_judge(s->ledger, &options, &s->strategy, err);
	return r == 0 ? cs_duplicates_find(s->ledger, &s->duplicates, err) : r;
}

static int judge_all(struct cs_report_parts *p, struct cs_err *err)
{
	const struct cs_filter *f = p->filter;
	int r = judge(&p->now, p->partial, f->since_unix_ns, f->until_unix_ns, err);

	if (r == 0)
		r = judge(&p->before, p->partial, p->before_unix_ns, p->since_unix_ns, err);
	for (size_t i = 0; r == 0 && i < p->n_projects; i++)
		r = judge(&p->projects[i].side, p->partial, f->since_unix_ns, f->until_unix_ns,
			  err);
	return r;
}

/* --- the tables of others --- */

static struct cs_table *find(struct cs_report *report, const char *key)
{
	for (size_t i = 0; i < cs_report_n_tables(report); i++) {
		if (strcmp(cs_report_table(report, i)->key, key) == 0)
			return cs_report_table(report, i);
	}
	return NULL;
}

/* What strategy shows is no metric here: event and duplicate tell it by project. */
static void rank(struct cs_report *report)
{
	static const char *const folded[] = { "event_roles",	 "event_scopes", "duplicate_sums",
					      "scopes",		 "ci_minutes",	 "missing",
					      "order_violations" };
	static const char *const silent[] = { "events", "unexpected", "duplicates" };
	struct cs_table *t;

	for (size_t i = 0; i < CS_N(folded); i++) {
		t = find(report, folded[i]);
		if (t) {
			t->no_metrics = true;
			cs_table_details(t);
		}
	}
	for (size_t i = 0; i < CS_N(silent); i++) {
		t = find(report, silent[i]);
		if (t)
			t->no_metrics = true;
	}
}

static int tell_cut(struct cs_report *report, struct cs_report_parts *p, size_t max_rows,
		    struct cs_err *err)
{
	const struct cs_strategy *s = p->now.strategy;
	const struct cs_hotspot *spots;
	size_t n_duplicates, n_spots;
	int r = cs_hotspots_list(p->hotspots, &spots, &n_spots, err);

	if (r < 0 || !max_rows)
		return r;
	cs_duplicates_list(p->now.duplicates, &n_duplicates);
	return cs_view_window_cut(
		report,
		(const struct cs_window_cut[]){ { "time", max_rows, n_spots },
						{ "unexpected", max_rows, s->n_unexpected },
						{ "missing", max_rows, s->n_missing },
						{ "order_violations", max_rows, s->n_disorders },
						{ "duplicates", max_rows, n_duplicates } },
		5, err);
}

static int add_strategy(struct cs_report *report, const struct cs_report_parts *p,
			const struct cs_window *window, int64_t now, struct cs_err *err)
{
	static const struct cs_chart chart = {
		.kind = CS_CHART_BAR,
		.title = "Builds against what the policy expects",
		.x = "event",
		.y = { "builds", "expected" },
		.n = "runs",
	};
	struct cs_scope_health *scopes CS_AUTO(cs_free_p) = NULL;
	struct cs_minutes minutes[CS_EVENT_OTHER + 1];
	struct cs_strategy_view v = { .ledger = p->now.ledger,
				      .strategy = p->now.strategy,
				      .duplicates = p->now.duplicates,
				      .minutes = minutes,
				      .rate_millionths = -1,
				      .now_unix_ns = now,
				      .max_rows = window->max_rows ? window->max_rows : SIZE_MAX,
				      .all_with = "--max-rows 0",
				      .partial = p->partial };
	int r = cs_scopes_health(v.ledger, &scopes, &v.n_scopes, err);

	v.scopes = scopes;
	if (r == 0)
		r = cs_minutes_count(v.ledger, minutes, err);
	if (r == 0)
		r = cs_view_strategy(report, &v, err);
	if (r == 0 && find(report, "events")->n_rows)
		cs_table_chart(report, find(report, "events"), &chart);
	if (r == 0)
		r = cs_view_duplicates(report, &v, err);
	if (r == 0)
		r = cs_view_scopes(report, &v, err);
	if (r == 0)
		r = cs_view_minutes(report, &v, err);
	rank(report);
	return r;
}

static int add_scopes(struct cs_report *report, struct cs_report_parts *p, const struct cs_by *by,
		      struct cs_err *err)
{
	static const struct cs_chart chart = {
		.kind = CS_CHART_BAR,
		.title = "What the cache saved and what it cost",
		.x = "scope",
		.of = { "project" },
		.y = { "saved_seconds", "overhead_seconds" },
		.y_title = "time",
		.n = "builds",
	};
	const struct cs_stats_row *rows;
	size_t n;
	int r = cs_stats_rows(p->scopes, &rows, &n, err);

	if (r == 0)
		r = cs_view_window_groups(report, "scope", "What the cache brought, by scope", by,
					  2, rows, n, err);
	if (r == 0 && n)
		cs_table_chart(report, find(report, "scope"), &chart);
	return r == 0 ? cs_view_verdicts(report, 2, rows, n, err) : r;
}

static int add_hotspots(struct cs_report *report, struct cs_report_parts *p, size_t max_rows,
			struct cs_err *err)
{
	const struct cs_hotspot *rows;
	size_t n;
	int r = cs_hotspots_list(p->hotspots, &rows, &n, err);

	return r < 0 ? r
		     : cs_view_hotspots(report, rows, n, max_rows ? max_rows : SIZE_MAX,
					p->n_projects > 1, err);
}

static int add_tables(struct cs_app *app, struct cs_store *store, struct cs_report_parts *p,
		      const struct cs_window *window, const struct cs_by *by,
		      struct cs_report *report, struct cs_err *err)
{
	struct cs_store_info info;
	int r = add_scopes(report, p, by, err);

	if (r == 0)
		r = cs_report_add_projects(report, p, err);
	if (r == 0)
		r = cs_report_add_trend(store, report, p, err);
	if (r == 0)
		r = add_hotspots(report, p, window->max_rows, err);
	if (r == 0)
		r = cs_report_add_misses(app, store, report, p, window->max_rows, err);
	if (r == 0)
		r = add_strategy(report, p, window, cs_ctx_now(&app->ctx), err);
	if (r == 0)
		r = tell_cut(report, p, window->max_rows, err);
	if (r == 0)
		r = cs_store_counts(store, &info, err);
	return r == 0 ? cs_view_window_store(report, &info, window->file_bytes, err) : r;
}

/* --- all --- */

/* Columns are named by these, so they live as long as the program. */
static const struct cs_by by_scope[] = { { CS_BY_PROJECT, "project" }, { CS_BY_SCOPE, "scope" } };
static const struct cs_by by_day[] = { { CS_BY_DAY, "day" },
				       { CS_BY_PROJECT, "project" },
				       { CS_BY_SCOPE, "scope" } };

static int parts_new(struct cs_app *app, const struct cs_window *window, struct cs_report_parts *p,
		     struct cs_err *err)
{
	const struct cs_filter *f = window->filter;
	int64_t end = f->until_unix_ns;
	int r;

	if (end == CS_TIME_NONE)
		end = cs_ctx_now(&app->ctx);
	p->filter = f;
	p->repo = window->repo;
	p->since_unix_ns = f->since_unix_ns;
	p->before_unix_ns = CS_TIME_NONE;
	p->until_unix_ns = end;
	p->period = cs_report_period(f->since_unix_ns, end);
	p->partial = f->scope.n || f->target.n || f->platform.n;
	if (f->since_unix_ns != CS_TIME_NONE && end > f->since_unix_ns &&
	    __builtin_sub_overflow(f->since_unix_ns, end - f->since_unix_ns, &p->before_unix_ns))
		p->before_unix_ns = CS_TIME_NONE;
	p->arena = cs_arena_new();
	if (!p->arena)
		return cs_err_nomem(err);
	r = side_new(app, &p->now, err);
	if (r == 0)
		r = side_new(app, &p->before, err);
	if (r == 0)
		r = cs_stats_new(by_scope, CS_N(by_scope), &p->scopes, err);
	if (r == 0)
		r = cs_stats_new(by_day, CS_N(by_day), &p->days, err);
	return r == 0 ? cs_hotspots_new(&p->hotspots, err) : r;
}

int cs_cmd_report_fill(struct cs_app *app, struct cs_store *store, const struct cs_window *window,
		       struct cs_report *report, struct cs_err *err)
{
	struct cs_report_parts p CS_AUTO(parts_release) = { 0 };
	int r = parts_new(app, window, &p, err);

	if (r == 0)
		r = list_projects(app, store, &p, err);
	if (r == 0)
		r = take_in(store, &p, err);
	if (r == 0)
		r = judge_all(&p, err);
	if (r == 0)
		r = cs_report_add_head(report, &p, window->title, err);
	if (r == 0)
		r = add_tables(app, store, &p, window, by_scope, report, err);
	return r == 0 ? cs_report_check(report, err) : r;
}
