/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People first read which events keep to the policy, then what does not. Rows that name builds are
 * notes to OpenMetrics: one series a build would drown whoever scrapes them.
 */
#include "view/view_strategy.h"

#include <string.h>

#include "util/buf.h"
#include "view/columns.h"

#define LABEL(key, title)                                                                          \
	{                                                                                          \
		key, title, CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL                                   \
	}
#define COUNT(key, title, flags, help)                                                             \
	{                                                                                          \
		key, title, CS_TYPE_COUNT, CS_ROLE_GAUGE, flags, help                              \
	}
#define NOTE(key, title, type, flags)                                                              \
	{                                                                                          \
		key, title, type, CS_ROLE_NOTE, flags, NULL                                        \
	}

#define SPREAD_COLUMNS                                                                             \
	COUNT("runs", "runs", 0, "Runs of first attempts, those without builds too."),             \
		COUNT("builds", "builds", 0, "Builds, re-runs apart."),                            \
		{ "builds_per_run", "per run", CS_TYPE_NUMBER,                                     \
		  CS_ROLE_GAUGE,    0,	       "Builds that name a run over runs." },              \
		COUNT("zero", "0", 0, "Runs without a build."),                                    \
		COUNT("one", "1", 0, "Runs with one build."),                                      \
		COUNT("two", "2", 0, "Runs with two builds."),                                     \
		COUNT("three_or_more", "3+", 0, "Runs with three builds or more.")

#define POLICY_COLUMNS                                                                             \
	COUNT("expected", "expected", 0, "Builds that the policy expects of these runs."),         \
		COUNT("unexpected", "unexpected", 0, "Builds that the policy does not allow."),    \
		COUNT("missing", "missing", 0,                                                     \
		      "Builds that the policy expects and nobody started.")

static const struct cs_column event_columns[] = {
	LABEL("event", "event"),
	NOTE("verdict", "policy", CS_TYPE_TEXT, CS_COL_STATE),
	SPREAD_COLUMNS,
	POLICY_COLUMNS,
	COUNT("order_violations", "out of order", 0,
	      "Builds that began too early, and production although tests failed."),
	COUNT("undecided_runs", "undecided", CS_COL_DETAIL, "Runs that the policy cannot judge."),
	COUNT("builds_without_run", "without run", CS_COL_DETAIL, "Builds that name no run."),
	COUNT("builds_other", "other role", CS_COL_DETAIL,
	      "Builds that are neither test nor production."),
	COUNT("prebuilt_runs", "prebuilt", CS_COL_DETAIL, "Runs of which no build is expected."),
	COUNT("rerun_runs", "re-runs", CS_COL_DETAIL, "Runs of later attempts."),
	COUNT("rerun_builds", "their builds", CS_COL_DETAIL, "Builds of later attempts."),
};

static const struct cs_column role_columns[] = {
	LABEL("event", "event"),
	LABEL("role", "role"),
	SPREAD_COLUMNS,
	POLICY_COLUMNS,
};

static const struct cs_column scope_columns[] = {
	LABEL("event", "event"),
	{ "project", "project", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	LABEL("scope", "scope"),
	SPREAD_COLUMNS,
};

static const struct cs_column unexpected_columns[] = {
	NOTE("build_id", "build", CS_TYPE_TEXT, 0),
	NOTE("project", "project", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("started_at", "started", CS_TYPE_TIME, 0),
	NOTE("event", "event", CS_TYPE_TEXT, 0),
	NOTE("run_id", "run", CS_TYPE_TEXT, 0),
	NOTE("role", "role", CS_TYPE_TEXT, 0),
	NOTE("target", "target", CS_TYPE_TEXT, 0),
	NOTE("scope", "scope", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("job", "job", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("reason", "reason", CS_TYPE_TEXT, CS_COL_MACHINE),
	NOTE("reasons", "because", CS_TYPE_LIST, 0),
	NOTE("wasted_seconds", "wasted", CS_TYPE_SECONDS, 0),
};

static const struct cs_column missing_columns[] = {
	NOTE("project", "project", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("event", "event", CS_TYPE_TEXT, 0),
	NOTE("run_id", "run", CS_TYPE_TEXT, 0),
	NOTE("workflow", "workflow", CS_TYPE_TEXT, 0),
	NOTE("role", "role", CS_TYPE_TEXT, 0),
	NOTE("builds", "builds", CS_TYPE_COUNT, 0),
};

static const struct cs_column disorder_columns[] = {
	NOTE("kind", "what", CS_TYPE_TEXT, 0),
	NOTE("build_id", "build", CS_TYPE_TEXT, 0),
	NOTE("project", "project", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("started_at", "started", CS_TYPE_TIME, 0),
	NOTE("event", "event", CS_TYPE_TEXT, 0),
	NOTE("run_id", "run", CS_TYPE_TEXT, 0),
	NOTE("target", "target", CS_TYPE_TEXT, 0),
	NOTE("scope", "scope", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("before_build_id", "before", CS_TYPE_TEXT, 0),
};

static const char *event_text(enum cs_event e)
{
	return e == CS_EVENT_NONE ? NULL : cs_event_name(e);
}

static void row_spread(struct cs_report *r, struct cs_table *t, const struct cs_spread *s,
		       int64_t builds)
{
	cs_row_int(r, t, "runs", s->runs);
	cs_row_int(r, t, "builds", builds);
	if (s->runs)
		cs_row_number(r, t, "builds_per_run", (double)s->builds / (double)s->runs);
	cs_row_int(r, t, "zero", s->zero);
	cs_row_int(r, t, "one", s->one);
	cs_row_int(r, t, "two", s->two);
	cs_row_int(r, t, "three_or_more", s->more);
}

/* --- events --- */

static void note_events(struct cs_report *r, const struct cs_strategy *s, enum cs_kept kept,
			const char *words)
{
	struct cs_buf list CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (size_t i = 0; i < s->n_events; i++) {
		if (s->events[i].kept != kept)
			continue;
		if ((list.len && cs_buf_puts(&list, ", ") < 0) ||
		    cs_buf_puts(&list, event_text(s->events[i].event)
					       ? event_text(s->events[i].event)
					       : "unknown events") < 0)
			return;
	}
	if (list.len)
		cs_report_note(r, true, "policy %s: %s", words, list.data);
}

static void add_events(struct cs_report *r, const struct cs_strategy_view *v)
{
	struct cs_table *t = cs_report_add_table(r, "events", "Builds per event", event_columns,
						 CS_N(event_columns));

	for (size_t i = 0; t && i < v->strategy->n_events; i++) {
		const struct cs_strategy_event *e = &v->strategy->events[i];

		cs_row_add(r, t);
		cs_row_text(r, t, "event", event_text(e->event));
		cs_row_text(r, t, "verdict", cs_kept_name(e->kept));
		row_spread(r, t, &e->spread, e->builds);
		cs_row_int(r, t, "expected", e->expected);
		cs_row_int(r, t, "unexpected", e->unexpected);
		cs_row_int(r, t, "missing", e->missing);
		cs_row_int(r, t, "order_violations", v->partial ? -1 : e->order_violations);
		cs_row_int(r, t, "undecided_runs", v->partial ? -1 : e->undecided);
		cs_row_int(r, t, "builds_without_run", e->builds_without_run);
		cs_row_int(r, t, "builds_other", e->builds_other);
		cs_row_int(r, t, "prebuilt_runs", e->prebuilt_runs);
		cs_row_int(r, t, "rerun_runs", e->rerun_runs);
		cs_row_int(r, t, "rerun_builds", e->rerun_builds);
	}
	note_events(r, v->strategy, CS_KEPT_NO, "violated");
	note_events(r, v->strategy, CS_KEPT_CANNOT_TELL, "cannot be judged");
	note_events(r, v->strategy, CS_KEPT_YES, "met");
	if (v->partial)
		cs_report_note(r, false,
			       "with --scope, --target or --platform a run's other builds are not "
			       "seen: the policy is not judged");
}

static bool is_of_several(const struct cs_ledger *ledger)
{
	size_t n;
	const struct cs_ledger_scope *scopes = cs_ledger_scopes(ledger, &n);

	for (size_t i = 1; i < n; i++) {
		const char *a = scopes[0].project, *b = scopes[i].project;

		if (strcmp(a ? a : "", b ? b : "") != 0)
			return true;
	}
	return false;
}

static void add_splits(struct cs_report *r, const struct cs_strategy_view *v)
{
	const struct cs_strategy *s = v->strategy;
	struct cs_table *t = cs_report_add_table(r, "event_roles", "By event and role",
						 role_columns, CS_N(role_columns));

	for (size_t i = 0; t && i < s->n_roles; i++) {
		cs_row_add(r, t);
		cs_row_text(r, t, "event", event_text(s->roles[i].event));
		cs_row_text(r, t, "role", s->roles[i].role);
		row_spread(r, t, &s->roles[i].spread, s->roles[i].builds);
		cs_row_int(r, t, "expected", s->roles[i].expected);
		cs_row_int(r, t, "unexpected", s->roles[i].unexpected);
		cs_row_int(r, t, "missing", s->roles[i].missing);
	}
	t = cs_view_add_table(r, "event_scopes", "By event and scope", scope_columns,
			      CS_N(scope_columns));
	for (size_t i = 0; t && i < s->n_scopes; i++) {
		cs_row_add(r, t);
		cs_row_text(r, t, "event", event_text(s->scopes[i].event));
		cs_row_text(r, t, "project",
			    s->scopes[i].project && *s->scopes[i].project ? s->scopes[i].project
									  : NULL);
		cs_row_text(r, t, "scope", s->scopes[i].scope);
		row_spread(r, t, &s->scopes[i].spread, s->scopes[i].builds);
	}
	cs_view_tell_apart(t, "project", is_of_several(v->ledger));
}

/* --- lists --- */

/* What a build of the ledger is called, in the columns that the lists share. */
static void row_build(struct cs_report *r, struct cs_table *t, const struct cs_strategy_view *v,
		      uint32_t build)
{
	size_t n, n_runs;
	const struct cs_ledger_build *b = &cs_ledger_builds(v->ledger, &n)[build];
	const struct cs_ledger_run *runs = cs_ledger_runs(v->ledger, &n_runs);
	const struct cs_ledger_place *p = cs_ledger_place(v->ledger, b->place);
	char id[17];

	cs_row_text(r, t, "build_id", b->id ? cs_ledger_id(b->id, id) : NULL);
	cs_row_text(r, t, "project", p->project);
	cs_row_int(r, t, "started_at", b->started_unix_ns);
	cs_row_text(r, t, "event", event_text((enum cs_event)b->event));
	cs_row_text(r, t, "run_id", b->run == CS_LEDGER_NONE ? NULL : runs[b->run].run_id);
	cs_row_text(r, t, "target", p->target);
	cs_row_text(r, t, "scope", p->scope);
}

static void end_list(struct cs_report *r, struct cs_table *t, const struct cs_strategy_view *v,
		     size_t n)
{
	cs_view_tell_apart(t, "project", is_of_several(v->ledger));
	if (n > v->max_rows)
		cs_table_lead(r, t, "The first %zu of %zu; %s shows all%s.", v->max_rows, n,
			      v->all_with ? v->all_with : "--limit 0",
			      v->all_with ? "" : ", so does --format json");
}

static const char *role_text(const struct cs_strategy_view *v, unsigned role)
{
	return role < CS_POLICY_ROLES ? cs_ledger_policy(v->ledger)->roles[role].name : NULL;
}

static void add_unexpected(struct cs_report *r, const struct cs_strategy_view *v)
{
	const struct cs_strategy *s = v->strategy;
	struct cs_table *t = cs_view_add_table(r, "unexpected", "Unexpected builds",
					       unexpected_columns, CS_N(unexpected_columns));
	size_t n;
	const struct cs_ledger_build *builds = cs_ledger_builds(v->ledger, &n);

	if (t)
		t->machine_only = v->partial; /* nobody looked: "none" would be a lie */
	for (size_t i = 0; t && i < s->n_unexpected && i < v->max_rows; i++) {
		const struct cs_strategy_unexpected *u = &s->unexpected[i];
		const struct cs_ledger_build *b = &builds[u->build];
		const char *reasons[8];
		size_t n_reasons = 0;

		for (unsigned bit = 1; bit <= CS_UNEXPECTED_NEVER_PUSHED; bit *= 2) {
			if (u->reasons & bit)
				reasons[n_reasons++] = cs_unexpected_name((enum cs_unexpected)bit);
		}
		cs_row_add(r, t);
		row_build(r, t, v, u->build);
		cs_row_text(r, t, "role", role_text(v, u->role));
		cs_row_text(r, t, "job", cs_ledger_place(v->ledger, b->place)->job);
		cs_row_text(r, t, "reason", n_reasons ? reasons[0] : NULL);
		cs_row_list(r, t, "reasons", reasons, n_reasons);
		cs_row_int(r, t, "wasted_seconds", b->duration_ns);
	}
	end_list(r, t, v, s->n_unexpected);
}

static void add_missing(struct cs_report *r, const struct cs_strategy_view *v)
{
	const struct cs_strategy *s = v->strategy;
	struct cs_table *t = cs_view_add_table(r, "missing", "Missing builds", missing_columns,
					       CS_N(missing_columns));
	size_t n;
	const struct cs_ledger_run *runs = cs_ledger_runs(v->ledger, &n);

	if (t)
		t->machine_only = v->partial; /* nobody looked: "none" would be a lie */
	for (size_t i = 0; t && i < s->n_missing && i < v->max_rows; i++) {
		const struct cs_ledger_run *run = &runs[s->missing[i].run];

		cs_row_add(r, t);
		cs_row_text(r, t, "project", run->project && *run->project ? run->project : NULL);
		cs_row_text(r, t, "event", event_text(run->event));
		cs_row_text(r, t, "run_id", run->run_id);
		cs_row_text(r, t, "workflow", run->workflow);
		cs_row_text(r, t, "role", role_text(v, s->missing[i].role));
		cs_row_int(r, t, "builds", s->missing[i].builds);
	}
	end_list(r, t, v, s->n_missing);
}

static void add_disorders(struct cs_report *r, const struct cs_strategy_view *v)
{
	const struct cs_strategy *s = v->strategy;
	struct cs_table *t = cs_view_add_table(r, "order_violations", "Out of order",
					       disorder_columns, CS_N(disorder_columns));
	size_t n;
	const struct cs_ledger_build *builds = cs_ledger_builds(v->ledger, &n);

	if (t)
		t->machine_only = v->partial; /* nobody looked: "none" would be a lie */
	for (size_t i = 0; t && i < s->n_disorders && i < v->max_rows; i++) {
		const struct cs_strategy_disorder *d = &s->disorders[i];
		char id[17];

		cs_row_add(r, t);
		row_build(r, t, v, d->build);
		cs_row_text(r, t, "kind", cs_disorder_name(d->kind));
		if (d->before != CS_LEDGER_NONE && builds[d->before].id)
			cs_row_text(r, t, "before_build_id",
				    cs_ledger_id(builds[d->before].id, id));
	}
	end_list(r, t, v, s->n_disorders);
}

int cs_view_strategy(struct cs_report *report, const struct cs_strategy_view *v, struct cs_err *err)
{
	add_events(report, v);
	add_unexpected(report, v);
	add_missing(report, v);
	add_disorders(report, v);
	add_splits(report, v);
	return cs_report_check(report, err);
}
