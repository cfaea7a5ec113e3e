/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view_compare.h"

#include <math.h>
#include <string.h>

#include "report/fmt.h"
#include "util/buf.h"

/* --- for machines --- */

/* In the unit that the row names. */
#define NUMBER(key)                                                                                \
	{                                                                                          \
		key, key, CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0, NULL                                   \
	}
#define RATIO(key)                                                                                 \
	{                                                                                          \
		key, key, CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL                                    \
	}
#define COUNT(key)                                                                                 \
	{                                                                                          \
		key, key, CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL                                    \
	}
#define TEXT(key)                                                                                  \
	{                                                                                          \
		key, key, CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL                                     \
	}

static const struct cs_column machine_columns[] = {
	TEXT("figure"),
	TEXT("scope"),
	TEXT("event"),
	TEXT("target"),
	TEXT("unit"),
	COUNT("before_n"),
	COUNT("before_runs"),
	NUMBER("before_value"),
	NUMBER("before_ci95_low"),
	NUMBER("before_ci95_high"),
	NUMBER("before_median"),
	NUMBER("before_p25"),
	NUMBER("before_p75"),
	NUMBER("before_mean"),
	NUMBER("before_total"),
	COUNT("after_n"),
	COUNT("after_runs"),
	NUMBER("after_value"),
	NUMBER("after_ci95_low"),
	NUMBER("after_ci95_high"),
	NUMBER("after_median"),
	NUMBER("after_p25"),
	NUMBER("after_p75"),
	NUMBER("after_mean"),
	NUMBER("after_total"),
	NUMBER("change"),
	RATIO("relative_change"),
	RATIO("reduction_ratio"),
	TEXT("ci95_of"),
	NUMBER("ci95_low"),
	NUMBER("ci95_high"),
	{ "enough_data", "enough_data", CS_TYPE_BOOL, CS_ROLE_NOTE, 0, NULL },
	NUMBER("after_standardised"),
	NUMBER("change_standardised"),
	RATIO("reduction_ratio_standardised"),
	NUMBER("ci95_low_standardised"),
	NUMBER("ci95_high_standardised"),
	RATIO("standardised_coverage_ratio"),
};

static const char *unit_name(enum cs_unit unit)
{
	static const char *const names[] = { "count", "ratio",	 "seconds",
					     "bytes", "minutes", "money" };

	return names[unit];
}

static void add_interval(struct cs_report *report, struct cs_table *t, const char *low,
			 const char *high, const struct cs_interval *i)
{
	if (!i->known)
		return;
	cs_row_number(report, t, low, i->low);
	cs_row_number(report, t, high, i->high);
}

static const char *const side_keys[2][10] = {
	{ "before_n", "before_runs", "before_value", "before_ci95_low", "before_ci95_high",
	  "before_median", "before_p25", "before_p75", "before_mean", "before_total" },
	{ "after_n", "after_runs", "after_value", "after_ci95_low", "after_ci95_high",
	  "after_median", "after_p25", "after_p75", "after_mean", "after_total" },
};

static void add_side(struct cs_report *report, struct cs_table *t, const char *const keys[10],
		     const struct cs_compare_side *side)
{
	cs_row_int(report, t, keys[0], side->n);
	cs_row_int(report, t, keys[1], side->runs);
	cs_row_number(report, t, keys[2], side->value);
	add_interval(report, t, keys[3], keys[4], &side->ci95);
	cs_row_number(report, t, keys[5], side->median);
	cs_row_number(report, t, keys[6], side->p25);
	cs_row_number(report, t, keys[7], side->p75);
	cs_row_number(report, t, keys[8], side->mean);
	cs_row_number(report, t, keys[9], side->total);
}

static bool is_rate(const struct cs_compare_row *row)
{
	return cs_compare_figure_unit(row->figure) == CS_UNIT_RATIO;
}

static void add_machine_row(struct cs_report *report, struct cs_table *t,
			    const struct cs_compare_row *row)
{
	cs_row_add(report, t);
	cs_row_text(report, t, "figure", cs_compare_figure_name(row->figure));
	cs_row_text(report, t, "scope", row->scope);
	cs_row_text(report, t, "event", row->event);
	cs_row_text(report, t, "target", row->target);
	cs_row_text(report, t, "unit", unit_name(cs_compare_figure_unit(row->figure)));
	add_side(report, t, side_keys[0], &row->before);
	add_side(report, t, side_keys[1], &row->after);
	cs_row_number(report, t, "change", row->change);
	cs_row_ratio(report, t, "relative_change", row->relative);
	cs_row_ratio(report, t, "reduction_ratio", row->reduction);
	cs_row_text(report, t, "ci95_of", is_rate(row) ? "change" : "reduction_ratio");
	add_interval(report, t, "ci95_low", "ci95_high", &row->ci95);
	cs_row_bool(report, t, "enough_data", row->enough_data);
	cs_row_number(report, t, "after_standardised", row->std_after);
	cs_row_number(report, t, "change_standardised", row->std_change);
	cs_row_ratio(report, t, "reduction_ratio_standardised", row->std_reduction);
	add_interval(report, t, "ci95_low_standardised", "ci95_high_standardised", &row->std_ci95);
	cs_row_ratio(report, t, "standardised_coverage_ratio", row->std_coverage);
}

/* --- for people --- */

#define PEOPLE(key, title, flags)                                                                  \
	{                                                                                          \
		key, title, CS_TYPE_TEXT, CS_ROLE_NOTE, flags, NULL                                \
	}
#define PEOPLE_N(key)                                                                              \
	{                                                                                          \
		key, "n", CS_TYPE_COUNT, CS_ROLE_NOTE, 0, NULL                                     \
	}

#define PEOPLE_COLUMNS                                                                             \
	{ "figure", "figure", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },                              \
		PEOPLE("before", "before", 0), PEOPLE_N("before_n"),                               \
		PEOPLE("before_spread", "median (p25 to p75)", CS_COL_DETAIL),                     \
		PEOPLE("before_total", "total", CS_COL_DETAIL), PEOPLE("after", "after", 0),       \
		PEOPLE_N("after_n"), PEOPLE("after_spread", "median (p25 to p75)", CS_COL_DETAIL), \
		PEOPLE("after_total", "total", CS_COL_DETAIL), PEOPLE("change", "change", 0),      \
		PEOPLE("interval", "95 % interval", 0),                                            \
		PEOPLE("standardised", "same event mix", 0)

static const struct cs_column all_columns[] = { PEOPLE_COLUMNS };
static const struct cs_column event_columns[] = {
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL }, PEOPLE_COLUMNS
};
static const struct cs_column scope_columns[] = {
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL }, PEOPLE_COLUMNS
};
static const struct cs_column target_columns[] = {
	{ "target", "target", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	PEOPLE_COLUMNS
};

#define VALUE 48

static const char *format_value(enum cs_unit unit, double v, char buf[VALUE])
{
	char num[CS_FMT_NUM];

	if (!isfinite(v) || fabs(v) > 9e15)
		return "-";
	switch (unit) {
	case CS_UNIT_RATIO:
		snprintf(buf, VALUE, "%s", cs_fmt_ratio(v, num));
		break;
	case CS_UNIT_SECONDS:
		if (fabs(v) < 9e9)
			snprintf(buf, VALUE, "%s", cs_fmt_duration(llround(v * 1e9), num));
		else
			snprintf(buf, VALUE, "%.0f s", v);
		break;
	case CS_UNIT_BYTES:
		snprintf(buf, VALUE, "%s", cs_fmt_bytes(llround(v), num));
		break;
	default:
		if (v == floor(v))
			snprintf(buf, VALUE, "%s", cs_fmt_count((int64_t)v, num));
		else
			snprintf(buf, VALUE, "%.2f", v);
		break;
	}
	return buf;
}

/* "+12.5 %"; of rates in points: a rate's percent of a percent is read wrong. */
static const char *format_change(bool rate, double v, char buf[VALUE])
{
	char num[CS_FMT_NUM];

	if (!isfinite(v))
		return "-";
	if (rate)
		snprintf(buf, VALUE, "%+.1f points", v * 100);
	else
		snprintf(buf, VALUE, "%s%s", v > 0 ? "+" : "", cs_fmt_ratio(v, num));
	return buf;
}

/* Of amounts the interval is known of the reduction; people read the change. */
static const char *format_interval(bool rate, const struct cs_interval *i, char buf[2 * VALUE + 8])
{
	char low[VALUE], high[VALUE];

	if (!i->known)
		return "-";
	snprintf(buf, 2 * VALUE + 8, "%s to %s", format_change(rate, rate ? i->low : -i->high, low),
		 format_change(rate, rate ? i->high : -i->low, high));
	return buf;
}

static void add_people_side(struct cs_report *report, struct cs_table *t, enum cs_unit unit,
			    const struct cs_compare_side *side, const char *const keys[4])
{
	char a[VALUE], b[VALUE], c[VALUE], spread[3 * VALUE + 16];

	if (isfinite(side->value))
		cs_row_text(report, t, keys[0], format_value(unit, side->value, a));
	cs_row_int(report, t, keys[1], side->n);
	if (isfinite(side->median)) {
		snprintf(spread, sizeof(spread), "%s (%s to %s)",
			 format_value(unit, side->median, a), format_value(unit, side->p25, b),
			 format_value(unit, side->p75, c));
		cs_row_text(report, t, keys[2], spread);
	}
	if (isfinite(side->total) && unit != CS_UNIT_RATIO)
		cs_row_text(report, t, keys[3], format_value(unit, side->total, a));
}

static void add_people_row(struct cs_report *report, struct cs_table *t,
			   const struct cs_compare_row *row)
{
	static const char *const keys[2][4] = {
		{ "before", "before_n", "before_spread", "before_total" },
		{ "after", "after_n", "after_spread", "after_total" },
	};
	enum cs_unit unit = cs_compare_figure_unit(row->figure);
	bool rate = unit == CS_UNIT_RATIO;
	char text[2 * VALUE + 8];

	cs_row_add(report, t);
	cs_row_text(report, t, "figure", cs_compare_figure_name(row->figure));
	add_people_side(report, t, unit, &row->before, keys[0]);
	add_people_side(report, t, unit, &row->after, keys[1]);
	if (isfinite(rate ? row->change : row->relative))
		cs_row_text(report, t, "change",
			    format_change(rate, rate ? row->change : row->relative, text));
	if (!row->enough_data)
		cs_row_text(report, t, "interval", "not enough data");
	else if (row->ci95.known)
		cs_row_text(report, t, "interval", format_interval(rate, &row->ci95, text));
	if (isfinite(rate ? row->std_change : row->std_reduction))
		cs_row_text(
			report, t, "standardised",
			format_change(rate, rate ? row->std_change : -row->std_reduction, text));
}

enum { ALL, BY_EVENT, BY_SCOPE, BY_TARGET, N_TABLES };

static int table_of(const struct cs_compare_row *row)
{
	return row->target ? BY_TARGET : row->scope ? BY_SCOPE : row->event ? BY_EVENT : ALL;
}

static int view_people(struct cs_report *report, const struct cs_compare_row *rows, size_t n,
		       struct cs_err *err)
{
	static const struct {
		const char *key, *title;
		const struct cs_column *columns;
		size_t n;
	} defs[N_TABLES] = {
		{ "figures", "Before and after", all_columns, CS_N(all_columns) },
		{ "by_event", "By event", event_columns, CS_N(event_columns) },
		{ "by_scope", "By scope", scope_columns, CS_N(scope_columns) },
		{ "by_target", "By target", target_columns, CS_N(target_columns) },
	};
	struct cs_table *tables[N_TABLES] = { NULL };
	bool used[N_TABLES] = { true };

	for (size_t i = 0; i < n; i++)
		used[table_of(&rows[i])] = true;
	for (int k = 0; k < N_TABLES; k++) {
		if (used[k])
			tables[k] = cs_report_add_table(report, defs[k].key, defs[k].title,
							defs[k].columns, defs[k].n);
	}
	for (size_t i = 0; i < n; i++) {
		int k = table_of(&rows[i]);
		struct cs_table *t = tables[k];

		add_people_row(report, t, &rows[i]);
		if (k == BY_EVENT || k == BY_TARGET)
			cs_row_text(report, t, "event", rows[i].event);
		if (k == BY_SCOPE)
			cs_row_text(report, t, "scope", rows[i].scope);
		if (k == BY_TARGET)
			cs_row_text(report, t, "target", rows[i].target);
	}
	return cs_report_check(report, err);
}

int cs_view_compare(struct cs_report *report, bool people, const struct cs_compare_row *rows,
		    size_t n, struct cs_err *err)
{
	struct cs_table *t;

	if (people)
		return view_people(report, rows, n, err);
	t = cs_report_add_table(report, "figures", NULL, machine_columns, CS_N(machine_columns));
	for (size_t i = 0; t && i < n; i++)
		add_machine_row(report, t, &rows[i]);
	return cs_report_check(report, err);
}

/* --- claims --- */

static const struct cs_column claim_machine_columns[] = {
	TEXT("claim"),
	TEXT("figure"),
	TEXT("scope"),
	TEXT("event"),
	TEXT("target"),
	TEXT("side"),
	TEXT("bound"),
	TEXT("unit"),
	NUMBER("claimed"),
	NUMBER("measured"),
	NUMBER("ci95_low"),
	NUMBER("ci95_high"),
	COUNT("n"),
	{ "verdict", "verdict", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
};

static const struct cs_column claim_people_columns[] = {
	{ "claim", "claim", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	PEOPLE("claimed", "claimed", 0),
	PEOPLE("measured", "measured", 0),
	PEOPLE("interval", "95 % interval", 0),
	{ "n", "runs", CS_TYPE_COUNT, CS_ROLE_NOTE, 0, NULL },
	{ "verdict", "verdict", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
};

/* The change of a rate is told in points, as in the table above. */
static const char *claim_value(const struct cs_claim *claim, double v, char buf[VALUE])
{
	if (claim->kind == CS_CLAIM_OWN && claim->side == CS_CLAIM_CHANGE)
		return format_change(cs_compare_figure_unit(claim->figure) == CS_UNIT_RATIO, v,
				     buf);
	return format_value(claim->unit, v, buf);
}

static int claim_name(const struct cs_claim *claim, struct cs_buf *ret)
{
	if (!claim->about || strcmp(claim->about, claim->name) == 0)
		return cs_buf_puts(ret, claim->name);
	return cs_buf_printf(ret, "%s (%s)", claim->name, claim->about);
}

static void claim_for_people(struct cs_report *report, struct cs_table *t,
			     const struct cs_claim_row *row)
{
	char a[VALUE], b[VALUE], text[2 * VALUE + 16];

	snprintf(text, sizeof(text), "at %s %s", row->claim->at_most ? "most" : "least",
		 claim_value(row->claim, row->claim->claimed, a));
	cs_row_text(report, t, "claimed", text);
	if (isfinite(row->measured))
		cs_row_text(report, t, "measured", claim_value(row->claim, row->measured, a));
	if (row->ci95.known) {
		snprintf(text, sizeof(text), "%s to %s", claim_value(row->claim, row->ci95.low, a),
			 claim_value(row->claim, row->ci95.high, b));
		cs_row_text(report, t, "interval", text);
	}
}

static void add_own_claim(struct cs_report *report, struct cs_table *t,
			  const struct cs_claim *claim)
{
	cs_row_text(report, t, "figure", cs_compare_figure_name(claim->figure));
	cs_row_text(report, t, "scope", claim->scope);
	cs_row_text(report, t, "event", claim->event);
	cs_row_text(report, t, "target", claim->target);
	cs_row_text(report, t, "side", cs_claim_side_name(claim->side));
}

int cs_view_claims(struct cs_report *report, bool people, const struct cs_claim_row *rows, size_t n,
		   struct cs_err *err)
{
	const struct cs_column *columns = people ? claim_people_columns : claim_machine_columns;
	size_t n_columns = people ? CS_N(claim_people_columns) : CS_N(claim_machine_columns);
	struct cs_buf name CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_table *t =
		cs_report_add_table(report, "claims", "What was claimed", columns, n_columns);

	for (size_t i = 0; t && i < n; i++) {
		const struct cs_claim *claim = rows[i].claim;

		cs_buf_reset(&name);
		if (claim_name(claim, &name) < 0)
			return cs_err_nomem(err);
		cs_row_add(report, t);
		cs_row_text(report, t, "claim", people ? name.data : claim->name);
		cs_row_int(report, t, "n", rows[i].n);
		cs_row_text(report, t, "verdict", cs_verdict_name(rows[i].verdict));
		if (people) {
			claim_for_people(report, t, &rows[i]);
			continue;
		}
		cs_row_text(report, t, "bound", claim->at_most ? "at_most" : "at_least");
		cs_row_text(report, t, "unit", unit_name(claim->unit));
		if (claim->kind == CS_CLAIM_OWN)
			add_own_claim(report, t, claim);
		cs_row_number(report, t, "claimed", claim->claimed);
		cs_row_number(report, t, "measured", rows[i].measured);
		add_interval(report, t, "ci95_low", "ci95_high", &rows[i].ci95);
	}
	return cs_report_check(report, err);
}

/* --- how it was reckoned --- */

static const struct cs_column method_columns[] = {
	TEXT("interval"),	COUNT("resamples"),
	COUNT("seed"),		{ "paired", "paired", CS_TYPE_BOOL, CS_ROLE_NOTE, 0, NULL },
	TEXT("pair_key"),	COUNT("before_runs"),
	COUNT("before_builds"), COUNT("after_runs"),
	COUNT("after_builds"),
};

static const char *interval_name(const struct cs_compare_method *m)
{
	bool large = m->runs[0] > CS_BOOTSTRAP_DRAWN_MAX || m->runs[1] > CS_BOOTSTRAP_DRAWN_MAX;

	return large && !m->paired ? "percentile bootstrap by run (of more than 512 runs a side "
				     "their sums are drawn, as normal)"
				   : "percentile bootstrap by run";
}

int cs_view_method(struct cs_report *report, bool people, const struct cs_compare_method *m,
		   struct cs_err *err)
{
	char seed[CS_FMT_NUM];
	struct cs_table *t;

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)m->seed);
	if (people) {
		cs_report_note(report, false, "95 %% intervals: %s, %u resamples, seed %s, %s%s",
			       interval_name(m), m->resamples, seed,
			       m->paired ? "runs paired by " : "not paired",
			       m->paired ? m->pair_key : "");
		if (m->scopes_left_out || m->targets_left_out)
			cs_report_note(report, false,
				       "%zu more scopes and %zu more targets have no rows of "
				       "their own",
				       m->scopes_left_out, m->targets_left_out);
		return cs_report_check(report, err);
	}
	t = cs_report_add_table(report, "method", NULL, method_columns, CS_N(method_columns));
	cs_row_add(report, t);
	cs_row_text(report, t, "interval", interval_name(m));
	cs_row_int(report, t, "resamples", m->resamples);
	cs_row_int(report, t, "seed", (int64_t)m->seed);
	cs_row_bool(report, t, "paired", m->paired);
	cs_row_text(report, t, "pair_key", m->pair_key);
	cs_row_int(report, t, "before_runs", m->runs[0]);
	cs_row_int(report, t, "before_builds", m->builds[0]);
	cs_row_int(report, t, "after_runs", m->runs[1]);
	cs_row_int(report, t, "after_builds", m->builds[1]);
	return cs_report_check(report, err);
}

/* --- two images --- */

static const struct cs_column image_columns[] = {
	{ "figure", "figure", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "before_layers", "layers before", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "after_layers", "layers after", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "before_bytes", "bytes before", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "after_bytes", "bytes after", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "reduction_ratio", "smaller by", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
};

static const struct cs_column class_columns[] = {
	{ "class", "difference", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "layers", "layers", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "blob_bytes", "blobs", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
};

static void image_row(struct cs_report *report, struct cs_table *t, const char *figure,
		      int64_t before_n, int64_t after_n, int64_t before, int64_t after)
{
	cs_row_add(report, t);
	cs_row_text(report, t, "figure", figure);
	cs_row_int(report, t, "before_layers", before_n);
	cs_row_int(report, t, "after_layers", after_n);
	cs_row_int(report, t, "before_bytes", before);
	cs_row_int(report, t, "after_bytes", after);
	if (before > 0 && after >= 0)
		cs_row_ratio(report, t, "reduction_ratio", 1 - (double)after / (double)before);
}

int cs_view_compare_images(struct cs_report *report, const struct cs_image_side *before,
			   const struct cs_image_side *after,
			   const struct cs_image_classes *classes, struct cs_err *err)
{
	struct cs_table *t =
		cs_report_add_table(report, "images", NULL, image_columns, CS_N(image_columns));

	image_row(report, t, "blobs", before->layers, after->layers, before->blob_bytes,
		  after->blob_bytes);
	image_row(report, t, "uncompressed", before->layers, after->layers, before->tar_bytes,
		  after->tar_bytes);
	image_row(report, t, "own", before->own_layers, after->own_layers, before->own_blob_bytes,
		  after->own_blob_bytes);
	image_row(report, t, "known", before->known_layers, after->known_layers,
		  before->known_blob_bytes, after->known_blob_bytes);
	t = cs_report_add_table(report, "differences", "What became of the layers", class_columns,
				CS_N(class_columns));
	for (int c = 0; c <= CS_DIFF_REMOVED; c++) {
		if (!classes->layers[c])
			continue;
		cs_row_add(report, t);
		cs_row_text(report, t, "class", cs_diff_class_name((enum cs_diff_class)c));
		cs_row_int(report, t, "layers", classes->layers[c]);
		cs_row_int(report, t, "blob_bytes", classes->bytes[c]);
	}
	return cs_report_check(report, err);
}
