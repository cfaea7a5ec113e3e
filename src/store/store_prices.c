/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row for each step of a build that really ran; two a build, mostly. The price as of any time is
 * the last row before it, one step in the index, so that a build that is recorded late has its
 * right place among them. Refused: the price in the row of each hit, which every build that comes
 * late would have to change.
 *
 * When builds are pruned, their rows stay as long as they are the last before those that are kept.
 */
#include "model/step.h"
#include "store/briefs.h"
#include "store/store_impl.h"

/* Where a build stands in time: by start, then id. */
struct place {
	int64_t project, scope, time_unix_ns;
	uint8_t id[9];
	size_t id_len; /* 9: behind all of that time */
};

#define AT(p) cs_p_int("time_unix_ns", (p)->time_unix_ns), cs_p_blob("id", (p)->id, (p)->id_len)

/* --- with the build --- */

/* Texts as they are kept, so that who reads them finds the row. */
static int identify(struct cs_store *store, const struct cs_build *b, const struct cs_step *s,
		    int64_t *ret, struct cs_err *err)
{
	struct cs_buf bufs[3] = { CS_BUF_INIT, CS_BUF_INIT, CS_BUF_INIT };
	struct cs_step clean = *s;
	const char **texts[] = { &clean.platform, &clean.stage, &clean.instruction };
	int r = 0;

	if (!clean.platform)
		clean.platform = b->platform;
	for (size_t i = 0; i < CS_N(texts) && r == 0; i++) {
		if (*texts[i])
			r = cs_st_clean(*texts[i], &bufs[i], texts[i], err);
	}
	if (r == 0)
		*ret = cs_step_identity(store->hasher, b, &clean);
	for (size_t i = 0; i < CS_N(bufs); i++)
		cs_buf_release(&bufs[i]);
	return r;
}

static int each_price(struct cs_store *store, const struct place *at, const struct cs_build *b,
		      bool drop, struct cs_err *err)
{
	const struct cs_param project = cs_p_int("project_id", at->project);
	const struct cs_param scope = cs_p_int("scope_id", at->scope);
	int r = 0;

	for (size_t i = 0; i < b->n_steps && r == 0; i++) {
		const struct cs_step *s = &b->steps[i];
		int64_t step;

		if (!cs_step_sets_price(s))
			continue;
		r = identify(store, b, s, &step, err);
		if (r < 0)
			return r;
		if (drop)
			r = cs_st_run(store, CS_SQL_PRICE_DROP,
				      CS_PARAMS(project, cs_p_int("step", step), scope, AT(at)),
				      err);
		else
			r = cs_st_run(store, CS_SQL_PRICE_PUT,
				      CS_PARAMS(project, cs_p_int("step", step), scope, AT(at),
						cs_p_int("duration_ns", s->duration_ns)),
				      err);
		cs_testpoint(&store->points, "price");
	}
	return r;
}

static int mark_stale(struct cs_store *store, const struct place *at, struct cs_err *err)
{
	return cs_st_run(store, CS_SQL_STALE_PUT,
			 CS_PARAMS(cs_p_int("project_id", at->project), AT(at)), err);
}

int cs_st_past_put(struct cs_store *store, int64_t project, int64_t scope, const uint8_t id[8],
		   const struct cs_build *build, struct cs_err *err)
{
	struct place at = { project, scope, cs_build_time(build), { 0 }, 8 };
	int r;

	memcpy(at.id, id, 8);
	r = each_price(store, &at, build, false, err);
	return r == 0 ? mark_stale(store, &at, err) : r;
}

int cs_st_past_drop(struct cs_store *store, int64_t build_no, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build_counts counts;
	struct cs_build b;
	struct place at = { .id_len = 8 };
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_st_build_row(store, build_no, arena, &b, &counts, err);
	if (r == 0)
		r = cs_st_build_fill(store, build_no, CS_WITH_STEPS, arena, &b, &counts, err);
	if (r == 0)
		r = cs_st_project(store, b.facts.project, false, &at.project, err);
	if (r == 0)
		r = cs_st_text_find(store, at.project, b.facts.scope, &at.scope, err);
	if (r != 0)
		return r < 0 ? r : 0; /* gone */
	at.time_unix_ns = cs_build_time(&b);
	if (!cs_id_parse(b.id, at.id))
		return cs_st_damaged(store, err, "a build without an id");
	r = each_price(store, &at, &b, true, err);
	return r == 0 ? mark_stale(store, &at, err) : r;
}

/* --- what was known before a build --- */

struct past {
	struct cs_store *store;
	struct place at;
	uint8_t (*not )[8];
	size_t n_not;
};

static bool is_left_out(const struct past *p, const uint8_t id[8])
{
	for (size_t i = 0; i < p->n_not; i++) {
		if (memcmp(p->not [i], id, 8) == 0)
			return true;
	}
	return false;
}

/* A row's time and id; the statement is reset. */
static int read_place(struct past *p, struct cs_row *row, struct place *ret)
{
	size_t len;
	const void *id;

	ret->time_unix_ns = cs_db_row_int(row, 0);
	id = cs_db_row_blob(row, &len);
	if (row->r == 0 && (!id || len != 8))
		row->r = cs_st_damaged(p->store, row->err, "a build without an id");
	if (row->r == 0)
		memcpy(ret->id, id, 8);
	ret->id_len = 8;
	row->st->driver->reset(row->st);
	return row->r;
}

/* The last price of a scope; *ret_at is its place. 0; 1 = none. */
static int price_in(struct past *p, int64_t step, int64_t scope, int64_t *ret, struct place *ret_at,
		    struct cs_err *err)
{
	struct place at = p->at;
	int64_t ns;

	for (;;) {
		struct cs_row row = { .store = p->store, .err = err };
		int r = cs_st_query(p->store, CS_SQL_PRICE_BEFORE,
				    CS_PARAMS(cs_p_int("project_id", at.project),
					      cs_p_int("step", step), cs_p_int("scope_id", scope),
					      AT(&at)),
				    &row.st, err);

		if (r == 0)
			r = cs_st_next(row.st, err);
		if (r != 0)
			return r;
		ns = cs_db_row_int(&row, -1);
		r = read_place(p, &row, &at);
		if (r < 0)
			return r;
		if (is_left_out(p, at.id))
			continue;
		*ret = ns;
		*ret_at = at;
		return 0;
	}
}

static bool is_after(const struct place *a, const struct place *b)
{
	if (a->time_unix_ns != b->time_unix_ns)
		return a->time_unix_ns > b->time_unix_ns;
	return memcmp(a->id, b->id, 8) > 0;
}

/* The last price of all scopes. 0; 1 = none. */
static int price_anywhere(struct past *p, int64_t step, int64_t *ret, struct cs_err *err)
{
	struct place best = { .id_len = 0 }, at;
	int64_t scope = 0, ns;
	int r;

	for (;;) {
		r = cs_st_int(p->store, CS_SQL_PRICE_NEXT_SCOPE,
			      CS_PARAMS(cs_p_int("project_id", p->at.project),
					cs_p_int("step", step), cs_p_int("scope_id", scope)),
			      &scope, err);
		if (r != 0)
			break;
		r = price_in(p, step, scope, &ns, &at, err);
		if (r < 0)
			return r;
		if (r == 0 && (!best.id_len || is_after(&at, &best))) {
			best = at;
			*ret = ns;
		}
	}
	return r < 0 ? r : best.id_len ? 0 : 1;
}

static int price_of(struct past *p, const struct cs_build *b, const struct cs_step *s, int64_t *ret,
		    struct cs_err *err)
{
	struct place at;
	int64_t step;
	int r = identify(p->store, b, s, &step, err);

	if (r == 0)
		r = p->at.scope ? price_in(p, step, p->at.scope, ret, &at, err) : 1;
	if (r == 1)
		r = price_anywhere(p, step, ret, err);
	return r < 0 ? r : 0;
}

static int first_of_scope(struct past *p, bool *ret, struct cs_err *err)
{
	const struct cs_param project = cs_p_int("project_id", p->at.project);
	const struct cs_param scope = cs_p_int("scope_id", p->at.scope);
	struct place from = { .time_unix_ns = INT64_MIN, .id_len = 0 };
	int64_t one;
	int r;

	*ret = true;
	if (!p->at.scope)
		return 0;
	for (;;) {
		struct cs_row row = { .store = p->store, .err = err };

		r = cs_st_query(p->store, CS_SQL_SCOPE_BEFORE,
				CS_PARAMS(project, scope, AT(&p->at),
					  cs_p_int("since", from.time_unix_ns),
					  cs_p_blob("since_id", from.id, from.id_len)),
				&row.st, err);
		if (r == 0)
			r = cs_st_next(row.st, err);
		if (r == 0)
			r = read_place(p, &row, &from);
		if (r != 0 || !is_left_out(p, from.id))
			break;
	}
	if (r == 1)
		r = cs_st_int(p->store, CS_SQL_SCOPE_FORGOTTEN,
			      CS_PARAMS(project, scope, AT(&p->at)), &one, err);
	*ret = r == 1;
	return r < 0 ? r : 0;
}

/* 0; 1 = nothing is known of the project. */
static int find_place(struct cs_store *store, const struct cs_build *b, struct place *ret,
		      struct cs_err *err)
{
	int64_t began = b->facts.started_unix_ns;
	int r;

	if (began == CS_TIME_NONE && b->id)
		began = b->recorded_unix_ns;
	*ret = (struct place){ .time_unix_ns = began == CS_TIME_NONE ? INT64_MAX : began,
			       .id_len = 8 };
	if (!b->id || !cs_id_parse(b->id, ret->id)) {
		memset(ret->id, 0xff, sizeof(ret->id));
		ret->id_len = sizeof(ret->id);
	}
	r = cs_st_project(store, b->facts.project, false, &ret->project, err);
	if (r != 0)
		return r;
	r = cs_st_text_find(store, ret->project, b->facts.scope ? b->facts.scope : "", &ret->scope,
			    err);
	return r < 0 ? r : 0;
}

static int read_past(struct past *p, const struct cs_build *b, bool all, struct cs_past *ret,
		     struct cs_err *err)
{
	int r = find_place(p->store, b, &p->at, err);

	ret->first_of_scope = true;
	if (r != 0)
		return r < 0 ? r : 0;
	for (size_t i = 0; i < b->n_steps && r == 0; i++) {
		const struct cs_step *s = &b->steps[i];

		if (cs_step_has_price(s) && (all || s->state == CS_STATE_HIT))
			r = price_of(p, b, s, &ret->prices_ns[i], err);
	}
	return r == 0 ? first_of_scope(p, &ret->first_of_scope, err) : r;
}

int cs_store_past(struct cs_store *store, const struct cs_build *build, bool all,
		  const char *const *not_ids, size_t n, struct cs_arena *arena, struct cs_past *ret,
		  struct cs_err *err)
{
	struct past p = { .store = store, .n_not = n };
	struct cs_past past = { .prices_ns = cs_arena_array(arena, build->n_steps,
							    sizeof(*past.prices_ns)) };
	int r;

	p.not = cs_arena_array(arena, n, sizeof(*p.not ));
	if (!past.prices_ns || !p.not )
		return cs_err_nomem(err);
	for (size_t i = 0; i < build->n_steps; i++)
		past.prices_ns[i] = -1;
	for (size_t i = 0; i < n; i++) {
		if (!cs_id_parse(not_ids[i], p.not [i]))
			return cs_err_set(err, CS_USAGE, "'%.40s' is no build id", not_ids[i]);
	}
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = read_past(&p, build, all, &past, err);
	r = cs_st_end_read(store, r, err);
	if (r == 0)
		*ret = past;
	return r;
}

/* --- pruning --- */

int cs_st_past_forget(struct cs_store *store, int64_t build_no, struct cs_err *err)
{
	int r = cs_st_run(store, CS_SQL_SCOPE_FORGET, CS_PARAMS(cs_p_int("build_no", build_no)),
			  err);

	cs_testpoint(&store->points, "scope_forget");
	return r;
}

int cs_st_prices_sweep(struct cs_store *store, int64_t project, struct cs_err *err)
{
	const struct cs_param id = cs_p_int("project_id", project);
	int64_t oldest = INT64_MAX;
	int r = cs_st_begin_write(store, err);

	if (r < 0)
		return r;
	r = cs_st_int(store, CS_SQL_PROJECT_OLDEST, CS_PARAMS(id), &oldest, err);
	if (r >= 0)
		r = cs_st_run(store, CS_SQL_PRICES_SWEEP,
			      CS_PARAMS(id, cs_p_int("time_unix_ns", oldest)), err);
	cs_testpoint(&store->points, "price_sweep");
	return cs_st_end_write(store, r, err);
}
