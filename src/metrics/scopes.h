/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The health of scopes (M13). Two targets or platforms that write one scope in one run overwrite
 * each other's cache: a collision. A build writes, unless its recipe names caches and none to
 * export to.
 */
#ifndef CS_METRICS_SCOPES_H
#define CS_METRICS_SCOPES_H

#include "metrics/ledger.h"

struct cs_scope_health {
	const struct cs_ledger_scope *scope;
	int64_t writing_runs; /* runs with a build that writes it */
	int64_t collisions;   /* of these, with more than one target or platform */
	int64_t writers_max;  /* most targets and platforms in one run; 0 without runs */
};

/* ledger: finished. Rows by project and scope; free() them. 32 bytes a build while it runs. */
int cs_scopes_health(const struct cs_ledger *ledger, struct cs_scope_health **ret, size_t *ret_n,
		     struct cs_err *err);

#endif
