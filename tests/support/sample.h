/* SPDX-License-Identifier: Apache-2.0 */
/* Reports that have everything: what a nightly report will look like, and what an attacker would. */
#ifndef CS_TESTS_SUPPORT_SAMPLE_H
#define CS_TESTS_SUPPORT_SAMPLE_H

#include "report/report.h"

/* Headlines, charts of all kinds over three scopes and thirty days, folded tables, a warning. */
struct cs_report *test_sample(void);
/* The same shape with hostile texts in every place, a table of 3000 rows, 60 lines, 12 series. */
struct cs_report *test_hostile_sample(void);
/* What views will not show, but a renderer must survive: no rows, one point, no value, negatives. */
struct cs_report *test_odd_sample(void);

#endif
