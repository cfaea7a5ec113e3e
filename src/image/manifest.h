/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The documents that say what an input holds: OCI and Docker indexes and manifests, and the
 * manifest.json of a docker archive. Parsed and bounded here; comparing digests and sizes with
 * bytes is the loader's. Everything returned lives in the arena given. Codes: CS_FORMAT for
 * damage, CS_UNSUPPORTED for kinds that are not read, CS_LIMIT, CS_NOMEM.
 */
#ifndef CS_IMAGE_MANIFEST_H
#define CS_IMAGE_MANIFEST_H

#include "model/image.h"
#include "util/json.h"

#define CS_ANNOTATION_REF_NAME	       "org.opencontainers.image.ref.name"
#define CS_ANNOTATION_IMAGE_NAME       "io.containerd.image.name"
#define CS_ANNOTATION_CREATED	       "org.opencontainers.image.created"
#define CS_ANNOTATION_BASE_NAME	       "org.opencontainers.image.base.name"
#define CS_ANNOTATION_BASE_DIGEST      "org.opencontainers.image.base.digest"
#define CS_ANNOTATION_REFERENCE_TYPE   "vnd.docker.reference.type"
#define CS_ANNOTATION_REFERENCE_DIGEST "vnd.docker.reference.digest"
#define CS_ANNOTATION_PREDICATE_TYPE   "in-toto.io/predicate-type"
#define CS_ARTIFACT_ATTESTATION	       "application/vnd.docker.attestation.manifest.v1+json"

struct cs_annotations {
	const struct cs_kv *v;
	size_t n;
};

/* NULL where there is none. */
const char *cs_annotation(const struct cs_annotations *list, const char *key);

struct cs_descriptor {
	const char *media_type;	   /* "" without */
	const char *artifact_type; /* NULL without */
	const char *digest_text;   /* as written */
	struct cs_digest digest;   /* NONE: of an algorithm that is not read (indexes only) */
	int64_t size;
	bool has_platform;
	struct cs_platform platform; /* normalized */
	bool has_urls;		     /* the bytes may lie elsewhere: foreign layers */
	struct cs_annotations annotations;
};

/* What a media type promises to be. UNKNOWN: none given, or one that nobody here knows. */
enum cs_media_kind { CS_MEDIA_UNKNOWN, CS_MEDIA_INDEX, CS_MEDIA_MANIFEST, CS_MEDIA_OTHER };
enum cs_media_kind cs_media_kind(const char *media_type);
/* False only for documents: what else is no layer shows in its first bytes, which do not lie. */
bool cs_media_is_layer(const char *media_type);
bool cs_media_is_config(const char *media_type); /* of an image; also for none at all */

struct cs_manifest {
	bool is_index;
	const char *media_type;	   /* "" without */
	const char *artifact_type; /* NULL without */
	struct cs_annotations annotations;
	bool has_subject;
	struct cs_descriptor subject;
	/* an index */
	struct cs_descriptor *entries;
	size_t n_entries;
	/* a manifest */
	struct cs_descriptor config;
	struct cs_descriptor *layers;
	size_t n_layers;
};

/*
 * One index or manifest. Its kind is what it holds; a document that holds both, or that calls
 * itself the other, is refused: programs that read it differently would see different images.
 */
int cs_manifest_parse(const void *data, size_t len, const struct cs_limits *limits,
		      struct cs_arena *arena, struct cs_manifest *ret, struct cs_err *err);
/* The same of a document parsed before. */
int cs_manifest_read(const struct cs_json *doc, const struct cs_limits *limits,
		     struct cs_arena *arena, struct cs_manifest *ret, struct cs_err *err);

/* An entry that is or points to statements about an image, never an image. */
bool cs_descriptor_is_attestation(const struct cs_descriptor *d);
bool cs_manifest_is_attestation(const struct cs_manifest *m);

/* A layer whose bytes its publisher keeps: it need not be in an archive. */
bool cs_descriptor_is_foreign(const struct cs_descriptor *d);

/* One image of the manifest.json of a docker archive. */
struct cs_docker_image {
	const char *config; /* member name */
	const char **tags;  /* RepoTags */
	size_t n_tags;
	const char **layers; /* member names, lowest first */
	size_t n_layers;
};

int cs_docker_manifest_read(const struct cs_json *doc, const struct cs_limits *limits,
			    struct cs_arena *arena, struct cs_docker_image **ret, size_t *ret_n,
			    struct cs_err *err);

/* From the texts of a document; false (ret untouched) where they are no platform. */
bool cs_platform_from(const char *os, const char *arch, const char *variant,
		      struct cs_platform *ret);
/* All members of an object whose values are texts; others are skipped. NULL gives none. */
int cs_kv_read(const struct cs_json *object, struct cs_arena *arena, struct cs_annotations *ret,
	       struct cs_err *err);

#endif
