/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 of two messages abreast. A round waits for the one before it, so that one message leaves
 * the processor's SHA unit idle half of the time; a second in the same instruction stream fills
 * it. Blocks only: beginning, padding and whatever has no partner are libcrypto's.
 */
#ifndef CS_MODEL_SHA256_PAIR_H
#define CS_MODEL_SHA256_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CS_SHA256_BLOCK 64

/* Whether this processor can; ask once, not per call: in a virtual machine the question is slow. */
bool cs_sha256_pair_able(void);
/* Moves both states (eight words, as FIPS 180-4 has them) on by n blocks. Only where able. */
void cs_sha256_pair(uint32_t a[8], const uint8_t *a_data, uint32_t b[8], const uint8_t *b_data,
		    size_t n);

#endif
