/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The percentile interval was taken because it needs no formula for the figures at hand (ratios of
 * sums, whose terms are dependent) and because people can check it with any other program. BCa was
 * refused: its acceleration is unstable at the five to fifty runs that a side usually has. rand()
 * was refused: it differs from one C library to the next.
 */
#include "metrics/bootstrap.h"

#include <math.h>
#include <string.h>

#include "metrics/bootstrap_impl.h"
#include "metrics/quantile.h"

#define BLOCKS CS_BOOTSTRAP_DRAWN_MAX

size_t cs_clusters_zeros(const struct cs_clusters *c, int stratum)
{
	size_t n = 0;

	if (!c->zeros || stratum >= 0)
		return c->zeros ? c->zeros[stratum] : 0;
	for (size_t i = 0; i < CS_STRATA; i++)
		n += c->zeros[i];
	return n;
}

static uint64_t rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

void cs_random_seed(struct cs_random *random, uint64_t seed)
{
	for (size_t i = 0; i < CS_N(random->s); i++) {
		uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		random->s[i] = z ^ (z >> 31);
	}
}

static inline uint64_t next(struct cs_random *random)
{
	uint64_t *s = random->s, result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t cs_random_next(struct cs_random *random)
{
	return next(random);
}

/* Lemire's multiplication; what would favour small numbers is drawn again. */
uint32_t cs_random_below(struct cs_random *random, uint32_t n)
{
	uint64_t m = (next(random) >> 32) * n;

	if ((uint32_t)m < n) {
		uint32_t refused = -n % n;

		while ((uint32_t)m < refused)
			m = (next(random) >> 32) * n;
	}
	return (uint32_t)(m >> 32);
}

/* --- what is drawn: one pool for each stratum and side --- */

/* Units put at random into BLOCKS sums. A trend over time must not spread evenly over the blocks:
 * they would be more alike than chance makes them. */
static int fold(struct cs_unit **units, size_t n, uint64_t seed, uint32_t *ret_n)
{
	struct cs_unit *blocks;
	struct cs_random random;

	if (n <= BLOCKS) {
		*ret_n = (uint32_t)n;
		return 0;
	}
	blocks = calloc(BLOCKS + 1, sizeof(*blocks));
	if (!blocks)
		return -1;
	cs_random_seed(&random, seed);
	for (size_t i = n - 1; i > 0; i--) {
		size_t k = i < UINT32_MAX ? cs_random_below(&random, (uint32_t)i + 1) : i;
		struct cs_unit swap = (*units)[i];

		(*units)[i] = (*units)[k];
		(*units)[k] = swap;
	}
	for (size_t i = 0; i < n; i++) {
		blocks[i % BLOCKS].num += (*units)[i].num;
		blocks[i % BLOCKS].den += (*units)[i].den;
	}
	free(*units);
	*units = blocks;
	*ret_n = BLOCKS;
	return 0;
}

static bool belongs(const struct cs_clusters *c, size_t i, int stratum)
{
	if (stratum == CS_POOL_OWN)
		return cs_cluster_den(c, i) > 0;
	return stratum == CS_POOL_ANY || cs_cluster_stratum(c, i) == stratum;
}

/* The clusters of one stratum, ANY or OWN. */
int cs_pool_fill(const struct cs_clusters *c, int stratum, uint64_t seed, struct cs_pool *ret)
{
	size_t n = 0, zeros = cs_clusters_zeros(c, stratum);

	for (size_t i = 0; i < c->n; i++)
		n += belongs(c, i, stratum);
	n += zeros;
	ret->units = calloc(n + 1, sizeof(*ret->units));
	if (!ret->units)
		return -1;
	n = 0;
	for (size_t i = 0; i < c->n; i++) {
		if (belongs(c, i, stratum))
			ret->units[n++] = (struct cs_unit){ c->num[i], cs_cluster_den(c, i) };
	}
	for (size_t i = 0; i < zeros; i++)
		ret->units[n++] = (struct cs_unit){ 0, 1 };
	return fold(&ret->units, n, seed, &ret->n);
}

/* --- which units a resample draws --- */

/*
 * Below n, which is BLOCKS at most, out of 16 bits: one number of the generator is four draws.
 * refused: how many of all 65536 would favour small numbers.
 */
static inline uint16_t part_below(struct cs_random *random, uint64_t part, uint32_t n,
				  uint32_t refused)
{
	uint32_t m = (uint32_t)(part & 0xffff) * n;

	while (__builtin_expect((m & 0xffff) < refused, 0))
		m = (uint32_t)(next(random) >> 48) * n;
	return (uint16_t)(m >> 16);
}

void cs_pool_choose(uint32_t n, struct cs_random *random, uint16_t *ret)
{
	struct cs_random mine = *random; /* stays in registers */
	uint32_t refused = n ? 0x10000 % n : 0;

	for (uint32_t i = 0; i < n; i += 4) {
		uint64_t bits = next(&mine);

		ret[i] = part_below(&mine, bits, n, refused);
		ret[i + 1] = part_below(&mine, bits >> 16, n, refused);
		ret[i + 2] = part_below(&mine, bits >> 32, n, refused);
		ret[i + 3] = part_below(&mine, bits >> 48, n, refused);
	}
	for (uint32_t i = n; i < CS_POOL_ROOM(n); i++)
		ret[i] = (uint16_t)n; /* the unit behind the last, which is 0 */
	*random = mine;
}

struct cs_unit cs_pool_sum(const struct cs_pool *pool, const uint16_t *chosen)
{
	typedef double pair __attribute__((vector_size(16)));
	const pair *units = (const pair *)(const void *)pool->units;
	pair sums[4] = { { 0, 0 } };

	/* four that do not wait for each other */
	for (uint32_t i = 0; i < pool->n; i += 4) {
		sums[0] += units[chosen[i]];
		sums[1] += units[chosen[i + 1]];
		sums[2] += units[chosen[i + 2]];
		sums[3] += units[chosen[i + 3]];
	}
	sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
	return (struct cs_unit){ sums[0][0], sums[0][1] };
}

/* --- the values of all resamples --- */

enum { BEFORE, AFTER, CHANGE, REDUCTION, STD_AFTER, STD_CHANGE, STD_REDUCTION, N_VALUES };

struct draws {
	double *values[N_VALUES];
	size_t n[N_VALUES];
	bool totals;
};

static void draws_release(struct draws *d)
{
	for (int v = 0; v < N_VALUES; v++)
		free(d->values[v]);
}

static double value_of(const struct draws *d, const struct cs_unit *sum)
{
	if (d->totals)
		return sum->num;
	return sum->den > 0 ? sum->num / sum->den : NAN;
}

static void keep(struct draws *d, int what, double value)
{
	if (isfinite(value))
		d->values[what][d->n[what]++] = value;
}

static void keep_pair(struct draws *d, int first, double before, double after)
{
	keep(d, first, after - before);
	keep(d, first + 1, before != 0 ? 1 - after / before : NAN);
}

/* Weighted as cs_standardise() does, with the weights of this resample. */
static void keep_standardised(struct draws *d, const struct cs_unit sums[CS_STRATA][2])
{
	double weight = 0, before = 0, after = 0;

	for (int s = 0; s < CS_STRATA; s++) {
		const struct cs_unit *b = &sums[s][0], *a = &sums[s][1];

		if (b->den <= 0 || a->den <= 0)
			continue;
		weight += b->den;
		before += b->num;
		after += b->den * a->num / a->den;
	}
	if (weight <= 0)
		return;
	if (!d->totals) {
		before /= weight;
		after /= weight;
	}
	keep(d, STD_AFTER, after);
	keep_pair(d, STD_CHANGE, before, after);
}

static int prepare_values(struct draws *d, uint32_t resamples)
{
	for (int v = 0; v < N_VALUES; v++) {
		d->values[v] = calloc((size_t)resamples + 1, sizeof(double));
		if (!d->values[v])
			return -1;
	}
	return 0;
}

/* --- the sums of one resample --- */

/* A side's own figure goes by its own clusters, whether or not changes are drawn in pairs. */
static void keep_sums(struct draws *d, const struct cs_large *large,
		      const struct cs_bootstrap_options *options, uint32_t resample)
{
	struct cs_unit strata[CS_STRATA][2];
	double value[2] = { NAN, NAN };

	for (int side = 0; side < 2; side++) {
		if (large->own[side].n) {
			struct cs_unit sum = cs_large_sum(&large->own[side], resample);

			value[side] = value_of(d, &sum);
		}
		keep(d, side ? AFTER : BEFORE, value[side]);
	}
	if (options->sides_only || !large->own[0].n || !large->own[1].n)
		return;
	for (int side = 0; options->paired && side < 2; side++)
		value[side] = value_of(d, &large->pairs[side].drawn[resample]);
	keep_pair(d, CHANGE, value[0], value[1]);
	if (!options->standardise)
		return;
	memset(strata, 0, sizeof(strata));
	for (int s = 0; s < CS_STRATA; s++) {
		if (!large->strata[s][0].n || !large->strata[s][1].n)
			continue;
		strata[s][0] = cs_large_sum(&large->strata[s][0], resample);
		strata[s][1] = cs_large_sum(&large->strata[s][1], resample);
	}
	keep_standardised(d, (const struct cs_unit(*)[2])strata);
}

static int draw_sums(struct draws *d, const struct cs_clusters *const sides[2],
		     const struct cs_bootstrap_options *options, bool whole, struct cs_err *err)
{
	struct cs_bootstrap_chance *mine CS_AUTO(cs_bootstrap_chance_free_p) = NULL;
	struct cs_large large CS_AUTO(cs_large_release) = { 0 };
	int r = 0;

	if (!options->chance)
		r = cs_bootstrap_chance_new(options->seed, options->resamples, &mine, err);
	if (r < 0)
		return r;
	if (cs_large_init(&large, sides, options, whole, mine ? mine : options->chance) < 0)
		return cs_err_nomem(err);
	for (uint32_t i = 0; i < options->resamples; i++)
		keep_sums(d, &large, options, i);
	return 0;
}

/* --- the end --- */

static struct cs_interval interval_of(struct draws *d, int what, uint32_t resamples)
{
	static const double ends[2] = { 0.025, 0.975 };
	struct cs_interval ret = { false, NAN, NAN };
	size_t n = d->n[what];
	double found[2];

	if (n == 0 || n < (resamples + 1) / 2)
		return ret;
	cs_quantiles(d->values[what], n, 0, ends, 2, found);
	return (struct cs_interval){ true, found[0], found[1] };
}

static bool is_large(const struct cs_clusters *c)
{
	return c->n + cs_clusters_zeros(c, CS_POOL_ANY) > CS_BOOTSTRAP_DRAWN_MAX;
}

int cs_bootstrap(const struct cs_clusters *before, const struct cs_clusters *after,
		 const struct cs_bootstrap_options *options, struct cs_bootstrap *ret,
		 struct cs_err *err)
{
	struct draws d CS_AUTO(draws_release) = { .totals = !before->den };
	struct cs_bootstrap_options used = *options;
	struct cs_clusters other = *after;
	const struct cs_clusters *const sides[2] = { before, &other };
	int r;

	used.paired &= before->n == after->n;
	if (used.paired) /* an event has one class, whatever the two sides call it */
		other.stratum = before->stratum;
	if (prepare_values(&d, used.resamples) < 0)
		return cs_err_nomem(err);
	r = draw_sums(&d, sides, &used, !used.paired && (is_large(before) || is_large(after)), err);
	if (r < 0)
		return r;
	ret->before = interval_of(&d, BEFORE, options->resamples);
	ret->after = interval_of(&d, AFTER, options->resamples);
	ret->change = interval_of(&d, CHANGE, options->resamples);
	ret->reduction = interval_of(&d, REDUCTION, options->resamples);
	ret->std_after = interval_of(&d, STD_AFTER, options->resamples);
	ret->std_change = interval_of(&d, STD_CHANGE, options->resamples);
	ret->std_reduction = interval_of(&d, STD_REDUCTION, options->resamples);
	return 0;
}

void cs_standardise(const struct cs_clusters *before, const struct cs_clusters *after,
		    struct cs_standardised *ret)
{
	struct cs_unit sums[CS_STRATA][2] = { { { 0, 0 }, { 0, 0 } } };
	double all = 0, weight = 0, num[2] = { 0, 0 };

	for (int side = 0; side < 2; side++) {
		const struct cs_clusters *c = side ? after : before;

		for (size_t i = 0; i < c->n; i++) {
			struct cs_unit *sum = &sums[cs_cluster_stratum(c, i)][side];

			sum->num += c->num[i];
			sum->den += cs_cluster_den(c, i);
		}
		for (int s = 0; s < CS_STRATA; s++)
			sums[s][side].den += (double)cs_clusters_zeros(c, s);
	}
	for (int s = 0; s < CS_STRATA; s++) {
		const struct cs_unit *b = &sums[s][0], *a = &sums[s][1];

		all += b->den;
		if (b->den <= 0 || a->den <= 0)
			continue;
		weight += b->den;
		num[0] += b->num;
		num[1] += b->den * a->num / a->den;
	}
	ret->coverage = all > 0 ? weight / all : NAN;
	ret->before = ret->after = NAN;
	if (weight <= 0)
		return;
	ret->before = before->den ? num[0] / weight : num[0];
	ret->after = before->den ? num[1] / weight : num[1];
}
