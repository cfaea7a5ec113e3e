/* SPDX-License-Identifier: Apache-2.0 */
/* Two images in short; what differs in them entry by entry, 'diff' tells. */
#include <string.h>

#include "cmd/compare.h"
#include "image/load.h"
#include "view/view_compare.h"

struct pair {
	struct cs_image_list before, after;
};

static void pair_release(struct pair *p)
{
	cs_image_list_release(&p->before);
	cs_image_list_release(&p->after);
}

static int load(struct cs_app *app, const struct cs_args *args, const char *where,
		struct cs_image_list *ret, struct cs_err *err)
{
	const struct cs_load_options options = { .platform = cs_args_get(args, "platform") };
	int r = cs_images_load(&app->ctx, where, &options, ret, err);

	if (r == 0 && ret->n != 1)
		r = cs_err_set(err, CS_USAGE,
			       "'%s' holds %zu images: choose one with --platform or a tag", where,
			       ret->n);
	return r;
}

static int64_t add(int64_t sum, int64_t bytes)
{
	return sum < 0 || bytes < 0 || sum > INT64_MAX - bytes ? -1 : sum + bytes;
}

static bool has_layer(const struct cs_image *image, const struct cs_layer *l)
{
	for (size_t i = 0; i < image->n_layers; i++) {
		if (cs_digest_equal(&image->layers[i].diff_id, &l->diff_id))
			return true;
	}
	return false;
}

static void sum(const struct cs_image *image, const struct cs_image *other,
		struct cs_image_side *ret)
{
	struct cs_image_side s = { .layers = (int64_t)image->n_layers, .own_layers = -1 };

	s.own_blob_bytes = image->base_layers < 0 ? -1 : 0;
	if (image->base_layers >= 0)
		s.own_layers = (int64_t)image->n_layers - image->base_layers;
	for (size_t i = 0; i < image->n_layers; i++) {
		const struct cs_layer *l = &image->layers[i];

		s.blob_bytes = add(s.blob_bytes, l->blob_bytes);
		s.tar_bytes = add(s.tar_bytes, l->tar_bytes);
		if (image->base_layers >= 0 && (int64_t)i >= image->base_layers)
			s.own_blob_bytes = add(s.own_blob_bytes, l->blob_bytes);
		if (!has_layer(other, l))
			continue;
		s.known_layers++;
		s.known_blob_bytes = add(s.known_blob_bytes, l->blob_bytes);
	}
	*ret = s;
}

static int classify(struct cs_app *app, const struct cs_layer *a, const struct cs_layer *b,
		    enum cs_diff_class *ret, struct cs_err *err)
{
	*ret = CS_DIFF_CONTENT;
	if (!a || !b)
		*ret = a ? CS_DIFF_REMOVED : CS_DIFF_ADDED;
	else if (cs_digest_equal(&a->blob_digest, &b->blob_digest))
		*ret = CS_DIFF_IDENTICAL;
	else if (cs_digest_equal(&a->diff_id, &b->diff_id))
		*ret = CS_DIFF_RECOMPRESSED;
	else if (a->manifest && b->manifest)
		return cs_entries_diff(&app->ctx.limits, a->manifest, a->manifest_bytes,
				       b->manifest, b->manifest_bytes, NULL, NULL, ret, err);
	return 0;
}

static int count_classes(struct cs_app *app, const struct cs_image *before,
			 const struct cs_image *after, struct cs_image_classes *ret,
			 struct cs_err *err)
{
	struct cs_layer_pair *pairs CS_AUTO(cs_free_p) = NULL;
	enum cs_diff_class class;
	size_t n;
	int r = cs_layers_pair(before->layers, before->n_layers, after->layers, after->n_layers,
			       &pairs, &n, err);

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct cs_layer *a = pairs[i].a >= 0 ? &before->layers[pairs[i].a] : NULL;
		const struct cs_layer *b = pairs[i].b >= 0 ? &after->layers[pairs[i].b] : NULL;

		r = classify(app, a, b, &class, err);
		if (r < 0)
			return r;
		ret->layers[class]++;
		ret->bytes[class] = add(ret->bytes[class], (b ? b : a)->blob_bytes);
	}
	return r;
}

int cs_cmd_compare_images(struct cs_app *app, const struct cs_args *args,
			  const struct cs_selection sides[2], struct cs_report *report,
			  struct cs_err *err)
{
	struct pair p CS_AUTO(pair_release) = { { NULL, 0 }, { NULL, 0 } };
	struct cs_image_side before, after;
	struct cs_image_classes classes;
	int r = load(app, args, sides[0].image, &p.before, err);

	if (r == 0)
		r = load(app, args, sides[1].image, &p.after, err);
	if (r == 0)
		r = count_classes(app, p.before.v[0], p.after.v[0], &classes, err);
	if (r < 0)
		return r;
	sum(p.before.v[0], p.after.v[0], &before);
	sum(p.after.v[0], p.before.v[0], &after);
	return cs_view_compare_images(report, &before, &after, &classes, err);
}
