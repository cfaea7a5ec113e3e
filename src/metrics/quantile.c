/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting numbers by the first bits in which they differ leaves a few in the bucket of each rank
 * that is asked for, and those are counted again. Quickselect was refused: it is quadratic for who
 * knows its pivots, and slower, for its branches cannot be foreseen.
 */
#include "metrics/quantile.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BITS	11
#define BUCKETS (1 << BITS)
#define FEW	64

/* In the order of the numbers. */
static inline uint64_t key_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits ^ ((uint64_t) - (int64_t)(bits >> 63) | UINT64_C(1) << 63);
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One look at n numbers: where they lie and how many in each bucket. */
struct look {
	uint64_t low;
	unsigned shift;
	size_t count[BUCKETS];
};

/* False: all are the same. */
static bool look_at(struct look *l, const double *v, size_t n)
{
	uint64_t low = UINT64_MAX, high = 0;
	unsigned width;

	for (size_t i = 0; i < n; i++) {
		uint64_t k = key_of(v[i]);

		low = k < low ? k : low;
		high = k > high ? k : high;
	}
	if (low == high)
		return false;
	width = 64 - (unsigned)__builtin_clzll(high - low);
	l->low = low;
	l->shift = width > BITS ? width - BITS : 0;
	memset(l->count, 0, sizeof(l->count));
	for (size_t i = 0; i < n; i++)
		l->count[(key_of(v[i]) - low) >> l->shift]++;
	return true;
}

/* Brings the numbers of one bucket to the front. */
static void bring(const struct look *l, double *v, size_t n, size_t bucket)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		double value = v[i];

		if ((key_of(value) - l->low) >> l->shift != bucket)
			continue;
		v[i] = v[at];
		v[at++] = value;
	}
}

/* The number of a rank, 0 the least; each look narrows it by BITS. */
static double select_rank(const struct look *first, double *v, size_t n, size_t rank)
{
	const struct look *l = first;
	struct look next;

	while (n > FEW) {
		size_t bucket = 0;

		if (l != first && !look_at(&next, v, n))
			return v[0];
		while (rank >= l->count[bucket])
			rank -= l->count[bucket++];
		bring(l, v, n, bucket);
		n = l->count[bucket];
		if (!l->shift)
			return v[0];
		l = &next;
	}
	qsort(v, n, sizeof(*v), compare_doubles);
	return v[rank];
}

void cs_quantiles(double *v, size_t n, size_t zeros, const double *q, size_t n_q, double *ret)
{
	struct look first;
	bool differ = n > FEW && look_at(&first, v, n);
	size_t all = n + zeros, known = SIZE_MAX; /* the last rank that was asked for */
	double value = NAN;

	for (size_t i = 0; i < n_q; i++) {
		double at = q[i] * (double)(all ? all - 1 : 0), low = floor(at), pair[2];

		for (size_t k = 0; all && k < 2; k++) {
			size_t rank = (size_t)low + k < all ? (size_t)low + k : all - 1;

			if (rank < zeros)
				value = 0;
			else if (rank != known)
				value = n <= FEW || differ ? select_rank(&first, v, n, rank - zeros)
							   : v[0];
			known = rank;
			pair[k] = value;
		}
		if (!all)
			ret[i] = NAN;
		else if ((size_t)low + 1 >= all)
			ret[i] = pair[1];
		else
			ret[i] = pair[0] + (at - low) * (pair[1] - pair[0]);
	}
}
