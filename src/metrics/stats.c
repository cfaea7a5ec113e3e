/* SPDX-License-Identifier: Apache-2.0 */
/* Pooled sums need no history; only the medians keep one number a build. */
#include "metrics/stats.h"

#include <math.h>
#include <string.h>

#include "metrics/verdict.h"
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
	enum cs_by by[CS_BY_MAX];
	size_t n_by;
	struct cs_arena *arena;
	struct group *groups;
	struct cs_stats_row *rows;
};

static const char *const by_names[CS_N_BY] = { "scope", "event",   "target", "platform",
					       "job",	"project", "day",    "week" };

const char *cs_by_name(enum cs_by by)
{
	return by_names[by];
}

int cs_by_parse(const char *text, enum cs_by *by, size_t *ret_n, struct cs_err *err)
{
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, ","), k = 0;

		while (k < CS_N_BY &&
		       (strlen(by_names[k]) != len || memcmp(by_names[k], text, len) != 0))
			k++;
		if (k == CS_N_BY)
			return cs_err_set(err, CS_USAGE,
					  "cannot group by '%.*s' (scope, event, target, platform, "
					  "job, project, day, week)",
					  (int)(len > 40 ? 40 : len), text);
		if (n == CS_BY_MAX)
			return cs_err_set(err, CS_USAGE, "at most %d keys to group by", CS_BY_MAX);
		by[n++] = (enum cs_by)k;
		text += len;
		if (*text == ',')
			text++;
	}
	*ret_n = n;
	return 0;
}

int cs_stats_new(const enum cs_by *by, size_t n_by, struct cs_stats **ret, struct cs_err *err)
{
	struct cs_stats *s = calloc(1, sizeof(*s));

	if (s)
		s->arena = cs_arena_new();
	if (!s || !s->arena) {
		free(s);
		return cs_err_nomem(err);
	}
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

/* ISO 8601 week of a day counted from 1970-01-01, a Thursday. */
static void iso_week(int64_t unix_ns, char buf[CS_TIME_TEXT])
{
	int64_t day = unix_ns / (86400 * CS_NS_PER_S) - (unix_ns % (86400 * CS_NS_PER_S) < 0);
	int64_t weekday = ((day + 3) % 7 + 7) % 7; /* Monday 0 */
	int64_t thursday = day - weekday + 3, first;
	char date[CS_TIME_TEXT], year_start[CS_TIME_TEXT];
	struct cs_err ignored;

	cs_time_format(thursday * 86400 * CS_NS_PER_S, date);
	snprintf(year_start, sizeof(year_start), "%.4s-01-01T00:00:00Z", date);
	if (cs_time_parse(year_start, &first, &ignored) < 0)
		first = 0;
	snprintf(buf, CS_TIME_TEXT, "%.4s-W%02d", date,
		 (int)((thursday - first / (86400 * CS_NS_PER_S)) / 7 + 1));
}

static const char *key_of(const struct cs_build *b, enum cs_by by, char buf[CS_TIME_TEXT])
{
	int64_t t = b->facts.started_unix_ns != CS_TIME_NONE ? b->facts.started_unix_ns
							     : b->recorded_unix_ns;

	switch (by) {
	case CS_BY_SCOPE:
		return b->facts.scope;
	case CS_BY_EVENT:
		return b->facts.event == CS_EVENT_NONE ? NULL : cs_event_name(b->facts.event);
	case CS_BY_TARGET:
		return b->facts.target;
	case CS_BY_PLATFORM:
		return b->platform[0] ? b->platform : NULL;
	case CS_BY_JOB:
		return b->facts.job;
	case CS_BY_PROJECT:
		return b->facts.project;
	case CS_BY_DAY:
		if (t == CS_TIME_NONE)
			return NULL;
		cs_time_format(t, buf);
		buf[10] = '\0';
		return buf;
	default:
		if (t == CS_TIME_NONE)
			return NULL;
		iso_week(t, buf);
		return buf;
	}
}

static struct group *find_group(struct cs_stats *s, const struct cs_build *b)
{
	char text[CS_BY_MAX][CS_TIME_TEXT];
	const char *keys[CS_BY_MAX] = { NULL };
	struct cs_buf joined CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct group *g = NULL;

	for (size_t i = 0; i < s->n_by; i++) {
		keys[i] = key_of(b, s->by[i], text[i]);
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

/* M1. On a failed build BuildKit flags steps that never ran as cached: those are kept out. */
static int add_steps(struct group *g, const struct cs_build *b, bool first_of_scope)
{
	int64_t hits = 0, runs = 0, unknown = 0;

	for (size_t i = 0; i < b->n_steps; i++) {
		const struct cs_step *s = &b->steps[i];

		if (!cs_step_cacheable(s->class))
			continue;
		hits += s->state == CS_STATE_HIT;
		runs += s->state == CS_STATE_RUN;
		unknown += s->state == CS_STATE_UNKNOWN;
	}
	g->row.cold_builds += first_of_scope || (hits == 0 && runs > 0 && unknown == 0);
	if (unknown) {
		g->row.undecided_builds++;
		return 0;
	}
	if (hits + runs == 0)
		return 0;
	g->row.step_hits += hits;
	g->row.step_runs += runs;
	g->row.n_rated++;
	g->row.full_hits += runs == 0;
	return push(&g->ratios, (double)hits / (double)(hits + runs));
}

/* M2: by outcome where every own layer has one, else by presence in the scope's earlier builds. */
static void add_bytes(struct group *g, const struct cs_build *b, bool first_of_scope)
{
	struct cs_verdict_sums sums;
	bool decided;

	cs_verdict_sum(b->layers, b->n_layers, &sums);
	decided = sums.own > 0 && sums.undecided == 0;
	if (sums.own == 0 || (!decided && (first_of_scope || b->base_layers < 0)))
		return;
	g->row.n_bytes++;
	g->row.own_tar_bytes += sums.own_tar_bytes;
	g->row.own_blob_bytes += sums.own_blob_bytes;
	g->row.hit_tar_bytes += decided ? sums.hit_tar_bytes : sums.present_tar_bytes;
	g->row.hit_blob_bytes += decided ? sums.hit_blob_bytes : sums.present_blob_bytes;
}

int cs_stats_add(struct cs_stats *stats, const struct cs_build *build, bool first_of_scope,
		 struct cs_err *err)
{
	struct group *g = find_group(stats, build);
	const struct cs_facts *f = &build->facts;

	if (!g)
		return cs_err_nomem(err);
	g->row.builds++;
	if (build->status == CS_STATUS_FAILED || build->status == CS_STATUS_CANCELED) {
		g->row.failed_builds++;
		return 0;
	}
	if (add_steps(g, build, first_of_scope) < 0)
		return cs_err_nomem(err);
	add_bytes(g, build, first_of_scope);
	if (build->builder_cached_steps >= 0 && build->builder_total_steps >= 0) {
		g->row.builder_cached_steps += build->builder_cached_steps;
		g->row.builder_total_steps += build->builder_total_steps;
	}
	if (f->started_unix_ns != CS_TIME_NONE && f->completed_unix_ns != CS_TIME_NONE &&
	    push(&g->durations, (double)(f->completed_unix_ns - f->started_unix_ns)) < 0)
		return cs_err_nomem(err);
	return 0;
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
