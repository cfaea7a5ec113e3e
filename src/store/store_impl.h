/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the store share: the store itself, statements by number, texts, test points. */
#ifndef CS_STORE_STORE_IMPL_H
#define CS_STORE_STORE_IMPL_H

#include <string.h>

#include "store/driver.h"
#include "store/testpoint.h"

/* Texts of the dictionary read before; a direct-mapped table, valid within one transaction. */
#define CS_TEXT_SLOTS 8192
#define CS_TEXT_KEEP  4096 /* longer ones are read each time */

struct cs_text_slot {
	int64_t id; /* 0 = empty */
	char *text;
};

/* Numbers of texts, projects and step definitions written or found before in a bulk; the same, the
 * other way round. */
#define CS_WORD_SLOTS 4096
#define CS_WORD_KEEP  1024
#define CS_HASH_BYTES 16
#define CS_KEY_BYTES  9 /* of a digest, in an index */

struct cs_word_slot {
	int64_t project, id; /* 0 = empty */
	char *text;
};

struct cs_def_slot {
	int64_t project, no; /* 0 = empty */
	uint8_t hash[CS_HASH_BYTES];
};

struct cs_words {
	struct cs_word_slot texts[CS_WORD_SLOTS];
	struct cs_def_slot defs[CS_WORD_SLOTS];
};

enum cs_bulk { CS_BULK_NONE, CS_BULK_OPEN, CS_BULK_FAILED /* and rolled back */ };

struct cs_store {
	const struct cs_ctx *ctx;
	const struct cs_driver *driver;
	struct cs_db *db;
	enum cs_store_mode mode;
	char *url;   /* its scheme taken off */
	bool absent; /* reading, and nothing is there: db is an empty one in memory */
	struct cs_stmt *stmts[CS_SQL_N];
	unsigned readers; /* nested reads within one transaction */
	enum cs_bulk bulk;
	struct cs_hasher *hasher;
	struct cs_text_slot *texts;
	size_t n_texts;		/* put there; 0 = all slots are empty */
	struct cs_words *words; /* NULL = none, or no memory for them */
	struct cs_testpoints points;
};

/* For tests, which bring other drivers and other migrations; NULL fields are the real ones. */
struct cs_store_options {
	const struct cs_driver *driver;
	const struct cs_migration *migrations;
	size_t n_migrations;
	int64_t *ret_version; /* the schema's version before it was migrated */
	bool must_exist;
};
int cs_store_open_with(const struct cs_ctx *ctx, const char *url, enum cs_store_mode mode,
		       const struct cs_store_options *options, struct cs_store **ret,
		       struct cs_err *err);

/* migrate.c: brings an open store to the newest version; a copy of the old goes beside it. */
int cs_schema_migrate(struct cs_store *store, const struct cs_store_options *options,
		      struct cs_err *err);
int64_t cs_schema_latest(const struct cs_store_options *options, const char *engine);

/* --- transactions --- */
int cs_st_begin_read(struct cs_store *store, struct cs_err *err); /* may be nested */
/* Ends a read; r is the result so far, and what is returned unless ending failed. */
int cs_st_end_read(struct cs_store *store, int r, struct cs_err *err);
int cs_st_begin_write(struct cs_store *store, struct cs_err *err);
/*
 * Commits where r is 0, else (or if that fails) rolls back and returns r. Within a bulk neither
 * begins nor ends anything; but a write that failed rolls all of it back.
 */
int cs_st_end_write(struct cs_store *store, int r, struct cs_err *err);

/* --- statements: params, n = CS_PARAMS(…) or NULL, 0 --- */
/* Prepared once and kept. Rows follow by cs_st_next(). */
int cs_st_query(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
		struct cs_stmt **ret, struct cs_err *err);
int cs_st_next(struct cs_stmt *st, struct cs_err *err); /* 0, 1 no more; reset unless 0 */
int cs_st_run(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
	      struct cs_err *err);
/* First column of the first row. 0; 1 = no row, or NULL. */
int cs_st_int(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
	      int64_t *ret, struct cs_err *err);
/* Inserts one row; *ret is the number it was given. */
int cs_st_insert(struct cs_store *store, enum cs_sql sql, const struct cs_param *params, size_t n,
		 int64_t *ret, struct cs_err *err);
int cs_st_prepare(struct cs_store *store, enum cs_sql sql, struct cs_err *err);

/* --- columns; damage (a number out of range, a digest of a wrong size) is CS_DB --- */
struct cs_row {
	struct cs_store *store;
	struct cs_stmt *st;
	struct cs_arena *arena; /* where texts go */
	struct cs_err *err;
	int column; /* the next one */
	int r;	    /* sticky: the first failure */
};
int64_t cs_db_row_int(struct cs_row *row, int64_t none);
int cs_db_row_enum(struct cs_row *row, int n);	/* 0 … n-1 */
const char *cs_db_row_text(struct cs_row *row); /* copied; NULL for NULL */
void cs_db_row_digest(struct cs_row *row, struct cs_digest *ret);
const void *cs_db_row_blob(struct cs_row *row, size_t *ret_len); /* borrowed until the next step */

/* --- store_texts.c --- */
int cs_st_project(struct cs_store *store, const char *name, bool create, int64_t *ret,
		  struct cs_err *err); /* 0; 1 = not there, and not created */
/* The number of a text, made where it has none; NULL is 0. */
int cs_st_text_id(struct cs_store *store, int64_t project, const char *text, int64_t *ret,
		  struct cs_err *err);
/* 0; 1 = the project has no such text. */
int cs_st_text_find(struct cs_store *store, int64_t project, const char *text, int64_t *ret,
		    struct cs_err *err);
/* The text of a number, copied into arena; 0 gives NULL. */
int cs_st_text(struct cs_store *store, int64_t id, struct cs_arena *arena, const char **ret,
	       struct cs_err *err);
/* Keys of dictionaries: the first CS_HASH_BYTES of a sha256 over parts that cannot run together. */
void cs_st_hash_number(struct cs_hasher *h, int64_t v);
void cs_st_hash_text(struct cs_hasher *h, const char *text); /* may be NULL */
void cs_st_texts_forget(struct cs_store *store);
/* The slot of a definition; NULL without memory. It may be another one's. */
struct cs_def_slot *cs_st_def_slot(struct cs_store *store, const uint8_t hash[CS_HASH_BYTES]);
/* Valid UTF-8 (PostgreSQL takes nothing else): text itself, or a copy in buf with U+FFFD. */
int cs_st_clean(const char *text, struct cs_buf *buf, const char **ret, struct cs_err *err);

/* --- ids --- */
/* 16 hex digits <-> 8 bytes; false if text is none. */
bool cs_id_parse(const char *text, uint8_t ret[8]);
void cs_id_format(const uint8_t id[8], char ret[17]);
int cs_build_identify(struct cs_hasher *hasher, const struct cs_build *build, uint8_t ret[8]);

/* --- store_layers.c --- */
/* The columns layer_no … file_bytes of layer_by_blob, layer_by_diff_id, layers_get. */
int64_t cs_db_row_layer(struct cs_row *row, struct cs_layer *ret);
/* The number of the layer in its place; makes it, the layer and its entry list where needed. */
int cs_st_layer_put(struct cs_store *store, int64_t project, const struct cs_layer *layer,
		    int64_t *ret_place, struct cs_err *err);

/* build_layers.verdict: state, verified, present, its blob present, evidence. */
static inline int64_t cs_st_verdict(const struct cs_layer *l)
{
	return (int64_t)l->state | (int64_t)l->verified << 2 | (int64_t)l->present_before << 4 |
	       (int64_t)l->blob_present_before << 5 | (int64_t)l->evidence << 6;
}

/* --- steps: store_steps.c --- */
struct cs_step_plan; /* what of a step can be computed before the transaction */
int cs_st_steps_plan(struct cs_store *store, const struct cs_build *build, struct cs_arena *arena,
		     struct cs_step_plan **ret, struct cs_err *err);
int cs_st_steps_put(struct cs_store *store, int64_t project, int64_t build_no,
		    const struct cs_build *build, const struct cs_step_plan *plan,
		    struct cs_err *err);
int cs_st_steps_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		    struct cs_build *build, struct cs_err *err);
/* The numbers of their definitions, which must be n. */
int cs_st_steps_defs(struct cs_store *store, int64_t build_no, size_t n, struct cs_arena *arena,
		     int64_t **ret, struct cs_err *err);

/* --- reading builds: store_builds_row.c --- */
/* Counts that the build's row claims; what is read is held against them. The recipe's texts. */
struct cs_build_counts {
	int64_t labels, steps, layers, results;
	int64_t recipe, dockerfile, revision, error, warnings;
};
/* All but labels, steps, layers, results and recipe. 0; 1 = not there (any more). */
int cs_st_build_row(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		    struct cs_build *ret, struct cs_build_counts *ret_counts, struct cs_err *err);
int cs_st_labels_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		     struct cs_build *build, struct cs_err *err);
int cs_st_layers_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		     struct cs_build *build, struct cs_err *err);
/* What CS_WITH_… name, held against the counts. */
int cs_st_build_fill(struct cs_store *store, int64_t build_no, unsigned with,
		     struct cs_arena *arena, struct cs_build *build,
		     const struct cs_build_counts *counts, struct cs_err *err);
/* Numbers of the projects that the filter names, or of all: int64_t in ret. */
int cs_st_projects(struct cs_store *store, const struct cs_filter *filter, struct cs_buf *ret,
		   struct cs_err *err);
/* Numbers of the builds that match, newest first, without reading steps and layers. */
typedef int cs_st_build_fn(void *arg, int64_t build_no, struct cs_err *err);
int cs_st_builds_each(struct cs_store *store, const struct cs_filter *filter, cs_st_build_fn *fn,
		      void *arg, struct cs_err *err);
/* The place of a build in the order of recording; INT64_MAX where it is not in the store. */
int cs_st_build_no(struct cs_store *store, const char *id, int64_t *ret, struct cs_err *err);
int cs_st_damaged(struct cs_store *store, struct cs_err *err, const char *fmt, ...) CS_PRINTF(3, 4);

/* --- store_runs.c, store_runs_list.c --- */
/* 0; 1 = not there (any more). */
int cs_st_run_get(struct cs_store *store, int64_t run_no, struct cs_arena *arena,
		  struct cs_run *ret, struct cs_err *err);
/* Runs that match, oldest first; a start that is unknown is that of the first build. */
typedef int cs_st_run_fn(void *arg, int64_t run_no, bool has_builds, const struct cs_run *run,
			 struct cs_err *err);
int cs_st_runs_each(struct cs_store *store, const struct cs_filter *filter, cs_st_run_fn *fn,
		    void *arg, struct cs_err *err);

/* --- results: store_results.c --- */
/* build_results.kind */
enum { CS_KIND_LAYERS = 1, CS_KIND_REF = 2, CS_N_KINDS = 4 };
/* What stands for a digest in build_results. */
int64_t cs_st_digest_head(const struct cs_digest *d);
/* Those that have no column of their own, out of all. Only -CS_NOMEM, without a message. */
int cs_st_results_pack(const struct cs_build *build, struct cs_buf *ret);
int cs_st_results_put(struct cs_store *store, int64_t project, int64_t build_no,
		      const struct cs_build *build, struct cs_err *err);
/* All, of a build that has its config and manifest already. */
int cs_st_results_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		      struct cs_build *build, struct cs_err *err);
/* 0; 1 = the digest is not among them, or there is no such build. */
int cs_st_has_result(struct cs_store *store, int64_t build_no, const struct cs_digest *digest,
		     struct cs_err *err);
/* Before the build's row goes. */
int cs_st_results_drop(struct cs_store *store, int64_t build_no, struct cs_err *err);

/* --- deleting: store_drop.c --- */
/* A layer in its place that a build has. */
struct cs_use {
	int64_t place, layer;
	struct cs_digest diff_id;
};
int cs_st_uses_get(struct cs_store *store, int64_t build_no, struct cs_buf *ret,
		   struct cs_err *err); /* struct cs_use in ret */
/*
 * Deletes the rows of a build; what only it may have used is added to uses, and its project and run
 * are told (0 = none), for the two below. 0; 1 = not there.
 */
int cs_st_build_drop(struct cs_store *store, int64_t build_no, struct cs_buf *uses,
		     int64_t *ret_project, int64_t *ret_run, struct cs_err *err);
/* Deletes places, layers and entry lists that no build has; adds the layers to *n_layers. */
int cs_st_uses_drop(struct cs_store *store, int64_t project, const struct cs_buf *uses,
		    int64_t *n_layers, struct cs_err *err);
/* Deletes a run that no build has. 0; 1 = one has. */
int cs_st_run_drop(struct cs_store *store, int64_t run_no, struct cs_err *err);

/* --- prices and builds in short: store_prices.c, store_briefs.c --- */
/* The prices of a build that was put; what is kept in short from it on is stale. */
int cs_st_past_put(struct cs_store *store, int64_t project, int64_t scope, const uint8_t id[8],
		   const struct cs_build *build, struct cs_err *err);
/* Those of one that goes because it is written again: its rows must still be there. */
int cs_st_past_drop(struct cs_store *store, int64_t build_no, struct cs_err *err);
/* One that is pruned: prices stay, and what is first of its scope. Its row must still be there. */
int cs_st_past_forget(struct cs_store *store, int64_t build_no, struct cs_err *err);
/* Deletes prices that no build which is kept, or comes, can ask for; a transaction of its own. */
int cs_st_prices_sweep(struct cs_store *store, int64_t project, struct cs_err *err);

/* --- parameters; unknown values become NULL --- */
static inline struct cs_param cs_p_null(const char *name)
{
	return (struct cs_param){ name, CS_PARAM_NULL, 0, NULL, 0 };
}

static inline struct cs_param cs_p_int(const char *name, int64_t v)
{
	return (struct cs_param){ name, CS_PARAM_INT, v, NULL, 0 };
}

/* NULL for none: -1, CS_TIME_NONE, 0 for a number in a dictionary. */
static inline struct cs_param cs_p_opt(const char *name, int64_t v, int64_t none)
{
	return v == none ? cs_p_null(name) : cs_p_int(name, v);
}

static inline struct cs_param cs_p_text(const char *name, const char *v)
{
	return v ? (struct cs_param){ name, CS_PARAM_TEXT, 0, v, strlen(v) } : cs_p_null(name);
}

static inline struct cs_param cs_p_blob(const char *name, const void *data, size_t len)
{
	return data ? (struct cs_param){ name, CS_PARAM_BLOB, 0, data, len } : cs_p_null(name);
}

/* struct cs_digest begins with the byte of its algorithm: it is its own column value. */
static inline struct cs_param cs_p_digest(const char *name, const struct cs_digest *d)
{
	_Static_assert(offsetof(struct cs_digest, bytes) == 1, "algorithm and bytes lie together");
	return cs_digest_known(d) ? cs_p_blob(name, d, 1 + cs_digest_size(d->algo))
				  : cs_p_null(name);
}

#define CS_PARAMS(...)                                                                             \
	(const struct cs_param[]){ __VA_ARGS__ },                                                  \
		sizeof((const struct cs_param[]){ __VA_ARGS__ }) / sizeof(struct cs_param)

#endif
