/* SPDX-License-Identifier: Apache-2.0 */
/* Pooled sums need no history; only the medians keep one number a build. */
#include "metrics/stats.h"

#include <math.h>
#include <string.h>

#include "util/buf.h"
#include "util/hash.h"

struct values {
	double *v;
	size_t n, cap;
};

struct group {
	struct cs_stats_row row;
	struct values ratios, durations;
	char *hash_key; /* the keys joined by 0x1f; unknown is 0x1e */
	UT_hash_handle hh;
};

struct cs_stats {
	struct cs_by by[CS_BY_MAX];
	size_t n_by;
	struct cs_arena *arena;
	struct group *groups;
	struct cs_stats_row *rows;
};

int cs_stats_new(const struct cs_by *by, size_t n_by, struct cs_stats **ret, struct cs_err *err)
{
	struct cs_stats *s = calloc(1, sizeof(*s));

	if (s)
		s->arena = cs_arena_new();
	if (!s || !s->arena) {
		free(s);
		return cs_err_nomem(err);
	}
	if (n_by)
		memcpy(s->by, by, n_by * sizeof(*by));
	s->n_by = n_by;
	*ret = s;
	return 0;
}

void cs_stats_free(struct cs_stats *stats)
{
	struct group *g, *next;

	if (!stats)
		return;
	HASH_ITER(hh, stats->groups, g, next)
	{
		HASH_DEL(stats->groups, g);
		free(g->ratios.v);
		free(g->durations.v);
		free(g);
	}
	free(stats->rows);
	cs_arena_free(stats->arena);
	free(stats);
}

static struct group *find_group(struct cs_stats *s, const struct cs_build *b)
{
	char text[CS_BY_MAX][CS_TIME_TEXT];
	const char *keys[CS_BY_MAX] = { NULL };
	struct cs_buf joined CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct group *g = NULL;

	for (size_t i = 0; i < s->n_by; i++) {
		keys[i] = cs_by_value(&s->by[i], b, text[i]);
		if (cs_buf_puts(&joined, keys[i] ? keys[i] : "\x1e") < 0 ||
		    cs_buf_putc(&joined, '\x1f') < 0)
			return NULL;
	}
	if (!joined.data && cs_buf_puts(&joined, "") < 0)
		return NULL;
	HASH_FIND(hh, s->groups, joined.data, joined.len, g);
	if (g)
		return g;
	g = calloc(1, sizeof(*g));
	if (!g)
		return NULL;
	g->hash_key = cs_arena_strndup(s->arena, joined.data, joined.len);
	for (size_t i = 0; g->hash_key && i < s->n_by; i++) {
		g->row.keys[i] = cs_arena_strdup(s->arena, keys[i]);
		if (keys[i] && !g->row.keys[i])
			g->hash_key = NULL;
	}
	if (!g->hash_key) {
		free(g);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, s->groups, g->hash_key, joined.len, g);
	if (!g->hh.tbl) {
		free(g);
		return NULL;
	}
	return g;
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

int cs_stats_add(struct cs_stats *stats, const struct cs_build *build, const struct cs_figures *f,
		 struct cs_err *err)
{
	struct group *g = find_group(stats, build);
	struct cs_stats_row *row;

	if (!g)
		return cs_err_nomem(err);
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

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
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

int cs_stats_rows(struct cs_stats *stats, const struct cs_stats_row **ret, size_t *ret_n,
		  struct cs_err *err)
{
	size_t n = HASH_COUNT(stats->groups), i = 0;
	struct group *g, *next;

	free(stats->rows);
	stats->rows = calloc(n ? n : 1, sizeof(*stats->rows));
	if (!stats->rows)
		return cs_err_nomem(err);
	HASH_ITER(hh, stats->groups, g, next)
	{
		if (g->ratios.n)
			qsort(g->ratios.v, g->ratios.n, sizeof(double), compare_doubles);
		if (g->durations.n)
			qsort(g->durations.v, g->durations.n, sizeof(double), compare_doubles);
		g->row.step_hit_ratio_median = cs_quantile(g->ratios.v, g->ratios.n, 0.5);
		g->row.step_hit_ratio_p25 = cs_quantile(g->ratios.v, g->ratios.n, 0.25);
		g->row.step_hit_ratio_p75 = cs_quantile(g->ratios.v, g->ratios.n, 0.75);
		g->row.n_durations = (int64_t)g->durations.n;
		g->row.duration_ns_median =
			g->durations.n ? llround(cs_quantile(g->durations.v, g->durations.n, 0.5))
				       : -1;
		stats->rows[i++] = g->row;
	}
	qsort(stats->rows, n, sizeof(*stats->rows), compare_rows);
	*ret = stats->rows;
	*ret_n = n;
	return 0;
}
