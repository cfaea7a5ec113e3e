/* SPDX-License-Identifier: Apache-2.0 */
/* For what asks for a checksum in text; digests of content are model/digest.h. */
#ifndef CS_UTIL_SHA256_H
#define CS_UTIL_SHA256_H

#include <stddef.h>

#define CS_SHA256_BASE64 45

/* ret, or NULL: the library had no memory. */
char *cs_sha256_base64(const void *data, size_t len, char ret[CS_SHA256_BASE64]);

#endif
