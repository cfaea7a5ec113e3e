/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema's versions. One path: a fresh store replays every migration from the first, an older
 * one those it lacks, all in one transaction. Refused: a second description of the newest schema
 * for fresh stores, which drifts from the migrations.
 */
#include "store/store_impl.h"

static const struct cs_migration *list(const struct cs_store_options *options, size_t *ret_n)
{
	*ret_n = options->migrations ? options->n_migrations : cs_migrations_n;
	return options->migrations ? options->migrations : cs_migrations;
}

int64_t cs_schema_latest(const struct cs_store_options *options, const char *engine)
{
	size_t n;
	const struct cs_migration *m = list(options, &n);
	int64_t latest = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(m[i].engine, engine) == 0 && m[i].version > latest)
			latest = m[i].version;
	}
	return latest;
}

/* The store as it was, beside it. Engines that keep no file of their own have their own copies. */
static int keep_copy(struct cs_store *store, int64_t version, struct cs_err *err)
{
	struct cs_buf path = CS_BUF_INIT;
	int r;

	if (strcmp(store->url, ":memory:") == 0)
		return 0;
	if (cs_buf_printf(&path, "%s.v%lld.bak", store->url, (long long)version) < 0)
		return cs_err_nomem(err);
	r = store->driver->backup(store->db, path.data, err);
	if (r == 0)
		cs_ctx_log(store->ctx, CS_LOG_INFO, "the store as it was is kept in '%s'",
			   path.data);
	else
		r = cs_err_prefix(err, "cannot keep a copy before migrating");
	cs_buf_release(&path);
	return r;
}

static int replay(struct cs_store *store, const struct cs_store_options *options, int64_t version,
		  struct cs_err *err)
{
	size_t n;
	const struct cs_migration *m = list(options, &n);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (strcmp(m[i].engine, store->driver->name) != 0 || m[i].version <= version)
			continue;
		r = store->driver->exec(store->db, m[i].text, err);
		if (r == 0)
			r = store->driver->set_version(store->db, m[i].version, err);
		if (r < 0)
			r = cs_err_prefix(err, "migration %lld (%s)", (long long)m[i].version,
					  m[i].name);
	}
	return r;
}

int cs_schema_migrate(struct cs_store *store, const struct cs_store_options *options,
		      struct cs_err *err)
{
	int64_t version = 0, again = 0;
	int r = store->driver->version(store->db, &version, err);

	if (r == 0 && version > 0)
		r = keep_copy(store, version, err);
	if (r == 0)
		r = store->driver->begin(store->db, CS_TX_MIGRATE, err);
	if (r < 0)
		return r;
	/* Another process may have been faster; what it left is right. */
	r = store->driver->version(store->db, &again, err);
	cs_testpoint(&store->points, "migrate");
	if (r == 0)
		r = replay(store, options, again, err);
	cs_testpoint(&store->points, "migrated");
	if (r == 0)
		r = store->driver->commit(store->db, err);
	if (r < 0)
		store->driver->rollback(store->db);
	return r;
}
