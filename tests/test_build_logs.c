/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of buildah, the classic builder and kaniko, and rawjson. */
#include "support/docs.h"

static struct test_docs docs;

static const struct cs_doc *read_one(const char *text)
{
	int r = test_docs_text(&docs, text);

	if (r)
		fail_msg("%d: %s", r, r < 0 ? docs.err.msg : "not read");
	assert_int_equal(1, docs.n);
	return docs.v[0];
}

/* --- rawjson --- */

static void rawjson_real(void **state CS_UNUSED)
{
	struct cs_buf log = CS_BUF_INIT;
	const struct cs_doc *doc;
	char buf[256];

	test_fixture(&log, "build/pulled.rawjson");
	for (size_t step = 1; step < 5000; step = step * 3 + 1) {
		assert_int_equal(0, test_docs_read(&docs, log.data, log.len, step));
		doc = docs.v[0];
		assert_int_equal(CS_DOC_RAWJSON, doc->kind);
		assert_string_equal("hHrrrr", test_cacheable(doc, buf));
		/* a live log: the client's own span is left out */
		assert_int_equal(2, doc->build.builder_cached_steps);
		assert_int_equal(14, doc->build.builder_total_steps);
		assert_int_equal(14, doc->build.builder_completed_steps);
		assert_int_equal(CS_STATUS_COMPLETED, doc->build.status);
		assert_true(doc->build.facts.started_unix_ns != CS_TIME_NONE);
	}
	cs_buf_release(&log);
}

#define V(rest) "{\"digest\":\"sha256:aa\",\"name\":\"[a 1/1] RUN x\"" rest "}"
#define T1	",\"started\":\"2026-11-22T08:00:00Z\""
#define T2	T1 ",\"completed\":\"2026-11-22T08:00:01.5Z\""

static void rawjson_lines(void **state CS_UNUSED)
{
	const struct cs_doc *doc = read_one("{\"vertexes\":[" V("") "," V(
		T1) "]}\n"
		    "WARNING: no output\n"
		    "2026-11-22T08:29:04.2034690Z "
		    "{\"logs\":[{\"vertex\":\"sha256:aa\",\"data\":\"e30=\"}]}\n"
		    "{\"other\":[{\"digest\":1}],\"vertexes\":[" V(
			    T2) "]}\n"
				"{\"vertexes\":[" V(
					T2 ",\"x\":{\"y\":[\"]}\\\"\"]}") "],\"warnings\":[{"
									  "\"vertex\":\"sha256:"
									  "aa\"}]}\n"
									  "ERROR: failed to build: "
									  "failed to solve: no\n");

	assert_int_equal(1, doc->build.n_steps);
	assert_true(doc->build.steps[0].duration_ns == CS_NS_PER_S * 3 / 2);
	assert_int_equal(1, doc->build.recipe.n_warnings);
	assert_int_equal(CS_STATUS_FAILED, doc->build.status);
	assert_string_equal("no", doc->build.recipe.error);
}

/* As jq and Python write it again. */
static void rawjson_blanks(void **state CS_UNUSED)
{
	static const char text[] = "{\"vertexes\": [{\"digest\": \"sha256:aa\", \"name\": \"[1/1] "
				   "RUN x\"}]}\n"
				   "{ \"logs\" : [ { \"vertex\": \"sha256:aa\" } ] }\n";
	const struct cs_doc *doc = read_one(text);

	assert_int_equal(1, doc->build.n_steps);
	/* other JSON, whatever it begins with, is still no log */
	assert_int_equal(1, test_docs_text(&docs, "{ \"vertex\": 1 }\n{\"vertexes\": {}}\n"));
}

static void rawjson_damaged(void **state CS_UNUSED)
{
	static const char *const texts[] = {
		"{\"vertexes\":[" V("") "]",
		"{\"vertexes\":[" V("") ",",
		"{\"vertexes\":[{\"name\":\"x\"}]}",
		"{\"vertexes\":[{\"digest\":\"a\",}]}",
		"{\"vertexes\":[{\"digest\":\"a\"]}",
		"{\"vertexes\":[" V(",\"started\":\"yesterday\"") "]}",
		"{\"vertexes\":[" V("") "]}}",
		"{\"vertexes\":[{\"digest\":\"a\",\"digest\":\"b\"}]}"
	};

	for (size_t i = 0; i < CS_N(texts); i++) {
		assert_code(CS_FORMAT, test_docs_text(&docs, texts[i]));
		assert_int_equal(0, strncmp(docs.err.msg, "input: line 1: ", 15));
	}
	/* an object of another kind is no line of a build */
	assert_int_equal(1, test_docs_text(&docs, "{\"level\":\"x\"}\n{\"vertex\":1}\n"));
}

/* One line of any length, of which only single elements are held. */
static void rawjson_long(void **state CS_UNUSED)
{
	struct cs_buf log = CS_BUF_INIT;
	size_t at;

	cs_buf_puts(&log,
		    "{\"vertexes\":[" V(T2) "],\"logs\":[{\"vertex\":\"sha256:aa\",\"data\":\"");
	at = log.len;
	assert_int_equal(0, cs_buf_reserve(&log, 5 << 20));
	memset(log.data + at, 'A', 5 << 20);
	log.len += 5 << 20;
	cs_buf_puts(&log, "\"},{\"vertex\":\"sha256:aa\"}],\"vertexes\":[" V("") "]}\n");
	assert_int_equal(0, test_docs_read(&docs, log.data, log.len, 0));
	assert_int_equal(1, docs.v[0]->build.n_steps);
	assert_int_equal(1, docs.v[0]->n_unread);
	/* but a vertex may not be cut */
	cs_buf_reset(&log);
	cs_buf_puts(&log, "{\"vertexes\":[{\"digest\":\"a\",\"name\":\"");
	cs_buf_reserve(&log, 2 << 20);
	memset(log.data + log.len, 'A', 2 << 20);
	log.len += 2 << 20;
	cs_buf_puts(&log, "\"}]}\n");
	assert_code(CS_LIMIT, test_docs_read(&docs, log.data, log.len, 0));
	assert_non_null(strstr(docs.err.msg, "--max-log-line"));
	cs_buf_reset(&log);
	cs_buf_puts(&log, "{\"vertexes\":[");
	for (int i = 0; i < 100; i++)
		cs_buf_putc(&log, '[');
	assert_code(CS_LIMIT, test_docs_read(&docs, log.data, log.len, 0));
	assert_non_null(strstr(docs.err.msg, "--max-json-depth"));
	cs_buf_release(&log);
}

/* --- buildah --- */

static void buildah_real(void **state CS_UNUSED)
{
	const struct cs_doc *doc;
	char buf[256];

	assert_int_equal(0, test_docs_fixture(&docs, "buildah.log"));
	doc = docs.v[0];
	assert_int_equal(CS_DOC_BUILDAH, doc->kind);
	assert_string_equal("?hhh?hh", test_states(doc, buf));
	assert_string_equal("base", doc->build.steps[1].stage);
	assert_string_equal("production", doc->build.steps[5].stage);
	assert_string_equal("acme/sharimg:bh2", doc->build.image_ref);
	assert_int_equal(CS_STATUS_COMPLETED, doc->build.status);
	assert_int_equal(1, doc->build.n_results);
	assert_int_equal(-1, doc->build.builder_total_steps);
}

static void buildah_kinds(void **state CS_UNUSED)
{
	char buf[256];

	/* a miss, a hit, and the last, which only COMMIT follows */
	assert_string_equal("?rhr", test_states(read_one("STEP 1/4: FROM a\nSTEP 2/4: RUN x\nout\n"
							 "--> 12ab34cd56ef\nSTEP 3/4: COPY a b\n"
							 "--> Using cache 1234\n--> 12ab34cd56ef\n"
							 "STEP 4/4: RUN y\nCOMMIT r/a:1\n"),
						buf));
	assert_null(docs.v[0]->build.steps[1].stage);
	/* no --layers: nothing is said, everything ran */
	assert_string_equal("?rr", test_states(read_one("STEP 1: FROM a\nSTEP 2: RUN x\n"
							"STEP 3: RUN y\nCOMMIT x\n"),
					       buf));
	/* failed; cut off */
	read_one("STEP 1/3: FROM a\nSTEP 2/3: RUN false\n"
		 "Error: building at STEP \"RUN false\": while running runtime: exit status 1\n");
	assert_string_equal("?f", test_states(docs.v[0], buf));
	assert_int_equal(CS_STATUS_FAILED, docs.v[0]->build.status);
	assert_string_equal("?r?",
			    test_states(read_one("STEP 1/4: FROM a\nSTEP 2/4: RUN x\n--> 12\n"
						 "STEP 3/4: RUN y\n"),
					buf));
	assert_int_equal(CS_STATUS_UNKNOWN, docs.v[0]->build.status);
	/* stages at the same time: whose a line is cannot be told */
	assert_string_equal("?????",
			    test_states(read_one("[1/2] STEP 1/3: FROM a AS x\n"
						 "[2/2] STEP 1/2: FROM b\n"
						 "[1/2] STEP 2/3: RUN x\n--> Using cache 12\n"
						 "[2/2] STEP 2/2: RUN y\n--> 12\n"
						 "[1/2] STEP 3/3: RUN z\n"),
					buf));
	assert_string_equal("x", docs.v[0]->build.steps[4].stage);
	assert_string_equal("stage-1", docs.v[0]->build.steps[3].stage);
	/* one after the other */
	assert_int_equal(0, test_docs_text(&docs,
					   "STEP 1/2: FROM a\nSTEP 2/2: RUN x\nCOMMIT a\n--> 12\n"
					   "STEP 1/2: FROM a\nSTEP 2/2: RUN y\nCOMMIT b\n"));
	assert_int_equal(2, docs.n);
}

/* --- classic --- */

static void classic_real(void **state CS_UNUSED)
{
	char buf[256];

	assert_int_equal(0, test_docs_fixture(&docs, "classic-1.log"));
	assert_int_equal(CS_DOC_CLASSIC, docs.v[0]->kind);
	assert_string_equal("?rrr?r?rr", test_states(docs.v[0], buf));
	assert_int_equal(0, test_docs_fixture(&docs, "classic-2.log"));
	assert_string_equal("?hhh?h?hh", test_states(docs.v[0], buf));
	assert_string_equal("hhhh", test_cacheable(docs.v[0], buf));
	assert_string_equal("test", docs.v[0]->build.steps[5].stage);
	assert_int_equal(CS_STATUS_COMPLETED, docs.v[0]->build.status);
	assert_string_equal("acme/sharimg:classic", docs.v[0]->build.image_ref);
}

static void classic_ends(void **state CS_UNUSED)
{
	char buf[256];

	read_one("Step 1/3 : FROM a\n ---> 84f6eb2bfbc1\nStep 2/3 : RUN false\n"
		 " ---> Running in 84f6eb2bfbc1\n"
		 "The command '/bin/sh -c false' returned a non-zero code: 1\n");
	assert_string_equal("?f", test_states(docs.v[0], buf));
	assert_int_equal(CS_STATUS_FAILED, docs.v[0]->build.status);
	read_one("Step 1/2 : FROM a\n ---> 84f6eb2bfbc1\nStep 2/2 : COPY x y\n"
		 "COPY failed: file not found\n");
	assert_string_equal("?f", test_states(docs.v[0], buf));
	/* what a RUN prints is not what docker says */
	read_one("Step 1/2 : FROM a\n ---> 84f6eb2bfbc1\nStep 2/2 : RUN x\n ---> Running in "
		 "84f6eb2bfbc1\n"
		 " ---> Using caches\n ---> done\n");
	assert_string_equal("??", test_states(docs.v[0], buf));
	assert_int_equal(CS_STATUS_UNKNOWN, docs.v[0]->build.status);
	assert_int_equal(0, test_docs_text(&docs, "Step 1/1 : FROM a\n ---> 84f6eb2bfbc1\n"
						  "Successfully built 84f6eb2bfbc1\n"
						  "Step 1/1 : FROM b\n ---> 84f6eb2bfbc1\n"));
	assert_int_equal(2, docs.n);
}

/* --- kaniko --- */

static const char kaniko[] =
	"INFO[0000] Resolved base name golang:1 to build\n"
	"INFO[0000] Retrieving image manifest golang:1\n"
	"INFO[0001] Built cross stage deps: map[0:[/app]]\n"
	"INFO[0001] Executing 0 build triggers\n"
	"INFO[0001] Checking for cached layer r/cache:aa...\n"
	"INFO[0001] Using caching version of cmd: RUN go mod download\n"
	"INFO[0002] Checking for cached layer r/cache:bb...\n"
	"INFO[0002] No cached layer found for cmd RUN go build\n"
	"INFO[0002] Unpacking rootfs as cmd COPY go.mod . requires it.\n"
	"INFO[0003] COPY go.mod .\n"
	"INFO[0003] Taking snapshot of files...\n"
	"INFO[0004] RUN go  mod download\n"
	"INFO[0004] Found cached layer, extracting to filesystem\n"
	"INFO[0006] RUN go build\n"
	"INFO[0006] Running: [/bin/sh -c go build]\n"
	"INFO[0036] Taking snapshot of full filesystem...\n"
	"INFO[0037] Pushing layer r/cache:bb to cache now\n"
	"INFO[0037] Pushing image to r/cache:bb\n"
	"INFO[0038] Pushed "
	"r/cache@sha256:0000000000000000000000000000000000000000000000000000000000000001\n"
	"INFO[0038] Saving file app for later use\n"
	"INFO[0039] Executing 0 build triggers\n"
	"INFO[0039] COPY --from=build /app /app\n"
	"INFO[0040] Pushing image to r/app:1\n"
	"INFO[0041] Pushed "
	"r/app@sha256:0000000000000000000000000000000000000000000000000000000000000002\n";

static void kaniko_text(void **state CS_UNUSED)
{
	const struct cs_doc *doc = read_one(kaniko);
	char buf[256], digest[CS_DIGEST_TEXT];

	assert_int_equal(CS_DOC_KANIKO, doc->kind);
	assert_string_equal("rHrr", test_cacheable(doc, buf));
	assert_true(doc->build.steps[2].duration_ns == 31 * CS_NS_PER_S);
	assert_true(doc->build.steps[1].duration_ns == 2 * CS_NS_PER_S);
	assert_string_equal("stage-0", doc->build.steps[0].stage);
	assert_string_equal("stage-1", doc->build.steps[3].stage);
	assert_int_equal(CS_STATUS_COMPLETED, doc->build.status);
	assert_int_equal(CS_TRI_YES, doc->build.facts.pushed);
	cs_digest_format(&doc->build.manifest_digest, digest);
	assert_int_equal('2', digest[70]);
	assert_int_equal(1, doc->build.n_results);
}

static void kaniko_forms(void **state CS_UNUSED)
{
	const struct cs_doc *doc = read_one(
		"{\"level\":\"info\",\"msg\":\"Checking for cached layer "
		"r/cache:aa...\",\"time\":\"2026-11-22T08:00:00Z\"}\n"
		"{\"level\":\"info\",\"msg\":\"Using caching version of cmd: RUN "
		"a\",\"time\":\"2026-11-22T08:00:01Z\"}\n"
		"{\"level\":\"info\",\"msg\":\"RUN a\",\"time\":\"2026-11-22T08:00:02Z\"}\n"
		"{\"level\":\"info\",\"msg\":\"RUN echo "
		"\\\"b\\\"\",\"time\":\"2026-11-22T08:00:04Z\"}\n"
		"{\"level\":\"info\",\"msg\":\"Skipping push to container registry due to "
		"--no-push flag\",\"time\":\"2026-11-22T08:00:09Z\"}\n");
	char buf[256];

	assert_string_equal("hr", test_cacheable(doc, buf));
	assert_true(doc->build.steps[1].duration_ns == 5 * CS_NS_PER_S);
	assert_true(doc->build.steps[1].started_unix_ns != CS_TIME_NONE);
	assert_string_equal("RUN echo \"b\"", doc->build.steps[1].instruction);
	assert_int_equal(CS_TRI_NO, doc->build.facts.pushed);
	doc = read_one(
		"time=\"2026-11-22T08:00:00Z\" level=info msg=\"Built cross stage deps: map[]\"\n"
		"time=\"2026-11-22T08:00:00Z\" level=info msg=\"RUN echo \\\"b\\\"\"\n"
		"error building image: error building stage: failed to execute command: exit "
		"status 1\n");
	assert_string_equal("f", test_cacheable(doc, buf));
	assert_string_equal("RUN echo \"b\"", doc->build.steps[0].instruction);
	assert_int_equal(CS_STATUS_FAILED, doc->build.status);
	/* coloured, and cut off */
	doc = read_one("\x1b[36mINFO\x1b[0m[0000] Built cross stage deps: map[]\n"
		       "\x1b[36mINFO\x1b[0m[0001] RUN a\n\x1b[36mINFO\x1b[0m[0003] RUN b\n");
	assert_string_equal("r?", test_cacheable(doc, buf));
	assert_int_equal(CS_STATUS_UNKNOWN, doc->build.status);
}

/* A hit that the cache announced for one stage is none for the next. */
static void kaniko_stages(void **state CS_UNUSED)
{
	char buf[256];

	read_one("INFO[0000] Building stage 'a' [idx: '0', base-idx: '-1']\n"
		 "INFO[0000] Checking for cached layer r/cache:aa...\n"
		 "INFO[0000] RUN a\n"
		 "INFO[0000] Using caching version of cmd: RUN b\n"
		 "INFO[0001] Building stage 'b' [idx: '1', base-idx: '-1']\n"
		 "INFO[0001] RUN b\nINFO[0002] Skipping push\n");
	assert_string_equal("rr", test_cacheable(docs.v[0], buf));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rawjson_real),	  cmocka_unit_test(rawjson_lines),
		cmocka_unit_test(rawjson_blanks), cmocka_unit_test(rawjson_damaged),
		cmocka_unit_test(rawjson_long),	  cmocka_unit_test(buildah_real),
		cmocka_unit_test(buildah_kinds),  cmocka_unit_test(classic_real),
		cmocka_unit_test(classic_ends),	  cmocka_unit_test(kaniko_text),
		cmocka_unit_test(kaniko_forms),	  cmocka_unit_test(kaniko_stages),
	};
	int r;

	test_docs_init(&docs);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	test_docs_clear(&docs);
	return r;
}
