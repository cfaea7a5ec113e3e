/* SPDX-License-Identifier: Apache-2.0 */
/* One execution of a CI workflow for one event; it may hold no build at all (metrics.md). */
#ifndef CS_MODEL_RUN_H
#define CS_MODEL_RUN_H

#include "model/build.h"

struct cs_run_job {
	const char *name;
	const char *conclusion; /* the CI's word: success, failure, skipped, cancelled …; NULL
				   unknown */
	int64_t builds;		/* -1 unknown */
};

struct cs_run {
	int64_t number;	     /* of the store that it comes from, as in metrics/brief.h; 0 unknown */
	const char *project; /* NULL = "" */
	const char *run_id;  /* never NULL: with project and attempt the identity */
	int64_t attempt;     /* -1 unknown */
	const char *workflow;
	enum cs_event event;
	const char *event_raw;
	const char *ref, *commit;
	const char *conclusion;			    /* the CI's word */
	int64_t started_unix_ns, completed_unix_ns; /* CS_TIME_NONE unknown */
	struct cs_kv *labels;			    /* sorted by key */
	size_t n_labels;
	struct cs_run_job *jobs; /* skipped ones too */
	size_t n_jobs;
};
void cs_run_init(struct cs_run *run); /* all unknown */

#endif
