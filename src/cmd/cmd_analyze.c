/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One input is one transaction: it is read and judged whole before the store is touched. A bad
 * input among several does not stop the others; the exit status tells of it.
 */
#include <string.h>

#include "cmd/analysis.h"
#include "cmd/commands.h"
#include "cmd/history.h"
#include "cmd/intake.h"
#include "view/view.h"

static const struct cs_option options[] = {
	{ .name = "no-record", .help = "show, but do not keep in the store" },
};

static const struct cs_option_group *const groups[] = { &cs_group_image, &cs_group_facts,
							&cs_group_common, &cs_group_limits, NULL };

struct session {
	struct cs_app *app;
	const struct cs_args *args;
	struct cs_report *report;
	struct cs_store *store;
	bool writable, many;	 /* many: more than one input */
	struct cs_filter scopes; /* what was analysed: its figures close the report */
	struct cs_arena *arena;
	size_t n_shown;
};

static bool listed(const struct cs_filter_list *list, const char *value)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], value) == 0)
			return true;
	}
	return false;
}

static int remember(struct session *s, struct cs_filter_list *list, const char *value,
		    struct cs_err *err)
{
	char *copy;

	if (!value)
		value = "";
	if (listed(list, value))
		return 0;
	copy = cs_arena_strdup(s->arena, value);
	if (!copy)
		return cs_err_nomem(err);
	cs_filter_add(list, copy); /* a full list shows fewer scopes, nothing else */
	return 0;
}

/* What was joined with other documents of the same build is shown as it stands now. */
static void take_over(struct cs_image *image, const struct cs_build *build)
{
	for (size_t i = 0; i < image->n_layers && image->n_layers == build->n_layers; i++) {
		struct cs_layer *to = &image->layers[i];
		const struct cs_layer *from = &build->layers[i];

		if (!cs_digest_equal(&to->diff_id, &from->diff_id))
			return;
		to->state = from->state;
		to->evidence = from->evidence;
		to->seen_in_scope = from->seen_in_scope;
		to->seen_build_id = from->seen_build_id;
		to->present_before = from->present_before;
		to->blob_present_before = from->blob_present_before;
		to->why = from->why;
	}
}

static int record(struct session *s, struct cs_analysis *a, size_t i, enum cs_put *ret,
		  struct cs_err *err)
{
	struct cs_build build;
	int r, end;

	if (!s->writable) {
		cs_store_close(cs_steal(s->store));
		r = cs_cmd_store(s->app, s->args, CS_STORE_WRITE, &s->store, err);
		if (r < 0)
			return r;
		s->writable = true;
	}
	r = cs_store_bulk_begin(s->store, err);
	if (r < 0)
		return r;
	r = cs_intake_build(s->store, &a->builds[i], a->arena, &build, ret, err);
	end = cs_store_bulk_end(s->store, r == 0, err);
	if (r < 0 || end < 0)
		return r < 0 ? r : end;
	a->builds[i] = build;
	take_over(a->images.v[i], &build);
	return 0;
}

static int analyze_image(struct session *s, struct cs_analysis *a, size_t i, struct cs_err *err)
{
	bool keep = !cs_args_has(s->args, "no-record");
	struct cs_analyzed shown = {
		.image = a->images.v[i],
		.build = &a->builds[i],
		.recorded = keep,
		.trusted = cs_args_has(s->args, "trust-known"),
	};
	int r = cs_analysis_judge(s->app, s->args, s->store, a, i, err);

	shown.scope_builds = a->scope_builds[i];
	if (r >= 0 && keep)
		r = record(s, a, i, &shown.put, err);
	if (r >= 0)
		r = cs_view_analyze_add(s->report, &shown, err);
	if (r >= 0)
		r = remember(s, &s->scopes.project, a->builds[i].facts.project, err);
	if (r >= 0)
		r = remember(s, &s->scopes.scope, a->builds[i].facts.scope, err);
	s->n_shown += r >= 0;
	return r;
}

static int analyze_one(struct session *s, const char *where, struct cs_err *err)
{
	struct cs_analysis a CS_AUTO(cs_analysis_release) = { 0 };
	int r = 0;

	if (!s->store)
		r = cs_cmd_store(s->app, s->args, CS_STORE_READ, &s->store, err);
	if (r == 0)
		r = cs_analysis_load(s->app, s->args, s->store, where, &a, err);
	if (r == 0 && !cs_report_n_tables(s->report))
		r = cs_view_analyze_begin(s->report, s->many || a.images.n > 1, err);
	for (size_t i = 0; r >= 0 && i < a.images.n; i++)
		r = analyze_image(s, &a, i, err);
	return r;
}

/* "then the hit rate of its scope": the figures of the scopes that were just analysed. */
static int close_report(struct session *s, struct cs_err *err)
{
	static const struct cs_by by[] = { { CS_BY_SCOPE, "scope" } };
	struct cs_stats *stats CS_AUTO(cs_stats_free_p) = NULL;
	const struct cs_stats_row *rows;
	size_t n;
	int r = cs_cmd_group_builds(s->store, &s->scopes, by, CS_N(by), &stats, err);

	if (r == 0)
		r = cs_stats_rows(stats, &rows, &n, err);
	if (r == 0)
		r = cs_view_groups(s->report, "scopes", "Scope so far", true, by, CS_N(by), rows, n,
				   err);
	if (r == 0)
		r = cs_cmd_render(s->app, s->args, s->report, err);
	return r;
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct session s = { .app = app, .args = args, .arena = arena };
	struct cs_err first = CS_ERR_INIT;
	size_t n = cs_args_n_operands(args);
	int r;

	if (!arena)
		return cs_err_nomem(err);
	cs_filter_init(&s.scopes);
	r = cs_report_new("analyze", cs_ctx_now(&app->ctx), &report, err);
	if (r < 0)
		return r;
	s.report = report;
	s.many = n > 1;
	for (size_t i = 0; i < n; i++) {
		struct cs_err one = CS_ERR_INIT;

		r = analyze_one(&s, cs_args_operand(args, i), &one);
		store = s.store; /* closed on every way out */
		if (r >= 0)
			continue;
		if (first.code == CS_OK)
			first = one;
		else
			cs_ctx_log(&app->ctx, CS_LOG_WARNING, "%s", one.msg);
		/* What is no fault of the input will fail for the next one too. */
		if (cs_code_exit_status(one.code) != 3 && one.code != CS_NOTFOUND)
			break;
	}
	if (s.n_shown) {
		r = close_report(&s, err);
		if (r < 0)
			return r;
	}
	if (first.code != CS_OK) {
		*err = first;
		return -(int)first.code;
	}
	return 0;
}

const struct cs_command cs_cmd_analyze = {
	.name = "analyze",
	.operands = "IMAGE…",
	.summary = "read images, print layers with verdicts and the scope's hit rate, record them",
	.description =
		"Reads each IMAGE in one pass, checks every digest in it, tells base layers from "
		"own "
		"ones, and says of each own layer whether it was a cache hit or ran in this build, "
		"with "
		"the evidence: dated (the history dates it before or after the build's start, "
		"which "
		"provenance in the image or --started-at tells), seen (an earlier build recorded "
		"the "
		"same layer with the same time), or none. What cannot be known is 'unknown'.\n\n"
		"IMAGE is a file (docker save, OCI archive; gzip, zstd or xz around it), a folder "
		"with an "
		"OCI layout, '-' for standard input, or has one of skopeo's transports: "
		"oci:DIR[:TAG], "
		"oci-archive:FILE[:TAG], docker-archive:FILE[:REF], dir:DIR.\n\n"
		"The build is recorded unless --no-record is given. The same image with the same "
		"facts "
		"is the same build, however often it is analysed.",
	.examples =
		"docker save app | cachestat -\tan image of a daemon\n"
		"cachestat --scope test --event pull_request app.tar\twith facts that the image "
		"does not have\n"
		"cachestat --no-record oci:layout:1.2\ta tag of a folder, only looked at\n",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.min_operands = 1,
	.max_operands = -1,
	.run = run,
};
