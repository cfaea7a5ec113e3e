/* SPDX-License-Identifier: Apache-2.0 */
/* What both zip readers ask of an entry, for zip.c and zip_files.c only. */
#ifndef CS_IO_ZIP_PRIV_H
#define CS_IO_ZIP_PRIV_H

#include <archive.h>
#include <string.h>

#include "util/error.h"

/*
 * CS_UNSUPPORTED for an entry whose packer says how much memory unpacking takes (LZMA and xz: up to
 * 4 GiB for 23 bytes, PPMd: 256 MiB): libarchive sets no bound. Stored, deflate and bzip2 are what
 * artifact downloads use, and need some megabytes. The method stands in libarchive's name of the
 * format, behind the header of an entry, and nowhere else.
 */
static inline int cs_zip_method_check(struct archive *archive, struct cs_err *err)
{
	static const char *const known[] = { "(uncompressed)", "(deflation)", "(bzip)" };
	const char *format = archive_format_name(archive);

	for (size_t i = 0; i < CS_N(known); i++) {
		if (format && strstr(format, known[i]))
			return 0;
	}
	return cs_err_set(err, CS_UNSUPPORTED, "a file of the zip is packed by another method (%s)",
			  format ? format : "unknown");
}

#endif
