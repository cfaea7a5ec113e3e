/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step is its project, platform, stage and instruction, the build arguments that its instruction
 * names, and its parents, which are steps again: one number stands for all that. Arguments that it
 * does not name are left out, or a test and a production build, which differ in one of them, would
 * have nothing in common.
 *
 * Where a log says nothing of parents, a step's parent is the one before it in its stage.
 */
#include "metrics/work.h"

#include <string.h>

#include "metrics/mix.h"
#include "util/cleanup.h"

#define LOOK_BACK 64

struct walk {
	const struct cs_build *build;
	uint64_t start; /* project and platform */
	bool has_inputs;
	uint64_t *hashes;
	uint32_t *stack, *next; /* next: which input comes next, by step */
	uint8_t *state;		/* 0 new, 1 on the stack, 2 done */
};

static const char *step_text(const struct cs_step *s)
{
	return s->instruction ? s->instruction : s->name;
}

/* The arguments that the text names, whatever it does with them. */
static uint64_t named_arguments(const struct cs_recipe *r, const char *text)
{
	uint64_t sum = 0;

	for (size_t i = 0; text && i < r->n_build_args; i++) {
		if (r->build_args[i].key && *r->build_args[i].key &&
		    strstr(text, r->build_args[i].key))
			sum += cs_mix_end(
				cs_mix_text(cs_mix_text(CS_MIX_START, r->build_args[i].key),
					    r->build_args[i].value));
	}
	return sum;
}

/* Logs of builds whose stages run side by side mix their steps. */
static uint64_t before_in_stage(const struct walk *w, uint32_t at)
{
	const struct cs_step *steps = w->build->steps;
	const char *stage = steps[at].stage;

	for (uint32_t back = 1; stage && back <= at && back <= LOOK_BACK; back++) {
		if (steps[at - back].stage && strcmp(steps[at - back].stage, stage) == 0)
			return w->hashes[at - back];
	}
	return 0;
}

static void finish_step(struct walk *w, uint32_t at)
{
	const struct cs_step *s = &w->build->steps[at];
	uint64_t h = cs_mix_text(w->start, s->platform ? s->platform : w->build->platform);

	h = cs_mix_text(h, s->stage);
	h = cs_mix_text(h, step_text(s));
	h = cs_mix_u64(h, named_arguments(&w->build->recipe, step_text(s)));
	if (w->has_inputs) {
		for (size_t i = 0; i < s->n_inputs; i++)
			h = cs_mix_u64(h, s->inputs[i] < w->build->n_steps ? w->hashes[s->inputs[i]]
									   : 1);
	} else {
		h = cs_mix_u64(h, before_in_stage(w, at));
	}
	w->hashes[at] = cs_mix_end(h);
	w->state[at] = 2;
}

/* Depth first with a stack of its own; an edge that closes a circle counts as 0. */
static void hash_steps(struct walk *w)
{
	for (uint32_t root = 0; root < w->build->n_steps; root++) {
		size_t depth = 0;

		if (w->state[root])
			continue;
		w->stack[depth++] = root;
		w->state[root] = 1;
		while (depth) {
			uint32_t at = w->stack[depth - 1];
			const struct cs_step *s = &w->build->steps[at];

			if (!w->has_inputs || w->next[at] >= s->n_inputs) {
				finish_step(w, at);
				depth--;
				continue;
			}
			at = s->inputs[w->next[at]++];
			if (at < w->build->n_steps && !w->state[at]) {
				w->state[at] = 1;
				w->stack[depth++] = at;
			}
		}
	}
}

int cs_work_numbers(const struct cs_build *build, uint64_t *ret, struct cs_err *err)
{
	size_t n = build->n_steps;
	void *memory CS_AUTO(cs_free_p) = NULL;
	struct walk w = { .build = build, .hashes = ret };

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		w.has_inputs = w.has_inputs || build->steps[i].n_inputs;
	if (n >= UINT32_MAX)
		return cs_err_nomem(err);
	memory = calloc(n, 2 * sizeof(uint32_t) + 1);
	if (!memory)
		return cs_err_nomem(err);
	memset(ret, 0, n * sizeof(*ret));
	w.stack = memory;
	w.next = w.stack + n;
	w.state = (uint8_t *)(w.next + n);
	w.start = cs_mix_text(CS_MIX_START, build->facts.project ? build->facts.project : "");
	hash_steps(&w);
	return 0;
}
