/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite: statements, transactions, errors. Writers take their lock at BEGIN (IMMEDIATE), so that
 * no read lock is ever upgraded and waiting can only happen there. The busy handler is ours, not
 * sqlite3_busy_timeout(): it stops when the user interrupts, and knows how long it waited.
 * Refused: shared cache and mmap (a truncated file would be a SIGBUS).
 */
#include "store/driver_sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static double waited_s(const struct cs_sqlite *db)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - db->busy_since.tv_sec) +
	       (double)(now.tv_nsec - db->busy_since.tv_nsec) / 1e9;
}

/* As sqlite3_busy_timeout() waits, but an interrupt ends it. */
static int on_busy(void *arg, int n)
{
	static const unsigned char delays_ms[] = { 1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100 };
	struct cs_sqlite *db = arg;
	struct timespec t = { 0, 0 };

	if (n == 0)
		clock_gettime(CLOCK_MONOTONIC, &db->busy_since);
	if ((db->ctx->cancel && *db->ctx->cancel) || waited_s(db) * 1000 >= db->busy_ms)
		return 0;
	t.tv_nsec =
		delays_ms[(size_t)n < CS_N(delays_ms) ? n : (int)CS_N(delays_ms) - 1] * 1000000L;
	nanosleep(&t, NULL);
	return 1;
}

static int on_progress(void *arg)
{
	const struct cs_sqlite *db = arg;

	return db->ctx->cancel && *db->ctx->cancel;
}

void cs_sqlite_watch(struct cs_sqlite *db)
{
	clock_gettime(CLOCK_MONOTONIC, &db->busy_since);
	sqlite3_busy_handler(db->h, on_busy, db);
	sqlite3_progress_handler(db->h, 10000, on_progress, db);
}

static int io_error(struct cs_sqlite *db, int rc, struct cs_err *err)
{
	int e = sqlite3_system_errno(db->h);

	if (rc == SQLITE_IOERR_NOMEM)
		return cs_err_nomem(err);
	if (e == ENOSPC || e == EDQUOT || e == EFBIG)
		return cs_err_set(err, CS_DB, "store '%s' cannot grow: %s", db->url, strerror(e));
	return cs_err_set(err, CS_IO, "store '%s': %s%s%s", db->url, sqlite3_errstr(rc),
			  e ? ": " : "", e ? strerror(e) : "");
}

int cs_sqlite_error(struct cs_sqlite *db, int rc, struct cs_err *err)
{
	if (db->h && (sqlite3_extended_errcode(db->h) & 0xff) == (rc & 0xff))
		rc = sqlite3_extended_errcode(db->h);
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return cs_err_nomem(err);
	case SQLITE_INTERRUPT:
		return cs_err_set(err, CS_CANCELED, "interrupted");
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		if (cs_ctx_check(db->ctx, err) < 0)
			return -CS_CANCELED;
		return cs_err_set(err, CS_BUSY,
				  "store '%s' is locked by another process (waited %.1f s)",
				  db->url, waited_s(db));
	case SQLITE_FULL:
		return cs_err_set(err, CS_DB, "store '%s' cannot grow: no space left", db->url);
	case SQLITE_IOERR:
		return io_error(db, rc, err);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return cs_err_set(err, CS_IO,
				  "store '%s' cannot be opened, or its log beside it: %s", db->url,
				  strerror(sqlite3_system_errno(db->h)));
	case SQLITE_READONLY:
		return cs_err_set(err, CS_IO, "store '%s' cannot be written", db->url);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return cs_err_set(err, CS_DB,
				  "store '%s' is damaged: %s ('cachestat db check' tells more)",
				  db->url, sqlite3_errmsg(db->h));
	case SQLITE_TOOBIG:
		return cs_err_set(err, CS_DB, "store '%s': a text is too large to be kept",
				  db->url);
	default:
		return cs_err_set(err, CS_DB, "store '%s': %s", db->url, sqlite3_errmsg(db->h));
	}
}

int cs_sqlite_pragma(struct cs_sqlite *db, const char *sql, int64_t *ret, struct cs_err *err)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(db->h, sql, -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	if (rc == SQLITE_ROW) {
		if (ret)
			*ret = sqlite3_column_int64(s, 0);
		do
			rc = sqlite3_step(s);
		while (rc == SQLITE_ROW);
	}
	if (rc == SQLITE_DONE)
		rc = SQLITE_OK;
	if (rc != SQLITE_OK)
		rc = cs_sqlite_error(db, rc, err);
	sqlite3_finalize(s);
	return rc;
}

int cs_sqlite_exec(struct cs_sqlite *db, const char *sql, struct cs_err *err)
{
	return cs_sqlite_pragma(db, sql, NULL, err);
}

char *cs_sqlite_beside(const char *path, const char *suffix)
{
	size_t len = strlen(path) + strlen(suffix) + 1;
	char *p = malloc(len);

	if (p)
		snprintf(p, len, "%s%s", path, suffix);
	return p;
}

int cs_sqlite_sync_folder(const char *path, struct cs_err *err)
{
	char *folder CS_AUTO(cs_free_p) = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int fd CS_AUTO(cs_close_p) = -1;

	if (!folder)
		return cs_err_nomem(err);
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Some file systems cannot sync a folder; their names are durable or nothing helps. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != ENOTSUP))
		return cs_err_errno(err, errno, "cannot sync the folder of '%s'", path);
	return 0;
}

/* --- schema --- */

static int version(struct cs_db *base, int64_t *ret, struct cs_err *err)
{
	return cs_sqlite_pragma((struct cs_sqlite *)base, "PRAGMA user_version", ret, err);
}

static int set_version(struct cs_db *base, int64_t v, struct cs_err *err)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA user_version = %lld", (long long)v);
	return cs_sqlite_exec((struct cs_sqlite *)base, sql, err);
}

static int exec(struct cs_db *base, const char *sql, struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	int rc = sqlite3_exec(db->h, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : cs_sqlite_error(db, rc, err);
}

/* --- transactions --- */

static void set_busy(struct cs_db *base, int ms)
{
	((struct cs_sqlite *)base)->busy_ms = ms;
}

static int begin(struct cs_db *base, enum cs_tx tx, struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	int r;

	/* Tables are rebuilt in migrations; within a transaction this pragma would do nothing. */
	if (tx == CS_TX_MIGRATE) {
		r = cs_sqlite_exec(db, "PRAGMA foreign_keys = OFF", err);
		if (r < 0)
			return r;
		db->migrating = true;
	}
	cs_sqlite_watch(db);
	r = cs_sqlite_exec(db, tx == CS_TX_READ ? "BEGIN" : "BEGIN IMMEDIATE", err);
	if (r < 0 && db->migrating) {
		struct cs_err ignored;

		cs_sqlite_exec(db, "PRAGMA foreign_keys = ON", &ignored);
		db->migrating = false;
	}
	return r;
}

static int foreign_keys_hold(struct cs_sqlite *db, struct cs_err *err)
{
	int64_t row = INT64_MIN;
	int r = cs_sqlite_pragma(db, "SELECT COUNT(*) FROM pragma_foreign_key_check", &row, err);

	if (r == 0 && row > 0)
		r = cs_err_set(err, CS_DB, "store '%s': %lld rows refer to missing ones", db->url,
			       (long long)row);
	return r;
}

static int commit(struct cs_db *base, struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	int r = 0;

	if (db->migrating)
		r = foreign_keys_hold(db, err);
	if (r == 0 && db->immutable)
		r = cs_sqlite_still(db, err);
	if (r == 0)
		r = cs_sqlite_exec(db, "COMMIT", err);
	if (r == 0 && db->migrating) {
		db->migrating = false;
		r = cs_sqlite_exec(db, "PRAGMA foreign_keys = ON", err);
	}
	return r;
}

static void rollback(struct cs_db *base)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	struct cs_err ignored;

	/* An interrupt must not stop what cleans up. Some errors have rolled back already. */
	sqlite3_progress_handler(db->h, 0, NULL, NULL);
	if (!sqlite3_get_autocommit(db->h))
		cs_sqlite_exec(db, "ROLLBACK", &ignored);
	if (db->migrating)
		cs_sqlite_exec(db, "PRAGMA foreign_keys = ON", &ignored);
	db->migrating = false;
}

/* --- statements --- */

static int name_params(struct cs_sqlite_stmt *st)
{
	st->n_params = (size_t)sqlite3_bind_parameter_count(st->s);
	st->params = calloc(st->n_params + 1, sizeof(*st->params));
	if (!st->params)
		return -CS_NOMEM;
	for (size_t i = 0; i < st->n_params; i++) {
		const char *name = sqlite3_bind_parameter_name(st->s, (int)i + 1);

		st->params[i] = name ? name + 1 : "";
	}
	return 0;
}

static int prepare(struct cs_db *base, const struct cs_statement *statement, struct cs_stmt **ret,
		   struct cs_err *err)
{
	struct cs_sqlite *db = (struct cs_sqlite *)base;
	struct cs_sqlite_stmt *st = calloc(1, sizeof(*st));
	int rc;

	if (!st)
		return cs_err_nomem(err);
	rc = sqlite3_prepare_v3(db->h, statement->text, -1,
				SQLITE_PREPARE_PERSISTENT | SQLITE_PREPARE_NO_VTAB, &st->s, NULL);
	if (rc != SQLITE_OK) {
		free(st);
		cs_sqlite_error(db, rc, err);
		return cs_err_prefix(err, "statement %s", statement->name);
	}
	if (name_params(st) < 0) {
		sqlite3_finalize(st->s);
		free(st);
		return cs_err_nomem(err);
	}
	st->base.driver = base->driver;
	st->db = db;
	st->name = statement->name;
	*ret = &st->base;
	return 0;
}

static void finalize(struct cs_stmt *base)
{
	struct cs_sqlite_stmt *st = (struct cs_sqlite_stmt *)base;

	sqlite3_finalize(st->s);
	free(st->params);
	free(st);
}

static int bind_one(sqlite3_stmt *s, int i, const struct cs_param *p)
{
	switch (p->type) {
	case CS_PARAM_INT:
		return sqlite3_bind_int64(s, i, p->number);
	case CS_PARAM_TEXT:
		return sqlite3_bind_text64(s, i, p->data, p->len, SQLITE_STATIC, SQLITE_UTF8);
	case CS_PARAM_BLOB:
		return sqlite3_bind_blob64(s, i, p->data, p->len, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(s, i);
	}
}

/* Callers mostly give them in the order of the statement: the search begins behind the last one. */
static size_t find_param(const struct cs_sqlite_stmt *st, const char *name, size_t from)
{
	for (size_t k = 0; k < st->n_params; k++, from++) {
		if (from >= st->n_params)
			from = 0;
		if (strcmp(st->params[from], name) == 0)
			return from;
	}
	return st->n_params;
}

static int bind(struct cs_stmt *base, const struct cs_param *params, size_t n, struct cs_err *err)
{
	struct cs_sqlite_stmt *st = (struct cs_sqlite_stmt *)base;
	size_t at = 0;

	if (st->n_params != n)
		return cs_err_set(err, CS_DB, "statement %s takes %zu parameters, not %zu",
				  st->name, st->n_params, n);
	for (size_t i = 0; i < n; i++, at++) {
		int rc;

		at = find_param(st, params[i].name, at);
		if (at == st->n_params)
			return cs_err_set(err, CS_DB, "statement %s has no parameter :%s", st->name,
					  params[i].name);
		rc = bind_one(st->s, (int)at + 1, &params[i]);
		if (rc != SQLITE_OK)
			return cs_sqlite_error(st->db, rc, err);
	}
	return 0;
}

static int step(struct cs_stmt *base, struct cs_err *err)
{
	struct cs_sqlite_stmt *st = (struct cs_sqlite_stmt *)base;
	int rc = sqlite3_step(st->s);

	if (rc == SQLITE_ROW)
		return 0;
	if (rc == SQLITE_DONE)
		return 1;
	return cs_sqlite_error(st->db, rc, err);
}

static void reset(struct cs_stmt *base)
{
	sqlite3_stmt *s = ((struct cs_sqlite_stmt *)base)->s;

	sqlite3_reset(s);
	sqlite3_clear_bindings(s); /* what they point to may be gone */
}

/* Refused: RETURNING, which SQLite runs as a trigger: twice the work of the whole insert. */
static int64_t inserted(struct cs_stmt *base)
{
	return sqlite3_last_insert_rowid(((struct cs_sqlite_stmt *)base)->db->h);
}

static bool is_null(struct cs_stmt *base, int column)
{
	return sqlite3_column_type(((struct cs_sqlite_stmt *)base)->s, column) == SQLITE_NULL;
}

static int64_t get_int(struct cs_stmt *base, int column)
{
	return sqlite3_column_int64(((struct cs_sqlite_stmt *)base)->s, column);
}

static const char *get_text(struct cs_stmt *base, int column)
{
	return (const char *)sqlite3_column_text(((struct cs_sqlite_stmt *)base)->s, column);
}

static const void *get_blob(struct cs_stmt *base, int column, size_t *ret_len)
{
	sqlite3_stmt *s = ((struct cs_sqlite_stmt *)base)->s;
	const void *p = sqlite3_column_blob(s, column);

	*ret_len = p ? (size_t)sqlite3_column_bytes(s, column) : 0;
	/* SQLite gives NULL for an empty one, too. */
	if (!p && !is_null(base, column) && sqlite3_errcode(sqlite3_db_handle(s)) != SQLITE_NOMEM)
		p = "";
	return p;
}

static int others(struct cs_db *base, int64_t *ret, struct cs_err *err)
{
	return cs_sqlite_pragma((struct cs_sqlite *)base, "PRAGMA data_version", ret, err);
}

const struct cs_driver cs_driver_sqlite = {
	.name = "sqlite",
	.open = cs_sqlite_open,
	.close = cs_sqlite_close,
	.set_busy = set_busy,
	.version = version,
	.set_version = set_version,
	.exec = exec,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.prepare = prepare,
	.finalize = finalize,
	.bind = bind,
	.step = step,
	.reset = reset,
	.inserted = inserted,
	.is_null = is_null,
	.get_int = get_int,
	.get_text = get_text,
	.get_blob = get_blob,
	.backup = cs_sqlite_backup,
	.size = cs_sqlite_size,
	.check = cs_sqlite_check,
	.others = others,
	.shrink = cs_sqlite_shrink,
};
