/* SPDX-License-Identifier: Apache-2.0 */
/* help and completion: the tables themselves as output. */
#include <string.h>

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/dispatch.h"
#include "cmd/help.h"
#include "util/text.h"

static const struct cs_option help_options[] = {
	{ .name = "man" }, /* for the build: the manual page */
};

static int no_command(const struct cs_command *const *commands, const char *name,
		      struct cs_err *err)
{
	struct cs_closest closest;

	cs_closest_init(&closest, name);
	for (size_t i = 0; commands[i]; i++)
		cs_closest_try(&closest, commands[i]->name);
	if (closest.best)
		return cs_err_set(err, CS_USAGE, "no command '%s' (did you mean '%s'?)", name,
				  closest.best);
	return cs_err_set(err, CS_USAGE, "no command '%s' (see 'cachestat --help')", name);
}

static int help_of(struct cs_writer *w, const struct cs_args *args, struct cs_err *err)
{
	const char *name = cs_args_operand(args, 0), *sub = cs_args_operand(args, 1);
	const struct cs_command *command = cs_command_by_name(cs_commands, name), *inner;
	char path[64];

	if (!command)
		return no_command(cs_commands, name, err);
	if (!sub) {
		cs_help_command(w, command->name, command);
		return 0;
	}
	if (!command->subcommands)
		return cs_err_set(err, CS_USAGE, "%s has no commands of its own", command->name);
	inner = cs_command_by_name(command->subcommands, sub);
	if (!inner)
		return no_command(command->subcommands, sub, err);
	snprintf(path, sizeof(path), "%s %s", command->name, inner->name);
	cs_help_command(w, path, inner);
	return 0;
}

static int run_help(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80, .ascii = !app->render.utf8 };
	int r = 0;

	if (cs_args_has(args, "man"))
		cs_help_man(&w, cs_commands);
	else if (cs_args_n_operands(args))
		r = help_of(&w, args, err);
	else
		cs_help_top(&w, cs_commands);
	if (r == 0)
		r = cs_writer_check(&w, err);
	return r < 0 ? r : cs_cmd_print(w.buf.data, w.buf.len, err);
}

const struct cs_command cs_cmd_help = {
	.name = "help",
	.operands = "[COMMAND]",
	.summary = "show what a command does",
	.options = help_options,
	.n_options = CS_N(help_options),
	.max_operands = 2,
	.run = run_help,
};

static int run_completion(struct cs_app *app CS_UNUSED, const struct cs_args *args,
			  struct cs_err *err)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80 };
	const char *shell = cs_args_operand(args, 0);
	int r;

	if (!cs_help_completion(&w, cs_commands, shell))
		return cs_err_set(err, CS_USAGE, "no completion for '%s': bash, zsh, fish", shell);
	r = cs_writer_check(&w, err);
	return r < 0 ? r : cs_cmd_print(w.buf.data, w.buf.len, err);
}

const struct cs_command cs_cmd_completion = {
	.name = "completion",
	.operands = "SHELL",
	.summary = "write the completion script for bash, zsh or fish",
	.description = "Writes a script that completes commands, options and file names. It is "
		       "installed where the shells look for it; this is for those who did not "
		       "install.",
	.examples = "source <(cachestat completion bash)\tcomplete in this shell",
	.min_operands = 1,
	.max_operands = 1,
	.run = run_completion,
};
