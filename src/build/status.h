/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The status stream of a build record (application/vnd.buildkit.status.v0), decoded frame by frame
 * as its bytes come: at most one frame is held. Pushed, not pulled: which member of an archive is a
 * status stream is known only when the archive has been read.
 */
#ifndef CS_BUILD_STATUS_H
#define CS_BUILD_STATUS_H

#include "build/fold.h"

struct cs_status {
	const struct cs_ctx *ctx;
	struct cs_fold *fold; /* borrowed */
	struct cs_buf frame;
	uint8_t head[4];
	unsigned head_len;
	size_t left; /* of the frame */
	int64_t offset, n_frames;
};

void cs_status_init(struct cs_status *s, const struct cs_ctx *ctx, struct cs_fold *fold);
void cs_status_release(struct cs_status *s);
/* CS_FORMAT, CS_LIMIT: the stream cannot be read further. */
int cs_status_feed(struct cs_status *s, const uint8_t *data, size_t len, struct cs_err *err);
/* CS_FORMAT if the last frame is incomplete. */
int cs_status_end(struct cs_status *s, struct cs_err *err);
/* Whether the first four bytes can be the length of a frame; those of JSON cannot. */
bool cs_status_plausible(const struct cs_limits *limits, const uint8_t head[4]);

#endif
