/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one entry is coded, for entries_write.c and entries_read.c only.
 *
 * A list, version 1: the byte 1, then one zstd frame with a checksum and a window of at most
 * 256 KiB; then, if an entry has a digest, another one with the digests of all, in their order, 32
 * bytes each. Digests are half of a list and do not compress: looking for matches among them took
 * two thirds of the time, and mixed with the rest they made that compress worse. Inside the first
 * frame, numbers are LEB128 varints (the shortest form is written, at most 10 bytes;
 * signed ones in zigzag), texts end in NUL:
 *	n				number of entries
 *	n times:
 *	  length			of the rest of this entry
 *	  shared, text			bytes in common with the path before, the rest of this path
 *	  signed order - i		i counts from 0: all zero for a tar that is in path order
 *	  body, see struct cs_entry_body
 */
#ifndef CS_IMAGE_ENTRIES_CODE_H
#define CS_IMAGE_ENTRIES_CODE_H

#include "image/entries.h"
#include "util/varint.h"

#define CS_ENTRIES_VERSION    1
#define CS_ENTRIES_WINDOW_LOG 18

/*
 * Body: a byte (bits 0-2 type, then the flags below), mode, uid±, gid±, mtime_s±, mtime_ns;
 * files: size; links: target; devices: major, minor; [uname] [gname] [content] [xattrs], the last
 * two as 32 bytes of SHA-256, which a list has in its second frame. ± = signed.
 */
enum cs_entry_body {
	CS_BODY_TYPE = 7,
	CS_BODY_UNAME = 8,
	CS_BODY_GNAME = 16,
	CS_BODY_SPARSE = 32,
	CS_BODY_CONTENT = 64,
	CS_BODY_XATTRS = 128,
};

/* Bytes of a body's digests, which end it, by its first byte. */
static inline size_t cs_entry_digests_len(uint8_t flags)
{
	return (flags & CS_BODY_CONTENT ? 32 : 0) + (flags & CS_BODY_XATTRS ? 32 : 0);
}

/* Bytes of a body without its texts. */
#define CS_BODY_MAX (1 + 8 * CS_VARINT_MAX + 2 * 32 + 3)

/* p has room for CS_BODY_MAX and the texts of e; returns the end. */
uint8_t *cs_entry_body_put(uint8_t *p, const struct cs_entry *e);
/*
 * Fills all of ret but path and order; texts point into the body. Returns NULL, or what is wrong
 * with it, for people.
 */
const char *cs_entry_body_get(const uint8_t *p, const uint8_t *end, struct cs_entry *ret);

/* Adds the record of the content digest to buf; 0, or -1 without memory. */
int cs_entry_canonical(struct cs_buf *buf, const struct cs_entry *e, const char *path,
		       size_t path_len);

/* Path order of paths that are not terminated. */
int cs_entry_path_compare_n(const char *a, size_t a_len, const char *b, size_t b_len);
/* Normal form, as cs_entry_path_set() makes it. */
bool cs_entry_path_normal(const char *path, size_t len);

static inline bool cs_entry_has_target(enum cs_entry_type t)
{
	return t == CS_ENTRY_SYMLINK || t == CS_ENTRY_HARDLINK;
}

static inline bool cs_entry_has_device(enum cs_entry_type t)
{
	return t == CS_ENTRY_CHAR || t == CS_ENTRY_BLOCK;
}

#endif
