/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a ledger, for ledger*.c alone. */
#ifndef CS_METRICS_LEDGER_IMPL_H
#define CS_METRICS_LEDGER_IMPL_H

#include <string.h>

#include "metrics/ledger.h"
#include "metrics/mix.h"
#include "util/hash.h"

/* A growing array of anything. */
struct cs_rows {
	void *v;
	size_t n, cap;
};
/* Room for one more at v + n * size; n is the caller's to raise. False without memory. */
bool cs_rows_reserve(struct cs_rows *rows, size_t size);

/* Texts that are kept once and numbered 0, 1, 2 … as they come. */
struct cs_name;
struct cs_names {
	struct cs_name *head;
	struct cs_rows texts; /* const char * */
};

struct cs_ledger {
	const struct cs_policy *policy;
	struct cs_arena *arena;
	struct cs_names names;
	/* joined fields; a number of the first two is a place in places and scopes */
	struct cs_names place_keys, scope_keys, writer_keys, project_keys, workflow_keys;
	struct cs_rows builds; /* struct cs_ledger_build */
	struct cs_rows runs;   /* struct cs_ledger_run */
	struct cs_rows places; /* struct cs_ledger_place */
	struct cs_rows scopes; /* struct cs_ledger_scope */
	struct cs_rows steps;  /* struct executed */
	size_t fold_at;	       /* so many steps are worth a look for old ones */
	struct cs_rows work;   /* struct cs_ledger_work */
	uint32_t *run_index;   /* open addressing by hash; CS_LEDGER_NONE is free */
	size_t run_slots;
	int64_t latest_unix_ns; /* start of the last build */
	bool in_order;		/* builds came oldest first */
};

/* The number of a text among names; CS_LEDGER_NONE without memory. */
uint32_t cs_ledger_name(struct cs_ledger *ledger, const char *text);
static inline const char *cs_ledger_text(const struct cs_ledger *ledger, uint32_t name)
{
	return ((const char **)ledger->names.texts.v)[name];
}

/* ledger_keys.c: fills input, config and diff_ids (M7). */
void cs_ledger_keys(const struct cs_build *build, struct cs_ledger_build *row);

/* ledger_work.c: remembers what the build, the last of builds, executed. */
int cs_ledger_add_steps(struct cs_ledger *ledger, const struct cs_build *build, struct cs_err *err);
/* Counts what was executed twice, before builds are sorted. */
int cs_ledger_finish_steps(struct cs_ledger *ledger, struct cs_err *err);

#endif
