/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gzip file is a string of members: pigz and estargz write many, a layer is good only if all are
 * read and the last is whole. The rules for what stands between and behind members are here, once,
 * for both inflaters. Zeros behind the last member are padding (tapes, some registries); anything
 * else is refused, although gzip(1) only warns: the blob's digest covers bytes that no reader
 * would ever look at.
 */
#include "io/decode_priv.h"

#include <inttypes.h>

enum gzip_place { GZIP_BETWEEN, GZIP_MEMBER, GZIP_PADDING };

struct gzip {
	const struct cs_inflate *inflate;
	void *state;
	enum gzip_place place;
	uint64_t n_members; /* whole ones */
};

static int gzip_open(const struct cs_inflate *inflate, void **ret, struct cs_err *err)
{
	struct gzip *g = calloc(1, sizeof(*g));

	if (g)
		g->state = inflate->open();
	if (!g || !g->state) {
		free(g);
		return cs_err_nomem(err);
	}
	g->inflate = inflate;
	*ret = g;
	return 0;
}

static void gzip_close(void *state)
{
	struct gzip *g = state;

	g->inflate->close(g->state);
	free(g);
}

static int junk_error(struct cs_err *err)
{
	return cs_err_set(err, CS_FORMAT, "gzip: junk behind the last member");
}

/* 1 at the end of input, 0 with a place to go on from. */
static int gzip_between(struct gzip *g, struct cs_codec_io *io, struct cs_err *err)
{
	if (io->in_len == 0)
		return io->in_end;
	if (g->n_members && *io->in == 0) {
		g->place = GZIP_PADDING;
		return 0;
	}
	if (g->n_members && *io->in != 0x1f)
		return junk_error(err);
	g->inflate->reset(g->state);
	g->place = GZIP_MEMBER;
	return 0;
}

static int gzip_member(struct gzip *g, struct cs_codec_io *io, struct cs_err *err)
{
	size_t in_len = io->in_len, out_len = io->out_len;
	int r = g->inflate->run(g->state, io, err);
	bool moved = io->in_len != in_len || io->out_len != out_len;

	if (r > 0) {
		g->n_members++;
		g->place = GZIP_BETWEEN;
		return 0;
	}
	if (r == 0 && !moved && io->in_len == 0 && io->in_end)
		r = cs_err_set(err, CS_FORMAT, "truncated");
	/* ISA-L has been seen to stand still on some damaged input. */
	else if (r == 0 && !moved && io->in_len && io->out_len)
		r = cs_err_set(err, CS_FORMAT, "damaged data");
	if (r < 0)
		cs_err_prefix(err, "gzip member %" PRIu64, g->n_members + 1);
	return r;
}

static int gzip_padding(struct cs_codec_io *io, struct cs_err *err)
{
	for (; io->in_len; io->in++, io->in_len--)
		if (*io->in)
			return junk_error(err);
	return io->in_end;
}

static int gzip_run(void *state, struct cs_codec_io *io, struct cs_err *err)
{
	struct gzip *g = state;

	for (;;) {
		enum gzip_place place = g->place;
		int r = 0;

		switch (place) {
		case GZIP_BETWEEN:
			r = gzip_between(g, io, err);
			break;
		case GZIP_MEMBER:
			r = gzip_member(g, io, err);
			break;
		case GZIP_PADDING:
			r = gzip_padding(io, err);
			break;
		}
		if (r != 0)
			return r;
		if (g->place == place && (io->in_len == 0 || io->out_len == 0))
			return 0;
	}
}

static int gzip_zlib_open(const struct cs_ctx *ctx CS_UNUSED, void **ret, struct cs_err *err)
{
	return gzip_open(&cs_inflate_zlib, ret, err);
}

const struct cs_codec cs_codec_gzip_zlib = { gzip_zlib_open, gzip_run, gzip_close };

#ifdef HAVE_ISAL
static int gzip_isal_open(const struct cs_ctx *ctx CS_UNUSED, void **ret, struct cs_err *err)
{
	return gzip_open(&cs_inflate_isal, ret, err);
}

const struct cs_codec cs_codec_gzip_isal = { gzip_isal_open, gzip_run, gzip_close };
const struct cs_codec cs_codec_gzip = { gzip_isal_open, gzip_run, gzip_close };
#else
const struct cs_codec cs_codec_gzip = { gzip_zlib_open, gzip_run, gzip_close };
#endif
