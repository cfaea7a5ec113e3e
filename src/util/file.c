/* SPDX-License-Identifier: Apache-2.0 */
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static const char *kind_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a folder";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFLNK:
		return "a symbolic link";
	default:
		return "a device";
	}
}

/* Takes fd: it is closed on failure. */
static int accept_regular(int fd, const char *path, int *ret_fd, int64_t *ret_size,
			  struct cs_err *err)
{
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		r = cs_err_errno(err, errno, "'%s'", path);
	else if (!S_ISREG(st.st_mode))
		r = cs_err_set(err, CS_UNSUPPORTED, "'%s' is %s, not a regular file", path,
			       kind_name(st.st_mode));
	else
		r = 0;
	if (r < 0) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	*ret_size = st.st_size;
	return 0;
}

int cs_file_open_read(const char *path, int *ret_fd, int64_t *ret_size, struct cs_err *err)
{
	int fd = open(path, OPEN_FLAGS);

	if (fd < 0 && errno == ENXIO)
		return cs_err_set(err, CS_UNSUPPORTED, "'%s' is a socket, not a regular file",
				  path);
	if (fd < 0)
		return cs_err_errno(err, errno, "cannot open '%s'", path);
	return accept_regular(fd, path, ret_fd, ret_size, err);
}

/* A folder was wanted: a link is told as openat2 tells it. */
static int why_no_folder(int at, const char *part, int why)
{
	struct stat st;

	return why == ENOTDIR && fstatat(at, part, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
			       S_ISLNK(st.st_mode)
		       ? ELOOP
		       : why;
}

/* For kernels, and filters of containers, without openat2: each component with O_NOFOLLOW. */
static int open_by_component(int dir_fd, const char *path)
{
	char part[256];
	int at = dup(dir_fd);

	while (at >= 0) {
		size_t n = strcspn(path, "/");
		bool last = path[n] == '\0';
		int next, why;

		if (n == 0 || n >= sizeof(part) || (n == 2 && memcmp(path, "..", 2) == 0)) {
			close(at);
			errno = n >= sizeof(part) ? ENAMETOOLONG : EXDEV;
			return -1;
		}
		memcpy(part, path, n);
		part[n] = '\0';
		next = openat(at, part, OPEN_FLAGS | O_NOFOLLOW | (last ? 0 : O_DIRECTORY));
		why = next < 0 && !last ? why_no_folder(at, part, errno) : errno;
		close(at);
		errno = why;
		if (last || next < 0)
			return next;
		at = next;
		path += n + 1;
	}
	return -1;
}

int cs_file_open_beneath(int dir_fd, const char *path, int *ret_fd, int64_t *ret_size,
			 struct cs_err *err)
{
	struct open_how how = { .flags = OPEN_FLAGS,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
	int fd = (int)syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_component(dir_fd, path);
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return cs_err_set(err, CS_UNSUPPORTED, "'%s' is or leads through a link", path);
	if (fd < 0 && errno == ENXIO)
		return cs_err_set(err, CS_UNSUPPORTED, "'%s' is a socket, not a regular file",
				  path);
	if (fd < 0 && (errno == ENOTDIR || errno == ENAMETOOLONG))
		return cs_err_set(err, CS_FORMAT, "'%s': %s", path, strerror(errno));
	if (fd < 0)
		return cs_err_errno(err, errno, "cannot open '%s'", path);
	return accept_regular(fd, path, ret_fd, ret_size, err);
}

ssize_t cs_file_head(int fd, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int cs_file_read_all(int fd, size_t max, struct cs_buf *buf, struct cs_err *err)
{
	for (;;) {
		ssize_t n;

		if (cs_buf_reserve(buf, 65536) < 0)
			return cs_err_nomem(err);
		n = read(fd, buf->data + buf->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cs_err_errno(err, errno, "read");
		if (n == 0)
			break;
		buf->len += (size_t)n;
		if (buf->len > max)
			return cs_err_set(err, CS_FORMAT, "larger than %zu bytes", max);
	}
	if (cs_buf_reserve(buf, 0) < 0)
		return cs_err_nomem(err);
	buf->data[buf->len] = '\0';
	return 0;
}

struct cs_outfile {
	FILE *f;
	char *path;
	char *tmp;
};

static void outfile_free(struct cs_outfile *out)
{
	if (out->f)
		fclose(out->f);
	free(out->path);
	free(out->tmp);
	free(out);
}

void cs_outfile_discard(struct cs_outfile *out)
{
	if (!out)
		return;
	if (out->tmp)
		unlink(out->tmp);
	outfile_free(out);
}

int cs_outfile_open(const char *path, struct cs_outfile **ret, struct cs_err *err)
{
	struct cs_outfile *out = calloc(1, sizeof(*out));
	size_t len = strlen(path) + sizeof("..XXXXXX");
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash + 1 - path) : 0;
	char *tmp = NULL;
	int fd;

	if (out)
		out->path = strdup(path);
	if (out && out->path)
		tmp = malloc(len);
	if (!tmp) {
		if (out)
			outfile_free(out);
		return cs_err_nomem(err);
	}
	/* hidden, so that nobody who lists or serves the folder takes it for one of its files */
	snprintf(tmp, len, "%.*s.%s.XXXXXX", dir, path, path + dir);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		int r = cs_err_errno(err, errno, "cannot create '%s'", path);

		free(tmp);
		outfile_free(out);
		return r;
	}
	out->tmp = tmp;
	/* mkstemp makes 0600; a report is meant to be read like any file the user makes. */
	{
		mode_t mask = umask(0);

		umask(mask);
		fchmod(fd, 0666 & ~mask);
	}
	out->f = fdopen(fd, "w");
	if (!out->f) {
		close(fd);
		cs_outfile_discard(out);
		return cs_err_nomem(err);
	}
	*ret = out;
	return 0;
}

FILE *cs_outfile_stream(struct cs_outfile *out)
{
	return out->f;
}

int cs_outfile_commit(struct cs_outfile *out, struct cs_err *err)
{
	int r = 0;

	if (fflush(out->f) != 0 || ferror(out->f) || fsync(fileno(out->f)) < 0)
		r = cs_err_errno(err, errno ? errno : EIO, "cannot write '%s'", out->path);
	else if (rename(out->tmp, out->path) < 0)
		r = cs_err_errno(err, errno, "cannot rename to '%s'", out->path);
	if (r < 0)
		cs_outfile_discard(out);
	else
		outfile_free(out);
	return r;
}

static int make_folders(const char *path, mode_t mode, struct cs_err *err)
{
	char *copy CS_AUTO(cs_free_p) = strdup(path);

	if (!copy)
		return cs_err_nomem(err);
	for (char *p = *copy ? copy + 1 : copy;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return cs_err_errno(err, errno, "cannot create folder '%s'", copy);
		*p = c;
		if (c == '\0')
			return 0;
	}
}

int cs_mkdir_parents(const char *path, struct cs_err *err)
{
	return make_folders(path, 0700, err);
}

int cs_mkdir_shared(const char *path, struct cs_err *err)
{
	return make_folders(path, 0777, err);
}
