/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of seven bits a byte (LEB128), the shortest form; signed ones in zigzag. */
#ifndef CS_UTIL_VARINT_H
#define CS_UTIL_VARINT_H

#include <stdbool.h>
#include <stdint.h>

#define CS_VARINT_MAX 10

static inline uint64_t cs_zigzag(int64_t v)
{
	return (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0);
}

static inline int64_t cs_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

/* p has room for CS_VARINT_MAX bytes; returns the end. */
static inline uint8_t *cs_varint_put(uint8_t *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

/* False, with *p anywhere, if it does not end before end or does not fit 64 bits. */
static inline bool cs_varint_get(const uint8_t **p, const uint8_t *end, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && *p < end; shift += 7) {
		uint8_t c = *(*p)++;

		if (shift == 63 && c > 1)
			return false;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

#endif
