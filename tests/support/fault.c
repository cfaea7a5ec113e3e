/* SPDX-License-Identifier: Apache-2.0 */
#include "support/fault.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct fault fault;
struct disk disk;

/* --- the driver --- */

struct fault_db {
	struct cs_db base;
	struct cs_db *inner;
};

struct fault_stmt {
	struct cs_stmt base;
	struct cs_stmt *inner;
};

#define D(db) (((struct fault_db *)(db))->inner)
#define S(st) (((struct fault_stmt *)(st))->inner)

static bool hit(void)
{
	return fault.mode != FAULT_NONE && ++fault.passed == fault.at;
}

static int say(struct cs_err *err)
{
	return cs_err_set(err, CS_IO, "fault %ld", fault.at);
}

/* The call, failing before or after where it is its turn. */
#define FAULTY(call)                                                                               \
	do {                                                                                       \
		int r_;                                                                            \
		if (!hit())                                                                        \
			return call;                                                               \
		if (fault.mode == FAULT_BEFORE)                                                    \
			return say(err);                                                           \
		r_ = call;                                                                         \
		return r_ < 0 ? r_ : say(err);                                                     \
	} while (0)

static const struct cs_driver *const real = &cs_driver_sqlite;

static int f_open(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		  int64_t latest, struct cs_db **ret, struct cs_err *err)
{
	struct fault_db *db;
	int r;

	if (hit())
		return say(err);
	db = calloc(1, sizeof(*db));
	if (!db)
		return cs_err_nomem(err);
	r = real->open(ctx, url, mode, latest, &db->inner, err);
	if (r != 0) {
		free(db);
		return r;
	}
	db->base.driver = &fault_driver;
	*ret = &db->base;
	return 0;
}

static void f_close(struct cs_db *db)
{
	real->close(D(db));
	free(db);
}

static void f_set_busy(struct cs_db *db, int ms)
{
	real->set_busy(D(db), ms);
}

static int f_version(struct cs_db *db, int64_t *ret, struct cs_err *err)
{
	FAULTY(real->version(D(db), ret, err));
}

static int f_set_version(struct cs_db *db, int64_t v, struct cs_err *err)
{
	FAULTY(real->set_version(D(db), v, err));
}

static int f_exec(struct cs_db *db, const char *sql, struct cs_err *err)
{
	FAULTY(real->exec(D(db), sql, err));
}

static int f_begin(struct cs_db *db, enum cs_tx tx, struct cs_err *err)
{
	/* Not "after": a driver whose begin failed has begun nothing. */
	if (hit())
		return say(err);
	return real->begin(D(db), tx, err);
}

static int f_commit(struct cs_db *db, struct cs_err *err)
{
	bool mine = hit();
	int r;

	if (mine && fault.mode == FAULT_BEFORE)
		return say(err);
	r = real->commit(D(db), err);
	if (r == 0 && mine) {
		fault.commit_done = true;
		return say(err);
	}
	return r;
}

static void f_rollback(struct cs_db *db)
{
	real->rollback(D(db));
}

static int f_prepare(struct cs_db *db, const struct cs_statement *statement, struct cs_stmt **ret,
		     struct cs_err *err)
{
	struct fault_stmt *st;
	int r;

	if (hit())
		return say(err);
	st = calloc(1, sizeof(*st));
	if (!st)
		return cs_err_nomem(err);
	r = real->prepare(D(db), statement, &st->inner, err);
	if (r < 0) {
		free(st);
		return r;
	}
	st->base.driver = &fault_driver;
	*ret = &st->base;
	return 0;
}

static void f_finalize(struct cs_stmt *st)
{
	real->finalize(S(st));
	free(st);
}

static int f_bind(struct cs_stmt *st, const struct cs_param *params, size_t n, struct cs_err *err)
{
	FAULTY(real->bind(S(st), params, n, err));
}

static int f_step(struct cs_stmt *st, struct cs_err *err)
{
	FAULTY(real->step(S(st), err));
}

static void f_reset(struct cs_stmt *st)
{
	real->reset(S(st));
}

static int64_t f_inserted(struct cs_stmt *st)
{
	return real->inserted(S(st));
}

static bool f_is_null(struct cs_stmt *st, int column)
{
	return real->is_null(S(st), column);
}

static int64_t f_get_int(struct cs_stmt *st, int column)
{
	return real->get_int(S(st), column);
}

static const char *f_get_text(struct cs_stmt *st, int column)
{
	return real->get_text(S(st), column);
}

static const void *f_get_blob(struct cs_stmt *st, int column, size_t *ret_len)
{
	return real->get_blob(S(st), column, ret_len);
}

static int f_backup(struct cs_db *db, const char *path, struct cs_err *err)
{
	FAULTY(real->backup(D(db), path, err));
}

static int f_size(struct cs_db *db, int64_t *ret, struct cs_err *err)
{
	FAULTY(real->size(D(db), ret, err));
}

static int f_check(struct cs_db *db, int (*fn)(void *arg, const char *problem), void *arg,
		   struct cs_err *err)
{
	FAULTY(real->check(D(db), fn, arg, err));
}

static int f_shrink(struct cs_db *db, struct cs_err *err)
{
	FAULTY(real->shrink(D(db), err));
}

static int f_others(struct cs_db *db, int64_t *ret, struct cs_err *err)
{
	FAULTY(real->others(D(db), ret, err));
}

const struct cs_driver fault_driver = {
	.name = "sqlite",
	.open = f_open,
	.close = f_close,
	.set_busy = f_set_busy,
	.version = f_version,
	.set_version = f_set_version,
	.exec = f_exec,
	.begin = f_begin,
	.commit = f_commit,
	.rollback = f_rollback,
	.prepare = f_prepare,
	.finalize = f_finalize,
	.bind = f_bind,
	.step = f_step,
	.reset = f_reset,
	.inserted = f_inserted,
	.is_null = f_is_null,
	.get_int = f_get_int,
	.get_text = f_get_text,
	.get_blob = f_get_blob,
	.backup = f_backup,
	.size = f_size,
	.check = f_check,
	.others = f_others,
	.shrink = f_shrink,
};

/* --- the disk: a VFS over the default one --- */

struct disk_file {
	sqlite3_file base;
	sqlite3_file *inner; /* behind this */
};

#define F(f) (((struct disk_file *)(f))->inner)

static int trouble(int rc_broken)
{
	if (disk.mode == DISK_GOOD || ++disk.passed < disk.at)
		return SQLITE_OK;
	return disk.mode == DISK_FULL ? SQLITE_FULL : rc_broken;
}

static int d_close(sqlite3_file *f)
{
	return F(f)->pMethods->xClose(F(f));
}

static int d_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return F(f)->pMethods->xRead(F(f), p, n, at);
}

static int d_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	int rc = trouble(SQLITE_IOERR_WRITE);

	return rc ? rc : F(f)->pMethods->xWrite(F(f), p, n, at);
}

static int d_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = disk.mode == DISK_BROKEN ? trouble(SQLITE_IOERR_TRUNCATE) : SQLITE_OK;

	return rc ? rc : F(f)->pMethods->xTruncate(F(f), size);
}

static int d_sync(sqlite3_file *f, int flags)
{
	int rc = trouble(SQLITE_IOERR_FSYNC);

	return rc ? rc : F(f)->pMethods->xSync(F(f), flags);
}

static int d_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return F(f)->pMethods->xFileSize(F(f), ret);
}

static int d_lock(sqlite3_file *f, int level)
{
	return F(f)->pMethods->xLock(F(f), level);
}

static int d_unlock(sqlite3_file *f, int level)
{
	return F(f)->pMethods->xUnlock(F(f), level);
}

static int d_check_lock(sqlite3_file *f, int *ret)
{
	return F(f)->pMethods->xCheckReservedLock(F(f), ret);
}

static int d_control(sqlite3_file *f, int op, void *arg)
{
	return F(f)->pMethods->xFileControl(F(f), op, arg);
}

static int d_sector(sqlite3_file *f)
{
	return F(f)->pMethods->xSectorSize(F(f));
}

static int d_characteristics(sqlite3_file *f)
{
	return F(f)->pMethods->xDeviceCharacteristics(F(f));
}

static int d_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	int rc = extend ? trouble(SQLITE_IOERR_SHMSIZE) : SQLITE_OK;

	return rc ? rc : F(f)->pMethods->xShmMap(F(f), page, size, extend, ret);
}

static int d_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return F(f)->pMethods->xShmLock(F(f), offset, n, flags);
}

static void d_shm_barrier(sqlite3_file *f)
{
	F(f)->pMethods->xShmBarrier(F(f));
}

static int d_shm_unmap(sqlite3_file *f, int del)
{
	return F(f)->pMethods->xShmUnmap(F(f), del);
}

static const sqlite3_io_methods disk_methods = {
	2,
	d_close,
	d_read,
	d_write,
	d_truncate,
	d_sync,
	d_size,
	d_lock,
	d_unlock,
	d_check_lock,
	d_control,
	d_sector,
	d_characteristics,
	d_shm_map,
	d_shm_lock,
	d_shm_barrier,
	d_shm_unmap,
	NULL,
	NULL,
};

static sqlite3_vfs disk_vfs;
static sqlite3_vfs *real_vfs;

static int d_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct disk_file *file = (struct disk_file *)f;
	int rc;

	(void)vfs;
	file->inner = (sqlite3_file *)(file + 1);
	rc = real_vfs->xOpen(real_vfs, name, file->inner, flags, ret_flags);
	f->pMethods = rc == SQLITE_OK ? &disk_methods : NULL;
	return rc;
}

void disk_install(void)
{
	if (real_vfs)
		return;
	real_vfs = sqlite3_vfs_find(NULL);
	disk_vfs = *real_vfs;
	disk_vfs.pNext = NULL;
	disk_vfs.zName = "test-disk";
	disk_vfs.szOsFile = (int)sizeof(struct disk_file) + real_vfs->szOsFile;
	disk_vfs.xOpen = d_open;
	sqlite3_vfs_register(&disk_vfs, 1);
}
