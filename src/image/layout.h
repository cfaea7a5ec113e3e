/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which layout lies in an input and which images its documents list. Every document is held against
 * size and digest of its descriptor before it is parsed. Images are listed in index order, each
 * manifest once; statements about images (attestations) are kept apart.
 */
#ifndef CS_IMAGE_LAYOUT_H
#define CS_IMAGE_LAYOUT_H

#include "image/manifest.h"
#include "image/source.h"

enum cs_layout_kind {
	CS_LAYOUT_OCI,	  /* index.json, blobs/ALGO/HEX */
	CS_LAYOUT_DOCKER, /* manifest.json, a list */
	CS_LAYOUT_DIR,	  /* skopeo's dir: manifest.json, an object; blobs by HEX */
};

struct cs_listed {
	const char *name; /* image name or tag; NULL without */
	size_t group;	  /* images among which the platform chooses: one tag, or all without */
	/* either a manifest … */
	const struct cs_descriptor *desc;
	struct cs_digest index_digest; /* of the index that lists it, if not the layout's own */
	int64_t exported_unix_ns;
	bool parsed; /* manifest holds it */
	struct cs_manifest manifest;
	/* … or an entry of a docker archive */
	const struct cs_docker_image *docker;
};

/* A manifest that holds statements about an image. */
struct cs_statement {
	struct cs_digest subject; /* the image's manifest */
	const struct cs_descriptor *desc;
};

struct cs_layout {
	enum cs_layout_kind kind;
	const struct cs_ctx *ctx;
	struct cs_input *in;
	struct cs_arena *arena;
	struct cs_listed *images;
	size_t n_images, cap_images;
	struct cs_statement *statements;
	size_t n_statements, cap_statements;
	const char *other; /* media type of the first thing that is neither, NULL */
};

/* in and arena are borrowed for the layout's life. CS_NOTFOUND: nothing of that name in it. */
int cs_layout_read(const struct cs_ctx *ctx, struct cs_input *in, const struct cs_place *place,
		   struct cs_arena *arena, struct cs_layout *ret, struct cs_err *err);
void cs_layout_release(struct cs_layout *layout);

/* The member that holds a blob: 0, 1 if it is not there. */
int cs_layout_blob(const struct cs_layout *layout, const struct cs_descriptor *desc,
		   const char **ret_name, int64_t *ret_size, struct cs_err *err);
/* "blobs/sha256/…", for messages and look-ups. */
const char *cs_layout_blob_name(const struct cs_layout *layout, const struct cs_descriptor *desc);
/* Reads and verifies a document: 0, 1 if it is not there. */
int cs_layout_document(const struct cs_layout *layout, const struct cs_descriptor *desc,
		       struct cs_buf *buf, struct cs_err *err);

/* --- between the files of the layout --- */

/* Lists the images below an index that place selects. */
int cs_layout_walk(struct cs_layout *layout, const struct cs_place *place,
		   const struct cs_manifest *root, struct cs_err *err);
int cs_layout_add_image(struct cs_layout *layout, const struct cs_listed *image,
			struct cs_err *err);
int cs_layout_add_statement(struct cs_layout *layout, const struct cs_digest *subject,
			    const struct cs_descriptor *desc, struct cs_err *err);

/* Makes room in the array *v of *cap elements for one more than n. */
int cs_grow(void **v, size_t n, size_t *cap, size_t size, struct cs_err *err);

#endif
