/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's own method, as a VFS over the default one: beside each file stands an image of what is
 * surely on the disk, and the writes that came since. Temporary and shared-memory files are left
 * alone: nothing in them outlives the power.
 */
#include "support/power.h"

#include "util/cleanup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECTOR	  512
#define MAX_FILES 8

struct change {
	sqlite3_int64 at; /* < 0: cut to len bytes */
	int len;
	unsigned char *data;
};

struct image {
	char path[512];
	unsigned char *data; /* what is surely there */
	size_t len;
	struct change *changes;
	size_t n_changes;
};

struct power_file {
	sqlite3_file base;
	struct image *image; /* NULL: nothing that is kept */
	sqlite3_file *inner; /* behind this */
};

static struct {
	struct image images[MAX_FILES];
	size_t n;
	enum power_loss loss;
	long left;
	uint32_t seed;
	sqlite3_vfs *real;
	sqlite3_vfs vfs;
} power;

#define F(f)	 (((struct power_file *)(f))->inner)
#define IMAGE(f) (((struct power_file *)(f))->image)

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void apply(struct image *image, const struct change *c, size_t from, size_t len)
{
	size_t end = (size_t)(c->at < 0 ? 0 : c->at) + from + len;

	if (c->at < 0) {
		if ((size_t)c->len < image->len)
			image->len = (size_t)c->len;
		return;
	}
	if (end > image->len) {
		image->data = must(realloc(image->data, end));
		memset(image->data + image->len, 0, end - image->len);
		image->len = end;
	}
	memcpy(image->data + c->at + from, c->data + from, len);
}

static bool heads(void)
{
	power.seed = power.seed * 1664525 + 1013904223;
	return power.seed >> 31;
}

static void settle(struct image *image, bool all)
{
	for (size_t i = 0; i < image->n_changes; i++) {
		struct change *c = &image->changes[i];

		if (all || c->at < 0) {
			if (all || heads())
				apply(image, c, 0, (size_t)c->len);
			continue;
		}
		for (size_t from = 0; from < (size_t)c->len; from += SECTOR) {
			size_t len = (size_t)c->len - from;

			if (heads())
				apply(image, c, from, len < SECTOR ? len : SECTOR);
		}
	}
	for (size_t i = 0; i < image->n_changes; i++)
		free(image->changes[i].data);
	image->n_changes = 0;
}

static void lose(void)
{
	for (size_t i = 0; i < power.n; i++) {
		struct image *image = &power.images[i];
		int fd;

		if (power.loss == POWER_LOSES_SOME)
			settle(image, false);
		fd = open(image->path, O_WRONLY | O_TRUNC | O_CLOEXEC);
		if (fd < 0) /* SQLite has removed it */
			continue;
		if (image->len && write(fd, image->data, image->len) != (ssize_t)image->len)
			abort();
		close(fd);
	}
	_exit(POWER_GONE);
}

static void tick(void)
{
	if (--power.left == 0)
		lose();
}

static void note(struct image *image, sqlite3_int64 at, const void *data, int len)
{
	struct change *c;

	if (!image)
		return;
	image->changes = must(realloc(image->changes, (image->n_changes + 1) * sizeof(*c)));
	c = &image->changes[image->n_changes++];
	*c = (struct change){ .at = at, .len = len };
	if (data)
		c->data = memcpy(must(malloc((size_t)len)), data, (size_t)len);
}

static int p_close(sqlite3_file *f)
{
	return F(f)->pMethods->xClose(F(f));
}

static int p_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return F(f)->pMethods->xRead(F(f), p, n, at);
}

static int p_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	note(IMAGE(f), at, p, n);
	tick();
	return F(f)->pMethods->xWrite(F(f), p, n, at);
}

static int p_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	note(IMAGE(f), -1, NULL, (int)size);
	tick();
	return F(f)->pMethods->xTruncate(F(f), size);
}

static int p_sync(sqlite3_file *f, int flags)
{
	int rc;

	tick(); /* before it is done, nothing of it is sure */
	rc = F(f)->pMethods->xSync(F(f), flags);
	if (rc == SQLITE_OK && IMAGE(f))
		settle(IMAGE(f), true);
	return rc;
}

static int p_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return F(f)->pMethods->xFileSize(F(f), ret);
}

static int p_lock(sqlite3_file *f, int level)
{
	return F(f)->pMethods->xLock(F(f), level);
}

static int p_unlock(sqlite3_file *f, int level)
{
	return F(f)->pMethods->xUnlock(F(f), level);
}

static int p_check_lock(sqlite3_file *f, int *ret)
{
	return F(f)->pMethods->xCheckReservedLock(F(f), ret);
}

static int p_control(sqlite3_file *f, int op, void *arg)
{
	return F(f)->pMethods->xFileControl(F(f), op, arg);
}

static int p_sector(sqlite3_file *f CS_UNUSED)
{
	return SECTOR;
}

/* None: no write is atomic, none in order, and nothing beside a write is safe. */
static int p_characteristics(sqlite3_file *f CS_UNUSED)
{
	return 0;
}

static int p_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return F(f)->pMethods->xShmMap(F(f), page, size, extend, ret);
}

static int p_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return F(f)->pMethods->xShmLock(F(f), offset, n, flags);
}

static void p_shm_barrier(sqlite3_file *f)
{
	F(f)->pMethods->xShmBarrier(F(f));
}

static int p_shm_unmap(sqlite3_file *f, int del)
{
	return F(f)->pMethods->xShmUnmap(F(f), del);
}

static const sqlite3_io_methods power_methods = {
	2,
	p_close,
	p_read,
	p_write,
	p_truncate,
	p_sync,
	p_size,
	p_lock,
	p_unlock,
	p_check_lock,
	p_control,
	p_sector,
	p_characteristics,
	p_shm_map,
	p_shm_lock,
	p_shm_barrier,
	p_shm_unmap,
	NULL,
	NULL,
};

/* What the file holds when it is first opened is on the disk. */
static struct image *image_of(const char *path, sqlite3_file *inner)
{
	struct image *image;
	sqlite3_int64 size = 0;

	for (size_t i = 0; i < power.n; i++) {
		if (strcmp(power.images[i].path, path) == 0)
			return &power.images[i];
	}
	if (power.n == MAX_FILES)
		abort();
	image = &power.images[power.n++];
	snprintf(image->path, sizeof(image->path), "%s", path);
	inner->pMethods->xFileSize(inner, &size);
	image->len = (size_t)size;
	image->data = must(malloc(image->len + 1));
	if (size)
		inner->pMethods->xRead(inner, image->data, (int)size, 0);
	return image;
}

static int p_open(sqlite3_vfs *vfs CS_UNUSED, const char *name, sqlite3_file *f, int flags,
		  int *ret_flags)
{
	static const int kept = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL;
	struct power_file *file = (struct power_file *)f;
	int rc;

	file->inner = (sqlite3_file *)(file + 1);
	file->image = NULL;
	rc = power.real->xOpen(power.real, name, file->inner, flags, ret_flags);
	f->pMethods = rc == SQLITE_OK ? &power_methods : NULL;
	if (rc == SQLITE_OK && name && (flags & kept))
		file->image = image_of(name, file->inner);
	return rc;
}

/* A removed file begins anew. */
static int p_delete(sqlite3_vfs *vfs CS_UNUSED, const char *name, int sync_dir)
{
	for (size_t i = 0; i < power.n; i++) {
		struct image *image = &power.images[i];

		if (strcmp(image->path, name) != 0)
			continue;
		settle(image, true);
		image->len = 0;
	}
	return power.real->xDelete(power.real, name, sync_dir);
}

void power_install(enum power_loss loss, long at, uint32_t seed)
{
	power.loss = loss;
	power.left = at;
	power.seed = seed;
	power.real = sqlite3_vfs_find(NULL);
	power.vfs = *power.real;
	power.vfs.pNext = NULL;
	power.vfs.zName = "test-power";
	power.vfs.szOsFile = (int)sizeof(struct power_file) + power.real->szOsFile;
	power.vfs.xOpen = p_open;
	power.vfs.xDelete = p_delete;
	sqlite3_vfs_register(&power.vfs, 1);
}
