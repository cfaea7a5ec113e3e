/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories, taken in in any order: what is kept in short must be what one walk over all
 * builds from the first finds, learning prices on the way; and what is pruned must be in the sums.
 */
#include "support/test.h"

#include <stdlib.h>

#include "cmd/history.h"
#include "cmd/intake.h"
#include "cmd/nightly.h"
#include "store/briefs.h"
#include "store/nightly.h"
#include "support/steps.h"
#include "util/arena.h"

static struct cs_err err;

#define DAY   (86400 * S)
#define START (INT64_C(1790000000) / 86400 * DAY)
#define STEPS 5

static uint64_t next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* --- a build --- */

struct made {
	struct cs_build build;
	struct cs_step steps[STEPS];
	struct cs_layer layer;
	char ref[32];
	struct cs_kv label;
};

static void make_steps(uint64_t *seed, struct made *m)
{
	static const char *const texts[] = { "RUN a", "RUN b", "COPY c d", "RUN \xff", "LINK e" };
	static const enum cs_step_state states[] = { CS_STATE_HIT, CS_STATE_HIT, CS_STATE_HIT,
						     CS_STATE_RUN, CS_STATE_RUN, CS_STATE_FAILED };

	for (size_t i = 0; i < STEPS; i++) {
		struct cs_step *s = &m->steps[i];
		uint64_t pick = next(seed) % CS_N(texts);

		*s = (struct cs_step)STEP(texts[pick], RUN, -1);
		s->name = texts[pick];
		s->class = pick == 2 ? CS_STEP_FILE : pick == 4 ? CS_STEP_OTHER : CS_STEP_EXEC;
		s->stage = next(seed) % 3 ? "s" : NULL;
		s->state = next(seed) % 40 ? states[next(seed) % CS_N(states)] : CS_STATE_UNKNOWN;
		s->started_unix_ns = s->completed_unix_ns = CS_TIME_NONE;
		if (next(seed) % 8)
			s->duration_ns =
				s->state == CS_STATE_HIT ? 0 : (int64_t)(next(seed) % 90) * S + 7;
	}
}

/* Times fall together, and one of ten is not known. */
static void make_build(uint64_t *seed, int n, int64_t from, int64_t ns, struct made *m)
{
	static const char *const projects[] = { "p", "q" }, *const scopes[] = { "test", "prod",
										"x" };
	struct cs_build *b = &m->build;
	int64_t at = from + (int64_t)(next(seed) % (uint64_t)(ns / (300 * S))) * 300 * S;

	memset(m, 0, sizeof(*m));
	make_steps(seed, m);
	*b = build_with(m->steps, STEPS);
	snprintf(m->ref, sizeof(m->ref), "ref%d", n);
	b->builder_ref = m->ref;
	b->source_kind = CS_SOURCE_PLAIN;
	b->facts.project = projects[next(seed) % 4 == 0];
	b->facts.scope = scopes[next(seed) % CS_N(scopes)];
	b->facts.event = (enum cs_event)(1 + next(seed) % 3);
	b->recorded_unix_ns = at + 60 * S;
	if (next(seed) % 10) {
		b->facts.started_unix_ns = at;
		b->facts.completed_unix_ns = at + (int64_t)(next(seed) % 600) * S;
	}
	if (next(seed) % 12 == 0)
		b->status = CS_STATUS_FAILED;
	m->label = (struct cs_kv){ "k", next(seed) % 2 ? "v" : "w" };
	b->facts.labels = &m->label;
	b->facts.n_labels = next(seed) % 2;
	m->layer.blob_digest.algo = m->layer.diff_id.algo = CS_DIGEST_SHA256;
	m->layer.blob_digest.bytes[0] = m->layer.diff_id.bytes[0] = (uint8_t)(next(seed) % 20);
	m->layer.blob_bytes = m->layer.tar_bytes = 100;
	m->layer.counts.entries = -1;
	m->layer.created_unix_ns = CS_TIME_NONE;
	b->layers = &m->layer;
	b->n_layers = next(seed) % 2;
}

static void take_in(struct cs_store *store, const struct cs_build *build)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_build kept;
	enum cs_put put;

	assert_done(cs_store_bulk_begin(store, &err));
	assert_done(cs_intake_build(store, build, arena, &kept, &put, &err));
	assert_done(cs_store_bulk_end(store, true, &err));
	cs_arena_free(arena);
}

/* --- what one walk finds --- */

struct entry {
	char id[17], project[2], scope[8];
	enum cs_event event;
	int64_t time_unix_ns;
	struct cs_figures figures;
};

struct list {
	struct entry *v;
	size_t n;
};

struct slow {
	struct cs_prices *prices;
	struct list *list;
};

static struct entry *add_entry(struct list *list)
{
	list->v = realloc(list->v, (list->n + 1) * sizeof(*list->v));
	assert_non_null(list->v);
	memset(&list->v[list->n], 0, sizeof(*list->v));
	return &list->v[list->n++];
}

static int walk_slowly(void *arg, const struct cs_build *b, struct cs_err *e)
{
	struct slow *s = arg;
	bool first = true;
	struct entry *entry;

	for (size_t i = 0; i < s->list->n; i++)
		first &= strcmp(s->list->v[i].project, b->facts.project) != 0 ||
			 strcmp(s->list->v[i].scope, b->facts.scope) != 0;
	entry = add_entry(s->list);
	snprintf(entry->id, sizeof(entry->id), "%s", b->id);
	snprintf(entry->project, sizeof(entry->project), "%s", b->facts.project);
	snprintf(entry->scope, sizeof(entry->scope), "%s", b->facts.scope);
	entry->event = b->facts.event;
	entry->time_unix_ns = cs_build_time(b);
	assert_done(cs_figures_of(s->prices, b, first, &entry->figures, e));
	return cs_prices_learn(s->prices, b, e);
}

static void list_slowly(struct cs_store *store, struct list *ret)
{
	struct slow s = { NULL, ret };

	assert_done(cs_prices_new(&s.prices, &err));
	assert_done(cs_store_builds(store, NULL, CS_OLDEST_FIRST | CS_WITH_STEPS | CS_WITH_LAYERS,
				    -1, walk_slowly, &s, &err));
	cs_prices_free(s.prices);
}

/* --- what is kept --- */

static int note_brief(void *arg, const struct cs_brief *b, struct cs_brief_dict *dict,
		      struct cs_err *e)
{
	struct cs_brief_build build = { .cap_labels = 0 };
	struct entry *entry = add_entry(arg);

	assert_done(cs_brief_to_build(b, dict, 0, &build, e));
	snprintf(entry->id, sizeof(entry->id), "%s", build.id);
	snprintf(entry->project, sizeof(entry->project), "%s", build.build.facts.project);
	snprintf(entry->scope, sizeof(entry->scope), "%s", build.build.facts.scope);
	entry->event = b->event;
	entry->time_unix_ns = b->time_unix_ns;
	entry->figures = b->figures;
	cs_brief_build_release(&build);
	return 0;
}

static void list_briefs(struct cs_store *store, const struct cs_filter *filter, struct list *ret)
{
	struct cs_brief_dict *dict;

	assert_done(cs_cmd_dict_new(store, &dict, &err));
	assert_done(cs_cmd_briefs(store, dict, filter, CS_BRIEF_ALL, note_brief, ret, &err));
	cs_cmd_dict_free(dict);
}

static void assert_same_entry(const struct entry *a, const struct entry *b)
{
	const struct cs_figures *f = &a->figures, *g = &b->figures;

	assert_string_equal(a->id, b->id);
	assert_int_equal(a->time_unix_ns, b->time_unix_ns);
	assert_int_equal(f->cold, g->cold);
	assert_int_equal(f->first_of_scope, g->first_of_scope);
	assert_int_equal(f->step_hits, g->step_hits);
	assert_int_equal(f->new_blob_bytes, g->new_blob_bytes);
	assert_int_equal(f->duration_ns, g->duration_ns);
	assert_int_equal(f->savings.known, g->savings.known);
	assert_int_equal(f->savings.hits, g->savings.hits);
	assert_int_equal(f->savings.priced_hits, g->savings.priced_hits);
	assert_int_equal(f->savings.gross_ns, g->savings.gross_ns);
	assert_int_equal(f->savings.run_ns, g->savings.run_ns);
	assert_int_equal(f->savings.wall_ns, g->savings.wall_ns);
}

static void compare(struct cs_store *store)
{
	struct list slow = { NULL, 0 }, quick = { NULL, 0 }, window = { NULL, 0 };
	struct cs_filter filter;
	size_t k = 0;

	list_slowly(store, &slow);
	list_briefs(store, NULL, &quick);
	assert_int_equal(slow.n, quick.n);
	for (size_t i = 0; i < slow.n; i++)
		assert_same_entry(&slow.v[i], &quick.v[i]);
	/* a window sees what it sees as if there were none */
	cs_filter_init(&filter);
	cs_filter_add(&filter.project, "p");
	cs_filter_add(&filter.scope, "test");
	filter.since_unix_ns = START + DAY;
	filter.until_unix_ns = START + 3 * DAY;
	list_briefs(store, &filter, &window);
	for (size_t i = 0; i < slow.n; i++) {
		const struct entry *e = &slow.v[i];

		if (strcmp(e->project, "p") == 0 && strcmp(e->scope, "test") == 0 &&
		    e->time_unix_ns >= filter.since_unix_ns &&
		    e->time_unix_ns < filter.until_unix_ns)
			assert_same_entry(e, &window.v[k++]);
		assert_true(k <= window.n);
	}
	assert_int_equal(window.n, k);
	free(slow.v);
	free(quick.v);
	free(window.v);
}

static int count_stale(void *arg, const struct cs_brief_row *row, struct cs_err *e CS_UNUSED)
{
	*(size_t *)arg += row->data == NULL;
	return 0;
}

static size_t n_stale(struct cs_store *store)
{
	size_t n = 0;

	assert_done(cs_store_briefs(store, NULL, count_stale, &n, &err));
	return n;
}

static int complain(void *arg CS_UNUSED, const char *problem)
{
	fail_msg("%s", problem);
	return 0;
}

/* --- any order --- */

static void any_order(void **state CS_UNUSED)
{
	uint64_t seed = 1;

	for (int round = 0; round < 12; round++) {
		struct made made[160];
		struct cs_store *store;
		struct cs_ctx ctx;
		size_t n = 0, stale = 0;

		cs_ctx_init(&ctx);
		assert_done(cs_store_open(&ctx, ":memory:", CS_STORE_WRITE, &store, &err));
		for (size_t i = 0; i < CS_N(made); i++) {
			struct made *m = &made[i];
			uint64_t again;

			make_build(&seed, (int)i, START, 4 * DAY, m);
			take_in(store, &m->build);
			again = next(&seed) % 8;
			if (again == 0 && i) { /* a record of one that is there */
				struct cs_build told = made[next(&seed) % i].build;

				told.source_kind = CS_SOURCE_RECORD;
				told.facts.started_unix_ns =
					START + (int64_t)(next(&seed) % 9999) * S;
				told.facts.scope = "x";
				told.facts.from[CS_FACT_SCOPE] = CS_FROM_USER;
				take_in(store, &told);
			}
			if (again == 1)
				assert_done(cs_cmd_briefs_refresh(store, next(&seed) % 30, &err));
			if (i % 40 == 39) {
				compare(store);
				stale += n_stale(store);
			}
		}
		n = stale; /* of some, so that both ways were compared */
		assert_true(n > 0);
		assert_done(cs_cmd_briefs_refresh(store, SIZE_MAX, &err));
		assert_int_equal(0, n_stale(store));
		compare(store);
		assert_done(cs_store_check(store, complain, NULL, &err));
		cs_store_close(store);
	}
}

/* In the order of time nothing is ever stale. */
static void in_order(void **state CS_UNUSED)
{
	struct cs_store *store;
	struct cs_ctx ctx;
	uint64_t seed = 7;

	cs_ctx_init(&ctx);
	assert_done(cs_store_open(&ctx, ":memory:", CS_STORE_WRITE, &store, &err));
	for (int i = 0; i < 60; i++) {
		struct made m;

		make_build(&seed, i, START + i * 3600 * S, 1800 * S, &m);
		take_in(store, &m.build);
		assert_int_equal(0, n_stale(store));
	}
	compare(store);
	cs_store_close(store);
}

/* --- pruning --- */

struct rollups {
	struct cs_rollup v[2000];
	size_t n;
	struct cs_arena *arena;
};

static struct cs_rollup *row_of(struct rollups *r, const char *project, const char *scope,
				enum cs_event event, int64_t day)
{
	for (size_t i = 0; i < r->n; i++) {
		struct cs_rollup *row = &r->v[i];

		if (strcmp(row->project, project) == 0 && strcmp(row->scope, scope) == 0 &&
		    row->event == event && row->day_unix_ns == day)
			return row;
	}
	assert_true(r->n < CS_N(r->v));
	r->v[r->n] = (struct cs_rollup){ .project = cs_arena_strdup(r->arena, project),
					 .scope = cs_arena_strdup(r->arena, scope),
					 .event = event,
					 .day_unix_ns = day };
	return &r->v[r->n++];
}

static void add_row(struct cs_rollup *to, const struct cs_rollup *from)
{
	to->builds += from->builds;
	to->failed_builds += from->failed_builds;
	to->cold_builds += from->cold_builds;
	to->step_hits += from->step_hits;
	to->step_runs += from->step_runs;
	to->hits += from->hits;
	to->priced_hits += from->priced_hits;
	to->timed_builds += from->timed_builds;
	to->saved_ns += from->saved_ns;
	to->run_ns += from->run_ns;
	to->overhead_ns += from->overhead_ns;
	to->durations += from->durations;
	to->duration_ns += from->duration_ns;
}

static int add_rollup(void *arg, const struct cs_rollup *row, struct cs_err *e CS_UNUSED)
{
	add_row(row_of(arg, row->project, row->scope, row->event, row->day_unix_ns), row);
	return 0;
}

/* What the sums say of a build; computed apart from those who make them. */
static void add_figures(struct rollups *r, const struct entry *e)
{
	const struct cs_figures *f = &e->figures;
	const struct cs_savings *s = &f->savings;
	bool timed = s->known && s->overhead_known;
	struct cs_rollup one = {
		.builds = 1,
		.failed_builds = !f->completed,
		.cold_builds = f->cold,
		.step_hits = f->step_hits,
		.step_runs = f->step_runs,
		.hits = timed ? s->hits : 0,
		.priced_hits = timed ? s->priced_hits : 0,
		.timed_builds = timed,
		.saved_ns = timed ? s->gross_ns : 0,
		.run_ns = timed ? s->run_ns : 0,
		.overhead_ns = timed ? s->overhead_ns : 0,
		.durations = f->duration_ns >= 0,
		.duration_ns = f->duration_ns >= 0 ? f->duration_ns : 0,
	};

	add_row(row_of(r, e->project, e->scope, e->event, e->time_unix_ns / DAY * DAY), &one);
}

static void sums_of(struct cs_store *store, bool slowly, struct rollups *ret)
{
	struct list list = { NULL, 0 };
	struct cs_filter all;

	cs_filter_init(&all);
	ret->n = 0;
	ret->arena = cs_arena_new();
	assert_done(cs_store_rollups(store, &all, add_rollup, ret, &err));
	if (slowly)
		list_slowly(store, &list);
	else
		list_briefs(store, NULL, &list);
	for (size_t i = 0; i < list.n; i++)
		add_figures(ret, &list.v[i]);
	free(list.v);
}

static int by_key(const void *a, const void *b)
{
	const struct cs_rollup *x = a, *y = b;
	int c = strcmp(x->project, y->project);

	c = c ? c : strcmp(x->scope, y->scope);
	if (!c && x->event != y->event)
		return x->event < y->event ? -1 : 1;
	return c ? c : (x->day_unix_ns > y->day_unix_ns) - (x->day_unix_ns < y->day_unix_ns);
}

/* Roll-ups and what is left against all builds in a store where nothing was pruned. */
static void compare_sums(struct cs_store *pruned, struct cs_store *whole)
{
	struct rollups *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));

	assert_non_null(a);
	assert_non_null(b);
	sums_of(pruned, false, a);
	sums_of(whole, true, b);
	qsort(a->v, a->n, sizeof(*a->v), by_key);
	qsort(b->v, b->n, sizeof(*b->v), by_key);
	assert_int_equal(b->n, a->n);
	for (size_t i = 0; i < a->n; i++) {
		const int64_t *x = &a->v[i].builds, *y = &b->v[i].builds;

		assert_int_equal(0, by_key(&a->v[i], &b->v[i]));
		for (; x <= &a->v[i].duration_ns; x++, y++)
			assert_int_equal(*y, *x);
	}
	cs_arena_free(a->arena);
	cs_arena_free(b->arena);
	free(a);
	free(b);
}

static void several_nights(void **state CS_UNUSED)
{
	uint64_t seed = 3;

	for (int round = 0; round < 5; round++) {
		struct cs_store *pruned, *whole;
		struct cs_app app = { .quiet = true };
		struct cs_nightly night = { .app = &app };
		int n = 0;

		cs_ctx_init(&app.ctx);
		assert_done(cs_store_open(&app.ctx, ":memory:", CS_STORE_WRITE, &pruned, &err));
		assert_done(cs_store_open(&app.ctx, ":memory:", CS_STORE_WRITE, &whole, &err));
		for (int64_t day = 0; day < 14; day++) {
			/* those of three days come in any order; some days nobody builds */
			for (uint64_t k = day % 5 == 3 ? 0 : next(&seed) % 30; k > 0; k--) {
				struct made m;

				make_build(&seed, n++, START + day * DAY, 3 * DAY, &m);
				take_in(pruned, &m.build);
				take_in(whole, &m.build);
			}
			night.keep_unix_ns = START + (day - 1) * DAY + DAY / 2;
			if (round == 4) /* all but what comes */
				night.keep_unix_ns = START + (day + 1) * DAY;
			assert_done(cs_nightly_prune(&night, pruned, &err));
			compare_sums(pruned, whole);
		}
		assert_true(night.pruned_builds > n / 2);
		assert_done(cs_store_check(pruned, complain, NULL, &err));
		cs_store_close(pruned);
		cs_store_close(whole);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order),
		cmocka_unit_test(in_order),
		cmocka_unit_test(several_nights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
