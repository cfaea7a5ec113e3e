/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds per event (M8) and what the policy says of them: unexpected and missing builds, order,
 * production although tests failed.
 *
 * - A run counts with the builds it has, zero too. Runs of a later attempt are apart: who re-runs
 *   one job starts fewer builds than the event did.
 * - A build that names no run is counted in builds, but not in builds per run; only a rule that
 *   allows none (at most 0) can say something of it.
 * - Nothing is expected of a run on a pre-built image: its workflow or all its jobs match the
 *   policy's "prebuilt", or its workflow built nothing in the window while another one of the
 *   project did.
 * - A build of the role "other" may be the one that is missing: while a run has such builds, as
 *   many missing ones are not told.
 * - Whether tests passed: of the run, a test build that failed, or what its builds say, else its
 *   jobs named like tests; without all that the latest earlier word about the commit.
 */
#ifndef CS_METRICS_STRATEGY_H
#define CS_METRICS_STRATEGY_H

#include "metrics/ledger.h"

enum cs_kept { CS_KEPT_NO_RULE, CS_KEPT_YES, CS_KEPT_NO, CS_KEPT_CANNOT_TELL };
const char *cs_kept_name(enum cs_kept k); /* NULL, met, violated, cannot_tell */

struct cs_spread {
	int64_t runs, builds, zero, one, two, more; /* builds: of these runs */
};

struct cs_strategy_event {
	enum cs_event event;
	enum cs_kept kept;
	struct cs_spread spread; /* of first attempts */
	int64_t builds;		 /* of first attempts, those without a run too */
	int64_t builds_without_run;
	int64_t builds_other; /* of no role */
	int64_t expected;     /* nearest to what happened that the policy allows; -1 no rule */
	int64_t unexpected, missing; /* builds; -1 no rule */
	int64_t undecided;	     /* runs of which the policy cannot tell */
	int64_t order_violations;
	int64_t prebuilt_runs; /* of which no build is expected */
	int64_t rerun_runs, rerun_builds;
};

/* An event's builds of one role, or in one scope. */
struct cs_strategy_split {
	enum cs_event event;
	const char *role, *scope; /* one of both */
	const char *project;	  /* of a scope; NULL = "" */
	struct cs_spread spread;
	int64_t builds;
	int64_t expected, unexpected, missing; /* of roles that a rule names, else -1 */
};

enum cs_unexpected {
	CS_UNEXPECTED_NOT_IN_POLICY = 1, /* none of its role belongs there */
	CS_UNEXPECTED_TOO_MANY = 2,
	CS_UNEXPECTED_TESTS_FAILED = 4, /* would have been one, had the tests passed */
	CS_UNEXPECTED_NEVER_PUSHED = 8, /* production that went nowhere; beside another reason */
};
/* The name of one bit. */
const char *cs_unexpected_name(enum cs_unexpected bit);

struct cs_strategy_unexpected {
	uint32_t build; /* place in the ledger */
	uint8_t role;
	uint8_t reasons; /* enum cs_unexpected */
};

struct cs_strategy_missing {
	uint32_t run;
	uint8_t role; /* CS_POLICY_ROLES: any */
	int64_t builds;
};

enum cs_disorder {
	CS_DISORDER_TOO_EARLY,	  /* began before the build that comes first was done */
	CS_DISORDER_TESTS_FAILED, /* production although the tests failed, in whatever event */
};
const char *cs_disorder_name(enum cs_disorder d);

struct cs_strategy_disorder {
	enum cs_disorder kind;
	uint32_t build;	 /* the one that came too soon */
	uint32_t before; /* the one it should have waited for, CS_LEDGER_NONE unknown */
};

struct cs_strategy {
	struct cs_arena *arena;
	struct cs_strategy_event *events; /* those that occur, in the order of enum cs_event */
	size_t n_events;
	struct cs_strategy_split *roles,
		*scopes; /* by event, then as the policy has them, by name */
	size_t n_roles, n_scopes;
	struct cs_strategy_unexpected *unexpected; /* by start */
	size_t n_unexpected;
	struct cs_strategy_missing *missing; /* by run */
	size_t n_missing;
	struct cs_strategy_disorder *disorders; /* by start */
	size_t n_disorders;
};

struct cs_strategy_options {
	/* Builds were left out by scope, target or platform: the policy cannot be judged. */
	bool partial;
	/* The window: of a run that reaches over an end, nothing is missing. CS_TIME_NONE open. */
	int64_t since_unix_ns, until_unix_ns;
};

/* ledger: finished, must outlive *ret. n log n; 12 bytes a build and 48 a run while it runs. */
int cs_strategy_judge(const struct cs_ledger *ledger, const struct cs_strategy_options *options,
		      struct cs_strategy **ret, struct cs_err *err);
void cs_strategy_free(struct cs_strategy *strategy);
CS_DEFINE_AUTO(struct cs_strategy *, cs_strategy_free)

#endif
