/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recipes as the store keeps them: JSON with the keys always in this order and unknown ones left
 * out, so that equal recipes are one text of the dictionary. What differs from build to build (the
 * revision, the error, the warnings) and the Dockerfile's text, which is large, stand in columns of
 * their own. Refused: tables of arguments, materials and caches, which nobody ever searches in.
 */
#include "store/recipe_json.h"

#include "report/fmt.h"
#include "util/json.h"

/* --- writing --- */

static int put_text(struct cs_buf *buf, const char *text)
{
	return text ? cs_fmt_json(buf, text) : cs_buf_puts(buf, "null");
}

/* ',"key":' or '{"key":' at first. */
static int put_key(struct cs_buf *buf, const char *key)
{
	return cs_buf_printf(buf, "%s\"%s\":", buf->len ? "," : "{", key);
}

static int put_member(struct cs_buf *buf, const char *key, const char *text)
{
	if (!text)
		return 0;
	return put_key(buf, key) < 0 ? -1 : cs_fmt_json(buf, text);
}

static int put_true(struct cs_buf *buf, const char *key, bool v)
{
	if (!v)
		return 0;
	return put_key(buf, key) < 0 ? -1 : cs_buf_puts(buf, "true");
}

static int put_pair(struct cs_buf *buf, size_t i, const char *first, const char *second)
{
	int r = cs_buf_puts(buf, i ? ",[" : "[");

	if (r == 0)
		r = put_text(buf, first);
	if (r == 0)
		r = cs_buf_putc(buf, ',');
	if (r == 0)
		r = put_text(buf, second);
	return r == 0 ? cs_buf_putc(buf, ']') : r;
}

static int put_args(struct cs_buf *buf, const struct cs_recipe *recipe)
{
	int r = put_key(buf, "args");

	if (r == 0)
		r = cs_buf_putc(buf, '[');
	for (size_t i = 0; i < recipe->n_build_args && r == 0; i++)
		r = put_pair(buf, i, recipe->build_args[i].key, recipe->build_args[i].value);
	return r == 0 ? cs_buf_putc(buf, ']') : r;
}

static int put_materials(struct cs_buf *buf, const struct cs_recipe *recipe)
{
	char text[CS_DIGEST_TEXT];
	int r = put_key(buf, "materials");

	if (r == 0)
		r = cs_buf_putc(buf, '[');
	for (size_t i = 0; i < recipe->n_materials && r == 0; i++)
		r = put_pair(buf, i, recipe->materials[i].name,
			     cs_digest_format(&recipe->materials[i].digest, text));
	return r == 0 ? cs_buf_putc(buf, ']') : r;
}

static int put_base(struct cs_buf *buf, const struct cs_recipe *recipe)
{
	char text[CS_DIGEST_TEXT];
	int r = put_key(buf, "base");

	if (r == 0)
		r = cs_buf_putc(buf, '[');
	for (size_t i = 0; i < recipe->n_base_diff_ids && r == 0; i++)
		r = cs_buf_printf(buf, "%s\"%s\"", i ? "," : "",
				  cs_digest_format(&recipe->base_diff_ids[i], text));
	return r == 0 ? cs_buf_putc(buf, ']') : r;
}

static int put_caches(struct cs_buf *buf, const struct cs_recipe *recipe)
{
	int r = put_key(buf, "caches");

	if (r == 0)
		r = cs_buf_putc(buf, '[');
	for (size_t i = 0; i < recipe->n_caches && r == 0; i++) {
		const struct cs_cache_ref *c = &recipe->caches[i];
		const char *texts[] = { c->type, c->ref, c->scope, c->error };

		r = cs_buf_puts(buf, i ? ",[" : "[");
		for (size_t k = 0; k < CS_N(texts) && r == 0; k++) {
			r = put_text(buf, texts[k]);
			if (r == 0)
				r = cs_buf_putc(buf, ',');
		}
		if (r == 0)
			r = cs_buf_puts(buf, c->is_export ? "true]" : "false]");
	}
	return r == 0 ? cs_buf_putc(buf, ']') : r;
}

int cs_recipe_encode(const struct cs_recipe *recipe, struct cs_buf *ret)
{
	int r = 0;

	cs_buf_reset(ret);
	if (recipe->n_build_args)
		r = put_args(ret, recipe);
	if (r == 0 && recipe->n_materials)
		r = put_materials(ret, recipe);
	if (r == 0 && recipe->n_base_diff_ids)
		r = put_base(ret, recipe);
	if (r == 0 && recipe->n_caches)
		r = put_caches(ret, recipe);
	if (r == 0)
		r = put_member(ret, "gha_scope", recipe->gha_scope);
	if (r == 0)
		r = put_true(ret, "no_cache", recipe->no_cache);
	if (r == 0)
		r = put_member(ret, "no_cache_stages", recipe->no_cache_stages);
	if (r == 0)
		r = put_true(ret, "epoch", recipe->epoch_set);
	if (r == 0)
		r = put_member(ret, "dockerfile", recipe->dockerfile);
	if (r == 0)
		r = put_member(ret, "context", recipe->context);
	if (r == 0)
		r = put_member(ret, "vcs", recipe->vcs_source);
	if (r == 0 && ret->len)
		r = cs_buf_putc(ret, '}');
	return r;
}

/* --- reading --- */

struct reader {
	struct cs_arena *arena;
	struct cs_err *err;
	bool bad; /* not what is written above */
};

/* A text, copied; NULL for null. */
static const char *get_text(struct reader *rd, const struct cs_json *v, int *r)
{
	const char *text = cs_json_text(v), *copy;

	if (!text) {
		rd->bad |= !cs_json_is_null(v);
		return NULL;
	}
	copy = cs_arena_strdup(rd->arena, text);
	if (!copy)
		*r = cs_err_nomem(rd->err);
	return copy;
}

static void get_digest(struct reader *rd, const struct cs_json *v, struct cs_digest *ret)
{
	const char *text = cs_json_text(v);
	struct cs_err ignored;

	if (text && *text && cs_digest_parse(text, ret, &ignored) < 0)
		rd->bad = true;
}

/* Room for the elements of an array member; *ret_n = 0 without one. */
static void *get_array(struct reader *rd, const struct cs_json *doc, const char *key, size_t size,
		       const struct cs_json **ret, size_t *ret_n, int *r)
{
	void *p;

	*ret = cs_json_get(doc, key);
	*ret_n = 0;
	if (!*ret || *r < 0)
		return NULL;
	if (!cs_json_is_array(*ret)) {
		rd->bad = true;
		return NULL;
	}
	p = cs_arena_array(rd->arena, cs_json_len(*ret), size);
	if (p)
		*ret_n = cs_json_len(*ret);
	else
		*r = cs_err_nomem(rd->err);
	return p;
}

static int get_arrays(struct reader *rd, const struct cs_json *doc, struct cs_recipe *ret)
{
	const struct cs_json *a;
	int r = 0;

	ret->build_args =
		get_array(rd, doc, "args", sizeof(*ret->build_args), &a, &ret->n_build_args, &r);
	for (size_t i = 0; i < ret->n_build_args && r == 0; i++) {
		ret->build_args[i].key = get_text(rd, cs_json_at(cs_json_at(a, i), 0), &r);
		ret->build_args[i].value = get_text(rd, cs_json_at(cs_json_at(a, i), 1), &r);
		rd->bad |= !ret->build_args[i].key;
	}
	ret->materials =
		get_array(rd, doc, "materials", sizeof(*ret->materials), &a, &ret->n_materials, &r);
	for (size_t i = 0; i < ret->n_materials && r == 0; i++) {
		ret->materials[i].name = get_text(rd, cs_json_at(cs_json_at(a, i), 0), &r);
		get_digest(rd, cs_json_at(cs_json_at(a, i), 1), &ret->materials[i].digest);
	}
	ret->base_diff_ids = get_array(rd, doc, "base", sizeof(*ret->base_diff_ids), &a,
				       &ret->n_base_diff_ids, &r);
	for (size_t i = 0; i < ret->n_base_diff_ids && r == 0; i++)
		get_digest(rd, cs_json_at(a, i), &ret->base_diff_ids[i]);
	ret->caches = get_array(rd, doc, "caches", sizeof(*ret->caches), &a, &ret->n_caches, &r);
	for (size_t i = 0; i < ret->n_caches && r == 0; i++) {
		const struct cs_json *v = cs_json_at(a, i);
		struct cs_cache_ref *c = &ret->caches[i];

		c->type = get_text(rd, cs_json_at(v, 0), &r);
		c->ref = get_text(rd, cs_json_at(v, 1), &r);
		c->scope = get_text(rd, cs_json_at(v, 2), &r);
		c->error = get_text(rd, cs_json_at(v, 3), &r);
		rd->bad |= !cs_json_bool(cs_json_at(v, 4), &c->is_export);
	}
	return r;
}

int cs_recipe_decode(const char *text, struct cs_arena *arena, struct cs_recipe *ret,
		     struct cs_err *err)
{
	/* It was written by us: as large as what it was read from, and never nested deeper. */
	const struct cs_limits limits = { .json_bytes = (int64_t)1 << 30,
					  .json_depth = 4,
					  .json_values = (int64_t)1 << 24 };
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct reader rd = { arena, err, false };
	struct cs_recipe recipe = *ret;
	int r = cs_json_parse(text, strlen(text), &limits, &doc, err);

	if (r == 0)
		r = get_arrays(&rd, doc, &recipe);
	if (r < 0)
		return r;
	recipe.gha_scope = get_text(&rd, cs_json_get(doc, "gha_scope"), &r);
	recipe.no_cache = cs_json_get_true(doc, "no_cache");
	recipe.no_cache_stages = get_text(&rd, cs_json_get(doc, "no_cache_stages"), &r);
	recipe.epoch_set = cs_json_get_true(doc, "epoch");
	recipe.dockerfile = get_text(&rd, cs_json_get(doc, "dockerfile"), &r);
	recipe.context = get_text(&rd, cs_json_get(doc, "context"), &r);
	recipe.vcs_source = get_text(&rd, cs_json_get(doc, "vcs"), &r);
	if (r == 0 && (rd.bad || !cs_json_is_object(doc)))
		r = cs_err_set(err, CS_FORMAT, "not as a recipe is written");
	if (r == 0)
		*ret = recipe;
	return r;
}
