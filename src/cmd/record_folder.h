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
/* An image folder within a folder that is watched (nightly): its index changes with it. */
int cs_record_image_folder(struct cs_recorder *rec, int fd, const char *path, bool *ret_bad,
			   struct cs_err *err);
/*
 * A file that could not be taken in: in a folder what is no input of ours is left out, all else is
 * bad input (cs_recorder_bad()).
 */
int cs_record_bad_file(struct cs_record_group *g, struct cs_err *err);
/* All below path, or the image that the folder is. */
int cs_record_folder(struct cs_recorder *rec, const char *path, struct cs_err *err);

#endif
