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

/* Level 3 finds nearly all there is: a third of a list is digests, which do not compress. */
#define LEVEL	    3
#define BATCH_BYTES 65536

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

struct output {
	struct cs_hasher *hasher;
	ZSTD_CCtx *zstd;
	struct cs_buf plain, canonical, packed;
};

static void output_release(struct output *out)
{
	cs_hasher_free(out->hasher);
	ZSTD_freeCCtx(out->zstd);
	cs_buf_release(&out->plain);
	cs_buf_release(&out->canonical);
	cs_buf_release(&out->packed);
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
	out->zstd = ZSTD_createCCtx();
	if (!out->zstd || cs_buf_add(&out->packed, &version, 1) < 0 ||
	    cs_buf_add(&out->plain, count, count_len) < 0)
		return cs_err_nomem(err);
	ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_windowLog, CS_ENTRIES_WINDOW_LOG);
	ZSTD_CCtx_setParameter(out->zstd, ZSTD_c_checksumFlag, 1);
	return 0;
}

static int output_flush(struct output *out, ZSTD_EndDirective end, struct cs_err *err)
{
	ZSTD_inBuffer in = { out->plain.data, out->plain.len, 0 };
	size_t left;

	if (out->canonical.len)
		cs_hasher_update(out->hasher, out->canonical.data, out->canonical.len);
	cs_buf_reset(&out->canonical);
	do {
		ZSTD_outBuffer to;

		if (cs_buf_reserve(&out->packed, ZSTD_CStreamOutSize()) < 0)
			return cs_err_nomem(err);
		to = (ZSTD_outBuffer){ out->packed.data, out->packed.cap - 1, out->packed.len };
		left = ZSTD_compressStream2(out->zstd, &to, &in, end);
		/* zstd fails for want of memory only: parameters and buffers are ours. */
		if (ZSTD_isError(left))
			return cs_err_nomem(err);
		out->packed.len = to.pos;
	} while (in.pos < in.size || (end == ZSTD_e_end && left));
	cs_buf_reset(&out->plain);
	return 0;
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
	size_t shared = before ? shared_length(before, rec) : 0, rest = rec->path_len - shared;
	uint8_t head[CS_VARINT_MAX], front[CS_VARINT_MAX], place[CS_VARINT_MAX];
	size_t head_len, front_len, place_len;

	front_len = (size_t)(cs_varint_put(front, shared) - front);
	place_len = (size_t)(cs_varint_put(place, cs_zigzag((int64_t)rec->order - (int64_t)index)) -
			     place);
	head_len = (size_t)(cs_varint_put(head, front_len + rest + 1 + place_len + rec->body_len) -
			    head);
	if (cs_buf_add(&out->plain, head, head_len) < 0 ||
	    cs_buf_add(&out->plain, front, front_len) < 0 ||
	    cs_buf_add(&out->plain, rec->bytes + shared, rest) < 0 ||
	    cs_buf_putc(&out->plain, '\0') < 0 || cs_buf_add(&out->plain, place, place_len) < 0 ||
	    cs_buf_add(&out->plain, rec->bytes + rec->path_len, rec->body_len) < 0)
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
		if (out->plain.len >= BATCH_BYTES || out->canonical.len >= BATCH_BYTES)
			r = output_flush(out, ZSTD_e_continue, err);
	}
	return r < 0 ? r : output_flush(out, ZSTD_e_end, err);
}

int cs_entry_writer_finish(struct cs_entry_writer *w, struct cs_digest *ret_content,
			   void **ret_manifest, size_t *ret_bytes, struct cs_err *err)
{
	struct output out CS_AUTO(output_release) = { 0 };
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
	*ret_bytes = out.packed.len;
	fit = realloc(out.packed.data, out.packed.len);
	*ret_manifest = fit ? fit : out.packed.data;
	out.packed.data = NULL;
	return 0;
}
