/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New is what was recorded since the last run, not what began since then: a record may come a day
 * late. Whether a change is noise is asked of metrics/compare, whose bootstrap draws whole runs.
 * Project by project: what two of them call "production" is not one scope. A scope without a build
 * is said to be gone after a week only, for most scopes do not build every night.
 */
#include <math.h>
#include <string.h>

#include "cmd/history.h"
#include "cmd/nightly.h"
#include "metrics/brief_memory.h"
#include "metrics/compare.h"
#include "report/fmt.h"
#include "util/hash.h"

#define GONE_DAYS    7
#define DAY_NS	     (CS_NS_PER_S * 86400)
#define PROJECTS_MAX 4096

static const struct cs_column columns[] = {
	{ "project", "project", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "before_runs", "runs before", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "before_step_hit_ratio", "before", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "after_runs", "runs since", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "after_step_hit_ratio", "since", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "change_ratio", "change", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Step hit rate since the last run less that of the window before" },
	{ "ci95_low", "95 % from", CS_TYPE_RATIO, CS_ROLE_NOTE, 0, NULL },
	{ "ci95_high", "to", CS_TYPE_RATIO, CS_ROLE_NOTE, 0, NULL },
	{ "verdict", "verdict", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_STATE, NULL },
	{ "sentence", "in words", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_WIDE, NULL },
};

struct scope {
	UT_hash_handle hh;
	int64_t last_unix_ns; /* of its builds */
	char name[];
};

struct changes {
	struct cs_nightly *n;
	struct cs_report *report;
	struct cs_table *table;
	bool several; /* projects: each line says whose it is */
	int64_t n_after, n_idle, n_left_out;
	/* of the project that is read */
	const char *project;
	struct cs_compare *compare;
	struct cs_brief_memory *memory; /* a brief does not say when it was recorded */
	struct scope *scopes;
};

static void free_scopes(struct changes *c)
{
	struct scope *next;

	for (struct scope *s = c->scopes; s; s = next) {
		next = s->hh.next;
		HASH_DEL(c->scopes, s);
		free(s);
	}
}

static int note_scope(struct changes *c, const struct cs_build *b, struct cs_err *err)
{
	const char *name = b->facts.scope ? b->facts.scope : "";
	struct scope *s;

	HASH_FIND_STR(c->scopes, name, s);
	if (!s) {
		s = calloc(1, sizeof(*s) + strlen(name) + 1);
		if (!s)
			return cs_err_nomem(err);
		memcpy(s->name, name, strlen(name));
		HASH_ADD_STR(c->scopes, name, s);
		if (!s->hh.tbl) {
			free(s);
			return cs_err_nomem(err);
		}
		s->last_unix_ns = INT64_MIN;
	}
	if (cs_build_time(b) > s->last_unix_ns)
		s->last_unix_ns = cs_build_time(b);
	return 0;
}

static int add(void *arg, const struct cs_build *b, const struct cs_figures *f, struct cs_err *err)
{
	struct changes *c = arg;
	const struct cs_compare_marks marks = { false, false };
	enum cs_side side = b->recorded_unix_ns > c->n->last_unix_ns ? CS_AFTER : CS_BEFORE;
	struct cs_brief brief;
	int r = note_scope(c, b, err);

	if (r == 0)
		r = cs_brief_of(c->memory, b, f, NULL, &brief, err);
	return r == 0 ? cs_compare_add_build(c->compare, side, cs_brief_memory_dict(c->memory),
					     &brief, &marks, err)
		      : r;
}

/* Whole days since the last build of a scope. */
static int64_t silence(const struct changes *c, const char *scope)
{
	struct scope *s;

	HASH_FIND_STR(c->scopes, scope, s);
	return s ? (cs_ctx_now(&c->n->app->ctx) - s->last_unix_ns) / DAY_NS : 0;
}

static const char *verdict_of(const struct changes *c, const struct cs_compare_row *row)
{
	if (row->after.n == 0)
		return silence(c, row->scope) >= GONE_DAYS ? "gone" : "idle";
	if (row->before.n == 0)
		return "new";
	if (!row->enough_data || !row->ci95.known)
		return "not_enough_data";
	return row->ci95.low > 0 ? "better" : row->ci95.high < 0 ? "worse" : "noise";
}

static const char *sentence_of(struct changes *c, const struct cs_compare_row *row,
			       const char *verdict)
{
	struct cs_arena *arena = c->n->arena;
	const char *tail = verdict[0] == 'n' ? "within the noise" : "more than noise";
	long long before = row->before.runs, after = row->after.runs;

	if (row->after.n == 0)
		return cs_arena_printf(arena, "no build for %lld days; %lld runs before",
				       (long long)silence(c, row->scope), before);
	if (row->before.n == 0)
		return cs_arena_printf(arena, "new: hit rate %.1f %% over %lld runs, none before",
				       row->after.value * 100, after);
	if (!row->enough_data || !row->ci95.known)
		return cs_arena_printf(arena,
				       "not enough data: %lld runs since the last one, %lld "
				       "before; %d are needed on both sides",
				       after, before, CS_COMPARE_MIN_RUNS);
	return cs_arena_printf(arena,
			       "hit rate %.1f %% over %lld runs since the last one, %.1f %% over "
			       "%lld before: %+.1f points (95 %%: %+.1f to %+.1f), %s",
			       row->after.value * 100, after, row->before.value * 100, before,
			       row->change * 100, row->ci95.low * 100, row->ci95.high * 100, tail);
}

static void put_ratio(struct cs_report *report, struct cs_table *t, const char *key, double value)
{
	if (isfinite(value))
		cs_row_ratio(report, t, key, value);
}

/* The line of a scope; the idle ones are only counted. */
static int say(struct changes *c, const char *scope, const char *sentence)
{
	struct cs_buf *text = &c->n->text;

	if (c->several && (cs_fmt_terminal(text, c->project[0] ? c->project : "(no project)") < 0 ||
			   cs_buf_puts(text, ": ") < 0))
		return -1;
	return cs_fmt_terminal(text, scope) < 0 ? -1 : cs_buf_printf(text, ": %s\n", sentence);
}

static int put_row(struct changes *c, const struct cs_compare_row *row, struct cs_err *err)
{
	const char *verdict = verdict_of(c, row), *sentence = sentence_of(c, row, verdict);
	bool idle = strcmp(verdict, "idle") == 0;
	struct cs_report *report = c->report;
	struct cs_table *t = c->table;

	if (!sentence || (!idle && say(c, row->scope, sentence) < 0))
		return cs_err_nomem(err);
	c->n_idle += idle;
	c->n_after += row->after.n > 0;
	cs_row_add(report, t);
	if (c->project[0])
		cs_row_text(report, t, "project", c->project);
	cs_row_text(report, t, "scope", row->scope);
	cs_row_int(report, t, "before_runs", row->before.runs);
	put_ratio(report, t, "before_step_hit_ratio", row->before.value);
	cs_row_int(report, t, "after_runs", row->after.runs);
	put_ratio(report, t, "after_step_hit_ratio", row->after.value);
	put_ratio(report, t, "change_ratio", row->change);
	if (row->ci95.known) {
		put_ratio(report, t, "ci95_low", row->ci95.low);
		put_ratio(report, t, "ci95_high", row->ci95.high);
	}
	cs_row_text(report, t, "verdict", verdict);
	cs_row_text(report, t, "sentence", sentence);
	return 0;
}

static int put_rows(struct changes *c, struct cs_err *err)
{
	const struct cs_compare_row *rows;
	struct cs_compare_method method;
	size_t n = 0;
	int r = cs_compare_rows(c->compare, &rows, &n, err);

	for (size_t i = 0; i < n && r == 0; i++) {
		if (rows[i].figure == CS_CF_STEP_HIT_RATIO && rows[i].scope && !rows[i].event &&
		    !rows[i].target && rows[i].before.n + rows[i].after.n > 0)
			r = put_row(c, &rows[i], err);
	}
	if (r == 0) {
		cs_compare_method(c->compare, &method);
		c->n_left_out += (int64_t)method.scopes_left_out;
	}
	return r;
}

static int compare_project(struct changes *c, struct cs_store *store, struct cs_err *err)
{
	const struct cs_compare_options o = { .seed = CS_BOOTSTRAP_SEED,
					      .resamples = CS_BOOTSTRAP_RESAMPLES,
					      .pair = CS_PAIR_NONE,
					      .rate = NAN };
	struct cs_filter window;
	int r = cs_compare_new(&o, &c->compare, err);

	if (r < 0)
		return r;
	cs_filter_init(&window);
	cs_filter_add(&window.project, c->project);
	window.since_unix_ns = c->n->since_unix_ns;
	r = cs_brief_memory_new(&c->memory, err);
	if (r == 0)
		r = cs_cmd_history(store, &window, CS_WITH_LABELS | CS_WITH_RECIPE, add, c, err);
	if (r == 0)
		r = put_rows(c, err);
	cs_brief_memory_free(cs_steal(c->memory));
	free_scopes(c);
	cs_compare_free(cs_steal(c->compare));
	return r;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare(struct changes *c, struct cs_store *store, struct cs_err *err)
{
	const char **projects;
	size_t n = 0;
	int r = cs_store_projects(store, PROJECTS_MAX, c->n->arena, &projects, &n, err);

	if (r == 0 && n > 1)
		qsort((void *)(uintptr_t)projects, n, sizeof(*projects), by_name);
	c->several = n > 1;
	for (size_t i = 0; i < n && r == 0; i++) {
		c->project = projects[i];
		r = compare_project(c, store, err);
	}
	return r;
}

/* What came in, for people. */
static int counts(struct cs_nightly *n)
{
	if (cs_buf_printf(&n->text,
			  "%lld new builds, %lld joined, from %lld files; %zu bad files\n",
			  (long long)n->new_builds, (long long)n->joined_builds,
			  (long long)n->new_files, n->n_bad) < 0)
		return -1;
	if (n->skipped_files &&
	    cs_buf_printf(&n->text, "skipped, not a build's document: %lld files\n",
			  (long long)n->skipped_files) < 0)
		return -1;
	return n->waiting_files && cs_buf_printf(&n->text,
						 "left for the next run, still being "
						 "written: %lld files\n",
						 (long long)n->waiting_files) < 0
		       ? -1
		       : 0;
}

/* What the lines leave out. */
static int say_rest(struct changes *c)
{
	static const char none[] = "no build that can be rated was recorded since the last run";
	struct cs_buf *text = &c->n->text;

	if (!c->n_after)
		cs_table_lead(c->report, c->table,
			      "No build that can be rated was recorded since the last run.");
	else if (c->n_left_out)
		cs_table_lead(c->report, c->table, "%lld scopes with fewer builds are left out.",
			      (long long)c->n_left_out);
	if (!c->n_after)
		return cs_buf_printf(text, "%s\n", none);
	return c->n_idle ? cs_buf_printf(text, "no build since the last run: %lld scopes\n",
					 (long long)c->n_idle)
			 : 0;
}

int cs_nightly_changes(struct cs_nightly *n, struct cs_store *store, struct cs_report *report,
		       struct cs_err *err)
{
	struct changes c = { .n = n, .report = report };
	int r;

	c.table = cs_report_add_table(report, "changes", "Since the last run", columns,
				      CS_N(columns));
	if (!c.table)
		return cs_report_check(report, err);
	if (counts(n) < 0)
		return cs_err_nomem(err);
	if (n->last_unix_ns == CS_TIME_NONE) {
		cs_table_lead(report, c.table,
			      "This is the first run: there is nothing to compare with.");
		return cs_buf_puts(&n->text, "first run: nothing to compare with\n") < 0
			       ? cs_err_nomem(err)
			       : 0;
	}
	r = compare(&c, store, err);
	return r == 0 && say_rest(&c) < 0 ? cs_err_nomem(err) : r;
}
