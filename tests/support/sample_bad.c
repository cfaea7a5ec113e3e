/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sample.h"

#include <stdlib.h>

#include "util/time.h"

#define S     CS_NS_PER_S
#define DAY   (86400 * S)
#define FIRST (1761177600 * S) /* 2025-10-23 */

static const char *const hostile[] = {
	"<script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"' onmouseover='alert(1)",
	"</style><script>alert(1)</script>",
	"</svg><script>alert(1)</script>",
	"</title></desc><a href=\"javascript:alert(1)\">x</a>",
	"<!-- --> <![CDATA[ ]]> &lt; &amp; &#x3c;",
	"url(https://evil.example/x.png) @import 'https://evil.example'",
	"\xe2\x80\xaetxt.exe\xe2\x80\xac \xe2\x81\xa6x\xe2\x81\xa9",
	"\x1b]0;title\x07\x9b[2J\xff\xfe \xc0\xaf",
	"::error::x\n##[add-mask]y",
	"a|b`c`*d*[e](javascript:f)@someone #1 $x$",
	"=cmd|' /C calc'!A0",
	"\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97 \xd7\x90\xd7\x91\xd7\x92 "
	"\xf0\x9f\x98\x80",
	"WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
	"x\"} 1\ncachestat_evil{y=\"z",
};

static const struct cs_column hostile_columns[] = {
	{ "name", "name", CS_TYPE_TEXT, CS_ROLE_LABEL, 0,
	  "Help <b>with</b> \\ \"quotes\"\nand lines" },
	{ "part", "part", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "wide", "wide <b>", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_WIDE, NULL },
	{ "digest", "digest", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL },
	{ "list", "list", CS_TYPE_LIST, CS_ROLE_NOTE, 0, NULL },
	{ "value", "value <i>", CS_TYPE_NUMBER, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
	{ "low", "low", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, NULL },
	{ "high", "high", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, NULL },
	{ "n", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
};

static struct cs_table *add_hostile_table(struct cs_report *r, const char *key, size_t rows)
{
	struct cs_table *t =
		cs_report_add_table(r, key, hostile[0], hostile_columns, CS_N(hostile_columns));
	char name[256];

	cs_table_lead(r, t, "%s", hostile[4]);
	for (size_t i = 0; i < rows; i++) {
		const char *list[] = { hostile[i % CS_N(hostile)],
				       hostile[(i + 1) % CS_N(hostile)] };

		cs_row_add(r, t);
		snprintf(name, sizeof(name), "%s %zu", hostile[i % CS_N(hostile)], i / 12);
		cs_row_text(r, t, "name", name);
		snprintf(name, sizeof(name), "%s %zu", hostile[(i + 3) % CS_N(hostile)], i % 12);
		cs_row_text(r, t, "part", name);
		cs_row_text(r, t, "wide", hostile[(i + 2) % CS_N(hostile)]);
		cs_row_text(r, t, "digest", hostile[(i + 5) % CS_N(hostile)]);
		cs_row_list(r, t, "list", list, i % 3);
		cs_row_number(r, t, "value", (double)(i % 17) - 3);
		cs_row_number(r, t, "low", (double)(i % 17) - 4);
		cs_row_number(r, t, "high", (double)(i % 17) + 1);
		cs_row_int(r, t, "n", (int64_t)i);
	}
	return t;
}

static void add_hostile_charts(struct cs_report *r)
{
	static const char *const keys[] = { "lines", "bars", "stacks", "dots" };

	for (int kind = CS_CHART_LINE; kind <= CS_CHART_DOTS; kind++) {
		struct cs_table *t = add_hostile_table(r, keys[kind], 720);
		struct cs_chart chart = { .kind = (enum cs_chart_kind)kind,
					  .title = hostile[5],
					  .x = "name",
					  .y = { "value" },
					  .series = "part",
					  .n = "n",
					  .ref_label = hostile[1],
					  .ref_low = 2,
					  .ref_high = 5,
					  .alt = hostile[3] };

		cs_table_chart(r, t, &chart);
		if (kind == CS_CHART_DOTS) {
			chart.low = "low";
			chart.high = "high";
			chart.alt = NULL;
			cs_table_chart(r, t, &chart);
		}
	}
}

struct cs_report *test_hostile_sample(void)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_report *r = NULL;
	char *long_text = malloc(100001);

	if (!long_text || cs_report_new(hostile[1], FIRST, &r, &err) < 0) {
		free(long_text);
		return NULL;
	}
	for (size_t i = 0; i < 100000; i++)
		long_text[i] = "<b>&\"'long "[i % 11];
	long_text[100000] = '\0';
	cs_report_about(r, &(struct cs_about){ .title = hostile[5],
					       .version = hostile[1],
					       .since_unix_ns = CS_TIME_NONE,
					       .until_unix_ns = FIRST,
					       .filters = hostile,
					       .n_filters = CS_N(hostile) });
	for (size_t i = 0; i < CS_N(hostile); i++) {
		char key[16];

		snprintf(key, sizeof(key), "Key %zu-", i);
		cs_report_warning(r, "%s", hostile[i]);
		cs_report_note(r, i % 2, "%s", hostile[i]);
		cs_report_headline(r, &(struct cs_headline){ .key = key,
							     .label = hostile[i],
							     .type = CS_TYPE_NUMBER,
							     .value = { .known = true, .d = 0.001 },
							     .n = 1,
							     .n_of = hostile[i],
							     .has_change = true,
							     .change = -1e300,
							     .since = hostile[i],
							     .verdict = hostile[i] });
	}
	cs_report_warning(r, "%s", long_text);
	cs_report_note(r, true, "%s", long_text);
	add_hostile_charts(r);
	cs_table_details(add_hostile_table(r, "many", 3000));
	cs_row_text(r, cs_report_table(r, 4), "wide", long_text);
	cs_row_text(r, cs_report_table(r, 0), "wide", long_text);
	free(long_text);
	return r;
}

static const struct cs_column odd_columns[] = {
	{ "at", "time", CS_TYPE_TIME, CS_ROLE_LABEL, 0, NULL },
	{ "name", "name", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "value_ratio", "share", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
	{ "change", "change", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, NULL },
	{ "size_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
	{ "took_seconds", "took", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
};

static struct cs_table *odd_table(struct cs_report *r, const char *key, const char *title,
				  enum cs_chart_kind kind, const char *x, const char *y)
{
	struct cs_table *t = cs_report_add_table(r, key, title, odd_columns, CS_N(odd_columns));

	cs_table_chart(r, t, &(struct cs_chart){ .kind = kind, .x = x, .y = { y } });
	return t;
}

struct cs_report *test_odd_sample(void)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_report *r = NULL;
	struct cs_table *t;

	if (cs_report_new("odd", CS_TIME_NONE, &r, &err) < 0)
		return NULL;
	odd_table(r, "empty", "No rows", CS_CHART_LINE, "at", "value_ratio");
	t = odd_table(r, "single", "One point", CS_CHART_LINE, "at", "value_ratio");
	cs_row_add(r, t);
	cs_row_int(r, t, "at", FIRST);
	cs_row_ratio(r, t, "value_ratio", 0.0004);
	t = odd_table(r, "unknown", "No value", CS_CHART_BAR, "name", "size_bytes");
	cs_row_add(r, t);
	t = odd_table(r, "signs", "Below zero", CS_CHART_BAR, "name", "change");
	for (int i = -2; i < 3; i++) {
		cs_row_add(r, t);
		cs_row_text(r, t, "name",
			    i < 0 ? (i < -1 ? "less" : "a little less")
			    : i	  ? (i > 1 ? "more" : "a little more")
				  : "the same");
		cs_row_number(r, t, "change", i * 1.5);
	}
	t = odd_table(r, "minutely", "Hours", CS_CHART_LINE, "at", "took_seconds");
	for (int i = 0; i < 5000; i++) {
		cs_row_add(r, t);
		cs_row_int(r, t, "at", FIRST + i * 60 * S);
		cs_row_int(r, t, "took_seconds", (int64_t)(i * 37 % 1000) * S / 100);
		cs_row_int(r, t, "size_bytes", (int64_t)i * i * i);
	}
	t = odd_table(r, "yearly", "Years", CS_CHART_BAR, "at", "size_bytes");
	for (int i = 0; i < 60; i++) {
		cs_row_add(r, t);
		cs_row_int(r, t, "at", FIRST - i * 30 * DAY);
		cs_row_int(r, t, "size_bytes", (int64_t)(i * 37 % 100) * 1234567);
	}
	t = odd_table(r, "weekly", "Weeks", CS_CHART_LINE, "name", "took_seconds");
	for (int i = 0; i < 40; i++) {
		char week[32];

		snprintf(week, sizeof(week), "2025-W%02d", i);
		cs_row_add(r, t);
		cs_row_text(r, t, "name", week);
		cs_row_int(r, t, "took_seconds", (int64_t)(i * 37 % 100) * 3000 * S);
	}
	return r;
}
