/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that must fail, and what a layer may cost. */
#include "support/test.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/layer.h"

/* Its shadow and its quarantine are no memory of ours. */
#if defined(__SANITIZE_ADDRESS__)
#define UNDER_ASAN true
#elif defined(__has_feature)
#define UNDER_ASAN __has_feature(address_sanitizer)
#else
#define UNDER_ASAN false
#endif

static struct cs_err err;

static void damaged_layers(void **state CS_UNUSED)
{
	static const char json[] = "{\"schemaVersion\": 2, \"layers\": []}";
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf gz CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layer_scan s;
	char old;

	memset(&s, 0x5a, sizeof(s));
	every_kind_add(&tar);
	gzip_add(&gz, tar.data, tar.len);
	assert_code(CS_FORMAT, scan(json, sizeof(json), &s, &err));
	assert_code(CS_UNSUPPORTED, scan("BZh91AY&SY", 10, &s, &err));
	assert_code(CS_UNSUPPORTED, scan("\xfd"
					 "7zXZ\0\0",
					 7, &s, &err));
	/* In the middle of a file's data. */
	assert_code(CS_FORMAT, scan(tar.data, 1026, &s, &err));
	assert_code(CS_FORMAT, scan(gz.data, gz.len - 9, &s, &err));
	old = gz.data[gz.len - 5];
	gz.data[gz.len - 5] ^= 1;
	assert_code(CS_FORMAT, scan(gz.data, gz.len, &s, &err));
	gz.data[gz.len - 5] = old;
	assert_int_equal(0, cs_buf_puts(&gz, "junk"));
	assert_code(CS_FORMAT, scan(gz.data, gz.len, &s, &err));
	/* A header's checksum. */
	tar.data[1536 + 150] ^= 1;
	assert_code(CS_FORMAT, scan(tar.data, tar.len, &s, &err));
	for (size_t i = 0; i < sizeof(s); i++)
		assert_int_equal(0x5a, ((unsigned char *)&s)[i]);
}

static void assert_limited(const struct cs_ctx *ctx, const struct cs_buf *in, int64_t out_max,
			   const char *option)
{
	struct cs_layer_scan_options o = { CS_DIGEST_SHA256, CS_DIGEST_SHA256, out_max, NULL };
	struct cs_layer_scan s;

	assert_code(CS_LIMIT, scan_with(ctx, in->data, in->len, &o, &s, &err));
	if (!strstr(err.msg, option))
		fail_msg("%s is not in: %s", option, err.msg);
}

static void assert_allowed(const struct cs_ctx *ctx, const struct cs_buf *in, int64_t out_max)
{
	struct cs_layer_scan_options o = { CS_DIGEST_SHA256, CS_DIGEST_SHA256, out_max, NULL };
	struct cs_layer_scan s CS_AUTO(cs_layer_scan_release);

	assert_done(scan_with(ctx, in->data, in->len, &o, &s, &err));
}

static void limits(void **state CS_UNUSED)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf gz CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_ctx ctx;

	cs_ctx_init(&ctx);
	every_kind_add(&tar);
	gzip_add(&gz, tar.data, tar.len);
	for (int i = 0; i < 2; i++) {
		const struct cs_buf *in = i ? &gz : &tar;

		ctx.limits.layer_bytes = (int64_t)tar.len;
		assert_allowed(&ctx, in, (int64_t)tar.len);
		assert_limited(&ctx, in, (int64_t)tar.len - 1, "--max-image-bytes");
		ctx.limits.layer_bytes--;
		assert_limited(&ctx, in, (int64_t)tar.len, "--max-layer-bytes");
		assert_limited(&ctx, in, -1, "--max-layer-bytes");
		cs_limits_init(&ctx.limits);
		ctx.limits.layer_entries = 14;
		assert_allowed(&ctx, in, -1);
		ctx.limits.layer_entries = 13;
		assert_limited(&ctx, in, -1, "--max-layer-entries");
		cs_limits_init(&ctx.limits);
		ctx.limits.path_bytes = 16;
		assert_allowed(&ctx, in, -1);
		ctx.limits.path_bytes = 10;
		assert_limited(&ctx, in, -1, "--max-path-bytes");
		cs_limits_init(&ctx.limits);
	}
}

static void canceled(void **state CS_UNUSED)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	volatile sig_atomic_t stop = 1;
	struct cs_layer_scan s;
	struct cs_ctx ctx;

	cs_ctx_init(&ctx);
	ctx.cancel = &stop;
	every_kind_add(&tar);
	assert_code(CS_CANCELED, scan_with(&ctx, tar.data, tar.len, &sha256, &s, &err));
}

/* Each byte changed in turn: a failure, or digests that tell. */
static void flipped_bytes(void **state CS_UNUSED)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf gz CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layer_scan plain CS_AUTO(cs_layer_scan_release);

	every_kind_add(&tar);
	gzip_add(&gz, tar.data, tar.len);
	assert_done(scan(tar.data, tar.len, &plain, &err));
	for (int i = 0; i < 2; i++) {
		struct cs_buf *in = i ? &gz : &tar;

		for (size_t at = 0; at < in->len; at += i ? 1 : 7) {
			struct cs_layer_scan s CS_AUTO(cs_layer_scan_release) = { 0 };
			int r;

			in->data[at] ^= 0x55;
			r = scan(in->data, in->len, &s, &err);
			assert_true(r == 0 || r == -CS_FORMAT || r == -CS_UNSUPPORTED ||
				    r == -CS_LIMIT);
			assert_false(cs_digest_equal(&plain.blob_digest, &s.blob_digest));
			if (!i)
				assert_false(cs_digest_equal(&plain.diff_id, &s.diff_id));
			in->data[at] ^= 0x55;
		}
	}
}

static void many_write(int fd, unsigned n)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	char path[100], data[40];

	for (unsigned i = 0; i < n; i++) {
		snprintf(path, sizeof(path),
			 "app/node_modules/@scope%u/package-%05u/dist/file%u.js", i % 7, i / 100,
			 i);
		snprintf(data, sizeof(data), "%u", i);
		ADD(&tar, .name = path, .mode = 0644, .mtime = i, .data = data,
		    .len = strlen(data));
		if (i == n - 1)
			tarball_end(&tar);
		if (tar.len > 65536 || i == n - 1) {
			for (size_t at = 0; at < tar.len;) {
				ssize_t k = write(fd, tar.data + at, tar.len - at);

				if (k <= 0)
					_exit(1);
				at += (size_t)k;
			}
			cs_buf_reset(&tar);
		}
	}
}

/* 200 000 files come through a pipe: only their names and digests may stay in memory. */
static void many_entries(void **state CS_UNUSED)
{
	enum { N = 200000 };
	struct cs_layer_scan s CS_AUTO(cs_layer_scan_release);
	struct cs_stream *in = NULL;
	struct rusage usage;
	struct cs_ctx ctx;
	int fds[2], status;
	pid_t pid;

	cs_ctx_init(&ctx);
	assert_int_equal(0, pipe(fds));
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		many_write(fds[1], N);
		_exit(0);
	}
	close(fds[1]);
	assert_done(cs_stream_fd(&ctx, fds[0], &in, &err));
	assert_done(cs_layer_scan(&ctx, in, &sha256, &s, &err));
	close(fds[0]);
	assert_int_equal(pid, waitpid(pid, &status, 0));
	assert_int_equal(0, status);
	assert_int_equal(N, s.counts.files);
	assert_int_equal(0, getrusage(RUSAGE_SELF, &usage));
	if (!UNDER_ASAN)
		assert_in_range(usage.ru_maxrss, 1, 60 << 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_layers), cmocka_unit_test(limits),
		cmocka_unit_test(canceled),	  cmocka_unit_test(flipped_bytes),
		cmocka_unit_test(many_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
