/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/price.h"

#include <string.h>

#include <uthash.h>

#include "util/buf.h"

struct price {
	int64_t ns;
	UT_hash_handle hh;
	char key[];
};

struct cs_prices {
	struct price *map;
};

int cs_prices_new(struct cs_prices **ret, struct cs_err *err)
{
	struct cs_prices *p = calloc(1, sizeof(*p));

	if (!p)
		return cs_err_nomem(err);
	*ret = p;
	return 0;
}

void cs_prices_free(struct cs_prices *prices)
{
	struct price *p, *next;

	if (!prices)
		return;
	HASH_ITER(hh, prices->map, p, next)
	{
		HASH_DEL(prices->map, p);
		free(p);
	}
	free(prices);
}

/* The identity of a step (metrics.md); scope NULL = of any scope. */
static int make_key(struct cs_buf *buf, const struct cs_build *b, const struct cs_step *s,
		    const char *scope)
{
	const char *platform = s->platform ? s->platform : b->platform;

	cs_buf_reset(buf);
	return cs_buf_printf(buf, "%s\x1f%s\x1f%s\x1f%s\x1f%s", scope ? scope : "\x1e",
			     b->facts.project ? b->facts.project : "", platform,
			     s->stage ? s->stage : "", s->instruction ? s->instruction : "");
}

static int put(struct cs_prices *prices, const struct cs_buf *key, int64_t ns)
{
	struct price *p;

	HASH_FIND(hh, prices->map, key->data, key->len, p);
	if (!p) {
		p = malloc(sizeof(*p) + key->len + 1);
		if (!p)
			return -1;
		memcpy(p->key, key->data, key->len + 1);
		HASH_ADD_KEYPTR(hh, prices->map, p->key, key->len, p);
	}
	p->ns = ns;
	return 0;
}

int cs_prices_learn(struct cs_prices *prices, const struct cs_build *build, struct cs_err *err)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (size_t i = 0; i < build->n_steps; i++) {
		const struct cs_step *s = &build->steps[i];

		if (!cs_step_cacheable(s->class) || s->state != CS_STATE_RUN || s->duration_ns < 0)
			continue;
		if (make_key(&key, build, s, build->facts.scope ? build->facts.scope : "") < 0 ||
		    put(prices, &key, s->duration_ns) < 0 || make_key(&key, build, s, NULL) < 0 ||
		    put(prices, &key, s->duration_ns) < 0)
			return cs_err_nomem(err);
	}
	return 0;
}

int64_t cs_prices_of(const struct cs_prices *prices, const struct cs_build *build,
		     const struct cs_step *step)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *scope = build->facts.scope ? build->facts.scope : "";
	struct price *p = NULL;

	if (make_key(&key, build, step, scope) == 0)
		HASH_FIND(hh, prices->map, key.data, key.len, p);
	if (!p && make_key(&key, build, step, NULL) == 0)
		HASH_FIND(hh, prices->map, key.data, key.len, p);
	return p ? p->ns : -1;
}

/* The step graph turned round: consumers of step i are list[first[i]] … list[first[i + 1]]. */
struct graph {
	uint32_t *first, *list;
	uint32_t *waits; /* inputs that are not finished yet */
	uint32_t *ready;
	int64_t *start_ns;
};

static void graph_release(struct graph *g)
{
	free(g->first);
	free(g->list);
	free(g->waits);
	free(g->ready);
	free(g->start_ns);
}

static bool valid_input(const struct cs_build *b, const struct cs_step *s, size_t k)
{
	return s->inputs[k] < b->n_steps;
}

static int graph_init(const struct cs_build *b, struct graph *g)
{
	size_t n = b->n_steps, edges = 0;

	for (size_t i = 0; i < n; i++)
		edges += b->steps[i].n_inputs;
	g->first = calloc(n + 2, sizeof(*g->first));
	g->list = calloc(edges + 1, sizeof(*g->list));
	g->waits = calloc(n + 1, sizeof(*g->waits));
	g->ready = calloc(n + 1, sizeof(*g->ready));
	g->start_ns = calloc(n + 1, sizeof(*g->start_ns));
	if (!g->first || !g->list || !g->waits || !g->ready || !g->start_ns)
		return -1;
	for (size_t i = 0; i < n; i++) {
		const struct cs_step *s = &b->steps[i];

		for (size_t k = 0; k < s->n_inputs; k++) {
			if (valid_input(b, s, k))
				g->first[s->inputs[k] + 2]++;
		}
	}
	for (size_t i = 2; i < n + 2; i++)
		g->first[i] += g->first[i - 1];
	for (size_t i = 0; i < n; i++) {
		const struct cs_step *s = &b->steps[i];

		for (size_t k = 0; k < s->n_inputs; k++) {
			if (!valid_input(b, s, k))
				continue;
			g->list[g->first[s->inputs[k] + 1]++] = (uint32_t)i;
			g->waits[i]++;
		}
	}
	return 0;
}

/*
 * Longest path through the step graph, ns; -1 = no memory. Steps in the order in which their inputs
 * are done (Kahn): no recursion over input, and steps on a cycle of a damaged graph are left out.
 */
static int64_t critical_path(const struct cs_build *b, const int64_t *duration_ns)
{
	struct graph g CS_AUTO(graph_release) = { NULL, NULL, NULL, NULL, NULL };
	int64_t longest = 0;
	size_t n_ready = 0;

	if (graph_init(b, &g) < 0)
		return -1;
	for (size_t i = 0; i < b->n_steps; i++) {
		if (!g.waits[i])
			g.ready[n_ready++] = (uint32_t)i;
	}
	for (size_t at = 0; at < n_ready; at++) {
		uint32_t i = g.ready[at];
		int64_t end = g.start_ns[i] + duration_ns[i];

		if (end > longest)
			longest = end;
		for (uint32_t e = g.first[i]; e < g.first[i + 1]; e++) {
			uint32_t next = g.list[e];

			if (end > g.start_ns[next])
				g.start_ns[next] = end;
			if (--g.waits[next] == 0)
				g.ready[n_ready++] = next;
		}
	}
	return longest;
}

static int wall_saved(const struct cs_prices *prices, const struct cs_build *b,
		      struct cs_savings *ret, struct cs_err *err)
{
	int64_t *ns CS_AUTO(cs_free_p) = calloc(b->n_steps + 1, sizeof(*ns));
	int64_t actual, without;
	bool edges = false;

	if (!ns)
		return cs_err_nomem(err);
	for (size_t i = 0; i < b->n_steps; i++) {
		ns[i] = b->steps[i].duration_ns > 0 ? b->steps[i].duration_ns : 0;
		edges |= b->steps[i].n_inputs > 0;
	}
	if (!edges)
		return 0;
	actual = critical_path(b, ns);
	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];
		int64_t price;

		if (!cs_step_cacheable(s->class) || s->state != CS_STATE_HIT)
			continue;
		price = cs_prices_of(prices, b, s);
		if (price >= 0)
			ns[i] = price;
	}
	without = critical_path(b, ns);
	if (actual < 0 || without < 0)
		return cs_err_nomem(err);
	ret->wall_known = true;
	ret->wall_ns = without - actual;
	return 0;
}

int cs_savings_of(const struct cs_prices *prices, const struct cs_build *build,
		  struct cs_savings *ret, struct cs_err *err)
{
	struct cs_savings sum = { 0 };
	bool timed = false;
	int r;

	for (size_t i = 0; i < build->n_steps; i++) {
		const struct cs_step *s = &build->steps[i];
		int64_t price;

		timed |= s->duration_ns >= 0;
		if (s->class == CS_STEP_IMPORT || s->class == CS_STEP_CACHE_EXPORT || s->pulled)
			sum.overhead_ns += s->duration_ns > 0 ? s->duration_ns : 0;
		if (!cs_step_cacheable(s->class))
			continue;
		if (s->state == CS_STATE_RUN && s->duration_ns > 0)
			sum.run_ns += s->duration_ns;
		if (s->state != CS_STATE_HIT)
			continue;
		sum.hits++;
		price = cs_prices_of(prices, build, s);
		if (price >= 0) {
			sum.priced_hits++;
			sum.gross_ns += price;
		}
	}
	sum.known = timed;
	r = timed ? wall_saved(prices, build, &sum, err) : 0;
	if (r < 0)
		return r;
	*ret = sum;
	return 0;
}

const char *cs_pays_name(enum cs_pays p)
{
	static const char *const names[] = { "cannot_tell", "pays", "does_not_pay" };

	return names[p];
}

enum cs_pays cs_pays(const struct cs_savings *sum)
{
	int64_t net = sum->gross_ns - sum->overhead_ns;

	if (!sum->known)
		return CS_PAYS_CANNOT_TELL;
	if (net > 0)
		return CS_PAYS_YES;
	if (net < 0 && sum->priced_hits == sum->hits)
		return CS_PAYS_NO;
	return CS_PAYS_CANNOT_TELL;
}
