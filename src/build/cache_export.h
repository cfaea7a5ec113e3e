/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a place that the user named to one build cache with checked documents. No layer is read.
 *
 * where: as for cs_images_load() (image/load.h): a folder or archive in OCI layout (type=local, or
 * a cache fetched from a registry by skopeo or crane), a folder with a manifest.json as a registry
 * serves it and its config beside it under any name, that manifest's own file, or an image of any
 * form with an inline cache. Of several tags in one folder "latest" is taken, as importing would.
 *
 * Every document is held against size and digest of its descriptor. CS_UNSUPPORTED: an image
 * without an inline cache, or no cache at all. CS_USAGE: several, of which one has to be named.
 */
#ifndef CS_BUILD_CACHE_EXPORT_H
#define CS_BUILD_CACHE_EXPORT_H

#include "image/manifest.h"
#include "model/cache.h"
#include "util/ctx.h"

int cs_cache_load(const struct cs_ctx *ctx, const char *where,
		  const char *platform /* of an image, or NULL */, struct cs_cache **ret,
		  struct cs_err *err);

/* --- for other carriers of the same documents --- */

/* The descriptor of the config in a cache's manifest or index; NULL: m is no cache. */
const struct cs_descriptor *cs_cache_config_of(const struct cs_manifest *m);
/*
 * Parses the config and takes what the manifest says of each layer's blob; blobs that it does not
 * name become CS_BLOB_UNLISTED. The cache has an arena and is otherwise as new.
 */
int cs_cache_fill(struct cs_cache *cache, const struct cs_manifest *m, const void *config,
		  size_t len, const struct cs_limits *limits, struct cs_err *err);

#endif
