/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no program that knows all digests of an image's layers can do without, on one processor:
 * reading the blobs out of the page cache, decoding them into a buffer that stays in the cache, and
 * SHA-256 of the blobs, of what they decode to and of all files in it, all of it two streams
 * abreast and never a block alone, which no real run gets. Nothing is parsed, kept or handed over.
 *
 *   floor gzip|zstd|none FILE_BYTES BLOB...   ->  one line of JSON, in CPU seconds
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/decode_priv.h"

/* 256 KiB take the same with ISA-L and a quarter more with libzstd. */
#define BLOCK ((size_t)128 << 10)
/* Of both lanes together. */
#define HASHED ((size_t)64 << 10)

struct work {
	const struct cs_codec *codec; /* NULL: only read */
	struct cs_ctx ctx;
	uint8_t in[BLOCK], out[BLOCK];
	long long in_bytes, out_bytes;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "floor: %s %s\n", what, name);
	exit(1);
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* 1 when the codec has come to the end. */
static int block_decode(struct work *w, void *state, size_t len, const char *name)
{
	struct cs_codec_io io = { .in = w->in, .in_len = len, .in_end = len == 0 };
	struct cs_err err = CS_ERR_INIT;
	int r;

	do {
		io.out = w->out;
		io.out_len = BLOCK;
		r = w->codec->run(state, &io, &err);
		if (r < 0)
			die(err.msg, name);
		w->out_bytes += (long long)(BLOCK - io.out_len);
	} while (r == 0 && (io.in_len || !io.out_len));
	return r;
}

static void blob_pass(struct work *w, int fd, const char *name)
{
	struct cs_err err = CS_ERR_INIT;
	void *state = NULL;
	ssize_t n;
	int r = 0;

	if (w->codec && w->codec->open(&w->ctx, &state, &err) < 0)
		die(err.msg, name);
	do {
		n = read(fd, w->in, BLOCK);
		if (n < 0)
			die("cannot read", name);
		w->in_bytes += n;
		if (w->codec)
			r = block_decode(w, state, (size_t)n, name);
	} while (n && !r);
	if (w->codec)
		w->codec->close(state);
	else
		w->out_bytes = w->in_bytes;
}

static double pass(struct work *w, const struct cs_codec *codec, char **names)
{
	double start = cpu_seconds();

	w->codec = codec;
	w->in_bytes = w->out_bytes = 0;
	for (; *names; names++) {
		int fd = open(*names, O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			die("cannot open", *names);
		blob_pass(w, fd, *names);
		close(fd);
	}
	return cpu_seconds() - start;
}

static double hashing(struct work *w, long long bytes)
{
	struct cs_err err = CS_ERR_INIT;
	struct cs_hasher *a, *b;
	double start = cpu_seconds();

	if (cs_hasher_new(CS_DIGEST_SHA256, &a, &err) < 0 ||
	    cs_hasher_new(CS_DIGEST_SHA256, &b, &err) < 0)
		die("no", "memory");
	for (; bytes > 0; bytes -= (long long)HASHED)
		cs_hasher_update_pair(a, w->out, HASHED / 2, b, w->out + HASHED / 2, HASHED / 2);
	cs_hasher_free(a);
	cs_hasher_free(b);
	return cpu_seconds() - start;
}

int main(int argc, char **argv)
{
	static struct work w;
	long long file_bytes = argc > 3 ? strtoll(argv[2], NULL, 10) : -1;
	double reading, decoding = 0, sha;
	bool none;

	if (file_bytes < 0)
		die("usage:", "floor gzip|zstd|none FILE_BYTES BLOB...");
	cs_ctx_init(&w.ctx);
	none = strcmp(argv[1], "none") == 0;
	reading = pass(&w, NULL, argv + 3);
	if (!none)
		decoding = pass(&w, strcmp(argv[1], "zstd") ? &cs_codec_gzip : &cs_codec_zstd,
				argv + 3) -
			   reading;
	/* What is not compressed is hashed once for blob and diff-id. */
	sha = hashing(&w, (none ? 0 : w.in_bytes) + w.out_bytes + file_bytes);
	printf("{\"blob_bytes\": %lld, \"tar_bytes\": %lld, \"read_seconds\": %.4f, "
	       "\"decode_seconds\": %.4f, \"hash_seconds\": %.4f, \"cpu_seconds\": %.4f}\n",
	       w.in_bytes, w.out_bytes, reading, decoding, sha, reading + decoding + sha);
	return 0;
}
