/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A map from digest to vertex and, for each vertex, its list of intervals. Only what the end result
 * needs is kept: texts once, and no log. A start time that was told before updates its interval;
 * looking back a few is enough, because a builder closes what it opened last, and the rest is
 * joined when sorted. Refused: a set per vertex; one stream may name a million starts of one
 * vertex.
 */
#include "build/fold.h"

#include <string.h>

#include "util/hash.h"

/* What every vertex may hold without being charged; BuildKit's mostly do not need more. */
#define FREE_BYTES 256
#define LOOK_BACK  8

struct interval {
	int64_t start, stop; /* stop may be CS_TIME_NONE */
	bool cached;
};

struct vertex {
	UT_hash_handle hh;
	const char *key, *name, *error, *group;
	struct vertex **inputs;
	struct interval *intervals;
	uint32_t n_inputs, n_intervals, cap_intervals;
	uint32_t held, depth, next_input, index;
	int64_t told_ns;
	bool seen, weak, cached, completed, told, status_pull, status_other, log, visiting, ranked;
};

struct cs_fold {
	const struct cs_ctx *ctx;
	struct cs_holding *holding;
	struct cs_arena *arena;
	struct vertex *map;
	int64_t n_warnings;
	bool unmerged; /* the image went to a store that cannot merge: COPY --link is one vertex */
	struct vertex **order; /* after finish */
	size_t n_order;
};

int cs_fold_new(const struct cs_ctx *ctx, struct cs_holding *holding, struct cs_fold **ret,
		struct cs_err *err)
{
	struct cs_fold *fold = calloc(1, sizeof(*fold));

	if (fold)
		fold->arena = cs_arena_new();
	if (!fold || !fold->arena) {
		free(fold);
		return cs_err_nomem(err);
	}
	fold->ctx = ctx;
	fold->holding = holding;
	*ret = fold;
	return 0;
}

void cs_fold_free(struct cs_fold *fold)
{
	if (!fold)
		return;
	HASH_CLEAR(hh, fold->map);
	cs_arena_free(fold->arena);
	free(fold);
}

/* Charges n more bytes of a vertex to the input's account. */
static int hold(struct cs_fold *fold, struct vertex *v, size_t n, struct cs_err *err)
{
	size_t over = v->held + n > FREE_BYTES ? v->held + n - FREE_BYTES : 0;

	if (over > n)
		over = n;
	if (fold->holding->bytes + (int64_t)over > fold->ctx->limits.held_bytes)
		return cs_limit_error(err, &fold->ctx->limits, held_bytes, "names of steps");
	fold->holding->bytes += (int64_t)over;
	v->held = v->held + n > UINT32_MAX ? UINT32_MAX : v->held + (uint32_t)n;
	return 0;
}

static struct vertex *find(const struct cs_fold *fold, const char *key)
{
	struct vertex *v;

	HASH_FIND_STR(fold->map, key, v);
	return v;
}

static int find_or_add(struct cs_fold *fold, const char *key, struct vertex **ret,
		       struct cs_err *err)
{
	struct vertex *v = find(fold, key);
	int r;

	if (v) {
		*ret = v;
		return 0;
	}
	if (fold->holding->vertexes >= fold->ctx->limits.vertexes)
		return cs_limit_error(err, &fold->ctx->limits, vertexes, "steps");
	v = cs_arena_alloc(fold->arena, sizeof(*v));
	if (!v)
		return cs_err_nomem(err);
	r = hold(fold, v, strlen(key), err);
	if (r < 0)
		return r;
	v->key = cs_arena_strdup(fold->arena, key);
	if (!v->key)
		return cs_err_nomem(err);
	v->told_ns = -1;
	HASH_ADD_KEYPTR(hh, fold->map, v->key, strlen(v->key), v);
	if (!v->hh.tbl)
		return cs_err_nomem(err);
	fold->holding->vertexes++;
	*ret = v;
	return 0;
}

static int set_text(struct cs_fold *fold, struct vertex *v, const char **text, const char *value,
		    struct cs_err *err)
{
	int r;

	if (!value || !*value || (*text && strcmp(*text, value) == 0))
		return 0;
	r = hold(fold, v, strlen(value) + 1, err);
	if (r < 0)
		return r;
	value = cs_arena_strdup(fold->arena, value);
	if (!value)
		return cs_err_nomem(err);
	*text = value;
	return 0;
}

/* A digest covers its inputs, so the same number of them is the same inputs. */
static int set_inputs(struct cs_fold *fold, struct vertex *v, char *const *keys, size_t n,
		      struct cs_err *err)
{
	struct vertex **inputs;
	int r;

	if (!n || n == v->n_inputs)
		return 0;
	r = n > (size_t)fold->ctx->limits.vertexes
		    ? cs_limit_error(err, &fold->ctx->limits, vertexes, "inputs of a step")
		    : hold(fold, v, n * sizeof(*inputs), err);
	if (r < 0)
		return r;
	inputs = cs_arena_array(fold->arena, n, sizeof(*inputs));
	if (!inputs)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		r = find_or_add(fold, keys[i], &inputs[i], err);
		if (r < 0)
			return r;
	}
	v->inputs = inputs;
	v->n_inputs = (uint32_t)n;
	return 0;
}

static int add_interval(struct cs_fold *fold, struct vertex *v, const struct cs_vertex *u,
			struct cs_err *err)
{
	struct interval *iv;

	for (uint32_t i = 0; i < LOOK_BACK && i < v->n_intervals; i++) {
		iv = &v->intervals[v->n_intervals - 1 - i];
		if (iv->start == u->started_unix_ns) {
			iv->stop = u->completed_unix_ns;
			iv->cached = iv->cached || u->cached;
			return 0;
		}
	}
	if (v->n_intervals == v->cap_intervals) {
		uint32_t cap = v->cap_intervals ? v->cap_intervals * 2 : 1;
		struct interval *grown = cs_arena_array(fold->arena, cap, sizeof(*grown));
		int r = hold(fold, v, (cap - v->cap_intervals) * sizeof(*grown), err);

		if (r < 0)
			return r;
		if (!grown)
			return cs_err_nomem(err);
		if (v->n_intervals)
			memcpy(grown, v->intervals, v->n_intervals * sizeof(*grown));
		v->intervals = grown;
		v->cap_intervals = cap;
	}
	iv = &v->intervals[v->n_intervals++];
	iv->start = u->started_unix_ns;
	iv->stop = u->completed_unix_ns;
	iv->cached = u->cached;
	return 0;
}

/* No build ran before 1970; so the union of intervals cannot overflow. */
static int64_t sane_time(int64_t unix_ns)
{
	return unix_ns < 0 ? CS_TIME_NONE : unix_ns;
}

int cs_fold_vertex(struct cs_fold *fold, const struct cs_vertex *told, struct cs_err *err)
{
	struct cs_vertex sane = *told, *u = &sane;
	struct vertex *v = NULL;
	int r = find_or_add(fold, u->key, &v, err);

	sane.started_unix_ns = sane_time(told->started_unix_ns);
	sane.completed_unix_ns = sane_time(told->completed_unix_ns);
	if (r < 0)
		return r;
	v->seen = true;
	if (set_text(fold, v, &v->name, u->name, err) < 0 ||
	    set_text(fold, v, &v->error, u->error, err) < 0 ||
	    set_text(fold, v, &v->group, u->group, err) < 0)
		return -(int)err->code;
	v->weak = v->weak || u->weak;
	v->cached = v->cached || u->cached;
	v->completed = v->completed || u->completed_unix_ns != CS_TIME_NONE;
	r = set_inputs(fold, v, u->inputs, u->n_inputs, err);
	if (r == 0 && u->started_unix_ns != CS_TIME_NONE)
		r = add_interval(fold, v, u, err);
	return r;
}

void cs_fold_status(struct cs_fold *fold, const char *key, const char *id)
{
	struct vertex *v = find(fold, key);

	if (!v)
		return;
	if (strncmp(id, "extracting sha256:", 18) == 0 || strncmp(id, "sha256:", 7) == 0)
		v->status_pull = true;
	else
		v->status_other = true;
	fold->unmerged = fold->unmerged || strncmp(id, "writing image sha256:", 21) == 0;
}

void cs_fold_log(struct cs_fold *fold, const char *key)
{
	struct vertex *v = find(fold, key);

	if (v)
		v->log = true;
}

void cs_fold_warning(struct cs_fold *fold)
{
	fold->n_warnings++;
}

void cs_fold_told(struct cs_fold *fold, const char *key, bool done, int64_t duration_ns)
{
	struct vertex *v = find(fold, key);

	if (!v)
		return;
	v->told = true;
	v->completed = v->completed || done;
	if (duration_ns >= 0)
		v->told_ns = duration_ns;
}

/* --- the end --- */

static int compare_intervals(const void *pa, const void *pb)
{
	const struct interval *a = pa, *b = pb;

	return a->start != b->start ? (a->start < b->start ? -1 : 1) : 0;
}

static int compare_vertexes(const void *pa, const void *pb)
{
	const struct vertex *a = *(struct vertex *const *)pa, *b = *(struct vertex *const *)pb;
	int64_t s = a->n_intervals ? a->intervals[0].start : INT64_MAX;
	int64_t t = b->n_intervals ? b->intervals[0].start : INT64_MAX;

	if (s != t)
		return s < t ? -1 : 1;
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return a->index < b->index ? -1 : a->index > b->index;
}

/*
 * Sorts a vertex's intervals and sums their union. False if one of them was never closed; *reran if
 * one that is not the cache's was closed.
 */
static bool merge_intervals(struct vertex *v, struct cs_raw_step *raw)
{
	int64_t until = 0, sum = 0;
	bool closed = true, any = false;

	for (uint32_t i = 0; i < v->n_intervals; i++) {
		const struct interval *iv = &v->intervals[i];
		int64_t from = iv->start > until ? iv->start : until;
		bool same = i + 1 < v->n_intervals && iv[1].start == iv->start;

		if (same && iv[1].stop != CS_TIME_NONE)
			continue; /* told again with its end */
		if (iv->stop == CS_TIME_NONE) {
			closed = closed && i && v->intervals[i - 1].start == iv->start;
			continue;
		}
		any = true;
		raw->reran = raw->reran || (v->cached && !iv->cached);
		if (iv->stop > from) {
			sum += iv->stop - from;
			until = iv->stop;
		}
		if (raw->completed_unix_ns == CS_TIME_NONE || iv->stop > raw->completed_unix_ns)
			raw->completed_unix_ns = iv->stop;
	}
	if (any)
		raw->duration_ns = sum;
	return closed;
}

/*
 * The length of the longest way from a vertex down its inputs, by walking with the vertexes
 * themselves as the stack: streams come from strangers, so neither depth nor cycles are trusted.
 */
static void rank(struct vertex *v, struct vertex **stack)
{
	size_t n = 0;

	stack[n++] = v;
	while (n) {
		struct vertex *top = stack[n - 1];

		if (!top->ranked && top->next_input < top->n_inputs) {
			struct vertex *in = top->inputs[top->next_input++];

			top->visiting = true;
			if (!in->ranked && !in->visiting)
				stack[n++] = in;
			continue;
		}
		for (uint32_t i = 0; i < top->n_inputs; i++) {
			if (top->inputs[i]->ranked && top->inputs[i]->depth >= top->depth)
				top->depth = top->inputs[i]->depth + 1;
		}
		top->ranked = true;
		n--;
	}
}

static int put_in_order(struct cs_fold *fold, bool leave_client, struct cs_err *err)
{
	size_t n = HASH_COUNT(fold->map);
	struct vertex **stack, **order;

	stack = cs_arena_array(fold->arena, n, sizeof(*stack));
	order = cs_arena_array(fold->arena, n, sizeof(*order));
	if (!stack || !order)
		return cs_err_nomem(err);
	n = 0;
	for (struct vertex *v = fold->map; v; v = v->hh.next) {
		v->index = UINT32_MAX;
		if (!v->seen || (leave_client && v->name && cs_step_is_client(v->name)))
			continue;
		v->index = (uint32_t)n;
		order[n++] = v;
		if (v->n_intervals > 1)
			qsort(v->intervals, v->n_intervals, sizeof(*v->intervals),
			      compare_intervals);
		rank(v, stack);
	}
	qsort(order, n, sizeof(*order), compare_vertexes);
	for (size_t i = 0; i < n; i++)
		order[i]->index = (uint32_t)i;
	fold->order = order;
	fold->n_order = n;
	return 0;
}

static int set_raw_inputs(const struct vertex *v, struct cs_arena *arena, struct cs_raw_step *raw,
			  struct cs_err *err)
{
	if (!v->n_inputs)
		return 0;
	raw->inputs = cs_arena_array(arena, v->n_inputs, sizeof(*raw->inputs));
	if (!raw->inputs)
		return cs_err_nomem(err);
	for (uint32_t i = 0; i < v->n_inputs; i++) {
		if (v->inputs[i]->index != UINT32_MAX)
			raw->inputs[raw->n_inputs++] = v->inputs[i]->index;
	}
	return 0;
}

/* "[a 2/3] COPY --link x y": what plain logs show of a whole group. */
static bool is_linked(const char *name)
{
	const char *at = name[0] == '[' ? strstr(name, "] ") : NULL, *flag;

	if (!at)
		return false;
	at += strncmp(at + 2, "ONBUILD ", 8) == 0 ? 10 : 2;
	if (strncmp(at, "COPY ", 5) != 0 && strncmp(at, "ADD ", 4) != 0)
		return false;
	flag = strstr(at, " --link");
	return flag && (flag[7] == ' ' || strncmp(flag + 7, "=true ", 6) == 0);
}

static void set_raw(const struct cs_fold *fold, struct vertex *v, bool plain,
		    struct cs_raw_step *raw)
{
	bool closed;

	raw->name = v->name;
	raw->error = v->error;
	raw->cached = v->cached;
	raw->merge = v->weak && v->name && strstr(v->name, "] LINK ");
	raw->completed_unix_ns = CS_TIME_NONE;
	raw->started_unix_ns = v->n_intervals ? v->intervals[0].start : CS_TIME_NONE;
	raw->duration_ns = -1;
	raw->fetched = v->status_pull;
	closed = merge_intervals(v, raw);
	if (!plain) {
		raw->started = v->n_intervals > 0;
		raw->completed = v->completed && closed;
		return;
	}
	raw->started = true;
	raw->completed = v->told;
	raw->reran = false;
	raw->duration_ns = v->told_ns;
	raw->pull_only = v->status_pull && !v->status_other && !v->log;
	/*
	 * DONE is the word for the group: below a step that ran the merge is done anew, whether or
	 * not the files were cached.
	 */
	raw->silent = v->told && !v->cached && !v->error && !raw->pull_only && v->name &&
		      !fold->unmerged && is_linked(v->name);
}

/* --- counts --- */

/*
 * What plain logs do not show (formats.md 2.2): vertexes that were not started, the second one of a
 * COPY --link, whether the first of such a group was cached. A hit that was downloaded prints DONE.
 */
static void count_plain(const struct cs_fold *fold, struct cs_doc *doc)
{
	struct cs_build *b = &doc->build;
	int64_t total = (int64_t)fold->n_order, cached = 0, completed = 0;
	bool link = false;

	for (size_t i = 0; i < fold->n_order; i++) {
		const struct cs_step *step = &b->steps[i];

		completed += fold->order[i]->told;
		cached += step->state == CS_STATE_HIT;
		link = link || (fold->order[i]->name && is_linked(fold->order[i]->name));
	}
	b->builder_total_steps = link || b->status != CS_STATUS_COMPLETED ? -1 : total;
	b->builder_cached_steps = link ? -1 : cached;
	b->builder_completed_steps = link ? -1 : completed;
}

static void count(const struct cs_fold *fold, struct cs_build *b)
{
	b->builder_total_steps = (int64_t)fold->n_order;
	b->builder_cached_steps = 0;
	b->builder_completed_steps = 0;
	for (size_t i = 0; i < fold->n_order; i++) {
		b->builder_cached_steps += fold->order[i]->cached;
		b->builder_completed_steps += fold->order[i]->completed;
	}
}

static int compare_keys(const void *a, const void *b)
{
	const struct vertex *const *x = a, *const *y = b;

	return strcmp((*x)->key, (*y)->key);
}

/* The same for a build's record and its live log: what only the client saw is left out. */
static int set_graph(const struct cs_fold *fold, struct cs_build *b, struct cs_err *err)
{
	struct cs_hasher *hasher CS_AUTO(cs_hasher_free_p) = NULL;
	struct vertex **sorted;
	struct cs_digest digest;
	size_t n = 0;
	int r;

	sorted = cs_arena_array(fold->arena, fold->n_order, sizeof(*sorted));
	if (!sorted)
		return cs_err_nomem(err);
	for (size_t i = 0; i < fold->n_order; i++) {
		struct vertex *v = fold->order[i];

		if (!v->name || !cs_step_is_client(v->name))
			sorted[n++] = v;
	}
	if (n == 0)
		return 0;
	qsort(sorted, n, sizeof(*sorted), compare_keys);
	r = cs_hasher_new(CS_DIGEST_SHA256, &hasher, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		cs_hasher_update(hasher, sorted[i]->key, strlen(sorted[i]->key) + 1);
	cs_hasher_final(hasher, &digest);
	for (size_t i = 0; i < sizeof(b->graph); i++)
		b->graph = b->graph << 8 | digest.bytes[i];
	return 0;
}

int cs_fold_finish(struct cs_fold *fold, enum cs_fold_kind kind, struct cs_doc *doc,
		   struct cs_err *err)
{
	struct cs_raw_step *raw;
	int r = put_in_order(fold, kind != CS_FOLD_RECORD, err);

	if (r < 0)
		return r;
	raw = cs_arena_array(fold->arena, fold->n_order, sizeof(*raw));
	if (!raw)
		return cs_err_nomem(err);
	for (size_t i = 0; i < fold->n_order && r == 0; i++) {
		set_raw(fold, fold->order[i], kind == CS_FOLD_PLAIN, &raw[i]);
		r = set_raw_inputs(fold->order[i], doc->arena, &raw[i], err);
	}
	if (r == 0 && kind != CS_FOLD_RECORD && doc->build.status == CS_STATUS_UNKNOWN)
		doc->build.status = cs_raw_status(raw, fold->n_order);
	if (r == 0)
		r = cs_doc_set_steps(doc, raw, fold->n_order, err);
	if (r < 0)
		return r;
	doc->build.recipe.n_warnings = fold->n_warnings;
	if (kind == CS_FOLD_PLAIN) {
		count_plain(fold, doc);
		return 0;
	}
	count(fold, &doc->build);
	return set_graph(fold, &doc->build, err);
}

int64_t cs_fold_step(const struct cs_fold *fold, const char *key)
{
	const struct vertex *v = find(fold, key);

	return v && v->index != UINT32_MAX ? (int64_t)v->index : -1;
}
