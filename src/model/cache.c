/* SPDX-License-Identifier: Apache-2.0 */
#include "model/cache.h"

const char *cs_cache_kind_name(enum cs_cache_kind kind)
{
	static const char *const names[] = {
		[CS_CACHE_LOCAL] = "local",
		[CS_CACHE_REGISTRY] = "registry",
		[CS_CACHE_INLINE] = "inline",
	};

	return names[kind];
}

struct cs_cache *cs_cache_new(void)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_cache *cache = arena ? cs_arena_alloc(arena, sizeof(*cache)) : NULL;

	if (!cache) {
		cs_arena_free(arena);
		return NULL;
	}
	cache->arena = arena;
	cache->manifest_bytes = -1;
	cache->config_bytes = -1;
	return cache;
}

void cs_cache_free(struct cs_cache *cache)
{
	if (cache)
		cs_arena_free(cache->arena);
}
