/* SPDX-License-Identifier: Apache-2.0 */
/* What the tables say, for people, for man(1) and for shells. */
#ifndef CS_CMD_HELP_H
#define CS_CMD_HELP_H

#include "cmd/cmd.h"
#include "cmd/writer.h"

/* commands: NULL-terminated, the first is the default (cs_commands). */
void cs_help_short(struct cs_writer *w, const struct cs_command *const *commands);
void cs_help_top(struct cs_writer *w, const struct cs_command *const *commands);
/* path: "db info" */
void cs_help_command(struct cs_writer *w, const char *path, const struct cs_command *command);
void cs_help_limits(struct cs_writer *w);
void cs_help_version(struct cs_writer *w, bool verbose);
void cs_help_man(struct cs_writer *w, const struct cs_command *const *commands);
/* False for a shell that is not known. */
bool cs_help_completion(struct cs_writer *w, const struct cs_command *const *commands,
			const char *shell);
extern const char *const cs_help_about;
extern const char *const cs_help_exit_status[]; /* by status, NULL-terminated */
extern const char *const cs_help_shells[];	/* NULL-terminated */

/* 8Gi, 10000: as the option takes it back. */
#define CS_LIMIT_TEXT 32
char *cs_limit_text(const struct cs_limit_def *def, char buf[CS_LIMIT_TEXT]);

#endif
