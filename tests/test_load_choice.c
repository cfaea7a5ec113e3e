/* SPDX-License-Identifier: Apache-2.0 */
/* Which of several images is taken, how much of it is read, and by whom. */
#include "support/image.h"

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

static const char *fixture_path(const char *name)
{
	const char *srcdir = getenv("srcdir");
	static char path[1024];

	snprintf(path, sizeof(path), "%s/tests/fixtures/image/%s", srcdir ? srcdir : ".", name);
	return path;
}

/* --- which image --- */

/* Two platforms under one name; the test's machine is neither. */
static void two_platforms(struct test_made made[2], const char *extra)
{
	char more[2][400];
	const char *descs[2];

	for (int i = 0; i < 2; i++) {
		const char *arch = i ? "vax" : "pdp11";
		struct test_image spec = { .layers = { "common", arch }, .arch = arch };

		snprintf(more[i], sizeof(more[i]),
			 ",\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}%s", arch, extra);
		spec.extra = more[i];
		test_image(&layout, &spec, &made[i]);
		descs[i] = made[i].manifest.json;
	}
	test_index(&layout, descs, 2);
}

static void platform_chosen(void **state CS_UNUSED)
{
	const struct cs_load_options vax = { .platform = "linux/vax" };
	const struct cs_load_options riscv = { .platform = "linux/riscv64" };
	const struct cs_load_options all = { .all_platforms = true };
	struct test_made made[2];
	const char *path;

	two_platforms(made, "");
	path = test_write(&layout, TEST_TAR);
	load(path, &vax);
	assert_int_equal(1, list.n);
	assert_string_equal("vax", list.v[0]->platform.arch);
	load(path, &all);
	assert_int_equal(2, list.n);
	assert_code(CS_NOTFOUND, test_load(&ctx, path, &riscv, &list, &err));
	assert_non_null(strstr(err.msg, "linux/pdp11, linux/vax"));
	assert_code(CS_NOTFOUND, test_load(&ctx, path, NULL, &list, &err));
	assert_non_null(strstr(err.msg, "--platform"));
	assert_code(CS_USAGE,
		    test_load(&ctx, path, &(struct cs_load_options){ .platform = "linux" }, &list,
			      &err));
	all_forms_agree("platforms", &all);
}

/* The config is what a digest covers; an index may say anything of it. */
static void platform_by_config(void **state CS_UNUSED)
{
	static const struct {
		const char *arch, *variant, *extra, *want;
	} cases[] = {
		{ "amd64", NULL, "\"os\":\"linuh\",\"architecture\":\"amd64\"", "linux/amd64" },
		{ "arm", NULL, "\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v6\"",
		  "linux/arm/v6" },
		{ "arm", "v7", "\"os\":\"linux\",\"architecture\":\"arm\",\"variant\":\"v6\"",
		  "linux/arm/v7" },
		{ "arm", NULL, "\"os\":\"linux\",\"architecture\":\"arm\"", "linux/arm/v7" },
		{ "", NULL, "\"os\":\"linux\",\"architecture\":\"vax\"", "linux/vax" },
	};

	for (size_t i = 0; i < CS_N(cases); i++) {
		char extra[200], text[CS_PLATFORM_TEXT];
		struct test_made made;

		snprintf(extra, sizeof(extra), ",\"platform\":{%s}", cases[i].extra);
		test_layout_release(&layout);
		test_oci(&layout,
			 &(struct test_image){ .layers = { "a" },
					       .arch = cases[i].arch,
					       .variant = cases[i].variant,
					       .extra = extra },
			 &made);
		load(test_write(&layout, TEST_TAR), NULL);
		assert_string_equal(cases[i].want, cs_platform_format(&list.v[0]->platform, text));
	}
}

/* docker save of one platform keeps the index of all. */
static void platform_obvious(void **state CS_UNUSED)
{
	struct test_made made[2];

	two_platforms(made, "");
	test_drop(&layout, made[0].manifest.member);
	test_drop(&layout, made[0].config.member);
	test_drop(&layout, made[0].layers[1].member);
	all_forms_agree("one platform there", NULL);
	assert_string_equal("vax", list.v[0]->platform.arch);
	/* a damaged one that nobody chose does no harm, chosen it does */
	test_put_text(&layout, made[0].manifest.member, "{}");
	load(test_write(&layout, TEST_TAR), &(struct cs_load_options){ .platform = "linux/vax" });
	assert_code(CS_DIGEST,
		    test_load(&ctx, test_write(&layout, TEST_TAR),
			      &(struct cs_load_options){ .platform = "linux/pdp11" }, &list, &err));
	assert_code(CS_DIGEST,
		    test_load(&ctx, test_write(&layout, TEST_TAR),
			      &(struct cs_load_options){ .all_platforms = true }, &list, &err));
}

#define NAMED(tag)                                                                                 \
	",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" tag                           \
	"\",\"io.containerd.image.name\":\"docker.io/acme/shop:" tag                               \
	"\",\"org.opencontainers.image.created\":\"2026-11-22T08:00:00Z\"}"

static void several_images(void **state CS_UNUSED)
{
	struct test_made made[2];
	struct test_desc again;
	const char *descs[3], *path;
	char where[700], *doc;

	test_image(&layout, &(struct test_image){ .layers = { "a", "b" }, .extra = NAMED("one") },
		   &made[0]);
	test_image(&layout, &(struct test_image){ .layers = { "a", "c" }, .extra = NAMED("two") },
		   &made[1]);
	descs[0] = made[0].manifest.json;
	descs[1] = made[1].manifest.json;
	/* another tag of the first */
	doc = strdup(test_get(&layout, made[0].manifest.member)->data.data);
	test_blob(&layout, CS_DIGEST_SHA256, TEST_MANIFEST_TYPE, doc, strlen(doc), NAMED("three"),
		  &again);
	free(doc);
	descs[2] = again.json;
	test_index(&layout, descs, 3);
	all_forms_agree("several", NULL);
	assert_int_equal(2, list.n);
	assert_string_equal("docker.io/acme/shop:one", list.v[0]->ref);
	assert_string_equal("docker.io/acme/shop:two", list.v[1]->ref);

	path = strdup(test_write(&layout, TEST_TAR));
	snprintf(where, sizeof(where), "oci-archive:%s:two", path);
	load(where, NULL);
	assert_int_equal(1, list.n);
	assert_string_equal("docker.io/acme/shop:two", list.v[0]->ref);
	snprintf(where, sizeof(where), "oci:%s:acme/shop:three", path);
	load(where, NULL);
	assert_string_equal("docker.io/acme/shop:three", list.v[0]->ref);
	snprintf(where, sizeof(where), "oci:%s@%s", path, made[1].manifest.digest);
	load(where, NULL);
	assert_string_equal("docker.io/acme/shop:two", list.v[0]->ref);
	snprintf(where, sizeof(where), "oci:%s:four", path);
	assert_code(CS_NOTFOUND, test_load(&ctx, where, NULL, &list, &err));
	snprintf(where, sizeof(where), "oci:%s@%s", path, made[1].config.digest);
	assert_code(CS_NOTFOUND, test_load(&ctx, where, NULL, &list, &err));
	free((void *)(uintptr_t)path);
}

static void docker_selection(void **state CS_UNUSED)
{
	char path[1024], where[1200];

	snprintf(path, sizeof(path), "%s", fixture_path("crane-tarball.tar"));
	snprintf(where, sizeof(where), "docker-archive:%s:127.0.0.1:5005/shared/img:1", path);
	load(where, NULL);
	snprintf(where, sizeof(where), "docker-archive:%s:@0", path);
	load(where, NULL);
	snprintf(where, sizeof(where), "docker-archive:%s:@1", path);
	assert_code(CS_NOTFOUND, test_load(&ctx, where, NULL, &list, &err));
	snprintf(where, sizeof(where), "docker-archive:%s:shop", path);
	assert_code(CS_NOTFOUND, test_load(&ctx, where, NULL, &list, &err));
	/* both lists in one archive: the name of docker, the facts of OCI; by place, docker's alone
	 */
	snprintf(path, sizeof(path), "%s", fixture_path("save28-containerd-multi-arm64only.tar"));
	snprintf(where, sizeof(where), "docker-archive:%s:acme/sharimg:m", path);
	load(where, NULL);
	assert_true(cs_digest_known(&list.v[0]->manifest_digest));
	snprintf(where, sizeof(where), "docker-archive:%s:@0", path);
	load(where, NULL);
	assert_false(cs_digest_known(&list.v[0]->manifest_digest));
	snprintf(path, sizeof(path), "%s", fixture_path("crane-tarball.tar"));
	snprintf(where, sizeof(where), "oci-archive:%s", path);
	assert_code(CS_FORMAT, test_load(&ctx, where, NULL, &list, &err));
}

/* skopeo's dir: the manifest itself, blobs by their hex. */
static void skopeo_dir(void **state CS_UNUSED)
{
	struct test_layout dir = { NULL, 0 };
	struct test_made made;
	char where[700];
	const char *path;

	test_oci(&layout, &(struct test_image){ .layers = { "one", "two" } }, &made);
	for (size_t i = 0; i < layout.n; i++) {
		const struct test_member *m = &layout.v[i];

		if (strcmp(m->name, made.manifest.member) == 0)
			test_append(&dir, "manifest.json", m->data.data, m->data.len);
		else if (strchr(m->name, '/'))
			test_append(&dir, strrchr(m->name, '/') + 1, m->data.data, m->data.len);
	}
	test_append(&dir, "version", "Directory Transport Version: 1.1\n", 33);
	path = test_write(&dir, TEST_FOLDER);
	load(path, NULL);
	snprintf(where, sizeof(where), "dir:%s", path);
	load(where, NULL);
	assert_int_equal(2, list.v[0]->n_layers);
	assert_true(cs_digest_known(&list.v[0]->manifest_digest));
	cs_buf_putc(&test_get(&dir, strchr(made.layers[1].digest, ':') + 1)->data, 'x');
	assert_code(CS_DIGEST, test_load(&ctx, test_write(&dir, TEST_FOLDER), NULL, &list, &err));
	test_layout_release(&dir);
}

/* --- statements about images --- */

static void attestation_as_artifact(void **state CS_UNUSED)
{
	static const char statement[] =
		"{\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{"
		"\"buildDefinition\":{},\"runDetails\":{\"metadata\":{\"startedOn\":"
		"\"2026-11-22T08:00:00Z\"}}}}";
	struct test_made made;
	struct test_desc layer, manifest;
	const char *descs[2];
	char doc[3000];

	test_image(&layout, &(struct test_image){ .layers = { "a" } }, &made);
	test_blob(&layout, CS_DIGEST_SHA256, "application/vnd.in-toto+json", statement,
		  strlen(statement), "", &layer);
	snprintf(doc, sizeof(doc),
		 "{\"artifactType\":\"application/vnd.docker.attestation.manifest.v1+json\","
		 "\"config\":{\"digest\":\"%s\",\"size\":2},\"layers\":[%s],\"subject\":%s}",
		 made.config.digest, layer.json, made.manifest.json);
	test_blob(&layout, CS_DIGEST_SHA256, TEST_MANIFEST_TYPE, doc, strlen(doc), "", &manifest);
	descs[0] = made.manifest.json;
	descs[1] = manifest.json;
	test_index(&layout, descs, 2);
	all_forms_agree("artifact", NULL);
	assert_int_equal(1, list.n);
	assert_true(list.v[0]->has_attestation);
	/* one that is not there, odd, or damaged: unknown, unknown, an error */
	test_drop(&layout, layer.member);
	all_forms_agree("statement not there", NULL);
	assert_false(list.v[0]->has_attestation);
	test_put_text(&layout, layer.member, "{}");
	assert_code(CS_DIGEST, test_load(&ctx, test_write(&layout, TEST_TAR), NULL, &list, &err));
	assert_non_null(strstr(err.msg, "attestation"));
}

/* --- layers known from earlier --- */

struct store {
	struct cs_layer layers[8];
	size_t n;
	int asked_blob, asked_diff;
	bool broken;
};

static int by_blob(void *arg, const struct cs_digest *blob, struct cs_layer *ret, struct cs_err *e)
{
	struct store *s = arg;

	s->asked_blob++;
	if (s->broken)
		return cs_err_set(e, CS_DB, "broken");
	for (size_t i = 0; i < s->n; i++) {
		if (cs_digest_equal(blob, &s->layers[i].blob_digest)) {
			*ret = s->layers[i];
			return 0;
		}
	}
	return 1;
}

static int by_diff_id(void *arg, const struct cs_digest *diff_id, struct cs_layer *ret,
		      struct cs_err *e CS_UNUSED)
{
	struct store *s = arg;

	s->asked_diff++;
	for (size_t i = 0; i < s->n; i++) {
		if (cs_digest_equal(diff_id, &s->layers[i].diff_id)) {
			*ret = s->layers[i];
			return 0;
		}
	}
	return 1;
}

static void learn(struct store *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < list.v[0]->n_layers; i++) {
		s->layers[i] = list.v[0]->layers[i];
		s->layers[i].manifest = NULL;
		s->layers[i].counts.files = 77; /* to be told from what a scan finds */
		s->n++;
	}
}

static void known_layers(void **state CS_UNUSED)
{
	static struct store store;
	const struct cs_known known = { by_blob, by_diff_id, &store };
	struct cs_load_options options = { .known = &known };
	struct test_made made;

	test_oci(&layout, &(struct test_image){ .layers = { "a", "b", "a" } }, &made);
	load(test_write(&layout, TEST_TAR), NULL);
	learn(&store);
	for (int form = 0; form < TEST_N_FORMS; form++) {
		store.asked_blob = 0;
		load(test_write(&layout, (enum test_form)form), &options);
		assert_int_equal(2, store.asked_blob); /* each distinct layer once */
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(CS_VERIFIED_DIGEST, list.v[0]->layers[i].verified);
			assert_int_equal(77, list.v[0]->layers[i].counts.files);
			assert_null(list.v[0]->layers[i].manifest);
		}
	}
	/* hashing finds what decoding need not look for */
	test_get(&layout, made.layers[1].member)->data.data[12] ^= 1;
	for (int form = 0; form < TEST_N_FORMS; form++)
		assert_code(CS_DIGEST, test_load(&ctx, test_write(&layout, (enum test_form)form),
						 &options, &list, &err));
	options.trust_known = true;
	for (int form = 0; form < TEST_N_FORMS; form++) {
		load(test_write(&layout, (enum test_form)form), &options);
		assert_int_equal(CS_VERIFIED_NOT, list.v[0]->layers[1].verified);
		assert_int_equal((int64_t)made.layers[1].size, list.v[0]->layers[1].blob_bytes);
	}
	/* what the store knows of that blob is not what this config says */
	store.layers[1].diff_id = store.layers[0].diff_id;
	for (int form = 0; form < TEST_N_FORMS; form++)
		assert_code(CS_DIGEST, test_load(&ctx, test_write(&layout, (enum test_form)form),
						 &options, &list, &err));
	store.broken = true;
	assert_code(CS_DB, test_load(&ctx, test_write(&layout, TEST_TAR), &options, &list, &err));
	assert_code(CS_DB, test_load(&ctx, test_write(&layout, TEST_PIPE), &options, &list, &err));
}

static void known_by_diff_id(void **state CS_UNUSED)
{
	static struct store store;
	const struct cs_known known = { by_blob, by_diff_id, &store };
	struct cs_load_options options = { .known = &known };
	struct test_made made;

	test_docker(&layout, &(struct test_image){ .layers = { "a", "b" }, .plain = true }, "x:1",
		    &made);
	load(test_write(&layout, TEST_TAR), NULL);
	learn(&store);
	load(test_write(&layout, TEST_TAR), &options);
	assert_int_equal(CS_VERIFIED_DIGEST, list.v[0]->layers[1].verified);
	assert_int_equal(77, list.v[0]->layers[1].counts.files);
	assert_true(
		cs_digest_equal(&list.v[0]->layers[1].blob_digest, &list.v[0]->layers[1].diff_id));
	test_get(&layout, made.layers[1].member)->data.data[600] ^= 1;
	assert_code(CS_DIGEST,
		    test_load(&ctx, test_write(&layout, TEST_TAR), &options, &list, &err));
	options.trust_known = true;
	load(test_write(&layout, TEST_TAR), &options);
	assert_int_equal(CS_VERIFIED_NOT, list.v[0]->layers[1].verified);
	assert_true(cs_digest_known(&list.v[0]->layers[1].blob_digest));
	/* compressed ones have another digest, which nobody said: they are scanned */
	options.trust_known = false;
	test_layout_release(&layout);
	test_docker(&layout, &(struct test_image){ .layers = { "a", "b" } }, "x:1", &made);
	load(test_write(&layout, TEST_TAR), &options);
	assert_int_equal(CS_VERIFIED_SCAN, list.v[0]->layers[1].verified);
	assert_int_equal(1, list.v[0]->layers[1].counts.files);
}

/* Not compressed, a blob's own name tells which known layer it is, even in a stream. */
static void known_uncompressed(void **state CS_UNUSED)
{
	static struct store store;
	const struct cs_known known = { by_blob, by_diff_id, &store };
	const struct cs_load_options options = { .known = &known };
	struct test_made made;

	test_oci(&layout, &(struct test_image){ .layers = { "a", "b" }, .plain = true }, &made);
	load(test_write(&layout, TEST_TAR), NULL);
	learn(&store);
	memset(&store.layers[1].blob_digest, 0, sizeof(store.layers[1].blob_digest));
	for (int form = 0; form < TEST_N_FORMS; form++) {
		load(test_write(&layout, (enum test_form)form), &options);
		assert_int_equal(CS_VERIFIED_DIGEST, list.v[0]->layers[1].verified);
		assert_true(cs_digest_equal(&list.v[0]->layers[1].blob_digest,
					    &list.v[0]->layers[1].diff_id));
	}
}

static void documents_alone(void **state CS_UNUSED)
{
	const struct cs_load_options options = { .documents_only = true };
	struct test_made made;
	char text[CS_DIGEST_TEXT];

	test_oci(&layout, &(struct test_image){ .layers = { "a", "b" } }, &made);
	test_drop(&layout, made.layers[0].member);
	test_put_text(&layout, made.layers[1].member, "damaged");
	all_forms_agree("documents", &options);
	assert_string_equal(made.layers[1].digest,
			    cs_digest_format(&list.v[0]->layers[1].blob_digest, text));
	assert_int_equal((int64_t)(made.layers[0].size + made.layers[1].size),
			 list.v[0]->blob_bytes);
	assert_int_equal(-1, list.v[0]->tar_bytes);
	assert_int_equal(-1, list.v[0]->files);
	assert_int_equal(CS_VERIFIED_NOT, list.v[0]->layers[0].verified);
}

/* --- workers --- */

static void workers_agree(void **state CS_UNUSED)
{
	struct cs_buf first CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct test_made made;

	test_oci(&layout,
		 &(struct test_image){ .layers = { "a", "bb", "ccc", "dddd", "eeeee", "a" } },
		 &made);
	for (unsigned n = 0; n <= 8; n += 4) {
		struct cs_buf now CS_AUTO(cs_buf_release) = CS_BUF_INIT;

		ctx.n_threads = n;
		load(test_write(&layout, TEST_TAR), NULL);
		test_dump(&list, n ? &now : &first);
		if (n)
			assert_string_equal(first.data, now.data);
	}
	/* the lowest of several failures, whoever finds his first */
	test_get(&layout, made.layers[1].member)->data.data[11] ^= 1;
	test_get(&layout, made.layers[4].member)->data.data[11] ^= 1;
	for (int i = 0; i < 20; i++) {
		ctx.n_threads = 1 + (unsigned)i % 4;
		assert_true(test_load(&ctx, test_write(&layout, TEST_TAR), NULL, &list, &err) < 0);
		assert_non_null(strstr(err.msg, "layer 1 ("));
	}
}

static void interrupted(void **state CS_UNUSED)
{
	const volatile sig_atomic_t stop = 1;
	struct test_made made;

	test_oci(&layout, &(struct test_image){ .layers = { "a", "b" } }, &made);
	ctx.cancel = &stop;
	for (int form = 0; form < TEST_N_FORMS; form++)
		assert_code(CS_CANCELED, test_load(&ctx, test_write(&layout, (enum test_form)form),
						   NULL, &list, &err));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(platform_chosen),
		TEST(platform_by_config),
		TEST(platform_obvious),
		TEST(several_images),
		TEST(docker_selection),
		TEST(skopeo_dir),
		TEST(attestation_as_artifact),
		TEST(known_layers),
		TEST(known_by_diff_id),
		TEST(known_uncompressed),
		TEST(documents_alone),
		TEST(workers_agree),
		TEST(interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
