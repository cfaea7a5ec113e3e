/* SPDX-License-Identifier: Apache-2.0 */
/* Pooled sums need no history; only the medians keep one number a build. */
#include "metrics/stats_impl.h"

#include <math.h>
#include <string.h>

#include "metrics/mix.h"
#include "metrics/quantile.h"

struct values {
	double *v;
	size_t n, cap;
};

struct group {
	struct cs_stats_row row;
	struct values ratios, durations;
};

struct cs_stats {
	struct cs_by by[CS_BY_MAX];
	struct cs_by_values values[CS_BY_MAX];
	size_t n_by;
	struct cs_map keys; /* numbers of all values, mixed: place in groups */
	struct group *groups;
	size_t n, cap;
	struct cs_stats_row *rows;
};

int cs_stats_new(const struct cs_by *by, size_t n_by, struct cs_stats **ret, struct cs_err *err)
{
	struct cs_stats *s = calloc(1, sizeof(*s));

	if (!s)
		return cs_err_nomem(err);
	if (n_by)
		memcpy(s->by, by, n_by * sizeof(*by));
	s->n_by = n_by;
	*ret = s;
	return 0;
}

void cs_stats_free(struct cs_stats *stats)
{
	if (!stats)
		return;
	for (size_t i = 0; i < stats->n; i++) {
		free(stats->groups[i].ratios.v);
		free(stats->groups[i].durations.v);
	}
	for (size_t i = 0; i < CS_BY_MAX; i++)
		cs_by_values_release(&stats->values[i]);
	cs_map_release(&stats->keys);
	free(stats->groups);
	free(stats->rows);
	free(stats);
}

static int find_group(struct cs_stats *s, struct cs_brief_dict *dict, const struct cs_brief *b,
		      uint32_t *ret, struct cs_err *err)
{
	uint32_t values[CS_BY_MAX], *key;
	uint64_t mixed = CS_MIX_START;

	for (size_t i = 0; i < s->n_by; i++) {
		int r = cs_by_value(&s->values[i], &s->by[i], dict, b, &values[i], err);

		if (r < 0)
			return r;
		mixed = s->n_by == 1 ? values[i] : cs_mix_u64(mixed, values[i]);
	}
	key = cs_map_at(&s->keys, mixed);
	if (!key || !cs_table_grow((void **)&s->groups, s->n, &s->cap, sizeof(*s->groups)))
		return cs_err_nomem(err);
	if (*key == CS_NOTHING) {
		struct group *g = &s->groups[s->n];

		memset(g, 0, sizeof(*g));
		for (size_t i = 0; i < s->n_by; i++)
			g->row.keys[i] = cs_texts_get(&s->values[i].texts, values[i]);
		*key = (uint32_t)s->n++;
	}
	*ret = *key;
	return 0;
}

static int push(struct values *v, double value)
{
	if (v->n == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 16;
		double *grown = realloc(v->v, cap * sizeof(*grown));

		if (!grown)
			return -1;
		v->v = grown;
		v->cap = cap;
	}
	v->v[v->n++] = value;
	return 0;
}

static void add_savings(struct cs_stats_row *row, const struct cs_savings *s)
{
	int64_t net = cs_savings_net(s);

	if (!cs_savings_add(&row->savings, s))
		return;
	row->n_timed++;
	row->n_wall += s->wall_known;
	if (net >= 0 || s->priced_hits == s->hits) {
		row->n_net++;
		row->n_negative_net += net < 0;
	}
}

static int add_values(struct group *g, const struct cs_figures *f)
{
	double steps = (double)(f->step_hits + f->step_runs);

	if (f->rated && push(&g->ratios, (double)f->step_hits / steps) < 0)
		return -1;
	return f->duration_ns >= 0 ? push(&g->durations, (double)f->duration_ns) : 0;
}

int cs_stats_add(struct cs_stats *stats, struct cs_brief_dict *dict, const struct cs_brief *brief,
		 struct cs_err *err)
{
	const struct cs_figures *f = &brief->figures;
	struct cs_stats_row *row;
	struct group *g;
	uint32_t place = 0;
	int r = find_group(stats, dict, brief, &place, err);

	if (r < 0)
		return r;
	g = &stats->groups[place];
	row = &g->row;
	row->builds++;
	if (!f->completed) {
		row->failed_builds++;
		return 0;
	}
	row->cold_builds += f->cold;
	row->undecided_builds += f->undecided;
	row->n_rated += f->rated;
	row->step_hits += f->step_hits;
	row->step_runs += f->step_runs;
	row->full_hits += f->full_hit;
	if (f->own_tar_bytes >= 0) {
		row->n_bytes++;
		row->own_tar_bytes += f->own_tar_bytes;
		row->own_blob_bytes += f->own_blob_bytes;
		row->hit_tar_bytes += f->hit_tar_bytes;
		row->hit_blob_bytes += f->hit_blob_bytes;
	}
	if (f->builder_cached_steps >= 0 && f->builder_total_steps >= 0) {
		row->builder_cached_steps += f->builder_cached_steps;
		row->builder_total_steps += f->builder_total_steps;
	}
	add_savings(row, &f->savings);
	return add_values(g, f) < 0 ? cs_err_nomem(err) : 0;
}

double cs_quantile(const double *sorted, size_t n, double q)
{
	double at, lo;

	if (n == 0)
		return NAN;
	at = q * (double)(n - 1);
	lo = floor(at);
	if ((size_t)lo + 1 >= n)
		return sorted[n - 1];
	return sorted[(size_t)lo] + (at - lo) * (sorted[(size_t)lo + 1] - sorted[(size_t)lo]);
}

static int compare_rows(const void *a, const void *b)
{
	const struct cs_stats_row *x = a, *y = b;

	for (size_t i = 0; i < CS_BY_MAX; i++) {
		int c;

		if (!x->keys[i] && !y->keys[i])
			continue;
		if (!x->keys[i] || !y->keys[i])
			return x->keys[i] ? -1 : 1; /* unknown last */
		c = strcmp(x->keys[i], y->keys[i]);
		if (c)
			return c;
	}
	return 0;
}

static void finish_group(struct group *g)
{
	static const double quarters[] = { 0.25, 0.5, 0.75 };
	double found[CS_N(quarters)];

	cs_quantiles(g->ratios.v, g->ratios.n, 0, quarters, CS_N(quarters), found);
	g->row.step_hit_ratio_p25 = found[0];
	g->row.step_hit_ratio_median = found[1];
	g->row.step_hit_ratio_p75 = found[2];
	cs_quantiles(g->durations.v, g->durations.n, 0, &quarters[1], 1, found);
	g->row.n_durations = (int64_t)g->durations.n;
	g->row.duration_ns_median = g->durations.n ? llround(found[0]) : -1;
}

int cs_stats_rows(struct cs_stats *stats, const struct cs_stats_row **ret, size_t *ret_n,
		  struct cs_err *err)
{
	free(stats->rows);
	stats->rows = calloc(stats->n ? stats->n : 1, sizeof(*stats->rows));
	if (!stats->rows)
		return cs_err_nomem(err);
	for (size_t i = 0; i < stats->n; i++) {
		finish_group(&stats->groups[i]);
		stats->rows[i] = stats->groups[i].row;
	}
	if (stats->n)
		qsort(stats->rows, stats->n, sizeof(*stats->rows), compare_rows);
	*ret = stats->rows;
	*ret_n = stats->n;
	return 0;
}
