/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints what a scan says of each layer, one line each, in the words of content_digest.py:
 * layer_list [--layer] FILE… (image archives, or layers). Members that are no layers are passed
 * over.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "image/layer_scan.h"
#include "io/tar.h"

static const struct cs_layer_scan_options options = { CS_DIGEST_SHA256, CS_DIGEST_SHA256, -1,
						      NULL };

static int layer_print(const struct cs_ctx *ctx, const char *where, const char *name,
		       struct cs_stream *in /* takes */, struct cs_err *err)
{
	char blob[CS_DIGEST_TEXT], diff_id[CS_DIGEST_TEXT], content[CS_DIGEST_TEXT];
	struct cs_layer_scan s;
	int r = cs_layer_scan(ctx, in, &options, &s, err);

	if (r < 0)
		return r;
	printf("%s %s %s %" PRId64 " %s %" PRId64 " %s", where, name,
	       cs_digest_format(&s.blob_digest, blob), s.blob_bytes,
	       cs_digest_format(&s.diff_id, diff_id), s.tar_bytes,
	       cs_digest_format(&s.content_digest, content));
	printf(" %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
	       " %" PRId64 " %" PRId64 "\n",
	       s.counts.entries, s.counts.files, s.counts.directories, s.counts.symlinks,
	       s.counts.hardlinks, s.counts.whiteouts, s.counts.devices, s.counts.fifos,
	       s.counts.file_bytes);
	cs_layer_scan_release(&s);
	return 0;
}

static int members_print(const struct cs_ctx *ctx, const char *where,
			 struct cs_stream *in /* takes */, struct cs_err *err)
{
	struct cs_decode_options decode = { .out_max = -1, .what = "archive", .allow_xz = true };
	struct cs_stream *archive CS_AUTO(cs_stream_close_p) = NULL;
	struct cs_tar *tar CS_AUTO(cs_tar_close_p) = NULL;
	struct cs_tar_entry entry;
	enum cs_coding coding;
	int r = cs_stream_decode(ctx, in, &decode, &archive, &coding, err);

	if (r == 0)
		r = cs_tar_open(ctx, archive, &tar, err);
	while (r == 0 && (r = cs_tar_next(tar, &entry, err)) == 0) {
		struct cs_stream *member = NULL;

		if (entry.type != CS_ENTRY_FILE || entry.size == 0)
			continue;
		r = cs_tar_entry_stream(tar, &member, err);
		if (r == 0)
			r = layer_print(ctx, where, entry.path, member, err);
		if (r == -CS_FORMAT)
			r = 0;
	}
	return r;
}

static int file_print(const struct cs_ctx *ctx, const char *path, bool layer, struct cs_err *err)
{
	int fd CS_AUTO(cs_close_p) = open(path, O_RDONLY | O_CLOEXEC);
	struct cs_stream *in = NULL;

	if (fd < 0)
		return cs_err_set(err, CS_NOTFOUND, "cannot open it");
	if (cs_stream_fd(ctx, fd, &in, err) < 0)
		return -(int)err->code;
	return layer ? layer_print(ctx, path, "-", in, err) : members_print(ctx, path, in, err);
}

int main(int argc, char **argv)
{
	bool layers = argc > 1 && strcmp(argv[1], "--layer") == 0;
	struct cs_err err = CS_ERR_INIT;
	struct cs_ctx ctx;

	cs_ctx_init(&ctx);
	for (int i = 1 + layers; i < argc; i++) {
		if (file_print(&ctx, argv[i], layers, &err) < 0) {
			fprintf(stderr, "layer_list: %s: %s\n", argv[i], err.msg);
			return 1;
		}
	}
	return 0;
}
