/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config of a history record: Go's JSON of a protobuf message, so zero values are absent and
 * names come in the spelling of Go fields or of the wire. Nothing in it is needed to read the
 * steps: what is missing or odd stays unknown.
 */
#include <string.h>

#include "build/facts.h"
#include "image/manifest.h"

/* google.rpc.Code */
#define RPC_CANCELED 1

static int64_t time_of(const struct cs_json *record, const char *key)
{
	const struct cs_json *t = cs_json_get(record, key);
	int64_t seconds, nanos = 0;

	if (!cs_json_get_int(t, "seconds", &seconds) || seconds > 9000000000 ||
	    seconds < -9000000000)
		return CS_TIME_NONE;
	cs_json_get_int(t, "nanos", &nanos);
	if (nanos < 0 || nanos >= CS_NS_PER_S)
		nanos = 0;
	return seconds * CS_NS_PER_S + nanos;
}

static int64_t count_of(const struct cs_json *record, const char *key)
{
	int64_t n = 0;

	cs_json_get_int(record, key, &n);
	return n < 0 ? -1 : n;
}

/* --- attributes of the frontend --- */

struct attrs {
	struct cs_doc *doc;
	struct cs_err *err;
	size_t n_args;
};

static const char *behind(const char *key, const char *prefix)
{
	size_t n = strlen(prefix);

	return strncmp(key, prefix, n) == 0 ? key + n : NULL;
}

static int count_arg(void *arg, const char *key, const struct cs_json *value CS_UNUSED)
{
	struct attrs *a = arg;

	a->n_args += behind(key, "build-arg:") != NULL;
	return 0;
}

static int read_arg(void *arg, const char *key, const struct cs_json *value)
{
	struct attrs *a = arg;
	struct cs_doc *doc = a->doc;
	const char *name = behind(key, "build-arg:"), *text = cs_json_text(value);
	struct cs_kv *kv;

	if (!name || !text)
		return 0;
	kv = &doc->build.recipe.build_args[doc->build.recipe.n_build_args];
	kv->key = cs_arena_strdup(doc->arena, name);
	kv->value = cs_arena_strdup(doc->arena, text);
	if (!kv->key || !kv->value)
		return cs_err_nomem(a->err);
	doc->build.recipe.n_build_args++;
	if (strcmp(name, "SOURCE_DATE_EPOCH") == 0 && text[0])
		doc->build.recipe.epoch_set = true;
	return 0;
}

static int read_build_args(struct cs_doc *doc, const struct cs_json *attrs, struct cs_err *err)
{
	struct attrs a = { .doc = doc, .err = err };

	cs_json_each(attrs, count_arg, &a);
	doc->build.recipe.build_args =
		cs_arena_array(doc->arena, a.n_args, sizeof(*doc->build.recipe.build_args));
	if (!doc->build.recipe.build_args)
		return cs_err_nomem(err);
	return cs_json_each(attrs, read_arg, &a);
}

static int read_import(struct cs_doc *doc, const struct cs_json *import, struct cs_err *err)
{
	const struct cs_json *attrs = cs_json_get(import, "Attrs");
	struct cs_cache_ref cache = { 0 };
	const char *ref = cs_json_get_text(attrs, "ref");

	if (!ref)
		ref = cs_json_get_text(attrs, "src");
	if (cs_keep(doc->arena, cs_json_get_text(import, "Type"), &cache.type, err) < 0 ||
	    cs_keep(doc->arena, ref, &cache.ref, err) < 0)
		return -(int)err->code;
	if (cache.type && strcmp(cache.type, "gha") == 0) {
		if (cs_keep(doc->arena, cs_json_get_text(attrs, "scope"), &cache.scope, err) < 0)
			return -(int)err->code;
		if (!cache.scope)
			cache.scope = "buildkit"; /* BuildKit's default */
		if (!doc->build.recipe.gha_scope)
			doc->build.recipe.gha_scope = cache.scope;
	}
	return cs_doc_add_cache(doc, &cache, err);
}

/* JSON inside JSON: *ret stays NULL for a text that is none. */
static int parse_inner(const char *text, const struct cs_limits *limits, struct cs_json **ret,
		       struct cs_err *err)
{
	struct cs_err why = CS_ERR_INIT;

	if (!text || !text[0] || cs_json_parse(text, strlen(text), limits, ret, &why) == 0)
		return 0;
	return why.code == CS_NOMEM ? cs_err_nomem(err) : 0;
}

static int read_imports(struct cs_doc *doc, const char *text, const struct cs_limits *limits,
			struct cs_err *err)
{
	struct cs_json *list CS_AUTO(cs_json_free_p) = NULL;
	int r = parse_inner(text, limits, &list, err);

	for (size_t i = 0; i < cs_json_len(list) && cs_json_is_array(list) && r == 0; i++)
		r = read_import(doc, cs_json_at(list, i), err);
	return r;
}

/* The builder-id among the comma-separated attributes of --attest. */
static int read_attest(struct cs_doc *doc, const char *attest, struct cs_err *err)
{
	const char *at = attest ? strstr(attest, "builder-id=") : NULL;
	char *url;

	if (!at)
		return 0;
	at += strlen("builder-id=");
	url = cs_arena_strndup(doc->arena, at, strcspn(at, ",\""));
	return url ? cs_facts_from_builder_id(doc, url, err) : cs_err_nomem(err);
}

static int read_attrs(struct cs_doc *doc, const struct cs_json *attrs,
		      const struct cs_limits *limits, struct cs_err *err)
{
	struct cs_facts *f = &doc->build.facts;
	const char *no_cache = cs_json_get_text(attrs, "no-cache");
	const char *context = cs_json_get_text(attrs, "context");
	int r = read_build_args(doc, attrs, err);

	if (r == 0)
		r = cs_keep(doc->arena, cs_json_get_text(attrs, "target"), &f->target, err);
	if (r == 0)
		r = cs_keep(doc->arena, cs_json_get_text(attrs, "filename"),
			    &doc->build.recipe.dockerfile, err);
	if (r == 0 && no_cache)
		r = cs_keep(doc->arena, no_cache, &doc->build.recipe.no_cache_stages, err);
	doc->build.recipe.no_cache = no_cache && !no_cache[0];
	if (r == 0)
		r = read_attest(doc, cs_json_get_text(attrs, "attest:provenance"), err);
	if (r == 0)
		r = cs_facts_from_vcs(doc, cs_json_get_text(attrs, "vcs:source"),
				      cs_json_get_text(attrs, "vcs:revision"), err);
	if (r == 0 && context)
		r = cs_facts_from_context(doc, context, err);
	if (r == 0)
		r = cs_keep(doc->arena,
			    cs_json_get_text(attrs, "label:org.opencontainers.image.revision"),
			    &f->commit, err);
	if (r == 0)
		r = read_imports(doc, cs_json_get_text(attrs, "cache-imports"), limits, err);
	cs_doc_set_platform(doc, cs_json_get_text(attrs, "platform"));
	return r;
}

/* --- results --- */

int cs_result_note(struct cs_doc *doc, const char *media_type, const char *digest,
		   struct cs_err *err)
{
	enum cs_media_kind kind = media_type ? cs_media_kind(media_type) : CS_MEDIA_UNKNOWN;
	struct cs_digest d;
	struct cs_err ignored;

	if (!digest || cs_digest_parse(digest, &d, &ignored) < 0)
		return 0;
	if (kind == CS_MEDIA_MANIFEST && !cs_digest_known(&doc->build.manifest_digest))
		doc->build.manifest_digest = d;
	if (media_type && media_type[0] && cs_media_is_config(media_type) &&
	    !cs_digest_known(&doc->build.config_digest))
		doc->build.config_digest = d;
	return cs_doc_add_result(doc, &d, err);
}

static int note_result(void *arg, const char *key CS_UNUSED, const struct cs_json *v)
{
	struct attrs *a = arg;

	return cs_result_note(a->doc, cs_json_get_text(v, "media_type"),
			      cs_json_get_text(v, "digest"), a->err);
}

static int note_platform(void *arg, const char *key CS_UNUSED, const struct cs_json *v)
{
	return cs_json_each(cs_json_get(v, "Results"), note_result, arg);
}

static int read_results(struct cs_doc *doc, const struct cs_json *record, struct cs_err *err)
{
	static const char *const keys[] = { "containerimage.digest",
					    "containerimage.config.digest" };
	const struct cs_json *result = cs_json_get(record, "Result");
	const struct cs_json *response = cs_json_get(record, "ExporterResponse");
	struct attrs a = { .doc = doc, .err = err };
	int r = cs_json_each(cs_json_get(result, "Results"), note_result, &a);

	if (r == 0)
		r = cs_json_each(cs_json_get(record, "Results"), note_platform, &a);
	for (size_t i = 0; i < CS_N(keys) && r == 0; i++)
		r = cs_result_note(doc, NULL, cs_json_get_text(response, keys[i]), err);
	return r;
}

/* The layers of the base image: which of an image's layers are not the build's own. */
static int read_base(struct cs_doc *doc, const struct cs_json *record,
		     const struct cs_limits *limits, struct cs_err *err)
{
	const char *text = cs_json_get_text(cs_json_get(record, "ExporterResponse"),
					    "containerimage.base.config");
	struct cs_json *config CS_AUTO(cs_json_free_p) = NULL;
	const struct cs_json *list;
	struct cs_digest *ids;
	struct cs_err ignored;
	int r = parse_inner(text, limits, &config, err);

	if (r < 0 || !config)
		return r;
	list = cs_json_get(cs_json_get(config, "rootfs"), "diff_ids");
	ids = cs_arena_array(doc->arena, cs_json_len(list), sizeof(*ids));
	if (!ids)
		return cs_err_nomem(err);
	for (size_t i = 0; i < cs_json_len(list); i++) {
		const char *id = cs_json_text(cs_json_at(list, i));

		if (!id || cs_digest_parse(id, &ids[i], &ignored) < 0)
			return 0;
	}
	doc->build.recipe.base_diff_ids = ids;
	doc->build.recipe.n_base_diff_ids = cs_json_len(list);
	return 0;
}

/* --- the whole --- */

static int read_exporters(struct cs_doc *doc, const struct cs_json *list, struct cs_err *err)
{
	for (size_t i = 0; cs_json_is_array(list) && i < cs_json_len(list); i++) {
		const struct cs_json *attrs = cs_json_get(cs_json_at(list, i), "Attrs");
		const char *name = cs_json_get_text(attrs, "name");
		const char *push = cs_json_get_text(attrs, "push");

		if (push && strcmp(push, "true") == 0)
			doc->build.facts.pushed = CS_TRI_YES;
		if (!name || !name[0] || doc->build.image_ref)
			continue;
		doc->build.image_ref = cs_arena_strndup(doc->arena, name, strcspn(name, ","));
		if (!doc->build.image_ref)
			return cs_err_nomem(err);
	}
	return 0;
}

static int read_end(struct cs_doc *doc, const struct cs_json *record, struct cs_err *err)
{
	const struct cs_json *error = cs_json_get(record, "error");
	struct cs_build *b = &doc->build;
	int64_t code = 0;

	if (cs_json_is_object(error)) {
		cs_json_get_int(error, "code", &code);
		b->status = code == RPC_CANCELED ? CS_STATUS_CANCELED : CS_STATUS_FAILED;
		return cs_keep(doc->arena, cs_json_get_text(error, "message"),
			       &doc->build.recipe.error, err);
	}
	if (b->facts.completed_unix_ns != CS_TIME_NONE)
		b->status = CS_STATUS_COMPLETED;
	return 0;
}

/* The folder that was the context, where it is not a URL. */
static int read_folder(struct cs_doc *doc, const struct cs_json *state, struct cs_err *err)
{
	const char *path = cs_json_get_text(state, "LocalPath"), *slash;

	if (!path || doc->build.recipe.context)
		return 0;
	if (strstr(path, "://"))
		return cs_facts_from_context(doc, path, err);
	slash = strrchr(path, '/');
	return cs_keep(doc->arena, slash && slash[1] ? slash + 1 : path, &doc->build.recipe.context,
		       err);
}

int cs_record_json_read(struct cs_doc *doc, const struct cs_json *record,
			const struct cs_limits *limits, struct cs_err *err)
{
	struct cs_build *b = &doc->build;
	int r;

	if (!cs_json_get_text(record, "Ref"))
		return cs_err_set(err, CS_FORMAT, "history record without a Ref");
	r = cs_keep(doc->arena, cs_json_get_text(record, "Ref"), &b->builder_ref, err);
	b->facts.started_unix_ns = time_of(record, "CreatedAt");
	b->facts.completed_unix_ns = time_of(record, "CompletedAt");
	b->builder_cached_steps = count_of(record, "numCachedSteps");
	b->builder_total_steps = count_of(record, "numTotalSteps");
	b->builder_completed_steps = count_of(record, "numCompletedSteps");
	doc->build.recipe.n_warnings = count_of(record, "numWarnings");
	if (r == 0)
		r = read_end(doc, record, err);
	if (r == 0)
		r = read_attrs(doc, cs_json_get(record, "FrontendAttrs"), limits, err);
	if (r == 0)
		r = read_exporters(doc, cs_json_get(record, "Exporters"), err);
	if (r == 0)
		r = read_results(doc, record, err);
	if (r == 0)
		r = read_base(doc, record, limits, err);
	if (r == 0)
		r = read_folder(doc, cs_json_get(record, "localState"), err);
	cs_doc_set_platform(doc, cs_json_get_text(record, "DefaultPlatform"));
	return r;
}
