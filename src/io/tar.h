/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tar walked entry by entry through libarchive's tar reader (no filters, no other formats), plain
 * headers without it.
 * Names, link targets and attributes come as the bytes of the archive, in no locale.
 */
#ifndef CS_IO_TAR_H
#define CS_IO_TAR_H

#include "io/stream.h"

enum cs_entry_type {
	CS_ENTRY_FILE,
	CS_ENTRY_DIRECTORY,
	CS_ENTRY_SYMLINK,
	CS_ENTRY_HARDLINK,
	CS_ENTRY_CHAR,
	CS_ENTRY_BLOCK,
	CS_ENTRY_FIFO,
};

struct cs_tar_entry {
	const char *path;   /* as stored; never NULL */
	const char *target; /* of a symbolic or hard link, else NULL */
	enum cs_entry_type type;
	uint32_t mode; /* permission bits with suid, sgid, sticky */
	int64_t uid, gid;
	const char *uname, *gname; /* NULL without */
	int64_t size;		   /* regular files, holes included */
	int64_t mtime_s;
	uint32_t mtime_ns;
	uint32_t dev_major, dev_minor;
	bool sparse;
	const void *xattrs; /* opaque to callers: use cs_tar_xattrs_hash */
};

struct cs_tar;

/* Borrows the stream; the caller drains it after the last entry (taps want every byte). */
int cs_tar_open(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_tar **ret,
		struct cs_err *err);
void cs_tar_close(struct cs_tar *tar);
CS_DEFINE_AUTO(struct cs_tar *, cs_tar_close)
/* Whether what was read begins with a block of zeros and goes on with something else. */
bool cs_tar_blank_first(const struct cs_tar *tar);
/* The next entry, valid until the next call: 0, 1 at the end, negative. Unread data is skipped. */
int cs_tar_next(struct cs_tar *tar, struct cs_tar_entry *ret, struct cs_err *err);
/* A block of the entry's data at its offset in the file (sparse files jump): 0, 1 at the end. */
int cs_tar_data(struct cs_tar *tar, const uint8_t **ret_data, size_t *ret_len, int64_t *ret_offset,
		struct cs_err *err);
/* Feeds extended attributes and ACL text of the current entry, in a canonical order; true if any.
 */
bool cs_tar_xattrs_hash(struct cs_tar *tar, struct cs_hasher *h);
/*
 * The current entry's data as a stream, the caller's to close; holes read as zeros, so bound what
 * is read. After the next cs_tar_next() it fails with CS_USAGE.
 */
int cs_tar_entry_stream(struct cs_tar *tar, struct cs_stream **ret, struct cs_err *err);

/*
 * For a file that can seek: calls fn for each member with the place of its data, reading headers
 * only. Returns 1 without an error if the file is not a plain tar whose members lie in one piece
 * (compressed, sparse members): the caller then streams it, and forgets what fn was told before.
 */
struct cs_tar_member {
	const char *path, *target; /* target: symbolic and hard links */
	enum cs_entry_type type;
	int64_t offset, size;
};
int cs_tar_index(const struct cs_ctx *ctx, int fd, int64_t file_size,
		 int (*fn)(void *arg, const struct cs_tar_member *m, struct cs_err *err), void *arg,
		 struct cs_err *err);

#endif
