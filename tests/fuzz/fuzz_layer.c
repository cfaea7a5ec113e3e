/* SPDX-License-Identifier: Apache-2.0 */
/* A layer from its blob to its entry list: decoded, hashed, walked, written, read back. */
#include "fuzz/fuzz.h"
#include "image/diff.h"
#include "image/layer_scan.h"

static void check_list(const struct cs_ctx *ctx, const struct cs_layer_scan *scan)
{
	struct cs_entry_reader *reader CS_AUTO(cs_entry_reader_free_p) = NULL;
	struct cs_layer_counts n = { 0 };
	struct cs_err err = CS_ERR_INIT;
	struct cs_entry e;
	int r;

	must(cs_entry_reader_new(&ctx->limits, scan->manifest, scan->manifest_bytes, &reader,
				 &err) == 0);
	while ((r = cs_entry_reader_next(reader, &e, &err)) == 0) {
		const char *slash = strrchr(e.path, '/');
		bool whiteout = strncmp(slash ? slash + 1 : e.path, ".wh.", 4) == 0;

		n.entries++;
		n.whiteouts += whiteout;
		n.files += !whiteout && e.type == CS_ENTRY_FILE;
		n.directories += !whiteout && e.type == CS_ENTRY_DIRECTORY;
		n.sparse += !whiteout && e.sparse;
	}
	must(r == 1 && n.entries == scan->counts.entries);
	must(n.files == scan->counts.files && n.whiteouts == scan->counts.whiteouts);
	must(n.directories == scan->counts.directories);
}

static void check_same(const struct cs_ctx *ctx, const struct cs_layer_scan *a,
		       const struct cs_layer_scan *b)
{
	struct cs_err err = CS_ERR_INIT;
	enum cs_diff_class class;

	must(cs_digest_equal(&a->blob_digest, &b->blob_digest) && a->blob_bytes == b->blob_bytes);
	must(cs_digest_equal(&a->diff_id, &b->diff_id) && a->tar_bytes == b->tar_bytes);
	must(cs_digest_equal(&a->content_digest, &b->content_digest) && a->coding == b->coding);
	must(memcmp(&a->counts, &b->counts, sizeof(a->counts)) == 0);
	must(a->manifest_bytes == b->manifest_bytes &&
	     memcmp(a->manifest, b->manifest, a->manifest_bytes) == 0);
	must(cs_entries_diff(&ctx->limits, a->manifest, a->manifest_bytes, b->manifest,
			     b->manifest_bytes, NULL, NULL, &class, &err) == 0);
	must(class == CS_DIFF_METADATA_ONLY); /* every entry is equal */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct cs_layer_scan_options options = { .blob_algo = CS_DIGEST_SHA256,
						       .diff_algo = CS_DIGEST_SHA256,
						       .out_max = 1 << 20 };
	struct cs_layer_scan a, b;
	struct cs_err err = CS_ERR_INIT, other = CS_ERR_INIT;
	struct cs_digest digest;
	struct cs_ctx ctx;
	int r;

	fuzz_ctx_init(&ctx);
	ctx.limits.path_bytes = 4096;
	ctx.limits.pax_bytes = 64 << 10;
	r = cs_layer_scan(&ctx, fuzz_stream(data, len, len + !len), &options, &a, &err);
	fuzz_result(r, &err);
	must(cs_layer_scan(&ctx, fuzz_stream(data, len, 1 + len % 600), &options, &b, &other) == r);
	if (r < 0)
		return 0;
	must(a.blob_bytes == (int64_t)len);
	must(cs_digest_of(CS_DIGEST_SHA256, data, len, &digest, &err) == 0);
	must(cs_digest_equal(&digest, &a.blob_digest));
	check_list(&ctx, &a);
	check_same(&ctx, &a, &b);
	cs_layer_scan_release(&a);
	cs_layer_scan_release(&b);
	return 0;
}
