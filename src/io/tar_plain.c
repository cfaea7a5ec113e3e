/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nearly every entry of a layer is one header of 512 bytes that all tar readers of thirty years
 * agree on. For each, libarchive turns the path into wide characters, one by one, only to look for
 * a slash at its end, and makes and frees a dozen objects: a tenth of all the time that a scan
 * takes. So a header that leaves nothing to interpret is read here, and its data go by libarchive;
 * all others stay libarchive's, which never learns of the ones in between: it keeps nothing from
 * entry to entry but the format, and what comes of that is asked below. Plain means: file, folder
 * or link in ustar or GNU form, all bytes ASCII, numbers octal and closed, no field in use that
 * one dialect reads in a way of its own, nothing before the header that belongs to it. The tests
 * and the fuzz target hold both readers against each other: libarchive gets everything when blocks
 * are too small for a header. Refused: a tar reader of our own, and one for PAX headers.
 */
#include "io/tar_priv.h"

#include <inttypes.h>
#include <string.h>

#define BLOCK	  CS_TAR_BLOCK
#define HIGH_BITS UINT64_C(0x8080808080808080)
#define EVEN	  UINT64_C(0x00ff00ff00ff00ff)

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100],
		magic[8], uname[32], gname[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is one block");

static void rest_take(struct cs_tar *tar, size_t n)
{
	tar->rest += n;
	tar->rest_len -= n;
	tar->apart += (int64_t)n;
}

static int truncated(struct cs_tar *tar)
{
	return cs_err_set(&tar->err, CS_FORMAT, "tar: truncated at offset %" PRId64,
			  cs_tar_position(tar));
}

/* Digits, then nothing but what closes a number. */
static bool octal(const char *field, size_t len, int64_t *ret)
{
	int64_t v = 0;
	size_t i = 0;

	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		v = v * 8 + (field[i] - '0');
	*ret = v;
	if (i == 0)
		return false;
	while (i < len && (field[i] == ' ' || field[i] == '\0'))
		i++;
	return i == len;
}

/* Sums up all bytes; false if one is not ASCII, where signed and unsigned sums begin to differ. */
static bool bytes_sum(const uint8_t *block, int64_t *ret)
{
	uint64_t sums = 0, all = 0, word;

	/* Four sums of 16 bits, of 128 bytes each at most: no carry. */
	for (size_t i = 0; i < BLOCK; i += sizeof(word)) {
		memcpy(&word, block + i, sizeof(word));
		all |= word;
		sums += (word & EVEN) + (word >> 8 & EVEN);
	}
	*ret = (int64_t)((sums & 0xffff) + (sums >> 16 & 0xffff) + (sums >> 32 & 0xffff) +
			 (sums >> 48));
	return !(all & HIGH_BITS);
}

static bool checksum_good(const struct header *h)
{
	int64_t sum, told;

	if (!bytes_sum((const uint8_t *)h, &sum) || !octal(h->checksum, sizeof(h->checksum), &told))
		return false;
	/* It was taken with spaces in its own place. */
	for (size_t i = 0; i < sizeof(h->checksum); i++)
		sum += ' ' - h->checksum[i];
	return sum == told;
}

static bool zeros_only(const char *p, size_t len)
{
	return !p[0] && memcmp(p, p + 1, len - 1) == 0;
}

/* No field in use that is not the same in all dialects. */
static bool form_plain(const struct cs_tar *tar, const struct header *h)
{
	if (memcmp(h->magic, "ustar\00000", 8) == 0)
		return zeros_only(h->pad, sizeof(h->pad));
	/*
	 * GNU has times and maps of sparse files in place of the prefix. And libarchive obeys the
	 * size of a hard link behind a PAX header, until a GNU header comes: it has to see that.
	 */
	return memcmp(h->magic, "ustar  \0", 8) == 0 && zeros_only(h->prefix, sizeof(h->prefix)) &&
	       zeros_only(h->pad, sizeof(h->pad)) &&
	       archive_format(tar->archive) != ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE;
}

/* False where the size or the texts do not fit the type, or it is another one. */
static bool type_plain(const struct header *h, int64_t size, enum cs_entry_type *ret)
{
	switch (h->type) {
	case '0':
		*ret = CS_ENTRY_FILE;
		return true;
	case '1':
		*ret = CS_ENTRY_HARDLINK;
		return size == 0 && h->link[0];
	case '2':
		*ret = CS_ENTRY_SYMLINK;
		return size == 0 && h->link[0];
	case '5':
		*ret = CS_ENTRY_DIRECTORY;
		return size == 0;
	default:
		return false;
	}
}

static char *text_copy(char *to, const char *field, size_t max)
{
	size_t n = strnlen(field, max);

	memcpy(to, field, n);
	to[n] = '\0';
	return to + n;
}

/* False if it is not all there, or a file's that is a folder's by its slash. */
static bool path_copy(char *to, const struct header *h)
{
	char *end = to;

	if (!h->name[0])
		return false;
	if (h->prefix[0]) {
		end = text_copy(end, h->prefix, sizeof(h->prefix));
		if (end[-1] != '/')
			*end++ = '/';
	}
	end = text_copy(end, h->name, sizeof(h->name));
	return h->type != '0' || end[-1] != '/';
}

static bool header_load(struct cs_tar *tar, const struct header *h, struct cs_tar_entry *e)
{
	struct cs_tar_plain *p = &tar->plain;
	int64_t mode, size;

	memset(e, 0, sizeof(*e));
	if (!checksum_good(h) || !form_plain(tar, h) || !octal(h->mode, sizeof(h->mode), &mode) ||
	    !octal(h->uid, sizeof(h->uid), &e->uid) || !octal(h->gid, sizeof(h->gid), &e->gid) ||
	    !octal(h->size, sizeof(h->size), &size) ||
	    !octal(h->mtime, sizeof(h->mtime), &e->mtime_s) || !type_plain(h, size, &e->type) ||
	    !path_copy(p->path, h))
		return false;
	e->path = p->path;
	e->mode = mode & 07777;
	if (text_copy(p->uname, h->uname, sizeof(h->uname)) != p->uname)
		e->uname = p->uname;
	if (text_copy(p->gname, h->gname, sizeof(h->gname)) != p->gname)
		e->gname = p->gname;
	if (e->type == CS_ENTRY_FILE) {
		e->size = size;
	} else if (e->type != CS_ENTRY_DIRECTORY) {
		text_copy(p->target, h->link, sizeof(h->link));
		e->target = p->target;
	}
	return true;
}

int cs_tar_plain_next(struct cs_tar *tar, struct cs_tar_entry *ret)
{
	int r;

	/* Whoever skips wants to know each header's place. And libarchive may hold some bytes. */
	if (tar->source.skip || tar->handed != archive_filter_bytes(tar->archive, 0))
		return 1;
	r = cs_tar_fill(tar);
	if (r != 0)
		return r;
	if (tar->rest_len < BLOCK || !header_load(tar, (const struct header *)tar->rest, ret))
		return 1;
	rest_take(tar, BLOCK);
	tar->plain.current = true;
	tar->plain.left = ret->size;
	tar->plain.padding = -ret->size & (BLOCK - 1);
	tar->n_attrs = 0;
	return 0;
}

/* Past n bytes. */
static int bytes_skip(struct cs_tar *tar, int64_t n)
{
	while (n > 0) {
		int r = cs_tar_fill(tar);
		size_t len;

		if (r != 0)
			return r < 0 ? r : truncated(tar);
		len = n < (int64_t)tar->rest_len ? (size_t)n : tar->rest_len;
		rest_take(tar, len);
		n -= (int64_t)len;
	}
	return 0;
}

int cs_tar_plain_data(struct cs_tar *tar, const uint8_t **ret_data, size_t *ret_len,
		      int64_t *ret_offset)
{
	struct cs_tar_plain *p = &tar->plain;
	int64_t padding = p->padding;
	int r;

	if (!p->left) {
		p->padding = 0;
		r = bytes_skip(tar, padding);
		return r < 0 ? r : 1;
	}
	r = cs_tar_fill(tar);
	if (r != 0)
		return r < 0 ? r : truncated(tar);
	*ret_data = tar->rest;
	*ret_len = p->left < (int64_t)tar->rest_len ? (size_t)p->left : tar->rest_len;
	*ret_offset = tar->size - p->left;
	p->left -= (int64_t)*ret_len;
	rest_take(tar, *ret_len);
	return 0;
}

int cs_tar_plain_end(struct cs_tar *tar)
{
	struct cs_tar_plain *p = &tar->plain;
	int64_t n = p->left + p->padding;

	p->current = false;
	p->left = p->padding = 0;
	return bytes_skip(tar, n);
}
