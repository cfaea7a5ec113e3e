/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts that stand alone: they neither need bash-completion's helpers nor run cachestat at each
 * key press, so completing works for an operand of any size and without a store.
 */
#include "cmd/help.h"

#include <string.h>

#include "cmd/args.h"

const char *const cs_help_shells[] = { "bash", "zsh", "fish", NULL };

typedef void maker_fn(struct cs_writer *w, const struct cs_command *const *commands);
typedef void visit_fn(struct cs_writer *w, const char *parent, const struct cs_command *command);

static void each_command(struct cs_writer *w, const struct cs_command *const *commands,
			 visit_fn *visit)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct cs_command *const *sub = commands[i]->subcommands;

		visit(w, NULL, commands[i]);
		for (; sub && *sub; sub++)
			visit(w, commands[i]->name, *sub);
	}
}

static void put_names(struct cs_writer *w, const struct cs_command *const *commands,
		      const char *between)
{
	for (size_t i = 0; commands[i]; i++)
		cs_write(w, "%s%s", i ? between : "", commands[i]->name);
}

static void put_words(struct cs_writer *w, const char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		cs_write(w, "%s%s", i ? " " : "", words[i]);
}

/* text for the inside of single quotes; special: characters that get a backslash */
static void put_quoted(struct cs_writer *w, const char *text, const char *special)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			cs_write(w, "'\\''");
		else if (strchr(special, *p))
			cs_write(w, "\\%c", *p);
		else
			cs_write(w, "%c", *p);
	}
}

static const struct cs_option *option_at(const struct cs_command *command, size_t i)
{
	return i ? cs_command_option(command, i - 1) : &cs_option_help;
}

static bool takes_file(const struct cs_option *option)
{
	return strstr(option->arg, "FILE") || strstr(option->arg, "PATH") ||
	       strstr(option->arg, "DIR");
}

/* What an operand of the command is: words to choose from, or a file. */
static const char *const *operand_words(const struct cs_command *command)
{
	return command->operands && strstr(command->operands, "SHELL") ? cs_help_shells : NULL;
}

static bool operand_is_command(const struct cs_command *command)
{
	return command->operands && strstr(command->operands, "COMMAND");
}

static bool operand_is_file(const struct cs_command *command)
{
	return command->operands && *command->operands && !operand_words(command) &&
	       !operand_is_command(command);
}

/* --- bash --- */

static void bash_value_options(struct cs_writer *w, const char *parent CS_UNUSED,
			       const struct cs_command *command)
{
	const struct cs_option *option;

	for (size_t i = 0; (option = option_at(command, i)); i++) {
		if (!option->help || !option->arg)
			continue;
		cs_write(w, " --%s", option->name);
		if (option->letter)
			cs_write(w, " -%c", option->letter);
	}
}

static void bash_values(struct cs_writer *w, const struct cs_command *command)
{
	const struct cs_option *option;

	cs_write(w, "\t\tcase $prev in\n");
	for (size_t i = 0; (option = option_at(command, i)); i++) {
		if (!option->help || !option->arg)
			continue;
		cs_write(w, "\t\t--%s", option->name);
		if (option->letter)
			cs_write(w, " | -%c", option->letter);
		if (option->choices) {
			cs_write(w, ") words='");
			put_words(w, option->choices);
			cs_write(w, "'; return ;;\n");
		} else {
			cs_write(w, ") files=%s; return ;;\n", takes_file(option) ? "yes" : "no");
		}
	}
	cs_write(w, "\t\tesac\n");
}

static void bash_command(struct cs_writer *w, const char *parent, const struct cs_command *command)
{
	const struct cs_option *option;

	cs_write(w, "\t'%s%s%s')\n", parent ? parent : "", parent ? " " : "", command->name);
	bash_values(w, command);
	cs_write(w, "\t\tif [[ $cur == -* ]]; then\n\t\t\twords='");
	for (size_t i = 0; (option = option_at(command, i)); i++) {
		if (option->help)
			cs_write(w, "%s--%s", i ? " " : "", option->name);
	}
	cs_write(w, "'\n");
	if (command->subcommands) {
		cs_write(w, "\t\telse\n\t\t\twords='");
		put_names(w, command->subcommands, " ");
		cs_write(w, "'\n");
	} else if (operand_words(command)) {
		cs_write(w, "\t\telse\n\t\t\twords='");
		put_words(w, operand_words(command));
		cs_write(w, "'\n");
	} else if (operand_is_command(command)) {
		cs_write(w, "\t\telse\n\t\t\twords=$commands\n");
	} else if (operand_is_file(command)) {
		cs_write(w, "\t\telse\n\t\t\tfiles=yes\n");
	}
	cs_write(w, "\t\tfi ;;\n");
}

static void bash_subcommands(struct cs_writer *w, const struct cs_command *const *commands)
{
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->subcommands)
			continue;
		for (size_t k = 0; commands[i]->subcommands[k]; k++)
			cs_write(w, "%s'%s %s'", k ? " | " : "\t\t", commands[i]->name,
				 commands[i]->subcommands[k]->name);
		cs_write(w, ") command=\"$command ${COMP_WORDS[i]}\" ;;\n");
	}
}

static void bash(struct cs_writer *w, const struct cs_command *const *commands)
{
	cs_write(w, "# bash completion for cachestat, made by 'cachestat completion bash'\n\n");
	cs_write(w, "_cachestat_choose()\n{\n\tlocal commands='");
	put_names(w, commands, " ");
	cs_write(w, "'\n\tcase $command in\n");
	each_command(w, commands, bash_command);
	cs_write(w, "\tesac\n}\n\n_cachestat()\n{\n"
		    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		    "\tlocal command='' words='' files=no seen=no i\n"
		    "\tCOMPREPLY=()\n"
		    "\t[[ $cur == = ]] && cur=\n"
		    "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
		    "\tlocal with_value='");
	each_command(w, commands, bash_value_options);
	cs_write(w, " '\n\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		    "\t\tif [[ $with_value == *\" ${COMP_WORDS[i]} \"* ]]; then\n"
		    "\t\t\t[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))\n"
		    "\t\t\t((i++))\n"
		    "\t\t\tcontinue\n"
		    "\t\tfi\n"
		    "\t\t[[ ${COMP_WORDS[i]} == -* ]] && continue\n"
		    "\t\tcase \"${command:+$command }${COMP_WORDS[i]}\" in\n\t\t");
	put_names(w, commands, " | ");
	cs_write(w, ") [[ $seen == no ]] && command=${COMP_WORDS[i]} ;;\n");
	bash_subcommands(w, commands);
	cs_write(w,
		 "\t\tesac\n\t\tseen=yes\n\tdone\n"
		 "\tif [[ -z $command ]]; then\n"
		 "\t\tcommand='%s'\n"
		 "\t\t_cachestat_choose\n"
		 "\t\tif [[ $cur == -* ]]; then\n"
		 "\t\t\twords+=' --version --limits'\n"
		 "\t\telif [[ -z $words && $seen == no && $prev != -* ]]; then\n"
		 "\t\t\twords='",
		 commands[0]->name);
	put_names(w, commands, " ");
	cs_write(w,
		 "'\n\t\tfi\n\telse\n\t\t_cachestat_choose\n\tfi\n"
		 "\tlocal IFS=$'\\n'\n"
		 "\t[[ -z $words ]] || COMPREPLY=($(IFS=' ' compgen -W \"$words\" -- \"$cur\"))\n"
		 "\t[[ $files == no ]] || COMPREPLY+=($(compgen -f -- \"$cur\"))\n}\n\n"
		 "complete -o filenames -F _cachestat cachestat\n");
}

/* --- zsh --- */

static void zsh_option(struct cs_writer *w, const struct cs_option *option)
{
	cs_write(w, " \\\n\t\t");
	if (option->repeatable)
		cs_write(w, "'*'");
	else if (option->letter)
		cs_write(w, "'(-%c --%s)'", option->letter, option->name);
	if (option->letter)
		cs_write(w, "{-%c%s,--%s%s}", option->letter, option->arg ? "+" : "", option->name,
			 option->arg ? "=" : "");
	else
		cs_write(w, "--%s%s", option->name, option->arg ? "=" : "");
	cs_write(w, "'[");
	put_quoted(w, option->help, "[]\\:");
	cs_write(w, "]");
	if (option->arg) {
		cs_write(w, ":");
		put_quoted(w, option->arg, ":\\");
		cs_write(w, ":");
		if (option->choices) {
			cs_write(w, "(");
			put_words(w, option->choices);
			cs_write(w, ")");
		} else if (takes_file(option)) {
			cs_write(w, "_files");
		}
	}
	cs_write(w, "'");
}

static void zsh_operands(struct cs_writer *w, const struct cs_command *command)
{
	if (operand_is_file(command)) {
		cs_write(w, " \\\n\t\t'*:file:_files'");
	} else if (operand_words(command)) {
		cs_write(w, " \\\n\t\t'1:shell:(");
		put_words(w, operand_words(command));
		cs_write(w, ")'");
	} else if (operand_is_command(command)) {
		cs_write(w, " \\\n\t\t'1:command:_cachestat_commands'");
	}
}

static void zsh_describe(struct cs_writer *w, const struct cs_command *const *commands)
{
	cs_write(w, "\tlocal -a list=(\n");
	for (size_t i = 0; commands[i]; i++) {
		cs_write(w, "\t\t'%s:", commands[i]->name);
		put_quoted(w, commands[i]->summary, ":\\");
		cs_write(w, "'\n");
	}
	cs_write(w, "\t)\n\t_describe command list\n");
}

static void zsh_command(struct cs_writer *w, const char *parent, const struct cs_command *command)
{
	const struct cs_option *option;

	cs_write(w, "\t'%s%s%s')\n", parent ? parent : "", parent ? " " : "", command->name);
	if (command->subcommands) {
		zsh_describe(w, command->subcommands);
		cs_write(w, "\t;;\n");
		return;
	}
	cs_write(w, "\t_arguments -s -S");
	for (size_t i = 0; (option = option_at(command, i)); i++) {
		if (option->help)
			zsh_option(w, option);
	}
	zsh_operands(w, command);
	cs_write(w, "\n\t;;\n");
}

static void zsh(struct cs_writer *w, const struct cs_command *const *commands)
{
	cs_write(w, "#compdef cachestat\n# made by 'cachestat completion zsh'\n\n"
		    "_cachestat_commands() {\n");
	zsh_describe(w, commands);
	cs_write(w, "}\n\n_cachestat_run() {\n\tcase $1 in\n");
	each_command(w, commands, zsh_command);
	cs_write(w, "\tesac\n}\n\n_cachestat() {\n\tlocal command='%s'\n\tcase $words[2] in\n\t(",
		 commands[0]->name);
	put_names(w, commands, "|");
	cs_write(w, ")\n"
		    "\t\tif (( CURRENT > 2 )); then\n"
		    "\t\t\tcommand=$words[2]\n"
		    "\t\t\twords=(cachestat \"${(@)words[3,-1]}\")\n"
		    "\t\t\t(( CURRENT-- ))\n"
		    "\t\tfi\n"
		    "\t\t;;\n\tesac\n");
	for (size_t i = 0; commands[i]; i++) {
		if (!commands[i]->subcommands)
			continue;
		cs_write(w,
			 "\tif [[ $command == %s && CURRENT -gt 2 ]]; then\n"
			 "\t\tcase $words[2] in\n\t\t(",
			 commands[i]->name);
		put_names(w, commands[i]->subcommands, "|");
		cs_write(w, ")\n"
			    "\t\t\tcommand+=\" $words[2]\"\n"
			    "\t\t\twords=(cachestat \"${(@)words[3,-1]}\")\n"
			    "\t\t\t(( CURRENT-- ))\n"
			    "\t\t\t;;\n\t\tesac\n\tfi\n");
	}
	cs_write(w,
		 "\t[[ $command == '%s' && CURRENT -eq 2 && $words[2] != -* ]] && "
		 "_cachestat_commands\n"
		 "\t_cachestat_run $command\n}\n\n_cachestat \"$@\"\n",
		 commands[0]->name);
}

/* --- fish --- */

static void fish_begin(struct cs_writer *w, const char *parent, const struct cs_command *command,
		       bool is_default)
{
	if (is_default)
		cs_write(w,
			 "complete -c cachestat -n '__fish_use_subcommand; or "
			 "__fish_seen_subcommand_from %s'",
			 command->name);
	else if (parent)
		cs_write(w,
			 "complete -c cachestat -n '__fish_seen_subcommand_from %s; and "
			 "__fish_seen_subcommand_from %s'",
			 parent, command->name);
	else
		cs_write(w, "complete -c cachestat -n '__fish_seen_subcommand_from %s'",
			 command->name);
}

static void put_fish_quoted(struct cs_writer *w, const char *text)
{
	cs_write(w, "'");
	for (const char *p = text; *p; p++)
		cs_write(w, *p == '\'' || *p == '\\' ? "\\%c" : "%c", *p);
	cs_write(w, "'");
}

static void fish_command(struct cs_writer *w, const char *parent, const struct cs_command *command,
			 bool is_default)
{
	const struct cs_option *option;

	for (size_t i = 0; (option = option_at(command, i)); i++) {
		if (!option->help)
			continue;
		fish_begin(w, parent, command, is_default);
		if (option->letter)
			cs_write(w, " -s %c", option->letter);
		cs_write(w, " -l %s", option->name);
		if (option->choices) {
			cs_write(w, " -x -a '");
			put_words(w, option->choices);
			cs_write(w, "'");
		} else if (option->arg) {
			cs_write(w, takes_file(option) ? " -r -F" : " -x");
		}
		cs_write(w, " -d ");
		put_fish_quoted(w, option->help);
		cs_write(w, "\n");
	}
	if (operand_is_file(command)) {
		fish_begin(w, parent, command, is_default);
		cs_write(w, " -F\n");
	} else if (operand_words(command)) {
		fish_begin(w, parent, command, is_default);
		cs_write(w, " -a '");
		put_words(w, operand_words(command));
		cs_write(w, "'\n");
	}
}

static void fish(struct cs_writer *w, const struct cs_command *const *commands)
{
	cs_write(w,
		 "# fish completion for cachestat, made by 'cachestat completion fish'\n\n"
		 "complete -c cachestat -f\n"
		 "complete -c cachestat -n __fish_use_subcommand -l version -d 'show the version'\n"
		 "complete -c cachestat -n __fish_use_subcommand -l limits -d 'show the bounds on "
		 "input'\n");
	for (size_t i = 0; commands[i]; i++) {
		const struct cs_command *const *sub = commands[i]->subcommands;

		cs_write(w,
			 "complete -c cachestat -n '__fish_use_subcommand; or "
			 "__fish_seen_subcommand_from help' -a %s -d ",
			 commands[i]->name);
		put_fish_quoted(w, commands[i]->summary);
		cs_write(w, "\n");
		if (!sub) {
			fish_command(w, NULL, commands[i], i == 0);
			continue;
		}
		for (; *sub; sub++) {
			cs_write(
				w,
				"complete -c cachestat -n '__fish_seen_subcommand_from %s; and not "
				"__fish_seen_subcommand_from ",
				commands[i]->name);
			put_names(w, commands[i]->subcommands, " ");
			cs_write(w, "' -a %s -d ", (*sub)->name);
			put_fish_quoted(w, (*sub)->summary);
			cs_write(w, "\n");
			fish_command(w, commands[i]->name, *sub, false);
		}
	}
}

bool cs_help_completion(struct cs_writer *w, const struct cs_command *const *commands,
			const char *shell)
{
	static maker_fn *const makers[] = { bash, zsh, fish };

	for (size_t i = 0; cs_help_shells[i]; i++) {
		if (strcmp(cs_help_shells[i], shell) == 0) {
			makers[i](w, commands);
			return true;
		}
	}
	return false;
}
