/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pairing of history with layers is all or nothing: with one entry too many or too few nobody can
 * say which layer lacks its entry, and a wrong created time would make a wrong verdict.
 */
#include "image/config.h"

#include <string.h>

#include "util/secret.h"

static int64_t read_time(const struct cs_json *v, const char *key)
{
	struct cs_err ignored;
	int64_t t = CS_TIME_NONE;
	const char *text = cs_json_get_text(v, key);

	/* Nobody builds on this text; one that is no time is as good as none. */
	if (text && cs_time_parse(text, &t, &ignored) < 0)
		return CS_TIME_NONE;
	return t;
}

static int read_diff_ids(const struct cs_json *doc, const struct cs_limits *limits,
			 struct cs_arena *arena, struct cs_image_config *c, struct cs_err *err)
{
	const struct cs_json *list = cs_json_get(cs_json_get(doc, "rootfs"), "diff_ids");
	size_t n = cs_json_len(list);

	if (!cs_json_is_null(list) && !cs_json_is_array(list))
		return cs_err_set(err, CS_FORMAT, "rootfs.diff_ids is no list");
	if (n > (size_t)limits->layers)
		return cs_limit_error(err, limits, layers, "a config of %zu layers", n);
	c->diff_ids = cs_arena_array(arena, n, sizeof(*c->diff_ids));
	if (!c->diff_ids)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const char *text = cs_json_text(cs_json_at(list, i));
		int r;

		if (!text)
			return cs_err_set(err, CS_FORMAT, "rootfs.diff_ids[%zu] is no text", i);
		r = cs_digest_parse(text, &c->diff_ids[i], err);
		if (r < 0)
			return cs_err_prefix(err, "rootfs.diff_ids[%zu]", i);
	}
	c->n_diff_ids = n;
	return 0;
}

static int copy(const struct cs_json *v, const char *key, struct cs_arena *arena, const char **ret,
		struct cs_err *err)
{
	const char *text = cs_arena_strdup(arena, cs_json_get_text(v, key));

	/* As steps of a record are: the same words, and no credentials. */
	*ret = text ? cs_redact(arena, text, NULL) : NULL;
	return cs_json_get_text(v, key) && !*ret ? cs_err_nomem(err) : 0;
}

static int read_history(const struct cs_json *doc, struct cs_arena *arena,
			struct cs_image_config *c, struct cs_err *err)
{
	const struct cs_json *list = cs_json_get(doc, "history");
	size_t n = cs_json_is_array(list) ? cs_json_len(list) : 0, n_layers = 0;

	c->history = cs_arena_array(arena, n, sizeof(*c->history));
	if (!c->history)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const struct cs_json *v = cs_json_at(list, i);
		struct cs_history *h = &c->history[i];

		h->created_unix_ns = read_time(v, "created");
		h->empty_layer = cs_json_get_true(v, "empty_layer");
		h->layer = h->empty_layer ? -1 : (int)n_layers++;
		if (copy(v, "created_by", arena, &h->created_by, err) < 0 ||
		    copy(v, "comment", arena, &h->comment, err) < 0 ||
		    copy(v, "author", arena, &h->author, err) < 0)
			return -(int)err->code;
	}
	c->n_history = n;
	c->paired = n > 0 && n_layers == c->n_diff_ids;
	for (size_t i = 0; !c->paired && i < n; i++)
		c->history[i].layer = -1;
	return 0;
}

int cs_config_parse(const void *data, size_t len, const struct cs_limits *limits,
		    struct cs_arena *arena, struct cs_image_config *ret, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_image_config c = { .created_unix_ns = CS_TIME_NONE };
	int r = cs_json_parse(data, len, limits, &doc, err);

	if (r < 0)
		return r;
	if (!cs_json_is_object(doc))
		return cs_err_set(err, CS_FORMAT, "no JSON object");
	c.created_unix_ns = read_time(doc, "created");
	c.has_variant = cs_json_get_text(doc, "variant") != NULL;
	cs_platform_from(cs_json_get_text(doc, "os"), cs_json_get_text(doc, "architecture"),
			 cs_json_get_text(doc, "variant"), &c.platform);
	r = read_diff_ids(doc, limits, arena, &c, err);
	if (r < 0)
		return r;
	r = read_history(doc, arena, &c, err);
	if (r < 0)
		return r;
	r = cs_kv_read(cs_json_get(cs_json_get(doc, "config"), "Labels"), arena, &c.labels, err);
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}
