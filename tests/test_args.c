/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "cmd/args.h"
#include "cmd/dispatch.h"
#include "support/env.h"
#include "util/cleanup.h"

static struct cs_err err;

/* --- a table of its own: what is tested here must not change with the commands --- */

static struct {
	const char *command, *operand;
	struct cs_ctx ctx;
	struct cs_render_options render;
	int verbose;
	bool quiet;
	const char *project;
} ran;

static int note(struct cs_app *app, const struct cs_args *args, const char *command)
{
	const char *operand = cs_args_operand(args, 0);

	ran.command = command;
	ran.operand = operand;
	ran.ctx = app->ctx;
	ran.render = app->render;
	ran.verbose = app->verbose;
	ran.quiet = app->quiet;
	ran.project = cs_args_get(args, "project");
	return operand && strcmp(operand, "four") == 0 ? 4 : 0;
}

static int run_read(struct cs_app *app, const struct cs_args *args, struct cs_err *e CS_UNUSED)
{
	return note(app, args, "read");
}

static int run_list(struct cs_app *app, const struct cs_args *args, struct cs_err *e CS_UNUSED)
{
	return note(app, args, "list");
}

static int run_info(struct cs_app *app, const struct cs_args *args, struct cs_err *e CS_UNUSED)
{
	return note(app, args, "info");
}

static const char *const colours[] = { "red", "green", NULL };
static const struct cs_option read_options[] = {
	{ .name = "base", .letter = 'b', .arg = "IMAGE", .help = "the base image" },
	{ .name = "colour", .arg = "COLOUR", .choices = colours, .env = "T_COLOUR", .help = "one" },
	{ .name = "all", .letter = 'a', .help = "all of them", .env = "T_ALL" },
	{ .name = "count", .letter = 'c', .arg = "N", .env = "T_COUNT", .help = "how many" },
	{ .name = "secretly", .help = NULL },
};
static const struct cs_option_group *const read_groups[] = { &cs_group_facts, &cs_group_common,
							     &cs_group_limits, NULL };
static const struct cs_command read_command = {
	.name = "read",
	.operands = "IMAGE…",
	.summary = "read images",
	.description = "Reads images.\n\nAnd more:\n\n    verbatim  text",
	.examples = "cachestat app.tar\tone image\ncachestat read --all ./ls\tall of it",
	.options = read_options,
	.n_options = CS_N(read_options),
	.groups = read_groups,
	.min_operands = 1,
	.max_operands = -1,
	.run = run_read,
};
static const struct cs_option_group *const list_groups[] = { &cs_group_filter, &cs_group_common,
							     NULL };
static const struct cs_command list_command = {
	.name = "list",
	.operands = "",
	.summary = "list builds",
	.groups = list_groups,
	.run = run_list,
};
static const struct cs_command info_command = {
	.name = "info",
	.operands = "[FILE]",
	.summary = "facts of the store",
	.groups = list_groups,
	.max_operands = 1,
	.run = run_info,
};
static const struct cs_command *const store_commands[] = { &info_command, NULL };
static const struct cs_command store_command = {
	.name = "store",
	.summary = "care of the store",
	.subcommands = store_commands,
};
static const struct cs_command *const commands[] = { &read_command, &list_command, &store_command,
						     NULL };

/* --- the parser --- */

#define WORDS(...) ((const char *const[]){ "cachestat", __VA_ARGS__, NULL })

static size_t count(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

static int parse_env(const char *const *env, const char *const *words, struct cs_args **ret)
{
	return cs_args_parse(&read_command, "read", count(words) - 1, words + 1, test_getenv,
			     (void *)(uintptr_t)env, ret, &err);
}

static int parse(const char *const *words, struct cs_args **ret)
{
	return parse_env(NULL, words, ret);
}

static void refused(const char *message, const char *const *words)
{
	struct cs_args *args = NULL;

	assert_code(CS_USAGE, parse(words, &args));
	assert_string_equal(message, err.msg);
	assert_null(args);
}

static void forms(void **state CS_UNUSED)
{
	const char *const *const same[] = {
		WORDS("--base", "x", "-a", "img"),
		WORDS("--base=x", "--all", "img"),
		WORDS("-bx", "-a", "img"),
		WORDS("-b", "x", "img", "-a"),
		WORDS("-abx", "img"),
		WORDS("-ab", "x", "img"),
		WORDS("img", "--base=y", "--base=x", "-a", "-a"),
	};

	for (size_t i = 0; i < CS_N(same); i++) {
		struct cs_args *args = NULL;

		assert_done(parse(same[i], &args));
		assert_string_equal("x", cs_args_get(args, "base"));
		assert_true(cs_args_has(args, "all"));
		assert_false(cs_args_has(args, "colour"));
		assert_null(cs_args_get(args, "colour"));
		assert_int_equal(1, cs_args_n_operands(args));
		assert_string_equal("img", cs_args_operand(args, 0));
		assert_null(cs_args_operand(args, 1));
		cs_args_free(args);
	}
}

static void operands(void **state CS_UNUSED)
{
	struct cs_args *args = NULL;

	assert_done(parse(WORDS("-", "--", "-a", "--", "--base"), &args));
	assert_int_equal(4, cs_args_n_operands(args));
	assert_string_equal("-", cs_args_operand(args, 0));
	assert_string_equal("-a", cs_args_operand(args, 1));
	assert_string_equal("--", cs_args_operand(args, 2));
	assert_string_equal("--base", cs_args_operand(args, 3));
	assert_false(cs_args_has(args, "all"));
	cs_args_free(args);
}

/* A value may look like an option, be empty, or hold further equals signs. */
static void values(void **state CS_UNUSED)
{
	struct cs_args *args = NULL;

	assert_done(parse(WORDS("--base", "--all", "-b-", "--base=", "--base==", "x"), &args));
	assert_int_equal(4, cs_args_count(args, "base"));
	assert_string_equal("--all", cs_args_nth(args, "base", 0));
	assert_string_equal("-", cs_args_nth(args, "base", 1));
	assert_string_equal("", cs_args_nth(args, "base", 2));
	assert_string_equal("=", cs_args_nth(args, "base", 3));
	assert_null(cs_args_nth(args, "base", 4));
	assert_false(cs_args_has(args, "all"));
	cs_args_free(args);
}

static void slips(void **state CS_UNUSED)
{
	refused("unknown option '--bse' (did you mean '--base'?)", WORDS("--bse", "x"));
	refused("unknown option '--formt' (did you mean '--format'?)", WORDS("--formt=csv", "x"));
	refused("unknown option '--zzz' (see 'cachestat read --help')", WORDS("--zzz"));
	/* prefixes are names of their own, also unique ones */
	refused("unknown option '--colou' (did you mean '--colour'?)", WORDS("--colou", "red"));
	refused("unknown option '--secretl' (see 'cachestat read --help')", WORDS("--secretl"));
	refused("unknown option '-z' (see 'cachestat read --help')", WORDS("-z"));
	refused("unknown option '-z' in '-az'", WORDS("-az"));
	refused("unknown option '--' (see 'cachestat read --help')", WORDS("--=x"));
	refused("--base needs a value: IMAGE", WORDS("x", "--base"));
	refused("--base needs a value: IMAGE", WORDS("x", "-ab"));
	refused("--all takes no value", WORDS("--all=yes", "x"));
	refused("--colour: 'blue' is not one of red, green", WORDS("--colour", "blue", "x"));
	refused("missing operand: cachestat read [OPTION]... IMAGE…", WORDS("-a"));
}

static void variables(void **state CS_UNUSED)
{
	const char *const env[] = { "T_COLOUR=red", "T_ALL=yes", "T_COUNT=3", NULL };
	const char *const empty[] = { "T_COLOUR=", "T_ALL=", "T_COUNT=", NULL };
	const char *const no[] = { "T_ALL=0", NULL };
	const char *const bad[] = { "T_COLOUR=blue", NULL };
	const char *const bad_switch[] = { "T_ALL=maybe", NULL };
	struct cs_args *args = NULL;
	int64_t n = 1;

	assert_done(parse_env(env, WORDS("x"), &args));
	assert_string_equal("red", cs_args_get(args, "colour"));
	assert_int_equal(1, cs_args_count(args, "colour"));
	assert_int_equal(0, cs_args_n_flags(args, "colour"));
	assert_string_equal("red", cs_args_nth(args, "colour", 0));
	assert_null(cs_args_nth(args, "colour", 1));
	assert_true(cs_args_has(args, "all"));
	assert_string_equal("T_COLOUR", cs_args_source(args, "colour"));
	assert_done(cs_args_int(args, "count", 0, 9, &n, &err));
	assert_int_equal(3, n);
	assert_code(CS_USAGE, cs_args_int(args, "count", 0, 2, &n, &err));
	assert_string_equal("T_COUNT: '3' is not a whole number from 0 to 2", err.msg);
	cs_args_free(args);

	/* the flag is stronger */
	assert_done(parse_env(env, WORDS("--colour=green", "x"), &args));
	assert_string_equal("green", cs_args_get(args, "colour"));
	assert_int_equal(1, cs_args_count(args, "colour"));
	assert_string_equal("--colour", cs_args_source(args, "colour"));
	cs_args_free(args);

	assert_done(parse_env(empty, WORDS("x"), &args));
	assert_null(cs_args_get(args, "colour"));
	assert_false(cs_args_has(args, "all"));
	cs_args_free(args);
	assert_done(parse_env(no, WORDS("x"), &args));
	assert_false(cs_args_has(args, "all"));
	cs_args_free(args);
	args = NULL;
	assert_code(CS_USAGE, parse_env(bad, WORDS("x"), &args));
	assert_string_equal("T_COLOUR: 'blue' is not one of red, green", err.msg);
	assert_code(CS_USAGE, parse_env(bad_switch, WORDS("x"), &args));
	assert_string_equal("T_ALL: 'maybe' is neither true nor false", err.msg);
	/* help is shown whatever the environment holds */
	assert_done(parse_env(bad, WORDS("--help"), &args));
	assert_true(cs_args_wants_help(args));
	cs_args_free(args);
}

static void numbers(void **state CS_UNUSED)
{
	static const char *const bad[] = { "",	   "x",	  "1x", " 1",  "+1",
					   "0x10", "1.5", "-",	"--1", "99999999999999999999" };
	struct cs_args *args = NULL;
	int64_t n = 7;

	assert_done(parse(WORDS("x"), &args));
	assert_done(cs_args_int(args, "count", 0, 9, &n, &err));
	assert_int_equal(7, n);
	cs_args_free(args);
	assert_done(parse(WORDS("--count=-5", "x"), &args));
	assert_done(cs_args_int(args, "count", -5, 9, &n, &err));
	assert_int_equal(-5, n);
	cs_args_free(args);
	for (size_t i = 0; i < CS_N(bad); i++) {
		n = 7;
		assert_done(parse(WORDS("-c", bad[i], "x"), &args));
		assert_code(CS_USAGE, cs_args_int(args, "count", -9, 9, &n, &err));
		assert_int_equal(7, n);
		cs_args_free(args);
	}
}

static void sizes(void **state CS_UNUSED)
{
	static const struct {
		const char *text;
		int64_t want; /* -1 = refused */
	} table[] = {
		{ "1", 1 },
		{ "4096", 4096 },
		{ "4K", 4000 },
		{ "4Ki", 4096 },
		{ "4KiB", 4096 },
		{ "500M", 500000000 },
		{ "8Gi", INT64_C(8) << 30 },
		{ "2T", INT64_C(2000000000000) },
		{ "1B", 1 },
		{ "9223372036854775807", INT64_MAX },
		{ "9223372036854775808", -1 },
		{ "8388608Ti", -1 },
		{ "8388607Ti", INT64_C(8388607) << 40 },
		{ "18446744073709551617", -1 },
		{ "0", -1 },
		{ "", -1 },
		{ "K", -1 },
		{ "1k", -1 },
		{ "1X", -1 },
		{ "1Kib", -1 },
		{ "1K2", -1 },
		{ "-1", -1 },
		{ "1.5G", -1 },
	};

	for (size_t i = 0; i < CS_N(table); i++) {
		struct cs_args *args = NULL;
		int64_t n = -1;

		assert_done(parse(WORDS("-c", table[i].text, "x"), &args));
		if (cs_args_size(args, "count", &n, &err) == 0)
			err.code = CS_OK;
		if (n != table[i].want)
			fail_msg("'%s'", table[i].text);
		cs_args_free(args);
	}
}

/* --- the dispatcher --- */

static const char *const *app_env;
static struct cs_app app;

static int dispatch(const char *const *words)
{
	memset(&ran, 0, sizeof(ran));
	memset(&app, 0, sizeof(app));
	cs_ctx_init(&app.ctx);
	app.getenv = test_getenv;
	app.arg = (void *)(uintptr_t)app_env;
	app.render.color = true;
	return cs_dispatch(&app, commands, (int)count(words), words, &err);
}

static void runs(const char *command, const char *operand, const char *const *words)
{
	assert_done(dispatch(words));
	assert_non_null(ran.command);
	assert_string_equal(command, ran.command);
	if (operand)
		assert_string_equal(operand, ran.operand);
	else
		assert_null(ran.operand);
}

static void which_command(void **state CS_UNUSED)
{
	runs("read", "app.tar", WORDS("app.tar"));
	runs("read", "app.tar", WORDS("read", "app.tar"));
	runs("read", "app.tar", WORDS("-a", "read", "app.tar"));
	/* the value of an option is no command, wherever it stands */
	runs("read", "app.tar", WORDS("--base", "list", "app.tar"));
	runs("read", "app.tar", WORDS("-ab", "list", "app.tar"));
	runs("list", NULL, WORDS("--db", "x", "list"));
	runs("list", NULL, WORDS("--db=x", "-q", "list"));
	runs("info", NULL, WORDS("store", "info"));
	runs("info", "f", WORDS("-q", "store", "--db", "info", "info", "f"));
	/* a file that is named like a command */
	runs("read", "./list", WORDS("./list"));
	runs("read", "list", WORDS("--", "list"));
	runs("read", "list", WORDS("read", "list"));
	runs("read", "-", WORDS("-"));
	assert_int_equal(4, dispatch(WORDS("four")));
}

static void wrong_command(void **state CS_UNUSED)
{
	assert_code(CS_USAGE, dispatch(WORDS("lits")));
	assert_string_equal("'lits' is neither a command nor a file (did you mean 'list'?)",
			    err.msg);
	runs("read", "lits.tar", WORDS("lits.tar")); /* its own message will do */
	runs("read", "unlike", WORDS("unlike"));
	assert_code(CS_USAGE, dispatch(WORDS("store")));
	assert_string_equal("store needs a command: info", err.msg);
	assert_code(CS_USAGE, dispatch(WORDS("store", "x")));
	assert_string_equal("store: no command 'x': info", err.msg);
	assert_code(CS_USAGE, dispatch(WORDS("list", "x")));
	assert_string_equal("unexpected operand 'x' (see 'cachestat list --help')", err.msg);
	assert_code(CS_USAGE, dispatch(WORDS("store", "info", "--bogus")));
	assert_string_equal("unknown option '--bogus' (see 'cachestat store info --help')",
			    err.msg);
	assert_code(CS_USAGE, dispatch(WORDS("list", "--version")));
	assert_null(ran.command);
}

static void common_options(void **state CS_UNUSED)
{
	const char *const env[] = { "CACHESTAT_PROJECT=p", NULL };

	runs("read", "x", WORDS("-vv", "--table", "layers", "--no-color", "x"));
	assert_int_equal(2, ran.verbose);
	assert_true(ran.render.verbose);
	assert_false(ran.render.color);
	assert_string_equal("layers", ran.render.table);
	runs("read", "x", WORDS("-q", "x"));
	assert_true(ran.quiet);
	assert_false(ran.render.verbose);
	assert_true(ran.render.color);
	assert_code(CS_USAGE, dispatch(WORDS("--format", "xml", "x")));
	/* facts have variables, filters have none: builds must not disappear from lists */
	app_env = env;
	runs("read", "x", WORDS("x"));
	assert_string_equal("p", ran.project);
	runs("list", NULL, WORDS("list"));
	assert_null(ran.project);
	app_env = NULL;
}

static void limits(void **state CS_UNUSED)
{
	runs("read", "x", WORDS("--max-layer-bytes=1Ki", "--max-layers", "5", "x"));
	assert_int_equal(1024, ran.ctx.limits.layer_bytes);
	assert_int_equal(5, ran.ctx.limits.layers);
	assert_int_equal(64, ran.ctx.limits.json_depth);
	assert_code(CS_USAGE, dispatch(WORDS("--max-layers=5K", "x")));
	assert_code(CS_USAGE, dispatch(WORDS("--max-layers=0", "x")));
	assert_code(CS_USAGE, dispatch(WORDS("--max-layer-bytes=-1", "x")));
	assert_non_null(strstr(err.msg, "--max-layer-bytes"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),	 cmocka_unit_test(operands),
		cmocka_unit_test(values),	 cmocka_unit_test(slips),
		cmocka_unit_test(variables),	 cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),	 cmocka_unit_test(which_command),
		cmocka_unit_test(wrong_command), cmocka_unit_test(common_options),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
