/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build cache that BuildKit exported: what its documents say, checked. Layers and records refer
 * to each other by place; every place is in bounds and nothing loops. Everything hangs in one
 * arena. Unknown: NULL, CS_TIME_NONE, -1, digest algo NONE.
 */
#ifndef CS_MODEL_CACHE_H
#define CS_MODEL_CACHE_H

#include "model/digest.h"
#include "util/arena.h"
#include "util/time.h"

enum cs_cache_kind {
	CS_CACHE_LOCAL,	   /* an OCI layout, as type=local writes it */
	CS_CACHE_REGISTRY, /* the documents as a registry serves them */
	CS_CACHE_INLINE,   /* within an image */
};
const char *cs_cache_kind_name(enum cs_cache_kind kind);

enum cs_cache_blob {
	CS_BLOB_UNKNOWN, /* the input holds documents only */
	CS_BLOB_HERE,
	CS_BLOB_MISSING,  /* or of another size */
	CS_BLOB_UNLISTED, /* the manifest does not name it: importers pass over what needs it */
};

/*
 * One layer on one parent: the same blob may stand at several places. created_unix_ns is the end of
 * the step that made it; where that is not written (recompressed blobs), what its earliest record
 * says, which is some milliseconds later.
 */
struct cs_cache_layer {
	struct cs_digest blob_digest, diff_id;
	int64_t blob_bytes;
	int64_t created_unix_ns;
	bool dated;	/* by itself, not by its records */
	int64_t parent; /* the layer below; -1 without */
	enum cs_cache_blob blob;
	const char *created_by; /* inline caches only: the history says it */
};

/* What a record depends on: one of several alternatives for one of its inputs. */
struct cs_cache_link {
	size_t record;
	size_t input;
};

/*
 * What a record leads to: a layer with all its parents below, or (a chain) just these layers,
 * lowest first.
 */
struct cs_cache_result {
	int64_t created_unix_ns;
	bool chain;
	const size_t *layers; /* one, or those of the chain */
	size_t n_layers;
};

/* A cache key: of an operation or of content. Its digest is that of no step and of no layer. */
struct cs_cache_record {
	struct cs_digest digest;
	size_t n_inputs;
	const struct cs_cache_link *links;
	size_t n_links;
	const struct cs_cache_result *results;
	size_t n_results;
};

/* A blob of the folder that nothing in its index leads to. */
struct cs_cache_leftover {
	struct cs_digest digest;
	int64_t blob_bytes;
};

struct cs_cache {
	struct cs_arena *arena;
	const char *source; /* as the user wrote it */
	const char *ref;    /* tag inside the source, NULL without */
	enum cs_cache_kind kind;
	struct cs_digest manifest_digest, config_digest;
	int64_t manifest_bytes, config_bytes; /* config: of an inline cache its JSON */
	struct cs_cache_layer *layers;
	size_t n_layers;
	struct cs_cache_record *records;
	size_t n_records;
	bool leftovers_known;
	struct cs_cache_leftover *leftovers; /* by digest */
	size_t n_leftovers;
};

struct cs_cache *cs_cache_new(void);
void cs_cache_free(struct cs_cache *cache);
CS_DEFINE_AUTO(struct cs_cache *, cs_cache_free)

/* The uppermost layer of a result. */
static inline size_t cs_cache_top(const struct cs_cache_result *result)
{
	return result->layers[result->n_layers - 1];
}

#endif
