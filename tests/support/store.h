/* SPDX-License-Identifier: Apache-2.0 */
/* Builds to record, places to record them in, and what a store holds as text. */
#ifndef CS_TESTS_SUPPORT_STORE_H
#define CS_TESTS_SUPPORT_STORE_H

#include "store/store.h"
#include "util/buf.h"

extern struct cs_err err; /* of every call that a test makes */

/* What a test of the store has: a clock that stands still, a place, perhaps an open store. */
struct fixture {
	struct cs_ctx ctx;
	struct cs_arena *arena;
	struct cs_store *store; /* of memory_set_up(): open, in memory */
	char *folder;		/* of file_set_up(): a new one */
	char *path, *copy;	/* in it, not there yet */
	struct cs_buf a, b, c;	/* for what a test compares */
};
int memory_set_up(void **state);
int file_set_up(void **state);
int fixture_tear_down(void **state);
int64_t fixture_now(void); /* what its clock says */

struct cs_store *open_store(struct fixture *f, enum cs_store_mode mode);
void put_build(struct fixture *f, struct cs_store *store, const struct cs_build *b,
	       enum cs_put want);
void put_samples(struct fixture *f, struct cs_store *store, int from, int to); /* all new */
/* Builds from … to-1 into the store at path, which is closed afterwards. */
void make_store(struct fixture *f, int from, int to);
void assert_says(const char *part); /* the last error's message */

/* A new folder under TMPDIR; removed with all in it by folder_free(). Fails the test on error. */
char *folder_new(void);
void folder_free(char *folder /* takes */);
char *path_in(const char *folder, const char *name); /* the caller frees it */
size_t folder_count(const char *folder);	     /* entries */

/*
 * Build number n with every field filled: 3 steps, 4 layers of which 2 are the base's (the same in
 * all builds), the third changes every 5 builds, the topmost with each. Starts a minute after the
 * one before. Everything lives in arena.
 */
void sample_build(struct cs_arena *arena, int n, struct cs_build *ret);
/* The same told by a builder, with what sample_build() lacks: ref, recipe, results, graph, origins. */
void full_build(struct cs_arena *arena, int n, struct cs_build *ret);
/* sha256 of "kind-n" as a digest. */
struct cs_digest sample_digest(const char *kind, int n);

/* Every row of every table, as text; the file is opened anew. Fails the test on error. */
void dump_store(const char *path, struct cs_buf *ret);
/* Runs SQL on the file behind the store's back. */
void tamper(const char *path, const char *sql);
/* Texts but for names of scopes whose builds were pruned: they stay. */
#define NO_SCOPE "WHERE text_id NOT IN (SELECT scope_id FROM forgotten_scopes)"
/* First column of the first row, behind the store's back. */
int64_t ask(const char *path, const char *sql);
/* All bytes of a file. */
void slurp(const char *path, struct cs_buf *ret);
void spill(const char *path, const void *data, size_t len);

/* Fails the test where the builds differ in anything that the store keeps. */
void assert_same_build(const struct cs_build *a, const struct cs_build *b);

/* cs_store_chain_seen() of a chain with any time. */
static inline int chain_seen(struct cs_store *store, const char *project, const char *scope,
			     const struct cs_digest *chain_id, const char *before_id,
			     struct cs_arena *arena, struct cs_seen *ret, struct cs_err *e)
{
	struct cs_seen_query query = { project, scope, *chain_id, CS_TIME_NONE, before_id };

	return cs_store_chain_seen(store, &query, arena, ret, e);
}

#endif
