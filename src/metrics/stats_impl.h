/* SPDX-License-Identifier: Apache-2.0 */
/* What stats.c and stats_by.c share. */
#ifndef CS_METRICS_STATS_IMPL_H
#define CS_METRICS_STATS_IMPL_H

#include "metrics/stats.h"
#include "metrics/tables.h"

/* The values of one key, each once. */
struct cs_by_values {
	struct cs_texts texts;
	struct cs_map days; /* of time keys: texts by day */
};
void cs_by_values_release(struct cs_by_values *values);
/* The brief's value of that key, as a number of its texts; CS_NOTHING unknown. */
int cs_by_value(struct cs_by_values *values, const struct cs_by *by, struct cs_brief_dict *dict,
		const struct cs_brief *brief, uint32_t *ret, struct cs_err *err);

#endif
