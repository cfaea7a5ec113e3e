/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over recorded builds: order, what teaches prices, what a window sees. */
#include "support/test.h"

#include "cmd/history.h"
#include "support/steps.h"

static struct cs_err err;

/* Recorded in another order than they began in. */
struct fixture {
	struct cs_ctx ctx;
	struct cs_store *store;
};

#define AT(n) ((INT64_C(1790000000) + (n)) * CS_NS_PER_S)

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	cs_ctx_init(&f->ctx);
	assert_done(cs_store_open(&f->ctx, ":memory:", CS_STORE_WRITE, &f->store, &err));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	cs_store_close(f->store);
	free(f);
	return 0;
}

/* A build of "RUN a", begun n s after the others' zero. */
static void put(struct fixture *f, const char *project, const char *scope, int n,
		enum cs_step_state state, int64_t ns)
{
	struct cs_step step = STEP("RUN a", RUN, ns);
	struct cs_build b = build_with(&step, 1);
	enum cs_put how;
	char ref[32];

	snprintf(ref, sizeof(ref), "%.4sref%d", project, n);
	step.name = step.instruction;
	step.state = state;
	step.started_unix_ns = step.completed_unix_ns = CS_TIME_NONE;
	b.builder_ref = ref;
	b.source_kind = CS_SOURCE_RECORD;
	b.facts.project = project;
	b.facts.scope = scope;
	b.facts.started_unix_ns = AT(n);
	assert_done(cs_store_build_put(f->store, &b, &how, &err));
	assert_int_equal(CS_PUT_NEW, how);
}

struct seen {
	struct cs_figures v[16];
	char ref[16][32];
	size_t n, stop;
};

static int see(void *arg, const struct cs_build *build, const struct cs_figures *figures,
	       struct cs_err *e CS_UNUSED)
{
	struct seen *s = arg;

	assert_true(s->n < 16);
	snprintf(s->ref[s->n], sizeof(s->ref[0]), "%s", build->builder_ref);
	s->v[s->n++] = *figures;
	return s->n == s->stop;
}

static void fill(struct fixture *f)
{
	put(f, "p", "test", 40, CS_STATE_HIT, 0);
	put(f, "p", "test", 20, CS_STATE_HIT, 0);
	put(f, "p", "test", 10, CS_STATE_RUN, 5 * S);
	put(f, "p", "test", 30, CS_STATE_RUN, 7 * S);
	put(f, "p", "production", 15, CS_STATE_HIT, 0);
	put(f, "q", "test", 16, CS_STATE_HIT, 0);
}

static void prices_as_of_each_build(void **state)
{
	static const struct {
		const char *ref;
		int64_t gross_ns, priced;
		bool cold;
	} want[] = {
		{ "pref10", 0, 0, true },      { "pref15", 5 * S, 1, true },
		{ "qref16", 0, 0, true }, /* another project's prices say nothing */
		{ "pref20", 5 * S, 1, false }, { "pref30", 0, 0, true },
		{ "pref40", 7 * S, 1, false },
	};
	struct seen seen = { .n = 0 };
	struct fixture *f = *state;

	fill(f);
	assert_done(cs_cmd_history(f->store, NULL, 0, see, &seen, &err));
	assert_int_equal(CS_N(want), seen.n);
	for (size_t i = 0; i < CS_N(want); i++) {
		assert_string_equal(want[i].ref, seen.ref[i]);
		assert_int_equal(want[i].gross_ns, seen.v[i].savings.gross_ns);
		assert_int_equal(want[i].priced, seen.v[i].savings.priced_hits);
		assert_int_equal(want[i].cold, seen.v[i].cold);
	}
}

/* What is before a window, or of another scope, is not seen, but it teaches. */
static void window(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { .n = 0 };
	struct cs_filter filter;

	fill(f);
	cs_filter_init(&filter);
	filter.since_unix_ns = AT(15);
	filter.until_unix_ns = AT(40);
	cs_filter_add(&filter.project, "p");
	cs_filter_add(&filter.scope, "test");
	assert_done(cs_cmd_history(f->store, &filter, 0, see, &seen, &err));
	assert_int_equal(2, seen.n);
	assert_string_equal("pref20", seen.ref[0]);
	assert_int_equal(5 * S, seen.v[0].savings.gross_ns);
	assert_false(seen.v[0].cold); /* of its scope there was one before the window */
	assert_string_equal("pref30", seen.ref[1]);
	memset(&seen, 0, sizeof(seen));
	seen.stop = 1;
	assert_done(cs_cmd_history(f->store, &filter, 0, see, &seen, &err));
	assert_int_equal(1, seen.n);
	cs_filter_init(&filter);
	cs_filter_add(&filter.scope, "production");
	memset(&seen, 0, sizeof(seen));
	assert_done(cs_cmd_history(f->store, &filter, 0, see, &seen, &err));
	assert_int_equal(1, seen.n);
	assert_int_equal(5 * S, seen.v[0].savings.gross_ns);
}

static int refuse(void *arg CS_UNUSED, const struct cs_build *b CS_UNUSED,
		  const struct cs_figures *figures CS_UNUSED, struct cs_err *e)
{
	return cs_err_set(e, CS_USAGE, "no more of it");
}

static void errors_come_back(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { .n = 0 };

	assert_done(cs_cmd_history(f->store, NULL, 0, see, &seen, &err));
	assert_int_equal(0, seen.n);
	fill(f);
	assert_code(CS_USAGE, cs_cmd_history(f->store, NULL, 0, refuse, NULL, &err));
	assert_string_equal("no more of it", err.msg);
}

static int64_t price_at(struct fixture *f, const char *id, const char *ref, int64_t began,
			struct cs_figures *ret)
{
	struct cs_prices *prices CS_AUTO(cs_prices_free_p) = NULL;
	struct cs_step step = STEP("RUN a", HIT, 0);
	struct cs_build b = build_with(&step, 1);

	b.id = id;
	b.builder_ref = ref;
	b.facts.project = "p";
	b.facts.started_unix_ns = began;
	assert_done(cs_cmd_prices_at(f->store, &b, &prices, ret, &err));
	assert_int_equal(cs_prices_of(prices, &b, &step),
			 ret->savings.priced_hits ? ret->savings.gross_ns : -1);
	return cs_prices_of(prices, &b, &step);
}

static void prices_of_one_build(void **state)
{
	struct fixture *f = *state;
	struct cs_figures figures;

	assert_int_equal(-1, price_at(f, NULL, NULL, AT(5), &figures));
	assert_true(figures.cold);
	fill(f);
	assert_int_equal(-1, price_at(f, NULL, NULL, AT(5), &figures));
	assert_int_equal(5 * S, price_at(f, NULL, NULL, AT(25), &figures));
	assert_false(figures.cold);
	assert_int_equal(7 * S, price_at(f, NULL, NULL, AT(99), &figures));
	/* begun nobody knows when: what is known now */
	assert_int_equal(7 * S, price_at(f, NULL, NULL, CS_TIME_NONE, &figures));
	/* one that is recorded teaches nothing of itself, in whatever document it is met again */
	assert_int_equal(5 * S, price_at(f, NULL, "pref30", AT(30), &figures));
	assert_int_equal(7 * S, price_at(f, NULL, "another", AT(30), &figures));
	assert_int_equal(-1, price_at(f, NULL, "pref10", AT(10), &figures));
	assert_true(figures.cold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(prices_as_of_each_build, set_up, tear_down),
		cmocka_unit_test_setup_teardown(window, set_up, tear_down),
		cmocka_unit_test_setup_teardown(errors_come_back, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prices_of_one_build, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
