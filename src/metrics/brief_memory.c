/* SPDX-License-Identifier: Apache-2.0 */
/* One table of texts for all, defs and runs being texts that are joined: they hold no NUL. */
#include "metrics/brief_memory.h"

#include <string.h>

#include "metrics/tables.h"

struct cs_brief_memory {
	struct cs_brief_dict dict; /* first */
	struct cs_texts texts, def_keys;
	struct cs_run_names runs;
	struct cs_brief_def *defs; /* by their key's place */
	size_t cap_defs;
	struct cs_arena *arena;	   /* of defs */
	struct cs_arena *scratch;  /* of the last brief */
	struct cs_prices *nothing; /* no price */
	struct cs_brief_run run;   /* the last one asked for */
};

static struct cs_brief_memory *of(struct cs_brief_dict *dict)
{
	return (struct cs_brief_memory *)(void *)dict;
}

static int no_number(struct cs_err *err)
{
	return cs_err_set(err, CS_DB, "a number of no dictionary");
}

static int get_text(struct cs_brief_dict *dict, int64_t number, const char **ret,
		    struct cs_err *err)
{
	const struct cs_brief_memory *m = of(dict);

	if (number < 0 || number > m->texts.n)
		return no_number(err);
	*ret = number ? m->texts.v[number - 1] : NULL;
	return 0;
}

static int get_def(struct cs_brief_dict *dict, int64_t number, const struct cs_brief_def **ret,
		   struct cs_err *err)
{
	const struct cs_brief_memory *m = of(dict);

	if (number <= 0 || number > m->def_keys.n)
		return no_number(err);
	*ret = &m->defs[number - 1];
	return 0;
}

static int get_run(struct cs_brief_dict *dict, int64_t number, const struct cs_brief_run **ret,
		   struct cs_err *err)
{
	struct cs_brief_memory *m = of(dict);

	if (number <= 0 || number > m->runs.n)
		return no_number(err);
	m->run = (struct cs_brief_run){ m->runs.v[number - 1].run_id,
					m->runs.v[number - 1].attempt };
	*ret = &m->run;
	return 0;
}

int cs_brief_memory_new(struct cs_brief_memory **ret, struct cs_err *err)
{
	struct cs_brief_memory *m CS_AUTO(cs_brief_memory_free_p) = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return cs_err_nomem(err);
	m->arena = cs_arena_new();
	if (!m->arena)
		return cs_err_nomem(err);
	r = cs_prices_new(&m->nothing, err);
	if (r < 0)
		return r;
	m->dict = (struct cs_brief_dict){ get_text, get_text, get_def, get_run };
	*ret = cs_steal(m);
	return 0;
}

void cs_brief_memory_free(struct cs_brief_memory *memory)
{
	if (!memory)
		return;
	cs_texts_release(&memory->texts);
	cs_texts_release(&memory->def_keys);
	cs_run_names_release(&memory->runs);
	cs_arena_free(memory->arena);
	cs_arena_free(memory->scratch);
	if (memory->nothing)
		cs_prices_free(memory->nothing);
	free(memory->defs);
	free(memory);
}

struct cs_brief_dict *cs_brief_memory_dict(struct cs_brief_memory *memory)
{
	return &memory->dict;
}

static int number_text(struct cs_brief_memory *m, const char *text, int64_t *ret,
		       struct cs_err *err)
{
	uint32_t at;
	int r = cs_texts_put(&m->texts, text, &at, err);

	if (r == 0)
		*ret = at == CS_NOTHING ? 0 : (int64_t)at + 1;
	return r;
}

static bool copy(struct cs_brief_memory *m, const char **ret, const char *text)
{
	*ret = text ? cs_arena_strdup(m->arena, text) : NULL;
	return *ret || !text;
}

static int number_def(struct cs_brief_memory *m, const struct cs_step *s, int64_t *ret,
		      struct cs_err *err)
{
	const char *key = cs_arena_printf(
		m->scratch, "%d%c%s\x1f%c%s\x1f%c%s", (int)s->class, s->stage ? 's' : '-',
		s->stage ? s->stage : "", s->instruction ? 'i' : '-',
		s->instruction ? s->instruction : "", s->name ? 'n' : '-', s->name ? s->name : "");
	struct cs_brief_def *def;
	uint32_t at, before = m->def_keys.n;
	int r = key ? cs_texts_put(&m->def_keys, key, &at, err) : cs_err_nomem(err);

	if (r < 0)
		return r;
	*ret = (int64_t)at + 1;
	if (at < before)
		return 0;
	if (!cs_table_grow((void **)&m->defs, at, &m->cap_defs, sizeof(*m->defs)))
		return cs_err_nomem(err);
	def = &m->defs[at];
	def->class = s->class;
	return copy(m, &def->stage, s->stage) && copy(m, &def->instruction, s->instruction) &&
			       copy(m, &def->name, s->name)
		       ? 0
		       : cs_err_nomem(err);
}

static int number_texts(struct cs_brief_memory *m, const struct cs_build *build,
			struct cs_brief_numbers *ret, struct cs_err *err)
{
	const struct cs_facts *f = &build->facts;
	const struct {
		const char *text;
		int64_t *ret;
	} texts[] = {
		{ f->project ? f->project : "", &ret->project },
		{ f->scope, &ret->scope },
		{ f->target, &ret->target },
		{ build->platform[0] ? build->platform : NULL, &ret->platform },
		{ f->job, &ret->job },
		{ f->workflow, &ret->workflow },
		{ f->ref, &ret->ref },
	};
	uint32_t run;
	int r = 0;

	for (size_t i = 0; r == 0 && i < CS_N(texts); i++)
		r = number_text(m, texts[i].text, texts[i].ret, err);
	if (r == 0 && f->run_id && *f->run_id) {
		r = cs_run_names_put(&m->runs, f->project, f->run_id, f->attempt, 0, &run, err);
		ret->run = r == 0 ? (int64_t)run + 1 : 0;
	}
	return r;
}

static int number_lists(struct cs_brief_memory *m, const struct cs_build *build,
			struct cs_brief_numbers *ret, struct cs_err *err)
{
	const struct cs_facts *f = &build->facts;
	int64_t *labels = cs_arena_array(m->scratch, 2 * f->n_labels, sizeof(*labels));
	int64_t *defs = cs_arena_array(m->scratch, build->n_steps, sizeof(*defs));
	int r = labels && defs ? 0 : cs_err_nomem(err);

	for (size_t i = 0; r == 0 && i < f->n_labels; i++) {
		r = number_text(m, f->labels[i].key, &labels[2 * i], err);
		if (r == 0)
			r = number_text(m, f->labels[i].value, &labels[2 * i + 1], err);
	}
	for (size_t i = 0; r == 0 && i < build->n_steps; i++)
		r = number_def(m, &build->steps[i], &defs[i], err);
	ret->labels = labels;
	ret->defs = defs;
	return r;
}

int cs_brief_of(struct cs_brief_memory *memory, const struct cs_build *build,
		const struct cs_figures *figures, const struct cs_prices *prices,
		struct cs_brief *ret, struct cs_err *err)
{
	const struct cs_figures unknown = {
		.own_tar_bytes = -1,
		.hit_tar_bytes = -1,
		.own_blob_bytes = -1,
		.hit_blob_bytes = -1,
		.new_blob_bytes = -1,
		.pulled_blob_bytes = -1,
		.duration_ns = cs_build_duration(build),
		.builder_cached_steps = -1,
		.builder_total_steps = -1,
	};
	struct cs_brief_numbers numbers = { 0 };
	int r;

	cs_arena_free(memory->scratch);
	memory->scratch = cs_arena_new();
	if (!memory->scratch)
		return cs_err_nomem(err);
	r = number_texts(memory, build, &numbers, err);
	if (r == 0)
		r = number_lists(memory, build, &numbers, err);
	return r == 0 ? cs_brief_make(build, figures ? figures : &unknown,
				      prices ? prices : memory->nothing, &numbers, memory->scratch,
				      ret, err)
		      : r;
}
