/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a batch as facts. Keys are those of the command line's contract; text under any other
 * key is a label, other values under other keys are passed over.
 */
#ifndef CS_CMD_BATCH_H
#define CS_CMD_BATCH_H

#include <sys/stat.h>

#include "cmd/analysis.h"
#include "cmd/record.h"
#include "model/run.h"
#include "util/json.h"

enum cs_batch_file {
	CS_FILE_DOCKERBUILD,
	CS_FILE_LOG,
	CS_FILE_PLAIN_LOG,
	CS_FILE_METADATA,
	CS_FILE_IMAGE,
	CS_N_BATCH_FILES
};

struct cs_batch_line {
	/* CS_FROM_USER; the ref is that of branch where only that is given */
	struct cs_facts facts;
	char platform[CS_PLATFORM_TEXT];
	enum cs_build_status status; /* of conclusion */
	const char *conclusion;	     /* as written */
	int64_t duration_ns;	     /* -1 unknown; completed is set from it */
	const char *files[CS_N_BATCH_FILES];
	size_t n_files;
	struct cs_run_job *jobs; /* of a run */
	size_t n_jobs;
	bool any; /* something was said */
};

/* Reads a line of builds.jsonl, or of runs.jsonl (run). Texts live in arena. CS_FORMAT. */
int cs_batch_line_read(const void *data, size_t len, bool run, const struct cs_limits *limits,
		       struct cs_arena *arena, struct cs_batch_line *ret, struct cs_err *err);

/* --- of the one who takes a batch in --- */

struct cs_batch {
	struct cs_recorder *rec;
	const char *name; /* for messages */
	const char *path;
	size_t dir_len; /* of path: where the files of a line are */
	bool runs;
	int64_t line;		/* its number */
	struct cs_arena *arena; /* of the line */
	/* in an inbox */
	const char *text; /* of the line */
	size_t text_len;
	bool hold;	       /* nothing is taken in */
	bool again;	       /* all but some lines went in before */
	struct cs_buf pending; /* int64_t: the lines that did not go in */
};

/* What the files of a line tell. */
struct cs_batch_parts {
	struct cs_batch *b;
	const char *project;
	struct cs_build build;
	bool any;
	struct cs_documents docs[CS_N_BATCH_FILES];
	struct cs_analysis analyses[CS_N_BATCH_FILES];
	/* in an inbox: the files as they were before they were read */
	struct {
		const char *path;
		struct stat st;
	} seen[CS_N_BATCH_FILES];
	bool waits; /* one of them is being written to */
};
void cs_batch_parts_release(struct cs_batch_parts *p);
int cs_batch_parts_read(struct cs_batch *b, const struct cs_batch_line *line,
			struct cs_batch_parts *p, struct cs_err *err);
/* Whether a file of the line is another by now than the one that was read, or is being written. */
bool cs_batch_parts_moved(const struct cs_batch_parts *p);
/* They went in with their line: alone they would lack its facts. */
int cs_batch_parts_done(struct cs_batch *b, const struct cs_batch_parts *p, struct cs_err *err);

#endif
