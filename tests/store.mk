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

unit_tests += tests/test_store_nightly
tests_test_store_nightly_SOURCES = tests/test_store_nightly.c tests/support/fault.c \
	tests/support/fault.h $(store_support)
tests_test_store_nightly_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_nightly_LDADD = $(TEST_LIBS)
unit_tests += tests/test_store_fault
tests_test_store_fault_SOURCES = tests/test_store_fault.c tests/support/fault.c \
	tests/support/fault.h $(store_support)
tests_test_store_fault_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_fault_LDADD = $(TEST_LIBS)

unit_tests += tests/test_store_care
tests_test_store_care_SOURCES = tests/test_store_care.c $(store_support)
tests_test_store_care_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_care_LDADD = $(TEST_LIBS)

# The store compiled once more, with the places where it can be killed.
unit_tests += tests/test_store_kill
tests_test_store_kill_SOURCES = tests/test_store_kill.c $(store_support) $(store_sources)
tests_test_store_kill_CPPFLAGS = $(AM_CPPFLAGS) -DCACHESTAT_TEST_POINTS
tests_test_store_kill_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_kill_LDADD = $(TEST_LIBS)

# A large history out of a seed. Not built by default: make tests/gen_store (scripts/bench does).
EXTRA_PROGRAMS = tests/gen_store tests/bench/floor
CLEANFILES += tests/gen_store$(EXEEXT) tests/bench/floor$(EXEEXT)
history_support = tests/support/history.c tests/support/history.h tests/support/history_build.c \
	tests/support/history_impl.h
tests_gen_store_SOURCES = tests/gen_store.c $(history_support)
tests_gen_store_LDADD = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS) -lm
# Nor this one: what the machine can do at best, beside what a scan takes.
tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)

unit_tests += tests/test_store_layers
tests_test_store_layers_SOURCES = tests/test_store_layers.c $(store_support)
tests_test_store_layers_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_layers_LDADD = $(TEST_LIBS)

unit_tests += tests/test_store_file
tests_test_store_file_SOURCES = tests/test_store_file.c $(store_support)
tests_test_store_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_file_LDADD = $(TEST_LIBS)

unit_tests += tests/test_merge
tests_test_merge_SOURCES = tests/test_merge.c $(store_support)
tests_test_merge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_merge_LDADD = $(TEST_LIBS)

unit_tests += tests/test_intake
tests_test_intake_SOURCES = tests/test_intake.c $(store_support)
tests_test_intake_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_intake_LDADD = $(TEST_LIBS)
unit_tests += tests/test_store_join
tests_test_store_join_SOURCES = tests/test_store_join.c $(store_support)
tests_test_store_join_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_join_LDADD = $(TEST_LIBS)

unit_tests += tests/test_store_runs
tests_test_store_runs_SOURCES = tests/test_store_runs.c $(store_support)
tests_test_store_runs_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_runs_LDADD = $(TEST_LIBS)

unit_tests += tests/test_gen
tests_test_gen_SOURCES = tests/test_gen.c tests/support/test.h $(history_support)
tests_test_gen_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_gen_LDADD = $(TEST_LIBS) -lm

unit_tests += tests/test_store_power
tests_test_store_power_SOURCES = tests/test_store_power.c tests/support/power.c \
	tests/support/power.h $(store_support)
tests_test_store_power_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_store_power_LDADD = $(TEST_LIBS)
