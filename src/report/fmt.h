/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only place that rounds, and the only place that makes text from outside safe for an output
 * format. Buffers are the caller's; text that does not fit is never silently cut by the number
 * functions (the buffers below are large enough). Locale and time zone have no say.
 *
 * Rounding is half away from zero, of the exact integer, or of the decimal that machines are given
 * (cs_fmt_double), so that a table and its JSON never disagree. What is not zero never prints as
 * zero: "<0.01 s", "<0.1 %", and below zero ">-0.1 %".
 */
#ifndef CS_REPORT_FMT_H
#define CS_REPORT_FMT_H

#include <stddef.h>
#include <stdint.h>

#include "util/buf.h"

#define CS_FMT_NUM 32

char *cs_fmt_bytes(int64_t bytes, char buf[CS_FMT_NUM]); /* 999 B, 1.0 kB, 84.9 kB, 123 MB: SI */
char *cs_fmt_count(int64_t n, char buf[CS_FMT_NUM]);	 /* 1,234,567 */
char *cs_fmt_duration(int64_t ns, char buf[CS_FMT_NUM]); /* 0.06 s, 1.2 s, 3m 20s, 2h 05m */
/*
 * 0 %, 0.1 %, 66.7 %, 99.9 %, 100 %: 100 % and 0 % only when exact, else ">99.9 %", "<0.1 %",
 * ">100 %". "-" for NaN and infinities.
 */
char *cs_fmt_ratio(double ratio, char buf[CS_FMT_NUM]);
/* Two places at most: 1.42, 12, 1,234.5, "<0.01"; "-" for NaN and infinities. */
char *cs_fmt_number(double v, char buf[CS_FMT_NUM]);
/*
 * Shortest text that reads back as the same double (one digit more for a few powers of two far from
 * 1), JSON syntax; "null" for NaN and infinities.
 */
char *cs_fmt_double(double v, char buf[CS_FMT_NUM]);
/* ns as seconds, exact decimal: 1.2345 */
char *cs_fmt_seconds(int64_t ns, char buf[CS_FMT_NUM]);
/* For people, UTC to the second (cut, not rounded): 2026-11-22 08:30:18Z; "-" for CS_TIME_NONE */
char *cs_fmt_time(int64_t unix_ns, char buf[CS_FMT_NUM]);

/*
 * Escapes. Each appends to buf and returns 0 or -1 (no memory). Control characters, C1, DEL, bidi
 * controls, what is invisible (zero-width and format characters, tags, variation selectors) and
 * bytes that are not UTF-8 become \xNN (a byte) or \u{…} (a code point); a backslash is doubled
 * only where it would read as the start of one of these or of a doubled one, so that the text can
 * be had back. For JSON, \uNNNN is used and bad bytes become U+FFFD.
 *
 * CI runners take commands from lines of output: "::" at the start of a text (past blanks) and
 * "##[", "##vso[" anywhere are broken up, in the way of each format.
 */
int cs_fmt_terminal(struct cs_buf *buf, const char *text); /* newline and tab escaped too */
int cs_fmt_ascii(struct cs_buf *buf, const char *text);	   /* the same, all but ASCII as \u{…} */
int cs_fmt_json(struct cs_buf *buf, const char *text);	   /* with the quotes */
/*
 * RFC 4180, quoted where needed, one line always (newline is \x0a). A text that starts with
 * = + - @ TAB CR LF or their full-width forms gets ' before it, as does one that starts with '
 * and then one of these. Known but empty is "".
 */
int cs_fmt_csv(struct cs_buf *buf, const char *text);
/*
 * GFM inline text, one line (newline is a space), also for table cells. What GitHub or GitLab would
 * link, mention or typeset (URLs, @name, #1, $x) stands in a code span.
 */
int cs_fmt_markdown(struct cs_buf *buf, const char *text);
int cs_fmt_html(struct cs_buf *buf, const char *text);	/* text and attribute values in quotes */
int cs_fmt_label(struct cs_buf *buf, const char *text); /* OpenMetrics label value, no quotes */

/* Columns of a terminal that text takes (after cs_fmt_terminal): wide = 2, combining = 0. */
size_t cs_fmt_width(const char *text);

#endif
