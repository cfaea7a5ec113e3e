/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build becomes 64 bytes of numbers: what is compared are hashes, what is shown of it is asked
 * of the store again by its id. uthash, with 56 bytes an element, is for names only; runs, of which
 * there are nearly as many as builds, have an index of their own.
 */
#include "metrics/ledger_impl.h"

#include <stdio.h>
#include <strings.h>

#include "model/filter.h"
#include "util/buf.h"

_Static_assert(sizeof(struct cs_ledger_build) == 64, "a build is a cache line");

struct cs_name {
	const char *text;
	uint32_t number;
	UT_hash_handle hh;
};

int cs_ledger_new(const struct cs_policy *policy, struct cs_ledger **ret, struct cs_err *err)
{
	struct cs_ledger *l = calloc(1, sizeof(*l));

	if (l)
		l->arena = cs_arena_new();
	if (!l || !l->arena) {
		free(l);
		return cs_err_nomem(err);
	}
	l->policy = policy;
	l->latest_unix_ns = INT64_MIN;
	l->in_order = true;
	*ret = l;
	return 0;
}

static void release_names(struct cs_names *names)
{
	struct cs_name *name, *next;

	HASH_ITER(hh, names->head, name, next)
	{
		HASH_DEL(names->head, name);
		free(name);
	}
	free(names->texts.v);
}

void cs_ledger_free(struct cs_ledger *ledger)
{
	if (!ledger)
		return;
	release_names(&ledger->names);
	release_names(&ledger->place_keys);
	release_names(&ledger->scope_keys);
	release_names(&ledger->writer_keys);
	release_names(&ledger->project_keys);
	release_names(&ledger->workflow_keys);
	free(ledger->builds.v);
	free(ledger->runs.v);
	free(ledger->places.v);
	free(ledger->scopes.v);
	free(ledger->steps.v);
	free(ledger->work.v);
	free(ledger->run_index);
	cs_arena_free(ledger->arena);
	free(ledger);
}

bool cs_rows_reserve(struct cs_rows *rows, size_t size)
{
	size_t cap = rows->cap ? rows->cap + rows->cap / 2 : 64;
	void *grown;

	if (rows->n < rows->cap)
		return true;
	if (cap > UINT32_MAX - 1 || cap > SIZE_MAX / size)
		return false;
	grown = realloc(rows->v, cap * size);
	if (!grown)
		return false;
	rows->v = grown;
	rows->cap = cap;
	return true;
}

static uint32_t name_of(struct cs_ledger *l, struct cs_names *names, const char *text, size_t len)
{
	struct cs_name *name = NULL;

	HASH_FIND(hh, names->head, text, len, name);
	if (name)
		return name->number;
	if (!cs_rows_reserve(&names->texts, sizeof(char *)))
		return CS_LEDGER_NONE;
	name = calloc(1, sizeof(*name));
	if (!name)
		return CS_LEDGER_NONE;
	name->text = cs_arena_strndup(l->arena, text, len);
	name->number = (uint32_t)names->texts.n;
	if (name->text)
		HASH_ADD_KEYPTR(hh, names->head, name->text, len, name);
	if (!name->text || !name->hh.tbl) {
		free(name);
		return CS_LEDGER_NONE;
	}
	((const char **)names->texts.v)[names->texts.n++] = name->text;
	return name->number;
}

uint32_t cs_ledger_name(struct cs_ledger *ledger, const char *text)
{
	return name_of(ledger, &ledger->names, text, strlen(text));
}

/* The same text once; NULL and the empty one are NULL. */
static int intern(struct cs_ledger *l, const char *text, const char **ret, struct cs_err *err)
{
	uint32_t name;

	if (!text || !*text) {
		*ret = NULL;
		return 0;
	}
	name = cs_ledger_name(l, text);
	if (name == CS_LEDGER_NONE)
		return cs_err_nomem(err);
	*ret = cs_ledger_text(l, name);
	return 0;
}

/* --- runs --- */

/* The number of some fields together; texts hold no NUL, so joined by NULs they stay apart. */
static int join(struct cs_ledger *l, struct cs_names *names, const char *const *fields, size_t n,
		uint32_t *ret, struct cs_err *err)
{
	struct cs_buf key CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	uint32_t number;

	for (size_t i = 0; i < n; i++) {
		const char *text = fields[i] ? fields[i] : "";

		if (cs_buf_add(&key, text, strlen(text) + 1) < 0)
			return cs_err_nomem(err);
	}
	number = name_of(l, names, key.data, key.len);
	if (number == CS_LEDGER_NONE)
		return cs_err_nomem(err);
	*ret = number;
	return 0;
}

static int64_t attempt_of(int64_t attempt)
{
	return attempt > 1 ? attempt : 1;
}

static uint64_t run_hash(const char *project, const char *run_id, int64_t attempt)
{
	uint64_t h = cs_mix_text(CS_MIX_START, project ? project : "");

	return cs_mix_end(cs_mix_u64(cs_mix_text(h, run_id), (uint64_t)attempt));
}

static bool grow_index(struct cs_ledger *l)
{
	const struct cs_ledger_run *runs = l->runs.v;
	size_t slots = l->run_slots ? l->run_slots * 2 : 256;
	uint32_t *index;

	if (l->run_slots && l->runs.n < l->run_slots / 2)
		return true;
	index = malloc(slots * sizeof(*index));
	if (!index)
		return false;
	memset(index, 0xff, slots * sizeof(*index));
	for (size_t i = 0; i < l->runs.n; i++) {
		size_t at = runs[i].hash & (slots - 1);

		while (index[at] != CS_LEDGER_NONE)
			at = (at + 1) & (slots - 1);
		index[at] = (uint32_t)i;
	}
	free(l->run_index);
	l->run_index = index;
	l->run_slots = slots;
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static int name_run(struct cs_ledger *l, struct cs_ledger_run *run, const char *workflow,
		    struct cs_err *err)
{
	const char *fields[] = { run->project, NULL };
	int r = intern(l, workflow, &run->workflow, err);

	fields[1] = run->workflow;
	if (r == 0)
		r = join(l, &l->project_keys, fields, 1, &run->project_key, err);
	return r == 0 ? join(l, &l->workflow_keys, fields, 2, &run->workflow_key, err) : r;
}

/* The run of that identity, made if it is new. */
static int find_run(struct cs_ledger *l, const char *project, const char *run_id, int64_t attempt,
		    uint32_t *ret, struct cs_err *err)
{
	uint64_t hash = run_hash(project, run_id, attempt_of(attempt));
	struct cs_ledger_run *run;
	const char *name;
	size_t at;
	int r;

	if (!grow_index(l))
		return cs_err_nomem(err);
	for (at = hash & (l->run_slots - 1); l->run_index[at] != CS_LEDGER_NONE;
	     at = (at + 1) & (l->run_slots - 1)) {
		run = (struct cs_ledger_run *)l->runs.v + l->run_index[at];
		if (run->hash == hash && run->attempt == attempt_of(attempt) &&
		    same_text(run->project, project) && strcmp(run->run_id, run_id) == 0) {
			*ret = l->run_index[at];
			return 0;
		}
	}
	r = intern(l, project, &name, err);
	if (r < 0)
		return r;
	if (!cs_rows_reserve(&l->runs, sizeof(*run)))
		return cs_err_nomem(err);
	run = (struct cs_ledger_run *)l->runs.v + l->runs.n;
	memset(run, 0, sizeof(*run));
	run->project = name;
	run->run_id = cs_arena_strdup(l->arena, run_id);
	if (!run->run_id)
		return cs_err_nomem(err);
	r = name_run(l, run, NULL, err);
	if (r < 0)
		return r;
	run->attempt = attempt_of(attempt);
	run->hash = hash;
	run->started_unix_ns = run->completed_unix_ns = CS_TIME_NONE;
	l->run_index[at] = *ret = (uint32_t)l->runs.n++;
	return 0;
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

static void judge_jobs(const struct cs_policy *policy, const struct cs_run *in,
		       struct cs_ledger_run *run)
{
	bool other = false, any = false;

	for (size_t i = 0; i < in->n_jobs; i++) {
		const struct cs_run_job *job = &in->jobs[i];
		enum cs_tri ok = passed(job->conclusion);

		if (policy->test && cs_policy_role(policy, job->name, NULL) == policy->test &&
		    run->jobs_passed != CS_TRI_NO && ok != CS_TRI_UNKNOWN)
			run->jobs_passed = ok;
		if (job->conclusion && strcasecmp(job->conclusion, "skipped") == 0)
			continue;
		any = true;
		other = other || !cs_policy_prebuilt(policy, job->name);
	}
	run->prebuilt = cs_policy_prebuilt(policy, in->workflow) || (any && !other);
}

int cs_ledger_add_run(struct cs_ledger *ledger, const struct cs_run *in, struct cs_err *err)
{
	struct cs_ledger_run *run;
	uint32_t at;
	int r = find_run(ledger, in->project, in->run_id, in->attempt, &at, err);

	if (r < 0)
		return r;
	run = (struct cs_ledger_run *)ledger->runs.v + at;
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
	judge_jobs(ledger->policy, in, run);
	return 0;
}

/* --- builds --- */

static int find_scope(struct cs_ledger *l, const struct cs_ledger_place *place, uint32_t *ret,
		      struct cs_err *err)
{
	const char *fields[] = { place->project, place->scope };
	struct cs_ledger_scope *scope;
	int r;

	if (!cs_rows_reserve(&l->scopes, sizeof(*scope)))
		return cs_err_nomem(err);
	r = join(l, &l->scope_keys, fields, CS_N(fields), ret, err);
	if (r < 0 || *ret < l->scopes.n)
		return r;
	scope = (struct cs_ledger_scope *)l->scopes.v + l->scopes.n++;
	memset(scope, 0, sizeof(*scope));
	scope->project = place->project;
	scope->scope = place->scope;
	scope->first_unix_ns = scope->last_unix_ns = CS_TIME_NONE;
	return 0;
}

static int find_place(struct cs_ledger *l, const struct cs_build *build, uint32_t *ret,
		      struct cs_err *err)
{
	const struct cs_facts *f = &build->facts;
	const char *fields[] = { f->project, f->scope, f->target, build->platform, f->job };
	struct cs_ledger_place place = { 0 };
	const char **texts[] = { &place.project, &place.scope, &place.target, &place.platform,
				 &place.job };
	int r;

	if (!cs_rows_reserve(&l->places, sizeof(place)))
		return cs_err_nomem(err);
	r = join(l, &l->place_keys, fields, CS_N(fields), ret, err);
	if (r < 0 || *ret < l->places.n)
		return r;
	for (size_t i = 0; r == 0 && i < CS_N(fields); i++)
		r = intern(l, fields[i], texts[i], err);
	if (r == 0)
		r = join(l, &l->writer_keys, &fields[2], 2, &place.writer_key, err);
	if (r == 0)
		r = find_scope(l, &place, &place.scope_key, err);
	if (r == 0)
		((struct cs_ledger_place *)l->places.v)[l->places.n++] = place;
	return r;
}

static uint64_t parse_id(const char *id)
{
	uint64_t v = 0;

	for (; id && *id; id++) {
		unsigned digit = *id >= '0' && *id <= '9'   ? (unsigned)(*id - '0')
				 : *id >= 'a' && *id <= 'f' ? (unsigned)(*id - 'a') + 10
							    : 16;

		if (digit > 15)
			return 0;
		v = v << 4 | digit;
	}
	return v;
}

static bool writes_cache(const struct cs_recipe *recipe)
{
	for (size_t i = 0; i < recipe->n_caches; i++) {
		if (recipe->caches[i].is_export)
			return true;
	}
	return !recipe->n_caches; /* nothing is known of it */
}

static int32_t wall_saved_ms(const struct cs_figures *figures)
{
	int64_t ms;

	if (!figures || !figures->savings.known || !figures->savings.wall_known)
		return INT32_MIN;
	ms = (figures->savings.wall_ns - figures->savings.overhead_ns) / 1000000;
	return (int32_t)(ms > INT32_MAX ? INT32_MAX : ms <= INT32_MIN ? INT32_MIN + 1 : ms);
}

static void add_to_scope(struct cs_ledger_scope *scope, const struct cs_build *build,
			 const struct cs_figures *figures)
{
	int64_t t = cs_build_time(build);

	scope->builds++;
	if (t != CS_TIME_NONE) {
		if (scope->first_unix_ns == CS_TIME_NONE || t < scope->first_unix_ns)
			scope->first_unix_ns = t;
		if (t > scope->last_unix_ns) /* CS_TIME_NONE is the least */
			scope->last_unix_ns = t;
	}
	if (!figures || figures->new_blob_bytes < 0)
		scope->new_blob_bytes = -1;
	else if (scope->new_blob_bytes >= 0)
		scope->new_blob_bytes += figures->new_blob_bytes;
	for (size_t i = 0; i < build->n_layers; i++) {
		if (build->layers[i].state != CS_LAYER_RUN)
			continue;
		scope->misses++;
		scope->stored_misses += build->layers[i].blob_present_before;
	}
}

static void fill_row(struct cs_ledger *l, const struct cs_build *build,
		     const struct cs_figures *figures, struct cs_ledger_build *row)
{
	const struct cs_facts *f = &build->facts;

	row->id = parse_id(build->id);
	row->started_unix_ns = cs_build_time(build);
	row->dated = f->started_unix_ns != CS_TIME_NONE;
	row->duration_ns = -1;
	if (f->started_unix_ns != CS_TIME_NONE && f->completed_unix_ns != CS_TIME_NONE &&
	    f->completed_unix_ns >= f->started_unix_ns)
		row->duration_ns = f->completed_unix_ns - f->started_unix_ns;
	cs_ledger_keys(build, row);
	row->wall_saved_ms = wall_saved_ms(figures);
	row->event = f->event;
	row->tests = f->tests_passed;
	row->pushed = f->pushed;
	row->status = build->status;
	row->rerun = f->attempt > 1;
	row->writes = writes_cache(&build->recipe);
	if (row->started_unix_ns == CS_TIME_NONE || row->started_unix_ns < l->latest_unix_ns)
		l->in_order = false;
	else
		l->latest_unix_ns = row->started_unix_ns;
}

/* A run that is not in the list is what its builds say of it. */
static int tell_run(struct cs_ledger *l, uint32_t at, const struct cs_facts *f, struct cs_err *err)
{
	struct cs_ledger_run *run = (struct cs_ledger_run *)l->runs.v + at;

	if (run->event == CS_EVENT_NONE)
		run->event = f->event;
	if (!run->commit)
		run->commit = commit_of(f->project, f->commit);
	return run->workflow ? 0 : name_run(l, run, f->workflow, err);
}

int cs_ledger_add(struct cs_ledger *ledger, const struct cs_build *build,
		  const struct cs_figures *figures, struct cs_err *err)
{
	const struct cs_facts *f = &build->facts;
	const struct cs_ledger_place *place;
	struct cs_ledger_build row;
	int r;

	memset(&row, 0, sizeof(row));
	row.run = CS_LEDGER_NONE;
	r = find_place(ledger, build, &row.place, err);
	if (r == 0 && f->run_id && *f->run_id)
		r = find_run(ledger, f->project, f->run_id, f->attempt, &row.run, err);
	if (r == 0 && row.run != CS_LEDGER_NONE)
		r = tell_run(ledger, row.run, f, err);
	if (r < 0)
		return r;
	if (!cs_rows_reserve(&ledger->builds, sizeof(row)))
		return cs_err_nomem(err);
	fill_row(ledger, build, figures, &row);
	place = (struct cs_ledger_place *)ledger->places.v + row.place;
	add_to_scope((struct cs_ledger_scope *)ledger->scopes.v + place->scope_key, build, figures);
	((struct cs_ledger_build *)ledger->builds.v)[ledger->builds.n++] = row;
	if (row.run == CS_LEDGER_NONE || row.rerun || f->event == CS_EVENT_SCHEDULE)
		return 0;
	return cs_ledger_add_steps(ledger, build, err);
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
	struct cs_ledger_build *rows = ledger->builds.v;
	const struct cs_ledger_run *runs = ledger->runs.v;
	int r = cs_ledger_finish_steps(ledger, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ledger->builds.n; i++) {
		if (rows[i].run != CS_LEDGER_NONE && runs[rows[i].run].event != CS_EVENT_NONE)
			rows[i].event = runs[rows[i].run].event;
	}
	if (ledger->builds.n)
		qsort(rows, ledger->builds.n, sizeof(*rows), compare_builds);
	return 0;
}

const struct cs_policy *cs_ledger_policy(const struct cs_ledger *ledger)
{
	return ledger->policy;
}

const struct cs_ledger_build *cs_ledger_builds(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->builds.n;
	return ledger->builds.v;
}

const struct cs_ledger_run *cs_ledger_runs(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->runs.n;
	return ledger->runs.v;
}

const struct cs_ledger_place *cs_ledger_place(const struct cs_ledger *ledger, uint32_t place)
{
	return (const struct cs_ledger_place *)ledger->places.v + place;
}

size_t cs_ledger_n_places(const struct cs_ledger *ledger)
{
	return ledger->places.n;
}

const struct cs_ledger_scope *cs_ledger_scopes(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->scopes.n;
	return ledger->scopes.v;
}

const struct cs_ledger_work *cs_ledger_work(const struct cs_ledger *ledger, size_t *ret_n)
{
	*ret_n = ledger->work.n;
	return ledger->work.v;
}

char *cs_ledger_id(uint64_t id, char buf[17])
{
	buf[0] = '\0';
	if (id)
		snprintf(buf, 17, "%016llx", (unsigned long long)id);
	return buf;
}
