/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order in which files come must not show in the store, so nothing is decided by who came
 * first: what is recorded of the build is taken out, merged with what came (model/merge.h), judged
 * as a whole and put back in its old place. Refused: adding to a recorded build what it lacks; that
 * keeps the guess of a log beside the word of the record.
 *
 * An image is no build: a build that changes nothing makes the image of the one before. Where
 * several recorded builds made it, it gives its layers to each and becomes none itself.
 */
#include "cmd/intake.h"

#include <string.h>

#include "cmd/history.h"
#include "cmd/judge.h"
#include "model/merge.h"

/* Of a build without a project; a store with more projects is asked for them by name. */
#define PROJECTS_MAX 256
/* A build that does nothing can be made very often; the newest of them get the layers another day.
 */
#define SPREAD_MAX 100

struct intake {
	struct cs_store *store;
	struct cs_arena *arena;
	const char *project; /* of the result */
	bool moved;	     /* some part stands, or was read, under another project */
	struct cs_build *kin;
	size_t n_kin;
};

static const char *project_of(const struct cs_build *b)
{
	return b->facts.project ? b->facts.project : "";
}

static bool is_image(const struct cs_build *b)
{
	return b->source_kind == CS_SOURCE_IMAGE && !b->builder_ref;
}

/* --- kin --- */

/* The same image recorded with other facts is another build, as long as nobody knows better. */
static bool other_image(const struct cs_build *a, const struct cs_build *b)
{
	char x[17], y[17];

	if (!is_image(a) || !is_image(b))
		return false;
	cs_build_make_id(a, x);
	cs_build_make_id(b, y);
	return strcmp(x, y) != 0;
}

static int add_kin(struct intake *in, const struct cs_build *build, const char *project,
		   size_t *ret_n, struct cs_err *err)
{
	struct cs_build asked = *build, *found, *all;
	size_t n, n_before = in->n_kin;
	int r;

	asked.facts.project = project;
	r = cs_store_build_kin(in->store, &asked, in->arena, &found, &n, err);
	if (r < 0)
		return r;
	all = cs_arena_array(in->arena, in->n_kin + n, sizeof(*all));
	if (!all)
		return cs_err_nomem(err);
	if (in->n_kin)
		memcpy(all, in->kin, in->n_kin * sizeof(*all));
	for (size_t i = 0; i < n; i++) {
		if (!other_image(&asked, &found[i]))
			all[in->n_kin++] = found[i];
	}
	in->kin = all;
	*ret_n = in->n_kin - n_before;
	return 0;
}

/*
 * A metadata file or an image does not say whose it is. If it has kin in one project, it is that
 * project's; in several, nobody can tell.
 */
static int kin_anywhere(struct intake *in, const struct cs_build *build, struct cs_err *err)
{
	struct cs_build *none = in->kin;
	size_t n_none = in->n_kin, n_projects, n;
	const char **projects;
	int r = cs_store_projects(in->store, PROJECTS_MAX, in->arena, &projects, &n_projects, err);

	for (size_t i = 0; i < n_projects && r == 0; i++) {
		if (!projects[i][0])
			continue;
		r = add_kin(in, build, projects[i], &n, err);
		if (r == 0 && n && in->project[0]) {
			in->kin = none;
			in->n_kin = n_none;
			in->project = "";
			return 0;
		}
		if (r == 0 && n)
			in->project = projects[i];
	}
	return r;
}

static int by_recording(const void *a, const void *b)
{
	const struct cs_build *x = a, *y = b;

	if (x->recorded_unix_ns != y->recorded_unix_ns)
		return x->recorded_unix_ns < y->recorded_unix_ns ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int find_kin(struct intake *in, const struct cs_build *build, struct cs_err *err)
{
	size_t n, n_own;
	int r;

	in->project = project_of(build);
	r = add_kin(in, build, in->project, &n_own, err);
	if (r == 0 && in->project[0])
		r = add_kin(in, build, "", &n, err);
	else if (r == 0)
		r = kin_anywhere(in, build, err);
	if (r < 0)
		return r;
	/* Within a project the store has them in order. */
	if (in->n_kin > n_own && n_own)
		qsort(in->kin, in->n_kin, sizeof(*in->kin), by_recording);
	in->moved = strcmp(in->project, project_of(build)) != 0;
	for (size_t i = 0; i < in->n_kin; i++)
		in->moved |= strcmp(in->project, project_of(&in->kin[i])) != 0;
	return 0;
}

/* How far two builds begin apart. */
static uint64_t apart(const struct cs_build *a, const struct cs_build *b)
{
	int64_t x = a->facts.started_unix_ns, y = b->facts.started_unix_ns;

	if (x == CS_TIME_NONE || y == CS_TIME_NONE)
		return UINT64_MAX;
	return x > y ? (uint64_t)x - (uint64_t)y : (uint64_t)y - (uint64_t)x;
}

/* Whether kin of several refs remain. */
static bool several_builds(const struct intake *in)
{
	const char *ref = NULL;

	for (size_t i = 0; i < in->n_kin; i++) {
		const char *one = in->kin[i].builder_ref;

		if (one && ref && strcmp(ref, one) != 0)
			return true;
		ref = one ? one : ref;
	}
	return false;
}

/*
 * A log that has the graph of two builds is the nearer one's. What has only a digest in common with
 * several says of none of them that it is meant.
 */
static void choose_one(struct intake *in, const struct cs_build *build)
{
	const struct cs_build *best = NULL;
	size_t n = 0;

	for (size_t i = 0; i < in->n_kin; i++) {
		const struct cs_build *k = &in->kin[i];

		if (k->builder_ref && build->graph && k->graph == build->graph &&
		    (!best || apart(k, build) < apart(best, build)))
			best = k;
	}
	for (size_t i = 0; i < in->n_kin; i++) {
		struct cs_build *k = &in->kin[i];

		if (!k->builder_ref || k == best)
			in->kin[n++] = *k;
	}
	in->n_kin = n;
}

/* --- layers --- */

/* The image that a build brings, as a part of its own. */
static void image_of(const struct cs_build *build, struct cs_build *ret)
{
	cs_build_init(ret);
	ret->facts.project = build->facts.project;
	ret->source_kind = CS_SOURCE_IMAGE;
	memcpy(ret->platform, build->platform, sizeof(ret->platform));
	ret->manifest_digest = build->manifest_digest;
	ret->config_digest = build->config_digest;
	ret->image_created_unix_ns = build->image_created_unix_ns;
	ret->base_evidence = build->base_evidence;
	ret->base_layers = build->base_layers;
	ret->layers = build->layers;
	ret->n_layers = build->n_layers;
}

/* Provenance tells the base's layers, also where the image itself does not carry it. */
static void set_base(struct cs_build *b)
{
	size_t n = b->recipe.n_base_diff_ids;

	if (b->base_evidence == CS_BASE_PROVENANCE || n == 0 || n > b->n_layers)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!cs_digest_equal(&b->recipe.base_diff_ids[i], &b->layers[i].diff_id))
			return;
	}
	b->base_layers = (int)n;
	b->base_evidence = CS_BASE_PROVENANCE;
}

/* Layers of the image from another build that made it. */
static int attach_layers(struct intake *in, struct cs_build *build, struct cs_err *err)
{
	struct cs_digest *digests;
	struct cs_build found, image;
	size_t n;
	int r;

	if (build->n_layers)
		return 0;
	r = cs_build_results(build, in->arena, &digests, &n, err);
	if (r == 0 && n == 0)
		return 0;
	cs_build_init(&found);
	if (r == 0)
		r = cs_store_image_layers(in->store, in->project, digests, n, in->arena, &found,
					  err);
	if (r != 0)
		return r < 0 ? r : 0;
	image_of(&found, &image);
	return cs_build_merge(build, &image, in->arena, err);
}

/* Entry lists stand with the project; those of a layer that moves are taken along. */
static int take_lists(struct intake *in, struct cs_build *build, const char *project,
		      struct cs_err *err)
{
	struct cs_layer *layers = cs_arena_array(in->arena, build->n_layers, sizeof(*layers));

	if (!layers)
		return cs_err_nomem(err);
	if (build->n_layers)
		memcpy(layers, build->layers, build->n_layers * sizeof(*layers));
	build->layers = layers;
	for (size_t i = 0; i < build->n_layers; i++) {
		struct cs_buf list CS_AUTO(cs_buf_release) = CS_BUF_INIT;
		void *copy;
		int r;

		if (layers[i].manifest)
			continue;
		r = cs_store_layer_manifest(in->store, project, &layers[i].diff_id, &list, err);
		if (r < 0)
			return r;
		if (r == 1)
			continue;
		copy = cs_arena_alloc(in->arena, list.len + 1);
		if (!copy)
			return cs_err_nomem(err);
		if (list.len)
			memcpy(copy, list.data, list.len);
		layers[i].manifest = copy;
		layers[i].manifest_bytes = list.len;
	}
	return 0;
}

/* --- putting --- */

static int make_id(struct intake *in, struct cs_build *build, struct cs_err *err)
{
	char *id = cs_arena_alloc(in->arena, 17);

	if (!id)
		return cs_err_nomem(err);
	cs_build_make_id(build, id);
	build->id = id;
	return id[0] ? 0 : cs_err_nomem(err);
}

/*
 * Judges build and puts it in the place of the n recorded ones. Where the clock does not tell which
 * of them came first, it is put there once to know.
 */
static int put_in_place(struct intake *in, struct cs_build *build, const struct cs_build *old,
			size_t n, struct cs_err *err)
{
	const char **ids = cs_arena_array(in->arena, n, sizeof(*ids));
	int r;

	if (!ids)
		return cs_err_nomem(err);
	for (size_t i = 0; i < n; i++)
		ids[i] = old[i].id;
	if (n > 1 && build->n_layers && old[0].recorded_unix_ns == old[1].recorded_unix_ns) {
		r = make_id(in, build, err);
		if (r == 0)
			r = cs_store_build_replace(in->store, build, ids, n, err);
		if (r < 0)
			return r;
		ids[0] = build->id;
		n = 1;
	}
	r = cs_judge_build(in->store, build, ids[0], in->arena, err);
	if (r == 0)
		r = make_id(in, build, err);
	return r < 0 ? r : cs_store_build_replace(in->store, build, ids, n, err);
}

/* Gives the layers of image to the recorded builds that made it and have none. */
static int spread(struct intake *in, const struct cs_build *image, bool *ret_any,
		  struct cs_err *err)
{
	struct cs_build asked, *found;
	size_t n, given = 0;
	int r;

	image_of(image, &asked);
	asked.facts.project = in->project;
	asked.platform[0] = '\0';
	r = cs_store_build_bare_kin(in->store, &asked, in->arena, &found, &n, err);
	image_of(image, &asked);
	for (size_t i = 0; i < n && r == 0 && given < SPREAD_MAX; i++) {
		struct cs_build b = found[i];

		if (b.n_layers)
			continue;
		r = cs_build_merge(&b, &asked, in->arena, err);
		set_base(&b);
		if (r == 0)
			r = put_in_place(in, &b, &found[i], 1, err);
		given++;
	}
	*ret_any = given > 0;
	return r;
}

/* A build that nothing is recorded of. */
static int put_new(struct intake *in, const struct cs_build *build, struct cs_build *ret,
		   enum cs_put *ret_put, struct cs_err *err)
{
	struct cs_build b = *build;
	int r = attach_layers(in, &b, err);

	if (r == 0)
		r = make_id(in, &b, err);
	if (r < 0)
		return r;
	set_base(&b);
	/* An image that came alone has been judged with all that only it knows. */
	if (b.n_layers && !is_image(&b))
		r = cs_judge_build(in->store, &b, b.id, in->arena, err);
	if (r == 0)
		r = cs_store_build_put(in->store, &b, ret_put, err);
	*ret = b;
	return r;
}

static int put_joined(struct intake *in, const struct cs_build *build, struct cs_build *ret,
		      enum cs_put *ret_put, struct cs_err *err)
{
	struct cs_build b = *build;
	int r = 0;

	for (size_t i = 0; i < in->n_kin && r == 0; i++) {
		struct cs_build k = in->kin[i];

		k.facts.project = in->project;
		r = cs_build_merge(&b, &k, in->arena, err);
	}
	if (r == 0)
		r = attach_layers(in, &b, err);
	if (r < 0)
		return r;
	set_base(&b);
	b.recorded_unix_ns = in->kin[0].recorded_unix_ns;
	if (in->n_kin == 1 && strcmp(in->project, project_of(&in->kin[0])) == 0 &&
	    cs_build_same(&in->kin[0], &b)) {
		*ret = in->kin[0];
		*ret_put = CS_PUT_SAME;
		return 0;
	}
	if (in->moved)
		r = take_lists(in, &b, "", err);
	if (r == 0)
		r = put_in_place(in, &b, in->kin, in->n_kin, err);
	*ret = b;
	*ret_put = CS_PUT_JOINED;
	return r;
}

int cs_intake_build(struct cs_store *store, const struct cs_build *build, struct cs_arena *arena,
		    struct cs_build *ret, enum cs_put *ret_put, struct cs_err *err)
{
	struct intake in = { .store = store, .arena = arena };
	struct cs_build b = *build;
	bool any = false, ambiguous;
	int r = find_kin(&in, build, err);

	if (r < 0)
		return r;
	b.facts.project = in.project;
	ambiguous = !b.builder_ref && several_builds(&in);
	if (ambiguous && is_image(&b) && !b.facts.run_id) {
		r = spread(&in, &b, &any, err);
		*ret = in.kin[0];
		*ret_put = any ? CS_PUT_JOINED : CS_PUT_SAME;
		return r == 0 && any ? cs_cmd_briefs_after(store, in.project, NULL, err) : r;
	}
	if (ambiguous)
		choose_one(&in, &b);
	if (in.n_kin)
		r = put_joined(&in, &b, ret, ret_put, err);
	else
		r = put_new(&in, &b, ret, ret_put, err);
	if (r == 0 && build->n_layers && *ret_put != CS_PUT_SAME)
		r = spread(&in, build, &any, err);
	return r == 0 && *ret_put != CS_PUT_SAME ? cs_cmd_briefs_after(store, in.project, ret, err)
						 : r;
}
