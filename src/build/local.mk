# SPDX-License-Identifier: Apache-2.0
libcachestat_a_SOURCES += \
	src/build/archive.c \
	src/build/archive.h \
	src/build/buildah.c \
	src/build/cache_config.c \
	src/build/cache_config.h \
	src/build/cache_export.c \
	src/build/cache_export.h \
	src/build/cache_local.c \
	src/build/cache_local.h \
	src/build/classic.c \
	src/build/classify.c \
	src/build/doc.c \
	src/build/doc.h \
	src/build/facts.c \
	src/build/facts.h \
	src/build/fold.c \
	src/build/fold.h \
	src/build/inspect.c \
	src/build/kaniko.c \
	src/build/lines.c \
	src/build/lines.h \
	src/build/metadata.c \
	src/build/parsers.c \
	src/build/parsers.h \
	src/build/plain.c \
	src/build/provenance.c \
	src/build/prune.c \
	src/build/prune.h \
	src/build/rawjson.c \
	src/build/record.c \
	src/build/record_json.c \
	src/build/stages.c \
	src/build/stages.h \
	src/build/status.c \
	src/build/status.h \
	src/build/steps.c \
	src/build/steps.h \
	src/build/zip.c

# Generated where it is built and not shipped: the .proto is the source, and the generator must fit
# the library that is linked.
nodist_libcachestat_a_SOURCES += src/build/status.pb-c.c src/build/status.pb-c.h
EXTRA_DIST += src/build/status.proto
BUILT_SOURCES += src/build/status.pb-c.h
CLEANFILES += src/build/status.pb-c.c src/build/status.pb-c.h

src/build/status.pb-c.c: $(srcdir)/src/build/status.proto
	$(AM_V_GEN)$(MKDIR_P) src/build && \
	$(PROTOC_C) --proto_path=$(srcdir)/src/build --c_out=src/build $(srcdir)/src/build/status.proto
src/build/status.pb-c.h: src/build/status.pb-c.c
	@test -f $@ || { rm -f src/build/status.pb-c.c && $(MAKE) $(AM_MAKEFLAGS) src/build/status.pb-c.c; }
src/build/status.$(OBJEXT): src/build/status.pb-c.h
