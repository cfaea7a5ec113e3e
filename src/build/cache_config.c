/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops are looked for without recursion: parents by walking up and marking, records by taking away
 * those that depend on nothing, over and over (Kahn), which costs one visit of each link. Refused:
 * following the links as BuildKit does, which needs a stack as deep as the input wants.
 */
#include "build/cache_config.h"

#include <inttypes.h>

#include "util/json.h"

/* A place in a list of n. absent: what Go reads where nothing is written. */
static int read_place(const struct cs_json *v, int64_t absent, int64_t min, size_t n, int64_t *ret,
		      const char *what, struct cs_err *err)
{
	int64_t place = absent;

	if (!cs_json_is_null(v) && !cs_json_int(v, &place))
		return cs_err_set(err, CS_FORMAT, "its %s is no whole number", what);
	if (place < min || place >= (int64_t)n)
		return cs_err_set(err, CS_FORMAT, "its %s %" PRId64 " is not in the list of %zu",
				  what, place, n);
	*ret = place;
	return 0;
}

static int read_digest(const struct cs_json *object, const char *key, struct cs_digest *ret,
		       struct cs_err *err)
{
	const char *text = cs_json_get_text(object, key);

	if (!text)
		return cs_err_set(err, CS_FORMAT, "has no %s", key);
	return cs_digest_parse(text, ret, err);
}

/* Times are told for people; one that cannot be read is unknown. */
static int64_t read_time(const struct cs_json *object)
{
	const char *text = cs_json_get_text(object, "createdAt");
	int64_t t = CS_TIME_NONE;
	struct cs_err ignored;

	if (text && cs_time_parse(text, &t, &ignored) < 0)
		t = CS_TIME_NONE;
	return t;
}

static int list_of(const struct cs_json *object, const char *key, const struct cs_json **ret,
		   struct cs_err *err)
{
	const struct cs_json *v = cs_json_get(object, key);

	if (!cs_json_is_null(v) && !cs_json_is_array(v))
		return cs_err_set(err, CS_FORMAT, "'%s' is no list", key);
	*ret = v;
	return 0;
}

/* --- layers --- */

static int read_layer(const struct cs_json *v, size_t n, struct cs_cache_layer *l,
		      struct cs_err *err)
{
	const struct cs_json *annotations = cs_json_get(v, "annotations");
	const char *diff_id = cs_json_get_text(annotations, "diffID");
	int r = read_digest(v, "blob", &l->blob_digest, err);

	if (r == 0)
		r = read_place(cs_json_get(v, "parent"), 0, -1, n, &l->parent, "parent", err);
	if (r == 0 && diff_id)
		r = cs_digest_parse(diff_id, &l->diff_id, err);
	if (r < 0)
		return r;
	if (!cs_json_get_int(annotations, "size", &l->blob_bytes) || l->blob_bytes < 0)
		l->blob_bytes = -1;
	l->created_unix_ns = read_time(annotations);
	return 0;
}

/* Each layer is walked over once: what was seen in an earlier walk ends well. */
static int check_parents(const struct cs_cache_layer *layers, size_t n, struct cs_err *err)
{
	size_t *walk CS_AUTO(cs_free_p) = calloc(n + 1, sizeof(*walk)); /* 0 = not seen */

	if (!walk)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		int64_t at = (int64_t)i;

		while (at >= 0 && !walk[at]) {
			walk[at] = i + 1;
			at = layers[at].parent;
		}
		if (at >= 0 && walk[at] == i + 1)
			return cs_err_set(err, CS_FORMAT,
					  "layer %" PRId64 " is below itself: its parents loop",
					  at);
	}
	return 0;
}

static int read_layers(const struct cs_json *list, struct cs_cache *cache, struct cs_err *err)
{
	size_t n = cs_json_len(list);
	struct cs_cache_layer *v = cs_arena_array(cache->arena, n, sizeof(*v));

	if (!v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (read_layer(cs_json_at(list, i), n, &v[i], err) < 0)
			return cs_err_prefix(err, "layer %zu", i);
	}
	if (check_parents(v, n, err) < 0)
		return -(int)err->code;
	cache->layers = v;
	cache->n_layers = n;
	return 0;
}

/* --- records --- */

static int read_links(const struct cs_json *inputs, size_t n_records, struct cs_cache *cache,
		      struct cs_cache_record *rec, struct cs_err *err)
{
	struct cs_cache_link *links;
	size_t n = 0;

	rec->n_inputs = cs_json_len(inputs);
	for (size_t i = 0; i < rec->n_inputs; i++)
		n += cs_json_len(cs_json_at(inputs, i));
	links = cs_arena_array(cache->arena, n, sizeof(*links));
	if (!links)
		return cs_err_nomem(err);
	for (size_t i = 0; i < rec->n_inputs; i++) {
		const struct cs_json *list = cs_json_at(inputs, i);

		if (cs_json_len(list) == 0 || !cs_json_is_array(list))
			return cs_err_set(err, CS_FORMAT, "its input %zu has no alternative", i);
		for (size_t k = 0; k < cs_json_len(list); k++) {
			int64_t place;
			int r = read_place(cs_json_get(cs_json_at(list, k), "link"), 0, 0,
					   n_records, &place, "link", err);

			if (r < 0)
				return r;
			links[rec->n_links].record = (size_t)place;
			links[rec->n_links++].input = i;
		}
	}
	rec->links = links;
	return 0;
}

static int read_result(const struct cs_json *v, struct cs_cache *cache, bool chain,
		       struct cs_cache_result *ret, struct cs_err *err)
{
	const struct cs_json *list = NULL;
	size_t *layers;
	int r = chain ? list_of(v, "layers", &list, err) : 0;

	ret->chain = chain;
	ret->created_unix_ns = read_time(v);
	ret->n_layers = chain ? cs_json_len(list) : 1;
	if (r == 0 && ret->n_layers == 0)
		r = cs_err_set(err, CS_FORMAT, "a chain has no layers");
	layers = cs_arena_array(cache->arena, ret->n_layers, sizeof(*layers));
	if (!layers)
		return cs_err_nomem(err);
	for (size_t i = 0; r == 0 && i < ret->n_layers; i++) {
		int64_t place = 0;

		r = read_place(chain ? cs_json_at(list, i) : cs_json_get(v, "layer"), 0, 0,
			       cache->n_layers, &place, "layer", err);
		layers[i] = (size_t)place;
	}
	ret->layers = layers;
	return r;
}

static int read_results(const struct cs_json *v, struct cs_cache *cache,
			struct cs_cache_record *rec, struct cs_err *err)
{
	const struct cs_json *lists[2];
	struct cs_cache_result *results;
	int r = list_of(v, "layers", &lists[0], err);

	if (r == 0)
		r = list_of(v, "chains", &lists[1], err);
	if (r < 0)
		return r;
	results = cs_arena_array(cache->arena, cs_json_len(lists[0]) + cs_json_len(lists[1]),
				 sizeof(*results));
	if (!results)
		return cs_err_nomem(err);
	for (size_t k = 0; k < CS_N(lists); k++) {
		for (size_t i = 0; r == 0 && i < cs_json_len(lists[k]); i++)
			r = read_result(cs_json_at(lists[k], i), cache, k == 1,
					&results[rec->n_results++], err);
	}
	rec->results = results;
	return r;
}

static int read_record(const struct cs_json *v, size_t n, struct cs_cache *cache,
		       struct cs_cache_record *rec, struct cs_err *err)
{
	const struct cs_json *inputs;
	int r = read_digest(v, "digest", &rec->digest, err);

	if (r == 0)
		r = list_of(v, "inputs", &inputs, err);
	if (r == 0)
		r = read_links(inputs, n, cache, rec, err);
	if (r == 0)
		r = read_results(v, cache, rec, err);
	return r;
}

/* Who waits for a record, as one list for all: at[i] … at[i + 1] of v wait for record i. */
struct waiters {
	size_t *at, *v;
};

static void waiters_release(struct waiters *w)
{
	free(w->at);
	free(w->v);
}

static int waiters_fill(struct waiters *w, const struct cs_cache_record *records, size_t n,
			struct cs_err *err)
{
	size_t n_links = 0;

	for (size_t i = 0; i < n; i++)
		n_links += records[i].n_links;
	w->at = calloc(n + 2, sizeof(*w->at));
	w->v = calloc(n_links + 1, sizeof(*w->v));
	if (!w->at || !w->v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < records[i].n_links; k++)
			w->at[records[i].links[k].record + 2]++;
	}
	for (size_t i = 2; i < n + 2; i++)
		w->at[i] += w->at[i - 1];
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < records[i].n_links; k++)
			w->v[w->at[records[i].links[k].record + 1]++] = i;
	}
	return 0;
}

static int check_links(const struct cs_cache_record *records, size_t n, struct cs_err *err)
{
	struct waiters w CS_AUTO(waiters_release) = { NULL, NULL };
	size_t *open CS_AUTO(cs_free_p) = calloc(n + 1, sizeof(*open)); /* links left of each */
	size_t *ready CS_AUTO(cs_free_p) = calloc(n + 1, sizeof(*ready));
	size_t n_ready = 0;
	int r = waiters_fill(&w, records, n, err);

	if (r < 0)
		return r;
	if (!open || !ready)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		open[i] = records[i].n_links;
		if (!open[i])
			ready[n_ready++] = i;
	}
	for (size_t done = 0; done < n_ready; done++) {
		for (size_t k = w.at[ready[done]]; k < w.at[ready[done] + 1]; k++) {
			if (--open[w.v[k]] == 0)
				ready[n_ready++] = w.v[k];
		}
	}
	for (size_t i = 0; n_ready < n && i < n; i++) {
		if (open[i])
			return cs_err_set(err, CS_FORMAT, "record %zu depends on a loop of records",
					  i);
	}
	return 0;
}

static int read_records(const struct cs_json *list, struct cs_cache *cache, struct cs_err *err)
{
	size_t n = cs_json_len(list);
	struct cs_cache_record *v = cs_arena_array(cache->arena, n, sizeof(*v));

	if (!v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		if (read_record(cs_json_at(list, i), n, cache, &v[i], err) < 0)
			return cs_err_prefix(err, "record %zu", i);
	}
	if (check_links(v, n, err) < 0)
		return -(int)err->code;
	cache->records = v;
	cache->n_records = n;
	return 0;
}

/* --- the whole --- */

int cs_cache_config_parse(const void *data, size_t len, const struct cs_limits *limits,
			  struct cs_cache *cache, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	const struct cs_json *layers, *records;
	int r = cs_json_parse(data, len, limits, &doc, err);

	if (r < 0)
		return r;
	if (!cs_json_is_object(doc))
		return cs_err_set(err, CS_FORMAT, "is no JSON object");
	r = list_of(doc, "layers", &layers, err);
	if (r == 0)
		r = list_of(doc, "records", &records, err);
	if (r == 0)
		r = read_layers(layers, cache, err);
	if (r == 0)
		r = read_records(records, cache, err);
	return r;
}

int cs_cache_records_parse(const void *data, size_t len, const struct cs_limits *limits,
			   struct cs_cache *cache, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	int r = cs_json_parse(data, len, limits, &doc, err);

	if (r < 0)
		return r;
	if (!cs_json_is_array(doc))
		return cs_err_set(err, CS_FORMAT, "is no list of records");
	return read_records(doc, cache, err);
}

void cs_cache_date_layers(struct cs_cache *cache)
{
	/* Of all results the earliest, found as the layer's time sinks: those it had stay. */
	for (size_t i = 0; i < cache->n_layers; i++)
		cache->layers[i].dated = cache->layers[i].created_unix_ns != CS_TIME_NONE;
	for (size_t i = 0; i < cache->n_records; i++) {
		for (size_t k = 0; k < cache->records[i].n_results; k++) {
			const struct cs_cache_result *result = &cache->records[i].results[k];
			struct cs_cache_layer *l = &cache->layers[cs_cache_top(result)];

			if (l->dated || result->created_unix_ns == CS_TIME_NONE)
				continue;
			if (l->created_unix_ns == CS_TIME_NONE ||
			    l->created_unix_ns > result->created_unix_ns)
				l->created_unix_ns = result->created_unix_ns;
		}
	}
}
