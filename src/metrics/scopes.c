/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/scopes.h"

#include <string.h>

struct written {
	uint32_t scope, run, writer;
};

static int compare_written(const void *a, const void *b)
{
	const struct written *x = a, *y = b;

	if (x->scope != y->scope)
		return x->scope < y->scope ? -1 : 1;
	if (x->run != y->run)
		return x->run < y->run ? -1 : 1;
	return (x->writer > y->writer) - (x->writer < y->writer);
}

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

static void count_writers(const struct written *w, size_t n, struct cs_scope_health *rows)
{
	for (size_t i = 0, end; i < n; i = end) {
		struct cs_scope_health *row = &rows[w[i].scope];
		int64_t writers = 1;

		for (end = i + 1; end < n && w[end].scope == w[i].scope && w[end].run == w[i].run;
		     end++)
			writers += w[end].writer != w[end - 1].writer;
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
	struct written *w CS_AUTO(cs_free_p) = calloc(n_builds + 1, sizeof(*w));
	struct cs_scope_health *rows = calloc(n_scopes + 1, sizeof(*rows));

	if (!w || !rows) {
		free(rows);
		return cs_err_nomem(err);
	}
	for (size_t i = 0; i < n_builds; i++) {
		const struct cs_ledger_place *p = cs_ledger_place(ledger, builds[i].place);

		if (builds[i].writes && builds[i].run != CS_LEDGER_NONE)
			w[n++] = (struct written){ p->scope_key, builds[i].run, p->writer_key };
	}
	if (n)
		qsort(w, n, sizeof(*w), compare_written);
	for (size_t i = 0; i < n_scopes; i++)
		rows[i].scope = &scopes[i];
	count_writers(w, n, rows);
	if (n_scopes)
		qsort(rows, n_scopes, sizeof(*rows), compare_rows);
	*ret = rows;
	*ret_n = n_scopes;
	return 0;
}
