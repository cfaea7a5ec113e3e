/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opening a file that may be ours, older, newer, somebody else's, damaged, half made or read-only.
 * Whose it is stands in the first 100 bytes, and those are read through SQLite's own file before
 * its first lock: recovery, a switch to WAL or a checkpoint would already change a file that is to
 * be refused unchanged. Not read with an own descriptor: closing that would drop the locks that
 * this process has on the file through another connection.
 *
 * A file of one page without tables is fresh, too: setting auto_vacuum, which must come first,
 * writes that page, and only the next transaction the application_id. Readers open read-only.
 * SQLite then leaves the empty log and its index behind that it made; a last connection that may
 * write is what removes them.
 */
#include "store/driver_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "util/file.h"

/* Up to here a store is examined whole before it is written; a larger one page by page, as used. */
#define CHECK_WHOLE_BYTES (2 << 20)
#define HEADER_BYTES	  100

static bool exists(const char *path, const char *suffix, struct stat *st)
{
	char *beside CS_AUTO(cs_free_p) = cs_sqlite_beside(path, suffix);

	return beside && stat(beside, st) == 0;
}

/* --- the file before it is opened --- */

static int create(struct cs_sqlite *db, const char *path, struct cs_err *err)
{
	char *folder CS_AUTO(cs_free_p) = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int fd, r = 0;

	if (!folder)
		return cs_err_nomem(err);
	if (slash && slash != folder) {
		*slash = '\0';
		r = cs_mkdir_parents(folder, err);
		if (r < 0)
			return cs_err_prefix(err, "store '%s'", db->url);
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return 0; /* another process was faster */
	if (fd < 0)
		return cs_err_set(err, CS_IO, "cannot create store '%s': %s", db->url,
				  strerror(errno));
	close(fd);
	return cs_sqlite_sync_folder(path, err);
}

static int not_ours(struct cs_sqlite *db, struct cs_err *err)
{
	return cs_err_set(err, CS_DB, "'%s' is an SQLite database, but not a store of cachestat",
			  db->url);
}

static int not_sqlite(struct cs_sqlite *db, struct cs_err *err)
{
	return cs_err_set(err, CS_DB, "'%s' is no store: it is no SQLite file", db->url);
}

/* 0 with db->path resolved; 1 = there is nothing to read. */
static int locate(struct cs_sqlite *db, enum cs_store_mode mode, struct cs_err *err)
{
	struct stat st;
	int r;

	if (stat(db->url, &st) < 0) {
		if (errno != ENOENT)
			return cs_err_set(err, CS_IO, "store '%s': %s", db->url, strerror(errno));
		if (mode == CS_STORE_READ)
			return 1;
		r = create(db, db->url, err);
		if (r < 0)
			return r;
	} else if (!S_ISREG(st.st_mode)) {
		return cs_err_set(err, CS_USAGE, "store '%s' is a %s, not a file", db->url,
				  S_ISDIR(st.st_mode) ? "folder" : "device, socket or pipe");
	} else if (st.st_size == 0 && mode == CS_STORE_READ) {
		return 1;
	} else if (st.st_size > 0 && st.st_size < HEADER_BYTES) {
		/* SQLite calls a file of one byte an empty one, and would write over it. */
		return not_sqlite(db, err);
	}
	db->path = realpath(db->url, NULL);
	if (!db->path)
		return cs_err_set(err, errno == ENOMEM ? CS_NOMEM : CS_IO, "store '%s': %s",
				  db->url, strerror(errno));
	return 0;
}

/* --- the first 100 bytes --- */

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* 0 ours, 1 fresh: nothing was recorded in it. */
static int judge_header(struct cs_sqlite *db, const uint8_t *head, int64_t size, int64_t latest,
			struct cs_err *err)
{
	int64_t page = (int64_t)head[16] << 8 | head[17];
	struct stat log;

	if (page == 1)
		page = 65536;
	if (size < HEADER_BYTES || memcmp(head, "SQLite format 3", 16) != 0)
		return not_sqlite(db, err);
	if (be32(head + 68) == 0 && size == page && head[103] == 0 && head[104] == 0)
		return 1;
	if (be32(head + 68) != CS_SQLITE_APPLICATION_ID)
		return not_ours(db, err);
	/* No schema yet, and none in the log: killed, or out of room, while it was made. */
	if (be32(head + 60) == 0 && !(exists(db->path, "-wal", &log) && log.st_size > 0))
		return 1;
	if ((int32_t)be32(head + 60) > latest)
		return cs_err_set(
			err, CS_DB,
			"store '%s' has schema version %d, this program knows %lld: use a "
			"newer cachestat",
			db->url, (int32_t)be32(head + 60), (long long)latest);
	/* Without a log a file cannot be shorter than it says, if what it says is valid: 24 = 92.
	 */
	if (memcmp(head + 24, head + 92, 4) == 0 && be32(head + 28) * page > size &&
	    !exists(db->path, "-wal", &log) && !exists(db->path, "-journal", &log))
		return cs_err_set(err, CS_DB,
				  "store '%s' is damaged: %lld bytes of %lld are there (restore a "
				  "backup)",
				  db->url, (long long)size, (long long)(be32(head + 28) * page));
	return 0;
}

/* Through SQLite's file, before anything was locked. 0 ours, 1 fresh. */
static int check_header(struct cs_sqlite *db, int64_t latest, struct cs_err *err)
{
	uint8_t head[HEADER_BYTES + 8] = { 0 }; /* and the head of the first page */
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0;
	int rc = sqlite3_file_control(db->h, "main", SQLITE_FCNTL_FILE_POINTER, &f);

	if (rc == SQLITE_OK && f && f->pMethods)
		rc = f->pMethods->xFileSize(f, &size);
	if (rc == SQLITE_OK && size >= (sqlite3_int64)sizeof(head))
		rc = f->pMethods->xRead(f, head, sizeof(head), 0);
	if (rc != SQLITE_OK)
		return cs_sqlite_error(db, rc, err);
	return size ? judge_header(db, head, size, latest, err) : 1;
}

/* --- the connection --- */

static void configure(struct cs_sqlite *db)
{
	static const struct {
		int id, value;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, 64 << 20 },   { SQLITE_LIMIT_SQL_LENGTH, 1 << 20 },
		{ SQLITE_LIMIT_COLUMN, 200 },	     { SQLITE_LIMIT_EXPR_DEPTH, 100 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 4 }, { SQLITE_LIMIT_VDBE_OP, 100000 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 16 },   { SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },   { SQLITE_LIMIT_VARIABLE_NUMBER, 64 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};
	static const struct {
		int op, value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },      { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },    { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },	       { SQLITE_DBCONFIG_DQS_DDL, 0 },
	};

	sqlite3_extended_result_codes(db->h, 1);
	cs_sqlite_watch(db);
	for (size_t i = 0; i < CS_N(limits); i++)
		sqlite3_limit(db->h, limits[i].id, limits[i].value);
	for (size_t i = 0; i < CS_N(options); i++)
		sqlite3_db_config(db->h, options[i].op, options[i].value, NULL);
}

/* These read the schema, and with it the file. */
static int tune(struct cs_sqlite *db, bool read, struct cs_err *err)
{
	static const char *const pragmas[] = {
		"PRAGMA cell_size_check = ON", "PRAGMA synchronous = FULL",
		"PRAGMA temp_store = MEMORY",  "PRAGMA mmap_size = 0",
		"PRAGMA cache_size = -8192",   "SELECT COUNT(*) FROM sqlite_schema",
		"PRAGMA query_only = ON",
	};
	int r = 0;

	for (size_t i = 0; i < CS_N(pragmas) - !read && r == 0; i++)
		r = cs_sqlite_exec(db, pragmas[i], err);
	return r;
}

/* Opens db->path, or memory where it is NULL, up to the point where nothing was locked or read. */
static int connect(struct cs_sqlite *db, int flags, const char *name, struct cs_err *err)
{
	int rc;

	sqlite3_close(db->h);
	db->h = NULL;
	rc = sqlite3_open_v2(name, &db->h, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		return db->h ? cs_sqlite_error(db, rc, err) : cs_err_nomem(err);
	configure(db);
	return 0;
}

/* Switching to WAL needs the file alone, and SQLite does not wait for that by itself. */
static int switch_to_wal(struct cs_sqlite *db, struct cs_err *err)
{
	struct timespec start, now, pause = { 0, 20000000 };
	int r;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		r = cs_sqlite_exec(db, "PRAGMA journal_mode = WAL", err);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (r != -CS_BUSY || (now.tv_sec - start.tv_sec) * 1000 >= db->busy_ms)
			return r;
		nanosleep(&pause, NULL);
	}
}

/* Under the lock: another process may have been faster, whatever it made of the file. */
static int claim(struct cs_sqlite *db, struct cs_err *err)
{
	int64_t id = 0, tables = 0;
	char sql[64];
	int r = cs_sqlite_pragma(db, "PRAGMA application_id", &id, err);

	if (r < 0 || id == CS_SQLITE_APPLICATION_ID)
		return r;
	r = cs_sqlite_pragma(db, "SELECT COUNT(*) FROM sqlite_schema", &tables, err);
	if (r == 0 && (id != 0 || tables > 0))
		r = not_ours(db, err);
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", CS_SQLITE_APPLICATION_ID);
	return r == 0 ? cs_sqlite_exec(db, sql, err) : r;
}

/* A fresh file becomes ours; its schema is the caller's. */
static int initialize(struct cs_sqlite *db, struct cs_err *err)
{
	int r = cs_sqlite_exec(db, "PRAGMA auto_vacuum = INCREMENTAL", err);

	if (r == 0)
		r = cs_sqlite_exec(db, "BEGIN IMMEDIATE", err);
	if (r < 0)
		return r;
	r = claim(db, err);
	if (r == 0)
		r = cs_sqlite_exec(db, "COMMIT", err);
	if (r < 0)
		db->base.driver->rollback(&db->base);
	return r;
}

static int check_small(struct cs_sqlite *db, struct cs_err *err)
{
	struct stat st;

	if (stat(db->path, &st) < 0 || st.st_size > CHECK_WHOLE_BYTES)
		return 0;
	return cs_sqlite_whole(db, err);
}

static int open_for_writing(struct cs_sqlite *db, int64_t latest, struct cs_err *err)
{
	bool fresh;
	int r = connect(db, SQLITE_OPEN_READWRITE, db->path, err);

	if (r == 0 && sqlite3_db_readonly(db->h, "main") == 1)
		r = cs_err_set(err, CS_IO, "store '%s' cannot be written: %s", db->url,
			       strerror(access(db->path, W_OK) < 0 ? errno : EACCES));
	if (r == 0)
		r = check_header(db, latest, err);
	fresh = r == 1;
	if (r >= 0)
		r = tune(db, false, err);
	if (r == 0 && fresh)
		r = initialize(db, err);
	else if (r == 0)
		r = check_small(db, err);
	return r == 0 ? switch_to_wal(db, err) : r;
}

/* --- reading --- */

/* "file:" URI of an absolute path. */
static char *immutable_uri(const char *path)
{
	static const char hex[] = "0123456789ABCDEF";
	struct cs_buf buf = CS_BUF_INIT;
	int r = cs_buf_puts(&buf, "file://");

	for (const char *p = path; *p && r == 0; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == '/' || c == '.' || c == '-' || c == '_' || (c >= '0' && c <= '9') ||
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			r = cs_buf_putc(&buf, (char)c);
		else
			r = cs_buf_printf(&buf, "%%%c%c", hex[c >> 4], hex[c & 15]);
	}
	if (r == 0)
		r = cs_buf_puts(&buf, "?immutable=1");
	if (r < 0)
		cs_buf_release(&buf);
	return buf.data;
}

/* A folder that takes no log: nobody can be writing, as far as that can be known. */
static int open_immutable(struct cs_sqlite *db, struct cs_err *err)
{
	char *uri CS_AUTO(cs_free_p) = NULL;
	struct stat log;
	int r;

	if (exists(db->path, "-journal", &log) && log.st_size > 0)
		return cs_err_set(err, CS_IO,
				  "store '%s' was left in the middle of a write: a command that "
				  "writes repairs it",
				  db->url);
	if (exists(db->path, "-wal", &log) && log.st_size > 0)
		return cs_err_set(err, CS_IO,
				  "store '%s' has a log beside it that cannot be read here: copy "
				  "both to a folder that can be written",
				  db->url);
	uri = immutable_uri(db->path);
	if (!uri)
		return cs_err_nomem(err);
	if (stat(db->path, &db->opened) < 0)
		return cs_err_set(err, CS_IO, "store '%s': %s", db->url, strerror(errno));
	r = connect(db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, uri, err);
	db->immutable = true;
	return r;
}

static bool same_state(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int cs_sqlite_still(struct cs_sqlite *db, struct cs_err *err)
{
	struct stat now;

	if (stat(db->path, &now) < 0 || !same_state(&now, &db->opened))
		return cs_err_set(err, CS_BUSY,
				  "store '%s' was written while it was read; try again", db->url);
	return 0;
}

static int open_for_reading(struct cs_sqlite *db, int64_t latest, struct cs_err *err)
{
	int rc, r;

	db->had_log = exists(db->path, "-wal", &db->log);
	r = connect(db, SQLITE_OPEN_READONLY, db->path, err);

	if (r == 0)
		r = check_header(db, latest, err);
	if (r != 0)
		return r;
	db->sweep = true;
	r = tune(db, true, err);
	rc = sqlite3_errcode(db->h) & 0xff;
	if (r < 0 && (rc == SQLITE_CANTOPEN || rc == SQLITE_READONLY)) {
		db->sweep = false;
		r = open_immutable(db, err);
		if (r == 0)
			r = tune(db, true, err);
	}
	return r;
}

/* --- open, close --- */

/* Removes the log that was left because of us, if nobody else has the store open now. */
static void sweep(struct cs_sqlite *db)
{
	struct cs_err ignored;
	struct stat log;

	if (!exists(db->path, "-wal", &log) || (db->had_log && same_state(&log, &db->log)))
		return;
	if (connect(db, SQLITE_OPEN_READWRITE, db->path, &ignored) < 0)
		return;
	db->busy_ms = 0;
	if (sqlite3_db_readonly(db->h, "main") == 0)
		cs_sqlite_exec(db, "SELECT COUNT(*) FROM sqlite_schema", &ignored);
}

void cs_sqlite_close(struct cs_db *base)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;

	if (!db)
		return;
	sqlite3_close(db->h);
	db->h = NULL;
	if (db->sweep)
		sweep(db);
	sqlite3_close(db->h);
	free(db->url);
	free(db->path);
	free(db);
}

int cs_sqlite_open(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		   int64_t latest, struct cs_db **ret, struct cs_err *err)
{
	struct cs_sqlite *db = calloc(1, sizeof(*db));
	int r = 0;

	if (!db)
		return cs_err_nomem(err);
	db->base.driver = &cs_driver_sqlite;
	db->ctx = ctx;
	db->busy_ms = CS_SQLITE_BUSY_MS;
	db->url = strdup(url);
	if (!db->url)
		r = cs_err_nomem(err);
	else if (strcmp(url, ":memory:") == 0)
		r = connect(db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, ":memory:", err);
	else
		r = locate(db, mode, err);
	if (r == 0 && !db->path)
		r = tune(db, false, err);
	else if (r == 0)
		r = mode == CS_STORE_READ ? open_for_reading(db, latest, err)
					  : open_for_writing(db, latest, err);
	if (r != 0) {
		cs_sqlite_close(&db->base);
		return r;
	}
	*ret = &db->base;
	return 0;
}
