/* SPDX-License-Identifier: Apache-2.0 */
/* The config of a build cache, and what is computed from it: places hold whatever it says. */
#include <string.h>

#include "build/cache_config.h"
#include "fuzz/fuzz.h"
#include "metrics/cache_figures.h"

#define LAYERS 8

static void check_places(const struct cs_cache *c)
{
	for (size_t i = 0; i < c->n_layers; i++)
		must(c->layers[i].parent >= -1 && c->layers[i].parent < (int64_t)c->n_layers);
	for (size_t i = 0; i < c->n_records; i++) {
		const struct cs_cache_record *rec = &c->records[i];

		for (size_t k = 0; k < rec->n_links; k++)
			must(rec->links[k].record < c->n_records &&
			     rec->links[k].input < rec->n_inputs);
		for (size_t k = 0; k < rec->n_results; k++) {
			must(rec->results[k].n_layers > 0);
			for (size_t l = 0; l < rec->results[k].n_layers; l++)
				must(rec->results[k].layers[l] < c->n_layers);
		}
	}
}

/* An image that consists of the cache's first layers. */
static void image_of(const struct cs_cache *c, struct cs_layer layers[LAYERS],
		     struct cs_image *image)
{
	*image = (struct cs_image){ .layers = layers, .base_layers = 1 };
	for (; image->n_layers < LAYERS && image->n_layers < c->n_layers; image->n_layers++) {
		layers[image->n_layers].diff_id = c->layers[image->n_layers].diff_id;
		layers[image->n_layers].blob_digest = c->layers[image->n_layers].blob_digest;
	}
}

static void compute(struct cs_cache *c, struct cs_cache *other)
{
	struct cs_cache_join join CS_AUTO(cs_cache_join_release) = { .own_layers = 0 };
	struct cs_cache_changes changes CS_AUTO(cs_cache_changes_release) = { .kept_blobs = 0 };
	struct cs_layer layers[LAYERS];
	struct cs_cache_figures figures;
	struct cs_image image;
	struct cs_err err;

	memset(layers, 0, sizeof(layers));
	check_places(c);
	cs_cache_date_layers(c);
	image_of(c, layers, &image);
	must(cs_cache_figures(c, 0, &figures, &err) == 0);
	must(figures.blobs <= (int64_t)c->n_layers);
	must(cs_cache_join(c, &image, &join, &err) == 0);
	must(join.served_layers + join.unserved_layers <= join.own_layers);
	must(cs_cache_compare(other, c, &changes, &err) == 0);
	must(changes.added_records + changes.rerun_records + changes.kept_records <=
	     (int64_t)c->n_records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_cache *c CS_AUTO(cs_cache_free_p) = cs_cache_new();
	struct cs_cache *bare CS_AUTO(cs_cache_free_p) = cs_cache_new();
	struct cs_cache_layer layers[LAYERS];
	struct cs_err err = CS_ERR_INIT;
	struct cs_ctx ctx;
	int r;

	if (!c || !bare)
		return 0;
	fuzz_ctx_init(&ctx);
	for (size_t i = 0; i < LAYERS; i++)
		layers[i] = (struct cs_cache_layer){ .parent = (int64_t)i - 1 };
	bare->layers = layers;
	bare->n_layers = LAYERS;
	r = cs_cache_config_parse(data, len, &ctx.limits, c, &err);
	must(r == 0 || err.code == (enum cs_code) - r);
	if (r == 0)
		compute(c, bare);
	if (cs_cache_records_parse(data, len, &ctx.limits, bare, &err) == 0)
		compute(bare, bare);
	return 0;
}
