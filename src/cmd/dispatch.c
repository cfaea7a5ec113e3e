/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options may stand before the command, so the first operand has to be found before it is known
 * whose options they are. That works because an option of one name takes a value in all commands or
 * in none (a test holds the tables to it).
 */
#include "cmd/dispatch.h"

#include <string.h>

#include "cmd/args.h"
#include "cmd/help.h"
#include "cmd/rights.h"
#include "util/text.h"

static const struct cs_config no_config;

const struct cs_command *cs_command_by_name(const struct cs_command *const *commands,
					    const char *name)
{
	for (size_t i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static bool takes_value(const struct cs_command *const *commands, const char *name, char letter)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct cs_option *option = cs_command_find(commands[i], name, letter);

		if (option && option->arg)
			return true;
		if (commands[i]->subcommands && takes_value(commands[i]->subcommands, name, letter))
			return true;
	}
	return false;
}

struct scan {
	size_t operand; /* index of the first one; argc if there is none */
	bool help, version, limits, verbose;
	bool ended; /* by "--": what follows is no command */
};

static void scan_letters(const struct cs_command *const *commands, const char *letters,
			 struct scan *scan, size_t *i)
{
	for (const char *p = letters; *p; p++) {
		scan->help |= *p == 'h';
		scan->verbose |= *p == 'v';
		if (!takes_value(commands, NULL, *p))
			continue;
		*i += !p[1];
		return;
	}
}

static void scan_words(const struct cs_command *const *commands, size_t argc,
		       const char *const *argv, struct scan *scan)
{
	memset(scan, 0, sizeof(*scan));
	for (size_t i = 0; i < argc; i++) {
		const char *word = argv[i];

		scan->operand = i;
		if (word[0] != '-' || !word[1])
			return;
		if (strcmp(word, "--") == 0) {
			scan->ended = true;
			return;
		}
		scan->help |= strcmp(word, "--help") == 0;
		scan->version |= strcmp(word, "--version") == 0;
		scan->limits |= strcmp(word, "--limits") == 0;
		scan->verbose |= strcmp(word, "--verbose") == 0;
		if (word[1] != '-')
			scan_letters(commands, word + 1, scan, &i);
		else if (!strchr(word, '=') && takes_value(commands, word + 2, 0))
			i++;
	}
	scan->operand = argc;
}

/* --- what main's options show --- */

static int print(struct cs_writer *w, struct cs_err *err)
{
	int r = cs_writer_check(w, err);

	return r < 0 ? r : cs_cmd_print(w->buf.data, w->buf.len, err);
}

static int show_top(const struct cs_app *app, const struct cs_command *const *commands,
		    const struct scan *scan, struct cs_err *err)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80, .ascii = !app->render.utf8 };
	char text[64];

	if (scan->version)
		cs_help_version(&w, scan->verbose);
	else if (scan->limits)
		cs_help_limits(&w);
	else
		cs_help_top(&w, commands);
	if (scan->version && scan->verbose)
		cs_write(&w, "sandbox: %s\n", cs_rights_try(app, text, sizeof(text)));
	return print(&w, err);
}

static int show_command(const struct cs_app *app, const char *path,
			const struct cs_command *command, struct cs_err *err)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80, .ascii = !app->render.utf8 };

	cs_help_command(&w, path, command);
	return print(&w, err);
}

/* Nothing was asked for: the short help, but as a failure, on stderr. */
static int show_short(const struct cs_app *app, const struct cs_command *const *commands,
		      struct cs_err *err)
{
	struct cs_writer w CS_AUTO(cs_writer_release) = { .width = 80, .ascii = !app->render.utf8 };
	int r;

	cs_help_short(&w, commands);
	r = cs_writer_check(&w, err);
	if (r < 0)
		return r;
	fwrite(w.buf.data, 1, w.buf.len, stderr);
	return 2;
}

/* --- what the parsed options change --- */

struct choice {
	const struct cs_command *command;
	char path[64]; /* "db info" */
};

static int apply_limits(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	for (size_t i = 0; i < cs_limit_defs_n; i++) {
		const struct cs_limit_def *def = &cs_limit_defs[i];
		int64_t *limit = (int64_t *)(void *)((char *)&app->ctx.limits + def->offset);
		bool bytes = strcmp(def->unit, "bytes") == 0;
		int r = bytes ? cs_args_size(args, def->option, limit, err)
			      : cs_args_int(args, def->option, 1, INT64_MAX, limit, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static void apply_common(struct cs_app *app, const struct cs_args *args)
{
	const char *table = cs_args_get(args, "table");

	app->quiet = cs_args_has(args, "quiet");
	app->verbose = app->quiet ? 0 : (int)cs_args_count(args, "verbose");
	app->render.verbose = cs_args_has(args, "verbose");
	if (table && *table)
		app->render.table = table;
	if (cs_args_has(args, "no-color"))
		app->render.color = false;
	if (app->quiet || cs_args_has(args, "no-progress"))
		app->ctx.progress = NULL;
}

static int run(struct cs_app *app, const struct choice *choice, const struct cs_args *args,
	       struct cs_err *err)
{
	struct cs_config *config CS_AUTO(cs_config_free_p) = NULL;
	const struct cs_command *command = choice->command;
	const char *path;
	int r;

	apply_common(app, args);
	r = apply_limits(app, args, err);
	if (r < 0)
		return r;
	cs_rights_drop(app, command, choice->path, args);
	if (cs_command_find(command, "config", 0)) {
		path = cs_args_get(args, "config");
		r = cs_config_load(&app->ctx, path && *path ? path : NULL, &config, err);
		if (r < 0)
			return r;
		app->config = config;
	}
	r = command->run(app, args, err);
	app->config = &no_config;
	return r;
}

/* --- which command --- */

/* "cachestat stast": a word that is near to a command and no file was meant as one. */
static int check_slip(const struct cs_command *const *commands, const char *word,
		      struct cs_err *err)
{
	struct cs_closest closest;

	if (strpbrk(word, "/:.") || strcmp(word, "-") == 0 || access(word, F_OK) == 0)
		return 0;
	cs_closest_init(&closest, word);
	for (size_t i = 0; commands[i]; i++)
		cs_closest_try(&closest, commands[i]->name);
	if (!closest.best)
		return 0;
	return cs_err_set(err, CS_USAGE,
			  "'%s' is neither a command nor a file (did you mean '%s'?)", word,
			  closest.best);
}

static int unknown_subcommand(const struct cs_command *command, const char *word,
			      struct cs_err *err)
{
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; command->subcommands[i] && used < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 command->subcommands[i]->name);
	if (!word)
		return cs_err_set(err, CS_USAGE, "%s needs a command: %s", command->name, list);
	return cs_err_set(err, CS_USAGE, "%s: no command '%s': %s", command->name, word, list);
}

static void remove_word(const char **argv, size_t *argc, size_t i)
{
	memmove(argv + i, argv + i + 1, (*argc - i - 1) * sizeof(*argv));
	--*argc;
}

/* The first operand, unless "--" stands before it; takes it out if it names a command. */
static const char *take_command(const struct cs_command *const *commands, size_t *argc,
				const char **argv, struct scan *scan, const struct cs_command **ret)
{
	const char *word;

	*ret = NULL;
	scan_words(commands, *argc, argv, scan);
	if (scan->ended || scan->operand == *argc)
		return NULL;
	word = argv[scan->operand];
	*ret = cs_command_by_name(commands, word);
	if (*ret)
		remove_word(argv, argc, scan->operand);
	return word;
}

/* 0 and a choice, or 1 when help was asked for and shown. */
static int choose_subcommand(struct cs_app *app, const struct cs_command *parent, size_t *argc,
			     const char **argv, struct choice *ret, struct cs_err *err)
{
	const struct cs_command *command;
	struct scan scan;
	const char *word = take_command(parent->subcommands, argc, argv, &scan, &command);

	if (!command && scan.help)
		return show_command(app, parent->name, parent, err) < 0 ? -(int)err->code : 1;
	if (!command)
		return unknown_subcommand(parent, word, err);
	ret->command = command;
	snprintf(ret->path, sizeof(ret->path), "%s %s", parent->name, command->name);
	return 0;
}

static int choose(struct cs_app *app, const struct cs_command *const *commands, size_t *argc,
		  const char **argv, struct choice *ret, struct cs_err *err)
{
	const struct cs_command *command;
	struct scan scan;
	const char *word = take_command(commands, argc, argv, &scan, &command);
	int r = 0;

	if (scan.version || scan.limits || (scan.help && !command))
		return show_top(app, commands, &scan, err) < 0 ? -(int)err->code : 1;
	if (!command && word)
		r = check_slip(commands, word, err);
	if (r < 0)
		return r;
	if (!command)
		command = commands[0];
	if (command->subcommands)
		return choose_subcommand(app, command, argc, argv, ret, err);
	ret->command = command;
	snprintf(ret->path, sizeof(ret->path), "%s", command->name);
	return 0;
}

/* argv: a copy that loses the command's words. */
static int dispatch(struct cs_app *app, const struct cs_command *const *commands, size_t argc,
		    const char **argv, struct cs_err *err)
{
	struct cs_args *args CS_AUTO(cs_args_free_p) = NULL;
	struct choice choice;
	int r = choose(app, commands, &argc, argv, &choice, err);

	if (r != 0)
		return r < 0 ? r : 0;
	r = cs_args_parse(choice.command, choice.path, argc, argv, app->getenv, app->arg, &args,
			  err);
	if (r < 0)
		return r;
	if (cs_args_wants_help(args))
		return show_command(app, choice.path, choice.command, err);
	return run(app, &choice, args, err);
}

int cs_dispatch(struct cs_app *app, const struct cs_command *const *commands, int argc,
		const char *const *argv, struct cs_err *err)
{
	const char **words CS_AUTO(cs_free_p) = NULL;
	size_t n = argc > 1 ? (size_t)argc - 1 : 0;

	if (!app->config)
		app->config = &no_config;
	if (!n)
		return show_short(app, commands, err);
	words = calloc(n, sizeof(*words));
	if (!words)
		return cs_err_nomem(err);
	memcpy(words, argv + 1, n * sizeof(*words));
	return dispatch(app, commands, n, words, err);
}
