/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ids first, then builds: a list that is read while another is open would have each build copied
 * twice.
 */
#include "cmd/earlier.h"

#include <string.h>

#include "metrics/tables.h"

/* Ids of the builds before one, nearest first. */
struct history {
	struct cs_store *store;
	struct cs_arena *arena;
	const struct cs_build *build;
	const char **ids;
	size_t n, max;
	bool cut;
};

static int note_id(void *arg, const struct cs_build *b, struct cs_err *err)
{
	struct history *h = arg;
	const struct cs_build *now = h->build;

	if (now->id && strcmp(b->id, now->id) == 0)
		return 0;
	if (now->builder_ref && b->builder_ref && strcmp(b->builder_ref, now->builder_ref) == 0)
		return 0; /* a file of a build that is recorded */
	if (cs_build_time(now) != CS_TIME_NONE && cs_build_time(b) >= cs_build_time(now))
		return 0;
	if (h->n == h->max) {
		h->cut = true;
		return 1;
	}
	h->ids[h->n] = cs_arena_strdup(h->arena, b->id);
	return h->ids[h->n++] ? 0 : cs_err_nomem(err);
}

void cs_earlier_pool_release(struct cs_earlier_pool *pool)
{
	free(pool->v);
}

static int read_build(struct cs_store *store, const struct cs_filter *filter, const char *id,
		      struct cs_earlier_pool *pool, struct cs_arena *arena,
		      const struct cs_build **ret, struct cs_err *err)
{
	struct cs_build *build;
	int r;

	for (size_t i = pool ? pool->n : 0; i > 0; i--) {
		if (strcmp(pool->v[i - 1]->id, id) == 0) {
			*ret = pool->v[i - 1];
			return 0;
		}
	}
	build = cs_arena_array(arena, 1, sizeof(*build));
	if (!build || (pool && !cs_table_grow((void **)&pool->v, pool->n, &pool->cap,
					      sizeof(struct cs_build *))))
		return cs_err_nomem(err);
	r = cs_store_build_get(store, filter, id, CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_RECIPE,
			       arena, build, err);
	if (r != 0)
		return r;
	if (pool)
		pool->v[pool->n++] = build;
	*ret = build;
	return 0;
}

int cs_cmd_earlier(struct cs_store *store, const struct cs_build *build, size_t max,
		   struct cs_earlier_pool *pool, struct cs_arena *arena, struct cs_earlier *ret,
		   struct cs_err *err)
{
	struct history h = { .store = store, .arena = arena, .build = build, .max = max };
	struct cs_filter filter;
	const struct cs_build **v;
	int r;

	cs_filter_init(&filter);
	cs_filter_add(&filter.project, build->facts.project ? build->facts.project : "");
	if (cs_build_time(build) != CS_TIME_NONE)
		filter.until_unix_ns = cs_build_time(build);
	h.ids = cs_arena_array(arena, max, sizeof(*h.ids));
	if (!h.ids)
		return cs_err_nomem(err);
	r = cs_store_builds(store, &filter, 0, -1, note_id, &h, err);
	v = cs_arena_array(arena, h.n, sizeof(*v));
	if (r >= 0 && !v)
		return cs_err_nomem(err);
	for (size_t i = 0; r >= 0 && i < h.n; i++)
		r = read_build(store, &filter, h.ids[i], pool, arena, &v[i], err);
	if (r < 0)
		return r;
	*ret = (struct cs_earlier){ v, h.n, h.cut };
	return 0;
}
