/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source that cannot answer says why in "how" and the next one is asked; the first that knows
 * wins. Differences of two commits are kept: a build is held against many, and most share their
 * commit.
 */
#include "cmd/why_files.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#include "cmd/why_context.h"
#include "image/diff.h"
#include "io/git.h"
#include "model/pathmatch.h"

/* Names that are given; the rest is counted. */
#define PATHS_SHOWN 50
/* Paths of one difference, or one tree, that are looked at. */
#define PATHS_MAX  2000000
#define IGNORE_MAX (1 << 20)

struct change {
	const char *path; /* from the context */
	enum cs_git_change change;
};

/* What differs between two commits within the context. */
struct git_diff_kept {
	const char *was, *now;
	int result; /* 1 = a commit is not there */
	struct change *v;
	size_t n, cap;
	bool ignore_changed;
	struct cs_ignore ignore_was, ignore_now;
	struct git_diff_kept *next;
};

struct cs_why_evidence {
	struct cs_app *app;
	struct cs_store *store;
	const struct cs_build *build;
	struct cs_arena *arena;
	struct cs_git *git;
	const char *context; /* folder, NULL without */
	const char *prefix;  /* of the context in the repository: "" or "dir/" */
	struct git_diff_kept *diffs;
};

void cs_why_evidence_free(struct cs_why_evidence *e)
{
	if (!e)
		return;
	cs_git_close(e->git);
	cs_arena_free(e->arena);
	free(e);
}

/* "sub/" where context lies in the work tree of the repository, "" otherwise. */
static const char *prefix_of(struct cs_arena *arena, const struct cs_git *git, const char *context)
{
	const char *top = cs_git_workdir(git);
	char *a CS_AUTO(cs_free_p) = top ? realpath(top, NULL) : NULL;
	char *b CS_AUTO(cs_free_p) = context ? realpath(context, NULL) : NULL;
	size_t n = a ? strlen(a) : 0;

	if (a && b && strncmp(a, b, n) == 0 && b[n] == '/' && b[n + 1])
		return cs_arena_printf(arena, "%s/", b + n + 1);
	return "";
}

int cs_why_evidence_new(struct cs_app *app, struct cs_store *store, const struct cs_build *build,
			const char *repo, const char *context, struct cs_why_evidence **ret,
			struct cs_err *err)
{
	struct cs_why_evidence *e CS_AUTO(cs_why_evidence_free_p) = calloc(1, sizeof(*e));
	int r = 0;

	if (!e)
		return cs_err_nomem(err);
	e->arena = cs_arena_new();
	if (!e->arena)
		return cs_err_nomem(err);
	e->app = app;
	e->store = store;
	e->build = build;
	e->context = context;
	e->prefix = "";
	if (repo)
		r = cs_git_open(repo, &e->git, err);
	if (r == 0 && e->git) {
		e->prefix = prefix_of(e->arena, e->git, context);
		if (!e->prefix)
			return cs_err_nomem(err);
	}
	if (r == 0)
		*ret = cs_steal(e);
	return r;
}

/* --- names --- */

struct names {
	struct cs_arena *arena;
	const char **v;
	size_t n, more;
	bool content; /* something beyond times and metadata */
	bool metadata;
	struct cs_err *err;
};

static int add_name(struct names *names, const char *path)
{
	if (names->n == PATHS_SHOWN) {
		names->more++;
		return 0;
	}
	if (!names->v) {
		names->v = cs_arena_array(names->arena, PATHS_SHOWN, sizeof(*names->v));
		if (!names->v)
			return cs_err_nomem(names->err);
	}
	names->v[names->n] = cs_arena_strdup(names->arena, path);
	return names->v[names->n++] ? 0 : cs_err_nomem(names->err);
}

static void give(const struct names *names, enum cs_files_state state, struct cs_why_files *ret)
{
	ret->state = state;
	ret->paths = names->v;
	ret->n_paths = names->n;
	ret->n_more = names->more;
}

/* --- layers --- */

static const struct cs_layer *layer_of(const struct cs_build *b, const struct cs_step *s)
{
	return s->layer >= 0 && (size_t)s->layer < b->n_layers ? &b->layers[s->layer] : NULL;
}

/* 1 = none kept. */
static int entry_list(struct cs_why_evidence *e, const struct cs_build *b, const struct cs_layer *l,
		      struct cs_buf *buf, const void **ret, size_t *ret_len, struct cs_err *err)
{
	int r;

	if (l->manifest) {
		*ret = l->manifest;
		*ret_len = l->manifest_bytes;
		return 0;
	}
	r = cs_store_layer_manifest(e->store, b->facts.project ? b->facts.project : "", &l->diff_id,
				    buf, err);
	*ret = buf->data;
	*ret_len = buf->len;
	return r;
}

static int on_entry(void *arg, const struct cs_entry *a, const struct cs_entry *b, unsigned changes,
		    struct cs_err *err CS_UNUSED)
{
	struct names *names = arg;
	const struct cs_entry *e = b ? b : a;

	/* folders above a file come and go with it */
	if (!(changes & ~(unsigned)(CS_CHANGE_TIME | CS_CHANGE_ORDER)) ||
	    (e->type == CS_ENTRY_DIRECTORY && !(changes & (CS_CHANGE_OWNER | CS_CHANGE_MODE))))
		return 0;
	return add_name(names, e->path);
}

static int by_layers(struct cs_why_evidence *e, const struct cs_build *earlier,
		     const struct cs_why_copy *copy, struct cs_arena *arena,
		     struct cs_why_files *ret, struct cs_err *err)
{
	const struct cs_layer *a = layer_of(earlier, copy->earlier_step);
	const struct cs_layer *b = layer_of(e->build, copy->step);
	struct cs_buf x CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf y CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct names names = { .arena = arena, .err = err };
	enum cs_diff_class class = CS_DIFF_CONTENT;
	const void *list_a, *list_b;
	size_t len_a, len_b;
	int r;

	if (!a || !b || !cs_digest_known(&a->diff_id) || !cs_digest_known(&b->diff_id))
		return 0;
	ret->how = "entries of the two layers";
	ret->firm = true;
	if (cs_digest_equal(&a->diff_id, &b->diff_id)) {
		ret->state = CS_FILES_SAME;
		return 0;
	}
	r = entry_list(e, earlier, a, &x, &list_a, &len_a, err);
	if (r == 0)
		r = entry_list(e, e->build, b, &y, &list_b, &len_b, err);
	if (r == 0)
		r = cs_entries_diff(&e->app->ctx.limits, list_a, len_a, list_b, len_b, on_entry,
				    &names, &class, err);
	if (r < 0)
		return r;
	if (r == 1) {
		ret->how = "the layers differ, their entries are not kept";
		return 0;
	}
	if (class == CS_DIFF_TIME_ONLY || class == CS_DIFF_ORDER_ONLY)
		ret->state = CS_FILES_TIMES;
	else
		give(&names, class == CS_DIFF_METADATA_ONLY ? CS_FILES_METADATA : CS_FILES_CHANGED,
		     ret);
	return 0;
}

/* --- git --- */

/* What the tree was: what the builder saw, else what the user said. NULL unknown. */
static const char *commit_of(const struct cs_build *b)
{
	const char *rev = b->recipe.vcs_revision ? b->recipe.vcs_revision : b->facts.commit;

	return rev && !strstr(rev, "-dirty") ? rev : NULL;
}

struct diff_taker {
	struct cs_why_evidence *e;
	struct git_diff_kept *d;
	const char *ignore_name;
};

static int take_change(void *arg, const char *path, enum cs_git_change change, struct cs_err *err)
{
	struct diff_taker *t = arg;
	struct git_diff_kept *d = t->d;
	size_t skip = strlen(t->e->prefix);

	if (strncmp(path, t->e->prefix, skip) != 0)
		return 0;
	path += skip;
	if (d->n == PATHS_MAX)
		return cs_err_set(err, CS_LIMIT, "more than %d files differ", PATHS_MAX);
	if (d->n == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct change *v = cs_arena_array(t->e->arena, cap, sizeof(*v));

		if (!v)
			return cs_err_nomem(err);
		if (d->n)
			memcpy(v, d->v, d->n * sizeof(*v));
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n].path = cs_arena_strdup(t->e->arena, path);
	if (!d->v[d->n].path)
		return cs_err_nomem(err);
	d->v[d->n++].change = change;
	d->ignore_changed = d->ignore_changed || strcmp(path, ".dockerignore") == 0 ||
			    strcmp(path, t->ignore_name) == 0;
	return 0;
}

/* Dockerfile.dockerignore goes before .dockerignore. */
static int read_ignore(struct cs_why_evidence *e, const char *rev, const char *own_name,
		       struct cs_ignore *ret, struct cs_err *err)
{
	const char *const names[] = { own_name, ".dockerignore" };
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = 1;

	for (size_t i = 0; r == 1 && i < CS_N(names); i++) {
		const char *path = cs_arena_printf(e->arena, "%s%s", e->prefix, names[i]);

		if (!path)
			return cs_err_nomem(err);
		r = cs_git_file(e->git, rev, path, IGNORE_MAX, &buf, err);
	}
	if (r == 0)
		r = cs_ignore_parse(buf.data ? buf.data : "", buf.len, e->arena, ret, err);
	return r < 0 ? r : 0;
}

static int diff_commits(struct cs_why_evidence *e, const char *was, const char *now,
			struct git_diff_kept **ret, struct cs_err *err)
{
	const char *file = e->build->recipe.dockerfile;
	struct diff_taker t = { .e = e };
	struct git_diff_kept *d = NULL;
	int r;

	for (d = e->diffs; d; d = d->next) {
		if (strcmp(d->was, was) == 0 && strcmp(d->now, now) == 0) {
			*ret = d;
			return 0;
		}
	}
	d = cs_arena_alloc(e->arena, sizeof(*d));
	t.d = d;
	t.ignore_name = cs_arena_printf(e->arena, "%s.dockerignore", file ? file : "Dockerfile");
	if (!d || !t.ignore_name)
		return cs_err_nomem(err);
	d->was = was;
	d->now = now;
	r = cs_git_diff(e->git, was, now, take_change, &t, err);
	d->result = r;
	if (r == 0)
		r = read_ignore(e, was, t.ignore_name, &d->ignore_was, err);
	if (r == 0)
		r = read_ignore(e, now, t.ignore_name, &d->ignore_now, err);
	if (r < 0)
		return r;
	d->next = e->diffs;
	e->diffs = d;
	*ret = d;
	return 0;
}

struct walker {
	struct cs_why_evidence *e;
	const struct cs_why_copy *copy;
	const struct git_diff_kept *d;
	struct names *names;
	bool found; /* any file of the sources */
};

/* Of a file that both commits may have alike: an ignore rule that came or went. */
static int walk_path(void *arg, const char *path, enum cs_git_change change CS_UNUSED,
		     struct cs_err *err CS_UNUSED)
{
	struct walker *w = arg;
	size_t skip = strlen(w->e->prefix);

	if (strncmp(path, w->e->prefix, skip) != 0 || !cs_why_reads(w->copy, path + skip))
		return 0;
	w->found = true;
	if (!w->d->ignore_changed)
		return 1;
	path += skip;
	if (cs_ignored(&w->d->ignore_was, path) == cs_ignored(&w->d->ignore_now, path))
		return 0;
	for (size_t i = 0; i < w->d->n; i++) {
		if (strcmp(w->d->v[i].path, path) == 0)
			return 0; /* is named already */
	}
	w->names->content = true;
	return add_name(w->names, path);
}

static int compare_trees(struct cs_why_evidence *e, const struct git_diff_kept *d,
			 const struct cs_why_copy *copy, struct names *names, bool *ret_found,
			 struct cs_err *err)
{
	struct walker w = { .e = e, .copy = copy, .d = d, .names = names };
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->n; i++) {
		const struct change *c = &d->v[i];

		if (!cs_why_reads(copy, c->path) ||
		    (cs_ignored(&d->ignore_was, c->path) && cs_ignored(&d->ignore_now, c->path)))
			continue;
		w.found = true;
		names->content = names->content || c->change == CS_GIT_CONTENT;
		names->metadata = true;
		r = add_name(names, c->path);
	}
	if (r == 0 && (!w.found || d->ignore_changed))
		r = cs_git_walk(e->git, d->now, walk_path, &w, err);
	*ret_found = w.found;
	return r < 0 ? r : 0;
}

/* A folder that is checked out holds .git, whose index is another after each checkout. */
static bool copies_git(const struct cs_build *b, const struct git_diff_kept *d,
		       const struct cs_why_copy *copy)
{
	const char *context = b->recipe.context;

	return !(context && strstr(context, "://")) && cs_why_reads(copy, ".git/index") &&
	       !cs_ignored(&d->ignore_now, ".git/index");
}

static int by_git(struct cs_why_evidence *e, const struct cs_build *earlier,
		  const struct cs_why_copy *copy, struct cs_arena *arena, struct cs_why_files *ret,
		  struct cs_err *err)
{
	const char *was = commit_of(earlier), *now = commit_of(e->build);
	struct names names = { .arena = arena, .err = err };
	struct git_diff_kept *d = NULL;
	bool found, dot_git;
	int r;

	if (!was || !now) {
		ret->how = "the commit of a build is not known";
		return 0;
	}
	r = diff_commits(e, was, now, &d, err);
	if (r < 0)
		return r;
	if (d->result == 1) {
		ret->how = "the repository has not both commits";
		return 0;
	}
	r = compare_trees(e, d, copy, &names, &found, err);
	if (r < 0)
		return r;
	dot_git = !*e->prefix && copies_git(e->build, d, copy);
	if (!found) {
		ret->how = "the commit has no such files; is the context a folder within it?";
		return 0;
	}
	ret->how = cs_arena_printf(arena, "git %.7s..%.7s", was, now);
	if (!ret->how)
		return cs_err_nomem(err);
	if (dot_git && strcmp(was, now) != 0) {
		names.content = true;
		r = add_name(&names, ".git");
	} else if (dot_git) {
		ret->how = "the same commit, but .git is copied with it";
		return 0;
	}
	give(&names,
	     names.content    ? CS_FILES_CHANGED
	     : names.metadata ? CS_FILES_METADATA
			      : CS_FILES_SAME,
	     ret);
	return r;
}

/* --- the folder --- */

static int note_path(void *arg, const char *path, struct cs_err *err CS_UNUSED)
{
	return add_name(arg, path);
}

/* The tree as it is now is taken for that of the build that is asked about: the user says so. */
static int by_context(struct cs_why_evidence *e, const struct cs_build *earlier,
		      const struct cs_why_copy *copy, struct cs_arena *arena,
		      struct cs_why_files *ret, struct cs_err *err)
{
	const struct cs_layer *l = layer_of(earlier, copy->earlier_step);
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct names names = { .arena = arena, .err = err };
	enum cs_files_state state = CS_FILES_UNKNOWN;
	const void *list;
	size_t len;
	int r;

	if (!l || !cs_digest_known(&l->diff_id))
		return 0;
	r = entry_list(e, earlier, l, &buf, &list, &len, err);
	if (r == 0)
		r = cs_why_context(&e->app->ctx, e->context, e->build->recipe.dockerfile, copy,
				   list, len, note_path, &names, &state, err);
	if (r < 0 || r == 1)
		return r < 0 ? r : 0;
	ret->how = state == CS_FILES_UNKNOWN ? "the context has no such files"
					     : "the context as it is now";
	ret->firm = true;
	give(&names, state, ret);
	return 0;
}

int cs_why_evidence_files(void *arg, const struct cs_build *earlier, const struct cs_why_copy *copy,
			  struct cs_arena *arena, struct cs_why_files *ret, struct cs_err *err)
{
	struct cs_why_evidence *e = arg;
	int r = by_layers(e, earlier, copy, arena, ret, err);

	if (r == 0 && ret->state == CS_FILES_UNKNOWN && e->git && !copy->dirty) {
		ret->how = NULL;
		ret->firm = false;
		if (copy->sources)
			r = by_git(e, earlier, copy, arena, ret, err);
		else
			ret->how = "its sources could not be read";
	}
	if (r == 0 && ret->state == CS_FILES_UNKNOWN && e->context && copy->sources)
		r = by_context(e, earlier, copy, arena, ret, err);
	return r;
}
