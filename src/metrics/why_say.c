/* SPDX-License-Identifier: Apache-2.0 */
/* The words of each verdict: one sentence that names what was seen, and where. */
#include <string.h>

#include "metrics/why_judge.h"
#include "util/time.h"

static int say(struct judge *j, uint32_t at, enum cs_cause cause, enum cs_tri avoidable,
	       const char *evidence)
{
	struct why_result *r = &j->results[at];
	const struct cs_step *step = j->now.nodes[at].step;

	if (!evidence)
		return cs_err_nomem(j->err);
	r->set = true;
	r->miss.step = r->miss.root = step;
	r->miss.cause = r->miss.root_cause = cause;
	r->miss.avoidable = avoidable;
	r->miss.evidence = evidence;
	if (!r->miss.line)
		r->miss.line = step->first_line;
	return 0;
}

static const struct cs_build *earlier(struct judge *j, uint32_t at, size_t k)
{
	j->results[at].miss.reference = j->pairs[k].was->build;
	return j->pairs[k].was->build;
}

static const char *scope_of(const struct cs_build *b)
{
	return b->facts.scope ? b->facts.scope : "default";
}

/* An earlier build of the scope that was left aside: it is of another source. */
static const struct cs_build *other_source(const struct judge *j)
{
	const char *scope = scope_of(j->input->build);

	for (size_t k = 0; k < j->n; k++) {
		const struct cs_build *b = j->pairs[k].was->build;

		if (b->recipe.context && strcmp(scope_of(b), scope) == 0)
			return b;
	}
	return NULL;
}

int why_say_first(struct judge *j, uint32_t at)
{
	const struct cs_build *other = other_source(j);

	if (other)
		return say(j, at, CS_CAUSE_FIRST_BUILD, CS_TRI_NO,
			   cs_arena_printf(j->arena,
					   "no earlier build of this context is recorded in scope "
					   "%s%s; those that are share no step with it (the last "
					   "one, %s, is of context %s)",
					   scope_of(j->input->build),
					   j->input->cut ? " among those looked at" : "",
					   why_build_name(other), other->recipe.context));
	return say(j, at, CS_CAUSE_FIRST_BUILD, CS_TRI_NO,
		   cs_arena_printf(j->arena, "no earlier build of scope %s is recorded%s",
				   scope_of(j->input->build),
				   j->input->cut ? " among those looked at" : ""));
}

int why_say_gap(struct judge *j, uint32_t at)
{
	return say(j, at, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN,
		   "no earlier build of the scope is recorded, yet some of its steps hit: the "
		   "history is not whole");
}

int why_say_off(struct judge *j, uint32_t at)
{
	const char *stages = j->input->build->recipe.no_cache_stages;

	if (j->input->build->recipe.no_cache || !stages)
		return say(j, at, CS_CAUSE_CACHE_OFF, CS_TRI_NO, "built with --no-cache");
	return say(j, at, CS_CAUSE_CACHE_OFF, CS_TRI_NO,
		   cs_arena_printf(j->arena, "built with --no-cache-filter %s", stages));
}

int why_say_not_imported(struct judge *j, uint32_t at)
{
	return say(j, at, CS_CAUSE_NOT_IMPORTED, CS_TRI_YES,
		   cs_arena_printf(j->arena, "the cache was not imported: %s", j->import_error));
}

int why_say_unfinished(struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *b = earlier(j, at, k);

	return say(j, at, CS_CAUSE_FIRST_BUILD, CS_TRI_NO,
		   cs_arena_printf(j->arena,
				   "no earlier build finished this step: it failed or was canceled "
				   "in build %s",
				   why_build_name(b)));
}

int why_say_unbuilt(struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *b = earlier(j, at, k);

	return say(
		j, at, CS_CAUSE_FIRST_BUILD, CS_TRI_NO,
		cs_arena_printf(j->arena,
				"no earlier build that could serve scope %s built this step; the "
				"last one, %s, was of target %s",
				scope_of(j->input->build), why_build_name(b),
				b->facts.target ? b->facts.target : "(none)"));
}

int why_say_shared(struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *b = earlier(j, at, k);

	return say(j, at, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN,
		   cs_arena_printf(j->arena,
				   "build %s has this step under the name of another platform, or "
				   "once for several",
				   why_build_name(b)));
}

static bool args_differ(const struct cs_build *a, const struct cs_build *b)
{
	if (a->recipe.n_build_args != b->recipe.n_build_args)
		return true;
	for (size_t i = 0; i < a->recipe.n_build_args; i++) {
		const char *x = a->recipe.build_args[i].value, *y = b->recipe.build_args[i].value;

		if (strcmp(a->recipe.build_args[i].key, b->recipe.build_args[i].key) != 0 ||
		    strcmp(x ? x : "", y ? y : "") != 0)
			return true;
	}
	return false;
}

int why_say_instruction(struct judge *j, uint32_t at, size_t k)
{
	const struct why_node *n = &j->now.nodes[at];
	const struct cs_build *b = earlier(j, at, k);
	struct why_result *r = &j->results[at];
	const struct why_side *was = j->pairs[k].was;
	int done = why_align(&j->now, n, was, j->arena, &r->miss.changed, &r->miss.old_instruction,
			     &r->miss.line, j->err);

	if (done < 0)
		return done;
	if ((n->df < 0 || !was->df.n_stages) && r->miss.old_instruction &&
	    args_differ(j->input->build, b)) {
		r->miss.changed = r->miss.old_instruction = NULL;
		return say(j, at, CS_CAUSE_UNKNOWN, CS_TRI_NO,
			   cs_arena_printf(
				   j->arena,
				   "its text is another than in build %s, and so are the build "
				   "arguments; no Dockerfile tells which",
				   why_build_name(b)));
	}
	r->key = cs_arena_printf(j->arena, "%d %s", (int)CS_CAUSE_INSTRUCTION, r->miss.changed);
	if (!r->key)
		return cs_err_nomem(j->err);
	return say(j, at, CS_CAUSE_INSTRUCTION, CS_TRI_NO,
		   r->miss.old_instruction
			   ? cs_arena_printf(j->arena, "was '%s' in build %s",
					     r->miss.old_instruction, why_build_name(b))
			   : cs_arena_printf(j->arena, "stands in no earlier build; new since %s",
					     why_build_name(b)));
}

int why_say_new_stage(struct judge *j, uint32_t at)
{
	const struct why_node *n = &j->now.nodes[at];
	bool dockerfile = false;

	for (size_t k = 0; k < j->n && !dockerfile; k++) {
		dockerfile = j->serves[k] && j->sides[k].df.n_stages && j->now.df.n_stages;
		if (dockerfile)
			earlier(j, at, k);
	}
	if (!dockerfile)
		return say(j, at, CS_CAUSE_FIRST_BUILD, CS_TRI_NO,
			   cs_arena_printf(j->arena,
					   "no earlier build that could serve had a step of stage "
					   "%s",
					   *n->stage ? n->stage : "(unnamed)"));
	j->results[at].miss.changed = n->step->instruction;
	return say(j, at, CS_CAUSE_INSTRUCTION, CS_TRI_NO,
		   cs_arena_printf(j->arena, "stage %s is new since build %s",
				   *n->stage ? n->stage : "(unnamed)",
				   why_build_name(j->results[at].miss.reference)));
}

/* "COPY src/ src/ (a hit here)": what is said of another step than the one that missed. */
static const char *subject(struct judge *j, uint32_t at, const struct why_diff *diff)
{
	const struct cs_step *s = j->now.nodes[diff->node].step;

	if (diff->node == at)
		return "";
	return cs_arena_printf(j->arena, "of '%s'%s: ", s->instruction,
			       s->state == CS_STATE_HIT ? " (a hit here)" : "");
}

static const char *name_files(struct judge *j, const struct why_diff *diff)
{
	const struct cs_why_files *f = diff->files;
	const char *text = "";

	for (size_t i = 0; text && i < f->n_paths && i < 3; i++)
		text = cs_arena_printf(j->arena, "%s%s%s", text, i ? ", " : "", f->paths[i]);
	if (text && f->n_paths + f->n_more > 3)
		text = cs_arena_printf(j->arena, "%s and %zu more", text,
				       f->n_paths + f->n_more - 3);
	return text;
}

int why_say_diff(struct judge *j, uint32_t at, size_t k, const struct why_diff *diff)
{
	const struct cs_build *b = earlier(j, at, k);
	struct cs_miss *miss = &j->results[at].miss;
	const char *who = subject(j, at, diff), *text = diff->text;

	j->results[at].key = diff->key;
	miss->changed = diff->now;
	miss->old_instruction = diff->was;
	miss->line = diff->line;
	if (diff->files) {
		const char *names = name_files(j, diff);

		miss->changed_files = diff->files->paths;
		miss->n_changed_files = diff->files->n_paths;
		miss->n_more_files = diff->files->n_more;
		text = names ? cs_arena_printf(j->arena, "%s%s%s", names, *names ? " by " : "",
					       diff->text)
			     : NULL;
	} else if (diff->kind == CS_CAUSE_INSTRUCTION && (diff->now || diff->was)) {
		text = diff->now && diff->was ? cs_arena_printf(j->arena, "%s: '%s', was '%s'",
								diff->text, diff->now, diff->was)
					      : cs_arena_printf(j->arena, "%s: '%s'", diff->text,
								diff->now ? diff->now : diff->was);
	}
	if (!who || !text)
		return cs_err_nomem(j->err);
	return say(
		j, at, diff->kind, CS_TRI_NO,
		cs_arena_printf(j->arena, "%s%s, against build %s", who, text, why_build_name(b)));
}

int why_say_cascade(struct judge *j, uint32_t at, const struct why_result *parent, enum cs_tri own)
{
	struct why_result *r = &j->results[at];
	const struct cs_miss *root = &parent->miss;
	enum cs_tri avoidable = root->avoidable;

	if (avoidable != CS_TRI_NO && own != CS_TRI_YES)
		avoidable = own == CS_TRI_NO ? CS_TRI_NO : CS_TRI_UNKNOWN;
	if (!r->key)
		r->key = parent->key;
	r->miss.reference = root->reference;
	if (say(j, at, CS_CAUSE_CASCADE, avoidable,
		cs_arena_printf(j->arena, "stands on '%s', which ran (%s)%s",
				root->root->instruction, cs_cause_name(root->root_cause),
				own == CS_TRI_UNKNOWN
					? "; what it reads itself could not be compared"
					: "")) < 0)
		return -(int)j->err->code;
	r->miss.root = root->root;
	r->miss.root_cause = root->root_cause;
	return 0;
}

/* A record has the step that exports; other documents may lack it. */
static bool may_have_written(const struct cs_build *b)
{
	return b->source_kind != CS_SOURCE_RECORD || why_exported(b);
}

/* Who wrote the cache between the build that had the result and this one. */
static const char *who_overwrote(struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *had = j->pairs[k].was->build;

	if (!j->n_imports)
		return "this build imported no cache, and its builder's own had lost it";
	if (!may_have_written(had))
		return "that build exported no cache";
	for (size_t i = k; i-- > 0;) {
		const struct cs_build *b = j->pairs[i].was->build;
		const char *target = b->facts.target ? b->facts.target : "(none)";
		enum why_status own = j->pairs[i].nodes[at].own;

		if (!j->serves[i] || strcmp(scope_of(b), scope_of(had)) != 0 ||
		    !may_have_written(b))
			continue;
		if (own == WHY_ABSENT)
			return cs_arena_printf(j->arena,
					       "build %s of target %s wrote scope %s since, "
					       "without it",
					       why_build_name(b), target, scope_of(b));
		if (j->pairs[i].nodes[at].chain == WHY_DIFFERS)
			return cs_arena_printf(j->arena,
					       "build %s wrote scope %s since, with other inputs",
					       why_build_name(b), scope_of(b));
	}
	return "expired, evicted, or left out of the cache by mode=min";
}

int why_say_lost(struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *b = earlier(j, at, k);
	const struct why_compared *c = &j->pairs[k].nodes[at];
	const char *who;

	if (c->times && j->input->build->source_kind == CS_SOURCE_IMAGE)
		return say(j, at, CS_CAUSE_METADATA, CS_TRI_YES,
			   cs_arena_printf(j->arena,
					   "the layer holds what it held in build %s; only times "
					   "differ",
					   why_build_name(b)));
	if (j->n_failed_imports)
		return say(j, at, CS_CAUSE_NOT_IMPORTED, CS_TRI_YES,
			   cs_arena_printf(j->arena,
					   "same inputs as in build %s, but a cache was not "
					   "imported: %s",
					   why_build_name(b), j->import_error));
	who = who_overwrote(j, at, k);
	if (!who)
		return cs_err_nomem(j->err);
	return say(j, at, CS_CAUSE_EVICTED, CS_TRI_YES,
		   cs_arena_printf(j->arena, "same inputs as in build %s; %s", why_build_name(b),
				   who));
}

int why_say_uncommitted(struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *b = earlier(j, at, k);

	return say(
		j, at, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN,
		cs_arena_printf(j->arena,
				"the commit is that of build %s: a file that is not committed, or "
				"the builder lost the result",
				why_build_name(b)));
}

int why_say_eliminated(struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *b = earlier(j, at, k);
	const char *x = b->recipe.vcs_revision, *y = j->input->build->recipe.vcs_revision;
	const char *more = "no other cause is left";

	if (j->pairs[k].dirty)
		more = "one of the two trees was changed after its commit (another Dockerfile)";
	else if (x && y && strcmp(x, y) != 0)
		more = cs_arena_printf(
			j->arena, "the commits differ (%.7s, %.7s); which files: --repo DIR", x, y);
	if (!more)
		return cs_err_nomem(j->err);
	return say(j, at, CS_CAUSE_FILES, CS_TRI_NO,
		   cs_arena_printf(j->arena,
				   "all but the files is as in build %s, whose result was still "
				   "in the cache, and %s",
				   why_build_name(b), more));
}

int why_say_unknown(struct judge *j, uint32_t at, size_t k, unsigned unsure)
{
	const struct cs_build *b = earlier(j, at, k);
	const char *how = j->pairs[k].nodes[at].files_how;
	const char *what = unsure & WHY_NO_PARENT   ? "what it stands on"
			   : unsure & WHY_NO_REMOTE ? "what it fetched"
			   : unsure & WHY_NO_FILES  ? "the files that were copied"
			   : unsure & WHY_NO_BASE   ? "the base image"
						    : "the lines before it";

	return say(
		j, at, CS_CAUSE_UNKNOWN, CS_TRI_UNKNOWN,
		cs_arena_printf(j->arena,
				"looked at %zu earlier builds; in build %s the same step may have "
				"had the same inputs: %s could not be compared%s%s%s",
				j->n, why_build_name(b), what, how && *how ? " (" : "",
				how ? how : "", how && *how ? ")" : ""));
}
