/* SPDX-License-Identifier: Apache-2.0 */
#include "util/sha256.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

char *cs_sha256_base64(const void *data, size_t len, char ret[CS_SHA256_BASE64])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (!SHA256(data, len, digest))
		return NULL;
	EVP_EncodeBlock((unsigned char *)ret, digest, sizeof(digest));
	return ret;
}
