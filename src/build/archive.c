/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which blob is what is known only from the manifests, but a status stream may be 256 MiB: so what
 * can be one by its first four bytes is decoded as it passes, and a failure is kept until a
 * manifest asks for that blob. Traces, the largest blobs of small records, are recognised and not
 * kept. Refused: a spool file; a record would cost disk for what fits in memory.
 */
#include "build/archive.h"

#include <string.h>

#include "build/status.h"
#include "io/tar.h"
#include "util/hash.h"

enum blob_kind {
	BLOB_NEW,
	BLOB_HELD,
	BLOB_STATUS,
	BLOB_DROPPED,
};

struct blob {
	UT_hash_handle hh;
	struct cs_digest digest;
	enum blob_kind kind;
	bool over_json, over_held;
	int64_t size;
	struct cs_buf data;
	struct cs_fold *fold;
	struct cs_err *bad; /* why it cannot be used; NULL if it can */
};

struct cs_archive {
	const struct cs_ctx *ctx;
	struct cs_holding holding;
	struct blob *blobs;
	struct cs_buf index;
	bool has_index, has_trace;
};

static void blob_free(struct blob *b)
{
	cs_buf_release(&b->data);
	cs_fold_free(b->fold);
	free(b->bad);
	free(b);
}
CS_DEFINE_AUTO(struct blob *, blob_free)

void cs_archive_free(struct cs_archive *a)
{
	struct blob *next;

	if (!a)
		return;
	for (struct blob *b = a->blobs; b; b = next) {
		next = b->hh.next;
		HASH_DEL(a->blobs, b);
		blob_free(b);
	}
	cs_buf_release(&a->index);
	free(a);
}

static int set_bad(struct blob *b, const struct cs_err *why, struct cs_err *err)
{
	cs_fold_free(b->fold);
	b->fold = NULL;
	if (b->bad)
		return 0;
	b->bad = malloc(sizeof(*b->bad));
	if (!b->bad)
		return cs_err_nomem(err);
	*b->bad = *why;
	return 0;
}

/* --- taking in --- */

static const char *plain_path(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return path;
}

/* "blobs/sha256/HEX" */
static bool blob_path(const char *path, struct cs_digest *ret)
{
	static const struct {
		const char *prefix;
		enum cs_digest_algo algo;
	} folders[] = { { "blobs/sha256/", CS_DIGEST_SHA256 },
			{ "blobs/sha512/", CS_DIGEST_SHA512 } };

	for (size_t i = 0; i < CS_N(folders); i++) {
		size_t n = strlen(folders[i].prefix);

		if (strncmp(path, folders[i].prefix, n) == 0)
			return cs_digest_from_hex(folders[i].algo, path + n, ret);
	}
	return false;
}

/* The start of a layer, which no record holds: gzip as writers make it, zstd, tar. */
static bool is_layer(const uint8_t *p, size_t n)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };

	if (n >= 10 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8 && p[3] < 32 && p[8] <= 4)
		return true;
	return (n >= 4 && memcmp(p, zstd, 4) == 0) ||
	       (n >= 263 && memcmp(p + 257, "ustar", 5) == 0);
}

static bool is_trace(const char *text, size_t n)
{
	if (n > 512)
		n = 512;
	return n > 64 && text[0] == '{' && memmem(text, n, "\"SpanContext\"", 13);
}

/* Keeps bytes of a document, or drops it when it grows too large. */
static int hold(struct cs_archive *a, struct blob *b, const uint8_t *data, size_t len,
		struct cs_err *err)
{
	const struct cs_limits *limits = &a->ctx->limits;
	bool trace = !b->data.len && is_trace((const char *)data, len);

	a->has_trace = a->has_trace || trace;
	b->over_json = b->data.len + len > (size_t)limits->json_bytes;
	b->over_held = a->holding.bytes + (int64_t)len > limits->held_bytes;
	if (trace || b->over_json || b->over_held) {
		a->holding.bytes -= (int64_t)b->data.len;
		cs_buf_release(&b->data);
		b->kind = BLOB_DROPPED;
		return 0;
	}
	if (cs_buf_add(&b->data, data, len) < 0)
		return cs_err_nomem(err);
	a->holding.bytes += (int64_t)len;
	return 0;
}

static int feed_status(struct blob *b, struct cs_status *status, const uint8_t *data, size_t len,
		       struct cs_err *err)
{
	struct cs_err why = CS_ERR_INIT;

	if (b->bad || cs_status_feed(status, data, len, &why) == 0)
		return 0;
	if (why.code == CS_NOMEM || why.code == CS_CANCELED) {
		*err = why;
		return -(int)why.code;
	}
	return set_bad(b, &why, err);
}

/* The first bytes decide; they are few only at the end of a tiny blob or of a block. */
static int begin(struct cs_archive *a, struct blob *b, struct cs_status *status,
		 const uint8_t *data, size_t len, struct cs_err *err)
{
	uint8_t head[4] = { 0xff, 0xff, 0xff, 0xff };
	size_t held = b->data.len;
	struct cs_buf first;
	int r;

	if (held)
		memcpy(head, b->data.data, held);
	memcpy(head + held, data, len < 4 - held ? len : 4 - held);
	if (held + len < 4) {
		b->kind = BLOB_NEW;
		return cs_buf_add(&b->data, data, len) < 0 ? cs_err_nomem(err) : 0;
	}
	if (!cs_status_plausible(&a->ctx->limits, head)) {
		b->kind = BLOB_HELD;
		a->holding.bytes += (int64_t)held;
		return hold(a, b, data, len, err);
	}
	b->kind = BLOB_STATUS;
	r = cs_fold_new(a->ctx, &a->holding, &b->fold, err);
	if (r < 0)
		return r;
	cs_status_init(status, a->ctx, b->fold);
	first = b->data;
	memset(&b->data, 0, sizeof(b->data));
	r = feed_status(b, status, (const uint8_t *)first.data, held, err);
	cs_buf_release(&first);
	return r < 0 ? r : feed_status(b, status, data, len, err);
}

static int take(struct cs_archive *a, struct blob *b, struct cs_status *status, const uint8_t *data,
		size_t len, struct cs_err *err)
{
	switch (b->kind) {
	case BLOB_NEW:
		return begin(a, b, status, data, len, err);
	case BLOB_HELD:
		return hold(a, b, data, len, err);
	case BLOB_STATUS:
		return feed_status(b, status, data, len, err);
	case BLOB_DROPPED:
		break;
	}
	return 0;
}

static int read_blob(struct cs_archive *a, struct cs_tar *tar, struct blob *b, struct cs_err *err)
{
	struct cs_status status CS_AUTO(cs_status_release) = { 0 };
	struct cs_hasher *hasher CS_AUTO(cs_hasher_free_p) = NULL;
	struct cs_err why = CS_ERR_INIT;
	struct cs_digest got;
	const uint8_t *data;
	int64_t offset;
	size_t len;
	int r = cs_hasher_new(b->digest.algo, &hasher, err);

	if (r < 0)
		return r;
	while ((r = cs_tar_data(tar, &data, &len, &offset, err)) == 0) {
		if (offset != b->size)
			return cs_err_set(err, CS_FORMAT, "blob with a hole");
		if (!b->size && is_layer(data, len))
			return 1;
		cs_hasher_update(hasher, data, len);
		b->size += (int64_t)len;
		r = take(a, b, &status, data, len, err);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	if (b->kind == BLOB_NEW && !b->size) {
		/* of all documents only a status stream may be empty */
		b->kind = BLOB_STATUS;
		r = cs_fold_new(a->ctx, &a->holding, &b->fold, err);
		if (r < 0)
			return r;
	} else if (b->kind == BLOB_NEW) {
		b->kind = BLOB_HELD;
	}
	if (b->kind == BLOB_STATUS && !b->bad && cs_status_end(&status, &why) < 0 &&
	    set_bad(b, &why, err) < 0)
		return -(int)err->code;
	cs_hasher_final(hasher, &got);
	if (!cs_digest_equal(&got, &b->digest)) {
		free(b->bad);
		b->bad = NULL;
		cs_err_set(&why, CS_DIGEST, "content does not match its digest");
		return set_bad(b, &why, err);
	}
	return 0;
}

static int add_blob(struct cs_archive *a, struct cs_tar *tar, const struct cs_digest *digest,
		    struct cs_err *err)
{
	struct blob *b CS_AUTO(blob_free_p) = NULL, *old;
	int r;

	HASH_FIND(hh, a->blobs, digest, sizeof(*digest), old);
	if (old)
		return 0;
	if (HASH_COUNT(a->blobs) >= (size_t)a->ctx->limits.members)
		return cs_limit_error(err, &a->ctx->limits, members, "blobs of the archive");
	b = calloc(1, sizeof(*b));
	if (!b)
		return cs_err_nomem(err);
	b->digest = *digest;
	r = read_blob(a, tar, b, err);
	if (r != 0)
		return r;
	HASH_ADD(hh, a->blobs, digest, sizeof(b->digest), b);
	if (!b->hh.tbl)
		return cs_err_nomem(err);
	b = NULL;
	return 0;
}

static int read_index(struct cs_archive *a, struct cs_tar *tar, struct cs_err *err)
{
	struct cs_stream *in = NULL;
	int r = cs_tar_entry_stream(tar, &in, err);

	if (r < 0)
		return r;
	cs_buf_reset(&a->index);
	r = cs_stream_read_all(in, (size_t)a->ctx->limits.json_bytes, &a->index, err);
	a->has_index = true;
	cs_stream_close(in);
	return r > 0 ? cs_limit_error(err, &a->ctx->limits, json_bytes, "index.json") : r;
}

static int read_entry(struct cs_archive *a, struct cs_tar *tar, const struct cs_tar_entry *e,
		      struct cs_err *err)
{
	const char *path = plain_path(e->path);
	struct cs_digest digest;
	int r = 0;

	if (e->type == CS_ENTRY_DIRECTORY)
		return 0;
	/* A docker archive, an image of whatever else it is. */
	if (strcmp(path, "manifest.json") == 0 || strcmp(path, "repositories") == 0)
		return 1;
	if (e->type != CS_ENTRY_FILE)
		return 1;
	if (strcmp(path, "index.json") == 0)
		r = read_index(a, tar, err);
	else if (blob_path(path, &digest))
		r = add_blob(a, tar, &digest, err);
	if (r < 0)
		cs_err_prefix(err, "%s", path);
	return r;
}

int cs_archive_read(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_archive **ret,
		    struct cs_err *err)
{
	struct cs_archive *a CS_AUTO(cs_archive_free_p) = calloc(1, sizeof(*a));
	struct cs_tar *tar CS_AUTO(cs_tar_close_p) = NULL;
	struct cs_tar_entry entry;
	int64_t n = 0;
	int r;

	if (!a)
		return cs_err_nomem(err);
	a->ctx = ctx;
	r = cs_tar_open(ctx, in, &tar, err);
	while (r == 0 && (r = cs_tar_next(tar, &entry, err)) == 0) {
		if (++n > ctx->limits.members)
			return cs_limit_error(err, &ctx->limits, members, "members of the archive");
		r = cs_ctx_check(ctx, err);
		if (r == 0)
			r = read_entry(a, tar, &entry, err);
		if (r != 0)
			return r;
	}
	if (r < 0)
		return r;
	r = cs_stream_drain(in, err);
	if (r < 0)
		return r;
	*ret = cs_steal(a);
	return 0;
}

/* --- giving out --- */

bool cs_archive_has_record(const struct cs_archive *a)
{
	return a->has_trace || a->holding.vertexes > 0;
}

int cs_archive_index(const struct cs_archive *a, const char **ret_data, size_t *ret_len)
{
	if (!a->has_index)
		return 1;
	*ret_data = a->index.data ? a->index.data : "";
	*ret_len = a->index.len;
	return 0;
}

static int get(const struct cs_archive *a, const struct cs_descriptor *d, struct blob **ret,
	       struct cs_err *err)
{
	struct blob *b = NULL;

	if (cs_digest_known(&d->digest))
		HASH_FIND(hh, a->blobs, &d->digest, sizeof(d->digest), b);
	if (!b)
		return cs_err_set(err, CS_FORMAT, "blob %s is not in the archive", d->digest_text);
	if (b->bad && b->bad->code == CS_DIGEST) {
		*err = *b->bad;
		return cs_err_prefix(err, "blob %s", d->digest_text);
	}
	if (b->size != d->size)
		return cs_err_set(err, CS_DIGEST, "blob %s has %lld bytes, not %lld as said",
				  d->digest_text, (long long)b->size, (long long)d->size);
	*ret = b;
	return 0;
}

int cs_archive_check(const struct cs_archive *a, const struct cs_descriptor *d, struct cs_err *err)
{
	struct blob *b;

	return get(a, d, &b, err);
}

int cs_archive_json(const struct cs_archive *a, const struct cs_descriptor *d,
		    const char **ret_data, size_t *ret_len, struct cs_err *err)
{
	struct blob *b;
	int r = get(a, d, &b, err);

	if (r < 0)
		return r;
	if (b->kind == BLOB_DROPPED && b->over_json)
		return cs_limit_error(err, &a->ctx->limits, json_bytes, "blob %s", d->digest_text);
	if (b->kind == BLOB_DROPPED && b->over_held)
		return cs_limit_error(err, &a->ctx->limits, held_bytes, "documents of the archive");
	if (b->kind != BLOB_HELD)
		return cs_err_set(err, CS_FORMAT, "blob %s is no JSON document", d->digest_text);
	*ret_data = b->data.data ? b->data.data : "";
	*ret_len = b->data.len;
	return 0;
}

int cs_archive_fold(const struct cs_archive *a, const struct cs_descriptor *d, struct cs_fold **ret,
		    struct cs_err *err)
{
	struct cs_status status CS_AUTO(cs_status_release) = { 0 };
	struct blob *b;
	int r = get(a, d, &b, err);

	if (r < 0)
		return r;
	if (b->bad) {
		*err = *b->bad;
		return cs_err_prefix(err, "status stream");
	}
	if (b->kind == BLOB_STATUS) {
		*ret = b->fold;
		return 0;
	}
	/* It cannot be one by its first bytes: let the decoder say why. */
	cs_status_init(&status, a->ctx, NULL);
	r = cs_status_feed(&status, (const uint8_t *)b->data.data, b->data.len, err);
	if (r == 0)
		r = cs_status_end(&status, err);
	if (r == 0)
		cs_err_set(err, CS_FORMAT, "not a status stream");
	return cs_err_prefix(err, "status stream");
}
