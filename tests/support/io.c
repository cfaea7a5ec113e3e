/* SPDX-License-Identifier: Apache-2.0 */
#include "support/io.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "io/stream_priv.h"

struct bad_stream {
	struct cs_stream base;
	const uint8_t *data;
	size_t left, step;
	enum cs_code fail;
	uint8_t *block;
};

static int bad_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		    struct cs_err *err)
{
	struct bad_stream *b = (struct bad_stream *)s;
	size_t n = b->left < b->step ? b->left : b->step;

	if (b->block)
		memset(b->block, 0xA5, b->step);
	free(b->block);
	b->block = NULL;
	if (!n && b->fail != CS_OK)
		return cs_err_set(err, b->fail, "as planned");
	if (!n)
		return 1;
	b->block = malloc(b->step);
	assert_non_null(b->block);
	memcpy(b->block, b->data, n);
	b->data += n;
	b->left -= n;
	*ret_data = b->block;
	*ret_len = n;
	return 0;
}

static void bad_release(struct cs_stream *s)
{
	free(((struct bad_stream *)s)->block);
}

struct cs_stream *test_stream(const void *data, size_t len, size_t step, enum cs_code fail)
{
	static const struct cs_stream_ops ops = { .read = bad_read, .release = bad_release };
	struct bad_stream *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->base.ops = &ops;
	b->data = data;
	b->left = len;
	b->step = step ? step : len;
	b->fail = fail;
	return &b->base;
}

int test_slurp(struct cs_stream *s, struct cs_buf *buf, struct cs_err *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	while ((r = cs_stream_read(s, &data, &len, err)) == 0)
		assert_int_equal(0, cs_buf_add(buf, data, len));
	if (r < 0) {
		struct cs_err again = CS_ERR_INIT;

		/* sticky */
		assert_int_equal(r, cs_stream_read(s, &data, &len, &again));
		assert_string_equal(err->msg, again.msg);
	} else {
		assert_int_equal(1, cs_stream_read(s, &data, &len, err));
	}
	cs_stream_close(s);
	return r < 0 ? r : 0;
}

uint32_t test_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

void test_fill(struct cs_buf *buf, size_t len, uint32_t seed)
{
	static const char *const words[] = {
		"layer ", "cache ", "COPY ", "RUN ", "\n", "0123456789"
	};
	size_t end = buf->len + len;

	assert_int_equal(0, cs_buf_reserve(buf, len + 16));
	while (buf->len < end) {
		uint32_t r = test_random(&seed);

		if (r % 7 < 6)
			cs_buf_puts(buf, words[r % 6]);
		else
			cs_buf_putc(buf, (char)(1 + (r >> 8) % 255)); /* no NUL */
	}
	buf->len = end;
	buf->data[end] = '\0';
}

void test_gzip(struct cs_buf *buf, const void *data, size_t len, const void *header,
	       size_t header_len)
{
	static const uint8_t plain[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3 };
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len };
	uint32_t crc = (uint32_t)crc32(0, data, (uInt)len), size = (uint32_t)len;

	assert_int_equal(Z_OK, deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY));
	cs_buf_add(buf, header ? header : plain, header ? header_len : sizeof(plain));
	assert_int_equal(0, cs_buf_reserve(buf, deflateBound(&z, len) + 8));
	z.next_out = (Bytef *)buf->data + buf->len;
	z.avail_out = (uInt)(buf->cap - buf->len);
	assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
	buf->len += z.total_out;
	for (int i = 0; i < 4; i++)
		cs_buf_putc(buf, (char)(crc >> (8 * i)));
	for (int i = 0; i < 4; i++)
		cs_buf_putc(buf, (char)(size >> (8 * i)));
	deflateEnd(&z);
}

void test_zstd(struct cs_buf *buf, const void *data, size_t len, int window_log)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ZSTD_inBuffer in = { data, len, 0 };
	ZSTD_outBuffer out;
	size_t r;

	assert_non_null(c);
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, 1);
	if (window_log)
		ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, window_log);
	assert_int_equal(0, cs_buf_reserve(buf, ZSTD_compressBound(len)));
	out = (ZSTD_outBuffer){ buf->data + buf->len, buf->cap - buf->len, 0 };
	/* in two steps, or the size would be known and the window cut down to it */
	ZSTD_compressStream2(c, &out, &in, ZSTD_e_continue);
	r = ZSTD_compressStream2(c, &out, &in, ZSTD_e_end);
	assert_int_equal(0, r);
	buf->len += out.pos;
	ZSTD_freeCCtx(c);
}

void test_xz(struct cs_buf *buf, const void *data, size_t len)
{
	size_t pos = 0, room = lzma_stream_buffer_bound(len);

	assert_int_equal(0, cs_buf_reserve(buf, room));
	assert_int_equal(LZMA_OK,
			 lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, data, len,
						 (uint8_t *)buf->data + buf->len, &pos, room));
	buf->len += pos;
}

void test_fixture(struct cs_buf *buf, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/tests/fixtures/%s", srcdir ? srcdir : ".", name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("cannot open %s", path);
	do {
		assert_int_equal(0, cs_buf_reserve(buf, 65536));
		n = fread(buf->data + buf->len, 1, 65536, f);
		buf->len += n;
	} while (n);
	buf->data[buf->len] = '\0';
	fclose(f);
}

int test_file(const void *data, size_t len)
{
	FILE *f = tmpfile();
	int fd;

	assert_non_null(f);
	assert_int_equal(len, len ? fwrite(data, 1, len, f) : 0);
	assert_int_equal(0, fflush(f));
	fd = dup(fileno(f));
	assert_true(fd >= 0);
	fclose(f);
	return fd;
}
