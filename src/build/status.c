/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protobuf-c unpacks a message into structs of a few hundred bytes, and a message may be two bytes
 * on the wire, so its allocator is ours: an arena per frame with a bound, which is also faster than
 * a malloc per field. Refused: a wire reader of our own; the fields would be code, not a table.
 */
#include "build/status.h"

#include <inttypes.h>
#include <string.h>

#include "build/status.pb-c.h"

/* Structs per byte of a frame: what BuildKit sends unpacks to 3 times its size, rarely to 6. */
#define UNPACK_RATIO 8
#define UNPACK_MIN   (1 << 20)
/* JSON begins with bytes that read as 150 MB and more, so the two cannot be confused below it. */
#define JSON_LENGTH 0x09000000

struct pool {
	struct cs_arena *arena;
	size_t left;
	bool over;
};

static void *pool_alloc(void *arg, size_t size)
{
	struct pool *pool = arg;

	if (size > pool->left) {
		pool->over = true;
		return NULL;
	}
	pool->left -= size;
	return cs_arena_alloc(pool->arena, size);
}

static void pool_free(void *arg CS_UNUSED, void *p CS_UNUSED)
{
}

void cs_status_init(struct cs_status *s, const struct cs_ctx *ctx, struct cs_fold *fold)
{
	memset(s, 0, sizeof(*s));
	s->ctx = ctx;
	s->fold = fold;
}

void cs_status_release(struct cs_status *s)
{
	cs_buf_release(&s->frame);
}

static uint32_t le32(const uint8_t p[4])
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

bool cs_status_plausible(const struct cs_limits *limits, const uint8_t head[4])
{
	uint32_t n = le32(head);

	return n < JSON_LENGTH && (int64_t)n <= limits->status_frame;
}

static int64_t unix_ns(const CsStatus__Timestamp *t)
{
	if (!t || t->seconds > 9000000000 || t->seconds < -9000000000 || t->nanos < 0 ||
	    t->nanos >= CS_NS_PER_S)
		return CS_TIME_NONE;
	return t->seconds * CS_NS_PER_S + t->nanos;
}

static int fold_vertex(struct cs_fold *fold, const CsStatus__Vertex *v, struct cs_err *err)
{
	struct cs_vertex u = {
		.key = v->digest,
		.name = v->name,
		.inputs = v->inputs,
		.n_inputs = v->n_inputs,
		.cached = v->cached,
		.started_unix_ns = unix_ns(v->started),
		.completed_unix_ns = unix_ns(v->completed),
		.error = v->error,
	};

	if (v->progress_group) {
		u.group = v->progress_group->id;
		u.weak = v->progress_group->weak;
	}
	return cs_fold_vertex(fold, &u, err);
}

static int fold_message(struct cs_fold *fold, const CsStatus__StatusResponse *m, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < m->n_vertexes && r == 0; i++)
		r = fold_vertex(fold, m->vertexes[i], err);
	for (size_t i = 0; i < m->n_statuses; i++)
		cs_fold_status(fold, m->statuses[i]->vertex, m->statuses[i]->id);
	for (size_t i = 0; i < m->n_logs; i++)
		cs_fold_log(fold, m->logs[i]->vertex);
	for (size_t i = 0; i < m->n_warnings; i++)
		cs_fold_warning(fold);
	return r;
}

static int read_frame(struct cs_status *s, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct pool pool = { .arena = arena, .left = s->frame.len * UNPACK_RATIO + UNPACK_MIN };
	ProtobufCAllocator allocator = { pool_alloc, pool_free, &pool };
	CsStatus__StatusResponse *message;

	if (!arena)
		return cs_err_nomem(err);
	message = cs_status__status_response__unpack(&allocator, s->frame.len,
						     (const uint8_t *)s->frame.data);
	if (!message) {
		if (pool.over)
			return cs_limit_error(err, &s->ctx->limits, status_frame,
					      "message %" PRId64 " unpacked", s->n_frames);
		return cs_err_set(err, CS_FORMAT,
				  "message %" PRId64 " (offset %" PRId64 "): not a status message",
				  s->n_frames, s->offset - (int64_t)s->frame.len);
	}
	return fold_message(s->fold, message, err);
}

static int begin_frame(struct cs_status *s, struct cs_err *err)
{
	uint32_t n = le32(s->head);

	s->n_frames++;
	s->head_len = 0;
	if ((int64_t)n > s->ctx->limits.status_frame)
		return cs_limit_error(err, &s->ctx->limits, status_frame,
				      "message %" PRId64 " of %" PRIu32 " bytes", s->n_frames, n);
	s->left = n;
	cs_buf_reset(&s->frame);
	return 0;
}

int cs_status_feed(struct cs_status *s, const uint8_t *data, size_t len, struct cs_err *err)
{
	int r = 0;

	if (s->offset + (int64_t)len > s->ctx->limits.status_bytes)
		return cs_limit_error(err, &s->ctx->limits, status_bytes, "status stream");
	while (len && r == 0) {
		size_t n;

		if (!s->left) {
			s->head[s->head_len++] = *data++;
			s->offset++;
			len--;
			if (s->head_len == sizeof(s->head))
				r = begin_frame(s, err);
			continue;
		}
		n = len < s->left ? len : s->left;
		if (cs_buf_add(&s->frame, data, n) < 0)
			return cs_err_nomem(err);
		data += n;
		len -= n;
		s->left -= n;
		s->offset += (int64_t)n;
		if (!s->left)
			r = read_frame(s, err);
	}
	return r;
}

int cs_status_end(struct cs_status *s, struct cs_err *err)
{
	if (s->left || s->head_len)
		return cs_err_set(err, CS_FORMAT,
				  "message %" PRId64 ": truncated at offset %" PRId64,
				  s->n_frames + (s->head_len > 0), s->offset);
	return 0;
}
