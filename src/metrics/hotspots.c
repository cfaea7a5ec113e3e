/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash of sums and a short sorted list. Keeping every miss and sorting at the end was refused:
 * memory would grow with builds times steps.
 */
#include "metrics/hotspots.h"

#include <stdio.h>
#include <string.h>

#include "metrics/mix.h"
#include "metrics/tables.h"

#define REST UINT32_C(0xfffffffe) /* the place of the rest, in a map */

struct cs_hotspots {
	struct cs_texts names; /* and the keys of spots, joined */
	struct cs_map numbers; /* of the dictionary's steps, and of classes of a project */
	struct cs_map keys;    /* of the joined fields */
	struct cs_hotspot *spots;
	size_t n, cap;
	struct cs_hotspot rest;
	struct cs_hotspot *list;
	struct cs_dearest dearest[CS_DEAREST_MAX];
	size_t n_dearest;
};

int cs_hotspots_new(struct cs_hotspots **ret, struct cs_err *err)
{
	struct cs_hotspots *h = calloc(1, sizeof(*h));

	if (!h)
		return cs_err_nomem(err);
	h->rest.rest = true;
	*ret = h;
	return 0;
}

void cs_hotspots_free(struct cs_hotspots *h)
{
	if (!h)
		return;
	cs_texts_release(&h->names);
	cs_map_release(&h->numbers);
	cs_map_release(&h->keys);
	free(h->spots);
	free(h->list);
	free(h);
}

/* Each name once; the empty one is unknown. */
static int put_name(struct cs_hotspots *h, const char *text, uint32_t *ret, struct cs_err *err)
{
	return cs_texts_put(&h->names, text && *text ? text : NULL, ret, err);
}

/* The place of what has these names, made if it is new. */
static int place_of(struct cs_hotspots *h, enum cs_step_class class, const uint32_t names[3],
		    uint32_t *ret, struct cs_err *err)
{
	uint64_t mixed = cs_mix_u64(CS_MIX_START, class);
	uint32_t *key;

	for (size_t i = 0; i < 3; i++)
		mixed = cs_mix_u64(mixed, names[i]);
	key = cs_map_at(&h->keys, mixed);
	if (!key)
		return cs_err_nomem(err);
	if (*key == CS_NOTHING && h->n == CS_HOTSPOTS_MAX) {
		*key = REST;
	} else if (*key == CS_NOTHING) {
		if (!cs_table_grow((void **)&h->spots, h->n, &h->cap, sizeof(*h->spots)))
			return cs_err_nomem(err);
		h->spots[h->n] = (struct cs_hotspot){
			.class = class,
			.project = cs_texts_get(&h->names, names[0]),
			.stage = cs_texts_get(&h->names, names[1]),
			.instruction = cs_texts_get(&h->names, names[2]),
		};
		*key = (uint32_t)h->n++;
	}
	*ret = *key;
	return 0;
}

/* def 0: all of a class. */
static int name_spot(struct cs_hotspots *h, struct cs_brief_dict *dict, const struct cs_brief *b,
		     enum cs_step_class class, int64_t number, uint32_t *ret, struct cs_err *err)
{
	uint32_t names[3] = { CS_NOTHING, CS_NOTHING, CS_NOTHING };
	const struct cs_brief_def *def = NULL;
	const char *project;
	int r = dict->project(dict, b->project, &project, err);

	if (r == 0)
		r = put_name(h, project, &names[0], err);
	if (r == 0 && number)
		r = dict->def(dict, number, &def, err);
	if (r == 0 && def)
		r = put_name(h, def->stage, &names[1], err);
	if (r == 0 && def)
		r = put_name(h, def->instruction, &names[2], err);
	return r == 0 ? place_of(h, class, names, ret, err) : r;
}

static int find(struct cs_hotspots *h, struct cs_brief_dict *dict, const struct cs_brief *b,
		enum cs_step_class class, int64_t number, struct cs_hotspot **ret,
		struct cs_err *err)
{
	/* numbers of steps are of one project each */
	uint64_t key = number ? (uint64_t)number << 1
			      : ((uint64_t)b->project << 8 | (unsigned)class) << 1 | 1;
	uint32_t *place = cs_map_at(&h->numbers, key);
	int r = 0;

	if (!place)
		return cs_err_nomem(err);
	if (*place == CS_NOTHING)
		r = name_spot(h, dict, b, class, number, place, err);
	if (r == 0)
		*ret = *place == REST ? &h->rest : &h->spots[*place];
	return r;
}

/* Stable: builds come by start, so of equal ones the earlier stays before the later. */
static void note_miss(struct cs_hotspots *h, const struct cs_brief *b,
		      const struct cs_brief_step *step)
{
	size_t at = h->n_dearest;

	while (at && h->dearest[at - 1].duration_ns < step->ns)
		at--;
	if (at == CS_DEAREST_MAX || !b->id)
		return;
	if (h->n_dearest < CS_DEAREST_MAX)
		h->n_dearest++;
	memmove(&h->dearest[at + 1], &h->dearest[at],
		(h->n_dearest - at - 1) * sizeof(*h->dearest));
	snprintf(h->dearest[at].build_id, sizeof(h->dearest[at].build_id), "%016llx",
		 (unsigned long long)b->id);
	h->dearest[at].step = step->index;
	h->dearest[at].duration_ns = step->ns;
}

static void add_step(struct cs_hotspots *h, struct cs_hotspot *sums, const struct cs_brief *b,
		     const struct cs_brief_step *step)
{
	if (step->state == CS_STATE_HIT) {
		sums->hits++;
		sums->priced_hits += step->ns >= 0;
		sums->saved_ns = cs_ns_add(sums->saved_ns, step->ns >= 0 ? step->ns : 0);
		return;
	}
	sums->runs++;
	if (step->ns <= 0)
		return;
	sums->run_ns = cs_ns_add(sums->run_ns, step->ns);
	note_miss(h, b, step);
}

int cs_hotspots_add(struct cs_hotspots *h, struct cs_brief_dict *dict, const struct cs_brief *brief,
		    struct cs_err *err)
{
	struct cs_hotspot *sums = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < brief->n_steps; i++) {
		const struct cs_brief_step *s = &brief->steps[i];

		r = find(h, dict, brief, (enum cs_step_class)s->class, s->def, &sums, err);
		if (r == 0)
			add_step(h, sums, brief, s);
	}
	for (size_t i = 0; r == 0 && i < brief->n_classes; i++) {
		const struct cs_brief_class *c = &brief->classes[i];

		r = find(h, dict, brief, (enum cs_step_class)c->class, 0, &sums, err);
		if (r < 0)
			return r;
		sums->runs += c->runs;
		sums->hits += c->hits;
		sums->priced_hits += c->priced_hits;
		sums->run_ns = cs_ns_add(sums->run_ns, c->run_ns);
		sums->saved_ns = cs_ns_add(sums->saved_ns, c->saved_ns);
	}
	return r;
}

static int compare_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare(const void *a, const void *b)
{
	const struct cs_hotspot *x = a, *y = b;
	int r = (x->run_ns < y->run_ns) - (x->run_ns > y->run_ns);

	if (!r)
		r = (x->saved_ns < y->saved_ns) - (x->saved_ns > y->saved_ns);
	if (!r)
		r = (int)x->class - (int)y->class;
	if (!r)
		r = compare_text(x->project, y->project);
	if (!r)
		r = compare_text(x->stage, y->stage);
	return r ? r : compare_text(x->instruction, y->instruction);
}

int cs_hotspots_list(struct cs_hotspots *h, const struct cs_hotspot **ret, size_t *ret_n,
		     struct cs_err *err)
{
	struct cs_hotspot *list = calloc(h->n + 1, sizeof(*list));
	size_t n = h->n;

	if (!list)
		return cs_err_nomem(err);
	if (n)
		memcpy(list, h->spots, n * sizeof(*list));
	if (h->rest.runs || h->rest.hits)
		list[n++] = h->rest;
	if (n)
		qsort(list, n, sizeof(*list), compare);
	free(h->list);
	h->list = list;
	*ret = list;
	*ret_n = n;
	return 0;
}

const struct cs_dearest *cs_hotspots_dearest(const struct cs_hotspots *h, size_t *ret_n)
{
	*ret_n = h->n_dearest;
	return h->dearest;
}
