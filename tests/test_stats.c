/* SPDX-License-Identifier: Apache-2.0 */
/* Figures over builds written as literals: 0/0, the failed build, the undecided one, groups. */
#include "support/test.h"

#include <math.h>

#include "metrics/brief_memory.h"
#include "metrics/stats.h"

static struct cs_err err;

#define HOUR (3600 * CS_NS_PER_S)

/* A build whose cacheable steps have these states, one letter each: h r f u; layers of 100 bytes.
 */
static struct cs_build build_of(struct cs_arena *arena, const char *scope, const char *states)
{
	size_t n = strlen(states);
	struct cs_build b;

	cs_build_init(&b);
	b.facts.scope = scope;
	b.facts.started_unix_ns = INT64_C(1790000000) * CS_NS_PER_S;
	b.status = CS_STATUS_COMPLETED;
	b.base_layers = 0;
	b.steps = cs_arena_array(arena, n + 1, sizeof(*b.steps));
	b.layers = cs_arena_array(arena, n, sizeof(*b.layers));
	b.n_steps = n + 1;
	b.n_layers = n;
	for (size_t i = 0; i < n; i++) {
		b.steps[i].class = i % 2 ? CS_STEP_EXEC : CS_STEP_FILE;
		b.steps[i].state = states[i] == 'h'   ? CS_STATE_HIT
				   : states[i] == 'r' ? CS_STATE_RUN
				   : states[i] == 'f' ? CS_STATE_FAILED
						      : CS_STATE_UNKNOWN;
		b.layers[i].tar_bytes = 100;
		b.layers[i].blob_bytes = 10;
		b.layers[i].state = states[i] == 'h'   ? CS_LAYER_HIT
				    : states[i] == 'r' ? CS_LAYER_RUN
						       : CS_LAYER_UNKNOWN;
	}
	/* Never counted: not cacheable. */
	b.steps[n].class = CS_STEP_INTERNAL;
	b.steps[n].state = CS_STATE_HIT;
	return b;
}

static const struct cs_stats_row *rows_of(struct cs_stats *stats, size_t want_n)
{
	const struct cs_stats_row *rows;
	size_t n;

	assert_done(cs_stats_rows(stats, &rows, &n, &err));
	assert_int_equal(want_n, n);
	return rows;
}

static struct cs_stats *new_stats(const char *text)
{
	struct cs_by by[CS_BY_MAX];
	struct cs_stats *stats;
	size_t n;

	assert_done(cs_by_parse(text, by, &n, &err));
	assert_done(cs_stats_new(by, n, &stats, &err));
	return stats;
}

static struct cs_brief_memory *memory;

static void add_figures(struct cs_stats *stats, const struct cs_build *b,
			const struct cs_figures *f)
{
	struct cs_brief brief;

	assert_done(cs_brief_of(memory, b, f, NULL, &brief, &err));
	assert_done(cs_stats_add(stats, cs_brief_memory_dict(memory), &brief, &err));
}

static void add(struct cs_stats *stats, const struct cs_build *b, bool first_of_scope)
{
	struct cs_prices *prices;
	struct cs_figures f;

	assert_done(cs_prices_new(&prices, &err));
	assert_done(cs_figures_of(prices, b, first_of_scope, &f, &err));
	add_figures(stats, b, &f);
	cs_prices_free(prices);
}

static void pooled_and_median(void **state CS_UNUSED)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("scope");
	static const char *const builds[] = { "rrrr", "hhhr", "hhhh" };
	const struct cs_stats_row *row;

	for (size_t i = 0; i < CS_N(builds); i++) {
		struct cs_build b = build_of(arena, "test", builds[i]);

		add(stats, &b, i == 0);
	}
	row = rows_of(stats, 1);
	assert_string_equal("test", row->keys[0]);
	assert_int_equal(3, row->builds);
	assert_int_equal(7, row->step_hits);
	assert_int_equal(5, row->step_runs);
	assert_int_equal(3, row->n_rated);
	assert_int_equal(1, row->full_hits);
	assert_int_equal(1, row->cold_builds);
	assert_true(row->step_hit_ratio_median == 0.75);
	assert_true(row->step_hit_ratio_p25 == 0.375);
	assert_int_equal(1200, row->own_tar_bytes);
	assert_int_equal(700, row->hit_tar_bytes);
	assert_int_equal(70, row->hit_blob_bytes);
	cs_stats_free(stats);
	cs_arena_free(arena);
}

static void kept_out(void **state CS_UNUSED)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("scope");
	struct cs_build failed = build_of(arena, "test", "hhhf");
	struct cs_build undecided = build_of(arena, "test", "hhu");
	struct cs_build empty = build_of(arena, "test", "");
	const struct cs_stats_row *row;

	failed.status = CS_STATUS_FAILED;
	add(stats, &failed, false);
	add(stats, &undecided, false);
	add(stats, &empty, false);
	row = rows_of(stats, 1);
	assert_int_equal(3, row->builds);
	assert_int_equal(1, row->failed_builds);
	assert_int_equal(1, row->undecided_builds);
	assert_int_equal(0, row->step_hits);
	assert_int_equal(0, row->n_rated);
	assert_true(isnan(row->step_hit_ratio_median));
	assert_int_equal(-1, row->duration_ns_median);
	cs_stats_free(stats);
	cs_arena_free(arena);
}

/* From images alone: what was present in earlier builds counts (M2), but not for a first build. */
static void bytes_by_presence(void **state CS_UNUSED)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("scope");
	struct cs_build b = build_of(arena, "test", "uu");
	const struct cs_stats_row *row;

	b.layers[0].present_before = true;
	add(stats, &b, true);
	row = rows_of(stats, 1);
	assert_int_equal(0, row->own_tar_bytes);
	add(stats, &b, false);
	row = rows_of(stats, 1);
	assert_int_equal(200, row->own_tar_bytes);
	assert_int_equal(100, row->hit_tar_bytes);
	assert_int_equal(0, row->hit_blob_bytes);
	cs_stats_free(stats);
	cs_arena_free(arena);
}

static void grouped_by_day_and_week(void **state CS_UNUSED)
{
	/* 2025-12-29 is a Monday of week 1 of 2026; 2027-01-03 a Sunday of week 53 of 2026. */
	static const struct {
		const char *at, *day, *week;
	} cases[] = { { "2025-12-28T23:59:59Z", "2025-12-28", "2025-W52" },
		      { "2025-12-29T00:00:00Z", "2025-12-29", "2026-W01" },
		      { "2026-11-22T12:00:00Z", "2026-11-22", "2026-W47" },
		      { "2027-01-03T12:00:00Z", "2027-01-03", "2026-W53" } };
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("day,week");
	const struct cs_stats_row *rows;

	for (size_t i = CS_N(cases); i-- > 0;) {
		struct cs_build b = build_of(arena, "test", "h");

		assert_done(cs_time_parse(cases[i].at, &b.facts.started_unix_ns, &err));
		add(stats, &b, false);
	}
	rows = rows_of(stats, CS_N(cases));
	for (size_t i = 0; i < CS_N(cases); i++) {
		assert_string_equal(cases[i].day, rows[i].keys[0]);
		assert_string_equal(cases[i].week, rows[i].keys[1]);
	}
	cs_stats_free(stats);
	cs_arena_free(arena);
}

static void unknown_keys_are_a_group(void **state CS_UNUSED)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("event,target");
	struct cs_build b = build_of(arena, "test", "h");
	const struct cs_stats_row *rows;

	add(stats, &b, false);
	b.facts.event = CS_EVENT_PUSH_MAIN;
	add(stats, &b, false);
	rows = rows_of(stats, 2);
	assert_string_equal("push_main", rows[0].keys[0]);
	assert_null(rows[0].keys[1]);
	assert_null(rows[1].keys[0]);
	cs_stats_free(stats);
	cs_arena_free(arena);
}

static void durations(void **state CS_UNUSED)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("");
	struct cs_build b = build_of(arena, "test", "h");
	const struct cs_stats_row *row;

	for (int64_t h = 1; h <= 4; h++) {
		b.facts.completed_unix_ns = b.facts.started_unix_ns + h * HOUR;
		add(stats, &b, false);
	}
	row = rows_of(stats, 1);
	assert_int_equal(4, row->n_durations);
	assert_true(row->duration_ns_median == 5 * HOUR / 2);
	cs_stats_free(stats);
	cs_arena_free(arena);
}

static void grouped_by_any_fact(void **state CS_UNUSED)
{
	static const struct {
		const char *by, *want;
	} cases[] = {
		{ "scope", "test" },	      { "event", "release" },
		{ "target", "app" },	      { "platform", "linux/amd64" },
		{ "job", "build" },	      { "project", "p" },
		{ "workflow", "ci" },	      { "run", "17" },
		{ "ref", "refs/heads/main" }, { "commit", "abc" },
		{ "status", "completed" },    { "source_kind", "record" },
		{ "day", "2026-09-21" },      { "week", "2026-W39" },
		{ "month", "2026-09" },	      { "label.team", "blue" },
		{ "label.a.b", "" },	      { "label.none", NULL },
	};
	struct cs_arena *arena = cs_arena_new();
	struct cs_kv labels[] = { { "a.b", "" }, { "team", "blue" } };

	for (size_t i = 0; i < CS_N(cases); i++) {
		struct cs_stats *stats = new_stats(cases[i].by);
		struct cs_build b = build_of(arena, "test", "h");
		const struct cs_stats_row *row;

		b.facts.event = CS_EVENT_RELEASE;
		b.facts.target = "app";
		b.facts.job = "build";
		b.facts.project = "p";
		b.facts.workflow = "ci";
		b.facts.run_id = "17";
		b.facts.ref = "refs/heads/main";
		b.facts.commit = "abc";
		b.facts.labels = labels;
		b.facts.n_labels = CS_N(labels);
		b.source_kind = CS_SOURCE_RECORD;
		memcpy(b.platform, "linux/amd64", 12);
		add(stats, &b, false);
		/* the same again where the fact is the same, another group where it is not known */
		add(stats, &b, false);
		row = rows_of(stats, 1);
		assert_int_equal(2, row->builds);
		if (cases[i].want)
			assert_string_equal(cases[i].want, row->keys[0]);
		else
			assert_null(row->keys[0]);
		cs_stats_free(stats);
	}
	cs_arena_free(arena);
}

/* Sums of savings, and which builds they and the shares stand on. */
static void savings_of_a_group(void **state CS_UNUSED)
{
	static const struct cs_savings each[] = {
		/* known, overhead, wall, hits, priced, runs, gross, run, overhead, wall */
		{ true, true, true, 2, 2, 0, 100, 0, 10, 80 },
		{ true, true, false, 2, 2, 1, 5, 50, 10, 0 },  /* a loss */
		{ true, true, false, 2, 1, 1, 5, 50, 10, 0 },  /* a loss, perhaps */
		{ true, true, false, 2, 1, 1, 50, 50, 10, 0 }, /* a gain, surely */
		{ true, false, true, 2, 2, 0, 500, 0, 0, 1 },  /* overhead not known: left out */
		{ false, false, false, 9, 9, 9, 9, 9, 9, 9 },
	};
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("scope");
	struct cs_build b = build_of(arena, "test", "h");
	const struct cs_stats_row *row;

	for (size_t i = 0; i < CS_N(each); i++) {
		struct cs_figures f = { .completed = true, .savings = each[i] };

		add_figures(stats, &b, &f);
		f.completed = false; /* a failed build's would be kept out */
		add_figures(stats, &b, &f);
	}
	row = rows_of(stats, 1);
	assert_int_equal(6, row->failed_builds);
	assert_int_equal(4, row->n_timed);
	assert_int_equal(1, row->n_wall);
	assert_int_equal(3, row->n_net);
	assert_int_equal(1, row->n_negative_net);
	assert_int_equal(160, row->savings.gross_ns);
	assert_int_equal(150, row->savings.run_ns);
	assert_int_equal(40, row->savings.overhead_ns);
	assert_int_equal(80, row->savings.wall_ns);
	assert_int_equal(120, cs_savings_net(&row->savings));
	assert_int_equal(CS_PAYS_YES, cs_pays(&row->savings));
	cs_stats_free(stats);
	cs_arena_free(arena);
}

static void by_refuses(void **state CS_UNUSED)
{
	struct cs_by by[CS_BY_MAX];
	char name[CS_BY_NAME + 1];
	size_t n = 7;

	assert_code(CS_USAGE, cs_by_parse("colour", by, &n, &err));
	assert_non_null(strstr(err.msg, "scope"));
	assert_code(CS_USAGE, cs_by_parse("day,day,day,day,day", by, &n, &err));
	assert_int_equal(7, n);
	assert_code(CS_USAGE, cs_by_parse("scope,scope", by, &n, &err));
	assert_code(CS_USAGE, cs_by_parse("label.", by, &n, &err));
	assert_code(CS_USAGE, cs_by_parse("label", by, &n, &err));
	assert_code(CS_USAGE, cs_by_parse("scope,,day", by, &n, &err));
	assert_code(CS_USAGE, cs_by_parse("scope,event,target,day,week", by, &n, &err));
	memset(name, 'x', sizeof(name));
	memcpy(name, "label.", 6);
	name[CS_BY_NAME] = '\0';
	assert_code(CS_USAGE, cs_by_parse(name, by, &n, &err));
	assert_int_equal(7, n);
	name[CS_BY_NAME - 1] = '\0';
	assert_done(cs_by_parse(name, by, &n, &err));
	assert_int_equal(1, n);
	assert_string_equal(name, by[0].name);
	assert_int_equal(CS_BRIEF_LABELS, cs_by_wants(by, n));
	assert_done(cs_by_parse("scope,event,target,day,", by, &n, &err));
	assert_int_equal(4, n);
	assert_int_equal(0, cs_by_wants(by, n));
}

static int set_up(void **state CS_UNUSED)
{
	return cs_brief_memory_new(&memory, &err);
}

static int tear_down(void **state CS_UNUSED)
{
	cs_brief_memory_free(memory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pooled_and_median),
		cmocka_unit_test(kept_out),
		cmocka_unit_test(bytes_by_presence),
		cmocka_unit_test(grouped_by_day_and_week),
		cmocka_unit_test(unknown_keys_are_a_group),
		cmocka_unit_test(durations),
		cmocka_unit_test(grouped_by_any_fact),
		cmocka_unit_test(savings_of_a_group),
		cmocka_unit_test(by_refuses),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
