/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a build to its brief, and as far back as that goes. What a report sums by step is kept by
 * step; steps that cannot be cached count by their class alone, so their sums are enough.
 */
#include <stdio.h>
#include <string.h>

#include "metrics/brief.h"
#include "metrics/ledger_impl.h"
#include "metrics/work.h"
#include "model/filter.h"

/* --- making --- */

static uint64_t parse_id(const char *id)
{
	uint64_t v = 0;

	for (; id && *id; id++) {
		unsigned digit = *id >= '0' && *id <= '9'   ? (unsigned)(*id - '0')
				 : *id >= 'a' && *id <= 'f' ? (unsigned)(*id - 'a') + 10
							    : 16;

		if (digit > 15)
			return 0;
		v = v << 4 | digit;
	}
	return v;
}

static bool writes_cache(const struct cs_recipe *recipe)
{
	for (size_t i = 0; i < recipe->n_caches; i++) {
		if (recipe->caches[i].is_export)
			return true;
	}
	return !recipe->n_caches; /* nothing is known of it */
}

static void make_keys(const struct cs_build *build, struct cs_brief *b)
{
	struct cs_ledger_build row;

	cs_ledger_keys(build, &row);
	b->input = row.input;
	b->config = row.config;
	b->diff_ids = row.diff_ids;
}

static bool counts(const struct cs_step *s)
{
	return s->class != CS_STEP_INTERNAL &&
	       (s->state == CS_STATE_HIT || s->state == CS_STATE_RUN ||
		s->state == CS_STATE_FAILED);
}

static void add_class(struct cs_brief_class sums[CS_STEP_META + 1], const struct cs_step *s,
		      int64_t price)
{
	struct cs_brief_class *c = &sums[s->class];

	c->class = (uint8_t)s->class;
	if (s->state == CS_STATE_HIT) {
		c->hits++;
		c->priced_hits += price >= 0;
		c->saved_ns = cs_ns_add(c->saved_ns, price >= 0 ? price : 0);
		return;
	}
	c->runs++;
	if (s->duration_ns > 0)
		c->run_ns = cs_ns_add(c->run_ns, s->duration_ns);
}

static int make_steps(const struct cs_build *build, const struct cs_prices *prices,
		      const struct cs_brief_numbers *numbers, struct cs_arena *arena,
		      struct cs_brief *b, struct cs_err *err)
{
	struct cs_brief_step *v = cs_arena_array(arena, build->n_steps, sizeof(*v));
	uint64_t *work = cs_arena_array(arena, build->n_steps, sizeof(*work));
	struct cs_brief_class *sums = cs_arena_array(arena, CS_STEP_META + 1, sizeof(*sums));
	int r;

	if (!v || !work || !sums)
		return cs_err_nomem(err);
	r = cs_work_numbers(build, work, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < build->n_steps; i++) {
		const struct cs_step *s = &build->steps[i];
		bool hit = s->state == CS_STATE_HIT;
		int64_t ns;

		if (!counts(s))
			continue;
		ns = hit ? cs_prices_of(prices, build, s) : s->duration_ns;
		if (!cs_step_cacheable(s->class)) {
			add_class(sums, s, ns);
			continue;
		}
		v[b->n_steps++] = (struct cs_brief_step){
			.def = numbers->defs[i],
			.index = (uint32_t)i,
			.class = (uint8_t)s->class,
			.state = (uint8_t)s->state,
			.ns = ns < 0 ? -1 : ns,
			.work = s->state == CS_STATE_RUN ? work[i] : 0,
		};
	}
	for (size_t i = 0; i <= CS_STEP_META; i++) {
		if (sums[i].runs || sums[i].hits)
			sums[b->n_classes++] = sums[i];
	}
	b->steps = v;
	b->classes = sums;
	return 0;
}

static uint64_t blob_number(const struct cs_digest *d)
{
	uint64_t v = 0;

	for (size_t i = 0; cs_digest_known(d) && i < 8; i++)
		v = v << 8 | d->bytes[i];
	return v;
}

static int make_layers(const struct cs_build *build, struct cs_arena *arena, struct cs_brief *b,
		       struct cs_err *err)
{
	struct cs_brief_layer *v = cs_arena_array(arena, build->n_layers, sizeof(*v));

	if (!v)
		return cs_err_nomem(err);
	b->layers_known = build->n_layers > 0;
	for (size_t i = 0; i < build->n_layers; i++) {
		const struct cs_layer *l = &build->layers[i];

		v[i].blob = blob_number(&l->blob_digest);
		v[i].blob_bytes = l->blob_bytes < 0 ? -1 : l->blob_bytes;
		b->layers_known &= v[i].blob && v[i].blob_bytes >= 0;
		b->misses += l->state == CS_LAYER_RUN;
		b->stored_misses += l->state == CS_LAYER_RUN && l->blob_present_before;
	}
	b->layers = v;
	b->n_layers = build->n_layers;
	return 0;
}

int cs_brief_make(const struct cs_build *build, const struct cs_figures *figures,
		  const struct cs_prices *prices, const struct cs_brief_numbers *numbers,
		  struct cs_arena *arena, struct cs_brief *ret, struct cs_err *err)
{
	const struct cs_facts *f = &build->facts;
	struct cs_brief b = {
		.id = parse_id(build->id),
		.project = numbers->project,
		.scope = numbers->scope,
		.target = numbers->target,
		.platform = numbers->platform,
		.job = numbers->job,
		.workflow = numbers->workflow,
		.ref = numbers->ref,
		.run = numbers->run,
		.time_unix_ns = cs_build_time(build),
		.started = f->started_unix_ns != CS_TIME_NONE,
		.writes = writes_cache(&build->recipe),
		.event = f->event,
		.status = build->status,
		.source_kind = build->source_kind,
		.tests_passed = f->tests_passed,
		.pushed = f->pushed,
		.attempt = f->attempt < 0 ? -1 : f->attempt,
		.figures = *figures,
		.commit = f->commit,
		.labels = numbers->labels,
		.n_labels = f->n_labels,
	};
	int r;

	make_keys(build, &b);
	r = make_steps(build, prices, numbers, arena, &b, err);
	if (r == 0)
		r = make_layers(build, arena, &b, err);
	if (r == 0)
		*ret = b;
	return r;
}

/* --- and back --- */

void cs_brief_build_release(struct cs_brief_build *b)
{
	free(b->labels);
	b->labels = NULL;
	b->cap_labels = 0;
}

static int fill_labels(const struct cs_brief *brief, struct cs_brief_dict *dict,
		       struct cs_brief_build *ret, struct cs_err *err)
{
	int r = 0;

	if (brief->n_labels > ret->cap_labels) {
		struct cs_kv *grown = calloc(brief->n_labels, sizeof(*grown));

		if (!grown)
			return cs_err_nomem(err);
		free(ret->labels);
		ret->labels = grown;
		ret->cap_labels = brief->n_labels;
	}
	for (size_t i = 0; r == 0 && i < brief->n_labels; i++) {
		const char *key = NULL, *value = NULL;

		r = dict->text(dict, brief->labels[2 * i], &key, err);
		if (r == 0)
			r = dict->text(dict, brief->labels[2 * i + 1], &value, err);
		ret->labels[i] = (struct cs_kv){ key, value };
	}
	ret->build.facts.labels = ret->labels;
	ret->build.facts.n_labels = brief->n_labels;
	return r;
}

static int fill_texts(const struct cs_brief *brief, struct cs_brief_dict *dict,
		      struct cs_brief_build *ret, struct cs_err *err)
{
	struct cs_facts *f = &ret->build.facts;
	const char *platform = NULL;
	const struct {
		int64_t number;
		const char **ret;
	} texts[] = {
		{ brief->scope, &f->scope }, { brief->target, &f->target },
		{ brief->job, &f->job },     { brief->workflow, &f->workflow },
		{ brief->ref, &f->ref },     { brief->platform, &platform },
	};
	int r = dict->project(dict, brief->project, &f->project, err);

	for (size_t i = 0; r == 0 && i < CS_N(texts); i++) {
		if (texts[i].number)
			r = dict->text(dict, texts[i].number, texts[i].ret, err);
	}
	if (r == 0 && platform)
		snprintf(ret->build.platform, sizeof(ret->build.platform), "%s", platform);
	return r;
}

int cs_brief_to_build(const struct cs_brief *brief, struct cs_brief_dict *dict, unsigned want,
		      struct cs_brief_build *ret, struct cs_err *err)
{
	struct cs_build *b = &ret->build;
	int r;

	cs_build_init(b);
	b->id = cs_ledger_id(brief->id, ret->id);
	b->facts.event = brief->event;
	b->facts.attempt = brief->attempt;
	b->facts.tests_passed = brief->tests_passed;
	b->facts.pushed = brief->pushed;
	b->facts.commit = brief->commit;
	*(brief->started ? &b->facts.started_unix_ns : &b->recorded_unix_ns) = brief->time_unix_ns;
	if (brief->started && brief->figures.duration_ns >= 0)
		b->facts.completed_unix_ns = brief->time_unix_ns + brief->figures.duration_ns;
	b->status = brief->status;
	b->source_kind = brief->source_kind;
	b->builder_cached_steps = brief->figures.builder_cached_steps;
	b->builder_total_steps = brief->figures.builder_total_steps;
	r = fill_texts(brief, dict, ret, err);
	if (r == 0 && want & CS_BRIEF_LABELS && brief->n_labels)
		r = fill_labels(brief, dict, ret, err);
	if (r == 0 && want & CS_BRIEF_RUN_ID && brief->run) {
		const struct cs_brief_run *run;

		r = dict->run(dict, brief->run, &run, err);
		if (r == 0)
			b->facts.run_id = run->run_id;
	}
	return r;
}
