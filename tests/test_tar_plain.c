/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain headers are read without libarchive (io/tar_plain.c), and must tell what it tells. It gets
 * all of them when blocks are smaller than a header, so each archive here is walked both ways:
 * every byte of a header changed, cut anywhere, dialects in any order.
 */
#include "support/tar.h"

#include "io/tar_priv.h"

#define HEADER 512

static struct cs_err err;
static struct cs_ctx ctx;

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	return 0;
}

/* --- both ways --- */

static void put_data(struct cs_tar *tar, struct cs_buf *out)
{
	struct cs_digest d = { 0 };
	struct cs_hasher *h;
	const uint8_t *data;
	int64_t offset, end = 0;
	size_t len;
	int r;

	assert_done(cs_hasher_new(CS_DIGEST_SHA256, &h, &err));
	while ((r = cs_tar_data(tar, &data, &len, &offset, &err)) == 0) {
		end = offset + (int64_t)len;
		cs_hasher_update(h, data, len);
	}
	cs_hasher_final(h, &d);
	cs_hasher_free(h);
	if (r > 0)
		cs_buf_printf(out, " %lld %02x%02x", (long long)end, d.bytes[0], d.bytes[1]);
}

/* What was seen, and the end: the message of a failure. Returns how much libarchive never saw. */
static int64_t walk(const struct cs_buf *archive, size_t step, bool data, struct cs_buf *out)
{
	struct cs_stream *in = test_stream(archive->data, archive->len, step, CS_OK);
	struct cs_tar_entry e;
	struct cs_tar *tar;
	int64_t apart;
	int r;

	assert_done(cs_tar_open(&ctx, in, &tar, &err));
	while ((r = cs_tar_next(tar, &e, &err)) == 0) {
		cs_buf_printf(out, "%d %o %lld %lld %s %s %lld %lld.%u %s -> %s%s", e.type, e.mode,
			      (long long)e.uid, (long long)e.gid, e.uname ? e.uname : "-",
			      e.gname ? e.gname : "-", (long long)e.size, (long long)e.mtime_s,
			      e.mtime_ns, e.path, e.target ? e.target : "-",
			      e.sparse ? " sparse" : "");
		assert_true(!e.xattrs);
		if (data)
			put_data(tar, out);
		cs_buf_putc(out, '\n');
	}
	cs_buf_printf(out, "%d %s", r, r < 0 ? err.msg : "");
	apart = tar->apart;
	cs_tar_close(tar);
	cs_stream_close(in);
	return apart;
}

/* How much of it was plain. */
static int64_t assert_both_ways(const struct cs_buf *archive, const char *what, size_t at)
{
	int64_t apart = 0;

	/* Unread data come to the same, now and then looked at. */
	for (int data = at % 4 != 0; data < 2; data++) {
		struct cs_buf ours = CS_BUF_INIT, theirs = CS_BUF_INIT;

		apart = walk(archive, 0, data, &ours);
		assert_int_equal(0, walk(archive, 100, data, &theirs));
		if (ours.len != theirs.len || memcmp(ours.data, theirs.data, ours.len) != 0)
			fail_msg("%s at %zu:\n%s\nby libarchive:\n%s", what, at, ours.data,
				 theirs.data);
		cs_buf_release(&ours);
		cs_buf_release(&theirs);
	}
	return apart;
}

/* --- headers --- */

static const char ustar[8] = "ustar\00000", gnu[8] = "ustar  ", v7[8] = "";

static char *header_at(struct cs_buf *tar, size_t at)
{
	return tar->data + at;
}

static void set(struct cs_buf *tar, size_t at, size_t field, const char *text)
{
	memcpy(header_at(tar, at) + field, text, strlen(text));
	test_tar_sum(tar, at);
}

/* As writers make them: all fields in use that a plain header may use. */
static void add_full(struct cs_buf *tar, const char *magic, char type, const char *link)
{
	size_t at = tar->len;
	const char *data = type == '0' ? "some data" : "";

	test_tar_add(tar,
		     &(struct test_tar_entry){ type == '5' ? "usr/lib/" : "usr/lib/name", link,
					       type, magic, NULL, 04755 },
		     data, strlen(data));
	set(tar, at, 108, "0001750");
	set(tar, at, 116, "0000144");
	set(tar, at, 136, "14700000001");
	set(tar, at, 265, "user");
	set(tar, at, 297, "group");
	if (magic == ustar)
		set(tar, at, 345, "opt/prefix");
}

static const struct {
	const char *what, *magic;
	char type;
	const char *link;
} plain[] = {
	{ "ustar file", ustar, '0', NULL },
	{ "ustar folder", ustar, '5', NULL },
	{ "ustar symlink", ustar, '2', "to" },
	{ "ustar hard link", ustar, '1', "usr/bin/x" },
	{ "GNU file", gnu, '0', NULL },
	{ "GNU folder", gnu, '5', NULL },
	{ "GNU symlink", gnu, '2', "../to/this" },
	{ "GNU hard link", gnu, '1', "usr/bin/x" },
};

static void archive_of(struct cs_buf *tar, size_t i)
{
	cs_buf_reset(tar);
	test_tar_file(tar, "first", "before it");
	add_full(tar, plain[i].magic, plain[i].type, plain[i].link);
	test_tar_file(tar, "last", "behind it");
	test_tar_end(tar);
}

static void plain_ones(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(plain); i++) {
		archive_of(&tar, i);
		assert_int_equal(tar.len - 2 * HEADER, assert_both_ways(&tar, plain[i].what, 0));
	}
	cs_buf_release(&tar);
}

static void each_byte(void **state CS_UNUSED)
{
	static const char values[] = "\0 -/0\x80";
	const size_t header = 2 * HEADER;
	struct cs_buf tar = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(plain); i += 3) {
		for (size_t at = 0; at < HEADER; at++) {
			for (size_t v = 0; v < sizeof(values) - 1; v++) {
				archive_of(&tar, i);
				if (header_at(&tar, header)[at] == values[v])
					continue;
				header_at(&tar, header)[at] = values[v];
				/* The sum's own field is to be wrong. */
				if (at < 148 || at >= 156)
					test_tar_sum(&tar, header);
				assert_both_ways(&tar, plain[i].what, at);
			}
		}
	}
	cs_buf_release(&tar);
}

static void each_type(void **state CS_UNUSED)
{
	static const char *const sizes[] = { "00000000000", "00000000011", "00000001000" };
	struct cs_buf tar = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(plain); i++) {
		for (int type = 0; type < 256; type++) {
			for (size_t s = 0; s < CS_N(sizes); s++) {
				archive_of(&tar, i);
				header_at(&tar, 2 * HEADER)[156] = (char)type;
				set(&tar, 2 * HEADER, 124, sizes[s]);
				assert_both_ways(&tar, sizes[s], (size_t)type);
			}
		}
	}
	cs_buf_release(&tar);
}

static void cut_anywhere(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT;

	archive_of(&tar, 0);
	for (; tar.len; tar.len--)
		assert_both_ways(&tar, "cut", tar.len);
	cs_buf_release(&tar);
}

/* --- what is plain between what is not --- */

static void add_pax(struct cs_buf *tar)
{
	struct cs_buf body = CS_BUF_INIT;

	test_pax_record(&body, "path", "a path of a PAX header", -1);
	test_tar_pax(tar, &body);
	cs_buf_release(&body);
	test_tar_file(tar, "short", "of it");
}

/* A link with a size, whose body some dialects have and some do not. */
static void add_sized_link(struct cs_buf *tar, const char *magic)
{
	size_t at = tar->len;

	test_tar_add(tar, &(struct test_tar_entry){ "hard", "first", '1', magic, NULL, 0644 }, "",
		     0);
	set(tar, at, 124, "00000001000");
}

static void add_kind(struct cs_buf *tar, unsigned kind)
{
	switch (kind) {
	case 0:
	case 1:
	case 2:
		add_full(tar, kind == 0 ? ustar : kind == 1 ? gnu : v7, '0', NULL);
		break;
	case 3:
		add_pax(tar);
		break;
	case 4:
	case 5:
	case 6:
		add_sized_link(tar, kind == 4 ? ustar : kind == 5 ? gnu : v7);
		break;
	case 7:
		test_tar_sparse(tar, "20", "1\n0\n5\n", "begin");
		break;
	case 8:
		test_tar_file(tar, "caf\xc3\xa9", "not ASCII");
		break;
	default:
		test_tar_add(tar,
			     &(struct test_tar_entry){ "././@LongLink", NULL, 'L', gnu, NULL, 0 },
			     "a/long/name", 11);
		test_tar_file(tar, "short", "of it");
		break;
	}
}

static void any_order(void **state CS_UNUSED)
{
	const unsigned n = 9;
	struct cs_buf tar = CS_BUF_INIT;
	int64_t apart = 0;

	for (unsigned i = 0; i < n * n * n * n; i++) {
		cs_buf_reset(&tar);
		for (unsigned k = 0, rest = i; k < 4; k++, rest /= n)
			add_kind(&tar, rest % n);
		test_tar_file(&tar, "last", "behind it");
		test_tar_end(&tar);
		apart += assert_both_ways(&tar, "order", i);
	}
	assert_true(apart > n * n * n * n * 2 * HEADER);
	cs_buf_release(&tar);
}

/* Blocks that end within a header leave it to libarchive, and what follows is plain again. */
static void odd_blocks(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT, whole = CS_BUF_INIT, parts = CS_BUF_INIT;

	for (size_t i = 0; i < 40; i++)
		add_kind(&tar, (unsigned)(i % 4));
	add_kind(&tar, 9);
	test_tar_end(&tar);
	walk(&tar, 0, true, &whole);
	for (size_t step = HEADER + 1; step < 4 * HEADER; step += 101) {
		cs_buf_reset(&parts);
		assert_true(walk(&tar, step, true, &parts) > 0);
		assert_string_equal(whole.data, parts.data);
	}
	cs_buf_release(&tar);
	cs_buf_release(&whole);
	cs_buf_release(&parts);
}

static void limits(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT;

	archive_of(&tar, 2);
	for (ctx.limits.path_bytes = 1; ctx.limits.path_bytes < 30; ctx.limits.path_bytes++)
		assert_both_ways(&tar, "limit", (size_t)ctx.limits.path_bytes);
	cs_buf_release(&tar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_ones), cmocka_unit_test(each_byte),
		cmocka_unit_test(each_type),  cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(any_order),  cmocka_unit_test(odd_blocks),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
