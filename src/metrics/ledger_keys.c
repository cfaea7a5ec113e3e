/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When two builds are the same one (M7). The source state is the commit, else the revision that the
 * builder saw, else the label "tree": a tree beside a commit is not asked, for a merge to main that
 * changes no file is another state of the project, which somebody wanted built.
 *
 * The key is (project, source, Dockerfile, target, build arguments, platform), build arguments as
 * they are: one that holds the time of day makes every build another one, and that is what it does
 * to the cache, too. Where the builder told nothing of them (a plain log), the job stands for what
 * is not known: jobs of a matrix build for different arguments.
 */
#include "metrics/ledger_impl.h"

static const char *label(const struct cs_facts *facts, const char *key)
{
	for (size_t i = 0; i < facts->n_labels; i++) {
		if (strcmp(facts->labels[i].key, key) == 0)
			return facts->labels[i].value;
	}
	return NULL;
}

static bool filled(const char *text)
{
	return text && *text;
}

static uint64_t source_state(const struct cs_build *b)
{
	uint64_t h = cs_mix_text(CS_MIX_START, b->facts.project ? b->facts.project : "");
	const char *tree = label(&b->facts, "tree");

	if (filled(b->facts.commit))
		return cs_mix_text(cs_mix_text(h, "commit"), b->facts.commit);
	if (filled(b->recipe.vcs_revision))
		return cs_mix_text(cs_mix_text(h, "commit"), b->recipe.vcs_revision);
	return filled(tree) ? cs_mix_text(cs_mix_text(h, "tree"), tree) : 0;
}

/* Order of arguments says nothing: their hashes are summed. */
static uint64_t arguments(const struct cs_recipe *r)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->n_build_args; i++)
		sum += cs_mix_end(cs_mix_text(cs_mix_text(CS_MIX_START, r->build_args[i].key),
					      r->build_args[i].value));
	return sum;
}

static uint64_t input_key(const struct cs_build *b, uint64_t h)
{
	const struct cs_recipe *r = &b->recipe;
	bool told = r->dockerfile || r->dockerfile_text || r->context || r->vcs_source ||
		    r->n_build_args;

	h = cs_mix_text(h, r->vcs_source);
	h = cs_mix_text(h, r->context);
	h = cs_mix_text(h, r->dockerfile);
	if (!filled(r->dockerfile) || strcmp(r->dockerfile, "-") == 0) /* written by the job */
		h = cs_mix_text(h, r->dockerfile_text);
	h = cs_mix_text(h, filled(b->facts.target) ? b->facts.target : NULL);
	h = cs_mix_u64(h, arguments(r));
	h = cs_mix_text(h, b->platform);
	if (!told)
		h = cs_mix_text(h, b->facts.job);
	return cs_mix_end(h);
}

static uint64_t digest_key(uint64_t h, const struct cs_digest *d)
{
	return cs_mix_bytes(cs_mix_u64(h, d->algo), d->bytes, sizeof(d->bytes));
}

void cs_ledger_keys(const struct cs_build *build, struct cs_ledger_build *row)
{
	uint64_t state = source_state(build), h;

	row->input = row->config = row->diff_ids = 0;
	if (!state)
		return;
	row->input = input_key(build, cs_mix_text(state, "input"));
	if (cs_digest_known(&build->config_digest))
		row->config =
			cs_mix_end(digest_key(cs_mix_text(state, "config"), &build->config_digest));
	h = cs_mix_text(state, "diff-ids");
	for (size_t i = 0; i < build->n_layers; i++) {
		if (!cs_digest_known(&build->layers[i].diff_id))
			return;
		h = digest_key(h, &build->layers[i].diff_id);
	}
	if (build->n_layers)
		row->diff_ids = cs_mix_end(h);
}
