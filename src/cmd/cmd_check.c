/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gates for CI. Annotations go to stdout behind the table, where GitHub documents them; where
 * stdout carries JSON or CSV for a program they go to stderr, which the runner reads as well.
 */
#include <string.h>

#include "cmd/args.h"
#include "cmd/commands.h"
#include "cmd/compare.h"
#include "cmd/github.h"
#include "metrics/gate.h"
#include "metrics/strategy.h"
#include "view/view_compare.h"

static const struct cs_option options[] = {
	{ .name = "min-hit-rate",
	  .arg = "[SCOPE=]RATE,…",
	  .repeatable = true,
	  .help = "least step hit rate, as 0.8 or 80%, of a scope or of each" },
	{ .name = "min-time-hit-rate",
	  .arg = "[SCOPE=]RATE,…",
	  .repeatable = true,
	  .help = "least time hit rate" },
	{ .name = "min-byte-hit-rate",
	  .arg = "[SCOPE=]RATE,…",
	  .repeatable = true,
	  .help = "least byte hit rate" },
	{ .name = "max-builds",
	  .arg = "[EVENT=]N,…",
	  .repeatable = true,
	  .help = "most builds that one run of an event may have, of any or of each" },
	{ .name = "no-duplicates", .help = "nothing is built twice" },
	{ .name = "no-unexpected", .help = "no build that the policy does not expect" },
	{ .name = "min-net-savings",
	  .arg = "[SCOPE=]TIME,…",
	  .repeatable = true,
	  .help = "least time saved less overhead, such as 0, 30s or 5m; without a scope of all "
		  "together" },
	{ .name = "max-growth",
	  .arg = "[SCOPE=]BYTES,…",
	  .repeatable = true,
	  .help = "most bytes, such as 10MB, that images of one target may have grown from the "
		  "first to the last" },
	{ .name = "min-builds",
	  .arg = "N",
	  .help = "do not judge what stands on fewer builds, or runs (default 1)" },
};

static const struct cs_option_group *const groups[] = { &cs_group_filter, &cs_group_common, NULL };

/* min_hit_rate as the option is written */
static void option_name(enum cs_gate_kind kind, char buf[32])
{
	snprintf(buf, 32, "%s", cs_gate_name(kind));
	for (char *p = buf; *p; p++)
		*p = *p == '_' ? '-' : *p;
}

static bool is_switch(enum cs_gate_kind kind)
{
	return kind == CS_GATE_NO_DUPLICATES || kind == CS_GATE_NO_UNEXPECTED;
}

/* A gate of the command line replaces that of the file, all of its scopes. */
static int read_options(const struct cs_args *args, enum cs_gate_kind kind, const char *name,
			struct cs_gate_list *list, struct cs_err *err)
{
	struct cs_arena *arena = cs_args_arena(args);
	int r = 0;

	if (is_switch(kind))
		return cs_gate_add(kind, NULL, "0", arena, list, err);
	for (size_t i = 0; r == 0 && i < cs_args_count(args, name); i++)
		r = cs_gate_parse(kind, cs_args_nth(args, name, i), arena, list, err);
	return r < 0 ? cs_err_prefix(err, "--%s", name) : 0;
}

static int read_setting(const struct cs_setting *s, enum cs_gate_kind kind, struct cs_arena *arena,
			struct cs_gate_list *list, struct cs_err *err)
{
	bool on;

	if (!is_switch(kind))
		return s->subject ? cs_gate_add(kind, s->subject, s->text, arena, list, err)
				  : cs_gate_parse(kind, s->text, arena, list, err);
	if (s->subject || !cs_args_bool(s->text, &on))
		return cs_err_set(err, CS_USAGE, "'%s' is neither true nor false", s->text);
	return on ? cs_gate_add(kind, NULL, "0", arena, list, err) : 0;
}

static int read_settings(const struct cs_settings *settings, enum cs_gate_kind kind,
			 struct cs_arena *arena, struct cs_gate_list *list, struct cs_err *err)
{
	for (size_t i = 0; i < settings->n; i++) {
		const struct cs_setting *s = &settings->v[i];

		if (strcmp(s->name, cs_gate_name(kind)) != 0)
			continue;
		if (read_setting(s, kind, arena, list, err) < 0)
			return cs_err_prefix(err, "%s: %s", s->place, s->name);
	}
	return 0;
}

static int read_gates(struct cs_app *app, const struct cs_args *args, struct cs_gate_list *ret,
		      struct cs_err *err)
{
	char name[32];
	int r = 0;

	ret->n = 0;
	for (int k = 0; r == 0 && k < CS_N_GATES; k++) {
		option_name((enum cs_gate_kind)k, name);
		if (cs_args_has(args, name))
			r = read_options(args, (enum cs_gate_kind)k, name, ret, err);
		else
			r = read_settings(&app->config->check, (enum cs_gate_kind)k,
					  cs_args_arena(args), ret, err);
	}
	if (r == 0 && ret->n == 0)
		return cs_err_set(err, CS_USAGE,
				  "no gate: give one, such as --min-hit-rate test=0.8, or the key "
				  "check in the configuration");
	return r;
}

static int read_min_builds(struct cs_app *app, const struct cs_args *args, int64_t *ret,
			   struct cs_err *err)
{
	const struct cs_settings *settings = &app->config->check;
	int64_t den;

	*ret = 1;
	for (size_t i = 0; i < settings->n; i++) {
		const struct cs_setting *s = &settings->v[i];

		if (strcmp(s->name, "min_builds") != 0)
			continue;
		if (s->subject ||
		    cs_gate_parse_limit(CS_GATE_MAX_BUILDS, s->text, ret, &den, err) < 0)
			return cs_err_set(err, CS_USAGE,
					  "%s: min_builds: '%s' is not a whole number", s->place,
					  s->text);
	}
	return cs_args_int(args, "min-builds", 1, INT64_MAX, ret, err);
}

/* --- the window --- */

struct taker {
	struct cs_gates *gates;
	struct cs_ledger *ledger; /* NULL: no gate asks for it */
	struct cs_brief_build build;
};

static int take_run(void *arg, const struct cs_run *run, struct cs_err *err)
{
	struct taker *t = arg;
	int r = cs_gates_add_run(t->gates, run, err);

	return r < 0 || !t->ledger ? r : cs_ledger_add_run(t->ledger, run, err);
}

static int take_build(void *arg, const struct cs_brief *brief, struct cs_brief_dict *dict,
		      struct cs_err *err)
{
	struct taker *t = arg;
	int r = cs_brief_to_build(brief, dict, CS_BRIEF_RUN_ID, &t->build, err);

	if (r == 0)
		r = cs_gates_add_build(t->gates, &t->build.build, &brief->figures, err);
	return r < 0 || !t->ledger ? r : cs_ledger_add(t->ledger, dict, brief, err);
}

static void taker_release(struct taker *t)
{
	cs_brief_build_release(&t->build);
}

static int count(struct taker *t, const struct cs_filter *f, struct cs_err *err)
{
	struct cs_duplicates *duplicates CS_AUTO(cs_duplicates_free_p) = NULL;
	struct cs_strategy *strategy CS_AUTO(cs_strategy_free_p) = NULL;
	const struct cs_strategy_options o = { .partial =
						       f->scope.n || f->target.n || f->platform.n,
					       .since_unix_ns = f->since_unix_ns,
					       .until_unix_ns = f->until_unix_ns };
	const struct cs_duplicate_sums *sums;
	int r = cs_ledger_finish(t->ledger, err);

	if (r == 0)
		r = cs_duplicates_find(t->ledger, &duplicates, err);
	if (r == 0)
		r = cs_strategy_judge(t->ledger, &o, &strategy, err);
	if (r < 0)
		return r;
	sums = cs_duplicates_sums(duplicates);
	cs_gates_count(t->gates, sums->builds - sums->groups,
		       o.partial ? -1 : (int64_t)strategy->n_unexpected);
	return 0;
}

static bool asks_ledger(const struct cs_gate_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (is_switch(list->v[i].kind))
			return true;
	}
	return false;
}

static int take_window(struct cs_app *app, const struct cs_args *args,
		       const struct cs_gate_list *list, struct cs_gates *gates, struct cs_err *err)
{
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_ledger *ledger CS_AUTO(cs_ledger_free_p) = NULL;
	struct cs_brief_dict *dict CS_AUTO(cs_cmd_dict_free_p) = NULL;
	struct taker t CS_AUTO(taker_release) = { .gates = gates };
	struct cs_filter filter;
	int r = cs_cmd_filter(app, args, &filter, err);

	if (r == 0)
		r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0 && asks_ledger(list))
		r = cs_ledger_new(&app->config->policy, &ledger, err);
	t.ledger = ledger;
	if (r == 0)
		r = cs_cmd_dict_new(store, &dict, err);
	if (r == 0)
		r = cs_store_runs(store, &filter, take_run, &t, err);
	if (r == 0)
		r = cs_cmd_briefs(store, dict, &filter,
				  CS_BRIEF_COMMIT | (ledger ? CS_LEDGER_WANTS : 0), take_build, &t,
				  err);
	return r < 0 || !ledger ? r : count(&t, &filter, err);
}

/* --- what GitHub is told --- */

struct tally {
	size_t passed, failed, not_judged;
};

static const char *verdict_of(const struct tally *n)
{
	return n->failed ? "failed" : n->not_judged ? "not_enough_data" : "passed";
}

static int annotate(const struct cs_gate_row *rows, size_t n, struct cs_buf *buf)
{
	for (size_t i = 0; i < n; i++) {
		struct cs_buf text CS_AUTO(cs_buf_release) = CS_BUF_INIT;
		bool failed = rows[i].result == CS_GATE_FAILED;

		if (rows[i].result == CS_GATE_PASSED)
			continue;
		if (cs_view_gate_text(&rows[i], &text) < 0 ||
		    cs_github_annotation(buf, failed ? "error" : "warning", "cachestat check",
					 text.data) < 0)
			return -1;
	}
	return 0;
}

static int outputs(const struct cs_gate_row *rows, size_t n, const struct tally *tally,
		   struct cs_buf *buf)
{
	struct cs_buf gates CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	static const char *const words[] = { "unknown", "pass", "fail" };
	char number[24];

	for (size_t i = 0; i < n; i++) {
		if (cs_buf_printf(&gates, "%s%s ", i ? "\n" : "", words[rows[i].result]) < 0 ||
		    cs_view_gate_text(&rows[i], &gates) < 0)
			return -1;
	}
	snprintf(number, sizeof(number), "%zu", tally->failed);
	if (cs_github_output(buf, "verdict", verdict_of(tally)) < 0 ||
	    cs_github_output(buf, "failed", number) < 0)
		return -1;
	return cs_github_output(buf, "gates", gates.data ? gates.data : "");
}

static int tell_github(struct cs_app *app, const struct cs_args *args,
		       const struct cs_gate_row *rows, size_t n, const struct tally *tally,
		       struct cs_err *err)
{
	struct cs_buf text CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf values CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *path = cs_args_get(args, "output"), *format = cs_args_get(args, "format");
	bool log = (path && strcmp(path, "-") != 0) || !format || !*format ||
		   strcmp(format, "table") == 0;

	if (annotate(rows, n, &text) < 0 || outputs(rows, n, tally, &values) < 0)
		return cs_err_nomem(err);
	if (text.len && !log) {
		fwrite(text.data, 1, text.len, stderr);
		fflush(stderr);
	} else if (text.len && cs_cmd_print(text.data, text.len, err) < 0) {
		return -(int)err->code;
	}
	return cs_github_write_outputs(app, &values, err);
}

/* --- */

static struct tally tally_of(const struct cs_gate_row *rows, size_t n)
{
	struct tally t = { 0, 0, 0 };

	for (size_t i = 0; i < n; i++) {
		t.passed += rows[i].result == CS_GATE_PASSED;
		t.failed += rows[i].result == CS_GATE_FAILED;
		t.not_judged += rows[i].result == CS_GATE_NOT_JUDGED;
	}
	return t;
}

static int show(struct cs_app *app, const struct cs_args *args, const struct cs_gate_row *rows,
		size_t n, const struct tally *tally, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	int r = cs_report_new("check", cs_ctx_now(&app->ctx), &report, err);

	if (r == 0)
		r = cs_view_gates(report, cs_cmd_for_people(args), rows, n, err);
	if (r < 0)
		return r;
	cs_report_note(report, false, "%zu passed, %zu failed, %zu not judged", tally->passed,
		       tally->failed, tally->not_judged);
	return cs_cmd_render(app, args, report, err);
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_gates *gates CS_AUTO(cs_gates_free_p) = NULL;
	const struct cs_gate_row *rows;
	struct cs_gate_list list;
	struct tally tally;
	int64_t min_builds;
	size_t n;
	int r = read_gates(app, args, &list, err);

	if (r == 0)
		r = read_min_builds(app, args, &min_builds, err);
	if (r == 0)
		r = cs_gates_new(&gates, err);
	if (r == 0)
		r = take_window(app, args, &list, gates, err);
	if (r == 0)
		r = cs_gates_judge(gates, &list, min_builds, &rows, &n, err);
	if (r < 0)
		return r;
	tally = tally_of(rows, n);
	r = show(app, args, rows, n, &tally, err);
	if (r == 0 && cs_github_is_runner(app))
		r = tell_github(app, args, rows, n, &tally, err);
	if (r < 0)
		return r;
	return tally.failed ? 1 : tally.not_judged ? 4 : 0;
}

const struct cs_command cs_cmd_check = {
	.name = "check",
	.operands = "",
	.summary = "gates for CI: exit 1 if one fails, 4 if one cannot be judged",
	.description =
		"Holds the builds that match against limits, from options or from the key check of "
		"the configuration (min_hit_rate and so on; an option replaces the file's gate of "
		"the same name). Limits are inclusive and compared exactly: 4 of 5 hits pass 0.8. "
		"A "
		"rate is written 0.8 or 80%. A limit without a scope or event is for each one that "
		"no other limit names.\n\n"
		"Exit status: 0 all passed, 1 a gate failed, 4 none failed but one could not be "
		"judged, because there was no such build, fewer than --min-builds, or no time or "
		"size to go by.\n\n"
		"In GitHub Actions, gates that did not pass are annotated, and the step gets the "
		"outputs verdict (passed, failed, not_enough_data), failed (a number) and gates (a "
		"line for each).",
	.examples = "cachestat check --since 7d --min-hit-rate test=0.8\tthe last week's builds\n"
		    "cachestat check --max-builds pull_request=1 --no-duplicates\tthe strategy\n",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.run = run,
};
