/* SPDX-License-Identifier: Apache-2.0 */
/* Names of targets and scopes come from strangers: only the pattern matcher looks at them. */
#include "model/policy.h"

#include <string.h>

#include "util/text.h"

#define NAME_MAX_FOLDED 256

void cs_policy_init(struct cs_policy *policy)
{
	memset(policy, 0, sizeof(*policy));
	policy->roles[0].name = "other";
	policy->n_roles = 1;
}

/* ASCII only: patterns are. A longer name is no name that a pattern was written for. */
static bool fold(const char *name, char buf[NAME_MAX_FOLDED])
{
	size_t i;

	if (!name || !*name)
		return false;
	for (i = 0; name[i]; i++) {
		if (i + 1 == NAME_MAX_FOLDED)
			return false;
		buf[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
	}
	buf[i] = '\0';
	return true;
}

static bool matches(const char *const *patterns, size_t n, const char *folded)
{
	for (size_t i = 0; i < n; i++) {
		if (cs_text_glob(patterns[i], folded))
			return true;
	}
	return false;
}

static unsigned role_of(const struct cs_policy *policy, const char *name)
{
	char folded[NAME_MAX_FOLDED];

	if (!fold(name, folded))
		return 0;
	for (unsigned i = 1; i < policy->n_roles; i++) {
		if (matches(policy->roles[i].patterns, policy->roles[i].n, folded))
			return i;
	}
	return 0;
}

unsigned cs_policy_role(const struct cs_policy *policy, const char *target, const char *scope)
{
	unsigned role = role_of(policy, target);

	return role ? role : role_of(policy, scope);
}

unsigned cs_policy_role_named(const struct cs_policy *policy, const char *name)
{
	for (unsigned i = 1; i < policy->n_roles; i++) {
		if (strcmp(policy->roles[i].name, name) == 0)
			return i;
	}
	return 0;
}

bool cs_policy_prebuilt(const struct cs_policy *policy, const char *name)
{
	char folded[NAME_MAX_FOLDED];

	return fold(name, folded) && matches(policy->prebuilt, policy->n_prebuilt, folded);
}
