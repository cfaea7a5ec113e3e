/* SPDX-License-Identifier: Apache-2.0 */
/* SEL, and what GitHub is told of gates: both carry text from outside. */
#include "support/test.h"

#include "cmd/github.h"
#include "cmd/selection.h"
#include "util/buf.h"
#include "util/time.h"

static struct cs_err err;
static struct cs_arena *arena;

#define NOW (INT64_C(1790000000) * CS_NS_PER_S)

static void good(void **state CS_UNUSED)
{
	struct cs_selection s;

	arena = cs_arena_new();
	assert_done(cs_selection_parse("label.strategy=a=b,event=push,event=push_main,since=7d,"
				       "platform=linux/x86_64,db=/x/y.db",
				       NOW, arena, &s, &err));
	assert_int_equal(1, s.filter.n_labels);
	assert_string_equal("strategy", s.filter.labels[0].key);
	assert_string_equal("a=b", s.filter.labels[0].value);
	assert_int_equal(2, s.filter.event.n);
	assert_string_equal("push_main", s.filter.event.v[1]);
	assert_true(s.filter.since_unix_ns == NOW - 7 * 86400 * CS_NS_PER_S);
	assert_string_equal("linux/amd64", s.filter.platform.v[0]);
	assert_string_equal("/x/y.db", s.db);
	assert_done(cs_selection_parse("ref=\"a,b \"\"c\"\"\",scope=", NOW, arena, &s, &err));
	assert_string_equal("a,b \"c\"", s.filter.ref.v[0]);
	assert_string_equal("", s.filter.scope.v[0]); /* of no scope */
	assert_done(cs_selection_parse("image=a.tar", NOW, arena, &s, &err));
	assert_string_equal("a.tar", s.image);
	cs_arena_free(arena);
}

static void bad(void **state CS_UNUSED)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "selects by nothing" },
		{ "scop=test", "no key 'scop' (did you mean 'scope'?)" },
		{ "zzzzzz=1", "no key 'zzzzzz': project, scope" },
		{ "scope", "'scope' is not key=value" },
		{ "scope=a,", "'' is not key=value" },
		{ "=a", "is not key=value" },
		{ "event=pul_request", "event: no class 'pul_request'" },
		{ "ref=\"a", "ref: a quoted value must end in a quote" },
		{ "ref=\"a,", "ref: a quoted value must end in a quote" },
		{ "ref=\"a\"b", "ref: a quoted value must end in a quote" },
		{ "since=soon", "since: " },
		{ "since=1d,since=2d", "since: given twice" },
		{ "since=1d,until=2d", "since: not before until" },
		{ "platform=a/b/c/d/e", "platform: " },
		{ "label.=x", "label.: a label without a name" },
		{ "image=a.tar,scope=x", "image: an image has no history" },
		{ "db=", "db: is empty" },
	};
	struct cs_selection s;

	arena = cs_arena_new();
	for (size_t i = 0; i < CS_N(cases); i++) {
		assert_code(CS_USAGE, cs_selection_parse(cases[i].text, NOW, arena, &s, &err));
		if (!strstr(err.msg, cases[i].message))
			fail_msg("%s: %s", cases[i].text, err.msg);
	}
	cs_arena_free(arena);
}

static void many_values(void **state CS_UNUSED)
{
	struct cs_buf text CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_selection s;

	arena = cs_arena_new();
	for (int i = 0; i < CS_FILTER_VALUES; i++)
		cs_buf_printf(&text, "%sscope=%d", i ? "," : "", i);
	assert_done(cs_selection_parse(text.data, NOW, arena, &s, &err));
	cs_buf_puts(&text, ",scope=x");
	assert_code(CS_USAGE, cs_selection_parse(text.data, NOW, arena, &s, &err));
	assert_non_null(strstr(err.msg, "scope: more than 32 values"));
	cs_arena_free(arena);
}

static void annotations(void **state CS_UNUSED)
{
	struct cs_buf b CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	assert_int_equal(0, cs_github_annotation(&b, "error", "a:b,c%", "x\r\n::error::y, z: 1%"));
	assert_string_equal("::error title=a%3Ab%2Cc%25::x%0D%0A::error::y, z: 1%25\n", b.data);
}

static void outputs(void **state CS_UNUSED)
{
	struct cs_buf b CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	char *newline, *delimiter;

	assert_int_equal(0, cs_github_output(&b, "verdict", "failed"));
	assert_string_equal("verdict=failed\n", b.data);
	cs_buf_reset(&b);
	assert_int_equal(0, cs_github_output(&b, "gates", "one\nEOF\ntwo"));
	assert_memory_equal("gates<<cs_", b.data, 10);
	newline = strchr(b.data, '\n');
	*newline = '\0';
	delimiter = b.data + 7;
	assert_memory_equal("one\nEOF\ntwo\n", newline + 1, 12);
	assert_int_equal(0, strncmp(newline + 13, delimiter, strlen(delimiter)));
	assert_string_equal("\n", newline + 13 + strlen(delimiter));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),	       cmocka_unit_test(bad),
		cmocka_unit_test(many_values), cmocka_unit_test(annotations),
		cmocka_unit_test(outputs),
	};

	return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
