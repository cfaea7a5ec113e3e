/* SPDX-License-Identifier: Apache-2.0 */
#include "support/docs.h"

void test_docs_init(struct test_docs *docs)
{
	memset(docs, 0, sizeof(*docs));
	cs_ctx_init(&docs->ctx);
}

void test_docs_clear(struct test_docs *docs)
{
	for (size_t i = 0; i < docs->n; i++)
		cs_doc_free(docs->v[i]);
	docs->n = 0;
}

void test_doc_check(const struct cs_doc *doc)
{
	const struct cs_build *b = &doc->build;

	assert_non_null(doc->arena);
	assert_non_null(b->source);
	for (size_t i = 0; i < doc->build.recipe.n_build_args; i++) {
		assert_non_null(doc->build.recipe.build_args[i].key);
		assert_non_null(doc->build.recipe.build_args[i].value);
	}
	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];

		assert_int_equal(i, s->index);
		assert_non_null(s->name);
		assert_non_null(s->instruction);
		assert_true(s->duration_ns >= -1);
		assert_true(s->first_line <= s->last_line);
		assert_true(!s->pulled || s->state == CS_STATE_HIT);
		assert_true((s->state == CS_STATE_UNKNOWN) == (s->evidence == CS_EVIDENCE_NONE));
		for (size_t j = 0; j < s->n_inputs; j++)
			assert_true(s->inputs[j] < b->n_steps);
	}
}

static int take(void *arg, struct cs_doc *doc, struct cs_err *err)
{
	struct test_docs *docs = arg;

	test_doc_check(doc);
	if (docs->refuse) {
		cs_doc_free(doc);
		return cs_err_set(err, docs->refuse, "refused");
	}
	assert_true(docs->n < TEST_DOCS_MAX);
	docs->v[docs->n++] = doc;
	return 0;
}

int test_docs_read(struct test_docs *docs, const void *data, size_t len, size_t step)
{
	test_docs_clear(docs);
	docs->err.code = CS_OK;
	return cs_docs_read(&docs->ctx, test_stream(data, len, step, CS_OK), "input", take, docs,
			    &docs->err);
}

int test_docs_text(struct test_docs *docs, const char *text)
{
	return test_docs_read(docs, text, strlen(text), 0);
}

int test_docs_fixture(struct test_docs *docs, const char *name)
{
	struct cs_buf buf = CS_BUF_INIT;
	char path[256];
	int r;

	snprintf(path, sizeof(path), "build/%s", name);
	test_fixture(&buf, path);
	r = test_docs_read(docs, buf.data, buf.len, 0);
	cs_buf_release(&buf);
	return r;
}

const struct cs_step *test_step(const struct cs_doc *doc, const char *name)
{
	for (size_t i = 0; i < doc->build.n_steps; i++) {
		if (strcmp(doc->build.steps[i].name, name) == 0)
			return &doc->build.steps[i];
	}
	fail_msg("no step '%s'", name);
	return NULL;
}

static const char *states(const struct cs_doc *doc, char buf[256], bool all)
{
	static const char letters[] = "?hrfcn";
	size_t n = 0;

	for (size_t i = 0; i < doc->build.n_steps && n < 255; i++) {
		const struct cs_step *s = &doc->build.steps[i];

		if (all || cs_step_cacheable(s->class))
			buf[n++] = s->pulled ? 'H' : letters[s->state];
	}
	buf[n] = '\0';
	return buf;
}

const char *test_states(const struct cs_doc *doc, char buf[256])
{
	return states(doc, buf, true);
}

const char *test_cacheable(const struct cs_doc *doc, char buf[256])
{
	return states(doc, buf, false);
}
