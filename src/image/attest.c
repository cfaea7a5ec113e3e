/* SPDX-License-Identifier: Apache-2.0 */
/*
 * v0.2 and v1 say the same things in other places, so each field is looked for in both. What is
 * not there stays unknown: a statement about a build must never be why an image cannot be read.
 */
#include "image/attest.h"

#include "image/reference.h"

#define BUILDKIT_METADATA "https://mobyproject.org/buildkit@v1#metadata"
#define BASES_MAX	  1000

/* The parts of a predicate, by what they hold; NULL where it has none. */
struct parts {
	const struct cs_json *metadata, *buildkit, *args, *config_source, *materials, *build_config;
};

static void find_parts(const struct cs_json *predicate, struct parts *p)
{
	const struct cs_json *definition = cs_json_get(predicate, "buildDefinition");
	const struct cs_json *external = cs_json_get(definition, "externalParameters");
	const struct cs_json *invocation = cs_json_get(predicate, "invocation");

	if (definition) {
		p->metadata = cs_json_get(cs_json_get(predicate, "runDetails"), "metadata");
		p->buildkit = cs_json_get(p->metadata, "buildkit_metadata");
		p->args = cs_json_get(cs_json_get(external, "request"), "args");
		p->config_source = cs_json_get(external, "configSource");
		p->materials = cs_json_get(definition, "resolvedDependencies");
		p->build_config =
			cs_json_get(cs_json_get(definition, "internalParameters"), "buildConfig");
		return;
	}
	p->metadata = cs_json_get(predicate, "metadata");
	p->buildkit = cs_json_get(p->metadata, BUILDKIT_METADATA);
	p->args = cs_json_get(cs_json_get(invocation, "parameters"), "args");
	p->config_source = cs_json_get(invocation, "configSource");
	p->materials = cs_json_get(predicate, "materials");
	p->build_config = cs_json_get(predicate, "buildConfig");
}

static int64_t time_of(const struct cs_json *v, const char *key, const char *other)
{
	const char *text = cs_json_get_text(v, key);
	int64_t t = CS_TIME_NONE;
	struct cs_err ignored;

	if (!text)
		text = cs_json_get_text(v, other);
	if (!text || cs_time_parse(text, &t, &ignored) < 0)
		return CS_TIME_NONE;
	return t;
}

static bool digest_of(const struct cs_json *v, struct cs_digest *ret)
{
	const struct cs_json *digest = cs_json_get(v, "digest");
	const char *hex = cs_json_get_text(digest, "sha256");

	if (hex && cs_digest_from_hex(CS_DIGEST_SHA256, hex, ret))
		return true;
	hex = cs_json_get_text(digest, "sha512");
	return hex && cs_digest_from_hex(CS_DIGEST_SHA512, hex, ret);
}

/* A statement without subjects is about whatever it hangs on. */
static bool is_about(const struct cs_json *statement, const struct cs_digest *subject)
{
	const struct cs_json *list = cs_json_get(statement, "subject");

	if (!subject || !cs_digest_known(subject) || cs_json_len(list) == 0)
		return true;
	for (size_t i = 0; i < cs_json_len(list); i++) {
		struct cs_digest d;

		if (digest_of(cs_json_at(list, i), &d) && cs_digest_equal(&d, subject))
			return true;
	}
	return false;
}

static bool epoch_is_set(const struct cs_json *args)
{
	static const char *const keys[] = { "build-arg:SOURCE_DATE_EPOCH", "source-date-epoch" };

	for (size_t i = 0; i < CS_N(keys); i++) {
		const char *text = cs_json_get_text(args, keys[i]);

		if (text && text[0])
			return true;
	}
	return false;
}

static int keep(const char *text, struct cs_arena *arena, const char **ret, struct cs_err *err)
{
	if (!text || !text[0])
		return 0;
	*ret = cs_arena_strdup(arena, text);
	return *ret ? 0 : cs_err_nomem(err);
}

/* Where the sources came from: BuildKit's own look at the work tree, else the git context. */
static int read_vcs(const struct parts *p, struct cs_arena *arena, struct cs_attestation *a,
		    struct cs_err *err)
{
	const struct cs_json *vcs = cs_json_get(p->buildkit, "vcs");
	const char *source = cs_json_get_text(vcs, "source");
	const char *revision = cs_json_get_text(vcs, "revision");

	if (!source)
		source = cs_json_get_text(p->args, "vcs:source");
	if (!revision)
		revision = cs_json_get_text(p->args, "vcs:revision");
	if (!source) {
		source = cs_json_get_text(p->config_source, "uri");
		if (source && !strstr(source, "://"))
			source = NULL;
		if (source && !revision)
			revision =
				cs_json_get_text(cs_json_get(p->config_source, "digest"), "sha1");
	}
	if (source && source[0]) {
		char *url = cs_arena_strndup(arena, source, strcspn(source, "#"));

		a->vcs_source = url ? cs_url_public(arena, url) : NULL;
		if (!a->vcs_source)
			return cs_err_nomem(err);
	}
	return keep(revision, arena, &a->vcs_revision, err);
}

/* The image that holds the parser of the Dockerfile is a material too, but nobody's base. */
static bool is_frontend(const char *name)
{
	return strcmp(name, "docker/dockerfile") == 0 ||
	       cs_starts_with(name, "docker/dockerfile:") ||
	       cs_starts_with(name, "docker/dockerfile-upstream");
}

/* source: "docker-image://NAME@DIGEST" of the result's root, or NULL; its digest goes first. */
static void put_first(struct cs_attestation *a, const char *source)
{
	const char *at = source ? strrchr(source, '@') : NULL;
	struct cs_digest d;
	struct cs_err ignored;

	if (!at || cs_digest_parse(at + 1, &d, &ignored) < 0)
		return;
	for (size_t i = 1; i < a->n_bases; i++) {
		if (cs_digest_equal(&a->bases[i].digest, &d)) {
			struct cs_base_ref first = a->bases[i];

			memmove(a->bases + 1, a->bases, i * sizeof(first));
			a->bases[0] = first;
			return;
		}
	}
}

static int read_bases(const struct parts *p, struct cs_arena *arena, struct cs_attestation *a,
		      struct cs_err *err)
{
	size_t n = cs_json_len(p->materials);

	if (n > BASES_MAX)
		n = BASES_MAX;
	a->bases = cs_arena_array(arena, n, sizeof(*a->bases));
	if (!a->bases)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		const struct cs_json *v = cs_json_at(p->materials, i);
		const char *uri = cs_json_get_text(v, "uri");
		struct cs_base_ref ref = { NULL, { 0, { 0 } } };

		ref.name = uri ? cs_purl_image_name(arena, uri) : NULL;
		if (!ref.name || is_frontend(ref.name))
			continue;
		digest_of(v, &ref.digest);
		a->bases[a->n_bases++] = ref;
	}
	return 0;
}

int cs_attestation_parse(const void *data, size_t len, const struct cs_limits *limits,
			 const struct cs_digest *subject, const struct cs_digest *chain,
			 size_t n_chain, struct cs_arena *arena, struct cs_attestation *ret,
			 struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_attestation a = { .base_layers = -1 };
	struct parts p = { 0 };
	const struct cs_json *predicate;
	const char *type, *source;
	int r = cs_json_parse(data, len, limits, &doc, err);

	if (r < 0)
		return r;
	predicate = cs_json_get(doc, "predicate");
	type = cs_json_get_text(doc, "predicateType");
	if (!predicate)
		predicate = doc;
	else if (!type || !cs_starts_with(type, "https://slsa.dev/provenance/") ||
		 !is_about(doc, subject))
		return 1;
	find_parts(predicate, &p);
	if (!p.metadata)
		return 1;
	a.started_unix_ns = time_of(p.metadata, "buildStartedOn", "startedOn");
	a.finished_unix_ns = time_of(p.metadata, "buildFinishedOn", "finishedOn");
	a.epoch_set = epoch_is_set(p.args);
	a.base_layers = cs_provenance_base_layers(cs_json_get(p.build_config, "llbDefinition"),
						  cs_json_get(p.buildkit, "layers"), chain, n_chain,
						  &source);
	if (keep(cs_json_get_text(p.args, "target"), arena, &a.target, err) < 0 ||
	    keep(cs_json_get_text(p.metadata, "buildInvocationID"), arena, &a.invocation_id, err) <
		    0 ||
	    (!a.invocation_id && keep(cs_json_get_text(p.metadata, "invocationId"), arena,
				      &a.invocation_id, err) < 0) ||
	    read_vcs(&p, arena, &a, err) < 0 || read_bases(&p, arena, &a, err) < 0)
		return -(int)err->code;
	put_first(&a, source);
	*ret = a;
	return 0;
}
