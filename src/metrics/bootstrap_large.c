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
#define N_POOLS	   (3 + 2 * CS_STRATA)
#define PAIRS	   (N_POOLS - 1) /* the pool of what is drawn in pairs */

/*
 * Which units are drawn goes by the pool and how many units it has, not by the figure: figures over
 * the same clusters draw the same ones, and only the first of them has to ask for chance.
 */
#define CHOICES	      64
#define CHOICES_BYTES ((size_t)24 << 20)

struct choice {
	uint16_t *v; /* CS_POOL_ROOM(n) a resample */
	size_t pool, bytes;
	uint32_t n;
};

/* Normal deviates of every pool: [2 * pool + i], one a resample; made when first asked for. */
struct cs_bootstrap_chance {
	uint64_t seed;
	uint32_t resamples;
	float *deviates[2 * N_POOLS];
	struct choice choices[CHOICES]; /* in the order of their making, from next on */
	size_t next, bytes;
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
	for (size_t i = 0; i < CS_N(chance->choices); i++)
		free(chance->choices[i].v);
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

static const uint16_t *known_choice(const struct cs_bootstrap_chance *chance, size_t pool,
				    uint32_t n)
{
	for (size_t i = 0; i < CS_N(chance->choices); i++) {
		const struct choice *c = &chance->choices[i];

		if (c->v && c->pool == pool && c->n == n)
			return c->v;
	}
	return NULL;
}

static void forget(struct cs_bootstrap_chance *chance, struct choice *c)
{
	free(c->v);
	chance->bytes -= c->bytes;
	*c = (struct choice){ NULL, 0, 0, 0 };
}

/* All resamples of a pool, kept until others need the room; NULL: too many for that. */
static const uint16_t *choice_of(struct cs_bootstrap_chance *chance, size_t pool, uint32_t n)
{
	size_t room = CS_POOL_ROOM(n), bytes = room * chance->resamples * sizeof(uint16_t);
	const uint16_t *known = known_choice(chance, pool, n);
	struct choice *c = &chance->choices[chance->next];
	struct cs_random random;

	if (known || bytes > CHOICES_BYTES / 4)
		return known;
	for (size_t i = 0; chance->bytes + bytes > CHOICES_BYTES && i < CHOICES; i++)
		forget(chance, &chance->choices[(chance->next + i) % CHOICES]);
	forget(chance, c);
	c->v = malloc(bytes);
	if (!c->v)
		return NULL;
	cs_random_seed(&random, seed_of(chance->seed, pool));
	for (uint32_t i = 0; i < chance->resamples; i++)
		cs_pool_choose(n, &random, c->v + i * room);
	c->pool = pool;
	c->n = n;
	c->bytes = bytes;
	chance->bytes += bytes;
	chance->next = (chance->next + 1) % CHOICES;
	return c->v;
}

static int draw_all(struct cs_large_pool *pool, const struct cs_clusters *c, int stratum, size_t at,
		    struct cs_bootstrap_chance *chance)
{
	struct cs_pool clusters = { 0 };
	void *memory CS_AUTO(cs_free_p) = NULL;
	uint16_t one[CS_POOL_ROOM(CS_BOOTSTRAP_DRAWN_MAX)];
	const uint16_t *chosen;
	struct cs_random random;
	int r = cs_pool_fill(c, stratum, seed_of(chance->seed, N_POOLS + at), &clusters);

	memory = clusters.units;
	pool->n = clusters.n;
	if (r < 0 || !clusters.n)
		return r;
	pool->drawn = calloc((size_t)chance->resamples + 1, sizeof(*pool->drawn));
	if (!pool->drawn)
		return -1;
	chosen = choice_of(chance, at, clusters.n);
	cs_random_seed(&random, seed_of(chance->seed, at));
	for (uint32_t i = 0; i < chance->resamples; i++) {
		if (!chosen)
			cs_pool_choose(clusters.n, &random, one);
		pool->drawn[i] = cs_pool_sum(&clusters,
					     chosen ? chosen + i * CS_POOL_ROOM(clusters.n) : one);
	}
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
		return draw_all(pool, c, stratum, at, chance);
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

static size_t pool_of(size_t stratum, size_t side)
{
	return 2 + 2 * stratum + side;
}

static int draw_whole(struct cs_large *ret, const struct cs_clusters *c, size_t side,
		      bool standardise, struct cs_bootstrap_chance *chance)
{
	struct moments own = { 0 }, strata[CS_STRATA] = { { 0 } };
	int r;

	pass(c, standardise, add_sums, &own, strata);
	pass(c, standardise, add_centred, &own, strata);
	r = pool_init(&ret->own[side], &own, side, c, CS_POOL_OWN, chance);
	for (size_t s = 0; r == 0 && standardise && s < CS_STRATA; s++)
		r = pool_init(&ret->strata[s][side], &strata[s], pool_of(s, side), c, (int)s,
			      chance);
	return r;
}

/* In pairs both sides draw the same. */
static int draw_clusters(struct cs_large *ret, const struct cs_clusters *c, size_t side,
			 const struct cs_bootstrap_options *options,
			 struct cs_bootstrap_chance *chance)
{
	bool standardise = options->standardise && !options->sides_only;
	int r = draw_all(&ret->own[side], c, CS_POOL_OWN, side, chance);

	if (r == 0 && options->paired && !options->sides_only)
		r = draw_all(&ret->pairs[side], c, CS_POOL_ANY, PAIRS, chance);
	for (size_t s = 0; r == 0 && standardise && s < CS_STRATA; s++)
		r = draw_all(&ret->strata[s][side], c, (int)s,
			     pool_of(s, options->paired ? 0 : side), chance);
	return r;
}

int cs_large_init(struct cs_large *ret, const struct cs_clusters *const sides[2],
		  const struct cs_bootstrap_options *options, bool whole,
		  struct cs_bootstrap_chance *chance)
{
	bool standardise = options->standardise && !options->sides_only;
	int r = 0;

	for (size_t side = 0; r == 0 && side < 2; side++)
		r = whole ? draw_whole(ret, sides[side], side, standardise, chance)
			  : draw_clusters(ret, sides[side], side, options, chance);
	return r;
}

void cs_large_release(struct cs_large *large)
{
	for (int side = 0; side < 2; side++) {
		free(large->pairs[side].drawn);
		free(large->own[side].drawn);
		for (int s = 0; s < CS_STRATA; s++)
			free(large->strata[s][side].drawn);
	}
}
