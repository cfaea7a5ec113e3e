/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine must do for the store: run named statements in transactions, and care for its
 * file. Domain calls never see an engine, and never branch on one.
 *
 * Promises that every driver keeps, so that the calls written once above are right on all of them:
 * - One writer: from begin(CS_TX_WRITE) to its end nobody else writes; what is read stays true.
 *   Waiting for that is bounded (CS_BUSY); nothing waits once it has begun.
 * - One snapshot: all reads from begin(CS_TX_READ) to its end see the same state.
 * - commit() that returned 0 is on disk.
 * - After any failure rollback() leaves the state of before begin().
 * In return a statement is read to its end, or reset, before another one is stepped (libpq has one
 * result at a time), and text taken from a row is copied before the next step.
 *
 * Errors name the store once ("store 'PATH': …"). CS_BUSY, CS_DB (damaged, foreign, newer, full),
 * CS_IO, CS_NOMEM, CS_CANCELED.
 */
#ifndef CS_STORE_DRIVER_H
#define CS_STORE_DRIVER_H

#include <stdbool.h>

#include "model/digest.h"
#include "store/sql.h"
#include "store/store.h"

struct cs_driver;

/* The head of each driver's own structures. */
struct cs_db {
	const struct cs_driver *driver;
};
struct cs_stmt {
	const struct cs_driver *driver;
};

enum cs_param_type { CS_PARAM_NULL, CS_PARAM_INT, CS_PARAM_TEXT, CS_PARAM_BLOB };

/* A named parameter. data is borrowed until the statement was stepped to its end or reset. */
struct cs_param {
	const char *name; /* without the colon */
	enum cs_param_type type;
	int64_t number;
	const void *data;
	size_t len;
};

enum cs_tx {
	CS_TX_READ,
	CS_TX_WRITE,
	CS_TX_MIGRATE, /* CS_TX_WRITE with foreign keys checked at its commit, not before */
};

struct cs_driver {
	const char *name; /* "sqlite": the engine of the migrations */
	/*
	 * url as the user gave it, its scheme taken off. A schema newer than latest is refused with
	 * nothing touched. 0; 1 = CS_STORE_READ and nothing is there.
	 */
	int (*open)(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		    int64_t latest, struct cs_db **ret, struct cs_err *err);
	void (*close)(struct cs_db *db /* takes */);
	void (*set_busy)(struct cs_db *db, int ms); /* how long to wait for a writer */

	/* The schema's version: 0 = a fresh store. set within a transaction. */
	int (*version)(struct cs_db *db, int64_t *ret, struct cs_err *err);
	int (*set_version)(struct cs_db *db, int64_t version, struct cs_err *err);
	int (*exec)(struct cs_db *db, const char *sql, struct cs_err *err); /* migrations only */

	int (*begin)(struct cs_db *db, enum cs_tx tx, struct cs_err *err);
	int (*commit)(struct cs_db *db, struct cs_err *err);
	void (*rollback)(struct cs_db *db);

	int (*prepare)(struct cs_db *db, const struct cs_statement *statement, struct cs_stmt **ret,
		       struct cs_err *err);
	void (*finalize)(struct cs_stmt *stmt /* takes */);
	/* Every parameter of the statement, and no other, must be among the n. */
	int (*bind)(struct cs_stmt *stmt, const struct cs_param *params, size_t n,
		    struct cs_err *err);
	int (*step)(struct cs_stmt *stmt, struct cs_err *err); /* 0 a row, 1 no more */
	void (*reset)(struct cs_stmt *stmt);
	/* The number that the engine gave the one row which the statement inserted last. */
	int64_t (*inserted)(struct cs_stmt *stmt);
	/* Columns of the row, from 0. NULL of text and blob: SQL's NULL, or memory is out. */
	bool (*is_null)(struct cs_stmt *stmt, int column);
	int64_t (*get_int)(struct cs_stmt *stmt, int column);
	const char *(*get_text)(struct cs_stmt *stmt, int column);
	const void *(*get_blob)(struct cs_stmt *stmt, int column, size_t *ret_len);

	/* A copy of the whole store in a file that appears under its name when it is complete. */
	int (*backup)(struct cs_db *db, const char *path, struct cs_err *err);
	int (*size)(struct cs_db *db, int64_t *ret_bytes, struct cs_err *err);
	/* The engine's own examination; fn for each problem. */
	int (*check)(struct cs_db *db, int (*fn)(void *arg, const char *problem), void *arg,
		     struct cs_err *err);
	/* A number that changes when another connection has committed; within a transaction. */
	int (*others)(struct cs_db *db, int64_t *ret, struct cs_err *err);
	int (*shrink)(struct cs_db *db, struct cs_err *err); /* gives free space back */
};

extern const struct cs_driver cs_driver_sqlite;

#endif
