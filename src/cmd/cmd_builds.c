/* SPDX-License-Identifier: Apache-2.0 */
/* ls, show, stats: reading the store. */
#include <string.h>
#include <sys/stat.h>

#include "build/doc.h"
#include "cmd/analysis.h"
#include "cmd/commands.h"
#include "cmd/history.h"
#include "util/file.h"
#include "view/view.h"

static const struct cs_option_group *const filter_groups[] = { &cs_group_filter, &cs_group_common,
							       NULL };

/* --- ls --- */

static const struct cs_option ls_options[] = {
	{ .name = "limit",
	  .letter = 'n',
	  .arg = "N",
	  .help = "the newest N builds (default: all in json, jsonl and csv, else 100; 0: all)" },
};

/* A store holds a million; a person who asks what there is means the last ones. */
#define LS_DEFAULT 100

struct listing {
	struct cs_report *report;
	int64_t left;
	bool any, more;
};

/* A script that reads the list counts on all of it. */
static int64_t by_default(const struct cs_args *args)
{
	const char *format = cs_args_get(args, "format");
	bool machine = format && (strcmp(format, "json") == 0 || strcmp(format, "jsonl") == 0 ||
				  strcmp(format, "csv") == 0);

	return machine ? 0 : LS_DEFAULT;
}

static int list_build(void *arg, const struct cs_build *build, struct cs_err *err)
{
	struct listing *l = arg;

	l->any = true;
	if (l->left-- > 0)
		return cs_view_builds_add(l->report, build, err);
	l->more = true;
	return 1;
}

static int list(struct cs_store *store, const struct cs_filter *filter, struct cs_report *report,
		struct listing *l, bool note, struct cs_err *err)
{
	int r;

	l->report = report;
	if (l->left == 0)
		l->left = INT64_MAX;
	r = cs_store_builds(store, filter, CS_WITH_STEPS, -1, list_build, l, err);
	if (r == 0 && l->more && note)
		cs_report_note(report, false, "there are older builds: -n N lists more, -n 0 all");
	return r;
}

static int ls_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_filter filter;
	struct listing l = { NULL, by_default(args), false, false };
	int r = cs_args_int(args, "limit", 0, INT64_MAX, &l.left, err);

	if (r == 0)
		r = cs_cmd_filter(app, args, &filter, err);
	if (r == 0)
		r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = cs_report_new("ls", cs_ctx_now(&app->ctx), &report, err);
	if (r == 0)
		r = cs_view_builds_begin(report, err);
	if (r == 0)
		r = list(store, &filter, report, &l, !cs_args_has(args, "limit"), err);
	if (r == 0 && !l.any)
		r = cs_cmd_warn_none(app, store, err);
	return r == 0 ? cs_cmd_render(app, args, report, err) : r;
}

const struct cs_command cs_cmd_ls = {
	.name = "ls",
	.operands = "",
	.summary = "list recorded builds, newest first",
	.description =
		"Lists the builds that match, newest first by their start, or by when they were "
		"recorded where the start is not known: as many as -n says, else the newest 100, "
		"and "
		"in json, jsonl and csv all of them.",
	.options = ls_options,
	.n_options = CS_N(ls_options),
	.examples =
		"cachestat ls --scope test --since 7d\tlast week's builds of a scope\n"
		"cachestat ls --format jsonl --event push_main\tall, one a line, for a script\n",
	.groups = filter_groups,
	.run = ls_run,
};

/* --- show --- */

static const struct cs_option_group *const show_groups[] = { &cs_group_image, &cs_group_facts,
							     &cs_group_common, &cs_group_limits,
							     NULL };

/* A path, a transport or standard input, rather than the name of a build. */
static bool names_input(const char *spec)
{
	struct stat st;

	return strcmp(spec, "-") == 0 || strchr(spec, '/') || strchr(spec, ':') ||
	       stat(spec, &st) == 0;
}

struct docs {
	struct cs_doc *first;
	size_t n;
};

static int keep_first(void *arg, struct cs_doc *doc, struct cs_err *err CS_UNUSED)
{
	struct docs *docs = arg;

	if (docs->n++ == 0)
		docs->first = doc;
	else
		cs_doc_free(doc);
	return 0;
}

/* With what the store knew when the build began. */
static int view(struct cs_store *store, const struct cs_build *build, struct cs_report *report,
		struct cs_err *err)
{
	struct cs_prices *prices CS_AUTO(cs_prices_free_p) = NULL;
	struct cs_figures figures;
	int r = cs_cmd_prices_at(store, build, &prices, &figures, err);

	return r < 0 ? r : cs_view_build(report, build, prices, &figures, err);
}

/* A builder's record or log in a regular file. 1 = it is none. */
static int show_doc(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		    const char *path, struct cs_report *report, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_doc *doc CS_AUTO(cs_doc_free_p) = NULL;
	struct docs docs = { NULL, 0 };
	struct cs_facts hints;
	struct cs_stream *in;
	struct stat st;
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size;
	int r;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 1;
	r = cs_file_open_read(path, &fd, &size, err);
	if (r == 0)
		r = cs_stream_file_range(&app->ctx, fd, 0, size, &in, err);
	if (r == 0)
		r = cs_docs_read(&app->ctx, in, path, keep_first, &docs, err);
	doc = docs.first;
	if (r != 0 || !doc)
		return r < 0 ? r : 1;
	if (docs.n > 1)
		return cs_err_set(err, CS_USAGE, "'%s' tells of %zu builds: show takes one", path,
				  docs.n);
	if (!arena)
		return cs_err_nomem(err);
	cs_doc_hints(doc, &hints);
	r = cs_cmd_facts(app, args, &hints, doc->build.image_ref, arena, &doc->build.facts, err);
	return r < 0 ? r : view(store, &doc->build, report, err);
}

static int show_image(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		      struct cs_report *report, struct cs_err *err)
{
	struct cs_analysis a CS_AUTO(cs_analysis_release) = { 0 };
	int r = cs_analysis_load(app, args, store, cs_args_operand(args, 0), &a, err);

	if (r < 0)
		return r;
	if (a.images.n > 1)
		return cs_err_set(err, CS_USAGE,
				  "'%s' holds %zu images: choose one with --platform or a tag "
				  "(docker-archive:FILE:TAG, oci:DIR:TAG)",
				  cs_args_operand(args, 0), a.images.n);
	r = cs_analysis_judge(app, args, store, &a, 0, err);
	if (r < 0)
		return r;
	return view(store, &a.builds[0], report, err);
}

static int show_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	const char *spec = cs_args_operand(args, 0);
	struct cs_filter filter;
	struct cs_build build;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = cs_report_new("build", cs_ctx_now(&app->ctx), &report, err);
	if (r == 0 && names_input(spec)) {
		r = show_doc(app, args, store, spec, report, err);
		if (r == 1)
			r = show_image(app, args, store, report, err);
	} else if (r == 0) {
		r = cs_cmd_filter_facts(args, &filter, err);
		if (r == 0)
			r = cs_store_build_get(store, &filter, spec,
					       CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS |
						       CS_WITH_RECIPE,
					       arena, &build, err);
		if (r == 0)
			r = view(store, &build, report, err);
	}
	if (r == 0)
		r = cs_cmd_render(app, args, report, err);
	return r;
}

const struct cs_command cs_cmd_show = {
	.name = "show",
	.operands = "BUILD|FILE",
	.summary = "show one build with its steps",
	.description =
		"BUILD is an id as ls prints it, a prefix of one that is unique, the builder's "
		"ref, or ^0, ^1 … counted from the newest: of those of a --project, --scope, "
		"--event, --ref, --target, --platform or --label, where one is given. A FILE is an "
		"image, or what a builder wrote of its build: a .dockerbuild record, a rawjson or "
		"plain log, a log of buildah, the classic builder or kaniko, a metadata file, the "
		"output of buildx history inspect. It is read but not recorded; there, the same "
		"options say what it does not.",
	.examples = "cachestat show ^0\tthe newest build\n"
		    "cachestat show ^0 --scope production\tthe newest of a scope\n"
		    "cachestat show build.dockerbuild\ta record, without recording it\n",
	.groups = show_groups,
	.min_operands = 1,
	.max_operands = 1,
	.run = show_run,
};

/* --- stats --- */

static const struct cs_option stats_options[] = {
	{ .name = "by",
	  .arg = "KEY,…",
	  .help = "group by up to 4 of scope, event, target, platform, job, project, workflow, "
		  "run, ref, commit, status, source_kind, day, week, month, label.NAME (default: "
		  "scope)" },
};

struct grouping {
	struct cs_stats *groups;
	struct cs_stats *scopes; /* for the verdicts, where groups are of several scopes */
};

static int group(struct cs_store *store, const struct cs_filter *filter, const struct cs_by *by,
		 size_t n_by, struct grouping *g, struct cs_err *err)
{
	static const struct cs_by by_scope[] = { { CS_BY_SCOPE, "scope" } };
	struct cs_stats *stats[2];
	bool scoped = false;
	int r = cs_stats_new(by, n_by, &g->groups, err);

	for (size_t i = 0; i < n_by; i++)
		scoped |= by[i].key == CS_BY_SCOPE;
	if (r == 0 && !scoped)
		r = cs_stats_new(by_scope, CS_N(by_scope), &g->scopes, err);
	stats[0] = g->groups;
	stats[1] = g->scopes;
	return r == 0 ? cs_cmd_add_builds(store, filter, by, n_by, stats, scoped ? 1 : 2, err) : r;
}

static void grouping_release(struct grouping *g)
{
	cs_stats_free(g->groups);
	cs_stats_free(g->scopes);
}

static int view_grouping(struct cs_report *report, const struct grouping *g, const struct cs_by *by,
			 size_t n_by, struct cs_err *err)
{
	const struct cs_stats_row *rows;
	size_t n;
	int r = cs_stats_rows(g->groups, &rows, &n, err);

	if (r == 0)
		r = cs_view_groups(report, "groups", NULL, false, by, n_by, rows, n, err);
	if (r == 0 && g->scopes)
		r = cs_stats_rows(g->scopes, &rows, &n, err);
	return r < 0 ? r : cs_view_verdicts(report, g->scopes ? 1 : n_by, rows, n, err);
}

static int stats_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct grouping g CS_AUTO(grouping_release) = { NULL, NULL };
	const char *by_text = cs_args_get(args, "by");
	struct cs_by by[CS_BY_MAX];
	const struct cs_stats_row *rows;
	struct cs_filter filter;
	size_t n_by = 0, n = 0;
	int r = cs_by_parse(by_text ? by_text : "scope", by, &n_by, err);

	if (r == 0)
		r = cs_cmd_filter(app, args, &filter, err);
	if (r == 0)
		r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = group(store, &filter, by, n_by, &g, err);
	if (r == 0)
		r = cs_report_new("stats", cs_ctx_now(&app->ctx), &report, err);
	if (r == 0)
		r = view_grouping(report, &g, by, n_by, err);
	if (r == 0)
		r = cs_stats_rows(g.groups, &rows, &n, err);
	if (r == 0 && n == 0)
		r = cs_cmd_warn_none(app, store, err);
	if (r == 0)
		r = cs_cmd_render(app, args, report, err);
	return r;
}

const struct cs_command cs_cmd_stats = {
	.name = "stats",
	.operands = "",
	.summary = "hit rates and savings by group",
	.description =
		"Pooled step hit rate, its median over builds, the byte and the time hit rate, "
		"what the cache saved and cost, and whether it pays, over the builds that match. "
		"Failed and canceled builds are counted but kept out of every rate; so are, from "
		"the step rate and from savings, builds with steps whose outcome is not known.\n\n"
		"A hit saves what its step took when it last really ran before this build, in the "
		"same scope or else in any of the project; the share of hits that have such a "
		"price is shown beside every saving. The overhead is the time of cache imports and "
		"exports and of fetching cached layers. A cache pays when it saved more than that; "
		"it does not when it saved less although every hit has a price; else nobody can "
		"tell. cachestat-metrics(7) has the formula of each figure, and its traps.",
	.options = stats_options,
	.n_options = CS_N(stats_options),
	.examples = "cachestat stats --by scope,event --since 30d\tthe last month\n"
		    "cachestat stats --by week --scope test\ta scope, week by week\n"
		    "cachestat stats --by label.strategy\tby a fact of one's own\n",
	.groups = filter_groups,
	.run = stats_run,
};
