/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sources tell of one build. A digest alone ties too much together: a build that changes
 * nothing gives the same image again and again. So what identifies a build must not speak against
 * it, as far as it is told by who knows: a CI's variables tell of the job that records, which need
 * not be the one that built, and are held only against each other.
 */
#include "model/merge.h"

#include <ctype.h>

#include "model/order.h"

#define BUILDER_CLOCK_NS (CS_NS_PER_S / 1000)
#define LIVE_CLOCK_NS	 (10 * CS_NS_PER_S)

static bool is_text(const char *text)
{
	return text && *text;
}

/* Both said, and not the same. */
static bool differ(const char *a, const char *b)
{
	return is_text(a) && is_text(b) && strcmp(a, b) != 0;
}

/* --- times --- */

static bool within(int64_t a, int64_t b, int64_t ns)
{
	uint64_t d = a > b ? (uint64_t)a - (uint64_t)b : (uint64_t)b - (uint64_t)a;

	return d <= (uint64_t)ns;
}

/* How far off the clock is that a document's start was read from; -1 = it was not the builder's. */
static int64_t clock_of(uint8_t from)
{
	if (from < CS_FROM_INPUT || from >= CS_FROM_RULE)
		return -1;
	switch ((enum cs_source_kind)(from - CS_FROM_INPUT)) {
	case CS_SOURCE_NONE:
	case CS_SOURCE_IMAGE:
	case CS_SOURCE_RECORD:
		return BUILDER_CLOCK_NS;
	case CS_SOURCE_RAWJSON:
		return LIVE_CLOCK_NS;
	default:
		return -1;
	}
}

static bool starts_differ(const struct cs_facts *a, const struct cs_facts *b)
{
	uint8_t from_a = a->from[CS_FACT_STARTED], from_b = b->from[CS_FACT_STARTED];
	int64_t clock_a = clock_of(from_a), clock_b = clock_of(from_b);

	if (a->started_unix_ns == CS_TIME_NONE || b->started_unix_ns == CS_TIME_NONE)
		return false;
	/* Who says two times means two builds. */
	if (from_a == from_b && from_a >= CS_FROM_RULE)
		return a->started_unix_ns != b->started_unix_ns;
	if (clock_a < 0 || clock_b < 0)
		return false;
	return !within(a->started_unix_ns, b->started_unix_ns,
		       clock_a > clock_b ? clock_a : clock_b);
}

/* --- facts --- */

/* Whether the two origins may be held against each other. */
static bool comparable(const struct cs_facts *a, const struct cs_facts *b, enum cs_fact fact)
{
	uint8_t x = a->from[fact], y = b->from[fact];

	if (x < CS_FROM_CI || y < CS_FROM_CI)
		return false;
	return x == y || (x >= CS_FROM_INPUT && y >= CS_FROM_INPUT);
}

/* A commit may be given short, and BuildKit marks one that was changed. */
static bool commits_differ(const char *a, const char *b)
{
	size_t n = 0;

	if (!differ(a, b))
		return false;
	while (isxdigit((unsigned char)a[n]) && a[n] == b[n])
		n++;
	if (n < 7)
		return true;
	return (a[n] && strcmp(a + n, "-dirty") != 0) && (b[n] && strcmp(b + n, "-dirty") != 0);
}

static bool facts_differ(const struct cs_facts *a, const struct cs_facts *b)
{
	if (comparable(a, b, CS_FACT_RUN_ID)) {
		if (differ(a->run_id, b->run_id))
			return true;
		if (is_text(a->run_id) && is_text(b->run_id) && a->attempt >= 0 &&
		    b->attempt >= 0 && a->attempt != b->attempt)
			return true;
	}
	if (comparable(a, b, CS_FACT_COMMIT) && commits_differ(a->commit, b->commit))
		return true;
	if (comparable(a, b, CS_FACT_TARGET) && differ(a->target, b->target))
		return true;
	/* One document calls a job by its id, another as people read it. */
	return a->from[CS_FACT_JOB] == b->from[CS_FACT_JOB] && comparable(a, b, CS_FACT_JOB) &&
	       differ(a->job, b->job);
}

bool cs_build_compatible(const struct cs_build *a, const struct cs_build *b)
{
	const char *x = a->facts.project, *y = b->facts.project;

	if (strcmp(x ? x : "", y ? y : "") != 0)
		return false;
	if (is_text(a->builder_ref) && is_text(b->builder_ref))
		return strcmp(a->builder_ref, b->builder_ref) == 0;
	if (differ(a->invocation_id, b->invocation_id) || starts_differ(&a->facts, &b->facts) ||
	    facts_differ(&a->facts, &b->facts))
		return false;
	/* A record of several platforms tells of each of their images. */
	return !differ(a->platform, b->platform) || a->source_kind == CS_SOURCE_RECORD ||
	       b->source_kind == CS_SOURCE_RECORD;
}

/* --- ties --- */

/* What is recorded is sorted; so this is cheap however many digests a document brings. */
static bool share_result(const struct cs_build *a, const struct cs_build *b)
{
	bool sorted = cs_results_sorted(b);

	if (!sorted && cs_results_sorted(a)) {
		const struct cs_build *swap = a;

		a = b;
		b = swap;
		sorted = true;
	}
	for (size_t i = 0; i < a->n_results; i++) {
		if (cs_results_have(b, sorted, &a->results[i]))
			return true;
	}
	return cs_results_have(b, sorted, &a->config_digest) ||
	       cs_results_have(b, sorted, &a->manifest_digest);
}

bool cs_build_kin(const struct cs_build *a, const struct cs_build *b)
{
	int64_t x = a->facts.started_unix_ns, y = b->facts.started_unix_ns;

	if (is_text(a->builder_ref) && is_text(b->builder_ref) &&
	    strcmp(a->builder_ref, b->builder_ref) == 0)
		return true;
	if (a->graph && a->graph == b->graph && x != CS_TIME_NONE && y != CS_TIME_NONE &&
	    within(x, y, LIVE_CLOCK_NS))
		return true;
	return share_result(a, b);
}
