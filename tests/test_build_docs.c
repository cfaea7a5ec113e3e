/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata files, history inspect and ls, and what holds for every parser of the table. */
#include "build/parsers.h"
#include "build/prune.h"
#include "support/docs.h"

static struct test_docs docs;

/* --- metadata --- */

static void metadata(void **state CS_UNUSED)
{
	const struct cs_doc *doc;
	char buf[CS_DIGEST_TEXT];

	assert_int_equal(0, test_docs_fixture(&docs, "metadata.json"));
	doc = docs.v[0];
	assert_int_equal(CS_DOC_METADATA, doc->kind);
	assert_string_equal("u2aecaf0yxdj25b5mjap80vv4", doc->build.builder_ref);
	assert_string_equal("docker.io/library/ci:3", doc->build.image_ref);
	assert_int_equal(1, doc->build.n_results);
	assert_int_equal(CS_STATUS_COMPLETED, doc->build.status);
	/* with provenance: start, base, Dockerfile; the store of the image knows only configs */
	assert_int_equal(0, test_docs_fixture(&docs, "metadata-max.json"));
	doc = docs.v[0];
	assert_true(doc->build.facts.started_unix_ns != CS_TIME_NONE);
	assert_non_null(doc->build.invocation_id);
	assert_int_equal(1, doc->build.recipe.n_materials);
	assert_non_null(doc->build.recipe.dockerfile_text);
	assert_string_equal(cs_digest_format(&doc->build.results[0], buf),
			    cs_digest_format(&doc->build.config_digest, buf));
	assert_true(cs_digest_known(&doc->build.config_digest));
}

static void bake(void **state CS_UNUSED)
{
	assert_int_equal(
		0, test_docs_text(
			   &docs,
			   "{\"buildx.build.warnings\":[],\"app\":{\"buildx.build.ref\":\"b/n/"
			   "one\",\"image.name\":\"a:1,b:2\"},"
			   "\"db\":{\"containerimage.digest\":\"sha256:"
			   "0000000000000000000000000000000000000000000000000000000000000002\"},"
			   "\"note\":{\"x\":1},\"n\":3}"));
	assert_int_equal(2, docs.n);
	assert_string_equal("app", docs.v[0]->build.facts.target);
	assert_string_equal("one", docs.v[0]->build.builder_ref);
	assert_string_equal("a:1", docs.v[0]->build.image_ref);
	assert_string_equal("db", docs.v[1]->build.facts.target);
	assert_int_equal(1, docs.v[1]->build.n_results);
	assert_int_equal(1, test_docs_text(&docs, "{\"x\":{\"containerimage.nothing\":1}}"));
	assert_code(CS_FORMAT, test_docs_text(&docs, "{\"buildx.build.ref\":\"x\""));
}

/* --- inspect, ls --- */

static void inspect(void **state CS_UNUSED)
{
	const struct cs_doc *doc;

	assert_int_equal(0, test_docs_fixture(&docs, "inspect.json"));
	doc = docs.v[0];
	assert_int_equal(CS_DOC_INSPECT, doc->kind);
	assert_int_equal(6, doc->build.builder_cached_steps);
	assert_int_equal(12, doc->build.builder_total_steps);
	assert_int_equal(CS_STATUS_COMPLETED, doc->build.status);
	assert_string_equal("production", doc->build.facts.target);
	assert_string_equal("acme/app", doc->build.facts.project);
	assert_int_equal(1, doc->build.recipe.n_materials);
	assert_int_equal(0,
			 test_docs_text(&docs, "{\"Name\":\"x\",\"Ref\":\"r\",\"StartedAt\":\"2026-"
					       "11-22T08:00:00Z\",\"Status\":\"running\","
					       "\"VCSRepository\":\"https://u:p@h/a/b.git\","
					       "\"BuildArgs\":[{\"Name\":\"NPM_TOKEN\",\"Value\":"
					       "\"abcdef\"},{\"Name\":\"X\",\"Value\":\"1\"}],"
					       "\"Error\":{\"Message\":\"no abcdef\"}}"));
	doc = docs.v[0];
	assert_int_equal(CS_STATUS_UNKNOWN, doc->build.status);
	assert_int_equal(-1, doc->build.builder_total_steps);
	assert_string_equal("https://h/a/b.git", doc->build.recipe.vcs_source);
	assert_string_equal("", doc->build.recipe.build_args[0].value);
	assert_string_equal("1", doc->build.recipe.build_args[1].value);
	assert_string_equal("no ***", doc->build.recipe.error);
	assert_code(CS_FORMAT, test_docs_text(&docs, "{\"Ref\":\"r\",\"StartedAt\":\"x\"}"));
	assert_code(CS_FORMAT, test_docs_text(&docs, "{\"Ref\":\"r\",\"StartedAt\":\"x\""));
}

static void history(void **state CS_UNUSED)
{
	assert_int_equal(0, test_docs_text(&docs,
					   "{\"cached_steps\":3,\"completed_at\":\"2026-11-22T08:"
					   "00:02Z\",\"completed_steps\":9,"
					   "\"created_at\":\"2026-11-22T08:00:00Z\",\"name\":\"x\","
					   "\"ref\":\"b/n/one\","
					   "\"status\":\"Completed\",\"total_steps\":9}\n"
					   "{\"created_at\":\"2026-11-22T08:00:00Z\",\"ref\":\"b/n/"
					   "two\",\"status\":\"Error\",\"total_steps\":1}\n"));
	assert_int_equal(2, docs.n);
	assert_int_equal(CS_DOC_HISTORY, docs.v[0]->kind);
	assert_string_equal("one", docs.v[0]->build.builder_ref);
	assert_int_equal(3, docs.v[0]->build.builder_cached_steps);
	assert_int_equal(CS_STATUS_FAILED, docs.v[1]->build.status);
	assert_int_equal(-1, docs.v[1]->build.builder_cached_steps);
	assert_code(CS_FORMAT, test_docs_text(&docs, "{\"ref\":\"a\",\"total_steps\":}\n"));
	assert_int_equal(0, strncmp(docs.err.msg, "input: line 1: ", 15));
	/* cut off before the keys that mark it */
	assert_code(CS_FORMAT, test_docs_text(&docs, "{\"ref\":\"a\",\"total_steps\":1}\n"
						     "{\"cached_steps\":1,\"completed"));
	assert_int_equal(0, strncmp(docs.err.msg, "input: line 2: ", 15));
	assert_int_equal(0, test_docs_text(&docs, "{\"ref\":\"a\",\"total_steps\":1}\n"
						  "{\"other\":1}\nWARNING: x\n"));
	assert_int_equal(1, docs.n);
}

/* --- pruning --- */

static void pruned(void **state CS_UNUSED)
{
	static const char *const names[] = { "big", "bag", NULL };
	static const struct {
		const char *text, *a; /* the member a, NULL for a text that is no JSON */
	} list[] = {
		{ "{\"big\":[1,{\"x\":\"]}\\\"\"}],\"a\":\"1\"}", "1" },
		{ "{\"x\":{\"bag\" : {\"a\":[]} },\"a\":\"2\"}", "2" },
		{ "{\"big\":\"text\",\"a\":\"3\"}", "3" },
		{ "{\"a\":\"big\",\"b\":[\"big\",{}]}", "big" },
		{ "{\"a\":\"\\\"big\\\":[\",\"bag\":[]}", "\"big\":[" },
		{ "{\"big\":[not JSON at all],\"a\":\"4\"}", "4" },
		{ "{\"big\":[1,\"a\":\"5\"}", NULL },
		{ "{\"big\":[1]", NULL },
		{ "{\"big\":", NULL },
		{ "{\"big", NULL },
		{ "\"", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < CS_N(list); i++) {
		struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
		int r = cs_json_parse_pruned(list[i].text, strlen(list[i].text), names,
					     &docs.ctx.limits, &doc, &docs.err);

		assert_int_equal(list[i].a ? 0 : -CS_FORMAT, r);
		if (list[i].a)
			assert_string_equal(list[i].a, cs_json_get_text(doc, "a"));
		assert_true(cs_json_is_null(cs_json_get(doc, "big")) ||
			    cs_json_text(cs_json_get(doc, "big")));
	}
}

/* --- the contract of the table --- */

struct sample {
	const char *parser, *fixture, *text;
};

static const struct sample samples[] = {
	{ "record", "pulled.dockerbuild", NULL }, /* decoded before it is shown to probes */
	{ "metadata", "metadata.json", NULL },
	{ "metadata", "metadata-max.json", NULL },
	{ "inspect", "inspect.json", NULL },
	{ "rawjson", "pulled.rawjson", NULL },
	{ "plain", "pulled.plain", NULL },
	{ "plain", "github.plain", NULL },
	{ "plain", "canceled.plain", NULL },
	{ "buildah", "buildah.log", NULL },
	{ "classic", "classic-1.log", NULL },
	{ "kaniko", NULL, "INFO[0000] Resolved base name a to b\nINFO[0001] RUN x\n" },
	{ "history", NULL, "{\"ref\":\"b/n/one\",\"status\":\"Completed\",\"total_steps\":9}\n" },
};

static void load(const struct sample *s, struct cs_buf *buf)
{
	char path[256];

	cs_buf_reset(buf);
	if (s->text) {
		cs_buf_puts(buf, s->text);
		return;
	}
	snprintf(path, sizeof(path), "build/%s", s->fixture);
	test_fixture(buf, path);
}

static void each_has_a_sample(void **state CS_UNUSED)
{
	for (size_t i = 0; i < cs_parsers_n; i++) {
		const struct cs_parser *p = &cs_parsers[i];
		bool found = strcmp(p->name, "zip") == 0; /* test_build_record.c */

		assert_true(!p->probe == !p->parse && !p->probe_line == !p->read);
		assert_true(!p->probe != !p->probe_line);
		for (size_t j = 0; j < CS_N(samples); j++)
			found = found || strcmp(samples[j].parser, p->name) == 0;
		if (!found)
			fail_msg("%s has no sample", p->name);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(cs_parsers[j].name, p->name);
	}
}

static void only_its_own(void **state CS_UNUSED)
{
	struct cs_buf buf = CS_BUF_INIT;

	for (size_t i = 1; i < CS_N(samples); i++) {
		size_t len;

		load(&samples[i], &buf);
		len = buf.len < 4096 ? buf.len : 4096;
		for (size_t j = 0; j < cs_parsers_n; j++) {
			int score = cs_parser_probe(&cs_parsers[j], (uint8_t *)buf.data, len);
			bool own = strcmp(cs_parsers[j].name, samples[i].parser) == 0;

			if (score < 0 || score > 100 || (own ? score < 60 : score > 50))
				fail_msg("%s scores %d for %s", cs_parsers[j].name, score,
					 samples[i].fixture ? samples[i].fixture : samples[i].text);
		}
	}
	cs_buf_release(&buf);
}

/* Every parser on every input, whole, cut and with a byte changed: an answer, and nothing else. */
static void anything_goes_in(void **state CS_UNUSED)
{
	struct cs_buf buf = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(samples); i++) {
		load(&samples[i], &buf);
		for (size_t at = 0; at < buf.len; at += 1 + buf.len / 150) {
			char old = buf.data[at];

			(void)test_docs_read(&docs, buf.data, at, 0);
			buf.data[at] = (char)(old ^ (1 << (at % 8)));
			(void)test_docs_read(&docs, buf.data, buf.len, 0);
			buf.data[at] = old;
		}
		assert_int_equal(0, test_docs_read(&docs, buf.data, buf.len, 0));
	}
	cs_buf_release(&buf);
}

static int count_doc(void *arg, struct cs_doc *doc, struct cs_err *err CS_UNUSED)
{
	test_doc_check(doc);
	cs_doc_free(doc);
	++*(int *)arg;
	return 0;
}

static void wrong_parser(void **state CS_UNUSED)
{
	struct cs_buf buf = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(samples); i++) {
		load(&samples[i], &buf);
		for (size_t j = 0; j < cs_parsers_n; j++) {
			struct cs_stream *in = test_stream(buf.data, buf.len, 100, CS_OK);
			int given = 0;
			struct cs_sink sink = { .fn = count_doc, .arg = &given, .name = "x" };
			int r = cs_parser_parse(&cs_parsers[j], &docs.ctx, in, &sink, &docs.err);

			assert_true(r <= 1 && r > -CS_N_CODES);
			assert_true(r != 1 || given == 0);
			cs_stream_close(in);
		}
	}
	cs_buf_release(&buf);
}

static void failing_input(void **state CS_UNUSED)
{
	struct cs_buf buf = CS_BUF_INIT;

	for (size_t i = 0; i < CS_N(samples); i++) {
		for (int cut = 0; cut < 4; cut++) {
			struct cs_stream *in;
			int given = 0;

			load(&samples[i], &buf);
			in = test_stream(buf.data, buf.len * (size_t)cut / 4, 50, CS_NET);
			assert_code(CS_NET, cs_docs_read(&docs.ctx, in, "input", count_doc, &given,
							 &docs.err));
			assert_string_equal("input: as planned", docs.err.msg);
		}
	}
	cs_buf_release(&buf);
}

static void in_other_codings(void **state CS_UNUSED)
{
	struct cs_buf plain = CS_BUF_INIT, coded = CS_BUF_INIT;

	test_fixture(&plain, "build/pulled.rawjson");
	test_gzip(&coded, plain.data, plain.len, NULL, 0);
	assert_int_equal(0, test_docs_read(&docs, coded.data, coded.len, 0));
	coded.data[coded.len - 6] ^= 1;
	assert_code(CS_FORMAT, test_docs_read(&docs, coded.data, coded.len, 0));
	cs_buf_reset(&coded);
	test_zstd(&coded, plain.data, plain.len, 0);
	assert_int_equal(0, test_docs_read(&docs, coded.data, coded.len, 0));
	cs_buf_reset(&coded);
	test_xz(&coded, plain.data, plain.len);
	assert_int_equal(0, test_docs_read(&docs, coded.data, coded.len, 0));
	cs_buf_release(&plain);
	cs_buf_release(&coded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metadata),	    cmocka_unit_test(bake),
		cmocka_unit_test(inspect),	    cmocka_unit_test(history),
		cmocka_unit_test(pruned),	    cmocka_unit_test(each_has_a_sample),
		cmocka_unit_test(only_its_own),	    cmocka_unit_test(anything_goes_in),
		cmocka_unit_test(wrong_parser),	    cmocka_unit_test(failing_input),
		cmocka_unit_test(in_other_codings),
	};
	int r;

	test_docs_init(&docs);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	test_docs_clear(&docs);
	return r;
}
