/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds with their figures. What is older than the window that it is asked for (prices, the first
 * build of a scope) is looked up for each build; one walk over the whole history in its place took
 * half a minute for a million builds.
 */
#include "cmd/history.h"

#include <string.h>

#include "util/arena.h"

/* --- the walk --- */

struct walk {
	struct cs_store *store;
	cs_history_priced_fn *fn;
	void *arg;
};

static int visit(void *arg, const struct cs_build *build, struct cs_err *err)
{
	struct walk *w = arg;
	struct cs_prices *prices CS_AUTO(cs_prices_free_p) = NULL;
	struct cs_figures figures;
	int r = cs_cmd_figures(w->store, build, false, NULL, 0, &prices, &figures, err);

	return r == 0 ? w->fn(w->arg, build, &figures, prices, err) : r;
}

int cs_cmd_history_priced(struct cs_store *store, const struct cs_filter *filter, unsigned with,
			  cs_history_priced_fn *fn, void *arg, struct cs_err *err)
{
	struct walk w = { store, fn, arg };

	with |= CS_OLDEST_FIRST | CS_WITH_STEPS | CS_WITH_LAYERS;
	return cs_store_builds(store, filter, with, -1, visit, &w, err);
}

struct unpriced {
	cs_history_fn *fn;
	void *arg;
};

static int leave_prices(void *arg, const struct cs_build *build, const struct cs_figures *figures,
			const struct cs_prices *prices CS_UNUSED, struct cs_err *err)
{
	const struct unpriced *u = arg;

	return u->fn(u->arg, build, figures, err);
}

int cs_cmd_history(struct cs_store *store, const struct cs_filter *filter, unsigned with,
		   cs_history_fn *fn, void *arg, struct cs_err *err)
{
	struct unpriced u = { fn, arg };

	return cs_cmd_history_priced(store, filter, with, leave_prices, &u, err);
}

/* --- groups --- */

struct groups {
	struct cs_stats *const *stats;
	size_t n;
};

static int add_build(void *arg, const struct cs_brief *brief, struct cs_brief_dict *dict,
		     struct cs_err *err)
{
	const struct groups *g = arg;
	int r = 0;

	for (size_t i = 0; i < g->n && r == 0; i++)
		r = cs_stats_add(g->stats[i], dict, brief, err);
	return r;
}

int cs_cmd_add_builds(struct cs_store *store, const struct cs_filter *filter,
		      const struct cs_by *by, size_t n_by, struct cs_stats *const *stats, size_t n,
		      struct cs_err *err)
{
	struct groups g = { stats, n };
	struct cs_brief_dict *dict CS_AUTO(cs_cmd_dict_free_p) = NULL;
	int r = cs_cmd_dict_new(store, &dict, err);

	return r == 0 ? cs_cmd_briefs(store, dict, filter, cs_by_wants(by, n_by), add_build, &g,
				      err)
		      : r;
}

int cs_cmd_group_builds(struct cs_store *store, const struct cs_filter *filter,
			const struct cs_by *by, size_t n_by, struct cs_stats **ret,
			struct cs_err *err)
{
	struct cs_stats *stats CS_AUTO(cs_stats_free_p) = NULL;
	int r = cs_stats_new(by, n_by, &stats, err);

	if (r == 0)
		r = cs_cmd_add_builds(store, filter, by, n_by, &stats, 1, err);
	if (r < 0)
		return r;
	*ret = cs_steal(stats);
	return 0;
}

/* --- one build --- */

int cs_cmd_prices_at(struct cs_store *store, const struct cs_build *build, struct cs_prices **ret,
		     struct cs_figures *ret_figures, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build *kin;
	const char **ids;
	size_t n;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	/* the same execution, recorded from another document */
	r = cs_store_build_kin(store, build, arena, &kin, &n, err);
	if (r < 0)
		return r;
	ids = cs_arena_array(arena, n, sizeof(*ids));
	if (!ids)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		ids[i] = kin[i].id;
	return cs_cmd_figures(store, build, true, ids, n, ret, ret_figures, err);
}
