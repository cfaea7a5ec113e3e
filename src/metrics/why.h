/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cause of each miss of a build (M12), judged against earlier builds. Pure: what a store, an
 * image or a repository says of files comes through a callback.
 *
 * A step is explained by a change only if no earlier build whose results this one could have read
 * ran it with the same inputs; if one did, then its result was lost. So branches that take turns in
 * one cache are "overwritten", not "changed". A step that misses because a step below it missed is
 * a cascade, unless something of its own changed too.
 */
#ifndef CS_METRICS_WHY_H
#define CS_METRICS_WHY_H

#include "model/build.h"

/* In the order of M12. */
enum cs_cause {
	CS_CAUSE_FIRST_BUILD,
	CS_CAUSE_CACHE_OFF,
	CS_CAUSE_NOT_IMPORTED,
	CS_CAUSE_INSTRUCTION,
	CS_CAUSE_BASE,
	CS_CAUSE_BUILD_ARG,
	CS_CAUSE_FILES,
	CS_CAUSE_CASCADE,
	CS_CAUSE_EVICTED, /* or overwritten, or left out by mode=min */
	CS_CAUSE_METADATA,
	CS_CAUSE_UNKNOWN,
};
const char *cs_cause_name(enum cs_cause c);

enum cs_files_state {
	CS_FILES_UNKNOWN,
	CS_FILES_SAME,
	CS_FILES_TIMES,	   /* only times differ: nothing to BuildKit */
	CS_FILES_METADATA, /* owner or mode too, no content */
	CS_FILES_CHANGED,
};

struct cs_why_files {
	enum cs_files_state state;
	const char *how; /* who says so: "git", "layers"; or why nobody could */
	bool firm; /* by content; else by commits, and a tree may hold what is not committed */
	const char **paths;
	size_t n_paths, n_more; /* more that are not named */
};

/* A COPY or ADD from the build context, in the build that asks and in the earlier one. */
struct cs_why_copy {
	const struct cs_step *step, *earlier_step;
	const char *const *sources; /* as written; NULL where the instruction cannot be read */
	size_t n_sources;
	const char *const *excludes;
	size_t n_excludes;
	bool dirty; /* one tree was changed after its commit: commits tell nothing */
};

/* Fills *ret (UNKNOWN at first); texts live in arena. Negative ends the judging. */
typedef int cs_why_files_fn(void *arg, const struct cs_build *earlier,
			    const struct cs_why_copy *copy, struct cs_arena *arena,
			    struct cs_why_files *ret, struct cs_err *err);

struct cs_why_input {
	const struct cs_build *build;	       /* with steps and recipe */
	const struct cs_build *const *earlier; /* of its project, begun before it, nearest first */
	size_t n_earlier;
	bool cut;		/* there are more, which were not looked at */
	cs_why_files_fn *files; /* may be NULL */
	void *arg;
};

struct cs_miss {
	const struct cs_step *step;
	enum cs_cause cause;
	const struct cs_step *root; /* where it began; the step itself unless it is a cascade */
	enum cs_cause root_cause;
	enum cs_tri avoidable;
	const char *evidence; /* a sentence for people */
	const char **changed_files;
	size_t n_changed_files, n_more_files;
	const char *changed; /* the line of the Dockerfile that changed, as it is now; NULL */
	const char *old_instruction;	  /* and as it was; NULL for one that is new */
	int line;			  /* of changed, else of the step; 0 unknown */
	const struct cs_build *reference; /* the earlier build it was held against, NULL without */
};

/* Every cacheable step that ran or failed, in the order of the build. Everything in arena. */
int cs_why(const struct cs_why_input *input, struct cs_arena *arena, struct cs_miss **ret,
	   size_t *ret_n, struct cs_err *err);

#endif
