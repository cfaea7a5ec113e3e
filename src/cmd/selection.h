/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SEL, one side of a comparison: comma-joined key=value of the filters, label.NAME=VALUE, since=,
 * until=. A key that is repeated gives alternatives, as the options do (labels must all match).
 * A value that holds a comma stands in double quotes, a quote in it is doubled:
 * ref="refs/heads/a,b". Two keys are no filters: db=PATH|URL is another store, image=INPUT an image
 * instead of history.
 */
#ifndef CS_CMD_SELECTION_H
#define CS_CMD_SELECTION_H

#include "model/filter.h"
#include "util/arena.h"

struct cs_selection {
	const char *text; /* as given */
	struct cs_filter filter;
	const char *db, *image; /* NULL without */
};

/* Texts come from arena. CS_USAGE naming the key. */
int cs_selection_parse(const char *text, int64_t now_unix_ns, struct cs_arena *arena,
		       struct cs_selection *ret, struct cs_err *err);

#endif
