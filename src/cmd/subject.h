/* SPDX-License-Identifier: Apache-2.0 */
/* The BUILD|FILE that a command is about: a recorded build, or an input that is only read. */
#ifndef CS_CMD_SUBJECT_H
#define CS_CMD_SUBJECT_H

#include "build/doc.h"
#include "cmd/analysis.h"

struct cs_subject {
	const struct cs_build *build; /* with facts, steps, layers, recipe */
	bool recorded;
	struct cs_build stored;
	struct cs_doc *doc;
	struct cs_analysis analysis;
};

void cs_subject_release(struct cs_subject *s);
/*
 * spec: a file with one build or image in it, a transport, "-" for an image, else what
 * cs_store_build_get() takes. Texts live in arena or in *ret. *ret is zeroed by the caller.
 */
int cs_cmd_subject(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		   const char *spec, struct cs_arena *arena, struct cs_subject *ret,
		   struct cs_err *err);

#endif
