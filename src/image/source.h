/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the bytes of an image lie. A source knows names, sizes and bytes of members and nothing of
 * images: manifests, platforms, digests and bounds are the loader's. Adding one: a file with a
 * const table of these calls and a row in sources.c; the one with the highest probe opens.
 *
 * Two kinds. One that can go anywhere in its bytes (folder, plain tar file) gives extents, which
 * several workers read at once. One that passes by once (pipe, compressed file) reads everything
 * while it is opened: what looks like JSON is held, anything else is scanned as a layer at once,
 * for nobody can know yet which members the manifest at the end will want.
 */
#ifndef CS_IMAGE_SOURCE_H
#define CS_IMAGE_SOURCE_H

#include "image/blob.h"
#include "image/members.h"
#include "image/reference.h"

/* What a source is chosen by. */
struct cs_source_place {
	int fd; /* a folder, a file, or a pipe */
	bool is_folder;
	bool is_file; /* can seek */
	int64_t size; /* of a file */
	const uint8_t *head;
	size_t head_len; /* first bytes of a file, none of a pipe */
};

struct cs_source_options {
	const struct cs_known *known; /* or NULL */
	bool trust_known;
	bool documents_only; /* no layer is read */
};

/* Bytes that stay where they are. */
struct cs_extent {
	int fd;
	bool owned; /* fd is closed with the extent */
	int64_t offset, size;
};

void cs_extent_release(struct cs_extent *extent);

struct cs_source;

/* An opened source. */
struct cs_input {
	const struct cs_source *source;
	const struct cs_ctx *ctx;
	bool follow_links; /* of a folder; set once its layout is one that has links of its own */
};

/* Calls take names as manifests write them. All return 0, 1 where there is no such member. */
struct cs_source {
	const char *name;
	int (*probe)(const struct cs_source_place *place); /* 0 (no) … 100 */
	/* Takes place->fd when it returns 0; 1 = not mine after all, nothing read. */
	int (*open)(const struct cs_ctx *ctx, const struct cs_source_place *place,
		    const struct cs_source_options *options, struct cs_input **ret,
		    struct cs_err *err);
	void (*close)(struct cs_input *in);
	/* *ret_name: the member's own name where links lead to it, living as long as the input. */
	int (*find)(struct cs_input *in, const char *name, const char **ret_name, int64_t *ret_size,
		    struct cs_err *err);
	/* The files that lie right in a folder, in any order; none where there is no such folder. */
	int (*list)(struct cs_input *in, const char *folder, cs_file_fn *fn, void *arg,
		    struct cs_err *err);
	/* either this … */
	int (*extent)(struct cs_input *in, const char *name, struct cs_extent *ret,
		      struct cs_err *err);
	/* … or, of one that passes by, what was held (borrowed) and what was scanned (borrowed) */
	int (*held)(struct cs_input *in, const char *name, const void **ret, size_t *ret_len,
		    struct cs_err *err);
	int (*blob)(struct cs_input *in, const char *name, struct cs_blob **ret,
		    struct cs_err *err);
};

extern const struct cs_source cs_source_dir, cs_source_tar, cs_source_stream;

/* Opens place->path with the source that fits best. */
int cs_input_open(const struct cs_ctx *ctx, const struct cs_place *place,
		  const struct cs_source_options *options, struct cs_input **ret,
		  struct cs_err *err);
void cs_input_close(struct cs_input *in);
CS_DEFINE_AUTO(struct cs_input *, cs_input_close)

int cs_input_find(struct cs_input *in, const char *name, const char **ret_name, int64_t *ret_size,
		  struct cs_err *err);
int cs_input_list(struct cs_input *in, const char *folder, cs_file_fn *fn, void *arg,
		  struct cs_err *err);
/* A whole document into buf; CS_LIMIT beyond json_bytes. */
int cs_input_read(struct cs_input *in, const char *name, struct cs_buf *buf, struct cs_err *err);

/* Whether 512 bytes are the header of a tar entry (by its checksum), or the end of a tar. */
bool cs_tar_head(const uint8_t *head, size_t len);

#endif
