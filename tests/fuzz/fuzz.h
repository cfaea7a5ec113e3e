/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fuzz target is one file with LLVMFuzzerTestOneInput(). Under libFuzzer (scripts/fuzz) it gets
 * what that invents; in make check, linked with main.c, it runs over its seeds. A target checks
 * what must hold for every input with must(); that nothing crashes is the least of it.
 */
#ifndef CS_TESTS_FUZZ_H
#define CS_TESTS_FUZZ_H

#include <string.h>

#include "build/doc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define must(holds)                                                                                \
	do {                                                                                       \
		if (!(holds)) {                                                                    \
			fprintf(stderr, "broken: %s:%d: %s\n", __FILE__, __LINE__, #holds);        \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* Limits low enough that none of them is reached by size alone in a second. */
void fuzz_ctx_init(struct cs_ctx *ctx);
/* Ends the program if a document breaks what holds for all; frees it. A cs_doc_fn. */
int fuzz_take(void *arg, struct cs_doc *doc, struct cs_err *err);
/* One parser of the table over the bytes. */
void fuzz_parser(const char *name, const uint8_t *data, size_t len);

/* A result as error.h has it: 0 or 1, or negative with that code and a message. */
static inline void fuzz_result(int r, const struct cs_err *err)
{
	must(r == 0 || r == 1 || (r < 0 && err->code == (enum cs_code) - r && err->msg[0]));
}

/* The bytes up to the first NUL, terminated; the caller frees it. */
char *fuzz_text(const uint8_t *data, size_t len);
/* Cuts the next line (or the rest) off a text; NULL at its end. */
char *fuzz_line(char **text);
/* The bytes as a file that can seek; fd is the caller's. */
int fuzz_file(const uint8_t *data, size_t len);
/* Memory in blocks of step bytes, each gone when the next is read. */
struct cs_stream *fuzz_stream(const uint8_t *data, size_t len, size_t step);

/* Bytes taken one after the other to build something of; 0 when they have run out. */
struct fuzz_in {
	const uint8_t *p;
	size_t n;
};
uint8_t fuzz_u8(struct fuzz_in *in);
uint64_t fuzz_u64(struct fuzz_in *in);
/* A text, the length of which stands before it; NUL bytes become 'n'. The caller frees it. */
char *fuzz_word(struct fuzz_in *in);

/* --- what the escapes promise, decided without them (check.c) --- */

bool fuzz_is_text(const char *text); /* well-formed UTF-8 */
/* The same without what must not reach a reader, but for newlines where they may stand. */
bool fuzz_is_shown(const char *text, size_t len, bool newlines);
/* "##[…" or "##vso[…", wherever it stands; and "::" at the start. Runners of CI obey both. */
bool fuzz_has_hash_command(const char *text);
bool fuzz_is_obeyed(const char *text);
/* Undoes \xNN, \u{…} and \\, in place. */
void fuzz_unshow(char *text);

#endif
