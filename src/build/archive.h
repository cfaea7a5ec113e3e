/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The blobs of a .dockerbuild archive, read in one pass: order is free and the index often comes
 * last, so what may be needed is kept (JSON as bytes, a status stream folded) within the limits,
 * and everything is hashed.
 */
#ifndef CS_BUILD_ARCHIVE_H
#define CS_BUILD_ARCHIVE_H

#include "build/fold.h"
#include "image/manifest.h"

struct cs_archive;

/* Reads all of the stream. 1: it holds no build record for sure (an image). */
int cs_archive_read(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_archive **ret,
		    struct cs_err *err);
void cs_archive_free(struct cs_archive *archive);
CS_DEFINE_AUTO(struct cs_archive *, cs_archive_free)

/* True if it holds a status stream with steps, or a trace: what only a record has. */
bool cs_archive_has_record(const struct cs_archive *archive);
/* index.json; 1 without one. Borrowed. */
int cs_archive_index(const struct cs_archive *archive, const char **ret_data, size_t *ret_len);
/*
 * A blob that a document names, its digest and size checked: CS_FORMAT missing, CS_DIGEST, CS_LIMIT
 * it was too large to be kept. The fold of a status stream is NULL for other blobs.
 */
int cs_archive_json(const struct cs_archive *archive, const struct cs_descriptor *d,
		    const char **ret_data, size_t *ret_len, struct cs_err *err);
int cs_archive_fold(const struct cs_archive *archive, const struct cs_descriptor *d,
		    struct cs_fold **ret, struct cs_err *err);
/* Checks digest and size of one that is not read. */
int cs_archive_check(const struct cs_archive *archive, const struct cs_descriptor *d,
		     struct cs_err *err);

#endif
