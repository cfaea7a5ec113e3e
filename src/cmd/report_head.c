/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands above the tables. A change is told where both windows have the figure; whether it is
 * more than noise is not said here: compare asks that of runs, and takes its time for it.
 */
#include <string.h>

#include "cmd/report_parts.h"
#include "report/fmt.h"
#include "util/buf.h"
#include "view/view_report.h"

#define FEW_BUILDS 5

/* A figure in both windows. */
struct pair {
	bool known, was_known;
	double now, before;
};

static double share(int64_t a, int64_t b)
{
	return (double)a / (double)b;
}

static struct cs_cell cell_of(enum cs_type type, bool known, double value)
{
	struct cs_cell cell = { .known = known };

	if (type == CS_TYPE_RATIO || type == CS_TYPE_NUMBER)
		cell.d = value;
	else
		cell.i = (int64_t)value;
	return cell;
}

/* "the 30 days before" */
static const char *window_before(const struct cs_report *report, char buf[CS_FMT_NUM + 16])
{
	const struct cs_about *about = cs_report_get_about(report);
	int64_t day = INT64_C(86400) * CS_NS_PER_S, n = 0;
	char num[CS_FMT_NUM];

	if (about && about->since_unix_ns != CS_TIME_NONE && about->until_unix_ns != CS_TIME_NONE)
		n = about->until_unix_ns - about->since_unix_ns + CS_NS_PER_S / 2;
	if (n < day || n % day >= CS_NS_PER_S)
		return "the window before, of equal length";
	if (n / day == 1)
		return "the day before";
	snprintf(buf, CS_FMT_NUM + 16, "the %s days before", cs_fmt_count(n / day, num));
	return buf;
}

static void add(struct cs_report *report, struct cs_headline h, const struct pair *v)
{
	char since[CS_FMT_NUM + 16];

	h.value = cell_of(h.type, v->known, v->now);
	h.before = cell_of(h.type, v->was_known, v->before);
	if (v->known && v->was_known && (h.type == CS_TYPE_RATIO || v->before > 0)) {
		h.has_change = true;
		h.change = h.type == CS_TYPE_RATIO ? v->now - v->before
						   : (v->now - v->before) / v->before;
		h.since = window_before(report, since);
	}
	cs_report_headline(report, &h);
}

static void pair_rate(struct pair *v, const struct cs_stats_row *now,
		      const struct cs_stats_row *before, bool time)
{
	const struct cs_stats_row *rows[] = { now, before };
	double value[2] = { 0, 0 };
	bool known[2] = { false, false };

	for (size_t i = 0; i < 2; i++) {
		const struct cs_stats_row *r = rows[i];
		int64_t num, den;

		if (!r || (time && (!r->savings.known || !cs_savings_priced(&r->savings))))
			continue;
		num = time ? r->savings.gross_ns : r->step_hits;
		den = time ? cs_ns_add(num, r->savings.run_ns) : r->step_hits + r->step_runs;
		known[i] = den > 0;
		value[i] = den > 0 ? share(num, den) : 0;
	}
	*v = (struct pair){ known[0], known[1], value[0], value[1] };
}

static bool net_of(const struct cs_stats_row *row, double *ret)
{
	if (!row || !row->savings.known || !cs_savings_priced(&row->savings))
		return false;
	*ret = (double)cs_savings_net(&row->savings);
	return true;
}

static void add_rates(struct cs_report *report, const struct cs_stats_row *now,
		      const struct cs_stats_row *before)
{
	struct pair v;

	pair_rate(&v, now, before, false);
	add(report,
	    (struct cs_headline){ .key = "step_hit_ratio",
				  .label = "step hit rate",
				  .type = CS_TYPE_RATIO,
				  .n = now ? now->n_rated : 0,
				  .n_of = "builds",
				  .better = 1 },
	    &v);
	pair_rate(&v, now, before, true);
	add(report,
	    (struct cs_headline){ .key = "time_hit_ratio",
				  .label = "time hit rate",
				  .type = CS_TYPE_RATIO,
				  .n = now ? now->n_timed : 0,
				  .n_of = "builds",
				  .better = 1 },
	    &v);
	v = (struct pair){ 0 };
	v.known = net_of(now, &v.now);
	v.was_known = net_of(before, &v.before);
	add(report,
	    (struct cs_headline){
		    .key = "net_saved_seconds",
		    .label = "net time saved",
		    .type = CS_TYPE_SECONDS,
		    .n = now ? now->n_timed : 0,
		    .n_of = "builds",
		    .better = 1,
		    .verdict = cs_pays_name(now ? cs_pays(&now->savings) : CS_PAYS_CANNOT_TELL) },
	    &v);
}

static const struct cs_strategy_event *event_of(const struct cs_strategy *s, enum cs_event event)
{
	for (size_t i = 0; i < s->n_events; i++) {
		if (s->events[i].event == event && s->events[i].spread.runs)
			return &s->events[i];
	}
	return NULL;
}

static void add_per_run(struct cs_report *report, const struct cs_report_parts *p,
			enum cs_event event, const char *key, const char *label)
{
	const struct cs_strategy_event *now = event_of(p->now.strategy, event);
	const struct cs_strategy_event *before = event_of(p->before.strategy, event);
	struct pair v = { .known = now, .was_known = before };

	if (!now)
		return;
	v.now = share(now->spread.builds, now->spread.runs);
	if (before)
		v.before = share(before->spread.builds, before->spread.runs);
	add(report,
	    (struct cs_headline){ .key = key,
				  .label = label,
				  .type = CS_TYPE_NUMBER,
				  .n = now->spread.runs,
				  .n_of = "runs" },
	    &v);
}

static bool unexpected_of(const struct cs_strategy *s, double *ret, int64_t *ret_n)
{
	bool any = false;

	for (size_t i = 0; i < s->n_events; i++) {
		if (s->events[i].unexpected < 0)
			continue;
		any = true;
		*ret += (double)s->events[i].unexpected;
		*ret_n += s->events[i].builds;
	}
	return any;
}

static void add_strategy(struct cs_report *report, const struct cs_report_parts *p)
{
	const struct cs_duplicate_sums *d = cs_duplicates_sums(p->now.duplicates);
	const struct cs_duplicate_sums *b = cs_duplicates_sums(p->before.duplicates);
	struct pair v = { 0 };
	int64_t n = 0, n_before = 0;

	add_per_run(report, p, CS_EVENT_PUSH_MAIN, "builds_per_push_main", "builds per main push");
	add_per_run(report, p, CS_EVENT_PULL_REQUEST, "builds_per_pull_request",
		    "builds per pull request");
	v.known = unexpected_of(p->now.strategy, &v.now, &n);
	v.was_known = unexpected_of(p->before.strategy, &v.before, &n_before);
	add(report,
	    (struct cs_headline){ .key = "unexpected_builds",
				  .label = "unexpected builds",
				  .type = CS_TYPE_COUNT,
				  .n = n,
				  .n_of = "builds",
				  .better = -1 },
	    &v);
	v = (struct pair){ d->builds > 0, b->builds > 0, (double)(d->builds - d->groups),
			   (double)(b->builds - b->groups) };
	add(report,
	    (struct cs_headline){ .key = "duplicate_builds",
				  .label = "duplicate builds",
				  .type = CS_TYPE_COUNT,
				  .n = d->builds,
				  .n_of = "builds",
				  .better = -1 },
	    &v);
	v.now = (double)d->wasted_ns;
	v.before = (double)b->wasted_ns;
	add(report,
	    (struct cs_headline){ .key = "duplicate_wasted_seconds",
				  .label = "spent on duplicates",
				  .type = CS_TYPE_SECONDS,
				  .n = d->builds,
				  .n_of = "builds",
				  .better = -1 },
	    &v);
}

static void warn(struct cs_report *report, const struct cs_report_parts *p,
		 const struct cs_stats_row *now)
{
	if (!now) {
		cs_report_warning(report, "no builds in the window");
		return;
	}
	if (now->n_rated < FEW_BUILDS)
		cs_report_warning(report, "%lld of %lld builds can be rated: too few to judge by",
				  (long long)now->n_rated, (long long)now->builds);
	if (now->undecided_builds)
		cs_report_warning(
			report,
			"%lld builds have steps whose outcome is not known: they are kept "
			"out of the step hit rate",
			(long long)now->undecided_builds);
	if (p->partial)
		cs_report_warning(report,
				  "with --scope, --target or --platform the policy is not judged");
}

/* "project=a", "scope=test" … of what was asked for, but the window. */
static int list_filters(const struct cs_report_parts *p, const char ***ret, size_t *ret_n)
{
	const struct cs_filter *f = p->filter;
	const struct {
		const char *name;
		const struct cs_filter_list *list;
	} lists[] = { { "project", &f->project }, { "scope", &f->scope },
		      { "event", &f->event },	  { "ref", &f->ref },
		      { "target", &f->target },	  { "platform", &f->platform } };
	const char **v = cs_arena_array(p->arena, (size_t)7 * CS_FILTER_VALUES, sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; v && i < CS_N(lists); i++) {
		for (size_t k = 0; k < lists[i].list->n; k++) {
			v[n] = cs_arena_printf(p->arena, "%s=%s", lists[i].name,
					       lists[i].list->v[k]);
			if (!v[n++])
				return -1;
		}
	}
	for (size_t i = 0; v && i < f->n_labels; i++) {
		v[n] = cs_arena_printf(p->arena, "label.%s=%s", f->labels[i].key,
				       f->labels[i].value);
		if (!v[n++])
			return -1;
	}
	*ret = v;
	*ret_n = n;
	return v ? 0 : -1;
}

static int tell_about(struct cs_report *report, const struct cs_report_parts *p, const char *title,
		      struct cs_err *err)
{
	struct cs_about about = { .title = title,
				  .version = PACKAGE_NAME " " PACKAGE_VERSION,
				  .since_unix_ns = p->since_unix_ns,
				  .until_unix_ns = p->until_unix_ns };
	const char **filters;

	if (!title)
		about.title = p->n_projects == 1 && *p->projects[0].name
				      ? cs_arena_printf(p->arena, "Build cache of %s",
							p->projects[0].name)
				      : "Build cache";
	if (!about.title || list_filters(p, &filters, &about.n_filters) < 0)
		return cs_err_nomem(err);
	about.filters = filters;
	cs_report_about(report, &about);
	return 0;
}

int cs_report_add_head(struct cs_report *report, struct cs_report_parts *p, const char *title,
		       struct cs_err *err)
{
	const struct cs_stats_row *now, *before;
	size_t n, n_before;
	int r = tell_about(report, p, title, err);

	if (r == 0)
		r = cs_stats_rows(p->now.total, &now, &n, err);
	if (r == 0)
		r = cs_stats_rows(p->before.total, &before, &n_before, err);
	if (r < 0)
		return r;
	warn(report, p, n ? now : NULL);
	add_rates(report, n ? now : NULL, n_before ? before : NULL);
	add_strategy(report, p);
	return cs_report_check(report, err);
}
