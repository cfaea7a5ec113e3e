/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers read by several workers, the largest first. Each distinct layer is one task; what became
 * of it stands in its blob. The first failure stops the tasks behind it, those before it are still
 * done: whichever worker was faster, the failure reported is that of the lowest task.
 */
#ifndef CS_IMAGE_SCAN_POOL_H
#define CS_IMAGE_SCAN_POOL_H

#include "image/source.h"

enum cs_scan_how {
	CS_SCAN_FULL,
	CS_SCAN_HASH,	   /* facts are known by the blob's digest */
	CS_SCAN_HASH_DIFF, /* known by diff-id: hashed if it is not compressed, else scanned */
	CS_SCAN_TRUST,	   /* nothing is read */
};

struct cs_scan_task {
	const char *name; /* of the member, where links lead to */
	int64_t size;
	enum cs_scan_how how;
	enum cs_digest_algo blob_algo, diff_algo;
	struct cs_digest digest; /* promised by a descriptor or a name; NONE without */
	struct cs_layer known;	 /* for all but FULL */
	struct cs_blob blob;	 /* the result; the task's to release */
};

/* in must be of the kind with extents. On failure *ret_failed is the task; n = none of them. */
int cs_scan_run(const struct cs_ctx *ctx, struct cs_input *in, struct cs_scan_task *tasks, size_t n,
		size_t *ret_failed, struct cs_err *err);

#endif
