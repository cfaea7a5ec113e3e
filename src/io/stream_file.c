/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files and pipes. Ranges are read with pread, so that workers share one descriptor and none of
 * them moves the other's position. Refused: mmap, where a file that shrinks under us is a SIGBUS
 * instead of a message.
 */
#include "io/stream_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* A read that may wait for others is woken this often to see whether it should stop. */
#define WAKE_MS 250

struct file_stream {
	struct cs_stream base;
	const struct cs_ctx *ctx;
	int fd;
	bool waits;	     /* not a regular file: poll before reading */
	int64_t offset, end; /* of a range */
	int64_t done;
	uint8_t *block;
	size_t block_len;
};

void cs_stream_progress(const struct cs_ctx *ctx, size_t n, int64_t own_done, int64_t own_total)
{
	if (ctx->done_bytes) {
		own_done = atomic_fetch_add_explicit(ctx->done_bytes, (int64_t)n,
						     memory_order_relaxed) +
			   (int64_t)n;
		own_total = ctx->total_bytes > 0 ? ctx->total_bytes : -1;
	}
	if (ctx->progress)
		ctx->progress(ctx->arg, own_done, own_total);
}

static void file_release(struct cs_stream *s)
{
	free(((struct file_stream *)s)->block);
}

static int range_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		      struct cs_err *err)
{
	struct file_stream *f = (struct file_stream *)s;
	int64_t left = f->end - f->offset;
	size_t want = left < (int64_t)f->block_len ? (size_t)left : f->block_len;
	ssize_t n;

	if (left == 0)
		return 1;
	do {
		int r = cs_ctx_check(f->ctx, err);

		if (r < 0)
			return r;
		n = pread(f->fd, f->block, want, f->offset);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return cs_err_errno(err, errno, "cannot read at offset %" PRId64, f->offset);
	if (n == 0)
		return cs_err_set(err, CS_FORMAT, "truncated: %" PRId64 " bytes missing", left);
	f->offset += n;
	f->done += n;
	*ret_data = f->block;
	*ret_len = (size_t)n;
	cs_stream_progress(f->ctx, (size_t)n, f->done, f->done + left - n);
	return 0;
}

/*
 * poll with a time-out and not a plain read: a signal between the check and the read would be seen
 * only when the writer of the pipe says something, and a descriptor that somebody made O_NONBLOCK
 * (a shell's stdin often is) would fail with EAGAIN.
 */
static int fd_wait(struct file_stream *f, struct cs_err *err)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	int n = 0;

	while (n == 0 || (n < 0 && errno == EINTR)) {
		int r = cs_ctx_check(f->ctx, err);

		if (r < 0)
			return r;
		n = poll(&p, 1, WAKE_MS);
	}
	return 0; /* what is wrong, if anything, read(2) tells */
}

static int fd_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		   struct cs_err *err)
{
	struct file_stream *f = (struct file_stream *)s;
	ssize_t n;

	do {
		int r = f->waits ? fd_wait(f, err) : cs_ctx_check(f->ctx, err);

		if (r < 0)
			return r;
		n = read(f->fd, f->block, f->block_len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return cs_err_errno(err, errno, "cannot read");
	if (n == 0)
		return 1;
	f->done += n;
	*ret_data = f->block;
	*ret_len = (size_t)n;
	cs_stream_progress(f->ctx, (size_t)n, f->done, -1);
	return 0;
}

static const struct cs_stream_ops range_ops = { .read = range_read, .release = file_release };
static const struct cs_stream_ops fd_ops = { .read = fd_read, .release = file_release };

static struct file_stream *file_new(const struct cs_ctx *ctx, int fd, size_t block_len)
{
	struct file_stream *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->block = malloc(block_len);
	if (!f->block) {
		free(f);
		return NULL;
	}
	f->block_len = block_len;
	f->ctx = ctx;
	f->fd = fd;
	return f;
}

int cs_stream_file_range(const struct cs_ctx *ctx, int fd, int64_t offset, int64_t size,
			 struct cs_stream **ret, struct cs_err *err)
{
	size_t block_len = CS_STREAM_BLOCK;
	struct file_stream *f;

	if (offset < 0 || size < 0 || offset > INT64_MAX - size)
		return cs_err_set(err, CS_FORMAT,
				  "impossible place in a file: %" PRId64 " bytes at %" PRId64, size,
				  offset);
	/* Documents of an image are small and many. */
	if (size < (int64_t)block_len)
		block_len = size ? (size_t)size : 1;
	f = file_new(ctx, fd, block_len);
	if (!f)
		return cs_err_nomem(err);
	f->base.ops = &range_ops;
	f->offset = offset;
	f->end = offset + size;
	*ret = (struct cs_stream *)f;
	return 0;
}

int cs_stream_fd(const struct cs_ctx *ctx, int fd, struct cs_stream **ret, struct cs_err *err)
{
	struct file_stream *f = file_new(ctx, fd, CS_STREAM_BLOCK);
	struct stat st;

	if (!f)
		return cs_err_nomem(err);
	f->base.ops = &fd_ops;
	f->waits = fstat(fd, &st) < 0 || !S_ISREG(st.st_mode);
	*ret = (struct cs_stream *)f;
	return 0;
}
