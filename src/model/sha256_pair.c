/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Half of a scan is SHA-256, and nearly all of its bytes are hashed for two digests: the layer's
 * and the file's. On amd64 with SHA-NI two lanes give 1.6 times the bytes of one. Refused, for want
 * of what is needed here, which is two running digests of streams: libcrypto (its multi-block code
 * is TLS's own), ISA-L_crypto (no Debian package), libipsec-mb (whole messages only). Elsewhere,
 * and for all that comes in no pair, libcrypto is as fast as it gets. Its results are what the
 * tests hold this against.
 */
#include "model/sha256_pair.h"

#include "util/cleanup.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <stdatomic.h>
#include <immintrin.h>

#define SHA __attribute__((target("sha,sse4.1,ssse3")))
/* Lanes stay in registers only if all of this becomes one function. */
#define SHA_INLINE static inline __attribute__((always_inline, target("sha,sse4.1,ssse3")))

#define N_QUADS 16 /* of rounds, four each */

static const uint32_t constants[4 * N_QUADS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2,
};

/* The state as the instructions want it, and the last 16 words of the message schedule. */
struct lane {
	__m128i abef, cdgh, w[4];
};

SHA_INLINE void lane_load(struct lane *l, const uint32_t h[8])
{
	__m128i badc = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)h), 0xb1);
	__m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(h + 4)), 0x1b);

	l->abef = _mm_alignr_epi8(badc, hgfe, 8);
	l->cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

SHA_INLINE void lane_store(const struct lane *l, uint32_t h[8])
{
	__m128i feba = _mm_shuffle_epi32(l->abef, 0x1b);
	__m128i dchg = _mm_shuffle_epi32(l->cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)h, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* The four words of the schedule for quad i: the message's own, then made of the 16 before. */
SHA_INLINE void lane_schedule(struct lane *l, const uint8_t *data, int i)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i w;

	if (i < 4) {
		w = _mm_loadu_si128((const __m128i *)data + i);
		l->w[i] = _mm_shuffle_epi8(w, swap);
		return;
	}
	w = _mm_sha256msg1_epu32(l->w[i & 3], l->w[(i + 1) & 3]);
	w = _mm_add_epi32(w, _mm_alignr_epi8(l->w[(i + 3) & 3], l->w[(i + 2) & 3], 4));
	l->w[i & 3] = _mm_sha256msg2_epu32(w, l->w[(i + 3) & 3]);
}

SHA_INLINE void lane_rounds(struct lane *l, int i)
{
	__m128i k = _mm_loadu_si128((const __m128i *)constants + i);
	__m128i wk = _mm_add_epi32(l->w[i & 3], k);

	l->cdgh = _mm_sha256rnds2_epu32(l->cdgh, l->abef, wk);
	l->abef = _mm_sha256rnds2_epu32(l->abef, l->cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

SHA_INLINE void lane_add(struct lane *l, __m128i abef, __m128i cdgh)
{
	l->abef = _mm_add_epi32(l->abef, abef);
	l->cdgh = _mm_add_epi32(l->cdgh, cdgh);
}

SHA void cs_sha256_pair(uint32_t a[8], const uint8_t *a_data, uint32_t b[8], const uint8_t *b_data,
			size_t n)
{
	struct lane la, lb;

	lane_load(&la, a);
	lane_load(&lb, b);
	for (; n; n--, a_data += CS_SHA256_BLOCK, b_data += CS_SHA256_BLOCK) {
		__m128i a_abef = la.abef, a_cdgh = la.cdgh, b_abef = lb.abef, b_cdgh = lb.cdgh;

#pragma GCC unroll 16
		for (int i = 0; i < N_QUADS; i++) {
			lane_schedule(&la, a_data, i);
			lane_schedule(&lb, b_data, i);
			lane_rounds(&la, i);
			lane_rounds(&lb, i);
		}
		lane_add(&la, a_abef, a_cdgh);
		lane_add(&lb, b_abef, b_cdgh);
	}
	lane_store(&la, a);
	lane_store(&lb, b);
}

static bool ask_processor(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* Asked once: under a hypervisor the instruction leaves the guest. Whoever asks at the same time
 * gets the same answer, so that nothing else need be ordered. */
bool cs_sha256_pair_able(void)
{
	static atomic_int able = -1;
	int known = atomic_load_explicit(&able, memory_order_relaxed);

	if (known < 0) {
		known = ask_processor();
		atomic_store_explicit(&able, known, memory_order_relaxed);
	}
	return known != 0;
}

#else

bool cs_sha256_pair_able(void)
{
	return false;
}

void cs_sha256_pair(uint32_t a[8] CS_UNUSED, const uint8_t *a_data CS_UNUSED,
		    uint32_t b[8] CS_UNUSED, const uint8_t *b_data CS_UNUSED, size_t n CS_UNUSED)
{
}

#endif
