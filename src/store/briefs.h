/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of builds for reports: prices of steps, and each build in short. Prices are put with
 * their build, in one transaction, and outlive it, so that they are right at any time. What a build
 * is in short is made by who knows figures (the bytes mean nothing here), from its rows, which give
 * the same whenever it is done; until then, and where something came in before it, it is stale.
 */
#ifndef CS_STORE_BRIEFS_H
#define CS_STORE_BRIEFS_H

#include "store/store.h"

/* --- prices --- */

/*
 * What was known before the build began: of each step that hit and can have a price, its last
 * duration in the build's scope, else in any (-1 none, and of all other steps); whether no build of
 * its scope was there. "Before" is by start, then id; a build without id comes behind those that
 * began with it, and one without a time behind all. Builds of the n ids are as if not there. all:
 * of steps that did not hit, too.
 */
struct cs_past {
	int64_t *prices_ns; /* one for each step */
	bool first_of_scope;
};
int cs_store_past(struct cs_store *store, const struct cs_build *build, bool all,
		  const char *const *not_ids, size_t n, struct cs_arena *arena, struct cs_past *ret,
		  struct cs_err *err);

/* --- builds in short --- */

struct cs_brief_row {
	int64_t build_no, project; /* project 0: not known, read the build */
	uint64_t id;
	int64_t time_unix_ns;
	const void *data; /* NULL: stale or missing */
	size_t len;
};
/*
 * Of the filter's projects (by number, where there are several), scopes, since and until; it may
 * name more builds than match. Oldest first, then by id; else like cs_store_builds().
 */
typedef int cs_brief_fn(void *arg, const struct cs_brief_row *row, struct cs_err *err);
int cs_store_briefs(struct cs_store *store, const struct cs_filter *filter, cs_brief_fn *fn,
		    void *arg, struct cs_err *err);

/* What a build in short is made of. */
struct cs_brief_source {
	struct cs_build build;						   /* with all there is */
	int64_t project, scope, target, platform, job, workflow, ref, run; /* numbers, 0 none */
	int64_t *labels; /* key and value of each of build.facts.n_labels, in some order */
	int64_t *defs;	 /* of each step */
};
/* 0; 1 = not there (any more). */
int cs_store_brief_source(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
			  struct cs_brief_source *ret, struct cs_err *err);
/*
 * The same of a build that was put just now, without reading all of it back. 1 = that is not what
 * stands there, or not told as it is kept: read it.
 */
int cs_store_brief_source_put(struct cs_store *store, int64_t build_no, const struct cs_build *put,
			      struct cs_arena *arena, struct cs_brief_source *ret,
			      struct cs_err *err);
int cs_store_brief_put(struct cs_store *store, int64_t build_no, int64_t project, const void *data,
		       size_t len, struct cs_err *err);

/*
 * The first stale builds of one project (project NULL: any), at most max, oldest first. *ret_n 0:
 * nothing is stale. When they were put, cs_store_briefs_fresh() says so of all of that project up
 * to the last of them. In one bulk, or others may change what was read.
 */
int cs_store_briefs_stale(struct cs_store *store, const char *project, size_t max, int64_t *ret_nos,
			  size_t *ret_n, struct cs_err *err);
int cs_store_briefs_fresh(struct cs_store *store, int64_t last_build_no, struct cs_err *err);

/* --- what numbers stand for; CS_DB where there is no such number --- */

/*
 * A number may be given anew once what had it is pruned: from hold to release, which may be nested,
 * everything is read as it was. Nothing can be written meanwhile.
 */
int cs_store_hold(struct cs_store *store, struct cs_err *err);
void cs_store_release(struct cs_store *store);

int cs_store_text(struct cs_store *store, int64_t number, struct cs_arena *arena, const char **ret,
		  struct cs_err *err);
int cs_store_project_name(struct cs_store *store, int64_t number, struct cs_arena *arena,
			  const char **ret, struct cs_err *err);
struct cs_step_def {
	enum cs_step_class class;
	const char *stage, *instruction, *name;
};
int cs_store_step_def(struct cs_store *store, int64_t number, struct cs_arena *arena,
		      struct cs_step_def *ret, struct cs_err *err);
int cs_store_run_name(struct cs_store *store, int64_t number, struct cs_arena *arena,
		      const char **ret_id, int64_t *ret_attempt, struct cs_err *err);
/* CS_DB, naming the store. */
int cs_store_damaged(struct cs_store *store, const char *what, struct cs_err *err);

#endif
