/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files of a build context an instruction reads: patterns of COPY and ADD, and the rules of
 * .dockerignore. Paths are relative to the context, without a leading "/" or "./".
 */
#ifndef CS_MODEL_PATHMATCH_H
#define CS_MODEL_PATHMATCH_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/error.h"

/*
 * Whether pattern names path or a folder above it. * and ? stay within a component, ** spans any
 * number, [a-z] and [^a-z] as in Go. "." and "" name everything.
 */
bool cs_path_match(const char *pattern, const char *path);

struct cs_ignore_rule {
	const char *pattern;
	bool keep; /* "!" */
};

struct cs_ignore {
	const struct cs_ignore_rule *rules;
	size_t n;
};

/* CS_LIMIT past 1 MiB or 20 000 rules. */
int cs_ignore_parse(const char *text, size_t len, struct cs_arena *arena, struct cs_ignore *ret,
		    struct cs_err *err);
/* The last rule that matches decides. */
bool cs_ignored(const struct cs_ignore *ignore, const char *path);

#endif
