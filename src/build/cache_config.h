/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of BuildKit's cache exports (application/vnd.buildkit.cacheconfig.v0), from whatever
 * carries it. Read as Go reads it: a parent that is not written is layer 0, a link or layer that is
 * not written is 0 as well. What BuildKit's importer refuses is refused here: places that do not
 * exist, layers or records in a loop, inputs without an alternative.
 */
#ifndef CS_BUILD_CACHE_CONFIG_H
#define CS_BUILD_CACHE_CONFIG_H

#include "model/cache.h"
#include "util/limits.h"

#define CS_CACHE_CONFIG_TYPE "application/vnd.buildkit.cacheconfig.v0"
/* BuildKit imports neither a manifest nor a config that is larger. */
#define CS_CACHE_IMPORT_MAX (1 << 20)

/*
 * Fills layers and records of the cache, texts in its arena. Of layers: blob, parent, and what
 * "annotations" say, if there are any. CS_FORMAT, CS_UNSUPPORTED (digests), CS_LIMIT, CS_NOMEM.
 */
int cs_cache_config_parse(const void *data, size_t len, const struct cs_limits *limits,
			  struct cs_cache *cache, struct cs_err *err);
/* An inline cache: the array of records alone, over layers that the cache has already. */
int cs_cache_records_parse(const void *data, size_t len, const struct cs_limits *limits,
			   struct cs_cache *cache, struct cs_err *err);
/* Once all that is said of the layers is in: dates those that have no time by their records. */
void cs_cache_date_layers(struct cs_cache *cache);

#endif
