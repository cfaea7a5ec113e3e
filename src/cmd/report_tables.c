/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that are put together here. The causes of misses are asked for the dearest ones only, each
 * against few earlier builds: a report of every night must not take a walk for each miss.
 */
#include <string.h>

#include "cmd/earlier.h"
#include "cmd/report_parts.h"
#include "cmd/why_files.h"
#include "store/nightly.h"
#include "view/view_report.h"

#define EARLIER_MAX 50

/* --- event, duplicate --- */

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static int add_events(struct cs_report *report, const struct cs_report_parts *p, struct cs_err *err)
{
	struct cs_window_event *rows;
	size_t n = 0;

	if (p->projects_left_out)
		cs_report_note(report, false,
			       "The tables event and duplicate are of the first %zu projects; %zu "
			       "more are in the sums only (--project NAME shows one)",
			       p->n_projects, p->projects_left_out);
	rows = cs_arena_array(p->arena, (p->n_projects + 1) * (CS_EVENT_OTHER + 1), sizeof(*rows));
	if (!rows)
		return cs_err_nomem(err);
	for (size_t i = 0; i < p->n_projects; i++) {
		const struct cs_strategy *s = p->projects[i].side.strategy;

		for (size_t k = 0; k < s->n_events; k++)
			rows[n++] = (struct cs_window_event){ or_null(p->projects[i].name),
							      &s->events[k] };
	}
	return cs_view_window_events(report, rows, n, err);
}

/* Each kind, those without a duplicate too: a series that is not there looks like no data. */
static void sum_duplicates(const struct cs_report_project *p, struct cs_window_duplicate *rows)
{
	size_t n;
	const struct cs_duplicate *list = cs_duplicates_list(p->side.duplicates, &n);

	for (int k = 0; k <= CS_DUPLICATE_WORK; k++)
		rows[k] = (struct cs_window_duplicate){ or_null(p->name), (enum cs_duplicate_kind)k,
							0, 0 };
	for (size_t i = 0; i < n; i++) {
		struct cs_window_duplicate *row = &rows[list[i].kind];

		row->builds += list[i].builds - 1;
		if (list[i].wasted_ns > 0)
			row->wasted_ns = cs_ns_add(row->wasted_ns, list[i].wasted_ns);
	}
}

int cs_report_add_projects(struct cs_report *report, const struct cs_report_parts *p,
			   struct cs_err *err)
{
	size_t kinds = CS_DUPLICATE_WORK + 1;
	struct cs_window_duplicate *rows;
	int r = add_events(report, p, err);

	if (r < 0)
		return r;
	rows = cs_arena_array(p->arena, (p->n_projects + 1) * kinds, sizeof(*rows));
	if (!rows)
		return cs_err_nomem(err);
	for (size_t i = 0; i < p->n_projects; i++)
		sum_duplicates(&p->projects[i], rows + i * kinds);
	return cs_view_window_duplicates(report, rows, p->n_projects * kinds, err);
}

/* --- trend --- */

#define DAY	    (INT64_C(86400) * CS_NS_PER_S)
#define BY_DAY_MAX  100 /* days of a window */
#define BY_WEEK_MAX 400

enum cs_period cs_report_period(int64_t since_unix_ns, int64_t until_unix_ns)
{
	int64_t length;

	if (since_unix_ns == CS_TIME_NONE || until_unix_ns == CS_TIME_NONE ||
	    __builtin_sub_overflow(until_unix_ns, since_unix_ns, &length))
		return CS_PERIOD_MONTH;
	return length <= BY_DAY_MAX * DAY    ? CS_PERIOD_DAY
	       : length <= BY_WEEK_MAX * DAY ? CS_PERIOD_WEEK
					     : CS_PERIOD_MONTH;
}

/* The ends of time are days, too. */
static int64_t start_of(int64_t day)
{
	int64_t t;

	return __builtin_mul_overflow(day, DAY, &t) ? day < 0 ? INT64_MIN + 1 : INT64_MAX : t;
}

void cs_report_period_of(enum cs_period period, int64_t unix_ns, int64_t *ret_start,
			 int64_t *ret_end)
{
	int64_t day = unix_ns / DAY - (unix_ns % DAY < 0), first = day, next = day + 1;
	char date[CS_TIME_TEXT], other[CS_TIME_TEXT];

	if (period == CS_PERIOD_WEEK) {
		first = day - ((day + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
		next = first + 7;
	} else if (period == CS_PERIOD_MONTH) {
		cs_time_format(start_of(day), date);
		first = day - ((date[8] - '0') * 10 + date[9] - '0' - 1);
		for (next = first + 28; next < first + 31; next++) {
			cs_time_format(start_of(next), other);
			if (strncmp(date, other, 7) != 0)
				break;
		}
	}
	*ret_start = start_of(first);
	*ret_end = start_of(next);
}

struct trend {
	enum cs_period period;
	struct cs_arena *arena;
	struct cs_trend_row *rows;
	size_t n, cap;
};

static void trend_release(struct trend *t)
{
	free(t->rows);
}

static struct cs_trend_row *trend_row(struct trend *t)
{
	if (t->n == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct cs_trend_row *rows = reallocarray(t->rows, cap, sizeof(*rows));

		if (!rows)
			return NULL;
		t->rows = rows;
		t->cap = cap;
	}
	t->rows[t->n] = (struct cs_trend_row){ .duration_ns_median = -1 };
	return &t->rows[t->n++];
}

static int add_pruned(void *arg, const struct cs_rollup *r, struct cs_err *err)
{
	struct trend *t = arg;
	struct cs_trend_row *row = trend_row(t);
	char day[CS_TIME_TEXT];
	int64_t start, end;

	if (!row)
		return cs_err_nomem(err);
	cs_report_period_of(t->period, r->day_unix_ns, &start, &end);
	cs_time_format(start, day);
	day[strcspn(day, "T")] = '\0';
	row->day = cs_arena_strdup(t->arena, day);
	row->project = cs_arena_strdup(t->arena, r->project ? r->project : "");
	row->scope = cs_arena_strdup(t->arena, r->scope);
	if (!row->day || !row->project || !row->scope)
		return cs_err_nomem(err);
	row->pruned = true;
	row->builds = r->builds;
	row->step_hits = r->step_hits;
	row->step_runs = r->step_runs;
	row->timed = r->timed_builds > 0;
	row->priced = !r->hits || r->priced_hits;
	row->saved_ns = r->saved_ns;
	row->run_ns = r->run_ns;
	row->overhead_ns = r->overhead_ns;
	return 0;
}

static int add_days(struct trend *t, struct cs_stats *days, struct cs_err *err)
{
	const struct cs_stats_row *rows;
	size_t n;
	int r = cs_stats_rows(days, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct cs_savings *s = &rows[i].savings;
		struct cs_trend_row *row;

		if (!rows[i].keys[0])
			continue; /* it has no place on an axis of time */
		row = trend_row(t);
		if (!row)
			return cs_err_nomem(err);
		row->day = rows[i].keys[0];
		row->project = rows[i].keys[1];
		row->scope = rows[i].keys[2];
		row->builds = rows[i].builds;
		row->step_hits = rows[i].step_hits;
		row->step_runs = rows[i].step_runs;
		row->timed = s->known;
		row->priced = cs_savings_priced(s);
		row->saved_ns = s->gross_ns;
		row->run_ns = s->run_ns;
		row->overhead_ns = s->overhead_ns;
		row->duration_ns_median = rows[i].duration_ns_median;
	}
	return r;
}

static int compare_trend(const void *a, const void *b)
{
	const struct cs_trend_row *x = a, *y = b;
	int r = strcmp(x->day, y->day);

	if (!r)
		r = strcmp(x->project ? x->project : "", y->project ? y->project : "");
	return r ? r : strcmp(x->scope ? x->scope : "", y->scope ? y->scope : "");
}

static void merge(struct cs_trend_row *to, const struct cs_trend_row *from)
{
	to->pruned = to->pruned || from->pruned;
	to->builds += from->builds;
	to->step_hits += from->step_hits;
	to->step_runs += from->step_runs;
	to->priced = (to->timed && to->priced) || (from->timed && from->priced);
	to->timed = to->timed || from->timed;
	to->saved_ns = cs_ns_add(to->saved_ns, from->saved_ns);
	to->run_ns = cs_ns_add(to->run_ns, from->run_ns);
	to->overhead_ns = cs_ns_add(to->overhead_ns, from->overhead_ns);
	if (to->duration_ns_median < 0)
		to->duration_ns_median = from->duration_ns_median;
}

int cs_report_add_trend(struct cs_store *store, struct cs_report *report, struct cs_report_parts *p,
			struct cs_err *err)
{
	const struct cs_filter *f = p->filter;
	static const char *const notes[] = {
		NULL, "In the trend a day stands for the week that begins with it",
		"In the trend a day stands for the month that begins with it"
	};
	struct trend t CS_AUTO(trend_release) = { .period = p->period, .arena = p->arena };
	size_t n = 0;
	int r = add_days(&t, p->days, err);

	/* the sums of pruned days do not know these */
	if (r == 0 && !f->ref.n && !f->target.n && !f->platform.n && !f->n_labels)
		r = cs_store_rollups(store, f, add_pruned, &t, err);
	if (r < 0)
		return r;
	if (t.n)
		qsort(t.rows, t.n, sizeof(*t.rows), compare_trend);
	for (size_t i = 0; i < t.n; i++) {
		if (n && compare_trend(&t.rows[n - 1], &t.rows[i]) == 0)
			merge(&t.rows[n - 1], &t.rows[i]);
		else
			t.rows[n++] = t.rows[i];
	}
	if (notes[p->period] && n)
		cs_report_note(report, false, "%s", notes[p->period]);
	return cs_view_trend(report, t.rows, n, p->n_projects > 1, err);
}

/* --- misses --- */

/* The row of the same step and cause, or a new one. */
static struct cs_costly_miss *row_of(struct cs_costly_miss *rows, size_t *n,
				     const struct cs_build *b, const struct cs_miss *m)
{
	const char *project = b->facts.project ? b->facts.project : "";
	const char *stage = m->step->stage ? m->step->stage : "";

	for (size_t i = 0; i < *n; i++) {
		if (rows[i].cause == m->cause && rows[i].root_cause == m->root_cause &&
		    strcmp(rows[i].project, project) == 0 && strcmp(rows[i].stage, stage) == 0 &&
		    strcmp(rows[i].instruction, m->step->instruction) == 0)
			return &rows[i];
	}
	rows[*n] = (struct cs_costly_miss){
		.build_id = b->id,
		.project = project,
		.stage = stage,
		.instruction = m->step->instruction,
		.evidence = m->evidence,
		.root_instruction = m->root->instruction,
		.cause = m->cause,
		.root_cause = m->root_cause,
		.avoidable = m->avoidable,
		.changed_files = m->changed_files,
		.n_changed_files = m->n_changed_files,
	};
	return &rows[(*n)++];
}

/* What is asked for of the dearest misses, and what was read for them. */
struct asking {
	struct cs_app *app;
	struct cs_store *store;
	const char *repo;
	struct cs_arena *arena;
	struct cs_earlier_pool pool;
};

static void asking_release(struct asking *a)
{
	cs_earlier_pool_release(&a->pool);
	cs_arena_free(a->arena);
}

static int judge_build(struct asking *a, const char *id, struct cs_build *ret,
		       struct cs_miss **ret_misses, size_t *ret_n, struct cs_err *err)
{
	struct cs_why_evidence *evidence CS_AUTO(cs_why_evidence_free_p) = NULL;
	struct cs_why_input input = { .build = ret, .files = cs_why_evidence_files };
	struct cs_earlier earlier = { NULL, 0, false };
	struct cs_filter all;
	int r;

	cs_filter_init(&all);
	r = cs_store_build_get(a->store, &all, id,
			       CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS | CS_WITH_RECIPE,
			       a->arena, ret, err);
	if (r == 0)
		r = cs_why_evidence_new(a->app, a->store, ret, a->repo, NULL, &evidence, err);
	if (r == 0)
		r = cs_cmd_earlier(a->store, ret, EARLIER_MAX, &a->pool, a->arena, &earlier, err);
	if (r < 0)
		return r;
	input.earlier = earlier.v;
	input.n_earlier = earlier.n;
	input.cut = earlier.cut;
	input.arg = evidence;
	return cs_why(&input, a->arena, ret_misses, ret_n, err);
}

/* All dear misses of one build at once; what is seen is crossed out in done. */
static int explain(struct asking *a, const struct cs_dearest *list, size_t n, size_t at, bool *done,
		   struct cs_costly_miss *rows, size_t *n_rows, struct cs_err *err)
{
	struct cs_build *build = cs_arena_array(a->arena, 1, sizeof(*build));
	struct cs_miss *misses;
	size_t n_misses;
	int r;

	if (!build)
		return cs_err_nomem(err);
	r = judge_build(a, list[at].build_id, build, &misses, &n_misses, err);
	for (size_t i = at; r == 0 && i < n; i++) {
		if (strcmp(list[i].build_id, list[at].build_id) != 0)
			continue;
		done[i] = true;
		for (size_t k = 0; k < n_misses; k++) {
			struct cs_costly_miss *row;

			if (misses[k].step->index != list[i].step)
				continue;
			row = row_of(rows, n_rows, build, &misses[k]);
			row->misses++;
			row->run_ns = cs_ns_add(row->run_ns, list[i].duration_ns);
		}
	}
	return r;
}

static int compare_misses(const void *a, const void *b)
{
	const struct cs_costly_miss *x = a, *y = b;
	int r = (x->run_ns < y->run_ns) - (x->run_ns > y->run_ns);

	if (!r)
		r = strcmp(x->project, y->project);
	if (!r)
		r = strcmp(x->stage, y->stage);
	if (!r)
		r = strcmp(x->instruction, y->instruction);
	return r ? r : (int)x->cause - (int)y->cause;
}

int cs_report_add_misses(struct cs_app *app, struct cs_store *store, struct cs_report *report,
			 const struct cs_report_parts *p, size_t max_rows, struct cs_err *err)
{
	struct asking asking CS_AUTO(asking_release) = {
		.app = app, .store = store, .repo = p->repo, .arena = cs_arena_new()
	};
	struct cs_costly_miss rows[CS_DEAREST_MAX];
	bool done[CS_DEAREST_MAX] = { false };
	size_t n, n_rows = 0;
	const struct cs_dearest *list = cs_hotspots_dearest(p->hotspots, &n);
	int r = 0;

	if (!asking.arena)
		return cs_err_nomem(err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!done[i])
			r = explain(&asking, list, n, i, done, rows, &n_rows, err);
		if (r == 0)
			r = cs_ctx_check(&app->ctx, err);
	}
	if (r < 0)
		return r;
	if (n_rows)
		qsort(rows, n_rows, sizeof(*rows), compare_misses);
	return cs_view_costly_misses(report, rows, n_rows, max_rows ? max_rows : SIZE_MAX,
				     p->n_projects > 1, err);
}
