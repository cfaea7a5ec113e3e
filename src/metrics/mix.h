/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that stand for texts where only equality is asked. They are kept (metrics/brief.h). */
#ifndef CS_METRICS_MIX_H
#define CS_METRICS_MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * FNV-1a, 64 bits wide, each field with its end, so that "ab","c" is not "a","bc". No defence
 * against who makes two names collide on purpose: all he gets is a wrong line about his own builds.
 */
#define CS_MIX_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t cs_mix_bytes(uint64_t h, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

static inline uint64_t cs_mix_u64(uint64_t h, uint64_t v)
{
	unsigned char bytes[8]; /* the same on every machine */

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(v >> (8 * i));
	return cs_mix_bytes(h, bytes, sizeof(bytes));
}

/* NULL is not the empty text. */
static inline uint64_t cs_mix_text(uint64_t h, const char *text)
{
	return text ? cs_mix_bytes(h, text, strlen(text) + 1) : cs_mix_bytes(h, "\xff", 2);
}

/* Spread over all bits, and never the 0 that means unknown. */
static inline uint64_t cs_mix_end(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	return h ? h : 1;
}

#endif
