/* SPDX-License-Identifier: Apache-2.0 */
/* The build context as it is on disk against what a COPY of an earlier build left in its layer. */
#ifndef CS_CMD_WHY_CONTEXT_H
#define CS_CMD_WHY_CONTEXT_H

#include "metrics/why.h"
#include "model/pathmatch.h"
#include "util/ctx.h"

typedef int cs_why_path_fn(void *arg, const char *path, struct cs_err *err);

/*
 * list: the layer's entries (image/entries.h). Files are paired by the end of their path: where a
 * COPY puts them is not worked out. fn gets each path that is new, gone or other. *ret stays
 * UNKNOWN if the folder holds none of the sources. The folder is only read; links in it are not
 * followed.
 */
int cs_why_context(const struct cs_ctx *ctx, const char *dir, const char *dockerfile,
		   const struct cs_why_copy *copy, const void *list, size_t len, cs_why_path_fn *fn,
		   void *arg, enum cs_files_state *ret, struct cs_err *err);
/* Whether the instruction reads this path of the context (.dockerignore not asked). */
bool cs_why_reads(const struct cs_why_copy *copy, const char *path);

#endif
