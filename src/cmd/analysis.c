/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/analysis.h"

#include <string.h>

#include "cmd/judge.h"
#include "image/base.h"

static const struct cs_option image_options[] = {
	{ .name = "platform",
	  .arg = "OS/ARCH[/VARIANT]",
	  .help = "the image of this platform (default: this machine's)" },
	{ .name = "all-platforms", .help = "the images of every platform" },
	{ .name = "trust-known", .help = "do not read layers whose digest is recorded" },
	{ .name = "base",
	  .arg = "IMAGE",
	  .help = "the base image, to tell its layers from own ones" },
};

const struct cs_option_group cs_group_image = { "Image", image_options, CS_N(image_options) };

struct known_arg {
	struct cs_store *store;
	const char *project;
};

static int known_by_blob(void *arg, const struct cs_digest *blob, struct cs_layer *ret,
			 struct cs_err *err)
{
	struct known_arg *k = arg;

	return cs_store_layer_by_blob(k->store, k->project, blob, ret, err);
}

static int known_by_diff_id(void *arg, const struct cs_digest *diff_id, struct cs_layer *ret,
			    struct cs_err *err)
{
	struct known_arg *k = arg;

	return cs_store_layer_by_diff_id(k->store, k->project, diff_id, ret, err);
}

static int store_base(void *arg, const struct cs_base_ref *ref, struct cs_arena *arena,
		      struct cs_digest **ret_diff_ids, size_t *ret_n, struct cs_err *err)
{
	struct known_arg *k = arg;

	return cs_store_base_find(k->store, k->project, ref, arena, ret_diff_ids, ret_n, err);
}

static const char *label(const struct cs_image *image, const char *key)
{
	for (size_t i = 0; i < image->n_labels; i++) {
		if (strcmp(image->labels[i].key, key) == 0)
			return image->labels[i].value;
	}
	return NULL;
}

/* What the image says of its own build. */
static void image_hints(const struct cs_image *image, struct cs_facts *ret)
{
	cs_facts_init(ret);
	ret->commit = image->vcs_revision ? image->vcs_revision
					  : label(image, "org.opencontainers.image.revision");
	ret->target = image->target;
	ret->started_unix_ns = image->build_started_unix_ns;
	ret->completed_unix_ns = image->build_finished_unix_ns;
	cs_facts_say(ret, CS_FROM_INPUT + CS_SOURCE_IMAGE);
}

/* As cs_build_from_image(), with all that names the result and tells how its times came about. */
static int build_of(const struct cs_image *image, struct cs_arena *arena, struct cs_build *ret,
		    struct cs_err *err)
{
	struct cs_digest *results = cs_arena_array(arena, 3, sizeof(*results));
	struct cs_build build;
	int r;

	if (!results)
		return cs_err_nomem(err);
	r = cs_build_from_image(image, arena, &build, err);
	if (r < 0)
		return r;
	build.recipe.epoch_set = image->epoch_set;
	build.recipe.vcs_source = image->vcs_source;
	build.recipe.vcs_revision = image->vcs_revision;
	build.results = results;
	if (cs_digest_known(&image->config_digest))
		results[build.n_results++] = image->config_digest;
	if (cs_digest_known(&image->manifest_digest))
		results[build.n_results++] = image->manifest_digest;
	if (cs_digest_known(&image->index_digest))
		results[build.n_results++] = image->index_digest;
	*ret = build;
	return 0;
}

int cs_analysis_build(struct cs_store *store, struct cs_analysis *a, size_t i, const char *project,
		      struct cs_build *ret, struct cs_err *err)
{
	struct known_arg known = { .store = store, .project = project };
	struct cs_base_options base = { a->base, a->n_base, store_base, &known };
	struct cs_image *image = a->images.v[i];
	struct cs_facts hints;
	int r = cs_image_base(image, &base, err);

	if (r == 0)
		r = build_of(image, a->arena, ret, err);
	if (r < 0)
		return r;
	image_hints(image, &hints);
	ret->facts = hints;
	return 0;
}

/* The diff-ids of the image that --base names; *ret_n = 0 without the option. */
static int option_base(struct cs_app *app, const struct cs_args *args, struct cs_arena *arena,
		       struct cs_digest **ret, size_t *ret_n, struct cs_err *err)
{
	const char *where = cs_args_get(args, "base");
	struct cs_load_options options = { .documents_only = true,
					   .platform = cs_args_get(args, "platform") };
	struct cs_image_list list CS_AUTO(cs_image_list_release) = { NULL, 0 };
	const struct cs_image *image;
	int r;

	*ret_n = 0;
	if (!where)
		return 0;
	r = cs_images_load(&app->ctx, where, &options, &list, err);
	if (r < 0)
		return cs_err_prefix(err, "--base");
	image = list.v[0];
	*ret = cs_arena_array(arena, image->n_layers, sizeof(**ret));
	if (!*ret)
		return cs_err_nomem(err);
	for (size_t i = 0; i < image->n_layers; i++)
		(*ret)[i] = image->layers[i].diff_id;
	*ret_n = image->n_layers;
	return 0;
}

int cs_analysis_judge(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		      struct cs_analysis *a, size_t i, struct cs_err *err)
{
	struct cs_image *image = a->images.v[i];
	struct cs_facts hints, facts;
	struct cs_build build;
	const char *project;
	char *id = cs_arena_alloc(a->arena, 17);
	int r;

	if (!id)
		return cs_err_nomem(err);
	image_hints(image, &hints);
	r = cs_cmd_facts(app, args, &hints, image->ref, a->arena, &facts, err);
	if (r < 0)
		return r;
	project = facts.project ? facts.project : "";
	/* The id stands on facts and digests alone, so that it can name this build while judging
	 * it. */
	r = cs_analysis_build(store, a, i, project, &build, err);
	if (r < 0)
		return r;
	build.facts = facts;
	cs_build_make_id(&build, id);
	build.id = id;
	r = cs_judge_image(store, image, &build,
			   facts.started_unix_ns != CS_TIME_NONE &&
				   facts.started_unix_ns == image->build_started_unix_ns,
			   a->arena, err);
	/* Again, now that the layers have their verdicts. */
	if (r == 0)
		r = build_of(image, a->arena, &build, err);
	if (r == 0)
		r = cs_store_scope_builds(store, project, facts.scope, id, &a->scope_builds[i],
					  err);
	if (r < 0)
		return r;
	build.facts = facts;
	build.id = id;
	build.recorded_unix_ns = cs_ctx_now(&app->ctx);
	a->builds[i] = build;
	return 0;
}

int cs_analysis_load_for(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
			 const char *project, const char *where, struct cs_analysis *ret,
			 struct cs_err *err)
{
	struct cs_analysis a CS_AUTO(cs_analysis_release) = { .arena = cs_arena_new() };
	struct known_arg known_arg = { .store = store, .project = project };
	struct cs_known known = { known_by_blob, known_by_diff_id, &known_arg };
	struct cs_load_options options = {
		.platform = cs_args_get(args, "platform"),
		.all_platforms = cs_args_has(args, "all-platforms"),
		.trust_known = cs_args_has(args, "trust-known"),
		.known = &known,
	};
	int r;

	if (!a.arena)
		return cs_err_nomem(err);
	r = option_base(app, args, a.arena, &a.base, &a.n_base, err);
	if (r == 0)
		r = cs_images_load(&app->ctx, where, &options, &a.images, err);
	if (r < 0)
		return r;
	a.builds = cs_arena_array(a.arena, a.images.n, sizeof(*a.builds));
	a.scope_builds = cs_arena_array(a.arena, a.images.n, sizeof(*a.scope_builds));
	if (!a.builds || !a.scope_builds)
		return cs_err_nomem(err);
	*ret = a;
	memset(&a, 0, sizeof(a));
	return 0;
}

int cs_analysis_load(struct cs_app *app, const struct cs_args *args, struct cs_store *store,
		     const char *where, struct cs_analysis *ret, struct cs_err *err)
{
	struct cs_arena *arena CS_AUTO(cs_arena_free_p) = cs_arena_new();
	struct cs_facts none, facts;
	int r;

	if (!arena)
		return cs_err_nomem(err);
	/* Options and configuration are checked before the input is read. */
	cs_facts_init(&none);
	r = cs_cmd_facts(app, args, &none, NULL, arena, &facts, err);
	if (r < 0)
		return r;
	return cs_analysis_load_for(app, args, store, facts.project ? facts.project : "", where,
				    ret, err);
}

void cs_analysis_release(struct cs_analysis *a)
{
	cs_image_list_release(&a->images);
	cs_arena_free(a->arena);
	memset(a, 0, sizeof(*a));
}
