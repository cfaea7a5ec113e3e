/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A large history out of a seed, in the order of time: what an organisation's CI would have
 * recorded in two years. Integers only decide, so the same seed tells the same history everywhere.
 *
 * Project sizes follow Zipf's law, starts the shape of a working week. A commit mostly changes the
 * source, seldom what it depends on, the Dockerfile or the base image; a step is a hit if the cache
 * of its scope holds its key and all before it hit, so misses cascade. Layers of hits are those of
 * the build that made them. In the second half of the time the projects follow the policy that
 * strategy knows (label strategy=after), in the first one they build everything on each event.
 */
#ifndef CS_TESTS_SUPPORT_HISTORY_H
#define CS_TESTS_SUPPORT_HISTORY_H

#include "model/run.h"
#include "util/arena.h"

struct gen;

struct gen_options {
	uint64_t seed;
	int64_t builds;
	int projects; /* 0 = one for 200 builds, at most 500 */
};

/* The first and the last moment of every history. */
#define GEN_SINCE_UNIX_NS (INT64_C(1704067200) * CS_NS_PER_S) /* 2024-01-01, a Monday */
#define GEN_WEEKS	  104
#define GEN_UNTIL_UNIX_NS (GEN_SINCE_UNIX_NS + GEN_WEEKS * INT64_C(604800) * CS_NS_PER_S)

struct gen *gen_new(const struct gen_options *options); /* NULL = out of memory */
void gen_free(struct gen *gen);
/*
 * The next run with its builds, of which there may be none; 1 = all were told. Borrows from arena
 * and gen.
 */
int gen_next(struct gen *gen, struct cs_arena *arena, struct cs_run *ret_run,
	     struct cs_build **ret_builds, size_t *ret_n, struct cs_err *err);

#endif
