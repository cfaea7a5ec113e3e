/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build in the place of those that turned out to be parts of it. It keeps the first one's number,
 * so that what was recorded earlier stays earlier; ids that somebody was given keep finding it.
 * What only the old ones had is deleted behind the new rows, since mostly it is the same. Refused:
 * changing rows in place, which would be a second way to write each table.
 */
#include "store/store_put.h"

/* Numbers of the old builds; that all are there, and that the new id is free once they are gone. */
static int find_old(struct cs_putting *put, struct cs_err *err)
{
	int64_t same = 0;
	int r = cs_putting_find(put, err);

	if (r == 0)
		same = put->build_no;
	for (size_t i = 0; i < put->n_old && r >= 0; i++) {
		uint8_t id[8];

		/* Not by a former id: what has it now knows more than who asks. */
		r = 1;
		if (cs_id_parse(put->old_ids[i], id))
			r = cs_st_int(put->store, CS_SQL_BUILD_FIND,
				      CS_PARAMS(cs_p_blob("id", id, 8)), &put->old_nos[i], err);
		if (r == 1)
			return cs_err_set(err, CS_NOTFOUND, "no build '%.80s' in the store",
					  put->old_ids[i]);
		if (put->old_nos[i] == same)
			same = 0;
	}
	if (r >= 0 && same)
		return cs_err_set(err, CS_USAGE,
				  "the build is recorded already, apart from those "
				  "that it is to replace");
	return r < 0 ? r : 0;
}

/* The first one's place in the order of recording, and its time. */
static int take_place(struct cs_putting *put, struct cs_err *err)
{
	int r;

	put->build_no = put->old_nos[0];
	for (size_t i = 1; i < put->n_old; i++) {
		if (put->old_nos[i] < put->build_no)
			put->build_no = put->old_nos[i];
	}
	r = cs_st_int(put->store, CS_SQL_BUILD_RECORDED,
		      CS_PARAMS(cs_p_int("build_no", put->build_no)), &put->build->recorded_unix_ns,
		      err);
	return r < 0 ? r : 0;
}

static int add_number(struct cs_buf *buf, int64_t v, struct cs_err *err)
{
	return cs_buf_add(buf, &v, sizeof(v)) < 0 ? cs_err_nomem(err) : 0;
}

/* Ids that builds which go have and had, as 8 bytes each. */
static int collect_ids(struct cs_putting *put, struct cs_buf *ret, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < put->n_old && r >= 0; i++) {
		struct cs_row row = { .store = put->store, .err = err };
		uint8_t id[8];

		if (cs_id_parse(put->old_ids[i], id) && cs_buf_add(ret, id, 8) < 0)
			return cs_err_nomem(err);
		r = cs_st_query(put->store, CS_SQL_FORMER_GET,
				CS_PARAMS(cs_p_int("build_no", put->old_nos[i])), &row.st, err);
		while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
			const void *p;
			size_t len;

			row.column = 0;
			p = cs_db_row_blob(&row, &len);
			if (p && len == 8 && cs_buf_add(ret, p, 8) < 0)
				row.r = cs_err_nomem(err);
			if (row.r < 0)
				row.st->driver->reset(row.st);
			r = row.r;
		}
	}
	return r < 0 ? r : 0;
}

static int put_ids(struct cs_putting *put, const struct cs_buf *ids, struct cs_err *err)
{
	int r = cs_st_run(put->store, CS_SQL_FORMER_FORGET, CS_PARAMS(cs_p_blob("id", put->id, 8)),
			  err);

	for (size_t i = 0; i < ids->len && r == 0; i += 8) {
		const struct cs_param id = cs_p_blob("id", ids->data + i, 8);

		if (memcmp(ids->data + i, put->id, 8) == 0)
			continue;
		/* one that was named twice */
		r = cs_st_run(put->store, CS_SQL_FORMER_FORGET, CS_PARAMS(id), err);
		if (r == 0)
			r = cs_st_run(put->store, CS_SQL_FORMER_INSERT,
				      CS_PARAMS(id, cs_p_int("build_no", put->build_no)), err);
		cs_testpoint(&put->store->points, "former");
	}
	return r;
}

/* Everything in one project: a build has no kin elsewhere. */
static int drop_old(struct cs_putting *put, struct cs_buf *uses, struct cs_buf *runs,
		    struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < put->n_old && r == 0; i++) {
		int64_t project, run = 0;

		r = cs_st_past_drop(put->store, put->old_nos[i], err);
		if (r == 0)
			r = cs_st_build_drop(put->store, put->old_nos[i], uses, &project, &run,
					     err);
		if (r == 0 && run)
			r = add_number(runs, run, err);
		cs_testpoint(&put->store->points, "drop");
		if (r == 1)
			r = 0; /* named twice */
	}
	return r;
}

static int drop_unused(struct cs_putting *put, const struct cs_buf *uses, const struct cs_buf *runs,
		       struct cs_err *err)
{
	int64_t n_layers = 0;
	int r = cs_st_uses_drop(put->store, put->project, uses, &n_layers, err);

	for (size_t i = 0; i < runs->len / sizeof(int64_t) && r >= 0; i++)
		r = cs_st_run_drop(put->store, ((const int64_t *)runs->data)[i], err);
	return r < 0 ? r : 0;
}

static int replace(struct cs_putting *put, struct cs_err *err)
{
	struct cs_buf uses CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf runs CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf ids CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = take_place(put, err);

	if (r == 0)
		r = collect_ids(put, &ids, err);
	if (r == 0)
		r = cs_putting_context(put, err);
	if (r == 0)
		r = drop_old(put, &uses, &runs, err);
	if (r == 0)
		r = cs_putting_rows(put, err);
	if (r == 0)
		r = put_ids(put, &ids, err);
	if (r == 0)
		r = cs_st_run(put->store, CS_SQL_REWRITE_INSERT,
			      CS_PARAMS(cs_p_int("build_no", put->build_no)), err);
	return r == 0 ? drop_unused(put, &uses, &runs, err) : r;
}

int cs_store_build_replace(struct cs_store *store, const struct cs_build *build,
			   const char *const *old_ids, size_t n_old, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build copy;
	struct cs_putting put;
	int r = cs_putting_open(store, build, &copy, arena, &put, err);

	if (r < 0)
		return r;
	if (n_old == 0)
		return cs_err_set(err, CS_USAGE, "no build is named that is to be replaced");
	put.old_ids = old_ids;
	put.n_old = n_old;
	put.old_nos = cs_arena_array(arena, n_old, sizeof(*put.old_nos));
	if (!put.old_nos)
		return cs_err_nomem(err);
	/* Asked before, so that a slip does not end a bulk. */
	r = find_old(&put, err);
	if (r == 0)
		r = cs_st_begin_write(store, err);
	if (r < 0)
		return r;
	cs_testpoint(&store->points, "begin");
	r = find_old(&put, err);
	if (r == 0)
		r = replace(&put, err);
	return cs_st_end_write(store, r, err);
}
