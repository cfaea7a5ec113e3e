/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage names for logs whose steps do not carry them: from "FROM … AS NAME", else as BuildKit names
 * them, "stage-N" where there are several and none for a single one, so that a step has one
 * identity under every builder.
 */
#ifndef CS_BUILD_STAGES_H
#define CS_BUILD_STAGES_H

#include "build/steps.h"

struct cs_stages {
	size_t *v; /* number of each step's stage */
	size_t n, cap;
};

void cs_stages_reset(struct cs_stages *stages);
void cs_stages_release(struct cs_stages *stages);
/* For the next step: the number of its stage, from 1. */
int cs_stages_add(struct cs_stages *stages, size_t number, struct cs_err *err);
/* Sets stage of all steps, in the order they were added. */
int cs_stages_name(struct cs_stages *stages, struct cs_arena *arena, struct cs_raw_list *steps,
		   struct cs_err *err);

/* The instruction is FROM, in any case. */
bool cs_is_from(const char *instruction);

#endif
