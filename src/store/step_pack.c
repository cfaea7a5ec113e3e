/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps of a build as bytes. Fifteen rows a build were 605 bytes of 4096, a third of them keys,
 * headers and free space; no statement chose among them. A server's rows would cost some 30 bytes
 * more each.
 * Refused: compressing (of 300 bytes little is left to find), and columns of packed numbers.
 */
#include "store/step_pack.h"

#include "util/varint.h"

#include <limits.h>

static int64_t minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* --- writing --- */

/* False = nothing need be said of the end. */
static bool find_span(const struct cs_step *s, int64_t base, int64_t *ret)
{
	int64_t from = s->started_unix_ns == CS_TIME_NONE ? base : s->started_unix_ns;

	if (s->completed_unix_ns == CS_TIME_NONE) {
		*ret = INT64_MIN;
		return s->duration_ns >= 0;
	}
	*ret = minus(s->completed_unix_ns, from);
	return s->duration_ns != *ret;
}

static int pack_inputs(const struct cs_step *s, struct cs_buf *ret)
{
	uint8_t number[CS_VARINT_MAX];

	for (size_t i = 0; i < s->n_inputs; i++) {
		uint8_t *end = cs_varint_put(number, s->inputs[i]);

		if (cs_buf_add(ret, number, (size_t)(end - number)) < 0)
			return -CS_NOMEM;
	}
	return 0;
}

int cs_st_step_pack(const struct cs_step *s, int64_t base_unix_ns, int64_t def, int64_t error,
		    struct cs_buf *ret)
{
	uint8_t head[2 + 7 * CS_VARINT_MAX], *p = head + 2;
	unsigned has = s->pulled ? CS_STEP_PULLED : 0;
	int64_t span;

	p = cs_varint_put(p, (uint64_t)def);
	if (s->started_unix_ns != CS_TIME_NONE) {
		has |= CS_STEP_START;
		p = cs_varint_put(p, cs_zigzag(minus(s->started_unix_ns, base_unix_ns)));
	}
	if (s->duration_ns >= 0) {
		has |= CS_STEP_DURATION;
		p = cs_varint_put(p, (uint64_t)s->duration_ns);
	}
	if (find_span(s, base_unix_ns, &span)) {
		has |= CS_STEP_SPAN;
		p = cs_varint_put(p, cs_zigzag(span));
	}
	if (s->layer >= 0) {
		has |= CS_STEP_LAYER;
		p = cs_varint_put(p, (uint64_t)s->layer);
	}
	if (error) {
		has |= CS_STEP_ERROR;
		p = cs_varint_put(p, (uint64_t)error);
	}
	if (s->n_inputs) {
		has |= CS_STEP_INPUTS;
		p = cs_varint_put(p, s->n_inputs);
	}
	head[0] = (uint8_t)has;
	head[1] = (uint8_t)((unsigned)s->state | (unsigned)s->evidence << 4);
	if (cs_buf_add(ret, head, (size_t)(p - head)) < 0)
		return -CS_NOMEM;
	return pack_inputs(s, ret);
}

/* --- reading --- */

void cs_st_steps_read(struct cs_row *row, struct cs_steps_reader *ret)
{
	size_t len;

	ret->row = row;
	ret->at = cs_db_row_blob(row, &len);
	ret->end = ret->at ? ret->at + len : NULL;
}

/* Of has, what is there; none otherwise. */
static bool take(struct cs_steps_reader *r, unsigned has, uint64_t *ret)
{
	return !has || cs_varint_get(&r->at, r->end, ret);
}

static bool take_inputs(struct cs_steps_reader *r, struct cs_step_packed *ret)
{
	uint64_t n = 0, ignored;

	if (!take(r, ret->has & CS_STEP_INPUTS, &n) || n > (uint64_t)(r->end - r->at))
		return false;
	ret->n_inputs = (size_t)n;
	ret->inputs = r->at;
	while (n > 0) {
		if (!cs_varint_get(&r->at, r->end, &ignored) || ignored > UINT32_MAX)
			return false;
		n--;
	}
	return true;
}

static bool take_step(struct cs_steps_reader *r, struct cs_step_packed *ret)
{
	uint64_t def, start = 0, duration = 0, span = 0, layer = 0, error = 0;
	unsigned state;

	if (r->end - r->at < 2)
		return false;
	ret->has = *r->at++;
	state = *r->at++;
	ret->state = (enum cs_step_state)(state & 15);
	ret->evidence = (enum cs_evidence)(state >> 4);
	if (ret->has > 127 || (state & 15) > CS_STATE_NOT_REACHED ||
	    state >> 4 > CS_EVIDENCE_OBSERVED)
		return false;
	if (!take(r, 1, &def) || !take(r, ret->has & CS_STEP_START, &start) ||
	    !take(r, ret->has & CS_STEP_DURATION, &duration) ||
	    !take(r, ret->has & CS_STEP_SPAN, &span) ||
	    !take(r, ret->has & CS_STEP_LAYER, &layer) ||
	    !take(r, ret->has & CS_STEP_ERROR, &error) || !take_inputs(r, ret))
		return false;
	if (def > INT64_MAX || duration > INT64_MAX || layer > INT_MAX || error > INT64_MAX)
		return false;
	ret->def = (int64_t)def;
	ret->error = (int64_t)error;
	ret->start_ns = cs_unzigzag(start);
	ret->duration_ns = (int64_t)duration;
	ret->span_ns = cs_unzigzag(span);
	ret->layer = ret->has & CS_STEP_LAYER ? (int)layer : -1;
	return true;
}

int cs_st_steps_next(struct cs_steps_reader *r, struct cs_step_packed *ret)
{
	if (r->row->r < 0)
		return r->row->r;
	if (r->at == r->end)
		return 1;
	if (!take_step(r, ret))
		return cs_st_damaged(r->row->store, r->row->err, "steps of a build are none");
	return 0;
}

static void unpack_times(const struct cs_step_packed *p, int64_t base, struct cs_step *s)
{
	int64_t from = base, span = p->span_ns;

	s->started_unix_ns = CS_TIME_NONE;
	s->completed_unix_ns = CS_TIME_NONE;
	s->duration_ns = p->has & CS_STEP_DURATION ? p->duration_ns : -1;
	if (p->has & CS_STEP_START) {
		from = plus(base, p->start_ns);
		s->started_unix_ns = from;
	}
	if (!(p->has & CS_STEP_SPAN))
		span = s->duration_ns >= 0 ? s->duration_ns : INT64_MIN;
	if (span != INT64_MIN)
		s->completed_unix_ns = plus(from, span);
}

int cs_st_step_unpack(const struct cs_step_packed *p, int64_t base_unix_ns, struct cs_arena *arena,
		      struct cs_step *ret, struct cs_err *err)
{
	const uint8_t *at = p->inputs;

	memset(ret, 0, sizeof(*ret));
	ret->state = p->state;
	ret->evidence = p->evidence;
	ret->pulled = p->has & CS_STEP_PULLED;
	ret->layer = p->layer;
	unpack_times(p, base_unix_ns, ret);
	if (!p->n_inputs)
		return 0;
	ret->inputs = cs_arena_array(arena, p->n_inputs, sizeof(*ret->inputs));
	if (!ret->inputs)
		return cs_err_nomem(err);
	while (ret->n_inputs < p->n_inputs) {
		uint64_t v = 0;

		cs_varint_get(&at, at + CS_VARINT_MAX, &v); /* it was read before */
		ret->inputs[ret->n_inputs++] = (uint32_t)v;
	}
	return 0;
}
