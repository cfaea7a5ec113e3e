/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry lists: bytes as they are, or, with 'l' before them, as what stands inside the compression;
 * the byte behind says of how many digests, of all zeros, which are not worth the mutations.
 * What can be read is written again and must come back; two lists are compared.
 */
#include <zstd.h>

#include "fuzz/fuzz.h"
#include "image/diff.h"
#include "image/entries_code.h"

struct list {
	void *data;
	size_t len;
	struct cs_digest content;
};

/* Reads a list into a writer: as many entries, or negative. */
static int copy(const struct cs_limits *limits, const void *data, size_t len,
		struct cs_entry_writer *w, struct cs_buf *last)
{
	struct cs_entry_reader *reader CS_AUTO(cs_entry_reader_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	struct cs_entry e;
	int n = 0, r = cs_entry_reader_new(limits, data, len, &reader, &err);

	while (r == 0 && (r = cs_entry_reader_next(reader, &e, &err)) == 0) {
		must(e.path && *e.path && e.size >= 0);
		must(!n || cs_entry_path_compare(last->data, e.path) <= 0);
		must(cs_entry_path_set(last, e.path) == 0 && strcmp(last->data, e.path) == 0);
		must(cs_entry_writer_add(w, &e, &err) == 0);
		n++;
	}
	fuzz_result(r, &err);
	return r == 1 ? n : -1;
}

static int rewrite(const struct cs_limits *limits, const void *data, size_t len, struct list *ret)
{
	struct cs_entry_writer *w CS_AUTO(cs_entry_writer_free_p) = NULL;
	struct cs_buf last CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_err err = CS_ERR_INIT;
	int n;

	must(cs_entry_writer_new(limits, &w, &err) == 0);
	n = copy(limits, data, len, w, &last);
	if (n >= 0)
		must(cs_entry_writer_finish(w, &ret->content, &ret->data, &ret->len, &err) == 0);
	return n;
}

static int count(void *arg, const struct cs_entry *a, const struct cs_entry *b, unsigned changes,
		 struct cs_err *err CS_UNUSED)
{
	must((a || b) && changes);
	must(!a == (changes == CS_CHANGE_ADDED) && !b == (changes == CS_CHANGE_REMOVED));
	++*(int *)arg;
	return 0;
}

static void compare(const struct cs_limits *limits, const struct list *a, const struct list *b)
{
	struct cs_err err = CS_ERR_INIT;
	enum cs_diff_class class, back;
	int n = 0, m = 0;

	must(cs_entries_diff(limits, a->data, a->len, b->data, b->len, count, &n, &class, &err) ==
	     0);
	must(cs_entries_diff(limits, b->data, b->len, a->data, a->len, count, &m, &back, &err) ==
	     0);
	must(class == back && class >= CS_DIFF_TIME_ONLY && class <= CS_DIFF_CONTENT);
}

/* One entry, the last, changed or left out. */
static void compare_cut(const struct cs_limits *limits, const struct list *a, int n)
{
	struct cs_entry_reader *reader CS_AUTO(cs_entry_reader_free_p) = NULL;
	struct cs_entry_writer *w CS_AUTO(cs_entry_writer_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	struct list b = { NULL, 0, { 0 } };
	struct cs_entry e;

	must(cs_entry_writer_new(limits, &w, &err) == 0);
	must(cs_entry_reader_new(limits, a->data, a->len, &reader, &err) == 0);
	for (int i = 0; i < n && cs_entry_reader_next(reader, &e, &err) == 0; i++) {
		e.mode ^= i % 3 == 0;
		e.mtime_s ^= i % 5 == 0;
		if (i != n / 2)
			must(cs_entry_writer_add(w, &e, &err) == 0);
	}
	must(cs_entry_writer_finish(w, &b.content, &b.data, &b.len, &err) == 0);
	compare(limits, a, &b);
	free(b.data);
}

static void frame_add(struct cs_buf *to, const uint8_t *data, size_t len)
{
	size_t room = ZSTD_compressBound(len), n;

	must(cs_buf_reserve(to, room) == 0);
	n = ZSTD_compress(to->data + to->len, room, data, len, 1);
	must(!ZSTD_isError(n));
	to->len += n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct list a = { NULL, 0, { 0 } }, b = { NULL, 0, { 0 } };
	struct cs_buf packed CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_ctx ctx;
	int n;

	fuzz_ctx_init(&ctx);
	if (len > 1 && data[0] == 'l') {
		static const uint8_t zeros[255 * 32];

		must(cs_buf_putc(&packed, CS_ENTRIES_VERSION) == 0);
		frame_add(&packed, data + 2, len - 2);
		if (data[1])
			frame_add(&packed, zeros, data[1] * (size_t)32);
		n = rewrite(&ctx.limits, packed.data, packed.len, &a);
	} else {
		n = rewrite(&ctx.limits, data, len, &a);
	}
	if (n < 0)
		return 0;
	must(rewrite(&ctx.limits, a.data, a.len, &b) == n);
	must(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	must(cs_digest_equal(&a.content, &b.content));
	compare(&ctx.limits, &a, &b);
	compare_cut(&ctx.limits, &a, n);
	free(a.data);
	free(b.data);
	return 0;
}
