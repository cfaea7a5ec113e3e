/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes pulled block by block through a chain: file -> tap -> decoder -> tap. A stream owns its
 * parent. Errors are sticky: after one, every read returns the same code and message. Blocks are
 * borrowed until the next read of the same stream; nothing is copied that need not be.
 */
#ifndef CS_IO_STREAM_H
#define CS_IO_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/digest.h"
#include "util/buf.h"
#include "util/ctx.h"

struct cs_stream;

/* Gives the next block: 0 with *ret_len > 0, 1 at the end, negative on failure (sticky). */
int cs_stream_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		   struct cs_err *err);
void cs_stream_close(struct cs_stream *s); /* and its parents; NULL is a no-op */
CS_DEFINE_AUTO(struct cs_stream *, cs_stream_close)

/*
 * Looks at the first want bytes (at most 4096) without consuming them: fewer only at the end.
 * May be called once, before the first read.
 */
int cs_stream_peek(struct cs_stream *s, size_t want, const uint8_t **ret_data, size_t *ret_len,
		   struct cs_err *err);
/* Reads to the end and throws away. */
int cs_stream_drain(struct cs_stream *s, struct cs_err *err);
/* Reads all of at most max bytes; more is CS_LIMIT worded by the caller: returns 1 then. */
int cs_stream_read_all(struct cs_stream *s, size_t max, struct cs_buf *buf, struct cs_err *err);

/* --- sources --- */

/* [offset, offset+size) of a file by pread: many streams may share one fd. fd is borrowed. */
int cs_stream_file_range(const struct cs_ctx *ctx, int fd, int64_t offset, int64_t size,
			 struct cs_stream **ret, struct cs_err *err);
/* From the current position to the end by read(2): pipes too. fd is borrowed. */
int cs_stream_fd(const struct cs_ctx *ctx, int fd, struct cs_stream **ret, struct cs_err *err);
/* Borrowed memory. */
int cs_stream_memory(const void *data, size_t len, struct cs_stream **ret, struct cs_err *err);

/* --- filters: take the parent, on failure too --- */

/* Counts and hashes what passes; read the result after the end with cs_stream_tap_result(). */
int cs_stream_tap(struct cs_stream *parent /* takes */, enum cs_digest_algo algo,
		  struct cs_stream **ret, struct cs_err *err);
void cs_stream_tap_result(struct cs_stream *tap, int64_t *ret_bytes, struct cs_digest *ret);
/*
 * Feeds h, together with what the tap has not hashed yet of its last block: for one that hashes the
 * bytes of that block again. Cheaper than each alone.
 */
void cs_stream_tap_pair(struct cs_stream *tap, struct cs_hasher *h, const uint8_t *data,
			size_t len);
/*
 * Has what the tap must hash without anybody else hashed along with what another tap, which it
 * reads through, has not hashed yet; not while a thread lies between them.
 */
void cs_stream_tap_below(struct cs_stream *tap, struct cs_stream *below);
int64_t cs_stream_tap_bytes(const struct cs_stream *tap); /* so far */

enum cs_coding { CS_CODING_NONE, CS_CODING_GZIP, CS_CODING_ZSTD, CS_CODING_XZ, CS_CODING_BZIP2 };
const char *cs_coding_name(enum cs_coding c);
/* By the first bytes (6 suffice); media types lie. */
enum cs_coding cs_coding_sniff(const uint8_t *data, size_t len);

/*
 * Sniffs the parent and undoes gzip (ISA-L, or zlib) or zstd; xz only with allow_xz (whole files,
 * never layers); plain bytes pass through. All members and frames are read; an unfinished last one,
 * a wrong CRC or length, and junk behind the last are CS_FORMAT. Bounds: out_max bytes (CS_LIMIT
 * naming the option of limit_offset), ratio past 1 GiB of output, zstd window.
 */
struct cs_decode_options {
	bool allow_xz;
	int64_t out_max;     /* -1 = none */
	size_t limit_offset; /* offsetof(struct cs_limits, layer_bytes) … */
	const char *what;    /* for messages: "layer" */
};
int cs_stream_decode(const struct cs_ctx *ctx, struct cs_stream *parent /* takes */,
		     const struct cs_decode_options *options, struct cs_stream **ret,
		     enum cs_coding *ret_coding, struct cs_err *err);

/*
 * Has the parent (a decoder; others are passed through as they are) run by a thread of its own as
 * soon as *spare, the number of processors without work, allows: takes one of them, and gives it
 * back when closed. Nobody else may read the parent from then on. NULL: never.
 */
int cs_stream_ahead(struct cs_stream *parent /* takes */, _Atomic int *spare,
		    struct cs_stream **ret, struct cs_err *err);

#endif
