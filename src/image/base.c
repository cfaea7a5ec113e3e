/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The history tells by who wrote its last entry, for that is the builder of this image:
 *
 *  BuildKit signs every entry it writes, so what stands up to the last unsigned one is the base's.
 *  If all are signed, a leading group with times in whole seconds under later ones with fractions
 *  is a base built with SOURCE_DATE_EPOCH; without such a group the image starts from scratch. (A
 *  BuildKit base without fixed times looks the same: only provenance or the store can tell.)
 *  buildah names the base at its first own entry. kaniko, ko, Bazel and Jib sign as author.
 *  An imported tar ("Imported from") is a base as soon as somebody built upon it.
 *
 * The classic builder signs nothing: without an imported base its images stay unknown. Refused:
 * times as the only evidence. Entries of a base that was pulled or imported anew may be younger
 * than own cached ones.
 */
#include "image/base.h"

#include "image/reference.h"

static bool by_buildkit(const struct cs_history *h)
{
	return h->comment && cs_starts_with(h->comment, "buildkit.");
}

static bool is_import(const struct cs_history *h)
{
	return h->comment && cs_starts_with(h->comment, "Imported from");
}

/* buildah's mark at its first own entry: the name, or NULL. */
static const char *from_name(const struct cs_history *h)
{
	return h->comment && cs_starts_with(h->comment, "FROM ") && h->comment[5] ? h->comment + 5
										  : NULL;
}

static bool author_is_builder(const char *author)
{
	static const char *const names[] = { "kaniko", "ko", "Bazel", "Jib" };

	for (size_t i = 0; author && i < CS_N(names); i++) {
		if (strcmp(author, names[i]) == 0)
			return true;
	}
	return false;
}

/* Layers of the first n entries. */
static int layers_of(const struct cs_image *image, size_t n)
{
	int layers = 0;

	for (size_t i = 0; i < n; i++)
		layers += !image->history[i].empty_layer;
	return layers;
}

static void decide(struct cs_image *image, int layers, enum cs_base_evidence evidence)
{
	image->base_layers = layers;
	image->base_evidence = evidence;
}

/* Entries [first, n) up to the first time with a fraction, if such a time comes at all. */
static size_t whole_second_group(const struct cs_image *image, size_t first)
{
	for (size_t i = first; i < image->n_history; i++) {
		int64_t t = image->history[i].created_unix_ns;

		if (t == CS_TIME_NONE)
			return first;
		if (t % CS_NS_PER_S != 0)
			return i;
	}
	return first;
}

static void decide_buildkit(struct cs_image *image)
{
	size_t first = image->n_history, own;

	while (first > 0 && by_buildkit(&image->history[first - 1]))
		first--;
	own = whole_second_group(image, first);
	if (first == 0 && layers_of(image, own) == 0)
		decide(image, 0, CS_BASE_SCRATCH);
	else
		decide(image, layers_of(image, own), CS_BASE_HISTORY);
}

static void decide_author(struct cs_image *image, const char *author)
{
	size_t first = image->n_history;

	while (first > 0 && image->history[first - 1].author &&
	       strcmp(image->history[first - 1].author, author) == 0)
		first--;
	decide(image, layers_of(image, first), first ? CS_BASE_HISTORY : CS_BASE_SCRATCH);
}

static void decide_by_history(struct cs_image *image)
{
	const struct cs_history *last;

	if (image->n_history == 0 || layers_of(image, image->n_history) != (int)image->n_layers)
		return;
	last = &image->history[image->n_history - 1];
	if (by_buildkit(last)) {
		decide_buildkit(image);
		return;
	}
	for (size_t i = image->n_history; i-- > 0 && !by_buildkit(&image->history[i]);) {
		const char *name = from_name(&image->history[i]);

		if (name && strcmp(name, "scratch") == 0) {
			decide(image, 0, CS_BASE_SCRATCH);
			return;
		}
		if (name) {
			decide(image, layers_of(image, i), CS_BASE_HISTORY);
			return;
		}
	}
	if (author_is_builder(last->author)) {
		decide_author(image, last->author);
		return;
	}
	for (size_t i = image->n_history - 1; i-- > 0;) {
		if (is_import(&image->history[i])) {
			decide(image, layers_of(image, i + 1), CS_BASE_HISTORY);
			return;
		}
	}
}

static bool is_prefix(const struct cs_image *image, const struct cs_digest *diff_ids, size_t n)
{
	if (n == 0 || n > image->n_layers)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!cs_digest_equal(&diff_ids[i], &image->layers[i].diff_id))
			return false;
	}
	return true;
}

int cs_image_base(struct cs_image *image, const struct cs_base_options *options, struct cs_err *err)
{
	if (image->base_evidence == CS_BASE_PROVENANCE)
		return 0;
	decide(image, -1, CS_BASE_UNKNOWN);
	if (options && is_prefix(image, options->diff_ids, options->n_diff_ids)) {
		decide(image, (int)options->n_diff_ids, CS_BASE_OPTION);
		return 0;
	}
	for (size_t i = 0; options && options->find && i < image->n_bases; i++) {
		struct cs_digest *diff_ids = NULL;
		size_t n = 0;
		int r = options->find(options->arg, &image->bases[i], image->arena, &diff_ids, &n,
				      err);

		if (r < 0)
			return r;
		if (r == 0 && is_prefix(image, diff_ids, n)) {
			decide(image, (int)n, CS_BASE_STORE);
			return 0;
		}
	}
	decide_by_history(image);
	return 0;
}

/* --- what the base may be --- */

static void add(struct cs_image *image, const char *name, const struct cs_digest *digest)
{
	struct cs_base_ref ref = { name, { 0, { 0 } } };

	if (digest)
		ref.digest = *digest;
	if (!name && !cs_digest_known(&ref.digest))
		return;
	for (size_t i = 0; i < image->n_bases; i++) {
		const struct cs_base_ref *b = &image->bases[i];

		if (cs_digest_equal(&b->digest, &ref.digest) ||
		    (!cs_digest_known(&ref.digest) && b->name && name &&
		     strcmp(b->name, name) == 0))
			return;
	}
	image->bases[image->n_bases++] = ref;
}

static int add_annotated(struct cs_image *image, const struct cs_annotations *list,
			 struct cs_err *err)
{
	const char *name = cs_annotation(list, CS_ANNOTATION_BASE_NAME);
	const char *text = cs_annotation(list, CS_ANNOTATION_BASE_DIGEST);
	struct cs_digest digest = { 0, { 0 } };
	struct cs_err ignored;

	if (text)
		cs_digest_parse(text, &digest, &ignored);
	if (name && name[0]) {
		name = cs_arena_strdup(image->arena, name);
		if (!name)
			return cs_err_nomem(err);
	} else {
		name = NULL;
	}
	add(image, name, &digest);
	return 0;
}

int cs_image_bases_collect(struct cs_image *image, const struct cs_annotations *annotations,
			   const struct cs_attestation *attestation, struct cs_err *err)
{
	struct cs_annotations labels = { image->labels, image->n_labels };
	size_t n_materials = attestation ? attestation->n_bases : 0, taken = 0;
	int r;

	image->n_bases = 0;
	image->bases = cs_arena_array(image->arena, n_materials + 3, sizeof(*image->bases));
	if (!image->bases)
		return cs_err_nomem(err);
	r = add_annotated(image, annotations, err);
	if (r < 0)
		return r;
	if (n_materials && attestation->base_layers > 0) {
		add(image, attestation->bases[0].name, &attestation->bases[0].digest);
		taken = 1;
	}
	for (size_t i = image->n_history; i-- > 0;) {
		const char *name = from_name(&image->history[i]);

		if (name) {
			add(image, name, NULL);
			break;
		}
	}
	for (size_t i = taken; i < n_materials; i++)
		add(image, attestation->bases[i].name, &attestation->bases[i].digest);
	return add_annotated(image, &labels, err);
}
