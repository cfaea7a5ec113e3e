# SPDX-License-Identifier: Apache-2.0
# Each target runs over its seeds here, and over what libFuzzer invents with scripts/fuzz.
# A new one: fuzz_NAME.c, its name below, seeds in seeds/NAME, a dictionary in scripts/fuzz.
fuzz_targets = \
	tests/fuzz/fuzz_attest \
	tests/fuzz/fuzz_batch \
	tests/fuzz/fuzz_brief \
	tests/fuzz/fuzz_buildah \
	tests/fuzz/fuzz_cache \
	tests/fuzz/fuzz_classic \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_decode \
	tests/fuzz/fuzz_dockerfile \
	tests/fuzz/fuzz_docs \
	tests/fuzz/fuzz_entries \
	tests/fuzz/fuzz_env \
	tests/fuzz/fuzz_escape \
	tests/fuzz/fuzz_history \
	tests/fuzz/fuzz_image \
	tests/fuzz/fuzz_inspect \
	tests/fuzz/fuzz_json \
	tests/fuzz/fuzz_kaniko \
	tests/fuzz/fuzz_layer \
	tests/fuzz/fuzz_match \
	tests/fuzz/fuzz_metadata \
	tests/fuzz/fuzz_names \
	tests/fuzz/fuzz_oci \
	tests/fuzz/fuzz_options \
	tests/fuzz/fuzz_plain \
	tests/fuzz/fuzz_rawjson \
	tests/fuzz/fuzz_record \
	tests/fuzz/fuzz_render \
	tests/fuzz/fuzz_status \
	tests/fuzz/fuzz_tar \
	tests/fuzz/fuzz_time \
	tests/fuzz/fuzz_yaml \
	tests/fuzz/fuzz_zip
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
# Folders: a seed or a dictionary needs no line of its own.
EXTRA_DIST += tests/fuzz/dict tests/fuzz/seeds

fuzz_support = tests/fuzz/fuzz.h tests/fuzz/check.c tests/fuzz/main.c tests/fuzz/support.c
fuzz_libs = libcachestat.a $(DEPS_LIBS) $(ISAL_LIBS)
tests_fuzz_fuzz_attest_SOURCES = tests/fuzz/fuzz_attest.c $(fuzz_support)
tests_fuzz_fuzz_attest_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_batch_SOURCES = tests/fuzz/fuzz_batch.c $(fuzz_support)
tests_fuzz_fuzz_batch_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_brief_SOURCES = tests/fuzz/fuzz_brief.c $(fuzz_support)
tests_fuzz_fuzz_brief_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_buildah_SOURCES = tests/fuzz/fuzz_buildah.c $(fuzz_support)
tests_fuzz_fuzz_buildah_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_cache_SOURCES = tests/fuzz/fuzz_cache.c $(fuzz_support)
tests_fuzz_fuzz_cache_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_classic_SOURCES = tests/fuzz/fuzz_classic.c $(fuzz_support)
tests_fuzz_fuzz_classic_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(fuzz_support)
tests_fuzz_fuzz_config_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_decode_SOURCES = tests/fuzz/fuzz_decode.c $(fuzz_support)
tests_fuzz_fuzz_decode_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_dockerfile_SOURCES = tests/fuzz/fuzz_dockerfile.c $(fuzz_support)
tests_fuzz_fuzz_dockerfile_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_docs_SOURCES = tests/fuzz/fuzz_docs.c $(fuzz_support)
tests_fuzz_fuzz_docs_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_entries_SOURCES = tests/fuzz/fuzz_entries.c $(fuzz_support)
tests_fuzz_fuzz_entries_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_env_SOURCES = tests/fuzz/fuzz_env.c $(fuzz_support)
tests_fuzz_fuzz_env_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_escape_SOURCES = tests/fuzz/fuzz_escape.c $(fuzz_support)
tests_fuzz_fuzz_escape_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_history_SOURCES = tests/fuzz/fuzz_history.c $(fuzz_support)
tests_fuzz_fuzz_history_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_image_SOURCES = tests/fuzz/fuzz_image.c $(fuzz_support)
tests_fuzz_fuzz_image_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_inspect_SOURCES = tests/fuzz/fuzz_inspect.c $(fuzz_support)
tests_fuzz_fuzz_inspect_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c $(fuzz_support)
tests_fuzz_fuzz_json_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_kaniko_SOURCES = tests/fuzz/fuzz_kaniko.c $(fuzz_support)
tests_fuzz_fuzz_kaniko_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_layer_SOURCES = tests/fuzz/fuzz_layer.c $(fuzz_support)
tests_fuzz_fuzz_layer_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_match_SOURCES = tests/fuzz/fuzz_match.c $(fuzz_support)
tests_fuzz_fuzz_match_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_metadata_SOURCES = tests/fuzz/fuzz_metadata.c $(fuzz_support)
tests_fuzz_fuzz_metadata_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_names_SOURCES = tests/fuzz/fuzz_names.c $(fuzz_support)
tests_fuzz_fuzz_names_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_oci_SOURCES = tests/fuzz/fuzz_oci.c $(fuzz_support)
tests_fuzz_fuzz_oci_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_options_SOURCES = tests/fuzz/fuzz_options.c $(fuzz_support)
tests_fuzz_fuzz_options_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_plain_SOURCES = tests/fuzz/fuzz_plain.c $(fuzz_support)
tests_fuzz_fuzz_plain_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_rawjson_SOURCES = tests/fuzz/fuzz_rawjson.c $(fuzz_support)
tests_fuzz_fuzz_rawjson_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_record_SOURCES = tests/fuzz/fuzz_record.c $(fuzz_support)
tests_fuzz_fuzz_record_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_render_SOURCES = tests/fuzz/fuzz_render.c tests/fuzz/formats.c tests/fuzz/formats.h \
	$(fuzz_support)
tests_fuzz_fuzz_render_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_status_SOURCES = tests/fuzz/fuzz_status.c $(fuzz_support)
tests_fuzz_fuzz_status_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_tar_SOURCES = tests/fuzz/fuzz_tar.c $(fuzz_support)
tests_fuzz_fuzz_tar_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_time_SOURCES = tests/fuzz/fuzz_time.c $(fuzz_support)
tests_fuzz_fuzz_time_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_yaml_SOURCES = tests/fuzz/fuzz_yaml.c $(fuzz_support)
tests_fuzz_fuzz_yaml_LDADD = $(fuzz_libs)
tests_fuzz_fuzz_zip_SOURCES = tests/fuzz/fuzz_zip.c $(fuzz_support)
tests_fuzz_fuzz_zip_LDADD = $(fuzz_libs)
