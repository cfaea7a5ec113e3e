# SPDX-License-Identifier: Apache-2.0
# Causes of misses: Dockerfiles, commits, the rules of M12.
unit_tests += \
	tests/test_dockerfile \
	tests/test_git \
	tests/test_why

tests_test_dockerfile_SOURCES = tests/test_dockerfile.c tests/support/test.h
tests_test_dockerfile_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_dockerfile_LDADD = $(TEST_LIBS)

tests_test_git_SOURCES = tests/test_git.c tests/support/test.h
tests_test_git_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_git_LDADD = $(TEST_LIBS) $(GIT2_LIBS)

tests_test_why_SOURCES = tests/test_why.c tests/support/test.h
tests_test_why_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_why_LDADD = $(TEST_LIBS)

if !SANITIZERS
if HAVE_LIBGIT2
TESTS += tests/compare/why
endif
endif
TESTS += tests/compare/why_done
EXTRA_DIST += tests/compare/why tests/compare/why_done \
	tests/fixtures/why/README.md tests/fixtures/why/expect.json \
	tests/fixtures/why/fetched-1.dockerbuild tests/fixtures/why/fetched-2.dockerbuild \
	tests/fixtures/why/fetched-3.dockerbuild \
	tests/fixtures/why/min-1.dockerbuild tests/fixtures/why/min-2.dockerbuild \
	tests/fixtures/why/turns-1.dockerbuild tests/fixtures/why/turns-2.dockerbuild \
	tests/fixtures/why/turns-3.dockerbuild tests/fixtures/why/turns-4.dockerbuild \
	tests/fixtures/why/turns-5.dockerbuild tests/fixtures/why/turns-6.dockerbuild \
	tests/fixtures/why/uncommitted-1.dockerbuild tests/fixtures/why/uncommitted-2.dockerbuild \
	tests/fixtures/why/uncommitted-3.dockerbuild
cli_tests += tests/cli/why.t
