/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Union-find over places in the ledger: three groupings find the neighbours (by input, config,
 * diff-ids) and tie them. Counting each kind on its own would count a build twice that is both the
 * same image and the same input, and the rate of M7 would pass 100 %.
 */
#include "metrics/duplicates.h"
#include "metrics/tables.h"

#include <string.h>

struct cs_duplicates {
	struct cs_duplicate_sums sums;
	struct cs_duplicate *list;
	size_t n;
	uint32_t *members;
};

struct find {
	const struct cs_ledger *ledger;
	const struct cs_ledger_build *builds;
	size_t n;
	struct cs_keyed *ties, *spare; /* a build under one of its three hashes */
	uint32_t *root;		       /* CS_LEDGER_NONE: kept out */
	uint8_t *by_result;	       /* tied to another one by its result */
};

const char *cs_duplicate_kind_name(enum cs_duplicate_kind k)
{
	static const char *const names[] = { "exact", "same_input", "work" };

	return (size_t)k < CS_N(names) ? names[k] : "unknown";
}

static uint32_t root_of(uint32_t *root, uint32_t at)
{
	while (root[at] != at) {
		root[at] = root[root[at]];
		at = root[at];
	}
	return at;
}

/* The earlier one stays the root: roots are first members. */
static void unite(struct find *f, uint32_t a, uint32_t b)
{
	a = root_of(f->root, a);
	b = root_of(f->root, b);
	if (a < b)
		f->root[b] = a;
	else
		f->root[a] = b;
}

static size_t sort_ties(struct find *f, uint64_t (*hash)(const struct cs_ledger_build *))
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		uint64_t h = f->root[i] == CS_LEDGER_NONE ? 0 : hash(&f->builds[i]);

		if (h)
			f->ties[n++] = (struct cs_keyed){ h, (uint32_t)i, 0 };
	}
	cs_keyed_group(f->ties, f->spare, n);
	return n;
}

static uint64_t config_of(const struct cs_ledger_build *b)
{
	return b->config;
}

static uint64_t diff_ids_of(const struct cs_ledger_build *b)
{
	return b->diff_ids;
}

static uint64_t input_of(const struct cs_ledger_build *b)
{
	return b->input;
}

static void tie_results(struct find *f, uint64_t (*hash)(const struct cs_ledger_build *))
{
	size_t n = sort_ties(f, hash);

	for (size_t i = 1; i < n; i++) {
		if (f->ties[i].key != f->ties[i - 1].key)
			continue;
		unite(f, f->ties[i - 1].value, f->ties[i].value);
		f->by_result[f->ties[i - 1].value] = f->by_result[f->ties[i].value] = 1;
	}
}

/* Not known to be another one is the same: a build that failed and was tried again in its job. */
static bool same_job(const struct find *f, uint32_t a, uint32_t b)
{
	const struct cs_ledger_build *x = &f->builds[a], *y = &f->builds[b];
	const char *p, *q;

	if (x->run != y->run)
		return false;
	if (x->place == y->place)
		return true;
	p = cs_ledger_place(f->ledger, x->place)->job;
	q = cs_ledger_place(f->ledger, y->place)->job;
	return p == q || !p || !q; /* names are kept once */
}

/* Builds of one key: a group as soon as one of them is of another run or job than the first. */
static void tie_key(struct find *f, const struct cs_keyed *ties, size_t n)
{
	bool elsewhere = false;

	for (size_t i = 1; i < n && !elsewhere; i++)
		elsewhere = !same_job(f, ties[0].value, ties[i].value);
	for (size_t i = 1; i < n && elsewhere; i++)
		unite(f, ties[0].value, ties[i].value);
}

static void tie_inputs(struct find *f)
{
	size_t n = sort_ties(f, input_of);

	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && f->ties[end].key == f->ties[i].key; end++)
			;
		tie_key(f, f->ties + i, end - i);
	}
}

static void add_ns(int64_t *sum, int64_t ns)
{
	if (ns > 0)
		*sum += ns;
}

/* Who takes part; the others are counted apart. */
static void choose(struct find *f, struct cs_duplicate_sums *sums)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct cs_ledger_build *b = &f->builds[i];

		f->root[i] = CS_LEDGER_NONE;
		if (b->rerun) {
			sums->rerun_builds++;
			add_ns(&sums->rerun_ns, b->duration_ns);
		} else if (b->event == CS_EVENT_SCHEDULE) {
			sums->scheduled_builds++;
			add_ns(&sums->scheduled_ns, b->duration_ns);
		} else if (b->status == CS_STATUS_CANCELED) {
			sums->canceled_builds++;
		} else if (!b->input) {
			sums->unknown_builds++;
		} else {
			f->root[i] = (uint32_t)i;
			sums->builds++;
		}
	}
}

/* --- groups --- */

static void fill_group(const struct find *f, const uint32_t *members, size_t n,
		       struct cs_duplicate *ret)
{
	*ret = (struct cs_duplicate){ .kind = CS_DUPLICATE_EXACT,
				      .builds = (int64_t)n,
				      .wasted_ns = -1,
				      .members = members };
	for (size_t i = 0; i < n; i++) {
		const struct cs_ledger_build *b = &f->builds[members[i]];

		if (!f->by_result[members[i]])
			ret->kind = CS_DUPLICATE_SAME_INPUT;
		if (i > 0 && b->duration_ns >= 0)
			ret->wasted_ns = (ret->wasted_ns < 0 ? 0 : ret->wasted_ns) + b->duration_ns;
	}
}

/* Members stand together, by start, behind the order of their roots. */
static size_t sort_members(struct find *f, uint32_t *members)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (f->root[i] != CS_LEDGER_NONE)
			f->ties[n++] =
				(struct cs_keyed){ root_of(f->root, (uint32_t)i), (uint32_t)i, 0 };
	}
	cs_keyed_sort(f->ties, f->spare, n);
	for (size_t i = 0; i < n; i++)
		members[i] = f->ties[i].value;
	return n;
}

static int list_groups(struct find *f, struct cs_duplicates *d, struct cs_err *err)
{
	size_t n_work, n = sort_members(f, d->members), n_groups = 0;
	const struct cs_ledger_work *work = cs_ledger_work(f->ledger, &n_work);

	for (size_t i = 0; i < n; i++) {
		d->sums.groups += i == 0 || f->ties[i].key != f->ties[i - 1].key;
		n_groups += i > 0 && f->ties[i].key == f->ties[i - 1].key &&
			    (i == 1 || f->ties[i - 1].key != f->ties[i - 2].key);
	}
	d->list = calloc(n_groups + n_work + 1, sizeof(*d->list));
	if (!d->list)
		return cs_err_nomem(err);
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && f->ties[end].key == f->ties[i].key; end++)
			;
		if (end == i + 1)
			continue;
		fill_group(f, d->members + i, end - i, &d->list[d->n]);
		add_ns(&d->sums.wasted_ns, d->list[d->n++].wasted_ns);
	}
	for (size_t i = 0; i < n_work; i++) {
		d->list[d->n++] = (struct cs_duplicate){ .kind = CS_DUPLICATE_WORK,
							 .builds = work[i].executions,
							 .wasted_ns = work[i].wasted_ns,
							 .work = &work[i] };
		d->sums.work_steps += work[i].executions - 1;
		d->sums.work_ns += work[i].wasted_ns;
	}
	return 0;
}

int cs_duplicates_find(const struct cs_ledger *ledger, struct cs_duplicates **ret,
		       struct cs_err *err)
{
	struct cs_duplicates *d CS_AUTO(cs_duplicates_free_p) = calloc(1, sizeof(*d));
	struct find f = { .ledger = ledger };
	void *ties CS_AUTO(cs_free_p) = NULL, *spare CS_AUTO(cs_free_p) = NULL,
		   *root CS_AUTO(cs_free_p) = NULL, *by_result CS_AUTO(cs_free_p) = NULL;
	int r;

	if (!d)
		return cs_err_nomem(err);
	f.builds = cs_ledger_builds(ledger, &f.n);
	f.ties = ties = calloc(f.n + 1, sizeof(*f.ties));
	f.spare = spare = calloc(f.n + 1, sizeof(*f.spare));
	f.root = root = calloc(f.n + 1, sizeof(*f.root));
	f.by_result = by_result = calloc(f.n + 1, 1);
	d->members = calloc(f.n + 1, sizeof(*d->members));
	if (!ties || !spare || !root || !by_result || !d->members)
		return cs_err_nomem(err);
	choose(&f, &d->sums);
	tie_results(&f, config_of);
	tie_results(&f, diff_ids_of);
	tie_inputs(&f);
	r = list_groups(&f, d, err);
	if (r < 0)
		return r;
	*ret = cs_steal(d);
	return 0;
}

void cs_duplicates_free(struct cs_duplicates *duplicates)
{
	if (!duplicates)
		return;
	free(duplicates->list);
	free(duplicates->members);
	free(duplicates);
}

const struct cs_duplicate *cs_duplicates_list(const struct cs_duplicates *duplicates, size_t *ret_n)
{
	*ret_n = duplicates->n;
	return duplicates->list;
}

const struct cs_duplicate_sums *cs_duplicates_sums(const struct cs_duplicates *duplicates)
{
	return &duplicates->sums;
}
