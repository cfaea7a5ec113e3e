/* SPDX-License-Identifier: Apache-2.0 */
#include "image/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "util/file.h"

static const struct cs_source *const sources[] = {
	&cs_source_dir,
	&cs_source_tar,
	&cs_source_stream,
};

#define HEAD_BYTES 512

bool cs_tar_head(const uint8_t *head, size_t len)
{
	int64_t sum = 0, said = 0;
	bool zero = true;

	if (len < 512)
		return false;
	for (size_t i = 0; i < 512; i++) {
		zero = zero && head[i] == 0;
		sum += i >= 148 && i < 156 ? ' ' : head[i];
	}
	for (size_t i = 148; i < 156; i++) {
		if (head[i] >= '0' && head[i] <= '7')
			said = said * 8 + (head[i] - '0');
		else if (head[i] != ' ' && head[i] != '\0')
			return false;
	}
	return zero || (sum == said && head[0] != '\0');
}

void cs_extent_release(struct cs_extent *extent)
{
	if (extent->owned)
		close(extent->fd);
	extent->owned = false;
}

/* Fills is_file, size and the head of what fd stands at. */
static int look(int fd, struct cs_source_place *p, uint8_t head[HEAD_BYTES], struct cs_err *err)
{
	struct stat st;

	p->fd = fd;
	if (fstat(fd, &st) < 0)
		return cs_err_errno(err, errno, "cannot look at it");
	p->is_folder = S_ISDIR(st.st_mode);
	/* A file given as standard input may have been read from already. */
	p->is_file = S_ISREG(st.st_mode) && lseek(fd, 0, SEEK_CUR) == 0;
	p->size = st.st_size;
	if (p->is_file) {
		ssize_t n = cs_file_head(fd, head, HEAD_BYTES);

		if (n < 0)
			return cs_err_errno(err, errno, "cannot read");
		p->head = head;
		p->head_len = (size_t)n;
	}
	return 0;
}

static int open_path(const struct cs_place *place, int *ret_fd, struct cs_err *err)
{
	const char *path = place->path;
	struct stat st;
	int64_t size;
	int r;

	if (strcmp(path, "-") == 0) {
		*ret_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return *ret_fd < 0 ? cs_err_errno(err, errno, "standard input") : 0;
	}
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return *ret_fd < 0 ? cs_err_errno(err, errno, "cannot open the folder") : 0;
	}
	r = cs_file_open_read(path, ret_fd, &size, err);
	if (r == -CS_NOTFOUND)
		return cs_err_set(err, CS_NOTFOUND,
				  "%s%sno such file or folder (an image of a daemon or registry is "
				  "saved to a file first: docker save -o FILE NAME)",
				  place->transport ? path : "", place->transport ? ": " : "");
	if (r == -CS_UNSUPPORTED)
		return cs_err_set(err, CS_UNSUPPORTED,
				  "neither a regular file nor a folder (a pipe is read as '-')");
	return r;
}

static int unknown(const struct cs_source_place *p, struct cs_err *err)
{
	if (p->head_len == 0)
		return cs_err_set(err, CS_FORMAT, "the file is empty");
	if (p->head_len >= 4 && memcmp(p->head, "PK\3\4", 4) == 0)
		return cs_err_set(err, CS_UNSUPPORTED, "a zip archive is no image archive");
	if (cs_coding_sniff(p->head, p->head_len) == CS_CODING_BZIP2)
		return cs_err_set(err, CS_UNSUPPORTED, "bzip2 is not read (gzip, zstd and xz are)");
	if (p->head[0] == '{' || p->head[0] == '[')
		return cs_err_set(err, CS_UNSUPPORTED,
				  "a JSON document is no image; name the folder or archive it "
				  "belongs to");
	return cs_err_set(err, CS_UNSUPPORTED, "not a tar archive, and not a compressed one");
}

/* Tries the sources in the order of their probes. Takes p->fd. */
static int open_best(const struct cs_ctx *ctx, const struct cs_source_place *p,
		     const struct cs_source_options *options, struct cs_input **ret,
		     struct cs_err *err)
{
	int below = 101, r = 1;

	while (r == 1) {
		const struct cs_source *best = NULL;
		int score = 0;

		for (size_t i = 0; i < CS_N(sources); i++) {
			int bid = sources[i]->probe(p);

			if (bid > score && bid < below) {
				best = sources[i];
				score = bid;
			}
		}
		if (!best) {
			r = unknown(p, err);
			break;
		}
		below = score;
		r = best->open(ctx, p, options, ret, err);
	}
	if (r < 0)
		close(p->fd);
	return r;
}

int cs_input_open(const struct cs_ctx *ctx, const struct cs_place *place,
		  const struct cs_source_options *options, struct cs_input **ret,
		  struct cs_err *err)
{
	struct cs_source_place p = { .fd = -1 };
	uint8_t head[HEAD_BYTES];
	int fd, r;

	r = open_path(place, &fd, err);
	if (r < 0)
		return r;
	r = look(fd, &p, head, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	return open_best(ctx, &p, options, ret, err);
}

void cs_input_close(struct cs_input *in)
{
	if (in)
		in->source->close(in);
}

int cs_input_find(struct cs_input *in, const char *name, const char **ret_name, int64_t *ret_size,
		  struct cs_err *err)
{
	return in->source->find(in, name, ret_name, ret_size, err);
}

int cs_input_list(struct cs_input *in, const char *folder, cs_file_fn *fn, void *arg,
		  struct cs_err *err)
{
	return in->source->list(in, folder, fn, arg, err);
}

int cs_input_read(struct cs_input *in, const char *name, struct cs_buf *buf, struct cs_err *err)
{
	const struct cs_limits *limits = &in->ctx->limits;
	struct cs_extent extent CS_AUTO(cs_extent_release) = { .fd = -1 };
	struct cs_stream *s CS_AUTO(cs_stream_close_p) = NULL;
	const void *held;
	size_t held_len;
	int r;

	if (in->source->held) {
		r = in->source->held(in, name, &held, &held_len, err);
		if (r == 0 && cs_buf_add(buf, held, held_len) < 0)
			r = cs_err_nomem(err);
		return r;
	}
	r = in->source->extent(in, name, &extent, err);
	if (r != 0)
		return r;
	if (extent.size > limits->json_bytes)
		return cs_limit_error(err, limits, json_bytes, "'%.200s' of %" PRId64 " bytes",
				      name, extent.size);
	r = cs_stream_file_range(in->ctx, extent.fd, extent.offset, extent.size, &s, err);
	if (r == 0)
		r = cs_stream_read_all(s, (size_t)limits->json_bytes, buf, err);
	return r < 0 ? cs_err_prefix(err, "'%.200s'", name) : 0;
}
