/* SPDX-License-Identifier: Apache-2.0 */
/* What the store keeps for the nightly job: sums of pruned days, files of an inbox already in. */
#ifndef CS_STORE_NIGHTLY_H
#define CS_STORE_NIGHTLY_H

#include "store/store.h"

/* Sums over the pruned builds of one day, scope and event; units as in metrics/figures.h. */
struct cs_rollup {
	const char *project; /* NULL = "" */
	const char *scope;   /* never NULL */
	enum cs_event event;
	int64_t day_unix_ns; /* its midnight, UTC */
	int64_t builds, failed_builds, cold_builds;
	int64_t step_hits, step_runs; /* of rated builds */
	int64_t hits, priced_hits;    /* of timed builds */
	int64_t timed_builds;	      /* those that the four sums below stand on */
	int64_t saved_ns, run_ns, overhead_ns;
	int64_t durations, duration_ns; /* how many builds tell one, and their sum */
};

/*
 * Puts sums of a day in the place of the builds they are of, in one transaction: the builds that
 * match filter go (dictionaries are swept by the next cs_store_prune()), rows are added to what the
 * day holds already. *ret_builds = how many went; CS_BUSY if that is not the sum of rows' builds,
 * because others wrote meanwhile: nothing is changed, to be tried again.
 */
int cs_store_roll_up(struct cs_store *store, const struct cs_filter *filter,
		     const struct cs_rollup *rows, size_t n, int64_t *ret_builds,
		     struct cs_err *err);
/* Rows of the filter's projects, scopes, events and time, oldest first; a row lives until fn
 * returns. */
typedef int cs_rollup_fn(void *arg, const struct cs_rollup *row, struct cs_err *err);
int cs_store_rollups(struct cs_store *store, const struct cs_filter *filter, cs_rollup_fn *fn,
		     void *arg, struct cs_err *err);

/* A file as it lies in an inbox. One with the same path, size and mtime was taken in: 0; 1 = not.
 */
struct cs_inbox_file {
	const char *path;
	int64_t bytes, mtime_ns;
};
int cs_store_inbox_find(struct cs_store *store, const struct cs_inbox_file *file,
			struct cs_err *err);
int cs_store_inbox_put(struct cs_store *store, const struct cs_inbox_file *file,
		       struct cs_err *err);

#endif
