# SPDX-License-Identifier: Apache-2.0
# Tests of builders' documents.
check_PROGRAMS += tests/support/docdump
tests_support_docdump_SOURCES = tests/support/docdump.c
tests_support_docdump_LDADD = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)

unit_tests += \
	tests/test_build_classify \
	tests/test_build_docs \
	tests/test_build_lines \
	tests/test_build_logs \
	tests/test_build_nomem \
	tests/test_build_plain \
	tests/test_build_record \
	tests/test_build_status

doc_support = tests/support/docs.c tests/support/docs.h tests/support/io.c tests/support/io.h \
	tests/support/test.h

tests_test_build_lines_SOURCES = tests/test_build_lines.c $(doc_support)
tests_test_build_lines_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_lines_LDADD = $(TEST_LIBS)

tests_test_build_classify_SOURCES = tests/test_build_classify.c tests/support/test.h
tests_test_build_classify_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_classify_LDADD = $(TEST_LIBS)

tests_test_build_status_SOURCES = tests/test_build_status.c tests/support/wire.h $(doc_support)
tests_test_build_status_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_status_LDADD = $(TEST_LIBS)

tests_test_build_record_SOURCES = tests/test_build_record.c tests/support/tar.c tests/support/tar.h \
	tests/support/wire.h $(doc_support)
tests_test_build_record_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_record_LDADD = $(TEST_LIBS)

tests_test_build_plain_SOURCES = tests/test_build_plain.c $(doc_support)
tests_test_build_plain_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_plain_LDADD = $(TEST_LIBS)

tests_test_build_logs_SOURCES = tests/test_build_logs.c $(doc_support)
tests_test_build_logs_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_logs_LDADD = $(TEST_LIBS)

tests_test_build_docs_SOURCES = tests/test_build_docs.c $(doc_support)
tests_test_build_docs_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_docs_LDADD = $(TEST_LIBS)

tests_test_build_nomem_SOURCES = tests/test_build_nomem.c $(doc_support)
tests_test_build_nomem_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_build_nomem_LDADD = $(TEST_LIBS)

include tests/fuzz/local.mk

if !SANITIZERS
TESTS += tests/compare/docs
endif
EXTRA_DIST += \
	tests/compare/docs \
	tests/fixtures/build/README.md \
	tests/fixtures/build/buildah.log \
	tests/fixtures/build/canceled.dockerbuild \
	tests/fixtures/build/canceled.plain \
	tests/fixtures/build/classic-1.log \
	tests/fixtures/build/classic-2.log \
	tests/fixtures/build/failed.dockerbuild \
	tests/fixtures/build/failed.plain \
	tests/fixtures/build/four-records.dockerbuild \
	tests/fixtures/build/github.plain \
	tests/fixtures/build/import-missing.dockerbuild \
	tests/fixtures/build/inspect.json \
	tests/fixtures/build/metadata-max.json \
	tests/fixtures/build/metadata.json \
	tests/fixtures/build/pulled.dockerbuild \
	tests/fixtures/build/pulled.plain \
	tests/fixtures/build/pulled.rawjson \
	tests/fixtures/build/replay.plain
