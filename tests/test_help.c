/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "cmd/args.h"
#include "cmd/help.h"
#include "support/env.h"
#include "util/cleanup.h"

static struct cs_err err;

static int run_nothing(struct cs_app *app CS_UNUSED, const struct cs_args *args CS_UNUSED,
		       struct cs_err *e CS_UNUSED)
{
	return 0;
}

static const char *const colours[] = { "red", "green", NULL };
static const struct cs_option read_options[] = {
	{ .name = "base", .letter = 'b', .arg = "IMAGE", .help = "the base image" },
	{ .name = "colour", .arg = "COLOUR", .choices = colours, .env = "T_COLOUR", .help = "one" },
	{ .name = "count", .letter = 'c', .arg = "N", .help = "how many" },
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
	.run = run_nothing,
};
static const struct cs_option image_options[] = {
	{ .name = "with-layers", .arg = "N", .env = "T_LAYERS", .help = "how many layers" },
};
static const struct cs_option_group image_group = { "Image", image_options, 1 };
static const struct cs_option_group *const list_groups[] = { &cs_group_filter, &cs_group_common,
							     &image_group, NULL };
static const struct cs_command info_command = {
	.name = "info",
	.operands = "[FILE]",
	.summary = "show facts of the store",
	.groups = list_groups,
	.max_operands = 1,
	.run = run_nothing,
};
static const struct cs_command *const store_commands[] = { &info_command, NULL };
static const struct cs_command store_command = {
	.name = "store",
	.summary = "care of the store",
	.subcommands = store_commands,
};
static const struct cs_command *const commands[] = { &read_command, &store_command, NULL };

static const struct cs_option *option_at(const struct cs_command *command, size_t i)
{
	return i ? cs_command_option(command, i - 1) : &cs_option_help;
}

static bool is_plain(const char *text)
{
	for (; *text; text++) {
		if (strncmp(text, "…", 3) == 0)
			text += 2;
		else if ((unsigned char)*text >= 0x7f || (*text < ' ' && !strchr("\n\t", *text)))
			return false;
	}
	return true;
}

static void check_option(const struct cs_command *command, size_t i)
{
	const struct cs_option *option = option_at(command, i), *other;

	for (size_t k = 0; k < i; k++) {
		other = option_at(command, k);
		if (strcmp(option->name, other->name) == 0 ||
		    (option->letter && option->letter == other->letter))
			fail_msg("%s has --%s twice, or its letter", command->name, option->name);
	}
	if (option->choices && !option->arg)
		fail_msg("--%s has choices but takes no value", option->name);
	if (option->env && strncmp(option->env, "CACHESTAT_", 10) != 0 &&
	    strncmp(option->env, "T_", 2) != 0)
		fail_msg("--%s has the variable %s", option->name, option->env);
	if (option->help && !is_plain(option->help))
		fail_msg("the help of --%s is not plain", option->name);
	if (strlen(option->name) > 40 || (option->env && strlen(option->env) > 40))
		fail_msg("--%s has a long name", option->name);
}

static void check_command(const char *path, const struct cs_command *command)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80 };
	size_t column = 0;

	if (!command->subcommands)
		assert_non_null(command->run);
	assert_true(is_plain(command->summary));
	assert_true(!command->description || is_plain(command->description));
	assert_true(!command->examples || is_plain(command->examples));
	for (size_t i = 0; option_at(command, i); i++)
		check_option(command, i);
	cs_help_command(&w, path, command);
	assert_false(w.failed);
	for (const char *p = w.buf.data; *p; p++) {
		column = *p == '\n' ? 0 : column + ((*p & 0xc0) != 0x80);
		if (column > 80)
			fail_msg("the help of %s is wider than 80 columns:\n%.*s", path, 80,
				 p - 80);
	}
	for (size_t i = 0; i < command->n_options; i++) {
		char name[64];

		snprintf(name, sizeof(name), "--%s", command->options[i].name);
		if (!strstr(w.buf.data, name) != !command->options[i].help)
			fail_msg("the help of %s and --%s", path, command->options[i].name);
	}
}

static void check_commands(const struct cs_command *const *list)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80 };

	for (size_t i = 0; list[i]; i++) {
		check_command(list[i]->name, list[i]);
		for (size_t k = 0; list[i]->subcommands && list[i]->subcommands[k]; k++)
			check_command(list[i]->subcommands[k]->name, list[i]->subcommands[k]);
	}
	cs_help_top(&w, list);
	for (const char *p = w.buf.data; *p; p += strcspn(p, "\n") + 1)
		assert_true(strcspn(p, "\n") <= 82); /* bytes; an ellipsis has three */
}

static void tables(void **state CS_UNUSED)
{
	check_commands(commands);
	check_commands(cs_commands);
}

/* The dispatcher's premise: whether --x takes a value does not depend on the command. */
static void arity_is_global(void **state CS_UNUSED)
{
	const struct cs_command *all[64];
	size_t n = 0;

	for (size_t i = 0; cs_commands[i]; i++) {
		all[n++] = cs_commands[i];
		for (size_t k = 0; cs_commands[i]->subcommands && cs_commands[i]->subcommands[k];
		     k++)
			all[n++] = cs_commands[i]->subcommands[k];
		assert_true(n < 32);
	}
	for (size_t a = 0; a < n; a++) {
		const struct cs_option *option, *other;

		for (size_t i = 0; (option = option_at(all[a], i)); i++) {
			for (size_t b = 0; b < a; b++) {
				other = cs_command_find(all[b], option->name, 0);
				if (other && !other->arg != !option->arg)
					fail_msg("--%s of %s and %s", option->name, all[a]->name,
						 all[b]->name);
				other = option->letter
						? cs_command_find(all[b], NULL, option->letter)
						: NULL;
				if (other && strcmp(other->name, option->name) != 0)
					fail_msg("-%c of %s and %s", option->letter, all[a]->name,
						 all[b]->name);
			}
		}
	}
}

static void command_help(void **state CS_UNUSED)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80, .ascii = true };

	cs_help_command(&w, "read", &read_command);
	assert_non_null(strstr(w.buf.data, "Usage: cachestat read [OPTION]... IMAGE...\n\n"
					   "Reads images.\n\nAnd more:\n\n    verbatim  text\n"));
	assert_non_null(strstr(w.buf.data, "  -b, --base IMAGE            the base image\n"));
	assert_non_null(
		strstr(w.buf.data, "      --colour COLOUR         one: red, green [T_COLOUR]\n"));
	assert_non_null(strstr(w.buf.data, "[CACHESTAT_SCOPE]"));
	assert_non_null(strstr(w.buf.data, "  cachestat app.tar\n      one image\n"));
	assert_null(strstr(w.buf.data, "secretly"));
	assert_null(strstr(w.buf.data, "max-pax-bytes")); /* --limits has them */
}

/* promises.md 24: the limits of the manual are those of --limits, and those of the code. */
static void limits_are_written_down(void **state CS_UNUSED)
{
	struct cs_writer man CS_AUTO(cs_writer_release) = { .width = 80 };
	struct cs_writer table CS_AUTO(cs_writer_release) = { .width = 80 };

	cs_help_man(&man, commands);
	cs_help_limits(&table);
	for (size_t i = 0; i < cs_limit_defs_n; i++) {
		char value[CS_LIMIT_TEXT], line[300];

		cs_limit_text(&cs_limit_defs[i], value);
		snprintf(line, sizeof(line), "\n--%-18s %-8s %-6s %s\n", cs_limit_defs[i].option,
			 value, cs_limit_defs[i].unit, cs_limit_defs[i].help);
		if (!strstr(table.buf.data, line))
			fail_msg("no line %s", line);
		snprintf(line, sizeof(line), "%s (%s)\n", cs_limit_defs[i].help, value);
		if (!strstr(man.buf.data, line))
			fail_msg("the manual has no %s", line);
		/* the option takes its own default back */
		if (strcmp(cs_limit_defs[i].unit, "bytes") == 0) {
			struct cs_args *args = NULL;
			int64_t n = 0;

			assert_done(cs_args_parse(&read_command, "read", 3,
						  (const char *const[]){ "-c", value, "x" },
						  test_getenv, NULL, &args, &err));
			assert_done(cs_args_size(args, "count", &n, &err));
			assert_int_equal(cs_limit_defs[i].def, n);
			cs_args_free(args);
		}
	}
}

/* Every option of every command, and every variable. */
static void check_manual(const char *manual, const struct cs_command *const *list)
{
	const struct cs_option *option;

	for (size_t i = 0; list[i]; i++) {
		for (size_t k = 0; (option = cs_command_option(list[i], k)); k++) {
			char name[100] = "\\fB\\-\\-";
			size_t n = strlen(name);

			for (const char *p = option->name; *p; p++)
				n += (size_t)snprintf(name + n, sizeof(name) - n, "%s%c",
						      *p == '-' ? "\\" : "", *p);
			if (!strstr(manual, name) != !option->help)
				fail_msg("the manual and --%s of %s", option->name, list[i]->name);
			snprintf(name, sizeof(name), ".TP\n\\fB%s\\fR\n",
				 option->env ? option->env : "CACHESTAT_NOW");
			if (!strstr(manual, name))
				fail_msg("the manual has no %s", option->env);
		}
		if (list[i]->subcommands)
			check_manual(manual, list[i]->subcommands);
	}
}

static void manual_is_whole(void **state CS_UNUSED)
{
	struct cs_writer own CS_AUTO(cs_writer_release) = { .width = 80 };
	struct cs_writer real CS_AUTO(cs_writer_release) = { .width = 80 };

	cs_help_man(&own, commands);
	check_manual(own.buf.data, commands);
	cs_help_man(&real, cs_commands);
	check_manual(real.buf.data, cs_commands);
}

static void completions(void **state CS_UNUSED)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80 };

	for (size_t i = 0; cs_help_shells[i]; i++) {
		cs_buf_reset(&w.buf);
		assert_true(cs_help_completion(&w, commands, cs_help_shells[i]));
		assert_false(w.failed);
		assert_non_null(strstr(w.buf.data, "colour"));
		assert_non_null(strstr(w.buf.data, "red green"));
		assert_null(strstr(w.buf.data, "secretly"));
	}
	assert_false(cs_help_completion(&w, commands, "ksh"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables),	   cmocka_unit_test(arity_is_global),
		cmocka_unit_test(command_help),	   cmocka_unit_test(limits_are_written_down),
		cmocka_unit_test(manual_is_whole), cmocka_unit_test(completions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
