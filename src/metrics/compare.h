/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before/after (M9): the same figures of two sides of history, how they changed, how sure that is,
 * and whether what was claimed of the change is so. Runs and builds are added one at a time, each
 * side oldest first; memory grows by about 150 bytes a build, 120 a run and 50 a blob that is new,
 * never with steps.
 */
#ifndef CS_METRICS_COMPARE_H
#define CS_METRICS_COMPARE_H

#include "metrics/bootstrap.h"
#include "metrics/brief.h"
#include "model/run.h"

enum cs_side { CS_BEFORE, CS_AFTER };

enum cs_compare_figure {
	CS_CF_BUILDS,
	CS_CF_BUILDS_PER_EVENT,
	CS_CF_BUILD_SECONDS_PER_EVENT,
	CS_CF_STEP_HIT_RATIO,
	CS_CF_WARM_STEP_HIT_RATIO, /* of builds that are not cold; no claim goes by it */
	CS_CF_BYTE_HIT_RATIO,
	CS_CF_TIME_HIT_RATIO,
	CS_CF_BUILDER_CACHED_RATIO,
	CS_CF_DURATION_SECONDS,
	CS_CF_WARM_DURATION_SECONDS, /* of builds that are not cold */
	CS_CF_COLD_DURATION_SECONDS, /* first of a scope, or every cacheable step ran */
	CS_CF_WARM_SPEEDUP_RATIO,    /* 1 - median warm / median cold duration */
	CS_CF_COLD_BUILDS,
	CS_CF_FAILED_BUILDS,
	CS_CF_DUPLICATES,
	CS_CF_UNEXPECTED_BUILDS,
	CS_CF_PUSHED_BYTES,
	CS_CF_PULLED_BYTES,
	CS_CF_STORED_BYTES,
	CS_CF_CI_MINUTES, /* M10, per event */
	CS_CF_CI_MINUTES_SAVED,
	CS_CF_CI_COST, /* ci_minutes × the rate that the user gave */
	CS_N_CF
};
const char *cs_compare_figure_name(enum cs_compare_figure f);

enum cs_unit {
	CS_UNIT_COUNT,
	CS_UNIT_RATIO,
	CS_UNIT_SECONDS,
	CS_UNIT_BYTES,
	CS_UNIT_MINUTES,
	CS_UNIT_MONEY,
};
enum cs_unit cs_compare_figure_unit(enum cs_compare_figure f);

/* NaN = unknown, in all of these. */
struct cs_compare_side {
	int64_t n;    /* what the distribution stands on: runs (amounts per event) or builds */
	int64_t runs; /* that take part in the figure */
	double median, p25, p75, mean, total;
	double value;		 /* what is compared: pooled rate, mean per event, or total */
	struct cs_interval ci95; /* of value */
	bool partial;		 /* the amount of a build that belongs to it is not known */
};

struct cs_compare_row {
	enum cs_compare_figure figure;
	const char *scope, *event, *target; /* NULL = all */
	struct cs_compare_side before, after;
	double change, relative, reduction;
	/* of change where the figure is a rate, else of reduction; not known with too few runs */
	struct cs_interval ci95;
	bool enough_data; /* CS_COMPARE_MIN_RUNS runs on both sides, none of unknown amount */
	/* after with before's mix of events, only in rows over all events */
	double std_after, std_change, std_reduction, std_coverage;
	struct cs_interval std_ci95;
};

#define CS_COMPARE_MIN_RUNS 5
#define CS_COMPARE_GROUPS   32 /* scopes, and targets, that get rows: those with the most builds */

enum cs_pair {
	CS_PAIR_AUTO, /* by event where every run has one partner, else not */
	CS_PAIR_NONE,
	CS_PAIR_EVENT, /* project, workflow, event class and commit; CS_USAGE if that does not pair
			*/
	CS_PAIR_LABEL, /* equal values of a label of the runs; CS_USAGE likewise */
};

struct cs_compare_options {
	uint64_t seed;
	uint32_t resamples;
	enum cs_pair pair;
	const char *pair_label;
	double rate; /* money for a CI minute, NaN without */
};

struct cs_compare;

int cs_compare_new(const struct cs_compare_options *options, struct cs_compare **ret,
		   struct cs_err *err);
void cs_compare_free(struct cs_compare *compare);
CS_DEFINE_AUTO(struct cs_compare *, cs_compare_free)

/* All texts are copied. A run that builds name and nobody added is made from its first build. */
int cs_compare_add_run(struct cs_compare *compare, enum cs_side side, const struct cs_run *run,
		       struct cs_err *err);
/* What is known of a build beside its figures. */
struct cs_compare_marks {
	bool test, production; /* which kind of build it is */
};
/* What of briefs is asked for. */
unsigned cs_compare_wants(const struct cs_compare *compare);
/* One dictionary for a side, until its last add. */
int cs_compare_add_build(struct cs_compare *compare, enum cs_side side, struct cs_brief_dict *dict,
			 const struct cs_brief *brief, const struct cs_compare_marks *marks,
			 struct cs_err *err);
/*
 * M7 and M8: that many more builds of a run are duplicates, unexpected. run_id NULL: of none.
 * Without any call they are unknown; adding 0 makes them known.
 */
int cs_compare_count(struct cs_compare *compare, enum cs_side side, enum cs_compare_figure what,
		     const char *project, const char *run_id, int64_t attempt, int64_t n,
		     struct cs_err *err);

/* Rows in a fixed order; borrowed, like their texts, until the compare is freed. Once, at the end.
 */
int cs_compare_rows(struct cs_compare *compare, const struct cs_compare_row **ret, size_t *ret_n,
		    struct cs_err *err);

struct cs_compare_method {
	bool paired;
	const char *pair_key; /* "event+commit", "label.K", NULL unpaired */
	uint64_t seed;
	uint32_t resamples;
	int64_t runs[2], builds[2];
	size_t scopes_left_out, targets_left_out;
};
/* After the rows. */
void cs_compare_method(const struct cs_compare *compare, struct cs_compare_method *ret);

/* --- claims --- */

enum cs_verdict { CS_CANNOT_TELL, CS_HOLDS, CS_DOES_NOT_HOLD };
const char *cs_verdict_name(enum cs_verdict v);

enum cs_claim_kind {
	CS_CLAIM_BUILDS_PER_MAIN_PUSH,	      /* at most, after */
	CS_CLAIM_BUILDS_PER_MAIN_PUSH_BEFORE, /* at least, before */
	CS_CLAIM_FEWER_BUILDS,		      /* reduction of builds per event, at least */
	CS_CLAIM_TEST_HIT_RATE,		      /* M1 of test builds after, at least */
	CS_CLAIM_PRODUCTION_HIT_RATE,	      /* of production builds after one of test, at least */
	CS_CLAIM_FASTER_REBUILDS, /* reduction of build seconds per event, warm, at least */
	CS_CLAIM_NO_DUPLICATES,	  /* after, at most */
	CS_N_CLAIMS,
	CS_CLAIM_OWN = CS_N_CLAIMS /* of any figure, as the claim says */
};

enum cs_claim_side {
	CS_CLAIM_AFTER,
	CS_CLAIM_BEFORE,
	CS_CLAIM_CHANGE,    /* of rates the difference, of amounts the relative change */
	CS_CLAIM_REDUCTION, /* of amounts: 1 - after / before */
};
const char *cs_claim_side_name(enum cs_claim_side side);

struct cs_claim {
	enum cs_claim_kind kind;
	double claimed;
	bool off; /* not asked */
	const char *name;
	bool at_most;	   /* else at least */
	enum cs_unit unit; /* of claimed */
	/* of CS_CLAIM_OWN only; NULL = all */
	const char *about; /* "duration_seconds, target prod" */
	enum cs_compare_figure figure;
	enum cs_claim_side side;
	const char *scope, *event, *target;
};
/* The built-in values, in the order of the enum. */
void cs_claims_init(struct cs_claim claims[CS_N_CLAIMS]);
/*
 * Sets the unit of a claim of one's own; CS_USAGE where the figure has no rows by what the claim
 * names, or its side makes no sense of it.
 */
int cs_claim_check(struct cs_claim *claim, struct cs_err *err);

struct cs_claim_row {
	const struct cs_claim *claim;
	double measured; /* NaN unknown */
	struct cs_interval ci95;
	int64_t n; /* runs that it stands on: of the smaller side for reductions */
	enum cs_verdict verdict;
};
/*
 * holds: all of the interval keeps the claim, the bound included. does_not_hold: none of it does.
 * Else, and under CS_COMPARE_MIN_RUNS runs, cannot_tell. Duplicates are counted, not sampled: one
 * too many does not hold, however few the runs. Claims of a reduction use the standardised figure
 * unless the sides are paired; where less than 90 % of before's mix has a counterpart, nobody can
 * tell. What is counted (builds, duplicates, stored bytes …) and found on one side past the bound
 * is beyond doubt; that it is not past it needs the runs.
 */
int cs_compare_claim(struct cs_compare *compare, const struct cs_claim *claim,
		     struct cs_claim_row *ret, struct cs_err *err);

#endif
