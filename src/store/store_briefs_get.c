/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The walk that reports read: a page of builds at a time from the index that gives their order, and
 * what is kept of each in short, which lies in the order of recording, so mostly in that of the
 * walk. Pages are copied, for whoever is given a build may ask the store.
 */
#include "store/briefs.h"
#include "store/store_impl.h"

#define PAGE 512

/* Behind it, in the order of time, everything of a project is stale. */
struct mark {
	int64_t project, time_unix_ns;
	uint64_t id;
};

struct walk {
	struct cs_store *store;
	enum cs_sql sql;
	struct cs_param params[6];
	size_t n_params;
	bool nothing, some; /* some: only projects of the list */
	int64_t until, time;
	uint8_t id[9];
	size_t id_len;
	struct cs_buf marks, projects; /* struct mark; int64_t, sorted */
	struct cs_brief_row rows[PAGE];
	size_t offsets[PAGE], n_rows;
	struct cs_buf data;
};

static void release(struct walk *w)
{
	if (!w)
		return;
	cs_buf_release(&w->marks);
	cs_buf_release(&w->projects);
	cs_buf_release(&w->data);
	free(w);
}
CS_DEFINE_AUTO(struct walk *, release)

static uint64_t number_of(const uint8_t id[8])
{
	uint64_t v = 0;

	for (size_t i = 0; i < 8; i++)
		v = v << 8 | id[i];
	return v;
}

static int read_marks(struct walk *w, struct cs_err *err)
{
	struct cs_row row = { .store = w->store, .err = err };
	int r = cs_st_query(w->store, CS_SQL_STALE_ALL, NULL, 0, &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct mark mark;
		const void *id;
		size_t len;

		row.column = 0;
		mark.project = cs_db_row_int(&row, 0);
		mark.time_unix_ns = cs_db_row_int(&row, 0);
		id = cs_db_row_blob(&row, &len);
		if (row.r == 0 && (!id || len != 8))
			row.r = cs_st_damaged(w->store, err, "a mark without an id");
		mark.id = row.r == 0 ? number_of(id) : 0;
		if (row.r == 0 && cs_buf_add(&w->marks, &mark, sizeof(mark)) < 0)
			row.r = cs_err_nomem(err);
		r = row.r;
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
}

/* Marks are in the order of their projects. */
static bool is_stale(const struct walk *w, const struct cs_brief_row *row)
{
	const struct mark *v = (const struct mark *)(const void *)w->marks.data;
	size_t low = 0, high = w->marks.len / sizeof(*v);

	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (v[at].project < row->project)
			low = at + 1;
		else
			high = at;
	}
	if (low == w->marks.len / sizeof(*v) || v[low].project != row->project)
		return false;
	return row->time_unix_ns > v[low].time_unix_ns ||
	       (row->time_unix_ns == v[low].time_unix_ns && row->id >= v[low].id);
}

static bool is_wanted(const struct walk *w, int64_t project)
{
	const int64_t *v = (const int64_t *)(const void *)w->projects.data;
	size_t low = 0, high = w->projects.len / sizeof(*v);

	if (!w->some || !project)
		return true;
	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (v[at] < project)
			low = at + 1;
		else
			high = at;
	}
	return low < w->projects.len / sizeof(*v) && v[low] == project;
}

static int plan(struct walk *w, const struct cs_filter *f, struct cs_err *err)
{
	int64_t project, scope;
	int r;

	w->sql = CS_SQL_BRIEFS_ALL;
	w->time = INT64_MIN;
	w->until = INT64_MAX;
	if (!f)
		return 0;
	if (f->since_unix_ns != CS_TIME_NONE)
		w->time = f->since_unix_ns;
	if (f->until_unix_ns != CS_TIME_NONE)
		w->until = f->until_unix_ns - 1; /* CS_TIME_NONE is the least */
	w->some = f->project.n > 1;
	if (w->some)
		return cs_st_projects(w->store, f, &w->projects, err);
	if (f->project.n == 0)
		return 0;
	r = cs_st_project(w->store, f->project.v[0], false, &project, err);
	w->nothing = r == 1;
	if (r != 0)
		return r < 0 ? r : 0;
	w->sql = CS_SQL_BRIEFS_PROJECT;
	w->params[w->n_params++] = cs_p_int("project_id", project);
	if (f->scope.n != 1)
		return 0;
	r = cs_st_text_find(w->store, project, f->scope.v[0], &scope, err);
	w->nothing = r == 1;
	if (r != 0)
		return r < 0 ? r : 0;
	w->sql = CS_SQL_BRIEFS_SCOPE;
	w->params[w->n_params++] = cs_p_int("scope_id", scope);
	return 0;
}

/* One row of the statement into the page. */
static int read_row(struct walk *w, struct cs_row *row)
{
	struct cs_brief_row *b = &w->rows[w->n_rows];
	const void *p;
	size_t len;

	row->column = 0;
	b->build_no = cs_db_row_int(row, 0);
	b->time_unix_ns = w->time = cs_db_row_int(row, 0);
	p = cs_db_row_blob(row, &len);
	if (row->r == 0 && (!p || len != 8))
		row->r = cs_st_damaged(w->store, row->err, "a build without an id");
	if (row->r < 0)
		return row->r;
	memcpy(w->id, p, 8);
	w->id_len = 8;
	b->id = number_of(w->id);
	b->project = cs_db_row_int(row, 0);
	p = cs_db_row_blob(row, &len);
	if (row->r < 0 || !is_wanted(w, b->project))
		return row->r;
	b->data = NULL;
	b->len = 0;
	if (p && !is_stale(w, b)) {
		w->offsets[w->n_rows] = w->data.len;
		b->len = len;
		if (cs_buf_add(&w->data, p, len) < 0)
			return cs_err_nomem(row->err);
	}
	w->n_rows++;
	return 0;
}

/* *ret_last: nothing is behind this page. */
static int next_page(struct walk *w, bool *ret_last, struct cs_err *err)
{
	struct cs_row row = { .store = w->store, .err = err };
	struct cs_param params[6];
	size_t n = w->n_params, n_read = 0;
	int r;

	if (n)
		memcpy(params, w->params, n * sizeof(*params));
	params[n++] = cs_p_int("time", w->time);
	params[n++] = cs_p_blob("id", w->id, w->id_len);
	params[n++] = cs_p_int("until", w->until);
	params[n++] = cs_p_int("n", PAGE);
	w->n_rows = 0;
	cs_buf_reset(&w->data);
	r = cs_st_query(w->store, w->sql, params, n, &row.st, err);
	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		r = n_read++ < PAGE ? read_row(w, &row) : 0;
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	for (size_t i = 0; i < w->n_rows; i++) {
		if (w->rows[i].len)
			w->rows[i].data = w->data.data + w->offsets[i];
	}
	*ret_last = n_read < PAGE;
	return r < 0 ? r : 0;
}

static int walk(struct walk *w, const struct cs_filter *filter, cs_brief_fn *fn, void *arg,
		struct cs_err *err)
{
	bool last = false;
	int r = plan(w, filter, err);

	if (r == 0)
		r = read_marks(w, err);
	while (r == 0 && !last && !w->nothing) {
		r = next_page(w, &last, err);
		for (size_t i = 0; i < w->n_rows && r == 0; i++)
			r = fn(arg, &w->rows[i], err);
		if (r == 0)
			r = cs_ctx_check(w->store->ctx, err);
	}
	return r;
}

int cs_store_briefs(struct cs_store *store, const struct cs_filter *filter, cs_brief_fn *fn,
		    void *arg, struct cs_err *err)
{
	struct walk *w CS_AUTO(release_p) = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return cs_err_nomem(err);
	w->store = store;
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = walk(w, filter, fn, arg, err);
	r = cs_st_end_read(store, r, err);
	return r < 0 ? r : 0;
}
