/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry list of a layer: what diff and "why" need to name what changed. Kept zstd-compressed
 * in the store, one per distinct layer, in path order with the place in the tar beside it.
 * The format (entries_code.h) carries a version byte; unknown versions are CS_UNSUPPORTED.
 *
 * Path order: bytes, with '/' below every other byte, so that a folder's content follows it at
 * once (in Python: sorted by path.split(b"/")). It is the order in which builders write layers.
 * Entries of the same path are kept all, in the order of the tar; the last one wins when extracted.
 *
 * Content digest, version 1: SHA-256 over the text "cachestat-entries-1\n", then over each entry in
 * that order, all numbers little-endian:
 *	u8 type: f file, d directory, l symbolic link, h hard link, c b devices, p FIFO
 *	u8 which digests follow: 1 content, 2 xattrs
 *	u32 mode (permission bits with suid, sgid, sticky), i64 uid, i64 gid
 *	u64 size (files, else 0), u32 major, u32 minor (devices, else 0)
 *	u32 length of path, u32 length of target (links, else 0), path, target
 *	SHA-256 of the content (files), SHA-256 of the extended attributes (where there are any)
 * Left out: times and order, which say when and how a layer was packed; user and group names, for
 * runtimes extract by number and builders write none (they are in the list, and diff shows them);
 * whether holes were spared, beyond what the content's digest says (layer_scan.h).
 * tests/support/content_digest.py computes the same from a tar, without any code of this library.
 */
#ifndef CS_IMAGE_ENTRIES_H
#define CS_IMAGE_ENTRIES_H

#include "io/tar.h"
#include "util/buf.h"

struct cs_entry {
	const char *path;	   /* normalised: no "." or empty parts ("." for the root) */
	const char *target;	   /* links, else NULL; of hard links normalised as well */
	const char *uname, *gname; /* NULL without */
	enum cs_entry_type type;
	uint32_t mode;
	int64_t uid, gid, size, mtime_s; /* size: files, else 0 */
	uint32_t mtime_ns, dev_major, dev_minor;
	uint32_t order; /* place in the tar, 0 first */
	bool sparse;
	struct cs_digest content; /* regular files; a sparse one's covers data and hole lengths */
	struct cs_digest xattrs;  /* NONE without any */
};

/*
 * Replaces buf by the normal form of a path: empty and "." components dropped wherever they stand,
 * ".." kept (nothing is ever extracted). 0, or -1 without memory.
 */
int cs_entry_path_set(struct cs_buf *buf, const char *path);
/* Path order; <0, 0, >0. */
int cs_entry_path_compare(const char *a, const char *b);

/* --- writing: add in any order, then finish --- */
struct cs_entry_writer;

int cs_entry_writer_new(const struct cs_limits *limits, struct cs_entry_writer **ret,
			struct cs_err *err);
void cs_entry_writer_free(struct cs_entry_writer *w);
CS_DEFINE_AUTO(struct cs_entry_writer *, cs_entry_writer_free)
/*
 * Copies what it needs; fields that do not belong to the type are left out. Digests must be sha256
 * or NONE. CS_LIMIT past layer_entries, or for texts past path_bytes; CS_USAGE for a path that is
 * not normal.
 */
int cs_entry_writer_add(struct cs_entry_writer *w, const struct cs_entry *e, struct cs_err *err);
/*
 * Sorts; gives the content digest (order, times and sizes of encoding left out) and the list
 * (malloc, the receiver's). Once only: nothing can be added or finished afterwards.
 */
int cs_entry_writer_finish(struct cs_entry_writer *w, struct cs_digest *ret_content,
			   void **ret_manifest, size_t *ret_bytes, struct cs_err *err);

/* --- reading, in path order --- */
struct cs_entry_reader;

/* Borrows data. Damaged or oversized lists are CS_FORMAT. */
int cs_entry_reader_new(const struct cs_limits *limits, const void *data, size_t len,
			struct cs_entry_reader **ret, struct cs_err *err);
void cs_entry_reader_free(struct cs_entry_reader *r);
CS_DEFINE_AUTO(struct cs_entry_reader *, cs_entry_reader_free)
/*
 * 0, 1 at the end (all of the list was then checked), negative. Texts live until the next call.
 * Memory: the window of 256 KiB, one block and the longest entry.
 */
int cs_entry_reader_next(struct cs_entry_reader *r, struct cs_entry *ret, struct cs_err *err);

#endif
