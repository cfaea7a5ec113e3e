/* SPDX-License-Identifier: Apache-2.0 */
/* What cs_docs_read() finds in bytes, kept for looking at. */
#ifndef CS_TESTS_SUPPORT_DOCS_H
#define CS_TESTS_SUPPORT_DOCS_H

#include "build/doc.h"
#include "support/io.h"

#define TEST_DOCS_MAX 16

struct test_docs {
	struct cs_ctx ctx; /* limits may be changed before reading */
	struct cs_doc *v[TEST_DOCS_MAX];
	size_t n;
	enum cs_code refuse; /* what the receiver answers; CS_OK takes */
	struct cs_err err;
};

void test_docs_init(struct test_docs *docs);
/* Releases what was read; the limits stay. */
void test_docs_clear(struct test_docs *docs);
/* Reads bytes, in blocks of step (0: in one); what was read before goes. The name is "input". */
int test_docs_read(struct test_docs *docs, const void *data, size_t len, size_t step);
int test_docs_text(struct test_docs *docs, const char *text);
int test_docs_fixture(struct test_docs *docs, const char *name); /* of tests/fixtures/build */

/* The step of this name; fails the test without. */
const struct cs_step *test_step(const struct cs_doc *doc, const char *name);
/* One character a step in order: h r f c n ?, upper case for a hit that was pulled. */
const char *test_states(const struct cs_doc *doc, char buf[256]);
/* The same of exec and file steps only. */
const char *test_cacheable(const struct cs_doc *doc, char buf[256]);

/* What holds for every document, whoever wrote it. */
void test_doc_check(const struct cs_doc *doc);

#endif
