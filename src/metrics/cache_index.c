/* SPDX-License-Identifier: Apache-2.0 */
/* Sorted, not hashed: made once, asked often, and one allocation has one failure to handle. */
#include "metrics/cache_index.h"

static int by_digest(const void *a, const void *b)
{
	const struct cs_digest_slot *x = a, *y = b;
	int c = cs_digest_compare(x->digest, y->digest);

	return c ? c : (x->place > y->place) - (x->place < y->place);
}

int cs_digest_index_fill(struct cs_digest_index *index, const void *v, size_t n, size_t size,
			 size_t offset, struct cs_err *err)
{
	struct cs_digest_slot *slots = calloc(n + 1, sizeof(*slots));

	if (!slots)
		return cs_err_nomem(err);
	index->v = slots;
	index->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct cs_digest *d = (const void *)((const char *)v + i * size + offset);

		if (cs_digest_known(d))
			slots[index->n++] = (struct cs_digest_slot){ d, i };
	}
	qsort(slots, index->n, sizeof(*slots), by_digest);
	return 0;
}

const struct cs_digest_slot *cs_digest_index_find(const struct cs_digest_index *index,
						  const struct cs_digest *digest, size_t *ret_n)
{
	size_t low = 0, high = index->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (cs_digest_compare(index->v[middle].digest, digest) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < index->n && cs_digest_equal(index->v[end].digest, digest);)
		end++;
	*ret_n = end - low;
	return index->v + low;
}

int cs_cache_blobs(const struct cs_cache *cache, size_t **ret, struct cs_err *err)
{
	struct cs_digest_index index CS_AUTO(cs_digest_index_release) = { NULL, 0 };
	size_t *first = calloc(cache->n_layers + 1, sizeof(*first));
	int r = first ? cs_digest_index_fill(&index, cache->layers, cache->n_layers,
					     sizeof(*cache->layers),
					     offsetof(struct cs_cache_layer, blob_digest), err)
		      : cs_err_nomem(err);

	if (r < 0) {
		free(first);
		return r;
	}
	for (size_t i = 0; i < cache->n_layers; i++)
		first[i] = i;
	for (size_t i = 1; i < index.n; i++) {
		if (cs_digest_equal(index.v[i].digest, index.v[i - 1].digest))
			first[index.v[i].place] = first[index.v[i - 1].place];
	}
	*ret = first;
	return 0;
}
