/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went into a build, as far as its builder says: arguments, base images, caches, the
 * Dockerfile. 'why' compares the recipes of two builds. Texts are borrowed from the arena of the
 * filler; NULL and 0 are unknown. Values of names that look like secrets never come in (promise
 * 21).
 */
#ifndef CS_MODEL_RECIPE_H
#define CS_MODEL_RECIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/image.h"

/* A cache that the build imported or exported. */
struct cs_cache_ref {
	const char *type;  /* gha, registry, local, inline …; NULL unknown */
	const char *ref;   /* registry reference, folder */
	const char *scope; /* of gha */
	const char *error; /* why its import failed, NULL if it did not */
	bool is_export;
};

struct cs_recipe {
	struct cs_kv *build_args;
	size_t n_build_args;
	struct cs_base_ref *materials; /* base images with digests */
	size_t n_materials;
	struct cs_digest *base_diff_ids; /* of the base image's layers, lowest first */
	size_t n_base_diff_ids;
	struct cs_cache_ref *caches;
	size_t n_caches;
	const char *gha_scope;	     /* the scope of its gha cache */
	bool no_cache;		     /* --no-cache for all stages */
	const char *no_cache_stages; /* "a,b" of --no-cache-filter */
	bool epoch_set;		     /* SOURCE_DATE_EPOCH */
	const char *dockerfile;	     /* its name */
	const char *dockerfile_text; /* its content, from provenance */
	const char *context;	     /* git URL without secrets, or the folder's name */
	const char *vcs_source, *vcs_revision;
	const char *error;  /* of a failed build */
	int64_t n_warnings; /* -1 unknown */
};
void cs_recipe_init(struct cs_recipe *recipe); /* all unknown */

#endif
