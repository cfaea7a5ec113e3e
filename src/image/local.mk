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
