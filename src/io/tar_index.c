/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "docker save" of some gigabytes, of which the first thing needed is a document of some hundred
 * bytes near the end: with pread and skips only headers are read. libarchive does not say where an
 * entry's data lies in the file, so it is taken from its position behind the header, and each
 * member is passed on only when skipping it led exactly to where its data, rounded up to blocks,
 * ends. Where it does not (sparse files in any dialect), the caller must stream.
 */
#include "io/tar_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "io/stream_priv.h"

#define INDEX_BLOCK ((size_t)16 << 10) /* headers are far between */

struct index_source {
	const struct cs_ctx *ctx;
	int fd;
	int64_t at, size;
	uint8_t *block;
};

/* The member that waits for the next header. */
struct index_pending {
	bool any;
	struct cs_tar_member m;
	struct cs_buf names; /* path, NUL, target */
};

static int index_read(void *arg, const uint8_t **ret_data, size_t *ret_len, struct cs_err *err)
{
	struct index_source *s = arg;
	int64_t left = s->size - s->at;
	size_t want = left < (int64_t)INDEX_BLOCK ? (size_t)left : INDEX_BLOCK;
	ssize_t n;

	if (left <= 0)
		return 1;
	do {
		int r = cs_ctx_check(s->ctx, err);

		if (r < 0)
			return r;
		n = pread(s->fd, s->block, want, s->at);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return cs_err_errno(err, errno, "cannot read at offset %" PRId64, s->at);
	if (n == 0)
		return cs_err_set(err, CS_FORMAT, "truncated: %" PRId64 " bytes missing", left);
	s->at += n;
	cs_stream_progress(s->ctx, (size_t)n, s->at, s->size);
	*ret_data = s->block;
	*ret_len = (size_t)n;
	return 0;
}

static int64_t index_skip(void *arg, int64_t want)
{
	struct index_source *s = arg;
	int64_t left = s->size - s->at;

	if (want > left)
		want = left > 0 ? left : 0;
	s->at += want;
	return want;
}

static void pending_release(struct index_pending *p)
{
	cs_buf_release(&p->names);
}

static int pending_set(struct index_pending *p, struct cs_tar *tar, const struct cs_tar_entry *e,
		       struct cs_err *err)
{
	size_t path_len = strlen(e->path) + 1;

	cs_buf_reset(&p->names);
	if (cs_buf_add(&p->names, e->path, path_len) < 0 ||
	    (e->target && cs_buf_puts(&p->names, e->target) < 0))
		return cs_err_nomem(err);
	p->m = (struct cs_tar_member){ .path = p->names.data,
				       .target = e->target ? p->names.data + path_len : NULL,
				       .type = e->type,
				       .offset = cs_tar_position(tar),
				       .size = e->size };
	p->any = true;
	return 0;
}

static bool pending_fits(const struct index_pending *p, int64_t data_end)
{
	/* Only files have data of theirs; a link's body, where there is one, is nobody's. */
	if (p->m.type != CS_ENTRY_FILE)
		return true;
	if (p->m.size > INT64_MAX - 511 - p->m.offset)
		return false;
	return data_end == p->m.offset + ((p->m.size + 511) & ~INT64_C(511));
}

static int index_walk(struct cs_tar *tar, struct index_pending *p,
		      int (*fn)(void *arg, const struct cs_tar_member *m, struct cs_err *err),
		      void *arg, struct cs_err *err)
{
	for (;;) {
		struct cs_tar_entry e;
		int r = cs_tar_next(tar, &e, err);
		bool more = r == 0;

		if (r < 0)
			return tar->foreign ? 1 : r;
		if (p->any && !pending_fits(p, tar->data_end))
			return 1;
		if (p->any)
			r = fn(arg, &p->m, err);
		if (!more || r < 0)
			return r < 0 ? r : 0;
		if (e.sparse)
			return 1;
		r = pending_set(p, tar, &e, err);
		if (r < 0)
			return r;
	}
}

int cs_tar_index(const struct cs_ctx *ctx, int fd, int64_t file_size,
		 int (*fn)(void *arg, const struct cs_tar_member *m, struct cs_err *err), void *arg,
		 struct cs_err *err)
{
	uint8_t *block CS_AUTO(cs_free_p) = malloc(INDEX_BLOCK);
	struct index_pending pending CS_AUTO(pending_release) = { .any = false };
	struct index_source source = { ctx, fd, 0, file_size, block };
	struct cs_tar_source tar_source = { index_read, index_skip, &source };
	struct cs_tar *tar CS_AUTO(cs_tar_close_p) = NULL;
	int r;

	if (!block)
		return cs_err_nomem(err);
	r = cs_tar_open_source(ctx, &tar_source, &tar, err);
	if (r < 0)
		return r;
	return index_walk(tar, &pending, fn, arg, err);
}
