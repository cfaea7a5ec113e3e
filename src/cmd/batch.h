/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a batch as facts. Keys are those of the command line's contract; text under any other
 * key is a label, other values under other keys are passed over.
 */
#ifndef CS_CMD_BATCH_H
#define CS_CMD_BATCH_H

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

#endif
