/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work done twice (M7): within one run the same step with the same parents executed more than once,
 * in whatever scope.
 */
#include "metrics/ledger_impl.h"
#include "metrics/work.h"

#define DAY	  (INT64_C(86400) * CS_NS_PER_S)
#define RUN_LIFE  (35 * DAY)
#define FOLD_MIN  65536 /* entries before it is worth it to look for old ones */

struct executed {
	uint64_t hash; /* with the run */
	int64_t duration_ns;
	uint32_t build; /* place in the ledger's builds */
	uint32_t name;	/* its instruction */
};

static const char *step_text(const struct cs_step *s)
{
	return s->instruction ? s->instruction : s->name;
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
	uint64_t *numbers CS_AUTO(cs_free_p) = NULL;
	int r = 0;

	for (size_t i = 0; i < n; i++)
		n_executed += executed(&build->steps[i]);
	if (!n_executed)
		return 0;
	if (ledger->in_order && ledger->steps.n >= FOLD_MIN && ledger->steps.n >= ledger->fold_at)
		r = fold(ledger, false, err);
	if (r < 0)
		return r;
	numbers = calloc(n, sizeof(*numbers));
	if (!numbers)
		return cs_err_nomem(err);
	r = cs_work_numbers(build, numbers, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (executed(&build->steps[i]))
			r = keep(ledger, &build->steps[i], numbers[i], err);
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
