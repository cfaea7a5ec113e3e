/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which of an image's lowest layers are its base's (metrics.md, "own layers"). Decided by the first
 * that knows: the provenance's layer chains, what the user says, a base image known from earlier,
 * the history. Never "layer 0", and unknown (-1) rather than a guess.
 */
#ifndef CS_IMAGE_BASE_H
#define CS_IMAGE_BASE_H

#include "image/attest.h"
#include "image/manifest.h"

struct cs_base_options {
	/* the base as the user named it; a chain that is no prefix of the image is passed over */
	const struct cs_digest *diff_ids;
	size_t n_diff_ids; /* 0 = none given */
	/* The layers of a base that is known, lowest first: 0 found, 1 not, negative. May be NULL.
	 */
	int (*find)(void *arg, const struct cs_base_ref *ref, struct cs_arena *arena,
		    struct cs_digest **ret_diff_ids, size_t *ret_n, struct cs_err *err);
	void *arg;
};

/*
 * Sets base_layers and base_evidence. Evidence from provenance, set when the image was loaded, is
 * kept; everything weaker is decided anew, so that the call may be repeated with other options
 * (NULL: the history alone).
 */
int cs_image_base(struct cs_image *image, const struct cs_base_options *options,
		  struct cs_err *err);

/*
 * Fills image->bases, best first: the manifest's annotations, the provenance's base, the "FROM"
 * comment, other materials, and last the labels, which an image inherits from its base.
 */
int cs_image_bases_collect(struct cs_image *image, const struct cs_annotations *annotations,
			   const struct cs_attestation *attestation /* or NULL */,
			   struct cs_err *err);

#endif
