/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One build as a graph of cacheable steps. The builder's inputs are taken where it gives them; a
 * log without them is read by order: a step stands on the one before it in its stage, the first one
 * on its FROM, COPY --from on the last step of that stage. Where even that is missing the node is
 * "blind", and nothing is concluded from its being alone.
 */
#include <string.h>
#include <strings.h>

#include "metrics/why_impl.h"

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_from(const struct cs_step *s)
{
	return s->class == CS_STEP_SOURCE && (strncasecmp(s->instruction, "FROM ", 5) == 0 ||
					      starts(s->instruction, "docker-image://") ||
					      starts(s->instruction, "oci-layout://"));
}

static bool is_context(const struct cs_step *s)
{
	return s->class == CS_STEP_SOURCE && starts(s->instruction, "load ");
}

static void add_source(struct why_node *n, const struct cs_step *s)
{
	if (is_from(s) && n->n_bases < WHY_BASES)
		n->bases[n->n_bases++] = s->instruction;
	else if (is_context(s))
		n->context = true;
	else
		n->remote = true;
}

struct maker {
	struct why_side *side;
	struct cs_arena *arena;
	int *node_of; /* by step, -1 */
	uint32_t *stack, *seen;
	struct cs_err *err;
};

/* Through what is no step of its own (the second half of COPY --link) to the steps behind it. */
static int parents_by_inputs(struct maker *m, uint32_t node)
{
	const struct cs_build *b = m->side->build;
	struct why_node *n = &m->side->nodes[node];
	size_t top = 0, n_seen = 0;

	for (size_t i = n->step->n_inputs; i > 0; i--)
		if (top < b->n_steps)
			m->stack[top++] = n->step->inputs[i - 1];
	/* each step is opened once a node; two passes would cost as much */
	n->parents = cs_arena_array(m->arena, n->step->n_inputs + WHY_BASES, sizeof(*n->parents));
	if (!n->parents)
		return cs_err_nomem(m->err);
	while (top) {
		uint32_t at = m->stack[--top];
		const struct cs_step *s;
		bool known = false;

		if (at >= b->n_steps)
			continue;
		for (size_t i = 0; i < n_seen && !known; i++)
			known = m->seen[i] == at;
		if (known || n_seen >= b->n_steps)
			continue;
		m->seen[n_seen++] = at;
		s = &b->steps[at];
		if (m->node_of[at] >= 0) {
			if (n->n_parents < n->step->n_inputs + WHY_BASES)
				n->parents[n->n_parents++] = (uint32_t)m->node_of[at];
		} else if (s->class == CS_STEP_SOURCE) {
			add_source(n, s);
		} else {
			for (size_t i = s->n_inputs; i > 0 && top < b->n_steps; i--)
				m->stack[top++] = s->inputs[i - 1];
		}
	}
	return 0;
}

static const char *platform_of(const struct cs_build *b, const struct cs_step *s)
{
	return s->platform ? s->platform : b->platform;
}

/* The last node of a stage before a node; -1. */
static int last_of_stage(const struct why_side *side, size_t before, const char *stage,
			 const char *platform)
{
	for (size_t i = before; i > 0; i--) {
		const struct why_node *n = &side->nodes[i - 1];

		if (strcasecmp(n->stage, stage) == 0 && strcmp(n->platform, platform) == 0)
			return (int)i - 1;
	}
	return -1;
}

/* The FROM of a stage, NULL where the log shows none. */
static const struct cs_step *from_of_stage(const struct cs_build *b, const struct why_node *n)
{
	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];

		if (is_from(s) && strcmp(s->stage ? s->stage : "", n->stage) == 0 &&
		    strcmp(platform_of(b, s), n->platform) == 0)
			return s;
	}
	return NULL;
}

static void add_parent(struct why_node *n, int parent)
{
	if (parent >= 0)
		n->parents[n->n_parents++] = (uint32_t)parent;
	else
		n->blind = true;
}

static void stand_on_from(struct maker *m, uint32_t node)
{
	struct why_side *side = m->side;
	struct why_node *n = &side->nodes[node];
	const struct cs_step *from = from_of_stage(side->build, n);
	char image[256];
	int base = -1;

	if (from && sscanf(from->instruction, "%*s %255s", image) == 1)
		base = last_of_stage(side, node, image, n->platform);
	if (base >= 0)
		add_parent(n, base);
	else if (from)
		add_source(n, from);
	else
		n->blind = side->build->source_kind != CS_SOURCE_IMAGE;
}

static int parents_by_order(struct maker *m, uint32_t node)
{
	struct why_side *side = m->side;
	struct why_node *n = &side->nodes[node];
	const char *text = n->step->instruction, *from = strstr(text, "--from=");
	int before = last_of_stage(side, node, n->stage, n->platform);
	char name[128];

	n->parents = cs_arena_array(m->arena, 3, sizeof(*n->parents));
	if (!n->parents)
		return cs_err_nomem(m->err);
	if (before >= 0)
		add_parent(n, before);
	else
		stand_on_from(m, node);
	if (!starts(text, "COPY ") && !starts(text, "ADD "))
		return 0;
	if (from && sscanf(from, "--from=%127s", name) == 1)
		add_parent(n, last_of_stage(side, node, name, n->platform));
	else if (strstr(text, "://"))
		n->remote = true;
	else if (side->build->source_kind != CS_SOURCE_IMAGE)
		n->context = true;
	else
		n->context = true, n->remote = n->blind; /* history drops --from */
	return 0;
}

/* Parents first; what is left when nothing more can be placed (a circle) goes in as it stands. */
static int sort_graph(struct maker *m)
{
	struct why_side *side = m->side;
	uint8_t *placed = cs_arena_alloc(m->arena, side->n + 1);
	uint32_t *next = cs_arena_array(m->arena, side->n, sizeof(*next));
	uint32_t *stack = cs_arena_array(m->arena, side->n, sizeof(*stack));
	size_t n = 0;

	side->order = cs_arena_array(m->arena, side->n, sizeof(*side->order));
	if (!placed || !next || !stack || !side->order)
		return cs_err_nomem(m->err);
	for (uint32_t i = 0; i < side->n; i++) {
		size_t top = 0;

		if (placed[i])
			continue;
		stack[top++] = i;
		placed[i] = 1;
		while (top) {
			struct why_node *node = &side->nodes[stack[top - 1]];
			uint32_t *at = &next[stack[top - 1]];

			while (*at < node->n_parents && placed[node->parents[*at]])
				++*at;
			if (*at == node->n_parents) {
				side->order[n++] = stack[--top];
			} else {
				placed[node->parents[*at]] = 1;
				stack[top++] = node->parents[*at];
			}
		}
	}
	return 0;
}

static int compare_keys(const struct why_node *a, const struct why_node *b)
{
	int r = strcmp(a->stage, b->stage);

	if (r == 0)
		r = strcmp(a->step->instruction, b->step->instruction);
	if (r == 0)
		r = strcmp(a->platform, b->platform);
	if (r == 0)
		r = a->fetch - b->fetch;
	return r ? r : (a->nth > b->nth) - (a->nth < b->nth);
}

static int compare_index(const void *a, const void *b, void *arg)
{
	const struct why_side *side = arg;
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	int r = compare_keys(&side->nodes[i], &side->nodes[j]);

	return r ? r : (i > j) - (i < j);
}

static int sort_keys(struct maker *m)
{
	struct why_side *side = m->side;

	side->by_key = cs_arena_array(m->arena, side->n, sizeof(*side->by_key));
	if (!side->by_key)
		return cs_err_nomem(m->err);
	for (uint32_t i = 0; i < side->n; i++)
		side->by_key[i] = i;
	qsort_r(side->by_key, side->n, sizeof(*side->by_key), compare_index, side);
	for (size_t i = 1; i < side->n; i++) {
		struct why_node *a = &side->nodes[side->by_key[i - 1]];
		struct why_node *b = &side->nodes[side->by_key[i]];

		b->nth = 0;
		if (strcmp(a->stage, b->stage) == 0 && strcmp(a->platform, b->platform) == 0 &&
		    strcmp(a->step->instruction, b->step->instruction) == 0 && a->fetch == b->fetch)
			b->nth = a->nth + 1;
	}
	return 0;
}

/* The instruction of a step: by its line, else by its text within its stage. */
static int find_instruction(const struct why_side *side, const struct why_node *n)
{
	int at = n->step->first_line > 0 ? cs_df_at_line(&side->df, n->step->first_line) : -1;
	char buf[32];

	if (at >= 0)
		return at;
	for (size_t i = 0; i < side->df.n_instructions; i++) {
		const struct cs_df_instruction *in = &side->df.instructions[i];
		const char *stage = cs_df_stage_shown(&side->df, in->stage, buf);

		if (strcmp(stage ? stage : "", n->stage) == 0 &&
		    strcmp(in->text, n->step->instruction) == 0)
			return (int)i;
	}
	return -1;
}

/* With an image of one platform a build bears that one's name, whatever it was of. */
static void find_several(struct why_side *side, const struct why_node *n)
{
	if (!*n->platform)
		return;
	if (side->platform && strcmp(side->platform, n->platform) != 0)
		side->several = true;
	side->platform = n->platform;
}

/* An ADD from elsewhere is two: the download, which asks each time, and what is made of it. */
static bool is_fetch(const struct why_side *side, const struct cs_step *s)
{
	return side->graph && !s->n_inputs && starts(s->instruction, "ADD ") &&
	       strstr(s->instruction, "://");
}

static int make_nodes(struct maker *m)
{
	struct why_side *side = m->side;
	const struct cs_build *b = side->build;
	size_t n = 0;

	for (size_t i = 0; i < b->n_steps; i++) {
		n += cs_step_cacheable(b->steps[i].class);
		side->graph = side->graph || b->steps[i].n_inputs;
	}
	side->nodes = cs_arena_array(m->arena, n, sizeof(*side->nodes));
	m->node_of = cs_arena_array(m->arena, b->n_steps, sizeof(*m->node_of));
	m->stack = cs_arena_array(m->arena, b->n_steps + 1, sizeof(*m->stack));
	m->seen = cs_arena_array(m->arena, b->n_steps + 1, sizeof(*m->seen));
	if (!side->nodes || !m->node_of || !m->stack || !m->seen)
		return cs_err_nomem(m->err);
	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];

		m->node_of[i] = -1;
		if (!cs_step_cacheable(s->class))
			continue;
		m->node_of[i] = (int)side->n;
		side->nodes[side->n++] = (struct why_node){
			.step = s,
			.platform = platform_of(b, s),
			.stage = s->stage ? s->stage : "",
			.df = -1,
		};
		find_several(side, &side->nodes[side->n - 1]);
	}
	return 0;
}

/* More ends than this are none of a build of one target. */
#define ENDS_MAX 64

static int stage_of(const struct why_side *side, const struct why_node *n)
{
	return n->df >= 0 ? side->df.instructions[n->df].stage : -1;
}

/*
 * The stage at the end of a build, and those that it stands on. A base that a variable names may be
 * any stage.
 */
static void mark_final(struct why_side *side, const struct why_node *end)
{
	const struct cs_df_stage *stages = side->df.stages;
	int last = stage_of(side, end);
	bool whole = last >= 0;

	for (int at = last; at >= 0 && whole; at = stages[at].base_stage)
		whole = stages[at].base_stage >= 0 || !strchr(stages[at].base, '$');
	for (size_t i = 0; i < side->n; i++) {
		struct why_node *n = &side->nodes[i];
		int stage = stage_of(side, n), at = last;

		/* a linked layer is made apart from those below it */
		if (stage < 0 || strcmp(n->platform, end->platform) != 0 ||
		    strstr(n->step->instruction, "--link"))
			continue;
		while (at > stage)
			at = stages[at].base_stage;
		if (at == stage)
			n->final = CS_TRI_YES;
		else if (whole && n->final == CS_TRI_UNKNOWN)
			n->final = CS_TRI_NO;
	}
}

/* What no other step reads is the end of the target's stage. */
static int find_final(struct maker *m)
{
	struct why_side *side = m->side;
	bool *read = cs_arena_array(m->arena, side->n, sizeof(*read));
	size_t n_ends = 0;

	if (!read)
		return cs_err_nomem(m->err);
	for (size_t i = 0; i < side->n; i++)
		for (size_t p = 0; p < side->nodes[i].n_parents; p++)
			read[side->nodes[i].parents[p]] = true;
	for (size_t i = 0; i < side->n; i++)
		n_ends += !read[i];
	for (size_t i = 0; i < side->n && n_ends <= ENDS_MAX; i++)
		if (!read[i])
			mark_final(side, &side->nodes[i]);
	return 0;
}

int why_side_make(const struct cs_build *build, struct cs_arena *arena, struct why_side *ret,
		  struct cs_err *err)
{
	struct maker m = { .side = ret, .arena = arena, .err = err };
	const char *text = build->recipe.dockerfile_text;
	struct cs_err ignored = CS_ERR_INIT;
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->build = build;
	ret->several = strchr(build->platform, ',');
	if (text && cs_dockerfile_parse(text, strlen(text), arena, &ret->df, &ignored) < 0 &&
	    ignored.code == CS_NOMEM)
		return cs_err_nomem(err);
	r = make_nodes(&m);
	for (uint32_t i = 0; r == 0 && i < ret->n; i++) {
		r = ret->graph ? parents_by_inputs(&m, i) : parents_by_order(&m, i);
		if (is_fetch(ret, ret->nodes[i].step))
			ret->nodes[i].fetch = ret->nodes[i].remote = true;
		ret->nodes[i].df = find_instruction(ret, &ret->nodes[i]);
	}
	if (r == 0)
		r = sort_keys(&m);
	if (r == 0)
		r = sort_graph(&m);
	if (r == 0)
		r = find_final(&m);
	return r;
}

/* The same line of the same stage, whatever its variables became. */
static int find_by_line(const struct why_side *side, const struct why_side *from,
			const struct why_node *node)
{
	const struct cs_df_instruction *want;

	if (node->df < 0 || !side->df.n_stages)
		return -1;
	want = &from->df.instructions[node->df];
	for (size_t i = 0; i < side->n; i++) {
		const struct why_node *n = &side->nodes[i];
		const struct cs_df_instruction *in;

		if (n->df < 0 || strcmp(n->stage, node->stage) != 0 ||
		    strcmp(n->platform, node->platform) != 0)
			continue;
		in = &side->df.instructions[n->df];
		if (strcmp(in->text, want->text) == 0)
			return (int)i;
	}
	return -1;
}

static bool same_text(const struct why_node *a, const struct why_node *b)
{
	return strcmp(a->stage, b->stage) == 0 && a->fetch == b->fetch &&
	       strcmp(a->step->instruction, b->step->instruction) == 0;
}

static int only_of_text(const struct why_side *side, const struct why_node *node)
{
	int found = -1;

	for (size_t i = 0; i < side->n; i++) {
		const struct why_node *n = &side->nodes[i];

		if (!same_text(n, node))
			continue;
		if (found >= 0)
			return -1;
		found = (int)i;
	}
	return found;
}

/*
 * What does not depend on a platform (COPY --link of the context, a stage from scratch) is done
 * once for all platforms of a build, under the name of whichever of them came first.
 */
static int find_shared(const struct why_side *side, const struct why_side *from,
		       const struct why_node *node)
{
	if (!side->several || !from->several || only_of_text(from, node) < 0)
		return -1;
	return only_of_text(side, node);
}

bool why_elsewhere(const struct why_side *side, const struct why_side *from,
		   const struct why_node *node)
{
	bool found = false;

	for (size_t i = 0; i < side->n && side->several && from->several && !found; i++)
		found = same_text(&side->nodes[i], node);
	return found;
}

int why_find(const struct why_side *side, const struct why_side *from, const struct why_node *node)
{
	size_t low = 0, high = side->n;
	int found;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int r = compare_keys(&side->nodes[side->by_key[mid]], node);

		if (r == 0)
			return (int)side->by_key[mid];
		if (r < 0)
			low = mid + 1;
		else
			high = mid;
	}
	found = find_by_line(side, from, node);
	return found < 0 ? find_shared(side, from, node) : found;
}

bool why_same_result(const struct why_side *now, const struct why_node *a,
		     const struct why_side *was, const struct why_node *b)
{
	const struct cs_build *x = now->build, *y = was->build;
	int layer = a->step->layer;

	if (a->step->state != CS_STATE_HIT || layer < 0 || b->step->layer != layer ||
	    (size_t)layer >= x->n_layers || (size_t)layer >= y->n_layers)
		return false;
	for (int i = 0; i <= layer; i++) {
		if (!cs_digest_known(&x->layers[i].diff_id) ||
		    !cs_digest_equal(&x->layers[i].diff_id, &y->layers[i].diff_id))
			return false;
	}
	return true;
}
