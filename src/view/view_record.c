/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

#include <string.h>

static const struct cs_column build_columns[] = {
	{ "source", "source", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "build_id", "build", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "recorded", "recorded", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "source_kind", "build's source", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "builder_ref", "builder's ref", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "project", "project", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "target", "target", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "status", "status", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "step_hits", "hits", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "step_runs", "runs", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "step_hit_ratio", "hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "duration_seconds", "time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
};

static const struct cs_column run_columns[] = {
	{ "source", "source", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "run_id", "run", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "attempt", "attempt", CS_TYPE_COUNT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "recorded", "recorded", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "project", "project", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "workflow", "workflow", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "conclusion", "conclusion", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
};

const char *cs_put_name(enum cs_put put)
{
	return put == CS_PUT_NEW ? "new" : put == CS_PUT_SAME ? "same" : "joined";
}

static struct cs_table *table(struct cs_report *report, const char *key)
{
	for (size_t i = 0; i < cs_report_n_tables(report); i++) {
		struct cs_table *t = cs_report_table(report, i);

		if (strcmp(t->key, key) == 0)
			return t;
	}
	return NULL;
}

int cs_view_record_begin(struct cs_report *report, bool builds, bool runs, struct cs_err *err)
{
	if (builds)
		cs_report_add_table(report, "builds", NULL, build_columns, CS_N(build_columns));
	if (runs)
		cs_report_add_table(report, "runs", builds ? "Runs" : NULL, run_columns,
				    CS_N(run_columns));
	return cs_report_check(report, err);
}

static const char *known(const char *text)
{
	return text && *text ? text : NULL;
}

int cs_view_record_build(struct cs_report *report, const char *source, const struct cs_build *build,
			 enum cs_put put, struct cs_err *err)
{
	const struct cs_facts *f = &build->facts;
	struct cs_table *t = table(report, "builds");
	int64_t hits = 0, runs = 0, undecided = 0;

	if (!t)
		return cs_report_check(report, err);
	for (size_t i = 0; i < build->n_steps; i++) {
		if (!cs_step_cacheable(build->steps[i].class))
			continue;
		hits += build->steps[i].state == CS_STATE_HIT;
		runs += build->steps[i].state == CS_STATE_RUN;
		undecided += build->steps[i].state == CS_STATE_UNKNOWN;
	}
	cs_row_add(report, t);
	cs_row_text(report, t, "source", source);
	cs_row_text(report, t, "build_id", build->id);
	cs_row_text(report, t, "recorded", cs_put_name(put));
	cs_row_text(report, t, "source_kind", cs_source_kind_name(build->source_kind));
	cs_row_text(report, t, "builder_ref", build->builder_ref);
	cs_row_text(report, t, "project", known(f->project));
	cs_row_text(report, t, "scope", f->scope);
	cs_row_text(report, t, "event", f->event == CS_EVENT_NONE ? NULL : cs_event_name(f->event));
	cs_row_text(report, t, "target", f->target);
	cs_row_text(report, t, "status", cs_build_status_name(build->status));
	cs_row_int(report, t, "step_hits", hits);
	cs_row_int(report, t, "step_runs", runs);
	if (!undecided && build->status != CS_STATUS_FAILED && build->status != CS_STATUS_CANCELED)
		cs_row_quotient(report, t, "step_hit_ratio", hits, hits + runs);
	if (f->started_unix_ns != CS_TIME_NONE && f->completed_unix_ns != CS_TIME_NONE)
		cs_row_int(report, t, "duration_seconds",
			   f->completed_unix_ns - f->started_unix_ns);
	return cs_report_check(report, err);
}

int cs_view_record_run(struct cs_report *report, const char *source, const struct cs_run *run,
		       enum cs_put put, struct cs_err *err)
{
	struct cs_table *t = table(report, "runs");

	if (!t)
		return cs_report_check(report, err);
	cs_row_add(report, t);
	cs_row_text(report, t, "source", source);
	cs_row_text(report, t, "run_id", run->run_id);
	cs_row_int(report, t, "attempt", run->attempt);
	cs_row_text(report, t, "recorded", cs_put_name(put));
	cs_row_text(report, t, "project", known(run->project));
	cs_row_text(report, t, "event",
		    run->event == CS_EVENT_NONE ? NULL : cs_event_name(run->event));
	cs_row_text(report, t, "workflow", run->workflow);
	cs_row_text(report, t, "conclusion", run->conclusion);
	return cs_report_check(report, err);
}
