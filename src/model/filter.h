/* SPDX-License-Identifier: Apache-2.0 */
/* Which builds a question is about. Values of one key are alternatives, keys are conjoined. */
#ifndef CS_MODEL_FILTER_H
#define CS_MODEL_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include "model/build.h"

#define CS_FILTER_VALUES 32

struct cs_filter_list {
	const char *v[CS_FILTER_VALUES];
	size_t n;
};

struct cs_filter {
	struct cs_filter_list project, scope, event, ref, target, platform;
	struct cs_kv labels[CS_FILTER_VALUES]; /* all must match */
	size_t n_labels;
	int64_t since_unix_ns,
		until_unix_ns; /* CS_TIME_NONE = open; [since, until) by build start */
};

void cs_filter_init(struct cs_filter *f);
/* False in the list is CS_USAGE at the option parser; this is for the store and tests. */
bool cs_filter_add(struct cs_filter_list *list, const char *value);
/* 0 for the name of an event class; else CS_USAGE with the nearest one, or all. */
int cs_event_check(const char *name, struct cs_err *err);
/* started: the build's start, else when it was recorded. */
bool cs_filter_match(const struct cs_filter *f, const struct cs_build *build);
static inline int64_t cs_build_time(const struct cs_build *b)
{
	return b->facts.started_unix_ns != CS_TIME_NONE ? b->facts.started_unix_ns
							: b->recorded_unix_ns;
}

#endif
