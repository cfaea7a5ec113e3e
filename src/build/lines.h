/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a log as builders wrote them: without the dress that CI systems put around (GitHub and
 * GitLab timestamps, the columns of gh run view --log), terminal escapes, byte order mark and
 * carriage returns. A line is held up to the limit log_line, so memory does not grow with it.
 */
#ifndef CS_BUILD_LINES_H
#define CS_BUILD_LINES_H

#include "io/stream.h"
#include "util/time.h"

struct cs_line {
	char *text; /* NUL-terminated; NULs of the input have become blanks */
	size_t len;
	int64_t number;	      /* from 1 */
	int64_t unix_ns;      /* of a timestamp in front; CS_TIME_NONE without */
	const char *job;      /* first column of gh run view --log; NULL without */
	const char *job_step; /* its second */
	bool more; /* the line goes on: cs_lines_rest(); what is not read counts as cut */
};

struct cs_lines {
	const struct cs_ctx *ctx;
	struct cs_stream *in; /* borrowed */
	const uint8_t *block;
	size_t block_len;
	struct cs_buf buf;
	struct cs_line line;
	int64_t n_cut; /* lines of which something was not read */
	bool in_rest, again, ended;
};

void cs_lines_init(struct cs_lines *lines, const struct cs_ctx *ctx, struct cs_stream *in);
void cs_lines_release(struct cs_lines *lines);
/* The next line, valid until the next call: 0, 1 at the end, negative. */
int cs_lines_next(struct cs_lines *lines, const struct cs_line **ret, struct cs_err *err);
/* Makes the next call give the current line once more (one without a rest). */
void cs_lines_unread(struct cs_lines *lines);
/* A piece of what follows a line with more: 0, 1 at its end, negative. */
int cs_lines_rest(struct cs_lines *lines, const uint8_t **ret_data, size_t *ret_len,
		  struct cs_err *err);

/* Undresses one line in place, as cs_lines_next() does; text must be NUL-terminated. */
void cs_line_undress(struct cs_line *line);

/*
 * Calls fn for each line of the first bytes of an input (the last may be cut off) and returns the
 * highest score. For probes.
 */
int cs_lines_probe(const uint8_t *head, size_t len, int (*fn)(const char *line));

#endif
