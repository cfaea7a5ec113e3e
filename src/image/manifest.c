/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kind of a document is decided by what it holds, once, and must agree with what it calls
 * itself (the confusion of CVE-2021-41190). Media types of layers decide nothing: they lie, the
 * first bytes do not. One entry of an index that cannot be read never hides the others: a digest
 * of an unknown algorithm is an error only to the one who wants those bytes.
 */
#include "image/manifest.h"

#include <string.h>

const char *cs_annotation(const struct cs_annotations *list, const char *key)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i].key, key) == 0)
			return list->v[i].value;
	}
	return NULL;
}

static bool one_of(const char *text, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, list[i]) == 0)
			return true;
	}
	return false;
}

enum cs_media_kind cs_media_kind(const char *media_type)
{
	static const char *const index[] = {
		"application/vnd.oci.image.index.v1+json",
		"application/vnd.docker.distribution.manifest.list.v2+json",
	};
	static const char *const manifest[] = {
		"application/vnd.oci.image.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v2+json",
		"application/vnd.oci.artifact.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v1+json",
		"application/vnd.docker.distribution.manifest.v1+prettyjws",
	};

	if (!media_type[0] || strcmp(media_type, "application/json") == 0)
		return CS_MEDIA_UNKNOWN;
	if (one_of(media_type, index, CS_N(index)))
		return CS_MEDIA_INDEX;
	if (one_of(media_type, manifest, CS_N(manifest)))
		return CS_MEDIA_MANIFEST;
	return CS_MEDIA_OTHER;
}

/* Media types lie, and new ones are made: only what says that it is a document is no layer. */
bool cs_media_is_layer(const char *media_type)
{
	return !strstr(media_type, "json");
}

bool cs_media_is_config(const char *media_type)
{
	static const char *const config[] = {
		"",
		"application/vnd.oci.image.config.v1+json",
		"application/vnd.docker.container.image.v1+json",
		"application/json",
		"application/octet-stream",
	};

	return one_of(media_type, config, CS_N(config));
}

/* --- parts of documents --- */

static int copy_text(const struct cs_json *v, const char *key, struct cs_arena *arena,
		     const char **ret, struct cs_err *err)
{
	const char *text = cs_json_get_text(v, key);

	if (!text)
		return 0;
	*ret = cs_arena_strdup(arena, text);
	return *ret ? 0 : cs_err_nomem(err);
}

struct kv_sink {
	struct cs_arena *arena;
	struct cs_kv *v;
	size_t n;
};

static int kv_add(void *arg, const char *key, const struct cs_json *value)
{
	struct kv_sink *sink = arg;
	const char *text = cs_json_text(value);
	struct cs_kv *kv = &sink->v[sink->n];

	if (!text)
		return 0;
	kv->key = cs_arena_strdup(sink->arena, key);
	kv->value = cs_arena_strdup(sink->arena, text);
	if (!kv->key || !kv->value)
		return -1;
	sink->n++;
	return 0;
}

int cs_kv_read(const struct cs_json *object, struct cs_arena *arena, struct cs_annotations *ret,
	       struct cs_err *err)
{
	struct kv_sink sink = { arena, NULL, 0 };

	if (!cs_json_is_object(object)) {
		ret->v = NULL;
		ret->n = 0;
		return 0;
	}
	sink.v = cs_arena_array(arena, cs_json_len(object), sizeof(*sink.v));
	if (!sink.v || cs_json_each(object, kv_add, &sink) < 0)
		return cs_err_nomem(err);
	ret->v = sink.v;
	ret->n = sink.n;
	return 0;
}

static bool platform_part(const char *text, char *dst, size_t cap)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
	size_t n = strlen(text);

	if (n >= cap || text[strspn(text, allowed)])
		return false;
	memcpy(dst, text, n + 1);
	return true;
}

bool cs_platform_from(const char *os, const char *arch, const char *variant,
		      struct cs_platform *ret)
{
	struct cs_platform p = { "", "", "" };

	if (!os || !arch || !os[0] || !arch[0])
		return false;
	if (!platform_part(os, p.os, sizeof(p.os)) ||
	    !platform_part(arch, p.arch, sizeof(p.arch)) ||
	    (variant && !platform_part(variant, p.variant, sizeof(p.variant))))
		return false;
	cs_platform_normalize(&p);
	*ret = p;
	return true;
}

static int read_descriptor(const struct cs_json *v, struct cs_arena *arena,
			   struct cs_descriptor *ret, struct cs_err *err)
{
	const struct cs_json *platform = cs_json_get(v, "platform");
	struct cs_descriptor d = { .media_type = "", .digest_text = "" };
	int r;

	if (!cs_json_is_object(v))
		return cs_err_set(err, CS_FORMAT, "no descriptor");
	if (copy_text(v, "mediaType", arena, &d.media_type, err) < 0 ||
	    copy_text(v, "artifactType", arena, &d.artifact_type, err) < 0 ||
	    copy_text(v, "digest", arena, &d.digest_text, err) < 0 ||
	    cs_kv_read(cs_json_get(v, "annotations"), arena, &d.annotations, err) < 0)
		return -(int)err->code;
	if (!d.digest_text[0])
		return cs_err_set(err, CS_FORMAT, "a descriptor without a digest");
	if (!cs_json_get_int(v, "size", &d.size) || d.size < 0)
		return cs_err_set(err, CS_FORMAT, "descriptor of %.80s: no size", d.digest_text);
	d.has_urls = cs_json_len(cs_json_get(v, "urls")) > 0;
	d.has_platform = cs_platform_from(cs_json_get_text(platform, "os"),
					  cs_json_get_text(platform, "architecture"),
					  cs_json_get_text(platform, "variant"), &d.platform);
	r = cs_digest_parse(d.digest_text, &d.digest, err);
	*ret = d;
	return r;
}

/* skip_unsupported: entries of an index may be of digests that nobody here reads. */
static int read_descriptors(const struct cs_json *list, const char *name, bool skip_unsupported,
			    struct cs_arena *arena, struct cs_descriptor **ret, size_t *ret_n,
			    struct cs_err *err)
{
	size_t n = cs_json_len(list);
	struct cs_descriptor *v = cs_arena_array(arena, n, sizeof(*v));

	if (!v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		int r = read_descriptor(cs_json_at(list, i), arena, &v[i], err);

		if (r == -CS_NOMEM)
			return r;
		if (r < 0 && !(r == -CS_UNSUPPORTED && skip_unsupported))
			return cs_err_prefix(err, "%s[%zu]", name, i);
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

/* --- whole documents --- */

static int read_index(const struct cs_json *doc, const struct cs_limits *limits,
		      struct cs_arena *arena, struct cs_manifest *m, struct cs_err *err)
{
	const struct cs_json *list = cs_json_get(doc, "manifests");

	m->is_index = true;
	if (cs_json_len(list) > (size_t)limits->index_manifests)
		return cs_limit_error(err, limits, index_manifests, "an index of %zu manifests",
				      cs_json_len(list));
	return read_descriptors(list, "manifests", true, arena, &m->entries, &m->n_entries, err);
}

static int read_layers(const struct cs_json *doc, const struct cs_limits *limits,
		       struct cs_arena *arena, struct cs_manifest *m, struct cs_err *err)
{
	const struct cs_json *list = cs_json_get(doc, "layers");
	int r = read_descriptor(cs_json_get(doc, "config"), arena, &m->config, err);

	if (r < 0)
		return cs_err_prefix(err, "config");
	if (cs_json_len(list) > (size_t)limits->layers)
		return cs_limit_error(err, limits, layers, "a manifest of %zu layers",
				      cs_json_len(list));
	return read_descriptors(list, "layers", false, arena, &m->layers, &m->n_layers, err);
}

static int check_kind(const struct cs_json *doc, const char *media_type, bool *ret_index,
		      struct cs_err *err)
{
	bool index = cs_json_is_array(cs_json_get(doc, "manifests"));
	bool manifest = cs_json_is_object(cs_json_get(doc, "config")) ||
			cs_json_is_array(cs_json_get(doc, "layers"));
	enum cs_media_kind kind = cs_media_kind(media_type);
	int64_t version = 2;

	if (cs_json_get(doc, "schemaVersion") &&
	    (!cs_json_get_int(doc, "schemaVersion", &version) || version != 2)) {
		if (version == 1)
			return cs_err_set(err, CS_UNSUPPORTED,
					  "not a manifest of schema 2 (schema 1, of docker before "
					  "1.10, is not read)");
		return cs_err_set(err, CS_FORMAT, "unknown schemaVersion");
	}
	if (index && manifest)
		return cs_err_set(err, CS_FORMAT, "both an index and a manifest in one document");
	if (!index && !manifest && cs_json_is_array(cs_json_get(doc, "blobs")))
		return cs_err_set(err, CS_UNSUPPORTED, "an artifact, not an image");
	if (!index && !manifest)
		return cs_err_set(err, CS_FORMAT,
				  "not an index (no manifests) and not a manifest (no "
				  "config, no layers)");
	if ((kind == CS_MEDIA_INDEX && !index) || (kind == CS_MEDIA_MANIFEST && index))
		return cs_err_set(err, CS_FORMAT, "holds %s but calls itself '%.80s'",
				  index ? "an index" : "a manifest", media_type);
	*ret_index = index;
	return 0;
}

int cs_manifest_read(const struct cs_json *doc, const struct cs_limits *limits,
		     struct cs_arena *arena, struct cs_manifest *ret, struct cs_err *err)
{
	struct cs_manifest m = { .media_type = "" };
	const struct cs_json *subject = cs_json_get(doc, "subject");
	bool index = false;
	int r;

	if (!cs_json_is_object(doc))
		return cs_err_set(err, CS_FORMAT, "no JSON object");
	if (copy_text(doc, "mediaType", arena, &m.media_type, err) < 0 ||
	    copy_text(doc, "artifactType", arena, &m.artifact_type, err) < 0 ||
	    cs_kv_read(cs_json_get(doc, "annotations"), arena, &m.annotations, err) < 0)
		return -(int)err->code;
	r = check_kind(doc, m.media_type, &index, err);
	if (r < 0)
		return r;
	if (!cs_json_is_null(subject)) {
		r = read_descriptor(subject, arena, &m.subject, err);
		if (r == -CS_NOMEM)
			return r;
		m.has_subject = r == 0;
	}
	r = index ? read_index(doc, limits, arena, &m, err)
		  : read_layers(doc, limits, arena, &m, err);
	if (r < 0)
		return r;
	*ret = m;
	return 0;
}

int cs_manifest_parse(const void *data, size_t len, const struct cs_limits *limits,
		      struct cs_arena *arena, struct cs_manifest *ret, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	int r = cs_json_parse(data, len, limits, &doc, err);

	if (r < 0)
		return r;
	return cs_manifest_read(doc, limits, arena, ret, err);
}

bool cs_descriptor_is_attestation(const struct cs_descriptor *d)
{
	if (cs_annotation(&d->annotations, CS_ANNOTATION_REFERENCE_TYPE))
		return true;
	if (d->artifact_type && strcmp(d->artifact_type, CS_ARTIFACT_ATTESTATION) == 0)
		return true;
	return d->has_platform && strcmp(d->platform.os, "unknown") == 0 &&
	       strcmp(d->platform.arch, "unknown") == 0;
}

bool cs_manifest_is_attestation(const struct cs_manifest *m)
{
	if (m->is_index)
		return false;
	if (m->artifact_type && strcmp(m->artifact_type, CS_ARTIFACT_ATTESTATION) == 0)
		return true;
	for (size_t i = 0; i < m->n_layers; i++) {
		if (strcmp(m->layers[i].media_type, "application/vnd.in-toto+json") != 0)
			return false;
	}
	return m->n_layers > 0;
}

bool cs_descriptor_is_foreign(const struct cs_descriptor *d)
{
	return d->has_urls || strstr(d->media_type, ".foreign.") ||
	       strstr(d->media_type, ".nondistributable.");
}

/* --- docker archives --- */

static int read_names(const struct cs_json *list, const char *key, struct cs_arena *arena,
		      const char ***ret, size_t *ret_n, struct cs_err *err)
{
	size_t n = cs_json_len(list);
	const char **v = cs_arena_array(arena, n, sizeof(*v));

	if (!v)
		return cs_err_nomem(err);
	if (!cs_json_is_null(list) && !cs_json_is_array(list))
		return cs_err_set(err, CS_FORMAT, "%s is no list", key);
	for (size_t i = 0; i < n; i++) {
		const char *text = cs_json_text(cs_json_at(list, i));

		if (!text)
			return cs_err_set(err, CS_FORMAT, "%s[%zu] is no text", key, i);
		v[i] = cs_arena_strdup(arena, text);
		if (!v[i])
			return cs_err_nomem(err);
	}
	*ret = v;
	*ret_n = n;
	return 0;
}

static int read_docker_image(const struct cs_json *v, const struct cs_limits *limits,
			     struct cs_arena *arena, struct cs_docker_image *ret,
			     struct cs_err *err)
{
	const struct cs_json *layers = cs_json_get(v, "Layers");
	int r;

	if (!cs_json_is_object(v))
		return cs_err_set(err, CS_FORMAT, "no JSON object");
	r = copy_text(v, "Config", arena, &ret->config, err);
	if (r < 0)
		return r;
	if (!ret->config || !ret->config[0])
		return cs_err_set(err, CS_FORMAT, "names no Config");
	if (cs_json_len(layers) > (size_t)limits->layers)
		return cs_limit_error(err, limits, layers, "an image of %zu layers",
				      cs_json_len(layers));
	r = read_names(layers, "Layers", arena, &ret->layers, &ret->n_layers, err);
	if (r < 0)
		return r;
	return read_names(cs_json_get(v, "RepoTags"), "RepoTags", arena, &ret->tags, &ret->n_tags,
			  err);
}

int cs_docker_manifest_read(const struct cs_json *doc, const struct cs_limits *limits,
			    struct cs_arena *arena, struct cs_docker_image **ret, size_t *ret_n,
			    struct cs_err *err)
{
	size_t n = cs_json_len(doc);
	struct cs_docker_image *v;

	if (!cs_json_is_array(doc))
		return cs_err_set(err, CS_FORMAT, "no list of images");
	if (n > (size_t)limits->index_manifests)
		return cs_limit_error(err, limits, index_manifests, "a list of %zu images", n);
	v = cs_arena_array(arena, n, sizeof(*v));
	if (!v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		int r = read_docker_image(cs_json_at(doc, i), limits, arena, &v[i], err);

		if (r < 0)
			return cs_err_prefix(err, "[%zu]", i);
	}
	*ret = v;
	*ret_n = n;
	return 0;
}
