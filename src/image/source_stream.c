/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An archive that passes by once: standard input, a compressed file, a tar with sparse members.
 * Everything is read while it is opened. What looks like JSON is held, within bounds; all else is
 * scanned as a layer, and a failure to do so is kept with the member: it counts only if a manifest
 * wants that member. A blob that the caller knows by the digest in its name is hashed, not decoded.
 *
 * Refused: a temporary copy on disk, which would need as much space as the image and would leave
 * other people's files about; and reading the documents of a compressed file in a first pass of
 * its own, which decodes everything twice.
 */
#include <stdatomic.h>

#include "image/members.h"
#include "image/source.h"
#include "io/tar.h"

#define PEEK_BYTES 512
/* What may stand behind the end of a tar that is not compressed: padding to the writer's record. */
#define TAIL_MAX (16 << 20)

/*
 * What a member gave: bytes that were held, or a blob, or the reason why neither. Members that look
 * like nothing have none. Small, for there may be a million; blobs are not, and are counted.
 */
struct item {
	char *bytes;
	size_t n_bytes;
	struct cs_blob *blob;
	bool shared; /* the input's, not the member's */
};

struct stream_input {
	struct cs_input base;
	int fd;
	const struct cs_source_options *options;
	struct cs_members *members;
	int64_t held_bytes, layer_bytes, n_blobs; /* so far */
	_Atomic int spare;			  /* processors besides the one that reads */
	struct item empty;			  /* for all members without a byte */
	struct item too_many;			  /* for those past the bound of layers */
};

static int stream_probe(const struct cs_source_place *place)
{
	if (place->is_folder)
		return 0;
	if (!place->is_file)
		return 50;
	switch (cs_coding_sniff(place->head, place->head_len)) {
	case CS_CODING_GZIP:
	case CS_CODING_ZSTD:
	case CS_CODING_XZ:
		return 90;
	default:
		return cs_tar_head(place->head, place->head_len) ? 50 : 0;
	}
}

static void item_free(void *data)
{
	struct item *item = data;

	if (!item || item->shared)
		return;
	free(item->bytes);
	if (item->blob)
		cs_blob_release(item->blob);
	free(item->blob);
	free(item);
}

static void shared_release(struct item *item)
{
	if (item->blob)
		cs_blob_release(item->blob);
	free(item->blob);
}
CS_DEFINE_AUTO(struct item *, item_free)

static void stream_close(struct cs_input *base)
{
	struct stream_input *in = (struct stream_input *)base;

	for (size_t i = 0; in->members && i < cs_members_count(in->members); i++)
		item_free(cs_members_at(in->members, i)->data);
	cs_members_free(in->members);
	shared_release(&in->empty);
	shared_release(&in->too_many);
	if (in->fd >= 0)
		close(in->fd);
	free(in);
}

/* --- one member --- */

/* What the layouts call their documents, wherever they begin. */
static bool is_document_name(const char *name)
{
	static const char *const names[] = { "index.json", "manifest.json", "oci-layout",
					     "repositories" };

	while (cs_starts_with(name, "./"))
		name += 2;
	for (size_t i = 0; i < CS_N(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* A tar may begin with a file named "[slug].js": its header is looked at first. */
static bool looks_like_json(const uint8_t *data, size_t len)
{
	size_t i = 0;

	if (cs_tar_head(data, len))
		return false;
	while (i < len && (data[i] == ' ' || data[i] == '\t' || data[i] == '\n' || data[i] == '\r'))
		i++;
	return i < len && (data[i] == '{' || data[i] == '[');
}

/* Errors of the machine or the user, which no other member would be spared. */
static bool is_fatal(int r)
{
	return r == -CS_NOMEM || r == -CS_IO || r == -CS_CANCELED;
}

/* Keeps the failure with the member, unless it is fatal; returns r or 0. */
static int keep_failure(struct item *item, int r, const struct cs_err *why, struct cs_err *err)
{
	if (is_fatal(r)) {
		*err = *why;
		return r;
	}
	if (!item->blob)
		item->blob = calloc(1, sizeof(*item->blob));
	return item->blob ? cs_blob_fail(item->blob, why, err) : cs_err_nomem(err);
}

static int hold(struct stream_input *in, struct cs_stream *s, struct item *item, struct cs_err *err)
{
	const struct cs_limits *limits = &in->base.ctx->limits;
	int64_t left = limits->held_bytes - in->held_bytes;
	int64_t max = left < limits->json_bytes ? left : limits->json_bytes;
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_err why;
	int r = cs_stream_read_all(s, max > 0 ? (size_t)max : 0, &buf, &why);

	if (r > 0 && left < limits->json_bytes)
		r = cs_limit_error(&why, limits, held_bytes, "JSON documents of the stream");
	else if (r > 0)
		r = cs_limit_error(&why, limits, json_bytes, "a JSON document");
	if (r < 0)
		return keep_failure(item, r, &why, err);
	item->bytes = malloc(buf.len + 1);
	if (!item->bytes)
		return cs_err_nomem(err);
	if (buf.len)
		memcpy(item->bytes, buf.data, buf.len);
	item->bytes[buf.len] = '\0';
	item->n_bytes = buf.len;
	in->held_bytes += (int64_t)buf.len;
	return 0;
}

/* A blob whose digest is a known diff-id is that layer, not compressed. */
static int look_up(const struct stream_input *in, const struct cs_digest *digest,
		   struct cs_layer *ret, struct cs_err *err)
{
	const struct cs_known *known = in->options->known;
	int r = 1;

	if (known && known->by_blob)
		r = known->by_blob(known->arg, digest, ret, err);
	if (r == 1 && known && known->by_diff_id)
		r = known->by_diff_id(known->arg, digest, ret, err);
	return r;
}

/* Takes s. */
static int read_blob(struct stream_input *in, struct cs_stream *s, const char *name, int64_t size,
		     struct item *item, struct cs_err *err)
{
	const struct cs_ctx *ctx = in->base.ctx;
	struct cs_layer_scan_options options = { CS_DIGEST_SHA256, CS_DIGEST_SHA256, -1,
						 &in->spare };
	struct cs_layer known = { 0 };
	struct cs_digest digest = { 0, { 0 } };
	struct cs_err why;
	int r = 1;

	item->blob = calloc(1, sizeof(*item->blob));
	if (!item->blob) {
		r = cs_err_nomem(err);
	} else if (cs_blob_name_digest(name, &digest)) {
		options.blob_algo = (enum cs_digest_algo)digest.algo;
		r = look_up(in, &digest, &known, err);
	}
	if (r < 0 || (r == 0 && in->options->trust_known)) {
		cs_stream_close(s);
		if (r == 0)
			cs_blob_trust(&known, &digest, size, item->blob);
		return r;
	}
	if (r == 0)
		return cs_blob_hash(ctx, s, options.blob_algo, &known, item->blob, err);
	options.out_max = ctx->limits.image_bytes - in->layer_bytes;
	r = cs_blob_scan(ctx, s, &options, item->blob, &why);
	if (r < 0)
		return keep_failure(item, r, &why, err);
	in->layer_bytes += item->blob->tar_bytes;
	return 0;
}

static bool looks_like_layer(const uint8_t *data, size_t len)
{
	return len == 0 || cs_tar_head(data, len) || cs_coding_sniff(data, len) != CS_CODING_NONE;
}

/*
 * The item that a member's bytes go to: its own, or one that serves many. An archive may hold a
 * million members that look like layers; an image that many layers may not have, however.
 */
static int item_for(struct stream_input *in, bool document, size_t len, struct item **ret,
		    bool *ret_read, struct cs_err *err)
{
	const struct cs_limits *limits = &in->base.ctx->limits;
	struct cs_err why;

	*ret_read = true;
	if (!document && len == 0) {
		*ret = &in->empty;
		*ret_read = in->empty.blob == NULL;
		return 0;
	}
	if (!document && in->n_blobs / 2 >= limits->layers) {
		*ret = &in->too_many;
		*ret_read = false;
		if (in->too_many.blob)
			return 0;
		return keep_failure(
			&in->too_many,
			cs_limit_error(&why, limits, layers,
				       "number of layers in a stream (twice those of an image)"),
			&why, err);
	}
	in->n_blobs += !document;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : cs_err_nomem(err);
}

static int read_file(struct stream_input *in, struct cs_tar *tar, const struct cs_tar_entry *e,
		     struct cs_err *err)
{
	struct item *item CS_AUTO(item_free_p) = NULL;
	struct cs_stream *s CS_AUTO(cs_stream_close_p) = NULL;
	const uint8_t *head;
	size_t len;
	bool document, wanted;
	int r = cs_tar_entry_stream(tar, &s, err);

	if (r == 0)
		r = cs_stream_peek(s, PEEK_BYTES, &head, &len, err);
	if (r < 0)
		return r;
	document = is_document_name(e->path) || looks_like_json(head, len);
	wanted = document || (!in->options->documents_only && looks_like_layer(head, len));
	if (wanted)
		r = item_for(in, document, len, &item, &wanted, err);
	if (r == 0 && wanted)
		r = document ? hold(in, s, item, err)
			     : read_blob(in, cs_steal(s), len ? e->path : "", e->size, item, err);
	if (r == 0)
		r = cs_members_add(in->members, e->path, 0, e->size, item, err);
	if (r == 0)
		cs_steal(item);
	return r < 0 ? r : 0;
}

/* --- the whole --- */

static int read_members(struct stream_input *in, struct cs_tar *tar, struct cs_err *err)
{
	for (;;) {
		struct cs_tar_entry e;
		int r = cs_tar_next(tar, &e, err);

		if (r == 0 && e.type == CS_ENTRY_FILE)
			r = read_file(in, tar, &e, err);
		else if (r == 0 && (e.type == CS_ENTRY_SYMLINK || e.type == CS_ENTRY_HARDLINK))
			r = cs_members_add_link(in->members, e.path, e.target,
						e.type == CS_ENTRY_SYMLINK, err);
		else if (r != 0)
			return r < 0 ? r : 0;
		if (r < 0)
			return r;
	}
}

/* To the end: a decoder must see its check sum, and a writer must not be left with a closed pipe.
 */
static int read_tail(struct cs_stream *s, enum cs_coding coding, struct cs_err *err)
{
	int64_t tail = 0;
	int r = 0;

	while (r == 0 && (coding != CS_CODING_NONE || tail < TAIL_MAX)) {
		const uint8_t *data;
		size_t len;

		r = cs_stream_read(s, &data, &len, err);
		if (r == 0)
			tail += (int64_t)len;
	}
	return r < 0 ? r : 0;
}

static int read_all(struct stream_input *in, const struct cs_source_place *place,
		    struct cs_err *err)
{
	const struct cs_ctx *ctx = in->base.ctx;
	struct cs_decode_options options = { .allow_xz = true,
					     .out_max = ctx->limits.image_bytes,
					     .limit_offset =
						     offsetof(struct cs_limits, image_bytes),
					     .what = "archive" };
	struct cs_stream *s CS_AUTO(cs_stream_close_p) = NULL;
	struct cs_stream *file;
	struct cs_tar *tar CS_AUTO(cs_tar_close_p) = NULL;
	enum cs_coding coding;
	int r = cs_stream_fd(ctx, place->fd, &file, err);

	if (r == 0)
		r = cs_stream_decode(ctx, file, &options, &s, &coding, err);
	/* Not with a pipe: what damage a reader finds is told before more comes, if ever. */
	if (r == 0 && place->is_file)
		r = cs_stream_ahead(cs_steal(s), &in->spare, &s, err);
	if (r == 0)
		r = cs_tar_open(ctx, s, &tar, err);
	if (r == 0)
		r = read_members(in, tar, err);
	if (r == 0)
		r = read_tail(s, coding, err);
	return r;
}

static int stream_open(const struct cs_ctx *ctx, const struct cs_source_place *place,
		       const struct cs_source_options *options, struct cs_input **ret,
		       struct cs_err *err)
{
	struct stream_input *in = calloc(1, sizeof(*in));
	int r;

	if (!in)
		return cs_err_nomem(err);
	in->base.source = &cs_source_stream;
	in->base.ctx = ctx;
	in->fd = -1; /* the caller's until this succeeds */
	in->options = options;
	in->empty.shared = true;
	in->too_many.shared = true;
	atomic_init(&in->spare, (int)ctx->n_threads - 1);
	r = cs_members_new(&ctx->limits, &in->members, err);
	if (r == 0)
		r = read_all(in, place, err);
	if (r < 0) {
		stream_close(&in->base);
		return r;
	}
	cs_members_finish(in->members, item_free);
	in->fd = place->fd;
	in->options = NULL;
	*ret = &in->base;
	return 0;
}

static int stream_find(struct cs_input *base, const char *name, const char **ret_name,
		       int64_t *ret_size, struct cs_err *err)
{
	const struct cs_member *m;
	int r = cs_members_find(((struct stream_input *)base)->members, name, &m, err);

	if (r != 0)
		return r;
	*ret_name = m->name;
	*ret_size = m->size;
	return 0;
}

static int stream_list(struct cs_input *base, const char *folder, cs_file_fn *fn, void *arg,
		       struct cs_err *err)
{
	return cs_members_list(((struct stream_input *)base)->members, folder, fn, arg, err);
}

static int find_item(struct cs_input *base, const char *name, struct item **ret, struct cs_err *err)
{
	const struct cs_member *m;
	int r = cs_members_find(((struct stream_input *)base)->members, name, &m, err);

	if (r == 0)
		*ret = m->data;
	return r;
}

static int stream_held(struct cs_input *base, const char *name, const void **ret, size_t *ret_len,
		       struct cs_err *err)
{
	struct item *item;
	int r = find_item(base, name, &item, err);

	if (r != 0)
		return r;
	if (item && item->blob && item->blob->error)
		return cs_err_set(err, (enum cs_code) - item->blob->error, "'%.200s': %s", name,
				  item->blob->message);
	if (!item || !item->bytes)
		return cs_err_set(err, CS_FORMAT, "'%.200s' is no JSON document", name);
	*ret = item->bytes;
	*ret_len = item->n_bytes;
	return 0;
}

static int stream_blob(struct cs_input *base, const char *name, struct cs_blob **ret,
		       struct cs_err *err)
{
	struct item *item;
	int r = find_item(base, name, &item, err);

	if (r != 0)
		return r;
	if (!item || !item->blob)
		return cs_err_set(err, CS_FORMAT, "not a tar archive, and not a compressed one");
	*ret = item->blob;
	return 0;
}

const struct cs_source cs_source_stream = {
	.name = "stream",
	.probe = stream_probe,
	.open = stream_open,
	.close = stream_close,
	.find = stream_find,
	.list = stream_list,
	.held = stream_held,
	.blob = stream_blob,
};
