/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Dockerfile as far as causes of misses need it: stages, instructions with their lines, what they
 * copy, which arguments they see. It is no builder: what a builder would refuse for its meaning
 * (a flag that does not exist, a stage that is not there) is taken as it stands.
 */
#ifndef CS_MODEL_DOCKERFILE_H
#define CS_MODEL_DOCKERFILE_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/error.h"

struct cs_df_instruction {
	const char *keyword; /* upper case */
	const char *text;    /* whole, on one line, white space folded, comments gone: as steps are
				named */
	const char *body;    /* here-documents with their ends, as they stand; NULL without */
	const char *const *flags; /* "--from=build" without the dashes */
	size_t n_flags;
	/*
	 * Behind the flags: of COPY and ADD the sources, then the destination; of ARG and ENV
	 * NAME=VALUE or NAME, quotes undone; else the rest as one word, or none.
	 */
	const char *const *words;
	size_t n_words;
	int first_line, last_line; /* 1 = the first */
	int stage;		   /* -1 before the first FROM */
};

struct cs_df_stage {
	const char *name; /* NULL without AS */
	const char *base; /* as written, variables not put in */
	const char *platform;
	int from;	/* the FROM's instruction */
	int base_stage; /* -1: an image, or scratch */
	int first, end; /* its instructions behind FROM: [first, end) */
};

struct cs_dockerfile {
	char escape;
	struct cs_df_instruction *instructions;
	size_t n_instructions;
	struct cs_df_stage *stages;
	size_t n_stages;
};

/*
 * Everything lives in arena. CS_FORMAT names the line: before any FROM only ARG may stand,
 * here-documents end, JSON forms close. CS_LIMIT past 1 MiB or 20 000 instructions.
 */
int cs_dockerfile_parse(const char *text, size_t len, struct cs_arena *arena,
			struct cs_dockerfile *ret, struct cs_err *err);
/* The value of a flag ("from"); "" where it stands without one, NULL where it is not given. */
const char *cs_df_flag(const struct cs_df_instruction *in, const char *name);
/* By name (case ignored) or number; -1 if it is none of the first n stages. */
int cs_df_stage_find(const struct cs_dockerfile *df, size_t n, const char *name);
/* The name that builders show: AS name, "stage-N", or NULL where the only stage has none. */
const char *cs_df_stage_shown(const struct cs_dockerfile *df, int stage, char buf[32]);
/* The instruction that stands on this line (1 = the first), -1 if none does. */
int cs_df_at_line(const struct cs_dockerfile *df, int line);

/* The value of a variable, NULL if it is not set. */
typedef const char *cs_df_lookup_fn(void *arg, const char *name, size_t len);
/*
 * Puts variables in: $a ${a} ${a:-b} ${a-b} ${a:+b} ${a+b}. NULL when memory is out, or for a form
 * that is not known (*ret_odd).
 */
char *cs_df_expand(struct cs_arena *arena, char escape, const char *text, cs_df_lookup_fn *fn,
		   void *arg, bool *ret_odd);
/* Whether text refers to the variable. */
bool cs_df_refers(char escape, const char *text, const char *name);

#endif
