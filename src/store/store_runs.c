/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of CI, those without a build too. A run is there when a build names it, or when it is told
 * of; what is known of it stands, what is not is added.
 */
#include "store/store_impl.h"

enum { WORKFLOW, EVENT_RAW, REF, CONCLUSION, N_TEXTS };

/* A run as its row has it. */
struct raw {
	struct cs_run run;
	int64_t texts[N_TEXTS];
};

struct job {
	int64_t name, conclusion, builds;
};

struct label {
	int64_t key, value;
};

/* --- reading --- */

/* 0; 1 = not there (any more). */
static int read_row(struct cs_store *store, int64_t run_no, struct cs_arena *arena, struct raw *ret,
		    struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	struct cs_run *run = &ret->run;
	int r = cs_st_query(store, CS_SQL_RUN_GET, CS_PARAMS(cs_p_int("run_no", run_no)), &row.st,
			    err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r;
	cs_run_init(run);
	run->number = run_no;
	run->project = cs_db_row_text(&row);
	run->run_id = cs_db_row_text(&row);
	run->attempt = cs_db_row_int(&row, -1);
	ret->texts[WORKFLOW] = cs_db_row_int(&row, 0);
	run->event = (enum cs_event)cs_db_row_enum(&row, CS_EVENT_OTHER + 1);
	ret->texts[EVENT_RAW] = cs_db_row_int(&row, 0);
	ret->texts[REF] = cs_db_row_int(&row, 0);
	run->commit = cs_db_row_text(&row);
	ret->texts[CONCLUSION] = cs_db_row_int(&row, 0);
	run->started_unix_ns = cs_db_row_int(&row, CS_TIME_NONE);
	run->completed_unix_ns = cs_db_row_int(&row, CS_TIME_NONE);
	row.st->driver->reset(row.st);
	return row.r;
}

/* Rows of numbers, columns of them each, as int64_t in ret; NULL is -1 in the last, else 0. */
static int read_numbers(struct cs_store *store, enum cs_sql sql, int64_t run_no, int columns,
			struct cs_buf *ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	int r = cs_st_query(store, sql, CS_PARAMS(cs_p_int("run_no", run_no)), &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 0;
		while (row.column < columns && r == 0) {
			int64_t v = cs_db_row_int(&row, row.column == 2 ? -1 : 0);

			if (cs_buf_add(ret, &v, sizeof(v)) < 0)
				r = cs_err_nomem(err);
		}
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct cs_kv *)a)->key, ((const struct cs_kv *)b)->key);
}

static int read_labels(struct cs_store *store, int64_t run_no, struct cs_arena *arena,
		       struct cs_run *run, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = read_numbers(store, CS_SQL_RUN_LABELS_GET, run_no, 2, &buf, err);
	const struct label *rows = (const struct label *)buf.data;

	run->n_labels = buf.len / sizeof(*rows);
	run->labels = cs_arena_array(arena, run->n_labels, sizeof(*run->labels));
	if (r == 0 && !run->labels)
		r = cs_err_nomem(err);
	for (size_t i = 0; i < run->n_labels && r == 0; i++) {
		struct cs_kv *label = &run->labels[i];

		r = cs_st_text(store, rows[i].key, arena, &label->key, err);
		if (r == 0)
			r = cs_st_text(store, rows[i].value, arena, &label->value, err);
		if (r == 0 && (!label->key || !label->value))
			r = cs_st_damaged(store, err, "a label without a text");
	}
	if (r == 0 && run->n_labels > 1)
		qsort(run->labels, run->n_labels, sizeof(*run->labels), by_key);
	return r;
}

static int read_jobs(struct cs_store *store, int64_t run_no, struct cs_arena *arena,
		     struct cs_run *run, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = read_numbers(store, CS_SQL_RUN_JOBS_GET, run_no, 3, &buf, err);
	const struct job *rows = (const struct job *)buf.data;

	run->n_jobs = buf.len / sizeof(*rows);
	run->jobs = cs_arena_array(arena, run->n_jobs, sizeof(*run->jobs));
	if (r == 0 && !run->jobs)
		r = cs_err_nomem(err);
	for (size_t i = 0; i < run->n_jobs && r == 0; i++) {
		struct cs_run_job *job = &run->jobs[i];

		job->builds = rows[i].builds;
		r = cs_st_text(store, rows[i].conclusion, arena, &job->conclusion, err);
		if (r == 0)
			r = cs_st_text(store, rows[i].name, arena, &job->name, err);
		if (r == 0 && !job->name)
			r = cs_st_damaged(store, err, "a job without a name");
	}
	return r;
}

int cs_st_run_get(struct cs_store *store, int64_t run_no, struct cs_arena *arena,
		  struct cs_run *ret, struct cs_err *err)
{
	struct raw raw;
	struct cs_run *run = &raw.run;
	const char **texts[N_TEXTS] = { &run->workflow, &run->event_raw, &run->ref,
					&run->conclusion };
	int r = read_row(store, run_no, arena, &raw, err);

	if (r != 0)
		return r;
	for (int i = 0; i < N_TEXTS && r == 0; i++)
		r = cs_st_text(store, raw.texts[i], arena, texts[i], err);
	if (r == 0)
		r = read_labels(store, run_no, arena, run, err);
	if (r == 0)
		r = read_jobs(store, run_no, arena, run, err);
	if (r == 0)
		*ret = *run;
	return r;
}

/* --- recording --- */

struct put {
	struct cs_store *store;
	struct cs_run run; /* a copy with clean texts */
	int64_t project, no, texts[N_TEXTS];
	bool is_new, changed;
};

static int find(struct put *p, struct cs_err *err)
{
	return cs_st_int(p->store, CS_SQL_RUN_FIND,
			 CS_PARAMS(cs_p_int("project_id", p->project),
				   cs_p_text("run_id", p->run.run_id),
				   cs_p_int("attempt", p->run.attempt < 0 ? -1 : p->run.attempt)),
			 &p->no, err);
}

#define RUN_PARAMS(run, texts)                                                                     \
	cs_p_opt("workflow_id", (texts)[WORKFLOW], 0), cs_p_int("event", (run)->event),            \
		cs_p_opt("event_raw_id", (texts)[EVENT_RAW], 0),                                   \
		cs_p_opt("ref_id", (texts)[REF], 0), cs_p_text("commit_name", (run)->commit),      \
		cs_p_opt("conclusion_id", (texts)[CONCLUSION], 0),                                 \
		cs_p_opt("started_unix_ns", (run)->started_unix_ns, CS_TIME_NONE),                 \
		cs_p_opt("completed_unix_ns", (run)->completed_unix_ns, CS_TIME_NONE)

static int insert(struct put *p, struct cs_err *err)
{
	const struct cs_run *run = &p->run;
	int r = cs_st_insert(p->store, CS_SQL_RUN_INSERT,
			     CS_PARAMS(cs_p_int("project_id", p->project),
				       cs_p_text("run_id", run->run_id),
				       cs_p_int("attempt", run->attempt < 0 ? -1 : run->attempt),
				       RUN_PARAMS(run, p->texts),
				       cs_p_int("recorded_unix_ns", cs_ctx_now(p->store->ctx))),
			     &p->no, err);

	cs_testpoint(&p->store->points, "run");
	p->is_new = true;
	return r;
}

/* The value, where it was unknown; true if that is news. */
static bool learn(int64_t *known, int64_t told, int64_t none)
{
	if (*known != none || told == none)
		return false;
	*known = told;
	return true;
}

static int update(struct put *p, struct cs_arena *arena, struct cs_err *err)
{
	const struct cs_run *run = &p->run;
	struct raw raw;
	bool news = false;
	int r = read_row(p->store, p->no, arena, &raw, err);

	if (r != 0)
		return r < 0 ? r : 0;
	for (int i = 0; i < N_TEXTS; i++)
		news |= learn(&raw.texts[i], p->texts[i], 0);
	news |= learn(&raw.run.started_unix_ns, run->started_unix_ns, CS_TIME_NONE);
	news |= learn(&raw.run.completed_unix_ns, run->completed_unix_ns, CS_TIME_NONE);
	if (raw.run.event == CS_EVENT_NONE && run->event != CS_EVENT_NONE) {
		raw.run.event = run->event;
		news = true;
	}
	if (!raw.run.commit && run->commit) {
		raw.run.commit = run->commit;
		news = true;
	}
	if (!news)
		return 0;
	p->changed = true;
	return cs_st_run(p->store, CS_SQL_RUN_UPDATE,
			 CS_PARAMS(cs_p_int("run_no", p->no), RUN_PARAMS(&raw.run, raw.texts)),
			 err);
}

static int put_label(struct put *p, const struct cs_kv *label, struct cs_buf *known,
		     struct cs_err *err)
{
	struct label row;
	int r = cs_st_text_id(p->store, p->project, label->key, &row.key, err);

	if (r == 0)
		r = cs_st_text_id(p->store, p->project, label->value, &row.value, err);
	for (size_t i = 0; i < known->len / sizeof(row) && r == 0; i++) {
		if (((const struct label *)known->data)[i].key == row.key)
			return 0;
	}
	if (r == 0)
		r = cs_st_run(p->store, CS_SQL_RUN_LABEL_INSERT,
			      CS_PARAMS(cs_p_int("run_no", p->no), cs_p_int("key_id", row.key),
					cs_p_int("value_id", row.value)),
			      err);
	cs_testpoint(&p->store->points, "run_label");
	p->changed = true;
	if (r == 0 && cs_buf_add(known, &row, sizeof(row)) < 0)
		r = cs_err_nomem(err);
	return r;
}

static int put_labels(struct put *p, struct cs_err *err)
{
	struct cs_buf known CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = 0;

	if (p->run.n_labels)
		r = read_numbers(p->store, CS_SQL_RUN_LABELS_GET, p->no, 2, &known, err);
	for (size_t i = 0; i < p->run.n_labels && r == 0; i++)
		r = put_label(p, &p->run.labels[i], &known, err);
	return r;
}

/* A job that is known learns what it did not know. */
static int update_job(struct put *p, struct job *known, size_t idx, const struct job *told,
		      struct cs_err *err)
{
	bool news = learn(&known->conclusion, told->conclusion, 0);

	news |= learn(&known->builds, told->builds, -1);
	if (!news)
		return 0;
	p->changed = true;
	return cs_st_run(p->store, CS_SQL_RUN_JOB_UPDATE,
			 CS_PARAMS(cs_p_int("run_no", p->no), cs_p_int("idx", (int64_t)idx),
				   cs_p_opt("conclusion_id", known->conclusion, 0),
				   cs_p_opt("builds", known->builds, -1)),
			 err);
}

static int put_job(struct put *p, const struct cs_run_job *told, struct cs_buf *known,
		   struct cs_err *err)
{
	size_t n = known->len / sizeof(struct job);
	struct job row = { .builds = told->builds < 0 ? -1 : told->builds };
	int r = cs_st_text_id(p->store, p->project, told->name ? told->name : "", &row.name, err);

	if (r == 0)
		r = cs_st_text_id(p->store, p->project, told->conclusion, &row.conclusion, err);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct job *job = (struct job *)known->data + i;

		if (job->name == row.name)
			return update_job(p, job, i, &row, err);
	}
	if (r == 0)
		r = cs_st_run(p->store, CS_SQL_RUN_JOB_INSERT,
			      CS_PARAMS(cs_p_int("run_no", p->no), cs_p_int("idx", (int64_t)n),
					cs_p_int("name_id", row.name),
					cs_p_opt("conclusion_id", row.conclusion, 0),
					cs_p_opt("builds", row.builds, -1)),
			      err);
	cs_testpoint(&p->store->points, "run_job");
	p->changed = true;
	if (r == 0 && cs_buf_add(known, &row, sizeof(row)) < 0)
		r = cs_err_nomem(err);
	return r;
}

static int put_jobs(struct put *p, struct cs_err *err)
{
	struct cs_buf known CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = 0;

	if (p->run.n_jobs)
		r = read_numbers(p->store, CS_SQL_RUN_JOBS_GET, p->no, 3, &known, err);
	for (size_t i = 0; i < p->run.n_jobs && r == 0; i++)
		r = put_job(p, &p->run.jobs[i], &known, err);
	return r;
}

static int put_all(struct put *p, struct cs_arena *arena, struct cs_err *err)
{
	const char *texts[N_TEXTS] = { p->run.workflow, p->run.event_raw, p->run.ref,
				       p->run.conclusion };
	int r = cs_st_project(p->store, p->run.project, true, &p->project, err);

	for (int i = 0; i < N_TEXTS && r == 0; i++)
		r = cs_st_text_id(p->store, p->project, texts[i], &p->texts[i], err);
	if (r == 0)
		r = find(p, err);
	if (r == 0)
		r = update(p, arena, err);
	else if (r == 1)
		r = insert(p, err);
	if (r == 0)
		r = put_labels(p, err);
	return r == 0 ? put_jobs(p, err) : r;
}

static int clean(struct cs_arena *arena, const char **text, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *result;
	int r;

	if (!*text)
		return 0;
	r = cs_st_clean(*text, &buf, &result, err);
	if (r == 0)
		*text = cs_arena_strdup(arena, result);
	return r < 0 ? r : *text ? 0 : cs_err_nomem(err);
}

int cs_store_run_put(struct cs_store *store, const struct cs_run *run, enum cs_put *ret,
		     struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct put p = { .store = store, .run = *run };
	int r = arena ? 0 : cs_err_nomem(err);

	if (r == 0 && !run->run_id)
		return cs_err_set(err, CS_USAGE, "a run without an id");
	if (r == 0)
		r = clean(arena, &p.run.run_id, err);
	if (r == 0)
		r = clean(arena, &p.run.commit, err);
	if (r == 0)
		r = cs_st_begin_write(store, err);
	if (r < 0)
		return r;
	cs_testpoint(&store->points, "begin");
	r = put_all(&p, arena, err);
	r = cs_st_end_write(store, r, err);
	if (r < 0)
		return r;
	*ret = p.is_new ? CS_PUT_NEW : p.changed ? CS_PUT_JOINED : CS_PUT_SAME;
	return 0;
}
