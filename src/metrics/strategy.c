/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run is judged as a whole: its builds by role against its event's rule. Where something that is
 * not known could change the answer, the run is "undecided" and not guilty: a report that cries
 * wolf is switched off.
 */
#include "metrics/strategy_impl.h"

#include <string.h>

/* One run under judgement. */
struct tally {
	int64_t roles[CS_POLICY_ROLES], total;
	int64_t missing, missing_by_role[CS_POLICY_ROLES + 1];
	bool undecided;
};

const char *cs_kept_name(enum cs_kept k)
{
	static const char *const names[] = { NULL, "met", "violated", "cannot_tell" };

	return (size_t)k < CS_N(names) ? names[k] : NULL;
}

const char *cs_unexpected_name(enum cs_unexpected bit)
{
	switch (bit) {
	case CS_UNEXPECTED_NOT_IN_POLICY:
		return "not_in_policy";
	case CS_UNEXPECTED_TOO_MANY:
		return "too_many";
	case CS_UNEXPECTED_TESTS_FAILED:
		return "tests_failed";
	default:
		return "never_pushed";
	}
}

const char *cs_disorder_name(enum cs_disorder d)
{
	return d == CS_DISORDER_TOO_EARLY ? "started_too_early"
					  : "production_although_tests_failed";
}

bool cs_judge_reserve(void **v, size_t n, size_t *cap, size_t size)
{
	size_t want = *cap ? *cap * 2 : 16;
	void *grown;

	if (n < *cap)
		return true;
	if (want > SIZE_MAX / size)
		return false;
	grown = realloc(*v, want * size);
	if (!grown)
		return false;
	*v = grown;
	*cap = want;
	return true;
}

/* --- what is counted --- */

static void spread_add(struct cs_spread *spread, int64_t builds)
{
	spread->runs++;
	spread->builds += builds;
	spread->zero += builds == 0;
	spread->one += builds == 1;
	spread->two += builds == 2;
	spread->more += builds > 2;
}

static int add_unexpected(struct cs_judge *j, uint32_t build, unsigned reasons, struct cs_err *err)
{
	const struct cs_ledger_build *b = &j->builds[build];
	struct cs_strategy *out = j->out;
	unsigned role = cs_judge_role(j, build);

	if (!cs_judge_reserve((void **)&out->unexpected, out->n_unexpected, &j->cap_unexpected,
			      sizeof(*out->unexpected)))
		return cs_err_nomem(err);
	if (role && role == j->policy->production) {
		if (b->pushed == CS_TRI_NO)
			reasons |= CS_UNEXPECTED_NEVER_PUSHED;
		if (b->run != CS_LEDGER_NONE && j->tests[b->run] == CS_TRI_NO)
			reasons |= CS_UNEXPECTED_TESTS_FAILED;
	}
	out->unexpected[out->n_unexpected++] =
		(struct cs_strategy_unexpected){ build, (uint8_t)role, (uint8_t)reasons };
	j->events[b->event].unexpected++;
	return 0;
}

static int add_missing(struct cs_judge *j, size_t run, unsigned role, int64_t builds,
		       struct cs_err *err)
{
	struct cs_strategy *out = j->out;

	if (!cs_judge_reserve((void **)&out->missing, out->n_missing, &j->cap_missing,
			      sizeof(*out->missing)))
		return cs_err_nomem(err);
	out->missing[out->n_missing++] =
		(struct cs_strategy_missing){ (uint32_t)run, (uint8_t)role, builds };
	j->events[j->runs[run].event].missing += builds;
	return 0;
}

/* --- one run --- */

/* What a count allows, now that it is known how the tests went. */
static struct cs_policy_count allowed(const struct cs_policy_count *count, enum cs_tri tests,
				      struct tally *t)
{
	struct cs_policy_count now = *count;

	if (!count->if_tests_passed || tests == CS_TRI_YES)
		return now;
	now.min = 0;
	if (tests == CS_TRI_NO)
		now.max = 0;
	else
		t->undecided = true;
	return now;
}

/* The last ones of a role, beyond what is allowed; role CS_POLICY_ROLES: of those not yet taken. */
static int take_extra(struct cs_judge *j, size_t run, unsigned role, int64_t extra,
		      unsigned reasons, uint8_t *taken, struct cs_err *err)
{
	for (uint32_t i = j->first[run + 1]; extra > 0 && i > j->first[run]; i--) {
		uint32_t build = j->order[i - 1];
		int r;

		if (role == CS_POLICY_ROLES ? taken[i - 1 - j->first[run]]
					    : cs_judge_role(j, build) != role)
			continue;
		taken[i - 1 - j->first[run]] = 1;
		r = add_unexpected(j, build, reasons, err);
		if (r < 0)
			return r;
		extra--;
	}
	return 0;
}

static int judge_count(struct cs_judge *j, size_t run, unsigned role,
		       const struct cs_policy_count *count, int64_t n, struct tally *t,
		       uint8_t *taken, struct cs_err *err)
{
	struct cs_policy_count now;
	unsigned reason = CS_UNEXPECTED_TOO_MANY;

	if (!count->given)
		return 0;
	now = allowed(count, j->tests[run], t);
	if (count->max == 0)
		reason = CS_UNEXPECTED_NOT_IN_POLICY;
	else if (now.max == 0)
		reason = CS_UNEXPECTED_TESTS_FAILED;
	if (n < now.min)
		t->missing_by_role[role] = now.min - n;
	return now.max >= 0 && n > now.max
		       ? take_extra(j, run, role, n - now.max, reason, taken, err)
		       : 0;
}

/* The window, or a build of no role, may hide what seems to be missing. */
static bool may_be_hidden(const struct cs_judge *j, size_t run)
{
	const struct cs_ledger_run *r = &j->runs[run];

	if (j->options->since_unix_ns != CS_TIME_NONE && !r->listed)
		return true;
	return j->options->until_unix_ns != CS_TIME_NONE && r->completed_unix_ns != CS_TIME_NONE &&
	       r->completed_unix_ns >= j->options->until_unix_ns;
}

static int tell_missing(struct cs_judge *j, size_t run, const struct cs_policy_rule *rule,
			struct tally *t, struct cs_err *err)
{
	int64_t unnamed = rule->roles[0].given ? 0 : t->roles[0];

	for (unsigned role = 0; role <= CS_POLICY_ROLES; role++) {
		int64_t n = t->missing_by_role[role];
		int r;

		if (n && may_be_hidden(j, run))
			n = 0;
		if (n && role < CS_POLICY_ROLES) {
			int64_t hidden = n < unnamed ? n : unnamed;

			unnamed -= hidden;
			n -= hidden;
		}
		t->undecided = t->undecided || n < t->missing_by_role[role];
		if (!n)
			continue;
		r = add_missing(j, run, role, n, err);
		if (r < 0)
			return r;
		t->missing += n;
	}
	return 0;
}

static int hold_against(struct cs_judge *j, size_t run, const struct cs_policy_rule *rule,
			struct tally *t, struct cs_err *err)
{
	size_t before = j->out->n_unexpected, n = j->first[run + 1] - j->first[run];
	uint8_t *taken CS_AUTO(cs_free_p) = calloc(n + 1, 1);
	int64_t left, lacking = 0;
	int r = 0;

	if (!taken)
		return cs_err_nomem(err);
	for (unsigned role = 0; r == 0 && role < j->policy->n_roles; role++) {
		r = judge_count(j, run, role, &rule->roles[role], t->roles[role], t, taken, err);
		lacking += t->missing_by_role[role];
	}
	if (r < 0)
		return r;
	left = t->total - (int64_t)(j->out->n_unexpected - before) + lacking;
	r = judge_count(j, run, CS_POLICY_ROLES, &rule->total, left, t, taken, err);
	return r < 0 ? r : tell_missing(j, run, rule, t, err);
}

/* A workflow that never builds, in a project where another one does. */
static bool idle(const struct cs_ledger_run *run, const uint8_t *builds_by_workflow,
		 const uint8_t *builds_by_project)
{
	return !builds_by_workflow[run->workflow_key] && builds_by_project[run->project_key];
}

static bool expects(const struct cs_policy_rule *rule)
{
	int64_t min = rule->total.given ? rule->total.min : 0;

	for (size_t i = 0; i < CS_POLICY_ROLES; i++)
		min += rule->roles[i].given ? rule->roles[i].min : 0;
	return min > 0;
}

static int judge_run(struct cs_judge *j, size_t run, bool is_idle, struct cs_err *err)
{
	static const struct cs_policy_rule none = { .given = true, .total = { .given = true } };
	const struct cs_ledger_run *r = &j->runs[run];
	const struct cs_policy_rule *rule = &j->policy->rules[r->event];
	struct cs_strategy_event *e = &j->events[r->event];
	struct tally t = { 0 };
	int ret;

	for (uint32_t i = j->first[run]; i < j->first[run + 1]; i++) {
		t.roles[cs_judge_role(j, j->order[i])]++;
		t.total++;
	}
	if (r->attempt > 1) {
		e->rerun_runs++;
		e->rerun_builds += t.total;
		return 0;
	}
	spread_add(&e->spread, t.total);
	e->builds += t.total;
	e->builds_other += t.roles[0];
	e->prebuilt_runs += r->prebuilt || is_idle;
	if (!rule->given || (!r->prebuilt && is_idle && expects(rule)))
		return 0;
	ret = hold_against(j, run, r->prebuilt ? &none : rule, &t, err);
	j->judged[r->event]++;
	e->undecided += t.undecided;
	e->expected += t.missing;
	for (unsigned role = 0; role < j->policy->n_roles; role++) {
		if (r->prebuilt || rule->total.given || rule->roles[role].given)
			e->expected += t.roles[role];
	}
	return ret;
}

/* --- builds without a run --- */

static int judge_strays(struct cs_judge *j, struct cs_err *err)
{
	for (uint32_t i = j->first[j->n_runs]; i < j->n_builds; i++) {
		uint32_t build = j->order[i];
		const struct cs_ledger_build *b = &j->builds[build];
		const struct cs_policy_rule *rule = &j->policy->rules[b->event];
		unsigned role = cs_judge_role(j, build);
		struct cs_strategy_event *e = &j->events[b->event];
		int r = 0;

		if (b->rerun) {
			e->rerun_builds++;
			continue;
		}
		e->builds++;
		e->builds_without_run++;
		e->builds_other += role == 0;
		if (!rule->given)
			continue;
		if ((rule->roles[role].given && rule->roles[role].max == 0) ||
		    (rule->total.given && rule->total.max == 0)) {
			r = add_unexpected(j, build, CS_UNEXPECTED_NOT_IN_POLICY, err);
			e->expected++;
		} else {
			e->undecided++;
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* --- all --- */

/* Counting sort by run; builds stand by start already. */
static void sort_by_run(struct cs_judge *j)
{
	for (size_t i = 0; i < j->n_builds; i++) {
		size_t run = j->builds[i].run == CS_LEDGER_NONE ? j->n_runs : j->builds[i].run;

		j->first[run + 1]++;
	}
	for (size_t i = 0; i <= j->n_runs; i++)
		j->first[i + 1] += j->first[i];
	for (size_t i = j->n_builds; i > 0; i--) {
		const struct cs_ledger_build *b = &j->builds[i - 1];
		size_t run = b->run == CS_LEDGER_NONE ? j->n_runs : b->run;

		j->order[--j->first[run + 1]] = (uint32_t)(i - 1);
	}
	/* first[run + 1] has come down to where run begins */
	for (size_t i = 0; i <= j->n_runs; i++)
		j->first[i] = j->first[i + 1];
	j->first[j->n_runs + 1] = (uint32_t)j->n_builds;
}

static int judge_runs(struct cs_judge *j, struct cs_err *err)
{
	uint8_t *by_workflow CS_AUTO(cs_free_p) = NULL, *by_project CS_AUTO(cs_free_p) = NULL;
	size_t n_workflows = 1, n_projects = 1;
	int r = 0;

	for (size_t i = 0; i < j->n_runs; i++) {
		if (j->runs[i].workflow_key >= n_workflows)
			n_workflows = (size_t)j->runs[i].workflow_key + 1;
		if (j->runs[i].project_key >= n_projects)
			n_projects = (size_t)j->runs[i].project_key + 1;
	}
	by_workflow = calloc(n_workflows, 1);
	by_project = calloc(n_projects, 1);
	if (!by_workflow || !by_project)
		return cs_err_nomem(err);
	for (size_t i = 0; i < j->n_runs; i++) {
		if (j->first[i] < j->first[i + 1]) {
			by_workflow[j->runs[i].workflow_key] = 1;
			by_project[j->runs[i].project_key] = 1;
		}
	}
	for (size_t i = 0; r == 0 && i < j->n_runs; i++)
		r = judge_run(j, i, idle(&j->runs[i], by_workflow, by_project), err);
	return r == 0 ? judge_strays(j, err) : r;
}

static int compare_unexpected(const void *a, const void *b)
{
	const struct cs_strategy_unexpected *x = a, *y = b;

	return (x->build > y->build) - (x->build < y->build);
}

static enum cs_kept verdict(const struct cs_judge *j, const struct cs_strategy_event *e)
{
	if (!j->policy->rules[e->event].given)
		return CS_KEPT_NO_RULE;
	if (j->options->partial)
		return CS_KEPT_CANNOT_TELL;
	if (e->unexpected || e->missing || e->order_violations)
		return CS_KEPT_NO;
	return e->undecided || !j->judged[e->event] ? CS_KEPT_CANNOT_TELL : CS_KEPT_YES;
}

static int finish_events(struct cs_judge *j, struct cs_err *err)
{
	struct cs_strategy *out = j->out;

	out->events = cs_arena_array(out->arena, CS_N(j->events), sizeof(*out->events));
	if (!out->events)
		return cs_err_nomem(err);
	for (size_t i = 0; i < CS_N(j->events); i++) {
		/* events by their place in the enum, the unknown one at the end */
		size_t at = i + 1 < CS_N(j->events) ? i + 1 : CS_EVENT_NONE;
		struct cs_strategy_event *e = &j->events[at];

		e->event = (enum cs_event)at;
		e->expected -= e->unexpected;
		e->kept = verdict(j, e);
		if (e->kept == CS_KEPT_NO_RULE || j->options->partial)
			e->expected = e->unexpected = e->missing = -1;
		if (e->spread.runs || e->builds || e->rerun_runs || e->rerun_builds)
			out->events[out->n_events++] = *e;
	}
	if (out->n_unexpected)
		qsort(out->unexpected, out->n_unexpected, sizeof(*out->unexpected),
		      compare_unexpected);
	if (j->options->partial)
		out->n_unexpected = out->n_missing = out->n_disorders = 0;
	return 0;
}

static int judge(struct cs_judge *j, struct cs_err *err)
{
	int r;

	for (size_t i = 0; i < j->n_builds; i++) {
		const struct cs_ledger_place *p = cs_ledger_place(j->ledger, j->builds[i].place);

		j->place_roles[j->builds[i].place] =
			(uint8_t)cs_policy_role(j->policy, p->target, p->scope);
	}
	sort_by_run(j);
	cs_judge_tests(j);
	r = cs_judge_order(j, err);
	if (r == 0)
		r = judge_runs(j, err);
	if (r == 0)
		r = finish_events(j, err);
	return r < 0 ? r : cs_judge_splits(j, err);
}

int cs_strategy_judge(const struct cs_ledger *ledger, const struct cs_strategy_options *options,
		      struct cs_strategy **ret, struct cs_err *err)
{
	struct cs_strategy *out CS_AUTO(cs_strategy_free_p) = calloc(1, sizeof(*out));
	void *roles CS_AUTO(cs_free_p) = NULL, *order CS_AUTO(cs_free_p) = NULL,
		    *first CS_AUTO(cs_free_p) = NULL, *tests CS_AUTO(cs_free_p) = NULL;
	struct cs_judge j = {
		.ledger = ledger, .policy = cs_ledger_policy(ledger), .options = options, .out = out
	};
	int r;

	if (!out || !(out->arena = cs_arena_new()))
		return cs_err_nomem(err);
	j.builds = cs_ledger_builds(ledger, &j.n_builds);
	j.runs = cs_ledger_runs(ledger, &j.n_runs);
	j.place_roles = roles = calloc(cs_ledger_n_places(ledger) + 1, sizeof(*j.place_roles));
	j.order = order = calloc(j.n_builds + 1, sizeof(*j.order));
	j.first = first = calloc(j.n_runs + 2, sizeof(*j.first));
	j.tests = tests = calloc(j.n_runs + 1, sizeof(*j.tests));
	if (!roles || !order || !first || !tests)
		return cs_err_nomem(err);
	r = judge(&j, err);
	if (r < 0)
		return r;
	*ret = cs_steal(out);
	return 0;
}

void cs_strategy_free(struct cs_strategy *strategy)
{
	if (!strategy)
		return;
	cs_arena_free(strategy->arena);
	free(strategy->unexpected);
	free(strategy->missing);
	free(strategy->disorders);
	free(strategy->roles);
	free(strategy->scopes);
	free(strategy);
}
