/* SPDX-License-Identifier: Apache-2.0 */
/* What builds can be grouped by: any fact that is one text, and any label by its name. */
#include <string.h>

#include "metrics/stats_impl.h"

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

unsigned cs_by_wants(const struct cs_by *by, size_t n)
{
	unsigned wants = 0;

	for (size_t i = 0; i < n; i++) {
		wants |= by[i].key == CS_BY_LABEL ? CS_BRIEF_LABELS : 0;
		wants |= by[i].key == CS_BY_COMMIT ? CS_BRIEF_COMMIT : 0;
	}
	return wants;
}

void cs_by_values_release(struct cs_by_values *values)
{
	cs_texts_release(&values->texts);
	cs_map_release(&values->days);
}

#define DAY (86400 * CS_NS_PER_S)

static int64_t day_of(int64_t unix_ns)
{
	return unix_ns / DAY - (unix_ns % DAY < 0);
}

/* ISO 8601 week of a day counted from 1970-01-01, a Thursday. */
static void iso_week(int64_t unix_ns, char buf[CS_TIME_TEXT])
{
	int64_t day = day_of(unix_ns);
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

static void format_time(enum cs_by_key key, int64_t t, char buf[CS_TIME_TEXT])
{
	if (key == CS_BY_WEEK) {
		iso_week(t, buf);
	} else {
		cs_time_format(t, buf);
		buf[key == CS_BY_MONTH ? 7 : 10] = '\0';
	}
}

/* Written once a day. */
static int time_value(struct cs_by_values *values, enum cs_by_key key, int64_t t, uint32_t *ret,
		      struct cs_err *err)
{
	char buf[CS_TIME_TEXT];
	uint32_t *known;
	int r;

	*ret = CS_NOTHING;
	if (t == CS_TIME_NONE)
		return 0;
	known = cs_map_at(&values->days, (uint64_t)day_of(t));
	if (!known)
		return cs_err_nomem(err);
	*ret = *known;
	if (*known != CS_NOTHING)
		return 0;
	format_time(key, t, buf);
	r = cs_texts_put(&values->texts, buf, ret, err);
	if (r == 0)
		*known = *ret;
	return r;
}

static int label_value(struct cs_by_values *values, const char *name, struct cs_brief_dict *dict,
		       const struct cs_brief *b, uint32_t *ret, struct cs_err *err)
{
	*ret = CS_NOTHING;
	for (size_t i = 0; i < b->n_labels; i++) {
		const char *key;
		int r = dict->text(dict, b->labels[2 * i], &key, err);

		if (r < 0)
			return r;
		if (key && strcmp(key, name) == 0)
			return cs_texts_of(&values->texts, dict, b->labels[2 * i + 1], ret, err);
	}
	return 0;
}

static int run_value(struct cs_by_values *values, struct cs_brief_dict *dict,
		     const struct cs_brief *b, uint32_t *ret, struct cs_err *err)
{
	const struct cs_brief_run *run;
	uint32_t *known;
	int r;

	*ret = CS_NOTHING;
	if (!b->run)
		return 0;
	known = cs_map_at(&values->texts.numbers, (uint64_t)b->run);
	if (!known)
		return cs_err_nomem(err);
	*ret = *known;
	if (*known != CS_NOTHING)
		return 0;
	r = dict->run(dict, b->run, &run, err);
	if (r == 0)
		r = cs_texts_put(&values->texts, run->run_id, ret, err);
	if (r == 0)
		*known = *ret;
	return r;
}

/* Where a word is of an enum. */
static const char *word_of(enum cs_by_key key, const struct cs_brief *b)
{
	switch (key) {
	case CS_BY_EVENT:
		return b->event == CS_EVENT_NONE ? NULL : cs_event_name(b->event);
	case CS_BY_STATUS:
		return b->status == CS_STATUS_UNKNOWN ? NULL : cs_build_status_name(b->status);
	default:
		return b->source_kind == CS_SOURCE_NONE ? NULL
							: cs_source_kind_name(b->source_kind);
	}
}

int cs_by_value(struct cs_by_values *values, const struct cs_by *by, struct cs_brief_dict *dict,
		const struct cs_brief *b, uint32_t *ret, struct cs_err *err)
{
	switch (by->key) {
	case CS_BY_SCOPE:
		return cs_texts_of(&values->texts, dict, b->scope, ret, err);
	case CS_BY_TARGET:
		return cs_texts_of(&values->texts, dict, b->target, ret, err);
	case CS_BY_PLATFORM:
		return cs_texts_of(&values->texts, dict, b->platform, ret, err);
	case CS_BY_JOB:
		return cs_texts_of(&values->texts, dict, b->job, ret, err);
	case CS_BY_WORKFLOW:
		return cs_texts_of(&values->texts, dict, b->workflow, ret, err);
	case CS_BY_REF:
		return cs_texts_of(&values->texts, dict, b->ref, ret, err);
	case CS_BY_PROJECT:
		return cs_texts_of_project(&values->texts, dict, b->project, ret, err);
	case CS_BY_RUN:
		return run_value(values, dict, b, ret, err);
	case CS_BY_COMMIT:
		return cs_texts_put(&values->texts, b->commit, ret, err);
	case CS_BY_LABEL:
		return label_value(values, by->name + strlen(label_prefix), dict, b, ret, err);
	case CS_BY_EVENT:
	case CS_BY_STATUS:
	case CS_BY_SOURCE_KIND:
		return cs_texts_put(&values->texts, word_of(by->key, b), ret, err);
	default:
		return time_value(values, by->key, b->time_unix_ns, ret, err);
	}
}
