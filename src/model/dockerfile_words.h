/* SPDX-License-Identifier: Apache-2.0 */
/* One instruction taken apart (within model/dockerfile*.c). */
#ifndef CS_MODEL_DOCKERFILE_WORDS_H
#define CS_MODEL_DOCKERFILE_WORDS_H

#include "model/dockerfile.h"

/* Fills keyword, text, flags and words from a logical line; first_line is there for messages. */
int cs_df_split(struct cs_arena *arena, char escape, const char *line, struct cs_df_instruction *in,
		struct cs_err *err);
bool cs_df_has_heredocs(const char *keyword);

#endif
