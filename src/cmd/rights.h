/* SPDX-License-Identifier: Apache-2.0 */
/* What a command line grants the process: util/sandbox.h for the files that it names. */
#ifndef CS_CMD_RIGHTS_H
#define CS_CMD_RIGHTS_H

#include "cmd/cmd.h"

/*
 * After the options are parsed, before any input is read; --no-sandbox: not at all. Only where main
 * asked for it: tests run commands in a process that goes on.
 */
void cs_rights_drop(struct cs_app *app, const struct cs_command *command, const char *path,
		    const struct cs_args *args);
/* For --version -v: all are given up, and what is in force is told. The text is constant or in buf.
 */
const char *cs_rights_try(const struct cs_app *app, char *buf, size_t len);

#endif
