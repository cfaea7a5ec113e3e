/* SPDX-License-Identifier: Apache-2.0 */
/* Before and after (M9): two parts of one history, two stores, or two images. */
#include <math.h>
#include <string.h>

#include "cmd/args.h"
#include "cmd/claims.h"
#include "cmd/commands.h"
#include "cmd/compare.h"
#include "metrics/minutes.h"
#include "metrics/strategy.h"
#include "view/view_compare.h"

static const struct cs_option options[] = {
	{ .name = "before", .arg = "SEL", .help = "the side that is compared with" },
	{ .name = "after", .arg = "SEL", .help = "the side that is judged" },
	{ .name = "claim",
	  .arg = "NAME=VALUE",
	  .repeatable = true,
	  .help = "what is claimed instead of the built-in value, or off; or a claim of one's own, "
		  "figure=NAME,at_least=VALUE (see below)" },
	{ .name = "rate",
	  .arg = "MONEY",
	  .help = "price of a CI minute; there is no built-in one" },
	{ .name = "pair",
	  .arg = "HOW",
	  .help = "draw runs in pairs: auto, none, event (same event and commit), label.NAME "
		  "(default auto: event where every run has one partner)" },
	{ .name = "resamples", .arg = "N", .help = "of the bootstrap (default 5000)" },
	{ .name = "seed", .arg = "N", .help = "of the bootstrap (default 20250101)" },
	{ .name = "platform", .arg = "OS/ARCH", .help = "of two images: which platform" },
};

static const struct cs_option_group *const groups[] = { &cs_group_common, &cs_group_limits, NULL };

bool cs_cmd_for_people(const struct cs_args *args)
{
	const char *format = cs_args_get(args, "format");

	return !format || !*format || strcmp(format, "table") == 0 ||
	       strcmp(format, "markdown") == 0 || strcmp(format, "html") == 0;
}

/* --- options --- */

static int read_pair(const struct cs_args *args, struct cs_compare_options *o, struct cs_err *err)
{
	const char *text = cs_args_get(args, "pair");

	if (!text || strcmp(text, "auto") == 0)
		o->pair = CS_PAIR_AUTO;
	else if (strcmp(text, "none") == 0)
		o->pair = CS_PAIR_NONE;
	else if (strcmp(text, "event") == 0 || strcmp(text, "commit+event") == 0)
		o->pair = CS_PAIR_EVENT;
	else if (strncmp(text, "label.", 6) == 0 && text[6])
		o->pair = CS_PAIR_LABEL;
	else
		return cs_err_set(err, CS_USAGE,
				  "--pair: '%s' is none of auto, none, event, label.NAME", text);
	o->pair_label = o->pair == CS_PAIR_LABEL ? text + 6 : NULL;
	return 0;
}

static int read_options(const struct cs_args *args, struct cs_compare_options *ret,
			struct cs_err *err)
{
	int64_t seed = CS_BOOTSTRAP_SEED, resamples = CS_BOOTSTRAP_RESAMPLES, millionths;
	const char *rate = cs_args_get(args, "rate");
	int r = cs_args_int(args, "seed", 0, INT64_MAX, &seed, err);

	if (r == 0)
		r = cs_args_int(args, "resamples", 100, CS_BOOTSTRAP_MAX, &resamples, err);
	if (r == 0)
		r = read_pair(args, ret, err);
	ret->rate = NAN;
	if (r == 0 && rate) {
		r = cs_minutes_rate(rate, &millionths, err);
		if (r < 0)
			return cs_err_prefix(err, "--rate");
		ret->rate = (double)millionths / 1e6;
	}
	ret->seed = (uint64_t)seed;
	ret->resamples = (uint32_t)resamples;
	return r;
}

/* --- one side of history --- */

struct taker {
	struct cs_compare *compare;
	struct cs_ledger *ledger;
	const struct cs_policy *policy;
	enum cs_side side;
	/* of the build before */
	bool marked;
	int64_t target, scope;
	struct cs_compare_marks marks;
};

static int take_run(void *arg, const struct cs_run *run, struct cs_err *err)
{
	struct taker *t = arg;
	int r = cs_compare_add_run(t->compare, t->side, run, err);

	return r < 0 ? r : cs_ledger_add_run(t->ledger, run, err);
}

/* What kind of build it is goes by names, of which there are few. */
static int read_marks(const struct taker *t, const struct cs_brief *b, struct cs_brief_dict *dict,
		      struct cs_compare_marks *ret, struct cs_err *err)
{
	const char *target, *scope;
	unsigned role;
	int r = dict->text(dict, b->target, &target, err);

	if (r == 0)
		r = dict->text(dict, b->scope, &scope, err);
	if (r < 0)
		return r;
	role = cs_policy_role(t->policy, target, scope);
	ret->test = role && role == t->policy->test;
	ret->production = role && role == t->policy->production;
	return 0;
}

static int take_build(void *arg, const struct cs_brief *brief, struct cs_brief_dict *dict,
		      struct cs_err *err)
{
	struct taker *t = arg;
	int r;

	if (brief->target != t->target || brief->scope != t->scope || !t->marked) {
		r = read_marks(t, brief, dict, &t->marks, err);
		if (r < 0)
			return r;
		t->target = brief->target;
		t->scope = brief->scope;
		t->marked = true;
	}
	r = cs_compare_add_build(t->compare, t->side, dict, brief, &t->marks, err);
	return r == 0 ? cs_ledger_add(t->ledger, dict, brief, err) : r;
}

static int count_build(struct taker *t, enum cs_compare_figure what, uint32_t at,
		       struct cs_err *err)
{
	size_t n;
	const struct cs_ledger_build *b = &cs_ledger_builds(t->ledger, &n)[at];
	const struct cs_ledger_run *run = NULL;

	if (b->run != CS_LEDGER_NONE)
		run = &cs_ledger_runs(t->ledger, &n)[b->run];
	return cs_compare_count(t->compare, t->side, what, run ? run->project : NULL,
				run ? run->run_id : NULL, run ? run->attempt : -1, 1, err);
}

static int count_duplicates(struct taker *t, struct cs_err *err)
{
	struct cs_duplicates *found CS_AUTO(cs_duplicates_free_p) = NULL;
	const struct cs_duplicate *list;
	size_t n;
	int r = cs_duplicates_find(t->ledger, &found, err);

	if (r < 0)
		return r;
	list = cs_duplicates_list(found, &n);
	r = cs_compare_count(t->compare, t->side, CS_CF_DUPLICATES, NULL, NULL, -1, 0, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (list[i].kind == CS_DUPLICATE_WORK)
			continue;
		for (int64_t k = 1; r == 0 && k < list[i].builds; k++)
			r = count_build(t, CS_CF_DUPLICATES, list[i].members[k], err);
	}
	return r;
}

/* With a part of the builds out of sight the policy says nothing: unknown, not none. */
static int count_unexpected(struct taker *t, const struct cs_filter *f, struct cs_err *err)
{
	const struct cs_strategy_options o = { .partial =
						       f->scope.n || f->target.n || f->platform.n,
					       .since_unix_ns = f->since_unix_ns,
					       .until_unix_ns = f->until_unix_ns };
	struct cs_strategy *found CS_AUTO(cs_strategy_free_p) = NULL;
	int r;

	if (o.partial)
		return 0;
	r = cs_strategy_judge(t->ledger, &o, &found, err);
	if (r == 0)
		r = cs_compare_count(t->compare, t->side, CS_CF_UNEXPECTED_BUILDS, NULL, NULL, -1,
				     0, err);
	for (size_t i = 0; r == 0 && i < found->n_unexpected; i++)
		r = count_build(t, CS_CF_UNEXPECTED_BUILDS, found->unexpected[i].build, err);
	return r;
}

static int take_side(struct cs_app *app, const struct cs_args *args, struct cs_compare *compare,
		     enum cs_side side, const struct cs_selection *sel, struct cs_err *err)
{
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_brief_dict *dict CS_AUTO(cs_cmd_dict_free_p) = NULL;
	struct cs_ledger *ledger CS_AUTO(cs_ledger_free_p) = NULL;
	const char *url = cs_args_get(args, "db");
	struct taker t = { .compare = compare, .policy = &app->config->policy, .side = side };
	int r;

	if (sel->db)
		url = sel->db;
	r = cs_store_open(&app->ctx, url && *url ? url : NULL, CS_STORE_READ, &store, err);
	if (r == 0)
		r = cs_ledger_new(t.policy, &ledger, err);
	t.ledger = ledger;
	if (r == 0)
		r = cs_cmd_dict_new(store, &dict, err);
	if (r == 0)
		r = cs_store_runs(store, &sel->filter, take_run, &t, err);
	if (r == 0)
		r = cs_cmd_briefs(store, dict, &sel->filter,
				  CS_LEDGER_WANTS | cs_compare_wants(compare), take_build, &t, err);
	if (r == 0)
		r = cs_ledger_finish(ledger, err);
	if (r == 0)
		r = count_duplicates(&t, err);
	if (r == 0)
		r = count_unexpected(&t, &sel->filter, err);
	return r;
}

/* --- the report --- */

static int view(struct cs_compare *compare, const struct cs_claim_list *claims, bool people,
		struct cs_report *report, struct cs_err *err)
{
	struct cs_claim_row claim_rows[CS_CLAIMS_MAX];
	const struct cs_compare_row *rows;
	struct cs_compare_method method;
	size_t n, n_claims = 0;
	int r = cs_compare_rows(compare, &rows, &n, err);

	if (r == 0)
		r = cs_view_compare(report, people, rows, n, err);
	for (size_t i = 0; r == 0 && i < claims->n; i++) {
		if (!claims->v[i].off)
			r = cs_compare_claim(compare, &claims->v[i], &claim_rows[n_claims++], err);
	}
	if (r == 0)
		r = cs_view_claims(report, people, claim_rows, n_claims, err);
	if (r == 0) {
		cs_compare_method(compare, &method);
		r = cs_view_method(report, people, &method, err);
	}
	return r;
}

static int compare_histories(struct cs_app *app, const struct cs_args *args,
			     const struct cs_selection sides[2], struct cs_report *report,
			     struct cs_err *err)
{
	struct cs_compare *compare CS_AUTO(cs_compare_free_p) = NULL;
	struct cs_claim_list claims;
	struct cs_compare_options o;
	struct cs_compare_method method;
	int r = read_options(args, &o, err);

	if (r == 0)
		r = cs_cmd_claims(app, args, &claims, err);
	if (r == 0)
		r = cs_compare_new(&o, &compare, err);
	for (int side = 0; r == 0 && side < 2; side++)
		r = take_side(app, args, compare, (enum cs_side)side, &sides[side], err);
	if (r == 0)
		r = view(compare, &claims, cs_cmd_for_people(args), report, err);
	if (r < 0)
		return r;
	cs_compare_method(compare, &method);
	for (int side = 0; side < 2; side++) {
		if (method.runs[side])
			continue;
		cs_ctx_log(&app->ctx, CS_LOG_WARNING, "--%s %s: no run and no build matches",
			   side ? "after" : "before", sides[side].text);
		r = 4;
	}
	return r;
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	static const char *const names[2] = { "before", "after" };
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_selection sides[2];
	int status, r = 0;

	for (int i = 0; r == 0 && i < 2; i++) {
		const char *text = cs_args_get(args, names[i]);

		if (!text)
			return cs_err_set(err, CS_USAGE,
					  "compare needs --before SEL and --after SEL");
		r = cs_selection_parse(text, cs_ctx_now(&app->ctx), cs_args_arena(args), &sides[i],
				       err);
		if (r < 0)
			return cs_err_prefix(err, "--%s", names[i]);
	}
	if (!sides[0].image != !sides[1].image)
		return cs_err_set(err, CS_USAGE, "an image can only be compared with an image");
	r = cs_report_new("compare", cs_ctx_now(&app->ctx), &report, err);
	if (r < 0)
		return r;
	status = sides[0].image ? cs_cmd_compare_images(app, args, sides, report, err)
				: compare_histories(app, args, sides, report, err);
	if (status < 0)
		return status;
	r = cs_cmd_render(app, args, report, err);
	return r < 0 ? r : status;
}

const struct cs_command cs_cmd_compare = {
	.name = "compare",
	.operands = "",
	.summary = "compare before and after, with intervals, claim by claim",
	.description =
		"Each side is chosen by SEL: key=value joined by commas, with the keys of the "
		"filters (project, scope, event, ref, target, platform), label.NAME, since and "
		"until. A key may be repeated: its values are alternatives. A value with a comma "
		"stands in double quotes, a quote in it doubled. db=FILE takes the side from "
		"another store; image=FILE on both sides compares two images.\n\n"
		"Every figure has its n, median, mean and total on both sides, its change, and a "
		"95 % interval by a bootstrap that draws whole runs, with a fixed seed. Where "
		"every "
		"run of both sides handled the same event and commit as one of the other, they are "
		"drawn in pairs. Under 5 runs a side there is not enough data. \"Same event mix\" "
		"is "
		"the change if after had the events of before.\n\n"
		"A claim holds if its whole interval keeps it, does not hold if none of the "
		"interval does; else nobody can tell. Claims and their built-in values: "
		"builds_per_main_push (at most 2 after), builds_per_main_push_before (at least 3), "
		"fewer_builds (0.5 per event), test_hit_rate (0.8), production_hit_rate_after_test "
		"(0.9), faster_rebuilds (0.6 of build seconds per event, runs that fill a cache "
		"for "
		"the first time left out), no_duplicates. --claim NAME=VALUE and the key claims of "
		"the configuration change them.\n\n"
		"Any other figure of the comparison may be claimed, too: "
		"--claim figure=NAME,KEY=VALUE,… with at_least or at_most and, where wanted, name, "
		"scope, event, target and side (after, before, change or reduction; default "
		"after). Rates are 0.9 or 90%, times 30s or 5m, sizes 10MB; a change is relative "
		"(-0.4), of a rate in points. In the configuration the claim's name is a key of "
		"claims with these keys below it.",
	.examples = "cachestat compare --before until=2026-10-01 --after since=2026-10-01\tone "
		    "history, "
		    "cut at a date\n"
		    "cachestat compare --before label.strategy=old --after label.strategy=new\ttwo "
		    "strategies side by side\n"
		    "cachestat compare --before image=old.tar --after image=new.tar\ttwo images\n",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.run = run,
};
