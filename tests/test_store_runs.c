/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of CI in the store: told of, named by builds, listed, forgotten. */
#include "support/test.h"

#include "support/store.h"

#define S CS_NS_PER_S

static struct cs_run run_of(const char *id, int64_t started)
{
	struct cs_run run;

	cs_run_init(&run);
	run.project = "app";
	run.run_id = id;
	run.attempt = 1;
	run.started_unix_ns = started;
	return run;
}

static void put(struct fixture *f, const struct cs_run *run, enum cs_put want)
{
	enum cs_put got = (enum cs_put)9;

	assert_done(cs_store_run_put(f->store, run, &got, &err));
	assert_int_equal(want, got);
}

struct listed {
	struct cs_arena *arena;
	struct cs_run runs[40];
	size_t n, stop_at;
};

static const char *copy(struct listed *l, const char *text)
{
	return cs_arena_strdup(l->arena, text);
}

static int note(void *arg, const struct cs_run *run, struct cs_err *e CS_UNUSED)
{
	struct listed *l = arg;
	struct cs_run *to = &l->runs[l->n++];

	*to = *run;
	to->project = copy(l, run->project);
	to->run_id = copy(l, run->run_id);
	to->workflow = copy(l, run->workflow);
	to->event_raw = copy(l, run->event_raw);
	to->ref = copy(l, run->ref);
	to->commit = copy(l, run->commit);
	to->conclusion = copy(l, run->conclusion);
	to->labels = cs_arena_array(l->arena, run->n_labels, sizeof(*to->labels));
	to->jobs = cs_arena_array(l->arena, run->n_jobs, sizeof(*to->jobs));
	for (size_t i = 0; i < run->n_labels; i++)
		to->labels[i] = (struct cs_kv){ copy(l, run->labels[i].key),
						copy(l, run->labels[i].value) };
	for (size_t i = 0; i < run->n_jobs; i++)
		to->jobs[i] = (struct cs_run_job){ copy(l, run->jobs[i].name),
						   copy(l, run->jobs[i].conclusion),
						   run->jobs[i].builds };
	return l->n == l->stop_at;
}

static void list(struct fixture *f, const struct cs_filter *filter, struct listed *ret)
{
	*ret = (struct listed){ .arena = f->arena };
	assert_done(cs_store_runs(f->store, filter, note, ret, &err));
}

static void run_round_trip(void **state)
{
	struct cs_kv labels[] = { { "a", "1" }, { "tree", "x" } };
	struct cs_run_job jobs[] = { { "z", "success", 2 },
				     { "a", NULL, -1 },
				     { "m", "skipped", 0 } };
	struct fixture *f = *state;
	struct cs_run run = run_of("77", 5 * S);
	struct listed l;

	run.workflow = "ci.yml";
	run.event = CS_EVENT_PUSH_MAIN;
	run.event_raw = "push";
	run.ref = "refs/heads/main";
	run.commit = "0123";
	run.conclusion = "success";
	run.completed_unix_ns = 9 * S;
	run.labels = labels;
	run.n_labels = 2;
	run.jobs = jobs;
	run.n_jobs = 3;
	put(f, &run, CS_PUT_NEW);
	put(f, &run, CS_PUT_SAME);
	list(f, NULL, &l);
	assert_int_equal(1, l.n);
	assert_string_equal("app", l.runs[0].project);
	assert_string_equal("77", l.runs[0].run_id);
	assert_int_equal(1, l.runs[0].attempt);
	assert_string_equal("ci.yml", l.runs[0].workflow);
	assert_int_equal(CS_EVENT_PUSH_MAIN, l.runs[0].event);
	assert_string_equal("push", l.runs[0].event_raw);
	assert_string_equal("refs/heads/main", l.runs[0].ref);
	assert_string_equal("0123", l.runs[0].commit);
	assert_string_equal("success", l.runs[0].conclusion);
	assert_int_equal(5 * S, l.runs[0].started_unix_ns);
	assert_int_equal(9 * S, l.runs[0].completed_unix_ns);
	assert_int_equal(2, l.runs[0].n_labels);
	assert_string_equal("tree", l.runs[0].labels[1].key);
	assert_string_equal("x", l.runs[0].labels[1].value);
	assert_int_equal(3, l.runs[0].n_jobs);
	assert_string_equal("z", l.runs[0].jobs[0].name); /* in the order told */
	assert_int_equal(2, l.runs[0].jobs[0].builds);
	assert_null(l.runs[0].jobs[1].conclusion);
	assert_int_equal(-1, l.runs[0].jobs[1].builds);
	assert_int_equal(0, l.runs[0].jobs[2].builds);
}

static void unknown_is_unknown(void **state)
{
	struct fixture *f = *state;
	enum cs_put got = (enum cs_put)9;
	struct cs_run run;
	struct listed l;

	cs_run_init(&run);
	assert_code(CS_USAGE, cs_store_run_put(f->store, &run, &got, &err));
	assert_int_equal(9, got);
	run.run_id = "caf\xe9";
	put(f, &run, CS_PUT_NEW);
	put(f, &run, CS_PUT_SAME);
	list(f, NULL, &l);
	assert_string_equal("caf\xef\xbf\xbd", l.runs[0].run_id);
	assert_int_equal(-1, l.runs[0].attempt);
	assert_null(l.runs[0].workflow);
	assert_null(l.runs[0].conclusion);
	assert_int_equal(CS_EVENT_NONE, l.runs[0].event);
	assert_true(l.runs[0].started_unix_ns == CS_TIME_NONE);
	assert_true(l.runs[0].completed_unix_ns == CS_TIME_NONE);
	assert_int_equal(0, l.runs[0].n_labels + l.runs[0].n_jobs);
}

/* What is known stands, what is not is added: one field at a time. */
static void learns(void **state)
{
	struct cs_kv label = { "a", "1" };
	struct cs_run_job jobs[] = { { "build", NULL, -1 }, { "test", NULL, -1 } };
	struct fixture *f = *state;
	struct cs_run run = run_of("1", CS_TIME_NONE);
	struct listed l;

	put(f, &run, CS_PUT_NEW);
#define LEARNS(what)                                                                               \
	do {                                                                                       \
		run.what;                                                                          \
		put(f, &run, CS_PUT_JOINED);                                                       \
		put(f, &run, CS_PUT_SAME);                                                         \
	} while (0)
	LEARNS(workflow = "ci.yml");
	LEARNS(event = CS_EVENT_MANUAL);
	LEARNS(event_raw = "web");
	LEARNS(ref = "r");
	LEARNS(commit = "c");
	LEARNS(conclusion = "failure");
	LEARNS(started_unix_ns = 7);
	LEARNS(completed_unix_ns = 8);
	run.labels = &label;
	LEARNS(n_labels = 1);
	run.jobs = jobs;
	LEARNS(n_jobs = 1);
	LEARNS(n_jobs = 2);
	LEARNS(jobs[1].builds = 3);
	LEARNS(jobs[0].conclusion = "success");
	run = run_of("1", 99);
	run.workflow = "other";
	run.event = CS_EVENT_PUSH;
	run.conclusion = "success";
	label.value = "2";
	run.labels = &label;
	jobs[1].builds = 4;
	run.jobs = &jobs[1];
	run.n_labels = run.n_jobs = 1;
	put(f, &run, CS_PUT_SAME);
	list(f, NULL, &l);
	assert_string_equal("ci.yml", l.runs[0].workflow);
	assert_int_equal(7, l.runs[0].started_unix_ns);
	assert_string_equal("1", l.runs[0].labels[0].value);
	assert_int_equal(3, l.runs[0].jobs[1].builds);
	/* another attempt is another run */
	run.attempt = 2;
	put(f, &run, CS_PUT_NEW);
}

static void builds_name_runs(void **state)
{
	struct fixture *f = *state;
	struct cs_run run = run_of("9000", CS_TIME_NONE);
	struct cs_build b, first;
	struct listed l;

	put_samples(f, f->store, 0, 6); /* two of a run */
	sample_build(f->arena, 0, &first);
	list(f, NULL, &l);
	assert_int_equal(3, l.n);
	assert_string_equal("9000", l.runs[0].run_id);
	assert_int_equal(first.facts.started_unix_ns, l.runs[0].started_unix_ns);
	assert_string_equal("ci.yml", l.runs[0].workflow);
	run.conclusion = "success";
	put(f, &run, CS_PUT_JOINED);
	run = run_of("9001", 3);
	put(f, &run, CS_PUT_JOINED);
	list(f, NULL, &l);
	assert_int_equal(3, l.n);
	assert_string_equal("9001", l.runs[0].run_id); /* now it is known to be older */
	assert_string_equal("success", l.runs[1].conclusion);
	/* a build adds what it knows to a run that was told of */
	run = run_of("9003", CS_TIME_NONE);
	put(f, &run, CS_PUT_NEW);
	sample_build(f->arena, 6, &b);
	put_build(f, f->store, &b, CS_PUT_NEW);
	list(f, NULL, &l);
	assert_int_equal(4, l.n);
	assert_string_equal("9003", l.runs[3].run_id);
	assert_string_equal("ci.yml", l.runs[3].workflow);
}

static void lists_what_matches(void **state)
{
	struct cs_kv label = { "tree", "x" };
	struct fixture *f = *state;
	struct cs_filter filters[9];
	static const char *const want[9] = { "cabd", "bd", "ca", "ab", "b", "d", "", "c", "cab" };
	struct cs_run runs[4] = { run_of("a", 20), run_of("b", 30), run_of("c", 10),
				  run_of("d", CS_TIME_NONE) };

	runs[1].event = runs[3].event = CS_EVENT_PUSH_MAIN;
	runs[0].ref = runs[2].ref = "main";
	runs[1].labels = &label;
	runs[1].n_labels = 1;
	runs[3].project = "other";
	for (size_t i = 0; i < 4; i++)
		put(f, &runs[i], CS_PUT_NEW);
	for (size_t i = 0; i < CS_N(filters); i++)
		cs_filter_init(&filters[i]);
	cs_filter_add(&filters[1].event, "push_main");
	cs_filter_add(&filters[2].ref, "main");
	filters[3].since_unix_ns = 20;
	filters[3].until_unix_ns = 31;
	filters[4].labels[0] = label;
	filters[4].n_labels = 1;
	cs_filter_add(&filters[5].project, "other");
	cs_filter_add(&filters[6].project, "nowhere");
	filters[7].until_unix_ns = 20;
	cs_filter_add(&filters[8].scope, "test"); /* no property of a run */
	cs_filter_add(&filters[8].project, "app");
	for (size_t i = 0; i < CS_N(filters); i++) {
		char got[8] = "";
		struct listed l;

		list(f, &filters[i], &l);
		for (size_t k = 0; k < l.n; k++)
			got[k] = l.runs[k].run_id[0];
		if (strcmp(want[i], got) != 0)
			fail_msg("filter %zu: '%s', not '%s'", i, got, want[i]);
	}
}

static int fail_with(void *arg CS_UNUSED, const struct cs_run *run CS_UNUSED, struct cs_err *e)
{
	return cs_err_set(e, CS_NODATA, "enough");
}

static void stops_when_told(void **state)
{
	struct fixture *f = *state;
	struct listed l = { .arena = f->arena, .stop_at = 2 };
	struct cs_run run;

	put_samples(f, f->store, 0, 9);
	assert_done(cs_store_runs(f->store, NULL, note, &l, &err));
	assert_int_equal(2, l.n);
	assert_code(CS_NODATA, cs_store_runs(f->store, NULL, fail_with, NULL, &err));
	run = run_of("x", 1);
	put(f, &run, CS_PUT_NEW);
}

/* The two runs of one project, 40 of another between them: each is read by itself, as in a range.
 */
static void few_among_many(void **state)
{
	struct cs_kv labels[] = { { "b", "2" }, { "a", "1" } };
	struct cs_run_job jobs[] = { { "z", "success", 2 }, { "a", NULL, -1 } };
	struct fixture *f = *state;
	struct cs_run last = run_of("last", 10 * S), run = run_of("first", 5 * S);
	struct cs_filter filter;
	struct listed l;

	last.project = run.project = "rare";
	last.labels = labels;
	last.n_labels = 2;
	last.jobs = jobs;
	last.n_jobs = 2;
	last.workflow = "ci.yml";
	last.conclusion = "failure";
	put(f, &run, CS_PUT_NEW);
	for (int i = 0; i < 40; i++) {
		char id[8];

		snprintf(id, sizeof(id), "%d", i);
		run = run_of(id, 6 * S + i);
		put(f, &run, CS_PUT_NEW);
	}
	put(f, &last, CS_PUT_NEW);
	cs_filter_init(&filter);
	cs_filter_add(&filter.project, "rare");
	list(f, &filter, &l);
	assert_int_equal(2, l.n);
	assert_string_equal("first", l.runs[0].run_id);
	assert_int_equal(0, l.runs[0].n_labels);
	assert_int_equal(0, l.runs[0].n_jobs);
	assert_null(l.runs[0].workflow);
	assert_string_equal("rare", l.runs[1].project);
	assert_string_equal("last", l.runs[1].run_id);
	assert_string_equal("ci.yml", l.runs[1].workflow);
	assert_string_equal("failure", l.runs[1].conclusion);
	assert_int_equal(10 * S, l.runs[1].started_unix_ns);
	assert_int_equal(2, l.runs[1].n_labels);
	assert_string_equal("a", l.runs[1].labels[0].key); /* by key */
	assert_string_equal("1", l.runs[1].labels[0].value);
	assert_string_equal("2", l.runs[1].labels[1].value);
	assert_int_equal(2, l.runs[1].n_jobs);
	assert_string_equal("z", l.runs[1].jobs[0].name); /* as told */
	assert_int_equal(2, l.runs[1].jobs[0].builds);
	assert_null(l.runs[1].jobs[1].conclusion);
	assert_int_equal(-1, l.runs[1].jobs[1].builds);
}

/* The same of a store whose rows lead nowhere: told, and nothing is made up. */
static void damaged_rows(void **state)
{
	static const struct {
		const char *sql, *says;
	} cases[] = {
		{ "UPDATE run_labels SET value_id = 999999", "999999" },
		{ "UPDATE run_jobs SET name_id = 999999", "999999" },
		{ "UPDATE runs SET workflow_id = 999999 WHERE workflow_id IS NOT NULL", "999999" },
		{ "UPDATE runs SET event = 99", "" },
	};
	struct cs_kv label = { "a", "1" };
	struct cs_run_job job = { "z", "success", 2 };

	for (size_t i = 0; i < CS_N(cases); i++) {
		for (int alone = 0; alone < 2; alone++) {
			struct fixture *f;
			struct cs_run run = run_of("r", 5 * S);
			struct cs_filter filter;
			struct listed l;
			void *one = NULL;

			assert_int_equal(0, file_set_up(&one));
			f = one;
			l = (struct listed){ .arena = f->arena };
			f->store = open_store(f, CS_STORE_WRITE);
			run.labels = &label;
			run.jobs = &job;
			run.n_labels = run.n_jobs = 1;
			run.workflow = "w";
			put(f, &run, CS_PUT_NEW);
			for (int k = 0; k < (alone ? 9 : 0); k++) {
				struct cs_run other = run_of("o", 6 * S);

				other.project = "other";
				other.attempt = k;
				put(f, &other, CS_PUT_NEW);
			}
			run.attempt = 2;
			put(f, &run, CS_PUT_NEW);
			cs_store_close(f->store);
			tamper(f->path, cases[i].sql);
			f->store = open_store(f, CS_STORE_READ);
			cs_filter_init(&filter);
			cs_filter_add(&filter.project, "app");
			assert_code(CS_DB, cs_store_runs(f->store, &filter, note, &l, &err));
			assert_says(f->path);
			assert_says(cases[i].says);
			fixture_tear_down(&one);
		}
	}
	(void)state;
}

static int complain(void *arg CS_UNUSED, const char *problem)
{
	fail_msg("%s", problem);
	return 0;
}

static void prune_takes_runs(void **state)
{
	struct cs_kv label = { "tree", "only here" };
	struct cs_run_job job = { "a job of its own", "skipped", 0 };
	struct fixture *f = *state;
	int64_t n_builds, n_layers, limit;
	struct cs_filter filter;
	struct cs_build b;
	struct listed l;

	f->store = open_store(f, CS_STORE_WRITE);
	put_samples(f, f->store, 0, 4);
	sample_build(f->arena, 2, &b);
	limit = b.facts.started_unix_ns;
	for (int i = 0; i < 3; i++) {
		struct cs_run run = run_of(i == 0   ? "old"
					   : i == 1 ? "young"
						    : "9000", /* of the builds 0 and 1 */
					   i == 1 ? limit : limit - 1);

		run.labels = &label;
		run.jobs = &job;
		run.n_labels = run.n_jobs = 1;
		put(f, &run, i == 2 ? CS_PUT_JOINED : CS_PUT_NEW);
	}
	/* who forgets a scope does not mean runs */
	cs_filter_init(&filter);
	cs_filter_add(&filter.scope, "nowhere");
	assert_done(cs_store_prune(f->store, &filter, limit, false, &n_builds, &n_layers, &err));
	list(f, NULL, &l);
	assert_int_equal(4, l.n);
	assert_done(cs_store_prune(f->store, NULL, limit, true, &n_builds, &n_layers, &err));
	list(f, NULL, &l);
	assert_int_equal(4, l.n);
	assert_done(cs_store_prune(f->store, NULL, limit, false, &n_builds, &n_layers, &err));
	assert_int_equal(2, n_builds);
	list(f, NULL, &l);
	assert_int_equal(2, l.n);
	assert_string_equal("9001", l.runs[0].run_id);
	assert_string_equal("young", l.runs[1].run_id);
	assert_string_equal("only here", l.runs[1].labels[0].value);
	assert_string_equal("a job of its own", l.runs[1].jobs[0].name);
	assert_done(cs_store_check(f->store, complain, NULL, &err));
	/* also where there are only runs */
	assert_done(cs_store_prune(f->store, NULL, INT64_MAX, false, &n_builds, &n_layers, &err));
	assert_int_equal(0, ask(f->path, "SELECT (SELECT COUNT(*) FROM runs) + "
					 "(SELECT COUNT(*) FROM run_jobs) + "
					 "(SELECT COUNT(*) FROM run_labels) + "
					 "(SELECT COUNT(*) FROM texts " NO_SCOPE ")"));
}

#define M(name) cmocka_unit_test_setup_teardown(name, memory_set_up, fixture_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		M(run_round_trip),
		M(unknown_is_unknown),
		M(learns),
		M(builds_name_runs),
		M(lists_what_matches),
		M(stops_when_told),
		M(few_among_many),
		cmocka_unit_test(damaged_rows),
		cmocka_unit_test_setup_teardown(prune_takes_runs, file_set_up, fixture_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
