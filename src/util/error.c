/* SPDX-License-Identifier: Apache-2.0 */
/* Fixed-size messages: reporting an error must not need memory that may be what ran out. */
#include "util/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int set_v(struct cs_err *err, enum cs_code code, const char *fmt, va_list ap)
{
	err->code = code;
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	return -(int)code;
}

int cs_err_set(struct cs_err *err, enum cs_code code, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = set_v(err, code, fmt, ap);
	va_end(ap);
	return r;
}

int cs_err_errno(struct cs_err *err, int errno_value, const char *fmt, ...)
{
	enum cs_code code = CS_IO;
	size_t used;
	va_list ap;
	int r;

	if (errno_value == ENOMEM)
		code = CS_NOMEM;
	else if (errno_value == ENOENT)
		code = CS_NOTFOUND;
	va_start(ap, fmt);
	r = set_v(err, code, fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", strerror(errno_value));
	return r;
}

int cs_err_prefix(struct cs_err *err, const char *fmt, ...)
{
	char old[CS_ERR_MAX];
	size_t used;
	va_list ap;

	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	used = strlen(err->msg);
	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", old);
	return -(int)err->code;
}

int cs_err_nomem(struct cs_err *err)
{
	return cs_err_set(err, CS_NOMEM, "out of memory");
}

int cs_code_exit_status(enum cs_code code)
{
	switch (code) {
	case CS_OK:
		return 0;
	case CS_FORMAT:
	case CS_UNSUPPORTED:
	case CS_DIGEST:
	case CS_LIMIT:
		return 3;
	case CS_NODATA:
		return 4;
	default:
		return 2;
	}
}
