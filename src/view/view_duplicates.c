/* SPDX-License-Identifier: Apache-2.0 */
/* What was built twice, what scopes are written by, what CI minutes it took. */
#include <string.h>

#include "report/fmt.h"
#include "util/buf.h"
#include "view/columns.h"
#include "view/view_strategy.h"

#define NOTE(key, title, type, flags)                                                              \
	{                                                                                          \
		key, title, type, CS_ROLE_NOTE, flags, NULL                                        \
	}
#define GAUGE(key, title, type, flags, help)                                                       \
	{                                                                                          \
		key, title, type, CS_ROLE_GAUGE, flags, help                                       \
	}

/* --- duplicates --- */

static const struct cs_column duplicate_columns[] = {
	NOTE("kind", "kind", CS_TYPE_TEXT, 0),
	NOTE("builds", "builds", CS_TYPE_COUNT, 0),
	NOTE("wasted_seconds", "wasted", CS_TYPE_SECONDS, 0),
	NOTE("events", "events", CS_TYPE_LIST, 0),
	NOTE("key", "what", CS_TYPE_TEXT, CS_COL_WIDE),
	NOTE("run_id", "run", CS_TYPE_TEXT, CS_COL_DETAIL),
	NOTE("first_build_id", "first", CS_TYPE_TEXT, 0),
	NOTE("members", "members", CS_TYPE_LIST, CS_COL_DETAIL),
};

static const struct cs_column sums_columns[] = {
	GAUGE("builds", "builds", CS_TYPE_COUNT, 0, "Builds that are looked at for duplicates."),
	GAUGE("duplicate_builds", "duplicates", CS_TYPE_COUNT, 0, "Builds that were built before."),
	GAUGE("duplicate_ratio", "rate", CS_TYPE_RATIO, 0, "Duplicates over builds."),
	GAUGE("wasted_seconds", "wasted", CS_TYPE_SECONDS, 0, "Time of duplicate builds."),
	GAUGE("work_steps", "repeated steps", CS_TYPE_COUNT, 0,
	      "Steps executed in a run that had executed them."),
	GAUGE("work_seconds", "their time", CS_TYPE_SECONDS, 0, "Time of repeated steps."),
	GAUGE("rerun_builds", "of re-runs", CS_TYPE_COUNT, 0, "Builds of later attempts, apart."),
	GAUGE("rerun_seconds", "time", CS_TYPE_SECONDS, CS_COL_DETAIL,
	      "Time of builds of later attempts."),
	GAUGE("scheduled_builds", "scheduled", CS_TYPE_COUNT, 0, "Scheduled builds, apart."),
	GAUGE("scheduled_seconds", "time", CS_TYPE_SECONDS, CS_COL_DETAIL,
	      "Time of scheduled builds."),
	GAUGE("canceled_builds", "canceled", CS_TYPE_COUNT, CS_COL_DETAIL,
	      "Canceled builds, kept out."),
	GAUGE("unknown_builds", "unknown source", CS_TYPE_COUNT, CS_COL_DETAIL,
	      "Builds whose source state is not known, kept out."),
};

/* Each event of the members once. */
static void row_events(struct cs_report *r, struct cs_table *t, const struct cs_strategy_view *v,
		       const struct cs_duplicate *d)
{
	const char *events[CS_EVENT_OTHER + 1];
	bool seen[CS_EVENT_OTHER + 1] = { false };
	size_t n, n_events = 0;
	const struct cs_ledger_build *builds = cs_ledger_builds(v->ledger, &n);

	for (int64_t i = 0; d->members && i < d->builds; i++) {
		unsigned e = builds[d->members[i]].event;

		if (e != CS_EVENT_NONE && !seen[e])
			events[n_events++] = cs_event_name((enum cs_event)e);
		seen[e] = true;
	}
	if (d->work)
		events[n_events++] =
			cs_event_name(cs_ledger_runs(v->ledger, &n)[d->work->run].event);
	cs_row_list(r, t, "events", events, n_events);
}

static int row_ids(struct cs_report *r, struct cs_table *t, const struct cs_strategy_view *v,
		   const struct cs_duplicate *d, struct cs_err *err)
{
	size_t n = d->members ? (size_t)d->builds : CS_N(d->work->builds), n_all, n_ids = 0;
	const struct cs_ledger_build *builds = cs_ledger_builds(v->ledger, &n_all);
	char(*ids)[17] = calloc(n + 1, sizeof(*ids));
	const char **list = calloc(n + 1, sizeof(*list));

	if (!ids || !list) {
		free(ids);
		free(list);
		return cs_err_nomem(err);
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t id = d->members ? builds[d->members[i]].id : d->work->builds[i];

		if (id)
			list[n_ids] = cs_ledger_id(id, ids[n_ids]), n_ids++;
	}
	cs_row_text(r, t, "first_build_id", n_ids ? list[0] : NULL);
	cs_row_list(r, t, "members", list, n_ids);
	free(ids);
	free(list);
	return 0;
}

/* "acme/app · prod · linux/amd64", as far as it is known. */
static int row_key(struct cs_report *r, struct cs_table *t, const struct cs_strategy_view *v,
		   const struct cs_duplicate *d, struct cs_err *err)
{
	struct cs_buf text CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	size_t n;
	const struct cs_ledger_place *p;

	if (d->work) {
		cs_row_text(r, t, "key", d->work->instruction);
		cs_row_text(r, t, "run_id", cs_ledger_runs(v->ledger, &n)[d->work->run].run_id);
		return 0;
	}
	p = cs_ledger_place(v->ledger, cs_ledger_builds(v->ledger, &n)[d->members[0]].place);
	if (cs_buf_printf(&text, "%s%starget %s%s%s", p->project ? p->project : "",
			  p->project ? ", " : "", p->target ? p->target : "unknown",
			  p->platform ? ", " : "", p->platform ? p->platform : "") < 0)
		return cs_err_nomem(err);
	cs_row_text(r, t, "key", text.data);
	return 0;
}

static int add_duplicates(struct cs_report *r, const struct cs_strategy_view *v, struct cs_err *err)
{
	struct cs_table *t = cs_report_add_table(r, "duplicates", "Built or done twice",
						 duplicate_columns, CS_N(duplicate_columns));
	size_t n;
	const struct cs_duplicate *list = cs_duplicates_list(v->duplicates, &n);

	for (size_t i = 0; t && i < n && i < v->max_rows; i++) {
		int ret;

		cs_row_add(r, t);
		cs_row_text(r, t, "kind", cs_duplicate_kind_name(list[i].kind));
		cs_row_int(r, t, "builds", list[i].builds);
		cs_row_int(r, t, "wasted_seconds", list[i].wasted_ns);
		row_events(r, t, v, &list[i]);
		ret = row_key(r, t, v, &list[i], err);
		if (ret == 0)
			ret = row_ids(r, t, v, &list[i], err);
		if (ret < 0)
			return ret;
	}
	if (n > v->max_rows)
		cs_table_lead(r, t, "The first %zu of %zu; %s shows all%s.", v->max_rows, n,
			      v->all_with ? v->all_with : "--limit 0",
			      v->all_with ? "" : ", so does --format json");
	return 0;
}

static void add_sums(struct cs_report *r, const struct cs_strategy_view *v)
{
	const struct cs_duplicate_sums *s = cs_duplicates_sums(v->duplicates);
	struct cs_table *t = cs_report_add_table(r, "duplicate_sums", "Duplicates in sum",
						 sums_columns, CS_N(sums_columns));

	if (!t)
		return;
	cs_row_add(r, t);
	cs_row_int(r, t, "builds", s->builds);
	cs_row_int(r, t, "duplicate_builds", s->builds - s->groups);
	cs_row_quotient(r, t, "duplicate_ratio", s->builds - s->groups, s->builds);
	cs_row_int(r, t, "wasted_seconds", s->wasted_ns);
	cs_row_int(r, t, "work_steps", s->work_steps);
	cs_row_int(r, t, "work_seconds", s->work_ns);
	cs_row_int(r, t, "rerun_builds", s->rerun_builds);
	cs_row_int(r, t, "rerun_seconds", s->rerun_ns);
	cs_row_int(r, t, "scheduled_builds", s->scheduled_builds);
	cs_row_int(r, t, "scheduled_seconds", s->scheduled_ns);
	cs_row_int(r, t, "canceled_builds", s->canceled_builds);
	cs_row_int(r, t, "unknown_builds", s->unknown_builds);
}

int cs_view_duplicates(struct cs_report *report, const struct cs_strategy_view *v,
		       struct cs_err *err)
{
	int r = add_duplicates(report, v, err);

	if (r < 0)
		return r;
	add_sums(report, v);
	return cs_report_check(report, err);
}

/* --- scopes --- */

static const struct cs_column health_columns[] = {
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "project", "project", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	GAUGE("builds", "builds", CS_TYPE_COUNT, 0, "Builds of the scope."),
	GAUGE("writing_runs", "writing runs", CS_TYPE_COUNT, 0, "Runs that write the scope."),
	GAUGE("collisions", "collisions", CS_TYPE_COUNT, 0,
	      "Runs in which more than one target or platform writes the scope."),
	GAUGE("writers_max", "writers", CS_TYPE_COUNT, 0,
	      "Most targets and platforms that wrote the scope in one run."),
	GAUGE("thrash_ratio", "thrash", CS_TYPE_RATIO, 0,
	      "Misses whose blob had been stored before over misses."),
	GAUGE("age_seconds", "age", CS_TYPE_SECONDS, 0, "Since the first build of the window."),
	GAUGE("idle_seconds", "idle", CS_TYPE_SECONDS, 0, "Since the last build."),
	GAUGE("new_blob_bytes", "new", CS_TYPE_BYTES, 0, "Blobs that its builds brought in."),
};

static int64_t since(int64_t now, int64_t then)
{
	return then == CS_TIME_NONE || then > now ? -1 : now - then;
}

int cs_view_scopes(struct cs_report *report, const struct cs_strategy_view *v, struct cs_err *err)
{
	struct cs_table *t = cs_view_add_table(report, "scopes", "Health of scopes", health_columns,
					       CS_N(health_columns));

	for (size_t i = 0; t && i < v->n_scopes; i++) {
		const struct cs_scope_health *h = &v->scopes[i];
		const struct cs_ledger_scope *s = h->scope;

		cs_row_add(report, t);
		cs_row_text(report, t, "scope", s->scope);
		cs_row_text(report, t, "project", s->project);
		cs_row_int(report, t, "builds", s->builds);
		cs_row_int(report, t, "writing_runs", h->writing_runs);
		cs_row_int(report, t, "collisions", h->collisions);
		cs_row_int(report, t, "writers_max", h->writers_max ? h->writers_max : -1);
		cs_row_quotient(report, t, "thrash_ratio", s->stored_misses, s->misses);
		cs_row_int(report, t, "age_seconds", since(v->now_unix_ns, s->first_unix_ns));
		cs_row_int(report, t, "idle_seconds", since(v->now_unix_ns, s->last_unix_ns));
		cs_row_int(report, t, "new_blob_bytes", s->new_blob_bytes);
	}
	cs_view_tell_apart(t, "project", false);
	return cs_report_check(report, err);
}

/* --- CI minutes --- */

static const struct cs_column minutes_columns[] = {
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	GAUGE("jobs", "jobs", CS_TYPE_COUNT, 0, "Jobs that built."),
	GAUGE("ci_minutes", "CI minutes", CS_TYPE_COUNT, 0,
	      "Minutes of builds, each job rounded up."),
	GAUGE("saved_minutes", "saved", CS_TYPE_NUMBER, 0,
	      "Minutes that those jobs would have taken more without the cache."),
	GAUGE("saved_jobs", "of jobs", CS_TYPE_COUNT, 0, "Jobs that the saved minutes stand on."),
	GAUGE("untimed_jobs", "untimed", CS_TYPE_COUNT, CS_COL_DETAIL,
	      "Jobs whose builds have no duration."),
	NOTE("cost", "cost", CS_TYPE_TEXT, 0),
	NOTE("saved_cost", "saved cost", CS_TYPE_TEXT, 0),
	NOTE("currency", "currency", CS_TYPE_TEXT, 0),
};

static void row_cost(struct cs_report *r, struct cs_table *t, const char *key,
		     const struct cs_strategy_view *v, int64_t minutes)
{
	char text[CS_MONEY_TEXT];

	if (v->rate_millionths >= 0 && *cs_minutes_cost(minutes, v->rate_millionths, text))
		cs_row_text(r, t, key, text);
}

int cs_view_minutes(struct cs_report *report, const struct cs_strategy_view *v, struct cs_err *err)
{
	/* without a rate people have no use for three empty columns */
	size_t n = CS_N(minutes_columns);
	struct cs_column *columns = cs_report_columns(report, n);
	struct cs_table *t;

	if (!columns)
		return cs_report_check(report, err);
	memcpy(columns, minutes_columns, sizeof(minutes_columns));
	for (size_t i = n - 3; v->rate_millionths < 0 && i < n; i++)
		columns[i].flags |= CS_COL_MACHINE;
	t = cs_report_add_table(report, "ci_minutes", "CI minutes", columns, n);
	for (size_t i = 0; t && i < v->strategy->n_events; i++) {
		enum cs_event e = v->strategy->events[i].event;
		const struct cs_minutes *m = &v->minutes[e];

		if (!m->jobs)
			continue;
		cs_row_add(report, t);
		cs_row_text(report, t, "event", e == CS_EVENT_NONE ? NULL : cs_event_name(e));
		cs_row_int(report, t, "jobs", m->jobs);
		cs_row_int(report, t, "ci_minutes", m->jobs > m->untimed_jobs ? m->minutes : -1);
		if (m->saved_jobs) /* it may be -1, which is no unknown here */
			cs_row_number(report, t, "saved_minutes", (double)m->saved_minutes);
		cs_row_int(report, t, "saved_jobs", m->saved_jobs);
		cs_row_int(report, t, "untimed_jobs", m->untimed_jobs);
		if (m->jobs > m->untimed_jobs)
			row_cost(report, t, "cost", v, m->minutes);
		if (m->saved_jobs)
			row_cost(report, t, "saved_cost", v, m->saved_minutes);
		if (v->rate_millionths >= 0)
			cs_row_text(report, t, "currency", v->currency);
	}
	return cs_report_check(report, err);
}
