/* SPDX-License-Identifier: Apache-2.0 */
/* A report of the bytes, in every format, each read by a small parser of its own (formats.c). */
#include <stdio.h>

#include "fuzz/formats.h"
#include "fuzz/fuzz.h"
#include "report/report.h"

#define LABEL CS_ROLE_LABEL
#define GAUGE CS_ROLE_GAUGE

static const struct cs_column columns[] = {
	{ "day", "day", CS_TYPE_TEXT, LABEL, 0, NULL },
	{ "scope", "scope", CS_TYPE_TEXT, LABEL, CS_COL_WIDE, NULL },
	{ "builds", "builds", CS_TYPE_COUNT, CS_ROLE_COUNTER, 0, "Builds." },
	{ "hit_ratio", "hit rate", CS_TYPE_RATIO, GAUGE, 0, "Hits." },
	{ "low_ratio", "from", CS_TYPE_RATIO, GAUGE, 0, NULL },
	{ "high_ratio", "to", CS_TYPE_RATIO, GAUGE, CS_COL_DETAIL, NULL },
	{ "saved_bytes", "saved", CS_TYPE_BYTES, GAUGE, CS_COL_BAR, NULL },
	{ "total_seconds", "time", CS_TYPE_SECONDS, GAUGE, CS_COL_BAR, "Time." },
	{ "last_at", "last", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "digest", "layer", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL },
	{ "pays", "pays", CS_TYPE_BOOL, GAUGE, 0, NULL },
	{ "causes", "causes", CS_TYPE_LIST, CS_ROLE_NOTE, 0, NULL },
	{ "per_run", "per run", CS_TYPE_NUMBER, GAUGE, 0, NULL },
	{ "state", "state", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_STATE, NULL },
	{ "id", "id", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
};

static double number(struct fuzz_in *in)
{
	uint64_t v = fuzz_u64(in);
	double d = (double)v / 1000;

	/* few are odd: those are taken bit by bit */
	if (v >> 63)
		memcpy(&d, &v, sizeof(d));
	return d;
}

static void add_cell(struct cs_report *report, struct cs_table *table, const struct cs_column *c,
		     struct fuzz_in *in)
{
	char *word = c->type == CS_TYPE_TEXT || c->type == CS_TYPE_DIGEST || c->type == CS_TYPE_LIST
			     ? fuzz_word(in)
			     : NULL;
	const char *list[] = { word, "b", word };

	switch (c->type) {
	case CS_TYPE_TEXT:
	case CS_TYPE_DIGEST:
		cs_row_text(report, table, c->key, word);
		break;
	case CS_TYPE_LIST:
		cs_row_list(report, table, c->key, list, strlen(word) % 4);
		break;
	case CS_TYPE_RATIO:
		cs_row_ratio(report, table, c->key, number(in));
		break;
	case CS_TYPE_NUMBER:
		cs_row_number(report, table, c->key, number(in));
		break;
	case CS_TYPE_BOOL:
		cs_row_bool(report, table, c->key, fuzz_u8(in) & 1);
		break;
	default:
		cs_row_int(report, table, c->key, (int64_t)fuzz_u64(in));
	}
	free(word);
}

static void add_charts(struct cs_report *report, struct cs_table *table, uint8_t which)
{
	const struct cs_chart charts[] = {
		{ .kind = CS_CHART_LINE, .x = "last_at", .y = { "hit_ratio" }, .series = "scope" },
		{ .kind = CS_CHART_BAR, .x = "day", .y = { "builds" }, .n = "builds" },
		{ .kind = CS_CHART_BAR, .x = "scope", .of = { "state" }, .y = { "total_seconds" } },
		{ .kind = CS_CHART_STACKED,
		  .x = "day",
		  .y = { "total_seconds" },
		  .series = "scope",
		  .ref_label = "limit",
		  .ref_low = 1,
		  .ref_high = 60 },
		{ .kind = CS_CHART_DOTS,
		  .x = "scope",
		  .y = { "hit_ratio" },
		  .low = "low_ratio",
		  .high = "high_ratio",
		  .n = "builds" },
		{ .kind = CS_CHART_LINE, .x = "day", .y = { "saved_bytes" } },
		{ .kind = CS_CHART_LINE, .x = "last_at", .y = { "per_run" }, .series = "state" },
	};

	for (size_t i = 0; i < CS_N(charts); i++) {
		if (which >> i & 1)
			cs_table_chart(report, table, &charts[i]);
	}
}

static void add_table(struct cs_report *report, const char *key, struct fuzz_in *in)
{
	char *title = fuzz_word(in);
	struct cs_table *table = cs_report_add_table(report, key, title, columns, CS_N(columns));
	size_t rows = fuzz_u8(in) % 24, known;

	must(table);
	for (size_t i = 0; i < rows; i++) {
		cs_row_add(report, table);
		known = fuzz_u64(in);
		for (size_t c = 0; c < CS_N(columns); c++) {
			if (!(known >> c & 1))
				add_cell(report, table, &columns[c], in);
		}
		/* labels of metrics must differ */
		if (known >> 63)
			cs_row_text(report, table, "scope", &"abcdefghijklmnopqrstuvwxyz"[i]);
	}
	add_charts(report, table, fuzz_u8(in));
	free(title);
}

static void add_words(struct cs_report *report, struct fuzz_in *in)
{
	static const char *const filters[] = { "scope=test", "::error::x" };
	char *words[4];
	uint8_t which = fuzz_u8(in);

	for (size_t i = 0; i < CS_N(words); i++)
		words[i] = fuzz_word(in);
	if (which & 1)
		cs_report_about(report, &(struct cs_about){ .title = words[0],
							    .version = "cachestat 1",
							    .since_unix_ns = CS_TIME_NONE,
							    .until_unix_ns = (int64_t)fuzz_u64(in),
							    .filters = filters,
							    .n_filters = CS_N(filters) });
	if (which & 2)
		cs_report_note(report, which & 4, "%s", words[1]);
	if (which & 8)
		cs_report_warning(report, "%s", words[2]);
	if (which & 16)
		cs_report_headline(report,
				   &(struct cs_headline){
					   .key = "saved_seconds",
					   .label = words[3],
					   .type = CS_TYPE_SECONDS,
					   .value = { .known = true, .i = (int64_t)fuzz_u64(in) },
					   .n = fuzz_u8(in) - 1,
					   .n_of = words[1],
					   .has_change = which & 32,
					   .change = number(in),
					   .since = words[2],
					   .better = (which >> 6) - 1,
					   .verdict = which & 4 ? words[0] : NULL });
	for (size_t i = 0; i < CS_N(words); i++)
		free(words[i]);
}

static char *render(const struct cs_report *report, const struct cs_renderer *renderer,
		    const struct cs_render_options *options, size_t *ret_len)
{
	struct cs_err err = CS_ERR_INIT;
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	int r;

	must(out);
	r = renderer->render(report, options, out, &err);
	must(fclose(out) == 0);
	fuzz_result(r, &err);
	if (r == 0)
		return text;
	/* two rows with the same labels are no metrics, and nothing else is refused */
	must(strcmp(renderer->name, "openmetrics") == 0 && strstr(err.msg, "two rows"));
	free(text);
	return NULL;
}

static void check(const struct cs_report *report, const struct cs_render_options *options)
{
	size_t len, len_again;

	for (size_t i = 0; i < cs_renderers_n; i++) {
		char *text = render(report, &cs_renderers[i], options, &len), *again;

		if (!text)
			continue;
		must(strlen(text) == len);
		format_check(cs_renderers[i].name, text, len, options);
		again = render(report, &cs_renderers[i], options, &len_again);
		must(len == len_again && memcmp(text, again, len) == 0);
		free(again);
		free(text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fuzz_in in = { data, len < 4096 ? len : 4096 };
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	uint8_t flags = fuzz_u8(&in);
	const struct cs_render_options options = { .width = flags & 1 ? 0 : 20 + fuzz_u8(&in),
						   .color = flags & 2,
						   .utf8 = flags & 4,
						   .verbose = flags & 8,
						   .compact = flags & 16,
						   .max_rows = flags & 32 ? 3 : 0,
						   .table = flags & 64 ? "second" : NULL };

	must(cs_report_new("fuzz", INT64_C(1700000000000000000), &report, &err) == 0);
	add_words(report, &in);
	add_table(report, "first", &in);
	add_table(report, "second", &in);
	must(cs_report_check(report, &err) == 0);
	check(report, &options);
	return 0;
}
