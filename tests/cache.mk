# SPDX-License-Identifier: Apache-2.0
# Exported build caches: the config, where it lies, what it is good for.
unit_tests += \
	tests/test_cache_config \
	tests/test_cache_export \
	tests/test_cache_figures
cli_tests += tests/cli/cache.t

tests_test_cache_config_SOURCES = tests/test_cache_config.c tests/support/test.h
tests_test_cache_config_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_cache_config_LDADD = $(TEST_LIBS)

tests_test_cache_export_SOURCES = tests/test_cache_export.c $(image_support)
tests_test_cache_export_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_cache_export_LDADD = $(TEST_LIBS)

tests_test_cache_figures_SOURCES = tests/test_cache_figures.c tests/support/test.h
tests_test_cache_figures_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
tests_test_cache_figures_LDADD = $(TEST_LIBS)

if !SANITIZERS
TESTS += tests/compare/cache
endif
EXTRA_DIST += \
	tests/compare/cache \
	tests/fixtures/cache/README.md \
	tests/fixtures/cache/before/cacheconfig.json \
	tests/fixtures/cache/before/manifest.json \
	tests/fixtures/cache/index.tar.gz \
	tests/fixtures/cache/index/cacheconfig.json \
	tests/fixtures/cache/index/manifest.json \
	tests/fixtures/cache/inline.tar \
	tests/fixtures/cache/max/blobs/sha256/0873e189640edd12e5dcc595e491cea5f2458a56d3c20dfca849c08bb8956542 \
	tests/fixtures/cache/max/blobs/sha256/17efc0cb5233eaf7d3ceda10f43c475dfa3dc3e259e9f68e27f2a63ea61b4827 \
	tests/fixtures/cache/max/blobs/sha256/243591cf28cb6d5eff7765f8f43632732d156905016f4ed638af6066de6efd4d \
	tests/fixtures/cache/max/blobs/sha256/6945f66be4c07a2cd7ec95856b8ebbc6c5bb673da7a4156659175616d81d4eec \
	tests/fixtures/cache/max/blobs/sha256/838b71b987eec94d78af4ddeb58a1977b1648f2905660f92dee40804dd883671 \
	tests/fixtures/cache/max/blobs/sha256/8500dc909caf75491f6eace0ad965161621fed36d758619199837435210328ce \
	tests/fixtures/cache/max/blobs/sha256/885c50e386b6ba275fdd0f90b14e88527e7846b10f740166584380c8303fc902 \
	tests/fixtures/cache/max/blobs/sha256/8ab91aaec08a4f4f4ede59764133a1bc4b1f3815b5477d449b7be1e7c84ee1c5 \
	tests/fixtures/cache/max/blobs/sha256/991155b7e36c9581ddf22eaa56b522f85cb721645e9373b43d727342b53abdba \
	tests/fixtures/cache/max/blobs/sha256/99701dee1037f286dbcef0aa342dbaffdbde597a5853d7acfe273085ffac0900 \
	tests/fixtures/cache/max/blobs/sha256/9b78b923e57c0d4c206e012aea77ca30549045e92fcba5f41cb3fa59ec5816f3 \
	tests/fixtures/cache/max/blobs/sha256/ae8bfc942f9cfe95cbfe463579555654a4ce15d3549dfc78f027aa7ff0ef464f \
	tests/fixtures/cache/max/blobs/sha256/b9a4ca5dd77fbe3befb329dd570cdca61a33e62a9d4957cf4283ef9f0f42bf72 \
	tests/fixtures/cache/max/blobs/sha256/c9aa198023603f2948baee3b064785f85c0a5e596170c171f3da22ecccf71b7e \
	tests/fixtures/cache/max/blobs/sha256/fdae12f280b7649c2132f1afea8b2dceef9390c10e93f1b12490360435bc947e \
	tests/fixtures/cache/max/index.json \
	tests/fixtures/cache/max/oci-layout \
	tests/fixtures/cache/min/cacheconfig.json \
	tests/fixtures/cache/min/manifest.json \
	tests/fixtures/cache/noop.tar \
	tests/fixtures/cache/notes.tar \
	tests/fixtures/cache/source.tar \
	tests/fixtures/cache/sourcemin.tar \
	tests/fixtures/cache/truth.json \
	tests/fixtures/cache/zstd/cacheconfig.json \
	tests/fixtures/cache/zstd/manifest.json
