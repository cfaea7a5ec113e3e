# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/io/stream.c \
	src/io/stream.h \
	src/io/stream_file.c \
	src/io/stream_priv.h \
	src/io/tap.c
