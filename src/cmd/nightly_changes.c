/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New is what was recorded since the last run, not what began since then: a record may come a day
 * late. Whether a change is noise is asked of metrics/compare, whose bootstrap draws whole runs.
 */
#include <math.h>

#include "cmd/history.h"
#include "cmd/nightly.h"
#include "metrics/compare.h"
#include "report/fmt.h"

static const struct cs_column columns[] = {
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

struct sides {
	struct cs_compare *compare;
	int64_t last_unix_ns;
};

static int add(void *arg, const struct cs_build *b, const struct cs_figures *f, struct cs_err *err)
{
	struct sides *s = arg;
	const struct cs_compare_marks marks = { false, false };
	enum cs_side side = b->recorded_unix_ns > s->last_unix_ns ? CS_AFTER : CS_BEFORE;

	return cs_compare_add_build(s->compare, side, b, f, &marks, err);
}

static const char *verdict_of(const struct cs_compare_row *row)
{
	if (!row->enough_data || !row->ci95.known)
		return "not_enough_data";
	return row->ci95.low > 0 ? "better" : row->ci95.high < 0 ? "worse" : "noise";
}

static const char *sentence_of(struct cs_nightly *n, const struct cs_compare_row *row,
			       const char *verdict)
{
	const char *tail = verdict[0] == 'n' ? "within the noise" : "more than noise";

	if (!row->enough_data || !row->ci95.known)
		return cs_arena_printf(n->arena,
				       "not enough data: %lld runs since the last one, %lld "
				       "before; %d are needed on both sides",
				       (long long)row->after.runs, (long long)row->before.runs,
				       CS_COMPARE_MIN_RUNS);
	return cs_arena_printf(n->arena,
			       "hit rate %.1f %% over %lld runs since the last one, %.1f %% over "
			       "%lld before: %+.1f points (95 %%: %+.1f to %+.1f), %s",
			       row->after.value * 100, (long long)row->after.runs,
			       row->before.value * 100, (long long)row->before.runs,
			       row->change * 100, row->ci95.low * 100, row->ci95.high * 100, tail);
}

static void put_ratio(struct cs_report *report, struct cs_table *t, const char *key, double value)
{
	if (isfinite(value))
		cs_row_ratio(report, t, key, value);
}

static int put_row(struct cs_nightly *n, struct cs_report *report, struct cs_table *t,
		   const struct cs_compare_row *row, struct cs_err *err)
{
	const char *verdict = verdict_of(row), *sentence = sentence_of(n, row, verdict);

	if (!sentence || cs_fmt_terminal(&n->text, row->scope) < 0 ||
	    cs_buf_printf(&n->text, ": %s\n", sentence) < 0)
		return cs_err_nomem(err);
	cs_row_add(report, t);
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

static int compare(struct cs_nightly *n, struct cs_store *store, struct cs_report *report,
		   struct cs_table *t, struct cs_err *err)
{
	const struct cs_compare_options o = { .seed = CS_BOOTSTRAP_SEED,
					      .resamples = CS_BOOTSTRAP_RESAMPLES,
					      .pair = CS_PAIR_NONE,
					      .rate = NAN };
	struct cs_compare *c CS_AUTO(cs_compare_free_p) = NULL;
	const struct cs_compare_row *rows;
	struct sides sides = { .last_unix_ns = n->last_unix_ns };
	struct cs_filter window;
	size_t n_rows = 0;
	int r = cs_compare_new(&o, &c, err);

	sides.compare = c;
	cs_filter_init(&window);
	window.since_unix_ns = n->since_unix_ns;
	if (r == 0)
		r = cs_cmd_history(store, &window, CS_WITH_LABELS | CS_WITH_RECIPE, add, &sides,
				   err);
	if (r == 0)
		r = cs_compare_rows(c, &rows, &n_rows, err);
	for (size_t i = 0; i < n_rows && r == 0; i++) {
		if (rows[i].figure == CS_CF_STEP_HIT_RATIO && rows[i].scope && !rows[i].event &&
		    !rows[i].target && rows[i].after.n > 0)
			r = put_row(n, report, t, &rows[i], err);
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

int cs_nightly_changes(struct cs_nightly *n, struct cs_store *store, struct cs_report *report,
		       struct cs_err *err)
{
	struct cs_table *t = cs_report_add_table(report, "changes", "Since the last run", columns,
						 CS_N(columns));
	int r = 0;

	if (!t)
		return cs_report_check(report, err);
	if (counts(n) < 0)
		return cs_err_nomem(err);
	if (n->last_unix_ns == CS_TIME_NONE) {
		cs_table_lead(report, t,
			      "This is the first run: there is nothing to compare with.");
		return cs_buf_puts(&n->text, "first run: nothing to compare with\n") < 0
			       ? cs_err_nomem(err)
			       : 0;
	}
	r = compare(n, store, report, t, err);
	if (r == 0 && !t->n_rows) {
		cs_table_lead(report, t,
			      "No build that can be rated was recorded since the last run.");
		if (cs_buf_puts(&n->text,
				"no build that can be rated was recorded since the last run\n") < 0)
			r = cs_err_nomem(err);
	}
	return r;
}
