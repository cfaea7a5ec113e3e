/* SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

#include "model/instruction.h"

static enum cs_step_state step_state(enum cs_layer_state s)
{
	switch (s) {
	case CS_LAYER_HIT:
		return CS_STATE_HIT;
	case CS_LAYER_RUN:
		return CS_STATE_RUN;
	default:
		return CS_STATE_UNKNOWN;
	}
}

static int fill_step(const struct cs_layer *l, struct cs_arena *arena, struct cs_step *ret,
		     struct cs_err *err)
{
	const char *text = cs_instruction_text(arena, l->created_by);

	if (!text)
		return cs_err_nomem(err);
	ret->name = text;
	ret->instruction = text;
	/* A layer holds files whatever made it: builders without instructions are no other class.
	 */
	ret->class = cs_instruction_class(text) == CS_STEP_EXEC ? CS_STEP_EXEC : CS_STEP_FILE;
	ret->state = step_state(l->state);
	ret->evidence = l->evidence;
	ret->started_unix_ns = CS_TIME_NONE;
	ret->completed_unix_ns = CS_TIME_NONE;
	if (l->state == CS_LAYER_RUN)
		ret->completed_unix_ns = l->created_unix_ns;
	ret->duration_ns = -1;
	ret->layer = (int)l->index;
	return 0;
}

int cs_steps_from_layers(const struct cs_layer *layers, size_t n_layers, struct cs_arena *arena,
			 struct cs_step **ret, size_t *ret_n, struct cs_err *err)
{
	struct cs_step *steps = cs_arena_array(arena, n_layers, sizeof(*steps));
	size_t n = 0;
	int r;

	if (!steps)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n_layers; i++) {
		if (layers[i].state == CS_LAYER_BASE)
			continue;
		r = fill_step(&layers[i], arena, &steps[n], err);
		if (r < 0)
			return r;
		steps[n].index = (uint32_t)n;
		n++;
	}
	*ret = steps;
	*ret_n = n;
	return 0;
}

int cs_build_from_image(const struct cs_image *image, struct cs_arena *arena, struct cs_build *ret,
			struct cs_err *err)
{
	struct cs_build b;
	int r;

	cs_build_init(&b);
	r = cs_steps_from_layers(image->layers, image->n_layers, arena, &b.steps, &b.n_steps, err);
	if (r < 0)
		return r;
	cs_platform_format(&image->platform, b.platform);
	b.invocation_id = image->build_invocation_id;
	b.source_kind = CS_SOURCE_IMAGE;
	b.status = CS_STATUS_COMPLETED; /* there is an image */
	b.source = image->source;
	b.image_ref = image->ref;
	b.manifest_digest = image->manifest_digest;
	b.config_digest = image->config_digest;
	b.image_created_unix_ns = image->created_unix_ns;
	b.base_evidence = image->base_evidence;
	b.base_layers = image->base_layers;
	b.layers = image->layers;
	b.n_layers = image->n_layers;
	*ret = b;
	return 0;
}
