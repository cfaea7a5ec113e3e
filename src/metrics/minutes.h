/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CI minutes as they are billed (M10): each job rounded up. What is recorded of a job are its
 * builds, so its seconds are those from the start of its first build to the end of its last: a
 * lower bound of what the CI bills. A build without a run or a job counts as a job of its own.
 */
#ifndef CS_METRICS_MINUTES_H
#define CS_METRICS_MINUTES_H

#include "metrics/ledger.h"

struct cs_minutes {
	int64_t jobs, minutes;
	int64_t untimed_jobs; /* without any duration: in jobs, but not in minutes */
	/* over jobs whose builds all tell the wall-clock time that the cache saved */
	int64_t saved_jobs, saved_minutes;
};

/* t and w in ns; the minutes that a job of t would have taken more. */
int64_t cs_minutes_of(int64_t ns);
int64_t cs_minutes_saved(int64_t t_ns, int64_t w_ns);
/* By event; ledger: finished. 32 bytes a build while it runs. */
int cs_minutes_count(const struct cs_ledger *ledger, struct cs_minutes ret[CS_EVENT_OTHER + 1],
		     struct cs_err *err);

/* A price of a minute: digits with at most 6 behind the point, 0 … 1000000. CS_USAGE. */
int cs_minutes_rate(const char *text, int64_t *ret_millionths, struct cs_err *err);
#define CS_MONEY_TEXT 40
/* minutes at a rate, exact, with two decimals or as many as needed: "12.30", "-0.004". */
char *cs_minutes_cost(int64_t minutes, int64_t rate_millionths, char buf[CS_MONEY_TEXT]);

#endif
