/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an exported build cache holds and what of it is of use. A layer that stands on several
 * parents is one blob: bytes are counted once for each blob, here and everywhere below.
 */
#ifndef CS_METRICS_CACHE_FIGURES_H
#define CS_METRICS_CACHE_FIGURES_H

#include "model/cache.h"
#include "model/image.h"

/* Never written in an export; inferred from which steps have results. */
enum cs_cache_mode { CS_CACHE_MODE_UNKNOWN, CS_CACHE_MODE_MIN, CS_CACHE_MODE_MAX };
const char *cs_cache_mode_name(enum cs_cache_mode mode); /* NULL for UNKNOWN */

/* A band of ages: from the end of the band before (0 of the first) to less than below_ns. */
struct cs_cache_age {
	int64_t below_ns; /* -1: the last, without an end */
	int64_t blobs, blob_bytes;
};
#define CS_CACHE_AGES 5 /* a day, a week, 30 days, 90 days, older */

struct cs_cache_figures {
	int64_t blobs, blob_bytes;	    /* distinct; bytes -1 if one is unknown */
	int64_t missing_blobs;		    /* not in the folder, or not named by the manifest */
	int64_t steps, steps_without_layer; /* records that depend on others; of them without one */
	int64_t oldest_unix_ns, newest_unix_ns;
	int64_t leftover_bytes; /* -1 unknown */
	enum cs_cache_mode mode;
	struct cs_cache_age ages[CS_CACHE_AGES];
	int64_t undated_blobs, undated_bytes;
};
/* From then to now; -1 for CS_TIME_NONE, 0 where the builder's clock was ahead of ours. */
int64_t cs_cache_age(int64_t created_unix_ns, int64_t now_unix_ns);
int cs_cache_figures(const struct cs_cache *cache, int64_t now_unix_ns,
		     struct cs_cache_figures *ret, struct cs_err *err);

/* How a layer of the cache stands to an image. */
enum cs_cache_use {
	CS_USE_UNKNOWN, /* no image was given */
	CS_USE_IMAGE,	/* it is a layer of the image */
	CS_USE_STAGE,	/* a step behind the image's steps made it */
	CS_USE_NONE,	/* nothing of this image leads to it: dead weight */
};
const char *cs_cache_use_name(enum cs_cache_use use); /* NULL for UNKNOWN */

/* Whether an import of the cache could serve a layer of an image, and why. */
enum cs_served {
	CS_SERVED_BASE,	       /* not asked: the base image brings it */
	CS_SERVED_BLOB,	       /* yes, the very blob */
	CS_SERVED_DIFF_ID,     /* yes, the same tar in another compression */
	CS_SERVED_BELOW,       /* yes, but only below a later layer that is served */
	CS_SERVED_OTHER_CHAIN, /* cannot tell: the same tar, but on other layers */
	CS_SERVED_NO_RECORD,   /* no: no record leads to it */
	CS_SERVED_NO_BLOB,     /* no: its blob or one below it is missing */
	CS_SERVED_ABSENT,      /* no: it is not in the cache */
};
const char *cs_served_name(enum cs_served served);
/* 1 yes, 0 no, -1 not asked or cannot tell. */
int cs_served_answer(enum cs_served served);

/* By place in the cache. */
struct cs_cache_layer_use {
	int64_t records;	/* that have it as their result */
	const char *created_by; /* of the image's layer that it is, or the cache's own; borrowed */
	enum cs_cache_use use;
};

struct cs_cache_join {
	struct cs_cache_layer_use *layers;		    /* as many as the cache has */
	enum cs_served *served;				    /* as many as the image has */
	int64_t own_layers, served_layers, unserved_layers; /* the rest cannot be told */
	int64_t stage_blobs, stage_bytes;		    /* blobs of use STAGE */
	int64_t dead_blobs, dead_bytes;			    /* and of NONE; bytes -1 unknown */
};
/*
 * image NULL: only the records of each layer are counted. Layers of an image whose base is unknown
 * are all its own.
 */
int cs_cache_join(const struct cs_cache *cache, const struct cs_image *image,
		  struct cs_cache_join *ret, struct cs_err *err);
void cs_cache_join_release(struct cs_cache_join *join);

/* --- two exports --- */

enum cs_cache_change {
	CS_CACHE_KEPT,
	CS_CACHE_ADDED,	  /* not in the earlier one */
	CS_CACHE_REMOVED, /* not in the later one */
	CS_CACHE_RERUN,	  /* in both, but made anew since */
};
const char *cs_cache_change_name(enum cs_cache_change change);

/*
 * By place: what became of each layer and record of the later cache, and, of the earlier one, what
 * is gone. Layers are told apart by diff-id (blob where it is unknown), records by digest: the same
 * digest on new inputs shows as made anew. Records without a result (content, results left out by
 * mode=min) can only come and go.
 */
struct cs_cache_changes {
	enum cs_cache_change *layers, *records;		/* of the later */
	enum cs_cache_change *old_layers, *old_records; /* KEPT or REMOVED */
	bool *again, *old_again; /* of a layer: the same one stands at an earlier place too */
	int64_t kept_blobs, added_blobs, removed_blobs, rerun_blobs;
	int64_t added_bytes, removed_bytes; /* -1 unknown */
	int64_t kept_records, added_records, removed_records, rerun_records;
};
int cs_cache_compare(const struct cs_cache *before, const struct cs_cache *after,
		     struct cs_cache_changes *ret, struct cs_err *err);
void cs_cache_changes_release(struct cs_cache_changes *changes);

#endif
