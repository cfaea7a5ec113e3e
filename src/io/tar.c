/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libarchive's tar reader knows every dialect of thirty years; what it lacks is kept here:
 *
 * - It converts the names of PAX headers to the locale's charset, and in a UTF-8 locale even to
 *   another normal form. In the C locale the conversion of all but ASCII fails and the bytes stay,
 *   so every call runs under a C locale of the thread. Refused: the option hdrcharset=BINARY, it
 *   acts only on headers that say so themselves.
 * - It warns where something of an entry was lost (an attribute over its own caps, a broken record
 *   in a PAX header). A lost path or link would be a wrong report: all but harmless warnings fail.
 * - It believes sparse maps of any length. Headers get a budget of bytes (pax_bytes).
 * - Holes are never filled: a file of 8 EiB costs what its data costs.
 * - Until it has met a link with a target in the plain header, it loses the target of one that has
 *   it in the PAX header alone (3.6.2: an internal string is NULL), as Go writes links to names
 *   without any ASCII. So the first thing that it gets to read is a link of our own, the prelude.
 * - It is slow with the entries that make up nearly all of a layer; tar_plain.c reads those.
 */
#include "io/tar_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "io/stream_priv.h"

/*
 * The budget sees what libarchive asks for, so it must not be given more than this at once: a
 * stream over memory has blocks of any size.
 */
#define PIECE_MAX CS_STREAM_BLOCK

static const uint8_t prelude[512] = {
	[0] = 'x', [148] = '0', '0', '1', '0', '4', '2', 0, ' ', [156] = '2', [157] = 'x',
};

/*
 * Never past the end of a header or of an entry's data, as far as that is known, so that libarchive
 * is left without a byte of the next entry, which may be a plain one. If it holds some all the
 * same, that one is libarchive's too.
 */
static size_t piece_length(const struct cs_tar *tar)
{
	size_t len = tar->rest_len < PIECE_MAX ? tar->rest_len : PIECE_MAX;
	int64_t max = tar->body_left;

	if (tar->source.skip)
		return len;
	if (max <= 0)
		max = (int64_t)CS_TAR_BLOCK - (tar->handed + tar->apart) % (int64_t)CS_TAR_BLOCK;
	return (int64_t)len < max ? len : (size_t)max;
}

int cs_tar_fill(struct cs_tar *tar)
{
	size_t zeros_here = 0;
	int r = 0;

	if (tar->rest_len)
		return 0;
	if (!tar->source_ended)
		r = tar->source.read(tar->source.arg, &tar->rest, &tar->rest_len, &tar->err);
	if (r > 0)
		tar->source_ended = true;
	if (r < 0 || tar->source_ended)
		return r < 0 ? r : 1;
	if (!tar->blank_ended) {
		while (zeros_here < tar->rest_len && !tar->rest[zeros_here])
			zeros_here++;
		tar->blank += (int64_t)zeros_here;
		tar->blank_ended = zeros_here < tar->rest_len;
	}
	return 0;
}

bool cs_tar_blank_first(const struct cs_tar *tar)
{
	return tar->blank_ended && tar->blank >= (int64_t)CS_TAR_BLOCK;
}

static la_ssize_t source_read(struct archive *a CS_UNUSED, void *arg, const void **ret)
{
	struct cs_tar *tar = arg;
	size_t len;
	int r = 0;

	if (!tar->opened) {
		tar->opened = true;
		tar->handed = sizeof(prelude);
		*ret = prelude;
		return sizeof(prelude);
	}
	if (tar->err.code == CS_OK)
		r = cs_tar_fill(tar);
	if (tar->err.code != CS_OK)
		return -1;
	if (r > 0)
		return 0;
	len = piece_length(tar);
	if (tar->header_budget >= 0) {
		if (tar->header_budget < (int64_t)len) {
			cs_limit_error(&tar->err, &tar->ctx->limits, pax_bytes,
				       "extended header of entry %" PRIu64, tar->n_entries + 1);
			return -1;
		}
		tar->header_budget -= (int64_t)len;
	}
	*ret = tar->rest;
	tar->rest += len;
	tar->rest_len -= len;
	tar->handed += (int64_t)len;
	tar->body_left -= (int64_t)len;
	return (la_ssize_t)len;
}

static la_int64_t source_skip(struct archive *a CS_UNUSED, void *arg, la_int64_t want)
{
	struct cs_tar *tar = arg;

	return tar->source.skip(tar->source.arg, want);
}

int64_t cs_tar_position(const struct cs_tar *tar)
{
	return archive_filter_bytes(tar->archive, 0) - (int64_t)sizeof(prelude) + tar->apart;
}

static int64_t header_position(const struct cs_tar *tar)
{
	return archive_read_header_position(tar->archive) - (int64_t)sizeof(prelude) + tar->apart;
}

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

/* Turns libarchive's failure at the place at into ours; one of the source comes first. */
static int tar_fail(struct cs_tar *tar, int64_t at)
{
	const char *text = archive_error_string(tar->archive);

	if (tar->err.code != CS_OK)
		return -(int)tar->err.code;
	if (archive_errno(tar->archive) == ENOMEM)
		return cs_err_nomem(&tar->err);
	/* The very first block is short, or no header. */
	if (cs_tar_position(tar) == 0 ||
	    (cs_tar_position(tar) == 512 && text && has(text, "amaged"))) {
		tar->foreign = true;
		return cs_err_set(&tar->err, CS_FORMAT, "not a tar archive");
	}
	if (!text)
		text = tar->source_ended ? "truncated" : "bad header";
	if (has(text, "runcated"))
		return cs_err_set(&tar->err, CS_FORMAT, "tar: truncated at offset %" PRId64,
				  cs_tar_position(tar));
	if (has(text, "too large") || has(text, "1MB") || has(text, "nreasonably large"))
		return cs_err_set(&tar->err, CS_LIMIT,
				  "tar: extended header at offset %" PRId64
				  " is larger than %s reads (--max-pax-bytes cannot raise that)",
				  at, archive_version_string());
	return cs_err_set(&tar->err, CS_FORMAT, "tar: damaged at offset %" PRId64 ": %s", at, text);
}

/* What may be lost without making a path, a link, a size or content wrong. */
static bool warning_harmless(const char *text)
{
	static const char *const parts[] = { "can't be converted", "ACL",	"acl.",
					     "pax atime",	   "pax ctime", "pax creationtime",
					     "symlink type" };

	for (size_t i = 0; i < CS_N(parts); i++)
		if (has(text, parts[i]))
			return true;
	return false;
}

/* Reads nothing but the prelude, so that only memory can be missing. */
static bool archive_open(struct cs_tar *tar)
{
	struct archive *a = archive_read_new();

	tar->archive = a;
	if (!a || archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_set_read_callback(a, source_read) != ARCHIVE_OK ||
	    archive_read_set_callback_data(a, tar) != ARCHIVE_OK)
		return false;
	if (tar->source.skip && archive_read_set_skip_callback(a, source_skip) != ARCHIVE_OK)
		return false;
	/* An entry of ours: libarchive does not look whether it got memory for its own. */
	tar->space = archive_entry_new2(a);
	return tar->space && archive_read_open1(a) == ARCHIVE_OK &&
	       archive_read_next_header2(a, tar->space) == ARCHIVE_OK;
}

int cs_tar_open_source(const struct cs_ctx *ctx, const struct cs_tar_source *source,
		       struct cs_tar **ret, struct cs_err *err)
{
	struct cs_tar *tar CS_AUTO(cs_tar_close_p) = calloc(1, sizeof(*tar));
	locale_t old;
	bool done;

	if (!tar)
		return cs_err_nomem(err);
	tar->ctx = ctx;
	tar->source = *source;
	tar->header_budget = -1;
	tar->locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!tar->locale)
		return cs_err_nomem(err);
	old = uselocale(tar->locale);
	done = archive_open(tar);
	uselocale(old);
	if (!done)
		return cs_err_nomem(err);
	*ret = cs_steal(tar);
	return 0;
}

static int stream_source_read(void *arg, const uint8_t **ret_data, size_t *ret_len,
			      struct cs_err *err)
{
	return cs_stream_read(arg, ret_data, ret_len, err);
}

int cs_tar_open(const struct cs_ctx *ctx, struct cs_stream *in, struct cs_tar **ret,
		struct cs_err *err)
{
	struct cs_tar_source source = { .read = stream_source_read, .arg = in };

	return cs_tar_open_source(ctx, &source, ret, err);
}

void cs_tar_close(struct cs_tar *tar)
{
	if (!tar)
		return;
	archive_entry_free(tar->space);
	archive_read_free(tar->archive);
	if (tar->locale)
		freelocale(tar->locale);
	free(tar->attrs);
	free(tar->acl);
	free(tar);
}

static int entry_bad(struct cs_tar *tar, const char *why)
{
	return cs_err_set(&tar->err, CS_FORMAT, "tar: entry %" PRIu64 " at offset %" PRId64 ": %s",
			  tar->n_entries, header_position(tar), why);
}

static int entry_type(struct cs_tar *tar, struct cs_tar_entry *e)
{
	struct archive_entry *ae = tar->entry;

	e->target = archive_entry_hardlink(ae);
	if (e->target) {
		e->type = CS_ENTRY_HARDLINK;
		return 0;
	}
	switch (archive_entry_filetype(ae)) {
	case AE_IFREG:
		/* Old writers mark folders by the slash alone. */
		e->type = e->path[strlen(e->path) - 1] == '/' ? CS_ENTRY_DIRECTORY : CS_ENTRY_FILE;
		return 0;
	case AE_IFDIR:
		e->type = CS_ENTRY_DIRECTORY;
		return 0;
	case AE_IFLNK:
		e->type = CS_ENTRY_SYMLINK;
		e->target = archive_entry_symlink(ae);
		return 0;
	case AE_IFCHR:
		e->type = CS_ENTRY_CHAR;
		return 0;
	case AE_IFBLK:
		e->type = CS_ENTRY_BLOCK;
		return 0;
	case AE_IFIFO:
		e->type = CS_ENTRY_FIFO;
		return 0;
	default:
		return entry_bad(tar, "of no known type");
	}
}

/* header: of how many bytes, its own block not counted. */
static int entry_limits(struct cs_tar *tar, const struct cs_tar_entry *e, int64_t header)
{
	const struct cs_limits *limits = &tar->ctx->limits;
	size_t target = e->target ? strlen(e->target) : 0;

	if ((int64_t)strlen(e->path) > limits->path_bytes || (int64_t)target > limits->path_bytes)
		return cs_limit_error(&tar->err, limits, path_bytes,
				      "path or link target of entry %" PRIu64, tar->n_entries);
	if (header > limits->pax_bytes)
		return cs_limit_error(&tar->err, limits, pax_bytes,
				      "extended header of entry %" PRIu64, tar->n_entries);
	return 0;
}

static const char *text_or_null(const char *s)
{
	return s && *s ? s : NULL;
}

static int entry_load(struct cs_tar *tar, struct cs_tar_entry *e)
{
	struct archive_entry *ae = tar->entry;
	int r;

	memset(e, 0, sizeof(*e));
	e->path = archive_entry_pathname(ae);
	if (!e->path || !*e->path)
		return entry_bad(tar, "no path");
	r = entry_type(tar, e);
	if (r < 0)
		return r;
	if ((e->type == CS_ENTRY_SYMLINK || e->type == CS_ENTRY_HARDLINK) &&
	    (!e->target || !*e->target))
		return entry_bad(tar, "a link to nothing");
	r = entry_limits(tar, e,
			 cs_tar_position(tar) - header_position(tar) - (int64_t)CS_TAR_BLOCK);
	if (r < 0)
		return r;
	e->mode = archive_entry_perm(ae) & 07777;
	e->uid = archive_entry_uid(ae);
	e->gid = archive_entry_gid(ae);
	e->uname = text_or_null(archive_entry_uname(ae));
	e->gname = text_or_null(archive_entry_gname(ae));
	e->mtime_s = archive_entry_mtime(ae);
	e->mtime_ns = (uint32_t)archive_entry_mtime_nsec(ae);
	if (e->type == CS_ENTRY_CHAR || e->type == CS_ENTRY_BLOCK) {
		e->dev_major = (uint32_t)archive_entry_rdevmajor(ae);
		e->dev_minor = (uint32_t)archive_entry_rdevminor(ae);
	}
	if (e->type == CS_ENTRY_FILE) {
		e->size = archive_entry_size(ae);
		e->sparse = archive_entry_sparse_count(ae) > 0;
		if (e->size < 0)
			return entry_bad(tar, "negative size");
	}
	return 0;
}

/* What libarchive gets to read at once of the data of an entry that lies in one piece. */
static int64_t body_bytes(const struct cs_tar *tar, const struct cs_tar_entry *e)
{
	int64_t ahead = tar->handed - archive_filter_bytes(tar->archive, 0), bytes;

	if (e->type != CS_ENTRY_FILE || e->sparse ||
	    __builtin_add_overflow(e->size, -e->size & (int64_t)(CS_TAR_BLOCK - 1), &bytes))
		return 0;
	return bytes > ahead ? bytes - ahead : 0;
}

static int next_locked(struct cs_tar *tar, struct cs_tar_entry *e)
{
	const char *warning;
	int r;

	tar->data_end = cs_tar_position(tar);
	tar->header_budget = tar->ctx->limits.pax_bytes;
	if (tar->header_budget < INT64_MAX - (int64_t)PIECE_MAX)
		tar->header_budget += (int64_t)PIECE_MAX;
	r = archive_read_next_header2(tar->archive, tar->space);
	tar->header_budget = -1;
	if (r == ARCHIVE_EOF) {
		tar->ended = true;
		return 1;
	}
	/* Some losses are told by the text alone. */
	warning = archive_error_string(tar->archive);
	if ((r != ARCHIVE_OK && r != ARCHIVE_WARN) || (r == ARCHIVE_WARN && !warning) ||
	    (warning && !warning_harmless(warning)) || tar->err.code != CS_OK)
		return tar_fail(tar, tar->data_end);
	tar->entry = tar->space;
	tar->n_entries++;
	r = entry_load(tar, e);
	if (r == 0)
		r = cs_tar_attrs_load(tar, &tar->err);
	e->xattrs = tar->n_attrs ? tar->attrs : NULL;
	tar->body_left = body_bytes(tar, e);
	return r;
}

/* By itself, so that data left unread does not count as header. */
static int entry_end(struct cs_tar *tar)
{
	locale_t old;
	int r = ARCHIVE_OK;

	if (tar->plain.current)
		return cs_tar_plain_end(tar);
	if (tar->entry) {
		old = uselocale(tar->locale);
		r = archive_read_data_skip(tar->archive);
		uselocale(old);
	}
	tar->entry = NULL;
	tar->body_left = 0;
	return r == ARCHIVE_OK ? 0 : tar_fail(tar, cs_tar_position(tar));
}

static int next_unlocked(struct cs_tar *tar, struct cs_tar_entry *e)
{
	locale_t old;
	int r = entry_end(tar);

	if (r < 0)
		return r;
	r = cs_tar_plain_next(tar, e);
	if (r == 0) {
		tar->n_entries++;
		r = entry_limits(tar, e, 0);
	} else if (r > 0) {
		old = uselocale(tar->locale);
		r = next_locked(tar, e);
		uselocale(old);
	}
	if (r == 0) {
		tar->size = e->size;
		tar->offset = 0;
	}
	return r;
}

int cs_tar_next(struct cs_tar *tar, struct cs_tar_entry *ret, struct cs_err *err)
{
	struct cs_tar_entry e;
	int r = tar->err.code == CS_OK ? cs_ctx_check(tar->ctx, &tar->err) : -(int)tar->err.code;

	if (r == 0 && tar->ended)
		return 1;
	if (r == 0)
		r = next_unlocked(tar, &e);
	if (r < 0)
		*err = tar->err;
	else if (r == 0)
		*ret = e;
	return r;
}

/* libarchive hands out what the sparse map says; the map may say anything. */
static int data_check(struct cs_tar *tar, size_t len, int64_t offset)
{
	if (offset < tar->offset)
		return entry_bad(tar, "sparse map goes backwards");
	if (offset > tar->size || (int64_t)len > tar->size - offset)
		return entry_bad(tar, "data behind the end of the file");
	tar->offset = offset + (int64_t)len;
	return 0;
}

int cs_tar_data(struct cs_tar *tar, const uint8_t **ret_data, size_t *ret_len, int64_t *ret_offset,
		struct cs_err *err)
{
	const uint8_t *data = NULL;
	const void *found = NULL;
	int64_t offset = 0;
	size_t len = 0;
	int r = -(int)tar->err.code;

	/* Links may carry a body in some dialects; it belongs to the file that they point to. */
	if (r == 0 && ((!tar->entry && !tar->plain.current) || tar->size == 0))
		return 1;
	if (r == 0 && tar->plain.current) {
		r = cs_tar_plain_data(tar, &data, &len, &offset);
		if (r > 0)
			return 1;
	} else if (r == 0) {
		locale_t old = uselocale(tar->locale);

		do {
			r = archive_read_data_block(tar->archive, &found, &len, &offset);
		} while (r == ARCHIVE_OK && len == 0);
		uselocale(old);
		data = found;
		if (r == ARCHIVE_EOF && tar->err.code == CS_OK)
			return 1;
		r = r == ARCHIVE_OK ? data_check(tar, len, offset)
				    : tar_fail(tar, cs_tar_position(tar));
	}
	if (r < 0) {
		*err = tar->err;
		return r;
	}
	*ret_data = data;
	*ret_len = len;
	*ret_offset = offset;
	return 0;
}

/* --- the data of an entry as a stream --- */

static const uint8_t zeros[16384];

struct entry_stream {
	struct cs_stream base;
	struct cs_tar *tar;
	uint64_t entry; /* number of the entry that it belongs to */
	int64_t offset; /* what was given out */
	const uint8_t *data;
	size_t len;
	int64_t data_offset; /* where data stands in the file; its end when there is no more */
	bool ended;
};

static int entry_stream_read(struct cs_stream *s, const uint8_t **ret_data, size_t *ret_len,
			     struct cs_err *err)
{
	struct entry_stream *e = (struct entry_stream *)s;
	int r = cs_ctx_check(e->tar->ctx, err);

	if (r == 0 && e->entry != e->tar->n_entries)
		return cs_err_set(err, CS_USAGE, "data of a tar entry read after the next entry");
	if (r == 0 && !e->len && !e->ended) {
		r = cs_tar_data(e->tar, &e->data, &e->len, &e->data_offset, err);
		if (r > 0) {
			e->ended = true;
			e->data_offset = e->tar->size;
			r = 0;
		}
	}
	if (r < 0)
		return r;
	if (e->offset < e->data_offset) {
		int64_t hole = e->data_offset - e->offset;

		*ret_data = zeros;
		*ret_len = hole < (int64_t)sizeof(zeros) ? (size_t)hole : sizeof(zeros);
	} else if (e->len) {
		*ret_data = e->data;
		*ret_len = e->len;
		e->len = 0;
	} else {
		return 1;
	}
	e->offset += (int64_t)*ret_len;
	return 0;
}

static const struct cs_stream_ops entry_ops = { .read = entry_stream_read };

int cs_tar_entry_stream(struct cs_tar *tar, struct cs_stream **ret, struct cs_err *err)
{
	struct entry_stream *e = calloc(1, sizeof(*e));

	if (!e)
		return cs_err_nomem(err);
	e->base.ops = &entry_ops;
	e->tar = tar;
	e->entry = tar->n_entries;
	*ret = (struct cs_stream *)e;
	return 0;
}
