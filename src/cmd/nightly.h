/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the nightly job: the inbox, sums of pruned days, what changed, the files it writes.
 */
#ifndef CS_CMD_NIGHTLY_H
#define CS_CMD_NIGHTLY_H

#include "cmd/cmd.h"
#include "util/arena.h"

struct cs_bad_file {
	const char *path, *error;
};

#define CS_BAD_ROWS 1000

struct cs_nightly {
	struct cs_app *app;
	const struct cs_args *args;
	struct cs_arena *arena;
	const char *inbox, *out; /* as resolved, as given */
	int64_t since_unix_ns;	 /* where the report's window begins */
	int64_t keep_unix_ns;	 /* what is older is summed up; CS_TIME_NONE = nothing */
	int64_t last_unix_ns;	 /* the last run that was done; CS_TIME_NONE = none */
	int64_t settle_ns;	 /* what changed this long ago or later is left; 0 = nothing */
	int64_t new_files;	 /* taken in by this run */
	int64_t skipped_files;	 /* looked at for the first time, and of no build */
	int64_t waiting_files;	 /* left for the next run */
	int64_t new_builds, joined_builds, old_builds, pruned_builds;
	struct cs_bad_file *bad;
	size_t n_bad, n_bad_rows, cap_bad; /* rows: at most CS_BAD_ROWS of them */
	struct cs_buf text;		   /* what changed, for people */
};

/* Takes in what is new. What is wrong with files is in bad; an error is the store's. */
int cs_nightly_take_in(struct cs_nightly *n, struct cs_err *err);
/* Days before keep become sums, one day a transaction. */
int cs_nightly_prune(struct cs_nightly *n, struct cs_store *store, struct cs_err *err);
/* Builds recorded since the last run against those of the window before; fills n->text. */
int cs_nightly_changes(struct cs_nightly *n, struct cs_store *store, struct cs_report *report,
		       struct cs_err *err);
/* The tables, and how they become the four files. */
int cs_nightly_report(struct cs_nightly *n, struct cs_store *store, struct cs_report **ret,
		      struct cs_err *err);
int cs_nightly_write(struct cs_nightly *n, const struct cs_report *report, struct cs_err *err);
/* What a run that was killed left half written in the folder goes. */
int cs_nightly_sweep(struct cs_nightly *n, struct cs_err *err);
/* The time of the last run, from the metrics.json that it wrote last of all. */
int cs_nightly_last(struct cs_nightly *n, struct cs_err *err);

#endif
