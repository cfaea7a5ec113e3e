/* SPDX-License-Identifier: Apache-2.0 */
#include "view/view.h"

#include "metrics/listing.h"
#include "report/fmt.h"

/* The columns that a list of builds and the page of one share. */
#define FACT_COLUMNS                                                                                 \
	{ "build_id", "build", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },                               \
		{ "started_at", "started", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },                    \
		{ "project", "project", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },                      \
		{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },                          \
		{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },                          \
		{ "ref", "ref", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },                  \
		{ "commit", "commit", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },             \
		{ "run_id", "run", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },                \
		{ "attempt", "attempt", CS_TYPE_COUNT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },          \
		{ "workflow", "workflow", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },        \
		{ "job", "job", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },                  \
		{ "target", "target", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },                        \
		{ "platform", "platform", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },                    \
		{ "source_kind", "source", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },                    \
		{ "builder_ref", "builder's ref", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL }, \
		{ "status", "status", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },             \
		{ "duration_seconds", "time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },             \
		{ "builder_cached_steps", "builder's cached", CS_TYPE_COUNT,                         \
		  CS_ROLE_GAUGE,	  CS_COL_DETAIL,      NULL },                                \
		{ "builder_total_steps", "of", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },  \
		{ "builder_completed_steps",                                                         \
		  "completed",                                                                       \
		  CS_TYPE_COUNT,                                                                     \
		  CS_ROLE_GAUGE,                                                                     \
		  CS_COL_DETAIL,                                                                     \
		  NULL },                                                                            \
		{ "step_hits", "hits", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },                      \
		{ "step_runs", "runs", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },                      \
		{ "step_undecided", "undecided", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },            \
	{                                                                                            \
		"step_hit_ratio", "hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL                  \
	}

static const struct cs_column list_columns[] = { FACT_COLUMNS };

static const struct cs_column build_columns[] = {
	FACT_COLUMNS,
	{ "completed_at", "completed", CS_TYPE_TIME, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "recorded_at", "recorded", CS_TYPE_TIME, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "time_hit_ratio", "time hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "saved_seconds", "saved", CS_TYPE_SECONDS, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "saved_coverage_ratio", "priced", CS_TYPE_RATIO, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "overhead_seconds", "overhead", CS_TYPE_SECONDS, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "net_saved_seconds", "net saved", CS_TYPE_SECONDS, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "image_ref", "image", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "config_digest", "config", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "manifest_digest", "manifest", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "tests_passed", "tests passed", CS_TYPE_BOOL, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "pushed", "pushed", CS_TYPE_BOOL, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "labels", "labels", CS_TYPE_LIST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "base_layers", "base layers", CS_TYPE_COUNT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "base_evidence", "base by", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "run_seconds", "ran", CS_TYPE_SECONDS, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "wall_saved_seconds", "wall clock", CS_TYPE_SECONDS, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
};

static const struct cs_column step_columns[] = {
	{ "index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "name", "name", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "stage", "stage", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_MACHINE, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "platform", "platform", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_MACHINE, NULL },
	{ "class", "class", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
	{ "state", "state", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "duration_seconds", "time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "typical_seconds", "typical", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "evidence", "evidence", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "pulled", "pulled", CS_TYPE_BOOL, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "inputs", "inputs", CS_TYPE_LIST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "seen_in_scope", "seen in", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "why", "note", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
};

static const struct cs_column line_columns[] = {
	{ "line", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "state", "state", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_STATE, NULL },
	{ "evidence", "evidence", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "duration_seconds", "time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "typical_seconds", "typical", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "step", "step", CS_TYPE_COUNT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "steps", "steps", CS_TYPE_LIST, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "text", "Dockerfile", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
};

static void add_facts(struct cs_report *report, struct cs_table *t, const struct cs_build *b)
{
	const struct cs_facts *f = &b->facts;
	int64_t hits = 0, runs = 0, undecided = 0;

	for (size_t i = 0; i < b->n_steps; i++) {
		if (!cs_step_cacheable(b->steps[i].class))
			continue;
		hits += b->steps[i].state == CS_STATE_HIT;
		runs += b->steps[i].state == CS_STATE_RUN;
		undecided += b->steps[i].state == CS_STATE_UNKNOWN;
	}
	cs_row_add(report, t);
	cs_row_text(report, t, "build_id", b->id);
	cs_row_int(report, t, "started_at", f->started_unix_ns);
	cs_row_text(report, t, "project", f->project && *f->project ? f->project : NULL);
	cs_row_text(report, t, "scope", f->scope);
	cs_row_text(report, t, "event", f->event == CS_EVENT_NONE ? NULL : cs_event_name(f->event));
	cs_row_text(report, t, "ref", f->ref);
	cs_row_text(report, t, "commit", f->commit);
	cs_row_text(report, t, "run_id", f->run_id);
	cs_row_int(report, t, "attempt", f->attempt);
	cs_row_text(report, t, "workflow", f->workflow);
	cs_row_text(report, t, "job", f->job);
	cs_row_text(report, t, "target", f->target);
	cs_row_text(report, t, "platform", b->platform[0] ? b->platform : NULL);
	cs_row_text(report, t, "source_kind", cs_source_kind_name(b->source_kind));
	cs_row_text(report, t, "builder_ref", b->builder_ref);
	cs_row_text(report, t, "status", cs_build_status_name(b->status));
	cs_row_int(report, t, "duration_seconds", cs_build_duration(b));
	cs_row_int(report, t, "builder_cached_steps", b->builder_cached_steps);
	cs_row_int(report, t, "builder_total_steps", b->builder_total_steps);
	cs_row_int(report, t, "builder_completed_steps", b->builder_completed_steps);
	cs_row_int(report, t, "step_hits", hits);
	cs_row_int(report, t, "step_runs", runs);
	cs_row_int(report, t, "step_undecided", undecided);
	if (!undecided && b->status != CS_STATUS_FAILED && b->status != CS_STATUS_CANCELED)
		cs_row_quotient(report, t, "step_hit_ratio", hits, hits + runs);
}

int cs_view_builds_begin(struct cs_report *report, struct cs_err *err)
{
	cs_report_add_table(report, "builds", NULL, list_columns, CS_N(list_columns));
	return cs_report_check(report, err);
}

int cs_view_builds_add(struct cs_report *report, const struct cs_build *build, struct cs_err *err)
{
	add_facts(report, cs_report_table(report, 0), build);
	return cs_report_check(report, err);
}

static void add_tri(struct cs_report *report, struct cs_table *t, const char *key, enum cs_tri v)
{
	if (v != CS_TRI_UNKNOWN)
		cs_row_bool(report, t, key, v == CS_TRI_YES);
}

static int add_labels(struct cs_report *report, struct cs_table *t, const struct cs_facts *f,
		      struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	const char **v = arena ? cs_arena_array(arena, f->n_labels, sizeof(*v)) : NULL;

	if (!v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < f->n_labels; i++) {
		v[i] = cs_arena_printf(arena, "%s=%s", f->labels[i].key, f->labels[i].value);
		if (!v[i])
			return cs_err_nomem(err);
	}
	cs_row_list(report, t, "labels", v, f->n_labels);
	return 0;
}

/* Numbers of steps as a list; NULL without memory. */
static const char **index_list(struct cs_arena *arena, const uint32_t *v, size_t n)
{
	const char **texts = arena ? cs_arena_array(arena, n, sizeof(*texts)) : NULL;

	for (size_t i = 0; texts && i < n; i++) {
		texts[i] = cs_arena_printf(arena, "%u", v[i]);
		if (!texts[i])
			return NULL;
	}
	return texts;
}

static int add_step(struct cs_report *report, struct cs_table *t, const struct cs_build *b,
		    const struct cs_step *s, const struct cs_prices *prices, struct cs_err *err)
{
	const struct cs_layer *l =
		s->layer >= 0 && (size_t)s->layer < b->n_layers ? &b->layers[s->layer] : NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	const char **inputs = index_list(arena, s->inputs, s->n_inputs);

	if (!inputs)
		return cs_err_nomem(err);
	cs_row_add(report, t);
	cs_row_int(report, t, "index", s->index);
	cs_row_text(report, t, "name", s->name);
	cs_row_text(report, t, "stage", s->stage);
	cs_row_text(report, t, "instruction", s->instruction);
	cs_row_text(report, t, "platform",
		    s->platform	     ? s->platform
		    : b->platform[0] ? b->platform
				     : NULL);
	cs_row_text(report, t, "class", cs_step_class_name(s->class));
	cs_row_int(report, t, "bytes", l ? l->tar_bytes : -1);
	cs_row_text(report, t, "state", cs_step_state_name(s->state));
	cs_row_int(report, t, "duration_seconds", s->duration_ns);
	cs_row_int(report, t, "typical_seconds", cs_prices_of(prices, b, s));
	cs_row_text(report, t, "evidence", cs_evidence_name(s->evidence));
	cs_row_bool(report, t, "pulled", s->pulled);
	cs_row_list(report, t, "inputs", inputs, s->n_inputs);
	cs_row_text(report, t, "seen_in_scope", l ? l->seen_in_scope : NULL);
	cs_row_text(report, t, "why", l ? l->why : NULL);
	return 0;
}

/* The Dockerfile with what became of it; no table where its text or lines are not known. */
static int add_listing(struct cs_report *report, const struct cs_build *b,
		       const struct cs_prices *prices, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_listing_line *lines;
	struct cs_table *t;
	size_t n;
	int r = arena ? cs_listing_of(b, prices, arena, &lines, &n, err) : cs_err_nomem(err);

	if (r < 0 || !n)
		return r;
	t = cs_report_add_table(report, "dockerfile", "Dockerfile", line_columns,
				CS_N(line_columns));
	for (size_t i = 0; t && i < n; i++) {
		const struct cs_listing_line *l = &lines[i];
		const char **steps = index_list(arena, l->steps, l->n_steps);

		if (!steps)
			return cs_err_nomem(err);
		cs_row_add(report, t);
		cs_row_int(report, t, "line", (int64_t)i + 1);
		cs_row_text(report, t, "state", l->state);
		cs_row_text(report, t, "evidence", l->evidence);
		cs_row_int(report, t, "duration_seconds", l->duration_ns);
		cs_row_int(report, t, "typical_seconds", l->typical_ns);
		if (l->n_steps)
			cs_row_int(report, t, "step", l->steps[0]);
		cs_row_list(report, t, "steps", steps, l->n_steps);
		cs_row_text(report, t, "text", l->text);
	}
	return 0;
}

static void add_savings(struct cs_report *report, struct cs_table *t, const struct cs_savings *s)
{
	if (!s->known)
		return;
	cs_row_int(report, t, "run_seconds", s->run_ns);
	cs_row_quotient(report, t, "saved_coverage_ratio", s->priced_hits, s->hits);
	if (s->overhead_known)
		cs_row_int(report, t, "overhead_seconds", s->overhead_ns);
	if (s->wall_known)
		cs_row_int(report, t, "wall_saved_seconds", s->wall_ns);
	if (!cs_savings_priced(s))
		return;
	cs_row_quotient(report, t, "time_hit_ratio", s->gross_ns,
			cs_ns_add(s->gross_ns, s->run_ns));
	cs_row_int(report, t, "saved_seconds", s->gross_ns);
	if (s->overhead_known)
		cs_row_int(report, t, "net_saved_seconds", cs_savings_net(s));
}

/* What the numbers of the row mean, in words. */
static void add_notes(struct cs_report *report, const struct cs_build *b,
		      const struct cs_figures *f)
{
	const struct cs_savings *s = &f->savings;
	char gross[CS_FMT_NUM], overhead[CS_FMT_NUM], net[CS_FMT_NUM], wall[CS_FMT_NUM];

	if (s->hits && cs_savings_priced(s) && s->overhead_known)
		cs_report_note(report, false,
			       "the cache saved %s and cost %s: %s net (%lld of %lld hits have a "
			       "price)%s%s",
			       cs_fmt_duration(s->gross_ns, gross),
			       cs_fmt_duration(s->overhead_ns, overhead),
			       cs_fmt_duration(cs_savings_net(s), net), (long long)s->priced_hits,
			       (long long)s->hits, s->wall_known ? "; of wall-clock time " : "",
			       s->wall_known ? cs_fmt_duration(s->wall_ns, wall) : "");
	else if (s->known && s->hits && !cs_savings_priced(s))
		cs_report_note(report, false,
			       "what the cache saved is not known: none of its hits was ever "
			       "recorded running");
	if (b->builder_total_steps < 0 || b->builder_cached_steps < 0)
		return;
	if (b->builder_completed_steps >= 0)
		cs_report_note(
			report, false,
			"the builder itself counts %lld cached of %lld steps (%lld completed): "
			"every vertex, so no hit rate",
			(long long)b->builder_cached_steps, (long long)b->builder_total_steps,
			(long long)b->builder_completed_steps);
	else
		cs_report_note(
			report, false,
			"the builder itself counts %lld cached of %lld steps: every vertex, so no "
			"hit rate",
			(long long)b->builder_cached_steps, (long long)b->builder_total_steps);
}

int cs_view_build(struct cs_report *report, const struct cs_build *build,
		  const struct cs_prices *prices, const struct cs_figures *figures,
		  struct cs_err *err)
{
	struct cs_table *t =
		cs_report_add_table(report, "build", NULL, build_columns, CS_N(build_columns));
	char text[CS_DIGEST_TEXT];
	int r;

	if (!t)
		return cs_report_check(report, err);
	add_facts(report, t, build);
	add_savings(report, t, &figures->savings);
	cs_row_int(report, t, "completed_at", build->facts.completed_unix_ns);
	cs_row_int(report, t, "recorded_at", build->recorded_unix_ns);
	cs_row_text(report, t, "image_ref", build->image_ref);
	if (cs_digest_known(&build->config_digest))
		cs_row_text(report, t, "config_digest",
			    cs_digest_format(&build->config_digest, text));
	if (cs_digest_known(&build->manifest_digest))
		cs_row_text(report, t, "manifest_digest",
			    cs_digest_format(&build->manifest_digest, text));
	add_tri(report, t, "tests_passed", build->facts.tests_passed);
	add_tri(report, t, "pushed", build->facts.pushed);
	r = add_labels(report, t, &build->facts, err);
	if (r < 0)
		return r;
	cs_row_int(report, t, "base_layers", build->base_layers);
	cs_row_text(report, t, "base_evidence", cs_base_evidence_name(build->base_evidence));
	t = cs_report_add_table(report, "steps", "Steps", step_columns, CS_N(step_columns));
	for (size_t i = 0; t && r == 0 && i < build->n_steps; i++)
		r = add_step(report, t, build, &build->steps[i], prices, err);
	if (r == 0)
		r = add_listing(report, build, prices, err);
	if (r < 0)
		return r;
	add_notes(report, build, figures);
	return cs_report_check(report, err);
}
