/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folder by folder, each in the order of names: the same files give the same store in whatever
 * order a shell lists them. A log does not say which build it is of; one that lies beside documents
 * of exactly one build is that build's log, so logs come after the documents of their folder. They
 * are read a second time then: a folder may hold more logs than memory. Refused: telling that by
 * the names of files.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cmd/analysis.h"
#include "cmd/args.h"
#include "cmd/record_folder.h"
#include "util/file.h"

/* Of a pipe: what is longer is an image, and analyze streams those. */
#define PIPE_MAX ((int64_t)64 << 20)

/* --- one document --- */

static int take_doc(struct cs_record_group *g, struct cs_doc *doc, const char *path,
		    struct cs_err *err)
{
	struct cs_recorder *rec = g->rec;
	struct cs_facts hints;
	int r;

	cs_doc_hints(doc, &hints);
	if (!doc->build.builder_ref && cs_doc_is_log(doc) && g->ref && !g->several &&
	    (!g->graph || !doc->build.graph || g->graph == doc->build.graph)) {
		doc->build.builder_ref = g->ref;
		if (!hints.project)
			hints.project = g->project;
	}
	r = cs_cmd_facts(rec->app, rec->args, &hints, doc->build.image_ref, doc->arena,
			 &doc->build.facts, err);
	return r < 0 ? r : cs_recorder_build(rec, path, &doc->build, err);
}

int cs_record_note_ref(struct cs_record_group *g, const struct cs_build *b, struct cs_err *err)
{
	if (g->ref && strcmp(g->ref, b->builder_ref) != 0) {
		g->several = true;
		return 0;
	}
	if (!g->ref)
		g->ref = cs_arena_strdup(g->arena, b->builder_ref);
	if (!g->project)
		g->project = cs_arena_strdup(g->arena, b->facts.project);
	if (!g->graph)
		g->graph = b->graph;
	return g->ref && (g->project || !b->facts.project) ? 0 : cs_err_nomem(err);
}

int cs_record_take_docs(struct cs_record_group *g, struct cs_documents *docs, const char *path,
			bool logs, bool *ret_later, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < docs->n && r == 0; i++) {
		struct cs_doc *doc = docs->v[i];
		bool log = cs_doc_is_log(doc) && !doc->build.builder_ref;

		if (log && !logs)
			*ret_later = true;
		if (log != logs)
			continue;
		if (doc->build.builder_ref)
			r = cs_record_note_ref(g, &doc->build, err);
		if (r == 0)
			r = take_doc(g, doc, path, err);
	}
	return r;
}

/* --- one image --- */

/* where: what is read; name: what it is called. *ret_bad: the error is the input's. */
int cs_record_image(struct cs_recorder *rec, const char *where, const char *name, bool *ret_bad,
		    struct cs_err *err)
{
	struct cs_analysis a CS_AUTO(cs_analysis_release) = { 0 };
	struct cs_store *store = NULL;
	int r = cs_recorder_store(rec, &store, err);

	if (r < 0)
		return r;
	r = cs_analysis_load(rec->app, rec->args, store, where, &a, err);
	if (r < 0) {
		*ret_bad = true;
		return r;
	}
	for (size_t i = 0; i < a.images.n && r == 0; i++) {
		a.images.v[i]->source = name;
		r = cs_recorder_store(rec, &store, err);
		if (r == 0)
			r = cs_analysis_judge(rec->app, rec->args, store, &a, i, err);
		if (r == 0)
			r = cs_recorder_build(rec, name, &a.builds[i], err);
	}
	return r;
}

/* --- one file --- */

int cs_record_open(const struct cs_record_group *g, const char *name, const char *path, int *ret_fd,
		   int64_t *ret_size, struct cs_err *err)
{
	struct stat st;

	if (g->dir_fd >= 0)
		return cs_file_open_beneath(g->dir_fd, name, ret_fd, ret_size, err);
	/* A name with a transport, and what is no regular file, are for the reader of images. */
	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 1;
	return cs_file_open_read(path, ret_fd, ret_size, err);
}

/* What a file is read for. */
struct look {
	bool logs, later; /* as in cs_record_take_docs() */
	bool bad;	  /* the error is the input's */
	bool none;	  /* neither a document nor, if it is bad, an image */
};

/* Documents of the file; 1 = it holds none. */
static int read_file(struct cs_record_group *g, const char *name, const char *path,
		     struct look *look, struct cs_err *err)
{
	struct cs_documents docs CS_AUTO(cs_documents_release) = { 0 };
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size = 0;
	int r = cs_record_open(g, name, path, &fd, &size, err);

	if (r == 0 && cs_record_is_zip(fd)) {
		r = cs_record_zip(g->rec, fd, size, path, &look->bad, err);
		if (r != 1)
			return r;
		look->bad = look->none = true;
		return cs_err_set(err, CS_UNSUPPORTED, "%s: a zip that tells of no build", path);
	}
	if (r == 0)
		r = cs_documents_read(g->rec->app, fd, size, path, &docs, err);
	look->bad = r < 0;
	return r == 0 && !cs_recorder_changed(g->rec)
		       ? cs_record_take_docs(g, &docs, path, look->logs, &look->later, err)
		       : r;
}

/* What lies in a folder may be anything; what was named must be something. */
int cs_record_bad_file(struct cs_record_group *g, struct cs_err *err)
{
	if (g->dir_fd >= 0 && err->code == CS_UNSUPPORTED && !g->rec->watch) {
		g->rec->n_skipped++;
		cs_ctx_log(&g->rec->app->ctx, CS_LOG_INFO, "left out: %s", err->msg);
		return 0;
	}
	return cs_recorder_bad(g->rec, err);
}

int cs_record_take_file(struct cs_record_group *g, const char *name, bool logs, bool *ret_later,
			bool *ret_none, struct cs_err *err)
{
	struct cs_recorder *rec = g->rec;
	struct cs_err one = CS_ERR_INIT;
	const char *path = g->dir_fd < 0 ? name : cs_arena_printf(g->arena, "%s/%s", g->dir, name);
	struct look look = { .logs = logs };
	int r;

	if (!path)
		return cs_err_nomem(err);
	r = read_file(g, name, path, &look, &one);
	if (r == 1) {
		r = cs_record_image(rec, path, path, &look.bad, &one);
		look.none = r == -CS_UNSUPPORTED && look.bad;
		/* The reader of images has the last word, and would speak of images only. */
		if (look.none && !rec->watch && g->dir_fd < 0)
			cs_err_prefix(&one, "no record or log of a builder, and no image");
	}
	*ret_later = look.later;
	if (r >= 0 || (look.bad && !cs_recorder_is_fatal(one.code) && cs_recorder_changed(rec))) {
		rec->put_off |= cs_recorder_changed(rec);
		return cs_ctx_check(&rec->app->ctx, err);
	}
	if (look.none && rec->watch && !cs_record_is_ours(name)) {
		cs_ctx_log(&rec->app->ctx, CS_LOG_INFO, "left out: %s", one.msg);
		*ret_none = true;
		return 0;
	}
	if (look.bad)
		r = cs_record_bad_file(g, &one);
	*err = one;
	return r;
}

int cs_record_group_take(struct cs_record_group *g, const char *const *names, size_t n,
			 struct cs_err *err)
{
	bool *later, ignored, none = false;
	int r = 0;

	if (!n)
		return 0;
	if (g->rec->watch && g->dir_fd >= 0)
		return cs_record_inbox_take(g, names, n, err);
	later = cs_arena_array(g->arena, n, sizeof(*later));
	if (!later)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n && r == 0; i++)
		r = cs_record_take_file(g, names[i], false, &later[i], &none, err);
	for (size_t i = 0; i < n && r == 0; i++) {
		if (later[i])
			r = cs_record_take_file(g, names[i], true, &ignored, &none, err);
	}
	return r;
}

/* --- standard input --- */

/* A file of a pipe's content, in memory: it is read as a document first, then as an image. */
static int spool(int from, int *ret, struct cs_err *err)
{
	int fd CS_AUTO(cs_close_p) = memfd_create("cachestat", MFD_CLOEXEC);
	char buf[65536];
	int64_t size = 0;
	ssize_t n;

	if (fd < 0)
		return cs_err_errno(err, errno, "standard input");
	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cs_err_errno(err, errno, "standard input");
		size += n;
		if (size > PIPE_MAX)
			return cs_err_set(err, CS_LIMIT,
					  "standard input: more than 64 MiB through a pipe (an "
					  "image is read by 'cachestat analyze -')");
		if (write(fd, buf, (size_t)n) != n)
			return cs_err_errno(err, errno, "standard input");
	}
	*ret = fd;
	fd = -1;
	return 0;
}

static int take_stdin_of(struct cs_record_group *g, int fd, struct cs_err *err)
{
	struct cs_documents docs CS_AUTO(cs_documents_release) = { 0 };
	char path[64];
	struct stat st;
	bool bad = true, later = false;
	int r = fstat(fd, &st) < 0 ? cs_err_errno(err, errno, "standard input") : 0;

	if (r == 0)
		r = cs_documents_read(g->rec->app, fd, st.st_size, "standard input", &docs, err);
	if (r == 0) {
		r = cs_record_take_docs(g, &docs, "-", false, &later, err);
		return r < 0 || !later ? r : cs_record_take_docs(g, &docs, "-", true, &later, err);
	}
	if (r == 1) {
		bad = false;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		r = cs_record_image(g->rec, path, "-", &bad, err);
	}
	return r < 0 && bad ? cs_recorder_bad(g->rec, err) : r;
}

static int take_stdin(struct cs_recorder *rec, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_record_group g = { .rec = rec, .arena = arena, .dir_fd = -1, .dir = "" };
	int fd CS_AUTO(cs_close_p) = -1;
	struct stat st;
	int r = 0;

	if (!arena)
		return cs_err_nomem(err);
	if (fstat(rec->app->stdin_fd, &st) == 0 && S_ISREG(st.st_mode))
		return take_stdin_of(&g, rec->app->stdin_fd, err);
	r = spool(rec->app->stdin_fd, &fd, err);
	return r < 0 ? cs_recorder_bad(rec, err) : take_stdin_of(&g, fd, err);
}

/* --- what the user named --- */

struct operand {
	const char *path;
	size_t dir_len; /* of the folder that a file lies in */
	bool folder;
};

/* Files of a folder stand together, before the folders below it; both by name. */
static int by_place(const void *a, const void *b)
{
	const struct operand *x = a, *y = b;
	size_t n = x->dir_len < y->dir_len ? x->dir_len : y->dir_len;
	int o = memcmp(x->path, y->path, n);

	if (o)
		return o;
	if (x->dir_len != y->dir_len)
		return x->dir_len < y->dir_len ? -1 : 1;
	if (x->folder != y->folder)
		return x->folder ? 1 : -1;
	return strcmp(x->path, y->path);
}

static void look_at(const char *path, struct operand *ret)
{
	const char *slash = strrchr(path, '/');
	struct stat st;

	ret->path = path;
	ret->folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	ret->dir_len = ret->folder ? strlen(path) : slash ? (size_t)(slash - path) : 0;
}

static int take_files(struct cs_recorder *rec, const struct operand *v, size_t n,
		      struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_record_group g = { .rec = rec, .arena = arena, .dir_fd = -1, .dir = "" };
	const char **names = arena ? cs_arena_array(arena, n, sizeof(*names)) : NULL;

	if (!names)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		names[i] = v[i].path;
	return cs_record_group_take(&g, names, n, err);
}

int cs_record_files(struct cs_recorder *rec, const char *const *names, size_t n, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct operand *v = arena ? cs_arena_array(arena, n, sizeof(*v)) : NULL;
	size_t n_ops = 0;
	bool input = false;
	int r = 0;

	if (!v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "-") == 0)
			input = true;
		else
			look_at(names[i], &v[n_ops++]);
	}
	if (n_ops)
		qsort(v, n_ops, sizeof(*v), by_place);
	for (size_t i = 0, next; i < n_ops && r == 0; i = next) {
		for (next = i + 1; next < n_ops && !v[i].folder && !v[next].folder &&
				   v[next].dir_len == v[i].dir_len &&
				   memcmp(v[next].path, v[i].path, v[i].dir_len) == 0;)
			next++;
		r = v[i].folder ? cs_record_folder(rec, v[i].path, err)
				: take_files(rec, v + i, next - i, err);
	}
	return r == 0 && input ? take_stdin(rec, err) : r;
}
