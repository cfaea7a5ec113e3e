/* SPDX-License-Identifier: Apache-2.0 */
/* From an input to judged images and the builds that made them; what analyze, show and diff share. */
#ifndef CS_CMD_ANALYSIS_H
#define CS_CMD_ANALYSIS_H

#include "cmd/cmd.h"
#include "image/load.h"
#include "store/store.h"

struct cs_analysis {
	struct cs_arena *arena;
	struct cs_image_list images;
	struct cs_build *builds;  /* one for each image, with id, facts and verdicts */
	int64_t *scope_builds;	  /* of the same scope, recorded earlier */
	struct cs_digest *base;	  /* diff-ids of --base */
	size_t n_base;
};

/* Reads and checks the images; store tells which layers are known. */
int cs_analysis_load(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		     const char *where, struct cs_analysis *ret, struct cs_err *err);
/* The same with layers known of this project, not of that which options, configuration, CI name. */
int cs_analysis_load_for(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
			 const char *project, const char *where, struct cs_analysis *ret,
			 struct cs_err *err);
/*
 * The build of image i as the image tells it, base layers told from own ones, nothing judged: facts
 * are hints. For builds that other documents tell of, too.
 */
int cs_analysis_build(struct cs_store *store, struct cs_analysis *a, size_t i, const char *project,
		      struct cs_build *ret, struct cs_err *err);
/*
 * Judges image i by what is recorded now and fills builds[i]. One after the other, each recorded
 * before the next: the images of one input are a history too.
 */
int cs_analysis_judge(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		      struct cs_analysis *a, size_t i, struct cs_err *err);
void cs_analysis_release(struct cs_analysis *a);

/* --platform --all-platforms --trust-known --base, for the commands that read images */
extern const struct cs_option_group cs_group_image;

#endif
