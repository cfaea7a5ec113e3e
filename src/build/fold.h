/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BuildKit tells a vertex of its graph many times; folded by formats.md 1.4 the updates become
 * steps, and BuildKit's own counts come out exactly. Used by status streams, rawjson and plain
 * logs.
 */
#ifndef CS_BUILD_FOLD_H
#define CS_BUILD_FOLD_H

#include "build/steps.h"
#include "util/ctx.h"

struct cs_fold;

/*
 * What all folds of one input hold together, against the limits held_bytes and vertexes: an archive
 * may bring many status streams. Zero at first; outlives the folds.
 */
struct cs_holding {
	int64_t bytes, vertexes;
};

int cs_fold_new(const struct cs_ctx *ctx, struct cs_holding *holding, struct cs_fold **ret,
		struct cs_err *err);
void cs_fold_free(struct cs_fold *fold);
CS_DEFINE_AUTO(struct cs_fold *, cs_fold_free)

/* Texts are borrowed for the call; NULL and "" leave what was told before. */
struct cs_vertex {
	const char *key; /* digest, or the number in a log */
	const char *name;
	char *const *inputs; /* keys */
	size_t n_inputs;
	bool cached;
	int64_t started_unix_ns, completed_unix_ns; /* CS_TIME_NONE without */
	const char *error;
	const char *group; /* id of its progress group; NULL without */
	bool weak;	   /* the group is shown in its place */
};

int cs_fold_vertex(struct cs_fold *fold, const struct cs_vertex *v, struct cs_err *err);
/* A status line of a vertex ("extracting sha256:…"); unknown vertexes are passed over. */
void cs_fold_status(struct cs_fold *fold, const char *key, const char *id);
void cs_fold_log(struct cs_fold *fold, const char *key);
void cs_fold_warning(struct cs_fold *fold);
/* What a log without times says: it ended (done), after so many ns (-1 unknown). */
void cs_fold_told(struct cs_fold *fold, const char *key, bool done, int64_t duration_ns);

enum cs_fold_kind {
	CS_FOLD_RECORD, /* everything counts */
	CS_FOLD_LIVE,	/* the client's own spans are left out */
	CS_FOLD_PLAIN,	/* the same, and what a plain log cannot tell is unknown */
};
/*
 * Fills the document's steps, counts, warnings and, where it is unknown, status. In the order of
 * starting; steps that share a time follow their inputs; those never started come last.
 */
int cs_fold_finish(struct cs_fold *fold, enum cs_fold_kind kind, struct cs_doc *doc,
		   struct cs_err *err);
/* The index among the steps that cs_fold_finish() gave of the one with this key; -1 without. */
int64_t cs_fold_step(const struct cs_fold *fold, const char *key);

#endif
