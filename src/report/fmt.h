/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that rounds, and the only place that makes text from outside safe for an output
 * format. Buffers are the caller's; text that does not fit is never silently cut by the number
 * functions (the buffers below are large enough).
 */
#ifndef CS_REPORT_FMT_H
#define CS_REPORT_FMT_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define CS_FMT_NUM 32

char *cs_fmt_bytes(int64_t bytes, char buf[CS_FMT_NUM]);	/* 999 B, 1.0 kB, 84.9 kB, 1.2 GB: SI */
char *cs_fmt_count(int64_t n, char buf[CS_FMT_NUM]);		/* 1 234 567 with thin grouping: 1,234,567 */
char *cs_fmt_duration(int64_t ns, char buf[CS_FMT_NUM]);	/* 0.06 s, 1.2 s, 3m 20s, 2h 05m */
/* 0 %, 0.1 %, 66.7 %, 99.9 %, 100 %: 100 % and 0 % only when exact. */
char *cs_fmt_ratio(double ratio, char buf[CS_FMT_NUM]);
/* Shortest text that reads back as the same double, JSON syntax; "null" for NaN and infinities. */
char *cs_fmt_double(double v, char buf[CS_FMT_NUM]);
/* ns as seconds, exact decimal: 1.2345 */
char *cs_fmt_seconds(int64_t ns, char buf[CS_FMT_NUM]);

/*
 * Escapes. Each appends to buf and returns 0 or -1 (no memory). Control characters, C1, DEL, bidi
 * controls and bytes that are not UTF-8 become \xNN or \u{…}; for JSON, bad bytes become U+FFFD.
 */
int cs_fmt_terminal(struct cs_buf *buf, const char *text); /* newline and tab escaped too */
int cs_fmt_json(struct cs_buf *buf, const char *text);	    /* with the quotes */
int cs_fmt_csv(struct cs_buf *buf, const char *text);	    /* RFC 4180, formula guard */
int cs_fmt_markdown(struct cs_buf *buf, const char *text);
int cs_fmt_html(struct cs_buf *buf, const char *text);
int cs_fmt_label(struct cs_buf *buf, const char *text); /* OpenMetrics label value, no quotes */

/* Columns that text takes on a terminal (after cs_fmt_terminal): East Asian wide = 2, combining = 0. */
size_t cs_fmt_width(const char *text);

#endif
