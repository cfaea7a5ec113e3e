/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of --metadata-file: what joins an image with the record of its build, no steps. bake
 * writes one object for each target, with the same keys inside; it is written on success only.
 */
#include <string.h>

#include "build/facts.h"
#include "build/parsers.h"

int cs_metadata_probe(const uint8_t *head, size_t len)
{
	static const char *const keys[] = { "\"buildx.build.", "\"containerimage." };
	size_t i = 0;

	while (i < len && (head[i] == ' ' || (head[i] >= '\t' && head[i] <= '\r')))
		i++;
	if (i == len || head[i] != '{')
		return 0;
	for (size_t k = 0; k < CS_N(keys); k++) {
		if (memmem(head, len, keys[k], strlen(keys[k])))
			return 85;
	}
	return 0;
}

static bool is_metadata(const struct cs_json *v)
{
	return cs_json_get_text(v, "buildx.build.ref") ||
	       cs_json_get_text(v, "containerimage.digest") ||
	       cs_json_get(v, "buildx.build.provenance");
}

static int read_image(struct cs_doc *doc, const struct cs_json *v, struct cs_err *err)
{
	const struct cs_json *descriptor = cs_json_get(v, "containerimage.descriptor");
	const char *config = cs_json_get_text(v, "containerimage.config.digest");
	const char *digest = cs_json_get_text(v, "containerimage.digest");
	const char *name = cs_json_get_text(v, "image.name");
	struct cs_err ignored;
	int r;

	r = cs_result_note(doc, cs_json_get_text(descriptor, "mediaType"),
			   cs_json_get_text(descriptor, "digest"), err);
	if (r == 0)
		r = cs_result_note(doc, NULL, digest, err);
	if (r == 0)
		r = cs_result_note(doc, NULL, config, err);
	if (config)
		(void)cs_digest_parse(config, &doc->build.config_digest, &ignored);
	if (r < 0 || !name || !name[0])
		return r;
	doc->build.image_ref = cs_arena_strndup(doc->arena, name, strcspn(name, ","));
	return doc->build.image_ref ? 0 : cs_err_nomem(err);
}

struct reading {
	struct cs_sink *sink;
	struct cs_doc *doc;
	struct cs_err *err;
};

static int read_provenance(void *arg, const char *key, const struct cs_json *value)
{
	static const char name[] = "buildx.build.provenance";
	struct reading *r = arg;
	size_t n = strlen(name);

	if (strncmp(key, name, n) != 0 || (key[n] && key[n] != '/'))
		return 0;
	return cs_provenance_read(r->doc, value, r->err);
}

static int give(struct cs_sink *sink, const struct cs_json *v, const char *target,
		struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = cs_doc_new(CS_DOC_METADATA, CS_SOURCE_NONE);
	struct reading reading = { .sink = sink, .doc = doc, .err = err };
	const char *ref = cs_json_get_text(v, "buildx.build.ref"), *slash;
	const struct cs_json *warnings = cs_json_get(v, "buildx.build.warnings");
	int r;

	if (!doc)
		return cs_err_nomem(err);
	slash = ref ? strrchr(ref, '/') : NULL;
	r = cs_keep(doc->arena, slash ? slash + 1 : ref, &doc->build.builder_ref, err);
	if (r == 0)
		r = cs_keep(doc->arena, target, &doc->build.facts.target, err);
	if (r == 0)
		r = read_image(doc, v, err);
	if (r == 0)
		r = cs_json_each(v, read_provenance, &reading);
	if (cs_json_is_array(warnings))
		doc->build.recipe.n_warnings = (int64_t)cs_json_len(warnings);
	doc->build.status = CS_STATUS_COMPLETED;
	if (r == 0)
		r = cs_doc_set_steps(doc, NULL, 0, err);
	return r < 0 ? r : cs_sink_give(sink, cs_steal(doc), err);
}

static int give_target(void *arg, const char *key, const struct cs_json *value)
{
	struct reading *r = arg;

	return is_metadata(value) ? give(r->sink, value, key, r->err) : 0;
}

int cs_metadata_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		      struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct reading reading = { .sink = sink, .err = err };
	size_t given = sink->n_given;
	int r = cs_json_read(ctx, in, &doc, err);

	if (r < 0)
		return r;
	if (is_metadata(doc))
		return give(sink, doc, NULL, err);
	r = cs_json_each(doc, give_target, &reading);
	return r < 0 ? r : sink->n_given > given ? 0 : 1;
}
