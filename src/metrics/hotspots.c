/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash of sums and a short sorted list. Keeping every miss and sorting at the end was refused:
 * memory would grow with builds times steps.
 */
#include "metrics/hotspots.h"

#include <string.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/hash.h"

struct spot {
	UT_hash_handle hh;
	struct cs_hotspot sums;
	char key[];
};

struct cs_hotspots {
	struct spot *spots;
	size_t n;
	struct cs_hotspot rest;
	struct cs_hotspot *list;
	struct cs_dearest dearest[CS_DEAREST_MAX];
	size_t n_dearest;
	struct cs_arena *arena;
};

int cs_hotspots_new(struct cs_hotspots **ret, struct cs_err *err)
{
	struct cs_hotspots *h CS_AUTO(cs_hotspots_free_p) = calloc(1, sizeof(*h));

	if (!h)
		return cs_err_nomem(err);
	h->arena = cs_arena_new();
	if (!h->arena)
		return cs_err_nomem(err);
	h->rest.rest = true;
	*ret = cs_steal(h);
	return 0;
}

void cs_hotspots_free(struct cs_hotspots *h)
{
	struct spot *s, *next;

	if (!h)
		return;
	HASH_ITER(hh, h->spots, s, next)
	{
		HASH_DEL(h->spots, s);
		free(s);
	}
	cs_arena_free(h->arena);
	free(h->list);
	free(h);
}

static bool copy(struct cs_hotspots *h, const char **ret, const char *text)
{
	*ret = text && *text ? cs_arena_strdup(h->arena, text) : NULL;
	return *ret || !text || !*text;
}

/* NULL: no memory. */
static struct cs_hotspot *find(struct cs_hotspots *h, const struct cs_build *b,
			       const struct cs_step *step)
{
	bool named = cs_step_cacheable(step->class);
	const char *project = b->facts.project ? b->facts.project : "";
	const char *stage = named && step->stage ? step->stage : "";
	const char *instruction = named && step->instruction ? step->instruction : "";
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct spot *s;

	if (cs_buf_printf(&key, "%d,%zu:%s%zu:%s%s", (int)step->class, strlen(project), project,
			  strlen(stage), stage, instruction) < 0)
		return NULL;
	HASH_FIND(hh, h->spots, key.data, key.len, s);
	if (s)
		return &s->sums;
	if (h->n == CS_HOTSPOTS_MAX)
		return &h->rest;
	s = calloc(1, sizeof(*s) + key.len + 1);
	if (!s)
		return NULL;
	memcpy(s->key, key.data, key.len + 1);
	s->sums.class = step->class;
	if (!copy(h, &s->sums.project, project) || !copy(h, &s->sums.stage, stage) ||
	    !copy(h, &s->sums.instruction, instruction)) {
		free(s);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, h->spots, s->key, key.len, s);
	if (!s->hh.tbl) {
		free(s);
		return NULL;
	}
	h->n++;
	return &s->sums;
}

/* Stable: builds come by start, so of equal ones the earlier stays before the later. */
static void note_miss(struct cs_hotspots *h, const struct cs_build *b, const struct cs_step *step)
{
	size_t at = h->n_dearest;

	while (at && h->dearest[at - 1].duration_ns < step->duration_ns)
		at--;
	if (at == CS_DEAREST_MAX || !b->id || strlen(b->id) != 16)
		return;
	if (h->n_dearest < CS_DEAREST_MAX)
		h->n_dearest++;
	memmove(&h->dearest[at + 1], &h->dearest[at],
		(h->n_dearest - at - 1) * sizeof(*h->dearest));
	memcpy(h->dearest[at].build_id, b->id, sizeof(h->dearest[at].build_id));
	h->dearest[at].step = step->index;
	h->dearest[at].duration_ns = step->duration_ns;
}

int cs_hotspots_add(struct cs_hotspots *h, const struct cs_build *build,
		    const struct cs_prices *prices, struct cs_err *err)
{
	for (size_t i = 0; i < build->n_steps; i++) {
		const struct cs_step *step = &build->steps[i];
		bool ran = step->state == CS_STATE_RUN || step->state == CS_STATE_FAILED;
		struct cs_hotspot *sums;
		int64_t price;

		if (step->class == CS_STEP_INTERNAL || (!ran && step->state != CS_STATE_HIT))
			continue;
		sums = find(h, build, step);
		if (!sums)
			return cs_err_nomem(err);
		sums->runs += ran;
		sums->hits += !ran;
		if (ran && step->duration_ns > 0)
			sums->run_ns = cs_ns_add(sums->run_ns, step->duration_ns);
		if (ran && step->duration_ns > 0 && cs_step_cacheable(step->class))
			note_miss(h, build, step);
		price = ran ? -1 : cs_prices_of(prices, build, step);
		if (price >= 0) {
			sums->priced_hits++;
			sums->saved_ns = cs_ns_add(sums->saved_ns, price);
		}
	}
	return 0;
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
	struct spot *s, *next;
	size_t n = 0;

	if (!list)
		return cs_err_nomem(err);
	HASH_ITER(hh, h->spots, s, next)
	list[n++] = s->sums;
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
