/* SPDX-License-Identifier: Apache-2.0 */
/* What strategy.c and strategy_order.c share. */
#ifndef CS_METRICS_STRATEGY_IMPL_H
#define CS_METRICS_STRATEGY_IMPL_H

#include "metrics/strategy.h"

struct cs_judge {
	const struct cs_ledger *ledger;
	const struct cs_policy *policy;
	const struct cs_strategy_options *options;
	struct cs_strategy *out;
	const struct cs_ledger_build *builds;
	const struct cs_ledger_run *runs;
	size_t n_builds, n_runs;
	uint8_t *place_roles; /* by place */
	uint32_t *order;      /* builds by run, each run's by start; those without one at the end */
	uint32_t *first;      /* by run: where its builds begin in order; [n_runs] = no run */
	enum cs_tri *tests;   /* by run */
	struct cs_strategy_event events[CS_EVENT_OTHER + 1];
	int64_t judged[CS_EVENT_OTHER + 1]; /* runs that a rule could be held against */
	size_t cap_unexpected, cap_missing, cap_disorders;
};

static inline unsigned cs_judge_role(const struct cs_judge *j, uint32_t build)
{
	return j->place_roles[j->builds[build].place];
}

/* Room for one more element of an array of the result. False without memory. */
bool cs_judge_reserve(void **v, size_t n, size_t *cap, size_t size);

/* strategy_order.c: whether the tests of each run passed, from its own builds and jobs. */
void cs_judge_tests(struct cs_judge *j);
/* Adds the order violations of all runs; tests of runs without a word of their own come from the
 * same commit. */
int cs_judge_order(struct cs_judge *j, struct cs_err *err);
/* strategy_split.c: rows by role and by scope, of events that are finished. */
int cs_judge_splits(struct cs_judge *j, struct cs_err *err);

#endif
