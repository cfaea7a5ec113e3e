/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of two Dockerfiles held against each other. */
#include <string.h>
#include <strings.h>

#include "metrics/why_impl.h"

/* The longest sequences that are aligned; longer ones lose equal ends first, then pair by place. */
#define CELLS_MAX 4000000

const char *why_build_name(const struct cs_build *b)
{
	if (b->id)
		return b->id;
	if (b->builder_ref)
		return b->builder_ref;
	return b->source ? b->source : "of no name";
}

static bool has_keyword(const struct cs_df_instruction *in, const char *const *keywords)
{
	for (; *keywords; keywords++) {
		if (strcmp(in->keyword, *keywords) == 0)
			return true;
	}
	return false;
}

/* From a stage upwards to its images; a stage only stands on earlier ones, so this ends. */
int why_lines_before(const struct why_side *side, int df, const char *const *keywords,
		     struct cs_arena *arena, struct why_lines *ret, struct cs_err *err)
{
	const struct cs_dockerfile *d = &side->df;
	size_t n = 0;
	int end = df;

	ret->v = cs_arena_array(arena, (size_t)df + 1, sizeof(*ret->v));
	ret->n = 0;
	if (!ret->v)
		return cs_err_nomem(err);
	for (int stage = d->instructions[df].stage; stage >= 0;
	     stage = d->stages[stage].base_stage) {
		for (int i = end - 1; i >= d->stages[stage].first; i--) {
			if (has_keyword(&d->instructions[i], keywords) && n <= (size_t)df)
				ret->v[n++] = &d->instructions[i];
		}
		if (d->stages[stage].base_stage >= 0)
			end = d->stages[d->stages[stage].base_stage].end;
	}
	for (size_t i = 0; i < n / 2; i++) {
		const struct cs_df_instruction *swap = ret->v[i];

		ret->v[i] = ret->v[n - 1 - i];
		ret->v[n - 1 - i] = swap;
	}
	ret->n = n;
	return 0;
}

/* The default of an ARG before the first FROM. */
static const char *global_default(const struct cs_dockerfile *df, const char *name, size_t len)
{
	const char *found = NULL;

	for (size_t i = 0; i < df->n_instructions && df->instructions[i].stage < 0; i++) {
		const struct cs_df_instruction *in = &df->instructions[i];

		for (size_t w = 0; w < in->n_words; w++) {
			if (strncmp(in->words[w], name, len) == 0 && in->words[w][len] == '=')
				found = in->words[w] + len + 1;
		}
	}
	return found;
}

const char *why_arg_value(const struct why_side *side, const char *word, size_t len,
			  bool *ret_given)
{
	const struct cs_recipe *recipe = &side->build->recipe;

	*ret_given = true;
	for (size_t i = 0; i < recipe->n_build_args; i++) {
		const char *key = recipe->build_args[i].key;

		if (strncmp(key, word, len) == 0 && !key[len])
			return recipe->build_args[i].value;
	}
	*ret_given = false;
	if (word[len] == '=')
		return word + len + 1;
	return global_default(&side->df, word, len);
}

/* --- alignment --- */

struct sequence {
	const char **v;
	int *line;
	size_t n;
	size_t at; /* of the node that asks */
};

static int by_lines(const struct why_side *side, const char *stage_name, int df,
		    struct cs_arena *arena, struct sequence *ret, struct cs_err *err)
{
	const struct cs_dockerfile *d = &side->df;
	char buf[32];

	for (size_t s = 0; s < d->n_stages; s++) {
		const struct cs_df_stage *stage = &d->stages[s];
		const char *shown = cs_df_stage_shown(d, (int)s, buf);

		if (strcasecmp(shown ? shown : "", stage_name) != 0)
			continue;
		ret->n = (size_t)(stage->end - stage->first);
		ret->v = cs_arena_array(arena, ret->n, sizeof(*ret->v));
		ret->line = cs_arena_array(arena, ret->n, sizeof(*ret->line));
		if (!ret->v || !ret->line)
			return cs_err_nomem(err);
		for (size_t i = 0; i < ret->n; i++) {
			const struct cs_df_instruction *in =
				&d->instructions[stage->first + (int)i];

			ret->v[i] = in->text;
			ret->line[i] = in->first_line;
			if (stage->first + (int)i == df)
				ret->at = i;
		}
	}
	return 0;
}

static int by_steps(const struct why_side *side, const struct why_node *node,
		    struct cs_arena *arena, struct sequence *ret, struct cs_err *err)
{
	ret->v = cs_arena_array(arena, side->n, sizeof(*ret->v));
	ret->line = cs_arena_array(arena, side->n, sizeof(*ret->line));
	if (!ret->v || !ret->line)
		return cs_err_nomem(err);
	for (size_t i = 0; i < side->n; i++) {
		const struct why_node *n = &side->nodes[i];

		if (strcmp(n->stage, node->stage) != 0 || strcmp(n->platform, node->platform) != 0)
			continue;
		if (n == node)
			ret->at = ret->n;
		ret->line[ret->n] = n->step->first_line;
		ret->v[ret->n++] = n->step->instruction;
	}
	return 0;
}

/*
 * partner[i] of a: its place in b in a longest common subsequence, -1 without. The table is of
 * suffixes, so that it is read forwards.
 */
static int align(const struct sequence *a, const struct sequence *b, struct cs_arena *arena,
		 long *partner, struct cs_err *err)
{
	size_t head = 0, tail = 0, n, m, w;
	uint32_t *t;

	for (size_t i = 0; i < a->n; i++)
		partner[i] = -1;
	while (head < a->n && head < b->n && strcmp(a->v[head], b->v[head]) == 0) {
		partner[head] = (long)head;
		head++;
	}
	while (tail < a->n - head && tail < b->n - head &&
	       strcmp(a->v[a->n - 1 - tail], b->v[b->n - 1 - tail]) == 0) {
		partner[a->n - 1 - tail] = (long)(b->n - 1 - tail);
		tail++;
	}
	n = a->n - head - tail;
	m = b->n - head - tail;
	w = m + 1;
	if (!n || !m || n > CELLS_MAX / w)
		return 0;
	t = cs_arena_array(arena, (n + 1) * w, sizeof(*t));
	if (!t)
		return cs_err_nomem(err);
	for (size_t i = n; i-- > 0;) {
		for (size_t j = m; j-- > 0;) {
			uint32_t down = t[(i + 1) * w + j], right = t[i * w + j + 1];

			t[i * w + j] = strcmp(a->v[head + i], b->v[head + j]) == 0
					       ? t[(i + 1) * w + j + 1] + 1
				       : down > right ? down
						      : right;
		}
	}
	for (size_t i = 0, j = 0; i < n && j < m;) {
		if (strcmp(a->v[head + i], b->v[head + j]) == 0)
			partner[head + i++] = (long)(head + j++);
		else if (t[(i + 1) * w + j] >= t[i * w + j + 1])
			i++;
		else
			j++;
	}
	return 0;
}

static size_t alike(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), head = 0, tail = 0;

	while (head < n && head < m && a[head] == b[head])
		head++;
	while (tail < n - head && tail < m - head && a[n - 1 - tail] == b[m - 1 - tail])
		tail++;
	return head + tail;
}

static bool same_word(const char *a, const char *b)
{
	size_t n = strcspn(a, " ");

	return strcspn(b, " ") == n && strncasecmp(a, b, n) == 0;
}

/* Among the lines that stand in the same gap without a partner: the most like one of its keyword.
 */
static const char *was_called(const struct sequence *a, const struct sequence *b,
			      const long *partner, size_t at)
{
	const char *best = NULL;
	size_t low = 0, high = b->n, best_score = 0;

	for (size_t i = at; i-- > 0;) {
		if (partner[i] >= 0) {
			low = (size_t)partner[i] + 1;
			break;
		}
	}
	for (size_t i = at + 1; i < a->n; i++) {
		if (partner[i] >= 0) {
			high = (size_t)partner[i];
			break;
		}
	}
	for (size_t j = low; j < high; j++) {
		size_t score = alike(a->v[at], b->v[j]);
		bool better = false;

		/* not the partner of another new line that is more like it */
		for (size_t i = 0; i < a->n && !better; i++)
			better = i != at && partner[i] < 0 && same_word(a->v[i], b->v[j]) &&
				 alike(a->v[i], b->v[j]) > score;
		if (same_word(a->v[at], b->v[j]) && !better && (!best || score > best_score)) {
			best = b->v[j];
			best_score = score;
		}
	}
	return best;
}

int why_align(const struct why_side *now, const struct why_node *node, const struct why_side *was,
	      struct cs_arena *arena, const char **ret_now, const char **ret_was, int *ret_line,
	      struct cs_err *err)
{
	struct sequence a = { .at = SIZE_MAX }, b = { .at = SIZE_MAX };
	bool lines = node->df >= 0 && was->df.n_stages;
	long *partner;
	int r = lines ? by_lines(now, node->stage, node->df, arena, &a, err)
		      : by_steps(now, node, arena, &a, err);

	if (r == 0)
		r = lines ? by_lines(was, node->stage, -1, arena, &b, err)
			  : by_steps(was, node, arena, &b, err);
	if (r < 0)
		return r;
	*ret_now = node->step->instruction;
	*ret_line = node->step->first_line;
	*ret_was = NULL;
	if (a.at >= a.n)
		return 0;
	partner = cs_arena_array(arena, a.n, sizeof(*partner));
	if (!partner)
		return cs_err_nomem(err);
	r = align(&a, &b, arena, partner, err);
	if (r < 0)
		return r;
	*ret_now = a.v[a.at];
	*ret_line = a.line[a.at];
	*ret_was = partner[a.at] >= 0 ? b.v[partner[a.at]] : was_called(&a, &b, partner, a.at);
	return 0;
}

bool why_has_stage(const struct why_side *side, const struct why_node *node)
{
	char buf[32];

	for (size_t i = 0; i < side->n; i++) {
		if (strcmp(side->nodes[i].stage, node->stage) == 0)
			return true;
	}
	for (size_t s = 0; s < side->df.n_stages; s++) {
		const char *shown = cs_df_stage_shown(&side->df, (int)s, buf);

		if (strcasecmp(shown ? shown : "", node->stage) == 0)
			return true;
	}
	return false;
}

bool why_has_line(const struct why_side *side, const struct why_side *from,
		  const struct why_node *node)
{
	const char *text =
		node->df >= 0 ? from->df.instructions[node->df].text : node->step->instruction;
	char buf[32];

	for (size_t i = 0; i < side->df.n_instructions; i++) {
		const struct cs_df_instruction *in = &side->df.instructions[i];
		const char *shown = cs_df_stage_shown(&side->df, in->stage, buf);

		if (strcasecmp(shown ? shown : "", node->stage) == 0 && strcmp(in->text, text) == 0)
			return true;
	}
	return false;
}

struct scope {
	const struct why_side *side; /* whose Dockerfile, with the arguments of the other build */
	int df;
};

/* ENV over ARG, the last one before the instruction, up through the base stages. */
static const char *look_up(void *arg, const char *name, size_t len)
{
	static const char *const keywords[] = { "ENV", "ARG" };
	const struct scope *s = arg;
	const struct cs_dockerfile *d = &s->side->df;
	bool given;

	for (size_t k = 0; k < CS_N(keywords); k++) {
		int end = s->df;

		for (int stage = d->instructions[s->df].stage; stage >= 0;) {
			for (int i = end - 1; i >= d->stages[stage].first; i--) {
				const struct cs_df_instruction *in = &d->instructions[i];

				for (size_t w = 0;
				     w < in->n_words && strcmp(in->keyword, keywords[k]) == 0;
				     w++) {
					const char *word = in->words[w];

					if (strcspn(word, "=") != len ||
					    memcmp(word, name, len) != 0)
						continue;
					return k ? why_arg_value(s->side, word, len, &given)
						 : word + len + 1;
				}
			}
			stage = d->stages[stage].base_stage;
			end = stage >= 0 ? d->stages[stage].end : 0;
		}
	}
	return NULL;
}

bool why_expands_to(const struct why_side *side, const struct why_side *from,
		    const struct why_node *node, struct cs_arena *arena)
{
	struct why_side mixed = *from;
	char buf[32];

	mixed.df = side->df;
	for (size_t i = 0; i < mixed.df.n_instructions; i++) {
		const struct cs_df_instruction *in = &mixed.df.instructions[i];
		const char *shown = cs_df_stage_shown(&mixed.df, in->stage, buf);
		struct scope scope = { &mixed, (int)i };
		const char *text;
		bool odd;

		if (in->stage < 0 || strcasecmp(shown ? shown : "", node->stage) != 0)
			continue;
		text = cs_df_expand(arena, mixed.df.escape, in->text, look_up, &scope, &odd);
		if (!text || strcmp(text, node->step->instruction) == 0)
			return true; /* or cannot be told */
	}
	return false;
}
