/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an image's history and the store's say of each own layer: hit, run, or honestly unknown.
 * The rule (formats.md 4.3): a layer's created is the end of the step in the build that really ran
 * it, so created < build start = hit, else run. Times that a builder sets instead of measuring
 * (SOURCE_DATE_EPOCH, fixed-time builders, squash) and clocks that disagree end in unknown.
 */
#ifndef CS_METRICS_VERDICT_H
#define CS_METRICS_VERDICT_H

#include "model/image.h"

/* What the store recorded earlier of one layer; index = the layer's. */
struct cs_prior {
	bool seen; /* the same chain */
	const char *scope, *build_id;
	int64_t created_unix_ns;
	bool other_build; /* not this very image, recorded once more with other facts */
	bool present, blob_present; /* diff-id, blob in an earlier build of this scope (M2) */
};

struct cs_verdict_options {
	int64_t started_unix_ns;   /* build start, CS_TIME_NONE unknown */
	int64_t completed_unix_ns; /* its end, CS_TIME_NONE unknown */
	bool same_clock;	   /* both from the builder (attestation, record), not from the CI or a user */
	const struct cs_prior *priors; /* n_layers of them, or NULL */
};

/* Fills state, evidence, seen_*, present_before, why of every layer. base_layers must be decided. */
int cs_verdict_image(struct cs_image *image, const struct cs_verdict_options *options,
		     struct cs_err *err);

/* Sums over the own layers of an image or build. */
struct cs_verdict_sums {
	int64_t own, hits, runs, undecided; /* layers */
	int64_t own_tar_bytes, hit_tar_bytes, own_blob_bytes, hit_blob_bytes;
	int64_t present_tar_bytes, present_blob_bytes; /* in earlier builds of the scope */
};
void cs_verdict_sum(const struct cs_layer *layers, size_t n, struct cs_verdict_sums *ret);

#endif
