/* SPDX-License-Identifier: Apache-2.0 */
/* Everything of a window in one report, for the commands report and nightly. */
#ifndef CS_CMD_REPORT_BUILD_H
#define CS_CMD_REPORT_BUILD_H

#include "cmd/cmd.h"

struct cs_window {
	const struct cs_filter
		*filter; /* its since and until are the window; open = all there is */
	size_t max_rows; /* of each list of builds or steps; 0 = all */
	/* The store's size on disk too, which a VACUUM changes: for metrics, not for documents. */
	bool file_bytes;
	const char *repo;  /* a git repository that has the commits; NULL without */
	const char *title; /* NULL: made of the filter's projects */
};

/*
 * Adds headlines, warnings and tables of the window to report, and says what it is of
 * (cs_report_about()). The first table is "scope"; as metrics only scope, event, duplicate and
 * store are told. One walk over the history; memory grows with groups, 128 bytes and a few of
 * medians a build, and is bounded for steps.
 */
int cs_cmd_report_fill(struct cs_app *app, struct cs_store *store, const struct cs_window *window,
		       struct cs_report *report, struct cs_err *err);

#endif
