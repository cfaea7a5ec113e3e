/* SPDX-License-Identifier: Apache-2.0 */
/* The recorded builds in the order of their start, with their figures: what every report begins
 * with. */
#ifndef CS_CMD_HISTORY_H
#define CS_CMD_HISTORY_H

#include "metrics/figures.h"
#include "store/store.h"

/* A build lives until fn returns; a positive result of fn ends the walk. */
typedef int cs_history_fn(void *arg, const struct cs_build *build, const struct cs_figures *figures,
			  struct cs_err *err);
/*
 * Oldest first. fn sees the builds that match; prices (M4) and what is the first build of a scope
 * come from all builds of the filter's projects, those before --since too, each as known when that
 * build began. with: CS_WITH_* (steps and layers are always there).
 */
int cs_cmd_history(struct cs_store *store, const struct cs_filter *filter, unsigned with,
		   cs_history_fn *fn, void *arg, struct cs_err *err);

#endif
