/* SPDX-License-Identifier: Apache-2.0 */
/* An OCI index or manifest, and the manifest.json of a docker archive. */
#include "fuzz/fuzz.h"
#include "image/manifest.h"

static void check_annotations(const struct cs_annotations *list)
{
	for (size_t i = 0; i < list->n; i++) {
		must(list->v[i].key && list->v[i].value);
		must(cs_annotation(list, list->v[i].key));
	}
}

static void check_descriptor(const struct cs_descriptor *d, bool may_be_unread)
{
	char text[CS_DIGEST_TEXT];

	must(d->media_type && d->digest_text && d->size >= 0);
	if (cs_digest_known(&d->digest))
		must(strcmp(cs_digest_format(&d->digest, text), d->digest_text) == 0);
	else
		must(may_be_unread);
	if (d->has_platform) {
		struct cs_platform p;
		char name[CS_PLATFORM_TEXT];
		struct cs_err err;

		must(cs_platform_parse(cs_platform_format(&d->platform, name), &p, &err) == 0);
		must(cs_platform_equal(&p, &d->platform));
	}
	check_annotations(&d->annotations);
	(void)cs_descriptor_is_attestation(d);
	(void)cs_descriptor_is_foreign(d);
	(void)cs_media_is_layer(d->media_type);
	(void)cs_media_is_config(d->media_type);
}

static void check_manifest(const struct cs_manifest *m)
{
	must(m->media_type);
	check_annotations(&m->annotations);
	if (m->has_subject)
		check_descriptor(&m->subject, true);
	if (m->is_index) {
		must(cs_media_kind(m->media_type) != CS_MEDIA_MANIFEST && !m->n_layers);
		for (size_t i = 0; i < m->n_entries; i++)
			check_descriptor(&m->entries[i], true);
		return;
	}
	must(cs_media_kind(m->media_type) != CS_MEDIA_INDEX && !m->n_entries);
	check_descriptor(&m->config, false);
	for (size_t i = 0; i < m->n_layers; i++)
		check_descriptor(&m->layers[i], false);
	(void)cs_manifest_is_attestation(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	struct cs_docker_image *images;
	struct cs_manifest m;
	struct cs_ctx ctx;
	size_t n;
	int r;

	must(arena);
	fuzz_ctx_init(&ctx);
	r = cs_manifest_parse(data, len, &ctx.limits, arena, &m, &err);
	fuzz_result(r, &err);
	if (r == 0)
		check_manifest(&m);
	if (cs_json_parse(data, len, &ctx.limits, &doc, &err) < 0)
		return 0;
	r = cs_docker_manifest_read(doc, &ctx.limits, arena, &images, &n, &err);
	fuzz_result(r, &err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		must(images[i].config);
		for (size_t k = 0; k < images[i].n_tags; k++)
			must(images[i].tags[k]);
		for (size_t k = 0; k < images[i].n_layers; k++)
			must(images[i].layers[k]);
	}
	return 0;
}
