/* SPDX-License-Identifier: Apache-2.0 */
/* The part of merging that is about facts (model/merge.h), and who is believed. */
#ifndef CS_MODEL_MERGE_FACTS_H
#define CS_MODEL_MERGE_FACTS_H

#include "model/build.h"
#include "util/arena.h"

/* Greater is believed. */
int cs_source_strength(enum cs_source_kind kind);
/* As cs_build_merge(); into is partly merged after CS_NOMEM. */
int cs_facts_merge(struct cs_facts *into, const struct cs_facts *from, struct cs_arena *arena,
		   struct cs_err *err);
/* The same values from the same origins. */
bool cs_facts_same(const struct cs_facts *a, const struct cs_facts *b);

#endif
