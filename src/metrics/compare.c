/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collecting the two sides. A row is computed later by one pass over the builds: keeping a sum for
 * each row and run was refused, it takes ten times the memory of the builds themselves.
 */
#include "metrics/compare.h"

#include <math.h>
#include <string.h>

#include "metrics/compare_impl.h"
#include "metrics/mix.h"

int cs_compare_new(const struct cs_compare_options *options, struct cs_compare **ret,
		   struct cs_err *err)
{
	struct cs_compare *c = calloc(1, sizeof(*c));

	if (c)
		c->arena = cs_arena_new();
	if (!c || !c->arena) {
		free(c);
		return cs_err_nomem(err);
	}
	if (cs_bootstrap_chance_new(options->seed, options->resamples, &c->chance, err) < 0) {
		cs_compare_free(c);
		return -CS_NOMEM;
	}
	c->options = *options;
	*ret = c;
	return 0;
}

static void free_names(struct cs_compare_names *names)
{
	cs_texts_release(&names->texts);
	cs_map_release(&names->numbers[0]);
	cs_map_release(&names->numbers[1]);
	free(names->builds);
}

static void free_order(struct cs_order *order)
{
	free(order->v);
	free(order->first);
}

static void free_side(struct cs_history_side *s)
{
	cs_run_names_release(&s->names);
	cs_set_release(&s->scope_blobs);
	cs_set_release(&s->blobs);
	free_order(&s->by_scope);
	free_order(&s->by_target);
	free_order(&s->by_event);
	free(s->by_run);
	free(s->run_of);
	free(s->scope_bytes);
	free(s->amounts);
	free(s->flags);
	free(s->named);
	free(s->runs);
	free(s->items);
}

void cs_compare_free(struct cs_compare *c)
{
	if (!c)
		return;
	free_side(&c->side[CS_BEFORE]);
	free_side(&c->side[CS_AFTER]);
	free_names(&c->scopes);
	free_names(&c->targets);
	free_names(&c->jobs);
	free(c->rows);
	cs_bootstrap_chance_free(c->chance);
	cs_arena_free(c->arena);
	free(c);
}

/* The index of a text, which is new the first time. */
static int name_index(struct cs_compare_names *names, enum cs_side side, struct cs_brief_dict *dict,
		      int64_t number, uint32_t *ret, struct cs_err *err)
{
	uint32_t *known = cs_map_at(&names->numbers[side], (uint64_t)number), before;
	const char *text = NULL;
	int r = 0;

	if (!known)
		return cs_err_nomem(err);
	if (*known == CS_NOTHING) {
		before = names->texts.n;
		if (number)
			r = dict->text(dict, number, &text, err);
		if (r == 0)
			r = cs_texts_put(&names->texts, text ? text : "", known, err);
		if (r < 0)
			return r;
		if (!cs_table_grow((void **)&names->builds, before, &names->cap,
				   sizeof(*names->builds)))
			return cs_err_nomem(err);
		if (*known == before)
			names->builds[before] = 0;
	}
	names->builds[*known]++;
	*ret = *known;
	return 0;
}

/* --- runs --- */

/* Its index is n_runs - 1. */
static struct cs_cluster *new_run(struct cs_history_side *s, enum cs_event event)
{
	if (!cs_table_grow((void **)&s->runs, s->n_runs, &s->cap_runs, sizeof(*s->runs)))
		return NULL;
	s->runs[s->n_runs] = (struct cs_cluster){ .event = (uint8_t)event };
	return &s->runs[s->n_runs++];
}

/* The run at that place of the names, made if it is new. */
static struct cs_cluster *named_run(struct cs_history_side *s, uint32_t place, enum cs_event event)
{
	struct cs_cluster *run;

	if (!cs_table_grow((void **)&s->named, place, &s->cap_named, sizeof(*s->named)))
		return NULL;
	if (place < s->n_named)
		return &s->runs[s->named[place]];
	run = new_run(s, event);
	if (run) {
		s->named[place] = s->n_runs - 1;
		s->n_named = place + 1;
	}
	return run;
}

static uint64_t mix_pair_key(const char *project, const char *workflow, const char *commit,
			     unsigned event)
{
	uint64_t h = cs_mix_text(CS_MIX_START, project ? project : "");

	h = cs_mix_text(h, workflow ? workflow : "");
	return cs_mix_end(cs_mix_u64(cs_mix_text(h, commit), event));
}

static uint64_t mix_label(const char *value)
{
	return cs_mix_end(cs_mix_text(CS_MIX_START, value));
}

/* Two runs with the same key handled the same event. */
static uint64_t pair_key_of_run(const struct cs_compare *c, const struct cs_run *run,
				unsigned event)
{
	if (c->options.pair != CS_PAIR_LABEL)
		return run->commit && *run->commit
			       ? mix_pair_key(run->project, run->workflow, run->commit, event)
			       : 0;
	for (size_t i = 0; i < run->n_labels; i++) {
		if (strcmp(run->labels[i].key, c->options.pair_label) == 0)
			return mix_label(run->labels[i].value);
	}
	return 0;
}

static int label_of_build(const struct cs_compare *c, struct cs_brief_dict *dict,
			  const struct cs_brief *b, uint64_t *ret, struct cs_err *err)
{
	for (size_t i = 0; i < b->n_labels; i++) {
		const char *key, *value;
		int r = dict->text(dict, b->labels[2 * i], &key, err);

		if (r == 0)
			r = dict->text(dict, b->labels[2 * i + 1], &value, err);
		if (r < 0)
			return r;
		if (strcmp(key, c->options.pair_label) == 0) {
			*ret = mix_label(value);
			return 0;
		}
	}
	return 0;
}

static int pair_key_of_build(const struct cs_compare *c, struct cs_brief_dict *dict,
			     const struct cs_brief *b, unsigned event, uint64_t *ret,
			     struct cs_err *err)
{
	const char *project, *workflow = NULL;
	int r;

	if (c->options.pair == CS_PAIR_LABEL)
		return label_of_build(c, dict, b, ret, err);
	if (!b->commit || !*b->commit)
		return 0;
	r = dict->project(dict, b->project, &project, err);
	if (r == 0 && b->workflow)
		r = dict->text(dict, b->workflow, &workflow, err);
	if (r == 0)
		*ret = mix_pair_key(project, workflow, b->commit, event);
	return r;
}

int cs_compare_add_run(struct cs_compare *c, enum cs_side side, const struct cs_run *run,
		       struct cs_err *err)
{
	struct cs_history_side *s = &c->side[side];
	struct cs_cluster *cluster;
	uint32_t place;
	int r = cs_run_names_put(&s->names, run->project, run->run_id, run->attempt, run->number,
				 &place, err);

	if (r < 0)
		return r;
	cluster = named_run(s, place, run->event);
	if (!cluster)
		return cs_err_nomem(err);
	if (!cluster->pair_key && c->options.pair != CS_PAIR_NONE)
		cluster->pair_key = pair_key_of_run(c, run, cluster->event);
	return 0;
}

/* A build without a run is a cluster of its own. */
static int run_of(struct cs_compare *c, struct cs_history_side *s, struct cs_brief_dict *dict,
		  const struct cs_brief *b, uint32_t *ret, struct cs_err *err)
{
	struct cs_cluster *run;
	uint32_t place;
	int r = 0;

	if (b->run) {
		r = cs_run_names_of(&s->names, dict, b, &place, err);
		if (r < 0)
			return r;
		run = named_run(s, place, b->event);
	} else {
		run = new_run(s, b->event);
		if (run)
			run->lone = true;
	}
	if (!run)
		return cs_err_nomem(err);
	if (!run->pair_key && c->options.pair != CS_PAIR_NONE)
		r = pair_key_of_build(c, dict, b, run->event, &run->pair_key, err);
	if (run->event == CS_EVENT_NONE)
		run->event = (uint8_t)b->event;
	run->first |= b->figures.first_of_scope;
	*ret = (uint32_t)(run - s->runs);
	return r;
}

/* --- builds --- */

#define BLOBS 16 /* looked up side by side, for each is a wait for memory */

static uint64_t scope_blob(uint64_t blob, uint32_t scope)
{
	return cs_mix_end(blob ^ (scope + 1) * UINT64_C(0x9e3779b97f4a7c15));
}

/* M15: a blob is stored once in a scope, and once in all. */
static int add_blobs(struct cs_history_side *s, uint32_t scope, const struct cs_brief *b)
{
	uint64_t keys[BLOBS];
	int r = 0;

	for (size_t i = 0; i < b->n_layers && i < BLOBS; i++) {
		keys[i] = scope_blob(b->layers[i].blob, scope);
		cs_set_prefetch(&s->scope_blobs, keys[i]);
	}
	for (size_t i = 0; r >= 0 && i < b->n_layers; i++) {
		const struct cs_brief_layer *l = &b->layers[i];

		if (!l->blob || l->blob_bytes < 0)
			continue;
		r = cs_set_add(&s->scope_blobs, i < BLOBS ? keys[i] : scope_blob(l->blob, scope));
		if (r <= 0)
			continue;
		s->scope_bytes[scope] = cs_ns_add(s->scope_bytes[scope], l->blob_bytes);
		r = cs_set_add(&s->blobs, cs_mix_end(l->blob));
		if (r > 0)
			s->bytes = cs_ns_add(s->bytes, l->blob_bytes);
	}
	return r < 0 ? -1 : 0;
}

static bool reserve_scope(struct cs_history_side *s, uint32_t scope)
{
	size_t before = s->cap_bytes;

	while (scope >= s->cap_bytes) {
		if (!cs_table_grow((void **)&s->scope_bytes, s->cap_bytes, &s->cap_bytes,
				   sizeof(*s->scope_bytes)))
			return false;
	}
	if (before < s->cap_bytes)
		memset(s->scope_bytes + before, 0,
		       (s->cap_bytes - before) * sizeof(*s->scope_bytes));
	return true;
}

static int32_t count_of(int64_t n)
{
	return n < 0 ? -1 : n > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)n;
}

static struct cs_item item_of(const struct cs_brief *b, const struct cs_compare_marks *marks)
{
	const struct cs_figures *f = &b->figures;
	const struct cs_savings *s = &f->savings;

	return (struct cs_item){
		.cold = f->cold,
		.completed = f->completed,
		.failed = b->status == CS_STATUS_FAILED || b->status == CS_STATUS_CANCELED,
		.rated = f->rated,
		.test = marks->test,
		.production = marks->production,
		.has_layers = b->layers_known,
		.started_unix_ns = b->started ? b->time_unix_ns : CS_TIME_NONE,
		.duration_ns = f->duration_ns,
		.hits = count_of(f->step_hits),
		.runs = count_of(f->step_runs),
		.own_bytes = f->own_tar_bytes,
		.hit_bytes = f->hit_tar_bytes,
		.gross_ns = cs_savings_priced(s) ? s->gross_ns : -1,
		.run_ns = s->known ? s->run_ns : -1,
		.cached = count_of(f->builder_cached_steps),
		.total = count_of(f->builder_total_steps),
		/* what is known not to be pushed moves nothing */
		.pushed_bytes = b->pushed == CS_TRI_NO ? 0 : f->new_blob_bytes,
		.pulled_bytes = f->pulled_blob_bytes,
		.wall_known = s->wall_known && s->overhead_known,
		.saved_ns = cs_ns_add(s->wall_ns, -s->overhead_ns),
	};
}

unsigned cs_compare_wants(const struct cs_compare *c)
{
	unsigned wants = CS_BRIEF_LAYERS;

	if (c->options.pair == CS_PAIR_LABEL)
		wants |= CS_BRIEF_LABELS;
	else if (c->options.pair != CS_PAIR_NONE)
		wants |= CS_BRIEF_COMMIT;
	return wants;
}

int cs_compare_add_build(struct cs_compare *c, enum cs_side side, struct cs_brief_dict *dict,
			 const struct cs_brief *brief, const struct cs_compare_marks *marks,
			 struct cs_err *err)
{
	struct cs_history_side *s = &c->side[side];
	struct cs_item item = item_of(brief, marks);
	int r;

	if (!cs_table_grow((void **)&s->items, s->n_items, &s->cap_items, sizeof(*s->items)))
		return cs_err_nomem(err);
	r = run_of(c, s, dict, brief, &item.run, err);
	if (r == 0)
		r = name_index(&c->scopes, side, dict, brief->scope, &item.scope, err);
	if (r == 0)
		r = name_index(&c->targets, side, dict, brief->target, &item.target, err);
	if (r == 0)
		r = name_index(&c->jobs, side, dict, brief->job, &item.job, err);
	if (r < 0)
		return r;
	if (!reserve_scope(s, item.scope) || add_blobs(s, item.scope, brief) < 0)
		return cs_err_nomem(err);
	s->items[s->n_items++] = item;
	return 0;
}

int cs_compare_count(struct cs_compare *compare, enum cs_side side, enum cs_compare_figure what,
		     const char *project, const char *run_id, int64_t attempt, int64_t n,
		     struct cs_err *err CS_UNUSED)
{
	bool unexpected = what == CS_CF_UNEXPECTED_BUILDS;
	struct cs_history_side *s = &compare->side[side];
	uint32_t place = CS_NOTHING;

	s->counted[unexpected] = true;
	if (run_id)
		place = cs_run_names_find(&s->names, project, run_id, attempt);
	if (place == CS_NOTHING)
		s->elsewhere[unexpected] += n;
	else if (unexpected)
		s->runs[s->named[place]].unexpected += n;
	else
		s->runs[s->named[place]].duplicates += n;
	return 0;
}

void cs_compare_method(const struct cs_compare *c, struct cs_compare_method *ret)
{
	*ret = (struct cs_compare_method){
		.paired = c->paired,
		.pair_key = c->paired ? c->pair_key : NULL,
		.seed = c->options.seed,
		.resamples = c->options.resamples,
		.scopes_left_out = c->left_out[0],
		.targets_left_out = c->left_out[1],
	};
	for (int side = 0; side < 2; side++) {
		ret->runs[side] = c->side[side].n_runs;
		ret->builds[side] = (int64_t)c->side[side].n_items;
	}
}
