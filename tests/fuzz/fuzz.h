/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target is one file with LLVMFuzzerTestOneInput(). Under libFuzzer (tests/fuzz/run) it gets
 * what that invents; in make check, linked with main.c, it runs over its seeds.
 */
#ifndef CS_TESTS_FUZZ_H
#define CS_TESTS_FUZZ_H

#include "build/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Limits low enough that none of them is reached by size alone in a second. */
void fuzz_ctx_init(struct cs_ctx *ctx);
/* Ends the program if a document breaks what holds for all; frees it. A cs_doc_fn. */
int fuzz_take(void *arg, struct cs_doc *doc, struct cs_err *err);
/* One parser of the table over the bytes. */
void fuzz_parser(const char *name, const uint8_t *data, size_t len);

#endif
