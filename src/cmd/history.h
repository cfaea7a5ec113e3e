/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded builds in the order of their start, with their figures: what every report begins
 * with. */
#ifndef CS_CMD_HISTORY_H
#define CS_CMD_HISTORY_H

#include "metrics/brief.h"
#include "metrics/stats.h"
#include "store/store.h"

/*
 * Numbers of briefs into texts, read once each. It holds a reading transaction, for a number may be
 * given anew after it was pruned: nothing is written to the store while it is there.
 */
int cs_cmd_dict_new(struct cs_store *store, struct cs_brief_dict **ret, struct cs_err *err);
void cs_cmd_dict_free(struct cs_brief_dict *dict);
CS_DEFINE_AUTO(struct cs_brief_dict *, cs_cmd_dict_free)

/*
 * Builds that match, in short, oldest first (all projects by time). want: CS_BRIEF_*. What was not
 * kept in short, or by prices of before a build that came late, is made from its rows. A brief
 * lives until fn returns, texts as long as dict; a positive result of fn ends the walk.
 */
typedef int cs_briefs_fn(void *arg, const struct cs_brief *brief, struct cs_brief_dict *dict,
			 struct cs_err *err);
int cs_cmd_briefs(struct cs_store *store, struct cs_brief_dict *dict,
		  const struct cs_filter *filter, unsigned want, cs_briefs_fn *fn, void *arg,
		  struct cs_err *err);

/*
 * Makes what is stale, oldest first. after: of the project, within a bulk that something was put
 * in, if that is only a few (put: the build that was, or NULL); refresh: at most max builds, in pieces, each in a bulk of its own.
 */
int cs_cmd_briefs_after(struct cs_store *store, const char *project, const struct cs_build *put,
			struct cs_err *err);
int cs_cmd_briefs_refresh(struct cs_store *store, size_t max, struct cs_err *err);

/* Prices of what the build's steps hit (all: of all its steps) and its figures by them; see
 * cs_store_past(). */
int cs_cmd_figures(struct cs_store *store, const struct cs_build *build, bool all,
		   const char *const *not_ids, size_t n, struct cs_prices **ret,
		   struct cs_figures *ret_figures, struct cs_err *err);

/* A build lives until fn returns; a positive result of fn ends the walk. */
typedef int cs_history_fn(void *arg, const struct cs_build *build, const struct cs_figures *figures,
			  struct cs_err *err);
/*
 * Oldest first. fn sees the builds that match; prices (M4) and what is the first build of a scope
 * are as known when that build began, by all that was ever recorded. with: CS_WITH_* (steps and
 * layers are always there). It reads all rows of a build: reports take cs_cmd_briefs().
 */
int cs_cmd_history(struct cs_store *store, const struct cs_filter *filter, unsigned with,
		   cs_history_fn *fn, void *arg, struct cs_err *err);

/* The same with the prices of what that build hit, for sums by step. */
typedef int cs_history_priced_fn(void *arg, const struct cs_build *build,
				 const struct cs_figures *figures, const struct cs_prices *prices,
				 struct cs_err *err);
int cs_cmd_history_priced(struct cs_store *store, const struct cs_filter *filter, unsigned with,
			  cs_history_priced_fn *fn, void *arg, struct cs_err *err);

/* All builds that match into each of n stats, whose keys are those given or that of the scope. */
int cs_cmd_add_builds(struct cs_store *store, const struct cs_filter *filter,
		      const struct cs_by *by, size_t n_by, struct cs_stats *const *stats, size_t n,
		      struct cs_err *err);
/* The figures of all builds that match, by the given keys. */
int cs_cmd_group_builds(struct cs_store *store, const struct cs_filter *filter,
			const struct cs_by *by, size_t n_by, struct cs_stats **ret,
			struct cs_err *err);

/*
 * The prices in the build's project as they were when it began, or as they are now if its start is
 * not known, and its figures by them. It need not be recorded; if it is, it teaches nothing of
 * itself.
 */
int cs_cmd_prices_at(struct cs_store *store, const struct cs_build *build, struct cs_prices **ret,
		     struct cs_figures *ret_figures, struct cs_err *err);

#endif
