/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 as JSON carries bytes (RFC 4648, section 4). */
#ifndef CS_UTIL_BASE64_H
#define CS_UTIL_BASE64_H

#include "util/buf.h"

/* Appends the bytes. 0; 1 if text is no base64 (padding may be left out); -1 without memory. */
int cs_base64_decode(struct cs_buf *buf, const char *text);

#endif
