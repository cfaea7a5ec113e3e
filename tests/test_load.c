/* SPDX-License-Identifier: Apache-2.0 */
/* Images loaded from every kind of place: the same facts whatever they lie in. */
#include "support/image.h"

#include <dirent.h>
#include <sys/stat.h>

static struct cs_err err;
static struct cs_ctx ctx;
static struct test_layout layout;
static struct cs_image_list list;

static int setup(void **state CS_UNUSED)
{
	cs_ctx_init(&ctx);
	ctx.n_threads = 2;
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

static void load(const char *where, const struct cs_load_options *options)
{
	cs_image_list_release(&list);
	assert_done(test_load(&ctx, where, options, &list, &err));
}

/* --- forms --- */

/* Loads the layout in every form and holds the facts against those of the first. */
static void all_forms_agree(const char *name, const struct cs_load_options *options)
{
	struct cs_buf first CS_AUTO(cs_buf_release) = CS_BUF_INIT;

	for (int form = 0; form < TEST_N_FORMS; form++) {
		struct cs_buf now CS_AUTO(cs_buf_release) = CS_BUF_INIT;

		load(test_write(&layout, (enum test_form)form), options);
		assert_true(list.n > 0);
		test_dump(&list, form ? &now : &first);
		if (form && strcmp(first.data, now.data) != 0)
			fail_msg("%s as %s:\n%s\nas tar:\n%s", name,
				 test_form_name((enum test_form)form), now.data, first.data);
	}
}

static void oci_in_every_form(void **state CS_UNUSED)
{
	static const struct test_image spec = { .layers = { "one", "two", "three" } };
	struct test_made made;
	char text[CS_DIGEST_TEXT];
	const struct cs_image *image;

	test_oci(&layout, &spec, &made);
	all_forms_agree("oci", NULL);
	assert_int_equal(1, list.n);
	image = list.v[0];
	assert_int_equal(3, image->n_layers);
	assert_string_equal(made.manifest.digest, cs_digest_format(&image->manifest_digest, text));
	assert_string_equal(made.config.digest, cs_digest_format(&image->config_digest, text));
	for (size_t i = 0; i < 3; i++) {
		const struct cs_layer *layer = &image->layers[i];

		assert_string_equal(made.layers[i].digest,
				    cs_digest_format(&layer->blob_digest, text));
		assert_string_equal(made.diff_ids[i], cs_digest_format(&layer->diff_id, text));
		assert_int_equal(made.layers[i].size, layer->blob_bytes);
		assert_int_equal(2048, layer->tar_bytes);
		assert_int_equal(1, layer->counts.files);
		assert_int_equal(CS_VERIFIED_SCAN, layer->verified);
		assert_non_null(layer->manifest);
		assert_string_equal(TEST_LAYER_TYPE, layer->media_type);
	}
	assert_string_equal(made.diff_ids[0], cs_digest_format(&image->layers[0].chain_id, text));
	assert_int_equal(3 * 2048, image->tar_bytes);
	assert_int_equal(3, image->files);
	assert_string_equal("COPY 2", image->layers[2].created_by);
	assert_int_equal(0, image->base_layers);
}

static void docker_in_every_form(void **state CS_UNUSED)
{
	static const struct test_image spec = { .layers = { "one", "two" }, .plain = true };
	struct test_made made;

	test_docker(&layout, &spec, "shop:1", &made);
	all_forms_agree("docker", NULL);
	assert_string_equal("shop:1", list.v[0]->ref);
	assert_false(cs_digest_known(&list.v[0]->manifest_digest));
	assert_int_equal(2048, list.v[0]->layers[1].blob_bytes);
	assert_true(
		cs_digest_equal(&list.v[0]->layers[1].blob_digest, &list.v[0]->layers[1].diff_id));
	/* compressed although nothing says so (crane) */
	test_layout_release(&layout);
	test_docker(&layout, &(struct test_image){ .layers = { "one" } }, "shop:1", &made);
	all_forms_agree("docker, compressed", NULL);
	assert_int_not_equal(2048, list.v[0]->layers[0].blob_bytes);
}

/* As old docker and skopeo write a layer that stands elsewhere already. */
static void links_in_every_form(void **state CS_UNUSED)
{
	static const struct test_image spec = { .layers = { "same", "same", "x" }, .plain = true };
	struct test_made made;

	test_docker(&layout, &spec, "shop:1", &made);
	test_put_link(&layout, "1/layer.tar", '2', "../0/layer.tar");
	all_forms_agree("links", NULL);
	/* a hard link counts from the root of the archive */
	test_put_link(&layout, "1/layer.tar", '1', "0/layer.tar");
	load(test_write(&layout, TEST_TAR), NULL);
	load(test_write(&layout, TEST_PIPE), NULL);
	assert_string_equal("1/layer.tar", list.v[0]->layers[1].name);
}

static void codings(void **state CS_UNUSED)
{
	static const struct test_image specs[] = {
		{ .layers = { "a", "b" }, .coding = CS_CODING_ZSTD },
		{ .layers = { "a", "b" }, .plain = true },
		{ .layers = { "a", "b" }, .algo = CS_DIGEST_SHA512 },
		{ .layers = { "a", "b" }, .layer_type = "application/vnd.oci.image.layer.v1.tar" },
		{ .layers = { "a" },
		  .layer_type = "application/vnd.docker.image.rootfs.diff.tar.gzip",
		  .config_type = "application/vnd.docker.container.image.v1+json" },
		{ .layers = { NULL } },
	};
	struct test_made made;

	for (size_t i = 0; i < CS_N(specs); i++) {
		test_layout_release(&layout);
		test_oci(&layout, &specs[i], &made);
		if (specs[i].algo == CS_DIGEST_SHA512) /* whose diff-ids a stream cannot know yet */
			load(test_write(&layout, TEST_FOLDER), NULL);
		else
			all_forms_agree("coding", NULL);
		assert_int_equal(made.n_layers, list.v[0]->n_layers);
	}
}

/* Member names as tar writes them, documents last, what nobody asked for between them. */
static void names_and_order(void **state CS_UNUSED)
{
	struct test_made made;
	struct test_layout other = { NULL, 0 };
	struct cs_buf doc;
	char *copy;

	test_image(&layout, &(struct test_image){ .layers = { "one" } }, &made);
	test_put_text(&layout, "./VERSION", "1.0");
	test_put_text(&layout, "./broken.json", "{ not JSON");
	test_put_text(&layout, "./broken.gz", "\x1f\x8b not gzip");
	test_put_text(&layout, "../../etc/passwd", "root");
	test_put_text(&layout, "/abs", "x");
	test_put_link(&layout, "./evil", '2', "../../etc/passwd");
	test_put_link(&layout, "./fifo", '6', NULL);
	for (size_t i = 0; i < layout.n; i++) {
		char name[256];

		snprintf(name, sizeof(name), "%s%s", layout.v[i].name[0] == 'b' ? "./" : "",
			 layout.v[i].name);
		test_append(&other, name, layout.v[i].data.data, layout.v[i].data.len);
		other.v[i].type = layout.v[i].type;
		other.v[i].link = layout.v[i].link ? strdup(layout.v[i].link) : NULL;
	}
	test_layout_release(&layout);
	layout = other;
	test_index(&layout, &(const char *){ made.manifest.json }, 1);
	load(test_write(&layout, TEST_TAR), NULL);
	load(test_write(&layout, TEST_PIPE), NULL);
	/* of two members of one name the later counts */
	doc = test_get(&layout, "index.json")->data;
	copy = strdup(doc.data);
	test_append(&layout, "./index.json", copy, doc.len);
	test_put_text(&layout, "index.json", "{\"manifests\":[]}");
	free(copy);
	load(test_write(&layout, TEST_TAR), NULL);
	load(test_write(&layout, TEST_PIPE), NULL);
}

/* --- what real builders wrote --- */

static const struct {
	const char *name;
	size_t n_images, n_all; /* of the host's platform (amd64), of all */
	int base_layers;
	const char *ref;
} fixtures[] = {
	{ "save28-graphdriver.tar.zst", 2, 2, 1, "docker.io/acme/sharimg:save" },
	{ "save28-containerd-multi.tar", 1, 2, 0, "docker.io/acme/sharimg:m" },
	{ "save28-containerd-multi-arm64only.tar", 1, 1, 0, "docker.io/acme/sharimg:m" },
	{ "oci-multi-attested.tar", 1, 2, 0, NULL },
	{ "crane-tarball.tar", 1, 1, 1, "127.0.0.1:5005/shared/img:1" },
	{ "buildah-docker-archive.tar.zst", 1, 1, 1, "docker.io/acme/sharimg:bh" },
};

/* The plain tar in a file of any coding, as members. */
static void unpack(const char *path)
{
	const struct cs_decode_options options = { .out_max = -1, .what = "archive" };
	struct cs_buf tar CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_stream *file, *s CS_AUTO(cs_stream_close_p) = NULL;
	FILE *f = fopen(path, "re");
	enum cs_coding coding;

	assert_non_null(f);
	assert_done(cs_stream_fd(&ctx, fileno(f), &file, &err));
	assert_done(cs_stream_decode(&ctx, file, &options, &s, &coding, &err));
	assert_done(cs_stream_read_all(s, 1 << 30, &tar, &err));
	fclose(f);
	test_layout_release(&layout);
	test_layout_from_tar(&layout, tar.data, tar.len);
}

static const char *fixture_path(const char *name)
{
	const char *srcdir = getenv("srcdir");
	static char path[1024];

	snprintf(path, sizeof(path), "%s/tests/fixtures/image/%s", srcdir ? srcdir : ".", name);
	return path;
}

static void real_images(void **state CS_UNUSED)
{
	const struct cs_load_options amd64 = { .platform = "linux/amd64" };
	const struct cs_load_options all = { .all_platforms = true };

	for (size_t i = 0; i < CS_N(fixtures); i++) {
		const char *path = fixture_path(fixtures[i].name);
		const struct cs_image *image;

		unpack(path);
		all_forms_agree(path, &all);
		assert_int_equal(fixtures[i].n_all, list.n);
		image = list.v[0];
		assert_int_equal(fixtures[i].base_layers, image->base_layers);
		if (fixtures[i].ref)
			assert_string_equal(fixtures[i].ref, image->ref);
		else
			assert_null(image->ref);
		if (fixtures[i].n_images == fixtures[i].n_all)
			load(path, NULL); /* no choice: nothing is asked */
		else
			load(path, &amd64);
		assert_int_equal(fixtures[i].n_images, list.n);
	}
}

static void attested_image(void **state CS_UNUSED)
{
	const struct cs_load_options arm64 = { .platform = "linux/arm64/v8" };
	const struct cs_image *image;
	char text[CS_TIME_TEXT];

	load(fixture_path("oci-multi-attested.tar"), &arm64);
	assert_int_equal(1, list.n);
	image = list.v[0];
	assert_true(image->has_attestation);
	assert_string_equal("2026-11-22T08:35:21.99185266Z",
			    cs_time_format(image->build_started_unix_ns, text));
	assert_string_equal("2026-11-22T08:35:22Z", cs_time_format(image->exported_unix_ns, text));
	assert_true(cs_digest_known(&image->index_digest));
	assert_int_equal(1, image->n_bases);
	assert_string_equal("kbase:1", image->bases[0].name);
}

/* --- the corpus, where it is at hand --- */

static size_t n_corpus;

static void load_corpus_file(const char *path)
{
	const struct cs_load_options all = { .all_platforms = true };
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		load(path, &all);
	} else {
		unpack(path);
		all_forms_agree(path, &all);
		load(path, &all);
	}
	for (size_t i = 0; i < list.n; i++)
		assert_true(list.v[i]->files >= 0);
	n_corpus++;
}

static bool ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), k = strlen(end);

	return n >= k && strcmp(name + n - k, end) == 0;
}

static bool is_image_name(const char *name)
{
	return ends_with(name, ".tar") || ends_with(name, "image.tar.gz") ||
	       ends_with(name, ".tar.zst") || ends_with(name, "-dir") ||
	       strcmp(name, "oci-gzip.tar.gz") == 0 || strcmp(name, "docker-type.tar.gz") == 0;
}

/* Images of a folder and, one level down, of its folders. */
static void load_corpus_folder(const char *folder, int depth)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		char path[1024];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] == '.' || stat(path, &st) < 0)
			continue;
		if (is_image_name(e->d_name))
			load_corpus_file(path);
		else if (S_ISDIR(st.st_mode) && depth > 0)
			load_corpus_folder(path, depth - 1);
	}
	closedir(dir);
}

static void corpus(void **state CS_UNUSED)
{
	const char *shared = getenv("CACHESTAT_SHARED");
	char path[600];

	if (!shared) {
		print_message("CACHESTAT_SHARED is not set: corpus left out\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/corpus", shared);
	load_corpus_folder(path, 2);
	snprintf(path, sizeof(path), "%s/replay/images", shared);
	load_corpus_folder(path, 0);
	print_message("%zu images of the corpus\n", n_corpus);
	assert_true(n_corpus > 50);
	/* mode=max says which layers are the base's */
	snprintf(path, sizeof(path), "%s/corpus/images/oci-attested-max.tar", shared);
	load(path, NULL);
	assert_int_equal(CS_BASE_PROVENANCE, list.v[0]->base_evidence);
	assert_int_equal(1, list.v[0]->base_layers);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(oci_in_every_form),   TEST(docker_in_every_form),
		TEST(links_in_every_form), TEST(codings),
		TEST(names_and_order),	   TEST(real_images),
		TEST(attested_image),	   TEST(corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
