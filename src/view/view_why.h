/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CS_VIEW_WHY_H
#define CS_VIEW_WHY_H

#include "metrics/why.h"
#include "report/report.h"

/* Table "misses"; for people the evidence of each root stands below it. */
int cs_view_misses(struct cs_report *report, const struct cs_build *build,
		   const struct cs_miss *misses, size_t n, struct cs_err *err);

#endif
