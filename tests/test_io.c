/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: the base, memory, files, pipes, taps. Decoders are in test_io_decode.c. */
#include "support/io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/stream_priv.h"

static struct cs_err err;
static struct cs_ctx ctx;

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	return 0;
}

static void peek_and_read(void **state CS_UNUSED)
{
	static const size_t steps[] = { 0, 1, 3, 511, 4095, 4096, 4097 };
	static const size_t wants[] = { 1, 6, 512, 4096, 9999 };
	struct cs_buf data = CS_BUF_INIT;

	test_fill(&data, 10000, 1);
	for (size_t i = 0; i < CS_N(steps); i++) {
		for (size_t k = 0; k < CS_N(wants); k++) {
			struct cs_stream *s = test_stream(data.data, data.len, steps[i], CS_OK);
			size_t want = wants[k] < 4096 ? wants[k] : 4096, len;
			struct cs_buf got = CS_BUF_INIT;
			const uint8_t *head;

			/* a short look first, then the longer one, and again */
			assert_done(cs_stream_peek(s, 2, &head, &len, &err));
			assert_int_equal(2, want < 2 ? 2 : len);
			for (int again = 0; again < 2; again++) {
				assert_done(cs_stream_peek(s, wants[k], &head, &len, &err));
				assert_int_equal(want, len);
				assert_memory_equal(data.data, head, len);
			}
			assert_done(test_slurp(s, &got, &err));
			assert_int_equal(data.len, got.len);
			assert_memory_equal(data.data, got.data, got.len);
			cs_buf_release(&got);
		}
	}
	cs_buf_release(&data);
}

struct uneven {
	struct cs_stream base;
	int n;
};

/* "a", then all the rest: what a zip gives whose first read was short. */
static int uneven_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		       struct cs_err *e CS_UNUSED)
{
	static const char *const blocks[] = { "a", "bcdefghij" };
	struct uneven *u = (struct uneven *)s;

	if (u->n == 2)
		return 1;
	*ret_data = (const uint8_t *)blocks[u->n];
	*ret_len = strlen(blocks[u->n++]);
	return 0;
}

static void peek_uneven(void **state CS_UNUSED)
{
	static const struct cs_stream_ops ops = { .read = uneven_read };
	struct uneven *u = calloc(1, sizeof(*u));
	struct cs_buf buf = CS_BUF_INIT;
	const uint8_t *head;
	size_t len;

	assert_non_null(u);
	u->base.ops = &ops;
	assert_done(cs_stream_peek((struct cs_stream *)u, 6, &head, &len, &err));
	assert_int_equal(6, len);
	assert_memory_equal("abcdef", head, 6);
	assert_int_equal(0, test_slurp((struct cs_stream *)u, &buf, &err));
	assert_string_equal("abcdefghij", buf.data);
	cs_buf_release(&buf);
}

static void peek_short(void **state CS_UNUSED)
{
	struct cs_buf got = CS_BUF_INIT;
	struct cs_stream *s = test_stream("abc", 3, 1, CS_OK);
	const uint8_t *head;
	size_t len;

	assert_done(cs_stream_peek(s, 512, &head, &len, &err));
	assert_int_equal(3, len);
	assert_memory_equal("abc", head, 3);
	assert_done(test_slurp(s, &got, &err));
	assert_string_equal("abc", got.data);
	cs_buf_release(&got);

	assert_done(cs_stream_memory(NULL, 0, &s, &err));
	assert_done(cs_stream_peek(s, 512, &head, &len, &err));
	assert_int_equal(0, len);
	assert_int_equal(1, cs_stream_read(s, &head, &len, &err));
	cs_stream_close(s);

	s = test_stream("abc", 3, 1, CS_NET);
	assert_code(CS_NET, cs_stream_peek(s, 4, &head, &len, &err));
	assert_string_equal("as planned", err.msg);
	assert_code(CS_NET, cs_stream_read(s, &head, &len, &err));
	cs_stream_close(s);
	cs_stream_close(NULL);
}

static void errors_stick(void **state CS_UNUSED)
{
	struct cs_buf got = CS_BUF_INIT;
	struct cs_stream *s = test_stream("abcdef", 6, 4, CS_IO);

	assert_code(CS_IO, test_slurp(s, &got, &err)); /* asks twice */
	assert_string_equal("abcdef", got.data);
	cs_buf_release(&got);
	s = test_stream("abcdef", 6, 4, CS_IO);
	assert_code(CS_IO, cs_stream_drain(s, &err));
	cs_stream_close(s);
}

static void read_all_bounded(void **state CS_UNUSED)
{
	struct cs_buf got = CS_BUF_INIT;
	struct cs_stream *s = test_stream("0123456789", 10, 3, CS_OK);

	assert_int_equal(0, cs_stream_read_all(s, 10, &got, &err));
	assert_string_equal("0123456789", got.data);
	cs_stream_close(s);
	cs_buf_reset(&got);
	s = test_stream("0123456789", 10, 3, CS_OK);
	assert_int_equal(1, cs_stream_read_all(s, 9, &got, &err));
	assert_true(got.len <= 9);
	cs_stream_close(s);
	s = test_stream("0123456789", 10, 3, CS_AUTH);
	assert_code(CS_AUTH, cs_stream_read_all(s, 10, &got, &err));
	cs_stream_close(s);
	cs_buf_release(&got);
}

static void ranges(void **state CS_UNUSED)
{
	struct cs_buf data = CS_BUF_INIT, one = CS_BUF_INIT, two = CS_BUF_INIT;
	struct cs_stream *s, *t;
	const uint8_t *block;
	size_t len;
	int fd;

	test_fill(&data, 700000, 2);
	fd = test_file(data.data, data.len);
	/* Two at once on one descriptor, in turns. */
	assert_done(cs_stream_file_range(&ctx, fd, 0, 600000, &s, &err));
	assert_done(cs_stream_file_range(&ctx, fd, 1, 699999, &t, &err));
	while (cs_stream_read(s, &block, &len, &err) == 0) {
		cs_buf_add(&one, block, len);
		if (cs_stream_read(t, &block, &len, &err) == 0)
			cs_buf_add(&two, block, len);
	}
	while (cs_stream_read(t, &block, &len, &err) == 0)
		cs_buf_add(&two, block, len);
	assert_int_equal(600000, one.len);
	assert_memory_equal(data.data, one.data, one.len);
	assert_int_equal(699999, two.len);
	assert_memory_equal(data.data + 1, two.data, two.len);
	cs_stream_close(s);
	cs_stream_close(t);

	assert_done(cs_stream_file_range(&ctx, fd, 5, 0, &s, &err));
	assert_int_equal(1, cs_stream_read(s, &block, &len, &err));
	cs_stream_close(s);
	assert_code(CS_FORMAT, cs_stream_file_range(&ctx, fd, -1, 5, &s, &err));
	assert_code(CS_FORMAT, cs_stream_file_range(&ctx, fd, 0, -5, &s, &err));
	assert_code(CS_FORMAT, cs_stream_file_range(&ctx, fd, INT64_MAX, 5, &s, &err));
	close(fd);
	cs_buf_release(&data);
	cs_buf_release(&one);
	cs_buf_release(&two);
}

static void range_of_shrunk_file(void **state CS_UNUSED)
{
	struct cs_buf data = CS_BUF_INIT, got = CS_BUF_INIT;
	struct cs_stream *s;
	int fd;

	test_fill(&data, 600000, 3);
	fd = test_file(data.data, data.len);
	assert_done(cs_stream_file_range(&ctx, fd, 0, 600000, &s, &err));
	assert_int_equal(0, ftruncate(fd, 300000));
	assert_code(CS_FORMAT, test_slurp(s, &got, &err));
	assert_non_null(strstr(err.msg, "truncated"));
	assert_int_equal(300000, got.len);
	close(fd);
	assert_done(cs_stream_file_range(&ctx, fd, 0, 1, &s, &err)); /* a closed descriptor */
	assert_code(CS_IO, cs_stream_drain(s, &err));
	cs_stream_close(s);
	cs_buf_release(&data);
	cs_buf_release(&got);
}

struct writer {
	int fd;
	const struct cs_buf *data;
};

static void *write_slowly(void *arg)
{
	struct writer *w = arg;
	size_t done = 0;

	while (done < w->data->len) {
		size_t n = w->data->len - done < 50000 ? w->data->len - done : 50000;
		ssize_t k = write(w->fd, w->data->data + done, n);

		if (k < 0)
			break;
		done += (size_t)k;
		usleep(2000);
	}
	close(w->fd);
	return NULL;
}

/* A pipe that somebody made O_NONBLOCK and that is often empty. */
static void pipe_nonblocking(void **state CS_UNUSED)
{
	struct cs_buf data = CS_BUF_INIT, got = CS_BUF_INIT;
	struct cs_stream *s;
	struct writer w;
	pthread_t thread;
	int fds[2];

	test_fill(&data, 500000, 4);
	assert_int_equal(0, pipe2(fds, O_CLOEXEC));
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	w = (struct writer){ fds[1], &data };
	assert_int_equal(0, pthread_create(&thread, NULL, write_slowly, &w));
	assert_done(cs_stream_fd(&ctx, fds[0], &s, &err));
	assert_done(test_slurp(s, &got, &err));
	pthread_join(thread, NULL);
	assert_int_equal(data.len, got.len);
	assert_memory_equal(data.data, got.data, got.len);
	close(fds[0]);
	cs_buf_release(&data);
	cs_buf_release(&got);
}

static void fd_from_its_position(void **state CS_UNUSED)
{
	struct cs_buf got = CS_BUF_INIT;
	struct cs_stream *s;
	int fd = test_file("0123456789", 10);

	lseek(fd, 4, SEEK_SET);
	assert_done(cs_stream_fd(&ctx, fd, &s, &err));
	assert_done(test_slurp(s, &got, &err));
	assert_string_equal("456789", got.data);
	close(fd);
	fd = open("/", O_RDONLY | O_DIRECTORY);
	assert_done(cs_stream_fd(&ctx, fd, &s, &err));
	assert_code(CS_IO, cs_stream_drain(s, &err));
	cs_stream_close(s);
	close(fd);
	cs_buf_release(&got);
}

static volatile sig_atomic_t canceled;

static void *cancel_soon(void *arg)
{
	usleep(20000);
	canceled = 1;
	return arg;
}

/* Nobody ever writes: only the flag can end this. */
static void cancel_while_waiting(void **state CS_UNUSED)
{
	struct cs_ctx c = ctx;
	struct cs_stream *s;
	pthread_t thread;
	int fds[2];

	canceled = 0;
	c.cancel = &canceled;
	assert_int_equal(0, pipe2(fds, O_CLOEXEC));
	assert_done(cs_stream_fd(&c, fds[0], &s, &err));
	assert_int_equal(0, pthread_create(&thread, NULL, cancel_soon, NULL));
	assert_code(CS_CANCELED, cs_stream_drain(s, &err));
	pthread_join(thread, NULL);
	cs_stream_close(s);
	close(fds[0]);
	close(fds[1]);

	fds[0] = test_file("abc", 3);
	assert_done(cs_stream_file_range(&c, fds[0], 0, 3, &s, &err));
	assert_code(CS_CANCELED, cs_stream_drain(s, &err));
	cs_stream_close(s);
	assert_done(cs_stream_fd(&c, fds[0], &s, &err));
	assert_code(CS_CANCELED, cs_stream_drain(s, &err));
	cs_stream_close(s);
	close(fds[0]);
}

static void taps(void **state CS_UNUSED)
{
	struct cs_stream *s;
	struct cs_digest d, want;
	int64_t bytes;

	assert_done(cs_stream_tap(test_stream("hello", 5, 2, CS_OK), CS_DIGEST_SHA512, &s, &err));
	assert_done(cs_stream_tap(s, CS_DIGEST_NONE, &s, &err));
	assert_done(cs_stream_tap(s, CS_DIGEST_SHA256, &s, &err));
	assert_done(cs_stream_drain(s, &err));
	assert_int_equal(5, cs_stream_tap_bytes(s));
	for (int again = 0; again < 2; again++) {
		cs_stream_tap_result(s, &bytes, &d);
		assert_int_equal(5, bytes);
		assert_done(cs_digest_of(CS_DIGEST_SHA256, "hello", 5, &want, &err));
		assert_true(cs_digest_equal(&want, &d));
	}
	cs_stream_tap_result(s->parent, &bytes, &d);
	assert_int_equal(5, bytes);
	assert_false(cs_digest_known(&d));
	cs_stream_tap_result(s->parent->parent, &bytes, &d);
	assert_done(cs_digest_of(CS_DIGEST_SHA512, "hello", 5, &want, &err));
	assert_true(cs_digest_equal(&want, &d));
	cs_stream_close(s);

	assert_done(cs_stream_tap(test_stream("hello", 5, 2, CS_DB), CS_DIGEST_SHA256, &s, &err));
	assert_code(CS_DB, cs_stream_drain(s, &err));
	cs_stream_close(s);
}

struct seen {
	int64_t done, total;
	unsigned n;
};

static void on_progress(void *arg, int64_t done, int64_t total)
{
	struct seen *seen = arg;

	seen->done = done;
	seen->total = total;
	seen->n++;
}

static void progress(void **state CS_UNUSED)
{
	struct cs_buf data = CS_BUF_INIT;
	_Atomic int64_t counter = 0;
	struct seen seen = { 0 };
	struct cs_ctx c = ctx;
	struct cs_stream *s;
	int fd;

	test_fill(&data, 600000, 5);
	fd = test_file(data.data, data.len);
	c.progress = on_progress;
	c.arg = &seen;
	assert_done(cs_stream_file_range(&c, fd, 100000, 500000, &s, &err));
	assert_done(cs_stream_drain(s, &err));
	cs_stream_close(s);
	assert_int_equal(500000, seen.done);
	assert_int_equal(500000, seen.total);
	assert_int_equal(2, seen.n);
	lseek(fd, 0, SEEK_SET);
	assert_done(cs_stream_fd(&c, fd, &s, &err));
	assert_done(cs_stream_drain(s, &err));
	cs_stream_close(s);
	assert_int_equal(600000, seen.done);
	assert_int_equal(-1, seen.total);

	/* several streams of one job */
	c.done_bytes = &counter;
	c.total_bytes = 700000;
	for (int i = 1; i < 3; i++) {
		assert_done(cs_stream_file_range(&c, fd, 0, 350000, &s, &err));
		assert_done(cs_stream_drain(s, &err));
		cs_stream_close(s);
		assert_int_equal(i * 350000, seen.done);
		assert_int_equal(700000, seen.total);
	}
	close(fd);
	cs_buf_release(&data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peek_and_read),
		cmocka_unit_test(peek_uneven),
		cmocka_unit_test(peek_short),
		cmocka_unit_test(errors_stick),
		cmocka_unit_test(read_all_bounded),
		cmocka_unit_test(ranges),
		cmocka_unit_test(range_of_shrunk_file),
		cmocka_unit_test(pipe_nonblocking),
		cmocka_unit_test(fd_from_its_position),
		cmocka_unit_test(cancel_while_waiting),
		cmocka_unit_test(taps),
		cmocka_unit_test(progress),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
