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
#include "util/buf.h"

/*
 * Of an inbox that is walked again and again: what was taken in is left alone, what is bad is
 * noted. Paths are those that messages use; st is of before the file was read. NULL for record.
 */
struct cs_record_watch {
	void *arg;
	/*
	 * Builds that began before are left out, for they are summed up. Asked as each transaction
	 * begins: another may have summed up what this one is about to take in.
	 */
	int (*not_before)(void *arg, int64_t *ret_unix_ns, struct cs_err *err);
	/* It may be written to just now. */
	bool (*waits)(void *arg, const char *name, const struct stat *st);
	/* 1 = not taken in yet */
	int (*taken)(void *arg, const char *path, const struct stat *st, struct cs_err *err);
	/* All it held went in; within the transaction of that, where it is still open. */
	int (*done)(void *arg, const char *path, const struct stat *st, struct cs_err *err);
	/* It tells of no build; not to be looked at again. */
	int (*skip)(void *arg, const char *path, const struct stat *st, struct cs_err *err);
	/* path: of a file, FILE:LINE of a batch, "FILE: MEMBER" of a zip */
	int (*bad)(void *arg, const char *path, const struct cs_err *why, struct cs_err *err);
	/* 0 = all of that batch is in but some lines (number 0), or all but that line; 1 = not so
	 */
	int (*lacks)(void *arg, const char *path, const struct stat *st, int64_t line,
		     struct cs_err *err);
	/* All went in but these lines. */
	int (*partly)(void *arg, const char *path, const struct stat *st, const int64_t *lines,
		      size_t n, struct cs_err *err);
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
	int64_t not_before_unix_ns;    /* what it said last */
	const char *watched;	       /* the file that is read */
	const struct stat *watched_st; /* as it was before; NULL for a folder */
	bool put_off;		       /* it is not done with: written to meanwhile, or it waits */
	struct cs_buf held; /* lines that did not go in: the files they name must not go in alone */
	int64_t n_new_builds, n_joined_builds; /* without runs */
	int64_t n_old;			       /* builds left out by the watch */
	int64_t n_waiting;		       /* files left for the next time */
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
/* Of the file that is watched: whether it is another one than when it was looked at. */
bool cs_recorder_changed(const struct cs_recorder *rec);
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
int cs_documents_of(struct cs_app *app, struct cs_stream *in /* takes */, const char *name,
		    struct cs_documents *ret, struct cs_err *err);

/* --- record_files.c --- */

/* Files and folders in a stable order, whatever order they are named in; "-" is standard input. */
int cs_record_files(struct cs_recorder *rec, const char *const *names, size_t n,
		    struct cs_err *err);

/* --- batch.c --- */

/* Lines of JSON, one build or run each; "-" is standard input. */
int cs_record_batch(struct cs_recorder *rec, const char *path, struct cs_err *err);
int cs_record_runs(struct cs_recorder *rec, const char *path, struct cs_err *err);
/* Takes nothing in, but holds back what its lines name. */
int cs_record_batch_hold(struct cs_recorder *rec, const char *path, struct cs_err *err);
/* Holds back what the line of a batch in the folder names. */
int cs_record_hold(struct cs_recorder *rec, const char *dir, size_t dir_len, const char *line,
		   size_t len, struct cs_err *err);
/* Whether a line of a batch that did not go in names the file. */
bool cs_record_is_held(const struct cs_recorder *rec, const char *path);
/* By its first bytes whether it is a batch, and of which kind: the first line that can be read
 * tells; 1 = neither. */
int cs_record_batch_probe(const struct cs_limits *limits, const char *data, size_t len,
			  bool *ret_runs, struct cs_err *err);
#define CS_BATCH_PROBE ((size_t)64 << 10)

#endif
