/* SPDX-License-Identifier: Apache-2.0 */
/* why: the cause of each miss of a build, from what is recorded before it. */
#include <string.h>

#include "cmd/commands.h"
#include "cmd/earlier.h"
#include "cmd/subject.h"
#include "cmd/why_files.h"
#include "view/view_why.h"

#define EARLIER_DEFAULT 200

static const struct cs_option options[] = {
	{ .name = "repo",
	  .arg = "DIR",
	  .help = "a git repository that has the builds' commits, to name changed files" },
	{ .name = "context",
	  .arg = "DIR",
	  .help = "the folder that was the build's context, unchanged since: its files, and with "
		  "--repo its place in it" },
	{ .name = "builds",
	  .arg = "N",
	  .help = "look at no more than N earlier builds (default: 200)" },
};

static const struct cs_option_group *const groups[] = { &cs_group_image, &cs_group_facts,
							&cs_group_common, &cs_group_limits, NULL };

/* An index, or a part of a step's name. */
static bool is_meant(const struct cs_step *s, const char *spec)
{
	char *end;
	unsigned long index = strtoul(spec, &end, 10);

	if (*spec && !*end)
		return s->index == index;
	return strstr(s->name ? s->name : "", spec) || strstr(s->instruction, spec);
}

/* Keeps the misses that spec means. CS_NOTFOUND if it means no step at all. */
static int choose(const struct cs_build *b, const char *spec, struct cs_miss *misses, size_t *n,
		  struct cs_report *report, struct cs_err *err)
{
	const struct cs_step *other = NULL;
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		if (is_meant(misses[i].step, spec))
			misses[kept++] = misses[i];
	}
	*n = kept;
	for (size_t i = 0; i < b->n_steps && !kept && !other; i++) {
		if (is_meant(&b->steps[i], spec))
			other = &b->steps[i];
	}
	if (kept)
		return 0;
	if (!other)
		return cs_err_set(err, CS_NOTFOUND, "no step '%s' in that build", spec);
	cs_report_note(report, true, "step %u did not miss: %s", other->index,
		       cs_step_state_name(other->state));
	return 0;
}

/* Who asks for the first time does not know that files can be compared. */
static void note_files(const struct cs_miss *misses, size_t n, struct cs_report *report)
{
	for (size_t i = 0; i < n; i++) {
		if (misses[i].cause == CS_CAUSE_UNKNOWN && misses[i].reference &&
		    misses[i].step->class == CS_STEP_FILE) {
			cs_report_note(report, false,
				       "--repo DIR compares the files by a git repository that has "
				       "the commits, --context DIR by the context as it is");
			return;
		}
	}
}

static int explain(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		   const struct cs_build *build, struct cs_arena *arena, struct cs_report *report,
		   struct cs_err *err)
{
	struct cs_why_evidence *evidence CS_AUTO(cs_why_evidence_free_p) = NULL;
	struct cs_why_input input = { .build = build, .files = cs_why_evidence_files };
	int64_t max = EARLIER_DEFAULT;
	struct cs_earlier earlier = { NULL, 0, false };
	struct cs_miss *misses;
	size_t n;
	int r = cs_args_int(args, "builds", 0, 100000, &max, err);

	if (r == 0)
		r = cs_why_evidence_new(app, store, build, cs_args_get(args, "repo"),
					cs_args_get(args, "context"), &evidence, err);
	if (r == 0)
		r = cs_cmd_earlier(store, build, (size_t)max, NULL, arena, &earlier, err);
	if (r < 0)
		return r;
	input.earlier = earlier.v;
	input.n_earlier = earlier.n;
	input.cut = earlier.cut;
	input.arg = evidence;
	r = cs_why(&input, arena, &misses, &n, err);
	if (r == 0 && !n)
		cs_report_note(report, true, "no step of it missed");
	else if (r == 0 && cs_args_n_operands(args) > 1)
		r = choose(build, cs_args_operand(args, 1), misses, &n, report, err);
	if (r == 0)
		r = cs_view_misses(report, build, misses, n, err);
	if (r == 0 && !cs_args_has(args, "repo") && !cs_args_has(args, "context"))
		note_files(misses, n, report);
	return r;
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_subject subject CS_AUTO(cs_subject_release) = { 0 };
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = cs_report_new("why", cs_ctx_now(&app->ctx), &report, err);
	if (r == 0)
		r = cs_cmd_subject(app, args, store, cs_args_operand(args, 0), arena, &subject,
				   err);
	if (r == 0)
		r = explain(app, args, store, subject.build, arena, report, err);
	if (r == 0)
		r = cs_cmd_render(app, args, report, err);
	return r;
}

const struct cs_command cs_cmd_why = {
	.name = "why",
	.operands = "BUILD|FILE [STEP]",
	.summary = "say why each step of a build was no hit",
	.description =
		"For each step that ran: the cause, the step where it began, and the evidence, "
		"from "
		"the builds of the project that are recorded before it. BUILD and FILE are as for "
		"show; STEP is a step's number, or a part of its text.\n\n"
		"Causes: first_build, cache_off, not_imported, instruction_changed, base_changed, "
		"build_arg_changed, files_changed, cascade (a step below ran), "
		"evicted_or_overwritten (an earlier build had the same inputs), metadata_only, "
		"unknown. A miss is avoidable if the same inputs had been built before.\n\n"
		"Changed files are named from the layers of both builds where they are recorded, "
		"or "
		"from their commits with --repo; nothing in that repository is run.",
	.examples = "cachestat why ^0\tthe newest build\n"
		    "cachestat why ^0 --scope test\tthe newest of a scope\n"
		    "cachestat why ^0 'COPY src' --repo .\twhich files made it run",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.min_operands = 1,
	.max_operands = 2,
	.run = run,
};
