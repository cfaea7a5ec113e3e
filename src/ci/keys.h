/* SPDX-License-Identifier: Apache-2.0 */
/* What every part of .cachestat.yml reads alike: texts, and the error for a key nobody knows. */
#ifndef CS_CI_KEYS_H
#define CS_CI_KEYS_H

#include "ci/yaml.h"

#define CS_KEY_PATTERN_MAX 256
#define CS_KEY_TEXT_MAX	   512

/* CS_FORMAT at the key, with the nearest of names; n of them, NULLs are passed over. */
int cs_keys_unknown(const struct cs_yaml *doc, const struct cs_yaml_node *key,
		    const char *const *names, size_t n, struct cs_err *err);
/* A scalar that is not empty, holds no control characters and is at most max bytes long. */
int cs_keys_text(const struct cs_yaml *doc, const char *name, const struct cs_yaml_node *value,
		 size_t max, struct cs_arena *arena, const char **ret, struct cs_err *err);

#endif
