/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps. Fifteen million in a store of a million builds: so what a step is stands once in a
 * dictionary (step_defs), and what became of it behind the build's others (step_pack.h).
 */
#include "store/step_pack.h"
#include "store/store_impl.h"

struct cs_step_plan {
	uint8_t hash[CS_HASH_BYTES];
};

/* --- before the transaction --- */

static void hash_def(struct cs_hasher *h, const struct cs_step *s, uint8_t ret[CS_HASH_BYTES])
{
	struct cs_digest d;

	cs_hasher_reset(h);
	cs_st_hash_number(h, s->class);
	cs_st_hash_number(h, s->first_line);
	cs_st_hash_number(h, s->last_line);
	cs_st_hash_text(h, s->platform);
	cs_st_hash_text(h, s->stage);
	cs_st_hash_text(h, s->instruction);
	cs_st_hash_text(h, s->name);
	cs_hasher_final(h, &d);
	memcpy(ret, d.bytes, CS_HASH_BYTES);
}

int cs_st_steps_plan(struct cs_store *store, const struct cs_build *build, struct cs_arena *arena,
		     struct cs_step_plan **ret, struct cs_err *err)
{
	struct cs_step_plan *plan = cs_arena_array(arena, build->n_steps, sizeof(*plan));

	if (!plan)
		return cs_err_nomem(err);
	for (size_t i = 0; i < build->n_steps; i++)
		hash_def(store->hasher, &build->steps[i], plan[i].hash);
	*ret = plan;
	return 0;
}

/* --- writing --- */

static int put_def(struct cs_store *store, int64_t project, const struct cs_step *s,
		   const struct cs_step_plan *plan, int64_t *ret, struct cs_err *err)
{
	const struct cs_param id = cs_p_int("project_id", project);
	const struct cs_param hash = cs_p_blob("hash", plan->hash, CS_HASH_BYTES);
	int64_t name = 0, stage = 0, instruction = 0, platform = 0;
	int r = cs_st_int(store, CS_SQL_STEP_DEF_FIND, CS_PARAMS(id, hash), ret, err);

	if (r != 1)
		return r;
	r = cs_st_text_id(store, project, s->name, &name, err);
	if (r == 0)
		r = cs_st_text_id(store, project, s->stage, &stage, err);
	if (r == 0)
		r = cs_st_text_id(store, project, s->instruction, &instruction, err);
	if (r == 0)
		r = cs_st_text_id(store, project, s->platform, &platform, err);
	if (r == 0)
		r = cs_st_insert(store, CS_SQL_STEP_DEF_INSERT,
				 CS_PARAMS(id, hash, cs_p_int("class", s->class),
					   cs_p_opt("name_id", name, 0),
					   cs_p_opt("stage_id", stage, 0),
					   cs_p_opt("instruction_id", instruction, 0),
					   cs_p_opt("platform_id", platform, 0),
					   cs_p_int("first_line", s->first_line),
					   cs_p_int("last_line", s->last_line)),
				 ret, err);
	cs_testpoint(&store->points, "step_def");
	return r;
}

static int find_def(struct cs_store *store, int64_t project, const struct cs_step *s,
		    const struct cs_step_plan *plan, int64_t *ret, struct cs_err *err)
{
	struct cs_def_slot *slot = cs_st_def_slot(store, plan->hash);
	int r;

	if (slot && slot->no && slot->project == project &&
	    memcmp(slot->hash, plan->hash, CS_HASH_BYTES) == 0) {
		*ret = slot->no;
		return 0;
	}
	r = put_def(store, project, s, plan, ret, err);
	if (r == 0 && slot) {
		slot->project = project;
		slot->no = *ret;
		memcpy(slot->hash, plan->hash, CS_HASH_BYTES);
	}
	return r;
}

static int pack_steps(struct cs_store *store, int64_t project, const struct cs_build *build,
		      const struct cs_step_plan *plan, struct cs_buf *ret, struct cs_err *err)
{
	int64_t base = cs_build_time(build);
	int r = 0;

	for (size_t i = 0; i < build->n_steps && r == 0; i++) {
		const struct cs_step *s = &build->steps[i];
		int64_t def = 0, error = 0;

		r = find_def(store, project, s, &plan[i], &def, err);
		if (r == 0)
			r = cs_st_text_id(store, project, s->error, &error, err);
		if (r == 0 && cs_st_step_pack(s, base, def, error, ret) < 0)
			r = cs_err_nomem(err);
	}
	return r;
}

int cs_st_steps_put(struct cs_store *store, int64_t project, int64_t build_no,
		    const struct cs_build *build, const struct cs_step_plan *plan,
		    struct cs_err *err)
{
	struct cs_buf data CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r;

	if (!build->n_steps)
		return 0;
	r = pack_steps(store, project, build, plan, &data, err);
	if (r == 0)
		r = cs_st_run(store, CS_SQL_STEPS_INSERT,
			      CS_PARAMS(cs_p_int("build_no", build_no),
					cs_p_blob("data", data.data, data.len)),
			      err);
	cs_testpoint(&store->points, "steps");
	return r;
}

/* --- reading: all steps first, what they are when the statement is done --- */

struct raw {
	struct cs_step step;
	int64_t def, error;
};

static int read_steps(struct cs_row *row, int64_t base, struct cs_buf *ret)
{
	struct cs_step_packed packed;
	struct cs_steps_reader steps;
	int r = 0;

	cs_st_steps_read(row, &steps);
	while (r == 0 && (r = cs_st_steps_next(&steps, &packed)) == 0) {
		struct raw raw = { .def = packed.def, .error = packed.error };

		r = cs_st_step_unpack(&packed, base, row->arena, &raw.step, row->err);
		if (r == 0 && cs_buf_add(ret, &raw, sizeof(raw)) < 0)
			r = cs_err_nomem(row->err);
	}
	return r < 0 ? r : 0;
}

static int read_raw(struct cs_store *store, int64_t build_no, int64_t base, struct cs_arena *arena,
		    struct cs_buf *ret, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int r = cs_st_query(store, CS_SQL_STEPS_GET, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r < 0 ? r : 0;
	r = read_steps(&row, base, ret);
	row.st->driver->reset(row.st);
	return r;
}

enum { NAME, STAGE, INSTRUCTION, PLATFORM, N_TEXTS };

static int read_def(struct cs_store *store, int64_t def, struct cs_arena *arena, struct cs_step *s,
		    struct cs_err *err)
{
	const char **texts[N_TEXTS] = { &s->name, &s->stage, &s->instruction, &s->platform };
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int64_t ids[N_TEXTS];
	int r = cs_st_query(store, CS_SQL_STEP_DEF_GET, CS_PARAMS(cs_p_int("def_no", def)), &row.st,
			    err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r == 1)
		return cs_st_damaged(store, err, "a step has no definition no. %lld",
				     (long long)def);
	if (r < 0)
		return r;
	s->class = (enum cs_step_class)cs_db_row_enum(&row, CS_STEP_META + 1);
	for (int i = 0; i < N_TEXTS; i++)
		ids[i] = cs_db_row_int(&row, 0);
	s->first_line = (int)cs_db_row_int(&row, 0);
	s->last_line = (int)cs_db_row_int(&row, 0);
	row.st->driver->reset(row.st);
	r = row.r;
	for (int i = 0; i < N_TEXTS && r == 0; i++)
		r = cs_st_text(store, ids[i], arena, texts[i], err);
	return r;
}

/* Indexes of others must be indexes: whoever reads a build uses them as such. */
static int check_step(struct cs_store *store, const struct cs_build *build, const struct cs_step *s,
		      struct cs_err *err)
{
	for (size_t i = 0; i < s->n_inputs; i++) {
		if (s->inputs[i] >= build->n_steps)
			return cs_st_damaged(store, err, "step %u has an input that is not there",
					     s->index);
	}
	return 0;
}

int cs_st_steps_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		    struct cs_build *build, struct cs_err *err)
{
	struct cs_buf raws CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = read_raw(store, build_no, cs_build_time(build), arena, &raws, err);
	size_t n = raws.len / sizeof(struct raw);
	struct cs_step *steps = r == 0 ? cs_arena_array(arena, n, sizeof(*steps)) : NULL;

	if (r < 0)
		return r;
	if (!steps)
		return cs_err_nomem(err);
	build->steps = steps;
	build->n_steps = n;
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct raw *raw = (const struct raw *)raws.data + i;
		struct cs_step *s = &steps[i];

		*s = raw->step;
		s->index = (uint32_t)i;
		r = read_def(store, raw->def, arena, s, err);
		if (r == 0)
			r = cs_st_text(store, raw->error, arena, &s->error, err);
		if (r == 0)
			r = check_step(store, build, s, err);
	}
	return r;
}

int cs_st_steps_defs(struct cs_store *store, int64_t build_no, size_t n, struct cs_arena *arena,
		     int64_t **ret, struct cs_err *err)
{
	struct cs_buf raws CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int64_t *defs = cs_arena_array(arena, n, sizeof(*defs));
	int r = read_raw(store, build_no, 0, arena, &raws, err);

	if (r < 0)
		return r;
	if (!defs)
		return cs_err_nomem(err);
	if (raws.len / sizeof(struct raw) != n)
		return cs_st_damaged(store, err, "build no. %lld has other steps than it says",
				     (long long)build_no);
	for (size_t i = 0; i < n; i++)
		defs[i] = ((const struct raw *)raws.data)[i].def;
	*ret = defs;
	return 0;
}
