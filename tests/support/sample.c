/* SPDX-License-Identifier: Apache-2.0 */
#include "support/sample.h"

#include <math.h>

#include "util/time.h"

#define S     CS_NS_PER_S
#define DAY   (86400 * S)
#define FIRST (1761177600 * S) /* 2025-10-23 */
#define DAYS  30

static const char *const scopes[] = { "test", "production", "docs" };

static const struct cs_column trend_columns[] = {
	{ "day", "day (UTC)", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "builds", "builds", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, "Builds recorded." },
	{ "step_hit_ratio", "step hit rate", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0,
	  "Hits of cacheable steps over hits and runs, pooled." },
	{ "duration_seconds_median", "build time, median", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0,
	  "Median duration of a build." },
};

static const struct cs_column event_columns[] = {
	{ "event", "event", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "runs", "runs", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0,
	  "Runs of the event, also without builds." },
	{ "builds_per_run", "builds per run", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0,
	  "Builds over runs of the event, runs without builds included." },
	{ "expected", "expected", CS_TYPE_NUMBER, CS_ROLE_GAUGE, 0,
	  "Builds per run by the policy." },
	{ "zero", "no build", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "one", "one", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "two", "two", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "three_or_more", "three or more", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "verdict", "policy", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_STATE, NULL },
};

static const struct cs_column time_columns[] = {
	{ "instruction", "step", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "runs", "ran", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "total_seconds", "time", CS_TYPE_SECONDS, CS_ROLE_GAUGE, CS_COL_BAR,
	  "Time that the step took wherever it ran." },
	{ "cause", "most frequent cause", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "last_digest", "last layer", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL },
	{ "last_run_at", "last ran", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
};

static const struct cs_column figure_columns[] = {
	{ "figure", "figure", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "side", "side", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "n", "n", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "median_ratio", "median", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "ci95_low_ratio", "from", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
	{ "ci95_high_ratio", "to", CS_TYPE_RATIO, CS_ROLE_GAUGE, 0, NULL },
};

static const struct cs_column storage_columns[] = {
	{ "scope", "scope", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "stored_bytes", "stored", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0,
	  "Bytes of the scope's cache." },
	{ "shared_bytes", "shared with others", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "limit_reached", "at its limit", CS_TYPE_BOOL, CS_ROLE_GAUGE, CS_COL_STATE, NULL },
	{ "builds", "builds", CS_TYPE_LIST, CS_ROLE_NOTE, 0, NULL },
};

/* The same numbers on every machine: no rand(). */
static unsigned next(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16 & 0x7fff;
}

static void day_text(int64_t ns, char day[CS_TIME_TEXT])
{
	cs_time_format(ns, day);
	day[10] = '\0';
}

static void add_trend(struct cs_report *r)
{
	static const double base[] = { 0.82, 0.91, 0.4 };
	struct cs_table *t = cs_report_add_table(r, "trend", "Hit rate and build time, day by day",
						 trend_columns, CS_N(trend_columns));
	unsigned seed = 1;
	char day[CS_TIME_TEXT];

	cs_table_lead(r, t,
		      "Failed and canceled builds are counted apart and kept out of the rates.");
	cs_table_chart(
		r, t,
		&(struct cs_chart){
			.kind = CS_CHART_LINE,
			.title = "Step hit rate by scope",
			.x = "day",
			.y = { "step_hit_ratio" },
			.series = "scope",
			.n = "builds",
			.ref_label = "target: 80 %",
			.ref_low = 0.8,
			.ref_high = 0.8,
			.alt = "The hit rate of test rose from 52 % to 84 % when the cache was "
			       "imported from main on 6 November.",
		});
	cs_table_chart(r, t,
		       &(struct cs_chart){ .kind = CS_CHART_LINE,
					   .title = "Build time by scope",
					   .x = "day",
					   .y = { "duration_seconds_median" },
					   .series = "scope",
					   .n = "builds" });
	for (int d = 0; d < DAYS; d++) {
		for (size_t i = 0; i < CS_N(scopes); i++) {
			unsigned a = next(&seed), b = next(&seed), c = next(&seed);

			if (i == 2 && d % 4)
				continue;
			cs_row_add(r, t);
			day_text(FIRST + d * DAY, day);
			cs_row_text(r, t, "day", day);
			cs_row_text(r, t, "scope", scopes[i]);
			cs_row_int(r, t, "builds", i == 1 && d == 11 ? 0 : 1 + a % 14);
			if (i == 1 && d == 11)
				continue; /* a day without a value breaks the line */
			cs_row_quotient(r, t, "step_hit_ratio",
					(int64_t)((base[i] - (i == 0 && d < 14 ? 0.3 : 0)) * 1000) +
						b % 120,
					1040);
			cs_row_int(r, t, "duration_seconds_median",
				   (int64_t)(c % 90 + (i == 0 && d < 14 ? 260 : 90 + 40 * i)) * S);
		}
	}
}

static void add_events(struct cs_report *r)
{
	static const struct {
		const char *event;
		int64_t runs, zero, one, two, three;
		double expected;
		const char *verdict;
	} rows[] = {
		{ "pull_request", 41, 1, 29, 11, 0, 1, "does_not_hold" },
		{ "push", 33, 0, 33, 0, 0, 1, "holds" },
		{ "push_main", 18, 0, 3, 12, 3, 2, "does_not_hold" },
		{ "release", 4, 0, 4, 0, 0, 1, "holds" },
		{ "schedule", 30, 30, 0, 0, 0, 0, "holds" },
		{ "manual", 1, 0, 1, 0, 0, NAN, "cannot_tell" },
	};
	struct cs_table *t =
		cs_report_add_table(r, "events", "Builds per event, against the policy",
				    event_columns, CS_N(event_columns));

	cs_table_chart(r, t,
		       &(struct cs_chart){ .kind = CS_CHART_STACKED,
					   .title = "Runs by how many images they built",
					   .x = "event",
					   .y = { "zero", "one", "two", "three_or_more" },
					   .y_title = "runs",
					   .n = "runs" });
	cs_table_chart(r, t,
		       &(struct cs_chart){ .kind = CS_CHART_BAR,
					   .title = "Builds per run, measured and expected",
					   .x = "event",
					   .y = { "builds_per_run", "expected" },
					   .n = "runs",
					   .ref_label = "one build per run",
					   .ref_low = 1,
					   .ref_high = 1 });
	for (size_t i = 0; i < CS_N(rows); i++) {
		cs_row_add(r, t);
		cs_row_text(r, t, "event", rows[i].event);
		cs_row_int(r, t, "runs", rows[i].runs);
		cs_row_number(r, t, "builds_per_run",
			      (double)(rows[i].one + 2 * rows[i].two + 3 * rows[i].three) /
				      (double)rows[i].runs);
		cs_row_number(r, t, "expected", rows[i].expected);
		cs_row_int(r, t, "zero", rows[i].zero);
		cs_row_int(r, t, "one", rows[i].one);
		cs_row_int(r, t, "two", rows[i].two);
		cs_row_int(r, t, "three_or_more", rows[i].three);
		cs_row_text(r, t, "verdict", rows[i].verdict);
	}
}

static void add_time(struct cs_report *r)
{
	static const struct {
		const char *instruction, *scope, *cause;
		int64_t runs, seconds;
	} rows[] = {
		{ "RUN --mount=type=cache,target=/root/.cache pip install --no-cache-dir -r "
		  "requirements.txt && rm -rf /tmp/*",
		  "test", "files_changed", 38, 4210 },
		{ "RUN make -j4 all", "production", "cascade", 21, 2533 },
		{ "RUN apt-get update && apt-get install -y --no-install-recommends libpq5 tini",
		  "test", "base_changed", 9, 741 },
		{ "COPY . /app", "test", "files_changed", 61, 122 },
		{ "COPY --from=build /out /usr/local", "production", "cascade", 21, 40 },
		{ "WORKDIR /app", "docs", NULL, 2, 0 },
	};
	struct cs_table *t = cs_report_add_table(r, "steps", "Where the time goes", time_columns,
						 CS_N(time_columns));

	cs_table_chart(r, t,
		       &(struct cs_chart){ .kind = CS_CHART_BAR,
					   .title = "Time of steps that ran",
					   .x = "instruction",
					   .y = { "total_seconds" },
					   .n = "runs" });
	for (size_t i = 0; i < CS_N(rows); i++) {
		cs_row_add(r, t);
		cs_row_text(r, t, "instruction", rows[i].instruction);
		cs_row_text(r, t, "scope", rows[i].scope);
		cs_row_int(r, t, "runs", rows[i].runs);
		cs_row_int(r, t, "total_seconds", rows[i].seconds * S);
		cs_row_text(r, t, "cause", rows[i].cause);
		if (i < 4)
			cs_row_text(
				r, t, "last_digest",
				"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f"
				"20015ad");
		cs_row_int(r, t, "last_run_at", i < 5 ? FIRST + 29 * DAY + 3600 * S : CS_TIME_NONE);
	}
}

static void add_overhead(struct cs_report *r)
{
	static const struct cs_column columns[] = {
		{ "day", "day (UTC)", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
		{ "saved_seconds", "saved by hits", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0,
		  "Gross time saved by hits." },
		{ "overhead_seconds", "cost of the cache", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0,
		  "Time that the cache itself cost." },
	};
	struct cs_table *t = cs_report_add_table(r, "overhead", "What the cache costs and saves",
						 columns, CS_N(columns));
	unsigned seed = 7;
	char day[CS_TIME_TEXT];

	cs_table_chart(r, t,
		       &(struct cs_chart){ .kind = CS_CHART_BAR,
					   .title = "Time saved and spent",
					   .x = "day",
					   .y = { "saved_seconds", "overhead_seconds" },
					   .y_title = "time a day" });
	for (int d = 0; d < DAYS; d++) {
		unsigned a = next(&seed), b = next(&seed);

		if (d % 7 == 3 || d % 7 == 4)
			continue; /* weekends */
		cs_row_add(r, t);
		day_text(FIRST + d * DAY, day);
		cs_row_text(r, t, "day", day);
		cs_row_int(r, t, "saved_seconds", (int64_t)(1200 + a % 2400) * S);
		cs_row_int(r, t, "overhead_seconds", (int64_t)(120 + b % 300) * S);
	}
}

static void add_figures(struct cs_report *r)
{
	static const struct {
		const char *figure;
		double v[2][3];
	} rows[] = {
		{ "test hit rate", { { 0.55, 0.48, 0.61 }, { 0.84, 0.79, 0.88 } } },
		{ "production hit rate after a test build",
		  { { 0.71, 0.6, 0.8 }, { 0.93, 0.87, 0.97 } } },
		{ "byte hit rate", { { 0.34, 0.22, 0.45 }, { 0.61, NAN, NAN } } },
	};
	struct cs_table *t = cs_report_add_table(r, "figures", "Before and after", figure_columns,
						 CS_N(figure_columns));

	cs_table_lead(r, t, "Medians with 95 %% bootstrap intervals, resampled by run, seed 42.");
	cs_table_chart(r, t,
		       &(struct cs_chart){ .kind = CS_CHART_DOTS,
					   .title = "Rates before and after, with 95 % intervals",
					   .x = "figure",
					   .y = { "median_ratio" },
					   .series = "side",
					   .n = "n",
					   .low = "ci95_low_ratio",
					   .high = "ci95_high_ratio",
					   .ref_label = "claimed: 80 % to 90 %",
					   .ref_low = 0.8,
					   .ref_high = 0.9 });
	for (size_t i = 0; i < CS_N(rows); i++) {
		for (int side = 0; side < 2; side++) {
			cs_row_add(r, t);
			cs_row_text(r, t, "figure", rows[i].figure);
			cs_row_text(r, t, "side", side ? "after" : "before");
			cs_row_int(r, t, "n", side ? 23 : 34);
			cs_row_ratio(r, t, "median_ratio", rows[i].v[side][0]);
			cs_row_ratio(r, t, "ci95_low_ratio", rows[i].v[side][1]);
			cs_row_ratio(r, t, "ci95_high_ratio", rows[i].v[side][2]);
		}
	}
}

static void add_storage(struct cs_report *r)
{
	static const char *const builds[] = { "4f1c09", "77ab3e" };
	struct cs_table *t = cs_report_add_table(r, "storage", "Storage", storage_columns,
						 CS_N(storage_columns));

	cs_table_chart(r, t,
		       &(struct cs_chart){ .kind = CS_CHART_STACKED,
					   .title = "Bytes by scope",
					   .x = "scope",
					   .y = { "stored_bytes", "shared_bytes" },
					   .y_title = "bytes" });
	cs_table_details(t);
	for (size_t i = 0; i < CS_N(scopes); i++) {
		cs_row_add(r, t);
		cs_row_text(r, t, "scope", scopes[i]);
		cs_row_int(r, t, "stored_bytes", (int64_t)(1843 - 600 * i) * 1000000);
		cs_row_int(r, t, "shared_bytes", (int64_t)(412 / (i + 1)) * 1000000);
		cs_row_bool(r, t, "limit_reached", i != 1);
		cs_row_list(r, t, "builds", builds, i);
	}
}

static void add_headlines(struct cs_report *r)
{
	cs_report_headline(r, &(struct cs_headline){ .key = "step_hit_ratio",
						     .label = "Step hit rate, pooled",
						     .type = CS_TYPE_RATIO,
						     .value = { .known = true, .d = 0.8372 },
						     .n = 127,
						     .n_of = "builds",
						     .has_change = true,
						     .change = 0.214,
						     .since = "the 30 days before",
						     .better = 1 });
	cs_report_headline(r, &(struct cs_headline){ .key = "net_saved_seconds",
						     .label = "Net time saved",
						     .type = CS_TYPE_SECONDS,
						     .value = { .known = true, .i = 41230 * S },
						     .n = 127,
						     .n_of = "builds",
						     .has_change = true,
						     .change = 0.62,
						     .since = "the 30 days before",
						     .better = 1,
						     .verdict = "pays" });
	cs_report_headline(r, &(struct cs_headline){ .key = "builds_per_run",
						     .label = "Builds per run",
						     .type = CS_TYPE_NUMBER,
						     .value = { .known = true, .d = 1.27 },
						     .n = 97,
						     .n_of = "runs with builds",
						     .has_change = true,
						     .change = 0.08,
						     .since = "the 30 days before",
						     .better = -1,
						     .verdict = "does_not_hold" });
	cs_report_headline(r, &(struct cs_headline){ .key = "wasted_seconds",
						     .label = "Wasted by duplicates",
						     .type = CS_TYPE_SECONDS,
						     .value = { .known = true, .i = 2140 * S },
						     .n = 11,
						     .n_of = "duplicates",
						     .has_change = true,
						     .change = -0.31,
						     .since = "the 30 days before",
						     .better = -1 });
	cs_report_headline(r, &(struct cs_headline){ .key = "stored_bytes",
						     .label = "Stored",
						     .type = CS_TYPE_BYTES,
						     .value = { .known = true, .i = 3729000000 },
						     .n = -1 });
	cs_report_headline(r, &(struct cs_headline){ .key = "ci_cost",
						     .label = "CI minutes saved",
						     .type = CS_TYPE_COUNT,
						     .n = 0,
						     .n_of = "jobs",
						     .verdict = "cannot_tell" });
}

struct cs_report *test_sample(void)
{
	static const char *const filters[] = { "project=web", "event=pull_request" };
	struct cs_err err = CS_ERR_INIT;
	struct cs_report *r = NULL;

	if (cs_report_new("report", FIRST + DAYS * DAY + 3723 * S, &r, &err) < 0)
		return NULL;
	cs_report_about(r, &(struct cs_about){ .title = "Build cache of web, 30 days",
					       .version = "cachestat 0.1.0",
					       .since_unix_ns = FIRST,
					       .until_unix_ns = FIRST + DAYS * DAY,
					       .filters = filters,
					       .n_filters = CS_N(filters) });
	cs_report_warning(r, "2 of 131 records could not be read and are not counted.");
	cs_report_note(r, true,
		       "The cache pays: 11h 27m saved for 1h 02m of overhead. The hit rate of test "
		       "rose when its cache was first imported on pull requests.");
	add_headlines(r);
	add_trend(r);
	add_events(r);
	add_time(r);
	add_overhead(r);
	add_figures(r);
	add_storage(r);
	cs_report_add_table(r, "duplicates", "Duplicates", event_columns, CS_N(event_columns));
	cs_report_note(r, false, "Seconds saved are estimates from earlier runs of the same step.");
	return r;
}
