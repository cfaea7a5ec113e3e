/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vertex digest below a local COPY changes on every build, and an ordinal shifts when a line is
 * inserted, so neither is an identity. The hash is one that nobody can make collide by chance or in
 * an afternoon, for instructions are written by strangers; who does gets a wrong price for his own
 * steps.
 */
#include "model/step.h"

#include <string.h>

bool cs_step_is_merge(const struct cs_step *step)
{
	return step->class == CS_STEP_OTHER && step->instruction &&
	       strncmp(step->instruction, "LINK ", 5) == 0;
}

bool cs_step_has_price(const struct cs_step *step)
{
	return cs_step_cacheable(step->class) || cs_step_is_merge(step);
}

/* Behind its length, so that no text can look like the end of another; NULL is the empty one. */
static void add(struct cs_hasher *h, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((uint64_t)len >> (8 * i));
	cs_hasher_update(h, bytes, sizeof(bytes));
	if (len)
		cs_hasher_update(h, text, len);
}

int64_t cs_step_identity(struct cs_hasher *hasher, const struct cs_build *build,
			 const struct cs_step *step)
{
	struct cs_digest d;
	uint64_t v = 0;

	cs_hasher_reset(hasher);
	add(hasher, step->platform ? step->platform : build->platform);
	add(hasher, step->stage);
	add(hasher, step->instruction);
	cs_hasher_final(hasher, &d);
	for (size_t i = 0; i < 8; i++)
		v = v << 8 | d.bytes[i];
	return (int64_t)v;
}
