/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A day's sums are made by metrics from what was read before the lock was taken; whether that is
 * still what the day holds is told by the number of its builds, counted again under the lock.
 * Refused: holding the lock while the figures are made, which shuts out recording for seconds.
 */
#include "store/nightly.h"

#include "store/store_impl.h"

/* --- roll-ups --- */

struct roll {
	struct cs_store *store;
	struct cs_buf builds; /* int64_t numbers */
	int64_t n_builds;
};

static int add_number(void *arg, int64_t build_no, struct cs_err *err)
{
	struct roll *roll = arg;

	return cs_buf_add(&roll->builds, &build_no, sizeof(build_no)) < 0 ? cs_err_nomem(err) : 0;
}

static int drop_one(struct roll *roll, int64_t build_no, struct cs_err *err)
{
	struct cs_buf uses CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int64_t project = 0, run = 0, layers = 0;
	int r = cs_st_past_forget(roll->store, build_no, err);

	if (r == 0)
		r = cs_st_build_drop(roll->store, build_no, &uses, &project, &run, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = cs_st_uses_drop(roll->store, project, &uses, &layers, err);
	if (r == 0 && run)
		r = cs_st_run_drop(roll->store, run, err);
	cs_testpoint(&roll->store->points, "roll_build");
	roll->n_builds++;
	return r < 0 ? r : 0;
}

static int add_row(struct cs_store *store, const struct cs_rollup *row, struct cs_err *err)
{
	int64_t project;
	int r = cs_st_project(store, row->project ? row->project : "", true, &project, err);

	if (r < 0)
		return r;
	return cs_st_run(
		store, CS_SQL_ROLLUP_ADD,
		CS_PARAMS(cs_p_int("project_id", project),
			  cs_p_int("day_unix_ns", row->day_unix_ns), cs_p_text("scope", row->scope),
			  cs_p_int("event", row->event), cs_p_int("builds", row->builds),
			  cs_p_int("failed_builds", row->failed_builds),
			  cs_p_int("cold_builds", row->cold_builds),
			  cs_p_int("step_hits", row->step_hits),
			  cs_p_int("step_runs", row->step_runs), cs_p_int("hits", row->hits),
			  cs_p_int("priced_hits", row->priced_hits),
			  cs_p_int("timed_builds", row->timed_builds),
			  cs_p_int("saved_ns", row->saved_ns), cs_p_int("run_ns", row->run_ns),
			  cs_p_int("overhead_ns", row->overhead_ns),
			  cs_p_int("durations", row->durations),
			  cs_p_int("duration_ns", row->duration_ns)),
		err);
}

static int roll_up(struct roll *roll, const struct cs_filter *filter, const struct cs_rollup *rows,
		   size_t n, struct cs_err *err)
{
	int64_t expected = 0;
	size_t n_builds;
	int r = cs_st_builds_each(roll->store, filter, add_number, roll, err);

	n_builds = roll->builds.len / sizeof(int64_t);
	for (size_t i = 0; i < n; i++)
		expected += rows[i].builds;
	if (r == 0 && expected != (int64_t)n_builds)
		r = cs_err_set(err, CS_BUSY,
			       "builds of a day that is rolled up were recorded "
			       "meanwhile; the next run takes them");
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_row(roll->store, &rows[i], err);
	cs_testpoint(&roll->store->points, "roll_rows");
	for (size_t i = 0; i < n_builds && r == 0; i++)
		r = drop_one(roll, ((const int64_t *)roll->builds.data)[i], err);
	return r;
}

int cs_store_roll_up(struct cs_store *store, const struct cs_filter *filter,
		     const struct cs_rollup *rows, size_t n, int64_t *ret_builds,
		     struct cs_err *err)
{
	struct roll roll = { .store = store };
	struct cs_err ignored = CS_ERR_INIT;
	int r = cs_store_bulk_begin(store, err), end;

	if (r < 0)
		return r;
	/* a bulk, for its builds are asked for under the lock that they are dropped under */
	r = roll_up(&roll, filter, rows, n, err);
	end = cs_store_bulk_end(store, r == 0, r == 0 ? err : &ignored);
	if (r == 0)
		r = end;
	cs_buf_release(&roll.builds);
	if (r == 0)
		*ret_builds = roll.n_builds;
	return r;
}

static void read_row(struct cs_row *row, struct cs_rollup *ret)
{
	row->column = 0;
	ret->project = cs_db_row_text(row);
	ret->day_unix_ns = cs_db_row_int(row, 0);
	ret->scope = cs_db_row_text(row);
	ret->event = (enum cs_event)cs_db_row_enum(row, CS_EVENT_OTHER + 1);
	ret->builds = cs_db_row_int(row, 0);
	ret->failed_builds = cs_db_row_int(row, 0);
	ret->cold_builds = cs_db_row_int(row, 0);
	ret->step_hits = cs_db_row_int(row, 0);
	ret->step_runs = cs_db_row_int(row, 0);
	ret->hits = cs_db_row_int(row, 0);
	ret->priced_hits = cs_db_row_int(row, 0);
	ret->timed_builds = cs_db_row_int(row, 0);
	ret->saved_ns = cs_db_row_int(row, 0);
	ret->run_ns = cs_db_row_int(row, 0);
	ret->overhead_ns = cs_db_row_int(row, 0);
	ret->durations = cs_db_row_int(row, 0);
	ret->duration_ns = cs_db_row_int(row, 0);
}

static bool has(const struct cs_filter_list *list, const char *value)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], value) == 0)
			return true;
	}
	return list->n == 0;
}

/* Rows are few (a day, a scope, an event): read first, so that fn may ask the store. */
static int read_project(struct cs_store *store, const struct cs_filter *filter, int64_t project,
			struct cs_arena *arena, struct cs_buf *rows, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	bool open_begin = filter->since_unix_ns == CS_TIME_NONE;
	bool open_end = filter->until_unix_ns == CS_TIME_NONE;
	int r = cs_st_query(
		store, CS_SQL_ROLLUPS_GET,
		CS_PARAMS(cs_p_int("project_id", project),
			  cs_p_int("since", open_begin ? INT64_MIN + 1 : filter->since_unix_ns),
			  cs_p_int("until", open_end ? INT64_MAX : filter->until_unix_ns)),
		&row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct cs_rollup rollup = { .project = NULL };

		read_row(&row, &rollup);
		r = row.r;
		if (r == 0 && has(&filter->scope, rollup.scope ? rollup.scope : "") &&
		    has(&filter->event, cs_event_name(rollup.event)) &&
		    cs_buf_add(rows, &rollup, sizeof(rollup)) < 0)
			r = cs_err_nomem(err);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
}

int cs_store_rollups(struct cs_store *store, const struct cs_filter *filter, cs_rollup_fn *fn,
		     void *arg, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_buf rows CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf projects CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = cs_st_projects(store, filter, &projects, err);
	for (size_t i = 0; i < projects.len / sizeof(int64_t) && r == 0; i++) {
		int64_t project = ((const int64_t *)projects.data)[i];

		r = read_project(store, filter, project, arena, &rows, err);
	}
	r = cs_st_end_read(store, r, err);
	for (size_t i = 0; i < rows.len / sizeof(struct cs_rollup) && r == 0; i++)
		r = fn(arg, (const struct cs_rollup *)rows.data + i, err);
	return r;
}

/* --- the inbox --- */

static void hash_path(struct cs_store *store, const char *path, struct cs_digest *ret)
{
	cs_hasher_reset(store->hasher);
	cs_hasher_update(store->hasher, path, strlen(path));
	cs_hasher_final(store->hasher, ret);
}

int cs_store_inbox_find(struct cs_store *store, const struct cs_inbox_file *file,
			struct cs_err *err)
{
	struct cs_digest hash;
	int64_t one;
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	hash_path(store, file->path, &hash);
	r = cs_st_int(store, CS_SQL_INBOX_FIND,
		      CS_PARAMS(cs_p_blob("path_hash", hash.bytes, CS_HASH_BYTES),
				cs_p_int("bytes", file->bytes),
				cs_p_int("mtime_ns", file->mtime_ns)),
		      &one, err);
	return cs_st_end_read(store, r, err);
}

int cs_store_inbox_put(struct cs_store *store, const struct cs_inbox_file *file, struct cs_err *err)
{
	struct cs_digest hash;
	int r = cs_st_begin_write(store, err);

	if (r < 0)
		return r;
	hash_path(store, file->path, &hash);
	r = cs_st_run(store, CS_SQL_INBOX_PUT,
		      CS_PARAMS(cs_p_blob("path_hash", hash.bytes, CS_HASH_BYTES),
				cs_p_int("bytes", file->bytes),
				cs_p_int("mtime_ns", file->mtime_ns),
				cs_p_int("taken_unix_ns", cs_ctx_now(store->ctx))),
		      err);
	cs_testpoint(&store->points, "inbox");
	return cs_st_end_write(store, r, err);
}
