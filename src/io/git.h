/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trees of commits, read from a git repository: what "why" needs to name changed files. Nothing of
 * the repository is executed or written: no hook, filter, helper, no configuration of the user's.
 */
#ifndef CS_IO_GIT_H
#define CS_IO_GIT_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/error.h"

struct cs_git;

/* False where the program was built without libgit2: then opening is CS_UNSUPPORTED. */
bool cs_git_available(void);
/* path: a bare repository, a work tree, or a folder within one. */
int cs_git_open(const char *path, struct cs_git **ret, struct cs_err *err);
void cs_git_close(struct cs_git *git);
CS_DEFINE_AUTO(struct cs_git *, cs_git_close)
/* The folder that is checked out, with a slash at its end; NULL of a bare one. */
const char *cs_git_workdir(const struct cs_git *git);

enum cs_git_change {
	CS_GIT_SAME,
	CS_GIT_CONTENT, /* added, removed, other bytes, other type */
	CS_GIT_MODE,	/* of a file, same bytes */
};

/* A file, link or submodule by its path from the top. A positive result ends the walk. */
typedef int cs_git_fn(void *arg, const char *path, enum cs_git_change change, struct cs_err *err);

/*
 * rev: a commit by at least 7 hex digits. 0; 1 = the repository has no such commit (a shallow
 * clone, another repository). CS_FORMAT for a damaged one.
 */
int cs_git_diff(struct cs_git *git, const char *old_rev, const char *new_rev, cs_git_fn *fn,
		void *arg, struct cs_err *err);
/* Every file of a commit, as SAME. */
int cs_git_walk(struct cs_git *git, const char *rev, cs_git_fn *fn, void *arg, struct cs_err *err);
/* A file's content, replaced into buf. 0; 1 = no such commit or file. CS_LIMIT past max. */
int cs_git_file(struct cs_git *git, const char *rev, const char *path, size_t max,
		struct cs_buf *buf, struct cs_err *err);

#endif
