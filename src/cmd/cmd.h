/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subcommand is one file, one row in commands.c and its option tables: parsing, --help,
 * completion and the manual's synopsis all come from them.
 */
#ifndef CS_CMD_CMD_H
#define CS_CMD_CMD_H

#include <stdbool.h>

#include "ci/config.h"
#include "model/filter.h"
#include "report/report.h"
#include "store/store.h"

struct cs_option {
	const char *name; /* long name without dashes */
	char letter;	  /* 0 without */
	const char *arg;  /* metavariable, NULL for a switch */
	const char *help; /* one line, lower case, no full stop; NULL = not shown */
	bool repeatable;
	const char *const *choices; /* NULL-terminated; NULL = free */
	/* variable that gives a default, NULL without; for a switch it holds true or false */
	const char *env;
};

struct cs_option_group {
	const char *title; /* "Facts of the build" */
	const struct cs_option *options;
	size_t n_options;
};

/* The groups that commands share (options.c). */
extern const struct cs_option_group cs_group_common; /* --db --format -o --config -q -v … */
extern const struct cs_option_group cs_group_filter; /* --project --scope … --since --until */
extern const struct cs_option_group cs_group_facts;  /* --project --commit … --label --no-ci */
extern const struct cs_option_group cs_group_limits; /* one for each row of util/limits.h */

/*
 * What main() prepared: clock, progress, cancel flag, terminal; then the dispatcher: limits, -q,
 * -v, colour, the configuration.
 */
struct cs_app {
	struct cs_ctx ctx;
	const struct cs_config *config; /* .cachestat.yml or --config; never NULL, may be empty */
	const char *(*getenv)(void *arg, const char *name);
	void *arg;
	int stdin_fd;
	struct cs_render_options render;
	bool quiet;
	bool sandbox; /* give up rights before input is read: cmd/rights.h */
	int verbose;
};

struct cs_args;
/* The last value given (flag, else its environment variable), or NULL. */
const char *cs_args_get(const struct cs_args *args, const char *name);
bool cs_args_has(const struct cs_args *args, const char *name); /* a switch, or any value */
size_t cs_args_count(const struct cs_args *args, const char *name);
const char *cs_args_nth(const struct cs_args *args, const char *name, size_t i);
size_t cs_args_n_operands(const struct cs_args *args);
const char *cs_args_operand(const struct cs_args *args, size_t i);
/* A whole number within [min, max]; *ret untouched when the option was not given. */
int cs_args_int(const struct cs_args *args, const char *name, int64_t min, int64_t max,
		int64_t *ret, struct cs_err *err);

struct cs_command {
	const char *name;
	const char *operands; /* "IMAGE…", "BUILD|FILE", "" */
	const char *summary;  /* one line */
	/* for --help and the manual: paragraphs apart by an empty line, indented ones stay as are */
	const char *description;
	const char *examples; /* lines "COMMAND LINE\tWHAT IT DOES", NULL without */
	const struct cs_option *options; /* its own */
	size_t n_options;
	const struct cs_option_group *const *groups; /* NULL-terminated */
	int min_operands, max_operands; /* -1 = any number */
	const struct cs_command *const *subcommands; /* "db": NULL-terminated, else NULL */
	/* The exit status (0, 1, 4 …), or negative with err; an empty message is not printed. */
	int (*run)(struct cs_app *app, const struct cs_args *args, struct cs_err *err);
};

extern const struct cs_command *const cs_commands[]; /* NULL-terminated; the first is the default */

/* --- helpers of commands (cmd/common.c, cmd/filter.c, cmd/facts.c) --- */

/* Opens the store that --db, CACHESTAT_DB or the default name. */
int cs_cmd_store(struct cs_app *app, const struct cs_args *args, enum cs_store_mode mode,
		 struct cs_store **ret, struct cs_err *err);
/* Reads the filter options. The texts live as long as args. */
int cs_cmd_filter(struct cs_app *app, const struct cs_args *args, struct cs_filter *ret,
		  struct cs_err *err);
/* The options that are facts of an input, where a recorded build is wanted: which one of them. */
int cs_cmd_filter_facts(const struct cs_args *args, struct cs_filter *ret, struct cs_err *err);
/* Warns that nothing is recorded, or that nothing matches: an empty table looks like an answer. */
int cs_cmd_warn_none(struct cs_app *app, struct cs_store *store, struct cs_err *err);
/*
 * Renders to -o FILE (whole or not at all) or stdout in --format. A full disk is an error, so is a
 * reader that went away, but one without a message.
 */
int cs_cmd_render(struct cs_app *app, const struct cs_args *args, const struct cs_report *report,
		  struct cs_err *err);
/* Renders in --format to the end of a file: the summary of a CI job. */
int cs_cmd_append(struct cs_app *app, const struct cs_args *args, const struct cs_report *report,
		  const char *path, struct cs_err *err);
/* All of data to stdout, flushed; errors as cs_cmd_render(). */
int cs_cmd_print(const char *data, size_t len, struct cs_err *err);
/*
 * Facts of a build in the order flag > CACHESTAT_* > the input itself > the CI's environment >
 * empty; then the scope: flag, a configured rule, the input's gha scope (hints->scope), the target,
 * "default". hints: what the input says of itself (cs_facts_init'ed where nothing), each fact with
 * its origin; a scope hint from CS_FROM_USER stands above the rules. The texts live in arena, or as long as app, args and hints. An empty value counts as not given. Credentials in
 * URLs are cut out, labels that are named like secrets are dropped.
 */
int cs_cmd_facts(struct cs_app *app, const struct cs_args *args, const struct cs_facts *hints,
		 const char *image_ref, struct cs_arena *arena, struct cs_facts *ret,
		 struct cs_err *err);
/*
 * The same for builds that were told in a list: another job made them, so of the CI's environment
 * only the project and the default branch count.
 */
int cs_cmd_facts_elsewhere(struct cs_app *app, const struct cs_args *args,
			   const struct cs_facts *hints, const char *image_ref,
			   struct cs_arena *arena, struct cs_facts *ret, struct cs_err *err);
/* Marks every fact as told by that origin (enum cs_origin), for hints. */
void cs_facts_say(struct cs_facts *facts, uint8_t origin);

#endif
