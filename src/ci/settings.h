/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keys "check" and "claims" of .cachestat.yml: options written down once. A value is text, or a
 * mapping from scope or event to text; what the texts mean, the command that has the option knows.
 *
 *   check:
 *     min_hit_rate: { test: 0.8, production: 90% }
 *     max_builds: { pull_request: 1 }
 *     no_duplicates: true
 *   claims:
 *     fewer_builds: 0.4
 *     test_hit_rate: off
 *     quick_production: { figure: duration_seconds, target: prod, at_most: 30s }
 */
#ifndef CS_CI_SETTINGS_H
#define CS_CI_SETTINGS_H

#include "ci/yaml.h"

struct cs_setting {
	const char *name;    /* the key */
	const char *subject; /* of a mapping, else NULL */
	const char *text;
	const char *place; /* "'FILE':LINE:COLUMN", for messages */
};

struct cs_settings {
	struct cs_setting *v;
	size_t n;
};

/* names: the keys there are; n_names of them. CS_FORMAT with the place. */
int cs_settings_read(const struct cs_yaml *doc, const struct cs_yaml_node *node,
		     const char *const *names, size_t n_names, struct cs_arena *arena,
		     struct cs_settings *ret, struct cs_err *err);

#endif
