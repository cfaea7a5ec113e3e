/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config of an image: platform, diff-ids, history, labels. History is what builders liked to
 * write: times that cannot be read are unknown, and entries that cannot be paired with the layers
 * stay unpaired; only diff-ids must be right.
 */
#ifndef CS_IMAGE_CONFIG_H
#define CS_IMAGE_CONFIG_H

#include "image/manifest.h"

struct cs_image_config {
	struct cs_platform platform; /* empty texts: unknown */
	bool has_variant;	     /* said, not filled in by the canonical spelling */
	int64_t created_unix_ns;
	struct cs_digest *diff_ids;
	size_t n_diff_ids;
	struct cs_history *history;
	size_t n_history;
	bool paired; /* history[].layer is set: as many entries with a layer as diff-ids */
	struct cs_annotations labels;
};

/* All in the arena. CS_FORMAT, CS_UNSUPPORTED (other digests), CS_LIMIT, CS_NOMEM. */
int cs_config_parse(const void *data, size_t len, const struct cs_limits *limits,
		    struct cs_arena *arena, struct cs_image_config *ret, struct cs_err *err);

#endif
