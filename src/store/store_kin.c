/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is recorded of the same build. Indexes give candidates, model/kin.c judges them. A rebuild
 * that changes nothing gives the same digests again, thousands of times, so candidates are asked
 * for by kind: a source that names its build by a builder's ref can only be joined with what lacks
 * one; for one that does not, those near its start come first, and of builds that lack nothing a
 * few are enough.
 */
#include "model/merge.h"
#include "model/order.h"
#include "store/store_impl.h"

#define NEAR_NS	       (10 * CS_NS_PER_S)
#define CANDIDATES_MAX 2048

/* How many candidates of each kind a digest may bring. */
static const int64_t kind_max[CS_N_KINDS] = { 256, 256, 256, 64 };

struct kin {
	struct cs_store *store;
	const struct cs_build *build;
	struct cs_arena *arena;
	int64_t project;
	bool bare;	   /* only those without layers */
	struct cs_buf nos; /* int64_t */
};

static int add_all(struct kin *k, enum cs_sql sql, const struct cs_param *params, size_t n,
		   struct cs_err *err)
{
	struct cs_row row = { .store = k->store, .err = err };
	int r = cs_st_query(k->store, sql, params, n, &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		int64_t no;

		row.column = 0;
		no = cs_db_row_int(&row, 0);
		if (cs_buf_add(&k->nos, &no, sizeof(no)) < 0) {
			row.st->driver->reset(row.st);
			return cs_err_nomem(err);
		}
	}
	return r < 0 ? r : 0;
}

static int add_by_head(struct kin *k, int64_t head, int kind, int64_t since, int64_t until,
		       struct cs_err *err)
{
	if (k->nos.len / sizeof(int64_t) >= CANDIDATES_MAX)
		return 0;
	return add_all(k, CS_SQL_KIN_BY_HEAD,
		       CS_PARAMS(cs_p_int("project_id", k->project), cs_p_int("head", head),
				 cs_p_int("kind", kind), cs_p_int("since", since),
				 cs_p_int("until", until), cs_p_int("n", kind_max[kind])),
		       err);
}

static int64_t shift(int64_t t, int64_t ns)
{
	if (ns < 0)
		return t < INT64_MIN - ns ? INT64_MIN : t + ns;
	return t > INT64_MAX - ns ? INT64_MAX : t + ns;
}

/* Kinds that can be the same build: with a ref of its own, only those without one. */
static bool may_be(const struct kin *k, int kind)
{
	const char *ref = k->build->builder_ref;

	return !(kind & CS_KIND_REF && ref && *ref) && !(kind & CS_KIND_LAYERS && k->bare);
}

static int add_by_results(struct kin *k, struct cs_err *err)
{
	const struct cs_build *b = k->build;
	int64_t start = b->facts.started_unix_ns;
	struct cs_digest *results;
	size_t n;
	int r = cs_build_results(b, k->arena, &results, &n, err);

	for (size_t i = 0; i < n && r == 0; i++) {
		int64_t head = cs_st_digest_head(&results[i]);

		for (int kind = 0; kind < CS_N_KINDS && r == 0; kind++) {
			if (!may_be(k, kind))
				continue;
			if (start != CS_TIME_NONE)
				r = add_by_head(k, head, kind, shift(start, -NEAR_NS),
						shift(start, NEAR_NS), err);
			if (r == 0)
				r = add_by_head(k, head, kind, INT64_MIN, INT64_MAX, err);
		}
	}
	return r;
}

static int add_by_graph(struct kin *k, struct cs_err *err)
{
	int64_t start = k->build->facts.started_unix_ns;
	int r = 0;

	if (!k->build->graph || start == CS_TIME_NONE)
		return 0;
	for (int kind = 0; kind < CS_N_KINDS && r == 0; kind++) {
		if (may_be(k, kind))
			r = add_by_head(k, (int64_t)k->build->graph, kind, shift(start, -NEAR_NS),
					shift(start, NEAR_NS), err);
	}
	return r;
}

static int by_number(const void *a, const void *b)
{
	return cs_order_int(*(const int64_t *)a, *(const int64_t *)b);
}

/* Sorted, each once. */
static void settle(struct cs_buf *buf)
{
	int64_t *nos = (int64_t *)buf->data;
	size_t n = buf->len / sizeof(*nos), out = 0;

	if (n > 1)
		qsort(nos, n, sizeof(*nos), by_number);
	for (size_t i = 0; i < n; i++) {
		if (out == 0 || nos[out - 1] != nos[i])
			nos[out++] = nos[i];
	}
	buf->len = out * sizeof(*nos);
}

static int find_candidates(struct kin *k, struct cs_err *err)
{
	int r = 0;

	if (k->build->builder_ref && *k->build->builder_ref)
		r = add_all(k, CS_SQL_KIN_BY_REF,
			    CS_PARAMS(cs_p_int("project_id", k->project),
				      cs_p_text("builder_ref", k->build->builder_ref),
				      cs_p_int("n", kind_max[0])),
			    err);
	if (r == 0)
		r = add_by_results(k, err);
	if (r == 0)
		r = add_by_graph(k, err);
	settle(&k->nos);
	return r;
}

/* 0 it is one; 1 it is not. */
static int read_candidate(struct kin *k, int64_t no, struct cs_build *ret, struct cs_err *err)
{
	struct cs_build_counts counts;
	int r = cs_st_build_row(k->store, no, k->arena, ret, &counts, err);

	if (r == 0)
		r = cs_st_results_get(k->store, no, k->arena, ret, err);
	if (r != 0)
		return r;
	if (!cs_build_kin(k->build, ret) || !cs_build_compatible(k->build, ret))
		return 1;
	return cs_st_build_fill(k->store, no,
				CS_WITH_STEPS | CS_WITH_LAYERS | CS_WITH_LABELS | CS_WITH_RECIPE,
				k->arena, ret, &counts, err);
}

static int find_kin(struct kin *k, struct cs_build **ret, size_t *ret_n, struct cs_err *err)
{
	struct cs_build *builds;
	size_t n = 0;
	int r = cs_st_project(k->store, k->build->facts.project, false, &k->project, err);

	if (r == 0)
		r = find_candidates(k, err);
	if (r < 0)
		return r;
	builds = cs_arena_array(k->arena, k->nos.len / sizeof(int64_t), sizeof(*builds));
	if (!builds)
		return cs_err_nomem(err);
	for (size_t i = 0; i < k->nos.len / sizeof(int64_t); i++) {
		r = read_candidate(k, ((const int64_t *)k->nos.data)[i], &builds[n], err);
		if (r < 0)
			return r;
		n += r == 0;
	}
	*ret = builds;
	*ret_n = n;
	return 0;
}

static int build_kin(struct cs_store *store, const struct cs_build *build, bool bare,
		     struct cs_arena *arena, struct cs_build **ret, size_t *ret_n,
		     struct cs_err *err)
{
	struct kin k = { .store = store, .build = build, .arena = arena, .bare = bare };
	struct cs_build *builds = NULL;
	size_t n = 0;
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	r = find_kin(&k, &builds, &n, err);
	cs_buf_release(&k.nos);
	r = cs_st_end_read(store, r, err);
	if (r < 0)
		return r;
	*ret = builds;
	*ret_n = n;
	return 0;
}

int cs_store_build_kin(struct cs_store *store, const struct cs_build *build, struct cs_arena *arena,
		       struct cs_build **ret, size_t *ret_n, struct cs_err *err)
{
	return build_kin(store, build, false, arena, ret, ret_n, err);
}

int cs_store_build_bare_kin(struct cs_store *store, const struct cs_build *build,
			    struct cs_arena *arena, struct cs_build **ret, size_t *ret_n,
			    struct cs_err *err)
{
	return build_kin(store, build, true, arena, ret, ret_n, err);
}

/* --- the layers of an image --- */

static void forget_verdicts(struct cs_build *b)
{
	for (size_t i = 0; i < b->n_layers; i++) {
		struct cs_layer *l = &b->layers[i];

		l->state = b->base_layers > (int64_t)i ? CS_LAYER_BASE : CS_LAYER_UNKNOWN;
		l->evidence = CS_EVIDENCE_NONE;
		l->seen_in_scope = NULL;
		l->seen_build_id = NULL;
		l->present_before = false;
		l->blob_present_before = false;
		l->why = NULL;
	}
}

static bool names_one(const struct cs_build *b, const struct cs_digest *digests, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (cs_results_have(b, true, &digests[i]))
			return true;
	}
	return false;
}

/* The image alone of the build: 0; 1 = it has none (any more), or another. */
static int read_image(struct kin *k, int64_t no, const struct cs_digest *digests, size_t n,
		      struct cs_build *ret, struct cs_err *err)
{
	struct cs_build_counts counts;
	struct cs_build whole, b;
	int r = cs_st_build_row(k->store, no, k->arena, &whole, &counts, err);

	if (r == 0)
		r = cs_st_results_get(k->store, no, k->arena, &whole, err);
	if (r == 0 && !names_one(&whole, digests, n))
		return 1;
	if (r == 0)
		r = cs_st_build_fill(k->store, no, CS_WITH_LAYERS, k->arena, &whole, &counts, err);
	if (r != 0 || !whole.n_layers)
		return r < 0 ? r : 1;
	cs_build_init(&b);
	b.facts.project = whole.facts.project;
	memcpy(b.platform, whole.platform, sizeof(b.platform));
	b.source_kind = CS_SOURCE_IMAGE;
	b.manifest_digest = whole.manifest_digest;
	b.config_digest = whole.config_digest;
	b.image_created_unix_ns = whole.image_created_unix_ns;
	b.base_evidence = whole.base_evidence;
	b.base_layers = whole.base_layers;
	b.layers = whole.layers;
	b.n_layers = whole.n_layers;
	forget_verdicts(&b);
	r = cs_steps_from_layers(b.layers, b.n_layers, k->arena, &b.steps, &b.n_steps, err);
	if (r == 0)
		*ret = b;
	return r;
}

static int find_image(struct kin *k, const struct cs_digest *digests, size_t n,
		      struct cs_build *ret, struct cs_err *err)
{
	static const int kinds[] = { CS_KIND_LAYERS, CS_KIND_LAYERS | CS_KIND_REF };
	bool found = false;
	int r = cs_st_project(k->store, k->build->facts.project, false, &k->project, err);

	for (size_t i = 0; i < n * CS_N(kinds) && r == 0; i++) {
		const struct cs_digest *d = &digests[i / CS_N(kinds)];

		if (cs_digest_known(d) && k->nos.len / sizeof(int64_t) < CANDIDATES_MAX)
			r = add_all(k, CS_SQL_KIN_BY_HEAD,
				    CS_PARAMS(cs_p_int("project_id", k->project),
					      cs_p_int("head", cs_st_digest_head(d)),
					      cs_p_int("kind", kinds[i % CS_N(kinds)]),
					      cs_p_int("since", INT64_MIN),
					      cs_p_int("until", INT64_MAX), cs_p_int("n", 1)),
				    err);
	}
	if (r != 0)
		return r;
	settle(&k->nos);
	for (size_t i = 0; i < k->nos.len / sizeof(int64_t); i++) {
		struct cs_build b;

		r = read_image(k, ((const int64_t *)k->nos.data)[i], digests, n, &b, err);
		if (r < 0)
			return r;
		if (r == 0 && (!found || cs_order_images(&b, ret) > 0)) {
			*ret = b;
			found = true;
		}
	}
	return found ? 0 : 1;
}

int cs_store_image_layers(struct cs_store *store, const char *project,
			  const struct cs_digest *digests, size_t n, struct cs_arena *arena,
			  struct cs_build *ret, struct cs_err *err)
{
	struct cs_build asked, found;
	struct kin k = { .store = store, .build = &asked, .arena = arena };
	int r = cs_st_begin_read(store, err);

	if (r < 0)
		return r;
	cs_build_init(&asked);
	asked.facts.project = project;
	r = find_image(&k, digests, n, &found, err);
	cs_buf_release(&k.nos);
	r = cs_st_end_read(store, r, err);
	if (r == 0)
		*ret = found;
	return r;
}
