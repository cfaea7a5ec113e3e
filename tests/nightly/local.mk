# SPDX-License-Identifier: Apache-2.0
# A month of nights. The program once more, with the places where it can be killed.
check_PROGRAMS += tests/support/cachestat_kill
tests_support_cachestat_kill_SOURCES = src/main.c src/cmd/nightly_report.c \
	$(store_sources)
tests_support_cachestat_kill_CPPFLAGS = $(AM_CPPFLAGS) -DCACHESTAT_TEST_POINTS
tests_support_cachestat_kill_LDADD = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)
if !SANITIZERS
TESTS += tests/nightly/changes tests/nightly/inbox tests/nightly/month
endif
TESTS += tests/action.sh tests/nightly/shipped
EXTRA_DIST += tests/nightly/changes tests/nightly/inbox tests/nightly/month tests/nightly/shipped \
	tests/action.sh data/nightly/README.md

# What runs the job, and what watches it: nothing is enabled by installing.
nightlydir = $(pkgdatadir)/nightly
dist_nightly_DATA = \
	data/nightly/cachestat-nightly.service \
	data/nightly/cachestat-nightly.timer \
	data/nightly/cachestat-rules.yml \
	data/nightly/cachestat.cron \
	data/nightly/github-workflow.yml \
	data/nightly/grafana-dashboard.json
EXTRA_DIST += scripts/action/README.md scripts/action/action.yml scripts/action/run
