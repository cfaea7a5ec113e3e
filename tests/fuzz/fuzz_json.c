/* SPDX-License-Identifier: Apache-2.0 */
/* Any JSON: walked, written again, read again; and a recipe as the store keeps it. */
#include "fuzz/fuzz.h"
#include "report/fmt.h"
#include "store/recipe_json.h"
#include "util/json.h"

static void put(struct cs_buf *out, const struct cs_json *v);

static int put_member(void *arg, const char *key, const struct cs_json *value)
{
	struct cs_buf *out = arg;

	must(key && cs_fmt_json(out, key) == 0 && cs_buf_putc(out, ':') == 0);
	put(out, value);
	return cs_buf_putc(out, ',');
}

/* As deep as limits.json_depth at most. */
static void put(struct cs_buf *out, const struct cs_json *v)
{
	const char *text = cs_json_text(v);
	int64_t n = 0;
	double d = 0;
	bool b;

	if (text) {
		must(fuzz_is_text(text) && cs_fmt_json(out, text) == 0);
	} else if (cs_json_is_object(v)) {
		must(cs_buf_putc(out, '{') == 0 && cs_json_each(v, put_member, out) == 0);
		if (out->data[out->len - 1] == ',')
			out->len--;
		must(cs_buf_putc(out, '}') == 0);
	} else if (cs_json_is_array(v)) {
		must(cs_buf_putc(out, '[') == 0);
		for (size_t i = 0; i < cs_json_len(v); i++) {
			must(!i || cs_buf_putc(out, ',') == 0);
			put(out, cs_json_at(v, i));
		}
		must(!cs_json_at(v, cs_json_len(v)) && cs_buf_putc(out, ']') == 0);
	} else if (cs_json_int(v, &n)) {
		must(cs_buf_printf(out, "%lld", (long long)n) == 0);
	} else if (cs_json_number(v, &d)) {
		char buf[CS_FMT_NUM];

		must(cs_buf_puts(out, cs_fmt_double(d, buf)) == 0);
	} else if (cs_json_bool(v, &b)) {
		must(cs_buf_puts(out, b ? "true" : "false") == 0);
	} else {
		must(cs_json_is_null(v) && cs_buf_puts(out, "null") == 0);
	}
}

static void check_document(const uint8_t *data, size_t len, const struct cs_limits *limits)
{
	struct cs_buf once CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf twice CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_json *again CS_AUTO(cs_json_free_p) = NULL;
	struct cs_err err = CS_ERR_INIT;
	int r = cs_json_parse(data, len, limits, &doc, &err);

	fuzz_result(r, &err);
	if (r < 0)
		return;
	put(&once, doc);
	must(cs_json_parse(once.data, once.len, limits, &again, &err) == 0);
	put(&twice, again);
	must(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
}

static void check_recipe(const char *text)
{
	struct cs_buf once CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf twice CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_err err = CS_ERR_INIT;
	struct cs_recipe recipe, again;
	int r;

	must(arena);
	cs_recipe_init(&recipe);
	cs_recipe_init(&again);
	r = cs_recipe_decode(text, arena, &recipe, &err);
	fuzz_result(r, &err);
	if (r != 0)
		return;
	must(cs_recipe_encode(&recipe, &once) == 0);
	if (!once.data)
		return;
	must(cs_recipe_decode(once.data, arena, &again, &err) == 0);
	must(cs_recipe_encode(&again, &twice) == 0 && strcmp(once.data, twice.data) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = fuzz_text(data, len);
	struct cs_ctx ctx;

	fuzz_ctx_init(&ctx);
	check_document(data, len, &ctx.limits);
	check_recipe(text);
	free(text);
	return 0;
}
