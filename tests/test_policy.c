/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped policy is the table of the figures; what users write is read strictly. */
#include "support/test.h"

#include "ci/policy.h"

static struct cs_err err;
static struct cs_arena *arena;

static int setup(void **state CS_UNUSED)
{
	arena = cs_arena_new();
	return arena ? 0 : -1;
}

static int teardown(void **state CS_UNUSED)
{
	cs_arena_free(arena);
	return 0;
}

static int read_over_default(const char *text, struct cs_policy *policy)
{
	struct cs_limits limits;
	struct cs_yaml *doc;
	int r;

	cs_limits_init(&limits);
	assert_done(cs_policy_load_default(arena, policy, &err));
	assert_done(cs_yaml_parse("f.yml", text, strlen(text), &limits, &doc, &err));
	r = cs_policy_read(doc, doc->root, arena, policy, &err);
	cs_yaml_free(doc);
	return r;
}

static void check(const struct cs_policy_count *count, int64_t min, int64_t max)
{
	assert_true(count->given);
	assert_int_equal(min, count->min);
	assert_int_equal(max, count->max);
}

static void the_table(void **state CS_UNUSED)
{
	static const enum cs_event plain[] = { CS_EVENT_PULL_REQUEST, CS_EVENT_PUSH };
	const struct cs_policy_rule *rule;
	struct cs_policy p;

	assert_done(cs_policy_load_default(arena, &p, &err));
	assert_int_equal(3, p.n_roles);
	for (size_t i = 0; i < CS_N(plain); i++) {
		check(&p.rules[plain[i]].roles[p.test], 1, 1);
		check(&p.rules[plain[i]].roles[p.production], 0, 0);
		assert_int_equal(0, p.rules[plain[i]].n_order);
	}
	rule = &p.rules[CS_EVENT_PUSH_MAIN];
	check(&rule->roles[p.test], 1, 1);
	check(&rule->roles[p.production], 1, 1);
	assert_true(rule->roles[p.production].if_tests_passed);
	assert_int_equal(3, rule->n_order);
	assert_int_equal(p.test, rule->order[0]);
	assert_int_equal(CS_POLICY_TESTS, rule->order[1]);
	assert_int_equal(p.production, rule->order[2]);
	check(&p.rules[CS_EVENT_RELEASE].roles[p.test], 0, 0);
	check(&p.rules[CS_EVENT_RELEASE].roles[p.production], 1, 1);
	check(&p.rules[CS_EVENT_SCHEDULE].total, 0, 0);
	assert_false(p.rules[CS_EVENT_MANUAL].given);
	assert_true(cs_policy_prebuilt(&p, "Molecule (debian-12)"));
	assert_false(cs_policy_prebuilt(&p, "ci"));
	assert_false(cs_policy_prebuilt(&p, NULL));
}

static void roles(void **state CS_UNUSED)
{
	static const struct {
		const char *target, *scope;
		const char *role;
	} rows[] = {
		{ "test", NULL, "test" },
		{ "prod", "test", "production" },
		{ "app", "tests", "test" },
		{ NULL, "production", "production" },
		{ "", "ci", "test" },
		{ "Unit-Linux", "x", "test" },
		{ "app-test", NULL, "test" },
		{ "release.eu", NULL, "production" },
		{ "latest", NULL, "other" },
		{ "contest", "attestation", "other" },
		{ "product", "prodigy", "other" },
		{ NULL, NULL, "other" },
		{ "app", "default", "other" },
		{ "runtime", "buildkit", "production" },
	};
	struct cs_policy p;

	assert_done(cs_policy_load_default(arena, &p, &err));
	for (size_t i = 0; i < CS_N(rows); i++)
		assert_string_equal(
			rows[i].role,
			p.roles[cs_policy_role(&p, rows[i].target, rows[i].scope)].name);
}

static void replaces(void **state CS_UNUSED)
{
	struct cs_policy p;

	assert_done(read_over_default("policy:\n"
				      "  pull_request: {docs: 2, test: {at_least: 1, at_most: 3}}\n"
				      "  release: any\n"
				      "  prebuilt: []\n"
				      "roles: {docs: [docs], test: Unit}\n",
				      &p));
	assert_int_equal(4, p.n_roles);
	check(&p.rules[CS_EVENT_PULL_REQUEST].roles[p.test], 1, 3);
	check(&p.rules[CS_EVENT_PULL_REQUEST].roles[3], 2, 2);
	/* an event that is named is replaced whole, one that is not stays */
	assert_false(p.rules[CS_EVENT_PULL_REQUEST].roles[p.production].given);
	check(&p.rules[CS_EVENT_PUSH].roles[p.production], 0, 0);
	assert_false(p.rules[CS_EVENT_RELEASE].given);
	assert_int_equal(0, p.n_prebuilt);
	assert_int_equal(p.test, cs_policy_role(&p, "unit", NULL));
	assert_int_equal(0, cs_policy_role(&p, "test", NULL));
	assert_int_equal(3, cs_policy_role(&p, "DOCS", NULL));

	assert_done(read_over_default("policy: {push: {test: at least 1, builds: at most 4, "
				      "other: 0}}\n",
				      &p));
	check(&p.rules[CS_EVENT_PUSH].roles[p.test], 1, -1);
	check(&p.rules[CS_EVENT_PUSH].roles[0], 0, 0);
	check(&p.rules[CS_EVENT_PUSH].total, 0, 4);
	assert_done(read_over_default("policy:\nroles: ~\n", &p));
	assert_int_equal(3, p.n_roles);
}

static void refuses(void **state CS_UNUSED)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "policy:\n  pull_requests: {test: 1}\n",
		  "'f.yml':2:3: unknown key 'pull_requests' (did you mean 'pull_request'?)" },
		{ "policy:\n  push:\n    tset: 1\n",
		  "'f.yml':3:5: unknown key 'tset' (did you mean 'test'?)" },
		{ "policy: 1\n", "'f.yml':1:9: 'policy' must be events and their rules" },
		{ "policy: {push: 1}\n",
		  "'f.yml':1:16: a rule must be roles and their numbers, or 'any'" },
		{ "policy: {push: {test: -1}}\n",
		  "'f.yml':1:23: '-1' is no number of builds: N, 'exactly N', 'at most N', "
		  "'at least N' or 'any'" },
		{ "policy: {push: {test: exactly}}\n",
		  "'f.yml':1:23: 'exactly' is no number of builds: N, 'exactly N', 'at most N', "
		  "'at least N' or 'any'" },
		{ "policy: {push: {test: 1000001}}\n", NULL },
		{ "policy: {push: {test: [1]}}\n", "'f.yml':1:23: a number of builds is expected" },
		{ "policy: {push: {test: {exactly: 1, at_most: 2}}}\n",
		  "'f.yml':1:23: 'exactly' stands alone" },
		{ "policy: {push: {test: {if: tests_passed}}}\n",
		  "'f.yml':1:23: no number: 'exactly', 'at_most', 'at_least'" },
		{ "policy: {push: {test: {at_least: 2, at_most: 1}}}\n",
		  "'f.yml':1:23: 'at_most' is less than 'at_least'" },
		{ "policy: {push: {test: {exactly: 1, if: friday}}}\n",
		  "'f.yml':1:40: 'if' takes 'tests_passed' and nothing else" },
		{ "policy: {push: {test: {exactly: one}}}\n",
		  "'f.yml':1:33: 'one' is no number of builds" },
		{ "policy: {push: {test: {excatly: 1}}}\n",
		  "'f.yml':1:24: unknown key 'excatly' (did you mean 'exactly'?)" },
		{ "policy: {push: {order: test}}\n",
		  "'f.yml':1:24: 'order' must be a list of roles" },
		{ "policy: {push: {order: [test, deploy]}}\n",
		  "'f.yml':1:31: 'deploy' is no role, nor 'tests'" },
		{ "policy: {push: {order: [test, test]}}\n", "'f.yml':1:31: 'test' stands twice" },
		{ "policy: {prebuilt: {a: b}}\n",
		  "'f.yml':1:20: 'prebuilt' must be a list of patterns" },
		{ "policy: {prebuilt: ['']}\n", "'f.yml':1:21: 'prebuilt' must be text" },
		{ "roles: [test]\n", "'f.yml':1:8: 'roles' must be names with lists of patterns" },
		{ "roles: {Test: a}\n",
		  "'f.yml':1:9: role 'Test' may hold only small letters, digits, '_' and '-'" },
		{ "roles: {builds: a}\n", "'f.yml':1:9: 'builds' cannot be a role" },
		{ "roles: {a: a, b: b, c: c, d: d, e: e, f: f}\n",
		  "'f.yml':1:39: more than 7 roles" },
		{ "roles: {test: [[a]]}\n", "'f.yml':1:16: 'test' must be text" },
	};
	struct cs_policy p;

	for (size_t i = 0; i < CS_N(rows); i++) {
		assert_code(CS_FORMAT, read_over_default(rows[i].text, &p));
		if (rows[i].message)
			assert_string_equal(rows[i].message, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(roles),
		cmocka_unit_test(replaces),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
