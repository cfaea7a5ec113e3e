/* SPDX-License-Identifier: Apache-2.0 */
/* --progress=plain: what it tells, what it does not, and what is around it in the logs of CI. */
#include "support/docs.h"

static struct test_docs docs;

#define HEAD                                                                                       \
	"#1 [internal] load build definition from Dockerfile\n"                                    \
	"#1 transferring dockerfile: 2B done\n#1 DONE 0.0s\n\n"
#define EXPORT "#9 exporting to image\n#9 exporting layers done\n#9 DONE 0.1s\n"

static const struct cs_doc *read_one(const char *text)
{
	int r = test_docs_text(&docs, text);

	if (r)
		fail_msg("%d: %s", r, r < 0 ? docs.err.msg : "not read");
	assert_int_equal(1, docs.n);
	assert_int_equal(CS_DOC_PLAIN, docs.v[0]->kind);
	return docs.v[0];
}

static void counts(const struct cs_doc *doc, int64_t cached, int64_t total, int64_t completed)
{
	assert_int_equal(cached, doc->build.builder_cached_steps);
	assert_int_equal(total, doc->build.builder_total_steps);
	assert_int_equal(completed, doc->build.builder_completed_steps);
}

static void real_logs(void **state CS_UNUSED)
{
	char buf[256];

	/* a pulled hit prints CACHED in a live log, and DONE only in one printed from the record */
	assert_int_equal(0, test_docs_fixture(&docs, "pulled.plain"));
	assert_string_equal("hHrr?r", test_cacheable(docs.v[0], buf));
	counts(docs.v[0], -1, -1, -1); /* COPY --link */
	assert_int_equal(0, test_docs_fixture(&docs, "replay.plain"));
	assert_string_equal("hhhhHrrrr", test_cacheable(docs.v[0], buf));
	counts(docs.v[0], 5, 17, 17);
	assert_int_equal(CS_STATUS_COMPLETED, docs.v[0]->build.status);
	assert_int_equal(0, test_docs_fixture(&docs, "failed.plain"));
	assert_string_equal("hhhhhrf", test_cacheable(docs.v[0], buf));
	counts(docs.v[0], 5, -1, 12);
	assert_int_equal(CS_STATUS_FAILED, docs.v[0]->build.status);
	assert_non_null(strstr(docs.v[0]->build.recipe.error, "exit code: 3"));
	assert_int_equal(0, test_docs_fixture(&docs, "canceled.plain"));
	assert_string_equal("hhhrc", test_cacheable(docs.v[0], buf));
	counts(docs.v[0], 3, -1, 10);
	assert_int_equal(CS_STATUS_CANCELED, docs.v[0]->build.status);
	assert_int_equal(0, test_docs_fixture(&docs, "github.plain"));
	assert_string_equal("hhhhhrr", test_cacheable(docs.v[0], buf));
	counts(docs.v[0], 5, 13, 13);
	assert_true(docs.v[0]->build.facts.started_unix_ns != CS_TIME_NONE);
	assert_true(docs.v[0]->build.facts.completed_unix_ns >
		    docs.v[0]->build.facts.started_unix_ns);
}

static void verdicts(void **state CS_UNUSED)
{
	const struct cs_doc *doc = read_one(
		HEAD "#2 [a 1/5] FROM docker.io/library/x\n#2 CACHED\n"
		     "#3 [a 2/5] RUN a\n#3 0.100 #7 CACHED\n#3 12.34 DONE 9.9s\n#3 DONE 12.3s\n"
		     "#4 [a 3/5] RUN b\n#4 WARN: odd\n#4 DONE 0.0s\n#4 DONE 1.2s\n"
		     "#5 [a 4/5] RUN c\n#5 DONE\n"
		     "#6 [a 5/5] RUN d\n#6 DONE 1s\n" EXPORT);
	char buf[256];

	assert_string_equal("rrrr", test_cacheable(doc, buf));
	assert_int_equal(CS_STATE_HIT, test_step(doc, "[a 1/5] FROM docker.io/library/x")->state);
	assert_int_equal(12300, test_step(doc, "[a 2/5] RUN a")->duration_ns / 1000000);
	/* the last verdict wins */
	assert_int_equal(1200, test_step(doc, "[a 3/5] RUN b")->duration_ns / 1000000);
	assert_int_equal(-1, test_step(doc, "[a 4/5] RUN c")->duration_ns);
	assert_int_equal(1000, test_step(doc, "[a 5/5] RUN d")->duration_ns / 1000000);
	assert_int_equal(1, doc->build.recipe.n_warnings);
	counts(doc, 1, 7, 7);
}

static void interleaved(void **state CS_UNUSED)
{
	const struct cs_doc *doc = read_one(
		HEAD "#2 [a 1/1] RUN a\n#2 0.1 x\n#2 ...\n\n#3 [b 1/1] RUN b\n#3 0.1 y\n#3 ...\n\n"
		     "#2 [a 1/1] RUN a\n#2 DONE 3.0s\n\n#3 [b 1/1] RUN b\n#3 CACHED\n" EXPORT);
	char buf[256];

	assert_string_equal("rh", test_cacheable(doc, buf));
	counts(doc, 1, 4, 4);
}

static void pulled_or_not(void **state CS_UNUSED)
{
#define PULL "#2 sha256:00 1B / 1B done\n#2 extracting sha256:00 done\n"
	char buf[256];

	assert_string_equal("H", test_cacheable(read_one(HEAD "#2 [a 1/1] RUN a\n" PULL
							      "#2 DONE 0.1s\n" EXPORT),
						buf));
	/* it ran: it wrote something, or did something else */
	assert_string_equal("r", test_cacheable(read_one(HEAD "#2 [a 1/1] RUN a\n" PULL
							      "#2 0.1 x\n#2 DONE 0.1s\n" EXPORT),
						buf));
	assert_string_equal("r",
			    test_cacheable(read_one(HEAD "#2 [a 1/1] COPY a b\n" PULL
							 "#2 merging done\n#2 DONE 0.1s\n" EXPORT),
					   buf));
	/* a FROM is pulled without being a hit */
	read_one(HEAD "#2 [a 1/1] FROM a\n" PULL "#2 DONE 0.1s\n" EXPORT);
	assert_int_equal(CS_STATE_RUN, test_step(docs.v[0], "[a 1/1] FROM a")->state);
	/* Docker 20.10 prints the vertex's own digest */
	assert_string_equal(
		"r",
		test_cacheable(read_one(HEAD
					"#2 [a 1/1] RUN a\n#2 sha256:"
					"00000000000000000000000000000000000000000000000000000000"
					"00000000\n#2 DONE 0.1s\n" EXPORT),
			       buf));
}

/* A group is one line: DONE does not tell whether its files were cached, or only merged anew. */
static void linked_or_not(void **state CS_UNUSED)
{
#define LINK(rest) HEAD "#2 [a 1/2] " rest "\n#2 DONE 0.1s\n" EXPORT
	static const char unmerged[] = LINK("COPY --link a b") "#8 exporting to image\n"
							       "#8 writing image sha256:00 done\n"
							       "#8 DONE 0.1s\n";
	static const char cached[] = HEAD "#2 [a 1/2] COPY --link a b\n#2 CACHED\n" EXPORT;
	char buf[256];

	assert_string_equal("?", test_cacheable(read_one(LINK("COPY --link a b")), buf));
	assert_string_equal("?", test_cacheable(read_one(LINK("ADD --chown=1 --link a b")), buf));
	assert_string_equal("?", test_cacheable(read_one(LINK("ONBUILD COPY --link a b")), buf));
	assert_string_equal("r", test_cacheable(read_one(LINK("COPY --link=false a b")), buf));
	assert_string_equal("r", test_cacheable(read_one(LINK("COPY a --linked")), buf));
	assert_string_equal("r", test_cacheable(read_one(LINK("RUN ld --link a")), buf));
	assert_string_equal("h", test_cacheable(read_one(cached), buf));
	/* a store that cannot merge has no groups */
	assert_string_equal("r", test_cacheable(read_one(unmerged), buf));
#undef LINK
}

static void client_spans(void **state CS_UNUSED)
{
	counts(read_one("#0 building with \"b\" instance using docker-container driver\n\n"
			"#1 [internal] booting buildkit\n#1 DONE 1.0s\n"
			"#2 [a 1/1] RUN a\n#2 DONE 0.1s\n#3 exporting to image\n#3 DONE 0.1s\n"
			"#4 resolving provenance for metadata file\n#4 DONE 0.0s\n"),
	       0, 2, 2);
}

static void ends(void **state CS_UNUSED)
{
	/* a cache that is not there fails nothing */
	assert_int_equal(CS_STATUS_COMPLETED,
			 read_one(HEAD
				  "#2 importing cache manifest from r/c:1\n#2 ERROR: not found\n"
				  "#3 [a 1/1] RUN a\n#3 DONE 0.1s\n" EXPORT)
				 ->build.status);
	assert_string_equal("not found", docs.v[0]->build.recipe.caches[0].error);
	/* a log that ends in the middle */
	read_one(HEAD "#2 [a 1/1] RUN a\n#2 0.1 x\n");
	assert_int_equal(CS_STATUS_UNKNOWN, docs.v[0]->build.status);
	assert_int_equal(CS_STATE_UNKNOWN, docs.v[0]->build.steps[1].state);
	assert_int_equal(-1, docs.v[0]->build.builder_total_steps);
	/* what was going on when another step failed */
	read_one(HEAD "#2 [a 1/1] RUN a\n#3 [b 1/1] RUN b\n#3 ERROR: exit code: 1\n"
		      "ERROR: failed to solve: exit code: 1\n");
	assert_int_equal(CS_STATUS_FAILED, docs.v[0]->build.status);
	assert_int_equal(CS_STATE_CANCELED, test_step(docs.v[0], "[a 1/1] RUN a")->state);
	assert_string_equal("exit code: 1", docs.v[0]->build.recipe.error);
	read_one(HEAD "#2 ERROR: x\nERROR: failed to solve: x: context canceled\n");
	assert_int_equal(CS_STATUS_CANCELED, docs.v[0]->build.status);
}

static void several_builds(void **state CS_UNUSED)
{
#define ONE(name)                                                                                  \
	HEAD "#2 [" name " 1/1] RUN a\n#2 DONE 0.1s\n#9 exporting to image\n#9 DONE 0.1s\n"
	assert_int_equal(0, test_docs_text(&docs, ONE("a") ONE("b")));
	assert_int_equal(2, docs.n);
	assert_int_equal(0,
			 test_docs_text(&docs,
					"#0 building with \"x\" instance using docker driver\n" HEAD
					"#0 building with \"x\" instance using\n" HEAD
					"#2 [a 1/1] RUN b\n#2 CACHED\n"));
	assert_int_equal(2, docs.n);
	assert_int_equal(1, docs.v[0]->build.n_steps);
	assert_int_equal(2, docs.v[1]->build.n_steps);
	/* the same number again is the same vertex, reopened */
	assert_int_equal(
		0, test_docs_text(&docs, HEAD "#2 [a 1/1] RUN a\n#2 ...\n" HEAD "#2 DONE 0.1s\n"));
	assert_int_equal(1, docs.n);
}

static void columns_of_gh(void **state CS_UNUSED)
{
	static const char t[] = "2026-11-22T08:29:04.2034690Z";
	struct cs_buf log = CS_BUF_INIT;
	static const char *const jobs[] = { "test", "image" };

	for (size_t i = 0; i < 2; i++) {
		cs_buf_printf(&log, "%s\tSet up job\t%s Current runner version: '2'\n", jobs[i], t);
		for (int n = 0; n < 200; n++)
			cs_buf_printf(&log, "%s\tCheckout\t%s #%d is an issue\n", jobs[i], t, n);
		cs_buf_printf(&log, "%s\tBuild\t%s #1 [internal] load build definition from x\n",
			      jobs[i], t);
		cs_buf_printf(&log, "%s\tBuild\t%s #2 [a 1/1] RUN a\n", jobs[i], t);
		cs_buf_printf(&log, "%s\tBuild\t%s #1 DONE 0.1s\n", jobs[i], t);
		cs_buf_printf(&log, "%s\tBuild\t%s #2 DONE 0.1s\n", jobs[i], t);
		cs_buf_printf(&log, "%s\tPost\t%s #3 cleaning up\n", jobs[i], t);
	}
	assert_int_equal(0, test_docs_text(&docs, log.data));
	assert_int_equal(2, docs.n);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(jobs[i], docs.v[i]->build.facts.job);
		counts(docs.v[i], 0, 2, 2);
	}
	cs_buf_release(&log);
}

static void long_and_odd_lines(void **state CS_UNUSED)
{
	static const char nuls[] =
		HEAD "#2 [a 1/1] RUN a\n#2 0.1 \0\0\xff\xfe\x1b[\n#2 DONE 0.1s\n";
	struct cs_buf log = CS_BUF_INIT;

	assert_int_equal(0, test_docs_read(&docs, nuls, sizeof(nuls) - 1, 5));
	counts(docs.v[0], 0, 2, 2);
	cs_buf_puts(&log, HEAD "#2 [a 1/1] RUN a\n#2 0.1 ");
	assert_int_equal(0, cs_buf_reserve(&log, 3 << 20));
	memset(log.data + log.len, 'x', 3 << 20);
	log.len += 3 << 20;
	cs_buf_puts(&log, "\n#2 CACHED\n#2 #2 #2\n#\n# \n#99999999999 x\n#0\n#2\n");
	assert_int_equal(0, test_docs_read(&docs, log.data, log.len, 0));
	counts(docs.v[0], 1, 2, 2);
	assert_int_equal(1, docs.v[0]->n_unread);
	cs_buf_release(&log);
}

static void limits(void **state CS_UNUSED)
{
	docs.ctx.limits.vertexes = 3;
	assert_int_equal(0, test_docs_text(&docs, HEAD "#2 [a 1/1] RUN a\n#3 [b 1/1] RUN b\n"));
	docs.ctx.limits.vertexes = 2;
	assert_code(CS_LIMIT, test_docs_text(&docs, HEAD "#2 [a 1/1] RUN a\n#3 [b 1/1] RUN b\n"));
	assert_non_null(strstr(docs.err.msg, "--max-vertexes"));
	cs_ctx_init(&docs.ctx);
}

static void no_logs(void **state CS_UNUSED)
{
	static const char *const texts[] = { "",
					     "\n",
					     "#1 first\n#2 second\n",
					     "# Title\n\ntext\n",
					     "#1 DONE it\n",
					     "#include <stdio.h>\n",
					     "plain text" };

	for (size_t i = 0; i < CS_N(texts); i++)
		assert_int_equal(1, test_docs_text(&docs, texts[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_logs),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(interleaved),
		cmocka_unit_test(pulled_or_not),
		cmocka_unit_test(linked_or_not),
		cmocka_unit_test(client_spans),
		cmocka_unit_test(ends),
		cmocka_unit_test(several_builds),
		cmocka_unit_test(columns_of_gh),
		cmocka_unit_test(long_and_odd_lines),
		cmocka_unit_test(limits),
		cmocka_unit_test(no_logs),
	};
	int r;

	test_docs_init(&docs);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	test_docs_clear(&docs);
	return r;
}
