/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_impl.h"

int cs_store_projects(struct cs_store *store, size_t max, struct cs_arena *arena, const char ***ret,
		      size_t *ret_n, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	const char **v = cs_arena_array(arena, max, sizeof(*v));
	size_t n = 0;
	int r;

	if (!v)
		return cs_err_nomem(err);
	r = cs_st_begin_read(store, err);
	if (r < 0)
		return r;
	r = cs_st_query(store, CS_SQL_PROJECT_LIST, NULL, 0, &row.st, err);
	while (r == 0 && n < max && (r = cs_st_next(row.st, err)) == 0) {
		row.column = 1;
		v[n] = cs_db_row_text(&row);
		r = row.r;
		n += v[n] != NULL;
	}
	if (r == 0 && row.st)
		row.st->driver->reset(row.st);
	r = cs_st_end_read(store, r < 0 ? r : 0, err);
	if (r < 0)
		return r;
	*ret = v;
	*ret_n = n;
	return 0;
}
