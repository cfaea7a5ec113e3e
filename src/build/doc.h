/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a builder says of one build, whatever the carrier: .dockerbuild record, rawjson or plain
 * log, buildah, classic or kaniko log, --metadata-file, history inspect and ls. One file per parser
 * and a table (parsers.c); classify.c decides class, state, identity and duration of every step for
 * all of them. A document owns one arena.
 */
#ifndef CS_BUILD_DOC_H
#define CS_BUILD_DOC_H

#include "io/stream.h"
#include "model/build.h"

enum cs_doc_kind {
	CS_DOC_RECORD,	/* steps observed, every fact */
	CS_DOC_RAWJSON, /* steps observed, no ref */
	CS_DOC_PLAIN,	/* steps observed as far as the log tells */
	CS_DOC_BUILDAH,
	CS_DOC_CLASSIC,
	CS_DOC_KANIKO,
	CS_DOC_METADATA, /* no steps: ref, digests, start */
	CS_DOC_INSPECT,	 /* no steps: counts, status, times */
	CS_DOC_HISTORY,	 /* a line of history ls: counts, status, times */
};

struct cs_doc {
	struct cs_arena *arena;
	enum cs_doc_kind kind;
	/*
	 * steps, counts, status, builder_ref (the last part only), invocation_id, digests,
	 * platform, source_kind, results, recipe; facts are hints: what the document says of commit,
	 * target, times, run …
	 */
	struct cs_build build;
	int64_t n_unread;   /* log lines that were too long and cut; said in a warning */
};

typedef int cs_doc_fn(void *arg, struct cs_doc *doc /* takes */, struct cs_err *err);
void cs_doc_free(struct cs_doc *doc);
CS_DEFINE_AUTO(struct cs_doc *, cs_doc_free)

/*
 * What the document says of its build, each fact with the document's kind as its origin; a document
 * of the builder without steps is CS_SOURCE_NONE (model/merge.h). The scope is that of its gha
 * cache. Texts are the document's.
 */
void cs_doc_hints(const struct cs_doc *doc, struct cs_facts *ret);
/* A log: it tells of steps, but not which build they are of. */
static inline bool cs_doc_is_log(const struct cs_doc *doc)
{
	return doc->kind >= CS_DOC_RAWJSON && doc->kind <= CS_DOC_KANIKO;
}

/*
 * Recognises the stream by content and gives each build in it, in order. name is for messages.
 * 0; 1 if it is none of the kinds above (an image, perhaps: the caller tries that); negative.
 * Nothing is given before the whole of a document was read and checked; with several in one input
 * (records, metadata of bake, history ls) each is given when it is whole.
 */
int cs_docs_read(const struct cs_ctx *ctx, struct cs_stream *in /* takes */, const char *name,
		 cs_doc_fn *fn, void *arg, struct cs_err *err);

#endif
