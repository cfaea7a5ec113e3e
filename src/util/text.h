/* SPDX-License-Identifier: Apache-2.0 */
/* Small questions about text that several rooms ask. Bytes and UTF-8; locale has no say. */
#ifndef CS_UTIL_TEXT_H
#define CS_UTIL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Valid UTF-8 without C0, DEL, C1 and bidi controls: what may be stored as a name. */
bool cs_text_is_clean(const char *text);

/*
 * Shell pattern over the whole text: * (also across '/'), ? (one byte), [a-z], [!a-z], \x. Time is
 * bounded by the product of the lengths: patterns may come from a pull request.
 */
bool cs_text_glob(const char *pattern, const char *text);

/* "did you mean": the candidate nearest to word, if it is near enough to be meant. */
struct cs_closest {
	const char *word;
	const char *best; /* NULL = none so far */
	size_t distance;
};

static inline void cs_closest_init(struct cs_closest *c, const char *word)
{
	c->word = word;
	c->best = NULL;
	c->distance = 0;
}
void cs_closest_try(struct cs_closest *c, const char *candidate); /* borrowed */

#endif
