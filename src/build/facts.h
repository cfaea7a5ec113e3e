/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of CI inside builders' documents (formats.md 3.4): from URLs, and from provenance. What was
 * set before is kept, so callers begin with the most exact source. Texts live in the document's
 * arena, without user and password.
 */
#ifndef CS_BUILD_FACTS_H
#define CS_BUILD_FACTS_H

#include "build/fold.h"
#include "util/json.h"

/* Sets *ret to a copy of text where it is still NULL; no text and "" change nothing. */
int cs_keep(struct cs_arena *arena, const char *text, const char **ret, struct cs_err *err);

/* "OWNER/NAME" of a repository's URL (https, ssh, git@host:path) in the arena; NULL without. */
const char *cs_project_of_url(struct cs_arena *arena, const char *url);
/* https://HOST/OWNER/NAME/actions/runs/ID/attempts/N: project, run, attempt. */
int cs_facts_from_builder_id(struct cs_doc *doc, const char *url, struct cs_err *err);
/* Source repository and revision of the work tree. */
int cs_facts_from_vcs(struct cs_doc *doc, const char *source, const char *revision,
		      struct cs_err *err);
/* URL#REF[:DIR]: context, project, ref, commit, and the event of a merge ref. */
int cs_facts_from_context(struct cs_doc *doc, const char *context, struct cs_err *err);

/*
 * A provenance predicate (v0.2, v1): invocation, start, bases, Dockerfile, github_* keys.
 * CS_FORMAT if it is no JSON; what it does not say stays unknown.
 */
int cs_provenance_read(struct cs_doc *doc, const struct cs_json *predicate, struct cs_err *err);
/* The lines of the Dockerfile for the steps that the fold gave to the document. */
void cs_provenance_lines(struct cs_doc *doc, const struct cs_json *predicate,
			 const struct cs_fold *fold);

/* The config of a history record: everything but steps and results' contents. */
int cs_record_json_read(struct cs_doc *doc, const struct cs_json *record,
			const struct cs_limits *limits, struct cs_err *err);
/* What a descriptor names: a digest among the results, manifest_digest or config_digest. */
int cs_result_note(struct cs_doc *doc, const char *media_type, const char *digest,
		   struct cs_err *err);

/* A platform or several ("linux/amd64,linux/arm64") in canonical spelling; what is none is left. */
void cs_doc_set_platform(struct cs_doc *doc, const char *text);

#endif
