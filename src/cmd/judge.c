/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One judge for both ways in: analyze has the image before it, record has layers that came with
 * another document of the same build. The latter are judged as an image of which only the layers'
 * own history entries are known, so the verdict does not depend on what came first.
 */
#include "cmd/judge.h"

#include <string.h>

#include "metrics/observed.h"
#include "metrics/verdict.h"

static int find_priors(struct cs_store *store, const struct cs_image *image,
		       const struct cs_build *build, struct cs_arena *arena, struct cs_prior **ret,
		       struct cs_err *err)
{
	const char *project = build->facts.project ? build->facts.project : "";
	struct cs_prior *priors = cs_arena_array(arena, image->n_layers, sizeof(*priors));
	struct cs_layer_seen *seen = cs_arena_array(arena, image->n_layers, sizeof(*seen));
	int r;

	if (!priors || !seen)
		return cs_err_nomem(err);
	r = cs_store_layers_seen(store, project, build->facts.scope, build->id, image->layers,
				 image->n_layers, arena, seen, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < image->n_layers; i++) {
		const struct cs_seen *first = &seen[i].first;

		priors[i].present = seen[i].present;
		priors[i].blob_present = seen[i].blob_present;
		if (!seen[i].seen)
			continue;
		priors[i].seen = true;
		priors[i].scope = first->scope;
		priors[i].build_id = first->build_id;
		priors[i].created_unix_ns = first->created_unix_ns;
		priors[i].other_build =
			!cs_digest_equal(&first->config_digest, &build->config_digest) ||
			(first->started_unix_ns != CS_TIME_NONE &&
			 first->started_unix_ns != build->facts.started_unix_ns);
	}
	*ret = priors;
	return 0;
}

int cs_judge_image(struct cs_store *store, struct cs_image *image, const struct cs_build *build,
		   bool same_clock, struct cs_arena *arena, struct cs_err *err)
{
	struct cs_verdict_options options = {
		.started_unix_ns = build->facts.started_unix_ns,
		.completed_unix_ns = build->facts.completed_unix_ns,
		.same_clock = same_clock,
	};
	struct cs_prior *priors = NULL;
	int r = find_priors(store, image, build, arena, &priors, err);

	if (r < 0)
		return r;
	options.priors = priors;
	return cs_verdict_image(image, &options, err);
}

/* The layers as an image of their own, in arena. */
static int as_image(const struct cs_build *build, struct cs_arena *arena, struct cs_image *ret,
		    struct cs_err *err)
{
	size_t n = build->n_layers;
	struct cs_layer *layers = cs_arena_array(arena, n, sizeof(*layers));
	struct cs_history *history = cs_arena_array(arena, n, sizeof(*history));

	if (!layers || !history)
		return cs_err_nomem(err);
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n; i++) {
		layers[i] = build->layers[i];
		layers[i].index = (uint32_t)i;
		if (!layers[i].has_history)
			continue;
		history[ret->n_history++] = (struct cs_history){ layers[i].created_unix_ns,
								 layers[i].created_by,
								 layers[i].comment,
								 layers[i].author,
								 false,
								 (int)i };
	}
	ret->arena = arena;
	ret->layers = layers;
	ret->n_layers = n;
	ret->history = history;
	ret->base_layers = build->base_layers;
	ret->base_evidence = build->base_evidence;
	ret->epoch_set = build->recipe.epoch_set;
	ret->created_unix_ns = build->image_created_unix_ns;
	ret->exported_unix_ns = CS_TIME_NONE;
	ret->build_started_unix_ns = CS_TIME_NONE;
	ret->build_finished_unix_ns = CS_TIME_NONE;
	return 0;
}

/* The builder's own documents have its clock; a log printed elsewhere, a CI and a user have not. */
static bool same_clock(const struct cs_facts *f)
{
	switch (f->from[CS_FACT_STARTED]) {
	case CS_FROM_INPUT + CS_SOURCE_IMAGE:
	case CS_FROM_INPUT + CS_SOURCE_RAWJSON:
	case CS_FROM_INPUT + CS_SOURCE_RECORD:
		return true;
	default:
		return false;
	}
}

int cs_judge_build(struct cs_store *store, struct cs_build *build, const char *before_id,
		   struct cs_arena *arena, struct cs_err *err)
{
	struct cs_step *steps = cs_arena_array(arena, build->n_steps, sizeof(*steps));
	struct cs_build as = *build;
	struct cs_image image;
	int r;

	if (!steps)
		return cs_err_nomem(err);
	if (build->n_steps)
		memcpy(steps, build->steps, build->n_steps * sizeof(*steps));
	as.id = before_id;
	r = as_image(build, arena, &image, err);
	if (r == 0 && build->n_layers)
		r = cs_judge_image(store, &image, &as, same_clock(&build->facts), arena, err);
	if (r < 0)
		return r;
	build->layers = image.layers;
	build->steps = steps;
	if (cs_steps_observed(build)) {
		r = cs_observed_match(build, arena, err);
		return r < 0 ? r : cs_observed_apply(build, arena, err);
	}
	if (build->source_kind != CS_SOURCE_IMAGE)
		return 0;
	/* Steps that were told from layers are told anew. */
	r = cs_build_from_image(&image, arena, &as, err);
	build->steps = as.steps;
	build->n_steps = as.n_steps;
	return r;
}
