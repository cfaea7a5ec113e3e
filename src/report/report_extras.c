/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report tells besides its tables. Machines get these as tables too, filled as they are
 * told; a renderer of its own for each format was refused, for they would soon differ.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "report/report_impl.h"
#include "util/time.h"

static const struct cs_column about_columns[] = {
	{ "title", "title", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "version", "version", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "since", "since", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "until", "until", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "filters", "filters", CS_TYPE_LIST, CS_ROLE_NOTE, 0, NULL },
};

static const struct cs_column headline_columns[] = {
	{ "key", "key", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "label", "figure", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "value", "value", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, NULL },
	{ "unit", "unit", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "n", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "change", "change", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, NULL },
	{ "verdict", "verdict", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_STATE, NULL },
};

static const struct cs_column warning_columns[] = {
	{ "warning", "warning", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
};

static struct cs_table *extra(struct cs_report *report, int which)
{
	static const struct {
		const char *key;
		const struct cs_column *columns;
		size_t n;
	} tables[CS_N_EXTRA] = {
		{ "about", about_columns, CS_N(about_columns) },
		{ "headlines", headline_columns, CS_N(headline_columns) },
		{ "warnings", warning_columns, CS_N(warning_columns) },
	};

	if (!report->extra[which])
		report->extra[which] = cs_report_new_table(report, tables[which].key, NULL,
							   tables[which].columns, tables[which].n);
	return report->extra[which];
}

const struct cs_table *cs_report_extra(const struct cs_report *report, int which)
{
	assert(which >= 0 && which < CS_N_EXTRA);
	return report->extra[which];
}

void cs_report_warning(struct cs_report *report, const char *fmt, ...)
{
	struct cs_table *t = extra(report, CS_EXTRA_WARNINGS);
	const char *text, **warnings;
	va_list ap;

	va_start(ap, fmt);
	text = cs_report_vprintf(report, fmt, ap);
	va_end(ap);
	if (!text)
		return;
	warnings = cs_report_grow(report, report->warnings, report->n_warnings, sizeof(*warnings));
	if (!warnings)
		return;
	report->warnings = warnings;
	report->warnings[report->n_warnings++] = text;
	cs_row_add(report, t);
	cs_row_text(report, t, "warning", text);
}

size_t cs_report_n_warnings(const struct cs_report *report)
{
	return report->n_warnings;
}

const char *cs_report_warning_at(const struct cs_report *report, size_t i)
{
	assert(i < report->n_warnings);
	return report->warnings[i];
}

static double value_of(const struct cs_headline *h)
{
	if (!h->value.known)
		return NAN;
	switch (h->type) {
	case CS_TYPE_COUNT:
	case CS_TYPE_BYTES:
		return (double)h->value.i;
	case CS_TYPE_SECONDS:
		return (double)h->value.i / (double)CS_NS_PER_S;
	case CS_TYPE_RATIO:
	case CS_TYPE_NUMBER:
		return h->value.d;
	default:
		assert(!"a headline is a number");
		return NAN;
	}
}

static const char *unit_of(enum cs_type type)
{
	switch (type) {
	case CS_TYPE_COUNT:
		return "count";
	case CS_TYPE_BYTES:
		return "bytes";
	case CS_TYPE_SECONDS:
		return "seconds";
	case CS_TYPE_RATIO:
		return "ratio";
	default:
		return "number";
	}
}

void cs_report_headline(struct cs_report *report, const struct cs_headline *headline)
{
	struct cs_table *t = extra(report, CS_EXTRA_HEADLINES);
	struct cs_headline *list, h = *headline;

	h.key = cs_report_strdup(report, h.key);
	h.label = cs_report_strdup(report, h.label);
	h.n_of = cs_report_strdup(report, h.n_of);
	h.since = cs_report_strdup(report, h.since);
	h.verdict = cs_report_strdup(report, h.verdict);
	h.value.known = isfinite(value_of(&h));
	h.has_change = h.has_change && isfinite(h.change);
	list = report->nomem ? NULL
			     : cs_report_grow(report, report->headlines, report->n_headlines,
					      sizeof(*list));
	if (!list)
		return;
	report->headlines = list;
	report->headlines[report->n_headlines++] = h;
	cs_row_add(report, t);
	cs_row_text(report, t, "key", h.key);
	cs_row_text(report, t, "label", h.label);
	cs_row_number(report, t, "value", value_of(&h));
	cs_row_text(report, t, "unit", unit_of(h.type));
	cs_row_int(report, t, "n", h.n);
	cs_row_number(report, t, "change", h.has_change ? h.change : NAN);
	cs_row_text(report, t, "verdict", h.verdict);
}

size_t cs_report_n_headlines(const struct cs_report *report)
{
	return report->n_headlines;
}

const struct cs_headline *cs_report_headline_at(const struct cs_report *report, size_t i)
{
	assert(i < report->n_headlines);
	return &report->headlines[i];
}

void cs_report_about(struct cs_report *report, const struct cs_about *about)
{
	struct cs_table *t = extra(report, CS_EXTRA_ABOUT);
	struct cs_about *copy = report->nomem ? NULL : cs_arena_alloc(report->arena, sizeof(*copy));

	assert(!report->about);
	if (!copy) {
		report->nomem = true;
		return;
	}
	*copy = *about;
	copy->title = cs_report_strdup(report, about->title);
	copy->version = cs_report_strdup(report, about->version);
	cs_row_add(report, t);
	cs_row_text(report, t, "title", copy->title);
	cs_row_text(report, t, "version", copy->version);
	cs_row_int(report, t, "since", copy->since_unix_ns);
	cs_row_int(report, t, "until", copy->until_unix_ns);
	cs_row_list(report, t, "filters", copy->filters, copy->n_filters);
	if (report->nomem)
		return;
	copy->filters = t->cells[CS_N(about_columns) - 1].list.v;
	report->about = copy;
}

const struct cs_about *cs_report_get_about(const struct cs_report *report)
{
	return report->about;
}

void cs_table_lead(struct cs_report *report, struct cs_table *table, const char *fmt, ...)
{
	va_list ap;

	if (!table)
		return;
	va_start(ap, fmt);
	table->lead = cs_report_vprintf(report, fmt, ap);
	va_end(ap);
}

void cs_table_details(struct cs_table *table)
{
	if (table)
		table->details = true;
}

/* The column's own key, which lives as long as the table. */
static const char *key_of(const struct cs_table *table, const char *key, unsigned types)
{
	if (!key)
		return NULL;
	for (size_t i = 0; i < table->n_columns; i++) {
		if (strcmp(table->columns[i].key, key) == 0) {
			assert(types & 1u << table->columns[i].type && "column of another type");
			return types & 1u << table->columns[i].type ? table->columns[i].key : NULL;
		}
	}
	assert(!"no such column");
	return NULL;
}

void cs_table_chart(struct cs_report *report, struct cs_table *table, const struct cs_chart *chart)
{
	static const unsigned numbers = 1u << CS_TYPE_COUNT | 1u << CS_TYPE_BYTES |
					1u << CS_TYPE_SECONDS | 1u << CS_TYPE_RATIO |
					1u << CS_TYPE_NUMBER;
	struct cs_chart *copy;
	const struct cs_chart **charts;

	if (report->nomem || !table)
		return;
	copy = cs_arena_alloc(report->arena, sizeof(*copy));
	charts = cs_report_grow(report, table->charts, table->n_charts, sizeof(*charts));
	if (charts)
		table->charts = charts;
	if (!copy || !charts) {
		report->nomem = true;
		return;
	}
	*copy = *chart;
	copy->title = cs_report_strdup(report, chart->title);
	copy->y_title = cs_report_strdup(report, chart->y_title);
	copy->ref_label = cs_report_strdup(report, chart->ref_label);
	copy->alt = cs_report_strdup(report, chart->alt);
	copy->x = key_of(table, chart->x, 1u << CS_TYPE_TEXT | 1u << CS_TYPE_TIME);
	for (size_t i = 0; i < CS_CHART_OF; i++)
		copy->of[i] = key_of(table, chart->of[i], 1u << CS_TYPE_TEXT);
	for (size_t i = 0; i < CS_CHART_Y; i++)
		copy->y[i] = key_of(table, chart->y[i], numbers);
	copy->series = key_of(table, chart->series, 1u << CS_TYPE_TEXT);
	copy->n = key_of(table, chart->n, 1u << CS_TYPE_COUNT);
	copy->low = key_of(table, chart->low, numbers);
	copy->high = key_of(table, chart->high, numbers);
	assert(copy->x && copy->y[0] && "a chart has an x and a y");
	if (copy->x && copy->y[0])
		table->charts[table->n_charts++] = copy;
}
