/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over one layer: blob digest and size, decoding, diff-id and size, every tar entry with
 * the digest of its content, the content digest, and the compressed entry list (image/entries.h).
 * Nothing is written anywhere. Thread-safe for distinct calls.
 *
 * Content of a file is the SHA-256 of its bytes. That of a file with holes is the SHA-256 of the
 * text "cachestat-sparse-1\n", of offset and length of each run of data (runs that touch are one),
 * of the file's size (all u64, little-endian), and of the SHA-256 of all its data, holes left out.
 * The digest of extended attributes covers for each, sorted by kind, name and value: its kind ('x'
 * for an attribute, 'a' for a line of ACL text, which is its name), then name and value, each
 * behind its length (u64, little-endian).
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
	/* Of the digests expected; sha256 where unknown. */
	enum cs_digest_algo blob_algo, diff_algo;
	int64_t out_max; /* what is left of image_bytes; -1 none */
	_Atomic int *spare; /* processors without work (cs_stream_ahead), may be NULL */
};

/*
 * Takes the stream, on failure too; reads it to its end. On failure *ret is untouched. Digests are
 * not compared with expected ones: that is the caller's. Every regular file is hashed; whiteouts
 * (.wh.NAME, of any type) count as nothing else, a character device 0/0 counts as a device.
 * CS_FORMAT, CS_UNSUPPORTED: damaged, no tar, another compression. CS_LIMIT: layer_bytes,
 * image_bytes (if out_max was lower), ratio, layer_entries, path_bytes, pax_bytes.
 */
int cs_layer_scan(const struct cs_ctx *ctx, struct cs_stream *in /* takes */,
		  const struct cs_layer_scan_options *options, struct cs_layer_scan *ret,
		  struct cs_err *err);

#endif
