/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cache is told by the type of its config, wherever that stands, and is looked for before images
 * are: the layouts are the same. The layout's own listing of images is not used for it, since an
 * index whose entries are layers is, for images, an index of unknown things.
 */
#include "build/cache_export.h"

#include <fcntl.h>

#include "build/cache_config.h"
#include "build/cache_local.h"
#include "image/assemble.h"
#include "util/base64.h"
#include "util/file.h"
#include "util/hash.h"

#define ANNOTATION_DIFF_ID "containerd.io/uncompressed"
#define ANNOTATION_CREATED "buildkit/createdat"
#define INLINE_KEY	   "moby.buildkit.cache.v0"
/* Files of a folder that are hashed to find a config without a name. */
#define CONFIGS_TRIED 64

/* --- documents of a cache --- */

const struct cs_descriptor *cs_cache_config_of(const struct cs_manifest *m)
{
	const struct cs_descriptor *v = m->is_index ? m->entries : &m->config;
	size_t n = m->is_index ? m->n_entries : 1;

	for (size_t i = 0; i < n; i++) {
		if (v[i].media_type && strcmp(v[i].media_type, CS_CACHE_CONFIG_TYPE) == 0)
			return &v[i];
	}
	return NULL;
}

struct named {
	UT_hash_handle hh;
	const struct cs_descriptor *desc;
};

static void apply_descriptor(const struct cs_descriptor *d, struct cs_cache_layer *l)
{
	const char *diff_id = cs_annotation(&d->annotations, ANNOTATION_DIFF_ID);
	const char *created = cs_annotation(&d->annotations, ANNOTATION_CREATED);
	struct cs_err ignored;

	l->blob = CS_BLOB_UNKNOWN;
	l->blob_bytes = d->size;
	if (diff_id)
		cs_digest_parse(diff_id, &l->diff_id, &ignored);
	if (created)
		cs_time_parse(created, &l->created_unix_ns, &ignored);
}

static int apply_descriptors(struct cs_cache *cache, const struct cs_manifest *m,
			     struct cs_err *err)
{
	const struct cs_descriptor *v = m->is_index ? m->entries : m->layers;
	size_t n = m->is_index ? m->n_entries : m->n_layers;
	struct named *nodes CS_AUTO(cs_free_p) = calloc(n + 1, sizeof(*nodes));
	struct named *all = NULL, *found;
	int r = nodes ? 0 : cs_err_nomem(err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		nodes[i].desc = &v[i];
		HASH_FIND(hh, all, &v[i].digest, sizeof(v[i].digest), found);
		if (found || !cs_digest_known(&v[i].digest))
			continue;
		HASH_ADD_KEYPTR(hh, all, &v[i].digest, sizeof(v[i].digest), &nodes[i]);
		if (!nodes[i].hh.tbl)
			r = cs_err_nomem(err);
	}
	for (size_t i = 0; r == 0 && i < cache->n_layers; i++) {
		struct cs_cache_layer *l = &cache->layers[i];

		l->blob = CS_BLOB_UNLISTED;
		HASH_FIND(hh, all, &l->blob_digest, sizeof(l->blob_digest), found);
		if (found)
			apply_descriptor(found->desc, l);
	}
	HASH_CLEAR(hh, all);
	return r;
}

int cs_cache_fill(struct cs_cache *cache, const struct cs_manifest *m, const void *config,
		  size_t len, const struct cs_limits *limits, struct cs_err *err)
{
	int r = cs_cache_config_parse(config, len, limits, cache, err);

	if (r == 0)
		r = apply_descriptors(cache, m, err);
	if (r < 0)
		return r;
	cs_cache_date_layers(cache);
	cache->config_bytes = (int64_t)len;
	return 0;
}

/* --- where they lie --- */

struct finder {
	const struct cs_ctx *ctx;
	const struct cs_place *place;
	const char *platform;
	const char *manifest; /* file of a folder that is not an OCI layout */
	struct cs_layout layout;
	struct cs_cache *cache;
};

/* The config of a manifest that was fetched to a folder may have any name. */
struct search {
	struct finder *f;
	const struct cs_descriptor *desc;
	struct cs_buf *buf;
	int tried;
};

static int try_config(void *arg, const char *name, int64_t size, struct cs_err *err)
{
	struct search *s = arg;
	struct cs_digest digest;
	int r;

	if (size != s->desc->size || ++s->tried > CONFIGS_TRIED)
		return 0;
	cs_buf_reset(s->buf);
	r = cs_input_read(s->f->layout.in, name, s->buf, err);
	if (r == 0)
		r = cs_digest_of((enum cs_digest_algo)s->desc->digest.algo, s->buf->data,
				 s->buf->len, &digest, err);
	if (r < 0)
		return r;
	return r == 0 && cs_digest_equal(&digest, &s->desc->digest) ? 1 : 0;
}

static int read_config(struct finder *f, const struct cs_descriptor *desc, struct cs_buf *buf,
		       struct cs_err *err)
{
	struct search search = { f, desc, buf, 0 };
	int r = cs_layout_document(&f->layout, desc, buf, err);

	if (r == 1 && f->layout.kind == CS_LAYOUT_DIR) {
		r = cs_input_list(f->layout.in, "", try_config, &search, err);
		if (r >= 0)
			r = !r;
	}
	if (r == 1)
		return cs_err_set(err, CS_FORMAT, "the config %s of the cache is missing",
				  desc->digest_text);
	return r < 0 ? cs_err_prefix(err, "config of the cache") : 0;
}

static int take(struct finder *f, const struct cs_manifest *m, struct cs_err *err)
{
	const struct cs_descriptor *config = cs_cache_config_of(m);
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = read_config(f, config, &buf, err);

	if (r < 0)
		return r;
	r = cs_cache_fill(f->cache, m, buf.data, buf.len, &f->ctx->limits, err);
	if (r < 0)
		return cs_err_prefix(err, "config of the cache");
	f->cache->config_digest = config->digest;
	return 0;
}

/* --- an OCI layout --- */

static bool is_wanted(const struct cs_place *place, const struct cs_descriptor *d)
{
	const char *tag = cs_annotation(&d->annotations, CS_ANNOTATION_REF_NAME);

	if (cs_media_kind(d->media_type) == CS_MEDIA_OTHER || cs_descriptor_is_attestation(d))
		return false;
	if (cs_digest_known(&place->digest) && !cs_digest_equal(&place->digest, &d->digest))
		return false;
	return !place->select || (tag && strcmp(tag, place->select) == 0);
}

static bool is_latest(const struct cs_descriptor *d)
{
	const char *tag = cs_annotation(&d->annotations, CS_ANNOTATION_REF_NAME);

	return tag && strcmp(tag, "latest") == 0;
}

/* Of the caches that root lists the one to take: 0, 1 if there is none. */
static int choose(struct finder *f, const struct cs_manifest *root,
		  const struct cs_descriptor **ret, struct cs_manifest *ret_m, struct cs_err *err)
{
	struct cs_layout *l = &f->layout;
	const struct cs_descriptor *chosen = NULL;
	size_t n = 0;

	for (size_t i = 0; i < root->n_entries; i++) {
		const struct cs_descriptor *d = &root->entries[i];
		struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
		struct cs_manifest m;
		int r = is_wanted(f->place, d) ? cs_layout_document(l, d, &buf, err) : 1;

		if (r == 0)
			r = cs_manifest_parse(buf.data, buf.len, &f->ctx->limits, l->arena, &m,
					      err);
		if (r < 0)
			return cs_err_prefix(err, "manifest %s", d->digest_text);
		if (r == 1 || !cs_cache_config_of(&m))
			continue;
		if (chosen && cs_digest_equal(&chosen->digest, &d->digest))
			continue;
		n++;
		if (chosen && !is_latest(d))
			continue;
		chosen = d;
		*ret_m = m;
	}
	if (n > 1 && !is_latest(chosen))
		return cs_err_set(err, CS_USAGE,
				  "holds %zu caches and none is tagged latest: name one as "
				  "oci:PATH:TAG",
				  n);
	*ret = chosen;
	return chosen ? 0 : 1;
}

static int find_in_index(struct finder *f, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const struct cs_descriptor *d = NULL;
	struct cs_manifest root, m;
	int r = cs_input_read(f->layout.in, "index.json", &buf, err);

	if (r == 0)
		r = cs_manifest_parse(buf.data, buf.len, &f->ctx->limits, f->layout.arena, &root,
				      err);
	if (r != 0)
		return r < 0 ? cs_err_prefix(err, "index.json") : 1;
	if (!root.is_index)
		return 1; /* the layout will say what is wrong with it */
	f->layout.kind = CS_LAYOUT_OCI;
	r = choose(f, &root, &d, &m, err);
	if (r == 0)
		r = take(f, &m, err);
	if (r != 0)
		return r;
	f->cache->kind = CS_CACHE_LOCAL;
	f->cache->ref = cs_annotation(&d->annotations, CS_ANNOTATION_REF_NAME);
	f->cache->manifest_digest = d->digest;
	f->cache->manifest_bytes = d->size;
	r = cs_cache_find_blobs(&f->layout, f->cache, err);
	return r < 0 ? r : cs_cache_find_leftovers(&f->layout, &root, f->cache, err);
}

/* --- a manifest in a folder --- */

static int find_manifest(struct finder *f, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_manifest m;
	int r = cs_input_read(f->layout.in, f->manifest, &buf, err);

	if (r != 0)
		return r;
	r = cs_json_parse(buf.data, buf.len, &f->ctx->limits, &doc, err);
	if (r == 0 && !cs_json_is_object(doc))
		return 1; /* of a docker archive */
	if (r == 0 && cs_json_get(doc, "records"))
		return cs_err_set(
			err, CS_UNSUPPORTED,
			"%.200s is the config of a build cache alone: name its manifest, or "
			"the folder that holds both",
			f->manifest);
	if (r == 0)
		r = cs_manifest_read(doc, &f->ctx->limits, f->layout.arena, &m, err);
	if (r < 0)
		return cs_err_prefix(err, "%.200s", f->manifest);
	if (!cs_cache_config_of(&m))
		return 1;
	f->layout.kind = CS_LAYOUT_DIR;
	r = take(f, &m, err);
	if (r == 0)
		r = cs_digest_of(CS_DIGEST_SHA256, buf.data, buf.len, &f->cache->manifest_digest,
				 err);
	if (r < 0)
		return r;
	f->cache->kind = CS_CACHE_REGISTRY;
	f->cache->manifest_bytes = (int64_t)buf.len;
	return 0;
}

/* --- an image --- */

/* The layers of an image as the importer takes them: each on the one below. */
static int take_layers(struct finder *f, const struct cs_image *image, struct cs_err *err)
{
	struct cs_cache *cache = f->cache;

	cache->layers = cs_arena_array(cache->arena, image->n_layers, sizeof(*cache->layers));
	if (!cache->layers)
		return cs_err_nomem(err);
	cache->n_layers = image->n_layers;
	for (size_t i = 0; i < image->n_layers; i++) {
		const struct cs_layer *from = &image->layers[i];
		struct cs_cache_layer *l = &cache->layers[i];
		const char *name;

		l->blob_digest = from->blob_digest;
		l->diff_id = from->diff_id;
		l->blob_bytes = from->blob_bytes;
		l->created_unix_ns = from->created_unix_ns;
		l->parent = (int64_t)i - 1;
		if (l->blob_bytes < 0 && from->name &&
		    cs_input_find(f->layout.in, from->name, &name, &l->blob_bytes, err) < 0)
			return -(int)err->code;
		l->created_by = cs_arena_strdup(cache->arena, from->created_by);
		if (from->created_by && !l->created_by)
			return cs_err_nomem(err);
	}
	return 0;
}

static int take_inline(struct finder *f, const struct cs_buf *config, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_buf records CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *text;
	int r = cs_json_parse(config->data, config->len, &f->ctx->limits, &doc, err);

	if (r < 0)
		return cs_err_prefix(err, "config");
	text = cs_json_get_text(doc, INLINE_KEY);
	if (!text)
		return cs_err_set(
			err, CS_UNSUPPORTED,
			"the image holds no inline cache: it was not built with one, or a "
			"tool that wrote the config anew has lost it");
	r = cs_base64_decode(&records, text);
	if (r != 0)
		return r < 0 ? cs_err_nomem(err)
			     : cs_err_set(err, CS_FORMAT, "inline cache: is no base64");
	r = cs_cache_records_parse(records.data ? records.data : "", records.len, &f->ctx->limits,
				   f->cache, err);
	if (r < 0)
		return cs_err_prefix(err, "inline cache");
	cs_cache_date_layers(f->cache);
	f->cache->kind = CS_CACHE_INLINE;
	f->cache->config_bytes = (int64_t)records.len;
	return 0;
}

static int read_image_config(struct cs_layout *l, const struct cs_listed *image, struct cs_buf *buf,
			     struct cs_err *err)
{
	int r = image->docker ? cs_input_read(l->in, image->docker->config, buf, err)
			      : cs_layout_document(l, &image->manifest.config, buf, err);

	return r == 1 ? cs_err_set(err, CS_FORMAT, "the config is missing") : r;
}

static int find_inline(struct finder *f, const char *where, struct cs_err *err)
{
	const struct cs_load_options options = { .platform = f->platform, .documents_only = true };
	struct cs_layout l CS_AUTO(cs_layout_release) = { .kind = CS_LAYOUT_OCI };
	struct cs_image *image CS_AUTO(cs_image_free_p) = NULL;
	struct cs_buf config CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_listed **listed;
	size_t n;
	int r = cs_layout_read(f->ctx, f->layout.in, f->place, f->layout.arena, &l, err);

	if (r == 0)
		r = cs_images_select(&l, &options, &listed, &n, err);
	if (r == 0 && n != 1)
		r = cs_err_set(err, CS_USAGE,
			       "holds %zu images: choose one with --platform or a tag", n);
	if (r == 0)
		r = cs_image_assemble(&l, listed[0], where, NULL, 0, &image, err);
	if (r == 0)
		r = read_image_config(&l, listed[0], &config, err);
	if (r == 0)
		r = take_layers(f, image, err);
	if (r == 0)
		r = take_inline(f, &config, err);
	if (r < 0)
		return r;
	f->cache->ref = cs_arena_strdup(f->cache->arena, image->ref);
	f->cache->manifest_digest = image->manifest_digest;
	f->cache->config_digest = image->config_digest;
	return image->ref && !f->cache->ref ? cs_err_nomem(err) : 0;
}

/* --- the whole --- */

/* A file that is JSON is a manifest: its folder is the input. Else place stays as it is. */
static int place_of_manifest(struct finder *f, struct cs_place *place, struct cs_err *err)
{
	char *path = (char *)(uintptr_t)place->path, *slash;
	int fd CS_AUTO(cs_close_p) = -1;
	struct cs_err ignored;
	char first = 0;
	int64_t size;

	if (place->transport != CS_TRANSPORT_NONE || strcmp(path, "-") == 0 ||
	    cs_file_open_read(path, &fd, &size, &ignored) < 0 || cs_file_head(fd, &first, 1) != 1 ||
	    first != '{')
		return 0;
	slash = strrchr(path, '/');
	f->manifest = slash ? slash + 1 : path;
	place->path = !slash ? "."
		      : slash == path
			      ? "/"
			      : cs_arena_strndup(f->cache->arena, path, (size_t)(slash - path));
	return place->path ? 0 : cs_err_nomem(err);
}

static int find(struct finder *f, const char *where, struct cs_err *err)
{
	bool folder_of_manifest = strcmp(f->manifest, "manifest.json") != 0;
	int r = folder_of_manifest || f->place->transport == CS_TRANSPORT_DIR
			? 1
			: find_in_index(f, err);

	if (r == 1 && f->place->transport != CS_TRANSPORT_OCI)
		r = find_manifest(f, err);
	if (r == 1 && folder_of_manifest)
		return cs_err_set(
			err, CS_UNSUPPORTED,
			"is no manifest of a build cache (an image is named by its folder "
			"or archive)");
	return r == 1 ? find_inline(f, where, err) : r;
}

static int load(struct finder *f, const char *where, struct cs_err *err)
{
	const struct cs_source_options options = { .documents_only = true };
	struct cs_input *in CS_AUTO(cs_input_close_p) = NULL;
	struct cs_place place;
	int r = cs_place_parse(where, f->cache->arena, &place, err);

	if (r == 0)
		r = place_of_manifest(f, &place, err);
	if (r == 0)
		r = cs_input_open(f->ctx, &place, &options, &in, err);
	if (r < 0)
		return r;
	f->place = &place;
	f->layout = (struct cs_layout){ .ctx = f->ctx, .in = in, .arena = f->cache->arena };
	return find(f, where, err);
}

int cs_cache_load(const struct cs_ctx *ctx, const char *where, const char *platform,
		  struct cs_cache **ret, struct cs_err *err)
{
	struct cs_cache *cache CS_AUTO(cs_cache_free_p) = cs_cache_new();
	struct finder f = {
		.ctx = ctx, .platform = platform, .manifest = "manifest.json", .cache = cache
	};
	struct cs_err why = CS_ERR_INIT; /* look-ups that find nothing write to it */
	int r;

	if (!cache)
		return cs_err_nomem(err);
	cache->source = cs_arena_strdup(cache->arena, where);
	r = cache->source ? load(&f, where, &why) : cs_err_nomem(&why);
	if (r < 0) {
		*err = why;
		return strcmp(where, "-") == 0 ? cs_err_prefix(err, "standard input")
					       : cs_err_prefix(err, "'%.200s'", where);
	}
	*ret = cs_steal(cache);
	return 0;
}
