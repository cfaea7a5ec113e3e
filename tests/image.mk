# SPDX-License-Identifier: Apache-2.0
# Images: documents, provenance and base, loading.
image_tests = \
	tests/test_attest \
	tests/test_load \
	tests/test_load_bad \
	tests/test_load_choice \
	tests/test_manifest

if HAVE_CMOCKA
check_PROGRAMS += $(image_tests)
TESTS += $(image_tests)
endif

image_support = tests/support/image.c tests/support/image.h tests/support/image_files.c \
	tests/support/io.c tests/support/io.h tests/support/tar.c tests/support/tar.h \
	tests/support/test.h

tests_test_attest_SOURCES = tests/test_attest.c tests/support/io.c tests/support/io.h \
	tests/support/test.h
tests_test_attest_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_attest_LDADD = $(TEST_LIBS)

tests_test_load_SOURCES = tests/test_load.c $(image_support)
tests_test_load_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_load_LDADD = $(TEST_LIBS)

tests_test_load_bad_SOURCES = tests/test_load_bad.c $(image_support)
tests_test_load_bad_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_load_bad_LDADD = $(TEST_LIBS)

tests_test_load_choice_SOURCES = tests/test_load_choice.c $(image_support)
tests_test_load_choice_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_load_choice_LDADD = $(TEST_LIBS)

tests_test_manifest_SOURCES = tests/test_manifest.c tests/support/test.h
tests_test_manifest_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_manifest_LDADD = $(TEST_LIBS)

EXTRA_DIST += \
	tests/fixtures/image/README.md \
	tests/fixtures/image/buildah-docker-archive.tar.zst \
	tests/fixtures/image/crane-tarball.tar \
	tests/fixtures/image/oci-multi-attested.tar \
	tests/fixtures/image/provenance-link.json \
	tests/fixtures/image/provenance-max.json \
	tests/fixtures/image/save28-containerd-multi-arm64only.tar \
	tests/fixtures/image/save28-containerd-multi.tar \
	tests/fixtures/image/save28-graphdriver.tar.zst
