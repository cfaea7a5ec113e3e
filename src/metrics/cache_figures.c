/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mode of an export is written nowhere. mode=min keeps the records of builder stages but not
 * their layers; mode=max keeps both. So a step without a layer speaks for min, a layer that no
 * final step stands on speaks for max, and an export that shows neither, or both, is left unnamed.
 */
#include "metrics/cache_figures.h"

#include "metrics/cache_index.h"

#define DAY_NS (86400 * CS_NS_PER_S)

const char *cs_cache_mode_name(enum cs_cache_mode mode)
{
	return mode == CS_CACHE_MODE_MIN ? "min" : mode == CS_CACHE_MODE_MAX ? "max" : NULL;
}

/* --- mode --- */

static void mark_below(const struct cs_cache *cache, size_t layer, bool *below)
{
	for (int64_t at = (int64_t)layer; at >= 0 && !below[at]; at = cache->layers[at].parent)
		below[at] = true;
}

static void mark_results(const struct cs_cache *cache, const struct cs_cache_record *rec,
			 bool *below)
{
	for (size_t i = 0; i < rec->n_results; i++) {
		for (size_t k = 0; k < rec->results[i].n_layers; k++) {
			if (rec->results[i].chain)
				below[rec->results[i].layers[k]] = true;
			else
				mark_below(cache, rec->results[i].layers[k], below);
		}
	}
}

static int infer_mode(const struct cs_cache *cache, const size_t *blobs, struct cs_cache_figures *f,
		      struct cs_err *err)
{
	bool *linked CS_AUTO(cs_free_p) = calloc(cache->n_records + 1, sizeof(*linked));
	bool *below CS_AUTO(cs_free_p) = calloc(cache->n_layers + 1, sizeof(*below));
	bool *final CS_AUTO(cs_free_p) = calloc(cache->n_layers + 1, sizeof(*final));
	bool others = false;

	if (!linked || !below || !final)
		return cs_err_nomem(err);
	for (size_t i = 0; i < cache->n_records; i++) {
		const struct cs_cache_record *rec = &cache->records[i];

		f->steps += rec->n_links > 0;
		f->steps_without_layer += rec->n_links > 0 && rec->n_results == 0;
		for (size_t k = 0; k < rec->n_links; k++)
			linked[rec->links[k].record] = true;
	}
	for (size_t i = 0; i < cache->n_records; i++) {
		if (!linked[i])
			mark_results(cache, &cache->records[i], below);
	}
	for (size_t i = 0; i < cache->n_layers; i++)
		final[blobs[i]] = final[blobs[i]] || below[i];
	for (size_t i = 0; i < cache->n_layers; i++)
		others = others || !final[blobs[i]];
	if (f->steps_without_layer && !others)
		f->mode = CS_CACHE_MODE_MIN;
	else if (others && !f->steps_without_layer)
		f->mode = CS_CACHE_MODE_MAX;
	return 0;
}

/* --- sums --- */

int64_t cs_cache_age(int64_t created_unix_ns, int64_t now_unix_ns)
{
	int64_t age;

	if (created_unix_ns == CS_TIME_NONE)
		return -1;
	if (created_unix_ns >= now_unix_ns)
		return 0;
	return __builtin_sub_overflow(now_unix_ns, created_unix_ns, &age) ? INT64_MAX : age;
}

static void add_age(struct cs_cache_figures *f, const struct cs_cache_layer *l, int64_t now)
{
	int64_t age = cs_cache_age(l->created_unix_ns, now);
	size_t k = 0;

	if (age < 0) {
		f->undated_blobs++;
		cs_cache_add_bytes(&f->undated_bytes, l->blob_bytes);
		return;
	}
	while (f->ages[k].below_ns >= 0 && age >= f->ages[k].below_ns)
		k++;
	f->ages[k].blobs++;
	cs_cache_add_bytes(&f->ages[k].blob_bytes, l->blob_bytes);
}

static void add_layer(struct cs_cache_figures *f, const struct cs_cache_layer *l, int64_t now)
{
	f->blobs++;
	cs_cache_add_bytes(&f->blob_bytes, l->blob_bytes);
	f->missing_blobs += l->blob == CS_BLOB_MISSING || l->blob == CS_BLOB_UNLISTED;
	add_age(f, l, now);
	if (l->created_unix_ns == CS_TIME_NONE)
		return;
	if (f->oldest_unix_ns == CS_TIME_NONE || l->created_unix_ns < f->oldest_unix_ns)
		f->oldest_unix_ns = l->created_unix_ns;
	if (f->newest_unix_ns == CS_TIME_NONE || l->created_unix_ns > f->newest_unix_ns)
		f->newest_unix_ns = l->created_unix_ns;
}

int cs_cache_figures(const struct cs_cache *cache, int64_t now_unix_ns,
		     struct cs_cache_figures *ret, struct cs_err *err)
{
	static const int days[CS_CACHE_AGES] = { 1, 7, 30, 90, -1 };
	struct cs_cache_figures f = { .oldest_unix_ns = CS_TIME_NONE,
				      .newest_unix_ns = CS_TIME_NONE };
	size_t *blobs CS_AUTO(cs_free_p) = NULL;
	int r = cs_cache_blobs(cache, &blobs, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < CS_N(days); i++)
		f.ages[i].below_ns = days[i] < 0 ? -1 : days[i] * DAY_NS;
	for (size_t i = 0; i < cache->n_layers; i++) {
		if (blobs[i] == i)
			add_layer(&f, &cache->layers[i], now_unix_ns);
	}
	f.leftover_bytes = cache->leftovers_known ? 0 : -1;
	for (size_t i = 0; i < cache->n_leftovers; i++)
		cs_cache_add_bytes(&f.leftover_bytes, cache->leftovers[i].blob_bytes);
	r = infer_mode(cache, blobs, &f, err);
	if (r == 0)
		*ret = f;
	return r;
}
