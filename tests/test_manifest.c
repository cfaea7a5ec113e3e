/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of images and texts that name things, each with what is refused. */
#include "support/test.h"

#include "image/config.h"
#include "image/manifest.h"
#include "image/members.h"
#include "image/reference.h"

#define D1		   "sha256:1111111111111111111111111111111111111111111111111111111111111111"
#define D2		   "sha256:2222222222222222222222222222222222222222222222222222222222222222"
#define DESC(type, digest) "{\"mediaType\":\"" type "\",\"digest\":\"" digest "\",\"size\":7}"
#define CONFIG		   DESC("application/vnd.oci.image.config.v1+json", D1)
#define LAYER		   DESC("application/vnd.oci.image.layer.v1.tar", D2)

static struct cs_err err;
static struct cs_limits limits;
static struct cs_arena *arena;

static int setup(void **state CS_UNUSED)
{
	cs_limits_init(&limits);
	arena = cs_arena_new();
	return arena ? 0 : -1;
}

static int teardown(void **state CS_UNUSED)
{
	cs_arena_free(arena);
	return 0;
}

static int parse(const char *text, struct cs_manifest *ret)
{
	return cs_manifest_parse(text, strlen(text), &limits, arena, ret, &err);
}

static void manifest_reads(void **state CS_UNUSED)
{
	struct cs_manifest m;

	assert_done(parse("{\"schemaVersion\":2,\"config\":" CONFIG ",\"layers\":[" LAYER "," LAYER
			  "],\"annotations\":{\"a\":\"b\",\"n\":5},\"artifactType\":\"x\"}",
			  &m));
	assert_false(m.is_index);
	assert_int_equal(2, m.n_layers);
	assert_int_equal(7, m.layers[1].size);
	assert_string_equal(D2, m.layers[1].digest_text);
	assert_string_equal("b", cs_annotation(&m.annotations, "a"));
	assert_null(cs_annotation(&m.annotations, "n"));
	assert_string_equal("x", m.artifact_type);
	/* no layers at all is an image too */
	assert_done(parse("{\"config\":" CONFIG ",\"layers\":null}", &m));
	assert_int_equal(0, m.n_layers);
}

static void index_reads(void **state CS_UNUSED)
{
	struct cs_manifest m;

	assert_done(parse("{\"manifests\":[{\"digest\":\"" D1
			  "\",\"size\":1,\"platform\":{\"os\":\"linux\","
			  "\"architecture\":\"aarch64\",\"variant\":\"v8\"}},"
			  "{\"digest\":\"blake3:00\",\"size\":1},"
			  "{\"digest\":\"" D2 "\",\"size\":1,\"platform\":{\"os\":\"LINUX\","
			  "\"architecture\":\"\\u001b[31m\"},\"urls\":[\"http://x\"]}]}",
			  &m));
	assert_true(m.is_index);
	assert_int_equal(3, m.n_entries);
	assert_string_equal("arm64", m.entries[0].platform.arch);
	assert_string_equal("", m.entries[0].platform.variant);
	/* an entry that nobody can read does not hide the others */
	assert_false(cs_digest_known(&m.entries[1].digest));
	assert_string_equal("blake3:00", m.entries[1].digest_text);
	assert_false(m.entries[2].has_platform);
	assert_true(cs_descriptor_is_foreign(&m.entries[2]));
	assert_false(cs_descriptor_is_foreign(&m.entries[0]));
}

static void manifest_refuses(void **state CS_UNUSED)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"manifests\":{}}",
		"{\"config\":" CONFIG ",\"layers\":[],\"manifests\":[]}",
		"{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"config\":" CONFIG "}",
		"{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"manifests\":[]}",
		"{\"layers\":[]}",
		"{\"config\":{}}",
		"{\"config\":" CONFIG ",\"layers\":[{\"digest\":\"" D1 "\"}]}",
		"{\"config\":" CONFIG ",\"layers\":[{\"digest\":\"" D1 "\",\"size\":-1}]}",
		"{\"config\":" CONFIG ",\"layers\":[{\"digest\":\"" D1 "\",\"size\":\"7\"}]}",
		"{\"config\":" CONFIG ",\"layers\":[{\"digest\":\"sha256:12\",\"size\":7}]}",
		"{\"config\":" CONFIG ",\"layers\":[{\"digest\":\"../../etc\",\"size\":7}]}",
		"{\"config\":" CONFIG ",\"layers\":[7]}",
		"{\"schemaVersion\":3,\"config\":" CONFIG "}",
	};
	struct cs_manifest m;

	memset(&m, 0x5a, sizeof(m));
	for (size_t i = 0; i < CS_N(bad); i++) {
		if (parse(bad[i], &m) != -CS_FORMAT)
			fail_msg("not refused: %s", bad[i]);
	}
	assert_code(CS_UNSUPPORTED, parse("{\"schemaVersion\":1,\"fsLayers\":[]}", &m));
	assert_code(CS_UNSUPPORTED, parse("{\"blobs\":[]}", &m));
	assert_code(CS_UNSUPPORTED,
		    parse("{\"config\":{\"digest\":\"md5:0\",\"size\":1},\"layers\":[]}", &m));
	assert_int_equal(0x5a, ((unsigned char *)&m)[0]);
}

static void manifest_bounds(void **state CS_UNUSED)
{
	struct cs_manifest m;

	limits.layers = 2;
	limits.index_manifests = 1;
	assert_done(parse("{\"config\":" CONFIG ",\"layers\":[" LAYER "," LAYER "]}", &m));
	assert_code(
		CS_LIMIT,
		parse("{\"config\":" CONFIG ",\"layers\":[" LAYER "," LAYER "," LAYER "]}", &m));
	assert_non_null(strstr(err.msg, "--max-layers"));
	assert_done(parse("{\"manifests\":[" LAYER "]}", &m));
	assert_code(CS_LIMIT, parse("{\"manifests\":[" LAYER "," LAYER "]}", &m));
	assert_non_null(strstr(err.msg, "--max-manifests"));
}

static void attestations_told(void **state CS_UNUSED)
{
	struct cs_manifest m;

	assert_done(parse("{\"manifests\":["
			  "{\"digest\":\"" D1 "\",\"size\":1,\"platform\":{\"os\":\"unknown\","
			  "\"architecture\":\"unknown\"}},"
			  "{\"digest\":\"" D1 "\",\"size\":1,\"annotations\":"
			  "{\"vnd.docker.reference.type\":\"attestation-manifest\"}},"
			  "{\"digest\":\"" D1 "\",\"size\":1,\"artifactType\":"
			  "\"application/vnd.docker.attestation.manifest.v1+json\"},"
			  "{\"digest\":\"" D1 "\",\"size\":1,\"platform\":{\"os\":\"linux\","
			  "\"architecture\":\"unknown\"}}]}",
			  &m));
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(i < 3, cs_descriptor_is_attestation(&m.entries[i]));
	assert_done(parse("{\"config\":" CONFIG
			  ",\"layers\":[" DESC("application/vnd.in-toto+json", D1) "]}",
			  &m));
	assert_true(cs_manifest_is_attestation(&m));
	assert_done(parse("{\"config\":" CONFIG
			  ",\"layers\":[" DESC("application/vnd.in-toto+json", D1) "," LAYER "]}",
			  &m));
	assert_false(cs_manifest_is_attestation(&m));
}

static void media_types(void **state CS_UNUSED)
{
	assert_int_equal(
		CS_MEDIA_INDEX,
		cs_media_kind("application/vnd.docker.distribution.manifest.list.v2+json"));
	assert_int_equal(CS_MEDIA_UNKNOWN, cs_media_kind(""));
	assert_int_equal(CS_MEDIA_OTHER, cs_media_kind("application/vnd.buildkit.cacheconfig.v0"));
	assert_true(cs_media_is_layer("application/vnd.docker.image.rootfs.diff.tar.gzip"));
	assert_true(cs_media_is_layer("application/vnd.oci.image.layer.v1.tar+zstd"));
	assert_true(cs_media_is_layer("application/vnd.example.of-tomorrow"));
	assert_false(cs_media_is_layer("application/vnd.dev.cosign.simplesigning.v1+json"));
	assert_false(cs_media_is_config("application/vnd.cncf.helm.config.v1+json"));
}

/* --- docker's manifest.json --- */

static int parse_docker(const char *text, struct cs_docker_image **v, size_t *n)
{
	struct cs_json *doc CS_AUTO(cs_json_free_p) = NULL;

	assert_done(cs_json_parse(text, strlen(text), &limits, &doc, &err));
	return cs_docker_manifest_read(doc, &limits, arena, v, n, &err);
}

static void docker_manifest(void **state CS_UNUSED)
{
	static const char *const bad[] = {
		"{}",
		"[7]",
		"[{\"Layers\":[]}]",
		"[{\"Config\":\"\",\"Layers\":[]}]",
		"[{\"Config\":\"c\",\"Layers\":[7]}]",
		"[{\"Config\":\"c\",\"Layers\":{}}]",
		"[{\"Config\":\"c\",\"RepoTags\":\"x\"}]",
	};
	struct cs_docker_image *v;
	size_t n;

	assert_done(parse_docker("[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\",\"b:2\"],"
				 "\"Layers\":[\"x/layer.tar\"]},"
				 "{\"Config\":\"d\",\"RepoTags\":null,\"Layers\":null}]",
				 &v, &n));
	assert_int_equal(2, n);
	assert_string_equal("b:2", v[0].tags[1]);
	assert_string_equal("x/layer.tar", v[0].layers[0]);
	assert_int_equal(0, v[1].n_tags);
	assert_int_equal(0, v[1].n_layers);
	for (size_t i = 0; i < CS_N(bad); i++) {
		if (parse_docker(bad[i], &v, &n) != -CS_FORMAT)
			fail_msg("not refused: %s", bad[i]);
	}
	limits.layers = 1;
	assert_code(CS_LIMIT,
		    parse_docker("[{\"Config\":\"c\",\"Layers\":[\"a\",\"b\"]}]", &v, &n));
}

/* --- configs --- */

static int parse_config(const char *text, struct cs_image_config *ret)
{
	return cs_config_parse(text, strlen(text), &limits, arena, ret, &err);
}

static void config_pairs_history(void **state CS_UNUSED)
{
	struct cs_image_config c;

	assert_done(parse_config(
		"{\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"7\","
		"\"created\":\"2026-11-22T08:30:00Z\",\"config\":{\"Labels\":{\"l\":\"v\"}},"
		"\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D1 "\",\"" D2 "\"]},"
		"\"history\":[{\"created\":\"1970-01-01T00:00:00Z\",\"comment\":\"c\"},"
		"{\"empty_layer\":true,\"created\":null},"
		"{\"created\":\"0001-01-01T00:00:00Z\",\"created_by\":\"RUN\",\"author\":\"me\"}]}",
		&c));
	assert_string_equal("v7", c.platform.variant);
	assert_true(c.paired);
	assert_int_equal(0, c.history[0].layer);
	assert_int_equal(-1, c.history[1].layer);
	assert_int_equal(1, c.history[2].layer);
	assert_true(c.history[0].created_unix_ns == 0);
	assert_true(c.history[1].created_unix_ns == CS_TIME_NONE);
	assert_true(c.history[2].created_unix_ns == CS_TIME_NONE);
	assert_string_equal("me", c.history[2].author);
	assert_string_equal("v", cs_annotation(&c.labels, "l"));
}

static void config_tolerates(void **state CS_UNUSED)
{
	struct cs_image_config c;

	/* one entry too few: nobody knows which layer lacks its own */
	assert_done(parse_config("{\"rootfs\":{\"diff_ids\":[\"" D1 "\",\"" D2 "\"]},"
				 "\"history\":[{\"created_by\":\"x\"}]}",
				 &c));
	assert_false(c.paired);
	assert_int_equal(-1, c.history[0].layer);
	assert_string_equal("", c.platform.os);
	/* one too many, times that are none, entries that are none */
	assert_done(parse_config("{\"created\":7,\"os\":\"Li nux\",\"architecture\":\"x\","
				 "\"rootfs\":{\"diff_ids\":[\"" D1 "\"]},"
				 "\"history\":[{\"created\":\"soon\"},7]}",
				 &c));
	assert_false(c.paired);
	assert_true(c.created_unix_ns == CS_TIME_NONE);
	assert_done(parse_config("{\"history\":{},\"config\":null}", &c));
	assert_int_equal(0, c.n_diff_ids);
	assert_false(c.paired);
}

static void config_refuses(void **state CS_UNUSED)
{
	static const char *const bad[] = {
		"[]",
		"{\"rootfs\":{\"diff_ids\":{}}}",
		"{\"rootfs\":{\"diff_ids\":[7]}}",
		"{\"rootfs\":{\"diff_ids\":[\"sha256:1\"]}}",
	};
	struct cs_image_config c;

	for (size_t i = 0; i < CS_N(bad); i++) {
		if (parse_config(bad[i], &c) != -CS_FORMAT)
			fail_msg("not refused: %s", bad[i]);
	}
	assert_code(CS_UNSUPPORTED, parse_config("{\"rootfs\":{\"diff_ids\":[\"md5:1\"]}}", &c));
	limits.layers = 1;
	assert_code(CS_LIMIT,
		    parse_config("{\"rootfs\":{\"diff_ids\":[\"" D1 "\",\"" D2 "\"]}}", &c));
}

/* --- names --- */

static void places(void **state CS_UNUSED)
{
	struct cs_place p;

	assert_done(cs_place_parse("some:file", arena, &p, &err));
	assert_int_equal(CS_TRANSPORT_NONE, p.transport);
	assert_string_equal("some:file", p.path);
	assert_done(cs_place_parse("oci:nowhere:registry.example/a/b:1", arena, &p, &err));
	assert_int_equal(CS_TRANSPORT_OCI, p.transport);
	assert_string_equal("nowhere", p.path);
	assert_string_equal("registry.example/a/b:1", p.select);
	assert_done(cs_place_parse("oci-archive:/dev/null:tag@" D1, arena, &p, &err));
	assert_string_equal("/dev/null", p.path);
	assert_string_equal("tag", p.select);
	assert_true(cs_digest_known(&p.digest));
	assert_done(cs_place_parse("docker-archive:x:@12", arena, &p, &err));
	assert_int_equal(12, p.index);
	assert_null(p.select);
	assert_done(cs_place_parse("docker-archive:-", arena, &p, &err));
	assert_string_equal("-", p.path);
	assert_done(cs_place_parse("dir:a:b", arena, &p, &err));
	assert_string_equal("a:b", p.path);
}

static void places_refused(void **state CS_UNUSED)
{
	static const char *const unsupported[] = { "docker://alpine", "docker-daemon:x:1",
						   "containers-storage:x" };
	static const char *const usage[] = { "oci:", "docker-archive:x:", "docker-archive:x:@",
					     "docker-archive:x:@1x",
					     "docker-archive:x:@99999999999999999999" };
	struct cs_place p;

	for (size_t i = 0; i < CS_N(unsupported); i++) {
		assert_code(CS_UNSUPPORTED, cs_place_parse(unsupported[i], arena, &p, &err));
		/* and what to do instead */
		assert_non_null(strstr(err.msg, "FILE"));
	}
	for (size_t i = 0; i < CS_N(usage); i++)
		assert_code(CS_USAGE, cs_place_parse(usage[i], arena, &p, &err));
}

static void image_names(void **state CS_UNUSED)
{
	static const char *const same[][2] = {
		{ "shop", "docker.io/library/shop:latest" },
		{ "acme/shop:1", "docker.io/acme/shop:1" },
		{ "index.docker.io/acme/shop:1", "acme/shop:1" },
		{ "localhost/shop", "localhost/shop:latest" },
		{ "host:5000/shop", "host:5000/shop:latest" },
	};
	static const char *const other[][2] = {
		{ "shop:1", "shop:2" },	      { "acme/shop", "shop" },
		{ "localhost/shop", "shop" }, { "ghcr.io/acme/shop", "acme/shop" },
		{ "shop@" D1, "shop" },
	};

	for (size_t i = 0; i < CS_N(same); i++)
		assert_true(cs_image_name_equal(same[i][0], same[i][1]));
	for (size_t i = 0; i < CS_N(other); i++)
		assert_false(cs_image_name_equal(other[i][0], other[i][1]));
}

static void package_urls(void **state CS_UNUSED)
{
	assert_string_equal("kbase:1",
			    cs_purl_image_name(arena, "pkg:docker/kbase@1?platform=linux%2Famd64"));
	assert_string_equal("ghcr.io/a/b:1",
			    cs_purl_image_name(arena, "pkg:docker/ghcr.io/a%2Fb@1"));
	assert_string_equal("alpine", cs_purl_image_name(arena, "pkg:docker/alpine?digest=x"));
	assert_string_equal("a%0", cs_purl_image_name(arena, "pkg:docker/a%0"));
	assert_string_equal("a%00b", cs_purl_image_name(arena, "pkg:docker/a%00b"));
	assert_null(cs_purl_image_name(arena, "pkg:generic/x"));
	assert_null(cs_purl_image_name(arena, "pkg:docker/"));
}

static void urls_lose_secrets(void **state CS_UNUSED)
{
	static const char *const cases[][2] = {
		{ "https://user:pass@host.example/a", "https://host.example/a" },
		{ "https://token@host.example:8/a@b", "https://host.example:8/a@b" },
		{ "https://a:b@c@host.example", "https://host.example" },
		{ "https://host.example/?u=a@b", "https://host.example/?u=a@b" },
		{ "git@host.example:a/b.git", "git@host.example:a/b.git" },
		{ "user:pass@host.example:a", "host.example:a" },
		{ "", "" },
	};

	for (size_t i = 0; i < CS_N(cases); i++)
		assert_string_equal(cases[i][1], cs_url_public(arena, cases[i][0]));
}

/* --- members --- */

static void paths_cleaned(void **state CS_UNUSED)
{
	static const char *const cases[][3] = {
		{ "", "./a//b/", "a/b" },
		{ "", "/etc/passwd", "etc/passwd" },
		{ "x/y", "../o/layer.tar", "x/o/layer.tar" },
		{ "x", "../o", "o" },
		{ "x", "/o", "o" },
		{ "", "a/../b", "b" },
		{ "", "..", NULL },
		{ "x", "../../o", NULL },
		{ "", "a/../../b", NULL },
		{ "", "", NULL },
		{ "", "./", NULL },
	};
	char buf[32];

	for (size_t i = 0; i < CS_N(cases); i++) {
		bool ok = cs_path_clean(cases[i][0], cases[i][1], buf, sizeof(buf));

		assert_int_equal(cases[i][2] != NULL, ok);
		if (ok)
			assert_string_equal(cases[i][2], buf);
	}
	assert_false(cs_path_clean("", "0123456789012345678901234567890123", buf, sizeof(buf)));
}

static int n_dropped;

static void count_drop(void *data CS_UNUSED)
{
	n_dropped++;
}

static void members_found(void **state CS_UNUSED)
{
	struct cs_members *m CS_AUTO(cs_members_free_p) = NULL;
	const struct cs_member *found;

	assert_done(cs_members_new(&limits, &m, &err));
	assert_done(cs_members_add(m, "./a/layer.tar", 1, 10, &n_dropped, &err));
	assert_done(cs_members_add(m, "b", 2, 20, NULL, &err));
	assert_done(cs_members_add_link(m, "c/layer.tar", "../a/layer.tar", true, &err));
	assert_done(cs_members_add_link(m, "d/x", "c/layer.tar", false, &err));
	assert_done(cs_members_add_link(m, "out", "../etc/passwd", true, &err));
	assert_done(cs_members_add_link(m, "abs", "/b", true, &err));
	assert_done(cs_members_add_link(m, "loop", "loop", true, &err));
	assert_done(cs_members_add_link(m, "dangling", "nothing", true, &err));
	assert_int_equal(1, cs_members_add(m, "../../etc/passwd", 3, 30, NULL, &err));
	/* the later of two counts */
	assert_done(cs_members_add(m, "a/layer.tar", 4, 40, NULL, &err));
	cs_members_finish(m, count_drop);
	assert_int_equal(1, n_dropped);
	assert_done(cs_members_find(m, "./d//x", &found, &err));
	assert_string_equal("a/layer.tar", found->name);
	assert_int_equal(40, found->size);
	assert_int_equal(1, cs_members_find(m, "dangling", &found, &err));
	assert_int_equal(1, cs_members_find(m, "none", &found, &err));
	assert_code(CS_UNSUPPORTED, cs_members_find(m, "out", &found, &err));
	assert_code(CS_UNSUPPORTED, cs_members_find(m, "abs", &found, &err));
	assert_code(CS_UNSUPPORTED, cs_members_find(m, "loop", &found, &err));
	assert_code(CS_UNSUPPORTED, cs_members_find(m, "../b", &found, &err));
}

static void members_bounded(void **state CS_UNUSED)
{
	struct cs_members *m CS_AUTO(cs_members_free_p) = NULL;

	limits.members = 2;
	assert_done(cs_members_new(&limits, &m, &err));
	assert_done(cs_members_add(m, "a", 0, 0, NULL, &err));
	assert_done(cs_members_add(m, "b", 0, 0, NULL, &err));
	assert_code(CS_LIMIT, cs_members_add(m, "c", 0, 0, NULL, &err));
	assert_non_null(strstr(err.msg, "--max-members"));
}

/* A few bytes of gzip may hold a million names of four thousand bytes. */
static void names_bounded(void **state CS_UNUSED)
{
	struct cs_members *m CS_AUTO(cs_members_free_p) = NULL;
	char name[4001];
	int r = 0, n = 0;

	memset(name, 'n', 4000);
	name[4000] = '\0';
	limits.members = 1000;
	assert_done(cs_members_new(&limits, &m, &err));
	for (; r == 0 && n < 1000; n++)
		r = cs_members_add(m, name, 0, 0, NULL, &err);
	assert_int_equal(-CS_LIMIT, r);
	assert_true(n > 32 && n < 60);
	assert_non_null(strstr(err.msg, "--max-members"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(manifest_reads),
		TEST(index_reads),
		TEST(manifest_refuses),
		TEST(manifest_bounds),
		TEST(attestations_told),
		TEST(media_types),
		TEST(docker_manifest),
		TEST(config_pairs_history),
		TEST(config_tolerates),
		TEST(config_refuses),
		TEST(places),
		TEST(places_refused),
		TEST(image_names),
		TEST(package_urls),
		TEST(urls_lose_secrets),
		TEST(paths_cleaned),
		TEST(members_found),
		TEST(members_bounded),
		TEST(names_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
