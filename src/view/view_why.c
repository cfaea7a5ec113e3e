/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view_why.h"

#include <string.h>

#include "util/buf.h"

static const struct cs_column columns[] = {
	{ "step_index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "step", "name", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_MACHINE, NULL },
	{ "stage", "stage", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "platform", "platform", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_MACHINE, NULL },
	{ "state", "state", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "duration_seconds", "time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "cause", "cause", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "root_step_index", "root", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "root_step", "root", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_MACHINE, NULL },
	{ "root_cause", "root cause", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "avoidable", "avoidable", CS_TYPE_BOOL, CS_ROLE_NOTE, 0, NULL },
	{ "evidence", "evidence", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "changed_files", "changed files", CS_TYPE_LIST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "changed_files_not_named", "more", CS_TYPE_COUNT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "line", "line", CS_TYPE_COUNT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "changed_instruction", "is", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "old_instruction", "was", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "reference_build", "against", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
};

static void add_miss(struct cs_report *report, struct cs_table *t, const struct cs_build *build,
		     const struct cs_miss *m)
{
	const struct cs_build *ref = m->reference;

	cs_row_add(report, t);
	cs_row_int(report, t, "step_index", m->step->index);
	cs_row_text(report, t, "step", m->step->name);
	cs_row_text(report, t, "stage", m->step->stage);
	cs_row_text(report, t, "instruction", m->step->instruction);
	cs_row_text(report, t, "platform",
		    m->step->platform	 ? m->step->platform
		    : build->platform[0] ? build->platform
					 : NULL);
	cs_row_text(report, t, "state", cs_step_state_name(m->step->state));
	cs_row_int(report, t, "duration_seconds", m->step->duration_ns);
	cs_row_text(report, t, "cause", cs_cause_name(m->cause));
	cs_row_int(report, t, "root_step_index", m->root->index);
	cs_row_text(report, t, "root_step", m->root->name);
	cs_row_text(report, t, "root_cause", cs_cause_name(m->root_cause));
	if (m->avoidable != CS_TRI_UNKNOWN)
		cs_row_bool(report, t, "avoidable", m->avoidable == CS_TRI_YES);
	cs_row_text(report, t, "evidence", m->evidence);
	cs_row_list(report, t, "changed_files", m->changed_files, m->n_changed_files);
	cs_row_int(report, t, "changed_files_not_named", (int64_t)m->n_more_files);
	cs_row_int(report, t, "line", m->line ? m->line : -1);
	cs_row_text(report, t, "changed_instruction", m->changed);
	cs_row_text(report, t, "old_instruction", m->old_instruction);
	cs_row_text(report, t, "reference_build",
		    ref ? ref->id ? ref->id : ref->builder_ref : NULL);
}

/* One line for all roots of the same cause and evidence. */
static int say_evidence(struct cs_report *report, const struct cs_miss *misses, size_t n, size_t at,
			struct cs_err *err)
{
	struct cs_buf steps CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const struct cs_miss *m = &misses[at];

	for (size_t i = 0; i < n; i++) {
		const struct cs_miss *o = &misses[i];

		if (o->cause != m->cause || strcmp(o->evidence, m->evidence) != 0)
			continue;
		if (i < at)
			return 0; /* said there */
		if (cs_buf_printf(&steps, "%s%u", steps.len ? ", " : "", o->step->index) < 0)
			return cs_err_nomem(err);
	}
	cs_report_note(report, false, "%s %s: %s", steps.data, cs_cause_name(m->cause), m->evidence);
	return 0;
}

int cs_view_misses(struct cs_report *report, const struct cs_build *build,
		   const struct cs_miss *misses, size_t n, struct cs_err *err)
{
	struct cs_table *t = cs_report_add_table(report, "misses", NULL, columns, CS_N(columns));

	for (size_t i = 0; t && i < n; i++) {
		const struct cs_miss *m = &misses[i];

		add_miss(report, t, build, m);
		if (m->cause != CS_CAUSE_CASCADE && say_evidence(report, misses, n, i, err) < 0)
			return -(int)err->code;
	}
	return cs_report_check(report, err);
}
