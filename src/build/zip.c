/* SPDX-License-Identifier: Apache-2.0 */
/* What a generic artifact downloader makes of a record: a zip around the one .dockerbuild. */
#include "io/zip.h"

#include <string.h>

#include "build/parsers.h"

int cs_zip_probe(const uint8_t *head, size_t len)
{
	return len >= 4 && memcmp(head, "PK\3\4", 4) == 0 ? 90 : 0;
}

int cs_zip_parse(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_sink *sink,
		 struct cs_err *err)
{
	const struct cs_decode_options options = {
		.out_max = ctx->limits.image_bytes,
		.limit_offset = offsetof(struct cs_limits, image_bytes),
		.what = "record",
	};
	struct cs_stream *member, *plain CS_AUTO(cs_stream_close_p) = NULL;
	enum cs_coding coding;
	int r = cs_zip_single(ctx, in, ".dockerbuild", &member, err);

	if (r == 0)
		r = cs_stream_decode(ctx, member, &options, &plain, &coding, err);
	return r != 0 ? r : cs_record_parse(ctx, plain, sink, err);
}
