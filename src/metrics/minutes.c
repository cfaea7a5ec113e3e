/* SPDX-License-Identifier: Apache-2.0 */
/* Money is counted in millionths: no sum of cents is ever off by a rounding. */
#include "metrics/minutes.h"
#include "metrics/tables.h"

#include <string.h>

#define MINUTE	 (60 * CS_NS_PER_S)
#define MILLION	 INT64_C(1000000)
#define RATE_MAX MILLION /* units of money */

int64_t cs_minutes_of(int64_t ns)
{
	return ns / MINUTE + (ns % MINUTE > 0); /* division cuts: below zero it is a ceiling */
}

int64_t cs_minutes_saved(int64_t t_ns, int64_t w_ns)
{
	return cs_minutes_of(t_ns + w_ns) - cs_minutes_of(t_ns);
}

/* Builds of one job. */
static void count_job(const struct cs_ledger_build *builds, const struct cs_keyed *entries,
		      size_t n, struct cs_minutes *ret)
{
	int64_t first = INT64_MAX, last = INT64_MIN, saved_ns = 0;
	bool saved_known = true;

	for (size_t i = 0; i < n; i++) {
		const struct cs_ledger_build *b = &builds[entries[i].value];

		saved_known = saved_known && b->wall_saved_ms != INT32_MIN;
		saved_ns += b->wall_saved_ms * INT64_C(1000000);
		if (b->duration_ns < 0)
			continue;
		if (b->started_unix_ns < first)
			first = b->started_unix_ns;
		if (b->started_unix_ns + b->duration_ns > last)
			last = b->started_unix_ns + b->duration_ns;
	}
	ret->jobs++;
	if (last < first) {
		ret->untimed_jobs++;
		return;
	}
	ret->minutes += cs_minutes_of(last - first);
	if (saved_known) {
		ret->saved_jobs++;
		ret->saved_minutes += cs_minutes_saved(last - first, saved_ns);
	}
}

/* Builds of a run, of a job: which is the number of its first place with that name. */
static void fill(const struct cs_ledger_build *builds, size_t n, const uint32_t *jobs,
		 struct cs_keyed *entries)
{
	for (size_t i = 0; i < n; i++) {
		uint32_t job = jobs[builds[i].place];
		bool alone = builds[i].run == CS_LEDGER_NONE || !job;

		entries[i] = (struct cs_keyed){ alone ? UINT64_C(1) << 63 | i
						      : (uint64_t)builds[i].run << 31 | job,
						(uint32_t)i, 0 };
	}
}

/* One number for each job's name, 0 unknown; names are kept once. */
static int number_jobs(const struct cs_ledger *ledger, uint32_t *ret)
{
	struct cs_map map CS_AUTO(cs_map_release) = { 0 };

	for (uint32_t i = 0; i < cs_ledger_n_places(ledger); i++) {
		const char *job = cs_ledger_place(ledger, i)->job;
		uint32_t *number = job ? cs_map_at(&map, (uint64_t)(uintptr_t)job) : NULL;

		if (job && !number)
			return -1;
		if (number && *number == CS_NOTHING)
			*number = (uint32_t)map.n;
		ret[i] = number ? *number : 0;
	}
	return 0;
}

int cs_minutes_count(const struct cs_ledger *ledger, struct cs_minutes ret[CS_EVENT_OTHER + 1],
		     struct cs_err *err)
{
	size_t n, n_places = cs_ledger_n_places(ledger);
	const struct cs_ledger_build *builds = cs_ledger_builds(ledger, &n);
	struct cs_keyed *entries CS_AUTO(cs_free_p) = calloc(n + 1, sizeof(*entries));
	struct cs_keyed *spare CS_AUTO(cs_free_p) = calloc(n + 1, sizeof(*spare));
	uint32_t *jobs CS_AUTO(cs_free_p) = calloc(n_places + 1, sizeof(*jobs));

	if (!entries || !spare || !jobs || number_jobs(ledger, jobs) < 0)
		return cs_err_nomem(err);
	memset(ret, 0, (CS_EVENT_OTHER + 1) * sizeof(*ret));
	fill(builds, n, jobs, entries);
	cs_keyed_sort(entries, spare, n);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && entries[end].key == entries[i].key; end++)
			;
		count_job(builds, entries + i, end - i, &ret[builds[entries[i].value].event]);
	}
	return 0;
}

int cs_minutes_rate(const char *text, int64_t *ret_millionths, struct cs_err *err)
{
	int64_t value = 0, unit = MILLION;
	const char *p = text;

	for (; *p >= '0' && *p <= '9' && value <= RATE_MAX; p++)
		value = value * 10 + (*p - '0');
	if (p > text && *p == '.' && p[1]) {
		for (p++; *p >= '0' && *p <= '9' && unit > 1; p++) {
			value = value * 10 + (*p - '0');
			unit /= 10;
		}
	}
	if (p == text || *p || value / (MILLION / unit) > RATE_MAX)
		return cs_err_set(err, CS_USAGE,
				  "'%.40s' is no price of a minute: a number such as 0.008", text);
	*ret_millionths = value * unit;
	return 0;
}

char *cs_minutes_cost(int64_t minutes, int64_t rate_millionths, char buf[CS_MONEY_TEXT])
{
	int64_t sum;
	size_t len;

	if (__builtin_mul_overflow(minutes, rate_millionths, &sum) || sum == INT64_MIN) {
		buf[0] = '\0';
		return buf;
	}
	snprintf(buf, CS_MONEY_TEXT, "%s%lld.%06lld", sum < 0 ? "-" : "",
		 (long long)((sum < 0 ? -sum : sum) / MILLION),
		 (long long)((sum < 0 ? -sum : sum) % MILLION));
	for (len = strlen(buf); buf[len - 1] == '0' && buf[len - 3] != '.'; len--)
		buf[len - 1] = '\0';
	return buf;
}
