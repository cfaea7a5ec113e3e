/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/help.h"

#include <inttypes.h>
#include <string.h>

#include "cmd/args.h"
#include "util/limits.h"

#define OPTION_COLUMN  30
#define COMMAND_COLUMN 26

static const struct cs_option top_options[] = {
	{ .name = "help", .letter = 'h', .help = "show this help, or that of a command" },
	{ .name = "version", .help = "show the version; with -v, what it was built with" },
	{ .name = "limits", .help = "show the bounds on input and the options that raise them" },
};

char *cs_limit_text(const struct cs_limit_def *def, char buf[CS_LIMIT_TEXT])
{
	static const char *const units[] = { "", "Ki", "Mi", "Gi", "Ti" };
	int64_t v = def->def;
	size_t i = 0;

	if (strcmp(def->unit, "bytes") == 0) {
		for (; v && v % 1024 == 0 && i + 1 < CS_N(units); i++)
			v /= 1024;
	}
	snprintf(buf, CS_LIMIT_TEXT, "%" PRId64 "%s", v, units[i]);
	return buf;
}

static void write_option(struct cs_writer *w, const struct cs_option *option)
{
	if (!option->help)
		return;
	if (option->letter)
		cs_write(w, "  -%c, ", option->letter);
	else
		cs_write(w, "      ");
	cs_write(w, "--%s%s%s", option->name, option->arg ? " " : "",
		 option->arg ? option->arg : "");
	cs_write_column(w, OPTION_COLUMN);
	cs_write_wrapped(w, OPTION_COLUMN, option->help);
	if (option->choices) {
		cs_write(w, ":");
		for (size_t i = 0; option->choices[i]; i++) {
			char word[64];

			snprintf(word, sizeof(word), "%s%s", option->choices[i],
				 option->choices[i + 1] ? "," : "");
			cs_write_word_after(w, OPTION_COLUMN, word);
		}
	}
	if (option->env) {
		char word[64];

		snprintf(word, sizeof(word), "[%s]", option->env);
		cs_write_word_after(w, OPTION_COLUMN, word);
	}
	cs_write(w, "\n");
}

static void write_options(struct cs_writer *w, const char *title, const struct cs_option *options,
			  size_t n)
{
	cs_write(w, "\n%s:\n", title);
	for (size_t i = 0; i < n; i++)
		write_option(w, &options[i]);
}

/* Their own page is --limits: 16 lines that hardly anybody needs would hide the rest. */
static void write_limits_note(struct cs_writer *w)
{
	cs_write(w, "\n%s:\n  ", cs_group_limits.title);
	cs_write_wrapped(w, 2,
			 "--max-layer-bytes SIZE and others; 'cachestat --limits' lists them "
			 "(SIZE: 4096, 500M, 8Gi).");
	cs_write(w, "\n");
}

static void write_command_row(struct cs_writer *w, const char *prefix,
			      const struct cs_command *command)
{
	cs_write(w, "  %s%s ", prefix, command->name);
	cs_write_text(w, command->operands ? command->operands : "");
	cs_write_column(w, COMMAND_COLUMN);
	cs_write_wrapped(w, COMMAND_COLUMN, command->summary);
	cs_write(w, "\n");
}

static void write_commands(struct cs_writer *w, const struct cs_command *const *commands)
{
	cs_write(w, "\nCommands:\n");
	for (size_t i = 0; commands[i]; i++) {
		char prefix[64];

		if (!commands[i]->subcommands) {
			write_command_row(w, "", commands[i]);
			continue;
		}
		snprintf(prefix, sizeof(prefix), "%s ", commands[i]->name);
		for (size_t k = 0; commands[i]->subcommands[k]; k++)
			write_command_row(w, prefix, commands[i]->subcommands[k]);
	}
}

static void write_top_usage(struct cs_writer *w, const struct cs_command *const *commands)
{
	cs_write(w, "Usage: cachestat [%s] [OPTION]... ", commands[0]->name);
	cs_write_text(w, commands[0]->operands ? commands[0]->operands : "");
	cs_write(w, "\n       cachestat COMMAND [OPTION]... [ARGUMENT]...\n");
}

void cs_help_short(struct cs_writer *w, const struct cs_command *const *commands)
{
	write_top_usage(w, commands);
	write_commands(w, commands);
	cs_write(w, "\n'cachestat --help' tells more.\n");
}

void cs_help_top(struct cs_writer *w, const struct cs_command *const *commands)
{
	write_top_usage(w, commands);
	cs_write(w, "\n");
	cs_write_paragraphs(w, 0, cs_help_about);
	write_commands(w, commands);
	write_options(w, "Options", top_options, CS_N(top_options));
	cs_write(w, "\nExit status:\n");
	for (size_t i = 0; cs_help_exit_status[i]; i++)
		cs_write(w, "  %zu  %s\n", i, cs_help_exit_status[i]);
	cs_write(w, "\n'cachestat COMMAND --help' tells more of a command.\n");
}

static void write_examples(struct cs_writer *w, const char *examples)
{
	cs_write(w, "\nExamples:\n");
	while (*examples) {
		size_t line = strcspn(examples, "\n"), tab = strcspn(examples, "\t\n");

		cs_write(w, "  %.*s\n", (int)tab, examples);
		if (tab < line)
			cs_write(w, "      %.*s\n", (int)(line - tab - 1), examples + tab + 1);
		examples += line + (examples[line] == '\n');
	}
}

static void write_description(struct cs_writer *w, const struct cs_command *command)
{
	char *sentence CS_AUTO(cs_free_p) = cs_sentence(command->summary);

	cs_write_paragraphs(w, 0,
			    command->description ? command->description
			    : sentence		 ? sentence
						 : "");
}

void cs_help_command(struct cs_writer *w, const char *path, const struct cs_command *command)
{
	if (command->subcommands) {
		cs_write(w, "Usage: cachestat %s COMMAND [OPTION]... [ARGUMENT]...\n\n", path);
		write_description(w, command);
		write_commands(w, command->subcommands);
		return;
	}
	cs_write(w, "Usage: cachestat %s [OPTION]...%s", path,
		 command->operands && *command->operands ? " " : "");
	cs_write_text(w, command->operands ? command->operands : "");
	cs_write(w, "\n\n");
	write_description(w, command);
	cs_write(w, "\nOptions:\n");
	for (size_t i = 0; i < command->n_options; i++)
		write_option(w, &command->options[i]);
	write_option(w, &cs_option_help);
	for (size_t i = 0; command->groups && command->groups[i]; i++) {
		const struct cs_option_group *group = command->groups[i];

		if (group == &cs_group_limits)
			write_limits_note(w);
		else
			write_options(w, group->title, group->options, group->n_options);
	}
	if (command->examples)
		write_examples(w, command->examples);
}

void cs_help_limits(struct cs_writer *w)
{
	cs_write(w, "%-20s %-8s %-6s %s\n", "OPTION", "DEFAULT", "UNIT", "BOUNDS");
	for (size_t i = 0; i < cs_limit_defs_n; i++) {
		const struct cs_limit_def *def = &cs_limit_defs[i];
		char text[CS_LIMIT_TEXT];

		cs_write(w, "--%-18s %-8s %-6s %s\n", def->option, cs_limit_text(def, text),
			 def->unit, def->help);
	}
}

void cs_help_version(struct cs_writer *w, bool verbose)
{
	cs_write(w, "%s %s\n", PACKAGE_NAME, PACKAGE_VERSION);
	if (!verbose)
		return;
	cs_write(w, "libraries: ");
	cs_write_wrapped(w, 11, CS_LIBRARIES);
#ifdef HAVE_ISAL
	cs_write(w, "\ngzip: ISA-L\n");
#else
	cs_write(w, "\ngzip: zlib\n");
#endif
#if defined(__SANITIZE_ADDRESS__)
	cs_write(w, "built with AddressSanitizer and UBSan\n");
#endif
}
