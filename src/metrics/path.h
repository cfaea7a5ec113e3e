/* SPDX-License-Identifier: Apache-2.0 */
/* The critical path of a build (M6): what its wall-clock time is at least, however many cores. */
#ifndef CS_METRICS_PATH_H
#define CS_METRICS_PATH_H

#include "model/build.h"

struct cs_path;

/*
 * The step graph of a build, which must outlive it. 0; 1 if the build has none: inputs are not
 * known (plain logs), or damaged (a cycle, an input that is not there).
 */
int cs_path_new(const struct cs_build *build, struct cs_path **ret, struct cs_err *err);
void cs_path_free(struct cs_path *path);
CS_DEFINE_AUTO(struct cs_path *, cs_path_free)
/*
 * Whether the step counts: it is cacheable, or a source or a merge that others wait for. Imports
 * and exports have no edges although they do not run beside the steps, so they are left out, as is
 * the builder's own work.
 */
bool cs_path_counts(const struct cs_path *path, size_t step);
/* Length in ns with these durations (n_steps of them, none negative). */
int64_t cs_path_longest(struct cs_path *path, const int64_t *duration_ns);

#endif
