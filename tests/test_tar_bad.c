/* SPDX-License-Identifier: Apache-2.0 */
/* Archives that lie, stop early or want too much. */
#include "support/tar.h"

#include "io/tar.h"

static struct cs_err err;
static struct cs_ctx ctx;

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	return 0;
}

/* Walks to the end and reads all data; entries and the last path are kept. */
static unsigned n_entries;
static char last_path[256];

static int walk_step(const struct cs_buf *tar, size_t step, enum cs_code fail)
{
	struct cs_stream *s = test_stream(tar->data, tar->len, step, fail);
	struct cs_tar_entry e;
	struct cs_tar *t;
	int r = cs_tar_open(&ctx, s, &t, &err);
	bool opened = r == 0;

	n_entries = 0;
	while (r == 0) {
		const uint8_t *data;
		int64_t offset;
		size_t len;

		r = cs_tar_next(t, &e, &err);
		if (r != 0)
			break;
		n_entries++;
		snprintf(last_path, sizeof(last_path), "%s", e.path);
		do {
			r = cs_tar_data(t, &data, &len, &offset, &err);
		} while (r == 0);
		r = r < 0 ? r : 0;
	}
	if (opened && r < 0) {
		struct cs_err again = CS_ERR_INIT;

		assert_int_equal(r, cs_tar_next(t, &e, &again));
		assert_string_equal(err.msg, again.msg);
	}
	if (opened)
		cs_tar_close(t);
	cs_stream_close(s);
	return r < 0 ? r : 0;
}

/* The same however it is cut. */
static void expect(const struct cs_buf *tar, enum cs_code code, const char *words)
{
	static const size_t steps[] = { 0, 1, 511, 10240 };

	for (size_t i = 0; i < CS_N(steps); i++) {
		int r = walk_step(tar, steps[i], CS_OK);

		if (r != -(int)code || (words && !strstr(err.msg, words)))
			fail_msg("blocks of %zu: %d, %s", steps[i], r, r < 0 ? err.msg : "done");
	}
}

static void no_entries(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT;

	expect(&tar, CS_OK, NULL);
	test_tar_end(&tar);
	expect(&tar, CS_OK, NULL);
	tar.len = 512; /* one block of zeros, as bad writers end */
	expect(&tar, CS_OK, NULL);
	assert_int_equal(0, n_entries);
	tar.len = 511;
	expect(&tar, CS_FORMAT, "not a tar");
	cs_buf_reset(&tar);
	cs_buf_puts(&tar, "{\"schemaVersion\":2}");
	expect(&tar, CS_FORMAT, "not a tar");
	cs_buf_reset(&tar);
	test_fill(&tar, 5000, 1);
	expect(&tar, CS_FORMAT, "not a tar");
	/* other archives are none of ours */
	cs_buf_reset(&tar);
	cs_buf_puts(&tar, "070701");
	test_fill(&tar, 5000, 1);
	expect(&tar, CS_FORMAT, "not a tar");
	cs_buf_release(&tar);
}

static void truncated(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT, body = CS_BUF_INIT, big = CS_BUF_INIT;
	struct test_tar_entry gnu = { .name = "L", .type = 'L', .magic = "ustar  " };

	test_fill(&big, 2000, 1);
	test_tar_file(&tar, "first", big.data); /* 0 to 2560 */
	test_pax_record(&body, "path", big.data, 1500);
	test_tar_pax(&tar, &body);		 /* to 5120 */
	test_tar_file(&tar, "second", big.data); /* to 7680 */
	test_tar_add(&tar, &gnu, big.data, 600); /* to 9216 */
	test_tar_file(&tar, "third", "");	 /* to 9728 */
	expect(&tar, CS_OK, NULL);
	for (size_t cut = 600; cut < 9728; cut += 100) {
		struct cs_buf part = { tar.data, cut, 0, 0 };
		char words[64] = "truncated at offset ";

		/* between entries: libarchive takes it for the end, the digest will not */
		if (cut / 512 * 512 == cut && (cut == 2560 || cut == 7680))
			continue;
		expect(&part, CS_FORMAT, words);
	}
	/* one that begins with a special header */
	cs_buf_reset(&tar);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "x", big.data);
	for (size_t cut = 512; cut < tar.len; cut += 512) {
		struct cs_buf part = { tar.data, cut, 0, 0 };

		expect(&part, CS_FORMAT, cut == 512 + 1536 ? NULL : "truncated at offset ");
	}
	cs_buf_release(&tar);
	cs_buf_release(&body);
	cs_buf_release(&big);
}

static void bad_headers(void **state CS_UNUSED)
{
	static const struct test_tar_entry bad[] = {
		{ .name = "" },
		{ .name = "a", .type = '2', .link = "" },
		{ .name = "a", .type = '1', .link = "" },
		{ .name = "a", .size = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe" },
		{ .name = "a", .size = "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" },
		{ .name = "a", .size = "77777777777" },
		{ .name = "a", .type = 'M' },
	};
	struct cs_buf tar = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(bad); i++) {
		cs_buf_reset(&tar);
		test_tar_file(&tar, "good", "good");
		test_tar_add(&tar, &bad[i], NULL, 0);
		test_tar_end(&tar);
		expect(&tar, CS_FORMAT, "tar: ");
		assert_int_equal(i == 5 ? 2 : 1, n_entries);
		if (i != 5)
			assert_non_null(strstr(err.msg, "1024")); /* where it stands */
	}
	cs_buf_reset(&tar);
	test_tar_file(&tar, "good", "good");
	test_tar_file(&tar, "flipped", "x");
	test_tar_end(&tar);
	for (size_t at = 0; at < 512; at += 37) {
		tar.data[1024 + at] ^= 1;
		expect(&tar, CS_FORMAT, "tar: damaged at offset 1024: ");
		tar.data[1024 + at] ^= 1;
	}
	cs_buf_release(&tar);
}

static void many_special_headers(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT, body = CS_BUF_INIT;
	int n;

	test_pax_record(&body, "path", "name", -1);
	for (n = 0; n < 100000; n++)
		test_tar_pax(&tar, &body);
	test_tar_file(&tar, "file", "");
	test_tar_end(&tar);
	assert_int_equal(-CS_FORMAT, walk_step(&tar, 0, CS_OK));
	cs_buf_release(&tar);
	cs_buf_release(&body);
}

static void bad_pax(void **state CS_UNUSED)
{
	static const char *const bad[] = {
		"x path=a\n", "99 path=a\n", "0 path=a\n",	  "10 path=ab ",
		"6 path\n",   "5 =b\n",	     "11 size=-1\n",	  "-9 path=a\n",
		"8 path=a\n", "path=a\n",    "99999999 path=a\n",
	};
	struct cs_buf tar = CS_BUF_INIT, body = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(bad); i++) {
		cs_buf_reset(&tar);
		cs_buf_reset(&body);
		cs_buf_puts(&body, bad[i]);
		test_tar_pax(&tar, &body);
		test_tar_file(&tar, "short name", "x");
		test_tar_end(&tar);
		for (size_t step = 0; step < 2; step++) {
			int r = walk_step(&tar, step, CS_OK);

			/* else a file would be listed under a name that it has not */
			if (r == 0)
				fail_msg("'%s' passes, as '%s'", bad[i], last_path);
			assert_true(r == -CS_FORMAT || r == -CS_LIMIT);
		}
	}
	cs_buf_release(&tar);
	cs_buf_release(&body);
}

static void names_are_bytes(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT, body = CS_BUF_INIT;
	char name[256];

	for (int c = 1; c < 256; c++) {
		snprintf(name, sizeof(name), "a%cb", c);
		for (int pax = 0; pax < 2; pax++) {
			cs_buf_reset(&tar);
			cs_buf_reset(&body);
			test_pax_record(&body, "path", name, -1);
			if (pax)
				test_tar_pax(&tar, &body);
			test_tar_file(&tar, pax ? "other" : name, "x");
			test_tar_end(&tar);
			assert_done(walk_step(&tar, 0, CS_OK));
			assert_string_equal(name, last_path);
		}
	}
	cs_buf_release(&tar);
	cs_buf_release(&body);
}

/* Go strips all but ASCII from the plain header: it may hold no name and no target at all. */
static void names_in_pax_only(void **state CS_UNUSED)
{
	static const struct test_tar_entry entries[] = {
		{ .name = "", .type = '2' },
		{ .name = "", .type = '1' },
		{ .name = "", .type = '0' },
	};
	static const enum cs_entry_type types[] = { CS_ENTRY_SYMLINK, CS_ENTRY_HARDLINK,
						    CS_ENTRY_FILE };
	struct cs_buf tar = CS_BUF_INIT, body = CS_BUF_INIT;

	test_pax_record(&body, "path", "\xe6\x97\xa5", -1);
	test_pax_record(&body, "linkpath", "\xe6\x9c\xac", -1);
	for (size_t i = 0; i < CS_N(entries); i++) {
		struct cs_tar_entry e;
		struct cs_stream *s;
		struct cs_tar *t;

		cs_buf_reset(&tar);
		test_tar_pax(&tar, &body);
		test_tar_add(&tar, &entries[i], NULL, 0);
		s = test_stream(tar.data, tar.len, 0, CS_OK);
		assert_done(cs_tar_open(&ctx, s, &t, &err));
		assert_done(cs_tar_next(t, &e, &err));
		assert_int_equal(types[i], e.type);
		assert_string_equal("\xe6\x97\xa5", e.path);
		if (e.type != CS_ENTRY_FILE)
			assert_string_equal("\xe6\x9c\xac", e.target);
		else
			assert_null(e.target);
		cs_tar_close(t);
		cs_stream_close(s);
	}
	cs_buf_release(&tar);
	cs_buf_release(&body);
}

static void bad_sparse(void **state CS_UNUSED)
{
	static const struct {
		const char *realsize, *map, *words;
	} bad[] = {
		{ "100", "2\n50\n2\n10\n2\n", "backwards" },
		{ "100", "1\n99\n2\n", "behind the end" },
		{ "1", "1\n0\n4\n", "behind the end" },
		{ "-5", "1\n0\n4\n", NULL },
		{ "100", "1\n9223372036854775807\n9\n", NULL },
		{ "100", "9999999\n0\n1\n", NULL },
		{ "100", "x\n0\n1\n", NULL },
		{ "100", "", NULL },
	};
	struct cs_buf tar = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(bad); i++) {
		cs_buf_reset(&tar);
		test_tar_sparse(&tar, bad[i].realsize, bad[i].map, "abcd");
		test_tar_end(&tar);
		expect(&tar, CS_FORMAT, bad[i].words);
	}
	cs_buf_release(&tar);
}

/* A map of millions of empty pieces would take gigabytes inside of libarchive. */
static void sparse_bomb(void **state CS_UNUSED)
{
	int64_t old = ctx.limits.pax_bytes;
	struct cs_buf tar = CS_BUF_INIT, map = CS_BUF_INIT;

	cs_buf_puts(&map, "2000000\n");
	while (map.len < 4000000)
		cs_buf_puts(&map, "0\n0\n");
	test_tar_sparse(&tar, "100", map.data, "");
	test_tar_end(&tar);
	ctx.limits.pax_bytes = 1 << 20;
	assert_int_equal(-CS_LIMIT, walk_step(&tar, 0, CS_OK));
	assert_non_null(strstr(err.msg, "--max-pax-bytes"));
	assert_int_equal(-CS_LIMIT, walk_step(&tar, 4096, CS_OK));
	ctx.limits.pax_bytes = old;
	cs_buf_release(&tar);
	cs_buf_release(&map);
}

static void limits(void **state CS_UNUSED)
{
	struct cs_limits old = ctx.limits;
	struct cs_buf tar = CS_BUF_INIT, body = CS_BUF_INIT, big = CS_BUF_INIT;
	struct test_tar_entry link = { .name = "link", .type = '2' };

	test_fill(&big, 3 << 20, 1);
	for (size_t i = 0; i < big.len; i++)
		big.data[i] = (char)('a' + i % 26);
	test_pax_record(&body, "path", big.data, 1000);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "x", "x");
	test_tar_end(&tar);
	ctx.limits.path_bytes = 1000;
	expect(&tar, CS_OK, NULL);
	ctx.limits.path_bytes = 999;
	expect(&tar, CS_LIMIT, "--max-path-bytes");
	ctx.limits = old;
	ctx.limits.pax_bytes = 512 + 1024;
	expect(&tar, CS_OK, NULL);
	ctx.limits.pax_bytes = 512 + 1024 - 1;
	expect(&tar, CS_LIMIT, "--max-pax-bytes");
	ctx.limits = old;

	cs_buf_reset(&tar);
	cs_buf_reset(&body);
	test_pax_record(&body, "linkpath", big.data, 1000);
	test_tar_pax(&tar, &body);
	test_tar_add(&tar, &link, NULL, 0);
	ctx.limits.path_bytes = 999;
	expect(&tar, CS_LIMIT, "--max-path-bytes");
	ctx.limits = old;

	/* the library's own bounds, with the option's name too */
	cs_buf_reset(&tar);
	cs_buf_reset(&body);
	test_pax_record(&body, "comment", big.data, 3 << 20);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "x", "x");
	assert_int_equal(-CS_LIMIT, walk_step(&tar, 0, CS_OK));
	assert_non_null(strstr(err.msg, "--max-pax-bytes"));
	cs_buf_release(&tar);
	cs_buf_release(&body);
	cs_buf_release(&big);
}

static void source_fails(void **state CS_UNUSED)
{
	volatile sig_atomic_t stop = 1;
	struct cs_buf tar = CS_BUF_INIT, big = CS_BUF_INIT;

	test_fill(&big, 5000, 1);
	test_tar_file(&tar, "a", big.data);
	test_tar_file(&tar, "b", big.data);
	for (size_t cut = 0; cut < tar.len; cut += 300) {
		struct cs_buf part = { tar.data, cut, 0, 0 };

		assert_int_equal(-CS_NET, walk_step(&part, 100, CS_NET));
		assert_string_equal("as planned", err.msg);
	}
	ctx.cancel = &stop;
	assert_int_equal(-CS_CANCELED, walk_step(&tar, 0, CS_OK));
	ctx.cancel = NULL;
	cs_buf_release(&tar);
	cs_buf_release(&big);
}

/* Any byte changed anywhere: an end, never a crash or a hang. */
static void mutations(void **state CS_UNUSED)
{
	struct cs_buf good = CS_BUF_INIT, tar = CS_BUF_INIT, body = CS_BUF_INIT;
	uint32_t seed = 5;

	test_pax_record(&body, "path", "p\xc3\xa4th", -1);
	test_pax_record(&body, "SCHILY.xattr.user.x", "v", -1);
	test_pax_record(&body, "SCHILY.acl.access", "user::rw-,user:lisa:r--:502,group::r--", -1);
	test_pax_record(&body, "mtime", "1.5", -1);
	test_tar_pax(&good, &body);
	test_tar_file(&good, "x", "x");
	test_tar_sparse(&good, "5000", "2\n1000\n3\n4000\n2\n", "abcde");
	test_tar_end(&good);
	for (int i = 0; i < 4000; i++) {
		cs_buf_reset(&tar);
		cs_buf_add(&tar, good.data, good.len);
		for (int k = 0; k <= i % 3; k++)
			tar.data[test_random(&seed) % tar.len] = (char)test_random(&seed);
		for (size_t at = 0; at + 512 <= tar.len && i % 2; at += 512)
			if (memcmp(tar.data + at + 257, "ustar", 5) == 0)
				test_tar_sum(&tar, at);
		walk_step(&tar, i % 5 == 0, CS_OK);
	}
	cs_buf_release(&good);
	cs_buf_release(&tar);
	cs_buf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_entries),	     cmocka_unit_test(truncated),
		cmocka_unit_test(bad_headers),	     cmocka_unit_test(many_special_headers),
		cmocka_unit_test(bad_pax),	     cmocka_unit_test(names_are_bytes),
		cmocka_unit_test(names_in_pax_only), cmocka_unit_test(bad_sparse),
		cmocka_unit_test(sparse_bomb),	     cmocka_unit_test(limits),
		cmocka_unit_test(source_fails),	     cmocka_unit_test(mutations),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
