/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error type. A function returns 0 (done), 1 (no more, iterators and look-ups only) or
 * -(enum cs_code); the message is in *err, which is untouched on success. The one who knows a noun
 * (file, digest, layer, line) adds it once with cs_err_prefix(). The library never prints.
 */
#ifndef CS_UTIL_ERROR_H
#define CS_UTIL_ERROR_H

#include <stdarg.h>

#include "util/cleanup.h"

enum cs_code {
	CS_OK = 0,
	CS_NOMEM,	/* an allocation failed */
	CS_IO,		/* a system call failed */
	CS_NOTFOUND,	/* a named thing is not there */
	CS_FORMAT,	/* input is damaged or not what it claims */
	CS_UNSUPPORTED, /* input is valid but of a kind that is not read */
	CS_DIGEST,	/* bytes do not match their digest or size */
	CS_LIMIT,	/* a bound was reached; the message names the option that raises it */
	CS_NET,		/* the network or a server failed */
	CS_AUTH,	/* credentials missing or refused */
	CS_DB,		/* the store is damaged, foreign, newer or full */
	CS_BUSY,	/* the store is locked by others */
	CS_USAGE,	/* the caller's options are wrong */
	CS_CANCELED,	/* interrupted */
	CS_NODATA,	/* not enough data to judge */
	CS_N_CODES
};

#define CS_ERR_MAX 1024

struct cs_err {
	enum cs_code code;
	char msg[CS_ERR_MAX]; /* raw bytes of input may stand in it: escape before printing */
};

#define CS_ERR_INIT { CS_OK, "" }

/* Sets code and message and returns -code, so that "return cs_err_set(…)" reads well. */
int cs_err_set(struct cs_err *err, enum cs_code code, const char *fmt, ...) CS_PRINTF(3, 4);
/* Like cs_err_set, with ": strerror(errno_value)" behind the message. ENOENT maps to CS_NOTFOUND. */
int cs_err_errno(struct cs_err *err, int errno_value, const char *fmt, ...) CS_PRINTF(3, 4);
/* Puts "prefix: " before the message; returns -err->code. */
int cs_err_prefix(struct cs_err *err, const char *fmt, ...) CS_PRINTF(2, 3);
int cs_err_nomem(struct cs_err *err);

/* Exit status of a failed command (architecture.md): 2 trouble, 3 bad input, 4 not enough data. */
int cs_code_exit_status(enum cs_code code);

#endif
