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

/*
 * What the caller knows of a layer from earlier: fills diff_id, sizes, content_digest, counts. Such
 * a layer is hashed and not decoded, or, with trust_known, not even read; its entry list is NULL.
 */
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
 * where: a file (docker archive, OCI archive; gzip, zstd, xz), a folder (OCI layout, skopeo's dir:,
 * an extracted docker archive), "-", or with a transport: oci:PATH[:TAG][@DIGEST],
 * oci-archive:PATH[:TAG], docker-archive:FILE[:REF or :@INDEX], dir:DIR.
 *
 * Gives every image it holds (distinct configs, in index order) of the chosen platform; where an
 * image has one platform only, or the blobs of one only, that one. Every document and every layer
 * of them is held against size, digest, diff-id and name of the config; what nobody asked for may
 * be missing or damaged. Layers are scanned largest first by ctx->n_threads workers. base_layers
 * is decided as far as the image itself tells; cs_image_base() (image/base.h) goes on from there.
 *
 * Errors name the input, the member and the reason; layers are counted from 0, as everywhere.
 * CS_NOTFOUND: no such file, tag or platform (the message lists those there are). CS_UNSUPPORTED:
 * no image, or of a kind that is not read. CS_FORMAT, CS_DIGEST, CS_LIMIT: the input is bad.
 */
int cs_images_load(const struct cs_ctx *ctx, const char *where,
		   const struct cs_load_options *options, struct cs_image_list *ret,
		   struct cs_err *err);

#endif
