/* SPDX-License-Identifier: Apache-2.0 */
/* The only writes of data. stdio was refused for stdout: it loses the errno of what it buffered. */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/file.h"

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int cs_cmd_print(const char *data, size_t len, struct cs_err *err)
{
	if (fflush(stdout) == 0 && write_all(STDOUT_FILENO, data, len) == 0)
		return 0;
	if (errno == EPIPE) /* "| head": the reader has what it wanted, but did not get all */
		return cs_err_set(err, CS_IO, "%s", "");
	return cs_err_errno(err, errno, "cannot write to standard output");
}

/* A device, a FIFO or a link such as /dev/stdout is written to, never replaced by a file. */
static bool is_replaceable(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 || S_ISREG(st.st_mode);
}

static int write_to(const char *path, int how, const char *data, size_t len, struct cs_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | how | O_CLOEXEC | O_NOCTTY, 0666);
	int r = 0;

	if (fd < 0)
		return cs_err_errno(err, errno, "cannot write '%s'", path);
	if (write_all(fd, data, len) < 0)
		r = cs_err_errno(err, errno, "cannot write '%s'", path);
	if (close(fd) < 0 && r == 0)
		r = cs_err_errno(err, errno, "cannot write '%s'", path);
	return r;
}

int cs_output_write(const char *path, const char *data, size_t len, struct cs_err *err)
{
	struct cs_outfile *out CS_AUTO(cs_outfile_discard_p) = NULL;
	int r;

	if (!is_replaceable(path))
		return write_to(path, O_TRUNC, data, len, err);
	r = cs_outfile_open(path, &out, err);
	if (r < 0)
		return r;
	/* commit finds and words what went wrong here */
	fwrite(data, 1, len, cs_outfile_stream(out));
	return cs_outfile_commit(cs_steal(out), err);
}

int cs_output_append(const char *path, const char *data, size_t len, struct cs_err *err)
{
	return write_to(path, O_APPEND | O_NONBLOCK, data, len, err);
}
