/* SPDX-License-Identifier: Apache-2.0 */
/* Status streams written by hand, field by field, so that each can be wrong. */
#ifndef CS_TESTS_SUPPORT_WIRE_H
#define CS_TESTS_SUPPORT_WIRE_H

#include <string.h>

#include "util/buf.h"

static inline void wire_varint(struct cs_buf *buf, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		cs_buf_putc(buf, (char)(v | 0x80));
	cs_buf_putc(buf, (char)v);
}

static inline void wire_int(struct cs_buf *buf, unsigned field, uint64_t v)
{
	wire_varint(buf, field << 3);
	wire_varint(buf, v);
}

static inline void wire_bytes(struct cs_buf *buf, unsigned field, const void *data, size_t len)
{
	wire_varint(buf, field << 3 | 2);
	wire_varint(buf, len);
	cs_buf_add(buf, data, len);
}

static inline void wire_text(struct cs_buf *buf, unsigned field, const char *text)
{
	wire_bytes(buf, field, text, strlen(text));
}

static inline void wire_time(struct cs_buf *buf, unsigned field, int64_t s, int32_t ns)
{
	struct cs_buf t = CS_BUF_INIT;

	wire_int(&t, 1, (uint64_t)s);
	if (ns)
		wire_int(&t, 2, (uint64_t)ns);
	wire_bytes(buf, field, t.data, t.len);
	cs_buf_release(&t);
}

struct wire_vertex {
	const char *digest, *input, *input2, *name, *error, *group;
	int cached, weak;
	int64_t from, to; /* seconds; 0 = without */
};

/* Appends a vertex to a StatusResponse. */
static inline void wire_vertex(struct cs_buf *message, struct wire_vertex v)
{
	struct cs_buf buf = CS_BUF_INIT, group = CS_BUF_INIT;

	wire_text(&buf, 1, v.digest);
	if (v.input)
		wire_text(&buf, 2, v.input);
	if (v.input2)
		wire_text(&buf, 2, v.input2);
	if (v.name)
		wire_text(&buf, 3, v.name);
	if (v.cached)
		wire_int(&buf, 4, 1);
	if (v.from)
		wire_time(&buf, 5, v.from, 0);
	if (v.to)
		wire_time(&buf, 6, v.to, 0);
	if (v.error)
		wire_text(&buf, 7, v.error);
	if (v.group) {
		wire_text(&group, 1, v.group);
		if (v.weak)
			wire_int(&group, 3, 1);
		wire_bytes(&buf, 8, group.data, group.len);
	}
	wire_bytes(message, 1, buf.data, buf.len);
	cs_buf_release(&buf);
	cs_buf_release(&group);
}

/* Appends a message to a stream: its length, then its bytes. */
static inline void wire_frame(struct cs_buf *stream, const struct cs_buf *message)
{
	for (int i = 0; i < 4; i++)
		cs_buf_putc(stream, (char)(message->len >> (8 * i)));
	cs_buf_add(stream, message->data, message->len);
}

#endif
