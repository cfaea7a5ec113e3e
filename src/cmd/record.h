/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What record and batches (and whoever takes in folders) share: a store that is opened when the
 * first build is there to be kept, transactions of many builds, the report, and the errors, of
 * which each is told once and none stops the others.
 */
#ifndef CS_CMD_RECORD_H
#define CS_CMD_RECORD_H

#include <sys/stat.h>

#include "build/doc.h"
#include "cmd/cmd.h"
#include "model/run.h"

/*
 * Of an inbox that is walked again and again: what was taken in is left alone, what is bad is
 * noted. Paths are those that messages use. NULL for record itself.
 */
struct cs_record_watch {
	void *arg;
	int64_t not_before_unix_ns; /* builds that began before are left out, for they are summed up */
	/* 1 = not taken in yet */
	int (*taken)(void *arg, const char *path, const struct stat *st, struct cs_err *err);
	/* All it held went in; within the transaction of that, where it is still open. */
	int (*done)(void *arg, const char *path, const struct stat *st, struct cs_err *err);
	int (*bad)(void *arg, const char *path, const struct cs_err *why, struct cs_err *err);
};

struct cs_recorder {
	struct cs_app *app;
	const struct cs_args *args;
	struct cs_report *report; /* NULL = none is wanted */
	int64_t rows, rows_max;	  /* in it; rows_max -1 = as many as there are */
	struct cs_store *store;
	bool writable, in_bulk, strict;
	int64_t bulk_builds, bulk_since_ns;
	int64_t n_new, n_same, n_joined, n_bad, n_skipped;
	char *project;	       /* of the builds that went in; NULL so far */
	bool several_projects; /* they were not all of one */
	struct cs_err bad;     /* of the last bad input, not told yet */
	const struct cs_record_watch *watch;
	const char *watched; /* the file that is read */
	int64_t n_new_builds, n_joined_builds; /* without runs */
	int64_t n_old;			       /* builds left out by the watch */
};

void cs_recorder_init(struct cs_recorder *rec, struct cs_app *app, const struct cs_args *args);
void cs_recorder_release(struct cs_recorder *rec); /* what was not committed is rolled back */
/* The store, for reading at least. */
int cs_recorder_store(struct cs_recorder *rec, struct cs_store **ret, struct cs_err *err);
/*
 * The project of a run that does not name one: that of the builds taken in before, else the only
 * one in the store; "" where that does not tell.
 */
int cs_recorder_project(struct cs_recorder *rec, struct cs_arena *arena, const char **ret,
			struct cs_err *err);
/* Takes a build or a run in. An error here is the store's: nothing more can be done. */
int cs_recorder_build(struct cs_recorder *rec, const char *source, const struct cs_build *build,
		      struct cs_err *err);
int cs_recorder_run(struct cs_recorder *rec, const char *source, const struct cs_run *run,
		    struct cs_err *err);
/* Within a transaction that a build would go into, too: begins one if there is none. */
int cs_recorder_begin(struct cs_recorder *rec, struct cs_err *err);
/*
 * An input that cannot be taken in: 0 to go on with the next, or the error where it is no fault of
 * the input (memory, an interrupt, the store, an option).
 */
bool cs_recorder_is_fatal(enum cs_code code);
int cs_recorder_bad(struct cs_recorder *rec, struct cs_err *err);
/* Tells the last bad input at once, where another error is the command's. */
void cs_recorder_tell(struct cs_recorder *rec);
/* Commits; with --strict only if nothing was bad. Then *err and negative if anything was. */
int cs_recorder_end(struct cs_recorder *rec, struct cs_err *err);

/* --- record_read.c --- */

/* The builds that one input tells of, read whole before any is taken in. */
struct cs_documents {
	struct cs_doc **v;
	size_t n, cap;
};
void cs_documents_release(struct cs_documents *docs);
/* 1 = it is no builder's document. fd is borrowed. */
int cs_documents_read(struct cs_app *app, int fd, int64_t size, const char *name,
		      struct cs_documents *ret, struct cs_err *err);

/* --- record_files.c --- */

/* Files and folders in a stable order, whatever order they are named in; "-" is standard input. */
int cs_record_files(struct cs_recorder *rec, const char *const *names, size_t n,
		    struct cs_err *err);

/* --- batch.c --- */

/* Lines of JSON, one build or run each; "-" is standard input. */
int cs_record_batch(struct cs_recorder *rec, const char *path, struct cs_err *err);
int cs_record_runs(struct cs_recorder *rec, const char *path, struct cs_err *err);
/* Whether the first line is one of a batch, and of which kind; 1 = neither. fd is borrowed. */
int cs_record_batch_probe(struct cs_recorder *rec, int fd, bool *ret_runs, struct cs_err *err);

#endif
