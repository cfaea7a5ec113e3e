/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strategy: builds per event against the policy. Runs first, then the history once: everything is
 * computed from the ledger, so that no figure of one report comes from another state of the store.
 */
#include <string.h>

#include "cmd/commands.h"
#include "cmd/history.h"
#include "util/text.h"
#include "view/view_strategy.h"

#define CURRENCY_MAX 16
#define LIMIT	     20

static const struct cs_option_group *const groups[] = { &cs_group_filter, &cs_group_common, NULL };

static const struct cs_option options[] = {
	{ .name = "limit",
	  .letter = 'n',
	  .arg = "N",
	  .help = "at most N rows of each list of builds, 0 for all (default: 20 in tables and "
		  "Markdown)" },
	{ .name = "rate", .arg = "X", .help = "price of a CI minute, for costs" },
	{ .name = "currency", .arg = "NAME", .help = "what the price is in, shown beside it" },
};

struct money {
	int64_t rate_millionths;
	const char *currency;
};

static int read_money(const struct cs_args *args, struct money *ret, struct cs_err *err)
{
	const char *rate = cs_args_get(args, "rate");

	ret->rate_millionths = -1;
	ret->currency = cs_args_get(args, "currency");
	if (ret->currency && (!*ret->currency || strlen(ret->currency) > CURRENCY_MAX ||
			      !cs_text_is_clean(ret->currency)))
		return cs_err_set(err, CS_USAGE, "--currency: 1 to %d characters, such as EUR",
				  CURRENCY_MAX);
	if (ret->currency && !rate)
		return cs_err_set(err, CS_USAGE, "--currency: nothing without --rate");
	if (!rate || cs_minutes_rate(rate, &ret->rate_millionths, err) == 0)
		return 0;
	return cs_err_prefix(err, "--rate");
}

/* Lists are cut for people; machines get all unless somebody says how many. */
static int read_limit(const struct cs_args *args, size_t *ret, struct cs_err *err)
{
	const char *format = cs_args_get(args, "format");
	bool people = !format || !*format || strcmp(format, "table") == 0 ||
		      strcmp(format, "markdown") == 0;
	int64_t limit = people ? LIMIT : 0;
	int r = cs_args_int(args, "limit", 0, INT32_MAX, &limit, err);

	if (r == 0)
		*ret = limit ? (size_t)limit : SIZE_MAX;
	return r;
}

static int add_run(void *arg, const struct cs_run *run, struct cs_err *err)
{
	return cs_ledger_add_run(arg, run, err);
}

static int add_build(void *arg, const struct cs_brief *brief, struct cs_brief_dict *dict,
		     struct cs_err *err)
{
	return cs_ledger_add(arg, dict, brief, err);
}

static int read_ledger(struct cs_app *app, struct cs_store *store, const struct cs_filter *filter,
		       struct cs_ledger **ret, struct cs_err *err)
{
	struct cs_brief_dict *dict CS_AUTO(cs_cmd_dict_free_p) = NULL;
	struct cs_ledger *ledger CS_AUTO(cs_ledger_free_p) = NULL;
	int r = cs_ledger_new(&app->config->policy, &ledger, err);

	if (r == 0)
		r = cs_cmd_dict_new(store, &dict, err);
	if (r == 0)
		r = cs_store_runs(store, filter, add_run, ledger, err);
	if (r == 0)
		r = cs_cmd_briefs(store, dict, filter, CS_LEDGER_WANTS, add_build, ledger, err);
	if (r == 0)
		r = cs_ledger_finish(ledger, err);
	if (r == 0)
		*ret = cs_steal(ledger);
	return r;
}

static int view(struct cs_report *report, const struct cs_strategy_view *what,
		const struct cs_strategy_options *judge, struct cs_err *err)
{
	struct cs_strategy_view v = *what;
	struct cs_strategy *strategy CS_AUTO(cs_strategy_free_p) = NULL;
	struct cs_duplicates *duplicates CS_AUTO(cs_duplicates_free_p) = NULL;
	struct cs_scope_health *scopes CS_AUTO(cs_free_p) = NULL;
	struct cs_minutes minutes[CS_EVENT_OTHER + 1];
	int r = cs_strategy_judge(v.ledger, judge, &strategy, err);

	if (r == 0)
		r = cs_duplicates_find(v.ledger, &duplicates, err);
	if (r == 0)
		r = cs_scopes_health(v.ledger, &scopes, &v.n_scopes, err);
	if (r == 0)
		r = cs_minutes_count(v.ledger, minutes, err);
	v.strategy = strategy;
	v.duplicates = duplicates;
	v.scopes = scopes;
	v.minutes = minutes;
	if (r == 0)
		r = cs_view_strategy(report, &v, err);
	if (r == 0)
		r = cs_view_duplicates(report, &v, err);
	if (r == 0)
		r = cs_view_scopes(report, &v, err);
	return r == 0 ? cs_view_minutes(report, &v, err) : r;
}

static int strategy_run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_ledger *ledger CS_AUTO(cs_ledger_free_p) = NULL;
	struct cs_strategy_options judge = { 0 };
	struct cs_strategy_view v = { 0 };
	struct cs_filter filter;
	struct money money;
	size_t n_runs, n_builds;
	int r = read_money(args, &money, err);

	if (r == 0)
		r = read_limit(args, &v.max_rows, err);
	if (r == 0)
		r = cs_cmd_filter(app, args, &filter, err);
	if (r == 0)
		r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = read_ledger(app, store, &filter, &ledger, err);
	if (r == 0)
		r = cs_report_new("strategy", cs_ctx_now(&app->ctx), &report, err);
	if (r < 0)
		return r;
	judge.partial = filter.scope.n || filter.target.n || filter.platform.n;
	judge.since_unix_ns = filter.since_unix_ns;
	judge.until_unix_ns = filter.until_unix_ns;
	v.ledger = ledger;
	v.rate_millionths = money.rate_millionths;
	v.currency = money.currency;
	v.now_unix_ns = cs_ctx_now(&app->ctx);
	v.partial = judge.partial;
	r = view(report, &v, &judge, err);
	cs_ledger_runs(ledger, &n_runs);
	cs_ledger_builds(ledger, &n_builds);
	if (r == 0 && n_runs + n_builds == 0)
		r = cs_cmd_warn_none(app, store, err);
	return r == 0 ? cs_cmd_render(app, args, report, err) : r;
}

const struct cs_command cs_cmd_strategy = {
	.name = "strategy",
	.operands = "",
	.summary = "builds per event, duplicates and order, against the policy",
	.description =
		"How many builds each event started, runs without any counted, and what the policy "
		"says of them: which builds are unexpected or missing, which began before what "
		"comes first was done, and which went to production although the tests failed. "
		"Then what was built or done twice, who writes which scope, and CI minutes.\n"
		"\n"
		"A build is a test or a production build if its target, else its scope, is called "
		"like one; it is \"other\" if neither is. Nothing is expected of runs on a "
		"pre-built image: their workflow, or all their jobs, match policy.prebuilt, or "
		"their workflow built nothing while another one of the project did. What cannot be "
		"known is cannot_tell, and no violation.\n"
		"\n"
		"Builds of later attempts are apart: they count neither for the policy nor as "
		"duplicates. So are scheduled builds among the duplicates. The keys roles and "
		"policy of .cachestat.yml replace what the policy has under the same names.",
	.examples = "cachestat strategy --since 30d\tthe last month\n"
		    "cachestat strategy --label strategy=after --rate 0.008 --currency USD\t"
		    "one label's builds, with what their minutes cost",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.run = strategy_run,
};
