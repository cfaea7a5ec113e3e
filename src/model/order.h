/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Total orders over what builds hold, for merging (model/merge.h): of two values that nothing else
 * decides between, the greater one stands, on every machine and in any order of arrival. Unknown is
 * the least. 0 only where nothing that is recorded differs.
 */
#ifndef CS_MODEL_ORDER_H
#define CS_MODEL_ORDER_H

#include <string.h>

#include "model/build.h"

static inline int cs_order_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static inline int cs_order_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

int cs_order_kvs(const struct cs_kv *a, size_t n_a, const struct cs_kv *b, size_t n_b);
int cs_order_bases(const struct cs_base_ref *a, size_t n_a, const struct cs_base_ref *b,
		   size_t n_b);
int cs_order_digests(const struct cs_digest *a, size_t n_a, const struct cs_digest *b, size_t n_b);
int cs_order_caches(const struct cs_cache_ref *a, size_t n_a, const struct cs_cache_ref *b,
		    size_t n_b);
/* Without the layers that steps are linked to. */
int cs_order_steps(const struct cs_step *a, size_t n_a, const struct cs_step *b, size_t n_b);
/* Without verdicts. Places of layers first, then what is known of their content. */
int cs_order_layers(const struct cs_layer *a, size_t n_a, const struct cs_layer *b, size_t n_b);
/* Whether two layers have the same place, and the same is known of their content. */
bool cs_layer_same(const struct cs_layer *a, const struct cs_layer *b);
/* The image of a build with layers: platform, digests, time, base, layers. */
int cs_order_images(const struct cs_build *a, const struct cs_build *b);
/* How the base was found out, and what it is. */
int cs_order_base(const struct cs_build *a, const struct cs_build *b);
/* Whether results stand in order, each once. */
bool cs_results_sorted(const struct cs_build *b);
/* Whether d names the result of b: one of results (sorted or not), its config or manifest. */
bool cs_results_have(const struct cs_build *b, bool sorted, const struct cs_digest *d);

#endif
