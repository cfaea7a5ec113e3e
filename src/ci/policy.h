/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two keys "roles" and "policy", in data/policy.yml (which the program carries) and in
 * .cachestat.yml (which replaces what it names). data/policy.yml says how they are written.
 */
#ifndef CS_CI_POLICY_H
#define CS_CI_POLICY_H

#include "ci/yaml.h"
#include "model/policy.h"

extern const char cs_policy_default[]; /* the text of data/policy.yml */

/*
 * Takes both keys of a mapping, roles first, into *policy; others are left alone. Texts come from
 * arena. CS_FORMAT with file, line and column.
 */
int cs_policy_read(const struct cs_yaml *doc, const struct cs_yaml_node *root,
		   struct cs_arena *arena, struct cs_policy *policy, struct cs_err *err);
/* The policy of data/policy.yml. */
int cs_policy_load_default(struct cs_arena *arena, struct cs_policy *policy, struct cs_err *err);

#endif
