/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcrypto's plain functions, which pick SHA-NI where the processor has it. Refused: EVP. It takes
 * memory at each reset (OpenSSL 3.0), that is once a file, where a failure has no one to be told to
 * and the next update dies of it; and it costs more than hashing a small file. Its providers hash
 * with these same functions.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "model/digest.h"

#include <openssl/sha.h>
#include <string.h>

#include "model/sha256_pair.h"

static const struct {
	const char *name;
	uint8_t size;
} algos[] = {
	[CS_DIGEST_NONE] = { "", 0 },
	[CS_DIGEST_SHA256] = { "sha256", 32 },
	[CS_DIGEST_SHA512] = { "sha512", 64 },
};

size_t cs_digest_size(enum cs_digest_algo algo)
{
	return algos[algo].size;
}

const char *cs_digest_algo_name(enum cs_digest_algo algo)
{
	return algos[algo].name;
}

bool cs_digest_equal(const struct cs_digest *a, const struct cs_digest *b)
{
	return a->algo != CS_DIGEST_NONE && a->algo == b->algo &&
	       memcmp(a->bytes, b->bytes, algos[a->algo].size) == 0;
}

int cs_digest_compare(const struct cs_digest *a, const struct cs_digest *b)
{
	if (a->algo != b->algo)
		return a->algo < b->algo ? -1 : 1;
	return memcmp(a->bytes, b->bytes, algos[a->algo].size);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool cs_digest_from_hex(enum cs_digest_algo algo, const char *hex, struct cs_digest *ret)
{
	struct cs_digest d = { .algo = (uint8_t)algo };
	size_t n = algos[algo].size;

	if (strlen(hex) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		d.bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	*ret = d;
	return true;
}

int cs_digest_parse(const char *text, struct cs_digest *ret, struct cs_err *err)
{
	const char *colon = strchr(text, ':');

	if (!colon || colon == text)
		return cs_err_set(err, CS_FORMAT, "'%.80s' is no digest", text);
	for (size_t i = CS_DIGEST_SHA256; i < CS_N(algos); i++) {
		size_t n = strlen(algos[i].name);

		if ((size_t)(colon - text) == n && memcmp(text, algos[i].name, n) == 0) {
			if (!cs_digest_from_hex((enum cs_digest_algo)i, colon + 1, ret))
				return cs_err_set(err, CS_FORMAT, "'%.160s' is no %s digest", text,
						  algos[i].name);
			return 0;
		}
	}
	return cs_err_set(err, CS_UNSUPPORTED, "digest algorithm of '%.80s' is not supported",
			  text);
}

char *cs_digest_format(const struct cs_digest *d, char buf[CS_DIGEST_TEXT])
{
	static const char hex[] = "0123456789abcdef";
	size_t n = strlen(algos[d->algo].name);
	char *p = buf;

	if (d->algo != CS_DIGEST_NONE) {
		memcpy(p, algos[d->algo].name, n);
		p += n;
		*p++ = ':';
		for (size_t i = 0; i < algos[d->algo].size; i++) {
			*p++ = hex[d->bytes[i] >> 4];
			*p++ = hex[d->bytes[i] & 15];
		}
	}
	*p = '\0';
	return buf;
}

struct cs_hasher {
	enum cs_digest_algo algo;
	bool pairs; /* one of two lanes */
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha512;
	};
};

int cs_hasher_new(enum cs_digest_algo algo, struct cs_hasher **ret, struct cs_err *err)
{
	struct cs_hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return cs_err_nomem(err);
	h->algo = algo;
	h->pairs = algo == CS_DIGEST_SHA256 && cs_sha256_pair_able();
	cs_hasher_reset(h);
	*ret = h;
	return 0;
}

void cs_hasher_free(struct cs_hasher *h)
{
	free(h);
}

void cs_hasher_reset(struct cs_hasher *h)
{
	if (h->algo == CS_DIGEST_SHA512)
		SHA512_Init(&h->sha512);
	else
		SHA256_Init(&h->sha256);
}

void cs_hasher_update(struct cs_hasher *h, const void *data, size_t len)
{
	if (h->algo == CS_DIGEST_SHA512)
		SHA512_Update(&h->sha512, data, len);
	else
		SHA256_Update(&h->sha256, data, len);
}

/* Feeds what is missing to a whole block; how much that was. */
static size_t block_fill(struct cs_hasher *h, const uint8_t *data, size_t len)
{
	size_t n = (CS_SHA256_BLOCK - h->sha256.num) % CS_SHA256_BLOCK;

	if (n > len)
		n = len;
	SHA256_Update(&h->sha256, data, n);
	return n;
}

/* As SHA256_Update() counts: bits, in two words. */
static void blocks_count(SHA256_CTX *c, size_t n)
{
	uint64_t bits = ((uint64_t)c->Nh << 32 | c->Nl) + (uint64_t)n * 8 * CS_SHA256_BLOCK;

	c->Nl = (SHA_LONG)bits;
	c->Nh = (SHA_LONG)(bits >> 32);
}

void cs_hasher_update_pair(struct cs_hasher *a, const void *a_data, size_t a_len,
			   struct cs_hasher *b, const void *b_data, size_t b_len)
{
	const uint8_t *ap = a_data, *bp = b_data;
	size_t a_at = 0, b_at = 0, n;

	if (a->pairs && b->pairs) {
		a_at = block_fill(a, ap, a_len);
		b_at = block_fill(b, bp, b_len);
		n = (a_len - a_at < b_len - b_at ? a_len - a_at : b_len - b_at) / CS_SHA256_BLOCK;
		/* What was too short to fill a block has nothing left. */
		if (n) {
			cs_sha256_pair(a->sha256.h, ap + a_at, b->sha256.h, bp + b_at, n);
			blocks_count(&a->sha256, n);
			blocks_count(&b->sha256, n);
			a_at += n * CS_SHA256_BLOCK;
			b_at += n * CS_SHA256_BLOCK;
		}
	}
	cs_hasher_update(a, ap + a_at, a_len - a_at);
	cs_hasher_update(b, bp + b_at, b_len - b_at);
}

void cs_hasher_final(struct cs_hasher *h, struct cs_digest *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->algo = (uint8_t)h->algo;
	if (h->algo == CS_DIGEST_SHA512)
		SHA512_Final(ret->bytes, &h->sha512);
	else
		SHA256_Final(ret->bytes, &h->sha256);
}

int cs_digest_of(enum cs_digest_algo algo, const void *data, size_t len, struct cs_digest *ret,
		 struct cs_err *err CS_UNUSED)
{
	struct cs_hasher h = { .algo = algo };

	cs_hasher_reset(&h);
	cs_hasher_update(&h, data, len);
	cs_hasher_final(&h, ret);
	return 0;
}

int cs_digest_chain(const struct cs_digest *parent, const struct cs_digest *diff_id,
		    struct cs_digest *ret, struct cs_err *err)
{
	char text[2 * CS_DIGEST_TEXT], one[CS_DIGEST_TEXT];
	int n;

	if (!parent) {
		*ret = *diff_id;
		return 0;
	}
	n = snprintf(text, sizeof(text), "%s ", cs_digest_format(parent, one));
	n += snprintf(text + n, sizeof(text) - (size_t)n, "%s", cs_digest_format(diff_id, one));
	/* The chain's algorithm is sha256 by the specification, whatever the diff-ids use. */
	return cs_digest_of(CS_DIGEST_SHA256, text, (size_t)n, ret, err);
}
