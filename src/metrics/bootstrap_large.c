/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many clusters. A resample is only ever seen through the sums of its clusters, and those of many
 * clusters are normal. So the sums themselves are drawn, from the mean and the covariance that a
 * draw of every cluster would have: thirty figures of half a million runs are thirty passes and not
 * as many times five thousand. Blocks of runs were refused for all this: their own chance makes an
 * interval 3 % too wide or too narrow with 512 of them, and it takes 512 to count rare things.
 *
 * Drawn are den and the miss, num - ratio × den, whose sum is 0: a ratio that is the same in every
 * cluster has an interval of no width, as it must.
 *
 * A sum of few large clusters is skew, and its interval is not even-sided. Skewness s moves a
 * quantile at 1.96 by 0.47 s standard deviations; past SKEW_MAX, that is 5 %, clusters are drawn.
 */
#include "metrics/bootstrap_impl.h"

#include <math.h>

#define SKEW_MAX   0.1
#define NORMAL_MIN 64 /* clusters: fewer say too little of their skewness */
#define N_POOLS	   (2 + 2 * CS_STRATA)

/* Normal deviates of every pool: [2 * pool + i], one a resample; made when first asked for. */
struct cs_bootstrap_chance {
	uint64_t seed;
	uint32_t resamples;
	float *deviates[2 * N_POOLS];
};

int cs_bootstrap_chance_new(uint64_t seed, uint32_t resamples, struct cs_bootstrap_chance **ret,
			    struct cs_err *err)
{
	struct cs_bootstrap_chance *chance = calloc(1, sizeof(*chance));

	if (!chance)
		return cs_err_nomem(err);
	chance->seed = seed;
	chance->resamples = resamples;
	*ret = chance;
	return 0;
}

void cs_bootstrap_chance_free(struct cs_bootstrap_chance *chance)
{
	if (!chance)
		return;
	for (size_t i = 0; i < CS_N(chance->deviates); i++)
		free(chance->deviates[i]);
	free(chance);
}

/* In (-1, 1). */
static double symmetric(struct cs_random *random)
{
	return ((double)(cs_random_next(random) >> 11) + 0.5) / 0x1p52 - 1;
}

static uint64_t seed_of(uint64_t seed, size_t pool)
{
	return seed + (pool + 1) * UINT64_C(0xd1342543de82ef95);
}

/* Marsaglia's polar method. */
static const float *deviates_of(struct cs_bootstrap_chance *chance, size_t at)
{
	struct cs_random random;
	float *v = chance->deviates[at];

	if (v)
		return v;
	v = calloc((size_t)chance->resamples + 2, sizeof(*v));
	if (!v)
		return NULL;
	cs_random_seed(&random, seed_of(chance->seed, at));
	for (uint32_t i = 0; i < chance->resamples; i += 2) {
		double x, y, s;

		do {
			x = symmetric(&random);
			y = symmetric(&random);
			s = x * x + y * y;
		} while (s >= 1 || s <= 0);
		s = sqrt(-2 * log(s) / s);
		v[i] = (float)(x * s);
		v[i + 1] = (float)(y * s);
	}
	chance->deviates[at] = v;
	return v;
}

/* --- what is known of a pool after two passes --- */

struct moments {
	size_t n;
	double num, den; /* sums */
	/* central sums of den and of the miss */
	double den2, den3, miss2, miss3, both;
};

/* times clusters alike */
static void add_sums(struct moments *m, double num, double den, size_t times)
{
	m->n += times;
	m->num += num * (double)times;
	m->den += den * (double)times;
}

static void add_centred(struct moments *m, double num, double den, size_t times)
{
	double n = (double)m->n, d = n > 0 ? den - m->den / n : 0;
	double miss = m->den > 0 ? num - m->num / m->den * den : 0;

	m->den2 += d * d * (double)times;
	m->den3 += d * d * d * (double)times;
	m->miss2 += miss * miss * (double)times;
	m->miss3 += miss * miss * miss * (double)times;
	m->both += d * miss * (double)times;
}

typedef void add_fn(struct moments *m, double num, double den, size_t times);

static void pass(const struct cs_clusters *c, bool standardise, add_fn *add, struct moments *own,
		 struct moments strata[CS_STRATA])
{
	for (size_t i = 0; i < c->n; i++) {
		double den = cs_cluster_den(c, i);

		if (den > 0)
			add(own, c->num[i], den, 1);
		if (standardise)
			add(&strata[cs_cluster_stratum(c, i)], c->num[i], den, 1);
	}
	for (size_t s = 0; c->zeros && s < CS_STRATA; s++) {
		add(own, 0, 1, c->zeros[s]);
		if (standardise)
			add(&strata[s], 0, 1, c->zeros[s]);
	}
}

static bool is_even(double third, double second)
{
	return fabs(third) <= SKEW_MAX * second * sqrt(second);
}

static bool is_normal(const struct moments *m)
{
	return m->n >= NORMAL_MIN && is_even(m->den3, m->den2) && is_even(m->miss3, m->miss2);
}

/* --- sums --- */

static int draw_all(struct cs_large_pool *pool, const struct cs_clusters *c, int stratum,
		    uint64_t seed, uint32_t resamples)
{
	struct cs_pool clusters = { 0 };
	void *memory CS_AUTO(cs_free_p) = NULL;
	struct cs_random random;
	int r = cs_pool_fill(c, stratum, seed, &clusters);

	memory = clusters.units;
	pool->drawn = calloc((size_t)resamples + 1, sizeof(*pool->drawn));
	if (r < 0 || !pool->drawn)
		return -1;
	cs_random_seed(&random, seed);
	for (uint32_t i = 0; i < resamples; i++)
		pool->drawn[i] = cs_pool_draw(&clusters, &random);
	return 0;
}

static int pool_init(struct cs_large_pool *pool, const struct moments *m, size_t at,
		     const struct cs_clusters *c, int stratum, struct cs_bootstrap_chance *chance)
{
	double den_by = sqrt(m->den2), miss_by = den_by > 0 ? m->both / den_by : 0;
	double left = m->miss2 - miss_by * miss_by;

	if (!m->n || m->den <= 0)
		return 0;
	pool->n = m->n;
	if (!is_normal(m))
		return draw_all(pool, c, stratum, seed_of(chance->seed, N_POOLS + at),
				chance->resamples);
	pool->ratio = m->num / m->den;
	pool->den = m->den;
	pool->den_by_0 = den_by;
	pool->miss_by_0 = miss_by;
	pool->miss_by_1 = left > 0 ? sqrt(left) : 0;
	for (size_t i = 0; i < 2; i++) {
		pool->deviates[i] = deviates_of(chance, 2 * at + i);
		if (!pool->deviates[i])
			return -1;
	}
	return 0;
}

int cs_large_init(struct cs_large *ret, const struct cs_clusters *const sides[2],
		  const struct cs_bootstrap_options *options, struct cs_bootstrap_chance *chance)
{
	for (size_t side = 0; side < 2; side++) {
		struct moments own = { 0 }, strata[CS_STRATA] = { { 0 } };
		bool standardise = options->standardise && !options->sides_only;
		int r;

		pass(sides[side], standardise, add_sums, &own, strata);
		pass(sides[side], standardise, add_centred, &own, strata);
		r = pool_init(&ret->own[side], &own, side, sides[side], CS_POOL_OWN, chance);
		for (size_t s = 0; r == 0 && standardise && s < CS_STRATA; s++)
			r = pool_init(&ret->strata[s][side], &strata[s], 2 + 2 * s + side,
				      sides[side], (int)s, chance);
		if (r < 0)
			return r;
	}
	return 0;
}

void cs_large_release(struct cs_large *large)
{
	for (int side = 0; side < 2; side++) {
		free(large->own[side].drawn);
		for (int s = 0; s < CS_STRATA; s++)
			free(large->strata[s][side].drawn);
	}
}
