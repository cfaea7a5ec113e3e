# SPDX-License-Identifier: Apache-2.0
# Tests of the store: they share what records and compares builds.
unit_tests += \
	tests/test_store \
	tests/test_store_driver

store_support = tests/support/store.c tests/support/store.h tests/support/test.h

tests_test_store_SOURCES = tests/test_store.c $(store_support)
tests_test_store_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_LDADD = $(TEST_LIBS)

tests_test_store_driver_SOURCES = tests/test_store_driver.c $(store_support)
tests_test_store_driver_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_driver_LDADD = $(TEST_LIBS)
