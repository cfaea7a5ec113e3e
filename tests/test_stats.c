/* SPDX-License-Identifier: Apache-2.0 */
/* Figures over builds written as literals: 0/0, the failed build, the undecided one, groups. */
#include "support/test.h"

#include <math.h>

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
	enum cs_by by[CS_BY_MAX];
	struct cs_stats *stats;
	size_t n;

	assert_done(cs_by_parse(text, by, &n, &err));
	assert_done(cs_stats_new(by, n, &stats, &err));
	return stats;
}

static void pooled_and_median(void **state CS_UNUSED)
{
	struct cs_arena *arena = cs_arena_new();
	struct cs_stats *stats = new_stats("scope");
	static const char *const builds[] = { "rrrr", "hhhr", "hhhh" };
	const struct cs_stats_row *row;

	for (size_t i = 0; i < CS_N(builds); i++) {
		struct cs_build b = build_of(arena, "test", builds[i]);

		assert_done(cs_stats_add(stats, &b, i == 0, &err));
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
	assert_done(cs_stats_add(stats, &failed, false, &err));
	assert_done(cs_stats_add(stats, &undecided, false, &err));
	assert_done(cs_stats_add(stats, &empty, false, &err));
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
	assert_done(cs_stats_add(stats, &b, true, &err));
	row = rows_of(stats, 1);
	assert_int_equal(0, row->own_tar_bytes);
	assert_done(cs_stats_add(stats, &b, false, &err));
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
		assert_done(cs_stats_add(stats, &b, false, &err));
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

	assert_done(cs_stats_add(stats, &b, false, &err));
	b.facts.event = CS_EVENT_PUSH_MAIN;
	assert_done(cs_stats_add(stats, &b, false, &err));
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
		assert_done(cs_stats_add(stats, &b, false, &err));
	}
	row = rows_of(stats, 1);
	assert_int_equal(4, row->n_durations);
	assert_true(row->duration_ns_median == 5 * HOUR / 2);
	cs_stats_free(stats);
	cs_arena_free(arena);
}

static void by_refuses(void **state CS_UNUSED)
{
	enum cs_by by[CS_BY_MAX];
	size_t n = 7;

	assert_code(CS_USAGE, cs_by_parse("colour", by, &n, &err));
	assert_non_null(strstr(err.msg, "scope"));
	assert_code(CS_USAGE, cs_by_parse("day,day,day,day,day", by, &n, &err));
	assert_int_equal(7, n);
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
		cmocka_unit_test(by_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
