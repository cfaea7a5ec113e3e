/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SLSA provenance as BuildKit attaches it (v0.2 and v1, min and max): when the build began, what it
 * was asked for, which images it was built from, and, with mode=max, how many layers are the
 * base's. Texts without secrets: user and password are cut out of URLs.
 */
#ifndef CS_IMAGE_ATTEST_H
#define CS_IMAGE_ATTEST_H

#include "model/image.h"
#include "util/json.h"

struct cs_attestation {
	int64_t started_unix_ns, finished_unix_ns;
	const char *invocation_id, *target, *vcs_source, *vcs_revision;
	bool epoch_set;
	struct cs_base_ref *bases; /* images among the materials; the result's own base first */
	size_t n_bases;
	int base_layers; /* of the chain given; -1 unknown */
};

/*
 * An in-toto statement, or the predicate alone as a build record keeps it. subject: the digest of
 * the image's manifest, chain: the blob digests of its layers, lowest first. Returns 1 (ret
 * untouched) if it is no provenance or is about something else. Odd content leaves fields unknown;
 * CS_FORMAT and CS_LIMIT only for bytes that are no JSON. Texts live in the arena.
 */
int cs_attestation_parse(const void *data, size_t len, const struct cs_limits *limits,
			 const struct cs_digest *subject, const struct cs_digest *chain,
			 size_t n_chain, struct cs_arena *arena, struct cs_attestation *ret,
			 struct cs_err *err);

/*
 * How many layers of the chain come from the image source that feeds the result of a build graph
 * (steps: llbDefinition, layers: of BuildKit's metadata); 0 for a result that starts from scratch,
 * -1 where the graph does not say. *ret_source is the identifier of that source, or NULL.
 */
int cs_provenance_base_layers(const struct cs_json *steps, const struct cs_json *layers,
			      const struct cs_digest *chain, size_t n_chain,
			      const char **ret_source);

#endif
