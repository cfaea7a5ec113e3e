/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fallback where ISA-L is not to be had, and its judge in the tests. zlib reads header and
 * trailer itself, checks CRC and length, and asks for reserved flags and the header's CRC.
 */
#include "io/decode_priv.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#define GZIP_ONLY 16 /* added to the window bits: no zlib headers, no guessing */

static void *zlib_open(void)
{
	z_stream *z = calloc(1, sizeof(*z));

	if (z && inflateInit2(z, GZIP_ONLY + MAX_WBITS) != Z_OK) {
		free(z);
		return NULL;
	}
	return z;
}

static void zlib_reset(void *state)
{
	inflateReset(state);
}

static int zlib_run(void *state, struct cs_codec_io *io, struct cs_err *err)
{
	z_stream *z = state;
	uInt in_len = io->in_len > INT_MAX ? INT_MAX : (uInt)io->in_len;
	uInt out_len = io->out_len > INT_MAX ? INT_MAX : (uInt)io->out_len;
	int r;

	z->next_in = (Bytef *)(uintptr_t)io->in;
	z->avail_in = in_len;
	z->next_out = io->out;
	z->avail_out = out_len;
	r = inflate(z, Z_NO_FLUSH);
	io->in += in_len - z->avail_in;
	io->in_len -= in_len - z->avail_in;
	io->out += out_len - z->avail_out;
	io->out_len -= out_len - z->avail_out;
	switch (r) {
	case Z_STREAM_END:
		return 1;
	case Z_OK:
	case Z_BUF_ERROR:
		return 0;
	case Z_MEM_ERROR:
		return cs_err_nomem(err);
	default:
		break;
	}
	if (z->msg && (strcmp(z->msg, "incorrect data check") == 0 ||
		       strcmp(z->msg, "incorrect length check") == 0))
		return cs_err_set(err, CS_FORMAT, "wrong CRC or length");
	if (z->msg && (strstr(z->msg, "header") || strstr(z->msg, "method")))
		return cs_err_set(err, CS_FORMAT, "bad header");
	return cs_err_set(err, CS_FORMAT, "damaged data");
}

static void zlib_close(void *state)
{
	inflateEnd(state);
	free(state);
}

const struct cs_inflate cs_inflate_zlib = { zlib_open, zlib_reset, zlib_run, zlib_close };
