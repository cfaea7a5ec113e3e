/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions, statements and columns over any driver. Reads nest, because a caller may ask the
 * store from within the builds it is being given; they then share one snapshot. Errors of columns
 * are sticky in the row, so that a row is read without a check at every column.
 */
#include "store/store_impl.h"

int cs_st_damaged(struct cs_store *store, struct cs_err *err, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return cs_err_set(err, CS_DB, "store '%s' is damaged: %s ('cachestat db check' tells more)",
			  store->url, what);
}

/* --- transactions --- */

static void reset_all(struct cs_store *store)
{
	for (size_t i = 0; i < CS_SQL_N; i++) {
		if (store->stmts[i])
			store->driver->reset(store->stmts[i]);
	}
}

static void abandon(struct cs_store *store)
{
	reset_all(store);
	store->driver->rollback(store->db);
}

/* All of a bulk is gone; its end is still to come. */
static void fail_bulk(struct cs_store *store)
{
	abandon(store);
	cs_st_texts_forget(store);
	store->bulk = CS_BULK_FAILED;
}

/* After these an engine may have rolled back by itself. */
static bool engine_failed(int r)
{
	return r == -CS_NOMEM || r == -CS_IO || r == -CS_DB || r == -CS_BUSY || r == -CS_CANCELED;
}

int cs_st_begin_read(struct cs_store *store, struct cs_err *err)
{
	int r;

	if (store->readers == 0 && store->bulk != CS_BULK_OPEN) {
		cs_st_texts_forget(store);
		r = store->driver->begin(store->db, CS_TX_READ, err);
		if (r < 0)
			return r;
	}
	store->readers++;
	return 0;
}

static int end_read_in_bulk(struct cs_store *store, int r)
{
	if (engine_failed(r))
		fail_bulk(store);
	else if (r < 0)
		reset_all(store);
	return r;
}

int cs_st_end_read(struct cs_store *store, int r, struct cs_err *err)
{
	int c;

	if (--store->readers > 0)
		return r;
	if (store->bulk == CS_BULK_OPEN)
		return end_read_in_bulk(store, r);
	if (r >= 0) {
		c = store->driver->commit(store->db, err);
		if (c < 0)
			r = c;
	}
	if (r < 0)
		abandon(store);
	return r;
}

static int may_write(struct cs_store *store, struct cs_err *err)
{
	if (store->mode != CS_STORE_WRITE)
		return cs_err_set(err, CS_USAGE, "store '%s' was opened for reading", store->url);
	if (store->readers)
		return cs_err_set(err, CS_USAGE, "store '%s' cannot be written while it is read",
				  store->url);
	return 0;
}

int cs_st_begin_write(struct cs_store *store, struct cs_err *err)
{
	int r = may_write(store, err);

	if (r < 0 || store->bulk == CS_BULK_OPEN)
		return r;
	if (store->bulk == CS_BULK_FAILED)
		return cs_err_set(err, CS_USAGE,
				  "store '%s': nothing more can be written after a write that "
				  "failed",
				  store->url);
	cs_st_texts_forget(store);
	return store->driver->begin(store->db, CS_TX_WRITE, err);
}

static int commit(struct cs_store *store, struct cs_err *err)
{
	int r;

	cs_testpoint(&store->points, "commit");
	r = store->driver->commit(store->db, err);
	if (r == 0)
		cs_testpoint(&store->points, "committed");
	return r;
}

int cs_st_end_write(struct cs_store *store, int r, struct cs_err *err)
{
	if (store->bulk == CS_BULK_OPEN) {
		if (r < 0)
			fail_bulk(store);
		return r;
	}
	if (r >= 0) {
		int c = commit(store, err);

		if (c < 0)
			r = c;
	}
	if (r < 0)
		abandon(store);
	return r;
}

int cs_store_bulk_begin(struct cs_store *store, struct cs_err *err)
{
	int r = may_write(store, err);

	if (r == 0 && store->bulk != CS_BULK_NONE)
		r = cs_err_set(err, CS_USAGE, "store '%s': a bulk within a bulk", store->url);
	if (r == 0)
		r = cs_st_begin_write(store, err);
	if (r == 0)
		store->bulk = CS_BULK_OPEN;
	return r;
}

int cs_store_bulk_end(struct cs_store *store, bool keep, struct cs_err *err)
{
	enum cs_bulk was = store->bulk;
	int r = may_write(store, err);

	if (r == 0 && was == CS_BULK_NONE)
		r = cs_err_set(err, CS_USAGE, "store '%s': no bulk has begun", store->url);
	if (r < 0)
		return r;
	store->bulk = CS_BULK_NONE;
	if (was == CS_BULK_FAILED)
		return keep ? cs_err_set(err, CS_USAGE,
					 "store '%s': a write failed, so nothing of its bulk was "
					 "kept",
					 store->url)
			    : 0;
	if (keep)
		r = commit(store, err);
	if (r < 0 || !keep)
		abandon(store);
	return r;
}

/* --- statements --- */

int cs_st_prepare(struct cs_store *store, enum cs_sql sql, struct cs_err *err)
{
	if (store->stmts[sql])
		return 0;
	return store->driver->prepare(store->db, &cs_statements[sql], &store->stmts[sql], err);
}

int cs_st_query(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
		struct cs_stmt **ret, struct cs_err *err)
{
	int r = cs_st_prepare(store, sql, err);

	if (r < 0)
		return r;
	r = store->driver->bind(store->stmts[sql], params, n, err);
	if (r < 0) {
		store->driver->reset(store->stmts[sql]);
		return r;
	}
	*ret = store->stmts[sql];
	return 0;
}

int cs_st_next(struct cs_stmt *st, struct cs_err *err)
{
	int r = st->driver->step(st, err);

	if (r != 0)
		st->driver->reset(st);
	return r;
}

int cs_st_run(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
	      struct cs_err *err)
{
	struct cs_stmt *st;
	int r = cs_st_query(store, sql, params, n, &st, err);

	while (r == 0)
		r = cs_st_next(st, err);
	return r < 0 ? r : 0;
}

int cs_st_int(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
	      int64_t *ret, struct cs_err *err)
{
	struct cs_stmt *st;
	int r = cs_st_query(store, sql, params, n, &st, err);

	if (r == 0)
		r = cs_st_next(st, err);
	if (r != 0)
		return r;
	if (st->driver->is_null(st, 0))
		r = 1;
	else
		*ret = st->driver->get_int(st, 0);
	st->driver->reset(st);
	return r;
}

int cs_st_insert(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
		 int64_t *ret, struct cs_err *err)
{
	int r = cs_st_run(store, sql, params, n, err);

	if (r == 0)
		*ret = store->driver->inserted(store->stmts[sql]);
	return r;
}

/* --- columns --- */

int64_t cs_db_row_int(struct cs_row *row, int64_t none)
{
	const struct cs_driver *driver = row->st->driver;
	int column = row->column++;

	return driver->is_null(row->st, column) ? none : driver->get_int(row->st, column);
}

int cs_db_row_enum(struct cs_row *row, int n)
{
	int64_t v = cs_db_row_int(row, -1);

	if (v >= 0 && v < n)
		return (int)v;
	if (row->r == 0)
		row->r = cs_st_damaged(row->store, row->err, "%lld is no value of its column",
				       (long long)v);
	return 0;
}

const void *cs_db_row_blob(struct cs_row *row, size_t *ret_len)
{
	const struct cs_driver *driver = row->st->driver;
	int column = row->column++;
	const void *p;

	*ret_len = 0;
	if (driver->is_null(row->st, column))
		return NULL;
	p = driver->get_blob(row->st, column, ret_len);
	if (!p && row->r == 0)
		row->r = cs_err_nomem(row->err);
	return p;
}

const char *cs_db_row_text(struct cs_row *row)
{
	const struct cs_driver *driver = row->st->driver;
	int column = row->column++;
	const char *text;

	if (driver->is_null(row->st, column))
		return NULL;
	text = driver->get_text(row->st, column);
	text = text ? cs_arena_strdup(row->arena, text) : NULL;
	if (!text && row->r == 0)
		row->r = cs_err_nomem(row->err);
	return text;
}

void cs_db_row_digest(struct cs_row *row, struct cs_digest *ret)
{
	size_t len;
	const uint8_t *p = cs_db_row_blob(row, &len);

	memset(ret, 0, sizeof(*ret));
	if (!p)
		return;
	if (len >= 1 && (*p == CS_DIGEST_SHA256 || *p == CS_DIGEST_SHA512) &&
	    len == 1 + cs_digest_size(*p)) {
		memcpy(ret, p, len);
		return;
	}
	if (row->r == 0)
		row->r = cs_st_damaged(row->store, row->err, "a digest of %zu bytes", len);
}
