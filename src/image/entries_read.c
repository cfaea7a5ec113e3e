/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists come back from a store that others may have written to, so nothing in them is believed:
 * each length is held against a bound before memory is taken for it, paths must be normal and in
 * order. The list is decoded as it is read; reading all of it first was refused, because diff holds
 * two.
 */
#include "image/entries_code.h"

#include <string.h>
#include <zstd.h>

struct frame {
	ZSTD_DCtx *zstd;
	ZSTD_inBuffer in;
	bool done;
	struct cs_buf plain; /* decoded; [pos, len) not read yet */
	size_t pos;
};

struct cs_entry_reader {
	struct cs_limits limits;
	struct frame list, digests;
	bool failed;
	size_t text_max, record_max;
	uint64_t n, i;
	struct cs_buf path; /* of the entry before */
	struct cs_buf body; /* with its digests */
	uint32_t order;
};

static int damaged(struct cs_entry_reader *r, struct cs_err *err, const char *why)
{
	r->failed = true;
	if (r->i < r->n)
		return cs_err_set(err, CS_FORMAT, "entry list is damaged at entry %llu of %llu: %s",
				  (unsigned long long)r->i, (unsigned long long)r->n, why);
	return cs_err_set(err, CS_FORMAT, "entry list is damaged: %s", why);
}

/* Makes want bytes readable at pos; *ret_have is less only at the end of the frame. */
static int fill(struct cs_entry_reader *r, struct frame *f, size_t want, size_t *ret_have,
		struct cs_err *err)
{
	while (f->plain.len - f->pos < want && !f->done) {
		ZSTD_outBuffer to;
		size_t left;

		if (f->pos) {
			f->plain.len -= f->pos;
			memmove(f->plain.data, f->plain.data + f->pos, f->plain.len);
			f->pos = 0;
		}
		/* Memory grows with what was decoded, not with what a length claims. */
		if (cs_buf_reserve(&f->plain, ZSTD_DStreamOutSize()) < 0)
			return cs_err_nomem(err);
		to = (ZSTD_outBuffer){ f->plain.data, f->plain.cap - 1, f->plain.len };
		left = ZSTD_decompressStream(f->zstd, &to, &f->in);
		if (ZSTD_isError(left))
			return damaged(r, err, ZSTD_getErrorName(left));
		if (left && to.pos == f->plain.len && f->in.pos == f->in.size)
			return damaged(r, err, "truncated");
		f->done = left == 0;
		f->plain.len = to.pos;
	}
	*ret_have = f->plain.len - f->pos;
	return 0;
}

/* A number of the list itself: the count, or the length of an entry. */
static int number_read(struct cs_entry_reader *r, uint64_t max, uint64_t *ret, struct cs_err *err)
{
	const uint8_t *start, *p;
	size_t have = 0;
	uint64_t v;
	int rc = fill(r, &r->list, CS_VARINT_MAX, &have, err);

	if (rc < 0)
		return rc;
	start = p = (const uint8_t *)r->list.plain.data + r->list.pos;
	if (!have || !cs_varint_get(&p, start + have, &v))
		return damaged(r, err, "bad length");
	if (v > max)
		return damaged(r, err, "oversized");
	r->list.pos += (size_t)(p - start);
	*ret = v;
	return 0;
}

static int frame_init(struct frame *f, const uint8_t *data, size_t len, struct cs_err *err)
{
	f->zstd = ZSTD_createDCtx();
	if (!f->zstd)
		return cs_err_nomem(err);
	ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, CS_ENTRIES_WINDOW_LOG);
	f->in = (ZSTD_inBuffer){ data, len, 0 };
	/* There need not be a second one. */
	f->done = len == 0;
	return 0;
}

static void frame_release(struct frame *f)
{
	ZSTD_freeDCtx(f->zstd);
	cs_buf_release(&f->plain);
}

static int reader_init(struct cs_entry_reader *r, const uint8_t *data, size_t len,
		       struct cs_err *err)
{
	int64_t max = r->limits.layer_entries;
	size_t list_len;
	int rc;

	r->text_max = UINT32_MAX / 8;
	if (r->limits.path_bytes < (int64_t)r->text_max)
		r->text_max = (size_t)r->limits.path_bytes;
	r->record_max = 4 * (r->text_max + 1) + (size_t)2 * CS_VARINT_MAX + CS_BODY_MAX;
	if (len == 0)
		return damaged(r, err, "empty");
	if (data[0] != CS_ENTRIES_VERSION)
		return cs_err_set(err, CS_UNSUPPORTED,
				  "entry list is of version %u, this program reads %d", data[0],
				  CS_ENTRIES_VERSION);
	data++;
	len--;
	/* Only where it ends: the rest of it is checked as it is read. */
	list_len = ZSTD_findFrameCompressedSize(data, len);
	if (ZSTD_isError(list_len))
		return damaged(r, err, ZSTD_getErrorName(list_len));
	rc = frame_init(&r->list, data, list_len, err);
	if (rc == 0)
		rc = frame_init(&r->digests, data + list_len, len - list_len, err);
	if (rc < 0)
		return rc;
	return number_read(r, max < (int64_t)UINT32_MAX ? (uint64_t)max : UINT32_MAX, &r->n, err);
}

int cs_entry_reader_new(const struct cs_limits *limits, const void *data, size_t len,
			struct cs_entry_reader **ret, struct cs_err *err)
{
	struct cs_entry_reader *r CS_AUTO(cs_entry_reader_free_p) = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return cs_err_nomem(err);
	r->limits = *limits;
	rc = reader_init(r, data, len, err);
	if (rc < 0)
		return rc;
	*ret = cs_steal(r);
	return 0;
}

void cs_entry_reader_free(struct cs_entry_reader *r)
{
	if (!r)
		return;
	frame_release(&r->list);
	frame_release(&r->digests);
	cs_buf_release(&r->path);
	cs_buf_release(&r->body);
	free(r);
}

/* The path: what it shares with the one before, and its own rest. Moves *p behind it. */
static int path_read(struct cs_entry_reader *r, const uint8_t **p, const uint8_t *end,
		     int *ret_order, struct cs_err *err)
{
	const uint8_t *nul;
	uint64_t shared;
	size_t rest;

	if (!cs_varint_get(p, end, &shared) || shared > r->path.len)
		return damaged(r, err, "bad shared length of a path");
	nul = memchr(*p, 0, (size_t)(end - *p));
	if (!nul)
		return damaged(r, err, "path without end");
	rest = (size_t)(nul - *p);
	if (shared + rest > r->text_max)
		return damaged(r, err, "path too long");
	if (r->i == 0)
		*ret_order = 1;
	else
		*ret_order = cs_entry_path_compare_n((const char *)*p, rest, r->path.data + shared,
						     r->path.len - shared);
	r->path.len = (size_t)shared;
	if (cs_buf_add(&r->path, *p, rest) < 0)
		return cs_err_nomem(err);
	*p = nul + 1;
	if (!cs_entry_path_normal(r->path.data, r->path.len))
		return damaged(r, err, "path is not normal");
	return 0;
}

/* Puts the digests behind the body that they belong to. */
static int body_read(struct cs_entry_reader *r, const uint8_t *p, const uint8_t *end,
		     struct cs_entry *ret, struct cs_err *err)
{
	size_t n = p < end ? cs_entry_digests_len(*p) : 0, have = 0;
	struct frame *f = &r->digests;
	const char *why;
	int rc = fill(r, f, n, &have, err);

	if (rc < 0)
		return rc;
	if (have < n)
		return damaged(r, err, "digests are missing");
	cs_buf_reset(&r->body);
	if (cs_buf_add(&r->body, p, (size_t)(end - p)) < 0 ||
	    (n && cs_buf_add(&r->body, f->plain.data + f->pos, n) < 0))
		return cs_err_nomem(err);
	f->pos += n;
	p = (const uint8_t *)r->body.data;
	why = cs_entry_body_get(p, p + r->body.len, ret);
	return why ? damaged(r, err, why) : 0;
}

static int record_read(struct cs_entry_reader *r, const uint8_t *p, const uint8_t *end,
		       struct cs_entry *ret, struct cs_err *err)
{
	uint64_t delta;
	int64_t order;
	int sorted = 0, rc;

	rc = path_read(r, &p, end, &sorted, err);
	if (rc)
		return rc;
	if (!cs_varint_get(&p, end, &delta))
		return damaged(r, err, "bad place in the tar");
	if (__builtin_add_overflow(cs_unzigzag(delta), (int64_t)r->i, &order) || order < 0 ||
	    order > UINT32_MAX)
		return damaged(r, err, "bad place in the tar");
	if (sorted < 0 || (sorted == 0 && order <= (int64_t)r->order))
		return damaged(r, err, "not in path order");
	rc = body_read(r, p, end, ret, err);
	if (rc < 0)
		return rc;
	r->order = (uint32_t)order;
	ret->order = (uint32_t)order;
	ret->path = r->path.data;
	return 0;
}

static int frame_end(struct cs_entry_reader *r, struct frame *f, struct cs_err *err)
{
	size_t have = 0;
	int rc = fill(r, f, 1, &have, err);

	if (rc < 0)
		return rc;
	if (have || f->in.pos != f->in.size)
		return damaged(r, err, "bytes behind the last entry");
	return 1;
}

static int end_check(struct cs_entry_reader *r, struct cs_err *err)
{
	int rc = frame_end(r, &r->list, err);

	return rc < 0 ? rc : frame_end(r, &r->digests, err);
}

int cs_entry_reader_next(struct cs_entry_reader *r, struct cs_entry *ret, struct cs_err *err)
{
	struct cs_entry e;
	const uint8_t *p;
	uint64_t len = 0;
	size_t have = 0;
	int rc;

	if (r->failed)
		return cs_err_set(err, CS_FORMAT, "entry list is damaged");
	if (r->i == r->n)
		return end_check(r, err);
	rc = number_read(r, r->record_max, &len, err);
	if (rc == 0)
		rc = fill(r, &r->list, (size_t)len, &have, err);
	if (rc < 0)
		return rc;
	if (have < len)
		return damaged(r, err, "truncated");
	p = (const uint8_t *)r->list.plain.data + r->list.pos;
	rc = record_read(r, p, p + len, &e, err);
	if (rc < 0)
		return rc;
	r->list.pos += (size_t)len;
	r->i++;
	*ret = e;
	return 0;
}
