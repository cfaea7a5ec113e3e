/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Digests that name the result of a build, and its graph: what ties it to others that may be the
 * same. They stand once, in the build's own row (config and manifest in columns of their own, the
 * others in one value); build_results leads back from eight bytes of each to the build, with what
 * chooses among the thousands that a rebuild without a change gives the same digest to. Who is
 * found so is held against the whole digests. Refused: the whole digests in build_results too,
 * which was a tenth of the store.
 */
#include "model/merge.h"
#include "model/order.h"
#include "store/store_impl.h"

/* What a build is found by: its project, kind and time, and the heads of its results. */
struct keys {
	int64_t project, time, graph;
	int kind;
};

int64_t cs_st_digest_head(const struct cs_digest *d)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | d->bytes[i];
	return (int64_t)v;
}

static int build_kind(const struct cs_build *b)
{
	return (b->n_layers ? CS_KIND_LAYERS : 0) | (b->builder_ref ? CS_KIND_REF : 0);
}

/* --- writing --- */

int cs_st_results_pack(const struct cs_build *build, struct cs_buf *ret)
{
	for (size_t i = 0; i < build->n_results; i++) {
		const struct cs_digest *d = &build->results[i];

		if (cs_digest_equal(d, &build->config_digest) ||
		    cs_digest_equal(d, &build->manifest_digest))
			continue;
		if (cs_buf_add(ret, d, 1 + cs_digest_size(d->algo)) < 0)
			return -CS_NOMEM;
	}
	return 0;
}

static int for_each(struct cs_store *store, enum cs_sql sql, int64_t build_no,
		    const struct keys *keys, const struct cs_build *b, struct cs_err *err)
{
	int r = 0;

	/* Behind the last digest, the graph. */
	for (size_t i = 0; i < b->n_results + (keys->graph != 0) && r == 0; i++) {
		int64_t head = i < b->n_results ? cs_st_digest_head(&b->results[i]) : keys->graph;

		r = cs_st_run(store, sql,
			      CS_PARAMS(cs_p_int("project_id", keys->project),
					cs_p_int("head", head), cs_p_int("kind", keys->kind),
					cs_p_int("time_unix_ns", keys->time),
					cs_p_int("build_no", build_no)),
			      err);
		cs_testpoint(&store->points, "result");
	}
	return r;
}

int cs_st_results_put(struct cs_store *store, int64_t project, int64_t build_no,
		      const struct cs_build *build, struct cs_err *err)
{
	struct keys keys = { project, cs_build_time(build), (int64_t)build->graph,
			     build_kind(build) };

	return for_each(store, CS_SQL_RESULT_INSERT, build_no, &keys, build, err);
}

/* --- reading --- */

/* Of the build's digests, those that its row has in no column; then all, in order. */
static int unpack(struct cs_row *row, struct cs_build *b)
{
	size_t len, at = 0, n = 0;
	const uint8_t *p = cs_db_row_blob(row, &len);

	if (row->r < 0)
		return row->r;
	if (!p)
		len = 0;
	b->n_results = 0;
	b->results = cs_arena_array(row->arena, len / 33 + 1, sizeof(*b->results));
	if (!b->results)
		return cs_err_nomem(row->err);
	while (at < len) {
		bool known = p[at] == CS_DIGEST_SHA256 || p[at] == CS_DIGEST_SHA512;
		size_t size = known ? 1 + cs_digest_size(p[at]) : 0;

		if (!size || size > len - at)
			return cs_st_damaged(row->store, row->err, "%zu bytes of digests", len);
		memset(&b->results[n], 0, sizeof(b->results[n]));
		memcpy(&b->results[n++], p + at, size);
		at += size;
	}
	b->n_results = n;
	return cs_build_results(b, row->arena, &b->results, &b->n_results, row->err);
}

int cs_st_results_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		      struct cs_build *build, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int r = cs_st_query(store, CS_SQL_RESULTS_GET, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = unpack(&row, build);
	row.st->driver->reset(row.st);
	return r;
}

/* 0; 1 = gone already. */
static int read_keys(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		     struct keys *ret, struct cs_build *b, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int r = cs_st_query(store, CS_SQL_RESULT_KEYS, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r;
	ret->project = cs_db_row_int(&row, 0);
	ret->time = cs_db_row_int(&row, 0);
	ret->kind = cs_db_row_int(&row, 0) ? CS_KIND_LAYERS : 0;
	ret->kind |= cs_db_row_int(&row, 0) ? CS_KIND_REF : 0;
	ret->graph = cs_db_row_int(&row, 0);
	cs_db_row_digest(&row, &b->manifest_digest);
	cs_db_row_digest(&row, &b->config_digest);
	r = row.r < 0 ? row.r : unpack(&row, b);
	row.st->driver->reset(row.st);
	return r;
}

int cs_st_has_result(struct cs_store *store, int64_t build_no, const struct cs_digest *digest,
		     struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build b;
	struct keys keys;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	cs_build_init(&b);
	r = read_keys(store, build_no, arena, &keys, &b, err);
	if (r != 0)
		return r;
	return cs_results_have(&b, true, digest) ? 0 : 1;
}

/* --- deleting --- */

int cs_st_results_drop(struct cs_store *store, int64_t build_no, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build b;
	struct keys keys;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	cs_build_init(&b);
	r = read_keys(store, build_no, arena, &keys, &b, err);
	if (r == 0)
		r = for_each(store, CS_SQL_PRUNE_RESULT, build_no, &keys, &b, err);
	return r < 0 ? r : 0;
}
