/* SPDX-License-Identifier: Apache-2.0 */
/* Where build caches lie: BuildKit's own exports in every form, and made ones with parts wrong. */
#include "support/image.h"

#include "build/cache_config.h"
#include "build/cache_export.h"

#define CACHE_TYPE "application/vnd.buildkit.cacheconfig.v0"
#define LAYER(n)   "tar of a layer " #n

static struct cs_err err;
static struct cs_ctx ctx;
static struct test_layout layout;
static struct cs_cache *cache;

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	memset(&layout, 0, sizeof(layout));
	return 0;
}

static int teardown(void **state CS_UNUSED)
{
	test_layout_release(&layout);
	cs_cache_free(cache);
	cache = NULL;
	test_folder_remove();
	return 0;
}

static int load(const char *where)
{
	cs_cache_free(cache);
	cache = NULL;
	return cs_cache_load(&ctx, where, NULL, &cache, &err);
}

static const char *fixture(const char *name)
{
	const char *srcdir = getenv("srcdir");
	static char path[4096];

	snprintf(path, sizeof(path), "%s/tests/fixtures/cache/%s", srcdir ? srcdir : ".", name);
	return path;
}

static void refused(enum cs_code code, const char *where, const char *why)
{
	assert_code(code, load(where));
	if (!strstr(err.msg, why))
		fail_msg("wanted '%s', got '%s'", why, err.msg);
}

/* --- real ones --- */

static size_t n_of(enum cs_cache_blob blob)
{
	size_t n = 0;

	for (size_t i = 0; i < cache->n_layers; i++)
		n += cache->layers[i].blob == blob;
	return n;
}

static void local_folder(void **state CS_UNUSED)
{
	char text[CS_DIGEST_TEXT];

	assert_done(load(fixture("max")));
	assert_int_equal(CS_CACHE_LOCAL, cache->kind);
	assert_string_equal("latest", cache->ref);
	assert_int_equal(10, cache->n_layers);
	assert_int_equal(15, cache->n_records);
	assert_int_equal(10, n_of(CS_BLOB_HERE));
	assert_int_equal(-1, cache->layers[0].parent);
	assert_int_equal(142, cache->layers[0].blob_bytes);
	cs_digest_format(&cache->layers[0].diff_id, text);
	assert_int_equal(0, strncmp(text, "sha256:c10eafda", 15));
	assert_true(cache->leftovers_known);
	assert_int_equal(5, cache->n_leftovers);
	assert_int_equal(3514, cache->manifest_bytes);
}

static void registry_documents(void **state CS_UNUSED)
{
	static const char *const names[] = { "before", "before/manifest.json", "index",
					     "index/manifest.json" };

	for (size_t i = 0; i < CS_N(names); i++) {
		assert_done(load(fixture(names[i])));
		assert_int_equal(CS_CACHE_REGISTRY, cache->kind);
		assert_int_equal(10, cache->n_layers);
		assert_int_equal(10, n_of(CS_BLOB_UNKNOWN));
		assert_false(cache->leftovers_known);
	}
	refused(CS_UNSUPPORTED, fixture("before/cacheconfig.json"),
		"the config of a build cache alone");
	refused(CS_NOTFOUND, fixture("nothing"), "no such file");
}

static void archive_of_index(void **state CS_UNUSED)
{
	assert_done(load(fixture("index.tar.gz")));
	assert_int_equal(CS_CACHE_LOCAL, cache->kind);
	assert_int_equal(10, cache->n_layers);
	assert_int_equal(10, n_of(CS_BLOB_HERE));
	assert_true(cache->leftovers_known);
	assert_int_equal(0, cache->n_leftovers);
}

static void recompressed(void **state CS_UNUSED)
{
	size_t dated = 0, known = 0;

	assert_done(load(fixture("zstd")));
	for (size_t i = 0; i < cache->n_layers; i++) {
		dated += cache->layers[i].dated;
		known += cache->layers[i].created_unix_ns != CS_TIME_NONE;
	}
	assert_int_equal(3, dated);
	assert_int_equal(9, known); /* all but the base's, which no record leads to */
}

static void inline_cache(void **state CS_UNUSED)
{
	size_t chains = 0;

	assert_done(load(fixture("inline.tar")));
	assert_int_equal(CS_CACHE_INLINE, cache->kind);
	assert_int_equal(5, cache->n_layers);
	assert_int_equal(3, cache->layers[4].parent);
	assert_int_equal(118, cache->layers[4].blob_bytes);
	assert_string_equal("RUN /bin/sh -c pack /notes /tail # buildkit",
			    cache->layers[4].created_by);
	for (size_t i = 0; i < cache->n_records; i++) {
		for (size_t k = 0; k < cache->records[i].n_results; k++)
			chains += cache->records[i].results[k].chain;
	}
	assert_int_equal(1, chains);
	refused(CS_UNSUPPORTED, fixture("source.tar"), "no inline cache");
}

/* --- made ones --- */

/* A cache of two layers, its manifest's descriptor in ret; extra: of that descriptor. */
static void make_cache(const char *more_config, const char *extra, struct test_desc *ret)
{
	struct test_desc config, layers[2];
	char text[4096];

	for (int i = 0; i < 2; i++)
		test_blob(&layout, CS_DIGEST_SHA256, TEST_LAYER_TYPE, i ? LAYER(1) : LAYER(0),
			  strlen(LAYER(0)), "", &layers[i]);
	snprintf(text, sizeof(text),
		 "{\"layers\":[{\"blob\":\"%s\",\"parent\":-1},{\"blob\":\"%s\"}%s],\"records\":"
		 "[{\"digest\":\"%s\",\"layers\":[{\"layer\":1}]}]}",
		 layers[0].digest, layers[1].digest, more_config, layers[0].digest);
	test_blob(&layout, CS_DIGEST_SHA256, CACHE_TYPE, text, strlen(text), "", &config);
	snprintf(text, sizeof(text), "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s,%s]}",
		 config.json, layers[0].json, layers[1].json);
	test_blob(&layout, CS_DIGEST_SHA256, TEST_MANIFEST_TYPE, text, strlen(text), extra, ret);
}

static void in_every_form(void **state CS_UNUSED)
{
	static const enum test_form forms[] = { TEST_TAR, TEST_GZIP, TEST_ZSTD, TEST_XZ,
						TEST_FOLDER };
	char digest[128], member[160];
	struct test_desc d;

	make_cache("", "", &d);
	test_index(&layout, (const char *const[]){ d.json }, 1);
	test_put_text(&layout,
		      "blobs/sha256/" /* left over */
		      "00000000000000000000000000000000000000000000000000000000000000ff",
		      "12345");
	test_put_text(&layout, "blobs/sha256/notadigest", "12345");
	for (size_t i = 0; i < CS_N(forms); i++) {
		assert_done(load(test_write(&layout, forms[i])));
		assert_int_equal(2, cache->n_layers);
		assert_int_equal(2, n_of(CS_BLOB_HERE));
		assert_int_equal(1, cache->n_leftovers);
		assert_int_equal(5, cache->leftovers[0].blob_bytes);
		assert_null(cache->ref);
	}
	memset(digest, 'e', 128);
	snprintf(member, sizeof(member), "blobs/sha512/%.128s", digest);
	test_put_text(&layout, member, "1234567");
	assert_done(load(test_write(&layout, TEST_FOLDER)));
	assert_int_equal(2, cache->n_leftovers);
	assert_int_equal(12, cache->leftovers[0].blob_bytes + cache->leftovers[1].blob_bytes);
	assert_int_not_equal(cache->leftovers[0].digest.algo, cache->leftovers[1].digest.algo);
}

static const char *tag(const char *name, char buf[200])
{
	snprintf(buf, 200, ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"%s\"}", name);
	return buf;
}

static void several_tags(void **state CS_UNUSED)
{
	struct test_desc a, b;
	char text[200], where[4200];
	const char *path;

	make_cache("", tag("a", text), &a);
	make_cache(",{\"blob\":\"sha256:"
		   "00000000000000000000000000000000000000000000000000000000000000ff\"}",
		   tag("b", text), &b);
	test_index(&layout, (const char *const[]){ a.json, b.json }, 2);
	path = test_write(&layout, TEST_FOLDER);
	refused(CS_USAGE, path, "2 caches and none is tagged latest");
	snprintf(where, sizeof(where), "oci:%s:b", path);
	assert_done(load(where));
	assert_int_equal(3, cache->n_layers);
	assert_int_equal(1, n_of(CS_BLOB_UNLISTED));
	assert_int_equal(0, cache->n_leftovers); /* the other tag's are led to */
	snprintf(where, sizeof(where), "oci:%s:c", path);
	assert_code(CS_NOTFOUND, load(where));

	make_cache("", tag("latest", text), &a);
	test_index(&layout, (const char *const[]){ b.json, a.json }, 2);
	assert_done(load(test_write(&layout, TEST_FOLDER)));
	assert_string_equal("latest", cache->ref);
}

static void missing_parts(void **state CS_UNUSED)
{
	struct test_desc d, layer;
	char *text;

	make_cache("", "", &d);
	test_index(&layout, (const char *const[]){ d.json }, 1);
	test_blob(&layout, CS_DIGEST_SHA256, TEST_LAYER_TYPE, LAYER(1), strlen(LAYER(1)), "",
		  &layer);
	test_drop(&layout, layer.member);
	assert_done(load(test_write(&layout, TEST_FOLDER)));
	assert_int_equal(CS_BLOB_MISSING, cache->layers[1].blob);
	test_put_text(&layout, layer.member, "cut");
	assert_done(load(test_write(&layout, TEST_FOLDER)));
	assert_int_equal(CS_BLOB_MISSING, cache->layers[1].blob);

	/* documents are held against their digests; without the config nothing is known */
	text = test_get(&layout, d.member)->data.data;
	text[0] = ' ';
	refused(CS_DIGEST, test_write(&layout, TEST_FOLDER), "digest is");
	text[0] = '{';
	for (size_t i = layout.n; i-- > 0;) {
		if (layout.v[i].data.data && strstr(layout.v[i].data.data, "\"records\""))
			test_drop(&layout, layout.v[i].name);
	}
	refused(CS_FORMAT, test_write(&layout, TEST_FOLDER), "config");
}

static void bad_config(void **state CS_UNUSED)
{
	struct test_desc d;

	make_cache(
		",{\"blob\":\"sha256:"
		"00000000000000000000000000000000000000000000000000000000000000ff\",\"parent\":2}",
		"", &d);
	test_index(&layout, (const char *const[]){ d.json }, 1);
	refused(CS_FORMAT, test_write(&layout, TEST_TAR), "layer 2 is below itself");
}

static void bad_inline(void **state CS_UNUSED)
{
	static const struct {
		const char *extra, *why;
	} cases[] = {
		{ ",\"moby.buildkit.cache.v0\":\"***\"", "no base64" },
		{ ",\"moby.buildkit.cache.v0\":\"e30=\"", "no list of records" }, /* {} */
		{ ",\"moby.buildkit.cache.v0\":\"\"", "inline cache" },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		struct test_image spec = { .layers = { "one" }, .config_extra = cases[i].extra };
		struct test_made made;

		test_oci(&layout, &spec, &made);
		refused(CS_FORMAT, test_write(&layout, TEST_TAR), cases[i].why);
		test_layout_release(&layout);
		memset(&layout, 0, sizeof(layout));
	}
}

/* The archive of docker save before 25 has layers without sizes; [] is a cache of nothing. */
static void inline_in_docker(void **state CS_UNUSED)
{
	const struct test_image spec = { .layers = { "one", "two" },
					 .config_extra = ",\"moby.buildkit.cache.v0\":\"W10=\"" };
	struct test_made made;

	test_docker(&layout, &spec, "shop:1", &made);
	assert_done(load(test_write(&layout, TEST_TAR)));
	assert_int_equal(CS_CACHE_INLINE, cache->kind);
	assert_int_equal(2, cache->n_layers);
	assert_int_equal(0, cache->n_records);
	assert_true(cache->layers[1].blob_bytes > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(local_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(registry_documents, setup, teardown),
		cmocka_unit_test_setup_teardown(archive_of_index, setup, teardown),
		cmocka_unit_test_setup_teardown(recompressed, setup, teardown),
		cmocka_unit_test_setup_teardown(inline_cache, setup, teardown),
		cmocka_unit_test_setup_teardown(in_every_form, setup, teardown),
		cmocka_unit_test_setup_teardown(several_tags, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_config, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_inline, setup, teardown),
		cmocka_unit_test_setup_teardown(inline_in_docker, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
