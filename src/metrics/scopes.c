/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/scopes.h"
#include "metrics/tables.h"

#include <string.h>

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

static int compare_rows(const void *a, const void *b)
{
	const struct cs_scope_health *x = a, *y = b;
	int c = compare_text(x->scope->project, y->scope->project);

	return c ? c : compare_text(x->scope->scope, y->scope->scope);
}

/* How many different writers; few builds write one scope in one run. */
static int64_t count_distinct(const struct cs_keyed *w, size_t n)
{
	int64_t writers = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = i;

		while (k > 0 && w[k - 1].extra != w[i].extra)
			k--;
		writers += k == 0;
	}
	return writers;
}

/* Of a run and a scope each. */
static void count_writers(const struct cs_keyed *w, size_t n, struct cs_scope_health *rows)
{
	for (size_t i = 0, end; i < n; i = end) {
		struct cs_scope_health *row = &rows[w[i].value];
		int64_t writers;

		for (end = i + 1; end < n && w[end].key == w[i].key; end++)
			;
		writers = count_distinct(w + i, end - i);
		row->writing_runs++;
		row->collisions += writers > 1;
		if (writers > row->writers_max)
			row->writers_max = writers;
	}
}

int cs_scopes_health(const struct cs_ledger *ledger, struct cs_scope_health **ret, size_t *ret_n,
		     struct cs_err *err)
{
	size_t n_builds, n_scopes, n = 0;
	const struct cs_ledger_build *builds = cs_ledger_builds(ledger, &n_builds);
	const struct cs_ledger_scope *scopes = cs_ledger_scopes(ledger, &n_scopes);
	struct cs_keyed *w CS_AUTO(cs_free_p) = calloc(n_builds + 1, sizeof(*w));
	struct cs_keyed *spare CS_AUTO(cs_free_p) = calloc(n_builds + 1, sizeof(*spare));
	struct cs_scope_health *rows = calloc(n_scopes + 1, sizeof(*rows));

	if (!w || !spare || !rows) {
		free(rows);
		return cs_err_nomem(err);
	}
	for (size_t i = 0; i < n_builds; i++) {
		const struct cs_ledger_place *p = cs_ledger_place(ledger, builds[i].place);

		if (builds[i].writes && builds[i].run != CS_LEDGER_NONE)
			w[n++] = (struct cs_keyed){ (uint64_t)builds[i].run << 32 | p->scope_key,
						    p->scope_key, p->writer_key };
	}
	cs_keyed_group(w, spare, n);
	for (size_t i = 0; i < n_scopes; i++)
		rows[i].scope = &scopes[i];
	count_writers(w, n, rows);
	if (n_scopes)
		qsort(rows, n_scopes, sizeof(*rows), compare_rows);
	*ret = rows;
	*ret_n = n_scopes;
	return 0;
}
