/* SPDX-License-Identifier: Apache-2.0 */
#include "util/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const struct cs_limit_def cs_limit_defs[] = {
#define X(field, option, def, unit, help)                                                          \
	{ option, unit, help, def, offsetof(struct cs_limits, field) },
	CS_LIMITS(X)
#undef X
};

const size_t cs_limit_defs_n = CS_N(cs_limit_defs);

void cs_limits_init(struct cs_limits *limits)
{
	for (size_t i = 0; i < cs_limit_defs_n; i++)
		memcpy((char *)limits + cs_limit_defs[i].offset, &cs_limit_defs[i].def,
		       sizeof(int64_t));
}

int cs_limit_error_at(struct cs_err *err, const struct cs_limits *limits, size_t offset,
		      const char *fmt, ...)
{
	const struct cs_limit_def *def = cs_limit_defs;
	int64_t value;
	char what[512];
	va_list ap;

	while (def->offset != offset)
		def++;
	memcpy(&value, (const char *)limits + offset, sizeof(value));
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return cs_err_set(err, CS_LIMIT, "%s: over the limit of %" PRId64 "%s (raise it with --%s)",
			  what, value, strcmp(def->unit, "bytes") == 0 ? " bytes" : "",
			  def->option);
}
