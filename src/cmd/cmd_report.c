/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report: everything of a window in one document. The document is the renderers' affair; here are
 * the window and where it goes.
 */
#include <string.h>
#include <sys/stat.h>

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/report_build.h"

#define WINDOW_DAYS  30
#define MAX_ROWS     20
#define MACHINE_ROWS 10000 /* past that a list is no part of a document */

#define SUMMARY_MAX	((size_t)1 << 20)
#define SUMMARY_COMMENT ((size_t)1 << 16)
#define SUMMARY_LEAST	((size_t)4096)

static const struct cs_option_group *const groups[] = { &cs_group_filter, &cs_group_common, NULL };

static const struct cs_option options[] = {
	{ .name = "compact",
	  .help = "markdown for a comment: 64 KiB at most, few rows, no folded tables" },
	{ .name = "max-rows",
	  .arg = "N",
	  .help = "at most N rows of each list of steps, misses and builds, 0 for all (default: "
		  "20, in json, jsonl and csv 10000; the table cut names lists that go on)" },
	{ .name = "repo",
	  .arg = "DIR",
	  .help = "a git repository that has the builds' commits, to name the causes of "
		  "misses by its files" },
	{ .name = "summary",
	  .help = "append to the file that GITHUB_STEP_SUMMARY names, not to stdout; in markdown, "
		  "without -o" },
};

static bool is_one_of(const char *format, const char *const *names)
{
	for (; *names; names++) {
		if (strcmp(format, *names) == 0)
			return true;
	}
	return false;
}

static int read_window(struct cs_app *app, const struct cs_args *args, struct cs_filter *filter,
		       struct cs_window *ret, struct cs_err *err)
{
	static const char *const machine[] = { "json", "jsonl", "csv", NULL };
	const char *format = cs_args_get(args, "format");
	int64_t rows = format && is_one_of(format, machine) ? MACHINE_ROWS : MAX_ROWS, end;
	int r = cs_args_int(args, "max-rows", 0, INT32_MAX, &rows, err);

	if (r == 0)
		r = cs_cmd_filter(app, args, filter, err);
	if (r < 0)
		return r;
	end = filter->until_unix_ns == CS_TIME_NONE ? cs_ctx_now(&app->ctx) : filter->until_unix_ns;
	if (filter->since_unix_ns == CS_TIME_NONE &&
	    __builtin_sub_overflow(end, WINDOW_DAYS * INT64_C(86400) * CS_NS_PER_S,
				   &filter->since_unix_ns))
		filter->since_unix_ns = CS_TIME_NONE;
	ret->filter = filter;
	ret->max_rows = (size_t)rows;
	ret->repo = cs_args_get(args, "repo");
	ret->file_bytes = format && strcmp(format, "openmetrics") == 0;
	return 0;
}

/* *ret_path: the file to append to, or NULL. */
static int read_summary(struct cs_app *app, const struct cs_args *args, const char **ret_path,
			struct cs_err *err)
{
	const char *format = cs_args_get(args, "format");
	bool markdown = format && strcmp(format, "markdown") == 0;
	const char *path;

	*ret_path = NULL;
	if (cs_args_has(args, "compact") && !markdown)
		return cs_err_set(err, CS_USAGE, "--compact: only with --format markdown");
	if (!cs_args_has(args, "summary"))
		return 0;
	if (!markdown || cs_args_has(args, "output"))
		return cs_err_set(err, CS_USAGE,
				  "--summary: only with --format markdown, and without -o");
	path = app->getenv(app->arg, "GITHUB_STEP_SUMMARY");
	if (!path || !*path)
		return cs_err_set(err, CS_USAGE, "--summary: GITHUB_STEP_SUMMARY is not set");
	*ret_path = path;
	return 0;
}

/* GitHub shows nothing of a summary that is longer, so what stands there already counts. */
static int leave_room(struct cs_app *app, const char *path, bool compact, struct cs_err *err)
{
	struct stat st;
	size_t size = stat(path, &st) == 0 && st.st_size > 0 ? (size_t)st.st_size : 0;

	if (size + SUMMARY_LEAST > SUMMARY_MAX)
		return cs_err_set(err, CS_LIMIT,
				  "--summary: '%s' has no room left, a step may write 1 MiB", path);
	/* a comment has a bound of its own, which is less */
	if (!compact || SUMMARY_MAX - size < SUMMARY_COMMENT)
		app->render.max_bytes = SUMMARY_MAX - size;
	return 0;
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_window window = { 0 };
	struct cs_filter filter;
	const char *summary;
	int r = read_summary(app, args, &summary, err);

	if (r == 0 && summary)
		r = leave_room(app, summary, cs_args_has(args, "compact"), err);
	if (r == 0)
		r = read_window(app, args, &filter, &window, err);
	if (r == 0)
		r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = cs_report_new("report", cs_ctx_now(&app->ctx), &report, err);
	if (r == 0)
		r = cs_cmd_report_fill(app, store, &window, report, err);
	if (r < 0)
		return r;
	app->render.compact = cs_args_has(args, "compact");
	if (cs_args_has(args, "max-rows"))
		app->render.max_rows = window.max_rows ? window.max_rows : SIZE_MAX;
	return summary ? cs_cmd_append(app, args, report, summary, err)
		       : cs_cmd_render(app, args, report, err);
}

const struct cs_command cs_cmd_report = {
	.name = "report",
	.operands = "",
	.summary = "everything of a window in one document",
	.description =
		"The last 30 days, or what --since and --until say: hit rates and what the cache "
		"saved by scope, their trend by day (by week in a window past 100 days, by month "
		"past 400), the steps that take the time, the costliest "
		"misses with their causes, builds per event against the policy, duplicates, the "
		"health of scopes. Each figure stands beside how many builds it stands on, and "
		"its change against the window of equal length before; whether a change is more "
		"than noise is what compare tells. Builds that were pruned are in the trend only, "
		"as the sums that nightly kept of them.\n"
		"\n"
		"html is one file that loads nothing from elsewhere. markdown fits a job summary "
		"of 1 MiB; with --summary it is appended to that of the GitHub job. openmetrics is "
		"for node_exporter's textfile collector: gauges by project and scope, by project "
		"and event, by project and kind of duplicate, and of the store.",
	.examples = "cachestat report --format html -o report.html\tthe last 30 days\n"
		    "cachestat report --since 7d --format markdown --compact\tfor a comment\n"
		    "cachestat report --repo . --format html -o report.html\tmore causes of misses",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.run = run,
};
