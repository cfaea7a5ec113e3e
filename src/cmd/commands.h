/* SPDX-License-Identifier: Apache-2.0 */
/* One line for each file src/cmd/cmd_*.c. */
#ifndef CS_CMD_COMMANDS_H
#define CS_CMD_COMMANDS_H

#include "cmd/cmd.h"

extern const struct cs_command cs_cmd_analyze;
extern const struct cs_command cs_cmd_cache;
extern const struct cs_command cs_cmd_check;
extern const struct cs_command cs_cmd_compare;
extern const struct cs_command cs_cmd_completion;
extern const struct cs_command cs_cmd_db;
extern const struct cs_command cs_cmd_diff;
extern const struct cs_command cs_cmd_help;
extern const struct cs_command cs_cmd_ls;
extern const struct cs_command cs_cmd_record;
extern const struct cs_command cs_cmd_report;
extern const struct cs_command cs_cmd_show;
extern const struct cs_command cs_cmd_stats;
extern const struct cs_command cs_cmd_strategy;
extern const struct cs_command cs_cmd_nightly;
extern const struct cs_command cs_cmd_why;

#endif
