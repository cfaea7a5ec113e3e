/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a zip by its directory, so that a damaged one does not hide those behind it:
 * libarchive gives a zip up at such a file, it is opened anew and the directory walked past it.
 * Refused: the streaming reader, which finds the end of a file only by decoding it, and takes what
 * a cut download has left for all there is.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <string.h>
#include <unistd.h>

#include "io/stream_priv.h"
#include "io/zip.h"
#include "io/zip_priv.h"

/* Each costs a walk over the directory. */
#define REOPENS_MAX 100
/* As decode.c has it: a ratio says nothing below. */
#define RATIO_FROM ((int64_t)1 << 30)

struct cs_zip {
	const struct cs_ctx *ctx;
	int fd;
	int64_t size;
	struct archive *archive;
	struct archive_entry *entry;
	locale_t locale;
	int64_t n_entries, n_reopens, bytes;
	bool lost; /* libarchive has given it up */
	char name[256];
};

struct file_stream {
	struct cs_stream base;
	struct cs_zip *zip; /* borrowed */
	int64_t bytes;
};

static int fail(struct cs_zip *z, int r, struct cs_err *err)
{
	const char *text = archive_error_string(z->archive);
	int code = archive_errno(z->archive);

	z->lost |= r == ARCHIVE_FATAL;
	if (code == ENOMEM)
		return cs_err_nomem(err);
	if (code == EIO)
		return cs_err_errno(err, code, "zip");
	return cs_err_set(err, CS_FORMAT, "zip: %s", text ? text : "damaged");
}

static int open_archive(struct cs_zip *z, struct cs_err *err)
{
	int r;

	archive_read_free(z->archive);
	z->lost = false;
	z->archive = archive_read_new();
	/* libarchive goes on where these had no memory, and crashes later */
	if (!z->archive || archive_read_support_format_zip_seekable(z->archive) != ARCHIVE_OK)
		return cs_err_nomem(err);
	if (lseek(z->fd, 0, SEEK_SET) < 0)
		return cs_err_errno(err, errno, "zip");
	r = archive_read_open_fd(z->archive, z->fd, 65536);
	return r == ARCHIVE_OK ? 0 : fail(z, r, err);
}

int cs_zip_open(const struct cs_ctx *ctx, int fd, int64_t size, struct cs_zip **ret,
		struct cs_err *err)
{
	struct cs_zip *z CS_AUTO(cs_zip_close_p) = calloc(1, sizeof(*z));
	int r;

	if (!z)
		return cs_err_nomem(err);
	z->ctx = ctx;
	z->fd = fd;
	z->size = size;
	z->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	z->entry = archive_entry_new();
	if (!z->locale || !z->entry)
		return cs_err_nomem(err);
	r = open_archive(z, err);
	if (r == 0)
		*ret = cs_steal(z);
	return r;
}

void cs_zip_close(struct cs_zip *z)
{
	if (!z)
		return;
	archive_read_free(z->archive);
	archive_entry_free(z->entry);
	if (z->locale)
		freelocale(z->locale);
	free(z);
}

/* One more entry of the directory, of whatever kind. */
static int next_entry(struct cs_zip *z, struct cs_err *err)
{
	locale_t old = uselocale(z->locale);
	int r = archive_read_next_header2(z->archive, z->entry);

	uselocale(old);
	if (r == ARCHIVE_EOF)
		return 1;
	return r == ARCHIVE_OK || r == ARCHIVE_WARN ? 0 : fail(z, r, err);
}

static int find_again(struct cs_zip *z, struct cs_err *err)
{
	int r;

	if (++z->n_reopens > REOPENS_MAX)
		return cs_err_set(err, CS_FORMAT, "zip: more than %d damaged files", REOPENS_MAX);
	r = open_archive(z, err);
	for (int64_t i = 0; i < z->n_entries && r == 0; i++)
		r = next_entry(z, err);
	return r;
}

/* Names are cut, never used to find anything. */
static void note_name(struct cs_zip *z)
{
	const char *name = archive_entry_pathname_utf8(z->entry);

	if (!name)
		name = archive_entry_pathname(z->entry);
	if (name && *name)
		snprintf(z->name, sizeof(z->name), "%s", name);
	else
		snprintf(z->name, sizeof(z->name), "file %" PRId64, z->n_entries);
}

static int check_bounds(struct cs_zip *z, struct cs_err *err)
{
	const struct cs_limits *limits = &z->ctx->limits;

	if (z->bytes > limits->image_bytes)
		return cs_limit_error(err, limits, image_bytes, "files of the zip");
	if (z->bytes > RATIO_FROM && limits->ratio > 0 && z->bytes / limits->ratio > z->size)
		return cs_limit_error(err, limits, ratio,
				      "%" PRId64 " bytes out of a zip of %" PRId64 ", the ratio",
				      z->bytes, z->size);
	return 0;
}

int cs_zip_next(struct cs_zip *z, const char **ret_name, struct cs_err *err)
{
	int r = check_bounds(z, err);

	if (r == 0 && z->lost)
		r = find_again(z, err);
	while (r == 0 && (r = next_entry(z, err)) == 0) {
		if (++z->n_entries > z->ctx->limits.members)
			return cs_limit_error(err, &z->ctx->limits, members, "files of the zip");
		r = cs_ctx_check(z->ctx, err);
		if (r == 0 && archive_entry_filetype(z->entry) == AE_IFREG)
			break;
	}
	if (r != 0)
		return r;
	note_name(z);
	*ret_name = z->name;
	return 0;
}

static int file_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		     struct cs_err *err)
{
	struct file_stream *f = (struct file_stream *)s;
	struct cs_zip *z = f->zip;
	const void *data;
	la_int64_t offset;
	size_t len = 0;
	int r = archive_read_data_block(z->archive, &data, &len, &offset);

	if (r == ARCHIVE_EOF)
		return 1;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return fail(z, r, err);
	if (len && offset != f->bytes)
		return cs_err_set(err, CS_FORMAT, "zip: a file with a hole");
	f->bytes += (int64_t)len;
	z->bytes += (int64_t)len;
	*ret_data = data;
	*ret_len = len;
	return check_bounds(z, err);
}

static const struct cs_stream_ops file_ops = { .read = file_read };

int cs_zip_file(struct cs_zip *z, struct cs_stream **ret, struct cs_err *err)
{
	struct file_stream *f;
	int r;

	if (archive_entry_is_encrypted(z->entry))
		return cs_err_set(err, CS_UNSUPPORTED, "the file is encrypted");
	r = cs_zip_method_check(z->archive, err);
	if (r < 0)
		return r;
	f = calloc(1, sizeof(*f));
	if (!f)
		return cs_err_nomem(err);
	f->base.ops = &file_ops;
	f->zip = z;
	*ret = &f->base;
	return 0;
}
