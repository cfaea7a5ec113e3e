/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build as the store keeps it: its facts (who, when, why), its steps, its layers. Filled by
 * analyze (from an image), by record (from what builders say) and by the store; strings are
 * borrowed from an arena that the filler names. Unknown: NULL, CS_TIME_NONE, -1, enum 0.
 */
#ifndef CS_MODEL_BUILD_H
#define CS_MODEL_BUILD_H

#include <stdbool.h>
#include <stdint.h>

#include "model/image.h"
#include "model/recipe.h"

enum cs_event {
	CS_EVENT_NONE,
	CS_EVENT_PULL_REQUEST,
	CS_EVENT_PUSH,
	CS_EVENT_PUSH_MAIN,
	CS_EVENT_RELEASE,
	CS_EVENT_SCHEDULE,
	CS_EVENT_MANUAL,
	CS_EVENT_OTHER,
};
const char *cs_event_name(enum cs_event e);
/*
 * Class of a CI's event word with its ref: push of refs/tags/… = release, push to default_branch =
 * push_main, other pushes = push; the class names themselves are taken too. NULL = NONE.
 */
enum cs_event cs_event_classify(const char *word, const char *ref, const char *default_branch);

enum cs_tri { CS_TRI_UNKNOWN, CS_TRI_NO, CS_TRI_YES };

/*
 * Where a fact comes from, weakest first. Of two sources of one build the stronger one wins,
 * whatever order they come in; of two equally strong ones the greater value (model/merge.h).
 */
enum cs_origin {
	CS_FROM_NOTHING,
	CS_FROM_DEFAULT, /* a scope that nobody named */
	CS_FROM_CI,	 /* the environment of the job that records */
	CS_FROM_TARGET,	 /* a scope that is called after the target */
	CS_FROM_INPUT,	 /* + enum cs_source_kind: a document of that kind says so */
	CS_FROM_RULE = CS_FROM_INPUT + 32, /* .cachestat.yml */
	CS_FROM_USER,			   /* option, CACHESTAT_* variable, line of a batch */
};

enum cs_fact {
	CS_FACT_SCOPE,
	CS_FACT_EVENT, /* and event_raw */
	CS_FACT_REF,
	CS_FACT_COMMIT,
	CS_FACT_RUN_ID, /* and attempt */
	CS_FACT_WORKFLOW,
	CS_FACT_JOB,
	CS_FACT_TARGET,
	CS_FACT_STARTED,
	CS_FACT_COMPLETED,
	CS_FACT_TESTS,
	CS_FACT_PUSHED,
	CS_N_FACTS
};

struct cs_facts {
	const char *project; /* NULL = "" */
	const char *scope;   /* never NULL once resolved */
	enum cs_event event;
	const char *event_raw;
	const char *ref, *commit, *run_id, *workflow, *job, *target;
	int64_t attempt; /* -1 unknown */
	int64_t started_unix_ns, completed_unix_ns;
	enum cs_tri tests_passed, pushed;
	struct cs_kv *labels; /* sorted by key */
	size_t n_labels;
	uint8_t from[CS_N_FACTS]; /* enum cs_origin of each */
};
void cs_facts_init(struct cs_facts *facts); /* all unknown */

/* Weakest first; but NONE, a document of the builder without steps, ranks just below its record. */
enum cs_source_kind {
	CS_SOURCE_NONE,
	CS_SOURCE_IMAGE,
	CS_SOURCE_KANIKO,
	CS_SOURCE_CLASSIC,
	CS_SOURCE_BUILDAH,
	CS_SOURCE_PLAIN,
	CS_SOURCE_RAWJSON,
	CS_SOURCE_RECORD,
};
const char *cs_source_kind_name(enum cs_source_kind k);

enum cs_build_status {
	CS_STATUS_UNKNOWN,
	CS_STATUS_COMPLETED,
	CS_STATUS_FAILED,
	CS_STATUS_CANCELED,
};
const char *cs_build_status_name(enum cs_build_status s);

enum cs_step_class {
	CS_STEP_OTHER,
	CS_STEP_INTERNAL,
	CS_STEP_SOURCE,
	CS_STEP_EXEC,
	CS_STEP_FILE,
	CS_STEP_IMPORT,
	CS_STEP_EXPORT,
	CS_STEP_CACHE_EXPORT,
	CS_STEP_META,
};
const char *cs_step_class_name(enum cs_step_class c);
static inline bool cs_step_cacheable(enum cs_step_class c)
{
	return c == CS_STEP_EXEC || c == CS_STEP_FILE;
}

enum cs_step_state {
	CS_STATE_UNKNOWN,
	CS_STATE_HIT,
	CS_STATE_RUN,
	CS_STATE_FAILED,
	CS_STATE_CANCELED,
	CS_STATE_NOT_REACHED,
};
const char *cs_step_state_name(enum cs_step_state s);

struct cs_step {
	uint32_t index;
	const char *name;  /* as the builder shows it */
	const char *stage; /* NULL without */
	const char
		*instruction; /* white space folded: the identity (with project, platform, stage) */
	const char *platform; /* NULL = the build's */
	enum cs_step_class class;
	enum cs_step_state state;
	enum cs_evidence evidence;
	int64_t started_unix_ns, completed_unix_ns;
	int64_t duration_ns; /* -1 unknown; union of its intervals */
	bool pulled;	     /* a hit whose layers were fetched */
	const char *error;
	int layer;		   /* index into the build's layers, -1 without */
	int first_line, last_line; /* in the Dockerfile, 0 unknown */
	uint32_t *inputs;	   /* indexes of steps */
	size_t n_inputs;
};

/* What of a build may come from another source than the rest of it. */
enum cs_part {
	CS_PART_STEPS,
	CS_PART_COUNTS, /* builder_*_steps */
	CS_PART_STATUS,
	CS_PART_SOURCE,
	CS_PART_GRAPH,
	CS_PART_IMAGE_REF,
	CS_PART_PLATFORM, /* these four: of a build without layers; else they are the image's */
	CS_PART_MANIFEST,
	CS_PART_CONFIG,
	CS_PART_CREATED,
	CS_PART_BUILD_ARGS, /* the recipe's from here on */
	CS_PART_MATERIALS,
	CS_PART_BASE_DIFF_IDS,
	CS_PART_CACHES,
	CS_PART_GHA_SCOPE,
	CS_PART_NO_CACHE_STAGES,
	CS_PART_DOCKERFILE,
	CS_PART_DOCKERFILE_TEXT,
	CS_PART_CONTEXT,
	CS_PART_VCS_SOURCE,
	CS_PART_VCS_REVISION,
	CS_PART_ERROR,
	CS_PART_WARNINGS,
	CS_N_PARTS
};

struct cs_build {
	const char *id; /* 16 hex digits; NULL before it is stored */
	struct cs_facts facts;
	char platform[CS_PLATFORM_TEXT];
	const char *builder_ref;
	const char *invocation_id;
	enum cs_source_kind source_kind;
	enum cs_build_status status;
	const char *source; /* file it was read from, for people */
	const char *image_ref;
	struct cs_digest manifest_digest, config_digest;
	int64_t image_created_unix_ns;
	int64_t recorded_unix_ns;
	int64_t builder_cached_steps, builder_total_steps, builder_completed_steps; /* -1 unknown */
	enum cs_base_evidence base_evidence;
	int base_layers;
	/* every digest that names the result: manifests of all platforms, index, config */
	struct cs_digest *results;
	size_t n_results;
	/*
	 * 8 bytes of a sha256 over its sorted vertex digests without the client's own, 0 unknown:
	 * two documents with the same one that begin at the same time (within seconds) tell of one
	 * build.
	 */
	uint64_t graph;
	struct cs_recipe recipe;
	struct cs_step *steps;
	size_t n_steps;
	struct cs_layer *layers;
	size_t n_layers;
	/* who told each part, 1 + enum cs_source_kind; 0 = a source of source_kind (model/merge.h)
	 */
	uint8_t told_by[CS_N_PARTS];
};
void cs_build_init(struct cs_build *build); /* all unknown, no steps, no layers */
/*
 * The build that made an image: one step for each own layer, its state that layer's verdict.
 * Borrows from image, which must outlive it; steps come from arena. facts are the caller's to fill.
 */
int cs_build_from_image(const struct cs_image *image, struct cs_arena *arena, struct cs_build *ret,
			struct cs_err *err);
/* The steps that stand for layers: one for each that is not the base's, its state the verdict. */
int cs_steps_from_layers(const struct cs_layer *layers, size_t n, struct cs_arena *arena,
			 struct cs_step **ret, size_t *ret_n, struct cs_err *err);

#endif
