/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds in short: made when they are put, read by every report. What a figure is stays with
 * metrics; what is asked here of the store is what was known before the build began. One that is
 * stale is made for the moment, in the same way, so that a report is right at any time and only
 * takes longer.
 */
#include <string.h>

#include "cmd/history.h"
#include "store/briefs.h"
#include "util/arena.h"

#define PIECE 256 /* builds made in one transaction */
/*
 * Builds behind one that came late that are made again with it: what a busy project starts within
 * minutes. A thousand are left to the end of the command.
 */
#define AT_ONCE 16

/* --- making one --- */

int cs_cmd_figures(struct cs_store *store, const struct cs_build *build, bool all,
		   const char *const *not_ids, size_t n, struct cs_prices **ret,
		   struct cs_figures *ret_figures, struct cs_err *err)
{
	struct cs_prices *prices CS_AUTO(cs_prices_free_p) = NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_past past;
	int r = arena ? cs_prices_new(&prices, err) : cs_err_nomem(err);

	if (r == 0)
		r = cs_store_past(store, build, all, not_ids, n, arena, &past, err);
	for (size_t i = 0; r == 0 && i < build->n_steps; i++) {
		if (past.prices_ns[i] >= 0)
			r = cs_prices_set(prices, build, &build->steps[i], past.prices_ns[i], err);
	}
	if (r == 0)
		r = cs_figures_of(prices, build, past.first_of_scope, ret_figures, err);
	if (r == 0)
		*ret = cs_steal(prices);
	return r;
}

/* 0; 1 = the build is not there (any more). put: the one that was put last, or NULL. */
static int make(struct cs_store *store, int64_t build_no, const struct cs_build *put,
		struct cs_arena *arena, struct cs_brief *ret, struct cs_err *err)
{
	struct cs_prices *prices CS_AUTO(cs_prices_free_p) = NULL;
	struct cs_brief_source source;
	struct cs_brief_numbers numbers;
	struct cs_figures figures;
	int r = put ? cs_store_brief_source_put(store, build_no, put, arena, &source, err) : 1;

	if (r == 1)
		r = cs_store_brief_source(store, build_no, arena, &source, err);
	if (r == 0)
		r = cs_cmd_figures(store, &source.build, false, NULL, 0, &prices, &figures, err);
	if (r != 0)
		return r;
	numbers = (struct cs_brief_numbers){
		.project = source.project,
		.scope = source.scope,
		.target = source.target,
		.platform = source.platform,
		.job = source.job,
		.workflow = source.workflow,
		.ref = source.ref,
		.run = source.run,
		.labels = source.labels,
		.defs = source.defs,
	};
	return cs_brief_make(&source.build, &figures, prices, &numbers, arena, ret, err);
}

/* --- keeping them --- */

static int make_and_put(struct cs_store *store, int64_t build_no, const struct cs_build *put,
			struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_buf packed CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_brief brief;
	int r = arena ? make(store, build_no, put, arena, &brief, err) : cs_err_nomem(err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = cs_brief_pack(&brief, &packed, err);
	return r == 0 ? cs_store_brief_put(store, build_no, brief.project, packed.data, packed.len,
					   err)
		      : r;
}

static int make_all(struct cs_store *store, const int64_t *nos, size_t n,
		    const struct cs_build *put, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = make_and_put(store, nos[i], put, err);
	return r == 0 ? cs_store_briefs_fresh(store, nos[n - 1], err) : r;
}

int cs_cmd_briefs_after(struct cs_store *store, const char *project, const struct cs_build *put,
			struct cs_err *err)
{
	int64_t nos[AT_ONCE + 1];
	size_t n;
	int r = cs_store_briefs_stale(store, project ? project : "", CS_N(nos), nos, &n, err);

	return r < 0 || n == 0 || n > AT_ONCE ? r : make_all(store, nos, n, put, err);
}

static int make_piece(struct cs_store *store, size_t max, size_t *ret_n, struct cs_err *err)
{
	int64_t nos[PIECE];
	struct cs_err ignored = CS_ERR_INIT;
	int end, r = cs_store_bulk_begin(store, err);

	if (r < 0)
		return r;
	r = cs_store_briefs_stale(store, NULL, max < PIECE ? max : PIECE, nos, ret_n, err);
	if (r == 0 && *ret_n)
		r = make_all(store, nos, *ret_n, NULL, err);
	end = cs_store_bulk_end(store, r == 0, r == 0 ? err : &ignored);
	return r == 0 ? end : r;
}

int cs_cmd_briefs_refresh(struct cs_store *store, size_t max, struct cs_err *err)
{
	size_t n = 1;
	int r = 0;

	while (r == 0 && max && n) {
		r = make_piece(store, max, &n, err);
		max -= n < max ? n : max;
	}
	return r;
}

/* --- reading them --- */

struct walk {
	struct cs_store *store;
	struct cs_brief_dict *dict;
	const struct cs_filter *filter; /* NULL: all that come match */
	unsigned want;
	cs_briefs_fn *fn;
	void *arg;
	struct cs_brief_room room;
	struct cs_brief_build build; /* for the filter */
};

static void walk_release(struct walk *w)
{
	cs_brief_room_release(&w->room);
	cs_brief_build_release(&w->build);
}

/* What the store's walk does not ask for itself. */
static bool needs_match(const struct cs_filter *f)
{
	return f && (f->scope.n || f->event.n || f->ref.n || f->target.n || f->platform.n ||
		     f->n_labels);
}

static int give(struct walk *w, const struct cs_brief *brief, struct cs_err *err)
{
	if (w->filter) {
		int r = cs_brief_to_build(brief, w->dict, CS_BRIEF_LABELS, &w->build, err);

		if (r < 0)
			return r;
		if (!cs_filter_match(w->filter, &w->build.build))
			return 0;
	}
	return w->fn(w->arg, brief, w->dict, err);
}

/* Its project may be another one than was asked for: that was not known. */
static int give_made(struct walk *w, int64_t build_no, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_brief brief;
	int r = arena ? make(w->store, build_no, NULL, arena, &brief, err) : cs_err_nomem(err);

	return r == 0 ? give(w, &brief, err) : r < 0 ? r : 0;
}

static int visit(void *arg, const struct cs_brief_row *row, struct cs_err *err)
{
	struct walk *w = arg;
	struct cs_brief brief = { .id = row->id,
				  .project = row->project,
				  .time_unix_ns = row->time_unix_ns };
	int r = 1;

	if (row->data)
		r = cs_brief_unpack(row->data, row->len, w->want, &w->room, &brief, err);
	if (r == -CS_FORMAT)
		return cs_store_damaged(w->store, "what is kept of a build in short", err);
	if (r < 0)
		return r;
	return r == 0 ? give(w, &brief, err) : give_made(w, row->build_no, err);
}

int cs_cmd_briefs(struct cs_store *store, struct cs_brief_dict *dict,
		  const struct cs_filter *filter, unsigned want, cs_briefs_fn *fn, void *arg,
		  struct cs_err *err)
{
	struct walk w CS_AUTO(walk_release) = {
		.store = store, .dict = dict, .want = want, .fn = fn, .arg = arg
	};

	if (needs_match(filter))
		w.filter = filter;
	if (filter && filter->n_labels)
		w.want |= CS_BRIEF_LABELS;
	return cs_store_briefs(store, filter, visit, &w, err);
}
