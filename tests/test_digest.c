/* SPDX-License-Identifier: Apache-2.0 */
/* Digests abreast are held against libcrypto's, one at a time. */
#include "support/io.h"

#include "model/digest.h"
#include "model/sha256_pair.h"

#define DATA_BYTES 70000

static struct cs_err err;

/* The same at each run. */
static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static uint8_t *data_make(uint32_t seed)
{
	uint8_t *data = malloc(DATA_BYTES);

	assert_non_null(data);
	for (size_t i = 0; i < DATA_BYTES; i++)
		data[i] = (uint8_t)next(&seed);
	return data;
}

static void assert_digest(enum cs_digest_algo algo, const uint8_t *data, size_t len,
			  struct cs_hasher *h)
{
	struct cs_digest want, got;

	assert_done(cs_digest_of(algo, data, len, &want, &err));
	cs_hasher_final(h, &got);
	assert_true(cs_digest_equal(&want, &got));
	cs_hasher_reset(h);
}

/* Lengths around blocks, and any other; short ones more often. */
static size_t length_pick(uint32_t *seed, size_t max)
{
	size_t n = next(seed) % 3 ? next(seed) % 300 : next(seed) % DATA_BYTES;

	if (next(seed) % 2)
		n = n / CS_SHA256_BLOCK * CS_SHA256_BLOCK + next(seed) % 3;
	return n < max ? n : max;
}

static void pair_round(struct cs_hasher *a, struct cs_hasher *b, enum cs_digest_algo b_algo,
		       const uint8_t *data, uint32_t *seed)
{
	size_t from_a = next(seed) % 100, from_b = next(seed) % 100, at_a = 0, at_b = 0;

	for (uint32_t calls = next(seed) % 5 + 1; calls; calls--) {
		size_t n_a = length_pick(seed, DATA_BYTES - from_a - at_a);
		size_t n_b = length_pick(seed, DATA_BYTES - from_b - at_b);

		cs_hasher_update_pair(a, data + from_a + at_a, n_a, b, data + from_b + at_b, n_b);
		at_a += n_a;
		at_b += n_b;
	}
	assert_digest(CS_DIGEST_SHA256, data + from_a, at_a, a);
	assert_digest(b_algo, data + from_b, at_b, b);
}

static void pairs(void **state CS_UNUSED)
{
	static const enum cs_digest_algo algos[] = { CS_DIGEST_SHA256, CS_DIGEST_SHA512 };
	uint8_t *data = data_make(1);
	uint32_t seed = 2;

	if (!cs_sha256_pair_able())
		print_message("this processor hashes one message at a time\n");
	for (size_t i = 0; i < CS_N(algos); i++) {
		struct cs_hasher *a, *b;

		assert_done(cs_hasher_new(CS_DIGEST_SHA256, &a, &err));
		assert_done(cs_hasher_new(algos[i], &b, &err));
		for (int n = 0; n < 2000; n++)
			pair_round(a, b, algos[i], data, &seed);
		cs_hasher_free(a);
		cs_hasher_free(b);
	}
	free(data);
}

/* A message's length in bits takes more than 32 of them from 512 MiB on. */
static void pair_counts_long_messages(void **state CS_UNUSED)
{
	static uint8_t zeros[1 << 20];
	struct cs_digest want, got[2];
	struct cs_hasher *a, *b, *alone;

	assert_done(cs_hasher_new(CS_DIGEST_SHA256, &a, &err));
	assert_done(cs_hasher_new(CS_DIGEST_SHA256, &b, &err));
	assert_done(cs_hasher_new(CS_DIGEST_SHA256, &alone, &err));
	for (int i = 0; i < 513; i++) {
		cs_hasher_update_pair(a, zeros, sizeof(zeros), b, zeros, sizeof(zeros));
		cs_hasher_update(alone, zeros, sizeof(zeros));
	}
	cs_hasher_final(a, &got[0]);
	cs_hasher_final(b, &got[1]);
	cs_hasher_final(alone, &want);
	assert_true(cs_digest_equal(&want, &got[0]));
	assert_true(cs_digest_equal(&want, &got[1]));
	cs_hasher_free(a);
	cs_hasher_free(b);
	cs_hasher_free(alone);
}

/* Files in a layer: parts of each block are hashed once more, some of them, in any sizes. */
static void tap_round(const uint8_t *data, size_t block_len, enum cs_digest_algo algo,
		      uint32_t *seed)
{
	struct cs_stream *tap;
	struct cs_hasher *h;
	struct cs_digest want, got;
	const uint8_t *block;
	int64_t bytes;
	size_t len;

	assert_done(cs_hasher_new(CS_DIGEST_SHA256, &h, &err));
	assert_done(
		cs_stream_tap(test_stream(data, DATA_BYTES, block_len, CS_OK), algo, &tap, &err));
	while (cs_stream_read(tap, &block, &len, &err) == 0) {
		while (len && next(seed) % 20) {
			size_t skip = length_pick(seed, len), n = length_pick(seed, len - skip);

			cs_stream_tap_pair(tap, h, block + skip, n);
			assert_digest(CS_DIGEST_SHA256, block + skip, n, h);
			block += skip + n;
			len -= skip + n;
		}
	}
	cs_stream_tap_result(tap, &bytes, &got);
	assert_int_equal(DATA_BYTES, bytes);
	if (algo == CS_DIGEST_NONE) {
		assert_false(cs_digest_known(&got));
	} else {
		assert_done(cs_digest_of(algo, data, DATA_BYTES, &want, &err));
		assert_true(cs_digest_equal(&want, &got));
	}
	cs_stream_close(tap);
	cs_hasher_free(h);
}

static void tap_takes_along(void **state CS_UNUSED)
{
	static const size_t blocks[] = { 1, 100, 512, 4096, 4100, DATA_BYTES };
	uint8_t *data = data_make(3);
	uint32_t seed = 4;

	for (size_t i = 0; i < CS_N(blocks); i++) {
		for (int n = 0; n < 20; n++)
			tap_round(data, blocks[i], (enum cs_digest_algo)(n % 3), &seed);
	}
	free(data);
}

/* The result may be asked for before the end, when a block is not hashed yet. */
static void tap_result_before_the_end(void **state CS_UNUSED)
{
	uint8_t *data = data_make(5);
	struct cs_digest want, got;
	struct cs_stream *tap;
	const uint8_t *block;
	int64_t bytes;
	size_t len;

	assert_done(cs_stream_tap(test_stream(data, DATA_BYTES, 1000, CS_OK), CS_DIGEST_SHA256,
				  &tap, &err));
	assert_done(cs_stream_read(tap, &block, &len, &err));
	cs_stream_tap_result(tap, &bytes, &got);
	assert_int_equal(1000, bytes);
	assert_done(cs_digest_of(CS_DIGEST_SHA256, data, 1000, &want, &err));
	assert_true(cs_digest_equal(&want, &got));
	cs_stream_close(tap);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(pair_counts_long_messages),
		cmocka_unit_test(tap_takes_along),
		cmocka_unit_test(tap_result_before_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
