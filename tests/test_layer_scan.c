/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdlib.h>
#include <zstd.h>

#include "image/diff.h"
#include "image/layer_scan.h"
#include "support/entry_list.h"
#include "support/layer.h"

static struct cs_err err;

static struct cs_digest digest_of(enum cs_digest_algo algo, const void *data, size_t len)
{
	struct cs_digest d;

	assert_done(cs_digest_of(algo, data, len, &d, &err));
	return d;
}

static void assert_digest(const struct cs_digest *want, const struct cs_digest *got)
{
	char a[CS_DIGEST_TEXT], b[CS_DIGEST_TEXT];

	assert_string_equal(cs_digest_format(want, a), cs_digest_format(got, b));
}

/* Takes the entries of a scan one by one. */
struct walk {
	struct cs_entry_reader *reader;
	struct cs_entry entry;
};

static void walk_open(struct walk *w, const struct cs_layer_scan *s)
{
	struct cs_limits limits;

	cs_limits_init(&limits);
	assert_done(cs_entry_reader_new(&limits, s->manifest, s->manifest_bytes, &w->reader, &err));
}

static const struct cs_entry *walk_next(struct walk *w, const char *path)
{
	assert_int_equal(0, cs_entry_reader_next(w->reader, &w->entry, &err));
	assert_string_equal(path, w->entry.path);
	return &w->entry;
}

static void walk_close(struct walk *w)
{
	assert_int_equal(1, cs_entry_reader_next(w->reader, &w->entry, &err));
	cs_entry_reader_free(w->reader);
}

static void every_kind(void **state CS_UNUSED)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layer_scan s CS_AUTO(cs_layer_scan_release);
	struct cs_digest d;
	const struct cs_entry *e;
	struct walk w;

	every_kind_add(&tar);
	assert_done(scan(tar.data, tar.len, &s, &err));
	assert_int_equal(14, s.counts.entries);
	assert_int_equal(4, s.counts.files);
	assert_int_equal(4 + 3 + 0 + 5, s.counts.file_bytes);
	assert_int_equal(1, s.counts.directories);
	assert_int_equal(1, s.counts.symlinks);
	assert_int_equal(1, s.counts.hardlinks);
	assert_int_equal(3, s.counts.whiteouts);
	assert_int_equal(3, s.counts.devices);
	assert_int_equal(1, s.counts.fifos);
	assert_int_equal(0, s.counts.sparse);
	d = digest_of(CS_DIGEST_SHA256, tar.data, tar.len);
	assert_digest(&d, &s.blob_digest);
	assert_digest(&d, &s.diff_id);
	assert_int_equal(tar.len, s.blob_bytes);
	assert_int_equal(tar.len, s.tar_bytes);
	assert_int_equal(CS_CODING_NONE, s.coding);

	walk_open(&w, &s);
	walk_next(&w, ".");
	walk_next(&w, "dev/fifo");
	walk_next(&w, "dev/gone");
	assert_int_equal(3, walk_next(&w, "dev/null")->dev_minor);
	assert_int_equal(8, walk_next(&w, "dev/sda")->dev_major);
	walk_next(&w, "etc/.wh..wh..opq");
	walk_next(&w, "etc/.wh.folder");
	walk_next(&w, "etc/.wh.passwd");
	walk_next(&w, "etc/.wh.x/file");
	e = walk_next(&w, "etc/empty");
	d = digest_of(CS_DIGEST_SHA256, "", 0);
	assert_digest(&d, &e->content);
	assert_string_equal("usr/bin/tool", walk_next(&w, "usr/bin/hard")->target);
	assert_string_equal("./tool/", walk_next(&w, "usr/bin/soft")->target);
	e = walk_next(&w, "usr/bin/tool");
	d = digest_of(CS_DIGEST_SHA256, "tool", 4);
	assert_digest(&d, &e->content);
	assert_int_equal(04755, e->mode);
	assert_int_equal(3, e->uid);
	assert_int_equal(4, e->gid);
	assert_int_equal(77, e->mtime_s);
	assert_string_equal("root", e->uname);
	assert_int_equal(1, e->order);
	e = walk_next(&w, "usr/bin/tool");
	d = digest_of(CS_DIGEST_SHA256, "tool2", 5);
	assert_digest(&d, &e->content);
	assert_int_equal(13, e->order);
	walk_close(&w);
}

/* --- codings and digests --- */

static void codings(void **state CS_UNUSED)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf gz CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf zst CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layer_scan plain CS_AUTO(cs_layer_scan_release);
	struct cs_digest diff_id, d;

	every_kind_add(&tar);
	/* Behind the end of the tar there may be more; it belongs to the layer's bytes. */
	for (unsigned i = 0; i < 100000; i++)
		assert_int_equal(0, cs_buf_printf(&tar, "more %u", i));
	diff_id = digest_of(CS_DIGEST_SHA256, tar.data, tar.len);
	assert_done(scan(tar.data, tar.len, &plain, &err));
	assert_digest(&diff_id, &plain.diff_id);
	/* Two members, as estargz has them. */
	gzip_add(&gz, tar.data, 1000);
	gzip_add(&gz, tar.data + 1000, tar.len - 1000);
	assert_int_equal(0, cs_buf_reserve(&zst, tar.len + 1024));
	zst.len = ZSTD_compress(zst.data, zst.cap, tar.data, tar.len, 3);
	for (int i = 0; i < 2; i++) {
		const struct cs_buf *in = i ? &zst : &gz;
		struct cs_layer_scan s CS_AUTO(cs_layer_scan_release);

		assert_done(scan(in->data, in->len, &s, &err));
		assert_int_equal(i ? CS_CODING_ZSTD : CS_CODING_GZIP, s.coding);
		d = digest_of(CS_DIGEST_SHA256, in->data, in->len);
		assert_digest(&d, &s.blob_digest);
		assert_digest(&diff_id, &s.diff_id);
		assert_int_equal(in->len, s.blob_bytes);
		assert_int_equal(tar.len, s.tar_bytes);
		assert_digest(&plain.content_digest, &s.content_digest);
		assert_int_equal(plain.manifest_bytes, s.manifest_bytes);
		assert_memory_equal(plain.manifest, s.manifest, s.manifest_bytes);
	}
}

static void algorithms(void **state CS_UNUSED)
{
	static const enum cs_digest_algo algos[] = { CS_DIGEST_SHA256, CS_DIGEST_SHA512 };
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf gz CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_ctx ctx;

	cs_ctx_init(&ctx);
	every_kind_add(&tar);
	gzip_add(&gz, tar.data, tar.len);
	for (unsigned i = 0; i < 16; i++) {
		_Atomic int spare = 1;
		struct cs_layer_scan_options o = { algos[i & 1], algos[i >> 1 & 1], -1,
						   i & 8 ? &spare : NULL };
		const struct cs_buf *in = i & 4 ? &gz : &tar;
		struct cs_layer_scan s CS_AUTO(cs_layer_scan_release);
		struct cs_digest d;

		assert_done(scan_with(&ctx, in->data, in->len, &o, &s, &err));
		d = digest_of(o.blob_algo, in->data, in->len);
		assert_digest(&d, &s.blob_digest);
		d = digest_of(o.diff_algo, tar.data, tar.len);
		assert_digest(&d, &s.diff_id);
		assert_int_equal(CS_DIGEST_SHA256, s.content_digest.algo);
		assert_int_equal(tar.len, s.tar_bytes);
	}
}

static void empty_layer(void **state CS_UNUSED)
{
	static const char zeros[1024];
	struct cs_layer_scan s CS_AUTO(cs_layer_scan_release);
	struct cs_digest d = digest_of(CS_DIGEST_SHA256, zeros, sizeof(zeros));

	assert_done(scan(zeros, sizeof(zeros), &s, &err));
	assert_int_equal(0, s.counts.entries);
	assert_digest(&d, &s.diff_id);
	d = digest_of(CS_DIGEST_SHA256, "cachestat-entries-1\n", 20);
	assert_digest(&d, &s.content_digest);
}

/* --- sparse files --- */

/* A file of GNU.sparse 0.1: map "offset,length,…" over data. */
static void sparse_add(struct cs_buf *tar, const char *name, const char *size, const char *map,
		       const char *data)
{
	struct cs_buf records CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	unsigned commas = 0;
	char blocks[16];

	for (const char *p = map; *p; p++)
		commas += *p == ',';
	snprintf(blocks, sizeof(blocks), "%u", (commas + 1) / 2);
	tarball_pax_record(&records, "GNU.sparse.size", size);
	tarball_pax_record(&records, "GNU.sparse.numblocks", blocks);
	tarball_pax_record(&records, "GNU.sparse.map", map);
	tarball_pax_record(&records, "GNU.sparse.name", name);
	tarball_pax(tar, &records);
	ADD(tar, .name = "x", .mode = 0644, .data = data, .len = strlen(data));
}

/* By the words of layer_scan.h. */
static struct cs_digest sparse_digest(const int64_t *runs, size_t n, int64_t size, const char *data)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_digest d = digest_of(CS_DIGEST_SHA256, data, strlen(data));

	cs_buf_puts(&buf, "cachestat-sparse-1\n");
	for (size_t i = 0; i <= n; i++) {
		uint64_t v = (uint64_t)(i < n ? runs[i] : size);

		for (int k = 0; k < 8; k++)
			cs_buf_putc(&buf, (char)(v >> 8 * k));
	}
	cs_buf_add(&buf, d.bytes, 32);
	return digest_of(CS_DIGEST_SHA256, buf.data, buf.len);
}

static void sparse_files(void **state CS_UNUSED)
{
	static const int64_t holes[] = { 0, 3, 10, 2 }, huge[] = { 1000, 5 };
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layer_scan s CS_AUTO(cs_layer_scan_release);
	struct cs_digest d;
	struct walk w;

	sparse_add(&tar, "a", "20", "0,3,10,2,20,0", "abcde");
	sparse_add(&tar, "b", "9223372036854775807", "1000,5", "abcde");
	sparse_add(&tar, "c", "9223372036854775807", "9223372036854775807,0", "");
	/* Runs that touch are one, and one over all of the file is no hole. */
	sparse_add(&tar, "d", "20", "0,1,1,2,10,2", "abcde");
	sparse_add(&tar, "e", "5", "0,2,2,3", "abcde");
	ADD(&tar, .name = "f", .mode = 0644, .data = "abcde", .len = 5);
	tarball_end(&tar);
	assert_done(scan(tar.data, tar.len, &s, &err));
	assert_int_equal(6, s.counts.files);
	assert_true(s.counts.file_bytes == INT64_MAX);
	assert_in_range(s.counts.sparse, 4, 5);

	walk_open(&w, &s);
	d = sparse_digest(holes, 4, 20, "abcde");
	assert_digest(&d, &walk_next(&w, "a")->content);
	assert_true(w.entry.sparse);
	assert_int_equal(20, w.entry.size);
	d = sparse_digest(huge, 2, INT64_MAX, "abcde");
	assert_digest(&d, &walk_next(&w, "b")->content);
	d = sparse_digest(NULL, 0, INT64_MAX, "");
	assert_digest(&d, &walk_next(&w, "c")->content);
	d = sparse_digest(holes, 4, 20, "abcde");
	assert_digest(&d, &walk_next(&w, "d")->content);
	d = digest_of(CS_DIGEST_SHA256, "abcde", 5);
	assert_digest(&d, &walk_next(&w, "e")->content);
	assert_digest(&d, &walk_next(&w, "f")->content);
	assert_false(w.entry.sparse);
	walk_close(&w);
}

static void xattrs_add(struct cs_buf *tar, bool reversed, const char *value)
{
	struct cs_buf records CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (int i = 0; i < 2; i++)
		if (i == reversed)
			tarball_pax_record(&records, "SCHILY.xattr.user.a", "1");
		else
			tarball_pax_record(&records, "SCHILY.xattr.user.b", value);
	tarball_pax(tar, &records);
	ADD(tar, .name = "file", .data = "x", .len = 1);
	ADD(tar, .name = "none", .data = "x", .len = 1);
	tarball_end(tar);
}

static void extended_attributes(void **state CS_UNUSED)
{
	static const char want[] = "x\6\0\0\0\0\0\0\0user.a\1\0\0\0\0\0\0\0"
				   "1"
				   "x\6\0\0\0\0\0\0\0user.b\2\0\0\0\0\0\0\0"
				   "22";
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layer_scan a CS_AUTO(cs_layer_scan_release);
	struct cs_layer_scan b CS_AUTO(cs_layer_scan_release);
	struct cs_layer_scan c CS_AUTO(cs_layer_scan_release);
	struct cs_digest d;
	struct walk w;

	xattrs_add(&tar, false, "22");
	assert_done(scan(tar.data, tar.len, &a, &err));
	cs_buf_reset(&tar);
	xattrs_add(&tar, true, "22");
	assert_done(scan(tar.data, tar.len, &b, &err));
	assert_digest(&a.content_digest, &b.content_digest);
	assert_false(cs_digest_equal(&a.diff_id, &b.diff_id));
	cs_buf_reset(&tar);
	xattrs_add(&tar, true, "23");
	assert_done(scan(tar.data, tar.len, &c, &err));
	assert_false(cs_digest_equal(&a.content_digest, &c.content_digest));

	walk_open(&w, &a);
	d = digest_of(CS_DIGEST_SHA256, want, sizeof(want) - 1);
	assert_digest(&d, &walk_next(&w, "file")->xattrs);
	/* The attributes' bytes are not in the content's digest. */
	d = digest_of(CS_DIGEST_SHA256, "x", 1);
	assert_digest(&d, &w.entry.content);
	assert_int_equal(CS_DIGEST_NONE, walk_next(&w, "none")->xattrs.algo);
	walk_close(&w);
}

/* --- differences of real tars --- */

static void assert_class(enum cs_diff_class want, bool same_content, const struct cs_buf *a,
			 const struct cs_buf *b)
{
	struct cs_layer_scan x CS_AUTO(cs_layer_scan_release);
	struct cs_layer_scan y CS_AUTO(cs_layer_scan_release);
	enum cs_diff_class got;
	struct cs_limits bounds;

	cs_limits_init(&bounds);
	assert_done(scan(a->data, a->len, &x, &err));
	assert_done(scan(b->data, b->len, &y, &err));
	assert_false(cs_digest_equal(&x.diff_id, &y.diff_id));
	assert_int_equal(same_content, cs_digest_equal(&x.content_digest, &y.content_digest));
	assert_done(cs_entries_diff(&bounds, x.manifest, x.manifest_bytes, y.manifest,
				    y.manifest_bytes, NULL, NULL, &got, &err));
	assert_int_equal(want, got);
}

#define AGAINST(want, same, ...)                                                                   \
	do {                                                                                       \
		struct cs_buf b CS_AUTO(cs_buf_release) = CS_BUF_INIT;                             \
		__VA_ARGS__;                                                                       \
		tarball_end(&b);                                                                   \
		assert_class(want, same, &a, &b);                                                  \
	} while (0)

static void classes_of_tars(void **state CS_UNUSED)
{
	struct cs_buf a CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf comment CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	ADD(&a, .name = "f", .data = "x", .len = 1);
	ADD(&a, .name = "g", .data = "y", .len = 1);
	tarball_end(&a);
	AGAINST(CS_DIFF_TIME_ONLY, true, ADD(&b, .name = "f", .mtime = 5, .data = "x", .len = 1);
		ADD(&b, .name = "g", .data = "y", .len = 1));
	AGAINST(CS_DIFF_ORDER_ONLY, true, ADD(&b, .name = "g", .data = "y", .len = 1);
		ADD(&b, .name = "f", .data = "x", .len = 1));
	AGAINST(CS_DIFF_METADATA_ONLY, false, ADD(&b, .name = "f", .uid = 1, .data = "x", .len = 1);
		ADD(&b, .name = "g", .data = "y", .len = 1));
	AGAINST(CS_DIFF_METADATA_ONLY, true,
		ADD(&b, .name = "f", .uname = "root", .data = "x", .len = 1);
		ADD(&b, .name = "g", .data = "y", .len = 1));
	AGAINST(CS_DIFF_METADATA_ONLY, true, ADD(&b, .name = "./f", .data = "x", .len = 1);
		ADD(&b, .name = "./g", .data = "y", .len = 1));
	tarball_pax_record(&comment, "comment", "none");
	AGAINST(CS_DIFF_METADATA_ONLY, true, tarball_pax(&b, &comment);
		ADD(&b, .name = "f", .data = "x", .len = 1);
		ADD(&b, .name = "g", .data = "y", .len = 1));
	AGAINST(CS_DIFF_CONTENT, false, ADD(&b, .name = "f", .data = "z", .len = 1);
		ADD(&b, .name = "g", .data = "y", .len = 1));
	AGAINST(CS_DIFF_CONTENT, false, ADD(&b, .name = "f", .data = "x", .len = 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),	   cmocka_unit_test(codings),
		cmocka_unit_test(algorithms),	   cmocka_unit_test(empty_layer),
		cmocka_unit_test(sparse_files),	   cmocka_unit_test(extended_attributes),
		cmocka_unit_test(classes_of_tars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
