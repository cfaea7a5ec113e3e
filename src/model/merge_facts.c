/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging of facts: each is a value with its origin, and the greater of two stands. Who is believed
 * stands here, for facts and for the rest of a build.
 */
#include "model/merge_facts.h"

#include "model/order.h"

/*
 * Who is believed. A document of the builder without steps (metadata, inspect) is the builder's own
 * word, which a log only repeats.
 */
int cs_source_strength(enum cs_source_kind kind)
{
	return kind == CS_SOURCE_NONE ? 2 * CS_SOURCE_RECORD - 1 : 2 * (int)kind;
}

static int origin_strength(uint8_t from)
{
	if (from < CS_FROM_INPUT || from >= CS_FROM_RULE)
		return 2 * from;
	return 2 * CS_FROM_INPUT + cs_source_strength((enum cs_source_kind)(from - CS_FROM_INPUT));
}

/* --- facts --- */

/* Facts that are one text. */
static const size_t fact_texts[CS_N_FACTS] = {
	[CS_FACT_SCOPE] = offsetof(struct cs_facts, scope),
	[CS_FACT_REF] = offsetof(struct cs_facts, ref),
	[CS_FACT_COMMIT] = offsetof(struct cs_facts, commit),
	[CS_FACT_WORKFLOW] = offsetof(struct cs_facts, workflow),
	[CS_FACT_JOB] = offsetof(struct cs_facts, job),
	[CS_FACT_TARGET] = offsetof(struct cs_facts, target),
};

static const char **fact_text(const struct cs_facts *f, enum cs_fact fact)
{
	return (const char **)(uintptr_t)((const char *)f + fact_texts[fact]);
}

static bool fact_known(const struct cs_facts *f, enum cs_fact fact)
{
	switch (fact) {
	case CS_FACT_SCOPE:
		return f->scope && *f->scope;
	case CS_FACT_EVENT:
		return f->event != CS_EVENT_NONE || f->event_raw;
	case CS_FACT_RUN_ID:
		return f->run_id || f->attempt >= 0;
	case CS_FACT_STARTED:
		return f->started_unix_ns != CS_TIME_NONE;
	case CS_FACT_COMPLETED:
		return f->completed_unix_ns != CS_TIME_NONE;
	case CS_FACT_TESTS:
		return f->tests_passed != CS_TRI_UNKNOWN;
	case CS_FACT_PUSHED:
		return f->pushed != CS_TRI_UNKNOWN;
	default:
		return *fact_text(f, fact) != NULL;
	}
}

static int fact_order(const struct cs_facts *a, const struct cs_facts *b, enum cs_fact fact)
{
	int o;

	switch (fact) {
	case CS_FACT_EVENT:
		o = cs_order_int(a->event, b->event);
		return o ? o : cs_order_text(a->event_raw, b->event_raw);
	case CS_FACT_RUN_ID:
		o = cs_order_text(a->run_id, b->run_id);
		return o ? o
			 : cs_order_int(a->attempt < 0 ? -1 : a->attempt,
					b->attempt < 0 ? -1 : b->attempt);
	case CS_FACT_STARTED:
		return cs_order_int(a->started_unix_ns, b->started_unix_ns);
	case CS_FACT_COMPLETED:
		return cs_order_int(a->completed_unix_ns, b->completed_unix_ns);
	case CS_FACT_TESTS:
		return cs_order_int(a->tests_passed, b->tests_passed);
	case CS_FACT_PUSHED:
		return cs_order_int(a->pushed, b->pushed);
	default:
		return cs_order_text(*fact_text(a, fact), *fact_text(b, fact));
	}
}

static void fact_take(struct cs_facts *into, const struct cs_facts *from, enum cs_fact fact)
{
	switch (fact) {
	case CS_FACT_EVENT:
		into->event = from->event;
		into->event_raw = from->event_raw;
		break;
	case CS_FACT_RUN_ID:
		into->run_id = from->run_id;
		into->attempt = from->attempt;
		break;
	case CS_FACT_STARTED:
		into->started_unix_ns = from->started_unix_ns;
		break;
	case CS_FACT_COMPLETED:
		into->completed_unix_ns = from->completed_unix_ns;
		break;
	case CS_FACT_TESTS:
		into->tests_passed = from->tests_passed;
		break;
	case CS_FACT_PUSHED:
		into->pushed = from->pushed;
		break;
	default:
		*fact_text(into, fact) = *fact_text(from, fact);
	}
	into->from[fact] = from->from[fact];
}

/* Which of the two stands: above 0 a. 0 = the same. */
static int fact_compare(const struct cs_facts *a, const struct cs_facts *b, enum cs_fact fact)
{
	bool known = fact_known(a, fact);
	int o = cs_order_int(known, fact_known(b, fact));

	if (o || !known)
		return o;
	o = cs_order_int(origin_strength(a->from[fact]), origin_strength(b->from[fact]));
	return o ? o : fact_order(a, b, fact);
}

/* --- labels --- */

static const struct cs_kv *find_label(const struct cs_kv *labels, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(labels[i].key, key) == 0)
			return &labels[i];
	}
	return NULL;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct cs_kv *)a)->key, ((const struct cs_kv *)b)->key);
}

/* Adds the labels of f to the n in ret; of a key that f has twice the first counts. */
static size_t add_labels(struct cs_kv *ret, size_t n, const struct cs_facts *f)
{
	size_t n_before = n;

	for (size_t i = 0; i < f->n_labels; i++) {
		const struct cs_kv *label = &f->labels[i];
		struct cs_kv *has =
			(struct cs_kv *)(uintptr_t)find_label(ret, n_before, label->key);

		if (find_label(f->labels, i, label->key))
			continue;
		if (!has)
			ret[n++] = *label;
		else if (cs_order_text(label->value, has->value) > 0)
			has->value = label->value;
	}
	return n;
}

static int merge_labels(struct cs_facts *into, const struct cs_facts *from, struct cs_arena *arena,
			struct cs_err *err)
{
	struct cs_kv *labels;
	size_t n;

	if (!from->n_labels)
		return 0;
	labels = cs_arena_array(arena, into->n_labels + from->n_labels, sizeof(*labels));
	if (!labels)
		return cs_err_nomem(err);
	n = add_labels(labels, 0, into);
	n = add_labels(labels, n, from);
	qsort(labels, n, sizeof(*labels), by_key);
	into->labels = labels;
	into->n_labels = n;
	return 0;
}

static bool same_labels(const struct cs_facts *a, const struct cs_facts *b)
{
	for (size_t i = 0; i < a->n_labels; i++) {
		const char *key = a->labels[i].key;
		const struct cs_kv *x = find_label(a->labels, a->n_labels, key);
		const struct cs_kv *y = find_label(b->labels, b->n_labels, key);

		if (!y || cs_order_text(x->value, y->value) != 0)
			return false;
	}
	return true;
}

/* --- all of them --- */

int cs_facts_merge(struct cs_facts *into, const struct cs_facts *from, struct cs_arena *arena,
		   struct cs_err *err)
{
	int r = merge_labels(into, from, arena, err);

	if (r < 0)
		return r;
	for (int i = 0; i < CS_N_FACTS; i++) {
		enum cs_fact fact = (enum cs_fact)i;

		if (fact_compare(from, into, fact) > 0)
			fact_take(into, from, fact);
		if (!fact_known(into, fact))
			into->from[fact] = CS_FROM_NOTHING;
	}
	if (cs_order_text(from->project, into->project) > 0)
		into->project = from->project;
	return 0;
}

bool cs_facts_same(const struct cs_facts *a, const struct cs_facts *b)
{
	const char *x = a->project, *y = b->project;

	if (strcmp(x ? x : "", y ? y : "") != 0)
		return false;
	for (int i = 0; i < CS_N_FACTS; i++) {
		if (fact_compare(a, b, (enum cs_fact)i) != 0)
			return false;
	}
	return same_labels(a, b) && same_labels(b, a);
}
