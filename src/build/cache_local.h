/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs that lie in the folder of a cache, for cache_export.c only. */
#ifndef CS_BUILD_CACHE_LOCAL_H
#define CS_BUILD_CACHE_LOCAL_H

#include "image/layout.h"
#include "model/cache.h"

/* Which layers' blobs are there; fills blob of each layer that the manifest names. */
int cs_cache_find_blobs(const struct cs_layout *layout, struct cs_cache *cache, struct cs_err *err);
/*
 * Fills the leftovers: blobs that no entry of index.json (root) leads to. They stay unknown where
 * one of its documents cannot be read.
 */
int cs_cache_find_leftovers(const struct cs_layout *layout, const struct cs_manifest *root,
			    struct cs_cache *cache, struct cs_err *err);

#endif
