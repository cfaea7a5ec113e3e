/* SPDX-License-Identifier: Apache-2.0 */
/* Decoders: each good form gives the same bytes however it is cut, each bad one is refused. */
#include "support/io.h"

#include <zlib.h>

#include "io/decode_priv.h"
#include "io/stream_priv.h"

static struct cs_err err;
static struct cs_ctx ctx;
static struct cs_buf text; /* what most inputs hold */

static const struct cs_decode_options any = { .allow_xz = true,
					      .out_max = -1,
					      .limit_offset =
						      offsetof(struct cs_limits, layer_bytes),
					      .what = "layer" };

static const size_t steps[] = { 0, 1, 7, 4096 };

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	test_fill(&text, 700000, 7);
	return 0;
}

static int teardown(void **state CS_UNUSED)
{
	cs_buf_release(&text);
	return 0;
}

static int decode(const struct cs_codec *codec, const struct cs_buf *in, size_t step,
		  struct cs_buf *out)
{
	struct cs_stream *s = test_stream(in->data, in->len, step, CS_OK);
	enum cs_coding coding;
	int r;

	if (codec)
		r = cs_stream_decode_with(&ctx, s, codec, &any, &s, &err);
	else
		r = cs_stream_decode(&ctx, s, &any, &s, &coding, &err);
	return r < 0 ? r : test_slurp(s, out, &err);
}

/* NULL is what cs_stream_decode() takes by the first bytes. */
static const struct cs_codec *const gzips[] = { NULL, &cs_codec_gzip_zlib,
#ifdef HAVE_ISAL
						&cs_codec_gzip_isal
#endif
};
static const struct cs_codec *const sniffed[] = { NULL };

static void expect(const struct cs_codec *const *codecs, size_t n, const struct cs_buf *in,
		   const struct cs_buf *want, enum cs_code code, const char *words)
{
	for (size_t c = 0; c < n; c++) {
		for (size_t i = 0; i < CS_N(steps); i++) {
			struct cs_buf got = CS_BUF_INIT;
			int r = decode(codecs[c], in, steps[i], &got);

			if (r != -(int)code)
				fail_msg("codec %zu, blocks of %zu: %d, %s", c, steps[i], r,
					 r < 0 ? err.msg : "done");
			if (words && !strstr(err.msg, words))
				fail_msg("codec %zu, blocks of %zu: '%s' without '%s'", c, steps[i],
					 err.msg, words);
			if (want) {
				assert_int_equal(want->len, got.len);
				assert_memory_equal(want->data, got.data, got.len);
			}
			cs_buf_release(&got);
		}
	}
}

#define gzip_good(in, want)  expect(gzips, CS_N(gzips), in, want, CS_OK, NULL)
#define gzip_bad(in, words)  expect(gzips, CS_N(gzips), in, NULL, CS_FORMAT, words)
#define good(in, want)	     expect(sniffed, 1, in, want, CS_OK, NULL)
#define bad(in, code, words) expect(sniffed, 1, in, NULL, code, words)

static void sniff(void **state CS_UNUSED)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum cs_coding coding;
	} t[] = {
		{ "\x1f\x8b\x08", 3, CS_CODING_GZIP },
		{ "\x1f\x8b", 2, CS_CODING_GZIP },
		{ "\x1f", 1, CS_CODING_NONE },
		{ "\x28\xb5\x2f\xfd\0\0", 6, CS_CODING_ZSTD },
		{ "\x28\xb5\x2f", 3, CS_CODING_NONE },
		{ "\x50\x2a\x4d\x18\0\0", 6, CS_CODING_ZSTD },
		{ "\x5f\x2a\x4d\x18\0\0", 6, CS_CODING_ZSTD },
		{ "\x60\x2a\x4d\x18\0\0", 6, CS_CODING_NONE },
		{ "\xfd"
		  "7zXZ\0",
		  6, CS_CODING_XZ },
		{ "BZh9", 4, CS_CODING_BZIP2 },
		{ "bin/ls", 6, CS_CODING_NONE },
		{ "", 0, CS_CODING_NONE },
	};

	for (size_t i = 0; i < CS_N(t); i++)
		assert_int_equal(t[i].coding,
				 cs_coding_sniff((const uint8_t *)t[i].bytes, t[i].len));
	assert_string_equal("zstd", cs_coding_name(CS_CODING_ZSTD));
	assert_string_equal("none", cs_coding_name(CS_CODING_NONE));
}

static void plain(void **state CS_UNUSED)
{
	struct cs_buf empty = CS_BUF_INIT;

	good(&text, &text);
	good(&empty, &empty);
}

/* --- gzip --- */

static void gzip_members(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT, want = CS_BUF_INIT;

	test_gzip(&in, text.data, text.len, NULL, 0);
	gzip_good(&in, &text);
	/* as pigz and estargz write: members of all sizes, empty ones, one after the other */
	cs_buf_reset(&in);
	for (size_t i = 0; i < 300; i++) {
		size_t len = i % 10 == 9 ? 0 : i * i % 3000;

		test_gzip(&in, text.data + i, len, NULL, 0);
		cs_buf_add(&want, text.data + i, len);
	}
	gzip_good(&in, &want);
	for (size_t i = 0; i < 1024; i++)
		cs_buf_putc(&in, 0);
	gzip_good(&in, &want);
	cs_buf_putc(&in, 1);
	gzip_bad(&in, "junk");
	/* a member behind padding is none */
	in.len--;
	test_gzip(&in, "x", 1, NULL, 0);
	gzip_bad(&in, "junk");
	cs_buf_release(&in);
	cs_buf_release(&want);
}

/* A header with the fields of flags, each of len bytes. */
static void gzip_header(struct cs_buf *h, unsigned flags, size_t len, unsigned hcrc_xor)
{
	const char fixed[10] = { 0x1f, (char)0x8b, 8, (char)flags, 1, 2, 3, 4, 2, 3 };

	cs_buf_reset(h);
	cs_buf_add(h, fixed, sizeof(fixed));
	if (flags & 4) {
		size_t extra = len < 65535 ? len : 65535;

		cs_buf_putc(h, (char)extra);
		cs_buf_putc(h, (char)(extra >> 8));
		test_fill(h, extra, 11);
	}
	for (unsigned flag = 8; flag <= 16; flag *= 2) {
		for (size_t i = 0; flags & flag && i < len; i++)
			cs_buf_putc(h, (char)('a' + i % 26));
		if (flags & flag)
			cs_buf_putc(h, 0);
	}
	if (flags & 2) {
		uLong crc = crc32(0, (const Bytef *)h->data, (uInt)h->len) ^ hcrc_xor;

		cs_buf_putc(h, (char)crc);
		cs_buf_putc(h, (char)(crc >> 8));
	}
}

static void gzip_headers(void **state CS_UNUSED)
{
	static const size_t lens[] = { 0, 1, 300, 70000 };
	struct cs_buf in = CS_BUF_INIT, h = CS_BUF_INIT, want = CS_BUF_INIT;

	for (unsigned flags = 0; flags < 32; flags++) {
		for (size_t i = 0; i < CS_N(lens); i++) {
			gzip_header(&h, flags, lens[i], 0);
			test_gzip(&in, "some text", 9, h.data, h.len);
			cs_buf_puts(&want, "some text");
		}
		if (flags % 8 == 7) {
			gzip_good(&in, &want);
			cs_buf_reset(&in);
			cs_buf_reset(&want);
		}
	}
	gzip_header(&h, 2 | 4 | 8 | 16, 20, 1);
	test_gzip(&in, "some text", 9, h.data, h.len);
	gzip_bad(&in, "header");
	for (unsigned flags = 0x20; flags <= 0x80; flags *= 2) {
		gzip_header(&h, flags, 20, 0);
		cs_buf_reset(&in);
		test_gzip(&in, "some text", 9, h.data, h.len);
		gzip_bad(&in, "header");
	}
	gzip_header(&h, 0, 0, 0);
	h.data[2] = 7;
	cs_buf_reset(&in);
	test_gzip(&in, "some text", 9, h.data, h.len);
	gzip_bad(&in, "header");
	cs_buf_release(&in);
	cs_buf_release(&h);
	cs_buf_release(&want);
}

static void gzip_trailer(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT;

	/* each byte of CRC and length, of the last member and of one before */
	for (int members = 1; members <= 2; members++) {
		for (size_t i = 1; i <= 8; i++) {
			cs_buf_reset(&in);
			test_gzip(&in, text.data, 5000, NULL, 0);
			in.data[in.len - i] ^= 0x10;
			if (members == 2)
				test_gzip(&in, text.data, 100, NULL, 0);
			gzip_bad(&in, "gzip member 1: wrong CRC or length");
		}
	}
	cs_buf_release(&in);
}

static void gzip_truncated(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT;
	size_t whole, first;

	test_gzip(&in, text.data, 3000, NULL, 0);
	first = in.len;
	test_gzip(&in, text.data, 300, NULL, 0);
	whole = in.len;
	for (size_t cut = 2; cut < whole; cut = cut < 20 || cut + 30 > whole ? cut + 1 : cut + 13) {
		in.len = cut;
		if (cut != first)
			gzip_bad(&in, "truncated");
	}
	cs_buf_release(&in);
}

/* What one inflater takes the other takes too, and makes the same of it. */
static void gzip_inflaters_agree(void **state CS_UNUSED)
{
#ifdef HAVE_ISAL
	struct cs_buf good_in = CS_BUF_INIT, in = CS_BUF_INIT, h = CS_BUF_INIT;
	uint32_t seed = 42;
	unsigned refused = 0;

	gzip_header(&h, 31, 40, 0);
	test_gzip(&good_in, text.data, 3000, h.data, h.len);
	test_gzip(&good_in, text.data + 5000, 4000, NULL, 0);
	for (int i = 0; i < 3000; i++) {
		struct cs_buf one = CS_BUF_INIT, two = CS_BUF_INIT;
		size_t at = test_random(&seed) % good_in.len, step = steps[i % 4];
		int r1, r2;

		cs_buf_reset(&in);
		cs_buf_add(&in, good_in.data, good_in.len);
		in.data[at] = (char)(in.data[at] ^ 1 << test_random(&seed) % 8);
		if (i % 3 == 0)
			in.len -= test_random(&seed) % (in.len - 2);
		r1 = decode(&cs_codec_gzip_zlib, &in, step, &one);
		r2 = decode(&cs_codec_gzip_isal, &in, step, &two);
		refused += r1 < 0;
		if (r1 != r2)
			fail_msg("bit at %zu of %zu: zlib %d, ISA-L %d", at, in.len, r1, r2);
		if (r1 == 0) {
			assert_int_equal(one.len, two.len);
			assert_memory_equal(one.data ? one.data : "", two.data ? two.data : "",
					    one.len);
		}
		cs_buf_release(&one);
		cs_buf_release(&two);
	}
	assert_true(refused > 2000);
	cs_buf_release(&good_in);
	cs_buf_release(&in);
	cs_buf_release(&h);
#else
	skip();
#endif
}

/* --- zstd --- */

static void skippable(struct cs_buf *buf, uint8_t kind, size_t len)
{
	const char head[8] = { (char)(0x50 + kind),
			       0x2a,
			       0x4d,
			       0x18,
			       (char)len,
			       (char)(len >> 8),
			       (char)(len >> 16),
			       (char)(len >> 24) };

	cs_buf_add(buf, head, sizeof(head));
	test_fill(buf, len, 3);
}

static void zstd_frames(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT, want = CS_BUF_INIT;

	test_zstd(&in, text.data, text.len, 0);
	good(&in, &text);
	cs_buf_reset(&in);
	skippable(&in, 0, 10);
	for (size_t i = 0; i < 40; i++) {
		test_zstd(&in, text.data + i, i * 500, 0);
		cs_buf_add(&want, text.data + i, i * 500);
		if (i % 5 == 0)
			skippable(&in, (uint8_t)(i % 16), i * 30);
	}
	skippable(&in, 15, 100000);
	good(&in, &want);
	/* nothing but a skippable frame */
	cs_buf_reset(&in);
	cs_buf_reset(&want);
	skippable(&in, 3, 0);
	good(&in, &want);
	cs_buf_release(&in);
	cs_buf_release(&want);
}

static void zstd_bad(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT;
	size_t first, whole;

	test_zstd(&in, text.data, 5000, 0);
	first = in.len;
	in.data[first - 1] ^= 1;
	bad(&in, CS_FORMAT, "checksum");
	in.data[first - 1] ^= 1;
	cs_buf_puts(&in, "junk");
	bad(&in, CS_FORMAT, "junk");
	in.len = first;
	cs_buf_putc(&in, 0); /* no padding in this format */
	bad(&in, CS_FORMAT, NULL);
	in.len = first;
	test_zstd(&in, text.data, 500, 0);
	whole = in.len;
	skippable(&in, 1, 50);
	for (size_t cut = 4; cut < in.len; cut += 3) {
		struct cs_buf part = { in.data, cut, 0, 0 };

		if (cut != first && cut != whole)
			bad(&part, CS_FORMAT, "truncated");
	}
	in.data[first / 2] ^= 0x40;
	bad(&in, CS_FORMAT, "zstd");
	cs_buf_release(&in);
}

static void zstd_dictionary(void **state CS_UNUSED)
{
	/* one segment of 0 bytes that needs dictionary 5, and an empty last block */
	static const char frame[] = "\x28\xb5\x2f\xfd\x21\x05\0\x01\0\0";
	struct cs_buf in = CS_BUF_INIT;

	cs_buf_add(&in, frame, sizeof(frame) - 1);
	bad(&in, CS_UNSUPPORTED, "dictionary");
	cs_buf_release(&in);
}

static void zstd_window(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT;
	int64_t old = ctx.limits.zstd_window;

	test_zstd(&in, text.data, text.len, 23);
	good(&in, &text);
	ctx.limits.zstd_window = (8 << 20) - 1; /* rounded up */
	good(&in, &text);
	ctx.limits.zstd_window = 4 << 20;
	bad(&in, CS_LIMIT, "--max-zstd-window");
	ctx.limits.zstd_window = old;
	cs_buf_reset(&in);
	test_zstd(&in, text.data, text.len, 28);
	bad(&in, CS_LIMIT, "--max-zstd-window");
	ctx.limits.zstd_window = 256 << 20;
	good(&in, &text);
	ctx.limits.zstd_window = INT64_MAX;
	good(&in, &text);
	ctx.limits.zstd_window = old;
	cs_buf_release(&in);
}

/* --- xz, bzip2 --- */

static void xz(void **state CS_UNUSED)
{
	struct cs_decode_options no_xz = any;
	struct cs_buf in = CS_BUF_INIT, want = CS_BUF_INIT;
	struct cs_stream *s;
	enum cs_coding coding = CS_CODING_NONE;
	size_t whole;

	test_xz(&in, text.data, text.len);
	good(&in, &text);
	no_xz.allow_xz = false;
	s = test_stream(in.data, in.len, 1, CS_OK);
	assert_code(CS_UNSUPPORTED, cs_stream_decode(&ctx, s, &no_xz, &s, &coding, &err));
	assert_string_equal("layer is compressed with xz, only gzip and zstd are read here",
			    err.msg);
	assert_int_equal(CS_CODING_NONE, coding);

	for (int i = 0; i < 8; i++) /* padding is in fours */
		cs_buf_putc(&in, 0);
	cs_buf_add(&want, text.data, text.len);
	test_xz(&in, "more", 4);
	cs_buf_puts(&want, "more");
	good(&in, &want);
	whole = in.len;
	cs_buf_add(&in, "\0\0", 2);
	bad(&in, CS_FORMAT, "xz");
	in.len = whole;
	cs_buf_puts(&in, "junk");
	bad(&in, CS_FORMAT, "xz");
	for (in.len = whole - 1; in.len > whole - 60; in.len -= 7)
		bad(&in, CS_FORMAT, "truncated");
	in.len = whole;
	in.data[1000] ^= 1;
	bad(&in, CS_FORMAT, "damaged");
	cs_buf_release(&in);
	cs_buf_release(&want);
}

/* A block header that asks for a dictionary of 512 MiB: refused before it is allocated. */
static void xz_dictionary(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT;
	size_t size, at;
	uLong crc;

	test_xz(&in, "text", 4);
	size = ((size_t)(uint8_t)in.data[12] + 1) *
	       4; /* of the block header, behind the stream's */
	for (at = 13; in.data[at] != 0x21 || in.data[at + 1] != 1; at++)
		assert_true(at < 12 + size);
	in.data[at + 2] = 34;
	crc = crc32(0, (const Bytef *)in.data + 12, (uInt)size - 4);
	for (size_t i = 0; i < 4; i++)
		in.data[12 + size - 4 + i] = (char)(crc >> (8 * i));
	bad(&in, CS_UNSUPPORTED, "dictionary");
	cs_buf_release(&in);
}

static void bzip2(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT;

	cs_buf_puts(&in, "BZh91AY&SY");
	bad(&in, CS_UNSUPPORTED,
	    "layer is compressed with bzip2, only gzip, zstd and xz are read here");
	cs_buf_release(&in);
}

/* --- bounds --- */

static int bounded(const struct cs_buf *in, int64_t out_max, struct cs_buf *out)
{
	struct cs_decode_options o = any;
	struct cs_stream *s = test_stream(in->data, in->len, 0, CS_OK);
	enum cs_coding coding;

	o.out_max = out_max;
	assert_done(cs_stream_decode(&ctx, s, &o, &s, &coding, &err));
	return test_slurp(s, out, &err);
}

static void out_max(void **state CS_UNUSED)
{
	struct cs_buf in[3] = { CS_BUF_INIT, CS_BUF_INIT, CS_BUF_INIT };

	test_gzip(&in[0], text.data, text.len, NULL, 0);
	test_zstd(&in[1], text.data, text.len, 0);
	cs_buf_add(&in[2], text.data, text.len);
	for (size_t i = 0; i < 3; i++) {
		struct cs_buf got = CS_BUF_INIT;

		assert_done(bounded(&in[i], (int64_t)text.len, &got));
		cs_buf_reset(&got);
		assert_code(CS_LIMIT, bounded(&in[i], (int64_t)text.len - 1, &got));
		assert_non_null(strstr(err.msg, "layer"));
		assert_non_null(strstr(err.msg, "--max-layer-bytes"));
		assert_true(got.len < text.len);
		cs_buf_reset(&got);
		assert_code(CS_LIMIT, bounded(&in[i], 0, &got));
		assert_int_equal(0, got.len);
		cs_buf_release(&got);
		cs_buf_release(&in[i]);
	}
}

/* 1.25 GiB of zeros in some kilobytes; 1 GiB of them is still let pass. */
static void ratio(void **state CS_UNUSED)
{
	enum { FRAME = 64 << 20 };
	struct cs_buf frame = CS_BUF_INIT, in = CS_BUF_INIT;
	uint8_t *zeros = calloc(1, FRAME);
	struct cs_stream *s;
	enum cs_coding coding;

	assert_non_null(zeros);
	test_zstd(&frame, zeros, FRAME, 0);
	free(zeros);
	for (int n = 16; n <= 20; n += 4) {
		cs_buf_reset(&in);
		for (int i = 0; i < n; i++)
			cs_buf_add(&in, frame.data, frame.len);
		s = test_stream(in.data, in.len, 0, CS_OK);
		assert_done(cs_stream_decode(&ctx, s, &any, &s, &coding, &err));
		if (n == 16) {
			assert_done(cs_stream_drain(s, &err));
		} else {
			assert_code(CS_LIMIT, cs_stream_drain(s, &err));
			assert_non_null(strstr(err.msg, "--max-ratio"));
		}
		cs_stream_close(s);
	}
	cs_buf_release(&in);
	cs_buf_release(&frame);
}

static void parent_fails(void **state CS_UNUSED)
{
	struct cs_buf in = CS_BUF_INIT, out = CS_BUF_INIT;
	volatile sig_atomic_t stop = 1;
	struct cs_ctx c = ctx;
	enum cs_coding coding;
	struct cs_stream *s;

	test_gzip(&in, text.data, text.len, NULL, 0);
	for (size_t cut = 0; cut < in.len; cut += in.len / 3) {
		int r;

		s = test_stream(in.data, cut, 1, CS_NET);
		r = cs_stream_decode(&ctx, s, &any, &s, &coding, &err);
		assert_code(CS_NET, r < 0 ? r : test_slurp(s, &out, &err));
		assert_string_equal("as planned", err.msg);
	}
	c.cancel = &stop;
	s = test_stream(in.data, in.len, 0, CS_OK);
	assert_done(cs_stream_decode(&c, s, &any, &s, &coding, &err));
	assert_code(CS_CANCELED, cs_stream_drain(s, &err));
	cs_stream_close(s);
	cs_buf_release(&in);
	cs_buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sniff),
		cmocka_unit_test(plain),
		cmocka_unit_test(gzip_members),
		cmocka_unit_test(gzip_headers),
		cmocka_unit_test(gzip_trailer),
		cmocka_unit_test(gzip_truncated),
		cmocka_unit_test(gzip_inflaters_agree),
		cmocka_unit_test(zstd_frames),
		cmocka_unit_test(zstd_bad),
		cmocka_unit_test(zstd_dictionary),
		cmocka_unit_test(zstd_window),
		cmocka_unit_test(xz),
		cmocka_unit_test(xz_dictionary),
		cmocka_unit_test(bzip2),
		cmocka_unit_test(out_max),
		cmocka_unit_test(ratio),
		cmocka_unit_test(parent_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
