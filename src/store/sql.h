/* SPDX-License-Identifier: Apache-2.0 */
/* All SQL that the program knows: data/sql, made into C by scripts/embed-sql. */
#ifndef CS_STORE_SQL_H
#define CS_STORE_SQL_H

#include <stddef.h>
#include <stdint.h>

#include "store/statements.h" /* enum cs_sql */

struct cs_statement {
	const char *name;
	const char *text; /* one statement with parameters ":name", the same on every engine */
};
extern const struct cs_statement cs_statements[CS_SQL_N];

/* Forward only; a fresh store replays them all. In the order of version for each engine. */
struct cs_migration {
	int64_t version;
	const char *engine, *name;
	const char *text; /* any number of statements */
};
extern const struct cs_migration cs_migrations[];
extern const size_t cs_migrations_n;

#endif
