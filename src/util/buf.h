/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte buffer with a bound. data is NUL-terminated whenever it is not NULL. */
#ifndef CS_UTIL_BUF_H
#define CS_UTIL_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "util/cleanup.h"

struct cs_buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max; /* 0 = SIZE_MAX / 2; a write past it fails like an allocation */
};

#define CS_BUF_INIT { NULL, 0, 0, 0 }

void cs_buf_release(struct cs_buf *buf);
void cs_buf_reset(struct cs_buf *buf); /* len = 0, memory kept */
/* All return 0 or -1 (no memory or past max); the buffer is unchanged on failure. */
int cs_buf_reserve(struct cs_buf *buf, size_t more);
int cs_buf_add(struct cs_buf *buf, const void *data, size_t len);
int cs_buf_puts(struct cs_buf *buf, const char *text);
int cs_buf_putc(struct cs_buf *buf, char c);
int cs_buf_printf(struct cs_buf *buf, const char *fmt, ...) CS_PRINTF(2, 3);

#endif
