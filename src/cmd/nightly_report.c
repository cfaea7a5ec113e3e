/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All four files are rendered before the first is written, and metrics.json goes last: what it says
 * of the last run is true of the others, too. Each is whole at any time (temporary + rename).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/nightly.h"
#include "cmd/output.h"
#include "cmd/report_build.h"
#include "store/testpoint.h"
#include "util/file.h"
#include "util/json.h"

static const struct cs_column nightly_columns[] = {
	{ "last_run", "last run", CS_TYPE_TIME, CS_ROLE_GAUGE, 0, "When the nightly job ran" },
	{ "new_files", "new files", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Files of the inbox that this run took in" },
	{ "bad_files", "bad files", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Files of the inbox, lines of batches and files of zips that cannot be read" },
	{ "skipped_files", "skipped", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Files of the inbox found to tell of no build by this run" },
	{ "waiting_files", "waiting", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Files of the inbox that are still being written" },
	{ "new_builds", "new builds", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "joined_builds", "joined", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Recorded builds that know more now" },
	{ "old_builds", "too old", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Builds left out because their day is summed up already" },
	{ "pruned_builds", "summed up", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0,
	  "Builds that became sums of their day" },
};

static const struct cs_column bad_columns[] = {
	{ "file", "file", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "error", "error", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_WIDE, NULL },
};

static void add_nightly(struct cs_nightly *n, struct cs_report *report)
{
	struct cs_table *t = cs_report_add_table(report, "nightly", "This run", nightly_columns,
						 CS_N(nightly_columns));

	if (!t)
		return;
	cs_row_add(report, t);
	cs_row_int(report, t, "last_run", cs_ctx_now(&n->app->ctx));
	cs_row_int(report, t, "new_files", n->new_files);
	cs_row_int(report, t, "bad_files", (int64_t)n->n_bad);
	cs_row_int(report, t, "skipped_files", n->skipped_files);
	cs_row_int(report, t, "waiting_files", n->waiting_files);
	cs_row_int(report, t, "new_builds", n->new_builds);
	cs_row_int(report, t, "joined_builds", n->joined_builds);
	cs_row_int(report, t, "old_builds", n->old_builds);
	cs_row_int(report, t, "pruned_builds", n->pruned_builds);
}

static void add_bad(struct cs_nightly *n, struct cs_report *report)
{
	struct cs_table *t = cs_report_add_table(report, "bad_files", "Files that cannot be read",
						 bad_columns, CS_N(bad_columns));

	for (size_t i = 0; t && i < n->n_bad_rows; i++) {
		cs_row_add(report, t);
		cs_row_text(report, t, "file", n->bad[i].path);
		cs_row_text(report, t, "error", n->bad[i].error);
	}
	if (t && n->n_bad > n->n_bad_rows)
		cs_table_lead(report, t, "The first %zu of %zu.", n->n_bad_rows, n->n_bad);
	if (n->n_bad)
		cs_report_warning(report,
				  "%zu files or lines of the inbox cannot be read; the "
				  "figures are of the others",
				  n->n_bad);
}

/* Everything of the window, as the report command has it; its metrics are called as the dashboard
 * and the alerts of data/nightly name them. */
static int add_window(struct cs_nightly *n, struct cs_store *store, struct cs_report *report,
		      struct cs_err *err)
{
	struct cs_filter filter;
	const struct cs_window window = { .filter = &filter, .max_rows = 50, .file_bytes = true };

	cs_filter_init(&filter);
	filter.since_unix_ns = n->since_unix_ns;
	return cs_cmd_report_fill(n->app, store, &window, report, err);
}

int cs_nightly_report(struct cs_nightly *n, struct cs_store *store, struct cs_report **ret,
		      struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	int r = cs_report_new("nightly", cs_ctx_now(&n->app->ctx), &report, err);

	if (r < 0)
		return r;
	add_nightly(n, report);
	r = cs_nightly_changes(n, store, report, err);
	if (r == 0)
		r = add_window(n, store, report, err);
	add_bad(n, report);
	if (r == 0)
		r = cs_report_check(report, err);
	if (r == 0)
		*ret = cs_steal(report);
	return r;
}

/* --- the files --- */

static const struct {
	const char *format, *name;
} files[] = {
	{ "html", "report.html" },
	{ "markdown", "report.md" },
	{ "openmetrics", "metrics.prom" },
	{ "json", "metrics.json" },
};

static int render(const struct cs_report *report, const char *format, char **ret, size_t *ret_len,
		  struct cs_err *err)
{
	const struct cs_render_options options = { .utf8 = true };
	FILE *memory = open_memstream(ret, ret_len);
	int r;

	if (!memory)
		return cs_err_nomem(err);
	r = cs_renderer_find(format)->render(report, &options, memory, err);
	if (r == 0 && ferror(memory))
		r = cs_err_nomem(err);
	if (fclose(memory) != 0 && r == 0)
		r = cs_err_nomem(err);
	return r;
}

int cs_nightly_write(struct cs_nightly *n, const struct cs_report *report, struct cs_err *err)
{
	struct cs_testpoints points = { 0 };
	char *data[CS_N(files)] = { NULL };
	size_t len[CS_N(files)] = { 0 };
	int r = 0;

	for (size_t i = 0; i < CS_N(files) && r == 0; i++)
		r = render(report, files[i].format, &data[i], &len[i], err);
	for (size_t i = 0; i < CS_N(files) && r == 0; i++) {
		const char *path = cs_arena_printf(n->arena, "%s/%s", n->out, files[i].name);

		cs_testpoint(&points, "output");
		r = path ? cs_output_write(path, data[i], len[i], err) : cs_err_nomem(err);
	}
	cs_testpoint(&points, "output");
	for (size_t i = 0; i < CS_N(files); i++)
		free(data[i]);
	return r;
}

/* ".report.html.aB3xY9", as cs_outfile_open() names them; under the lock nobody writes one. */
static bool is_leftover(const char *name)
{
	for (size_t i = 0; i < CS_N(files); i++) {
		size_t len = strlen(files[i].name);

		if (name[0] == '.' && strncmp(name + 1, files[i].name, len) == 0 &&
		    name[len + 1] == '.' && strlen(name + len + 2) == 6)
			return true;
	}
	return false;
}

int cs_nightly_sweep(struct cs_nightly *n, struct cs_err *err)
{
	DIR *dir = opendir(n->out);
	const struct dirent *entry;

	if (!dir)
		return cs_err_errno(err, errno, "cannot read the folder '%s'", n->out);
	while ((entry = readdir(dir))) {
		if (is_leftover(entry->d_name))
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	return 0;
}

int cs_nightly_last(struct cs_nightly *n, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int fd CS_AUTO(cs_close_p) = -1;
	const char *path = cs_arena_printf(n->arena, "%s/metrics.json", n->out), *text;
	int64_t size;
	int r;

	n->last_unix_ns = CS_TIME_NONE;
	if (!path)
		return cs_err_nomem(err);
	r = cs_file_open_read(path, &fd, &size, err);
	if (r == -CS_NOTFOUND) {
		memset(err, 0, sizeof(*err));
		return 0;
	}
	if (r == 0)
		r = cs_file_read_all(fd, (size_t)n->app->ctx.limits.json_bytes, &buf, err);
	if (r == 0)
		r = cs_json_parse(buf.data, buf.len, &n->app->ctx.limits, &doc, err);
	text = r == 0 ? cs_json_get_text(doc, "generated_at") : NULL;
	if (r == 0 && text)
		r = cs_time_parse(text, &n->last_unix_ns, err);
	if (r < 0 && err->code != CS_NOMEM) {
		cs_ctx_log(&n->app->ctx, CS_LOG_WARNING, "%s: %s; taken for a first run", path,
			   err->msg);
		memset(err, 0, sizeof(*err));
		return 0;
	}
	return r;
}
