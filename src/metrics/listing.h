/* SPDX-License-Identifier: Apache-2.0 */
/* The Dockerfile of a build, line by line, with what became of its instructions and their price. */
#ifndef CS_METRICS_LISTING_H
#define CS_METRICS_LISTING_H

#include "metrics/price.h"
#include "util/arena.h"

struct cs_listing_line {
	const char *text; /* without its end */
	/*
	 * Of the instruction that begins here; several platforms make several steps of one. NULL on
	 * all other lines, and where the outcome of a base image says nothing (M1).
	 */
	const char *state;    /* a step's, or "mixed" */
	const char *evidence; /* the weakest */
	int64_t duration_ns;  /* sum of those that are known; -1 unknown */
	int64_t typical_ns;   /* sum of prices; -1 if one of them is unknown */
	uint32_t *steps;      /* indexes of steps */
	size_t n_steps;
};

/*
 * prices may be NULL. *ret_n = 0 where the Dockerfile or the lines of its steps are not known.
 * Lives in arena; CS_NOMEM.
 */
int cs_listing_of(const struct cs_build *build, const struct cs_prices *prices,
		  struct cs_arena *arena, struct cs_listing_line **ret, size_t *ret_n,
		  struct cs_err *err);

#endif
