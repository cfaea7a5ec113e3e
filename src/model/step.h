/* SPDX-License-Identifier: Apache-2.0 */
/* What a step is across builds: its identity, and whether what it took is the price of a hit. */
#ifndef CS_MODEL_STEP_H
#define CS_MODEL_STEP_H

#include "model/build.h"

/*
 * The second vertex of COPY --link. It is no cacheable step, for its group is counted by the first,
 * but its time is on the way of those that follow.
 */
bool cs_step_is_merge(const struct cs_step *step);
/* Cacheable steps have prices, and merges. */
bool cs_step_has_price(const struct cs_step *step);
/* It really ran and succeeded, and how long is known: the price of the next hit. */
static inline bool cs_step_sets_price(const struct cs_step *step)
{
	return step->state == CS_STATE_RUN && step->duration_ns >= 0 && cs_step_has_price(step);
}

/*
 * 8 bytes of a sha256 over platform, stage and instruction: with its project that is what a step is
 * across builds. Kept in stores. hasher: sha256, used as it is needed.
 */
int64_t cs_step_identity(struct cs_hasher *hasher, const struct cs_build *build,
			 const struct cs_step *step);

#endif
