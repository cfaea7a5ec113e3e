/* SPDX-License-Identifier: Apache-2.0 */
/* The ordinary report, and what tests of renderers share. */
#ifndef CS_TESTS_SUPPORT_REPORT_H
#define CS_TESTS_SUPPORT_REPORT_H

#include "report/report.h"

/* Images (machines only), layers, groups, an empty table, notes; all types and flags occur. */
struct cs_report *test_report(void);
/* What the renderer says; the caller frees *ret, which is set on failure too. */
int test_render(const char *format, const struct cs_report *report,
		const struct cs_render_options *options, char **ret, struct cs_err *err);
/* The same where it must not fail. */
char *test_rendered(const char *format, const struct cs_report *report,
		    const struct cs_render_options *options);
/* A file below tests/ of the source tree: make check says where that is, by hand it is ".". */
const char *test_source_path(const char *name, char path[512]);
void test_write_file(const char *path, const char *text);
/* The next line of *rest, ended in place, or NULL; empty lines are lines. */
char *test_next_line(char **rest);

#endif
