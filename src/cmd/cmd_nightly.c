/* SPDX-License-Identifier: Apache-2.0 */
/* nightly: the metrics job. Each step can be done again, so a run that was killed is mended by the
 * next one. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/analysis.h"
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/nightly.h"
#include "cmd/output.h"
#include "util/file.h"

static const struct cs_option options[] = {
	{ .name = "inbox", .arg = "DIR", .help = "the folder that is taken in" },
	{ .name = "out", .arg = "DIR", .help = "where the reports and metrics go" },
	{ .name = "keep",
	  .arg = "AGE",
	  .help = "older builds become sums of their day (400d, or a date)" },
	{ .name = "settle",
	  .arg = "AGE",
	  .help = "files changed since then are left for the next run (5m; default: none)" },
	{ .name = "since", .arg = "TIME", .help = "the report's window (default 30d)" },
};

static const struct cs_option_group *const groups[] = { &cs_group_facts, &cs_group_image,
							&cs_group_common, &cs_group_limits, NULL };

static int read_options(struct cs_nightly *n, struct cs_err *err)
{
	int64_t now = cs_ctx_now(&n->app->ctx);
	const char *inbox = cs_args_get(n->args, "inbox"), *keep = cs_args_get(n->args, "keep");
	const char *since = cs_args_get(n->args, "since"), *settle = cs_args_get(n->args, "settle");
	int64_t settled = now;
	char *path CS_AUTO(cs_free_p) = NULL;
	int fd CS_AUTO(cs_close_p) = -1;

	n->out = cs_args_get(n->args, "out");
	if (!inbox || !*inbox || !n->out || !*n->out)
		return cs_err_set(err, CS_USAGE, "nightly needs --inbox DIR and --out DIR");
	n->keep_unix_ns = CS_TIME_NONE;
	if (keep && cs_time_parse_human(keep, now, &n->keep_unix_ns, err) < 0)
		return cs_err_prefix(err, "--keep");
	if (cs_time_parse_human(since ? since : "30d", now, &n->since_unix_ns, err) < 0)
		return cs_err_prefix(err, "--since");
	if (keep && n->keep_unix_ns > n->since_unix_ns)
		return cs_err_set(err, CS_USAGE,
				  "--keep: shorter than the report's window, --since");
	if (settle && cs_time_parse_human(settle, now, &settled, err) < 0)
		return cs_err_prefix(err, "--settle");
	if (settled > now)
		return cs_err_set(err, CS_USAGE, "--settle: is in the future");
	n->settle_ns = now - settled;
	path = realpath(inbox, NULL);
	fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return cs_err_errno(err, errno, "the inbox '%s'", inbox);
	n->inbox = cs_arena_strdup(n->arena, path);
	return n->inbox ? 0 : cs_err_nomem(err);
}

/* The kernel lets go of it when the process ends, however it ends. */
static int lock(struct cs_nightly *n, int *ret_fd, struct cs_err *err)
{
	const char *path = cs_arena_printf(n->arena, "%s/.lock", n->out);
	int fd CS_AUTO(cs_close_p) = -1;
	struct stat st;
	int r;

	if (!path)
		return cs_err_nomem(err);
	r = cs_mkdir_shared(n->out, err);
	if (r < 0)
		return r;
	if (stat(n->out, &st) == 0 && !S_ISDIR(st.st_mode))
		return cs_err_set(err, CS_USAGE, "--out: '%s' is no folder", n->out);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return cs_err_errno(err, errno, "cannot open '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? cs_err_set(err, CS_BUSY, "another nightly is at work in '%s'",
					    n->out)
			       : cs_err_errno(err, errno, "cannot lock '%s'", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int tell(struct cs_nightly *n, const struct cs_report *report, struct cs_err *err)
{
	if (cs_args_get(n->args, "format") || cs_args_get(n->args, "output"))
		return cs_cmd_render(n->app, n->args, report, err);
	if (n->app->quiet)
		return 0;
	return cs_cmd_print(n->text.data ? n->text.data : "", n->text.len, err);
}

static int work(struct cs_nightly *n, struct cs_err *err)
{
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	int fd CS_AUTO(cs_close_p) = -1;
	int r = read_options(n, err);

	if (r == 0)
		r = lock(n, &fd, err);
	if (r == 0)
		r = cs_nightly_sweep(n, err);
	if (r == 0)
		r = cs_nightly_last(n, err);
	if (r == 0)
		r = cs_nightly_take_in(n, err);
	if (r == 0)
		r = cs_cmd_store(n->app, n->args, CS_STORE_WRITE, &store, err);
	if (r == 0)
		r = cs_nightly_prune(n, store, err);
	if (r == 0)
		r = cs_nightly_report(n, store, &report, err);
	if (r == 0)
		r = cs_nightly_write(n, report, err);
	if (r == 0)
		r = tell(n, report, err);
	return r < 0 ? r : n->n_bad ? 3 : 0;
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_nightly n = { .app = app, .args = args, .arena = cs_arena_new() };
	int r = n.arena ? work(&n, err) : cs_err_nomem(err);

	cs_buf_release(&n.text);
	free(n.bad);
	cs_arena_free(n.arena);
	return r;
}

const struct cs_command cs_cmd_nightly = {
	.name = "nightly",
	.operands = "",
	.summary = "the metrics job: take in what is new, write reports and metrics, prune",
	.description =
		"Walks the inbox and takes in what is new, as record does: records, logs, metadata "
		"files, images, zips of such files (as if they lay in a folder of that name; not "
		"images and batches), and batches (*.jsonl; what their lines name lies beside or "
		"below them). A file is known by path, size and time, and never taken in twice. "
		"Files stay where they are.\n\n"
		"What tells of no build (a README, an empty file, another program's JSON) is "
		"counted "
		"once as skipped and not looked at again until it changes. What is a build's but "
		"damaged, and a *.dockerbuild or *.jsonl that is nothing of the kind, is named "
		"each "
		"time, also in the report, and tried again: the file, the line of a batch "
		"(FILE:3), or "
		"the file of a zip (FILE: MEMBER); the other lines and members go in once. What a "
		"bad line names waits for it. Left for the next run are names that end in .tmp, "
		".part, .partial, .crdownload, .swp or ~, what changes while it is read, and with "
		"--settle 5m what changed in the last five minutes. Names that begin with a dot "
		"are "
		"left alone.\n\n"
		"Then report.html, report.md, metrics.prom and metrics.json are written, each "
		"whole "
		"or not at all, and what changed since the last run is said, scope by scope of "
		"each "
		"project, with whether that is more than noise: better, worse, noise, "
		"not_enough_data "
		"(under 5 runs on a side), new, gone (no build for a week), idle.\n\n"
		"With --keep, builds that began before that become sums of their day (UTC), "
		"project, "
		"scope and event. A build of such a day that comes later is left out, for nobody "
		"can "
		"tell whether it is in the sums.\n\n"
		"A second nightly for the same --out ends at once. A run that was killed is mended "
		"by the next one. --out is made as mkdir makes it, to be served; the store is "
		"its owner's.\n\n"
		"Exit status: 0 all done; 3 files could not be read, all else done; 2 not done "
		"(wrong "
		"options, no inbox, an --out or a store that cannot be written, another nightly at "
		"work): the next run makes up for it. Never 1 or 4: a change is told, not judged "
		"(check does that).",
	.examples =
		"cachestat nightly --inbox inbox --out /srv/www/cache --keep 400d\tfrom a timer",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.run = run,
};
