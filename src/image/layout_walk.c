/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Indexes within indexes, walked with a stack of its own. A document that was seen is not walked
 * again: neither depth nor repetition may cost more than their bounds.
 */
#include "image/layout.h"

/* An index that is being walked. What stands here is passed on to its entries. */
struct frame {
	struct frame *up;
	struct cs_manifest index;
	size_t next;
	int64_t level;
	size_t group;
	const char *name;
	int64_t exported_unix_ns;
	struct cs_digest digest; /* NONE: the layout's own */
	bool taken;		 /* what the user selected, or below it */
};

struct walk {
	struct cs_layout *layout;
	const struct cs_place *place;
	struct frame *top;
	struct cs_digest *seen;
	size_t n_seen, cap_seen;
	int64_t n_entries;
	const char **groups; /* names of the entries of index.json */
	size_t n_groups, cap_groups;
};

static void walk_release(struct walk *w)
{
	free(w->seen);
	free(w->groups);
}

static int see(struct walk *w, const struct cs_digest *d, struct cs_err *err)
{
	void *v = w->seen;

	for (size_t i = 0; i < w->n_seen; i++) {
		if (cs_digest_equal(&w->seen[i], d))
			return 1;
	}
	if (cs_grow(&v, w->n_seen, &w->cap_seen, sizeof(*w->seen), err) < 0)
		return -(int)err->code;
	w->seen = v;
	w->seen[w->n_seen++] = *d;
	return 0;
}

/* Group 0 are entries without a name. */
static int group_of(struct walk *w, const char *name, size_t *ret, struct cs_err *err)
{
	void *v = w->groups;

	if (!name) {
		*ret = 0;
		return 0;
	}
	for (size_t i = 0; i < w->n_groups; i++) {
		if (strcmp(w->groups[i], name) == 0) {
			*ret = i + 1;
			return 0;
		}
	}
	if (cs_grow(&v, w->n_groups, &w->cap_groups, sizeof(*w->groups), err) < 0)
		return -(int)err->code;
	w->groups = v;
	w->groups[w->n_groups++] = name;
	*ret = w->n_groups;
	return 0;
}

static bool is_selected(const struct cs_place *place, const struct cs_descriptor *d)
{
	const char *tag = cs_annotation(&d->annotations, CS_ANNOTATION_REF_NAME);
	const char *name = cs_annotation(&d->annotations, CS_ANNOTATION_IMAGE_NAME);

	if (cs_digest_known(&place->digest) && !cs_digest_equal(&place->digest, &d->digest))
		return false;
	if (!place->select)
		return true;
	return (tag && (strcmp(tag, place->select) == 0 ||
			(strchr(tag, '/') && cs_image_name_equal(tag, place->select)))) ||
	       (name && cs_image_name_equal(name, place->select));
}

static int push(struct walk *w, const struct frame *from, const struct cs_manifest *index,
		struct cs_err *err)
{
	const struct cs_limits *limits = &w->layout->ctx->limits;
	struct frame *f;

	if (from->level > limits->index_depth)
		return cs_limit_error(err, limits, index_depth, "nesting of indexes");
	f = cs_arena_alloc(w->layout->arena, sizeof(*f));
	if (!f)
		return cs_err_nomem(err);
	*f = *from;
	f->up = w->top;
	f->index = *index;
	f->next = 0;
	w->top = f;
	return 0;
}

/* Attestations name the image's manifest in an annotation. */
static int add_statement(struct walk *w, const struct cs_descriptor *d, struct cs_err *err)
{
	const char *text = cs_annotation(&d->annotations, CS_ANNOTATION_REFERENCE_DIGEST);
	struct cs_digest subject;
	struct cs_err ignored;

	if (!text || cs_digest_parse(text, &subject, &ignored) < 0)
		return 0; /* about nothing here, perhaps by its own subject: select.c asks it */
	return cs_layout_add_statement(w->layout, &subject, d, err);
}

static int add_manifest(struct walk *w, const struct frame *f, const struct cs_descriptor *d,
			const struct cs_manifest *parsed, struct cs_err *err)
{
	struct cs_listed image = { .name = f->name,
				   .group = f->group,
				   .desc = d,
				   .index_digest = w->top->digest,
				   .exported_unix_ns = f->exported_unix_ns };

	if (parsed) {
		image.parsed = true;
		image.manifest = *parsed;
	}
	return cs_layout_add_image(w->layout, &image, err);
}

/* An entry that is an index, or of a type that does not say. */
static int open_entry(struct walk *w, struct frame *f, const struct cs_descriptor *d,
		      struct cs_err *err)
{
	struct cs_buf buf CS_AUTO(cs_buf_release) = CS_BUF_INIT;
	const struct cs_layout *l = w->layout;
	struct cs_manifest m;
	int r = cs_layout_document(l, d, &buf, err);

	if (r == 1) /* kept as an image whose manifest is not there */
		return add_manifest(w, f, d, NULL, err);
	if (r == 0)
		r = cs_manifest_parse(buf.data, buf.len, &l->ctx->limits, l->arena, &m, err);
	if (r == 0 && cs_media_kind(d->media_type) == CS_MEDIA_INDEX && !m.is_index)
		r = cs_err_set(err, CS_FORMAT, "holds a manifest, its descriptor says an index");
	if (r < 0)
		return cs_err_prefix(err, "index %s", d->digest_text);
	if (!m.is_index)
		return add_manifest(w, f, d, &m, err);
	f->digest = d->digest;
	return push(w, f, &m, err);
}

static int walk_entry(struct walk *w, const struct cs_descriptor *d, struct cs_err *err)
{
	const struct cs_limits *limits = &w->layout->ctx->limits;
	struct frame f = *w->top;
	const char *name = cs_annotation(&d->annotations, CS_ANNOTATION_IMAGE_NAME);
	const char *created = cs_annotation(&d->annotations, CS_ANNOTATION_CREATED);
	enum cs_media_kind kind = cs_media_kind(d->media_type);
	struct cs_err ignored;
	int r;

	if (++w->n_entries > limits->index_manifests)
		return cs_limit_error(err, limits, index_manifests, "manifests in all indexes");
	if (!name)
		name = cs_annotation(&d->annotations, CS_ANNOTATION_REF_NAME);
	if (f.level == 1) {
		r = group_of(w, name, &f.group, err);
		if (r < 0)
			return r;
	}
	/* A name selects at the top, a digest at any depth. */
	if (!f.taken && (f.level == 1 || !w->place->select))
		f.taken = is_selected(w->place, d);
	if (!f.taken && !cs_digest_known(&w->place->digest))
		return 0;
	if (cs_descriptor_is_attestation(d))
		return add_statement(w, d, err);
	if (kind == CS_MEDIA_OTHER) {
		if (!w->layout->other)
			w->layout->other = d->media_type;
		return 0;
	}
	if (!f.taken && kind == CS_MEDIA_MANIFEST)
		return 0;
	r = cs_digest_known(&d->digest) ? see(w, &d->digest, err) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	if (name)
		f.name = name;
	if (created)
		cs_time_parse(created, &f.exported_unix_ns, &ignored);
	f.level++;
	if (kind == CS_MEDIA_MANIFEST)
		return add_manifest(w, &f, d, NULL, err);
	return open_entry(w, &f, d, err);
}

int cs_layout_walk(struct cs_layout *l, const struct cs_place *place,
		   const struct cs_manifest *root, struct cs_err *err)
{
	struct walk w CS_AUTO(walk_release) = { .layout = l, .place = place };
	struct frame first = { .level = 1, .exported_unix_ns = CS_TIME_NONE };
	int r = push(&w, &first, root, err);

	while (r == 0 && w.top) {
		if (w.top->next == w.top->index.n_entries)
			w.top = w.top->up;
		else
			r = walk_entry(&w, &w.top->index.entries[w.top->next++], err);
	}
	if (r < 0 || l->n_images || l->other)
		return r;
	if (place->select)
		return cs_err_set(err, CS_NOTFOUND, "no image '%.200s' is listed in index.json",
				  place->select);
	if (cs_digest_known(&place->digest))
		return cs_err_set(err, CS_NOTFOUND, "no image of that digest is listed");
	return 0;
}
