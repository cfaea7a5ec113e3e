/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folders below each other, by a stack of their descriptors: what is walked is what was opened,
 * even if a path means something else meanwhile, and links lead nowhere.
 */
#include "cmd/record_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util/file.h"

#define DEPTH_MAX 32

struct names {
	const char **v;
	size_t n, cap;
};

struct level {
	int fd;
	const char *path;
	struct names files, folders;
	size_t next;
};

struct walk {
	struct cs_recorder *rec;
	struct cs_arena *arena;
	int64_t n_files;
	struct level levels[DEPTH_MAX];
	size_t depth;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int add_name(struct cs_arena *arena, struct names *names, const char *name,
		    struct cs_err *err)
{
	if (names->n == names->cap) {
		size_t cap = names->cap ? names->cap * 2 : 32;
		void *v = realloc((void *)(uintptr_t)names->v, cap * sizeof(*names->v));

		if (!v)
			return cs_err_nomem(err);
		names->v = v;
		names->cap = cap;
	}
	names->v[names->n] = cs_arena_strdup(arena, name);
	return names->v[names->n++] ? 0 : cs_err_nomem(err);
}

static bool has_file(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

/* An OCI layout, or what skopeo writes as dir:. */
static bool is_image_folder(int fd)
{
	return has_file(fd, "oci-layout") ||
	       (has_file(fd, "version") && has_file(fd, "manifest.json"));
}

static int list(struct walk *w, struct level *level, DIR *dir, struct cs_err *err)
{
	const struct dirent *entry;
	struct stat st;
	int r = 0;

	while (r == 0 && (errno = 0, entry = readdir(dir))) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (++w->n_files > w->rec->app->ctx.limits.members)
			return cs_limit_error(err, &w->rec->app->ctx.limits, members,
					      "files below '%s'", w->levels[0].path);
		if (fstatat(level->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue; /* it went away meanwhile */
		if (S_ISREG(st.st_mode))
			r = add_name(w->arena, &level->files, name, err);
		else if (S_ISDIR(st.st_mode))
			r = add_name(w->arena, &level->folders, name, err);
		else
			w->rec->n_skipped++;
	}
	if (r == 0 && errno)
		r = cs_err_errno(err, errno, "cannot read the folder '%s'", level->path);
	if (level->files.n)
		qsort(level->files.v, level->files.n, sizeof(*level->files.v), by_name);
	if (level->folders.n)
		qsort(level->folders.v, level->folders.n, sizeof(*level->folders.v), by_name);
	return r;
}

static int read_folder(struct walk *w, struct level *level, struct cs_err *err)
{
	int fd = dup(level->fd), r;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		r = cs_err_errno(err, errno, "cannot read the folder '%s'", level->path);
		if (fd >= 0)
			close(fd);
		return r;
	}
	r = list(w, level, dir, err);
	closedir(dir);
	return r;
}

static void leave(struct walk *w)
{
	struct level *level = &w->levels[--w->depth];

	close(level->fd);
	free((void *)(uintptr_t)level->files.v);
	free((void *)(uintptr_t)level->folders.v);
}

/* Takes the files of the folder that fd is, and stands in it. An image folder is left at once. */
static int enter(struct walk *w, int fd /* takes */, const char *path, struct cs_err *err)
{
	struct cs_record_group g = { .rec = w->rec, .dir_fd = fd, .dir = path };
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct level *level = &w->levels[w->depth++];
	struct cs_err one = CS_ERR_INIT;
	bool bad = false;
	int r;

	*level = (struct level){ .fd = fd, .path = path };
	g.arena = arena;
	if (!arena)
		return cs_err_nomem(err);
	if (is_image_folder(fd)) {
		w->rec->watched = path;
		r = cs_record_image_folder(w->rec, fd, path, &bad, &one);
	} else {
		w->rec->watched = path;
		r = read_folder(w, level, &one);
		bad = r < 0;
		if (r == 0)
			r = cs_record_group_take(&g, level->files.v, level->files.n, &one);
	}
	if (r < 0 && bad)
		r = cs_record_bad_file(&g, &one);
	w->rec->watched = NULL;
	if (r < 0)
		*err = one;
	return r;
}

static int walk_on(struct walk *w, struct cs_err *err)
{
	while (w->depth) {
		struct level *level = &w->levels[w->depth - 1];
		const char *name, *path;
		int fd, r;

		if (level->next == level->folders.n) {
			leave(w);
			continue;
		}
		name = level->folders.v[level->next++];
		path = cs_arena_printf(w->arena, "%s/%s", level->path, name);
		if (!path)
			return cs_err_nomem(err);
		if (w->depth == DEPTH_MAX)
			r = cs_err_set(err, CS_LIMIT, "'%s': folders nest deeper than %d", path,
				       DEPTH_MAX);
		else if ((fd = openat(level->fd, name,
				      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
			r = cs_err_errno(err, errno, "cannot open the folder '%s'", path);
		else if ((r = enter(w, fd, path, err)) < 0)
			return r;
		w->rec->watched = path;
		if (r < 0 && (r = cs_recorder_bad(w->rec, err)) < 0)
			return r;
		w->rec->watched = NULL;
	}
	return 0;
}

/* "dir/" and "dir" are one. */
static const char *without_slashes(struct cs_arena *arena, const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return cs_arena_strndup(arena, path, n);
}

int cs_record_folder(struct cs_recorder *rec, const char *path, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct walk w = { .rec = rec, .arena = arena };
	int fd, r;

	path = arena ? without_slashes(arena, path) : NULL;
	if (!path)
		return cs_err_nomem(err);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		cs_err_errno(err, errno, "cannot open the folder '%s'", path);
		return cs_recorder_bad(rec, err);
	}
	/* Named itself, it must be an image if it looks like one. */
	if (is_image_folder(fd)) {
		bool bad = false;

		close(fd);
		r = cs_record_image(rec, path, path, &bad, err);
		return r < 0 && bad ? cs_recorder_bad(rec, err) : r;
	}
	r = enter(&w, fd, path, err);
	if (r == 0)
		r = walk_on(&w, err);
	while (w.depth)
		leave(&w);
	return r;
}
