/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What builds an event may start: the policy table of metrics.md as data. Read from YAML by
 * ci/policy.c, held against what really happened by metrics/strategy.c.
 */
#ifndef CS_MODEL_POLICY_H
#define CS_MODEL_POLICY_H

#include <stdbool.h>

#include "model/build.h"

/* What a build is for. 0 is "other": no pattern names it, no rule speaks of it alone. */
#define CS_POLICY_ROLES	   8
#define CS_POLICY_PATTERNS 64
#define CS_POLICY_ORDER	   8
#define CS_POLICY_TESTS	   CS_POLICY_ROLES /* in an order: the tests that run in the image */

struct cs_policy_role {
	const char *name;
	const char *patterns[CS_POLICY_PATTERNS]; /* shell patterns, in lower case */
	size_t n;
};

/* How many builds of a role one run may hold. */
struct cs_policy_count {
	bool given;	      /* false: any number, nothing is expected */
	bool if_tests_passed; /* else 0 */
	int64_t min, max;     /* max -1: no bound */
};

struct cs_policy_rule {
	bool given;
	struct cs_policy_count roles[CS_POLICY_ROLES]; /* [0]: builds of no role */
	struct cs_policy_count total;		       /* builds of whatever role */
	uint8_t order[CS_POLICY_ORDER];		       /* roles or CS_POLICY_TESTS */
	size_t n_order;
};

struct cs_policy {
	struct cs_policy_role roles[CS_POLICY_ROLES]; /* [0] is "other", without patterns */
	size_t n_roles;
	unsigned test, production; /* places of these two, 0 where there is no such role */
	struct cs_policy_rule rules[CS_EVENT_OTHER + 1];
	/* workflows and jobs that work on a pre-built image: no build at all */
	const char *prebuilt[CS_POLICY_PATTERNS];
	size_t n_prebuilt;
};
void cs_policy_init(struct cs_policy *policy); /* no rule but the role "other" */
/*
 * The role whose pattern matches the target, else the one whose pattern matches the scope, else 0.
 * The first role wins; case is folded.
 */
unsigned cs_policy_role(const struct cs_policy *policy, const char *target, const char *scope);
/* The role of that name, 0 = none (or "other"). */
unsigned cs_policy_role_named(const struct cs_policy *policy, const char *name);
/* Whether a workflow or job of that name works on a pre-built image. */
bool cs_policy_prebuilt(const struct cs_policy *policy, const char *name);

#endif
