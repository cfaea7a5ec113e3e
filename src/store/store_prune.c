/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forgetting old builds, in transactions so short that others record meanwhile. Layers, places,
 * entry lists and runs go with the last build that holds them: indexes tell. What the dictionaries
 * (texts, step definitions) are used by is found by reading the whole store, without a lock; then
 * each short transaction, if somebody else has written, first reads what was recorded since, and
 * deletes what is still unused.
 * Refused: counting uses in the dictionaries, which every recording would have to rewrite.
 */
#include "store/step_pack.h"
#include "store/store_impl.h"

/* Some 40 ms of a lock; a commit waits for the disk about as long. */
#define BUILDS_A_TRANSACTION 250
#define WORDS_A_TRANSACTION  2000

/* --- a set of numbers --- */

struct set {
	uint8_t *bits;
	size_t bytes;
};

static bool set_has(const struct set *set, int64_t no)
{
	return no >= 0 && (uint64_t)no / 8 < set->bytes && set->bits[no / 8] >> (no % 8) & 1;
}

static int set_add(struct set *set, int64_t no, struct cs_err *err)
{
	size_t need, bytes = set->bytes ? set->bytes : 4096;
	uint8_t *bits;

	if (no < 0 || no > INT64_C(1) << 36)
		return cs_err_set(err, CS_DB, "the store is damaged: a number of %lld",
				  (long long)no);
	need = (size_t)no / 8 + 1;
	if (need > set->bytes) {
		while (bytes < need)
			bytes *= 2;
		bits = realloc(set->bits, bytes);
		if (!bits)
			return cs_err_nomem(err);
		memset(bits + set->bytes, 0, bytes - set->bytes);
		set->bits = bits;
		set->bytes = bytes;
	}
	set->bits[no / 8] |= (uint8_t)(1 << (no % 8));
	return 0;
}

/* --- which builds --- */

struct prune {
	struct cs_store *store;
	struct cs_buf builds; /* int64_t numbers, newest first */
	struct cs_buf runs;   /* int64_t numbers of those without a build */
	struct set doomed;
	int64_t n_builds, n_layers;
};

static int add_build(void *arg, int64_t build_no, struct cs_err *err)
{
	struct prune *p = arg;

	if (cs_buf_add(&p->builds, &build_no, sizeof(build_no)) < 0)
		return cs_err_nomem(err);
	return set_add(&p->doomed, build_no, err);
}

static int64_t build_at(const struct prune *p, size_t i)
{
	return ((const int64_t *)p->builds.data)[i];
}

/* --- builds --- */

static int drop_build(struct prune *p, int64_t build_no, struct cs_err *err)
{
	struct cs_buf uses CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int64_t project, run;
	int r = cs_st_past_forget(p->store, build_no, err);

	if (r == 0)
		r = cs_st_build_drop(p->store, build_no, &uses, &project, &run, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = cs_st_uses_drop(p->store, project, &uses, &p->n_layers, err);
	if (r == 0 && run)
		r = cs_st_run_drop(p->store, run, err);
	cs_testpoint(&p->store->points, "prune_build");
	if (r < 0)
		return r;
	p->n_builds++;
	return 0;
}

static int drop_builds(struct prune *p, struct cs_err *err)
{
	size_t n = p->builds.len / sizeof(int64_t), at = 0;
	int r = 0;

	while (at < n && r == 0) {
		int64_t builds = p->n_builds, layers = p->n_layers;
		size_t end = at + BUILDS_A_TRANSACTION < n ? at + BUILDS_A_TRANSACTION : n;

		r = cs_ctx_check(p->store->ctx, err);
		if (r == 0)
			r = cs_st_begin_write(p->store, err);
		if (r < 0)
			return r;
		for (; at < end && r == 0; at++)
			r = drop_build(p, build_at(p, at), err);
		r = cs_st_end_write(p->store, r, err);
		if (r < 0) {
			p->n_builds = builds;
			p->n_layers = layers;
		}
	}
	return r;
}

/* --- runs that have no build --- */

static int add_run(void *arg, int64_t run_no, bool has_builds, const struct cs_run *run CS_UNUSED,
		   struct cs_err *err)
{
	struct prune *p = arg;

	if (!has_builds && cs_buf_add(&p->runs, &run_no, sizeof(run_no)) < 0)
		return cs_err_nomem(err);
	return 0;
}

/* A run has no scope, target or platform: who asks for some of these means builds. */
static int find_runs(struct prune *p, const struct cs_filter *f, struct cs_err *err)
{
	int r;

	if (f->scope.n || f->target.n || f->platform.n)
		return 0;
	r = cs_st_begin_read(p->store, err);
	if (r < 0)
		return r;
	r = cs_st_runs_each(p->store, f, add_run, p, err);
	return cs_st_end_read(p->store, r, err);
}

static int drop_runs(struct prune *p, struct cs_err *err)
{
	size_t n = p->runs.len / sizeof(int64_t), at = 0;
	int r = 0;

	while (at < n && r >= 0) {
		size_t end = at + BUILDS_A_TRANSACTION < n ? at + BUILDS_A_TRANSACTION : n;

		r = cs_ctx_check(p->store->ctx, err);
		if (r == 0)
			r = cs_st_begin_write(p->store, err);
		if (r < 0)
			return r;
		for (; at < end && r >= 0; at++)
			r = cs_st_run_drop(p->store, ((const int64_t *)p->runs.data)[at], err);
		cs_testpoint(&p->store->points, "prune_run");
		r = cs_st_end_write(p->store, r < 0 ? r : 0, err);
	}
	return r < 0 ? r : 0;
}

/* --- dictionaries --- */

/*
 * Where words are used. all: by every build (all behind :after = 0); later: by those after,
 * and by those written again since.
 */
struct use_of {
	enum cs_sql all, later;
	int columns; /* or what of packed steps */
};

enum { DEFS_OF_STEPS = -1, ERRORS_OF_STEPS = -2 };

static const struct use_of def_uses[] = {
	{ CS_SQL_USES_STEPS, CS_SQL_USES_STEPS, DEFS_OF_STEPS },
};
static const struct use_of text_uses[] = {
	{ CS_SQL_USES_TEXTS_BUILDS, CS_SQL_USES_TEXTS_BUILDS, 12 },
	{ CS_SQL_USES_TEXTS_LABELS, CS_SQL_USES_TEXTS_LABELS, 2 },
	{ CS_SQL_USES_STEPS, CS_SQL_USES_STEPS, ERRORS_OF_STEPS },
	{ CS_SQL_USES_TEXTS_LAYERS, CS_SQL_USES_TEXTS_LAYERS, 3 },
	{ CS_SQL_USES_TEXTS_DEFS, CS_SQL_USES_TEXTS_DEFS, 4 },
	{ CS_SQL_USES_TEXTS_PLACES, CS_SQL_USES_TEXTS_PLACES_AFTER, 4 },
	{ CS_SQL_USES_TEXTS_RUNS, CS_SQL_USES_TEXTS_RUNS, 4 },
	{ CS_SQL_USES_TEXTS_RUN_LABELS, CS_SQL_USES_TEXTS_RUN_LABELS, 2 },
	{ CS_SQL_USES_TEXTS_RUN_JOBS, CS_SQL_USES_TEXTS_RUN_JOBS, 2 },
	{ CS_SQL_USES_TEXTS_FORGOTTEN, CS_SQL_USES_TEXTS_FORGOTTEN, 1 },
};

static bool takes_after(enum cs_sql sql)
{
	return sql != CS_SQL_USES_TEXTS_DEFS && sql != CS_SQL_USES_TEXTS_PLACES &&
	       sql != CS_SQL_USES_TEXTS_RUNS && sql != CS_SQL_USES_TEXTS_RUN_LABELS &&
	       sql != CS_SQL_USES_TEXTS_RUN_JOBS && sql != CS_SQL_USES_TEXTS_FORGOTTEN;
}

/* What was there when it was found out what is used. */
struct point {
	int64_t build, rewrite; /* the last ones; 0 = all builds are asked for */
	int64_t others;		/* the driver's number */
};

struct dictionary {
	enum cs_sql all, drop;
	const struct use_of *uses;
	size_t n_uses;
};

static int mark_no(struct set *used, int64_t no, struct cs_err *err)
{
	return set_has(used, no) ? 0 : set_add(used, no, err);
}

static int mark_steps(struct cs_row *row, int what, struct set *used)
{
	struct cs_step_packed s;
	struct cs_steps_reader steps;
	int r = 0;

	cs_st_steps_read(row, &steps);
	while (r == 0 && (r = cs_st_steps_next(&steps, &s)) == 0)
		r = mark_no(used, what == DEFS_OF_STEPS ? s.def : s.error, row->err);
	return r < 0 ? r : 0;
}

static int mark_columns(struct cs_row *row, int columns, struct set *used)
{
	int r = 0;

	while (row->column < columns && r == 0)
		r = mark_no(used, cs_db_row_int(row, 0), row->err);
	return r;
}

static int mark(struct cs_store *store, const struct use_of *use, const struct point *after,
		struct set *used, struct cs_err *err)
{
	const struct cs_param params[] = { cs_p_int("after", after->build),
					   cs_p_int("rewrite", after->rewrite) };
	bool all = after->rewrite == INT64_MAX;
	enum cs_sql sql = all ? use->all : use->later;
	struct cs_row row = { .store = store, .err = err };
	int64_t n = 0;
	int r = cs_st_query(store, sql, params, takes_after(sql) ? 2 : 0, &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 0;
		r = use->columns < 0 ? mark_steps(&row, use->columns, used)
				     : mark_columns(&row, use->columns, used);
		if (r == 0 && ++n % 65536 == 0)
			r = cs_ctx_check(store->ctx, err);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
}

static int mark_all(struct cs_store *store, const struct dictionary *d, const struct point *after,
		    struct set *used, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < d->n_uses && r == 0; i++)
		r = mark(store, &d->uses[i], after, used, err);
	return r;
}

/* Words nobody uses, and when that was found out. */
static int find_unused(struct cs_store *store, const struct dictionary *d, struct set *used,
		       struct cs_buf *ret, struct point *ret_last, struct cs_err *err)
{
	const struct point all = { 0, INT64_MAX, 0 };
	struct cs_row row = { .store = store, .err = err };
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = cs_st_int(store, CS_SQL_PRUNE_LAST_BUILD, NULL, 0, &ret_last->build, err);
	if (r == 0)
		r = cs_st_int(store, CS_SQL_PRUNE_LAST_REWRITE, NULL, 0, &ret_last->rewrite, err);
	if (r == 0)
		r = store->driver->others(store->db, &ret_last->others, err);
	if (r == 0)
		r = mark_all(store, d, &all, used, err);
	if (r == 0)
		r = cs_st_query(store, d->all, NULL, 0, &row.st, err);
	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		int64_t no;

		row.column = 0;
		no = cs_db_row_int(&row, 0);
		if (!set_has(used, no) && cs_buf_add(ret, &no, sizeof(no)) < 0) {
			row.st->driver->reset(row.st);
			r = cs_err_nomem(err);
		}
	}
	return cs_st_end_read(store, r < 0 ? r : 0, err);
}

static int drop_words(struct cs_store *store, const struct dictionary *d, const int64_t *nos,
		      size_t n, struct point *last, struct set *used, struct cs_err *err)
{
	int64_t others = 0;
	int r = cs_st_begin_write(store, err);

	if (r < 0)
		return r;
	r = store->driver->others(store->db, &others, err);
	/* Runs and what is pruned are not numbered in the order of writing: they are read whole. */
	if (r == 0 && others != last->others)
		r = mark_all(store, d, last, used, err);
	last->others = others;
	for (size_t i = 0; i < n && r == 0; i++) {
		if (!set_has(used, nos[i]))
			r = cs_st_run(store, d->drop, CS_PARAMS(cs_p_int("no", nos[i])), err);
	}
	cs_testpoint(&store->points, "prune_words");
	return cs_st_end_write(store, r, err);
}

static int sweep(struct cs_store *store, const struct dictionary *d, struct cs_err *err)
{
	struct cs_buf unused = CS_BUF_INIT;
	struct set used = { NULL, 0 };
	struct point last = { 0, 0, 0 };
	int r = find_unused(store, d, &used, &unused, &last, err);
	size_t n = unused.len / sizeof(int64_t);

	for (size_t at = 0; at < n && r == 0; at += WORDS_A_TRANSACTION) {
		size_t some = n - at < WORDS_A_TRANSACTION ? n - at : WORDS_A_TRANSACTION;

		r = drop_words(store, d, (const int64_t *)unused.data + at, some, &last, &used,
			       err);
		if (r == 0)
			r = cs_ctx_check(store->ctx, err);
	}
	cs_buf_release(&unused);
	free(used.bits);
	return r;
}

static int sweep_all(struct cs_store *store, struct cs_err *err)
{
	/* Definitions use texts, so they go first. */
	static const struct dictionary dictionaries[] = {
		{ CS_SQL_ALL_DEFS, CS_SQL_PRUNE_DEF, def_uses, CS_N(def_uses) },
		{ CS_SQL_ALL_TEXTS, CS_SQL_PRUNE_TEXT, text_uses, CS_N(text_uses) },
	};
	int r = 0;

	for (size_t i = 0; i < CS_N(dictionaries) && r == 0; i++)
		r = sweep(store, &dictionaries[i], err);
	return r;
}

static int sweep_prices(struct cs_store *store, const struct cs_filter *filter, struct cs_err *err)
{
	struct cs_buf projects CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = cs_st_projects(store, filter, &projects, err);
	r = cs_st_end_read(store, r, err);
	for (size_t i = 0; i < projects.len / sizeof(int64_t) && r == 0; i++) {
		r = cs_st_prices_sweep(store, ((const int64_t *)projects.data)[i], err);
		if (r == 0)
			r = cs_ctx_check(store->ctx, err);
	}
	return r;
}

/* --- what would be forgotten --- */

/* 0 = only doomed builds hold the layer, 1 = another one does. */
static int survives(struct prune *p, int64_t layer, struct cs_err *err)
{
	struct cs_row row = { .store = p->store, .err = err };
	int r = cs_st_query(p->store, CS_SQL_PRUNE_LAYER_USERS,
			    CS_PARAMS(cs_p_int("layer_no", layer)), &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 0;
		if (!set_has(&p->doomed, cs_db_row_int(&row, 0))) {
			row.st->driver->reset(row.st);
			return 1;
		}
	}
	return r < 0 ? r : 0;
}

static int count_layers(struct prune *p, struct cs_err *err)
{
	struct set seen = { NULL, 0 };
	struct cs_buf uses = CS_BUF_INIT;
	int r = 0;

	for (size_t i = 0; i < p->builds.len / sizeof(int64_t) && r == 0; i++) {
		cs_buf_reset(&uses);
		r = cs_st_uses_get(p->store, build_at(p, i), &uses, err);
		for (size_t k = 0; k < uses.len / sizeof(struct cs_use) && r == 0; k++) {
			int64_t layer = ((const struct cs_use *)uses.data + k)->layer;

			if (set_has(&seen, layer))
				continue;
			r = set_add(&seen, layer, err);
			if (r == 0)
				r = survives(p, layer, err);
			p->n_layers += r == 0;
			r = r < 0 ? r : 0;
		}
	}
	p->n_builds = (int64_t)(p->builds.len / sizeof(int64_t));
	cs_buf_release(&uses);
	free(seen.bits);
	return r;
}

/* --- --- */

static int prune(struct prune *p, const struct cs_filter *filter, bool dry_run, struct cs_err *err)
{
	int r = dry_run ? cs_st_begin_read(p->store, err) : 0;

	if (r < 0)
		return r;
	r = cs_st_builds_each(p->store, filter, add_build, p, err);
	if (dry_run) {
		if (r == 0)
			r = count_layers(p, err);
		return cs_st_end_read(p->store, r, err);
	}
	if (r == 0)
		r = find_runs(p, filter, err);
	if (r == 0)
		r = drop_builds(p, err);
	if (r == 0)
		r = drop_runs(p, err);
	if (r == 0)
		r = sweep_prices(p->store, filter, err);
	if (r == 0 && (p->n_builds || p->runs.len))
		r = sweep_all(p->store, err);
	if (r == 0 && (p->n_builds || p->runs.len))
		r = p->store->driver->shrink(p->store->db, err);
	return r;
}

int cs_store_prune(struct cs_store *store, const struct cs_filter *filter, int64_t before_unix_ns,
		   bool dry_run, int64_t *ret_builds, int64_t *ret_layers, struct cs_err *err)
{
	struct prune p = { .store = store };
	struct cs_filter f;
	int r;

	if (!dry_run && store->mode != CS_STORE_WRITE)
		return cs_err_set(err, CS_USAGE, "store '%s' was opened for reading", store->url);
	if (store->bulk != CS_BULK_NONE)
		return cs_err_set(err, CS_USAGE, "store '%s': pruning within a bulk", store->url);
	cs_filter_init(&f);
	if (filter)
		f = *filter;
	if (f.until_unix_ns == CS_TIME_NONE || f.until_unix_ns > before_unix_ns)
		f.until_unix_ns = before_unix_ns;
	r = prune(&p, &f, dry_run, err);
	cs_buf_release(&p.builds);
	cs_buf_release(&p.runs);
	free(p.doomed.bits);
	if (r < 0)
		return r;
	*ret_builds = p.n_builds;
	*ret_layers = p.n_layers;
	return 0;
}
