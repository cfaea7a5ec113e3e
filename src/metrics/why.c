/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decides, in the order of M12. Nothing is decided by what is merely likely: where an earlier build
 * may or may not have had the same inputs, the cause is unknown, and the evidence says what was
 * looked at. One conclusion is drawn by elimination (files changed, their names unknown), and only
 * where a lost result is out of the question: see why_held.c.
 */
#include "metrics/why.h"

#include <string.h>
#include <strings.h>

#include "metrics/why_judge.h"

/* Comparisons of one build with its history: steps times builds. */
#define WORK_MAX 2000000

const char *cs_cause_name(enum cs_cause c)
{
	static const char *const names[] = {
		[CS_CAUSE_FIRST_BUILD] = "first_build",
		[CS_CAUSE_CACHE_OFF] = "cache_off",
		[CS_CAUSE_NOT_IMPORTED] = "not_imported",
		[CS_CAUSE_INSTRUCTION] = "instruction_changed",
		[CS_CAUSE_BASE] = "base_changed",
		[CS_CAUSE_BUILD_ARG] = "build_arg_changed",
		[CS_CAUSE_FILES] = "files_changed",
		[CS_CAUSE_CASCADE] = "cascade",
		[CS_CAUSE_EVICTED] = "evicted_or_overwritten",
		[CS_CAUSE_METADATA] = "metadata_only",
		[CS_CAUSE_UNKNOWN] = "unknown",
	};

	return (size_t)c < CS_N(names) ? names[c] : "unknown";
}

static bool equal_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static void count_imports(struct judge *j)
{
	const struct cs_build *b = j->input->build;
	bool seen = false;

	for (size_t i = 0; i < b->recipe.n_caches; i++) {
		const struct cs_cache_ref *c = &b->recipe.caches[i];

		if (c->is_export)
			continue;
		j->n_imports++;
		if (!c->error)
			continue;
		j->n_failed_imports++;
		j->import_error = c->error;
	}
	for (size_t i = 0; i < b->n_steps; i++)
		seen = seen || b->steps[i].class == CS_STEP_IMPORT;
	if (seen && !j->n_imports)
		j->n_imports = 1; /* a log shows it without telling what it read */
}

/* Whether the two are builds of the same thing: another Dockerfile may share the scope. */
static bool same_source(const struct judge *j, const struct why_pair *pair)
{
	const struct cs_recipe *a = &j->input->build->recipe, *b = &pair->was->build->recipe;

	if (!a->context || !b->context || strcmp(a->context, b->context) == 0 ||
	    (a->vcs_source && equal_texts(a->vcs_source, b->vcs_source)))
		return true;
	for (size_t i = 0; i < j->now.n; i++) {
		if (pair->nodes[i].other >= 0)
			return true;
	}
	return false;
}

static bool same_scope(const struct judge *j, const struct cs_build *b)
{
	return equal_texts(j->input->build->facts.scope, b->facts.scope);
}

/* Whether this build could have read what that one left. */
static bool could_serve(const struct judge *j, const struct cs_build *b)
{
	const struct cs_recipe *recipe = &j->input->build->recipe;
	bool failed = b->status == CS_STATUS_FAILED || b->status == CS_STATUS_CANCELED;

	if (!j->n_imports)
		return true; /* the builder's own cache, which all scopes share */
	if (failed)
		return false; /* a cache is exported at the end */
	if (same_scope(j, b))
		return true;
	for (size_t i = 0; i < recipe->n_caches; i++) {
		const char *scope = recipe->caches[i].scope;

		if (!recipe->caches[i].is_export && scope &&
		    (equal_texts(scope, b->facts.scope) || equal_texts(scope, b->recipe.gha_scope)))
			return true;
	}
	return false;
}

/*
 * Imports without a name (type=local) may read another scope's cache. That they do is known when a
 * hit is explained by that scope alone.
 */
static void find_demonstrated(struct judge *j)
{
	const char *scope = NULL;

	for (size_t at = 0; at < j->now.n; at++) {
		const char *only = NULL;
		bool explained = false, several = false;

		if (j->now.nodes[at].step->state != CS_STATE_HIT)
			continue;
		for (size_t k = 0; k < j->n; k++) {
			const struct cs_build *b = j->pairs[k].was->build;
			enum why_status chain = j->pairs[k].nodes[at].chain;

			if (chain != WHY_EQUAL && chain != WHY_UNSURE)
				continue;
			explained = explained || j->serves[k] || chain == WHY_UNSURE;
			if (!only)
				only = b->facts.scope;
			several = several || !equal_texts(only, b->facts.scope);
		}
		if (only && !explained && !several)
			scope = only;
	}
	for (size_t k = 0; scope && k < j->n; k++) {
		const struct cs_build *b = j->pairs[k].was->build;

		if (equal_texts(scope, b->facts.scope) && b->status != CS_STATUS_FAILED &&
		    b->status != CS_STATUS_CANCELED)
			j->serves[k] = true;
	}
}

/* A hit that no recorded build can have left: then more was built than is recorded. */
static bool has_gap(const struct judge *j)
{
	for (size_t at = 0; at < j->now.n; at++) {
		bool explained = j->now.nodes[at].step->state != CS_STATE_HIT;

		for (size_t k = 0; k < j->n && !explained; k++)
			explained = j->pairs[k].nodes[at].own != WHY_ABSENT;
		if (!explained)
			return true;
	}
	return false;
}

static int look_back(struct judge *j)
{
	const struct cs_why_input *in = j->input;
	size_t most = WORK_MAX / (j->now.n + 1) + 1;

	j->n = in->n_earlier < most ? in->n_earlier : most;
	j->sides = cs_arena_array(j->arena, j->n, sizeof(*j->sides));
	j->pairs = cs_arena_array(j->arena, j->n, sizeof(*j->pairs));
	j->serves = cs_arena_array(j->arena, j->n, sizeof(*j->serves));
	j->results = cs_arena_array(j->arena, j->now.n, sizeof(*j->results));
	j->shows_all = cs_arena_array(j->arena, j->n, sizeof(*j->shows_all));
	j->kept_since = cs_arena_array(j->arena, j->n, sizeof(*j->kept_since));
	if (!j->sides || !j->pairs || !j->serves || !j->results || !j->shows_all || !j->kept_since)
		return cs_err_nomem(j->err);
	for (size_t k = 0; k < j->n; k++) {
		int r = why_side_make(in->earlier[k], j->arena, &j->sides[k], j->err);

		if (r == 0)
			r = why_compare(in, &j->now, &j->sides[k], j->arena, &j->pairs[k], j->err);
		if (r < 0)
			return r;
		if (!same_source(j, &j->pairs[k]))
			continue;
		j->serves[k] = could_serve(j, in->earlier[k]);
		j->in_scope += same_scope(j, in->earlier[k]);
	}
	if (j->n_imports)
		find_demonstrated(j);
	j->gap = has_gap(j);
	why_trace_hits(j);
	return 0;
}

/* --- one step --- */

static bool cache_was_off(const struct judge *j, const struct why_node *n)
{
	const struct cs_recipe *recipe = &j->input->build->recipe;
	const char *p = recipe->no_cache_stages;

	if (strncmp(n->step->instruction, "WORKDIR", 7) == 0)
		return false; /* BuildKit keeps it */
	if (recipe->no_cache)
		return true;
	while (p && *p) {
		size_t len = strcspn(p, ",");

		if (len == strlen(n->stage) && strncasecmp(p, n->stage, len) == 0)
			return true;
		p += len + (p[len] == ',');
	}
	return false;
}

enum why_status why_upstream(const struct judge *j, size_t k, uint32_t at,
			     const struct why_diff **ret, unsigned *ret_unsure)
{
	const struct why_node *n = &j->now.nodes[at];
	const struct why_compared *c = &j->pairs[k].nodes[at];
	enum why_status status = c->own;

	*ret = c->diff;
	*ret_unsure = c->own_unsure;
	for (size_t i = 0; i < n->n_parents && status != WHY_ABSENT; i++) {
		const struct why_compared *p = &j->pairs[k].nodes[n->parents[i]];

		if (why_missed(j->now.nodes[n->parents[i]].step))
			continue;
		if (p->first && (!*ret || p->first->kind < (*ret)->kind))
			*ret = p->first;
		*ret_unsure |= p->unsure;
		if (p->own == WHY_ABSENT && !p->first)
			*ret_unsure |= WHY_NO_PARENT;
	}
	if (status == WHY_ABSENT)
		return status;
	return *ret ? WHY_DIFFERS : *ret_unsure ? WHY_UNSURE : WHY_EQUAL;
}

/* The missed parent whose root comes first in the order of M12; NULL without. */
static const struct why_result *missed_parent(const struct judge *j, uint32_t at)
{
	const struct why_node *n = &j->now.nodes[at];
	const struct why_result *best = NULL;

	for (size_t i = 0; i < n->n_parents; i++) {
		const struct why_result *p = &j->results[n->parents[i]];

		if (p->set && (!best || p->miss.root_cause < best->miss.root_cause))
			best = p;
	}
	return best;
}

static bool parent_has_key(const struct judge *j, uint32_t at, const char *key)
{
	const struct why_node *n = &j->now.nodes[at];

	for (size_t i = 0; key && i < n->n_parents; i++) {
		const struct why_result *p = &j->results[n->parents[i]];

		if (p->set && p->key && strcmp(p->key, key) == 0)
			return true;
	}
	return false;
}

/* No build that could serve finished this step. */
static int judge_absent(struct judge *j, uint32_t at)
{
	const struct why_node *n = &j->now.nodes[at];
	const struct why_result *parent = missed_parent(j, at);
	size_t stage = SIZE_MAX;

	for (size_t k = 0; k < j->n; k++) {
		const struct why_pair *p = &j->pairs[k];
		int other = p->nodes[at].other;

		if (!j->serves[k])
			continue;
		if (other >= 0 && (p->was->nodes[other].step->state == CS_STATE_FAILED ||
				   p->was->nodes[other].step->state == CS_STATE_CANCELED))
			return parent ? why_say_cascade(j, at, parent, CS_TRI_UNKNOWN)
				      : why_say_unfinished(j, at, k);
		if (other < 0 && why_elsewhere(p->was, &j->now, n))
			return parent ? why_say_cascade(j, at, parent, CS_TRI_UNKNOWN)
				      : why_say_shared(j, at, k);
		if (other >= 0 || why_has_line(p->was, &j->now, n))
			return why_say_unbuilt(j, at, k);
		if (stage == SIZE_MAX && why_has_stage(p->was, n))
			stage = k;
	}
	if (stage != SIZE_MAX)
		return why_say_instruction(j, at, stage);
	return why_say_new_stage(j, at);
}

static int judge_changed(struct judge *j, uint32_t at, size_t k, const struct why_diff *diff)
{
	const struct why_result *parent = missed_parent(j, at);

	/* each stage stands on its own FROM, though it be the same image */
	if (parent && !(diff->node == at && diff->kind == CS_CAUSE_BASE) &&
	    parent_has_key(j, at, diff->key)) {
		j->results[at].key = diff->key;
		return why_say_cascade(j, at, parent, CS_TRI_NO);
	}
	return why_say_diff(j, at, k, diff);
}

#define NONE SIZE_MAX

struct look {
	size_t nearest, differs_at, unsure_at; /* earlier builds */
	unsigned unsure;
	const struct why_diff *diff; /* against differs_at */
	bool hit_since; /* a nearer build had a hit, for all that is known with these inputs */
};

/*
 * A hit makes no new result: what it was served an older build ran, and that one is looked at
 * itself, if it is recorded.
 */
static bool ran_before(const struct judge *j, uint32_t at, size_t k)
{
	int other = j->pairs[k].nodes[at].other;

	if (j->sides[k].nodes[other].step->state != CS_STATE_HIT || j->input->cut)
		return false;
	for (size_t i = k + 1; i < j->n; i++) {
		other = j->pairs[i].nodes[at].other;
		if (j->serves[i] && other >= 0 &&
		    j->sides[i].nodes[other].step->state == CS_STATE_RUN)
			return true;
	}
	return false;
}

static enum why_status look_at(const struct judge *j, uint32_t at, size_t k, struct look *l)
{
	const struct why_diff *diff;
	unsigned unsure;
	enum why_status s = j->serves[k] ? why_upstream(j, k, at, &diff, &unsure) : WHY_ABSENT;

	if (s == WHY_ABSENT || s == WHY_EQUAL)
		return s;
	if (l->nearest == NONE)
		l->nearest = k;
	if (s == WHY_DIFFERS && l->differs_at == NONE) {
		l->differs_at = k;
		l->diff = diff;
	}
	if (s != WHY_UNSURE)
		return s;
	if (ran_before(j, at, k)) {
		l->hit_since = l->hit_since || l->differs_at == NONE;
	} else if (l->unsure_at == NONE) {
		l->unsure_at = k;
		l->unsure = unsure;
	}
	return s;
}

static int judge_step(struct judge *j, uint32_t at)
{
	const struct why_result *parent = missed_parent(j, at);
	struct look l = { .nearest = NONE, .differs_at = NONE, .unsure_at = NONE };

	if (!j->in_scope)
		return j->gap ? why_say_gap(j, at) : why_say_first(j, at);
	if (cache_was_off(j, &j->now.nodes[at]))
		return why_say_off(j, at);
	if (j->n_imports && j->n_failed_imports == j->n_imports)
		return why_say_not_imported(j, at);
	for (size_t k = 0; k < j->n; k++) {
		enum why_status s = look_at(j, at, k, &l);

		if (s == WHY_EQUAL && parent)
			return why_say_cascade(j, at, parent,
					       why_maybe_uncommitted(j, at, k) ? CS_TRI_UNKNOWN
									       : CS_TRI_YES);
		if (s == WHY_EQUAL)
			return why_maybe_uncommitted(j, at, k) ? why_say_uncommitted(j, at, k)
							       : why_say_lost(j, at, k);
	}
	if (l.nearest == NONE)
		return judge_absent(j, at);
	/* what was no reason to miss then is none now */
	if (l.unsure_at == NONE && l.diff && !l.hit_since)
		return judge_changed(j, at, l.differs_at, l.diff);
	if (parent)
		return why_say_cascade(j, at, parent, CS_TRI_UNKNOWN);
	if (why_eliminated(j, at, l.nearest))
		return why_say_eliminated(j, at, l.nearest);
	return why_say_unknown(j, at, l.unsure_at == NONE ? l.nearest : l.unsure_at, l.unsure);
}

int cs_why(const struct cs_why_input *input, struct cs_arena *arena, struct cs_miss **ret,
	   size_t *ret_n, struct cs_err *err)
{
	struct judge j = { .input = input, .arena = arena, .err = err };
	struct cs_miss *out;
	size_t n = 0;
	int r = why_side_make(input->build, arena, &j.now, err);

	if (r < 0)
		return r;
	count_imports(&j);
	r = look_back(&j);
	for (size_t i = 0; r == 0 && i < j.now.n; i++) {
		uint32_t at = j.now.order[i];

		if (why_missed(j.now.nodes[at].step))
			r = judge_step(&j, at);
	}
	if (r < 0)
		return r;
	out = cs_arena_array(arena, j.now.n, sizeof(*out));
	if (!out)
		return cs_err_nomem(err);
	for (size_t i = 0; i < j.now.n; i++) {
		if (j.results[i].set)
			out[n++] = j.results[i].miss;
	}
	*ret = out;
	*ret_n = n;
	return 0;
}
