# SPDX-License-Identifier: Apache-2.0
# One library holds everything but main.c; the program, the tests and the fuzzers link the same one.
libcachestat_a_SOURCES =
nodist_libcachestat_a_SOURCES =
cachestat_SOURCES = src/main.c
cachestat_LDADD = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)

include src/util/local.mk
include src/model/local.mk
include src/report/local.mk
include src/io/local.mk
include src/image/local.mk
include src/build/local.mk
include src/ci/local.mk
include src/store/local.mk
include src/metrics/local.mk
include src/view/local.mk
include src/cmd/local.mk
