/* SPDX-License-Identifier: Apache-2.0 */
/* M7: when two builds are one and the same, and when they only look like it. */
#include "support/window.h"

#include "metrics/duplicates.h"

static struct cs_duplicates *find(struct window *w)
{
	struct cs_duplicates *d;

	assert_done(cs_ledger_finish(w->ledger, &err));
	assert_done(cs_duplicates_find(w->ledger, &d, &err));
	return d;
}

/* Two builds; the only group of theirs, or none. */
static void pair(struct window *w, const struct cs_build *a, const struct cs_build *b,
		 int64_t want_kind /* -1: no duplicates */)
{
	const struct cs_duplicate *list;
	struct cs_duplicates *d;
	size_t n;

	add_build(w, b);
	add_build(w, a);
	d = find(w);
	list = cs_duplicates_list(d, &n);
	assert_int_equal(want_kind >= 0, n);
	if (n) {
		assert_int_equal(want_kind, list[0].kind);
		assert_int_equal(2, list[0].builds);
		assert_int_equal(7 * CS_NS_PER_S, list[0].wasted_ns); /* the later one's */
		assert_int_equal(1, cs_duplicates_sums(d)->groups);
		assert_int_equal(7 * CS_NS_PER_S, cs_duplicates_sums(d)->wasted_ns);
	}
	cs_duplicates_free(d);
	window_close(w);
}

struct two {
	struct window w;
	struct cs_run push, pr;
	struct cs_build a, b;
};

/* The push and the pull request of one commit, 5 and 7 seconds. */
static void open_two(struct two *t)
{
	window_open(&t->w, NULL);
	t->push = run_of("1", CS_EVENT_PUSH, "c1");
	t->pr = run_of("2", CS_EVENT_PULL_REQUEST, "c1");
	t->a = build_of(&t->w, &t->push, "test", 10, 5);
	t->b = build_of(&t->w, &t->pr, "test", 12, 7);
}

static void same_input(void **state CS_UNUSED)
{
	struct cs_kv one = { "A", "1" }, other = { "A", "2" };
	struct two t;

	open_two(&t);
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_SAME_INPUT);
	open_two(&t);
	t.b.facts.commit = "c2";
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	t.b.facts.target = "prod";
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	t.b.facts.project = "acme/other";
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	t.b.recipe.dockerfile = "Dockerfile.alpine";
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	t.b.recipe.context = "services/b"; /* the same repository, another folder */
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	snprintf(t.b.platform, sizeof(t.b.platform), "linux/arm64");
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	t.a.recipe.build_args = &one;
	t.b.recipe.build_args = &other;
	t.a.recipe.n_build_args = t.b.recipe.n_build_args = 1;
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	t.a.recipe.build_args = t.b.recipe.build_args = &one;
	t.a.recipe.n_build_args = t.b.recipe.n_build_args = 1;
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_SAME_INPUT);
}

static void jobs_and_runs(void **state CS_UNUSED)
{
	struct two t;

	open_two(&t); /* twice in one job: a retry */
	t.b.facts.run_id = "1";
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t); /* twice in one run, in two jobs */
	t.b.facts.run_id = "1";
	t.b.facts.job = "test-again";
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_SAME_INPUT);
	open_two(&t); /* a log that names no arguments: jobs of a matrix */
	cs_recipe_init(&t.a.recipe);
	cs_recipe_init(&t.b.recipe);
	t.b.facts.job = "test (3.12)";
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t);
	cs_recipe_init(&t.a.recipe);
	cs_recipe_init(&t.b.recipe);
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_SAME_INPUT);
}

static void source_states(void **state CS_UNUSED)
{
	struct cs_kv tree = { "tree", "t1" };
	struct two t;

	open_two(&t); /* not known */
	t.a.facts.commit = t.b.facts.commit = NULL;
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t); /* a tree stands for a commit that nobody told */
	t.a.facts.commit = t.b.facts.commit = NULL;
	t.a.facts.labels = t.b.facts.labels = &tree;
	t.a.facts.n_labels = t.b.facts.n_labels = 1;
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_SAME_INPUT);
	open_two(&t); /* a merge that changes nothing is another state all the same */
	t.b.facts.commit = "c2";
	t.a.facts.labels = t.b.facts.labels = &tree;
	t.a.facts.n_labels = t.b.facts.n_labels = 1;
	pair(&t.w, &t.a, &t.b, -1);
	open_two(&t); /* the builder's own revision */
	t.b.facts.commit = NULL;
	t.b.recipe.vcs_revision = "c1";
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_SAME_INPUT);
}

static void exact(void **state CS_UNUSED)
{
	struct cs_layer layers[2] = { 0 };
	struct two t;

	open_two(&t); /* two targets, one image */
	t.b.facts.target = "prod";
	assert_done(cs_digest_of(CS_DIGEST_SHA256, "x", 1, &t.a.config_digest, &err));
	t.b.config_digest = t.a.config_digest;
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_EXACT);

	open_two(&t); /* in one job, too */
	t.b.facts.run_id = "1";
	t.b.config_digest = t.a.config_digest;
	assert_done(cs_digest_of(CS_DIGEST_SHA256, "x", 1, &t.a.config_digest, &err));
	t.b.config_digest = t.a.config_digest;
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_EXACT);

	open_two(&t); /* the same layers, at another time */
	t.b.facts.target = "prod";
	assert_done(cs_digest_of(CS_DIGEST_SHA256, "1", 1, &layers[0].diff_id, &err));
	assert_done(cs_digest_of(CS_DIGEST_SHA256, "2", 1, &layers[1].diff_id, &err));
	t.a.layers = t.b.layers = layers;
	t.a.n_layers = t.b.n_layers = 2;
	pair(&t.w, &t.a, &t.b, CS_DUPLICATE_EXACT);

	open_two(&t); /* one more */
	t.b.facts.target = "prod";
	t.a.layers = t.b.layers = layers;
	t.a.n_layers = 1;
	t.b.n_layers = 2;
	pair(&t.w, &t.a, &t.b, -1);
}

static void apart(void **state CS_UNUSED)
{
	const struct cs_duplicate_sums *sums;
	struct cs_duplicates *d;
	struct two t;

	open_two(&t);
	t.b.facts.attempt = 2;
	t.b.facts.run_id = "1";
	add_build(&t.w, &t.a);
	add_build(&t.w, &t.b);
	t.b = build_of(&t.w, &t.pr, "test", 30, 3);
	t.b.facts.run_id = "3";
	t.b.facts.event = CS_EVENT_SCHEDULE;
	add_build(&t.w, &t.b);
	t.b = build_of(&t.w, &t.pr, "test", 40, 3);
	t.b.status = CS_STATUS_CANCELED;
	add_build(&t.w, &t.b);
	d = find(&t.w);
	sums = cs_duplicates_sums(d);
	assert_int_equal(1, sums->builds);
	assert_int_equal(1, sums->groups);
	assert_int_equal(1, sums->rerun_builds);
	assert_int_equal(7 * CS_NS_PER_S, sums->rerun_ns);
	assert_int_equal(1, sums->scheduled_builds);
	assert_int_equal(3 * CS_NS_PER_S, sums->scheduled_ns);
	assert_int_equal(1, sums->canceled_builds);
	cs_duplicates_free(d);
	window_close(&t.w);
}

/* A build that is the same image and the same input as others is one duplicate. */
static void counted_once(void **state CS_UNUSED)
{
	const struct cs_duplicate *list;
	struct cs_duplicates *d;
	struct cs_build c;
	struct two t;
	size_t n;

	open_two(&t);
	assert_done(cs_digest_of(CS_DIGEST_SHA256, "x", 1, &t.a.config_digest, &err));
	t.b.config_digest = t.a.config_digest;
	c = build_of(&t.w, &t.pr, "prod", 50, 1);
	c.config_digest = t.a.config_digest;
	add_build(&t.w, &t.a);
	add_build(&t.w, &t.b);
	add_build(&t.w, &c);
	d = find(&t.w);
	list = cs_duplicates_list(d, &n);
	assert_int_equal(1, n);
	assert_int_equal(3, list[0].builds);
	assert_int_equal(CS_DUPLICATE_EXACT, list[0].kind);
	assert_int_equal(8 * CS_NS_PER_S, list[0].wasted_ns);
	assert_int_equal(0, list[0].members[0]);
	assert_int_equal(3, cs_duplicates_sums(d)->builds);
	assert_int_equal(1, cs_duplicates_sums(d)->groups);
	cs_duplicates_free(d);
	window_close(&t.w);
}

/* FROM, then RUN a, then COPY x of that and of the local files. */
static void steps_of(struct cs_build *b, struct cs_step steps[4], const char *base)
{
	static uint32_t of_run[] = { 0 }, of_copy[] = { 2, 1 };

	memset(steps, 0, 4 * sizeof(*steps));
	steps[0].name = base;
	steps[0].class = CS_STEP_SOURCE;
	steps[1].name = "load build context";
	steps[1].class = CS_STEP_SOURCE;
	steps[2].instruction = "RUN make $FLAVOR";
	steps[2].class = CS_STEP_EXEC;
	steps[2].inputs = of_run;
	steps[2].n_inputs = 1;
	steps[3].instruction = "COPY x .";
	steps[3].class = CS_STEP_FILE;
	steps[3].inputs = of_copy;
	steps[3].n_inputs = 2;
	for (int i = 0; i < 4; i++) {
		steps[i].index = (uint32_t)i;
		steps[i].stage = "app";
		steps[i].state = CS_STATE_RUN;
		steps[i].duration_ns = (i + 1) * CS_NS_PER_S;
	}
	b->steps = steps;
	b->n_steps = 4;
}

static void work(void **state CS_UNUSED)
{
	struct cs_kv hot = { "FLAVOR", "hot" }, mild = { "FLAVOR", "mild" };
	struct cs_step steps[2][4];
	struct cs_duplicates *d;
	struct two t;
	size_t n;

	/* 0 twice · 1 another base · 2 a hit · 3 another run · 4 another value of what it names */
	for (int i = 0; i < 5; i++) {
		const struct cs_duplicate *list;

		open_two(&t);
		t.b = build_of(&t.w, &t.push, "prod", 20, 7);
		steps_of(&t.a, steps[0], "FROM base@1");
		steps_of(&t.b, steps[1], i == 1 ? "FROM base@2" : "FROM base@1");
		if (i == 2)
			steps[1][2].state = steps[1][3].state = CS_STATE_HIT;
		if (i == 3)
			t.b.facts.run_id = "9";
		if (i == 4) {
			t.a.recipe.build_args = &hot;
			t.b.recipe.build_args = &mild;
			t.a.recipe.n_build_args = t.b.recipe.n_build_args = 1;
		}
		add_build(&t.w, &t.b); /* the later one first */
		add_build(&t.w, &t.a);
		d = find(&t.w);
		list = cs_duplicates_list(d, &n);
		assert_int_equal(i == 0 ? 2 : 0, n);
		if (i == 0) {
			assert_int_equal(CS_DUPLICATE_WORK, list[0].kind);
			assert_int_equal(2, list[0].builds);
			assert_int_equal(1, list[0].work->builds[0]);
			assert_int_equal(7 * CS_NS_PER_S, cs_duplicates_sums(d)->work_ns);
			assert_int_equal(2, cs_duplicates_sums(d)->work_steps);
			assert_int_equal(0, cs_duplicates_sums(d)->wasted_ns);
			assert_int_equal(2, cs_duplicates_sums(d)->groups);
		}
		cs_duplicates_free(d);
		window_close(&t.w);
	}
}

/* Inputs in a circle, beyond the end and to itself: strange, but no trouble. */
static void odd_graphs(void **state CS_UNUSED)
{
	uint32_t first[] = { 1, 77 }, second[] = { 0, 1 };
	struct cs_step steps[2] = { 0 };
	struct cs_duplicates *d;
	struct two t;

	open_two(&t);
	steps[0].class = steps[1].class = CS_STEP_EXEC;
	steps[0].state = steps[1].state = CS_STATE_RUN;
	steps[0].inputs = first;
	steps[1].inputs = second;
	steps[0].n_inputs = steps[1].n_inputs = 2;
	t.a.steps = steps;
	t.a.n_steps = 2;
	add_build(&t.w, &t.a);
	d = find(&t.w);
	assert_int_equal(0, cs_duplicates_sums(d)->work_steps);
	cs_duplicates_free(d);
	window_close(&t.w);
}

/* Steps of runs that are long over are let go, and what was repeated in them is not forgotten. */
static void many_steps(void **state CS_UNUSED)
{
	enum { RUNS = 30000 };
	struct cs_step steps[2][4];
	struct cs_duplicates *d;
	struct window w;
	char id[16];

	window_open(&w, NULL);
	for (int i = 0; i < RUNS; i++) {
		struct cs_run run = run_of(id, CS_EVENT_PUSH, NULL);
		struct cs_build a, b;

		snprintf(id, sizeof(id), "%d", i);
		a = build_of(&w, &run, "test", (int64_t)i * 3600, 5);
		b = build_of(&w, &run, "prod", (int64_t)i * 3600 + 60, 7);
		steps_of(&a, steps[0], "FROM base@1");
		steps_of(&b, steps[1], "FROM base@1");
		add_build(&w, &a);
		add_build(&w, &b);
	}
	d = find(&w);
	assert_int_equal(2 * RUNS, cs_duplicates_sums(d)->work_steps);
	cs_duplicates_free(d);
	window_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_input),	 cmocka_unit_test(jobs_and_runs),
		cmocka_unit_test(source_states), cmocka_unit_test(exact),
		cmocka_unit_test(apart),	 cmocka_unit_test(counted_once),
		cmocka_unit_test(work),		 cmocka_unit_test(odd_graphs),
		cmocka_unit_test(many_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
