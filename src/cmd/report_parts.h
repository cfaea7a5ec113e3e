/* SPDX-License-Identifier: Apache-2.0 */
/* What one walk over the history leaves for the report of a window, and what is made of it. */
#ifndef CS_CMD_REPORT_PARTS_H
#define CS_CMD_REPORT_PARTS_H

#include "cmd/cmd.h"
#include "metrics/duplicates.h"
#include "metrics/hotspots.h"
#include "metrics/stats.h"
#include "metrics/strategy.h"

/* More projects are told in sum only, and how many they are. */
#define CS_REPORT_PROJECTS 64

/* What one row of the trend stands for: a long window by days is more than anyone looks at. */
enum cs_period { CS_PERIOD_DAY, CS_PERIOD_WEEK, CS_PERIOD_MONTH };

struct cs_report_side {
	struct cs_stats *total; /* one row at most; NULL of a project */
	struct cs_ledger *ledger;
	struct cs_strategy *strategy;
	struct cs_duplicates *duplicates;
};

struct cs_report_project {
	const char *name; /* "" = without a name */
	struct cs_report_side side;
};

struct cs_report_parts {
	const struct cs_filter *filter;
	const char *repo;		      /* NULL without */
	int64_t since_unix_ns, until_unix_ns; /* the window; since may be CS_TIME_NONE */
	int64_t before_unix_ns; /* where the one before it begins; CS_TIME_NONE: there is none */
	bool partial;
	struct cs_report_side now, before;
	struct cs_report_project *projects;
	size_t n_projects, projects_left_out;
	struct cs_brief_dict *dict; /* longer than any ledger is filled */
	int64_t last_project;	    /* of the build before: its number, its place in projects */
	size_t last_place;
	enum cs_period period;
	int64_t period_start, period_end; /* of the build before */
	struct cs_stats *scopes, *days;	  /* days: by the start of the period */
	struct cs_hotspots *hotspots;
	struct cs_arena *arena;
};

/* About, headlines, warnings. */
int cs_report_add_head(struct cs_report *report, struct cs_report_parts *p, const char *title,
		       struct cs_err *err);
/* Tables event and duplicate. */
int cs_report_add_projects(struct cs_report *report, const struct cs_report_parts *p,
			   struct cs_err *err);
/* Of a window; CS_TIME_NONE is open. */
enum cs_period cs_report_period(int64_t since_unix_ns, int64_t until_unix_ns);
/* [*ret_start, *ret_end) of the period that a time lies in, in UTC; weeks begin on Monday. */
void cs_report_period_of(enum cs_period period, int64_t unix_ns, int64_t *ret_start,
			 int64_t *ret_end);
int cs_report_add_trend(struct cs_store *store, struct cs_report *report, struct cs_report_parts *p,
			struct cs_err *err);
int cs_report_add_misses(struct cs_app *app, struct cs_store *store, struct cs_report *report,
			 const struct cs_report_parts *p, size_t max_rows, struct cs_err *err);

#endif
