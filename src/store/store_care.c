/* SPDX-License-Identifier: Apache-2.0 */
/* Care of the store: what is in it, whether it is sound, a copy of it. */
#include "store/store_impl.h"

static int info_builds(struct cs_store *store, struct cs_store_info *info, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	int r = cs_st_query(store, CS_SQL_INFO_BUILDS, NULL, 0, &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r < 0 ? r : 0;
	info->builds = cs_db_row_int(&row, 0);
	info->steps = cs_db_row_int(&row, 0);
	info->oldest_unix_ns = cs_db_row_int(&row, CS_TIME_NONE);
	info->newest_unix_ns = cs_db_row_int(&row, CS_TIME_NONE);
	row.st->driver->reset(row.st);
	return 0;
}

static int fill_counts(struct cs_store *store, struct cs_store_info *info, struct cs_err *err)
{
	const struct {
		enum cs_sql sql;
		int64_t *ret;
	} counts[] = {
		{ CS_SQL_INFO_PROJECTS, &info->projects },
		{ CS_SQL_INFO_RUNS, &info->runs },
		{ CS_SQL_INFO_N_BUILDS, &info->builds },
		{ CS_SQL_INFO_LAYERS, &info->layers },
	};
	int r = 0;

	for (size_t i = 0; i < CS_N(counts) && r == 0; i++)
		r = cs_st_int(store, counts[i].sql, NULL, 0, counts[i].ret, err);
	if (r == 0 && !store->absent)
		r = store->driver->size(store->db, &info->file_bytes, err);
	return r;
}

static int fill_info(struct cs_store *store, struct cs_store_info *info, struct cs_err *err)
{
	int r = fill_counts(store, info, err);

	if (r == 0)
		r = info_builds(store, info, err);
	if (r == 0)
		r = cs_st_int(store, CS_SQL_INFO_MANIFESTS, NULL, 0, &info->manifests, err);
	if (r == 0)
		r = cs_st_int(store, CS_SQL_INFO_MANIFEST_BYTES, NULL, 0, &info->manifest_bytes,
			      err);
	return r == 0 ? store->driver->version(store->db, &info->schema_version, err) : r;
}

int cs_store_counts(struct cs_store *store, struct cs_store_info *ret, struct cs_err *err)
{
	struct cs_store_info info = { .engine = store->driver->name,
				      .oldest_unix_ns = CS_TIME_NONE,
				      .newest_unix_ns = CS_TIME_NONE };
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = fill_counts(store, &info, err);
	r = cs_st_end_read(store, r, err);
	if (r == 0)
		*ret = info;
	return r;
}

int cs_store_info(struct cs_store *store, struct cs_arena *arena, struct cs_store_info *ret,
		  struct cs_err *err)
{
	struct cs_store_info info = { .engine = store->driver->name };
	int r;

	info.oldest_unix_ns = CS_TIME_NONE;
	info.newest_unix_ns = CS_TIME_NONE;
	info.url = cs_arena_strdup(arena, store->url);
	if (!info.url)
		return cs_err_nomem(err);
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = fill_info(store, &info, err);
	r = cs_st_end_read(store, r, err);
	if (r == 0)
		*ret = info;
	return r;
}

/* --- examination --- */

#define PROBLEMS_MAX 100 /* of one kind */

/* What no foreign key and no index watches. */
static const struct {
	enum cs_sql sql;
	const char *problem; /* %lld = the number that the statement gives */
} checks[] = {
	{ CS_SQL_CHECK_BUILDS_STEPS, "build no. %lld lacks steps" },
	{ CS_SQL_CHECK_BUILDS_LAYERS, "build no. %lld lacks layers" },
	{ CS_SQL_CHECK_BUILDS_LABELS, "build no. %lld lacks labels" },
	{ CS_SQL_CHECK_BUILDS_RESULTS, "build no. %lld lacks results" },
	{ CS_SQL_CHECK_RESULTS_BUILD, "build no. %lld has results, and is not there" },
	{ CS_SQL_CHECK_LAYERS_SCOPE, "build no. %lld has a layer in another scope" },
	{ CS_SQL_CHECK_BRIEFS, "build no. %lld is not kept in short" },
	{ CS_SQL_CHECK_MANIFESTS, "entry list no. %lld lacks a part" },
};

static int run_check(struct cs_store *store, size_t i, int (*fn)(void *arg, const char *problem),
		     void *arg, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	int n = 0, r = cs_st_query(store, checks[i].sql, NULL, 0, &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		char text[128];

		row.column = 0;
		snprintf(text, sizeof(text), checks[i].problem, (long long)cs_db_row_int(&row, 0));
		r = n++ < PROBLEMS_MAX ? fn(arg, text) : 1;
		if (r != 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
}

/* Reading every build finds what no statement can: bad numbers, digests, missing texts. */
static int read_one(void *arg CS_UNUSED, const struct cs_build *build CS_UNUSED,
		    struct cs_err *err CS_UNUSED)
{
	return 0;
}

static int read_run(void *arg CS_UNUSED, const struct cs_run *run CS_UNUSED,
		    struct cs_err *err CS_UNUSED)
{
	return 0;
}

static int check_all(struct cs_store *store, int (*fn)(void *arg, const char *problem), void *arg,
		     struct cs_err *err)
{
	int r = store->driver->check(store->db, fn, arg, err);

	for (size_t i = 0; i < CS_N(checks) && r == 0; i++)
		r = run_check(store, i, fn, arg, err);
	if (r == 0)
		r = cs_store_builds(store, NULL,
				    CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS |
					    CS_WITH_RECIPE,
				    -1, read_one, NULL, err);
	if (r == 0)
		r = cs_store_runs(store, NULL, read_run, NULL, err);
	/* Damage is what was looked for. */
	if (r == -CS_DB)
		r = fn(arg, err->msg);
	return r;
}

int cs_store_check(struct cs_store *store, int (*fn)(void *arg, const char *problem), void *arg,
		   struct cs_err *err)
{
	int end, r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = check_all(store, fn, arg, err);
	/* On a damaged file not even this need succeed. */
	end = cs_st_end_read(store, r, err);
	return r == 0 && end == -CS_DB ? fn(arg, err->msg) : end;
}

int cs_store_backup(struct cs_store *store, const char *path, struct cs_err *err)
{
	if (store->absent)
		return cs_err_set(err, CS_NOTFOUND, "there is no store '%s'", store->url);
	return store->driver->backup(store->db, path, err);
}
