/* SPDX-License-Identifier: Apache-2.0 */

#include "support/test.h"

#include <string.h>

#include "metrics/observed.h"

/* A build as literals: steps in the order of starting, layers lowest first. */
struct fixture {
	struct cs_arena *arena;
	struct cs_build build;
	struct cs_step steps[16];
	struct cs_layer layers[16];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->arena = cs_arena_new();
	assert_non_null(f->arena);
	cs_build_init(&f->build);
	f->build.source_kind = CS_SOURCE_RECORD;
	f->build.steps = f->steps;
	f->build.layers = f->layers;
	f->build.base_layers = 0;
	memcpy(f->build.platform, "linux/amd64", 12);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	cs_arena_free(f->arena);
	free(f);
	return 0;
}

static struct cs_step *step(struct fixture *f, const char *stage, const char *instruction,
			    enum cs_step_state step_state)
{
	struct cs_step *s = &f->steps[f->build.n_steps++];

	s->stage = stage;
	s->instruction = s->name = instruction;
	s->class = strncmp(instruction, "RUN", 3) == 0	  ? CS_STEP_EXEC
		   : strncmp(instruction, "FROM", 4) == 0 ? CS_STEP_SOURCE
							  : CS_STEP_FILE;
	s->state = step_state;
	s->evidence = CS_EVIDENCE_OBSERVED;
	s->layer = 7; /* nonsense that must not survive */
	return s;
}

static struct cs_layer *layer(struct fixture *f, const char *created_by, enum cs_layer_state dated)
{
	struct cs_layer *l = &f->layers[f->build.n_layers];

	l->index = (uint32_t)f->build.n_layers++;
	l->has_history = created_by != NULL;
	l->created_by = created_by;
	l->state = dated;
	l->evidence = CS_EVIDENCE_DATED;
	return l;
}

static void observe(struct fixture *f)
{
	struct cs_err err = CS_ERR_INIT;

	assert_int_equal(cs_observed_match(&f->build, f->arena, &err), 0);
	assert_int_equal(cs_observed_apply(&f->build, f->arena, &err), 0);
}

static void assert_layers(struct fixture *f, const int *want)
{
	for (size_t i = 0; i < f->build.n_steps; i++)
		assert_int_equal(f->steps[i].layer, want[i]);
}

static void stages(void **state)
{
	struct fixture *f = *state;
	static const int want[] = { -1, -1, -1, 1, 2 };

	/* WORKDIR stands in both stages, and the builder's RUN is in no layer of the image */
	f->build.base_layers = 1;
	step(f, "build", "FROM kbase:1", CS_STATE_RUN);
	step(f, "build", "WORKDIR /app", CS_STATE_HIT);
	step(f, "build", "RUN make", CS_STATE_RUN);
	step(f, "prod", "WORKDIR /app", CS_STATE_RUN);
	step(f, "prod", "COPY --link --from=build /app/x /x", CS_STATE_RUN);
	layer(f, "RUN make", CS_LAYER_BASE);
	layer(f, "WORKDIR /app", CS_LAYER_RUN);
	layer(f, "COPY /app/x /x # buildkit", CS_LAYER_UNKNOWN);
	observe(f);
	assert_layers(f, want);
	assert_int_equal(f->layers[2].state, CS_LAYER_RUN);
	assert_int_equal(f->layers[2].evidence, CS_EVIDENCE_OBSERVED);
	assert_int_equal(f->layers[0].state, CS_LAYER_BASE);
	assert_int_equal(f->layers[0].evidence, CS_EVIDENCE_DATED);
}

static void a_stage_on_another(void **state)
{
	struct fixture *f = *state;
	static const int want[] = { 0, -1, 1, -1 };

	/* prod is FROM base; test ran last, but prod was built */
	f->build.facts.target = "prod";
	step(f, "base", "COPY a /a", CS_STATE_HIT);
	step(f, "test", "RUN check", CS_STATE_RUN);
	step(f, "prod", "RUN check", CS_STATE_HIT);
	step(f, "test", "RUN check", CS_STATE_RUN);
	layer(f, "COPY a /a # buildkit", CS_LAYER_HIT);
	layer(f, "RUN /bin/sh -c check # buildkit", CS_LAYER_HIT);
	observe(f);
	assert_layers(f, want);
	assert_int_equal(f->layers[1].state, CS_LAYER_HIT);
}

static void arguments_and_repeats(void **state)
{
	struct fixture *f = *state;
	static const int want[] = { 0, 1, 2, -1, -1 };

	step(f, NULL, "RUN echo 1.4 a > /v", CS_STATE_RUN);
	step(f, NULL, "RUN apt-get update", CS_STATE_HIT);
	step(f, NULL, "RUN apt-get update", CS_STATE_RUN);
	step(f, NULL, "RUN apt-get update", CS_STATE_NOT_REACHED);
	step(f, NULL, "RUN apt-get update", CS_STATE_FAILED);
	layer(f, "RUN |2 V=1.4 W=a /bin/sh -c echo $V ${W} > /v # buildkit", CS_LAYER_RUN);
	layer(f, "RUN /bin/sh -c apt-get   update # buildkit", CS_LAYER_HIT);
	layer(f, "RUN /bin/sh -c apt-get update # buildkit", CS_LAYER_RUN);
	observe(f);
	assert_layers(f, want);
}

static void a_contradiction(void **state)
{
	struct fixture *f = *state;

	step(f, NULL, "RUN a", CS_STATE_HIT);
	layer(f, "RUN /bin/sh -c a", CS_LAYER_RUN)->why = "old";
	observe(f);
	assert_int_equal(f->layers[0].state, CS_LAYER_HIT);
	assert_string_equal(f->layers[0].why,
			    "contradiction: run by its time, but the builder says hit");
	/* and none where both agree */
	f->layers[0].state = CS_LAYER_HIT;
	observe(f);
	assert_null(f->layers[0].why);
}

static void other_platforms(void **state)
{
	struct fixture *f = *state;
	static const int want[] = { 0, -1 };

	step(f, NULL, "RUN a", CS_STATE_HIT)->platform = "linux/amd64";
	step(f, NULL, "RUN a", CS_STATE_RUN)->platform = "linux/arm64";
	layer(f, "RUN /bin/sh -c a", CS_LAYER_UNKNOWN);
	observe(f);
	assert_layers(f, want);
	assert_int_equal(f->layers[0].state, CS_LAYER_HIT);
}

static void nothing_matches(void **state)
{
	struct fixture *f = *state;
	static const int want[] = { -1, -1 };

	step(f, NULL, "COPY a /a", CS_STATE_HIT);
	step(f, NULL, "RUN ab", CS_STATE_UNKNOWN)->evidence = CS_EVIDENCE_NONE;
	layer(f, "COPY aa /a", CS_LAYER_RUN);
	layer(f, NULL, CS_LAYER_UNKNOWN);
	layer(f, "RUN |9 A", CS_LAYER_UNKNOWN);
	layer(f, "", CS_LAYER_UNKNOWN);
	observe(f);
	assert_layers(f, want);
	assert_int_equal(f->layers[0].state, CS_LAYER_RUN);
	assert_int_equal(f->layers[0].evidence, CS_EVIDENCE_DATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(stages, setup, teardown),
		cmocka_unit_test_setup_teardown(a_stage_on_another, setup, teardown),
		cmocka_unit_test_setup_teardown(arguments_and_repeats, setup, teardown),
		cmocka_unit_test_setup_teardown(a_contradiction, setup, teardown),
		cmocka_unit_test_setup_teardown(other_platforms, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_matches, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
