/* SPDX-License-Identifier: Apache-2.0 */
/* A second grammar for limits was refused: the texts are those of the command line. */
#include "ci/settings.h"

#include <string.h>

#include "ci/keys.h"

static int add(const struct cs_yaml *doc, const char *name, const char *subject,
	       const struct cs_yaml_node *value, struct cs_arena *arena, struct cs_settings *list,
	       struct cs_err *err)
{
	struct cs_setting *s = &list->v[list->n];
	int r = cs_keys_text(doc, subject ? subject : name, value, CS_KEY_TEXT_MAX, arena, &s->text,
			     err);

	if (r < 0)
		return r;
	s->name = name;
	s->subject = subject;
	s->place = cs_arena_printf(arena, "'%s':%u:%u", doc->name, value->line, value->column);
	if (!s->place)
		return cs_err_nomem(err);
	list->n++;
	return 0;
}

static const char *find(const char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return names[i];
	}
	return NULL;
}

/* Values that there are room for: pairs of mappings count each. */
static size_t count(const struct cs_yaml_node *node)
{
	size_t n = 0;

	for (size_t i = 0; i < node->n; i++) {
		const struct cs_yaml_node *value = node->pairs[i].value;

		n += value->kind == CS_YAML_MAPPING ? value->n : 1;
	}
	return n;
}

int cs_settings_read(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		     const char *const *names, size_t n_names, struct cs_arena *arena,
		     struct cs_settings *ret, struct cs_err *err)
{
	struct cs_settings list = { NULL, 0 };
	int r = 0;

	if (cs_yaml_is_null(node)) {
		*ret = list;
		return 0;
	}
	if (node->kind != CS_YAML_MAPPING)
		return cs_yaml_error(doc, node, err, "must be keys and values");
	list.v = cs_arena_array(arena, count(node), sizeof(*list.v));
	if (!list.v)
		return cs_err_nomem(err);
	for (size_t i = 0; r == 0 && i < node->n; i++) {
		const struct cs_yaml_node *key = node->pairs[i].key, *value = node->pairs[i].value;
		const char *name = find(names, n_names, key->text);

		if (!name)
			return cs_keys_unknown(doc, key, names, n_names, err);
		if (value->kind != CS_YAML_MAPPING) {
			r = add(doc, name, NULL, value, arena, &list, err);
			continue;
		}
		for (size_t k = 0; r == 0 && k < value->n; k++) {
			const char *subject;

			r = cs_keys_text(doc, name, value->pairs[k].key, CS_KEY_TEXT_MAX, arena,
					 &subject, err);
			if (r == 0)
				r = add(doc, name, subject, value->pairs[k].value, arena, &list,
					err);
		}
	}
	if (r == 0)
		*ret = list;
	return r;
}
