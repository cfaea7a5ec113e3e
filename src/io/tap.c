/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The digest is taken on the way through: a second pass over a layer would cost more than half of
 * the first. A tap passes its parent's blocks on untouched. It hashes a block when the next one is
 * asked for, not before: until then whoever hashes the same bytes for a digest of its own can take
 * them along, two digests abreast costing little more than one.
 */
#include "io/stream_priv.h"

#define BLOCK 64 /* of SHA-256: less would only bring a tap's digest out of step */

struct tap {
	struct cs_stream base;
	struct cs_hasher *hasher; /* NULL: counts only */
	struct cs_digest digest;
	int64_t bytes;
	const uint8_t *due; /* the rest of the last block, not yet hashed */
	size_t due_len;
	struct tap *below; /* may be hashed along with this one; NULL: none */
};

/* As much of len bytes as t has due, too, in whole blocks. */
static size_t due_common(const struct tap *t, size_t len)
{
	return (t->due_len < len ? t->due_len : len) / BLOCK * BLOCK;
}

static void due_take(struct tap *t, size_t n)
{
	t->due += n;
	t->due_len -= n;
}

/* Headers and padding have no file to be hashed with; the compressed bytes have nobody else. */
static void due_hash(struct tap *t)
{
	struct tap *below = t->below;
	size_t n = 0;

	if (below && below->due_len && !cs_stream_runs_ahead(t->base.parent))
		n = due_common(below, t->due_len);
	if (n) {
		cs_hasher_update_pair(t->hasher, t->due, n, below->hasher, below->due, n);
		due_take(t, n);
		due_take(below, n);
	}
	if (t->due_len)
		cs_hasher_update(t->hasher, t->due, t->due_len);
	t->due_len = 0;
}

static int tap_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		    struct cs_err *err)
{
	struct tap *t = (struct tap *)s;
	int r;

	due_hash(t);
	r = cs_stream_read(s->parent, ret_data, ret_len, err);
	if (r != 0)
		return r;
	t->bytes += (int64_t)*ret_len;
	if (t->hasher) {
		t->due = *ret_data;
		t->due_len = *ret_len;
	}
	return 0;
}

void cs_stream_tap_pair(struct cs_stream *tap, struct cs_hasher *h, const uint8_t *data, size_t len)
{
	struct tap *t = (struct tap *)tap;
	size_t n = due_common(t, len);

	if (!n) {
		cs_hasher_update(h, data, len);
		return;
	}
	cs_hasher_update_pair(t->hasher, t->due, n, h, data, len);
	due_take(t, n);
}

void cs_stream_tap_below(struct cs_stream *tap, struct cs_stream *below)
{
	((struct tap *)tap)->below = (struct tap *)below;
}

static void tap_release(struct cs_stream *s)
{
	cs_hasher_free(((struct tap *)s)->hasher);
}

static const struct cs_stream_ops tap_ops = { .read = tap_read, .release = tap_release };

int cs_stream_tap(struct cs_stream *parent, enum cs_digest_algo algo, struct cs_stream **ret,
		  struct cs_err *err)
{
	struct tap *t = calloc(1, sizeof(*t));
	int r = 0;

	if (!t)
		r = cs_err_nomem(err);
	else if (algo != CS_DIGEST_NONE)
		r = cs_hasher_new(algo, &t->hasher, err);
	if (!t || r < 0) {
		free(t);
		cs_stream_close(parent);
		return r;
	}
	t->base.ops = &tap_ops;
	t->base.parent = parent;
	*ret = (struct cs_stream *)t;
	return 0;
}

void cs_stream_tap_result(struct cs_stream *tap, int64_t *ret_bytes, struct cs_digest *ret)
{
	struct tap *t = (struct tap *)tap;

	if (t->hasher) {
		due_hash(t);
		cs_hasher_final(t->hasher, &t->digest);
		cs_hasher_free(t->hasher);
		t->hasher = NULL;
	}
	*ret_bytes = t->bytes;
	*ret = t->digest;
}

int64_t cs_stream_tap_bytes(const struct cs_stream *tap)
{
	return ((const struct tap *)tap)->bytes;
}
