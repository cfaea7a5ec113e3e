/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xz of whole files ("docker save … | xz"), never of layers, where the image specification has no
 * such type. Many streams with padding between them are one file. The dictionary of -9 takes 65
 * MiB.
 */
#include "io/decode_priv.h"

#include <lzma.h>

#define XZ_MEMORY (UINT64_C(128) << 20)

static int xz_open(const struct cs_ctx *ctx CS_UNUSED, void **ret, struct cs_err *err)
{
	static const lzma_stream init = LZMA_STREAM_INIT;
	lzma_stream *s = malloc(sizeof(*s));

	if (s)
		*s = init;
	if (!s || lzma_stream_decoder(s, XZ_MEMORY,
				      LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK) != LZMA_OK) {
		free(s);
		return cs_err_nomem(err);
	}
	*ret = s;
	return 0;
}

static int xz_error(lzma_ret code, struct cs_err *err)
{
	switch (code) {
	case LZMA_MEM_ERROR:
		return cs_err_nomem(err);
	case LZMA_MEMLIMIT_ERROR:
		return cs_err_set(err, CS_UNSUPPORTED,
				  "xz: dictionary too large for %u MiB of memory",
				  (unsigned)(XZ_MEMORY >> 20));
	case LZMA_UNSUPPORTED_CHECK:
	case LZMA_OPTIONS_ERROR:
		return cs_err_set(err, CS_UNSUPPORTED, "xz: filter or check of an unknown kind");
	case LZMA_FORMAT_ERROR:
		return cs_err_set(err, CS_FORMAT, "xz: junk behind a stream");
	case LZMA_BUF_ERROR:
		return cs_err_set(err, CS_FORMAT, "xz: truncated");
	default:
		return cs_err_set(err, CS_FORMAT, "xz: damaged data");
	}
}

static int xz_run(void *state, struct cs_codec_io *io, struct cs_err *err)
{
	lzma_stream *s = state;
	lzma_ret r;

	s->next_in = io->in;
	s->avail_in = io->in_len;
	s->next_out = io->out;
	s->avail_out = io->out_len;
	do {
		r = lzma_code(s, io->in_end ? LZMA_FINISH : LZMA_RUN);
	} while (r == LZMA_OK && s->avail_out && (s->avail_in || io->in_end));
	io->in = s->next_in;
	io->in_len = s->avail_in;
	io->out = s->next_out;
	io->out_len = s->avail_out;
	if (r == LZMA_STREAM_END)
		return 1;
	/* With input still to come it only says that a call had nothing to do. */
	if (r == LZMA_OK || (r == LZMA_BUF_ERROR && !io->in_end))
		return 0;
	return xz_error(r, err);
}

static void xz_close(void *state)
{
	lzma_end(state);
	free(state);
}

const struct cs_codec cs_codec_xz = { xz_open, xz_run, xz_close };
