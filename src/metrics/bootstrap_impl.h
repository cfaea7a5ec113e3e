/* SPDX-License-Identifier: Apache-2.0 */
/* What bootstrap.c and bootstrap_large.c share. */
#ifndef CS_METRICS_BOOTSTRAP_IMPL_H
#define CS_METRICS_BOOTSTRAP_IMPL_H

#include "metrics/bootstrap.h"

struct cs_unit {
	double num, den;
};

/* What is drawn: one pool for each stratum and side. A unit of 0 stands behind the last one. */
struct cs_pool {
	struct cs_unit *units;
	uint32_t n;
};

#define CS_POOL_ANY -1
#define CS_POOL_OWN -2 /* those with something to say: den > 0 */

static inline double cs_cluster_den(const struct cs_clusters *c, size_t i)
{
	return c->den ? c->den[i] : 1;
}

static inline uint8_t cs_cluster_stratum(const struct cs_clusters *c, size_t i)
{
	return c->stratum ? c->stratum[i] : 0;
}

/* Of one stratum, or of all. */
size_t cs_clusters_zeros(const struct cs_clusters *c, int stratum);
/* The clusters of one stratum, ANY or OWN, at most CS_BOOTSTRAP_DRAWN_MAX of them or blocks of
 * them. ret->units is the caller's. -1 without memory. */
int cs_pool_fill(const struct cs_clusters *c, int stratum, uint64_t seed, struct cs_pool *ret);
/* Which of n units one resample draws, each as often as it is drawn: CS_POOL_ROOM(n) numbers. */
#define CS_POOL_ROOM(n) (((size_t)(n) + 3) & ~(size_t)3)
void cs_pool_choose(uint32_t n, struct cs_random *random, uint16_t *ret);
struct cs_unit cs_pool_sum(const struct cs_pool *pool, const uint16_t *chosen);

/* --- bootstrap_large.c --- */

/* The sum over one pool in every resample. */
struct cs_large_pool {
	size_t n; /* clusters; 0 none: no sums */
	/* normal: den and what the quotient misses num by, from two deviates of each resample */
	double ratio, den, den_by_0, miss_by_0, miss_by_1;
	const float *deviates[2];
	struct cs_unit *drawn; /* else this */
};
struct cs_large {
	struct cs_large_pool pairs[2], own[2]; /* own: without clusters that only the partner has */
	struct cs_large_pool strata[CS_STRATA][2];
};

static inline struct cs_unit cs_large_sum(const struct cs_large_pool *pool, uint32_t resample)
{
	struct cs_unit sum;
	double a, b;

	if (pool->drawn)
		return pool->drawn[resample];
	a = (double)pool->deviates[0][resample];
	b = (double)pool->deviates[1][resample];
	sum.den = pool->den + pool->den_by_0 * a;
	sum.num = pool->ratio * sum.den + pool->miss_by_0 * a + pool->miss_by_1 * b;
	return sum;
}

/*
 * whole: sums are drawn whole where they are normal, else clusters one by one. ret is all 0 at
 * first and released whatever is returned; chance outlives it. -1 without memory.
 */
int cs_large_init(struct cs_large *ret, const struct cs_clusters *const sides[2],
		  const struct cs_bootstrap_options *options, bool whole,
		  struct cs_bootstrap_chance *chance);
void cs_large_release(struct cs_large *large);

#endif
