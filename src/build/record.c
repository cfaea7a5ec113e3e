/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A .dockerbuild archive: an OCI layout whose manifests are build records. Told from an image by
 * the type of a manifest's config, so an image's archive is walked too, as far as its first layer.
 */
#include <string.h>

#include "build/archive.h"
#include "build/facts.h"
#include "build/parsers.h"
#include "build/prune.h"
#include "image/reference.h"

#define TYPE_RECORD	     "application/vnd.buildkit.historyrecord.v0"
#define TYPE_STATUS	     "application/vnd.buildkit.status.v0"
#define TYPE_IN_TOTO	     "application/vnd.in-toto+json"
#define TYPE_JSON	     "application/json"
#define ANNOTATION_REAL_TYPE "vnd.export-build.descriptor.mediatype"
#define PROVENANCE	     "https://slsa.dev/provenance/"

int cs_record_probe(const uint8_t *head, size_t len)
{
	static const char *const names[] = { "blobs", "index.json", "oci-layout" };
	const char *name = (const char *)head;

	if (len < 512 || memcmp(head + 257, "ustar", 5) != 0)
		return 0;
	if (name[0] == '.' && name[1] == '/')
		name += 2;
	if (!name[0])
		return 40; /* "./" */
	for (size_t i = 0; i < CS_N(names); i++) {
		if (strncmp(name, names[i], strlen(names[i])) == 0)
			return 90;
	}
	return 0;
}

struct walk {
	const struct cs_ctx *ctx;
	const struct cs_archive *archive;
	struct cs_sink *sink;
	struct cs_arena *arena;
	int64_t n_manifests, n_records;
	struct cs_err first; /* what was wrong before the first record */
};

/* What of a provenance nobody here reads: the graph's operations, layer chains, load figures. */
static const char *const unread[] = { "llbDefinition", "layers", "sysUsage", NULL };

static int read_json(const struct walk *w, const struct cs_descriptor *d, struct cs_json **ret,
		     struct cs_err *err)
{
	const char *data;
	size_t len;
	int r = cs_archive_json(w->archive, d, &data, &len, err);

	if (r == 0 && cs_json_parse_pruned(data, len, unread, &w->ctx->limits, ret, err) < 0)
		r = cs_err_prefix(err, "blob %s", d->digest_text);
	return r;
}

/* --- the layers of a record --- */

/* A result's own document: the config of its manifest, the manifests of its index. */
static int read_result(const struct walk *w, struct cs_doc *doc, const struct cs_descriptor *d,
		       struct cs_err *err)
{
	const char *type = cs_annotation(&d->annotations, ANNOTATION_REAL_TYPE), *data;
	const struct cs_descriptor *only = NULL;
	struct cs_err why = CS_ERR_INIT;
	struct cs_manifest m;
	size_t len, n = 0;
	int r = cs_result_note(doc, type, d->digest_text, err);

	if (r < 0 || !type ||
	    (cs_media_kind(type) != CS_MEDIA_MANIFEST && cs_media_kind(type) != CS_MEDIA_INDEX))
		return r < 0 ? r : cs_archive_check(w->archive, d, err);
	r = cs_archive_json(w->archive, d, &data, &len, err);
	if (r < 0)
		return r;
	if (cs_manifest_parse(data, len, &w->ctx->limits, doc->arena, &m, &why) < 0)
		return why.code == CS_NOMEM ? cs_err_nomem(err) : 0; /* its digest is enough */
	if (!m.is_index)
		return cs_result_note(doc, m.config.media_type, m.config.digest_text, err);
	for (size_t i = 0; i < m.n_entries && r == 0; i++) {
		if (cs_descriptor_is_attestation(&m.entries[i]))
			continue;
		only = &m.entries[i];
		n++;
		r = cs_doc_add_result(doc, &only->digest, err);
	}
	/* The image of the one platform stands for the build, not the index around it. */
	if (n == 1 && !cs_digest_known(&doc->build.manifest_digest))
		doc->build.manifest_digest = only->digest;
	return r;
}

/* What is read before the steps are known. */
static int read_layer(const struct walk *w, struct cs_doc *doc, const struct cs_descriptor *d,
		      struct cs_json **predicate, struct cs_fold **fold, struct cs_err *err)
{
	const char *predicate_type = cs_annotation(&d->annotations, CS_ANNOTATION_PREDICATE_TYPE);
	int r;

	if (strcmp(d->media_type, TYPE_STATUS) == 0 && !*fold)
		return cs_archive_fold(w->archive, d, fold, err);
	if (strcmp(d->media_type, TYPE_JSON) == 0)
		return read_result(w, doc, d, err);
	if (strcmp(d->media_type, TYPE_IN_TOTO) != 0 || !predicate_type ||
	    !cs_starts_with(predicate_type, PROVENANCE))
		return cs_archive_check(w->archive, d, err);
	r = read_json(w, d, predicate, err);
	return r < 0 ? r : cs_provenance_read(doc, *predicate, err);
}

/* BuildKit before 0.12 kept no counts; the stream has them all the same. */
static int finish_steps(const struct walk *w, struct cs_doc *doc, struct cs_fold *fold,
			struct cs_err *err)
{
	struct cs_build *b = &doc->build;
	int64_t cached = b->builder_cached_steps, total = b->builder_total_steps;
	int64_t completed = b->builder_completed_steps, warnings = doc->build.recipe.n_warnings;
	int r;

	if (!fold)
		return cs_doc_set_steps(doc, NULL, 0, err);
	r = cs_fold_finish(fold, CS_FOLD_RECORD, doc, err);
	if (r < 0 || total <= 0)
		return r;
	if (cached != b->builder_cached_steps || total != b->builder_total_steps ||
	    completed != b->builder_completed_steps)
		cs_ctx_log(w->ctx, CS_LOG_WARNING,
			   "record %s: the builder counts other steps than its status stream has",
			   b->builder_ref);
	b->builder_cached_steps = cached;
	b->builder_total_steps = total;
	b->builder_completed_steps = completed;
	doc->build.recipe.n_warnings = warnings;
	return 0;
}

static int read_record(const struct walk *w, struct cs_doc *doc, const struct cs_manifest *m,
		       struct cs_json **predicates, struct cs_err *err)
{
	struct cs_json *config CS_AUTO(cs_json_free_p) = NULL;
	struct cs_fold *fold = NULL;
	int r = read_json(w, &m->config, &config, err);

	if (r == 0)
		r = cs_record_json_read(doc, config, &w->ctx->limits, err);
	for (size_t i = 0; i < m->n_layers && r == 0; i++)
		r = read_layer(w, doc, &m->layers[i], &predicates[i], &fold, err);
	if (r == 0)
		r = finish_steps(w, doc, fold, err);
	for (size_t i = 0; i < m->n_layers && r == 0 && fold; i++) {
		if (predicates[i])
			cs_provenance_lines(doc, predicates[i], fold);
	}
	return r;
}

static int give_record(struct walk *w, const struct cs_manifest *m, struct cs_err *err)
{
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = cs_doc_new(CS_DOC_RECORD, CS_SOURCE_RECORD);
	struct cs_json **predicates;
	int r;

	w->n_records++;
	predicates = cs_arena_array(w->arena, m->n_layers, sizeof(struct cs_json *));
	if (!doc || !predicates)
		return cs_err_nomem(err);
	r = read_record(w, doc, m, predicates, err);
	for (size_t i = 0; i < m->n_layers; i++)
		cs_json_free(predicates[i]);
	if (r < 0)
		return cs_err_prefix(err, "record %lld", (long long)w->n_records);
	return cs_sink_give(w->sink, cs_steal(doc), err);
}

/* --- from the index to the records --- */

struct level {
	struct cs_manifest index;
	size_t next;
};

#define DEPTH_MAX 32

static int read_manifest(struct walk *w, const struct cs_descriptor *d, struct cs_manifest *ret,
			 struct cs_err *err)
{
	const char *data;
	size_t len;
	int r;

	if (++w->n_manifests > w->ctx->limits.index_manifests)
		return cs_limit_error(err, &w->ctx->limits, index_manifests, "manifests");
	r = cs_archive_json(w->archive, d, &data, &len, err);
	if (r == 0 && cs_manifest_parse(data, len, &w->ctx->limits, w->arena, ret, err) < 0)
		r = cs_err_prefix(err, "blob %s", d->digest_text);
	return r;
}

/*
 * Of an image's index, blobs of other platforms may be absent and documents of any kind may be
 * there: until a record was met, what cannot be read is only remembered.
 */
static int pass_over(struct walk *w, struct cs_err *err)
{
	if (w->n_records || err->code == CS_NOMEM || err->code == CS_CANCELED)
		return -(int)err->code;
	if (w->first.code == CS_OK)
		w->first = *err;
	return 0;
}

/* Manifests in the order of the indexes. */
static int walk_index(struct walk *w, const struct cs_manifest *top, struct cs_err *err)
{
	struct level levels[DEPTH_MAX];
	int64_t max = w->ctx->limits.index_depth;
	size_t n = 1;

	if (max > DEPTH_MAX)
		max = DEPTH_MAX;
	levels[0] = (struct level){ *top, 0 };
	while (n) {
		struct level *at = &levels[n - 1];
		struct cs_manifest m;
		int r;

		if (at->next == at->index.n_entries) {
			n--;
			continue;
		}
		r = read_manifest(w, &at->index.entries[at->next++], &m, err);
		if (r == 0 && m.is_index && (int64_t)n >= max)
			r = cs_limit_error(err, &w->ctx->limits, index_depth, "indexes");
		if (r < 0)
			r = pass_over(w, err);
		else if (m.is_index)
			levels[n++] = (struct level){ m, 0 };
		else if (strcmp(m.config.media_type, TYPE_RECORD) == 0)
			r = give_record(w, &m, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int cs_record_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		    struct cs_err *err)
{
	struct cs_archive *archive CS_AUTO(cs_archive_free_p) = NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct walk w = { .ctx = ctx, .sink = sink, .arena = arena, .first = CS_ERR_INIT };
	struct cs_manifest top;
	struct cs_err why = CS_ERR_INIT;
	const char *data;
	size_t len;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_archive_read(ctx, in, &archive, err);
	if (r != 0)
		return r;
	w.archive = archive;
	if (cs_archive_index(archive, &data, &len) > 0)
		return cs_archive_has_record(archive)
			       ? cs_err_set(err, CS_FORMAT, "no index.json in the archive")
			       : 1;
	if (cs_manifest_parse(data, len, &ctx->limits, arena, &top, err) < 0)
		return cs_err_prefix(err, "index.json");
	if (!top.is_index)
		return cs_err_set(err, CS_FORMAT, "index.json is no index");
	r = walk_index(&w, &top, &why);
	if (r < 0) {
		*err = why;
		return r;
	}
	if (!w.n_records && w.first.code != CS_OK && cs_archive_has_record(archive)) {
		*err = w.first;
		return -(int)err->code;
	}
	return w.n_records ? 0 : 1;
}
