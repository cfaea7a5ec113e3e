/* SPDX-License-Identifier: Apache-2.0 */
/* Streams that behave badly, encoders, and fixtures, for the tests of io/. All end the test on
 * NOMEM. */
#ifndef CS_TESTS_SUPPORT_IO_H
#define CS_TESTS_SUPPORT_IO_H

#include "io/stream.h"
#include "support/test.h"
#include "util/buf.h"

/*
 * Borrowed memory in blocks of step bytes, each in a buffer of its own that is overwritten when the
 * next is read, so that whoever keeps a block too long is found. 0 = one block. Ends with the
 * failure fail unless that is CS_OK.
 */
struct cs_stream *test_stream(const void *data, size_t len, size_t step, enum cs_code fail);
/* Reads all of s and closes it; what was read before a failure stays in buf. */
int test_slurp(struct cs_stream *s, struct cs_buf *buf, struct cs_err *err);

/* Text that compresses, but not too well; the same for the same seed. */
void test_fill(struct cs_buf *buf, size_t len, uint32_t seed);
uint32_t test_random(uint32_t *state);

/* Appends one member; header is what stands before the deflate data, NULL for the plain 10 bytes.
 */
void test_gzip(struct cs_buf *buf, const void *data, size_t len, const void *header,
	       size_t header_len);
/* Appends one frame with a checksum; window_log 0 = the library's choice. */
void test_zstd(struct cs_buf *buf, const void *data, size_t len, int window_log);
void test_xz(struct cs_buf *buf, const void *data, size_t len);

/* A file of tests/fixtures. */
void test_fixture(struct cs_buf *buf, const char *name);
/* An unlinked temporary file with these bytes. */
int test_file(const void *data, size_t len);

#endif
