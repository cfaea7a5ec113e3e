/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of builds. SQL gives the keys in order, from an index, a page at a time; the rest of a
 * build is read and matched one by one, so memory does not grow with the list and the filter has
 * one home (cs_filter_match). Only what an index can serve is asked in SQL: project, scope, time.
 */
#include "store/recipe_json.h"
#include "store/store_impl.h"

#define PAGE 256

struct page {
	int64_t nos[PAGE];
	size_t n;
	int64_t time;  /* of the last key */
	uint8_t id[9]; /* 8 bytes; 9 at first, which is behind all of the same time */
	size_t id_len;
};

/* How the keys are found: the narrowest statement that holds every build of the filter. */
struct plan {
	enum cs_sql sql;
	struct cs_param params[6];
	size_t n;
	bool nothing; /* the filter names a project or scope that is not there */
	bool up;      /* oldest first */
	int64_t end;  /* the last time of the range, in that direction */
};

static int plan_range(struct cs_store *store, const struct cs_filter *f, struct plan *p,
		      struct cs_err *err)
{
	int64_t project, scope;
	int r;

	p->sql = p->up ? CS_SQL_PAGE_ALL_UP : CS_SQL_PAGE_ALL;
	if (!f || f->project.n != 1)
		return 0;
	r = cs_st_project(store, f->project.v[0], false, &project, err);
	p->nothing = r == 1;
	if (r != 0)
		return r < 0 ? r : 0;
	p->sql = p->up ? CS_SQL_PAGE_PROJECT_UP : CS_SQL_PAGE_PROJECT;
	p->params[p->n++] = cs_p_int("project_id", project);
	if (f->scope.n != 1)
		return 0;
	r = cs_st_text_find(store, project, f->scope.v[0], &scope, err);
	p->nothing = r == 1;
	if (r != 0)
		return r < 0 ? r : 0;
	p->sql = p->up ? CS_SQL_PAGE_SCOPE_UP : CS_SQL_PAGE_SCOPE;
	p->params[p->n++] = cs_p_int("scope_id", scope);
	return 0;
}

static int next_page(struct cs_store *store, const struct plan *p, struct page *page,
		     struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	struct cs_param params[6];
	size_t n = p->n;
	int r;

	memcpy(params, p->params, p->n * sizeof(*params));
	params[n++] = cs_p_int("time", page->time);
	params[n++] = cs_p_blob("id", page->id, page->id_len);
	params[n++] = cs_p_int(p->up ? "until" : "since", p->end);
	params[n++] = cs_p_int("n", PAGE);
	page->n = 0;
	r = cs_st_query(store, p->sql, params, n, &row.st, err);
	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		const void *id;

		row.column = 0;
		page->nos[page->n] = cs_db_row_int(&row, 0);
		page->time = cs_db_row_int(&row, 0);
		id = cs_db_row_blob(&row, &page->id_len);
		if (!id || page->id_len != 8 || page->n == PAGE)
			row.r = cs_st_damaged(store, err, "a build without an id");
		if (row.r < 0) {
			row.st->driver->reset(row.st);
			return row.r;
		}
		memcpy(page->id, id, 8);
		page->n++;
	}
	return r < 0 ? r : 0;
}

/* Where the range begins and ends. False = nothing can be in it. */
static bool bound_range(const struct cs_filter *f, struct plan *p, struct page *page)
{
	int64_t first = INT64_MIN, last = INT64_MAX;

	if (f && f->since_unix_ns != CS_TIME_NONE)
		first = f->since_unix_ns;
	if (f && f->until_unix_ns != CS_TIME_NONE) {
		if (f->until_unix_ns == INT64_MIN + 1)
			return false;
		last = f->until_unix_ns - 1;
	}
	page->time = p->up ? first : last;
	p->end = p->up ? last : first;
	/* Behind, or before, all of the same time. */
	page->id_len = p->up ? 0 : sizeof(page->id);
	memset(page->id, 0xff, sizeof(page->id));
	return true;
}

/* fn for each build of the range, matched or not, until it returns nonzero. */
static int each_key(struct cs_store *store, const struct cs_filter *f, bool up, cs_st_build_fn *fn,
		    void *arg, struct cs_err *err)
{
	struct plan p = { .up = up };
	struct page page = { .n = 0 };
	int r = plan_range(store, f, &p, err);

	if (r < 0 || !bound_range(f, &p, &page))
		return r;
	do {
		if (r == 0 && !p.nothing)
			r = next_page(store, &p, &page, err);
		for (size_t i = 0; i < page.n && r == 0; i++)
			r = fn(arg, page.nos[i], err);
		if (r == 0)
			r = cs_ctx_check(store->ctx, err);
	} while (r == 0 && page.n == PAGE);
	return r;
}

/* --- matching --- */

struct match {
	struct cs_store *store;
	const struct cs_filter *filter;
	/* one of them */
	cs_st_build_fn *fn_no;
	cs_build_fn *fn;
	void *arg;
	unsigned with;
	int64_t limit; /* builds left, -1 all */
};

static int fill_recipe(struct cs_store *store, struct cs_arena *arena, struct cs_build *b,
		       const struct cs_build_counts *counts, struct cs_err *err)
{
	struct cs_recipe *recipe = &b->recipe;
	const char *text = NULL;
	int r = cs_st_text(store, counts->dockerfile, arena, &recipe->dockerfile_text, err);

	if (r == 0)
		r = cs_st_text(store, counts->revision, arena, &recipe->vcs_revision, err);
	if (r == 0)
		r = cs_st_text(store, counts->error, arena, &recipe->error, err);
	if (r == 0)
		r = cs_st_text(store, counts->recipe, arena, &text, err);
	recipe->n_warnings = counts->warnings;
	if (r < 0 || !text)
		return r;
	r = cs_recipe_decode(text, arena, recipe, err);
	if (r < 0 && r != -CS_NOMEM)
		r = cs_st_damaged(store, err, "the recipe of build %s", b->id);
	return r;
}

int cs_st_build_fill(struct cs_store *store, int64_t no, unsigned with, struct cs_arena *arena,
		     struct cs_build *b, const struct cs_build_counts *counts, struct cs_err *err)
{
	int r = 0;

	if (with & CS_WITH_LABELS && !b->facts.n_labels && counts->labels)
		r = cs_st_labels_get(store, no, arena, b, err);
	if (r == 0 && with & CS_WITH_STEPS && counts->steps)
		r = cs_st_steps_get(store, no, arena, b, err);
	if (r == 0 && with & CS_WITH_LAYERS && counts->layers)
		r = cs_st_layers_get(store, no, arena, b, err);
	if (r == 0 && with & CS_WITH_RECIPE && counts->results && !b->n_results)
		r = cs_st_results_get(store, no, arena, b, err);
	if (r == 0 && with & CS_WITH_RECIPE)
		r = fill_recipe(store, arena, b, counts, err);
	if (r < 0)
		return r;
	/* A row whose dictionary entry is gone is not found by the join; that must not go unseen */
	if ((with & CS_WITH_STEPS && (int64_t)b->n_steps != counts->steps) ||
	    (with & CS_WITH_LAYERS && (int64_t)b->n_layers != counts->layers))
		return cs_st_damaged(store, err, "steps or layers of build %s are missing", b->id);
	for (size_t i = 0; i < b->n_steps; i++) {
		if (b->steps[i].layer >= counts->layers)
			return cs_st_damaged(store, err, "step %zu of build %s has no such layer",
					     i, b->id);
	}
	return 0;
}

/* 0 go on, 1 enough. */
static int match_one(void *arg, int64_t no, struct cs_err *err)
{
	struct match *m = arg;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build_counts counts;
	struct cs_build b;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_st_build_row(m->store, no, arena, &b, &counts, err);
	if (r != 0)
		return r < 0 ? r : 0;
	if (m->filter && m->filter->n_labels)
		r = cs_st_labels_get(m->store, no, arena, &b, err);
	if (r < 0 || (m->filter && !cs_filter_match(m->filter, &b)))
		return r;
	if (m->fn) {
		r = cs_st_build_fill(m->store, no, m->with, arena, &b, &counts, err);
		if (r == 0)
			r = m->fn(m->arg, &b, err);
	} else {
		r = m->fn_no(m->arg, no, err);
	}
	if (r == 0 && m->limit > 0 && --m->limit == 0)
		r = 1;
	return r;
}

static int each_match(struct match *m, struct cs_err *err)
{
	int r;

	if (m->limit == 0)
		return 0;
	r = cs_st_begin_read(m->store, err);
	if (r < 0)
		return r;
	r = each_key(m->store, m->filter, m->with & CS_OLDEST_FIRST, match_one, m, err);
	r = cs_st_end_read(m->store, r, err);
	return r < 0 ? r : 0;
}

int cs_st_builds_each(struct cs_store *store, const struct cs_filter *filter, cs_st_build_fn *fn,
		      void *arg, struct cs_err *err)
{
	struct match m = { .store = store, .filter = filter, .fn_no = fn, .arg = arg, .limit = -1 };

	return each_match(&m, err);
}

int cs_store_builds(struct cs_store *store, const struct cs_filter *filter, unsigned with,
		    int64_t limit, cs_build_fn *fn, void *arg, struct cs_err *err)
{
	struct match m = {
		.store = store, .filter = filter, .fn = fn, .arg = arg, .with = with, .limit = limit
	};

	return each_match(&m, err);
}

/* --- one build --- */

struct nth {
	int64_t left, no, n;
};

static int count_down(void *arg, int64_t no, struct cs_err *err CS_UNUSED)
{
	struct nth *nth = arg;

	nth->n++;
	if (nth->left-- > 0)
		return 0;
	nth->no = no;
	return 1;
}

static int find_nth(struct cs_store *store, const struct cs_filter *filter, const char *spec,
		    int64_t *ret, struct cs_err *err)
{
	struct nth nth = { 0, 0, 0 };
	size_t digits = strspn(spec + 1, "0123456789");
	int r;

	if (digits == 0 || digits > 9 || spec[1 + digits])
		return cs_err_set(err, CS_USAGE,
				  "'%.80s': a build counted from the newest is ^0, ^1 …", spec);
	nth.left = strtoll(spec + 1, NULL, 10);
	r = cs_st_builds_each(store, filter, count_down, &nth, err);
	if (r < 0)
		return r;
	if (!nth.no && !nth.n)
		return cs_err_set(err, CS_NOTFOUND,
				  "no build %s: none is recorded, or none that matches", spec);
	if (!nth.no)
		return cs_err_set(err, CS_NOTFOUND, "no build %s: there are only %lld", spec,
				  (long long)nth.n);
	*ret = nth.no;
	return 0;
}

/* The one build with an id, now or formerly, from low to high. 0; 1 = none. */
static int find_range(struct cs_store *store, const char *spec, const uint8_t low[8],
		      const uint8_t high[8], bool former, int64_t *ret, struct cs_err *err)
{
	enum cs_sql count = former ? CS_SQL_FORMER_COUNT_PREFIX : CS_SQL_BUILD_COUNT_PREFIX;
	enum cs_sql find = former ? CS_SQL_FORMER_BY_PREFIX : CS_SQL_BUILD_BY_PREFIX;
	const struct cs_param p = cs_p_blob("low", low, 8), q = cs_p_blob("high", high, 8);
	int64_t n = 0;
	int r = cs_st_int(store, count, CS_PARAMS(p, q), &n, err);

	if (r == 0 && n > 1)
		return cs_err_set(err, CS_USAGE,
				  "'%s' is the beginning of %lld builds: give more digits", spec,
				  (long long)n);
	return r == 0 ? cs_st_int(store, find, CS_PARAMS(p, q), ret, err) : r;
}

/* 0; 1 = spec is no prefix of any id. */
static int find_prefix(struct cs_store *store, const char *spec, int64_t *ret, struct cs_err *err)
{
	char low_text[17] = "0000000000000000", high_text[17] = "ffffffffffffffff";
	uint8_t low[8], high[8];
	size_t len = strlen(spec);
	int r;

	if (len < 4 || len > 16 || strspn(spec, "0123456789abcdef") != len)
		return 1;
	memcpy(low_text, spec, len);
	memcpy(high_text, spec, len);
	cs_id_parse(low_text, low);
	cs_id_parse(high_text, high);
	r = find_range(store, spec, low, high, false, ret, err);
	return r == 1 ? find_range(store, spec, low, high, true, ret, err) : r;
}

static bool in_filter(const struct cs_filter *f, const char *project)
{
	for (size_t i = 0; f && i < f->project.n; i++) {
		if (strcmp(f->project.v[i], project) == 0)
			return true;
	}
	return !f || !f->project.n;
}

int cs_st_projects(struct cs_store *store, const struct cs_filter *filter, struct cs_buf *ret,
		   struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_st_query(store, CS_SQL_PROJECT_LIST, NULL, 0, &row.st, err);
	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		const char *name;
		int64_t id;

		row.column = 0;
		id = cs_db_row_int(&row, 0);
		name = cs_db_row_text(&row);
		if (row.r == 0 && in_filter(filter, name ? name : "") &&
		    cs_buf_add(ret, &id, sizeof(id)) < 0)
			row.r = cs_err_nomem(err);
		if (row.r < 0) {
			row.st->driver->reset(row.st);
			return row.r;
		}
	}
	return r < 0 ? r : 0;
}

/* A builder's ref, also as BUILDER/NODE/REF. The newest, if projects share it. 0; 1 = none. */
static int find_ref(struct cs_store *store, const struct cs_filter *filter, const char *spec,
		    int64_t *ret, struct cs_err *err)
{
	const char *slash = strrchr(spec, '/');
	struct cs_buf projects = CS_BUF_INIT;
	int64_t found = 0;
	int r = cs_st_projects(store, filter, &projects, err);

	for (size_t i = 0; i < projects.len / sizeof(int64_t) && r >= 0; i++) {
		int64_t no;

		r = cs_st_int(store, CS_SQL_BUILD_BY_REF,
			      CS_PARAMS(cs_p_int("project_id", ((int64_t *)projects.data)[i]),
					cs_p_text("builder_ref", slash ? slash + 1 : spec)),
			      &no, err);
		if (r == 0 && no > found)
			found = no;
	}
	cs_buf_release(&projects);
	if (r < 0)
		return r;
	*ret = found;
	return found ? 0 : 1;
}

static int get(struct cs_store *store, const struct cs_filter *filter, const char *spec,
	       unsigned with, struct cs_arena *arena, struct cs_build *ret, struct cs_err *err)
{
	struct cs_build_counts counts;
	struct cs_build b;
	int64_t no = 0;
	int r;

	if (spec[0] == '^') {
		r = find_nth(store, filter, spec, &no, err);
	} else {
		r = find_prefix(store, spec, &no, err);
		if (r == 1)
			r = find_ref(store, filter, spec, &no, err);
	}
	if (r == 0)
		r = cs_st_build_row(store, no, arena, &b, &counts, err);
	if (r == 1)
		return cs_err_set(err, CS_NOTFOUND, "no build '%.80s' in the store", spec);
	if (r == 0)
		r = cs_st_build_fill(store, no, with, arena, &b, &counts, err);
	if (r == 0)
		*ret = b;
	return r;
}

int cs_store_build_get(struct cs_store *store, const struct cs_filter *filter, const char *spec,
		       unsigned with, struct cs_arena *arena, struct cs_build *ret,
		       struct cs_err *err)
{
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = get(store, filter, spec, with, arena, ret, err);
	return cs_st_end_read(store, r, err);
}

int cs_st_build_no(struct cs_store *store, const char *id, int64_t *ret, struct cs_err *err)
{
	uint8_t bytes[8];
	int r = 1;

	if (cs_id_parse(id, bytes))
		r = cs_st_int(store, CS_SQL_BUILD_FIND, CS_PARAMS(cs_p_blob("id", bytes, 8)), ret,
			      err);
	if (r == 1 && cs_id_parse(id, bytes))
		r = cs_st_int(store, CS_SQL_FORMER_FIND, CS_PARAMS(cs_p_blob("id", bytes, 8)), ret,
			      err);
	if (r == 1)
		*ret = INT64_MAX;
	return r < 0 ? r : 0;
}
