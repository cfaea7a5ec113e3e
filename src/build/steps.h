/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what a builder told of a step to a step of the model: class, state, identity and duration
 * are decided here (classify.c) and put into the document here (steps.c), once for every parser.
 */
#ifndef CS_BUILD_STEPS_H
#define CS_BUILD_STEPS_H

#include "build/doc.h"
#include "build/lines.h"
#include "util/secret.h"

/* What was observed of one step, whoever told it. Texts are borrowed. */
struct cs_raw_step {
	const char *name;  /* as the builder shows it */
	const char *stage; /* where the name has none in it; NULL */
	const char *error; /* NULL without */
	bool bare;	   /* the name is the instruction, without a prefix */
	bool cached;	   /* it was said to come from the cache, at least once */
	bool started, completed;
	bool reran;	/* besides, it was active as if it were not */
	bool fetched;	/* layers were downloaded or extracted for it */
	bool pull_only; /* the log shows nothing but the download and extraction of layers */
	bool merge;	/* second vertex of COPY --link: its group is counted by the first */
	bool silent;	/* the log does not tell whether it ran */
	int64_t started_unix_ns, completed_unix_ns;
	int64_t duration_ns; /* -1 unknown */
	uint32_t *inputs;    /* indexes of raw steps; borrowed for the document's life */
	size_t n_inputs;
};

/* Name, stage, instruction, platform and class of ret from the name. Texts live in the arena. */
int cs_step_classify(struct cs_arena *arena, const struct cs_raw_step *raw, struct cs_step *ret,
		     struct cs_err *err);
/* The class of a step of this name alone; OTHER for what no builder is known to write. */
enum cs_step_class cs_step_class_of(const char *name);
/* State, pulled and evidence; the build's end tells a step that was stopped from one left open. */
void cs_step_judge(const struct cs_raw_step *raw, enum cs_build_status status, struct cs_step *ret);
/* Spans of the client (buildx), which a live log shows and the builder's own record does not. */
bool cs_step_is_client(const char *name);
/* An error that says that the step was stopped, not that it failed. */
bool cs_error_is_cancel(const char *error);

/*
 * Fills build.steps, and what steps tell of the build: caches that were imported or exported, the
 * error of a failed one. Needs status, and build_args for what must not be shown.
 */
int cs_doc_set_steps(struct cs_doc *doc, const struct cs_raw_step *raw, size_t n,
		     struct cs_err *err);
/* How the build ended as far as its steps tell, for logs that do not say it. */
enum cs_build_status cs_raw_status(const struct cs_raw_step *raw, size_t n);

/* How the last lines of a log say that the build ended, and why; UNKNOWN for any other line. */
enum cs_build_status cs_log_tail(const char *line, const char **ret_message);
/* The job of the line's columns, and the times of the document from the line's, if it has one. */
int cs_doc_note_line(struct cs_doc *doc, const struct cs_line *line, struct cs_err *err);
/* Start and end of the build from its steps, where they are unknown. */
void cs_doc_set_span(struct cs_doc *doc);

/* A growing list of raw steps for logs that tell them one after the other. */
struct cs_raw_list {
	struct cs_raw_step *v;
	size_t n, cap;
};
/* The new last one, all unknown; NULL without memory. max is the limit vertexes. */
int cs_raw_list_add(struct cs_raw_list *list, const struct cs_limits *limits,
		    struct cs_raw_step **ret, struct cs_err *err);
void cs_raw_list_release(struct cs_raw_list *list);

/* --- doc.c --- */

struct cs_doc *cs_doc_new(enum cs_doc_kind kind, enum cs_source_kind source_kind);
/* Adds a digest that names the result, once. */
int cs_doc_add_result(struct cs_doc *doc, const struct cs_digest *digest, struct cs_err *err);
int cs_doc_add_cache(struct cs_doc *doc, const struct cs_cache_ref *cache, struct cs_err *err);

#endif
