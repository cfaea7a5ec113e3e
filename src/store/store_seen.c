/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was recorded before. Each question is a few steps in an index, however many builds share a
 * layer: a base layer may stand in every one of a million. Refused: a table of first sightings by
 * scope; the index over (place, scope, build) says the same and cannot be wrong after a prune.
 */
#include "store/store_impl.h"

/* Project, place of before_id, and scope's number (0 = no build has that scope). 1 = no project. */
struct asked {
	int64_t project, before, scope;
};

static int locate(struct cs_store *store, const char *project, const char *scope,
		  const char *before_id, struct asked *ret, struct cs_err *err)
{
	int r = cs_st_project(store, project, false, &ret->project, err);

	if (r == 0)
		r = cs_st_build_no(store, before_id, &ret->before, err);
	if (r != 0)
		return r;
	ret->scope = 0;
	r = cs_st_text_find(store, ret->project, scope ? scope : "", &ret->scope, err);
	return r < 0 ? r : 0;
}

/* --- chains --- */

/* A layer as one run of its step left it: the blob, its time, its history entry. */
struct place {
	int64_t no, created_unix_ns;
	struct cs_digest blob;
};

struct first {
	int64_t build; /* 0 = none */
	int64_t created_unix_ns;
	/* of the scope itself: which it has been in, as this blob too */
	const struct cs_digest *blob; /* asked for; may be NULL */
	bool in_scope, blob_in_scope;
};

static int first_in_scope(struct cs_store *store, const struct place *place, int64_t scope,
			  int64_t before, struct first *best, struct cs_err *err)
{
	int64_t no;
	int r = cs_st_int(store, CS_SQL_SEEN_IN_SCOPE,
			  CS_PARAMS(cs_p_int("place_no", place->no), cs_p_int("scope_id", scope)),
			  &no, err);

	if (r == 0 && no < before) {
		best->in_scope = true;
		best->blob_in_scope |= best->blob && cs_digest_equal(best->blob, &place->blob);
	}
	if (r == 0 && no < before && (best->build == 0 || no < best->build)) {
		best->build = no;
		best->created_unix_ns = place->created_unix_ns;
	}
	return r < 0 ? r : 0;
}

static int first_in_others(struct cs_store *store, const struct place *place,
			   const struct asked *at, struct first *best, struct cs_err *err)
{
	int64_t scope = 0;
	int r;

	for (;;) {
		r = cs_st_int(
			store, CS_SQL_SEEN_NEXT_SCOPE,
			CS_PARAMS(cs_p_int("place_no", place->no), cs_p_int("scope_id", scope)),
			&scope, err);
		if (r == 0 && scope != at->scope)
			r = first_in_scope(store, place, scope, at->before, best, err);
		if (r != 0)
			return r < 0 ? r : 0;
	}
}

/* The places of the chain with that time, CS_TIME_NONE = with any. */
static int find_places(struct cs_store *store, int64_t project, const struct cs_digest *chain_id,
		       int64_t created_unix_ns, struct cs_buf *ret, struct cs_err *err)
{
	const struct cs_param p = cs_p_int("project_id", project);
	const struct cs_param c = cs_p_digest("chain_id", chain_id);
	struct cs_row row = { .store = store, .err = err };
	int r;

	cs_buf_reset(ret);
	if (created_unix_ns == CS_TIME_NONE)
		r = cs_st_query(store, CS_SQL_SEEN_PLACES, CS_PARAMS(p, c), &row.st, err);
	else
		r = cs_st_query(store, CS_SQL_SEEN_PLACES_AT,
				CS_PARAMS(p, c, cs_p_int("created", created_unix_ns)), &row.st,
				err);
	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct place place;

		row.column = 0;
		place.no = cs_db_row_int(&row, 0);
		place.created_unix_ns = cs_db_row_int(&row, CS_TIME_NONE);
		cs_db_row_digest(&row, &place.blob);
		if (row.r < 0) {
			row.st->driver->reset(row.st);
			return row.r;
		}
		if (cs_buf_add(ret, &place, sizeof(place)) < 0) {
			row.st->driver->reset(row.st);
			return cs_err_nomem(err);
		}
	}
	return r < 0 ? r : 0;
}

static int describe(struct cs_store *store, const struct first *first, struct cs_arena *arena,
		    struct cs_seen *ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	struct cs_seen seen = { .created_unix_ns = first->created_unix_ns };
	char *id = cs_arena_alloc(arena, 17);
	const void *bytes;
	int64_t scope;
	size_t len;
	int r = cs_st_query(store, CS_SQL_SEEN_BUILD, CS_PARAMS(cs_p_int("build_no", first->build)),
			    &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r == 1)
		return cs_st_damaged(store, err, "a layer's build is missing");
	if (r < 0)
		return r;
	bytes = cs_db_row_blob(&row, &len);
	if (!id)
		r = cs_err_nomem(err);
	else if (bytes && len == 8)
		cs_id_format(bytes, id);
	scope = cs_db_row_int(&row, 0);
	seen.started_unix_ns = cs_db_row_int(&row, CS_TIME_NONE);
	cs_db_row_digest(&row, &seen.config_digest);
	row.st->driver->reset(row.st);
	if (r == 0)
		r = row.r;
	if (r == 0)
		r = cs_st_text(store, scope, arena, &seen.scope, err);
	seen.build_id = id;
	if (r == 0)
		*ret = seen;
	return r;
}

/* In the scope itself, else in any other. */
static int first_of_all(struct cs_store *store, const struct cs_buf *places, const struct asked *at,
			struct first *best, struct cs_err *err)
{
	const struct place *place = (const struct place *)places->data;
	size_t n = places->len / sizeof(*place);
	bool others;
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && at->scope; i++)
		r = first_in_scope(store, &place[i], at->scope, at->before, best, err);
	others = best->build == 0;
	for (size_t i = 0; i < n && r == 0 && others; i++)
		r = first_in_others(store, &place[i], at, best, err);
	if (others)
		best->in_scope = best->blob_in_scope = false;
	return r;
}

/* Of the places with that time, else of all. */
static int find_first(struct cs_store *store, const struct asked *at,
		      const struct cs_digest *chain_id, int64_t created_unix_ns, struct first *best,
		      struct cs_err *err)
{
	const int64_t times[] = { created_unix_ns, CS_TIME_NONE };
	struct cs_buf places CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = 0;

	for (size_t i = times[0] == CS_TIME_NONE; i < CS_N(times) && r == 0 && !best->build; i++) {
		r = find_places(store, at->project, chain_id, times[i], &places, err);
		if (r == 0)
			r = first_of_all(store, &places, at, best, err);
	}
	return r;
}

static int chain_seen(struct cs_store *store, const struct cs_seen_query *q, struct cs_arena *arena,
		      struct cs_seen *ret, struct cs_err *err)
{
	struct first best = { .created_unix_ns = CS_TIME_NONE };
	struct asked at;
	int r = locate(store, q->project, q->scope, q->before_id, &at, err);

	if (r == 0)
		r = find_first(store, &at, &q->chain_id, q->created_unix_ns, &best, err);
	if (r != 0 || !best.build)
		return r < 0 ? r : 1;
	return describe(store, &best, arena, ret, err);
}

int cs_store_chain_seen(struct cs_store *store, const struct cs_seen_query *query,
			struct cs_arena *arena, struct cs_seen *ret, struct cs_err *err)
{
	int r;

	if (!cs_digest_known(&query->chain_id))
		return 1;
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = chain_seen(store, query, arena, ret, err);
	return cs_st_end_read(store, r, err);
}

/* --- scopes --- */

int cs_store_scope_builds(struct cs_store *store, const char *project, const char *scope,
			  const char *before_id, int64_t *ret_n, struct cs_err *err)
{
	struct asked at;
	int64_t n = 0;
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = locate(store, project, scope, before_id, &at, err);
	if (r == 0)
		r = cs_st_int(store, CS_SQL_SCOPE_BUILDS,
			      CS_PARAMS(cs_p_int("project_id", at.project),
					cs_p_int("scope_id", at.scope),
					cs_p_int("before", at.before)),
			      &n, err);
	r = cs_st_end_read(store, r, err);
	if (r < 0)
		return r;
	*ret_n = n;
	return 0;
}

static int present(struct cs_store *store, const struct asked *at, enum cs_sql sql,
		   const char *param, const struct cs_digest *digest, bool *ret, struct cs_err *err)
{
	int64_t one;
	int r;

	*ret = false;
	if (!cs_digest_known(digest) || !at->scope)
		return 0;
	r = cs_st_int(store, sql,
		      CS_PARAMS(cs_p_int("project_id", at->project), cs_p_digest(param, digest),
				cs_p_int("scope_id", at->scope), cs_p_int("before", at->before)),
		      &one, err);
	*ret = r == 0;
	return r < 0 ? r : 0;
}

int cs_store_layer_present(struct cs_store *store, const char *project, const char *scope,
			   const struct cs_digest *diff_id, const struct cs_digest *blob,
			   const char *before_id, bool *ret_diff_id, bool *ret_blob,
			   struct cs_err *err)
{
	bool has_diff_id = false, has_blob = false;
	struct asked at;
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = locate(store, project, scope, before_id, &at, err);
	if (r == 0)
		r = present(store, &at, CS_SQL_PRESENT_DIFF_ID, "diff_id", diff_id, &has_diff_id,
			    err);
	if (r == 0)
		r = present(store, &at, CS_SQL_PRESENT_BLOB, "blob_digest", blob, &has_blob, err);
	r = cs_st_end_read(store, r, err);
	if (r < 0)
		return r;
	*ret_diff_id = has_diff_id;
	*ret_blob = has_blob;
	return 0;
}

/* --- all layers of an image --- */

/* What is asked of a layer, and the build that the layers before it were first seen in. */
struct looking {
	struct cs_store *store;
	struct asked at;
	struct cs_arena *arena;
	int64_t build;
	struct cs_seen seen;
};

/* Mostly the same build had the layer before. */
static int describe_again(struct looking *l, const struct first *best, struct cs_seen *ret,
			  struct cs_err *err)
{
	int r = 0;

	if (best->build != l->build)
		r = describe(l->store, best, l->arena, &l->seen, err);
	if (r < 0)
		return r;
	l->build = best->build;
	*ret = l->seen;
	ret->created_unix_ns = best->created_unix_ns;
	return 0;
}

/* A chain ends with the layer's own diff-id: who had the chain had that. */
static int look_at(struct looking *l, const struct cs_layer *layer, struct cs_layer_seen *ret,
		   struct cs_err *err)
{
	struct first best = { .created_unix_ns = CS_TIME_NONE, .blob = &layer->blob_digest };
	struct cs_layer_seen seen = { .seen = false };
	int r = 0;

	if (cs_digest_known(&layer->chain_id))
		r = find_first(l->store, &l->at, &layer->chain_id, layer->created_unix_ns, &best,
			       err);
	seen.seen = best.build != 0;
	if (r == 0 && seen.seen)
		r = describe_again(l, &best, &seen.first, err);
	seen.present = best.in_scope && cs_digest_known(&layer->diff_id);
	seen.blob_present = best.blob_in_scope && cs_digest_known(&layer->blob_digest);
	if (r == 0 && !seen.present)
		r = present(l->store, &l->at, CS_SQL_PRESENT_DIFF_ID, "diff_id", &layer->diff_id,
			    &seen.present, err);
	if (r == 0 && !seen.blob_present)
		r = present(l->store, &l->at, CS_SQL_PRESENT_BLOB, "blob_digest",
			    &layer->blob_digest, &seen.blob_present, err);
	if (r == 0)
		*ret = seen;
	return r;
}

int cs_store_layers_seen(struct cs_store *store, const char *project, const char *scope,
			 const char *before_id, const struct cs_layer *layers, size_t n,
			 struct cs_arena *arena, struct cs_layer_seen *ret, struct cs_err *err)
{
	struct looking l = { .store = store, .arena = arena };
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	memset(ret, 0, n * sizeof(*ret));
	r = locate(store, project, scope, before_id, &l.at, err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = look_at(&l, &layers[i], &ret[i], err);
	r = cs_st_end_read(store, r, err);
	return r < 0 ? r : 0;
}
