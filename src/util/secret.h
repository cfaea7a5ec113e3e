/* SPDX-License-Identifier: Apache-2.0 */
/* What must not be stored, logged or printed, however it got into an input. */
#ifndef CS_UTIL_SECRET_H
#define CS_UTIL_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "util/arena.h"

/* An attribute, label or build argument of this name holds a secret: token, secret, password, key …
 */
bool cs_secret_name(const char *name);
/* Cuts "user:password@" out of every URL in text, in place; returns text. */
char *cs_secret_strip_urls(char *text);
/* The same; text itself (or NULL) where there is no URL, else a copy in arena, NULL = no memory. */
const char *cs_secret_clean(struct cs_arena *arena, const char *text);

/* --- redact.c --- */

/*
 * The text without what must not be stored: user and password in URLs, values given to names of
 * secrets (TOKEN=…), values of build arguments of such names (secrets, sorted by nobody). The text
 * itself where there is nothing of that; else a copy in the arena. NULL only without memory.
 */
struct cs_secrets {
	const char **v;
	size_t n;
};
const char *cs_redact(struct cs_arena *arena, const char *text, const struct cs_secrets *secrets);

#endif
