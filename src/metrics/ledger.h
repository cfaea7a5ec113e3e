/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs and builds of a window in short: what strategy, duplicates, scopes and CI minutes need of
 * them, kept once for all four. Runs and builds come in any order. A build takes 64 bytes and its
 * run about 160 with its name; each executed step up to 96, of which builds that come oldest first
 * keep those of the last 35 days only (no CI lets a run live longer). Names of scopes, targets,
 * jobs and instructions are kept once.
 */
#ifndef CS_METRICS_LEDGER_H
#define CS_METRICS_LEDGER_H

#include "metrics/brief.h"
#include "model/policy.h"
#include "model/run.h"

#define CS_LEDGER_NONE UINT32_MAX

struct cs_ledger_build {
	uint64_t id;		 /* of the store: 16 hex digits; 0 unknown */
	int64_t started_unix_ns; /* else when it was recorded; CS_TIME_NONE */
	int64_t duration_ns;	 /* -1 unknown */
	/* M7, each with the source state; 0 unknown */
	uint64_t input;	   /* the key */
	uint64_t config;   /* config digest */
	uint64_t diff_ids; /* ordered diff-ids */
	uint32_t run;	   /* CS_LEDGER_NONE: it names none */
	uint32_t place;
	int32_t wall_saved_ms; /* M10: wall-clock saved less overhead; INT32_MIN unknown */
	unsigned event : 4;    /* its run's, where that is known */
	unsigned tests : 2;    /* enum cs_tri */
	unsigned pushed : 2;
	unsigned status : 2; /* enum cs_build_status */
	unsigned rerun : 1;  /* of an attempt after the first */
	unsigned writes : 1; /* its cache is written, as far as is known */
	unsigned dated : 1;  /* its start is known */
};

/* Where builds happen; few distinct ones. */
struct cs_ledger_place {
	const char *project, *scope, *target, *platform, *job; /* NULL unknown */
	uint32_t scope_key;  /* the same for one scope of one project */
	uint32_t writer_key; /* the same for one target and platform */
};

struct cs_ledger_run {
	const char *project; /* NULL = "" */
	const char *run_id;
	const char *workflow;
	int64_t attempt; /* 1 = the first, or unknown */
	uint64_t commit; /* of its project, hashed; 0 unknown */
	int64_t started_unix_ns, completed_unix_ns;
	uint32_t project_key, workflow_key; /* numbers of its project, and of its workflow there */
	enum cs_event event;
	enum cs_tri jobs_passed; /* by the conclusions of its jobs, of the test ones if told */
	bool listed;		 /* itself recorded, not only named by a build */
	bool prebuilt; /* its workflow, or every job of it that was not skipped, is such a one */
};

/* A step that was executed more than once in one run. */
struct cs_ledger_work {
	uint32_t run;
	const char *instruction;
	int64_t executions;
	int64_t wasted_ns;  /* all but the first */
	uint64_t builds[4]; /* ids, the earliest; 0 behind the last */
};

/* What a scope's steps did (M13); see metrics/scopes.h. */
struct cs_ledger_scope {
	const char *project, *scope;
	int64_t builds;
	int64_t first_unix_ns, last_unix_ns; /* starts; CS_TIME_NONE */
	int64_t misses, stored_misses; /* own layers that ran; whose blob had been stored before */
	int64_t new_blob_bytes;	       /* that its builds added; -1 unknown for any of them */
};

struct cs_ledger;

/* policy: which jobs are tests, which runs work on a pre-built image; must outlive the ledger. */
int cs_ledger_new(const struct cs_policy *policy, struct cs_ledger **ret, struct cs_err *err);
void cs_ledger_free(struct cs_ledger *ledger);
CS_DEFINE_AUTO(struct cs_ledger *, cs_ledger_free)
int cs_ledger_add_run(struct cs_ledger *ledger, const struct cs_run *run, struct cs_err *err);
#define CS_LEDGER_WANTS (CS_BRIEF_STEPS | CS_BRIEF_COMMIT)
/* One dictionary for one ledger; it lives until the ledger is finished. */
int cs_ledger_add(struct cs_ledger *ledger, struct cs_brief_dict *dict,
		  const struct cs_brief *brief, struct cs_err *err);

/* Ends the taking in. What follows is borrowed; builds by start, then id, runs as they came. */
int cs_ledger_finish(struct cs_ledger *ledger, struct cs_err *err);
const struct cs_policy *cs_ledger_policy(const struct cs_ledger *ledger);
const struct cs_ledger_build *cs_ledger_builds(const struct cs_ledger *ledger, size_t *ret_n);
const struct cs_ledger_run *cs_ledger_runs(const struct cs_ledger *ledger, size_t *ret_n);
const struct cs_ledger_place *cs_ledger_place(const struct cs_ledger *ledger, uint32_t place);
size_t cs_ledger_n_places(const struct cs_ledger *ledger);
const struct cs_ledger_scope *cs_ledger_scopes(const struct cs_ledger *ledger, size_t *ret_n);
const struct cs_ledger_work *cs_ledger_work(const struct cs_ledger *ledger, size_t *ret_n);
/* A build's id as text; "" for 0. */
char *cs_ledger_id(uint64_t id, char buf[17]);

#endif
