/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A build in short: all that a report needs of it, in some 300 bytes that the store keeps beside
 * its rows, so that a report reads one small row a build instead of its steps and layers. Texts are
 * numbers of the store's dictionaries, 0 = unknown or none; figures are by the prices of the
 * build's own time. A brief is made once, from the build as the store gives it; what it leaves out
 * (names, errors, inputs, whole digests) is asked of the store by the build's id.
 */
#ifndef CS_METRICS_BRIEF_H
#define CS_METRICS_BRIEF_H

#include "metrics/figures.h"
#include "util/arena.h"
#include "util/buf.h"

/* Numbers that the store gave to what a build names; no two of one store are the same. */
struct cs_brief_numbers {
	int64_t project, scope, target, platform, job, workflow, ref; /* texts, but for project */
	int64_t run;						      /* of the run, not its id */
	const int64_t *labels; /* key, value of each label, in any order */
	const int64_t *defs;   /* one for each step */
};

/* A cacheable step that hit, ran or failed, in the order of the build's. */
struct cs_brief_step {
	int64_t def;	/* what it is: struct cs_brief_def */
	uint32_t index; /* in the build */
	uint8_t class;	/* CS_STEP_EXEC, CS_STEP_FILE */
	uint8_t state;	/* CS_STATE_HIT, CS_STATE_RUN, CS_STATE_FAILED */
	int64_t ns;	/* its duration; of a hit its price (M4); -1 unknown */
	uint64_t work;	/* of a run: one number for it, its arguments and parents (M7); else 0 */
};

/* Other steps that hit, ran or failed, but for internal ones: sums of a class. */
struct cs_brief_class {
	uint8_t class;
	int64_t runs, hits, priced_hits; /* runs: failed ones too */
	int64_t run_ns, saved_ns;
};

/* A layer, those of the base too. */
struct cs_brief_layer {
	uint64_t blob;	    /* the first 8 bytes of its digest; 0 unknown */
	int64_t blob_bytes; /* -1 unknown */
};

struct cs_brief {
	uint64_t id; /* of the store: 16 hex digits; 0 unknown */
	int64_t project, scope, target, platform, job, workflow, ref, run;
	int64_t time_unix_ns; /* start, else recording */
	bool started;	      /* it is the start */
	bool writes;	      /* its cache is written, as far as is known */
	bool layers_known;    /* there are layers, each with blob and bytes */
	enum cs_event event;
	enum cs_build_status status;
	enum cs_source_kind source_kind;
	enum cs_tri tests_passed, pushed;
	int64_t attempt; /* -1 unknown */
	struct cs_figures figures;
	uint64_t input, config, diff_ids; /* M7, as in metrics/ledger.h; 0 unknown */
	int64_t misses, stored_misses;	  /* M13: layers that ran; whose blob had been stored */
	const char *commit;		  /* NULL unknown */
	/* what was wanted; else NULL, 0 */
	const int64_t *labels; /* key and value of each */
	size_t n_labels;
	const struct cs_brief_step *steps;
	size_t n_steps;
	const struct cs_brief_class *classes;
	size_t n_classes;
	const struct cs_brief_layer *layers;
	size_t n_layers;
};

enum {
	CS_BRIEF_LABELS = 1,
	CS_BRIEF_STEPS = 2, /* and classes */
	CS_BRIEF_LAYERS = 4,
	CS_BRIEF_COMMIT = 8,
	CS_BRIEF_ALL = 15,
};

/*
 * Of a build with steps, layers, labels and recipe; figures and prices as of its time. What *ret
 * points to comes from arena or is borrowed from build. CS_NOMEM.
 */
int cs_brief_make(const struct cs_build *build, const struct cs_figures *figures,
		  const struct cs_prices *prices, const struct cs_brief_numbers *numbers,
		  struct cs_arena *arena, struct cs_brief *ret, struct cs_err *err);
/* Appends all but id and project, time_unix_ns, which stand beside it. CS_NOMEM. */
int cs_brief_pack(const struct cs_brief *brief, struct cs_buf *ret, struct cs_err *err);

/* Room that one brief after the other is unpacked to; all of it 0 at first. */
struct cs_brief_room {
	void *memory;
	size_t bytes;
};
void cs_brief_room_release(struct cs_brief_room *room);
/*
 * The other way round; want: CS_BRIEF_*. id, project and time are left as they are. What *ret
 * points to lives until room is used again. 1 = packed by another version: to be made again.
 * CS_FORMAT for what cs_brief_pack() cannot have written, CS_NOMEM.
 */
int cs_brief_unpack(const void *data, size_t len, unsigned want, struct cs_brief_room *room,
		    struct cs_brief *ret, struct cs_err *err);

/* --- texts --- */

struct cs_brief_def {
	enum cs_step_class class;
	const char *stage, *instruction, *name; /* NULL unknown */
};
struct cs_brief_run {
	const char *run_id;
	int64_t attempt; /* -1 unknown */
};
/*
 * What numbers stand for. Texts live as long as the dictionary, and the same number gives the same
 * pointer. CS_DB where there is no such number, CS_NOMEM and what else the store says.
 */
struct cs_brief_dict {
	int (*text)(struct cs_brief_dict *dict, int64_t number, const char **ret /* NULL for 0 */,
		    struct cs_err *err);
	int (*project)(struct cs_brief_dict *dict, int64_t number, const char **ret,
		       struct cs_err *err);
	int (*def)(struct cs_brief_dict *dict, int64_t number, const struct cs_brief_def **ret,
		   struct cs_err *err);
	int (*run)(struct cs_brief_dict *dict, int64_t number, const struct cs_brief_run **ret,
		   struct cs_err *err);
};

/* A build that has of its fields what a brief knows: no steps, layers, recipe. */
struct cs_brief_build {
	struct cs_build build;
	char id[17];
	struct cs_kv *labels;
	size_t cap_labels;
};
void cs_brief_build_release(struct cs_brief_build *b);
enum { CS_BRIEF_RUN_ID = 16 /* a look-up a run: only where it is shown */ };
/* want: labels (if unpacked), run id. *ret is all 0 at first, and used again. */
int cs_brief_to_build(const struct cs_brief *brief, struct cs_brief_dict *dict, unsigned want,
		      struct cs_brief_build *ret, struct cs_err *err);

#endif
