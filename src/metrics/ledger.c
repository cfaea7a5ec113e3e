/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build becomes 64 bytes of numbers: what is compared are hashes and numbers of the dictionary,
 * what is shown of it is asked of the store again by its id.
 */
#include "metrics/ledger_impl.h"

#include <stdio.h>
#include <strings.h>

#include "model/filter.h"

_Static_assert(sizeof(struct cs_ledger_build) == 64, "a build is a cache line");

int cs_ledger_new(const struct cs_policy *policy, struct cs_ledger **ret, struct cs_err *err)
{
	struct cs_ledger *l = calloc(1, sizeof(*l));

	if (!l)
		return cs_err_nomem(err);
	l->policy = policy;
	l->latest_unix_ns = INT64_MIN;
	l->in_order = true;
	*ret = l;
	return 0;
}

void cs_ledger_free(struct cs_ledger *ledger)
{
	if (!ledger)
		return;
	cs_texts_release(&ledger->names);
	cs_texts_release(&ledger->projects);
	cs_texts_release(&ledger->workflows);
	cs_texts_release(&ledger->judged);
	free(ledger->verdicts);
	cs_run_names_release(&ledger->run_names);
	cs_map_release(&ledger->workflow_keys);
	cs_map_release(&ledger->place_keys);
	cs_map_release(&ledger->scope_keys);
	cs_map_release(&ledger->writer_keys);
	free(ledger->builds);
	free(ledger->runs);
	free(ledger->places);
	free(ledger->scopes);
	free(ledger->executions.slots);
	free(ledger->executions.again);
	free(ledger->work);
	free(ledger);
}

/* --- runs --- */

static int name_run(struct cs_ledger *l, struct cs_ledger_run *run, const char *workflow,
		    struct cs_err *err)
{
	uint32_t name = CS_NOTHING, *key;
	int r = cs_texts_put(&l->projects, run->project ? run->project : "", &run->project_key,
			     err);

	if (r == 0 && workflow && *workflow)
		r = cs_texts_put(&l->workflows, workflow, &name, err);
	if (r < 0)
		return r;
	run->workflow = cs_texts_get(&l->workflows, name);
	key = cs_map_at(&l->workflow_keys, (uint64_t)run->project_key << 32 | name);
	if (!key)
		return cs_err_nomem(err);
	if (*key == CS_NOTHING)
		*key = (uint32_t)l->workflow_keys.n - 1;
	run->workflow_key = *key;
	return 0;
}

/* The run at that place of the names, made if it is new. */
static int run_at(struct cs_ledger *l, uint32_t at, struct cs_err *err)
{
	const struct cs_run_name *name = &l->run_names.v[at];
	struct cs_ledger_run run = { .project = name->project,
				     .run_id = name->run_id,
				     .attempt = name->attempt,
				     .started_unix_ns = CS_TIME_NONE,
				     .completed_unix_ns = CS_TIME_NONE };
	int r;

	if (at < l->n_runs)
		return 0;
	if (!cs_table_grow((void **)&l->runs, l->n_runs, &l->cap_runs, sizeof(run)))
		return cs_err_nomem(err);
	r = name_run(l, &run, NULL, err);
	if (r == 0)
		l->runs[l->n_runs++] = run;
	return r;
}

static uint64_t commit_of(const char *project, const char *commit)
{
	if (!commit || !*commit)
		return 0;
	return cs_mix_end(cs_mix_text(cs_mix_text(CS_MIX_START, project ? project : ""), commit));
}

/* What a CI's word for the end of a job says of its tests. */
static enum cs_tri passed(const char *conclusion)
{
	static const char *const bad[] = { "failure", "failed", "timed_out", "unstable" };

	if (!conclusion)
		return CS_TRI_UNKNOWN;
	if (strcasecmp(conclusion, "success") == 0)
		return CS_TRI_YES;
	for (size_t i = 0; i < CS_N(bad); i++) {
		if (strcasecmp(conclusion, bad[i]) == 0)
			return CS_TRI_NO;
	}
	return CS_TRI_UNKNOWN;
}

enum { NAME_TESTS = 1, NAME_PREBUILT = 2 };

/*
 * What the policy says of a job's or workflow's name. A window holds few distinct ones and many
 * runs: patterns are matched once a name.
 */
static int judge_name(struct cs_ledger *l, const char *name, uint8_t *ret, struct cs_err *err)
{
	const struct cs_policy *policy = l->policy;
	uint32_t at;
	int r;

	if (!cs_table_grow((void **)&l->verdicts, l->n_verdicts, &l->cap_verdicts, 1))
		return cs_err_nomem(err);
	r = cs_texts_put(&l->judged, name ? name : "", &at, err);
	if (r < 0)
		return r;
	if (at == l->n_verdicts) {
		unsigned v = 0;

		if (policy->test && cs_policy_role(policy, name, NULL) == policy->test)
			v |= NAME_TESTS;
		if (cs_policy_prebuilt(policy, name))
			v |= NAME_PREBUILT;
		l->verdicts[l->n_verdicts++] = (uint8_t)v;
	}
	*ret = l->verdicts[at];
	return 0;
}

static int judge_jobs(struct cs_ledger *l, const struct cs_run *in, struct cs_ledger_run *run,
		      struct cs_err *err)
{
	bool other = false, any = false;
	uint8_t verdict;
	int r = 0;

	for (size_t i = 0; i < in->n_jobs; i++) {
		const struct cs_run_job *job = &in->jobs[i];
		enum cs_tri ok = passed(job->conclusion);

		r = judge_name(l, job->name, &verdict, err);
		if (r < 0)
			return r;
		if (verdict & NAME_TESTS && run->jobs_passed != CS_TRI_NO && ok != CS_TRI_UNKNOWN)
			run->jobs_passed = ok;
		if (job->conclusion && strcasecmp(job->conclusion, "skipped") == 0)
			continue;
		any = true;
		other = other || !(verdict & NAME_PREBUILT);
	}
	r = judge_name(l, in->workflow, &verdict, err);
	if (r == 0)
		run->prebuilt = verdict & NAME_PREBUILT || (any && !other);
	return r;
}

int cs_ledger_add_run(struct cs_ledger *ledger, const struct cs_run *in, struct cs_err *err)
{
	struct cs_ledger_run *run;
	uint32_t at;
	int r = cs_run_names_put(&ledger->run_names, in->project, in->run_id, in->attempt,
				 in->number, &at, err);

	if (r == 0)
		r = run_at(ledger, at, err);
	if (r < 0)
		return r;
	run = &ledger->runs[at];
	r = name_run(ledger, run, in->workflow, err);
	if (r < 0)
		return r;
	run->listed = true;
	if (in->event != CS_EVENT_NONE)
		run->event = in->event;
	if (in->commit && *in->commit)
		run->commit = commit_of(in->project, in->commit);
	run->started_unix_ns = in->started_unix_ns;
	run->completed_unix_ns = in->completed_unix_ns;
	return judge_jobs(ledger, in, run, err);
}

/* --- builds --- */

static uint64_t mix_numbers(const int64_t *numbers, size_t n)
{
	uint64_t h = CS_MIX_START;

	for (size_t i = 0; i < n; i++)
		h = cs_mix_end(h ^ (uint64_t)numbers[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return h;
}

/* A text once; the empty one is NULL. */
static int intern(struct cs_ledger *l, struct cs_brief_dict *dict, int64_t number, const char **ret,
		  struct cs_err *err)
{
	uint32_t name;
	int r = cs_texts_of(&l->names, dict, number, &name, err);

	if (r < 0)
		return r;
	*ret = cs_texts_get(&l->names, name);
	if (*ret && !**ret)
		*ret = NULL;
	return 0;
}

static int find_scope(struct cs_ledger *l, const struct cs_brief *b,
		      const struct cs_ledger_place *place, uint32_t *ret, struct cs_err *err)
{
	const int64_t numbers[] = { b->project, b->scope };
	uint32_t *key = cs_map_at(&l->scope_keys, mix_numbers(numbers, CS_N(numbers)));

	if (!key ||
	    !cs_table_grow((void **)&l->scopes, l->n_scopes, &l->cap_scopes, sizeof(*l->scopes)))
		return cs_err_nomem(err);
	if (*key == CS_NOTHING) {
		*key = (uint32_t)l->n_scopes;
		l->scopes[l->n_scopes++] = (struct cs_ledger_scope){ .project = place->project,
								     .scope = place->scope,
								     .first_unix_ns = CS_TIME_NONE,
								     .last_unix_ns = CS_TIME_NONE };
	}
	*ret = *key;
	return 0;
}

static int new_place(struct cs_ledger *l, struct cs_brief_dict *dict, const struct cs_brief *b,
		     struct cs_err *err)
{
	const int64_t writer[] = { b->target, b->platform };
	struct cs_ledger_place place = { 0 };
	const struct {
		int64_t number;
		const char **ret;
	} texts[] = { { b->scope, &place.scope },
		      { b->target, &place.target },
		      { b->platform, &place.platform },
		      { b->job, &place.job } };
	uint32_t *key, project;
	int r = cs_texts_of_project(&l->projects, dict, b->project, &project, err);

	if (r < 0)
		return r;
	place.project = cs_texts_get(&l->projects, project);
	if (place.project && !*place.project)
		place.project = NULL;
	for (size_t i = 0; r == 0 && i < CS_N(texts); i++)
		r = intern(l, dict, texts[i].number, texts[i].ret, err);
	if (r == 0)
		r = find_scope(l, b, &place, &place.scope_key, err);
	if (r < 0)
		return r;
	key = cs_map_at(&l->writer_keys, mix_numbers(writer, CS_N(writer)));
	if (!key ||
	    !cs_table_grow((void **)&l->places, l->n_places, &l->cap_places, sizeof(*l->places)))
		return cs_err_nomem(err);
	if (*key == CS_NOTHING)
		*key = (uint32_t)l->writer_keys.n - 1;
	place.writer_key = *key;
	l->places[l->n_places++] = place;
	return 0;
}

static int find_place(struct cs_ledger *l, struct cs_brief_dict *dict, const struct cs_brief *b,
		      uint32_t *ret, struct cs_err *err)
{
	const int64_t numbers[] = { b->project, b->scope, b->target, b->platform, b->job };
	uint32_t *key = cs_map_at(&l->place_keys, mix_numbers(numbers, CS_N(numbers)));
	int r = 0;

	if (!key)
		return cs_err_nomem(err);
	if (*key == CS_NOTHING) {
		r = new_place(l, dict, b, err);
		*key = r == 0 ? (uint32_t)l->n_places - 1 : CS_NOTHING;
	}
	*ret = *key;
	return r;
}

static int32_t wall_saved_ms(const struct cs_figures *figures)
{
	int64_t ms;

	if (!figures->savings.known || !figures->savings.wall_known)
		return INT32_MIN;
	ms = (figures->savings.wall_ns - figures->savings.overhead_ns) / 1000000;
	return (int32_t)(ms > INT32_MAX ? INT32_MAX : ms <= INT32_MIN ? INT32_MIN + 1 : ms);
}

static void add_to_scope(struct cs_ledger_scope *scope, const struct cs_brief *b)
{
	int64_t t = b->time_unix_ns, bytes = b->figures.new_blob_bytes;

	scope->builds++;
	if (t != CS_TIME_NONE) {
		if (scope->first_unix_ns == CS_TIME_NONE || t < scope->first_unix_ns)
			scope->first_unix_ns = t;
		if (t > scope->last_unix_ns) /* CS_TIME_NONE is the least */
			scope->last_unix_ns = t;
	}
	if (bytes < 0)
		scope->new_blob_bytes = -1;
	else if (scope->new_blob_bytes >= 0)
		scope->new_blob_bytes += bytes;
	scope->misses += b->misses;
	scope->stored_misses += b->stored_misses;
}

static void fill_row(struct cs_ledger *l, const struct cs_brief *b, struct cs_ledger_build *row)
{
	row->id = b->id;
	row->started_unix_ns = b->time_unix_ns;
	row->dated = b->started;
	row->duration_ns = b->figures.duration_ns;
	row->input = b->input;
	row->config = b->config;
	row->diff_ids = b->diff_ids;
	row->wall_saved_ms = wall_saved_ms(&b->figures);
	row->event = b->event;
	row->tests = b->tests_passed;
	row->pushed = b->pushed;
	row->status = b->status;
	row->rerun = b->attempt > 1;
	row->writes = b->writes;
	if (row->started_unix_ns == CS_TIME_NONE || row->started_unix_ns < l->latest_unix_ns)
		l->in_order = false;
	else
		l->latest_unix_ns = row->started_unix_ns;
}

/* A run that is not in the list is what its builds say of it. */
static int tell_run(struct cs_ledger *l, struct cs_brief_dict *dict, uint32_t at,
		    const struct cs_brief *b, struct cs_err *err)
{
	struct cs_ledger_run *run = &l->runs[at];
	const char *workflow;
	int r;

	if (run->event == CS_EVENT_NONE)
		run->event = b->event;
	if (!run->commit)
		run->commit = commit_of(run->project, b->commit);
	if (run->workflow || !b->workflow)
		return 0;
	r = dict->text(dict, b->workflow, &workflow, err);
	return r == 0 ? name_run(l, run, workflow, err) : r;
}

static int find_run(struct cs_ledger *l, struct cs_brief_dict *dict, const struct cs_brief *b,
		    uint32_t *ret, struct cs_err *err)
{
	int r = cs_run_names_of(&l->run_names, dict, b, ret, err);

	if (r == 0)
		r = run_at(l, *ret, err);
	return r == 0 ? tell_run(l, dict, *ret, b, err) : r;
}

int cs_ledger_add(struct cs_ledger *ledger, struct cs_brief_dict *dict,
		  const struct cs_brief *brief, struct cs_err *err)
{
	struct cs_ledger_build row;
	int r;

	memset(&row, 0, sizeof(row));
	row.run = CS_LEDGER_NONE;
	ledger->dict = dict;
	r = find_place(ledger, dict, brief, &row.place, err);
	if (r == 0 && brief->run)
		r = find_run(ledger, dict, brief, &row.run, err);
	if (r < 0)
		return r;
	if (!cs_table_grow((void **)&ledger->builds, ledger->n_builds, &ledger->cap_builds,
			   sizeof(row)))
		return cs_err_nomem(err);
	fill_row(ledger, brief, &row);
	add_to_scope(&ledger->scopes[ledger->places[row.place].scope_key], brief);
	ledger->builds[ledger->n_builds++] = row;
	if (row.run == CS_LEDGER_NONE || row.rerun || brief->event == CS_EVENT_SCHEDULE)
		return 0;
	return cs_ledger_add_steps(ledger, brief, err);
}

/* --- the end --- */

static int compare_builds(const void *a, const void *b)
{
	const struct cs_ledger_build *x = a, *y = b;

	if (x->started_unix_ns != y->started_unix_ns)
		return x->started_unix_ns < y->started_unix_ns ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

int cs_ledger_finish(struct cs_ledger *ledger, struct cs_err *err)
{
	struct cs_ledger_build *rows = ledger->builds;
	const struct cs_ledger_run *runs = ledger->runs;
	bool sorted = true;
	int r = cs_ledger_finish_steps(ledger, err);

	if (r < 0)
		return r;
	ledger->dict = NULL;
	for (size_t i = 0; i < ledger->n_builds; i++) {
		if (rows[i].run != CS_LEDGER_NONE && runs[rows[i].run].event != CS_EVENT_NONE)
			rows[i].event = runs[rows[i].run].event;
		sorted = sorted && (i == 0 || compare_builds(&rows[i - 1], &rows[i]) <= 0);
	}
	if (!sorted)
		qsort(rows, ledger->n_builds, sizeof(*rows), compare_builds);
	return 0;
}

const struct cs_policy *cs_ledger_policy(const struct cs_ledger *ledger)
{
	return ledger->policy;
}

const struct cs_ledger_build *cs_ledger_builds(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->n_builds;
	return ledger->builds;
}

const struct cs_ledger_run *cs_ledger_runs(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->n_runs;
	return ledger->runs;
}

const struct cs_ledger_place *cs_ledger_place(const struct cs_ledger *ledger, uint32_t place)
{
	return &ledger->places[place];
}

size_t cs_ledger_n_places(const struct cs_ledger *ledger)
{
	return ledger->n_places;
}

const struct cs_ledger_scope *cs_ledger_scopes(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->n_scopes;
	return ledger->scopes;
}

const struct cs_ledger_work *cs_ledger_work(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->n_work;
	return ledger->work;
}

char *cs_ledger_id(uint64_t id, char buf[17])
{
	buf[0] = '\0';
	if (id)
		snprintf(buf, 17, "%016llx", (unsigned long long)id);
	return buf;
}
