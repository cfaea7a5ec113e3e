/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When all are added: what is asked of whole runs, and the orders that rows are computed in. A row
 * of one scope visits that scope's builds alone, each order a list of 4 bytes a build.
 */
#include "metrics/compare_impl.h"
#include "metrics/minutes.h"

/*
 * M10 of one job: n builds. What it does besides them is not known, so its time is taken from its
 * first build's start to its last one's end.
 */
static void add_job(struct cs_cluster *run, const struct cs_item *items, const uint32_t *at,
		    size_t n)
{
	int64_t start = INT64_MAX, end = INT64_MIN, sum = 0, saved = 0, t;
	bool placed = true;

	for (size_t i = 0; i < n; i++) {
		const struct cs_item *item = &items[at[i]];

		run->minutes_known &= item->duration_ns >= 0;
		run->saved_known &= item->duration_ns >= 0 && item->wall_known;
		placed &= item->started_unix_ns != CS_TIME_NONE;
		if (item->duration_ns > 0)
			sum = cs_ns_add(sum, item->duration_ns);
		saved = cs_ns_add(saved, item->saved_ns);
		if (!placed || item->duration_ns < 0)
			continue;
		start = item->started_unix_ns < start ? item->started_unix_ns : start;
		if (item->started_unix_ns + item->duration_ns > end)
			end = item->started_unix_ns + item->duration_ns;
	}
	t = placed && end >= start ? end - start : sum;
	run->minutes = cs_ns_add(run->minutes, cs_minutes_of(t));
	run->saved_minutes = cs_ns_add(run->saved_minutes, cs_minutes_saved(t, saved));
}

/* A build without a job is a job of its own. */
static void add_minutes(struct cs_history_side *s, uint32_t nameless)
{
	size_t first = 0;

	for (uint32_t i = 0; i < s->n_runs; i++)
		s->runs[i].minutes_known = s->runs[i].saved_known = true;
	for (size_t i = 1; i <= s->n_items; i++) {
		const struct cs_item *a = &s->items[s->by_run[first]];
		const struct cs_item *b = i < s->n_items ? &s->items[s->by_run[i]] : NULL;

		if (b && b->job != nameless && a->run == b->run && a->job == b->job)
			continue;
		add_job(&s->runs[a->run], s->items, s->by_run + first, i - first);
		first = i;
	}
}

/* A production build that began when a test build of its run was done could use its layers. */
static int mark_after_test(struct cs_history_side *s)
{
	int64_t *done CS_AUTO(cs_free_p) = calloc((size_t)s->n_runs + 1, sizeof(*done));

	if (!done)
		return -1;
	for (uint32_t i = 0; i < s->n_runs; i++)
		done[i] = INT64_MAX;
	for (size_t i = 0; i < s->n_items; i++) {
		const struct cs_item *item = &s->items[i];
		int64_t end = item->started_unix_ns == CS_TIME_NONE || item->duration_ns < 0
				      ? INT64_MAX
				      : item->started_unix_ns + item->duration_ns;

		if (item->test && item->completed && end < done[item->run])
			done[item->run] = end;
	}
	for (size_t i = 0; i < s->n_items; i++) {
		struct cs_item *item = &s->items[i];

		item->after_test = item->production && item->started_unix_ns != CS_TIME_NONE &&
				   item->started_unix_ns >= done[item->run];
	}
	return 0;
}

/* 0 paired; 1 a run without a key, with no partner, or with two. */
static int make_pairs(struct cs_compare *c, struct cs_err *err)
{
	struct cs_history_side *b = &c->side[CS_BEFORE], *a = &c->side[CS_AFTER];
	struct cs_map map CS_AUTO(cs_map_release) = { 0 };

	for (uint32_t i = 0; i < b->n_runs; i++)
		b->runs[i].pair = CS_NO_PAIR;
	for (uint32_t i = 0; i < a->n_runs; i++)
		a->runs[i].pair = CS_NO_PAIR;
	if (b->n_runs == 0 || b->n_runs != a->n_runs)
		return 1;
	for (uint32_t i = 0; i < b->n_runs; i++) {
		uint32_t *run = b->runs[i].pair_key ? cs_map_at(&map, b->runs[i].pair_key) : NULL;

		if (!b->runs[i].pair_key || (run && *run != CS_NOTHING))
			return 1;
		if (!run)
			return cs_err_nomem(err);
		*run = i;
	}
	for (uint32_t i = 0; i < a->n_runs; i++) {
		uint32_t *run = a->runs[i].pair_key ? cs_map_at(&map, a->runs[i].pair_key) : NULL;

		if (!a->runs[i].pair_key || (run && *run == CS_NOTHING))
			return 1;
		if (!run)
			return cs_err_nomem(err);
		if (b->runs[*run].pair != CS_NO_PAIR)
			return 1;
		b->runs[*run].pair = i;
		a->runs[i].pair = *run;
	}
	return 0;
}

static int decide_pairs(struct cs_compare *c, struct cs_err *err)
{
	int r = make_pairs(c, err);

	if (r < 0 || c->options.pair == CS_PAIR_NONE)
		return r < 0 ? r : 0;
	c->paired = r == 0;
	c->pair_key = c->options.pair == CS_PAIR_LABEL
			      ? cs_arena_printf(c->arena, "label.%s", c->options.pair_label)
			      : "event+commit";
	if (!c->pair_key)
		return cs_err_nomem(err);
	if (r == 1 && c->options.pair != CS_PAIR_AUTO)
		return cs_err_set(err, CS_USAGE,
				  "the runs of the two sides do not pair by %s: each must have "
				  "exactly one partner",
				  c->pair_key);
	return 0;
}

/* --- orders --- */

static int sort_by_run(struct cs_history_side *s)
{
	struct cs_keyed *keys CS_AUTO(cs_free_p) = calloc(s->n_items + 1, sizeof(*keys));
	struct cs_keyed *spare CS_AUTO(cs_free_p) = calloc(s->n_items + 1, sizeof(*spare));

	s->by_run = calloc(s->n_items + 1, sizeof(*s->by_run));
	s->run_of = calloc(s->n_items + 1, sizeof(*s->run_of));
	if (!keys || !spare || !s->by_run || !s->run_of)
		return -1;
	for (size_t i = 0; i < s->n_items; i++)
		s->run_of[i] = s->items[i].run;
	for (size_t i = 0; i < s->n_items; i++)
		keys[i] = (struct cs_keyed){ (uint64_t)s->items[i].run << 32 | s->items[i].job,
					     (uint32_t)i, 0 };
	cs_keyed_sort(keys, spare, s->n_items);
	for (size_t i = 0; i < s->n_items; i++)
		s->by_run[i] = keys[i].value;
	return 0;
}

static uint32_t scope_of(const struct cs_history_side *s CS_UNUSED, const struct cs_item *item)
{
	return item->scope;
}

static uint32_t target_of(const struct cs_history_side *s CS_UNUSED, const struct cs_item *item)
{
	return item->target;
}

static uint32_t event_of(const struct cs_history_side *s, const struct cs_item *item)
{
	return s->runs[item->run].event;
}

/* Counting: within one key the order stays. */
static int sort_by(struct cs_history_side *s, struct cs_order *order, size_t n_keys,
		   uint32_t (*key)(const struct cs_history_side *, const struct cs_item *))
{
	uint32_t *at;

	order->v = calloc(s->n_items + 1, sizeof(*order->v));
	order->first = at = calloc(n_keys + 2, sizeof(*at));
	if (!order->v || !at)
		return -1;
	for (size_t i = 0; i < s->n_items; i++)
		at[key(s, &s->items[i]) + 2]++;
	for (size_t i = 2; i < n_keys + 2; i++)
		at[i] += at[i - 1];
	for (size_t i = 0; i < s->n_items; i++)
		order->v[at[key(s, &s->items[s->by_run[i]]) + 1]++] = s->by_run[i];
	return 0;
}

static int sort_side(struct cs_compare *c, struct cs_history_side *s)
{
	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct cs_cluster *run = &s->runs[i];

		(run->lone ? s->n_lone_of : s->n_runs_of)[0][run->event]++;
		if (!run->first)
			(run->lone ? s->n_lone_of : s->n_runs_of)[1][run->event]++;
	}
	return sort_by_run(s) < 0 || sort_by(s, &s->by_scope, c->scopes.texts.n, scope_of) < 0 ||
			       sort_by(s, &s->by_target, c->targets.texts.n, target_of) < 0 ||
			       sort_by(s, &s->by_event, CS_STRATA, event_of) < 0
		       ? -1
		       : 0;
}

int cs_compare_finish(struct cs_compare *c, struct cs_err *err)
{
	uint32_t no_job;
	int r;

	if (c->finished)
		return 0;
	r = cs_texts_put(&c->jobs.texts, "", &no_job, err);
	if (r < 0)
		return r;
	for (int side = 0; side < 2; side++) {
		if (sort_side(c, &c->side[side]) < 0 || mark_after_test(&c->side[side]) < 0)
			return cs_err_nomem(err);
		add_minutes(&c->side[side], no_job);
	}
	r = decide_pairs(c, err);
	if (r < 0)
		return r;
	c->finished = true;
	return 0;
}
