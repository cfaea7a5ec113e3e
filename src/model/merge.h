/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several sources tell of one build: a record, its metadata file, its log, its image. Whatever
 * order they come in, the same build must come out, so merging is commutative, associative and
 * idempotent: of two values of a field the one of the stronger source stands (enum cs_origin for
 * facts, enum cs_source_kind for the rest), of two equally strong ones the greater. Steps come
 * whole from one source, layers from the image, with its platform, digests, time and base.
 */
#ifndef CS_MODEL_MERGE_H
#define CS_MODEL_MERGE_H

#include "model/build.h"
#include "util/arena.h"

/*
 * Whether both may tell of one and the same build: the same project, and nothing that identifies a
 * build (ref, invocation, start by the builder's clock, run, job, commit, target as far as somebody
 * said them) speaks against it. Equal refs are always one build.
 */
bool cs_build_compatible(const struct cs_build *a, const struct cs_build *b);
/*
 * Whether something ties the two together: equal refs, a common result digest, or the same graph
 * begun within 10 s. Compatible and kin = the same build.
 */
bool cs_build_kin(const struct cs_build *a, const struct cs_build *b);
/*
 * Folds from into *into. Arrays that are made new come from arena, the rest is borrowed from both,
 * which must outlive *into. id, and the verdicts of layers, are the caller's to make anew.
 * CS_NOMEM.
 */
int cs_build_merge(struct cs_build *into, const struct cs_build *from, struct cs_arena *arena,
		   struct cs_err *err);
/*
 * Whether a store that has a would not change by b: the same in everything that is recorded but
 * verdicts, which are made anew (those of layers, and steps that stand for layers).
 */
bool cs_build_same(const struct cs_build *a, const struct cs_build *b);
/* Who told a part. Steps told by CS_SOURCE_IMAGE stand for its layers and change with them. */
enum cs_source_kind cs_build_told_by(const struct cs_build *build, enum cs_part part);
/* Sorted, each once: results with the manifest's and the config's digest. CS_NOMEM. */
int cs_build_results(const struct cs_build *build, struct cs_arena *arena, struct cs_digest **ret,
		     size_t *ret_n, struct cs_err *err);

#endif
