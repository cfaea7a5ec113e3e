# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/io/ahead.c \
	src/io/decode.c \
	src/io/decode_priv.h \
	src/io/git.c \
	src/io/git.h \
	src/io/git_lib.c \
	src/io/git_lib.h \
	src/io/gzip.c \
	src/io/gzip_isal.c \
	src/io/gzip_zlib.c \
	src/io/stream.c \
	src/io/stream.h \
	src/io/stream_file.c \
	src/io/stream_priv.h \
	src/io/tap.c \
	src/io/tar.c \
	src/io/tar.h \
	src/io/tar_attrs.c \
	src/io/tar_index.c \
	src/io/tar_plain.c \
	src/io/tar_priv.h \
	src/io/xz.c \
	src/io/zip.c \
	src/io/zip.h \
	src/io/zip_files.c \
	src/io/zip_priv.h \
	src/io/zstd.c
