/* SPDX-License-Identifier: Apache-2.0 */
/* What compare*.c share: the two sides as they were added. */
#ifndef CS_METRICS_COMPARE_IMPL_H
#define CS_METRICS_COMPARE_IMPL_H

#include "metrics/compare.h"
#include "metrics/tables.h"
#include "util/arena.h"

#define CS_NO_PAIR UINT32_MAX

/* One build. Amounts of -1 are unknown. */
struct cs_item {
	uint32_t run, scope, target, job; /* index of the run, of names */
	unsigned cold : 1, completed : 1, failed : 1, rated : 1, test : 1, production : 1;
	unsigned after_test : 1, has_layers : 1, wall_known : 1;
	int32_t hits, runs, cached, total;
	int64_t started_unix_ns, duration_ns;
	int64_t own_bytes, hit_bytes, gross_ns, run_ns;
	int64_t pushed_bytes, pulled_bytes;
	int64_t saved_ns; /* of wall-clock time, less overhead */
};

struct cs_cluster {
	uint8_t event; /* enum cs_event */
	bool first;    /* holds the first build of a scope */
	bool lone;     /* one build that names no run */
	bool minutes_known, saved_known;
	uint32_t pair;	   /* index of the other side's run */
	uint64_t pair_key; /* of texts, mixed; 0: has none */
	int64_t minutes, saved_minutes;
	int64_t duplicates, unexpected;
};

struct cs_compare_names {
	struct cs_texts texts;	  /* "" = unknown */
	struct cs_map numbers[2]; /* of each side's dictionary */
	int64_t *builds;
	size_t cap;
};

/* Places of items in one order; [first[i], first[i + 1]) of v are those of the key i. */
struct cs_order {
	uint32_t *v;
	uint32_t *first;
};

struct cs_history_side {
	struct cs_run_names names;
	uint32_t *named; /* index of the run by its place in names */
	uint32_t n_named;
	size_t cap_named;
	struct cs_cluster *runs;
	uint32_t n_runs;
	size_t cap_runs;
	struct cs_item *items;
	size_t n_items, cap_items;
	/* distinct blobs: of a scope, of all; their bytes */
	struct cs_set scope_blobs, blobs;
	int64_t *scope_bytes, bytes;
	size_t cap_bytes;
	/* what they say to a figure, once it was asked for; by the place in items */
	enum cs_compare_figure figure;
	struct cs_amount *amounts;
	uint8_t *flags;
	bool counted[2];      /* duplicates, unexpected builds were told */
	int64_t elsewhere[2]; /* of them, in no known run */
	/* once finished; within each key by run and job */
	uint32_t *by_run, *run_of; /* run_of: of each item */
	struct cs_order by_scope, by_target, by_event;
	/* runs by event, [1] those of them with no first build; lone ones apart */
	uint32_t n_runs_of[2][CS_STRATA], n_lone_of[2][CS_STRATA];
};

struct cs_compare {
	struct cs_compare_options options;
	struct cs_bootstrap_chance *chance;
	struct cs_arena *arena;
	struct cs_history_side side[2];
	struct cs_compare_names scopes, targets, jobs;
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

/* What each build of a side says to a figure. */
enum { CS_TAKES_PART = 1, CS_KNOWN = 2 };
struct cs_amount {
	double num, den;
};
/* Of one figure at a time: rows of one figure come together. -1 without memory. */
int cs_compare_amounts(struct cs_history_side *side, enum cs_compare_figure f);
/* Figures that runs have, not builds. */
bool cs_compare_of_runs(enum cs_compare_figure f);
/* False = the run's amount is not known. */
bool cs_compare_run_amount(const struct cs_compare *c, enum cs_compare_figure f,
			   const struct cs_cluster *run, double *num);

/* compare_finish.c. Once: orders, minutes of jobs, builds after a test build, pairs. */
int cs_compare_finish(struct cs_compare *c, struct cs_err *err);

/* Which builds a row is about; -1 = any. */
struct cs_row_spec {
	enum cs_compare_figure figure;
	int64_t scope, target, event;
	bool test, after_test; /* only such builds */
	bool warm_runs;	       /* without runs that hold the first build of a scope */
	bool plain;	       /* no interval, nothing standardised */
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
