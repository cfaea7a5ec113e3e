/* SPDX-License-Identifier: Apache-2.0 */
/* What counts of one build: failed, undecided, cold ones; bytes; times. Over literals. */
#include "support/test.h"

#include "metrics/figures.h"
#include "support/steps.h"

static struct cs_err err;

static struct cs_figures figures(const struct cs_build *b, bool first)
{
	struct cs_prices *p;
	struct cs_figures f;

	memset(&f, 0xff, sizeof(f));
	assert_done(cs_prices_new(&p, &err));
	assert_done(cs_figures_of(p, b, first, &f, &err));
	cs_prices_free(p);
	return f;
}

static void steps_that_count(void **state CS_UNUSED)
{
	struct cs_step steps[] = { STEP("RUN a", HIT, 0),   STEP("RUN b", RUN, S),
				   OTHER(INTERNAL, HIT, 0), OTHER(SOURCE, RUN, S),
				   OTHER(META, HIT, 0),	    STEP("RUN c", NOT_REACHED, -1) };
	struct cs_build b = BUILD(steps);
	struct cs_figures f = figures(&b, false);

	assert_true(f.completed && f.rated && !f.undecided && !f.cold && !f.full_hit);
	assert_int_equal(1, f.step_hits);
	assert_int_equal(1, f.step_runs);
	assert_true(f.savings.known);
	assert_true(figures(&b, true).cold);
	steps[1].state = CS_STATE_HIT;
	f = figures(&b, false);
	assert_true(f.full_hit && !f.cold);
	steps[0].state = steps[1].state = CS_STATE_RUN;
	f = figures(&b, false);
	assert_true(f.cold && !f.full_hit);
}

/* BuildKit flags steps of a failed build as cached that never ran. */
static void failed_builds(void **state CS_UNUSED)
{
	struct cs_step steps[] = { STEP("RUN a", HIT, 0), STEP("RUN b", FAILED, S) };
	struct cs_build b = BUILD(steps);
	struct cs_figures f;

	b.status = CS_STATUS_FAILED;
	f = figures(&b, true);
	assert_false(f.completed || f.rated || f.cold || f.full_hit || f.undecided);
	assert_int_equal(0, f.step_hits);
	assert_false(f.savings.known);
	b.status = CS_STATUS_CANCELED;
	assert_false(figures(&b, true).completed);
	/* a log that does not say how it ended is not held against the build */
	b.status = CS_STATUS_UNKNOWN;
	assert_true(figures(&b, true).completed);
}

static void undecided_builds(void **state CS_UNUSED)
{
	struct cs_step steps[] = { STEP("RUN a", RUN, S), STEP("RUN b", UNKNOWN, -1) };
	struct cs_build b = BUILD(steps);
	struct cs_figures f = figures(&b, false);

	assert_true(f.completed && f.undecided);
	assert_false(f.rated || f.cold);
	assert_int_equal(0, f.step_runs);
	assert_false(f.savings.known);
	/* no step at all is no rate */
	b.n_steps = 0;
	f = figures(&b, false);
	assert_false(f.rated || f.undecided || f.cold || f.full_hit);
}

static void bytes(void **state CS_UNUSED)
{
	struct cs_layer layers[] = {
		{ .index = 0, .state = CS_LAYER_BASE, .tar_bytes = 1000, .blob_bytes = 500 },
		{ .index = 1, .state = CS_LAYER_HIT, .tar_bytes = 100, .blob_bytes = 50 },
		{ .index = 2, .state = CS_LAYER_RUN, .tar_bytes = 10, .blob_bytes = 5 },
	};
	struct cs_step steps[] = { STEP("RUN a", HIT, 0), STEP("RUN b", RUN, S) };
	struct cs_build b = BUILD(steps);
	struct cs_figures f = figures(&b, false);

	/* steps but no layers: unknown, not 0 of 0 */
	assert_int_equal(-1, f.own_tar_bytes);
	assert_int_equal(-1, f.hit_tar_bytes);
	assert_int_equal(-1, f.own_blob_bytes);
	assert_int_equal(-1, f.hit_blob_bytes);
	assert_int_equal(-1, f.new_blob_bytes);
	b.layers = layers;
	b.n_layers = CS_N(layers);
	b.base_layers = 1;
	layers[0].blob_present_before = true;
	f = figures(&b, false);
	assert_int_equal(110, f.own_tar_bytes);
	assert_int_equal(100, f.hit_tar_bytes);
	assert_int_equal(55, f.own_blob_bytes);
	assert_int_equal(50, f.hit_blob_bytes);
	/* the hit's blob is of another scope, so it is new to this one */
	assert_int_equal(55, f.new_blob_bytes);
	layers[2].blob_bytes = -1;
	assert_int_equal(-1, figures(&b, false).new_blob_bytes);
	b.status = CS_STATUS_FAILED;
	assert_int_equal(-1, figures(&b, false).own_tar_bytes);
}

static void bytes_by_presence(void **state CS_UNUSED)
{
	struct cs_layer layers[] = { { .state = CS_LAYER_UNKNOWN, .tar_bytes = 100 },
				     { .index = 1, .state = CS_LAYER_UNKNOWN, .tar_bytes = 10 } };
	struct cs_build b = build_with(NULL, 0);
	struct cs_figures f;

	b.layers = layers;
	b.n_layers = CS_N(layers);
	b.base_layers = 0;
	layers[0].present_before = true;
	f = figures(&b, false);
	assert_int_equal(110, f.own_tar_bytes);
	assert_int_equal(100, f.hit_tar_bytes);
	/* in a first build presence says nothing, nor where base and own layers are one */
	assert_int_equal(-1, figures(&b, true).own_tar_bytes);
	b.base_layers = -1;
	assert_int_equal(-1, figures(&b, false).own_tar_bytes);
}

static void bytes_pulled(void **state CS_UNUSED)
{
	struct cs_layer layer = { .state = CS_LAYER_HIT, .blob_bytes = 7 };
	struct cs_step steps[] = { STEP("RUN a", HIT, 0), OTHER(SOURCE, HIT, 0) };
	struct cs_build b = BUILD(steps);

	steps[1].pulled = true;
	assert_int_equal(0, figures(&b, false).pulled_blob_bytes);
	steps[0].pulled = true;
	assert_int_equal(-1, figures(&b, false).pulled_blob_bytes);
	b.layers = &layer;
	b.n_layers = 1;
	steps[0].layer = 0;
	assert_int_equal(7, figures(&b, false).pulled_blob_bytes);
	/* an image does not tell what was fetched */
	steps[0].pulled = steps[1].pulled = false;
	steps[0].evidence = steps[1].evidence = CS_EVIDENCE_DATED;
	assert_int_equal(-1, figures(&b, false).pulled_blob_bytes);
}

static void durations(void **state CS_UNUSED)
{
	struct cs_build b = build_with(NULL, 0);

	assert_int_equal(-1, figures(&b, false).duration_ns);
	b.facts.started_unix_ns = 5;
	assert_int_equal(-1, cs_build_duration(&b));
	b.facts.completed_unix_ns = 5;
	assert_int_equal(0, cs_build_duration(&b));
	b.facts.completed_unix_ns = 4;
	assert_int_equal(-1, cs_build_duration(&b));
	b.facts.started_unix_ns = INT64_MIN + 1;
	b.facts.completed_unix_ns = INT64_MAX;
	assert_int_equal(-1, cs_build_duration(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_that_count),  cmocka_unit_test(failed_builds),
		cmocka_unit_test(undecided_builds),  cmocka_unit_test(bytes),
		cmocka_unit_test(bytes_by_presence), cmocka_unit_test(bytes_pulled),
		cmocka_unit_test(durations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
