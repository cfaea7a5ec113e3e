/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What GitHub Actions, GitLab CI and Jenkins say of the running job. For a GitHub pull_request the
 * commit is the head's (event file), not the merge commit's (GITHUB_SHA). A variable that is not
 * there, or an event file that cannot be read, leaves the fact unknown.
 */
#ifndef CS_CI_ENV_H
#define CS_CI_ENV_H

#include "model/build.h"
#include "util/ctx.h"

enum cs_ci { CS_CI_NONE, CS_CI_GITHUB, CS_CI_GITLAB, CS_CI_JENKINS };

/*
 * default_branch: from the configuration, or NULL. Texts live in arena. *ret is what the job knows
 * (unknown facts as cs_facts_init() leaves them); *ret_default_branch is default_branch, else the
 * one the CI names, else NULL.
 */
int cs_ci_env_read(const struct cs_ctx *ctx, const char *(*get)(void *arg, const char *name),
		   void *arg, const char *default_branch, struct cs_arena *arena,
		   enum cs_ci *ret_ci, struct cs_facts *ret, const char **ret_default_branch,
		   struct cs_err *err);

#endif
