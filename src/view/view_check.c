/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "report/fmt.h"
#include "view/view_compare.h"

static const struct cs_column machine_columns[] = {
	{ "gate", "gate", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "unit", "unit", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "limit", "limit", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, "What must be kept, in the unit." },
	{ "value", "value", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, "What was measured, in the unit." },
	{ "n", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "passed", "passed", CS_TYPE_BOOL, CS_ROLE_GAUGE, 0, "1 if the gate is kept, 0 if not." },
	{ "why", "why", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
};

static const struct cs_column people_columns[] = {
	{ "result", "result", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "gate", "gate", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "of", "of", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "limit", "limit", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "value", "value", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "n", "n", CS_TYPE_COUNT, CS_ROLE_NOTE, 0, NULL },
	{ "why", "why", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
};

static const char *const unit_names[] = { "ratio", "count", "seconds", "bytes" };

static const char *format(enum cs_gate_kind kind, double v, char buf[CS_FMT_NUM])
{
	if (!isfinite(v))
		return "-";
	switch (cs_gate_unit(kind)) {
	case CS_GATE_RATIO:
		return cs_fmt_ratio(v, buf);
	case CS_GATE_NS:
		return fabs(v) < 9e9 ? cs_fmt_duration(llround(v * 1e9), buf) : "-";
	case CS_GATE_BYTES:
		return cs_fmt_bytes(llround(v), buf);
	default:
		return cs_fmt_count(llround(v), buf);
	}
}

/* A value that rounds to its limit without being it is shown in full: "71.4 % of 71.4 %" puzzles.
 */
static const char *format_value(const struct cs_gate_row *row, char buf[CS_FMT_NUM])
{
	char limit[CS_FMT_NUM];
	const char *text = format(row->kind, row->value, buf);

	if (cs_gate_unit(row->kind) != CS_GATE_RATIO || row->value == row->limit ||
	    strcmp(text, format(row->kind, row->limit, limit)) != 0)
		return text;
	snprintf(buf, CS_FMT_NUM, "%.9g %%", row->value * 100);
	return buf;
}

/* As exact as it was given. */
static const char *format_limit(const struct cs_gate_row *row, char buf[CS_FMT_NUM])
{
	if (cs_gate_unit(row->kind) != CS_GATE_RATIO)
		return format(row->kind, row->limit, buf);
	snprintf(buf, CS_FMT_NUM, "%.9g %%", row->limit * 100);
	return buf;
}

static const char *bound(enum cs_gate_kind kind)
{
	switch (kind) {
	case CS_GATE_MAX_BUILDS:
	case CS_GATE_MAX_GROWTH:
	case CS_GATE_NO_DUPLICATES:
	case CS_GATE_NO_UNEXPECTED:
		return "at most";
	default:
		return "at least";
	}
}

static const char *subject(const struct cs_gate_row *row)
{
	return row->scope ? row->scope : row->event;
}

static void add_for_people(struct cs_report *report, struct cs_table *t,
			   const struct cs_gate_row *row)
{
	static const char *const results[] = { "not enough data", "PASS", "FAIL" };
	char num[CS_FMT_NUM], text[CS_FMT_NUM + 16];

	cs_row_text(report, t, "result", results[row->result]);
	cs_row_text(report, t, "of", subject(row));
	snprintf(text, sizeof(text), "%s %s", bound(row->kind), format_limit(row, num));
	cs_row_text(report, t, "limit", text);
	if (isfinite(row->value))
		cs_row_text(report, t, "value", format_value(row, num));
}

int cs_view_gates(struct cs_report *report, bool people, const struct cs_gate_row *rows, size_t n,
		  struct cs_err *err)
{
	struct cs_table *t = cs_report_add_table(
		report, "gates", NULL, people ? people_columns : machine_columns,
		people ? CS_N(people_columns) : CS_N(machine_columns));

	for (size_t i = 0; t && i < n; i++) {
		const struct cs_gate_row *row = &rows[i];

		cs_row_add(report, t);
		cs_row_text(report, t, "gate", cs_gate_name(row->kind));
		cs_row_int(report, t, "n", row->n);
		cs_row_text(report, t, "why", row->why);
		if (people) {
			add_for_people(report, t, row);
			continue;
		}
		cs_row_text(report, t, "scope", row->scope);
		cs_row_text(report, t, "event", row->event);
		cs_row_text(report, t, "unit", unit_names[cs_gate_unit(row->kind)]);
		cs_row_number(report, t, "limit", row->limit);
		cs_row_number(report, t, "value", row->value);
		if (row->result != CS_GATE_NOT_JUDGED)
			cs_row_bool(report, t, "passed", row->result == CS_GATE_PASSED);
	}
	return cs_report_check(report, err);
}

int cs_view_gate_text(const struct cs_gate_row *row, struct cs_buf *buf)
{
	char value[CS_FMT_NUM], limit[CS_FMT_NUM];
	const char *of = subject(row);

	if (cs_buf_printf(buf, "%s%s%s: ", cs_gate_name(row->kind), of ? " of " : "",
			  of ? of : "") < 0)
		return -1;
	if (row->result == CS_GATE_NOT_JUDGED)
		return cs_buf_printf(buf, "cannot be judged, %s (n = %lld)", row->why,
				     (long long)row->n);
	return cs_buf_printf(buf, "%s (n = %lld), must be %s %s", format_value(row, value),
			     (long long)row->n, bound(row->kind), format_limit(row, limit));
}
