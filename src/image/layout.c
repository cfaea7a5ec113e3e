/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index.json wins over manifest.json where both stand (docker save writes both, and
 * docker-archive: means both): only it has digests of manifests, sizes and attestations.
 * manifest.json is asked where it alone can answer: a place in its order, a name that index.json
 * does not have.
 */
#include "image/layout.h"

#include <inttypes.h>

/* --- blobs by descriptor --- */

const char *cs_layout_blob_name(const struct cs_layout *l, const struct cs_descriptor *desc)
{
	const char *colon = strchr(desc->digest_text, ':');
	const char *hex = colon ? colon + 1 : desc->digest_text;
	const char *algo = cs_digest_algo_name((enum cs_digest_algo)desc->digest.algo);

	if (l->kind == CS_LAYOUT_DIR)
		return cs_arena_strdup(l->arena, hex);
	return cs_arena_printf(l->arena, "blobs/%s/%s", algo, hex);
}

int cs_layout_blob(const struct cs_layout *l, const struct cs_descriptor *desc,
		   const char **ret_name, int64_t *ret_size, struct cs_err *err)
{
	/* skopeo's names: manifests of a list, and blobs of digests other than sha256 */
	static const char *const forms[] = { "%s.manifest.json", "sha512-%s" };
	const char *name;
	int r;

	if (!cs_digest_known(&desc->digest))
		return cs_err_set(err, CS_UNSUPPORTED, "digest '%.160s' is not supported",
				  desc->digest_text);
	name = cs_layout_blob_name(l, desc);
	if (!name)
		return cs_err_nomem(err);
	r = cs_input_find(l->in, name, ret_name, ret_size, err);
	for (size_t i = 0; r == 1 && l->kind == CS_LAYOUT_DIR && i < CS_N(forms); i++) {
		const char *other = cs_arena_printf(l->arena, forms[i], name);

		if (!other)
			return cs_err_nomem(err);
		r = cs_input_find(l->in, other, ret_name, ret_size, err);
	}
	return r;
}

int cs_layout_document(const struct cs_layout *l, const struct cs_descriptor *desc,
		       struct cs_buf *buf, struct cs_err *err)
{
	char is[CS_DIGEST_TEXT], said[CS_DIGEST_TEXT];
	struct cs_digest digest;
	const char *name;
	int64_t size;
	int r = cs_layout_blob(l, desc, &name, &size, err);

	if (r != 0)
		return r;
	if (size != desc->size)
		return cs_err_set(err, CS_DIGEST,
				  "%s: size is %" PRId64 " bytes, descriptor says %" PRId64, name,
				  size, desc->size);
	r = cs_input_read(l->in, name, buf, err);
	if (r == 0)
		r = cs_digest_of((enum cs_digest_algo)desc->digest.algo, buf->data, buf->len,
				 &digest, err);
	if (r != 0)
		return r;
	if (!cs_digest_equal(&digest, &desc->digest))
		return cs_err_set(err, CS_DIGEST, "%s: digest is %s, descriptor says %s", name,
				  cs_digest_format(&digest, is),
				  cs_digest_format(&desc->digest, said));
	return 0;
}

/* --- what was found --- */

int cs_grow(void **v, size_t n, size_t *cap, size_t size, struct cs_err *err)
{
	size_t want = *cap ? *cap * 2 : 16;
	void *p;

	if (n < *cap)
		return 0;
	p = realloc(*v, want * size);
	if (!p)
		return cs_err_nomem(err);
	*v = p;
	*cap = want;
	return 0;
}

int cs_layout_add_image(struct cs_layout *l, const struct cs_listed *image, struct cs_err *err)
{
	void *v = l->images;

	if (cs_grow(&v, l->n_images, &l->cap_images, sizeof(*l->images), err) < 0)
		return -(int)err->code;
	l->images = v;
	l->images[l->n_images++] = *image;
	return 0;
}

int cs_layout_add_statement(struct cs_layout *l, const struct cs_digest *subject,
			    const struct cs_descriptor *desc, struct cs_err *err)
{
	void *v = l->statements;

	if (cs_grow(&v, l->n_statements, &l->cap_statements, sizeof(*l->statements), err) < 0)
		return -(int)err->code;
	l->statements = v;
	l->statements[l->n_statements].subject = *subject;
	l->statements[l->n_statements++].desc = desc;
	return 0;
}

void cs_layout_release(struct cs_layout *l)
{
	free(l->images);
	free(l->statements);
	l->images = NULL;
	l->statements = NULL;
}

/* --- the three layouts --- */

static int check_oci_layout(const struct cs_layout *l, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const char *version;
	int r = cs_input_read(l->in, "oci-layout", &buf, err);

	if (r == 0)
		r = cs_json_parse(buf.data, buf.len, &l->ctx->limits, &doc, err);
	if (r < 0)
		return cs_err_prefix(err, "oci-layout");
	version = cs_json_get_text(doc, "imageLayoutVersion");
	if (version && !cs_starts_with(version, "1."))
		return cs_err_set(err, CS_UNSUPPORTED, "OCI layout version '%.80s'", version);
	return 0;
}

static int read_oci(struct cs_layout *l, const struct cs_place *place, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_manifest root;
	int r = cs_input_read(l->in, "index.json", &buf, err);

	if (r == 1)
		return 1;
	if (r == 0)
		r = cs_manifest_parse(buf.data, buf.len, &l->ctx->limits, l->arena, &root, err);
	if (r == 0 && !root.is_index)
		r = cs_err_set(err, CS_FORMAT, "holds a manifest, not an index");
	if (r < 0)
		return cs_err_prefix(err, "index.json");
	l->kind = CS_LAYOUT_OCI;
	r = check_oci_layout(l, err);
	return r < 0 ? r : cs_layout_walk(l, place, &root, err);
}

static bool docker_selected(const struct cs_place *place, const struct cs_docker_image *image,
			    size_t i)
{
	if (place->index >= 0)
		return (size_t)place->index == i;
	for (size_t k = 0; place->select && k < image->n_tags; k++) {
		if (cs_image_name_equal(image->tags[k], place->select))
			return true;
	}
	return !place->select;
}

/* Whether an entry with this config, the same image, stands before. */
static bool is_listed(const struct cs_layout *l, const char *config)
{
	for (size_t i = 0; i < l->n_images; i++) {
		if (strcmp(l->images[i].docker->config, config) == 0)
			return true;
	}
	return false;
}

static int read_docker(struct cs_layout *l, const struct cs_place *place, const struct cs_json *doc,
		       struct cs_err *err)
{
	struct cs_docker_image *v;
	size_t n;
	int r = cs_docker_manifest_read(doc, &l->ctx->limits, l->arena, &v, &n, err);

	if (r < 0)
		return cs_err_prefix(err, "manifest.json");
	l->kind = CS_LAYOUT_DOCKER;
	l->in->follow_links = true;
	for (size_t i = 0; i < n; i++) {
		struct cs_listed image = { .docker = &v[i],
					   .group = i,
					   .exported_unix_ns = CS_TIME_NONE };

		if (!docker_selected(place, &v[i], i) || is_listed(l, v[i].config))
			continue;
		image.name = v[i].n_tags ? v[i].tags[0] : NULL;
		for (size_t k = 0; image.name && k < l->n_images; k++) {
			if (l->images[k].name && strcmp(l->images[k].name, image.name) == 0) {
				image.group = l->images[k].group;
				break;
			}
		}
		r = cs_layout_add_image(l, &image, err);
		if (r < 0)
			return r;
	}
	if (l->n_images || (!place->select && place->index < 0))
		return 0;
	if (place->select)
		return cs_err_set(err, CS_NOTFOUND, "no image '%.200s' is listed in manifest.json",
				  place->select);
	return cs_err_set(err, CS_NOTFOUND, "manifest.json lists %zu images: there is no @%" PRId64,
			  n, place->index);
}

/* skopeo's dir: the manifest itself, or a list of manifests, under the name manifest.json. */
static int read_dir(struct cs_layout *l, const struct cs_place *place, const struct cs_json *doc,
		    const struct cs_buf *buf, struct cs_err *err)
{
	struct cs_listed image = { .exported_unix_ns = CS_TIME_NONE, .parsed = true };
	struct cs_descriptor *d;
	char text[CS_DIGEST_TEXT];
	int r = cs_manifest_read(doc, &l->ctx->limits, l->arena, &image.manifest, err);

	if (r < 0)
		return cs_err_prefix(err, "manifest.json");
	l->kind = CS_LAYOUT_DIR;
	if (image.manifest.is_index)
		return cs_layout_walk(l, place, &image.manifest, err);
	d = cs_arena_alloc(l->arena, sizeof(*d));
	if (!d)
		return cs_err_nomem(err);
	r = cs_digest_of(CS_DIGEST_SHA256, buf->data, buf->len, &d->digest, err);
	if (r < 0)
		return r;
	d->media_type = image.manifest.media_type;
	d->digest_text = cs_arena_strdup(l->arena, cs_digest_format(&d->digest, text));
	d->size = (int64_t)buf->len;
	image.desc = d;
	return d->digest_text ? cs_layout_add_image(l, &image, err) : cs_err_nomem(err);
}

static int read_manifest_json(struct cs_layout *l, const struct cs_place *place, struct cs_err *err)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = cs_input_read(l->in, "manifest.json", &buf, err);

	if (r != 0)
		return r;
	r = cs_json_parse(buf.data, buf.len, &l->ctx->limits, &doc, err);
	if (r < 0)
		return cs_err_prefix(err, "manifest.json");
	if (cs_json_is_object(doc) && place->transport != CS_TRANSPORT_DOCKER_ARCHIVE)
		return read_dir(l, place, doc, &buf, err);
	if (place->transport == CS_TRANSPORT_DIR)
		return cs_err_set(err, CS_FORMAT, "manifest.json is not a manifest");
	return read_docker(l, place, doc, err);
}

static int no_layout(const struct cs_layout *l, const struct cs_place *place, struct cs_err *err)
{
	const char *name;
	int64_t size;

	if (place->transport == CS_TRANSPORT_OCI)
		return cs_err_set(err, CS_FORMAT, "not an OCI layout: no index.json is in it");
	if (place->transport != CS_TRANSPORT_NONE)
		return cs_err_set(err, CS_FORMAT, "not %s: no manifest.json is in it",
				  place->transport == CS_TRANSPORT_DIR ? "a folder of skopeo"
								       : "a docker archive");
	if (cs_input_find(l->in, "repositories", &name, &size, err) == 0)
		return cs_err_set(err, CS_UNSUPPORTED,
				  "saved by docker before 1.10 (repositories without "
				  "manifest.json): load it into a newer docker and save it again");
	return cs_err_set(err, CS_UNSUPPORTED,
			  "neither index.json nor manifest.json is in it, so it is no image "
			  "(docker export and plain file systems have no layers; docker save has)");
}

static bool has(const struct cs_layout *l, const char *name)
{
	const char *found;
	int64_t size;
	struct cs_err ignored;

	return cs_input_find(l->in, name, &found, &size, &ignored) != 1;
}

/* Whether index.json is to be read: only manifest.json has an order to count in. */
static bool wants_index(const struct cs_layout *l, const struct cs_place *place)
{
	switch (place->transport) {
	case CS_TRANSPORT_DIR:
		return false;
	case CS_TRANSPORT_DOCKER_ARCHIVE:
		return place->index < 0 && has(l, "manifest.json");
	default:
		return true;
	}
}

/* Whether manifest.json may know better than the index.json that failed. */
static bool may_fall_back(const struct cs_layout *l, const struct cs_place *place, int r)
{
	if (r == -CS_NOTFOUND)
		return place->transport == CS_TRANSPORT_DOCKER_ARCHIVE;
	/* A file of that name alone makes no layout. */
	return r == -CS_FORMAT && place->transport != CS_TRANSPORT_OCI && !has(l, "oci-layout");
}

int cs_layout_read(const struct cs_ctx *ctx, struct cs_input *in, const struct cs_place *place,
		   struct cs_arena *arena, struct cs_layout *ret, struct cs_err *err)
{
	const struct cs_layout fresh = { .ctx = ctx, .in = in, .arena = arena };
	struct cs_layout l CS_AUTO(cs_layout_release) = fresh;
	int r = wants_index(&l, place) ? read_oci(&l, place, err) : 1;

	if (r < 0 && may_fall_back(&l, place, r)) {
		struct cs_err first = *err;

		cs_layout_release(&l);
		l = fresh;
		r = read_manifest_json(&l, place, err);
		if (r == 1) {
			*err = first;
			r = -(int)first.code;
		}
	} else if (r == 1 && place->transport != CS_TRANSPORT_OCI) {
		r = read_manifest_json(&l, place, err);
	}
	if (r == 1)
		r = no_layout(&l, place, err);
	if (r < 0)
		return r;
	*ret = l;
	l = fresh;
	return 0;
}
