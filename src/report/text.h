/* SPDX-License-Identifier: Apache-2.0 */
/* What the escapes share: strict UTF-8, which characters must not reach a reader as they are. */
#ifndef CS_REPORT_TEXT_H
#define CS_REPORT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

/*
 * Bytes of the first character of a NUL-terminated text that is not empty, or 0 if they are not
 * UTF-8 (overlong forms, surrogates and what is past U+10FFFF included).
 */
size_t cs_text_decode(const char *text, uint32_t *ret_cp);
/* C0, DEL, C1, bidi controls, line separators, invisible characters, noncharacters. */
bool cs_text_is_hidden(uint32_t cp);
unsigned cs_text_cp_width(uint32_t cp); /* 0, 1 or 2 */

/* "##" letters "[": a command of GitHub's and Azure's runners, wherever it stands in a line. */
bool cs_text_is_hash_command(const char *text);
/* Where "::" stands with nothing but blanks before it, or NULL. */
const char *cs_text_colon_command(const char *text);

enum {
	CS_SHOW_ASCII = 1,    /* escape all but ASCII */
	CS_SHOW_COLON = 2,    /* break up "::" at the start by \x3a */
	CS_SHOW_HASH = 4,     /* break up "##[" anywhere by \x23 */
	CS_SHOW_BLANKS = 8,   /* newline, carriage return and tab become a space */
	CS_SHOW_NEWLINE = 16, /* newline stays */
};

/* The \xNN and \u{…} form of text; what it escapes is the same for all formats but JSON. */
int cs_text_show(struct cs_buf *buf, const char *text, unsigned flags);
/* Cuts what cs_text_show() wrote to width columns with the ellipsis, never inside an escape. */
int cs_text_shorten(struct cs_buf *buf, size_t width, bool utf8);

#endif
