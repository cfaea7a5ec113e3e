/* SPDX-License-Identifier: Apache-2.0 */
/* Civil dates by arithmetic (days from era): strptime and timegm differ by locale and platform. */
#include "util/time.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int64_t days_from_civil(int64_t y, unsigned m, unsigned d)
{
	int64_t era;
	unsigned yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (unsigned)(y - era * 400);
	doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + (int64_t)doe - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d)
{
	int64_t era;
	unsigned doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = (unsigned)(z - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = doy - (153 * mp + 2) / 5 + 1;
	*m = mp < 10 ? mp + 3 : mp - 9;
	*y = (int64_t)yoe + era * 400 + (*m <= 2);
}

/* Reads exactly n digits at *p and moves it. */
static bool digits(const char **p, int n, unsigned *ret)
{
	unsigned v = 0;

	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (unsigned)(**p - '0');
	}
	*ret = v;
	return true;
}

static bool parse_date(const char **p, unsigned *y, unsigned *m, unsigned *d)
{
	static const unsigned char last[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap;

	if (!digits(p, 4, y) || *(*p)++ != '-' || !digits(p, 2, m) || *(*p)++ != '-' ||
	    !digits(p, 2, d) || *m < 1 || *m > 12 || *d < 1)
		return false;
	leap = (*y % 4 == 0 && *y % 100 != 0) || *y % 400 == 0;
	return *d <= last[*m - 1] + (unsigned)(*m == 2 && leap);
}

static bool parse_zone(const char **p, int64_t *ret_seconds)
{
	unsigned h, m;
	char sign = *(*p)++;

	*ret_seconds = 0;
	if (sign == 'Z' || sign == 'z')
		return true;
	if ((sign != '+' && sign != '-') || !digits(p, 2, &h) || *(*p)++ != ':' ||
	    !digits(p, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_seconds = (int64_t)(h * 3600 + m * 60) * (sign == '-' ? -1 : 1);
	return true;
}

int cs_time_parse(const char *text, int64_t *ret_unix_ns, struct cs_err *err)
{
	unsigned y, mo, d, h, mi, s;
	int64_t zone, seconds, ns = 0;
	const char *p = text;

	if (!*text) {
		*ret_unix_ns = CS_TIME_NONE;
		return 0;
	}
	if (!parse_date(&p, &y, &mo, &d) || (*p != 'T' && *p != 't' && *p != ' '))
		goto bad;
	p++;
	if (!digits(&p, 2, &h) || *p++ != ':' || !digits(&p, 2, &mi) || *p++ != ':' ||
	    !digits(&p, 2, &s) || h > 23 || mi > 59 || s > 60)
		goto bad;
	if (*p == '.' || *p == ',') {
		int64_t unit = 100000000;

		p++;
		if (*p < '0' || *p > '9')
			goto bad;
		for (; *p >= '0' && *p <= '9'; p++, unit /= 10)
			ns += unit * (*p - '0');
	}
	if (!parse_zone(&p, &zone) || *p)
		goto bad;
	if (y <= 1) {
		*ret_unix_ns = CS_TIME_NONE;
		return 0;
	}
	/* in UTC: what comes out must be a time that can be read again */
	seconds = days_from_civil(y, mo, d) * 86400 + h * 3600L + mi * 60L + s - zone;
	if (seconds < days_from_civil(1678, 1, 1) * 86400 ||
	    seconds >= days_from_civil(2262, 1, 1) * 86400)
		return cs_err_set(err, CS_FORMAT, "time '%.60s' is out of range", text);
	*ret_unix_ns = seconds * CS_NS_PER_S + ns;
	return 0;
bad:
	return cs_err_set(err, CS_FORMAT, "time '%.60s' is not RFC 3339", text);
}

static int64_t age_unit(char c)
{
	switch (c) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	case 'w':
		return 7L * 86400;
	default:
		return 0;
	}
}

int cs_time_parse_human(const char *text, int64_t now_unix_ns, int64_t *ret_unix_ns,
			struct cs_err *err)
{
	unsigned y, m, d;
	const char *p = text;
	int64_t n = 0;

	while (*p >= '0' && *p <= '9' && n < 1000000)
		n = n * 10 + (*p++ - '0');
	if (p != text && age_unit(*p) && !p[1]) {
		/* A century is more than any history holds and keeps the product in range. */
		if (n * age_unit(*p) > INT64_C(36525) * 86400)
			return cs_err_set(err, CS_USAGE, "age '%.60s' is too large", text);
		*ret_unix_ns = now_unix_ns - n * age_unit(*p) * CS_NS_PER_S;
		return 0;
	}
	p = text;
	if (parse_date(&p, &y, &m, &d) && !*p && y >= 1678 && y <= 2261) {
		*ret_unix_ns = days_from_civil(y, m, d) * 86400 * CS_NS_PER_S;
		return 0;
	}
	if (!*text || cs_time_parse(text, ret_unix_ns, err) < 0 || *ret_unix_ns == CS_TIME_NONE)
		return cs_err_set(err, CS_USAGE,
				  "'%.60s' is no time (RFC 3339, a date, or an age such as 7d)",
				  text);
	return 0;
}

char *cs_time_format(int64_t unix_ns, char buf[CS_TIME_TEXT])
{
	int64_t s, ns, days, y;
	unsigned m, d;
	int n;

	buf[0] = '\0';
	if (unix_ns == CS_TIME_NONE)
		return buf;
	s = unix_ns / CS_NS_PER_S;
	ns = unix_ns % CS_NS_PER_S;
	if (ns < 0) {
		ns += CS_NS_PER_S;
		s--;
	}
	days = s / 86400;
	s %= 86400;
	if (s < 0) {
		s += 86400;
		days--;
	}
	civil_from_days(days, &y, &m, &d);
	n = snprintf(buf, CS_TIME_TEXT, "%04d-%02u-%02uT%02d:%02d:%02d", (int)y, m, d,
		     (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
	if (ns) {
		n += snprintf(buf + n, CS_TIME_TEXT - (size_t)n, ".%09d", (int)ns);
		while (buf[n - 1] == '0')
			n--;
	}
	buf[n] = 'Z';
	buf[n + 1] = '\0';
	return buf;
}
