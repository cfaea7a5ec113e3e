/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an artifact download makes of records, logs and metadata: read out of the zip as they come,
 * nothing is unpacked. The zip is walked a second time for its logs, as folders are. A zip within
 * it (an artifact in an archive of artifacts) is held in memory. Refused: images and batches, which
 * have to lie in a file, or name some; they are told of.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd/record_folder.h"
#include "io/zip.h"
#include "util/file.h"
#include "util/hash.h"

/* Of a zip within a zip: artifacts of builds are small. */
#define INNER_MAX ((int64_t)64 << 20)
#define TAR_MAGIC 257

struct folder {
	UT_hash_handle hh;
	struct cs_record_group group;
	char path[];
};

struct zip {
	struct cs_recorder *rec;
	struct cs_arena *arena;
	const char *path;
	bool inner;	  /* it lies in another */
	bool logs, later; /* the second walk; whether there has to be one */
	int64_t n_given;  /* files that told of a build, or were bad */
	struct folder *folders;
};

bool cs_record_is_zip(int fd)
{
	char head[4];

	/* the second is one without files */
	return cs_file_head(fd, head, 4) == 4 &&
	       (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0);
}

static void free_folders(struct zip *z)
{
	struct folder *next;

	for (struct folder *f = z->folders; f; f = next) {
		next = f->hh.next;
		HASH_DEL(z->folders, f);
		free(f);
	}
}

/* Logs are of the build whose documents lie beside them. */
static int folder_of(struct zip *z, const char *name, struct folder **ret, struct cs_err *err)
{
	const char *slash = strrchr(name, '/');
	size_t len = slash ? (size_t)(slash - name) : 0;
	struct folder *f = NULL;

	HASH_FIND(hh, z->folders, name, len, f);
	if (!f) {
		f = calloc(1, sizeof(*f) + len + 1);
		if (!f)
			return cs_err_nomem(err);
		memcpy(f->path, name, len);
		f->group = (struct cs_record_group){
			.rec = z->rec, .arena = z->arena, .dir_fd = -1, .dir = ""
		};
		HASH_ADD(hh, z->folders, path, len, f);
		if (!f->hh.tbl) {
			free(f);
			return cs_err_nomem(err);
		}
	}
	*ret = f;
	return 0;
}

static int bad_file(struct zip *z, const char *where, struct cs_err *err)
{
	const char *watched = z->rec->watched;
	int r;

	if (z->logs) /* told when it was read first */
		return cs_recorder_is_fatal(err->code) ? -(int)err->code : 0;
	/* cs_docs_read() has put the name there already */
	if (strncmp(err->msg, where, strlen(where)) != 0)
		cs_err_prefix(err, "%s", where);
	z->n_given++;
	z->rec->watched = watched ? where : NULL;
	r = cs_recorder_bad(z->rec, err);
	z->rec->watched = watched;
	return r;
}

/* --- one file --- */

static int take_zip(struct zip *z, int fd, int64_t size, bool *ret_bad, struct cs_err *err);

/* A zip within, to where it can be read as one. */
static int spool(struct cs_stream *in, int *ret_fd, int64_t *ret_size, struct cs_err *err)
{
	int fd CS_AUTO(cs_close_p) = memfd_create("cachestat", MFD_CLOEXEC);
	const uint8_t *data;
	int64_t size = 0;
	size_t len;
	int r;

	if (fd < 0)
		return cs_err_errno(err, errno, "zip");
	while ((r = cs_stream_read(in, &data, &len, err)) == 0) {
		size += (int64_t)len;
		if (size > INNER_MAX)
			return cs_err_set(err, CS_UNSUPPORTED,
					  "a zip of more than 64 MiB within the zip: unpack it");
		if (write(fd, data, len) != (ssize_t)len)
			return cs_err_errno(err, errno, "zip");
	}
	if (r < 0)
		return r;
	*ret_fd = fd;
	*ret_size = size;
	fd = -1;
	return 0;
}

static int take_inner(struct zip *z, struct cs_stream *in, const char *where, bool *ret_bad,
		      struct cs_err *err)
{
	struct zip inner = { .rec = z->rec, .arena = z->arena, .path = where, .inner = true };
	int fd CS_AUTO(cs_close_p) = -1;
	int64_t size = 0;
	int r = spool(in, &fd, &size, err);

	*ret_bad = r < 0;
	if (r == 0)
		r = take_zip(&inner, fd, size, ret_bad, err);
	z->n_given += inner.n_given;
	return r;
}

/* What it is that is no document: 0 = nothing of ours. */
static int refuse(struct zip *z, const char *name, const uint8_t *head, size_t len,
		  struct cs_err *err)
{
	size_t n = strlen(name);
	bool runs, batch = n > 6 && strcmp(name + n - 6, ".jsonl") == 0;
	struct cs_err ignored;

	if (batch && cs_record_batch_probe(&z->rec->app->ctx.limits, (const char *)head, len, &runs,
					   &ignored) == 0)
		return cs_err_set(err, CS_UNSUPPORTED,
				  "a batch is not read out of a zip: unpack it");
	if (len > TAR_MAGIC + 5 && memcmp(head + TAR_MAGIC, "ustar", 5) == 0)
		return cs_err_set(err, CS_UNSUPPORTED,
				  "an image is not read out of a zip: unpack it");
	if (cs_record_is_ours(name))
		return cs_err_set(err, CS_FORMAT, "neither a record nor a log");
	return 0;
}

static int take_docs(struct zip *z, struct folder *f, struct cs_stream *in /* takes */,
		     const char *where, bool *ret_bad, struct cs_err *err)
{
	struct cs_documents docs CS_AUTO(cs_documents_release) = { 0 };
	int r = cs_documents_of(z->rec->app, in, where, &docs, err);

	*ret_bad = r < 0;
	if (r != 0)
		return r;
	z->n_given += !z->logs;
	return cs_record_take_docs(&f->group, &docs, where, z->logs, &z->later, err);
}

static int take_file(struct zip *z, struct cs_zip *zip, const char *name, const char *where,
		     bool *ret_bad, struct cs_err *err)
{
	struct cs_stream *in CS_AUTO(cs_stream_close_p) = NULL;
	uint8_t first[512];
	const uint8_t *head = NULL;
	size_t len = 0;
	struct folder *f = NULL;
	int r = folder_of(z, name, &f, err);

	if (r < 0)
		return r;
	*ret_bad = true;
	r = cs_zip_file(zip, &in, err);
	if (r == 0)
		r = cs_stream_peek(in, sizeof(first), &head, &len, err);
	if (r < 0)
		return r;
	if (len)
		memcpy(first, head, len);
	if (len >= 4 && memcmp(first, "PK\3\4", 4) == 0) {
		if (z->inner)
			return cs_err_set(err, CS_UNSUPPORTED, "zips nest deeper than one: unpack");
		return z->logs ? 0 : take_inner(z, in, where, ret_bad, err);
	}
	r = len ? take_docs(z, f, cs_steal(in), where, ret_bad, err) : 1;
	if (r != 1)
		return r;
	*ret_bad = true;
	r = refuse(z, name, first, len, err);
	z->rec->n_skipped += r == 0 && !z->logs;
	return r;
}

/* --- all files --- */

static int take_one(struct zip *z, struct cs_zip *zip, const char *name, struct cs_err *err)
{
	const char *base = strrchr(name, '/');
	struct cs_err one = CS_ERR_INIT;
	char where[CS_ERR_MAX / 2];
	bool bad = false;
	int r;

	base = base ? base + 1 : name;
	if (*base == '.' || cs_record_is_unfinished(base))
		return 0;
	snprintf(where, sizeof(where), "%s: %s", z->path, name);
	r = take_file(z, zip, name, where, &bad, &one);
	if (r < 0 && bad)
		r = bad_file(z, where, &one);
	if (r < 0)
		*err = one;
	return r < 0 ? r : 0;
}

static int walk(struct zip *z, int fd, int64_t size, bool *ret_bad, struct cs_err *err)
{
	struct cs_zip *zip CS_AUTO(cs_zip_close_p) = NULL;
	const char *name;
	int r = cs_zip_open(&z->rec->app->ctx, fd, size, &zip, err);

	while (r == 0 && (r = cs_zip_next(zip, &name, err)) == 0) {
		struct cs_err one = CS_ERR_INIT;

		r = take_one(z, zip, name, &one);
		if (r < 0) {
			*err = one;
			return r;
		}
	}
	*ret_bad = r < 0;
	if (r < 0)
		return strncmp(err->msg, z->path, strlen(z->path)) == 0
			       ? r
			       : cs_err_prefix(err, "%s", z->path);
	return 0;
}

static int take_zip(struct zip *z, int fd, int64_t size, bool *ret_bad, struct cs_err *err)
{
	int r = walk(z, fd, size, ret_bad, err);

	/* what went in before the zip broke off has its logs, too */
	if (z->later && (r == 0 || *ret_bad)) {
		struct cs_err ignored = CS_ERR_INIT;
		bool bad = false;
		int again;

		z->logs = true;
		again = walk(z, fd, size, &bad, r == 0 ? err : &ignored);
		if (again < 0 && !bad) {
			if (r < 0)
				*err = ignored;
			*ret_bad = false;
			r = again;
		}
	}
	free_folders(z);
	return r;
}

int cs_record_zip(struct cs_recorder *rec, int fd, int64_t size, const char *path, bool *ret_bad,
		  struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct zip z = { .rec = rec, .arena = arena, .path = path };
	int r;

	if (!arena)
		return cs_err_nomem(err);
	if (size < 30) /* its end alone: there is no file in it, which libarchive takes for none of
			  its own */
		return 1;
	r = take_zip(&z, fd, size, ret_bad, err);
	return r < 0 ? r : z.n_given ? 0 : 1;
}
