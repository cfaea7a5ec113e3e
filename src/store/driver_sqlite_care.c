/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies, sizes and examination of the file. A copy is made by SQLite's online backup in one step:
 * step by step it would begin anew at each write of others, without end on a busy store. Refused:
 * VACUUM INTO, which needs ATTACH, and copying the file, which misses what stands in the log.
 */
#include "store/driver_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Into tmp, which will be called path. */
static int copy_into(struct cs_sqlite *db, const char *tmp, const char *path, struct cs_err *err)
{
	sqlite3_backup *b = NULL;
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(tmp, &to, SQLITE_OPEN_READWRITE, NULL);

	if (rc == SQLITE_OK) {
		cs_sqlite_watch(db);
		b = sqlite3_backup_init(to, "main", db->h, "main");
		rc = sqlite3_errcode(to);
	}
	if (b) {
		sqlite3_backup_step(b, -1);
		rc = sqlite3_backup_finish(b);
	}
	sqlite3_close(to);
	switch (rc & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_NOMEM:
		return cs_err_nomem(err);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return cs_sqlite_error(db, rc, err);
	default:
		return cs_err_set(err, (rc & 0xff) == SQLITE_CORRUPT ? CS_DB : CS_IO,
				  "cannot copy store '%s' to '%s': %s", db->url, path,
				  sqlite3_errstr(rc));
	}
}

static int sync_file(const char *path, struct cs_err *err)
{
	int fd CS_AUTO(cs_close_p) = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return cs_err_errno(err, errno, "cannot sync '%s'", path);
	return 0;
}

/* A log that stays beside a replaced store is taken for the new one's, and spoils it. */
static int refuse_log(const char *path, struct cs_err *err)
{
	static const char *const suffixes[] = { "-wal", "-journal" };

	for (size_t i = 0; i < CS_N(suffixes); i++) {
		char *log CS_AUTO(cs_free_p) = cs_sqlite_beside(path, suffixes[i]);
		struct stat st;

		if (!log)
			return cs_err_nomem(err);
		if (stat(log, &st) == 0 && st.st_size > 0)
			return cs_err_set(
				err, CS_USAGE,
				"'%s' is in use, or was left in the middle of a write: '%s' "
				"is beside it; choose another name",
				path, log);
	}
	return 0;
}

int cs_sqlite_backup(struct cs_db *base, const char *path, struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	char *tmp CS_AUTO(cs_free_p) = cs_sqlite_beside(path, ".XXXXXX");
	struct stat a, b;
	int fd, r;

	if (!tmp)
		return cs_err_nomem(err);
	if (db->path && stat(db->path, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
	    a.st_ino == b.st_ino)
		return cs_err_set(err, CS_USAGE, "'%s' is the store itself", path);
	r = refuse_log(path, err);
	if (r < 0)
		return r;
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return cs_err_errno(err, errno, "cannot create '%s'", path);
	close(fd);
	r = copy_into(db, tmp, path, err);
	if (r == 0)
		r = sync_file(tmp, err);
	if (r == 0 && rename(tmp, path) < 0)
		r = cs_err_errno(err, errno, "cannot rename to '%s'", path);
	if (r < 0) {
		unlink(tmp);
		return r;
	}
	return cs_sqlite_sync_folder(path, err);
}

int cs_sqlite_size(struct cs_db *base, int64_t *ret_bytes, struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	char *wal CS_AUTO(cs_free_p) = NULL;
	struct stat st;
	int64_t pages = 0, page = 0;
	int r;

	if (db->path) {
		wal = cs_sqlite_beside(db->path, "-wal");
		if (!wal)
			return cs_err_nomem(err);
		if (stat(db->path, &st) < 0)
			return cs_err_errno(err, errno, "store '%s'", db->url);
		*ret_bytes = st.st_size;
		if (stat(wal, &st) == 0)
			*ret_bytes += st.st_size;
		return 0;
	}
	r = cs_sqlite_pragma(db, "PRAGMA page_count", &pages, err);
	if (r == 0)
		r = cs_sqlite_pragma(db, "PRAGMA page_size", &page, err);
	if (r == 0)
		*ret_bytes = pages * page;
	return r;
}

/* --- examination --- */

static int check_integrity(struct cs_sqlite *db, int (*fn)(void *arg, const char *problem),
			   void *arg, struct cs_err *err)
{
	sqlite3_stmt *s = NULL;
	int r = 0, rc = sqlite3_prepare_v2(db->h, "PRAGMA integrity_check(100)", -1, &s, NULL);

	if (rc == SQLITE_OK) {
		while (r == 0 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
			const char *text = (const char *)sqlite3_column_text(s, 0);

			if (text && strcmp(text, "ok") != 0)
				r = fn(arg, text);
		}
	}
	if (r == 0 && rc != SQLITE_DONE) {
		/* So damaged that it cannot even be examined: that is a finding, not a failure. */
		if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
			r = fn(arg, sqlite3_errmsg(db->h));
		else
			r = cs_sqlite_error(db, rc, err);
	}
	sqlite3_finalize(s);
	return r;
}

static int check_foreign_keys(struct cs_sqlite *db, int (*fn)(void *arg, const char *problem),
			      void *arg, struct cs_err *err)
{
	sqlite3_stmt *s = NULL;
	int r = 0, n = 0;
	int rc = sqlite3_prepare_v2(db->h, "PRAGMA foreign_key_check", -1, &s, NULL);

	if (rc == SQLITE_OK) {
		while (r == 0 && n++ < 100 && (rc = sqlite3_step(s)) == SQLITE_ROW) {
			char text[256];

			snprintf(text, sizeof(text), "row %lld of %s refers to a missing row of %s",
				 (long long)sqlite3_column_int64(s, 1), sqlite3_column_text(s, 0),
				 sqlite3_column_text(s, 2));
			r = fn(arg, text);
		}
	}
	if (r == 0 && rc != SQLITE_DONE && rc != SQLITE_ROW)
		r = (rc & 0xff) == SQLITE_CORRUPT ? fn(arg, sqlite3_errmsg(db->h))
						  : cs_sqlite_error(db, rc, err);
	sqlite3_finalize(s);
	return r;
}

int cs_sqlite_whole(struct cs_sqlite *db, struct cs_err *err)
{
	sqlite3_stmt *s = NULL;
	int r, rc = sqlite3_prepare_v2(db->h, "PRAGMA quick_check(1)", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc != SQLITE_ROW)
		r = cs_sqlite_error(db, rc, err);
	else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
		r = cs_err_set(err, CS_DB,
			       "store '%s' is damaged: %s ('cachestat db check' tells more)",
			       db->url, sqlite3_column_text(s, 0));
	else
		r = 0;
	sqlite3_finalize(s);
	return r;
}

int cs_sqlite_check(struct cs_db *base, int (*fn)(void *arg, const char *problem), void *arg,
		    struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	int r = check_integrity(db, fn, arg, err);

	return r == 0 ? check_foreign_keys(db, fn, arg, err) : r;
}

int cs_sqlite_shrink(struct cs_db *base, struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	int64_t before = -1, pages = 0;
	int r;

	/* In steps, so that the lock is given away between them. */
	for (;;) {
		r = cs_ctx_check(db->ctx, err);
		if (r == 0)
			r = cs_sqlite_pragma(db, "PRAGMA freelist_count", &pages, err);
		if (r < 0 || pages == 0 || pages == before)
			break;
		before = pages;
		r = cs_sqlite_exec(db, "PRAGMA incremental_vacuum(2000)", err);
		if (r < 0)
			break;
	}
	/* Readers may hold the log; then the file shrinks when they are done. */
	if (r == 0)
		r = cs_sqlite_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", err);
	return r == -CS_BUSY ? 0 : r;
}
