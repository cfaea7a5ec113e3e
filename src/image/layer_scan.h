/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over one layer: blob digest and size, decoding, diff-id and size, every tar entry with
 * the digest of its content, the content digest, and the compressed entry list (image/entries.h).
 * Nothing is written anywhere. Thread-safe for distinct calls.
 */
#ifndef CS_IMAGE_LAYER_SCAN_H
#define CS_IMAGE_LAYER_SCAN_H

#include "io/stream.h"
#include "model/image.h"

struct cs_layer_scan {
	struct cs_digest blob_digest, diff_id, content_digest;
	int64_t blob_bytes, tar_bytes;
	enum cs_coding coding;
	struct cs_layer_counts counts;
	void *manifest; /* zstd-compressed entry list; malloc, the receiver's */
	size_t manifest_bytes;
};

void cs_layer_scan_release(struct cs_layer_scan *scan);

struct cs_layer_scan_options {
	enum cs_digest_algo blob_algo, diff_algo; /* of the digests expected; sha256 where unknown */
	int64_t out_max;			  /* what is left of image_bytes; -1 none */
};

/* Takes the stream. On failure *ret is untouched. */
int cs_layer_scan(const struct cs_ctx *ctx, struct cs_stream *in /* takes */,
		  const struct cs_layer_scan_options *options, struct cs_layer_scan *ret,
		  struct cs_err *err);

#endif
