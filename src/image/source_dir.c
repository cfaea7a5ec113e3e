/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder: OCI layout, skopeo's dir:, or an archive of docker save that was extracted. Its files
 * may be anyone's: nothing is opened that is a device or a FIFO, or lies behind a link. The one
 * exception are the links that old docker and skopeo put in themselves (LAYER/layer.tar); these are
 * followed as in an archive, by name, and never out of the folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "image/members.h"
#include "image/source.h"
#include "util/file.h"

#define NAME_CAP  4096
#define LINKS_MAX 16

struct dir_input {
	struct cs_input base;
	int fd;
	struct cs_arena *names;
};

static int dir_probe(const struct cs_source_place *place)
{
	return place->is_folder ? 100 : 0;
}

static void dir_close(struct cs_input *base)
{
	struct dir_input *in = (struct dir_input *)base;

	close(in->fd);
	cs_arena_free(in->names);
	free(in);
}

static int dir_open(const struct cs_ctx *ctx, const struct cs_source_place *place,
		    const struct cs_source_options *options CS_UNUSED, struct cs_input **ret,
		    struct cs_err *err)
{
	struct dir_input *in = calloc(1, sizeof(*in));

	if (!in)
		return cs_err_nomem(err);
	in->names = cs_arena_new();
	if (!in->names) {
		free(in);
		return cs_err_nomem(err);
	}
	in->base.source = &cs_source_dir;
	in->base.ctx = ctx;
	in->fd = place->fd;
	*ret = &in->base;
	return 0;
}

/*
 * Where the link name (cleaned) leads, into buf; 1 if it is none. The folders above it are walked
 * one by one without following links.
 */
static int read_link(const struct dir_input *in, const char *name, char *buf, struct cs_err *err)
{
	int at CS_AUTO(cs_close_p) = fcntl(in->fd, F_DUPFD_CLOEXEC, 3);
	char part[NAME_CAP], target[NAME_CAP];
	const char *slash, *p = name;
	ssize_t n;

	for (; at >= 0 && (slash = strchr(p, '/')) != NULL; p = slash + 1) {
		int next;

		memcpy(part, p, (size_t)(slash - p));
		part[slash - p] = '\0';
		next = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
	}
	n = at < 0 ? -1 : readlinkat(at, p, target, sizeof(target) - 1);
	if (n < 0)
		return 1;
	target[n] = '\0';
	memcpy(part, name, strlen(name) + 1);
	part[p > name ? p - name - 1 : 0] = '\0';
	if (target[0] == '/' || !cs_path_clean(part, target, buf, NAME_CAP))
		return cs_err_set(err, CS_UNSUPPORTED,
				  "'%.200s' is a link that leads out of the folder", name);
	return 0;
}

/* Opens the file of that name: 0, 1 if there is none. clean gets the name it was found under. */
static int open_member(const struct dir_input *in, const char *name, char clean[NAME_CAP],
		       int *ret_fd, int64_t *ret_size, struct cs_err *err)
{
	int r;

	if (!cs_path_clean("", name, clean, NAME_CAP))
		return cs_err_set(err, CS_UNSUPPORTED, "'%.200s' leads out of the folder", name);
	for (int i = 0; i < LINKS_MAX; i++) {
		char next[NAME_CAP];

		r = cs_file_open_beneath(in->fd, clean, ret_fd, ret_size, err);
		if (r == -CS_NOTFOUND)
			return 1;
		if (r != -CS_UNSUPPORTED || !in->base.follow_links)
			return r;
		r = read_link(in, clean, next, err);
		if (r > 0) /* refused for another reason, which stands in err */
			return -(int)err->code;
		if (r < 0)
			return r;
		memcpy(clean, next, strlen(next) + 1);
	}
	return cs_err_set(err, CS_UNSUPPORTED, "'%.200s': more than %d links in a row", name,
			  LINKS_MAX);
}

static int dir_find(struct cs_input *base, const char *name, const char **ret_name,
		    int64_t *ret_size, struct cs_err *err)
{
	struct dir_input *in = (struct dir_input *)base;
	int fd CS_AUTO(cs_close_p) = -1;
	char clean[NAME_CAP];
	int64_t size;
	int r = open_member(in, name, clean, &fd, &size, err);
	const char *kept;

	if (r != 0)
		return r;
	kept = cs_arena_strdup(in->names, clean);
	if (!kept)
		return cs_err_nomem(err);
	*ret_name = kept;
	*ret_size = size;
	return 0;
}

/* The folder of that name (cleaned), no part of it a link; -1 with errno. */
static int open_folder(const struct dir_input *in, const char *name)
{
	int at = openat(in->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char part[NAME_CAP];

	while (at >= 0 && *name) {
		size_t len = strcspn(name, "/");
		int next;

		memcpy(part, name, len);
		part[len] = '\0';
		next = openat(at, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(at);
		at = next;
		name += len + (name[len] == '/');
	}
	return at;
}

static int list_files(const struct cs_ctx *ctx, DIR *dir, cs_file_fn *fn, void *arg,
		      struct cs_err *err)
{
	const struct dirent *e;
	struct stat st;
	int64_t n = 0;
	int r = 0;

	for (errno = 0; r == 0 && (e = readdir(dir)) != NULL; errno = 0) {
		if (++n > ctx->limits.members)
			return cs_limit_error(err, &ctx->limits, members, "files in a folder");
		r = cs_ctx_check(ctx, err);
		if (r == 0 && fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			r = fn(arg, e->d_name, st.st_size, err);
	}
	return r == 0 && errno ? cs_err_errno(err, errno, "cannot list the folder") : r;
}

static int dir_list(struct cs_input *base, const char *folder, cs_file_fn *fn, void *arg,
		    struct cs_err *err)
{
	struct dir_input *in = (struct dir_input *)base;
	int fd = strlen(folder) < NAME_CAP ? open_folder(in, folder) : -1;
	DIR *dir;
	int r;

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return cs_err_nomem(err);
	}
	r = list_files(base->ctx, dir, fn, arg, err);
	closedir(dir);
	return r;
}

static int dir_extent(struct cs_input *base, const char *name, struct cs_extent *ret,
		      struct cs_err *err)
{
	struct cs_extent e = { .owned = true };
	char clean[NAME_CAP];
	int r = open_member((struct dir_input *)base, name, clean, &e.fd, &e.size, err);

	if (r == 0)
		*ret = e;
	return r;
}

const struct cs_source cs_source_dir = {
	.name = "folder",
	.probe = dir_probe,
	.open = dir_open,
	.close = dir_close,
	.find = dir_find,
	.list = dir_list,
	.extent = dir_extent,
};
