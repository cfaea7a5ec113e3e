/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe as text, without the Dockerfile's text, the revision, the error and the warnings. */
#ifndef CS_STORE_RECIPE_JSON_H
#define CS_STORE_RECIPE_JSON_H

#include <string.h>

#include "model/recipe.h"
#include "util/arena.h"
#include "util/buf.h"

/* Empty for one of which nothing is known. 0 or -1 (no memory). */
int cs_recipe_encode(const struct cs_recipe *recipe, struct cs_buf *ret);
/* Fills what the text has; the rest of *ret is left. CS_FORMAT, CS_LIMIT, CS_NOMEM. */
int cs_recipe_decode(const char *text, struct cs_arena *arena, struct cs_recipe *ret,
		     struct cs_err *err);

#endif
