/* SPDX-License-Identifier: Apache-2.0 */
/* Archives built header by header, so that each field can be wrong. */
#ifndef CS_TESTS_SUPPORT_TAR_H
#define CS_TESTS_SUPPORT_TAR_H

#include "support/io.h"

/* Zeros and NULLs are fine everywhere: a ustar regular file, mode 0644, by root. */
struct test_tar_entry {
	const char *name, *link;
	char type;	   /* 0: '0' */
	const char *magic; /* 8 bytes; NULL: "ustar\00000" */
	const char *size;  /* the field as it is; NULL: the length of the data */
	unsigned mode;
};

/* Header, data and padding. */
void test_tar_add(struct cs_buf *tar, const struct test_tar_entry *e, const void *data, size_t len);
void test_tar_file(struct cs_buf *tar, const char *name, const char *data);
/* Sets the checksum of the header at offset at right. */
void test_tar_sum(struct cs_buf *tar, size_t at);
/* "LEN KEY=VALUE\n"; len of the value, or -1 for its strlen. */
void test_pax_record(struct cs_buf *body, const char *key, const char *value, int len);
/* An 'x' header with these records. */
void test_tar_pax(struct cs_buf *tar, const struct cs_buf *body);
/* A sparse file of GNU format 1.0 named "sparse": the map ("N\nOFFSET\nLEN\n…"), then the data. */
void test_tar_sparse(struct cs_buf *tar, const char *realsize, const char *map, const char *data);
void test_tar_end(struct cs_buf *tar);

#endif
