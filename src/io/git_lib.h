/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libgit2, loaded when a repository is opened. Linked to the program it brings a dozen libraries
 * (TLS, SSH, Kerberos), which made every start a third longer for one option of one command.
 */
#ifndef CS_IO_GIT_LIB_H
#define CS_IO_GIT_LIB_H

#include <git2.h>

#include "util/error.h"

#define CS_GIT_CALLS(X)                                                                            \
	X(git_blob_free)                                                                           \
	X(git_blob_lookup)                                                                         \
	X(git_blob_rawcontent)                                                                     \
	X(git_blob_rawsize)                                                                        \
	X(git_commit_free)                                                                         \
	X(git_commit_lookup_prefix)                                                                \
	X(git_commit_tree)                                                                         \
	X(git_diff_free)                                                                           \
	X(git_diff_get_delta)                                                                      \
	X(git_diff_num_deltas)                                                                     \
	X(git_diff_options_init)                                                                   \
	X(git_diff_tree_to_tree)                                                                   \
	X(git_error_last)                                                                          \
	X(git_libgit2_init)                                                                        \
	X(git_libgit2_opts)                                                                        \
	X(git_libgit2_shutdown)                                                                    \
	X(git_oid_equal)                                                                           \
	X(git_oid_fromstrn)                                                                        \
	X(git_repository_free)                                                                     \
	X(git_repository_open_ext)                                                                 \
	X(git_repository_workdir)                                                                  \
	X(git_tree_entry_bypath)                                                                   \
	X(git_tree_entry_free)                                                                     \
	X(git_tree_entry_id)                                                                       \
	X(git_tree_entry_name)                                                                     \
	X(git_tree_entry_type)                                                                     \
	X(git_tree_free)                                                                           \
	X(git_tree_walk)

struct cs_git_lib {
	void *handle;
#define CS_GIT_CALL(name) __typeof__(name) *name;
	CS_GIT_CALLS(CS_GIT_CALL)
#undef CS_GIT_CALL
};

/* CS_UNSUPPORTED where it is not installed (any more), or lacks a call. */
int cs_git_lib_load(struct cs_git_lib *ret, struct cs_err *err);
void cs_git_lib_unload(struct cs_git_lib *lib);

#endif
