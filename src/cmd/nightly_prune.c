/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums come from the one walk over the history that every report uses, before anything is deleted:
 * all old days in one walk, then each in its own transaction, so that a crash leaves whole days.
 * What is pruned counts as it did in its time: figures are by the prices that stay (data/sql), so
 * sums and what is left make what there was.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/history.h"
#include "cmd/nightly.h"
#include "store/nightly.h"
#include "util/arena.h"

#define DAY_NS (CS_NS_PER_S * 86400)

struct sums {
	struct cs_arena *arena;
	struct cs_rollup *v;
	size_t n, cap, day_at; /* rows of the day that is added to begin at day_at */
};

static int64_t day_of(int64_t t)
{
	int64_t rest = t % DAY_NS;

	return t - (rest < 0 ? rest + DAY_NS : rest);
}

static struct cs_rollup *row_of(struct sums *s, int64_t day, enum cs_event event,
				const char *project, const char *scope)
{
	struct cs_rollup *row;

	/* oldest first: a new day begins behind all of the last one */
	if (s->n && s->v[s->n - 1].day_unix_ns != day)
		s->day_at = s->n;
	for (size_t i = s->day_at; i < s->n; i++) {
		row = &s->v[i];
		if (row->event == event && strcmp(row->scope, scope) == 0 &&
		    strcmp(row->project, project) == 0)
			return row;
	}
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 64;
		void *v = realloc(s->v, cap * sizeof(*s->v));

		if (!v)
			return NULL;
		s->v = v;
		s->cap = cap;
	}
	row = &s->v[s->n];
	*row = (struct cs_rollup){ .project = cs_arena_strdup(s->arena, project),
				   .scope = cs_arena_strdup(s->arena, scope),
				   .event = event,
				   .day_unix_ns = day };
	if (!row->project || !row->scope)
		return NULL;
	s->n++;
	return row;
}

static void sum_up(struct cs_rollup *row, const struct cs_figures *f)
{
	struct cs_savings sum = { 0 };

	row->builds++;
	row->failed_builds += !f->completed;
	row->cold_builds += f->cold;
	row->step_hits += f->step_hits;
	row->step_runs += f->step_runs;
	if (cs_savings_add(&sum, &f->savings)) {
		row->timed_builds++;
		row->hits += sum.hits;
		row->priced_hits += sum.priced_hits;
		row->saved_ns = cs_ns_add(row->saved_ns, sum.gross_ns);
		row->run_ns = cs_ns_add(row->run_ns, sum.run_ns);
		row->overhead_ns = cs_ns_add(row->overhead_ns, sum.overhead_ns);
	}
	if (f->duration_ns >= 0) {
		row->durations++;
		row->duration_ns = cs_ns_add(row->duration_ns, f->duration_ns);
	}
}

static int add(void *arg, const struct cs_brief *b, struct cs_brief_dict *dict, struct cs_err *err)
{
	const char *project = NULL, *scope = NULL;
	struct cs_rollup *row;
	int r = dict->project(dict, b->project, &project, err);

	if (r == 0)
		r = dict->text(dict, b->scope, &scope, err);
	if (r < 0)
		return r;
	row = row_of(arg, day_of(b->time_unix_ns), b->event, project ? project : "",
		     scope ? scope : "");
	if (!row)
		return cs_err_nomem(err);
	sum_up(row, &b->figures);
	return 0;
}

static int sum_days(struct cs_store *store, int64_t until, struct sums *s, struct cs_err *err)
{
	struct cs_brief_dict *dict CS_AUTO(cs_cmd_dict_free_p) = NULL;
	struct cs_filter old;
	int r = cs_cmd_dict_new(store, &dict, err);

	cs_filter_init(&old);
	old.until_unix_ns = until;
	return r == 0 ? cs_cmd_briefs(store, dict, &old, 0, add, s, err) : r;
}

static int put_days(struct cs_nightly *n, struct cs_store *store, const struct sums *s,
		    struct cs_err *err)
{
	int r = 0;

	for (size_t at = 0, end; at < s->n && r == 0; at = end) {
		struct cs_filter day;
		int64_t builds = 0;

		for (end = at; end < s->n && s->v[end].day_unix_ns == s->v[at].day_unix_ns;)
			end++;
		cs_filter_init(&day);
		day.since_unix_ns = s->v[at].day_unix_ns;
		day.until_unix_ns = day.since_unix_ns + DAY_NS;
		r = cs_store_roll_up(store, &day, s->v + at, end - at, &builds, err);
		n->pruned_builds += builds;
		if (r == 0)
			r = cs_ctx_check(&n->app->ctx, err);
	}
	return r;
}

int cs_nightly_prune(struct cs_nightly *n, struct cs_store *store, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct sums sums = { .arena = arena };
	struct cs_filter old;
	int64_t builds = 0, layers = 0;
	int r = cs_cmd_briefs_refresh(store, SIZE_MAX, err);

	if (r < 0 || n->keep_unix_ns == CS_TIME_NONE)
		return r;
	if (!arena)
		return cs_err_nomem(err);
	r = sum_days(store, day_of(n->keep_unix_ns), &sums, err);
	if (r == 0)
		r = put_days(n, store, &sums, err);
	free(sums.v);
	if (r == -CS_BUSY) { /* tomorrow, then */
		cs_ctx_log(&n->app->ctx, CS_LOG_WARNING, "%s", err->msg);
		memset(err, 0, sizeof(*err));
		return 0;
	}
	cs_filter_init(&old);
	if (r == 0) /* only runs and what nobody uses are left there */
		r = cs_store_prune(store, &old, day_of(n->keep_unix_ns), false, &builds, &layers,
				   err);
	return r;
}
