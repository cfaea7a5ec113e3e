# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/ci/config.c \
	src/ci/config.h \
	src/ci/env.c \
	src/ci/env.h \
	src/ci/keys.c \
	src/ci/keys.h \
	src/ci/policy.c \
	src/ci/policy.h \
	src/ci/settings.c \
	src/ci/settings.h \
	src/ci/yaml.c \
	src/ci/yaml.h

# The default policy: data, which the program carries and which is installed to be read.
dist_pkgdata_DATA = data/policy.yml
EXTRA_DIST += scripts/embed-text
nodist_libcachestat_a_SOURCES += src/ci/policy_default.c
BUILT_SOURCES += src/ci/policy_default.c
CLEANFILES += src/ci/policy_default.c

src/ci/policy_default.c: data/policy.yml scripts/embed-text
	$(AM_V_GEN)$(MKDIR_P) src/ci && \
		$(AWK) -f $(srcdir)/scripts/embed-text header=ci/policy.h name=cs_policy_default \
		$(srcdir)/data/policy.yml >$@.tmp && mv $@.tmp $@
