/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two builds compared step by step: what each reads itself, then what it stands on. "Equal" is said
 * only of what was seen to be equal; what one of the builds does not tell makes a step unsure, with
 * a bit that says of what.
 */
#include <string.h>

#include "metrics/why_impl.h"
#include "util/secret.h"

struct comparer {
	const struct cs_why_input *input;
	const struct why_side *now, *was;
	struct cs_arena *arena;
	struct why_compared *nodes;
	bool dirty;
	struct cs_err *err;
};

static int differs(struct comparer *c, uint32_t at, struct why_diff diff, const char *what)
{
	struct why_diff *d = cs_arena_alloc(c->arena, sizeof(*d));

	if (!d)
		return cs_err_nomem(c->err);
	*d = diff;
	d->node = at;
	d->key = cs_arena_printf(c->arena, "%d %s", (int)diff.kind, what);
	if (!d->key)
		return cs_err_nomem(c->err);
	c->nodes[at].own = WHY_DIFFERS;
	c->nodes[at].diff = d;
	return 0;
}

/* --- lines: ENV, USER, SHELL --- */

static int compare_lines(struct comparer *c, uint32_t at, const struct why_node *a,
			 const struct why_node *b)
{
	static const char *const keywords[] = { "ENV", "USER", "SHELL", NULL };
	const struct cs_df_instruction *now = NULL, *was = NULL;
	struct why_lines x, y;
	size_t head = 0, tail = 0;
	const char *text;
	int r = why_lines_before(c->now, a->df, keywords, c->arena, &x, c->err);

	if (r == 0)
		r = why_lines_before(c->was, b->df, keywords, c->arena, &y, c->err);
	if (r < 0)
		return r;
	while (head < x.n && head < y.n && strcmp(x.v[head]->text, y.v[head]->text) == 0)
		head++;
	if (head == x.n && head == y.n)
		return 0;
	while (tail < x.n - head && tail < y.n - head &&
	       strcmp(x.v[x.n - 1 - tail]->text, y.v[y.n - 1 - tail]->text) == 0)
		tail++;
	now = head + tail < x.n ? x.v[head] : NULL;
	was = head + tail < y.n ? y.v[head] : NULL;
	if (!now && !was)
		return 0;
	text = now && was ? "a line before it changed"
	       : now	  ? "a line was added before it"
			  : "a line before it is gone";
	return differs(c, at,
		       (struct why_diff){ .kind = CS_CAUSE_INSTRUCTION,
					  .text = text,
					  .now = now ? now->text : NULL,
					  .was = was ? was->text : NULL,
					  .line = now ? now->first_line : 0 },
		       (now ? now : was)->text);
}

/* --- build arguments --- */

static size_t name_of(const char *word)
{
	return strcspn(word, "=");
}

/* The value in the other build, if a line before b declares it there. */
static bool other_value(const struct why_side *side, const struct why_lines *lines,
			const char *name, size_t len, const char **ret, bool *ret_given)
{
	for (size_t i = lines->n; i > 0; i--) {
		const struct cs_df_instruction *in = lines->v[i - 1];

		for (size_t w = 0; w < in->n_words; w++) {
			if (name_of(in->words[w]) == len && memcmp(in->words[w], name, len) == 0) {
				*ret = why_arg_value(side, in->words[w], len, ret_given);
				return true;
			}
		}
	}
	return false;
}

static bool equal_texts(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static int compare_arg(struct comparer *c, uint32_t at, const struct cs_df_instruction *in,
		       const char *word, const struct why_lines *others)
{
	size_t len = name_of(word);
	bool given, was_given = false, declared;
	const char *now = why_arg_value(c->now, word, len, &given), *was = NULL;
	const char *name = cs_arena_strndup(c->arena, word, len), *text;

	declared = other_value(c->was, others, word, len, &was, &was_given);
	if (!name)
		return cs_err_nomem(c->err);
	if (declared && cs_secret_name(name) && !given && !was_given) {
		c->nodes[at].own_unsure |= WHY_NO_RECIPE; /* its values are never kept */
		return 0;
	}
	if (declared && equal_texts(now, was))
		return 0;
	text = cs_arena_printf(c->arena, "argument %s was %s%s%s, is %s%s%s", name, was ? "'" : "",
			       was ? was : "not set", was ? "'" : "", now ? "'" : "",
			       now ? now : "not set", now ? "'" : "");
	if (!text)
		return cs_err_nomem(c->err);
	return differs(c, at,
		       (struct why_diff){ .kind = given || was_given ? CS_CAUSE_BUILD_ARG
								     : CS_CAUSE_INSTRUCTION,
					  .text = text,
					  .now = in->text,
					  .line = in->first_line },
		       name);
}

/* A RUN sees every ARG that stands before it; where its text does not tell, one is enough. */
static int compare_args(struct comparer *c, uint32_t at, const struct why_node *a,
			const struct why_node *b)
{
	static const char *const keywords[] = { "ARG", NULL };
	struct why_lines x, y;
	int r = why_lines_before(c->now, a->df, keywords, c->arena, &x, c->err);

	if (r == 0)
		r = why_lines_before(c->was, b->df, keywords, c->arena, &y, c->err);
	for (size_t i = 0; r == 0 && i < x.n; i++) {
		for (size_t w = 0; r == 0 && w < x.v[i]->n_words && !c->nodes[at].diff; w++)
			r = compare_arg(c, at, x.v[i], x.v[i]->words[w], &y);
	}
	return r;
}

/* --- base images --- */

/* The digest in "FROM name@sha256:…", else that of the material of this name. NULL unknown. */
static const char *digest_of(const struct cs_build *b, const char *base, struct cs_arena *arena)
{
	const char *at = strstr(base, "@sha256:"), *name = strrchr(base, ' ');
	char buf[CS_DIGEST_TEXT];

	if (at)
		return at + 1;
	name = name ? name + 1 : base;
	for (size_t i = 0; i < b->recipe.n_materials; i++) {
		const struct cs_base_ref *m = &b->recipe.materials[i];
		size_t n = m->name ? strlen(m->name) : 0, len = strlen(name);

		if (cs_digest_known(&m->digest) && n && n <= len &&
		    strcmp(name + len - n, m->name) == 0 && (n == len || name[len - n - 1] == '/'))
			return cs_arena_strdup(arena, cs_digest_format(&m->digest, buf));
	}
	return NULL;
}

/* "docker.io/library/kbase:1" of "FROM docker.io/library/kbase:1@sha256:…" */
static const char *name_of_base(const char *base, struct cs_arena *arena)
{
	const char *name = strrchr(base, ' ');

	name = name ? name + 1 : base;
	return cs_arena_strndup(arena, name, strcspn(name, "@"));
}

static int compare_base(struct comparer *c, uint32_t at, const char *a, const char *b)
{
	const char *x = digest_of(c->now->build, a, c->arena);
	const char *y = digest_of(c->was->build, b, c->arena);
	const char *new_name = name_of_base(a, c->arena), *old_name = name_of_base(b, c->arena);
	const char *text;

	if (!new_name || !old_name)
		return cs_err_nomem(c->err);
	if (x && y && strcmp(x, y) == 0)
		return 0;
	if (!x || !y) {
		/* names that differ are no proof: two tags may be one image */
		c->nodes[at].own_unsure |=
			strcmp(new_name, old_name) == 0 ? WHY_NO_BASE : WHY_NO_BASE | WHY_NO_PARENT;
		return 0;
	}
	text = strcmp(new_name, old_name) == 0
		       ? cs_arena_printf(c->arena, "%s was %.19s, is %.19s", new_name, y, x)
		       : cs_arena_printf(c->arena, "the base was %s, is %s", old_name, new_name);
	if (!text)
		return cs_err_nomem(c->err);
	return differs(c, at, (struct why_diff){ .kind = CS_CAUSE_BASE, .text = text }, new_name);
}

/* Of images: the layers below the first step. */
static int compare_base_layers(struct comparer *c, uint32_t at)
{
	const struct cs_build *a = c->now->build, *b = c->was->build;

	if (a->base_layers < 0 || b->base_layers < 0 || (size_t)a->base_layers > a->n_layers ||
	    (size_t)b->base_layers > b->n_layers) {
		c->nodes[at].own_unsure |= WHY_NO_BASE;
		return 0;
	}
	for (int i = 0; i < a->base_layers && i < b->base_layers; i++) {
		if (!cs_digest_equal(&a->layers[i].diff_id, &b->layers[i].diff_id))
			return differs(
				c, at,
				(struct why_diff){ .kind = CS_CAUSE_BASE,
						   .text = "layers of the base image differ" },
				"base");
	}
	if (a->base_layers == b->base_layers)
		return 0;
	return differs(c, at,
		       (struct why_diff){ .kind = CS_CAUSE_BASE,
					  .text = "the base image has other layers" },
		       "base");
}

static int compare_bases(struct comparer *c, uint32_t at, const struct why_node *a,
			 const struct why_node *b)
{
	int r = 0;

	if (c->now->build->source_kind == CS_SOURCE_IMAGE && !a->n_parents && !b->n_parents)
		return compare_base_layers(c, at);
	if (a->n_bases != b->n_bases)
		c->nodes[at].own_unsure |= WHY_NO_BASE | WHY_NO_PARENT;
	for (size_t i = 0; r == 0 && i < a->n_bases && i < b->n_bases && !c->nodes[at].diff; i++)
		r = compare_base(c, at, a->bases[i], b->bases[i]);
	return r;
}

/* --- files --- */

static bool commits_equal(const struct cs_build *a, const struct cs_build *b)
{
	const char *x = a->recipe.vcs_revision, *y = b->recipe.vcs_revision;

	/* what a builder saw of the tree it read; a fact given by the user may be of another one */
	return x && y && strcmp(x, y) == 0 && !strstr(x, "-dirty");
}

static const char *const *excludes_of(const struct cs_df_instruction *in, struct cs_arena *arena,
				      size_t *ret_n)
{
	const char **v = cs_arena_array(arena, in->n_flags, sizeof(*v));

	*ret_n = 0;
	for (size_t i = 0; v && i < in->n_flags; i++) {
		if (strncmp(in->flags[i], "exclude=", 8) == 0)
			v[(*ret_n)++] = in->flags[i] + 8;
	}
	return v;
}

/* The sources stand in the text that the builder shows: its variables are put in there. */
static int fill_copy(struct comparer *c, const struct why_node *a, struct cs_why_copy *copy)
{
	struct cs_dockerfile df;
	struct cs_err ignored = CS_ERR_INIT;
	const struct cs_df_instruction *in;
	char *text = cs_arena_printf(c->arena, "FROM x\n%s\n", a->step->instruction);

	if (!text)
		return cs_err_nomem(c->err);
	/* a here-document's body is not in the text: it is no file of the context anyway */
	if (strstr(text, "<<") ||
	    cs_dockerfile_parse(text, strlen(text), c->arena, &df, &ignored) < 0 ||
	    df.n_instructions != 2)
		return ignored.code == CS_NOMEM ? cs_err_nomem(c->err) : 0;
	in = &df.instructions[1];
	if (in->n_words < 2)
		return 0;
	copy->sources = in->words;
	copy->n_sources = in->n_words - 1;
	copy->excludes = excludes_of(in, c->arena, &copy->n_excludes);
	return copy->excludes ? 0 : cs_err_nomem(c->err);
}

static int compare_files(struct comparer *c, uint32_t at, const struct why_node *a,
			 const struct why_node *b)
{
	struct cs_why_files *f = cs_arena_alloc(c->arena, sizeof(*f));
	struct cs_why_copy copy = { .step = a->step, .earlier_step = b->step, .dirty = c->dirty };
	struct why_compared *n = &c->nodes[at];
	int r;

	if (!f)
		return cs_err_nomem(c->err);
	r = fill_copy(c, a, &copy);
	if (r == 0 && c->input->files)
		r = c->input->files(c->input->arg, c->was->build, &copy, c->arena, f, c->err);
	if (r < 0)
		return r;
	n->files_how = f->how;
	switch (f->state) {
	case CS_FILES_SAME:
		n->by_commit = !f->firm;
		return 0;
	case CS_FILES_TIMES:
		n->times = true;
		return 0;
	case CS_FILES_UNKNOWN:
		n->by_commit = !c->dirty && !f->how && commits_equal(c->now->build, c->was->build);
		if (n->by_commit)
			return 0; /* nobody could look, and nobody had to */
		n->own_unsure |= WHY_NO_FILES;
		return 0;
	default:
		return differs(c, at,
			       (struct why_diff){ .kind = f->state == CS_FILES_METADATA
								  ? CS_CAUSE_METADATA
								  : CS_CAUSE_FILES,
						  .text = f->how ? f->how : "",
						  .files = f },
			       a->step->instruction);
	}
}

/* --- a node --- */

/* The same line, but its text became another: a variable in it has another value. */
static int compare_expanded(struct comparer *c, uint32_t at, const struct why_node *a,
			    const struct why_node *b)
{
	const struct cs_df_instruction *in = &c->now->df.instructions[a->df];
	int r = compare_args(c, at, a, b);

	if (r == 0 && !c->nodes[at].diff)
		r = compare_lines(c, at, a, b);
	if (r < 0 || c->nodes[at].diff)
		return r;
	return differs(c, at,
		       (struct why_diff){ .kind = CS_CAUSE_INSTRUCTION,
					  .text = "a variable in it has another value",
					  .now = a->step->instruction,
					  .was = b->step->instruction,
					  .line = in->first_line },
		       a->step->instruction);
}

static int compare_body(struct comparer *c, uint32_t at, const struct why_node *a,
			const struct why_node *b)
{
	const struct cs_df_instruction *x = &c->now->df.instructions[a->df];
	const struct cs_df_instruction *y = &c->was->df.instructions[b->df];

	if (equal_texts(x->body, y->body))
		return 0;
	return differs(c, at,
		       (struct why_diff){ .kind = CS_CAUSE_INSTRUCTION,
					  .text = "its here-document changed",
					  .now = x->text,
					  .was = y->text,
					  .line = x->first_line },
		       x->text);
}

static bool args_equal(const struct cs_recipe *a, const struct cs_recipe *b)
{
	if (a->n_build_args != b->n_build_args)
		return false;
	for (size_t i = 0; i < a->n_build_args; i++) {
		if (strcmp(a->build_args[i].key, b->build_args[i].key) != 0 ||
		    !equal_texts(a->build_args[i].value, b->build_args[i].value))
			return false;
	}
	return true;
}

/* One Dockerfile is known: an argument that it does not declare before the step is none of its. */
static int args_by_one(struct comparer *c, uint32_t at, const struct why_node *a,
		       const struct why_node *b)
{
	static const char *const keywords[] = { "ARG", NULL };
	const struct why_side *side = a->df >= 0 ? c->now : c->was;
	struct why_side other = a->df >= 0 ? *c->was : *c->now;
	int df = a->df >= 0 ? a->df : b->df, r;
	struct why_lines lines;

	c->nodes[at].own_unsure |= df < 0 ? WHY_NO_PARENT : 0;
	if (df < 0)
		return 0;
	other.df = side->df;
	r = why_lines_before(side, df, keywords, c->arena, &lines, c->err);
	for (size_t i = 0; r == 0 && i < lines.n; i++) {
		for (size_t w = 0; w < lines.v[i]->n_words; w++) {
			const char *word = lines.v[i]->words[w];
			bool given;

			if (!equal_texts(why_arg_value(side, word, name_of(word), &given),
					 why_arg_value(&other, word, name_of(word), &given)))
				c->nodes[at].own_unsure |= WHY_NO_PARENT;
		}
	}
	return r;
}

static int compare_recipe(struct comparer *c, uint32_t at, const struct why_node *a,
			  const struct why_node *b)
{
	bool run = a->step->class == CS_STEP_EXEC;
	int r = 0;

	if (a->df < 0 || b->df < 0) {
		/* one commit has one Dockerfile; a failed build does not tell it */
		if (!c->dirty && commits_equal(c->now->build, c->was->build) &&
		    equal_texts(c->now->build->recipe.dockerfile,
				c->was->build->recipe.dockerfile) &&
		    args_equal(&c->now->build->recipe, &c->was->build->recipe))
			return 0;
		if (run)
			c->nodes[at].own_unsure |= WHY_NO_RECIPE;
		if (run && !args_equal(&c->now->build->recipe, &c->was->build->recipe))
			return args_by_one(c, at, a, b);
		return 0;
	}
	r = compare_body(c, at, a, b); /* builders show its first line with the step */
	if (r == 0 && !c->nodes[at].diff && strcmp(a->step->instruction, b->step->instruction) != 0)
		return compare_expanded(c, at, a, b);
	if (r == 0 && run && !c->nodes[at].diff)
		r = compare_lines(c, at, a, b);
	if (r == 0 && run && !c->nodes[at].diff)
		r = compare_args(c, at, a, b);
	return r;
}

static int compare_own(struct comparer *c, uint32_t at)
{
	struct why_compared *n = &c->nodes[at];
	const struct why_node *a = &c->now->nodes[at], *b;
	int r;

	n->own = WHY_ABSENT;
	if (n->other < 0)
		return 0;
	b = &c->was->nodes[n->other];
	if (!why_done(b->step))
		return 0;
	n->own = WHY_EQUAL;
	r = compare_recipe(c, at, a, b);
	if (r == 0 && !n->diff)
		r = compare_bases(c, at, a, b);
	if (r == 0 && !n->diff && a->context)
		r = compare_files(c, at, a, b);
	if (a->remote || b->remote)
		n->own_unsure |= WHY_NO_REMOTE;
	if (a->blind || b->blind)
		n->own_unsure |= WHY_NO_PARENT;
	if (!n->diff && n->own_unsure)
		n->own = WHY_UNSURE;
	return r;
}

static bool before(const struct why_diff *a, const struct why_diff *b)
{
	return !b || (a && a->kind < b->kind);
}

/* An absent parent of a present step: its instruction changed, or was never finished there. */
static int absent_parent(struct comparer *c, uint32_t at, uint32_t parent)
{
	const struct why_node *p = &c->now->nodes[parent];
	struct why_diff d = { .kind = CS_CAUSE_INSTRUCTION,
			      .text = "a step below it is new",
			      .node = parent };
	struct why_diff *kept;
	int r;

	if (c->nodes[parent].other >= 0 || why_elsewhere(c->was, c->now, p)) {
		c->nodes[at].unsure |= WHY_NO_PARENT;
		return 0;
	}
	r = why_align(c->now, p, c->was, c->arena, &d.now, &d.was, &d.line, c->err);
	if (r < 0)
		return r;
	d.key = cs_arena_printf(c->arena, "%d %s", (int)d.kind, d.now);
	kept = cs_arena_alloc(c->arena, sizeof(*kept));
	if (!kept || !d.key)
		return cs_err_nomem(c->err);
	*kept = d;
	c->nodes[parent].first = kept;
	if (before(kept, c->nodes[at].first))
		c->nodes[at].first = kept;
	return 0;
}

static int compare_chain(struct comparer *c, uint32_t at)
{
	struct why_compared *n = &c->nodes[at];
	const struct why_node *a = &c->now->nodes[at];

	n->first = n->diff;
	n->unsure = n->own_unsure;
	for (size_t i = 0; i < a->n_parents; i++) {
		struct why_compared *p = &c->nodes[a->parents[i]];

		if (p->own == WHY_ABSENT && !p->first && n->own != WHY_ABSENT) {
			int r = absent_parent(c, at, a->parents[i]);

			if (r < 0)
				return r;
		}
		if (p->first && before(p->first, n->first))
			n->first = p->first;
		n->unsure |= p->unsure;
		n->times = n->times || p->times;
	}
	if (n->unsure && !n->first && n->other >= 0 &&
	    why_same_result(c->now, a, c->was, &c->was->nodes[n->other]))
		n->unsure = 0;
	n->chain = n->own == WHY_ABSENT ? WHY_ABSENT
		   : n->first		? WHY_DIFFERS
		   : n->unsure		? WHY_UNSURE
					: WHY_EQUAL;
	return 0;
}

/*
 * Two builds of one commit have one Dockerfile. Where a step of a stage that both have is in one of
 * them only, the tree had changes that were not committed, and the commit tells nothing of files.
 */
static bool is_dirty(const struct comparer *c)
{
	const char *a = c->now->build->recipe.dockerfile_text;
	const char *b = c->was->build->recipe.dockerfile_text;

	if (!commits_equal(c->now->build, c->was->build) ||
	    !equal_texts(c->now->build->recipe.dockerfile, c->was->build->recipe.dockerfile))
		return false;
	if (a && b)
		return strcmp(a, b) != 0;
	for (size_t i = 0; i < c->now->n; i++) {
		const struct why_node *n = &c->now->nodes[i];

		if (c->nodes[i].other >= 0 || !why_has_stage(c->was, n))
			continue;
		if (args_equal(&c->now->build->recipe, &c->was->build->recipe) ||
		    (c->was->df.n_stages && !why_expands_to(c->was, c->now, n, c->arena)))
			return true;
	}
	return false;
}

int why_compare(const struct cs_why_input *input, const struct why_side *now,
		const struct why_side *was, struct cs_arena *arena, struct why_pair *ret,
		struct cs_err *err)
{
	struct comparer c = { .input = input, .now = now, .was = was, .arena = arena, .err = err };
	int r = 0;

	c.nodes = cs_arena_array(arena, now->n, sizeof(*c.nodes));
	if (!c.nodes)
		return cs_err_nomem(err);
	for (size_t i = 0; i < now->n; i++)
		c.nodes[i].other = why_find(was, now, &now->nodes[i]);
	c.dirty = is_dirty(&c);
	for (size_t i = 0; r == 0 && i < now->n; i++) {
		r = compare_own(&c, now->order[i]);
		if (r == 0)
			r = compare_chain(&c, now->order[i]);
	}
	ret->now = now;
	ret->was = was;
	ret->nodes = c.nodes;
	ret->dirty = c.dirty;
	return r;
}
