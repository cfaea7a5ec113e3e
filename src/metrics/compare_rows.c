/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A row: one figure over the builds of one choice, both sides. Three kinds of figures differ in
 * what is one observation (a run, a build) and in what is divided by what; everything else,
 * standardising and intervals too, is the same for all of them.
 */
#include <math.h>
#include <string.h>

#include "metrics/compare_impl.h"
#include "metrics/stats.h"

enum kind {
	PER_RUN, /* mean of an amount per run, those without builds too */
	TOTAL,	 /* sum of an amount per run, compared as it is */
	SUM,	 /* the same, one observation a build */
	RATE,	 /* sum over sum, one observation a build */
	SPECIAL,
};

enum dims { BY_EVENT = 1, BY_SCOPE = 2, BY_TARGET = 4, BY_TARGET_EVENT = 8 };

static const struct {
	const char *name;
	enum cs_unit unit;
	enum kind kind;
	unsigned dims;
} defs[CS_N_CF] = {
	[CS_CF_BUILDS] = { "builds", CS_UNIT_COUNT, TOTAL, BY_EVENT | BY_SCOPE | BY_TARGET },
	[CS_CF_BUILDS_PER_EVENT] = { "builds_per_event", CS_UNIT_COUNT, PER_RUN,
				     BY_EVENT | BY_SCOPE | BY_TARGET },
	[CS_CF_BUILD_SECONDS_PER_EVENT] = { "build_seconds_per_event", CS_UNIT_SECONDS, PER_RUN,
					    BY_EVENT | BY_SCOPE | BY_TARGET },
	[CS_CF_STEP_HIT_RATIO] = { "step_hit_ratio", CS_UNIT_RATIO, RATE,
				   BY_EVENT | BY_SCOPE | BY_TARGET | BY_TARGET_EVENT },
	[CS_CF_BYTE_HIT_RATIO] = { "byte_hit_ratio", CS_UNIT_RATIO, RATE,
				   BY_EVENT | BY_SCOPE | BY_TARGET },
	[CS_CF_TIME_HIT_RATIO] = { "time_hit_ratio", CS_UNIT_RATIO, RATE,
				   BY_EVENT | BY_SCOPE | BY_TARGET },
	[CS_CF_BUILDER_CACHED_RATIO] = { "builder_cached_ratio", CS_UNIT_RATIO, RATE,
					 BY_SCOPE | BY_TARGET | BY_TARGET_EVENT },
	[CS_CF_DURATION_SECONDS] = { "duration_seconds", CS_UNIT_SECONDS, RATE,
				     BY_EVENT | BY_SCOPE | BY_TARGET | BY_TARGET_EVENT },
	[CS_CF_WARM_DURATION_SECONDS] = { "warm_duration_seconds", CS_UNIT_SECONDS, RATE,
					  BY_SCOPE | BY_TARGET },
	[CS_CF_COLD_DURATION_SECONDS] = { "cold_duration_seconds", CS_UNIT_SECONDS, RATE,
					  BY_SCOPE | BY_TARGET },
	[CS_CF_WARM_SPEEDUP_RATIO] = { "warm_speedup_ratio", CS_UNIT_RATIO, SPECIAL,
				       BY_SCOPE | BY_TARGET },
	[CS_CF_COLD_BUILDS] = { "cold_builds", CS_UNIT_COUNT, TOTAL, BY_SCOPE | BY_TARGET },
	[CS_CF_FAILED_BUILDS] = { "failed_builds", CS_UNIT_COUNT, TOTAL, 0 },
	[CS_CF_DUPLICATES] = { "duplicates", CS_UNIT_COUNT, TOTAL, 0 },
	[CS_CF_UNEXPECTED_BUILDS] = { "unexpected_builds", CS_UNIT_COUNT, TOTAL, BY_EVENT },
	[CS_CF_PUSHED_BYTES] = { "pushed_bytes", CS_UNIT_BYTES, SUM, BY_SCOPE | BY_TARGET },
	[CS_CF_PULLED_BYTES] = { "pulled_bytes", CS_UNIT_BYTES, SUM, BY_SCOPE | BY_TARGET },
	[CS_CF_STORED_BYTES] = { "stored_bytes", CS_UNIT_BYTES, SPECIAL, BY_SCOPE },
	[CS_CF_CI_MINUTES] = { "ci_minutes", CS_UNIT_MINUTES, PER_RUN, BY_EVENT },
	[CS_CF_CI_MINUTES_SAVED] = { "ci_minutes_saved", CS_UNIT_MINUTES, PER_RUN, BY_EVENT },
	[CS_CF_CI_COST] = { "ci_cost", CS_UNIT_MONEY, PER_RUN, BY_EVENT },
};

const char *cs_compare_figure_name(enum cs_compare_figure f)
{
	return defs[f].name;
}

enum cs_unit cs_compare_figure_unit(enum cs_compare_figure f)
{
	return defs[f].unit;
}

/* --- amounts --- */

struct amount {
	bool takes_part; /* else the build says nothing to this figure */
	bool known;
	double num, den;
};

static struct amount quotient(bool takes_part, int64_t num, int64_t den)
{
	bool known = num >= 0 && den > 0;

	return (struct amount){ takes_part && known, known, (double)num, (double)den };
}

static struct amount one(bool takes_part, int64_t value)
{
	return (struct amount){ takes_part, value >= 0, (double)value, 1 };
}

static struct amount duration(const struct cs_item *i, bool takes_part)
{
	struct amount a = one(takes_part && i->completed, i->duration_ns);

	a.takes_part &= a.known;
	return a;
}

static struct amount amount_of(enum cs_compare_figure f, const struct cs_item *i)
{
	switch (f) {
	case CS_CF_BUILDS:
	case CS_CF_BUILDS_PER_EVENT:
		return one(true, 1);
	case CS_CF_BUILD_SECONDS_PER_EVENT:
		return one(true, i->duration_ns);
	case CS_CF_STEP_HIT_RATIO:
		return quotient(i->rated, i->hits, i->hits + i->runs);
	case CS_CF_BYTE_HIT_RATIO:
		return quotient(i->completed, i->hit_bytes, i->own_bytes);
	case CS_CF_TIME_HIT_RATIO:
		return quotient(i->completed && i->gross_ns >= 0, i->gross_ns,
				i->gross_ns + i->run_ns);
	case CS_CF_BUILDER_CACHED_RATIO:
		return quotient(i->completed, i->cached, i->total);
	case CS_CF_DURATION_SECONDS:
		return duration(i, true);
	case CS_CF_WARM_DURATION_SECONDS:
		return duration(i, !i->cold);
	case CS_CF_COLD_DURATION_SECONDS:
		return duration(i, i->cold);
	case CS_CF_COLD_BUILDS:
		return one(true, i->cold);
	case CS_CF_FAILED_BUILDS:
		return one(true, i->failed);
	case CS_CF_PUSHED_BYTES:
		return one(i->completed, i->pushed_bytes);
	case CS_CF_PULLED_BYTES:
		return one(i->completed, i->pulled_bytes);
	default:
		return one(false, -1);
	}
}

/* Figures that runs have, not builds. False = the run's amount is not known. */
static bool run_amount(const struct cs_compare *c, enum cs_compare_figure f,
		       const struct cs_cluster *run, double *num)
{
	switch (f) {
	case CS_CF_DUPLICATES:
		*num = (double)run->duplicates;
		return true;
	case CS_CF_UNEXPECTED_BUILDS:
		*num = (double)run->unexpected;
		return true;
	case CS_CF_CI_MINUTES:
		*num = (double)run->minutes;
		return run->minutes_known;
	case CS_CF_CI_MINUTES_SAVED:
		*num = (double)run->saved_minutes;
		return run->saved_known;
	case CS_CF_CI_COST:
		*num = (double)run->minutes * c->options.rate;
		return run->minutes_known;
	default:
		return true;
	}
}

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

/* A run is out if the row is not about it, or if its amount per run cannot be known. */
static void column_choose(const struct cs_compare *c, const struct cs_row_spec *spec,
			  struct column *col)
{
	const struct cs_history_side *s = col->side;
	bool per_run = defs[spec->figure].kind == PER_RUN;
	double ignored;

	for (uint32_t i = 0; i < s->n_runs; i++) {
		const struct cs_cluster *run = s->runs[i];

		col->out[i] = (spec->event >= 0 && spec->event != (int64_t)run->event) ||
			      (spec->warm_runs && run->first) ||
			      (per_run && !run_amount(c, spec->figure, run, &ignored));
	}
	for (size_t i = 0; per_run && i < s->n_items; i++) {
		const struct cs_item *item = &s->items[i];
		struct amount a;

		if (!item_matches(spec, s, item))
			continue;
		a = amount_of(spec->figure, item);
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
	enum kind kind = defs[spec->figure].kind;

	for (size_t i = 0; i < s->n_items; i++) {
		const struct cs_item *item = &s->items[i];
		struct amount a;

		if (col->out[item->run] || !item_matches(spec, s, item))
			continue;
		a = amount_of(spec->figure, item);
		if (!a.takes_part)
			continue;
		if (!a.known) {
			col->unknown = true;
			continue;
		}
		col->num[item->run] += a.num;
		if (kind == RATE)
			col->den[item->run] += a.den;
		if (kind == RATE || kind == SUM)
			col->observed[col->n_observed++] = a.num / a.den;
	}
	for (uint32_t i = 0; kind != RATE && i < s->n_runs; i++) {
		double amount = 0;

		if (col->out[i])
			continue;
		col->unknown |= !run_amount(c, spec->figure, s->runs[i], &amount);
		col->num[i] += amount;
		col->den[i] = 1;
		if (kind != SUM)
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

static void describe(struct column *col, enum kind kind, struct cs_compare_side *ret)
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
	if (kind == TOTAL || kind == SUM)
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

static void set_change(struct cs_compare_row *row)
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
	};
	bool rate = defs[row->figure].unit == CS_UNIT_RATIO;
	struct cs_bootstrap b;
	int r = cs_bootstrap(&packed[0].clusters, &packed[1].clusters, &options, &b, err);

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

static void row_init(const struct cs_compare *c, const struct cs_row_spec *spec,
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
	enum kind kind = defs[spec->figure].kind;

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
	row->before.ci95 = row->after.ci95 = unknown_interval;
	row->enough_data = row->before.runs >= CS_COMPARE_MIN_RUNS &&
			   row->after.runs >= CS_COMPARE_MIN_RUNS && !cols[0].unknown &&
			   !cols[1].unknown;
	if (pack(c, cols, kind == TOTAL || kind == SUM, packed) < 0)
		return cs_err_nomem(err);
	row->change = row->relative = row->reduction = NAN;
	if (cols[0].unknown || cols[1].unknown)
		return 0;
	set_change(row);
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
	row_init(c, spec, &row);
	r = compute(c, spec, cols, packed, &row, err);
	for (int side = 0; side < 2; side++) {
		column_release(&cols[side]);
		packed_release(&packed[side]);
	}
	if (r < 0)
		return r;
	if (defs[spec->figure].unit == CS_UNIT_SECONDS)
		scale(&row, (double)CS_NS_PER_S);
	*ret = row;
	return 0;
}

/* --- figures that are no sum over runs --- */

static void no_distribution(struct cs_compare_side *side)
{
	side->median = side->p25 = side->p75 = side->mean = side->total = NAN;
}

/* Of the medians, for one slow cold build says little of the others. */
static int speedup_row(struct cs_compare *c, const struct cs_row_spec *spec,
		       struct cs_compare_row *ret, struct cs_err *err)
{
	struct cs_row_spec warm = *spec, cold = *spec;
	struct cs_compare_row w, k;
	int r;

	warm.figure = CS_CF_WARM_DURATION_SECONDS;
	cold.figure = CS_CF_COLD_DURATION_SECONDS;
	r = cs_compare_row_of(c, &warm, &w, err);
	if (r == 0)
		r = cs_compare_row_of(c, &cold, &k, err);
	if (r < 0)
		return r;
	row_init(c, spec, ret);
	for (int side = 0; side < 2; side++) {
		const struct cs_compare_side *a = side ? &w.after : &w.before;
		const struct cs_compare_side *b = side ? &k.after : &k.before;
		struct cs_compare_side *to = side ? &ret->after : &ret->before;

		no_distribution(to);
		to->ci95 = unknown_interval;
		to->n = a->n < b->n ? a->n : b->n;
		to->runs = a->runs < b->runs ? a->runs : b->runs;
		to->value = b->median > 0 ? 1 - a->median / b->median : NAN;
	}
	set_change(ret);
	ret->enough_data =
		ret->before.runs >= CS_COMPARE_MIN_RUNS && ret->after.runs >= CS_COMPARE_MIN_RUNS;
	return 0;
}

static bool stored_bytes(const struct cs_history_side *s, int64_t scope, struct cs_compare_side *to)
{
	uint32_t want = scope < 0 ? CS_NO_PAIR : (uint32_t)scope;
	int64_t builds = 0, sum = 0;

	no_distribution(to);
	to->ci95 = unknown_interval;
	for (size_t i = 0; i < s->n_items; i++) {
		if (scope >= 0 && s->items[i].scope != scope)
			continue;
		builds += s->items[i].completed;
		to->n += s->items[i].completed && s->items[i].has_layers;
	}
	for (const struct cs_blob *blob = s->blobs; blob; blob = blob->hh.next) {
		if (blob->scope == want)
			sum += blob->bytes;
	}
	to->runs = s->n_runs;
	to->value = to->n ? (double)sum : NAN;
	to->total = to->value;
	return to->n == builds;
}

static int stored_row(struct cs_compare *c, const struct cs_row_spec *spec,
		      struct cs_compare_row *ret)
{
	bool known;

	row_init(c, spec, ret);
	known = stored_bytes(&c->side[0], spec->scope, &ret->before);
	known &= stored_bytes(&c->side[1], spec->scope, &ret->after);
	ret->change = ret->relative = ret->reduction = NAN;
	if (known)
		set_change(ret);
	ret->enough_data = known && ret->before.runs >= CS_COMPARE_MIN_RUNS &&
			   ret->after.runs >= CS_COMPARE_MIN_RUNS;
	return 0;
}

/* --- the rows of a report --- */

static int add_row(struct cs_compare *c, const struct cs_row_spec *spec, struct cs_err *err)
{
	struct cs_compare_row row;
	int r;

	if (spec->figure == CS_CF_WARM_SPEEDUP_RATIO)
		r = speedup_row(c, spec, &row, err);
	else if (spec->figure == CS_CF_STORED_BYTES)
		r = stored_row(c, spec, &row);
	else
		r = cs_compare_row_of(c, spec, &row, err);
	/* a part of the history that neither side has, or that has nothing to say, is no row */
	if (r < 0 || (!row.before.n && !row.after.n &&
		      (spec->scope >= 0 || spec->event >= 0 || spec->target >= 0)))
		return r;
	if (c->n_rows == c->cap_rows) {
		size_t cap = c->cap_rows ? c->cap_rows * 2 : 64;
		struct cs_compare_row *grown = realloc(c->rows, cap * sizeof(*grown));

		if (!grown)
			return cs_err_nomem(err);
		c->rows = grown;
		c->cap_rows = cap;
	}
	c->rows[c->n_rows++] = row;
	return 0;
}

static int compare_builds(const void *a, const void *b)
{
	const struct cs_name *const *x = a, *const *y = b;

	if ((*x)->builds != (*y)->builds)
		return (*x)->builds > (*y)->builds ? -1 : 1;
	return strcmp((*x)->text, (*y)->text);
}

static int compare_texts(const void *a, const void *b)
{
	const struct cs_name *const *x = a, *const *y = b;

	return strcmp((*x)->text, (*y)->text);
}

/* The names with the most builds, in the order of the alphabet; "" (unknown) is none. */
static int choose_names(const struct cs_names *names, uint32_t index[CS_COMPARE_GROUPS],
			size_t *ret_n, size_t *ret_left_out)
{
	struct cs_name **v CS_AUTO(cs_free_p) = calloc((size_t)names->n + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return -1;
	for (uint32_t i = 0; i < names->n; i++) {
		if (*names->v[i]->text)
			v[n++] = names->v[i];
	}
	qsort(v, n, sizeof(*v), compare_builds);
	*ret_left_out = n > CS_COMPARE_GROUPS ? n - CS_COMPARE_GROUPS : 0;
	n -= *ret_left_out;
	qsort(v, n, sizeof(*v), compare_texts);
	for (size_t i = 0; i < n; i++)
		index[i] = v[i]->index;
	*ret_n = n;
	return 0;
}

struct groups {
	uint32_t scopes[CS_COMPARE_GROUPS], targets[CS_COMPARE_GROUPS];
	size_t n_scopes, n_targets;
};

static int figure_rows(struct cs_compare *c, enum cs_compare_figure f, const struct groups *g,
		       struct cs_err *err)
{
	const struct cs_row_spec all = { f, -1, -1, -1, false, false, false };
	struct cs_row_spec spec = all;
	int r = add_row(c, &spec, err);

	for (int e = CS_EVENT_NONE + 1; r == 0 && defs[f].dims & BY_EVENT && e <= CS_EVENT_OTHER;
	     e++) {
		spec.event = e;
		r = add_row(c, &spec, err);
	}
	spec = all;
	for (size_t i = 0; r == 0 && defs[f].dims & BY_SCOPE && i < g->n_scopes; i++) {
		spec.scope = g->scopes[i];
		r = add_row(c, &spec, err);
	}
	spec = all;
	for (size_t i = 0; r == 0 && defs[f].dims & BY_TARGET && i < g->n_targets; i++) {
		spec.target = g->targets[i];
		spec.event = -1;
		r = add_row(c, &spec, err);
		for (int e = CS_EVENT_NONE + 1;
		     r == 0 && defs[f].dims & BY_TARGET_EVENT && e <= CS_EVENT_OTHER; e++) {
			spec.event = e;
			r = add_row(c, &spec, err);
		}
	}
	return r;
}

static bool wanted(const struct cs_compare *c, enum cs_compare_figure f)
{
	switch (f) {
	case CS_CF_CI_COST:
		return !isnan(c->options.rate);
	case CS_CF_DUPLICATES:
		return c->side[0].counted[0] && c->side[1].counted[0];
	case CS_CF_UNEXPECTED_BUILDS:
		return c->side[0].counted[1] && c->side[1].counted[1];
	default:
		return true;
	}
}

int cs_compare_rows(struct cs_compare *c, const struct cs_compare_row **ret, size_t *ret_n,
		    struct cs_err *err)
{
	struct groups g;
	int r = cs_compare_finish(c, err);

	if (r < 0)
		return r;
	if (choose_names(&c->scopes, g.scopes, &g.n_scopes, &c->left_out[0]) < 0 ||
	    choose_names(&c->targets, g.targets, &g.n_targets, &c->left_out[1]) < 0)
		return cs_err_nomem(err);
	c->n_rows = 0;
	for (int f = 0; r == 0 && f < CS_N_CF; f++) {
		if (wanted(c, (enum cs_compare_figure)f))
			r = figure_rows(c, (enum cs_compare_figure)f, &g, err);
	}
	if (r < 0)
		return r;
	*ret = c->rows;
	*ret_n = c->n_rows;
	return 0;
}
