/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buildx history inspect --format json, one object, and history ls --format json, one object a
 * line: the builder's counts, times and status of a build whose record is not at hand.
 */
#include <inttypes.h>
#include <string.h>

#include "build/facts.h"
#include "build/parsers.h"
#include "image/reference.h"

/* --- inspect --- */

int cs_inspect_probe(const uint8_t *head, size_t len)
{
	size_t i = 0;

	while (i < len && (head[i] == ' ' || (head[i] >= '\t' && head[i] <= '\r')))
		i++;
	if (i == len || head[i] != '{' || !memmem(head, len, "\"Ref\":", 6))
		return 0;
	return memmem(head, len, "\"StartedAt\":", 12) ||
			       memmem(head, len, "\"NumTotalSteps\":", 16)
		       ? 80
		       : 0;
}

static enum cs_build_status status_of(const char *word)
{
	static const struct {
		const char *word;
		enum cs_build_status status;
	} words[] = { { "completed", CS_STATUS_COMPLETED },
		      { "failed", CS_STATUS_FAILED },
		      { "error", CS_STATUS_FAILED },
		      { "canceled", CS_STATUS_CANCELED } };

	for (size_t i = 0; word && i < CS_N(words); i++) {
		if (strcasecmp(word, words[i].word) == 0)
			return words[i].status;
	}
	return CS_STATUS_UNKNOWN;
}

static int time_of(const struct cs_json *v, const char *key, int64_t *ret, struct cs_err *err)
{
	const char *text = cs_json_get_text(v, key);

	if (text && cs_time_parse(text, ret, err) < 0)
		return cs_err_prefix(err, "%s", key);
	return 0;
}

static int64_t count_of(const struct cs_json *v, const char *key)
{
	int64_t n = -1;

	return cs_json_get_int(v, key, &n) && n >= 0 ? n : -1;
}

static int read_args(struct cs_doc *doc, const struct cs_json *list, struct cs_err *err)
{
	size_t n = cs_json_is_array(list) ? cs_json_len(list) : 0;

	doc->build.recipe.build_args =
		cs_arena_array(doc->arena, n, sizeof(*doc->build.recipe.build_args));
	if (!doc->build.recipe.build_args)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const char *name = cs_json_get_text(cs_json_at(list, i), "Name");
		const char *value = cs_json_get_text(cs_json_at(list, i), "Value");
		struct cs_kv *kv = &doc->build.recipe.build_args[doc->build.recipe.n_build_args];

		if (!name)
			continue;
		kv->key = cs_arena_strdup(doc->arena, name);
		kv->value = cs_arena_strdup(doc->arena, value ? value : "");
		if (!kv->key || !kv->value)
			return cs_err_nomem(err);
		doc->build.recipe.n_build_args++;
		if (strcmp(name, "SOURCE_DATE_EPOCH") == 0 && value && value[0])
			doc->build.recipe.epoch_set = true;
	}
	return 0;
}

static int read_materials(struct cs_doc *doc, const struct cs_json *list, struct cs_err *err)
{
	size_t n = cs_json_is_array(list) ? cs_json_len(list) : 0;
	struct cs_err ignored;

	doc->build.recipe.materials =
		cs_arena_array(doc->arena, n, sizeof(*doc->build.recipe.materials));
	if (!doc->build.recipe.materials)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const struct cs_json *v = cs_json_at(list, i);
		const char *uri = cs_json_get_text(v, "URI");
		const char *digest = cs_json_text(cs_json_at(cs_json_get(v, "Digests"), 0));
		struct cs_base_ref *ref =
			&doc->build.recipe.materials[doc->build.recipe.n_materials];

		ref->name = uri ? cs_purl_image_name(doc->arena, uri) : NULL;
		if (!ref->name)
			continue;
		if (digest)
			(void)cs_digest_parse(digest, &ref->digest, &ignored);
		doc->build.recipe.n_materials++;
	}
	return 0;
}

static int read_platforms(struct cs_doc *doc, const struct cs_json *list, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (size_t i = 0; cs_json_is_array(list) && i < cs_json_len(list); i++) {
		const char *text = cs_json_text(cs_json_at(list, i));

		if (text &&
		    ((buf.len && cs_buf_putc(&buf, ',') < 0) || cs_buf_puts(&buf, text) < 0))
			return cs_err_nomem(err);
	}
	cs_doc_set_platform(doc, buf.data);
	return 0;
}

/* Attachments: the result's documents, and statements about it, whose type is no media type. */
static int read_results(struct cs_doc *doc, const struct cs_json *list, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; cs_json_is_array(list) && i < cs_json_len(list) && r == 0; i++) {
		const char *type = cs_json_get_text(cs_json_at(list, i), "Type");

		if (type && cs_starts_with(type, "application/vnd."))
			r = cs_result_note(doc, type,
					   cs_json_get_text(cs_json_at(list, i), "Digest"), err);
	}
	return r;
}

static int read_texts(struct cs_doc *doc, const struct cs_json *v, struct cs_err *err)
{
	const struct cs_json *config = cs_json_get(v, "Config");
	const char *context = cs_json_get_text(v, "Context");
	int r = cs_keep(doc->arena, cs_json_get_text(v, "Ref"), &doc->build.builder_ref, err);

	if (r == 0)
		r = cs_keep(doc->arena, cs_json_get_text(v, "Target"), &doc->build.facts.target,
			    err);
	if (r == 0)
		r = cs_keep(doc->arena, cs_json_get_text(v, "Dockerfile"),
			    &doc->build.recipe.dockerfile, err);
	if (r == 0)
		r = cs_keep(doc->arena, cs_json_get_text(cs_json_get(v, "Error"), "Message"),
			    &doc->build.recipe.error, err);
	if (r == 0)
		r = cs_facts_from_vcs(doc, cs_json_get_text(v, "VCSRepository"),
				      cs_json_get_text(v, "VCSRevision"), err);
	if (r == 0 && context)
		r = strstr(context, "://")
			    ? cs_facts_from_context(doc, context, err)
			    : cs_keep(doc->arena, context, &doc->build.recipe.context, err);
	doc->build.recipe.no_cache = cs_json_get_true(config, "NoCache");
	return r;
}

static int give_inspect(struct cs_sink *sink, const struct cs_json *v, struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = cs_doc_new(CS_DOC_INSPECT, CS_SOURCE_NONE);
	struct cs_build *b = doc ? &doc->build : NULL;

	if (!doc)
		return cs_err_nomem(err);
	b->status = status_of(cs_json_get_text(v, "Status"));
	b->builder_cached_steps = count_of(v, "NumCachedSteps");
	b->builder_total_steps = count_of(v, "NumTotalSteps");
	b->builder_completed_steps = count_of(v, "NumCompletedSteps");
	if (time_of(v, "StartedAt", &b->facts.started_unix_ns, err) < 0 ||
	    time_of(v, "CompletedAt", &b->facts.completed_unix_ns, err) < 0 ||
	    read_texts(doc, v, err) < 0 || read_args(doc, cs_json_get(v, "BuildArgs"), err) < 0 ||
	    read_materials(doc, cs_json_get(v, "Materials"), err) < 0 ||
	    read_platforms(doc, cs_json_get(v, "Platform"), err) < 0 ||
	    read_results(doc, cs_json_get(v, "Attachments"), err) < 0 ||
	    cs_doc_set_steps(doc, NULL, 0, err) < 0)
		return -(int)err->code;
	return cs_sink_give(sink, cs_steal(doc), err);
}

int cs_inspect_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		     struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	int r = cs_json_read(ctx, in, &doc, err);

	if (r < 0)
		return r;
	if (!cs_json_get_text(doc, "Ref"))
		return 1;
	return give_inspect(sink, doc, err);
}

/* --- history ls --- */

int cs_history_probe_line(const char *line)
{
	return line[0] == '{' && strstr(line, "\"ref\":") && strstr(line, "\"total_steps\":") ? 85
											      : 0;
}

static int give_history(struct cs_sink *sink, const struct cs_json *v, struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = cs_doc_new(CS_DOC_HISTORY, CS_SOURCE_NONE);
	const char *ref = cs_json_get_text(v, "ref"), *slash = ref ? strrchr(ref, '/') : NULL;
	struct cs_build *b = doc ? &doc->build : NULL;

	if (!doc)
		return cs_err_nomem(err);
	if (!ref)
		return cs_err_set(err, CS_FORMAT, "history line without a ref");
	b->status = status_of(cs_json_get_text(v, "status"));
	b->builder_cached_steps = count_of(v, "cached_steps");
	b->builder_total_steps = count_of(v, "total_steps");
	b->builder_completed_steps = count_of(v, "completed_steps");
	if (cs_keep(doc->arena, slash ? slash + 1 : ref, &b->builder_ref, err) < 0 ||
	    time_of(v, "created_at", &b->facts.started_unix_ns, err) < 0 ||
	    time_of(v, "completed_at", &b->facts.completed_unix_ns, err) < 0 ||
	    cs_doc_set_steps(doc, NULL, 0, err) < 0)
		return -(int)err->code;
	return cs_sink_give(sink, cs_steal(doc), err);
}

int cs_history_read(struct cs_lines *lines, struct cs_sink *sink, struct cs_err *err)
{
	size_t given = sink->n_given;
	const struct cs_line *line;
	int r;

	while ((r = cs_lines_next(lines, &line, err)) == 0) {
		struct cs_json *v CS_AUTO(cs_json_free_p) = NULL;

		if (line->text[0] != '{')
			continue;
		/* one that was cut off is not left out in silence */
		r = cs_json_parse(line->text, line->len, &lines->ctx->limits, &v, err);
		if (r == 0 && cs_history_probe_line(line->text))
			r = give_history(sink, v, err);
		if (r < 0 && !sink->refused)
			cs_err_prefix(err, "line %" PRId64, line->number);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : sink->n_given > given ? 0 : 1;
}
