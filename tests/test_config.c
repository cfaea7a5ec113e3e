/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <sys/stat.h>
#include <time.h>

#include "ci/config.h"
#include "ci/yaml.h"

static struct cs_err err;
static struct cs_ctx ctx;

static int parse_n(const char *text, size_t len, struct cs_yaml **ret)
{
	return cs_yaml_parse("f.yml", text, len, &ctx.limits, ret, &err);
}

static int parse(const char *text, struct cs_yaml **ret)
{
	return parse_n(text, strlen(text), ret);
}

/* The message of a text that must be refused. */
static const char *refused(enum cs_code code, const char *text)
{
	struct cs_yaml *doc = NULL;
	int r = parse(text, &doc);

	if (r != -(int)code)
		fail_msg("'%.60s' gives %d (%s)", text, r, r ? err.msg : "");
	assert_null(doc);
	return err.msg;
}

static void yaml_tree(void **state CS_UNUSED)
{
	const struct cs_yaml_node *on, *jobs;
	struct cs_yaml *doc = NULL;

	assert_done(parse("# c\non: [push, 'yes']\njobs:\n  a: {x: ~, y: \"\"}\n  b: |\n    text\n",
			  &doc));
	on = cs_yaml_get(doc->root, "on"); /* YAML 1.1 would make it true */
	assert_int_equal(CS_YAML_SEQUENCE, on->kind);
	assert_int_equal(2, on->n);
	assert_true(on->items[0]->plain);
	assert_false(on->items[1]->plain);
	assert_string_equal("yes", on->items[1]->text);
	assert_int_equal(2, on->items[1]->line);
	assert_int_equal(12, on->items[1]->column);
	jobs = cs_yaml_get(doc->root, "jobs");
	assert_int_equal(2, jobs->n);
	assert_string_equal("b", jobs->pairs[1].key->text);
	assert_int_equal(5, jobs->pairs[1].key->line);
	assert_string_equal("text\n", jobs->pairs[1].value->text);
	assert_true(cs_yaml_is_null(cs_yaml_get(cs_yaml_get(jobs, "a"), "x")));
	assert_false(cs_yaml_is_null(cs_yaml_get(cs_yaml_get(jobs, "a"), "y")));
	assert_null(cs_yaml_get(jobs, "c"));
	assert_null(cs_yaml_get(on, "c"));
	assert_null(cs_yaml_get(NULL, "c"));
	cs_yaml_free(doc);
}

static void yaml_empty(void **state CS_UNUSED)
{
	static const char *const texts[] = { "", "# only this\n", "---\n", "\xef\xbb\xbf" };

	for (size_t i = 0; i < CS_N(texts); i++) {
		struct cs_yaml *doc = NULL;

		assert_done(parse(texts[i], &doc));
		assert_true(cs_yaml_is_null(doc->root));
		cs_yaml_free(doc);
	}
}

static void yaml_refuses(void **state CS_UNUSED)
{
	assert_string_equal("'f.yml':3:1: key 'a' stands twice (first on line 1)",
			    refused(CS_FORMAT, "a: 1\nb: 2\na: 3\n"));
	assert_string_equal("'f.yml':1:2: a key must be text", refused(CS_FORMAT, "{[a]: b}\n"));
	assert_string_equal("'f.yml':2:1: a second document",
			    refused(CS_FORMAT, "a: 1\n---\nb: 2\n"));
	assert_string_equal("'f.yml':1:4: text with a NUL character",
			    refused(CS_FORMAT, "a: \"x\\0y\"\n"));
	assert_string_equal("'f.yml':1:4: an alias without an anchor before it",
			    refused(CS_FORMAT, "a: *x\n"));
	/* an alias within its own anchor would be a cycle */
	assert_string_equal("'f.yml':1:9: an alias without an anchor before it",
			    refused(CS_FORMAT, "a: &x [ *x ]\n"));
	assert_non_null(strstr(refused(CS_FORMAT, "a: 1\n\tb: 2\n"), "'f.yml':2:1: "));
	assert_non_null(strstr(refused(CS_FORMAT, "a: 1\nb: \x01\n"), "'f.yml':2:4: control"));
	assert_non_null(strstr(refused(CS_FORMAT, "a: \xff\n"), "'f.yml':1:4: "));
	refused(CS_FORMAT, "a: [1\n");
	refused(CS_FORMAT, "a: 'x\n");
	refused(CS_FORMAT, "a: b: c\n");
}

static void yaml_nesting(void **state CS_UNUSED)
{
	struct cs_yaml *doc = NULL;
	char deep[131];

	memset(deep, '[', 65);
	memset(deep + 65, ']', 65);
	deep[130] = '\0';
	assert_non_null(strstr(refused(CS_LIMIT, deep), "--max-json-depth"));
	deep[129] = '\0';
	assert_done(parse(deep + 1, &doc));
	cs_yaml_free(doc);
}

static void yaml_aliases(void **state CS_UNUSED)
{
	struct cs_yaml *doc = NULL;
	const struct cs_yaml_node *b;

	assert_done(parse("a: &x [1, 2]\nb: *x\nc: &x 3\nd: *x\n", &doc));
	b = cs_yaml_get(doc->root, "b");
	assert_ptr_equal(b, cs_yaml_get(doc->root, "a"));
	assert_string_equal("3", cs_yaml_get(doc->root, "d")->text);
	cs_yaml_free(doc);
	doc = NULL;

	/* [1, 2] is three nodes, twice is six */
	ctx.limits.alias_nodes = 6;
	assert_done(parse("a: &x [1, 2]\nb: [*x, *x]\n", &doc));
	cs_yaml_free(doc);
	ctx.limits.alias_nodes = 5;
	assert_non_null(
		strstr(refused(CS_LIMIT, "a: &x [1, 2]\nb: [*x, *x]\n"), "--max-alias-nodes"));
	ctx.limits.alias_nodes = 0;
	refused(CS_LIMIT, "a: &x 1\n");
	cs_limits_init(&ctx.limits);
}

static void yaml_billion_laughs(void **state CS_UNUSED)
{
	refused(CS_LIMIT, "a: &a [x,x,x,x,x,x,x,x,x]\n"
			  "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
			  "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
			  "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
			  "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
			  "f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n");
}

static void yaml_size(void **state CS_UNUSED)
{
	size_t len = 1 << 20;
	char *text = malloc(len + 1);
	struct cs_yaml *doc = NULL;

	memset(text, ' ', len + 1);
	assert_done(parse_n(text, len, &doc));
	cs_yaml_free(doc);
	assert_code(CS_LIMIT, parse_n(text, len + 1, &doc));
	assert_non_null(strstr(err.msg, "--max-yaml-bytes"));
	free(text);
}

/* One MiB of whatever a scanner may be quadratic in. Result does not matter, time does. */
static void yaml_is_bounded(void **state CS_UNUSED)
{
	static const char *const units[] = { "[",	"{",	    "- ",  "? ",    "&a ",
					     "a: ",	"'",	    "\"a", "k\n",   "- a\n",
					     "!",	"|\n",	    "a,",  "*a ",   "- [a, b]\n",
					     "# \n",	"- &a b\n", "\n",  "[a]: ", "%Y ",
					     "- ? a\n", "{a: [" };
	size_t len = 1 << 20;
	char *text = malloc(len);

	for (size_t i = 0; i < CS_N(units); i++) {
		size_t n = strlen(units[i]);
		struct cs_yaml *doc = NULL;
		clock_t start = clock();

		for (size_t at = 0; at < len; at++)
			text[at] = units[i][at % n];
		if (parse_n(text, len, &doc) == 0)
			cs_yaml_free(doc);
		if (clock() - start > 15 * CLOCKS_PER_SEC)
			fail_msg("'%s' takes %ld s", units[i], (clock() - start) / CLOCKS_PER_SEC);
	}
	free(text);
}

static void yaml_many_keys(void **state CS_UNUSED)
{
	struct cs_yaml *doc = NULL;
	size_t len = 0;
	char *text = malloc(1 << 20);

	for (int i = 0; i < 80000; i++)
		len += (size_t)snprintf(text + len, 16, "k%d:\n", i);
	assert_done(parse_n(text, len, &doc));
	assert_int_equal(80000, doc->root->n);
	cs_yaml_free(doc);
	free(text);
}

/* --- configuration --- */

static char folder[] = "/tmp/cachestat-config-XXXXXX";

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(0, fclose(f));
}

static int load(const char *text, struct cs_config **ret)
{
	put_file("c.yml", text);
	return cs_config_load(&ctx, "c.yml", ret, &err);
}

static const char sample[] = "project: acme/app\n"
			     "default_branch: trunk\n"
			     "scopes:\n"
			     "  - scope: test\n"
			     "    target: \"test*\"\n"
			     "  - scope: production\n"
			     "    tag: \"*:v*\"\n"
			     "    event: release\n"
			     "  - scope: nightly\n"
			     "    event: schedule\n"
			     "    ref: refs/heads/*\n"
			     "    job: build\n"
			     "    workflow: Night\n"
			     "  - scope: cached\n"
			     "    gha_scope: \"?*\"\n";

static void config_reads(void **state CS_UNUSED)
{
	struct cs_config *config = NULL;

	assert_done(load(sample, &config));
	assert_string_equal("c.yml", config->path);
	assert_string_equal("acme/app", config->project);
	assert_string_equal("trunk", config->default_branch);
	assert_int_equal(4, config->n_scopes);
	assert_null(config->scopes[0].tag);
	assert_string_equal("*:v*", config->scopes[1].tag);
	cs_config_free(config);
}

static void config_rules(void **state CS_UNUSED)
{
	struct cs_config *config = NULL;
	struct cs_facts facts;

	assert_done(load(sample, &config));
	cs_facts_init(&facts);
	assert_null(cs_config_scope(config, &facts, NULL, NULL));
	facts.target = "test-unit";
	facts.event = CS_EVENT_RELEASE;
	/* the first that matches */
	assert_string_equal("test", cs_config_scope(config, &facts, "g", "r/app:v1"));
	facts.target = "app";
	assert_string_equal("production", cs_config_scope(config, &facts, NULL, "r/app:v1"));
	assert_null(cs_config_scope(config, &facts, NULL, NULL));
	assert_string_equal("cached", cs_config_scope(config, &facts, "g", "r/app:latest"));
	facts.event = CS_EVENT_SCHEDULE;
	facts.ref = "refs/heads/main";
	facts.job = "build";
	assert_null(cs_config_scope(config, &facts, NULL, NULL)); /* workflow not known */
	facts.workflow = "Night";
	assert_string_equal("nightly", cs_config_scope(config, &facts, NULL, NULL));
	/* the CI's own word does too */
	facts.event = CS_EVENT_OTHER;
	facts.event_raw = "schedule";
	assert_string_equal("nightly", cs_config_scope(config, &facts, NULL, NULL));
	cs_config_free(config);
}

static void config_refuses(void **state CS_UNUSED)
{
	static const struct {
		const char *text, *message;
	} table[] = {
		{ "scop: x\n", "'c.yml':1:1: unknown key 'scop' (did you mean 'scopes'?)" },
		{ "scopes:\n- scope: a\n  targte: b\n",
		  "'c.yml':3:3: unknown key 'targte' (did you mean 'target'?)" },
		{ "zzz: 1\n", "'c.yml':1:1: unknown key 'zzz'" },
		{ "scopes:\n- target: b\n", "'c.yml':2:3: a rule without 'scope'" },
		{ "scopes:\n- scope: a/b\n", "'c.yml':2:10: scope 'a/b' may hold only letters, "
					     "digits, '.', '_' and '-'" },
		{ "scopes: {a: b}\n", "'c.yml':1:9: 'scopes' must be a list of rules" },
		{ "scopes: [a]\n", "'c.yml':1:10: a rule must be keys and values" },
		{ "project: [a]\n", "'c.yml':1:10: 'project' must be text" },
		{ "project:\n", "'c.yml':1:9: 'project' must be text" },
		{ "project: \"a\\eb\"\n", "'c.yml':1:10: 'project' holds control characters" },
		{ "- a\n", "'c.yml':1:1: a configuration must be keys and values" },
		{ "project: a\nproject: b\n",
		  "'c.yml':2:1: key 'project' stands twice (first on line 1)" },
	};

	for (size_t i = 0; i < CS_N(table); i++) {
		struct cs_config *config = NULL;

		assert_code(CS_USAGE, load(table[i].text, &config));
		assert_int_equal(CS_USAGE, err.code);
		assert_string_equal(table[i].message, err.msg);
		assert_null(config);
	}
}

static void config_long_pattern(void **state CS_UNUSED)
{
	struct cs_config *config = NULL;
	char text[400];

	snprintf(text, sizeof(text), "scopes:\n- scope: a\n  ref: %0257d\n", 0);
	assert_code(CS_USAGE, load(text, &config));
	assert_non_null(strstr(err.msg, "longer than 256 bytes"));
	snprintf(text, sizeof(text), "scopes:\n- scope: a\n  ref: %0256d\n", 0);
	assert_done(load(text, &config));
	cs_config_free(config);
}

static void config_default_file(void **state CS_UNUSED)
{
	struct cs_config *config = NULL;

	assert_done(cs_config_load(&ctx, NULL, &config, &err));
	assert_null(config->path);
	assert_null(config->project);
	assert_int_equal(0, config->n_scopes);
	cs_config_free(config);
	put_file(".cachestat.yml", "project: here\n");
	assert_done(cs_config_load(&ctx, NULL, &config, &err));
	assert_string_equal("here", config->project);
	assert_string_equal(".cachestat.yml", config->path);
	cs_config_free(config);
	assert_int_equal(0, remove(".cachestat.yml"));
	/* one that was named must be there */
	assert_code(CS_NOTFOUND, cs_config_load(&ctx, "none.yml", &config, &err));
	assert_int_equal(0, mkfifo("fifo.yml", 0600));
	assert_code(CS_USAGE, cs_config_load(&ctx, "fifo.yml", &config, &err));
	assert_int_equal(0, remove("fifo.yml"));
}

static int enter_folder(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state CS_UNUSED)
{
	remove("c.yml");
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_tree),	       cmocka_unit_test(yaml_empty),
		cmocka_unit_test(yaml_refuses),	       cmocka_unit_test(yaml_nesting),
		cmocka_unit_test(yaml_aliases),	       cmocka_unit_test(yaml_billion_laughs),
		cmocka_unit_test(yaml_size),	       cmocka_unit_test(yaml_is_bounded),
		cmocka_unit_test(yaml_many_keys),      cmocka_unit_test(config_reads),
		cmocka_unit_test(config_rules),	       cmocka_unit_test(config_refuses),
		cmocka_unit_test(config_long_pattern), cmocka_unit_test(config_default_file),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
