# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/model/build.c \
	src/model/build.h \
	src/model/build_image.c \
	src/model/cache.c \
	src/model/cache.h \
	src/model/digest.c \
	src/model/digest.h \
	src/model/dockerfile.c \
	src/model/dockerfile.h \
	src/model/dockerfile_words.c \
	src/model/dockerfile_words.h \
	src/model/filter.c \
	src/model/filter.h \
	src/model/image.c \
	src/model/image.h \
	src/model/instruction.c \
	src/model/instruction.h \
	src/model/kin.c \
	src/model/merge.c \
	src/model/merge.h \
	src/model/merge_facts.c \
	src/model/merge_facts.h \
	src/model/order.c \
	src/model/order.h \
	src/model/pathmatch.c \
	src/model/pathmatch.h \
	src/model/policy.c \
	src/model/policy.h \
	src/model/recipe.h \
	src/model/run.h \
	src/model/sha256_pair.c \
	src/model/sha256_pair.h \
	src/model/step.c \
	src/model/step.h
