/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row: one figure over the builds of one choice, both sides. Kinds of figures differ in what is
 * one observation (a run, a build) and in what is divided by what; everything else, standardising
 * and intervals too, is the same for all of them.
 */
#include <math.h>
#include <string.h>

#include "metrics/compare_impl.h"
#include "metrics/stats.h"

/* --- one side of one row --- */

struct column {
	const struct cs_history_side *side;
	bool *out;	   /* runs that this row is not about */
	double *num, *den; /* by run */
	double *observed;  /* the distribution */
	size_t n_observed;
	bool unknown; /* an amount that would count is not known */
};

static void column_release(struct column *col)
{
	free(col->out);
	free(col->num);
	free(col->den);
	free(col->observed);
}

static int column_init(struct column *col, const struct cs_history_side *s)
{
	size_t n = s->n_runs > s->n_items ? s->n_runs : s->n_items;

	col->side = s;
	col->out = calloc((size_t)s->n_runs + 1, sizeof(*col->out));
	col->num = calloc((size_t)s->n_runs + 1, sizeof(*col->num));
	col->den = calloc((size_t)s->n_runs + 1, sizeof(*col->den));
	col->observed = calloc(n + 1, sizeof(*col->observed));
	return col->out && col->num && col->den && col->observed ? 0 : -1;
}

static bool item_matches(const struct cs_row_spec *spec, const struct cs_history_side *s,
			 const struct cs_item *i)
{
	return (spec->scope < 0 || spec->scope == i->scope) &&
	       (spec->target < 0 || spec->target == i->target) &&
	       (spec->event < 0 || spec->event == (int64_t)s->runs[i->run]->event) &&
	       (!spec->test || i->test) && (!spec->after_test || i->after_test);
}

/*
 * A run is out if the row is not about it, or if its amount per run cannot be known: nobody knows
 * what else the event started of a build that names no run.
 */
static void column_choose(const struct cs_compare *c, const struct cs_row_spec *spec,
			  struct column *col)
{
	const struct cs_history_side *s = col->side;
	bool per_run = cs_compare_figure_kind(spec->figure) == CS_PER_RUN;
	double ignored;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct cs_cluster *run = s->runs[i];

		col->out[i] = (spec->event >= 0 && spec->event != (int64_t)run->event) ||
			      (spec->warm_runs && run->first) || (per_run && run->lone) ||
			      (per_run && !cs_compare_run_amount(c, spec->figure, run, &ignored));
	}
	for (size_t i = 0; per_run && i < s->n_items; i++) {
		const struct cs_item *item = &s->items[i];
		struct cs_amount a;

		if (!item_matches(spec, s, item))
			continue;
		a = cs_compare_amount(spec->figure, item);
		if (a.takes_part && !a.known)
			col->out[item->run] = true;
	}
}

/* A pair stays together: what one side cannot say is taken from neither. */
static void choose_pairs(struct column cols[2])
{
	for (uint32_t i = 0; i < cols[0].side->n_runs; i++) {
		uint32_t k = cols[0].side->runs[i]->pair;

		cols[0].out[i] = cols[1].out[k] = cols[0].out[i] || cols[1].out[k];
	}
}

static void column_sum(const struct cs_compare *c, const struct cs_row_spec *spec,
		       struct column *col)
{
	const struct cs_history_side *s = col->side;
	enum cs_figure_kind kind = cs_compare_figure_kind(spec->figure);

	for (size_t i = 0; i < s->n_items; i++) {
		const struct cs_item *item = &s->items[i];
		struct cs_amount a;

		if (col->out[item->run] || !item_matches(spec, s, item))
			continue;
		a = cs_compare_amount(spec->figure, item);
		if (!a.takes_part)
			continue;
		if (!a.known) {
			col->unknown = true;
			continue;
		}
		col->num[item->run] += a.num;
		if (kind == CS_RATE)
			col->den[item->run] += a.den;
		if (kind == CS_RATE || kind == CS_SUM)
			col->observed[col->n_observed++] = a.num / a.den;
	}
	for (uint32_t i = 0; kind != CS_RATE && i < s->n_runs; i++) {
		double amount = 0;

		if (col->out[i])
			continue;
		col->unknown |= !cs_compare_run_amount(c, spec->figure, s->runs[i], &amount);
		col->num[i] += amount;
		col->den[i] = 1;
		if (kind != CS_SUM)
			col->observed[col->n_observed++] = col->num[i];
	}
}

/* --- both --- */

struct packed {
	double *num, *den;
	uint8_t *stratum;
	struct cs_clusters clusters;
};

static void packed_release(struct packed *p)
{
	free(p->num);
	free(p->den);
	free(p->stratum);
}

static void pack_one(struct packed *p, const struct column *col, uint32_t run, bool totals)
{
	size_t at = p->clusters.n++;

	p->num[at] = col->num[run];
	p->den[at] = col->den[run];
	p->stratum[at] = (uint8_t)col->side->runs[run]->event;
	p->clusters.num = p->num;
	p->clusters.den = totals ? NULL : p->den;
	p->clusters.stratum = p->stratum;
}

static int packed_init(struct packed *p, size_t n)
{
	p->num = calloc(n + 1, sizeof(*p->num));
	p->den = calloc(n + 1, sizeof(*p->den));
	p->stratum = calloc(n + 1, 1);
	return p->num && p->den && p->stratum ? 0 : -1;
}

/* The clusters that are drawn: runs that have something to say, paired ones at the same place. */
static int pack(const struct cs_compare *c, const struct column cols[2], bool totals,
		struct packed packed[2])
{
	for (int side = 0; side < 2; side++) {
		if (packed_init(&packed[side], cols[side].side->n_runs) < 0)
			return -1;
		for (uint32_t i = 0; !c->paired && i < cols[side].side->n_runs; i++) {
			if (cols[side].den[i] > 0)
				pack_one(&packed[side], &cols[side], i, totals);
		}
		packed[side].clusters.den = totals ? NULL : packed[side].den;
	}
	for (uint32_t i = 0; c->paired && i < cols[0].side->n_runs; i++) {
		uint32_t k = cols[0].side->runs[i]->pair;

		if (cols[0].den[i] <= 0 && cols[1].den[k] <= 0)
			continue;
		pack_one(&packed[0], &cols[0], i, totals);
		pack_one(&packed[1], &cols[1], k, totals);
	}
	return 0;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void describe(struct column *col, enum cs_figure_kind kind, struct cs_compare_side *ret)
{
	double num = 0, den = 0, sum = 0;
	size_t n = col->n_observed;

	*ret = (struct cs_compare_side){ .n = (int64_t)n, .value = NAN, .total = NAN, .mean = NAN };
	for (uint32_t i = 0; i < col->side->n_runs; i++) {
		num += col->num[i];
		den += col->den[i];
		ret->runs += col->den[i] > 0;
	}
	for (size_t i = 0; i < n; i++)
		sum += col->observed[i];
	if (n) {
		qsort(col->observed, n, sizeof(double), compare_doubles);
		ret->mean = sum / (double)n;
		ret->total = num;
	}
	ret->median = cs_quantile(col->observed, n, 0.5);
	ret->p25 = cs_quantile(col->observed, n, 0.25);
	ret->p75 = cs_quantile(col->observed, n, 0.75);
	if (kind == CS_TOTAL || kind == CS_SUM)
		ret->value = n ? num : NAN;
	else
		ret->value = den > 0 ? num / den : NAN;
}

/* Duplicates and unexpected builds that belong to no run: in the sums, in no interval. */
static void add_elsewhere(const struct cs_compare *c, const struct cs_row_spec *spec,
			  struct cs_compare_row *row)
{
	bool unexpected = spec->figure == CS_CF_UNEXPECTED_BUILDS;

	if ((!unexpected && spec->figure != CS_CF_DUPLICATES) || spec->event >= 0)
		return;
	row->before.total = row->before.value += (double)c->side[0].elsewhere[unexpected];
	row->after.total = row->after.value += (double)c->side[1].elsewhere[unexpected];
}

static void scale_interval(struct cs_interval *i, double by)
{
	i->low /= by;
	i->high /= by;
}

/* Nanoseconds were summed, being whole; seconds are shown. */
static void scale(struct cs_compare_row *row, double by)
{
	struct cs_compare_side *sides[2] = { &row->before, &row->after };

	for (int i = 0; i < 2; i++) {
		sides[i]->median /= by;
		sides[i]->p25 /= by;
		sides[i]->p75 /= by;
		sides[i]->mean /= by;
		sides[i]->total /= by;
		sides[i]->value /= by;
		scale_interval(&sides[i]->ci95, by);
	}
	row->change /= by;
	row->std_after /= by;
	row->std_change /= by;
}

static const struct cs_interval unknown_interval = { false, NAN, NAN };

void cs_compare_set_change(struct cs_compare_row *row)
{
	double before = row->before.value, after = row->after.value;

	row->change = after - before;
	row->relative = before != 0 ? after / before - 1 : NAN;
	row->reduction = before != 0 ? 1 - after / before : NAN;
}

static void set_standardised(struct cs_compare_row *row, const struct packed packed[2])
{
	struct cs_standardised std;

	cs_standardise(&packed[0].clusters, &packed[1].clusters, &std);
	row->std_after = std.after;
	row->std_change = std.after - std.before;
	row->std_reduction = std.before != 0 ? 1 - std.after / std.before : NAN;
	row->std_coverage = std.coverage;
}

static int set_intervals(const struct cs_compare *c, struct cs_compare_row *row,
			 const struct packed packed[2], struct cs_err *err)
{
	const struct cs_bootstrap_options options = {
		.seed = c->options.seed,
		.resamples = c->options.resamples,
		.paired = c->paired,
		.standardise = !row->event,
		.sides_only = !row->enough_data,
		.chance = c->chance,
	};
	bool rate = cs_compare_figure_unit(row->figure) == CS_UNIT_RATIO;
	struct cs_bootstrap b;
	int r;

	if (row->before.runs < CS_COMPARE_MIN_RUNS && row->after.runs < CS_COMPARE_MIN_RUNS)
		return 0;
	r = cs_bootstrap(&packed[0].clusters, &packed[1].clusters, &options, &b, err);

	if (r < 0)
		return r;
	if (row->before.runs >= CS_COMPARE_MIN_RUNS)
		row->before.ci95 = b.before;
	if (row->after.runs >= CS_COMPARE_MIN_RUNS)
		row->after.ci95 = b.after;
	if (row->enough_data) {
		row->ci95 = rate ? b.change : b.reduction;
		row->std_ci95 = rate ? b.std_change : b.std_reduction;
	}
	return 0;
}

void cs_compare_row_init(const struct cs_compare *c, const struct cs_row_spec *spec,
			 struct cs_compare_row *row)
{
	*row = (struct cs_compare_row){
		.figure = spec->figure,
		.scope = spec->scope >= 0 ? c->scopes.v[spec->scope]->text : NULL,
		.target = spec->target >= 0 ? c->targets.v[spec->target]->text : NULL,
		.event = spec->event >= 0 ? cs_event_name((enum cs_event)spec->event) : NULL,
		.ci95 = unknown_interval,
		.std_ci95 = unknown_interval,
		.std_after = NAN,
		.std_change = NAN,
		.std_reduction = NAN,
		.std_coverage = NAN,
	};
}

static int compute(struct cs_compare *c, const struct cs_row_spec *spec, struct column cols[2],
		   struct packed packed[2], struct cs_compare_row *row, struct cs_err *err)
{
	enum cs_figure_kind kind = cs_compare_figure_kind(spec->figure);

	for (int side = 0; side < 2; side++) {
		if (column_init(&cols[side], &c->side[side]) < 0)
			return cs_err_nomem(err);
		column_choose(c, spec, &cols[side]);
	}
	if (c->paired)
		choose_pairs(cols);
	column_sum(c, spec, &cols[0]);
	column_sum(c, spec, &cols[1]);
	describe(&cols[0], kind, &row->before);
	describe(&cols[1], kind, &row->after);
	add_elsewhere(c, spec, row);
	row->before.partial = cols[0].unknown;
	row->after.partial = cols[1].unknown;
	row->before.ci95 = row->after.ci95 = unknown_interval;
	row->enough_data = row->before.runs >= CS_COMPARE_MIN_RUNS &&
			   row->after.runs >= CS_COMPARE_MIN_RUNS && !cols[0].unknown &&
			   !cols[1].unknown;
	if (pack(c, cols, kind == CS_TOTAL || kind == CS_SUM, packed) < 0)
		return cs_err_nomem(err);
	row->change = row->relative = row->reduction = NAN;
	if (cols[0].unknown || cols[1].unknown)
		return 0;
	cs_compare_set_change(row);
	if (spec->event < 0)
		set_standardised(row, packed);
	return set_intervals(c, row, packed, err);
}

int cs_compare_row_of(struct cs_compare *c, const struct cs_row_spec *spec,
		      struct cs_compare_row *ret, struct cs_err *err)
{
	struct column cols[2] = { { 0 }, { 0 } };
	struct packed packed[2] = { { 0 }, { 0 } };
	struct cs_compare_row row;
	int r = cs_compare_finish(c, err);

	if (r < 0)
		return r;
	cs_compare_row_init(c, spec, &row);
	r = compute(c, spec, cols, packed, &row, err);
	for (int side = 0; side < 2; side++) {
		column_release(&cols[side]);
		packed_release(&packed[side]);
	}
	if (r < 0)
		return r;
	if (cs_compare_figure_unit(spec->figure) == CS_UNIT_SECONDS)
		scale(&row, (double)CS_NS_PER_S);
	*ret = row;
	return 0;
}
