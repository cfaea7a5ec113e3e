/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The entry list of a layer: what diff and "why" need to name what changed. Kept zstd-compressed
 * in the store, one per distinct layer, in path order with the place in the tar beside it.
 * The format (entries.c) carries a version byte; unknown versions are CS_UNSUPPORTED.
 */
#ifndef CS_IMAGE_ENTRIES_H
#define CS_IMAGE_ENTRIES_H

#include "io/tar.h"
#include "util/buf.h"

struct cs_entry {
	const char *path;   /* normalised: no leading "./" or "/", no trailing "/" ("." for the root) */
	const char *target; /* links, else NULL */
	const char *uname, *gname;
	enum cs_entry_type type;
	uint32_t mode;
	int64_t uid, gid, size, mtime_s;
	uint32_t mtime_ns, dev_major, dev_minor;
	uint32_t order; /* place in the tar, 0 first */
	bool sparse;
	struct cs_digest content; /* regular files; a sparse one's covers data and hole lengths */
	struct cs_digest xattrs;  /* NONE without any */
};

/* --- writing: add in any order, then finish --- */
struct cs_entry_writer;

int cs_entry_writer_new(const struct cs_limits *limits, struct cs_entry_writer **ret,
			struct cs_err *err);
void cs_entry_writer_free(struct cs_entry_writer *w);
CS_DEFINE_AUTO(struct cs_entry_writer *, cs_entry_writer_free)
int cs_entry_writer_add(struct cs_entry_writer *w, const struct cs_entry *e, struct cs_err *err);
/* Sorts; gives the content digest (order, times and sizes of encoding left out) and the list. */
int cs_entry_writer_finish(struct cs_entry_writer *w, struct cs_digest *ret_content,
			   void **ret_manifest, size_t *ret_bytes, struct cs_err *err);

/* --- reading, in path order --- */
struct cs_entry_reader;

/* Borrows data. Damaged or oversized lists are CS_FORMAT. */
int cs_entry_reader_new(const struct cs_limits *limits, const void *data, size_t len,
			struct cs_entry_reader **ret, struct cs_err *err);
void cs_entry_reader_free(struct cs_entry_reader *r);
CS_DEFINE_AUTO(struct cs_entry_reader *, cs_entry_reader_free)
/* 0, 1 at the end, negative. Texts live until the reader is freed or, if it streams, the next call. */
int cs_entry_reader_next(struct cs_entry_reader *r, struct cs_entry *ret, struct cs_err *err);

#endif
