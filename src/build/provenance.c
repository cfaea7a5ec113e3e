/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a record's provenance has beyond an image's attestation: the map from vertexes to lines, the
 * Dockerfile, and on newer builders the facts of the CI run. Of the event's payload only the head
 * commit is read: the rest is about people.
 */
#include <string.h>

#include "build/facts.h"
#include "image/reference.h"
#include "util/base64.h"

#define BUILDKIT_METADATA "https://mobyproject.org/buildkit@v1#metadata"

/* Where v0.2 and v1 keep the same things. */
struct parts {
	const struct cs_json *metadata, *buildkit, *config, *environment, *materials, *builder;
};

static struct parts parts_of(const struct cs_json *predicate)
{
	const struct cs_json *definition = cs_json_get(predicate, "buildDefinition");
	const struct cs_json *invocation = cs_json_get(predicate, "invocation");
	struct parts p = { 0 };

	if (definition) {
		const struct cs_json *run = cs_json_get(predicate, "runDetails");

		p.metadata = cs_json_get(run, "metadata");
		p.buildkit = cs_json_get(p.metadata, "buildkit_metadata");
		p.environment = cs_json_get(definition, "internalParameters");
		p.config = cs_json_get(p.environment, "buildConfig");
		p.materials = cs_json_get(definition, "resolvedDependencies");
		p.builder = cs_json_get(run, "builder");
		return p;
	}
	p.metadata = cs_json_get(predicate, "metadata");
	p.buildkit = cs_json_get(p.metadata, BUILDKIT_METADATA);
	p.environment = cs_json_get(invocation, "environment");
	p.config = cs_json_get(predicate, "buildConfig");
	p.materials = cs_json_get(predicate, "materials");
	p.builder = cs_json_get(predicate, "builder");
	return p;
}

/* --- lines --- */

struct line_map {
	struct cs_doc *doc;
	const struct cs_json *locations;
	const struct cs_fold *fold;
};

static void widen(struct cs_step *step, const struct cs_json *range)
{
	int64_t first, last;

	if (!cs_json_get_int(cs_json_get(range, "start"), "line", &first) || first < 1 ||
	    first > INT32_MAX)
		return;
	if (!cs_json_get_int(cs_json_get(range, "end"), "line", &last) || last < first ||
	    last > INT32_MAX)
		last = first;
	if (!step->first_line || first < step->first_line)
		step->first_line = (int)first;
	if (last > step->last_line)
		step->last_line = (int)last;
}

static int map_lines(void *arg, const char *digest, const struct cs_json *value)
{
	const struct line_map *map = arg;
	const char *id = cs_json_text(value);
	int64_t index = cs_fold_step(map->fold, digest);
	const struct cs_json *location, *ranges;
	int64_t source = 0;

	if (!id || index < 0 || (size_t)index >= map->doc->build.n_steps)
		return 0;
	/* The first place is the instruction; more are lines that it was made from. */
	location = cs_json_at(cs_json_get(cs_json_get(map->locations, id), "locations"), 0);
	if (cs_json_get_int(location, "sourceIndex", &source) && source != 0)
		return 0;
	ranges = cs_json_get(location, "ranges");
	for (size_t i = 0; cs_json_is_array(ranges) && i < cs_json_len(ranges); i++)
		widen(&map->doc->build.steps[index], cs_json_at(ranges, i));
	return 0;
}

void cs_provenance_lines(struct cs_doc *doc, const struct cs_json *predicate,
			 const struct cs_fold *fold)
{
	struct parts p = parts_of(predicate);
	struct line_map map = { .doc = doc, .fold = fold };

	map.locations = cs_json_get(cs_json_get(p.buildkit, "source"), "locations");
	if (map.locations)
		cs_json_each(cs_json_get(p.config, "digestMapping"), map_lines, &map);
}

/* --- the Dockerfile --- */

/* A text that is no base64 is left out: the record stands without it. */
static int read_dockerfile(struct cs_doc *doc, const struct cs_json *source, struct cs_err *err)
{
	const struct cs_json *info = cs_json_at(cs_json_get(source, "infos"), 0);
	const char *data = cs_json_get_text(info, "data");
	struct cs_buf text CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = cs_keep(doc->arena, cs_json_get_text(info, "filename"),
			&doc->build.recipe.dockerfile, err);

	if (r < 0 || !data || doc->build.recipe.dockerfile_text)
		return r;
	r = cs_base64_decode(&text, data);
	if (r == 0 && cs_buf_add(&text, "", 1) < 0)
		r = -1;
	if (r == 0)
		doc->build.recipe.dockerfile_text = cs_arena_strdup(doc->arena, text.data);
	return r < 0 || (r == 0 && !doc->build.recipe.dockerfile_text) ? cs_err_nomem(err) : 0;
}

/* --- facts of the run --- */

/* Keys of buildx 0.30 and later; numbers come as text, or as numbers where the payload has them. */
static int keep_number(struct cs_doc *doc, const struct cs_json *v, const char **ret,
		       struct cs_err *err)
{
	int64_t n;

	if (cs_json_text(v))
		return cs_keep(doc->arena, cs_json_text(v), ret, err);
	if (*ret || !cs_json_int(v, &n) || n < 0)
		return 0;
	*ret = cs_arena_printf(doc->arena, "%lld", (long long)n);
	return *ret ? 0 : cs_err_nomem(err);
}

static int read_attempt(struct cs_doc *doc, const struct cs_json *env, struct cs_err *err)
{
	const char *text = NULL;
	int r = keep_number(doc, cs_json_get(env, "github_run_attempt"), &text, err);

	if (r == 0 && text && strlen(text) < 8 && strspn(text, "0123456789") == strlen(text))
		doc->build.facts.attempt = strtol(text, NULL, 10);
	return r;
}

/* These are the run's own words, so they replace what URLs only let one guess. */
static int read_github(struct cs_doc *doc, const struct cs_json *env, struct cs_err *err)
{
	const struct cs_json *payload = cs_json_get(env, "github_event_payload");
	const struct cs_json *head = cs_json_get(cs_json_get(payload, "pull_request"), "head");
	const char *event = cs_json_get_text(env, "github_event_name"), *commit;
	struct cs_facts *f = &doc->build.facts, old = *f;

	if (!event)
		return 0;
	f->project = f->ref = f->run_id = f->event_raw = NULL;
	if (cs_keep(doc->arena, event, &f->event_raw, err) < 0 ||
	    cs_keep(doc->arena, cs_json_get_text(env, "github_ref"), &f->ref, err) < 0 ||
	    cs_keep(doc->arena, cs_json_get_text(env, "github_repository"), &f->project, err) < 0 ||
	    cs_keep(doc->arena, cs_json_get_text(env, "github_workflow"), &f->workflow, err) < 0 ||
	    cs_keep(doc->arena, cs_json_get_text(env, "github_job"), &f->job, err) < 0 ||
	    keep_number(doc, cs_json_get(env, "github_run_id"), &f->run_id, err) < 0 ||
	    read_attempt(doc, env, err) < 0)
		return -(int)err->code;
	f->project = f->project ? f->project : old.project;
	f->ref = f->ref ? f->ref : old.ref;
	f->run_id = f->run_id ? f->run_id : old.run_id;
	f->event = cs_event_classify(f->event_raw, f->ref, NULL);
	/* What was checked out is a merge commit that nobody made. */
	commit = cs_json_get_text(head, "sha");
	if (commit) {
		f->commit = NULL;
		return cs_keep(doc->arena, commit, &f->commit, err);
	}
	return 0;
}

/* --- bases --- */

/* No build has more, and each is compared with those before. */
#define MATERIALS_MAX 1000

/* The image that holds the parser of the Dockerfile is a material too, but nobody's base. */
static bool is_frontend(const char *name)
{
	return cs_starts_with(name, "docker/dockerfile:") ||
	       cs_starts_with(name, "docker/dockerfile-upstream");
}

static int read_materials(struct cs_doc *doc, const struct cs_json *list, struct cs_err *err)
{
	size_t n = cs_json_is_array(list) ? cs_json_len(list) : 0;
	struct cs_base_ref *bases;

	if (!n)
		return 0;
	if (n > MATERIALS_MAX)
		n = MATERIALS_MAX;
	bases = cs_arena_array(doc->arena, doc->build.recipe.n_materials + n, sizeof(*bases));
	if (!bases)
		return cs_err_nomem(err);
	if (doc->build.recipe.n_materials)
		memcpy(bases, doc->build.recipe.materials,
		       doc->build.recipe.n_materials * sizeof(*bases));
	doc->build.recipe.materials = bases;
	for (size_t i = 0; i < n; i++) {
		const struct cs_json *v = cs_json_at(list, i);
		const char *uri = cs_json_get_text(v, "uri");
		const char *hex = cs_json_get_text(cs_json_get(v, "digest"), "sha256");
		struct cs_base_ref *ref = &bases[doc->build.recipe.n_materials];
		bool known = false;

		memset(ref, 0, sizeof(*ref));
		ref->name = uri ? cs_purl_image_name(doc->arena, uri) : NULL;
		if (!ref->name || is_frontend(ref->name))
			continue;
		if (hex)
			cs_digest_from_hex(CS_DIGEST_SHA256, hex, &ref->digest);
		/* Each platform's provenance names them again. */
		for (size_t j = 0; j < doc->build.recipe.n_materials && !known; j++)
			known = strcmp(bases[j].name, ref->name) == 0 &&
				(cs_digest_equal(&bases[j].digest, &ref->digest) || !hex);
		doc->build.recipe.n_materials += !known;
	}
	return 0;
}

int cs_provenance_read(struct cs_doc *doc, const struct cs_json *predicate, struct cs_err *err)
{
	struct parts p = parts_of(predicate);
	const char *started = cs_json_get_text(p.metadata, "buildStartedOn");
	const char *id = cs_json_get_text(p.metadata, "buildInvocationID");
	const char *builder = cs_json_get_text(p.builder, "id");
	struct cs_facts *f = &doc->build.facts;
	struct cs_err ignored;
	int r;

	if (!started)
		started = cs_json_get_text(p.metadata, "startedOn");
	if (started && f->started_unix_ns == CS_TIME_NONE)
		(void)cs_time_parse(started, &f->started_unix_ns, &ignored);
	r = cs_keep(doc->arena, id ? id : cs_json_get_text(p.metadata, "invocationId"),
		    &doc->build.invocation_id, err);
	if (r == 0 && builder)
		r = cs_facts_from_builder_id(doc, builder, err);
	if (r == 0)
		r = read_dockerfile(doc, cs_json_get(p.buildkit, "source"), err);
	if (r == 0)
		r = read_github(doc, p.environment, err);
	if (r == 0)
		r = read_materials(doc, p.materials, err);
	cs_doc_set_platform(doc, cs_json_get_text(p.environment, "platform"));
	return r;
}
