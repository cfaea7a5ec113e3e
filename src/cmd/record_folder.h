/* SPDX-License-Identifier: Apache-2.0 */
/* What record does with a folder, and with the files of one. */
#ifndef CS_CMD_RECORD_FOLDER_H
#define CS_CMD_RECORD_FOLDER_H

#include "cmd/record.h"

/* The files of one folder, and which build they are of. */
struct cs_record_group {
	struct cs_recorder *rec;
	struct cs_arena *arena;
	int dir_fd;	 /* -1: names are paths as the user gave them */
	const char *dir; /* for messages; "" with dir_fd -1 */
	const char *ref, *project;
	uint64_t graph;
	bool several; /* documents of more than one build lie here */
};

/*
 * Takes in the files of that group: documents first, then the logs. Bad input is counted and told
 * (cs_recorder_bad()); an error is the store's.
 */
int cs_record_group_take(struct cs_record_group *g, const char *const *names, size_t n,
			 struct cs_err *err);
/* *ret_bad: the error is about the input. where: what to read; name: what to call it. */
int cs_record_image(struct cs_recorder *rec, const char *where, const char *name, bool *ret_bad,
		    struct cs_err *err);
/*
 * A file that could not be taken in: in a folder what is no input of ours is left out, all else is
 * bad input (cs_recorder_bad()).
 */
int cs_record_bad_file(struct cs_record_group *g, struct cs_err *err);
/* All below path, or the image that the folder is. */
int cs_record_folder(struct cs_recorder *rec, const char *path, struct cs_err *err);

/* --- parts of that, in record_files.c --- */

/* Opens a file of the group; 1 = it is no regular file (of what the user named). */
int cs_record_open(const struct cs_record_group *g, const char *name, const char *path, int *ret_fd,
		   int64_t *ret_size, struct cs_err *err);
/* logs: takes the logs now; else *ret_later tells that there is one. */
int cs_record_take_docs(struct cs_record_group *g, struct cs_documents *docs, const char *path,
			bool logs, bool *ret_later, struct cs_err *err);
/* Remembers whose folder it is. */
int cs_record_note_ref(struct cs_record_group *g, const struct cs_build *b, struct cs_err *err);
/* One file; *ret_none: it tells of no build. Bad input is told. */
int cs_record_take_file(struct cs_record_group *g, const char *name, bool logs, bool *ret_later,
			bool *ret_none, struct cs_err *err);

/* --- record_zip.c --- */

/* By its first bytes. */
bool cs_record_is_zip(int fd);
/*
 * The files of a zip, as if they lay in folders of that name, one zip within it likewise. What is
 * bad of them is told as "PATH: NAME"; an error is of the zip (*ret_bad), or the store's. 1 = none
 * of them tells of a build.
 */
int cs_record_zip(struct cs_recorder *rec, int fd, int64_t size, const char *path, bool *ret_bad,
		  struct cs_err *err);

/* --- record_inbox.c: the same for folders that are watched (nightly) --- */

/* A name that programs give to what they have not written yet. */
bool cs_record_is_unfinished(const char *name);
/* The name is one of ours: what it holds must be read, whatever it looks like. */
bool cs_record_is_ours(const char *name);
int cs_record_inbox_take(struct cs_record_group *g, const char *const *names, size_t n,
			 struct cs_err *err);
/* An image folder: its index changes with it. */
int cs_record_image_folder(struct cs_recorder *rec, int fd, const char *path, bool *ret_bad,
			   struct cs_err *err);

#endif
