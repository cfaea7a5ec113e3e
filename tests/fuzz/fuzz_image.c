/* SPDX-License-Identifier: Apache-2.0 */
/* A file that a user names, taken as an image and as an exported cache. */
#include "build/cache_export.h"
#include "fuzz/fuzz.h"
#include "image/base.h"
#include "image/load.h"

static void check_image(const struct cs_image *image)
{
	must(image->base_layers >= -1 && image->base_layers <= (int)image->n_layers);
	for (size_t i = 0; i < image->n_layers; i++) {
		const struct cs_layer *l = &image->layers[i];

		must(l->index == i && cs_digest_known(&l->diff_id));
		must(l->blob_bytes >= -1 && l->tar_bytes >= -1 && l->state <= CS_LAYER_BASE);
	}
	for (size_t i = 0; i < image->n_history; i++)
		must(image->history[i].layer >= -1 &&
		     image->history[i].layer < (int)image->n_layers);
}

static void load_image(const struct cs_ctx *ctx, const char *path, bool documents_only)
{
	const struct cs_load_options options = { .all_platforms = true,
						 .documents_only = documents_only };
	struct cs_image_list list CS_AUTO(cs_image_list_release) = { NULL, 0 };
	struct cs_err err = CS_ERR_INIT;
	int r = cs_images_load(ctx, path, &options, &list, &err);

	fuzz_result(r, &err);
	must(r == 0 || !list.n);
	for (size_t i = 0; i < list.n; i++)
		check_image(list.v[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cs_cache *cache CS_AUTO(cs_cache_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	int fd = fuzz_file(data, len);
	struct cs_ctx ctx;
	char path[64];

	fuzz_ctx_init(&ctx);
	ctx.n_threads = 1;
	ctx.limits.layer_bytes = 4 << 20;
	ctx.limits.path_bytes = 4096;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	load_image(&ctx, path, false);
	load_image(&ctx, path, true);
	fuzz_result(cs_cache_load(&ctx, path, NULL, &cache, &err), &err);
	close(fd);
	return 0;
}
