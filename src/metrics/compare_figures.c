/* SPDX-License-Identifier: Apache-2.0 */
/* What each figure is, and what a build or a run says to it. */
#include "metrics/compare_impl.h"

static const struct {
	const char *name;
	enum cs_unit unit;
	enum cs_figure_kind kind;
	unsigned dims;
} defs[CS_N_CF] = {
	[CS_CF_BUILDS] = { "builds", CS_UNIT_COUNT, CS_TOTAL,
			   CS_D_EVENT | CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_BUILDS_PER_EVENT] = { "builds_per_event", CS_UNIT_COUNT, CS_PER_RUN,
				     CS_D_EVENT | CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_BUILD_SECONDS_PER_EVENT] = { "build_seconds_per_event", CS_UNIT_SECONDS, CS_PER_RUN,
					    CS_D_EVENT | CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_STEP_HIT_RATIO] = { "step_hit_ratio", CS_UNIT_RATIO, CS_RATE,
				   CS_D_EVENT | CS_D_SCOPE | CS_D_TARGET | CS_D_TARGET_EVENT },
	[CS_CF_WARM_STEP_HIT_RATIO] = { "warm_step_hit_ratio", CS_UNIT_RATIO, CS_RATE,
					CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_BYTE_HIT_RATIO] = { "byte_hit_ratio", CS_UNIT_RATIO, CS_RATE,
				   CS_D_EVENT | CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_TIME_HIT_RATIO] = { "time_hit_ratio", CS_UNIT_RATIO, CS_RATE,
				   CS_D_EVENT | CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_BUILDER_CACHED_RATIO] = { "builder_cached_ratio", CS_UNIT_RATIO, CS_RATE,
					 CS_D_SCOPE | CS_D_TARGET | CS_D_TARGET_EVENT },
	[CS_CF_DURATION_SECONDS] = { "duration_seconds", CS_UNIT_SECONDS, CS_RATE,
				     CS_D_EVENT | CS_D_SCOPE | CS_D_TARGET | CS_D_TARGET_EVENT },
	[CS_CF_WARM_DURATION_SECONDS] = { "warm_duration_seconds", CS_UNIT_SECONDS, CS_RATE,
					  CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_COLD_DURATION_SECONDS] = { "cold_duration_seconds", CS_UNIT_SECONDS, CS_RATE,
					  CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_WARM_SPEEDUP_RATIO] = { "warm_speedup_ratio", CS_UNIT_RATIO, CS_SPECIAL,
				       CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_COLD_BUILDS] = { "cold_builds", CS_UNIT_COUNT, CS_TOTAL, CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_FAILED_BUILDS] = { "failed_builds", CS_UNIT_COUNT, CS_TOTAL, 0 },
	[CS_CF_DUPLICATES] = { "duplicates", CS_UNIT_COUNT, CS_TOTAL, 0 },
	[CS_CF_UNEXPECTED_BUILDS] = { "unexpected_builds", CS_UNIT_COUNT, CS_TOTAL, CS_D_EVENT },
	[CS_CF_PUSHED_BYTES] = { "pushed_bytes", CS_UNIT_BYTES, CS_SUM, CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_PULLED_BYTES] = { "pulled_bytes", CS_UNIT_BYTES, CS_SUM, CS_D_SCOPE | CS_D_TARGET },
	[CS_CF_STORED_BYTES] = { "stored_bytes", CS_UNIT_BYTES, CS_SPECIAL, CS_D_SCOPE },
	[CS_CF_CI_MINUTES] = { "ci_minutes", CS_UNIT_MINUTES, CS_PER_RUN, CS_D_EVENT },
	[CS_CF_CI_MINUTES_SAVED] = { "ci_minutes_saved", CS_UNIT_MINUTES, CS_PER_RUN, CS_D_EVENT },
	[CS_CF_CI_COST] = { "ci_cost", CS_UNIT_MONEY, CS_PER_RUN, CS_D_EVENT },
};

const char *cs_compare_figure_name(enum cs_compare_figure f)
{
	return defs[f].name;
}

enum cs_unit cs_compare_figure_unit(enum cs_compare_figure f)
{
	return defs[f].unit;
}

enum cs_figure_kind cs_compare_figure_kind(enum cs_compare_figure f)
{
	return defs[f].kind;
}

unsigned cs_compare_figure_dims(enum cs_compare_figure f)
{
	return defs[f].dims;
}

/* --- amounts --- */

struct amount {
	bool takes_part; /* else nothing */
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

static inline struct amount amount_of(enum cs_compare_figure f, const struct cs_item *i)
{
	switch (f) {
	case CS_CF_BUILDS:
	case CS_CF_BUILDS_PER_EVENT:
		return one(true, 1);
	case CS_CF_BUILD_SECONDS_PER_EVENT:
		return one(true, i->duration_ns);
	case CS_CF_STEP_HIT_RATIO:
		return quotient(i->rated, i->hits, i->hits + i->runs);
	case CS_CF_WARM_STEP_HIT_RATIO:
		return quotient(i->rated && !i->cold, i->hits, i->hits + i->runs);
	case CS_CF_BYTE_HIT_RATIO:
		return quotient(i->completed, i->hit_bytes, i->own_bytes);
	case CS_CF_TIME_HIT_RATIO:
		return quotient(i->completed && i->gross_ns >= 0, i->gross_ns,
				cs_ns_add(i->gross_ns, i->run_ns));
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

int cs_compare_amounts(struct cs_history_side *side, enum cs_compare_figure f)
{
	if (side->amounts && side->figure == f)
		return 0;
	if (!side->amounts)
		side->amounts = calloc(side->n_items + 1, sizeof(*side->amounts));
	if (!side->flags)
		side->flags = calloc(side->n_items + 1, sizeof(*side->flags));
	if (!side->amounts || !side->flags)
		return -1;
	for (size_t i = 0; i < side->n_items; i++) {
		struct amount a = amount_of(f, &side->items[i]);

		side->amounts[i] = (struct cs_amount){ a.num, a.den };
		side->flags[i] =
			(uint8_t)((a.takes_part ? CS_TAKES_PART : 0) | (a.known ? CS_KNOWN : 0));
	}
	side->figure = f;
	return 0;
}

bool cs_compare_of_runs(enum cs_compare_figure f)
{
	return f == CS_CF_DUPLICATES || f == CS_CF_UNEXPECTED_BUILDS || f == CS_CF_CI_MINUTES ||
	       f == CS_CF_CI_MINUTES_SAVED || f == CS_CF_CI_COST;
}

bool cs_compare_run_amount(const struct cs_compare *c, enum cs_compare_figure f,
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
