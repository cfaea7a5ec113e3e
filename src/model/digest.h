/* SPDX-License-Identifier: Apache-2.0 */
/* Content digests as OCI writes them ("sha256:…", "sha512:…"). Compared as bytes, text at the
 * edges. */
#ifndef CS_MODEL_DIGEST_H
#define CS_MODEL_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

enum cs_digest_algo { CS_DIGEST_NONE, CS_DIGEST_SHA256, CS_DIGEST_SHA512 };

/* "sha512:" + 128 + NUL */
#define CS_DIGEST_TEXT 136

struct cs_digest {
	uint8_t algo;	   /* enum cs_digest_algo; NONE = unknown */
	uint8_t bytes[64]; /* cs_digest_size() of them, the rest zero */
};

size_t cs_digest_size(enum cs_digest_algo algo);
const char *cs_digest_algo_name(enum cs_digest_algo algo);
static inline bool cs_digest_known(const struct cs_digest *d)
{
	return d->algo != CS_DIGEST_NONE;
}
bool cs_digest_equal(const struct cs_digest *a,
		     const struct cs_digest *b); /* unknown equals nothing */
int cs_digest_compare(const struct cs_digest *a, const struct cs_digest *b); /* for sorting */

/* "ALGO:hex"; upper-case hex and other algorithms are refused (CS_FORMAT, CS_UNSUPPORTED). */
int cs_digest_parse(const char *text, struct cs_digest *ret, struct cs_err *err);
/* 64 hex digits without an algorithm are sha256. False if text is neither. */
bool cs_digest_from_hex(enum cs_digest_algo algo, const char *hex, struct cs_digest *ret);
/* "sha256:hex", or "" for an unknown one. */
char *cs_digest_format(const struct cs_digest *d, char buf[CS_DIGEST_TEXT]);

/* Of bytes in memory. */
int cs_digest_of(enum cs_digest_algo algo, const void *data, size_t len, struct cs_digest *ret,
		 struct cs_err *err);
/* chain-id of a layer (OCI image-spec config.md): the first is its diff-id, then H(parent " "
 * diff). */
int cs_digest_chain(const struct cs_digest *parent, const struct cs_digest *diff_id,
		    struct cs_digest *ret, struct cs_err *err);

/* A running digest. */
struct cs_hasher;

int cs_hasher_new(enum cs_digest_algo algo, struct cs_hasher **ret, struct cs_err *err);
void cs_hasher_free(struct cs_hasher *h);
CS_DEFINE_AUTO(struct cs_hasher *, cs_hasher_free)
void cs_hasher_reset(struct cs_hasher *h);
void cs_hasher_update(struct cs_hasher *h, const void *data, size_t len);
/* Both, for less than one after the other: as many bytes as both have are hashed abreast. */
void cs_hasher_update_pair(struct cs_hasher *a, const void *a_data, size_t a_len,
			   struct cs_hasher *b, const void *b_data, size_t b_len);
void cs_hasher_final(struct cs_hasher *h, struct cs_digest *ret); /* then reset before reuse */

#endif
