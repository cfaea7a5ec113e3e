/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps in the order in which their inputs are done (Kahn), found once and walked for each set of
 * durations: no recursion over input. Refused: leaving out the steps on a cycle of a damaged graph;
 * a path without them would be a guess.
 */
#include "metrics/path.h"

#include "metrics/price.h"

struct cs_path {
	const struct cs_build *build;
	uint32_t *first, *list; /* consumers of step i are list[first[i]] … list[first[i + 1]] */
	uint32_t *waits;	/* inputs that are not finished yet */
	uint32_t *order;
	int64_t *start_ns;
};

void cs_path_free(struct cs_path *path)
{
	if (!path)
		return;
	free(path->first);
	free(path->list);
	free(path->waits);
	free(path->order);
	free(path->start_ns);
	free(path);
}

/* The number of edges, or 0 if an input is not there. */
static size_t count_edges(const struct cs_build *b)
{
	size_t edges = 0;

	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];

		for (size_t k = 0; k < s->n_inputs; k++) {
			if (s->inputs[k] >= b->n_steps)
				return 0;
		}
		edges += s->n_inputs;
	}
	return edges <= UINT32_MAX ? edges : 0;
}

/* The graph turned round. */
static void fill(struct cs_path *p)
{
	const struct cs_build *b = p->build;
	size_t n = b->n_steps;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < b->steps[i].n_inputs; k++)
			p->first[b->steps[i].inputs[k] + 2]++;
	}
	for (size_t i = 2; i < n + 2; i++)
		p->first[i] += p->first[i - 1];
	for (size_t i = 0; i < n; i++) {
		const struct cs_step *s = &b->steps[i];

		for (size_t k = 0; k < s->n_inputs; k++)
			p->list[p->first[s->inputs[k] + 1]++] = (uint32_t)i;
		p->waits[i] = (uint32_t)s->n_inputs;
	}
}

/* True if every step has its place. */
static bool sort(struct cs_path *p)
{
	size_t n = p->build->n_steps, n_ready = 0;

	for (size_t i = 0; i < n; i++) {
		if (!p->waits[i])
			p->order[n_ready++] = (uint32_t)i;
	}
	for (size_t at = 0; at < n_ready; at++) {
		uint32_t i = p->order[at];

		for (uint32_t e = p->first[i]; e < p->first[i + 1]; e++) {
			if (--p->waits[p->list[e]] == 0)
				p->order[n_ready++] = p->list[e];
		}
	}
	return n_ready == n;
}

int cs_path_new(const struct cs_build *build, struct cs_path **ret, struct cs_err *err)
{
	struct cs_path *p CS_AUTO(cs_path_free_p) = NULL;
	size_t edges = count_edges(build), n = build->n_steps;

	if (!edges)
		return 1;
	p = calloc(1, sizeof(*p));
	if (!p)
		return cs_err_nomem(err);
	p->build = build;
	p->first = calloc(n + 2, sizeof(*p->first));
	p->list = calloc(edges, sizeof(*p->list));
	p->waits = calloc(n, sizeof(*p->waits));
	p->order = calloc(n, sizeof(*p->order));
	p->start_ns = calloc(n, sizeof(*p->start_ns));
	if (!p->first || !p->list || !p->waits || !p->order || !p->start_ns)
		return cs_err_nomem(err);
	fill(p);
	if (!sort(p))
		return 1;
	*ret = cs_steal(p);
	return 0;
}

bool cs_path_counts(const struct cs_path *path, size_t step)
{
	const struct cs_step *s = &path->build->steps[step];
	bool joined = s->n_inputs || path->first[step] < path->first[step + 1];

	switch (s->class) {
	case CS_STEP_EXEC:
	case CS_STEP_FILE:
		return true;
	case CS_STEP_SOURCE:
	case CS_STEP_OTHER:
	case CS_STEP_META:
		return joined;
	default:
		return false;
	}
}

int64_t cs_path_longest(struct cs_path *path, const int64_t *duration_ns)
{
	size_t n = path->build->n_steps;
	int64_t longest = 0;

	for (size_t i = 0; i < n; i++)
		path->start_ns[i] = 0;
	for (size_t at = 0; at < n; at++) {
		uint32_t i = path->order[at];
		int64_t end = path->start_ns[i];

		if (cs_path_counts(path, i))
			end = cs_ns_add(end, duration_ns[i]);
		if (end > longest)
			longest = end;
		for (uint32_t e = path->first[i]; e < path->first[i + 1]; e++) {
			if (end > path->start_ns[path->list[e]])
				path->start_ns[path->list[e]] = end;
		}
	}
	return longest;
}
