/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "cmd/args.h"
#include "support/env.h"
#include "util/cleanup.h"

static struct cs_err err;
static char warnings[4096];
static struct cs_arena *arena;
static struct cs_args *args;
static struct cs_config config;
static struct cs_facts hints, facts;
static const char *image_ref;

static const struct cs_option_group *const facts_groups[] = { &cs_group_facts, NULL };
static const struct cs_command facts_command = { .name = "read",
						 .groups = facts_groups,
						 .max_operands = -1 };
static const struct cs_option_group *const filter_groups[] = { &cs_group_filter, NULL };
static const struct cs_command filter_command = { .name = "list",
						  .groups = filter_groups,
						  .max_operands = -1 };

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ENV(...)   ((const char *const[]){ __VA_ARGS__, NULL })
#define NONE	   ((const char *const[]){ NULL })

static void on_log(void *arg CS_UNUSED, enum cs_log_level level CS_UNUSED, const char *msg)
{
	size_t used = strlen(warnings);

	snprintf(warnings + used, sizeof(warnings) - used, "%s\n", msg);
}

static int64_t on_now(void *arg CS_UNUSED)
{
	return INT64_C(1700000000) * CS_NS_PER_S;
}

static void fill_app(struct cs_app *app, const char *const *env)
{
	memset(app, 0, sizeof(*app));
	cs_ctx_init(&app->ctx);
	app->ctx.log = on_log;
	app->ctx.now = on_now;
	app->getenv = test_getenv;
	app->arg = (void *)(uintptr_t)env;
	app->config = &config;
}

static int parse(const struct cs_command *command, const char *const *env, const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	cs_args_free(args);
	args = NULL;
	return cs_args_parse(command, command->name, n, words, test_getenv, (void *)(uintptr_t)env,
			     &args, &err);
}

static int resolve(const char *const *env, const char *const *words)
{
	struct cs_app app;
	int r;

	fill_app(&app, env);
	warnings[0] = '\0';
	cs_facts_init(&facts);
	r = parse(&facts_command, env, words);
	return r < 0 ? r : cs_cmd_facts(&app, args, &hints, image_ref, arena, &facts, &err);
}

static int reset(void **state CS_UNUSED)
{
	cs_arena_free(arena);
	arena = cs_arena_new();
	memset(&config, 0, sizeof(config));
	cs_facts_init(&hints);
	image_ref = NULL;
	return arena ? 0 : -1;
}

static int finish(void **state CS_UNUSED)
{
	cs_arena_free(arena);
	cs_args_free(args);
	arena = NULL;
	args = NULL;
	return 0;
}

#define GITHUB                                                                                     \
	"GITHUB_ACTIONS=true", "GITHUB_EVENT_NAME=push", "GITHUB_REF=refs/heads/main",             \
		"GITHUB_SHA=c1", "GITHUB_REPOSITORY=ci/ci", "GITHUB_RUN_ID=7",                     \
		"GITHUB_RUN_ATTEMPT=3", "GITHUB_WORKFLOW=ciw", "GITHUB_JOB=cij"

static void nothing_known(void **state CS_UNUSED)
{
	assert_done(resolve(NONE, NONE));
	assert_null(facts.project);
	assert_null(facts.ref);
	assert_string_equal("default", facts.scope);
	assert_int_equal(CS_EVENT_NONE, facts.event);
	assert_int_equal(-1, facts.attempt);
	assert_true(facts.started_unix_ns == CS_TIME_NONE);
	assert_int_equal(CS_TRI_UNKNOWN, facts.tests_passed);
	assert_int_equal(CS_TRI_UNKNOWN, facts.pushed);
	assert_int_equal(0, facts.n_labels);
}

/* One after the other, from the weakest to the strongest source. */
static void order_of_sources(void **state CS_UNUSED)
{
	assert_done(resolve(ENV(GITHUB), NONE));
	assert_string_equal("ci/ci", facts.project);
	assert_string_equal("refs/heads/main", facts.ref);
	assert_string_equal("c1", facts.commit);
	assert_string_equal("7", facts.run_id);
	assert_string_equal("ciw", facts.workflow);
	assert_string_equal("cij", facts.job);
	assert_int_equal(3, facts.attempt);
	assert_int_equal(CS_EVENT_PUSH_MAIN, facts.event);

	hints.project = "in/in";
	hints.commit = "c2";
	hints.job = "";
	hints.attempt = 4;
	assert_done(resolve(ENV(GITHUB), NONE));
	assert_string_equal("in/in", facts.project);
	assert_string_equal("c2", facts.commit);
	assert_string_equal("cij", facts.job); /* an empty text is no fact */
	assert_int_equal(4, facts.attempt);

	config.project = "conf/conf";
	assert_done(resolve(ENV(GITHUB), NONE));
	assert_string_equal("conf/conf", facts.project);

	assert_done(resolve(ENV(GITHUB, "CACHESTAT_PROJECT=var/var", "CACHESTAT_COMMIT=c3",
				"CACHESTAT_ATTEMPT=5"),
			    NONE));
	assert_string_equal("var/var", facts.project);
	assert_string_equal("c3", facts.commit);
	assert_int_equal(5, facts.attempt);

	assert_done(
		resolve(ENV(GITHUB, "CACHESTAT_PROJECT=var/var", "CACHESTAT_ATTEMPT=5"),
			WORDS("--project=flag/flag", "--attempt=6", "--commit=", "--attempt=")));
	assert_string_equal("flag/flag", facts.project);
	assert_string_equal("c2", facts.commit); /* an empty flag is none */
	assert_int_equal(4, facts.attempt);

	assert_done(resolve(ENV(GITHUB, "CACHESTAT_NO_CI=1"), NONE));
	assert_null(facts.run_id);
	assert_done(resolve(ENV(GITHUB), WORDS("--no-ci")));
	assert_null(facts.run_id);
}

static void events(void **state CS_UNUSED)
{
	/* a raw word is classified with the ref, wherever that came from */
	assert_done(resolve(ENV(GITHUB), WORDS("--event=push")));
	assert_int_equal(CS_EVENT_PUSH_MAIN, facts.event);
	assert_string_equal("push", facts.event_raw);
	assert_done(resolve(NONE, WORDS("--event=push", "--ref=main")));
	assert_int_equal(CS_EVENT_PUSH_MAIN, facts.event);
	assert_done(resolve(NONE, WORDS("--event=push", "--ref=main", "--default-branch=trunk")));
	assert_int_equal(CS_EVENT_PUSH, facts.event);
	assert_done(resolve(NONE, WORDS("--event=push_main")));
	assert_int_equal(CS_EVENT_PUSH_MAIN, facts.event);
	config.default_branch = "trunk";
	assert_done(resolve(ENV(GITHUB), NONE));
	assert_int_equal(CS_EVENT_PUSH, facts.event);
	assert_done(resolve(ENV(GITHUB, "CACHESTAT_DEFAULT_BRANCH=main"), NONE));
	assert_int_equal(CS_EVENT_PUSH_MAIN, facts.event);
	config.default_branch = NULL;
	/* the CI's word about another ref */
	assert_done(resolve(ENV(GITHUB), WORDS("--ref=refs/tags/v1")));
	assert_int_equal(CS_EVENT_RELEASE, facts.event);
	/* the input's word */
	hints.event_raw = "pull_request";
	assert_done(resolve(ENV(GITHUB), NONE));
	assert_int_equal(CS_EVENT_PULL_REQUEST, facts.event);
	hints.event_raw = NULL;
	hints.event = CS_EVENT_SCHEDULE;
	assert_done(resolve(ENV(GITHUB), NONE));
	assert_int_equal(CS_EVENT_SCHEDULE, facts.event);
	assert_null(facts.event_raw);
	assert_string_equal("", warnings);
}

static void event_slips(void **state CS_UNUSED)
{
	assert_done(resolve(NONE, WORDS("--event=relase")));
	assert_int_equal(CS_EVENT_OTHER, facts.event);
	assert_string_equal("event 'relase' counts as other (did you mean 'release'?)\n", warnings);
	assert_done(resolve(NONE, WORDS("--event=issue_comment")));
	assert_int_equal(CS_EVENT_OTHER, facts.event);
	assert_string_equal("", warnings);
}

static void scopes(void **state CS_UNUSED)
{
	struct cs_scope_rule rule = { .scope = "ruled", .tag = "*:v*" };

	hints.target = "app";
	assert_done(resolve(NONE, NONE));
	assert_string_equal("app", facts.scope);
	hints.scope = "gha";
	assert_done(resolve(NONE, NONE));
	assert_string_equal("gha", facts.scope);
	assert_string_equal("app", facts.target);
	config.scopes = &rule;
	config.n_scopes = 1;
	assert_done(resolve(NONE, NONE));
	assert_string_equal("gha", facts.scope);
	image_ref = "reg/app:v1";
	assert_done(resolve(NONE, NONE));
	assert_string_equal("ruled", facts.scope);
	assert_done(resolve(ENV("CACHESTAT_SCOPE=var"), NONE));
	assert_string_equal("var", facts.scope);
	assert_done(resolve(ENV("CACHESTAT_SCOPE=var"), WORDS("--scope", "flag")));
	assert_string_equal("flag", facts.scope);
	assert_string_equal("", warnings);
	/* rules see the facts as they are resolved */
	rule.tag = NULL;
	rule.event = "release";
	rule.job = "rel*";
	assert_done(resolve(NONE, WORDS("--event=push", "--ref=refs/tags/v2", "--job=rel-1")));
	assert_string_equal("ruled", facts.scope);
}

static void scope_characters(void **state CS_UNUSED)
{
	char longer[200];

	assert_code(CS_USAGE, resolve(NONE, WORDS("--scope", "a/b")));
	assert_string_equal("--scope: 'a/b' may hold only letters, digits, '.', '_' and '-'",
			    err.msg);
	assert_code(CS_USAGE, resolve(ENV("CACHESTAT_SCOPE=a b"), NONE));
	assert_non_null(strstr(err.msg, "CACHESTAT_SCOPE: "));
	hints.scope = "a/b \x1b[1m";
	assert_done(resolve(NONE, NONE));
	assert_string_equal("a_b___1m", facts.scope);
	assert_non_null(strstr(warnings, "the cache scope 'a/b"));
	hints.scope = NULL;
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	hints.target = longer;
	assert_done(resolve(NONE, NONE));
	assert_int_equal(CS_SCOPE_MAX, strlen(facts.scope));
	assert_int_equal(199, strlen(facts.target));
	assert_non_null(strstr(warnings, "the target"));
	longer[CS_SCOPE_MAX + 1] = '\0';
	assert_code(CS_USAGE, resolve(NONE, WORDS("--scope", longer)));
}

static void control_characters(void **state CS_UNUSED)
{
	static const char *const options[] = {
		"--project", "--scope",		 "--event",	"--ref",
		"--commit",  "--run-id",	 "--workflow",	"--job",
		"--target",  "--default-branch", "--started-at"
	};
	static const char *const bad[] = { "a\nb", "\x1b[31m", "\xff",
					   "\xe2\x80\xae" };

	for (size_t i = 0; i < CS_N(options); i++) {
		for (size_t k = 0; k < CS_N(bad); k++) {
			assert_code(CS_USAGE, resolve(NONE, WORDS(options[i], bad[k])));
			assert_non_null(strstr(err.msg, options[i]));
			assert_null(strstr(err.msg, bad[k]));
		}
	}
	assert_code(CS_USAGE, resolve(NONE, WORDS("--label", "a=\x1b")));
	assert_code(CS_USAGE, resolve(ENV("CACHESTAT_JOB=a\tb"), NONE));
	assert_non_null(strstr(err.msg, "CACHESTAT_JOB"));
}

static void times(void **state CS_UNUSED)
{
	assert_done(resolve(NONE, WORDS("--started-at=2026-11-22T08:30:18+01:00", "--completed-at",
					"2026-11-22T07:30:18Z")));
	assert_true(facts.started_unix_ns == facts.completed_unix_ns);
	assert_code(CS_USAGE, resolve(NONE, WORDS("--started-at=yesterday")));
	assert_true(strncmp(err.msg, "--started-at: ", 14) == 0);
	assert_code(CS_USAGE, resolve(ENV("CACHESTAT_COMPLETED_AT=x"), NONE));
	assert_true(strncmp(err.msg, "CACHESTAT_COMPLETED_AT: ", 24) == 0);
	assert_code(CS_USAGE, resolve(NONE, WORDS("--started-at=2026-11-22T08:30:18Z",
						  "--completed-at=2026-11-22T08:30:17Z")));
	hints.started_unix_ns = 5;
	hints.completed_unix_ns = 4;
	assert_done(resolve(NONE, NONE));
	assert_true(facts.started_unix_ns == 5);
	assert_true(facts.completed_unix_ns == CS_TIME_NONE);
	assert_non_null(strstr(warnings, "before it began"));
	/* what is given stands above what the input says, and takes the other end with it */
	hints.completed_unix_ns = 6;
	assert_done(resolve(NONE, WORDS("--started-at=2026-11-22T08:30:18Z")));
	assert_true(facts.started_unix_ns > 6);
	assert_true(facts.completed_unix_ns == CS_TIME_NONE);
}

static void results(void **state CS_UNUSED)
{
	hints.tests_passed = CS_TRI_NO;
	hints.pushed = CS_TRI_YES;
	assert_done(resolve(NONE, NONE));
	assert_int_equal(CS_TRI_NO, facts.tests_passed);
	assert_int_equal(CS_TRI_YES, facts.pushed);
	assert_done(resolve(ENV("CACHESTAT_PUSHED=false", "CACHESTAT_TESTS=passed"), NONE));
	assert_int_equal(CS_TRI_YES, facts.tests_passed);
	assert_int_equal(CS_TRI_NO, facts.pushed);
	assert_done(resolve(ENV("CACHESTAT_PUSHED=false", "CACHESTAT_TESTS=passed"),
			    WORDS("--pushed", "--tests=failed")));
	assert_int_equal(CS_TRI_NO, facts.tests_passed);
	assert_int_equal(CS_TRI_YES, facts.pushed);
	assert_done(resolve(NONE, WORDS("--tests=")));
	assert_int_equal(CS_TRI_NO, facts.tests_passed);
	assert_code(CS_USAGE, resolve(NONE, WORDS("--tests=maybe")));
	assert_code(CS_USAGE, resolve(NONE, WORDS("--attempt=0")));
	assert_code(CS_USAGE, resolve(NONE, WORDS("--attempt=x")));
}

static void label_is(size_t i, const char *key, const char *value)
{
	assert_true(i < facts.n_labels);
	assert_string_equal(key, facts.labels[i].key);
	assert_string_equal(value, facts.labels[i].value);
}

static void labels(void **state CS_UNUSED)
{
	struct cs_kv given[] = {
		{ "z", "in" }, { "m", "in" }, { "a", "in" }, { "token", "hunter2" }
	};

	hints.labels = given;
	hints.n_labels = CS_N(given);
	assert_done(
		resolve(ENV("CACHESTAT_LABEL=m=var,k=v=w,a=var"),
			WORDS("--label", "b=1,2", "--label=a=one", "--label=a=two", "--label=e=")));
	assert_int_equal(6, facts.n_labels);
	label_is(0, "a", "two");
	label_is(1, "b", "1,2");
	label_is(2, "e", "");
	label_is(3, "k", "v=w");
	label_is(4, "m", "var");
	label_is(5, "z", "in");
	assert_string_equal("label 'token' is named like a secret and not recorded\n", warnings);
	assert_null(strstr(warnings, "hunter2"));
	/* the variable alone */
	assert_done(resolve(ENV("CACHESTAT_LABEL=m=var,"), NONE));
	assert_int_equal(3, facts.n_labels);
	label_is(1, "m", "var");
	assert_code(CS_USAGE, resolve(NONE, WORDS("--label=x")));
	assert_string_equal("--label: 'x' is not NAME=VALUE", err.msg);
	assert_code(CS_USAGE, resolve(NONE, WORDS("--label==x")));
	assert_code(CS_USAGE, resolve(ENV("CACHESTAT_LABEL=a=b,c"), NONE));
	assert_string_equal("CACHESTAT_LABEL: 'c' is not NAME=VALUE", err.msg);
}

/* promises.md 21 */
static void credentials(void **state CS_UNUSED)
{
	struct cs_kv given[] = { { "source", "https://u:hunter2@h/x" } };

	hints.labels = given;
	hints.n_labels = 1;
	hints.workflow = "https://hunter2@h/w";
	config.project = "https://u:hunter2@h/p";
	assert_done(resolve(NONE, WORDS("--job=https://u:hunter2@h/j", "--label",
					"at=git+https://hunter2@h/l")));
	assert_string_equal("https://h/p", facts.project);
	assert_string_equal("https://h/w", facts.workflow);
	assert_string_equal("https://h/j", facts.job);
	label_is(0, "at", "git+https://h/l");
	label_is(1, "source", "https://h/x");
}

/* --- filters --- */

static int filter(const char *const *words, struct cs_filter *ret)
{
	struct cs_app app;
	int r;

	fill_app(&app, NONE);
	r = parse(&filter_command, NONE, words);
	return r < 0 ? r : cs_cmd_filter(&app, args, ret, &err);
}

static void filter_reads(void **state CS_UNUSED)
{
	struct cs_filter f;

	assert_done(filter(NONE, &f));
	assert_int_equal(0, f.scope.n);
	assert_true(f.since_unix_ns == CS_TIME_NONE);
	assert_done(filter(WORDS("--scope=a", "--scope", "b", "--event=push_main",
				 "--platform=linux/aarch64", "--label=k=v=w", "--since=7d",
				 "--until=2023-11-14"),
			   &f));
	assert_int_equal(2, f.scope.n);
	assert_string_equal("b", f.scope.v[1]);
	assert_string_equal("linux/arm64", f.platform.v[0]);
	assert_string_equal("k", f.labels[0].key);
	assert_string_equal("v=w", f.labels[0].value);
	assert_true(f.since_unix_ns == (INT64_C(1700000000) - 7 * 86400) * CS_NS_PER_S);
	assert_true(f.until_unix_ns == INT64_C(1699920000) * CS_NS_PER_S);
}

static void filter_refuses(void **state CS_UNUSED)
{
	static const struct {
		const char *word, *message;
	} table[] = {
		{ "--event=push_mian",
		  "--event: no class 'push_mian' (did you mean 'push_main'?)" },
		{ "--event=x", "--event: no class 'x': pull_request, push, push_main, release, "
			       "schedule, manual, other" },
		{ "--platform=linux", NULL },
		{ "--label=x", "--label: 'x' is not NAME=VALUE" },
		{ "--since=x", NULL },
		{ "--until=", NULL },
	};
	const char *many[CS_FILTER_VALUES + 2] = { NULL };
	struct cs_filter f = { .n_labels = 99 };

	for (size_t i = 0; i < CS_N(table); i++) {
		assert_code(CS_USAGE, filter(WORDS(table[i].word), &f));
		if (table[i].message)
			assert_string_equal(table[i].message, err.msg);
		assert_non_null(strstr(err.msg, "--"));
		assert_int_equal(99, f.n_labels);
	}
	assert_code(CS_USAGE, filter(WORDS("--since=2023-11-14", "--until=2023-11-14"), &f));
	for (size_t i = 0; i < CS_FILTER_VALUES; i++)
		many[i] = "--scope=a";
	assert_done(filter(many, &f));
	many[CS_FILTER_VALUES] = "--scope=a";
	assert_code(CS_USAGE, filter(many, &f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_known, reset),
		cmocka_unit_test_setup(order_of_sources, reset),
		cmocka_unit_test_setup(events, reset),
		cmocka_unit_test_setup(event_slips, reset),
		cmocka_unit_test_setup(scopes, reset),
		cmocka_unit_test_setup(scope_characters, reset),
		cmocka_unit_test_setup(control_characters, reset),
		cmocka_unit_test_setup(times, reset),
		cmocka_unit_test_setup(results, reset),
		cmocka_unit_test_setup(labels, reset),
		cmocka_unit_test_setup(credentials, reset),
		cmocka_unit_test_setup(filter_reads, reset),
		cmocka_unit_test_setup(filter_refuses, reset),
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
