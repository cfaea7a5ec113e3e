/* SPDX-License-Identifier: Apache-2.0 */
#include "build/doc.h"

#include <string.h>

#include "build/parsers.h"
#include "build/steps.h"

struct cs_doc *cs_doc_new(enum cs_doc_kind kind, enum cs_source_kind source_kind)
{
	struct cs_doc *doc = calloc(1, sizeof(*doc));

	if (!doc)
		return NULL;
	doc->arena = cs_arena_new();
	if (!doc->arena) {
		free(doc);
		return NULL;
	}
	doc->kind = kind;
	cs_build_init(&doc->build);
	doc->build.source_kind = source_kind;
	return doc;
}

void cs_doc_free(struct cs_doc *doc)
{
	if (!doc)
		return;
	cs_arena_free(doc->arena);
	free(doc);
}

void cs_doc_hints(const struct cs_doc *doc, struct cs_facts *ret)
{
	*ret = doc->build.facts;
	if (!ret->scope)
		ret->scope = doc->build.recipe.gha_scope;
	for (size_t i = 0; i < CS_N_FACTS; i++)
		ret->from[i] = (uint8_t)(CS_FROM_INPUT + doc->build.source_kind);
}

/* Room for one more at the end of an array that doubles; NULL without memory. */
static void *grown(struct cs_arena *arena, void *v, size_t n, size_t size)
{
	void *more;

	if (n & (n - 1) || (!n && v))
		return v;
	more = cs_arena_array(arena, n ? n * 2 : 1, size);
	if (more && n)
		memcpy(more, v, n * size);
	return more;
}

int cs_doc_add_result(struct cs_doc *doc, const struct cs_digest *digest, struct cs_err *err)
{
	struct cs_digest *v;

	if (!cs_digest_known(digest))
		return 0;
	for (size_t i = 0; i < doc->build.n_results; i++) {
		if (cs_digest_equal(&doc->build.results[i], digest))
			return 0;
	}
	v = grown(doc->arena, doc->build.results, doc->build.n_results, sizeof(*v));
	if (!v)
		return cs_err_nomem(err);
	doc->build.results = v;
	doc->build.results[doc->build.n_results++] = *digest;
	return 0;
}

int cs_doc_add_cache(struct cs_doc *doc, const struct cs_cache_ref *cache, struct cs_err *err)
{
	struct cs_cache_ref *v =
		grown(doc->arena, doc->build.recipe.caches, doc->build.recipe.n_caches, sizeof(*v));

	if (!v)
		return cs_err_nomem(err);
	doc->build.recipe.caches = v;
	doc->build.recipe.caches[doc->build.recipe.n_caches++] = *cache;
	return 0;
}

int cs_sink_give(struct cs_sink *sink, struct cs_doc *doc, struct cs_err *err)
{
	int r;

	doc->build.source = cs_arena_strdup(doc->arena, sink->name);
	if (!doc->build.source) {
		cs_doc_free(doc);
		return cs_err_nomem(err);
	}
	sink->n_given++;
	r = sink->fn(sink->arg, doc, err);
	sink->refused = r < 0;
	return r < 0 ? r : 0;
}

int cs_json_read(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_json **ret,
		 struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = cs_stream_read_all(in, (size_t)ctx->limits.json_bytes, &buf, err);

	if (r > 0)
		return cs_limit_error(err, &ctx->limits, json_bytes, "JSON document");
	return r < 0 ? r : cs_json_parse(buf.data ? buf.data : "", buf.len, &ctx->limits, ret, err);
}
