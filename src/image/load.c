/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents first, then bytes: by the time a layer is read, its size, digest and diff-id are
 * promised by documents that were themselves verified. Each distinct member is read once, however
 * many images list it; what came out is then held against every promise made about it.
 */
#include "image/load.h"

#include <inttypes.h>
#include <string.h>

#include "image/assemble.h"
#include "image/scan_pool.h"
#include "util/hash.h"

void cs_image_list_release(struct cs_image_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		cs_image_free(list->v[i]);
	free(list->v);
	list->v = NULL;
	list->n = 0;
}

/* Finds a task by what it reads and how; tasks move, so it holds the place. */
struct task_key {
	UT_hash_handle hh;
	size_t task;
	char key[]; /* algorithms, name */
};

/* One layer of one image. */
struct listing {
	struct cs_image *image;
	struct cs_layer *layer;
	size_t task;
};

struct load {
	const struct cs_ctx *ctx;
	const struct cs_load_options *options;
	struct cs_input *in;
	struct cs_layout layout;
	struct cs_image_list images;
	struct cs_scan_task *tasks;
	size_t n_tasks, cap_tasks;
	struct task_key *keys;
	struct listing *listings;
	size_t n_listings, cap_listings;
	int64_t copied_bytes; /* entry lists given to more than one image */
};

static void load_release(struct load *l)
{
	struct task_key *k, *next;

	for (size_t i = 0; i < l->n_tasks; i++)
		cs_blob_release(&l->tasks[i].blob);
	free(l->tasks);
	free(l->listings);
	HASH_ITER(hh, l->keys, k, next)
	{
		HASH_DEL(l->keys, k);
		free(k);
	}
	cs_image_list_release(&l->images);
	cs_layout_release(&l->layout);
	cs_input_close(l->in);
}

static int about_layer(const struct cs_layer *layer, struct cs_err *err)
{
	return cs_err_prefix(err, "layer %" PRIu32 " (%s)", layer->index, layer->name);
}

/* --- documents --- */

static int make_images(struct load *l, const char *where, struct cs_err *err)
{
	struct cs_listed **listed;
	size_t n;
	int r = cs_images_select(&l->layout, l->options, &listed, &n, err);

	if (r < 0)
		return r;
	l->images.v = calloc(n, sizeof(struct cs_image *));
	if (!l->images.v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		struct cs_image *image;

		r = cs_ctx_check(l->ctx, err);
		if (r == 0)
			r = cs_image_assemble(&l->layout, listed[i], where, l->images.v,
					      l->images.n, &image, err);
		if (r < 0)
			return n > 1 && listed[i]->name
				       ? cs_err_prefix(err, "image %.200s", listed[i]->name)
				       : r;
		if (r == 0)
			l->images.v[l->images.n++] = image;
	}
	return 0;
}

/* --- what is to be read --- */

static int missing(const struct load *l, const struct cs_image *image, const struct cs_layer *layer,
		   struct cs_err *err)
{
	const char *type = layer->media_type ? layer->media_type : "";

	for (size_t i = 0; i < l->layout.n_images; i++) {
		const struct cs_listed *listed = &l->layout.images[i];
		const struct cs_manifest *m = &listed->manifest;

		if (!listed->desc || !listed->parsed ||
		    !cs_digest_equal(&listed->desc->digest, &image->manifest_digest) ||
		    layer->index >= m->n_layers ||
		    !cs_descriptor_is_foreign(&m->layers[layer->index]))
			continue;
		return cs_err_set(err, CS_UNSUPPORTED,
				  "a foreign layer (%s), which its publisher alone gives out, is "
				  "not in the input",
				  type);
	}
	return cs_err_set(err, CS_FORMAT, "is missing");
}

/* The member a layer lies in. */
static int find_member(const struct load *l, const struct cs_image *image, struct cs_layer *layer,
		       const char **ret_name, int64_t *ret_size, struct cs_err *err)
{
	int r;

	if (l->layout.kind == CS_LAYOUT_DOCKER) {
		r = cs_input_find(l->in, layer->name, ret_name, ret_size, err);
	} else {
		char text[CS_DIGEST_TEXT];
		const struct cs_descriptor d = {
			.digest = layer->blob_digest,
			.digest_text = cs_digest_format(&layer->blob_digest, text),
		};

		r = cs_layout_blob(&l->layout, &d, ret_name, ret_size, err);
	}
	if (r == 1)
		return missing(l, image, layer, err);
	if (r == 0 && layer->blob_bytes >= 0 && *ret_size != layer->blob_bytes)
		return cs_err_set(err, CS_DIGEST,
				  "size is %" PRId64 " bytes, descriptor says %" PRId64, *ret_size,
				  layer->blob_bytes);
	return r;
}

/* What the caller knows of a layer decides how much of it is read. */
static int look_up(const struct load *l, const struct cs_layer *layer, struct cs_scan_task *t,
		   struct cs_err *err)
{
	const struct cs_known *known = l->options->known;
	int r = 1;

	t->how = CS_SCAN_FULL;
	if (!known || l->in->source->blob)
		return 0; /* a source that passed by has asked for itself */
	if (known->by_blob && cs_digest_known(&layer->blob_digest)) {
		r = known->by_blob(known->arg, &layer->blob_digest, &t->known, err);
		if (r == 0)
			t->how = CS_SCAN_HASH;
	}
	if (r == 1 && known->by_diff_id &&
	    (!cs_digest_known(&layer->blob_digest) ||
	     cs_digest_equal(&layer->blob_digest, &layer->diff_id))) {
		r = known->by_diff_id(known->arg, &layer->diff_id, &t->known, err);
		if (r == 0)
			t->how = CS_SCAN_HASH_DIFF;
	}
	if (r == 0 && l->options->trust_known)
		t->how = CS_SCAN_TRUST;
	return r < 0 ? r : 0;
}

static int task_for(struct load *l, const struct cs_layer *layer, const char *name, int64_t size,
		    size_t *ret, struct cs_err *err)
{
	struct cs_scan_task t = { .name = name,
				  .size = size,
				  .blob_algo = CS_DIGEST_SHA256,
				  .diff_algo = (enum cs_digest_algo)layer->diff_id.algo,
				  .digest = layer->blob_digest };
	size_t len = strlen(name) + 2;
	struct task_key *key = malloc(sizeof(*key) + len), *found;
	void *v = l->tasks;
	int r;

	if (!key)
		return cs_err_nomem(err);
	if (cs_digest_known(&layer->blob_digest))
		t.blob_algo = (enum cs_digest_algo)layer->blob_digest.algo;
	key->key[0] = (char)t.blob_algo;
	key->key[1] = (char)t.diff_algo;
	memcpy(key->key + 2, name, len - 2);
	HASH_FIND(hh, l->keys, key->key, len, found);
	if (found) {
		free(key);
		*ret = found->task;
		return 0;
	}
	r = look_up(l, layer, &t, err);
	if (r == 0 && cs_grow(&v, l->n_tasks, &l->cap_tasks, sizeof(*l->tasks), err) < 0)
		r = -(int)err->code;
	if (r < 0) {
		free(key);
		return r;
	}
	l->tasks = v;
	key->task = l->n_tasks;
	HASH_ADD(hh, l->keys, key, len, key);
	if (!key->hh.tbl) {
		free(key);
		return cs_err_nomem(err);
	}
	l->tasks[l->n_tasks++] = t;
	*ret = key->task;
	return 0;
}

static int list_layer(struct load *l, struct cs_image *image, struct cs_layer *layer,
		      struct cs_err *err)
{
	struct listing listing = { image, layer, 0 };
	void *v = l->listings;
	const char *name;
	int64_t size;
	int r = find_member(l, image, layer, &name, &size, err);

	if (r == 0)
		r = task_for(l, layer, name, size, &listing.task, err);
	if (r < 0)
		return about_layer(layer, err);
	if (cs_grow(&v, l->n_listings, &l->cap_listings, sizeof(*l->listings), err) < 0)
		return -(int)err->code;
	l->listings = v;
	l->listings[l->n_listings++] = listing;
	return 0;
}

/* --- holding bytes against promises --- */

static int check_layer(const struct cs_layer *layer, const struct cs_blob *b, struct cs_err *err)
{
	char is[CS_DIGEST_TEXT], said[CS_DIGEST_TEXT];

	if (b->error)
		return cs_err_set(err, (enum cs_code) - b->error, "%s", b->message);
	if (layer->blob_bytes >= 0 && b->blob_bytes != layer->blob_bytes)
		return cs_err_set(err, CS_DIGEST,
				  "size is %" PRId64 " bytes, descriptor says %" PRId64,
				  b->blob_bytes, layer->blob_bytes);
	if (cs_digest_known(&layer->blob_digest) &&
	    !cs_digest_equal(&layer->blob_digest, &b->digest))
		return cs_err_set(err, CS_DIGEST, "digest is %s, but %s was promised",
				  cs_digest_format(&b->digest, is),
				  cs_digest_format(&layer->blob_digest, said));
	if (b->diff_id.algo != layer->diff_id.algo)
		return cs_err_set(err, CS_UNSUPPORTED,
				  "its diff-id is of another algorithm (%s) than a stream is "
				  "checked with; read the image from a plain file",
				  cs_digest_algo_name((enum cs_digest_algo)layer->diff_id.algo));
	if (!cs_digest_equal(&b->diff_id, &layer->diff_id))
		return cs_err_set(err, CS_DIGEST, "diff-id is %s, the config says %s",
				  cs_digest_format(&b->diff_id, is),
				  cs_digest_format(&layer->diff_id, said));
	return 0;
}

/*
 * The entry list goes to the first that lists the layer; later images get copies as long as these
 * stay small, for the same list named a thousand times must not cost a thousand times its size.
 */
static int give_manifest(struct load *l, struct cs_layer *layer, struct cs_blob *b, bool first,
			 struct cs_err *err)
{
	if (!b->manifest)
		return 0;
	if (!first) {
		if ((int64_t)b->manifest_bytes > l->ctx->limits.held_bytes - l->copied_bytes)
			return 0;
		l->copied_bytes += (int64_t)b->manifest_bytes;
	}
	layer->manifest = malloc(b->manifest_bytes);
	if (!layer->manifest)
		return cs_err_nomem(err);
	memcpy((void *)(uintptr_t)layer->manifest, b->manifest, b->manifest_bytes);
	layer->manifest_bytes = b->manifest_bytes;
	return 0;
}

static int fill_layer(struct load *l, struct listing *at, struct cs_blob *b, bool first,
		      struct cs_err *err)
{
	struct cs_layer *layer = at->layer;
	int r = check_layer(layer, b, err);

	if (r < 0)
		return r;
	layer->blob_digest = b->digest;
	layer->blob_bytes = b->blob_bytes;
	layer->tar_bytes = b->tar_bytes;
	layer->content_digest = b->content_digest;
	layer->counts = b->counts;
	layer->verified = b->verified;
	return give_manifest(l, layer, b, first, err);
}

static int fill_layers(struct load *l, struct cs_err *err)
{
	bool *seen CS_AUTO(cs_free_p) = calloc(l->n_tasks + 1, sizeof(*seen));

	if (!seen)
		return cs_err_nomem(err);
	for (size_t i = 0; i < l->n_listings; i++) {
		struct listing *at = &l->listings[i];
		struct cs_scan_task *t = &l->tasks[at->task];
		struct cs_blob *b = &t->blob;
		int r = 0;

		if (l->in->source->blob)
			r = l->in->source->blob(l->in, t->name, &b, err);
		if (r == 1)
			r = cs_err_set(err, CS_FORMAT, "is missing");
		if (r == 0)
			r = fill_layer(l, at, b, !seen[at->task], err);
		if (r < 0)
			return about_layer(at->layer, err);
		seen[at->task] = true;
	}
	return 0;
}

/* --- all of it --- */

static void add_sum(int64_t *sum, int64_t n)
{
	*sum = *sum < 0 || n < 0 || n > INT64_MAX - *sum ? -1 : *sum + n;
}

static void add_sums(struct cs_image *image)
{
	image->blob_bytes = 0;
	image->tar_bytes = 0;
	image->files = 0;
	for (size_t i = 0; i < image->n_layers; i++) {
		const struct cs_layer *layer = &image->layers[i];

		add_sum(&image->blob_bytes, layer->blob_bytes);
		add_sum(&image->tar_bytes, layer->tar_bytes);
		add_sum(&image->files, layer->counts.entries < 0 ? -1 : layer->counts.files);
	}
}

static int read_layers(struct load *l, struct cs_err *err)
{
	size_t failed;
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->images.n; i++) {
		struct cs_image *image = l->images.v[i];

		for (size_t k = 0; r == 0 && k < image->n_layers; k++)
			r = list_layer(l, image, &image->layers[k], err);
	}
	if (r == 0 && !l->in->source->blob) {
		r = cs_scan_run(l->ctx, l->in, l->tasks, l->n_tasks, &failed, err);
		for (size_t i = 0; r < 0 && r != -CS_CANCELED && i < l->n_listings; i++) {
			if (l->listings[i].task == failed)
				return about_layer(l->listings[i].layer, err);
		}
	}
	return r < 0 ? r : fill_layers(l, err);
}

static int load(struct load *l, const char *where, const struct cs_place *place,
		struct cs_arena *arena, struct cs_err *err)
{
	const struct cs_source_options source_options = { l->options->known,
							  l->options->trust_known,
							  l->options->documents_only };
	int r = cs_input_open(l->ctx, place, &source_options, &l->in, err);

	if (r == 0)
		r = cs_layout_read(l->ctx, l->in, place, arena, &l->layout, err);
	if (r == 0)
		r = make_images(l, where, err);
	if (r == 0 && !l->options->documents_only)
		r = read_layers(l, err);
	for (size_t i = 0; r == 0 && i < l->images.n; i++)
		add_sums(l->images.v[i]);
	return r;
}

int cs_images_load(const struct cs_ctx *ctx, const char *where,
		   const struct cs_load_options *options, struct cs_image_list *ret,
		   struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct load l CS_AUTO(load_release) = { .ctx = ctx, .options = options };
	struct cs_place place;
	struct cs_err why = CS_ERR_INIT; /* look-ups that find nothing write to it */
	int r;

	if (!arena)
		return cs_err_nomem(err);
	r = cs_place_parse(where, arena, &place, err);
	if (r < 0)
		return r;
	r = load(&l, where, &place, arena, &why);
	if (r < 0) {
		*err = why;
		return strcmp(where, "-") == 0 ? cs_err_prefix(err, "standard input")
					       : cs_err_prefix(err, "'%.200s'", where);
	}
	*ret = l.images;
	l.images = (struct cs_image_list){ NULL, 0 };
	return 0;
}
