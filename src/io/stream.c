/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all streams share. Blocks are lent, not copied: a layer of gigabytes passes file, two taps
 * and a decoder, and each copy would cost as much as a digest. So a reader can not be given "n
 * bytes"; the one place that must look before it takes (sniffing) has peek, which copies only when
 * the first block is shorter than asked for. Refused: stdio's cookie streams, one copy per stage
 * and no place for an error's words.
 */
#include "io/stream_priv.h"

#include <string.h>

/* The next block of the kind itself, past what a peek holds. */
static int stream_pull(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len)
{
	size_t len = 0;
	int r;

	if (s->err.code != CS_OK)
		return -(int)s->err.code;
	if (s->ended)
		return 1;
	do {
		r = s->ops->read(s, ret_data, &len, &s->err);
	} while (r == 0 && len == 0);
	if (r == 0)
		*ret_len = len;
	else if (r > 0)
		s->ended = true;
	return r;
}

int cs_stream_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		   struct cs_err *err)
{
	int r = s->err.code != CS_OK ? -(int)s->err.code : 0;

	if (r == 0 && s->front_len) {
		*ret_data = s->front;
		*ret_len = s->front_len;
		s->front_len = 0;
	} else if (r == 0 && s->held_len) {
		*ret_data = s->held;
		*ret_len = s->held_len;
		s->held_len = 0;
	} else if (r == 0) {
		r = stream_pull(s, ret_data, ret_len);
	}
	if (r < 0)
		*err = s->err;
	return r;
}

/* Moves as much of the held block as fits to the front. */
static void front_fill(struct cs_stream *s)
{
	size_t n = CS_STREAM_PEEK - s->front_len;

	if (n > s->held_len)
		n = s->held_len;
	if (n)
		memcpy(s->front + s->front_len, s->held, n);
	s->front_len += n;
	s->held += n;
	s->held_len -= n;
}

int cs_stream_peek(struct cs_stream *s, size_t want, const uint8_t **ret_data, size_t *ret_len,
		   struct cs_err *err)
{
	int r = 0;

	if (want > CS_STREAM_PEEK)
		want = CS_STREAM_PEEK;
	if (!s->front_len && !s->held_len)
		r = stream_pull(s, &s->held, &s->held_len);
	while (r == 0 && s->front_len < want && (s->front_len || s->held_len < want)) {
		if (!s->front)
			s->front = malloc(CS_STREAM_PEEK);
		if (!s->front) {
			r = cs_err_nomem(&s->err);
			break;
		}
		front_fill(s);
		if (s->front_len < want)
			r = stream_pull(s, &s->held, &s->held_len);
	}
	if (r < 0) {
		*err = s->err;
		return r;
	}
	*ret_data = s->front_len ? s->front : s->held;
	*ret_len = s->front_len ? s->front_len : s->held_len;
	if (*ret_len > want)
		*ret_len = want;
	return 0;
}

void cs_stream_close(struct cs_stream *s)
{
	while (s) {
		struct cs_stream *parent = s->parent;

		if (s->ops->release)
			s->ops->release(s);
		free(s->front);
		free(s);
		s = parent;
	}
}

int cs_stream_drain(struct cs_stream *s, struct cs_err *err)
{
	const uint8_t *data;
	size_t len;
	int r;

	do {
		r = cs_stream_read(s, &data, &len, err);
	} while (r == 0);
	return r < 0 ? r : 0;
}

int cs_stream_read_all(struct cs_stream *s, size_t max, struct cs_buf *buf, struct cs_err *err)
{
	const uint8_t *data;
	size_t len = 0, left = max;
	int r;

	while ((r = cs_stream_read(s, &data, &len, err)) == 0) {
		if (len > left)
			return 1;
		left -= len;
		if (cs_buf_add(buf, data, len) < 0)
			return cs_err_nomem(err);
	}
	return r < 0 ? r : 0;
}

/* --- memory --- */

struct memory_stream {
	struct cs_stream base;
	const uint8_t *data;
	size_t len;
};

static int memory_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		       struct cs_err *err CS_UNUSED)
{
	struct memory_stream *m = (struct memory_stream *)s;

	if (!m->len)
		return 1;
	*ret_data = m->data;
	*ret_len = m->len;
	m->len = 0;
	return 0;
}

static const struct cs_stream_ops memory_ops = { .read = memory_read };

int cs_stream_memory(const void *data, size_t len, struct cs_stream **ret, struct cs_err *err)
{
	struct memory_stream *m = calloc(1, sizeof(*m));

	if (!m)
		return cs_err_nomem(err);
	m->base.ops = &memory_ops;
	m->data = data;
	m->len = len;
	*ret = (struct cs_stream *)m;
	return 0;
}
