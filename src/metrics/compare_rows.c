/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row: one figure over the builds of one choice, both sides. Kinds of figures differ in what is
 * one observation (a run, a build) and in what is divided by what; everything else, standardising
 * and intervals too, is the same for all of them.
 */
#include <math.h>
#include <string.h>

#include "metrics/compare_impl.h"
#include "metrics/quantile.h"

/* --- one side of one row --- */

/* A run in which something happened. */
struct cell {
	uint32_t run;
	double num, den;
};

/*
 * Most rows are about a small part of the runs: in all others nothing happened, and they are only
 * counted.
 */
struct column {
	struct cs_history_side *side;
	struct cell *cells; /* by run */
	size_t n_cells, cap_cells;
	uint32_t *out; /* runs of unknown amount, by run; not paired */
	size_t n_out, cap_out;
	bool *left;		 /* paired: by run, those that this row is not about */
	size_t zeros[CS_STRATA]; /* runs besides, by event */
	size_t n_zeros;
	double *observed; /* the distribution, without the zeros of runs */
	size_t n_observed, cap_observed;
	bool unknown; /* an amount that would count is not known */
};

static void column_release(struct column *col)
{
	free(col->cells);
	free(col->out);
	free(col->left);
	free(col->observed);
}

static bool push_cell(struct column *col, uint32_t run, double num, double den)
{
	if (col->n_cells == col->cap_cells && !cs_table_grow((void **)&col->cells, col->n_cells,
							     &col->cap_cells, sizeof(*col->cells)))
		return false;
	col->cells[col->n_cells++] = (struct cell){ run, num, den };
	return true;
}

static bool push_out(struct column *col, uint32_t run)
{
	if (!cs_table_grow((void **)&col->out, col->n_out, &col->cap_out, sizeof(*col->out)))
		return false;
	col->out[col->n_out++] = run;
	return true;
}

static bool observe(struct column *col, double value)
{
	if (col->n_observed == col->cap_observed &&
	    !cs_table_grow((void **)&col->observed, col->n_observed, &col->cap_observed,
			   sizeof(*col->observed)))
		return false;
	col->observed[col->n_observed++] = value;
	return true;
}

/* Nobody knows what else the event started of a build that names no run. */
static bool run_matches(const struct cs_row_spec *spec, const struct cs_cluster *run)
{
	return (spec->event < 0 || spec->event == (int64_t)run->event) &&
	       !(spec->warm_runs && run->first) &&
	       !(run->lone && cs_compare_figure_kind(spec->figure) == CS_PER_RUN);
}

static bool item_matches(const struct cs_row_spec *spec, const struct cs_item *i)
{
	return (spec->scope < 0 || spec->scope == i->scope) &&
	       (spec->target < 0 || spec->target == i->target) && (!spec->test || i->test) &&
	       (!spec->after_test || i->after_test);
}

/* The items that can match, by run. */
static const uint32_t *items_of(const struct cs_row_spec *spec, const struct cs_history_side *s,
				size_t *ret_n)
{
	const struct cs_order *order = spec->scope >= 0	   ? &s->by_scope
				       : spec->target >= 0 ? &s->by_target
				       : spec->event >= 0  ? &s->by_event
							   : NULL;
	size_t key = (size_t)(spec->scope >= 0	  ? spec->scope
			      : spec->target >= 0 ? spec->target
						  : spec->event);

	*ret_n = order ? order->first[key + 1] - order->first[key] : s->n_items;
	return order ? order->v + order->first[key] : s->by_run;
}

/* --- pairs --- */

/* A run is left out if the row is not about it, or if its amount per run cannot be known. */
static int column_choose(const struct cs_compare *c, const struct cs_row_spec *spec,
			 struct column *col)
{
	const struct cs_history_side *s = col->side;
	bool per_run = cs_compare_figure_kind(spec->figure) == CS_PER_RUN;
	double ignored;

	col->left = calloc((size_t)s->n_runs + 1, sizeof(*col->left));
	if (!col->left)
		return -1;
	for (uint32_t i = 0; i < s->n_runs; i++)
		col->left[i] =
			!run_matches(spec, &s->runs[i]) ||
			(per_run && !cs_compare_run_amount(c, spec->figure, &s->runs[i], &ignored));
	for (size_t i = 0; per_run && i < s->n_items; i++) {
		const struct cs_item *item = &s->items[i];

		if (item_matches(spec, item) && s->flags[i] == CS_TAKES_PART)
			col->left[item->run] = true;
	}
	return 0;
}

/* A pair stays together: what one side cannot say is taken from neither. */
static int choose_pairs(const struct cs_compare *c, const struct cs_row_spec *spec,
			struct column cols[2])
{
	if (column_choose(c, spec, &cols[0]) < 0 || column_choose(c, spec, &cols[1]) < 0)
		return -1;
	for (uint32_t i = 0; i < cols[0].side->n_runs; i++) {
		uint32_t k = cols[0].side->runs[i].pair;

		cols[0].left[i] = cols[1].left[k] = cols[0].left[i] || cols[1].left[k];
	}
	return 0;
}

/* --- sums --- */

/* Figures that runs have, not builds. */
static bool sum_runs(const struct cs_compare *c, const struct cs_row_spec *spec, struct column *col)
{
	const struct cs_history_side *s = col->side;
	bool per_run = cs_compare_figure_kind(spec->figure) == CS_PER_RUN;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		double amount = 0;
		bool known;

		if (col->left ? col->left[i] : !run_matches(spec, &s->runs[i]))
			continue;
		known = cs_compare_run_amount(c, spec->figure, &s->runs[i], &amount);
		if (!known && per_run) {
			if (!push_out(col, i))
				return false;
			continue;
		}
		col->unknown |= !known;
		if (!push_cell(col, i, amount, 1) || !observe(col, amount))
			return false;
	}
	return true;
}

/* The part of a row that is not served by an order of the items. */
static bool is_plain(const struct cs_row_spec *spec)
{
	return !spec->test && !spec->after_test && (spec->scope < 0 || spec->target < 0);
}

/* One run's items in the order of the row. */
static bool sum_run(const struct cs_row_spec *spec, enum cs_figure_kind kind, bool plain,
		    struct column *col, uint32_t run, const uint32_t *at, size_t n)
{
	const struct cs_history_side *s = col->side;
	struct cell cell = { run, 0, 0 };
	bool takes_part = false, unknown = false;
	size_t before = col->n_observed;

	for (size_t i = 0; i < n; i++) {
		const struct cs_amount *a = &s->amounts[at[i]];
		uint8_t flags = s->flags[at[i]];

		if (!(flags & CS_TAKES_PART) || (!plain && !item_matches(spec, &s->items[at[i]])))
			continue;
		takes_part = true;
		if (!(flags & CS_KNOWN)) {
			unknown = true;
			continue;
		}
		cell.num += a->num;
		cell.den += a->den;
		if ((kind == CS_RATE || kind == CS_SUM) && !observe(col, a->num / a->den))
			return false;
	}
	if (unknown && kind == CS_PER_RUN) {
		col->n_observed = before;
		return push_out(col, run);
	}
	col->unknown |= unknown;
	if (!takes_part)
		return true;
	if (kind != CS_RATE) {
		cell.den = 1;
		if (kind != CS_SUM && !observe(col, cell.num))
			return false;
	}
	return push_cell(col, run, cell.num, cell.den);
}

static bool sum_items(const struct cs_row_spec *spec, struct column *col)
{
	const struct cs_history_side *s = col->side;
	enum cs_figure_kind kind = cs_compare_figure_kind(spec->figure);
	bool plain = is_plain(spec);
	size_t n;
	const uint32_t *at = items_of(spec, s, &n);

	for (size_t i = 0, end; i < n; i = end) {
		uint32_t run = s->run_of[at[i]];

		for (end = i + 1; end < n && s->run_of[at[end]] == run; end++)
			;
		if (col->left ? col->left[run] : !run_matches(spec, &s->runs[run]))
			continue;
		if (!sum_run(spec, kind, plain, col, run, at + i, end - i))
			return false;
	}
	return true;
}

/* Runs that count and are in no cell. */
static void count_zeros(const struct cs_row_spec *spec, struct column *col)
{
	const struct cs_history_side *s = col->side;

	if (cs_compare_figure_kind(spec->figure) == CS_RATE)
		return;
	for (uint32_t i = 0; col->left && i < s->n_runs; i++)
		col->zeros[s->runs[i].event] += !col->left[i];
	for (size_t e = 0; !col->left && e < CS_STRATA; e++) {
		if (spec->event >= 0 && spec->event != (int64_t)e)
			continue;
		col->zeros[e] = s->n_runs_of[spec->warm_runs][e];
		if (cs_compare_figure_kind(spec->figure) != CS_PER_RUN)
			col->zeros[e] += s->n_lone_of[spec->warm_runs][e];
	}
	for (size_t i = 0; i < col->n_cells; i++)
		col->zeros[s->runs[col->cells[i].run].event]--;
	for (size_t i = 0; i < col->n_out; i++)
		col->zeros[s->runs[col->out[i]].event]--;
	for (size_t e = 0; e < CS_STRATA; e++)
		col->n_zeros += col->zeros[e];
}

static int column_sum(const struct cs_compare *c, const struct cs_row_spec *spec,
		      struct column *col)
{
	bool done =
		cs_compare_of_runs(spec->figure) ? sum_runs(c, spec, col) : sum_items(spec, col);

	if (!done)
		return -1;
	count_zeros(spec, col);
	return 0;
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

static int packed_init(struct packed *p, size_t n, bool totals)
{
	p->num = calloc(n + 1, sizeof(*p->num));
	p->den = calloc(n + 1, sizeof(*p->den));
	p->stratum = calloc(n + 1, 1);
	p->clusters = (struct cs_clusters){ p->num, totals ? NULL : p->den, p->stratum, 0, NULL };
	return p->num && p->den && p->stratum ? 0 : -1;
}

static void pack_one(struct packed *p, const struct column *col, uint32_t run, double num,
		     double den)
{
	size_t at = p->clusters.n++;

	p->num[at] = num;
	p->den[at] = den;
	p->stratum[at] = col->side->runs[run].event;
}

/* Every run that counts in its place, those where nothing happened too. */
static void pack_all(const struct cs_row_spec *spec, const struct column *col, struct packed *p)
{
	const struct cs_history_side *s = col->side;
	size_t cell = 0, out = 0;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		if (out < col->n_out && col->out[out] == i) {
			out++;
		} else if (cell < col->n_cells && col->cells[cell].run == i) {
			if (col->cells[cell].den > 0)
				pack_one(p, col, i, col->cells[cell].num, col->cells[cell].den);
			cell++;
		} else if (run_matches(spec, &s->runs[i])) {
			pack_one(p, col, i, 0, 1);
		}
	}
}

static void pack_cells(const struct column *col, struct packed *p)
{
	for (size_t i = 0; i < col->n_cells; i++) {
		if (col->cells[i].den > 0)
			pack_one(p, col, col->cells[i].run, col->cells[i].num, col->cells[i].den);
	}
}

/* By run: what it has, or nothing. */
static int spread(const struct column *col, bool rate, struct cell **ret)
{
	const struct cs_history_side *s = col->side;
	struct cell *v = calloc((size_t)s->n_runs + 1, sizeof(*v));

	if (!v)
		return -1;
	for (uint32_t i = 0; !rate && i < s->n_runs; i++)
		v[i].den = !col->left[i];
	for (size_t i = 0; i < col->n_cells; i++)
		v[col->cells[i].run] = col->cells[i];
	*ret = v;
	return 0;
}

static int pack_pairs(const struct column cols[2], bool rate, struct packed packed[2])
{
	struct cell *before = NULL, *after = NULL;
	int r = spread(&cols[0], rate, &before);

	if (r == 0)
		r = spread(&cols[1], rate, &after);
	for (uint32_t i = 0; r == 0 && i < cols[0].side->n_runs; i++) {
		uint32_t k = cols[0].side->runs[i].pair;

		if (before[i].den <= 0 && after[k].den <= 0)
			continue;
		pack_one(&packed[0], &cols[0], i, before[i].num, before[i].den);
		pack_one(&packed[1], &cols[1], k, after[k].num, after[k].den);
	}
	free(before);
	free(after);
	return r;
}

/* The clusters that are drawn: runs that have something to say, paired ones at the same place. */
static int pack(const struct cs_compare *c, const struct cs_row_spec *spec,
		const struct column cols[2], struct packed packed[2])
{
	enum cs_figure_kind kind = cs_compare_figure_kind(spec->figure);
	size_t n[2] = { cols[0].n_cells + cols[0].n_zeros, cols[1].n_cells + cols[1].n_zeros };
	bool few = n[0] <= CS_BOOTSTRAP_DRAWN_MAX && n[1] <= CS_BOOTSTRAP_DRAWN_MAX;

	for (int side = 0; side < 2; side++) {
		size_t room = c->paired ? cols[side].side->n_runs
			      : few	? n[side]
					: cols[side].n_cells;

		if (packed_init(&packed[side], room, kind == CS_TOTAL || kind == CS_SUM) < 0)
			return -1;
		if (c->paired)
			continue;
		if (few && cols[side].n_zeros) {
			pack_all(spec, &cols[side], &packed[side]);
		} else {
			pack_cells(&cols[side], &packed[side]);
			packed[side].clusters.zeros = cols[side].n_zeros ? cols[side].zeros : NULL;
		}
	}
	return c->paired ? pack_pairs(cols, kind == CS_RATE, packed) : 0;
}

static void describe(struct column *col, enum cs_figure_kind kind, struct cs_compare_side *ret)
{
	static const double quarters[] = { 0.25, 0.5, 0.75 };
	double num = 0, den = (double)col->n_zeros, sum = 0, found[CS_N(quarters)];
	size_t zeros = kind == CS_SUM ? 0 : col->n_zeros, n = col->n_observed + zeros;

	*ret = (struct cs_compare_side){ .n = (int64_t)n,
					 .runs = (int64_t)col->n_zeros,
					 .value = NAN,
					 .total = NAN,
					 .mean = NAN };
	for (size_t i = 0; i < col->n_cells; i++) {
		num += col->cells[i].num;
		den += col->cells[i].den;
		ret->runs += col->cells[i].den > 0;
	}
	for (size_t i = 0; i < col->n_observed; i++)
		sum += col->observed[i];
	if (n) {
		ret->mean = sum / (double)n;
		ret->total = num;
	}
	cs_quantiles(col->observed, col->n_observed, zeros, quarters, CS_N(quarters), found);
	ret->p25 = found[0];
	ret->median = found[1];
	ret->p75 = found[2];
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
		.scope = spec->scope >= 0 ? c->scopes.texts.v[spec->scope] : NULL,
		.target = spec->target >= 0 ? c->targets.texts.v[spec->target] : NULL,
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

	cols[0].side = &c->side[0];
	cols[1].side = &c->side[1];
	if (cs_compare_amounts(&c->side[0], spec->figure) < 0 ||
	    cs_compare_amounts(&c->side[1], spec->figure) < 0)
		return cs_err_nomem(err);
	if ((c->paired && choose_pairs(c, spec, cols) < 0) || column_sum(c, spec, &cols[0]) < 0 ||
	    column_sum(c, spec, &cols[1]) < 0)
		return cs_err_nomem(err);
	describe(&cols[0], kind, &row->before);
	describe(&cols[1], kind, &row->after);
	add_elsewhere(c, spec, row);
	row->before.partial = cols[0].unknown;
	row->after.partial = cols[1].unknown;
	row->before.ci95 = row->after.ci95 = unknown_interval;
	row->enough_data = row->before.runs >= CS_COMPARE_MIN_RUNS &&
			   row->after.runs >= CS_COMPARE_MIN_RUNS && !cols[0].unknown &&
			   !cols[1].unknown;
	row->change = row->relative = row->reduction = NAN;
	if (spec->plain)
		return 0;
	if (pack(c, spec, cols, packed) < 0)
		return cs_err_nomem(err);
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
