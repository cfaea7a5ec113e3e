/* SPDX-License-Identifier: Apache-2.0 */
/* What is one piece of work (M7): a step with its arguments and parents, as one number. */
#ifndef CS_METRICS_WORK_H
#define CS_METRICS_WORK_H

#include "model/build.h"

/*
 * One number for each step, equal where project, platform, stage, instruction, the arguments that
 * it names, and all parents are. ret has room for n_steps. CS_NOMEM.
 */
int cs_work_numbers(const struct cs_build *build, uint64_t *ret, struct cs_err *err);

#endif
