/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "model/build.h"
#include "model/digest.h"
#include "util/arena.h"
#include "util/json.h"
#include "util/time.h"

static struct cs_err err;

static void time_round_trip(void **state CS_UNUSED)
{
	static const char *const same[] = { "1970-01-01T00:00:00Z", "2026-11-22T08:30:18.492709437Z",
					    "1969-12-31T23:59:59.5Z", "2024-02-29T00:00:01Z" };
	char buf[CS_TIME_TEXT];
	int64_t t;

	for (size_t i = 0; i < CS_N(same); i++) {
		assert_done(cs_time_parse(same[i], &t, &err));
		assert_string_equal(same[i], cs_time_format(t, buf));
	}
	assert_done(cs_time_parse("2026-11-22T10:00:00+01:30", &t, &err));
	assert_string_equal("2026-11-22T08:30:00Z", cs_time_format(t, buf));
	assert_done(cs_time_parse("0001-01-01T00:00:00Z", &t, &err));
	assert_true(t == CS_TIME_NONE);
	assert_string_equal("", cs_time_format(t, buf));
}

static void time_refuses(void **state CS_UNUSED)
{
	static const char *const bad[] = { "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
					   "2026-01-01", "2026-01-01T00:00:00", "x",
					   "2026-01-01T00:00:00.Z", "2026-01-01T24:00:00Z",
					   "9999-01-01T00:00:00Z" };
	int64_t t = 7;

	for (size_t i = 0; i < CS_N(bad); i++)
		assert_code(CS_FORMAT, cs_time_parse(bad[i], &t, &err));
	assert_int_equal(7, t);
}

static void time_human(void **state CS_UNUSED)
{
	int64_t now = INT64_C(1700000000) * CS_NS_PER_S, t;

	assert_done(cs_time_parse_human("7d", now, &t, &err));
	assert_true(t == now - INT64_C(7 * 86400) * CS_NS_PER_S);
	assert_done(cs_time_parse_human("2023-11-14", now, &t, &err));
	assert_true(t == INT64_C(1699920000) * CS_NS_PER_S);
	assert_code(CS_USAGE, cs_time_parse_human("", now, &t, &err));
	assert_code(CS_USAGE, cs_time_parse_human("7x", now, &t, &err));
	assert_code(CS_USAGE, cs_time_parse_human("999999w", now, &t, &err));
}

static int parse(const char *text, struct cs_json **ret)
{
	struct cs_limits limits;

	cs_limits_init(&limits);
	return cs_json_parse(text, strlen(text), &limits, ret, &err);
}

static void json_refuses(void **state CS_UNUSED)
{
	static const char *const bad[] = { "", "{", "{\"a\":1,\"a\":2}", "{} x", "[1,]",
					   "\"\\u0000\"", "\"\xff\"" };
	struct cs_json *doc = NULL;
	char deep[200];

	for (size_t i = 0; i < CS_N(bad); i++)
		assert_code(CS_FORMAT, parse(bad[i], &doc));
	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	deep[130] = '\0';
	assert_code(CS_LIMIT, parse(deep, &doc));
	assert_non_null(strstr(err.msg, "--max-json-depth"));
	deep[65 + 64] = '\0';
	assert_done(parse(deep + 1, &doc));
	cs_json_free(doc);
}

static void json_counts_values(void **state CS_UNUSED)
{
	struct cs_json *doc = NULL;
	struct cs_limits limits;

	cs_limits_init(&limits);
	limits.json_values = 4;
	assert_done(cs_json_parse("[1,{},2]", 8, &limits, &doc, &err));
	cs_json_free(doc);
	assert_code(CS_LIMIT, cs_json_parse("[1,{},2,3]", 10, &limits, &doc, &err));
	assert_non_null(strstr(err.msg, "--max-json-values"));
	assert_done(cs_json_parse("\",,,,,,,,\"", 10, &limits, &doc, &err));
	cs_json_free(doc);
}

static void json_reads_any_case(void **state CS_UNUSED)
{
	struct cs_json *doc = NULL;
	int64_t n;

	assert_done(parse("{\"Size\": 5, \"name\": \"x\", \"big\": 12.0}", &doc));
	assert_true(cs_json_get_int(doc, "size", &n));
	assert_int_equal(5, n);
	assert_true(cs_json_get_int(doc, "big", &n));
	assert_int_equal(12, n);
	assert_string_equal("x", cs_json_get_text(doc, "name"));
	assert_null(cs_json_get_text(doc, "size"));
	assert_null(cs_json_get(doc, "none"));
	cs_json_free(doc);
}

static void digest_text(void **state CS_UNUSED)
{
	struct cs_digest d, e;
	char buf[CS_DIGEST_TEXT];

	assert_done(cs_digest_of(CS_DIGEST_SHA256, "abc", 3, &d, &err));
	assert_string_equal(
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		cs_digest_format(&d, buf));
	assert_done(cs_digest_parse(buf, &e, &err));
	assert_true(cs_digest_equal(&d, &e));
	buf[7] = 'B';
	assert_code(CS_FORMAT, cs_digest_parse(buf, &e, &err));
	assert_code(CS_FORMAT, cs_digest_parse("sha256:ba78", &e, &err));
	assert_code(CS_UNSUPPORTED, cs_digest_parse("md5:ba78", &e, &err));
	memset(&e, 0, sizeof(e));
	assert_false(cs_digest_equal(&e, &e));
}

static void event_classes(void **state CS_UNUSED)
{
	assert_int_equal(CS_EVENT_PUSH_MAIN, cs_event_classify("push", "refs/heads/main", NULL));
	assert_int_equal(CS_EVENT_PUSH, cs_event_classify("push", "refs/heads/main", "trunk"));
	assert_int_equal(CS_EVENT_RELEASE, cs_event_classify("push", "refs/tags/v1", NULL));
	assert_int_equal(CS_EVENT_PULL_REQUEST, cs_event_classify("pull_request", "x", NULL));
	assert_int_equal(CS_EVENT_MANUAL, cs_event_classify("workflow_dispatch", NULL, NULL));
	assert_int_equal(CS_EVENT_OTHER, cs_event_classify("issue_comment", NULL, NULL));
	assert_int_equal(CS_EVENT_NONE, cs_event_classify(NULL, NULL, NULL));
}

static void platforms(void **state CS_UNUSED)
{
	struct cs_platform p, q;
	char buf[CS_PLATFORM_TEXT];

	assert_done(cs_platform_parse("linux/aarch64/v8", &p, &err));
	assert_done(cs_platform_parse("linux/arm64", &q, &err));
	assert_true(cs_platform_equal(&p, &q));
	assert_done(cs_platform_parse("linux/arm/v7", &p, &err));
	assert_string_equal("linux/arm/v7", cs_platform_format(&p, buf));
	assert_code(CS_USAGE, cs_platform_parse("linux", &p, &err));
	assert_code(CS_USAGE, cs_platform_parse("linux/a/b/c", &p, &err));
	assert_code(CS_USAGE, cs_platform_parse("linux/\x1b[31m", &p, &err));
}

static void arena_blocks(void **state CS_UNUSED)
{
	struct cs_arena *arena = cs_arena_new();
	char *first = cs_arena_strdup(arena, "first");

	for (int i = 1; i < 2000; i++) {
		char *p = cs_arena_alloc(arena, (size_t)i);

		assert_int_equal(0, (uintptr_t)p % 16);
		assert_int_equal(0, p[i - 1]);
		memset(p, 0xff, (size_t)i);
	}
	assert_string_equal("first", first);
	assert_null(cs_arena_array(arena, SIZE_MAX / 2, 16));
	cs_arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_round_trip), cmocka_unit_test(time_refuses),
		cmocka_unit_test(time_human),	   cmocka_unit_test(json_refuses),
		cmocka_unit_test(json_counts_values), cmocka_unit_test(json_reads_any_case), cmocka_unit_test(digest_text),
		cmocka_unit_test(event_classes),   cmocka_unit_test(platforms),
		cmocka_unit_test(arena_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
