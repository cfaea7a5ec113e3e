/* SPDX-License-Identifier: Apache-2.0 */
/* What recording a build and putting it in the place of others share. */
#ifndef CS_STORE_STORE_PUT_H
#define CS_STORE_STORE_PUT_H

#include "store/store_impl.h"

/* Numbers of the texts of a build in its project's dictionary. */
struct cs_put_texts {
	int64_t scope, event_raw, ref, workflow, job, target, platform, image_ref;
	int64_t recipe, dockerfile, revision, error;
};

struct cs_putting {
	struct cs_store *store;
	struct cs_build *build; /* a copy, with a time of recording and clean texts */
	size_t n_labels;	/* of different keys */
	uint8_t id[8];
	struct cs_arena *arena;
	struct cs_step_plan *steps;
	const char *recipe; /* NULL = nothing is known of it */
	uint8_t origins[CS_N_FACTS + CS_N_PARTS];
	size_t n_origins;
	uint8_t *results; /* packed; NULL = none but config and manifest */
	size_t results_bytes;
	int64_t project, run, build_no;
	struct cs_put_texts ids;
	/* builds that go */
	const char *const *old_ids;
	size_t n_old;
	int64_t *old_nos;
};

/* All that can be done before the transaction. arena may be NULL: CS_NOMEM. */
int cs_putting_open(struct cs_store *store, const struct cs_build *build, struct cs_build *copy,
		    struct cs_arena *arena, struct cs_putting *ret, struct cs_err *err);
/* The number of the build with its id: 0; 1 = none. */
int cs_putting_find(struct cs_putting *put, struct cs_err *err);
/* Project, texts and run; then the build's own rows, under put->build_no unless that is 0. */
int cs_putting_context(struct cs_putting *put, struct cs_err *err);
int cs_putting_rows(struct cs_putting *put, struct cs_err *err);

#endif
