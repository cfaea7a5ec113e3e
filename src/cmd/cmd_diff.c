/* SPDX-License-Identifier: Apache-2.0 */
/* Two images or builds, layer by layer (M11). */
#include <string.h>
#include <sys/stat.h>

#include "cmd/analysis.h"
#include "cmd/commands.h"
#include "model/instruction.h"
#include "view/view.h"

/* People get this many entries unless they ask for more; machines get all. */
#define ENTRIES_SHOWN 50

static const struct cs_option options[] = {
	{ .name = "entries",
	  .arg = "N",
	  .help = "name at most N entries that differ (default: 50 in "
		  "the table, all elsewhere)" },
};

static const struct cs_option_group *const groups[] = { &cs_group_image, &cs_group_common,
							&cs_group_limits, NULL };

/* One operand: an image that was read, or a build of the store. */
struct side {
	struct cs_image_list images;
	struct cs_build build;
	const struct cs_layer *layers;
	size_t n_layers;
	const char *project; /* where entry lists are kept, NULL for an input */
};

static void side_release(struct side *side)
{
	cs_image_list_release(&side->images);
}

static bool names_input(const char *spec)
{
	struct stat st;

	return strcmp(spec, "-") == 0 || strchr(spec, '/') || strchr(spec, ':') ||
	       stat(spec, &st) == 0;
}

static int open_side(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		     const char *spec, struct cs_arena *arena, struct side *ret, struct cs_err *err)
{
	struct cs_load_options load = { .platform = cs_args_get(args, "platform") };
	struct cs_filter all;
	int r;

	if (!names_input(spec)) {
		cs_filter_init(&all);
		r = cs_store_build_get(store, &all, spec, CS_WITH_LAYERS, arena, &ret->build, err);
		if (r < 0)
			return r;
		ret->layers = ret->build.layers;
		ret->n_layers = ret->build.n_layers;
		ret->project = ret->build.facts.project ? ret->build.facts.project : "";
		/* Nothing against nothing would be "the same". */
		if (!ret->n_layers)
			return cs_err_set(
				err, CS_NODATA,
				"build '%.80s' has no layers: no image of it was recorded", spec);
		return 0;
	}
	/* Nothing is "known" here: the entries of both sides are wanted. */
	r = cs_images_load(&app->ctx, spec, &load, &ret->images, err);
	if (r < 0)
		return r;
	if (ret->images.n != 1)
		return cs_err_set(err, CS_USAGE,
				  "'%s' holds %zu images: choose one with --platform or a tag",
				  spec, ret->images.n);
	ret->layers = ret->images.v[0]->layers;
	ret->n_layers = ret->images.v[0]->n_layers;
	return 0;
}

struct differ {
	struct cs_app *app;
	struct cs_store *store;
	struct cs_report *report;
	struct cs_arena *arena;
	struct side a, b;
	int64_t max_entries, n_entries, n_left_out;
	size_t row;
	int64_t changed;
	bool differs;
};

/* The entry list of a layer, from the scan or the store. 1 = none kept. */
static int entry_list(struct differ *d, const struct side *side, const struct cs_layer *l,
		      struct cs_buf *buf, const void **ret, size_t *ret_len, struct cs_err *err)
{
	int r;

	if (l->manifest) {
		*ret = l->manifest;
		*ret_len = l->manifest_bytes;
		return 0;
	}
	if (!side->project)
		return 1;
	r = cs_store_layer_manifest(d->store, side->project, &l->diff_id, buf, err);
	*ret = buf->data;
	*ret_len = buf->len;
	return r;
}

static int on_entry(void *arg, const struct cs_entry *a, const struct cs_entry *b, unsigned changes,
		    struct cs_err *err)
{
	struct differ *d = arg;

	d->changed++;
	if (d->max_entries >= 0 && d->n_entries >= d->max_entries) {
		d->n_left_out++;
		return 0;
	}
	d->n_entries++;
	return cs_view_diff_entry(d->report, d->row, a, b, changes, err);
}

static int compare_content(struct differ *d, struct cs_diff_row *row, struct cs_err *err)
{
	struct cs_buf buf_a CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf buf_b CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const void *list_a = NULL, *list_b = NULL;
	size_t len_a = 0, len_b = 0;
	int r = entry_list(d, &d->a, row->a, &buf_a, &list_a, &len_a, err);

	if (r == 0)
		r = entry_list(d, &d->b, row->b, &buf_b, &list_b, &len_b, err);
	if (r < 0)
		return r;
	row->class = CS_DIFF_CONTENT;
	if (r == 1) /* pruned, or recorded without: only the digests tell */
		return 0;
	d->row = row->index;
	d->changed = 0;
	r = cs_entries_diff(&d->app->ctx.limits, list_a, len_a, list_b, len_b, on_entry, d,
			    &row->class, err);
	row->changed_entries = d->changed;
	return r;
}

/* Bytes of a new blob whose content the other image had already (M11). */
static int64_t avoidable(const struct differ *d, const struct cs_layer *b)
{
	bool known = false;

	for (size_t i = 0; i < d->a.n_layers; i++) {
		const struct cs_layer *a = &d->a.layers[i];

		if (cs_digest_equal(&a->blob_digest, &b->blob_digest))
			return 0;
		known |= cs_digest_equal(&a->content_digest, &b->content_digest);
	}
	return known ? b->blob_bytes : 0;
}

static int compare_pair(struct differ *d, size_t index, const struct cs_layer_pair *pair,
			struct cs_err *err)
{
	struct cs_diff_row row = { .index = index, .changed_entries = -1 };
	const struct cs_layer *named;
	int r = 0;

	row.a = pair->a >= 0 ? &d->a.layers[pair->a] : NULL;
	row.b = pair->b >= 0 ? &d->b.layers[pair->b] : NULL;
	named = row.b ? row.b : row.a;
	row.instruction = cs_instruction_text(d->arena, named->created_by);
	if (!row.instruction)
		return cs_err_nomem(err);
	if (!*row.instruction)
		row.instruction = named->comment;
	if (!row.b) {
		row.class = CS_DIFF_REMOVED;
	} else if (!row.a) {
		row.class = CS_DIFF_ADDED;
	} else if (cs_digest_equal(&row.a->blob_digest, &row.b->blob_digest)) {
		row.class = CS_DIFF_IDENTICAL;
		row.changed_entries = 0;
	} else if (cs_digest_equal(&row.a->diff_id, &row.b->diff_id)) {
		row.class = CS_DIFF_RECOMPRESSED;
		row.changed_entries = 0;
	} else {
		r = compare_content(d, &row, err);
	}
	if (r < 0)
		return r;
	row.avoidable_bytes = row.b ? avoidable(d, row.b) : 0;
	d->differs |= row.class != CS_DIFF_IDENTICAL;
	return cs_view_diff_layer(d->report, &row, err);
}

static int compare_sides(struct differ *d, struct cs_err *err)
{
	struct cs_layer_pair *pairs CS_AUTO(cs_free_p) = NULL;
	size_t n;
	int r = cs_layers_pair(d->a.layers, d->a.n_layers, d->b.layers, d->b.n_layers, &pairs, &n,
			       err);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = compare_pair(d, i, &pairs[i], err);
	if (r == 0 && d->n_left_out)
		cs_report_note(d->report, false,
			       "%lld more entries differ (--entries N shows them)",
			       (long long)d->n_left_out);
	return r;
}

static int run_with(struct differ *d, const struct cs_args *args, struct cs_err *err)
{
	const char *format = cs_args_get(args, "format");
	int r;

	d->max_entries = !format || strcmp(format, "table") == 0 ? ENTRIES_SHOWN : -1;
	r = cs_args_int(args, "entries", 0, INT64_MAX, &d->max_entries, err);
	if (r == 0)
		r = open_side(d->app, args, d->store, cs_args_operand(args, 0), d->arena, &d->a,
			      err);
	if (r == 0)
		r = open_side(d->app, args, d->store, cs_args_operand(args, 1), d->arena, &d->b,
			      err);
	if (r == 0)
		r = cs_view_diff_begin(d->report, err);
	if (r == 0)
		r = compare_sides(d, err);
	if (r == 0)
		r = cs_cmd_render(d->app, args, d->report, err);
	return r < 0 ? r : d->differs;
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_store *store CS_AUTO(cs_store_close_p) = NULL;
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct differ d = { .app = app, .arena = arena };
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_cmd_store(app, args, CS_STORE_READ, &store, err);
	if (r == 0)
		r = cs_report_new("diff", cs_ctx_now(&app->ctx), &report, err);
	if (r < 0)
		return r;
	d.store = store;
	d.report = report;
	r = run_with(&d, args, err);
	side_release(&d.a);
	side_release(&d.b);
	return r;
}

const struct cs_command cs_cmd_diff = {
	.name = "diff",
	.operands = "A B",
	.summary = "compare two images or builds, layer by layer; exit 1 if they differ",
	.description = "A and B are images, as for analyze, or recorded builds, as for show. "
		       "Layers are paired by "
		       "their instruction. Each difference has a class: identical, recompressed "
		       "(same tar), "
		       "time_only, metadata_only (owner, mode, attributes), order_only, content, "
		       "added, removed. "
		       "Avoidable bytes are those of new blobs whose content the other image had "
		       "already: what "
		       "SOURCE_DATE_EPOCH with rewrite-timestamp would have kept.",
	.examples =
		"cachestat diff old.tar new.tar\ttwo images\n"
		"cachestat diff ^1 ^0\tthe two newest builds, if images of both were recorded\n",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.min_operands = 2,
	.max_operands = 2,
	.run = run,
};
