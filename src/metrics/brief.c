/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of seven bits a byte (LEB128), since nearly all of them are small; an unknown -1 is 0,
 * all else one more. Sections that most reports do not want stand behind their length. Refused:
 * columns of a table in its place, which cost five times as long to read; deltas to the build
 * before, which would have to be written again with it.
 */
#include "metrics/brief.h"

#include <string.h>

/* Another one whenever what is written here changes, or the hashes in it (metrics/mix.h). */
#define BRIEF_VERSION 1

enum { STARTED = 1, WRITES = 2, LAYERS_KNOWN = 4 };
enum {
	COMPLETED = 1,
	UNDECIDED = 2,
	RATED = 4,
	COLD = 8,
	FIRST = 16,
	FULL_HIT = 32,
	KNOWN = 64,
	OVERHEAD_KNOWN = 128,
	WALL_KNOWN = 256,
};

/* One byte before each step: its class, its state, and how many were left out before it. */
#define STEP_FILE  1u
#define STEP_STATE 1 /* two bits: hit, run, failed */
#define STEP_GAP   3 /* five bits; all set: a number follows */
#define GAP_MAX	   31u

/* --- packing --- */

struct out {
	struct cs_buf *buf;
	bool failed;
};

static void put(struct out *o, uint64_t v)
{
	uint8_t bytes[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (uint8_t)(v | 0x80);
	bytes[n++] = (uint8_t)v;
	o->failed |= cs_buf_add(o->buf, bytes, n) < 0;
}

static void put_opt(struct out *o, int64_t v)
{
	put(o, v < 0 ? 0 : (uint64_t)v + 1);
}

static void put_signed(struct out *o, int64_t v)
{
	put(o, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

static void put_fixed(struct out *o, uint64_t v)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	o->failed |= cs_buf_add(o->buf, bytes, sizeof(bytes)) < 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Nearly always hex digits, two of which are one byte. */
static void put_commit(struct out *o, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	bool hex = len % 2 == 0;

	for (size_t i = 0; i < len && hex; i++)
		hex = hex_digit(text[i]) >= 0;
	put(o, text ? 1 + (hex ? (uint64_t)len + 1 : (uint64_t)len * 2) : 0);
	for (size_t i = 0; hex && i < len; i += 2) {
		uint8_t byte = (uint8_t)(hex_digit(text[i]) << 4 | hex_digit(text[i + 1]));

		o->failed |= cs_buf_add(o->buf, &byte, 1) < 0;
	}
	if (!hex)
		o->failed |= cs_buf_add(o->buf, text, len) < 0;
}

static void put_figures(struct out *o, const struct cs_figures *f)
{
	const struct cs_savings *s = &f->savings;
	const int64_t counts[] = { f->step_hits,
				   f->step_runs,
				   f->own_tar_bytes,
				   f->hit_tar_bytes,
				   f->own_blob_bytes,
				   f->hit_blob_bytes,
				   f->new_blob_bytes,
				   f->pulled_blob_bytes,
				   f->duration_ns,
				   f->builder_cached_steps,
				   f->builder_total_steps,
				   s->hits,
				   s->priced_hits,
				   s->runs,
				   s->gross_ns,
				   s->run_ns,
				   s->overhead_ns };

	put(o, (f->completed ? COMPLETED : 0) | (f->undecided ? UNDECIDED : 0) |
		       (f->rated ? RATED : 0) | (f->cold ? COLD : 0) |
		       (f->first_of_scope ? FIRST : 0) | (f->full_hit ? FULL_HIT : 0) |
		       (s->known ? KNOWN : 0) | (s->overhead_known ? OVERHEAD_KNOWN : 0) |
		       (s->wall_known ? WALL_KNOWN : 0));
	for (size_t i = 0; i < CS_N(counts); i++)
		put_opt(o, counts[i]);
	put_signed(o, s->wall_ns);
}

static void put_step(struct out *o, const struct cs_brief_step *s, uint32_t next, int64_t def)
{
	uint32_t gap = s->index - next;
	unsigned state = s->state == CS_STATE_HIT ? 0 : s->state == CS_STATE_RUN ? 1 : 2;

	put(o, ((s->class == CS_STEP_FILE ? STEP_FILE : 0) | state << STEP_STATE) +
		       ((uint64_t)(gap < GAP_MAX ? gap : GAP_MAX) << STEP_GAP));
	if (gap >= GAP_MAX)
		put(o, gap);
	put_signed(o, s->def - def);
	put_opt(o, s->ns);
	if (s->state == CS_STATE_RUN)
		put_fixed(o, s->work);
}

static void put_work(struct out *o, const struct cs_brief *b)
{
	uint32_t next = 0;
	int64_t def = 0;

	put(o, b->n_classes);
	for (size_t i = 0; i < b->n_classes; i++) {
		const struct cs_brief_class *c = &b->classes[i];

		put(o, c->class);
		put_opt(o, c->runs);
		put_opt(o, c->hits);
		put_opt(o, c->priced_hits);
		put_opt(o, c->run_ns);
		put_opt(o, c->saved_ns);
	}
	put(o, b->n_steps);
	for (size_t i = 0; i < b->n_steps; i++) {
		put_step(o, &b->steps[i], next, def);
		next = b->steps[i].index + 1;
		def = b->steps[i].def;
	}
}

/* Steps are behind their length, so that who does not want them passes over. */
static void put_steps(struct out *o, const struct cs_brief *b)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct out section = { &buf, false };

	put_work(&section, b);
	put(o, buf.len);
	o->failed |= section.failed || cs_buf_add(o->buf, buf.data, buf.len) < 0;
}

int cs_brief_pack(const struct cs_brief *b, struct cs_buf *ret, struct cs_err *err)
{
	const int64_t numbers[] = { b->scope,	 b->target, b->platform, b->job,
				    b->workflow, b->ref,    b->run };
	const uint64_t keys[] = { b->input, b->config, b->diff_ids };
	size_t before = ret->len;
	struct out o = { ret, false };

	put(&o, BRIEF_VERSION);
	put(&o, (b->started ? STARTED : 0) | (b->writes ? WRITES : 0) |
			(b->layers_known ? LAYERS_KNOWN : 0));
	for (size_t i = 0; i < CS_N(numbers); i++)
		put(&o, (uint64_t)numbers[i]);
	put(&o, (uint64_t)b->event | (uint64_t)b->status << 3 | (uint64_t)b->tests_passed << 5);
	put(&o, (uint64_t)b->source_kind | (uint64_t)b->pushed << 4);
	put_opt(&o, b->attempt);
	put_figures(&o, &b->figures);
	for (size_t i = 0; i < CS_N(keys); i++)
		put_fixed(&o, keys[i]);
	put_opt(&o, b->misses);
	put_opt(&o, b->stored_misses);
	put_commit(&o, b->commit);
	put(&o, b->n_labels);
	for (size_t i = 0; i < b->n_labels * 2; i++)
		put(&o, (uint64_t)b->labels[i]);
	put_steps(&o, b);
	put(&o, b->n_layers);
	for (size_t i = 0; i < b->n_layers; i++) {
		put_fixed(&o, b->layers[i].blob);
		put_opt(&o, b->layers[i].blob_bytes);
	}
	if (!o.failed)
		return 0;
	ret->len = before;
	return cs_err_nomem(err);
}

/* --- unpacking --- */

struct in {
	const uint8_t *p, *end;
	bool bad;
	char *room, *room_end;
};

static inline uint64_t get(struct in *in)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && in->p < in->end; shift += 7) {
		uint8_t byte = *in->p++;

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			in->bad |= shift == 63 && byte > 1;
			return v;
		}
	}
	in->bad = true;
	return 0;
}

static inline int64_t get_number(struct in *in)
{
	uint64_t v = get(in);

	in->bad |= v > INT64_MAX;
	return (int64_t)v;
}

static inline int64_t get_opt(struct in *in)
{
	uint64_t v = get(in);

	in->bad |= v > (uint64_t)INT64_MAX + 1;
	return (int64_t)(v - 1);
}

static inline int64_t get_signed(struct in *in)
{
	uint64_t v = get(in);

	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

static inline uint64_t get_fixed(struct in *in)
{
	uint64_t v = 0;

	if (in->end - in->p < 8) {
		in->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < 8; i++)
		v |= (uint64_t)in->p[i] << (8 * i);
	in->p += 8;
	return v;
}

/* A count of things that take least bytes each; not more than there can be. */
static size_t get_count(struct in *in, size_t least)
{
	uint64_t n = get(in);

	if (n > (size_t)(in->end - in->p) / least) {
		in->bad = true;
		return 0;
	}
	return (size_t)n;
}

static unsigned get_enum(struct in *in, uint64_t v, unsigned n)
{
	in->bad |= v >= n;
	return v < n ? (unsigned)v : 0;
}

/*
 * What is unpacked takes at most ROOM times its bytes: a step of 3 bytes 40, a class of 6 48, a
 * layer of 9 16, a pair of numbers of 2 16, hex digits twice theirs and a NUL.
 */
#define ROOM 16

static void *take(struct in *in, size_t n, size_t size)
{
	char *p = in->room;

	n = (n * size + 7) & ~(size_t)7;
	if (n > (size_t)(in->room_end - p)) {
		in->bad = true;
		return NULL;
	}
	in->room += n;
	return p;
}

static void get_figures(struct in *in, struct cs_figures *f)
{
	struct cs_savings *s = &f->savings;
	int64_t *const counts[] = { &f->step_hits,
				    &f->step_runs,
				    &f->own_tar_bytes,
				    &f->hit_tar_bytes,
				    &f->own_blob_bytes,
				    &f->hit_blob_bytes,
				    &f->new_blob_bytes,
				    &f->pulled_blob_bytes,
				    &f->duration_ns,
				    &f->builder_cached_steps,
				    &f->builder_total_steps,
				    &s->hits,
				    &s->priced_hits,
				    &s->runs,
				    &s->gross_ns,
				    &s->run_ns,
				    &s->overhead_ns };
	uint64_t flags = get(in);

	f->completed = flags & COMPLETED;
	f->undecided = flags & UNDECIDED;
	f->rated = flags & RATED;
	f->cold = flags & COLD;
	f->first_of_scope = flags & FIRST;
	f->full_hit = flags & FULL_HIT;
	s->known = flags & KNOWN;
	s->overhead_known = flags & OVERHEAD_KNOWN;
	s->wall_known = flags & WALL_KNOWN;
	for (size_t i = 0; i < CS_N(counts); i++)
		*counts[i] = get_opt(in);
	s->wall_ns = get_signed(in);
}

static void get_commit(struct in *in, bool wanted, struct cs_brief *ret)
{
	uint64_t token = get(in);
	bool hex = token && (token - 1) & 1;
	uint64_t len = token ? (token - 1) / 2 : 0; /* bytes that follow, in both cases */
	char *text;

	ret->commit = NULL;
	if (len > (uint64_t)(in->end - in->p)) {
		in->bad = true;
		return;
	}
	if (token && wanted) {
		text = take(in, (size_t)len * (hex ? 2 : 1) + 1, 1);
		for (size_t i = 0; text && i < len; i++) {
			if (!hex) {
				text[i] = (char)in->p[i];
				continue;
			}
			text[2 * i] = "0123456789abcdef"[in->p[i] >> 4];
			text[2 * i + 1] = "0123456789abcdef"[in->p[i] & 15];
		}
		if (text)
			text[len * (hex ? 2 : 1)] = '\0';
		ret->commit = text;
	}
	in->p += len;
}

static void get_labels(struct in *in, bool wanted, struct cs_brief *ret)
{
	size_t n = get_count(in, 2);
	int64_t *v = wanted ? take(in, n * 2, sizeof(*v)) : NULL;

	for (size_t i = 0; i < n * 2; i++) {
		int64_t number = get_number(in);

		if (v)
			v[i] = number;
	}
	ret->labels = v;
	ret->n_labels = v ? n : 0;
}

static void get_classes(struct in *in, struct cs_brief *ret)
{
	size_t n = get_count(in, 6);
	struct cs_brief_class *v = take(in, n, sizeof(*v));

	for (size_t i = 0; v && i < n; i++) {
		v[i].class = (uint8_t)get_enum(in, get(in), CS_STEP_META + 1);
		v[i].runs = get_opt(in);
		v[i].hits = get_opt(in);
		v[i].priced_hits = get_opt(in);
		v[i].run_ns = get_opt(in);
		v[i].saved_ns = get_opt(in);
	}
	ret->classes = v;
	ret->n_classes = v ? n : 0;
}

static void get_steps(struct in *in, struct cs_brief *ret)
{
	static const uint8_t states[] = { CS_STATE_HIT, CS_STATE_RUN, CS_STATE_FAILED };
	size_t n = get_count(in, 3);
	struct cs_brief_step *v = take(in, n, sizeof(*v));
	uint64_t index = 0;
	uint64_t def = 0;

	for (size_t i = 0; v && i < n && !in->bad; i++) {
		uint64_t head = get(in);
		uint64_t gap = head >> STEP_GAP;

		index += gap == GAP_MAX ? get(in) : gap;
		in->bad |= gap > GAP_MAX || index >= UINT32_MAX;
		v[i].index = (uint32_t)index++;
		v[i].class = head & STEP_FILE ? CS_STEP_FILE : CS_STEP_EXEC;
		v[i].state = states[get_enum(in, head >> STEP_STATE & 3, CS_N(states))];
		def += (uint64_t)get_signed(in);
		in->bad |= def > INT64_MAX;
		v[i].def = (int64_t)def;
		v[i].ns = get_opt(in);
		v[i].work = v[i].state == CS_STATE_RUN ? get_fixed(in) : 0;
	}
	ret->steps = v;
	ret->n_steps = v ? n : 0;
}

static void get_work(struct in *in, bool wanted, struct cs_brief *ret)
{
	size_t len = get_count(in, 1);
	const uint8_t *after = in->p + len, *end = in->end;

	ret->classes = NULL;
	ret->steps = NULL;
	ret->n_classes = ret->n_steps = 0;
	if (wanted) {
		in->end = after;
		get_classes(in, ret);
		get_steps(in, ret);
		in->bad |= in->p != after;
	}
	in->p = after;
	in->end = end;
}

static void get_layers(struct in *in, struct cs_brief *ret)
{
	size_t n = get_count(in, 9);
	struct cs_brief_layer *v = take(in, n, sizeof(*v));

	for (size_t i = 0; v && i < n; i++) {
		v[i].blob = get_fixed(in);
		v[i].blob_bytes = get_opt(in);
	}
	in->bad |= in->p != in->end;
	ret->layers = v;
	ret->n_layers = v ? n : 0;
}

static void get_head(struct in *in, struct cs_brief *ret)
{
	int64_t *const numbers[] = { &ret->scope,    &ret->target, &ret->platform, &ret->job,
				     &ret->workflow, &ret->ref,	   &ret->run };
	uint64_t *const keys[] = { &ret->input, &ret->config, &ret->diff_ids };
	uint64_t flags = get(in);

	ret->started = flags & STARTED;
	ret->writes = flags & WRITES;
	ret->layers_known = flags & LAYERS_KNOWN;
	for (size_t i = 0; i < CS_N(numbers); i++)
		*numbers[i] = get_number(in);
	flags = get(in);
	ret->event = (enum cs_event)(flags & 7);
	ret->status = (enum cs_build_status)(flags >> 3 & 3);
	ret->tests_passed = (enum cs_tri)get_enum(in, flags >> 5, CS_TRI_YES + 1);
	flags = get(in);
	ret->source_kind = (enum cs_source_kind)get_enum(in, flags & 15, CS_SOURCE_RECORD + 1);
	ret->pushed = (enum cs_tri)get_enum(in, flags >> 4, CS_TRI_YES + 1);
	ret->attempt = get_opt(in);
	get_figures(in, &ret->figures);
	for (size_t i = 0; i < CS_N(keys); i++)
		*keys[i] = get_fixed(in);
	ret->misses = get_opt(in);
	ret->stored_misses = get_opt(in);
}

void cs_brief_room_release(struct cs_brief_room *room)
{
	free(room->memory);
	*room = (struct cs_brief_room){ NULL, 0 };
}

static int reserve(struct cs_brief_room *room, size_t len, struct cs_err *err)
{
	size_t need = len < SIZE_MAX / ROOM - 256 ? len * ROOM + 256 : SIZE_MAX;
	void *grown;

	if (need <= room->bytes)
		return 0;
	grown = malloc(need);
	if (!grown)
		return cs_err_nomem(err);
	free(room->memory);
	room->memory = grown;
	room->bytes = need;
	return 0;
}

int cs_brief_unpack(const void *data, size_t len, unsigned want, struct cs_brief_room *room,
		    struct cs_brief *ret, struct cs_err *err)
{
	struct in in = { .p = data, .end = (const uint8_t *)data + len };
	struct cs_brief b = { .id = ret->id,
			      .project = ret->project,
			      .time_unix_ns = ret->time_unix_ns };
	int r = reserve(room, len, err);

	if (r < 0)
		return r;
	in.room = room->memory;
	in.room_end = in.room + room->bytes;
	if (get(&in) != BRIEF_VERSION && !in.bad)
		return 1;
	get_head(&in, &b);
	get_commit(&in, want & CS_BRIEF_COMMIT, &b);
	get_labels(&in, want & CS_BRIEF_LABELS, &b);
	get_work(&in, want & CS_BRIEF_STEPS, &b);
	if (want & CS_BRIEF_LAYERS)
		get_layers(&in, &b);
	if (in.bad)
		return cs_err_set(err, CS_FORMAT, "what is kept of a build in short is damaged");
	*ret = b;
	return 0;
}
