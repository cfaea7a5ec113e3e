# SPDX-License-Identifier: Apache-2.0
include tests/bad/local.mk
include tests/compare/local.mk
include tests/faults/local.mk
include tests/scripts/local.mk

# One program per module (cmocka); a new test is one line here.
unit_tests = \
	tests/test_bootstrap \
	tests/test_brief \
	tests/test_briefs \
	tests/test_compare \
	tests/test_gate \
	tests/test_sandbox \
	tests/test_selection \
	tests/test_layer_bounds \
	tests/test_layer_scan \
	tests/test_diff \
	tests/test_entries_damaged \
	tests/test_entries \
	tests/test_ahead \
	tests/test_args \
	tests/test_charts \
	tests/test_config \
	tests/test_digest \
	tests/test_env \
	tests/test_escape \
	tests/test_facts \
	tests/test_file \
	tests/test_fmt \
	tests/test_help \
	tests/test_history \
	tests/test_hostile_report \
	tests/test_io \
	tests/test_io_decode \
	tests/test_figures \
	tests/test_listing \
	tests/test_observed \
	tests/test_openmetrics \
	tests/test_output \
	tests/test_price \
	tests/test_render \
	tests/test_report \
	tests/test_policy \
	tests/test_stats \
	tests/test_strategy \
	tests/test_duplicates \
	tests/test_tar \
	tests/test_tar_bad \
	tests/test_tar_plain \
	tests/test_terminal \
	tests/test_text \
	tests/test_util \
	tests/test_verdict

# Exact output of the command line (tests/cli/run.sh); a new file is one line here.
cli_tests = \
	tests/cli/analyze.t \
	tests/cli/care.t \
	tests/cli/check.t \
	tests/cli/compare.t \
	tests/cli/nightlies.t \
	tests/cli/nightly.t \
	tests/cli/record.t \
	tests/cli/report.t \
	tests/cli/show.t \
	tests/cli/stats.t \
	tests/cli/strategy.t \
	tests/cli/usage.t

TEST_EXTENSIONS = .sh .t
T_LOG_COMPILER = $(SHELL) $(srcdir)/tests/cli/run.sh
AM_TESTS_ENVIRONMENT = CACHESTAT='$(abs_builddir)/cachestat$(EXEEXT)'; export CACHESTAT;
TESTS += $(cli_tests) tests/cli/docs.sh
EXTRA_DIST += $(cli_tests) tests/cli/docs.sh tests/cli/run.sh

if HAVE_CMOCKA
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif

TEST_LIBS = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS) $(CMOCKA_LIBS)

tests_test_bootstrap_SOURCES = tests/test_bootstrap.c tests/support/test.h
tests_test_bootstrap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_bootstrap_LDADD = $(TEST_LIBS)

tests_test_compare_SOURCES = tests/test_compare.c tests/support/test.h
tests_test_compare_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_compare_LDADD = $(TEST_LIBS)

tests_test_gate_SOURCES = tests/test_gate.c tests/support/test.h
tests_test_gate_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_gate_LDADD = $(TEST_LIBS)

tests_test_sandbox_SOURCES = tests/test_sandbox.c tests/support/test.h
tests_test_sandbox_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_sandbox_LDADD = $(TEST_LIBS)

tests_test_selection_SOURCES = tests/test_selection.c tests/support/test.h
tests_test_selection_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_selection_LDADD = $(TEST_LIBS)

tests_test_escape_SOURCES = tests/test_escape.c tests/support/test.h
tests_test_escape_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_escape_LDADD = $(TEST_LIBS)

tests_test_fmt_SOURCES = tests/test_fmt.c tests/support/test.h
tests_test_fmt_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_fmt_LDADD = $(TEST_LIBS)

tests_test_hostile_report_SOURCES = tests/test_hostile_report.c tests/support/test.h \
	tests/support/report.c tests/support/report.h
tests_test_hostile_report_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_hostile_report_LDADD = $(TEST_LIBS)

tests_test_render_SOURCES = tests/test_render.c tests/support/test.h \
	tests/support/report.c tests/support/report.h tests/support/sample.c \
	tests/support/sample.h tests/support/sample_bad.c
tests_test_render_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_render_LDADD = $(TEST_LIBS)

EXTRA_DIST += \
	tests/golden/report/hostile.html \
	tests/golden/report/hostile.md \
	tests/golden/report/layers.csv \
	tests/golden/report/layers.jsonl \
	tests/golden/report/report-verbose.md \
	tests/golden/report/report.csv \
	tests/golden/report/report.html \
	tests/golden/report/report.json \
	tests/golden/report/report.jsonl \
	tests/golden/report/report.md \
	tests/golden/report/report.prom \
	tests/golden/report/sample-3000.md \
	tests/golden/report/sample-compact.md \
	tests/golden/report/sample-headlines.csv \
	tests/golden/report/sample-warnings.jsonl \
	tests/golden/report/sample.html \
	tests/golden/report/sample.json \
	tests/golden/report/sample.md \
	tests/golden/report/sample.prom \
	tests/golden/report/sample.txt \
	tests/golden/report/table-100.txt \
	tests/golden/report/table-60-ascii.txt \
	tests/golden/report/table-verbose-color.txt \
	tests/golden/report/table.txt \
	tests/support/copy_records.py \
	tests/support/judge_report.py

# Whole sample reports in any format, for browsers and promtool.
check_PROGRAMS += tests/support/render_sample
tests_support_render_sample_SOURCES = tests/support/render_sample.c tests/support/sample.c \
	tests/support/sample.h tests/support/sample_bad.c
tests_support_render_sample_LDADD = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)

tests_test_charts_SOURCES = tests/test_charts.c tests/support/test.h
tests_test_charts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_charts_LDADD = $(TEST_LIBS)

tests_test_openmetrics_SOURCES = tests/test_openmetrics.c tests/support/test.h \
	tests/support/report.c tests/support/report.h
tests_test_openmetrics_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_openmetrics_LDADD = $(TEST_LIBS)

tests_test_report_SOURCES = tests/test_report.c tests/support/test.h \
	tests/support/report.c tests/support/report.h
tests_test_report_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_report_LDADD = $(TEST_LIBS)

tests_test_util_SOURCES = tests/test_util.c tests/support/test.h
tests_test_util_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_util_LDADD = $(TEST_LIBS)

tests_test_observed_SOURCES = tests/test_observed.c tests/support/test.h
tests_test_observed_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_observed_LDADD = $(TEST_LIBS)

tests_test_verdict_SOURCES = tests/test_verdict.c tests/support/test.h
tests_test_verdict_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_verdict_LDADD = $(TEST_LIBS)

tests_test_price_SOURCES = tests/test_price.c tests/support/steps.h tests/support/test.h
tests_test_price_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_price_LDADD = $(TEST_LIBS)

tests_test_history_SOURCES = tests/test_history.c tests/support/steps.h tests/support/test.h
tests_test_history_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_history_LDADD = $(TEST_LIBS)

tests_test_figures_SOURCES = tests/test_figures.c tests/support/steps.h tests/support/test.h
tests_test_figures_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_figures_LDADD = $(TEST_LIBS)

tests_test_listing_SOURCES = tests/test_listing.c tests/support/steps.h tests/support/test.h
tests_test_listing_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_listing_LDADD = $(TEST_LIBS)

tests_test_brief_SOURCES = tests/test_brief.c tests/support/test.h
tests_test_brief_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_brief_LDADD = $(TEST_LIBS)
tests_test_briefs_SOURCES = tests/test_briefs.c tests/support/steps.h tests/support/test.h
tests_test_briefs_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_briefs_LDADD = $(TEST_LIBS)
tests_test_stats_SOURCES = tests/test_stats.c tests/support/test.h
tests_test_stats_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_stats_LDADD = $(TEST_LIBS)

tests_test_policy_SOURCES = tests/test_policy.c tests/support/test.h
tests_test_policy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_policy_LDADD = $(TEST_LIBS)

tests_test_strategy_SOURCES = tests/test_strategy.c tests/support/test.h tests/support/window.h
tests_test_strategy_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_strategy_LDADD = $(TEST_LIBS)

tests_test_duplicates_SOURCES = tests/test_duplicates.c tests/support/test.h tests/support/window.h
tests_test_duplicates_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_duplicates_LDADD = $(TEST_LIBS)

tests_test_ahead_SOURCES = tests/test_ahead.c tests/support/io.c tests/support/io.h tests/support/test.h
tests_test_ahead_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_ahead_LDADD = $(TEST_LIBS)

tests_test_digest_SOURCES = tests/test_digest.c tests/support/io.c tests/support/io.h tests/support/test.h
tests_test_digest_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_digest_LDADD = $(TEST_LIBS)

tests_test_io_SOURCES = tests/test_io.c tests/support/io.c tests/support/io.h tests/support/test.h
tests_test_io_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_io_LDADD = $(TEST_LIBS)

tests_test_io_decode_SOURCES = tests/test_io_decode.c tests/support/io.c tests/support/io.h \
	tests/support/test.h
tests_test_io_decode_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_io_decode_LDADD = $(TEST_LIBS)

tests_test_tar_SOURCES = tests/test_tar.c tests/support/io.c tests/support/io.h \
	tests/support/tar.c tests/support/tar.h tests/support/test.h
tests_test_tar_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_tar_LDADD = $(TEST_LIBS)

tests_test_tar_plain_SOURCES = tests/test_tar_plain.c tests/support/io.c tests/support/io.h \
	tests/support/tar.c tests/support/tar.h tests/support/test.h
tests_test_tar_plain_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_tar_plain_LDADD = $(TEST_LIBS)

tests_test_tar_bad_SOURCES = tests/test_tar_bad.c tests/support/io.c tests/support/io.h \
	tests/support/tar.c tests/support/tar.h tests/support/test.h
tests_test_tar_bad_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_tar_bad_LDADD = $(TEST_LIBS)

EXTRA_DIST += \
	tests/fixtures/tar/README.md \
	tests/fixtures/tar/make.py \
	tests/fixtures/tar/gnu.list \
	tests/fixtures/tar/gnu.tar.zst \
	tests/fixtures/tar/layer-estargz.list \
	tests/fixtures/tar/layer-estargz.tar.gz \
	tests/fixtures/tar/layer-zstdchunked.list \
	tests/fixtures/tar/layer-zstdchunked.tar.zst \
	tests/fixtures/tar/pax.list \
	tests/fixtures/tar/pax.tar.zst \
	tests/fixtures/tar/sparse-gnu.list \
	tests/fixtures/tar/sparse-gnu.tar.zst \
	tests/fixtures/tar/sparse-pax-0.0.list \
	tests/fixtures/tar/sparse-pax-0.0.tar.zst \
	tests/fixtures/tar/sparse-pax-0.1.list \
	tests/fixtures/tar/sparse-pax-0.1.tar.zst \
	tests/fixtures/tar/sparse-pax-1.0.list \
	tests/fixtures/tar/sparse-pax-1.0.tar.zst \
	tests/fixtures/tar/special.list \
	tests/fixtures/tar/special.tar.zst \
	tests/fixtures/tar/ustar.list \
	tests/fixtures/tar/ustar.tar.zst \
	tests/fixtures/tar/v7.list \
	tests/fixtures/tar/v7.tar.zst

tests_test_entries_SOURCES = tests/test_entries.c tests/support/test.h tests/support/entry_list.h
tests_test_entries_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_entries_LDADD = $(TEST_LIBS)

tests_test_entries_damaged_SOURCES = tests/test_entries_damaged.c tests/support/test.h \
	tests/support/entry_list.h
tests_test_entries_damaged_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_entries_damaged_LDADD = $(TEST_LIBS)

tests_test_diff_SOURCES = tests/test_diff.c tests/support/test.h tests/support/entry_list.h
tests_test_diff_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_diff_LDADD = $(TEST_LIBS)

tests_test_layer_scan_SOURCES = tests/test_layer_scan.c tests/support/test.h \
	tests/support/entry_list.h tests/support/layer.h tests/support/tarball.h
tests_test_layer_scan_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_layer_scan_LDADD = $(TEST_LIBS)

tests_test_layer_bounds_SOURCES = tests/test_layer_bounds.c tests/support/test.h \
	tests/support/layer.h tests/support/tarball.h
tests_test_layer_bounds_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_layer_bounds_LDADD = $(TEST_LIBS)

# Digests of layers against a second implementation.
check_PROGRAMS += tests/support/layer_list
tests_support_layer_list_SOURCES = tests/support/layer_list.c
tests_support_layer_list_LDADD = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)
TESTS += tests/content_digest.sh
EXTRA_DIST += tests/content_digest.sh tests/support/content_digest.py
tests_test_config_SOURCES = tests/test_config.c tests/support/test.h
tests_test_config_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_config_LDADD = $(TEST_LIBS)

tests_test_env_SOURCES = tests/test_env.c tests/support/test.h tests/support/env.h
tests_test_env_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_env_LDADD = $(TEST_LIBS)

tests_test_file_SOURCES = tests/test_file.c tests/support/test.h
tests_test_file_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_file_LDADD = $(TEST_LIBS)

tests_test_text_SOURCES = tests/test_text.c tests/support/test.h
tests_test_text_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_text_LDADD = $(TEST_LIBS)

tests_test_output_SOURCES = tests/test_output.c tests/support/test.h tests/support/env.h
tests_test_output_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_output_LDADD = $(TEST_LIBS)

tests_test_args_SOURCES = tests/test_args.c tests/support/test.h tests/support/env.h
tests_test_args_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_args_LDADD = $(TEST_LIBS)

tests_test_facts_SOURCES = tests/test_facts.c tests/support/test.h tests/support/env.h
tests_test_facts_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_facts_LDADD = $(TEST_LIBS)

tests_test_help_SOURCES = tests/test_help.c tests/support/test.h tests/support/env.h
tests_test_help_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_help_LDADD = $(TEST_LIBS)

tests_test_terminal_SOURCES = tests/test_terminal.c tests/support/test.h tests/support/env.h
tests_test_terminal_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_terminal_LDADD = $(TEST_LIBS)
include tests/store.mk
include tests/image.mk
include tests/build.mk
include tests/cache.mk
include tests/report.mk
include tests/why.mk
include tests/nightly/local.mk
