/* SPDX-License-Identifier: Apache-2.0 */
/* Runs and builds as literals, in a ledger. */
#ifndef CS_TESTS_SUPPORT_WINDOW_H
#define CS_TESTS_SUPPORT_WINDOW_H

#include "ci/policy.h"
#include "metrics/brief_memory.h"
#include "metrics/ledger.h"
#include "support/test.h"

static struct cs_err err;

struct window {
	struct cs_arena *arena;
	struct cs_policy policy;
	struct cs_ledger *ledger;
	struct cs_brief_memory *memory;
	int64_t n_builds;
};

#define AT(s) ((INT64_C(1790000000) + (s)) * CS_NS_PER_S)

static inline void window_open(struct window *w, const char *yaml)
{
	memset(w, 0, sizeof(*w));
	w->arena = cs_arena_new();
	assert_non_null(w->arena);
	assert_done(cs_policy_load_default(w->arena, &w->policy, &err));
	if (yaml) {
		struct cs_limits limits;
		struct cs_yaml *doc;

		cs_limits_init(&limits);
		assert_done(cs_yaml_parse("f.yml", yaml, strlen(yaml), &limits, &doc, &err));
		assert_done(cs_policy_read(doc, doc->root, w->arena, &w->policy, &err));
		cs_yaml_free(doc);
	}
	assert_done(cs_ledger_new(&w->policy, &w->ledger, &err));
	assert_done(cs_brief_memory_new(&w->memory, &err));
}

static inline void window_close(struct window *w)
{
	cs_ledger_free(w->ledger);
	cs_brief_memory_free(w->memory);
	cs_arena_free(w->arena);
}

static inline struct cs_run run_of(const char *id, enum cs_event event, const char *commit)
{
	struct cs_run run;

	cs_run_init(&run);
	run.project = "acme/app";
	run.run_id = id;
	run.workflow = "ci";
	run.event = event;
	run.commit = commit;
	run.started_unix_ns = AT(0);
	return run;
}

/* A completed build with a recipe, begun at AT(start). */
static inline struct cs_build build_of(struct window *w, const struct cs_run *run,
				       const char *target, int64_t start, int64_t seconds)
{
	struct cs_build b;

	cs_build_init(&b);
	b.id = cs_arena_printf(w->arena, "%016llx", (long long)++w->n_builds);
	b.facts.project = "acme/app";
	b.facts.scope = target;
	b.facts.target = target;
	if (run) {
		b.facts.run_id = run->run_id;
		b.facts.attempt = run->attempt;
		b.facts.workflow = run->workflow;
		b.facts.event = run->event;
		b.facts.commit = run->commit;
	}
	b.facts.job = target;
	b.facts.started_unix_ns = AT(start);
	b.facts.completed_unix_ns = AT(start + seconds);
	b.status = CS_STATUS_COMPLETED;
	b.recipe.dockerfile = "Dockerfile";
	b.recipe.vcs_source = "https://git.example/acme/app.git";
	snprintf(b.platform, sizeof(b.platform), "linux/amd64");
	return b;
}

static inline void add_run(struct window *w, const struct cs_run *run)
{
	assert_done(cs_ledger_add_run(w->ledger, run, &err));
}

static inline void add_build(struct window *w, const struct cs_build *b)
{
	struct cs_brief brief;

	assert_done(cs_brief_of(w->memory, b, NULL, NULL, &brief, &err));
	assert_done(cs_ledger_add(w->ledger, cs_brief_memory_dict(w->memory), &brief, &err));
}

#endif
