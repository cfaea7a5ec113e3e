/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step that ran again may give the very bytes it gave before (formats.md 4.3), so a layer's time
 * counts beside its digest. Not for layers without a record: those are a base's, whose time is when
 * it was pulled. Where one export wrote times and the other did not, times are not compared.
 */
#include "metrics/cache_figures.h"

#include <string.h>

#include "metrics/cache_index.h"

const char *cs_cache_change_name(enum cs_cache_change change)
{
	static const char *const names[] = {
		[CS_CACHE_KEPT] = "kept",
		[CS_CACHE_ADDED] = "added",
		[CS_CACHE_REMOVED] = "removed",
		[CS_CACHE_RERUN] = "rerun",
	};

	return names[change];
}

/* What is known of everything in one cache that has the same key. */
struct fact {
	const struct cs_digest *key;
	int64_t newest, bytes;
	bool dated, has_record, seen;
};

/* The facts of one cache's layers or records in the order of their keys; at: by place. */
struct facts {
	struct fact *v;
	size_t n;
	size_t *at;
};

static void facts_release(struct facts *f)
{
	free(f->v);
	free(f->at);
}

static int by_key(const void *a, const void *b)
{
	return cs_digest_compare(((const struct fact *)a)->key, ((const struct fact *)b)->key);
}

static struct fact *find_fact(const struct facts *f, const struct cs_digest *key)
{
	const struct fact wanted = { .key = key };

	return f->n ? bsearch(&wanted, f->v, f->n, sizeof(*f->v), by_key) : NULL;
}

/* keys[i]: of place i. Distinct ones, sorted. */
static int facts_fill(struct facts *f, const struct cs_digest **keys, size_t n, struct cs_err *err)
{
	size_t m = 0;

	f->v = calloc(n + 1, sizeof(*f->v));
	f->at = calloc(n + 1, sizeof(*f->at));
	if (!f->v || !f->at)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		f->v[i].key = keys[i];
	qsort(f->v, n, sizeof(*f->v), by_key);
	for (size_t i = 0; i < n; i++) {
		if (m == 0 || cs_digest_compare(f->v[m - 1].key, f->v[i].key) != 0)
			f->v[m++] = f->v[i];
	}
	f->n = m;
	for (size_t i = 0; i < n; i++) {
		struct fact *fact = find_fact(f, keys[i]);

		fact->newest = CS_TIME_NONE;
		fact->bytes = -1;
		f->at[i] = (size_t)(fact - f->v);
	}
	return 0;
}

static int layer_facts(const struct cs_cache *cache, struct facts *f, struct cs_err *err)
{
	const struct cs_digest **keys CS_AUTO(cs_free_p) =
		calloc(cache->n_layers + 1, sizeof(const struct cs_digest *));
	int r;

	if (!keys)
		return cs_err_nomem(err);
	for (size_t i = 0; i < cache->n_layers; i++) {
		const struct cs_cache_layer *l = &cache->layers[i];

		keys[i] = cs_digest_known(&l->diff_id) ? &l->diff_id : &l->blob_digest;
	}
	r = facts_fill(f, keys, cache->n_layers, err);
	for (size_t i = 0; r == 0 && i < cache->n_layers; i++) {
		const struct cs_cache_layer *l = &cache->layers[i];
		struct fact *fact = &f->v[f->at[i]];

		fact->bytes = l->blob_bytes;
		fact->dated = fact->dated || l->dated;
		if (l->created_unix_ns > fact->newest)
			fact->newest = l->created_unix_ns;
	}
	for (size_t i = 0; r == 0 && i < cache->n_records; i++) {
		const struct cs_cache_record *rec = &cache->records[i];

		for (size_t k = 0; k < rec->n_results; k++)
			f->v[f->at[cs_cache_top(&rec->results[k])]].has_record = true;
	}
	return r;
}

static int64_t newest_result(const struct cs_cache_record *rec)
{
	int64_t newest = CS_TIME_NONE;

	for (size_t k = 0; k < rec->n_results; k++) {
		if (rec->results[k].created_unix_ns > newest)
			newest = rec->results[k].created_unix_ns;
	}
	return newest;
}

static int record_facts(const struct cs_cache *cache, struct facts *f, struct cs_err *err)
{
	const struct cs_digest **keys CS_AUTO(cs_free_p) =
		calloc(cache->n_records + 1, sizeof(const struct cs_digest *));
	int r;

	if (!keys)
		return cs_err_nomem(err);
	for (size_t i = 0; i < cache->n_records; i++)
		keys[i] = &cache->records[i].digest;
	r = facts_fill(f, keys, cache->n_records, err);
	for (size_t i = 0; r == 0 && i < cache->n_records; i++) {
		struct fact *fact = &f->v[f->at[i]];
		int64_t newest = newest_result(&cache->records[i]);

		fact->has_record = true;
		fact->dated = true;
		if (newest > fact->newest)
			fact->newest = newest;
	}
	return r;
}

static enum cs_cache_change change_of(const struct facts *before, const struct fact *now)
{
	const struct fact *then = find_fact(before, now->key);

	if (!then)
		return CS_CACHE_ADDED;
	if (now->has_record && now->dated == then->dated && then->newest != CS_TIME_NONE &&
	    now->newest > then->newest)
		return CS_CACHE_RERUN;
	return CS_CACHE_KEPT;
}

/* Fills what became of each place of the later, which of the earlier are gone, and counts keys. */
static void compare(struct facts *before, size_t n_before, struct facts *after, size_t n_after,
		    enum cs_cache_change *now, enum cs_cache_change *old, int64_t counts[4],
		    int64_t bytes[4], bool *again, bool *old_again)
{
	for (size_t i = 0; i < n_after; i++) {
		struct fact *fact = &after->v[after->at[i]];

		now[i] = change_of(before, fact);
		if (again)
			again[i] = fact->seen;
		if (!fact->seen) {
			counts[now[i]]++;
			cs_cache_add_bytes(&bytes[now[i]], fact->bytes);
		}
		fact->seen = true;
	}
	for (size_t i = 0; i < n_before; i++) {
		struct fact *fact = &before->v[before->at[i]];

		old[i] = find_fact(after, fact->key) ? CS_CACHE_KEPT : CS_CACHE_REMOVED;
		if (old_again)
			old_again[i] = fact->seen;
		if (!fact->seen && old[i] == CS_CACHE_REMOVED) {
			counts[CS_CACHE_REMOVED]++;
			cs_cache_add_bytes(&bytes[CS_CACHE_REMOVED], fact->bytes);
		}
		fact->seen = true;
	}
}

static int compare_layers(const struct cs_cache *before, const struct cs_cache *after,
			  struct cs_cache_changes *c, struct cs_err *err)
{
	struct facts a CS_AUTO(facts_release) = { NULL, 0, NULL };
	struct facts b CS_AUTO(facts_release) = { NULL, 0, NULL };
	int64_t counts[4] = { 0 }, bytes[4] = { 0 };
	int r = layer_facts(before, &a, err);

	if (r == 0)
		r = layer_facts(after, &b, err);
	if (r < 0)
		return r;
	compare(&a, before->n_layers, &b, after->n_layers, c->layers, c->old_layers, counts, bytes,
		c->again, c->old_again);
	c->kept_blobs = counts[CS_CACHE_KEPT];
	c->added_blobs = counts[CS_CACHE_ADDED];
	c->removed_blobs = counts[CS_CACHE_REMOVED];
	c->rerun_blobs = counts[CS_CACHE_RERUN];
	c->added_bytes = bytes[CS_CACHE_ADDED];
	c->removed_bytes = bytes[CS_CACHE_REMOVED];
	return 0;
}

static int compare_records(const struct cs_cache *before, const struct cs_cache *after,
			   struct cs_cache_changes *c, struct cs_err *err)
{
	struct facts a CS_AUTO(facts_release) = { NULL, 0, NULL };
	struct facts b CS_AUTO(facts_release) = { NULL, 0, NULL };
	int64_t counts[4] = { 0 }, bytes[4] = { 0 };
	int r = record_facts(before, &a, err);

	if (r == 0)
		r = record_facts(after, &b, err);
	if (r < 0)
		return r;
	compare(&a, before->n_records, &b, after->n_records, c->records, c->old_records, counts,
		bytes, NULL, NULL);
	c->kept_records = counts[CS_CACHE_KEPT];
	c->added_records = counts[CS_CACHE_ADDED];
	c->removed_records = counts[CS_CACHE_REMOVED];
	c->rerun_records = counts[CS_CACHE_RERUN];
	return 0;
}

int cs_cache_compare(const struct cs_cache *before, const struct cs_cache *after,
		     struct cs_cache_changes *ret, struct cs_err *err)
{
	const struct cs_cache_changes none = { .kept_blobs = 0 };
	struct cs_cache_changes c CS_AUTO(cs_cache_changes_release) = none;
	int r;

	c.layers = calloc(after->n_layers + 1, sizeof(*c.layers));
	c.records = calloc(after->n_records + 1, sizeof(*c.records));
	c.old_layers = calloc(before->n_layers + 1, sizeof(*c.old_layers));
	c.old_records = calloc(before->n_records + 1, sizeof(*c.old_records));
	c.again = calloc(after->n_layers + 1, sizeof(*c.again));
	c.old_again = calloc(before->n_layers + 1, sizeof(*c.old_again));
	if (!c.layers || !c.records || !c.old_layers || !c.old_records || !c.again || !c.old_again)
		return cs_err_nomem(err);
	r = compare_layers(before, after, &c, err);
	if (r == 0)
		r = compare_records(before, after, &c, err);
	if (r < 0)
		return r;
	*ret = c;
	c = none;
	return 0;
}

void cs_cache_changes_release(struct cs_cache_changes *c)
{
	free(c->layers);
	free(c->records);
	free(c->old_layers);
	free(c->old_records);
	free(c->again);
	free(c->old_again);
	memset(c, 0, sizeof(*c));
}
