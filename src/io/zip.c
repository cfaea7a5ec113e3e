/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The single record of a pipe: libarchive's streaming zip reader, which walks local headers, so
 * that nothing has to be seekable; the size of the output is bounded by who decodes it. The files
 * of a whole zip (zip_files.c) are found by its directory. Refused: a zip library of its own.
 */
#include "io/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <string.h>

#include "io/stream_priv.h"
#include "io/zip_priv.h"

struct zip_stream {
	struct cs_stream base;
	const struct cs_ctx *ctx;
	struct archive *archive;
	struct archive_entry
		*entry;	      /* of our own: libarchive does not miss its own when it has none */
	struct cs_stream *in; /* borrowed */
	struct cs_err err;    /* of in */
	char suffix[32];
	int64_t n_members, bytes;
	locale_t locale;
};

static la_ssize_t source_read(struct archive *a CS_UNUSED, void *arg, const void **ret)
{
	struct zip_stream *z = arg;
	const uint8_t *data;
	size_t len;
	int r = cs_stream_read(z->in, &data, &len, &z->err);

	if (r != 0)
		return r > 0 ? 0 : -1;
	*ret = data;
	return (la_ssize_t)len;
}

static int fail(struct zip_stream *z, struct cs_err *err)
{
	const char *text = archive_error_string(z->archive);

	if (z->err.code != CS_OK) {
		*err = z->err;
		return -(int)err->code;
	}
	if (archive_errno(z->archive) == ENOMEM)
		return cs_err_nomem(err);
	return cs_err_set(err, CS_FORMAT, "zip: %s", text ? text : "damaged");
}

static bool wanted(const struct zip_stream *z, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	size_t n = strlen(z->suffix), len = name ? strlen(name) : 0;

	return name && len >= n && memcmp(name + len - n, z->suffix, n) == 0 &&
	       archive_entry_filetype(entry) == AE_IFREG;
}

/*
 * The next wanted file: 0, 1 at the end, negative. The method of every entry is checked: to skip
 * one whose length is not told, libarchive unpacks it.
 */
static int next(struct zip_stream *z, struct cs_err *err)
{
	locale_t old = uselocale(z->locale);
	int r, method = 0;

	do {
		r = archive_read_next_header2(z->archive, z->entry);
		if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
			break;
		z->n_members++;
		if (!archive_entry_is_encrypted(z->entry))
			method = cs_zip_method_check(z->archive, err);
	} while (method == 0 && !wanted(z, z->entry) && z->n_members <= z->ctx->limits.members);
	uselocale(old);
	if (method < 0)
		return method;
	if (r == ARCHIVE_EOF)
		return 1;
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return fail(z, err);
	if (z->n_members > z->ctx->limits.members)
		return cs_limit_error(err, &z->ctx->limits, members, "members of the zip");
	if (archive_entry_is_encrypted(z->entry))
		return cs_err_set(err, CS_UNSUPPORTED, "zip: the file is encrypted");
	return 0;
}

static int zip_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
		    struct cs_err *err)
{
	struct zip_stream *z = (struct zip_stream *)s;
	const void *data;
	la_int64_t offset;
	size_t len;
	int r = archive_read_data_block(z->archive, &data, &len, &offset);

	if (r == ARCHIVE_OK || r == ARCHIVE_WARN) {
		if (offset != z->bytes && len)
			return cs_err_set(err, CS_FORMAT, "zip: a file with a hole");
		z->bytes += (int64_t)len;
		*ret_data = data;
		*ret_len = len;
		return 0;
	}
	if (r != ARCHIVE_EOF)
		return fail(z, err);
	r = next(z, err);
	if (r == 0)
		return cs_err_set(err, CS_UNSUPPORTED,
				  "zip: more than one *%s; unpack it and give them one by one",
				  z->suffix);
	return r;
}

static void zip_release(struct cs_stream *s)
{
	struct zip_stream *z = (struct zip_stream *)s;

	archive_read_free(z->archive);
	archive_entry_free(z->entry);
	if (z->locale)
		freelocale(z->locale);
}

static const struct cs_stream_ops zip_ops = { .read = zip_read, .release = zip_release };

int cs_zip_single(const struct cs_ctx *ctx, struct cs_stream *in, const char *suffix,
		  struct cs_stream **ret, struct cs_err *err)
{
	struct zip_stream *z = calloc(1, sizeof(*z));
	struct cs_stream *s CS_AUTO(cs_stream_close_p) = z ? &z->base : NULL;
	int r;

	if (!z)
		return cs_err_nomem(err);
	z->base.ops = &zip_ops;
	z->ctx = ctx;
	z->in = in;
	snprintf(z->suffix, sizeof(z->suffix), "%s", suffix);
	z->archive = archive_read_new();
	z->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	z->entry = archive_entry_new();
	if (!z->archive || !z->locale || !z->entry)
		return cs_err_nomem(err);
	/* libarchive goes on where these had no memory, and crashes later */
	if (archive_read_support_format_zip_streamable(z->archive) != ARCHIVE_OK ||
	    archive_read_set_read_callback(z->archive, source_read) != ARCHIVE_OK ||
	    archive_read_set_callback_data(z->archive, z) != ARCHIVE_OK)
		return cs_err_nomem(err);
	if (archive_read_open1(z->archive) != ARCHIVE_OK)
		return fail(z, err);
	r = next(z, err);
	if (r != 0)
		return r;
	*ret = cs_steal(s);
	return 0;
}
