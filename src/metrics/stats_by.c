/* SPDX-License-Identifier: Apache-2.0 */
/* What builds can be grouped by: any fact that is one text, and any label by its name. */
#include <string.h>

#include "metrics/stats.h"

static const char *const names[CS_BY_LABEL] = { "scope", "event",   "target",	"platform",
						"job",	 "project", "workflow", "run",
						"ref",	 "commit",  "status",	"source_kind",
						"day",	 "week",    "month" };
static const char label_prefix[] = "label.";

static int parse_one(const char *text, size_t len, struct cs_by *ret, struct cs_err *err)
{
	size_t k = 0;

	if (len >= sizeof(ret->name))
		return cs_err_set(err, CS_USAGE, "a key to group by is longer than %zu characters",
				  sizeof(ret->name) - 1);
	memcpy(ret->name, text, len);
	ret->name[len] = '\0';
	while (k < CS_N(names) && strcmp(names[k], ret->name) != 0)
		k++;
	if (k == CS_N(names) && (strncmp(ret->name, label_prefix, strlen(label_prefix)) != 0 ||
				 len == strlen(label_prefix)))
		return cs_err_set(err, CS_USAGE,
				  "cannot group by '%.40s' (scope, event, target, platform, job, "
				  "project, workflow, run, ref, commit, status, source_kind, day, "
				  "week, month, label.NAME)",
				  ret->name);
	ret->key = (enum cs_by_key)k;
	return 0;
}

int cs_by_parse(const char *text, struct cs_by *by, size_t *ret_n, struct cs_err *err)
{
	struct cs_by v[CS_BY_MAX];
	size_t n = 0;

	while (*text) {
		size_t len = strcspn(text, ",");
		struct cs_by one;
		int r = parse_one(text, len, &one, err);

		if (r < 0)
			return r;
		for (size_t i = 0; i < n; i++) {
			if (strcmp(v[i].name, one.name) == 0)
				return cs_err_set(err, CS_USAGE, "grouped by '%.40s' twice",
						  one.name);
		}
		if (n == CS_BY_MAX)
			return cs_err_set(err, CS_USAGE, "at most %d keys to group by", CS_BY_MAX);
		v[n++] = one;
		text += len;
		if (*text == ',')
			text++;
	}
	memcpy(by, v, n * sizeof(*by));
	*ret_n = n;
	return 0;
}

bool cs_by_needs_labels(const struct cs_by *by, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (by[i].key == CS_BY_LABEL)
			return true;
	}
	return false;
}

/* ISO 8601 week of a day counted from 1970-01-01, a Thursday. */
static void iso_week(int64_t unix_ns, char buf[CS_TIME_TEXT])
{
	int64_t day = unix_ns / (86400 * CS_NS_PER_S) - (unix_ns % (86400 * CS_NS_PER_S) < 0);
	int64_t weekday = ((day + 3) % 7 + 7) % 7; /* Monday 0 */
	int64_t thursday = day - weekday + 3, first;
	char date[CS_TIME_TEXT], year_start[CS_TIME_TEXT];
	struct cs_err ignored;

	cs_time_format(thursday * 86400 * CS_NS_PER_S, date);
	snprintf(year_start, sizeof(year_start), "%.4s-01-01T00:00:00Z", date);
	if (cs_time_parse(year_start, &first, &ignored) < 0)
		first = 0;
	snprintf(buf, CS_TIME_TEXT, "%.4s-W%02d", date,
		 (int)((thursday - first / (86400 * CS_NS_PER_S)) / 7 + 1));
}

static const char *time_value(enum cs_by_key key, int64_t t, char buf[CS_TIME_TEXT])
{
	if (t == CS_TIME_NONE)
		return NULL;
	if (key == CS_BY_WEEK) {
		iso_week(t, buf);
	} else {
		cs_time_format(t, buf);
		buf[key == CS_BY_MONTH ? 7 : 10] = '\0';
	}
	return buf;
}

static const char *label_value(const struct cs_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->n_labels; i++) {
		if (strcmp(facts->labels[i].key, name) == 0)
			return facts->labels[i].value;
	}
	return NULL;
}

const char *cs_by_value(const struct cs_by *by, const struct cs_build *b, char buf[CS_TIME_TEXT])
{
	switch (by->key) {
	case CS_BY_SCOPE:
		return b->facts.scope;
	case CS_BY_EVENT:
		return b->facts.event == CS_EVENT_NONE ? NULL : cs_event_name(b->facts.event);
	case CS_BY_TARGET:
		return b->facts.target;
	case CS_BY_PLATFORM:
		return b->platform[0] ? b->platform : NULL;
	case CS_BY_JOB:
		return b->facts.job;
	case CS_BY_PROJECT:
		return b->facts.project;
	case CS_BY_WORKFLOW:
		return b->facts.workflow;
	case CS_BY_RUN:
		return b->facts.run_id;
	case CS_BY_REF:
		return b->facts.ref;
	case CS_BY_COMMIT:
		return b->facts.commit;
	case CS_BY_STATUS:
		return b->status == CS_STATUS_UNKNOWN ? NULL : cs_build_status_name(b->status);
	case CS_BY_SOURCE_KIND:
		return b->source_kind == CS_SOURCE_NONE ? NULL
							: cs_source_kind_name(b->source_kind);
	case CS_BY_LABEL:
		return label_value(&b->facts, by->name + strlen(label_prefix));
	default:
		return time_value(by->key,
				  b->facts.started_unix_ns != CS_TIME_NONE
					  ? b->facts.started_unix_ns
					  : b->recorded_unix_ns,
				  buf);
	}
}
