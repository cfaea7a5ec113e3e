/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What I/O code is handed instead of globals: bounds, clock, where messages and progress go, and
 * whether to stop. Borrowed by everything that gets it; must outlive them. Shared by threads:
 * log and progress may be called from any thread, one at a time per callback is the callee's care.
 */
#ifndef CS_UTIL_CTX_H
#define CS_UTIL_CTX_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/limits.h"

enum cs_log_level { CS_LOG_WARNING, CS_LOG_INFO, CS_LOG_DEBUG };

struct cs_ctx {
	struct cs_limits limits;
	unsigned n_threads;	   /* workers for scans; 0 and 1 mean none */
	int64_t (*now)(void *arg); /* unix ns; NULL = the system's clock */
	void (*log)(void *arg, enum cs_log_level level, const char *msg); /* may be NULL */
	/* bytes done, of total (-1 unknown); may be NULL */
	void (*progress)(void *arg, int64_t done_bytes, int64_t total_bytes);
	/*
	 * For a progress over all streams together: each source adds what it reads to *done_bytes
	 * and reports that sum, of total_bytes (0 unknown). NULL: each reports its own.
	 */
	_Atomic int64_t *done_bytes;
	int64_t total_bytes;
	const volatile sig_atomic_t *cancel; /* may be NULL; nonzero = stop with CS_CANCELED */
	void *arg;
};

/* Defaults of every bound, no callbacks, as many threads as processors (at most 8). */
void cs_ctx_init(struct cs_ctx *ctx);
int64_t cs_ctx_now(const struct cs_ctx *ctx);
void cs_ctx_log(const struct cs_ctx *ctx, enum cs_log_level level, const char *fmt, ...)
	CS_PRINTF(3, 4);
/* 0, or -CS_CANCELED with a message. */
int cs_ctx_check(const struct cs_ctx *ctx, struct cs_err *err);

#endif
