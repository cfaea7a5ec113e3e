/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a team says of its change, held against the history. The interval decides, not the measured
 * value alone: 52 % fewer builds over six runs do not show that half of them are gone.
 */
#include <math.h>

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

const char *cs_claim_name(enum cs_claim_kind kind)
{
	return defs[kind].name;
}

bool cs_claim_at_most(enum cs_claim_kind kind)
{
	return defs[kind].at_most;
}

bool cs_claim_is_ratio(enum cs_claim_kind kind)
{
	return defs[kind].ratio;
}

const char *cs_verdict_name(enum cs_verdict v)
{
	static const char *const names[] = { "cannot_tell", "holds", "does_not_hold" };

	return names[v];
}

void cs_claims_init(struct cs_claim claims[CS_N_CLAIMS])
{
	for (int k = 0; k < CS_N_CLAIMS; k++)
		claims[k] = (struct cs_claim){ (enum cs_claim_kind)k, defs[k].claimed, false };
}

static enum cs_verdict judge(const struct cs_claim *claim, const struct cs_interval *i)
{
	bool at_most = defs[claim->kind].at_most;

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

static void measure_reduction(const struct cs_compare *c, const struct cs_compare_row *row,
			      struct cs_claim_row *ret)
{
	ret->n = row->before.runs < row->after.runs ? row->before.runs : row->after.runs;
	ret->measured = c->paired ? row->reduction : row->std_reduction;
	ret->ci95 = c->paired ? row->ci95 : row->std_ci95;
	if (!c->paired && !(row->std_coverage >= COVERAGE_MIN))
		ret->ci95.known = false;
}

static void measure_side(const struct cs_compare_side *side, struct cs_claim_row *ret)
{
	ret->n = side->runs;
	ret->measured = side->value;
	ret->ci95 = side->ci95;
}

/* A count of all there was has no interval. */
static void measure_count(const struct cs_compare *c, const struct cs_compare_row *row,
			  struct cs_claim_row *ret)
{
	ret->n = row->after.runs;
	if (!c->side[CS_AFTER].counted[0])
		return;
	ret->measured = row->after.value;
	if (ret->measured > ret->claim->claimed)
		ret->verdict = CS_DOES_NOT_HOLD;
	else if (ret->n >= CS_COMPARE_MIN_RUNS)
		ret->verdict = CS_HOLDS;
}

int cs_compare_claim(struct cs_compare *c, const struct cs_claim *claim, struct cs_claim_row *ret,
		     struct cs_err *err)
{
	struct cs_row_spec spec = spec_of(claim->kind);
	struct cs_claim_row out = { .claim = claim, .measured = NAN, .ci95 = { false, NAN, NAN } };
	struct cs_compare_row row;
	int r = cs_compare_row_of(c, &spec, &row, err);

	if (r < 0)
		return r;
	if (claim->kind == CS_CLAIM_NO_DUPLICATES) {
		measure_count(c, &row, &out);
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
