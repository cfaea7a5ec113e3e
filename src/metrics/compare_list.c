/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a report: which there are, and figures that are no sum over runs. */
#include <math.h>
#include <string.h>

#include "metrics/compare_impl.h"

static const struct cs_interval unknown_interval = { false, NAN, NAN };

/* --- figures that are no sum over runs --- */

static void no_distribution(struct cs_compare_side *side)
{
	side->median = side->p25 = side->p75 = side->mean = side->total = NAN;
}

/* Of the medians, for one slow cold build says little of the others. */
static int speedup_row(struct cs_compare *c, const struct cs_row_spec *spec,
		       struct cs_compare_row *ret, struct cs_err *err)
{
	struct cs_row_spec warm = *spec, cold = *spec;
	struct cs_compare_row w, k;
	int r;

	warm.figure = CS_CF_WARM_DURATION_SECONDS;
	cold.figure = CS_CF_COLD_DURATION_SECONDS;
	warm.plain = cold.plain = true; /* only their medians are asked for */
	r = cs_compare_row_of(c, &warm, &w, err);
	if (r == 0)
		r = cs_compare_row_of(c, &cold, &k, err);
	if (r < 0)
		return r;
	cs_compare_row_init(c, spec, ret);
	for (int side = 0; side < 2; side++) {
		const struct cs_compare_side *a = side ? &w.after : &w.before;
		const struct cs_compare_side *b = side ? &k.after : &k.before;
		struct cs_compare_side *to = side ? &ret->after : &ret->before;

		no_distribution(to);
		to->ci95 = unknown_interval;
		to->n = a->n < b->n ? a->n : b->n;
		to->runs = a->runs < b->runs ? a->runs : b->runs;
		to->value = b->median > 0 ? 1 - a->median / b->median : NAN;
	}
	cs_compare_set_change(ret);
	ret->enough_data =
		ret->before.runs >= CS_COMPARE_MIN_RUNS && ret->after.runs >= CS_COMPARE_MIN_RUNS;
	return 0;
}

static bool stored_bytes(const struct cs_history_side *s, int64_t scope, struct cs_compare_side *to)
{
	size_t at = scope < 0 ? 0 : s->by_scope.first[scope];
	size_t end = scope < 0 ? s->n_items : s->by_scope.first[scope + 1];
	int64_t builds = 0, sum = s->bytes;

	no_distribution(to);
	to->ci95 = unknown_interval;
	for (; at < end; at++) {
		const struct cs_item *item = &s->items[s->by_scope.v[at]];

		builds += item->completed;
		to->n += item->completed && item->has_layers;
	}
	if (scope >= 0)
		sum = (size_t)scope < s->cap_bytes ? s->scope_bytes[scope] : 0;
	to->runs = s->n_runs;
	to->value = to->n ? (double)sum : NAN;
	to->total = to->value;
	to->partial = to->n != builds;
	return !to->partial;
}

static int stored_row(struct cs_compare *c, const struct cs_row_spec *spec,
		      struct cs_compare_row *ret)
{
	bool known;

	cs_compare_row_init(c, spec, ret);
	known = stored_bytes(&c->side[0], spec->scope, &ret->before);
	known &= stored_bytes(&c->side[1], spec->scope, &ret->after);
	ret->change = ret->relative = ret->reduction = NAN;
	if (known)
		cs_compare_set_change(ret);
	ret->enough_data = known && ret->before.runs >= CS_COMPARE_MIN_RUNS &&
			   ret->after.runs >= CS_COMPARE_MIN_RUNS;
	return 0;
}

/* --- the rows of a report --- */

int cs_compare_any_row(struct cs_compare *c, const struct cs_row_spec *spec,
		       struct cs_compare_row *ret, struct cs_err *err)
{
	if (spec->figure == CS_CF_WARM_SPEEDUP_RATIO)
		return speedup_row(c, spec, ret, err);
	if (spec->figure == CS_CF_STORED_BYTES)
		return stored_row(c, spec, ret);
	return cs_compare_row_of(c, spec, ret, err);
}

static int add_row(struct cs_compare *c, const struct cs_row_spec *spec, struct cs_err *err)
{
	struct cs_compare_row row;
	int r = cs_compare_any_row(c, spec, &row, err);

	/* a part of the history that neither side has, or that has nothing to say, is no row */
	if (r < 0 || (!row.before.n && !row.after.n &&
		      (spec->scope >= 0 || spec->event >= 0 || spec->target >= 0)))
		return r;
	if (c->n_rows == c->cap_rows) {
		size_t cap = c->cap_rows ? c->cap_rows * 2 : 64;
		struct cs_compare_row *grown = realloc(c->rows, cap * sizeof(*grown));

		if (!grown)
			return cs_err_nomem(err);
		c->rows = grown;
		c->cap_rows = cap;
	}
	c->rows[c->n_rows++] = row;
	return 0;
}

struct name {
	const char *text;
	int64_t builds;
	uint32_t index;
};

static int compare_builds(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->builds != y->builds)
		return x->builds > y->builds ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* The names with the most builds, in the order of the alphabet; "" (unknown) is none. */
static int choose_names(const struct cs_compare_names *names, uint32_t index[CS_COMPARE_GROUPS],
			size_t *ret_n, size_t *ret_left_out)
{
	struct name *v CS_AUTO(cs_free_p) = calloc((size_t)names->texts.n + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return -1;
	for (uint32_t i = 0; i < names->texts.n; i++) {
		if (*names->texts.v[i])
			v[n++] = (struct name){ names->texts.v[i], names->builds[i], i };
	}
	qsort(v, n, sizeof(*v), compare_builds);
	*ret_left_out = n > CS_COMPARE_GROUPS ? n - CS_COMPARE_GROUPS : 0;
	n -= *ret_left_out;
	qsort(v, n, sizeof(*v), compare_texts);
	for (size_t i = 0; i < n; i++)
		index[i] = v[i].index;
	*ret_n = n;
	return 0;
}

struct groups {
	uint32_t scopes[CS_COMPARE_GROUPS], targets[CS_COMPARE_GROUPS];
	size_t n_scopes, n_targets;
};

static int figure_rows(struct cs_compare *c, enum cs_compare_figure f, const struct groups *g,
		       struct cs_err *err)
{
	const struct cs_row_spec all = { .figure = f, .scope = -1, .target = -1, .event = -1 };
	struct cs_row_spec spec = all;
	int r = add_row(c, &spec, err);

	for (int e = CS_EVENT_NONE + 1;
	     r == 0 && cs_compare_figure_dims(f) & CS_D_EVENT && e <= CS_EVENT_OTHER; e++) {
		spec.event = e;
		r = add_row(c, &spec, err);
	}
	spec = all;
	for (size_t i = 0; r == 0 && cs_compare_figure_dims(f) & CS_D_SCOPE && i < g->n_scopes;
	     i++) {
		spec.scope = g->scopes[i];
		r = add_row(c, &spec, err);
	}
	spec = all;
	for (size_t i = 0; r == 0 && cs_compare_figure_dims(f) & CS_D_TARGET && i < g->n_targets;
	     i++) {
		spec.target = g->targets[i];
		spec.event = -1;
		r = add_row(c, &spec, err);
		for (int e = CS_EVENT_NONE + 1;
		     r == 0 && cs_compare_figure_dims(f) & CS_D_TARGET_EVENT && e <= CS_EVENT_OTHER;
		     e++) {
			spec.event = e;
			r = add_row(c, &spec, err);
		}
	}
	return r;
}

bool cs_compare_has(const struct cs_compare *c, enum cs_compare_figure f)
{
	switch (f) {
	case CS_CF_CI_COST:
		return !isnan(c->options.rate);
	case CS_CF_DUPLICATES:
		return c->side[0].counted[0] && c->side[1].counted[0];
	case CS_CF_UNEXPECTED_BUILDS:
		return c->side[0].counted[1] && c->side[1].counted[1];
	default:
		return true;
	}
}

int cs_compare_rows(struct cs_compare *c, const struct cs_compare_row **ret, size_t *ret_n,
		    struct cs_err *err)
{
	struct groups g;
	int r = cs_compare_finish(c, err);

	if (r < 0)
		return r;
	if (choose_names(&c->scopes, g.scopes, &g.n_scopes, &c->left_out[0]) < 0 ||
	    choose_names(&c->targets, g.targets, &g.n_targets, &c->left_out[1]) < 0)
		return cs_err_nomem(err);
	c->n_rows = 0;
	for (int f = 0; r == 0 && f < CS_N_CF; f++) {
		if (cs_compare_has(c, (enum cs_compare_figure)f))
			r = figure_rows(c, (enum cs_compare_figure)f, &g, err);
	}
	if (r < 0)
		return r;
	*ret = c->rows;
	*ret_n = c->n_rows;
	return 0;
}
