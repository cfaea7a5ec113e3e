/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .cachestat.yml: what a project says once instead of on every command line. Unknown keys are
 * errors with file:line:column, so that a typing error is not a silent default.
 *
 *   project: acme/app
 *   default_branch: main
 *   scopes:                # first rule that matches wins; each condition is a shell pattern
 *     - scope: test
 *       target: "test*"
 *     - scope: production
 *       tag: "*:v*"
 *       event: release
 *   roles:                 # what a build is for, and how many of each an event may start: the
 *     test: [test, unit]   # form, and what holds without them, is in data/policy.yml
 *   policy:
 *     pull_request:
 *       test: at most 1
 *   check:                 # the gates of 'cachestat check', named as its options
 *     min_hit_rate: { test: 0.8, production: 90% }
 *   claims:                # what 'cachestat compare' holds against the history
 *     fewer_builds: 0.4
 *     quick_production:    # one of one's own, of any figure
 *       figure: duration_seconds
 *       target: prod
 *       at_most: 30s
 */
#ifndef CS_CI_CONFIG_H
#define CS_CI_CONFIG_H

#include "ci/settings.h"
#include "model/build.h"
#include "model/policy.h"
#include "util/ctx.h"

struct cs_scope_rule {
	const char *scope;
	/* conditions, NULL = any: gha scope, target, image tag, job, workflow, event, ref */
	const char *gha_scope, *target, *tag, *job, *workflow, *event, *ref;
};

struct cs_config {
	struct cs_arena *arena;
	const char *path; /* NULL where there was no file */
	const char *project, *default_branch;
	struct cs_scope_rule *scopes;
	size_t n_scopes;
	struct cs_settings check, claims; /* the form is in ci/settings.h */
	struct cs_policy policy;	  /* the default one, with what the file replaces */
};

/*
 * path NULL: .cachestat.yml of the current folder if there is one, else an empty configuration.
 * CS_USAGE for a file that is not one.
 */
int cs_config_load(const struct cs_ctx *ctx, const char *path, struct cs_config **ret,
		   struct cs_err *err);
void cs_config_free(struct cs_config *config);
CS_DEFINE_AUTO(struct cs_config *, cs_config_free)
/*
 * The scope of the first rule that matches, or NULL. event is held against the class and the CI's
 * word; a condition on an unknown fact does not hold.
 */
const char *cs_config_scope(const struct cs_config *config, const struct cs_facts *facts,
			    const char *gha_scope, const char *image_ref);

#define CS_SCOPE_MAX 128
/* 1 to CS_SCOPE_MAX of A-Z a-z 0-9 . _ - */
bool cs_scope_is_valid(const char *scope);

#endif
