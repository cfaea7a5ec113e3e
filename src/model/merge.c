/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging is the join of a semilattice, field by field: each field is a value with the rank of who
 * told it, ordered by rank and then by content, and the greater one stands. That is associative
 * only if the ranks stay with the values, so facts.from and told_by are part of a build and of its
 * record. Refused: merging whole sources in order of strength, which needs all of them at once.
 *
 * Layers, and what else only the image can say, are one value, greater than anything that is told
 * of an image by those who do not have it.
 */
#include "model/merge.h"

#include "model/merge_facts.h"
#include "model/order.h"

/* --- results --- */

static int by_digest(const void *a, const void *b)
{
	return cs_digest_compare(a, b);
}

static size_t add_results(struct cs_digest *ret, size_t n, const struct cs_build *b)
{
	if (b->n_results)
		memcpy(ret + n, b->results, b->n_results * sizeof(*ret));
	n += b->n_results;
	ret[n++] = b->config_digest;
	ret[n++] = b->manifest_digest;
	return n;
}

static int unite_results(const struct cs_build *a, const struct cs_build *b, struct cs_arena *arena,
			 struct cs_digest **ret, size_t *ret_n, struct cs_err *err)
{
	size_t n = a->n_results + 2 + (b ? b->n_results + 2 : 0), out = 0;
	struct cs_digest *all = cs_arena_array(arena, n, sizeof(*all));

	if (!all)
		return cs_err_nomem(err);
	n = add_results(all, 0, a);
	if (b)
		n = add_results(all, n, b);
	qsort(all, n, sizeof(*all), by_digest);
	for (size_t i = 0; i < n; i++) {
		if (cs_digest_known(&all[i]) &&
		    (out == 0 || cs_digest_compare(&all[out - 1], &all[i]) != 0))
			all[out++] = all[i];
	}
	*ret = all;
	*ret_n = out;
	return 0;
}

int cs_build_results(const struct cs_build *build, struct cs_arena *arena, struct cs_digest **ret,
		     size_t *ret_n, struct cs_err *err)
{
	return unite_results(build, NULL, arena, ret, ret_n, err);
}

/* Whether every digest of a is one of b's. */
static bool results_within(const struct cs_build *a, const struct cs_build *b)
{
	bool sorted = cs_results_sorted(b);

	for (size_t i = 0; i < a->n_results; i++) {
		if (cs_digest_known(&a->results[i]) && !cs_results_have(b, sorted, &a->results[i]))
			return false;
	}
	return (!cs_digest_known(&a->config_digest) ||
		cs_results_have(b, sorted, &a->config_digest)) &&
	       (!cs_digest_known(&a->manifest_digest) ||
		cs_results_have(b, sorted, &a->manifest_digest));
}

/* --- parts --- */

enum cs_source_kind cs_build_told_by(const struct cs_build *build, enum cs_part part)
{
	uint8_t by = build->told_by[part];

	return by ? (enum cs_source_kind)(by - 1) : build->source_kind;
}

/* Parts that are one text, or an array with its length. */
struct part_at {
	enum { TEXT, KVS, BASES, DIGESTS, CACHES } type;
	size_t offset, length;
};

#define AT(field)    offsetof(struct cs_build, field)
#define ARRAY(field) AT(recipe.field), AT(recipe.n_##field)
static const struct part_at parts_at[CS_N_PARTS] = {
	[CS_PART_SOURCE] = { TEXT, AT(source), 0 },
	[CS_PART_IMAGE_REF] = { TEXT, AT(image_ref), 0 },
	[CS_PART_BUILD_ARGS] = { KVS, ARRAY(build_args) },
	[CS_PART_MATERIALS] = { BASES, ARRAY(materials) },
	[CS_PART_BASE_DIFF_IDS] = { DIGESTS, ARRAY(base_diff_ids) },
	[CS_PART_CACHES] = { CACHES, ARRAY(caches) },
	[CS_PART_GHA_SCOPE] = { TEXT, AT(recipe.gha_scope), 0 },
	[CS_PART_NO_CACHE_STAGES] = { TEXT, AT(recipe.no_cache_stages), 0 },
	[CS_PART_DOCKERFILE] = { TEXT, AT(recipe.dockerfile), 0 },
	[CS_PART_DOCKERFILE_TEXT] = { TEXT, AT(recipe.dockerfile_text), 0 },
	[CS_PART_CONTEXT] = { TEXT, AT(recipe.context), 0 },
	[CS_PART_VCS_SOURCE] = { TEXT, AT(recipe.vcs_source), 0 },
	[CS_PART_VCS_REVISION] = { TEXT, AT(recipe.vcs_revision), 0 },
	[CS_PART_ERROR] = { TEXT, AT(recipe.error), 0 },
};

static void **pointer_at(const struct cs_build *b, size_t offset)
{
	return (void **)(uintptr_t)((const char *)b + offset);
}

static size_t *length_at(const struct cs_build *b, size_t offset)
{
	return (size_t *)(uintptr_t)((const char *)b + offset);
}

/* Parts of the image, of which a build with layers has its own. */
static bool is_image_part(enum cs_part part)
{
	return part >= CS_PART_PLATFORM && part <= CS_PART_CREATED;
}

static bool part_known(const struct cs_build *b, enum cs_part part)
{
	const struct part_at *at = &parts_at[part];

	switch (part) {
	case CS_PART_STEPS:
		return b->n_steps > 0;
	case CS_PART_COUNTS:
		return b->builder_cached_steps >= 0 || b->builder_total_steps >= 0 ||
		       b->builder_completed_steps >= 0;
	case CS_PART_STATUS:
		return b->status != CS_STATUS_UNKNOWN;
	case CS_PART_GRAPH:
		return b->graph != 0;
	case CS_PART_PLATFORM:
		return b->platform[0] != 0;
	case CS_PART_MANIFEST:
		return cs_digest_known(&b->manifest_digest);
	case CS_PART_CONFIG:
		return cs_digest_known(&b->config_digest);
	case CS_PART_CREATED:
		return b->image_created_unix_ns != CS_TIME_NONE;
	case CS_PART_WARNINGS:
		return b->recipe.n_warnings >= 0;
	default:
		return at->length ? *length_at(b, at->length) > 0
				  : *pointer_at(b, at->offset) != NULL;
	}
}

static int array_order(const struct cs_build *a, const struct cs_build *b, const struct part_at *at)
{
	const void *x = *pointer_at(a, at->offset), *y = *pointer_at(b, at->offset);
	size_t n = at->length ? *length_at(a, at->length) : 0;
	size_t m = at->length ? *length_at(b, at->length) : 0;

	switch (at->type) {
	case KVS:
		return cs_order_kvs(x, n, y, m);
	case BASES:
		return cs_order_bases(x, n, y, m);
	case DIGESTS:
		return cs_order_digests(x, n, y, m);
	case CACHES:
		return cs_order_caches(x, n, y, m);
	default:
		return cs_order_text(x, y);
	}
}

static int counts_order(const struct cs_build *a, const struct cs_build *b)
{
	int o = cs_order_int(a->builder_total_steps, b->builder_total_steps);

	if (!o)
		o = cs_order_int(a->builder_completed_steps, b->builder_completed_steps);
	return o ? o : cs_order_int(a->builder_cached_steps, b->builder_cached_steps);
}

static int part_order(const struct cs_build *a, const struct cs_build *b, enum cs_part part)
{
	switch (part) {
	case CS_PART_STEPS:
		return cs_order_steps(a->steps, a->n_steps, b->steps, b->n_steps);
	case CS_PART_COUNTS:
		return counts_order(a, b);
	case CS_PART_STATUS:
		return cs_order_int(a->status, b->status);
	case CS_PART_GRAPH:
		return (a->graph > b->graph) - (a->graph < b->graph);
	case CS_PART_PLATFORM:
		return cs_order_text(a->platform, b->platform);
	case CS_PART_MANIFEST:
		return cs_digest_compare(&a->manifest_digest, &b->manifest_digest);
	case CS_PART_CONFIG:
		return cs_digest_compare(&a->config_digest, &b->config_digest);
	case CS_PART_CREATED:
		return cs_order_int(a->image_created_unix_ns, b->image_created_unix_ns);
	case CS_PART_WARNINGS:
		return cs_order_int(a->recipe.n_warnings, b->recipe.n_warnings);
	default:
		return array_order(a, b, &parts_at[part]);
	}
}

static void part_take(struct cs_build *into, const struct cs_build *from, enum cs_part part)
{
	const struct part_at *at = &parts_at[part];

	switch (part) {
	case CS_PART_STEPS:
		into->steps = from->steps;
		into->n_steps = from->n_steps;
		break;
	case CS_PART_COUNTS:
		into->builder_cached_steps = from->builder_cached_steps;
		into->builder_total_steps = from->builder_total_steps;
		into->builder_completed_steps = from->builder_completed_steps;
		break;
	case CS_PART_STATUS:
		into->status = from->status;
		break;
	case CS_PART_GRAPH:
		into->graph = from->graph;
		break;
	case CS_PART_PLATFORM:
		memcpy(into->platform, from->platform, sizeof(into->platform));
		break;
	case CS_PART_MANIFEST:
		into->manifest_digest = from->manifest_digest;
		break;
	case CS_PART_CONFIG:
		into->config_digest = from->config_digest;
		break;
	case CS_PART_CREATED:
		into->image_created_unix_ns = from->image_created_unix_ns;
		break;
	case CS_PART_WARNINGS:
		into->recipe.n_warnings = from->recipe.n_warnings;
		break;
	default:
		*pointer_at(into, at->offset) = *pointer_at(from, at->offset);
		if (at->length)
			*length_at(into, at->length) = *length_at(from, at->length);
	}
	into->told_by[part] = (uint8_t)(1 + cs_build_told_by(from, part));
}

/* A file is told by its own kind: the one with steps is what people look for. */
static int part_strength(const struct cs_build *b, enum cs_part part)
{
	enum cs_source_kind kind = cs_build_told_by(b, part);

	return part == CS_PART_SOURCE ? (int)kind : cs_source_strength(kind);
}

/* Which of the two stands: above 0 a. 0 = the same. */
static int part_compare(const struct cs_build *a, const struct cs_build *b, enum cs_part part)
{
	bool known = part_known(a, part);
	int o = cs_order_int(known, part_known(b, part));

	if (o || !known)
		return o;
	o = cs_order_int(part_strength(a, part), part_strength(b, part));
	return o ? o : part_order(a, b, part);
}

/* --- steps and layers --- */

/* Steps that a builder told, not those that stand for layers. */
static bool has_own_steps(const struct cs_build *b)
{
	return b->n_steps > 0 && cs_build_told_by(b, CS_PART_STEPS) != CS_SOURCE_IMAGE;
}

/* Steps of another source than the layers cannot be linked to them. */
static int unlink_steps(struct cs_build *b, struct cs_arena *arena, struct cs_err *err)
{
	struct cs_step *steps;
	bool linked = false;

	for (size_t i = 0; i < b->n_steps; i++)
		linked |= b->steps[i].layer >= 0;
	if (!linked)
		return 0;
	steps = cs_arena_array(arena, b->n_steps, sizeof(*steps));
	if (!steps)
		return cs_err_nomem(err);
	memcpy(steps, b->steps, b->n_steps * sizeof(*steps));
	for (size_t i = 0; i < b->n_steps; i++)
		steps[i].layer = -1;
	b->steps = steps;
	return 0;
}

static bool has_manifests(const struct cs_build *b)
{
	for (size_t i = 0; i < b->n_layers; i++) {
		if (b->layers[i].manifest)
			return true;
	}
	return false;
}

/* Whether the image of from stands. Of equal ones that which brings entry lists. */
static bool takes_image(const struct cs_build *into, const struct cs_build *from)
{
	int o;

	if (!from->n_layers || !into->n_layers)
		return from->n_layers > 0;
	o = cs_order_images(from, into);
	if (o == 0 && !has_own_steps(from) && !has_own_steps(into))
		o = part_order(from, into, CS_PART_STEPS);
	return o > 0 || (o == 0 && has_manifests(from) && !has_manifests(into));
}

static void take_image(struct cs_build *into, const struct cs_build *from)
{
	for (int part = CS_PART_PLATFORM; part <= CS_PART_CREATED; part++)
		part_take(into, from, (enum cs_part)part);
	into->layers = from->layers;
	into->n_layers = from->n_layers;
	into->base_layers = from->base_layers;
	into->base_evidence = from->base_evidence;
}

static int merge_image(struct cs_build *into, const struct cs_build *from, struct cs_arena *arena,
		       struct cs_err *err)
{
	bool image = takes_image(into, from), own = has_own_steps(into);
	bool steps = has_own_steps(from) && (!own || part_compare(from, into, CS_PART_STEPS) > 0);

	/* Without a builder's word the layers decide, too, that there are no steps. */
	if (!own && !has_own_steps(from)) {
		steps = image;
		if (!into->n_layers && !from->n_layers)
			steps = part_compare(from, into, CS_PART_STEPS) > 0;
	}
	if (steps)
		part_take(into, from, CS_PART_STEPS);
	if (image)
		take_image(into, from);
	if (image != steps && into->n_layers)
		return unlink_steps(into, arena, err);
	return 0;
}

static void merge_parts(struct cs_build *into, const struct cs_build *from)
{
	bool layers = into->n_layers || from->n_layers;

	for (int i = CS_PART_STEPS + 1; i < CS_N_PARTS; i++) {
		enum cs_part part = (enum cs_part)i;

		if ((!layers || !is_image_part(part)) && part_compare(from, into, part) > 0)
			part_take(into, from, part);
	}
	if (!layers && cs_order_base(from, into) > 0) {
		into->base_layers = from->base_layers;
		into->base_evidence = from->base_evidence;
	}
	into->recipe.no_cache |= from->recipe.no_cache;
	into->recipe.epoch_set |= from->recipe.epoch_set;
}

/* The shortest way to say who told what: nothing of unknown parts, and 0 for the strongest. */
static void settle(struct cs_build *b)
{
	for (int i = 0; i < CS_N_PARTS; i++) {
		enum cs_part part = (enum cs_part)i;

		if (!part_known(b, part) || (is_image_part(part) && b->n_layers) ||
		    b->told_by[part] == 1 + b->source_kind)
			b->told_by[part] = 0;
	}
}

int cs_build_merge(struct cs_build *into, const struct cs_build *from, struct cs_arena *arena,
		   struct cs_err *err)
{
	struct cs_build b = *into;
	int r = unite_results(into, from, arena, &b.results, &b.n_results, err);

	if (r == 0)
		r = cs_facts_merge(&b.facts, &from->facts, arena, err);
	if (r < 0)
		return r;
	for (int i = 0; i < CS_N_PARTS; i++)
		b.told_by[i] = (uint8_t)(1 + cs_build_told_by(&b, (enum cs_part)i));
	merge_parts(&b, from);
	r = merge_image(&b, from, arena, err);
	if (r < 0)
		return r;
	if (from->source_kind > b.source_kind)
		b.source_kind = from->source_kind;
	if (cs_order_text(from->builder_ref, b.builder_ref) > 0)
		b.builder_ref = from->builder_ref;
	if (cs_order_text(from->invocation_id, b.invocation_id) > 0)
		b.invocation_id = from->invocation_id;
	if (from->recorded_unix_ns != CS_TIME_NONE &&
	    (b.recorded_unix_ns == CS_TIME_NONE || from->recorded_unix_ns < b.recorded_unix_ns))
		b.recorded_unix_ns = from->recorded_unix_ns;
	settle(&b);
	*into = b;
	return 0;
}

/* --- the same --- */

static bool same_image(const struct cs_build *a, const struct cs_build *b)
{
	if (a->n_layers != b->n_layers || cs_order_base(a, b) != 0)
		return false;
	if (!a->n_layers)
		return true;
	for (int part = CS_PART_PLATFORM; part <= CS_PART_CREATED; part++) {
		if (part_order(a, b, (enum cs_part)part) != 0)
			return false;
	}
	for (size_t i = 0; i < a->n_layers; i++) {
		if (!cs_layer_same(&a->layers[i], &b->layers[i]))
			return false;
	}
	return true;
}

static bool same_parts(const struct cs_build *a, const struct cs_build *b)
{
	for (int i = 0; i < CS_N_PARTS; i++) {
		enum cs_part part = (enum cs_part)i;

		if (part == CS_PART_STEPS && a->n_layers && b->n_layers && !has_own_steps(a) &&
		    !has_own_steps(b))
			continue;
		if (is_image_part(part) && a->n_layers)
			continue;
		if (part_compare(a, b, part) != 0)
			return false;
	}
	return a->recipe.no_cache == b->recipe.no_cache &&
	       a->recipe.epoch_set == b->recipe.epoch_set;
}

bool cs_build_same(const struct cs_build *a, const struct cs_build *b)
{
	return cs_facts_same(&a->facts, &b->facts) && same_image(a, b) && same_parts(a, b) &&
	       a->source_kind == b->source_kind && a->recorded_unix_ns == b->recorded_unix_ns &&
	       cs_order_text(a->builder_ref, b->builder_ref) == 0 &&
	       cs_order_text(a->invocation_id, b->invocation_id) == 0 && results_within(a, b) &&
	       results_within(b, a);
}
