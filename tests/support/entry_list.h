/* SPDX-License-Identifier: Apache-2.0 */
/* Entry lists from literals. */
#ifndef CS_TESTS_SUPPORT_ENTRY_LIST_H
#define CS_TESTS_SUPPORT_ENTRY_LIST_H

#include "image/entries.h"

struct entry_list {
	void *data;
	size_t len;
	struct cs_digest content;
};

/* A digest whose bytes are all seed. */
static inline struct cs_digest digest_literal(uint8_t seed)
{
	struct cs_digest d = { .algo = CS_DIGEST_SHA256 };

	memset(d.bytes, seed, 32);
	return d;
}

static inline struct cs_entry file_literal(const char *path, uint8_t seed, uint32_t order)
{
	return (struct cs_entry){ .path = path,
				  .type = CS_ENTRY_FILE,
				  .mode = 0644,
				  .size = seed,
				  .mtime_s = 1700000000,
				  .order = order,
				  .content = digest_literal(seed) };
}

/* Adds and finishes; fails the test on an error. */
static inline struct entry_list entry_list_make(const struct cs_entry *v, size_t n)
{
	struct entry_list list = { NULL, 0, { 0 } };
	struct cs_entry_writer *w CS_AUTO(cs_entry_writer_free_p) = NULL;
	struct cs_limits limits;
	struct cs_err err;

	cs_limits_init(&limits);
	assert_done(cs_entry_writer_new(&limits, &w, &err));
	for (size_t i = 0; i < n; i++)
		assert_done(cs_entry_writer_add(w, &v[i], &err));
	assert_done(cs_entry_writer_finish(w, &list.content, &list.data, &list.len, &err));
	return list;
}

static inline void entry_list_release(struct entry_list *list)
{
	free(list->data);
	list->data = NULL;
}

static inline int reader_new(const void *data, size_t len, struct cs_entry_reader **ret,
			     struct cs_err *err)
{
	struct cs_limits limits;

	cs_limits_init(&limits);
	return cs_entry_reader_new(&limits, data, len, ret, err);
}

/* Reads all of a list: how many entries, or the first failure. */
static inline int list_read(const void *data, size_t len, struct cs_err *err)
{
	struct cs_entry_reader *r CS_AUTO(cs_entry_reader_free_p) = NULL;
	struct cs_buf last CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_entry e;
	int n = 0, rc = reader_new(data, len, &r, err);

	if (rc < 0)
		return rc;
	while ((rc = cs_entry_reader_next(r, &e, err)) == 0) {
		if (n++)
			assert_true(cs_entry_path_compare(last.data, e.path) <= 0);
		assert_int_equal(0, cs_entry_path_set(&last, e.path));
		assert_string_equal(last.data, e.path);
	}
	return rc == 1 ? n : rc;
}

/* Every kind with its extremes, not in path order; the same path twice. */
static const struct cs_entry entry_samples[] = {
	{ .path = "usr/bin/tool",
	  .type = CS_ENTRY_FILE,
	  .mode = 04755,
	  .uid = 1000,
	  .gid = -1,
	  .uname = "root",
	  .gname = "wheel",
	  .size = INT64_MAX,
	  .mtime_s = -1,
	  .mtime_ns = 999999999,
	  .order = 0,
	  .sparse = true,
	  .content = { CS_DIGEST_SHA256, { 1 } },
	  .xattrs = { CS_DIGEST_SHA256, { 2 } } },
	{ .path = "usr",
	  .type = CS_ENTRY_DIRECTORY,
	  .mode = 0755,
	  .mtime_s = INT64_MIN,
	  .order = 1 },
	{ .path = "usr/bin/link",
	  .type = CS_ENTRY_SYMLINK,
	  .target = "../../x y",
	  .mode = 0777,
	  .mtime_s = INT64_MAX,
	  .order = 2 },
	{ .path = "usr/bin/hard",
	  .type = CS_ENTRY_HARDLINK,
	  .target = "usr/bin/tool",
	  .order = 3,
	  .uid = INT64_MAX,
	  .gid = INT64_MIN },
	{ .path = "dev/null",
	  .type = CS_ENTRY_CHAR,
	  .dev_major = 1,
	  .dev_minor = UINT32_MAX,
	  .gname = "dev",
	  .order = 4 },
	{ .path = "dev/sda",
	  .type = CS_ENTRY_BLOCK,
	  .dev_major = 8,
	  .order = 5,
	  .xattrs = { CS_DIGEST_SHA256, { 3 } } },
	{ .path = "run/fifo", .type = CS_ENTRY_FIFO, .order = 6 },
	{ .path = "usr/bin/.wh.gone", .type = CS_ENTRY_FILE, .order = 7 },
	{ .path = "usr/bin/tool",
	  .type = CS_ENTRY_FILE,
	  .mode = 0644,
	  .order = 8,
	  .size = 1,
	  .content = { CS_DIGEST_SHA256, { 4 } } },
	{ .path = ".", .type = CS_ENTRY_DIRECTORY, .mode = 01777, .order = 9 },
};

#endif
