/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps. Fifteen million rows in a store of a million builds: so what a step is stands once in a
 * dictionary (step_defs), and a row holds only what became of it. Three numbers say start, end and
 * duration, because mostly the end is the start and the duration:
 *
 *   start_ns     from the build's time to the start; NULL = unknown
 *   duration_ns  NULL = unknown
 *   span_ns      from the start (the build's time where that is unknown) to the end; NULL = as long
 *                as duration_ns, or unknown where that is; INT64_MIN = unknown although it is not
 *
 * Differences are taken modulo 2^64, so that any two times come back exactly, however far apart
 * (but for two that are 2^63 ns apart, 292 years: that end is then unknown).
 */
#include "store/store_impl.h"

#include <limits.h>

struct cs_step_plan {
	uint8_t hash[CS_HASH_BYTES];
	const uint8_t *inputs; /* NULL without */
	size_t inputs_len;
};

static int64_t minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

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

static int pack_inputs(const struct cs_step *s, struct cs_arena *arena, struct cs_step_plan *ret,
		       struct cs_err *err)
{
	uint8_t *p;

	ret->inputs = NULL;
	ret->inputs_len = 0;
	if (!s->n_inputs)
		return 0;
	p = cs_arena_array(arena, s->n_inputs, 5);
	if (!p)
		return cs_err_nomem(err);
	ret->inputs = p;
	for (size_t i = 0; i < s->n_inputs; i++) {
		uint32_t v = s->inputs[i];

		for (; v >= 0x80; v >>= 7)
			p[ret->inputs_len++] = (uint8_t)(v | 0x80);
		p[ret->inputs_len++] = (uint8_t)v;
	}
	return 0;
}

int cs_st_steps_plan(struct cs_store *store, const struct cs_build *build, struct cs_arena *arena,
		     struct cs_step_plan **ret, struct cs_err *err)
{
	struct cs_step_plan *plan = cs_arena_array(arena, build->n_steps, sizeof(*plan));

	if (!plan)
		return cs_err_nomem(err);
	for (size_t i = 0; i < build->n_steps; i++) {
		int r = pack_inputs(&build->steps[i], arena, &plan[i], err);

		if (r < 0)
			return r;
		hash_def(store->hasher, &build->steps[i], plan[i].hash);
	}
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

static struct cs_param start_param(const struct cs_step *s, int64_t base)
{
	if (s->started_unix_ns == CS_TIME_NONE)
		return cs_p_null("start_ns");
	return cs_p_int("start_ns", minus(s->started_unix_ns, base));
}

static struct cs_param span_param(const struct cs_step *s, int64_t base)
{
	int64_t from = s->started_unix_ns == CS_TIME_NONE ? base : s->started_unix_ns;
	int64_t span = minus(s->completed_unix_ns, from);

	if (s->completed_unix_ns == CS_TIME_NONE)
		return s->duration_ns < 0 ? cs_p_null("span_ns") : cs_p_int("span_ns", INT64_MIN);
	return s->duration_ns == span ? cs_p_null("span_ns") : cs_p_int("span_ns", span);
}

static int put_step(struct cs_store *store, int64_t project, int64_t build_no, size_t idx,
		    const struct cs_build *build, const struct cs_step_plan *plan,
		    struct cs_err *err)
{
	const struct cs_step *s = &build->steps[idx];
	int64_t base = cs_build_time(build), def = 0, error = 0;
	int r = find_def(store, project, s, plan, &def, err);

	if (r == 0)
		r = cs_st_text_id(store, project, s->error, &error, err);
	if (r == 0)
		r = cs_st_run(store, CS_SQL_STEP_INSERT,
			      CS_PARAMS(cs_p_int("build_no", build_no),
					cs_p_int("idx", (int64_t)idx), cs_p_int("def_no", def),
					cs_p_int("state", s->state),
					cs_p_int("evidence", s->evidence),
					cs_p_int("pulled", s->pulled), start_param(s, base),
					cs_p_opt("duration_ns",
						 s->duration_ns < 0 ? -1 : s->duration_ns, -1),
					span_param(s, base),
					cs_p_opt("layer", s->layer < 0 ? -1 : s->layer, -1),
					cs_p_opt("error_id", error, 0),
					cs_p_blob("inputs", plan->inputs, plan->inputs_len)),
			      err);
	cs_testpoint(&store->points, "step");
	return r;
}

int cs_st_steps_put(struct cs_store *store, int64_t project, int64_t build_no,
		    const struct cs_build *build, const struct cs_step_plan *plan,
		    struct cs_err *err)
{
	int r = 0;

	for (size_t i = 0; i < build->n_steps && r == 0; i++)
		r = put_step(store, project, build_no, i, build, &plan[i], err);
	return r;
}

/* --- reading: rows first, their texts when the statement is done --- */

enum { NAME, STAGE, INSTRUCTION, PLATFORM, ERROR, N_TEXTS };

struct raw {
	struct cs_step step;
	int64_t texts[N_TEXTS];
};

static void read_times(struct cs_row *row, int64_t base, struct cs_step *s)
{
	const struct cs_driver *driver = row->st->driver;
	bool no_start = driver->is_null(row->st, row->column);
	int64_t start = plus(base, cs_db_row_int(row, 0)), span;
	bool no_span;

	s->started_unix_ns = no_start ? CS_TIME_NONE : start;
	s->duration_ns = cs_db_row_int(row, -1);
	no_span = driver->is_null(row->st, row->column);
	span = cs_db_row_int(row, INT64_MIN);
	if (no_span && s->duration_ns >= 0)
		span = s->duration_ns;
	s->completed_unix_ns =
		span == INT64_MIN ? CS_TIME_NONE : plus(no_start ? base : start, span);
}

static int unpack_inputs(struct cs_row *row, struct cs_step *s)
{
	size_t len, at = 0;
	const uint8_t *p = cs_db_row_blob(row, &len);

	if (row->r < 0 || !p)
		return row->r;
	s->inputs = cs_arena_array(row->arena, len, sizeof(*s->inputs));
	if (!s->inputs)
		return cs_err_nomem(row->err);
	while (at < len) {
		uint64_t v = 0;
		unsigned shift = 0;

		while (at < len && shift < 35 && p[at] & 0x80) {
			v |= (uint64_t)(p[at++] & 0x7f) << shift;
			shift += 7;
		}
		if (at == len || shift == 35)
			return cs_st_damaged(row->store, row->err, "inputs of a step end early");
		v |= (uint64_t)p[at++] << shift;
		s->inputs[s->n_inputs++] = (uint32_t)v;
	}
	return 0;
}

static int read_step(struct cs_row *row, int64_t base, struct raw *raw)
{
	struct cs_step *s = &raw->step;
	int64_t layer;
	int r;

	memset(raw, 0, sizeof(*raw));
	s->class = (enum cs_step_class)cs_db_row_enum(row, CS_STEP_META + 1);
	for (int i = NAME; i <= PLATFORM; i++)
		raw->texts[i] = cs_db_row_int(row, 0);
	s->first_line = (int)cs_db_row_int(row, 0);
	s->last_line = (int)cs_db_row_int(row, 0);
	s->state = (enum cs_step_state)cs_db_row_enum(row, CS_STATE_NOT_REACHED + 1);
	s->evidence = (enum cs_evidence)cs_db_row_enum(row, CS_EVIDENCE_OBSERVED + 1);
	s->pulled = cs_db_row_int(row, 0) != 0;
	read_times(row, base, s);
	layer = cs_db_row_int(row, -1);
	s->layer = layer >= 0 && layer <= INT_MAX ? (int)layer : -1;
	raw->texts[ERROR] = cs_db_row_int(row, 0);
	r = unpack_inputs(row, s);
	return row->r < 0 ? row->r : r;
}

static int read_rows(struct cs_store *store, int64_t build_no, int64_t base, struct cs_arena *arena,
		     struct cs_buf *rows, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	struct raw raw;
	int r = cs_st_query(store, CS_SQL_STEPS_GET, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 0;
		r = read_step(&row, base, &raw);
		if (r == 0 && cs_buf_add(rows, &raw, sizeof(raw)) < 0)
			r = cs_err_nomem(err);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
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
	struct cs_buf rows = CS_BUF_INIT;
	int r = read_rows(store, build_no, cs_build_time(build), arena, &rows, err);
	size_t n = rows.len / sizeof(struct raw);
	struct cs_step *steps = r == 0 ? cs_arena_array(arena, n, sizeof(*steps)) : NULL;

	if (r == 0 && !steps)
		r = cs_err_nomem(err);
	if (r == 0) {
		build->steps = steps;
		build->n_steps = n;
	}
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct raw *raw = (const struct raw *)rows.data + i;
		struct cs_step *s = &steps[i];
		const char **texts[N_TEXTS] = { &s->name, &s->stage, &s->instruction, &s->platform,
						&s->error };

		*s = raw->step;
		s->index = (uint32_t)i;
		for (int k = 0; k < N_TEXTS && r == 0; k++)
			r = cs_st_text(store, raw->texts[k], arena, texts[k], err);
		if (r == 0)
			r = check_step(store, build, s, err);
	}
	cs_buf_release(&rows);
	return r;
}
