/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts that name things: the place of an input as the user wrote it, names of images, package
 * URLs of materials, repository URLs. Nothing here opens a file; a place is only looked at (stat)
 * to tell a colon in a path from the one before a tag.
 */
#ifndef CS_IMAGE_REFERENCE_H
#define CS_IMAGE_REFERENCE_H

#include <string.h>

#include "model/digest.h"
#include "util/arena.h"

static inline bool cs_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum cs_transport {
	CS_TRANSPORT_NONE, /* a path: what it is decides what lies there */
	CS_TRANSPORT_OCI,  /* oci: and oci-archive:, a folder or a file */
	CS_TRANSPORT_DOCKER_ARCHIVE,
	CS_TRANSPORT_DIR, /* skopeo's dir: */
};

struct cs_place {
	enum cs_transport transport;
	const char *path;	 /* "-" is standard input */
	const char *select;	 /* tag or image name; NULL takes all */
	struct cs_digest digest; /* of the manifest or index to take; NONE takes all */
	int64_t index;		 /* place in manifest.json (docker-archive:FILE:@N); -1 takes all */
};

/*
 * PATH, "-", or TRANSPORT:PATH[:SELECT][@DIGEST]. A transport that is known wins over a file of
 * that literal name, one that is not is part of the name. CS_UNSUPPORTED for transports that are
 * not read, with what to do instead; CS_USAGE. Texts live in the arena.
 */
int cs_place_parse(const char *where, struct cs_arena *arena, struct cs_place *ret,
		   struct cs_err *err);

/* Whether two image names mean the same: "shop" is "docker.io/library/shop:latest". */
bool cs_image_name_equal(const char *a, const char *b);

/* "pkg:docker/acme/base@1?platform=…" -> "acme/base:1"; NULL for other packages or no memory. */
const char *cs_purl_image_name(struct cs_arena *arena, const char *purl);
/* The URL without user and password; NULL without memory. */
const char *cs_url_public(struct cs_arena *arena, const char *url);

#endif
