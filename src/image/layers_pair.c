/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plain longest common subsequence: images have tens of layers, so the table is small and Myers'
 * diff would gain nothing. It is filled from the end, so that the pairs come out from the start.
 * An image may hold 10 000 layers and two such a table of 100 MB: past MAX_CELLS no table is made.
 */
#include "image/diff.h"

#include "util/arena.h"

#include <string.h>

#define MAX_CELLS (4u << 20)

/* A pair counts for more than any number of equal diff-ids: at most 4 million pairs a table. */
#define PAIR_WEIGHT  (UINT64_C(1) << 32)
#define EQUAL_WEIGHT UINT64_C(1)

enum move { MOVE_PAIR, MOVE_A, MOVE_B };

struct key {
	const char *text; /* folded instruction, NULL without history */
	const struct cs_digest *diff_id;
};

struct output {
	struct cs_layer_pair *v;
	size_t n;
};

static void pair_put(struct output *out, size_t a, size_t b, enum move move)
{
	out->v[out->n++] = (struct cs_layer_pair){ move == MOVE_B ? -1 : (int)a,
						   move == MOVE_A ? -1 : (int)b };
}

static const char *fold(struct cs_arena *arena, const char *text)
{
	static const char space[] = " \t\n\v\f\r";
	char *copy = cs_arena_strdup(arena, text), *out = copy;
	const char *p;

	if (!copy)
		return NULL;
	for (p = copy + strspn(copy, space); *p; p += strspn(p, space)) {
		size_t n = strcspn(p, space);

		if (out != copy)
			*out++ = ' ';
		memmove(out, p, n);
		out += n;
		p += n;
	}
	*out = '\0';
	return copy;
}

static int keys_make(struct cs_arena *arena, const struct cs_layer *layers, size_t n,
		     struct key **ret, struct cs_err *err)
{
	struct key *keys = cs_arena_array(arena, n, sizeof(*keys));

	if (!keys)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		keys[i].diff_id = &layers[i].diff_id;
		if (!layers[i].has_history || !layers[i].created_by)
			continue;
		keys[i].text = fold(arena, layers[i].created_by);
		if (!keys[i].text)
			return cs_err_nomem(err);
	}
	*ret = keys;
	return 0;
}

/* 0 if the two are no pair. */
static uint64_t weight(const struct key *a, const struct key *b)
{
	bool equal = cs_digest_equal(a->diff_id, b->diff_id);

	if (a->text && b->text ? strcmp(a->text, b->text) == 0 : equal)
		return PAIR_WEIGHT + (equal ? EQUAL_WEIGHT : 0);
	return 0;
}

static void common_put(struct output *out, const struct key *a, size_t n_a, const struct key *b,
		       size_t n_b, size_t offset_a, size_t offset_b)
{
	size_t head = 0, tail = 0, max = n_a < n_b ? n_a : n_b;

	while (head < max && weight(&a[head], &b[head]))
		head++;
	while (tail < max - head && weight(&a[n_a - 1 - tail], &b[n_b - 1 - tail]))
		tail++;
	for (size_t i = 0; i < n_a - tail || i < n_b - tail; i++) {
		bool in_a = i < n_a - tail, in_b = i < n_b - tail;

		if (in_a && in_b && weight(&a[i], &b[i])) {
			pair_put(out, offset_a + i, offset_b + i, MOVE_PAIR);
			continue;
		}
		if (in_a)
			pair_put(out, offset_a + i, 0, MOVE_A);
		if (in_b)
			pair_put(out, 0, offset_b + i, MOVE_B);
	}
	for (size_t i = tail; i > 0; i--)
		pair_put(out, offset_a + n_a - i, offset_b + n_b - i, MOVE_PAIR);
}

/* moves[i * n_b + j]: the best first move when a[i…] and b[j…] are left. */
static int moves_fill(uint8_t *moves, const struct key *a, size_t n_a, const struct key *b,
		      size_t n_b)
{
	uint64_t *row CS_AUTO(cs_free_p) = calloc(n_b + 1, sizeof(*row));

	if (!row)
		return -1;
	for (size_t i = n_a; i-- > 0;) {
		uint64_t diagonal = row[n_b];

		for (size_t j = n_b; j-- > 0;) {
			uint64_t w = weight(&a[i], &b[j]), skip_a = row[j], skip_b = row[j + 1];
			enum move move = skip_a >= skip_b ? MOVE_A : MOVE_B;
			uint64_t best = move == MOVE_A ? skip_a : skip_b;

			if (w && w + diagonal >= best) {
				move = MOVE_PAIR;
				best = w + diagonal;
			}
			diagonal = row[j];
			row[j] = best;
			moves[i * n_b + j] = (uint8_t)move;
		}
	}
	return 0;
}

static int longest_put(struct output *out, const struct key *a, size_t n_a, const struct key *b,
		       size_t n_b, size_t offset_a, size_t offset_b)
{
	uint8_t *moves CS_AUTO(cs_free_p) = calloc(n_a * n_b + 1, 1);
	size_t i = 0, j = 0;

	if (!moves || moves_fill(moves, a, n_a, b, n_b) < 0)
		return -1;
	while (i < n_a || j < n_b) {
		enum move move = j == n_b   ? MOVE_A
				 : i == n_a ? MOVE_B
					    : (enum move)moves[i * n_b + j];

		pair_put(out, offset_a + i, offset_b + j, move);
		i += move != MOVE_B;
		j += move != MOVE_A;
	}
	return 0;
}

static size_t base_count(const struct cs_layer *layers, size_t n)
{
	size_t i = 0;

	while (i < n && layers[i].state == CS_LAYER_BASE)
		i++;
	return i;
}

int cs_layers_pair(const struct cs_layer *a, size_t n_a, const struct cs_layer *b, size_t n_b,
		   struct cs_layer_pair **ret_pairs, size_t *ret_n, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_layer_pair *v CS_AUTO(cs_free_p) = calloc(n_a + n_b + 1, sizeof(*v));
	struct output out = { v, 0 };
	size_t base_a = base_count(a, n_a), base_b = base_count(b, n_b), own_a, own_b;
	struct key *keys_a, *keys_b;

	if (!arena || !v)
		return cs_err_nomem(err);
	if (keys_make(arena, a, n_a, &keys_a, err) < 0 ||
	    keys_make(arena, b, n_b, &keys_b, err) < 0)
		return -(int)err->code;
	if (!base_a || !base_b)
		base_a = base_b = 0;
	for (size_t i = 0; i < base_a || i < base_b; i++)
		pair_put(&out, i, i, i >= base_b ? MOVE_A : i >= base_a ? MOVE_B : MOVE_PAIR);
	own_a = n_a - base_a;
	own_b = n_b - base_b;
	if (own_a && own_b > MAX_CELLS / own_a)
		common_put(&out, keys_a + base_a, own_a, keys_b + base_b, own_b, base_a, base_b);
	else if (longest_put(&out, keys_a + base_a, own_a, keys_b + base_b, own_b, base_a, base_b) <
		 0)
		return cs_err_nomem(err);
	*ret_n = out.n;
	*ret_pairs = cs_steal(v);
	return 0;
}
