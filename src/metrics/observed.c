/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layer and step share no key: a history entry names no vertex, a record no diff-id. What both have
 * is the instruction, and the order. The search goes from the last layer down, because the last one
 * is surely of the stage that was built, while what stands below may come from any stage named in a
 * FROM. Refused: matching by times; a cached step's layer has the time of another build.
 */
#include "metrics/observed.h"

#include <ctype.h>
#include <string.h>

#include "model/instruction.h"
#include "util/buf.h"

bool cs_steps_observed(const struct cs_build *build)
{
	return build->source_kind > CS_SOURCE_IMAGE && build->n_steps > 0;
}

/* --- the same instruction in a history and in a builder's words --- */

/* Behind "COPY --link --from=x ": flags stand in the step's name, but not in the history. */
static const char *behind_flags(const char *text, size_t *ret_word)
{
	size_t word = strcspn(text, " ");
	const char *p = text + word;

	*ret_word = word;
	while (strncmp(p, " --", 3) == 0)
		p += 1 + strcspn(p + 1, " ");
	return p;
}

static bool same_text(const char *step, const char *layer)
{
	size_t a, b;
	const char *x = behind_flags(step, &a), *y = behind_flags(layer, &b);

	return a == b && memcmp(step, layer, a) == 0 && strcmp(x, y) == 0;
}

/* Puts value where text says $name or ${name}. */
static int fill_in(struct cs_buf *out, const char *text, const char *name, size_t name_len,
		   const char *value, size_t value_len)
{
	for (const char *p = text; *p;) {
		bool brace = p[0] == '$' && p[1] == '{';
		const char *at = p + 1 + brace;

		if (*p == '$' && strncmp(at, name, name_len) == 0 &&
		    (brace ? at[name_len] == '}'
			   : !isalnum((unsigned char)at[name_len]) && at[name_len] != '_')) {
			if (cs_buf_add(out, value, value_len) < 0)
				return -1;
			p = at + name_len + brace;
		} else if (cs_buf_putc(out, *p++) < 0) {
			return -1;
		}
	}
	return 0;
}

/*
 * The instruction with the arguments that the history carries ("RUN |1 V=1 /bin/sh -c echo $V")
 * filled in, as a vertex is called. Values hold blanks without quotes, so an argument ends where
 * the next NAME= or the shell begins; what cannot be told apart is left as it is. NULL: no memory.
 */
static const char *with_arguments(struct cs_arena *arena, const char *created_by, const char *text)
{
	const char *p = created_by ? strstr(created_by, "|") : NULL;
	const char *shell = p ? strstr(p, " /bin/sh -c ") : NULL;

	if (!p || !shell || !isdigit((unsigned char)p[1]) || !strchr(text, '$'))
		return text;
	p += strcspn(p, " ");
	while (p < shell) {
		struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
		const char *name = p + 1, *equals = memchr(name, '=', (size_t)(shell - name));
		const char *end;

		if (!equals)
			break;
		end = memchr(equals, ' ', (size_t)(shell - equals));
		if (!end)
			end = shell;
		if (fill_in(&buf, text, name, (size_t)(equals - name), equals + 1,
			    (size_t)(end - equals - 1)) < 0)
			return NULL;
		text = buf.data ? cs_arena_strndup(arena, buf.data, buf.len) : text;
		if (!text)
			return NULL;
		p = end;
	}
	return cs_text_fold(arena, text);
}

/* --- the search --- */

struct wanted {
	const char *text, *filled;
};

static bool made(const struct cs_step *s, const struct wanted *w)
{
	if (!cs_step_cacheable(s->class) || s->layer >= 0)
		return false;
	if (s->state != CS_STATE_HIT && s->state != CS_STATE_RUN && s->state != CS_STATE_UNKNOWN)
		return false;
	return same_text(s->instruction, w->text) || same_text(s->instruction, w->filled);
}

static bool same_stage(const struct cs_step *s, const char *stage)
{
	return stage && s->stage && strcmp(s->stage, stage) == 0;
}

/*
 * Whether a step's platform is the layers'. A build with layers has the platform of its image; a
 * step without one has the build's only.
 */
static bool same_platform(const struct cs_build *b, const struct cs_step *s)
{
	return !s->platform || strcmp(s->platform, b->platform) == 0;
}

/* The last step before end that made it: of the stage if there is one, else of any. -1 = none. */
static ptrdiff_t find_step(const struct cs_build *b, const struct wanted *w, ptrdiff_t end,
			   const char *stage)
{
	ptrdiff_t other = -1;

	for (ptrdiff_t i = end - 1; i >= 0; i--) {
		const struct cs_step *s = &b->steps[i];

		if (!made(s, w) || !same_platform(b, s))
			continue;
		if (!stage || same_stage(s, stage))
			return i;
		if (other < 0)
			other = i;
	}
	return other;
}

static const char *target_stage(const struct cs_build *b)
{
	const char *target = b->facts.target;

	for (size_t i = 0; target && i < b->n_steps; i++) {
		if (cs_step_cacheable(b->steps[i].class) && same_stage(&b->steps[i], target))
			return b->steps[i].stage;
	}
	return NULL;
}

int cs_observed_match(struct cs_build *b, struct cs_arena *arena, struct cs_err *err)
{
	ptrdiff_t end = (ptrdiff_t)b->n_steps;
	const char *stage = target_stage(b);

	for (size_t i = 0; i < b->n_steps; i++)
		b->steps[i].layer = -1;
	for (size_t i = b->n_layers; i-- > 0 && (int)i >= b->base_layers;) {
		const struct cs_layer *l = &b->layers[i];
		struct wanted w = { .text = cs_instruction_text(arena, l->created_by) };
		ptrdiff_t at;

		if (w.text)
			w.filled = with_arguments(arena, l->created_by, w.text);
		if (!w.text || !w.filled)
			return cs_err_nomem(err);
		at = w.text[0] ? find_step(b, &w, end, stage) : -1;
		if (at < 0)
			continue;
		b->steps[at].layer = (int)i;
		stage = b->steps[at].stage;
		end = at;
	}
	return 0;
}

int cs_observed_apply(struct cs_build *b, struct cs_arena *arena, struct cs_err *err)
{
	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];
		enum cs_layer_state dated, seen;
		struct cs_layer *l;

		if (s->layer < 0 || (size_t)s->layer >= b->n_layers ||
		    s->evidence != CS_EVIDENCE_OBSERVED ||
		    (s->state != CS_STATE_HIT && s->state != CS_STATE_RUN))
			continue;
		l = &b->layers[s->layer];
		if (l->state == CS_LAYER_BASE)
			continue;
		dated = l->state;
		seen = s->state == CS_STATE_HIT ? CS_LAYER_HIT : CS_LAYER_RUN;
		l->why = NULL;
		if (dated != CS_LAYER_UNKNOWN && dated != seen) {
			l->why = cs_arena_printf(
				arena, "contradiction: %s by its time, but the builder says %s",
				cs_layer_state_name(dated), cs_layer_state_name(seen));
			if (!l->why)
				return cs_err_nomem(err);
		}
		l->state = seen;
		l->evidence = CS_EVIDENCE_OBSERVED;
	}
	return 0;
}
