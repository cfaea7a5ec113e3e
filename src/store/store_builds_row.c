/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One build out of its rows. Numbers of texts are collected first and looked up when the statement
 * is done: a driver has one result at a time. What a row claims (counts, indexes, kinds) is
 * checked, because a store may have been damaged or made by somebody else.
 */
#include "store/store_impl.h"

#include <limits.h>

/* --- the build's own row --- */

enum { SCOPE, EVENT_RAW, REF, WORKFLOW, JOB, TARGET, PLATFORM, IMAGE_REF, N_TEXTS };

/* A byte for each fact, then one for each part; zeros at the end are not kept. */
static void read_origins(struct cs_row *row, struct cs_build *b)
{
	size_t len;
	const uint8_t *p = cs_db_row_blob(row, &len);
	bool bad = p && len > CS_N_FACTS + CS_N_PARTS;

	for (size_t i = 0; p && i < len && !bad; i++) {
		if (i < CS_N_FACTS)
			b->facts.from[i] = p[i];
		else
			b->told_by[i - CS_N_FACTS] = p[i];
		bad = p[i] > (i < CS_N_FACTS ? (int)CS_FROM_USER : 1 + (int)CS_SOURCE_RECORD);
	}
	if (bad && row->r == 0)
		row->r = cs_st_damaged(row->store, row->err, "%zu bytes of origins", len);
}

static void read_build(struct cs_row *row, struct cs_build *b, int64_t ids[N_TEXTS],
		       struct cs_build_counts *counts)
{
	struct cs_facts *f = &b->facts;
	size_t len;
	const void *id;
	char *text = cs_arena_alloc(row->arena, 17);

	f->project = cs_db_row_text(row);
	id = cs_db_row_blob(row, &len);
	if (id && len == 8 && text)
		cs_id_format(id, text);
	b->id = text;
	cs_db_row_int(row, 0); /* time_unix_ns, for sorting */
	ids[SCOPE] = cs_db_row_int(row, 0);
	f->event = (enum cs_event)cs_db_row_enum(row, CS_EVENT_OTHER + 1);
	ids[EVENT_RAW] = cs_db_row_int(row, 0);
	ids[REF] = cs_db_row_int(row, 0);
	f->commit = cs_db_row_text(row);
	f->run_id = cs_db_row_text(row);
	f->attempt = cs_db_row_int(row, -1);
	ids[WORKFLOW] = cs_db_row_int(row, 0);
	ids[JOB] = cs_db_row_int(row, 0);
	ids[TARGET] = cs_db_row_int(row, 0);
	ids[PLATFORM] = cs_db_row_int(row, 0);
	f->started_unix_ns = cs_db_row_int(row, CS_TIME_NONE);
	f->completed_unix_ns = cs_db_row_int(row, CS_TIME_NONE);
	b->recorded_unix_ns = cs_db_row_int(row, CS_TIME_NONE);
	f->tests_passed = (enum cs_tri)cs_db_row_enum(row, CS_TRI_YES + 1);
	f->pushed = (enum cs_tri)cs_db_row_enum(row, CS_TRI_YES + 1);
	b->builder_ref = cs_db_row_text(row);
	b->invocation_id = cs_db_row_text(row);
	b->source_kind = (enum cs_source_kind)cs_db_row_enum(row, CS_SOURCE_RECORD + 1);
	b->status = (enum cs_build_status)cs_db_row_enum(row, CS_STATUS_CANCELED + 1);
	b->source = cs_db_row_text(row);
	ids[IMAGE_REF] = cs_db_row_int(row, 0);
	cs_db_row_digest(row, &b->manifest_digest);
	cs_db_row_digest(row, &b->config_digest);
	b->image_created_unix_ns = cs_db_row_int(row, CS_TIME_NONE);
	b->builder_cached_steps = cs_db_row_int(row, -1);
	b->builder_total_steps = cs_db_row_int(row, -1);
	b->builder_completed_steps = cs_db_row_int(row, -1);
	b->base_evidence = (enum cs_base_evidence)cs_db_row_enum(row, CS_BASE_SCRATCH + 1);
	b->base_layers = (int)cs_db_row_int(row, -1);
	b->graph = (uint64_t)cs_db_row_int(row, 0);
	read_origins(row, b);
	counts->recipe = cs_db_row_int(row, 0);
	counts->dockerfile = cs_db_row_int(row, 0);
	counts->revision = cs_db_row_int(row, 0);
	counts->error = cs_db_row_int(row, 0);
	counts->warnings = cs_db_row_int(row, -1);
	counts->labels = cs_db_row_int(row, 0);
	counts->steps = cs_db_row_int(row, 0);
	counts->layers = cs_db_row_int(row, 0);
	counts->results = cs_db_row_int(row, 0);
	if (!text && row->r == 0)
		row->r = cs_err_nomem(row->err);
}

static int fill_texts(struct cs_store *store, const int64_t ids[N_TEXTS], struct cs_arena *arena,
		      struct cs_build *b, struct cs_err *err)
{
	struct cs_facts *f = &b->facts;
	const char *platform = NULL;
	const char **texts[N_TEXTS] = { &f->scope, &f->event_raw, &f->ref,   &f->workflow,
					&f->job,   &f->target,	  &platform, &b->image_ref };
	int r = 0;

	for (int i = 0; i < N_TEXTS && r == 0; i++)
		r = cs_st_text(store, ids[i], arena, texts[i], err);
	if (r == 0 && !f->scope)
		f->scope = "";
	if (r == 0 && platform)
		snprintf(b->platform, sizeof(b->platform), "%s", platform);
	return r;
}

int cs_st_build_row(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		    struct cs_build *ret, struct cs_build_counts *ret_counts, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	struct cs_build b;
	struct cs_build_counts counts;
	int64_t ids[N_TEXTS];
	int r = cs_st_query(store, CS_SQL_BUILD_GET, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	if (r == 0)
		r = cs_st_next(row.st, err);
	if (r != 0)
		return r;
	cs_build_init(&b);
	read_build(&row, &b, ids, &counts);
	row.st->driver->reset(row.st);
	r = row.r;
	if (r == 0)
		r = fill_texts(store, ids, arena, &b, err);
	if (r < 0)
		return r;
	*ret = b;
	*ret_counts = counts;
	return 0;
}

/* --- labels --- */

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct cs_kv *)a)->key, ((const struct cs_kv *)b)->key);
}

struct label_ids {
	int64_t key, value;
};

int cs_st_labels_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		     struct cs_build *build, struct cs_err *err)
{
	struct cs_row row = { .store = store, .err = err };
	struct cs_buf rows = CS_BUF_INIT;
	struct cs_kv *labels = NULL;
	size_t n;
	int r = cs_st_query(store, CS_SQL_LABELS_GET, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct label_ids ids;

		row.column = 0;
		ids.key = cs_db_row_int(&row, 0);
		ids.value = cs_db_row_int(&row, 0);
		if (cs_buf_add(&rows, &ids, sizeof(ids)) < 0) {
			row.st->driver->reset(row.st);
			r = cs_err_nomem(err);
		}
	}
	n = rows.len / sizeof(struct label_ids);
	r = r < 0 ? r : 0;
	if (r == 0) {
		labels = cs_arena_array(arena, n, sizeof(*labels));
		if (!labels)
			r = cs_err_nomem(err);
	}
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct label_ids *ids = (const struct label_ids *)rows.data + i;

		r = cs_st_text(store, ids->key, arena, &labels[i].key, err);
		if (r == 0)
			r = cs_st_text(store, ids->value, arena, &labels[i].value, err);
		if (r == 0 && (!labels[i].key || !labels[i].value))
			r = cs_st_damaged(store, err, "a label without a text");
	}
	cs_buf_release(&rows);
	if (r < 0)
		return r;
	/* Not in SQL: what an engine thinks is the order of texts depends on its locale. */
	if (n > 1)
		qsort(labels, n, sizeof(*labels), by_key);
	build->facts.labels = labels;
	build->facts.n_labels = n;
	return 0;
}

/* --- layers --- */

enum { MEDIA_TYPE, CREATED_BY, COMMENT, AUTHOR, SEEN_SCOPE, WHY, N_LAYER_TEXTS };

struct raw_layer {
	struct cs_layer layer;
	int64_t texts[N_LAYER_TEXTS];
};

static void read_verdict(struct cs_row *row, struct cs_layer *l)
{
	int v = (int)cs_db_row_enum(row, 256);

	l->state = (enum cs_layer_state)(v & 3);
	l->verified = (enum cs_verified)(v >> 2 & 3);
	l->present_before = v >> 4 & 1;
	l->blob_present_before = v >> 5 & 1;
	l->evidence = (enum cs_evidence)(v >> 6);
	if (l->verified > CS_VERIFIED_SCAN && row->r == 0)
		row->r = cs_st_damaged(row->store, row->err, "%d is no verdict", v);
}

static void read_layer(struct cs_row *row, struct raw_layer *raw)
{
	struct cs_layer *l = &raw->layer;
	const void *seen;
	size_t len;

	memset(raw, 0, sizeof(*raw));
	cs_db_row_layer(row, l);
	cs_db_row_digest(row, &l->chain_id);
	raw->texts[MEDIA_TYPE] = cs_db_row_int(row, 0);
	l->has_history = cs_db_row_int(row, 0) != 0;
	l->created_unix_ns = cs_db_row_int(row, CS_TIME_NONE);
	raw->texts[CREATED_BY] = cs_db_row_int(row, 0);
	raw->texts[COMMENT] = cs_db_row_int(row, 0);
	raw->texts[AUTHOR] = cs_db_row_int(row, 0);
	read_verdict(row, l);
	raw->texts[SEEN_SCOPE] = cs_db_row_int(row, 0);
	seen = cs_db_row_blob(row, &len);
	if (seen && len == 8) {
		char *id = cs_arena_alloc(row->arena, 17);

		if (id)
			cs_id_format(seen, id);
		else if (row->r == 0)
			row->r = cs_err_nomem(row->err);
		l->seen_build_id = id;
	}
	raw->texts[WHY] = cs_db_row_int(row, 0);
}

static int read_layers(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		       struct cs_buf *rows, struct cs_err *err)
{
	struct cs_row row = { .store = store, .arena = arena, .err = err };
	int r = cs_st_query(store, CS_SQL_LAYERS_GET, CS_PARAMS(cs_p_int("build_no", build_no)),
			    &row.st, err);

	while (r == 0 && (r = cs_st_next(row.st, err)) == 0) {
		struct raw_layer raw;

		row.column = 0;
		read_layer(&row, &raw);
		r = row.r;
		if (r == 0 && cs_buf_add(rows, &raw, sizeof(raw)) < 0)
			r = cs_err_nomem(err);
		if (r < 0)
			row.st->driver->reset(row.st);
	}
	return r < 0 ? r : 0;
}

int cs_st_layers_get(struct cs_store *store, int64_t build_no, struct cs_arena *arena,
		     struct cs_build *build, struct cs_err *err)
{
	struct cs_buf rows = CS_BUF_INIT;
	int r = read_layers(store, build_no, arena, &rows, err);
	size_t n = rows.len / sizeof(struct raw_layer);
	struct cs_layer *layers = r == 0 ? cs_arena_array(arena, n, sizeof(*layers)) : NULL;

	if (r == 0 && !layers)
		r = cs_err_nomem(err);
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct raw_layer *raw = (const struct raw_layer *)rows.data + i;
		struct cs_layer *l = &layers[i];
		const char **texts[N_LAYER_TEXTS] = { &l->media_type,	 &l->created_by,
						      &l->comment,	 &l->author,
						      &l->seen_in_scope, &l->why };

		*l = raw->layer;
		l->index = (uint32_t)i;
		for (int k = 0; k < N_LAYER_TEXTS && r == 0; k++)
			r = cs_st_text(store, raw->texts[k], arena, texts[k], err);
	}
	cs_buf_release(&rows);
	if (r < 0)
		return r;
	build->layers = layers;
	build->n_layers = n;
	return 0;
}
