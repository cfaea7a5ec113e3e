# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/util/arena.c \
	src/util/arena.h \
	src/util/base64.c \
	src/util/base64.h \
	src/util/buf.c \
	src/util/buf.h \
	src/util/cleanup.h \
	src/util/ctx.c \
	src/util/ctx.h \
	src/util/error.c \
	src/util/error.h \
	src/util/file.c \
	src/util/file.h \
	src/util/hash.h \
	src/util/json.c \
	src/util/json.h \
	src/util/limits.c \
	src/util/limits.h \
	src/util/sandbox.c \
	src/util/sandbox.h \
	src/util/sandbox_calls.c \
	src/util/secret.c \
	src/util/secret.h \
	src/util/redact.c \
	src/util/sha256.c \
	src/util/sha256.h \
	src/util/text.c \
	src/util/text.h \
	src/util/varint.h \
	src/util/time.c \
	src/util/time.h
