/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people see beside the data: messages and progress on stderr, the width and colours of
 * stdout. Threads may log and report progress at any time.
 */
#ifndef CS_CMD_TERMINAL_H
#define CS_CMD_TERMINAL_H

#include "cmd/cmd.h"

struct cs_terminal;

/* Looks at stdout, stderr and the environment; sets app->render, app->ctx's callbacks and arg. */
int cs_terminal_new(struct cs_app *app, struct cs_terminal **ret, struct cs_err *err);
/* CACHESTAT_NOW, where it is set, stops the clock: reports that can be compared. CS_USAGE. */
int cs_terminal_set_clock(struct cs_terminal *terminal, struct cs_app *app, struct cs_err *err);
void cs_terminal_free(struct cs_terminal *terminal); /* erases the progress bar */
CS_DEFINE_AUTO(struct cs_terminal *, cs_terminal_free)

/* "cachestat: MESSAGE" on stderr, in one line, nothing of it left that a terminal or CI obeys. */
void cs_terminal_error(struct cs_terminal *terminal, const char *message);

/*
 * The text of the progress bar, at most width columns (at least 20): share, bar, bytes, throughput,
 * time left; bytes and throughput alone where the total is not known.
 */
#define CS_PROGRESS_MAX 512
void cs_progress_line(char buf[CS_PROGRESS_MAX], int64_t done_bytes, int64_t total_bytes,
		      int64_t elapsed_ns, unsigned width, bool utf8);
/* LC_ALL, else LC_CTYPE, else LANG names UTF-8; setlocale() is never called. */
bool cs_env_is_utf8(const char *(*getenv_fn)(void *arg, const char *name), void *arg);

#endif
