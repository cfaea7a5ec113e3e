/* SPDX-License-Identifier: Apache-2.0 */
/*
 * man(7), not mdoc(7): every troff on a Linux system has it. The page has no date: the same sources
 * give the same bytes.
 */
#include "cmd/help.h"

#include <string.h>

#include "cmd/args.h"
#include "util/limits.h"

const char *const cs_help_about =
	"cachestat tells whether a container-build cache pays. It reads images and what builders "
	"say of their builds, tells for every layer and step whether it was a hit, and keeps what "
	"it saw, so that hit rates can be compared by scope, event and time.";

const char *const cs_help_exit_status[] = {
	"done",
	"a negative result: a gate failed, images differ, the store is damaged",
	"usage, or trouble at run time",
	"input is corrupt or of a kind that is not read",
	"not enough data to judge",
	NULL,
};

struct row {
	const char *name, *text;
};

static const struct row environment[] = {
	{ "CACHESTAT_NOW",
	  "the time to take for now (RFC 3339), for reports that can be compared" },
	{ "COLUMNS", "the width to write tables for; else that of the terminal" },
	{ "NO_COLOR", "no colours where it is not empty; TERM=dumb does the same" },
	{ "LC_ALL, LC_CTYPE, LANG",
	  "bars and ellipses beyond ASCII if the first of them that is set "
	  "names UTF-8; nothing else depends on the locale" },
	{ "XDG_DATA_HOME, HOME", "where the store is by default" },
	{ "GITHUB_*, CI_*, JENKINS_URL ...",
	  "facts of a build, in jobs of GitHub Actions, GitLab CI and Jenkins, unless --no-ci" },
};

static const struct row files[] = {
	{ "$XDG_DATA_HOME/cachestat/cachestat.db",
	  "the store (~/.local/share/cachestat/cachestat.db where XDG_DATA_HOME is not set)" },
	{ ".cachestat.yml", "the configuration of a project: project, default_branch, scopes, a "
			    "list of rules each with a scope and the patterns gha_scope, target, "
			    "tag, job, workflow, event and ref that must match; roles and "
			    "policy, which replace what policy.yml says; check, gates as "
			    "min_hit_rate and so on; claims, what compare holds against the "
			    "history" },
	{ "policy.yml", "in the package's data folder: the policy that strategy holds builds "
			"against, in the form that .cachestat.yml takes" },
};

/* Ordinary text: nothing in it is a request or an escape. */
static void put(struct cs_writer *w, const char *text)
{
	char before = w->buf.len ? w->buf.data[w->buf.len - 1] : '\n';

	if (before == '\n' && (*text == '.' || *text == '\''))
		cs_write(w, "\\&");
	for (const char *p = text; *p; p++) {
		if (strncmp(p, "\xe2\x80\xa6", 3) == 0) {
			cs_write(w, "...");
			p += 2;
		} else if (*p == '\\') {
			cs_write(w, "\\e");
		} else if (*p == '-') {
			cs_write(w, "\\-");
		} else if (*p == '\'') {
			cs_write(w, "\\(aq");
		} else if (*p == '^') {
			cs_write(w, "\\(ha");
		} else if (*p == '~') {
			cs_write(w, "\\(ti");
		} else if (*p == '`') {
			cs_write(w, "\\(ga");
		} else {
			cs_write(w, "%c", *p);
		}
	}
}

static void put_paragraphs(struct cs_writer *w, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);
		char *paragraph CS_AUTO(cs_free_p) = strndup(text, len);
		bool literal;

		if (!paragraph) {
			w->failed = true;
			return;
		}
		literal = *paragraph == ' ' || *paragraph == '\t';
		cs_write(w, literal ? ".PP\n.nf\n" : ".PP\n");
		for (char *line = paragraph; line;) {
			char *next = strchr(line, '\n');

			if (next)
				*next++ = '\0';
			put(w, line);
			cs_write(w, "\n");
			line = next;
		}
		if (literal)
			cs_write(w, ".fi\n");
		text += len + (end ? 2 : 0);
	}
}

static void put_row(struct cs_writer *w, const char *name, const char *text)
{
	cs_write(w, ".TP\n\\fB");
	put(w, name);
	cs_write(w, "\\fR\n");
	put(w, text);
	cs_write(w, "\n");
}

static void put_option(struct cs_writer *w, const struct cs_option *option)
{
	if (!option->help)
		return;
	cs_write(w, ".TP\n");
	if (option->letter)
		cs_write(w, "\\fB\\-%c\\fR, ", option->letter);
	cs_write(w, "\\fB\\-\\-");
	put(w, option->name);
	cs_write(w, "\\fR");
	if (option->arg) {
		cs_write(w, " \\fI");
		put(w, option->arg);
		cs_write(w, "\\fR");
	}
	cs_write(w, "\n");
	put(w, option->help);
	for (size_t i = 0; option->choices && option->choices[i]; i++) {
		cs_write(w, "%s", i ? ", " : ": ");
		put(w, option->choices[i]);
	}
	if (option->env)
		cs_write(w, " [\\fB%s\\fR]", option->env);
	cs_write(w, "\n");
}

static void put_usage(struct cs_writer *w, const char *path, const struct cs_command *command)
{
	cs_write(w, "\\fBcachestat ");
	put(w, path);
	cs_write(w, "\\fR [\\fIOPTION\\fR]...");
	if (command->operands && *command->operands) {
		cs_write(w, " \\fI");
		put(w, command->operands);
		cs_write(w, "\\fR");
	}
	cs_write(w, "\n");
}

typedef void visit_fn(struct cs_writer *w, const char *path, const struct cs_command *command);

static void each_command(struct cs_writer *w, const struct cs_command *const *commands,
			 visit_fn *visit)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct cs_command *const *sub = commands[i]->subcommands;

		if (!sub)
			visit(w, commands[i]->name, commands[i]);
		for (; sub && *sub; sub++) {
			char path[64];

			snprintf(path, sizeof(path), "%s %s", commands[i]->name, (*sub)->name);
			visit(w, path, *sub);
		}
	}
}

static void put_synopsis(struct cs_writer *w, const char *path, const struct cs_command *command)
{
	put_usage(w, path, command);
	cs_write(w, ".br\n");
}

static void put_command(struct cs_writer *w, const char *path, const struct cs_command *command)
{
	char *sentence CS_AUTO(cs_free_p) = cs_sentence(command->summary);
	const char *between = "Takes also the groups ";

	cs_write(w, ".SS ");
	put(w, path);
	cs_write(w, "\n");
	put_usage(w, path, command);
	put_paragraphs(w, command->description ? command->description : sentence ? sentence : "");
	for (size_t i = 0; i < command->n_options; i++)
		put_option(w, &command->options[i]);
	if (!command->groups || !command->groups[0])
		return;
	cs_write(w, ".PP\n");
	for (size_t i = 0; command->groups[i]; i++) {
		cs_write(w, "%s\\fI", between);
		put(w, command->groups[i]->title);
		cs_write(w, "\\fR");
		between = ", ";
	}
	cs_write(w, ".\n");
}

static void put_examples(struct cs_writer *w, const char *path, const struct cs_command *command)
{
	const char *p = command->examples ? command->examples : "";

	(void)path;
	while (*p) {
		size_t line = strcspn(p, "\n"), tab = strcspn(p, "\t\n");
		char text[512];

		snprintf(text, sizeof(text), "%.*s", (int)tab, p);
		cs_write(w, ".TP\n\\fB");
		put(w, text);
		cs_write(w, "\\fR\n");
		snprintf(text, sizeof(text), "%.*s", (int)(line > tab ? line - tab - 1 : 0),
			 p + tab + (line > tab));
		put(w, text);
		cs_write(w, "\n");
		p += line + (p[line] == '\n');
	}
}

static void put_group(struct cs_writer *w, const struct cs_option_group *group)
{
	cs_write(w, ".SS %s\n", group->title);
	for (size_t i = 0; i < group->n_options; i++)
		put_option(w, &group->options[i]);
}

/* What has been written, each thing once. */
struct seen {
	const void *v[256];
	size_t n;
};

static bool is_new(struct seen *seen, const void *thing)
{
	for (size_t i = 0; i < seen->n; i++) {
		if (seen->v[i] == thing)
			return false;
	}
	if (seen->n == CS_N(seen->v))
		return false;
	seen->v[seen->n++] = thing;
	return true;
}

static void put_groups(struct cs_writer *w, const struct cs_command *const *commands,
		       struct seen *seen)
{
	for (size_t i = 0; commands[i]; i++) {
		const struct cs_option_group *const *groups = commands[i]->groups;

		for (; groups && *groups; groups++) {
			if (*groups != &cs_group_limits && is_new(seen, *groups))
				put_group(w, *groups);
		}
		if (commands[i]->subcommands)
			put_groups(w, commands[i]->subcommands, seen);
	}
}

static void put_variables(struct cs_writer *w, const struct cs_command *const *commands,
			  struct seen *seen)
{
	const struct cs_option *option;

	for (size_t i = 0; commands[i]; i++) {
		for (size_t k = 0; (option = cs_command_option(commands[i], k)); k++) {
			char text[128];

			if (!option->env || !is_new(seen, option))
				continue;
			snprintf(text, sizeof(text), "used where --%s is not given%s", option->name,
				 option->arg ? "" : ": true or false");
			put_row(w, option->env, text);
		}
		if (commands[i]->subcommands)
			put_variables(w, commands[i]->subcommands, seen);
	}
}

static void put_limits(struct cs_writer *w)
{
	cs_write(w, ".SH LIMITS\n");
	put(w, "Input that goes past one of these bounds is refused with a message that names the "
	       "option. A SIZE may end in K, M, G, T (by 1000) or Ki, Mi, Gi, Ti (by 1024).");
	cs_write(w, "\n");
	for (size_t i = 0; i < cs_limit_defs_n; i++) {
		const struct cs_limit_def *def = &cs_limit_defs[i];
		char text[CS_LIMIT_TEXT];

		cs_write(w, ".TP\n\\fB\\-\\-");
		put(w, def->option);
		cs_write(w, "\\fR \\fI%s\\fR\n", strcmp(def->unit, "bytes") == 0 ? "SIZE" : "N");
		put(w, def->help);
		cs_write(w, " (%s)\n", cs_limit_text(def, text));
	}
}

void cs_help_man(struct cs_writer *w, const struct cs_command *const *commands)
{
	struct seen seen = { .n = 0 };

	cs_write(w,
		 ".\\\" Made by 'cachestat help --man'; change the tables in src/cmd instead.\n");
	cs_write(w, ".TH CACHESTAT 1 \"\" \"cachestat %s\" \"User Commands\"\n", PACKAGE_VERSION);
	/* Names of options and keys are copied from here: none is broken, no space is stretched. */
	cs_write(w, ".ad l\n.nh\n.SH NAME\ncachestat \\- tell whether a container\\-build cache "
		    "pays\n");
	cs_write(w, ".SH SYNOPSIS\n");
	each_command(w, commands, put_synopsis);
	cs_write(w,
		 "\\fBcachestat \\-\\-help\\fR | \\fB\\-\\-version\\fR | \\fB\\-\\-limits\\fR\n");
	cs_write(w, ".SH DESCRIPTION\n");
	put_paragraphs(w, cs_help_about);
	cs_write(w,
		 ".PP\nWhere the first operand is no command, the command is \\fB%s\\fR; a file "
		 "that is named like a command is given as \\fI./NAME\\fR.\n",
		 commands[0]->name);
	cs_write(w, ".SH COMMANDS\n");
	each_command(w, commands, put_command);
	cs_write(w, ".SH OPTIONS\n");
	put(w, "Groups of options that commands share. Long options are never abbreviated; "
	       "options and operands may mix; -- ends the options.");
	cs_write(w, "\n");
	put_groups(w, commands, &seen);
	cs_write(w, ".SH ENVIRONMENT\n");
	put_variables(w, commands, &seen);
	for (size_t i = 0; i < CS_N(environment); i++)
		put_row(w, environment[i].name, environment[i].text);
	cs_write(w, ".SH FILES\n");
	for (size_t i = 0; i < CS_N(files); i++)
		put_row(w, files[i].name, files[i].text);
	put_limits(w);
	cs_write(w, ".SH EXIT STATUS\n");
	for (size_t i = 0; cs_help_exit_status[i]; i++)
		cs_write(w, ".TP\n\\fB%zu\\fR\n%s\n", i, cs_help_exit_status[i]);
	cs_write(w, ".SH EXAMPLES\n");
	each_command(w, commands, put_examples);
	cs_write(w, ".SH SEE ALSO\n\\fBcachestat\\-metrics\\fR(7), "
		    "\\fBskopeo\\fR(1), \\fBdocker\\-buildx\\-build\\fR(1), "
		    "\\fBbuildah\\-build\\fR(1)\n");
}
