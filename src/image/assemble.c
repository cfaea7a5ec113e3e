/* SPDX-License-Identifier: Apache-2.0 */
#include "image/assemble.h"

#include "image/base.h"
#include "image/config.h"

/* --- config --- */

/* "blobs/ALGO/HEX", "HEX.json", "HEX", "sha256:HEX": names of a config that are its digest. */
static bool config_name_digest(const char *name, struct cs_digest *ret)
{
	char text[CS_DIGEST_TEXT];
	const char *base = strrchr(name, '/');
	struct cs_err ignored;
	size_t n;

	if (cs_blob_name_digest(name, ret))
		return true;
	base = base ? base + 1 : name;
	n = strcspn(base, ".");
	if (n >= sizeof(text) || (base[n] && strcmp(base + n, ".json") != 0))
		return false;
	memcpy(text, base, n);
	text[n] = '\0';
	return cs_digest_from_hex(CS_DIGEST_SHA256, text, ret) ||
	       cs_digest_parse(text, ret, &ignored) == 0;
}

static bool is_made(struct cs_image *const *made, size_t n, const struct cs_digest *config)
{
	for (size_t i = 0; i < n; i++) {
		if (cs_digest_equal(&made[i]->config_digest, config))
			return true;
	}
	return false;
}

/* The config of a docker archive: nothing but its name says what it must be. */
static int docker_config(struct cs_layout *l, const char *name, struct cs_buf *buf,
			 struct cs_digest *ret, struct cs_err *err)
{
	char is[CS_DIGEST_TEXT], said[CS_DIGEST_TEXT];
	struct cs_digest named = { CS_DIGEST_SHA256, { 0 } };
	bool has_name = config_name_digest(name, &named);
	int r = cs_input_read(l->in, name, buf, err);

	if (r == 1)
		return cs_err_set(err, CS_FORMAT, "config '%.200s' is missing", name);
	if (r == 0)
		r = cs_digest_of((enum cs_digest_algo)named.algo, buf->data, buf->len, ret, err);
	if (r == 0 && has_name && !cs_digest_equal(ret, &named))
		return cs_err_set(err, CS_DIGEST, "config '%.200s': digest is %s, its name says %s",
				  name, cs_digest_format(ret, is), cs_digest_format(&named, said));
	return r;
}

static int oci_config(struct cs_layout *l, const struct cs_manifest *m, struct cs_buf *buf,
		      struct cs_err *err)
{
	int r;

	if (!cs_media_is_config(m->config.media_type))
		return cs_err_set(err, CS_UNSUPPORTED, "is no image, but '%.160s'",
				  m->artifact_type ? m->artifact_type : m->config.media_type);
	r = cs_layout_document(l, &m->config, buf, err);
	if (r == 1)
		return cs_err_set(err, CS_FORMAT, "config %s is missing", m->config.digest_text);
	return r < 0 ? cs_err_prefix(err, "config") : 0;
}

/*
 * The config's word counts: a digest covers it, and what an index says of it may be wrong. Only the
 * variant, which many configs leave out, is taken from there.
 */
static void apply_platform(struct cs_image *image, const struct cs_image_config *c)
{
	const struct cs_platform *said = &image->platform;

	if (!c->platform.os[0])
		return;
	if (!c->has_variant && said->variant[0] && strcmp(said->os, c->platform.os) == 0 &&
	    strcmp(said->arch, c->platform.arch) == 0)
		return;
	image->platform = c->platform;
}

static int apply_config(struct cs_image *image, const struct cs_buf *buf,
			const struct cs_limits *limits, struct cs_err *err)
{
	struct cs_image_config c;
	int r = cs_config_parse(buf->data, buf->len, limits, image->arena, &c, err);
	size_t n = image->n_layers;

	if (r < 0)
		return cs_err_prefix(err, "config");
	if (c.n_diff_ids != n)
		return cs_err_set(err, CS_FORMAT,
				  "layers in the manifest (%zu) and diff-ids in the config (%zu) "
				  "must be as many",
				  n, c.n_diff_ids);
	apply_platform(image, &c);
	image->created_unix_ns = c.created_unix_ns;
	image->history = c.history;
	image->n_history = c.n_history;
	/* labels are kept in the arena, where cs_kv_read made them */
	image->labels = (struct cs_kv *)(uintptr_t)c.labels.v;
	image->n_labels = c.labels.n;
	for (size_t i = 0; i < n; i++)
		image->layers[i].diff_id = c.diff_ids[i];
	for (size_t i = 0; c.paired && i < c.n_history; i++) {
		const struct cs_history *h = &c.history[i];
		struct cs_layer *layer = h->layer < 0 ? NULL : &image->layers[h->layer];

		if (!layer)
			continue;
		layer->has_history = true;
		layer->created_by = h->created_by;
		layer->comment = h->comment;
		layer->author = h->author;
		layer->created_unix_ns = h->created_unix_ns;
		/* podman build --timestamp leaves its mark at each instruction */
		image->epoch_set = h->created_by && strstr(h->created_by, "|force-mtime=");
	}
	return 0;
}

/* --- layers --- */

static int new_layers(struct cs_image *image, size_t n, struct cs_err *err)
{
	image->layers = cs_arena_array(image->arena, n, sizeof(*image->layers));
	if (!image->layers)
		return cs_err_nomem(err);
	image->n_layers = n;
	for (size_t i = 0; i < n; i++) {
		struct cs_layer *layer = &image->layers[i];

		layer->index = (uint32_t)i;
		layer->blob_bytes = -1;
		layer->tar_bytes = -1;
		layer->counts.entries = -1;
		layer->created_unix_ns = CS_TIME_NONE;
	}
	return 0;
}

static int oci_layers(struct cs_layout *l, const struct cs_manifest *m, struct cs_image *image,
		      struct cs_err *err)
{
	int r = new_layers(image, m->n_layers, err);

	for (size_t i = 0; r == 0 && i < m->n_layers; i++) {
		const struct cs_descriptor *d = &m->layers[i];
		struct cs_layer *layer = &image->layers[i];
		const char *name = cs_layout_blob_name(l, d);

		if (strstr(d->media_type, "+encrypted"))
			return cs_err_set(err, CS_UNSUPPORTED, "layer %zu (%s) is encrypted", i,
					  d->digest_text);
		if (!cs_media_is_layer(d->media_type))
			return cs_err_set(err, CS_UNSUPPORTED,
					  "layer %zu is no file system, but '%.160s'", i,
					  d->media_type);
		layer->name = cs_arena_strdup(image->arena, name);
		layer->blob_digest = d->digest;
		layer->blob_bytes = d->size;
		if (d->media_type[0])
			layer->media_type = cs_arena_strdup(image->arena, d->media_type);
		if (!name || !layer->name || (d->media_type[0] && !layer->media_type))
			return cs_err_nomem(err);
	}
	return r;
}

static int docker_layers(const struct cs_docker_image *d, struct cs_image *image,
			 struct cs_err *err)
{
	int r = new_layers(image, d->n_layers, err);

	for (size_t i = 0; r == 0 && i < d->n_layers; i++) {
		struct cs_layer *layer = &image->layers[i];

		layer->name = cs_arena_strdup(image->arena, d->layers[i]);
		if (!layer->name)
			return cs_err_nomem(err);
		/* Other names look like digests too: of the diff-id, of old ids, of nothing. */
		cs_blob_name_digest(layer->name, &layer->blob_digest);
	}
	return r;
}

static int add_chain_ids(struct cs_image *image, struct cs_err *err)
{
	for (size_t i = 0; i < image->n_layers; i++) {
		struct cs_layer *layer = &image->layers[i];
		int r = cs_digest_chain(i ? &image->layers[i - 1].chain_id : NULL, &layer->diff_id,
					&layer->chain_id, err);

		if (r < 0)
			return cs_err_prefix(err, "layer %zu", i);
	}
	return 0;
}

/* --- what is said about the image --- */

/* Statement manifests about one image, and statements in one of them, that are looked into. */
#define STATEMENTS_MAX 16

/* Reads one statement manifest and, in it, the provenance. 0 taken, 1 nothing in it. */
static int read_statement(struct cs_layout *l, const struct cs_descriptor *desc,
			  struct cs_image *image, const struct cs_digest *chain,
			  struct cs_attestation *ret, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_manifest m;
	int r = cs_layout_document(l, desc, &buf, err);

	if (r == 0)
		r = cs_manifest_parse(buf.data, buf.len, &l->ctx->limits, image->arena, &m, err);
	if (r != 0 || m.is_index)
		return r ? r : 1;
	for (size_t i = 0; i < m.n_layers && i < STATEMENTS_MAX; i++) {
		const char *type =
			cs_annotation(&m.layers[i].annotations, CS_ANNOTATION_PREDICATE_TYPE);

		if (type && !cs_starts_with(type, "https://slsa.dev/provenance/"))
			continue;
		cs_buf_reset(&buf);
		r = cs_layout_document(l, &m.layers[i], &buf, err);
		if (r == 0)
			r = cs_attestation_parse(buf.data, buf.len, &l->ctx->limits,
						 &image->manifest_digest, chain, image->n_layers,
						 image->arena, ret, err);
		if (r <= 0)
			return r;
	}
	return 1;
}

/*
 * Statements must not be why an image cannot be read: what is odd about them is logged and left
 * unknown. Bytes that do not match their digest are damage to the input, though.
 */
static int find_attestation(struct cs_layout *l, struct cs_image *image, struct cs_attestation *ret,
			    struct cs_err *err)
{
	struct cs_digest *chain CS_AUTO(cs_free_p) = calloc(image->n_layers + 1, sizeof(*chain));
	int tried = 0;

	if (!chain)
		return cs_err_nomem(err);
	for (size_t i = 0; i < image->n_layers; i++)
		chain[i] = image->layers[i].blob_digest;
	for (size_t i = 0; i < l->n_statements && tried < STATEMENTS_MAX; i++) {
		struct cs_err why = CS_ERR_INIT;
		int r;

		if (!cs_digest_equal(&l->statements[i].subject, &image->manifest_digest))
			continue;
		tried++;
		r = read_statement(l, l->statements[i].desc, image, chain, ret, &why);
		if (r == 0)
			return 0;
		if (r == -CS_DIGEST || r == -CS_NOMEM || r == -CS_CANCELED || r == -CS_IO) {
			*err = why;
			return cs_err_prefix(err, "attestation");
		}
		if (r < 0)
			cs_ctx_log(l->ctx, CS_LOG_INFO, "attestation not read: %s", why.msg);
	}
	return 1;
}

static void apply_attestation(struct cs_image *image, const struct cs_attestation *a)
{
	image->has_attestation = true;
	image->build_started_unix_ns = a->started_unix_ns;
	image->build_finished_unix_ns = a->finished_unix_ns;
	image->build_invocation_id = a->invocation_id;
	image->epoch_set = image->epoch_set || a->epoch_set;
	image->target = a->target;
	image->vcs_source = a->vcs_source;
	image->vcs_revision = a->vcs_revision;
	if (a->base_layers >= 0) {
		image->base_layers = a->base_layers;
		image->base_evidence = CS_BASE_PROVENANCE;
	}
}

/* --- the whole --- */

/* 1 if an image of that config is made already: it need not be read again. */
static int apply_oci(struct cs_layout *l, struct cs_listed *listed, struct cs_image *const *made,
		     size_t n, struct cs_image *image, struct cs_buf *config, struct cs_err *err)
{
	const struct cs_manifest *m = &listed->manifest;
	int r = cs_listed_parse(l, listed, err);

	if (r == 1)
		return cs_err_set(err, CS_FORMAT, "manifest %s is missing",
				  listed->desc->digest_text);
	if (r == 0 && is_made(made, n, &m->config.digest))
		return 1;
	if (r == 0)
		r = oci_config(l, m, config, err);
	if (r == 0)
		r = oci_layers(l, m, image, err);
	if (r < 0)
		return r;
	image->manifest_digest = listed->desc->digest;
	image->config_digest = m->config.digest;
	image->index_digest = listed->index_digest;
	image->exported_unix_ns = listed->exported_unix_ns;
	if (listed->desc->has_platform)
		image->platform = listed->desc->platform;
	return 0;
}

static int apply_docker(struct cs_layout *l, struct cs_listed *listed, struct cs_image *const *made,
			size_t n, struct cs_image *image, struct cs_buf *config, struct cs_err *err)
{
	int r = docker_config(l, listed->docker->config, config, &image->config_digest, err);

	if (r == 0 && is_made(made, n, &image->config_digest))
		return 1;
	return r < 0 ? r : docker_layers(listed->docker, image, err);
}

static int apply_texts(struct cs_image *image, const char *source, const char *name,
		       struct cs_err *err)
{
	image->source = cs_arena_strdup(image->arena, source);
	image->ref = cs_arena_strdup(image->arena, name);
	return image->source && (image->ref || !name) ? 0 : cs_err_nomem(err);
}

int cs_image_assemble(struct cs_layout *l, struct cs_listed *listed, const char *source,
		      struct cs_image *const *made, size_t n, struct cs_image **ret,
		      struct cs_err *err)
{
	static const struct cs_annotations none = { NULL, 0 };
	struct cs_buf config CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_image *image CS_AUTO(cs_image_free_p) = cs_image_new();
	struct cs_attestation attestation;
	int r, attested;

	if (!image)
		return cs_err_nomem(err);
	r = apply_texts(image, source, listed->name, err);
	if (r == 0)
		r = (listed->docker ? apply_docker : apply_oci)(l, listed, made, n, image, &config,
								err);
	if (r != 0)
		return r;
	r = apply_config(image, &config, &l->ctx->limits, err);
	if (r == 0)
		r = add_chain_ids(image, err);
	if (r < 0)
		return r;
	attested = find_attestation(l, image, &attestation, err);
	if (attested < 0)
		return attested;
	if (attested == 0)
		apply_attestation(image, &attestation);
	r = cs_image_bases_collect(image, listed->docker ? &none : &listed->manifest.annotations,
				   attested == 0 ? &attestation : NULL, err);
	if (r == 0)
		r = cs_image_base(image, NULL, err);
	if (r < 0)
		return r;
	*ret = cs_steal(image);
	return 0;
}
