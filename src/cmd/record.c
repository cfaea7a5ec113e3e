/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sync costs more than a build, so builds go in by the hundred, or by what came in 200 ms: a
 * crash loses at most that much, and nothing is ever half in. Refused: one transaction for all,
 * which would keep others from writing for minutes; --strict asks for that.
 */
#include "cmd/record.h"

#include <string.h>
#include <time.h>

#include "cmd/history.h"
#include "cmd/intake.h"
#include "view/view.h"

#define BULK_BUILDS 100
#define BULK_NS	    (CS_NS_PER_S / 5)
/* People do not read more; and memory stays flat. */
#define TABLE_ROWS 1000
/* Half a second's. */
#define REFRESH_BUILDS 1000

void cs_recorder_init(struct cs_recorder *rec, struct cs_app *app, const struct cs_args *args)
{
	const char *format = cs_args_get(args, "format");

	memset(rec, 0, sizeof(*rec));
	rec->app = app;
	rec->args = args;
	rec->strict = cs_args_has(args, "strict");
	rec->rows_max = format && *format && strcmp(format, "table") != 0 ? -1 : TABLE_ROWS;
}

void cs_recorder_release(struct cs_recorder *rec)
{
	struct cs_err ignored;

	if (rec->in_bulk)
		(void)cs_store_bulk_end(rec->store, false, &ignored);
	if (rec->store)
		cs_store_close(rec->store);
	rec->in_bulk = false;
	rec->store = NULL;
	free(rec->project);
	rec->project = NULL;
	cs_buf_release(&rec->held);
}

int cs_recorder_store(struct cs_recorder *rec, struct cs_store **ret, struct cs_err *err)
{
	int r = 0;

	if (!rec->store)
		r = cs_cmd_store(rec->app, rec->args, CS_STORE_READ, &rec->store, err);
	if (r == 0)
		*ret = rec->store;
	return r;
}

/* Monotonic: a bulk must end though the clock is set, or stands still for a test. */
static int64_t elapsed_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * CS_NS_PER_S + t.tv_nsec;
}

int cs_recorder_begin(struct cs_recorder *rec, struct cs_err *err)
{
	int r;

	if (!rec->writable) {
		if (rec->store)
			cs_store_close(cs_steal(rec->store));
		r = cs_cmd_store(rec->app, rec->args, CS_STORE_WRITE, &rec->store, err);
		if (r < 0)
			return r;
		rec->writable = true;
	}
	if (rec->in_bulk)
		return 0;
	r = cs_store_bulk_begin(rec->store, err);
	if (r < 0)
		return r;
	rec->in_bulk = true;
	rec->bulk_builds = 0;
	rec->bulk_since_ns = elapsed_ns();
	return rec->watch ? rec->watch->not_before(rec->watch->arg, &rec->not_before_unix_ns, err)
			  : 0;
}

static int commit(struct cs_recorder *rec, struct cs_err *err)
{
	rec->in_bulk = false;
	return cs_store_bulk_end(rec->store, true, err);
}

/* After a build or run went in. */
static int went_in(struct cs_recorder *rec, enum cs_put put, struct cs_err *err)
{
	rec->n_new += put == CS_PUT_NEW;
	rec->n_same += put == CS_PUT_SAME;
	rec->n_joined += put == CS_PUT_JOINED;
	rec->bulk_builds++;
	if (rec->strict ||
	    (rec->bulk_builds < BULK_BUILDS && elapsed_ns() - rec->bulk_since_ns < BULK_NS))
		return 0;
	return commit(rec, err);
}

static bool shown(struct cs_recorder *rec)
{
	return rec->report && (rec->rows_max < 0 || rec->rows++ < rec->rows_max);
}

static int note_project(struct cs_recorder *rec, const struct cs_build *build, struct cs_err *err)
{
	const char *project = build->facts.project ? build->facts.project : "";

	if (rec->project) {
		rec->several_projects |= strcmp(rec->project, project) != 0;
		return 0;
	}
	rec->project = strdup(project);
	return rec->project ? 0 : cs_err_nomem(err);
}

int cs_recorder_project(struct cs_recorder *rec, struct cs_arena *arena, const char **ret,
			struct cs_err *err)
{
	struct cs_store *store;
	const char **names;
	size_t n;
	int r;

	*ret = "";
	if (rec->project) {
		if (!rec->several_projects)
			*ret = rec->project;
		return 0;
	}
	r = cs_recorder_store(rec, &store, err);
	if (r == 0)
		r = cs_store_projects(store, 2, arena, &names, &n, err);
	if (r == 0 && n == 1)
		*ret = names[0];
	return r;
}

static bool is_old(struct cs_recorder *rec, const struct cs_build *b)
{
	bool old = rec->watch && cs_build_time(b) < rec->not_before_unix_ns;

	rec->n_old += old;
	return old;
}

int cs_recorder_build(struct cs_recorder *rec, const char *source, const struct cs_build *build,
		      struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build b = *build, done;
	enum cs_put put;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	if (b.recorded_unix_ns == CS_TIME_NONE)
		b.recorded_unix_ns = cs_ctx_now(&rec->app->ctx);
	if (is_old(rec, &b))
		return 0;
	r = cs_recorder_begin(rec, err);
	if (r < 0)
		return r;
	if (is_old(rec, &b))
		return rec->bulk_builds ? 0 : commit(rec, err);
	r = cs_intake_build(rec->store, &b, arena, &done, &put, err);
	if (r == 0 && shown(rec))
		r = cs_view_record_build(rec->report, source, &done, put, err);
	if (r == 0)
		r = note_project(rec, &done, err);
	if (r < 0)
		return r;
	rec->n_new_builds += put == CS_PUT_NEW;
	rec->n_joined_builds += put == CS_PUT_JOINED;
	return went_in(rec, put, err);
}

int cs_recorder_run(struct cs_recorder *rec, const char *source, const struct cs_run *run,
		    struct cs_err *err)
{
	enum cs_put put;
	int r = cs_recorder_begin(rec, err);

	if (r == 0)
		r = cs_store_run_put(rec->store, run, &put, err);
	if (r == 0 && shown(rec))
		r = cs_view_record_run(rec->report, source, run, put, err);
	return r < 0 ? r : went_in(rec, put, err);
}

/* The last error is kept for the end, where it is the command's; those before are told at once. */
void cs_recorder_tell(struct cs_recorder *rec)
{
	if (rec->bad.code != CS_OK)
		cs_ctx_log(&rec->app->ctx, CS_LOG_WARNING, "%s", rec->bad.msg);
}

bool cs_recorder_is_fatal(enum cs_code code)
{
	return code == CS_NOMEM || code == CS_CANCELED || code == CS_DB || code == CS_BUSY ||
	       code == CS_USAGE;
}

int cs_recorder_bad(struct cs_recorder *rec, struct cs_err *err)
{
	enum cs_code before = rec->bad.code;

	if (cs_recorder_is_fatal(err->code))
		return -(int)err->code;
	if (rec->watch && rec->watched) {
		struct cs_err why = *err;
		int r = rec->watch->bad(rec->watch->arg, rec->watched, &why, err);

		if (r < 0)
			return r;
	}
	cs_recorder_tell(rec);
	rec->n_bad++;
	rec->bad = *err;
	/* Bad input makes the exit status, whatever came behind it. */
	if (before != CS_OK && cs_code_exit_status(before) == 3)
		rec->bad.code = before;
	memset(err, 0, sizeof(*err));
	return 0;
}

bool cs_recorder_changed(const struct cs_recorder *rec)
{
	const struct stat *was = rec->watched_st;
	struct stat st;

	if (!rec->watch || !rec->watched || !was)
		return false;
	return lstat(rec->watched, &st) < 0 || st.st_ino != was->st_ino ||
	       st.st_size != was->st_size || st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	       st.st_mtim.tv_nsec != was->st_mtim.tv_nsec;
}

/*
 * What came in before others left those behind it to be made again. One call takes on itself so
 * many; the rest is the next one's, and reports are right meanwhile.
 */
static int refresh(struct cs_recorder *rec, struct cs_err *err)
{
	int64_t n = rec->n_new_builds + rec->n_joined_builds;
	struct cs_err busy = CS_ERR_INIT;
	int r;

	if (!rec->writable || n == 0)
		return 0;
	r = cs_cmd_briefs_refresh(rec->store, REFRESH_BUILDS + 4 * (size_t)n, &busy);
	if (r == -CS_BUSY) /* what was to be recorded is */
		return 0;
	if (r < 0)
		*err = busy;
	return r;
}

int cs_recorder_end(struct cs_recorder *rec, struct cs_err *err)
{
	int r = 0;

	if (rec->in_bulk && !(rec->strict && rec->n_bad)) {
		r = commit(rec, err);
		if (r == 0)
			r = refresh(rec, err);
	} else if (!rec->in_bulk) {
		r = refresh(rec, err);
	}
	if (r < 0 || rec->bad.code == CS_OK)
		return r;
	if (rec->strict && rec->n_new + rec->n_same + rec->n_joined > 0) {
		cs_recorder_tell(rec);
		return cs_err_set(err, rec->bad.code, "nothing was recorded (--strict)");
	}
	*err = rec->bad;
	return -(int)err->code;
}
