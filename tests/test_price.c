/* SPDX-License-Identifier: Apache-2.0 */
/* Prices of steps and what follows from them for one build (M3 to M6), over literals. */
#include "support/test.h"

#include <math.h>

#include "metrics/price.h"
#include "support/steps.h"

static struct cs_err err;

static struct cs_prices *new_prices(void)
{
	struct cs_prices *p;

	assert_done(cs_prices_new(&p, &err));
	return p;
}

static void learn_in(struct cs_prices *p, const char *project, const char *scope, struct cs_step s)
{
	struct cs_build b = build_with(&s, 1);

	b.facts.project = project;
	b.facts.scope = scope;
	assert_done(cs_prices_learn(p, &b, &err));
}

static int64_t ask(const struct cs_prices *p, const char *project, const char *scope,
		   const char *text)
{
	struct cs_step s = STEP(text, HIT, 0);
	struct cs_build b = build_with(&s, 1);

	b.facts.project = project;
	b.facts.scope = scope;
	return cs_prices_of(p, &b, &s);
}

static void own_scope_first(void **state CS_UNUSED)
{
	struct cs_prices *p = new_prices();

	assert_int_equal(-1, ask(p, "a", "test", "RUN x"));
	learn_in(p, "a", "test", (struct cs_step)STEP("RUN x", RUN, 3 * S));
	learn_in(p, "a", "production", (struct cs_step)STEP("RUN x", RUN, 5 * S));
	assert_int_equal(3 * S, ask(p, "a", "test", "RUN x"));
	assert_int_equal(5 * S, ask(p, "a", "production", "RUN x"));
	/* of any scope: the last one */
	assert_int_equal(5 * S, ask(p, "a", "other", "RUN x"));
	assert_int_equal(5 * S, ask(p, "a", NULL, "RUN x"));
	learn_in(p, "a", "test", (struct cs_step)STEP("RUN x", RUN, 0));
	assert_int_equal(0, ask(p, "a", "test", "RUN x"));
	assert_int_equal(0, ask(p, "a", "other", "RUN x"));
	assert_int_equal(5 * S, ask(p, "a", "production", "RUN x"));
	/* another project's prices say nothing */
	assert_int_equal(-1, ask(p, "b", "test", "RUN x"));
	assert_int_equal(-1, ask(p, NULL, "test", "RUN x"));
	cs_prices_free(p);
}

static void identity(void **state CS_UNUSED)
{
	struct cs_prices *p = new_prices();
	struct cs_step run = STEP("RUN x", RUN, S), hit = STEP("RUN x", HIT, 0);
	struct cs_build b = build_with(&run, 1), c = build_with(&hit, 1);

	run.stage = "build";
	memcpy(b.platform, "linux/amd64", 12);
	assert_done(cs_prices_learn(p, &b, &err));
	assert_int_equal(-1, cs_prices_of(p, &c, &hit));
	hit.stage = "build";
	assert_int_equal(-1, cs_prices_of(p, &c, &hit));
	/* of one platform among several, and as the only one */
	hit.platform = "linux/amd64";
	assert_int_equal(S, cs_prices_of(p, &c, &hit));
	memcpy(c.platform, "linux/amd64,linux/arm64", 24);
	assert_int_equal(S, cs_prices_of(p, &c, &hit));
	hit.platform = "linux/arm64";
	assert_int_equal(-1, cs_prices_of(p, &c, &hit));
	/* no part runs into the next */
	hit = (struct cs_step)STEP("uildRUN x", HIT, 0);
	hit.platform = "linux/amd64";
	hit.stage = "b";
	assert_int_equal(-1, cs_prices_of(p, &c, &hit));
	cs_prices_free(p);
}

static void only_what_ran_teaches(void **state CS_UNUSED)
{
	struct cs_prices *p = new_prices();
	struct cs_step steps[] = {
		STEP("RUN hit", HIT, S),
		STEP("RUN failed", FAILED, S),
		STEP("RUN canceled", CANCELED, S),
		STEP("RUN never", NOT_REACHED, S),
		STEP("RUN unknown", UNKNOWN, S),
		STEP("RUN untimed", RUN, -1),
		OTHER(SOURCE, RUN, S),
		STEP("RUN good", RUN, 2 * S),
	};
	struct cs_build b = BUILD(steps);

	/* what succeeded in a failed build has a price */
	b.status = CS_STATUS_FAILED;
	assert_done(cs_prices_learn(p, &b, &err));
	for (size_t i = 0; i + 1 < CS_N(steps); i++)
		assert_int_equal(-1, cs_prices_of(p, &b, &steps[i]));
	assert_int_equal(2 * S, cs_prices_of(p, &b, &steps[CS_N(steps) - 1]));
	cs_prices_free(p);
}

/* More than fits: what was measured longest ago goes, and no price is ever wrong. */
static void memory_is_bounded(void **state CS_UNUSED)
{
	struct cs_prices *p = new_prices();
	size_t len = 1 << 20;
	char *text = malloc(len + 1);

	assert_non_null(text);
	memset(text, 'x', len);
	text[len] = '\0';
	learn_in(p, "a", "test", (struct cs_step)STEP("RUN old", RUN, S));
	for (int i = 0; i < 40; i++) {
		text[0] = (char)('A' + i);
		learn_in(p, "a", "test", (struct cs_step)STEP(text, RUN, i * S));
		if (i == 20)
			learn_in(p, "a", "test", (struct cs_step)STEP("RUN kept", RUN, 7 * S));
	}
	assert_int_equal(-1, ask(p, "a", "test", "RUN old"));
	assert_int_equal(7 * S, ask(p, "a", "test", "RUN kept"));
	assert_int_equal(39 * S, ask(p, "a", "test", text));
	text[0] = 'A';
	assert_int_equal(-1, ask(p, "a", "test", text));
	/* alone larger than all: still correct, and the next ones work */
	free(text);
	text = malloc(CS_PRICES_BYTES + 1);
	assert_non_null(text);
	memset(text, 'y', CS_PRICES_BYTES);
	text[CS_PRICES_BYTES] = '\0';
	learn_in(p, "a", "test", (struct cs_step)STEP(text, RUN, S));
	assert_int_equal(S, ask(p, "a", "other", text));
	learn_in(p, "a", "test", (struct cs_step)STEP("RUN next", RUN, 2 * S));
	assert_int_equal(2 * S, ask(p, "a", "test", "RUN next"));
	assert_int_equal(-1, ask(p, "a", "other", text));
	free(text);
	cs_prices_free(p);
}

/* --- savings --- */

static struct cs_savings savings(const struct cs_prices *p, const struct cs_build *b)
{
	struct cs_savings s;

	memset(&s, 0xff, sizeof(s));
	assert_done(cs_savings_of(p, b, &s, &err));
	return s;
}

static struct cs_prices *priced_at(int64_t a, int64_t b)
{
	struct cs_prices *p = new_prices();

	learn_in(p, NULL, "test", (struct cs_step)STEP("RUN a", RUN, a));
	learn_in(p, NULL, "test", (struct cs_step)STEP("RUN b", RUN, b));
	return p;
}

static void gross_overhead_net(void **state CS_UNUSED)
{
	struct cs_prices *p = priced_at(10 * S, 4 * S);
	struct cs_step steps[] = {
		STEP("RUN a", HIT, 0),		 STEP("RUN b", HIT, 3 * S),
		STEP("RUN c", RUN, 6 * S),	 OTHER(IMPORT, FAILED, S),
		OTHER(CACHE_EXPORT, RUN, 2 * S), OTHER(EXPORT, RUN, 9 * S),
		OTHER(SOURCE, HIT, 8 * S),	 OTHER(INTERNAL, RUN, 5 * S),
	};
	struct cs_build b = BUILD(steps);
	struct cs_savings s;

	steps[1].pulled = true; /* a hit whose layers were fetched */
	steps[6].pulled = true; /* a base image is fetched without a cache, too */
	s = savings(p, &b);
	assert_true(s.known && s.overhead_known && cs_savings_priced(&s));
	assert_int_equal(2, s.hits);
	assert_int_equal(2, s.priced_hits);
	assert_int_equal(1, s.runs);
	assert_int_equal(14 * S, s.gross_ns);
	assert_int_equal(6 * S, s.run_ns);
	assert_int_equal(6 * S, s.overhead_ns);
	assert_int_equal(8 * S, cs_savings_net(&s));
	assert_int_equal(CS_PAYS_YES, cs_pays(&s));
	assert_false(s.wall_known); /* no inputs */
	/* 6 s of overhead, 7 s a hit, 3 steps */
	assert_float_equal(6. / 21., cs_savings_break_even(&s), 1e-12);
	cs_prices_free(p);
}

static void unpriced_hits(void **state CS_UNUSED)
{
	struct cs_prices *p = priced_at(S, S);
	struct cs_step steps[] = {
		STEP("RUN a", HIT, 0),
		STEP("RUN new", HIT, 0),
		OTHER(IMPORT, RUN, 5 * S),
	};
	struct cs_build b = BUILD(steps);
	struct cs_savings s = savings(p, &b);

	assert_int_equal(2, s.hits);
	assert_int_equal(1, s.priced_hits);
	assert_int_equal(S, s.gross_ns);
	assert_int_equal(-4 * S, cs_savings_net(&s));
	/* the other hit may have saved more than that */
	assert_int_equal(CS_PAYS_CANNOT_TELL, cs_pays(&s));
	learn_in(p, NULL, "test", (struct cs_step)STEP("RUN new", RUN, S));
	s = savings(p, &b);
	assert_int_equal(CS_PAYS_NO, cs_pays(&s));
	assert_float_equal(5. / 2., cs_savings_break_even(&s), 1e-12);
	/* a gain stays one whatever the other hit saved */
	steps[1].instruction = "RUN unseen";
	steps[2].duration_ns = S / 2;
	s = savings(p, &b);
	assert_int_equal(CS_PAYS_YES, cs_pays(&s));
	/* no hit has a price: nothing is known, and 0 would be a guess */
	steps[0].instruction = "RUN unseen too";
	s = savings(p, &b);
	assert_true(s.known);
	assert_false(cs_savings_priced(&s));
	assert_int_equal(CS_PAYS_CANNOT_TELL, cs_pays(&s));
	assert_true(isnan(cs_savings_break_even(&s)));
	cs_prices_free(p);
}

static void nothing_to_divide(void **state CS_UNUSED)
{
	struct cs_prices *p = new_prices();
	struct cs_build none = build_with(NULL, 0);
	struct cs_step internal[] = { OTHER(INTERNAL, RUN, S) };
	struct cs_step exported[] = { STEP("RUN a", RUN, S), OTHER(CACHE_EXPORT, RUN, S) };
	struct cs_build b = BUILD(internal), c = BUILD(exported);
	struct cs_savings s = savings(p, &none);

	assert_false(s.known || s.overhead_known || s.wall_known);
	assert_int_equal(CS_PAYS_CANNOT_TELL, cs_pays(&s));
	/* times, but no step and no cache */
	s = savings(p, &b);
	assert_true(s.known);
	assert_int_equal(0, cs_savings_net(&s));
	assert_int_equal(CS_PAYS_CANNOT_TELL, cs_pays(&s));
	assert_true(isnan(cs_savings_break_even(&s)));
	/* no hit at all saves nothing, which is known, and costs what it costs */
	s = savings(p, &c);
	assert_true(cs_savings_priced(&s));
	assert_int_equal(0, s.gross_ns);
	assert_int_equal(CS_PAYS_NO, cs_pays(&s));
	assert_true(isnan(cs_savings_break_even(&s)));
	cs_prices_free(p);
}

static void builds_without_times(void **state CS_UNUSED)
{
	struct cs_prices *p = priced_at(S, S);
	struct cs_step image[] = { STEP("RUN a", HIT, -1), STEP("RUN b", RUN, -1) };
	struct cs_step partly[] = { STEP("RUN a", HIT, 0), STEP("RUN b", RUN, -1) };
	struct cs_step import[] = { STEP("RUN a", HIT, 0), OTHER(IMPORT, FAILED, -1) };
	struct cs_build b = BUILD(image), c = BUILD(partly), d = BUILD(import);
	struct cs_savings s = savings(p, &b), sum = { 0 };

	assert_false(s.known || s.overhead_known);
	assert_false(cs_savings_add(&sum, &s));
	/* a step that ran for nobody knows how long */
	s = savings(p, &c);
	assert_false(s.known);
	/* what was saved is known, what it cost is not */
	s = savings(p, &d);
	assert_true(s.known && cs_savings_priced(&s));
	assert_false(s.overhead_known);
	assert_int_equal(CS_PAYS_CANNOT_TELL, cs_pays(&s));
	assert_true(isnan(cs_savings_break_even(&s)));
	assert_false(cs_savings_add(&sum, &s));
	assert_false(sum.known);
	/* an export that the build did not get to costs nothing */
	import[1].state = CS_STATE_NOT_REACHED;
	s = savings(p, &d);
	assert_true(s.overhead_known);
	cs_prices_free(p);
}

static void sums(void **state CS_UNUSED)
{
	struct cs_savings sum = { 0 };
	struct cs_savings a = { true, true, true, 2, 1, 3, 10, 20, 4, -7 };
	struct cs_savings b = { true, true, false, 1, 1, 0, 5, 0, 1, 0 };

	assert_true(cs_savings_add(&sum, &b));
	assert_false(sum.wall_known);
	assert_true(cs_savings_add(&sum, &a));
	assert_true(sum.known && sum.overhead_known && sum.wall_known);
	assert_int_equal(3, sum.hits);
	assert_int_equal(2, sum.priced_hits);
	assert_int_equal(3, sum.runs);
	assert_int_equal(15, sum.gross_ns);
	assert_int_equal(20, sum.run_ns);
	assert_int_equal(5, sum.overhead_ns);
	assert_int_equal(-7, sum.wall_ns);
	/* times of strangers do not wrap */
	a.gross_ns = INT64_MAX;
	assert_true(cs_savings_add(&sum, &a));
	assert_int_equal(INT64_MAX, sum.gross_ns);
	assert_int_equal(INT64_MIN, cs_ns_add(INT64_MIN, -1));
}

/* --- COPY --link --- */

static void merged_groups(void **state CS_UNUSED)
{
	struct cs_prices *p = new_prices();
	struct cs_step cold[] = { STEP("RUN a", RUN, 2 * S), STEP("COPY --link x /", RUN, S),
				  OTHER(OTHER, RUN, 3 * S), STEP("RUN z", RUN, 0) };
	struct cs_step warm[] = { STEP("RUN a", HIT, 0), STEP("COPY --link x /", HIT, 0),
				  OTHER(OTHER, HIT, S), STEP("RUN z", RUN, 0) };
	uint32_t in_copy[] = { 0 }, in_merge[] = { 1 }, in_last[] = { 2 };
	struct cs_build b = BUILD(cold), c = BUILD(warm);
	struct cs_savings s;

	cold[2].instruction = warm[2].instruction = "LINK COPY --link x /";
	warm[1].inputs = in_copy;
	warm[2].inputs = in_merge;
	warm[3].inputs = in_last;
	warm[1].n_inputs = warm[2].n_inputs = warm[3].n_inputs = 1;
	assert_true(cs_step_is_merge(&warm[2]));
	assert_false(cs_step_is_merge(&warm[1]));
	assert_done(cs_prices_learn(p, &b, &err));
	s = savings(p, &c);
	/* the group is one hit, at the price of its first vertex */
	assert_int_equal(2, s.hits);
	assert_int_equal(3 * S, s.gross_ns);
	assert_int_equal(0, s.overhead_ns);
	/* but who comes after it waits for both: 2 + 1 + 3 less the second that it took */
	assert_true(s.wall_known);
	assert_int_equal(5 * S, s.wall_ns);
	warm[2].pulled = true;
	s = savings(p, &c);
	assert_int_equal(S, s.overhead_ns);
	cs_prices_free(p);
}

/* --- critical path --- */

/* 0 → 1, 2 → 3: two branches of which the longer one counts. */
static void wall_of_a_diamond(void **state CS_UNUSED)
{
	struct cs_prices *p = priced_at(10 * S, 4 * S);
	struct cs_step steps[] = { OTHER(SOURCE, RUN, S), STEP("RUN a", HIT, 0),
				   STEP("RUN b", HIT, S / 2), STEP("RUN c", RUN, 2 * S),
				   /* beside the steps, and so in no path */
				   OTHER(IMPORT, RUN, 50 * S), OTHER(CACHE_EXPORT, RUN, 60 * S),
				   OTHER(EXPORT, RUN, 70 * S), OTHER(INTERNAL, RUN, 80 * S),
				   OTHER(SOURCE, RUN, 90 * S) };
	uint32_t in_a[] = { 0 }, in_b[] = { 0 }, in_c[] = { 1, 2 };
	struct cs_build b = BUILD(steps);
	struct cs_savings s;

	steps[1].inputs = in_a;
	steps[2].inputs = in_b;
	steps[3].inputs = in_c;
	steps[1].n_inputs = steps[2].n_inputs = 1;
	steps[3].n_inputs = 2;
	s = savings(p, &b);
	/* 1 + 10 + 2 without the cache, 1 + 0.5 + 2 with it */
	assert_true(s.wall_known);
	assert_int_equal(13 * S - 7 * S / 2, s.wall_ns);
	assert_int_equal(14 * S, s.gross_ns);
	/* a fetch that takes longer than the step would: the cache made the build slower */
	steps[2].duration_ns = 30 * S;
	steps[2].pulled = true;
	s = savings(p, &b);
	assert_int_equal(13 * S - 33 * S, s.wall_ns);
	/* without any price nothing is known of it */
	steps[1].instruction = steps[2].instruction = "RUN unseen";
	s = savings(p, &b);
	assert_true(s.known);
	assert_false(s.wall_known);
	cs_prices_free(p);
}

static void damaged_graphs(void **state CS_UNUSED)
{
	struct cs_prices *p = priced_at(10 * S, 4 * S);
	struct cs_step steps[] = { STEP("RUN a", HIT, 0), STEP("RUN b", HIT, 0),
				   STEP("RUN c", RUN, S) };
	uint32_t in_0[] = { 1 }, in_1[] = { 0 }, in_2[] = { 1, 1, 1 }, out[] = { 3 };
	struct cs_build b = BUILD(steps);
	struct cs_savings s;

	steps[0].inputs = in_0;
	steps[1].inputs = in_1;
	steps[2].inputs = in_2;
	steps[0].n_inputs = steps[1].n_inputs = 1;
	steps[2].n_inputs = 3;
	s = savings(p, &b);
	assert_false(s.wall_known); /* a cycle */
	assert_int_equal(14 * S, s.gross_ns);
	steps[0].n_inputs = 0;
	s = savings(p, &b);
	assert_true(s.wall_known); /* the same input three times */
	assert_int_equal(14 * S, s.wall_ns);
	in_1[0] = 1;
	assert_false(savings(p, &b).wall_known); /* itself */
	steps[1].inputs = out;
	assert_false(savings(p, &b).wall_known); /* one that is not there */
	cs_prices_free(p);
}

/* A chain as long as no builder makes, in both directions: no recursion. */
static void long_chain(void **state CS_UNUSED)
{
	enum { N = 200000 };
	struct cs_step *steps = calloc(N, sizeof(*steps));
	uint32_t *inputs = calloc(N, sizeof(*inputs));
	struct cs_prices *p = new_prices();
	struct cs_build b;
	struct cs_savings s;

	assert_true(steps && inputs);
	for (uint32_t i = 0; i < N; i++) {
		steps[i] = (struct cs_step)STEP("RUN a", HIT, 0);
		inputs[i] = i + 1;
		steps[i].inputs = &inputs[i];
		steps[i].n_inputs = i + 1 < N;
	}
	learn_in(p, NULL, "test", (struct cs_step)STEP("RUN a", RUN, 3));
	b = build_with(steps, N);
	s = savings(p, &b);
	assert_true(s.wall_known);
	assert_int_equal(3 * N, s.wall_ns);
	cs_prices_free(p);
	free(inputs);
	free(steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_scope_first),
		cmocka_unit_test(identity),
		cmocka_unit_test(only_what_ran_teaches),
		cmocka_unit_test(memory_is_bounded),
		cmocka_unit_test(gross_overhead_net),
		cmocka_unit_test(unpriced_hits),
		cmocka_unit_test(nothing_to_divide),
		cmocka_unit_test(builds_without_times),
		cmocka_unit_test(sums),
		cmocka_unit_test(merged_groups),
		cmocka_unit_test(wall_of_a_diamond),
		cmocka_unit_test(damaged_graphs),
		cmocka_unit_test(long_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
