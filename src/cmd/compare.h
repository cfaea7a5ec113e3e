/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CS_CMD_COMPARE_H
#define CS_CMD_COMPARE_H

#include "cmd/cmd.h"
#include "cmd/history.h"
#include "cmd/selection.h"
#include "metrics/duplicates.h"

/* Texts for people (table, markdown, html), rather than numbers for programs. */
bool cs_cmd_for_people(const struct cs_args *args);
/* Fills report; the exit status. */
int cs_cmd_compare_images(struct cs_app *app, const struct cs_args *args,
			  const struct cs_selection sides[2], struct cs_report *report,
			  struct cs_err *err);

#endif
