/* SPDX-License-Identifier: Apache-2.0 */
/* A build cache that was exported: what it holds, and what it is good for. */
#include "build/cache_export.h"
#include "cmd/analysis.h"
#include "cmd/commands.h"
#include "image/base.h"
#include "view/view.h"

static const struct cs_option options[] = {
	{ .name = "for",
	  .arg = "IMAGE",
	  .help = "which layers of this image an import could serve, and what the rest is for" },
	{ .name = "against",
	  .arg = "CACHE",
	  .help = "an earlier export: what came and went since" },
	{ .name = "base",
	  .arg = "IMAGE",
	  .help = "the base of the image, to tell its layers from own ones" },
	{ .name = "platform",
	  .arg = "OS/ARCH[/VARIANT]",
	  .help = "the image of this platform, also for an inline cache" },
};

static const struct cs_option_group *const groups[] = { &cs_group_common, &cs_group_limits, NULL };

struct subject {
	struct cs_image_list images, bases;
	struct cs_cache *cache, *before;
	struct cs_cache_figures figures, before_figures;
	struct cs_cache_join join;
	struct cs_cache_changes changes;
};

static void subject_release(struct subject *s)
{
	cs_image_list_release(&s->images);
	cs_image_list_release(&s->bases);
	cs_cache_free(s->cache);
	cs_cache_free(s->before);
	cs_cache_join_release(&s->join);
	cs_cache_changes_release(&s->changes);
}

static int load_one(struct cs_app *app, const struct cs_args *args, const char *option,
		    bool documents_only, struct cs_image_list *ret, struct cs_err *err)
{
	const struct cs_load_options load = { .platform = cs_args_get(args, "platform"),
					      .documents_only = documents_only };
	const char *where = cs_args_get(args, option);
	int r = cs_images_load(&app->ctx, where, &load, ret, err);

	if (r == 0 && ret->n != 1)
		r = cs_err_set(err, CS_USAGE,
			       "'%.200s' holds %zu images: choose one with --platform or a tag",
			       where, ret->n);
	return r < 0 ? cs_err_prefix(err, "--%s", option) : 0;
}

/* Layers are told from the base's by --base or by what the image says of itself. */
static int find_base(struct cs_app *app, const struct cs_args *args, struct subject *s,
		     struct cs_err *err)
{
	struct cs_base_options options_base = { 0 };
	struct cs_digest *diff_ids CS_AUTO(cs_free_p) = NULL;
	const struct cs_image *base;
	int r;

	if (!cs_args_get(args, "base"))
		return 0;
	r = load_one(app, args, "base", true, &s->bases, err);
	if (r < 0)
		return r;
	base = s->bases.v[0];
	diff_ids = calloc(base->n_layers + 1, sizeof(*diff_ids));
	if (!diff_ids)
		return cs_err_nomem(err);
	for (size_t i = 0; i < base->n_layers; i++)
		diff_ids[i] = base->layers[i].diff_id;
	options_base.diff_ids = diff_ids;
	options_base.n_diff_ids = base->n_layers;
	return cs_image_base(s->images.v[0], &options_base, err);
}

static int read_all(struct cs_app *app, const struct cs_args *args, struct subject *s,
		    struct cs_err *err)
{
	const char *platform = cs_args_get(args, "platform");
	const char *before = cs_args_get(args, "against");
	int r = cs_cache_load(&app->ctx, cs_args_operand(args, 0), platform, &s->cache, err);

	if (r == 0 && before) {
		r = cs_cache_load(&app->ctx, before, platform, &s->before, err);
		if (r < 0)
			return cs_err_prefix(err, "--against");
	}
	if (r == 0 && cs_args_get(args, "for")) {
		r = load_one(app, args, "for", false, &s->images, err);
		if (r == 0)
			r = find_base(app, args, s, err);
	}
	return r;
}

static int show(struct cs_app *app, const struct cs_args *args, struct subject *s,
		struct cs_err *err)
{
	struct cs_report *report CS_AUTO(cs_report_free_p) = NULL;
	struct cs_cached c = { s->cache,  &s->figures,
			       &s->join,  s->images.n ? s->images.v[0] : NULL,
			       s->before, NULL,
			       NULL };
	int64_t now = cs_ctx_now(&app->ctx);
	int r = cs_cache_figures(s->cache, now, &s->figures, err);

	if (r == 0)
		r = cs_cache_join(s->cache, c.image, &s->join, err);
	if (r == 0 && s->before) {
		c.before_figures = &s->before_figures;
		c.changes = &s->changes;
		r = cs_cache_figures(s->before, now, &s->before_figures, err);
		if (r == 0)
			r = cs_cache_compare(s->before, s->cache, &s->changes, err);
	}
	if (r == 0)
		r = cs_report_new("cache", now, &report, err);
	if (r == 0)
		r = cs_view_cache(report, &c, err);
	return r < 0 ? r : cs_cmd_render(app, args, report, err);
}

static int run(struct cs_app *app, const struct cs_args *args, struct cs_err *err)
{
	struct subject s CS_AUTO(subject_release) = { .images = { NULL, 0 } };
	int r = 0;

	if (cs_args_get(args, "base") && !cs_args_get(args, "for"))
		return cs_err_set(err, CS_USAGE, "--base: needs --for IMAGE");
	r = read_all(app, args, &s, err);
	return r < 0 ? r : show(app, args, &s, err);
}

const struct cs_command cs_cmd_cache = {
	.name = "cache",
	.operands = "CACHE",
	.summary = "what an exported build cache holds and what an import of it could serve",
	.description =
		"CACHE is what BuildKit exported: the folder of --cache-to type=local, a cache "
		"fetched from a registry (a folder with its manifest.json and config, that "
		"manifest's file, or an OCI layout or archive made by skopeo or crane), or an "
		"image "
		"with an inline cache. Layers themselves are not read, nor is anything "
		"recorded.\n\n"
		"With --for, each own layer of the image is looked for with all layers below it, "
		"as "
		"an import would load it: served (the very blob, the same tar compressed "
		"otherwise, "
		"or only below a later layer that is served), not served, or not to be told (the "
		"same tar on other layers). What in the cache nothing of the image leads to is "
		"dead "
		"weight for it.\n\n"
		"With --against, an earlier export is compared: layers and records that came or "
		"were made anew are the misses of the builds in between. The mode of an export is "
		"not written in it; where it is named, it is inferred.",
	.examples = "cachestat cache cache-dir --for app.tar\twhat an import could serve\n"
		    "cachestat cache today --against yesterday\twhat came and went\n",
	.options = options,
	.n_options = CS_N(options),
	.groups = groups,
	.min_operands = 1,
	.max_operands = 1,
	.run = run,
};
