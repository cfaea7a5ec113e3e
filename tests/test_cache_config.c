/* SPDX-License-Identifier: Apache-2.0 */
/* The config of build caches: how its odd spellings are read, and what BuildKit would refuse. */
#include "support/test.h"

#include "build/cache_config.h"
#include "util/base64.h"

#define D1 "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2 "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define L  "{\"blob\":\"" D1 "\",\"parent\":-1}"

static struct cs_err err;
static struct cs_limits limits;
static struct cs_cache *cache;

static int setup(void **state CS_UNUSED)
{
	cs_limits_init(&limits);
	return 0;
}

static int parse(const char *text)
{
	cs_cache_free(cache);
	cache = cs_cache_new();
	return cs_cache_config_parse(text, strlen(text), &limits, cache, &err);
}

static int teardown(void **state CS_UNUSED)
{
	cs_cache_free(cache);
	cache = NULL;
	return 0;
}

/* The layers and records given, in a config. */
static int parse_parts(const char *layers, const char *records)
{
	char text[4096];

	snprintf(text, sizeof(text), "{\"layers\":[%s],\"records\":[%s]}", layers, records);
	return parse(text);
}

static void refused(const char *layers, const char *records, const char *why)
{
	assert_code(CS_FORMAT, parse_parts(layers, records));
	if (!strstr(err.msg, why))
		fail_msg("wanted '%s', got '%s'", why, err.msg);
}

static void spellings(void **state CS_UNUSED)
{
	/* Go leaves out a parent that is 0, and a link or layer may be left out as well */
	assert_done(parse_parts(L ",{\"blob\":\"" D2 "\"}",
				"{\"digest\":\"" D1 "\"},{\"digest\":\"" D2 "\",\"inputs\":[[{}],"
				"[{\"link\":0,\"selector\":\"" D1
				"\"},{\"link\":0}]],\"layers\":[{}]}"));
	assert_int_equal(2, cache->n_layers);
	assert_int_equal(-1, cache->layers[0].parent);
	assert_int_equal(0, cache->layers[1].parent);
	assert_int_equal(2, cache->n_records);
	assert_int_equal(0, cache->records[0].n_inputs);
	assert_int_equal(2, cache->records[1].n_inputs);
	assert_int_equal(3, cache->records[1].n_links);
	assert_int_equal(1, cache->records[1].links[2].input);
	assert_int_equal(1, cache->records[1].n_results);
	assert_int_equal(0, cs_cache_top(&cache->records[1].results[0]));
	assert_done(parse("{}"));
	assert_int_equal(0, cache->n_layers + cache->n_records);
	assert_done(parse("{\"layers\":null,\"records\":null,\"other\":1}"));
}

static void facts(void **state CS_UNUSED)
{
	assert_done(parse_parts(
		"{\"blob\":\"" D1 "\",\"parent\":-1,\"annotations\":{\"mediaType\":\"x\","
		"\"diffID\":\"" D2 "\",\"size\":7,\"createdAt\":\"2026-01-01T00:00:01Z\"}},"
		"{\"blob\":\"" D2 "\"}",
		"{\"digest\":\"" D1
		"\",\"layers\":[{\"layer\":1,\"createdAt\":\"1970-01-01T00:00:09Z\"}]},"
		"{\"digest\":\"" D1
		"\",\"layers\":[{\"layer\":1,\"createdAt\":\"1970-01-01T00:00:05Z\"}],"
		"\"chains\":[{\"layers\":[0,1],\"createdAt\":\"0001-01-01T00:00:00Z\"}]}"));
	assert_int_equal(7, cache->layers[0].blob_bytes);
	assert_int_equal(-1, cache->layers[1].blob_bytes);
	assert_true(cs_digest_known(&cache->layers[0].diff_id));
	assert_int_equal(2, cache->records[1].n_results);
	assert_true(cache->records[1].results[1].chain);
	assert_int_equal(CS_TIME_NONE, cache->records[1].results[1].created_unix_ns);
	assert_int_equal(CS_TIME_NONE, cache->layers[1].created_unix_ns);
	/* a layer without a time has that of its earliest record */
	cs_cache_date_layers(cache);
	assert_int_equal(5 * CS_NS_PER_S, cache->layers[1].created_unix_ns);
	assert_false(cache->layers[1].dated);
	assert_true(cache->layers[0].dated);
}

static void bad_places(void **state CS_UNUSED)
{
	refused("{\"blob\":\"" D1 "\",\"parent\":1}", "", "parent 1 is not in the list of 1");
	refused("{\"blob\":\"" D1 "\",\"parent\":-2}", "", "parent -2");
	refused("{\"blob\":\"" D1 "\",\"parent\":\"0\"}", "",
		"layer 0: its parent is no whole number");
	refused(L, "{\"digest\":\"" D1 "\",\"layers\":[{\"layer\":1}]}", "record 0: its layer 1");
	refused(L, "{\"digest\":\"" D1 "\",\"layers\":[{\"layer\":-1}]}", "layer -1");
	refused(L, "{\"digest\":\"" D1 "\",\"chains\":[{\"layers\":[0,9]}]}", "layer 9");
	refused(L, "{\"digest\":\"" D1 "\",\"chains\":[{\"layers\":[]}]}", "no layers");
	refused(L, "{\"digest\":\"" D1 "\",\"inputs\":[[{\"link\":4}]]}", "link 4");
	refused(L, "{\"digest\":\"" D1 "\",\"inputs\":[[]]}", "input 0 has no alternative");
	refused(L, "{\"digest\":\"" D1 "\",\"inputs\":[{\"link\":0}]}",
		"input 0 has no alternative");
	refused(L, "{\"digest\":\"" D1 "\",\"inputs\":7}", "'inputs' is no list");
	refused(L, "{}", "record 0: has no digest");
	refused("{}", "", "layer 0: has no blob");
	refused("7", "", "layer 0: has no blob");
	refused("{\"blob\":\"sha256:1\"}", "", "layer 0");
	assert_code(CS_FORMAT, parse("{\"layers\":{}}"));
	assert_code(CS_FORMAT, parse("[]"));
	assert_code(CS_FORMAT, parse(""));
	assert_int_equal(0, cache->n_layers);
}

static void loops(void **state CS_UNUSED)
{
	/* a parent that is not written is layer 0, for layer 0 as well */
	refused("{\"blob\":\"" D1 "\"}", "", "layer 0 is below itself");
	refused(L ",{\"blob\":\"" D1 "\",\"parent\":2},{\"blob\":\"" D1 "\",\"parent\":1}", "",
		"layer 1 is below itself");
	refused("", "{\"digest\":\"" D1 "\",\"inputs\":[[{\"link\":0}]]}", "loop");
	refused("",
		"{\"digest\":\"" D1 "\"},{\"digest\":\"" D1
		"\",\"inputs\":[[{\"link\":2},{\"link\":0}]]},"
		"{\"digest\":\"" D1 "\",\"inputs\":[[{\"link\":0}],[{\"link\":1}]]}",
		"record 1 depends on a loop");
	/* two ways to one record are no loop */
	assert_done(parse_parts("", "{\"digest\":\"" D1 "\"},{\"digest\":\"" D1
				    "\",\"inputs\":[[{\"link\":0},{\"link\":0}],[{\"link\":0}]]}"));
}

/* As many as the bounds let in, one on the other: neither stack nor time may follow. */
static void deep(void **state CS_UNUSED)
{
	const int n = 30000;
	struct cs_buf text CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	limits.json_bytes = 32 << 20;
	cs_buf_puts(&text, "{\"layers\":[");
	for (int i = 0; i < n; i++)
		cs_buf_printf(&text, "%s{\"blob\":\"" D1 "\",\"parent\":%d}", i ? "," : "",
			      i + 1 < n ? i + 1 : -1);
	cs_buf_puts(&text, "],\"records\":[");
	for (int i = 0; i < n; i++)
		cs_buf_printf(&text, "%s{\"digest\":\"" D1 "\",\"inputs\":[[{\"link\":%d}]]}",
			      i ? "," : "", i + 1 < n ? i + 1 : 0);
	cs_buf_puts(&text, "]}");
	assert_code(CS_FORMAT, parse(text.data));
	assert_non_null(strstr(err.msg, "loop"));
	limits.json_bytes = 1 << 20;
	assert_code(CS_LIMIT, parse(text.data));
	assert_non_null(strstr(err.msg, "--max-json-bytes"));
}

static void records_alone(void **state CS_UNUSED)
{
	static const char good[] = "[{\"digest\":\"" D1 "\",\"layers\":[{\"layer\":1}]}]";
	struct cs_cache_layer layers[2] = { { .parent = -1 }, { .parent = 0 } };

	cache = cs_cache_new();
	cache->layers = layers;
	cache->n_layers = 2;
	assert_done(cs_cache_records_parse(good, strlen(good), &limits, cache, &err));
	assert_int_equal(1, cache->n_records);
	cache->n_layers = 1;
	assert_code(CS_FORMAT, cs_cache_records_parse(good, strlen(good), &limits, cache, &err));
	assert_code(CS_FORMAT, cs_cache_records_parse("{}", 2, &limits, cache, &err));
}

static void base64(void **state CS_UNUSED)
{
	static const struct {
		const char *text, *bytes;
		int r;
	} cases[] = {
		{ "", "", 0 },	     { "YQ==", "a", 0 },   { "YQ", "a", 0 },
		{ "YWI=", "ab", 0 }, { "YWJj", "abc", 0 }, { "+/+/", "\xfb\xff\xbf", 0 },
		{ "Y", "", 1 },	     { "Y===", "", 1 },	   { "Y Q=", "", 1 },
		{ "YQ==YQ", "", 1 }, { "-_-_", "", 1 },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;

		assert_int_equal(0, cs_buf_puts(&buf, "x"));
		assert_int_equal(cases[i].r, cs_base64_decode(&buf, cases[i].text));
		assert_int_equal(1 + strlen(cases[i].bytes), buf.len);
		assert_string_equal(cases[i].bytes, buf.data + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(spellings, setup, teardown),
		cmocka_unit_test_setup_teardown(facts, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_places, setup, teardown),
		cmocka_unit_test_setup_teardown(loops, setup, teardown),
		cmocka_unit_test_setup_teardown(deep, setup, teardown),
		cmocka_unit_test_setup_teardown(records_alone, setup, teardown),
		cmocka_unit_test(base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
