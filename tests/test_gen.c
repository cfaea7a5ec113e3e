/* SPDX-License-Identifier: Apache-2.0 */
/* The history that benchmarks are made on has the shape it claims, and is the same each time. */
#include "support/history.h"
#include "support/test.h"

#define BUILDS 4000

struct seen {
	int64_t builds, steps, layers, failed, empty_runs, runs, twos, retries, twins;
	int64_t events[CS_EVENT_OTHER + 1], hours[24], after, after_wrong_way;
	int64_t known_layers, fresh_layers;
	uint64_t sum; /* of all digests and times */
};

/* In a stage nothing hits behind what ran. */
static void check_cascade(const struct cs_build *b)
{
	for (size_t i = 1; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i], *before = s - 1;

		if (cs_step_cacheable(s->class) && cs_step_cacheable(before->class) &&
		    strcmp(s->stage, before->stage) == 0 && before->state == CS_STATE_RUN)
			assert_int_not_equal(s->state, CS_STATE_HIT);
	}
}

static void see_build(struct seen *seen, const struct cs_build *b)
{
	int64_t start = b->facts.started_unix_ns;

	seen->builds++;
	seen->steps += (int64_t)b->n_steps;
	seen->layers += (int64_t)b->n_layers;
	seen->failed += b->status == CS_STATUS_FAILED;
	seen->events[b->facts.event]++;
	seen->hours[start / CS_NS_PER_S / 3600 % 24]++;
	seen->sum = seen->sum * 31 + (uint64_t)b->facts.completed_unix_ns +
		    b->config_digest.bytes[5] + b->manifest_digest.bytes[7];
	for (size_t i = 0; i < b->n_layers; i++) {
		bool known = b->layers[i].created_unix_ns < start;

		*(known ? &seen->known_layers : &seen->fresh_layers) += 1;
		assert_true(b->layers[i].created_unix_ns <= b->facts.completed_unix_ns);
	}
	assert_int_equal(b->n_layers == 0, b->status == CS_STATUS_FAILED);
	assert_true(b->facts.completed_unix_ns > start);
	check_cascade(b);
}

static void see_run(struct seen *seen, const struct cs_run *run, const struct cs_build *builds,
		    size_t n)
{
	seen->runs++;
	seen->empty_runs += n == 0;
	seen->twos += n == 2;
	seen->retries += run->attempt > 1;
	seen->twins += run->event == CS_EVENT_PUSH;
	assert_in_range(run->started_unix_ns, GEN_SINCE_UNIX_NS, GEN_UNTIL_UNIX_NS);
	assert_int_equal(run->n_labels, 1);
	if (strcmp(run->labels[0].value, "after") == 0) {
		seen->after++;
		seen->after_wrong_way += run->event == CS_EVENT_PULL_REQUEST && n == 2;
	}
	for (size_t i = 0; i < n; i++)
		see_build(seen, &builds[i]);
}

static struct seen see(uint64_t seed)
{
	struct gen_options options = { .seed = seed, .builds = BUILDS, .projects = 20 };
	struct gen *gen = gen_new(&options);
	struct seen seen = { 0 };
	int r = 0;

	assert_non_null(gen);
	while (r == 0) {
		struct cs_arena *arena = cs_arena_new();
		struct cs_err err = CS_ERR_INIT;
		struct cs_build *builds;
		struct cs_run run;
		size_t n;

		r = gen_next(gen, arena, &run, &builds, &n, &err);
		if (r == 0)
			see_run(&seen, &run, builds, n);
		cs_arena_free(arena);
	}
	assert_int_equal(r, 1);
	gen_free(gen);
	return seen;
}

static void test_shape(void **state CS_UNUSED)
{
	struct seen s = see(1);

	assert_int_equal(s.builds, BUILDS);
	assert_in_range(s.steps * 10 / s.builds, 140, 180);
	assert_in_range(s.layers * 10 / s.builds, 90, 110);
	assert_in_range(s.failed * 1000 / s.builds, 25, 55);
	assert_true(s.empty_runs > s.runs / 50);
	assert_true(s.twos > s.runs / 10);
	assert_true(s.retries > 0 && s.twins > 0);
	assert_true(s.known_layers > s.fresh_layers);
	for (int e = CS_EVENT_PULL_REQUEST; e <= CS_EVENT_MANUAL; e++)
		assert_true(s.events[e] > 0);
	assert_true(s.hours[9] > 5 * s.hours[2]);
	assert_in_range(s.after * 100 / s.runs, 35, 70);
	assert_int_equal(s.after_wrong_way, 0);
}

static void test_same_seed_tells_the_same(void **state CS_UNUSED)
{
	struct seen a = see(1), b = see(1), c = see(2);

	assert_memory_equal(&a, &b, sizeof(a));
	assert_true(a.sum != c.sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_same_seed_tells_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
