/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libzstd goes from frame to frame and over skippable ones by itself and checks checksums and
 * content sizes; left to us are the window's bound and that the last frame is whole. A frame names
 * the window it needs in its header, so the bound holds before anything is allocated; the library
 * takes it as a power of two, rounded up here.
 */
#include "io/decode_priv.h"

#include <zstd.h>
#include <zstd_errors.h>

struct zstd {
	const struct cs_ctx *ctx;
	ZSTD_DCtx *d;
	bool whole; /* the last byte taken ended a frame */
};

static int window_log(int64_t window)
{
	ZSTD_bounds b = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
	int log = b.lowerBound;

	while (log < b.upperBound && (INT64_C(1) << log) < window)
		log++;
	return log;
}

static int zstd_open(const struct cs_ctx *ctx, void **ret, struct cs_err *err)
{
	struct zstd *z = calloc(1, sizeof(*z));

	if (z)
		z->d = ZSTD_createDCtx();
	if (!z || !z->d) {
		free(z);
		return cs_err_nomem(err);
	}
	z->ctx = ctx;
	z->whole = true;
	ZSTD_DCtx_setParameter(z->d, ZSTD_d_windowLogMax, window_log(ctx->limits.zstd_window));
	*ret = z;
	return 0;
}

static int zstd_error(struct zstd *z, size_t code, struct cs_err *err)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_frameParameter_windowTooLarge:
		return cs_limit_error(err, &z->ctx->limits, zstd_window, "window of a zstd frame");
	case ZSTD_error_memory_allocation:
		return cs_err_nomem(err);
	case ZSTD_error_prefix_unknown:
		return cs_err_set(err, CS_FORMAT, "zstd: junk behind a frame");
	case ZSTD_error_checksum_wrong:
		return cs_err_set(err, CS_FORMAT, "zstd: wrong checksum");
	case ZSTD_error_dictionary_wrong:
		return cs_err_set(err, CS_UNSUPPORTED, "zstd: frame needs a dictionary");
	default:
		return cs_err_set(err, CS_FORMAT, "zstd: damaged data (%s)",
				  ZSTD_getErrorName(code));
	}
}

static int zstd_run(void *state, struct cs_codec_io *io, struct cs_err *err)
{
	struct zstd *z = state;

	for (;;) {
		ZSTD_inBuffer in = { io->in, io->in_len, 0 };
		ZSTD_outBuffer out = { io->out, io->out_len, 0 };
		size_t r;

		if (io->in_len == 0 && z->whole)
			return io->in_end;
		r = ZSTD_decompressStream(z->d, &out, &in);
		if (ZSTD_isError(r))
			return zstd_error(z, r, err);
		z->whole = r == 0;
		io->in += in.pos;
		io->in_len -= in.pos;
		io->out += out.pos;
		io->out_len -= out.pos;
		if (io->out_len == 0)
			return 0;
		if (io->in_len == 0 && !z->whole && out.pos == 0)
			return io->in_end ? cs_err_set(err, CS_FORMAT, "zstd: truncated") : 0;
	}
}

static void zstd_close(void *state)
{
	struct zstd *z = state;

	ZSTD_freeDCtx(z->d);
	free(z);
}

const struct cs_codec cs_codec_zstd = { zstd_open, zstd_run, zstd_close };
