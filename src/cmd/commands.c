/* SPDX-License-Identifier: Apache-2.0 */
/* The order of --help and the manual; the first is what "cachestat IMAGE" runs. */
#include "cmd/commands.h"

const struct cs_command *const cs_commands[] = {
	&cs_cmd_analyze,
	&cs_cmd_record,
	&cs_cmd_ls,
	&cs_cmd_show,
	&cs_cmd_why,
	&cs_cmd_stats,
	&cs_cmd_strategy,
	&cs_cmd_diff,
	&cs_cmd_compare,
	&cs_cmd_check,
	&cs_cmd_report,
	&cs_cmd_nightly,
	&cs_cmd_cache,
	&cs_cmd_db,
	&cs_cmd_help,
	&cs_cmd_completion,
	NULL,
};
