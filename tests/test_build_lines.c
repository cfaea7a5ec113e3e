/* SPDX-License-Identifier: Apache-2.0 */
#include "build/lines.h"
#include "support/io.h"

static struct cs_err err;
static struct cs_ctx ctx;

struct dress {
	const char *line, *text, *time, *job, *job_step;
};

static void undressed(void **state CS_UNUSED)
{
	static const struct dress lines[] = {
		{ "plain text", "plain text", "", NULL, NULL },
		{ "", "", "", NULL, NULL },
		{ "#1 DONE 0.0s\r", "#1 DONE 0.0s", "", NULL, NULL },
		{ "2026-11-22T08:29:04.2034690Z #1 CACHED", "#1 CACHED",
		  "2026-11-22T08:29:04.203469Z", NULL, NULL },
		{ "\xef\xbb\xbf"
		  "2026-11-22T08:29:04.2034690Z x",
		  "x", "2026-11-22T08:29:04.203469Z", NULL, NULL },
		{ "2026-11-22T08:29:04.2034690Z", "", "2026-11-22T08:29:04.203469Z", NULL, NULL },
		{ "2026-11-22T09:29:04+01:00 x", "x", "2026-11-22T08:29:04Z", NULL, NULL },
		{ "[2026-11-22T08:29:04.203Z] x", "x", "2026-11-22T08:29:04.203Z", NULL, NULL },
		{ "2026-11-22T08:29:04.203469Z 00O #1 x", "#1 x", "2026-11-22T08:29:04.203469Z",
		  NULL, NULL },
		{ "2026-11-22T08:29:04.203469Z 01E+#1 x", "#1 x", "2026-11-22T08:29:04.203469Z",
		  NULL, NULL },
		{ "build / image\tBuild and push\t2026-11-22T08:29:04.2034690Z #1 x", "#1 x",
		  "2026-11-22T08:29:04.203469Z", "build / image", "Build and push" },
		{ "job\tstep\t\xef\xbb\xbf"
		  "2026-11-22T08:29:04.2034690Z x",
		  "x", "2026-11-22T08:29:04.203469Z", "job", "step" },
		{ "\x1b[36;1m#1\x1b[0m CACHED\x1b[K", "#1 CACHED", "", NULL, NULL },
		{ "\x1b]0;title\a#2 x", "#2 x", "", NULL, NULL },
		{ "2026-11-22T08:29:04.2034690Z \x1b[31mx\x1b[0m", "x",
		  "2026-11-22T08:29:04.203469Z", NULL, NULL },
		/* what only looks like dress stays */
		{ "a\tb\tc", "a\tb\tc", "", NULL, NULL },
		{ "2026-11-22T08:29:04.2034690Zx", "2026-11-22T08:29:04.2034690Zx", "", NULL,
		  NULL },
		{ "2026-11-22 08:29:04 x", "2026-11-22 08:29:04 x", "", NULL, NULL },
		{ "[2026-11-22T08:29:04Z x", "[2026-11-22T08:29:04Z x", "", NULL, NULL },
		{ "2026-99-22T08:29:04Z x", "x", "", NULL, NULL },
		{ "\x1b", "", "", NULL, NULL },
		{ "\x1b[", "", "", NULL, NULL },
		{ "x\x1b]never ends", "x", "", NULL, NULL },
	};
	char buf[256], time[CS_TIME_TEXT];

	for (size_t i = 0; i < CS_N(lines); i++) {
		const struct dress *d = &lines[i];
		struct cs_line line = { .text = buf };

		snprintf(buf, sizeof(buf), "%s", d->line);
		line.len = strlen(buf);
		cs_line_undress(&line);
		assert_string_equal(d->text, line.text);
		assert_int_equal(strlen(d->text), line.len);
		assert_string_equal(d->time, cs_time_format(line.unix_ns, time));
		assert_true(!d->job == !line.job);
		if (d->job) {
			assert_string_equal(d->job, line.job);
			assert_string_equal(d->job_step, line.job_step);
		}
	}
}

/* All lines joined by '|', of any block size. */
static const char *joined(const char *data, size_t len, size_t step, struct cs_lines *lines)
{
	static char out[1024];
	struct cs_stream *in = test_stream(data, len, step, CS_OK);
	const struct cs_line *line;
	size_t n = 0;

	cs_lines_init(lines, &ctx, in);
	out[0] = '\0';
	while (cs_lines_next(lines, &line, &err) == 0) {
		assert_int_equal(strlen(line->text), line->len);
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%s", line->number > 1 ? "|" : "",
				      line->text);
	}
	cs_lines_release(lines);
	cs_stream_close(in);
	return out;
}

static void blocks(void **state CS_UNUSED)
{
	static const char data[] = "one\r\n\ntwo\0too\nthree";
	struct cs_lines lines;

	for (size_t step = 1; step < sizeof(data); step++)
		assert_string_equal("one||two too|three",
				    joined(data, sizeof(data) - 1, step, &lines));
	assert_string_equal("", joined("", 0, 1, &lines));
	assert_string_equal("a", joined("a\n", 2, 0, &lines));
	assert_int_equal(0, lines.n_cut);
}

static void long_lines(void **state CS_UNUSED)
{
	static const char data[] = "123456789\n12345678\nx\n1234567890";
	struct cs_lines lines;

	cs_ctx_init(&ctx);
	ctx.limits.log_line = 8;
	for (size_t step = 1; step < sizeof(data); step++) {
		assert_string_equal("12345678|12345678|x|12345678",
				    joined(data, sizeof(data) - 1, step, &lines));
		assert_int_equal(1 + 1, lines.n_cut);
	}
	cs_ctx_init(&ctx);
}

static void rest_of_a_line(void **state CS_UNUSED)
{
	static const char data[] = "1234567890\nx\n";
	struct cs_stream *in = test_stream(data, sizeof(data) - 1, 3, CS_OK);
	struct cs_buf rest = CS_BUF_INIT;
	const struct cs_line *line;
	struct cs_lines lines;
	const uint8_t *piece;
	size_t len;

	cs_ctx_init(&ctx);
	ctx.limits.log_line = 4;
	cs_lines_init(&lines, &ctx, in);
	assert_done(cs_lines_next(&lines, &line, &err));
	assert_true(line->more);
	while (cs_lines_rest(&lines, &piece, &len, &err) == 0)
		cs_buf_add(&rest, piece, len);
	assert_string_equal("567890", rest.data);
	assert_done(cs_lines_next(&lines, &line, &err));
	assert_string_equal("x", line->text);
	assert_false(line->more);
	cs_lines_unread(&lines);
	assert_done(cs_lines_next(&lines, &line, &err));
	assert_string_equal("x", line->text);
	assert_int_equal(1, cs_lines_next(&lines, &line, &err));
	assert_int_equal(1, cs_lines_next(&lines, &line, &err));
	assert_int_equal(0, lines.n_cut);
	cs_buf_release(&rest);
	cs_lines_release(&lines);
	cs_stream_close(in);
	cs_ctx_init(&ctx);
}

static void failing_stream(void **state CS_UNUSED)
{
	struct cs_stream *in = test_stream("whole\npart", 10, 4, CS_IO);
	const struct cs_line *line;
	struct cs_lines lines;

	cs_lines_init(&lines, &ctx, in);
	assert_done(cs_lines_next(&lines, &line, &err));
	assert_code(CS_IO, cs_lines_next(&lines, &line, &err));
	cs_lines_release(&lines);
	cs_stream_close(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(undressed),	  cmocka_unit_test(blocks),
		cmocka_unit_test(long_lines),	  cmocka_unit_test(rest_of_a_line),
		cmocka_unit_test(failing_stream),
	};

	cs_ctx_init(&ctx);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
