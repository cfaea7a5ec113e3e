/* SPDX-License-Identifier: Apache-2.0 */
/* What a step of GitHub Actions can say beside its log: annotations and outputs. */
#ifndef CS_CMD_GITHUB_H
#define CS_CMD_GITHUB_H

#include "cmd/cmd.h"

/* GITHUB_ACTIONS is true. */
bool cs_github_is_runner(const struct cs_app *app);
/* "::error title=TITLE::MESSAGE\n": %, CR and LF (in a property : and , too) as %XX. -1 no memory.
 */
int cs_github_annotation(struct cs_buf *buf, const char *level, const char *title,
			 const char *message);
/*
 * name=value, or with a delimiter that nobody can guess, and that value does not hold, where value
 * has more than one line. -1 no memory or no chance.
 */
int cs_github_output(struct cs_buf *buf, const char *name, const char *value);
/* Appends to the file that GITHUB_OUTPUT names; nothing where it names none. */
int cs_github_write_outputs(const struct cs_app *app, const struct cs_buf *outputs,
			    struct cs_err *err);

#endif
