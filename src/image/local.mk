# SPDX-License-Identifier: Apache-2.0

# One layer: its pass, its entry list, its difference from another.
libcachestat_a_SOURCES += \
	src/image/diff.c src/image/diff.h \
	src/image/diff_order.c src/image/diff_order.h \
	src/image/entries.h \
	src/image/entries_code.c src/image/entries_code.h \
	src/image/entries_read.c \
	src/image/entries_write.c \
	src/image/layer_scan.c src/image/layer_scan.h \
	src/image/layers_pair.c

libcachestat_a_SOURCES += \
	src/image/assemble.c \
	src/image/assemble.h \
	src/image/attest.c \
	src/image/attest.h \
	src/image/base.c \
	src/image/base.h \
	src/image/blob.c \
	src/image/blob.h \
	src/image/config.c \
	src/image/config.h \
	src/image/layout.c \
	src/image/layout.h \
	src/image/layout_walk.c \
	src/image/load.c \
	src/image/load.h \
	src/image/manifest.c \
	src/image/manifest.h \
	src/image/members.c \
	src/image/members.h \
	src/image/provenance_graph.c \
	src/image/reference.c \
	src/image/reference.h \
	src/image/scan_pool.c \
	src/image/scan_pool.h \
	src/image/select.c \
	src/image/select.h \
	src/image/source.h \
	src/image/source_dir.c \
	src/image/source_stream.c \
	src/image/source_tar.c \
	src/image/sources.c
