/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of runs. Its order is a time that may be a first build's, which no index has: so the
 * times of all runs are read and sorted (24 bytes for each). Runs are numbered in the order of
 * recording, so neighbours in time are mostly neighbours in number: a page of them is read by three
 * cursors over one range of numbers (runs, labels, jobs), with each text once. Where the runs of
 * one project lie far apart among those of others they are read one by one.
 */
#include "store/briefs.h"
#include "store/store_impl.h"

#define PAGE	   512
#define RANGE	   (4 * PAGE)
#define MEMO	   65536
#define TEXT_BYTES ((size_t)8 << 20)

enum { WORKFLOW, EVENT_RAW, REF, CONCLUSION, N_TEXTS };

struct key {
	int64_t time, no;
	int64_t build; /* time of its first build; CS_TIME_NONE without, or where not asked for */
};

struct item {
	struct cs_run run;
	bool there;
};

struct memo {
	int64_t id; /* 0 = empty */
	const char *text;
};

struct walk {
	struct cs_store *store;
	const struct cs_filter *filter;
	cs_st_run_fn *fn;
	void *arg;
	/* of the page */
	struct cs_arena *arena;
	const struct key *keys;
	size_t n;
	int64_t first, last;   /* numbers */
	uint16_t place[RANGE]; /* by number: 1 + which of the page, 0 none */
	struct item items[PAGE];
	/* of several */
	struct cs_arena *texts;
	size_t text_bytes;
	struct memo memo[MEMO];
	const char *project; /* the last one */
	int64_t project_id;
};

static void walk_free(struct walk *w)
{
	if (w)
		cs_arena_free(w->texts);
	free(w);
}
CS_DEFINE_AUTO(struct walk *, walk_free)

/* --- in what order --- */

static int add_keys(struct cs_store *store, int64_t project, const struct cs_filter *f, bool builds,
		    struct cs_buf *ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	int64_t since = f && f->since_unix_ns != CS_TIME_NONE ? f->since_unix_ns : INT64_MIN;
	int64_t last = f && f->until_unix_ns != CS_TIME_NONE ? f->until_unix_ns - 1 : INT64_MAX;
	const struct cs_param params[] = { cs_p_int("project_id", project),
					   cs_p_int("since", since), cs_p_int("last", last) };
	int r = cs_st_query(store, builds ? CS_SQL_RUN_TIMES_BUILDS : CS_SQL_RUN_TIMES, params,
			    builds ? 1 : CS_N(params), &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		int64_t started, recorded;
		struct key key;

		row.column = 0;
		key.no = cs_db_row_int(&row, 0);
		started = cs_db_row_int(&row, CS_TIME_NONE);
		recorded = cs_db_row_int(&row, CS_TIME_NONE);
		key.build = cs_db_row_int(&row, CS_TIME_NONE);
		key.time = started != CS_TIME_NONE     ? started
			   : key.build != CS_TIME_NONE ? key.build
						       : recorded;
		if (f && ((f->since_unix_ns != CS_TIME_NONE && key.time < f->since_unix_ns) ||
			  (f->until_unix_ns != CS_TIME_NONE && key.time >= f->until_unix_ns)))
			continue;
		if (cs_buf_add(ret, &key, sizeof(key)) < 0) {
			row.st->driver->reset(row.st);
			r = cs_err_nomem(err);
		}
	}
	return r < 0 ? r : 0;
}

static int by_time(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return (x->no > y->no) - (x->no < y->no);
}

static bool in_list(const struct cs_filter_list *list, const char *value)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], value ? value : "") == 0)
			return true;
	}
	return list->n == 0;
}

static bool matches(const struct cs_filter *f, const struct cs_run *run)
{
	if (!in_list(&f->event, cs_event_name(run->event)) || !in_list(&f->ref, run->ref))
		return false;
	for (size_t i = 0; i < f->n_labels; i++) {
		const struct cs_kv *has = NULL;

		for (size_t k = 0; k < run->n_labels; k++) {
			if (strcmp(run->labels[k].key, f->labels[i].key) == 0)
				has = &run->labels[k];
		}
		if (!has || strcmp(has->value, f->labels[i].value) != 0)
			return false;
	}
	return true;
}

/* --- a page --- */

/* Texts live longer than their page, for others have them too; but not all of them at once. */
static int renew_texts(struct walk *w, struct cs_err *err)
{
	if (w->texts && w->text_bytes <= TEXT_BYTES)
		return 0;
	cs_arena_free(w->texts);
	memset(w->memo, 0, sizeof(w->memo));
	w->project_id = 0;
	w->text_bytes = 0;
	w->texts = cs_arena_new();
	return w->texts ? 0 : cs_err_nomem(err);
}

static int text(struct walk *w, int64_t id, const char **ret, struct cs_err *err)
{
	size_t at = (uint64_t)id % MEMO;
	int r;

	*ret = NULL;
	if (!id)
		return 0;
	if (w->memo[at].id == id) {
		*ret = w->memo[at].text;
		return 0;
	}
	r = cs_st_text(w->store, id, w->texts, ret, err);
	if (r == 0) {
		w->memo[at].id = id;
		w->memo[at].text = *ret;
		w->text_bytes += strlen(*ret ? *ret : "");
	}
	return r;
}

/* Numbers of projects and of texts are apart: theirs are below 0 here. */
static int project(struct walk *w, int64_t id, const char **ret, struct cs_err *err)
{
	size_t at = (uint64_t)-id % MEMO;
	int r = 0;

	if (id == w->project_id) {
		*ret = w->project;
		return 0;
	}
	if (w->memo[at].id != -id)
		r = cs_store_project_name(w->store, id, w->texts, &w->memo[at].text, err);
	if (r < 0)
		return r;
	w->memo[at].id = -id;
	*ret = w->project = w->memo[at].text;
	w->project_id = id;
	return 0;
}

/* Rows of a range of numbers, with the numbers of texts in place of them. */
struct cell {
	uint16_t at; /* in the page */
	int64_t v[3];
};

static int read_cells(struct walk *w, enum cs_sql sql, int columns, struct cs_buf *ret,
		      struct cs_err *err)
{
	struct cs_row row = { .store = w->store, .err = err };
	int r = cs_st_query(w->store, sql,
			    CS_PARAMS(cs_p_int("first", w->first), cs_p_int("last", w->last)),
			    &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct cell cell = { 0, { 0, 0, -1 } };
		int64_t no;

		row.column = 0;
		no = cs_db_row_int(&row, 0);
		if (no < w->first || no > w->last || !w->place[no - w->first])
			continue;
		cell.at = (uint16_t)(w->place[no - w->first] - 1);
		for (int i = 0; i < columns; i++)
			cell.v[i] = cs_db_row_int(&row, i == 2 ? -1 : 0);
		if (cs_buf_add(ret, &cell, sizeof(cell)) < 0) {
			row.st->driver->reset(row.st);
			r = cs_err_nomem(err);
		}
	}
	return r < 0 ? r : 0;
}

/* Cells from at on that are of the same run. */
static size_t group(const struct cell *cells, size_t n, size_t at)
{
	size_t end = at;

	while (end < n && cells[end].at == cells[at].at)
		end++;
	return end - at;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cs_kv *)a)->key, ((const struct cs_kv *)b)->key);
}

static int fill_labels(struct walk *w, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = read_cells(w, CS_SQL_RUNS_LABELS, 2, &buf, err);
	const struct cell *cells = (const struct cell *)(const void *)buf.data;
	size_t n = buf.len / sizeof(*cells), some;

	for (size_t at = 0; at < n && r == 0; at += some) {
		struct cs_run *run = &w->items[cells[at].at].run;

		some = group(cells, n, at);
		run->n_labels = some;
		run->labels = cs_arena_array(w->arena, some, sizeof(*run->labels));
		if (!run->labels)
			return cs_err_nomem(err);
		for (size_t i = 0; i < some && r == 0; i++) {
			r = text(w, cells[at + i].v[0], &run->labels[i].key, err);
			if (r == 0)
				r = text(w, cells[at + i].v[1], &run->labels[i].value, err);
			if (r == 0 && (!run->labels[i].key || !run->labels[i].value))
				r = cs_st_damaged(w->store, err, "a label without a text");
		}
		if (r == 0 && some > 1)
			qsort(run->labels, some, sizeof(*run->labels), by_name);
	}
	return r;
}

static int fill_jobs(struct walk *w, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = read_cells(w, CS_SQL_RUNS_JOBS, 3, &buf, err);
	const struct cell *cells = (const struct cell *)(const void *)buf.data;
	size_t n = buf.len / sizeof(*cells), some;

	for (size_t at = 0; at < n && r == 0; at += some) {
		struct cs_run *run = &w->items[cells[at].at].run;

		some = group(cells, n, at);
		run->n_jobs = some;
		run->jobs = cs_arena_array(w->arena, some, sizeof(*run->jobs));
		if (!run->jobs)
			return cs_err_nomem(err);
		for (size_t i = 0; i < some && r == 0; i++) {
			struct cs_run_job *job = &run->jobs[i];

			job->builds = cells[at + i].v[2];
			r = text(w, cells[at + i].v[0], &job->name, err);
			if (r == 0)
				r = text(w, cells[at + i].v[1], &job->conclusion, err);
			if (r == 0 && !job->name)
				r = cs_st_damaged(w->store, err, "a job without a name");
		}
	}
	return r;
}

/* The run's own row; its texts are looked up when the statement is done. */
static int read_row(struct walk *w, struct cs_row *row, int64_t texts[PAGE][1 + N_TEXTS])
{
	struct cs_run *run;
	int64_t no, *ids;
	size_t at;

	row->column = 0;
	no = cs_db_row_int(row, 0);
	if (no < w->first || no > w->last || !w->place[no - w->first])
		return 0;
	at = w->place[no - w->first] - 1U;
	run = &w->items[at].run;
	ids = texts[at];
	cs_run_init(run);
	run->number = no;
	ids[N_TEXTS] = cs_db_row_int(row, 0);
	run->run_id = cs_db_row_text(row);
	run->attempt = cs_db_row_int(row, -1);
	ids[WORKFLOW] = cs_db_row_int(row, 0);
	run->event = (enum cs_event)cs_db_row_enum(row, CS_EVENT_OTHER + 1);
	ids[EVENT_RAW] = cs_db_row_int(row, 0);
	ids[REF] = cs_db_row_int(row, 0);
	run->commit = cs_db_row_text(row);
	ids[CONCLUSION] = cs_db_row_int(row, 0);
	run->started_unix_ns = cs_db_row_int(row, CS_TIME_NONE);
	run->completed_unix_ns = cs_db_row_int(row, CS_TIME_NONE);
	w->items[at].there = row->r == 0;
	return row->r;
}

static int fill_runs(struct walk *w, struct cs_err *err)
{
	struct cs_row row = { .store = w->store, .arena = w->arena, .err = err };
	int64_t texts[PAGE][1 + N_TEXTS];
	int r = cs_st_query(w->store, CS_SQL_RUNS_RANGE,
			    CS_PARAMS(cs_p_int("first", w->first), cs_p_int("last", w->last)),
			    &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		r = read_row(w, &row, texts);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	r = r < 0 ? r : 0;
	for (size_t i = 0; i < w->n && r == 0; i++) {
		struct cs_run *run = &w->items[i].run;
		const char **const ret[N_TEXTS] = { &run->workflow, &run->event_raw, &run->ref,
						    &run->conclusion };

		if (!w->items[i].there)
			continue;
		r = project(w, texts[i][N_TEXTS], &run->project, err);
		for (int k = 0; k < N_TEXTS && r == 0; k++)
			r = text(w, texts[i][k], ret[k], err);
	}
	return r;
}

static int fill_range(struct walk *w, struct cs_err *err)
{
	int r;

	memset(w->place, 0, sizeof(w->place));
	for (size_t i = 0; i < w->n; i++)
		w->place[w->keys[i].no - w->first] = (uint16_t)(i + 1);
	r = fill_runs(w, err);
	if (r == 0)
		r = fill_labels(w, err);
	return r == 0 ? fill_jobs(w, err) : r;
}

static int fill_each(struct walk *w, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < w->n && r >= 0; i++) {
		r = cs_st_run_get(w->store, w->keys[i].no, w->arena, &w->items[i].run, err);
		w->items[i].there = r == 0;
	}
	return r < 0 ? r : 0;
}

static int fill(struct walk *w, struct cs_err *err)
{
	int r;

	r = renew_texts(w, err);
	if (r < 0)
		return r;
	memset(w->items, 0, w->n * sizeof(*w->items));
	w->first = w->last = w->keys[0].no;
	for (size_t i = 1; i < w->n; i++) {
		w->first = w->keys[i].no < w->first ? w->keys[i].no : w->first;
		w->last = w->keys[i].no > w->last ? w->keys[i].no : w->last;
	}
	/* Of a few runs far apart most of what lies between is another's. */
	return w->last - w->first < (int64_t)RANGE && w->last - w->first < 4 * (int64_t)w->n
		       ? fill_range(w, err)
		       : fill_each(w, err);
}

static int give_page(struct walk *w, struct cs_err *err)
{
	int r = fill(w, err);

	for (size_t i = 0; i < w->n && r == 0; i++) {
		struct cs_run *run = &w->items[i].run;
		int64_t build = w->keys[i].build;

		if (!w->items[i].there || (w->filter && !matches(w->filter, run)))
			continue;
		if (run->started_unix_ns == CS_TIME_NONE)
			run->started_unix_ns = build;
		r = w->fn(w->arg, w->keys[i].no, build != CS_TIME_NONE, run, err);
	}
	return r;
}

/* --- --- */

static int each(struct walk *w, bool builds, struct cs_err *err)
{
	struct cs_buf projects CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf keys CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = cs_st_projects(w->store, w->filter, &projects, err);
	size_t n;

	for (size_t i = 0; i < projects.len / sizeof(int64_t) && r == 0; i++)
		r = add_keys(w->store, ((const int64_t *)(const void *)projects.data)[i], w->filter,
			     builds, &keys, err);
	n = keys.len / sizeof(struct key);
	if (n)
		qsort(keys.data, n, sizeof(struct key), by_time);
	for (size_t at = 0; at < n && r == 0; at += PAGE) {
		struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();

		if (!arena)
			return cs_err_nomem(err);
		w->arena = arena;
		w->keys = (const struct key *)(const void *)keys.data + at;
		w->n = n - at < PAGE ? n - at : PAGE;
		r = give_page(w, err);
		if (r == 0)
			r = cs_ctx_check(w->store->ctx, err);
	}
	return r;
}

static int runs_each(struct cs_store *store, const struct cs_filter *f, bool builds,
		     cs_st_run_fn *fn, void *arg, struct cs_err *err)
{
	struct walk *w CS_AUTO(walk_free_p) = calloc(1, sizeof(*w));

	if (!w)
		return cs_err_nomem(err);
	w->store = store;
	w->filter = f;
	w->fn = fn;
	w->arg = arg;
	return each(w, builds, err);
}

int cs_st_runs_each(struct cs_store *store, const struct cs_filter *f, cs_st_run_fn *fn, void *arg,
		    struct cs_err *err)
{
	return runs_each(store, f, true, fn, arg, err);
}

struct list {
	cs_run_fn *fn;
	void *arg;
};

static int list_one(void *arg, int64_t run_no CS_UNUSED, bool has_builds CS_UNUSED,
		    const struct cs_run *run, struct cs_err *err)
{
	const struct list *list = arg;

	return list->fn(list->arg, run, err);
}

int cs_store_runs(struct cs_store *store, const struct cs_filter *filter, cs_run_fn *fn, void *arg,
		  struct cs_err *err)
{
	struct list list = { fn, arg };
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = runs_each(store, filter, false, list_one, &list, err);
	r = cs_st_end_read(store, r, err);
	return r < 0 ? r : 0;
}
