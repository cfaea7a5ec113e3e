/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over a project's whole history, for a price is older than the window that it is asked
 * for. Keeping prices in the store instead was refused: a build that is recorded late, or joined
 * with its record later, would change those of all builds behind it.
 */
#include "cmd/history.h"

#include <string.h>

#include "model/merge.h"
#include "util/buf.h"
#include "util/hash.h"

struct scope {
	UT_hash_handle hh;
	char key[];
};

struct walk {
	struct cs_prices *prices;
	struct scope *scopes; /* those that had a build */
	/* of cs_cmd_history() */
	const struct cs_filter *filter;
	cs_history_priced_fn *fn;
	void *arg;
	/* of cs_cmd_prices_at() */
	const struct cs_build *build;
};

static void walk_release(struct walk *w)
{
	struct scope *s, *next;

	HASH_ITER(hh, w->scopes, s, next)
	{
		HASH_DEL(w->scopes, s);
		free(s);
	}
	if (w->prices)
		cs_prices_free(w->prices);
}

/* *ret_first: no build of its scope was noted before; it is noted now if note is set. */
static int first_of_scope(struct walk *w, const struct cs_build *b, bool note, bool *ret_first,
			  struct cs_err *err)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *project = b->facts.project ? b->facts.project : "";
	struct scope *s;

	if (cs_buf_printf(&key, "%zu:%s%s", strlen(project), project,
			  b->facts.scope ? b->facts.scope : "") < 0)
		return cs_err_nomem(err);
	HASH_FIND(hh, w->scopes, key.data, key.len, s);
	*ret_first = !s;
	if (s || !note)
		return 0;
	s = malloc(sizeof(*s) + key.len + 1);
	if (!s)
		return cs_err_nomem(err);
	memcpy(s->key, key.data, key.len + 1);
	HASH_ADD_KEYPTR(hh, w->scopes, s->key, key.len, s);
	if (!s->hh.tbl) {
		free(s);
		return cs_err_nomem(err);
	}
	return 0;
}

/* What is asked of the store: all builds of the projects before an end. */
static void all_before(const struct cs_filter *filter, int64_t until_unix_ns, struct cs_filter *ret)
{
	cs_filter_init(ret);
	if (filter)
		ret->project = filter->project;
	ret->until_unix_ns = until_unix_ns;
}

/* --- the walk --- */

static int visit(void *arg, const struct cs_build *build, struct cs_err *err)
{
	struct walk *w = arg;
	struct cs_figures figures;
	bool first;
	int r = first_of_scope(w, build, true, &first, err);

	if (r < 0)
		return r;
	if (!w->filter || cs_filter_match(w->filter, build)) {
		r = cs_figures_of(w->prices, build, first, &figures, err);
		if (r == 0)
			r = w->fn(w->arg, build, &figures, w->prices, err);
		if (r != 0)
			return r;
	}
	return cs_prices_learn(w->prices, build, err);
}

int cs_cmd_history_priced(struct cs_store *store, const struct cs_filter *filter, unsigned with,
			  cs_history_priced_fn *fn, void *arg, struct cs_err *err)
{
	struct walk w CS_AUTO(walk_release) = { .filter = filter, .fn = fn, .arg = arg };
	struct cs_filter all;
	int r = cs_prices_new(&w.prices, err);

	if (r < 0)
		return r;
	with |= CS_OLDEST_FIRST | CS_WITH_STEPS | CS_WITH_LAYERS;
	if (filter && filter->n_labels)
		with |= CS_WITH_LABELS;
	all_before(filter, filter ? filter->until_unix_ns : CS_TIME_NONE, &all);
	return cs_store_builds(store, &all, with, -1, visit, &w, err);
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

static int add_build(void *arg, const struct cs_build *build, const struct cs_figures *figures,
		     struct cs_err *err)
{
	return cs_stats_add(arg, build, figures, err);
}

int cs_cmd_group_builds(struct cs_store *store, const struct cs_filter *filter,
			const struct cs_by *by, size_t n_by, struct cs_stats **ret,
			struct cs_err *err)
{
	struct cs_stats *stats CS_AUTO(cs_stats_free_p) = NULL;
	int r = cs_stats_new(by, n_by, &stats, err);

	if (r == 0)
		r = cs_cmd_history(store, filter, cs_by_needs_labels(by, n_by) ? CS_WITH_LABELS : 0,
				   add_build, stats, err);
	if (r < 0)
		return r;
	*ret = cs_steal(stats);
	return 0;
}

/* --- one build --- */

static bool same_id(const struct cs_build *a, const struct cs_build *b)
{
	return a->id && b->id && strcmp(a->id, b->id) == 0;
}

static int learn(void *arg, const struct cs_build *build, struct cs_err *err)
{
	struct walk *w = arg;
	bool first;
	int r;

	/* what began at the same time but is listed before it was there before it */
	if (same_id(build, w->build))
		return 1;
	/* the same execution, recorded from another document */
	if (cs_build_kin(build, w->build) && cs_build_compatible(build, w->build))
		return 0;
	r = first_of_scope(w, build, true, &first, err);
	return r < 0 ? r : cs_prices_learn(w->prices, build, err);
}

int cs_cmd_prices_at(struct cs_store *store, const struct cs_build *build, struct cs_prices **ret,
		     struct cs_figures *ret_figures, struct cs_err *err)
{
	struct walk w CS_AUTO(walk_release) = { .build = build };
	int64_t began = build->facts.started_unix_ns;
	struct cs_filter filter;
	bool first = true;
	int r = cs_prices_new(&w.prices, err);

	if (began == CS_TIME_NONE && build->id)
		began = build->recorded_unix_ns;
	all_before(NULL, began == CS_TIME_NONE || began == INT64_MAX ? CS_TIME_NONE : began + 1,
		   &filter);
	cs_filter_add(&filter.project, build->facts.project ? build->facts.project : "");
	if (r == 0)
		r = cs_store_builds(store, &filter, CS_OLDEST_FIRST | CS_WITH_STEPS, -1, learn, &w,
				    err);
	if (r == 0)
		r = first_of_scope(&w, build, false, &first, err);
	if (r == 0)
		r = cs_figures_of(w.prices, build, first, ret_figures, err);
	if (r < 0)
		return r;
	*ret = cs_steal(w.prices);
	return 0;
}
