/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Field by field, the first that differs decides. Longer arrays are greater, so that one of two
 * accounts that tells more is not lost to one that merely sorts higher.
 */
#include "model/order.h"

/* The first of the comparisons that is not 0. */
#define FIRST(...)                                                                                 \
	do {                                                                                       \
		const int orders[] = { __VA_ARGS__ };                                              \
                                                                                                   \
		for (size_t o = 0; o < CS_N(orders); o++) {                                        \
			if (orders[o])                                                             \
				return orders[o];                                                  \
		}                                                                                  \
	} while (0)

#define EACH(a, n_a, b, n_b, order)                                                                \
	do {                                                                                       \
		int o = cs_order_int((int64_t)(n_a), (int64_t)(n_b));                              \
                                                                                                   \
		for (size_t i = 0; i < (n_a) && o == 0; i++)                                       \
			o = order(&(a)[i], &(b)[i]);                                               \
		return o;                                                                          \
	} while (0)

static int order_kv(const struct cs_kv *a, const struct cs_kv *b)
{
	FIRST(cs_order_text(a->key, b->key), cs_order_text(a->value, b->value));
	return 0;
}

int cs_order_kvs(const struct cs_kv *a, size_t n_a, const struct cs_kv *b, size_t n_b)
{
	EACH(a, n_a, b, n_b, order_kv);
}

static int order_base_ref(const struct cs_base_ref *a, const struct cs_base_ref *b)
{
	FIRST(cs_order_text(a->name, b->name), cs_digest_compare(&a->digest, &b->digest));
	return 0;
}

int cs_order_bases(const struct cs_base_ref *a, size_t n_a, const struct cs_base_ref *b, size_t n_b)
{
	EACH(a, n_a, b, n_b, order_base_ref);
}

int cs_order_digests(const struct cs_digest *a, size_t n_a, const struct cs_digest *b, size_t n_b)
{
	EACH(a, n_a, b, n_b, cs_digest_compare);
}

static int order_cache(const struct cs_cache_ref *a, const struct cs_cache_ref *b)
{
	FIRST(cs_order_int(a->is_export, b->is_export), cs_order_text(a->type, b->type),
	      cs_order_text(a->ref, b->ref), cs_order_text(a->scope, b->scope),
	      cs_order_text(a->error, b->error));
	return 0;
}

int cs_order_caches(const struct cs_cache_ref *a, size_t n_a, const struct cs_cache_ref *b,
		    size_t n_b)
{
	EACH(a, n_a, b, n_b, order_cache);
}

/* --- steps --- */

static int order_inputs(const struct cs_step *a, const struct cs_step *b)
{
	int o = cs_order_int((int64_t)a->n_inputs, (int64_t)b->n_inputs);

	for (size_t i = 0; i < a->n_inputs && o == 0; i++)
		o = cs_order_int(a->inputs[i], b->inputs[i]);
	return o;
}

/* The store knows one unknown duration, and one unknown line. */
static int64_t at_least(int64_t v, int64_t least)
{
	return v < least ? least : v;
}

static int order_step(const struct cs_step *a, const struct cs_step *b)
{
	FIRST(cs_order_text(a->name, b->name), cs_order_text(a->stage, b->stage),
	      cs_order_text(a->instruction, b->instruction),
	      cs_order_text(a->platform, b->platform), cs_order_int(a->class, b->class));
	FIRST(cs_order_int(a->evidence, b->evidence), cs_order_int(a->state, b->state),
	      cs_order_int(a->started_unix_ns, b->started_unix_ns),
	      cs_order_int(a->completed_unix_ns, b->completed_unix_ns),
	      cs_order_int(at_least(a->duration_ns, -1), at_least(b->duration_ns, -1)),
	      cs_order_int(a->pulled, b->pulled), cs_order_text(a->error, b->error));
	FIRST(cs_order_int(a->first_line, b->first_line), cs_order_int(a->last_line, b->last_line));
	return order_inputs(a, b);
}

int cs_order_steps(const struct cs_step *a, size_t n_a, const struct cs_step *b, size_t n_b)
{
	EACH(a, n_a, b, n_b, order_step);
}

/* --- layers --- */

static int order_place(const struct cs_layer *a, const struct cs_layer *b)
{
	FIRST(cs_digest_compare(&a->diff_id, &b->diff_id),
	      cs_digest_compare(&a->blob_digest, &b->blob_digest),
	      cs_digest_compare(&a->chain_id, &b->chain_id),
	      cs_order_int(a->has_history, b->has_history),
	      cs_order_int(a->created_unix_ns, b->created_unix_ns),
	      cs_order_text(a->created_by, b->created_by), cs_order_text(a->comment, b->comment),
	      cs_order_text(a->author, b->author), cs_order_text(a->media_type, b->media_type));
	return 0;
}

static int order_content(const struct cs_layer *a, const struct cs_layer *b)
{
	const struct cs_layer_counts *x = &a->counts, *y = &b->counts;

	FIRST(cs_digest_compare(&a->content_digest, &b->content_digest),
	      cs_order_int(a->blob_bytes, b->blob_bytes), cs_order_int(a->tar_bytes, b->tar_bytes),
	      cs_order_int(at_least(x->entries, -1), at_least(y->entries, -1)));
	if (x->entries < 0)
		return 0;
	FIRST(cs_order_int(x->files, y->files), cs_order_int(x->directories, y->directories),
	      cs_order_int(x->symlinks, y->symlinks), cs_order_int(x->hardlinks, y->hardlinks),
	      cs_order_int(x->whiteouts, y->whiteouts), cs_order_int(x->devices, y->devices),
	      cs_order_int(x->fifos, y->fifos), cs_order_int(x->sparse, y->sparse),
	      cs_order_int(x->file_bytes, y->file_bytes));
	return 0;
}

int cs_order_layers(const struct cs_layer *a, size_t n_a, const struct cs_layer *b, size_t n_b)
{
	int o = cs_order_int((int64_t)n_a, (int64_t)n_b);

	for (size_t i = 0; i < n_a && o == 0; i++)
		o = order_place(&a[i], &b[i]);
	for (size_t i = 0; i < n_a && o == 0; i++)
		o = order_content(&a[i], &b[i]);
	return o;
}

bool cs_layer_same(const struct cs_layer *a, const struct cs_layer *b)
{
	return order_place(a, b) == 0 &&
	       cs_digest_known(&a->content_digest) == cs_digest_known(&b->content_digest) &&
	       (a->blob_bytes < 0) == (b->blob_bytes < 0) &&
	       (a->tar_bytes < 0) == (b->tar_bytes < 0) &&
	       (a->counts.entries < 0) == (b->counts.entries < 0);
}

/* --- images --- */

/* Known above unknown, then the smaller one. */
static int order_small(const struct cs_digest *a, const struct cs_digest *b)
{
	int o = cs_order_int(cs_digest_known(a), cs_digest_known(b));

	return o ? o : cs_digest_compare(b, a);
}

int cs_order_base(const struct cs_build *a, const struct cs_build *b)
{
	const int none = CS_BASE_SCRATCH + 1; /* the enum has the best first, but unknown before */
	int x = a->base_evidence == CS_BASE_UNKNOWN ? none : (int)a->base_evidence;
	int y = b->base_evidence == CS_BASE_UNKNOWN ? none : (int)b->base_evidence;

	FIRST(cs_order_int(y, x),
	      cs_order_int(at_least(a->base_layers, -1), at_least(b->base_layers, -1)));
	return 0;
}

int cs_order_images(const struct cs_build *a, const struct cs_build *b)
{
	FIRST(cs_order_int(a->platform[0] != 0, b->platform[0] != 0),
	      cs_order_text(b->platform, a->platform),
	      order_small(&a->config_digest, &b->config_digest),
	      order_small(&a->manifest_digest, &b->manifest_digest), cs_order_base(a, b),
	      cs_order_int(a->image_created_unix_ns, b->image_created_unix_ns));
	return cs_order_layers(a->layers, a->n_layers, b->layers, b->n_layers);
}

/* --- results --- */

bool cs_results_sorted(const struct cs_build *b)
{
	for (size_t i = 1; i < b->n_results; i++) {
		if (cs_digest_compare(&b->results[i - 1], &b->results[i]) >= 0)
			return false;
	}
	return true;
}

bool cs_results_have(const struct cs_build *b, bool sorted, const struct cs_digest *d)
{
	size_t low = 0, high = b->n_results;

	if (!cs_digest_known(d))
		return false;
	if (cs_digest_equal(d, &b->config_digest) || cs_digest_equal(d, &b->manifest_digest))
		return true;
	for (size_t i = 0; i < b->n_results && !sorted; i++) {
		if (cs_digest_equal(d, &b->results[i]))
			return true;
	}
	while (low < high && sorted) {
		size_t mid = low + (high - low) / 2;
		int o = cs_digest_compare(d, &b->results[mid]);

		if (o == 0)
			return true;
		if (o < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return false;
}
