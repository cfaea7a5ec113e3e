/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Refused: "a layer that was never seen before ran in this build". It may have run in a build that
 * nobody recorded (a test target just before); without a build start that is unknown, not run.
 */
#include "metrics/verdict.h"

#include <string.h>

#include "model/instruction.h"

/* CI's or a user's clock against the builder's. */
#define SKEW_NS (2 * CS_NS_PER_S)
/* Before 1980-01-02 no builder of images existed; zip's epoch is the latest of the fixed times. */
#define FIXED_BEFORE_NS (INT64_C(315619200) * CS_NS_PER_S)

static bool own(const struct cs_image *image, const struct cs_layer *l)
{
	return image->base_layers < 0 || (int)l->index >= image->base_layers;
}

static bool begins(const char *text, const char *prefix)
{
	return text && strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Builders that write a constant, or nothing, where others write when a step ended. */
static const char *fixed_time_builder(const struct cs_layer *l)
{
	static const struct {
		const char *author, *created_by, *comment, *name;
	} builders[] = {
		{ "kaniko", NULL, NULL, "kaniko" },
		{ "ko", "ko build ", NULL, "ko" },
		{ "Bazel", "bazel build ", NULL, "Bazel" },
		{ "Jib", "jib-", NULL, "Jib" },
		{ "apko", "apko", "This is an apko", "apko" },
		{ "github.com/ko-build/ko", NULL, NULL, "ko" },
		{ "github.com/chainguard-dev/apko", NULL, NULL, "apko" },
		{ NULL, NULL, "store paths:", "Nix" },
	};

	for (size_t i = 0; i < CS_N(builders); i++) {
		if ((builders[i].author && l->author &&
		     strcmp(l->author, builders[i].author) == 0) ||
		    (builders[i].created_by && begins(l->created_by, builders[i].created_by)) ||
		    (builders[i].comment && begins(l->comment, builders[i].comment)))
			return builders[i].name;
	}
	return NULL;
}

static bool whole_second(int64_t t)
{
	return t % CS_NS_PER_S == 0;
}

/*
 * A time without a fraction is one that was set: alone, equal to another's, beside measured ones,
 * or before the base's. Only own layers with distinct whole seconds throughout (builders that
 * measure in seconds) are believed.
 */
static bool time_was_set(const struct cs_image *image, const struct cs_layer *l)
{
	size_t n_own = 0;

	if (!whole_second(l->created_unix_ns))
		return false;
	if (image->epoch_set)
		return true;
	for (size_t i = 0; i < image->n_layers; i++) {
		const struct cs_layer *o = &image->layers[i];

		if (o->created_unix_ns == CS_TIME_NONE)
			continue;
		if (!own(image, o)) {
			if (o->created_unix_ns > l->created_unix_ns)
				return true;
			continue;
		}
		n_own++;
		if (o != l &&
		    (o->created_unix_ns == l->created_unix_ns || !whole_second(o->created_unix_ns)))
			return true;
	}
	return n_own < 2;
}

/*
 * Squashed or flattened: one own layer that stands for several instructions, so its time is that of
 * the squash. It shows as instructions with files to give whose entries are empty, or as a layer
 * of an instruction that cannot make one.
 */
static int squashed(struct cs_image *image, bool *ret, struct cs_err *err)
{
	size_t n_own = 0, n_hollow = 0;
	bool meta_layer = false;

	for (size_t i = 0; i < image->n_history; i++) {
		const struct cs_history *h = &image->history[i];
		bool is_own = h->layer < 0 || own(image, &image->layers[h->layer]);
		const char *text = cs_instruction_text(image->arena, h->created_by);
		enum cs_step_class class;

		if (!text)
			return cs_err_nomem(err);
		class = cs_instruction_class(text);
		if (!is_own)
			continue;
		if (h->layer >= 0) {
			n_own++;
			meta_layer |= class == CS_STEP_META;
		} else if (class == CS_STEP_EXEC || begins(text, "COPY ") || begins(text, "ADD ")) {
			n_hollow++;
		}
	}
	*ret = meta_layer || (n_own == 1 && n_hollow > 0);
	return 0;
}

struct judge {
	struct cs_image *image;
	const struct cs_verdict_options *o;
	int64_t end_unix_ns; /* latest time that a layer of this build can have */
	bool squashed;
};

/* Why the layer's time says nothing, or NULL if it is a measured one. */
static const char *time_is_void(const struct judge *j, const struct cs_layer *l)
{
	const char *builder = fixed_time_builder(l);

	if (builder)
		return cs_arena_printf(j->image->arena, "%s writes no times of steps", builder);
	if (!l->has_history)
		return "the image has no history for it";
	if (l->created_unix_ns == CS_TIME_NONE)
		return "the history has no time for it";
	if (l->created_unix_ns < FIXED_BEFORE_NS)
		return "its time is a fixed one";
	if (j->squashed)
		return "squashed: one layer stands for several steps";
	if (time_was_set(j->image, l))
		return "its time was set (SOURCE_DATE_EPOCH or the like), not measured";
	return NULL;
}

static void set(struct cs_layer *l, enum cs_layer_state state, enum cs_evidence evidence,
		const char *why)
{
	l->state = state;
	l->evidence = evidence;
	l->why = why;
}

static void judge_dated(const struct judge *j, struct cs_layer *l, const struct cs_prior *prior)
{
	int64_t created = l->created_unix_ns, started = j->o->started_unix_ns;
	int64_t apart = created > started ? created - started : started - created;

	if (j->end_unix_ns != CS_TIME_NONE && created > j->end_unix_ns) {
		set(l, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE,
		    "dated after the build's end: two clocks disagree");
		return;
	}
	if (created < started) {
		if (j->image->base_layers < 0) {
			set(l, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE,
			    "older than the build, but base and own layers cannot be told apart");
			return;
		}
		set(l, CS_LAYER_HIT, CS_EVIDENCE_DATED,
		    !j->o->same_clock && apart < SKEW_NS ? "borderline: within 2 s before the start"
							 : NULL);
		return;
	}
	if (prior && prior->seen && prior->other_build && prior->created_unix_ns == created) {
		set(l, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE,
		    cs_arena_printf(j->image->arena,
				    "contradiction: dated as run now, yet build %s had it already",
				    prior->build_id));
		return;
	}
	set(l, CS_LAYER_RUN, CS_EVIDENCE_DATED,
	    !j->o->same_clock && apart < SKEW_NS ? "borderline: within 2 s after the start" : NULL);
}

static void judge_layer(const struct judge *j, struct cs_layer *l)
{
	const struct cs_prior *prior = j->o->priors ? &j->o->priors[l->index] : NULL;
	const char *void_why;

	if (prior && prior->seen) {
		l->seen_in_scope = prior->scope;
		l->seen_build_id = prior->build_id;
	}
	l->present_before = prior && prior->present;
	l->blob_present_before = prior && prior->blob_present;
	if (!own(j->image, l)) {
		set(l, CS_LAYER_BASE, CS_EVIDENCE_NONE, NULL);
		return;
	}
	void_why = time_is_void(j, l);
	if (!void_why && j->o->started_unix_ns != CS_TIME_NONE) {
		judge_dated(j, l, prior);
		return;
	}
	/* A step that runs again gets a new time: the same chain with the same time was not run. */
	if (prior && prior->seen && j->image->base_layers >= 0 &&
	    (void_why ? !l->has_history && !fixed_time_builder(l)
		      : prior->created_unix_ns == l->created_unix_ns)) {
		set(l, CS_LAYER_HIT, CS_EVIDENCE_SEEN, NULL);
		return;
	}
	if (void_why)
		set(l, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE, void_why);
	else if (prior && prior->seen && j->image->base_layers >= 0)
		set(l, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE,
		    "seen before with another time, and the build's start is not known");
	else if (prior && prior->seen)
		set(l, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE,
		    "seen before, but base and own layers cannot be told apart");
	else
		set(l, CS_LAYER_UNKNOWN, CS_EVIDENCE_NONE,
		    "never recorded before, and the build's start is not known");
}

int cs_verdict_image(struct cs_image *image, const struct cs_verdict_options *options,
		     struct cs_err *err)
{
	struct judge j = { .image = image, .o = options };
	int r = squashed(image, &j.squashed, err);

	if (r < 0)
		return r;
	j.end_unix_ns = options->completed_unix_ns;
	if (j.end_unix_ns != CS_TIME_NONE && !options->same_clock)
		j.end_unix_ns += SKEW_NS;
	/* The index's created is the export in whole seconds, by the same clock. */
	if (j.end_unix_ns == CS_TIME_NONE && image->exported_unix_ns != CS_TIME_NONE)
		j.end_unix_ns = image->exported_unix_ns + CS_NS_PER_S;
	for (size_t i = 0; i < image->n_layers; i++)
		judge_layer(&j, &image->layers[i]);
	return 0;
}

void cs_verdict_sum(const struct cs_layer *layers, size_t n, struct cs_verdict_sums *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < n; i++) {
		const struct cs_layer *l = &layers[i];
		int64_t tar = l->tar_bytes > 0 ? l->tar_bytes : 0;
		int64_t blob = l->blob_bytes > 0 ? l->blob_bytes : 0;

		if (l->state == CS_LAYER_BASE)
			continue;
		ret->own++;
		ret->own_tar_bytes += tar;
		ret->own_blob_bytes += blob;
		if (l->present_before)
			ret->present_tar_bytes += tar;
		if (l->blob_present_before)
			ret->present_blob_bytes += blob;
		if (l->state == CS_LAYER_HIT) {
			ret->hits++;
			ret->hit_tar_bytes += tar;
			ret->hit_blob_bytes += blob;
		} else if (l->state == CS_LAYER_RUN) {
			ret->runs++;
		} else {
			ret->undecided++;
		}
	}
}
