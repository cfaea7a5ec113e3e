/* SPDX-License-Identifier: Apache-2.0 */
/* The strategy's tables, of which the command and the report of a window show some or all. */
#ifndef CS_VIEW_VIEW_STRATEGY_H
#define CS_VIEW_VIEW_STRATEGY_H

#include "metrics/duplicates.h"
#include "metrics/minutes.h"
#include "metrics/scopes.h"
#include "metrics/strategy.h"
#include "report/report.h"

struct cs_strategy_view {
	const struct cs_ledger *ledger;
	const struct cs_strategy *strategy;
	const struct cs_duplicates *duplicates;
	const struct cs_scope_health *scopes;
	size_t n_scopes;
	const struct cs_minutes *minutes; /* by event */
	int64_t rate_millionths;	  /* of a minute; -1 none given */
	const char *currency;		  /* NULL none given */
	int64_t now_unix_ns;
	size_t max_rows; /* of each list of builds; SIZE_MAX = all. What is left out is told. */
	const char *all_with; /* the option that shows all rows; NULL: --limit 0 */
	bool partial;	 /* builds were left out by scope, target or platform */
};

/* events, unexpected, missing, order_violations, event_roles, event_scopes */
int cs_view_strategy(struct cs_report *report, const struct cs_strategy_view *v,
		     struct cs_err *err);
/* duplicates, duplicate_sums */
int cs_view_duplicates(struct cs_report *report, const struct cs_strategy_view *v,
		       struct cs_err *err);
/* scopes */
int cs_view_scopes(struct cs_report *report, const struct cs_strategy_view *v, struct cs_err *err);
/* ci_minutes */
int cs_view_minutes(struct cs_report *report, const struct cs_strategy_view *v, struct cs_err *err);

#endif
