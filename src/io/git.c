/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libgit2 rather than the git program: nothing is started, so nothing in a repository can have a
 * command run (core.fsmonitor, textconv, hooks). For that reason its check of who owns the folder
 * is off: it guards against such commands, and a checkout in a CI container commonly belongs to
 * another user. Only objects are read, never the work tree or its attributes.
 */
#include "io/git.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBGIT2

#include "io/git_lib.h"

/* git_oid's text for SHA-1, the only one that this library reads. */
#define HEX_MIN 7
#define HEX_MAX 40

struct cs_git {
	struct cs_git_lib lib;
	git_repository *repo;
};

bool cs_git_available(void)
{
	return true;
}

static int failed(const struct cs_git_lib *lib, struct cs_err *err, const char *what)
{
	const git_error *e = lib->git_error_last();

	if (e && e->klass == GIT_ERROR_NOMEMORY)
		return cs_err_nomem(err);
	return cs_err_set(err, CS_FORMAT, "%s: %s", what, e && e->message ? e->message : "unknown");
}

static int open_repository(struct cs_git *git, const char *path, struct cs_err *err)
{
	static const int levels[] = { GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
				      GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL };
	const struct cs_git_lib *lib = &git->lib;
	int r;

	if (lib->git_libgit2_init() < 0)
		return failed(lib, err, "libgit2");
	for (size_t i = 0; i < CS_N(levels); i++)
		lib->git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
#if LIBGIT2_VER_MAJOR > 1 || (LIBGIT2_VER_MAJOR == 1 && LIBGIT2_VER_MINOR >= 5)
	lib->git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0); /* before, there is no check */
#endif
	r = lib->git_repository_open_ext(&git->repo, path, 0, NULL);
	if (r == GIT_ENOTFOUND)
		r = cs_err_set(err, CS_NOTFOUND, "'%s' is no git repository", path);
	else if (r < 0)
		r = failed(lib, err, path);
	if (r < 0)
		lib->git_libgit2_shutdown();
	return r;
}

int cs_git_open(const char *path, struct cs_git **ret, struct cs_err *err)
{
	struct cs_git *git = calloc(1, sizeof(*git));
	int r;

	if (!git)
		return cs_err_nomem(err);
	r = cs_git_lib_load(&git->lib, err);
	if (r == 0) {
		r = open_repository(git, path, err);
		if (r < 0)
			cs_git_lib_unload(&git->lib);
	}
	if (r < 0) {
		free(git);
		return r;
	}
	*ret = git;
	return 0;
}

void cs_git_close(struct cs_git *git)
{
	if (!git)
		return;
	git->lib.git_repository_free(git->repo);
	git->lib.git_libgit2_shutdown();
	cs_git_lib_unload(&git->lib);
	free(git);
}

const char *cs_git_workdir(const struct cs_git *git)
{
	return git->lib.git_repository_workdir(git->repo);
}

/* 0, 1 = no such commit. */
static int find_tree(struct cs_git *git, const char *rev, git_tree **ret, struct cs_err *err)
{
	const struct cs_git_lib *lib = &git->lib;
	size_t n = strlen(rev);
	git_commit *commit = NULL;
	git_oid oid;
	int r;

	if (n < HEX_MIN || n > HEX_MAX || strspn(rev, "0123456789abcdefABCDEF") != n)
		return 1;
	if (lib->git_oid_fromstrn(&oid, rev, n) < 0)
		return 1;
	r = lib->git_commit_lookup_prefix(&commit, git->repo, &oid, n);
	if (r == GIT_ENOTFOUND || r == GIT_EAMBIGUOUS)
		return 1;
	if (r == 0)
		r = lib->git_commit_tree(ret, commit);
	lib->git_commit_free(commit);
	return r < 0 ? failed(lib, err, rev) : 0;
}

struct caller {
	const struct cs_git_lib *lib;
	cs_git_fn *fn;
	void *arg;
	struct cs_err *err;
	int result;
};

static int each_delta(struct caller *c, const git_diff *diff)
{
	const struct cs_git_lib *lib = c->lib;
	size_t n = lib->git_diff_num_deltas(diff);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const git_diff_delta *d = lib->git_diff_get_delta(diff, i);
		bool mode = d->status == GIT_DELTA_MODIFIED &&
			    lib->git_oid_equal(&d->old_file.id, &d->new_file.id);

		r = c->fn(c->arg, d->new_file.path ? d->new_file.path : d->old_file.path,
			  mode ? CS_GIT_MODE : CS_GIT_CONTENT, c->err);
	}
	return r;
}

int cs_git_diff(struct cs_git *git, const char *old_rev, const char *new_rev, cs_git_fn *fn,
		void *arg, struct cs_err *err)
{
	const struct cs_git_lib *lib = &git->lib;
	struct caller c = { lib, fn, arg, err, 0 };
	git_diff_options options;
	git_tree *a = NULL, *b = NULL;
	git_diff *diff = NULL;
	int r = find_tree(git, old_rev, &a, err);

	lib->git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags |= GIT_DIFF_INCLUDE_TYPECHANGE;
	if (r == 0)
		r = find_tree(git, new_rev, &b, err);
	if (r == 0 && lib->git_diff_tree_to_tree(&diff, git->repo, a, b, &options) < 0)
		r = failed(lib, err, "diff");
	if (r == 0) {
		r = each_delta(&c, diff);
		r = r > 0 ? 0 : r;
	}
	lib->git_diff_free(diff);
	lib->git_tree_free(a);
	lib->git_tree_free(b);
	return r;
}

static int on_entry(const char *root, const git_tree_entry *entry, void *payload)
{
	struct cs_buf path CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct caller *c = payload;
	const struct cs_git_lib *lib = c->lib;

	if (lib->git_tree_entry_type(entry) == GIT_OBJECT_TREE)
		return 0;
	if (cs_buf_puts(&path, root) < 0 || cs_buf_puts(&path, lib->git_tree_entry_name(entry)) < 0)
		c->result = cs_err_nomem(c->err);
	else
		c->result = c->fn(c->arg, path.data, CS_GIT_SAME, c->err);
	return c->result ? -1 : 0;
}

int cs_git_walk(struct cs_git *git, const char *rev, cs_git_fn *fn, void *arg, struct cs_err *err)
{
	const struct cs_git_lib *lib = &git->lib;
	struct caller c = { lib, fn, arg, err, 0 };
	git_tree *tree = NULL;
	int r = find_tree(git, rev, &tree, err);

	if (r == 0) {
		r = lib->git_tree_walk(tree, GIT_TREEWALK_PRE, on_entry, &c);
		if (c.result)
			r = c.result > 0 ? 0 : c.result;
		else if (r < 0)
			r = failed(lib, err, rev);
	}
	lib->git_tree_free(tree);
	return r;
}

int cs_git_file(struct cs_git *git, const char *rev, const char *path, size_t max,
		struct cs_buf *buf, struct cs_err *err)
{
	const struct cs_git_lib *lib = &git->lib;
	git_tree_entry *entry = NULL;
	git_tree *tree = NULL;
	git_blob *blob = NULL;
	int r = find_tree(git, rev, &tree, err);

	cs_buf_reset(buf);
	if (r == 0 && (lib->git_tree_entry_bypath(&entry, tree, path) < 0 ||
		       lib->git_tree_entry_type(entry) != GIT_OBJECT_BLOB))
		r = 1;
	if (r == 0 && lib->git_blob_lookup(&blob, git->repo, lib->git_tree_entry_id(entry)) < 0)
		r = failed(lib, err, path);
	if (r == 0 && (uint64_t)lib->git_blob_rawsize(blob) > max)
		r = cs_err_set(err, CS_LIMIT, "'%s' in commit %.12s is larger than %zu bytes", path,
			       rev, max);
	if (r == 0 && cs_buf_add(buf, lib->git_blob_rawcontent(blob),
				 (size_t)lib->git_blob_rawsize(blob)) < 0)
		r = cs_err_nomem(err);
	lib->git_blob_free(blob);
	lib->git_tree_entry_free(entry);
	lib->git_tree_free(tree);
	return r;
}

#else

bool cs_git_available(void)
{
	return false;
}

int cs_git_open(const char *path, struct cs_git **ret, struct cs_err *err)
{
	(void)ret;
	return cs_err_set(err, CS_UNSUPPORTED,
			  "'%s': this program was built without libgit2 and reads no repositories",
			  path);
}

void cs_git_close(struct cs_git *git)
{
	(void)git;
}

const char *cs_git_workdir(const struct cs_git *git)
{
	(void)git;
	return NULL;
}

int cs_git_diff(struct cs_git *git, const char *old_rev, const char *new_rev, cs_git_fn *fn,
		void *arg, struct cs_err *err)
{
	(void)git, (void)old_rev, (void)new_rev, (void)fn, (void)arg, (void)err;
	return 1;
}

int cs_git_walk(struct cs_git *git, const char *rev, cs_git_fn *fn, void *arg, struct cs_err *err)
{
	(void)git, (void)rev, (void)fn, (void)arg, (void)err;
	return 1;
}

int cs_git_file(struct cs_git *git, const char *rev, const char *path, size_t max,
		struct cs_buf *buf, struct cs_err *err)
{
	(void)git, (void)rev, (void)path, (void)max, (void)buf, (void)err;
	return 1;
}

#endif
