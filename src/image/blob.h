/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a layer's blob, however it was learnt: scanned, hashed only, or not read at all.
 */
#ifndef CS_IMAGE_BLOB_H
#define CS_IMAGE_BLOB_H

#include "image/load.h"

struct cs_blob {
	int error; /* 0, or the negative code of why its bytes are no layer: message says */
	char *message;
	enum cs_verified verified;
	struct cs_digest digest; /* of the bytes; NONE if they were not read */
	int64_t blob_bytes;
	struct cs_digest diff_id, content_digest;
	int64_t tar_bytes;
	struct cs_layer_counts counts;
	void *manifest; /* malloc; the blob's until cs_steal */
	size_t manifest_bytes;
};

/* "blobs/ALGO/HEX", the one kind of name that is a digest in every layout; ret else untouched. */
bool cs_blob_name_digest(const char *name, struct cs_digest *ret);

void cs_blob_release(struct cs_blob *blob);
/* Keeps the failure of one layer, so that it counts only if that layer is wanted. */
int cs_blob_fail(struct cs_blob *blob, const struct cs_err *why, struct cs_err *err);

/* Decodes, digests and walks. Takes the stream. */
int cs_blob_scan(const struct cs_ctx *ctx, struct cs_stream *in /* takes */,
		 const struct cs_layer_scan_options *options, struct cs_blob *ret,
		 struct cs_err *err);
/* Only hashes, for a layer whose facts are known. Takes the stream. */
int cs_blob_hash(const struct cs_ctx *ctx, struct cs_stream *in /* takes */,
		 enum cs_digest_algo algo, const struct cs_layer *known, struct cs_blob *ret,
		 struct cs_err *err);
/* Reads nothing. */
void cs_blob_trust(const struct cs_layer *known, const struct cs_digest *digest, int64_t blob_bytes,
		   struct cs_blob *ret);

#endif
