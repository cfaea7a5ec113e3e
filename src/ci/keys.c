/* SPDX-License-Identifier: Apache-2.0 */
#include "ci/keys.h"

#include <string.h>

#include "util/text.h"

int cs_keys_unknown(const struct cs_yaml *doc, const struct cs_yaml_node *key,
		    const char *const *names, size_t n, struct cs_err *err)
{
	struct cs_closest closest;

	cs_closest_init(&closest, key->text);
	for (size_t i = 0; i < n; i++) {
		if (names[i])
			cs_closest_try(&closest, names[i]);
	}
	if (closest.best)
		return cs_yaml_error(doc, key, err, "unknown key '%.100s' (did you mean '%s'?)",
				     key->text, closest.best);
	return cs_yaml_error(doc, key, err, "unknown key '%.100s'", key->text);
}

int cs_keys_text(const struct cs_yaml *doc, const char *name, const struct cs_yaml_node *value,
		 size_t max, struct cs_arena *arena, const char **ret, struct cs_err *err)
{
	if (value->kind != CS_YAML_SCALAR || cs_yaml_is_null(value) || !*value->text)
		return cs_yaml_error(doc, value, err, "'%s' must be text", name);
	if (!cs_text_is_clean(value->text))
		return cs_yaml_error(doc, value, err, "'%s' holds control characters", name);
	if (strlen(value->text) > max)
		return cs_yaml_error(doc, value, err, "'%s' is longer than %zu bytes", name, max);
	*ret = cs_arena_strdup(arena, value->text);
	return *ret ? 0 : cs_err_nomem(err);
}
