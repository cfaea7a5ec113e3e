/* SPDX-License-Identifier: Apache-2.0 */
/* What a builder said of its steps, laid upon the layers of the image that came out. */
#ifndef CS_METRICS_OBSERVED_H
#define CS_METRICS_OBSERVED_H

#include "model/build.h"
#include "util/arena.h"

/* Whether the steps are a builder's own, not told from layers. */
bool cs_steps_observed(const struct cs_build *build);
/*
 * Finds for each own layer the step that made it and sets step.layer: by instruction, from the last
 * layer down, in the stage that was built and those it stands on, among the steps of the image's
 * platform. What cannot be told stays -1. CS_NOMEM.
 */
int cs_observed_match(struct cs_build *build, struct cs_arena *arena, struct cs_err *err);
/*
 * After the layers were judged by their dates: the observed state of a matched step stands, and a
 * contradiction is told in layer.why.
 */
int cs_observed_apply(struct cs_build *build, struct cs_arena *arena, struct cs_err *err);

#endif
