/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of the files that a COPY read in two builds, strongest first: the entry lists of
 * its layer, the trees of the two commits (--repo), the tree that is there (--context).
 */
#ifndef CS_CMD_WHY_FILES_H
#define CS_CMD_WHY_FILES_H

#include "cmd/cmd.h"
#include "metrics/why.h"

struct cs_why_evidence;

/* repo and context may be NULL. build is the one that is asked about. */
int cs_why_evidence_new(struct cs_app *app, struct cs_store *store, const struct cs_build *build,
			const char *repo, const char *context, struct cs_why_evidence **ret,
			struct cs_err *err);
void cs_why_evidence_free(struct cs_why_evidence *e);
CS_DEFINE_AUTO(struct cs_why_evidence *, cs_why_evidence_free)
/* A cs_why_files_fn; arg is the evidence. */
int cs_why_evidence_files(void *arg, const struct cs_build *earlier, const struct cs_why_copy *copy,
			  struct cs_arena *arena, struct cs_why_files *ret, struct cs_err *err);

#endif
