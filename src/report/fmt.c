/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Integers are rounded in integers. Doubles go through their shortest decimal (found with the C
 * library's own conversions, whose radix character is skipped, not trusted): multiplying by 100
 * and printing "%.1f" rounds twice and would show 0.6665 as 66.6 or 66.7 by accident.
 */
#include "report/fmt.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/time.h"

/* d[0].d[1]d[2]… × 10^exp, no zeros at the end */
struct decimal {
	bool negative;
	char d[18];
	int n;
	int exp;
};

static uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

char *cs_fmt_bytes(int64_t bytes, char buf[CS_FMT_NUM])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	const char *sign = bytes < 0 ? "-" : "";
	uint64_t m = magnitude(bytes), u = 1, tenths, whole;
	size_t k = 0;

	for (; m / u >= 1000 && k + 1 < CS_N(units); k++)
		u *= 1000;
	if (k == 0) {
		snprintf(buf, CS_FMT_NUM, "%s%" PRIu64 " B", sign, m);
		return buf;
	}
	tenths = (m + u / 20) / (u / 10);
	whole = (m + u / 2) / u;
	if (whole >= 1000) { /* 999.5 kB and more: only below EB, the range ends at 9.2 */
		tenths = 10;
		k++;
	}
	if (tenths < 1000)
		snprintf(buf, CS_FMT_NUM, "%s%" PRIu64 ".%" PRIu64 " %s", sign, tenths / 10,
			 tenths % 10, units[k]);
	else
		snprintf(buf, CS_FMT_NUM, "%s%" PRIu64 " %s", sign, whole, units[k]);
	return buf;
}

char *cs_fmt_count(int64_t n, char buf[CS_FMT_NUM])
{
	char digits[CS_FMT_NUM];
	size_t len, out = 0;

	snprintf(digits, sizeof(digits), "%" PRIu64, magnitude(n));
	len = strlen(digits);
	if (n < 0)
		buf[out++] = '-';
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

char *cs_fmt_duration(int64_t ns, char buf[CS_FMT_NUM])
{
	const char *sign = ns < 0 ? "-" : "";
	uint64_t m = magnitude(ns);
	uint64_t hundredths = (m + 5000000) / 10000000, tenths = (m + 50000000) / 100000000;
	uint64_t seconds = (m + 500000000) / 1000000000;
	uint64_t minutes = (m + UINT64_C(30000000000)) / UINT64_C(60000000000);

	if (m == 0)
		snprintf(buf, CS_FMT_NUM, "0 s");
	else if (hundredths == 0)
		snprintf(buf, CS_FMT_NUM, "%s0.01 s", ns < 0 ? ">-" : "<");
	else if (hundredths < 100)
		snprintf(buf, CS_FMT_NUM, "%s0.%02u s", sign, (unsigned)hundredths);
	else if (tenths < 600)
		snprintf(buf, CS_FMT_NUM, "%s%u.%u s", sign, (unsigned)tenths / 10,
			 (unsigned)tenths % 10);
	else if (seconds < 3600)
		snprintf(buf, CS_FMT_NUM, "%s%um %02us", sign, (unsigned)seconds / 60,
			 (unsigned)seconds % 60);
	else
		snprintf(buf, CS_FMT_NUM, "%s%" PRIu64 "h %02um", sign, minutes / 60,
			 (unsigned)(minutes % 60));
	return buf;
}

/* v must be finite. */
static void decimal_of(double v, struct decimal *ret)
{
	/* 15 digits survive in every normal double, so fewer cannot be shorter once zeros go. */
	int digits = fabs(v) < DBL_MIN ? 1 : DBL_DIG;
	char text[48];
	const char *p = text;
	bool negative_exp;
	int exp = 0;

	for (; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*e", digits - 1, v);
		if (strtod(text, NULL) == v)
			break;
	}
	ret->n = 0;
	ret->negative = *p == '-';
	for (; *p && *p != 'e'; p++) {
		if (*p >= '0' && *p <= '9' && ret->n < 17)
			ret->d[ret->n++] = *p;
	}
	negative_exp = *p && p[1] == '-';
	for (; *p; p++) {
		if (*p >= '0' && *p <= '9')
			exp = exp * 10 + (*p - '0');
	}
	ret->exp = negative_exp ? -exp : exp;
	while (ret->n > 1 && ret->d[ret->n - 1] == '0')
		ret->n--;
}

/* |v| × 10^shift as an integer, half away from zero; the caller bounds exp + shift to 17. */
static uint64_t decimal_round(const struct decimal *v, int shift)
{
	uint64_t r = 0;
	int n = v->exp + shift + 1; /* digits before the point */

	if (n < 0)
		return 0;
	for (int i = 0; i < n; i++)
		r = r * 10 + (uint64_t)(i < v->n ? v->d[i] - '0' : 0);
	return n < v->n && v->d[n] >= '5' ? r + 1 : r;
}

char *cs_fmt_ratio(double ratio, char buf[CS_FMT_NUM])
{
	const char *sign = ratio < 0 ? "-" : "";
	const char *below = ratio < 0 ? ">-" : "<", *above = ratio < 0 ? "<-" : ">";
	struct decimal d;
	uint64_t tenths;

	if (!isfinite(ratio)) {
		snprintf(buf, CS_FMT_NUM, "-");
		return buf;
	}
	decimal_of(ratio, &d);
	if (d.exp >= 13) {
		snprintf(buf, CS_FMT_NUM, "%s=%s1e15 %%", ratio < 0 ? "<" : ">", sign);
		return buf;
	}
	tenths = decimal_round(&d, 3);
	if (ratio == 0)
		snprintf(buf, CS_FMT_NUM, "0 %%");
	else if (fabs(ratio) == 1)
		snprintf(buf, CS_FMT_NUM, "%s100 %%", sign);
	else if (tenths == 0)
		snprintf(buf, CS_FMT_NUM, "%s0.1 %%", below);
	else if (tenths == 1000)
		snprintf(buf, CS_FMT_NUM, "%s%s %%", above, fabs(ratio) < 1 ? "99.9" : "100");
	else
		snprintf(buf, CS_FMT_NUM, "%s%" PRIu64 ".%u %%", sign, tenths / 10,
			 (unsigned)(tenths % 10));
	return buf;
}

char *cs_fmt_number(double v, char buf[CS_FMT_NUM])
{
	struct decimal d;
	uint64_t hundredths;
	char whole[CS_FMT_NUM];

	if (!isfinite(v)) {
		snprintf(buf, CS_FMT_NUM, "-");
		return buf;
	}
	decimal_of(v, &d);
	if (d.exp >= 14) {
		snprintf(buf, CS_FMT_NUM, "%s=%s1e14", v < 0 ? "<" : ">", v < 0 ? "-" : "");
		return buf;
	}
	hundredths = decimal_round(&d, 2);
	if (hundredths == 0 && v != 0) {
		snprintf(buf, CS_FMT_NUM, "%s0.01", v < 0 ? ">-" : "<");
		return buf;
	}
	cs_fmt_count((int64_t)(hundredths / 100), whole);
	snprintf(buf, CS_FMT_NUM, "%s%.24s.%02u", v < 0 ? "-" : "", whole,
		 (unsigned)(hundredths % 100));
	for (char *p = buf + strlen(buf) - 1; *p == '0' || *p == '.'; p--) {
		bool point = *p == '.';

		*p = '\0';
		if (point)
			break;
	}
	return buf;
}

char *cs_fmt_double(double v, char buf[CS_FMT_NUM])
{
	struct decimal d;
	char *p = buf;

	if (!isfinite(v) || v == 0) {
		snprintf(buf, CS_FMT_NUM, v == 0 ? "0" : "null");
		return buf;
	}
	decimal_of(v, &d);
	if (d.negative)
		*p++ = '-';
	if (d.exp < -5 || d.exp > 16) {
		*p++ = d.d[0];
		if (d.n > 1)
			*p++ = '.';
		memcpy(p, d.d + 1, (size_t)d.n - 1);
		p += d.n - 1;
		snprintf(p, (size_t)(buf + CS_FMT_NUM - p), "e%+d", d.exp);
		return buf;
	}
	if (d.exp < 0) {
		*p++ = '0';
		*p++ = '.';
		for (int i = -1; i > d.exp; i--)
			*p++ = '0';
	}
	for (int i = 0; i < d.n || i <= d.exp; i++) {
		if (i && i == d.exp + 1)
			*p++ = '.';
		*p++ = i < d.n ? d.d[i] : '0';
	}
	*p = '\0';
	return buf;
}

char *cs_fmt_seconds(int64_t ns, char buf[CS_FMT_NUM])
{
	uint64_t m = magnitude(ns);
	unsigned rest = (unsigned)(m % CS_NS_PER_S);
	int n = snprintf(buf, CS_FMT_NUM, "%s%" PRIu64, ns < 0 ? "-" : "", m / CS_NS_PER_S);

	if (rest) {
		n += snprintf(buf + n, CS_FMT_NUM - (size_t)n, ".%09u", rest);
		while (buf[n - 1] == '0')
			buf[--n] = '\0';
	}
	return buf;
}

char *cs_fmt_time(int64_t unix_ns, char buf[CS_FMT_NUM])
{
	char text[CS_TIME_TEXT];

	if (unix_ns == CS_TIME_NONE)
		snprintf(buf, CS_FMT_NUM, "-");
	else
		snprintf(buf, CS_FMT_NUM, "%.10s %.8sZ", cs_time_format(unix_ns, text), text + 11);
	return buf;
}
