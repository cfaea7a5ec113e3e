/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds that were built before, and work that was done before (M7). What is a key and a source
 * state stands in ledger_keys.c, what is the same step in ledger_work.c.
 *
 * Builds are grouped by their result (config digest, ordered diff-ids) and by their input (the key,
 * in another run or job) at one source state; what hangs together is one group, so a build is in
 * one at most. Apart: builds of a later attempt, scheduled ones, canceled ones, those whose source
 * state is not known. Linear in builds; 41 bytes a build beside the ledger while it runs,
 * 4 of which stay.
 */
#ifndef CS_METRICS_DUPLICATES_H
#define CS_METRICS_DUPLICATES_H

#include "metrics/ledger.h"

enum cs_duplicate_kind {
	CS_DUPLICATE_EXACT,	 /* every member has the result of another one */
	CS_DUPLICATE_SAME_INPUT, /* the same key in another run or job */
	CS_DUPLICATE_WORK,	 /* steps of one run executed more than once */
};
const char *cs_duplicate_kind_name(enum cs_duplicate_kind k);

struct cs_duplicate {
	enum cs_duplicate_kind kind;
	int64_t builds;	   /* members; of work: executions of the step */
	int64_t wasted_ns; /* of all but the first; -1 if none of them has a duration */
	/* builds: their places among the ledger's, by start. Work: none, but the step. */
	const uint32_t *members;
	const struct cs_ledger_work *work;
};

struct cs_duplicate_sums {
	int64_t builds; /* N: what the rate stands on */
	int64_t groups; /* distinct ones among them: N - groups were built again */
	int64_t wasted_ns;
	int64_t work_steps, work_ns; /* executions of steps beyond the first */
	int64_t rerun_builds, rerun_ns, scheduled_builds, scheduled_ns; /* apart */
	int64_t canceled_builds, unknown_builds;			/* kept out */
};

struct cs_duplicates;

/* ledger: finished, must outlive *ret. */
int cs_duplicates_find(const struct cs_ledger *ledger, struct cs_duplicates **ret,
		       struct cs_err *err);
void cs_duplicates_free(struct cs_duplicates *duplicates);
CS_DEFINE_AUTO(struct cs_duplicates *, cs_duplicates_free)
/* Groups of builds by the start of their first, then work as it came. */
const struct cs_duplicate *cs_duplicates_list(const struct cs_duplicates *duplicates,
					      size_t *ret_n);
const struct cs_duplicate_sums *cs_duplicates_sums(const struct cs_duplicates *duplicates);

#endif
