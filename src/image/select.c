/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docker save of one platform from the containerd store keeps the index of all platforms and the
 * blobs of one; asking for --platform there would be asking for the obvious. So an image counts
 * as absent when its manifest, or every one of its layers, is not in the input; when only part of
 * it is missing, the input is damaged and choosing it says so.
 */
#include "image/select.h"

#include "image/config.h"

enum candidate_state {
	CAND_IMAGE,
	CAND_BROKEN, /* why says */
	CAND_ABSENT,
	CAND_OTHER, /* no image */
};

struct candidate {
	struct cs_listed *image;
	enum candidate_state state;
	struct cs_err *why;
	bool has_platform;
	struct cs_platform platform;
	bool visited, chosen;
};

struct selection {
	struct cs_layout *layout;
	const struct cs_load_options *options;
	struct candidate *v;
	size_t n;
	const char *other; /* what a document holds that is no image */
	bool statements;   /* that there are statements about images */
};

int cs_listed_parse(struct cs_layout *l, struct cs_listed *image, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	int r;

	if (image->parsed)
		return 0;
	r = cs_layout_document(l, image->desc, &buf, err);
	if (r == 0)
		r = cs_manifest_parse(buf.data, buf.len, &l->ctx->limits, l->arena,
				      &image->manifest, err);
	if (r == 0 && image->manifest.is_index)
		r = cs_err_set(err, CS_FORMAT, "holds an index, its descriptor says a manifest");
	if (r < 0)
		return cs_err_prefix(err, "manifest %s", image->desc->digest_text);
	image->parsed = r == 0;
	return r;
}

/* The platform of an image before this one that has the same config; many may share a large one. */
static bool platform_of_sibling(const struct selection *s, struct candidate *c)
{
	for (const struct candidate *d = s->v; d < c && !c->image->docker; d++) {
		if (d->state == CAND_IMAGE && d->has_platform && !d->image->desc->has_platform &&
		    cs_digest_equal(&d->image->manifest.config.digest,
				    &c->image->manifest.config.digest)) {
			c->platform = d->platform;
			c->has_platform = true;
			return true;
		}
	}
	return false;
}

static int read_platform(const struct selection *s, struct candidate *c, struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	struct cs_layout *l = s->layout;
	struct cs_image_config config;
	int r;

	if (platform_of_sibling(s, c))
		return 0;
	r = c->image->docker ? cs_input_read(l->in, c->image->docker->config, &buf, err)
			     : cs_layout_document(l, &c->image->manifest.config, &buf, err);
	if (r == 0)
		r = cs_config_parse(buf.data, buf.len, &l->ctx->limits, l->arena, &config, err);
	if (r < 0)
		return cs_err_prefix(err, "config");
	if (r == 0 && config.platform.os[0]) {
		c->platform = config.platform;
		c->has_platform = true;
	}
	return 0;
}

/* 1 if none of the layers (and there are some) is in the input, nor said to lie elsewhere. */
static int layers_absent(struct cs_layout *l, const struct cs_manifest *m, struct cs_err *err)
{
	for (size_t i = 0; i < m->n_layers; i++) {
		const char *name;
		int64_t size;
		int r = cs_descriptor_is_foreign(&m->layers[i])
				? 0
				: cs_layout_blob(l, &m->layers[i], &name, &size, err);

		if (r == -CS_NOMEM)
			return r;
		if (r != 1)
			return 0;
	}
	return m->n_layers > 0;
}

static int classify_manifest(struct selection *s, struct candidate *c, struct cs_err *err)
{
	const struct cs_manifest *m = &c->image->manifest;
	int r = cs_listed_parse(s->layout, c->image, err);

	if (r < 0)
		return r;
	if (r == 1) {
		c->state = CAND_ABSENT;
		return 0;
	}
	if (cs_manifest_is_attestation(m)) {
		c->state = CAND_OTHER;
		s->statements = true;
		if (!m->has_subject)
			return 0;
		return cs_layout_add_statement(s->layout, &m->subject.digest, c->image->desc, err);
	}
	if (!cs_media_is_config(m->config.media_type)) {
		c->state = CAND_OTHER;
		if (!s->other)
			s->other = m->artifact_type ? m->artifact_type : m->config.media_type;
		return 0;
	}
	r = s->options->documents_only ? 0 : layers_absent(s->layout, m, err);
	if (r == 1)
		c->state = CAND_ABSENT;
	return r < 0 ? r : 0;
}

/* Failures that are the image's own are kept; others end the call. */
static int classify(struct selection *s, struct candidate *c, struct cs_err *err)
{
	struct cs_err why;
	int r = 0;

	c->state = CAND_IMAGE;
	if (c->image->desc) {
		c->has_platform = c->image->desc->has_platform;
		c->platform = c->image->desc->platform;
		r = classify_manifest(s, c, &why);
	}
	if (r == 0 && c->state == CAND_IMAGE && !c->has_platform)
		r = read_platform(s, c, &why);
	if (r == -CS_NOMEM || r == -CS_CANCELED) {
		*err = why;
		return r;
	}
	if (r < 0) {
		c->state = CAND_BROKEN;
		c->why = cs_arena_alloc(s->layout->arena, sizeof(*c->why));
		if (!c->why)
			return cs_err_nomem(err);
		*c->why = why;
	}
	return 0;
}

/* --- one group --- */

static bool is_candidate(const struct candidate *c, size_t group)
{
	return c->image->group == group && (c->state == CAND_IMAGE || c->state == CAND_BROKEN);
}

/* The platform to take of a group; false = whatever there is. */
static bool wanted_platform(const struct selection *s, size_t first, struct cs_platform *ret)
{
	const size_t group = s->v[first].image->group;
	const struct candidate *one = NULL, *near = NULL;
	bool choice = false, exact = false, near_choice = false;
	struct cs_platform host;

	cs_platform_host(&host);
	for (size_t i = first; i < s->n; i++) {
		const struct candidate *c = &s->v[i];

		if (!is_candidate(c, group) || !c->has_platform)
			continue;
		choice = choice || (one && !cs_platform_equal(&one->platform, &c->platform));
		one = c;
		exact = exact || cs_platform_equal(&c->platform, &host);
		if (strcmp(c->platform.os, host.os) != 0 ||
		    strcmp(c->platform.arch, host.arch) != 0)
			continue;
		near_choice =
			near_choice || (near && !cs_platform_equal(&near->platform, &c->platform));
		near = c;
	}
	if (!choice)
		return false;
	/* One variant of the host's processor is as good as its exact name. */
	*ret = !exact && near && !near_choice ? near->platform : host;
	return true;
}

static void choose_group(struct selection *s, size_t first, const struct cs_platform *asked)
{
	const size_t group = s->v[first].image->group;
	struct cs_platform want;
	bool any = s->options->all_platforms;

	if (asked)
		want = *asked;
	else if (!any)
		any = !wanted_platform(s, first, &want);
	for (size_t i = first; i < s->n; i++) {
		struct candidate *c = &s->v[i];

		if (c->image->group != group)
			continue;
		c->visited = true;
		if (is_candidate(c, group))
			c->chosen =
				any || (c->has_platform && cs_platform_equal(&c->platform, &want));
	}
}

/* --- what to say when nothing fits --- */

static int none_of_platform(const struct selection *s, const struct cs_platform *asked,
			    struct cs_err *err)
{
	struct cs_buf list CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	char text[CS_PLATFORM_TEXT];
	struct cs_platform host;
	size_t said = 0;

	for (size_t i = 0; i < s->n && said < 20; i++) {
		const struct candidate *c = &s->v[i];
		bool repeated = !is_candidate(c, c->image->group) || !c->has_platform;

		for (size_t k = 0; k < i && !repeated; k++)
			repeated = is_candidate(&s->v[k], s->v[k].image->group) &&
				   s->v[k].has_platform &&
				   cs_platform_equal(&s->v[k].platform, &c->platform);
		if (repeated)
			continue;
		cs_buf_printf(&list, "%s%s", said++ ? ", " : "",
			      cs_platform_format(&c->platform, text));
	}
	cs_platform_host(&host);
	return cs_err_set(err, CS_NOTFOUND, "no image for %s; there is %s (choose with --platform)",
			  cs_platform_format(asked ? asked : &host, text),
			  list.len ? list.data : "one of an unknown platform");
}

static int holds_other(const char *type, struct cs_err *err)
{
	const char *hint = "";

	if (cs_starts_with(type, "application/vnd.buildkit.historyrecord."))
		hint = ", a build record: give it to 'cachestat record'";
	else if (cs_starts_with(type, "application/vnd.buildkit.cacheconfig."))
		hint = ", a build cache";
	return cs_err_set(err, CS_UNSUPPORTED, "holds no image, but '%.160s'%s", type, hint);
}

static int nothing(const struct selection *s, const struct cs_platform *asked, struct cs_err *err)
{
	const struct candidate *absent = NULL;

	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].state == CAND_IMAGE)
			return none_of_platform(s, asked, err);
		if (s->v[i].state == CAND_ABSENT)
			absent = &s->v[i];
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->v[i].why) {
			*err = *s->v[i].why;
			return -(int)err->code;
		}
	}
	if (absent)
		return cs_err_set(err, CS_FORMAT,
				  "the blobs of manifest %s, which the index lists, are missing",
				  absent->image->desc->digest_text);
	if (s->other || s->layout->other)
		return holds_other(s->other ? s->other : s->layout->other, err);
	if (s->statements || s->layout->n_statements)
		return cs_err_set(err, CS_UNSUPPORTED, "holds only statements about images");
	return cs_err_set(err, CS_FORMAT, "lists no image");
}

static int gather(struct selection *s, const struct cs_platform *asked, struct cs_listed ***ret,
		  size_t *ret_n, struct cs_err *err)
{
	struct cs_listed **v = cs_arena_array(s->layout->arena, s->n, sizeof(struct cs_listed *));
	size_t n = 0;

	if (!v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < s->n; i++) {
		const struct candidate *c = &s->v[i];

		if (c->chosen && c->why) {
			*err = *c->why;
			return -(int)err->code;
		}
		if (c->chosen)
			v[n++] = c->image;
		else if (c->state == CAND_ABSENT && s->options->all_platforms)
			cs_ctx_log(s->layout->ctx, CS_LOG_INFO,
				   "manifest %s is listed, but its blobs are not there",
				   c->image->desc->digest_text);
	}
	if (n == 0)
		return nothing(s, asked, err);
	*ret = v;
	*ret_n = n;
	return 0;
}

int cs_images_select(struct cs_layout *layout, const struct cs_load_options *options,
		     struct cs_listed ***ret, size_t *ret_n, struct cs_err *err)
{
	struct selection s = { .layout = layout, .options = options, .n = layout->n_images };
	struct cs_platform asked;
	int r = options->platform ? cs_platform_parse(options->platform, &asked, err) : 0;

	if (r < 0)
		return r;
	s.v = cs_arena_array(layout->arena, s.n, sizeof(*s.v));
	if (!s.v)
		return cs_err_nomem(err);
	for (size_t i = 0; i < s.n; i++) {
		s.v[i].image = &layout->images[i];
		r = classify(&s, &s.v[i], err);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < s.n; i++) {
		if (!s.v[i].visited)
			choose_group(&s, i, options->platform ? &asked : NULL);
	}
	return gather(&s, options->platform ? &asked : NULL, ret, ret_n, err);
}
