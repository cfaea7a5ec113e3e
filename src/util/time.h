/* SPDX-License-Identifier: Apache-2.0 */
/* Times are nanoseconds since 1970 in UTC; CS_TIME_NONE is unknown. Locale and TZ have no say. */
#ifndef CS_UTIL_TIME_H
#define CS_UTIL_TIME_H

#include <stdint.h>

#include "util/error.h"

#define CS_TIME_NONE INT64_MIN
#define CS_NS_PER_S INT64_C(1000000000)
#define CS_TIME_TEXT 40

/*
 * RFC 3339 ("2026-11-22T08:30:18.49Z", any offset, 0 to 9 and more digits, the rest cut). Year 0001
 * (Go's zero time) and an empty text give CS_TIME_NONE. Years outside 1678..2261 are CS_FORMAT.
 */
int cs_time_parse(const char *text, int64_t *ret_unix_ns, struct cs_err *err);
/* What people type: RFC 3339, a date (00:00 UTC), or an age such as 7d, 12h, 30m, 2w before now. */
int cs_time_parse_human(const char *text, int64_t now_unix_ns, int64_t *ret_unix_ns,
			struct cs_err *err);
/* "2026-11-22T08:30:18.492709437Z", digits only as far as needed; "" for CS_TIME_NONE. */
char *cs_time_format(int64_t unix_ns, char buf[CS_TIME_TEXT]);

#endif
