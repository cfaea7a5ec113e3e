/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that strangers may have prepared: opening never blocks on a FIFO, never follows a link out
 * of a layout folder, never opens a device. And files that are ours: written whole or not at all.
 */
#ifndef CS_UTIL_FILE_H
#define CS_UTIL_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "util/buf.h"
#include "util/error.h"

/*
 * Opens a regular file for reading (O_NONBLOCK while opening, then fstat). Links in path are
 * followed: the user named it. CS_NOTFOUND, CS_IO, CS_UNSUPPORTED (FIFO, device, socket, folder).
 */
int cs_file_open_read(const char *path, int *ret_fd, int64_t *ret_size, struct cs_err *err);
/*
 * The same for a member of the folder dir_fd; no component of path may be a link, "..", or leave it
 * (openat2 RESOLVE_BENEATH|RESOLVE_NO_SYMLINKS, or component by component where there is none).
 */
int cs_file_open_beneath(int dir_fd, const char *path, int *ret_fd, int64_t *ret_size,
			 struct cs_err *err);
/* All of a file of at most max bytes; CS_LIMIT-free: the caller words a CS_FORMAT "too large". */
int cs_file_read_all(int fd, size_t max, struct cs_buf *buf, struct cs_err *err);
/* The first bytes, where fd stands or not: len of them unless the file is shorter; -1 with errno. */
ssize_t cs_file_head(int fd, void *buf, size_t len);

/*
 * A file that appears under its name only when committed: temporary (.NAME.XXXXXX) in the same
 * folder, fsync, rename.
 */
struct cs_outfile;

int cs_outfile_open(const char *path, struct cs_outfile **ret, struct cs_err *err);
FILE *cs_outfile_stream(struct cs_outfile *out);
/* Takes out in any case; on failure the old file is as it was. */
int cs_outfile_commit(struct cs_outfile *out /* takes */, struct cs_err *err);
void cs_outfile_discard(struct cs_outfile *out /* takes */);
CS_DEFINE_AUTO(struct cs_outfile *, cs_outfile_discard)

/* mkdir -p with mode 0700 for new folders (XDG). */
int cs_mkdir_parents(const char *path, struct cs_err *err);
/* The same as the user's mkdir -p makes them: what is in them is meant to be read by others. */
int cs_mkdir_shared(const char *path, struct cs_err *err);

#endif
