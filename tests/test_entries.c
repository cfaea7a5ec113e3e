/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdlib.h>

#include "image/entries.h"
#include "image/entries_code.h"
#include "support/entry_list.h"

static struct cs_err err;

static void paths_become_normal(void **state CS_UNUSED)
{
	static const char *const cases[][2] = {
		{ "", "." },
		{ ".", "." },
		{ "/", "." },
		{ "./", "." },
		{ "./a", "a" },
		{ "/a/b/", "a/b" },
		{ "a//b", "a/b" },
		{ "a/./b", "a/b" },
		{ "a/../b", "a/../b" },
		{ "../x", "../x" },
		{ "a/.wh.b", "a/.wh.b" },
		{ "..", ".." },
		{ ".//./a/.", "a" },
		{ ".a", ".a" },
		{ "a/...", "a/..." },
	};
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(cases); i++) {
		assert_int_equal(0, cs_entry_path_set(&buf, cases[i][0]));
		assert_string_equal(cases[i][1], buf.data);
		assert_int_equal(strlen(buf.data), buf.len);
		assert_true(cs_entry_path_normal(buf.data, buf.len));
		assert_int_equal(strcmp(cases[i][0], cases[i][1]) == 0,
				 cs_entry_path_normal(cases[i][0], strlen(cases[i][0])));
	}
}

static void paths_have_an_order(void **state CS_UNUSED)
{
	static const char *const sorted[] = { "a",	   "a/b",      "a/b/c",	   "a/c",
					      "a-b",	   "a.b",      "abcdefgh", "abcdefgh/x",
					      "abcdefghi", "abcdefgi", "\xc3\xa4" };

	for (size_t i = 0; i < CS_N(sorted); i++)
		for (size_t j = 0; j < CS_N(sorted); j++) {
			int c = cs_entry_path_compare(sorted[i], sorted[j]);

			assert_int_equal((i > j) - (i < j), (c > 0) - (c < 0));
		}
}

/* Indexes of entry_samples in path order. */
static const size_t sample_sorted[] = { 9, 4, 5, 6, 1, 7, 3, 2, 0, 8 };

static void assert_text_equal(const char *want, const char *got)
{
	if (want)
		assert_string_equal(want, got);
	else
		assert_null(got);
}

static void assert_entry_equal(const struct cs_entry *want, const struct cs_entry *got)
{
	assert_string_equal(want->path, got->path);
	assert_text_equal(want->target, got->target);
	assert_text_equal(want->uname, got->uname);
	assert_text_equal(want->gname, got->gname);
	assert_int_equal(want->type, got->type);
	assert_int_equal(want->mode, got->mode);
	assert_true(want->uid == got->uid && want->gid == got->gid);
	assert_true(want->size == got->size && want->mtime_s == got->mtime_s);
	assert_int_equal(want->mtime_ns, got->mtime_ns);
	assert_int_equal(want->dev_major, got->dev_major);
	assert_int_equal(want->dev_minor, got->dev_minor);
	assert_int_equal(want->order, got->order);
	assert_int_equal(want->sparse, got->sparse);
	assert_memory_equal(&want->content, &got->content, sizeof(got->content));
	assert_memory_equal(&want->xattrs, &got->xattrs, sizeof(got->xattrs));
}

static void list_round_trip(void **state CS_UNUSED)
{
	struct entry_list list CS_AUTO(entry_list_release) =
		entry_list_make(entry_samples, CS_N(entry_samples));
	struct cs_entry_reader *r CS_AUTO(cs_entry_reader_free_p) = NULL;
	struct cs_entry e;

	assert_done(reader_new(list.data, list.len, &r, &err));
	for (size_t i = 0; i < CS_N(entry_samples); i++) {
		assert_int_equal(0, cs_entry_reader_next(r, &e, &err));
		assert_entry_equal(&entry_samples[sample_sorted[i]], &e);
	}
	assert_int_equal(1, cs_entry_reader_next(r, &e, &err));
	assert_int_equal(1, cs_entry_reader_next(r, &e, &err));
}

static void empty_list(void **state CS_UNUSED)
{
	struct entry_list list CS_AUTO(entry_list_release) = entry_list_make(NULL, 0);
	char text[CS_DIGEST_TEXT];

	assert_int_equal(0, list_read(list.data, list.len, &err));
	/* printf 'cachestat-entries-1\n' | sha256sum */
	assert_string_equal(
		"sha256:67e5ec529f510995a76d516ed6cca8e5f18ba50bdfce425df1569d1c0cdb3e31",
		cs_digest_format(&list.content, text));
}

static void content_digest_is_canonical(void **state CS_UNUSED)
{
	struct entry_list list CS_AUTO(entry_list_release) =
		entry_list_make(entry_samples, CS_N(entry_samples));
	char text[CS_DIGEST_TEXT];

	/* From struct.pack and hashlib over the same entries, by the words of entries.h. */
	assert_string_equal(
		"sha256:14b3cf93a3f26d56fbe3cfa583d734a5176735789fb16d357b315cf4ea2d79e9",
		cs_digest_format(&list.content, text));
}

static struct cs_digest digest_of(const struct cs_entry *v, size_t n)
{
	struct entry_list list CS_AUTO(entry_list_release) = entry_list_make(v, n);

	return list.content;
}

static void content_digest_sees(void **state CS_UNUSED)
{
	struct cs_entry base[4] = { file_literal("a", 1, 0), file_literal("b", 2, 1),
				    entry_samples[2], entry_samples[4] };
	struct cs_entry v[4];
	struct cs_digest want = digest_of(base, 4), got;

#define CHANGED(equal, ...)                                                                        \
	do {                                                                                       \
		memcpy(v, base, sizeof(v));                                                        \
		__VA_ARGS__;                                                                       \
		got = digest_of(v, 4);                                                             \
		assert_int_equal(equal, cs_digest_equal(&want, &got));                             \
	} while (0)

	/* when and how it was packed */
	CHANGED(true, v[0].mtime_s = 5, v[1].mtime_ns = 7);
	CHANGED(true, v[0].order = 1, v[1].order = 0);
	CHANGED(true, v[0] = base[1], v[1] = base[0]);
	CHANGED(true, v[0].uname = "root", v[2].gname = "x");
	CHANGED(true, v[0].sparse = true);
	/* what does not belong to the type */
	CHANGED(true, v[0].target = "x", v[2].size = 9, v[2].content = digest_literal(1));
	CHANGED(true, v[0].dev_major = 3, v[3].target = "x");
	/* what is in it */
	CHANGED(false, v[0].path = "aa");
	CHANGED(false, v[0].mode = 0755);
	CHANGED(false, v[0].uid = 1);
	CHANGED(false, v[0].gid = 1);
	CHANGED(false, v[0].size = 2);
	CHANGED(false, v[0].content = digest_literal(9));
	CHANGED(false, memset(&v[0].content, 0, sizeof(v[0].content)));
	CHANGED(false, v[0].xattrs = digest_literal(1));
	CHANGED(false, v[2].target = "y");
	CHANGED(false, v[2].type = CS_ENTRY_HARDLINK);
	CHANGED(false, v[3].dev_minor = 4);
	CHANGED(false, v[3].type = CS_ENTRY_BLOCK);
	/* Of two entries of one path the later wins: their order is content. */
	base[1].path = "a";
	want = digest_of(base, 4);
	CHANGED(true, v[0] = base[1], v[1] = base[0]);
	CHANGED(false, v[0].order = 1, v[1].order = 0);
#undef CHANGED
}

static void writer_refuses(void **state CS_UNUSED)
{
	struct cs_entry_writer *w CS_AUTO(cs_entry_writer_free_p) = NULL;
	struct cs_entry e = file_literal("path", 1, 0);
	struct cs_digest digest;
	struct cs_limits limits;
	void *data = NULL;
	size_t len;

	cs_limits_init(&limits);
	limits.layer_entries = 2;
	limits.path_bytes = 4;
	assert_done(cs_entry_writer_new(&limits, &w, &err));
	e.path = "paths";
	assert_code(CS_LIMIT, cs_entry_writer_add(w, &e, &err));
	assert_non_null(strstr(err.msg, "--max-path-bytes"));
	e.path = "./a";
	assert_code(CS_USAGE, cs_entry_writer_add(w, &e, &err));
	e.path = "path";
	e.size = -1;
	assert_code(CS_FORMAT, cs_entry_writer_add(w, &e, &err));
	e.size = 0;
	e.content.algo = CS_DIGEST_SHA512;
	assert_code(CS_USAGE, cs_entry_writer_add(w, &e, &err));
	e.content.algo = CS_DIGEST_SHA256;
	e.uname = "names";
	assert_code(CS_LIMIT, cs_entry_writer_add(w, &e, &err));
	e.uname = "name";
	assert_done(cs_entry_writer_add(w, &e, &err));
	e.order = 1;
	assert_done(cs_entry_writer_add(w, &e, &err));
	assert_code(CS_LIMIT, cs_entry_writer_add(w, &e, &err));
	assert_non_null(strstr(err.msg, "--max-layer-entries"));
	assert_done(cs_entry_writer_finish(w, &digest, &data, &len, &err));
	assert_int_equal(2, list_read(data, len, &err));
	free(data);
	assert_code(CS_USAGE, cs_entry_writer_add(w, &e, &err));
	assert_code(CS_USAGE, cs_entry_writer_finish(w, &digest, &data, &len, &err));
}

static void writer_refuses_one_place_twice(void **state CS_UNUSED)
{
	struct cs_entry_writer *w CS_AUTO(cs_entry_writer_free_p) = NULL;
	struct cs_entry e = file_literal("path", 1, 0);
	struct cs_digest digest;
	struct cs_limits limits;
	void *data = &digest;
	size_t len = 7;

	cs_limits_init(&limits);
	assert_done(cs_entry_writer_new(&limits, &w, &err));
	assert_done(cs_entry_writer_add(w, &e, &err));
	assert_done(cs_entry_writer_add(w, &e, &err));
	assert_code(CS_USAGE, cs_entry_writer_finish(w, &digest, &data, &len, &err));
	assert_ptr_equal(&digest, data);
	assert_int_equal(7, len);
}

/* Many entries, unsorted, over many batches and windows. */
static void many_entries(void **state CS_UNUSED)
{
	struct cs_entry_writer *w CS_AUTO(cs_entry_writer_free_p) = NULL;
	struct cs_entry_reader *r CS_AUTO(cs_entry_reader_free_p) = NULL;
	enum { N = 20011 };
	struct cs_digest digest;
	struct cs_limits limits;
	struct cs_entry e;
	void *data = NULL;
	char path[64];
	size_t len;

	cs_limits_init(&limits);
	assert_done(cs_entry_writer_new(&limits, &w, &err));
	for (uint32_t i = 0; i < N; i++) {
		uint32_t k = (uint32_t)((uint64_t)i * 7919 % N);

		snprintf(path, sizeof(path), "usr/lib/dir%03u/file%05u.txt", k / 100, k);
		e = file_literal(path, (uint8_t)k, i);
		e.size = k;
		assert_done(cs_entry_writer_add(w, &e, &err));
	}
	assert_done(cs_entry_writer_finish(w, &digest, &data, &len, &err));
	assert_done(reader_new(data, len, &r, &err));
	for (uint32_t k = 0; k < N; k++) {
		assert_int_equal(0, cs_entry_reader_next(r, &e, &err));
		assert_int_equal(k, e.size);
		assert_int_equal(k, (uint64_t)e.order * 7919 % N);
		assert_int_equal((uint8_t)k, e.content.bytes[31]);
	}
	assert_int_equal(1, cs_entry_reader_next(r, &e, &err));
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_become_normal),
		cmocka_unit_test(paths_have_an_order),
		cmocka_unit_test(list_round_trip),
		cmocka_unit_test(empty_list),
		cmocka_unit_test(content_digest_is_canonical),
		cmocka_unit_test(content_digest_sees),
		cmocka_unit_test(writer_refuses),
		cmocka_unit_test(writer_refuses_one_place_twice),
		cmocka_unit_test(many_entries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
