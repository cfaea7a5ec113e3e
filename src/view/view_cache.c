/* SPDX-License-Identifier: Apache-2.0 */
/*
 * People see of each table only what was asked for: without --for nothing stands to an image, and
 * without --against nothing changed. Machines get every column and table always.
 */
#include "view/view.h"

#include <inttypes.h>
#include <string.h>

#include "build/cache_config.h"
#include "model/instruction.h"
#include "report/fmt.h"

static const struct cs_column cache_columns[] = {
	{ "role", "cache", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "source", "source", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "ref", "tag", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_DETAIL, NULL },
	{ "kind", "kind", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "mode_inferred", "mode (inferred)", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "layers", "layers", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "blobs", "blobs", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "blob_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "records", "records", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "oldest_at", "oldest", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "newest_at", "newest", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "missing_blobs", "missing", CS_TYPE_COUNT, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "unreferenced_blobs", "left over", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "unreferenced_bytes", "of size", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "config_bytes", "config", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_DETAIL, NULL },
	{ "manifest_digest", "manifest", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
};

static const struct cs_column layer_columns[] = {
	{ "index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "parent", "on", CS_TYPE_COUNT, CS_ROLE_NOTE, 0, NULL },
	{ "created_by", "created by", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "blob_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "created_at", "created", CS_TYPE_TIME, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "age_seconds", "age", CS_TYPE_SECONDS, CS_ROLE_GAUGE, 0, NULL },
	{ "records", "records", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "in_image", "in image", CS_TYPE_BOOL, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "use", "use", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "change", "change", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "blob", "blob", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "blob_digest", "blob digest", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL },
	{ "diff_id", "diff-id", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
};

static const struct cs_column image_columns[] = {
	{ "index", "#", CS_TYPE_COUNT, CS_ROLE_LABEL, 0, NULL },
	{ "base", "base", CS_TYPE_BOOL, CS_ROLE_LABEL, CS_COL_MACHINE, NULL },
	{ "created_by", "created by", CS_TYPE_TEXT, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "tar_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
	{ "served", "served", CS_TYPE_BOOL, CS_ROLE_LABEL, 0, NULL },
	{ "how", "how", CS_TYPE_TEXT, CS_ROLE_NOTE, 0, NULL },
	{ "diff_id", "diff-id", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
	{ "blob_digest", "blob digest", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
};

static const struct cs_column age_columns[] = {
	{ "age", "age", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "below_seconds", "below", CS_TYPE_SECONDS, CS_ROLE_NOTE, CS_COL_MACHINE, NULL },
	{ "blobs", "blobs", CS_TYPE_COUNT, CS_ROLE_GAUGE, 0, NULL },
	{ "blob_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, CS_COL_BAR, NULL },
};

static const struct cs_column change_columns[] = {
	{ "what", "what", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "change", "change", CS_TYPE_TEXT, CS_ROLE_LABEL, 0, NULL },
	{ "instruction", "instruction", CS_TYPE_TEXT, CS_ROLE_LABEL, CS_COL_WIDE, NULL },
	{ "blob_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
	{ "created_at", "created", CS_TYPE_TIME, CS_ROLE_NOTE, 0, NULL },
	{ "digest", "digest", CS_TYPE_DIGEST, CS_ROLE_NOTE, 0, NULL },
	{ "diff_id", "diff-id", CS_TYPE_DIGEST, CS_ROLE_NOTE, CS_COL_DETAIL, NULL },
};

static const struct cs_column leftover_columns[] = {
	{ "blob_digest", "blob digest", CS_TYPE_DIGEST, CS_ROLE_LABEL, 0, NULL },
	{ "blob_bytes", "size", CS_TYPE_BYTES, CS_ROLE_GAUGE, 0, NULL },
};

struct viewer {
	struct cs_report *report;
	struct cs_arena *arena;
	const struct cs_cached *c;
	bool out_of_memory;
};

static void add_digest(struct viewer *v, struct cs_table *t, const char *key,
		       const struct cs_digest *d)
{
	char text[CS_DIGEST_TEXT];

	cs_row_text(v->report, t, key, cs_digest_known(d) ? cs_digest_format(d, text) : NULL);
}

static void add_instruction(struct viewer *v, struct cs_table *t, const char *created_by)
{
	const char *text = cs_instruction_text(v->arena, created_by);

	v->out_of_memory = v->out_of_memory || !text;
	cs_row_text(v->report, t, "instruction", text && *text ? text : NULL);
}

/* The columns of a table, those named hidden from people. */
static struct cs_table *add_table(struct viewer *v, const char *key, const char *title,
				  const struct cs_column *columns, size_t n,
				  const char *const *hidden)
{
	struct cs_column *own = cs_report_columns(v->report, n);

	if (!own)
		return NULL;
	memcpy(own, columns, n * sizeof(*own));
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; hidden[k]; k++) {
			if (strcmp(own[i].key, hidden[k]) == 0)
				own[i].flags |= CS_COL_MACHINE;
		}
	}
	return cs_report_add_table(v->report, key, title, own, n);
}

/* --- caches --- */

static void add_cache(struct viewer *v, struct cs_table *t, const char *role,
		      const struct cs_cache *cache, const struct cs_cache_figures *f)
{
	struct cs_report *r = v->report;

	cs_row_add(r, t);
	cs_row_text(r, t, "role", role);
	cs_row_text(r, t, "source", cache->source);
	cs_row_text(r, t, "ref", cache->ref);
	cs_row_text(r, t, "kind", cs_cache_kind_name(cache->kind));
	cs_row_text(r, t, "mode_inferred", cs_cache_mode_name(f->mode));
	cs_row_int(r, t, "layers", (int64_t)cache->n_layers);
	cs_row_int(r, t, "blobs", f->blobs);
	cs_row_int(r, t, "blob_bytes", f->blob_bytes);
	cs_row_int(r, t, "records", (int64_t)cache->n_records);
	cs_row_int(r, t, "oldest_at", f->oldest_unix_ns);
	cs_row_int(r, t, "newest_at", f->newest_unix_ns);
	cs_row_int(r, t, "missing_blobs", cache->kind == CS_CACHE_LOCAL ? f->missing_blobs : -1);
	cs_row_int(r, t, "unreferenced_blobs",
		   cache->leftovers_known ? (int64_t)cache->n_leftovers : -1);
	cs_row_int(r, t, "unreferenced_bytes", f->leftover_bytes);
	cs_row_int(r, t, "config_bytes", cache->config_bytes);
	add_digest(v, t, "manifest_digest", &cache->manifest_digest);
}

static void add_caches(struct viewer *v)
{
	static const char *const one[] = { "role", NULL }, *const none[] = { NULL };
	const struct cs_cached *c = v->c;
	struct cs_table *t = add_table(v, "caches", NULL, cache_columns, CS_N(cache_columns),
				       c->before ? none : one);

	if (!t)
		return;
	add_cache(v, t, c->before ? "this" : "cache", c->cache, c->figures);
	if (c->before)
		add_cache(v, t, "against", c->before, c->before_figures);
}

/* --- layers --- */

static void add_layer(struct viewer *v, struct cs_table *t, size_t i, int64_t now)
{
	static const char *const blobs[] = {
		[CS_BLOB_UNKNOWN] = NULL,
		[CS_BLOB_HERE] = "here",
		[CS_BLOB_MISSING] = "missing",
		[CS_BLOB_UNLISTED] = "not in the manifest",
	};
	const struct cs_cache_layer *l = &v->c->cache->layers[i];
	const struct cs_cache_layer_use *use = &v->c->join->layers[i];
	struct cs_report *r = v->report;

	cs_row_add(r, t);
	cs_row_int(r, t, "index", (int64_t)i);
	cs_row_int(r, t, "parent", l->parent);
	cs_row_text(r, t, "created_by", use->created_by);
	add_instruction(v, t, use->created_by);
	cs_row_int(r, t, "blob_bytes", l->blob_bytes);
	cs_row_int(r, t, "created_at", l->created_unix_ns);
	cs_row_int(r, t, "age_seconds", cs_cache_age(l->created_unix_ns, now));
	cs_row_int(r, t, "records", use->records);
	if (use->use != CS_USE_UNKNOWN)
		cs_row_bool(r, t, "in_image", use->use == CS_USE_IMAGE);
	cs_row_text(r, t, "use", cs_cache_use_name(use->use));
	if (v->c->changes)
		cs_row_text(r, t, "change", cs_cache_change_name(v->c->changes->layers[i]));
	cs_row_text(r, t, "blob", blobs[l->blob]);
	add_digest(v, t, "blob_digest", &l->blob_digest);
	add_digest(v, t, "diff_id", &l->diff_id);
}

static void add_layers(struct viewer *v)
{
	const struct cs_cached *c = v->c;
	const char *hidden[4] = { NULL };
	struct cs_table *t;
	size_t n = 0;

	if (!c->image && c->cache->kind != CS_CACHE_INLINE)
		hidden[n++] = "instruction";
	if (!c->image)
		hidden[n++] = "use";
	if (!c->changes)
		hidden[n++] = "change";
	t = add_table(v, "layers", "Layers", layer_columns, CS_N(layer_columns), hidden);
	for (size_t i = 0; t && i < c->cache->n_layers; i++)
		add_layer(v, t, i, cs_report_generated(v->report));
}

/* --- ages --- */

static void add_ages(struct viewer *v)
{
	static const char *const names[CS_CACHE_AGES] = {
		"less than a day", "1 to 7 days",      "7 to 30 days",
		"30 to 90 days",   "90 days and more",
	};
	const struct cs_cache_figures *f = v->c->figures;
	struct cs_table *t =
		cs_report_add_table(v->report, "ages", "Ages", age_columns, CS_N(age_columns));

	if (!t)
		return;
	for (size_t i = 0; i < CS_CACHE_AGES; i++) {
		cs_row_add(v->report, t);
		cs_row_text(v->report, t, "age", names[i]);
		cs_row_int(v->report, t, "below_seconds", f->ages[i].below_ns);
		cs_row_int(v->report, t, "blobs", f->ages[i].blobs);
		cs_row_int(v->report, t, "blob_bytes", f->ages[i].blob_bytes);
	}
	if (!f->undated_blobs)
		return;
	cs_row_add(v->report, t);
	cs_row_text(v->report, t, "age", "unknown");
	cs_row_int(v->report, t, "blobs", f->undated_blobs);
	cs_row_int(v->report, t, "blob_bytes", f->undated_bytes);
}

/* --- the image --- */

static void add_image(struct viewer *v)
{
	const struct cs_image *image = v->c->image;
	struct cs_table *t = cs_report_add_table(v->report, "image_layers", "Layers of the image",
						 image_columns, CS_N(image_columns));
	struct cs_report *r = v->report;

	if (!t)
		return;
	t->machine_only = !image;
	for (size_t i = 0; image && i < image->n_layers; i++) {
		const struct cs_layer *l = &image->layers[i];
		enum cs_served served = v->c->join->served[i];

		cs_row_add(r, t);
		cs_row_int(r, t, "index", (int64_t)i);
		if (image->base_layers >= 0)
			cs_row_bool(r, t, "base", served == CS_SERVED_BASE);
		cs_row_text(r, t, "created_by", l->created_by);
		add_instruction(v, t, l->created_by);
		cs_row_int(r, t, "tar_bytes", l->tar_bytes);
		if (cs_served_answer(served) >= 0)
			cs_row_bool(r, t, "served", cs_served_answer(served) == 1);
		cs_row_text(r, t, "how", cs_served_name(served));
		add_digest(v, t, "diff_id", &l->diff_id);
		add_digest(v, t, "blob_digest", &l->blob_digest);
	}
}

/* --- what came and went --- */

static void add_changed_layer(struct viewer *v, struct cs_table *t, const struct cs_cache_layer *l,
			      enum cs_cache_change change, const char *created_by)
{
	cs_row_add(v->report, t);
	cs_row_text(v->report, t, "what", "layer");
	cs_row_text(v->report, t, "change", cs_cache_change_name(change));
	add_instruction(v, t, created_by);
	cs_row_int(v->report, t, "blob_bytes", l->blob_bytes);
	cs_row_int(v->report, t, "created_at", l->created_unix_ns);
	add_digest(v, t, "digest", &l->blob_digest);
	add_digest(v, t, "diff_id", &l->diff_id);
}

static void add_changed_record(struct viewer *v, struct cs_table *t,
			       const struct cs_cache_record *rec, enum cs_cache_change change)
{
	int64_t newest = CS_TIME_NONE;

	for (size_t i = 0; i < rec->n_results; i++) {
		if (rec->results[i].created_unix_ns > newest)
			newest = rec->results[i].created_unix_ns;
	}
	cs_row_add(v->report, t);
	cs_row_text(v->report, t, "what", rec->n_links ? "step" : "content");
	cs_row_text(v->report, t, "change", cs_cache_change_name(change));
	cs_row_int(v->report, t, "created_at", newest);
	add_digest(v, t, "digest", &rec->digest);
}

static void add_changes(struct viewer *v)
{
	const struct cs_cached *c = v->c;
	struct cs_table *t = cs_report_add_table(v->report, "changes", "Came and went",
						 change_columns, CS_N(change_columns));

	if (!t)
		return;
	t->machine_only = !c->changes;
	if (!c->changes)
		return;
	for (size_t i = 0; i < c->cache->n_layers; i++) {
		if (c->changes->layers[i] != CS_CACHE_KEPT && !c->changes->again[i])
			add_changed_layer(v, t, &c->cache->layers[i], c->changes->layers[i],
					  c->join->layers[i].created_by);
	}
	for (size_t i = 0; i < c->before->n_layers; i++) {
		if (c->changes->old_layers[i] != CS_CACHE_KEPT && !c->changes->old_again[i])
			add_changed_layer(v, t, &c->before->layers[i], c->changes->old_layers[i],
					  c->before->layers[i].created_by);
	}
	for (size_t i = 0; i < c->cache->n_records; i++) {
		if (c->changes->records[i] != CS_CACHE_KEPT)
			add_changed_record(v, t, &c->cache->records[i], c->changes->records[i]);
	}
	for (size_t i = 0; i < c->before->n_records; i++) {
		if (c->changes->old_records[i] != CS_CACHE_KEPT)
			add_changed_record(v, t, &c->before->records[i],
					   c->changes->old_records[i]);
	}
}

static void add_leftovers(struct viewer *v)
{
	const struct cs_cache *cache = v->c->cache;
	struct cs_table *t = cs_report_add_table(v->report, "unreferenced", "Left over",
						 leftover_columns, CS_N(leftover_columns));

	if (!t)
		return;
	t->machine_only = true; /* people get their number and size */
	for (size_t i = 0; i < cache->n_leftovers; i++) {
		cs_row_add(v->report, t);
		add_digest(v, t, "blob_digest", &cache->leftovers[i].digest);
		cs_row_int(v->report, t, "blob_bytes", cache->leftovers[i].blob_bytes);
	}
}

/* --- notes --- */

static const char *bytes_text(int64_t bytes, char buf[CS_FMT_NUM])
{
	return bytes < 0 ? "unknown size" : cs_fmt_bytes(bytes, buf);
}

static void note_too_large(struct viewer *v, const char *what, int64_t bytes)
{
	char has[CS_FMT_NUM], max[CS_FMT_NUM];

	if (bytes > CS_CACHE_IMPORT_MAX)
		cs_report_note(v->report, true,
			       "BuildKit will not import this cache: its %s has %s bytes, and it "
			       "reads no more than %s",
			       what, cs_fmt_count(bytes, has),
			       cs_fmt_count(CS_CACHE_IMPORT_MAX, max));
}

static void note_cache(struct viewer *v)
{
	const struct cs_cache *cache = v->c->cache;
	const struct cs_cache_figures *f = v->c->figures;
	char size[CS_FMT_NUM];

	if (cache->kind != CS_CACHE_INLINE)
		note_too_large(v, "config", cache->config_bytes);
	note_too_large(v, "manifest", cache->manifest_bytes);
	if (f->missing_blobs)
		cs_report_note(v->report, true,
			       "%" PRId64 " blobs are missing or of another size: an import cannot "
			       "serve what needs them",
			       f->missing_blobs);
	if (f->mode == CS_CACHE_MODE_MIN && cache->kind != CS_CACHE_INLINE)
		cs_report_note(v->report, false,
			       "mode=min, it seems: %" PRId64 " of %" PRId64
			       " steps are recorded without their layers",
			       f->steps_without_layer, f->steps);
	if (cache->n_leftovers)
		cs_report_note(v->report, false,
			       "dead weight: %zu blobs (%s) that the index no longer leads to; "
			       "type=local never deletes",
			       cache->n_leftovers, bytes_text(f->leftover_bytes, size));
}

static void note_image(struct viewer *v)
{
	const struct cs_cache_join *join = v->c->join;
	const struct cs_image *image = v->c->image;
	int64_t open = join->own_layers - join->served_layers - join->unserved_layers;
	char size[CS_FMT_NUM];

	if (!image)
		return;
	cs_report_note(v->report, true,
		       "an import could serve %" PRId64 " of the %" PRId64
		       " own layers of this image, and not %" PRId64 "",
		       join->served_layers, join->own_layers, join->unserved_layers);
	if (open)
		cs_report_note(v->report, true,
			       "%" PRId64 " cannot be told: the cache has the same tar on other "
			       "layers",
			       open);
	if (image->base_layers < 0)
		cs_report_note(
			v->report, true,
			"nothing tells the base image's layers (--base does): all were taken "
			"for own ones");
	if (join->stage_blobs)
		cs_report_note(v->report, false,
			       "%" PRId64 " blobs (%s) are of stages behind this image: mode=max "
			       "keeps them",
			       join->stage_blobs, bytes_text(join->stage_bytes, size));
	if (join->dead_blobs)
		cs_report_note(v->report, false,
			       "dead weight for this image: %" PRId64
			       " blobs (%s) that nothing of it leads to",
			       join->dead_blobs, bytes_text(join->dead_bytes, size));
}

static void note_changes(struct viewer *v)
{
	const struct cs_cache_changes *c = v->c->changes;
	char added[CS_FMT_NUM], removed[CS_FMT_NUM];

	if (!c)
		return;
	cs_report_note(v->report, true,
		       "since the earlier export: %" PRId64 " layers came (%s), %" PRId64
		       " went (%s); made anew: %" PRId64 ", kept: %" PRId64,
		       c->added_blobs, bytes_text(c->added_bytes, added), c->removed_blobs,
		       bytes_text(c->removed_bytes, removed), c->rerun_blobs, c->kept_blobs);
	cs_report_note(v->report, true,
		       "what came or was made anew, the builds in between did not find: their "
		       "misses");
}

int cs_view_cache(struct cs_report *report, const struct cs_cached *c, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct viewer v = { report, arena, c, false };

	if (!arena)
		return cs_err_nomem(err);
	note_cache(&v);
	note_image(&v);
	note_changes(&v);
	add_caches(&v);
	add_layers(&v);
	add_ages(&v);
	add_image(&v);
	add_changes(&v);
	add_leftovers(&v);
	return v.out_of_memory ? cs_err_nomem(err) : cs_report_check(report, err);
}
