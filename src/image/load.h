/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a place that the user named to images with checked documents and scanned layers.
 * Which layout, which platform, which digest, which bound: all decided here, once, for every
 * source.
 */
#ifndef CS_IMAGE_LOAD_H
#define CS_IMAGE_LOAD_H

#include "image/layer_scan.h"
#include "model/image.h"

/* What the caller knows of a layer from earlier: fills diff_id, sizes, content_digest, counts. */
struct cs_known {
	/* By blob digest (sha256 or sha512) or by diff-id; 0 found, 1 not, negative on failure. */
	int (*by_blob)(void *arg, const struct cs_digest *blob, struct cs_layer *ret,
		       struct cs_err *err);
	int (*by_diff_id)(void *arg, const struct cs_digest *diff_id, struct cs_layer *ret,
			  struct cs_err *err);
	void *arg;
};

struct cs_load_options {
	const char *platform; /* "os/arch[/variant]"; NULL = the host's */
	bool all_platforms;
	bool trust_known;
	bool documents_only; /* no layer is read: digests and sizes from the documents alone */
	const struct cs_known *known; /* NULL = nothing; called from one thread only */
};

struct cs_image_list {
	struct cs_image **v;
	size_t n;
};
void cs_image_list_release(struct cs_image_list *list);

/*
 * where: a file (docker archive, OCI archive; gzip, zstd, xz), an OCI folder, "-", or with a
 * transport: oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF], dir:DIR.
 * Gives every image it holds of the chosen platform (distinct configs, in index order), layers
 * scanned largest first by ctx->n_threads workers. Errors name the input, the member and the
 * reason.
 */
int cs_images_load(const struct cs_ctx *ctx, const char *where,
		   const struct cs_load_options *options, struct cs_image_list *ret,
		   struct cs_err *err);

#endif
