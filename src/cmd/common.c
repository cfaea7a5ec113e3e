/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report is rendered into memory before a byte of it goes out: a renderer that fails leaves no
 * half document behind, and the one place that writes knows which errno was whose.
 */
#include <string.h>

#include "cmd/args.h"
#include "cmd/output.h"

int cs_cmd_store(struct cs_app *app, const struct cs_args *args, enum cs_store_mode mode,
		 struct cs_store **ret, struct cs_err *err)
{
	const char *url = cs_args_get(args, "db");

	return cs_store_open(&app->ctx, url && *url ? url : NULL, mode, ret, err);
}

static int found(void *arg, const struct cs_build *build CS_UNUSED, struct cs_err *err CS_UNUSED)
{
	*(bool *)arg = true;
	return 1;
}

int cs_cmd_warn_none(struct cs_app *app, struct cs_store *store, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_store_info info;
	struct cs_filter all;
	bool any = false;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	cs_filter_init(&all);
	r = cs_store_builds(store, &all, 0, 1, found, &any, err);
	if (r == 0 && any)
		cs_ctx_log(&app->ctx, CS_LOG_WARNING, "no recorded build matches");
	if (r < 0 || any)
		return r;
	r = cs_store_info(store, arena, &info, err);
	if (r == 0)
		cs_ctx_log(&app->ctx, CS_LOG_WARNING,
			   "no build is recorded in '%s' (another store: --db)", info.url);
	return r;
}

static int render(const struct cs_renderer *renderer, const struct cs_report *report,
		  const struct cs_render_options *options, char **ret, size_t *ret_len,
		  struct cs_err *err)
{
	char *data = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&data, &len);
	int r;

	if (!memory)
		return cs_err_nomem(err);
	r = renderer->render(report, options, memory, err);
	if (r == 0 && ferror(memory))
		r = cs_err_nomem(err);
	if (fclose(memory) != 0 && r == 0)
		r = cs_err_nomem(err);
	if (r < 0) {
		free(data);
		return r;
	}
	*ret = data;
	*ret_len = len;
	return 0;
}

int cs_cmd_render(struct cs_app *app, const struct cs_args *args, const struct cs_report *report,
		  struct cs_err *err)
{
	const char *format = cs_args_get(args, "format"), *path = cs_args_get(args, "output");
	struct cs_render_options options = app->render;
	const struct cs_renderer *renderer;
	char *data CS_AUTO(cs_free_p) = NULL;
	size_t len = 0;
	int r;

	if (!format || !*format)
		format = "table";
	renderer = cs_renderer_find(format);
	if (!renderer)
		return cs_err_set(err, CS_USAGE, "--format: '%s' is not built in", format);
	if (options.table && strcmp(format, "table") == 0)
		cs_ctx_log(&app->ctx, CS_LOG_WARNING,
			   "--table chooses the table of csv and jsonl; here are all");
	if (path && strcmp(path, "-") == 0)
		path = NULL;
	if (path) { /* a file has no columns and no colours */
		options.width = 0;
		options.color = false;
	}
	r = cs_report_check(report, err);
	if (r == 0)
		r = render(renderer, report, &options, &data, &len, err);
	if (r < 0)
		return r;
	return path ? cs_output_write(path, data, len, err) : cs_cmd_print(data, len, err);
}

int cs_cmd_append(struct cs_app *app, const struct cs_args *args, const struct cs_report *report,
		  const char *path, struct cs_err *err)
{
	const struct cs_renderer *renderer = cs_renderer_find(cs_args_get(args, "format"));
	struct cs_render_options options = app->render;
	char *data CS_AUTO(cs_free_p) = NULL;
	size_t len = 0;
	int r = cs_report_check(report, err);

	if (!renderer)
		return cs_err_set(err, CS_USAGE, "--format: not built in");
	options.width = 0;
	options.color = false;
	if (r == 0)
		r = render(renderer, report, &options, &data, &len, err);
	return r < 0 ? r : cs_output_append(path, data, len, err);
}
