/* SPDX-License-Identifier: Apache-2.0 */
/* The Dockerfile line by line, over literals. */
#include "support/test.h"

#include "metrics/listing.h"
#include "support/steps.h"

static struct cs_err err;

static const char dockerfile[] = "FROM base\r\n"
				 "\n"
				 "RUN a \\\n"
				 "  && b\n"
				 "COPY --link x /\n"
				 "CMD [\"x\"]";

struct fixture {
	struct cs_arena *arena;
	struct cs_prices *prices;
	struct cs_listing_line *lines;
	size_t n;
};

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->arena = cs_arena_new();
	assert_non_null(f->arena);
	assert_done(cs_prices_new(&f->prices, &err));
}

static void teardown(struct fixture *f)
{
	cs_prices_free(f->prices);
	cs_arena_free(f->arena);
}

static void list(struct fixture *f, const struct cs_build *b)
{
	f->n = 7;
	assert_done(cs_listing_of(b, f->prices, f->arena, &f->lines, &f->n, &err));
}

static void learn(struct fixture *f, struct cs_step s)
{
	struct cs_build b = build_with(&s, 1);

	s.state = CS_STATE_RUN;
	assert_done(cs_prices_learn(f->prices, &b, &err));
}

static void lines_and_figures(void **state CS_UNUSED)
{
	struct cs_step steps[] = { OTHER(SOURCE, RUN, 2 * S), STEP("RUN a && b", RUN, 5 * S),
				   STEP("COPY --link x /", HIT, 0), OTHER(OTHER, HIT, S) };
	struct cs_build b = BUILD(steps);
	struct fixture f;

	setup(&f);
	b.recipe.dockerfile_text = dockerfile;
	steps[0].first_line = 1;
	steps[1].first_line = 3;
	steps[1].last_line = 4;
	steps[2].first_line = steps[3].first_line = 5;
	steps[3].instruction = "LINK COPY --link x /";
	learn(&f, (struct cs_step)STEP("COPY --link x /", RUN, 3 * S));
	list(&f, &b);
	assert_int_equal(6, f.n);
	assert_string_equal("FROM base", f.lines[0].text);
	assert_string_equal("", f.lines[1].text);
	assert_string_equal("  && b", f.lines[3].text);
	assert_string_equal("CMD [\"x\"]", f.lines[5].text);
	/* a base image's outcome says nothing of the cache, its time does */
	assert_null(f.lines[0].state);
	assert_int_equal(2 * S, f.lines[0].duration_ns);
	assert_int_equal(-1, f.lines[0].typical_ns);
	assert_null(f.lines[1].state);
	assert_int_equal(0, f.lines[1].n_steps);
	/* on the first line of several; never seen running before */
	assert_string_equal("run", f.lines[2].state);
	assert_string_equal("observed", f.lines[2].evidence);
	assert_int_equal(5 * S, f.lines[2].duration_ns);
	assert_int_equal(-1, f.lines[2].typical_ns);
	assert_null(f.lines[3].state);
	assert_int_equal(-1, f.lines[3].duration_ns);
	/* the copy and its merge */
	assert_string_equal("hit", f.lines[4].state);
	assert_int_equal(S, f.lines[4].duration_ns);
	assert_int_equal(3 * S, f.lines[4].typical_ns);
	assert_int_equal(2, f.lines[4].n_steps);
	assert_int_equal(2, f.lines[4].steps[0]);
	learn(&f, steps[3]);
	list(&f, &b);
	assert_int_equal(4 * S, f.lines[4].typical_ns);
	/* a base image that could not be had */
	steps[0].state = CS_STATE_FAILED;
	list(&f, &b);
	assert_string_equal("failed", f.lines[0].state);
	teardown(&f);
}

static void several_platforms(void **state CS_UNUSED)
{
	struct cs_step steps[] = { STEP("RUN a", HIT, 0), STEP("RUN a", RUN, 5 * S) };
	struct cs_step price = STEP("RUN a", RUN, 4 * S);
	struct cs_build b = BUILD(steps);
	struct fixture f;

	setup(&f);
	b.recipe.dockerfile_text = "FROM x\nRUN a\n";
	steps[0].first_line = steps[1].first_line = 2;
	steps[0].platform = "linux/amd64";
	steps[1].platform = "linux/arm64";
	steps[0].evidence = CS_EVIDENCE_DATED;
	price.platform = "linux/amd64";
	learn(&f, price);
	list(&f, &b);
	assert_int_equal(2, f.n);
	assert_string_equal("mixed", f.lines[1].state);
	assert_string_equal("dated", f.lines[1].evidence);
	assert_int_equal(5 * S, f.lines[1].duration_ns);
	/* the price of one of two is not the price of the line */
	assert_int_equal(-1, f.lines[1].typical_ns);
	price.platform = "linux/arm64";
	learn(&f, price);
	steps[1].state = CS_STATE_HIT;
	list(&f, &b);
	assert_string_equal("hit", f.lines[1].state);
	assert_int_equal(8 * S, f.lines[1].typical_ns);
	teardown(&f);
}

static void nothing_to_list(void **state CS_UNUSED)
{
	struct cs_step steps[] = { STEP("RUN a", RUN, S), STEP("RUN b", RUN, S) };
	struct cs_build b = BUILD(steps);
	struct fixture f;

	setup(&f);
	list(&f, &b); /* no text */
	assert_int_equal(0, f.n);
	b.recipe.dockerfile_text = "RUN a\n";
	list(&f, &b); /* no lines */
	assert_int_equal(0, f.n);
	steps[0].first_line = 2;
	steps[1].first_line = -1;
	list(&f, &b); /* lines that are not there */
	assert_int_equal(0, f.n);
	b.recipe.dockerfile_text = "";
	steps[1].first_line = 1;
	list(&f, &b);
	assert_int_equal(0, f.n);
	b.recipe.dockerfile_text = "RUN b";
	list(&f, &b);
	assert_int_equal(1, f.n);
	assert_string_equal("run", f.lines[0].state);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_and_figures),
		cmocka_unit_test(several_platforms),
		cmocka_unit_test(nothing_to_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
