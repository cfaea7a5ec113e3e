/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Briefs of builds that no store numbered: the texts that they name get numbers here, in memory.
 * What sums builds takes briefs alone, so that no figure has two ways to come about.
 */
#ifndef CS_METRICS_BRIEF_MEMORY_H
#define CS_METRICS_BRIEF_MEMORY_H

#include "metrics/brief.h"

struct cs_brief_memory;

int cs_brief_memory_new(struct cs_brief_memory **ret, struct cs_err *err);
void cs_brief_memory_free(struct cs_brief_memory *memory);
CS_DEFINE_AUTO(struct cs_brief_memory *, cs_brief_memory_free)
struct cs_brief_dict *cs_brief_memory_dict(struct cs_brief_memory *memory);
/*
 * figures NULL: nothing is known but how long it took; prices NULL: no price. *ret lives until the
 * next call and borrows from build.
 */
int cs_brief_of(struct cs_brief_memory *memory, const struct cs_build *build,
		const struct cs_figures *figures, const struct cs_prices *prices,
		struct cs_brief *ret, struct cs_err *err);

#endif
