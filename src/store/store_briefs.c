/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds in short: what they are made of, and which of them are to be made again. A build is stale
 * from its put until it is made, and so are all of its project behind it: one row a project says
 * from where. Refused: finding those whose figures really change, which is to make them.
 */
#include "store/briefs.h"
#include "store/store_impl.h"

/* --- what one is made of --- */

/* What the row says besides: who it is, and of how much. */
struct claim {
	char id[17];
	int64_t recorded_unix_ns, labels, steps, layers;
};

static int read_numbers(struct cs_store *store, int64_t build_no, struct cs_brief_source *ret,
			struct claim *claim, struct cs_err *err)
{
	int64_t *const columns[] = { &ret->project, &ret->scope,    &ret->target, &ret->platform,
				     &ret->job,	    &ret->workflow, &ret->ref,	  &ret->run };
	struct cs_row row = { .store = store, .err = err };
	const void *id;
	size_t len;
	int r = cs_st_query(store, CS_SQL_BRIEF_NUMBERS, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r;
	for (size_t i = 0; i < CS_N(columns); i++)
		*columns[i] = cs_db_row_int(&row, 0);
	id = cs_db_row_blob(&row, &len);
	claim->id[0] = '\0';
	if (id && len == 8)
		cs_id_format(id, claim->id);
	claim->recorded_unix_ns = cs_db_row_int(&row, CS_TIME_NONE);
	claim->labels = cs_db_row_int(&row, 0);
	claim->steps = cs_db_row_int(&row, 0);
	claim->layers = cs_db_row_int(&row, 0);
	row.st->driver->reset(row.st);
	return row.r;
}

/* n rows of some numbers each, no more and no less. */
static int read_list(struct cs_store *store, enum cs_sql sql, int64_t build_no, size_t n,
		     int columns, struct cs_arena *arena, int64_t **ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	int64_t *v = cs_arena_array(arena, n, sizeof(*v) * (size_t)columns);
	size_t at = 0;
	int r;

	if (!v)
		return cs_err_nomem(err);
	r = cs_st_query(store, sql, CS_PARAMS(cs_p_int("build_no", build_no)), &row.st, err);
	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 0;
		for (int i = 0; i < columns && at < n; i++)
			v[at * (size_t)columns + (size_t)i] = cs_db_row_int(&row, 0);
		if (at++ == n)
			r = cs_st_damaged(store, err, "build no. %lld has more than it says",
					  (long long)build_no);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	if (r >= 0 && at < n)
		return cs_st_damaged(store, err, "build no. %lld has less than it says",
				     (long long)build_no);
	if (r >= 0)
		*ret = v;
	return r < 0 ? r : 0;
}

static int read_source(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		       struct cs_brief_source *ret, struct cs_err *err)
{
	struct cs_build_counts counts;
	struct claim claim;
	int r = cs_st_build_row(store, build_no, arena, &ret->build, &counts, err);

	if (r == 0)
		r = cs_st_build_fill(store, build_no,
				     CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS |
					     CS_WITH_RECIPE,
				     arena, &ret->build, &counts, err);
	if (r == 0)
		r = read_numbers(store, build_no, ret, &claim, err);
	if (r == 0)
		r = read_list(store, CS_SQL_LABELS_GET, build_no, ret->build.facts.n_labels, 2,
			      arena, &ret->labels, err);
	if (r == 0)
		r = cs_st_steps_defs(store, build_no, ret->build.n_steps, arena, &ret->defs, err);
	return r;
}

int cs_store_brief_source(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
			  struct cs_brief_source *ret, struct cs_err *err)
{
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = read_source(store, build_no, arena, ret, err);
	return cs_st_end_read(store, r, err);
}

/* --- of a build that was just put --- */

static int is_clean(const char *text, bool *ret, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *clean = text;
	int r = text && *ret ? cs_st_clean(text, &buf, &clean, err) : 0;

	*ret &= clean == text;
	return r;
}

static int are_clean(const char *const *texts, size_t n, bool *ret, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0 && *ret; i++)
		r = is_clean(texts[i], ret, err);
	return r;
}

/* Whether its rows say what it says itself, of all that a brief is made of but layers. */
static int is_kept_as_told(const struct cs_build *b, bool *ret, struct cs_err *err)
{
	const struct cs_facts *f = &b->facts;
	const struct cs_recipe *recipe = &b->recipe;
	const char *texts[] = { f->project,
				f->scope,
				f->commit,
				f->target,
				f->job,
				b->platform,
				recipe->context,
				recipe->vcs_source,
				recipe->vcs_revision,
				recipe->dockerfile,
				recipe->dockerfile_text };
	int r;

	*ret = true;
	r = are_clean(texts, CS_N(texts), ret, err);
	for (size_t i = 0; i < f->n_labels && r == 0; i++)
		r = are_clean((const char *const[]){ f->labels[i].key, f->labels[i].value }, 2, ret,
			      err);
	for (size_t i = 0; i < recipe->n_build_args && r == 0; i++)
		r = are_clean((const char *const[]){ recipe->build_args[i].key,
						     recipe->build_args[i].value },
			      2, ret, err);
	for (size_t i = 0; i < b->n_steps && r == 0 && *ret; i++) {
		const struct cs_step *s = &b->steps[i];

		r = are_clean(
			(const char *const[]){ s->platform, s->stage, s->instruction, s->name }, 4,
			ret, err);
		*ret &= s->duration_ns >= -1;
	}
	return r;
}

static int read_put(struct cs_store *store, int64_t build_no, const struct cs_build *put,
		    struct cs_arena *arena, struct cs_brief_source *ret, struct cs_err *err)
{
	struct claim claim;
	int r = read_numbers(store, build_no, ret, &claim, err);

	if (r != 0)
		return r;
	if (strcmp(claim.id, put->id) != 0 || claim.labels != (int64_t)put->facts.n_labels ||
	    claim.steps != (int64_t)put->n_steps || claim.layers != (int64_t)put->n_layers)
		return 1;
	ret->build = *put;
	ret->build.recorded_unix_ns = claim.recorded_unix_ns;
	if (!put->facts.scope)
		ret->build.facts.scope = "";
	/* What is known of a layer may have been known before. */
	if (put->n_layers)
		r = cs_st_layers_get(store, build_no, arena, &ret->build, err);
	if (r == 0 && ret->build.n_layers != put->n_layers)
		return cs_st_damaged(store, err, "layers of build %s are missing", put->id);
	if (r == 0)
		r = read_list(store, CS_SQL_LABELS_GET, build_no, put->facts.n_labels, 2, arena,
			      &ret->labels, err);
	if (r == 0)
		r = cs_st_steps_defs(store, build_no, put->n_steps, arena, &ret->defs, err);
	return r;
}

int cs_store_brief_source_put(struct cs_store *store, int64_t build_no, const struct cs_build *put,
			      struct cs_arena *arena, struct cs_brief_source *ret,
			      struct cs_err *err)
{
	bool as_told = false;
	int r = put->id ? is_kept_as_told(put, &as_told, err) : 0;

	if (r < 0 || !as_told)
		return r < 0 ? r : 1;
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = read_put(store, build_no, put, arena, ret, err);
	return cs_st_end_read(store, r, err);
}

int cs_store_brief_put(struct cs_store *store, int64_t build_no, int64_t project, const void *data,
		       size_t len, struct cs_err *err)
{
	int r = cs_st_begin_write(store, err);

	if (r < 0)
		return r;
	r = cs_st_run(store, CS_SQL_BRIEF_PUT,
		      CS_PARAMS(cs_p_int("build_no", build_no), cs_p_int("project_id", project),
				cs_p_blob("data", data, len)),
		      err);
	cs_testpoint(&store->points, "brief");
	return cs_st_end_write(store, r, err);
}

/* --- what is stale --- */

struct mark {
	int64_t project, time_unix_ns;
	uint8_t id[8];
};

static int read_mark(struct cs_row *row, struct mark *ret)
{
	size_t len;
	const void *id;

	row->column = 0;
	ret->project = cs_db_row_int(row, 0);
	ret->time_unix_ns = cs_db_row_int(row, 0);
	id = cs_db_row_blob(row, &len);
	if (row->r == 0 && (!id || len != 8))
		row->r = cs_st_damaged(row->store, row->err, "a mark without an id");
	if (row->r == 0)
		memcpy(ret->id, id, 8);
	return row->r;
}

/* The first mark, of project unless that is 0. 0; 1 = none. */
static int find_mark(struct cs_store *store, int64_t project, struct mark *ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	const struct cs_param id = cs_p_int("project_id", project);
	int r = cs_st_query(store, project ? CS_SQL_STALE_GET : CS_SQL_STALE_ALL,
			    project ? &id : NULL, project ? 1 : 0, &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r;
	r = read_mark(&row, ret);
	row.st->driver->reset(row.st);
	return r;
}

/* Builds from the mark on; *ret_last: where the last of them stands. */
static int list_builds(struct cs_store *store, const struct mark *mark, size_t max,
		       int64_t *ret_nos, size_t *ret_n, struct mark *ret_last, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	size_t n = 0;
	int r = cs_st_query(store, CS_SQL_STALE_BUILDS,
			    CS_PARAMS(cs_p_int("project_id", mark->project),
				      cs_p_int("time_unix_ns", mark->time_unix_ns),
				      cs_p_blob("id", mark->id, 8), cs_p_int("n", (int64_t)max)),
			    &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 0;
		if (n < max)
			ret_nos[n++] = cs_db_row_int(&row, 0);
		/* the columns of a mark, but for the first */
		r = read_mark(&row, ret_last);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	*ret_n = n;
	return r < 0 ? r : 0;
}

static int find_stale(struct cs_store *store, const char *project, size_t max, int64_t *ret_nos,
		      size_t *ret_n, struct cs_err *err)
{
	struct mark mark, last;
	int64_t id = 0;
	int r = project ? cs_st_project(store, project, false, &id, err) : 0;

	*ret_n = 0;
	while (r == 0 && *ret_n == 0) {
		r = find_mark(store, id, &mark, err);
		if (r == 0)
			r = list_builds(store, &mark, max, ret_nos, ret_n, &last, err);
		/* all that was stale is gone */
		if (r == 0 && *ret_n == 0)
			r = cs_st_run(store, CS_SQL_STALE_DROP,
				      CS_PARAMS(cs_p_int("project_id", mark.project)), err);
	}
	return r < 0 ? r : 0;
}

int cs_store_briefs_stale(struct cs_store *store, const char *project, size_t max, int64_t *ret_nos,
			  size_t *ret_n, struct cs_err *err)
{
	int r = cs_st_begin_write(store, err);

	if (r < 0)
		return r;
	r = find_stale(store, project, max, ret_nos, ret_n, err);
	return cs_st_end_write(store, r, err);
}

static int move_mark(struct cs_store *store, int64_t last_build_no, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	struct mark last = { .project = 0 }, next;
	int64_t nos[2];
	size_t n = 0;
	int r = cs_st_query(store, CS_SQL_STALE_PLACE,
			    CS_PARAMS(cs_p_int("build_no", last_build_no)), &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r == 1)
		return cs_err_set(err, CS_NOTFOUND, "no build no. %lld in the store",
				  (long long)last_build_no);
	if (r == 0) {
		r = read_mark(&row, &last);
		row.st->driver->reset(row.st);
	}
	if (r == 0)
		r = list_builds(store, &last, 2, nos, &n, &next, err);
	if (r == 0)
		r = cs_st_run(store, CS_SQL_STALE_DROP,
			      CS_PARAMS(cs_p_int("project_id", last.project)), err);
	if (r == 0 && n == 2)
		r = cs_st_run(store, CS_SQL_STALE_PUT,
			      CS_PARAMS(cs_p_int("project_id", last.project),
					cs_p_int("time_unix_ns", next.time_unix_ns),
					cs_p_blob("id", next.id, 8)),
			      err);
	return r;
}

int cs_store_briefs_fresh(struct cs_store *store, int64_t last_build_no, struct cs_err *err)
{
	int r = cs_st_begin_write(store, err);

	if (r < 0)
		return r;
	r = move_mark(store, last_build_no, err);
	cs_testpoint(&store->points, "fresh");
	return cs_st_end_write(store, r, err);
}

/* --- numbers --- */

int cs_store_hold(struct cs_store *store, struct cs_err *err)
{
	return cs_st_begin_read(store, err);
}

void cs_store_release(struct cs_store *store)
{
	struct cs_err ignored = CS_ERR_INIT;

	cs_st_end_read(store, 0, &ignored);
}

int cs_store_damaged(struct cs_store *store, const char *what, struct cs_err *err)
{
	return cs_st_damaged(store, err, "%s", what);
}

int cs_store_text(struct cs_store *store, int64_t number, struct cs_arena *arena, const char **ret,
		  struct cs_err *err)
{
	return cs_st_text(store, number, arena, ret, err);
}

/* The one row of a number; the caller resets its statement. */
static int number_row(struct cs_store *store, enum cs_sql sql, const char *param, int64_t number,
		      struct cs_row *row, struct cs_err *err)
{
	int r = cs_st_query(store, sql, CS_PARAMS(cs_p_int(param, number)), &row->st, err);

	if (r == 0)
		r = cs_st_next(row->st, err);
	return r == 1 ? cs_st_damaged(store, err, "there is no %s %lld", param, (long long)number)
		      : r;
}

int cs_store_project_name(struct cs_store *store, int64_t number, struct cs_arena *arena,
			  const char **ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int r = number_row(store, CS_SQL_BRIEF_PROJECT, "project_id", number, &row, err);

	if (r < 0)
		return r;
	*ret = cs_db_row_text(&row);
	row.st->driver->reset(row.st);
	return row.r;
}

int cs_store_step_def(struct cs_store *store, int64_t number, struct cs_arena *arena,
		      struct cs_step_def *ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	struct cs_step_def def = { .stage = NULL };
	const char **const texts[] = { &def.stage, &def.instruction, &def.name };
	int64_t ids[CS_N(texts)];
	int r = number_row(store, CS_SQL_BRIEF_DEF, "def_no", number, &row, err);

	if (r < 0)
		return r;
	def.class = (enum cs_step_class)cs_db_row_enum(&row, CS_STEP_META + 1);
	for (size_t i = 0; i < CS_N(ids); i++)
		ids[i] = cs_db_row_int(&row, 0);
	row.st->driver->reset(row.st);
	r = row.r;
	for (size_t i = 0; i < CS_N(ids) && r == 0; i++)
		r = cs_st_text(store, ids[i], arena, texts[i], err);
	if (r == 0)
		*ret = def;
	return r;
}

int cs_store_run_name(struct cs_store *store, int64_t number, struct cs_arena *arena,
		      const char **ret_id, int64_t *ret_attempt, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int r = number_row(store, CS_SQL_BRIEF_RUN, "run_no", number, &row, err);

	if (r < 0)
		return r;
	*ret_id = cs_db_row_text(&row);
	*ret_attempt = cs_db_row_int(&row, -1);
	row.st->driver->reset(row.st);
	return row.r;
}
