/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How sure a before/after figure is (M9): percentile bootstrap, 95 %, whole runs drawn, never
 * builds, for the builds of a run share its commit and its cache. The same seed and input give the
 * same bytes; nothing here asks the clock or the system for chance.
 */
#ifndef CS_METRICS_BOOTSTRAP_H
#define CS_METRICS_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

/* xoshiro256** of Blackman and Vigna (public domain), its state filled by splitmix64. */
struct cs_random {
	uint64_t s[4];
};
void cs_random_seed(struct cs_random *random, uint64_t seed);
uint64_t cs_random_next(struct cs_random *random);
/* 0 … n - 1, each equally likely; n > 0. */
uint32_t cs_random_below(struct cs_random *random, uint32_t n);

#define CS_STRATA 16 /* strata are numbers below it */

/* One side of a figure; the figure is Σ num / Σ den, or Σ num where den is NULL. */
struct cs_clusters {
	const double *num, *den;
	const uint8_t *stratum; /* event class of each; NULL = all the same */
	size_t n;
	/* clusters beside these, of num 0 and den 1: [CS_STRATA], by stratum; NULL = none */
	const size_t *zeros;
};

struct cs_interval {
	bool known;
	double low, high;
};

#define CS_BOOTSTRAP_SEED      20250101
#define CS_BOOTSTRAP_RESAMPLES 5000
#define CS_BOOTSTRAP_MAX       100000

struct cs_bootstrap_chance;

struct cs_bootstrap_options {
	uint64_t seed;
	uint32_t resamples;
	bool paired;	  /* cluster i of both sides is one event: they are drawn together */
	bool standardise; /* the intervals of the standardised figure too */
	bool sides_only;  /* nothing of the change is asked for */
	/* Chance that many figures share, of this seed and these resamples; may be NULL. */
	struct cs_bootstrap_chance *chance;
};
int cs_bootstrap_chance_new(uint64_t seed, uint32_t resamples, struct cs_bootstrap_chance **ret,
			    struct cs_err *err);
void cs_bootstrap_chance_free(struct cs_bootstrap_chance *chance);
CS_DEFINE_AUTO(struct cs_bootstrap_chance *, cs_bootstrap_chance_free)

struct cs_bootstrap {
	struct cs_interval before, after; /* of each side's figure */
	struct cs_interval change;	  /* after - before */
	struct cs_interval reduction;	  /* 1 - after / before */
	struct cs_interval std_after, std_change, std_reduction;
};

#define CS_BOOTSTRAP_DRAWN_MAX 512
/*
 * Up to CS_BOOTSTRAP_DRAWN_MAX clusters a side are drawn one by one. With more of them on either
 * side, unpaired, the sums of a resample are drawn from the normal distribution that has the mean
 * and the covariance of the clusters: what drawing them comes to, at a cost that does not grow with
 * them (beside one pass). Where too few clusters make up a sum for that (its skewness is past 0.1),
 * and in pairs, they are put at random into 512 blocks which are drawn instead; an interval's width
 * is off by some 3 % at most times then. A side without clusters, or a resample in which a figure
 * is 0/0, gives no value; an interval stands on at least half of the resamples. CS_NOMEM.
 */
int cs_bootstrap(const struct cs_clusters *before, const struct cs_clusters *after,
		 const struct cs_bootstrap_options *options, struct cs_bootstrap *ret,
		 struct cs_err *err);

/*
 * After with the mix of before: each stratum of after weighted by its share of before's den (of its
 * clusters where den is NULL). Strata that one side lacks are left out of both and coverage says
 * how much of before's weight stayed. NaN without any common stratum.
 */
struct cs_standardised {
	double before, after, coverage;
};
void cs_standardise(const struct cs_clusters *before, const struct cs_clusters *after,
		    struct cs_standardised *ret);

#endif
