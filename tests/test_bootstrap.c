/* SPDX-License-Identifier: Apache-2.0 */
/* The generator against published values, intervals against what is known of the distribution. */
#include "support/test.h"

#include <math.h>

#include "metrics/bootstrap.h"

static struct cs_err err;

static void generator(void **state CS_UNUSED)
{
	struct cs_random r = { { 1, 2, 3, 4 } };
	size_t seen[7] = { 0 };

	/* the reference implementation's first values for that state */
	assert_true(cs_random_next(&r) == 11520);
	assert_true(cs_random_next(&r) == 0);
	assert_true(cs_random_next(&r) == 1509978240);
	assert_true(cs_random_next(&r) == UINT64_C(1215971899390074240));
	/* splitmix64 of 0 */
	cs_random_seed(&r, 0);
	assert_true(r.s[0] == UINT64_C(0xe220a8397b1dcdaf));
	assert_true(r.s[1] == UINT64_C(0x6e789e6aa1b965f4));
	assert_true(r.s[2] == UINT64_C(0x06c45d188009454f));
	assert_true(r.s[3] == UINT64_C(0xf88bb8a8724c81ec));
	for (int i = 0; i < 70000; i++)
		seen[cs_random_below(&r, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 9600, 10400);
	assert_int_equal(0, cs_random_below(&r, 1));
}

static struct cs_bootstrap run(const struct cs_clusters *b, const struct cs_clusters *a,
			       bool paired, uint32_t resamples, uint64_t seed)
{
	const struct cs_bootstrap_options o = { seed, resamples, paired, true };
	struct cs_bootstrap ret;

	assert_done(cs_bootstrap(b, a, &o, &ret, &err));
	return ret;
}

/* 95 % intervals of a mean must hold the true one in about 95 of 100 cases (exponential, n = 60).
 */
static void coverage(void **state CS_UNUSED)
{
	double num[2][60], den[60];
	struct cs_random r;
	int held[2] = { 0, 0 };

	cs_random_seed(&r, 7);
	for (int i = 0; i < 60; i++)
		den[i] = 1;
	for (int round = 0; round < 400; round++) {
		struct cs_clusters b = { num[0], den, NULL, 60 }, a = { num[1], den, NULL, 60 };
		struct cs_bootstrap got;

		for (int i = 0; i < 60; i++) {
			for (int side = 0; side < 2; side++) {
				double u = ((double)(cs_random_next(&r) >> 11) + 1) / 0x1p53;

				num[side][i] = -log(u) * (side ? 1 : 2);
			}
		}
		got = run(&b, &a, false, 400, (uint64_t)round);
		held[0] += got.after.low <= 1 && 1 <= got.after.high;
		held[1] += got.reduction.low <= 0.5 && 0.5 <= got.reduction.high;
	}
	assert_in_range(held[0], 400 * 90 / 100, 400 * 98 / 100);
	assert_in_range(held[1], 400 * 90 / 100, 400 * 98 / 100);
}

static void paired_is_narrower(void **state CS_UNUSED)
{
	double before[40], after[40], den[40];
	struct cs_clusters b = { before, den, NULL, 40 }, a = { after, den, NULL, 40 };
	struct cs_bootstrap paired, unpaired, again;

	for (int i = 0; i < 40; i++) {
		before[i] = 10 + 10 * (i % 5); /* events differ much, */
		after[i] = before[i] * 0.7;    /* what is saved does not */
		den[i] = 1;
	}
	paired = run(&b, &a, true, 2000, 1);
	unpaired = run(&b, &a, false, 2000, 1);
	assert_true(fabs(paired.reduction.low - 0.3) < 1e-9);
	assert_true(fabs(paired.reduction.high - 0.3) < 1e-9);
	assert_true(unpaired.reduction.high - unpaired.reduction.low > 0.1);
	again = run(&b, &a, false, 2000, 1);
	assert_memory_equal(&again, &unpaired, sizeof(again));
	again = run(&b, &a, false, 2000, 2);
	assert_true(again.reduction.low != unpaired.reduction.low);
}

static void nothing_to_divide(void **state CS_UNUSED)
{
	double zeros[6] = { 0 }, ones[6] = { 1, 1, 1, 1, 1, 1 };
	struct cs_clusters none = { zeros, zeros, NULL, 0 }, empty = { zeros, zeros, NULL, 6 },
			   free_ = { zeros, ones, NULL, 6 }, full = { ones, ones, NULL, 6 };
	struct cs_bootstrap got = run(&none, &full, false, 200, 1);

	assert_false(got.before.known);
	assert_true(got.after.known);
	assert_false(got.change.known);
	got = run(&empty, &full, false, 200, 1); /* 0/0 */
	assert_false(got.before.known);
	assert_false(got.reduction.known);
	got = run(&free_, &full, false, 200, 1); /* from nothing there is no share to lose */
	assert_true(got.change.known);
	assert_false(got.reduction.known);
	got = run(&full, &full, false, 200, 1);
	assert_true(got.after.low == 1 && got.after.high == 1);
}

/* Past 512 runs blocks are drawn; the interval stays that of the runs. */
static void many(void **state CS_UNUSED)
{
	size_t n = 20000;
	double *num = calloc(n, sizeof(*num)), *den = calloc(n, sizeof(*den));
	struct cs_clusters c = { num, den, NULL, n };
	struct cs_bootstrap got;
	struct cs_random r;
	double mean = 0, var = 0, width;

	assert_non_null(num);
	assert_non_null(den);
	cs_random_seed(&r, 3);
	for (size_t i = 0; i < n; i++) {
		num[i] = cs_random_below(&r, 1000) + (double)i / 20; /* with a trend */
		den[i] = 1;
		mean += num[i] / (double)n;
	}
	for (size_t i = 0; i < n; i++)
		var += (num[i] - mean) * (num[i] - mean) / (double)n;
	width = 2 * 1.96 * sqrt(var / (double)n);
	got = run(&c, &c, false, 2000, 1);
	assert_true(fabs((got.after.high - got.after.low) / width - 1) < 0.12);
	assert_true(got.after.low < mean && mean < got.after.high);
	got = run(&c, &c, true, 500, 1);
	assert_true(got.change.low == 0 && got.change.high == 0);
	free(num);
	free(den);
}

/* Each event got cheaper, but after has more of the dear one: in total it looks worse. */
static void simpson(void **state CS_UNUSED)
{
	double before[20], after[20], ones[20];
	uint8_t mix_before[20], mix_after[20];
	struct cs_clusters b = { before, ones, mix_before, 20 }, a = { after, ones, mix_after, 20 };
	struct cs_standardised std;
	struct cs_bootstrap got;
	double sum[2] = { 0, 0 };

	for (int i = 0; i < 20; i++) {
		mix_before[i] = i < 4;
		mix_after[i] = i < 16;
		before[i] = mix_before[i] ? 100 : 10;
		after[i] = mix_after[i] ? 80 : 8;
		ones[i] = 1;
		sum[0] += before[i];
		sum[1] += after[i];
	}
	assert_true(sum[1] > 2 * sum[0]);
	cs_standardise(&b, &a, &std);
	assert_true(fabs(1 - std.after / std.before - 0.2) < 1e-9);
	assert_true(std.coverage == 1);
	got = run(&b, &a, false, 500, 1);
	assert_true(got.reduction.high < 0);
	assert_true(fabs(got.std_reduction.low - 0.2) < 1e-9);
	assert_true(fabs(got.std_reduction.high - 0.2) < 1e-9);
	/* an event that after does not have is left out of both, and said */
	a.n = 16;
	cs_standardise(&b, &a, &std);
	assert_true(std.coverage == 0.2);
	assert_true(std.before == 100 && std.after == 80);
	a.n = 0;
	cs_standardise(&b, &a, &std);
	assert_true(isnan(std.after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generator),
		cmocka_unit_test(coverage),
		cmocka_unit_test(paired_is_narrower),
		cmocka_unit_test(nothing_to_divide),
		cmocka_unit_test(many),
		cmocka_unit_test(simpson),
	};

	return cmocka_run_group_tests_name("bootstrap", tests, NULL, NULL);
}
