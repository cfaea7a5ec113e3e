/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip, zstd and xz: in one block and in small ones, which must come to the same; and bytes that
 * were packed here, which must come back.
 */
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "fuzz/fuzz.h"

#define OUT_MAX (1 << 20)

struct result {
	struct cs_buf out;
	enum cs_coding coding;
	int r;
};

static struct result decode(const struct cs_ctx *ctx, const void *data, size_t len, size_t step)
{
	const struct cs_decode_options options = { .allow_xz = true,
						   .out_max = OUT_MAX,
						   .limit_offset =
							   offsetof(struct cs_limits, layer_bytes),
						   .what = "layer" };
	struct result res = { CS_BUF_INIT, CS_CODING_NONE, 0 };
	struct cs_stream *s = fuzz_stream(data, len, step);
	struct cs_err err = CS_ERR_INIT;
	const uint8_t *block;
	size_t n;

	res.r = cs_stream_decode(ctx, s, &options, &s, &res.coding, &err);
	fuzz_result(res.r, &err);
	if (res.r < 0)
		return res;
	while ((res.r = cs_stream_read(s, &block, &n, &err)) == 0) {
		must(n > 0 && res.out.len + n <= OUT_MAX);
		must(cs_buf_add(&res.out, block, n) == 0);
	}
	fuzz_result(res.r, &err);
	must(cs_stream_read(s, &block, &n, &err) == res.r);
	cs_stream_close(s);
	return res;
}

static void must_come_back(const struct cs_ctx *ctx, const struct cs_buf *packed,
			   enum cs_coding coding, const uint8_t *data, size_t len)
{
	struct result res = decode(ctx, packed->data, packed->len, 1 + len % 4096);

	must(res.r == 1 && res.coding == coding && res.out.len == len);
	must(!len || memcmp(res.out.data, data, len) == 0);
	cs_buf_release(&res.out);
	/* cut anywhere, it is damaged */
	res = decode(ctx, packed->data, packed->len - 1 - len % (packed->len / 2), packed->len);
	must(res.r < 0 || res.coding == CS_CODING_NONE);
	cs_buf_release(&res.out);
}

static void pack(const struct cs_ctx *ctx, const uint8_t *data, size_t len, int how)
{
	struct cs_buf packed CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	size_t n;

	must(cs_buf_reserve(&packed, len * 2 + 4096) == 0);
	if (how == 0) {
		z_stream z = { .next_in = (uint8_t *)(uintptr_t)data, .avail_in = (uInt)len };

		must(deflateInit2(&z, 1 + (int)(len % 9), Z_DEFLATED, 31, 8, 0) == Z_OK);
		z.next_out = (uint8_t *)packed.data;
		z.avail_out = (uInt)packed.cap;
		must(deflate(&z, Z_FINISH) == Z_STREAM_END);
		packed.len = z.total_out;
		deflateEnd(&z);
	} else if (how == 1) {
		n = ZSTD_compress(packed.data, packed.cap, data, len, 1);
		must(!ZSTD_isError(n));
		packed.len = n;
	} else {
		n = 0;
		must(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, data, len,
					     (uint8_t *)packed.data, &n, packed.cap) == LZMA_OK);
		packed.len = n;
	}
	must_come_back(ctx, &packed,
		       how == 0	  ? CS_CODING_GZIP
		       : how == 1 ? CS_CODING_ZSTD
				  : CS_CODING_XZ,
		       data, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct result whole, parts;
	struct cs_ctx ctx;

	fuzz_ctx_init(&ctx);
	ctx.limits.zstd_window = 1 << 20;
	whole = decode(&ctx, data, len, len + !len);
	parts = decode(&ctx, data, len, 1 + len % 7);
	must(whole.coding == parts.coding && whole.r == parts.r);
	if (whole.r == 1)
		must(whole.out.len == parts.out.len &&
		     (!whole.out.len ||
		      memcmp(whole.out.data, parts.out.data, whole.out.len) == 0));
	cs_buf_release(&whole.out);
	cs_buf_release(&parts.out);
	if (len && len < 8192)
		pack(&ctx, data, len, data[0] % 8 == 2 ? 2 : data[0] & 1);
	return 0;
}
