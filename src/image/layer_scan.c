/* SPDX-License-Identifier: Apache-2.0 */
/*
 * input -> tap (blob digest) -> decoder -> tap (diff-id) -> tar walk -> digest of each file ->
 * list. Each block is hashed while it is in the cache, as a part of the tar and as a part of its
 * file, both in one instruction stream as far as there are both (tap.c), and what of the tar is no
 * file's, with the compressed bytes: a layer costs inflating and SHA-256 and little else. So
 * nothing is allocated for an entry, one hasher serves all files, and a layer that is not
 * compressed is hashed once for its blob digest and its diff-id. Refused: a thread for each stage
 * (layers are scanned in parallel already; the decoder gets one when there is no other layer left,
 * io/ahead.c), and trusting the counts and sizes of headers before their data was read.
 */
#include "image/layer_scan.h"

#include "image/entries.h"
#include "io/tar.h"

#include <string.h>

struct scan {
	struct cs_stream *in;		       /* the tar's bytes; owns all below it */
	struct cs_stream *blob_tap, *diff_tap; /* borrowed from in; no diff_tap: the same bytes */
	struct cs_tar *tar;
	struct cs_entry_writer *writer;
	struct cs_hasher *hasher, *map_hasher; /* map_hasher: made for the first sparse file */
	struct cs_buf path, target;
	struct cs_layer_scan result;
};

static void scan_release(struct scan *s)
{
	cs_tar_close(s->tar);
	cs_stream_close(s->in);
	cs_entry_writer_free(s->writer);
	cs_hasher_free(s->hasher);
	cs_hasher_free(s->map_hasher);
	cs_buf_release(&s->path);
	cs_buf_release(&s->target);
}

void cs_layer_scan_release(struct cs_layer_scan *scan)
{
	free(scan->manifest);
	scan->manifest = NULL;
	scan->manifest_bytes = 0;
}

/* Takes in, on failure too: it belongs to s as soon as there is no filter to take it. */
static int chain_open(const struct cs_ctx *ctx, struct scan *s, struct cs_stream *in,
		      const struct cs_layer_scan_options *o, struct cs_err *err)
{
	struct cs_decode_options decode = { .out_max = ctx->limits.layer_bytes,
					    .limit_offset = offsetof(struct cs_limits, layer_bytes),
					    .what = "layer" };
	int r = cs_stream_tap(in, o->blob_algo, &s->in, err);

	if (r < 0)
		return r;
	s->blob_tap = s->in;
	if (o->out_max >= 0 && o->out_max < decode.out_max) {
		decode.out_max = o->out_max;
		decode.limit_offset = offsetof(struct cs_limits, image_bytes);
	}
	r = cs_stream_decode(ctx, cs_steal(s->in), &decode, &s->in, &s->result.coding, err);
	if (r == 0)
		r = cs_stream_ahead(cs_steal(s->in), o->spare, &s->in, err);
	if (r < 0)
		return r;
	if (s->result.coding == CS_CODING_NONE && o->blob_algo == o->diff_algo)
		return 0;
	r = cs_stream_tap(cs_steal(s->in), o->diff_algo, &s->in, err);
	if (r < 0)
		return r;
	s->diff_tap = s->in;
	cs_stream_tap_below(s->diff_tap, s->blob_tap);
	return 0;
}

/* --- content --- */

struct run {
	int64_t start, end;
};

static void number_hash(struct cs_hasher *h, int64_t v)
{
	uint8_t le[8];

	for (unsigned i = 0; i < sizeof(le); i++)
		le[i] = (uint8_t)((uint64_t)v >> 8 * i);
	cs_hasher_update(h, le, sizeof(le));
}

static int run_hash(struct scan *s, const struct run *run, bool *mapped, struct cs_err *err)
{
	static const char domain[] = "cachestat-sparse-1\n";

	if (!s->map_hasher && cs_hasher_new(CS_DIGEST_SHA256, &s->map_hasher, err) < 0)
		return -(int)err->code;
	if (!*mapped) {
		cs_hasher_reset(s->map_hasher);
		cs_hasher_update(s->map_hasher, domain, sizeof(domain) - 1);
		*mapped = true;
	}
	if (run->end > run->start) {
		number_hash(s->map_hasher, run->start);
		number_hash(s->map_hasher, run->end - run->start);
	}
	return 0;
}

/*
 * The digest of a file without holes is that of its bytes, whatever its header says; one with holes
 * is told by its runs of data (layer_scan.h), so that no zeros need be fed. The hasher is fresh.
 */
static int content_hash(struct scan *s, struct cs_entry *e, struct cs_err *err)
{
	struct run run = { 0, 0 };
	bool mapped = false;
	const uint8_t *data;
	int64_t offset;
	size_t len;
	int r;

	while ((r = cs_tar_data(s->tar, &data, &len, &offset, err)) == 0) {
		if (offset != run.end) {
			r = run_hash(s, &run, &mapped, err);
			if (r < 0)
				return r;
			run.start = offset;
		}
		cs_stream_tap_pair(s->diff_tap ? s->diff_tap : s->blob_tap, s->hasher, data, len);
		run.end = offset + (int64_t)len;
	}
	if (r < 0)
		return r;
	cs_hasher_final(s->hasher, &e->content);
	if (!mapped && run.end == e->size)
		return 0;
	r = run_hash(s, &run, &mapped, err);
	if (r < 0)
		return r;
	number_hash(s->map_hasher, e->size);
	cs_hasher_update(s->map_hasher, e->content.bytes, cs_digest_size(CS_DIGEST_SHA256));
	cs_hasher_final(s->map_hasher, &e->content);
	e->sparse = true;
	return 0;
}

/* --- entries --- */

static bool is_whiteout(const char *path)
{
	static const char prefix[] = ".wh.";
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, prefix, sizeof(prefix) - 1) == 0;
}

static void count(struct cs_layer_counts *c, const struct cs_entry *e)
{
	c->entries++;
	if (is_whiteout(e->path)) {
		c->whiteouts++;
		return;
	}
	switch (e->type) {
	case CS_ENTRY_FILE:
		c->files++;
		c->sparse += e->sparse;
		/* Sparse files may claim 8 EiB each. */
		if (__builtin_add_overflow(c->file_bytes, e->size, &c->file_bytes))
			c->file_bytes = INT64_MAX;
		break;
	case CS_ENTRY_DIRECTORY:
		c->directories++;
		break;
	case CS_ENTRY_SYMLINK:
		c->symlinks++;
		break;
	case CS_ENTRY_HARDLINK:
		c->hardlinks++;
		break;
	case CS_ENTRY_CHAR:
	case CS_ENTRY_BLOCK:
		c->devices++;
		break;
	case CS_ENTRY_FIFO:
		c->fifos++;
		break;
	}
}

static int entry_take(struct scan *s, const struct cs_tar_entry *t, struct cs_err *err)
{
	struct cs_entry e = {
		.target = t->target,
		.uname = t->uname,
		.gname = t->gname,
		.type = t->type,
		.mode = t->mode,
		.uid = t->uid,
		.gid = t->gid,
		.size = t->type == CS_ENTRY_FILE ? t->size : 0,
		.mtime_s = t->mtime_s,
		.mtime_ns = t->mtime_ns,
		.dev_major = t->dev_major,
		.dev_minor = t->dev_minor,
		/* The writer refuses more entries before this can wrap. */
		.order = (uint32_t)s->result.counts.entries,
		.sparse = t->sparse,
	};
	int r;

	if (cs_entry_path_set(&s->path, t->path) < 0)
		return cs_err_nomem(err);
	e.path = s->path.data;
	if (t->type == CS_ENTRY_HARDLINK && t->target) {
		if (cs_entry_path_set(&s->target, t->target) < 0)
			return cs_err_nomem(err);
		e.target = s->target.data;
	}
	cs_hasher_reset(s->hasher);
	if (cs_tar_xattrs_hash(s->tar, s->hasher)) {
		cs_hasher_final(s->hasher, &e.xattrs);
		cs_hasher_reset(s->hasher);
	}
	if (t->type == CS_ENTRY_FILE) {
		r = content_hash(s, &e, err);
		if (r < 0)
			return r;
	}
	r = cs_entry_writer_add(s->writer, &e, err);
	if (r == 0)
		count(&s->result.counts, &e);
	return r;
}

/* Two blocks of zeros end a tar, and begin a file system image too: an empty layer is zeros only.
 */
static int drain_empty(struct scan *s, struct cs_err *err)
{
	bool other = cs_tar_blank_first(s->tar);
	const uint8_t *data;
	size_t len;
	int r = 0;

	while (!other && (r = cs_stream_read(s->in, &data, &len, err)) == 0) {
		for (size_t i = 0; i < len && !other; i++)
			other = data[i];
	}
	if (other)
		return cs_err_set(err, CS_FORMAT, "no tar archive: zeros, then other data");
	return r < 0 ? r : 0;
}

static int entries_walk(const struct cs_ctx *ctx, struct scan *s, struct cs_err *err)
{
	struct cs_tar_entry t;
	int r = cs_tar_open(ctx, s->in, &s->tar, err);

	while (r == 0) {
		r = cs_tar_next(s->tar, &t, err);
		if (r == 0)
			r = entry_take(s, &t, err);
	}
	if (r < 0)
		return r;
	/* The end of the tar is not that of the stream: padding, gzip's trailer, further members.
	 */
	return s->result.counts.entries ? cs_stream_drain(s->in, err) : drain_empty(s, err);
}

int cs_layer_scan(const struct cs_ctx *ctx, struct cs_stream *in,
		  const struct cs_layer_scan_options *options, struct cs_layer_scan *ret,
		  struct cs_err *err)
{
	struct scan s CS_AUTO(scan_release) = { 0 };
	struct cs_layer_scan *result = &s.result;
	int r = chain_open(ctx, &s, in, options, err);

	if (r == 0)
		r = cs_entry_writer_new(&ctx->limits, &s.writer, err);
	if (r == 0)
		r = cs_hasher_new(CS_DIGEST_SHA256, &s.hasher, err);
	if (r == 0)
		r = entries_walk(ctx, &s, err);
	if (r < 0)
		return r;
	cs_stream_tap_result(s.blob_tap, &result->blob_bytes, &result->blob_digest);
	if (s.diff_tap) {
		cs_stream_tap_result(s.diff_tap, &result->tar_bytes, &result->diff_id);
	} else {
		result->tar_bytes = result->blob_bytes;
		result->diff_id = result->blob_digest;
	}
	/* Decoders and libarchive hold megabytes that the list can use. */
	cs_tar_close(cs_steal(s.tar));
	cs_stream_close(cs_steal(s.in));
	r = cs_entry_writer_finish(s.writer, &result->content_digest, &result->manifest,
				   &result->manifest_bytes, err);
	if (r < 0)
		return r;
	*ret = *result;
	return 0;
}
