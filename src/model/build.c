/* SPDX-License-Identifier: Apache-2.0 */
#include "model/build.h"

#include <string.h>
#include <strings.h>

#include "model/run.h"

#define NAME(table, value) ((size_t)(value) < CS_N(table) ? (table)[value] : "unknown")

static const char *const event_names[] = {
	[CS_EVENT_NONE] = "",		[CS_EVENT_PULL_REQUEST] = "pull_request",
	[CS_EVENT_PUSH] = "push",	[CS_EVENT_PUSH_MAIN] = "push_main",
	[CS_EVENT_RELEASE] = "release", [CS_EVENT_SCHEDULE] = "schedule",
	[CS_EVENT_MANUAL] = "manual",	[CS_EVENT_OTHER] = "other",
};

const char *cs_event_name(enum cs_event e)
{
	return NAME(event_names, e);
}

enum cs_event cs_event_classify(const char *word, const char *ref, const char *default_branch)
{
	static const struct {
		const char *word;
		enum cs_event event;
	} words[] = {
		{ "pull_request_target", CS_EVENT_PULL_REQUEST },
		{ "merge_request_event", CS_EVENT_PULL_REQUEST },
		{ "external_pull_request_event", CS_EVENT_PULL_REQUEST },
		{ "workflow_dispatch", CS_EVENT_MANUAL },
		{ "repository_dispatch", CS_EVENT_MANUAL },
		{ "web", CS_EVENT_MANUAL },
		{ "tag", CS_EVENT_RELEASE },
	};
	static const char heads[] = "refs/heads/";

	if (!word || !*word)
		return CS_EVENT_NONE;
	if (strcmp(word, "push") == 0) {
		if (!ref)
			return CS_EVENT_PUSH;
		if (strncmp(ref, "refs/tags/", 10) == 0)
			return CS_EVENT_RELEASE;
		if (strncmp(ref, heads, sizeof(heads) - 1) == 0)
			ref += sizeof(heads) - 1;
		if (!default_branch)
			default_branch = "main";
		return strcmp(ref, default_branch) == 0 ? CS_EVENT_PUSH_MAIN : CS_EVENT_PUSH;
	}
	for (size_t i = 1; i < CS_N(event_names); i++) {
		if (strcmp(word, event_names[i]) == 0)
			return (enum cs_event)i;
	}
	for (size_t i = 0; i < CS_N(words); i++) {
		if (strcmp(word, words[i].word) == 0)
			return words[i].event;
	}
	return CS_EVENT_OTHER;
}

void cs_facts_init(struct cs_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	facts->attempt = -1;
	facts->started_unix_ns = CS_TIME_NONE;
	facts->completed_unix_ns = CS_TIME_NONE;
}

void cs_recipe_init(struct cs_recipe *recipe)
{
	memset(recipe, 0, sizeof(*recipe));
	recipe->n_warnings = -1;
}

const char *cs_source_kind_name(enum cs_source_kind k)
{
	static const char *const names[] = { "unknown", "image", "kaniko",  "classic",
					     "buildah", "plain", "rawjson", "record" };

	return NAME(names, k);
}

const char *cs_build_status_name(enum cs_build_status s)
{
	static const char *const names[] = { "unknown", "completed", "failed", "canceled" };

	return NAME(names, s);
}

const char *cs_step_class_name(enum cs_step_class c)
{
	static const char *const names[] = { "other",  "internal", "source",	   "exec", "file",
					     "import", "export",   "cache_export", "meta" };

	return NAME(names, c);
}

const char *cs_step_state_name(enum cs_step_state s)
{
	static const char *const names[] = { "unknown", "hit",	    "run",
					     "failed",	"canceled", "not_reached" };

	return NAME(names, s);
}

void cs_build_init(struct cs_build *build)
{
	memset(build, 0, sizeof(*build));
	cs_facts_init(&build->facts);
	cs_recipe_init(&build->recipe);
	build->image_created_unix_ns = CS_TIME_NONE;
	build->recorded_unix_ns = CS_TIME_NONE;
	build->builder_cached_steps = -1;
	build->builder_total_steps = -1;
	build->builder_completed_steps = -1;
	build->base_layers = -1;
}

void cs_run_init(struct cs_run *run)
{
	memset(run, 0, sizeof(*run));
	run->attempt = -1;
	run->started_unix_ns = CS_TIME_NONE;
	run->completed_unix_ns = CS_TIME_NONE;
}
