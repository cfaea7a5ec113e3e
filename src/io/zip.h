/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What artifact downloads are wrapped in: the one file of a kind, read as it comes, or all files of
 * a zip one after the other. Names are told and compared, never used.
 */
#ifndef CS_IO_ZIP_H
#define CS_IO_ZIP_H

#include "io/stream.h"

/*
 * Looks for the file whose name ends with suffix and gives its content as a stream, which borrows
 * in and must be closed before it. 1 if there is none. At its end the rest of the zip is read: a
 * second such file is CS_UNSUPPORTED, damage anywhere is CS_FORMAT. Encrypted files are
 * CS_UNSUPPORTED, and so is a zip that holds a file packed other than by deflate or bzip2. Names of
 * members are compared, never used.
 */
int cs_zip_single(const struct cs_ctx *ctx, struct cs_stream *in, const char *suffix,
		  struct cs_stream **ret, struct cs_err *err);

/* --- all files (zip_files.c) --- */

struct cs_zip;

/* fd is borrowed, its position moves. A zip without its directory (cut) is CS_FORMAT. */
int cs_zip_open(const struct cs_ctx *ctx, int fd, int64_t size, struct cs_zip **ret,
		struct cs_err *err);
void cs_zip_close(struct cs_zip *zip);
CS_DEFINE_AUTO(struct cs_zip *, cs_zip_close)
/*
 * The next regular file: its name (never NULL; as written, so perhaps hostile) lives until the next
 * call. 1 at the end. What was wrong with the file before does not matter: an error is of the zip.
 */
int cs_zip_next(struct cs_zip *zip, const char **ret_name, struct cs_err *err);
/*
 * Its content, once, to be closed before the next call. All files together are bounded by
 * image_bytes and ratio. CS_UNSUPPORTED where it is encrypted, or packed other than by deflate or
 * bzip2.
 */
int cs_zip_file(struct cs_zip *zip, struct cs_stream **ret, struct cs_err *err);

#endif
