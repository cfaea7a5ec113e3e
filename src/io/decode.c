/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoders of our own over the plain libraries. Refused: libarchive's filters. Its gzip filter
 * (3.6) takes a flipped CRC, a wrong length and junk behind the end for good, and with all filters
 * on it starts external programs and undoes forty layers of nesting. Here one coding is undone, by
 * the first bytes, to the last byte, and bounded.
 */
#include "io/decode_priv.h"

#include <inttypes.h>
#include <string.h>

#include "io/stream_priv.h"

/* Below it a ratio says nothing: 200 MiB of zeros compress a thousandfold and are honest. */
#define RATIO_FROM (INT64_C(1) << 30)

struct decoder {
	struct cs_stream base;
	const struct cs_ctx *ctx;
	const struct cs_codec *codec; /* NULL: bytes pass as they are */
	void *state;
	const char *what;
	int64_t out_max;
	size_t limit_offset;
	int64_t in_total, out_total; /* in_total: read from the parent */
	struct cs_codec_io io;
	bool done;
	uint8_t *block;
};

static const char *const coding_names[] = {
	[CS_CODING_NONE] = "none", [CS_CODING_GZIP] = "gzip",	[CS_CODING_ZSTD] = "zstd",
	[CS_CODING_XZ] = "xz",	   [CS_CODING_BZIP2] = "bzip2",
};

const char *cs_coding_name(enum cs_coding c)
{
	return coding_names[c];
}

enum cs_coding cs_coding_sniff(const uint8_t *data, size_t len)
{
	static const struct {
		enum cs_coding coding;
		uint8_t len;
		uint8_t mask0; /* of the first byte */
		uint8_t magic[6];
	} magics[] = {
		{ CS_CODING_GZIP, 2, 0xff, { 0x1f, 0x8b } },
		{ CS_CODING_ZSTD, 4, 0xff, { 0x28, 0xb5, 0x2f, 0xfd } },
		/* a skippable frame may come first */
		{ CS_CODING_ZSTD, 4, 0xf0, { 0x50, 0x2a, 0x4d, 0x18 } },
		{ CS_CODING_XZ, 6, 0xff, { 0xfd, '7', 'z', 'X', 'Z', 0 } },
		{ CS_CODING_BZIP2, 3, 0xff, { 'B', 'Z', 'h' } },
	};

	for (size_t i = 0; i < CS_N(magics); i++)
		if (len >= magics[i].len && (data[0] & magics[i].mask0) == magics[i].magic[0] &&
		    memcmp(data + 1, magics[i].magic + 1, magics[i].len - 1U) == 0)
			return magics[i].coding;
	return CS_CODING_NONE;
}

static int decoder_check(struct decoder *d, struct cs_err *err)
{
	const struct cs_limits *limits = &d->ctx->limits;
	int64_t taken = d->in_total - (int64_t)d->io.in_len;

	if (d->out_max >= 0 && d->out_total > d->out_max)
		return cs_limit_error_at(err, limits, d->limit_offset,
					 "size of the decompressed %s", d->what);
	if (d->out_total > RATIO_FROM && limits->ratio > 0 && d->out_total / limits->ratio > taken)
		return cs_limit_error(err, limits, ratio,
				      "%s: %" PRId64 " bytes from %" PRId64
				      " compressed ones, the ratio",
				      d->what, d->out_total, taken);
	return 0;
}

static int decoder_feed(struct decoder *d, struct cs_err *err)
{
	int r = cs_stream_read(d->base.parent, &d->io.in, &d->io.in_len, err);

	if (r < 0)
		return r;
	if (r > 0) {
		d->io.in =
			d->block; /* for libraries that copy nothing from it, but not from NULL */
		d->io.in_len = 0;
		d->io.in_end = true;
		return 0;
	}
	d->in_total += (int64_t)d->io.in_len;
	return 0;
}

static int plain_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		      struct cs_err *err)
{
	struct decoder *d = (struct decoder *)s;
	int r = cs_stream_read(s->parent, ret_data, ret_len, err);

	if (r != 0)
		return r;
	d->in_total += (int64_t)*ret_len;
	d->out_total += (int64_t)*ret_len;
	return decoder_check(d, err);
}

static int decoder_fill(struct cs_stream *s, uint8_t *block, size_t *ret_len, struct cs_err *err)
{
	struct decoder *d = (struct decoder *)s;
	size_t got;
	int r = cs_ctx_check(d->ctx, err);

	d->io.out = block;
	d->io.out_len = CS_STREAM_BLOCK;
	while (r == 0 && !d->done && d->io.out_len) {
		if (!d->io.in_len && !d->io.in_end)
			r = decoder_feed(d, err);
		if (r == 0)
			r = d->codec->run(d->state, &d->io, err);
		if (r > 0) {
			d->done = true;
			r = 0;
		}
	}
	if (r < 0)
		return r;
	got = CS_STREAM_BLOCK - d->io.out_len;
	if (!got)
		return 1;
	d->out_total += (int64_t)got;
	*ret_len = got;
	return decoder_check(d, err);
}

static int decoder_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
			struct cs_err *err)
{
	struct decoder *d = (struct decoder *)s;

	*ret_data = d->block;
	return decoder_fill(s, d->block, ret_len, err);
}

static void decoder_release(struct cs_stream *s)
{
	struct decoder *d = (struct decoder *)s;

	if (d->state)
		d->codec->close(d->state);
	free(d->block);
}

static const struct cs_stream_ops plain_ops = { .read = plain_read };
static const struct cs_stream_ops decoder_ops = { .read = decoder_read,
						  .fill = decoder_fill,
						  .release = decoder_release };

int cs_stream_decode_with(const struct cs_ctx *ctx, struct cs_stream *parent,
			  const struct cs_codec *codec, const struct cs_decode_options *options,
			  struct cs_stream **ret, struct cs_err *err)
{
	struct decoder *d = calloc(1, sizeof(*d));
	int r = 0;

	if (!d) {
		cs_stream_close(parent);
		return cs_err_nomem(err);
	}
	d->base.parent = parent;
	d->base.ops = codec ? &decoder_ops : &plain_ops;
	d->ctx = ctx;
	d->codec = codec;
	d->what = options->what ? options->what : "input";
	d->out_max = options->out_max;
	d->limit_offset = options->limit_offset;
	if (codec) {
		d->block = malloc(CS_STREAM_BLOCK);
		r = d->block ? codec->open(ctx, &d->state, err) : cs_err_nomem(err);
	}
	if (r < 0) {
		cs_stream_close(&d->base);
		return r;
	}
	*ret = (struct cs_stream *)d;
	return 0;
}

int cs_stream_decode(const struct cs_ctx *ctx, struct cs_stream *parent,
		     const struct cs_decode_options *options, struct cs_stream **ret,
		     enum cs_coding *ret_coding, struct cs_err *err)
{
	static const struct cs_codec *const codecs[] = { [CS_CODING_GZIP] = &cs_codec_gzip,
							 [CS_CODING_ZSTD] = &cs_codec_zstd,
							 [CS_CODING_XZ] = &cs_codec_xz,
							 [CS_CODING_BZIP2] = NULL };
	const char *what = options->what ? options->what : "input";
	enum cs_coding coding;
	const uint8_t *head;
	size_t len;
	int r;

	r = cs_stream_peek(parent, 6, &head, &len, err);
	coding = r < 0 ? CS_CODING_NONE : cs_coding_sniff(head, len);
	if (r == 0 && (coding == CS_CODING_BZIP2 || (coding == CS_CODING_XZ && !options->allow_xz)))
		r = cs_err_set(err, CS_UNSUPPORTED,
			       "%s is compressed with %s, only %s are read here", what,
			       cs_coding_name(coding),
			       options->allow_xz ? "gzip, zstd and xz" : "gzip and zstd");
	if (r < 0) {
		cs_stream_close(parent);
		return r;
	}
	r = cs_stream_decode_with(ctx, parent, codecs[coding], options, ret, err);
	if (r == 0)
		*ret_coding = coding;
	return r;
}
