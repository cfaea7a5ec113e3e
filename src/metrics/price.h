/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a step costs when it really runs (M4): its last measured duration, in the same scope first,
 * else in any scope of the project. Builds are learned in the order of their start; a price is
 * always what was known before the build that asks. Memory grows with distinct steps, not builds.
 */
#ifndef CS_METRICS_PRICE_H
#define CS_METRICS_PRICE_H

#include "model/build.h"

struct cs_prices;

int cs_prices_new(struct cs_prices **ret, struct cs_err *err);
void cs_prices_free(struct cs_prices *prices);
CS_DEFINE_AUTO(struct cs_prices *, cs_prices_free)
/* Takes in the durations of the build's cacheable steps that ran and succeeded. */
int cs_prices_learn(struct cs_prices *prices, const struct cs_build *build, struct cs_err *err);
/* Expected ns of the step of that build, -1 if it was never seen running. */
int64_t cs_prices_of(const struct cs_prices *prices, const struct cs_build *build,
		     const struct cs_step *step);

/* One build's times; sums of these are a group's. Cacheable steps, except overhead and wall. */
struct cs_savings {
	bool known;	 /* false: no step has a duration (an image, a log without times) */
	bool wall_known; /* false: the inputs of steps are not known (plain logs) */
	int64_t hits, priced_hits;
	int64_t gross_ns;    /* M4: expected time of priced hits */
	int64_t run_ns;	     /* measured time of steps that ran */
	int64_t overhead_ns; /* M5: cache imports and exports, and hits whose layers were fetched */
	int64_t wall_ns;     /* M6: critical path without the cache less the actual one */
};

int cs_savings_of(const struct cs_prices *prices, const struct cs_build *build,
		  struct cs_savings *ret, struct cs_err *err);

enum cs_pays { CS_PAYS_CANNOT_TELL, CS_PAYS_YES, CS_PAYS_NO };
const char *cs_pays_name(enum cs_pays p);
/*
 * Unpriced hits count 0, so a positive net is certain, a negative one only when every hit has a
 * price.
 */
enum cs_pays cs_pays(const struct cs_savings *sum);

#endif
