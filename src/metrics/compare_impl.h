/* SPDX-License-Identifier: Apache-2.0 */
/* What compare*.c share: the two sides as they were added. */
#ifndef CS_METRICS_COMPARE_IMPL_H
#define CS_METRICS_COMPARE_IMPL_H

#include "metrics/compare.h"
#include "util/arena.h"
#include "util/hash.h"

#define CS_NO_PAIR UINT32_MAX

/* One build. Amounts of -1 are unknown. */
struct cs_item {
	uint32_t run, scope, target, job; /* index of the run, of names */
	bool cold, completed, failed, rated, test, production, after_test, has_layers, wall_known;
	int64_t started_unix_ns, duration_ns;
	int64_t hits, runs, own_bytes, hit_bytes, gross_ns, run_ns, cached, total;
	int64_t pushed_bytes, pulled_bytes;
	int64_t wall_ns, overhead_ns;
};

struct cs_cluster {
	enum cs_event event;
	uint32_t pair;	      /* index of the other side's run */
	const char *pair_key; /* NULL: has none */
	bool first;	      /* holds the first build of a scope */
	bool lone;	      /* one build that names no run */
	bool minutes_known, saved_known;
	int64_t minutes, saved_minutes;
	int64_t duplicates, unexpected;
	const char *key;
	size_t key_len;
	UT_hash_handle hh;
};

struct cs_name {
	uint32_t index;
	int64_t builds;
	const char *text;
	UT_hash_handle hh;
};
struct cs_names {
	struct cs_name *map;
	struct cs_name **v; /* by index */
	uint32_t n, cap;
};

struct cs_blob {
	uint32_t scope; /* CS_NO_PAIR = any */
	int64_t bytes;
	UT_hash_handle hh;
	char key[];
};

struct cs_history_side {
	struct cs_cluster **runs;
	uint32_t n_runs, cap_runs;
	struct cs_cluster *by_key;
	struct cs_item *items;
	size_t n_items, cap_items;
	struct cs_blob *blobs;
	bool counted[2];      /* duplicates, unexpected builds were told */
	int64_t elsewhere[2]; /* of them, in no known run */
};

struct cs_compare {
	struct cs_compare_options options;
	struct cs_bootstrap_chance *chance;
	struct cs_arena *arena;
	struct cs_history_side side[2];
	struct cs_names scopes, targets, jobs;
	bool finished, paired;
	const char *pair_key;
	struct cs_compare_row *rows;
	size_t n_rows, cap_rows;
	size_t left_out[2];
};

/* What is one observation, and what is divided by what. */
enum cs_figure_kind {
	CS_PER_RUN, /* mean of an amount per run, those without builds too */
	CS_TOTAL,   /* sum of an amount per run, compared as it is */
	CS_SUM,	    /* the same, one observation a build */
	CS_RATE,    /* sum over sum, one observation a build */
	CS_SPECIAL, /* no sum over runs */
};
enum cs_figure_dims { CS_D_EVENT = 1, CS_D_SCOPE = 2, CS_D_TARGET = 4, CS_D_TARGET_EVENT = 8 };
enum cs_figure_kind cs_compare_figure_kind(enum cs_compare_figure f);
unsigned cs_compare_figure_dims(enum cs_compare_figure f);

/* What a build says to a figure. */
struct cs_amount {
	bool takes_part; /* else nothing */
	bool known;
	double num, den;
};
struct cs_amount cs_compare_amount(enum cs_compare_figure f, const struct cs_item *item);
/* Figures that runs have, not builds. False = the run's amount is not known. */
bool cs_compare_run_amount(const struct cs_compare *c, enum cs_compare_figure f,
			   const struct cs_cluster *run, double *num);

/* Once: minutes of jobs, builds after a test build, pairs. */
int cs_compare_finish(struct cs_compare *c, struct cs_err *err);

/* Which builds a row is about; -1 = any. */
struct cs_row_spec {
	enum cs_compare_figure figure;
	int64_t scope, target, event;
	bool test, after_test; /* only such builds */
	bool warm_runs;	       /* without runs that hold the first build of a scope */
};
void cs_compare_row_init(const struct cs_compare *c, const struct cs_row_spec *spec,
			 struct cs_compare_row *row);
void cs_compare_set_change(struct cs_compare_row *row); /* from the two values */
/* The same for every figure, also those that are no sum over runs. */
int cs_compare_any_row(struct cs_compare *c, const struct cs_row_spec *spec,
		       struct cs_compare_row *ret, struct cs_err *err);
/* False: of this figure nothing was told (ci_cost without a rate). */
bool cs_compare_has(const struct cs_compare *c, enum cs_compare_figure f);
int cs_compare_row_of(struct cs_compare *c, const struct cs_row_spec *spec,
		      struct cs_compare_row *ret, struct cs_err *err);

#endif
