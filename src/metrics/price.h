/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step costs when it really runs (M4): its last measured duration, in the same scope first,
 * else in any scope of the project. Builds are learned in the order of their start; a price is
 * always what was known before the build that asks. Memory grows with distinct steps, not builds,
 * and is bounded: past CS_PRICES_BYTES the price that was measured longest ago is forgotten.
 */
#ifndef CS_METRICS_PRICE_H
#define CS_METRICS_PRICE_H

#include "model/step.h"

#define CS_PRICES_BYTES (64 << 20)

struct cs_prices;

int cs_prices_new(struct cs_prices **ret, struct cs_err *err);
void cs_prices_free(struct cs_prices *prices);
CS_DEFINE_AUTO(struct cs_prices *, cs_prices_free)
/*
 * Takes in the durations of the build's cacheable steps that ran and succeeded; those of a failed
 * build did, too.
 */
int cs_prices_learn(struct cs_prices *prices, const struct cs_build *build, struct cs_err *err);
/* The price of the step in its build's scope, as somebody else looked it up. */
int cs_prices_set(struct cs_prices *prices, const struct cs_build *build,
		  const struct cs_step *step, int64_t ns, struct cs_err *err);
/*
 * Expected ns of the step of that build, -1 if it was never seen running. Cacheable steps have
 * prices, and the merges of COPY --link. Not for two threads at once.
 */
int64_t cs_prices_of(const struct cs_prices *prices, const struct cs_build *build,
		     const struct cs_step *step);

/* Sum of times that come from outside: stays at the end of the range instead of wrapping. */
static inline int64_t cs_ns_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return a < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/*
 * One build's times, or the sum of several builds'. Of cacheable steps, but for overhead and wall.
 * What is not known has its flag off and counts 0 here; views show it as unknown, never as 0.
 */
struct cs_savings {
	bool known;	     /* false: an image, a log without times, a step that ran without one */
	bool overhead_known; /* false: an import, export or fetch without a time */
	bool wall_known; /* false: the inputs of steps are not known (plain logs), or no hit's price
			  */
	int64_t hits, priced_hits, runs;
	int64_t gross_ns;    /* M4: expected time of priced hits; see cs_savings_priced() */
	int64_t run_ns;	     /* measured time of steps that ran */
	int64_t overhead_ns; /* M5: cache imports and exports, and hits whose layers were fetched */
	int64_t wall_ns;     /* M6: critical path without the cache less the actual one */
};

/* Whatever the build's status; whether it is rated is decided in figures.h. */
int cs_savings_of(const struct cs_prices *prices, const struct cs_build *build,
		  struct cs_savings *ret, struct cs_err *err);
/*
 * Adds a build whose saved time and overhead are both known to a sum that began as all 0, so that
 * net is always saved less overhead; true if it was. Of a sum, wall_known says that it is of one
 * build at least.
 */
bool cs_savings_add(struct cs_savings *sum, const struct cs_savings *one);
/* Gross time, time hit rate and wall-clock time mean something: there is a price, or no hit. */
bool cs_savings_priced(const struct cs_savings *s);
/* gross - overhead, M5; only where cs_savings_priced() and overhead_known. */
int64_t cs_savings_net(const struct cs_savings *s);
/*
 * M5: the step hit rate at which net is 0, if overhead stays as it is and every hit saves the mean
 * price of the priced ones: overhead / (mean price × cacheable steps). Above 1: no hit rate pays.
 * NaN unknown.
 */
double cs_savings_break_even(const struct cs_savings *s);

enum cs_pays { CS_PAYS_CANNOT_TELL, CS_PAYS_YES, CS_PAYS_NO };
const char *cs_pays_name(enum cs_pays p);
/*
 * Unpriced hits count 0, so a positive net is certain, a negative one only when every hit has a
 * price.
 */
enum cs_pays cs_pays(const struct cs_savings *s);

#endif
