/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a tar walk, shared by tar.c, tar_attrs.c, tar_index.c, tar_plain.c. */
#ifndef CS_IO_TAR_PRIV_H
#define CS_IO_TAR_PRIV_H

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "io/tar.h"

/* Where the bytes come from. */
struct cs_tar_source {
	/* As cs_stream_read(). */
	int (*read)(void *arg, const uint8_t **ret_data, size_t *ret_len, struct cs_err *err);
	/*
	 * Skips at most want bytes and gives how many; NULL: everything is read. With it, blocks
	 * must be of at most CS_STREAM_BLOCK bytes.
	 */
	int64_t (*skip)(void *arg, int64_t want);
	void *arg;
};

struct cs_tar_attr {
	char kind; /* 'x' extended attribute, 'a' line of ACL text */
	const char *name;
	const void *value;
	size_t len;
};

#define CS_TAR_BLOCK ((size_t)512)

/* The current entry, if it was read without libarchive. */
struct cs_tar_plain {
	bool current;
	int64_t left, padding; /* of its data, not yet given out */
	/* With a NUL each, and the slash between prefix and name. */
	char path[155 + 1 + 100 + 1], target[100 + 1], uname[32 + 1], gname[32 + 1];
};

struct cs_tar {
	const struct cs_ctx *ctx;
	struct cs_tar_source source;
	const uint8_t *rest; /* of the source's block, not yet given to libarchive */
	size_t rest_len;
	bool source_ended;
	int64_t blank; /* zeros that the source begins with */
	bool blank_ended;
	int64_t handed;	   /* bytes given to libarchive, prelude included */
	int64_t body_left; /* of them, how many more belong to the current entry's data */
	int64_t apart;	   /* bytes that libarchive never saw */
	struct cs_tar_plain plain;
	struct archive *archive;
	struct archive_entry *space;
	struct archive_entry *entry; /* the current one, which is space, or NULL */
	locale_t locale;
	struct cs_err err;     /* sticky; code CS_OK: none yet */
	int64_t header_budget; /* bytes the header being read may still take; -1 outside */
	int64_t size, offset;  /* of the current entry: its size, the end of the last data block */
	int64_t data_end;      /* where the data of the entry before ended in the archive, padded */
	uint64_t n_entries;
	bool opened, ended;
	bool foreign;		   /* failed because this is no tar */
	struct cs_tar_attr *attrs; /* of the current entry, sorted */
	size_t n_attrs, attrs_cap;
	char *acl;
};

int cs_tar_open_source(const struct cs_ctx *ctx, const struct cs_tar_source *source,
		       struct cs_tar **ret, struct cs_err *err);
/* How much of the archive was taken: behind cs_tar_next(), where the entry's data begins. */
int64_t cs_tar_position(const struct cs_tar *tar);

/* More of the source into rest, if that is empty: 0, 1 at its end, negative with tar->err. */
int cs_tar_fill(struct cs_tar *tar);

/*
 * The next entry without libarchive: 0, 1 if it is not plain (or there is none), negative with
 * tar->err. data: as cs_tar_data(), for a plain entry. end: past what is left of a plain entry.
 */
int cs_tar_plain_next(struct cs_tar *tar, struct cs_tar_entry *ret);
int cs_tar_plain_data(struct cs_tar *tar, const uint8_t **ret_data, size_t *ret_len,
		      int64_t *ret_offset);
int cs_tar_plain_end(struct cs_tar *tar);

/* Gathers tar->attrs of tar->entry. */
int cs_tar_attrs_load(struct cs_tar *tar, struct cs_err *err);

#endif
