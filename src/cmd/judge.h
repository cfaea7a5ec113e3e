/* SPDX-License-Identifier: Apache-2.0 */
/* What the store knows, put beside layers that are to be judged: of an image, or of a build. */
#ifndef CS_CMD_JUDGE_H
#define CS_CMD_JUDGE_H

#include "store/store.h"

/*
 * Judges the layers of an image by what was recorded before build->id (all, where that is not in
 * the store). build: project, scope, times and digests; its id must be set. Texts that are made
 * come from arena and image->arena.
 */
int cs_judge_image(struct cs_store *store, struct cs_image *image, const struct cs_build *build,
		   bool same_clock, struct cs_arena *arena, struct cs_err *err);
/*
 * The same for layers that stand in a build; then the states that its builder observed are laid
 * upon them. Layers and steps are replaced by copies in arena. before_id: as build->id above.
 */
int cs_judge_build(struct cs_store *store, struct cs_build *build, const char *before_id,
		   struct cs_arena *arena, struct cs_err *err);

#endif
