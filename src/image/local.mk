# SPDX-License-Identifier: Apache-2.0

# One layer: its pass, its entry list, its difference from another.
libcachestat_a_SOURCES += \
	src/image/entries.h \
	src/image/entries_code.c src/image/entries_code.h \
	src/image/entries_read.c \
	src/image/entries_write.c
