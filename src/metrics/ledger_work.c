/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work done twice (M7): within one run the same step with the same parents executed more than once,
 * in whatever scope. Steps are looked up by what they are as they come, and only those that are
 * met again are kept; sorting all of them to find those few was refused, it took as long as all
 * else.
 */
#include "metrics/ledger_impl.h"

#define DAY	  (INT64_C(86400) * CS_NS_PER_S)
#define RUN_LIFE  (35 * DAY)
#define SLOTS_MIN 1024

static struct cs_executed *slot_of(struct cs_executed *slots, size_t cap, uint64_t hash)
{
	size_t at = hash & (cap - 1);

	while (slots[at].hash && slots[at].hash != hash)
		at = (at + 1) & (cap - 1);
	return &slots[at];
}

/* Into cap slots, without the steps of runs that are over. */
static bool rebuild(struct cs_ledger *l, size_t cap)
{
	struct cs_executions *x = &l->executions;
	struct cs_executed *slots = calloc(cap, sizeof(*slots));
	size_t n = 0;

	if (!slots)
		return false;
	for (size_t i = 0; i < x->cap; i++) {
		const struct cs_executed *e = &x->slots[i];

		if (!e->hash || (l->in_order && l->builds[e->build].started_unix_ns <=
							l->latest_unix_ns - RUN_LIFE))
			continue;
		*slot_of(slots, cap, e->hash) = *e;
		n++;
	}
	free(x->slots);
	x->slots = slots;
	x->cap = cap;
	x->n = n;
	return true;
}

static bool reserve(struct cs_ledger *l)
{
	struct cs_executions *x = &l->executions;

	if (!x->cap)
		return rebuild(l, SLOTS_MIN);
	if (x->n < x->cap / 2)
		return true;
	if (!rebuild(l, x->cap))
		return false;
	/* what is young is not moved over and over */
	return x->n < x->cap / 4 || rebuild(l, x->cap * 2);
}

static bool keep_again(struct cs_executions *x, const struct cs_executed *e)
{
	if (!cs_table_grow((void **)&x->again, x->n_again, &x->cap_again, sizeof(*x->again)))
		return false;
	x->again[x->n_again++] = *e;
	return true;
}

static bool keep(struct cs_ledger *l, const struct cs_executed *e)
{
	struct cs_executions *x = &l->executions;
	struct cs_executed *slot;

	if (!reserve(l))
		return false;
	slot = slot_of(x->slots, x->cap, e->hash);
	if (!slot->hash) {
		*slot = *e;
		x->n++;
		return true;
	}
	if (slot->def != CS_LEDGER_NONE && !keep_again(x, slot))
		return false;
	slot->def = CS_LEDGER_NONE;
	slot->build = e->build;
	return keep_again(x, e);
}

#define AT_ONCE 16 /* looked up side by side, for each is a wait for memory */

int cs_ledger_add_steps(struct cs_ledger *ledger, const struct cs_brief *brief, struct cs_err *err)
{
	struct cs_executions *x = &ledger->executions;
	uint32_t build = (uint32_t)(ledger->n_builds - 1);
	struct cs_executed found[AT_ONCE];

	for (size_t i = 0; i < brief->n_steps;) {
		size_t n = 0;

		for (; n < AT_ONCE && i < brief->n_steps; i++) {
			const struct cs_brief_step *s = &brief->steps[i];
			struct cs_executed *e = &found[n];

			if (s->state != CS_STATE_RUN)
				continue;
			if (s->def >= CS_LEDGER_NONE)
				return cs_err_nomem(err);
			e->hash = cs_mix_end(cs_mix_u64(s->work, ledger->builds[build].run));
			e->duration_ns = s->ns;
			e->build = build;
			e->def = (uint32_t)s->def;
			if (x->cap)
				__builtin_prefetch(&x->slots[e->hash & (x->cap - 1)], 1);
			n++;
		}
		for (size_t k = 0; k < n; k++) {
			if (!keep(ledger, &found[k]))
				return cs_err_nomem(err);
		}
	}
	return 0;
}

/* --- counting --- */

struct dated {
	struct cs_executed e;
	int64_t started_unix_ns;
	uint64_t id;
};

static int compare_dated(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->started_unix_ns != y->started_unix_ns)
		return x->started_unix_ns < y->started_unix_ns ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int instruction_of(struct cs_ledger *l, uint32_t number, const char **ret,
			  struct cs_err *err)
{
	const struct cs_brief_def *def;
	uint32_t name;
	int r = l->dict->def(l->dict, number, &def, err);

	if (r == 0)
		r = cs_texts_put(&l->names,
				 def->instruction ? def->instruction
				 : def->name	  ? def->name
						  : "",
				 &name, err);
	if (r == 0)
		*ret = cs_texts_get(&l->names, name);
	return r;
}

/* One step in n builds of one run; the first of them had to. */
static int count(struct cs_ledger *l, struct dated *sorted, size_t n, struct cs_err *err)
{
	struct cs_ledger_work work = { .run = l->builds[sorted[0].e.build].run,
				       .executions = (int64_t)n };
	int r = instruction_of(l, sorted[0].e.def, &work.instruction, err);

	if (r < 0)
		return r;
	if (!cs_table_grow((void **)&l->work, l->n_work, &l->cap_work, sizeof(work)))
		return cs_err_nomem(err);
	qsort(sorted, n, sizeof(*sorted), compare_dated);
	for (size_t i = 0; i < n; i++) {
		if (i < CS_N(work.builds))
			work.builds[i] = sorted[i].id;
		if (i > 0 && sorted[i].e.duration_ns > 0)
			work.wasted_ns += sorted[i].e.duration_ns;
	}
	l->work[l->n_work++] = work;
	return 0;
}

static int count_all(struct cs_ledger *l, const struct cs_keyed *keys, struct cs_err *err)
{
	const struct cs_executions *x = &l->executions;
	struct dated *group = NULL;
	void *memory = NULL;
	size_t cap = 0;
	int r = 0;

	for (size_t i = 0, end; r == 0 && i < x->n_again; i = end) {
		bool twice = false;

		for (end = i; end < x->n_again && keys[end].key == keys[i].key; end++) {
			const struct cs_executed *e = &x->again[keys[end].value];

			if (!cs_table_grow(&memory, end - i, &cap, sizeof(*group))) {
				free(memory);
				return cs_err_nomem(err);
			}
			group = memory;
			group[end - i] = (struct dated){ *e, l->builds[e->build].started_unix_ns,
							 l->builds[e->build].id };
			twice = twice || e->build != group[0].e.build;
		}
		if (twice)
			r = count(l, group, end - i, err);
	}
	free(memory);
	return r;
}

int cs_ledger_finish_steps(struct cs_ledger *ledger, struct cs_err *err)
{
	struct cs_executions *x = &ledger->executions;
	struct cs_keyed *keys CS_AUTO(cs_free_p) = calloc(x->n_again + 1, sizeof(*keys));
	struct cs_keyed *spare CS_AUTO(cs_free_p) = calloc(x->n_again + 1, sizeof(*spare));
	int r;

	free(x->slots);
	x->slots = NULL;
	x->n = x->cap = 0;
	if (!keys || !spare)
		return cs_err_nomem(err);
	for (size_t i = 0; i < x->n_again; i++)
		keys[i] = (struct cs_keyed){ x->again[i].hash, (uint32_t)i, 0 };
	cs_keyed_sort(keys, spare, x->n_again);
	r = count_all(ledger, keys, err);
	free(x->again);
	x->again = NULL;
	x->n_again = x->cap_again = 0;
	return r;
}
