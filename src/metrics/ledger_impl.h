/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a ledger, for ledger*.c alone. */
#ifndef CS_METRICS_LEDGER_IMPL_H
#define CS_METRICS_LEDGER_IMPL_H

#include <string.h>

#include "metrics/ledger.h"
#include "metrics/mix.h"
#include "metrics/tables.h"

/* A step that ran. */
struct cs_executed {
	uint64_t hash; /* with the run; 0 in a free slot */
	int64_t duration_ns;
	uint32_t build; /* place in the ledger's builds; in a slot that of the last one */
	uint32_t def;	/* of the dictionary; CS_LEDGER_NONE in a slot: stands in again */
};

/* What ran lately, and what of it ran more than once. */
struct cs_executions {
	struct cs_executed *slots; /* open addressing by hash */
	size_t n, cap;
	struct cs_executed *again; /* the first ones too */
	size_t n_again, cap_again;
};

struct cs_ledger {
	const struct cs_policy *policy;
	struct cs_brief_dict *dict; /* of the builds; NULL without */
	struct cs_texts names, projects, workflows;
	struct cs_texts judged; /* names of jobs and workflows of runs */
	uint8_t *verdicts;	/* by these: bits of what the policy says of the name */
	size_t n_verdicts, cap_verdicts;
	struct cs_run_names run_names;			   /* the same places as runs */
	struct cs_map workflow_keys;			   /* of project and workflow */
	struct cs_map place_keys, scope_keys, writer_keys; /* of the dictionary's numbers */
	struct cs_ledger_build *builds;
	size_t n_builds, cap_builds;
	struct cs_ledger_run *runs;
	size_t n_runs, cap_runs;
	struct cs_ledger_place *places;
	size_t n_places, cap_places;
	struct cs_ledger_scope *scopes;
	size_t n_scopes, cap_scopes;
	struct cs_executions executions;
	struct cs_ledger_work *work;
	size_t n_work, cap_work;
	int64_t latest_unix_ns; /* start of the last build */
	bool in_order;		/* builds came oldest first */
};

/* ledger_keys.c: fills input, config and diff_ids (M7). */
void cs_ledger_keys(const struct cs_build *build, struct cs_ledger_build *row);

/* ledger_work.c: remembers what the brief, of the last of builds, says was executed. */
int cs_ledger_add_steps(struct cs_ledger *ledger, const struct cs_brief *brief, struct cs_err *err);
/* Counts what was executed twice, before builds are sorted. */
int cs_ledger_finish_steps(struct cs_ledger *ledger, struct cs_err *err);

#endif
