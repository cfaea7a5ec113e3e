/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/why_context.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>

#include "image/entries.h"
#include "util/file.h"

#define FILES_MAX  200000
#define PAIRS_MAX  50000000
#define IGNORE_MAX (1 << 20)

struct kept {
	const char *path, *target;
	struct cs_digest content;
	int64_t size;
	uint32_t mode;
	bool used;
};

struct comparison {
	const struct cs_ctx *ctx;
	const struct cs_why_copy *copy;
	struct cs_arena *arena;
	struct cs_ignore ignore;
	struct kept *v;
	size_t n, cap, n_pairs;
	struct cs_hasher *hasher;
	cs_why_path_fn *fn;
	void *arg;
	bool found, changed, metadata;
	struct cs_err *err;
};

bool cs_why_reads(const struct cs_why_copy *copy, const char *path)
{
	bool named = false;

	for (size_t i = 0; i < copy->n_sources && !named; i++)
		named = cs_path_match(copy->sources[i], path);
	for (size_t i = 0; i < copy->n_excludes && named; i++)
		named = !cs_path_match(copy->excludes[i], path);
	return named;
}

static int keep(struct comparison *c, const struct cs_entry *e)
{
	struct kept *k;

	if (c->n == FILES_MAX)
		return cs_err_set(c->err, CS_LIMIT, "a layer of more than %d files", FILES_MAX);
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : 64;
		struct kept *v = cs_arena_array(c->arena, cap, sizeof(*v));

		if (!v)
			return cs_err_nomem(c->err);
		if (c->n)
			memcpy(v, c->v, c->n * sizeof(*v));
		c->v = v;
		c->cap = cap;
	}
	k = &c->v[c->n++];
	*k = (struct kept){ .content = e->content, .size = e->size, .mode = e->mode };
	k->path = cs_arena_strdup(c->arena, e->path);
	k->target = cs_arena_strdup(c->arena, e->target);
	return k->path && (k->target || !e->target) ? 0 : cs_err_nomem(c->err);
}

static int read_list(struct comparison *c, const void *list, size_t len)
{
	struct cs_entry_reader *reader CS_AUTO(cs_entry_reader_free_p) = NULL;
	struct cs_entry e;
	int r = cs_entry_reader_new(&c->ctx->limits, list, len, &reader, c->err);

	while (r == 0 && (r = cs_entry_reader_next(reader, &e, c->err)) == 0) {
		if (e.type == CS_ENTRY_FILE || e.type == CS_ENTRY_SYMLINK)
			r = keep(c, &e);
	}
	return r < 0 ? r : 0;
}

static int read_ignore(struct comparison *c, const char *dir, const char *dockerfile)
{
	const char *own = dockerfile ? dockerfile : "Dockerfile";
	const char *const formats[] = { "%s/%s.dockerignore", "%s/.dockerignore" };
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(formats); i++) {
		char *path = cs_arena_printf(c->arena, formats[i], dir, own);
		int fd CS_AUTO(cs_close_p) = -1;
		struct cs_err missing = CS_ERR_INIT;
		int64_t size;
		int r;

		if (!path)
			return cs_err_nomem(c->err);
		if (cs_file_open_read(path, &fd, &size, &missing) < 0)
			continue;
		r = cs_file_read_all(fd, IGNORE_MAX, &buf, c->err);
		return r < 0 ? r
			     : cs_ignore_parse(buf.data ? buf.data : "", buf.len, c->arena,
					       &c->ignore, c->err);
	}
	return 0;
}

static int hash_file(struct comparison *c, const char *path, struct cs_digest *ret)
{
	int fd CS_AUTO(cs_close_p) = -1;
	char block[65536];
	int64_t size;
	ssize_t n;
	int r = cs_file_open_read(path, &fd, &size, c->err);

	if (r < 0)
		return r;
	cs_hasher_reset(c->hasher);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cs_err_errno(c->err, errno, "'%s'", path);
		cs_hasher_update(c->hasher, block, (size_t)n);
	}
	cs_hasher_final(c->hasher, ret);
	return cs_ctx_check(c->ctx, c->err);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static size_t common_end(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), k = 0;

	while (k < n && k < m && a[n - 1 - k] == b[m - 1 - k])
		k++;
	return k;
}

/*
 * The entry of this name with this content, the one whose path ends most alike; *ret_other is the
 * one most alike whatever it holds.
 */
static struct kept *pair(struct comparison *c, const char *rel, const FTSENT *at,
			 const struct cs_digest *content, const char *target,
			 struct kept **ret_other)
{
	struct kept *best = NULL;
	size_t best_end = 0, other_end = 0;

	*ret_other = NULL;
	for (size_t i = 0; i < c->n; i++) {
		struct kept *k = &c->v[i];
		size_t end;
		bool same;

		if (k->used || strcmp(base_name(k->path), base_name(rel)) != 0)
			continue;
		end = common_end(k->path, rel);
		same = target ? k->target && strcmp(k->target, target) == 0
			      : !k->target && k->size == at->fts_statp->st_size &&
					cs_digest_equal(&k->content, content);
		if (same && end > best_end) {
			best = k;
			best_end = end;
		}
		if (end > other_end) {
			*ret_other = k;
			other_end = end;
		}
	}
	return best;
}

static int take_file(struct comparison *c, const char *rel, const FTSENT *at)
{
	char target[4096] = "";
	bool link = at->fts_info == FTS_SL || at->fts_info == FTS_SLNONE;
	struct cs_digest content = { 0 };
	struct kept *k, *other;
	ssize_t n = 0;
	int r = 0;

	c->n_pairs += c->n;
	if (c->n_pairs > PAIRS_MAX)
		return cs_err_set(c->err, CS_LIMIT, "a context of too many files");
	if (link)
		n = readlink(at->fts_accpath, target, sizeof(target) - 1);
	else
		r = hash_file(c, at->fts_accpath, &content);
	if (r < 0 || n < 0)
		return r < 0 ? r : cs_err_errno(c->err, errno, "'%s'", at->fts_path);
	c->found = true;
	k = pair(c, rel, at, &content, link ? target : NULL, &other);
	if (!k) {
		if (other)
			other->used = true; /* it was this one */
		c->changed = true;
		return c->fn(c->arg, rel, c->err);
	}
	k->used = true;
	if (link || strstr(c->copy->step->instruction, "--chmod") ||
	    (at->fts_statp->st_mode & 07777) == k->mode)
		return 0;
	c->metadata = true;
	return c->fn(c->arg, rel, c->err);
}

static int walk(struct comparison *c, const char *dir)
{
	char *copy CS_AUTO(cs_free_p) = strdup(dir);
	char *const roots[] = { copy, NULL };
	size_t skip = strlen(dir);
	FTS *fts = copy ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	FTSENT *at;
	int r = 0;

	if (!fts)
		return cs_err_errno(c->err, errno, "'%s'", dir);
	while (r == 0 && (errno = 0, at = fts_read(fts))) {
		const char *rel = at->fts_path + skip;

		if (at->fts_info == FTS_DNR || at->fts_info == FTS_ERR || at->fts_info == FTS_NS) {
			r = cs_err_errno(c->err, at->fts_errno, "'%s'", at->fts_path);
			break;
		}
		rel += strspn(rel, "/");
		if ((at->fts_info == FTS_F || at->fts_info == FTS_SL ||
		     at->fts_info == FTS_SLNONE) &&
		    cs_why_reads(c->copy, rel) && !cs_ignored(&c->ignore, rel))
			r = take_file(c, rel, at);
	}
	if (r == 0 && errno)
		r = cs_err_errno(c->err, errno, "'%s'", dir);
	fts_close(fts);
	return r;
}

int cs_why_context(const struct cs_ctx *ctx, const char *dir, const char *dockerfile,
		   const struct cs_why_copy *copy, const void *list, size_t len, cs_why_path_fn *fn,
		   void *arg, enum cs_files_state *ret, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_hasher *hasher CS_AUTO(cs_hasher_free_p) = NULL;
	struct comparison c = {
		.ctx = ctx, .copy = copy, .arena = arena, .fn = fn, .arg = arg, .err = err
	};
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_hasher_new(CS_DIGEST_SHA256, &hasher, err);
	c.hasher = hasher;
	if (r == 0)
		r = read_list(&c, list, len);
	if (r == 0)
		r = read_ignore(&c, dir, dockerfile);
	if (r == 0)
		r = walk(&c, dir);
	for (size_t i = 0; r == 0 && c.found && i < c.n; i++) {
		/* whiteouts are no files of a context */
		if (c.v[i].used || strncmp(base_name(c.v[i].path), ".wh.", 4) == 0)
			continue;
		c.changed = true;
		r = fn(arg, c.v[i].path, err);
	}
	if (r == 0 && c.found)
		*ret = c.changed    ? CS_FILES_CHANGED
		       : c.metadata ? CS_FILES_METADATA
				    : CS_FILES_SAME;
	return r;
}
