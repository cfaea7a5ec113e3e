/* SPDX-License-Identifier: Apache-2.0 */
/* A layer with an entry of every kind, and the scan of one in memory. */
#ifndef CS_TESTS_SUPPORT_LAYER_H
#define CS_TESTS_SUPPORT_LAYER_H

#include <zlib.h>

#include "image/layer_scan.h"
#include "support/tarball.h"

static const struct cs_layer_scan_options sha256 = { CS_DIGEST_SHA256, CS_DIGEST_SHA256, -1, NULL };

static inline int scan_with(const struct cs_ctx *ctx, const void *data, size_t len,
			    const struct cs_layer_scan_options *o, struct cs_layer_scan *ret,
			    struct cs_err *err)
{
	struct cs_stream *in = NULL;

	if (cs_stream_memory(data, len, &in, err) < 0)
		return -(int)err->code;
	return cs_layer_scan(ctx, in, o, ret, err);
}

static inline int scan(const void *data, size_t len, struct cs_layer_scan *ret, struct cs_err *err)
{
	struct cs_ctx ctx;

	cs_ctx_init(&ctx);
	return scan_with(&ctx, data, len, &sha256, ret, err);
}

#define ADD(buf, ...) tarball_add(buf, (struct tarball_entry){ __VA_ARGS__ })

static inline void every_kind_add(struct cs_buf *tar)
{
	ADD(tar, .name = "./", .type = '5', .mode = 0755);
	ADD(tar, .name = "./usr/bin/tool", .mode = 04755, .uid = 3, .gid = 4, .mtime = 77,
	    .uname = "root", .data = "tool", .len = 4);
	ADD(tar, .name = "usr/bin/hard", .type = '1', .link = "./usr/bin/tool", .mode = 04755);
	ADD(tar, .name = "usr/bin/soft", .type = '2', .link = "./tool/", .mode = 0777);
	ADD(tar, .name = "/dev/null", .type = '3', .major = 1, .minor = 3, .mode = 0666);
	ADD(tar, .name = "dev/gone", .type = '3');
	ADD(tar, .name = "dev/sda", .type = '4', .major = 8);
	ADD(tar, .name = "dev/fifo", .type = '6');
	ADD(tar, .name = "etc/.wh.passwd", .mode = 0);
	ADD(tar, .name = "etc/.wh..wh..opq");
	ADD(tar, .name = "etc/.wh.folder/", .type = '5');
	ADD(tar, .name = "etc/.wh.x/file", .data = "123", .len = 3);
	ADD(tar, .name = "etc/empty");
	ADD(tar, .name = "usr//bin/./tool", .data = "tool2", .len = 5);
	tarball_end(tar);
}

static inline void gzip_add(struct cs_buf *out, const void *data, size_t len)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len };

	assert_int_equal(0, cs_buf_reserve(out, len + 1024));
	z.next_out = (Bytef *)out->data + out->len;
	z.avail_out = (uInt)(out->cap - out->len);
	assert_int_equal(Z_OK, deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY));
	assert_int_equal(Z_STREAM_END, deflate(&z, Z_FINISH));
	out->len += z.total_out;
	deflateEnd(&z);
}

#endif
