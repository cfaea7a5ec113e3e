/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing: which driver, where, and whose schema. */
#include "store/store_impl.h"

#include <errno.h>

/* --- where --- */

int cs_store_default_path(char *buf, size_t len, struct cs_err *err)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	int n;

	/* The specification: a relative path is to be ignored. */
	if (data && data[0] == '/')
		n = snprintf(buf, len, "%s/cachestat/cachestat.db", data);
	else if (home && home[0])
		n = snprintf(buf, len, "%s/.local/share/cachestat/cachestat.db", home);
	else
		return cs_err_set(err, CS_USAGE,
				  "no place for the store: give --db PATH (HOME and XDG_DATA_HOME "
				  "are not set)");
	if (n < 0 || (size_t)n >= len)
		return cs_err_set(err, CS_USAGE, "no place for the store: HOME is too long");
	return 0;
}

static bool has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Takes the scheme off; *ret_driver is the scheme's unless one was given. */
static int resolve(const char *url, char *buf, size_t len, const char **ret,
		   const struct cs_driver **ret_driver, struct cs_err *err)
{
	const char *colon;

	if (!url) {
		int r = cs_store_default_path(buf, len, err);

		if (r < 0)
			return r;
		url = buf;
	} else if (has_prefix(url, "sqlite:")) {
		url += strlen("sqlite:");
	} else if (has_prefix(url, "postgresql:") || has_prefix(url, "postgres:")) {
		return cs_err_set(err, CS_UNSUPPORTED, "this build has no PostgreSQL support");
	} else {
		colon = strstr(url, "://");
		/* Only the scheme is shown: a password may follow it. */
		if (colon && strspn(url, "abcdefghijklmnopqrstuvwxyz+") == (size_t)(colon - url))
			return cs_err_set(
				err, CS_UNSUPPORTED,
				"a store cannot be at '%.*s://…': give a path or sqlite:PATH",
				(int)(colon - url < 32 ? colon - url : 32), url);
	}
	if (!*url)
		return cs_err_set(err, CS_USAGE, "the store's path is empty");
	*ret = url;
	if (!*ret_driver)
		*ret_driver = &cs_driver_sqlite;
	return 0;
}

/* --- open, close --- */

void cs_store_close(struct cs_store *store)
{
	if (!store)
		return;
	for (size_t i = 0; i < CS_SQL_N; i++) {
		if (store->stmts[i])
			store->driver->finalize(store->stmts[i]);
	}
	if (store->db)
		store->driver->close(store->db);
	cs_st_texts_forget(store);
	free(store->texts);
	cs_hasher_free(store->hasher);
	free(store->url);
	free(store);
}

bool cs_store_absent(const struct cs_store *store)
{
	return store->absent;
}

/* Nothing there to read: the same statements over an empty store in memory. */
static int open_empty(struct cs_store *store, struct cs_err *err)
{
	struct cs_store_options fresh = { .driver = &cs_driver_sqlite };
	int r;

	store->driver = fresh.driver;
	store->absent = true;
	r = store->driver->open(store->ctx, ":memory:", CS_STORE_WRITE, INT64_MAX, &store->db, err);
	return r == 0 ? cs_schema_migrate(store, &fresh, err) : r;
}

static int open_schema(struct cs_store *store, const struct cs_store_options *options,
		       struct cs_err *err)
{
	int64_t latest = cs_schema_latest(options, store->driver->name), version = 0;
	int r = store->driver->open(store->ctx, store->url, store->mode, latest, &store->db, err);

	if (r == 0)
		r = store->driver->version(store->db, &version, err);
	/* Killed while it was made: no build was ever recorded in it. */
	if (r == 0 && version == 0 && store->mode == CS_STORE_READ) {
		store->driver->close(store->db);
		store->db = NULL;
		r = 1;
	}
	if (r == 1 && options->must_exist)
		return cs_err_set(err, CS_NOTFOUND, "there is no store '%s'", store->url);
	if (r == 1)
		return open_empty(store, err);
	if (r < 0)
		return r;
	if (version > latest)
		return cs_err_set(
			err, CS_DB,
			"store '%s' has schema version %lld, this program knows %lld: use "
			"a newer cachestat",
			store->url, (long long)version, (long long)latest);
	if (version < latest && store->mode == CS_STORE_READ)
		return cs_err_set(
			err, CS_DB,
			"store '%s' has schema version %lld, this program reads %lld: run "
			"'cachestat db migrate' once",
			store->url, (long long)version, (long long)latest);
	if (options->ret_version)
		*options->ret_version = version;
	return version < latest ? cs_schema_migrate(store, options, err) : 0;
}

int cs_store_open_with(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		       const struct cs_store_options *options, struct cs_store **ret,
		       struct cs_err *err)
{
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	const struct cs_driver *driver = options->driver;
	char buf[4096];
	int r = resolve(url, buf, sizeof(buf), &url, &driver, err);

	if (r < 0)
		return r;
	store = calloc(1, sizeof(*store));
	if (!store)
		return cs_err_nomem(err);
	store->ctx = ctx;
	store->driver = driver;
	store->mode = strcmp(url, ":memory:") == 0 ? CS_STORE_WRITE : mode;
	store->url = strdup(url);
	store->texts = calloc(CS_TEXT_SLOTS, sizeof(*store->texts));
	if (!store->url || !store->texts)
		return cs_err_nomem(err);
	r = cs_hasher_new(CS_DIGEST_SHA256, &store->hasher, err);
	if (r == 0)
		r = open_schema(store, options, err);
	if (r < 0)
		return r;
	*ret = cs_steal(store);
	return 0;
}

int cs_store_open(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		  struct cs_store **ret, struct cs_err *err)
{
	static const struct cs_store_options options;

	return cs_store_open_with(ctx, url, mode, &options, ret, err);
}

int cs_store_migrate(const struct cs_ctx *ctx, const char *url, int64_t *ret_from, int64_t *ret_to,
		     struct cs_err *err)
{
	int64_t version = 0;
	struct cs_store_options options = { .ret_version = &version };
	struct cs_store_options exists = { .must_exist = true };
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	int r;

	/* Opening for writing would make one; whether one is there is asked by reading. */
	r = cs_store_open_with(ctx, url, CS_STORE_READ, &exists, &store, err);
	if (r == -CS_NOTFOUND)
		return r;
	cs_store_close(store);
	store = NULL;
	r = cs_store_open_with(ctx, url, CS_STORE_WRITE, &options, &store, err);
	if (r < 0)
		return r;
	*ret_from = version;
	*ret_to = cs_schema_latest(&options, store->driver->name);
	return 0;
}
