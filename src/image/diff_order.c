/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Only the relative order counts: one file put in front shifts every place behind it and moves
 * nothing. The entries that stayed are a longest increasing run (patience sorting, n log n); all
 * others moved. Marking whatever is smaller than its predecessor was refused: one entry moved to
 * the front would mark an arbitrary neighbour, one moved to the end a whole layer.
 */
#include "image/diff_order.h"

#include <string.h>

struct place {
	uint32_t a, b;
	uint32_t index; /* of the pair */
};

static int place_compare(const void *x, const void *y)
{
	const struct place *p = x, *q = y;

	if (p->a != q->a)
		return p->a < q->a ? -1 : 1;
	return (p->b > q->b) - (p->b < q->b);
}

static bool increasing(const struct place *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (v[i].b <= v[i - 1].b)
			return false;
	return true;
}

/* First k whose run ends at or above b; ends[k] is the lowest end of a run of k + 1 places. */
static size_t run_find(const struct place *v, const uint32_t *ends, size_t n, uint32_t b)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (v[ends[mid]].b < b)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Clears the mark of each place in a longest increasing run. */
static int stayed(const struct place *v, size_t n, bool *moved)
{
	uint32_t *ends CS_AUTO(cs_free_p) = calloc(n, sizeof(*ends));
	uint32_t *before CS_AUTO(cs_free_p) = calloc(n, sizeof(*before));
	size_t longest = 0;
	uint32_t at;

	if (!ends || !before)
		return -1;
	for (size_t i = 0; i < n; i++) {
		size_t k = run_find(v, ends, longest, v[i].b);

		before[i] = k ? ends[k - 1] : 0;
		ends[k] = (uint32_t)i;
		if (k == longest)
			longest++;
	}
	at = ends[longest - 1];
	for (size_t k = 0; k < longest; k++) {
		moved[v[at].index] = false;
		at = before[at];
	}
	return 0;
}

int cs_order_moved(const struct cs_order_pair *pairs, size_t n, bool **ret_moved,
		   struct cs_err *err)
{
	struct place *v CS_AUTO(cs_free_p) = NULL;
	bool *moved CS_AUTO(cs_free_p) = NULL;
	size_t i = 1;

	/* Both tars in path order, as most are: done without memory. */
	while (i < n && pairs[i].a > pairs[i - 1].a && pairs[i].b > pairs[i - 1].b)
		i++;
	if (i >= n) {
		*ret_moved = NULL;
		return 0;
	}
	v = calloc(n, sizeof(*v));
	if (!v)
		return cs_err_nomem(err);
	for (i = 0; i < n; i++)
		v[i] = (struct place){ pairs[i].a, pairs[i].b, (uint32_t)i };
	qsort(v, n, sizeof(*v), place_compare);
	if (!increasing(v, n)) {
		moved = malloc(n * sizeof(*moved));
		if (!moved)
			return cs_err_nomem(err);
		memset(moved, true, n * sizeof(*moved));
		if (stayed(v, n, moved) < 0)
			return cs_err_nomem(err);
	}
	*ret_moved = cs_steal(moved);
	return 0;
}
