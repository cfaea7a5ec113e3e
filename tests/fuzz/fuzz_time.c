/* SPDX-License-Identifier: Apache-2.0 */
/* Times in and out, against the C library's calendar; and all ways to write a number for people. */
#include <math.h>
#include <time.h>

#include "fuzz/fuzz.h"
#include "report/fmt.h"
#include "util/time.h"

static void check_format(int64_t ns)
{
	char text[CS_TIME_TEXT], shown[CS_FMT_NUM], want[CS_TIME_TEXT];
	struct cs_err err = CS_ERR_INIT;
	int64_t back = 0;
	struct tm tm;
	time_t s;

	cs_time_format(ns, text);
	if (ns == CS_TIME_NONE) {
		must(!*text);
		return;
	}
	s = (time_t)(ns / CS_NS_PER_S - (ns % CS_NS_PER_S < 0));
	must(gmtime_r(&s, &tm) && strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", &tm) == 19);
	must(strncmp(text, want, 19) == 0 && text[strlen(text) - 1] == 'Z');
	want[10] = ' ';
	must(strncmp(cs_fmt_time(ns, shown), want, 19) == 0);
	if (tm.tm_year + 1900 >= 1678 && tm.tm_year + 1900 <= 2261)
		must(cs_time_parse(text, &back, &err) == 0 && back == ns);
}

static void check_texts(const char *text)
{
	const int64_t now = INT64_C(1700000000000000000);
	struct cs_err err = CS_ERR_INIT;
	int64_t ns = 42, again;
	char out[CS_TIME_TEXT];
	int r = cs_time_parse(text, &ns, &err);

	fuzz_result(r, &err);
	must(r == 0 || ns == 42);
	if (r == 0) {
		/* what was read can be written and read again */
		cs_time_format(ns, out);
		must(cs_time_parse(out, &again, &err) == 0 && again == ns);
		check_format(ns);
	}
	ns = 42;
	r = cs_time_parse_human(text, now, &ns, &err);
	fuzz_result(r, &err);
	must(r < 0 || ns != CS_TIME_NONE);
	must(r < 0 || strlen(text) > 10 || ns <= INT64_MAX);
}

static void check_numbers(int64_t v)
{
	char buf[CS_FMT_NUM];
	double d, back;

	must(strlen(cs_fmt_bytes(v, buf)) < CS_FMT_NUM);
	must((strchr("0-", *buf) && !strpbrk(buf, "123456789")) == (v == 0));
	must(strlen(cs_fmt_count(v, buf)) < CS_FMT_NUM);
	must(strlen(cs_fmt_duration(v, buf)) < CS_FMT_NUM);
	must((*buf == '0' && !strpbrk(buf, "123456789")) == (v == 0));
	must(strlen(cs_fmt_seconds(v, buf)) < CS_FMT_NUM);
	must(fabs(strtod(buf, NULL) - (double)v / 1e9) <= fabs((double)v) * 1e-15 + 1e-9);
	memcpy(&d, &v, sizeof(d));
	must(strlen(cs_fmt_ratio(d, buf)) < CS_FMT_NUM);
	must(strcmp(buf, "100 %") != 0 || d == 1);
	must(strcmp(buf, "0 %") != 0 || d == 0);
	must(strlen(cs_fmt_number(d, buf)) < CS_FMT_NUM);
	cs_fmt_double(d, buf);
	if (!isfinite(d)) {
		must(strcmp(buf, "null") == 0);
		return;
	}
	back = strtod(buf, NULL);
	must(memcmp(&back, &d, sizeof(d)) == 0 || (back == 0 && d == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len < 256 ? len : 256);
	int64_t v = 0;

	memcpy(&v, data, len < sizeof(v) ? len : sizeof(v));
	check_format(v);
	check_numbers(v);
	check_texts(text);
	free(text);
	return 0;
}
