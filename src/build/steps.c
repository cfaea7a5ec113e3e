/* SPDX-License-Identifier: Apache-2.0 */
/* The one place where observed steps become a document's: no parser fills build.steps itself. */
#include "build/steps.h"

#include <string.h>

#include "util/secret.h"

/* More is no build that people make, and each costs a search in every text. */
#define SECRETS_MAX 64

int cs_raw_list_add(struct cs_raw_list *list, const struct cs_limits *limits,
		    struct cs_raw_step **ret, struct cs_err *err)
{
	if (list->n >= (size_t)limits->vertexes)
		return cs_limit_error(err, limits, vertexes, "steps of a build");
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 32;
		void *v = realloc(list->v, cap * sizeof(*list->v));

		if (!v)
			return cs_err_nomem(err);
		list->v = v;
		list->cap = cap;
	}
	*ret = &list->v[list->n++];
	memset(*ret, 0, sizeof(**ret));
	(*ret)->started_unix_ns = CS_TIME_NONE;
	(*ret)->completed_unix_ns = CS_TIME_NONE;
	(*ret)->duration_ns = -1;
	return 0;
}

void cs_raw_list_release(struct cs_raw_list *list)
{
	free(list->v);
	memset(list, 0, sizeof(*list));
}

/*
 * Takes the values of secrets out of the build arguments, for the search in other texts; what is
 * left of them in the document is the name.
 */
static int take_secrets(struct cs_doc *doc, struct cs_secrets *ret, struct cs_err *err)
{
	ret->n = 0;
	ret->v = cs_arena_array(doc->arena, SECRETS_MAX, sizeof(*ret->v));
	if (!ret->v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < doc->build.recipe.n_build_args; i++) {
		struct cs_kv *kv = &doc->build.recipe.build_args[i];

		if (!cs_secret_name(kv->key)) {
			kv->value = cs_redact(doc->arena, kv->value, NULL);
			if (!kv->value)
				return cs_err_nomem(err);
			continue;
		}
		if (kv->value[0] && ret->n == SECRETS_MAX)
			return cs_err_set(err, CS_UNSUPPORTED,
					  "more than %d build arguments named like secrets",
					  SECRETS_MAX);
		if (kv->value[0])
			ret->v[ret->n++] = kv->value;
		kv->value = "";
	}
	return 0;
}

static int redact(struct cs_doc *doc, const struct cs_secrets *secrets, const char **text,
		  struct cs_err *err)
{
	if (!*text)
		return 0;
	*text = cs_redact(doc->arena, *text, secrets);
	return *text ? 0 : cs_err_nomem(err);
}

static int set_step(struct cs_doc *doc, const struct cs_raw_step *raw,
		    const struct cs_secrets *secrets, struct cs_step *ret, struct cs_err *err)
{
	int r = cs_step_classify(doc->arena, raw, ret, err);

	if (r < 0)
		return r;
	cs_step_judge(raw, doc->build.status, ret);
	ret->layer = -1;
	ret->started_unix_ns = raw->started_unix_ns;
	ret->completed_unix_ns = raw->completed_unix_ns;
	ret->duration_ns = raw->duration_ns;
	ret->inputs = raw->inputs;
	ret->n_inputs = raw->n_inputs;
	if (raw->error) {
		ret->error = cs_arena_strdup(doc->arena, raw->error);
		if (!ret->error)
			return cs_err_nomem(err);
	}
	if (redact(doc, secrets, &ret->name, err) < 0 ||
	    redact(doc, secrets, &ret->instruction, err) < 0 ||
	    redact(doc, secrets, &ret->error, err) < 0)
		return -(int)err->code;
	return 0;
}

/* --- caches --- */

struct phrase {
	const char *text, *type;
};

/* gha and local caches are imported under a hash of their own: "gha:1583956284362434283". */
static const char *import_type(const char *ref)
{
	static const char *const types[] = { "gha", "local", "s3", "azblob" };

	for (size_t i = 0; i < CS_N(types); i++) {
		size_t n = strlen(types[i]);

		if (strncmp(ref, types[i], n) == 0 && ref[n] == ':' && ref[n + 1] &&
		    ref[n + 1 + strspn(ref + n + 1, "0123456789")] == '\0')
			return types[i];
	}
	return "registry";
}

/* The caches that the command line asked for, and which of them a step was found for. */
struct wanted {
	size_t n;
	bool *met;
};

static struct cs_cache_ref *find_import(struct cs_doc *doc, const char *type, const char *ref,
					struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->n; i++) {
		struct cs_cache_ref *c = &doc->build.recipe.caches[i];

		if (wanted->met[i] || !c->type || strcmp(c->type, type) != 0)
			continue;
		if (strcmp(type, "registry") != 0 || (c->ref && strcmp(c->ref, ref) == 0)) {
			wanted->met[i] = true;
			return c;
		}
	}
	return NULL;
}

static int note_import(struct cs_doc *doc, const struct cs_step *step, struct wanted *wanted,
		       struct cs_err *err)
{
	static const char prefix[] = "importing cache manifest from ";
	const char *at = strstr(step->name, prefix), *ref = at ? at + sizeof(prefix) - 1 : "";
	struct cs_cache_ref cache = { .type = import_type(ref), .error = step->error };
	struct cs_cache_ref *known = find_import(doc, cache.type, ref, wanted);

	if (known) {
		known->error = step->error;
		return 0;
	}
	if (strcmp(cache.type, "registry") == 0 && *ref)
		cache.ref = ref;
	return cs_doc_add_cache(doc, &cache, err);
}

static int note_export(struct cs_doc *doc, const struct cs_step *step, struct cs_err *err)
{
	static const struct phrase phrases[] = {
		{ "exporting cache to registry", "registry" },
		{ "exporting cache to client directory", "local" },
		{ "exporting cache to GitHub Actions Cache", "gha" },
		{ "exporting cache to Amazon S3", "s3" },
		{ "exporting cache to Azure Blob Storage", "azblob" },
	};
	struct cs_cache_ref cache = { .is_export = true, .error = step->error };

	for (size_t i = 0; i < CS_N(phrases); i++) {
		if (strstr(step->name, phrases[i].text))
			cache.type = phrases[i].type;
	}
	/* "preparing build cache for export" is a part of another's export */
	if (!cache.type && !strstr(step->name, "exporting cache"))
		return 0;
	if (!cache.type && strcmp(step->name, "exporting cache") == 0)
		cache.type = "inline";
	return cs_doc_add_cache(doc, &cache, err);
}

static int note_step(struct cs_doc *doc, const struct cs_step *step, struct wanted *wanted,
		     struct cs_err *err)
{
	if (step->class == CS_STEP_IMPORT)
		return note_import(doc, step, wanted, err);
	if (step->class == CS_STEP_CACHE_EXPORT)
		return note_export(doc, step, err);
	if (!doc->build.recipe.error && step->error && doc->build.status == CS_STATUS_FAILED &&
	    step->state == CS_STATE_FAILED)
		doc->build.recipe.error = step->error;
	return 0;
}

int cs_doc_set_steps(struct cs_doc *doc, const struct cs_raw_step *raw, size_t n,
		     struct cs_err *err)
{
	struct cs_secrets secrets;
	struct cs_step *steps;
	struct wanted wanted = { doc->build.recipe.n_caches, NULL };
	int r = take_secrets(doc, &secrets, err);

	if (r < 0)
		return r;
	steps = cs_arena_array(doc->arena, n, sizeof(*steps));
	wanted.met = cs_arena_array(doc->arena, wanted.n, sizeof(*wanted.met));
	if (!steps || !wanted.met)
		return cs_err_nomem(err);
	if (redact(doc, &secrets, &doc->build.recipe.error, err) < 0 ||
	    redact(doc, &secrets, &doc->build.recipe.dockerfile_text, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < n && r == 0; i++) {
		steps[i].index = (uint32_t)i;
		r = set_step(doc, &raw[i], &secrets, &steps[i], err);
		if (r == 0)
			r = note_step(doc, &steps[i], &wanted, err);
	}
	if (r < 0)
		return r;
	doc->build.steps = steps;
	doc->build.n_steps = n;
	return 0;
}

/* --- what lines say of the build --- */

int cs_doc_note_line(struct cs_doc *doc, const struct cs_line *line, struct cs_err *err)
{
	struct cs_facts *f = &doc->build.facts;

	if (line->unix_ns != CS_TIME_NONE) {
		if (f->started_unix_ns == CS_TIME_NONE)
			f->started_unix_ns = line->unix_ns;
		f->completed_unix_ns = line->unix_ns;
	}
	if (!line->job || f->job)
		return 0;
	f->job = cs_arena_strdup(doc->arena, line->job);
	return f->job ? 0 : cs_err_nomem(err);
}

void cs_doc_set_span(struct cs_doc *doc)
{
	struct cs_facts *f = &doc->build.facts;
	int64_t from = CS_TIME_NONE, to = CS_TIME_NONE;

	for (size_t i = 0; i < doc->build.n_steps; i++) {
		const struct cs_step *s = &doc->build.steps[i];

		if (s->started_unix_ns != CS_TIME_NONE &&
		    (from == CS_TIME_NONE || s->started_unix_ns < from))
			from = s->started_unix_ns;
		if (s->completed_unix_ns != CS_TIME_NONE &&
		    (to == CS_TIME_NONE || s->completed_unix_ns > to))
			to = s->completed_unix_ns;
	}
	if (f->started_unix_ns == CS_TIME_NONE)
		f->started_unix_ns = from;
	if (f->completed_unix_ns == CS_TIME_NONE)
		f->completed_unix_ns = to;
}
