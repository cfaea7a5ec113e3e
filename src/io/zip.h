/* SPDX-License-Identifier: Apache-2.0 */
/* The one file of a kind inside a zip, read as it comes: what artifact downloads are wrapped in. */
#ifndef CS_IO_ZIP_H
#define CS_IO_ZIP_H

#include "io/stream.h"

/*
 * Looks for the file whose name ends with suffix and gives its content as a stream, which borrows
 * in and must be closed before it. 1 if there is none. At its end the rest of the zip is read: a
 * second such file is CS_UNSUPPORTED, damage anywhere is CS_FORMAT. Encrypted files are
 * CS_UNSUPPORTED. Names of members are compared, never used.
 */
int cs_zip_single(const struct cs_ctx *ctx, struct cs_stream *in, const char *suffix,
		  struct cs_stream **ret, struct cs_err *err);

#endif
