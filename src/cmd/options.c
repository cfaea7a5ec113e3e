/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The option groups that commands share. A command names either the filter or the facts: both have
 * --project, --scope and so on, one to choose builds, the other to describe one. Only facts have
 * variables: a variable set for the jobs that record must not hide builds from who lists them.
 */
#include "cmd/cmd.h"

#include "util/limits.h"

static const char *const formats[] = { "table",	   "json", "jsonl",	  "csv",
				       "markdown", "html", "openmetrics", NULL };
static const char *const test_results[] = { "passed", "failed", NULL };

static const struct cs_option common[] = {
	{ .name = "db",
	  .arg = "PATH|URL",
	  .env = "CACHESTAT_DB",
	  .help = "the store (default $XDG_DATA_HOME/cachestat/cachestat.db)" },
	{ .name = "format",
	  .arg = "FORMAT",
	  .choices = formats,
	  .help = "form of the output (default table)" },
	{ .name = "table",
	  .arg = "KEY",
	  .help = "the table that csv and jsonl hold, by its key in json (default the first)" },
	{ .name = "output",
	  .letter = 'o',
	  .arg = "FILE",
	  .help = "write to FILE, whole or not at all; - is stdout" },
	{ .name = "config",
	  .arg = "FILE",
	  .env = "CACHESTAT_CONFIG",
	  .help = "the configuration (default .cachestat.yml where it exists)" },
	{ .name = "no-color", .help = "no colours" },
	{ .name = "no-progress", .help = "no progress bar" },
	{ .name = "no-sandbox",
	  .env = "CACHESTAT_NO_SANDBOX",
	  .help = "keep rights that reading the given files does not need" },
	{ .name = "quiet",
	  .letter = 'q',
	  .help = "neither progress nor warnings; of record and nightly no report unless --format "
		  "is given" },
	{ .name = "verbose",
	  .letter = 'v',
	  .repeatable = true,
	  .help = "more columns and messages; twice for even more" },
};

static const struct cs_option filter[] = {
	{ .name = "project",
	  .arg = "NAME",
	  .repeatable = true,
	  .help = "builds of this project; it and those below may be repeated" },
	{ .name = "scope", .arg = "NAME", .repeatable = true, .help = "builds of this scope" },
	{ .name = "event",
	  .arg = "CLASS",
	  .repeatable = true,
	  .help = "builds of this event class, such as push_main or release" },
	{ .name = "ref", .arg = "REF", .repeatable = true, .help = "builds of this git ref" },
	{ .name = "target", .arg = "NAME", .repeatable = true, .help = "builds of this target" },
	{ .name = "platform",
	  .arg = "OS/ARCH",
	  .repeatable = true,
	  .help = "builds for this platform" },
	{ .name = "label",
	  .arg = "NAME=VALUE",
	  .repeatable = true,
	  .help = "builds with this label; all that are given must match" },
	{ .name = "since",
	  .arg = "TIME",
	  .help = "builds that began then or later: RFC 3339, a date, or an age such as 7d" },
	{ .name = "until", .arg = "TIME", .help = "builds that began before then" },
};

static const struct cs_option facts[] = {
	{ .name = "project",
	  .arg = "NAME",
	  .env = "CACHESTAT_PROJECT",
	  .help = "what is built, such as OWNER/NAME" },
	{ .name = "scope",
	  .arg = "NAME",
	  .env = "CACHESTAT_SCOPE",
	  .help = "the cache it shares, such as test or production" },
	{ .name = "event",
	  .arg = "NAME",
	  .env = "CACHESTAT_EVENT",
	  .help = "what woke the build: push, pull_request, release, schedule ..." },
	{ .name = "ref", .arg = "REF", .env = "CACHESTAT_REF", .help = "git ref that was built" },
	{ .name = "commit",
	  .arg = "SHA",
	  .env = "CACHESTAT_COMMIT",
	  .help = "commit that was built" },
	{ .name = "run-id", .arg = "ID", .env = "CACHESTAT_RUN_ID", .help = "run of the CI" },
	{ .name = "attempt",
	  .arg = "N",
	  .env = "CACHESTAT_ATTEMPT",
	  .help = "attempt of that run" },
	{ .name = "workflow",
	  .arg = "NAME",
	  .env = "CACHESTAT_WORKFLOW",
	  .help = "workflow or pipeline" },
	{ .name = "job", .arg = "NAME", .env = "CACHESTAT_JOB", .help = "job within the workflow" },
	{ .name = "target",
	  .arg = "NAME",
	  .env = "CACHESTAT_TARGET",
	  .help = "stage that was built" },
	{ .name = "started-at",
	  .arg = "TIME",
	  .env = "CACHESTAT_STARTED_AT",
	  .help = "when the build began (RFC 3339)" },
	{ .name = "completed-at",
	  .arg = "TIME",
	  .env = "CACHESTAT_COMPLETED_AT",
	  .help = "when it ended (RFC 3339)" },
	{ .name = "tests",
	  .arg = "RESULT",
	  .env = "CACHESTAT_TESTS",
	  .choices = test_results,
	  .help = "result of the tests" },
	{ .name = "pushed", .env = "CACHESTAT_PUSHED", .help = "the image was pushed" },
	{ .name = "label",
	  .arg = "NAME=VALUE",
	  .env = "CACHESTAT_LABEL",
	  .repeatable = true,
	  .help = "any further fact (the variable takes several, apart by commas)" },
	{ .name = "default-branch",
	  .arg = "NAME",
	  .env = "CACHESTAT_DEFAULT_BRANCH",
	  .help = "pushes to it are push_main (default main)" },
	{ .name = "no-ci",
	  .env = "CACHESTAT_NO_CI",
	  .help = "take nothing from the variables of GitHub, GitLab or Jenkins" },
};

static const struct cs_option limits[] = {
#define X(field, option, def, unit, text)                                                          \
	{ .name = option,                                                                          \
	  .arg = __builtin_strcmp(unit, "bytes") == 0 ? "SIZE" : "N",                              \
	  .help = text },
	CS_LIMITS(X)
#undef X
};

const struct cs_option_group cs_group_common = { "Common options", common, CS_N(common) };
const struct cs_option_group cs_group_filter = { "Which builds", filter, CS_N(filter) };
const struct cs_option_group cs_group_facts = { "Facts of the build", facts, CS_N(facts) };
const struct cs_option_group cs_group_limits = { "Limits on input", limits, CS_N(limits) };
