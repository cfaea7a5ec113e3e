/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order within a run, and for one commit where a run has no build of the role that comes first:
 * teams test in one workflow and release in another. What a run knows of itself always goes before
 * what is known of its commit.
 */
#include "metrics/strategy_impl.h"
#include "metrics/tables.h"

/* A word about a commit: its tests passed or not, or a build of a role was done. */
struct word {
	uint64_t commit;
	int64_t unix_ns;
	uint32_t build; /* of the word; CS_LEDGER_NONE for tests told by a run */
	uint8_t role;	/* CS_POLICY_TESTS: of tests */
	uint8_t tests;
};

struct words {
	struct word *v;
	size_t n;
};

/* Of a build that nobody knows the time of nothing can be too early: it ended before all time. */
static int64_t end_of(const struct cs_ledger_build *b)
{
	if (!b->dated)
		return INT64_MIN + 1;
	return b->duration_ns > 0 ? b->started_unix_ns + b->duration_ns : b->started_unix_ns;
}

void cs_judge_tests(struct cs_judge *j)
{
	for (size_t run = 0; run < j->n_runs; run++) {
		enum cs_tri tests = CS_TRI_UNKNOWN;

		for (uint32_t i = j->first[run]; i < j->first[run + 1]; i++) {
			const struct cs_ledger_build *b = &j->builds[j->order[i]];
			enum cs_tri said = (enum cs_tri)b->tests;

			if (b->status == CS_STATUS_FAILED && j->policy->test &&
			    cs_judge_role(j, j->order[i]) == j->policy->test)
				said = CS_TRI_NO;
			if (said != CS_TRI_UNKNOWN && tests != CS_TRI_NO)
				tests = said;
		}
		j->tests[run] = tests != CS_TRI_UNKNOWN ? tests : j->runs[run].jobs_passed;
	}
}

static int compare_words(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	if (x->commit != y->commit)
		return x->commit < y->commit ? -1 : 1;
	if (x->role != y->role)
		return x->role < y->role ? -1 : 1;
	if (x->unix_ns != y->unix_ns)
		return x->unix_ns < y->unix_ns ? -1 : 1;
	return (x->build > y->build) - (x->build < y->build);
}

/* When a run told of its tests: with its first build, else when it began. */
static int64_t told_at(const struct cs_judge *j, size_t run)
{
	return j->first[run] < j->first[run + 1]
		       ? j->builds[j->order[j->first[run]]].started_unix_ns
		       : j->runs[run].started_unix_ns;
}

/* By commit at once, then the few words about each. */
static int sort_words(struct words *words, struct cs_err *err)
{
	struct cs_keyed *keys CS_AUTO(cs_free_p) = calloc(words->n + 1, sizeof(*keys));
	struct cs_keyed *spare CS_AUTO(cs_free_p) = calloc(words->n + 1, sizeof(*spare));
	struct word *sorted = calloc(words->n + 1, sizeof(*sorted));

	if (!keys || !spare || !sorted) {
		free(sorted);
		return cs_err_nomem(err);
	}
	for (size_t i = 0; i < words->n; i++)
		keys[i] = (struct cs_keyed){ words->v[i].commit, (uint32_t)i, 0 };
	cs_keyed_sort(keys, spare, words->n);
	for (size_t i = 0; i < words->n; i++)
		sorted[i] = words->v[keys[i].value];
	for (size_t i = 0, end; i < words->n; i = end) {
		for (end = i + 1; end < words->n && keys[end].key == keys[i].key; end++)
			;
		if (end - i > 1)
			qsort(sorted + i, end - i, sizeof(*sorted), compare_words);
	}
	free(words->v);
	words->v = sorted;
	return 0;
}

static int gather(const struct cs_judge *j, struct words *words, struct cs_err *err)
{
	words->v = calloc(j->n_builds + j->n_runs + 1, sizeof(*words->v));
	if (!words->v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < j->n_runs; i++) {
		if (j->runs[i].commit && j->tests[i] != CS_TRI_UNKNOWN)
			words->v[words->n++] =
				(struct word){ j->runs[i].commit, told_at(j, i), CS_LEDGER_NONE,
					       CS_POLICY_TESTS, (uint8_t)j->tests[i] };
	}
	for (uint32_t i = 0; i < j->n_builds; i++) {
		const struct cs_ledger_build *b = &j->builds[i];
		unsigned role = cs_judge_role(j, i);

		if (role && b->run != CS_LEDGER_NONE && j->runs[b->run].commit)
			words->v[words->n++] = (struct word){ j->runs[b->run].commit, end_of(b), i,
							      (uint8_t)role, 0 };
	}
	return sort_words(words, err);
}

/* The first word of role and commit that is not before unix_ns, or where it would stand. */
static size_t find(const struct words *words, unsigned role, uint64_t commit, int64_t unix_ns)
{
	struct word key = { commit, unix_ns, 0, (uint8_t)role, 0 };
	size_t low = 0, high = words->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_words(&words->v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_of(const struct words *words, size_t at, unsigned role, uint64_t commit)
{
	return at < words->n && words->v[at].role == role && words->v[at].commit == commit;
}

/* The latest word about the tests of a commit before a time. */
static enum cs_tri tests_of_commit(const struct words *words, uint64_t commit, int64_t unix_ns)
{
	size_t at = find(words, CS_POLICY_TESTS, commit, unix_ns);

	return at > 0 && is_of(words, at - 1, CS_POLICY_TESTS, commit)
		       ? (enum cs_tri)words->v[at - 1].tests
		       : CS_TRI_UNKNOWN;
}

static int add(struct cs_judge *j, enum cs_disorder kind, uint32_t build, uint32_t before,
	       struct cs_err *err)
{
	struct cs_strategy *out = j->out;

	if (!cs_judge_reserve((void **)&out->disorders, out->n_disorders, &j->cap_disorders,
			      sizeof(*out->disorders)))
		return cs_err_nomem(err);
	out->disorders[out->n_disorders++] = (struct cs_strategy_disorder){ kind, build, before };
	j->events[j->builds[build].event].order_violations++;
	return 0;
}

/* Whether the policy has an opinion on production after failed tests: where it allows production
 * whatever the tests say, it has none. */
static bool wants_tests(const struct cs_policy *policy, const struct cs_policy_rule *rule)
{
	const struct cs_policy_count *count = &rule->roles[policy->production];

	if (!rule->given)
		return false;
	if (count->given && (count->if_tests_passed || count->max == 0))
		return true;
	for (size_t i = 0; i < rule->n_order; i++) {
		if (rule->order[i] == CS_POLICY_TESTS)
			return true;
	}
	return rule->total.given && rule->total.max == 0;
}

/* The build of a role in a run that is done last, CS_LEDGER_NONE without one. */
static uint32_t last_done(const struct cs_judge *j, size_t run, unsigned role)
{
	uint32_t last = CS_LEDGER_NONE;

	for (uint32_t i = j->first[run]; i < j->first[run + 1]; i++) {
		uint32_t b = j->order[i];

		if (cs_judge_role(j, b) == role &&
		    (last == CS_LEDGER_NONE || end_of(&j->builds[b]) > end_of(&j->builds[last])))
			last = b;
	}
	return last;
}

/* Elsewhere for the same commit: one that is done is enough. */
static uint32_t undone_for_commit(const struct cs_judge *j, const struct words *words, uint32_t run,
				  unsigned role, int64_t unix_ns)
{
	uint64_t commit = j->runs[run].commit;
	size_t at = commit ? find(words, role, commit, INT64_MIN) : 0;

	if (!commit || !is_of(words, at, role, commit) || words->v[at].unix_ns <= unix_ns)
		return CS_LEDGER_NONE;
	return words->v[at].build;
}

/* What comes first of the roles at both ends of one pair of an order. */
static int judge_pair(struct cs_judge *j, const struct words *words, size_t run, unsigned before,
		      unsigned after, struct cs_err *err)
{
	uint32_t last = last_done(j, run, before);

	for (uint32_t i = j->first[run]; i < j->first[run + 1]; i++) {
		const struct cs_ledger_build *b = &j->builds[j->order[i]];
		uint32_t other = last;
		int r = 0;

		if (cs_judge_role(j, j->order[i]) != after || !b->dated)
			continue;
		if (last == CS_LEDGER_NONE)
			other = undone_for_commit(j, words, (uint32_t)run, before,
						  b->started_unix_ns);
		if (other != CS_LEDGER_NONE && end_of(&j->builds[other]) > b->started_unix_ns)
			r = add(j, CS_DISORDER_TOO_EARLY, j->order[i], other, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int judge_sequence(struct cs_judge *j, const struct words *words, size_t run,
			  const struct cs_policy_rule *rule, struct cs_err *err)
{
	for (size_t a = 0; a < rule->n_order; a++) {
		for (size_t b = a + 1; b < rule->n_order; b++) {
			int r = 0;

			if (rule->order[a] != CS_POLICY_TESTS && rule->order[b] != CS_POLICY_TESTS)
				r = judge_pair(j, words, run, rule->order[a], rule->order[b], err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

static int judge_failed_tests(struct cs_judge *j, size_t run, struct cs_err *err)
{
	for (uint32_t i = j->first[run]; i < j->first[run + 1]; i++) {
		int r = 0;

		if (cs_judge_role(j, j->order[i]) == j->policy->production)
			r = add(j, CS_DISORDER_TESTS_FAILED, j->order[i], CS_LEDGER_NONE, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int judge_run(struct cs_judge *j, const struct words *words, size_t run, struct cs_err *err)
{
	const struct cs_policy_rule *rule = &j->policy->rules[j->runs[run].event];
	int r = rule->given ? judge_sequence(j, words, run, rule, err) : 0;

	if (r == 0 && j->policy->production && j->tests[run] == CS_TRI_NO &&
	    wants_tests(j->policy, rule))
		r = judge_failed_tests(j, run, err);
	return r;
}

static int compare_disorders(const void *a, const void *b)
{
	const struct cs_strategy_disorder *x = a, *y = b;

	if (x->build != y->build)
		return x->build < y->build ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->before > y->before) - (x->before < y->before);
}

int cs_judge_order(struct cs_judge *j, struct cs_err *err)
{
	struct words words = { 0 };
	void *memory CS_AUTO(cs_free_p) = NULL;
	int r = gather(j, &words, err);

	memory = words.v;
	if (r < 0)
		return r;
	for (size_t run = 0; run < j->n_runs; run++) {
		if (j->tests[run] == CS_TRI_UNKNOWN && j->runs[run].commit)
			j->tests[run] =
				tests_of_commit(&words, j->runs[run].commit, told_at(j, run));
	}
	for (size_t run = 0; r == 0 && run < j->n_runs; run++) {
		/* attempts after the first are apart, here too */
		if (j->first[run] < j->first[run + 1] && j->runs[run].attempt <= 1)
			r = judge_run(j, &words, run, err);
	}
	if (j->out->n_disorders)
		qsort(j->out->disorders, j->out->n_disorders, sizeof(*j->out->disorders),
		      compare_disorders);
	return r;
}
