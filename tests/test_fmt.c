/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers and widths, by table; the edges are where rounding and units change. */
#include "support/test.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "report/fmt.h"
#include "report/text.h"
#include "util/time.h"

struct int_case {
	int64_t v;
	const char *want;
};

static void check_ints(char *(*fmt)(int64_t, char *), const struct int_case *cases, size_t n)
{
	char buf[CS_FMT_NUM];

	for (size_t i = 0; i < n; i++)
		assert_string_equal(cases[i].want, fmt(cases[i].v, buf));
}

static void bytes(void **state CS_UNUSED)
{
	static const struct int_case cases[] = {
		{ 0, "0 B" },
		{ 1, "1 B" },
		{ 999, "999 B" },
		{ 1000, "1.0 kB" },
		{ 1049, "1.0 kB" },
		{ 1050, "1.1 kB" }, /* half away from zero */
		{ 84900, "84.9 kB" },
		{ 99949, "99.9 kB" },
		{ 99950, "100 kB" },
		{ 999499, "999 kB" },
		{ 999500, "1.0 MB" },
		{ 123456789, "123 MB" },
		{ 1200000000, "1.2 GB" },
		{ 999999999999, "1.0 TB" },
		{ INT64_MAX, "9.2 EB" },
		{ -1, "-1 B" },
		{ -1050, "-1.1 kB" },
		{ INT64_MIN, "-9.2 EB" },
	};

	check_ints(cs_fmt_bytes, cases, CS_N(cases));
}

static void counts(void **state CS_UNUSED)
{
	static const struct int_case cases[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 1234567, "1,234,567" },
		{ -123456, "-123,456" },
		{ INT64_MAX, "9,223,372,036,854,775,807" },
		{ INT64_MIN, "-9,223,372,036,854,775,808" },
	};

	check_ints(cs_fmt_count, cases, CS_N(cases));
}

#define MS INT64_C(1000000)
#define S  CS_NS_PER_S

static void durations(void **state CS_UNUSED)
{
	static const struct int_case cases[] = {
		{ 0, "0 s" },
		{ 1, "<0.01 s" },
		{ 4999999, "<0.01 s" },
		{ 5 * MS, "0.01 s" },
		{ 60 * MS, "0.06 s" },
		{ 994999999, "0.99 s" },
		{ 995 * MS, "1.0 s" },
		{ 1249999999, "1.2 s" },
		{ 1250 * MS, "1.3 s" },
		{ 59949999999, "59.9 s" },
		{ 59950 * MS, "1m 00s" },
		{ 200 * S, "3m 20s" },
		{ 3599499999999, "59m 59s" },
		{ 3599500 * MS, "1h 00m" },
		{ 7500 * S, "2h 05m" },
		{ 7529999999999, "2h 05m" },
		{ 7530 * S, "2h 06m" },
		{ 432000 * S, "120h 00m" },
		{ INT64_MAX, "2562047h 47m" },
		{ -1, ">-0.01 s" },
		{ -60 * MS, "-0.06 s" },
		{ -200 * S, "-3m 20s" },
		{ INT64_MIN, "-2562047h 47m" },
	};

	check_ints(cs_fmt_duration, cases, CS_N(cases));
}

static void seconds(void **state CS_UNUSED)
{
	static const struct int_case cases[] = {
		{ 0, "0" },
		{ 1234500000, "1.2345" },
		{ 1, "0.000000001" },
		{ 100 * MS, "0.1" },
		{ 10 * S, "10" },
		{ -500 * MS, "-0.5" },
		{ INT64_MAX, "9223372036.854775807" },
		{ INT64_MIN, "-9223372036.854775808" },
	};

	check_ints(cs_fmt_seconds, cases, CS_N(cases));
}

static void times(void **state CS_UNUSED)
{
	static const struct int_case cases[] = {
		{ 0, "1970-01-01 00:00:00Z" },
		{ CS_TIME_NONE, "-" },
		{ 1800000000 * S + 999999999, "2027-01-15 08:00:00Z" },
		{ -1, "1969-12-31 23:59:59Z" },
		{ INT64_MAX, "2262-04-11 23:47:16Z" },
	};

	check_ints(cs_fmt_time, cases, CS_N(cases));
}

static void ratios(void **state CS_UNUSED)
{
	static const struct {
		double v;
		const char *want;
	} cases[] = {
		{ 0, "0 %" },
		{ -0.0, "0 %" },
		{ 1, "100 %" },
		{ 2.0 / 3, "66.7 %" },
		{ 0.5, "50.0 %" },
		{ 0.0001, "<0.1 %" },
		{ 0.000499999, "<0.1 %" },
		{ DBL_TRUE_MIN, "<0.1 %" },
		{ 0.0005, "0.1 %" },
		{ 0.001, "0.1 %" },
		{ 0.9994, "99.9 %" },
		{ 0.9995, ">99.9 %" },
		{ 0.9996, ">99.9 %" },
		{ 1 - DBL_EPSILON / 2, ">99.9 %" },
		{ 1 + DBL_EPSILON, ">100 %" },
		{ 1.0005, "100.1 %" },
		{ 1.5, "150.0 %" },
		{ 0.0625, "6.3 %" }, /* a tie in binary, too: away from zero */
		{ 0.1875, "18.8 %" },
		{ 0.6665, "66.7 %" }, /* as JSON prints it, not 66.6499… */
		{ 0.0015, "0.2 %" },
		{ 0.00149, "0.1 %" },
		{ 1e12, "100000000000000.0 %" },
		{ 1e13, ">=1e15 %" },
		{ DBL_MAX, ">=1e15 %" },
		{ -0.25, "-25.0 %" },
		{ -0.0001, ">-0.1 %" },
		{ -0.99996, "<-99.9 %" },
		{ -1, "-100 %" },
		{ -1.0001, "<-100 %" },
		{ -1e300, "<=-1e15 %" },
		{ NAN, "-" },
		{ INFINITY, "-" },
	};
	char buf[CS_FMT_NUM];

	/* "<-99.9 %" for -99.996 %: it is below, as ">99.9 %" is above. */
	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i].want, cs_fmt_ratio(cases[i].v, buf));
}

static void doubles(void **state CS_UNUSED)
{
	static const struct {
		double v;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1, "1" },
		{ 0.1, "0.1" },
		{ 2.0 / 3, "0.6666666666666666" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ -12.5, "-12.5" },
		{ 1e-5, "0.00001" },
		{ 1.5e-6, "1.5e-6" },
		{ 1e16, "10000000000000000" },
		{ 1e17, "1e+17" },
		{ 123456789012345678.0, "1.2345678901234568e+17" },
		{ 9007199254740993.0, "9007199254740992" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ DBL_MIN, "2.2250738585072014e-308" },
		{ DBL_TRUE_MIN, "5e-324" },
		{ NAN, "null" },
		{ -INFINITY, "null" },
	};
	char buf[CS_FMT_NUM];

	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i].want, cs_fmt_double(cases[i].v, buf));
}

static uint64_t seed;

static uint32_t random32(void)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) ^ (uint32_t)(seed >> 11 & 0xff);
}

static void random_doubles_round_trip(void **state CS_UNUSED)
{
	char buf[CS_FMT_NUM], longest[64];

	seed = 7;
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = (uint64_t)random32() << 32 | random32();
		double v, back;

		if (i % 2)
			v = (double)(random32() % 10000) / (1 + random32() % 10000);
		else
			memcpy(&v, &bits, sizeof(v));
		if (!isfinite(v))
			continue;
		back = strtod(cs_fmt_double(v, buf), NULL);
		assert_memory_equal(&v, &back, sizeof(v));
		snprintf(longest, sizeof(longest), "%.17g", v);
		assert_in_range(strlen(buf), 1, strlen(longest) + 1); /* 0.00001 for 1e-05 */
	}
}

static void widths(void **state CS_UNUSED)
{
	assert_int_equal(0, cs_fmt_width(""));
	assert_int_equal(3, cs_fmt_width("abc"));
	assert_int_equal(4, cs_fmt_width("caf\xc3\xa9"));
	assert_int_equal(4, cs_fmt_width("cafe\xcc\x81"));	       /* combining acute */
	assert_int_equal(4, cs_fmt_width("\xe6\xbc\xa2\xe5\xad\x97")); /* two ideographs */
	assert_int_equal(2, cs_fmt_width("\xef\xbc\xa1"));	       /* full-width A */
	assert_int_equal(1, cs_fmt_width("\xef\xbd\xb1"));	       /* half-width katakana */
	assert_int_equal(2, cs_fmt_width("\xed\x95\x9c"));	       /* Hangul syllable */
	assert_int_equal(2, cs_fmt_width("\xf0\x9f\x98\x80"));	       /* an emoji */
	assert_int_equal(2, cs_fmt_width("\xf0\xa0\x80\x80"));	       /* plane 2 */
	assert_int_equal(1, cs_fmt_width("\xe2\x96\x87"));	       /* a bar's block */
	assert_int_equal(3, cs_fmt_width("a\xff|"));
}

static const char *shortened(const char *text, size_t width, bool utf8)
{
	static char out[256];
	struct cs_buf buf = CS_BUF_INIT;

	assert_int_equal(0, cs_fmt_terminal(&buf, text));
	assert_int_equal(0, cs_text_shorten(&buf, width, utf8));
	assert_true(cs_fmt_width(buf.data) <= width);
	memcpy(out, buf.data, buf.len + 1);
	cs_buf_release(&buf);
	return out;
}

static void shortens_between_characters(void **state CS_UNUSED)
{
	assert_string_equal("abcdef", shortened("abcdef", 6, true));
	assert_string_equal("abcde\xe2\x80\xa6", shortened("abcdefg", 6, true));
	assert_string_equal("abc...", shortened("abcdefg", 6, false));
	assert_string_equal("ab\xe2\x80\xa6", shortened("ab cdefg", 4, true));
	assert_string_equal("\xe6\xbc\xa2\xe2\x80\xa6",
			    shortened("\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2", 4, true));
	assert_string_equal("a\xe2\x80\xa6", shortened("a\x1b[31mxyz", 4, true));
	assert_string_equal("a\\x1b\xe2\x80\xa6", shortened("a\x1b[31mxyz", 6, true));
	assert_string_equal("a\xe2\x80\xa6", shortened("a\xe2\x80\xaexyz", 8, true));
	assert_string_equal("\\\\x\xe2\x80\xa6", shortened("\\xabcd", 4, true));
	assert_string_equal("\xe2\x80\xa6", shortened("\\xabcd", 2, true));
	assert_string_equal("e\xcc\x81\xe2\x80\xa6", shortened("e\xcc\x81xyz", 2, true));
}

/* One of the locales that write a comma, where there is one. */
static void locale_has_no_say(void **state CS_UNUSED)
{
	static const char *const names[] = { "de_DE.UTF-8", "de_DE",	   "fr_FR.UTF-8",
					     "ru_RU.UTF-8", "nl_NL.UTF-8", "fa_IR.UTF-8",
					     "ps_AF.UTF-8" };
	int found = 0;

	for (size_t i = 0; i < CS_N(names); i++) {
		if (!setlocale(LC_ALL, names[i]))
			continue;
		found++;
		doubles(NULL);
		ratios(NULL);
		bytes(NULL);
		durations(NULL);
		seconds(NULL);
	}
	setlocale(LC_ALL, "C");
	if (!found) {
		print_message("no locale with a decimal comma is installed\n");
		skip();
	}
}

static void numbers(void **state CS_UNUSED)
{
	static const struct {
		double v;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 1.5, "1.5" },
		{ 1.425, "1.43" },
		{ -1.2, "-1.2" },
		{ 0.001, "<0.01" },
		{ -0.001, ">-0.01" },
		{ 10, "10" },
		{ 1234.5, "1,234.5" },
		{ -1234567, "-1,234,567" },
		{ 99.999, "100" },
		{ 1e14, ">=1e14" },
		{ -1e300, "<=-1e14" },
		{ NAN, "-" },
		{ INFINITY, "-" },
		{ 100, "100" },
	};
	char num[CS_FMT_NUM];

	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i].want, cs_fmt_number(cases[i].v, num));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(bytes),
		cmocka_unit_test(counts),
		cmocka_unit_test(durations),
		cmocka_unit_test(seconds),
		cmocka_unit_test(times),
		cmocka_unit_test(ratios),
		cmocka_unit_test(doubles),
		cmocka_unit_test(random_doubles_round_trip),
		cmocka_unit_test(widths),
		cmocka_unit_test(shortens_between_characters),
		cmocka_unit_test(locale_has_no_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
