/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One image of one platform as its documents and layers say. Everything hangs in one arena;
 * cs_image_free() frees all of it. Unknown: NULL, CS_TIME_NONE, -1, digest algo NONE.
 */
#ifndef CS_MODEL_IMAGE_H
#define CS_MODEL_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/digest.h"
#include "util/arena.h"
#include "util/time.h"

struct cs_platform {
	char os[32];
	char arch[32];
	char variant[32];
};

#define CS_PLATFORM_TEXT 100
/* "os/arch[/variant]" in the canonical spelling (x86_64 -> amd64, aarch64 -> arm64, arm64/v8 ->
 * arm64). */
int cs_platform_parse(const char *text, struct cs_platform *ret, struct cs_err *err);
void cs_platform_normalize(struct cs_platform *p);
char *cs_platform_format(const struct cs_platform *p, char buf[CS_PLATFORM_TEXT]);
bool cs_platform_equal(const struct cs_platform *a,
		       const struct cs_platform *b); /* both normalized */
void cs_platform_host(struct cs_platform *ret);	     /* linux and this program's processor */

/* Evidence of a state, weakest first: the stronger wins (metrics.md). */
enum cs_evidence { CS_EVIDENCE_NONE, CS_EVIDENCE_SEEN, CS_EVIDENCE_DATED, CS_EVIDENCE_OBSERVED };
const char *cs_evidence_name(enum cs_evidence e);

enum cs_layer_state { CS_LAYER_UNKNOWN, CS_LAYER_HIT, CS_LAYER_RUN, CS_LAYER_BASE };
const char *cs_layer_state_name(enum cs_layer_state s);

/* How a layer's bytes were checked in this run. */
enum cs_verified {
	CS_VERIFIED_NOT,    /* --trust-known: its digest stands in the store, nothing was read */
	CS_VERIFIED_DIGEST, /* known, bytes hashed and equal; not decoded again */
	CS_VERIFIED_SCAN,   /* decoded, digest, diff-id and every entry read */
};

/* Entries of a layer's tar by kind. files are regular files other than whiteouts. */
struct cs_layer_counts {
	int64_t entries, files, directories, symlinks, hardlinks, whiteouts, devices, fifos, sparse;
	int64_t file_bytes; /* sizes of regular files, holes included */
};

struct cs_layer {
	uint32_t index; /* 0 = lowest */
	const char *media_type;
	const char *name; /* member of the source, for messages */
	struct cs_digest blob_digest;
	int64_t blob_bytes;
	struct cs_digest diff_id;
	int64_t tar_bytes;
	struct cs_digest chain_id;
	struct cs_digest content_digest; /* entries sorted, times left out: image/layer_scan.h */
	struct cs_layer_counts counts;	 /* entries = -1 unknown */
	const void *manifest; /* compressed entry list (image/entries.h); NULL if known before */
	size_t manifest_bytes;
	enum cs_verified verified;
	/* the history entry that made it */
	bool has_history;
	const char *created_by, *comment, *author;
	int64_t created_unix_ns;
	/* verdict (metrics/verdict.h) */
	enum cs_layer_state state;
	enum cs_evidence evidence;
	const char *seen_in_scope; /* where the same chain was recorded earlier */
	const char *seen_build_id;
	bool present_before;	  /* diff-id was in an earlier build of the same scope (M2) */
	bool blob_present_before; /* the same by blob digest */
	const char *why;	  /* one clause for people: what decided, or why nothing could */
};

struct cs_history {
	int64_t created_unix_ns;
	const char *created_by, *comment, *author;
	bool empty_layer;
	int layer; /* index of its layer, -1 for an empty one */
};

/* How the base layers were told from own ones, in the order of metrics.md. */
enum cs_base_evidence {
	CS_BASE_UNKNOWN,    /* nothing tells: base_layers = -1 */
	CS_BASE_PROVENANCE, /* the attestation's layer chains */
	CS_BASE_OPTION,	    /* --base */
	CS_BASE_STORE,	 /* named by digest or name, known to the store, a prefix of this image */
	CS_BASE_HISTORY, /* comments of the history */
	CS_BASE_SCRATCH, /* history begins with own entries: FROM scratch, or no FROM image */
};
const char *cs_base_evidence_name(enum cs_base_evidence e);

/* A base image that the input names. */
struct cs_base_ref {
	const char *name; /* as written: localhost/kbase:1 */
	struct cs_digest digest;
};

struct cs_kv {
	const char *key, *value;
};

struct cs_image {
	struct cs_arena *arena;
	const char *source; /* as the user wrote it */
	const char *ref;    /* tag or image name inside the source, NULL without */
	struct cs_platform platform;
	struct cs_digest manifest_digest; /* NONE for docker archives without OCI documents */
	struct cs_digest config_digest;
	struct cs_digest
		index_digest; /* of the index that lists the manifest, if not the layout's own */
	int64_t created_unix_ns;
	int64_t exported_unix_ns; /* index annotation org.opencontainers.image.created */
	struct cs_kv *labels;	  /* config.Labels */
	size_t n_labels;
	struct cs_history *history;
	size_t n_history;
	struct cs_layer *layers;
	size_t n_layers;
	/* from the attestation, if there is one */
	bool has_attestation;
	int64_t build_started_unix_ns, build_finished_unix_ns;
	const char *build_invocation_id;
	bool epoch_set;	    /* SOURCE_DATE_EPOCH or rewrite-timestamp is known to have been used */
	const char *target; /* invocation.parameters.args.target */
	const char *vcs_source, *vcs_revision;
	/* base */
	struct cs_base_ref *bases; /* materials, annotations, "FROM NAME" comments; best first */
	size_t n_bases;
	int base_layers; /* lowest layers that are the base's; -1 unknown */
	enum cs_base_evidence base_evidence;
	/* sums over layers, each distinct blob counted as often as it is listed; -1 unknown */
	int64_t blob_bytes, tar_bytes, files;
};

struct cs_image *cs_image_new(void);
void cs_image_free(struct cs_image *image);
CS_DEFINE_AUTO(struct cs_image *, cs_image_free)

#endif
