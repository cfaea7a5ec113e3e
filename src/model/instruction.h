/* SPDX-License-Identifier: Apache-2.0 */
/* The Dockerfile instruction behind a history entry (created_by) of any builder: formats.md 4.2. */
#ifndef CS_MODEL_INSTRUCTION_H
#define CS_MODEL_INSTRUCTION_H

#include "model/build.h"

/*
 * The instruction as text, white space folded, without the builder's dress ("# buildkit",
 * "/bin/sh -c #(nop) ", "|1 ARG=v /bin/sh -c", "|force-mtime=N"). NULL gives "". In arena; NULL
 * only when memory is out.
 */
const char *cs_instruction_text(struct cs_arena *arena, const char *created_by);
/* Of such a text: EXEC for RUN, FILE for COPY, ADD, WORKDIR, META for ENV, CMD …, else OTHER. */
enum cs_step_class cs_instruction_class(const char *instruction);
/* White space runs become one blank, none at the ends. In arena. */
const char *cs_text_fold(struct cs_arena *arena, const char *text);

#endif
