/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cmd/analysis.h"
#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/record.h"
#include "view/view.h"

static const struct cs_option options[] = {
	{ .name = "batch",
	  .arg = "FILE",
	  .repeatable = true,
	  .help = "take many builds with their facts, one in each line of JSON" },
	{ .name = "runs",
	  .arg = "FILE",
	  .repeatable = true,
	  .help = "take CI runs, those without a build too, one in each line of JSON" },
	{ .name = "strict", .help = "record all or, if anything is bad, nothing" },
};

static const struct cs_option_group *const groups[] = { &cs_group_facts, &cs_group_image,
							&cs_group_common, &cs_group_limits, NULL };

static int take_operands(struct cs_recorder *rec, const struct cs_args *args, size_t n,
			 struct cs_err *err)
{
	const char **names;

	names = cs_arena_array(cs_args_arena(args), n, sizeof(*names));
	if (!names)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		names[i] = cs_args_operand(args, i);
	return cs_record_files(rec, names, n, err);
}

/* Builds before runs: a list of runs mostly does not say whose they are, a record does. */
static int take_all(struct cs_recorder *rec, const struct cs_args *args, struct cs_err *err)
{
	size_t n = cs_args_n_operands(args);
	int r = 0;

	for (size_t i = 0; i < cs_args_count(args, "batch") && r == 0; i++)
		r = cs_record_batch(rec, cs_args_nth(args, "batch", i), err);
	if (r == 0 && n)
		r = take_operands(rec, args, n, err);
	for (size_t i = 0; i < cs_args_count(args, "runs") && r == 0; i++)
		r = cs_record_runs(rec, cs_args_nth(args, "runs", i), err);
	return r;
}

static void close_report(const struct cs_recorder *rec)
{
	if (rec->rows_max >= 0 && rec->rows > rec->rows_max)
		cs_report_note(rec->report, false, "… and %lld more (--format jsonl lists all)",
			       (long long)(rec->rows - rec->rows_max));
	cs_report_note(rec->report, false,
		       "%lld new, %lld joined with what was recorded, %lld known",
		       (long long)rec->n_new, (long long)rec->n_joined, (long long)rec->n_same);
	if (rec->n_skipped)
		cs_report_note(rec->report, false,
			       "%lld files of the folders tell of no build and were left out",
			       (long long)rec->n_skipped);
}

static bool reads_stdin(const struct cs_args *args)
{
	bool yes = false;

	for (size_t i = 0; i < cs_args_n_operands(args); i++)
		yes |= strcmp(cs_args_operand(args, i), "-") == 0;
	for (size_t i = 0; i < cs_args_count(args, "batch"); i++)
		yes |= strcmp(cs_args_nth(args, "batch", i), "-") == 0;
	for (size_t i = 0; i < cs_args_count(args, "runs"); i++)
		yes |= strcmp(cs_args_nth(args, "runs", i), "-") == 0;
	return yes;
}

/*
 * Where no store is, a strict call first takes everything into one in memory. A store that was made
 * for nothing is not taken back: others may have opened it meanwhile. Standard input is read once.
 */
static int rehearse(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_recorder rec CS_AUTO(cs_recorder_release) = { 0 };
	struct cs_store *store;
	int r;

	if (!cs_args_has(args, "strict") || reads_stdin(args))
		return 0;
	cs_recorder_init(&rec, app, args);
	r = cs_recorder_store(&rec, &store, err);
	if (r < 0 || !cs_store_absent(store))
		return r;
	cs_store_close(cs_steal(rec.store));
	r = cs_store_open(&app->ctx, ":memory:", CS_STORE_WRITE, &rec.store, err);
	if (r < 0)
		return r;
	rec.writable = true;
	r = take_all(&rec, args, err);
	if (r < 0)
		cs_recorder_tell(&rec);
	return r < 0 ? r : cs_recorder_end(&rec, err);
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_recorder rec CS_AUTO(cs_recorder_release) = { 0 };
	bool runs = cs_args_has(args, "runs");
	bool builds = cs_args_n_operands(args) || cs_args_has(args, "batch");
	const char *format = cs_args_get(args, "format");
	struct cs_err end = CS_ERR_INIT;
	int r = 0, code;

	if (!runs && !builds)
		return cs_err_set(err, CS_USAGE, "nothing to record: FILE…, --batch or --runs");
	r = rehearse(app, args, err);
	if (r < 0)
		return r;
	cs_recorder_init(&rec, app, args);
	if (!app->quiet || format) {
		r = cs_report_new("record", cs_ctx_now(&app->ctx), &report, err);
		if (r == 0)
			r = cs_view_record_begin(report, builds, runs, err);
		rec.report = report;
	}
	if (r == 0)
		r = take_all(&rec, args, err);
	if (r < 0) {
		cs_recorder_tell(&rec);
		return r;
	}
	code = cs_recorder_end(&rec, &end);
	if (report && rec.n_new + rec.n_same + rec.n_joined > 0 && !(rec.strict && code < 0)) {
		close_report(&rec);
		r = cs_cmd_render(app, args, report, err);
	}
	if (r == 0 && code < 0)
		*err = end;
	return r < 0 ? r : code;
}

const struct cs_command cs_cmd_record = {
	.name = "record",
	.operands = "[FILE…]",
	.summary = "take in builders' records, logs, metadata files and images",
	.description =
		"Takes what builders write of their builds, told apart by content and not by name: "
		".dockerbuild records (one or many), rawjson and plain logs of "
		"BuildKit, logs of buildah, podman, kaniko and the classic builder, metadata "
		"files, the output of "
		"'buildx history inspect' and 'buildx history ls' as JSON, images as analyze "
		"reads them, and zips of all but images, as artifact downloads are. A folder is "
		"walked: files in it that tell of no build are left out, "
		"links are not "
		"followed. '-' is standard input.\n\n"
		"What belongs to one build is joined, whatever order it comes in: by the builder's "
		"ref, by the digests of its result, by the steps of its graph. Of two sources the "
		"stronger one is "
		"believed: a record before a log, a log before an image's dates. A log that does "
		"not say which build it is of belongs to the one whose documents lie in the same "
		"folder. Taking the same again changes nothing.\n\n"
		"--batch takes a file of JSON lines. A line has the facts of a build (scope event "
		"ref branch "
		"commit parent tree pr run_id attempt workflow job target platform project "
		"started_at completed_at duration_s conclusion tests_passed pushed) and the files "
		"that tell of it (dockerbuild log plain_log metadata image; relative to the batch "
		"file); any other "
		"text becomes a label. --runs takes lines with run_id attempt workflow event ref "
		"branch commit pr conclusion started_at completed_at project and jobs. There, of "
		"the CI's own "
		"variables, only the project and the default branch count.\n\n"
		"What cannot be read is named in one line, a line of a batch by its number; the "
		"others go in, and the exit status is 3. With --strict nothing goes in then.",
	.examples =
		"cachestat record build.dockerbuild build.log\tone build from two sources\n"
		"docker buildx build --progress=rawjson . 2>&1 | tee log; cachestat record log\t"
		"a build and then its log\n"
		"cachestat record --batch builds.jsonl --runs runs.jsonl\ta history",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.min_operands = 0,
	.max_operands = -1,
	.run = run,
};
