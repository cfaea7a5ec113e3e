/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory decides here: a layer may have hundreds of thousands of entries and two are scanned at
 * once. An entry is packed as it comes (path, then the coded body, about 120 bytes with a digest)
 * into an arena; only an array of pointers is sorted, and only if the tar was not in path order,
 * which the layers of most builders are. Refused: a struct cs_entry each (330 bytes and five
 * allocations), one growing block (realloc moves it, and needs old and new together).
 */
#include "image/entries_code.h"

#include "util/arena.h"

#include <string.h>
#include <zstd.h>

/* Level 3 finds nearly all there is. Digests do not compress: no looking, small blocks. */
#define LEVEL		   3
#define DIGESTS_LEVEL	   -5
#define DIGESTS_WINDOW_LOG 14
#define BATCH_BYTES	   65536

struct record {
	uint32_t order, path_len, body_len;
	char bytes[]; /* path, body */
};

struct cs_entry_writer {
	struct cs_limits limits;
	struct cs_arena *arena;
	struct record **v;
	size_t n, cap;
	bool unsorted, finished;
};

int cs_entry_writer_new(const struct cs_limits *limits, struct cs_entry_writer **ret,
			struct cs_err *err)
{
	struct cs_entry_writer *w = calloc(1, sizeof(*w));

	if (w)
		w->arena = cs_arena_new();
	if (!w || !w->arena) {
		free(w);
		return cs_err_nomem(err);
	}
	w->limits = *limits;
	*ret = w;
	return 0;
}

void cs_entry_writer_free(struct cs_entry_writer *w)
{
	if (!w)
		return;
	cs_arena_free(w->arena);
	free(w->v);
	free(w);
}

static int record_compare(const struct record *a, const struct record *b)
{
	int c = cs_entry_path_compare_n(a->bytes, a->path_len, b->bytes, b->path_len);

	return c ? c : (a->order > b->order) - (a->order < b->order);
}

static int record_compare_q(const void *a, const void *b)
{
	return record_compare(*(struct record *const *)a, *(struct record *const *)b);
}

/* Lengths of the texts, each held against the bound. */
static int texts_check(const struct cs_entry_writer *w, const struct cs_entry *e, size_t *ret_path,
		       size_t *ret_others, struct cs_err *err)
{
	const char *const texts[] = { e->path, e->target, e->uname, e->gname };
	size_t len[CS_N(texts)], max = UINT32_MAX / 8;

	if (w->limits.path_bytes < (int64_t)max)
		max = (size_t)w->limits.path_bytes;
	for (size_t i = 0; i < CS_N(texts); i++) {
		len[i] = texts[i] ? strlen(texts[i]) : 0;
		if (len[i] > max)
			return cs_limit_error(err, &w->limits, path_bytes, "entry '%.80s…'",
					      e->path);
	}
	*ret_path = len[0];
	*ret_others = len[1] + len[2] + len[3];
	return 0;
}

static int entry_check(const struct cs_entry_writer *w, const struct cs_entry *e, size_t path_len,
		       struct cs_err *err)
{
	if (w->finished)
		return cs_err_set(err, CS_USAGE, "entry list is finished already");
	if ((int64_t)w->n >= w->limits.layer_entries || w->n >= UINT32_MAX)
		return cs_limit_error(err, &w->limits, layer_entries, "entries of a layer");
	if (!cs_entry_path_normal(e->path, path_len))
		return cs_err_set(err, CS_USAGE, "path '%.80s' of an entry is not normal", e->path);
	if (e->content.algo > CS_DIGEST_SHA256 || e->xattrs.algo > CS_DIGEST_SHA256)
		return cs_err_set(err, CS_USAGE, "entry lists hold sha256 only");
	if (e->size < 0 && e->type == CS_ENTRY_FILE)
		return cs_err_set(err, CS_FORMAT, "entry '%.80s' has a negative size", e->path);
	return 0;
}

static int grow(struct cs_entry_writer *w)
{
	size_t cap = w->cap ? 2 * w->cap : 64;
	struct record **v;

	if (w->n < w->cap)
		return 0;
	v = reallocarray(w->v, cap, sizeof(struct record *));
	if (!v)
		return -1;
	w->v = v;
	w->cap = cap;
	return 0;
}

int cs_entry_writer_add(struct cs_entry_writer *w, const struct cs_entry *e, struct cs_err *err)
{
	uint8_t small[1024], *body = small;
	uint8_t *large CS_AUTO(cs_free_p) = NULL;
	size_t path_len = 0, others = 0, body_len;
	struct record *rec;
	int r;

	r = texts_check(w, e, &path_len, &others, err);
	if (r)
		return r;
	r = entry_check(w, e, path_len, err);
	if (r)
		return r;
	if (CS_BODY_MAX + others > sizeof(small)) {
		body = large = malloc(CS_BODY_MAX + others);
		if (!body)
			return cs_err_nomem(err);
	}
	body_len = (size_t)(cs_entry_body_put(body, e) - body);
	rec = grow(w) == 0 ? cs_arena_alloc(w->arena, sizeof(*rec) + path_len + body_len) : NULL;
	if (!rec)
		return cs_err_nomem(err);
	rec->order = e->order;
	rec->path_len = (uint32_t)path_len;
	rec->body_len = (uint32_t)body_len;
	memcpy(rec->bytes, e->path, path_len);
	memcpy(rec->bytes + path_len, body, body_len);
	if (w->n && !w->unsorted)
		w->unsorted = record_compare(w->v[w->n - 1], rec) > 0;
	w->v[w->n++] = rec;
	return 0;
}

/* --- finishing: records -> plain batches -> zstd; canonical batches -> hasher --- */

struct frame {
	ZSTD_CCtx *zstd;
	struct cs_buf plain, packed;
};

struct output {
	struct cs_hasher *hasher;
	struct cs_buf canonical;
	struct frame list, digests;
};

static void frame_release(struct frame *f)
{
	ZSTD_freeCCtx(f->zstd);
	cs_buf_release(&f->plain);
	cs_buf_release(&f->packed);
}

static void output_release(struct output *out)
{
	cs_hasher_free(out->hasher);
	cs_buf_release(&out->canonical);
	frame_release(&out->list);
	frame_release(&out->digests);
}

static int frame_init(struct frame *f, int level, int window_log)
{
	f->zstd = ZSTD_createCCtx();
	if (!f->zstd)
		return -1;
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_windowLog, window_log);
	ZSTD_CCtx_setParameter(f->zstd, ZSTD_c_checksumFlag, 1);
	return 0;
}

static int output_init(struct output *out, size_t n_entries, struct cs_err *err)
{
	static const char domain[] = "cachestat-entries-1\n";
	const char version = CS_ENTRIES_VERSION;
	uint8_t count[CS_VARINT_MAX];
	size_t count_len = (size_t)(cs_varint_put(count, n_entries) - count);
	int r = cs_hasher_new(CS_DIGEST_SHA256, &out->hasher, err);

	if (r < 0)
		return r;
	cs_hasher_update(out->hasher, domain, sizeof(domain) - 1);
	if (frame_init(&out->list, LEVEL, CS_ENTRIES_WINDOW_LOG) < 0 ||
	    frame_init(&out->digests, DIGESTS_LEVEL, DIGESTS_WINDOW_LOG) < 0 ||
	    cs_buf_add(&out->list.packed, &version, 1) < 0 ||
	    cs_buf_add(&out->list.plain, count, count_len) < 0)
		return cs_err_nomem(err);
	return 0;
}

static int frame_flush(struct frame *f, ZSTD_EndDirective end, struct cs_err *err)
{
	ZSTD_inBuffer in = { f->plain.data, f->plain.len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer to;

		if (cs_buf_reserve(&f->packed, ZSTD_CStreamOutSize()) < 0)
			return cs_err_nomem(err);
		to = (ZSTD_outBuffer){ f->packed.data, f->packed.cap - 1, f->packed.len };
		left = ZSTD_compressStream2(f->zstd, &to, &in, end);
		/* zstd fails for want of memory only: parameters and buffers are ours. */
		if (ZSTD_isError(left))
			return cs_err_nomem(err);
		f->packed.len = to.pos;
	} while (in.pos < in.size || (end == ZSTD_e_end && left));
	cs_buf_reset(&f->plain);
	return 0;
}

static int output_flush(struct output *out, ZSTD_EndDirective end, struct cs_err *err)
{
	struct cs_buf *digests = &out->digests.packed;
	int r;

	if (out->canonical.len)
		cs_hasher_update(out->hasher, out->canonical.data, out->canonical.len);
	cs_buf_reset(&out->canonical);
	r = frame_flush(&out->list, end, err);
	/* No digests, no frame. */
	if (r == 0 && (digests->len || out->digests.plain.len))
		r = frame_flush(&out->digests, end, err);
	if (r == 0 && end == ZSTD_e_end && digests->len &&
	    cs_buf_add(&out->list.packed, digests->data, digests->len) < 0)
		return cs_err_nomem(err);
	return r;
}

static size_t shared_length(const struct record *a, const struct record *b)
{
	size_t n = a->path_len < b->path_len ? a->path_len : b->path_len, i = 0;

	while (i < n && a->bytes[i] == b->bytes[i])
		i++;
	return i;
}

static int record_write(struct output *out, const struct record *rec, const struct record *before,
			size_t index)
{
	struct cs_buf *plain = &out->list.plain;
	size_t shared = before ? shared_length(before, rec) : 0, rest = rec->path_len - shared;
	const uint8_t *body = (const uint8_t *)rec->bytes + rec->path_len;
	size_t digests_len = cs_entry_digests_len(body[0]), body_len = rec->body_len - digests_len;
	uint8_t head[CS_VARINT_MAX], front[CS_VARINT_MAX], place[CS_VARINT_MAX];
	size_t head_len, front_len, place_len;

	front_len = (size_t)(cs_varint_put(front, shared) - front);
	place_len = (size_t)(cs_varint_put(place, cs_zigzag((int64_t)rec->order - (int64_t)index)) -
			     place);
	head_len =
		(size_t)(cs_varint_put(head, front_len + rest + 1 + place_len + body_len) - head);
	if (cs_buf_add(plain, head, head_len) < 0 || cs_buf_add(plain, front, front_len) < 0 ||
	    cs_buf_add(plain, rec->bytes + shared, rest) < 0 || cs_buf_putc(plain, '\0') < 0 ||
	    cs_buf_add(plain, place, place_len) < 0 || cs_buf_add(plain, body, body_len) < 0 ||
	    cs_buf_add(&out->digests.plain, body + body_len, digests_len) < 0)
		return -1;
	return 0;
}

static int records_write(const struct cs_entry_writer *w, struct output *out, struct cs_err *err)
{
	const struct record *before = NULL;
	struct cs_entry e;
	int r = 0;

	for (size_t i = 0; i < w->n && r == 0; i++) {
		const struct record *rec = w->v[i];
		const uint8_t *body = (const uint8_t *)rec->bytes + rec->path_len;

		/* Readers take an equal order for damage; two entries cannot stand at one place. */
		if (before && record_compare(before, rec) == 0)
			return cs_err_set(err, CS_USAGE, "two entries '%.*s' at one place",
					  (int)(rec->path_len < 80 ? rec->path_len : 80),
					  rec->bytes);
		if (cs_entry_body_get(body, body + rec->body_len, &e) ||
		    cs_entry_canonical(&out->canonical, &e, rec->bytes, rec->path_len) < 0 ||
		    record_write(out, rec, before, i) < 0)
			return cs_err_nomem(err);
		before = rec;
		if (out->list.plain.len >= BATCH_BYTES || out->digests.plain.len >= BATCH_BYTES ||
		    out->canonical.len >= BATCH_BYTES)
			r = output_flush(out, ZSTD_e_continue, err);
	}
	return r < 0 ? r : output_flush(out, ZSTD_e_end, err);
}

int cs_entry_writer_finish(struct cs_entry_writer *w, struct cs_digest *ret_content,
			   void **ret_manifest, size_t *ret_bytes, struct cs_err *err)
{
	struct output out CS_AUTO(output_release) = { 0 };
	struct cs_buf *packed = &out.list.packed;
	char *fit;
	int r;

	if (w->finished)
		return cs_err_set(err, CS_USAGE, "entry list is finished already");
	w->finished = true;
	if (w->unsorted)
		qsort(w->v, w->n, sizeof(struct record *), record_compare_q);
	r = output_init(&out, w->n, err);
	if (r == 0)
		r = records_write(w, &out, err);
	if (r < 0)
		return r;
	cs_hasher_final(out.hasher, ret_content);
	*ret_bytes = packed->len;
	fit = realloc(packed->data, packed->len);
	*ret_manifest = fit ? fit : packed->data;
	packed->data = NULL;
	return 0;
}
