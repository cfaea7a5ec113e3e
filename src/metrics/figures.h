/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of one build, which every report sums, groups or compares: the rules of metrics.md
 * about what counts live here alone.
 */
#ifndef CS_METRICS_FIGURES_H
#define CS_METRICS_FIGURES_H

#include "metrics/price.h"

struct cs_figures {
	bool completed; /* neither failed nor canceled: only such builds are rated */
	bool undecided; /* cacheable steps of unknown outcome: kept out of the step rate (M1) */
	bool rated;	/* completed, decided, with at least one cacheable step */
	bool cold;	/* the first of its scope, or every cacheable step ran; only if completed */
	bool first_of_scope; /* as the caller said, failed or not */
	bool full_hit;	/* rated and every cacheable step hit */
	int64_t step_hits, step_runs; /* M1; 0 unless rated */
	/* M2, of own layers; -1 unknown (no layers, or presence says nothing yet) */
	int64_t own_tar_bytes, hit_tar_bytes, own_blob_bytes, hit_blob_bytes;
	int64_t new_blob_bytes; /* M15: blobs new to the scope, what a push has to move; -1 unknown
				 */
	int64_t pulled_blob_bytes; /* M15: of hits whose layers were fetched; -1 unknown */
	struct cs_savings savings; /* M3-M6; nothing known unless completed and decided */
	int64_t duration_ns;	   /* completed - started; -1 unknown */
	int64_t builder_cached_steps, builder_total_steps; /* the builder's own; -1 unknown */
};

/*
 * prices: learned from the builds before this one (it is not learned here). first_of_scope: no
 * earlier build of its scope is recorded. CS_NOMEM.
 */
int cs_figures_of(const struct cs_prices *prices, const struct cs_build *build, bool first_of_scope,
		  struct cs_figures *ret, struct cs_err *err);

/* From start to end; -1 where one is unknown or the end is before the start. */
int64_t cs_build_duration(const struct cs_build *build);

#endif
