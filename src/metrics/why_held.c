/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the cache that this build read must have held what an earlier build left of a step. If it
 * must, and what the step stands on was a hit, then a miss means that the step read other files:
 * the one conclusion that is drawn by elimination. It is refused wherever a lost result explains
 * the miss as well:
 *
 * - a cache with mode=min or inline holds no more than the layers of the final image. So the step
 *   must be of the final image itself, or a step that is not must have been fetched from that cache
 * - a build that exported no cache left nothing to import
 * - a build that wrote the cache since may have left the result out
 * - files may be those of a build before, whose result was overwritten: a branch that is brought up
 *   to date, a change that is taken back. So no older build may be able to have had the same
 * - a builder's own cache may have been pruned, and filled again by builds since: what the step
 *   stands on must not have run again in between
 */
#include <string.h>

#include "metrics/why_judge.h"

static bool equal_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

bool why_exported(const struct cs_build *b)
{
	for (size_t i = 0; i < b->n_steps; i++) {
		if (b->steps[i].class == CS_STEP_CACHE_EXPORT && !b->steps[i].error)
			return true;
	}
	return false;
}

static bool of_ci(const struct cs_build *b)
{
	return b->facts.run_id || b->facts.workflow || b->facts.job;
}

static bool one_commit(const struct cs_build *a, const struct cs_build *b)
{
	const char *x = a->recipe.vcs_revision, *y = b->recipe.vcs_revision;

	return x && y && strcmp(x, y) == 0 && !strstr(x, "-dirty");
}

/* Two builds of a CI of one commit read the same files. */
static bool one_tree(const struct cs_build *a, const struct cs_build *b)
{
	return one_commit(a, b) && of_ci(a) && of_ci(b);
}

static bool may_be_of(const struct judge *j, size_t k, uint32_t at)
{
	enum why_status s = j->pairs[k].nodes[at].chain;

	return s == WHY_EQUAL || s == WHY_UNSURE;
}

/* The oldest build that may have made what hits of a step got, if all its runs are of one tree. */
static size_t only_run(const struct judge *j, uint32_t at)
{
	size_t run = SIZE_MAX;
	bool known = false;

	for (size_t i = 0; i < j->n; i++) {
		int other = j->pairs[i].nodes[at].other;

		if (!may_be_of(j, i, at))
			continue;
		known = j->sides[i].nodes[other].step->state == CS_STATE_RUN;
		if (known && run != SIZE_MAX &&
		    !one_tree(j->pairs[run].was->build, j->pairs[i].was->build))
			return SIZE_MAX;
		if (known)
			run = i;
	}
	return known ? run : SIZE_MAX; /* the first was a hit: of what? */
}

void why_trace_hits(struct judge *j)
{
	if (j->gap || j->input->cut)
		return;
	for (uint32_t at = 0; at < j->now.n; at++) {
		size_t run =
			j->now.nodes[at].step->state == CS_STATE_HIT ? only_run(j, at) : SIZE_MAX;

		for (size_t k = 0; run != SIZE_MAX && k <= run; k++) {
			struct why_compared *c = &j->pairs[k].nodes[at];

			if (c->chain == WHY_UNSURE) {
				c->chain = WHY_EQUAL;
				c->unsure = 0;
			}
		}
	}
}

/* Of no final image, and yet it came with the cache that build k wrote: mode=max. */
static bool shows_all(const struct judge *j, size_t k)
{
	for (uint32_t at = 0; at < j->now.n; at++) {
		const struct cs_step *s = j->now.nodes[at].step;
		const struct why_side *was = &j->sides[k];
		int other = j->pairs[k].nodes[at].other;
		bool only = true;

		if (s->state != CS_STATE_HIT || !s->pulled || !may_be_of(j, k, at) ||
		    was->nodes[other].final != CS_TRI_NO)
			continue;
		for (size_t i = 0; i < j->n && only; i++)
			only = !j->serves[i] || !may_be_of(j, i, at) ||
			       equal_texts(j->pairs[i].was->build->facts.scope,
					   was->build->facts.scope);
		if (only)
			return true;
	}
	return false;
}

/* Each looks at every step; many steps may ask. */
static bool once(enum cs_tri *kept, bool (*fn)(const struct judge *j, size_t k),
		 const struct judge *j, size_t k)
{
	if (*kept == CS_TRI_UNKNOWN)
		*kept = fn(j, k) ? CS_TRI_YES : CS_TRI_NO;
	return *kept == CS_TRI_YES;
}

bool why_must_hold(const struct judge *j, uint32_t at, size_t k)
{
	int other = j->pairs[k].nodes[at].other;

	if (!j->n_imports || j->n_failed_imports || other < 0 ||
	    !why_exported(j->pairs[k].was->build))
		return false;
	for (size_t i = 0; i < k; i++) {
		if (j->serves[i])
			return false;
	}
	return j->sides[k].nodes[other].final == CS_TRI_YES ||
	       once(&j->shows_all[k], shows_all, j, k);
}

/* Since build k, no build had to run again a step that it finished and that is a hit here. */
static bool kept_since(const struct judge *j, size_t k)
{
	bool witness = false;

	for (uint32_t at = 0; at < j->now.n; at++) {
		if (j->now.nodes[at].step->state != CS_STATE_HIT || !may_be_of(j, k, at))
			continue;
		witness = true;
		for (size_t i = 0; i < k; i++) {
			int other = j->pairs[i].nodes[at].other;

			if (other >= 0 && may_be_of(j, i, at) &&
			    j->sides[i].nodes[other].step->state == CS_STATE_RUN)
				return false;
		}
	}
	return witness;
}

/*
 * Whether the files may be those of an older build, not of k. They are not if all that is recorded
 * of the step are one run and hits of it; runs of one commit count as one. Any scope counts: a hit
 * may have come from there.
 */
static bool older_may_have(const struct judge *j, uint32_t at, size_t k)
{
	const struct cs_build *ran = NULL;
	bool known = true;

	for (size_t i = k; i < j->n; i++) {
		const struct cs_build *b = j->pairs[i].was->build;
		const struct why_diff *diff;
		unsigned unsure;
		enum why_status s = why_upstream(j, i, at, &diff, &unsure);

		if (s != WHY_EQUAL && s != WHY_UNSURE)
			continue;
		known = j->sides[i].nodes[j->pairs[i].nodes[at].other].step->state == CS_STATE_RUN;
		if (known && ran && !one_tree(ran, b))
			return true;
		if (known && !ran)
			ran = b;
	}
	return !known || j->input->cut; /* the first was a hit: of what? */
}

bool why_eliminated(const struct judge *j, uint32_t at, size_t k)
{
	const struct why_diff *diff;
	unsigned unsure;

	if (why_upstream(j, k, at, &diff, &unsure) != WHY_UNSURE ||
	    j->pairs[k].nodes[at].own_unsure != WHY_NO_FILES ||
	    (unsure & ~(unsigned)(WHY_NO_FILES | WHY_NO_BASE | WHY_NO_RECIPE)) || !j->now.graph)
		return false;
	if (one_commit(j->input->build, j->pairs[k].was->build) && !j->pairs[k].dirty)
		return false;
	if (!j->n_imports)
		return once(&j->kept_since[k], kept_since, j, k);
	return why_must_hold(j, at, k) && !older_may_have(j, at, k);
}

/*
 * Files are taken for equal because the commits are, and yet there was no hit. Either a file is not
 * committed, or the result was lost. The commit is believed in a run of a CI, whose checkouts are
 * clean, and where the user has pointed at the repository; with the builder's own cache, which
 * loses little, not even there.
 */
bool why_maybe_uncommitted(const struct judge *j, uint32_t at, size_t k)
{
	const struct why_compared *c = &j->pairs[k].nodes[at];

	if (!c->by_commit)
		return false;
	return !j->n_imports || !(of_ci(j->input->build) || c->files_how);
}
