/* SPDX-License-Identifier: Apache-2.0 */
/* The tar walk and the member index, against archives and lists of other tools; bad ones are made
 * here. */
#include "support/tar.h"

#include <locale.h>
#include <time.h>
#include <unistd.h>

#include "io/tar.h"

static struct cs_err err;
static struct cs_ctx ctx;

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	return 0;
}

/* --- listings --- */

static const char *const archives[] = {
	"gnu.tar.zst",
	"pax.tar.zst",
	"ustar.tar.zst",
	"v7.tar.zst",
	"special.tar.zst",
	"sparse-gnu.tar.zst",
	"sparse-pax-0.0.tar.zst",
	"sparse-pax-0.1.tar.zst",
	"sparse-pax-1.0.tar.zst",
	"layer-estargz.tar.gz",
	"layer-zstdchunked.tar.zst",
};

static void put_text(struct cs_buf *out, const char *text)
{
	cs_buf_putc(out, ' ');
	if (!text)
		cs_buf_putc(out, '-');
	for (; text && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c > ' ' && c < 127 && c != '\\')
			cs_buf_putc(out, (char)c);
		else
			cs_buf_printf(out, "\\x%02x", c);
	}
}

static void put_digest(struct cs_buf *out, struct cs_stream *content)
{
	char text[CS_DIGEST_TEXT];
	struct cs_digest d;
	int64_t bytes;

	assert_done(cs_stream_tap(content, CS_DIGEST_SHA256, &content, &err));
	assert_done(cs_stream_drain(content, &err));
	cs_stream_tap_result(content, &bytes, &d);
	cs_stream_close(content);
	cs_buf_printf(out, " %s", strchr(cs_digest_format(&d, text), ':') + 1);
}

static const char *const type_names[] = { "file", "directory", "symlink", "hardlink",
					  "char", "block",     "fifo" };

static void put_entry(struct cs_buf *out, struct cs_tar *tar, const struct cs_tar_entry *e)
{
	cs_buf_printf(out, "%s %04o %lld %lld", type_names[e->type], e->mode, (long long)e->uid,
		      (long long)e->gid);
	put_text(out, e->uname);
	put_text(out, e->gname);
	cs_buf_printf(out, " %lld %lld.%09u", (long long)e->size, (long long)e->mtime_s,
		      e->mtime_ns);
	if (e->type == CS_ENTRY_CHAR || e->type == CS_ENTRY_BLOCK)
		cs_buf_printf(out, " %u:%u", e->dev_major, e->dev_minor);
	else
		cs_buf_puts(out, " -");
	put_text(out, e->path);
	put_text(out, e->target);
	if (e->type == CS_ENTRY_FILE) {
		struct cs_stream *content;

		assert_done(cs_tar_entry_stream(tar, &content, &err));
		put_digest(out, content);
	} else {
		cs_buf_puts(out, " -");
	}
	cs_buf_putc(out, '\n');
}

static void walk(struct cs_stream *in, struct cs_buf *out)
{
	struct cs_tar *tar;
	struct cs_tar_entry e;
	int r;

	assert_done(cs_tar_open(&ctx, in, &tar, &err));
	while ((r = cs_tar_next(tar, &e, &err)) == 0)
		put_entry(out, tar, &e);
	if (r < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(1, cs_tar_next(tar, &e, &err));
	cs_tar_close(tar);
}

static struct cs_stream *decoded(const struct cs_buf *file, size_t step)
{
	struct cs_decode_options o = { .out_max = -1 };
	struct cs_stream *s;
	enum cs_coding coding;

	assert_done(cs_stream_decode(&ctx, test_stream(file->data, file->len, step, CS_OK), &o, &s,
				     &coding, &err));
	return s;
}

static void load(const char *name, struct cs_buf *file, struct cs_buf *list)
{
	char path[256];

	snprintf(path, sizeof(path), "tar/%s", name);
	test_fixture(file, path);
	snprintf(strstr(path, ".tar."), 6, ".list");
	test_fixture(list, path);
}

static void known_archives(void **state CS_UNUSED)
{
	static const char *const locales[] = { "C", "C.UTF-8", "en_US.ISO-8859-1" };
	static const size_t steps[] = { 0, 1, 777 };

	for (size_t l = 0; l < CS_N(locales); l++) {
		if (!setlocale(LC_ALL, locales[l]))
			continue;
		for (size_t i = 0; i < CS_N(archives); i++) {
			struct cs_buf file = CS_BUF_INIT, list = CS_BUF_INIT;

			load(archives[i], &file, &list);
			for (size_t k = 0; k < CS_N(steps); k++) {
				struct cs_stream *s = decoded(&file, steps[k]);
				struct cs_buf tar = CS_BUF_INIT, got = CS_BUF_INIT;

				assert_done(test_slurp(s, &tar, &err));
				s = test_stream(tar.data, tar.len, steps[k], CS_OK);
				walk(s, &got);
				cs_stream_close(s);
				if (strcmp(list.data, got.data) != 0)
					fail_msg("%s, %s, %zu:\n%s", archives[i], locales[l],
						 steps[k], got.data);
				cs_buf_release(&tar);
				cs_buf_release(&got);
			}
			cs_buf_release(&file);
			cs_buf_release(&list);
		}
	}
	setlocale(LC_ALL, "C");
}

/* The taps below and above the decoder see every byte, though the walk ends before padding. */
static void taps_see_all(void **state CS_UNUSED)
{
	for (size_t i = 0; i < CS_N(archives); i++) {
		struct cs_buf file = CS_BUF_INIT, list = CS_BUF_INIT, tar = CS_BUF_INIT,
			      got = CS_BUF_INIT;
		struct cs_decode_options o = { .out_max = -1 };
		struct cs_stream *blob, *diff;
		struct cs_digest want, d;
		enum cs_coding coding;
		int64_t bytes;

		load(archives[i], &file, &list);
		assert_done(test_slurp(decoded(&file, 0), &tar, &err));
		assert_done(cs_stream_tap(test_stream(file.data, file.len, 1000, CS_OK),
					  CS_DIGEST_SHA256, &blob, &err));
		assert_done(cs_stream_decode(&ctx, blob, &o, &diff, &coding, &err));
		assert_done(cs_stream_tap(diff, CS_DIGEST_SHA256, &diff, &err));
		walk(diff, &got);
		assert_done(cs_stream_drain(diff, &err));
		cs_stream_tap_result(diff, &bytes, &d);
		assert_int_equal(tar.len, bytes);
		assert_done(cs_digest_of(CS_DIGEST_SHA256, tar.data, tar.len, &want, &err));
		assert_true(cs_digest_equal(&want, &d));
		cs_stream_tap_result(blob, &bytes, &d);
		assert_int_equal(file.len, bytes);
		assert_done(cs_digest_of(CS_DIGEST_SHA256, file.data, file.len, &want, &err));
		assert_true(cs_digest_equal(&want, &d));
		cs_stream_close(diff);
		cs_buf_release(&file);
		cs_buf_release(&list);
		cs_buf_release(&tar);
		cs_buf_release(&got);
	}
}

/* --- index --- */

struct index_arg {
	struct cs_buf out;
	int fd;
	unsigned n, stop_at;
};

static int on_member(void *arg, const struct cs_tar_member *m, struct cs_err *e)
{
	struct index_arg *a = arg;
	struct cs_stream *content;

	if (a->stop_at && ++a->n == a->stop_at)
		return cs_err_set(e, CS_NODATA, "enough");
	cs_buf_puts(&a->out, type_names[m->type]);
	cs_buf_printf(&a->out, " %lld", (long long)m->size);
	put_text(&a->out, m->path);
	put_text(&a->out, m->target);
	if (m->type == CS_ENTRY_FILE) {
		assert_done(cs_stream_file_range(&ctx, a->fd, m->offset, m->size, &content, &err));
		put_digest(&a->out, content);
	} else {
		cs_buf_puts(&a->out, " -");
	}
	cs_buf_putc(&a->out, '\n');
	return 0;
}

static int index_of(const struct cs_buf *tar, struct index_arg *a)
{
	int r;

	a->fd = test_file(tar->data, tar->len);
	r = cs_tar_index(&ctx, a->fd, (int64_t)tar->len, on_member, a, &err);
	close(a->fd);
	return r;
}

/* The columns of a list that an index has too. */
static void list_columns(const char *list, struct cs_buf *out)
{
	while (*list) {
		char column[12][2048];
		int n = 0;

		assert_int_equal(12, sscanf(list,
					    "%2047s %2047s %2047s %2047s %2047s %2047s %2047s "
					    "%2047s %2047s %2047s %2047s %2047s%n",
					    column[0], column[1], column[2], column[3], column[4],
					    column[5], column[6], column[7], column[8], column[9],
					    column[10], column[11], &n));
		cs_buf_printf(out, "%s %s %s %s %s\n", column[0], column[6], column[9], column[10],
			      column[11]);
		list += n + 1;
	}
}

static void index_known_archives(void **state CS_UNUSED)
{
	for (size_t i = 0; i < CS_N(archives); i++) {
		struct cs_buf file = CS_BUF_INIT, list = CS_BUF_INIT, tar = CS_BUF_INIT,
			      want = CS_BUF_INIT;
		struct index_arg a = { .n = 0 };
		int r;

		load(archives[i], &file, &list);
		assert_int_equal(1, index_of(&file, &a)); /* compressed */
		assert_int_equal(0, a.out.len);
		assert_done(test_slurp(decoded(&file, 0), &tar, &err));
		r = index_of(&tar, &a);
		if (strstr(archives[i], "sparse")) {
			assert_int_equal(1, r);
		} else {
			assert_int_equal(0, r);
			list_columns(list.data, &want);
			assert_string_equal(want.data, a.out.data);
			a.n = 0;
			a.stop_at = 3;
			assert_code(CS_NODATA, index_of(&tar, &a));
		}
		cs_buf_release(&file);
		cs_buf_release(&list);
		cs_buf_release(&tar);
		cs_buf_release(&want);
		cs_buf_release(&a.out);
	}
}

static void index_bad(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT, body = CS_BUF_INIT, big = CS_BUF_INIT;
	struct test_tar_entry hard = {
		.name = "hard", .link = "big", .type = '1', .size = "00000001750"
	};
	struct index_arg a = { .n = 0 };
	size_t end;

	assert_int_equal(0, index_of(&tar, &a)); /* an empty file has no members */
	cs_buf_puts(&tar, "not a tar");
	assert_int_equal(1, index_of(&tar, &a));

	cs_buf_reset(&tar);
	test_fill(&big, 100000, 1);
	test_tar_file(&tar, "big", big.data);
	end = tar.len;
	assert_done(index_of(&tar, &a)); /* no end mark: some writers do so */
	for (size_t cut = 1000; cut < end; cut += 24000) {
		tar.len = cut;
		assert_code(CS_FORMAT, index_of(&tar, &a));
		assert_non_null(strstr(err.msg, "truncated"));
	}
	tar.len = end;
	test_tar_file(&tar, "small", "x");
	tar.data[end + 5] = 'y';
	assert_code(CS_FORMAT, index_of(&tar, &a));
	assert_non_null(strstr(err.msg, "100864")); /* where the bad header stands */

	/* a size that is not the one in the archive */
	tar.len = end;
	test_pax_record(&body, "SCHILY.realsize", "5", -1);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "odd", big.data);
	test_tar_end(&tar);
	assert_int_equal(1, index_of(&tar, &a));

	/* a link that claims a size and has no body */
	tar.len = end;
	test_tar_add(&tar, &hard, NULL, 0);
	test_tar_file(&tar, "small", "x");
	test_tar_end(&tar);
	cs_buf_reset(&a.out);
	assert_done(index_of(&tar, &a));
	assert_non_null(strstr(a.out.data, "hardlink 0 hard big -\nfile 1 small"));
	cs_buf_release(&tar);
	cs_buf_release(&body);
	cs_buf_release(&big);
	cs_buf_release(&a.out);
}

/* --- attributes --- */

/* The hash of the attributes of entry name, or an unknown one if it has none. */
static struct cs_digest attrs_of(const struct cs_buf *tar, const char *name)
{
	struct cs_stream *s = test_stream(tar->data, tar->len, 0, CS_OK);
	struct cs_digest d = { CS_DIGEST_NONE, { 0 } };
	struct cs_tar_entry e;
	struct cs_hasher *h;
	struct cs_tar *t;

	assert_done(cs_hasher_new(CS_DIGEST_SHA256, &h, &err));
	assert_done(cs_tar_open(&ctx, s, &t, &err));
	do {
		assert_int_equal(0, cs_tar_next(t, &e, &err));
	} while (strcmp(e.path, name) != 0);
	if (cs_tar_xattrs_hash(t, h)) {
		assert_non_null(e.xattrs);
		cs_hasher_final(h, &d);
	} else {
		assert_null(e.xattrs);
	}
	cs_tar_close(t);
	cs_stream_close(s);
	cs_hasher_free(h);
	return d;
}

static bool attrs_equal(const struct cs_buf *tar, const char *a, const char *b)
{
	struct cs_digest da = attrs_of(tar, a), db = attrs_of(tar, b);

	return cs_digest_equal(&da, &db);
}

static void attributes(void **state CS_UNUSED)
{
	struct cs_buf file = CS_BUF_INIT, tar = CS_BUF_INIT, body = CS_BUF_INIT;
	struct cs_digest d;

	test_fixture(&file, "tar/special.tar.zst");
	assert_done(test_slurp(decoded(&file, 0), &tar, &err));
	assert_true(attrs_equal(&tar, "ping", "ping-other-order"));
	assert_false(attrs_equal(&tar, "ping", "ping-less"));
	assert_true(attrs_equal(&tar, "acl", "acl"));
	assert_false(attrs_equal(&tar, "acl", "acl-other"));
	d = attrs_of(&tar, "null");
	assert_false(cs_digest_known(&d));

	/* one attribute in two dialects, as bsdtar writes it, is one; values may hold NULs */
	cs_buf_reset(&tar);
	test_pax_record(&body, "SCHILY.xattr.user.x", "a\0b", 3);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "one", "");
	test_pax_record(&body, "LIBARCHIVE.xattr.user.x", "YQBi", -1);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "two", "");
	cs_buf_reset(&body);
	test_pax_record(&body, "SCHILY.xattr.user.x", "a\0c", 3);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "three", "");
	cs_buf_reset(&body);
	test_pax_record(&body, "SCHILY.xattr.user.xa", "\0c", 2);
	test_tar_pax(&tar, &body);
	test_tar_file(&tar, "four", "");
	test_tar_end(&tar);
	assert_true(attrs_equal(&tar, "one", "two"));
	assert_false(attrs_equal(&tar, "one", "three"));
	assert_false(attrs_equal(&tar, "three", "four"));
	cs_buf_release(&file);
	cs_buf_release(&tar);
	cs_buf_release(&body);
}

/* --- sparse files --- */

#define HUGE_SIZE "9223372036854775807"

static void sparse_huge(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT, got = CS_BUF_INIT;
	struct cs_stream *s, *content;
	struct cs_tar_entry e;
	struct cs_tar *t;
	const uint8_t *data;
	int64_t offset;
	size_t len;
	time_t start = time(NULL);

	test_tar_sparse(&tar, HUGE_SIZE, "2\n1000\n3\n9223372036854775000\n2\n", "abcde");
	test_tar_file(&tar, "next", "x");
	test_tar_end(&tar);
	s = test_stream(tar.data, tar.len, 0, CS_OK);
	assert_done(cs_tar_open(&ctx, s, &t, &err));
	assert_done(cs_tar_next(t, &e, &err));
	assert_string_equal("sparse", e.path);
	assert_true(e.sparse);
	assert_true(e.size == INT64_MAX);
	assert_done(cs_tar_data(t, &data, &len, &offset, &err));
	assert_int_equal(1000, offset);
	assert_int_equal(3, len);
	assert_memory_equal("abc", data, 3);
	assert_done(cs_tar_data(t, &data, &len, &offset, &err));
	assert_true(offset == INT64_C(9223372036854775000));
	assert_int_equal(2, len);
	assert_int_equal(1, cs_tar_data(t, &data, &len, &offset, &err));
	assert_done(cs_tar_next(t, &e, &err));
	assert_string_equal("next", e.path);
	cs_tar_close(t);
	cs_stream_close(s);

	s = test_stream(tar.data, tar.len, 0, CS_OK);
	assert_done(cs_tar_open(&ctx, s, &t, &err));
	assert_done(cs_tar_next(t, &e, &err));
	assert_done(cs_tar_entry_stream(t, &content, &err));
	assert_int_equal(1, cs_stream_read_all(content, 1 << 20, &got, &err));
	assert_memory_equal("\0abc\0", got.data + 999, 5);
	assert_done(cs_tar_next(t, &e, &err));
	assert_string_equal("next", e.path);
	assert_code(CS_USAGE, cs_stream_read(content, &data, &len, &err));
	cs_stream_close(content);
	cs_tar_close(t);
	cs_stream_close(s);
	assert_true(time(NULL) - start < 2);
	cs_buf_release(&tar);
	cs_buf_release(&got);
}

/* Entries and data may be left unread, or half read. */
static void skipping(void **state CS_UNUSED)
{
	struct cs_buf tar = CS_BUF_INIT, big = CS_BUF_INIT;
	struct cs_stream *s;
	struct cs_tar_entry e;
	struct cs_tar *t;
	const uint8_t *data;
	int64_t offset;
	size_t len;

	test_fill(&big, 100000, 1);
	for (int i = 0; i < 4; i++) {
		char name[16];

		snprintf(name, sizeof(name), "file%d", i);
		test_tar_file(&tar, name, big.data);
	}
	test_tar_end(&tar);
	for (size_t step = 0; step < 3000; step += 1000) {
		s = test_stream(tar.data, tar.len, step, CS_OK);
		assert_done(cs_tar_open(&ctx, s, &t, &err));
		for (int i = 0; i < 4; i++) {
			assert_done(cs_tar_next(t, &e, &err));
			assert_int_equal('0' + i, e.path[4]);
			assert_int_equal(100000, e.size);
			for (int k = 0; k < i; k++)
				assert_done(cs_tar_data(t, &data, &len, &offset, &err));
		}
		assert_int_equal(1, cs_tar_next(t, &e, &err));
		assert_int_equal(1, cs_tar_data(t, &data, &len, &offset, &err));
		cs_tar_close(t);
		cs_stream_close(s);
	}
	cs_tar_close(NULL);
	cs_buf_release(&tar);
	cs_buf_release(&big);
}

/* Every member of every image archive: blobs by their digests, walk and index alike. */
static void corpus(void **state CS_UNUSED)
{
	static const char *const names[] = { "oci-gzip",
					     "oci-zstd",
					     "save28-graphdriver",
					     "skopeo-docker-archive",
					     "crane-legacy-v1layout",
					     "buildah-oci-archive" };
	const char *shared = getenv("CACHESTAT_SHARED");
	unsigned n_blobs = 0;

	if (!shared) {
		print_message("CACHESTAT_SHARED is not set: corpus left out\n");
		skip();
	}
	for (size_t i = 0; i < CS_N(names); i++) {
		struct cs_buf tar = CS_BUF_INIT, walked = CS_BUF_INIT, columns = CS_BUF_INIT;
		struct index_arg a = { .n = 0 };
		struct cs_stream *s;
		char path[4096];
		FILE *f;
		int c;

		snprintf(path, sizeof(path), "%s/corpus/images/%s.tar", shared, names[i]);
		f = fopen(path, "rb");
		assert_non_null(f);
		while ((c = getc(f)) != EOF)
			cs_buf_putc(&tar, (char)c);
		fclose(f);
		s = test_stream(tar.data, tar.len, 5000, CS_OK);
		walk(s, &walked);
		cs_stream_close(s);
		list_columns(walked.data, &columns);
		assert_int_equal(0, index_of(&tar, &a));
		assert_string_equal(columns.data, a.out.data);
		for (const char *at = a.out.data; (at = strstr(at, " blobs/sha256/")); at += 14) {
			if (at[14] == ' ') /* the folder */
				continue;
			assert_memory_equal(at + 14, at + 14 + 64 + 3, 64);
			n_blobs++;
		}
		cs_buf_release(&tar);
		cs_buf_release(&walked);
		cs_buf_release(&columns);
		cs_buf_release(&a.out);
	}
	assert_true(n_blobs > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_archives),
		cmocka_unit_test(taps_see_all),
		cmocka_unit_test(index_known_archives),
		cmocka_unit_test(index_bad),
		cmocka_unit_test(attributes),
		cmocka_unit_test(sparse_huge),
		cmocka_unit_test(skipping),
		cmocka_unit_test(corpus),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
