/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows and wraps. Out of memory is sticky and asked for once, at the end. */
#ifndef CS_CMD_WRITER_H
#define CS_CMD_WRITER_H

#include <stdbool.h>

#include "util/buf.h"
#include "util/error.h"

struct cs_writer {
	struct cs_buf buf;
	size_t width; /* wrapped text stays below it */
	bool ascii;   /* the ellipsis as three dots */
	bool failed;
};

void cs_writer_release(struct cs_writer *w);
int cs_writer_check(const struct cs_writer *w, struct cs_err *err);

void cs_write(struct cs_writer *w, const char *fmt, ...) CS_PRINTF(2, 3);
/* text with its ellipses as ascii wants them */
void cs_write_text(struct cs_writer *w, const char *text);
/* Spaces up to column of the current line; a new line first if it is past it. */
void cs_write_column(struct cs_writer *w, size_t column);
/* Words from the current column on; further lines begin at indent. No newline at the end. */
void cs_write_wrapped(struct cs_writer *w, size_t indent, const char *text);
/* One more word behind wrapped text. */
void cs_write_word_after(struct cs_writer *w, size_t indent, const char *word);
/* Paragraphs apart by an empty line; indented lines stay as they are. Ends with a newline. */
void cs_write_paragraphs(struct cs_writer *w, size_t indent, const char *text);

/* A summary ("list builds") as a sentence; the caller's to free, NULL = no memory. */
char *cs_sentence(const char *summary);

#endif
