/* SPDX-License-Identifier: Apache-2.0 */
/*
 * type=local never deletes: each export adds its blobs and points index.json at its own manifest.
 * What is still led to is found by walking all documents of the index with a list of things to do,
 * each digest once; everything else that has a blob's name is left over.
 */
#include "build/cache_local.h"

#include <string.h>

#include "util/hash.h"

int cs_cache_find_blobs(const struct cs_layout *layout, struct cs_cache *cache, struct cs_err *err)
{
	for (size_t i = 0; i < cache->n_layers; i++) {
		struct cs_cache_layer *l = &cache->layers[i];
		char text[CS_DIGEST_TEXT];
		const struct cs_descriptor d = {
			.digest = l->blob_digest,
			.digest_text = cs_digest_format(&l->blob_digest, text),
		};
		struct cs_err why;
		const char *name;
		int64_t size;
		int r;

		if (l->blob == CS_BLOB_UNLISTED)
			continue;
		r = cs_layout_blob(layout, &d, &name, &size, &why);
		if (r == -CS_NOMEM) {
			*err = why;
			return r;
		}
		/* what is no plain file does not serve as one */
		l->blob = r == 0 && (l->blob_bytes < 0 || l->blob_bytes == size) ? CS_BLOB_HERE
										 : CS_BLOB_MISSING;
	}
	return 0;
}

struct ref {
	UT_hash_handle hh;
	struct cs_digest digest;
};

struct walk {
	const struct cs_layout *layout;
	struct cs_arena *arena;
	struct ref *seen;
	const struct cs_descriptor **todo; /* documents */
	size_t n_todo, cap_todo;
	struct cs_cache_leftover *left;
	size_t n_left, cap_left;
};

static void walk_release(struct walk *w)
{
	struct ref *ref, *next;

	HASH_ITER(hh, w->seen, ref, next)
	{
		HASH_DEL(w->seen, ref);
		free(ref);
	}
	free(w->todo);
	free(w->left);
	cs_arena_free(w->arena);
}

/* 0 new, 1 seen before. */
static int see(struct walk *w, const struct cs_digest *digest, struct cs_err *err)
{
	struct ref *ref;

	HASH_FIND(hh, w->seen, digest, sizeof(*digest), ref);
	if (ref)
		return 1;
	ref = calloc(1, sizeof(*ref));
	if (!ref)
		return cs_err_nomem(err);
	ref->digest = *digest;
	HASH_ADD(hh, w->seen, digest, sizeof(ref->digest), ref);
	if (!ref->hh.tbl) {
		free(ref);
		return cs_err_nomem(err);
	}
	return 0;
}

/* documents: what is listed may be documents itself. */
static int see_all(struct walk *w, const struct cs_descriptor *v, size_t n, bool documents,
		   struct cs_err *err)
{
	for (size_t i = 0; i < n; i++) {
		void *todo = (void *)w->todo;
		int r;

		if (!cs_digest_known(&v[i].digest))
			continue;
		r = see(w, &v[i].digest, err);
		if (r < 0)
			return r;
		if (r == 1 || !documents || cs_media_kind(v[i].media_type) == CS_MEDIA_OTHER)
			continue;
		if (cs_grow(&todo, w->n_todo, &w->cap_todo, sizeof(*w->todo), err) < 0)
			return -(int)err->code;
		w->todo = todo;
		w->todo[w->n_todo++] = &v[i];
	}
	return 0;
}

static int see_document(struct walk *w, const struct cs_manifest *m, struct cs_err *err)
{
	int r;

	if (m->is_index)
		return see_all(w, m->entries, m->n_entries, true, err);
	r = see_all(w, &m->config, 1, false, err);
	return r < 0 ? r : see_all(w, m->layers, m->n_layers, false, err);
}

/* 0; 1 if a document cannot be read, so that nobody knows what it leads to. */
static int walk_documents(struct walk *w, struct cs_err *err)
{
	const struct cs_layout *l = w->layout;
	int64_t n = 0;

	while (w->n_todo) {
		const struct cs_descriptor *d = w->todo[--w->n_todo];
		struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
		struct cs_manifest m;
		struct cs_err why;
		int r = cs_ctx_check(l->ctx, err);

		if (r < 0)
			return r;
		if (++n > l->ctx->limits.index_manifests)
			return cs_limit_error(err, &l->ctx->limits, index_manifests,
					      "manifests in all indexes");
		r = cs_layout_document(l, d, &buf, &why);
		if (r == 1) /* of another platform, say */
			continue;
		if (r == 0)
			r = cs_manifest_parse(buf.data, buf.len, &l->ctx->limits, w->arena, &m,
					      &why);
		if (r == -CS_NOMEM)
			return cs_err_nomem(err);
		if (r < 0)
			return 1;
		r = see_document(w, &m, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_left(struct walk *w, enum cs_digest_algo algo, const char *name, int64_t size,
		    struct cs_err *err)
{
	struct cs_cache_leftover left = { .blob_bytes = size };
	void *v = w->left;
	struct ref *ref;

	if (!cs_digest_from_hex(algo, name, &left.digest))
		return 0;
	HASH_FIND(hh, w->seen, &left.digest, sizeof(left.digest), ref);
	if (ref)
		return 0;
	if (cs_grow(&v, w->n_left, &w->cap_left, sizeof(left), err) < 0)
		return -(int)err->code;
	w->left = v;
	w->left[w->n_left++] = left;
	return 0;
}

static int add_left_sha256(void *arg, const char *name, int64_t size, struct cs_err *err)
{
	return add_left(arg, CS_DIGEST_SHA256, name, size, err);
}

static int add_left_sha512(void *arg, const char *name, int64_t size, struct cs_err *err)
{
	return add_left(arg, CS_DIGEST_SHA512, name, size, err);
}

static int by_digest(const void *a, const void *b)
{
	return cs_digest_compare(&((const struct cs_cache_leftover *)a)->digest,
				 &((const struct cs_cache_leftover *)b)->digest);
}

int cs_cache_find_leftovers(const struct cs_layout *layout, const struct cs_manifest *root,
			    struct cs_cache *cache, struct cs_err *err)
{
	struct walk w CS_AUTO(walk_release) = { .layout = layout, .arena = cs_arena_new() };
	int r;

	if (!w.arena)
		return cs_err_nomem(err);
	r = see_document(&w, root, err);
	if (r == 0)
		r = walk_documents(&w, err);
	if (r == 0)
		r = cs_input_list(layout->in, "blobs/sha256", add_left_sha256, &w, err);
	if (r == 0)
		r = cs_input_list(layout->in, "blobs/sha512", add_left_sha512, &w, err);
	if (r != 0)
		return r < 0 ? r : 0;
	cache->leftovers = cs_arena_array(cache->arena, w.n_left, sizeof(*w.left));
	if (!cache->leftovers)
		return cs_err_nomem(err);
	if (w.n_left) {
		qsort(w.left, w.n_left, sizeof(*w.left), by_digest);
		memcpy(cache->leftovers, w.left, w.n_left * sizeof(*w.left));
	}
	cache->n_leftovers = w.n_left;
	cache->leftovers_known = true;
	return 0;
}
