/* SPDX-License-Identifier: Apache-2.0 */
/* .dockerbuild archives: real ones, and ones written by hand so that each part can be wrong. */
#include <archive.h>
#include <archive_entry.h>

#include "support/docs.h"
#include "support/tar.h"
#include "support/wire.h"

static struct test_docs docs;

/* --- real records --- */

static void pulled(void **state CS_UNUSED)
{
	const struct cs_doc *doc;
	const struct cs_step *step;
	char buf[256];

	assert_int_equal(0, test_docs_fixture(&docs, "pulled.dockerbuild"));
	assert_int_equal(1, docs.n);
	doc = docs.v[0];
	assert_int_equal(CS_DOC_RECORD, doc->kind);
	assert_int_equal(CS_STATUS_COMPLETED, doc->build.status);
	assert_int_equal(2, doc->build.builder_cached_steps);
	assert_int_equal(14, doc->build.builder_total_steps);
	assert_int_equal(14, doc->build.builder_completed_steps);
	assert_string_equal("hHrrrr", test_cacheable(doc, buf));
	assert_string_equal("l2r160kw8tzk9raavuqo9437y", doc->build.builder_ref);
	assert_string_equal("production", doc->build.facts.target);
	assert_string_equal("docker.io/library/rc:12", doc->build.image_ref);
	assert_string_equal("linux/amd64", doc->build.platform);
	assert_int_equal(2, doc->build.n_results);
	assert_int_equal(1, doc->build.recipe.n_base_diff_ids);
	assert_int_equal(1, doc->build.recipe.n_materials);
	assert_string_equal("kbase:1", doc->build.recipe.materials[0].name);
	assert_int_equal(1, doc->build.recipe.n_caches);
	assert_string_equal("registry", doc->build.recipe.caches[0].type);
	assert_string_equal("127.0.0.1:5005/shared/cache:max2", doc->build.recipe.caches[0].ref);
	assert_null(doc->build.recipe.caches[0].error);
	step = test_step(doc, "[mods 3/3] RUN sleep 1; cat /lock > /mods.txt");
	assert_int_equal(3, step->first_line);
	assert_string_equal("mods", step->stage);
	assert_string_equal("RUN sleep 1; cat /lock > /mods.txt", step->instruction);
	assert_int_equal(1, step->n_inputs);
	assert_string_equal("[mods 2/3] COPY lock /lock", doc->build.steps[step->inputs[0]].name);
	assert_int_equal(0, strncmp(doc->build.recipe.dockerfile_text, "FROM kbase:1 AS mods\n", 21));
}

static void not_completed(void **state CS_UNUSED)
{
	char buf[256];

	assert_int_equal(0, test_docs_fixture(&docs, "failed.dockerbuild"));
	assert_int_equal(CS_STATUS_FAILED, docs.v[0]->build.status);
	assert_string_equal("hhhhhrf", test_cacheable(docs.v[0], buf));
	assert_non_null(strstr(docs.v[0]->build.recipe.error, "exit code: 3"));
	assert_int_equal(0, test_docs_fixture(&docs, "canceled.dockerbuild"));
	assert_int_equal(CS_STATUS_CANCELED, docs.v[0]->build.status);
	assert_string_equal("hhhrcn", test_cacheable(docs.v[0], buf));
	assert_int_equal(11, docs.v[0]->build.builder_total_steps);
	assert_int_equal(10, docs.v[0]->build.builder_completed_steps);
	assert_int_equal(0, test_docs_fixture(&docs, "import-missing.dockerbuild"));
	assert_int_equal(CS_STATUS_COMPLETED, docs.v[0]->build.status);
	assert_non_null(strstr(docs.v[0]->build.recipe.caches[0].error, "not found"));
}

static void several(void **state CS_UNUSED)
{
	static const int64_t cached[] = { 1, 6, 4, 6 };
	const struct cs_facts *f;

	assert_int_equal(0, test_docs_fixture(&docs, "four-records.dockerbuild"));
	assert_int_equal(4, docs.n);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(cached[i], docs.v[i]->build.builder_cached_steps);
		assert_int_equal(12, docs.v[i]->build.builder_total_steps);
		assert_string_equal("linux/amd64,linux/arm64", docs.v[i]->build.platform);
	}
	f = &docs.v[0]->build.facts;
	assert_string_equal("acme/app", f->project);
	assert_string_equal("17000000001", f->run_id);
	assert_int_equal(1, f->attempt);
	assert_string_equal("fed4446b695ddef54c30236c0ac0f9cbf766298f", f->commit);
	assert_string_equal(
		"linux/arm64",
		test_step(docs.v[0], "[linux/arm64 stage-1 2/2] COPY a.txt /a.txt")->platform);
}

/* --- archives by hand --- */

struct desc {
	char digest[CS_DIGEST_TEXT];
	size_t size;
};

static struct cs_buf tar;

static struct desc add_blob(const void *data, size_t len)
{
	struct test_tar_entry e = { 0 };
	struct cs_digest digest;
	struct desc d = { .size = len };
	char path[160];

	assert_int_equal(0, cs_digest_of(CS_DIGEST_SHA256, data, len, &digest, &docs.err));
	cs_digest_format(&digest, d.digest);
	snprintf(path, sizeof(path), "blobs/sha256/%s", d.digest + 7);
	e.name = path;
	test_tar_add(&tar, &e, data, len);
	return d;
}

static struct desc add_text(const char *text)
{
	return add_blob(text, strlen(text));
}

#define RECORD_TYPE   "application/vnd.buildkit.historyrecord.v0"
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"
#define INDEX_TYPE    "application/vnd.oci.image.index.v1+json"

static struct desc add_manifest(const struct desc *config, const char *layers)
{
	char text[4096];

	snprintf(text, sizeof(text),
		 "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST_TYPE
		 "\",\"config\":{\"mediaType\":"
		 "\"" RECORD_TYPE "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[%s]}",
		 config->digest, config->size, layers);
	return add_text(text);
}

static const char *layer(const char *type, const struct desc *d, const char *annotation)
{
	static char text[4][1024];
	static unsigned n;
	char *buf = text[n++ % 4];

	snprintf(buf, sizeof(text[0]), "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}",
		 type, d->digest, d->size, annotation);
	return buf;
}

static void index_text(const char *name, const char *type, const struct desc *d, char *ret)
{
	snprintf(ret, 1024,
		 "{\"schemaVersion\":2,\"mediaType\":\"" INDEX_TYPE "\",\"manifests\":[%s]}",
		 layer(type, d, ""));
	if (name)
		test_tar_file(&tar, name, ret);
}

static void end_archive(const char *type, const struct desc *d)
{
	char text[1024];

	index_text("index.json", type, d, text);
	test_tar_file(&tar, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	test_tar_end(&tar);
}

static int read_tar(size_t step)
{
	int r = test_docs_read(&docs, tar.data, tar.len, step);

	cs_buf_reset(&tar);
	return r;
}

static struct desc add_status(void)
{
	struct cs_buf m = CS_BUF_INIT, stream = CS_BUF_INIT;
	struct desc d;

	wire_vertex(&m, (struct wire_vertex){ "sha256:aa", .name = "[a 1/1] RUN echo tok-12345 x",
					      .from = 10, .to = 12 });
	wire_vertex(&m,
		    (struct wire_vertex){ "sha256:bb", "sha256:aa",
					  .name = "importing cache manifest from gha:15",
					  .error = "no https://u:p@host/x", .from = 9, .to = 9 });
	wire_frame(&stream, &m);
	d = add_blob(stream.data, stream.len);
	cs_buf_release(&m);
	cs_buf_release(&stream);
	return d;
}

#define STATUS_TYPE "application/vnd.buildkit.status.v0"
#define PROVENANCE                                                                                 \
	",\"annotations\":{\"in-toto.io/predicate-type\":\"https://slsa.dev/provenance/v0.2\"}"

/* A record whose config is the text given, with a status stream. */
static int read_config(const char *config)
{
	struct desc c = add_text(config), s = add_status();
	struct desc m = add_manifest(&c, layer(STATUS_TYPE, &s, ""));

	end_archive(MANIFEST_TYPE, &m);
	return read_tar(0);
}

static void facts_of_a_record(void **state CS_UNUSED)
{
	const struct cs_doc *doc;

	assert_int_equal(
		0,
		read_config(
			"{\"Ref\":\"r1\",\"FrontendAttrs\":{\"build-arg:API_TOKEN\":\"tok-12345\","
			"\"build-arg:SOURCE_DATE_EPOCH\":\"5\",\"build-arg:U\":\"https://a:b@h/x\","
			"\"no-cache\":\"a,b\",\"platform\":\"linux/aarch64\","
			"\"context\":\"https://x:tok@github.com/acme/app.git#refs/pull/7/"
			"merge:sub\","
			"\"attest:provenance\":\"mode=max,builder-id=https://github.com/acme/app/"
			"actions/runs/"
			"99/attempts/2\","
			"\"cache-imports\":\"[{\\\"Type\\\":\\\"gha\\\",\\\"Attrs\\\":{"
			"\\\"scope\\\":\\\"test\\\"}},"
			"{\\\"Type\\\":\\\"gha\\\",\\\"Attrs\\\":{}}]\"},"
			"\"Exporters\":[{\"Type\":\"image\",\"Attrs\":{\"name\":\"r/a:1,r/"
			"a:2\",\"push\":\"true\"}}],"
			"\"CreatedAt\":{\"seconds\":8},\"CompletedAt\":{\"seconds\":12,\"nanos\":5}"
			","
			"\"numTotalSteps\":2,\"numCompletedSteps\":2}"));
	doc = docs.v[0];
	assert_string_equal("acme/app", doc->build.facts.project);
	assert_string_equal("refs/pull/7/merge", doc->build.facts.ref);
	assert_int_equal(CS_EVENT_PULL_REQUEST, doc->build.facts.event);
	assert_string_equal("99", doc->build.facts.run_id);
	assert_int_equal(2, doc->build.facts.attempt);
	assert_int_equal(CS_TRI_YES, doc->build.facts.pushed);
	assert_string_equal("r/a:1", doc->build.image_ref);
	assert_string_equal("linux/arm64", doc->build.platform);
	assert_string_equal("https://github.com/acme/app.git#refs/pull/7/merge:sub", doc->build.recipe.context);
	assert_string_equal("a,b", doc->build.recipe.no_cache_stages);
	assert_false(doc->build.recipe.no_cache);
	assert_true(doc->build.recipe.epoch_set);
	assert_string_equal("test", doc->build.recipe.gha_scope);
	assert_int_equal(2, doc->build.recipe.n_caches);
	assert_string_equal("buildkit", doc->build.recipe.caches[1].scope);
	/* nothing secret is left, wherever it stood */
	assert_string_equal("no https://host/x", doc->build.recipe.caches[0].error);
	assert_string_equal("RUN echo *** x",
			    test_step(doc, "[a 1/1] RUN echo *** x")->instruction);
	assert_string_equal("API_TOKEN", doc->build.recipe.build_args[0].key);
	assert_string_equal("", doc->build.recipe.build_args[0].value);
	assert_string_equal("https://h/x", doc->build.recipe.build_args[2].value);
}

static void facts_of_github(void **state CS_UNUSED)
{
	struct desc c =
		add_text("{\"Ref\":\"r1\",\"FrontendAttrs\":{\"vcs:source\":"
			 "\"git@github.com:other/name.git\",\"vcs:revision\":\"aa-dirty\"}}");
	struct desc p = add_text(
		"{\"invocation\":{\"environment\":{\"platform\":\"linux/amd64\","
		"\"github_event_name\":\"pull_request\",\"github_ref\":\"refs/pull/3/merge\","
		"\"github_repository\":\"acme/"
		"app\",\"github_run_id\":\"17\",\"github_run_attempt\":\"3\","
		"\"github_workflow\":\"ci\",\"github_job\":\"image\","
		"\"github_event_payload\":{\"pull_request\":{\"head\":{\"sha\":\"beef\"}},"
		"\"sender\":{\"login\":\"somebody\"}}}},"
		"\"buildConfig\":{\"digestMapping\":{\"sha256:aa\":\"step0\",\"sha256:zz\":"
		"\"step1\"}},"
		"\"metadata\":{\"buildInvocationID\":\"inv\","
		"\"https://mobyproject.org/"
		"buildkit@v1#metadata\":{\"source\":{\"locations\":{\"step0\":{"
		"\"locations\":[{\"ranges\":[{\"start\":{\"line\":4},\"end\":{\"line\":6}},"
		"{\"start\":{\"line\":2},\"end\":{\"line\":2}}]}]}},"
		"\"infos\":[{\"filename\":\"Dockerfile\",\"data\":\"QVJHIFRPS0VOPWFiYwo=\"}]}}}}");
	struct desc s = add_status();
	const struct cs_facts *f;
	struct desc m;
	char layers[2048];

	snprintf(layers, sizeof(layers), "%s,%s",
		 layer("application/vnd.in-toto+json", &p, PROVENANCE), layer(STATUS_TYPE, &s, ""));
	m = add_manifest(&c, layers);
	end_archive(MANIFEST_TYPE, &m);
	assert_int_equal(0, read_tar(1000));
	f = &docs.v[0]->build.facts;
	assert_string_equal("acme/app", f->project);
	assert_string_equal("refs/pull/3/merge", f->ref);
	assert_string_equal("pull_request", f->event_raw);
	assert_int_equal(CS_EVENT_PULL_REQUEST, f->event);
	assert_string_equal("17", f->run_id);
	assert_int_equal(3, f->attempt);
	assert_string_equal("ci", f->workflow);
	assert_string_equal("image", f->job);
	assert_string_equal("beef", f->commit);
	assert_string_equal("aa-dirty", docs.v[0]->build.recipe.vcs_revision);
	assert_string_equal("inv", docs.v[0]->build.invocation_id);
	assert_string_equal("ARG TOKEN=***\n", docs.v[0]->build.recipe.dockerfile_text);
	assert_int_equal(2, docs.v[0]->build.steps[1].first_line);
	assert_int_equal(6, docs.v[0]->build.steps[1].last_line);
	/* a build of which nothing says that it ended */
	assert_int_equal(CS_STATUS_UNKNOWN, docs.v[0]->build.status);
}

static void without_steps(void **state CS_UNUSED)
{
	struct desc c = add_text("{\"Ref\":\"r1\"}"), m = add_manifest(&c, "");

	end_archive(MANIFEST_TYPE, &m);
	assert_int_equal(0, read_tar(0));
	assert_int_equal(0, docs.v[0]->build.n_steps);
	assert_int_equal(0, docs.v[0]->build.builder_total_steps);
}

static void order_and_depth(void **state CS_UNUSED)
{
	struct desc c = add_text("{\"Ref\":\"r1\"}"), m = add_manifest(&c, ""), d = m;
	const char *type = MANIFEST_TYPE;
	char text[1024];

	/* index.json before the blobs it names, four levels of indexes */
	for (int i = 0; i < 3; i++) {
		index_text(NULL, type, &d, text);
		d = add_text(text);
		type = INDEX_TYPE;
	}
	index_text("./index.json", type, &d, text);
	test_tar_end(&tar);
	assert_int_equal(0, read_tar(0));
	assert_int_equal(1, docs.n);
}

static void too_deep(void **state CS_UNUSED)
{
	struct desc c = add_text("{\"Ref\":\"r1\"}"), s = add_status();
	struct desc d = add_manifest(&c, layer(STATUS_TYPE, &s, ""));
	const char *type = MANIFEST_TYPE;
	char text[1024];

	for (int i = 0; i < 4; i++) {
		index_text(NULL, type, &d, text);
		d = add_text(text);
		type = INDEX_TYPE;
	}
	end_archive(type, &d);
	assert_code(CS_LIMIT, read_tar(0));
	assert_non_null(strstr(docs.err.msg, "--max-index-depth"));
}

static void flipped(void **state CS_UNUSED)
{
	struct desc c = add_text("{\"Ref\":\"r1\"}"), s = add_status();
	struct desc m = add_manifest(&c, layer(STATUS_TYPE, &s, ""));
	static const char *const of[] = { "\"Ref\"",
					  ("\"schemaVersion\":2,\"mediaType\":\"application/"
					   "vnd.oci.image.manifest"),
					  "RUN echo" };
	struct cs_buf good = CS_BUF_INIT;

	end_archive(MANIFEST_TYPE, &m);
	good = tar;
	memset(&tar, 0, sizeof(tar));
	for (size_t i = 0; i < CS_N(of); i++) {
		char *at = memmem(good.data, good.len, of[i], strlen(of[i]));

		assert_non_null(at);
		at[1] ^= 1;
		assert_code(CS_DIGEST, test_docs_read(&docs, good.data, good.len, 0));
		assert_int_equal(0, strncmp(docs.err.msg, "input: ", 7));
		at[1] ^= 1;
	}
	assert_int_equal(0, test_docs_read(&docs, good.data, good.len, 0));
	/* cut */
	for (size_t n = 1; n < good.len - 1024; n += 97) {
		int r = test_docs_read(&docs, good.data, n, 0);

		assert_true(r < 0 || (r == 1 && n <= 512));
		assert_int_equal(0, docs.n);
	}
	cs_buf_release(&good);
}

static void inconsistent(void **state CS_UNUSED)
{
	struct desc c = add_text("{\"Ref\":\"r1\"}"), s = add_status(), m, gone;

	gone = s;
	gone.digest[10] = gone.digest[10] == '0' ? '1' : '0';
	m = add_manifest(&c, layer(STATUS_TYPE, &gone, ""));
	end_archive(MANIFEST_TYPE, &m);
	assert_code(CS_FORMAT, read_tar(0));
	assert_non_null(strstr(docs.err.msg, "not in the archive"));

	c = add_text("{\"Ref\":\"r1\"}");
	s = add_status();
	s.size++;
	m = add_manifest(&c, layer(STATUS_TYPE, &s, ""));
	end_archive(MANIFEST_TYPE, &m);
	assert_code(CS_DIGEST, read_tar(0));

	/* a config that is no record, a status that is JSON, JSON that is a status */
	assert_code(CS_FORMAT, read_config("{\"Reff\":\"r1\"}"));
	assert_code(CS_FORMAT, read_config("{\"Ref\":\"r1\""));
	assert_code(CS_FORMAT, read_config("[1]"));
	c = add_text("{\"Ref\":\"r1\"}");
	m = add_manifest(&c, layer(STATUS_TYPE, &c, ""));
	end_archive(MANIFEST_TYPE, &m);
	assert_code(CS_LIMIT, read_tar(0));
	s = add_status();
	m = add_manifest(&s, "");
	end_archive(MANIFEST_TYPE, &m);
	assert_code(CS_FORMAT, read_tar(0));
	/* a status stream that breaks off, its digest right */
	c = add_text("{\"Ref\":\"r1\"}");
	s = add_blob("\x20\0\0\0\x0a", 5);
	m = add_manifest(&c, layer(STATUS_TYPE, &s, ""));
	end_archive(MANIFEST_TYPE, &m);
	assert_code(CS_FORMAT, read_tar(0));
	assert_non_null(strstr(docs.err.msg, "record 1: status stream: "));
}

static void no_records(void **state CS_UNUSED)
{
	struct desc c = add_text("{}"), d;
	struct cs_buf layer_tar = CS_BUF_INIT;

	/* an image: its manifest may be absent, its index odd */
	end_archive(MANIFEST_TYPE, &c);
	assert_int_equal(1, read_tar(0));
	d = c;
	d.digest[9] = d.digest[9] == '0' ? '1' : '0';
	end_archive(MANIFEST_TYPE, &d);
	assert_int_equal(1, read_tar(0));
	/* a docker archive */
	add_text("{}");
	test_tar_file(&tar, "manifest.json", "[]");
	test_tar_end(&tar);
	assert_int_equal(1, read_tar(0));
	/* the first layer tells, whatever is broken behind it */
	test_tar_file(&layer_tar, "etc/passwd", "x");
	add_blob(layer_tar.data, layer_tar.len);
	cs_buf_puts(&tar, "broken");
	assert_int_equal(1, read_tar(0));
	/* a folder of blobs without an index: only a record is missed */
	add_text("{}");
	test_tar_end(&tar);
	assert_int_equal(1, read_tar(0));
	add_status();
	test_tar_end(&tar);
	assert_code(CS_FORMAT, read_tar(0));
	cs_buf_release(&layer_tar);
}

static void limits(void **state CS_UNUSED)
{
	docs.ctx.limits.json_bytes = 600;
	assert_code(CS_LIMIT, test_docs_fixture(&docs, "pulled.dockerbuild"));
	assert_non_null(strstr(docs.err.msg, "--max-json-bytes"));
	cs_ctx_init(&docs.ctx);
	docs.ctx.limits.held_bytes = 20000;
	assert_code(CS_LIMIT, test_docs_fixture(&docs, "pulled.dockerbuild"));
	assert_non_null(strstr(docs.err.msg, "--max-held-bytes"));
	cs_ctx_init(&docs.ctx);
	docs.ctx.limits.vertexes = 13;
	assert_code(CS_LIMIT, test_docs_fixture(&docs, "pulled.dockerbuild"));
	assert_non_null(strstr(docs.err.msg, "--max-vertexes"));
	cs_ctx_init(&docs.ctx);
	docs.ctx.limits.vertexes = 48;
	assert_int_equal(0, test_docs_fixture(&docs, "four-records.dockerbuild"));
	docs.ctx.limits.vertexes = 47;
	assert_code(CS_LIMIT, test_docs_fixture(&docs, "four-records.dockerbuild"));
	cs_ctx_init(&docs.ctx);
	docs.ctx.limits.index_manifests = 5;
	assert_int_equal(0, test_docs_fixture(&docs, "four-records.dockerbuild"));
	docs.ctx.limits.index_manifests = 4;
	assert_code(CS_LIMIT, test_docs_fixture(&docs, "four-records.dockerbuild"));
	assert_non_null(strstr(docs.err.msg, "--max-manifests"));
	cs_ctx_init(&docs.ctx);
	docs.ctx.limits.members = 5;
	assert_code(CS_LIMIT, test_docs_fixture(&docs, "pulled.dockerbuild"));
	cs_ctx_init(&docs.ctx);
}

static void many_secrets(void **state CS_UNUSED)
{
	struct cs_buf text = CS_BUF_INIT;

	for (int n = 64; n <= 65; n++) {
		cs_buf_reset(&text);
		cs_buf_puts(&text, "{\"Ref\":\"r\",\"FrontendAttrs\":{\"x\":\"\"");
		for (int i = 0; i < n; i++)
			cs_buf_printf(&text, ",\"build-arg:TOKEN%d\":\"value%d\"", i, i);
		cs_buf_puts(&text, "}}");
		assert_int_equal(n == 64 ? 0 : -CS_UNSUPPORTED, read_config(text.data));
	}
	cs_buf_release(&text);
}

/* --- in a zip --- */

static void zip_of(struct cs_buf *out, const char *const *names, const struct cs_buf *data)
{
	struct archive *a = archive_write_new();
	size_t used = 0;

	assert_int_equal(0, cs_buf_reserve(out, 4 * data->len + 65536));
	archive_write_set_format_zip(a);
	archive_write_set_bytes_in_last_block(a, 1);
	archive_write_open_memory(a, out->data, out->cap, &used);
	for (; *names; names++) {
		struct archive_entry *e = archive_entry_new();

		archive_entry_set_pathname(e, *names);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, (la_int64_t)data->len);
		assert_int_equal(ARCHIVE_OK, archive_write_header(a, e));
		archive_write_data(a, data->data, data->len);
		archive_entry_free(e);
	}
	archive_write_close(a);
	archive_write_free(a);
	out->len = used;
}

static void zips(void **state CS_UNUSED)
{
	static const char *const one[] = { "notes.txt", "dir/a~b~ABCDEF.dockerbuild", "z.txt",
					   NULL };
	static const char *const none[] = { "notes.txt", NULL };
	static const char *const two[] = { "a.dockerbuild", "b.dockerbuild", NULL };
	struct cs_buf record = CS_BUF_INIT, zip = CS_BUF_INIT;

	test_fixture(&record, "build/failed.dockerbuild");
	assert_int_equal(0, test_docs_read(&docs, record.data, record.len, 7));
	zip_of(&zip, one, &record);
	assert_int_equal(0, test_docs_read(&docs, zip.data, zip.len, 0));
	assert_int_equal(5, docs.v[0]->build.builder_cached_steps);
	if (test_docs_read(&docs, zip.data, zip.len, 7))
		fail_msg("%s", docs.err.msg);
	assert_true(test_docs_read(&docs, zip.data, zip.len / 3, 0) < 0);
	assert_int_equal(0, docs.n);
	zip_of(&zip, none, &record);
	assert_int_equal(1, test_docs_read(&docs, zip.data, zip.len, 0));
	zip_of(&zip, two, &record);
	assert_code(CS_UNSUPPORTED, test_docs_read(&docs, zip.data, zip.len, 0));
	assert_int_equal(0, docs.n);
	/* LZMA says itself how much memory it takes; even a file that nobody wants is unpacked */
	zip_of(&zip, one, &record);
	assert_memory_equal("PK\3\4", zip.data, 4);
	zip.data[8] = 14;
	assert_code(CS_UNSUPPORTED, test_docs_read(&docs, zip.data, zip.len, 0));
	assert_non_null(strstr(docs.err.msg, "(lzma)"));
	cs_buf_release(&record);
	cs_buf_release(&zip);
}

static void receiver_refuses(void **state CS_UNUSED)
{
	docs.refuse = CS_DB;
	assert_code(CS_DB, test_docs_fixture(&docs, "four-records.dockerbuild"));
	assert_string_equal("refused", docs.err.msg);
	docs.refuse = CS_OK;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pulled),	    cmocka_unit_test(not_completed),
		cmocka_unit_test(several),	    cmocka_unit_test(facts_of_a_record),
		cmocka_unit_test(facts_of_github),  cmocka_unit_test(without_steps),
		cmocka_unit_test(order_and_depth),  cmocka_unit_test(too_deep),
		cmocka_unit_test(flipped),	    cmocka_unit_test(inconsistent),
		cmocka_unit_test(no_records),	    cmocka_unit_test(limits),
		cmocka_unit_test(many_secrets),	    cmocka_unit_test(zips),
		cmocka_unit_test(receiver_refuses),
	};
	int r;

	test_docs_init(&docs);
	r = cmocka_run_group_tests(tests, NULL, NULL);
	test_docs_clear(&docs);
	cs_buf_release(&tar);
	return r;
}
