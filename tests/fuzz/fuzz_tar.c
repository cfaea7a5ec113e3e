/* SPDX-License-Identifier: Apache-2.0 */
/* A tar walked entry by entry, in blocks of any size, and the index of the same bytes. */
#include "fuzz/fuzz.h"
#include "image/members.h"
#include "io/tar.h"

struct walk {
	struct cs_buf text; /* what was seen, to be compared */
	int r;
};

static void walk_data(struct cs_tar *tar, const struct cs_tar_entry *e, struct walk *w,
		      struct cs_err *err)
{
	int64_t offset, end = 0;
	const uint8_t *block;
	size_t n;
	int r;

	while ((r = cs_tar_data(tar, &block, &n, &offset, err)) == 0) {
		must(offset >= end && offset <= INT64_MAX - (int64_t)n);
		must(offset + (int64_t)n <= e->size);
		end = offset + (int64_t)n;
	}
	fuzz_result(r, err);
	must(r < 0 || e->sparse || end == e->size || e->type != CS_ENTRY_FILE);
	must(cs_buf_printf(&w->text, "data to %lld\n", r < 0 ? -1 : (long long)end) == 0);
}

static struct walk walk(const struct cs_ctx *ctx, const uint8_t *data, size_t len, size_t step,
			bool read_data)
{
	struct cs_stream *in CS_AUTO(cs_stream_close_p) = fuzz_stream(data, len, step);
	struct cs_tar *tar CS_AUTO(cs_tar_close_p) = NULL;
	struct cs_hasher *h CS_AUTO(cs_hasher_free_p) = NULL;
	struct walk w = { CS_BUF_INIT, 0 };
	struct cs_err err = CS_ERR_INIT;
	struct cs_tar_entry e;

	must(cs_hasher_new(CS_DIGEST_SHA256, &h, &err) == 0);
	w.r = cs_tar_open(ctx, in, &tar, &err);
	while (w.r == 0 && (w.r = cs_tar_next(tar, &e, &err)) == 0) {
		must(e.path && e.size >= 0 && e.mtime_ns < 1000000000 && e.mode <= 07777);
		must((e.type == CS_ENTRY_SYMLINK || e.type == CS_ENTRY_HARDLINK) || !e.target);
		(void)cs_tar_xattrs_hash(tar, h);
		must(cs_buf_printf(&w.text, "%d %s %s %o %lld %lld\n", e.type, e.path,
				   e.target ? e.target : "-", e.mode, (long long)e.size,
				   (long long)e.mtime_s) == 0);
		if (read_data)
			walk_data(tar, &e, &w, &err);
	}
	fuzz_result(w.r, &err);
	return w;
}

struct seen {
	struct cs_members *members;
	int64_t size;
	int n;
};

static int index_one(void *arg, const struct cs_tar_member *m, struct cs_err *err)
{
	struct seen *seen = arg;
	int r;

	must(m->path && m->offset >= 0 && m->size >= 0 && m->offset <= seen->size);
	must(m->size <= seen->size - m->offset);
	seen->n++;
	if (m->target)
		r = cs_members_add_link(seen->members, m->path, m->target,
					m->type == CS_ENTRY_SYMLINK, err);
	else
		r = cs_members_add(seen->members, m->path, m->offset, m->size, NULL, err);
	return r < 0 ? r : 0;
}

static void drop(void *data)
{
	must(!data);
}

static void check_index(const struct cs_ctx *ctx, const uint8_t *data, size_t len)
{
	struct cs_members *members CS_AUTO(cs_members_free_p) = NULL;
	struct seen seen = { NULL, (int64_t)len, 0 };
	struct cs_err err = CS_ERR_INIT;
	const struct cs_member *found;
	int r, fd = fuzz_file(data, len);

	must(cs_members_new(&ctx->limits, &members, &err) == 0);
	seen.members = members;
	r = cs_tar_index(ctx, fd, (int64_t)len, index_one, &seen, &err);
	close(fd);
	fuzz_result(r, &err);
	if (r != 0)
		return;
	cs_members_finish(members, drop);
	for (size_t i = 0; i < cs_members_count(members); i++) {
		const struct cs_member *m = cs_members_at(members, i);

		must(m->name && *m->name && *m->name != '/');
		must(!i || strcmp(cs_members_at(members, i - 1)->name, m->name) < 0);
		r = cs_members_find(members, m->name, &found, &err);
		fuzz_result(r, &err);
		must(r != 0 || !found->target);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct walk whole, parts;
	struct cs_ctx ctx;

	fuzz_ctx_init(&ctx);
	ctx.limits.path_bytes = 4096;
	ctx.limits.pax_bytes = 64 << 10;
	whole = walk(&ctx, data, len, len + !len, true);
	parts = walk(&ctx, data, len, 1 + len % 600, true);
	must(whole.r == parts.r && whole.text.len == parts.text.len);
	must(!whole.text.len || memcmp(whole.text.data, parts.text.data, whole.text.len) == 0);
	cs_buf_release(&parts.text);
	parts = walk(&ctx, data, len, 512, false);
	cs_buf_release(&whole.text);
	cs_buf_release(&parts.text);
	check_index(&ctx, data, len);
	return 0;
}
