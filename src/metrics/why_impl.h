/* SPDX-License-Identifier: Apache-2.0 */
/* Within metrics/why*.c: one build as a graph of cacheable steps, and how two of them compare. */
#ifndef CS_METRICS_WHY_IMPL_H
#define CS_METRICS_WHY_IMPL_H

#include "metrics/why.h"
#include "model/dockerfile.h"

#define WHY_BASES 4

struct why_node {
	const struct cs_step *step;
	const char *platform, *stage; /* "" where there is none */
	unsigned nth;		      /* of equal (platform, stage, instruction), 0 first */
	int df;			      /* its instruction in the Dockerfile, -1 unknown */
	uint32_t *parents;	      /* nodes whose results it stands on or copies from */
	size_t n_parents;
	const char *bases[WHY_BASES]; /* images it stands on or copies from directly */
	size_t n_bases;
	bool fetch;	   /* the download of an ADD, which bears the name of the ADD */
	bool context;	   /* reads the build context */
	bool remote;	   /* reads something else from outside */
	bool blind;	   /* what it stands on is not known */
	enum cs_tri final; /* its layer is one of the final image's */
};

struct why_side {
	const struct cs_build *build;
	struct cs_dockerfile df; /* n_stages = 0: not known */
	struct why_node *nodes;
	size_t n;
	uint32_t *order;      /* nodes, parents before children */
	uint32_t *by_key;     /* sorted by platform, stage, instruction, nth */
	bool graph;	      /* inputs are the builder's own word */
	bool several;	      /* platforms */
	const char *platform; /* the last one seen */
};

/* Cacheable steps with what they stand on. A Dockerfile that cannot be read counts as not known. */
int why_side_make(const struct cs_build *build, struct cs_arena *arena, struct why_side *ret,
		  struct cs_err *err);
static inline bool why_done(const struct cs_step *s)
{
	return s->state == CS_STATE_HIT || s->state == CS_STATE_RUN;
}
static inline bool why_missed(const struct cs_step *s)
{
	return s->state == CS_STATE_RUN || s->state == CS_STATE_FAILED;
}
/*
 * The node of the other side that is the same step: same text, else the same line of the Dockerfile
 * before variables were put in. -1 if there is none.
 */
int why_find(const struct why_side *side, const struct why_side *from, const struct why_node *node);
/*
 * It may be there under another platform: one step that serves several bears the name of any.
 */
bool why_elsewhere(const struct why_side *side, const struct why_side *from,
		   const struct why_node *node);
/*
 * A hit whose layer, and all below it, are those of the other build's image: it is that result, and
 * what stands on it has the same below it, whatever could not be compared.
 */
bool why_same_result(const struct why_side *now, const struct why_node *a,
		     const struct why_side *was, const struct why_node *b);

/* What could not be held against each other. */
enum {
	WHY_NO_FILES = 1,
	WHY_NO_BASE = 2,   /* the names are equal, no digest is known */
	WHY_NO_RECIPE = 4, /* no Dockerfile on one side: ENV, ARG lines */
	WHY_NO_PARENT = 8,
	WHY_NO_REMOTE = 16,
};

enum why_status { WHY_ABSENT, WHY_EQUAL, WHY_UNSURE, WHY_DIFFERS };

/* One thing that differs. */
struct why_diff {
	enum cs_cause kind;
	const char *key;       /* equal for the same change seen from two steps */
	const char *text;      /* a clause */
	const char *now, *was; /* lines of the Dockerfile */
	int line;
	const struct cs_why_files *files;
	uint32_t node; /* where */
};

struct why_compared {
	int other; /* node of the earlier build, -1 */
	enum why_status own;
	enum why_status chain; /* itself and all it stands on */
	unsigned own_unsure, unsure;
	bool times;		      /* files differ in times alone */
	const struct why_diff *diff;  /* of its own */
	const struct why_diff *first; /* of the chain, first in the order of M12 */
	const char *files_how;
	bool by_commit; /* files are taken for equal because the commits are */
};

struct why_pair {
	const struct why_side *now, *was;
	struct why_compared *nodes; /* one for each of now */
	bool dirty;		    /* of one commit, but not of one Dockerfile */
};

/* Compares every node of now with was, in the order of the graph. */
int why_compare(const struct cs_why_input *input, const struct why_side *now,
		const struct why_side *was, struct cs_arena *arena, struct why_pair *ret,
		struct cs_err *err);

/* --- lines of a Dockerfile (why_lines.c) --- */
/* ENV, USER, SHELL that hold for an instruction, base stages first; ARG lines apart. */
struct why_lines {
	const struct cs_df_instruction **v;
	size_t n;
};
int why_lines_before(const struct why_side *side, int df, const char *const *keywords,
		     struct cs_arena *arena, struct why_lines *ret, struct cs_err *err);
/*
 * The value that a word of an ARG line (its name is len long) has in a build: what the caller of
 * the build gave, else its default, else that of the ARG before the first FROM; NULL not set.
 */
const char *why_arg_value(const struct why_side *side, const char *word, size_t len,
			  bool *ret_given);
/*
 * What the instruction of node was called in the other build: the best alignment of the two
 * stages' sequences. *ret_was NULL = it is new. By lines of the Dockerfile where both are known,
 * else by steps.
 */
int why_align(const struct why_side *now, const struct why_node *node, const struct why_side *was,
	      struct cs_arena *arena, const char **ret_now, const char **ret_was, int *ret_line,
	      struct cs_err *err);
/* Any step, or the Dockerfile, has this stage. */
bool why_has_stage(const struct why_side *side, const struct why_node *node);
/* The Dockerfile has the instruction in that stage, whether or not it was built. */
bool why_has_line(const struct why_side *side, const struct why_side *from,
		  const struct why_node *node);
/* Whether a line of that stage in side's Dockerfile is node's text with the arguments of from. */
bool why_expands_to(const struct why_side *side, const struct why_side *from,
		    const struct why_node *node, struct cs_arena *arena);
const char *why_build_name(const struct cs_build *build);

#endif
