/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a folder that is taken in again and again (nightly), where others write meanwhile:
 * batches before what they name, then documents, logs behind them, runs last. A file that changed
 * while it was read is left for the next time, and so is what a line names that could not be taken
 * in, for it would lack the line's facts. Refused: moving or deleting files; the inbox is
 * another's.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/record_folder.h"
#include "util/file.h"

/* Of held lines: each file of the inbox is looked for in all of it. */
#define HELD_MAX ((size_t)4 << 20)

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

bool cs_record_is_unfinished(const char *name)
{
	static const char *const ends[] = {
		".tmp", ".part", ".partial", ".crdownload", ".swp", "~"
	};

	for (size_t i = 0; i < CS_N(ends); i++) {
		if (ends_with(name, ends[i]))
			return true;
	}
	return false;
}

bool cs_record_is_ours(const char *name)
{
	return ends_with(name, ".dockerbuild") || ends_with(name, ".jsonl");
}

/* --- what lines name --- */

/* Whether text has name as one whole value of a JSON text, or the last part of one. */
static bool names_file(const char *text, size_t len, const char *name)
{
	const char *at = text, *end = text + len;
	size_t n = strlen(name);

	while ((at = memmem(at, (size_t)(end - at), name, n))) {
		char before = at > text ? at[-1] : '"', behind = at + n < end ? at[n] : '"';

		if (strchr("\"/", before) && (behind == '"' || !behind))
			return true;
		at++;
	}
	return false;
}

/* held: "folder NUL line NUL" and so on */
bool cs_record_is_held(const struct cs_recorder *rec, const char *path)
{
	const char *at = rec->held.data, *end = at ? at + rec->held.len : NULL;
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	while (at && at < end) {
		const char *line = at + strlen(at) + 1;
		size_t dir = strlen(at), len = strlen(line);

		if (strncmp(path, at, dir) == 0 && path[dir] == '/' && names_file(line, len, name))
			return true;
		at = line + len + 1;
	}
	return false;
}

int cs_record_hold(struct cs_recorder *rec, const char *dir, size_t dir_len, const char *line,
		   size_t len, struct cs_err *err)
{
	size_t at = rec->held.len + dir_len + 1;

	if (at + len + 1 > HELD_MAX)
		return 0;
	if (cs_buf_add(&rec->held, dir, dir_len) < 0 || cs_buf_add(&rec->held, "", 1) < 0 ||
	    cs_buf_add(&rec->held, line, len) < 0 || cs_buf_add(&rec->held, "", 1) < 0)
		return cs_err_nomem(err);
	for (size_t i = at; i < at + len; i++) {
		if (!rec->held.data[i])
			rec->held.data[i] = ' ';
	}
	return 0;
}

/* --- a folder --- */

/* What a folder's file is to the one who takes in the folder again. */
struct member {
	const char *path;
	struct stat st;
	bool gone, waits, taken, later, batch, runs;
};

static int probe_batch(struct cs_record_group *g, const char *name, struct member *m,
		       struct cs_err *err)
{
	char *head CS_AUTO(cs_free_p) = malloc(CS_BATCH_PROBE);
	struct cs_err ignored = CS_ERR_INIT;
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size;
	ssize_t n;
	int r;

	if (!head)
		return cs_err_nomem(err);
	if (cs_file_open_beneath(g->dir_fd, name, &fd, &size, &ignored) < 0)
		return 0;
	n = cs_file_head(fd, head, CS_BATCH_PROBE);
	r = n > 0 ? cs_record_batch_probe(&g->rec->app->ctx.limits, head, (size_t)n, &m->runs, err)
		  : 1;
	m->batch = r == 0;
	return r < 0 ? r : 0;
}

static int look_at_member(struct cs_record_group *g, const char *name, struct member *m,
			  struct cs_err *err)
{
	const struct cs_record_watch *watch = g->rec->watch;
	int r;

	m->path = cs_arena_printf(g->arena, "%s/%s", g->dir, name);
	if (!m->path)
		return cs_err_nomem(err);
	/* A name with a dot is one that is still being written, or none of ours. */
	m->gone = name[0] == '.' || fstatat(g->dir_fd, name, &m->st, AT_SYMLINK_NOFOLLOW) < 0;
	if (m->gone)
		return 0;
	r = watch->taken(watch->arg, m->path, &m->st, err);
	if (r < 0)
		return r;
	m->taken = r == 0;
	m->waits = !m->taken && watch->waits(watch->arg, name, &m->st);
	g->rec->n_waiting += m->waits;
	return m->taken || !ends_with(name, ".jsonl") ? 0 : probe_batch(g, name, m, err);
}

static void begin(struct cs_recorder *rec, const struct member *m)
{
	rec->watched = m->path;
	rec->watched_st = &m->st;
	rec->put_off = false;
}

static void end(struct cs_recorder *rec)
{
	rec->watched = NULL;
	rec->watched_st = NULL;
}

static int take_batch(struct cs_recorder *rec, struct member *m, struct cs_err *err)
{
	int64_t n_bad = rec->n_bad;
	int r;

	if (m->waits)
		return m->runs ? 0 : cs_record_batch_hold(rec, m->path, err);
	begin(rec, m);
	r = m->runs ? cs_record_runs(rec, m->path, err) : cs_record_batch(rec, m->path, err);
	if (r == 0 && cs_recorder_changed(rec))
		rec->n_waiting++;
	else if (r == 0 && rec->n_bad == n_bad && !rec->put_off)
		r = rec->watch->done(rec->watch->arg, m->path, &m->st, err);
	end(rec);
	return r;
}

static int take_member(struct cs_record_group *g, const char *name, struct member *m, bool logs,
		       struct cs_err *err)
{
	const struct cs_record_watch *watch = g->rec->watch;
	int64_t n_bad = g->rec->n_bad;
	bool later = false, none = false;
	int r = watch->taken(watch->arg, m->path, &m->st, err);

	if (r <= 0) /* by now: a batch had it */
		return r;
	if (cs_record_is_held(g->rec, m->path))
		return 0;
	begin(g->rec, m);
	none = m->st.st_size == 0 && !cs_record_is_ours(name);
	r = none ? 0 : cs_record_take_file(g, name, logs, &later, &none, err);
	m->later = later;
	if (r == 0 && none)
		r = watch->skip(watch->arg, m->path, &m->st, err);
	else if (r == 0 && g->rec->put_off)
		g->rec->n_waiting++;
	else if (r == 0 && !later && g->rec->n_bad == n_bad)
		r = watch->done(watch->arg, m->path, &m->st, err);
	end(g->rec);
	return r;
}

/* A log that came later than the record beside it still is of that build. */
static int note_taken(struct cs_record_group *g, const char *name, const struct member *m,
		      struct cs_err *err)
{
	struct cs_documents docs CS_AUTO(cs_documents_release) = { 0 };
	struct cs_err ignored = CS_ERR_INIT;
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size = 0;
	int r = cs_record_open(g, name, m->path, &fd, &size, &ignored);

	if (r == 0 && cs_record_is_zip(fd))
		return 0;
	if (r == 0)
		r = cs_documents_read(g->rec->app, fd, size, m->path, &docs, &ignored);
	if (r != 0)
		return ignored.code == CS_NOMEM ? cs_err_nomem(err) : 0;
	for (size_t i = 0; i < docs.n && r == 0; i++) {
		struct cs_build *b = &docs.v[i]->build;
		struct cs_facts hints;

		if (!b->builder_ref)
			continue;
		cs_doc_hints(docs.v[i], &hints);
		r = cs_cmd_facts(g->rec->app, g->rec->args, &hints, b->image_ref, docs.v[i]->arena,
				 &b->facts, err);
		if (r == 0)
			r = cs_record_note_ref(g, b, err);
	}
	return r;
}

/* Builds and runs of the batches; documents and logs stand between. */
static int take_batches(struct cs_record_group *g, struct member *m, size_t n, bool runs,
			struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (m[i].batch && m[i].runs == runs)
			r = take_batch(g->rec, &m[i], err);
	}
	return r;
}

int cs_record_inbox_take(struct cs_record_group *g, const char *const *names, size_t n,
			 struct cs_err *err)
{
	struct member *m = cs_arena_array(g->arena, n, sizeof(*m));
	bool later = false;
	int r = 0;

	if (!m)
		return cs_err_nomem(err);
	memset(m, 0, n * sizeof(*m));
	for (size_t i = 0; i < n && r == 0; i++)
		r = look_at_member(g, names[i], &m[i], err);
	if (r == 0)
		r = take_batches(g, m, n, false, err);
	for (size_t i = 0; i < n && r == 0; i++) {
		if (!m[i].batch && !m[i].gone && !m[i].taken && !m[i].waits)
			r = take_member(g, names[i], &m[i], false, err);
		later |= m[i].later;
	}
	for (size_t i = 0; i < n && r == 0 && later; i++) {
		if (m[i].taken)
			r = note_taken(g, names[i], &m[i], err);
	}
	for (size_t i = 0; i < n && r == 0; i++) {
		if (m[i].later)
			r = take_member(g, names[i], &m[i], true, err);
	}
	if (r == 0)
		r = take_batches(g, m, n, true, err);
	return r < 0 ? r : 0;
}

int cs_record_image_folder(struct cs_recorder *rec, int fd, const char *path, bool *ret_bad,
			   struct cs_err *err)
{
	const struct cs_record_watch *watch = rec->watch;
	struct stat st;
	int r;

	if (!watch || (fstatat(fd, "index.json", &st, AT_SYMLINK_NOFOLLOW) < 0 &&
		       fstatat(fd, "manifest.json", &st, AT_SYMLINK_NOFOLLOW) < 0))
		return cs_record_image(rec, path, path, ret_bad, err);
	r = watch->taken(watch->arg, path, &st, err);
	if (r <= 0 || cs_record_is_held(rec, path))
		return r < 0 ? r : 0;
	if (watch->waits(watch->arg, "", &st)) {
		rec->n_waiting++;
		return 0;
	}
	r = cs_record_image(rec, path, path, ret_bad, err);
	return r < 0 ? r : watch->done(watch->arg, path, &st, err);
}
