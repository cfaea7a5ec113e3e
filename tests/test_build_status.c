/* SPDX-License-Identifier: Apache-2.0 */
/* The status stream and its fold: formats.md 1.3 and 1.4. */
#include "build/status.h"
#include "support/docs.h"
#include "support/wire.h"

#define S CS_NS_PER_S

static struct cs_err err;
static struct cs_ctx ctx;

/* Folds a stream given in pieces of step bytes into a document of a build that ended so. */
static int read_stream(const struct cs_buf *stream, size_t step, enum cs_build_status status,
		       struct cs_doc **ret)
{
	struct cs_holding holding = { 0, 0 };
	struct cs_fold *fold = NULL;
	struct cs_status s;
	int r = 0;

	assert_done(cs_fold_new(&ctx, &holding, &fold, &err));
	cs_status_init(&s, &ctx, fold);
	for (size_t at = 0; at < stream->len && r == 0; at += step) {
		size_t n = stream->len - at < step ? stream->len - at : step;

		r = cs_status_feed(&s, (const uint8_t *)stream->data + at, n, &err);
	}
	if (r == 0)
		r = cs_status_end(&s, &err);
	cs_status_release(&s);
	if (r == 0) {
		*ret = cs_doc_new(CS_DOC_RECORD, CS_SOURCE_RECORD);
		(*ret)->build.status = status;
		(*ret)->build.source = "test";
		assert_done(cs_fold_finish(fold, CS_FOLD_RECORD, *ret, &err));
		test_doc_check(*ret);
	}
	cs_fold_free(fold);
	return r;
}

static struct cs_doc *doc_of(struct cs_buf *message, enum cs_build_status status)
{
	struct cs_buf stream = CS_BUF_INIT;
	struct cs_doc *doc = NULL;

	wire_frame(&stream, message);
	assert_done(read_stream(&stream, SIZE_MAX / 2, status, &doc));
	cs_buf_release(&stream);
	cs_buf_release(message);
	return doc;
}

static void folds(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;
	char buf[256];

	/* the graph, the start, the end; then a hit; then one never started */
	wire_vertex(&m, (struct wire_vertex){ "a", .name = "[1/3] FROM x" });
	wire_vertex(&m, (struct wire_vertex){ "b", "a", .name = "[2/3] RUN x" });
	wire_vertex(&m, (struct wire_vertex){ "c", "b", "a", .name = "[3/3] COPY a b" });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 10 });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 10, .to = 11 });
	wire_vertex(&m, (struct wire_vertex){ "b", .from = 11, .to = 11, .cached = 1 });
	doc = doc_of(&m, CS_STATUS_FAILED);
	assert_int_equal(1, doc->build.builder_cached_steps);
	assert_int_equal(3, doc->build.builder_total_steps);
	assert_int_equal(2, doc->build.builder_completed_steps);
	assert_string_equal("rhn", test_states(doc, buf));
	assert_true(doc->build.steps[0].duration_ns == S);
	assert_true(doc->build.steps[1].duration_ns == 0);
	assert_true(doc->build.steps[2].duration_ns == -1);
	assert_int_equal(2, doc->build.steps[2].n_inputs);
	assert_int_equal(1, doc->build.steps[2].inputs[0]);
	assert_int_equal(0, doc->build.steps[2].inputs[1]);
	cs_doc_free(doc);
}

static void intervals(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;

	/* [10,12] [11,14] [13,14] [20,21], told out of order and one of them twice: 5 s */
	wire_vertex(&m, (struct wire_vertex){ "a", .name = "[1/1] RUN x", .from = 20, .to = 21 });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 11 });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 10, .to = 12 });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 11, .to = 14 });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 13, .to = 14 });
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_true(doc->build.steps[0].duration_ns == 5 * S);
	assert_true(doc->build.steps[0].started_unix_ns == 10 * S);
	assert_true(doc->build.steps[0].completed_unix_ns == 21 * S);
	assert_int_equal(CS_STATE_RUN, doc->build.steps[0].state);
	cs_doc_free(doc);
}

/* More starts than are looked back upon, each told twice in a far order. */
static void many_intervals(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;

	wire_vertex(&m, (struct wire_vertex){ "a", .name = "[1/1] RUN x" });
	for (int i = 0; i < 50; i++)
		wire_vertex(&m, (struct wire_vertex){ "a", .from = 100 + 10 * i });
	for (int i = 0; i < 50; i++)
		wire_vertex(&m,
			    (struct wire_vertex){ "a", .from = 100 + 10 * i, .to = 101 + 10 * i });
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_true(doc->build.steps[0].duration_ns == 50 * S);
	assert_int_equal(CS_STATE_RUN, doc->build.steps[0].state);
	cs_doc_free(doc);
}

static void cached_then_pulled(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;
	char buf[256];

	wire_vertex(&m, (struct wire_vertex){ "a", .name = "[1/2] RUN x", .from = 10, .to = 10,
					      .cached = 1 });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 12 });
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 12, .to = 15 });
	wire_vertex(&m, (struct wire_vertex){ "b", "a", .name = "[2/2] RUN y", .from = 10, .to = 11,
					      .cached = 1 });
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_string_equal("Hh", test_states(doc, buf));
	assert_int_equal(2, doc->build.builder_cached_steps);
	assert_true(doc->build.steps[0].duration_ns == 3 * S);
	cs_doc_free(doc);
}

static void linked_copy(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;
	char buf[256];

	wire_vertex(&m, (struct wire_vertex){ "a", .name = "[2/2] COPY --link a b", .group = "g",
					      .from = 10, .to = 11 });
	wire_vertex(&m, (struct wire_vertex){ "b", "a", .name = "[2/2] LINK COPY --link a b",
					      .group = "g", .weak = 1, .from = 11, .to = 12 });
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_int_equal(2, doc->build.builder_total_steps);
	assert_string_equal("r", test_cacheable(doc, buf));
	cs_doc_free(doc);
}

static void ends_of_steps(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;
	char buf[256];

	wire_vertex(&m, (struct wire_vertex){ "a", .name = "[1/9] RUN a", .from = 1, .to = 2,
					      .error = "exit code: 3" });
	wire_vertex(&m, (struct wire_vertex){ "b", .name = "[1/9] RUN b", .from = 2, .to = 3,
					      .error = "x: context canceled" });
	wire_vertex(&m, (struct wire_vertex){ "c", .name = "[1/9] RUN c", .from = 3 });
	wire_vertex(&m, (struct wire_vertex){ "d", .name = "[1/9] RUN d" });
	wire_vertex(&m, (struct wire_vertex){ "e", .name = "[1/9] RUN e", .cached = 1 });
	doc = doc_of(&m, CS_STATUS_FAILED);
	assert_string_equal("fccnh", test_states(doc, buf));
	assert_string_equal("exit code: 3", doc->build.recipe.error);
	cs_doc_free(doc);
}

static void order(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;

	/* all at one time, as in a build that is wholly cached: inputs first */
	wire_vertex(&m, (struct wire_vertex){ "c", "b", .name = "c", .from = 5, .to = 5 });
	wire_vertex(&m, (struct wire_vertex){ "b", "a", .name = "b", .from = 5, .to = 5 });
	wire_vertex(&m, (struct wire_vertex){ "a", .name = "a", .from = 5, .to = 5 });
	wire_vertex(&m, (struct wire_vertex){ "z", .name = "z" });
	wire_vertex(&m, (struct wire_vertex){ "y", "nowhere", .name = "y", .from = 4, .to = 5 });
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_string_equal("y", doc->build.steps[0].name);
	assert_string_equal("a", doc->build.steps[1].name);
	assert_string_equal("b", doc->build.steps[2].name);
	assert_string_equal("c", doc->build.steps[3].name);
	assert_string_equal("z", doc->build.steps[4].name);
	/* a vertex that is only named as an input is none */
	assert_int_equal(5, doc->build.builder_total_steps);
	assert_int_equal(0, doc->build.steps[0].n_inputs);
	cs_doc_free(doc);
}

static void cycles(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;

	wire_vertex(&m, (struct wire_vertex){ "a", "b", "a", .name = "a", .from = 5, .to = 5 });
	wire_vertex(&m, (struct wire_vertex){ "b", "c", .name = "b", .from = 5, .to = 5 });
	wire_vertex(&m, (struct wire_vertex){ "c", "a", .name = "c", .from = 5, .to = 5 });
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_int_equal(3, doc->build.n_steps);
	cs_doc_free(doc);
}

/* A chain so long that a walk by recursion would end the program. */
static void deep_graph(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT;
	struct cs_doc *doc;
	char name[16], input[16];

	for (int i = 60000; i > 0; i--) {
		snprintf(name, sizeof(name), "%d", i);
		snprintf(input, sizeof(input), "%d", i - 1);
		wire_vertex(&m, (struct wire_vertex){ name, i > 1 ? input : NULL, .name = name,
						      .from = 5, .to = 5 });
	}
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_int_equal(60000, doc->build.n_steps);
	assert_string_equal("1", doc->build.steps[0].name);
	assert_string_equal("60000", doc->build.steps[59999].name);
	cs_doc_free(doc);
}

static void frames(void **state CS_UNUSED)
{
	struct cs_buf stream = CS_BUF_INIT, m = CS_BUF_INIT;
	struct cs_doc *doc = NULL;

	wire_vertex(&m, (struct wire_vertex){ "a", .name = "[1/1] RUN x", .from = 1 });
	wire_frame(&stream, &m);
	cs_buf_reset(&m);
	wire_frame(&stream, &m); /* a message of nothing */
	wire_vertex(&m, (struct wire_vertex){ "a", .from = 1, .to = 2 });
	wire_text(&m, 3,
		  "\x0a\x01"
		  "a\x22\x03"
		  "log"); /* a log line */
	wire_text(&m, 4,
		  "\x0a\x01"
		  "a"); /* a warning */
	wire_text(&m, 15, "of a later version");
	wire_int(&m, 77, 5);
	wire_frame(&stream, &m);
	for (size_t step = 1; step <= stream.len; step++) {
		assert_done(read_stream(&stream, step, CS_STATUS_COMPLETED, &doc));
		assert_int_equal(1, doc->build.n_steps);
		assert_int_equal(1, doc->build.recipe.n_warnings);
		assert_true(doc->build.steps[0].duration_ns == S);
		cs_doc_free(doc);
	}
	/* cut anywhere but between messages it is damaged */
	for (size_t n = stream.len - 1; n > 0; n--) {
		struct cs_buf cut = { stream.data, n, 0, 0 };
		int r;

		doc = NULL;
		r = read_stream(&cut, n, CS_STATUS_COMPLETED, &doc);
		cs_doc_free(doc);
		if (r == 0)
			continue;
		assert_int_equal(-CS_FORMAT, r);
		assert_non_null(strstr(err.msg, "truncated at offset"));
	}
	cs_buf_release(&stream);
	cs_buf_release(&m);
}

static int read_bytes(const char *data, size_t len)
{
	struct cs_buf stream = { (char *)(uintptr_t)data, len, 0, 0 };
	struct cs_doc *doc = NULL;
	int r = read_stream(&stream, len, CS_STATUS_COMPLETED, &doc);

	cs_doc_free(doc);
	return r;
}

static void damaged(void **state CS_UNUSED)
{
#define BYTES(text) (text), sizeof(text) - 1
	assert_code(CS_FORMAT, read_bytes(BYTES("\x02\0\0\0\x0a\x7f")));
	assert_non_null(strstr(err.msg, "message 1"));
	assert_code(CS_FORMAT, read_bytes(BYTES("\x03\0\0\0\xff\xff\xff")));
	assert_code(CS_FORMAT, read_bytes(BYTES("\x02\0\0")));
	assert_code(CS_FORMAT, read_bytes(BYTES("\x02\0\0\0\x0a")));
	assert_code(CS_LIMIT, read_bytes(BYTES("\xff\xff\xff\xff")));
	assert_non_null(strstr(err.msg, "--max-status-frame"));
	assert_code(CS_LIMIT, read_bytes(BYTES("{\"a\":1}")));
	assert_int_equal(0, read_bytes(BYTES("\0\0\0\0")));
}

static void odd_times(void **state CS_UNUSED)
{
	struct cs_buf m = CS_BUF_INIT, v = CS_BUF_INIT;
	struct cs_doc *doc;

	wire_text(&v, 1, "a");
	wire_time(&v, 5, INT64_MAX, 0);
	wire_time(&v, 6, 5, 2000000000);
	wire_bytes(&m, 1, v.data, v.len);
	wire_vertex(&m, (struct wire_vertex){ "b", .from = 9, .to = 3 }); /* ends before it began */
	doc = doc_of(&m, CS_STATUS_COMPLETED);
	assert_true(test_step(doc, "")->duration_ns <= 0);
	cs_doc_free(doc);
	cs_buf_release(&v);
}

static void limits(void **state CS_UNUSED)
{
	struct cs_buf stream = CS_BUF_INIT, m = CS_BUF_INIT, small = CS_BUF_INIT;
	struct cs_doc *doc = NULL;
	char name[300];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	wire_vertex(&m, (struct wire_vertex){ "a", "b", .name = name });
	wire_vertex(&m, (struct wire_vertex){ "c", .name = name });
	wire_frame(&stream, &m);

	ctx.limits.vertexes = 3;
	assert_done(read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	cs_doc_free(doc);
	ctx.limits.vertexes = 2;
	assert_code(CS_LIMIT, read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	assert_non_null(strstr(err.msg, "--max-vertexes"));
	cs_ctx_init(&ctx);

	ctx.limits.status_frame = (int64_t)m.len;
	assert_done(read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	cs_doc_free(doc);
	ctx.limits.status_frame--;
	assert_code(CS_LIMIT, read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	assert_non_null(strstr(err.msg, "--max-status-frame"));
	cs_ctx_init(&ctx);

	ctx.limits.status_bytes = (int64_t)stream.len;
	assert_done(read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	cs_doc_free(doc);
	ctx.limits.status_bytes--;
	assert_code(CS_LIMIT, read_stream(&stream, 7, CS_STATUS_COMPLETED, &doc));
	assert_non_null(strstr(err.msg, "--max-status-bytes"));
	cs_ctx_init(&ctx);

	ctx.limits.held_bytes = 200;
	assert_done(read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	cs_doc_free(doc);
	ctx.limits.held_bytes = 50;
	assert_code(CS_LIMIT, read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	assert_non_null(strstr(err.msg, "--max-held-bytes"));
	cs_ctx_init(&ctx);
	cs_buf_release(&small);
	cs_buf_release(&stream);
	cs_buf_release(&m);
}

/* Two bytes on the wire become a struct of a hundred and more: bounded, whatever comes. */
static void unpacking_is_bounded(void **state CS_UNUSED)
{
	struct cs_buf stream = CS_BUF_INIT, m = CS_BUF_INIT;
	struct cs_doc *doc = NULL;

	for (int i = 0; i < 1000000; i++)
		cs_buf_add(&m, "\x1a\0", 2);
	wire_frame(&stream, &m);
	assert_code(CS_LIMIT, read_stream(&stream, stream.len, CS_STATUS_COMPLETED, &doc));
	cs_buf_release(&stream);
	cs_buf_release(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folds),	  cmocka_unit_test(intervals),
		cmocka_unit_test(many_intervals), cmocka_unit_test(cached_then_pulled),
		cmocka_unit_test(linked_copy),	  cmocka_unit_test(ends_of_steps),
		cmocka_unit_test(order),	  cmocka_unit_test(cycles),
		cmocka_unit_test(deep_graph),	  cmocka_unit_test(frames),
		cmocka_unit_test(damaged),	  cmocka_unit_test(odd_times),
		cmocka_unit_test(limits),	  cmocka_unit_test(unpacking_is_bounded),
	};

	cs_ctx_init(&ctx);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
