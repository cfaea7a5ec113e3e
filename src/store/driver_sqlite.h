/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the SQLite driver share. Nothing else includes this, or sqlite3.h. */
#ifndef CS_STORE_DRIVER_SQLITE_H
#define CS_STORE_DRIVER_SQLITE_H

#include <sqlite3.h>
#include <sys/stat.h>
#include <time.h>

#include "store/driver.h"

#define CS_SQLITE_APPLICATION_ID 0x43535431 /* "CST1" */
#define CS_SQLITE_BUSY_MS	 10000

struct cs_sqlite {
	struct cs_db base;
	const struct cs_ctx *ctx;
	sqlite3 *h;
	char *url;	     /* for messages, as the user wrote it */
	char *path;	     /* resolved; NULL in memory */
	bool immutable;	     /* no log beside it can be had: opened as if nobody ever wrote */
	struct stat opened;  /* its state then, to notice that somebody did */
	bool sweep, had_log; /* reading: a log may be left because of us; one was there before */
	struct stat log;
	bool migrating;
	int busy_ms;
	struct timespec busy_since;
};

struct cs_sqlite_stmt {
	struct cs_stmt base;
	struct cs_sqlite *db;
	sqlite3_stmt *s;
	const char *name;
	/* Of its parameters, from 0; SQLite's. A look-up by name is a search for each value. */
	const char **params;
	size_t n_params;
};

/* Maps SQLite's result to a code, with a message that names the store. rc must be a failure. */
int cs_sqlite_error(struct cs_sqlite *db, int rc, struct cs_err *err);
/* Sets the handlers that wait for locks and hear an interrupt; the waiting counts from now. */
void cs_sqlite_watch(struct cs_sqlite *db);
/* A sole statement without parameters; *ret = its first column, if it has a row. */
int cs_sqlite_exec(struct cs_sqlite *db, const char *sql, struct cs_err *err);
int cs_sqlite_pragma(struct cs_sqlite *db, const char *sql, int64_t *ret, struct cs_err *err);
/* PATH + suffix ("-wal"); NULL when memory is out. The caller frees it. */
char *cs_sqlite_beside(const char *path, const char *suffix);
/* Makes a rename or a new name in the folder of path durable. */
int cs_sqlite_sync_folder(const char *path, struct cs_err *err);

/* driver_sqlite_open.c */
int cs_sqlite_open(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		   int64_t latest, struct cs_db **ret, struct cs_err *err);
void cs_sqlite_close(struct cs_db *db);
/* Whether a file opened as immutable was written since. */
int cs_sqlite_still(struct cs_sqlite *db, struct cs_err *err);

/* driver_sqlite_care.c */
int cs_sqlite_backup(struct cs_db *db, const char *path, struct cs_err *err);
int cs_sqlite_size(struct cs_db *db, int64_t *ret_bytes, struct cs_err *err);
int cs_sqlite_check(struct cs_db *db, int (*fn)(void *arg, const char *problem), void *arg,
		    struct cs_err *err);
/* CS_DB if the file is not sound; reads all of it. */
int cs_sqlite_whole(struct cs_sqlite *db, struct cs_err *err);
int cs_sqlite_shrink(struct cs_db *db, struct cs_err *err);

#endif
