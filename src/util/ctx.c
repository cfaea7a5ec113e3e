/* SPDX-License-Identifier: Apache-2.0 */
#include "util/ctx.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void cs_ctx_init(struct cs_ctx *ctx)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	memset(ctx, 0, sizeof(*ctx));
	cs_limits_init(&ctx->limits);
	ctx->n_threads = n < 1 ? 1 : n > 8 ? 8 : (unsigned)n;
}

int64_t cs_ctx_now(const struct cs_ctx *ctx)
{
	struct timespec ts;

	if (ctx->now)
		return ctx->now(ctx->arg);
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

void cs_ctx_log(const struct cs_ctx *ctx, enum cs_log_level level, const char *fmt, ...)
{
	char msg[CS_ERR_MAX];
	va_list ap;

	if (!ctx->log)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	ctx->log(ctx->arg, level, msg);
}

int cs_ctx_check(const struct cs_ctx *ctx, struct cs_err *err)
{
	if (ctx->cancel && *ctx->cancel)
		return cs_err_set(err, CS_CANCELED, "interrupted");
	return 0;
}
