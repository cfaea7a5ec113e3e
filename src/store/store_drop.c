/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deleting one build. Layers, places, entry lists and runs go with the last build that has them,
 * which indexes tell; but only when the caller says so: a build that is written again mostly has
 * the same ones, and its entry lists are nowhere else.
 */
#include "store/store_impl.h"

int cs_st_uses_get(struct cs_store *store, int64_t build_no, struct cs_buf *ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	int r = cs_st_query(store, CS_SQL_PRUNE_BUILD_PLACES,
			    CS_PARAMS(cs_p_int("build_no", build_no)), &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct cs_use use;

		row.column = 0;
		use.place = cs_db_row_int(&row, 0);
		use.layer = cs_db_row_int(&row, 0);
		cs_db_row_digest(&row, &use.diff_id);
		r = row.r;
		if (r == 0 && cs_buf_add(ret, &use, sizeof(use)) < 0)
			r = cs_err_nomem(err);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
}

/* 0; 1 = gone already. */
static int read_facts(struct cs_store *store, int64_t build_no, int64_t *ret_project,
		      int64_t *ret_run, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	int r = cs_st_query(store, CS_SQL_PRUNE_BUILD_FACTS,
			    CS_PARAMS(cs_p_int("build_no", build_no)), &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r;
	*ret_project = cs_db_row_int(&row, 0);
	*ret_run = cs_db_row_int(&row, 0);
	row.st->driver->reset(row.st);
	return 0;
}

int cs_st_build_drop(struct cs_store *store, int64_t build_no, struct cs_buf *uses,
		     int64_t *ret_project, int64_t *ret_run, struct cs_err *err)
{
	static const enum cs_sql drops[] = { CS_SQL_PRUNE_LABELS,	CS_SQL_PRUNE_STEPS,
					     CS_SQL_PRUNE_BUILD_LAYERS, CS_SQL_FORMER_DROP,
					     CS_SQL_REWRITE_FORGET,	CS_SQL_BRIEF_DROP,
					     CS_SQL_PRUNE_BUILD };
	int r = read_facts(store, build_no, ret_project, ret_run, err);

	if (r != 0)
		return r;
	r = cs_st_uses_get(store, build_no, uses, err);
	if (r == 0)
		r = cs_st_results_drop(store, build_no, err);
	for (size_t i = 0; i < CS_N(drops) && r == 0; i++)
		r = cs_st_run(store, drops[i], CS_PARAMS(cs_p_int("build_no", build_no)), err);
	return r;
}

static int drop_use(struct cs_store *store, int64_t project, const struct cs_use *use,
		    int64_t *n_layers, struct cs_err *err)
{
	const struct cs_param layer = cs_p_int("layer_no", use->layer);
	int64_t no;
	int r = cs_st_run(store, CS_SQL_PRUNE_PLACE, CS_PARAMS(cs_p_int("place_no", use->place)),
			  err);

	if (r == 0)
		r = cs_st_int(store, CS_SQL_PRUNE_LAYER_UNUSED, CS_PARAMS(layer), &no, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = cs_st_run(store, CS_SQL_PRUNE_LAYER, CS_PARAMS(layer), err);
	++*n_layers;
	if (r == 0 && cs_digest_known(&use->diff_id))
		r = cs_st_run(store, CS_SQL_PRUNE_MANIFEST,
			      CS_PARAMS(cs_p_int("project_id", project),
					cs_p_digest("diff_id", &use->diff_id)),
			      err);
	return r;
}

int cs_st_uses_drop(struct cs_store *store, int64_t project, const struct cs_buf *uses,
		    int64_t *n_layers, struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < uses->len / sizeof(struct cs_use) && r == 0; i++)
		r = drop_use(store, project, (const struct cs_use *)uses->data + i, n_layers, err);
	return r;
}

int cs_st_run_drop(struct cs_store *store, int64_t run_no, struct cs_err *err)
{
	static const enum cs_sql drops[] = { CS_SQL_PRUNE_RUN_LABELS, CS_SQL_PRUNE_RUN_JOBS,
					     CS_SQL_PRUNE_RUN };
	const struct cs_param run = cs_p_int("run_no", run_no);
	int64_t no;
	int r = cs_st_int(store, CS_SQL_PRUNE_RUN_UNUSED, CS_PARAMS(run), &no, err);

	for (size_t i = 0; i < CS_N(drops) && r == 0; i++)
		r = cs_st_run(store, drops[i], CS_PARAMS(run), err);
	return r;
}
