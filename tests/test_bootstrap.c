/* SPDX-License-Identifier: Apache-2.0 */
/* The generator against published values, intervals against what is known of the distribution. */
#include "support/test.h"

#include <math.h>

#include <string.h>

#include "metrics/bootstrap.h"
#include "metrics/quantile.h"
#include "metrics/stats.h"

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
	const struct cs_bootstrap_options o = {
		.seed = seed, .resamples = resamples, .paired = paired, .standardise = true
	};
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
		struct cs_clusters b = { num[0], den, NULL, 60, NULL },
				   a = { num[1], den, NULL, 60, NULL };
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
	struct cs_clusters b = { before, den, NULL, 40, NULL }, a = { after, den, NULL, 40, NULL };
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
	struct cs_clusters none = { zeros, zeros, NULL, 0, NULL },
			   empty = { zeros, zeros, NULL, 6, NULL },
			   free_ = { zeros, ones, NULL, 6, NULL },
			   full = { ones, ones, NULL, 6, NULL };
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

/* Past 512 runs sums are drawn, blocks in pairs; the interval stays that of the runs. */
static void many(void **state CS_UNUSED)
{
	size_t n = 20000;
	double *num = calloc(n, sizeof(*num)), *den = calloc(n, sizeof(*den));
	struct cs_clusters c = { num, den, NULL, n, NULL };
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

/* --- many clusters against the bootstrap that draws each of them --- */

#define MANY  3000
#define DRAWS 3000

struct set {
	double num[2][MANY], den[2][MANY];
	uint8_t stratum[2][MANY];
};

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Hits of steps: rates that go with the number of steps, three strata, one of them small. */
static void fill_set(struct set *set)
{
	struct cs_random r;

	cs_random_seed(&r, 11);
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < MANY; i++) {
			uint32_t steps = 1 + cs_random_below(&r, 20);

			set->stratum[side][i] = i % 50 == 0 ? 2 : i % 3 == 0;
			set->den[side][i] = steps;
			set->num[side][i] = cs_random_below(&r, steps + 1) *
					    (side || set->stratum[side][i] ? 1 : 0.5);
		}
	}
}

/* The interval of after's quotient, or of its sum, as every program would compute it. */
static struct cs_interval draw_each(const struct set *set, bool totals)
{
	static double values[DRAWS];
	struct cs_interval ret = { .known = true };
	struct cs_random r;

	cs_random_seed(&r, 5);
	for (size_t k = 0; k < DRAWS; k++) {
		double num = 0, den = 0;

		for (size_t i = 0; i < MANY; i++) {
			size_t at = cs_random_below(&r, MANY);

			num += set->num[1][at];
			den += set->den[1][at];
		}
		values[k] = totals ? num : num / den;
	}
	qsort(values, DRAWS, sizeof(*values), by_value);
	ret.low = values[DRAWS * 25 / 1000];
	ret.high = values[DRAWS * 975 / 1000];
	return ret;
}

/* An end of an interval of DRAWS draws is off by 0.05 standard deviations, of which it spans 3.9:
 * two such ends by 0.07; four times that is 7 % of the span. */
static void assert_close(const struct cs_interval *a, const struct cs_interval *b)
{
	double span = b->high - b->low;

	assert_true(a->known && span > 0);
	assert_true(fabs(a->low - b->low) < 0.07 * span);
	assert_true(fabs(a->high - b->high) < 0.07 * span);
}

static bool same(const struct cs_interval *a, const struct cs_interval *b)
{
	return a->known == b->known && a->low == b->low && a->high == b->high;
}

static void zeros_apart(const struct cs_clusters *b, const struct cs_clusters *a)
{
	static double num[MANY + 100];
	static uint8_t stratum[MANY + 100];
	static size_t zeros[CS_STRATA];
	struct cs_clusters with = { num, NULL, stratum, MANY + 100, NULL }, without = *a;
	struct cs_bootstrap got, want;
	struct cs_standardised std[2];

	for (size_t i = 0; i < MANY + 100; i++) {
		num[i] = i < MANY ? a->num[i] : 0;
		stratum[i] = i < MANY ? a->stratum[i] : i % 3;
		zeros[i % 3] += i >= MANY;
	}
	without.zeros = zeros;
	want = run(b, &with, false, 500, 1);
	got = run(b, &without, false, 500, 1);
	assert_true(fabs(got.after.low - want.after.low) < 1e-6);
	assert_true(fabs(got.std_reduction.high - want.std_reduction.high) < 1e-9);
	cs_standardise(b, &with, &std[0]);
	cs_standardise(b, &without, &std[1]);
	assert_true(fabs(std[0].after - std[1].after) < 1e-6);
}

static void sums_for_clusters(void **state CS_UNUSED)
{
	static struct set set;
	struct cs_clusters sides[2];
	struct cs_interval each;
	struct cs_bootstrap got, few, shared;
	struct cs_bootstrap_options o = { .seed = 1, .resamples = DRAWS, .standardise = true };

	fill_set(&set);
	for (int side = 0; side < 2; side++)
		sides[side] = (struct cs_clusters){ set.num[side], set.den[side], set.stratum[side],
						    MANY, NULL };
	got = run(&sides[0], &sides[1], false, DRAWS, 1);
	each = draw_each(&set, false);
	assert_close(&got.after, &each);
	assert_true(got.before.high < got.after.low);
	assert_true(got.change.low > 0 && got.std_change.low > 0 && got.std_reduction.known);
	/* deviates that are shared are the same ones */
	assert_done(cs_bootstrap_chance_new(o.seed, o.resamples, &o.chance, &err));
	assert_done(cs_bootstrap(&sides[0], &sides[1], &o, &shared, &err));
	assert_done(cs_bootstrap(&sides[0], &sides[1], &o, &shared, &err));
	assert_true(same(&shared.after, &got.after));
	assert_true(same(&shared.std_reduction, &got.std_reduction));
	/* nothing of the change, the sides as they were */
	o.sides_only = true;
	assert_done(cs_bootstrap(&sides[0], &sides[1], &o, &few, &err));
	assert_true(same(&few.after, &got.after));
	assert_false(few.change.known);
	cs_bootstrap_chance_free(o.chance);
	/* runs in which nothing happened need not be there one by one */
	sides[0].den = sides[1].den = NULL;
	zeros_apart(&sides[0], &sides[1]);
	got = run(&sides[0], &sides[1], false, DRAWS, 1);
	each = draw_each(&set, true);
	assert_close(&got.after, &each);
}

/* Four of 3000: no sum is less than none, and none is as likely as the law of small numbers says
 * (e^-4 is under 2.5 %, so the interval is 1 … 8). */
static void rare(void **state CS_UNUSED)
{
	static struct set set;
	struct cs_clusters c = { set.num[0], NULL, NULL, MANY, NULL };
	struct cs_bootstrap got;

	for (size_t i = 0; i < 4; i++)
		set.num[0][i * 700] = 1;
	got = run(&c, &c, false, 5000, 1);
	assert_in_range((int)got.before.low, 0, 1);
	assert_in_range((int)got.before.high, 8, 9);
	/* all the same: no width, and 100 % is exact */
	for (size_t i = 0; i < MANY; i++)
		set.num[0][i] = set.den[0][i] = (double)(i % 7 + 1);
	c.den = set.den[0];
	got = run(&c, &c, false, 1000, 1);
	assert_true(got.after.low == 1 && got.after.high == 1 && got.change.high == 0);
}

/* Each event got cheaper, but after has more of the dear one: in total it looks worse. */
static void simpson(void **state CS_UNUSED)
{
	double before[20], after[20], ones[20];
	uint8_t mix_before[20], mix_after[20];
	struct cs_clusters b = { before, ones, mix_before, 20, NULL },
			   a = { after, ones, mix_after, 20, NULL };
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

/* Without sorting, to the bit what sorting says. */
static void quantiles(void **state CS_UNUSED)
{
	static const double q[] = { 0, 0.025, 0.25, 0.5, 0.75, 0.975, 1 };
	static double v[5000], sorted[5000];
	struct cs_random r;
	double got[7];

	cs_random_seed(&r, 9);
	for (size_t n = 0; n <= 5000; n = n * 3 / 2 + 1) {
		for (int kind = 0; kind < 4; kind++) {
			for (size_t i = 0; i < n; i++) {
				double x = (double)(int64_t)cs_random_next(&r);

				v[i] = kind == 0   ? x
				       : kind == 1 ? floor(x / 0x1p61)
				       : kind == 2 ? ldexp(x, (int)cs_random_below(&r, 2000) - 1100)
						   : 7;
			}
			memcpy(sorted, v, sizeof(v));
			if (n)
				qsort(sorted, n, sizeof(*sorted), by_value);
			cs_quantiles(v, n, 0, q, 7, got);
			for (size_t k = 0; k < 7; k++) {
				double want = cs_quantile(sorted, n, q[k]);

				assert_true(n ? got[k] == want : isnan(got[k]));
			}
			/* zeros that are counted only */
			for (size_t i = 0; i < n; i++)
				sorted[i] = i < n / 3 ? 0 : fabs(v[i]);
			memcpy(v, sorted + n / 3, (n - n / 3) * sizeof(*v));
			if (n)
				qsort(sorted, n, sizeof(*sorted), by_value);
			cs_quantiles(v, n - n / 3, n / 3, q, 7, got);
			for (size_t k = 0; n && k < 7; k++)
				assert_true(got[k] == cs_quantile(sorted, n, q[k]));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generator),
		cmocka_unit_test(coverage),
		cmocka_unit_test(paired_is_narrower),
		cmocka_unit_test(nothing_to_divide),
		cmocka_unit_test(many),
		cmocka_unit_test(sums_for_clusters),
		cmocka_unit_test(rare),
		cmocka_unit_test(quantiles),
		cmocka_unit_test(simpson),
	};

	return cmocka_run_group_tests_name("bootstrap", tests, NULL, NULL);
}
