/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers are dense and few beside builds: an array of pointers finds what was read before. */
#include <string.h>

#include "cmd/history.h"
#include "store/briefs.h"

/* Far past what a store holds; a greater one is damage, not a reason to take memory. */
#define NUMBER_MAX (INT64_C(1) << 28)

struct slots {
	const void **v;
	size_t n;
};

struct dict {
	struct cs_brief_dict dict; /* first */
	struct cs_store *store;
	struct cs_arena *arena;
	struct slots texts, projects, defs, runs;
};

static struct dict *of(struct cs_brief_dict *dict)
{
	return (struct dict *)(void *)dict;
}

/* Where the number's pointer stands. */
static int slot(struct dict *d, struct slots *s, int64_t number, const void ***ret,
		struct cs_err *err)
{
	size_t n = s->n ? s->n : 256;
	const void **grown;

	if (number <= 0 || number > NUMBER_MAX)
		return cs_store_damaged(d->store, "a number of no dictionary", err);
	if ((size_t)number >= s->n) {
		while (n <= (size_t)number)
			n *= 2;
		grown = realloc(s->v, n * sizeof(*grown));
		if (!grown)
			return cs_err_nomem(err);
		memset(grown + s->n, 0, (n - s->n) * sizeof(*grown));
		s->v = grown;
		s->n = n;
	}
	*ret = &s->v[number];
	return 0;
}

static int text(struct cs_brief_dict *dict, int64_t number, const char **ret, struct cs_err *err)
{
	struct dict *d = of(dict);
	const char *found = NULL;
	const void **at;
	int r;

	if (number == 0) {
		*ret = NULL;
		return 0;
	}
	r = slot(d, &d->texts, number, &at, err);
	if (r == 0 && !*at) {
		r = cs_store_text(d->store, number, d->arena, &found, err);
		if (r == 0)
			*at = found;
	}
	if (r == 0)
		*ret = *at;
	return r;
}

static int project(struct cs_brief_dict *dict, int64_t number, const char **ret, struct cs_err *err)
{
	struct dict *d = of(dict);
	const char *found = NULL;
	const void **at;
	int r = slot(d, &d->projects, number, &at, err);

	if (r == 0 && !*at) {
		r = cs_store_project_name(d->store, number, d->arena, &found, err);
		if (r == 0)
			*at = found;
	}
	if (r == 0)
		*ret = *at;
	return r;
}

static int def(struct cs_brief_dict *dict, int64_t number, const struct cs_brief_def **ret,
	       struct cs_err *err)
{
	struct dict *d = of(dict);
	struct cs_step_def found;
	const void **at;
	int r = slot(d, &d->defs, number, &at, err);

	if (r == 0 && !*at) {
		struct cs_brief_def *made = cs_arena_alloc(d->arena, sizeof(*made));

		if (!made)
			return cs_err_nomem(err);
		r = cs_store_step_def(d->store, number, d->arena, &found, err);
		if (r < 0)
			return r;
		*made = (struct cs_brief_def){ found.class, found.stage, found.instruction,
					       found.name };
		*at = made;
	}
	if (r == 0)
		*ret = *at;
	return r;
}

static int run(struct cs_brief_dict *dict, int64_t number, const struct cs_brief_run **ret,
	       struct cs_err *err)
{
	struct dict *d = of(dict);
	const void **at;
	int r = slot(d, &d->runs, number, &at, err);

	if (r == 0 && !*at) {
		struct cs_brief_run *made = cs_arena_alloc(d->arena, sizeof(*made));

		if (!made)
			return cs_err_nomem(err);
		r = cs_store_run_name(d->store, number, d->arena, &made->run_id, &made->attempt,
				      err);
		if (r < 0)
			return r;
		*at = made;
	}
	if (r == 0)
		*ret = *at;
	return r;
}

int cs_cmd_dict_new(struct cs_store *store, struct cs_brief_dict **ret, struct cs_err *err)
{
	struct dict *d = calloc(1, sizeof(*d));
	int r;

	if (d)
		d->arena = cs_arena_new();
	if (!d || !d->arena) {
		free(d);
		return cs_err_nomem(err);
	}
	r = cs_store_hold(store, err);
	if (r < 0) {
		cs_arena_free(d->arena);
		free(d);
		return r;
	}
	d->store = store;
	d->dict = (struct cs_brief_dict){ text, project, def, run };
	*ret = &d->dict;
	return 0;
}

void cs_cmd_dict_free(struct cs_brief_dict *dict)
{
	struct dict *d = of(dict);

	if (!dict)
		return;
	cs_store_release(d->store);
	cs_arena_free(d->arena);
	free(d->texts.v);
	free(d->projects.v);
	free(d->defs.v);
	free(d->runs.v);
	free(d);
}
