/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line of one command, read along its option tables: --name VALUE, --name=VALUE,
 * -o VALUE, -oVALUE, bundled switches, "--" ends the options, options and operands may mix. Long
 * names are never abbreviated: an option that is added later must not break a script.
 */
#ifndef CS_CMD_ARGS_H
#define CS_CMD_ARGS_H

#include "cmd/cmd.h"

/* Every command has it, outside the tables. */
extern const struct cs_option cs_option_help;

/* The i-th option of a command: its own, then its groups'; NULL past the end. */
const struct cs_option *cs_command_option(const struct cs_command *command, size_t i);
/* By long name, or by letter when name is NULL; NULL if the command has none such. */
const struct cs_option *cs_command_find(const struct cs_command *command, const char *name,
					char letter);

/*
 * argv: all words but the program and the command; borrowed, like the environment's values. path:
 * "db info", for messages. Unless --help is given, numbers of operands, choices and values of
 * variables are checked too. CS_USAGE.
 */
int cs_args_parse(const struct cs_command *command, const char *path, size_t argc,
		  const char *const *argv, const char *(*getenv_fn)(void *arg, const char *name),
		  void *arg, struct cs_args **ret, struct cs_err *err);
void cs_args_free(struct cs_args *args);
CS_DEFINE_AUTO(struct cs_args *, cs_args_free)

bool cs_args_wants_help(const struct cs_args *args);
/* Lives as long as args; for what is derived from values. */
struct cs_arena *cs_args_arena(const struct cs_args *args);
/* How often the option stands on the command line; variables do not count. */
size_t cs_args_n_flags(const struct cs_args *args, const char *name);
/* The value of the option's variable, whether or not the option was given; NULL without. */
const char *cs_args_env(const struct cs_args *args, const char *name);
/* Who gave the value, for messages: "--ref" or "CACHESTAT_REF". */
const char *cs_args_source(const struct cs_args *args, const char *name);
/* "true", "yes", "1" and their opposites. */
bool cs_args_bool(const char *text, bool *ret);
/* A whole number of at least 1; K M G T count by 1000, Ki Mi Gi Ti by 1024. *ret untouched: see
 * int. */
int cs_args_size(const struct cs_args *args, const char *name, int64_t *ret, struct cs_err *err);

#endif
