# SPDX-License-Identifier: Apache-2.0
# Each target runs over its seeds here, and over what libFuzzer invents with tests/fuzz/run.
fuzz_targets = \
	tests/fuzz/fuzz_buildah \
	tests/fuzz/fuzz_classic \
	tests/fuzz/fuzz_dockerfile \
	tests/fuzz/fuzz_docs \
	tests/fuzz/fuzz_history \
	tests/fuzz/fuzz_inspect \
	tests/fuzz/fuzz_kaniko \
	tests/fuzz/fuzz_metadata \
	tests/fuzz/fuzz_plain \
	tests/fuzz/fuzz_rawjson \
	tests/fuzz/fuzz_record \
	tests/fuzz/fuzz_status \
	tests/fuzz/fuzz_zip
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
EXTRA_DIST += \
	tests/fuzz/run \
	tests/fuzz/seeds/dockerfile/all \
	tests/fuzz/seeds/dockerfile/backtick \
	tests/fuzz/seeds/dockerfile/ignore \
	tests/fuzz/seeds/dockerfile/open-heredoc \
	tests/fuzz/seeds/history/line \
	tests/fuzz/seeds/kaniko/json \
	tests/fuzz/seeds/kaniko/text \
	tests/fuzz/seeds/record/pulled \
	tests/fuzz/seeds/status/pulled \
	tests/fuzz/seeds/zip/several

fuzz_support = tests/fuzz/fuzz.h tests/fuzz/main.c tests/fuzz/support.c
fuzz_libs = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)
tests_fuzz_fuzz_buildah_SOURCES = tests/fuzz/fuzz_buildah.c $(fuzz_support)
tests_fuzz_fuzz_buildah_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_classic_SOURCES = tests/fuzz/fuzz_classic.c $(fuzz_support)
tests_fuzz_fuzz_classic_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_dockerfile_SOURCES = tests/fuzz/fuzz_dockerfile.c $(fuzz_support)
tests_fuzz_fuzz_dockerfile_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_docs_SOURCES = tests/fuzz/fuzz_docs.c $(fuzz_support)
tests_fuzz_fuzz_docs_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_history_SOURCES = tests/fuzz/fuzz_history.c $(fuzz_support)
tests_fuzz_fuzz_history_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_inspect_SOURCES = tests/fuzz/fuzz_inspect.c $(fuzz_support)
tests_fuzz_fuzz_inspect_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_kaniko_SOURCES = tests/fuzz/fuzz_kaniko.c $(fuzz_support)
tests_fuzz_fuzz_kaniko_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_metadata_SOURCES = tests/fuzz/fuzz_metadata.c $(fuzz_support)
tests_fuzz_fuzz_metadata_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_plain_SOURCES = tests/fuzz/fuzz_plain.c $(fuzz_support)
tests_fuzz_fuzz_plain_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_rawjson_SOURCES = tests/fuzz/fuzz_rawjson.c $(fuzz_support)
tests_fuzz_fuzz_rawjson_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c $(fuzz_support)
tests_fuzz_fuzz_record_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_status_SOURCES = tests/fuzz/fuzz_status.c $(fuzz_support)
tests_fuzz_fuzz_status_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_zip_SOURCES = tests/fuzz/fuzz_zip.c $(fuzz_support)
tests_fuzz_fuzz_zip_LDADD = $(fuzz_libs)
