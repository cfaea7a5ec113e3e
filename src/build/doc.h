/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a builder says of one build, whatever the carrier: .dockerbuild record, rawjson or plain
 * log, buildah, classic or kaniko log, --metadata-file, history inspect and ls. One file per parser
 * and a table (parsers.c); classify.c decides class, state, identity and duration of every step for
 * all of them. A document owns one arena.
 */
#ifndef CS_BUILD_DOC_H
#define CS_BUILD_DOC_H

#include "io/stream.h"
#include "model/build.h"

enum cs_doc_kind {
	CS_DOC_RECORD,	/* steps observed, every fact */
	CS_DOC_RAWJSON, /* steps observed, no ref */
	CS_DOC_PLAIN,	/* steps observed as far as the log tells */
	CS_DOC_BUILDAH,
	CS_DOC_CLASSIC,
	CS_DOC_KANIKO,
	CS_DOC_METADATA, /* no steps: ref, digests, start */
	CS_DOC_INSPECT,	 /* no steps: counts, status, times */
	CS_DOC_HISTORY,	 /* a line of history ls: counts, status, times */
};

/* A cache that the build imported or exported. */
struct cs_cache_ref {
	const char *type;  /* gha, registry, local, inline …; NULL unknown */
	const char *ref;   /* registry reference, folder */
	const char *scope; /* of gha */
	const char *error; /* why its import failed, NULL if it did not */
	bool is_export;
};

struct cs_doc {
	struct cs_arena *arena;
	enum cs_doc_kind kind;
	/*
	 * steps, counts, status, builder_ref (the last part only), invocation_id, digests,
	 * platform, source_kind; facts are hints: what the document says of commit, target, times,
	 * run …
	 */
	struct cs_build build;
	/* every digest that names the result: manifests of all platforms, index, config */
	struct cs_digest *results;
	size_t n_results;
	struct cs_kv *build_args; /* values of names that hold a secret (promise 21) are dropped */
	size_t n_build_args;
	struct cs_base_ref *materials; /* base images with digests */
	size_t n_materials;
	struct cs_digest *base_diff_ids; /* of the base image's layers, lowest first */
	size_t n_base_diff_ids;
	struct cs_cache_ref *caches;
	size_t n_caches;
	const char *gha_scope;	     /* the scope of its gha cache, NULL without */
	bool no_cache;		     /* --no-cache for all stages */
	const char *no_cache_stages; /* "a,b" of --no-cache-filter */
	bool epoch_set;		     /* SOURCE_DATE_EPOCH */
	const char *dockerfile;	     /* its name */
	const char *dockerfile_text; /* its content, from provenance */
	const char *context;	     /* git URL without secrets, or the folder's name */
	const char *vcs_source, *vcs_revision;
	const char *error;  /* of a failed build */
	int64_t n_warnings; /* -1 unknown */
	int64_t n_unread;   /* log lines that were too long and cut; said in a warning */
};

typedef int cs_doc_fn(void *arg, struct cs_doc *doc /* takes */, struct cs_err *err);
void cs_doc_free(struct cs_doc *doc);
CS_DEFINE_AUTO(struct cs_doc *, cs_doc_free)

/*
 * Recognises the stream by content and gives each build in it, in order. name is for messages.
 * 0; 1 if it is none of the kinds above (an image, perhaps: the caller tries that); negative.
 * Nothing is given before the whole of a document was read and checked; with several in one input
 * (records, metadata of bake, history ls) each is given when it is whole.
 */
int cs_docs_read(const struct cs_ctx *ctx, struct cs_stream *in /* takes */, const char *name,
		 cs_doc_fn *fn, void *arg, struct cs_err *err);

#endif
