/* SPDX-License-Identifier: Apache-2.0 */
/* Digests in order, for the files of the cache's figures only. */
#ifndef CS_METRICS_CACHE_INDEX_H
#define CS_METRICS_CACHE_INDEX_H

#include "model/cache.h"

struct cs_digest_slot {
	const struct cs_digest *digest;
	size_t place; /* what the digest is of */
};

struct cs_digest_index {
	struct cs_digest_slot *v;
	size_t n;
};

static inline void cs_digest_index_release(struct cs_digest_index *index)
{
	free(index->v);
}

/* Of n structs of that size the digest at offset; unknown ones are left out. */
int cs_digest_index_fill(struct cs_digest_index *index, const void *v, size_t n, size_t size,
			 size_t offset, struct cs_err *err);
/* The slots of a digest, lowest place first; *ret_n = 0 without any. */
const struct cs_digest_slot *cs_digest_index_find(const struct cs_digest_index *index,
						  const struct cs_digest *digest, size_t *ret_n);
/* For each layer the first place that has its blob. The caller frees it. */
int cs_cache_blobs(const struct cs_cache *cache, size_t **ret, struct cs_err *err);
/* Unknown (-1) once, unknown for good. */
static inline void cs_cache_add_bytes(int64_t *sum, int64_t bytes)
{
	*sum = *sum < 0 || bytes < 0 || bytes > INT64_MAX - *sum ? -1 : *sum + bytes;
}

#endif
