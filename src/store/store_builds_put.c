/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recording a build: everything that can be computed or can fail for other reasons than the store
 * comes first, then one short transaction. A row is never changed, so whether a build is there
 * already is asked before the lock is taken, and again under it. Who knows more of a build puts a
 * new row in the place of the old ones, in one transaction.
 */
#include "model/merge.h"
#include "store/recipe_json.h"
#include "store/store_put.h"

int cs_putting_find(struct cs_putting *put, struct cs_err *err)
{
	return cs_st_int(put->store, CS_SQL_BUILD_FIND, CS_PARAMS(cs_p_blob("id", put->id, 8)),
			 &put->build_no, err);
}

/* The same, or formerly: a source that was joined is there. */
static int find_known(struct cs_putting *put, struct cs_err *err)
{
	int r = cs_putting_find(put, err);

	if (r == 1)
		r = cs_st_int(put->store, CS_SQL_FORMER_FIND,
			      CS_PARAMS(cs_p_blob("id", put->id, 8)), &put->build_no, err);
	return r;
}

static int put_texts(struct cs_putting *put, struct cs_err *err)
{
	const struct cs_facts *f = &put->build->facts;
	struct cs_put_texts *ids = &put->ids;
	const struct {
		const char *text;
		int64_t *ret;
	} texts[] = {
		{ f->scope ? f->scope : "", &ids->scope },
		{ f->event_raw, &ids->event_raw },
		{ f->ref, &ids->ref },
		{ f->workflow, &ids->workflow },
		{ f->job, &ids->job },
		{ f->target, &ids->target },
		{ put->build->platform[0] ? put->build->platform : NULL, &ids->platform },
		{ put->build->image_ref, &ids->image_ref },
		{ put->recipe, &ids->recipe },
		{ put->build->recipe.dockerfile_text, &ids->dockerfile },
		{ put->build->recipe.vcs_revision, &ids->revision },
		{ put->build->recipe.error, &ids->error },
	};
	int r = 0;

	for (size_t i = 0; i < CS_N(texts) && r == 0; i++)
		r = cs_st_text_id(put->store, put->project, texts[i].text, texts[i].ret, err);
	return r;
}

/* The run, made or told what it did not know; put->run = 0 for a build without one. */
static int put_run(struct cs_putting *put, struct cs_err *err)
{
	const struct cs_facts *f = &put->build->facts;
	const struct cs_param workflow = cs_p_opt("workflow_id", put->ids.workflow, 0);
	const struct cs_param event = cs_p_int("event", f->event);
	const struct cs_param event_raw = cs_p_opt("event_raw_id", put->ids.event_raw, 0);
	const struct cs_param ref = cs_p_opt("ref_id", put->ids.ref, 0);
	const struct cs_param commit = cs_p_text("commit_name", f->commit);
	const struct cs_param project = cs_p_int("project_id", put->project);
	const struct cs_param run_id = cs_p_text("run_id", f->run_id);
	const struct cs_param attempt = cs_p_int("attempt", f->attempt < 0 ? -1 : f->attempt);
	int r;

	if (!f->run_id)
		return 0;
	r = cs_st_int(put->store, CS_SQL_RUN_FIND, CS_PARAMS(project, run_id, attempt), &put->run,
		      err);
	if (r == 0)
		return cs_st_run(put->store, CS_SQL_RUN_FILL,
				 CS_PARAMS(workflow, event, event_raw, ref, commit,
					   cs_p_int("run_no", put->run)),
				 err);
	if (r < 0)
		return r;
	r = cs_st_insert(put->store, CS_SQL_RUN_INSERT,
			 CS_PARAMS(project, run_id, attempt, workflow, event, event_raw, ref,
				   commit, cs_p_null("conclusion_id"), cs_p_null("started_unix_ns"),
				   cs_p_null("completed_unix_ns"),
				   cs_p_int("recorded_unix_ns", put->build->recorded_unix_ns)),
			 &put->run, err);
	cs_testpoint(&put->store->points, "run");
	return r;
}

static int put_build(struct cs_putting *put, struct cs_err *err)
{
	const struct cs_build *b = put->build;
	const struct cs_facts *f = &b->facts;
	const struct cs_put_texts *ids = &put->ids;
	int r = cs_st_insert(
		put->store, CS_SQL_BUILD_INSERT,
		CS_PARAMS(
			cs_p_opt("build_no", put->build_no, 0),
			cs_p_int("project_id", put->project), cs_p_blob("id", put->id, 8),
			cs_p_int("time_unix_ns", cs_build_time(b)),
			cs_p_int("scope_id", ids->scope), cs_p_int("event", f->event),
			cs_p_opt("event_raw_id", ids->event_raw, 0),
			cs_p_opt("ref_id", ids->ref, 0), cs_p_text("commit_name", f->commit),
			cs_p_opt("run_no", put->run, 0),
			cs_p_opt("attempt", f->attempt < 0 ? -1 : f->attempt, -1),
			cs_p_opt("workflow_id", ids->workflow, 0), cs_p_opt("job_id", ids->job, 0),
			cs_p_opt("target_id", ids->target, 0),
			cs_p_opt("platform_id", ids->platform, 0),
			cs_p_opt("started_unix_ns", f->started_unix_ns, CS_TIME_NONE),
			cs_p_opt("completed_unix_ns", f->completed_unix_ns, CS_TIME_NONE),
			cs_p_int("recorded_unix_ns", b->recorded_unix_ns),
			cs_p_int("tests_passed", f->tests_passed), cs_p_int("pushed", f->pushed),
			cs_p_text("builder_ref", b->builder_ref),
			cs_p_text("invocation_id", b->invocation_id),
			cs_p_int("source_kind", b->source_kind), cs_p_int("status", b->status),
			cs_p_text("source", b->source), cs_p_opt("image_ref_id", ids->image_ref, 0),
			cs_p_digest("manifest_digest", &b->manifest_digest),
			cs_p_digest("config_digest", &b->config_digest),
			cs_p_blob("results", put->results, put->results_bytes),
			cs_p_opt("image_created_unix_ns", b->image_created_unix_ns, CS_TIME_NONE),
			cs_p_opt("builder_cached_steps", b->builder_cached_steps, -1),
			cs_p_opt("builder_total_steps", b->builder_total_steps, -1),
			cs_p_opt("builder_completed_steps", b->builder_completed_steps, -1),
			cs_p_int("base_evidence", b->base_evidence),
			cs_p_opt("base_layers", b->base_layers < 0 ? -1 : b->base_layers, -1),
			cs_p_opt("graph", (int64_t)b->graph, 0),
			cs_p_blob("origins", put->n_origins ? put->origins : NULL, put->n_origins),
			cs_p_opt("recipe_id", ids->recipe, 0),
			cs_p_opt("dockerfile_id", ids->dockerfile, 0),
			cs_p_opt("revision_id", ids->revision, 0),
			cs_p_opt("error_id", ids->error, 0),
			cs_p_opt("n_warnings", b->recipe.n_warnings < 0 ? -1 : b->recipe.n_warnings,
				 -1),
			cs_p_int("n_labels", (int64_t)put->n_labels),
			cs_p_int("n_steps", (int64_t)b->n_steps),
			cs_p_int("n_layers", (int64_t)b->n_layers),
			cs_p_int("n_results", (int64_t)b->n_results + (b->graph != 0))),
		&put->build_no, err);

	cs_testpoint(&put->store->points, "build");
	return r;
}

/* A key given twice: the first counts, as in cs_filter_match(). */
static bool repeated(const struct cs_facts *f, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (strcmp(f->labels[k].key, f->labels[i].key) == 0)
			return true;
	}
	return false;
}

static int put_labels(struct cs_putting *put, struct cs_err *err)
{
	const struct cs_facts *f = &put->build->facts;
	int r = 0;

	for (size_t i = 0; i < f->n_labels && r == 0; i++) {
		int64_t key, value;

		if (repeated(f, i))
			continue;
		r = cs_st_text_id(put->store, put->project, f->labels[i].key, &key, err);
		if (r == 0)
			r = cs_st_text_id(put->store, put->project, f->labels[i].value, &value,
					  err);
		if (r == 0)
			r = cs_st_run(put->store, CS_SQL_LABEL_INSERT,
				      CS_PARAMS(cs_p_int("build_no", put->build_no),
						cs_p_int("key_id", key),
						cs_p_int("value_id", value)),
				      err);
		cs_testpoint(&put->store->points, "label");
	}
	return r;
}

static int put_layer(struct cs_putting *put, size_t idx, struct cs_err *err)
{
	const struct cs_layer *l = &put->build->layers[idx];
	int64_t place, seen_scope = 0, why = 0;
	uint8_t seen[8];
	bool has_seen = cs_id_parse(l->seen_build_id, seen);
	int r = cs_st_layer_put(put->store, put->project, l, &place, err);

	if (r == 0)
		r = cs_st_text_id(put->store, put->project, l->seen_in_scope, &seen_scope, err);
	if (r == 0)
		r = cs_st_text_id(put->store, put->project, l->why, &why, err);
	if (r == 0)
		r = cs_st_run(put->store, CS_SQL_BUILD_LAYER_INSERT,
			      CS_PARAMS(cs_p_int("build_no", put->build_no),
					cs_p_int("idx", (int64_t)idx), cs_p_int("place_no", place),
					cs_p_int("scope_id", put->ids.scope),
					cs_p_int("verdict", cs_st_verdict(l)),
					cs_p_opt("seen_scope_id", seen_scope, 0),
					cs_p_blob("seen_build", has_seen ? seen : NULL, 8),
					cs_p_opt("why_id", why, 0)),
			      err);
	cs_testpoint(&put->store->points, "build_layer");
	return r;
}

int cs_putting_rows(struct cs_putting *put, struct cs_err *err)
{
	int r = put_build(put, err);

	if (r == 0)
		r = put_labels(put, err);
	if (r == 0)
		r = cs_st_results_put(put->store, put->project, put->build_no, put->build, err);
	for (size_t i = 0; i < put->build->n_layers && r == 0; i++)
		r = put_layer(put, i, err);
	if (r == 0)
		r = cs_st_steps_put(put->store, put->project, put->build_no, put->build, put->steps,
				    err);
	if (r == 0)
		r = cs_st_past_put(put->store, put->project, put->ids.scope, put->id, put->build,
				   err);
	return r;
}

int cs_putting_context(struct cs_putting *put, struct cs_err *err)
{
	int r = cs_st_project(put->store, put->build->facts.project, true, &put->project, err);

	if (r == 0)
		r = put_texts(put, err);
	return r == 0 ? put_run(put, err) : r;
}

/* All rows of the build; 1 = it is there. */
static int put_all(struct cs_putting *put, struct cs_err *err)
{
	int r = find_known(put, err);

	if (r != 1)
		return r == 0 ? 1 : r;
	put->build_no = 0;
	r = cs_putting_context(put, err);
	return r == 0 ? cs_putting_rows(put, err) : r;
}

/* The texts that stand in the build's row itself; those of the dictionary are cleaned there. */
static int clean_texts(struct cs_putting *put, struct cs_err *err)
{
	struct cs_build *b = put->build;
	const char **texts[] = { &b->facts.commit, &b->facts.run_id, &b->builder_ref,
				 &b->invocation_id, &b->source };
	struct cs_buf buf = CS_BUF_INIT;
	int r = 0;

	for (size_t i = 0; i < CS_N(texts) && r == 0; i++) {
		const char *clean = NULL;

		if (!*texts[i])
			continue;
		r = cs_st_clean(*texts[i], &buf, &clean, err);
		if (r == 0 && clean != *texts[i]) {
			*texts[i] = cs_arena_strdup(put->arena, clean);
			if (!*texts[i])
				r = cs_err_nomem(err);
		}
	}
	cs_buf_release(&buf);
	return r;
}

static void plan_origins(struct cs_putting *put)
{
	const struct cs_build *b = put->build;

	memcpy(put->origins, b->facts.from, CS_N_FACTS);
	memcpy(put->origins + CS_N_FACTS, b->told_by, CS_N_PARTS);
	put->n_origins = sizeof(put->origins);
	while (put->n_origins && !put->origins[put->n_origins - 1])
		put->n_origins--;
}

static int plan_recipe(struct cs_putting *put, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	if (cs_recipe_encode(&put->build->recipe, &buf) < 0)
		return cs_err_nomem(err);
	if (!buf.len)
		return 0;
	put->recipe = cs_arena_strdup(put->arena, buf.data);
	return put->recipe ? 0 : cs_err_nomem(err);
}

static int plan_results(struct cs_putting *put, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_build *b = put->build;
	int r = cs_build_results(b, put->arena, &b->results, &b->n_results, err);

	if (r < 0)
		return r;
	if (cs_st_results_pack(b, &buf) < 0)
		return cs_err_nomem(err);
	if (!buf.len)
		return 0;
	put->results = cs_arena_alloc(put->arena, buf.len);
	if (!put->results)
		return cs_err_nomem(err);
	memcpy(put->results, buf.data, buf.len);
	put->results_bytes = buf.len;
	return 0;
}

static int prepare(struct cs_putting *put, struct cs_err *err)
{
	/* From the first to the last that a new build runs; preparing reads the schema. */
	static const enum cs_sql used[] = {
		CS_SQL_BUILD_FIND,	   CS_SQL_PROJECT_FIND,	    CS_SQL_TEXT_FIND,
		CS_SQL_TEXT_INSERT,	   CS_SQL_RUN_FIND,	    CS_SQL_RUN_INSERT,
		CS_SQL_RUN_FILL,	   CS_SQL_BUILD_INSERT,	    CS_SQL_LABEL_INSERT,
		CS_SQL_LAYER_BY_BLOB,	   CS_SQL_LAYER_BY_DIFF_ID, CS_SQL_LAYER_INSERT,
		CS_SQL_LAYER_UPDATE,	   CS_SQL_MANIFEST_HAS,	    CS_SQL_MANIFEST_INSERT,
		CS_SQL_PLACE_FIND,	   CS_SQL_PLACE_INSERT,	    CS_SQL_STEP_DEF_FIND,
		CS_SQL_STEP_DEF_INSERT,	   CS_SQL_STEPS_INSERT,	    CS_SQL_PROJECT_INSERT,
		CS_SQL_BUILD_LAYER_INSERT, CS_SQL_RESULT_INSERT,    CS_SQL_FORMER_FIND,
		CS_SQL_PRICE_PUT,	   CS_SQL_STALE_PUT,
	};
	int r = 0;

	for (size_t i = 0; i < CS_N(used) && r == 0; i++)
		r = cs_st_prepare(put->store, used[i], err);
	return r;
}

static int plan(struct cs_putting *put, struct cs_err *err)
{
	struct cs_build *b = put->build;
	int r = cs_build_identify(put->store->hasher, b, put->id);

	if (r < 0)
		return cs_err_set(err, CS_USAGE, "'%.40s' is no build id", put->build->id);
	if (b->builder_ref && !*b->builder_ref)
		b->builder_ref = NULL;
	r = clean_texts(put, err);
	if (r == 0)
		r = plan_results(put, err);
	if (r == 0)
		r = plan_recipe(put, err);
	plan_origins(put);
	for (size_t i = 0; i < b->facts.n_labels; i++)
		put->n_labels += !repeated(&b->facts, i);
	if (r == 0)
		r = prepare(put, err);
	if (r == 0)
		r = cs_st_steps_plan(put->store, b, put->arena, &put->steps, err);
	return r;
}

int cs_putting_open(struct cs_store *store, const struct cs_build *build, struct cs_build *copy,
		    struct cs_arena *arena, struct cs_putting *ret, struct cs_err *err)
{
	*copy = *build;
	*ret = (struct cs_putting){ .store = store, .build = copy, .arena = arena };
	if (!arena)
		return cs_err_nomem(err);
	if (copy->recorded_unix_ns == CS_TIME_NONE)
		copy->recorded_unix_ns = cs_ctx_now(store->ctx);
	if (store->mode != CS_STORE_WRITE)
		return cs_err_set(err, CS_USAGE, "store '%s' was opened for reading", store->url);
	return plan(ret, err);
}

int cs_store_build_put(struct cs_store *store, const struct cs_build *build, enum cs_put *ret,
		       struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_build copy;
	struct cs_putting put;
	int r = cs_putting_open(store, build, &copy, arena, &put, err);

	if (r == 0)
		r = find_known(&put, err);
	if (r == 1) {
		r = cs_st_begin_write(store, err);
		if (r < 0)
			return r;
		cs_testpoint(&store->points, "begin");
		r = put_all(&put, err);
		r = cs_st_end_write(store, r, err);
		if (r == 0) {
			*ret = CS_PUT_NEW;
			return 0;
		}
	} else if (r == 0) {
		r = 1;
	}
	if (r < 0)
		return r;
	*ret = CS_PUT_SAME;
	return 0;
}
