/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by history.c (projects, commits, runs) and history_build.c (what one build did). */
#ifndef CS_TESTS_SUPPORT_HISTORY_IMPL_H
#define CS_TESTS_SUPPORT_HISTORY_IMPL_H

#include "support/history.h"

#define GEN_DEFS	20
#define GEN_PULLS	4
#define GEN_SLOTS	256
#define GEN_BASE_LAYERS 6

enum gen_stage { GEN_BASE, GEN_DEPS, GEN_BUILD, GEN_TEST, GEN_PROD, GEN_N_STAGES };
enum gen_input { GEN_IN_NONE, GEN_IN_DEPS, GEN_IN_SOURCE, GEN_IN_TESTS };

/* A line of the Dockerfile. */
struct gen_def {
	enum gen_stage stage;
	enum gen_input input;
	bool exec;
	const char *text; /* has one %u, of the number of its edit */
	int64_t median_ns;
};

/* What a commit holds, as version numbers that a project never gives twice. */
struct gen_tree {
	uint32_t base, deps, source, tests, edits[GEN_DEFS];
	uint64_t commit;
};

/* A cached step: when it ran, and what made its layer differ from any other run's. */
struct gen_slot {
	uint64_t key, nonce;
	int64_t created_unix_ns;
};
/* Placed by key, so that old entries are lost as in a cache of bounded size. */
struct gen_cache {
	struct gen_slot slots[GEN_SLOTS];
};

struct gen_project {
	char name[48];
	uint64_t id;
	const char *platform;
	struct gen_def defs[GEN_DEFS];
	int n_defs, n_base_layers;
	bool stamped; /* its images carry the commit as a label */
	uint32_t n_versions, n_pulls, n_releases, pull_no[GEN_PULLS];
	uint64_t n_commits;
	struct gen_tree main, pulls[GEN_PULLS];
	struct gen_cache test, production; /* before: all builds use production's */
};

/* One build to be told. */
struct gen_job {
	struct gen_project *project;
	const struct gen_tree *tree;
	const struct cs_run *run;
	bool production, pushed, after, no_cache;
	int64_t started_unix_ns, no; /* of all builds */
};

struct gen_random {
	uint64_t state;
};
uint64_t gen_draw(struct gen_random *r);
bool gen_chance(struct gen_random *r, unsigned per_mille);
uint32_t gen_below(struct gen_random *r, uint32_t n);
/* Log-normal about median; width in 1/64 octaves is one standard deviation. */
int64_t gen_spread(struct gen_random *r, int64_t median, int width);
uint64_t gen_mix(uint64_t a, uint64_t b);
struct cs_digest gen_digest(uint64_t a, uint64_t b);
char *gen_hex(struct cs_arena *arena, uint64_t a, size_t digits);

/* NULL texts when memory is out are the arena's: checked once, by its last array. */
int gen_build(struct gen_random *random, const struct gen_job *job, struct cs_arena *arena,
	      struct cs_build *ret, struct cs_err *err);

#endif
