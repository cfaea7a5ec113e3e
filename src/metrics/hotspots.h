/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the time of many builds goes: sums by step, and the steps whose one miss took longest.
 * A step is the same by class, project, stage and instruction; what is no cacheable step counts by
 * its class alone. Distinct steps are bounded, what comes past that is one row.
 */
#ifndef CS_METRICS_HOTSPOTS_H
#define CS_METRICS_HOTSPOTS_H

#include "metrics/brief.h"

#define CS_HOTSPOTS_MAX 20000
#define CS_DEAREST_MAX	20 /* each is judged against many builds before it */

struct cs_hotspot {
	enum cs_step_class class;
	const char *project, *stage, *instruction; /* NULL unknown; all: the row of the rest */
	bool rest;
	int64_t runs, hits, priced_hits;
	int64_t run_ns, saved_ns; /* saved: by the price as of that build */
};

struct cs_dearest {
	char build_id[17];
	uint32_t step; /* its index */
	int64_t duration_ns;
};

struct cs_hotspots;

int cs_hotspots_new(struct cs_hotspots **ret, struct cs_err *err);
void cs_hotspots_free(struct cs_hotspots *h);
CS_DEFINE_AUTO(struct cs_hotspots *, cs_hotspots_free)
/* With steps. One dictionary for one of these, until the last add. */
int cs_hotspots_add(struct cs_hotspots *h, struct cs_brief_dict *dict, const struct cs_brief *brief,
		    struct cs_err *err);
/* The longest time first. Borrowed until the next add. */
int cs_hotspots_list(struct cs_hotspots *h, const struct cs_hotspot **ret, size_t *ret_n,
		     struct cs_err *err);
/* The dearest misses of cacheable steps, dearest first; of equal ones the earlier build's. */
const struct cs_dearest *cs_hotspots_dearest(const struct cs_hotspots *h, size_t *ret_n);

#endif
