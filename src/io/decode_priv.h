/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A codec undoes one coding; decode.c feeds it, bounds what comes out and makes a stream of it.
 * Adding one is a file, a row in decode.c and a magic in cs_coding_sniff().
 */
#ifndef CS_IO_DECODE_PRIV_H
#define CS_IO_DECODE_PRIV_H

#include "io/stream.h"

struct cs_codec_io {
	const uint8_t *in; /* moved on as bytes are taken */
	size_t in_len;
	bool in_end;  /* nothing comes behind in */
	uint8_t *out; /* moved on as bytes are put */
	size_t out_len;
};

struct cs_codec {
	int (*open)(const struct cs_ctx *ctx, void **ret, struct cs_err *err);
	/*
	 * Goes on until in is empty or out is full: 0. At the end of all input, with everything put
	 * out and checked: 1. Input that ends inside of something, or junk, is CS_FORMAT.
	 */
	int (*run)(void *state, struct cs_codec_io *io, struct cs_err *err);
	void (*close)(void *state);
};

extern const struct cs_codec cs_codec_gzip, cs_codec_zstd, cs_codec_xz;
/* cs_codec_gzip is one of these; the tests compare them. */
extern const struct cs_codec cs_codec_gzip_zlib;
#ifdef HAVE_ISAL
extern const struct cs_codec cs_codec_gzip_isal;
#endif

/* A stream over any codec, for cs_stream_decode() and the tests. */
int cs_stream_decode_with(const struct cs_ctx *ctx, struct cs_stream *parent /* takes */,
			  const struct cs_codec *codec, const struct cs_decode_options *options,
			  struct cs_stream **ret, struct cs_err *err);

/*
 * Inflates single gzip members, header and trailer included; gzip.c strings them together.
 * run: 0 wants more input or room, 1 the member is over and was checked, CS_FORMAT without a noun.
 */
struct cs_inflate {
	void *(*open)(void);
	void (*reset)(void *state); /* for the next member; cheap: estargz has thousands */
	int (*run)(void *state, struct cs_codec_io *io, struct cs_err *err);
	void (*close)(void *state);
};

extern const struct cs_inflate cs_inflate_zlib;
#ifdef HAVE_ISAL
extern const struct cs_inflate cs_inflate_isal;
#endif

#endif
