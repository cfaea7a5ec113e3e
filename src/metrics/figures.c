/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decided here: on a failed build BuildKit flags steps that never ran as cached, so failed and
 * canceled builds are in no rate; a build with one step of unknown outcome is in no step rate
 * either, for its known steps are not a fair sample of it. Bytes stand on their own: an image tells
 * them even where no step is decided.
 */
#include "metrics/figures.h"

#include "metrics/verdict.h"

int64_t cs_build_duration(const struct cs_build *build)
{
	int64_t from = build->facts.started_unix_ns, to = build->facts.completed_unix_ns, ns;

	if (from == CS_TIME_NONE || to == CS_TIME_NONE || to < from)
		return -1;
	return __builtin_sub_overflow(to, from, &ns) ? -1 : ns;
}

/* M1. */
static void count_steps(const struct cs_build *b, bool first_of_scope, struct cs_figures *f)
{
	int64_t hits = 0, runs = 0, unknown = 0;

	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];

		if (!cs_step_cacheable(s->class))
			continue;
		hits += s->state == CS_STATE_HIT;
		runs += s->state == CS_STATE_RUN;
		unknown += s->state == CS_STATE_UNKNOWN;
	}
	f->undecided = unknown > 0;
	if (!f->completed)
		return;
	f->cold = first_of_scope || (hits == 0 && runs > 0 && unknown == 0);
	f->rated = unknown == 0 && hits + runs > 0;
	if (!f->rated)
		return;
	f->full_hit = runs == 0;
	f->step_hits = hits;
	f->step_runs = runs;
}

/* M2: by outcome where every own layer has one, else by presence in the scope's earlier builds. */
static void count_bytes(const struct cs_build *b, bool first_of_scope, struct cs_figures *f)
{
	struct cs_verdict_sums sums;
	bool decided;

	cs_verdict_sum(b->layers, b->n_layers, &sums);
	decided = sums.own > 0 && sums.undecided == 0;
	if (!f->completed || sums.own == 0 || (!decided && (first_of_scope || b->base_layers < 0)))
		return;
	f->own_tar_bytes = sums.own_tar_bytes;
	f->own_blob_bytes = sums.own_blob_bytes;
	f->hit_tar_bytes = decided ? sums.hit_tar_bytes : sums.present_tar_bytes;
	f->hit_blob_bytes = decided ? sums.hit_blob_bytes : sums.present_blob_bytes;
}

/* M15: all layers, those of the base too, for a push moves what the repository does not have. */
static int64_t new_bytes(const struct cs_build *b)
{
	int64_t sum = 0;

	for (size_t i = 0; i < b->n_layers; i++) {
		if (b->layers[i].blob_bytes < 0)
			return -1;
		if (!b->layers[i].blob_present_before)
			sum = cs_ns_add(sum, b->layers[i].blob_bytes);
	}
	return b->n_layers ? sum : -1;
}

/* M15; only an observed build tells that nothing was fetched. */
static int64_t pulled_bytes(const struct cs_build *b)
{
	bool observed = false;
	int64_t sum = 0;

	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];
		const struct cs_layer *l = s->layer >= 0 && (size_t)s->layer < b->n_layers
						   ? &b->layers[s->layer]
						   : NULL;

		observed |= s->evidence == CS_EVIDENCE_OBSERVED;
		if (!s->pulled || !cs_step_cacheable(s->class))
			continue;
		if (!l || l->blob_bytes < 0)
			return -1;
		sum = cs_ns_add(sum, l->blob_bytes);
	}
	return observed ? sum : -1;
}

int cs_figures_of(const struct cs_prices *prices, const struct cs_build *build, bool first_of_scope,
		  struct cs_figures *ret, struct cs_err *err)
{
	struct cs_figures f = {
		.completed =
			build->status != CS_STATUS_FAILED && build->status != CS_STATUS_CANCELED,
		.first_of_scope = first_of_scope,
		.own_tar_bytes = -1,
		.hit_tar_bytes = -1,
		.own_blob_bytes = -1,
		.hit_blob_bytes = -1,
		.new_blob_bytes = new_bytes(build),
		.pulled_blob_bytes = pulled_bytes(build),
		.duration_ns = cs_build_duration(build),
		.builder_cached_steps = build->builder_cached_steps,
		.builder_total_steps = build->builder_total_steps,
	};
	int r = 0;

	count_steps(build, first_of_scope, &f);
	count_bytes(build, first_of_scope, &f);
	if (f.completed && !f.undecided)
		r = cs_savings_of(prices, build, &f.savings, err);
	if (r == 0)
		*ret = f;
	return r;
}
