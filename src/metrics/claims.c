/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a team says of its change, held against the history. The interval decides, not the measured
 * value alone: 52 % fewer builds over six runs do not show that half of them are gone.
 */
#include <math.h>
#include <string.h>

#include "metrics/compare_impl.h"

static const struct {
	const char *name;
	double claimed;
	bool at_most, ratio;
} defs[CS_N_CLAIMS] = {
	[CS_CLAIM_BUILDS_PER_MAIN_PUSH] = { "builds_per_main_push", 2, true, false },
	[CS_CLAIM_BUILDS_PER_MAIN_PUSH_BEFORE] = { "builds_per_main_push_before", 3, false, false },
	[CS_CLAIM_FEWER_BUILDS] = { "fewer_builds", 0.5, false, true },
	[CS_CLAIM_TEST_HIT_RATE] = { "test_hit_rate", 0.8, false, true },
	[CS_CLAIM_PRODUCTION_HIT_RATE] = { "production_hit_rate_after_test", 0.9, false, true },
	[CS_CLAIM_FASTER_REBUILDS] = { "faster_rebuilds", 0.6, false, true },
	[CS_CLAIM_NO_DUPLICATES] = { "no_duplicates", 0, true, false },
};

const char *cs_claim_side_name(enum cs_claim_side side)
{
	static const char *const names[] = { "after", "before", "change", "reduction" };

	return (size_t)side < CS_N(names) ? names[side] : NULL;
}

const char *cs_verdict_name(enum cs_verdict v)
{
	static const char *const names[] = { "cannot_tell", "holds", "does_not_hold" };

	return names[v];
}

void cs_claims_init(struct cs_claim claims[CS_N_CLAIMS])
{
	for (int k = 0; k < CS_N_CLAIMS; k++)
		claims[k] = (struct cs_claim){
			.kind = (enum cs_claim_kind)k,
			.claimed = defs[k].claimed,
			.name = defs[k].name,
			.at_most = defs[k].at_most,
			.unit = defs[k].ratio ? CS_UNIT_RATIO : CS_UNIT_COUNT,
		};
}

static bool is_difference(const struct cs_claim *claim)
{
	return claim->side == CS_CLAIM_CHANGE || claim->side == CS_CLAIM_REDUCTION;
}

int cs_claim_check(struct cs_claim *claim, struct cs_err *err)
{
	unsigned dims = cs_compare_figure_dims(claim->figure);
	const char *name = cs_compare_figure_name(claim->figure);
	enum cs_unit unit = cs_compare_figure_unit(claim->figure);

	if (claim->scope && !(dims & CS_D_SCOPE))
		return cs_err_set(err, CS_USAGE, "%s is not told by scope", name);
	if (claim->target && !(dims & CS_D_TARGET))
		return cs_err_set(err, CS_USAGE, "%s is not told by target", name);
	if (claim->event &&
	    !(dims & (CS_D_EVENT | (claim->target ? (unsigned)CS_D_TARGET_EVENT : 0))))
		return cs_err_set(err, CS_USAGE, "%s is not told by event", name);
	if (claim->side == CS_CLAIM_REDUCTION && unit == CS_UNIT_RATIO)
		return cs_err_set(err, CS_USAGE, "%s is a rate: claim its change, in points", name);
	claim->unit = is_difference(claim) ? CS_UNIT_RATIO : unit;
	return 0;
}

static enum cs_verdict judge(const struct cs_claim *claim, const struct cs_interval *i)
{
	bool at_most = claim->at_most;

	if (!i->known)
		return CS_CANNOT_TELL;
	if (at_most ? i->high <= claim->claimed : i->low >= claim->claimed)
		return CS_HOLDS;
	if (at_most ? i->low > claim->claimed : i->high < claim->claimed)
		return CS_DOES_NOT_HOLD;
	return CS_CANNOT_TELL;
}

static struct cs_row_spec spec_of(enum cs_claim_kind kind)
{
	struct cs_row_spec spec = { .scope = -1, .target = -1, .event = -1 };

	switch (kind) {
	case CS_CLAIM_BUILDS_PER_MAIN_PUSH:
	case CS_CLAIM_BUILDS_PER_MAIN_PUSH_BEFORE:
		spec.figure = CS_CF_BUILDS_PER_EVENT;
		spec.event = CS_EVENT_PUSH_MAIN;
		break;
	case CS_CLAIM_FEWER_BUILDS:
		spec.figure = CS_CF_BUILDS_PER_EVENT;
		break;
	case CS_CLAIM_FASTER_REBUILDS:
		/*
		 * A run that fills a cache for the first time is no rebuild. One in which
		 * everything missed is: leaving it out would praise the cache for its failures.
		 */
		spec.figure = CS_CF_BUILD_SECONDS_PER_EVENT;
		spec.warm_runs = true;
		break;
	case CS_CLAIM_TEST_HIT_RATE:
		spec.figure = CS_CF_STEP_HIT_RATIO;
		spec.test = true;
		break;
	case CS_CLAIM_PRODUCTION_HIT_RATE:
		spec.figure = CS_CF_STEP_HIT_RATIO;
		spec.after_test = true;
		break;
	default:
		spec.figure = CS_CF_DUPLICATES;
		break;
	}
	return spec;
}

#define COVERAGE_MIN 0.9

/* No sum over runs: it has no mix of events. */
static bool is_special(const struct cs_compare_row *row)
{
	return cs_compare_figure_kind(row->figure) == CS_SPECIAL;
}

static void measure_reduction(const struct cs_compare *c, const struct cs_compare_row *row,
			      struct cs_claim_row *ret)
{
	/* one event has no mix */
	bool raw = c->paired || row->event || is_special(row);

	ret->n = row->before.runs < row->after.runs ? row->before.runs : row->after.runs;
	ret->measured = raw ? row->reduction : row->std_reduction;
	ret->ci95 = raw ? row->ci95 : row->std_ci95;
	if (!raw && !(row->std_coverage >= COVERAGE_MIN))
		ret->ci95.known = false;
}

static void measure_side(const struct cs_compare_side *side, struct cs_claim_row *ret)
{
	ret->n = side->runs;
	ret->measured = side->value;
	ret->ci95 = side->ci95;
}

/* A count of all there was has no interval. What more runs could only add to is beyond doubt. */
static void measure_count(const struct cs_compare_side *side, struct cs_claim_row *ret)
{
	const struct cs_claim *claim = ret->claim;
	bool past = claim->at_most ? side->value > claim->claimed : side->value >= claim->claimed;

	ret->n = side->runs;
	if (!isfinite(side->value) || (side->partial && !past))
		return;
	ret->measured = side->value;
	if (past)
		ret->verdict = claim->at_most ? CS_DOES_NOT_HOLD : CS_HOLDS;
	else if (ret->n >= CS_COMPARE_MIN_RUNS)
		ret->verdict = claim->at_most ? CS_HOLDS : CS_DOES_NOT_HOLD;
}

static void measure_change(const struct cs_compare *c, const struct cs_compare_row *row,
			   struct cs_claim_row *ret)
{
	bool raw = c->paired || row->event || is_special(row);

	ret->n = row->before.runs < row->after.runs ? row->before.runs : row->after.runs;
	ret->measured = raw ? row->change : row->std_change;
	ret->ci95 = raw ? row->ci95 : row->std_ci95;
	if (!raw && !(row->std_coverage >= COVERAGE_MIN))
		ret->ci95.known = false;
}

/* -1 = all; false: nothing was recorded under that name. */
static bool find_name(const struct cs_compare_names *names, const char *text, int64_t *ret)
{
	*ret = -1;
	for (uint32_t i = 0; text && *ret < 0 && i < names->texts.n; i++) {
		if (strcmp(names->texts.v[i], text) == 0)
			*ret = i;
	}
	return !text || *ret >= 0;
}

static bool own_spec(const struct cs_compare *c, const struct cs_claim *claim,
		     struct cs_row_spec *ret)
{
	*ret = (struct cs_row_spec){ .figure = claim->figure, .event = -1 };
	for (int e = 0; claim->event && e <= CS_EVENT_OTHER; e++) {
		const char *name = cs_event_name((enum cs_event)e);

		if (name && strcmp(name, claim->event) == 0)
			ret->event = e;
	}
	return cs_compare_has(c, claim->figure) &&
	       find_name(&c->scopes, claim->scope, &ret->scope) &&
	       find_name(&c->targets, claim->target, &ret->target);
}

static int measure_own(struct cs_compare *c, struct cs_claim_row *ret, struct cs_err *err)
{
	const struct cs_claim *claim = ret->claim;
	enum cs_figure_kind kind = cs_compare_figure_kind(claim->figure);
	bool counted = kind == CS_TOTAL || kind == CS_SUM || claim->figure == CS_CF_STORED_BYTES;
	struct cs_compare_row row;
	struct cs_row_spec spec;
	int r = cs_compare_finish(c, err);

	if (r < 0 || !own_spec(c, claim, &spec))
		return r;
	r = cs_compare_any_row(c, &spec, &row, err);
	if (r < 0)
		return r;
	if (!is_difference(claim)) {
		const struct cs_compare_side *side =
			claim->side == CS_CLAIM_BEFORE ? &row.before : &row.after;

		if (counted) {
			measure_count(side, ret);
			return 0;
		}
		measure_side(side, ret);
	} else if (cs_compare_figure_unit(claim->figure) == CS_UNIT_RATIO) {
		measure_change(c, &row, ret);
	} else {
		measure_reduction(c, &row, ret);
		if (claim->side == CS_CLAIM_CHANGE) {
			struct cs_interval i = ret->ci95;

			ret->measured = -ret->measured;
			ret->ci95 = (struct cs_interval){ i.known, -i.high, -i.low };
		}
	}
	ret->verdict = judge(claim, &ret->ci95);
	return 0;
}

int cs_compare_claim(struct cs_compare *c, const struct cs_claim *claim, struct cs_claim_row *ret,
		     struct cs_err *err)
{
	struct cs_claim_row out = { .claim = claim, .measured = NAN, .ci95 = { false, NAN, NAN } };
	struct cs_compare_row row;
	struct cs_row_spec spec;
	int r;

	if (claim->kind == CS_CLAIM_OWN) {
		r = measure_own(c, &out, err);
		if (r == 0)
			*ret = out;
		return r;
	}
	spec = spec_of(claim->kind);
	r = cs_compare_row_of(c, &spec, &row, err);
	if (r < 0)
		return r;
	if (claim->kind == CS_CLAIM_NO_DUPLICATES) {
		if (!c->side[CS_AFTER].counted[0])
			row.after.value = NAN;
		measure_count(&row.after, &out);
		*ret = out;
		return 0;
	}
	if (claim->kind == CS_CLAIM_FEWER_BUILDS || claim->kind == CS_CLAIM_FASTER_REBUILDS)
		measure_reduction(c, &row, &out);
	else if (claim->kind == CS_CLAIM_BUILDS_PER_MAIN_PUSH_BEFORE)
		measure_side(&row.before, &out);
	else
		measure_side(&row.after, &out);
	out.verdict = judge(claim, &out.ci95);
	*ret = out;
	return 0;
}
