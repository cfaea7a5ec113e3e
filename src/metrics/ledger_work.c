/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work done twice (M7): within one run the same step with the same parents executed more than once,
 * in whatever scope. A step is its project, platform, stage and instruction, the build arguments
 * that its instruction names, and its parents, which are steps again: one number stands for all
 * that. Arguments that it does not name are left out, or a test and a production build, which
 * differ in one of them, would have nothing in common.
 *
 * Where a log says nothing of parents, a step's parent is the one before it in its stage.
 */
#include "metrics/ledger_impl.h"

#define DAY	  (INT64_C(86400) * CS_NS_PER_S)
#define RUN_LIFE  (35 * DAY)
#define LOOK_BACK 64
#define FOLD_MIN  65536 /* entries before it is worth it to look for old ones */

struct executed {
	uint64_t hash; /* with the run */
	int64_t duration_ns;
	uint32_t build; /* place in the ledger's builds */
	uint32_t name;	/* its instruction */
};

/* --- one number for a step and all below it --- */

struct walk {
	const struct cs_build *build;
	uint64_t start; /* project and platform */
	bool has_inputs;
	uint64_t *hashes;
	uint32_t *stack, *next; /* next: which input comes next, by step */
	uint8_t *state;		/* 0 new, 1 on the stack, 2 done */
};

static const char *step_text(const struct cs_step *s)
{
	return s->instruction ? s->instruction : s->name;
}

/* The arguments that the text names, whatever it does with them. */
static uint64_t named_arguments(const struct cs_recipe *r, const char *text)
{
	uint64_t sum = 0;

	for (size_t i = 0; text && i < r->n_build_args; i++) {
		if (r->build_args[i].key && *r->build_args[i].key &&
		    strstr(text, r->build_args[i].key))
			sum += cs_mix_end(
				cs_mix_text(cs_mix_text(CS_MIX_START, r->build_args[i].key),
					    r->build_args[i].value));
	}
	return sum;
}

/* Logs of builds whose stages run side by side mix their steps. */
static uint64_t before_in_stage(const struct walk *w, uint32_t at)
{
	const struct cs_step *steps = w->build->steps;
	const char *stage = steps[at].stage;

	for (uint32_t back = 1; stage && back <= at && back <= LOOK_BACK; back++) {
		if (steps[at - back].stage && strcmp(steps[at - back].stage, stage) == 0)
			return w->hashes[at - back];
	}
	return 0;
}

static void finish_step(struct walk *w, uint32_t at)
{
	const struct cs_step *s = &w->build->steps[at];
	uint64_t h = cs_mix_text(w->start, s->platform ? s->platform : w->build->platform);

	h = cs_mix_text(h, s->stage);
	h = cs_mix_text(h, step_text(s));
	h = cs_mix_u64(h, named_arguments(&w->build->recipe, step_text(s)));
	if (w->has_inputs) {
		for (size_t i = 0; i < s->n_inputs; i++)
			h = cs_mix_u64(h, s->inputs[i] < w->build->n_steps ? w->hashes[s->inputs[i]]
									   : 1);
	} else {
		h = cs_mix_u64(h, before_in_stage(w, at));
	}
	w->hashes[at] = cs_mix_end(h);
	w->state[at] = 2;
}

/* Depth first with a stack of its own; an edge that closes a circle counts as 0. */
static void hash_steps(struct walk *w)
{
	for (uint32_t root = 0; root < w->build->n_steps; root++) {
		size_t depth = 0;

		if (w->state[root])
			continue;
		w->stack[depth++] = root;
		w->state[root] = 1;
		while (depth) {
			uint32_t at = w->stack[depth - 1];
			const struct cs_step *s = &w->build->steps[at];

			if (!w->has_inputs || w->next[at] >= s->n_inputs) {
				finish_step(w, at);
				depth--;
				continue;
			}
			at = s->inputs[w->next[at]++];
			if (at < w->build->n_steps && !w->state[at]) {
				w->state[at] = 1;
				w->stack[depth++] = at;
			}
		}
	}
}

/* --- taking in --- */

static int keep(struct cs_ledger *l, const struct cs_step *s, uint64_t hash, struct cs_err *err)
{
	const struct cs_ledger_build *rows = l->builds.v;
	uint32_t build = (uint32_t)(l->builds.n - 1);
	struct executed *e;
	uint32_t name = cs_ledger_name(l, step_text(s) ? step_text(s) : "");

	if (name == CS_LEDGER_NONE || !cs_rows_reserve(&l->steps, sizeof(*e)))
		return cs_err_nomem(err);
	e = (struct executed *)l->steps.v + l->steps.n++;
	e->hash = cs_mix_end(cs_mix_u64(hash, rows[build].run));
	e->duration_ns = s->duration_ns;
	e->build = build;
	e->name = name;
	return 0;
}

static bool executed(const struct cs_step *s)
{
	return cs_step_cacheable(s->class) && s->state == CS_STATE_RUN;
}

static int fold(struct cs_ledger *l, bool all, struct cs_err *err);

int cs_ledger_add_steps(struct cs_ledger *ledger, const struct cs_build *build, struct cs_err *err)
{
	size_t n = build->n_steps, n_executed = 0;
	void *memory CS_AUTO(cs_free_p) = NULL;
	struct walk w = { .build = build };
	int r = 0;

	for (size_t i = 0; i < n; i++) {
		n_executed += executed(&build->steps[i]);
		w.has_inputs = w.has_inputs || build->steps[i].n_inputs;
	}
	if (!n_executed)
		return 0;
	if (n >= UINT32_MAX)
		return cs_err_nomem(err);
	if (ledger->in_order && ledger->steps.n >= FOLD_MIN && ledger->steps.n >= ledger->fold_at)
		r = fold(ledger, false, err);
	if (r < 0)
		return r;
	memory = calloc(n, sizeof(uint64_t) + 2 * sizeof(uint32_t) + 1);
	if (!memory)
		return cs_err_nomem(err);
	w.hashes = memory;
	w.stack = (uint32_t *)(void *)(w.hashes + n);
	w.next = w.stack + n;
	w.state = (uint8_t *)(w.next + n);
	w.start = cs_mix_text(CS_MIX_START, build->facts.project ? build->facts.project : "");
	hash_steps(&w);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (executed(&build->steps[i]))
			r = keep(ledger, &build->steps[i], w.hashes[i], err);
	}
	return r;
}

/* --- counting --- */

struct dated {
	struct executed e;
	int64_t started_unix_ns;
	uint64_t id;
};

static int compare_hash(const void *a, const void *b)
{
	const struct executed *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->build > y->build) - (x->build < y->build);
}

static int compare_dated(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->started_unix_ns != y->started_unix_ns)
		return x->started_unix_ns < y->started_unix_ns ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* One step in n builds of one run; the first of them had to. */
static int count(struct cs_ledger *l, const struct executed *e, size_t n, struct cs_err *err)
{
	const struct cs_ledger_build *rows = l->builds.v;
	struct dated *sorted CS_AUTO(cs_free_p) = calloc(n, sizeof(*sorted));
	struct cs_ledger_work *work;

	if (!sorted || !cs_rows_reserve(&l->work, sizeof(*work)))
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		sorted[i] = (struct dated){ e[i], rows[e[i].build].started_unix_ns,
					    rows[e[i].build].id };
	qsort(sorted, n, sizeof(*sorted), compare_dated);
	work = (struct cs_ledger_work *)l->work.v + l->work.n++;
	memset(work, 0, sizeof(*work));
	work->run = rows[e[0].build].run;
	work->instruction = cs_ledger_text(l, e[0].name);
	work->executions = (int64_t)n;
	for (size_t i = 0; i < n; i++) {
		if (i < CS_N(work->builds))
			work->builds[i] = sorted[i].id;
		if (i > 0 && sorted[i].e.duration_ns > 0)
			work->wasted_ns += sorted[i].e.duration_ns;
	}
	return 0;
}

/* Counts groups whose runs are over and lets go of them; all: every group. */
static int fold(struct cs_ledger *l, bool all, struct cs_err *err)
{
	const struct cs_ledger_build *rows = l->builds.v;
	struct executed *e = l->steps.v;
	size_t kept = 0;

	if (l->steps.n)
		qsort(e, l->steps.n, sizeof(*e), compare_hash);
	for (size_t i = 0, end; i < l->steps.n; i = end) {
		int64_t latest = INT64_MIN;
		bool twice = false;
		int r = 0;

		for (end = i; end < l->steps.n && e[end].hash == e[i].hash; end++) {
			if (rows[e[end].build].started_unix_ns > latest)
				latest = rows[e[end].build].started_unix_ns;
			twice = twice || e[end].build != e[i].build;
		}
		if (!all && latest > l->latest_unix_ns - RUN_LIFE) {
			memmove(e + kept, e + i, (end - i) * sizeof(*e));
			kept += end - i;
		} else if (twice) {
			r = count(l, e + i, end - i, err);
		}
		if (r < 0)
			return r;
	}
	l->steps.n = kept;
	l->fold_at = kept * 2; /* what is young is not sorted over and over */
	return 0;
}

int cs_ledger_finish_steps(struct cs_ledger *ledger, struct cs_err *err)
{
	int r = fold(ledger, true, err);

	free(ledger->steps.v);
	ledger->steps = (struct cs_rows){ 0 };
	return r;
}
