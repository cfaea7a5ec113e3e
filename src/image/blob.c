/* SPDX-License-Identifier: Apache-2.0 */
#include "image/blob.h"

#include "image/reference.h"

bool cs_blob_name_digest(const char *name, struct cs_digest *ret)
{
	char text[CS_DIGEST_TEXT];
	const char *slash;
	struct cs_err ignored;

	while (cs_starts_with(name, "./"))
		name += 2;
	if (!cs_starts_with(name, "blobs/"))
		return false;
	name += strlen("blobs/");
	slash = strchr(name, '/');
	if (!slash || strlen(name) >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s:%s", (int)(slash - name), name, slash + 1);
	return cs_digest_parse(text, ret, &ignored) == 0;
}

void cs_blob_release(struct cs_blob *blob)
{
	free(blob->message);
	free(blob->manifest);
	memset(blob, 0, sizeof(*blob));
}

int cs_blob_fail(struct cs_blob *blob, const struct cs_err *why, struct cs_err *err)
{
	char *message = strdup(why->msg);

	if (!message)
		return cs_err_nomem(err);
	cs_blob_release(blob);
	blob->error = -(int)why->code;
	blob->message = message;
	return 0;
}

int cs_blob_scan(const struct cs_ctx *ctx, struct cs_stream *in,
		 const struct cs_layer_scan_options *options, struct cs_blob *ret,
		 struct cs_err *err)
{
	struct cs_layer_scan scan;
	int r = cs_layer_scan(ctx, in, options, &scan, err);

	if (r < 0)
		return r;
	*ret = (struct cs_blob){
		.verified = CS_VERIFIED_SCAN,
		.digest = scan.blob_digest,
		.blob_bytes = scan.blob_bytes,
		.diff_id = scan.diff_id,
		.content_digest = scan.content_digest,
		.tar_bytes = scan.tar_bytes,
		.counts = scan.counts,
		.manifest = cs_steal(scan.manifest),
		.manifest_bytes = scan.manifest_bytes,
	};
	cs_layer_scan_release(&scan);
	return 0;
}

void cs_blob_trust(const struct cs_layer *known, const struct cs_digest *digest, int64_t blob_bytes,
		   struct cs_blob *ret)
{
	*ret = (struct cs_blob){
		.verified = CS_VERIFIED_NOT,
		.digest = *digest,
		.blob_bytes = blob_bytes,
		.diff_id = known->diff_id,
		.content_digest = known->content_digest,
		.tar_bytes = known->tar_bytes,
		.counts = known->counts,
	};
}

int cs_blob_hash(const struct cs_ctx *ctx, struct cs_stream *in, enum cs_digest_algo algo,
		 const struct cs_layer *known, struct cs_blob *ret, struct cs_err *err)
{
	struct cs_stream *tap CS_AUTO(cs_stream_close_p) = NULL;
	struct cs_digest digest;
	int64_t bytes;
	int r = cs_stream_tap(in, algo, &tap, err);

	if (r == 0)
		r = cs_stream_drain(tap, err);
	if (r == 0)
		r = cs_ctx_check(ctx, err);
	if (r < 0)
		return r;
	cs_stream_tap_result(tap, &bytes, &digest);
	cs_blob_trust(known, &digest, bytes, ret);
	ret->verified = CS_VERIFIED_DIGEST;
	return 0;
}
