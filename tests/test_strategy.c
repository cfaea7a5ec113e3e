/* SPDX-License-Identifier: Apache-2.0 */
/* Runs and builds as literals against the default policy and others. */
#include "support/window.h"

#include "metrics/minutes.h"
#include "metrics/scopes.h"
#include "metrics/strategy.h"

static const struct cs_strategy_options whole = { false, CS_TIME_NONE, CS_TIME_NONE };

static struct cs_strategy *judge_as(struct window *w, const struct cs_strategy_options *options)
{
	struct cs_strategy *s;

	assert_done(cs_ledger_finish(w->ledger, &err));
	assert_done(cs_strategy_judge(w->ledger, options, &s, &err));
	return s;
}

static struct cs_strategy *judge(struct window *w)
{
	return judge_as(w, &whole);
}

static const struct cs_strategy_event *event_of(const struct cs_strategy *s, enum cs_event e)
{
	static const struct cs_strategy_event none = { 0 };

	for (size_t i = 0; i < s->n_events; i++) {
		if (s->events[i].event == e)
			return &s->events[i];
	}
	fail_msg("no row for %s", cs_event_name(e));
	return &none;
}

static void nothing(void **state CS_UNUSED)
{
	struct window w;
	struct cs_strategy *s;

	window_open(&w, NULL);
	s = judge(&w);
	assert_int_equal(0, s->n_events);
	assert_int_equal(0, s->n_roles);
	assert_int_equal(0, s->n_scopes);
	cs_strategy_free(s);
	window_close(&w);
}

static void counts_runs_without_builds(void **state CS_UNUSED)
{
	struct window w;
	struct cs_run a = run_of("1", CS_EVENT_PULL_REQUEST, "c1");
	struct cs_run b = run_of("2", CS_EVENT_PULL_REQUEST, "c2");
	struct cs_run c = run_of("3", CS_EVENT_SCHEDULE, "c2");
	const struct cs_strategy_event *e;
	struct cs_strategy *s;
	struct cs_build build;

	window_open(&w, NULL);
	build = build_of(&w, &a, "test", 10, 5);
	add_build(&w, &build); /* before its run: any order will do */
	add_run(&w, &a);
	add_run(&w, &b);
	add_run(&w, &c);
	s = judge(&w);
	e = event_of(s, CS_EVENT_PULL_REQUEST);
	assert_int_equal(2, e->spread.runs);
	assert_int_equal(1, e->builds);
	assert_int_equal(1, e->spread.zero);
	assert_int_equal(1, e->spread.one);
	assert_int_equal(2, e->expected);
	assert_int_equal(0, e->unexpected);
	assert_int_equal(1, e->missing);
	assert_int_equal(CS_KEPT_NO, e->kept);
	assert_int_equal(1, s->n_missing);
	assert_int_equal(w.policy.test, s->missing[0].role);
	e = event_of(s, CS_EVENT_SCHEDULE);
	assert_int_equal(1, e->spread.zero);
	assert_int_equal(0, e->expected);
	assert_int_equal(CS_KEPT_YES, e->kept);
	cs_strategy_free(s);
	window_close(&w);
}

/* A run of an event with a test and a production build; tests: what the test build says. */
static struct cs_strategy *both(struct window *w, enum cs_event event, enum cs_tri tests,
				enum cs_tri pushed, const char *yaml)
{
	struct cs_run run = run_of("1", event, "c1");
	struct cs_build test, production;

	window_open(w, yaml);
	test = build_of(w, &run, "test", 10, 5);
	test.facts.tests_passed = tests;
	production = build_of(w, &run, "prod", 20, 7);
	production.facts.pushed = pushed;
	add_run(w, &run);
	add_build(w, &test);
	add_build(w, &production);
	return judge(w);
}

static void main_push(void **state CS_UNUSED)
{
	struct window w;
	struct cs_strategy *s = both(&w, CS_EVENT_PUSH_MAIN, CS_TRI_YES, CS_TRI_YES, NULL);
	const struct cs_strategy_event *e = event_of(s, CS_EVENT_PUSH_MAIN);

	assert_int_equal(2, e->expected);
	assert_int_equal(0, e->unexpected + e->missing + e->order_violations);
	assert_int_equal(1, e->spread.two);
	assert_int_equal(CS_KEPT_YES, e->kept);
	cs_strategy_free(s);
	window_close(&w);

	s = both(&w, CS_EVENT_PUSH_MAIN, CS_TRI_NO, CS_TRI_YES, NULL);
	e = event_of(s, CS_EVENT_PUSH_MAIN);
	assert_int_equal(1, e->expected);
	assert_int_equal(1, e->unexpected);
	assert_int_equal(CS_UNEXPECTED_TESTS_FAILED, s->unexpected[0].reasons);
	assert_int_equal(1, s->unexpected[0].build);
	assert_int_equal(1, s->n_disorders);
	assert_int_equal(CS_DISORDER_TESTS_FAILED, s->disorders[0].kind);
	assert_int_equal(CS_KEPT_NO, e->kept);
	cs_strategy_free(s);
	window_close(&w);

	/* whether the tests passed is not known: neither is whether it was right */
	s = both(&w, CS_EVENT_PUSH_MAIN, CS_TRI_UNKNOWN, CS_TRI_YES, NULL);
	e = event_of(s, CS_EVENT_PUSH_MAIN);
	assert_int_equal(0, e->unexpected + e->missing);
	assert_int_equal(1, e->undecided);
	assert_int_equal(CS_KEPT_CANNOT_TELL, e->kept);
	cs_strategy_free(s);
	window_close(&w);
}

static void pull_request(void **state CS_UNUSED)
{
	struct window w;
	struct cs_strategy *s = both(&w, CS_EVENT_PULL_REQUEST, CS_TRI_NO, CS_TRI_NO, NULL);

	assert_int_equal(1, s->n_unexpected);
	assert_int_equal(CS_UNEXPECTED_NOT_IN_POLICY | CS_UNEXPECTED_TESTS_FAILED |
				 CS_UNEXPECTED_NEVER_PUSHED,
			 s->unexpected[0].reasons);
	assert_int_equal(w.policy.production, s->unexpected[0].role);
	assert_int_equal(1, s->n_disorders);
	assert_int_equal(1, event_of(s, CS_EVENT_PULL_REQUEST)->expected);
	cs_strategy_free(s);
	window_close(&w);
}

static void release(void **state CS_UNUSED)
{
	struct cs_run run = run_of("1", CS_EVENT_RELEASE, "c1");
	struct cs_strategy *s;
	struct cs_build b;
	struct window w;

	window_open(&w, NULL);
	b = build_of(&w, &run, "prod", 10, 5);
	add_run(&w, &run);
	add_build(&w, &b);
	s = judge(&w);
	assert_int_equal(CS_KEPT_YES, event_of(s, CS_EVENT_RELEASE)->kept);
	assert_int_equal(1, event_of(s, CS_EVENT_RELEASE)->expected);
	cs_strategy_free(s);
	window_close(&w);
}

static void jobs_tell_of_tests(void **state CS_UNUSED)
{
	struct cs_run_job jobs[] = { { "container-tests", "failure", -1 },
				     { "production-build", "success", -1 } };
	struct cs_run run = run_of("1", CS_EVENT_PUSH_MAIN, "c1");
	struct cs_build test, production;
	struct cs_strategy *s;
	struct window w;

	run.jobs = jobs;
	run.n_jobs = CS_N(jobs);
	window_open(&w, NULL);
	test = build_of(&w, &run, "test", 10, 5);
	production = build_of(&w, &run, "prod", 20, 5);
	add_build(&w, &test);
	add_build(&w, &production);
	add_run(&w, &run);
	s = judge(&w);
	assert_int_equal(1, s->n_disorders);
	assert_int_equal(1, s->n_unexpected);
	cs_strategy_free(s);
	window_close(&w);
}

static void failed_test_build_fails_tests(void **state CS_UNUSED)
{
	struct cs_run run = run_of("1", CS_EVENT_PUSH_MAIN, "c1");
	struct cs_build test, production;
	struct cs_strategy *s;
	struct window w;

	window_open(&w, NULL);
	test = build_of(&w, &run, "test", 10, 5);
	test.status = CS_STATUS_FAILED;
	production = build_of(&w, &run, "prod", 20, 5);
	add_build(&w, &test);
	add_build(&w, &production);
	add_run(&w, &run);
	s = judge(&w);
	assert_int_equal(1, s->n_disorders);
	cs_strategy_free(s);
	window_close(&w);
}

static void order(void **state CS_UNUSED)
{
	struct cs_run run = run_of("1", CS_EVENT_PUSH_MAIN, "c1");
	struct cs_run other = run_of("2", CS_EVENT_PUSH_MAIN, "c1");
	struct cs_build test, production;
	struct cs_strategy *s;
	struct window w;

	/* in one run */
	window_open(&w, NULL);
	test = build_of(&w, &run, "test", 10, 5);
	test.facts.tests_passed = CS_TRI_YES;
	production = build_of(&w, &run, "prod", 14, 5);
	add_build(&w, &production);
	add_build(&w, &test);
	add_run(&w, &run);
	s = judge(&w);
	assert_int_equal(1, s->n_disorders);
	assert_int_equal(CS_DISORDER_TOO_EARLY, s->disorders[0].kind);
	assert_int_equal(1, s->disorders[0].build);
	assert_int_equal(0, s->disorders[0].before);
	assert_int_equal(1, event_of(s, CS_EVENT_PUSH_MAIN)->order_violations);
	cs_strategy_free(s);
	window_close(&w);

	/* in two workflows, for one commit: first too early, then as it should be */
	for (int64_t start = 14; start <= 15; start++) {
		window_open(&w, NULL);
		test = build_of(&w, &run, "test", 10, 5);
		other.workflow = "deploy";
		production = build_of(&w, &other, "prod", start, 5);
		add_build(&w, &test);
		add_build(&w, &production);
		s = judge(&w);
		assert_int_equal(start == 14, s->n_disorders);
		cs_strategy_free(s);
		window_close(&w);
	}
}

/* Taken in long after: when they were built nobody knows. */
static void order_without_times(void **state CS_UNUSED)
{
	struct cs_run run = run_of("1", CS_EVENT_PUSH_MAIN, "c1");

	for (int undated = 0; undated < 3; undated++) {
		struct cs_build test, production;
		struct cs_strategy *s;
		struct window w;

		window_open(&w, NULL);
		test = build_of(&w, &run, "test", 10, 5);
		test.facts.tests_passed = CS_TRI_YES;
		production = build_of(&w, &run, "prod", 14, 5);
		if (undated == 1) {
			test.facts.started_unix_ns = test.facts.completed_unix_ns = CS_TIME_NONE;
			test.recorded_unix_ns = 1000 * CS_NS_PER_S;
		} else if (undated == 2) {
			production.facts.started_unix_ns = CS_TIME_NONE;
			production.recorded_unix_ns = 12 * CS_NS_PER_S;
		}
		add_build(&w, &test);
		add_build(&w, &production);
		s = judge(&w);
		assert_int_equal(undated == 0, s->n_disorders);
		cs_strategy_free(s);
		window_close(&w);
	}
}

/* Attempt 2 starts only what failed: it is apart. */
static void attempts(void **state CS_UNUSED)
{
	struct cs_run first = run_of("1", CS_EVENT_PULL_REQUEST, "c1"), second = first;
	const struct cs_strategy_event *e;
	struct cs_build a, b, c;
	struct cs_strategy *s;
	struct window w;

	first.attempt = 1;
	second.attempt = 2;
	window_open(&w, NULL);
	a = build_of(&w, &first, "test", 10, 5);
	a.facts.attempt = -1; /* nobody said: the first */
	b = build_of(&w, &second, "test", 30, 5);
	b.facts.tests_passed = CS_TRI_NO;
	c = build_of(&w, &second, "prod", 31, 5);
	add_run(&w, &first);
	add_run(&w, &second);
	add_build(&w, &a);
	add_build(&w, &b);
	add_build(&w, &c);
	s = judge(&w);
	e = event_of(s, CS_EVENT_PULL_REQUEST);
	assert_int_equal(1, e->spread.runs);
	assert_int_equal(1, e->builds);
	assert_int_equal(1, e->rerun_runs);
	assert_int_equal(2, e->rerun_builds);
	assert_int_equal(0, e->order_violations);
	assert_int_equal(0, s->n_disorders);
	assert_int_equal(CS_KEPT_YES, e->kept);
	cs_strategy_free(s);
	window_close(&w);
}

static void prebuilt(void **state CS_UNUSED)
{
	struct cs_run_job jobs[] = { { "Molecule (debian)", "success", 0 },
				     { "deploy", "skipped", 0 } };
	struct cs_run ci = run_of("1", CS_EVENT_PULL_REQUEST, "c1");
	struct cs_run lint = run_of("2", CS_EVENT_PULL_REQUEST, "c1");
	struct cs_run roles = run_of("3", CS_EVENT_PULL_REQUEST, "c1");
	struct cs_build b, wrong;
	struct cs_strategy *s;
	struct window w;

	lint.workflow = "lint";
	roles.workflow = "roles";
	roles.jobs = jobs;
	roles.n_jobs = 2;
	window_open(&w, NULL);
	b = build_of(&w, &ci, "test", 10, 5);
	add_run(&w, &ci);
	add_run(&w, &lint);
	add_run(&w, &roles);
	add_build(&w, &b);
	s = judge(&w);
	assert_int_equal(3, event_of(s, CS_EVENT_PULL_REQUEST)->spread.runs);
	assert_int_equal(2, event_of(s, CS_EVENT_PULL_REQUEST)->spread.zero);
	assert_int_equal(2, event_of(s, CS_EVENT_PULL_REQUEST)->prebuilt_runs);
	assert_int_equal(0, s->n_missing);
	assert_int_equal(CS_KEPT_YES, event_of(s, CS_EVENT_PULL_REQUEST)->kept);
	cs_strategy_free(s);
	window_close(&w);

	/* but it builds */
	window_open(&w, NULL);
	wrong = build_of(&w, &roles, "test", 20, 5);
	add_run(&w, &roles);
	add_build(&w, &wrong);
	s = judge(&w);
	assert_int_equal(1, s->n_unexpected);
	assert_int_equal(CS_UNEXPECTED_NOT_IN_POLICY, s->unexpected[0].reasons);
	cs_strategy_free(s);
	window_close(&w);
}

static void builds_without_run(void **state CS_UNUSED)
{
	const struct cs_strategy_event *e;
	struct cs_build test, production;
	struct cs_strategy *s;
	struct window w;

	window_open(&w, NULL);
	test = build_of(&w, NULL, "test", 10, 5);
	production = build_of(&w, NULL, "prod", 20, 5);
	test.facts.event = production.facts.event = CS_EVENT_PULL_REQUEST;
	add_build(&w, &test);
	add_build(&w, &production);
	s = judge(&w);
	e = event_of(s, CS_EVENT_PULL_REQUEST);
	assert_int_equal(0, e->spread.runs);
	assert_int_equal(2, e->builds);
	assert_int_equal(2, e->builds_without_run);
	assert_int_equal(1, e->unexpected);
	assert_int_equal(0, e->expected);
	assert_int_equal(0, e->missing);
	cs_strategy_free(s);
	window_close(&w);
}

/* A target that no pattern names may be the test build that seems to be missing. */
static void other_roles(void **state CS_UNUSED)
{
	struct cs_run run = run_of("1", CS_EVENT_PULL_REQUEST, "c1");
	struct cs_strategy *s;
	struct cs_build b;
	struct window w;

	window_open(&w, NULL);
	b = build_of(&w, &run, "app", 10, 5);
	add_build(&w, &b);
	add_run(&w, &run);
	s = judge(&w);
	assert_int_equal(0, s->n_missing);
	assert_int_equal(1, event_of(s, CS_EVENT_PULL_REQUEST)->builds_other);
	assert_int_equal(CS_KEPT_CANNOT_TELL, event_of(s, CS_EVENT_PULL_REQUEST)->kept);
	cs_strategy_free(s);
	window_close(&w);
}

static void policies_of_users(void **state CS_UNUSED)
{
	struct window w;
	struct cs_strategy *s =
		both(&w, CS_EVENT_PULL_REQUEST, CS_TRI_YES, CS_TRI_NO,
		     "policy:\n  pull_request: {test: at most 2, production: any}\n");

	assert_int_equal(CS_KEPT_YES, event_of(s, CS_EVENT_PULL_REQUEST)->kept);
	assert_int_equal(1, event_of(s, CS_EVENT_PULL_REQUEST)->expected);
	cs_strategy_free(s);
	window_close(&w);

	/* one of both is too many: the later one */
	s = both(&w, CS_EVENT_PULL_REQUEST, CS_TRI_YES, CS_TRI_NO,
		 "policy: {pull_request: {builds: at most 1}}\n");
	assert_int_equal(1, s->n_unexpected);
	assert_int_equal(CS_UNEXPECTED_TOO_MANY | CS_UNEXPECTED_NEVER_PUSHED,
			 s->unexpected[0].reasons);
	assert_int_equal(1, s->unexpected[0].build);
	cs_strategy_free(s);
	window_close(&w);

	s = both(&w, CS_EVENT_PULL_REQUEST, CS_TRI_YES, CS_TRI_NO,
		 "policy: {pull_request: {builds: at least 3}}\n");
	assert_int_equal(1, s->n_missing);
	assert_int_equal(1, s->missing[0].builds);
	assert_int_equal(CS_POLICY_ROLES, s->missing[0].role);
	assert_int_equal(3, event_of(s, CS_EVENT_PULL_REQUEST)->expected);
	cs_strategy_free(s);
	window_close(&w);

	/* other words for the roles */
	s = both(&w, CS_EVENT_PULL_REQUEST, CS_TRI_YES, CS_TRI_NO,
		 "roles: {production: [shop], test: [TEST, prod]}\n");
	assert_int_equal(1, s->n_unexpected);
	assert_int_equal(CS_UNEXPECTED_TOO_MANY, s->unexpected[0].reasons);
	cs_strategy_free(s);
	window_close(&w);

	s = both(&w, CS_EVENT_PULL_REQUEST, CS_TRI_NO, CS_TRI_NO, "policy: {pull_request: any}\n");
	assert_int_equal(CS_KEPT_NO_RULE, event_of(s, CS_EVENT_PULL_REQUEST)->kept);
	assert_int_equal(-1, event_of(s, CS_EVENT_PULL_REQUEST)->expected);
	assert_int_equal(0, s->n_disorders);
	cs_strategy_free(s);
	window_close(&w);
}

static void partial_windows(void **state CS_UNUSED)
{
	struct cs_strategy_options options = whole;
	struct cs_run run = run_of("1", CS_EVENT_PULL_REQUEST, "c1");
	struct cs_build production;
	struct cs_strategy *s;
	struct window w;

	window_open(&w, NULL);
	production = build_of(&w, &run, "prod", 20, 5);
	add_build(&w, &production);
	add_run(&w, &run);
	options.partial = true;
	s = judge_as(&w, &options);
	assert_int_equal(CS_KEPT_CANNOT_TELL, event_of(s, CS_EVENT_PULL_REQUEST)->kept);
	assert_int_equal(-1, event_of(s, CS_EVENT_PULL_REQUEST)->missing);
	assert_int_equal(0, s->n_unexpected + s->n_missing);
	cs_strategy_free(s);
	window_close(&w);

	/* its run began before the window, so its test build may have, too */
	window_open(&w, NULL);
	production = build_of(&w, &run, "prod", 20, 5);
	add_build(&w, &production);
	options.partial = false;
	options.since_unix_ns = AT(15);
	s = judge_as(&w, &options);
	assert_int_equal(0, s->n_missing);
	assert_int_equal(1, s->n_unexpected);
	cs_strategy_free(s);
	window_close(&w);
}

static void splits(void **state CS_UNUSED)
{
	struct window w;
	struct cs_run second = run_of("2", CS_EVENT_PULL_REQUEST, "c2");
	struct cs_run first = run_of("1", CS_EVENT_PULL_REQUEST, "c1");
	struct cs_build a, b;
	struct cs_strategy *s;

	window_open(&w, NULL);
	a = build_of(&w, &first, "test", 10, 5);
	b = build_of(&w, &first, "prod", 20, 5);
	a.facts.scope = b.facts.scope = "buildkit";
	add_build(&w, &a);
	add_build(&w, &b);
	add_run(&w, &first);
	add_run(&w, &second);
	s = judge(&w);
	assert_int_equal(2, s->n_roles);
	assert_string_equal("test", s->roles[0].role);
	assert_int_equal(2, s->roles[0].spread.runs);
	assert_int_equal(1, s->roles[0].spread.zero);
	assert_int_equal(1, s->roles[0].missing);
	assert_int_equal(2, s->roles[0].expected);
	assert_string_equal("production", s->roles[1].role);
	assert_int_equal(1, s->roles[1].unexpected);
	assert_int_equal(0, s->roles[1].expected);
	assert_int_equal(1, s->n_scopes);
	assert_string_equal("buildkit", s->scopes[0].scope);
	assert_int_equal(1, s->scopes[0].spread.two);
	assert_int_equal(1, s->scopes[0].spread.zero);
	cs_strategy_free(s);
	window_close(&w);
}

static void scopes_collide(void **state CS_UNUSED)
{
	struct cs_cache_ref import = { "gha", NULL, "a", NULL, false };
	struct cs_run run = run_of("1", CS_EVENT_PUSH_MAIN, "c1");
	struct cs_scope_health *rows;
	struct cs_build a, b, c;
	struct window w;
	size_t n;

	window_open(&w, NULL);
	a = build_of(&w, &run, "test", 10, 5);
	b = build_of(&w, &run, "prod", 20, 5);
	c = build_of(&w, &run, "docs", 30, 5);
	a.facts.scope = b.facts.scope = c.facts.scope = "buildkit";
	c.recipe.caches = &import; /* reads it only */
	c.recipe.n_caches = 1;
	add_build(&w, &a);
	add_build(&w, &b);
	add_build(&w, &c);
	assert_done(cs_ledger_finish(w.ledger, &err));
	assert_done(cs_scopes_health(w.ledger, &rows, &n, &err));
	assert_int_equal(1, n);
	assert_int_equal(3, rows[0].scope->builds);
	assert_int_equal(1, rows[0].writing_runs);
	assert_int_equal(1, rows[0].collisions);
	assert_int_equal(2, rows[0].writers_max);
	assert_int_equal(-1, rows[0].scope->new_blob_bytes);
	free(rows);
	window_close(&w);
}

static void minutes(void **state CS_UNUSED)
{
	struct cs_minutes rows[CS_EVENT_OTHER + 1];
	struct cs_run run = run_of("1", CS_EVENT_PUSH_MAIN, "c1");
	struct cs_build a, b, c;
	char text[CS_MONEY_TEXT];
	int64_t rate = -7;
	struct window w;

	assert_int_equal(0, cs_minutes_of(0));
	assert_int_equal(1, cs_minutes_of(1));
	assert_int_equal(1, cs_minutes_of(60 * CS_NS_PER_S));
	assert_int_equal(2, cs_minutes_of(60 * CS_NS_PER_S + 1));
	assert_int_equal(1, cs_minutes_saved(50 * CS_NS_PER_S, 11 * CS_NS_PER_S));
	assert_int_equal(0, cs_minutes_saved(50 * CS_NS_PER_S, 10 * CS_NS_PER_S));
	assert_int_equal(-1, cs_minutes_saved(61 * CS_NS_PER_S, -1 * CS_NS_PER_S));

	window_open(&w, NULL);
	a = build_of(&w, &run, "test", 0, 20);
	b = build_of(&w, &run, "test", 50, 20); /* of the same job: 70 s */
	c = build_of(&w, &run, "prod", 80, 5);
	add_build(&w, &a);
	add_build(&w, &b);
	add_build(&w, &c);
	assert_done(cs_ledger_finish(w.ledger, &err));
	assert_done(cs_minutes_count(w.ledger, rows, &err));
	assert_int_equal(2, rows[CS_EVENT_PUSH_MAIN].jobs);
	assert_int_equal(3, rows[CS_EVENT_PUSH_MAIN].minutes);
	assert_int_equal(0, rows[CS_EVENT_PUSH_MAIN].saved_jobs);
	window_close(&w);

	assert_done(cs_minutes_rate("0.008", &rate, &err));
	assert_int_equal(8000, rate);
	assert_string_equal("0.024", cs_minutes_cost(3, rate, text));
	assert_string_equal("8.00", cs_minutes_cost(1000, rate, text));
	assert_string_equal("-0.80", cs_minutes_cost(-100, rate, text));
	assert_done(cs_minutes_rate("2", &rate, &err));
	assert_string_equal("6.00", cs_minutes_cost(3, rate, text));
	assert_string_equal("", cs_minutes_cost(INT64_MAX, rate, text));
	for (size_t i = 0; i < 9; i++) {
		static const char *const bad[] = { "",	 "-1",	"1,5",	     "x",      ".5",
						   "1.", "1e3", "0.0000001", "1000001" };

		rate = -7;
		assert_code(CS_USAGE, cs_minutes_rate(bad[i], &rate, &err));
		assert_int_equal(-7, rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(counts_runs_without_builds),
		cmocka_unit_test(main_push),
		cmocka_unit_test(pull_request),
		cmocka_unit_test(release),
		cmocka_unit_test(jobs_tell_of_tests),
		cmocka_unit_test(failed_test_build_fails_tests),
		cmocka_unit_test(order),
		cmocka_unit_test(attempts),
		cmocka_unit_test(order_without_times),
		cmocka_unit_test(prebuilt),
		cmocka_unit_test(builds_without_run),
		cmocka_unit_test(other_roles),
		cmocka_unit_test(policies_of_users),
		cmocka_unit_test(partial_windows),
		cmocka_unit_test(splits),
		cmocka_unit_test(scopes_collide),
		cmocka_unit_test(minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
