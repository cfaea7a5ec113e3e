/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer is served as part of a chain: BuildKit loads the result of a record, which is a layer
 * with all those below it. So a layer of the image is compared with its chain, from the top down,
 * as far as the cache's chain goes; one that ends earlier (COPY --link) stands on anything. The
 * same tar on other layers proves nothing: the key of the step below may or may not be the same.
 *
 * Refused: comparing diff-ids alone, which calls a layer of another stage or an older build
 * "served".
 */
#include "metrics/cache_figures.h"

#include "metrics/cache_index.h"

/* Comparisons spent on chains; past it nothing more is told of the layers that are left. */
#define STEPS_MAX 50000000

const char *cs_cache_use_name(enum cs_cache_use use)
{
	static const char *const names[] = {
		[CS_USE_UNKNOWN] = NULL,
		[CS_USE_IMAGE] = "image",
		[CS_USE_STAGE] = "stage",
		[CS_USE_NONE] = "none",
	};

	return names[use];
}

const char *cs_served_name(enum cs_served served)
{
	static const char *const names[] = {
		[CS_SERVED_BASE] = "base",
		[CS_SERVED_BLOB] = "blob_digest",
		[CS_SERVED_DIFF_ID] = "diff_id",
		[CS_SERVED_BELOW] = "below_served",
		[CS_SERVED_OTHER_CHAIN] = "other_chain",
		[CS_SERVED_NO_RECORD] = "no_record",
		[CS_SERVED_NO_BLOB] = "blob_missing",
		[CS_SERVED_ABSENT] = "absent",
	};

	return names[served];
}

int cs_served_answer(enum cs_served served)
{
	switch (served) {
	case CS_SERVED_BLOB:
	case CS_SERVED_DIFF_ID:
	case CS_SERVED_BELOW:
		return 1;
	case CS_SERVED_BASE:
	case CS_SERVED_OTHER_CHAIN:
		return -1;
	default:
		return 0;
	}
}

struct chain {
	const struct cs_cache_result *result;
	struct chain *next;
};

struct joiner {
	const struct cs_cache *cache;
	const struct cs_image *image;
	struct cs_cache_join *ret;
	struct cs_digest_index by_diff_id, by_blob;
	bool *leads, *below;		   /* a record leads to the layer itself, or to one on it */
	bool *walked;			   /* it and all below are marked */
	struct chain *chains, **chains_of; /* by uppermost layer */
	size_t base;
	int64_t steps; /* left */
};

static void joiner_release(struct joiner *j)
{
	cs_digest_index_release(&j->by_diff_id);
	cs_digest_index_release(&j->by_blob);
	free(j->leads);
	free(j->below);
	free(j->walked);
	free(j->chains);
	free((void *)j->chains_of);
}

static bool is_layer(const struct cs_cache_layer *a, const struct cs_layer *b)
{
	return cs_digest_known(&a->diff_id) ? cs_digest_equal(&a->diff_id, &b->diff_id)
					    : cs_digest_equal(&a->blob_digest, &b->blob_digest);
}

static bool is_gone(const struct cs_cache_layer *l)
{
	return l->blob == CS_BLOB_MISSING || l->blob == CS_BLOB_UNLISTED;
}

/* Whether the layer with those below it is the image's up to k; *ret_gone: a blob is missing. */
static bool fits(struct joiner *j, size_t layer, size_t k, bool *ret_gone)
{
	int64_t at = (int64_t)layer;

	*ret_gone = false;
	for (size_t i = k + 1; at >= 0; at = j->cache->layers[at].parent) {
		const struct cs_cache_layer *l = &j->cache->layers[at];

		if (i-- == 0 || j->steps-- <= 0 || !is_layer(l, &j->image->layers[i]))
			return false;
		*ret_gone = *ret_gone || is_gone(l);
	}
	return true;
}

static bool chain_fits(struct joiner *j, const struct cs_cache_result *chain, size_t k,
		       bool *ret_gone)
{
	*ret_gone = false;
	if (chain->n_layers > k + 1)
		return false;
	for (size_t i = 0; i < chain->n_layers; i++) {
		const struct cs_cache_layer *l = &j->cache->layers[chain->layers[i]];

		if (j->steps-- <= 0 || !is_layer(l, &j->image->layers[k + 1 - chain->n_layers + i]))
			return false;
		*ret_gone = *ret_gone || is_gone(l);
	}
	return true;
}

/* --- how the image's layers are served --- */

static void better(enum cs_served *best, enum cs_served other)
{
	static const int rank[] = {
		[CS_SERVED_BASE] = 0,	   [CS_SERVED_BLOB] = 1,    [CS_SERVED_DIFF_ID] = 2,
		[CS_SERVED_BELOW] = 3,	   [CS_SERVED_NO_BLOB] = 4, [CS_SERVED_OTHER_CHAIN] = 5,
		[CS_SERVED_NO_RECORD] = 6, [CS_SERVED_ABSENT] = 7,
	};

	if (rank[other] < rank[*best])
		*best = other;
}

static enum cs_served verdict(const struct joiner *j, size_t layer, size_t k, bool fit, bool gone,
			      bool leads, bool below)
{
	if (!leads && !below)
		return CS_SERVED_NO_RECORD;
	if (!fit)
		return CS_SERVED_OTHER_CHAIN;
	if (gone)
		return CS_SERVED_NO_BLOB;
	if (!leads)
		return CS_SERVED_BELOW;
	return cs_digest_equal(&j->cache->layers[layer].blob_digest,
			       &j->image->layers[k].blob_digest)
		       ? CS_SERVED_BLOB
		       : CS_SERVED_DIFF_ID;
}

static void join_layer(struct joiner *j, size_t layer, size_t k)
{
	struct cs_cache_layer_use *use = &j->ret->layers[layer];
	bool gone, fit = fits(j, layer, k, &gone);

	if (fit) {
		use->use = CS_USE_IMAGE;
		use->created_by = j->image->layers[k].created_by;
	}
	better(&j->ret->served[k],
	       verdict(j, layer, k, fit, gone, j->leads[layer], j->below[layer]));
	for (const struct chain *c = j->chains_of[layer]; c && j->steps > 0; c = c->next) {
		bool chain_fit = chain_fits(j, c->result, k, &gone);

		for (size_t i = 0; chain_fit && i < c->result->n_layers; i++) {
			use = &j->ret->layers[c->result->layers[i]];
			use->use = CS_USE_IMAGE;
			use->created_by =
				j->image->layers[k + 1 - c->result->n_layers + i].created_by;
		}
		better(&j->ret->served[k], verdict(j, layer, k, chain_fit, gone, true, false));
	}
}

static void join_image(struct joiner *j)
{
	bool above = false;

	for (size_t k = 0; k < j->image->n_layers; k++) {
		const struct cs_layer *l = &j->image->layers[k];
		const struct cs_digest_slot *slots;
		size_t n;

		j->ret->served[k] = CS_SERVED_ABSENT;
		slots = cs_digest_index_find(&j->by_diff_id, &l->diff_id, &n);
		for (size_t i = 0; i < n; i++)
			join_layer(j, slots[i].place, k);
		slots = cs_digest_index_find(&j->by_blob, &l->blob_digest, &n);
		for (size_t i = 0; i < n; i++) {
			if (!cs_digest_known(&j->cache->layers[slots[i].place].diff_id))
				join_layer(j, slots[i].place, k);
		}
		if (k < j->base)
			j->ret->served[k] = CS_SERVED_BASE;
	}
	for (size_t k = j->image->n_layers; k-- > j->base;) {
		enum cs_served *s = &j->ret->served[k];

		if (*s == CS_SERVED_BELOW && !above)
			*s = CS_SERVED_NO_RECORD;
		above = above || cs_served_answer(*s) == 1;
		j->ret->own_layers++;
		j->ret->served_layers += cs_served_answer(*s) == 1;
		j->ret->unserved_layers += cs_served_answer(*s) == 0;
	}
}

/* --- what the image needs of the cache --- */

static void mark_one(struct joiner *j, size_t layer)
{
	enum cs_cache_use *use = &j->ret->layers[layer].use;

	if (*use == CS_USE_NONE)
		*use = CS_USE_STAGE;
}

/* All layers that the record's results consist of. */
static void mark_stage(struct joiner *j, const struct cs_cache_record *rec)
{
	for (size_t i = 0; i < rec->n_results; i++) {
		const struct cs_cache_result *result = &rec->results[i];
		int64_t at = result->chain ? -1 : (int64_t)result->layers[0];

		for (size_t k = 0; result->chain && k < result->n_layers; k++)
			mark_one(j, result->layers[k]);
		for (; at >= 0 && !j->walked[at]; at = j->cache->layers[at].parent) {
			j->walked[at] = true;
			mark_one(j, (size_t)at);
		}
	}
}

static bool makes_image(const struct joiner *j, const struct cs_cache_record *rec)
{
	for (size_t i = 0; i < rec->n_results; i++) {
		if (j->ret->layers[cs_cache_top(&rec->results[i])].use == CS_USE_IMAGE)
			return true;
	}
	return false;
}

static int mark_reached(struct joiner *j, struct cs_err *err)
{
	const struct cs_cache *cache = j->cache;
	bool *seen CS_AUTO(cs_free_p) = calloc(cache->n_records + 1, sizeof(*seen));
	size_t *todo CS_AUTO(cs_free_p) = calloc(cache->n_records + 1, sizeof(*todo));
	size_t n = 0;

	if (!seen || !todo)
		return cs_err_nomem(err);
	for (size_t i = 0; i < cache->n_records; i++) {
		seen[i] = makes_image(j, &cache->records[i]);
		if (seen[i])
			todo[n++] = i;
	}
	while (n) {
		const struct cs_cache_record *rec = &cache->records[todo[--n]];

		mark_stage(j, rec);
		for (size_t k = 0; k < rec->n_links; k++) {
			size_t next = rec->links[k].record;

			if (!seen[next])
				todo[n++] = next;
			seen[next] = true;
		}
	}
	return 0;
}

static int sum_uses(struct joiner *j, struct cs_err *err)
{
	const struct cs_cache *cache = j->cache;
	size_t *blobs CS_AUTO(cs_free_p) = NULL;
	enum cs_cache_use *best CS_AUTO(cs_free_p) = calloc(cache->n_layers + 1, sizeof(*best));
	int r = best ? cs_cache_blobs(cache, &blobs, err) : cs_err_nomem(err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < cache->n_layers; i++) {
		enum cs_cache_use use = j->ret->layers[i].use;

		if (best[blobs[i]] == CS_USE_UNKNOWN || use < best[blobs[i]])
			best[blobs[i]] = use;
	}
	for (size_t i = 0; i < cache->n_layers; i++) {
		int64_t bytes = cache->layers[i].blob_bytes;

		if (best[i] == CS_USE_STAGE) {
			j->ret->stage_blobs++;
			cs_cache_add_bytes(&j->ret->stage_bytes, bytes);
		} else if (best[i] == CS_USE_NONE) {
			j->ret->dead_blobs++;
			cs_cache_add_bytes(&j->ret->dead_bytes, bytes);
		}
	}
	return 0;
}

/* --- the whole --- */

static void count_records(const struct cs_cache *cache, struct cs_cache_join *join)
{
	for (size_t i = 0; i < cache->n_records; i++) {
		const struct cs_cache_record *rec = &cache->records[i];

		for (size_t k = 0; k < rec->n_results; k++)
			join->layers[cs_cache_top(&rec->results[k])].records++;
	}
	for (size_t i = 0; i < cache->n_layers; i++)
		join->layers[i].created_by = cache->layers[i].created_by;
}

static void note_result(struct joiner *j, const struct cs_cache_result *result, size_t *n_chains)
{
	size_t top = cs_cache_top(result);

	if (result->chain) {
		struct chain *c = &j->chains[(*n_chains)++];

		c->result = result;
		c->next = j->chains_of[top];
		j->chains_of[top] = c;
		return;
	}
	j->leads[top] = true;
	for (int64_t at = j->cache->layers[top].parent; at >= 0 && !j->below[at];
	     at = j->cache->layers[at].parent)
		j->below[at] = true;
}

static int joiner_fill(struct joiner *j, struct cs_err *err)
{
	const struct cs_cache *c = j->cache;
	size_t n = c->n_layers, n_results = 0, n_chains = 0;
	int r = cs_digest_index_fill(&j->by_diff_id, c->layers, n, sizeof(*c->layers),
				     offsetof(struct cs_cache_layer, diff_id), err);

	if (r == 0)
		r = cs_digest_index_fill(&j->by_blob, c->layers, n, sizeof(*c->layers),
					 offsetof(struct cs_cache_layer, blob_digest), err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->n_records; i++)
		n_results += c->records[i].n_results;
	j->leads = calloc(n + 1, sizeof(*j->leads));
	j->below = calloc(n + 1, sizeof(*j->below));
	j->walked = calloc(n + 1, sizeof(*j->walked));
	j->chains = calloc(n_results + 1, sizeof(*j->chains));
	j->chains_of = calloc(n + 1, sizeof(*j->chains_of));
	if (!j->leads || !j->below || !j->walked || !j->chains || !j->chains_of)
		return cs_err_nomem(err);
	for (size_t i = 0; i < c->n_records; i++) {
		for (size_t k = 0; k < c->records[i].n_results; k++)
			note_result(j, &c->records[i].results[k], &n_chains);
	}
	return 0;
}

static int join_with(struct joiner *j, struct cs_err *err)
{
	int r = joiner_fill(j, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < j->cache->n_layers; i++)
		j->ret->layers[i].use = CS_USE_NONE;
	join_image(j);
	r = mark_reached(j, err);
	return r < 0 ? r : sum_uses(j, err);
}

int cs_cache_join(const struct cs_cache *cache, const struct cs_image *image,
		  struct cs_cache_join *ret, struct cs_err *err)
{
	const struct cs_cache_join none = { .own_layers = 0 };
	struct cs_cache_join join CS_AUTO(cs_cache_join_release) = none;
	struct joiner j CS_AUTO(joiner_release) = {
		.cache = cache, .image = image, .ret = &join, .steps = STEPS_MAX
	};
	int r = 0;

	join.layers = calloc(cache->n_layers + 1, sizeof(*join.layers));
	join.served = calloc((image ? image->n_layers : 0) + 1, sizeof(*join.served));
	if (!join.layers || !join.served)
		return cs_err_nomem(err);
	count_records(cache, &join);
	if (image) {
		j.base = image->base_layers > 0 ? (size_t)image->base_layers : 0;
		r = join_with(&j, err);
	}
	if (r < 0)
		return r;
	*ret = join;
	join = none;
	return 0;
}

void cs_cache_join_release(struct cs_cache_join *join)
{
	free(join->layers);
	free(join->served);
	join->layers = NULL;
	join->served = NULL;
}
