/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that are damaged, hostile or something else: each form refuses them, and says why. */
#include "support/image.h"

#include <sys/stat.h>
#include <unistd.h>

static struct cs_err err;
static struct cs_ctx ctx;
static struct test_layout layout;
static struct test_made made;
static struct cs_image_list list;

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	memset(&layout, 0, sizeof(layout));
	memset(&list, 0, sizeof(list));
	return 0;
}

static int teardown(void **state CS_UNUSED)
{
	test_layout_release(&layout);
	cs_image_list_release(&list);
	test_folder_remove();
	return 0;
}

#define ALL	   ((1U << TEST_N_FORMS) - 1)
#define ONLY(form) (1U << (form))
#define NO_FOLDER  (ALL & ~ONLY(TEST_FOLDER))

/* Every form must fail with the code (0: load) and with words in its message. */
static void expect(const char *what, unsigned forms, enum cs_code code, const char *words)
{
	for (int form = 0; form < TEST_N_FORMS; form++) {
		int r;

		if (!(forms & 1U << form))
			continue;
		cs_image_list_release(&list);
		err.msg[0] = '\0';
		r = test_load(&ctx, test_write(&layout, (enum test_form)form), NULL, &list, &err);
		if (r != -(int)code || (words && !strstr(err.msg, words)))
			fail_msg("%s as %s: %d %s", what, test_form_name((enum test_form)form), r,
				 err.msg);
	}
}

static void oci(const struct test_image *spec)
{
	test_layout_release(&layout);
	test_oci(&layout, spec, &made);
}

static void docker(const struct test_image *spec)
{
	test_layout_release(&layout);
	test_docker(&layout, spec, "shop:1", &made);
}

static const struct test_image two = { .layers = { "one", "two" } };
static const struct test_image two_plain = { .layers = { "one", "two" }, .plain = true };

/* --- bytes --- */

static void layers_damaged(void **state CS_UNUSED)
{
	struct test_member *m;

	oci(&two_plain);
	test_get(&layout, made.layers[1].member)->data.data[600] ^= 1; /* in the file's text */
	expect("a flipped bit", ALL, CS_DIGEST, "layer 1 (blobs/sha256/");
	oci(&two);
	m = test_get(&layout, made.layers[1].member);
	cs_buf_putc(&m->data, 'x');
	expect("a byte more", ALL, CS_DIGEST, "descriptor says");
	m->data.len -= 9;
	expect("cut short", ALL, CS_DIGEST, "descriptor says");
	docker(&two);
	m = test_get(&layout, made.layers[1].member);
	m->data.len--;
	expect("cut short without a descriptor", ALL, CS_FORMAT, "layer 1 (1/layer.tar)");
	oci(&two);
	test_get(&layout, made.layers[1].member)->data.len = 0;
	expect("empty", ALL, CS_DIGEST, "size is 0 bytes, descriptor says");
	/* honest bytes under another layer's name */
	oci(&two_plain);
	m = test_get(&layout, made.layers[1].member);
	memcpy(m->data.data, test_get(&layout, made.layers[0].member)->data.data, m->data.len);
	expect("another layer", ALL, CS_DIGEST, "digest is sha256:");
	oci(&(struct test_image){ .layers = { "x" }, .coding = CS_CODING_XZ });
	expect("xz", ALL, CS_UNSUPPORTED, "layer 0");
	oci(&(struct test_image){ .layers = { "x" }, .algo = CS_DIGEST_SHA512 });
	test_get(&layout, made.layers[0].member)->data.data[15] ^= 1;
	assert_true(test_load(&ctx, test_write(&layout, TEST_FOLDER), NULL, &list, &err) < 0);
}

static void blobs_missing(void **state CS_UNUSED)
{
	oci(&two);
	test_drop(&layout, made.layers[1].member);
	expect("a layer", ALL, CS_FORMAT, "is missing");
	assert_non_null(strstr(err.msg, made.layers[1].member));
	test_drop(&layout, made.layers[0].member);
	expect("all layers", ALL, CS_FORMAT, "missing");
	oci(&two);
	test_drop(&layout, made.config.member);
	expect("the config", ALL, CS_FORMAT, "config");
	oci(&two);
	test_drop(&layout, made.manifest.member);
	expect("the manifest", ALL, CS_FORMAT, made.manifest.digest);
	docker(&two);
	test_drop(&layout, made.layers[1].member);
	expect("docker's layer", ALL, CS_FORMAT, "layer 1 (1/layer.tar): is missing");
	docker(&two);
	test_drop(&layout, made.config.member);
	expect("docker's config", ALL, CS_FORMAT, "config");
}

static void documents_damaged(void **state CS_UNUSED)
{
	oci(&two);
	test_get(&layout, made.config.member)->data.data[10] ^= 1;
	expect("config", ALL, CS_DIGEST, "config: blobs/sha256/");
	oci(&two);
	cs_buf_putc(&test_get(&layout, made.manifest.member)->data, ' ');
	expect("manifest", ALL, CS_DIGEST, "descriptor says");
	docker(&two);
	test_get(&layout, made.config.member)->data.data[10] ^= 1;
	expect("docker's config", ALL, CS_DIGEST, "its name says");
}

/* The config is what its digest says, but not what the layers are. */
static void config_lies(void **state CS_UNUSED)
{
	static const char other[] =
		"{\"rootfs\":{\"diff_ids\":[\"sha256:"
		"1111111111111111111111111111111111111111111111111111111111111111\"]}}";
	char list_json[500];

	docker(&(struct test_image){ .layers = { "one" } });
	test_put_text(&layout, "c", other);
	snprintf(list_json, sizeof(list_json), "[{\"Config\":\"c\",\"Layers\":[\"%s\"]}]",
		 made.layers[0].member);
	test_put_text(&layout, "manifest.json", list_json);
	expect("diff-id", ALL, CS_DIGEST, "the config says sha256:1111");
	snprintf(list_json, sizeof(list_json), "[{\"Config\":\"c\",\"Layers\":[\"%s\",\"%s\"]}]",
		 made.layers[0].member, made.layers[0].member);
	test_put_text(&layout, "manifest.json", list_json);
	expect("number of layers", ALL, CS_FORMAT, "must be as many");
	snprintf(list_json, sizeof(list_json),
		 "[{\"Config\":\"c\",\"Layers\":[\"blobs/sha256/%064d\"]}]", 7);
	test_put_text(&layout, "manifest.json", list_json);
	snprintf(list_json, sizeof(list_json), "blobs/sha256/%064d", 7);
	test_put(&layout, list_json, test_get(&layout, made.layers[0].member)->data.data,
		 made.layers[0].size);
	expect("a name that is a digest", ALL, CS_DIGEST, "was promised");
	oci(&(struct test_image){ .layers = { "x" }, .algo = CS_DIGEST_SHA512 });
}

/* --- documents that say odd things --- */

static void odd_indexes(void **state CS_UNUSED)
{
	static const struct {
		const char *text;
		enum cs_code code;
	} cases[] = {
		{ "", CS_FORMAT },
		{ "{", CS_FORMAT },
		{ "hello", CS_FORMAT },
		{ "[]", CS_FORMAT },
		{ "{\"manifests\":[],\"manifests\":[]}", CS_FORMAT },
		{ "{\"manifests\":[]}", CS_FORMAT },
		{ "{\"manifests\":[{\"digest\":\"sha256:00\",\"size\":1}]}", CS_FORMAT },
		{ "{\"schemaVersion\":1,\"manifests\":[]}", CS_UNSUPPORTED },
		{ "{\"manifests\":[{\"mediaType\":\"application/vnd.buildkit.cacheconfig.v0\","
		  "\"digest\":\"sha256:"
		  "1111111111111111111111111111111111111111111111111111111111111111\","
		  "\"size\":1}]}",
		  CS_UNSUPPORTED },
		{ "{\"manifests\":[{\"digest\":\"blake3:11\",\"size\":1}]}", CS_UNSUPPORTED },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		oci(&two);
		test_put_text(&layout, "index.json", cases[i].text);
		expect(cases[i].text, ALL, cases[i].code, NULL);
	}
	oci(&two);
	test_put_text(&layout, "oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
	expect("layout version", ALL, CS_UNSUPPORTED, "2.0.0");
	/* without the marker: good enough if it is an index, else the other layout is tried */
	test_drop(&layout, "oci-layout");
	expect("no oci-layout", ALL, CS_OK, NULL);
	docker(&two);
	test_put_text(&layout, "index.json", "[\"npm\"]");
	expect("an index.json of something else", ALL, CS_OK, NULL);
}

static void other_things(void **state CS_UNUSED)
{
	test_put_text(&layout, "etc/passwd", "root");
	expect("docker export", ALL, CS_UNSUPPORTED, "docker save");
	test_put_text(&layout, "repositories", "{}");
	expect("docker before 1.10", ALL, CS_UNSUPPORTED, "1.10");
	oci(&(struct test_image){ .layers = { "x" },
				  .config_type = "application/vnd.cncf.helm.config.v1+json" });
	expect("a chart", ALL, CS_UNSUPPORTED, "helm");
	oci(&(struct test_image){ .layers = { "x" },
				  .layer_type =
					  "application/vnd.dev.cosign.simplesigning.v1+json" });
	expect("a signature", ALL, CS_UNSUPPORTED, "cosign");
	oci(&(struct test_image){ .layers = { "x" }, .layer_type = TEST_LAYER_TYPE "+encrypted" });
	expect("encrypted", ALL, CS_UNSUPPORTED, "encrypted");
	oci(&(struct test_image){ .layers = { "x" },
				  .layer_type = "application/vnd.in-toto+json" });
	expect("a statement", ALL, CS_UNSUPPORTED, "statements");
	oci(&(struct test_image){
		.layers = { "x" },
		.layer_type = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" });
	expect("a foreign layer that is there", ALL, CS_OK, NULL);
	test_drop(&layout, made.layers[0].member);
	expect("a foreign layer", ALL, CS_UNSUPPORTED, "foreign");
}

/* The same document as index and as manifest (CVE-2021-41190). */
static void kinds_confused(void **state CS_UNUSED)
{
	char desc[400];

	oci(&two);
	snprintf(desc, sizeof(desc),
		 "{\"mediaType\":\"" TEST_INDEX_TYPE "\",\"digest\":\"%s\",\"size\":%zu}",
		 made.manifest.digest, made.manifest.size);
	test_index(&layout, &(const char *){ desc }, 1);
	expect("a manifest called index", ALL, CS_FORMAT, "index");
	oci(&(struct test_image){ .layers = { "x" }, .manifest_extra = ",\"manifests\":[]" });
	expect("both", ALL, CS_FORMAT, "both");
}

/* --- nesting --- */

/* levels of indexes below index.json, each with the next, repeated. */
static void nest(int levels, int repeat)
{
	static char desc[8][1100];

	oci(&two);
	snprintf(desc[0], sizeof(desc[0]), "%s", made.manifest.json);
	for (int i = 0; i < levels; i++) {
		struct cs_buf doc CS_AUTO(cs_buf_release) = CS_BUF_INIT;
		struct test_desc d;

		cs_buf_puts(&doc, "{\"manifests\":[");
		for (int k = 0; k < repeat; k++)
			cs_buf_printf(&doc, "%s%s", k ? "," : "", desc[i]);
		cs_buf_puts(&doc, "]}");
		test_blob(&layout, CS_DIGEST_SHA256, TEST_INDEX_TYPE, doc.data, doc.len, "", &d);
		snprintf(desc[i + 1], sizeof(desc[0]), "%s", d.json);
	}
	test_index(&layout, &(const char *){ desc[levels] }, 1);
}

static void nesting(void **state CS_UNUSED)
{
	nest(3, 1);
	expect("four indexes", ALL, CS_OK, NULL);
	nest(4, 1);
	expect("five indexes", ALL, CS_LIMIT, "--max-index-depth");
	ctx.limits.index_depth = 5;
	expect("five indexes, raised", ALL, CS_OK, NULL);
	/* 20^3 entries if each were walked each time */
	nest(3, 20);
	ctx.limits.index_manifests = 61;
	expect("repeated", ALL, CS_OK, NULL);
	assert_int_equal(1, list.n);
	ctx.limits.index_manifests = 60;
	expect("too many", ALL, CS_LIMIT, "--max-manifests");
}

/* --- bounds --- */

static void bounds(void **state CS_UNUSED)
{
	oci(&two);
	ctx.limits.layer_bytes = 2048;
	expect("layer just fits", ALL, CS_OK, NULL);
	ctx.limits.layer_bytes = 2047;
	expect("layer", ALL, CS_LIMIT, "--max-layer-bytes");
	cs_limits_init(&ctx.limits);
	ctx.limits.image_bytes = 4096;
	expect("image just fits", ONLY(TEST_TAR) | ONLY(TEST_FOLDER), CS_OK, NULL);
	ctx.limits.image_bytes = 4095;
	expect("image", ALL, CS_LIMIT, "--max-image-bytes");
	cs_limits_init(&ctx.limits);
	ctx.limits.layers = 2;
	expect("layers just fit", ALL, CS_OK, NULL);
	ctx.limits.layers = 1;
	expect("layers", ALL, CS_LIMIT, "--max-layers");
	cs_limits_init(&ctx.limits);
	ctx.limits.json_bytes = (int64_t)made.manifest.size;
	expect("JSON just fits", ALL, CS_OK, NULL);
	ctx.limits.json_bytes--;
	expect("JSON", ALL, CS_LIMIT, "--max-json-bytes");
	cs_limits_init(&ctx.limits);
	ctx.limits.members = (int64_t)layout.n;
	expect("members just fit", NO_FOLDER, CS_OK, NULL);
	ctx.limits.members--;
	expect("members", NO_FOLDER, CS_LIMIT, "--max-members");
	cs_limits_init(&ctx.limits);
	ctx.limits.held_bytes = 500;
	expect("held", ONLY(TEST_PIPE) | ONLY(TEST_GZIP), CS_LIMIT, "--max-held-bytes");
	/* one layer listed twice is one layer */
	cs_limits_init(&ctx.limits);
	oci(&(struct test_image){ .layers = { "same", "same", "same" } });
	ctx.limits.image_bytes = 2048;
	expect("the same layer", ONLY(TEST_TAR) | ONLY(TEST_FOLDER), CS_OK, NULL);
}

/* A stream reads what looks like a layer before it knows; that many it need not keep. */
static void many_layers_in_a_stream(void **state CS_UNUSED)
{
	char name[32];

	oci(&two);
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "other%d", i);
		test_put(&layout, name, test_get(&layout, made.layers[0].member)->data.data,
			 made.layers[0].size);
		snprintf(name, sizeof(name), "empty%d", i);
		test_put_text(&layout, name, "");
	}
	ctx.limits.layers = 2;
	expect("behind the wanted ones", ALL, CS_OK, NULL);
	test_drop(&layout, made.layers[1].member); /* and back as the last */
	test_image(&layout, &two, &made);
	expect("before the wanted ones", NO_FOLDER & ~ONLY(TEST_TAR), CS_LIMIT, "--max-layers");
	expect("before the wanted ones", ONLY(TEST_TAR), CS_OK, NULL);
}

/* What nobody wants may be too large, damaged or a bomb. */
static void unwanted_members(void **state CS_UNUSED)
{
	struct cs_buf big CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf gz CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	oci(&two);
	cs_buf_puts(&big, "{\"a\":\"");
	for (int i = 0; i < 2000; i++)
		cs_buf_puts(&big, "0123456789");
	cs_buf_puts(&big, "\"}");
	test_put(&layout, "sbom.json", big.data, big.len);
	test_layer_tar(&tar, big.data);
	test_gzip(&gz, tar.data, tar.len, NULL, 0);
	test_put(&layout, "blobs/sha256/other", gz.data, gz.len);
	test_put_text(&layout, "blobs/sha256/tail", "\x28\xb5\x2f\xfd");
	ctx.limits.json_bytes = 2000;
	ctx.limits.layer_bytes = 2048;
	expect("unwanted", ALL, CS_OK, NULL);
}

/* --- names and links --- */

static void docker_names(const char *config, const char *layer)
{
	char text[600];

	snprintf(text, sizeof(text), "[{\"Config\":\"%s\",\"Layers\":[\"%s\"]}]", config, layer);
	test_put_text(&layout, "manifest.json", text);
}

static void names_that_lead_out(void **state CS_UNUSED)
{
	docker(&(struct test_image){ .layers = { "one" }, .plain = true });
	docker_names(made.config.member, "../../../etc/passwd");
	expect("layer", ALL, CS_UNSUPPORTED, "leads out");
	docker_names("../../../etc/passwd", "0/layer.tar");
	expect("config", ALL, CS_UNSUPPORTED, "leads out");
	docker_names(made.config.member, "/etc/passwd");
	expect("absolute", ALL, CS_FORMAT, "is missing");
	docker_names(made.config.member, "");
	expect("no name", ALL, CS_UNSUPPORTED, NULL);
	/* JSON where a layer should be */
	docker_names(made.config.member, made.config.member);
	expect("config as layer", ALL, CS_FORMAT, "layer 0");
	docker_names(made.config.member, "0/VERSION");
	expect("text as layer", ALL, CS_FORMAT, "layer 0");
}

static void links(void **state CS_UNUSED)
{
	docker(&two_plain);
	test_put_link(&layout, "1/layer.tar", '2', "/etc/passwd");
	expect("absolute", ALL, CS_UNSUPPORTED, "leads out of the");
	test_put_link(&layout, "1/layer.tar", '2', "../../etc/passwd");
	expect("up and out", ALL, CS_UNSUPPORTED, "leads out of the");
	test_put_link(&layout, "1/layer.tar", '2', "layer.tar");
	expect("to itself", ALL, CS_UNSUPPORTED, "links");
	test_put_link(&layout, "1/layer.tar", '2', "gone");
	expect("to nothing", ALL, CS_FORMAT, "is missing");
	test_put_link(&layout, "1/layer.tar", '1', "../0/layer.tar");
	expect("hard, out", ONLY(TEST_TAR) | ONLY(TEST_PIPE), CS_UNSUPPORTED, "leads out of the");
}

/* A folder is held to more than an archive: it can point at the whole machine. */
static void folders(void **state CS_UNUSED)
{
	char outside[400], path[700];
	const char *folder;

	oci(&two);
	snprintf(outside, sizeof(outside), "%s", test_path());
	test_write_file(outside, test_get(&layout, made.layers[1].member)->data.data,
			made.layers[1].size);
	test_put_link(&layout, made.layers[1].member, '2', outside);
	expect("a link to the right bytes", ONLY(TEST_FOLDER), CS_UNSUPPORTED, "link");
	/* even inside: no layout of OCI has links */
	oci(&two_plain);
	test_put_link(&layout, made.layers[1].member, '2', strchr(made.layers[0].digest, ':') + 1);
	expect("a link inside", ONLY(TEST_FOLDER), CS_UNSUPPORTED, "link");
	oci(&two);
	test_put_link(&layout, made.layers[1].member, '6', NULL);
	expect("a FIFO", ONLY(TEST_FOLDER), CS_UNSUPPORTED, "FIFO");
	test_put_link(&layout, "index.json", '6', NULL);
	expect("a FIFO as index", ONLY(TEST_FOLDER), CS_UNSUPPORTED, "FIFO");
	/* blobs itself is a link out */
	oci(&two);
	folder = strdup(test_write(&layout, TEST_FOLDER));
	snprintf(outside, sizeof(outside), "%s", test_path());
	snprintf(path, sizeof(path), "%s/blobs", folder);
	assert_int_equal(0, rename(path, outside));
	assert_int_equal(0, symlink(outside, path));
	assert_code(CS_UNSUPPORTED, test_load(&ctx, folder, NULL, &list, &err));
	/* and in an extracted docker archive, a folder above the layer */
	docker(&two_plain);
	free((void *)(uintptr_t)folder);
	folder = strdup(test_write(&layout, TEST_FOLDER));
	snprintf(outside, sizeof(outside), "%s", test_path());
	snprintf(path, sizeof(path), "%s/1", folder);
	assert_int_equal(0, rename(path, outside));
	assert_int_equal(0, symlink(outside, path));
	assert_code(CS_UNSUPPORTED, test_load(&ctx, folder, NULL, &list, &err));
	free((void *)(uintptr_t)folder);
}

/* --- places --- */

static void place(const void *bytes, size_t len, enum cs_code code, const char *words)
{
	const char *path = test_path();
	int r;

	test_write_file(path, bytes, len);
	r = test_load(&ctx, path, NULL, &list, &err);
	if (r != -(int)code || !strstr(err.msg, words) || !strstr(err.msg, path))
		fail_msg("%d %s (wanted %s)", r, err.msg, words);
}

static void places(void **state CS_UNUSED)
{
	static const char zeros[10240];

	place("", 0, CS_FORMAT, "empty");
	place("PK\3\4....", 8, CS_UNSUPPORTED, "zip");
	place("BZh91AY&SY", 10, CS_UNSUPPORTED, "bzip2");
	place("{}", 2, CS_UNSUPPORTED, "JSON");
	place("hello, world", 12, CS_UNSUPPORTED, "not a tar");
	place("\x1f\x8b\x08", 3, CS_FORMAT, "truncated");
	place(zeros, sizeof(zeros), CS_UNSUPPORTED, "neither index.json nor manifest.json");
	assert_code(CS_NOTFOUND, test_load(&ctx, test_path(), NULL, &list, &err));
	assert_non_null(strstr(err.msg, "docker save"));
	assert_code(CS_UNSUPPORTED, test_load(&ctx, "/dev/null", NULL, &list, &err));
	{
		const char *fifo = test_path();

		assert_int_equal(0, mkfifo(fifo, 0600));
		assert_code(CS_UNSUPPORTED, test_load(&ctx, fifo, NULL, &list, &err));
		assert_non_null(strstr(err.msg, "'-'"));
	}
	assert_code(CS_UNSUPPORTED,
		    test_load(&ctx, test_write_tar("", 0, TEST_PIPE), NULL, &list, &err));
	assert_code(CS_FORMAT,
		    test_load(&ctx, test_write_tar("{}", 2, TEST_PIPE), NULL, &list, &err));
	assert_non_null(strstr(err.msg, "standard input"));
	assert_code(CS_UNSUPPORTED, test_load(&ctx, "docker://alpine", NULL, &list, &err));
}

/* A transport names a layout; another one is not taken for it. */
static void wrong_transports(void **state CS_UNUSED)
{
	static const struct {
		bool docker;
		const char *prefix;
		enum cs_code code;
	} cases[] = {
		{ false, "oci:", CS_OK },
		{ false, "oci-archive:", CS_OK },
		{ false, "docker-archive:", CS_FORMAT },
		{ false, "dir:", CS_FORMAT },
		{ true, "oci:", CS_FORMAT },
		{ true, "docker-archive:", CS_OK },
		{ true, "dir:", CS_FORMAT },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		char where[700];
		int r;

		if (cases[i].docker)
			docker(&two);
		else
			oci(&two);
		snprintf(where, sizeof(where), "%s%s", cases[i].prefix,
			 test_write(&layout, i % 2 ? TEST_TAR : TEST_FOLDER));
		cs_image_list_release(&list);
		r = test_load(&ctx, where, NULL, &list, &err);
		if (r != -(int)cases[i].code)
			fail_msg("%s: %d %s", where, r, err.msg);
	}
	oci(&(struct test_image){ .layers = { "x" },
				  .config_type = "application/vnd.buildkit.historyrecord.v0" });
	expect("a build record", ALL, CS_UNSUPPORTED, "cachestat record");
}

/* --- any damage --- */

/* Either refused, or nothing that counts was touched: then the facts are the same. */
static void try_damaged(const struct cs_buf *tar, enum test_form form, const struct cs_buf *facts,
			const char *what, size_t at)
{
	struct cs_buf now CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r = test_load(&ctx, test_write_tar(tar->data, tar->len, form), NULL, &list, &err);

	if (r < 0) {
		assert_true(err.code != CS_NOMEM && err.msg[0]);
		return;
	}
	test_dump(&list, &now);
	cs_image_list_release(&list);
	if (strcmp(now.data, facts->data) != 0)
		fail_msg("%s at %zu as %s: other facts\n%s", what, at, test_form_name(form),
			 now.data);
}

static void flip_all(enum test_form form)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf facts CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	test_layout_tar(&layout, &tar);
	assert_done(test_load(&ctx, test_write_tar(tar.data, tar.len, form), NULL, &list, &err));
	test_dump(&list, &facts);
	cs_image_list_release(&list);
	for (size_t i = 0; i < tar.len; i += 41) {
		tar.data[i] ^= 0x10;
		try_damaged(&tar, form, &facts, "flipped", i);
		tar.data[i] ^= 0x10;
	}
	for (size_t n = tar.len; n > 0; n -= n > 331 ? 331 : n) {
		struct cs_buf part = { tar.data, n, 0, 0 };

		try_damaged(&part, form, &facts, "cut", n);
	}
}

static void any_damage(void **state CS_UNUSED)
{
	oci(&two);
	flip_all(TEST_TAR);
	flip_all(TEST_PIPE);
	docker(&two_plain);
	flip_all(TEST_TAR);
}

/* A compressed file is checked to its last byte. */
static void compressed_damaged(void **state CS_UNUSED)
{
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_buf gz CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	oci(&two);
	test_layout_tar(&layout, &tar);
	test_gzip(&gz, tar.data, tar.len, NULL, 0);
	place(gz.data, gz.len - 1, CS_FORMAT, "");
	gz.data[gz.len - 5] ^= 1;
	place(gz.data, gz.len, CS_FORMAT, "");
	gz.data[gz.len - 5] ^= 1;
	cs_buf_puts(&gz, "junk");
	place(gz.data, gz.len, CS_FORMAT, "");
}

/* A stream does not know in time that the config will want another algorithm. */
static void stream_of_sha512(void **state CS_UNUSED)
{
	char text[400];

	docker(&(struct test_image){ .layers = { "x" }, .algo = CS_DIGEST_SHA512 });
	snprintf(text, sizeof(text), "[{\"Config\":\"%s\",\"Layers\":[\"0/layer.tar\"]}]",
		 made.config.member);
	expect("file", ONLY(TEST_TAR) | ONLY(TEST_FOLDER), CS_OK, NULL);
	expect("stream", ONLY(TEST_PIPE), CS_UNSUPPORTED, "plain file");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(layers_damaged),
		TEST(blobs_missing),
		TEST(documents_damaged),
		TEST(config_lies),
		TEST(odd_indexes),
		TEST(other_things),
		TEST(kinds_confused),
		TEST(nesting),
		TEST(bounds),
		TEST(unwanted_members),
		TEST(many_layers_in_a_stream),
		TEST(names_that_lead_out),
		TEST(links),
		TEST(folders),
		TEST(places),
		TEST(wrong_transports),
		TEST(any_damage),
		TEST(compressed_damaged),
		TEST(stream_of_sha512),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
