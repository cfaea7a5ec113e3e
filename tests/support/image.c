/* SPDX-License-Identifier: Apache-2.0 */
#include "support/image.h"

#include <inttypes.h>

#include "io/tar.h"

/* --- layouts --- */

static void member_release(struct test_member *m)
{
	free(m->name);
	free(m->link);
	cs_buf_release(&m->data);
}

void test_layout_release(struct test_layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		member_release(&l->v[i]);
	free(l->v);
	memset(l, 0, sizeof(*l));
}

static struct test_member *find(struct test_layout *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	}
	return NULL;
}

struct test_member *test_append(struct test_layout *l, const char *name, const void *data,
				size_t len)
{
	struct test_member *m;

	l->v = realloc(l->v, (l->n + 1) * sizeof(*l->v));
	assert_non_null(l->v);
	m = &l->v[l->n++];
	*m = (struct test_member){ .name = strdup(name), .type = '0' };
	assert_int_equal(0, cs_buf_add(&m->data, data, len));
	return m;
}

struct test_member *test_put(struct test_layout *l, const char *name, const void *data, size_t len)
{
	struct test_member *m = find(l, name);

	if (!m)
		return test_append(l, name, data, len);
	cs_buf_release(&m->data);
	assert_int_equal(0, cs_buf_add(&m->data, data, len));
	return m;
}

struct test_member *test_put_text(struct test_layout *l, const char *name, const char *text)
{
	return test_put(l, name, text, strlen(text));
}

void test_put_link(struct test_layout *l, const char *name, char type, const char *target)
{
	struct test_member *m = test_put(l, name, "", 0);

	m->type = type;
	free(m->link);
	m->link = target ? strdup(target) : NULL;
}

struct test_member *test_get(struct test_layout *l, const char *name)
{
	struct test_member *m = find(l, name);

	if (!m)
		fail_msg("no member '%s'", name);
	return m;
}

void test_drop(struct test_layout *l, const char *name)
{
	struct test_member *m = test_get(l, name);

	member_release(m);
	*m = l->v[--l->n];
}

void test_layout_from_tar(struct test_layout *l, const void *tar, size_t len)
{
	struct cs_stream *s CS_AUTO(cs_stream_close_p) = NULL;
	struct cs_tar *t CS_AUTO(cs_tar_close_p) = NULL;
	struct cs_tar_entry e;
	struct cs_ctx ctx;
	struct cs_err err;

	cs_ctx_init(&ctx);
	assert_done(cs_stream_memory(tar, len, &s, &err));
	assert_done(cs_tar_open(&ctx, s, &t, &err));
	while (cs_tar_next(t, &e, &err) == 0) {
		struct cs_stream *data CS_AUTO(cs_stream_close_p) = NULL;
		struct test_member *m;

		if (e.type == CS_ENTRY_DIRECTORY)
			continue;
		m = test_append(l, e.path, "", 0);
		if (e.target) {
			m->type = e.type == CS_ENTRY_SYMLINK ? '2' : '1';
			m->link = strdup(e.target);
			continue;
		}
		assert_done(cs_tar_entry_stream(t, &data, &err));
		assert_done(cs_stream_read_all(data, 1 << 30, &m->data, &err));
	}
}

static void describe(enum cs_digest_algo algo, const char *media_type, const void *data, size_t len,
		     const char *extra, struct test_desc *ret)
{
	struct cs_digest d;
	struct cs_err err;

	assert_int_equal(0, cs_digest_of(algo, data, len, &d, &err));
	cs_digest_format(&d, ret->digest);
	snprintf(ret->member, sizeof(ret->member), "blobs/%s/%s", cs_digest_algo_name(algo),
		 strchr(ret->digest, ':') + 1);
	ret->size = len;
	snprintf(ret->json, sizeof(ret->json),
		 "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s}", media_type, ret->digest,
		 len, extra);
}

void test_blob(struct test_layout *l, enum cs_digest_algo algo, const char *media_type,
	       const void *data, size_t len, const char *extra, struct test_desc *ret)
{
	describe(algo, media_type, data, len, extra, ret);
	test_put(l, ret->member, data, len);
}

/* --- images --- */

void test_layer_tar(struct cs_buf *tar, const char *text)
{
	test_tar_file(tar, "f", text);
	test_tar_end(tar);
}

static const char *or_text(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

static void encode(struct cs_buf *out, const struct test_image *spec, const struct cs_buf *tar)
{
	if (spec->plain)
		assert_int_equal(0, cs_buf_add(out, tar->data, tar->len));
	else if (spec->coding == CS_CODING_ZSTD)
		test_zstd(out, tar->data, tar->len, 0);
	else if (spec->coding == CS_CODING_XZ)
		test_xz(out, tar->data, tar->len);
	else
		test_gzip(out, tar->data, tar->len, NULL, 0);
}

/* The config of spec, whose diff-ids are in made. */
static void write_config(const struct test_image *spec, const struct test_made *made,
			 struct cs_buf *c)
{
	cs_buf_printf(c,
		      "{\"os\":\"linux\",\"architecture\":\"%s\",%s%s%s"
		      "\"created\":\"2026-11-22T08:30:00.5Z\",\"rootfs\":{\"type\":\"layers\","
		      "\"diff_ids\":[",
		      or_text(spec->arch, "amd64"), spec->variant ? "\"variant\":\"" : "",
		      or_text(spec->variant, ""), spec->variant ? "\"," : "");
	for (size_t i = 0; i < made->n_layers; i++)
		cs_buf_printf(c, "%s\"%s\"", i ? "," : "", made->diff_ids[i]);
	cs_buf_puts(c, "]}");
	if (!spec->history) {
		cs_buf_puts(c, ",\"history\":[");
		for (size_t i = 0; i < made->n_layers; i++)
			cs_buf_printf(c,
				      "%s{\"created\":\"2026-11-22T08:30:%02zu.25Z\","
				      "\"created_by\":\"COPY %zu\","
				      "\"comment\":\"buildkit.dockerfile.v0\"}",
				      i ? "," : "", i, i);
		cs_buf_puts(c, "]");
	} else if (spec->history[0]) {
		cs_buf_printf(c, ",\"history\":%s", spec->history);
	}
	cs_buf_printf(c, "%s}", or_text(spec->config_extra, ""));
}

static void write_layers(struct test_layout *l, const struct test_image *spec,
			 struct test_made *made)
{
	enum cs_digest_algo algo = spec->algo ? spec->algo : CS_DIGEST_SHA256;

	for (; made->n_layers < TEST_LAYERS && spec->layers[made->n_layers]; made->n_layers++) {
		size_t i = made->n_layers;
		struct cs_buf tar = CS_BUF_INIT, blob = CS_BUF_INIT;
		struct test_desc diff;

		test_layer_tar(&tar, spec->layers[i]);
		encode(&blob, spec, &tar);
		describe(algo, "", tar.data, tar.len, "", &diff);
		memcpy(made->diff_ids[i], diff.digest, sizeof(diff.digest));
		test_blob(l, algo, or_text(spec->layer_type, TEST_LAYER_TYPE), blob.data, blob.len,
			  "", &made->layers[i]);
		cs_buf_release(&tar);
		cs_buf_release(&blob);
	}
}

void test_image(struct test_layout *l, const struct test_image *spec, struct test_made *ret)
{
	enum cs_digest_algo algo = spec->algo ? spec->algo : CS_DIGEST_SHA256;
	struct cs_buf doc = CS_BUF_INIT;

	memset(ret, 0, sizeof(*ret));
	write_layers(l, spec, ret);
	write_config(spec, ret, &doc);
	test_blob(l, algo, or_text(spec->config_type, TEST_CONFIG_TYPE), doc.data, doc.len, "",
		  &ret->config);
	cs_buf_reset(&doc);
	cs_buf_printf(&doc, "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[",
		      TEST_MANIFEST_TYPE, ret->config.json);
	for (size_t i = 0; i < ret->n_layers; i++)
		cs_buf_printf(&doc, "%s%s", i ? "," : "", ret->layers[i].json);
	cs_buf_printf(&doc, "]%s}", or_text(spec->manifest_extra, ""));
	test_blob(l, algo, TEST_MANIFEST_TYPE, doc.data, doc.len, or_text(spec->extra, ""),
		  &ret->manifest);
	cs_buf_release(&doc);
}

void test_index(struct test_layout *l, const char *const *descs, size_t n)
{
	struct cs_buf doc = CS_BUF_INIT;

	cs_buf_puts(&doc, "{\"schemaVersion\":2,\"manifests\":[");
	for (size_t i = 0; i < n; i++)
		cs_buf_printf(&doc, "%s%s", i ? "," : "", descs[i]);
	cs_buf_puts(&doc, "]}");
	test_put(l, "index.json", doc.data, doc.len);
	test_put_text(l, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
	cs_buf_release(&doc);
}

void test_oci(struct test_layout *l, const struct test_image *spec, struct test_made *ret)
{
	const char *desc = ret->manifest.json;

	test_image(l, spec, ret);
	test_index(l, &desc, 1);
}

void test_docker(struct test_layout *l, const struct test_image *spec, const char *tag,
		 struct test_made *ret)
{
	struct cs_buf doc = CS_BUF_INIT, list = CS_BUF_INIT;
	struct test_layout blobs = { NULL, 0 };

	memset(ret, 0, sizeof(*ret));
	write_layers(&blobs, spec, ret);
	write_config(spec, ret, &doc);
	describe(CS_DIGEST_SHA256, "", doc.data, doc.len, "", &ret->config);
	snprintf(ret->config.member, sizeof(ret->config.member), "%s.json",
		 strchr(ret->config.digest, ':') + 1);
	test_put(l, ret->config.member, doc.data, doc.len);
	cs_buf_printf(&list, "[{\"Config\":\"%s\",\"RepoTags\":[\"%s\"],\"Layers\":[",
		      ret->config.member, tag);
	for (size_t i = 0; i < ret->n_layers; i++) {
		const struct test_member *m = test_get(&blobs, ret->layers[i].member);
		char version[32];

		snprintf(ret->layers[i].member, sizeof(ret->layers[i].member), "%zu/layer.tar", i);
		snprintf(version, sizeof(version), "%zu/VERSION", i);
		test_put(l, ret->layers[i].member, m->data.data, m->data.len);
		test_put_text(l, version, "1.0");
		cs_buf_printf(&list, "%s\"%s\"", i ? "," : "", ret->layers[i].member);
	}
	cs_buf_puts(&list, "]}]");
	test_put(l, "manifest.json", list.data, list.len);
	cs_buf_release(&doc);
	cs_buf_release(&list);
	test_layout_release(&blobs);
}

/* --- comparing --- */

static const char *text(const char *t)
{
	return t ? t : "(none)";
}

static void dump_layer(const struct cs_layer *y, struct cs_buf *b)
{
	char digest[CS_DIGEST_TEXT], diff[CS_DIGEST_TEXT], chain[CS_DIGEST_TEXT],
		content[CS_DIGEST_TEXT], time[CS_TIME_TEXT];
	const struct cs_layer_counts *c = &y->counts;

	cs_buf_printf(b, " layer %u %s %s %s %" PRId64 " %s %" PRId64 " %s %s\n", y->index,
		      text(y->media_type), text(y->name), cs_digest_format(&y->blob_digest, digest),
		      y->blob_bytes, cs_digest_format(&y->diff_id, diff), y->tar_bytes,
		      cs_digest_format(&y->chain_id, chain),
		      cs_digest_format(&y->content_digest, content));
	cs_buf_printf(b,
		      "  %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
		      " list %zu verified %d\n",
		      c->entries, c->files, c->directories, c->symlinks, c->hardlinks,
		      c->file_bytes, y->manifest_bytes, y->verified);
	cs_buf_printf(b, "  %d %s %s %s %s\n", y->has_history, text(y->created_by),
		      text(y->comment), text(y->author), cs_time_format(y->created_unix_ns, time));
}

static void dump_image(const struct cs_image *m, struct cs_buf *b)
{
	char one[CS_DIGEST_TEXT], two[CS_DIGEST_TEXT], three[CS_DIGEST_TEXT],
		platform[CS_PLATFORM_TEXT], t1[CS_TIME_TEXT], t2[CS_TIME_TEXT], t3[CS_TIME_TEXT],
		t4[CS_TIME_TEXT];

	cs_buf_printf(b, "image %s %s config %s manifest %s index %s\n", text(m->ref),
		      cs_platform_format(&m->platform, platform),
		      cs_digest_format(&m->config_digest, one),
		      cs_digest_format(&m->manifest_digest, two),
		      cs_digest_format(&m->index_digest, three));
	cs_buf_printf(b, " created %s exported %s\n", cs_time_format(m->created_unix_ns, t1),
		      cs_time_format(m->exported_unix_ns, t2));
	cs_buf_printf(b, " attested %d %s %s %s epoch %d target %s vcs %s %s\n", m->has_attestation,
		      cs_time_format(m->build_started_unix_ns, t3),
		      cs_time_format(m->build_finished_unix_ns, t4), text(m->build_invocation_id),
		      m->epoch_set, text(m->target), text(m->vcs_source), text(m->vcs_revision));
	cs_buf_printf(b, " base %d %s sums %" PRId64 " %" PRId64 " %" PRId64 " history %zu\n",
		      m->base_layers, cs_base_evidence_name(m->base_evidence), m->blob_bytes,
		      m->tar_bytes, m->files, m->n_history);
	for (size_t i = 0; i < m->n_bases; i++)
		cs_buf_printf(b, " from %s %s\n", text(m->bases[i].name),
			      cs_digest_format(&m->bases[i].digest, one));
	for (size_t i = 0; i < m->n_labels; i++)
		cs_buf_printf(b, " label %s=%s\n", m->labels[i].key, m->labels[i].value);
	for (size_t i = 0; i < m->n_layers; i++)
		dump_layer(&m->layers[i], b);
}

void test_dump(const struct cs_image_list *list, struct cs_buf *ret)
{
	for (size_t i = 0; i < list->n; i++)
		dump_image(list->v[i], ret);
}
