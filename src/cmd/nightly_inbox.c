/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inbox is walked as record walks a folder; what differs is a watch that knows the files that
 * are in. A mark goes in behind what the file held, so that a crash between them costs a second
 * reading that changes nothing, never a file. Refused: moving files away; the inbox is another's.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/nightly.h"
#include "cmd/record_folder.h"
#include "store/nightly.h"

struct inbox {
	struct cs_nightly *n;
	struct cs_recorder rec;
	char mark[PATH_MAX + 32];
};

static struct cs_inbox_file file_of(const char *path, const struct stat *st)
{
	return (struct cs_inbox_file){
		.path = path,
		.bytes = st->st_size,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * CS_NS_PER_S + st->st_mtim.tv_nsec,
	};
}

/* Also what is ahead of the clock by less than that: clocks differ. */
static bool waits(void *arg, const char *name, const struct stat *st)
{
	struct cs_nightly *n = ((struct inbox *)arg)->n;
	struct cs_inbox_file file = file_of(name, st);
	int64_t now = cs_ctx_now(&n->app->ctx), settle = n->settle_ns;
	bool young = settle && file.mtime_ns > now - settle && file.mtime_ns < now + settle;

	return young || cs_record_is_unfinished(name);
}

static int taken(void *arg, const char *path, const struct stat *st, struct cs_err *err)
{
	struct inbox *in = arg;
	struct cs_inbox_file file = file_of(path, st);
	struct cs_store *store;
	int r = cs_recorder_store(&in->rec, &store, err);

	return r < 0 ? r : cs_store_inbox_find(store, &file, err);
}

static int done(void *arg, const char *path, const struct stat *st, struct cs_err *err)
{
	struct inbox *in = arg;
	struct cs_inbox_file file = file_of(path, st);
	int r = cs_recorder_begin(&in->rec, err);

	if (r == 0)
		r = cs_store_inbox_put(in->rec.store, &file, err);
	in->n->new_files += r == 0;
	return r;
}

static int skip(void *arg, const char *path, const struct stat *st, struct cs_err *err)
{
	struct inbox *in = arg;
	int r = done(arg, path, st, err);

	in->n->new_files -= r == 0;
	in->n->skipped_files += r == 0;
	return r;
}

/*
 * A batch that lacks lines is marked beside its own mark, under names that no file has. Marks are
 * of its size and time: when it is written to, all of it is read again.
 */
static int line_mark(struct inbox *in, const char *path, const struct stat *st, int64_t line,
		     struct cs_inbox_file *ret, struct cs_err *err)
{
	int n = snprintf(in->mark, sizeof(in->mark), "%s//%" PRId64, path, line);

	if (n < 0 || (size_t)n >= sizeof(in->mark))
		return cs_err_set(err, CS_LIMIT, "%s: the path is too long", path);
	*ret = file_of(in->mark, st);
	return 0;
}

static int lacks(void *arg, const char *path, const struct stat *st, int64_t line,
		 struct cs_err *err)
{
	struct inbox *in = arg;
	struct cs_inbox_file mark;
	struct cs_store *store;
	int r = line_mark(in, path, st, line, &mark, err);

	if (r == 0)
		r = cs_recorder_store(&in->rec, &store, err);
	return r < 0 ? r : cs_store_inbox_find(store, &mark, err);
}

/* The batch's own mark goes last: without it the lines' mean nothing. */
static int partly(void *arg, const char *path, const struct stat *st, const int64_t *lines,
		  size_t n, struct cs_err *err)
{
	struct inbox *in = arg;
	struct cs_inbox_file mark;
	int r = 0;

	for (size_t i = 0; i <= n && r == 0; i++) {
		r = line_mark(in, path, st, i < n ? lines[i] : 0, &mark, err);
		if (r == 0)
			r = cs_recorder_begin(&in->rec, err);
		if (r == 0)
			r = cs_store_inbox_put(in->rec.store, &mark, err);
	}
	return r;
}

/* One row a file: the first thing that is wrong with it. */
static int bad(void *arg, const char *path, const struct cs_err *why, struct cs_err *err)
{
	struct cs_nightly *n = ((struct inbox *)arg)->n;
	size_t root = strlen(n->inbox);
	struct cs_bad_file *b;

	if (strncmp(path, n->inbox, root) == 0 && path[root] == '/')
		path += root + 1;
	for (size_t i = 0; i < n->n_bad_rows; i++) {
		if (strcmp(n->bad[i].path, path) == 0)
			return 0;
	}
	n->n_bad++;
	if (n->n_bad_rows == CS_BAD_ROWS)
		return 0;
	if (n->n_bad_rows == n->cap_bad) {
		size_t cap = n->cap_bad ? n->cap_bad * 2 : 16;
		void *v = realloc(n->bad, cap * sizeof(*n->bad));

		if (!v)
			return cs_err_nomem(err);
		n->bad = v;
		n->cap_bad = cap;
	}
	b = &n->bad[n->n_bad_rows];
	b->path = cs_arena_strdup(n->arena, path);
	b->error = cs_arena_strdup(n->arena, why->msg);
	if (!b->path || !b->error)
		return cs_err_nomem(err);
	n->n_bad_rows++;
	return 0;
}

static int latest(void *arg, const struct cs_rollup *row, struct cs_err *err)
{
	int64_t *end = arg;

	(void)err;
	if (row->day_unix_ns >= *end)
		*end = row->day_unix_ns + CS_NS_PER_S * 86400;
	return 0;
}

/* What is already summed up cannot be told from what comes again: builds of those days are left. */
static int not_before(void *arg, int64_t *ret, struct cs_err *err)
{
	struct inbox *in = arg;
	struct cs_store *store;
	struct cs_filter all;
	int r = cs_recorder_store(&in->rec, &store, err);

	cs_filter_init(&all);
	*ret = INT64_MIN;
	return r < 0 ? r : cs_store_rollups(store, &all, latest, ret, err);
}

static int take_in(struct inbox *in, struct cs_err *err)
{
	struct cs_nightly *n = in->n;
	const struct cs_record_watch watch = {
		.arg = in,
		.not_before = not_before,
		.waits = waits,
		.taken = taken,
		.done = done,
		.skip = skip,
		.bad = bad,
		.lacks = lacks,
		.partly = partly,
	};
	const char *name = n->inbox;
	struct cs_err ignored = CS_ERR_INIT;
	int r = not_before(in, &in->rec.not_before_unix_ns, err);

	in->rec.watch = &watch;
	if (r == 0)
		r = cs_record_files(&in->rec, &name, 1, err);
	cs_recorder_tell(&in->rec);
	if (r < 0)
		return r;
	r = cs_recorder_end(&in->rec, &ignored);
	if (r < 0 && in->rec.bad.code == CS_OK) {
		*err = ignored;
		return r;
	}
	n->new_builds = in->rec.n_new_builds;
	n->joined_builds = in->rec.n_joined_builds;
	n->old_builds = in->rec.n_old;
	n->waiting_files = in->rec.n_waiting;
	if (n->old_builds)
		cs_ctx_log(&n->app->ctx, CS_LOG_WARNING,
			   "%lld builds are of days that are summed up already; they were left out",
			   (long long)n->old_builds);
	return 0;
}

int cs_nightly_take_in(struct cs_nightly *n, struct cs_err *err)
{
	struct inbox in = { .n = n };
	int r;

	cs_recorder_init(&in.rec, n->app, n->args);
	r = take_in(&in, err);
	cs_recorder_release(&in.rec);
	return r;
}
