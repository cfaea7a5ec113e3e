/* SPDX-License-Identifier: Apache-2.0 */
/* Within metrics/why*.c: the state of one judging, and the words for each verdict. */
#ifndef CS_METRICS_WHY_JUDGE_H
#define CS_METRICS_WHY_JUDGE_H

#include "metrics/why_impl.h"

struct why_result {
	bool set;
	struct cs_miss miss;
	const char *key; /* of the change that explains it, for the steps above */
};

struct judge {
	const struct cs_why_input *input;
	struct cs_arena *arena;
	struct cs_err *err;
	struct why_side now;
	struct why_side *sides; /* of earlier builds, nearest first */
	struct why_pair *pairs;
	bool *serves;			     /* whether this build could have read its results */
	enum cs_tri *shows_all, *kept_since; /* by earlier build, once it was asked */
	size_t n;
	size_t in_scope; /* earlier builds of the same scope and source */
	bool gap;	 /* hits that no recorded build explains */
	size_t n_imports, n_failed_imports;
	const char *import_error;
	struct why_result *results; /* by node */
};

/* What the step reads itself, and what it stands on where that was a hit here. */
enum why_status why_upstream(const struct judge *j, size_t k, uint32_t at,
			     const struct why_diff **ret, unsigned *ret_unsure);

/* --- what a cache must have held (why_held.c); k: an earlier build that could serve --- */
/* The build wrote a cache for others: what a document without steps, or a log, may not tell. */
bool why_exported(const struct cs_build *build);
/*
 * A hit of a step that ran in one build alone is that build's result, here and in every build
 * since: what stands on it stood on the same. Only where all of the history was looked at.
 */
void why_trace_hits(struct judge *j);
/* The cache that was imported is the one that k wrote, and k's result of this step was in it. */
bool why_must_hold(const struct judge *j, uint32_t at, size_t k);
/* Nothing but other files than in k explains the miss. */
bool why_eliminated(const struct judge *j, uint32_t at, size_t k);
/* The inputs are equal to k's by the commit's word alone, and that is not enough. */
bool why_maybe_uncommitted(const struct judge *j, uint32_t at, size_t k);

/* --- words (why_say.c) --- */
/* Each fills results[at]; 0 or -CS_NOMEM. k: an earlier build. */
int why_say_first(struct judge *j, uint32_t at);
int why_say_gap(struct judge *j, uint32_t at);
int why_say_off(struct judge *j, uint32_t at);
int why_say_not_imported(struct judge *j, uint32_t at);
int why_say_unfinished(struct judge *j, uint32_t at, size_t k);
int why_say_unbuilt(struct judge *j, uint32_t at, size_t k);
int why_say_shared(struct judge *j, uint32_t at, size_t k);
int why_say_instruction(struct judge *j, uint32_t at, size_t k);
int why_say_new_stage(struct judge *j, uint32_t at);
int why_say_diff(struct judge *j, uint32_t at, size_t k, const struct why_diff *diff);
/* own: YES nothing of its own changed, NO something did, UNKNOWN */
int why_say_cascade(struct judge *j, uint32_t at, const struct why_result *parent, enum cs_tri own);
int why_say_lost(struct judge *j, uint32_t at, size_t k);
int why_say_uncommitted(struct judge *j, uint32_t at, size_t k);
int why_say_eliminated(struct judge *j, uint32_t at, size_t k);
/* k: the nearest build that may have had the same inputs; unsure: WHY_NO_… */
int why_say_unknown(struct judge *j, uint32_t at, size_t k, unsigned unsure);

#endif
