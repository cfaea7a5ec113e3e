# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/ci/config.c \
	src/ci/config.h \
	src/ci/env.c \
	src/ci/env.h \
	src/ci/yaml.c \
	src/ci/yaml.h
