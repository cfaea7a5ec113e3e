/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers of a project, and their places in images. A layer is a blob and the diff-id it decodes to:
 * documents that were never checked may claim another diff-id for the same blob, and such a claim
 * must not spoil what was decoded, so the two together are the key. Only what was decoded here (its
 * content digest is known) is given back as known.
 */
#include "store/store_impl.h"

#include "util/buf.h"

#define PART_BYTES ((size_t)1 << 20)

/* --- rows --- */

int64_t cs_db_row_layer(struct cs_row *row, struct cs_layer *ret)
{
	struct cs_layer_counts *c = &ret->counts;
	int64_t no = cs_db_row_int(row, 0);

	cs_db_row_digest(row, &ret->blob_digest);
	cs_db_row_digest(row, &ret->diff_id);
	ret->blob_bytes = cs_db_row_int(row, -1);
	ret->tar_bytes = cs_db_row_int(row, -1);
	cs_db_row_digest(row, &ret->content_digest);
	c->entries = cs_db_row_int(row, -1);
	c->files = cs_db_row_int(row, 0);
	c->directories = cs_db_row_int(row, 0);
	c->symlinks = cs_db_row_int(row, 0);
	c->hardlinks = cs_db_row_int(row, 0);
	c->whiteouts = cs_db_row_int(row, 0);
	c->devices = cs_db_row_int(row, 0);
	c->fifos = cs_db_row_int(row, 0);
	c->sparse = cs_db_row_int(row, 0);
	c->file_bytes = cs_db_row_int(row, 0);
	return no;
}

#define LAYER_PARAMS(l)                                                                            \
	cs_p_digest("blob_digest", &(l)->blob_digest), cs_p_digest("diff_id", &(l)->diff_id),      \
		cs_p_opt("blob_bytes", (l)->blob_bytes, -1),                                       \
		cs_p_opt("tar_bytes", (l)->tar_bytes, -1),                                         \
		cs_p_digest("content_digest", &(l)->content_digest),                               \
		count(l, "entries", (l)->counts.entries), count(l, "files", (l)->counts.files),    \
		count(l, "directories", (l)->counts.directories),                                  \
		count(l, "symlinks", (l)->counts.symlinks),                                        \
		count(l, "hardlinks", (l)->counts.hardlinks),                                      \
		count(l, "whiteouts", (l)->counts.whiteouts),                                      \
		count(l, "devices", (l)->counts.devices), count(l, "fifos", (l)->counts.fifos),    \
		count(l, "sparse", (l)->counts.sparse),                                            \
		count(l, "file_bytes", (l)->counts.file_bytes)

static struct cs_param count(const struct cs_layer *l, const char *name, int64_t v)
{
	return l->counts.entries < 0 ? cs_p_null(name) : cs_p_int(name, v);
}

/* --- look-ups --- */

static bool decoded(const struct cs_layer *l)
{
	return cs_digest_known(&l->content_digest) && cs_digest_known(&l->diff_id) &&
	       l->counts.entries >= 0;
}

/* The first decoded layer among the rows; 0, 1 = none. */
static int first_decoded(struct cs_store *store, struct cs_stmt *st, struct cs_layer *ret,
			 struct cs_err *err)
{
	struct cs_row row = { .store = store, .st = st, .err = err };
	int r;

	while ((r = cs_st_next(st, err)) == 0) {
		struct cs_layer l;

		row.column = 0;
		cs_db_row_layer(&row, &l);
		if (row.r == 0 && !decoded(&l))
			continue;
		st->driver->reset(st);
		if (row.r == 0)
			*ret = l;
		return row.r;
	}
	return r;
}

static int find_known(struct cs_store *store, const char *project, enum cs_sql sql,
		      const char *param, const struct cs_digest *digest, struct cs_layer *ret,
		      struct cs_err *err)
{
	struct cs_stmt *st;
	int64_t project_id;
	int r;

	if (!cs_digest_known(digest))
		return 1;
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = cs_st_project(store, project, false, &project_id, err);
	if (r == 0)
		r = cs_st_query(
			store, sql,
			CS_PARAMS(cs_p_int("project_id", project_id), cs_p_digest(param, digest)),
			&st, err);
	if (r == 0)
		r = first_decoded(store, st, ret, err);
	return cs_st_end_read(store, r, err);
}

int cs_store_layer_by_blob(struct cs_store *store, const char *project,
			   const struct cs_digest *blob, struct cs_layer *ret, struct cs_err *err)
{
	struct cs_layer l;
	int r = find_known(store, project, CS_SQL_LAYER_BY_BLOB, "blob_digest", blob, &l, err);

	if (r != 0)
		return r;
	ret->blob_digest = l.blob_digest;
	ret->blob_bytes = l.blob_bytes;
	ret->diff_id = l.diff_id;
	ret->tar_bytes = l.tar_bytes;
	ret->content_digest = l.content_digest;
	ret->counts = l.counts;
	return 0;
}

int cs_store_layer_by_diff_id(struct cs_store *store, const char *project,
			      const struct cs_digest *diff_id, struct cs_layer *ret,
			      struct cs_err *err)
{
	struct cs_layer l;
	int r = find_known(store, project, CS_SQL_LAYER_BY_DIFF_ID, "diff_id", diff_id, &l, err);

	if (r != 0)
		return r;
	ret->diff_id = l.diff_id;
	ret->tar_bytes = l.tar_bytes;
	ret->content_digest = l.content_digest;
	ret->counts = l.counts;
	return 0;
}

static int read_parts(struct cs_store *store, struct cs_stmt *st, struct cs_buf *buf,
		      struct cs_err *err)
{
	struct cs_row row = { .store = store, .st = st, .err = err };
	int r, n = 0;

	while ((r = cs_st_next(st, err)) == 0) {
		size_t len;
		const void *data;

		row.column = 0;
		data = cs_db_row_blob(&row, &len);
		if (row.r == 0 && data && cs_buf_add(buf, data, len) < 0)
			row.r = cs_err_nomem(err);
		if (row.r < 0) {
			st->driver->reset(st);
			return row.r;
		}
		n++;
	}
	return r == 1 && n > 0 ? 0 : r;
}

int cs_store_layer_manifest(struct cs_store *store, const char *project,
			    const struct cs_digest *diff_id, struct cs_buf *ret, struct cs_err *err)
{
	struct cs_buf buf = CS_BUF_INIT;
	struct cs_stmt *st;
	int64_t project_id;
	int r;

	if (!cs_digest_known(diff_id))
		return 1;
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	buf.max = ret->max;
	r = cs_st_project(store, project, false, &project_id, err);
	if (r == 0)
		r = cs_st_query(store, CS_SQL_MANIFEST_GET,
				CS_PARAMS(cs_p_int("project_id", project_id),
					  cs_p_digest("diff_id", diff_id)),
				&st, err);
	if (r == 0)
		r = read_parts(store, st, &buf, err);
	r = cs_st_end_read(store, r, err);
	if (r == 0) {
		cs_buf_release(ret);
		*ret = buf;
	} else {
		cs_buf_release(&buf);
	}
	return r;
}

/* --- writing --- */

/* How well a kept layer fits: 3 the same, 2 it can take what is new, 1 it knows more, 0 another. */
static int fit(const struct cs_layer *kept, const struct cs_layer *l)
{
	if (cs_digest_known(&kept->blob_digest) != cs_digest_known(&l->blob_digest))
		return 0;
	if (cs_digest_compare(&kept->diff_id, &l->diff_id) == 0)
		return 3;
	if (!cs_digest_known(&kept->diff_id))
		return 2;
	return cs_digest_known(&l->diff_id) ? 0 : 1;
}

/* The kept layer that fits best; *ret_no = 0 where there is none. */
static int find_layer(struct cs_store *store, int64_t project, const struct cs_layer *l,
		      struct cs_layer *ret, int64_t *ret_no, struct cs_err *err)
{
	const struct cs_param p = cs_p_int("project_id", project);
	struct cs_row row = { .store = store, .err = err };
	int best = 0, r;

	*ret_no = 0;
	if (cs_digest_known(&l->blob_digest))
		r = cs_st_query(store, CS_SQL_LAYER_BY_BLOB,
				CS_PARAMS(p, cs_p_digest("blob_digest", &l->blob_digest)), &row.st,
				err);
	else if (cs_digest_known(&l->diff_id))
		r = cs_st_query(store, CS_SQL_LAYER_BY_DIFF_ID,
				CS_PARAMS(p, cs_p_digest("diff_id", &l->diff_id)), &row.st, err);
	else
		return 0; /* nothing to know it by */
	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct cs_layer kept;
		int64_t no;

		row.column = 0;
		no = cs_db_row_layer(&row, &kept);
		if (row.r < 0) {
			row.st->driver->reset(row.st);
			return row.r;
		}
		if (fit(&kept, l) > best) {
			best = fit(&kept, l);
			*ret = kept;
			*ret_no = no;
		}
	}
	return r < 0 ? r : 0;
}

/* Adds to kept what l knows and it does not. True if that is anything. */
static bool learn(struct cs_layer *kept, const struct cs_layer *l)
{
	bool news = false;

	if (!cs_digest_known(&kept->diff_id) && cs_digest_known(&l->diff_id)) {
		kept->diff_id = l->diff_id;
		news = true;
	}
	if (kept->blob_bytes < 0 && l->blob_bytes >= 0) {
		kept->blob_bytes = l->blob_bytes;
		news = true;
	}
	if (kept->tar_bytes < 0 && l->tar_bytes >= 0) {
		kept->tar_bytes = l->tar_bytes;
		news = true;
	}
	if (!decoded(kept) && decoded(l)) {
		/* Claimed before, measured now. */
		kept->tar_bytes = l->tar_bytes;
		kept->content_digest = l->content_digest;
		kept->counts = l->counts;
		news = true;
	}
	return news;
}

static int put_layer(struct cs_store *store, int64_t project, const struct cs_layer *l,
		     int64_t *ret_no, struct cs_err *err)
{
	struct cs_layer kept;
	int r = find_layer(store, project, l, &kept, ret_no, err);

	if (r < 0)
		return r;
	if (*ret_no) {
		if (!learn(&kept, l))
			return 0;
		return cs_st_run(store, CS_SQL_LAYER_UPDATE,
				 CS_PARAMS(cs_p_int("layer_no", *ret_no), LAYER_PARAMS(&kept)),
				 err);
	}
	r = cs_st_insert(store, CS_SQL_LAYER_INSERT,
			 CS_PARAMS(cs_p_int("project_id", project), LAYER_PARAMS(l)), ret_no, err);
	cs_testpoint(&store->points, "layer");
	return r;
}

static int put_manifest(struct cs_store *store, int64_t project, const struct cs_layer *l,
			struct cs_err *err)
{
	const struct cs_param p = cs_p_int("project_id", project);
	const struct cs_param d = cs_p_digest("diff_id", &l->diff_id);
	const char *data = l->manifest;
	int64_t one;
	int r;

	if (!data || !l->manifest_bytes || !cs_digest_known(&l->diff_id))
		return 0;
	r = cs_st_int(store, CS_SQL_MANIFEST_HAS, CS_PARAMS(p, d), &one, err);
	if (r != 1)
		return r;
	r = 0;
	for (size_t at = 0, part = 0; at < l->manifest_bytes && r == 0; at += PART_BYTES, part++) {
		size_t len = l->manifest_bytes - at;

		if (len > PART_BYTES)
			len = PART_BYTES;
		r = cs_st_run(store, CS_SQL_MANIFEST_INSERT,
			      CS_PARAMS(p, d, cs_p_int("part", (int64_t)part),
					cs_p_blob("data", data + at, len)),
			      err);
		cs_testpoint(&store->points, "manifest");
	}
	return r;
}

/* --- places --- */

/* As many as a build's id has. Who makes two of one project collide is shown one of them twice. */
#define PLACE_HASH_BYTES 8

static void hash_place(struct cs_hasher *h, const struct cs_layer *l, uint8_t ret[PLACE_HASH_BYTES])
{
	const struct cs_digest *digests[] = { &l->blob_digest, &l->diff_id, &l->chain_id };
	struct cs_digest d;

	cs_hasher_reset(h);
	for (size_t i = 0; i < CS_N(digests); i++)
		cs_hasher_update(h, digests[i], sizeof(*digests[i]));
	cs_st_hash_number(h, l->has_history);
	cs_st_hash_number(h, l->created_unix_ns);
	cs_st_hash_text(h, l->media_type);
	cs_st_hash_text(h, l->created_by);
	cs_st_hash_text(h, l->comment);
	cs_st_hash_text(h, l->author);
	cs_hasher_final(h, &d);
	memcpy(ret, d.bytes, PLACE_HASH_BYTES);
}

/* 0; 1 = not there. */
static int find_place(struct cs_store *store, int64_t project, const struct cs_layer *l,
		      const uint8_t *hash, int64_t *ret, bool *ret_decoded, struct cs_err *err)
{
	bool chained = cs_digest_known(&l->chain_id);
	struct cs_row row = { .store = store, .err = err };
	int r = cs_st_query(store, CS_SQL_PLACE_FIND,
			    CS_PARAMS(cs_p_int("project_id", project),
				      cs_p_blob("key", chained ? (const void *)&l->chain_id : hash,
						chained ? CS_KEY_BYTES : PLACE_HASH_BYTES),
				      cs_p_opt("created_unix_ns", l->created_unix_ns, CS_TIME_NONE),
				      cs_p_blob("hash", hash, PLACE_HASH_BYTES)),
			    &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r;
	*ret = cs_db_row_int(&row, 0);
	*ret_decoded = cs_db_row_int(&row, 0) != 0;
	row.st->driver->reset(row.st);
	return 0;
}

static int put_place(struct cs_store *store, int64_t project, const struct cs_layer *l,
		     const uint8_t *hash, int64_t layer_no, int64_t *ret, struct cs_err *err)
{
	const char *texts[] = { l->media_type, l->created_by, l->comment, l->author };
	int64_t ids[CS_N(texts)] = { 0 };
	int r = 0;

	for (size_t i = 0; i < CS_N(texts) && r == 0; i++)
		r = cs_st_text_id(store, project, texts[i], &ids[i], err);
	if (r == 0)
		r = cs_st_insert(
			store, CS_SQL_PLACE_INSERT,
			CS_PARAMS(cs_p_int("project_id", project),
				  cs_p_blob("hash", hash, PLACE_HASH_BYTES),
				  cs_p_digest("chain_id", &l->chain_id),
				  cs_p_int("layer_no", layer_no),
				  cs_p_opt("media_type_id", ids[0], 0),
				  cs_p_int("has_history", l->has_history),
				  cs_p_opt("created_unix_ns", l->created_unix_ns, CS_TIME_NONE),
				  cs_p_opt("created_by_id", ids[1], 0),
				  cs_p_opt("comment_id", ids[2], 0),
				  cs_p_opt("author_id", ids[3], 0)),
			ret, err);
	cs_testpoint(&store->points, "place");
	return r;
}

int cs_st_layer_put(struct cs_store *store, int64_t project, const struct cs_layer *layer,
		    int64_t *ret_place, struct cs_err *err)
{
	uint8_t hash[PLACE_HASH_BYTES];
	bool known = false;
	int64_t no;
	int found, r;

	hash_place(store->hasher, layer, hash);
	found = find_place(store, project, layer, hash, ret_place, &known, err);
	/* The common case: an earlier build had the same, and nothing new is known of it. */
	if (found < 0 || (found == 0 && !layer->manifest && (known || !decoded(layer))))
		return found;
	r = put_layer(store, project, layer, &no, err);
	if (r == 0)
		r = put_manifest(store, project, layer, err);
	if (r == 0 && found == 1)
		r = put_place(store, project, layer, hash, no, ret_place, err);
	return r;
}
