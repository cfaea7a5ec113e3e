/* SPDX-License-Identifier: Apache-2.0 */
/* Builds and steps as literals, for tests of what is computed from them. */
#ifndef CS_TESTS_SUPPORT_STEPS_H
#define CS_TESTS_SUPPORT_STEPS_H

#include "model/build.h"

#define S CS_NS_PER_S

/* A cacheable step; ns -1 unknown. */
#define STEP(text, what, ns)                                                                       \
	{                                                                                          \
		.instruction = (text), .class = CS_STEP_EXEC, .state = CS_STATE_##what,            \
		.evidence = CS_EVIDENCE_OBSERVED, .duration_ns = (ns), .layer = -1                 \
	}
#define OTHER(kind, what, ns)                                                                      \
	{                                                                                          \
		.instruction = #kind, .class = CS_STEP_##kind, .state = CS_STATE_##what,           \
		.evidence = CS_EVIDENCE_OBSERVED, .duration_ns = (ns), .layer = -1                 \
	}

static inline struct cs_build build_with(struct cs_step *steps, size_t n)
{
	struct cs_build b;

	cs_build_init(&b);
	b.facts.scope = "test";
	b.status = CS_STATUS_COMPLETED;
	b.steps = steps;
	b.n_steps = n;
	for (size_t i = 0; i < n; i++)
		steps[i].index = (uint32_t)i;
	return b;
}
#define BUILD(steps) build_with(steps, CS_N(steps))

#endif
