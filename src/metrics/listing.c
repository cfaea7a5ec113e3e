/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An instruction over several lines has its figures on the first one; dividing them among its lines
 * would be made up. A step whose line is not in the text (another file, COPY --from of a build that
 * was read from elsewhere) is left out.
 */
#include "metrics/listing.h"

#include <string.h>

static size_t count_lines(const char *text)
{
	size_t n = 0;

	while (*text) {
		text += strcspn(text, "\n");
		text += *text == '\n';
		n++;
	}
	return n;
}

static int split(const char *text, struct cs_arena *arena, struct cs_listing_line *lines)
{
	while (*text) {
		size_t len = strcspn(text, "\n"), shown = len;

		if (shown && text[shown - 1] == '\r')
			shown--;
		lines->text = cs_arena_strndup(arena, text, shown);
		if (!lines->text)
			return -1;
		lines->duration_ns = -1;
		lines->typical_ns = -1;
		lines++;
		text += len + (text[len] == '\n');
	}
	return 0;
}

static bool on_a_line(const struct cs_step *s, size_t n_lines)
{
	return s->first_line > 0 && (size_t)s->first_line <= n_lines;
}

/* Whether its outcome is one of the cache, or of the build. */
static bool tells(const struct cs_step *s)
{
	return cs_step_cacheable(s->class) || s->state == CS_STATE_FAILED ||
	       s->state == CS_STATE_CANCELED;
}

struct sum {
	const struct cs_build *build;
	const struct cs_prices *prices;
	bool *unpriced; /* for each line: one of its steps has no price */
};

static void add_step(const struct sum *sum, size_t i, struct cs_listing_line *l, bool *unpriced)
{
	const struct cs_step *s = &sum->build->steps[i];
	bool priced = cs_step_cacheable(s->class) || cs_step_is_merge(s);
	int64_t price = sum->prices && priced ? cs_prices_of(sum->prices, sum->build, s) : -1;

	l->steps[l->n_steps++] = (uint32_t)i;
	if (s->duration_ns >= 0)
		l->duration_ns = cs_ns_add(l->duration_ns < 0 ? 0 : l->duration_ns, s->duration_ns);
	if (price >= 0)
		l->typical_ns = cs_ns_add(l->typical_ns < 0 ? 0 : l->typical_ns, price);
	else
		*unpriced |= cs_step_cacheable(s->class);
}

/* The outcome that the steps of a line share. */
static void judge(const struct cs_build *b, struct cs_listing_line *l)
{
	enum cs_evidence weakest = CS_EVIDENCE_NONE;
	const struct cs_step *first = NULL;
	bool mixed = false;

	for (size_t i = 0; i < l->n_steps; i++) {
		const struct cs_step *s = &b->steps[l->steps[i]];

		if (!tells(s))
			continue;
		mixed |= first && s->state != first->state;
		if (!first || s->evidence < weakest)
			weakest = s->evidence;
		if (!first)
			first = s;
	}
	if (!first)
		return;
	l->state = mixed ? "mixed" : cs_step_state_name(first->state);
	l->evidence = cs_evidence_name(weakest);
}

/* Steps of each line, in their order. */
static int spread(const struct sum *sum, struct cs_arena *arena, struct cs_listing_line *lines,
		  size_t n, struct cs_err *err)
{
	const struct cs_build *b = sum->build;

	for (size_t i = 0; i < b->n_steps; i++) {
		if (on_a_line(&b->steps[i], n))
			lines[b->steps[i].first_line - 1].n_steps++;
	}
	for (size_t i = 0; i < n; i++) {
		if (!lines[i].n_steps)
			continue;
		lines[i].steps = cs_arena_array(arena, lines[i].n_steps, sizeof(uint32_t));
		if (!lines[i].steps)
			return cs_err_nomem(err);
		lines[i].n_steps = 0;
	}
	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];

		if (on_a_line(s, n))
			add_step(sum, i, &lines[s->first_line - 1],
				 &sum->unpriced[s->first_line - 1]);
	}
	return 0;
}

int cs_listing_of(const struct cs_build *build, const struct cs_prices *prices,
		  struct cs_arena *arena, struct cs_listing_line **ret, size_t *ret_n,
		  struct cs_err *err)
{
	const char *text = build->recipe.dockerfile_text;
	struct sum sum = { build, prices, NULL };
	size_t n = text ? count_lines(text) : 0;
	struct cs_listing_line *lines;
	bool any = false;
	int r;

	for (size_t i = 0; i < build->n_steps; i++)
		any |= on_a_line(&build->steps[i], n);
	if (!any) {
		*ret_n = 0;
		return 0;
	}
	lines = cs_arena_array(arena, n, sizeof(*lines));
	sum.unpriced = cs_arena_array(arena, n, sizeof(*sum.unpriced));
	if (!lines || !sum.unpriced || split(text, arena, lines) < 0)
		return cs_err_nomem(err);
	r = spread(&sum, arena, lines, n, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		judge(build, &lines[i]);
		if (sum.unpriced[i])
			lines[i].typical_ns = -1;
	}
	*ret = lines;
	*ret_n = n;
	return 0;
}
