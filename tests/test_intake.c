/* SPDX-License-Identifier: Apache-2.0 */
/* Which recorded build a document without a name is of, where several could be meant. */
#include "support/test.h"

#include "cmd/intake.h"
#include "support/store.h"

/* Two builds of one graph begun 6 s apart, as a matrix makes them, with the same result. */
static void put_twins(struct fixture *f, struct cs_build twins[2])
{
	static const char *const refs[] = { "first", "second" };

	for (int i = 0; i < 2; i++) {
		struct cs_build ret;
		enum cs_put put;

		full_build(f->arena, 1, &twins[i]);
		twins[i].facts.project = "app";
		twins[i].builder_ref = refs[i];
		twins[i].n_layers = 0;
		for (size_t k = 0; k < twins[i].n_steps; k++)
			twins[i].steps[k].layer = -1;
		twins[i].facts.started_unix_ns += i * 6 * CS_NS_PER_S;
		assert_done(cs_intake_build(f->store, &twins[i], f->arena, &ret, &put, &err));
		assert_int_equal(CS_PUT_NEW, put);
	}
}

static struct cs_build log_of(const struct cs_build *twin)
{
	struct cs_build b;

	cs_build_init(&b);
	b.source_kind = CS_SOURCE_PLAIN;
	b.facts.project = "app";
	b.status = twin->status;
	return b;
}

static int count(void *arg, const struct cs_build *b CS_UNUSED, struct cs_err *e CS_UNUSED)
{
	++*(int *)arg;
	return 0;
}

static int n_builds(struct fixture *f)
{
	struct cs_filter all;
	int n = 0;

	cs_filter_init(&all);
	assert_done(cs_store_builds(f->store, &all, 0, -1, count, &n, &err));
	return n;
}

static void nearer_of_two(void **state)
{
	struct fixture *f = *state;
	struct cs_build twins[2], doc, ret;
	enum cs_put put;

	put_twins(f, twins);
	assert_int_equal(2, n_builds(f));
	for (int i = 0; i < 2; i++) {
		int64_t apart = i ? -2 : 2;

		doc = log_of(&twins[i]);
		doc.graph = twins[i].graph;
		doc.facts.started_unix_ns = twins[i].facts.started_unix_ns + apart * CS_NS_PER_S;
		assert_done(cs_intake_build(f->store, &doc, f->arena, &ret, &put, &err));
		assert_string_equal(twins[i].builder_ref, ret.builder_ref);
		assert_int_not_equal(CS_PUT_NEW, put);
		assert_int_equal(2, n_builds(f));
	}
}

/* A result that both have says of neither that it is meant: the document is one of its own. */
static void result_of_both(void **state)
{
	struct fixture *f = *state;
	struct cs_build twins[2], doc, ret;
	enum cs_put put;

	put_twins(f, twins);
	doc = log_of(&twins[0]);
	doc.results = twins[0].results;
	doc.n_results = 1;
	doc.facts.started_unix_ns = twins[0].facts.started_unix_ns;
	assert_done(cs_intake_build(f->store, &doc, f->arena, &ret, &put, &err));
	assert_int_equal(CS_PUT_NEW, put);
	assert_null(ret.builder_ref);
	assert_int_equal(3, n_builds(f));
	/* what tells of it again is of it, not of them */
	assert_done(cs_intake_build(f->store, &doc, f->arena, &ret, &put, &err));
	assert_int_equal(CS_PUT_SAME, put);
	assert_int_equal(3, n_builds(f));
}

#define M(name) cmocka_unit_test_setup_teardown(name, memory_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		M(nearer_of_two),
		M(result_of_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
