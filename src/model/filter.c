/* SPDX-License-Identifier: Apache-2.0 */
#include "model/filter.h"

#include <string.h>

#include "util/text.h"

void cs_filter_init(struct cs_filter *f)
{
	memset(f, 0, sizeof(*f));
	f->since_unix_ns = CS_TIME_NONE;
	f->until_unix_ns = CS_TIME_NONE;
}

bool cs_filter_add(struct cs_filter_list *list, const char *value)
{
	if (list->n == CS_FILTER_VALUES)
		return false;
	list->v[list->n++] = value;
	return true;
}

static bool in_list(const struct cs_filter_list *list, const char *value)
{
	if (!list->n)
		return true;
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], value ? value : "") == 0)
			return true;
	}
	return false;
}

static bool has_label(const struct cs_facts *facts, const struct cs_kv *want)
{
	for (size_t i = 0; i < facts->n_labels; i++) {
		if (strcmp(facts->labels[i].key, want->key) == 0)
			return strcmp(facts->labels[i].value, want->value) == 0;
	}
	return false;
}

bool cs_filter_match(const struct cs_filter *f, const struct cs_build *build)
{
	const struct cs_facts *facts = &build->facts;
	int64_t t = cs_build_time(build);

	if (!in_list(&f->project, facts->project) || !in_list(&f->scope, facts->scope) ||
	    !in_list(&f->event, cs_event_name(facts->event)) || !in_list(&f->ref, facts->ref) ||
	    !in_list(&f->target, facts->target) || !in_list(&f->platform, build->platform))
		return false;
	for (size_t i = 0; i < f->n_labels; i++) {
		if (!has_label(facts, &f->labels[i]))
			return false;
	}
	if (f->since_unix_ns != CS_TIME_NONE && (t == CS_TIME_NONE || t < f->since_unix_ns))
		return false;
	return f->until_unix_ns == CS_TIME_NONE || (t != CS_TIME_NONE && t < f->until_unix_ns);
}

int cs_event_check(const char *name, struct cs_err *err)
{
	struct cs_closest closest;

	cs_closest_init(&closest, name);
	for (int e = CS_EVENT_NONE + 1; e <= CS_EVENT_OTHER; e++) {
		if (strcmp(name, cs_event_name((enum cs_event)e)) == 0)
			return 0;
		cs_closest_try(&closest, cs_event_name((enum cs_event)e));
	}
	if (closest.best)
		return cs_err_set(err, CS_USAGE, "no class '%s' (did you mean '%s'?)", name,
				  closest.best);
	return cs_err_set(err, CS_USAGE,
			  "no class '%s': pull_request, push, push_main, release, schedule, "
			  "manual, other",
			  name);
}
