/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a stream is made: embed struct cs_stream as the first member, allocate with calloc, set ops
 * (and parent, which is then closed with the stream). Stickiness, the end and peeking are handled
 * in stream.c, for all kinds at once. Tests make their own hostile streams with this too.
 */
#ifndef CS_IO_STREAM_PRIV_H
#define CS_IO_STREAM_PRIV_H

#include "io/stream.h"

/* Large enough that a call per block costs nothing, small enough that eight layers fit a cache. */
#define CS_STREAM_BLOCK ((size_t)256 << 10)
#define CS_STREAM_PEEK	4096

struct cs_stream_ops {
	/* As cs_stream_read(); not called again after the end or an error. A block of 0 bytes is
	 * fine. */
	int (*read)(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		    struct cs_err *err);
	/* As read, into a block of CS_STREAM_BLOCK bytes of the caller's. May be NULL. */
	int (*fill)(struct cs_stream *s, uint8_t *block, size_t *ret_len, struct cs_err *err);
	void (*release)(struct cs_stream *s); /* own parts; neither s nor its parent. May be NULL */
};

struct cs_stream {
	const struct cs_stream_ops *ops;
	struct cs_stream *parent;
	uint8_t *front; /* CS_STREAM_PEEK bytes, only if a peek needed more than one block */
	size_t front_len;
	const uint8_t *held; /* the rest of the block that a peek got last */
	size_t held_len;
	bool ended;
	struct cs_err err; /* code CS_OK: none yet */
};

/* Whether s is one of cs_stream_ahead() whose thread is reading what lies below it. */
bool cs_stream_runs_ahead(const struct cs_stream *s);

/* Tells ctx->progress of n more bytes read by a source that has read own_done of own_total (-1). */
void cs_stream_progress(const struct cs_ctx *ctx, size_t n, int64_t own_done, int64_t own_total);

#endif
