/* SPDX-License-Identifier: Apache-2.0 */
/* From the words of the command line to one command that runs. */
#ifndef CS_CMD_DISPATCH_H
#define CS_CMD_DISPATCH_H

#include "cmd/cmd.h"

/*
 * The first operand names the command; if it names none, the command is the first of the table.
 * Applies the common options and the limits to app and loads the configuration. Returns the exit
 * status, or negative with err.
 */
int cs_dispatch(struct cs_app *app, const struct cs_command *const *commands, int argc,
		const char *const *argv, struct cs_err *err);

/* The row of that name, or NULL. */
const struct cs_command *cs_command_by_name(const struct cs_command *const *commands,
					    const char *name);

#endif
